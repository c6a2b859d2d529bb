//! `presync rules`.

use clap::{Args, ValueEnum};
use presync::{Evidence, Rule};

use crate::output::Output;
use crate::{EDITION, Failure, Status, format};

/// List the rules: what must hold, and the code of a violation
#[derive(Args)]
pub(crate) struct Rules {
    /// How to write the list; `json` also has citations and dates
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
    Markdown,
}

impl Rules {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        match self.format {
            Format::Table => format::table::rules(output)?,
            Format::Json => format::json::rules(output)?,
            Format::Markdown => format::markdown::rules(output)?,
        }
        Ok(Status::Accepted)
    }
}

/// What a rule's code under [`EDITION`] is.
pub(crate) fn code(rule: &Rule) -> &str {
    rule.code(EDITION).as_str()
}

/// What speaks for that code.
pub(crate) fn evidence(rule: &Rule) -> Evidence {
    rule.evidence(EDITION)
}
