//! The library in a server: what clients see of it, many at once, and with bytes that are no calls.
#![cfg(feature = "wire")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says why"
)]

mod app;
mod client;
mod hostile;
mod load;
mod sdk;

use std::fs;
use std::io::Write as _;
use std::path::Path;

/// A file of the project.
fn project_file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Says something that is worth knowing of a test that passes: a line that is not captured.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

#[test]
fn the_readme_shows_the_code_that_runs_here() {
    let app = project_file("tests/server/app.rs");
    let start = app.find("/// Returns the response to a request.").expect("the function");
    let end = start + app[start..].find("\n}\n").expect("its end");
    assert!(
        project_file("README.md").contains(&app[start..end]),
        "the README is to show:\n{}\n}}",
        &app[start..end]
    );
}
