//! Every peer says of every request what presync says, as far as it can; and what it cannot
//! say is listed, and no more.

#[path = "../../../tests/support/lines.rs"]
mod lines;

use std::collections::BTreeSet;

use presync::check::lines::{Batch, Outcome};
use presync::{Ruleset, SyncRequest};
use presync_peers::lines::Counts;
use presync_peers::{Finding, Gap, Kind, PEERS, inputs, presync::findings};

/// What is asked, by name.
fn requests() -> Vec<(&'static str, SyncRequest)> {
    let id = inputs::image_id;
    let new = |image: usize, destinations: &[&str]| SyncRequest::new(id(image), destinations.iter().copied());
    let from = |region: &str, image: usize, destinations: &[&str]| {
        let mut request = new(image, destinations);
        request.region = Some(region.to_owned());
        request
    };
    let with = |mut request: SyncRequest, change: &dyn Fn(&mut SyncRequest)| {
        change(&mut request);
        request
    };
    let ok = || from("ap-shanghai", 1, &["ap-guangzhou", "ap-beijing"]);
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    vec![
        ("the accepted one that is timed", inputs::accepted()),
        ("the refused one that is timed", inputs::refused()),
        ("accepted, without a region", new(1, &["ap-guangzhou", "eu-london"])),
        ("nothing at all", SyncRequest::default()),
        ("no version", with(ok(), &|request| request.version = None)),
        ("another version", with(ok(), &|request| request.version = Some("2017-03-21".to_owned()))),
        ("an empty version", with(ok(), &|request| request.version = Some(String::new()))),
        ("an unknown source region", from("sh", 1, &["ap-guangzhou", "eu-moscow"])),
        ("an unknown source region, and a malformed id", {
            with(from("sh", 1, &["ap-guangzhou"]), &|request| request.image_ids = ids(&["img-1"]))
        }),
        ("a later parameter", with(ok(), &|request| request.dry_run = Some(false))),
        ("every later parameter", {
            with(ok(), &|request| {
                request.dry_run = Some(true);
                request.image_name = Some("copy".to_owned());
                request.image_set_required = Some(true);
                request.encrypt = Some(true);
                request.kms_key_id = Some("key".to_owned());
            })
        }),
        ("no image", with(ok(), &|request| request.image_ids.clear())),
        ("no image and no region", {
            with(new(1, &["ap-shanghai", "eu-moscow"]), &|request| request.image_ids.clear())
        }),
        ("two images", with(ok(), &|request| request.image_ids.push(id(61)))),
        ("the same image twice", with(ok(), &|request| request.image_ids.push(id(1)))),
        ("a short id", with(ok(), &|request| request.image_ids = ids(&["img-1234567"]))),
        ("an id with a capital", with(ok(), &|request| request.image_ids = ids(&["img-A2345678"]))),
        ("an id with a line break", with(ok(), &|request| request.image_ids = ids(&["img-12345678\n"]))),
        ("an id of another kind", with(ok(), &|request| request.image_ids = ids(&["ins-12345678"]))),
        ("an empty id", with(ok(), &|request| request.image_ids = ids(&[""]))),
        ("an image that is nowhere", with(ok(), &|request| request.image_ids = ids(&["img-12345678"]))),
        ("an image that is nowhere, without a region", {
            with(new(1, &["ap-shanghai"]), &|request| request.image_ids = ids(&["img-12345678"]))
        }),
        ("an image of another region", from("ap-shanghai", 2, &["ap-guangzhou", "eu-moscow"])),
        ("a shared image", from("ap-shanghai", 21, &["ap-guangzhou"])),
        ("a shared image, without a region, to its own", new(21, &["ap-shanghai"])),
        ("three images, each with faults", {
            with(from("ap-shanghai", 21, &["ap-guangzhou"]), &|request| {
                request.image_ids.extend([id(41), "img-12345678".to_owned(), "IMG-12345678".to_owned()]);
            })
        }),
        ("no destination", from("ap-shanghai", 1, &[])),
        ("unknown destinations", from("ap-shanghai", 1, &["ap-guangzhou-2", "", "AP-BEIJING", "ap-tokyo"])),
        ("a region without image sync", from("ap-shanghai", 1, &["ap-hongkong"])),
        ("a region that is down", from("ap-shanghai", 1, &["ap-tokyo", "na-toronto"])),
        ("a blocked route", from("ap-shanghai", 1, &["eu-moscow"])),
        ("a blocked route, without a region", new(1, &["eu-moscow"])),
        ("a route that is blocked the other way only", from("ap-shanghai", 1, &["ap-seoul"])),
        ("the source region", from("ap-shanghai", 1, &["ap-tokyo", "ap-shanghai"])),
        ("the source region, without a region", new(1, &["ap-shanghai"])),
        (
            "full regions, and one nearly full",
            from("ap-shanghai", 1, &["ap-chengdu", "ap-beijing", "ap-mumbai"]),
        ),
        ("a destination twice", from("ap-shanghai", 1, &["ap-tokyo", "ap-guangzhou", "ap-tokyo"])),
        ("an unknown destination three times", from("ap-shanghai", 1, &["gz", "gz", "ap-tokyo", "gz"])),
        ("a full destination twice, and the source twice", {
            from("ap-shanghai", 1, &["ap-chengdu", "ap-shanghai", "ap-shanghai", "ap-chengdu"])
        }),
        ("two images of one region, without a region", {
            with(new(1, &["ap-shanghai", "eu-moscow"]), &|request| request.image_ids.push(id(61)))
        }),
        ("two images of two regions, without a region", {
            with(new(1, &["ap-shanghai", "ap-guangzhou"]), &|request| request.image_ids.push(id(0)))
        }),
        ("two images of two regions, without a region, and no route from either", {
            with(new(1, &["eu-moscow", "ap-tokyo"]), &|request| request.image_ids.push(id(0)))
        }),
        ("an image that is nowhere before one that is there, without a region", {
            with(new(1, &["ap-shanghai", "ap-tokyo"]), &|request| {
                request.image_ids.insert(0, "img-12345678".to_owned())
            })
        }),
    ]
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings
}

