//! Form for people: a block for each violation, each warning and each rule that is unverified, and
//! the decision.

use std::io::{self, Write};
use std::mem;
use std::rc::Rc;

use presync::Parameter;
use presync::check::Remedy;

use super::form::{Form, by_need, no_calls_text, partial_text};
use super::snippet;
use crate::document::{Call, Document, NotChecked};
use crate::output::{BAD, GOOD, HEADING, HELP, LABEL, Output, UNVERIFIED, WARNING};
use crate::position::Position;
use crate::verdict::Verdict;

/// Width of snippets where the width of the reader's window is unknown.
pub(crate) const WIDTH: u16 = 120;

/// Blocks for people, under a title where there are several calls, and with a total at the end.
pub(crate) struct Blocks {
    several: bool,
    /// True if no call was written yet.
    is_first: bool,
    /// The number of calls so far.
    count: usize,
    /// The number of accepted calls with warnings.
    warned: usize,
    /// The number of accepted calls that could not be verified in full.
    open: usize,
    /// The titles of the calls that are refused, and of those that could not be checked.
    refused: Vec<String>,
    not_checked: Vec<(usize, String)>,
    /// True if the calls are a plan, in which they have numbers.
    is_plan: bool,
}

impl Blocks {
    pub(crate) fn new(several: bool) -> Self {
        let (refused, not_checked) = (Vec::new(), Vec::new());
        Self { several, is_first: true, count: 0, warned: 0, open: 0, refused, not_checked, is_plan: false }
    }

    /// Writes an empty line between two calls.
    fn separate(&mut self, output: &mut Output) -> io::Result<()> {
        if mem::replace(&mut self.is_first, false) { Ok(()) } else { writeln!(output) }
    }
}

impl Form for Blocks {
    fn verdict(&mut self, output: &mut Output, verdict: &Verdict) -> io::Result<()> {
        if self.several || verdict.call.address().is_some() {
            self.separate(output)?;
            title(output, verdict)?;
        }
        self.is_first = false;
        self.count += 1;
        self.is_plan |= verdict.number.is_some();
        if verdict.report.accepted() {
            self.warned += usize::from(!verdict.report.warnings().is_empty());
            self.open += usize::from(!verdict.report.unverified().is_empty());
        } else {
            self.refused.push(title_of(verdict));
        }
        let width = output.width().unwrap_or(WIDTH);
        blocks(output, verdict, width)?;
        suggestion(output, verdict)?;
        decision(output, verdict)
    }

    fn not_checked(&mut self, _: &mut Output, not_checked: &NotChecked) -> io::Result<()> {
        self.count += 1;
        self.not_checked.push((self.count, not_checked.document.name.clone()));
        Ok(())
    }

    fn no_calls(&mut self, output: &mut Output, document: &Document) -> io::Result<()> {
        self.separate(output)?;
        writeln!(output, "{}: {}", document.name, no_calls_text(document))
    }

    fn partial(
        &mut self,
        output: &mut Output,
        document: &Rc<Document>,
        reason: &str,
        is_strict: bool,
    ) -> io::Result<()> {
        self.separate(output)?;
        let text = partial_text(reason, is_strict);
        writeln!(output, "{WARNING}partial{WARNING:#}  {}: {text}", document.name)
    }

    /// Writes the total of several calls: how many are refused, and which.
    fn end(mut self: Box<Self>, output: &mut Output) -> io::Result<()> {
        if !self.several {
            return Ok(());
        }
        self.separate(output)?;
        let Self { count, warned, open, refused, not_checked, is_plan, .. } = *self;
        let not_checked: Vec<_> = not_checked
            .into_iter()
            .map(|(number, name)| if is_plan { format!("request {number}, {name}") } else { name })
            .collect();
        let accepted = count - refused.len() - not_checked.len();
        write!(output, "{HEADING}{count} requests:{HEADING:#} {GOOD}{accepted} accepted{GOOD:#}")?;
        let warned = (warned > 0).then(|| format!("{warned} with warnings"));
        let open = (open > 0).then(|| format!("{open} not verified in full"));
        let notes: Vec<String> = warned.into_iter().chain(open).collect();
        if !notes.is_empty() {
            write!(output, " ({})", notes.join(", "))?;
        }
        let others = [(refused, BAD, "refused"), (not_checked, BAD, "not checked")];
        for (titles, style, word) in others.iter().filter(|(titles, ..)| !titles.is_empty()) {
            write!(output, ", {style}{} {word}{style:#}", titles.len())?;
        }
        writeln!(output)?;
        for (titles, _, word) in others {
            for title in titles {
                writeln!(output, "  {LABEL}{word:<11}{LABEL:#}  {title}")?;
            }
        }
        Ok(())
    }
}

/// Writes the name of one call among several.
fn title(output: &mut Output, verdict: &Verdict) -> io::Result<()> {
    writeln!(output, "{HEADING}{}:{HEADING:#}", title_of(verdict))
}

