//! For people: one block for each violation and for each warning, one for each rule that was left open, and a verdict.

use std::io::{self, Write};

use presync::{Parameter, Unverified};

use super::snippet;
use crate::call::Document;
use crate::check::Answer;
use crate::output::{BAD, GOOD, HEADING, HELP, LABEL, OPEN, Output, WARNING};

/// How wide snippets are made where it is not known how much room there is.
pub(crate) const WIDTH: u16 = 120;

/// The name of one call among several.
pub(crate) fn title(output: &mut Output, answer: &Answer, is_first: bool) -> io::Result<()> {
    if !is_first {
        writeln!(output)?;
    }
    let number = answer.number.map_or_else(String::new, |number| format!("call {number}, "));
    let address = answer.call.address().map_or_else(String::new, |address| format!(", {address}"));
    writeln!(output, "{HEADING}{number}{}{address}:{HEADING:#}", answer.call.document.name)
}

pub(crate) fn answer(output: &mut Output, answer: &Answer) -> io::Result<()> {
    let width = output.width().unwrap_or(WIDTH);
    blocks(output, answer, width)?;
    verdict(output, answer)
}

/// All that is said before the verdict.
pub(crate) fn blocks(output: &mut impl Write, answer: &Answer, width: u16) -> io::Result<()> {
    let violations = answer.report.violations().iter().map(|violation| (violation, BAD, ""));
    let warnings = answer.report.warnings().iter().map(|warning| (warning, WARNING, "warning: "));
    for (violation, style, word) in violations.chain(warnings) {
        let (code, parameter) = (violation.code(), violation.parameter());
        let origin = origin(answer, parameter);
        writeln!(output, "{style}{word}{code}{style:#}  {HEADING}{parameter}{HEADING:#}{origin}")?;
        // The rules put nothing into a text that could break a line or hide in one: that is done for every value.
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
        if let Some(place) = answer.call.place(violation.parameter()) {
            let Document { name, text, .. } = &*answer.call.document;
            let (row, column) = place.start;
            line("at", Some(&format!("{name}:{row}:{column}")))?;
            snippet::write(output, text, &place, width.into(), style)?;
        }
        writeln!(output)?;
    }
    // In the document of another tool the same thing is often needed by many rules.
    let is_same = |a: &Unverified, b: &Unverified| {
        answer.call.address().is_some() && a.parameter() == b.parameter() && a.needs() == b.needs()
    };
    for group in answer.report.unverified().chunk_by(is_same) {
        let Some(open) = group.first() else { continue };
        let (parameter, origin) = (open.parameter(), origin(answer, open.parameter()));
        let rules: Vec<&str> = group.iter().map(Unverified::rule).collect();
        let label = if rules.len() == 1 { "rule" } else { "rules" };
        writeln!(output, "{OPEN}not verified{OPEN:#}  {HEADING}{parameter}{HEADING:#}{origin}")?;
        writeln!(output, "  {LABEL}needs  {LABEL:#}  {}", open.needs())?;
        writeln!(output, "  {LABEL}{label:<7}{LABEL:#}  {}", rules.join(", "))?;
        writeln!(output)?;
    }
    Ok(())
}

/// Which attribute a parameter is in the document of another tool.
fn origin(answer: &Answer, parameter: &Parameter) -> String {
    answer.call.origin(parameter).map_or_else(String::new, |origin| format!(" ({origin})"))
}

pub(crate) fn verdict(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let report = &answer.report;
    let (style, word) = if answer.accepted { (GOOD, "accepted") } else { (BAD, "refused") };
    write!(output, "{style}{word}{style:#} under the {} page", report.edition())?;
    let mut separator = if answer.accepted { ", but" } else { ":" };
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
    if !answer.has_shape {
        write!(output, " while the request is read, nothing else was checked")?;
    }
    if !report.unverified().is_empty() {
        let checks = counted(report.unverified().len(), "check", "checks");
        write!(output, "{separator} {checks} could not be verified")?;
        if report.accepted() && !answer.accepted {
            write!(output, ", which --strict refuses")?;
        }
    }
    writeln!(output)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
