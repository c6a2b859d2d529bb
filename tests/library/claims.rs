//! The page of claims: each row is counted by a suite, each suite that counts has its row, and each command is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::claims::rows;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code of all tests.
fn sources(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(fs::read_to_string(path).unwrap());
        }
    }
    all
}

#[test]
fn each_row_is_counted_by_a_suite_and_each_count_has_a_row() {
    let rows = rows("claims");
    // Cut in two here, so that this line is none of them.
    let call = concat!("claims::", "hold(\"");
    let counted: Vec<String> = sources(&root().join("tests"))
        .iter()
        .flat_map(|source| source.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()))
        .collect();
    let distinct: BTreeSet<&String> = counted.iter().collect();
    assert_eq!(distinct.len(), counted.len(), "one suite counts for one row: {counted:?}");
    assert_eq!(distinct, rows.keys().collect(), "the counts of the suites, and the rows of tests/README.md");
}

#[test]
fn each_row_has_a_sentence_and_a_command_that_runs_a_test() {
    let sources = sources(&root().join("tests"));
    let mut commands = 0;
    for (name, row) in rows("claims") {
        assert!(row.claim.ends_with('.') && row.claim.len() > 20, "{name}: {}", row.claim);
        assert!(row.number > 0 && !row.of.is_empty() && !row.time.is_empty(), "{name}");
        let mut words = row.command.split(' ').skip_while(|word| *word != "--test").skip(1);
        let target = words.next().unwrap_or_else(|| panic!("{name}: `{}` names no test target", row.command));
        let tests = root().join("tests");
        let is_target =
            tests.join(target).join("main.rs").exists() || tests.join(format!("{target}.rs")).exists();
        assert!(is_target, "{name}: there is no test target `{target}`");
        let filter = words.find(|word| !word.starts_with('-')).expect("the name of a test");
        // It is part of the name of a test, or a module of tests.
        let module = format!("mod {filter};");
        let is_named =
            |line: &str| line == module || line.trim_start().starts_with("fn ") && line.contains(filter);
        let is_test = |source: &String| source.lines().any(is_named);
        assert!(sources.iter().any(is_test), "{name}: no test is named `{filter}`");
        let is_ignored = row.command.contains(" --release ");
        assert_eq!(row.command.contains("--ignored"), is_ignored, "{name}: {}", row.command);
        commands += 1;
    }
    assert!(commands > 10);
}

/// What no test can count in a run has the day on which it was counted.
#[test]
fn what_was_measured_has_its_day() {
    for (name, row) in rows("measured") {
        assert!(["mutants", "executions"].contains(&&*name), "{name}");
        assert!(row.number > 0 && row.command.starts_with("cargo "), "{name}");
        let day: Vec<&str> = row.time.split('-').collect();
        assert!(day.iter().map(|part| part.len()).eq([4, 2, 2]), "{name}: {}", row.time);
    }
    assert!(fs::read_to_string(root().join("README.md")).unwrap().contains("(tests/README.md)"));
}
