//! The forms of `presync check` that other tools read, and the source that is shown to people.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use presync::{Edition, rules};
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::run::{OPEN, PAGE_EXAMPLE, REFUSED, Run, Scratch, check, check_in, presync};

/// A request to no region.
const NOWHERE: &str = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=nowhere";

#[test]
fn every_form_is_offered() {
    let run = |arguments: &[&str]| presync(arguments).stdout;
    let (help, completions) = (run(&["check", "--help"]), run(&["completions", "bash"]));
    for form in ["human", "json", "github", "sarif", "junit"] {
        assert!(help.contains(&format!("- {form}:")), "{help}");
        assert!(completions.contains(form), "{form}");
    }
}

// --- the source, for people ---

/// The positions and snippets in the report, without the lines on each violation.
fn snippets(run: &Run) -> String {
    let is_source = |line: &&str| {
        line.starts_with("  at ")
            || line.trim_start_matches([' ', '1', '2', '3', '4', '5', '6', '7']).starts_with('|')
    };
    run.stdout.lines().filter(is_source).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_value_in_a_file_is_underlined_on_its_line() {
    let body = "{\n  \"ImageIds\": [\"img-o3ycss2p\"],\n  \"DestinationRegions\": [\n    \"ap-guangzhou\",\n    \"nowhere\"\n  ]\n}\n";
    let folder = Scratch::with(&[("calls/body.json", body)]);
    let expected = "\
InvalidRegion.NotFound  DestinationRegions.1
  value    nowhere
  reason   `nowhere` is not a known region
  rule     destination-exists
  at       calls/body.json:5:5
    |
  5 |     \"nowhere\"
    |     ^^^^^^^^^

refused under the 2017-03 page: 1 violation
";
    let run = check_in(folder.path(), ["calls/body.json"], "");
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (1, expected, ""));
}

#[test]
fn a_value_is_underlined_wherever_the_request_comes_from() {
    let body = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou", "nowhere"]}"#;
    let expected = r#"  at       <stdin>:1:71
    |
  1 | {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou", "nowhere"]}
    |                                                                       ^^^^^^^^^
"#;
    assert_eq!(snippets(&check_in(Path::new("."), ["-"], body)), expected);
    assert_eq!(snippets(&check([body])), expected.replace("<stdin>", "<argument>"));

    let expected = "  at       <argument>:1:65
    |
  1 | Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=nowhere
    |                                                                 ^^^^^^^
";
    assert_eq!(snippets(&check([NOWHERE])), expected);

    let url = "http://x/?Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=%20";
    let expected = "  at       <argument>:1:75
    |
  1 | http://x/?Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=%20
    |                                                                           ^^^
";
    assert_eq!(snippets(&check([url])), expected);
}

#[test]
fn what_was_not_sent_has_no_place_and_what_is_empty_has_one() {
    assert_eq!(snippets(&check(["Version=2017-03-12&ImageIds.0=img-o3ycss2p"])), "");
    assert_eq!(snippets(&check(["--region", "nowhere", &NOWHERE.replace("nowhere", "ap-guangzhou")])), "");
    let expected = "  at       <argument>:1:65
    |
  1 | Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=
    |                                                                 ^
";
    assert_eq!(snippets(&check([NOWHERE.replace("nowhere", "")])), expected);
}

#[test]
fn columns_are_characters_and_the_underline_is_as_wide_as_they_are() {
    // Four ideographs of two columns each, and two quotes; the second value is
    // ten characters further on.
    let body = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["北京区域", "é"]}"#;
    let expected = r#"  at       <argument>:1:55
    |
  1 | {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["北京区域", "é"]}
    |                                                       ^^^^^^^^^^
  at       <argument>:1:63
    |
  1 | {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["北京区域", "é"]}
    |                                                                   ^^^
"#;
    assert_eq!(snippets(&check([body])), expected);
}

