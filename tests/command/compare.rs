//! `presync compare`: what the service said beside what would have been said, and the table that
//! `rules` and `explain` read.

use std::fmt::Write as _;
use std::fs;

use presync::check::compare::Table;
use presync::check::lines::MAX_LINE_BYTES;
use serde_json::{Value, json};

use crate::run::{Run, STATE, Scratch, command, finished, presync, program};

/// Requests that the state of the tests accepts, that one rule refuses, and that it cannot decide.
const GOOD: &str =
    r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-guangzhou"],"Region":"ap-shanghai"}"#;
const NOWHERE: &str = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["gz"],"Region":"ap-shanghai"}"#;
const SOURCE: &str =
    r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-shanghai"],"Region":"ap-shanghai"}"#;
const TWICE: &str = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-guangzhou","ap-guangzhou"],"Region":"ap-shanghai"}"#;
const SEVERAL: &str =
    r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["gz","ap-chengdu"],"Region":"ap-shanghai"}"#;
const OPEN: &str =
    r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-singapore"],"Region":"ap-shanghai"}"#;
const SUCCESS: &str = r#"{"Response":{"RequestId":"1"}}"#;

fn error(code: &str) -> String {
    format!(r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"…"}},"RequestId":"1"}}}}"#)
}

fn line(request: &str, response: &str) -> String {
    format!("{{\"request\":{request},\"response\":{response}}}\n")
}

/// One line of each kind.
fn every_kind() -> String {
    [
        line(GOOD, SUCCESS),
        line(GOOD, &error("DryRunOperation")),
        line(NOWHERE, &error("InvalidRegion.NotFound")),
        line(SEVERAL, &error("LimitExceeded")),
        line(OPEN, &error("InvalidRegion.Unavailable")),
        line(GOOD, &error("AuthFailure.SignatureExpire")),
        line(SOURCE, &error("InvalidRegion.Unavailable")),
        line(TWICE, SUCCESS),
        line(GOOD, "\"[TencentCloudSDKException] code:InvalidImageId.TooLarge message:… requestId:1\""),
        line(NOWHERE, &error("Something.New")),
    ]
    .concat()
}

/// Runs with the state of the tests, and with these lines on stdin.
fn compare(arguments: &[&str], lines: impl Into<Vec<u8>>) -> Run {
    let mut command = command();
    command.args(["compare", "--state", STATE]).args(arguments).write_stdin(lines);
    finished(command)
}

