//! Text of a violation for programs that show one message for each.

use presync::Violation;

use crate::document::Call;

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
