//! For people: one block for each violation, one for each rule that was left open, and a verdict.

use std::io::{self, Write};

use crate::check::Answer;
use crate::output::{BAD, GOOD, HEADING, HELP, LABEL, OPEN, Output};

/// The name of one call among several.
pub(crate) fn title(output: &mut Output, answer: &Answer, is_first: bool) -> io::Result<()> {
    if !is_first {
        writeln!(output)?;
    }
    let number = answer.number.map_or_else(String::new, |number| format!("call {number}, "));
    writeln!(output, "{HEADING}{number}{}:{HEADING:#}", answer.call.document.name)
}

pub(crate) fn answer(output: &mut Output, answer: &Answer) -> io::Result<()> {
    for violation in answer.report.violations() {
        writeln!(output, "{BAD}{}{BAD:#}  {HEADING}{}{HEADING:#}", violation.code(), violation.parameter())?;
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
        writeln!(output)?;
    }
    for open in answer.report.unverified() {
        writeln!(output, "{OPEN}not verified{OPEN:#}  {HEADING}{}{HEADING:#}", open.parameter())?;
        writeln!(output, "  {LABEL}needs  {LABEL:#}  {}", open.needs())?;
        writeln!(output, "  {LABEL}rule   {LABEL:#}  {}", open.rule())?;
        writeln!(output)?;
    }
    verdict(output, answer)
}

fn verdict(output: &mut Output, answer: &Answer) -> io::Result<()> {
    let report = &answer.report;
    let (style, word) = if answer.accepted { (GOOD, "accepted") } else { (BAD, "refused") };
    write!(output, "{style}{word}{style:#} under the {} page", report.edition())?;
    let mut separator = if answer.accepted { ", but" } else { ":" };
    if !report.violations().is_empty() {
        let violations = counted(report.violations().len(), "violation", "violations");
        write!(output, "{separator} {violations}")?;
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