/// The number of a call in its plan, its document and its address in that.
fn title_of(verdict: &Verdict) -> String {
    let number = verdict.number.map_or_else(String::new, |number| format!("request {number}, "));
    let address = verdict.call.address().map_or_else(String::new, |address| format!(", {address}"));
    format!("{number}{}{address}", verdict.call.document.name)
}

/// Writes a block for each finding.
pub(crate) fn blocks(output: &mut impl Write, verdict: &Verdict, width: u16) -> io::Result<()> {
    let Verdict { call, report, .. } = verdict;
    let violations = report.violations().iter().map(|violation| (violation, BAD, ""));
    let warnings = report.warnings().iter().map(|warning| (warning, WARNING, "warning: "));
    for (violation, style, word) in violations.chain(warnings) {
        let (code, parameter) = (violation.code(), violation.parameter());
        let origin = origin(call, parameter);
        writeln!(output, "{style}{word}{code}{style:#}  {HEADING}{parameter}{HEADING:#}{origin}")?;
        // No text of a finding has a character that could break a line or hide in one: the library
        // escapes them.
        let mut line = |label: &str, text: Option<&str>| match text {
            Some(text) => writeln!(output, "  {LABEL}{label:<7}{LABEL:#}  {text}"),
            None => Ok(()),
        };
        line("value", violation.value())?;
        line("reason", Some(violation.message()))?;
        line("allowed", violation.allowed())?;
        if let Some(hint) = violation.hint() {
            line("hint", Some(&format!("{HELP}{hint}{HELP:#}")))?;
        }
        line("rule", Some(violation.rule()))?;
        if let (Document { name, text, .. }, Some(span)) = call.place(violation.parameter()) {
            let Position { line: row, column } = span.start;
            line("at", Some(&format!("{name}:{row}:{column}")))?;
            snippet::write(output, text, &span, width.into(), style)?;
        }
        writeln!(output)?;
    }
    for group in by_need(report.unverified()) {
        let Some(first) = group.first() else { continue };
        let (parameter, origin) = (first.parameter(), origin(call, first.parameter()));
        let rules: Vec<&str> = group.iter().map(|unverified| unverified.rule()).collect();
        let label = if rules.len() == 1 { "rule" } else { "rules" };
        let word = if first.is_warning() { "warning: " } else { "" };
        write!(output, "{UNVERIFIED}{word}not verified{UNVERIFIED:#}")?;
        writeln!(output, "  {HEADING}{parameter}{HEADING:#}{origin}")?;
        writeln!(output, "  {LABEL}needs  {LABEL:#}  {}", first.needs())?;
        writeln!(output, "  {LABEL}{label:<7}{LABEL:#}  {}", rules.join(", "))?;
        writeln!(output)?;
    }
    Ok(())
}

/// Writes what would be accepted instead, where that is asked for.
pub(crate) fn suggestion(output: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    let Some(suggested) = &verdict.suggested else { return Ok(()) };
    let (edits, remedies) = (suggested.suggestion.edits(), suggested.suggestion.remedies());
    let is_open = verdict.report.is_strict() && remedies.iter().any(|it| matches!(it, Remedy::Tell { .. }));
    let words = match (edits.is_empty(), is_open) {
        (true, _) => "no request that is accepted was found",
        (false, false) => "accepted instead",
        (false, true) => "accepted instead, once it is verified",
    };
    writeln!(output, "{HELP}suggestion{HELP:#}  {words}")?;
    for (label, text) in suggested.lines(&verdict.call) {
        writeln!(output, "  {LABEL}{label:<7}{LABEL:#}  {text}")?;
    }
    writeln!(output)
}

/// The attribute that a parameter is in the document of another tool, in parentheses.
fn origin(call: &Call, parameter: &Parameter) -> String {
    call.origin(parameter).map_or_else(String::new, |origin| format!(" ({origin})"))
}

/// Writes one line: accepted or refused, under which page, and the count of each kind of finding.
pub(crate) fn decision(output: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    let report = &verdict.report;
    let (style, word) = if report.accepted() { (GOOD, "accepted") } else { (BAD, "refused") };
    write!(output, "{style}{word}{style:#} under the {} page", report.edition())?;
    let mut separator = if report.accepted() { ", but" } else { ":" };
    if !report.violations().is_empty() {
        let violations = counted(report.violations().len(), "violation", "violations");
        write!(output, "{separator} {violations}")?;
        separator = ",";
    }
    if !report.warnings().is_empty() {
        let warnings = counted(report.warnings().len(), "warning", "warnings");
        write!(output, "{separator} {warnings}")?;
        separator = ",";
    }
    if report.is_shape_only() {
        write!(output, " while the request is read, before its values are checked")?;
    }
    if !report.unverified().is_empty() {
        let checks = counted(report.unverified().len(), "check", "checks");
        write!(output, "{separator} {checks} could not be verified")?;
        if report.violations().is_empty() && !report.accepted() {
            write!(output, ", which --strict refuses")?;
        }
    }
    writeln!(output)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
