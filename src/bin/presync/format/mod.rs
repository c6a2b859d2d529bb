//! Forms in which answers and rules are written: one file for each.

pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod table;

use std::io::{self, Write as _};

use crate::call::Problem;
use crate::check::{Answer, Format};
use crate::complain;
use crate::output::Output;

/// The form in which the answers of one run are written.
pub(crate) enum Form {
    /// Whether there are several calls, and whether nothing was written yet.
    Human {
        several: bool,
        is_first: bool,
    },
    Json,
}

impl Form {
    pub(crate) fn new(format: Format, several: bool) -> Self {
        match format {
            Format::Human => Self::Human { several, is_first: true },
            Format::Json => Self::Json,
        }
    }

    pub(crate) fn answer(&mut self, output: &mut Output, answer: &Answer) -> io::Result<()> {
        match self {
            Self::Human { several, is_first } => {
                if *several {
                    human::title(output, answer, *is_first)?;
                }
                *is_first = false;
                human::answer(output, answer)
            }
            Self::Json => json::answer(output, answer),
        }
    }

    /// A call to which there is no answer.
    pub(crate) fn problem(&mut self, output: &mut Output, problem: &Problem) -> io::Result<()> {
        // What is already known is seen first, also where both streams end in one place.
        output.flush()?;
        let place = problem.place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
        complain(format_args!("{}{place}: {}", problem.document.name, problem.message));
        Ok(())
    }

    /// What is written when all calls are checked.
    pub(crate) fn end(self, _output: &mut Output) -> io::Result<()> {
        match self {
            Self::Human { .. } | Self::Json => Ok(()),
        }
    }
}