#[test]
fn a_source_cannot_command_the_terminal() {
    let query =
        "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=a\u{1b}[2J\u{202e}\u{9b}1m\u{200b}";
    let folder = Scratch::with(&[("query.txt", query), ("tabs.json", "{\t\"ImageIds\":\r\n\t\"a\tb\"}")]);
    let run = check_in(folder.path(), ["query.txt"], "");
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{200b}']));
    let expected = r"  at       query.txt:1:65
    |
  1 | Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=a\u{1b}[2J\u{202e}\u{9b}1m\u{200b}
    |                                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
";
    assert_eq!(snippets(&run), expected);

    // A tab is a blank or several, and the underline starts behind it.
    let body = "{\t\"Region\": \"ap-shanghai\",\r\n\t\"ImageIds\":\t\"img\"}";
    let expected = "  at       <argument>:2:14
    |
  2 |     \"ImageIds\":    \"img\"}
    |                    ^^^^^
";
    assert_eq!(snippets(&check([body])), expected);
}

#[test]
fn of_a_value_on_several_lines_the_first_is_shown() {
    let body = "{\"DestinationRegions\": [],\n \"ImageIds\": [\"img-o3ycss2p\",\r\n  \"img-5v8t0qxc\"]}";
    let run = check([body]);
    let expected = "  at       <argument>:2:14
    |
  2 |  \"ImageIds\": [\"img-o3ycss2p\",
    |              ^^^^^^^^^^^^^^^^
";
    assert!(snippets(&run).contains(expected), "{}", run.stdout);
}

#[test]
fn a_long_line_is_cut_around_the_value() {
    // As long as a URL may be.
    let mut destinations: Vec<_> =
        (0..1_000).map(|number| format!("DestinationRegions.{number}=r{number}")).collect();
    destinations[500] = "DestinationRegions.500=nowhere".to_owned();
    let query = format!("http://x/?Version=2017-03-12&ImageIds.0=img-o3ycss2p&{}", destinations.join("&"));
    assert!((26 << 10..32 << 10).contains(&query.len()));
    let run = check([&query]);
    let mut lines = run.stdout.lines().skip_while(|line| *line != "  value    nowhere");
    let place = format!("  at       <argument>:1:{}", query.find("nowhere").unwrap() + 1);
    let mut snippet = lines.by_ref().skip_while(|line| *line != place).skip(2);
    let (source, underline) = (snippet.next().unwrap(), snippet.next().unwrap());
    assert!(source.starts_with("  1 | ...") && source.ends_with("..."), "{source}");
    let start = underline.find('^').unwrap();
    assert_eq!(underline.trim_start_matches([' ', '|']), "^^^^^^^");
    let (before, value) = source.split_at(start);
    assert!(before.ends_with("DestinationRegions.500=") && value.starts_with("nowhere&"), "{source}");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 120));

    // A value alone can be longer than a line has room for.
    let long = "京".repeat(1_000);
    let run = check([format!("{NOWHERE}&DestinationRegions.1={long}&DestinationRegions.2=ap-guangzhou")]);
    let underlines: Vec<_> = run.stdout.lines().filter(|line| line.contains('^')).collect();
    // Half of the 118 columns beside the indent are 29 ideographs, and a sign that there are more.
    assert_eq!(underlines[1].matches('^').count(), 59, "{}", run.stdout);
}

#[test]
fn only_a_terminal_or_a_wish_makes_snippets_colourful() {
    assert!(!check([NOWHERE]).stdout.contains('\u{1b}'));
    let run = check(["--color", "always", NOWHERE]);
    assert!(run.stdout.contains("^^^^^^^"), "{}", run.stdout);
    assert!(
        run.stdout.lines().any(|line| line.contains('^') && line.contains("\u{1b}[31m")),
        "{}",
        run.stdout
    );
}

// --- GitHub ---

#[test]
fn annotations_say_where_in_a_file() {
    let body = "{\n  \"ImageIds\": [\"img-o3ycss2p\"],\n  \"DestinationRegions\": [\"gz\", \"x,y:%\"]\n}\n";
    let folder = Scratch::with(&[("a b,c:100%.json", body)]);
    let run = check_in(folder.path(), ["--format", "github", "a b,c:100%.json"], "");
    let expected = "\
::error file=a b%2Cc%3A100%25.json,line=3,endLine=3,col=26,endColumn=30,title=InvalidRegion.NotFound (destination-exists)::DestinationRegions.0: `gz` is not a known region%0Ahint: did you mean `ap-guangzhou`? `gz` is its code in an older API
::error file=a b%2Cc%3A100%25.json,line=3,endLine=3,col=32,endColumn=39,title=InvalidRegion.NotFound (destination-exists)::DestinationRegions.1: `x,y:%25` is not a known region
refused under the 2017-03 page: 2 violations
";
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (1, expected, ""));
}

#[test]
fn annotations_without_a_file_name_the_request() {
    let run = check(["--format", "github", NOWHERE]);
    let expected = "\
::error title=InvalidRegion.NotFound (destination-exists)::<argument>: DestinationRegions.0: `nowhere` is not a known region
refused under the 2017-03 page: 1 violation
";
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (1, expected, ""));
    let run = check_in(Path::new("."), ["--format", "github"], NOWHERE);
    assert_eq!(run.stdout, expected.replace("<argument>", "<stdin>"));
    let run = check(["--format", "github", PAGE_EXAMPLE]);
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (0, "accepted under the 2017-03 page\n", ""));
}

