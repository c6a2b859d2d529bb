//! The end of a server: a signal, and no call is lost.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use presync::{Edition, Image, Region, State, SyncRequest};
use tokio::io::AsyncWriteExt as _;
use tokio::time::sleep;

use crate::client::{Client, Form, get, post_head, run};
use crate::process::Server;

fn world() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)]).unwrap()
}

/// Begins a call with a body, and waits until the server begins to read the body.
async fn begin(client: &mut Client, headers: &str, length: usize) {
    let headers = format!("Expect: 100-continue\r\n{headers}");
    client.send(post_head("application/json", &headers, length)).await;
    assert_eq!(client.next().await.map(|answer| answer.status), Some(100));
}

#[test]
fn a_signal_under_load_loses_no_call() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(Edition::LATEST, &world(), &[]);
        let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
        let (answered, log) = run(async {
            let answers = Arc::new(AtomicUsize::new(0));
            let clients = (0..16).map(|number| {
                let (address, call, answers) = (server.address, call.clone(), Arc::clone(&answers));
                tokio::spawn(async move {
                    let mut client = Client::connect(address).await;
                    let mut ids = Vec::new();
                    // Until the server closes the connection.
                    while client.stream.write_all(&Form::ALL[number % 4].bytes(&call, "")).await.is_ok() {
                        let Some(answer) = client.next().await else { break };
                        ids.push(answer.envelope().response.request_id);
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                    ids
                })
            });
            let clients: Vec<_> = clients.collect();
            while answers.load(Ordering::Relaxed) < 500 {
                sleep(Duration::from_millis(5)).await;
            }
            server.signal(signal);
            let log = tokio::task::block_in_place(|| server.wait());
            let mut answered = Vec::new();
            for client in clients {
                answered.extend(client.await.unwrap());
            }
            (answered, log)
        });
        // Every answer that came is in the log, and every call of the log was
        // answered: none was cut off.
        let logged: BTreeSet<&str> = log.iter().map(|line| &*line.request_id).collect();
        assert_eq!((logged.len(), answered.len()), (log.len(), log.len()));
        assert_eq!(answered.iter().map(|id| &**id).collect::<BTreeSet<_>>(), logged);
        // The times of the log never run back.
        assert!(log.is_sorted_by_key(|line| &line.time));
    }
}

#[test]
fn a_call_that_is_on_its_way_is_finished_and_an_idle_connection_is_not_waited_for() {
    let mut server = Server::start(Edition::LATEST, &world(), &[]);
    let body = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-shanghai"]}"#;
    let headers = "X-TC-Action: SyncImages\r\nX-TC-Version: 2017-03-12\r\nX-TC-Region: ap-guangzhou\r\n";
    run(async {
        let mut idle = Client::connect(server.address).await;
        let mut slow = Client::connect(server.address).await;
        begin(&mut slow, headers, body.len()).await;
        slow.send(&body[..10]).await;
        server.signal("TERM");
        assert!(idle.next().await.is_none());
        slow.send(&body[10..]).await;
        let answer = slow.next().await.expect("an answer");
        assert_eq!(answer.code(), None);
    });
    let log = server.wait();
    assert_eq!(log.len(), 1);
    let line = &log[0];
    assert_eq!((line.action.as_deref(), line.region.as_deref()), (Some("SyncImages"), Some("ap-guangzhou")));
    assert_eq!((&*line.verdict, &line.code, &*line.violations), ("accepted", &None, &[][..]));
    // As in `2026-11-26T03:26:57.017Z`.
    assert!(
        line.time.len() == 24 && line.time.ends_with('Z') && line.time.as_bytes()[10] == b'T',
        "{}",
        line.time
    );
}

#[test]
fn a_second_signal_waits_for_nobody() {
    let mut server = Server::start(Edition::LATEST, &world(), &[]);
    run(async {
        let (mut slow, mut idle) =
            (Client::connect(server.address).await, Client::connect(server.address).await);
        begin(&mut slow, "", 100).await;
        let begun = Instant::now();
        server.signal("INT");
        assert!(idle.next().await.is_none());
        server.signal("INT");
        tokio::task::block_in_place(|| server.wait());
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut server = Server::start_with_log(Edition::LATEST, &world(), log.to_str().unwrap(), &[]);
        run(async {
            let mut client = Client::connect(server.address).await;
            ids.push(client.call(Form::Json.bytes(&call, "")).await.envelope().response.request_id);
        });
        server.signal("TERM");
        assert_eq!(server.wait().len(), ids.len());
        // Another second, another run.
        std::thread::sleep(Duration::from_millis(1_100));
    }
    assert_ne!(ids[0], ids[1]);
}

/// What is left of the log is written before the end, where its reader is slow.
#[cfg(unix)]
#[test]
fn the_end_waits_for_the_reader_of_the_log() {
    const CALLS: usize = 3;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state.json"), serde_json::to_vec(&world()).unwrap()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_presync"))
        .args(["serve", "--state", "state.json", "--listen", "127.0.0.1:0", "--log", "-"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = stderr.next().unwrap().unwrap();
    let address = address.strip_prefix("listening on http://").unwrap().parse().unwrap();
    run(async {
        let mut client = Client::connect(address).await;
        // Each line has a reason for each region, and so more bytes than a pipe holds.
        let regions: Vec<String> =
            (0..1_000).map(|number| format!("DestinationRegions.{number}=r{number}")).collect();
        for _ in 0..CALLS {
            assert_eq!(client.call(get(&regions.join("&"), "")).await.status, 200);
        }
    });
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(200));
    let mut log = String::new();
    child.stdout.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(log.lines().count(), CALLS);
    assert!(log.ends_with("}\n"), "the last line is whole");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
