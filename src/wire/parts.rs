//! The parts of a query, as they are sent: names and values between `&`.

use std::borrow::Cow;
use std::fmt::Display;
use std::iter;

use memchr::{memchr, memchr2};
use percent_encoding::percent_decode_str;

use super::error::DecodeError;
use super::{MAX_FORM_BYTES, MAX_URL_BYTES, Sent, sent, within};

use crate::model::{Parameter, Row, Slot};
use crate::rule::hint;

/// A query, or a form.
#[derive(Clone, Copy)]
pub(super) struct Query<'t> {
    /// All of the text, with the address of a URL.
    pub(super) text: &'t str,
    query: &'t str,
    is_url: bool,
    /// The part of a URL that is never sent.
    pub(super) cut: Option<Cut<'t>>,
}

impl<'t> Query<'t> {
    /// True if it is that of a URL, in which no line break is ever sent.
    pub(super) fn is_url(&self) -> bool {
        self.is_url
    }

    /// Returns the text with other parts between the address and the `#`.
    pub(super) fn with(&self, parts: impl Display) -> String {
        let fragment = self.cut.map_or("", |cut| cut.text());
        let text = format!("{}{parts}{fragment}", self.address());
        // By an `&` before it a form is told from a URL, and from JSON.
        let is_read_so =
            matches!(sent(text.as_bytes()), Ok(Sent::Query(query)) if query.is_url == self.is_url);
        if is_read_so || self.is_url { text } else { format!("&{text}") }
    }

    /// Returns the text before the query: the address of a URL, with its question mark.
    fn address(&self) -> &'t str {
        match split_at(self.text, b'?') {
            Some((address, _)) if self.is_url => self.text.get(..address.len() + 1).unwrap_or_default(),
            _ => "",
        }
    }
}

/// Returns the rest of an `&` that HTML writes as a number, with which a text starts.
fn entity(text: &str) -> Option<&'static str> {
    hint::entity(text).filter(|entity| entity.starts_with('#'))
}

/// The part of a URL from its `#` on.
#[derive(Clone, Copy)]
pub(super) struct Cut<'t> {
    /// The query before it, which is sent.
    sent: &'t str,
    text: &'t str,
}

impl<'t> Cut<'t> {
    /// True if a parameter of this name, or an element of it, is in this part.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_it = |(index, part): (usize, &str)| {
            // Before the first `&` is the rest of a value.
            let entity = if index == 0 { Some(self.entity()?) } else { entity(part) };
            let part = entity.and_then(|entity| part.strip_prefix(entity)).unwrap_or(part);
            let found = decoded(part.split_once('=')?.0)?;
            (found.split_once('.').map_or(&*found, |(stem, _)| stem) == name).then_some(())
        };
        self.text.split('&').enumerate().any(|part| is_it(part).is_some())
    }

    /// Returns the rest of an `&` as HTML writes it, with which this part starts; its `&`
    /// is the last that is sent.
    pub(super) fn entity(&self) -> Option<&'static str> {
        entity(self.text).filter(|_| self.sent.ends_with('&'))
    }

    /// Returns this part, with its `#`.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Returns the name of the value before the `#`, as it was sent, and the value with what the
    /// `#` cuts off it; none where there is no value, or no text.
    pub(super) fn value(&self) -> Option<(&'t str, String)> {
        let last = self.sent.rsplit('&').find(|part| !part.is_empty())?;
        let (name, start) = split_at(last, b'=')?;
        let rest = self.text.split('&').next().unwrap_or_default();
        Some((name, decoded(&format!("{start}{rest}"))?.into_owned()))
    }

    /// Returns the hint for what is missing because of it.
    pub(super) fn hint(&self) -> String {
        if let Some(entity) = self.entity() {
            return format!("`&{entity}` is `&`, as HTML writes it, and a URL ends at a `#`");
        }
        let hint = "it stands behind a `#`, at which the URL ends";
        match self.value() {
            Some(_) => format!("{hint}: a `#` within a value is written `%23`"),
            None => hint.to_owned(),
        }
    }
}

/// Returns the query of a text that is a URL, or else the text itself; errors when it is too long.
pub(super) fn of_text(text: &str) -> Result<Query<'_>, DecodeError> {
    match split_at(text, b'?') {
        Some((address, query)) if is_address(address) => {
            within(text.as_bytes(), MAX_URL_BYTES, "a URL")?;
            // The part behind a `#` is never sent.
            let end = query.bytes().position(|byte| byte == b'#');
            let cut = end.and_then(|end| query.split_at_checked(end)).map(|(sent, text)| Cut { sent, text });
            Ok(Query { text, query: cut.map_or(query, |cut| cut.sent), is_url: true, cut })
        }
        _ if split_at(text, b'=').is_some() && !has_scheme(text) => {
            within(text.as_bytes(), MAX_FORM_BYTES, "a form")?;
            Ok(Query { text, query: text, is_url: false, cut: None })
        }
        _ => Err(DecodeError::NotARequest),
    }
}