#[test]
fn annotations_on_several_lines_have_no_columns() {
    let body = "{\n  \"ImageIds\": [\n    \"img-o3ycss2p\",\n    \"img-34vaef8f\"\n  ],\n  \"DestinationRegions\": [\"ap-guangzhou\"]\n}\n";
    let folder = Scratch::with(&[("body.json", body)]);
    let run = check_in(folder.path(), ["--format", "github", "body.json"], "");
    let first = "::error file=body.json,line=2,endLine=5,title=InvalidParameterValue (image-single)::ImageIds: 2 images are named";
    assert!(run.stdout.starts_with(first), "{}", run.stdout);
}

#[test]
fn annotations_of_what_is_unverified_warn_unless_it_is_refused() {
    let annotation = "title=not verified (destination-available)::<argument>: DestinationRegions.0: needs the state's `ImageSync` of `ap-singapore`\n";
    let run = check(["--format", "github", OPEN]);
    let verdict = "accepted under the 2017-03 page, but 1 check could not be verified\n";
    assert_eq!((run.status, run.stdout), (0, format!("::warning {annotation}{verdict}")));
    let run = check(["--format", "github", "--strict", OPEN]);
    let verdict = "refused under the 2017-03 page: 1 check could not be verified, which --strict refuses\n";
    assert_eq!((run.status, run.stdout), (3, format!("::error {annotation}{verdict}")));
}

#[test]
fn annotations_of_several_requests_are_followed_by_the_number() {
    let folder = Scratch::with(&[
        ("bad.json", "{\n  \"Grüße\": [}"),
        ("good.txt", &fs::read_to_string(PAGE_EXAMPLE).unwrap()),
    ]);
    let run =
        check_in(folder.path(), ["--format", "github", "bad.json", "good.txt", "none.json", NOWHERE], "");
    let expected = "\
::error file=bad.json,line=2,endLine=2,col=13,endColumn=13,title=not checked::expected a value, found `}`
request 2: accepted under the 2017-03 page
::error file=none.json,title=not checked::no such file
::error title=InvalidRegion.NotFound (destination-exists)::<argument 4>: DestinationRegions.0: `nowhere` is not a known region
request 4: refused under the 2017-03 page: 1 violation
";
    // On stderr as in every form: there columns are bytes, and two of the letters have two each.
    let stderr = "bad.json:2:15: expected a value, found `}`\nnone.json: no such file\n";
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (2, expected, stderr));
}

// --- documents of other tools ---

const PLAN: &str = "tests/data/terraform/plan.json";
const ADDRESS: &str = "tencentcloud_cvm_sync_image.base";

#[test]
fn a_call_of_another_tool_has_its_address_and_attribute() {
    let run = check(["--format", "github", PLAN]);
    let line = run.stdout.lines().find(|line| line.contains("ap-shanghai-2")).unwrap();
    // Where it is in the file, counted by hand.
    let place = format!("::error file={PLAN},line=117,endLine=117,col=50,endColumn=65,");
    let message = format!("::{ADDRESS}: DestinationRegions.1 (destination_regions): `ap-shanghai-2` is not");
    assert!(line.starts_with(&place) && line.contains(&message), "{line}");
    // What several rules need is one annotation, for GitHub shows only ten.
    let same = format!("title=not verified (image-id-format, image-exists, image-custom, image-state-normal, image-size)::{ADDRESS}: ImageIds.0 (image_id): needs ").replace(", ", "%2C ");
    assert!(run.stdout.contains(&same), "{}", run.stdout);

    let log = valid(&check(["--format", "sarif", PLAN]));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["properties"]["value"] == "ap-shanghai-2").unwrap();
    assert_eq!(
        result["locations"][0]["logicalLocations"],
        json!([
            {"name": "DestinationRegions.1", "kind": "parameter"},
            {"name": ADDRESS, "fullyQualifiedName": ADDRESS, "kind": "resource"},
            {
                "name": "destination_regions",
                "fullyQualifiedName": format!("{ADDRESS}.destination_regions"),
                "kind": "property",
            },
        ])
    );
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 117);

    let elements = xml(&check(["--format", "junit", PLAN]).stdout);
    let named = |name: &str| elements.iter().filter(|element| element.name == name).collect::<Vec<_>>();
    assert_eq!((named("testsuite").len(), named("testcase").len()), (1, 4));
    assert!(named("testcase").iter().any(|case| case.attributes["name"] == ADDRESS));
}

