//! The conformance vectors are what the oracle says, and leave no rule and no limit out.

#![cfg(feature = "vectors")]

use std::collections::{BTreeMap, BTreeSet};

use presync::generators::vectors::{Kind, Vector, vectors};
use presync::{Edition, SyncRequest, rules, wire};
use serde_json::Value;

use crate::oracle::{Verdict, judge};
use crate::support::claims;
use crate::support::history;

/// The rules that are enforced while a request is read, with their codes.
const SHAPES: [(&str, &str); 6] = [
    ("action-sync-images", "InvalidAction"),
    ("headers-agree", "InvalidParameterValue"),
    ("parameter-type", "InvalidParameter"),
    ("parameter-once", "InvalidParameter"),
    ("subscripts-from-zero", "InvalidParameter"),
    ("parameter-known", "UnknownParameter"),
];

/// Rules that no request can break without a third one, and the months from which on that is so.
///
/// A rule on the image needs one image that is found; a rule on a destination needs
/// a destination; and so on.
const APART: &[(&str, &[&str], &str)] = &[
    ("version-required", &["version-supported"], "2017-03"),
    ("region-required", &["source-region-supported"], "2017-03"),
    (
        "source-region-supported",
        &["image-exists", "image-custom", "image-state-normal", "image-size", "image-encrypted"],
        "2017-03",
    ),
    ("source-region-supported", &["destination-not-source", "destination-source-only"], "2017-03"),
    (
        "image-required",
        &[
            "image-single",
            "image-id-format",
            "image-exists",
            "image-custom",
            "image-state-normal",
            "image-size",
            "image-encrypted",
        ],
        "2017-03",
    ),
    (
        "image-id-format",
        &["image-exists", "image-custom", "image-state-normal", "image-size", "image-encrypted"],
        "2017-03",
    ),
    ("image-exists", &["image-custom", "image-state-normal", "image-size", "image-encrypted"], "2017-03"),
    (
        "destination-required",
        &[
            "destination-exists",
            "destination-available",
            "destination-not-source",
            "destination-source-only",
            "destination-unique",
            "image-quota",
            "image-name-unique",
        ],
        "2017-03",
    ),
    // Since then the rule is about custom images only, and which one it is must be known.
    (
        "destination-not-source",
        &[
            "image-required",
            "image-id-format",
            "image-exists",
            "image-custom",
            "destination-source-only",
            "kms-key-format",
        ],
        "2022-08",
    ),
];

/// Until copies can be encrypted, this rule is about shared images, which are known.
const SHARED: [&str; 4] = ["image-required", "image-id-format", "image-exists", "image-custom"];

fn can_be_together(one: &str, other: &str, month: Edition) -> bool {
    let is_apart = |one: &str, other: &str| {
        let is_listed = APART.iter().any(|(rule, others, since)| {
            *rule == one && others.contains(&other) && history::page(since) <= month
        });
        is_listed
            || one == "destination-source-only" && SHARED.contains(&other) && month < history::page("2024-10")
    };
    !is_apart(one, other) && !is_apart(other, one)
}

/// The rules of a page that a request can break once it is read.
fn rules_on(month: Edition) -> Vec<&'static str> {
    let all_known = history::LATER_PARAMETERS.iter().all(|(_, since)| history::page(since) <= month);
    history::rules_on(month).into_iter().filter(|rule| *rule != "parameter-known" || !all_known).collect()
}

/// A request of a body and its headers, read in the plainest way there is.
fn read(vector: &Vector) -> SyncRequest {
    let body: BTreeMap<String, Value> = serde_json::from_str(vector.request.as_ref().unwrap()).unwrap();
    let text = |name: &str| body.get(name).map(|value| value.as_str().unwrap().to_owned());
    let flag = |name: &str| body.get(name).map(|value| value.as_bool().unwrap());
    let list = |name: &str| -> Vec<String> { serde_json::from_value(body[name].clone()).unwrap() };
    let header = |name: &str| vector.headers.as_ref().and_then(|headers| headers.get(name).cloned());
    let mut request = SyncRequest::default();
    request.image_ids = list("ImageIds");
    request.destination_regions = list("DestinationRegions");
    request.dry_run = flag("DryRun");
    request.image_name = text("ImageName");
    request.image_set_required = flag("ImageSetRequired");
    request.encrypt = flag("Encrypt");
    request.kms_key_id = text("KmsKeyId");
    request.region = header("X-TC-Region");
    request.version = match &vector.headers {
        Some(_) => header("X-TC-Version"),
        None => Some("2017-03-12".to_owned()),
    };
    request.has_no_region = vector.headers.is_some() && request.region.is_none();
    request
}

fn said(vector: &Vector) -> Verdict {
    let violations = vector.violations.iter();
    let violations = violations.map(|violation| {
        (violation.rule.clone(), violation.code.as_str().to_owned(), violation.parameter.to_string())
    });
    let unverified = vector.unverified.iter().map(|open| (open.rule.clone(), open.parameter.to_string()));
    Verdict { violations: violations.collect(), unverified: unverified.collect() }
}

