//! Subcommands: one file for each, and for each group of arguments that several of them take.

mod batch;
mod check;
mod compare;
mod completions;
mod diff;
mod explain;
mod observed_file;
mod packer_values;
mod policy;
mod policy_file;
mod regions;
mod rules;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod state;
mod state_files;
mod vectors;

use clap::Subcommand;
use presync::Edition;

use crate::outcome::{Failure, Status};
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Command {
    Check(check::Check),
    Batch(batch::Batch),
    Compare(compare::Compare),
    Regions(regions::Regions),
    State(state::State),
    #[cfg(feature = "serve")]
    Serve(serve::Serve),
    Policy(policy::Policy),
    Rules(rules::Rules),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Schema(schema::Schema),
    Vectors(vectors::Vectors),
    Completions(completions::Completions),
}

impl Command {
    /// Runs the subcommand. `edition` is the one that stands before it, and `usage` makes the whole
    /// command line, for completions.
    pub(crate) fn run(
        &self,
        edition: Option<Edition>,
        usage: impl FnOnce() -> clap::Command,
        output: &mut Output,
    ) -> Result<Status, Failure> {
        let without_edition = match self {
            Self::Check(_)
            | Self::Batch(_)
            | Self::Compare(_)
            | Self::Regions(_)
            | Self::Rules(_)
            | Self::Explain(_)
            | Self::Schema(_)
            | Self::Vectors(_) => None,
            #[cfg(feature = "serve")]
            Self::Serve(_) => None,
            Self::State(_) => Some("state"),
            Self::Policy(_) => Some("policy"),
            Self::Diff(_) => Some("diff"),
            Self::Completions(_) => Some("completions"),
        };
        if let (Some(name), Some(_)) = (without_edition, edition) {
            return Err(Failure::Message(format!("error: `--edition` has no effect on `presync {name}`")));
        }
        match self {
            Self::Check(check) => check.run(edition, output),
            Self::Batch(batch) => batch.run(edition),
            Self::Compare(compare) => compare.run(edition, output),
            Self::Regions(regions) => regions.run(edition, output),
            Self::State(state) => state.run(output),
            #[cfg(feature = "serve")]
            Self::Serve(serve) => serve.run(edition),
            Self::Rules(rules) => rules.run(edition, output),
            Self::Policy(policy) => policy.run(output),
            Self::Explain(explain) => explain.run(edition, output),
            Self::Diff(diff) => diff.run(output),
            Self::Schema(schema) => schema.run(edition, output),
            Self::Vectors(vectors) => vectors.run(edition, output),
            Self::Completions(completions) => completions.run(&mut usage(), output),
        }
    }
}
