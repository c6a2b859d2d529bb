//! Query strings and form bodies.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::draft::{Draft, Form};
use super::error::DecodeError;
use super::{ACTION, MAX_FORM_BYTES, MAX_URL_BYTES, MAX_VALUE_BYTES, within};

use crate::model::{Parameter, Row, Slot, SyncRequest, word};
use crate::report::Finding;
use crate::rule::hint;
use crate::rules::shape;
use crate::text::clean;

/// Returns a request as a query string: parameters in the order of the page, values
/// percent-encoded.
///
/// [`decode`](super::decode) reads any request back from it. (Serde writes a request as a JSON
/// body, which cannot express that the version is missing: it stands for the documented one.)
///
/// ```
/// use presync::{SyncRequest, wire};
///
/// let query = wire::encode_query(&SyncRequest::new("img-o3ycss2p", ["ap-guangzhou"]));
/// assert_eq!(query, "Action=SyncImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou");
/// ```
#[must_use]
pub fn encode(request: &SyncRequest) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for row in Row::all() {
        match row.slot {
            Slot::Action => {
                query.append_pair(row.name, ACTION);
            }
            Slot::Text { get, .. } => {
                query.extend_pairs(get(request).map(|text| (row.name, text)));
            }
            Slot::Flag { get, .. } => {
                query.extend_pairs(get(request).map(|flag| (row.name, word(flag))));
            }
            Slot::List { get, .. } => {
                for (subscript, element) in get(request).iter().enumerate() {
                    query.append_pair(&format!("{}.{subscript}", row.name), element);
                }
            }
            Slot::Ignored => {}
        }
    }
    query.finish()
}

/// Returns the query of a text that is a URL, or else the text itself; errors when it is too long.
pub(super) fn of_text(text: &str) -> Result<&str, DecodeError> {
    match text.split_once('?') {
        Some((address, query)) if is_address(address) => {
            within(text.as_bytes(), MAX_URL_BYTES, "a URL")?;
            // The part behind a `#` is never sent.
            Ok(query.split_once('#').map_or(query, |(query, _)| query))
        }
        _ if text.contains('=') && !has_scheme(text) => {
            within(text.as_bytes(), MAX_FORM_BYTES, "a form")?;
            Ok(text)
        }
        _ => Err(DecodeError::NotARequest),
    }
}

/// True if a question mark behind this text starts a query. In a query string without an address,
/// parameters come before it.
fn is_address(text: &str) -> bool {
    has_scheme(text) || text.starts_with('/') || !text.contains(['=', '&'])
}

fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

/// The subscript of an element, and its value.
type Element = (usize, String);

pub(super) fn read(query: &str, draft: &mut Draft) -> Result<(), DecodeError> {
    let is_list = |row: &&'static Row| matches!(row.slot, Slot::List { .. });
    let mut lists: Vec<(&Row, Vec<Element>)> =
        Row::all().iter().filter(is_list).map(|row| (row, Vec::new())).collect();
    for (raw_name, raw_value) in pairs(query) {
        draft.count()?;
        let Some(name) = decoded(raw_name) else {
            draft.unknown(raw_name, Form::Query);
            continue;
        };
        if let Some(row) = Row::named(&name) {
            scalar(row, raw_value, draft);
        } else if let Some((stem, subscript)) = name.split_once('.')
            && let Some((row, elements)) = lists.iter_mut().find(|(row, _)| row.name == stem)
        {
            element(row, subscript, raw_value, elements, draft);
        } else {
            draft.unknown(&name, Form::Query);
        }
    }
    for (row, elements) in lists {
        list(row, elements, draft);
    }
    Ok(())
}

/// Returns the names and the values of a query, as they were sent. Each is a part of the query,
/// even a value that is empty or left out.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, pair.get(pair.len()..).unwrap_or_default())))
}

/// Returns the parameter that a name stands for.
pub(super) fn parameter(raw_name: &str) -> Parameter {
    let name = decoded(raw_name).unwrap_or(Cow::Borrowed(raw_name));
    let element = name.split_once('.').and_then(|(stem, text)| {
        let row = Row::named(stem).filter(|row| matches!(row.slot, Slot::List { .. }))?;
        Some(row.parameter().element(subscript(text)?))
    });
    element.unwrap_or_else(|| Parameter::named(&name))
}

