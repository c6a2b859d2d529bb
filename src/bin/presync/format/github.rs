//! Form for workflows on GitHub: an annotation for each finding, as the commands that a step writes
//! into its log.
//!
//! The form is that of "Workflow commands for GitHub Actions": `::error file=…,line=…::message`.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};
use std::rc::Rc;

use presync::{Parameter, Violation};

use super::form::{Form, by_need, no_calls_text, partial_text};
use super::human;
use super::violation::{lines, with_suggestion};
use crate::document::{Document, NotChecked};
use crate::output::Output;
use crate::position::Span;
use crate::verdict::Verdict;

/// Levels of an annotation.
const ERROR: &str = "error";
const WARNING: &str = "warning";

/// Annotations of every finding, and a line with the decision for each call.
pub(crate) struct Annotations {
    /// Number of the next call, where there are several.
    number: Option<usize>,
}

impl Annotations {
    pub(crate) fn new(several: bool) -> Self {
        Self { number: several.then_some(1) }
    }

    /// Returns the number of this call and counts it.
    fn next_number(&mut self) -> Option<usize> {
        let number = self.number;
        self.number = number.map(|number| number + 1);
        number
    }
}

impl Form for Annotations {
    fn verdict(&mut self, output: &mut Output, verdict: &Verdict) -> io::Result<()> {
        let Verdict { call, report, .. } = verdict;
        let mut annotate = |level, parameter: &Parameter, title: &str, message: &str| {
            let (document, span) = call.place(parameter);
            annotation(output, level, document, span.as_ref(), title, message)
        };
        let title = |violation: &Violation| format!("{} ({})", violation.code(), violation.rule());
        // GitHub shows few annotations, so that none is only about the suggestion.
        for (violation, message) in with_suggestion(verdict) {
            annotate(ERROR, violation.parameter(), &title(violation), &message)?;
        }
        for warning in report.warnings() {
            annotate(WARNING, warning.parameter(), &title(warning), &lines(call, warning))?;
        }
        // GitHub shows the first ten annotations of a step: one for all rules that need the same.
        for group in by_need(report.unverified()) {
            let Some(first) = group.first() else { continue };
            let level = if report.is_strict() && !first.is_warning() { ERROR } else { WARNING };
            let rules: Vec<_> = group.iter().map(|unverified| unverified.rule()).collect();
            let title = format!("not verified ({})", rules.join(", "));
            let message = format!("{}: needs {}", call.subject(first.parameter()), first.needs());
            annotate(level, first.parameter(), &title, &message)?;
        }
        // A request is named by its number: the log would take a line that starts with a name for a
        // command if that is one.
        if let Some(number) = self.next_number() {
            write!(output, "request {number}: ")?;
        }
        human::decision(output, verdict)
    }

    fn not_checked(&mut self, output: &mut Output, not_checked: &NotChecked) -> io::Result<()> {
        self.next_number();
        let position = not_checked.position();
        let span = position.map(|position| Span { bytes: 0..0, start: position, end: position });
        let NotChecked { document, reason, .. } = not_checked;
        annotation(output, ERROR, document, span.as_ref(), "not checked", reason)
    }

    fn no_calls(&mut self, output: &mut Output, document: &Document) -> io::Result<()> {
        writeln!(output, "in {}: {}", document.name, no_calls_text(document))
    }

    fn partial(
        &mut self,
        output: &mut Output,
        document: &Rc<Document>,
        reason: &str,
        is_strict: bool,
    ) -> io::Result<()> {
        let level = if is_strict { ERROR } else { WARNING };
        let text = partial_text(reason, is_strict);
        annotation(output, level, document, None, "partial plan", &text)
    }

    fn end(self: Box<Self>, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}

fn annotation(
    output: &mut impl Write,
    level: &str,
    document: &Document,
    span: Option<&Span>,
    title: &str,
    message: &str,
) -> io::Result<()> {
    write!(output, "::{level} ")?;
    let file = document.file();
    if let Some(file) = &file {
        write!(output, "file={},", Escaped(file, true))?;
        if let Some(span) = span {
            let Span { start, end, .. } = span;
            write!(output, "line={},endLine={},", start.line, end.line)?;
            // On several lines, columns would mean different lines.
            if span.is_on_one_line() {
                write!(output, "col={},endColumn={},", start.column, end.column)?;
            }
        }
    }
    let mut text = String::new();
    if file.is_none() {
        // A name that is no file's has no property of its own.
        text = format!("{}: ", document.name);
    }
    text.push_str(message);
    writeln!(output, "title={}::{}", Escaped(title, true), Escaped(&text, false))
}

/// A text escaped for a workflow command; as a property, also with the characters escaped that
/// would end it.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As GitHub's own `@actions/core` escapes them.
    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let text = "a%0A\r\n:,b";
        assert_eq!(Escaped(text, false).to_string(), "a%250A%0D%0A:,b");
        assert_eq!(Escaped(text, true).to_string(), "a%250A%0D%0A%3A%2Cb");
    }
}