/// Holds a vector to what the oracle says of it. The oracle reads no bytes: of one that is refused
/// while it is read, the code is held to that of its rule. Returns false of such a one.
fn hold_to_oracle(month: Edition, vector: &Vector) -> bool {
    let shown = serde_json::to_string(vector).unwrap();
    let is_shape = |rule: &str| SHAPES.iter().find(|(shape, _)| *shape == rule);
    let is_of_shape = vector.about.iter().any(|rule| rule != "parameter-known" && is_shape(rule).is_some())
        || (vector.about == ["parameter-known"]
            && vector.violations[0].parameter.name() == "DestinationRegion");
    if is_of_shape {
        for violation in &vector.violations {
            assert_eq!(is_shape(&violation.rule).unwrap().1, violation.code.as_str(), "{shown}");
        }
        assert!(vector.unverified.is_empty() && !vector.accepted, "{shown}");
        return false;
    }
    let of_query = vector.query.as_ref().map(|query| wire::decode(query.as_bytes()).unwrap());
    let request = if vector.request.is_some() { read(vector) } else { of_query.clone().unwrap() };
    assert_eq!(judge(month, &request, &vector.state), said(vector), "{shown}");
    assert_eq!(vector.accepted, vector.violations.is_empty(), "{shown}");
    assert!(of_query.is_none_or(|of_query| of_query == request), "{shown}");
    // Whatever is known of a region, or not, can be sent in one of the forms.
    assert!(vector.query.is_some() || vector.headers.is_none(), "{shown}");
    for value in vector.headers.iter().flat_map(BTreeMap::values) {
        assert!(!value.is_empty() && value.is_ascii() && value.trim() == value, "{shown}");
    }
    true
}

#[test]
fn every_vector_is_what_the_oracle_says() {
    for (seed, month) in (0..).zip(history::changes()) {
        let mut ids = BTreeSet::new();
        for vector in vectors(month, seed).take(500) {
            assert!(ids.insert(vector.id.clone()), "{} comes twice", vector.id);
            hold_to_oracle(month, &vector);
        }
    }
}

/// The vectors of a page that come before any requests.
fn systematic(month: Edition) -> Vec<Vector> {
    vectors(month, 7).take_while(|vector| vector.kind != Kind::Any).collect()
}

fn is_about_what_is_said(vector: &Vector) -> bool {
    let broken = vector.violations.iter().map(|violation| &violation.rule);
    let said: BTreeSet<&String> = broken.chain(vector.unverified.iter().map(|open| &open.rule)).collect();
    vector.about.iter().collect::<BTreeSet<_>>() == said
}

#[test]
fn a_vector_comes_once_and_says_what_it_is_about() {
    for month in [Edition::FIRST, Edition::LATEST] {
        let mut seen = BTreeSet::new();
        let mut of_any = 0;
        let some = vectors(month, 7).take_while(|vector| {
            of_any += usize::from(vector.kind == Kind::Any);
            of_any <= 100
        });
        for vector in some {
            let shown = serde_json::to_string(&vector).unwrap();
            let places: Vec<_> =
                vector.about.iter().map(|rule| rules::all().position(|other| other.id() == rule)).collect();
            assert!(places.is_sorted_by(|one, next| one.is_some() && one < next), "{shown}");
            let (rules, is_certain) = (vector.about.len(), vector.unverified.is_empty());
            let is_right = match vector.kind {
                Kind::Alone => rules == 1 && is_certain,
                Kind::Pair => rules == 2 && is_certain,
                Kind::Boundary => rules == 1 && is_certain,
                Kind::Unverified => rules > 0 && !is_certain,
                // It is about what is said of it, in whatever order that is said.
                _ => is_about_what_is_said(&vector),
            };
            assert!(is_right && vector.boundary.is_some() == (vector.kind == Kind::Boundary), "{shown}");
            // Beside its id it is no other one.
            let (_, rest) = shown.split_once(",\"edition\"").unwrap();
            assert!(seen.insert(rest.to_owned()) || vector.kind == Kind::Any, "{shown}");
        }
    }
}

/// The rules that are enforced while a request is read, the parameter that breaks each, and the
/// forms in which it can be broken: in the body, and in the query.
const FORMS: &[(&str, &str, &[bool])] = &[
    ("action-sync-images", "Action", &[true, false]),
    // A query has no headers beside it.
    ("headers-agree", "Version", &[true]),
    // A query has nothing but texts.
    ("parameter-type", "ImageIds", &[true]),
    ("parameter-once", "DestinationRegions", &[true, false]),
    ("subscripts-from-zero", "ImageIds", &[false]),
    ("parameter-known", "DestinationRegion", &[true, false]),
];