/// The parameter, the need and the rules of each block on what is not verified.
fn needs(human: &str) -> Vec<[String; 3]> {
    let blocks = human.split("\n\n").filter_map(|block| block.split_once("not verified  "));
    let text = |line: &str| line.split_once("  ").unwrap().1.trim_start().to_owned();
    blocks
        .map(|(_, block)| {
            let lines: Vec<&str> = block.lines().collect();
            let label = if lines[2].contains(", ") { "  rules    " } else { "  rule     " };
            assert!(lines[1].starts_with("  needs    ") && lines[2].starts_with(label), "{block}");
            let parameter = lines[0].split(' ').next().unwrap().to_owned();
            [parameter, text(lines[1].trim_start()), text(lines[2].trim_start())]
        })
        .collect()
}

#[test]
fn rules_that_need_the_same_for_a_parameter_share_a_block() {
    let request = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-seoul&DestinationRegions.1=ap-tokyo";
    for document in [request, PLAN] {
        let run = |form: &str| presync(["check", "--format", form, document]);
        let mut expected: Vec<[String; 3]> = Vec::new();
        let mut count = 0;
        for report in run("json").json_lines() {
            let mut of_report: Vec<[String; 3]> = Vec::new();
            for unverified in report["unverified"].as_array().unwrap() {
                let text = |key: &str| unverified[key].as_str().unwrap().to_owned();
                let [parameter, needs, rule] = ["parameter", "needs", "rule"].map(text);
                count += 1;
                match of_report.iter_mut().find(|block| block[..2] == [parameter.clone(), needs.clone()]) {
                    Some([.., rules]) => *rules = format!("{rules}, {rule}"),
                    None => of_report.push([parameter, needs, rule]),
                }
            }
            expected.extend(of_report);
        }
        assert_eq!(needs(&run("human").stdout), expected);
        assert!(expected.len() < count, "{document}");
        // GitHub shows few annotations: there as many are needed.
        let warnings = run("github").stdout.matches("::warning ").count();
        assert_eq!(warnings, expected.len(), "{document}");
    }
}

