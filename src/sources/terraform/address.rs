//! Addresses of modules and resources.

use std::cmp::Ordering;

/// Returns the names of the modules in a module's address, without the keys of their instances;
/// none if the text is not such an address.
pub(super) fn module_names(address: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        let from_name = rest.strip_prefix("module.")?;
        let end = from_name.find(['.', '[']).unwrap_or(from_name.len());
        let (name, behind) = from_name.split_at_checked(end)?;
        names.push(name);
        let behind = behind_key(behind)?;
        rest = behind.strip_prefix('.').unwrap_or(behind);
    }
    Some(names)
}

/// Returns the text without the key of an instance at its start, such as `["a.b"]`; none if a key
/// does not end.
fn behind_key(text: &str) -> Option<&str> {
    let Some(key) = text.strip_prefix('[') else { return Some(text) };
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = key.find(|character| {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted && character == '\\' {
            is_escaped = true;
        } else if character == '"' {
            is_quoted = !is_quoted;
        }
        character == ']' && !is_quoted
    });
    key.get(end? + 1..)
}

/// Compares addresses as texts in which every run of digits is a number.
pub(super) fn by_address(a: &str, b: &str) -> Ordering {
    runs(a).cmp(runs(b)).then_with(|| a.cmp(b))
}

/// Splits a text into numbers and the texts between them.
fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut rest = text;
    std::iter::from_fn(move || {
        let starts_with_digit = rest.starts_with(is_digit);
        let end = rest.find(|character: char| is_digit(character) != starts_with_digit).unwrap_or(rest.len());
        let (run, behind) = rest.split_at_checked(end).filter(|(run, _)| !run.is_empty())?;
        rest = behind;
        // Without leading zeros, the longer of two numbers is the larger one.
        let digits = run.trim_start_matches('0');
        Some(if starts_with_digit { Run::Number(digits.len(), digits) } else { Run::Text(run) })
    })
}

/// A part of an address. Numbers come before texts, as digits come before letters.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Run<'t> {
    /// The count of digits, and the digits, without leading zeros.
    Number(usize, &'t str),
    Text(&'t str),
}
