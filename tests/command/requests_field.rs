//! Requests as people really have them, and what they give in the place of one.

use serde_json::Value;

use crate::run::{Run, program};

const STATE: &str = "tests/data/field/S.json";
const GOOD: &str = r#"{"ImageIds":["img-q7w3e9rt"],"DestinationRegions":["ap-shanghai"]}"#;

fn check(arguments: &[&str]) -> Run {
    let mut program = program();
    program.args(["check", "--edition", "latest", "--state", STATE]).args(arguments);
    Run::of(program.output().unwrap())
}

fn field(file: &str) -> String {
    format!("tests/data/field/{file}")
}

/// What is said of one request: `code parameter` and the hint, of each violation.
fn said(arguments: &[&str]) -> (i32, Vec<(String, String)>) {
    let run = check(&[arguments, &["--format", "json"]].concat());
    let report: Value = run.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |violation: &Value| {
        (format!("{} {}", text(&violation["code"]), text(&violation["parameter"])), text(&violation["hint"]))
    };
    (run.status, report["violations"].as_array().unwrap().iter().map(one).collect())
}

#[track_caller]
fn refused(arguments: &[&str], expected: &[(&str, &str)]) {
    let (status, found) = said(arguments);
    let codes: Vec<&str> = found.iter().map(|(code, _)| &**code).collect();
    assert_eq!(codes, expected.iter().map(|(code, _)| *code).collect::<Vec<_>>(), "{arguments:?}");
    assert_eq!(status, i32::from(!found.is_empty()), "{arguments:?}");
    for ((_, hint), (_, words)) in found.iter().zip(expected) {
        assert!(hint.contains(words), "{arguments:?}: {hint:?} has no {words:?}");
    }
}

/// No request at all, and these words on stderr.
#[track_caller]
fn no_request(arguments: &[&str], words: &str) {
    let run = check(arguments);
    assert_eq!((run.status, &*run.stdout), (2, ""), "{arguments:?}");
    assert!(run.stderr.contains(words), "{arguments:?}: {:?} has no {words:?}", run.stderr);
}

