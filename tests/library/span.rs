//! Where the values of a request are in its text.
#![cfg(feature = "wire")]

use presync::wire::{self, DecodeError};
use presync::{Parameter, SyncRequest};
use proptest::prelude::*;

const IDS: Parameter = Parameter::IMAGE_IDS;
const DESTINATIONS: Parameter = Parameter::DESTINATION_REGIONS;

/// The part of the text that is the value of a parameter.
fn at<'t>(text: &'t str, parameter: &Parameter) -> Option<&'t str> {
    wire::spans(text.as_bytes()).of(parameter).map(|span| text.get(span).unwrap())
}

#[test]
fn in_a_query_it_is_what_follows_the_equals_sign() {
    let query = "Action=SyncImages&ImageIds.0=img%2Da+b&DestinationRegions.0=gz&DestinationRegions.1=&Region";
    assert_eq!(at(query, &Parameter::ACTION), Some("SyncImages"));
    assert_eq!(at(query, &IDS.element(0)), Some("img%2Da+b"));
    assert_eq!(at(query, &DESTINATIONS.element(0)), Some("gz"));
    // An empty value and one that is left out have a place all the same: where they would be.
    let spans = wire::spans(query.as_bytes());
    assert_eq!(spans.of(&DESTINATIONS.element(1)), Some(84..84));
    assert_eq!(spans.of(&Parameter::REGION), Some(91..91));
    for not_sent in [Parameter::VERSION, IDS.element(1), DESTINATIONS.element(2), Parameter::named("Image")] {
        assert_eq!(spans.of(&not_sent), None, "{not_sent}");
    }
}

#[test]
fn a_url_has_the_query_between_the_question_mark_and_the_hash() {
    let url =
        "https://image.api.qcloud.com/v2/index.php?Region=ap-seoul&ImageIds.0=img-a#Region=x&ImageName=y";
    assert_eq!(wire::spans(url.as_bytes()).of(&Parameter::REGION), Some(49..57));
    assert_eq!(at(url, &IDS.element(0)), Some("img-a"));
    assert_eq!(at(url, &Parameter::IMAGE_NAME), None);
}

#[test]
fn in_json_it_is_the_value_as_it_is_written() {
    let body = "\n{ \"ImageIds\" : [ \"img-a\",\t\"\\u0069mg-b\" ],\n \"Region\":1, \"DryRun\": null, \"Encrypt\": {\"a\": [\"]\"]}}\r\n";
    assert_eq!(at(body, &IDS), Some("[ \"img-a\",\t\"\\u0069mg-b\" ]"));
    assert_eq!(at(body, &IDS.element(0)), Some("\"img-a\""));
    assert_eq!(at(body, &IDS.element(1)), Some("\"\\u0069mg-b\""));
    assert_eq!(at(body, &IDS.element(2)), None);
    assert_eq!(at(body, &Parameter::REGION), Some("1"));
    assert_eq!(at(body, &Parameter::DRY_RUN), Some("null"));
    assert_eq!(at(body, &Parameter::ENCRYPT), Some("{\"a\": [\"]\"]}"));
    // A key is found by what it says, not by how it is written; one inside a value is no parameter.
    assert_eq!(at("{\"Re\\u0067ion\": \"x\"}", &Parameter::REGION), Some("\"x\""));
    assert_eq!(at(body, &Parameter::named("a")), None);
}

#[test]
fn a_list_in_a_query_reaches_from_its_first_element_to_its_last() {
    assert_eq!(at("ImageIds.0=a&ImageIds.1=b&Region=c", &IDS), Some("a&ImageIds.1=b"));
    assert_eq!(at("ImageIds.0=a&Region=c", &IDS), Some("a"));
    assert_eq!(at("ImageIds=x&ImageIds.0=a", &IDS), Some("x"), "sent itself, where a list has no value");
    assert_eq!(at("Region=c", &IDS), None);
}

#[test]
fn of_what_is_sent_twice_the_first_is_found() {
    // It is the first that decoding judges.
    assert_eq!(at("Region=a&Region=b", &Parameter::REGION), Some("a"));
    assert_eq!(at("ImageIds.0=a&ImageIds.0=b", &IDS.element(0)), Some("a"));
    let body = r#"{"ImageIds": [1], "ImageIds": ["b"]}"#;
    let Err(DecodeError::Shape { violations }) = wire::decode(body.as_bytes()) else { panic!() };
    let wrong = violations.iter().find(|violation| violation.rule() == "parameter-type").unwrap();
    assert_eq!((wrong.value(), at(body, wrong.parameter())), (Some("1"), Some("1")));
}

