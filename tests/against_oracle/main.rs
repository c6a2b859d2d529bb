//! The library against the oracle, a second implementation of the page: over worlds that are
//! enumerated, made wrong in every combination, generated, or kept by fuzzers.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reads files, fails by panicking, and says how much it covered"
)]

#[path = "../oracle/mod.rs"]
mod oracle;
#[path = "../support/mod.rs"]
mod support;

use support::history;

/// The programs beside the fuzz targets find these by the name of their crate.
#[cfg(all(feature = "arbitrary", feature = "hcl", feature = "policy"))]
extern crate self as presync_fuzz;
#[cfg(all(feature = "arbitrary", feature = "hcl", feature = "policy"))]
use fuzz_corpus::targets::{calls, edition_of};

mod completions;
mod editions;
mod exhaustive;
mod faults;
mod forms;
mod fuzz_corpus;
mod generated;
mod generators;
mod independence;
mod inputs;
mod mixtures;
mod pairs;
mod plans;
mod properties;
mod room;
mod vectors;