#[test]
fn the_response_to_another_action_is_no_accepted_request() {
    let images = r#"{"Response":{"TotalCount":0,"ImageSet":[],"RequestId":"1"}}"#;
    let run =
        compare(&[], line(NOWHERE, images) + &line(GOOD, r#"{"Code":"LimitExceeded","RequestId":"1"}"#));
    let expected = "\
<stdin>:1: unrelated: another action; broken destination-exists
<stdin>:2: disagrees: LimitExceeded; given by image-quota; no violation here
";
    assert!(run.stdout.starts_with(expected), "{}", run.stdout);
}

#[test]
fn people_see_what_is_not_the_same_and_the_table() {
    let expected = "\
<stdin>:4: another: LimitExceeded; broken destination-exists, image-quota; given by image-quota
<stdin>:5: unverified: InvalidRegion.Unavailable; unverified destination-available; given by destination-available, destination-not-source; no violation here
<stdin>:6: unrelated: AuthFailure.SignatureExpire; no violation here
<stdin>:8: disagrees: accepted; broken destination-unique
<stdin>:9: disagrees: InvalidImageId.TooLarge; given by image-size; no violation here
<stdin>:10: no-rule: Something.New; broken destination-exists
RULE                    CODE                       EVIDENCE    SEEN
image-size              InvalidImageId.TooLarge    documented  not seen, 1 where it holds
destination-exists      InvalidRegion.NotFound     documented  contradicted (1 as listed, 1 Something.New), 1 unclear
destination-not-source  InvalidRegion.Unavailable  inferred    observed (1)
destination-unique      InvalidParameterValue      inferred    contradicted (1 accepted)
image-quota             LimitExceeded              common      not seen, 1 unclear

inferred codes: 1 observed, 1 contradicted, INFERRED not seen

10 lines under the 2017-03 page: 2 accepted, 2 first, 1 another, 1 unverified, 1 unrelated, 2 disagrees, 1 no-rule
  1  AuthFailure.SignatureExpire  no rule gives it
  1  Something.New  no rule gives it
";
    let first = presync::Edition::FIRST;
    let inferred = presync::rules::all()
        .filter(|rule| rule.in_force(first) && rule.evidence(first) == presync::Evidence::Inferred)
        .count();
    let run = compare(&[], every_kind());
    run.is(1, &expected.replace("INFERRED", &(inferred - 2).to_string()), "");

    // The table alone.
    let alone = compare(&["--table"], every_kind());
    let (_, table) = run.stdout.split_once("\nRULE ").unwrap();
    alone.is(1, &format!("RULE {table}"), "");
}

#[test]
fn what_is_against_the_rules_is_red_and_the_rest_yellow() {
    let run = compare(&["--color", "always"], every_kind());
    for (number, word, colour) in [
        (4, "another", 33),
        (5, "unverified", 33),
        (6, "unrelated", 33),
        (8, "disagrees", 31),
        (9, "disagrees", 31),
        (10, "no-rule", 31),
    ] {
        let start = format!("<stdin>:{number}: \u{1b}[1m\u{1b}[{colour}m{word}\u{1b}[0m: ");
        assert!(run.stdout.lines().any(|line| line.starts_with(&start)), "{number}: {:?}", run.stdout);
    }
}

#[test]
fn programs_get_a_line_for_each_line_and_the_table() {
    let run = compare(&["--format", "json"], every_kind());
    let counts = "10 lines under the 2017-03 page: 2 accepted, 2 first, 1 another, 1 unverified, 1 unrelated, 2 disagrees, 1 no-rule\n";
    assert_eq!((run.status, &*run.stderr), (1, counts));
    let lines = run.json_lines();
    assert_eq!(lines.len(), 11);
    let words: Vec<&str> = lines.iter().filter_map(|line| line["agreement"].as_str()).collect();
    assert_eq!(
        words,
        [
            "accepted",
            "accepted",
            "first",
            "another",
            "unverified",
            "unrelated",
            "first",
            "disagrees",
            "disagrees",
            "no-rule"
        ]
    );
    assert_eq!(
        lines[3],
        json!({
            "line": 4, "agreement": "another", "code": "LimitExceeded", "expected": "InvalidRegion.NotFound",
            "broken": ["destination-exists", "image-quota"], "unverified": [], "given_by": ["image-quota"], "alone": null,
        })
    );
    assert_eq!((&lines[7]["alone"], &lines[7]["code"]), (&json!("destination-unique"), &Value::Null));
    let table: Table = serde_json::from_value(lines[10].clone()).unwrap();
    assert_eq!((table.lines(), table.rows().len()), (10, 5));
    assert_eq!(
        lines[10]["rules"][3],
        json!({
            "rule": "destination-unique", "code": "InvalidParameterValue", "evidence": "inferred",
            "seen": "contradicted", "given": 0, "others": {}, "accepted": 1, "unclear": 0, "not_broken": 0,
        })
    );
    let alone = compare(&["--format", "json", "--table"], every_kind());
    assert_eq!(run.stdout.lines().last(), alone.stdout.lines().next());
    assert_eq!((alone.status, alone.stdout.lines().count()), (1, 1));
}

#[test]
fn the_status_says_whether_every_response_is_explained() {
    let status = |arguments: &[&str], lines: &str| compare(arguments, lines).status;
    let good =
        [line(GOOD, SUCCESS), line(SEVERAL, &error("LimitExceeded")), line(GOOD, &error("AuthFailure"))];
    let good = good.concat();
    let open = line(OPEN, &error("InvalidRegion.Unavailable"));
    let (against, new) = (line(TWICE, SUCCESS), line(GOOD, &error("Something.New")));
    assert_eq!(status(&[], &good), 0);
    assert_eq!(status(&["--strict"], &good), 0);
    assert_eq!(status(&[], &format!("{good}{open}")), 0);
    assert_eq!(status(&["--strict"], &format!("{good}{open}")), 3);
    assert_eq!(status(&["--strict"], &format!("{open}{against}")), 1);
    assert_eq!(status(&[], &format!("{good}{new}")), 1);
    assert_eq!(status(&[], &format!("{against}no JSON\n{good}")), 2);
}

#[test]
fn lines_that_cannot_be_read_are_told_and_the_run_goes_on() {
    let lines = format!(
        "\u{feff}{}\n\nno JSON\n{{\"id\":[1],\"request\":{GOOD}}}\n{}",
        line(GOOD, SUCCESS).trim(),
        line(GOOD, SUCCESS)
    );
    compare(&[], &*lines).is(
        2,
        "<stdin>:3: unreadable: column 1: a line is a JSON object, which starts with an opening brace\n\
         <stdin>:4: unreadable: the key `response` is missing\n\
         4 lines under the 2017-03 page: 2 accepted, 2 unreadable\n",
        "",
    );
    let run = compare(&["--format", "json"], &*lines);
    assert_eq!(run.status, 2);
    let answers: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(answers.len(), 5);
    let message = "a line is a JSON object, which starts with an opening brace";
    assert_eq!(answers[1], format!("{{\"line\":3,\"error\":{{\"message\":\"{message}\",\"column\":1}}}}"));
    let missing = r#"{"id":[1],"line":4,"error":{"message":"the key `response` is missing"}}"#;
    assert_eq!(answers[2], missing);
    // What is no part of the table is said beside it.
    let run = compare(&["--table"], &*lines);
    assert_eq!(run.status, 2);
    assert!(run.stderr.starts_with("<stdin>:3: column 1: a line is a JSON object"), "{}", run.stderr);
    // Windows PowerShell's UTF-16.
    let utf16: Vec<u8> = lines.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(compare(&["--format", "json"], utf16).stdout, answers.join("\n") + "\n");
}

#[test]
fn no_lines_are_compared_to_an_empty_table() {
    compare(&[], "").is(0, "0 lines under the 2017-03 page\n", "");
    let run = compare(&["--format", "json", "--edition", "latest"], "\n \n");
    assert_eq!((run.status, &*run.stderr), (0, "0 lines under the 2025-04 page\n"));
    let table: Table = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(table, Table::new(presync::Edition::LATEST));
}

#[test]
fn many_lines_and_a_line_that_is_too_long() {
    let mut lines = String::new();
    for _ in 0..4_000 {
        write!(lines, "{}{}", line(NOWHERE, &error("InvalidRegion.NotFound")), line(GOOD, SUCCESS)).unwrap();
    }
    lines.push_str("{\"id\":\"");
    lines.push_str(&"x".repeat(MAX_LINE_BYTES));
    lines.push_str("\"}\n");
    lines.push_str(&line(GOOD, SUCCESS));
    let run = compare(&["--table", "--format", "json"], lines);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.starts_with("<stdin>:8001: a line has at most 10551296 bytes: this one has more\n"),
        "{}",
        run.stderr
    );
    let table: Table = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((table.lines(), table.rows()[0].given), (8_001, 4_000));
}

#[test]
fn a_line_has_its_state_or_names_it() {
    let scratch = Scratch::new();
    let empty = scratch.file("empty.json", r#"{"Regions":[],"Images":[]}"#);
    let lines = format!(
        "{{\"at\":\"before\",\"request\":{GOOD},\"response\":{missing}}}\n\
         {{\"at\":\"after\",\"request\":{GOOD},\"response\":{SUCCESS}}}\n\
         {{\"state\":{{}},\"request\":{GOOD},\"response\":{missing}}}\n\
         {{\"request\":{GOOD},\"response\":{SUCCESS}}}\n",
        missing = error("UnsupportedRegion")
    );
    let before = format!("before={}", empty.display());
    let after = format!("after={STATE}");
    // Where no state is given, nothing is known of the last line's.
    let run = {
        let mut command = command();
        command.args(["compare", "--format", "json", "--at", &*before, "--at", &*after]).write_stdin(&*lines);
        finished(command)
    };
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let words: Vec<Value> = run.json_lines().into_iter().map(|line| line["agreement"].clone()).collect();
    assert_eq!(words[..4], ["first", "accepted", "first", "accepted"]);

    let mut unnamed = command();
    unnamed.args(["compare"]).write_stdin(&*lines);
    let run = finished(unnamed);
    assert_eq!(run.status, 2);
    let first = "<stdin>:1: unreadable: column 7: there is no state `before`: none is given by a name\n";
    assert!(run.stdout.starts_with(first), "{}", run.stdout);
}

#[test]
fn what_cannot_be_compared_at_all_gives_up() {
    let reason =
        |arguments: &[&str], reason: &str| presync([&["compare"], arguments].concat()).gives_up(reason);
    reason(&["--at", "x"], "error: `--at` is `NAME=FILE`, and not `x`");
    reason(&["--at", "=x"], "error: `--at` is `NAME=FILE`, and not `=x`");
    reason(&["--at", "x=no.json"], "no.json: no such file");
    reason(&["--at", "x=1", "--at", "x=2"], "error: `--at` gives two states the name `x`");
    reason(&["--state", "-"], "error: stdin can be the lines or one state, and is several of them");
    reason(&["--at", "x=-", "-"], "error: stdin can be the lines or one state, and is several of them");
    reason(&["no.ndjson"], "no.ndjson: no such file");
    reason(&["src"], "src: is a directory, not a file");
    presync(["compare", "--format", "table"]).gives_up_on_usage();
}

#[test]
fn a_reader_who_leaves_is_no_failure() {
    let scratch = Scratch::new();
    let lines = scratch.file("lines.ndjson", every_kind().repeat(1_000));
    let mut child = program()
        .args(["compare", "--state", STATE])
        .arg(lines)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(1), ""));
}