#[test]
fn the_parameters_of_violations_are_found() {
    let long = "x".repeat(100);
    let cases: &[(String, &str, &str)] = &[
        ("ImageIds.00=a".into(), "ImageIds.00", "a"),
        ("ImageIds.x=a".into(), "ImageIds.x", "a"),
        ("Image%49d=a".into(), "ImageId", "a"),
        ("a%ff=b".into(), "a%ff", "b"),
        ("Region.0=a".into(), "Region.0", "a"),
        (format!("{long}=a"), &*format!("{}…", "x".repeat(64)).leak(), "a"),
        ("a%0Ab=c".into(), "a\\nb", "c"),
        (r#"{"ImageIds.0": "a"}"#.into(), "ImageIds.0", "\"a\""),
        (r#"{"ImageIds": [["a"]]}"#.into(), "ImageIds.0", "[\"a\"]"),
        (r#"{"a\nb": 1}"#.into(), "a\\nb", "1"),
    ];
    for (text, name, value) in cases {
        let Err(DecodeError::Shape { violations }) = wire::decode(text.as_bytes()) else { panic!("{text}") };
        let named = violations.iter().find(|violation| *violation.parameter() == **name);
        let parameter = named.unwrap_or_else(|| panic!("{violations:?}")).parameter();
        assert_eq!(at(text, parameter), Some(*value), "{text}");
    }
}

#[test]
fn nothing_is_found_in_what_is_no_request() {
    for text in [
        "",
        "  ",
        "[]",
        "\"Region\"",
        "{\"Region\": 1",
        "{\"Region\": 1}}",
        "{\"Region\": 1, }",
        "Region",
        "\u{feff}Region=a",
        "http://x/Region=a",
    ] {
        assert_eq!(wire::spans(text.as_bytes()), wire::Spans::default(), "{text:?}");
    }
    assert_eq!(wire::spans(b"Region=\xff"), wire::Spans::default());
}

#[test]
fn what_is_too_large_to_be_read_is_not_looked_at() {
    // The largest that is read: as many values as are allowed, of two lists.
    let query = |count| -> String {
        let ids = (0..count - 1).map(|subscript| format!("ImageIds.{subscript}=x&"));
        ids.chain(["DestinationRegions.0=y".to_owned()]).collect()
    };
    assert_eq!(at(&query(wire::MAX_ITEMS), &DESTINATIONS), Some("y"));
    assert!(wire::decode(query(wire::MAX_ITEMS).as_bytes()).is_ok());
    assert_eq!(at(&query(wire::MAX_ITEMS + 1), &DESTINATIONS), None);
    let body = |count| format!("{{\"ImageIds\": [1{}]}}", ",1".repeat(count - 2));
    assert_eq!(at(&body(wire::MAX_ITEMS), &IDS.element(0)), Some("1"));
    assert_eq!(at(&body(wire::MAX_ITEMS + 1), &IDS.element(0)), None);
    let url = format!("http://x/?Region=a&Token={}", "b".repeat(wire::MAX_URL_BYTES));
    assert_eq!(at(&url, &Parameter::REGION), None);
}

/// Requests with every parameter, and values of any characters.
fn requests() -> impl Strategy<Value = SyncRequest> {
    let texts = || proptest::collection::vec(".*", 0..4);
    let (text, flag) = (|| proptest::option::of(".*"), || proptest::option::of(any::<bool>()));
    let parts = (texts(), texts(), text(), text(), text(), flag(), flag());
    parts.prop_map(|(image_ids, destination_regions, region, image_name, kms_key_id, dry_run, encrypt)| {
        let mut request = SyncRequest::new("", [""; 0]);
        request.image_ids = image_ids;
        request.destination_regions = destination_regions;
        request.region = region;
        request.image_name = image_name;
        request.kms_key_id = kms_key_id;
        request.dry_run = dry_run;
        request.encrypt = encrypt;
        request
    })
}

/// Every parameter of a request that has a value, with that.
fn values(request: &SyncRequest) -> Vec<(Parameter, Option<String>)> {
    let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
    let mut values = vec![
        (Parameter::VERSION, request.version.clone()),
        (Parameter::REGION, request.region.clone()),
        (Parameter::IMAGE_NAME, request.image_name.clone()),
        (Parameter::KMS_KEY_ID, request.kms_key_id.clone()),
        (Parameter::DRY_RUN, flag(request.dry_run)),
        (Parameter::ENCRYPT, flag(request.encrypt)),
    ];
    for (list, texts) in [(IDS, &request.image_ids), (DESTINATIONS, &request.destination_regions)] {
        for (subscript, text) in texts.iter().enumerate() {
            values.push((list.clone().element(subscript), Some(text.clone())));
        }
        values.push((list.element(texts.len()), None));
    }
    values
}

proptest! {
    #[test]
    fn a_span_in_a_query_is_the_value(request in requests()) {
        let query = wire::encode_query(&request);
        for (parameter, value) in values(&request) {
            let found = at(&query, &parameter).map(|raw| {
                let pair = format!("x={raw}");
                form_urlencoded(&pair)
            });
            prop_assert_eq!(found, value, "{}", parameter);
        }
    }

    #[test]
    fn a_span_in_json_is_the_value(request in requests(), pretty in any::<bool>()) {
        let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
        let body = write(&request).unwrap();
        for (parameter, value) in values(&request) {
            let found = at(&body, &parameter).filter(|raw| *raw != "null");
            let found = found.map(|raw| match serde_json::from_str(raw).unwrap() {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            });
            prop_assert_eq!(found, value, "{}", parameter);
        }
    }

    #[test]
    fn any_bytes_may_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = wire::spans(&bytes);
    }

    /// Texts that are nearly requests get further than any bytes do.
    #[test]
    fn every_span_is_a_part_of_the_text(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "{", "}", "[", "]", "\"", ",", ":", "Region", "\"ImageIds\"", "ImageIds.0", "ImageIds.", "=", "&", "?",
                "#", "://", "%", "%4", "%ff", "+", "\\", "ü", "\u{feff}", "null", "1", " ", "\n",
            ]),
            0..20,
        ),
        in_object in any::<bool>(),
    ) {
        let parts = parts.concat();
        let text = if in_object { format!("{{\"Region\": \"a\", {parts}}}") } else { parts };
        for parameter in [Parameter::REGION, IDS, IDS.element(0), Parameter::named("ImageIds."), Parameter::named("")] {
            if let Some(span) = wire::spans(text.as_bytes()).of(&parameter) {
                prop_assert!(text.get(span).is_some());
            }
        }
    }
}

/// The value of a pair, decoded as forms are.
fn form_urlencoded(pair: &str) -> String {
    let request = pair.replacen('x', "ImageName", 1);
    wire::decode(request.as_bytes()).unwrap().image_name.unwrap()
}