#[test]
fn every_peer_says_the_same_as_far_as_it_can() {
    let state = inputs::state();
    for peer in PEERS {
        // A rule that is not in a set owns nothing: this is what is left for a
        // peer that does not have it.
        let rules = peer
            .missing()
            .fold(Ruleset::default(), |rules, rule| rules.without(rule).expect("gaps are rules of the page"));
        let unlike: Vec<&str> = peer
            .gaps
            .iter()
            .filter_map(|gap| match gap {
                Gap::Input(name, _) => Some(*name),
                Gap::Rule(..) => None,
            })
            .collect();
        let requests = requests();
        for name in &unlike {
            assert!(requests.iter().any(|(known, _)| known == name), "{}: no input `{name}`", peer.name);
        }
        for (name, request) in requests {
            let expected = sorted(findings(rules.check(&request, &state).violations()));
            let got = sorted((peer.verdict)(&state, &request));
            if unlike.contains(&name) {
                assert_ne!(got, expected, "{}: `{name}` is a gap no longer", peer.name);
            } else {
                assert_eq!(got, expected, "{}: {name}", peer.name);
            }
        }
    }
}

#[test]
fn every_rule_is_broken_by_one_of_the_requests() {
    let (rules, state) = (Ruleset::default(), inputs::state());
    let mut unbroken: BTreeSet<&str> = rules.rules().iter().map(|rule| rule.id()).collect();
    for (_, request) in requests() {
        for violation in rules.check(&request, &state).violations() {
            unbroken.remove(violation.rule());
        }
    }
    assert!(unbroken.is_empty(), "{unbroken:?}");
}

#[test]
fn the_requests_that_are_timed_are_what_they_are_said_to_be() {
    let (rules, state) = (Ruleset::default(), inputs::state());
    assert_eq!([state.regions().len(), state.images().len()], [20, 100]);

    let accepted = inputs::accepted();
    assert!(accepted.region.is_some());
    assert_eq!([accepted.image_ids.len(), accepted.destination_regions.len()], [1, 3]);
    assert!(rules.check(&accepted, &state).accepted());

    let report = rules.check(&inputs::refused(), &state);
    let expected = [
        ("image-state-normal", "ImageIds.0"),
        ("image-size", "ImageIds.0"),
        ("destination-exists", "DestinationRegions.0"),
        ("destination-not-source", "DestinationRegions.1"),
        ("image-quota", "DestinationRegions.2"),
    ];
    assert_eq!(findings(report.violations()), expected.map(|(rule, at)| (rule.to_owned(), at.to_owned())));
    assert!(report.unverified().is_empty());
}

#[test]
fn lines_are_counted_as_presync_counts_them() {
    let (rules, state, lines) = (Ruleset::default(), lines::state(), lines::first(2_000));
    let batch = Batch::new(&rules, &state);
    let (mut expected, mut out) = (Counts::default(), Vec::new());
    for line in lines.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n') {
        match batch.line(1, line, &mut out) {
            Outcome::Accepted(_) => expected.accepted += 1,
            Outcome::Refused(_) => expected.refused += 1,
            _ => expected.unreadable += 1,
        }
    }
    assert!([expected.accepted, expected.refused, expected.unreadable].into_iter().all(|count| count > 50));
    // The others want a state in which everything is known, and in this one it is not.
    for peer in PEERS.iter().filter(|peer| peer.kind == Kind::Presync || peer.name.starts_with("regorus")) {
        let counts = (peer.lines)(&state, &mut &*lines, &mut Vec::new()).unwrap();
        assert_eq!(counts, expected, "{}", peer.name);
    }
}
