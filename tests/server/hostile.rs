//! Bytes that are no calls, or come too slowly, or never end: each gets a clean answer, and
//! the next call is served.

use std::time::{Duration, Instant};

use presync::wire::{MAX_FORM_BYTES, MAX_JSON_BYTES, MAX_URL_BYTES};
use presync::{Edition, Image, Region, State, SyncRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Answer, Client, Form, get, post, post_head, run};
use crate::process::Server;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MIB: usize = 1 << 20;
/// How long the impatient server here waits for a body.
const PATIENCE: Duration = Duration::from_millis(400);

/// A server of the latest page with these arguments.
fn server_with(arguments: &[&str]) -> Server {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let state =
        State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)]).unwrap();
    Server::start(Edition::LATEST, &state, arguments)
}

fn server() -> Server {
    server_with(&[])
}

/// The server still does what it is there for, on a new connection.
async fn goes_on(server: &Server) {
    let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
    let mut client = Client::connect(server.address).await;
    for form in Form::ALL {
        assert_eq!(client.call(form.bytes(&call, "")).await.code(), None);
    }
}

/// How many copies the server has made.
async fn copies(server: &Server) -> u64 {
    let mut client = Client::connect(server.address).await;
    let query = "Action=DescribeImages&Version=2017-03-12&Region=ap-shanghai";
    let answer = client.call(get(query, "")).await;
    let response: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    response["Response"]["TotalCount"].as_u64().unwrap()
}

fn assert_refused(answer: &Answer, status: u16, message: &str) {
    assert_eq!((answer.status, answer.code().as_deref()), (status, Some("InvalidParameter")), "{answer:?}");
    let said = answer.envelope().response.error.unwrap().message;
    assert!(said.contains(message), "{said}");
}

#[test]
fn a_body_that_comes_too_slowly_is_not_waited_for() {
    run(async {
        let server = server_with(&["--timeout", "400ms"]);
        let client = Client::connect(server.address).await;
        let (mut reader, mut writer) = client.stream.into_inner().into_split();
        writer.write_all(post_head(JSON, "", 1000).as_bytes()).await.unwrap();
        let begun = Instant::now();
        let drip = tokio::spawn(async move {
            // Until the server has closed the connection.
            while writer.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        goes_on(&server).await;
        let mut answer = Vec::new();
        // After the answer the connection is closed, with or without a reset.
        reader.read_to_end(&mut answer).await.ok();
        let answer = String::from_utf8(answer).unwrap();
        assert!(begun.elapsed() >= PATIENCE);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(
            answer.contains(r#""Code":"InvalidParameter","Message":"the body takes too long""#),
            "{answer}"
        );
        drip.await.unwrap();
        goes_on(&server).await;
    });
}

#[test]
fn a_body_that_breaks_off_is_no_call() {
    run(async {
        let server = server();
        let whole = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-shanghai"]}"#;
        let head = post_head(JSON, "X-TC-Version: 2017-03-12\r\nX-TC-Region: ap-guangzhou\r\n", whole.len());
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            // Gone altogether.
            let mut client = Client::connect(server.address).await;
            client.send(format!("{head}{}", &whole[..length])).await;
            drop(client);
            // Or still there to hear the answer, if there is one.
            let mut client = Client::connect(server.address).await;
            client.send(format!("{head}{}", &whole[..length])).await;
            client.stream.shutdown().await.unwrap();
            if let Some(answer) = client.next().await {
                assert_refused(&answer, 400, "ends before its time");
            }
        }
        assert_eq!(copies(&server).await, 0);
        // The same body, whole.
        let mut client = Client::connect(server.address).await;
        assert_eq!(client.call(format!("{head}{whole}")).await.code(), None);
        assert_eq!(copies(&server).await, 1);
        goes_on(&server).await;
    });
}

/// Sends a body without end until it is answered; the answer, and how much was sent.
async fn pour(server: &Server, head: String, chunk: Vec<u8>) -> (Answer, usize) {
    let client = Client::connect(server.address).await;
    let (mut reader, mut writer) = client.stream.into_inner().into_split();
    let pouring = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await.unwrap();
        let mut sent = 0;
        while sent < 64 * MIB && writer.write_all(&chunk).await.is_ok() {
            sent += chunk.len();
        }
        sent
    });
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.ok();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (Answer { status, body: body.as_bytes().to_vec() }, pouring.await.unwrap())
}

