//! The start of a server: what it takes, where it listens, and what it says of bad usage.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use presync::{Edition, Image, Region, State, SyncRequest};

use crate::client::{Client, Form, run};
use crate::process::{Line, Server};

fn world() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)]).unwrap()
}

fn serve(arguments: &[&str], folder: &Path) -> Command {
    std::fs::write(folder.join("state.json"), serde_json::to_vec(&world()).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_presync"));
    command.arg("serve").args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

#[test]
fn what_cannot_begin_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let run = |arguments: &[&str]| -> Output { serve(arguments, folder.path()).output().unwrap() };
    for (arguments, said) in [
        (&[][..], "--state <[REGION=]FILE>"),
        (&["--state", "none.json"], "none.json: no such file"),
        (&["--state", "state.json", "--listen", &taken], "error: cannot listen on `"),
        (
            &["--state", "state.json", "--listen", "nowhere"],
            "error: cannot listen on `nowhere`: expected an address and a port, such as `127.0.0.1:8080`",
        ),
        (&["--state", "state.json", "--copy-time", "soon"], "seconds, or a time with its unit"),
        (&["--state", "state.json", "--copy-time", "-1"], "unexpected argument"),
        (&["--state", "state.json", "--copy-time", "NaN"], "seconds, or a time with its unit"),
        (&["--state", "state.json", "--copy-time", "86400.5"], "a day at most"),
        (&["--state", "state.json", "--copy-time", "2d"], "a day at most"),
        (&["--state", "state.json", "--timeout", "0"], "error: `--timeout` is more than 0"),
        (&["--state", "state.json", "--connections", "0"], "0 is not in 1..=65536"),
        (&["--state", "state.json", "--edition", "2016-01"], "2017-03"),
        (
            &["--state", "state.json", "--listen", "127.0.0.1:0", "--log", "none/log"],
            "none/log: cannot be written: no such file",
        ),
    ] {
        let output = run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty() && !stderr.contains("listening"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn an_address_that_is_open_to_others_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--state", "state.json", "--listen", "0.0.0.0:0"];
    let mut child = serve(&arguments, folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (first, second) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        first.starts_with("warning: `0.0.0.0:") && first.contains("there is no authentication"),
        "{first}"
    );
    assert!(second.starts_with("listening on http://0.0.0.0:"), "{second}");
}

#[test]
fn the_help_says_that_no_signature_is_looked_at() {
    let output = Command::new(env!("CARGO_BIN_EXE_presync")).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Signatures and credentials are ignored"), "{help}");
    assert!(help.contains("[default: 127.0.0.1:8080]"), "{help}");
}

#[test]
fn rules_of_a_policy_are_checked_too_and_the_log_can_be_stdout() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.toml"), "[limits]\nimage-size = 10\n").unwrap();
    let policy = folder.path().join("policy.toml");
    let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
    let server = Server::start(Edition::LATEST, &world(), &["--policy", policy.to_str().unwrap()]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let code = client.call(Form::Json.bytes(&call, "")).await.code();
        assert!(code.is_some_and(|code| code.starts_with("Policy.")));
    });
    let log = server.end();
    assert!(log[0].violations[0].rule.as_deref().is_some_and(|rule| rule.starts_with("policy/")), "{log:?}");

    let arguments = ["--state", "state.json", "--listen", "127.0.0.1:0", "--log", "-"];
    let mut command = serve(&arguments, folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = stderr.next().unwrap().unwrap();
    let address = line.strip_prefix("listening on http://").unwrap().parse().unwrap();
    run(async {
        let mut client = Client::connect(address).await;
        client.call(Form::Json.bytes(&call, "")).await;
    });
    // The line is there before the end.
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let line: Line = serde_json::from_str(&line).unwrap();
    assert_eq!((line.action.as_deref(), &*line.verdict), (Some("SyncImages"), "accepted"));
}

/// Of a request that is damaged on its way all that can be read is judged.
#[test]
fn the_log_has_every_reason_and_the_response_the_first() {
    let server = Server::start(Edition::FIRST, &world(), &[]);
    let body = "Action=SyncImages&Version=2017-03-12\n&ImageIds.0=img-99999999\n&DestinationRegions.0=gz";
    let code = run(async {
        let mut client = Client::connect(server.address).await;
        client.call(crate::client::post("application/x-www-form-urlencoded", "", body)).await.code()
    });
    let log = server.end();
    assert!(!log[0].shape_only);
    let codes: Vec<&str> = log[0].violations.iter().map(|reason| &*reason.code).collect();
    assert_eq!(code.as_deref(), Some(codes[0]));
    assert!(
        codes.contains(&"InvalidImageId.NotFound") && codes.contains(&"InvalidRegion.NotFound"),
        "{codes:?}"
    );
}

#[test]
fn one_thing_can_come_from_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let state = serde_json::to_vec(&world()).unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    for (arguments, stdin) in
        [(["--state", "-"].as_slice(), &state[..]), (&["--state", "state.json", "--policy", "-"], b"")]
    {
        let mut command = serve(&[arguments, &listen].concat(), folder.path());
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        let line = BufReader::new(child.stderr.take().unwrap()).lines().next().unwrap().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(line.starts_with("listening on http://"), "{arguments:?}: {line}");
    }
    for (arguments, said) in [
        (["--state", "-", "--policy", "-"], "error: stdin is the policy and cannot be the state too\n"),
        (["--state", "-", "--state", "-"], "error: stdin cannot be several responses\n"),
    ] {
        let output = serve(&arguments, folder.path()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*stderr), (Some(2), said));
    }
}
