//! The list of claims: each row is counted by a suite, each suite that counts has its row, and the
//! command of a row runs a test of the file that counts for it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::claims::rows;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of tests.
struct Source {
    path: PathBuf,
    /// Its lines without comments.
    code: String,
}

/// A test, and whether it is run only if that is asked for.
struct Test {
    name: String,
    is_ignored: bool,
}

/// A count that is held to a row.
struct Count {
    row: String,
    /// What is counted, as it is written.
    counted: String,
}

impl Source {
    /// Cuts off all that is behind two slashes. In a text that may cut off more, and then a
    /// count is missed, which fails.
    fn new(path: PathBuf, text: &str) -> Self {
        let lines = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
        Self { path, code: lines.flat_map(|line| [line, "\n"]).collect() }
    }

    fn tests(&self) -> Vec<Test> {
        let (mut tests, mut is_test, mut is_ignored) = (Vec::new(), false, false);
        for line in self.code.lines().map(str::trim) {
            is_test |= line == "#[test]";
            is_ignored |= line.starts_with("#[ignore");
            let Some((_, rest)) = line.split_once("fn ") else { continue };
            if is_test {
                let name = rest.split('(').next().unwrap().to_owned();
                tests.push(Test { name, is_ignored });
            }
            (is_test, is_ignored) = (false, false);
        }
        tests
    }

    fn counts(&self) -> Vec<Count> {
        // Cut in two here, so that this line is none of them.
        let calls = self.code.split(concat!("claims::", "hold(\"")).skip(1);
        calls
            .map(|call| {
                let (row, rest) = call.split_once("\", ").expect("a row and a count");
                let (counted, _) = rest.split_once(");\n").expect("the end of a statement");
                Count { row: row.to_owned(), counted: counted.to_owned() }
            })
            .collect()
    }
}

/// The code of all tests.
fn sources(folder: &Path) -> Vec<Source> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            all.push(Source::new(path, &text));
        }
    }
    all
}

#[test]
fn each_row_is_counted_by_a_suite_and_each_count_has_a_row() {
    let mut counts = Vec::new();
    for Count { row, counted } in sources(&root().join("tests")).iter().flat_map(Source::counts) {
        // A number or a constant is what was to be counted.
        let is_counted = counted.contains(|letter: char| letter.is_ascii_lowercase());
        assert!(is_counted && !counted.contains("try_from"), "{row}: `{counted}` was not counted");
        counts.push(row);
    }
    counts.sort();
    assert!(counts.windows(2).all(|two| two[0] != two[1]), "one suite counts for one row: {counts:?}");
    let rows = rows("claims");
    assert!(counts.iter().eq(rows.keys()), "the suites count {counts:?}, and there are {:?}", rows.keys());
}

/// The words behind `--test`: the target, and what the names of its tests must contain.
fn target_and_filter(command: &str) -> Option<(&str, &str)> {
    let mut words = command.split(' ').skip_while(|word| *word != "--test").skip(1);
    Some((words.next()?, words.find(|word| !word.starts_with('-'))?))
}

/// Returns what is wrong with the command of a row.
fn fault_of(name: &str, command: &str, sources: &[Source]) -> Option<String> {
    let Some((target, filter)) = target_and_filter(command) else {
        return Some("it names no test of a target".to_owned());
    };
    let counts = |source: &&Source| source.counts().iter().any(|count| count.row == name);
    let Some(source) = sources.iter().find(counts) else {
        return Some("no suite counts for it".to_owned());
    };
    if source.path.parent() != Some(&root().join("tests").join(target)) {
        return Some(format!("{} counts for it, which is not of `{target}`", source.path.display()));
    }
    // It is the file of these tests, or part of the names of some.
    let is_module = source.path.file_stem().is_some_and(|stem| stem == filter);
    let asks = command.ends_with(" -- --ignored");
    let is_run = |test: &Test| (is_module || test.name.contains(filter)) && test.is_ignored == asks;
    if !source.tests().iter().any(is_run) {
        return Some(format!("{} counts for it, and no test there runs", source.path.display()));
    }
    (command.contains(" --release ") != asks).then(|| "what is ignored is to be optimized".to_owned())
}

#[test]
fn each_row_has_a_sentence_and_a_command_that_runs_a_test_of_the_file_that_counts() {
    let sources = sources(&root().join("tests"));
    let mut commands = 0;
    for (name, row) in rows("claims") {
        assert!(row.claim.ends_with('.') && row.claim.len() > 20, "{name}: {}", row.claim);
        assert!(row.number > 0 && !row.of.is_empty() && !row.time.is_empty(), "{name}");
        assert_eq!(fault_of(&name, &row.command, &sources), None, "{name}: `{}`", row.command);
        commands += 1;
    }
    assert!(commands > 10);
}

/// Each of the ways in which a row and its command could fall apart is seen.
#[test]
fn a_command_of_another_test_than_the_one_that_counts_is_a_fault() {
    let path = root().join("tests/some/hills.rs");
    let call = concat!("claims::", "hold(\"hills\", all.len());\n");
    let count = format!("    {call}");
    let text = format!("#[test]\nfn hills_are_high() {{\n{count}}}\nfn hills_are_far() {{}}\n");
    let fault = |text: &str, command: &str| {
        fault_of("hills", command, &[Source::new(path.clone(), text)]).unwrap_or_default()
    };
    assert_eq!(fault(&text, "cargo test --test some are_high"), "");
    assert_eq!(fault(&text, "cargo test --test some hills"), "");
    assert_eq!(fault(&text, "cargo test --test some"), "it names no test of a target");
    assert!(fault(&text, "cargo test --test other are_high").ends_with("which is not of `other`"));
    // Of these the first is no test, and the second is ignored or not.
    for command in
        ["cargo test --test some are_far", "cargo test --release --test some are_high -- --ignored"]
    {
        assert!(fault(&text, command).ends_with("no test there runs"), "{command}");
    }
    let ignored = text.replace("#[test]", "#[test]\n#[ignore = \"it takes long\"]");
    assert_eq!(fault(&ignored, "cargo test --release --test some are_high -- --ignored"), "");
    assert!(fault(&ignored, "cargo test --test some are_high").ends_with("no test there runs"));
    assert_eq!(
        fault(&ignored, "cargo test --test some are_high -- --ignored"),
        "what is ignored is to be optimized"
    );
    // In a comment nothing is counted, and nothing is a test.
    let commented = text.replace(&count, &format!("    // {call}"));
    assert_eq!(fault(&commented, "cargo test --test some are_high"), "no suite counts for it");
    let commented = text.replace("#[test]", "// #[test]");
    assert!(fault(&commented, "cargo test --test some are_high").ends_with("no test there runs"));
}

/// What no test can count in a run has the day on which it was counted.
#[test]
fn what_was_measured_has_its_day() {
    for (name, row) in rows("measured") {
        assert!(["mutants", "executions"].contains(&&*name), "{name}");
        assert!(row.number > 0 && row.command.contains("cargo "), "{name}");
        // All of the targets, whose executions are counted together.
        assert_eq!(row.command.contains("$(cargo fuzz list)"), name == "executions", "{name}");
        let (seconds, day) = row.time.split_once(" s, ").expect("how long it took, and when");
        assert!(seconds.replace(',', "").parse::<u32>().is_ok(), "{name}: {}", row.time);
        assert!(day.split('-').map(str::len).eq([4, 2, 2]), "{name}: {}", row.time);
    }
    assert!(fs::read_to_string(root().join("README.md")).unwrap().contains("(tests/README.md)"));
}
