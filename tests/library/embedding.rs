//! What another crate can do with the library: codes, facts with three answers, bodies that somebody else has
//! parsed, and the traits that its own types need.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use presync::report::{Confidence, EditKind, Fact, FactKind, FactValue, ViolationFacts, ViolationParts};
use presync::rules::ChangeKind;
use presync::{
    AccountQuota, BlockedRoute, Dated, Edition, ErrorCode, Evidence, Finding, Image, ImageState, ImageType,
    Limit, NewImage, OtherCode, Page, Parameter, PartialRequest, Quota, QuotaLimit, Region, RegionQuota,
    RegionState, Report, Rule, Ruleset, Stage, State, SyncRequest, Takes, Truth, Unverified, Used, Violation,
    check_fn, rules,
};

const OWN: ErrorCode = ErrorCode::own("Acme.Own").unwrap();

#[test]
fn a_code_of_ones_own_is_what_parsing_it_gives() {
    for text in ["Acme.Own", "A", "a.B.3", "9", "LimitExceededX", "Policy.ImageSize"] {
        assert_eq!(ErrorCode::own(text), text.parse().ok(), "{text}");
        assert_eq!(ErrorCode::own(text).unwrap().as_str(), text);
    }
    for text in ["", ".", "Acme.", ".Own", "Acme..Own", "Acme Own", "Acme/Own", "Acme.Öwn", "Acme.Own\n"] {
        assert_eq!(ErrorCode::own(text), None, "{text}");
        assert!(text.parse::<ErrorCode>().is_err(), "{text}");
    }
    // A code of the table has a variant.
    for code in ErrorCode::ALL {
        let text: &'static str = code.as_str().to_owned().leak();
        assert_eq!(ErrorCode::own(text), None, "{text}");
        assert_eq!(text.parse::<ErrorCode>().as_ref(), Ok(code));
    }
}

#[test]
fn an_empty_set_has_no_rule_and_the_facts_of_its_edition() {
    for (edition, limit) in [(Edition::FIRST, 10), (Edition::LATEST, 500)] {
        let set = Ruleset::empty(edition);
        assert_eq!((set.edition(), set.rules().len(), set.ids().count()), (edition, 0, 0));
        let quota = check_fn("acme/quota", OWN, move |facts, findings| {
            let quota = facts.destinations().next().unwrap().quota().unwrap();
            assert_eq!(quota.limit, Some(limit));
            findings.violation(Finding::new(Parameter::DESTINATION_REGIONS, "seen"));
        });
        let state = State::new([Region::new("ap-shanghai")], []).unwrap();
        let report = set.with_check(quota).unwrap().check(&SyncRequest::new("x", ["ap-shanghai"]), &state);
        assert_eq!(report.violations().len(), 1);
    }
}

/// Returns the answer of `judge_source` to "is it `name`?", as a word.
fn source(request: impl Into<PartialRequest>, state: &State, name: &'static str) -> String {
    let check = check_fn("acme/source", OWN, move |facts, findings| {
        let answer = match facts.judge_source(|region| region == name) {
            Truth::Yes => "yes".to_owned(),
            Truth::No => "no".to_owned(),
            Truth::Unknown(needs) => format!("unknown: {needs}"),
        };
        // A closure concerns every parameter: what it finds in a partial request is unverified.
        findings.unverified(Parameter::REGION, answer);
    });
    let set = Ruleset::documented(Edition::FIRST).with_check(check).unwrap();
    let report = set.check_partial(&request.into(), state);
    let own = report.unverified().iter().find(|found| found.rule() == "acme/source").unwrap();
    own.needs().to_owned()
}

