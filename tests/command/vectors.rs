//! `presync vectors`.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::run::{Scratch, presync};

#[test]
fn vectors_are_lines_that_fit_their_schema_and_are_the_same_each_time() {
    let schema = jsonschema::validator_for(&presync(["schema", "vector"]).json()).unwrap();
    for edition in ["2017-03", "2022-08", "latest"] {
        let written = presync(["vectors", "--edition", edition, "--count", "420", "--seed", "5"]);
        let lines = written.json_lines();
        assert_eq!(lines.len(), 420);
        for line in &lines {
            assert!(schema.is_valid(line), "{:?}\n{line}", schema.iter_errors(line).next());
        }
        let kinds: BTreeSet<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, BTreeSet::from(["alone", "any", "boundary", "pair", "unverified"]));
        let again = presync(["--edition", edition, "vectors", "--count", "420", "--seed", "5"]);
        assert_eq!(again.stdout, written.stdout);
    }
    // Without an edition it is the first page that is meant.
    let line = &presync(["vectors", "--count", "1"]).json_lines()[0];
    assert_eq!(line["id"], "2017-03/1/0");
}

/// Vectors have no end of their own: the run ends when nobody reads them.
#[test]
fn a_reader_who_has_seen_enough_ends_the_run() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_presync"))
        .args(["vectors", "--count", "1000000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with(r#"{"id":"2017-03/1/0","#), "{line}");
    // Stdout is closed now.
    for _ in 0..600 {
        if child.try_wait().unwrap().is_some() {
            let output = child.wait_with_output().unwrap();
            assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    panic!("it does not end");
}

/// What stands in a vector is all that `check` needs, in either form.
#[test]
fn a_vector_is_checked_as_it_says() {
    let lines = presync(["vectors", "--edition", "latest", "--count", "40"]).json_lines();
    let folder = Scratch::new();
    for line in lines.iter().step_by(3) {
        let state = folder.file("state.json", line["state"].to_string());
        let mut forms = Vec::new();
        if let Some(body) = line["request"].as_str() {
            let mut arguments = Vec::new();
            for (name, value) in line["headers"].as_object().into_iter().flatten() {
                arguments.push("--header".to_owned());
                arguments.push(format!("{name}: {}", value.as_str().unwrap()));
            }
            forms.push((folder.file("body.json", body), arguments));
        }
        if let Some(query) = line["query"].as_str() {
            forms.push((folder.file("query.txt", query), Vec::new()));
        }
        for (file, headers) in forms {
            let arguments =
                ["check", "--edition", "latest", "--format", "json", "--state"].map(str::to_owned);
            let arguments = arguments.into_iter().chain([state.display().to_string()]).chain(headers);
            let said = presync(arguments.chain([file.display().to_string()])).json();
            let rules = |of: &Value| -> Vec<(String, String)> {
                let violations = of["violations"].as_array().unwrap().iter();
                violations.map(|one| (one["rule"].to_string(), one["code"].to_string())).collect()
            };
            assert_eq!(rules(&said), rules(line), "{line}");
        }
    }
}
