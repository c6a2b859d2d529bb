//! The README's commands do what it says, and print what it shows. Its Rust example is a test of the library's
//! documentation; its table of rules is held to `presync rules` by the tests of the command line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The fenced blocks of one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let readme = read("README.md");
    let fence = format!("```{language}\n");
    let blocks: Vec<String> = readme
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a block ends").0.to_owned())
        .collect();
    assert!(!blocks.is_empty(), "the README has no block of `{language}`");
    blocks
}

/// Runs the words after `presync` with the binary of this build, in the project's root.
fn presync(words: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_presync");
    let root = env!("CARGO_MANIFEST_DIR");
    Command::new("sh").args(["-c", &format!("'{program}' {words}")]).current_dir(root).output().unwrap()
}

#[test]
fn the_first_command_accepts_the_example_of_the_page() {
    let commands = blocks("sh");
    let words = commands[0].trim().strip_prefix("cargo run --features cli -- ").expect("the first command");
    let output = presync(words);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "accepted under the 2017-03 page\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_second_command_is_the_one_that_ci_runs() {
    let commands = blocks("sh");
    assert_eq!(commands.len(), 2);
    let command = commands[1].trim();
    assert_eq!(command, "cargo test --all-features");
    assert!(read(".ci/run").lines().any(|line| line == command));
}

#[test]
fn what_it_shows_is_what_is_printed() {
    for block in blocks("console") {
        let (command, shown) = block.split_once('\n').unwrap();
        let words = command.strip_prefix("$ presync ").expect("a command of presync");
        let output = presync(words);
        assert_eq!(String::from_utf8_lossy(&output.stdout), shown, "{command}");
        assert_eq!(output.status.code(), Some(1), "{command}");
    }
}

#[test]
fn the_state_that_it_shows_loads() {
    for block in blocks("json") {
        presync::State::from_json(block.as_bytes()).unwrap();
    }
}

#[test]
fn it_is_short() {
    // A rule that is added is a row of its table, which is as long as it has to be.
    let readme = read("README.md");
    let (before, rest) = readme.split_once("<!-- rules -->").expect("the table starts");
    let (_, after) = rest.split_once("<!-- /rules -->").expect("the table ends");
    assert!(before.lines().count() + after.lines().count() < 171);
}
