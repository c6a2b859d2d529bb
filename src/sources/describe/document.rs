//! Bytes to responses: one after another, in lists, or the lists that were cut out of them.

use std::borrow::Cow;

use serde::de::{DeserializeSeed as _, IgnoredAny};
use serde_json::value::RawValue;
use serde_path_to_error::{Segment, Track};

use super::error::DescribeError;
use super::item::{Content, ErrorRecord, Item, Items, Kind};
use super::sdk_error::sdk_error;
use crate::sources::fields::unseen;
use crate::text::document::told;
use crate::text::json::{locate, located, range};
use crate::text::{clean, decode, position};
use crate::wire::looks_like;

/// The most bytes of a file of responses: 16 MiB. A response has 100 records at most, of about 1
/// KiB each: these are the pages of 16,000 images.
pub const MAX_BYTES: usize = 16 << 20;

/// Responses in one text.
pub(super) struct Document<'b> {
    /// The text in UTF-8.
    bytes: Cow<'b, [u8]>,
    pub(super) parts: Vec<Part>,
}

/// A response, or a record that was cut out of one.
pub(super) struct Part {
    pub(super) content: Content,
    pub(super) place: Place,
}

/// The place of a part in the text.
pub(super) struct Place {
    /// The index of the first byte of its JSON value, which may be a list.
    start: usize,
    /// The indexes in that list and in the lists within.
    indexes: Vec<usize>,
    is_enveloped: bool,
}

impl<'b> Document<'b> {
    /// Reads every response.
    pub(super) fn read(bytes: &'b [u8]) -> Result<Self, DescribeError> {
        let bytes = decode(bytes);
        if bytes.len() > MAX_BYTES {
            return Err(DescribeError::TooLarge { limit: MAX_BYTES, found: bytes.len() });
        }
        let json = |(line, column, message), path| DescribeError::Json { line, column, path, message };
        let text = told(&bytes, "the response").map_err(|untold| json(untold, None))?;
        let mut parts = Vec::new();
        let mut rest = rest_of(text);
        while !rest.is_empty() {
            let start = text.len() - rest.len();
            let at = |(line, column, message): (usize, usize, String), path| {
                let (line, column) = behind(position(text.as_bytes(), start), (line, column));
                json((line, column, message), path)
            };
            if !rest.starts_with(['{', '[']) && (!parts.is_empty() || !is_json(rest)) {
                return Err(printed(rest).unwrap_or_else(|| {
                    let message = if parts.is_empty() { no_json(rest) } else { behind_response(rest) };
                    at((1, 1, message), None)
                }));
            }
            let length = read_one(rest, start, &mut parts)
                .map_err(|(found, path)| printed(rest).unwrap_or_else(|| at(found, path)))?;
            if let Some(Part { content: Content::Error(error), .. }) = parts.last_mut() {
                return Err(error_response(error));
            }
            rest = rest.get(length..).map_or("", rest_of);
        }
        Ok(Self { bytes, parts })
    }

    /// Returns the line and the column at which the value at a path of a part starts; none
    /// if there is no such value.
    pub(super) fn position(&self, part: &Place, path: &str) -> Option<(usize, usize)> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let mut values = serde_json::Deserializer::from_str(text.get(part.start..)?).into_iter::<&RawValue>();
        let mut value = values.next()?.ok()?.get();
        for index in &part.indexes {
            let list: Vec<&RawValue> = serde_json::from_str(value).ok()?;
            value = list.get(*index)?.get();
        }
        let start = position(text.as_bytes(), range(text.as_bytes(), value)?.start);
        if path.is_empty() {
            return Some(start);
        }
        let envelope = if part.is_enveloped { "Response." } else { "" };
        locate(value, &format!("{envelope}{path}")).map(|at| behind(start, at))
    }
}

/// An error of JSON: the line, the column and the message, and the path.
type Wrong = ((usize, usize, String), Option<String>);

