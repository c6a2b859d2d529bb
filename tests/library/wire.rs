//! Bytes to requests: what real clients send, every way in which it goes wrong, and the limits.
#![cfg(feature = "wire")]

use presync::wire::{
    self, DecodeError, Headers, MAX_FORM_BYTES, MAX_ITEMS, MAX_JSON_BYTES, MAX_URL_BYTES, MAX_VALUE_BYTES,
};
use presync::{Edition, Report, Ruleset, State, SyncRequest, Violation};

const ID: &str = "img-o3ycss2p";

/// `Version=…&ImageIds.0=…`, with more behind it.
fn query(more: &str) -> String {
    format!("Version=2017-03-12&ImageIds.0={ID}&DestinationRegions.0=ap-shanghai{more}")
}

fn violations(bytes: impl AsRef<[u8]>, headers: &Headers<'_>) -> Vec<Violation> {
    let bytes = bytes.as_ref();
    match wire::decode_with(bytes, headers) {
        Ok(request) => panic!("{} was read as {request:?}", String::from_utf8_lossy(bytes)),
        Err(DecodeError::Shape { violations }) => {
            assert!(!violations.is_empty());
            violations
        }
        Err(error) => panic!("{}: {error}", String::from_utf8_lossy(bytes)),
    }
}

/// `rule code parameter` for each problem.
fn problems(bytes: impl AsRef<[u8]>) -> Vec<String> {
    lines(&violations(bytes, &Headers::unknown()))
}

fn lines(violations: &[Violation]) -> Vec<String> {
    violations
        .iter()
        .map(|violation| format!("{} {} {}", violation.rule(), violation.code(), violation.parameter()))
        .collect()
}

/// The hint on the only problem.
fn hint(bytes: impl AsRef<[u8]>) -> Option<String> {
    match &*violations(bytes, &Headers::unknown()) {
        [only] => only.hint().map(str::to_owned),
        several => panic!("{:?}", lines(several)),
    }
}

fn refused(table: &[(&str, &[&str])]) {
    assert!(!table.is_empty());
    for (bytes, expected) in table {
        assert_eq!(problems(bytes), *expected, "{bytes}");
    }
}

/// The request that nearly every client below means.
fn meant() -> SyncRequest {
    SyncRequest::new(ID, ["ap-shanghai"])
}

fn meant_from(region: &str) -> SyncRequest {
    let mut request = meant();
    request.region = Some(region.to_owned());
    request
}

#[test]
fn the_example_of_the_page_is_read() {
    let url = "https://image.api.qcloud.com/v2/index.php?Action=SyncImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";
    // The query carries the action itself, and so no header carries the region.
    let request = SyncRequest::new(ID, ["ap-guangzhou"]).without_region();
    assert_eq!(wire::decode(url.as_bytes()).unwrap(), request);
    let with_common = format!("{url}&Region=ap-shanghai&Timestamp=1489393092&Nonce=46970");
    assert_eq!(wire::decode(with_common.as_bytes()).unwrap().region.as_deref(), Some("ap-shanghai"));
}

#[test]
fn clients_that_sign_the_query_are_read() {
    let signature = "Action=SyncImages&Nonce=46970&RequestClient=SDK_PYTHON_3.1.178&SecretId=AKIDexample&Signature=nPVnY6njQmwQ8ciqbPl5Qe%2BOru4%3D&Timestamp=1489393092&Token=abc&Language=zh-CN&Region=ap-guangzhou";
    for method in ["HmacSHA1", "HmacSHA256"] {
        let form = format!("{signature}&SignatureMethod={method}&{}", query(""));
        assert_eq!(wire::decode(form.as_bytes()).unwrap(), meant_from("ap-guangzhou"), "{method}");
        let url = format!("https://cvm.tencentcloudapi.com/?{form}");
        assert_eq!(wire::decode(url.as_bytes()).unwrap(), meant_from("ap-guangzhou"), "{method} over GET");
    }
}

#[test]
fn keys_may_come_sorted_as_text() {
    let regions: Vec<String> = (0..11).map(|number| format!("region-{number}")).collect();
    let mut pairs: Vec<String> = regions
        .iter()
        .enumerate()
        .map(|(subscript, region)| format!("DestinationRegions.{subscript}={region}"))
        .chain((0..11).map(|subscript| format!("ImageIds.{subscript}=img-{subscript:08}")))
        .chain(["Version=2017-03-12".to_owned(), "Action=SyncImages".to_owned()])
        .collect();
    pairs.sort_by(|a, b| a.split('=').next().cmp(&b.split('=').next()));
    assert!(pairs[2].starts_with("DestinationRegions.1="));
    assert!(pairs[3].starts_with("DestinationRegions.10="));
    assert!(pairs[4].starts_with("DestinationRegions.2="));
    let request = wire::decode(pairs.join("&").as_bytes()).unwrap();
    assert_eq!(request.destination_regions, regions);
    assert_eq!(request.image_ids[10], "img-00000010");
}

#[test]
fn booleans_in_a_query_are_spelled_in_two_ways() {
    for (text, value) in [("true", true), ("True", true), ("false", false), ("False", false)] {
        let bytes = query(&format!("&DryRun={text}&ImageSetRequired={text}&Encrypt={text}"));
        let request = wire::decode(bytes.as_bytes()).unwrap();
        let flags = (request.dry_run, request.image_set_required, request.encrypt);
        assert_eq!(flags, (Some(value), Some(value), Some(value)), "{text}");
    }
    for text in ["TRUE", "FALSE", "1", "0", "yes", "", "null", "Boolean", "true,false", "+true"] {
        let bytes = query(&format!("&DryRun={text}"));
        assert_eq!(problems(bytes), ["parameter-type InvalidParameter DryRun"], "{text}");
    }
}

#[test]
fn a_boolean_is_percent_decoded_like_every_other_value() {
    let request = wire::decode(query("&DryRun=%74rue").as_bytes()).unwrap();
    assert_eq!(request.dry_run, Some(true));
    let found = violations(query("&DryRun=%FF"), &Headers::unknown());
    assert_eq!(found[0].rule(), "parameter-type");
    assert_eq!(found[0].value(), Some("%FF"));
}

