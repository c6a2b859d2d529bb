//! Requests whose shape is wrong, with what was meant in its place.
#![cfg(all(feature = "wire", feature = "hints", feature = "proptest"))]

use presync::check::SentSuggestion;
use presync::report::Edit;
use presync::wire::{self, DecodeError, Headers};
use presync::{Image, Region, Ruleset, State};

const ID: &str = "img-o3ycss2p";

fn words(edits: &[Edit]) -> Vec<String> {
    edits.iter().map(|edit| format!("{edit} ({})", edit.confidence())).collect()
}

fn mended(bytes: &str) -> (String, Vec<String>) {
    let mended =
        wire::mend(bytes.as_bytes(), &Headers::unknown()).unwrap_or_else(|error| panic!("{bytes}: {error}"));
    let read = wire::decode(mended.text().as_bytes());
    assert!(read.is_ok(), "{bytes}: {}: {read:?}", mended.text());
    (mended.text().to_owned(), words(mended.edits()))
}

/// What stands behind the version and the destination.
fn of_query(more: &str) -> (String, Vec<String>) {
    let start = "Version=2017-03-12&DestinationRegions.0=ap-shanghai&";
    let (text, words) = mended(&format!("{start}{more}"));
    (text.strip_prefix(start).unwrap_or_else(|| panic!("{text}")).to_owned(), words)
}

