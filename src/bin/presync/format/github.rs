//! For workflows on GitHub: an annotation for each finding, as the commands that a step writes into its log.
//!
//! The form is that of "Workflow commands for GitHub Actions": `::error file=…,line=…::message`.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use presync::{Parameter, Unverified, Violation};

use super::{human, lines, subject};
use crate::call::{Document, Problem};
use crate::check::Answer;
use crate::output::Output;
use crate::place::Place;

/// How grave an annotation is.
const ERROR: &str = "error";
const WARNING: &str = "warning";

/// Every finding, and the verdict. `number` is that of a call among several.
pub(crate) fn answer(
    output: &mut Output,
    answer: &Answer,
    number: Option<usize>,
    is_strict: bool,
) -> io::Result<()> {
    let mut annotate = |level, parameter: &Parameter, title: &str, message: &str| {
        let place = answer.call.place(parameter);
        annotation(output, level, &answer.call.document, place.as_ref(), title, message)
    };
    let title = |violation: &Violation| format!("{} ({})", violation.code(), violation.rule());
    for violation in answer.report.violations() {
        annotate(ERROR, violation.parameter(), &title(violation), &lines(&answer.call, violation))?;
    }
    for warning in answer.report.warnings() {
        annotate(WARNING, warning.parameter(), &title(warning), &lines(&answer.call, warning))?;
    }
    // GitHub shows the first ten annotations of a step: one for all rules that need the same.
    let is_same = |a: &Unverified, b: &Unverified| {
        (a.parameter(), a.needs(), a.is_warning()) == (b.parameter(), b.needs(), b.is_warning())
    };
    for group in answer.report.unverified().chunk_by(is_same) {
        let Some(open) = group.first() else { continue };
        let level = if is_strict && !open.is_warning() { ERROR } else { WARNING };
        let rules: Vec<_> = group.iter().map(Unverified::rule).collect();
        let title = format!("not verified ({})", rules.join(", "));
        let message = format!("{}: needs {}", subject(&answer.call, open.parameter()), open.needs());
        annotate(level, open.parameter(), &title, &message)?;
    }
    // A call is named by its number: the log would take a line that starts with a name for a command if that is one.
    if let Some(number) = number {
        write!(output, "call {number}: ")?;
    }
    human::verdict(output, answer)
}

/// A call to which there is no answer.
pub(crate) fn problem(output: &mut Output, problem: &Problem) -> io::Result<()> {
    let position = problem.position();
    let place = position.map(|position| Place { range: 0..0, start: position, end: position });
    annotation(output, ERROR, &problem.document, place.as_ref(), "not checked", &problem.message)
}

/// A document without calls.
pub(crate) fn nothing(output: &mut Output, name: &str) -> io::Result<()> {
    writeln!(output, "nothing to check in {name}: no image is going to be copied")
}

fn annotation(
    output: &mut impl Write,
    level: &str,
    document: &Document,
    place: Option<&Place>,
    title: &str,
    message: &str,
) -> io::Result<()> {
    write!(output, "::{level} ")?;
    if document.is_file {
        write!(output, "file={},", Escaped(&document.name, true))?;
        if let Some(Place { start, end, .. }) = place {
            write!(output, "line={},endLine={},", start.0, end.0)?;
            // On several lines, columns would say nothing.
            if start.0 == end.0 {
                write!(output, "col={},endColumn={},", start.1, end.1)?;
            }
        }
    }
    let mut text = String::new();
    if !document.is_file {
        // There is no other place for it.
        text = format!("{}: ", document.name);
    }
    text.push_str(message);
    writeln!(output, "title={}::{}", Escaped(title, true), Escaped(&text, false))
}

/// A text as a workflow command has it; as a property, also without what would end it.
struct Escaped<'t>(&'t str, bool);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, is_property) = *self;
        text.chars().try_for_each(|character| match character {
            '%' => f.write_str("%25"),
            '\r' => f.write_str("%0D"),
            '\n' => f.write_str("%0A"),
            ':' if is_property => f.write_str("%3A"),
            ',' if is_property => f.write_str("%2C"),
            _ => f.write_char(character),
        })
    }
}
