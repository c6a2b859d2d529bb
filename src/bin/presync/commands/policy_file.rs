//! `--policy`: rules of the user's own, from a file.

use std::ffi::OsString;

use clap::Args;
use presync::policy::{self, Policy, PolicyError};
use presync::{Edition, Ruleset, State};

use crate::input::Source;
use crate::outcome::{Failure, complain};

#[derive(Args)]
pub(crate) struct PolicyFile {
    /// Rules of your own beside the documented ones, and the rules that are warnings or off: a file
    /// in TOML, or `-` for stdin
    #[arg(long, value_name = "FILE")]
    policy: Option<OsString>,

    /// The edition of the API's documentation: `latest`, or any month from 2017-03 on [default:
    /// that of the policy, else 2017-03]
    #[arg(long, value_name = "YYYY-MM")]
    edition: Option<Edition>,
}

impl PolicyFile {
    pub(crate) fn is_given(&self) -> bool {
        self.policy.is_some()
    }

    /// True if `--edition` is given here or, as `before`, before the subcommand.
    pub(crate) fn has_edition(&self, before: Option<Edition>) -> bool {
        self.edition.or(before).is_some()
    }

    /// Errors when the policy is stdin and one of these is too.
    pub(crate) fn alone_on_stdin(&self, others: &[(&str, bool)]) -> Result<(), Failure> {
        let is_stdin = self.policy.as_ref().is_some_and(|policy| policy == "-");
        match others.iter().find(|(_, is_other_stdin)| is_stdin && *is_other_stdin) {
            Some((other, _)) => {
                Err(Failure::Message(format!("error: stdin is the policy and cannot be {other} too")))
            }
            None => Ok(()),
        }
    }

    /// Writes what is probably a slip in the policy to stderr.
    pub(crate) fn warn(&self, policy: &Policy, state: &State) {
        if let Some(file) = &self.policy {
            let name = Source::of_file(file).name();
            for warning in policy.warnings(state) {
                complain(format_args!("warning: {name}: {warning}"));
            }
        }
    }

    /// Reads the policy and makes its rule set. `--edition` overrides that of the policy; `before`
    /// is the one that stands before the subcommand.
    pub(crate) fn read(&self, before: Option<Edition>) -> Result<(Policy, Ruleset), Failure> {
        let mut name = String::new();
        let mut policy = Policy::default();
        if let Some(file) = &self.policy {
            let source = Source::of_file(file);
            name = source.name();
            let bytes = source.bytes("a policy", policy::MAX_BYTES).map_err(Failure::Message)?;
            policy = Policy::from_toml(bytes).map_err(|error| no_policy(&name, &error))?;
        }
        policy.edition = self.edition.or(before).or(policy.edition);
        let rules = policy.ruleset().map_err(|error| no_policy(&name, &error))?;
        Ok((policy, rules))
    }
}

fn no_policy(name: &str, error: &PolicyError) -> Failure {
    Failure::Message(match error {
        PolicyError::Toml { line, column, message } => format!("{name}:{line}:{column}: {message}"),
        PolicyError::At { line, column, source } => format!("{name}:{line}:{column}: {source}"),
        other => format!("{name}: {other}"),
    })
}
