//! The function that the README gives to whoever puts the library into a server of their own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};

use presync::report::envelope::Envelope;
use presync::wire::{self, DecodeError};
use presync::{AccountQuota, ErrorCode, Image, Region, Ruleset, State, SyncRequest};

use crate::client::{accepted_a_second, assert_many_images_are_as_quick};
use crate::project_file;

// The README shows this function; a test holds the two together.

/// Returns the response to a request. Nobody else may use the state meanwhile.
fn reply(sent: &Result<SyncRequest, DecodeError>, rules: &Ruleset, state: &mut State, id: &str) -> Envelope {
    let request = match sent {
        Ok(request) => request,
        Err(error) => match error.clone().into_report(rules) {
            Ok(report) => return Envelope::new(&report, id),
            // It is no request at all. Of the codes, this is the one for a wrong format.
            Err(error) => return Envelope::error(ErrorCode::InvalidParameter, error.to_string(), id),
        },
    };
    let report = rules.check(request, state);
    if report.accepted() {
        state.apply(request); // A dry run changes no state.
    }
    let is_dry_run = report.accepted() && request.dry_run == Some(true);
    if is_dry_run { Envelope::dry_run(id) } else { Envelope::new(&report, id) }
}

#[test]
fn the_readme_shows_the_code_that_runs_here() {
    let app = project_file("tests/server/app.rs");
    let start = app.find("/// Returns the response to a request.").expect("the function");
    let end = start + app[start..].find("\n}\n").expect("its end");
    assert!(
        project_file("README.md").contains(&app[start..end]),
        "the README is to show:\n{}\n}}",
        &app[start..end]
    );
}

#[test]
fn the_code_of_the_readme_gives_the_last_of_the_quota_once() {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let mut state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")]).unwrap();
    let rules = Ruleset::default();
    let mut answers = Vec::new();
    for number in 0..11 {
        let query = b"Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai";
        answers.push(reply(&wire::decode(query), &rules, &mut state, &number.to_string()));
    }
    // The first page gives ten to each region.
    let codes: Vec<_> =
        answers.iter().map(|answer| answer.response.error.as_ref().map(|error| &error.code)).collect();
    assert_eq!(codes[..10], [None; 10]);
    assert_eq!(codes[10], Some(&ErrorCode::LimitExceeded));
    assert_eq!(answers[10].response.request_id, "10");

    let unreadable = reply(&wire::decode(b"["), &rules, &mut state, "11");
    assert_eq!(unreadable.response.error.unwrap().code, ErrorCode::InvalidParameter);
}

#[test]
fn a_copy_that_ends_leaves_its_part_of_the_quota_to_others() {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let images = [Image::new("ap-guangzhou", "img-00000000").with_image_size(20)];
    let quota = AccountQuota::default().with_image_num_quota(1);
    let mut state = State::from_records(regions, images, quota, []).unwrap();
    let call = Ok(SyncRequest::new("img-00000000", ["ap-shanghai"]));
    let mut codes = Vec::new();
    let copy = || Image::new("ap-shanghai", "img-00000001");
    // What happens before each of the calls.
    let events: [fn(&mut State); 5] = [
        |_| {},
        |_| {},
        |state| state.copy_failed("ap-shanghai", Some("")).unwrap(),
        |state| drop(state.arrived(Image::new("ap-shanghai", "img-00000001")).unwrap()),
        |state| drop(state.remove_image("ap-shanghai", "img-00000001").unwrap()),
    ];
    for event in events {
        event(&mut state);
        let answer = reply(&call, &Ruleset::default(), &mut state, "1");
        codes.push(answer.response.error.map(|error| error.code));
    }
    assert!(state.arrived(copy()).is_ok());
    let full = Some(ErrorCode::LimitExceeded);
    assert_eq!(codes, [None, full.clone(), None, full, None]);
}

/// Serves one connection with the README's function, and with no framework.
fn serve_one(mut state: State) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let rules = Ruleset::default();
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        stream.get_ref().set_nodelay(true).unwrap();
        let (mut line, mut target) = (String::new(), String::new());
        while stream.read_line(&mut line).unwrap() > 0 {
            if let Some(rest) = line.strip_prefix("GET ") {
                target = rest.split(' ').next().unwrap().to_owned();
            } else if line == "\r\n" {
                let answer = reply(&wire::decode(target.as_bytes()), &rules, &mut state, "1");
                let body = serde_json::to_string(&answer).unwrap();
                let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                stream.get_mut().write_all(response.as_bytes()).unwrap();
            }
            line.clear();
        }
    });
    address
}

/// How many accepted calls a second a server with the README's function answers over loopback, with
/// so many images:
/// `cargo test --release --all-features --test server -- --ignored --nocapture calls_a_second`.
#[test]
#[ignore = "a measurement"]
fn accepted_calls_a_second_do_not_depend_on_the_number_of_images() {
    assert_many_images_are_as_quick(0.9, |count| {
        let images =
            (0..count).map(|n| Image::new("ap-guangzhou", format!("img-{n:08}")).with_image_size(20));
        let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
        let quota = AccountQuota::default().with_image_num_quota(u64::MAX);
        let address = serve_one(State::from_records(regions, images, quota, []).unwrap());
        accepted_a_second(address, &SyncRequest::new("img-00000000", ["ap-shanghai"]))
    });
}
