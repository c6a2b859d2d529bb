//! Subcommands: one file for each, and for each group of arguments that several of them take.

mod batch;
mod check;
mod completions;
mod diff;
mod explain;
mod packer_values;
mod policy_file;
mod rules;
mod schema;
mod state;
mod state_files;

use clap::Subcommand;
use presync::Edition;

use crate::outcome::{Failure, Status};
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Command {
    Check(check::Check),
    Batch(batch::Batch),
    State(state::State),
    Rules(rules::Rules),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

impl Command {
    /// Runs the subcommand. `usage` makes the whole command line, for completions.
    pub(crate) fn run(
        &self,
        edition: Option<Edition>,
        usage: impl FnOnce() -> clap::Command,
        output: &mut Output,
    ) -> Result<Status, Failure> {
        match self {
            Self::Check(check) => check.run(edition, output),
            Self::Batch(batch) => batch.run(edition),
            Self::State(state) => state.run(output),
            Self::Rules(rules) => rules.run(edition, output),
            Self::Explain(explain) => explain.run(edition.unwrap_or(Edition::FIRST), output),
            Self::Diff(diff) => diff.run(output),
            Self::Schema(schema) => schema.run(output),
            Self::Completions(completions) => completions.run(&mut usage(), output),
        }
    }
}
