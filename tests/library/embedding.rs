//! What another crate can do with the library: codes, facts with three answers, bodies that
//! somebody else has parsed, and the traits that its own types need.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use presync::report::{
    Confidence, EditKind, Fact, FactKind, FactValue, Terms, ViolationFacts, ViolationParts,
};
use presync::rules::ChangeKind;
use presync::{
    AccountQuota, BlockedRoute, Dated, Edition, ErrorCode, Evidence, Facts, Finding, Image, ImageState,
    ImageType, Limit, NewImage, OtherCode, Page, Parameter, PartialRequest, Quota, QuotaLimit, Region,
    RegionQuota, RegionState, Report, Rule, Ruleset, Stage, State, SyncRequest, Takes, Truth, Unverified,
    Used, Violation, check_fn, rules,
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
    assert!(matches!(&error, DecodeError::Body { message } if message.contains("EOF")), "{error}");
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

fn unapproved(value: &str) -> Finding {
    Finding::new(Parameter::IMAGE_NAME, "is not an approved name")
        .value(value)
        .allowed("a name from the register")
        .fact(Fact::Length, 5_u64)
        .hint("did you mean `draft-1`?".to_owned())
}

/// A log of a check of one's own shows all of a finding.
#[test]
fn a_finding_shows_its_parts() {
    let shown = format!("{:?}", unapproved("draft"));
    assert!(shown.starts_with("Finding {"), "{shown}");
    for part in [
        "ImageName",
        "value: Some(\"draft\")",
        "allowed: Some(\"a name from the register\")",
        "message: \"is not an approved name\"",
        "hint: Some(\"did you mean `draft-1`?\")",
        "5",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn the_last_hint_counts_whatever_is_set_before_it() {
    let early = || Finding::new(Parameter::IMAGE_NAME, "wrong").hint("early".to_owned()).allowed("another");
    assert_eq!(
        early(),
        Finding::new(Parameter::IMAGE_NAME, "wrong").allowed("another").hint("early".to_owned())
    );
    assert_eq!(early().hint(None), Finding::new(Parameter::IMAGE_NAME, "wrong").allowed("another"));
}

#[test]
fn findings_that_say_the_same_have_the_same_hash() {
    assert_eq!(hash(&unapproved("draft")), hash(&unapproved("draft")));
    let values = ["draft", "drafts", "d", ""];
    let hashes: BTreeSet<u64> = values.iter().map(|value| hash(&unapproved(value))).collect();
    assert_eq!(hashes.len(), values.len());
}

/// Of the schema of a document that has a violation in it.
#[cfg(feature = "schema")]
#[test]
fn a_violation_has_a_schema() {
    let violation =
        presync::validate_sync(&SyncRequest::new("img-1", ["ap-shanghai"]), &State::default()).swap_remove(0);
    let generator = schemars::generate::SchemaSettings::default().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<Violation>().to_value();
    assert_eq!(schema["title"], "Violation");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let written = serde_json::to_value(&violation).unwrap();
    assert!(validator.is_valid(&written));
    for key in ["rule", "code", "parameter", "value", "allowed", "message", "hint", "facts"] {
        let mut without = written.clone();
        assert!(without.as_object_mut().unwrap().remove(key).is_some());
        assert!(!validator.is_valid(&without), "{key}");
    }
    let mut with_more = written;
    with_more["severity"] = serde_json::json!("high");
    assert!(!validator.is_valid(&with_more));
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

#[test]
fn each_setter_of_a_request_sets_its_own_parameter_alone() {
    let mut full = SyncRequest::new("img-1", ["a"]).with_region("b");
    (full.dry_run, full.image_set_required, full.encrypt) = (Some(true), Some(true), Some(true));
    (full.image_name, full.kms_key_id) = (Some("n".to_owned()), Some("k".to_owned()));
    type Change = fn(&mut SyncRequest);
    let rows: [(SyncRequest, Change); 10] = [
        (full.clone().with_version("1"), |request| request.version = Some("1".to_owned())),
        (full.clone().with_version(None), |request| request.version = None),
        (full.clone().with_region("c"), |request| request.region = Some("c".to_owned())),
        (full.clone().with_image_ids(["x", "y"]), |request| {
            request.image_ids = ["x", "y"].map(String::from).into()
        }),
        (full.clone().with_destination_regions(["x"]), |request| {
            request.destination_regions = vec!["x".to_owned()];
        }),
        (full.clone().with_dry_run(false), |request| request.dry_run = Some(false)),
        (full.clone().with_image_name("m"), |request| request.image_name = Some("m".to_owned())),
        (full.clone().with_image_set_required(false), |request| request.image_set_required = Some(false)),
        (full.clone().with_encrypt(false), |request| request.encrypt = Some(false)),
        (full.clone().with_kms_key_id("l"), |request| request.kms_key_id = Some("l".to_owned())),
    ];
    for (set, change) in rows {
        let mut expected = full.clone();
        change(&mut expected);
        assert_ne!(set, full);
        assert_eq!(set, expected);
    }
    // Region is there, or it is known not to be.
    let without = full.clone().without_region();
    assert_eq!((without.region.as_deref(), without.has_no_region), (None, true));
    assert_eq!(without.with_region("b"), full);
}

#[test]
fn the_names_of_copies_in_flight_are_set() {
    let names = vec![Some("n".to_owned()), None];
    let quota = RegionQuota::new("a").with_in_flight(2).with_in_flight_names(names.clone());
    let mut expected = RegionQuota::new("a");
    (expected.in_flight, expected.in_flight_names) = (2, names);
    assert_eq!(quota, expected);
}

#[test]
fn parameters_and_facts_are_compared_with_texts() {
    assert!(Parameter::REGION == "Region" && Parameter::REGION == *"Region");
    assert!(Parameter::REGION != "Version" && Parameter::REGION != *"Version");
    let element = Parameter::IMAGE_IDS.element(1);
    assert!(element == *"ImageIds.1" && element != *"ImageIds.2" && element != *"ImageIds");
    for fact in Fact::all() {
        assert_eq!(AsRef::<str>::as_ref(&fact), fact.as_str());
        assert_eq!(format!("{:<8}|", fact.kind()), format!("{:<8}|", fact.kind().as_str()));
    }
    // Those of API 3.0 and of the API before it.
    let common: BTreeSet<String> = Parameter::common().map(|parameter| parameter.to_string()).collect();
    for name in ["Timestamp", "Nonce", "SecretId", "Signature", "SignatureMethod", "Token", "Language"] {
        assert!(common.contains(name), "{name}");
    }
    assert!(!common.contains("Region") && !common.contains("Action"));
}

#[test]
fn evidence_is_what_its_word_says() {
    for evidence in [Evidence::Documented, Evidence::Common, Evidence::Inferred, Evidence::Policy] {
        assert_eq!(evidence.as_str().parse(), Ok(evidence));
    }
    assert!("documente".parse::<Evidence>().is_err());
}

#[test]
fn only_the_limit_on_the_size_is_too_much_itself() {
    for rule in rules::all() {
        if let Some(limit) = rule.limit() {
            assert_eq!(limit.is_exclusive(), rule.id() == "image-size", "{}", rule.id());
        }
    }
}

fn hash<T: Hash>(of: &T) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    of.hash(&mut hasher);
    std::hash::Hasher::finish(&hasher)
}

#[test]
fn rules_of_other_ids_have_other_hashes() {
    let hashes: BTreeSet<u64> = rules::all().map(hash).collect();
    assert_eq!(hashes.len(), rules::all().count());
    for rule in rules::all() {
        assert_eq!(hash(rule), hash(rules::find(rule.id()).unwrap()));
    }
}

#[test]
fn an_edition_alone_is_not_strict() {
    fn terms(terms: impl Terms) -> (Edition, bool) {
        (terms.edition(), terms.is_strict())
    }
    let latest: &Edition = &Edition::LATEST;
    assert_eq!((terms(Edition::FIRST), terms(latest)), ((Edition::FIRST, false), (Edition::LATEST, false)));
    let rules = Ruleset::default();
    assert_eq!(
        (terms(&rules), terms(rules.clone().strict())),
        ((Edition::FIRST, false), (Edition::FIRST, true))
    );
}

#[test]
fn a_check_sees_if_the_request_is_whole_and_what_of_a_list_is_not_known() {
    let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    let open = PartialRequest::new(request.clone()).with_list(
        Parameter::DESTINATION_REGIONS,
        [Ok("ap-beijing".to_owned()), Err("the second".to_owned())],
    );
    for (request, is_whole, needs) in
        [(PartialRequest::new(request), true, None), (open, false, Some("the second"))]
    {
        let look = check_fn("acme/look", OWN, move |facts, findings| {
            assert_eq!(facts.is_whole(), is_whole);
            assert_eq!(facts.unknown_in(&Parameter::DESTINATION_REGIONS), needs);
            assert_eq!(facts.unknown_in(&Parameter::IMAGE_IDS), None);
            findings.violation(Finding::new(Parameter::IMAGE_IDS, "seen"));
        });
        let rules = Ruleset::empty(Edition::LATEST).with_check(look).unwrap();
        let report = rules.check_partial(&request, &State::default());
        assert!(!(report.violations().is_empty() && report.unverified().is_empty()), "it was not asked");
    }
}

#[test]
fn a_violation_has_facts_or_none() {
    let without = check_fn("acme/plain", OWN, |_, findings| {
        findings.violation(Finding::new(Parameter::IMAGE_IDS, "plain"));
    });
    let rules = Ruleset::default().with_check(without).unwrap();
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(50);
    let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image]).unwrap();
    let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
    let empty = |violation: &Violation| (violation.facts().is_empty(), violation.facts().iter().count() == 0);
    let all: BTreeSet<(bool, bool)> = report.violations().iter().map(empty).collect();
    assert_eq!(all, BTreeSet::from([(false, false), (true, true)]));
}

/// Returns what a check sees of a request and a state.
fn seen<T: Send + 'static>(
    request: impl Into<PartialRequest>,
    state: &State,
    look: impl Fn(&Facts<'_>) -> T + Send + Sync + 'static,
) -> T {
    let seen = Arc::new(Mutex::new(None));
    let found = Arc::clone(&seen);
    let look = check_fn("acme/look", OWN, move |facts, _| *found.lock().unwrap() = Some(look(facts)));
    let rules = Ruleset::default().with_check(look).unwrap();
    let _ = rules.check_partial(&request.into(), state);
    seen.lock().unwrap().take().expect("the check was asked")
}

/// An answer as a sign: `+`, `-`, or `?` for an unknown.
fn sign(answer: &Truth<'_>) -> char {
    match answer {
        Truth::Yes => '+',
        Truth::No => '-',
        Truth::Unknown(_) => '?',
    }
}

/// For each destination, if it is the source region, and if it is another one.
fn sources(request: impl Into<PartialRequest>, state: &State) -> String {
    seen(request, state, |facts| {
        let signs = facts.destinations().map(|destination| {
            format!("{}{}", sign(&destination.is_source()), sign(&destination.is_other_than_source()))
        });
        signs.collect::<Vec<_>>().join(" ")
    })
}

const ID: &str = "img-o3ycss2p";
const OTHER_ID: &str = "img-34vaef8f";

#[test]
fn a_destination_is_the_source_region_or_another_one_or_that_is_not_known() {
    let all = ["ap-a", "ap-b", "ap-c"];
    // The regions whose list is not complete, if every region is listed, the regions in which
    // the first image is listed, and what is asked of the first, the second, the third region
    // and one that is not listed.
    type Row<'t> = (&'t [&'t str], bool, &'t [&'t str], &'t str);
    let rows: [Row<'_>; 10] = [
        (&[], true, &["ap-a"], "+- -+ -+ --"),
        // Either of two.
        (&[], true, &["ap-a", "ap-b"], "?? ?? -+ --"),
        // No image is there, so that no region is the source, or another one than it.
        (&[], true, &[], "-- -- -- --"),
        // If the image is there at all, it is in this one.
        (&["ap-a"], true, &[], "?- -? -? --"),
        (&["ap-a", "ap-b"], true, &[], "?? ?? -? --"),
        (&["ap-a"], true, &["ap-b"], "-+ +- -+ --"),
        // In a region that is not listed.
        (&[], false, &[], "-? -? -? ??"),
        (&["ap-a"], false, &[], "?? -? -? ??"),
        (&[], false, &["ap-a"], "+- -+ -+ -?"),
        (&[], false, &["ap-a", "ap-b"], "?? ?? -+ -?"),
    ];
    for (incomplete, regions_complete, listed, expected) in rows {
        let regions = all.map(|name| Region::new(name).with_images_complete(!incomplete.contains(&name)));
        let images = listed.iter().map(|region| Image::new(*region, ID));
        let state = State::new(regions, images).unwrap().with_regions_complete(regions_complete);
        let request = SyncRequest::new(ID, all.into_iter().chain(["ap-z"]));
        let case = format!("{incomplete:?} {regions_complete} {listed:?}");
        assert_eq!(sources(request.clone(), &state), expected, "{case}");
        // Where it is sent, it is that one.
        assert_eq!(
            sources(request.clone().with_region("ap-b"), &state),
            match regions_complete {
                true => "-+ +- -+ --",
                false => "-+ +- -+ -?",
            }
        );
        let unlisted = if regions_complete { "-- -- -- --" } else { "-? -? -? ?-" };
        assert_eq!(sources(request.clone().with_region("ap-z"), &state), unlisted, "{case}");
        let other = if regions_complete { "-- -- -- --" } else { "-? -? -? -?" };
        assert_eq!(sources(request.with_region("ap-y"), &state), other, "{case}");
    }
    // Of two images one is listed: that the other one is elsewhere is not sure, but it is
    // in none that is complete.
    let regions = all.map(|name| Region::new(name).with_images_complete(name != "ap-b"));
    let state = State::new(regions, [Image::new("ap-a", ID)]).unwrap();
    let request = SyncRequest::new(ID, all).with_image_ids([ID, OTHER_ID]);
    assert_eq!(sources(request, &state), "?? ?? -+");
}

#[test]
fn an_image_that_is_no_custom_one_may_be_where_a_list_is_not_complete() {
    let names: Vec<String> = (0..34).map(|number| format!("ap-{number}")).collect();
    let state = |listed: &[&str], image_type: Option<ImageType>| {
        let regions =
            names.iter().map(Region::new).chain([Region::new("ap-open").with_images_complete(false)]);
        let images = listed.iter().map(|region| Image::new(*region, ID).with_image_type(image_type.clone()));
        State::new(regions, images).unwrap()
    };
    let (private, public) = (Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE));
    // The source region is the first one, or the second, or the one whose list is not complete.
    let request = || SyncRequest::new(ID, ["ap-0", "ap-1", "ap-open"]);
    for (listed, image_type, expected) in [
        (&["ap-0"][..], private.clone(), "+- -+ -+"),
        (&["ap-0"], public.clone(), "?? -+ ??"),
        (&["ap-0"], None, "?? -+ ??"),
        (&["ap-open"], public.clone(), "-+ -+ +-"),
        (&["ap-0", "ap-open"], public.clone(), "?? -+ ??"),
        (&["ap-0", "ap-1"], private.clone(), "?? ?? -+"),
        (&["ap-0", "ap-1"], public.clone(), "?? ?? ??"),
    ] {
        assert_eq!(
            sources(request(), &state(listed, image_type.clone())),
            expected,
            "{listed:?} {image_type:?}"
        );
    }
    // It is known to be `NORMAL` where each of the records that may be meant is.
    let is_normal = |state: &State| {
        seen(request(), state, |facts| {
            let image = facts.images().next().unwrap();
            let normal = |state: &ImageState| *state == ImageState::NORMAL;
            sign(&image.judge("ImageState", |image| image.image_state.as_ref(), normal))
        })
    };
    assert_eq!(is_normal(&state(&["ap-open"], public.clone())), '+');
    assert_eq!(is_normal(&state(&["ap-0", "ap-open"], public.clone())), '+');
    assert_eq!(is_normal(&state(&["ap-0"], public.clone())), '?');
    // Nobody has a custom image in more than 32 regions: of one that is, no more is said.
    for (count, source, normal) in
        [(31, "?? ?? -+", '+'), (32, "?? ?? -+", '+'), (33, "?? ?? ??", '?'), (34, "?? ?? ??", '?')]
    {
        let listed: Vec<&str> = names.iter().take(count).map(String::as_str).collect();
        let state = state(&listed, private.clone());
        assert_eq!((&*sources(request(), &state), is_normal(&state)), (source, normal), "{count}");
    }
    // It may be in a region that the state does not list.
    let unlisted = |image_type| {
        let state = State::new([Region::new("ap-0")], [Image::new("ap-0", ID).with_image_type(image_type)]);
        let state = state.unwrap().with_regions_complete(false);
        sources(SyncRequest::new(ID, ["ap-0", "ap-z"]), &state)
    };
    assert_eq!(unlisted(private), "+- -?");
    assert_eq!(unlisted(public), "?? ??");
}

#[test]
fn what_would_settle_where_an_image_is_names_the_lists_that_are_not_complete() {
    let public = |region| Image::new(region, ID).with_image_type(ImageType::PUBLIC_IMAGE);
    let state = |incomplete: &[&str], regions_complete, images: &[Image]| {
        let regions = ["ap-a", "ap-b", "ap-c"]
            .map(|name| Region::new(name).with_images_complete(!incomplete.contains(&name)));
        State::new(regions, images.to_vec()).unwrap().with_regions_complete(regions_complete)
    };
    let request = SyncRequest::new(ID, ["ap-a"]);
    // Which region is the source.
    for (state, places) in [
        (state(&["ap-a"], true, &[]), "may be in `ap-a`"),
        (state(&["ap-a", "ap-b"], true, &[public("ap-a")]), "may be in `ap-a` and `ap-b`"),
        (
            state(&["ap-a", "ap-b"], true, &[public("ap-c")]),
            "are listed in `ap-c`, and may be in `ap-a` and `ap-b`",
        ),
        (state(&[], true, &[public("ap-a"), public("ap-b")]), "are listed in `ap-a` and `ap-b`"),
    ] {
        let needs = seen(request.clone(), &state, |facts| {
            let destination = facts.destinations().next().unwrap();
            destination.is_source().needs().map(str::to_owned)
        });
        let expected = format!(
            "the request's `Region`: its images {places} (`--region` gives it, or `region` in a line)"
        );
        assert_eq!(needs, Some(expected));
    }
    // If the image is there.
    let exists = |request: &SyncRequest, state: &State| {
        seen(request.clone(), state, |facts| {
            facts.images().next().unwrap().exists().needs().map(str::to_owned)
        })
    };
    let in_lists = |places: &str| {
        Some(format!("every image of {places} in the state (`ImagesComplete`), where `{ID}` may be"))
    };
    for (incomplete, regions_complete, expected) in [
        (&[][..], true, None),
        (&["ap-a"], true, in_lists("`ap-a`")),
        (&[], false, in_lists("every region")),
        (&["ap-a"], false, in_lists("`ap-a` and regions that are not listed")),
    ] {
        assert_eq!(exists(&request, &state(incomplete, regions_complete, &[])), expected);
    }
    let state = state(&["ap-a"], false, &[]);
    let needs = exists(&request.clone().with_region("ap-a"), &state).unwrap();
    assert_eq!(needs, "every image of `ap-a` in the state (`ImagesComplete`)");
    let needs = exists(&request.with_region("ap-z"), &state).unwrap();
    assert_eq!(needs, "the region `ap-z` and every image of it in the state");
}

#[test]
fn a_check_of_a_request_with_gaps_sees_what_is_known() {
    let image = Image::new("ap-a", ID);
    let state = State::new(["ap-a", "ap-b"].map(Region::new), [image]).unwrap();
    let whole = || PartialRequest::new(SyncRequest::new(ID, ["ap-a", "ap-b", "ap-z"]));
    let record = |request| {
        seen(request, &state, |facts| {
            facts.images().next().unwrap().record().map(|image| image.region.clone())
        })
    };
    assert_eq!(record(whole()).as_deref(), Some("ap-a"));
    assert_eq!(record(whole().unknown(Parameter::REGION, "the region")), None);

    // A client that leaves its own region out never sends it, and which of the
    // others it sends is not known.
    let of_source = |request| {
        seen(request, &state, |facts| {
            let signs: String =
                facts.destinations().map(|destination| sign(&destination.is_source())).collect();
            (signs, facts.are_destinations_sent(), facts.needed_for_destinations().map(str::to_owned))
        })
    };
    let unknown = || whole().unknown(Parameter::REGION, "the region");
    assert_eq!(of_source(whole()), ("+--".to_owned(), true, None));
    assert_eq!(of_source(unknown()), ("??-".to_owned(), true, None));
    let needs = Some("the region".to_owned());
    assert_eq!(of_source(unknown().leaving_out_source()), ("---".to_owned(), false, needs));

    // No region that is not there has too many images, however many are copied.
    let used = |request| {
        seen(request, &state, |facts| {
            let signs = facts.destinations().map(|destination| {
                let none = [destination.judge_used(|_| false), destination.judge_quota(|_, _| false)];
                let after = [
                    destination.judge_used_after(|after| after <= 1),
                    destination.judge_quota_after(|after, _| after <= 1),
                ];
                none.iter().chain(&after).map(sign).collect::<String>()
            });
            signs.collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(used(whole()), "---- --++ ++++");
    assert_eq!(used(whole().unknown(Parameter::IMAGE_IDS, "the images")), "---- --?? ++++");

    // The images that a client makes itself.
    let new = NewImage::new("the next build");
    let images = |request| {
        seen(request, &state, |facts| {
            let new = facts.new_images().map(|(image, needs)| format!("{image} {needs}"));
            new.collect::<Vec<_>>()
        })
    };
    assert_eq!(images(whole().with_new_image(0, new)), ["ImageIds.0 the next build"]);
    let other = Parameter::IMAGE_IDS.element(0);
    assert_eq!(images(whole().unknown(other, "another image")), [""; 0]);
}

#[test]
fn each_finding_has_the_attribute_that_its_parameter_comes_from() {
    let state = State::new([Region::new("ap-a")], [Image::new("ap-a", ID)]).unwrap();
    let request = SyncRequest::new(ID, ["ap-z"]).with_version(None);
    let rules = Ruleset::default().with_warning("version-required").unwrap();
    let attribute = |parameter: &Parameter| {
        [("DestinationRegions.0", "image_copy_regions"), ("ImageIds.0", "image_id"), ("Version", "api")]
            .into_iter()
            .find_map(|(name, attribute)| (*parameter == *name).then(|| attribute.to_owned()))
    };
    let report = rules.check(&request, &state);
    let attributes = |report: &Report| {
        let (violations, warnings) = (report.violations().iter(), report.warnings().iter());
        let found = violations
            .chain(warnings)
            .map(|found| (found.rule().to_owned(), found.attribute().map(str::to_owned)));
        let open = report.unverified().iter();
        let open = open.map(|open| (open.rule().to_owned(), open.attribute().map(str::to_owned)));
        found.chain(open).collect::<Vec<_>>()
    };
    let expected = |of: [Option<&str>; 3]| {
        let rules = ["destination-exists", "version-required", "image-size"].map(str::to_owned);
        rules.into_iter().zip(of.map(|attribute| attribute.map(str::to_owned))).collect::<Vec<_>>()
    };
    assert_eq!(attributes(&report), expected([None; 3]));
    let report = report.with_attributes(attribute);
    assert_eq!(attributes(&report), expected([Some("image_copy_regions"), Some("api"), Some("image_id")]));
}