// --- the table ---

#[test]
fn a_table_marks_the_rules() {
    let scratch = Scratch::new();
    let whole = scratch.file("lines.json", compare(&["--format", "json"], every_kind()).stdout);
    let run = compare(&["--format", "json", "--table"], every_kind());
    let table = scratch.file("table.json", &run.stdout);
    let pretty: Value = serde_json::from_str(&run.stdout).unwrap();
    let pretty = scratch.file("pretty.json", serde_json::to_string_pretty(&pretty).unwrap());
    let utf16: Vec<u8> =
        format!("\u{feff}{}", run.stdout).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = scratch.file("utf16.json", utf16);

    let plain = presync(["rules"]);
    let marked = |file: &std::path::Path, more: &[&str]| {
        let mut command = command();
        command.args(["rules", "--observed"]).arg(file).args(more);
        finished(command)
    };
    let text = marked(&table, &[]);
    assert_eq!((text.status, &*text.stderr), (0, ""));
    for file in [&whole, &pretty, &utf16] {
        assert_eq!(marked(file, &[]).stdout, text.stdout);
    }
    let evidence = |run: &Run, rule: &str| -> String {
        let row = run.stdout.lines().find(|line| line.split_whitespace().next() == Some(rule)).unwrap();
        let start = run.stdout.lines().next().unwrap().find("EVIDENCE").unwrap();
        let end = run.stdout.lines().next().unwrap().find("WHAT").unwrap();
        row.get(start..end).unwrap().trim().to_owned()
    };
    for (rule, expected) in [
        ("destination-not-source", "inferred, observed (1)"),
        ("destination-unique", "inferred, contradicted (1 accepted)"),
        ("destination-exists", "documented, contradicted (1 as listed, 1 Something.New)"),
        ("image-quota", "common"),
        ("image-single", "inferred"),
    ] {
        assert_eq!(evidence(&text, rule), expected);
        assert!(!evidence(&plain, rule).contains("observed"));
    }

    let json = marked(&table, &["--format", "json"]).json();
    let of = |rule: &str| json.as_array().unwrap().iter().find(|row| row["rule"] == rule).unwrap().clone();
    assert_eq!(of("destination-not-source")["evidence"], "inferred");
    let observed = json!({"seen": "observed", "given": 1, "others": {}, "accepted": 0});
    assert_eq!(of("destination-not-source")["observed"], observed);
    let new = json!({"seen": "contradicted", "given": 1, "others": {"Something.New": 1}, "accepted": 0});
    assert_eq!(of("destination-exists")["observed"], new);
    assert_eq!(of("image-quota")["observed"]["seen"], "not seen");
    let plain = presync(["rules", "--format", "json"]).json();
    assert!(plain.as_array().unwrap().iter().all(|row| row.get("observed").is_none()));

    // Under another page, what counts is the code that the rule gives there.
    let latest = marked(&table, &["--edition", "latest"]);
    assert_eq!(evidence(&latest, "destination-not-source"), "inferred, observed (1)");
    let all = marked(&table, &["--all", "--format", "markdown"]).stdout;
    assert!(all.contains("inferred, observed (1)"), "{all}");
}

