//! `--policy`: rules of the user's own, from a file.

use std::path::PathBuf;

use clap::Args;
use presync::policy::{Policy, PolicyError};
use presync::{Edition, Ruleset};

use crate::input::Source;
use crate::outcome::Failure;

#[derive(Args)]
pub(crate) struct PolicyFile {
    /// Rules of your own beside the documented ones, and the rules that are warnings or off: a file
    /// in TOML
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl PolicyFile {
    pub(crate) fn is_given(&self) -> bool {
        self.policy.is_some()
    }

    /// Reads the policy and makes its rule set. `edition` overrides that of the policy.
    pub(crate) fn read(&self, edition: Option<Edition>) -> Result<(Policy, Ruleset), Failure> {
        let mut name = String::new();
        let mut policy = Policy::default();
        if let Some(path) = &self.policy {
            let source = Source::File(path);
            name = source.name();
            let bytes = source.bytes("a policy").map_err(Failure::Message)?;
            policy = Policy::from_toml(bytes).map_err(|error| no_policy(&name, &error))?;
        }
        policy.edition = edition.or(policy.edition);
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
