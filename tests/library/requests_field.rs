//! Requests as people really have them: hints that can be followed, numbers as they
//! were sent, what is missing.
#![cfg(feature = "wire")]

use presync::wire::{self, DecodeError, Headers};
use presync::{Region, Ruleset, State, SyncRequest, Violation};

fn violations(text: &str) -> Vec<Violation> {
    match wire::decode(text.as_bytes()) {
        Err(DecodeError::Shape { violations } | DecodeError::Damaged { violations, .. }) => violations,
        other => panic!("{text}: {other:?}"),
    }
}

/// The hint on each violation, with its parameter.
fn hints(text: &str) -> Vec<(String, String)> {
    let hint = |violation: &Violation| violation.hint().unwrap_or_default().to_owned();
    violations(text).iter().map(|violation| (violation.parameter().to_string(), hint(violation))).collect()
}

#[test]
fn a_hint_on_a_name_can_be_followed() {
    const VERSION: &str = "Version=2017-03-12&";
    let table: &[(&str, &[(&str, &str)])] = &[
        ("ImageIds[]=a", &[("ImageIds[]", "ImageIds.0")]),
        ("ImageIds[0]=a&ImageIds[1]=b", &[("ImageIds[0]", "ImageIds.0"), ("ImageIds[1]", "ImageIds.1")]),
        ("ImageIds(0)=a", &[("ImageIds(0)", "ImageIds.0")]),
        ("ImageIds_0=a&ImageIds_1=b", &[("ImageIds_0", "ImageIds.0"), ("ImageIds_1", "ImageIds.1")]),
        ("ImageIds-1=a", &[("ImageIds-1", "ImageIds.0")]),
        ("ImageIds0=a", &[("ImageIds0", "ImageIds.0")]),
        ("ImageIds.member.1=a", &[("ImageIds.member.1", "ImageIds.0")]),
        ("ImageIds.N=a", &[("ImageIds.N", "ImageIds.0")]),
        ("ImageIds.00=a", &[("ImageIds.00", "ImageIds.0")]),
        ("ImageId.1=a&ImageId.2=b", &[("ImageId.1", "ImageIds.0"), ("ImageId.2", "ImageIds.1")]),
        ("ImageId.0=a&ImageId.1=b", &[("ImageId.0", "ImageIds.0"), ("ImageId.1", "ImageIds.1")]),
        ("ImageIds.0=a&ImageId.1=b", &[("ImageId.1", "ImageIds.1")]),
        ("ImageIds.0=a&ImageId.0=b", &[("ImageId.0", "ImageIds.1")]),
        ("imageid=a&Image_Ids[]=b", &[("Image_Ids[]", "ImageIds.1"), ("imageid", "ImageIds.0")]),
        ("ImageName.0=a", &[("ImageName.0", "ImageName")]),
    ];
    assert!(!table.is_empty());
    for (text, expected) in table {
        let found = hints(&format!("{VERSION}{text}"));
        if cfg!(feature = "hints") {
            let expected: Vec<(String, String)> = expected
                .iter()
                .map(|(name, meant)| ((*name).to_owned(), format!("did you mean `{meant}`?")))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
    // Equal names have one violation, with a hint for each of them.
    let several = hints("Version=1&DestinationRegions[]=a&DestinationRegions[]=b&DestinationRegions.0=c");
    let expected = "did you mean `DestinationRegions.1` and `DestinationRegions.2`?";
    assert_eq!(several, [("DestinationRegions[]".to_owned(), expected.to_owned())]);
}

#[test]
fn a_list_in_one_value_is_told() {
    for (text, hint) in [
        ("DestinationRegions=a,b", "send `DestinationRegions.0=a` and `DestinationRegions.1=b`"),
        ("DestinationRegions=a%EF%BC%8Cb", "send `DestinationRegions.0=a` and `DestinationRegions.1=b`"),
        ("DestinationRegions=a%3Bb", "send `DestinationRegions.0=a` and `DestinationRegions.1=b`"),
        ("DestinationRegions=a+b", "send `DestinationRegions.0=a` and `DestinationRegions.1=b`"),
        (
            "DestinationRegions=a,b&DestinationRegions=c",
            "send `DestinationRegions.0=a`, `DestinationRegions.1=b` and `DestinationRegions.2=c`",
        ),
        ("DestinationRegions=a&DestinationRegions.0=x", "send `DestinationRegions.1=a`"),
        ("DestinationRegions=%FF", ""),
        ("DestinationRegions=", ""),
        (r#"{"DestinationRegions": "a、b|c; d"}"#, r#"write `["a", "b", "c", "d"]`"#),
        (r#"{"DestinationRegions": "a"}"#, r#"write `["a"]`"#),
        (r#"{"DestinationRegions": "a/b"}"#, ""),
    ] {
        assert_eq!(hints(text)[0].1, hint, "{text}");
    }
    let many = vec!["a"; 17].join(",");
    assert_eq!(hints(&format!("DestinationRegions={many}"))[0].1, "");
    let state = State::new(["ap-a", "ap-b"].map(Region::new), []).unwrap();
    for separator in [",", ";", "、", "，", "|", " ", "\t", "； ", ", "] {
        let request = SyncRequest::new("img-12345678", [format!("ap-a{separator}ap-b")]);
        let report = Ruleset::default().check(&request, &state);
        let hints: Vec<_> = report.violations().iter().filter_map(Violation::hint).collect();
        assert_eq!(hints, ["send `ap-a` and `ap-b` as elements of their own"], "{separator:?}");
    }
}

#[test]
fn a_number_is_shown_as_it_was_sent() {
    for digits in
        ["99999999999999999999999999", "50.0", "1e400", "-0", "1E5", "-1.50e-3", "18446744073709551616"]
    {
        for (text, parameter) in [
            (format!("{{\"ImageName\": {digits}}}"), "ImageName"),
            (format!("{{\"ImageIds\": [\"x\", {digits}]}}"), "ImageIds.1"),
        ] {
            let found = &violations(&text)[0];
            assert_eq!((found.value(), found.parameter()), (Some(digits), &parameter.into()), "{text}");
            assert_eq!(found.hint(), Some(&*format!("write `\"{digits}\"`")), "{text}");
        }
        for name in ["ImageIds", "DryRun"] {
            let found = violations(&format!("{{\"{name}\": {digits}}}"));
            assert_eq!((found[0].rule(), found[0].value()), ("parameter-type", Some(digits)));
        }
    }
    // Others on the way are read as ever, and what is not JSON is said first.
    let mixed =
        violations(r#"{"ImageName": 1e400, "ImageIds": ["\u0061", null], "DryRun": "true", "x": [1e999]}"#);
    let rules: Vec<_> = mixed.iter().map(|found| found.parameter().to_string()).collect();
    assert_eq!(rules, ["DryRun", "ImageIds.1", "ImageName", "x"]);
    assert_eq!(mixed[1].hint(), Some("put a text there, or take the element out"));
    assert!(matches!(wire::decode(br#"{"ImageName": 1e400,}"#), Err(DecodeError::Json { .. })));
    assert!(wire::decode(br#"{"Nonce": 1e400}"#).is_ok());
}

#[test]
fn a_part_without_a_value_is_a_violation() {
    let found = violations("Version=2017-03-12&ImageName=a & b&Encrypt&ImageIds.0");
    let said: Vec<_> = found.iter().map(|found| (found.rule(), found.parameter().to_string())).collect();
    let expected = [" b", "Encrypt", "ImageIds.0"].map(|name| ("parameter-type", name.to_owned()));
    assert_eq!(said, expected);
    assert_eq!(found[0].hint(), Some("a `&` within a value is written `%26`"));
    assert_eq!(found[1].hint(), Some("write `Encrypt=` and a value"));
    assert!(found.iter().all(|found| found.code().as_str() == "InvalidParameter"));
}

#[test]
fn line_breaks_are_damage_only_where_nobody_sends_them() {
    let meant = SyncRequest::new("img-12345678", ["gz"]).without_region();
    for text in [
        "https://h/?Action=SyncImages\n&Version=2017-03-12\n&ImageIds.0=img-12345678\n&DestinationRegions.0=gz",
        "https://h/?Action=SyncImages&\r\n  Version=2017-03-12&\r\n  ImageIds.0=img-12345678&\r\n  DestinationRegions.0=gz",
        "https://h/?Action=SyncImages&Version=2017-03-12&ImageIds.0=img-12345678&DestinationRegions.0=gz\n",
        "Action=SyncImages\n&Version=2017-03-12\n&ImageIds.0=img-12345678\n&DestinationRegions.0=gz",
        "Action=SyncImages&\nVersion=2017-03-12&\nImageIds.0=img-12345678&\nDestinationRegions.0=gz",
    ] {
        let Err(DecodeError::Damaged { request, violations }) = wire::decode(text.as_bytes()) else {
            panic!("{text}: {:?}", wire::decode(text.as_bytes()))
        };
        assert_eq!(*request, meant, "{text}");
        assert_eq!(violations.len(), 1, "{text}");
        assert_eq!(violations[0].rule(), "parameter-type");
        assert!(wire::spans(text.as_bytes()).of(violations[0].parameter()).is_some(), "{text}");
    }
    // In a form a value may have any of them, within it and at its end.
    let form = "Version=2017-03-12&ImageName=a\nb&DestinationRegions.0=\n&KmsKeyId=x\n";
    let request = wire::decode(form.as_bytes()).unwrap();
    assert_eq!(request.destination_regions, ["\n"]);
    assert_eq!((request.image_name.as_deref(), request.kms_key_id.as_deref()), (Some("a\nb"), Some("x\n")));
    // One that is encoded is sent.
    let url = "https://h/?Version=2017-03-12&ImageIds.0=a%0A&DestinationRegions.0=b";
    assert_eq!(wire::decode(url.as_bytes()).unwrap().image_ids, ["a\n"]);
}

#[test]
fn what_a_hash_cuts_off_is_told_where_it_is_missing() {
    let cut = "https://h/?Version=2017-03-12&ImageIds.0=img-12345678&ImageName=a #1&DestinationRegions.0=gz";
    let Err(DecodeError::Damaged { request, violations }) = wire::decode(cut.as_bytes()) else { panic!() };
    assert_eq!(request.image_name.as_deref(), Some("a "));
    assert_eq!((violations[0].rule(), violations.len()), ("destination-required", 1));
    assert_eq!(wire::spans(cut.as_bytes()).of(violations[0].parameter()), Some(66..cut.len()));
    // A rule that is not in the set is not reported for it.
    let rules = Ruleset::default().without("destination-required").unwrap();
    let error = wire::decode(cut.as_bytes()).unwrap_err();
    let report = error.into_report_with(rules.edition(), |request| rules.check(request, &State::default()));
    assert!(report.unwrap().violations().iter().all(|found| found.rule() != "destination-required"));
    let entity = "https://h/?ImageIds.0=x&#38;DestinationRegions.0=y&#38;Version=2017-03-12";
    assert!(violations_of(entity)[0].contains("`&#38;` is `&`"));
    // What is not missing is no damage, and neither is a fragment without parameters.
    for text in [
        "https://h/?Version=2017-03-12&ImageIds.0=a&DestinationRegions.0=b#&DestinationRegions.0=c",
        "https://h/?Version=2017-03-12&ImageIds.0=a#DestinationRegions",
    ] {
        assert!(wire::decode(text.as_bytes()).is_ok(), "{text}");
    }
}

fn violations_of(text: &str) -> Vec<String> {
    hints(text).into_iter().map(|(_, hint)| hint).collect()
}

#[test]
fn no_region_is_known_to_be_missing_by_the_query_and_by_all_headers() {
    let has_none = |text: &str, headers: Headers<'_>| {
        wire::decode_with(text.as_bytes(), &headers).unwrap().has_no_region
    };
    let all = || Headers::read(|_| None);
    assert!(has_none("Action=SyncImages", Headers::unknown()));
    assert!(has_none("Signature=x&Version=1", Headers::unknown()));
    assert!(has_none("Version=1", all()));
    assert!(has_none("{}", all()));
    assert!(!has_none("Version=1", Headers::unknown()));
    assert!(!has_none(r#"{"Action": "SyncImages", "Signature": "x"}"#, Headers::unknown()));
    assert!(!has_none("Action=SyncImages&Region=gz", all()));
    assert!(!has_none("Action=SyncImages", Headers::unknown().with_region("gz")));
}

#[test]
fn the_same_image_is_named_once() {
    for (ids, hint) in [
        (&["img-12345678", "img-12345678"][..], "it is the same image: name it once"),
        (&["a", "a", "b"], "send 2 requests, one for each image, which each name it once"),
        (&["a", "b"], "send 2 requests, one for each image"),
    ] {
        let request = SyncRequest::new("", ["gz"]).with_image_ids(ids.iter().copied());
        let report = Ruleset::default().check(&request, &State::default());
        let single = report.violations().iter().find(|found| found.rule() == "image-single").unwrap();
        assert_eq!(single.hint(), Some(hint), "{ids:?}");
    }
}

#[test]
fn a_display_name_leads_to_its_region() {
    let region = |name: &str, shown: &str| Region::new(name).with_region_name(shown);
    let regions = [
        region("ap-guangzhou", "华南地区(广州)"),
        region("ap-shanghai", "East China (Shanghai)"),
        region("ap-hongkong", "Hong Kong (China)"),
        region("na-siliconvalley", "Western US (Silicon Valley)"),
        region("ap-shanghai-fsi", "East China (Shanghai Finance)"),
        region("ap-one", "Twin"),
        region("ap-two", "Twin"),
        Region::new("ap-seoul"),
    ];
    let state = State::new(regions, []).unwrap();
    for (name, meant) in [
        ("East China (Shanghai)", Some("ap-shanghai")),
        ("east china (shanghai) ", Some("ap-shanghai")),
        ("Shanghai", Some("ap-shanghai")),
        ("华南地区（广州）", Some("ap-guangzhou")),
        ("广州", Some("ap-guangzhou")),
        ("Silicon Valley", Some("na-siliconvalley")),
        ("Hong Kong", Some("ap-hongkong")),
        ("seoul", Some("ap-seoul")),
        // What is that of many, or of none.
        ("China", None),
        ("East China", None),
        ("Twin", None),
        ("上海", None),
        ("all", None),
    ] {
        let report = Ruleset::default().check(&SyncRequest::new("img-12345678", [name]), &state);
        let found = report.violations().iter().find(|found| found.rule() == "destination-exists").unwrap();
        let region = found.hint().and_then(|hint| hint.split('`').nth(1));
        assert_eq!(region, meant, "{name}: {:?}", found.hint());
    }
    // Another value than a text is ignored, as it ever was.
    let odd = br#"{"Regions": [{"Region": "a", "RegionName": 5}, {"Region": "b", "RegionName": null}]}"#;
    assert!(State::from_json(odd).unwrap().regions().iter().all(|region| region.region_name.is_none()));
}

#[test]
fn other_encodings_are_named_and_not_read() {
    let text = r#"{"ImageIds": ["img-12345678"], "ImageName": "镜像"}"#;
    let units = |mark: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(bytes).collect()
    };
    let named = |bytes: &[u8]| match wire::decode(bytes) {
        Err(DecodeError::NotUtf8 { encoding: Some(encoding), .. }) => encoding,
        other => panic!("{other:?}"),
    };
    assert_eq!(named(&units("\u{feff}", u16::to_le_bytes)), "UTF-16LE");
    assert_eq!(named(&units("\u{feff}", u16::to_be_bytes)), "UTF-16BE");
    let plain: Vec<u8> = "ImageIds.0=x&Version=1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(named(&plain), "UTF-16LE without a byte order mark");
    let gbk = b"{\"ImageName\": \"\xbe\xb5\xcf\xf1\"}";
    assert_eq!(named(gbk), "GBK");
    let error = wire::decode(gbk).unwrap_err().to_string();
    assert_eq!(error, "line 1, column 16: the request is not text in UTF-8: it looks like GBK");
    // Latin-1 is no pair of anything.
    assert!(matches!(wire::decode(b"ImageName=f\xfcr"), Err(DecodeError::NotUtf8 { encoding: None, .. })));
}