#[test]
fn names_and_subscripts_of_a_query_become_what_was_meant() {
    for (sent, text, edits) in [
        ("ImageId.0=x", "ImageIds.0=x", &["rename ImageId.0 to `ImageIds.0` (likely)"][..]),
        ("ImageId=x", "ImageIds.0=x", &["rename ImageId to `ImageIds.0` (likely)"]),
        ("imageids.0=x", "ImageIds.0=x", &["rename imageids.0 to `ImageIds.0` (same meaning)"]),
        ("ImageIds[0]=x", "ImageIds.0=x", &["rename ImageIds[0] to `ImageIds.0` (same meaning)"]),
        ("ImageIds%5B0%5D=x", "ImageIds.0=x", &["rename ImageIds[0] to `ImageIds.0` (same meaning)"]),
        (
            "ImageIds[]=x&ImageIds[]=y",
            "ImageIds.0=x&ImageIds.1=y",
            &["rename ImageIds[] to `ImageIds.0` and `ImageIds.1` (same meaning)"],
        ),
        ("ImageIds.0=x&ImageNam=a", "ImageIds.0=x&ImageName=a", &["rename ImageNam to `ImageName` (likely)"]),
        (
            "ImageIds.0=x&dry-run=true",
            "ImageIds.0=x&DryRun=true",
            &["rename dry-run to `DryRun` (same meaning)"],
        ),
        ("ImageIds.1=x", "ImageIds.0=x", &["rename ImageIds.1 to `ImageIds.0` (same meaning)"]),
        (
            "ImageIds.2=y&ImageIds.1=x",
            "ImageIds.1=y&ImageIds.0=x",
            &[
                "rename ImageIds.1 to `ImageIds.0` (same meaning)",
                "rename ImageIds.2 to `ImageIds.1` (same meaning)",
            ],
        ),
        // An element may have been lost.
        (
            "ImageIds.0=x&ImageIds.2=y",
            "ImageIds.0=x&ImageIds.1=y",
            &["rename ImageIds.2 to `ImageIds.1` (likely)"],
        ),
        ("ImageIds.00=x", "ImageIds.0=x", &["rename ImageIds.00 to `ImageIds.0` (same meaning)"]),
        ("ImageIds=x", "ImageIds.0=x", &["set ImageIds to `x` (same meaning)"]),
        (
            "ImageIds=x,y&ImageIds.1=z",
            "ImageIds.0=x&ImageIds.2=y&ImageIds.1=z",
            &["set ImageIds to `x` and `y` (same meaning)"],
        ),
        ("ImageIds.0=x&ImageIds.0=%78", "ImageIds.0=x", &["remove ImageIds.0 (same meaning)"]),
        ("ImageIds.0=x&Nonce=1&Nonce=1", "ImageIds.0=x&Nonce=1", &["remove Nonce (same meaning)"]),
        (
            "ImageIds.0=x&amp;ImageName=a&amp;Action=SyncImages",
            "ImageIds.0=x&ImageName=a&Action=SyncImages",
            &[
                "rename amp;Action to `Action` (same meaning)",
                "rename amp;ImageName to `ImageName` (same meaning)",
            ],
        ),
        ("ImageIds.0=x&ImageName=a&b", "ImageIds.0=x&ImageName=a%26b", &["set ImageName to `a&b` (likely)"]),
        (
            "ImageIds.0=x&ImageName=a&b&c&Nonce=1",
            "ImageIds.0=x&ImageName=a%26b%26c&Nonce=1",
            &["set ImageName to `a&b&c` (likely)"],
        ),
        (
            "Action=syncimages&ImageId=x",
            "Action=SyncImages&ImageIds.0=x",
            &["set Action to `SyncImages` (same meaning)", "rename ImageId to `ImageIds.0` (likely)"],
        ),
        (
            "Action=SyncImage&ImageIds.0=x",
            "Action=SyncImages&ImageIds.0=x",
            &["set Action to `SyncImages` (likely)"],
        ),
        ("ImageIds.0=x&DryRun=null", "ImageIds.0=x", &["remove DryRun (same meaning)"]),
        // A request that is changed is to be signed anew.
        ("ImageId.0=x&Signature=s", "ImageIds.0=x", &["rename ImageId.0 to `ImageIds.0` (likely)"]),
        ("ImageIds.0=x&Signature=s", "ImageIds.0=x&Signature=s", &[]),
    ] {
        let (found, words) = of_query(sent);
        assert_eq!(
            (&*found, &*words),
            (text, &*edits.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "{sent}"
        );
    }
}

#[test]
fn types_and_names_of_a_body_become_what_was_meant() {
    for (sent, text, edits) in [
        (r#"{"ImageIds": "x"}"#, r#"{"ImageIds": ["x"]}"#, &["set ImageIds to `x` (same meaning)"][..]),
        (
            r#"{"ImageIds":"x, y"}"#,
            r#"{"ImageIds":["x", "y"]}"#,
            &["set ImageIds to `x` and `y` (same meaning)"],
        ),
        (r#"{"Version": 1.50}"#, r#"{"Version": "1.50"}"#, &["set Version to `1.50` (same meaning)"]),
        (r#"{"DryRun": "True"}"#, r#"{"DryRun": true}"#, &["set DryRun to `true` (same meaning)"]),
        (r#"{"ImageName": true}"#, r#"{"ImageName": "true"}"#, &["set ImageName to `true` (same meaning)"]),
        (
            "{\r\n  \"DryRun\": null,\r\n  \"ImageIds\": [\"x\"]\r\n}\r\n",
            "{\r\n  \"ImageIds\": [\"x\"]\r\n}\r\n",
            &["remove DryRun (same meaning)"],
        ),
        (
            r#"{"ImageIds": ["x" ,null, 1,  null, "y"]}"#,
            r#"{"ImageIds": ["x", "1", "y"]}"#,
            &[
                "remove ImageIds.1 (same meaning)",
                "set ImageIds.2 to `1` (same meaning)",
                "remove ImageIds.3 (same meaning)",
            ],
        ),
        (
            r#"{"image_ids" : ["x"], "destinationregions": "y"}"#,
            r#"{"ImageIds" : ["x"], "DestinationRegions": ["y"]}"#,
            &[
                "rename destinationregions to `DestinationRegions` (same meaning)",
                "rename image_ids to `ImageIds` (same meaning)",
                "set DestinationRegions to `y` (same meaning)",
            ],
        ),
        (
            r#"{"ImageIds.1": "y", "Nonce": 1, "ImageIds.0": "x"}"#,
            r#"{"ImageIds": ["x", "y"], "Nonce": 1}"#,
            &[
                "rename ImageIds.0 to `ImageIds` (same meaning)",
                "rename ImageIds.1 to `ImageIds` (same meaning)",
            ],
        ),
        (
            r#"{"ImageIds.0": "x"}"#,
            r#"{"ImageIds": ["x"]}"#,
            &["rename ImageIds.0 to `ImageIds` (same meaning)", "set ImageIds to `x` (same meaning)"],
        ),
        (
            r#"{"ImageIds": ["x"], "ImageIds": [ "x" ], "Signature": "s"}"#,
            r#"{"ImageIds": ["x"]}"#,
            &["remove ImageIds (same meaning)"],
        ),
        (
            r#"{"Action": "Syncimages"}"#,
            r#"{"Action": "SyncImages"}"#,
            &["set Action to `SyncImages` (same meaning)"],
        ),
    ] {
        let (found, words) = mended(sent);
        assert_eq!(
            (&*found, &*words),
            (text, &*edits.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "{sent}"
        );
    }
}

#[test]
fn a_damaged_text_becomes_whole() {
    let whole =
        format!("https://host/?Version=2017-03-12&ImageIds.0={ID}&ImageName=a%23b&DestinationRegions.0=gz");
    let printed = whole.replace('&', "\r\n  &");
    let joined = ["send it on one line (same meaning)"];
    assert_eq!(mended(&printed), (whole.clone(), joined.map(str::to_owned).to_vec()));
    let in_name = whole.replace("%23", "#");
    assert_eq!(mended(&in_name), (whole.clone(), vec!["set ImageName to `a#b` (likely)".to_owned()]));
    let html = whole.replace("%23", "").replace('&', "&#38;");
    let (text, edits) = mended(&html);
    assert_eq!(text, whole.replace("%23", ""));
    assert_eq!(edits[0], "rename #38;ImageIds.0 to `ImageIds.0` (same meaning)");
    let escaped = format!("Action=SyncImages\\u0026Version=2017-03-12\\u0026ImageIds.0={ID}");
    let action = vec!["set Action to `SyncImages` (same meaning)".to_owned()];
    assert_eq!(mended(&escaped), (escaped.replace("\\u0026", "&"), action));
    let lines = format!("Action=SyncImages\nVersion=2017-03-12\n\nImageIds.0={ID}\n");
    let text = format!("Action=SyncImages&Version=2017-03-12&ImageIds.0={ID}");
    assert_eq!(mended(&lines), (text, joined.map(str::to_owned).to_vec()));
}

#[test]
fn what_no_slip_explains_is_not_guessed() {
    for (sent, stays) in [
        // It could be one that protects.
        ("ImageIds.0=x&Foo=1&ImageNam=a", "Foo"),
        ("ImageIds.0=x&ImageIds.0=y", "ImageIds.0"),
        ("Version=1&ImageIds.0", "ImageIds.0"),
        ("ImageIds.0=x&<Common request parameters>", "<Common request parameters>"),
        ("DestinationRegions.0=a&b", "b"),
        ("ImageIds.0=%FF", "ImageIds.0"),
        ("ImageIds=[\"x\"]", "ImageIds"),
        ("Action=DescribeImages", "Action"),
        (r#"{"ImageIds": {"0": "x"}}"#, "ImageIds"),
        (r#"{"DryRun": 1}"#, "DryRun"),
        (r#"{"Region": ["a"]}"#, "Region"),
        (r#"{"Region": "a", "Region": "b"}"#, "Region"),
        (r#"{"ImageIds": [["x"]]}"#, "ImageIds.0"),
    ] {
        let Err(DecodeError::Shape { violations }) = wire::mend(sent.as_bytes(), &Headers::unknown()) else {
            panic!("{sent}");
        };
        let parameters: Vec<String> =
            violations.iter().map(|violation| violation.parameter().to_string()).collect();
        assert_eq!(parameters, [stays], "{sent}");
    }
    assert_eq!(wire::mend(b"", &Headers::unknown()), Err(DecodeError::Empty));
    let long = "x".repeat(5_000);
    assert!(wire::mend(format!("ImageIds.0={long}").as_bytes(), &Headers::unknown()).is_err());
}

fn state() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    State::new(regions, [Image::new("ap-guangzhou", ID).with_image_size(20)]).unwrap()
}

fn suggested(bytes: &str, headers: &Headers<'_>) -> SentSuggestion {
    Ruleset::default().suggest_sent(bytes.as_bytes(), headers, &state())
}

#[test]
fn a_header_and_the_body_agree_where_one_is_a_slip_away_from_the_other() {
    let body = |region: &str| {
        format!(r#"{{"Region": "{region}", "ImageIds": ["{ID}"], "DestinationRegions": ["sh"]}}"#)
    };
    let right = body("ap-guangzhou").replace("sh", "ap-shanghai");
    for (header, sent) in
        [("ap-guangzhou", "gz"), ("ap-guangzhou", "AP-Guangzhou "), ("ap-guangzhou", "ap-guangzhou-3")]
    {
        let found = suggested(&body(sent), &Headers::unknown().with_region(header));
        assert_eq!((found.texts(), found.headers()), (&[right.clone()][..], &[][..]), "{sent}");
        let found = suggested(&body(header), &Headers::unknown().with_region(sent));
        let headers = [("X-TC-Region", header.to_owned())];
        assert_eq!((found.texts(), found.headers()), (&[right.clone()][..], &headers[..]), "{sent}");
        let words = words(found.suggestion().edits());
        assert_eq!(words[0], "set Region to `ap-guangzhou` (same meaning)");
    }
    let found = suggested(&body("ap-beijing"), &Headers::unknown().with_region("ap-guangzhou"));
    assert!(found.texts().is_empty() && found.suggestion().edits().is_empty());
    let remedies: Vec<String> = found.suggestion().remedies().iter().map(ToString::to_string).collect();
    assert_eq!(remedies, ["choose one value of Region: it is sent with different ones"]);

    let headers = Headers::read(|name| match name {
        "X-TC-Action" => Some("SyncImage"),
        "X-TC-Version" => Some("2017-03-21"),
        _ => None,
    });
    let found = suggested(
        r#"{"Version": "2017-03-12", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["sh"]}"#,
        &headers,
    );
    assert_eq!(
        words(found.suggestion().edits()),
        [
            "set Action to `SyncImages` (likely)",
            "set Version to `2017-03-12` (likely)",
            "set DestinationRegions.0 to `ap-shanghai` (same meaning)",
        ]
    );
    assert_eq!(
        found.headers(),
        [("X-TC-Action", "SyncImages".to_owned()), ("X-TC-Version", "2017-03-12".to_owned())]
    );
}
