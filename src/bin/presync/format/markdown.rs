//! The rules as a Markdown table, for documents.

use std::io::{self, Write};

use crate::output::Output;
use crate::rules::{View, in_force, requirement};

/// Without padding, so that a new rule changes one line of a document.
pub(crate) fn rules(output: &mut Output, view: View) -> io::Result<()> {
    let (heading, line) = if matches!(view, View::All) { (" In force |", "---|") } else { ("", "") };
    writeln!(output, "| Rule | Parameter | What must hold | Code | Evidence |{heading}")?;
    writeln!(output, "|---|---|---|---|---|{line}")?;
    for rule in view.rules() {
        // A bar would end the cell.
        let requirement = requirement(rule, view).replace('|', "\\|");
        let code = view.cell(rule, |edition| format!("`{}`", rule.code(edition)));
        let evidence = view.cell(rule, |edition| rule.evidence(edition));
        write!(output, "| `{}` | {} | {requirement} | {code} | {evidence} |", rule.id, rule.parameter)?;
        match view {
            View::All => writeln!(output, " {} |", in_force(rule))?,
            View::In(_) => writeln!(output)?,
        }
    }
    Ok(())
}
