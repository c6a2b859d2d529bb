//! Lists of rules and of regions for people: a table.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets::NOTHING};

use presync::check::compare::{Row as Sighting, Table as Sightings};
use presync::{Edition, Evidence, rules as documented};

use crate::output::{BAD, GOOD, HEADING, LABEL, Output, UNVERIFIED, WARNING, shown};
use crate::region_list::{NO, NOT_VERIFIED, RegionList, YES};
use crate::rule_list::{Row, RuleList};

/// The narrowest terminal on which five columns stand side by side without breaking names.
const WIDE: u16 = 130;

/// Writes the table wrapped to a terminal; elsewhere one line for each rule, for `grep` and the
/// like.
pub(crate) fn rules(output: &mut Output, list: RuleList<'_>, observed: Option<&Sightings>) -> io::Result<()> {
    let width = output.width();
    let rows = list.rows(observed, str::to_owned);
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
    write(output, table)
}

/// Writes the regions that an image can be copied to, and those that it cannot
/// be, then what they come to.
pub(crate) fn regions(output: &mut Output, list: &RegionList<'_>, edition: Edition) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let has_names = list.rows().any(|row| row.name.is_some());
    let name = |name: String| has_names.then_some(name);
    let cells = |region: String, named: Option<String>, verdict: &str, reasons: String| {
        [Some(region), named, Some(verdict.to_owned()), Some(reasons)].into_iter().flatten()
    };
    table.add_row(cells("REGION".to_owned(), name("NAME".to_owned()), "COPY", "REASON".to_owned()));
    for row in list.rows() {
        table.add_row(cells(row.region, name(row.name.unwrap_or_default()), row.verdict, row.reasons));
    }
    write(output, table)?;
    writeln!(output)?;

    let source = list.source.map_or_else(String::new, |source| format!(" from {}", shown(source.as_ref())));
    let image = shown(list.image.as_ref());
    write!(output, "{HEADING}{image}{source}, under the {edition} page:{HEADING:#}")?;
    for (word, style, separator) in [(YES, GOOD, ""), (NOT_VERIFIED, UNVERIFIED, ","), (NO, BAD, ",")] {
        write!(output, "{separator} {style}{} {word}{style:#}", list.count(word))?;
    }
    writeln!(output)?;
    for message in list.of_list() {
        writeln!(output, "{WARNING}of the whole list{WARNING:#}  {message}")?;
    }
    if list.destinations.may_be_others() {
        writeln!(
            output,
            "{LABEL}other regions    {LABEL:#}  there may be some that the state does not list (`RegionsComplete`)"
        )?;
    }
    Ok(())
}

/// Writes what was seen of the codes of rules, then how many inferred codes were seen.
pub(crate) fn sightings(output: &mut Output, sightings: &Sightings) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.add_row(["RULE", "CODE", "EVIDENCE", "SEEN"]);
    table.add_rows(sightings.rows().iter().map(sighting));
    write(output, table)?;

    let edition = sightings.edition();
    let mut counts = [("observed", 0), ("contradicted", 0), ("not seen", 0)];
    let inferred = |rule: &&presync::Rule| rule.evidence(edition) == Evidence::Inferred;
    for rule in documented::all().filter(|rule| rule.in_force(edition)).filter(inferred) {
        let seen = sightings.seen(rule.id(), rule.code(edition));
        for (_, count) in counts.iter_mut().filter(|(word, _)| *word == seen.word()) {
            *count += 1;
        }
    }
    let counts = counts.map(|(word, count)| format!("{count} {word}")).join(", ");
    writeln!(output, "\n{HEADING}inferred codes:{HEADING:#} {counts}")
}

/// Returns the cells of a rule whose code was seen, or was not.
fn sighting(row: &Sighting) -> [String; 4] {
    let seen = row.seen_of(&row.code).to_string();
    let unclear = (row.unclear > 0).then(|| format!("{} unclear", row.unclear));
    let holds = (row.not_broken > 0).then(|| format!("{} where it holds", row.not_broken));
    let seen = [Some(seen), unclear, holds].into_iter().flatten().collect::<Vec<_>>().join(", ");
    [shown(row.rule.as_ref()), row.code.to_string(), row.evidence.clone(), seen]
}

/// Writes a table under its heading, wrapped to a terminal.
fn write(output: &mut Output, mut table: Table) -> io::Result<()> {
    let width = output.width();
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
