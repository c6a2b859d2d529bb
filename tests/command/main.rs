//! The command line, run as a program: exit status, stdout and stderr.
#![cfg(feature = "cli")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that goes wrong says so by panicking, and this one is about files and processes"
)]

#[path = "../support/documents.rs"]
mod documents;
#[path = "../support/instructions.rs"]
mod instructions;
#[path = "../support/lines.rs"]
mod lines;
#[path = "../support/run.rs"]
mod run;
#[path = "../support/snapshot.rs"]
mod snapshot;

mod answers_field;
mod batch;
mod cli;
mod compare;
mod import;
mod official;
mod outputs;
mod outputs_field;
mod packer;
mod packer_field;
mod policy;
mod readme;
mod regions;
mod requests_field;
mod schemas;
mod suggest;
mod terminal;
mod terraform;
mod terraform_field;
mod vectors;
