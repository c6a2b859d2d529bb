//! List of rules for people: a table.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets::NOTHING};

use crate::output::{HEADING, Output};
use crate::rule_list::{Row, RuleList};

/// The narrowest terminal on which five columns stand side by side without breaking names.
const WIDE: u16 = 130;

/// Writes the table wrapped to a terminal; elsewhere one line for each rule, for `grep` and the
/// like.
pub(crate) fn rules(output: &mut Output, list: RuleList<'_>) -> io::Result<()> {
    let width = output.width();
    let rows = list.rows(str::to_owned);
    let mut table = Table::new();
    table.load_style(NOTHING);
    if width.is_some_and(|width| width < WIDE) {
        table.add_row(["RULE", "CODE", "WHAT MUST HOLD"]);
        table.add_rows(rows.into_iter().map(stacked));
    } else {
        let level = list.policy().map(|_| "LEVEL");
        let columns = ["RULE", "PARAMETER", "CODE", "EVIDENCE"].into_iter().chain(level);
        table.add_row(columns.chain(["WHAT MUST HOLD"]));
        table.add_rows(rows.into_iter().map(side_by_side));
    }
    let count = table.column_count();
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index + 1 < count {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        if index == 0 {
            writeln!(output, "{HEADING}{line}{HEADING:#}")?;
        } else {
            writeln!(output, "{line}")?;
        }
    }
    Ok(())
}

fn side_by_side(row: Row) -> Vec<String> {
    let requirement = requirement(&row);
    let level = row.level.map(|level| level.to_string());
    let columns = [row.rule.to_owned(), row.parameter.to_owned(), row.code, row.evidence];
    columns.into_iter().chain(level).chain([requirement]).collect()
}

fn stacked(row: Row) -> Vec<String> {
    let parameters = row.parameter.replace(", ", ",\n  ");
    let level = row.level.map_or_else(String::new, |level| format!(", {level}"));
    vec![
        format!("{}\n  {parameters}", row.rule),
        format!("{}\n  {}{level}", row.code, row.evidence),
        requirement(&row),
    ]
}

/// The requirement, with the dates of the rule where all rules are listed.
fn requirement(row: &Row) -> String {
    match &row.in_force {
        Some(dates) if dates != "always" => format!("{} ({dates})", row.requirement),
        _ => row.requirement.clone(),
    }
}