#[test]
fn a_body_of_64_mib_is_answered_long_before_its_end() {
    run(async {
        let server = server();
        // What the system itself holds between the two, at most.
        let on_the_way = 16 * MIB;

        // Its length is sent first: nothing of it is read.
        let (answer, sent) = pour(&server, post_head(JSON, "", 64 * MIB), vec![b' '; 64 << 10]).await;
        assert_refused(&answer, 200, "a request has at most 10485760 bytes: this one has more");
        assert!(sent < on_the_way, "{sent}");

        // Its length is not sent: no more is kept than a body may have.
        let head = format!(
            "POST / HTTP/1.1\r\nHost: presync\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let mut chunk = b"10000\r\n".to_vec();
        chunk.extend([b' '; 64 << 10]);
        chunk.extend(b"\r\n");
        let (answer, sent) = pour(&server, head, chunk).await;
        assert_refused(&answer, 200, "a request has at most 10485760 bytes: this one has more");
        assert!(sent < MAX_JSON_BYTES + on_the_way, "{sent}");
        goes_on(&server).await;
    });
}

#[test]
fn each_form_has_its_own_limit() {
    run(async {
        let server = server();
        let mut client = Client::connect(server.address).await;
        let padded = |start: &str, length: usize, end: &str| {
            format!("{start}{}{end}", "a".repeat(length - start.len() - end.len()))
        };
        let query = |length| padded("ImageName=", length, "");
        let json = |length| padded("{\"ImageName\":\"", length, "\"}");
        // Here and below, the limit itself is no matter: the value in it is too long.
        let answer = client.call(get(&query(MAX_URL_BYTES - 2), "")).await;
        assert_refused(&answer, 200, "`ImageName` is longer than 4096 bytes");
        let answer = client.call(get(&query(MAX_URL_BYTES - 1), "")).await;
        assert_refused(&answer, 200, "a URL has at most 32768 bytes");
        let answer = client.call(post(FORM, "", query(MAX_FORM_BYTES))).await;
        assert_refused(&answer, 200, "`ImageName` is longer than 4096 bytes");
        let answer = client.call(post(FORM, "", query(MAX_FORM_BYTES + 1))).await;
        assert_refused(&answer, 200, "a form has at most 1048576 bytes");
        let answer = client.call(post(JSON, "", json(MAX_JSON_BYTES))).await;
        assert_refused(&answer, 200, "`ImageName` is longer than 4096 bytes");
        let (answer, _) = pour(&server, post_head(JSON, "", MAX_JSON_BYTES + 1), vec![b' '; 64 << 10]).await;
        assert_refused(&answer, 200, "a request has at most 10485760 bytes");
        goes_on(&server).await;
    });
}

#[test]
fn brackets_in_brackets_are_not_followed_down() {
    run(async {
        let server = server();
        let mut client = Client::connect(server.address).await;
        for (body, code, message) in [
            ("[".repeat(MIB), "InvalidParameter", "a JSON request is an object"),
            (
                "{\"ImageIds\":".to_owned() + &"[".repeat(MIB),
                "InvalidParameter",
                "the JSON ends within a list",
            ),
            (
                "{\"ImageIds\":".to_owned() + &"[".repeat(MIB) + &"]".repeat(MIB) + "}",
                "InvalidParameter",
                "`ImageIds.0` is not a text",
            ),
            (
                "{\"Filters\":".to_owned() + &"[".repeat(MIB) + &"]".repeat(MIB) + "}",
                "InvalidParameter",
                "this is no request of SyncImages",
            ),
            (
                "{\"ImageIds\":[],\"Filters\":".to_owned() + &"[".repeat(MIB) + &"]".repeat(MIB) + "}",
                "UnknownParameter",
                "SyncImages has no parameter `Filters`",
            ),
            ("{\"a\":".repeat(MIB / 5), "InvalidParameter", "the JSON ends"),
            ("{\"ImageName\":".to_owned() + &"[{\"a\":".repeat(MIB / 6), "InvalidParameter", "the JSON ends"),
        ] {
            // On one connection: a body that is refused is still a body that was read.
            let answer = client.call(post(JSON, "", body)).await;
            assert_eq!((answer.status, answer.code().as_deref()), (200, Some(code)));
            let said = answer.envelope().response.error.unwrap().message;
            assert!(said.contains(message), "{said}");
        }
        // Where the action is known, it is a request, whatever is in it.
        let body = "{\"Filters\":".to_owned() + &"[".repeat(MIB) + &"]".repeat(MIB) + "}";
        let answer = client.call(post(JSON, "X-TC-Action: SyncImages\r\n", body)).await;
        assert_eq!((answer.status, answer.code().as_deref()), (200, Some("UnknownParameter")));
        goes_on(&server).await;
    });
}

#[test]
fn what_is_not_http_is_not_answered_as_a_call() {
    run(async {
        let server = server();
        for bytes in [
            &b"SyncImages please\r\n\r\n"[..],
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            &[0xff; 4096],
            &[b'a'; MIB],
        ] {
            let mut client = Client::connect(server.address).await;
            // The server may have closed before all of it is sent.
            client.stream.write_all(bytes).await.ok();
            client.stream.shutdown().await.ok();
            if let Some(answer) = client.next().await {
                assert!((400..=505).contains(&answer.status), "{answer:?}");
                assert_eq!(answer.body, b"");
            }
        }
        // Heads that are never finished keep nobody else waiting.
        let mut unfinished = Vec::new();
        for _ in 0..100 {
            let mut client = Client::connect(server.address).await;
            client.send("POST / HTTP/1.1\r\nHost: ").await;
            unfinished.push(client);
        }
        goes_on(&server).await;
        assert_eq!(copies(&server).await, 4, "the four calls of the line above, and nothing else");
    });
}

#[test]
fn a_call_has_a_method_an_address_and_a_type() {
    run(async {
        let server = server();
        let mut client = Client::connect(server.address).await;
        let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
        let good = String::from_utf8(Form::Query.bytes(&call, "")).unwrap();
        for (method, status) in [("PUT", 405), ("DELETE", 405), ("get", 405), ("OPTIONS", 405)] {
            assert_eq!(client.call(good.replacen("GET", method, 1)).await.status, status, "{method}");
        }
        assert_eq!(client.call(good.replacen("/?", "/sync?", 1)).await.status, 404);
        let typed = |content_type: &str| post(content_type, "", presync::wire::encode_query(&call));
        for content_type in ["", "text/plain", "multipart/form-data; boundary=a", "application/jsonp"] {
            assert_refused(&client.call(typed(content_type)).await, 200, "names neither JSON nor a form");
        }
        // An answer to this one has no body, so that the connection is of no use any more.
        client.send(good.replacen("GET", "HEAD", 1)).await;
        assert_eq!(copies(&server).await, 0);

        let mut client = Client::connect(server.address).await;
        let form = "Application/X-WWW-Form-Urlencoded; charset=UTF-8";
        assert_eq!(client.call(typed(form)).await.code(), None);
        goes_on(&server).await;
    });
}

#[test]
fn a_call_without_parameters_lacks_them() {
    run(async {
        let server = server();
        let mut client = Client::connect(server.address).await;
        for (headers, missing) in [
            ("", "Version: "),
            ("X-TC-Version: 2017-03-12\r\n", "Region: "),
            ("X-TC-Action: SyncImages\r\nX-TC-Version: 2017-03-12\r\n", "Region: "),
            ("X-TC-Version: 2017-03-12\r\nX-TC-Region: ap-guangzhou\r\n", "ImageIds: "),
        ] {
            for bytes in [
                get("", headers),
                String::from_utf8(get("", headers)).unwrap().replacen("/?", "/", 1).into_bytes(),
                post(JSON, headers, "{}"),
            ] {
                let error = client.call(bytes).await.envelope().response.error.unwrap();
                assert_eq!(error.code.as_str(), "MissingParameter");
                assert!(error.message.starts_with(missing), "{}", error.message);
            }
        }
        // A header that is not text is not as good as none.
        let mut bytes =
            b"GET /?ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai HTTP/1.1\r\n".to_vec();
        bytes.extend(b"Host: a\r\nX-TC-Version: 2017-03-12\r\nX-TC-Region: \xff\xfe\r\n\r\n");
        assert_eq!(client.call(bytes).await.code().as_deref(), Some("UnsupportedRegion"));
        assert_eq!(copies(&server).await, 0);
        goes_on(&server).await;
    });
}

#[test]
fn a_header_that_is_sent_twice_has_one_value() {
    run(async {
        let server = server();
        let mut client = Client::connect(server.address).await;
        let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
        let body = serde_json::to_vec(&call).unwrap();
        let common = "X-TC-Version: 2017-03-12\r\n";
        for (first, second) in [("ap-guangzhou", "ap-shanghai"), ("ap-shanghai", "ap-guangzhou")] {
            let headers = format!(
                "{common}X-TC-Action: SyncImages\r\nX-TC-Region: {first}\r\nx-tc-region: {second}\r\n"
            );
            let answer = client.call(post(JSON, &headers, &body)).await;
            assert_refused(&answer, 200, "the header `X-TC-Region` is sent twice, with two values");
        }
        let actions = format!(
            "{common}X-TC-Region: ap-guangzhou\r\nX-TC-Action: DescribeImages\r\nX-TC-Action: SyncImages\r\n"
        );
        let answer = client.call(post(JSON, &actions, &body)).await;
        assert_refused(&answer, 200, "the header `X-TC-Action` is sent twice, with two values");
        assert_eq!(copies(&server).await, 0);
        // The same value twice says no more than once.
        let region = "X-TC-Region: ap-guangzhou\r\n";
        let headers = format!("{common}X-TC-Action: SyncImages\r\n{region}{region}");
        assert_eq!(client.call(post(JSON, &headers, &body)).await.code(), None);
        assert_eq!(copies(&server).await, 1);
    });
}
