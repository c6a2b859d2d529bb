//! `presync serve` as its clients see it, many at once, and with bytes that are no calls; and the
//! README's code for a server of one's own.
#![cfg(feature = "serve")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says why"
)]

#[path = "../support/claims.rs"]
#[allow(dead_code, reason = "the library's tests read the whole page")]
mod claims;
#[path = "../support/dice.rs"]
#[allow(dead_code, reason = "the library's tests pick from lists")]
mod dice;

mod actions;
mod app;
mod client;
#[cfg(all(feature = "proptest", feature = "vectors"))]
mod conformance;
mod end;
mod hostile;
mod limits;
mod load;
mod process;
mod sdk;
mod start;

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
