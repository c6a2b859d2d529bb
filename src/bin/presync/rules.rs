//! `presync rules`.

use std::fmt::Display;

use clap::{Args, ValueEnum};
use presync::{Edition, Rule, rules};

use crate::output::Output;
use crate::{Failure, Status, format};

/// List the rules: what must hold, and the code of a violation
#[derive(Args)]
pub(crate) struct Rules {
    /// How to write the list; `json` also has citations, limits and dates
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// List the rules of every edition, with their dates
    #[arg(long, conflicts_with = "edition")]
    all: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
    Markdown,
}

impl Rules {
    pub(crate) fn run(&self, edition: Edition, output: &mut Output) -> Result<Status, Failure> {
        let view = if self.all { View::All } else { View::In(edition) };
        match self.format {
            Format::Table => format::table::rules(output, view)?,
            Format::Json => format::json::rules(output, view)?,
            Format::Markdown => format::markdown::rules(output, view)?,
        }
        Ok(Status::Accepted)
    }
}

/// Which rules are listed, and as they are when.
#[derive(Clone, Copy)]
pub(crate) enum View {
    /// Those of one edition.
    In(Edition),
    /// Every one, with its changes.
    All,
}

impl View {
    pub(crate) fn rules(self) -> impl Iterator<Item = &'static Rule> {
        rules::all().filter(move |rule| match self {
            Self::In(edition) => rule.in_force(edition),
            Self::All => true,
        })
    }

    /// What is said of a rule: as it is in one edition, or each value with the month from which on it holds.
    pub(crate) fn cell<T: Display>(self, rule: &Rule, said: impl Fn(Edition) -> T) -> String {
        match self {
            Self::In(edition) => said(edition).to_string(),
            Self::All => {
                let mut values =
                    rule.changes().map(|month| (month, said(month).to_string())).collect::<Vec<_>>();
                values.dedup_by(|later, earlier| later.1 == earlier.1);
                let with_month = |(place, (month, value)): (usize, &(Edition, String))| match place {
                    0 => value.clone(),
                    _ => format!("from {month}: {value}"),
                };
                values.iter().enumerate().map(with_month).collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// What must hold, with the number of the limit where the sentence does not have it.
pub(crate) fn requirement(rule: &Rule, view: View) -> String {
    let requirement = view.cell(rule, |edition| rule.requirement(edition));
    match rule.limit {
        Some(limit) if !requirement.contains(&limit.at(rule.first_seen).to_string()) => {
            format!("{requirement} ({})", view.cell(rule, |edition| limit.text(edition)))
        }
        _ => requirement,
    }
}

/// When a rule is in force, in a few words.
pub(crate) fn in_force(rule: &Rule) -> String {
    let from =
        if rule.first_seen > Edition::SEED { format!("from {}", rule.first_seen) } else { String::new() };
    match rule.last_seen {
        None if from.is_empty() => "always".to_owned(),
        None => from,
        Some(last_seen) => format!("{from}{}until {last_seen}", if from.is_empty() { "" } else { " " }),
    }
}
