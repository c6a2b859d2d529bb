//! The words of the reader of TOML, in plain ones.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::clean;
use crate::text::plain::of_value;

/// What is said of a number that is none of those that can be read.
pub(super) const OUT_OF_RANGE: &str = "the number is out of range: the largest is 18446744073709551615";

/// Returns what the reader says at an offset in a text, in plain words that say what is expected
/// and what is there. A message of another kind stays as it is.
pub(super) fn plain(message: &str, text: &str, offset: usize) -> String {
    if text.trim_ascii_start().starts_with('{') {
        return "expected TOML, found what looks like JSON, such as that of a state".to_owned();
    }
    if let Some(said) = of_value(message) {
        return in_toml(&said);
    }
    let is_unquoted = ["invalid date", "invalid time", "string values must be quoted"];
    if is_unquoted.iter().any(|start| message.starts_with(start)) {
        let found = value_at(text, offset);
        let unit = found.trim_start_matches(|character: char| character.is_ascii_digit());
        let has_unit = unit.len() < found.len() && unit.chars().all(char::is_alphabetic);
        let number = if has_unit { "a number without a unit, or " } else { "" };
        return format!("expected {number}a text in double quotes, found `{}`", clean(found));
    }
    match message {
        "duplicate key" => "the key is given twice".to_owned(),
        "integer number overflowed" => OUT_OF_RANGE.to_owned(),
        other => other.to_owned(),
    }
}

/// Returns a message in which an object has the name that it has in TOML.
fn in_toml(said: &str) -> String {
    let said = said
        .strip_suffix(", found an object")
        .map_or_else(|| said.to_owned(), |expected| format!("{expected}, found a table"));
    said.strip_prefix("expected an object, ")
        .map_or_else(|| said.clone(), |found| format!("expected a table, {found}"))
}

/// Returns the value without quotes that stands at an offset.
fn value_at(text: &str, offset: usize) -> &str {
    let is_end = |character: char| character.is_whitespace() || "=,[]{}#".contains(character);
    let (before, behind) = text.split_at_checked(offset).unwrap_or((text, ""));
    let start = before.trim_end_matches(|character| !is_end(character)).len();
    let length = behind.find(is_end).unwrap_or(behind.len());
    text.get(start..offset + length).unwrap_or_default()
}

/// Returns the value that starts at an offset, behind its keys, such as `limits.image-quota`; none
/// for the policy as a whole.
pub(super) fn found_at<'t>(table: &'t DeTable<'t>, offset: usize) -> Option<(String, &'t DeValue<'t>)> {
    table.iter().find_map(|(key, value)| {
        let key = clean(key.get_ref());
        found_from(value, offset).map(|(rest, found)| (format!("{key}{rest}"), found))
    })
}

fn found_from<'t>(value: &'t Spanned<DeValue<'t>>, offset: usize) -> Option<(String, &'t DeValue<'t>)> {
    if value.span().start == offset {
        return Some((String::new(), value.get_ref()));
    }
    match value.get_ref() {
        DeValue::Table(table) => found_at(table, offset).map(|(path, found)| (format!(".{path}"), found)),
        DeValue::Array(list) => (0_usize..).zip(list.iter()).find_map(|(index, element)| {
            found_from(element, offset).map(|(rest, found)| (format!("[{index}]{rest}"), found))
        }),
        _ => None,
    }
}
