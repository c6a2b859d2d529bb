//! `presync schema`: every line that a subcommand writes fits the schema of its lines.

use std::fs;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::run::{OPEN, PAGE_EXAMPLE, REFUSED, Run, STATE, Scratch, command, finished, presync};

const FIELD: &str = "tests/data/field";

fn schema(name: &str) -> Validator {
    let run = presync(["schema", name]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    jsonschema::validator_for(&run.json()).unwrap()
}

/// Runs with this on stdin.
fn fed(arguments: &[&str], stdin: &str) -> Run {
    let mut command = command();
    command.args(arguments).write_stdin(stdin);
    finished(command)
}

/// Returns the lines on stdout. Each of them fits.
#[track_caller]
fn fitting(schema: &Validator, run: &Run) -> Vec<Value> {
    let lines = run.json_lines();
    for line in &lines {
        let errors: Vec<String> = schema.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{line}");
    }
    lines
}

#[test]
fn each_line_of_check_fits() {
    let schema = schema("report");
    let folder = Scratch::with(&[("bad.json", "{\n  \"ImageIds\": [}"), ("text", "hello")]);
    let (bad, text) = (folder.path().join("bad.json"), folder.path().join("text"));
    let (bad, text) = (bad.to_str().unwrap(), text.to_str().unwrap());
    let gone = "ImageIds.0=img-7k2mw9qd&DestinationRegions.0=gz&DestinationRegions.1=ap-hongkong";
    let runs: [(&[&str], i32); 10] = [
        (&[PAGE_EXAMPLE], 0),
        (&[REFUSED], 1),
        (&[OPEN], 0),
        (&["--strict", OPEN], 3),
        (&["--suggest", REFUSED], 1),
        (&["--suggest", gone], 1),
        // What could not be checked has a position, or none; and a name, or none.
        (&[bad], 2),
        (&[text], 2),
        (&["none.json"], 2),
        (&["--suggest", PAGE_EXAMPLE, bad, "none.json", REFUSED], 2),
    ];
    let mut kinds = [0; 2];
    for (arguments, status) in runs {
        let run = presync([&["check", "--format", "json", "--state", STATE], arguments].concat());
        assert_eq!(run.status, status, "{arguments:?} {}", run.stderr);
        for line in fitting(&schema, &run) {
            kinds[usize::from(line.get("error").is_some())] += 1;
        }
    }
    assert_eq!(kinds, [8, 5], "reports, errors");
}

#[test]
fn each_line_of_check_on_what_was_seen_in_the_field_fits() {
    let schema = schema("report");
    let state = format!("{FIELD}/S.json");
    let mut files: Vec<String> = fs::read_dir(FIELD)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .filter(|path| path.ends_with(".json") || path.ends_with(".txt"))
        .collect();
    files.sort();
    let mut seen = [("error", false), ("partial", false), ("address", false), ("suggestion", false)];
    for file in &files {
        let run = presync(["check", "--format", "json", "--suggest", "--state", &state, file]);
        for line in fitting(&schema, &run) {
            for (key, is_seen) in &mut seen {
                *is_seen |= line.get(*key).is_some();
            }
        }
    }
    assert!(seen.iter().all(|(_, is_seen)| *is_seen), "{seen:?}");
}

#[test]
fn a_line_of_check_is_one_of_three() {
    let schema = schema("report");
    for line in [
        json!({"error": {"message": "x"}}),
        json!({"request": "a", "error": {"message": "x", "line": 1, "column": 2}}),
        json!({"edition": "2017-03", "accepted": true, "violations": [], "unverified": []}),
        json!({"partial": "x"}),
        json!({"request": "a", "partial": "x"}),
    ] {
        assert!(schema.is_valid(&line), "{line}");
    }
    for line in [
        json!({}),
        json!({"error": {}}),
        json!({"partial": null}),
        json!({"partial": "x", "error": {"message": "x"}}),
        json!({"error": {"message": "x", "more": 1}}),
        json!({"error": {"message": "x", "column": 0}}),
        json!({"id": 1, "error": {"message": "x"}}),
        json!({"edition": "2017-03", "accepted": true, "violations": []}),
        json!({"error": {"message": "x"}, "edition": "2017-03", "accepted": true, "violations": [], "unverified": []}),
    ] {
        assert!(!schema.is_valid(&line), "{line}");
    }
}

#[test]
fn each_line_of_batch_fits() {
    let schema = schema("batch");
    let lines = r#"{"id": 1, "request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"]}}
{"id": null, "request": {"ImageIds": ["img-7k2mw9qd"], "DestinationRegions": ["gz", "gz"]}}
{"request": "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-singapore"}
{"request": {"ImageIds": "img-o3ycss2p"}}
{"id": {"a": [1]}, "request": 1}
{"request":
not JSON
"#;
    for strict in [&[][..], &["--strict"]] {
        let run = fed(&[&["batch", "--state", STATE], strict].concat(), lines);
        let lines = fitting(&schema, &run);
        let has = |key: &str| lines.iter().map(|line| line.get(key).is_some()).collect::<Vec<_>>();
        assert_eq!(has("id"), [true, true, false, false, true, false, false]);
        assert_eq!(has("line"), [false, false, true, true, true, true, true]);
        assert_eq!(has("error"), [false, false, false, false, true, true, true]);
    }
    let mut field = fs::read_to_string(format!("{FIELD}/b01.ndjson")).unwrap();
    field.push('\n');
    assert!(!fitting(&schema, &fed(&["batch", "--state", STATE], &field)).is_empty());

    let report = |more: Value| {
        let mut line = json!({"edition": "2017-03", "accepted": true, "violations": [], "unverified": []});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    assert!(schema.is_valid(&report(json!({"id": []}))) && schema.is_valid(&report(json!({"line": 1}))));
    for line in [
        report(json!({})),
        report(json!({"id": 1, "line": 1})),
        report(json!({"line": 0})),
        report(json!({"line": 1, "request": "a"})),
        report(json!({"line": 1, "error": {"message": "x"}})),
        json!({"id": 1, "error": {"message": "x"}}),
        json!({"line": 1, "error": {"message": "x", "line": 1}}),
    ] {
        assert!(!schema.is_valid(&line), "{line}");
    }
}

#[test]
fn each_line_of_compare_fits() {
    let (comparison, table) = (schema("comparison"), schema("table"));
    let request = r#""request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"]}"#;
    let success = r#""response": {"Response": {"RequestId": "1"}}"#;
    let failure =
        r#""response": {"Response": {"Error": {"Code": "LimitExceeded", "Message": ""}, "RequestId": "1"}}"#;
    let lines = format!(
        "{{\"id\": null, {request}, {success}}}\n{{{request}, {failure}}}\n{{\"id\": 1, {request}}}\n{{{request}, \"response\": 1}}\nnot JSON\n"
    );
    let run = fed(&["compare", "--format", "json", "--state", STATE], &lines);
    assert_eq!(run.status, 2);
    let lines = run.json_lines();
    let (last, each) = lines.split_last().unwrap();
    let has_error: Vec<bool> = each.iter().map(|line| line.get("error").is_some()).collect();
    assert_eq!(has_error, [false, false, true, true, true]);
    for line in each {
        assert!(comparison.is_valid(line) && !table.is_valid(line), "{line}");
    }
    assert!(table.is_valid(last) && !comparison.is_valid(last), "{last}");
    for line in [
        json!({"error": {"message": "x"}}),
        json!({"line": 1, "error": {"message": "x"}, "edition": "2017-03"}),
    ] {
        assert!(!comparison.is_valid(&line), "{line}");
    }
}

#[test]
fn each_list_of_regions_fits() {
    let schema = schema("regions");
    for (state, image) in [
        (STATE.to_owned(), "img-o3ycss2p"),
        (STATE.to_owned(), "img-7k2mw9qd"),
        (STATE.to_owned(), "img-00000000"),
        (format!("{FIELD}/S.json"), "img-q7w3e9rt"),
    ] {
        for strict in [&[][..], &["--strict"]] {
            let run = presync([&["regions", "--format", "json", "--state", &state, image], strict].concat());
            let list = run.json();
            assert!(schema.is_valid(&list), "{list}");
            assert!(!list["regions"].as_array().unwrap().is_empty());
        }
    }
}
