//! Suggestions on the command line: the request to send, in the form in which it came.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Run, Scratch, check, check_in, presync, presync_in};

/// A state in which `img-00000000` can go from `ap-guangzhou` to `ap-shanghai` and to `ap-beijing`.
const STATE: &str = r#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}, {"Region": "ap-beijing"}],
    "Images": [{"Region": "ap-guangzhou", "ImageId": "img-00000000", "ImageSize": 20},
               {"Region": "ap-guangzhou", "ImageId": "img-11111111", "ImageSize": 20}],
    "AccountQuota": {"ImageNumQuota": 2, "Regions": [{"Region": "ap-beijing", "Used": 2}]}}"#;

/// Runs `presync check --suggest` in a folder that has the state and these files.
fn suggest(files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let folder = Scratch::with(&[files, &[("state.json", STATE)]].concat());
    presync_in(folder.path(), ["check", "--suggest", "--state", "state.json"].iter().chain(arguments), "")
}

fn suggestion(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["--format", "json"].iter().chain(arguments).copied().collect();
    suggest(files, &arguments).json()["suggestion"].clone()
}

const QUERY: &str = "Nonce=7&Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=sh&DestinationRegions.1=ap-beijing&Signature=x";

#[test]
fn a_suggestion_comes_after_the_violations() {
    let run = suggest(&[], &[QUERY]);
    assert_eq!(run.status, 1);
    let expected = "\
suggestion  accepted instead
  send     Nonce=7&Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=ap-shanghai
  note     its signature is left out: sign it anew
  edit     set DestinationRegions.0 to `ap-shanghai`: same meaning
  edit     remove DestinationRegions.1: gives something up
  remedy   delete 1 custom image in `ap-beijing`, or ask for a quota larger by 1

refused under the 2017-03 page: 2 violations
";
    assert!(run.stdout.ends_with(expected), "{}", run.stdout);
    // None is given where none is asked for, and for what is accepted.
    assert!(!check(["tests/data/refused.json"]).stdout.contains("suggestion"));
    let accepted =
        suggest(&[], &["Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=ap-shanghai"]);
    assert_eq!((accepted.status, accepted.stdout.contains("suggestion")), (0, false));
    let none = suggest(&[], &["Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=nowhere"]);
    assert!(none.stdout.contains("suggestion  no request that is accepted was found\n"), "{}", none.stdout);
}

/// What is refused when it is sent back is not called accepted.
#[test]
fn a_strict_suggestion_that_is_still_to_be_verified_says_so() {
    let state = STATE.replacen(", \"ImageSize\": 20", "", 1);
    let folder = Scratch::with(&[("state.json", &*state)]);
    let check = |more: &[&str], region: &str| {
        let request = format!("Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0={region}");
        let flags = ["check", "--suggest", "--state", "state.json", &request];
        presync_in(folder.path(), flags.iter().chain(more), "")
    };
    let said = |run: &Run| run.stdout.lines().find(|line| line.starts_with("suggestion")).map(str::to_owned);
    let strict = check(&["--strict"], "sh");
    assert_eq!(said(&strict).as_deref(), Some("suggestion  accepted instead, once it is verified"));
    assert_eq!(check(&["--strict"], "ap-shanghai").status, 3);
    let plain = check(&[], "sh");
    assert_eq!(said(&plain).as_deref(), Some("suggestion  accepted instead"));
    assert_eq!(check(&[], "ap-shanghai").status, 0);
}

#[test]
fn what_is_sent_has_the_form_in_which_it_came() {
    let url = format!("https://cvm.tencentcloudapi.com/?{QUERY}");
    assert_eq!(
        suggestion(&[], &[&url])["request"],
        "https://cvm.tencentcloudapi.com/?Nonce=7&Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=ap-shanghai"
    );
    let body = r#"{"ImageIds": ["IMG-00000000"], "Timestamp": 1, "DestinationRegions": ["ap-shanghai"]}"#;
    let found = suggestion(&[], &[body]);
    assert_eq!(
        found["request"],
        json!({"ImageIds": ["img-00000000"], "Timestamp": 1, "DestinationRegions": ["ap-shanghai"]})
    );
    assert_eq!(
        found["edits"],
        json!([{
            "edit": "set", "parameter": "ImageIds.0", "values": ["img-00000000"],
            "removes": [{"rule": "image-id-format", "parameter": "ImageIds.0"}], "confidence": "same-meaning",
        }])
    );
    // Each request that is suggested is accepted.
    for request in [url.as_str(), body] {
        let sent = suggestion(&[], &[request])["request"].clone();
        let sent = sent.as_str().map_or_else(|| sent.to_string(), str::to_owned);
        assert_eq!(suggest(&[], &[&sent]).status, 0, "{sent}");
    }
}

