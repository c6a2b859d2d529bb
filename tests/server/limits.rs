//! The limits of a server: connections, time and memory.

use std::time::{Duration, Instant};

use presync::wire::MAX_URL_BYTES;
use presync::{Edition, Image, Region, State, SyncRequest};
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::client::{Client, Form, get, post, post_head, run};
use crate::process::Server;

fn world() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)]).unwrap()
}

const REGIONS: &str = "Action=DescribeRegions&Version=2017-03-12";

#[test]
fn more_connections_than_there_may_be_wait_until_idle_ones_are_closed() {
    let server = Server::start(Edition::LATEST, &world(), &["--connections", "2", "--timeout", "1"]);
    run(async {
        let begun = Instant::now();
        let mut idle = Client::connect(server.address).await;
        let mut unfinished = Client::connect(server.address).await;
        unfinished.send("GET / HTTP/1.1\r\nHost: ").await;
        // It is served once one of the two has had its time.
        let mut third = Client::connect(server.address).await;
        assert_eq!(third.call(get(REGIONS, "")).await.status, 200);
        assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
        let mut rest = Vec::new();
        idle.stream.read_to_end(&mut rest).await.ok();
        unfinished.stream.read_to_end(&mut rest).await.ok();
        assert!(!String::from_utf8_lossy(&rest).contains(" 200 "));
    });
    assert_eq!(server.end().len(), 1);
}

#[test]
fn a_client_that_takes_no_answer_is_not_waited_for() {
    let server = Server::start(Edition::LATEST, &world(), &["--connections", "1", "--timeout", "300ms"]);
    run(async {
        let deaf = Client::connect(server.address).await;
        let (_reader, mut writer) = deaf.stream.into_inner().into_split();
        let calls = get(REGIONS, "").repeat(1_000);
        let pouring = tokio::spawn(async move {
            while tokio::io::AsyncWriteExt::write_all(&mut writer, &calls).await.is_ok() {}
        });
        // There is only one connection: another client is served when the first one is gone.
        let mut client = Client::connect(server.address).await;
        assert_eq!(client.call(get(REGIONS, "")).await.status, 200);
        pouring.await.unwrap();
    });
}

#[test]
fn a_head_has_a_limit() {
    let server = Server::start(Edition::LATEST, &world(), &[]);
    run(async {
        let long = format!("X-Long: {}\r\n", "a".repeat(256 << 10));
        let many = "X-Many: a\r\n".repeat(101);
        for headers in [long, many] {
            let mut client = Client::connect(server.address).await;
            client.send(get(REGIONS, &headers)).await;
            let answer = client.next().await.expect("an answer");
            assert_eq!((answer.status, &*answer.body), (431, &b""[..]));
        }
        let mut client = Client::connect(server.address).await;
        assert_eq!(client.call(get(REGIONS, &"X-Many: a\r\n".repeat(90))).await.status, 200);
        // The longest query leaves as much again for the headers.
        let query = format!("{REGIONS}&X={}", "a".repeat(MAX_URL_BYTES - REGIONS.len() - 5));
        let headers = format!("X-Long: {}\r\n", "a".repeat(MAX_URL_BYTES - 1_000));
        assert_eq!(client.call(get(&query, &headers)).await.status, 200);
    });
}

/// Of the bodies that have more than a mebibyte, eight are read at once.
#[test]
fn a_large_body_waits_for_its_turn_and_an_ordinary_one_does_not() {
    const ORDINARY: usize = 1 << 20;
    const TYPE: &str = "application/json";
    let server = Server::start(Edition::LATEST, &world(), &[]);
    let headers = "X-TC-Action: DescribeRegions\r\nX-TC-Version: 2017-03-12\r\n";
    let body = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
    let soon = Duration::from_secs(10);
    run(async {
        // These have no end yet.
        let mut unfinished = Vec::new();
        for _ in 0..8 {
            let mut client = Client::connect(server.address).await;
            client.send(post_head(TYPE, headers, ORDINARY + 2)).await;
            client.send(body(ORDINARY + 1)).await;
            unfinished.push(client);
        }
        // Once all of it has come, one more waits.
        let mut waiting = None;
        for _ in 0..50 {
            let mut client = Client::connect(server.address).await;
            client.send(post(TYPE, headers, body(ORDINARY + 1))).await;
            if timeout(Duration::from_millis(250), client.next()).await.is_err() {
                waiting = Some(client);
                break;
            }
        }
        let mut waiting = waiting.expect("the ninth waits");
        for length in [2, ORDINARY] {
            let mut client = Client::connect(server.address).await;
            let answer = timeout(soon, client.call(post(TYPE, headers, body(length)))).await;
            assert_eq!(answer.expect("an answer at once").status, 200);
        }
        unfinished[0].send(" ").await;
        assert_eq!(unfinished[0].next().await.unwrap().status, 200);
        assert_eq!(timeout(soon, waiting.next()).await.expect("its turn").unwrap().status, 200);
    });
}

/// The memory that a process has in use, in KiB.
#[cfg(target_os = "linux")]
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_calls() {
    let server = Server::start(Edition::LATEST, &world(), &[]);
    let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
    let (full, later) = run(async {
        let mut client = Client::connect(server.address).await;
        let mut after = Vec::new();
        // The quota is full after 500.
        for n in 0..12_000 {
            let bytes = match n % 4 {
                0 => get(
                    "Action=DescribeImages&Version=2017-03-12&Region=ap-shanghai&Limit=100&Offset=200",
                    "",
                ),
                1 => get("Action=Other", ""),
                _ => Form::ALL[n % 3].bytes(&call, ""),
            };
            assert_eq!(client.call(bytes).await.status, 200);
            if n % 4_000 == 3_999 {
                after.push(resident(&server));
            }
        }
        (after[0], after[2])
    });
    let log = server.end();
    assert_eq!(log.len(), 12_000);
    assert_eq!(
        log.iter().filter(|line| line.code.as_deref() == Some("ImageQuotaLimitExceeded")).count(),
        5_500
    );
    assert!(later < full + 2_048, "{full} KiB after 4,000 calls, and {later} KiB after 12,000");
}