#[test]
fn the_source_region_is_judged_with_three_answers() {
    const ID: &str = "img-o3ycss2p";
    let regions = || ["gz", "sh"].map(Region::new);
    let in_regions = |names: &[&'static str]| {
        State::new(regions(), names.iter().map(|name| Image::new(*name, ID))).unwrap()
    };
    let request = || SyncRequest::new(ID, ["sh"]);

    assert_eq!(source(request(), &in_regions(&["gz"]), "gz"), "yes");
    assert_eq!(source(request(), &in_regions(&["sh"]), "gz"), "no");
    assert_eq!(source(request().with_region("gz"), &in_regions(&["sh"]), "gz"), "yes");
    assert_eq!(source(request().with_region("sh"), &in_regions(&["gz"]), "gz"), "no");
    // No region at all: the image is nowhere, or `Region` is none.
    assert_eq!(source(request(), &in_regions(&[]), "gz"), "yes");
    assert_eq!(source(request().with_region("nowhere"), &in_regions(&["sh"]), "gz"), "yes");
    // Two regions.
    let both = source(request(), &in_regions(&["gz", "sh"]), "gz");
    assert!(both.starts_with("unknown: the request's `Region`"), "{both}");
    // It is in one of them, and in neither of the name.
    assert_eq!(source(request(), &in_regions(&["gz", "sh"]), "bj"), "no");
    // A region that the state does not list may exist.
    let open = || in_regions(&["sh"]).with_regions_complete(false);
    let unlisted = source(request().with_region("bj"), &open(), "gz");
    assert!(unlisted.starts_with("unknown: the region `bj`"), "{unlisted}");
    assert_eq!(source(request().with_region("bj"), &open(), "bj"), "yes");
    // Not all images are listed, so that it may be nowhere.
    let incomplete = [Region::new("gz").with_images_complete(false), Region::new("sh")];
    let incomplete = State::new(incomplete, []).unwrap();
    assert_eq!(source(request(), &incomplete, "gz"), "yes");
    assert!(source(request(), &incomplete, "sh").starts_with("unknown"));
    // `Region` is not known: any region of the state may be it.
    let partial = || PartialRequest::new(request()).unknown(Parameter::REGION, "the provider's region");
    assert_eq!(source(partial(), &in_regions(&["gz"]), "gz"), "unknown: the provider's region");
    let alone = State::new([Region::new("gz")], []).unwrap();
    assert_eq!(source(partial(), &alone, "gz"), "yes");
}

#[test]
fn the_quota_after_the_request_counts_its_copies() {
    let judged = |used, limit, partial: &PartialRequest| {
        let check = check_fn("acme/quota", OWN, |facts, findings| {
            for destination in facts.each_destination() {
                let holds = destination.judge_quota_after(|after, limit| after <= limit);
                let own = destination.judge_used_after(|after| after <= 10);
                assert_eq!(holds, own);
                let said = match holds {
                    Truth::Yes => "yes",
                    Truth::No => "no",
                    Truth::Unknown(_) => "unknown",
                };
                findings.unverified(destination.parameter(), format!("{said} {}", facts.copies_at_least()));
            }
        });
        let quota = RegionQuota::new("sh").with_used(used).with_in_flight(1).with_image_num_quota(limit);
        let quota = AccountQuota::default().with_regions([quota]);
        let state = State::from_records([Region::new("sh")], [], quota, []).unwrap();
        let report = Ruleset::empty(Edition::FIRST).with_check(check).unwrap().check_partial(partial, &state);
        report.unverified()[0].needs().to_owned()
    };
    let one = PartialRequest::new(SyncRequest::new("a", ["sh"]));
    let two = PartialRequest::new(
        SyncRequest::default().with_image_ids(["a", "b"]).with_destination_regions(["sh"]),
    );
    // One is in flight. 8 + 1 + 1 are within 10, and 8 + 1 + 2 are not.
    assert_eq!(judged(Used::Count(8), 10, &one), "yes 1");
    assert_eq!(judged(Used::Count(8), 10, &two), "no 2");
    assert_eq!(judged(Used::Count(9), 10, &one), "no 1");
    assert_eq!(judged(Used::Unknown, 10, &one), "unknown 1");
    // No sum overflows.
    assert_eq!(judged(Used::Count(u64::MAX), 10, &one), "no 1");
}

