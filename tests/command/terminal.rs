//! What a terminal is shown: tables and sources that are as wide as it is.
#![cfg(target_os = "linux")]

use std::process::Command;

use presync::{Edition, Rule, rules};

use crate::run::{STATE, program};

/// A request with a long line around a region that is none.
const LONG: &str = "Version=2017-03-12&Nonce=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&DestinationRegions.0=nowhere&ImageIds.0=img-o3ycss2p&SecretId=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The lines that a run writes to a terminal of so many columns. `script` runs a command on a
/// terminal of its own; `None` where it is missing.
fn shown(columns: u16, arguments: &str) -> Option<Vec<String>> {
    let command = format!("stty rows 40 cols {columns}; '{}' {arguments}", env!("CARGO_BIN_EXE_presync"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(program().get_current_dir().unwrap());
    script.env("NO_COLOR", "1").stdin(std::process::Stdio::null());
    let Ok(output) = script.output() else {
        eprintln!("SKIPPED: there is no `script` here to make a terminal");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect())
}

/// The cells of each row of a table whose columns start below these headings. The lines
/// of a cell are kept apart.
fn rows(lines: &[String], headings: &[&str]) -> Vec<Vec<Vec<String>>> {
    assert_eq!(
        lines[0].split("  ").map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>(),
        headings
    );
    let starts: Vec<usize> = headings.iter().map(|heading| lines[0].find(heading).unwrap()).collect();
    let mut rows: Vec<Vec<Vec<String>>> = Vec::new();
    for line in &lines[1..] {
        let characters: Vec<char> = line.chars().collect();
        // A row starts where its first cell is not indented.
        if characters.first().is_some_and(|first| *first != ' ') {
            rows.push(vec![Vec::new(); headings.len()]);
        }
        for (index, start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(usize::MAX).min(characters.len());
            let part: String = characters.get(*start..end).unwrap_or_default().iter().collect();
            if !part.trim().is_empty() {
                rows.last_mut().unwrap()[index].push(part.trim_end().to_owned());
            }
        }
    }
    rows
}

fn listed() -> impl Iterator<Item = &'static Rule> {
    rules::all().filter(|rule| rule.in_force(Edition::FIRST))
}

/// What must hold by a rule, with the one limit that the sentence does not have.
fn requirement(rule: &Rule) -> String {
    let limit = if rule.id() == "image-quota" { " (10 images)" } else { "" };
    format!("{}{limit}", rule.requirement(Edition::FIRST))
}

fn of_one_line(cell: &[String]) -> String {
    cell.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[test]
fn on_a_wide_terminal_a_rule_has_five_columns() {
    for width in [130, 131, 200] {
        let Some(lines) = shown(width, "rules") else { return };
        assert!(lines.iter().all(|line| line.len() <= usize::from(width)), "{lines:#?}");
        let rows = rows(&lines, &["RULE", "PARAMETER", "CODE", "EVIDENCE", "WHAT MUST HOLD"]);
        let found: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| of_one_line(cell)).collect()).collect();
        let expected: Vec<Vec<String>> = listed()
            .map(|rule| {
                let (code, evidence) = (rule.code(Edition::FIRST), rule.evidence(Edition::FIRST));
                let cells = [rule.id().to_owned(), rule.parameter().to_owned(), code.to_string()];
                cells.into_iter().chain([evidence.to_string(), requirement(rule)]).collect()
            })
            .collect();
        assert_eq!(found, expected);
        // Names are not broken.
        assert!(rows.iter().flat_map(|row| &row[..4]).all(|cell| cell.len() == 1), "{lines:#?}");
    }
}

#[test]
fn on_a_narrow_terminal_a_rule_has_three_columns() {
    for width in [80, 129] {
        let Some(lines) = shown(width, "rules") else { return };
        assert!(lines.iter().all(|line| line.len() <= usize::from(width)), "{lines:#?}");
        let rows = rows(&lines, &["RULE", "CODE", "WHAT MUST HOLD"]);
        assert_eq!(rows.len(), listed().count());
        for (row, rule) in rows.iter().zip(listed()) {
            let parameters =
                rule.parameter().split_inclusive(", ").map(|name| format!("  {}", name.trim_end()));
            assert_eq!(row[0], [rule.id().to_owned()].into_iter().chain(parameters).collect::<Vec<_>>());
            let (code, evidence) = (rule.code(Edition::FIRST), rule.evidence(Edition::FIRST));
            assert_eq!(row[1], [code.to_string(), format!("  {evidence}")]);
            assert_eq!(of_one_line(&row[2]), requirement(rule));
        }
    }
}

#[test]
fn the_regions_of_an_image_fit_a_terminal() {
    let Some(lines) = shown(120, &format!("regions --state {STATE} img-o3ycss2p")) else { return };
    let table: Vec<String> = lines.iter().take_while(|line| !line.is_empty()).cloned().collect();
    assert!(table.iter().all(|line| line.len() <= 120), "{table:#?}");
    let rows = rows(&table, &["REGION", "NAME", "COPY", "REASON"]);
    let of = |region: &str| rows.iter().find(|row| row[0] == [region]).unwrap();
    assert_eq!(of("ap-hongkong")[1], ["Hong Kong, Macau and Taiwan (Hong Kong)"]);
    assert_eq!(of("ap-singapore")[2], ["not verified"]);
    let reason = &of("ap-chengdu")[3];
    assert!(reason.len() > 1);
    assert_eq!(
        of_one_line(reason),
        "`ap-chengdu` has 9 custom images and 1 copy in flight, and its quota is 10"
    );
}

#[test]
fn a_source_is_as_wide_as_the_terminal() {
    for width in [60, 150] {
        let Some(lines) = shown(width, &format!("check --state {STATE} '{LONG}'")) else { return };
        let source = lines.iter().find(|line| line.starts_with("  1 | ")).unwrap();
        assert!(source.contains("=nowhere&") && source.ends_with("..."), "{source}");
        let width = usize::from(width);
        assert!((width - 10..=width).contains(&source.chars().count()), "{source}");
    }
}
