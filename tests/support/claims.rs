//! The list of claims, `tests/README.md`. Each of its numbers is that of a row with a name; the
//! suite that counts holds what it counted to the row. `tests/library/claims.rs` holds the rows to
//! the suites, so that there is no row that nobody counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A row of the list.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) claim: String,
    pub(crate) number: usize,
    /// What is counted.
    pub(crate) of: String,
    /// The command that shows it.
    pub(crate) command: String,
    /// How long that takes, or when it was done.
    pub(crate) time: String,
}

/// Returns the rows of one table of the list, by their names. The table stands between
/// `<!-- name -->` and `<!-- /name -->`.
pub(crate) fn rows(table: &str) -> BTreeMap<String, Row> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/README.md");
    let list = fs::read_to_string(list).expect("the list of claims");
    let (_, rest) =
        list.split_once(&format!("<!-- {table} -->")).expect("the list marks where its table starts");
    let (text, _) =
        rest.split_once(&format!("<!-- /{table} -->")).expect("the list marks where its table ends");
    let mut rows = BTreeMap::new();
    // After the heads and the line below them.
    for line in text.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, claim, number, command, time] = *cells else { panic!("five cells: {line}") };
        let (number, of) = number.split_once(' ').expect("a number and what is counted");
        let digits = number.replace(',', "");
        let row = Row {
            claim: claim.to_owned(),
            number: digits.parse().expect("a number"),
            of: of.to_owned(),
            command: command.trim_matches('`').to_owned(),
            time: time.to_owned(),
        };
        assert_eq!(with_commas(row.number), number, "{line}");
        assert!(rows.insert(name.trim_matches('`').to_owned(), row).is_none(), "{name} is there twice");
    }
    rows
}

/// Holds a count to the row of this name.
pub(crate) fn hold(name: &str, count: usize) {
    let rows = rows("claims");
    let row = rows.get(name).unwrap_or_else(|| panic!("tests/README.md has no row `{name}`, of {count}"));
    assert!(
        row.number == count,
        "tests/README.md claims {} {} in its row `{name}`, and there are {}",
        with_commas(row.number),
        row.of,
        with_commas(count)
    );
}

/// Writes a number with a comma before every three digits.
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