#[test]
fn without_a_state_it_is_said_where_one_is_given() {
    let names = ["gz", "ap-seoul", "ap-tokyo", "ap-delhi"];
    let destinations: String =
        (0..).zip(names).map(|(number, name)| format!("&DestinationRegions.{number}={name}")).collect();
    let query = format!("Version=2017-03-12&ImageIds.0=img-o3ycss2p{destinations}");
    let image_rules = "image-exists, image-custom, image-state-normal, image-size";
    let rules = "destination-exists, destination-available, destination-not-source, image-quota";
    let image = "every image of every region in a state, which `--state` gives";
    let expected = |first: &str| -> Vec<[String; 3]> {
        let destination = |(number, name): (usize, &str)| {
            let needs = format!("the region `{name}` in a state, which `--state` gives");
            [format!("DestinationRegions.{number}"), needs, rules.to_owned()]
        };
        let first = ["ImageIds.0".to_owned(), first.to_owned(), image_rules.to_owned()];
        [first].into_iter().chain((0..).zip(names).map(destination)).collect()
    };
    let run = presync(["check", &query]);
    assert_eq!((run.status, needs(&run.stdout)), (0, expected(image)), "{}", run.stdout);
    assert!(run.stdout.ends_with("but 20 checks could not be verified\n"), "{}", run.stdout);
    let run = presync(["check", "--region", "ap-x", &query]);
    let image = "the region `ap-x` and every image of it in a state, which `--state` gives";
    let found = needs(&run.stdout);
    let source = "the region `ap-x` in a state, which `--state` gives";
    assert_eq!(found[0], ["Region", source, "source-region-supported"].map(str::to_owned));
    assert_eq!(found[1..2], expected(image)[..1]);
    // A state that lists no region is one.
    let folder = Scratch::with(&[("state.json", r#"{"RegionsComplete": false}"#)]);
    let state = folder.path().join("state.json");
    let run = presync(["check", "--state", state.to_str().unwrap(), &query]);
    assert!(!run.stdout.contains("--state"), "{}", run.stdout);
    assert!(run.stdout.contains("the region `gz` in the state, whose `RegionsComplete` is false"));
}

#[test]
fn a_document_without_requests_has_a_report_in_every_form() {
    // The copies that were made stay.
    let kept = r#"{"address": "a.b", "mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": "b",
                   "change": {"actions": ["no-op"]}}"#;
    let plan = format!(r#"{{"format_version": "1.2", "resource_changes": [{kept}]}}"#);
    let folder = Scratch::with(&[("plan.json", &plan)]);
    let run = |form| {
        let run = check_in(folder.path(), ["--format", form, "plan.json"], "");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{form}");
        run
    };
    assert_eq!(run("github").stdout, "in plan.json: no image is going to be copied, nothing to check\n");
    let log = valid(&run("sarif"));
    assert_eq!(log["runs"][0]["results"], json!([]));
    let elements = xml(&run("junit").stdout);
    let counts = [("tests", "0"), ("failures", "0"), ("errors", "0"), ("skipped", "0")];
    assert_eq!(elements.len(), 2);
    assert_eq!(elements[0].attributes, attributes(&[&[("name", "presync")], &counts[..]].concat()));
    assert_eq!(elements[1].attributes, attributes(&[&[("name", "plan.json")], &counts[..]].concat()));
}

// --- warnings ---

/// A policy by which a request to no region is only warned of.
const POLICY: &str = "[rules]\ndestination-exists = \"warning\"\n";

#[test]
fn warnings_are_warnings_in_every_form() {
    let folder = Scratch::with(&[("policy.toml", POLICY)]);
    let run = |format| {
        let run = check_in(folder.path(), ["--policy", "policy.toml", "--format", format, NOWHERE], "");
        assert_eq!((run.status, &*run.stderr), (0, ""), "{format}");
        run
    };
    let github = run("github").stdout;
    assert!(github.starts_with("::warning title=InvalidRegion.NotFound (destination-exists)::"), "{github}");
    let log = valid(&run("sarif"));
    assert_eq!(log["runs"][0]["results"][0]["level"], "warning");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "destination-exists").unwrap();
    assert_eq!(rule["defaultConfiguration"]["level"], "warning");
    let elements = xml(&run("junit").stdout);
    assert!(!elements.iter().any(|element| element.name == "failure"));
    let output = elements.iter().find(|element| element.name == "system-out").unwrap();
    assert!(output.text.contains("`nowhere` is not a known region"), "{}", output.text);
    assert!(snippets(&run("human")).contains("^^^^^^^"));
}

// --- SARIF ---

/// A run's log, which the published schema allows.
#[track_caller]
fn valid(run: &Run) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif-schema-2.1.0.json");
    // One of its patterns, of a language, has a closing bracket on its own, which is none
    // only where it is escaped.
    let schema = fs::read_to_string(path).unwrap().replace("{2}]?$", r"{2}\\]?$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let log: Value = serde_json::from_str(&run.stdout).expect("stdout is one JSON text");
    let errors: Vec<_> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut broken = log.clone();
    broken["runs"][0]["columnKind"] = json!("bytes");
    assert!(!validator.is_valid(&broken), "the schema is checked");
    log
}

#[test]
fn every_log_is_valid() {
    let folder = Scratch::with(&[
        ("refused.json", &fs::read_to_string(REFUSED).unwrap()),
        ("accepted.txt", &fs::read_to_string(PAGE_EXAMPLE).unwrap()),
        ("shape.json", "{\"ImageIds\": \"img-o3ycss2p\",\n\"Nonsense\": {}}"),
        ("bad.json", "{\"ImageIds\": [}"),
        ("empty.txt", ""),
        ("wie auch:immer/äöü #1?.txt", NOWHERE),
        ("policy.toml", "edition = \"latest\"\n[limits]\ndestinations = 1\n[rules]\nimage-size = \"off\"\n"),
    ]);
    fs::write(folder.path().join("bytes.txt"), b"Version=\n\xff").unwrap();
    let cases: &[(&[&str], i32)] = &[
        (&["accepted.txt"], 0),
        (&["refused.json"], 1),
        (&["shape.json"], 1),
        (&[NOWHERE], 1),
        (&["wie auch:immer/äöü #1?.txt"], 1),
        (&[OPEN], 0),
        (&["--strict", OPEN], 3),
        (&["bad.json"], 2),
        (&["empty.txt"], 2),
        (&["bytes.txt"], 2),
        (&["none.json"], 2),
        (&["--independent", "accepted.txt", "refused.json"], 1),
        (&["accepted.txt", "refused.json", NOWHERE, OPEN, "bad.json", "none.json"], 2),
        (&["--edition", "latest", "refused.json"], 1),
        (&["--policy", "policy.toml", "refused.json"], 1),
    ];
    for (arguments, status) in cases {
        let arguments: Vec<_> = ["--format", "sarif"].iter().chain(*arguments).collect();
        let run = check_in(folder.path(), &arguments, "");
        assert_eq!(run.status, *status, "{arguments:?}");
        let log = valid(&run);
        assert_eq!(
            log["runs"][0]["invocations"][0]["executionSuccessful"],
            json!(*status != 2),
            "{arguments:?}"
        );
        // The same input, byte for byte.
        assert_eq!(check_in(folder.path(), &arguments, "").stdout, run.stdout);
    }
    let run = check_in(folder.path(), ["--format", "sarif"], NOWHERE);
    assert_eq!(run.status, 1);
    valid(&run);
}

#[test]
fn a_log_says_what_was_checked_by_which_rules() {
    let log =
        valid(&check(["--format", "sarif", "--edition", "2021-09", "--region", "ap-shanghai", PAGE_EXAMPLE]));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["properties"], json!({"edition": "2021-09", "strict": false}));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        (run["results"].clone(), run["invocations"].clone()),
        (json!([]), json!([{"executionSuccessful": true}]))
    );
    let driver = &run["tool"]["driver"];
    assert_eq!((&driver["name"], &driver["version"]), (&json!("presync"), &json!(env!("CARGO_PKG_VERSION"))));
    let edition: Edition = "2021-09".parse().unwrap();
    let ids: Vec<_> =
        rules::all().filter(|rule| rule.in_force(edition)).map(|rule| json!(rule.id())).collect();
    let listed = driver["rules"].as_array().unwrap();
    assert_eq!(listed.iter().map(|rule| rule["id"].clone()).collect::<Vec<_>>(), ids);
    let quota = listed.iter().find(|rule| rule["id"] == "image-quota").unwrap();
    assert_eq!(
        quota["shortDescription"]["text"],
        "each destination has free quota for one more custom image"
    );
    assert_eq!(
        quota["properties"],
        json!({
            "code": "ImageQuotaLimitExceeded",
            "evidence": "documented",
            "citation": "1, bullet 3",
            "parameter": "DestinationRegions.N",
        })
    );
    assert_eq!(quota["helpUri"], "https://www.tencentcloud.com/document/product/213/33267");
    for rule in listed {
        let (what, help) =
            (rule["fullDescription"]["text"].as_str().unwrap(), rule["help"]["markdown"].as_str().unwrap());
        assert!(!what.contains('#') && !what.is_empty(), "{rule}");
        assert!(help.starts_with(what) && help.contains("# Cure"), "{rule}");
    }
}

