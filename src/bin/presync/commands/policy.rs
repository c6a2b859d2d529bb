//! `presync policy`.

use std::io::Write as _;

use clap::Args;

use crate::outcome::{Failure, Status};
use crate::output::Output;

/// The policy that `presync policy` writes: every key, with what it means.
const SAMPLE: &str = include_str!("policy.toml");

const EXAMPLES: &str = "\
Examples:
  presync policy > presync.toml
  presync rules --policy presync.toml
  presync check --policy presync.toml --state state.json request.json";

/// Write a policy to start from: every key, with what it means
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Policy {}

impl Policy {
    #[expect(clippy::unused_self, reason = "subcommands are run by a method of their arguments")]
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        output.write_all(SAMPLE.as_bytes())?;
        Ok(Status::Accepted)
    }
}
