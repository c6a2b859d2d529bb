//! The rules as a Markdown table, for documents.

use std::io::{self, Write};

use crate::output::Output;
use crate::rules::{Row, View};

/// Without padding, so that a new rule changes one line of a document.
pub(crate) fn rules(output: &mut Output, view: View<'_>) -> io::Result<()> {
    let (heading, line) = match view {
        View::In(_) => ("", ""),
        View::Under(..) => (" Level |", "---|"),
        View::All => (" In force |", "---|"),
    };
    writeln!(output, "| Rule | Parameter | What must hold | Code | Evidence |{heading}")?;
    writeln!(output, "|---|---|---|---|---|{line}")?;
    for row in view.rows(|code| format!("`{code}`")) {
        let Row { rule, parameter, code, evidence, .. } = row;
        // A bar would end the cell.
        let requirement = row.requirement.replace('|', "\\|");
        write!(output, "| `{rule}` | {parameter} | {requirement} | {code} | {evidence} |")?;
        if let Some(level) = row.level {
            write!(output, " {level} |")?;
        }
        if let Some(dates) = row.in_force {
            write!(output, " {dates} |")?;
        }
        writeln!(output)?;
    }
    Ok(())
}