#[test]
fn a_request_whose_shape_is_wrong_is_mended_first() {
    let body = r#"{"imageIds": "img-00000000", "DestinationRegions": ["sh"]}"#;
    let run = suggest(&[], &[body]);
    let expected = "\
suggestion  accepted instead
  send     {\"ImageIds\": [\"img-00000000\"], \"DestinationRegions\": [\"ap-shanghai\"]}
  edit     rename imageIds to `ImageIds`: same meaning
  edit     set ImageIds to `img-00000000`: same meaning
  edit     set DestinationRegions.0 to `ap-shanghai`: same meaning

refused under the 2017-03 page: 1 violation while the request is read, before its values are checked
";
    assert!(run.stdout.ends_with(expected), "{}", run.stdout);
    let found = suggestion(&[], &["Version=2017-03-12&ImageId.1=img-00000000&DestinationRegions.1=sh"]);
    assert_eq!(
        found["request"],
        "Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=ap-shanghai"
    );
    assert_eq!(
        found["edits"][0],
        json!({
            "edit": "rename", "parameter": "ImageId.1", "values": ["ImageIds.0"], "confidence": "likely",
            "removes": [{"rule": "parameter-known", "parameter": "ImageId.1"}],
        })
    );
    // A header that is wrong is a header to be changed.
    let found = suggestion(&[], &["--header", "X-TC-Action: SyncImage", "--region", "ap-guangzhou", body]);
    assert_eq!(found["headers"], json!({"X-TC-Action": "SyncImages", "X-TC-Version": "2017-03-12"}));
    // What no slip explains has no suggestion.
    let unknown = body.replace("\"DestinationRegions\"", "\"Foo\": 1, \"DestinationRegions\"");
    assert!(suggest(&[], &[&unknown]).stdout.contains("suggestion  no request that is accepted was found\n"));
    assert_eq!(suggestion(&[], &[&unknown]), json!({"edits": [], "remedies": []}));
    let twice =
        "Version=2017-03-12&ImageIds.0=img-00000000&ImageIds.0=img-11111111&DestinationRegions.0=ap-shanghai";
    let run = suggest(&[], &[twice]);
    let remedy = "  remedy   choose one value of ImageIds.0: it is sent with different ones\n";
    assert!(run.stdout.contains(remedy), "{}", run.stdout);
}

#[test]
fn several_images_are_several_requests() {
    let body = r#"{"ImageIds": ["img-00000000", "img-11111111"], "DestinationRegions": ["ap-shanghai"]}"#;
    let found = suggestion(&[], &[body]);
    assert_eq!(found.get("request"), None);
    assert_eq!(
        found["requests"],
        json!([
            {"ImageIds": ["img-00000000"], "DestinationRegions": ["ap-shanghai"]},
            {"ImageIds": ["img-11111111"], "DestinationRegions": ["ap-shanghai"]}
        ])
    );
    assert_eq!(found["edits"][0]["edit"], "split");
}

#[test]
fn a_header_stays_a_header() {
    let body = r#"{"ImageIds": ["img-00000000"], "DestinationRegions": ["ap-shanghai"]}"#;
    let found = suggestion(&[], &["--region", "gz", body]);
    assert_eq!(found["headers"], json!({"X-TC-Region": "ap-guangzhou"}));
    assert_eq!(found["request"], serde_json::from_str::<Value>(body).unwrap());
    assert!(
        suggest(&[], &["--region", "gz", body]).stdout.contains("  header   X-TC-Region: ap-guangzhou\n")
    );
    // Where it is in both, it is changed in both.
    let both = r#"{"Region": "gz", "ImageIds": ["img-00000000"], "DestinationRegions": ["ap-shanghai"]}"#;
    let found = suggestion(&[], &["--region", "gz", both]);
    assert_eq!(found["headers"], json!({"X-TC-Region": "ap-guangzhou"}));
    assert_eq!(found["request"]["Region"], "ap-guangzhou");
    assert_eq!(suggest(&[], &["--region", "ap-guangzhou", &found["request"].to_string()]).status, 0);
    // Where it is in the body, it is changed there.
    let body = r#"{"Region": "gz", "ImageIds": ["img-00000000"], "DestinationRegions": ["ap-shanghai"]}"#;
    let found = suggestion(&[], &[body]);
    assert_eq!((found["request"]["Region"].as_str(), found.get("headers")), (Some("ap-guangzhou"), None));
}

#[test]
fn what_is_sent_hides_nothing_on_a_terminal() {
    let query = format!("{QUERY}&Token=\u{1b}]0;x\u{7}\u{202e}");
    let run = suggest(&[], &[&query]);
    let line = run.stdout.lines().find(|line| line.starts_with("  send ")).unwrap();
    assert!(line.ends_with(r"&Token=\u{1b}]0;x\u{7}\u{202e}"), "{line}");
    // Programs get it as it is.
    assert!(
        suggestion(&[], &[&query])["request"].as_str().unwrap().ends_with("&Token=\u{1b}]0;x\u{7}\u{202e}")
    );
    let named = "Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=sh&ImageName=a\nb ";
    let run = suggest(&[("q", named)], &["--edition", "2022-08", "--region", "ap-guangzhou", "q"]);
    assert!(run.stdout.contains(r"ImageName=a\nb "), "{}", run.stdout);
}

#[test]
fn in_a_plan_the_requests_before_are_known() {
    let first = "Version=2017-03-12&ImageIds.0=img-00000000&DestinationRegions.0=ap-shanghai";
    let run = suggest(&[], &["--format", "json", first, first, first]);
    let third = &run.json_lines()[2];
    assert_eq!(third["violations"][0]["facts"]["requests"], json!([1, 2]));
    assert_eq!(third["suggestion"].get("request"), None);
    let remedy = json!({"remedy": "quota", "region": "ap-shanghai", "raise": 1});
    assert_eq!(third["suggestion"]["remedies"], json!([remedy]));
}

const TEMPLATE: &str = r#"source "tencentcloud-cvm" "base" {
  region             = "ap-guangzhou"
  image_copy_regions = ["ap-shanghai-2", "ap-nowhere"]
}

