//! The rules as a Markdown table, for documents.

use std::io::{self, Write};

use presync::rules;

use crate::output::Output;
use crate::rules::{code, evidence};

/// Without padding, so that a new rule changes one line of a document.
pub(crate) fn rules(output: &mut Output) -> io::Result<()> {
    writeln!(output, "| Rule | Parameter | What must hold | Code | Evidence |")?;
    writeln!(output, "|---|---|---|---|---|")?;
    for rule in rules::all() {
        // A bar would end the cell.
        let requirement = rule.requirement.replace('|', "\\|");
        writeln!(
            output,
            "| `{}` | {} | {requirement} | `{}` | {} |",
            rule.id,
            rule.parameter,
            code(rule),
            evidence(rule)
        )?;
    }
    Ok(())
}
