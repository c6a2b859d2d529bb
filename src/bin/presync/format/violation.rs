//! Text of a violation for programs that show one message for each.

use std::mem;

use presync::Violation;
use presync::report::Edit;

use crate::document::Call;
use crate::verdict::Verdict;

/// Message, allowed values and hint of a violation: a line for each.
pub(crate) fn lines(call: &Call, violation: &Violation) -> String {
    let mut lines = format!("{}: {}", call.subject(violation.parameter()), violation.message());
    for (label, text) in [("allowed", violation.allowed()), ("hint", violation.hint())] {
        if let Some(text) = text {
            lines.push_str(&format!("\n{label}: {text}"));
        }
    }
    lines
}

/// The violations of a request, each with its lines and with a line for each edit that removes it.
/// The first has the edits that go with none of them, and what others can do.
pub(crate) fn with_suggestion(verdict: &Verdict) -> impl Iterator<Item = (&Violation, String)> {
    let edits = verdict.edits();
    let mut further: Vec<&Edit> = verdict.further_edits().collect();
    let remedies = verdict.suggested.as_ref().map(|suggested| suggested.suggestion.remedies());
    let mut remedies = remedies.unwrap_or_default();
    verdict.report.violations().iter().map(move |violation| {
        let mut lines = lines(&verdict.call, violation);
        let own = edits.get(&(violation.rule(), violation.parameter())).into_iter().flatten();
        for edit in own.copied().chain(mem::take(&mut further)) {
            lines.push_str(&format!("\nsuggestion: {edit} ({})", edit.confidence()));
        }
        for remedy in mem::take(&mut remedies) {
            lines.push_str(&format!("\nremedy: {remedy}"));
        }
        (violation, lines)
    })
}
