//! Files that are written by the tests, and compared by them.
#![allow(dead_code, reason = "several programs share this file and none uses all of it")]

use std::path::Path;
use std::{env, fs};

/// Compares a file of the project with what it is to be, or writes it where `UPDATE` is set:
/// `UPDATE=1 cargo test --all-features`.
#[track_caller]
pub(crate) fn is(path: &str, expected: &str, meaning: &str) {
    between(path, "", "", expected, meaning);
}

/// Compares what stands between two marks of a file, or writes it where `UPDATE` is set. A mark
/// that is empty is an end of the file.
#[track_caller]
pub(crate) fn between(path: &str, from: &str, to: &str, expected: &str, meaning: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (before, rest) = text.split_once(from).unwrap_or_else(|| panic!("{path} has no `{from}`"));
    let (found, after) = match rest.split_once(to) {
        Some((found, after)) if !to.is_empty() => (found, after),
        _ if to.is_empty() => (rest, ""),
        _ => panic!("{path} has no `{to}`"),
    };
    if found == expected {
        return;
    }
    if env::var_os("UPDATE").is_some() {
        let text = [before, from, expected, to, after].concat();
        fs::write(&file, text).expect("a file that can be written");
        return;
    }
    // The first line that is another says more than two long texts.
    let lines = found.lines().chain(["the end"]).zip(expected.lines().chain(["the end"]));
    let difference = lines.enumerate().find(|(_, (found, expected))| found != expected);
    let (line, (found, expected)) = difference.unwrap_or((0, ("another end of a line", "none")));
    panic!(
        "{path} is not what it would be now: {meaning}. If the change is meant, `UPDATE=1 cargo test --all-features` \
         writes it.\nline {}\n  is:       {found}\n  would be: {expected}",
        line + 1
    );
}
