//! List of rules for documents: a table in Markdown.

use std::io::{self, Write};

use presync::check::compare::Table;

use crate::output::Output;
use crate::rule_list::{Row, RuleList};

/// Writes the table without padding, so that a new rule changes one line of a document.
pub(crate) fn rules(output: &mut Output, list: RuleList<'_>, observed: Option<&Table>) -> io::Result<()> {
    let (heading, line) = match list {
        RuleList::In(_) => ("", ""),
        RuleList::Under(..) => (" Level |", "---|"),
        RuleList::All => (" In force |", "---|"),
    };
    writeln!(output, "| Rule | Parameter | What must hold | Code | Evidence |{heading}")?;
    writeln!(output, "|---|---|---|---|---|{line}")?;
    for row in list.rows(observed, |code| format!("`{code}`")) {
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