#[cfg(feature = "wire")]
#[test]
fn a_parsed_body_is_read_as_its_text_is() {
    use presync::wire::{self, DecodeError, Headers};

    let sent = [("X-TC-Action", "SyncImages"), ("X-TC-Version", "2017-03-12"), ("X-TC-Region", "gz")];
    let all = Headers::read(|name| sent.iter().find(|(key, _)| *key == name).map(|(_, value)| *value));
    let bodies = [
        r#"{}"#,
        r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["sh", "bj"]}"#,
        r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["sh"], "DryRun": true, "Region": "gz"}"#,
        r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["sh"], "Region": "bj", "Version": "2017-03-21"}"#,
        r#"{"ImageIds": "img-o3ycss2p", "DestinationRegions": {"0": "sh"}, "DryRun": "true"}"#,
        r#"{"ImageIds": ["img-o3ycss2p", 7, null, [], {}, true], "DestinationRegions": null, "ImageName": -3}"#,
        r#"{"ImageIds": [], "destinationRegions": ["sh"], "Timestamp": {"deep": [[[]]]}}"#,
        r#"{"Action": "CopyImages", "ImageIds": []}"#,
        r#"{"planned_values": {}}"#,
        r#"{"one": 1}"#,
    ];
    for body in bodies {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        for headers in [Headers::unknown(), Headers::unknown().with_region("gz"), all] {
            let expected = wire::decode_with(body.as_bytes(), &headers);
            assert_eq!(wire::decode_value(&value, &headers), expected, "{body}");
            assert_eq!(wire::decode_value(value.clone(), &headers), expected, "{body}");
            let object = value.as_object().unwrap();
            assert_eq!(wire::decode_value(object, &headers), expected, "{body}");
        }
    }
    for value in ["[]", "null", "3", "\"ImageIds.0=img-o3ycss2p\"", "[{\"ImageIds\": []}]"] {
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        assert_eq!(wire::decode_value(&value, &all), Err(DecodeError::NotAnObject), "{value}");
    }
    // Its limits hold: so many elements, so many bytes of a value.
    let many = serde_json::json!({"ImageIds": vec!["x"; wire::MAX_ITEMS]});
    assert_eq!(wire::decode_value(&many, &all), Err(DecodeError::TooManyItems));
    let long = serde_json::json!({"ImageIds": ["x".repeat(wire::MAX_VALUE_BYTES + 1)]});
    assert!(matches!(wire::decode_value(&long, &all), Err(DecodeError::Shape { .. })));
    // Of equal keys a value keeps the last, and the text has both.
    let twice = r#"{"ImageIds": ["a"], "ImageIds": ["b"]}"#;
    assert!(matches!(wire::decode_with(twice.as_bytes(), &all), Err(DecodeError::Shape { .. })));
    let value: serde_json::Value = serde_json::from_str(twice).unwrap();
    assert_eq!(wire::decode_value(&value, &all).unwrap().image_ids, ["b"]);
    // A deserializer that fails on its way says why.
    let mut cut = serde_json::Deserializer::from_str(r#"{"ImageIds": ["#);
    let error = wire::decode_value(&mut cut, &all).unwrap_err();
    assert!(matches!(&error, DecodeError::Json { message, .. } if message.contains("EOF")), "{error}");
}

#[test]
fn a_violation_gives_its_parts_away() {
    let state = State::new([Region::new("ap-guangzhou")], []).unwrap();
    let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["gz"]), &state);
    for violation in report.into_violations() {
        let parts: ViolationParts = violation.clone().into_parts();
        assert_eq!(parts.rule, violation.rule());
        assert_eq!(parts.code, *violation.code());
        assert_eq!(parts.parameter, *violation.parameter());
        assert_eq!(parts.value.as_deref(), violation.value());
        assert_eq!(parts.allowed.as_deref(), violation.allowed());
        assert_eq!(parts.message, violation.message());
        assert_eq!(parts.hint.as_deref(), violation.hint());
        assert_eq!(parts.facts, *violation.facts());
        assert_eq!(parts.attribute.as_deref(), violation.attribute());
    }
}

#[test]
fn types_have_the_traits_that_other_types_need_of_them() {
    fn value<T: Clone + Debug + Eq + Hash + Send + Sync + Unpin>() {}
    fn ordered<T: Clone + Debug + Ord + Hash + Send + Sync + Unpin>() {}
    fn default<T: Default>() {}

    ordered::<Edition>();
    ordered::<ErrorCode>();
    ordered::<OtherCode>();
    ordered::<Parameter>();
    ordered::<Evidence>();
    ordered::<Stage>();
    ordered::<Takes>();
    ordered::<ImageState>();
    ordered::<ImageType>();
    ordered::<RegionState>();
    ordered::<Fact>();
    ordered::<FactKind>();
    ordered::<ChangeKind>();
    ordered::<EditKind>();
    ordered::<Confidence>();
    ordered::<&'static Rule>();
    value::<AccountQuota>();
    value::<BlockedRoute>();
    value::<Dated<u64>>();
    value::<Finding>();
    value::<Image>();
    value::<Limit>();
    value::<NewImage>();
    value::<Page>();
    value::<PartialRequest>();
    value::<Quota>();
    value::<QuotaLimit>();
    value::<Region>();
    value::<RegionQuota>();
    value::<Report>();
    value::<SyncRequest>();
    value::<Truth<'_>>();
    value::<Unverified>();
    value::<Used>();
    value::<Violation>();
    value::<ViolationParts>();
    value::<FactValue>();
    value::<ViolationFacts>();
    default::<SyncRequest>();
    default::<PartialRequest>();
    default::<Ruleset>();
    default::<State>();
    assert_eq!(PartialRequest::default(), PartialRequest::new(SyncRequest::default()));

    // Rules by id, however a set of them came about.
    let by_id: BTreeSet<&Rule> = rules::all().chain(Ruleset::default().rules().iter().copied()).collect();
    let ids: BTreeSet<&str> = rules::all().map(Rule::id).collect();
    assert!(by_id.iter().map(|rule| rule.id()).eq(ids));
}