/// True if a question mark behind this text starts a query. In a query string without an address,
/// parameters come before it.
fn is_address(text: &str) -> bool {
    let text = text.trim_ascii();
    let is_path = || !text.contains('&') && (text.starts_with('/') || !text.contains('='));
    !text.contains(|character: char| character.is_ascii_whitespace()) && (has_scheme(text) || is_path())
}

fn has_scheme(text: &str) -> bool {
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = text.bytes().take_while(is_scheme).count();
    length > 0 && text.get(length..).is_some_and(|rest| rest.starts_with("://"))
}

/// Splits a text at the first of these ASCII characters.
pub(super) fn split_at(text: &str, ascii: u8) -> Option<(&str, &str)> {
    let at = memchr(ascii, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A part of a query: a name and its value, as they were sent.
pub(super) struct Pair<'t> {
    pub(super) name: &'t str,
    /// The value; none without a `=`.
    pub(super) value: Option<&'t str>,
    /// True if nothing in it is encoded.
    is_plain: bool,
    /// True if a line break stands in it or beside it which no client sends.
    pub(super) is_broken: bool,
}

impl<'t> Pair<'t> {
    /// Returns a part of a query. Line breaks are never sent in a URL; in a form they are,
    /// except between two parameters.
    fn of(part: &'t str, is_plain: bool, is_url: bool, is_last: bool) -> Self {
        let text = Self::without_breaks(part, is_url, is_last);
        let is_broken = text.len() < part.len() || (is_url && text.contains(['\n', '\r']));
        Self { is_broken, ..Self::whole(text, is_plain) }
    }

    /// Returns a part of a query that has no line break.
    fn whole(text: &'t str, is_plain: bool) -> Self {
        let (name, value) = match split_at(text, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        Self { name, value, is_plain, is_broken: false }
    }

    /// Returns a part without the line breaks at its ends that no client sends.
    fn without_breaks(part: &'t str, is_url: bool, is_last: bool) -> &'t str {
        let is_break = |text: &str| text.contains(['\n', '\r']);
        let mut text = part;
        let start = part.trim_ascii_start();
        if !start.is_empty() && is_break(part.strip_suffix(start).unwrap_or_default()) {
            text = start;
        }
        let end = text.trim_ascii_end();
        if (is_url || !is_last)
            && !end.is_empty()
            && (is_url || !end.ends_with('='))
            && is_break(text.strip_prefix(end).unwrap_or_default())
        {
            text = end;
        }
        text
    }

    /// Returns its name or its value decoded; none if it is not UTF-8.
    pub(super) fn decoded(&self, raw: &'t str) -> Option<Cow<'t, str>> {
        if self.is_plain { Some(Cow::Borrowed(raw)) } else { decoded(raw) }
    }

    /// Returns the value, which is the end of the part if it is left out.
    pub(super) fn place(&self) -> &'t str {
        let end = || self.name.get(self.name.len()..).unwrap_or_default();
        self.value.unwrap_or_else(end)
    }
}

/// Returns the text from the next part of a query on, which is not empty.
fn next_part(mut query: &str) -> &str {
    while let Some(rest) = query.strip_prefix('&') {
        query = rest;
    }
    query
}

/// Returns the parts of a query.
pub(super) fn pairs<'t>(query: &Query<'t>) -> impl Iterator<Item = Pair<'t>> + use<'t> {
    let is_url = query.is_url;
    let has_breaks = memchr2(b'\n', b'\r', query.query.as_bytes()).is_some();
    let mut rest = next_part(query.query);
    // Nothing is encoded in so many bytes: most parts are read without a look at each for itself.
    let mut plain = plain_length(rest);
    iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let before = rest.len();
        let (part, behind) = split_at(rest, b'&').unwrap_or((rest, ""));
        rest = next_part(behind);
        let is_plain = part.len() <= plain;
        plain = if is_plain { plain.saturating_sub(before - rest.len()) } else { plain_length(rest) };
        Some(if has_breaks {
            Pair::of(part, is_plain, is_url, rest.is_empty())
        } else {
            Pair::whole(part, is_plain)
        })
    })
}

/// Returns the parameter that a name stands for.
pub(super) fn parameter(raw_name: &str) -> Parameter {
    let name = decoded(raw_name).unwrap_or(Cow::Borrowed(raw_name));
    let element = split_at(&name, b'.').and_then(|(stem, text)| {
        let row = Row::named(stem).filter(|row| matches!(row.slot, Slot::List { .. }))?;
        Some(row.parameter().element(subscript(text)?))
    });
    element.unwrap_or_else(|| Parameter::named(&name))
}

/// Returns a subscript; none for another spelling of a number, such as `00` or `+0`.
pub(super) fn subscript(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] => text.parse().ok(),
        _ => None,
    }
}

/// Returns how many bytes stand before the first one that is encoded.
fn plain_length(raw: &str) -> usize {
    memchr2(b'%', b'+', raw.as_bytes()).unwrap_or(raw.len())
}

/// Returns percent-decoded text; none if it is not UTF-8.
pub(super) fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    if plain_length(raw) == raw.len() {
        return Some(Cow::Borrowed(raw));
    }
    let spaced = raw.replace('+', " ");
    Some(Cow::Owned(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned()))
}
