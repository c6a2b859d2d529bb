//! Every case file, and the reader of case files itself.
#![cfg(feature = "wire")]

use std::path::Path;

use crate::support::{cases, claims};

#[test]
fn every_case_has_exactly_the_outcome_that_it_states() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (cases, mut faults) = cases::load(&folder);
    assert!(!cases.is_empty(), "no case was read");
    let mut run = 0;
    for case in &cases {
        run += 1;
        if let Some(difference) = case.difference() {
            faults.push(format!("{}:\n{difference}", case.name));
        }
    }
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
    claims::hold("cases", run);
}

/// A case that is accepted, with one text put in the place of another.
fn altered(from: &str, to: &str) -> String {
    let text = r#"{"name": "a", "edition": "2017-03", "why": "x", "query": "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-x",
        "state": {"Regions": [{"Region": "ap-y"}], "Images": [{"Region": "ap-y", "ImageId": "img-o3ycss2p", "ImageSize": null}]},
        "expect": [{"code": "InvalidRegion.NotFound", "parameter": "DestinationRegions.0"}],
        "unverified": [{"rule": "image-size", "parameter": "ImageIds.0"}]}"#;
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

#[test]
fn a_file_that_is_not_understood_is_no_case() {
    cases::parse("a", altered("a", "a").as_bytes()).expect("this one is understood");
    let refused = [
        ("\"name\": \"a\"", "\"name\": \"b\"", "its name is `b`"),
        ("\"why\": \"x\"", "\"note\": \"x\"", "unknown field `note`"),
        ("\"why\": \"x\", ", "", "neither `source` nor `why`"),
        ("\"2017-03\"", "\"2017-3\"", "an edition is a year and a month"),
        ("\"why\"", "\"json\": null, \"why\"", "exactly one of"),
        ("\"query\"", "\"url\"", "unknown field `url`"),
        ("\"why\"", "\"region\": \"r\", \"headers\": {}, \"why\"", "`headers` has the region"),
        ("\"why\"", "\"headers\": {\"Action\": \"x\"}, \"why\"", "unknown field `Action`"),
        ("\"why\"", "\"expect_unreadable\": true, \"why\"", "either `expect` or"),
        ("\"expect\": [", "\"expected\": [", "unknown field `expected`"),
        ("\"code\"", "\"message\": \"x\", \"code\"", "unknown field `message`"),
        ("{\"rule\"", "{\"needs\": \"x\", \"rule\"", "unknown field `needs`"),
        ("\"Images\"", "\"Image\"", "unknown key `Image`"),
        ("\"Region\": \"ap-y\", \"ImageId\"", "\"Region\": \"ap-z\", \"ImageId\"", "is not listed"),
        ("}]}", "}]}}", "trailing characters"),
    ];
    for (from, to, reason) in refused {
        match cases::parse("a", altered(from, to).as_bytes()) {
            Ok(_) => panic!("understood: {to}"),
            Err(fault) => assert!(fault.contains(reason), "{fault}\nwhere `{reason}` was expected"),
        }
    }
}

#[test]
fn what_is_missing_unexpected_or_in_another_order_is_a_difference() {
    let difference = |text: &str| cases::parse("a", text.as_bytes()).expect("a case").difference();
    assert_eq!(difference(&altered("a", "a")), None);
    let found = "{\"code\": \"InvalidRegion.NotFound\", \"parameter\": \"DestinationRegions.0\"}";
    let other = "{\"code\": \"LimitExceeded\", \"parameter\": \"DestinationRegions.0\"}";
    let missing = "  missing     DestinationRegions.0: LimitExceeded\n";
    let unexpected = "  unexpected  DestinationRegions.0: InvalidRegion.NotFound";
    assert_eq!(difference(&altered(found, &format!("{found}, {other}"))).unwrap(), missing);
    assert_eq!(difference(&altered(found, "")).unwrap(), format!("{unexpected} (destination-exists)\n"));
    assert_eq!(difference(&altered(found, other)).unwrap(), format!("{missing}{unexpected}\n"));
    // The rule counts where it is named.
    let named = |rule: &str| found.replace("{\"code\"", &format!("{{\"rule\": \"{rule}\", \"code\""));
    assert_eq!(difference(&altered(found, &named("destination-exists"))), None);
    assert!(difference(&altered(found, &named("image-exists"))).is_some());
    // So does what is left open.
    assert!(difference(&altered("\"image-size\"", "\"image-custom\"")).is_some());
    assert!(difference(&altered("{\"rule\": \"image-size\", \"parameter\": \"ImageIds.0\"}", "")).is_some());
    // And the order.
    let two = altered("0=ap-x", "0=ap-x&DestinationRegions.1=ap-z");
    let second = found.replace(".0", ".1");
    assert_eq!(difference(&two.replace(found, &format!("{found}, {second}"))), None);
    let turned = difference(&two.replace(found, &format!("{second}, {found}"))).unwrap();
    assert!(turned.contains("another order"), "{turned}");
    // And whether it is a request.
    let unreadable = altered("Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-x", "words");
    assert!(difference(&unreadable).unwrap().contains("no request"));
    let expected = "\"expect\": [{\"code\": \"InvalidRegion.NotFound\", \"parameter\": \"DestinationRegions.0\"}],\n        \"unverified\": [{\"rule\": \"image-size\", \"parameter\": \"ImageIds.0\"}]";
    let readable = altered(expected, "\"expect_unreadable\": true");
    assert!(difference(&readable).unwrap().contains("a request"));
}
