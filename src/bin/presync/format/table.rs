//! The rules as a table, for people.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets::NOTHING};
use presync::Rule;

use crate::output::{HEADING, Output};
use crate::rules::{self, View, in_force};

/// The narrowest terminal on which five columns stand side by side without breaking names.
const WIDE: u16 = 130;

/// Wrapped to a terminal; elsewhere one line for each rule, for `grep` and the like.
pub(crate) fn rules(output: &mut Output, view: View) -> io::Result<()> {
    let width = if output.is_terminal() { terminal_size::terminal_size() } else { None };
    let width = width.map(|(width, _)| width.0);
    let mut table = Table::new();
    table.load_style(NOTHING);
    if width.is_some_and(|width| width < WIDE) {
        table.add_row(["RULE", "CODE", "WHAT MUST HOLD"]);
        table.add_rows(view.rules().map(|rule| stacked(rule, view)));
    } else {
        table.add_row(["RULE", "PARAMETER", "CODE", "EVIDENCE", "WHAT MUST HOLD"]);
        table.add_rows(view.rules().map(|rule| side_by_side(rule, view)));
    }
    let count = table.column_count();
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if place + 1 < count {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for (place, line) in table.lines().enumerate() {
        let line = line.trim_end();
        if place == 0 {
            writeln!(output, "{HEADING}{line}{HEADING:#}")?;
        } else {
            writeln!(output, "{line}")?;
        }
    }
    Ok(())
}

fn side_by_side(rule: &Rule, view: View) -> [String; 5] {
    [
        rule.id.to_owned(),
        rule.parameter.to_owned(),
        code(rule, view),
        evidence(rule, view),
        requirement(rule, view),
    ]
}

fn stacked(rule: &Rule, view: View) -> [String; 3] {
    let parameters = rule.parameter.replace(", ", ",\n  ");
    [
        format!("{}\n  {parameters}", rule.id),
        format!("{}\n  {}", code(rule, view), evidence(rule, view)),
        requirement(rule, view),
    ]
}

fn code(rule: &Rule, view: View) -> String {
    view.cell(rule, |edition| rule.code(edition).to_string())
}

fn evidence(rule: &Rule, view: View) -> String {
    view.cell(rule, |edition| rule.evidence(edition))
}

/// With the dates of the rule itself, where all rules are listed.
fn requirement(rule: &Rule, view: View) -> String {
    let requirement = rules::requirement(rule, view);
    match (view, in_force(rule)) {
        (View::All, dates) if dates != "always" => format!("{requirement} ({dates})"),
        _ => requirement,
    }
}