#[test]
fn what_cannot_be_seen_or_belongs_to_json_is_hinted_at() {
    let image = "InvalidImageId.Malformed ImageIds.0";
    let body =
        |image: &str, region: &str| format!(r#"{{"ImageIds":["{image}"],"DestinationRegions":[{region}]}}"#);
    let letters = [("\u{43e}", "U+043E instead of `o`"), ("\u{ff4f}", "U+FF4F instead of `o`")];
    for (letter, words) in letters {
        let id = format!("img-{letter}3ycss2p");
        let hint = format!("did you mean `img-o3ycss2p`? {words}");
        refused(&[&body(&id, r#""ap-shanghai""#)], &[(image, &hint)]);
    }
    let region = "InvalidRegion.NotFound DestinationRegions.0";
    let hint = "did you mean `ap-shanghai`? quotes or brackets around it";
    refused(&[&body("img-q7w3e9rt", r#""[\"ap-shanghai\"]""#)], &[(region, hint)]);
    let query = "Version=2017-03-12&ImageIds.0=img-q7w3e9rt&DestinationRegions.0=";
    refused(&[&format!("{query}\"ap-shanghai\"")], &[(region, hint)]);
    let hint = "send `ap-shanghai` and `ap-beijing` as elements of their own";
    refused(&[&body("img-q7w3e9rt", r#""[\"ap-shanghai\",\"ap-beijing\"]""#)], &[(region, hint)]);
}

#[test]
fn a_document_with_a_parameter_is_a_request_whatever_else_is_in_it() {
    let body =
        |more: &str| format!(r#"{{"ImageIds":["img-q7w3e9rt"],"DestinationRegions":["ap-nowhere"],{more}}}"#);
    // What other tools write at the top of their files.
    for (more, unknown) in [
        (r#""source":"ci""#, &["source"][..]),
        (r#""build":1"#, &["build"]),
        (r#""builders":[]"#, &["builders"]),
        (r#""format_version":"1.2""#, &["format_version"]),
        (r#""lineage":"","serial":1"#, &["lineage", "serial"]),
        (r#""@level":"info","@message":"""#, &["@level", "@message"]),
    ] {
        let names: Vec<String> = unknown.iter().map(|name| format!("UnknownParameter {name}")).collect();
        let expected: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "")).collect();
        refused(&[&body(more)], &expected);
    }
    let mut regions = program();
    let regions = regions.args(["regions", "--state", STATE, "--format", "json", "img-q7w3e9rt"]);
    let list = Run::of(regions.output().unwrap()).stdout;
    no_request(&[&list], "it looks like a list of `presync regions`");
}

/// A file, true if the region is given beside it, and the start and a part of each finding.
type Row = (&'static str, bool, &'static [(&'static str, &'static str)]);

#[test]
fn each_request_of_the_field_gets_its_verdict() {
    let from = ["--region", "ap-guangzhou"];
    let table: &[Row] = &[
        (
            "q01-doc-example-as-printed.txt",
            false,
            &[
                ("InvalidParameter <Common request parameters>", "put them in its place"),
                ("InvalidParameter Action", "send it on one line"),
            ],
        ),
        // The line breaks are named, and the rest is judged: another image, and its own region.
        (
            "page-example-as-printed.txt",
            true,
            &[
                ("InvalidParameter Action", "the documentation prints one request on several lines"),
                ("InvalidImageId.NotFound ImageIds.0", ""),
            ],
        ),
        (
            "q02-doc-example-html.txt",
            false,
            &[
                ("UnknownParameter amp;DestinationRegions.0", "`&amp;` is `&`"),
                ("UnknownParameter amp;ImageIds.0", "`&amp;` is `&`"),
                ("UnknownParameter amp;Region", "`&amp;` is `&`"),
                ("UnknownParameter amp;Version", "`&amp;` is `&`"),
            ],
        ),
        (
            "q03-bracket-index.txt",
            true,
            &[
                ("UnknownParameter DestinationRegions[0]", "`DestinationRegions.0`"),
                ("UnknownParameter ImageIds[0]", "`ImageIds.0`"),
            ],
        ),
        ("q04-unescaped-ampersand.txt", true, &[("InvalidParameter  db", "`%26`")]),
        ("q05-unescaped-hash.txt", true, &[("MissingParameter DestinationRegions", "`%23`")]),
        ("q06-bare-percent.txt", true, &[]),
        ("q07-gbk-percent.txt", true, &[("InvalidParameter ImageName", "")]),
        ("q08-lower-hex-dots.txt", true, &[]),
        (
            "q09-repeated-plain-keys.txt",
            true,
            &[
                (
                    "InvalidParameter DestinationRegions",
                    "`DestinationRegions.0=ap-shanghai` and `DestinationRegions.1=ap-beijing`",
                ),
                ("InvalidParameter ImageIds", "`ImageIds.0=img-q7w3e9rt`"),
            ],
        ),
        (
            "q10-singular-from-one.txt",
            true,
            &[
                ("UnknownParameter DestinationRegion.1", "`DestinationRegions.0`"),
                ("UnknownParameter ImageId.1", "`ImageIds.0`"),
            ],
        ),
        (
            "q11-display-name.txt",
            true,
            &[
                (
                    "InvalidRegion.NotFound DestinationRegions.0",
                    "did you mean `ap-shanghai`? `East China (Shanghai)` is its display name",
                ),
                ("InvalidRegion.NotFound DestinationRegions.1", "did you mean `ap-shanghai`?"),
            ],
        ),
        (
            "q12-carriage-return.txt",
            true,
            &[("InvalidRegion.NotFound DestinationRegions.0", "surrounding spaces")],
        ),
        ("q13-all.txt", true, &[("InvalidRegion.NotFound DestinationRegions.0", "")]),
        ("q14-no-region.txt", false, &[("MissingParameter Region", "")]),
        (
            "j03-dotted-keys-twice.json",
            true,
            &[
                ("UnknownParameter DestinationRegions.0", "`DestinationRegions`"),
                ("UnknownParameter ImageIds.0", "`ImageIds`"),
            ],
        ),
        (
            "j04-full-width-comma-inside.json",
            true,
            &[(
                "InvalidRegion.NotFound DestinationRegions.0",
                "send `ap-shanghai` and `ap-beijing` as elements of their own",
            )],
        ),
        ("j18-dup-key.json", true, &[("InvalidParameter DestinationRegions", "")]),
    ];
    for (file, has_region, expected) in table {
        let (file, region) = (field(file), if *has_region { &from[..] } else { &[] });
        refused(&[region, &[&*file]].concat(), expected);
    }
    let run = check(&["--region", "ap-guangzhou", &field("q05-unescaped-hash.txt")]);
    assert!(run.stdout.contains("q05-unescaped-hash.txt:1:133"), "the place of the `#`: {}", run.stdout);
}

#[test]
fn what_is_no_request_is_told_as_such() {
    for (file, words) in [
        ("j01-python-repr.txt", ":1:2: expected a name in double quotes, found single quotes"),
        ("j02-smart-quotes.json", ":4:16: expected a value, found U+201C in the place of `\"`"),
        ("j05-full-width-comma.json", ":1:68: expected `,` or `]`, found U+FF0C in the place of `,`"),
        ("j06-comments.json", ":2:3: expected a name in double quotes, found a comment"),
        ("j07-bom.json", ":1:1: the request starts with a byte order mark"),
        ("j08-gbk.json", ":1:85: the request is not text in UTF-8: it looks like GBK"),
        ("j09-utf16.json", ":1:1: the request is not text in UTF-8: it looks like UTF-16LE"),
        ("j10-raw-http.txt", "it looks like an HTTP request"),
        ("j11-curl.txt", "it looks like a curl command"),
        ("j12-provider-log.txt", "neither a JSON object nor a query string"),
        ("j13-tccli.txt", "it looks like a tccli command"),
        ("j14-cdk.tf.json", "it looks like Terraform configuration"),
        ("j15-main.tf", "it looks like Terraform configuration"),
        ("S.json", "it looks like a state"),
    ] {
        no_request(&["--region", "ap-guangzhou", &field(file)], words);
    }
}

#[test]
fn siblings_of_what_is_no_request_are_told_too() {
    for (text, words) in [
        (r#"{"Response":{"RegionSet":[],"RequestId":"r"}}"#, "a response of the API"),
        (r#"{"ImageSet":[],"RequestId":"r"}"#, "a response of the API"),
        (r#"{"config":{},"steps":[],"changeSummary":{"create":1}}"#, "output of Pulumi"),
        (r#"{"image_copy_regions":["ap-shanghai"],"image_name":"x"}"#, "values of variables"),
        (r#"{"id":1,"request":{}}"#, "a line of `presync batch`"),
        (r#"{"edition":"2025-04","accepted":true,"violations":[],"unverified":[]}"#, "a report of presync"),
        (r#"{"Filters":[{"Name":"image-type"}],"Limit":20}"#, "none is there, but `Filters` and `Limit`"),
        (r#"{"name":"x","version":"1.0"}"#, "none is there, but `name` and `version`"),
        ("[TencentCloudSDKError] Code=InvalidRegion.NotFound, Message=x, RequestId=y", "an SDK's error"),
        ("[TencentCloudSDKException] code:InvalidRegion.NotFound message:x requestId:y", "an SDK's error"),
        ("GET /?Action=SyncImages&Version=2017-03-12&ImageIds.0=img-q7w3e9rt HTTP/1.1\nHost: x", "HTTP"),
        ("$ curl 'https://cvm.tencentcloudapi.com/?Action=SyncImages'", "a curl command"),
        ("edition = \"latest\"\n[limits]\ndestinations = 1\n", "a policy"),
        ("# comment\nlocals {\n  a = 1\n}", "configuration in HCL"),
        ("'{\"ImageIds\":[\"img-q7w3e9rt\"]}'", "JSON in quotes"),
        ("\u{a0}{\"ImageIds\":[]}", ":1:1: expected an opening brace, found U+00A0"),
        ("// a comment\n{\"ImageIds\":[]}", ":1:1: expected an opening brace, found a comment"),
        ("{\"ImageIds\"：[]}", "U+FF1A in the place of `:`"),
        ("{\"ImageIds\": []} # end", "a comment, which JSON does not have"),
        ("REGION=ap-guangzhou\nIMAGE=img-q7w3e9rt", "none is there, but `REGION`"),
    ] {
        let mut command = assert_cmd::Command::from_std(program());
        command.args(["check", "--state", STATE]).write_stdin(text);
        let run = Run::of(command.output().unwrap());
        assert_eq!((run.status, &*run.stdout), (2, ""), "{text}");
        assert!(run.stderr.contains(words), "{text}: {}", run.stderr);
    }
    // Where it is known that it is a call, it is one that is refused.
    let (status, found) = said(&["--header", "X-TC-Action: SyncImages", r#"{"Limit": 1}"#]);
    assert_eq!((status, &*found[0].0), (1, "UnknownParameter Limit"));
}

#[test]
fn headers_are_given_as_curl_has_them() {
    let get = "ImageIds.0=img-q7w3e9rt&DestinationRegions.0=ap-shanghai";
    refused(&["--header", "X-TC-Version: 2017-03-12", "--region", "ap-guangzhou", get], &[]);
    let all = ["X-TC-Action: SyncImages", "x-tc-version:2017-03-12", "X-TC-Region: ap-guangzhou", "Host: x"];
    let all: Vec<&str> = all.iter().flat_map(|header| ["--header", header]).collect();
    refused(&[&all[..], &[get]].concat(), &[]);
    refused(&[&all[..], &[GOOD]].concat(), &[]);
    // All that are given are all that there are.
    let missing = [("MissingParameter Region", "")];
    refused(&["--header", "X-TC-Version: 2017-03-12", get], &missing);
    refused(&["--header", "Host: x", GOOD], &[("MissingParameter Version", ""), missing[0]]);
    no_request(&["--header", "X-TC-Version", get], "has no colon");
    no_request(&["--header", "X-TC-Region: a", "--region", "b", get], "`--region` is `b`");
    refused(&[&all[..], &["--region", "ap-guangzhou", get]].concat(), &[]);
    no_request(
        &["--header", "X-TC-Region: a", "--header", "X-TC-Region: b", get],
        "there twice, with two values",
    );
    // One that is nearly one of the three would be missed in silence.
    for (name, meant) in [
        ("X-TC-Verson", "X-TC-Version"),
        ("x-tc-regions", "X-TC-Region"),
        ("X_TC_Action", "X-TC-Action"),
        ("TC-Region", "X-TC-Region"),
    ] {
        let words = format!("error: there is no header `{name}`, did you mean `{meant}`?");
        no_request(&["--header", &format!("{name}: x"), get], &words);
    }
    // Others of the API, and of anybody else.
    for other in ["X-TC-Timestamp: 1", "X-TC-Token: x", "X-TC-Language: zh-CN", "Region: x", ": x"] {
        refused(&[&all[..], &["--header", other, get]].concat(), &[]);
    }
}

#[test]
fn a_region_is_missing_only_where_that_is_known() {
    let query = "Version=2017-03-12&ImageIds.0=img-q7w3e9rt&DestinationRegions.0=ap-shanghai";
    for more in ["&Action=SyncImages", "&Signature=x"] {
        refused(&[&format!("{query}{more}")], &[("MissingParameter Region", "")]);
    }
    for request in [query, GOOD] {
        let run = check(&["--format", "json", request]);
        assert_eq!(run.status, 0);
        let unverified = &run.json()["unverified"][0];
        assert_eq!(unverified["rule"], "region-required");
        let needs = unverified["needs"].as_str().unwrap();
        assert!(needs.contains("X-TC-Region") && needs.contains("--region"), "{needs}");
    }
    let mut first = program();
    first.args(["check", "--state", STATE, &format!("{query}&Action=SyncImages")]);
    assert_eq!(Run::of(first.output().unwrap()).status, 0, "not on the page of 2017-03");
}

#[test]
fn an_argument_is_a_request_or_the_name_of_a_file() {
    refused(&["--region", "ap-guangzhou", &format!("\n  {GOOD}")], &[]);
    for path in [
        "plans/env=prod/request.json",
        "env=prod.json",
        "Region=gz.json",
        "a=b",
        "plans/Region=gz",
        "plans\\Region=gz",
        "Version=2.txt",
        "request",
    ] {
        let run = check(&[path]);
        assert_eq!((run.status, &*run.stderr), (2, &*format!("{path}: no such file\n")));
    }
    // Of a request all is read, whatever stands behind its first name.
    for request in [
        "https://cvm.tencentcloudapi.com/?ImageIds.0=img-q7w3e9rt",
        "/?ImageIds.0=img-q7w3e9rt",
        "a/b=1&ImageIds.0=img-q7w3e9rt",
        "ImageIds.0=img-q7w3e9rt&DestinationRegions.0=x.json",
        "ImageIds.0=a/b",
        "ImageIds.0=a\\b",
    ] {
        assert_eq!(check(&[request]).status, 1, "{request}");
    }
    // A text that is plainly something else is said to be that, and no name of a file.
    no_request(
        &["[TencentCloudSDKException] message:x"],
        "<argument>: this is no request, it looks like the text of an SDK's error",
    );
    // There is a `/` in it, as there is in the names of folders: it is `{"ImageName": "???"}`.
    no_request(
        &["eyJJbWFnZU5hbWUiOiAiPz8/In0="],
        "<argument>: this is no request, it looks like JSON in Base64: decode it first",
    );
}

#[test]
fn lines_may_be_blank_marked_and_in_utf_16() {
    let batch = |stdin: &[u8]| {
        let mut command = assert_cmd::Command::from_std(program());
        command.args(["batch", "--edition", "latest", "--state", STATE]).write_stdin(stdin);
        Run::of(command.output().unwrap())
    };
    let bytes = std::fs::read(format!("{}/{}", env!("CARGO_MANIFEST_DIR"), field("b01.ndjson"))).unwrap();
    let run = batch(&bytes);
    let answers = run.json_lines();
    let numbers: Vec<_> = answers.iter().map(|answer| answer["line"].as_u64()).collect();
    assert_eq!(numbers, [None, None, Some(4), Some(5), None, Some(7), Some(8)]);
    assert_eq!((&answers[0]["accepted"], &answers[1]["id"]), (&Value::from(true), &Value::from("二")));
    assert_eq!(answers[4]["violations"][0]["code"], "InvalidRegion.NotFound");
    let units = std::str::from_utf8(&bytes).unwrap().encode_utf16();
    let wide: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    assert_eq!(batch(&wide).stdout, run.stdout);

    let query = "ImageIds.0=img-q7w3e9rt&DestinationRegions.0=ap-shanghai";
    let line = format!(
        r#"{{"id":1,"headers":{{"x-tc-version":"2017-03-12","Host":"x"}},"region":"ap-guangzhou","request":"{query}"}}"#
    );
    let run = batch(format!("\n{line}\n \r\n\n").as_bytes());
    assert_eq!((run.status, run.json_lines().len()), (0, 1));
    assert!(run.stderr.starts_with("1 line: 1 accepted"), "{}", run.stderr);
    for (line, words) in [
        (r#"{"headers":{"X-TC-Region":"a"},"region":"b","request":{}}"#, "`region` is `b`"),
        (r#"{"headers":[],"request":{}}"#, "not an object of texts"),
        (r#"{"headers":{"X-TC-Region":1},"request":{}}"#, "not an object of texts"),
        (r#"{"headers":{"X-TC-Region":"a","x-tc-region":"b"},"request":{}}"#, "there twice, with two values"),
        (
            r#"{"headers":{"X-TC-Regoin":"a"},"request":{}}"#,
            "there is no header `X-TC-Regoin`, did you mean `X-TC-Region`?",
        ),
        ("{\"id\":[1,\r2],\"request\":{}}", "carriage return"),
    ] {
        let run = batch(line.as_bytes());
        assert_eq!(run.status, 2, "{line}");
        assert!(
            run.stdout.contains(words) && run.stdout.matches(['\n', '\r']).count() == 1,
            "{}",
            run.stdout
        );
    }
}