#[test]
fn a_table_marks_an_explanation() {
    let scratch = Scratch::new();
    let table = scratch.file("table.json", compare(&["--format", "json", "--table"], every_kind()).stdout);
    let explain = |word: &str, more: &[&str]| {
        let mut command = command();
        command.args(["explain", word, "--observed"]).arg(&table).args(more);
        let run = finished(command);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{word}");
        run
    };
    let text = explain("destination-not-source", &[]).stdout;
    let line = "  observed   observed (1): the service gave this code whenever the rule alone was broken\n";
    assert!(text.contains(line), "{text}");
    let text = explain("destination-unique", &[]).stdout;
    let line = "  observed   contradicted (1 accepted): the rule alone was broken, and the service gave another code or accepted the request\n";
    assert!(text.contains(line), "{text}");
    let text = explain("image-quota", &[]).stdout;
    assert!(
        text.contains("  observed   not seen: no response shows for certain which code the service gives\n"),
        "{text}"
    );
    let text = explain("InvalidRegion.Unavailable", &[]).stdout;
    assert!(text.contains("(inferred, observed (1), from "), "{text}");
    let json = explain("destination-not-source", &["--format", "json"]).json();
    assert_eq!(json["observed"]["seen"], "observed");
    assert!(!presync(["explain", "destination-not-source"]).stdout.contains("observed"));
}