#[test]
fn a_result_says_what_where_and_by_which_rule() {
    // One character of two bytes and one of two UTF-16 units come before the value:
    // columns count them as one each.
    let body = "{\"ImageIds\": [\"img-o3ycss2p\"],\n \"DestinationRegions\": [\"ü\u{1f600}\", \"gz{0}\"]}";
    let folder = Scratch::with(&[("a b/c:d.json", body)]);
    let log = valid(&check_in(folder.path(), ["--format", "sarif", "a b/c:d.json"], ""));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let index = rules.iter().position(|rule| rule["id"] == "destination-exists").unwrap();
    let expected = json!({
        "ruleId": "destination-exists",
        "ruleIndex": index,
        "level": "error",
        // A brace alone would start a placeholder.
        "message": {"text": "DestinationRegions.1: `gz{{0}}` is not a known region"},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/c%3Ad.json"},
                "region": {"startLine": 2, "startColumn": 31, "endLine": 2, "endColumn": 38},
            },
            "logicalLocations": [{"name": "DestinationRegions.1", "kind": "parameter"}],
        }],
        "partialFingerprints": {
            "presync/v1": "a b/c:d.json||destination-exists|DestinationRegions.1|gz{0}",
            "primaryLocationLineHash": results[1]["partialFingerprints"]["primaryLocationLineHash"],
        },
        "properties": {
            "parameter": "DestinationRegions.1",
            "code": "InvalidRegion.NotFound",
            "value": "gz{0}",
            "allowed": null,
            "hint": null,
            "facts": {},
            "shape_only": false,
            "request": "a b/c:d.json",
            "call": null,
        },
    });
    assert_eq!(results[1], expected);
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["endColumn"], 29);

    // The fingerprint stays when the place does not.
    let moved = folder.path().join("a b/c:d.json");
    fs::write(&moved, format!("\n\n{body}")).unwrap();
    let later = valid(&check_in(folder.path(), ["--format", "sarif", "a b/c:d.json"], ""));
    let later = &later["runs"][0]["results"][1];
    assert_eq!(later["partialFingerprints"], expected["partialFingerprints"]);
    assert_eq!(later["locations"][0]["physicalLocation"]["region"]["startLine"], 4);

    // What is not below the folder has an absolute URI.
    let log =
        valid(&check_in(folder.path(), [OsStr::new("--format"), OsStr::new("sarif"), moved.as_ref()], ""));
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(*uri, format!("file://{}/a%20b/c%3Ad.json", folder.path().display()));
}