#[test]
fn each_rule_alone_is_broken_in_four_ways_and_in_each_form() {
    for month in [Edition::FIRST, Edition::LATEST] {
        let all = systematic(month);
        let alone = |rule: &str| -> Vec<&Vector> {
            all.iter().filter(|vector| vector.kind == Kind::Alone && vector.about == [rule]).collect()
        };
        for (rule, parameter, forms) in FORMS {
            let mut of_shape = alone(rule);
            of_shape.retain(|vector| vector.violations[0].parameter.name() == *parameter);
            let are_bodies: Vec<bool> = of_shape.iter().map(|vector| vector.request.is_some()).collect();
            assert_eq!(are_bodies, *forms, "{month}: {rule}");
            for vector in of_shape {
                assert_eq!(vector.violations.len(), 1, "{month}: {rule}");
                assert_ne!(vector.request.is_some(), vector.query.is_some(), "{month}: {rule}");
            }
        }
        for rule in rules_on(month) {
            let mut ways = alone(rule);
            ways.retain(|vector| vector.violations[0].parameter.name() != "DestinationRegion");
            assert_eq!(ways.len(), 4, "{month}: {rule}");
            // The first one is the simplest.
            let first = &ways[0].state;
            assert!(first.regions().len() == 2 && first.images().len() <= 1, "{month}: {rule}");
            assert!(ways.iter().any(|vector| vector.state.regions().len() > 2), "{month}: {rule}");
        }
    }
}

/// The number of vectors that are refused while they are read: one for each form in which a rule
/// can be broken, and one for each two rules with the same form. Of a request with another
/// action nothing more is read.
fn refused_unread() -> usize {
    let (mut alone, mut pairs) = (0, 0);
    for is_body in [true, false] {
        let of_form: Vec<&str> =
            FORMS.iter().filter(|(.., forms)| forms.contains(&is_body)).map(|(rule, ..)| *rule).collect();
        alone += of_form.len();
        let read = of_form.iter().filter(|rule| **rule != "action-sync-images").count();
        pairs += read * (read - 1) / 2;
    }
    alone + pairs
}

#[test]
fn every_rule_every_pair_and_every_limit_has_a_vector() {
    let (mut counts, mut count) = (Vec::new(), 0);
    for month in history::changes() {
        let all = systematic(month);
        let of = |kind: Kind| all.iter().filter(move |vector| vector.kind == kind);
        let broken = |vector: &Vector| -> BTreeSet<String> {
            vector.violations.iter().map(|violation| violation.rule.clone()).collect()
        };
        let rules = rules_on(month);

        let alone: BTreeSet<String> = of(Kind::Alone).flat_map(broken).collect();
        let expected: BTreeSet<String> =
            rules.iter().copied().chain(SHAPES.map(|(rule, _)| rule)).map(str::to_owned).collect();
        assert_eq!(alone, expected, "{month}");
        assert!(of(Kind::Alone).all(|vector| broken(vector).len() == 1));

        let pairs: BTreeSet<BTreeSet<String>> = of(Kind::Pair).map(broken).collect();
        let mut possible = 0;
        for (place, one) in rules.iter().enumerate() {
            for other in &rules[place + 1..] {
                let pair = BTreeSet::from([(*one).to_owned(), (*other).to_owned()]);
                let is_possible = can_be_together(one, other, month);
                assert_eq!(pairs.contains(&pair), is_possible, "{month}: {one} and {other}");
                possible += usize::from(is_possible);
            }
        }

        // Each limit has a vector on both sides, and only one of the two is accepted.
        let mut sides: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
        for vector in of(Kind::Boundary) {
            let limit = (&*vector.about[0], vector.boundary.as_deref().unwrap());
            sides.entry(limit).or_default().push(vector.accepted);
        }
        assert!(sides.values().all(|accepted| *accepted == [true, false]), "{month}: {sides:?}");
        for rule in &rules {
            // These have no value that is nearly wrong.
            let has_limit =
                !["version-required", "source-region-supported", "parameter-known", "destination-available"]
                    .contains(rule);
            assert_eq!(sides.keys().any(|(of, _)| of == rule), has_limit, "{month}: {rule}");
        }

        let open: BTreeSet<&str> =
            of(Kind::Unverified).flat_map(|vector| &vector.unverified).map(|open| &*open.rule).collect();
        let can_be_open: BTreeSet<&str> = history::can_be_unverified()
            .into_iter()
            .filter(|rule| history::rule(rule).is_on(month))
            .collect();
        assert_eq!(open, can_be_open, "{month}");
        let judged = all.iter().filter(|vector| hold_to_oracle(month, vector)).count();
        assert_eq!(all.len() - judged, refused_unread(), "{month}");
        count += all.len();
        counts.push(format!(
            "{month}: {} rules alone, {possible} pairs, {} limits, {} rules unverified, {} vectors",
            alone.len(),
            sides.len(),
            open.len(),
            all.len(),
        ));
    }
    println!("{}", counts.join("\n"));
    claims::hold("vectors", count);
}

#[test]
fn vectors_are_the_same_for_the_same_seed() {
    let lines = |seed: u64| -> Vec<String> {
        vectors(Edition::LATEST, seed)
            .take(800)
            .map(|vector| serde_json::to_string(&vector).unwrap())
            .collect()
    };
    assert_eq!(lines(3), lines(3));
    let without_id = |line: &String| line.split_once(",\"edition\"").unwrap().1.to_owned();
    let (three, four): (BTreeSet<_>, BTreeSet<_>) =
        (lines(3).iter().map(without_id).collect(), lines(4).iter().map(without_id).collect());
    assert!(three.difference(&four).count() > 400);
}
