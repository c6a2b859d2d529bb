//! `presync rules`.

use clap::{Args, ValueEnum};
use presync::Edition;

use super::observed_file::ObservedFile;
use super::policy_file::PolicyFile;
use crate::format::{json, markdown, table};
use crate::outcome::{Failure, Status};
use crate::output::Output;
use crate::rule_list::RuleList;

const EXAMPLES: &str = "\
`presync policy` writes a policy to start from, with what every key means.

Examples:
  presync rules --edition latest
  presync rules --policy presync.toml
  presync rules --all --format markdown
  presync rules --observed seen.json";

/// List the rules: the requirement of each, and the code of a violation
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Rules {
    /// Form of the list; `json` also has citations, limits and dates
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// List the rules of every edition, with their dates; not with --edition or --policy
    #[arg(long, conflicts_with_all = ["edition", "policy"])]
    all: bool,

    #[command(flatten)]
    policy: PolicyFile,

    #[command(flatten)]
    observed: ObservedFile,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
    Markdown,
}

impl Rules {
    pub(crate) fn run(&self, edition: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        if self.all && self.policy.has_edition(edition) {
            return Err(Failure::Message(
                "error: `--all` lists the rules of every edition: leave `--edition` out".to_owned(),
            ));
        }
        self.policy.alone_on_stdin(&[("the table", self.observed.is_stdin())])?;
        let observed = self.observed.read()?;
        let observed = observed.as_ref();
        let (policy, rules) = self.policy.read(edition)?;
        let list = match rules.edition() {
            _ if self.all => RuleList::All,
            edition if self.policy.is_given() => RuleList::Under(&policy, edition),
            edition => RuleList::In(edition),
        };
        match self.format {
            Format::Table => table::rules(output, list, observed)?,
            Format::Json => json::rule_list(output, list, observed)?,
            Format::Markdown => markdown::rules(output, list, observed)?,
        }
        Ok(Status::Accepted)
    }
}