#[test]
fn a_result_without_a_file_has_only_its_parameter() {
    let log = valid(&check(["--format", "sarif", PAGE_EXAMPLE, NOWHERE]));
    let result = &log["runs"][0]["results"][0];
    assert_eq!(
        result["locations"],
        json!([{"logicalLocations": [{"name": "DestinationRegions.0", "kind": "parameter"}]}])
    );
    assert_eq!(
        (&result["properties"]["request"], &result["properties"]["call"]),
        (&json!("<argument 2>"), &json!(2))
    );
}

#[test]
fn what_is_unverified_is_no_failure_unless_it_is_refused() {
    let log = valid(&check(["--format", "sarif", OPEN]));
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&result["kind"], &result["level"]), (&json!("open"), &json!("none")));
    let text = "DestinationRegions.0: not verified, needs the state's `ImageSync` of `ap-singapore`";
    assert_eq!(
        (&result["ruleId"], &result["message"]["text"]),
        (&json!("destination-available"), &json!(text))
    );
    let log = valid(&check(["--format", "sarif", "--strict", OPEN]));
    let result = &log["runs"][0]["results"][0];
    assert_eq!((result.get("kind"), &result["level"]), (None, &json!("error")));
    assert_eq!(log["runs"][0]["properties"]["strict"], true);
}

#[test]
fn what_cannot_be_read_is_a_notification() {
    let folder = Scratch::with(&[("bad.json", "{\n  \"Grüße\": [}")]);
    let run = check_in(folder.path(), ["--format", "sarif", "bad.json", "none.json"], "");
    assert_eq!(run.stderr, "bad.json:2:15: expected a value, found `}`\nnone.json: no such file\n");
    let log = valid(&run);
    let expected = json!([{
        "executionSuccessful": false,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": "bad.json:2:15: expected a value, found `}}`"},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": "bad.json"},
                    "region": {"startLine": 2, "startColumn": 13},
                }}],
            },
            {
                "level": "error",
                "message": {"text": "none.json: no such file"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "none.json"}}}],
            },
        ],
    }]);
    assert_eq!(log["runs"][0]["invocations"], expected);
    assert_eq!(log["runs"][0]["results"], json!([]));
}

// --- JUnit ---

/// An element of an XML document, in the order in which they start.
#[derive(Debug, Default)]
struct Element {
    name: String,
    /// The name of the element that it is in.
    parent: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

/// Every element of a document, which is well-formed.
fn xml(text: &str) -> Vec<Element> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let is_allowed = |character| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_allowed), "only what XML may have");
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let key = String::from_utf8(attribute.key.0.to_vec()).unwrap();
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
                    (key, value.into_owned())
                });
                let parent =
                    open.last().map(|parent: &usize| elements[*parent].name.clone()).unwrap_or_default();
                let name = String::from_utf8(tag.name().0.to_vec()).unwrap();
                let attributes = attributes.collect();
                elements.push(Element { name, parent, attributes, text: String::new() });
                if matches!(event, Event::Start(_)) {
                    open.push(elements.len() - 1);
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) => {
                if let Some(element) = open.last() {
                    elements[*element].text.push_str(&text.decode().unwrap());
                }
            }
            Event::GeneralRef(name) => {
                let name = name.decode().unwrap();
                let text = quick_xml::escape::unescape(&format!("&{name};")).unwrap().into_owned();
                elements[*open.last().unwrap()].text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    elements
}

fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_report_has_a_suite_for_each_document_and_a_case_for_each_call() {
    let folder =
        Scratch::with(&[("good.txt", &fs::read_to_string(PAGE_EXAMPLE).unwrap()), ("bad.json", "{\n}}")]);
    let run = check_in(folder.path(), ["--format", "junit", "good.txt", NOWHERE, "bad.json", OPEN], "");
    assert_eq!((run.status, &*run.stderr), (2, "bad.json:2:2: expected the end of the JSON, found `}`\n"));
    let elements = xml(&run.stdout);
    let all: Vec<_> = elements.iter().map(|element| (&*element.name, &*element.parent)).collect();
    assert_eq!(
        all,
        [
            ("testsuites", ""),
            ("testsuite", "testsuites"),
            ("testcase", "testsuite"),
            ("testsuite", "testsuites"),
            ("testcase", "testsuite"),
            ("failure", "testcase"),
            ("testsuite", "testsuites"),
            ("testcase", "testsuite"),
            ("error", "testcase"),
            ("testsuite", "testsuites"),
            ("testcase", "testsuite"),
            ("system-out", "testcase"),
        ]
    );
    let counts = [("tests", "4"), ("failures", "1"), ("errors", "1"), ("skipped", "0")];
    assert_eq!(elements[0].attributes, attributes(&[&[("name", "presync")], &counts[..]].concat()));
    let case = [("name", "good.txt"), ("classname", "presync.2017-03"), ("file", "good.txt")];
    assert_eq!(elements[2].attributes, attributes(&case));
    let case = [("name", "<argument 2>"), ("classname", "presync.2017-03")];
    assert_eq!(elements[4].attributes, attributes(&case));
    let failure = [("message", "`nowhere` is not a known region"), ("type", "InvalidRegion.NotFound")];
    assert_eq!(elements[5].attributes, attributes(&failure));
    let text = "\
InvalidRegion.NotFound  DestinationRegions.0
  value    nowhere
  reason   `nowhere` is not a known region
  rule     destination-exists
  at       <argument 2>:1:65
    |
  1 | Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=nowhere
    |                                                                 ^^^^^^^";
    assert_eq!(elements[5].text.trim(), text);
    assert_eq!(
        elements[8].attributes,
        attributes(&[("message", "expected the end of the JSON, found `}`"), ("type", "not checked")])
    );
    assert_eq!(elements[8].text.trim(), "bad.json:2:2: expected the end of the JSON, found `}`");
    assert!(
        elements[11].text.contains("needs    the state's `ImageSync` of `ap-singapore`"),
        "{}",
        elements[11].text
    );
}

#[test]
fn a_report_has_all_violations_in_one_failure() {
    let elements = xml(&check(["--format", "junit", REFUSED]).stdout);
    let failure = elements.iter().find(|element| element.name == "failure").unwrap();
    assert_eq!(failure.attributes["type"], "NoSuchVersion");
    assert_eq!(failure.text.matches("\n  rule     ").count(), 13);
    // Colours are for people.
    let run = check(["--format", "junit", "--color", "always", REFUSED]);
    assert_eq!(run.stdout, check(["--format", "junit", REFUSED]).stdout);

    let elements = xml(&check(["--format", "junit", "--strict", OPEN]).stdout);
    let failure = elements.iter().find(|element| element.name == "failure").unwrap();
    let expected = [("message", "what could not be verified is refused"), ("type", "not verified")];
    assert_eq!(failure.attributes, attributes(&expected));
}

#[test]
fn a_report_is_xml_whatever_is_in_it() {
    let nasty = "]]>&amp;<b a=\"'\">\u{1}\u{1b}[31m\u{fffe}\u{ffff}\u{85}\u{2028}\r";
    let body = json!({"ImageIds": ["img-o3ycss2p"], "DestinationRegions": [nasty]}).to_string();
    let folder = Scratch::with(&[("<&\">\u{ffff}.json", &body)]);
    for arguments in [&["<&\">\u{ffff}.json"][..], &[&*body], &["<&'\u{b}\u{ffff}.json"]] {
        let run = check_in(folder.path(), ["--format", "junit"].iter().chain(arguments), "");
        assert!(!xml(&run.stdout).is_empty());
    }
    let run = check_in(folder.path(), ["--format", "junit", "<&\">\u{ffff}.json"], "");
    let elements = xml(&run.stdout);
    assert_eq!(elements[1].attributes["name"], "<&\">\u{fffd}.json");
    let failure = elements.iter().find(|element| element.name == "failure").unwrap();
    let value = "  value    ]]>&amp;<b a=\"'\">\\u{1}\\u{1b}[31m\u{fffd}\u{fffd}\\u{85}\\u{2028}\\r\n";
    assert!(failure.text.contains(value), "{}", failure.text);
}

#[test]
fn a_report_is_read_by_the_model_of_another_test_runner() {
    let run = check(["--format", "junit", PAGE_EXAMPLE, REFUSED, OPEN, "none.json"]);
    let report = quick_junit::Report::deserialize_from_str(&run.stdout).unwrap();
    assert_eq!((report.tests, report.failures, report.errors, report.skipped), (4, 1, 1, 0));
    // No clock is read.
    assert!(report.timestamp.is_none() && report.time.is_none());
    let cases: Vec<_> = report.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
    assert_eq!(cases.len(), 4);
    assert!(cases.iter().all(|case| case.time.is_none() && case.timestamp.is_none()));
}