#[test]
fn what_could_be_several_elements_is_not_hinted_at_as_one_element() {
    assert_eq!(hint(r#"{"ImageIds": "img-a,img-b"}"#).unwrap(), "write `[\"img-a\", \"img-b\"]`");
    assert_eq!(hint(r#"{"ImageIds": "[\"img-a\"]"}"#), None);
    assert_eq!(hint(r#"{"DestinationRegions": "ap-shanghai"}"#).unwrap(), "write `[\"ap-shanghai\"]`");
    let version = "Version=2017-03-12&DestinationRegions.0=ap-shanghai";
    assert_eq!(hint(format!("{version}&ImageIds=[\"{ID}\"]")), None);
    assert_eq!(hint(format!("{version}&ImageIds={ID}")).unwrap(), format!("send `ImageIds.0={ID}`"));
    // A number is shown in its own digits.
    assert_eq!(hint(r#"{"Version": 1.50}"#).unwrap(), "write `\"1.50\"`");
}

#[test]
fn a_url_is_one_whatever_is_in_its_path() {
    for address in ["https://host/a=1&b/", "/v2/index.php;a=1", "HTTPS://host/", "?", "host/path?"] {
        let address = address.trim_end_matches('?');
        let url = format!("{address}?{}", query(""));
        assert_eq!(wire::decode(url.as_bytes()).unwrap(), meant(), "{url}");
    }
    assert_eq!(wire::decode(b"https://host/p=1"), Err(DecodeError::NotARequest));
    // No scheme: what stands before `://` is a value.
    let form = query("&Token=a://b?c");
    assert_eq!(wire::decode(form.as_bytes()).unwrap(), meant());
}

#[test]
fn headers_fill_in_what_a_body_does_not_carry() {
    let sent =
        [("X-TC-Action", "SyncImages"), ("X-TC-Version", "2017-03-12"), ("X-TC-Region", "ap-guangzhou")];
    let headers = Headers::read(|name| sent.iter().find(|(key, _)| *key == name).map(|(_, value)| *value));
    let body = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#;
    assert_eq!(wire::decode_with(body.as_bytes(), &headers).unwrap(), meant_from("ap-guangzhou"));
    // Over GET, the query has only the parameters of the action.
    let get = "ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai";
    assert_eq!(wire::decode_with(get.as_bytes(), &headers).unwrap(), meant_from("ap-guangzhou"));
    let url = format!("https://cvm.tencentcloudapi.com/?{get}");
    assert_eq!(wire::decode_with(url.as_bytes(), &headers).unwrap(), meant_from("ap-guangzhou"));
    // The same in both places is no contradiction.
    let both = format!("{get}&Action=SyncImages&Version=2017-03-12&Region=ap-guangzhou");
    assert_eq!(wire::decode_with(both.as_bytes(), &headers).unwrap(), meant_from("ap-guangzhou"));
}

#[test]
fn a_version_is_taken_for_granted_only_beside_a_json_body_without_its_headers() {
    let json = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#;
    let form = "ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai";
    let version =
        |bytes: &str, headers: Headers<'_>| wire::decode_with(bytes.as_bytes(), &headers).unwrap().version;
    assert_eq!(version(json, Headers::unknown()).as_deref(), Some("2017-03-12"));
    assert_eq!(version(json, Headers::unknown().with_region("ap-x")).as_deref(), Some("2017-03-12"));
    assert_eq!(version(json, Headers::read(|_| None)), None);
    assert_eq!(version(form, Headers::unknown()), None);
    assert_eq!(version(form, Headers::unknown().with_region("ap-x")), None);
    assert_eq!(version(form, Headers::read(|_| None)), None);
    let other = Headers::read(|name| (name == "X-TC-Version").then_some("2020-01-01"));
    assert_eq!(version(json, other).as_deref(), Some("2020-01-01"));
    // One that is sent empty is sent.
    assert_eq!(version(&format!("{form}&Version="), Headers::unknown()).as_deref(), Some(""));
}

#[test]
fn headers_that_contradict_the_body_are_refused() {
    let headers = Headers::read(|name| match name {
        "X-TC-Version" => Some("2020-01-01"),
        "X-TC-Region" => Some("ap-beijing"),
        _ => None,
    });
    let found = violations(query("&Region=ap-guangzhou"), &headers);
    assert_eq!(
        lines(&found),
        ["headers-agree InvalidParameterValue Region", "headers-agree InvalidParameterValue Version"]
    );
    assert_eq!(found[0].value(), Some("ap-guangzhou"));
    assert_eq!(found[0].message(), "the body says `ap-guangzhou` and the header `ap-beijing`");
    let json = r#"{"Region": "ap-guangzhou", "Version": "2017-03-12"}"#;
    assert_eq!(lines(&violations(json, &headers)), lines(&found));
    // An empty value is a value.
    let empty = violations(query("&Region="), &Headers::unknown().with_region("ap-beijing"));
    assert_eq!(lines(&empty), ["headers-agree InvalidParameterValue Region"]);
}

#[test]
fn another_action_is_the_only_problem() {
    let only = ["action-sync-images InvalidAction Action"];
    for bytes in [
        "Action=DescribeImages",
        "Action=syncimages&ImageIds=x&Version=1&Version=2&Nothing=1",
        "Action=&ImageIds.5=x",
        "ImageIds=x&Action=Sync%49mage",
        r#"{"Action": "DescribeImages", "ImageIds": "x", "Filters": [{"Name": "image-type"}], "Limit": 20}"#,
        "https://image.api.qcloud.com/v2/index.php?Action=DescribeRegions&Region=ap-guangzhou",
    ] {
        assert_eq!(problems(bytes), only, "{bytes}");
    }
    let header = Headers::read(|name| (name == "X-TC-Action").then_some("DescribeImages"));
    assert_eq!(lines(&violations(query("&Nothing=1"), &header)), only);
    assert_eq!(lines(&violations(query("&Action=SyncImages"), &header)), only);
    assert_eq!(lines(&violations("{}", &header)), only);

    assert_eq!(hint("Action=syncimages").as_deref(), Some("did you mean `SyncImages`?"));
    if cfg!(feature = "hints") {
        assert_eq!(hint("Action=SyncImage").as_deref(), Some("did you mean `SyncImages`?"));
    }
    assert_eq!(hint("Action=DescribeImages"), None);
    // An action of the wrong type names none.
    assert_eq!(problems(r#"{"Action": null}"#), ["parameter-type InvalidParameter Action"]);
}

#[test]
fn a_misspelt_parameter_is_one_unknown_parameter() {
    let table: &[(String, &str, Option<&str>)] = &[
        (query("&DestRegion=x"), "DestRegion", None),
        (query("&imageIds.0=x"), "imageIds.0", Some("did you mean `ImageIds.1`?")),
        (
            "Version=2017-03-12&ImageId.0=x&DestinationRegions.0=y".into(),
            "ImageId.0",
            Some("did you mean `ImageIds.0`?"),
        ),
        (
            "Version=2017-03-12&ImageId=x&DestinationRegions.0=y".into(),
            "ImageId",
            Some("did you mean `ImageIds.0`?"),
        ),
        (
            "ImageIds.0=x&DestinationRegion.3=y".into(),
            "DestinationRegion.3",
            Some("did you mean `DestinationRegions.0`?"),
        ),
        (
            "ImageIds.0=x&DestinationRegoins.0=y".into(),
            "DestinationRegoins.0",
            Some("did you mean `DestinationRegions.0`?"),
        ),
        (query("&Dryrun=true"), "Dryrun", Some("did you mean `DryRun`?")),
        (query("&dry-run=true"), "dry-run", Some("did you mean `DryRun`?")),
        (query("&ImageIds[0]=x"), "ImageIds[0]", Some("did you mean `ImageIds.1`?")),
        (query("&ImageIds%5B1%5D=x"), "ImageIds[1]", Some("did you mean `ImageIds.1`?")),
        (query("&Region.0=x"), "Region.0", Some("did you mean `Region`?")),
        (query("&+Region=x"), " Region", Some("did you mean `Region`?")),
        (query("&=x"), "", None),
        (query("&Filters.0.Name=x"), "Filters.0.Name", None),
        (query("&%FF=x"), "%FF", None),
        (
            r#"{"imageIds": ["x"], "DestinationRegions": ["y"]}"#.into(),
            "imageIds",
            Some("did you mean `ImageIds`?"),
        ),
        (
            r#"{"image_ids": ["x"], "DestinationRegions": ["y"]}"#.into(),
            "image_ids",
            Some("did you mean `ImageIds`?"),
        ),
        (
            r#"{"ImageIds": ["x"], "DestinationRegion": "y"}"#.into(),
            "DestinationRegion",
            Some("did you mean `DestinationRegions`?"),
        ),
        (r#"{"ImageIds.0": "x"}"#.into(), "ImageIds.0", Some("did you mean `ImageIds`?")),
        (r#"{"ImageIds ": ["x"]}"#.into(), "ImageIds ", Some("did you mean `ImageIds`?")),
        (r#"{"": 1, "Version": ""}"#.into(), "", None),
        (r#"{"Filters": [{"Name": [[1, {}]]}], "Version": ""}"#.into(), "Filters", None),
    ];
    assert!(!table.is_empty());
    for (bytes, parameter, expected) in table {
        let found = violations(bytes, &Headers::unknown());
        assert_eq!(lines(&found), [format!("parameter-known UnknownParameter {parameter}")], "{bytes}");
        if cfg!(feature = "hints") {
            assert_eq!(found[0].hint(), *expected, "{bytes}");
        }
    }
    // Each of them, once.
    refused(&[
        (
            "B=1&A=1&B=2&ImageIds.0=x",
            &["parameter-known UnknownParameter A", "parameter-known UnknownParameter B"],
        ),
        (
            r#"{"imageids": [], "destinationRegions": [], "imageids": []}"#,
            &[
                "parameter-known UnknownParameter destinationRegions",
                "parameter-known UnknownParameter imageids",
            ],
        ),
    ]);
}

#[test]
fn subscripts_run_from_zero() {
    let gap = |list: &str| format!("subscripts-from-zero InvalidParameter {list}");
    for (more, parameter) in [
        ("&ImageIds.2=x", "ImageIds.2"),
        ("&ImageIds.3=x&ImageIds.5=x", "ImageIds.3"),
        ("&ImageIds.1=x&ImageIds.3=x", "ImageIds.3"),
        ("&DestinationRegions.4294967295=x", "DestinationRegions.4294967295"),
        ("&DestinationRegions.18446744073709551615=x", "DestinationRegions.18446744073709551615"),
        // What is no number, or none of this machine's, is no subscript.
        ("&ImageIds.18446744073709551616=x", "ImageIds.18446744073709551616"),
        ("&ImageIds.-1=x", "ImageIds.-1"),
        ("&ImageIds.+1=x", "ImageIds. 1"),
        ("&ImageIds.%2B1=x", "ImageIds.+1"),
        ("&ImageIds.01=x", "ImageIds.01"),
        ("&ImageIds.00=x", "ImageIds.00"),
        ("&ImageIds.=x", "ImageIds."),
        ("&ImageIds.N=x", "ImageIds.N"),
        ("&ImageIds.1.0=x", "ImageIds.1.0"),
        ("&ImageIds.0x1=x", "ImageIds.0x1"),
        ("&ImageIds.1+=x", "ImageIds.1 "),
        ("&ImageIds.%D9%A1=x", "ImageIds.\u{661}"),
    ] {
        assert_eq!(problems(query(more)), [gap(parameter)], "{more}");
    }
    let from_one = "Version=2017-03-12&ImageIds.1=x&ImageIds.2=x&DestinationRegions.1=y";
    assert_eq!(problems(from_one), [gap("DestinationRegions.1"), gap("ImageIds.1")]);
    let found = violations(from_one, &Headers::unknown());
    assert_eq!(found[1].hint(), Some("subscripts start at 0"));
    assert_eq!(found[1].message(), "`ImageIds.1` comes without `ImageIds.0`");
    assert_eq!(found[1].value(), Some("x"));
    assert_eq!(found[1].allowed(), Some("ImageIds.0"));
    assert_eq!(hint(query("&ImageIds.2=x")), None);

    refused(&[
        // A gap does not hide a repetition, nor the other way round.
        (
            "ImageIds.0=x&ImageIds.2=x&ImageIds.2=y",
            &[
                "parameter-once InvalidParameter ImageIds.2",
                "subscripts-from-zero InvalidParameter ImageIds.2",
            ],
        ),
        ("ImageIds.0=x&ImageIds.0=y&ImageIds.1=z", &["parameter-once InvalidParameter ImageIds.0"]),
        // An element that is refused leaves no gap.
        ("ImageIds.0=%FF&ImageIds.1=x", &["parameter-type InvalidParameter ImageIds.0"]),
        // A list without subscripts is a wrong type, beside the same with them.
        ("ImageIds.0=x&ImageIds=y", &["parameter-type InvalidParameter ImageIds"]),
        (
            "ImageIds&DestinationRegions=",
            &[
                "parameter-type InvalidParameter DestinationRegions",
                "parameter-type InvalidParameter ImageIds",
            ],
        ),
    ]);
    assert_eq!(hint("ImageIds=img-o3ycss2p").as_deref(), Some("send `ImageIds.0=img-o3ycss2p`"));
}

#[test]
fn json_types_are_strict() {
    refused(&[
        (r#"{"ImageIds": "x"}"#, &["parameter-type InvalidParameter ImageIds"]),
        (r#"{"ImageIds": null}"#, &["parameter-type InvalidParameter ImageIds"]),
        (r#"{"ImageIds": 1}"#, &["parameter-type InvalidParameter ImageIds"]),
        (r#"{"ImageIds": true}"#, &["parameter-type InvalidParameter ImageIds"]),
        (r#"{"ImageIds": {"0": "x"}}"#, &["parameter-type InvalidParameter ImageIds"]),
        (r#"{"ImageIds": [null]}"#, &["parameter-type InvalidParameter ImageIds.0"]),
        (
            r#"{"ImageIds": ["x", 1, "y", -2.5, ["z"], {"a": {}}, false]}"#,
            &[
                "parameter-type InvalidParameter ImageIds.1",
                "parameter-type InvalidParameter ImageIds.3",
                "parameter-type InvalidParameter ImageIds.4",
                "parameter-type InvalidParameter ImageIds.5",
                "parameter-type InvalidParameter ImageIds.6",
            ],
        ),
        (r#"{"Version": null}"#, &["parameter-type InvalidParameter Version"]),
        (r#"{"Version": 20170312}"#, &["parameter-type InvalidParameter Version"]),
        (r#"{"Region": ["ap-guangzhou"]}"#, &["parameter-type InvalidParameter Region"]),
        (
            r#"{"ImageName": {}, "KmsKeyId": false}"#,
            &["parameter-type InvalidParameter ImageName", "parameter-type InvalidParameter KmsKeyId"],
        ),
        (r#"{"DryRun": "true"}"#, &["parameter-type InvalidParameter DryRun"]),
        (r#"{"DryRun": null}"#, &["parameter-type InvalidParameter DryRun"]),
        (
            r#"{"DryRun": 1, "Encrypt": [], "ImageSetRequired": {}}"#,
            &[
                "parameter-type InvalidParameter DryRun",
                "parameter-type InvalidParameter Encrypt",
                "parameter-type InvalidParameter ImageSetRequired",
            ],
        ),
        // A skeleton that nobody filled in: its texts are texts, its booleans are not.
        (
            r#"{"ImageIds": ["String"], "DestinationRegions": ["String"], "DryRun": "Boolean", "ImageName": "String"}"#,
            &["parameter-type InvalidParameter DryRun"],
        ),
        // A key twice, whatever its values.
        (r#"{"ImageIds": ["x"], "ImageIds": ["x"]}"#, &["parameter-once InvalidParameter ImageIds"]),
        (r#"{"ImageIds": ["x"], "ImageIds": 1}"#, &["parameter-once InvalidParameter ImageIds"]),
        (r#"{"Nonce": 1, "Nonce": 2}"#, &["parameter-once InvalidParameter Nonce"]),
        (r#"{"Image\u0049ds": ["x"], "ImageIds": ["x"]}"#, &["parameter-once InvalidParameter ImageIds"]),
    ]);
    for (bytes, expected) in [
        (r#"{"DestinationRegions": "ap-shanghai"}"#, Some("write `[\"ap-shanghai\"]`")),
        (r#"{"ImageIds": null}"#, Some("put one element or more there")),
        (r#"{"ImageIds": [null]}"#, Some("put a text there, or take the element out")),
        (r#"{"DryRun": null}"#, Some("leave the parameter out")),
        (r#"{"Version": 20170312}"#, Some("write `\"20170312\"`")),
        (r#"{"ImageIds": [12345678]}"#, Some("write `\"12345678\"`")),
        (r#"{"DryRun": "true"}"#, Some("write `true`, without quotes")),
        (r#"{"DryRun": "False"}"#, Some("write `false`, without quotes")),
        (r#"{"DryRun": "Boolean"}"#, None),
        (r#"{"DryRun": 1}"#, None),
        (r#"{"ImageIds": {"0": "x"}}"#, None),
        (r#"{"ImageIds": [["x"]]}"#, None),
    ] {
        assert_eq!(hint(bytes).as_deref(), expected, "{bytes}");
    }
    let found = violations(r#"{"ImageIds": "img-o3ycss2p"}"#, &Headers::unknown());
    assert_eq!(found[0].message(), "`ImageIds` is not a list of texts");
    assert_eq!((found[0].value(), found[0].allowed()), (Some("img-o3ycss2p"), Some("a list of texts")));
}

#[test]
fn json_bodies_are_read_whatever_the_order_and_the_spelling_of_their_characters() {
    for body in [
        r#"{"DestinationRegions": ["ap-shanghai"], "Version": "2017-03-12", "ImageIds": ["img-o3ycss2p"]}"#,
        r#"{"ImageIds":["img\u002do3ycss2p"],"DestinationRegions":["ap-shangha\u0069"]}"#,
        "\n\t {\"ImageIds\" : [ \"img-o3ycss2p\" ] ,\r\n \"DestinationRegions\" : [ \"ap-shanghai\" ] } \n",
        r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"], "Action": "SyncImages", "Nonce": 4, "Timestamp": {"a": [1]}, "Token": null, "Language": "zh-CN"}"#,
    ] {
        assert_eq!(wire::decode(body.as_bytes()).unwrap(), meant(), "{body}");
    }
    let every = r#"{"ImageIds": [], "DestinationRegions": [], "DryRun": false, "ImageName": "\u00e9\ud83d\ude00", "ImageSetRequired": true, "Encrypt": true, "KmsKeyId": ""}"#;
    let request = wire::decode(every.as_bytes()).unwrap();
    assert_eq!(request.image_name.as_deref(), Some("é😀"));
    assert_eq!(
        (request.dry_run, request.image_set_required, request.encrypt),
        (Some(false), Some(true), Some(true))
    );
    assert_eq!(request.kms_key_id.as_deref(), Some(""));
}

#[test]
fn every_problem_is_reported_at_once_in_the_order_of_the_rules() {
    let form = "DestRegion=x&ImageIds=img-o3ycss2p&DestinationRegions.1=ap-shanghai&Region=a&Region=b&DryRun=1&Encrypt=2&DestinationRegions.x=y&ImageName=%ff";
    assert_eq!(
        lines(&violations(form, &Headers::unknown().with_region("ap-guangzhou"))),
        [
            "headers-agree InvalidParameterValue Region",
            "parameter-type InvalidParameter DryRun",
            "parameter-type InvalidParameter Encrypt",
            "parameter-type InvalidParameter ImageIds",
            "parameter-type InvalidParameter ImageName",
            "parameter-once InvalidParameter Region",
            "subscripts-from-zero InvalidParameter DestinationRegions.1",
            "subscripts-from-zero InvalidParameter DestinationRegions.x",
            "parameter-known UnknownParameter DestRegion",
        ]
    );
    let json = r#"{"DestRegion": "x", "ImageIds": "img-o3ycss2p", "Region": "a", "Region": "b", "DryRun": "true", "DestinationRegions": ["ap-shanghai", null, 1]}"#;
    assert_eq!(
        problems(json),
        [
            "parameter-type InvalidParameter DestinationRegions.1",
            "parameter-type InvalidParameter DestinationRegions.2",
            "parameter-type InvalidParameter DryRun",
            "parameter-type InvalidParameter ImageIds",
            "parameter-once InvalidParameter Region",
            "parameter-known UnknownParameter DestRegion",
        ]
    );
    // By number, not as text, and each once.
    let many = "ImageIds.10=%ff&ImageIds.2=%ff&ImageIds.2=%ff";
    assert_eq!(
        problems(many),
        [
            "parameter-type InvalidParameter ImageIds.2",
            "parameter-type InvalidParameter ImageIds.10",
            "parameter-once InvalidParameter ImageIds.2",
            "subscripts-from-zero InvalidParameter ImageIds.2",
        ]
    );
    // The order in which they were sent does not matter.
    let turned: Vec<&str> = form.split('&').rev().collect();
    let turned = turned.join("&").replace("Region=b&Region=a", "Region=a&Region=b");
    let headers = Headers::unknown().with_region("ap-guangzhou");
    assert_eq!(lines(&violations(turned, &headers)), lines(&violations(form, &headers)));
}

#[test]
fn values_are_percent_decoded_once() {
    for (raw, value) in [
        ("ap+shanghai", "ap shanghai"),
        ("ap%20shanghai", "ap shanghai"),
        ("ap%2Bshanghai", "ap+shanghai"),
        ("ap%2bshanghai", "ap+shanghai"),
        ("a%2Cb", "a,b"),
        ("a%26b%3Dc", "a&b=c"),
        ("a=b", "a=b"),
        ("%2525", "%25"),
        // What is no escape stands for itself.
        ("%zz", "%zz"),
        ("%", "%"),
        ("%4", "%4"),
        ("%%34%31", "%41"),
        ("%E5%B9%BF", "广"),
        ("广", "广"),
        ("%00", "\0"),
        ("what?", "what?"),
        ("a#b", "a#b"),
        ("", ""),
        ("+", " "),
        ("\n", "\n"),
    ] {
        let bytes = format!("ImageIds.0={ID}&DestinationRegions.0={raw}&Version=2017-03-12");
        assert_eq!(wire::decode(bytes.as_bytes()).unwrap().destination_regions, [value], "{raw}");
    }
    for raw in ["%ff", "a%C3", "%E5%B9", "%ED%A0%80", "%C0%80"] {
        let bytes = query(&format!("&DestinationRegions.1={raw}"));
        assert_eq!(problems(bytes), ["parameter-type InvalidParameter DestinationRegions.1"], "{raw}");
    }
    // Names are decoded as values are.
    let bytes = "Image%49ds%2E0=img-o3ycss2p&Destination+Regions.0=x";
    assert_eq!(problems(bytes), ["parameter-known UnknownParameter Destination Regions.0"]);
    let bytes = "%49mageIds%2e0=img-o3ycss2p&DestinationRegions.%30=ap-shanghai&%56ersion=2017-03-12";
    assert_eq!(wire::decode(bytes.as_bytes()).unwrap(), meant());
}

#[test]
fn blanks_are_left_out_only_beside_a_line_break() {
    refused(&[
        (
            "ImageIds.0=x& Version=2017-03-12&\n  DestinationRegions.0=y",
            &[
                "parameter-type InvalidParameter DestinationRegions.0",
                "parameter-known UnknownParameter  Version",
            ],
        ),
        (
            "ImageIds.0=x&\n  Version=2017-03-12& DestinationRegions.0=y",
            &[
                "parameter-type InvalidParameter Version",
                "parameter-known UnknownParameter  DestinationRegions.0",
            ],
        ),
    ]);
}

#[test]
fn a_query_is_found_where_it_is() {
    let form = query("");
    for bytes in [
        form.clone(),
        format!("?{form}"),
        format!("https://image.api.qcloud.com/v2/index.php?{form}"),
        format!("/v2/index.php?{form}"),
        format!("http://127.0.0.1:8080/?{form}"),
        format!("https://image.api.qcloud.com/?{form}#top"),
        format!("https://image.api.qcloud.com/?{form}#&DestinationRegions.0=ap-beijing"),
        format!("&&{form}&&"),
        form.replace('&', "&&"),
    ] {
        assert_eq!(wire::decode(bytes.as_bytes()).unwrap(), meant(), "{bytes}");
    }
    // A question mark within a form is part of a value.
    let request = wire::decode(query("&ImageName=what?&Region=ap-guangzhou").as_bytes()).unwrap();
    assert_eq!(request.image_name.as_deref(), Some("what?"));
    assert_eq!(request.region.as_deref(), Some("ap-guangzhou"));
    let request = wire::decode(b"ImageName=https://host/?a%26b").unwrap();
    assert_eq!(request.image_name.as_deref(), Some("https://host/?a&b"));
    // A form has no fragment.
    let request = wire::decode(b"ImageName=a#b").unwrap();
    assert_eq!(request.image_name.as_deref(), Some("a#b"));
    // A parameter without a value may have an empty one, and not none.
    let request = wire::decode(b"ImageName=&KmsKeyId=").unwrap();
    assert_eq!((request.image_name.as_deref(), request.kms_key_id.as_deref()), (Some(""), Some("")));
    assert_eq!(problems("ImageName&KmsKeyId="), ["parameter-type InvalidParameter ImageName"]);
    // An empty query is a request that sends nothing.
    assert_eq!(wire::decode(b"https://image.api.qcloud.com/?").unwrap(), SyncRequest::default());
    assert_eq!(wire::decode(b"https://image.api.qcloud.com/?#top").unwrap(), SyncRequest::default());
}

#[test]
fn what_is_no_request_says_what_it_is() {
    let error = |bytes: &[u8]| wire::decode(bytes).expect_err("it is no request");
    for bytes in [&b""[..], b" ", b"\n\n", b"\t \r\n"] {
        assert_eq!(error(bytes), DecodeError::Empty, "{bytes:?}");
    }
    for bytes in [&b"[]"[..], b"[{}]", b" [1]", b"\"text\"", b"\"a=b\""] {
        assert_eq!(error(bytes), DecodeError::NotAnObject, "{bytes:?}");
    }
    for bytes in
        [&b"null"[..], b"12", b"true", b"SyncImages", b"please copy", b"}", b"https://image.api.qcloud.com"]
    {
        assert_eq!(error(bytes), DecodeError::NotARequest, "{bytes:?}");
    }
    for bytes in ["\u{feff}{}", "\u{feff}ImageIds.0=x", "\u{feff}"] {
        assert_eq!(error(bytes.as_bytes()), DecodeError::ByteOrderMark, "{bytes:?}");
    }
    for (bytes, line, column) in [
        (&b"\xff"[..], 1, 1),
        (b"{\"a\": \xff}", 1, 7),
        (b"{\n  \"a\": \"\xc3\"}", 2, 9),
        (b"ImageIds.0=\xed\xa0\x80", 1, 12),
        ("é\u{20ac}=\u{1f600}".as_bytes().split_last().unwrap().1, 1, 7),
        (b"\n\n\x80", 3, 1),
    ] {
        assert_eq!(error(bytes), DecodeError::NotUtf8 { line, column, encoding: None }, "{bytes:?}");
    }
    // One key tells what an object is, whatever comes behind it.
    let DecodeError::LooksLike { what } = error(br#"{"Images": [], "Foo": 1}"#) else { panic!() };
    assert!(what.starts_with("a state"), "{what}");
    // The names of a query tell of none, also those without a value.
    for (bytes, others) in [
        ("Images=1&Foo&x=2", &["Images", "Foo", "x"][..]),
        ("https://host/?Foo", &["Foo"]),
        // A URL has a scheme before its colon.
        ("://a=b", &["://a"]),
    ] {
        let names = others.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(error(bytes.as_bytes()), DecodeError::NoParameter { names }, "{bytes}");
    }
    for error in [DecodeError::Empty, DecodeError::NotAnObject, DecodeError::NotARequest] {
        assert_eq!(error.clone().into_report(Edition::FIRST), Err(error));
    }
}

#[test]
fn broken_json_says_where() {
    for (text, line, column, message) in [
        ("{", 1, 1, "the JSON ends within an object"),
        ("{\"ImageIds\": [\"x\"", 1, 17, "the JSON ends within a list"),
        ("{\"ImageIds\": [\"x", 1, 16, "the JSON ends within a text"),
        ("{\"ImageIds\": [}", 1, 15, "expected a value, found `}`"),
        (
            "{\"ImageIds\": [\"x\"],\n \"DestinationRegions\": [\"y\",]}",
            2,
            29,
            "a comma behind the last value, which JSON does not have",
        ),
        ("{\"ImageIds\": [\"x\"],}", 1, 20, "a comma behind the last value, which JSON does not have"),
        ("{\"ImageIds\": [\"x\"] \"DryRun\": true}", 1, 20, "expected `,` or `}`, found `\"`"),
        ("{\"DryRun\": True}", 1, 12, "expected a value, found `True`, which is `true` in JSON"),
        ("{ImageIds: []}", 1, 2, "expected a name in double quotes, found `ImageIds`"),
        (
            "{'ImageIds': []}",
            1,
            2,
            "expected a name in double quotes, found single quotes, where JSON has double ones, `\"`",
        ),
        ("{} {}", 1, 4, "expected the end of the JSON, found `{`"),
        ("{}\n\n]", 3, 1, "expected the end of the JSON, found `]`"),
        (
            "{\"ImageName\": \"a\nb\"}",
            2,
            1,
            "a line break, or another control character, within a text: JSON has escapes for it, such as `\\n`",
        ),
        ("{\"ImageName\": \"\\ud800\"}", 1, 22, "an escape of half a character"),
        ("{\"Nothing\": 01}", 1, 14, "a number in a form that JSON does not have"),
    ] {
        let expected = DecodeError::Json { line, column, message: message.to_owned() };
        assert_eq!(wire::decode(text.as_bytes()), Err(expected), "{text:?}");
    }
    // What is not well-formed is no request, whatever else is wrong with its shape.
    let both = wire::decode(b"{\"ImageIds\": null,}").unwrap_err();
    assert!(matches!(both, DecodeError::Json { line: 1, column: 19, .. }), "{both:?}");
    assert_eq!(
        both.to_string(),
        "line 1, column 19: a comma behind the last value, which JSON does not have"
    );
}

#[test]
fn nesting_however_deep_ends() {
    const DEEP: usize = 100_000;
    for opening in ["[", "{\"a\":"] {
        for name in ["ImageIds", "Version", "DryRun", "Nonce", "Nothing"] {
            let open = format!("{{\"{name}\": {}", opening.repeat(DEEP));
            assert!(matches!(wire::decode(open.as_bytes()), Err(DecodeError::Json { .. })), "{name}");
        }
    }
    let closed = format!("{{\"ImageIds\": {}{}}}", "[".repeat(DEEP), "]".repeat(DEEP));
    let error = wire::decode(closed.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::Json { .. } | DecodeError::Shape { .. }), "{error}");
    assert_eq!(wire::decode("[".repeat(DEEP).as_bytes()), Err(DecodeError::NotAnObject));
}

#[test]
fn a_body_has_as_many_bytes_as_its_kind_allows() {
    let fill = |text: String, with: &str, size: usize| format!("{text}{}", with.repeat(size - text.len()));
    let json = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#.to_owned();
    let url = format!("https://image.api.qcloud.com/v2/index.php?{}", query(""));
    for (text, with, limit, what) in [
        (json, " ", MAX_JSON_BYTES, "a request"),
        (query(""), "&", MAX_FORM_BYTES, "a form"),
        (url, "&", MAX_URL_BYTES, "a URL"),
    ] {
        let full = fill(text.clone(), with, limit);
        assert_eq!(full.len(), limit);
        assert_eq!(wire::decode(full.as_bytes()).unwrap(), meant(), "{what}");
        let over = fill(text, with, limit + 1);
        assert_eq!(wire::decode(over.as_bytes()), Err(DecodeError::TooLarge { what, limit }));
    }
    assert_eq!(
        DecodeError::TooLarge { what: "a URL", limit: MAX_URL_BYTES }.to_string(),
        "a URL has at most 32768 bytes: this one has more"
    );
    // The limit comes before everything else, also before the encoding.
    let over = vec![0xff; MAX_JSON_BYTES + 1];
    assert_eq!(wire::decode(&over), Err(DecodeError::TooLarge { what: "a request", limit: MAX_JSON_BYTES }));
}

#[test]
fn a_request_has_as_many_items_as_allowed() {
    // The version, the image, and the rest destinations.
    let form = |items: usize| {
        let destinations: Vec<String> =
            (0..items - 2).map(|subscript| format!("DestinationRegions.{subscript}=r-{subscript}")).collect();
        format!("Version=2017-03-12&ImageIds.0={ID}&{}", destinations.join("&"))
    };
    assert_eq!(wire::decode(form(MAX_ITEMS).as_bytes()).unwrap().destination_regions.len(), MAX_ITEMS - 2);
    assert_eq!(wire::decode(form(MAX_ITEMS + 1).as_bytes()), Err(DecodeError::TooManyItems));
    // One key, and the rest elements.
    let json = |items: usize| format!("{{\"DestinationRegions\": [{}]}}", vec!["\"r\""; items - 1].join(","));
    assert_eq!(wire::decode(json(MAX_ITEMS).as_bytes()).unwrap().destination_regions.len(), MAX_ITEMS - 1);
    assert_eq!(wire::decode(json(MAX_ITEMS + 1).as_bytes()), Err(DecodeError::TooManyItems));
    // What is unknown or repeated is counted, too.
    let unknown = format!("Version=&{}", vec!["x=1"; MAX_ITEMS - 1].join("&"));
    assert_eq!(problems(unknown), ["parameter-known UnknownParameter x"]);
    assert_eq!(wire::decode(vec!["x=1"; MAX_ITEMS + 1].join("&").as_bytes()), Err(DecodeError::TooManyItems));
    let keys = |items: usize| format!("{{{}}}", vec!["\"Nonce\":1"; items].join(","));
    assert_eq!(problems(keys(MAX_ITEMS)), ["parameter-once InvalidParameter Nonce"]);
    assert_eq!(wire::decode(keys(MAX_ITEMS + 1).as_bytes()), Err(DecodeError::TooManyItems));
    assert_eq!(
        DecodeError::TooManyItems.to_string(),
        "a request has at most 16384 parameters and elements of lists: this one has more"
    );
}

#[test]
fn a_value_has_as_many_bytes_as_allowed() {
    let long = "x".repeat(MAX_VALUE_BYTES);
    let over = "x".repeat(MAX_VALUE_BYTES + 1);
    // Two bytes each: bytes are counted, not characters; and after decoding, not before.
    let wide = "é".repeat(MAX_VALUE_BYTES / 2);
    let encoded = "%C3%A9".repeat(MAX_VALUE_BYTES / 2);
    for (raw, value) in [(&long, &long), (&wide, &wide), (&encoded, &wide)] {
        let request = wire::decode(format!("DestinationRegions.0={raw}&ImageName={raw}").as_bytes()).unwrap();
        assert_eq!(&request.destination_regions, std::slice::from_ref(value));
        assert_eq!(request.image_name.as_ref(), Some(value));
    }
    for value in [&long, &wide] {
        let body = format!("{{\"DestinationRegions\": [\"{value}\"], \"ImageName\": \"{value}\"}}");
        assert_eq!(wire::decode(body.as_bytes()).unwrap().image_name.as_ref(), Some(value));
    }
    for value in [over.clone(), format!("{wide}x"), format!("{encoded}x")] {
        let expected = [
            "parameter-type InvalidParameter DestinationRegions.0",
            "parameter-type InvalidParameter ImageName",
        ];
        assert_eq!(problems(format!("DestinationRegions.0={value}&ImageName={value}")), expected);
        let body = format!("{{\"DestinationRegions\": [\"{value}\"], \"ImageName\": \"{value}\"}}");
        assert_eq!(problems(body), expected);
    }
    let found = violations(format!("ImageName={over}"), &Headers::unknown());
    assert_eq!(found[0].message(), "`ImageName` is longer than 4096 bytes");
    assert_eq!(found[0].allowed(), Some("4096 bytes"));
    assert_eq!(found[0].value().unwrap().chars().count(), 65);
    // What is far too long is not even decoded, and said in the same words.
    let far = format!("ImageName={}", "%41".repeat(3 * MAX_VALUE_BYTES));
    let far = violations(far, &Headers::unknown());
    assert_eq!((far[0].rule(), far[0].message()), (found[0].rule(), found[0].message()));
    assert!(far[0].value().unwrap().starts_with("%41%41"));
    // What is not kept is not limited: a signature or a token may be long.
    wire::decode(query(&format!("&Token={over}")).as_bytes()).unwrap();
}

/// The most bytes that decoding holds at one time, and how it ends.
fn peak(bytes: &[u8]) -> (u64, Result<SyncRequest, DecodeError>) {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(wire::decode(bytes)));
    (info.bytes_max, result.unwrap())
}

#[test]
fn memory_is_bounded_by_the_input() {
    // A subscript costs nothing, however large it is.
    for subscript in ["4294967295", "18446744073709551615"] {
        let (bytes, result) = peak(format!("ImageIds.{subscript}=x").as_bytes());
        assert!(result.is_err());
        assert!(bytes < 4_096, "{subscript}: {bytes} bytes");
    }
    // A body over its limit is refused unread.
    let (bytes, result) = peak(&vec![b'{'; MAX_JSON_BYTES + 1]);
    assert!(matches!(result, Err(DecodeError::TooLarge { .. })));
    assert_eq!(bytes, 0);
    let (bytes, result) = peak("x=1&".repeat(MAX_FORM_BYTES / 4 + 1).as_bytes());
    assert!(matches!(result, Err(DecodeError::TooLarge { .. })));
    assert!(bytes < 4_096, "{bytes} bytes");
    // Nor is anything kept of what is not judged.
    let nested = format!("{{\"Nonce\": [{}1]}}", "[1],".repeat(1 << 18));
    let (bytes, result) = peak(nested.as_bytes());
    result.unwrap();
    assert!(bytes < (1 << 19), "{bytes} bytes for {}", nested.len());
}

#[test]
fn memory_for_problems_is_a_small_multiple_of_the_input() {
    // A form of 1 MiB, all of it unknown parameters, each with a hint: at most 10 times
    // as much for what is said.
    let form: Vec<String> =
        (0..MAX_ITEMS - 1).map(|number| format!("DestinationRegoins.{number}={:036}", number)).collect();
    let form = form.join("&");
    assert!((MAX_FORM_BYTES - MAX_FORM_BYTES / 16..=MAX_FORM_BYTES).contains(&form.len()), "{}", form.len());
    let (bytes, result) = peak(form.as_bytes());
    let Err(DecodeError::Shape { violations }) = result else { panic!("{result:?}") };
    assert_eq!(violations.len(), MAX_ITEMS - 1);
    let allowed = 10 * u64::try_from(form.len()).unwrap();
    assert!(bytes <= allowed, "{bytes} bytes, and {allowed} are allowed");

    // The shortest names: what is said of one item has at most 512 bytes.
    let short = vec!["x"; MAX_ITEMS - 1].join("&") + "&Region=";
    let (bytes, result) = peak(short.as_bytes());
    assert!(matches!(result, Err(DecodeError::Shape { .. })));
    let allowed = 512 * u64::try_from(MAX_ITEMS).unwrap();
    assert!(bytes <= allowed, "{bytes} bytes, and {allowed} are allowed");

    // A request that is read: its own size again, and its lists.
    let names: Vec<String> = (0..MAX_ITEMS - 1).map(|number| format!("\"{number:056}\"")).collect();
    let json = format!("{{\"DestinationRegions\": [{}]}}", names.join(","));
    let (bytes, result) = peak(json.as_bytes());
    assert_eq!(result.unwrap().destination_regions.len(), MAX_ITEMS - 1);
    let allowed = 2 * u64::try_from(json.len()).unwrap();
    assert!(bytes <= allowed, "{bytes} bytes, and {allowed} are allowed");
}

#[test]
fn a_report_of_shape_problems_is_a_report() {
    let error = wire::decode(b"ImageIds=x&DestRegion=y").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the request has a wrong shape: ImageIds: `ImageIds` is not a list with subscripts (InvalidParameter); DestRegion: SyncImages has no parameter `DestRegion` (UnknownParameter)"
    );
    let report = error.into_report(Edition::FIRST).unwrap();
    assert!(!report.accepted());
    assert_eq!(report.edition(), Edition::FIRST);
    assert_eq!(
        lines(report.violations()),
        ["parameter-type InvalidParameter ImageIds", "parameter-known UnknownParameter DestRegion"]
    );
    assert!(report.unverified().is_empty());
    // The values were not checked, which it says: also in words, and as JSON.
    assert!(report.is_shape_only());
    let words = report.to_string();
    let first = "refused under the 2017-03 page, for its shape alone: its values were not checked";
    assert_eq!(words.lines().next(), Some(first));
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.starts_with(r#"{"edition":"2017-03","accepted":false,"shape_only":true,"violations":["#));
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    let contradicting =
        r#"{"edition":"2017-03","accepted":true,"shape_only":true,"violations":[],"unverified":[]}"#;
    let error = serde_json::from_str::<Report>(contradicting).unwrap_err();
    assert_eq!(error.to_string(), "`shape_only` contradicts `violations`");
}

#[test]
fn a_report_of_a_request_that_was_read_all_the_same_is_of_its_values_too() {
    let printed = b"Version=2017-03-12\n&ImageIds.0=img-o3ycss2p\n&DestinationRegions.0=gz";
    let (rules, state) = (Ruleset::default(), State::default());
    let error = wire::decode(printed).unwrap_err();
    let report = error.clone().into_report_with(&rules, |request| rules.check(request, &state)).unwrap();
    assert!(report.violations().len() > 1 && !report.is_shape_only());
    assert!(!serde_json::to_string(&report).unwrap().contains("shape_only"));
    // Without a check they are not.
    assert!(error.into_report(&rules).unwrap().is_shape_only());
    assert!(!rules.check(&SyncRequest::default(), &state).is_shape_only());
}

#[test]
fn what_is_encoded_is_read_back() {
    let mut request = SyncRequest::new("a b+c&d=e%41#?", ["", "广州\u{1f600}", "\n\0", "ap-shanghai"]);
    request.region = Some("ap-guangzhou".to_owned());
    request.image_ids.push("x".to_owned());
    request.image_name = Some("a;b,c".to_owned());
    request.kms_key_id = Some(String::new());
    request.dry_run = Some(true);
    request.encrypt = Some(false);
    request.image_set_required = Some(true);
    let query = wire::encode_query(&request);
    assert_eq!(wire::decode(query.as_bytes()).unwrap(), request);
    assert_eq!(
        query,
        "Action=SyncImages&Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=a+b%2Bc%26d%3De%2541%23%3F&ImageIds.1=x&DestinationRegions.0=&DestinationRegions.1=%E5%B9%BF%E5%B7%9E%F0%9F%98%80&DestinationRegions.2=%0A%00&DestinationRegions.3=ap-shanghai&DryRun=true&ImageName=a%3Bb%2Cc&ImageSetRequired=true&Encrypt=false&KmsKeyId="
    );
    assert_eq!(
        wire::decode(wire::encode_query(&SyncRequest::default()).as_bytes()).unwrap(),
        SyncRequest::default().without_region()
    );
    let json = serde_json::to_string(&request).unwrap();
    assert_eq!(wire::decode(json.as_bytes()).unwrap(), request);
}

#[test]
fn what_json_does_not_have_is_named_where_it_stands() {
    let said = |text: &str| wire::decode(text.as_bytes()).unwrap_err().to_string();
    for (text, what) in [
        ("{'Region': 1}", "single quotes, where JSON has double ones, `\"`"),
        ("{`Region`: 1}", "a backtick, where JSON has double quotes, `\"`"),
        ("{// the region\n\"Region\": \"a\"}", "a comment, which JSON does not have"),
        ("{/* the region */\"Region\": \"a\"}", "a comment, which JSON does not have"),
        ("{# the region\n\"Region\": \"a\"}", "a comment, which JSON does not have"),
        ("{\"DryRun\": True}", "`True`, which is `true` in JSON"),
        ("{\"DryRun\": False}", "`False`, which is `false` in JSON"),
        ("{\"Region\": None}", "`None`, which is `null` in JSON"),
        ("{\"Region\": NaN}", "`NaN`, which JSON does not have"),
        ("{\"Region\": undefined}", "`undefined`, which JSON does not have"),
        ("{\u{201c}Region\u{201d}: \"a\"}", "U+201C in the place of `\"`"),
        ("{\"Region\": \"a\"\u{ff0c}\"DryRun\": true}", "U+FF0C in the place of `,`"),
        ("{\"Region\"\u{ff1a} \"a\"}", "U+FF1A in the place of `:`"),
        ("\u{ff5b}\"Region\": \"a\"}", "U+FF5B in the place of `{`"),
        ("{\"Region\": \"a\"\u{ff5d}", "U+FF5D in the place of `}`"),
        ("{\"ImageIds\": \u{ff3b}\"a\"]}", "U+FF3B in the place of `[`"),
        ("{\"ImageIds\": [\"a\"\u{3011}}", "U+3011 in the place of `]`"),
        ("{\u{200b}\"Region\": \"a\"}", "U+200B, a blank that JSON does not have"),
        ("{\u{3000}\"Region\": \"a\"}", "U+3000, a blank that JSON does not have"),
        ("\u{a0}{\"Region\": \"a\"}", "U+00A0, a blank that JSON does not have"),
        ("\u{200b}{\"Region\": \"a\"}", "U+200B, a blank that JSON does not have"),
        ("{\"Region\": \u{fc}}", "U+00FC, which JSON does not have outside of a text"),
    ] {
        assert!(said(text).ends_with(&format!(", found {what}")), "{text}: {}", said(text));
    }
    // Other words are no values of another language.
    for value in ["Truth", "Fake", "Nothing", "unknown", "x"] {
        let said = said(&format!("{{\"Region\": {value}}}"));
        let expected = format!("expected a value, found `{value}`: a text stands in double quotes");
        assert!(said.ends_with(&expected), "{value}: {said}");
    }
    assert!(said("{\"Region\": /a}").ends_with("expected a value, found `/`"));
}
