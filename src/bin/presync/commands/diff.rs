//! `presync diff`.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use presync::report::envelope::IMAGE_SET_FIRST_SEEN;
use presync::{Edition, Rule, SyncRequest, rules};
use serde::Serialize;

use crate::outcome::{Failure, Status};
use crate::output::{BAD, GOOD, HEADING, LABEL, Output};

const EXAMPLES: &str = "\
Examples:
  presync diff 2017-03 latest
  presync diff 2023-07 2023-08";

/// List the changes between two editions of the page
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diff {
    /// The edition to come from: `latest`, or any month from 2017-03 on
    from: Edition,

    /// The edition to go to
    to: Edition,

    /// Form of the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

/// A difference between the two editions.
#[derive(Serialize)]
struct Change {
    /// `rule`, `requirement`, `code`, `limit`, `parameter` or `response`.
    kind: &'static str,
    /// The id of the rule, the parameter, or the key of the response.
    subject: String,
    /// The text in the first edition; `None` if the subject is not in it.
    from: Option<String>,
    /// The text in the second edition; `None` if the subject is not in it.
    to: Option<String>,
    /// The month in which the last change between the two was first seen.
    seen: Edition,
}

impl Diff {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        let changes = changes(self.from, self.to);
        match self.format {
            Format::Human => human(output, self.from, self.to, &changes)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *output, &changes).map_err(io::Error::from)?;
                writeln!(output)?;
            }
        }
        Ok(Status::Accepted)
    }
}

/// Lists every change from one edition to another: the rules in their order, then parameters, then
/// the response.
fn changes(from: Edition, to: Edition) -> Vec<Change> {
    let mut changes = Vec::new();
    for rule in rules::all() {
        rule_changes(rule, from, to, &mut changes);
    }
    let later = Parameter::later().map(|(parameter, seen)| ("parameter", parameter.to_string(), seen));
    let response = ("response", "ImageSet".to_owned(), IMAGE_SET_FIRST_SEEN);
    for (kind, subject, seen) in later.chain([response]) {
        let is_there = |edition: Edition| (seen <= edition).then(|| subject.clone());
        if is_there(from) != is_there(to) {
            changes.push(Change { kind, from: is_there(from), to: is_there(to), subject, seen });
        }
    }
    changes
}

fn rule_changes(rule: &'static Rule, from: Edition, to: Edition, changes: &mut Vec<Change>) {
    if rule.in_force(from) != rule.in_force(to) {
        let (earlier, later) = (from.min(to), from.max(to));
        let is_end = rule.in_force(earlier) && !rule.in_force(later);
        let seen = rule.withdrawn().filter(|_| is_end).unwrap_or(rule.first_seen());
        let subject = rule.id().to_owned();
        let said = |edition| {
            let said = || format!("{} ({})", rule.requirement(edition), rule.code(edition));
            rule.in_force(edition).then(said)
        };
        changes.push(Change { kind: "rule", subject, from: said(from), to: said(to), seen });
    } else if rule.in_force(from) {
        let mut compare = |kind, said: &dyn Fn(Edition) -> Option<String>| {
            let (before, after) = (said(from), said(to));
            if before != after {
                let later = said(from.max(to));
                // The first month with the text of the later of the two editions.
                let seen =
                    rule.changes().filter(|month| *month <= from.max(to) && said(*month) == later).min();
                let seen = seen.unwrap_or(rule.first_seen());
                changes.push(Change { kind, subject: rule.id().to_owned(), from: before, to: after, seen });
            }
        };
        compare("requirement", &|edition| Some(rule.requirement(edition).to_owned()));
        compare("code", &|edition| Some(rule.code(edition).to_string()));
        compare("limit", &|edition| rule.limit().map(|limit| limit.text(edition)));
    }
}

fn human(output: &mut Output, from: Edition, to: Edition, changes: &[Change]) -> io::Result<()> {
    if changes.is_empty() {
        return writeln!(output, "nothing changed from the {from} page to the {to} page");
    }
    writeln!(output, "from the {from} page to the {to} page:")?;
    for Change { kind, subject, from, to, seen } in changes {
        writeln!(output)?;
        writeln!(output, "{LABEL}{kind}{LABEL:#} {HEADING}{subject}{HEADING:#} {LABEL}({seen}){LABEL:#}")?;
        if let Some(from) = from {
            writeln!(output, "  {BAD}-{BAD:#} {from}")?;
        }
        if let Some(to) = to {
            writeln!(output, "  {GOOD}+{GOOD:#} {to}")?;
        }
    }
    Ok(())
}
