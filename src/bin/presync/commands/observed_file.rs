//! `--observed`: what was seen of the rules' codes, from a file that `presync compare` writes.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::Args;
use presync::check::compare::Table;
use presync::text::decode;
use presync::{policy, rules};
use serde::de::IgnoredAny;

use crate::input::{MAX_STATE_BYTES, Source, at};
use crate::outcome::Failure;
use crate::output::shown;

#[derive(Args)]
pub(crate) struct ObservedFile {
    /// What was seen of the codes: a file that
    /// `presync compare --format json` wrote, or `-` for stdin
    #[arg(long, value_name = "FILE")]
    observed: Option<OsString>,
}

impl ObservedFile {
    pub(crate) fn is_given(&self) -> bool {
        self.observed.is_some()
    }

    pub(crate) fn is_stdin(&self) -> bool {
        self.observed.as_ref().is_some_and(|file| file == "-")
    }

    /// Reads the table; none where no file is given.
    pub(crate) fn read(&self) -> Result<Option<Table>, Failure> {
        let Some(file) = &self.observed else { return Ok(None) };
        let source = Source::of_file(file);
        let bytes = source.bytes("a table", MAX_STATE_BYTES).map_err(Failure::Message)?;
        table(&source.name(), &bytes).map(Some).map_err(Failure::Message)
    }
}

/// Returns what is wrong with a table, in plain words.
fn wrong(error: &serde_json::Error) -> String {
    if !error.is_data() {
        return "it is not JSON, or not all of it is there".to_owned();
    }
    let sentence = error.to_string();
    let message = sentence.rsplit_once(" at line ").map_or(&*sentence, |(message, _)| message);
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("{key} is missing");
    }
    match message.strip_prefix("invalid type: ") {
        Some(_) => "a value in it is of another type".to_owned(),
        None => message.to_owned(),
    }
}

/// The start of a table on one line, as no comparison starts.
const TABLE: &str = r#"{"edition":"#;

fn table(name: &str, bytes: &[u8]) -> Result<Table, String> {
    let bytes = decode(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{name}: the table is not text in UTF-8"))?;
    let mut first = None;
    let mut last = (0, text);
    let mut tables = 0;
    for line in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        first.get_or_insert(line.1);
        tables += usize::from(line.1.starts_with(TABLE));
        last = line;
    }
    let Some(first) = first else { return Err(format!("{name}: the table is empty")) };
    // What another table contradicts would be passed over.
    if tables > 1 {
        return Err(format!("{name}: there are {tables} tables: compare all lines in one run"));
    }
    // Behind the comparisons, each on a line, the table is the last line.
    let is_lines = serde_json::from_str::<IgnoredAny>(first).is_ok();
    let (before, text) = if is_lines { last } else { (0, text) };
    let table: Table = serde_json::from_str(text).map_err(|error| {
        let message = format!("no table of `presync compare`: {}", wrong(&error));
        at(name, before + error.line().max(1), error.column().max(1), None, &message)
    })?;
    let mut seen = BTreeSet::new();
    if let Some(row) = table.rows().iter().find(|row| !seen.insert(&row.rule)) {
        return Err(format!("{name}: the table has the rule `{}` twice", shown(row.rule.as_ref())));
    }
    match table.rows().iter().find(|row| rules::find(&row.rule).is_none()) {
        None => Ok(table),
        Some(row) => {
            let meant = policy::meant(&row.rule);
            let hint = meant.map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
            Err(format!(
                "{name}: the table has a rule `{}`, which there is not{hint}",
                shown(row.rule.as_ref())
            ))
        }
    }
}
