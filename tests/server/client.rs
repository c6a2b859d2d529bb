//! A client that sends what it is told to: HTTP as bytes, right or wrong.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use presync::report::envelope::Envelope;
use presync::{SyncRequest, wire};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::say;

/// One connection, kept for any number of calls.
pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn envelope(&self) -> Envelope {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of the error; nothing when the call was accepted.
    pub(crate) fn code(&self) -> Option<String> {
        self.envelope().response.error.map(|error| error.code.to_string())
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: BufReader::new(TcpStream::connect(address).await.unwrap()) }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next answer; nothing when the server closed the connection instead.
    pub(crate) async fn next(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head).await.ok()? == 0 {
                assert!(head.is_empty(), "half an answer: {}", String::from_utf8_lossy(&head));
                return None;
            }
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).await.unwrap();
        Some(Answer { status, body })
    }

    pub(crate) async fn call(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes).await;
        self.next().await.expect("an answer")
    }
}

/// The ways in which a call travels.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Json,
    HeadersAndQuery,
    Posted,
    Query,
}

impl Form {
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::HeadersAndQuery, Self::Posted, Self::Query];

    /// The bytes of a call, with a name for it that the server only writes down.
    pub(crate) fn bytes(self, call: &SyncRequest, trace: &str) -> Vec<u8> {
        let trace = format!("X-TC-TraceId: {trace}\r\n");
        let mut own = call.clone();
        let (version, region) = (own.version.take(), own.region.take());
        let mut headers = format!("{trace}X-TC-Action: SyncImages\r\n");
        for (name, value) in [("X-TC-Version", version), ("X-TC-Region", region)] {
            headers.extend(value.map(|value| format!("{name}: {value}\r\n")));
        }
        match self {
            Self::Json => {
                let mut body = serde_json::to_value(&own).unwrap();
                body.as_object_mut().unwrap().remove("Version");
                post("application/json", &headers, body.to_string())
            }
            Self::HeadersAndQuery => {
                let query = wire::encode_query(&own);
                get(query.trim_start_matches("Action=SyncImages").trim_start_matches('&'), &headers)
            }
            Self::Posted => post("application/x-www-form-urlencoded", &trace, wire::encode_query(call)),
            Self::Query => get(&wire::encode_query(call), &trace),
        }
    }
}

pub(crate) fn get(query: &str, headers: &str) -> Vec<u8> {
    format!("GET /?{query} HTTP/1.1\r\nHost: presync\r\n{headers}\r\n").into_bytes()
}

pub(crate) fn post(content_type: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = post_head(content_type, headers, body.len()).into_bytes();
    bytes.extend(body);
    bytes
}

/// What comes before a body of this length.
pub(crate) fn post_head(content_type: &str, headers: &str, length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: presync\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{headers}\r\n"
    )
}

/// Runs a test that talks. One that waits for an answer which never comes fails.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    // More threads than cores, so that calls do overlap.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().unwrap();
    let test = async { tokio::time::timeout(Duration::from_secs(120), test).await };
    runtime.block_on(test).expect("it comes to an end")
}

/// How many calls a second a server accepts from one client, one after the other.
pub(crate) fn accepted_a_second(address: SocketAddr, call: &SyncRequest) -> f64 {
    const CALLS: u32 = 20_000;
    run(async {
        let mut client = Client::connect(address).await;
        let call = Form::Query.bytes(call, "");
        let begun = Instant::now();
        for _ in 0..CALLS {
            assert_eq!(client.call(&call).await.code(), None);
        }
        f64::from(CALLS) / begun.elapsed().as_secs_f64()
    })
}

/// Fails unless a server with 100,000 images accepts at least this share of the calls
/// that one with 100 does. `speed` starts a server with so many images, and says how many
/// calls a second it accepts.
pub(crate) fn assert_many_images_are_as_quick(share: f64, speed: impl Fn(usize) -> f64) {
    // In turns, so that whatever else the machine does is in both.
    let speeds: Vec<[f64; 2]> = (0..5).map(|_| [100, 100_000].map(&speed)).collect();
    let [few, many] = [0, 1].map(|which| {
        let mut of: Vec<f64> = speeds.iter().map(|speeds| speeds[which]).collect();
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    });
    say(&format!("{few:.0} accepted calls a second with 100 images, {many:.0} with 100,000"));
    assert!(many > share * few, "{speeds:?}");
}
