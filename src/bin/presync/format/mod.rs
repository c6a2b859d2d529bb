//! Forms in which answers and rules are written: one file for each.

mod github;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
pub(crate) mod markdown;
mod sarif;
mod snippet;
pub(crate) mod table;

use std::io::{self, Write as _};

use presync::policy::Policy;
use presync::{Edition, Parameter, Violation};

use crate::call::{Call, Problem};
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
    /// The number of the next call, where there are several.
    Github {
        number: Option<usize>,
        is_strict: bool,
    },
    Sarif(Box<sarif::Log>),
    Junit(junit::Suites),
}

impl Form {
    pub(crate) fn new(
        format: Format,
        several: bool,
        policy: &Policy,
        edition: Edition,
        is_strict: bool,
    ) -> Self {
        match format {
            Format::Human => Self::Human { several, is_first: true },
            Format::Json => Self::Json,
            Format::Github => Self::Github { number: several.then_some(1), is_strict },
            Format::Sarif => Self::Sarif(Box::new(sarif::Log::new(policy, edition, is_strict))),
            Format::Junit => Self::Junit(junit::Suites::new(edition)),
        }
    }

    pub(crate) fn answer(&mut self, output: &mut Output, answer: &Answer) -> io::Result<()> {
        match self {
            Self::Human { several, is_first } => {
                if *several || answer.call.address().is_some() {
                    human::title(output, answer, *is_first)?;
                }
                *is_first = false;
                human::answer(output, answer)
            }
            Self::Json => json::answer(output, answer),
            Self::Github { number, is_strict } => {
                github::answer(output, answer, *number, *is_strict)?;
                *number = number.map(|number| number + 1);
                Ok(())
            }
            Self::Sarif(log) => {
                log.answer(answer);
                Ok(())
            }
            Self::Junit(suites) => suites.answer(answer),
        }
    }

    /// A call to which there is no answer.
    pub(crate) fn problem(&mut self, output: &mut Output, problem: &Problem) -> io::Result<()> {
        match self {
            Self::Human { .. } | Self::Json => {}
            Self::Github { number, .. } => {
                github::problem(output, problem)?;
                *number = number.map(|number| number + 1);
            }
            Self::Sarif(log) => log.problem(problem),
            Self::Junit(suites) => suites.problem(problem),
        }
        // What is already known is seen first, also where both streams end in one place.
        output.flush()?;
        complain(problem);
        Ok(())
    }

    /// A document in which another tool is going to make no call.
    pub(crate) fn nothing(&mut self, output: &mut Output, name: &str) -> io::Result<()> {
        match self {
            Self::Human { is_first, .. } => {
                if !std::mem::replace(is_first, false) {
                    writeln!(output)?;
                }
                writeln!(output, "{name}: no image is going to be copied, nothing to check")
            }
            Self::Github { .. } => github::nothing(output, name),
            Self::Junit(suites) => {
                suites.nothing(name);
                Ok(())
            }
            Self::Json | Self::Sarif(_) => Ok(()),
        }
    }

    /// What is written when all calls are checked.
    pub(crate) fn end(self, output: &mut Output) -> io::Result<()> {
        match self {
            Self::Human { .. } | Self::Json | Self::Github { .. } => Ok(()),
            Self::Sarif(log) => log.end(output),
            Self::Junit(suites) => suites.end(output),
        }
    }
}

/// The parameter, with what makes the call and its attribute where that is in the document of another tool.
fn subject(call: &Call, parameter: &Parameter) -> String {
    let address = call.address().map_or_else(String::new, |address| format!("{address}: "));
    let attribute = call.attribute(parameter).map_or_else(String::new, |attribute| format!(" ({attribute})"));
    format!("{address}{parameter}{attribute}")
}

/// What is wrong, what would have passed, and what may help: a line for each.
fn lines(call: &Call, violation: &Violation) -> String {
    let mut lines = format!("{}: {}", subject(call, violation.parameter()), violation.message());
    for (label, text) in [("allowed", violation.allowed()), ("hint", violation.hint())] {
        if let Some(text) = text {
            lines.push_str(&format!("\n{label}: {text}"));
        }
    }
    lines
}