#[test]
fn a_flag_without_effect_on_an_explanation_is_an_error() {
    let scratch = Scratch::new();
    let table = scratch.file("table.json", compare(&["--format", "json", "--table"], every_kind()).stdout);
    let table = table.to_str().unwrap();
    let stem = "the list of codes that begin with `InvalidImageId`";
    for (word, flags, flag, explained) in [
        (
            "InvalidRegion.Unavailable",
            &["--format", "json", "--observed", table][..],
            "--observed",
            "a code with `--format json`",
        ),
        (
            "InvalidImageId",
            &["--format", "json", "--observed", table],
            "--observed",
            "a code with `--format json`",
        ),
        ("InvalidImageId", &["--observed", table], "--observed", stem),
        ("InvalidImageId", &["--edition", "latest"], "--edition", stem),
        ("policy/image-size", &["--observed", table], "--observed", "a rule of a policy"),
    ] {
        let run = presync(["explain", word].iter().chain(flags));
        run.gives_up(&format!("error: `{flag}` has no effect on {explained}"));
    }
    // Where there is an effect, they are taken.
    for (word, flags) in [
        ("InvalidImageId", &["--format", "json", "--edition", "latest"][..]),
        ("InvalidRegion.Unavailable", &["--format", "json", "--edition", "latest"]),
        ("InvalidRegion.Unavailable", &["--observed", table, "--edition", "latest"]),
        ("image-size", &["--observed", table, "--edition", "latest"]),
    ] {
        let run = presync(["explain", word].iter().chain(flags));
        assert_eq!((run.status, &*run.stderr), (0, ""), "{word} {flags:?}");
    }
    presync(["--edition", "latest", "explain", "InvalidImageId"])
        .gives_up(&format!("error: `--edition` has no effect on {stem}"));
    let help = presync(["explain", "--help"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("in JSON, the values of the first page"), "{help}");
}

#[test]
fn a_file_that_is_no_table_is_told() {
    let scratch = Scratch::new();
    let told = |content: &str, reason: &str| {
        let path = scratch.file("table.json", content);
        for arguments in [&["rules"][..], &["explain", "image-size"]] {
            let mut command = command();
            command.args(arguments).arg("--observed").arg(&path);
            finished(command).gives_up(&format!("{}:{reason}", path.display()).replace(":: ", ": "));
        }
    };
    told("", ": the table is empty");
    told(" \n", ": the table is empty");
    told("no", "1:2: no table of `presync compare`: it is not JSON, or not all of it is there");
    told(
        "[]",
        "1:2: no table of `presync compare`: a value in it is of another type".replace("1:0", "1:1").as_str(),
    );
    let table = compare(&["--format", "json"], every_kind()).stdout;
    let cut = table.lines().take(3).collect::<Vec<_>>().join("\n");
    told(&cut, "3:7: no table of `presync compare`: unknown key `line`, did you mean `lines`?");
    let misspelt = table.lines().last().unwrap().replace("destination-unique", "destination-uniqe");
    told(
        &misspelt,
        ": the table has a rule `destination-uniqe`, which there is not, did you mean `destination-unique`?",
    );
    // A second sighting of a rule could contradict the first one.
    let table = table.lines().last().unwrap();
    told(&format!("{table}\n{table}\n"), ": there are 2 tables: compare all lines in one run");
    let mut twice: Value = serde_json::from_str(table).unwrap();
    let row = twice["rules"][3].clone();
    twice["rules"].as_array_mut().unwrap().push(row);
    told(&twice.to_string(), ": the table has the rule `destination-unique` twice");
    presync(["rules", "--observed", "no.json"]).gives_up("no.json: no such file");
    let mut both = command();
    both.args(["rules", "--observed", "-", "--policy", "-"]).write_stdin("");
    finished(both).gives_up("error: stdin is the policy and cannot be the table too");
}

#[test]
fn the_schemas_of_a_comparison_and_of_a_table_hold() {
    let schema = |name: &str| {
        let run = presync(["schema", name]);
        assert_eq!((run.status, &*run.stderr), (0, ""));
        jsonschema::validator_for(&run.json()).unwrap()
    };
    let (comparison, table) = (schema("comparison"), schema("table"));
    let lines = compare(&["--format", "json"], every_kind()).json_lines();
    let (last, each) = lines.split_last().unwrap();
    for line in each {
        assert!(comparison.is_valid(line), "{line}");
        assert!(!table.is_valid(line));
    }
    assert!(table.is_valid(last), "{last}");
    assert!(!comparison.is_valid(last));
    let mut more = each[0].clone();
    more["more"] = json!(1);
    assert!(!comparison.is_valid(&more));
}

#[test]
fn help_says_every_word() {
    let help = presync(["compare", "--help"]);
    assert_eq!((help.status, &*help.stderr), (0, ""));
    for agreement in presync::check::compare::Agreement::ALL {
        let line =
            help.stdout.lines().find(|line| line.trim_start().starts_with(agreement.as_str())).unwrap();
        assert!(line.contains(agreement.gloss()), "{line}");
    }
    for part in ["Examples:", "Exit status:", "--at", "--table", "--strict", "observed", "contradicted"] {
        assert!(help.stdout.contains(part), "{part}");
    }
    // The project itself claims none.
    let readme = fs::read_to_string("README.md").unwrap();
    let rules = readme.split("<!-- rules -->").nth(1).and_then(|rest| rest.split("<!-- /rules -->").next());
    assert!(!rules.unwrap().contains("observed"));
}
