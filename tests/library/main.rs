//! The library as an embedder sees it: what it says of examples that are written by hand.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test reads files, fails by panicking, cuts texts at ASCII characters, and says what it covered or left out"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers_field;
mod answers_property;
mod cases;
mod catalogue;
mod claims;
mod compare;
mod conformance;
mod destinations;
mod embedding;
mod envelope;
mod facts;
mod import;
mod json;
mod language;
mod layers;
mod limits;
mod living;
mod mended;
mod messages;
mod packer;
mod packer_expressions;
mod packer_field;
mod partial;
mod plan;
mod policy;
mod requests_field;
mod rulesets;
mod span;
mod suggestion;
mod terraform;
mod terraform_field;
mod truth;
mod wire;
