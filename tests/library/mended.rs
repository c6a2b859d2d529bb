//! Requests whose shape is wrong, with what was meant in its place.
#![cfg(all(feature = "wire", feature = "hints", feature = "proptest"))]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use presync::check::{SentSuggestion, plan};
use presync::generators::strategies;
use presync::report::{Edit, Fact};
use presync::wire::{self, DecodeError, Headers};
use presync::{Image, Parameter, Region, Ruleset, State, SyncRequest, Violation};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use crate::support::cases;

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
        // In order once the name is right.
        (
            "ImageId.0=x&ImageIds.1=y",
            "ImageIds.0=x&ImageIds.1=y",
            &["rename ImageId.0 to `ImageIds.0` (likely)"],
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
        (
            "ImageIds.0=x&ImageName=a&amp;b",
            "ImageIds.0=x&ImageName=a%26b",
            &["set ImageName to `a&b` (likely)"],
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
        ("DryRun=+TRUE&ImageIds.0=x", "DryRun=true&ImageIds.0=x", &["set DryRun to `true` (same meaning)"]),
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
    let with_action = whole.replace("/?", "/?Action=SyncImages&");
    // A value is cut in two.
    let printed = with_action.replace('&', "\r\n  &").replace(ID, "img-o3\r\nycss2p");
    assert_eq!(mended(&printed), (with_action, joined.map(str::to_owned).to_vec()));
    let in_name = whole.replace("%23", "#");
    assert_eq!(mended(&in_name), (whole.clone(), vec!["set ImageName to `a#b` (likely)".to_owned()]));
    // A `#` in the address is no part of the query.
    let (sent, text) = (in_name.replace("/?", "/#/?"), whole.replace("/?", "/#/?"));
    assert_eq!(mended(&sent), (text, vec!["set ImageName to `a#b` (likely)".to_owned()]));
    // What stands behind a `#` is not sent, and stays where it stands.
    let with_rest = format!("{whole}#b&DryRun=true");
    let edits = vec!["rename imageids.0 to `ImageIds.0` (same meaning)".to_owned()];
    assert_eq!(mended(&with_rest.replace("ImageIds", "imageids")), (with_rest, edits));
    let html = whole.replace("%23", "").replace('&', "&#38;");
    let (text, edits) = mended(&html);
    assert_eq!(text, whole.replace("%23", ""));
    assert_eq!(edits[0], "rename #38;ImageIds.0 to `ImageIds.0` (same meaning)");
    // No `&` stands before it: it is a part of the name.
    let in_name = whole.replace("%23", "#38;");
    let edits = vec!["set ImageName to `a#38;b` (likely)".to_owned()];
    assert_eq!(mended(&in_name), (whole.replace("%23", "%2338;"), edits));
    let escaped = format!("Action=SyncImages\\u0026Version=2017-03-12\\u0026ImageIds.0={ID}");
    let action = vec!["set Action to `SyncImages` (same meaning)".to_owned()];
    assert_eq!(mended(&escaped), (escaped.replace("\\u0026", "&"), action));
    // In a form a line break may stand in a value.
    let form = format!("Version=2017-03-12&\nImageName=a\nb&ImageIds.0={ID}");
    assert_eq!(mended(&form), (form.replace("&\n", "&"), joined.map(str::to_owned).to_vec()));
    // A name is cut in two, and misspelt.
    let printed = whole.replace("DestinationRegions", "destination\n  regions");
    let (text, words) = mended(&printed);
    assert_eq!((text, &words[..1]), (whole.clone(), &joined.map(str::to_owned)[..]));
    assert_eq!(words[1..], ["rename destinationregions.0 to `DestinationRegions.0` (same meaning)"]);
    let removed: Vec<Vec<(String, String)>> =
        wire::mend(printed.replace("ImageIds", "imageids").as_bytes(), &Headers::unknown())
            .unwrap()
            .edits()
            .iter()
            .map(|edit| edit.removes().map(|(rule, at)| (rule.to_owned(), at.to_string())).collect())
            .collect();
    assert_eq!(removed.len(), 3, "{removed:?}");
    assert_eq!(removed[0].len(), 2, "{removed:?}");
    // Of two parts of one name the one with a value is read.
    let twice = format!("Action&Action=SyncImage&Version=2017-03-12&ImageIds.0={ID}");
    let left = wire::mend(twice.as_bytes(), &Headers::unknown()).unwrap_err().to_string();
    assert!(left.contains("`Action` has no `=`"), "{left}");
    let lines = format!("Action=SyncImages\nVersion=2017-03-12\n\nImageIds.0={ID}\n");
    let text = format!("Action=SyncImages&Version=2017-03-12&ImageIds.0={ID}");
    assert_eq!(mended(&lines), (text, joined.map(str::to_owned).to_vec()));
}

#[test]
fn a_hint_says_what_can_be_done() {
    let hints = |text: &str| -> Vec<Option<String>> {
        let (Err(DecodeError::Shape { violations }) | Err(DecodeError::Damaged { violations, .. })) =
            wire::decode(text.as_bytes())
        else {
            panic!("{text}");
        };
        violations.iter().map(|violation| violation.hint().map(str::to_owned)).collect()
    };
    let hint = |words: &str| [Some(words.to_owned())];
    // What only starts like the action is no request in one value.
    assert_eq!(hints("Action=SyncImage\\u0026Version=1"), hint("`\\u0026` is `&`, as JSON writes it"));
    assert_eq!(hints("Action=Sync\\u0026Version=1"), [None]);
    assert_eq!(hints("Action=DescribeImages\nVersion=1&ImageIds.0=x"), [None]);
    // There may be no value to which the `#` belongs, or none that is a text.
    let behind = "it stands behind a `#`, at which the URL ends";
    assert_eq!(
        hints("https://x/?Version=1#&ImageIds.0=x"),
        hint(&format!("{behind}: a `#` within a value is written `%23`"))
    );
    assert_eq!(hints("https://x/?#&ImageIds.0=x"), hint(behind));
    assert_eq!(hints("https://x/?Version=1#%FF&ImageIds.0=x"), hint(behind));
}

#[test]
fn many_elements_of_one_name_are_numbered_in_their_order() {
    let sent: Vec<String> = (0..50).map(|n| format!("ImageIds[]={n}")).collect();
    let numbered: Vec<String> = (0..50).map(|n| format!("ImageIds.{n}={n}")).collect();
    let (text, words) = of_query(&sent.join("&"));
    // A hint names at most sixteen.
    assert_eq!((text, words.len()), (numbered.join("&"), 4));
}

#[test]
fn an_element_that_is_in_order_once_another_has_its_name_goes_with_that_edit() {
    let sent = b"Version=2017-03-12&ImageIds.1=y&ImageId.0=x&dry-run=true";
    let mended = wire::mend(sent, &Headers::unknown()).unwrap();
    let removed = |edit: &Edit| edit.removes().map(|(rule, at)| format!("{rule} {at}")).collect::<Vec<_>>();
    let removed: BTreeMap<String, Vec<String>> =
        mended.edits().iter().map(|edit| (edit.parameter().to_string(), removed(edit))).collect();
    let rename = ["parameter-known ImageId.0", "subscripts-from-zero ImageIds.1"].map(str::to_owned);
    let flag = ["parameter-known dry-run"].map(str::to_owned);
    assert_eq!(
        removed,
        BTreeMap::from([("ImageId.0".to_owned(), rename.to_vec()), ("dry-run".to_owned(), flag.to_vec())])
    );
}

#[test]
fn a_list_that_is_sent_in_sixteen_parts_is_mended_and_in_more_is_not() {
    let sent =
        |count: usize| (0..count).map(|number| format!("ImageIds={number}")).collect::<Vec<_>>().join("&");
    let numbered: Vec<String> = (0..16).map(|number| format!("ImageIds.{number}={number}")).collect();
    assert_eq!(of_query(&sent(16)).0, numbered.join("&"));
    let more = wire::mend(sent(17).as_bytes(), &Headers::unknown());
    let Err(DecodeError::Shape { violations }) = more else { panic!("{more:?}") };
    assert_eq!(
        violations.iter().map(|violation| violation.parameter().to_string()).collect::<Vec<_>>(),
        ["ImageIds"]
    );
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
        ("ImageIds.0=x&ImageName=a&dryrun", "dryrun"),
        ("ImageIds.0=x&ImageName=a&Encrypt:true", "Encrypt:true"),
        ("ImageIds.0=x&ImageName=a&DryRun%3Dtrue", "DryRun=true"),
        ("ImageIds.0=x&ImageName=a&amp;DryRun", "amp;DryRun"),
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
    Ruleset::default().suggest_sent(bytes.as_bytes(), headers, &state()).unwrap()
}

#[test]
fn what_is_no_request_has_no_suggestion() {
    let suggest =
        |text: &str| Ruleset::default().suggest_sent(text.as_bytes(), &Headers::unknown(), &state());
    for text in ["", "curl -X POST", "{\"A\": 1}", "{\"ImageIds\": ["] {
        let error = wire::decode(text.as_bytes()).unwrap_err();
        assert_eq!(suggest(text).unwrap_err(), error, "{text}");
    }
    // A request that no change helps has one without a text.
    let image = "ImageIds.0=img-00000000&DestinationRegions.0=ap-nowhere";
    assert_eq!(suggest(image).unwrap().texts(), [""; 0]);
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

    // A header that is right stays as it is.
    let body = |version: &str| {
        format!(r#"{{"Version": "{version}", "ImageIds": ["{ID}"], "DestinationRegions": ["ap-shanghai"]}}"#)
    };
    let version = Headers::read(|name| (name == "X-TC-Version").then_some("2017-03-12"));
    for sent in ["2017-03-21", "2017-03-12 ", "2018-01-01"] {
        let found = suggested(&body(sent), &version);
        assert_eq!((found.texts(), found.headers()), (&[body("2017-03-12")][..], &[][..]), "{sent}");
    }
    // Two that are wrong both become the one that is documented.
    let version = [("X-TC-Version", "2017-03-12".to_owned())];
    for (header, sent, edit) in [
        ("2018-01-01", "2017-03-21", "set Version to `2017-03-12` (likely)"),
        ("2018-01-01", "2017-03-12 ", "set Version to `2017-03-12` (likely)"),
        ("2017-03-12 ", "2018-01-01", "set Version to `2017-03-12` (likely)"),
        ("2017-03-12 ", " 2017-03-12", "set Version to `2017-03-12` (same meaning)"),
    ] {
        let headers = Headers::read(|name| (name == "X-TC-Version").then_some(header));
        let found = suggested(&body(sent), &headers);
        assert_eq!((found.texts(), found.headers()), (&[body("2017-03-12")][..], &version[..]), "{sent}");
        assert_eq!(words(found.suggestion().edits()), [edit], "{header} {sent}");
    }
}

#[test]
fn what_is_lacking_is_added_where_the_request_has_the_others() {
    let query = format!("ImageIds.0={ID}&DestinationRegions.0=ap-shanghai");
    let body = format!(r#"{{"ImageIds": ["{ID}"], "DestinationRegions": ["ap-shanghai"]}}"#);
    let all = |region: Option<&'static str>| {
        Headers::read(move |name| if name == "X-TC-Region" { region } else { None })
    };
    // Headers that are all known have no version, nor has the request. Beside a
    // body it travels in a header.
    let found = suggested(&body, &all(Some("ap-guangzhou")));
    let version = [("X-TC-Version", "2017-03-12".to_owned())];
    assert_eq!((found.texts(), found.headers()), (&[body][..], &version[..]));
    // A query has all parameters in it.
    let found = suggested(&query, &all(None));
    let text = format!("{query}&Version=2017-03-12");
    assert_eq!((found.texts(), found.headers()), (&[text][..], &[][..]));
    // What is wrong in the body is mended there.
    let sent = format!(
        r#"{{"Version": "2017-03-21", "ImageIds": ["{ID}"], "DestinationRegions": ["ap-shanghai"]}}"#
    );
    let found = suggested(&sent, &all(None));
    assert_eq!((found.texts(), found.headers()), (&[sent.replace("03-21", "03-12")][..], &[][..]));
}

/// An edit that is not seen in the end is none.
#[test]
fn what_is_set_or_renamed_only_to_be_changed_again_is_one_edit() {
    let body =
        |first: &str| format!(r#"{{{first}, "ImageIds": ["{ID}"], "DestinationRegions": ["ap-shanghai"]}}"#);
    for (first, edit, removes) in [
        (
            r#""Version": 20170312"#,
            "set Version to `2017-03-12` (likely)",
            &["parameter-type Version", "version-supported Version"][..],
        ),
        // The first page has no such parameter.
        (
            r#""imagename": "web""#,
            "remove imagename (gives something up)",
            &["parameter-known imagename", "parameter-known ImageName"],
        ),
        (
            r#""imagename": 1"#,
            "remove imagename (gives something up)",
            &["parameter-known imagename", "parameter-type ImageName", "parameter-known ImageName"],
        ),
    ] {
        let found = suggested(&body(first), &Headers::unknown());
        assert_eq!(words(found.suggestion().edits()), [edit], "{first}");
        let removed = found.suggestion().edits()[0].removes();
        let removed: Vec<String> = removed.map(|(rule, parameter)| format!("{rule} {parameter}")).collect();
        assert_eq!(removed, removes, "{first}");
        assert_eq!(found.texts().len(), 1, "{first}");
    }
    // The subscripts of others depend on that of an element.
    let query = format!("ImageIds.0={ID}&DestinationRegions.1=nowhere&DestinationRegions.2=ap-shanghai");
    let found = suggested(&format!("Version=2017-03-12&{query}"), &Headers::unknown());
    assert_eq!(
        words(found.suggestion().edits()),
        [
            "rename DestinationRegions.1 to `DestinationRegions.0` (same meaning)",
            "rename DestinationRegions.2 to `DestinationRegions.1` (same meaning)",
            "remove DestinationRegions.0 (gives something up)",
        ]
    );
    // Two that are both seen stay two.
    let found = suggested(&body(r#""version": "2017-03-21""#), &Headers::unknown());
    let edits = ["rename version to `Version` (same meaning)", "set Version to `2017-03-12` (likely)"];
    assert_eq!(words(found.suggestion().edits()), edits);
}

/// Requests that between them have every hint on their shape, beside the cases.
const HINTED: &[&str] = &[
    "Action=SyncImages%0AVersion=1&ImageIds.0=x",
    "Action=SyncImages%0A&ImageIds.0=x",
    "Action=SyncImages\nVersion=1\nImageIds.0=x",
    "Action=SyncImages\\u0026Version=1&ImageIds.0=x",
    "Action=SyncImages%5Cu0026Version=1&ImageIds.0=x",
    "Action=Sync\\u0026Version=1&ImageIds.0=x",
    "Action=syncimages&ImageIds.0=x",
    "ImageIds.x=a&ImageIds.x=b",
    "ImageId.x=a&ImageId.x=b",
    "ImageIds.1=x",
    "ImageIds[]=a&ImageIds.0=b",
    "DestinationRegions=a,b&DestinationRegions=c",
    "DestinationRegions=a&DestinationRegions.0=x",
    "Version=2017-03-12&ImageName=a & b&Encrypt&ImageIds.0",
    "Version=2017-03-12&ImageName=a & b&ImageIds.0=x",
    "Version=2017-03-12&ImageName=a&dryrun&ImageIds.0=x",
    "ImageIds.0=x&<Common request parameters>",
    "ImageIds.0=x&b",
    "ImageIds.0=x&amp;Region=y",
    "ImageIds.0=x&\nRegion=y",
    "&1?#a=b&c\n=d&ImageIds.0=x&ImageIds",
    "&\"a\n=b&ImageIds.0=x&ImageIds",
    "https://x/?Version=1&ImageIds.0=x&ImageName=a #1&DestinationRegions.0=y",
    "https://x/?#Version=1&ImageIds.0=x",
    "/=-\n&DestReg?",
    "https://x/?SecretId=\r&a\nb&ImageIds.0=x",
    "https://x/?Version=1#%FF&ImageIds.0=x",
    "https://h/?ImageIds.0=x&#38;DestinationRegions.0=y&#38;Version=2017-03-12",
    "https://h/?Action=SyncImages&\r\n  Version=2017-03-12&\r\n  ImageIds.0=x&\r\n  DestinationRegions.0=gz",
    r#"{"ImageIds": "x,y", "Regio": "a", "DryRun": "true", "Encrypt": null, "ImageName": 1}"#,
    r#"{"ImageIds": [1, null, true]}"#,
    r#"{"ImageName": 1e400, "ImageIds": ["\u0061", null], "DryRun": "true", "x": [1e999]}"#,
];

/// The hints that no edit can follow, each by a part of its words, and why.
const NOT_FOLLOWED: &[(&str, &str)] = &[
    ("=` and a value", "nobody but the sender knows the value"),
    ("it stands for parameters", "nobody but the sender knows the parameters"),
    ("a `&` within a value is written `%26`", "only a name or a key may be any text: no region has an `&`"),
    ("parameters are separated by `&`", "a line break that is encoded stands in the value itself"),
    ("at which the URL ends", "no value stands before the `#`, or none that is a text"),
    ("is `&`, as JSON writes it", "so does a backslash that is encoded, or escaped in JSON"),
];

/// What to do with the whole text; where this leads to no request, nothing is an edit.
const OF_THE_WHOLE: [&str; 2] = ["send it on one line", "as HTML writes it"];

/// How many hints of a text are edits, and the words of those that no edit can follow.
#[derive(Debug, Default)]
struct Hints {
    followed: usize,
    not_followed: BTreeSet<&'static str>,
}

fn is_meant(violation: &Violation) -> bool {
    let facts = violation.facts();
    facts.text(Fact::Meant).is_some() || !facts.texts(Fact::Elements).is_empty()
}

/// Holds that each hint on the shape of this text is an edit, or one of those
/// that no edit can follow.
fn hold_hints(bytes: &[u8], headers: &Headers<'_>) -> Hints {
    let (text, mut hints) = (String::from_utf8_lossy(bytes), Hints::default());
    let (Err(DecodeError::Shape { violations }) | Err(DecodeError::Damaged { violations, .. })) =
        wire::decode_with(bytes, headers)
    else {
        return hints;
    };
    let mut all = violations.iter().filter_map(Violation::hint);
    if all.any(|hint| OF_THE_WHOLE.iter().any(|words| hint.contains(words))) {
        let is_request = |line: &str| {
            let read = wire::decode_with(line.as_bytes(), headers);
            matches!(read, Ok(_) | Err(DecodeError::Shape { .. } | DecodeError::Damaged { .. }))
        };
        // In a form a line break within a value stays.
        let parts: Vec<&str> = text.split('&').map(str::trim_ascii).collect();
        let joined = |part: &str| part.split(['\n', '\r']).map(str::trim_ascii).collect::<String>();
        let line = text.split('&').map(joined).collect::<Vec<_>>().join("&");
        let decoded = ["&amp;", "&#38;", "&#038;", "&#x26;", "&#X26;"]
            .iter()
            .fold(line.clone(), |line, entity| line.replace(entity, "&"));
        if ![parts.join("&"), line, decoded].iter().all(|line| is_request(line)) {
            return hints;
        }
    }
    // A value that nobody looks at is never read; under its right name it may be no text.
    let is_text = |error: serde_json::Error| !error.to_string().contains("hex escape");
    if !serde_json::from_slice::<serde_json::Value>(bytes).map_or_else(is_text, |_| true) {
        return hints;
    }
    let key = |violation: &Violation| (violation.rule().to_owned(), violation.parameter().clone());
    let mut removed: BTreeSet<(String, Parameter)> = BTreeSet::new();
    // One that is followed may leave another reason of the same violation, with a hint of its own.
    let mut left: BTreeMap<(String, Parameter), Violation> = BTreeMap::new();
    match wire::mend(bytes, headers) {
        Ok(mended) => {
            let of = |(rule, parameter): (&str, &Parameter)| (rule.to_owned(), parameter.clone());
            removed.extend(mended.edits().iter().flat_map(Edit::removes).map(of));
        }
        Err(DecodeError::Shape { violations: open } | DecodeError::Damaged { violations: open, .. }) => {
            left.extend(open.into_iter().map(|violation| (key(&violation), violation)));
            removed.extend(violations.iter().map(key).filter(|key| !left.contains_key(key)));
        }
        Err(error) => panic!("{text}: {error}"),
    }
    for violation in &violations {
        assert!(!is_meant(violation) || violation.hint().is_some(), "{text}: {violation} has no hint");
        if removed.contains(&key(violation)) {
            hints.followed += usize::from(violation.hint().is_some());
            continue;
        }
        let Some(left) = left.get(&key(violation)) else {
            assert_eq!(violation.hint(), None, "{text}: no edit removes {violation}");
            continue;
        };
        let Some(hint) = left.hint() else { continue };
        let is_no_edit = || format!("{text}: {left}: {hint}: it is no edit");
        assert!(!is_meant(left), "{}", is_no_edit());
        let exception = NOT_FOLLOWED.iter().find(|(words, _)| hint.contains(words));
        let (words, _) = exception.unwrap_or_else(|| panic!("{}", is_no_edit()));
        hints.not_followed.insert(words);
    }
    hints
}

#[test]
fn every_hint_on_a_shape_is_an_edit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (cases, _) = cases::load(&root.join("tests/cases"));
    let unknown = Headers::unknown();
    let mut all: Vec<(Vec<u8>, Headers<'_>)> =
        cases.iter().map(|case| (case.bytes(), case.headers())).collect();
    all.extend(HINTED.iter().map(|text| (text.as_bytes().to_vec(), unknown)));
    for folder in ["fuzz/corpus/decode", "tests/data/field"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                all.push((fs::read(path).unwrap(), unknown));
            }
        }
    }
    let (mut followed, mut stale) =
        (0, NOT_FOLLOWED.iter().map(|(words, _)| *words).collect::<BTreeSet<_>>());
    for (bytes, headers) in &all {
        let found = hold_hints(bytes, headers);
        followed += found.followed;
        stale.retain(|words| !found.not_followed.contains(words));
    }
    println!("{followed} hints on a shape are edits");
    assert!(followed > 100, "{followed}");
    assert!(stale.is_empty(), "no hint is like {stale:?}");
}

#[test]
fn what_is_suggested_for_a_case_is_accepted() {
    let (cases, _) = cases::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"));
    let (mut refused, mut suggested, mut of_shape) = (0, 0, 0);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        let Ok(report) = case.report() else { continue };
        if report.violations().is_empty() {
            continue;
        }
        refused += 1;
        let rules = Ruleset::documented(case.edition);
        let found = rules.suggest_sent(&case.bytes(), &case.headers(), &case.state).unwrap();
        let requests: Vec<SyncRequest> = found.suggestion().requests().cloned().collect();
        assert_eq!(requests.len(), found.texts().len(), "{}", case.name);
        for report in plan::check(&rules, &requests, &case.state) {
            assert!(report.violations().is_empty(), "{}: {:?}", case.name, found.texts());
        }
        suggested += usize::from(!requests.is_empty());
        of_shape += usize::from(!requests.is_empty() && case.decode().is_err());
        for edit in found.suggestion().edits() {
            *kinds.entry(format!("{:?}, {}", edit.kind(), edit.confidence())).or_default() += 1;
        }
    }
    println!(
        "{suggested} of {refused} refused cases have a suggestion, {of_shape} of a wrong shape; {kinds:?}"
    );
    assert!(refused > 100 && suggested > 60 && of_shape > 5, "{refused}, {suggested}, {of_shape}");
}

/// Follows what the facts of a violation say was meant, by hand.
fn follow(request: &mut SyncRequest, violation: &Violation) -> bool {
    let facts = violation.facts();
    let values: Vec<String> = match facts.text(Fact::Meant) {
        Some(meant) => vec![meant.to_owned()],
        None => facts.texts(Fact::Elements).to_vec(),
    };
    let (parameter, Some(first)) = (violation.parameter(), values.first()) else { return false };
    match parameter.subscript() {
        Some(subscript) => {
            let list = if parameter.name() == "ImageIds" {
                &mut request.image_ids
            } else {
                &mut request.destination_regions
            };
            list.splice(subscript..=subscript, values);
        }
        None if *parameter == Parameter::REGION => request.region = Some(first.clone()),
        None if *parameter == Parameter::VERSION => request.version = Some(first.clone()),
        None if *parameter == Parameter::IMAGE_NAME => request.image_name = Some(first.clone()),
        None => panic!("{violation}"),
    }
    true
}

#[test]
fn every_hint_on_a_value_is_an_edit_or_leads_to_no_accepted_request() {
    let (cases, _) = cases::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"));
    let (mut followed, mut in_vain) = (0, 0);
    for case in &cases {
        let Ok(request) = case.decode() else { continue };
        let rules = Ruleset::documented(case.edition);
        let report = rules.check(&request, &case.state);
        let suggestion = rules.suggest(&request, &case.state);
        let removed: BTreeSet<_> = suggestion.edits().iter().flat_map(Edit::removes).collect();
        let mut by_hand = request.clone();
        // The last ones first: those behind an element that becomes several move up.
        let mut hinted = 0;
        for violation in report.violations().iter().rev() {
            if violation.hint().is_some() && suggestion.requests().len() > 0 {
                assert!(
                    removed.contains(&(violation.rule(), violation.parameter())),
                    "{}: {violation}",
                    case.name
                );
                followed += 1;
            } else if violation.hint().is_some() {
                hinted += usize::from(follow(&mut by_hand, violation));
            }
        }
        if hinted > 0 {
            in_vain += hinted;
            assert!(!rules.check(&by_hand, &case.state).violations().is_empty(), "{}", case.name);
        }
    }
    println!("{followed} hints on values are edits, {in_vain} lead to no accepted request");
    assert!(followed > 20 && in_vain > 0, "{followed}, {in_vain}");
}

/// One damage to a text, at a place of its own.
fn damage(text: &str, kind: usize, at: Index) -> String {
    let replaced = |old: &str, new: &str| {
        let places: Vec<usize> = text.match_indices(old).map(|(place, _)| place).collect();
        if places.is_empty() {
            return text.to_owned();
        }
        let place = places[at.index(places.len())];
        format!("{}{new}{}", &text[..place], &text[place + old.len()..])
    };
    const REPLACED: &[(&str, &str)] = &[
        ("ImageIds", "ImageId"),
        ("ImageIds", "image_ids"),
        ("DestinationRegions", "DestinationRegoins"),
        ("Region", "regions"),
        ("ImageName", "ImageNam"),
        ("DryRun", "dry-run"),
        ("Encrypt", "Filters"),
        (".0=", "[0]="),
        (".0=", ".1="),
        (".0=", "="),
        (".1=", ".7="),
        (".0=", ".00="),
        ("&", "&amp;"),
        ("&", "&#38;"),
        ("&", "\n&"),
        ("&", "&a&"),
        ("&", "#&"),
        ("&", "\\u0026"),
        ("&", "\n"),
        ("=", ""),
        ("SyncImages", "SyncImage"),
        ("true", "TRUE"),
        ("true", "\"true\""),
        ("false", "null"),
        ("[\"", "\""),
        ("\"]", "\""),
        ("[\"", "[null,\""),
        ("[\"", "[1,\""),
        ("\"2017-03-12\"", "20170312"),
        (",", ", \"Foo\": 1,"),
        ("2017-03-12", "2017-03-21"),
        ("-", "\u{2013}"),
    ];
    if let Some((old, new)) = REPLACED.get(kind) {
        return replaced(old, new);
    }
    let separator = if text.starts_with('{') { ',' } else { '&' };
    let mut parts: Vec<&str> = text.split(separator).collect();
    let part = at.index(parts.len());
    match kind - REPLACED.len() {
        0 => parts.insert(part, parts[part]),
        1 => drop(parts.remove(part)),
        _ => {
            let cut: String = text.chars().take(at.index(text.chars().count().max(1))).collect();
            return cut;
        }
    }
    parts.join(&separator.to_string())
}

/// The number of kinds of damage.
const KINDS: usize = 35;

#[test]
fn what_is_suggested_for_a_damaged_text_is_read_and_accepted() {
    suggested_for_damaged_texts(4_000);
}

#[test]
#[ignore = "more than a minute, unoptimized"]
fn what_is_suggested_for_more_damaged_texts_is_read_and_accepted() {
    suggested_for_damaged_texts(40_000);
}

fn suggested_for_damaged_texts(cases: u32) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let worlds = prop_oneof![
        (strategies::any_request(), strategies::any_state()),
        select(&["image-quota", "destination-exists", "image-id-format", "image-single"][..])
            .prop_flat_map(|id| strategies::with_fault(id).unwrap()),
    ];
    let damages = prop::collection::vec((0..KINDS, any::<Index>()), 1..4);
    let regions = select(&[None, Some("gz"), Some("ap-guangzhou")][..]);
    let all = (worlds, strategies::any_edition(), 0..3_usize, damages, regions);
    // The texts whose shape is wrong, and those of them that have a suggestion.
    let (wrong, mended) = (Cell::new(0), Cell::new(0));
    let run = TestRunner::new(config).run(&all, |((request, state), edition, form, damages, region)| {
        let mut text = match form {
            0 => wire::encode_query(&request),
            1 => format!("https://x/y?{}&Signature=z", wire::encode_query(&request)),
            _ => serde_json::to_string(&request).unwrap(),
        };
        for (kind, at) in damages {
            text = damage(&text, kind, at);
        }
        let headers = region.into_iter().fold(Headers::unknown(), Headers::with_region);
        let rules = Ruleset::documented(edition);
        let suggested = rules.suggest_sent(text.as_bytes(), &headers, &state).unwrap_or_default();
        prop_assert_eq!(suggested.texts().is_empty(), suggested.suggestion().requests().len() == 0);
        let sent: BTreeMap<&str, &str> =
            suggested.headers().iter().map(|(name, value)| (*name, value.as_str())).collect();
        let changed = sent.get("X-TC-Region").copied().or(region);
        let headers = changed.into_iter().fold(Headers::unknown(), Headers::with_region);
        let read: Result<Vec<_>, _> =
            suggested.texts().iter().map(|text| wire::decode_with(text.as_bytes(), &headers)).collect();
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                return Err(TestCaseError::fail(format!("{text}\n{:?}: {error}", suggested.texts())));
            }
        };
        let reports = plan::check(&rules, &read, &state);
        for report in &reports {
            prop_assert!(
                report.violations().is_empty(),
                "{}\n{:?}\n{:?}",
                text,
                suggested.texts(),
                report.violations()
            );
        }
        // It is found again, and then there is no more to change.
        if let [only] = suggested.texts() {
            let again = rules.suggest_sent(only.as_bytes(), &headers, &state).unwrap();
            prop_assert_eq!(again.texts(), suggested.texts(), "{}", text);
            prop_assert!(again.suggestion().edits().is_empty());
        }
        let is_wrong = matches!(
            wire::decode_with(
                text.as_bytes(),
                &region.into_iter().fold(Headers::unknown(), Headers::with_region)
            ),
            Err(DecodeError::Shape { .. } | DecodeError::Damaged { .. })
        );
        wrong.set(wrong.get() + u32::from(is_wrong));
        mended.set(mended.get() + u32::from(is_wrong && !suggested.texts().is_empty()));
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
    println!("{} of {} texts of a wrong shape have a suggestion", mended.get(), wrong.get());
    assert!(mended.get() > cases / 20 && wrong.get() > mended.get(), "{} of {}", mended.get(), wrong.get());
}

/// Half of a surrogate pair is JSON where nobody reads it; line breaks hide that a text looks wide.
#[test]
fn an_error_is_about_what_was_sent() {
    for text in [r#"{"ImageId": "\ud800"}"#, "\r\r\0\0\0Action=SyncImages&Version=2017-03-12&ImageIds.1=a"] {
        let sent = wire::decode(text.as_bytes()).unwrap_err();
        let (DecodeError::Shape { .. } | DecodeError::Damaged { .. }) = &sent else {
            panic!("{text}: {sent}")
        };
        match wire::mend(text.as_bytes(), &Headers::unknown()) {
            Err(error) => assert!(
                matches!(error, DecodeError::Shape { .. } | DecodeError::Damaged { .. }),
                "{text}: {error}"
            ),
            Ok(mended) => assert!(wire::decode(mended.text().as_bytes()).is_ok()),
        }
    }
}
