//! The README's commands do what it says, and print what it shows. Its Rust example is a
//! test of the library's documentation; its table of rules is held to `presync rules` by the
//! tests of the command line.

use std::fs;
use std::io::Write as _;
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

/// The two commands that a reader tries first.
fn commands() -> [String; 2] {
    let [block] = <[String; 1]>::try_from(blocks("sh")).expect("one block");
    let lines: Vec<String> = block.lines().map(str::to_owned).collect();
    lines.try_into().expect("two commands")
}

/// Runs the words after `presync` with the binary of this build, in the project's root.
fn presync(words: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_presync");
    let root = env!("CARGO_MANIFEST_DIR");
    Command::new("sh").args(["-c", &format!("'{program}' {words}")]).current_dir(root).output().unwrap()
}

#[test]
fn the_first_command_accepts_the_example_of_the_page() {
    let [first, _] = commands();
    let words = first.strip_prefix("cargo run --features cli -- ").expect("the first command");
    let output = presync(words);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "accepted under the 2017-03 page\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_second_command_is_the_one_that_ci_runs() {
    let [_, command] = commands();
    assert_eq!(command, "cargo test --all-features");
    assert!(read(".ci/run").lines().any(|line| line == command));
}

#[test]
fn what_its_commands_read_is_in_the_package() {
    let manifest = read("Cargo.toml");
    let included =
        manifest.lines().find_map(|line| line.strip_prefix("include = ")).expect("what is included");
    let [first, _] = commands();
    let (_, rest) = first.split_once("--state ").expect("a state");
    let (state, _) = rest.split_once(' ').unwrap();
    assert!(included.contains(&format!("\"/{state}\"")), "{included} has no {state}");
}

#[test]
fn its_python_gets_a_report_for_each_line() {
    if Command::new("python3").arg("--version").output().is_err() {
        std::io::stderr()
            .write_all(b"SKIPPED: there is no python3, so that its Python is not run\n")
            .unwrap();
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_presync"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = vec![program.parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).unwrap();
    for block in blocks("python") {
        let output = Command::new("python3")
            .args(["-c", &block])
            .env("PATH", &path)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "did you mean `ap-guangzhou`? `gz` is its code in an older API\n",
            "{stderr}"
        );
        assert!(output.status.success(), "{stderr}");
    }
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