/// Returns a subscript; none for another spelling of a number, such as `00` or `+0`.
fn subscript(text: &str) -> Option<usize> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|_| canonical)
}

/// Returns percent-decoded text; none if it is not UTF-8.
fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains(['%', '+']) {
        return Some(Cow::Borrowed(raw));
    }
    let spaced = raw.replace('+', " ");
    Some(Cow::Owned(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned()))
}

fn scalar(row: &'static Row, raw: &str, draft: &mut Draft) {
    match row.slot {
        Slot::List { .. } => {
            let hint = hint::one_element(raw).map(|one| format!("send `{}.0={one}`", row.name));
            draft.wrong_type(row.parameter(), "a list with subscripts", raw, hint);
        }
        Slot::Ignored => {
            draft.is_first(row);
        }
        Slot::Action => {
            if draft.is_first(row)
                && let Some(value) = value(|| row.parameter(), raw, draft)
            {
                draft.action = Some(value);
            }
        }
        Slot::Text { get_mut, .. } => {
            if draft.is_first(row)
                && let Some(value) = value(|| row.parameter(), raw, draft)
            {
                *get_mut(&mut draft.request) = Some(value);
            }
        }
        Slot::Flag { get_mut, .. } => {
            if !draft.is_first(row) {
                return;
            }
            match decoded(raw).as_deref() {
                Some("true" | "True") => *get_mut(&mut draft.request) = Some(true),
                Some("false" | "False") => *get_mut(&mut draft.request) = Some(false),
                other => {
                    draft.wrong_type(row.parameter(), "`true` or `false`", other.unwrap_or(raw), None);
                }
            }
        }
    }
}

fn value(parameter: impl FnOnce() -> Parameter, raw: &str, draft: &mut Draft) -> Option<String> {
    // A byte of the value takes at most three of the query: a value that is too long is not
    // decoded.
    if raw.len() / 3 > MAX_VALUE_BYTES {
        return draft.text(parameter, raw);
    }
    match decoded(raw) {
        Some(value) => draft.text(parameter, &value),
        None => {
            draft.wrong_type(parameter(), "text in UTF-8", raw, None);
            None
        }
    }
}

fn element(row: &Row, text: &str, raw: &str, elements: &mut Vec<Element>, draft: &mut Draft) {
    let Some(subscript) = subscript(text) else {
        let message = format!("`{}` is not a subscript", clean(text));
        let finding = Finding::new(Parameter::named(&format!("{}.{text}", row.name)), message);
        draft.violation(&shape::SUBSCRIPTS_FROM_ZERO, finding.value(raw).allowed("0, 1, 2 and so on"));
        return;
    };
    // A refused value keeps its subscript, so that no subscript is missing.
    let value = value(|| row.parameter().element(subscript), raw, draft).unwrap_or_default();
    elements.push((subscript, value));
}

/// Puts the elements in order. Time and memory depend on how many there are, not on how large their
/// subscripts are.
fn list(row: &Row, mut elements: Vec<Element>, draft: &mut Draft) {
    let Slot::List { get_mut, .. } = row.slot else { return };
    elements.sort_by_key(|(subscript, _)| *subscript);
    let mut last: Option<usize> = None;
    let mut broken = false;
    for (subscript, value) in &elements {
        let expected = last.map_or(0, |last| last.saturating_add(1));
        let parameter = || row.parameter().element(*subscript);
        if last == Some(*subscript) {
            draft.duplicate(parameter());
        } else if *subscript != expected && !broken {
            broken = true;
            let missing = row.parameter().element(expected);
            let hint = (expected == 0).then(|| "subscripts start at 0".to_owned());
            let finding = Finding::new(parameter(), format!("`{}` comes without `{missing}`", parameter()));
            let finding = finding.value(value).allowed(missing.to_string()).hint(hint);
            draft.violation(&shape::SUBSCRIPTS_FROM_ZERO, finding);
        }
        last = Some(*subscript);
    }
    *get_mut(&mut draft.request) = elements.into_iter().map(|(_, value)| value).collect();
}