/// Reads one JSON value at the start of a text. Returns its length.
fn read_one(text: &str, start: usize, parts: &mut Vec<Part>) -> Result<usize, Wrong> {
    let mut found = |item: Item, indexes: &[usize]| {
        // The first that makes no state is the error: what comes behind it need not be kept.
        let is_bad = |part: &Part| matches!(part.content, Content::Error(_) | Content::Other(_));
        if !parts.last().is_some_and(is_bad) {
            let (content, is_enveloped) = item.open();
            let place = Place { start, indexes: indexes.to_owned(), is_enveloped };
            parts.push(Part { content, place });
        }
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut track = Track::new();
    let items = Items { found: &mut found, indexes: &mut Vec::new() };
    items
        .deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track))
        .map_err(|error| (located(&error, text), path(&track.path())))?;
    Ok(deserializer.into_iter::<IgnoredAny>().byte_offset())
}

/// Returns the text without white space and byte order marks at its start: files that were joined
/// may each have their own.
fn rest_of(text: &str) -> &str {
    text.trim_start_matches(|character: char| character == '\u{feff}' || character.is_ascii_whitespace())
}

/// True if a text is one value of JSON.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Returns the message on a text that is no JSON.
fn no_json(text: &str) -> String {
    // What to do with a request of such a form is of no use here.
    let what = looks_like(text).and_then(|what| what.split(": ").next());
    let what = what.map(|what| format!("what looks like {what}")).or_else(|| unseen(text));
    let what = what.unwrap_or_else(|| format!("`{}`", clean(first_line(text))));
    format!("expected JSON, which starts with `{{` or `[`, found {what}")
}

/// Returns the message on a text that stands behind a response.
fn behind_response(text: &str) -> String {
    let what = unseen(text).unwrap_or_else(|| format!("`{}`", clean(first_line(text))));
    format!("text behind the response, {what}: keep the JSON alone")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Returns a position that is counted from another one.
fn behind((line, column): (usize, usize), (lines, columns): (usize, usize)) -> (usize, usize) {
    if lines <= 1 { (line, column + columns - 1) } else { (line + lines - 1, columns) }
}

/// Returns the error of a text that is the printed error of an SDK.
fn printed(text: &str) -> Option<DescribeError> {
    let (code, message) = sdk_error(text)?;
    Some(DescribeError::ErrorResponse { code: code.map(clean), message: message.map(clean) })
}

fn error_response(error: &ErrorRecord) -> DescribeError {
    let ErrorRecord { code, message } = error;
    DescribeError::ErrorResponse { code: code.as_deref().map(clean), message: message.as_deref().map(clean) }
}

/// Returns the path of an error, such as `Response.ImageSet[3].ImageSize`; none for the response as
/// a whole.
fn path(path: &serde_path_to_error::Path) -> Option<String> {
    let mut shown = String::new();
    // A value without a key has the path of its record.
    for segment in path.iter().filter(|segment| !matches!(segment, Segment::Unknown)) {
        if !shown.is_empty() && !matches!(segment, Segment::Seq { .. }) {
            shown.push('.');
        }
        shown.push_str(&clean(&segment.to_string()));
    }
    (!shown.is_empty()).then_some(shown)
}

/// True if bytes are responses, or lists that were cut out of them, well-formed or not: the first
/// key that tells does. What follows that key is not read.
pub(super) fn is_response(bytes: &[u8]) -> bool {
    let bytes = decode(bytes);
    let start = bytes.trim_ascii_start();
    let is_printed = |text: &[u8]| {
        let text = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(error) => {
                text.get(..error.valid_up_to()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("")
            }
        };
        sdk_error(text).is_some()
    };
    if !start.starts_with(b"{") && is_printed(start.get(..start.len().min(64 << 10)).unwrap_or_default()) {
        return true;
    }
    !matches!(Kind::of(start), None | Some(Kind::State))
}
