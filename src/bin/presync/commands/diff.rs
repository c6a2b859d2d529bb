//! `presync diff`.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use presync::Edition;
use presync::rules::{self, Change};

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

impl Diff {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        let changes = rules::changes(self.from, self.to);
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

fn human(output: &mut Output, from: Edition, to: Edition, changes: &[Change]) -> io::Result<()> {
    let (from_page, to_page) = (page(from), page(to));
    if changes.is_empty() {
        return writeln!(output, "no change from {from_page} to {to_page}");
    }
    writeln!(output, "from {from_page} to {to_page}:")?;
    for Change { kind, subject, from, to, seen, steps, .. } in changes {
        writeln!(output)?;
        let between = steps.len().saturating_sub(2);
        if between == 0 {
            writeln!(
                output,
                "{LABEL}{kind}{LABEL:#} {HEADING}{subject}{HEADING:#} {LABEL}({seen}){LABEL:#}"
            )?;
            if let Some(from) = from {
                writeln!(output, "  {BAD}-{BAD:#} {from}")?;
            }
            if let Some(to) = to {
                writeln!(output, "  {GOOD}+{GOOD:#} {to}")?;
            }
            continue;
        }
        // Each part of a sentence that changed more than once is of a month of its own.
        writeln!(output, "{LABEL}{kind}{LABEL:#} {HEADING}{subject}{HEADING:#}")?;
        for (index, step) in steps.iter().enumerate() {
            let seen = step.seen.map_or_else(String::new, |seen| format!(" ({seen})"));
            let (style, sign, value) = match &step.value {
                Some(value) if index == 0 => (BAD, '-', &**value),
                Some(value) => (GOOD, '+', &**value),
                None if index == 0 => continue,
                None => (BAD, '-', "not there"),
            };
            writeln!(output, "  {style}{sign}{style:#} {value}{LABEL}{seen}{LABEL:#}")?;
        }
    }
    Ok(())
}

/// The page of an edition. Of a month after the last page that is known it is not known whether the
/// page is the same.
fn page(edition: Edition) -> String {
    if edition > Edition::LATEST {
        format!("{edition}, which is later than the last page that is known ({})", Edition::LATEST)
    } else {
        format!("the {edition} page")
    }
}