build {
  sources = ["source.tencentcloud-cvm.base"]
}
"#;

#[test]
fn a_template_has_the_list_to_write_and_a_plan_the_attributes() {
    let found = suggestion(&[("t.pkr.hcl", TEMPLATE)], &["t.pkr.hcl"]);
    assert_eq!(found["attributes"], json!({"image_copy_regions": ["ap-shanghai"]}));
    assert_eq!(found.get("request"), None);
    let run = suggest(&[("t.pkr.hcl", TEMPLATE)], &["t.pkr.hcl"]);
    assert!(run.stdout.contains("  write    image_copy_regions = [\"ap-shanghai\"]\n"), "{}", run.stdout);

    // In JSON as well, in its own syntax, whether the template is one of HCL or an older one.
    let source = r#"{"region": "ap-guangzhou", "image_copy_regions": ["ap-shanghai-2"]}"#;
    let in_hcl = format!(r#"{{"source": {{"tencentcloud-cvm": {{"base": {source}}}}},"#)
        + r#" "build": {"sources": ["source.tencentcloud-cvm.base"]}}"#;
    let older =
        format!(r#"{{"builders": [{}]}}"#, source.replacen('{', r#"{"type": "tencentcloud-cvm", "#, 1));
    for (name, template) in [("t.pkr.json", in_hcl), ("t.json", older)] {
        let run = suggest(&[(name, &template)], &[name]);
        let line = "  write    \"image_copy_regions\": [\"ap-shanghai\"]\n";
        assert!(run.stdout.contains(line), "{name}: {}", run.stdout);
    }

    // Of what stays as it is no word is said.
    let region =
        TEMPLATE.replace("\"ap-guangzhou\"", "\"gz\"").replace(", \"ap-nowhere\"", "").replace("i-2", "i");
    let found = suggestion(&[("t.pkr.hcl", &region)], &["t.pkr.hcl"]);
    assert_eq!(found["attributes"], json!({"region": "ap-guangzhou"}), "{found}");

    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.9.0", "complete": true, "applyable": true, "errored": false,
        "resource_changes": [{
            "address": "tencentcloud_image_sync.x", "type": "tencentcloud_cvm_sync_image", "name": "x", "mode": "managed",
            "provider_name": "registry.terraform.io/tencentcloudstack/tencentcloud",
            "change": {"actions": ["create"], "before": null, "after_unknown": {},
                       "after": {"image_id": "img-00000000", "destination_regions": ["sh", "nowhere"]}},
        }],
        "configuration": {"provider_config": {"tencentcloud": {"name": "tencentcloud", "expressions": {"region": {"constant_value": "ap-guangzhou"}}}},
                          "root_module": {"resources": [{"address": "tencentcloud_cvm_sync_image.x", "type": "tencentcloud_cvm_sync_image", "name": "x", "mode": "managed", "provider_config_key": "tencentcloud", "expressions": {}}]}},
    });
    let found = suggestion(&[("plan.json", &plan.to_string())], &["plan.json"]);
    assert_eq!(found["attributes"], json!({"destination_regions": ["ap-shanghai"]}), "{found}");
    // Another region of the provider moves other resources too.
    let note = "for this one alone, configure another provider";
    let run = suggest(&[("plan.json", &plan.to_string())], &["plan.json"]);
    assert!(!run.stdout.contains(note), "{}", run.stdout);
    let moved = plan.to_string().replace("\"ap-guangzhou\"", "\"gz\"").replace(",\"nowhere\"", "");
    let run = suggest(&[("plan.json", &moved)], &["plan.json"]);
    assert!(
        run.stdout.contains("  write    provider.tencentcloud.region = \"ap-guangzhou\"\n"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.matches(note).count(), 1, "{}", run.stdout);
    // A plan is made of something else: there is no change of its file.
    let log = suggest(&[("plan.json", &plan.to_string())], &["--format", "sarif", "plan.json"]);
    assert!(!log.stdout.contains("\"fixes\""));
}

/// Applies the first fix of a log to the files of a folder.
fn apply_fix(folder: &Path, log: &Value) {
    let results = log["runs"][0]["results"].as_array().unwrap();
    let fixes: Vec<&Value> =
        results.iter().map(|result| &result["fixes"]).filter(|fixes| !fixes.is_null()).collect();
    assert_eq!(fixes.len(), 1, "the change is one, whatever the number of violations");
    let fixes = fixes[0];
    let change = &fixes[0]["artifactChanges"][0];
    let path = folder.join(change["artifactLocation"]["uri"].as_str().unwrap());
    let text = fs::read_to_string(&path).unwrap();
    let replacement = &change["replacements"][0];
    let offset = |line: &str, column: &str| {
        let number =
            |key: &str| usize::try_from(replacement["deletedRegion"][key].as_u64().unwrap()).unwrap();
        let before: usize = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum();
        let characters = text.get(before..).unwrap().chars().take(number(column) - 1);
        before + characters.map(char::len_utf8).sum::<usize>()
    };
    let (start, end) = (offset("startLine", "startColumn"), offset("endLine", "endColumn"));
    let inserted = replacement["insertedContent"]["text"].as_str().unwrap();
    let (before, behind) = (text.get(..start).unwrap(), text.get(end..).unwrap());
    fs::write(&path, format!("{before}{inserted}{behind}")).unwrap();
}

#[test]
fn a_file_to_which_the_fix_is_applied_passes() {
    let body = "{\n  \"ImageName\": \"é\",\n  \"ImageIds\": [\"IMG-00000000\"],\n  \"DestinationRegions\": [\n    \"sh\",\n    \"ap-beijing\"\n  ]\n}\n";
    let windows = "{\r\n\t\"imageName\" : \"é\",\r\n\t\"ImageIds\" : \"IMG-00000000\",\r\n\t\"DryRun\" : null,\r\n\t\"DestinationRegions\" : [\r\n\t\t\"sh\"\r\n\t]\r\n}\r\n";
    let named =
        "Version=2017-03-12&amp;ImageId.1=img-00000000&ImageName=a & b&DestinationRegions=sh&DryRun=TRUE\n";
    let printed = "https://host/?Action=SyncImages\n  &Version=2017-03-12\n  &Region=gz&ImageIds.0=img-00000000\n  &DestinationRegions.0=ap-shanghai\n";
    for (name, text) in [
        ("request.json", body),
        ("query.txt", QUERY),
        ("t.pkr.hcl", TEMPLATE),
        ("windows.json", windows),
        ("named.txt", named),
        ("printed.txt", printed),
    ] {
        let folder = Scratch::with(&[(name, text), ("state.json", STATE)]);
        let run = |arguments: &[&str]| {
            let common =
                ["check", "--edition", "2023-03", "--region", "ap-guangzhou", "--state", "state.json", name];
            presync_in(folder.path(), common.iter().chain(arguments), "")
        };
        assert_eq!(run(&[]).status, 1, "{name}");
        let log = run(&["--suggest", "--format", "sarif"]);
        apply_fix(folder.path(), &log.json());
        let after = run(&[]);
        assert_eq!(
            after.status,
            0,
            "{name}: {}{}",
            fs::read_to_string(folder.path().join(name)).unwrap(),
            after.stdout
        );
    }
}

#[test]
fn a_list_that_is_made_of_variables_is_not_replaced() {
    let template = TEMPLATE.replace("[\"ap-shanghai-2\", \"ap-nowhere\"]", "[var.first, \"ap-nowhere\"]");
    let template = format!("variable \"first\" {{\n  default = \"sh\"\n}}\n{template}");
    let log = suggest(&[("t.pkr.hcl", &template)], &["--format", "sarif", "--var", "first=sh", "t.pkr.hcl"]);
    assert_eq!(log.status, 1, "{}", log.stdout);
    assert!(!log.stdout.contains("\"fixes\""));
    let both = r#"{"ImageIds": ["img-00000000", "img-11111111"], "DestinationRegions": ["sh"]}"#;
    let log = suggest(&[("r.json", both)], &["--format", "sarif", "r.json"]);
    assert!(!log.stdout.contains("\"fixes\""), "a file is one request");
}

#[test]
fn a_form_with_line_breaks_at_its_end_passes_once_the_fix_is_applied() {
    let folder = Scratch::with(&[
        ("q.txt", &format!("{}\n\n", QUERY.replace("&Signature=x", ""))),
        ("state.json", STATE),
    ]);
    let run = |arguments: &[&str]| {
        presync_in(folder.path(), ["check", "--state", "state.json", "q.txt"].iter().chain(arguments), "")
    };
    apply_fix(folder.path(), &run(&["--suggest", "--format", "sarif"]).json());
    assert_eq!(run(&[]).status, 0, "{}", run(&[]).stdout);
}

#[test]
fn an_annotation_has_the_edits_of_its_violation() {
    let run = suggest(&[("q.txt", QUERY)], &["--format", "github", "q.txt"]);
    assert!(
        run.stdout.contains("%0Asuggestion: set DestinationRegions.0 to `ap-shanghai` (same meaning)%0Aremedy: delete 1 custom image in `ap-beijing`, or ask for a quota larger by 1\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("%0Asuggestion: remove DestinationRegions.1 (gives something up)\n"));
}

#[test]
fn a_result_has_what_an_annotation_has() {
    // Of a request for two images there are two that are accepted, and one
    // file is not replaced by two.
    let both =
        r#"{"ImageIds": ["img-00000000", "img-11111111"], "DestinationRegions": ["sh", "ap-beijing"]}"#;
    for text in [QUERY, both] {
        let run = suggest(&[("r.txt", text)], &["--format", "github", "r.txt"]);
        let annotations: Vec<String> = run
            .stdout
            .lines()
            .filter(|line| line.starts_with("::error "))
            .map(|line| line.rsplit_once("::").unwrap().1.replace("%0A", "\n"))
            .collect();
        let log = suggest(&[("r.txt", text)], &["--format", "sarif", "r.txt"]).json();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let texts: Vec<&str> =
            results.iter().map(|result| result["message"]["text"].as_str().unwrap()).collect();
        assert_eq!(texts, annotations);
        assert!(texts[0].contains("\nremedy: "), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("\nsuggestion: ")), "{texts:?}");
    }
}

#[test]
fn the_first_annotation_has_the_edits_of_what_shows_only_later() {
    // One destination is full, which is seen once the image stands in a list.
    let body = r#"{"ImageIds": "img-00000000", "DestinationRegions": ["ap-shanghai", "ap-beijing"]}"#;
    let run = suggest(&[("r.json", body)], &["--format", "github", "r.json"]);
    let edits = "%0Asuggestion: set ImageIds to `img-00000000` (same meaning)%0Asuggestion: remove DestinationRegions.1 (gives something up)";
    assert!(run.stdout.contains(edits), "{}", run.stdout);
}

#[test]
fn a_fix_replaces_what_is_changed_and_no_more() {
    let body = "{\r\n  \"ImageIds\": [\"img-00000000\"],\r\n  \"DestinationRegions\": [\"sh\"]\r\n}\r\n";
    let log = suggest(&[("r.json", body)], &["--format", "sarif", "r.json"]).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let fix = results.iter().find_map(|result| result["fixes"].get(0)).unwrap();
    assert_eq!(fix["description"]["text"], "set DestinationRegions.0 to `ap-shanghai` (same meaning)");
    let replacement = &fix["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "ap-shanghai");
    let region = json!({"startLine": 3, "startColumn": 27, "endLine": 3, "endColumn": 29});
    assert_eq!(replacement["deletedRegion"], region);
}

#[test]
fn a_test_report_has_the_suggestion() {
    let run = suggest(&[("q.txt", QUERY)], &["--format", "junit", "q.txt"]);
    assert!(
        run.stdout.contains("  edit     set DestinationRegions.0 to `ap-shanghai`: same meaning\n"),
        "{}",
        run.stdout
    );
    let without = check(["--format", "junit", "tests/data/refused.json"]);
    assert!(!without.stdout.contains("suggestion"), "{}", without.stdout);
}

#[test]
fn nothing_is_written_to_a_file() {
    let folder = Scratch::with(&[("request.json", QUERY)]);
    check_in(folder.path(), ["--suggest", "request.json"], "");
    assert_eq!(fs::read_to_string(folder.path().join("request.json")).unwrap(), QUERY);
}

#[test]
fn the_schema_of_a_report_has_the_suggestion() {
    let schema = presync(["schema", "report"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let both =
        r#"{"ImageIds": ["img-00000000", "img-11111111"], "DestinationRegions": ["sh", "ap-beijing"]}"#;
    let printed = format!("https://host/?{}", QUERY.replace("&Image", "\n&Image"));
    let wrong = QUERY.replace("ImageIds.0", "ImageId.1");
    for arguments in [&[QUERY][..], &[both], &["--region", "gz", both], &[&printed], &[&wrong]] {
        let arguments: Vec<&str> = ["--format", "json"].iter().chain(arguments).copied().collect();
        let report = suggest(&[], &arguments).json();
        assert!(report["suggestion"]["edits"].as_array().is_some_and(|edits| !edits.is_empty()), "{report}");
        assert!(
            validator.is_valid(&report),
            "{:?}",
            validator.iter_errors(&report).map(|e| e.to_string()).collect::<Vec<_>>()
        );
    }
    let mut report = suggest(&[], &["--format", "json", QUERY]).json();
    report["suggestion"]["edits"][0]["confidence"] = json!("sure");
    assert!(!validator.is_valid(&report));
}
