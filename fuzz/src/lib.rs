//! What each fuzz target does with its bytes. Apart from the targets, so that the tests of the library replay every
//! committed input without a fuzzer.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a target says what is wrong by panicking"
)]

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use presync::wire::{self, DecodeError, Headers};
use presync::{Edition, Parameter, Report, Ruleset, State, SyncRequest, Violation};

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

/// A target: its name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 4] = [
    ("validate", validate),
    ("decode", decode),
    ("decode_differential", decode_differential),
    ("state", state),
];

/// A request and a state, made from the bytes: the library says what the oracle says.
pub fn validate(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(request), Ok(state)) = (SyncRequest::arbitrary(&mut u), State::arbitrary(&mut u)) else { return };
    let report = Ruleset::documented(Edition::SEED).check(&request, &state);
    let expected = oracle::judge(Edition::SEED, &request, &state);
    assert!(expected.is_what_says(&report), "expected {expected:#?}, the library says {report:#?}");
    assert_sane(&report);
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

/// No rule blames one parameter twice, and what is shown to people can be shown.
fn assert_sane(report: &Report) {
    let mut blamed = BTreeSet::new();
    for violation in report.violations() {
        assert!(blamed.insert((violation.rule(), violation.parameter())), "twice: {violation}");
        assert_showable(violation);
    }
    for unverified in report.unverified() {
        assert!(blamed.insert((unverified.rule(), unverified.parameter())), "twice: {unverified}");
    }
}

fn assert_showable(violation: &Violation) {
    let texts = [Some(violation.message()), violation.value(), violation.hint(), violation.allowed()];
    for text in texts.into_iter().flatten() {
        assert!(!text.chars().any(char::is_control), "a control character: {text:?}");
        assert!(text.chars().count() < 5_000, "too long: {text:?}");
    }
}

/// Any bytes: decoding never panics, what is decoded stays the same when it is encoded and decoded again, and what is
/// blamed is in the input, at a place that is found.
pub fn decode(data: &[u8]) {
    match wire::decode(data) {
        Ok(request) => {
            assert_eq!(wire::decode(wire::encode_query(&request).as_bytes()).as_ref(), Ok(&request));
            if request.version.is_some() {
                assert_eq!(wire::decode(&serde_json::to_vec(&request).unwrap()), Ok(request));
            }
        }
        Err(DecodeError::Shape { violations }) => {
            assert!(!violations.is_empty());
            let sent = sent_parameters(data);
            let spans = wire::spans(data);
            let mut blamed = BTreeSet::new();
            for violation in &violations {
                let parameter = violation.parameter();
                assert!(
                    sent.contains(&parameter.to_string()),
                    "`{parameter}` is not in the input, which has {sent:?}"
                );
                assert!(spans.of(parameter).is_some_and(|span| data.get(span).is_some()), "no place: {violation}");
                assert!(blamed.insert((violation.rule(), parameter)), "twice: {violation}");
                assert_showable(violation);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The parameters in a body, and the elements of its lists, as they would be blamed.
fn sent_parameters(data: &[u8]) -> BTreeSet<String> {
    let text = std::str::from_utf8(data).expect("the shape is judged of text only");
    let named = |name: &str| Parameter::from(name.to_owned()).to_string();
    let mut sent = BTreeSet::new();
    if text.trim_ascii_start().starts_with('{') {
        let body: Object = serde_json::from_str(text).expect("the shape is judged of whole JSON only");
        for (name, value) in body.0 {
            if let serde_json::Value::Array(elements) = &value {
                sent.extend((0..elements.len()).map(|subscript| named(&format!("{name}.{subscript}"))));
            }
            sent.insert(named(&name));
        }
    } else {
        // Once with the address of a URL and once without: either may be the first name.
        let queries = [Some(text), text.split_once('?').map(|(_, query)| query)];
        for query in
            queries.into_iter().flatten().flat_map(|query| [query, query.split('#').next().unwrap_or(query)])
        {
            sent.extend(form_urlencoded::parse(query.as_bytes()).map(|(name, _)| named(&name)));
            // A name that is no text is blamed as it was sent.
            sent.extend(query.split('&').map(|pair| named(pair.split('=').next().unwrap_or(pair))));
        }
    }
    sent
}

/// The members of a JSON object, repeated ones too.
struct Object(Vec<(String, serde_json::Value)>);

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// One request, made from the bytes: as a query string, as JSON, and with its headers beside it, it is the same request
/// and gets the same report.
pub fn decode_differential(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(request), Ok(state)) = (SyncRequest::arbitrary(&mut u), State::arbitrary(&mut u)) else { return };
    let rules = Ruleset::default();
    let report = rules.check(&request, &state);
    let same = |decoded: Result<SyncRequest, DecodeError>| {
        let decoded = decoded.expect("what was encoded can be decoded");
        assert_eq!(decoded, request);
        assert_eq!(rules.check(&decoded, &state), report);
    };
    let query = wire::encode_query(&request);
    same(wire::decode(query.as_bytes()));
    same(wire::decode(format!("https://image.api.qcloud.com/v2/index.php?{query}").as_bytes()));

    // Version and Region in headers, and only the action's own parameters in the body.
    let headers = Headers::read(|name| match name {
        "X-TC-Action" => Some("SyncImages"),
        "X-TC-Version" => request.version.as_deref(),
        "X-TC-Region" => request.region.as_deref(),
        _ => None,
    });
    let mut own = request.clone();
    (own.version, own.region) = (None, None);
    same(wire::decode_with(wire::encode_query(&own).as_bytes(), &headers));
    let mut body = serde_json::to_value(&own).unwrap();
    body.as_object_mut().unwrap().remove("Version");
    same(wire::decode_with(&serde_json::to_vec(&body).unwrap(), &headers));
    if request.version.is_some() {
        same(wire::decode(&serde_json::to_vec(&request).unwrap()));
    }
}

/// Any bytes as a state: what loads is the same when it is saved and loaded again, whichever way it is loaded.
pub fn state(data: &[u8]) {
    let loaded = State::from_json(data);
    // In what is ignored, the JSON reader does not look whether bytes are text.
    if std::str::from_utf8(data).is_ok() {
        let by_serde = serde_json::from_slice::<State>(data);
        assert_eq!(loaded.is_ok(), by_serde.is_ok(), "{loaded:?} {by_serde:?}");
    }
    match loaded {
        Ok(state) => {
            let saved = serde_json::to_vec(&state).unwrap();
            assert_eq!(State::from_json(&saved).as_ref(), Ok(&state));
            for image in state.images() {
                assert_eq!(state.image(&image.region, &image.image_id), Some(image));
            }
            for region in state.regions() {
                assert_eq!(state.region(&region.region), Some(region));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
