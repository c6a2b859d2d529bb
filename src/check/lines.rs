//! Lines of requests to lines of reports, as `presync batch` writes them, for programs that read
//! and write streams of their own.
//!
//! A line of input is one JSON object: `{"id"?, "region"?, "headers"?, "request"}`. `id` is any
//! JSON value, and is written to the output as it is. `region` is the source region that
//! travels beside the request, in a header. `headers` is an object of all headers of the call,
//! such as `{"X-TC-Version": "2017-03-12"}`. `request` is a JSON body, or a text that
//! [`wire::decode`] reads: a query string, a URL, a form. A blank line is skipped, and so is a
//! byte order mark before the first one.
//!
//! A line of output has the `id`, or `line`, the number of the line, if there is no id, and then
//! the keys of a [`Report`]: `{"id", "edition", "accepted", "violations", "unverified"}`. For a
//! line that cannot be read it is `{"id"?, "line", "error": {"message", "column"?}}`, in which the
//! column is counted from 1, in bytes.
//!
//! ```
//! use presync::check::lines::{Batch, Outcome};
//! use presync::{Image, Region, Ruleset, State};
//!
//! let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
//! let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
//! let state = State::new(regions, [image])?;
//! let rules = Ruleset::default();
//! let batch = Batch::new(&rules, &state);
//!
//! let mut output = Vec::new();
//! let line = br#"{"id": 7, "request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}}"#;
//! assert!(matches!(batch.line(1, line, &mut output), Outcome::Accepted(_)));
//! assert!(matches!(batch.line(2, br#"{"reqest": "Version=2017-03-12"}"#, &mut output), Outcome::Unreadable));
//! assert_eq!(
//!     String::from_utf8(output)?,
//!     concat!(
//!         r#"{"id":7,"edition":"2017-03","accepted":true,"violations":[],"unverified":[]}"#,
//!         "\n",
//!         r#"{"line":2,"error":{"message":"unknown key `reqest`, did you mean `request`?","column":2}}"#,
//!         "\n"
//!     )
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ruleset::Ruleset;
use crate::model::{State, SyncRequest};
use crate::report::Report;
use crate::text::document::{Unreadable, document};
use crate::text::json::{located, range};
use crate::text::{clean, unknown_key};
use crate::wire::{self, DecodeError, HeaderError, Headers};

/// The most bytes of a line: those of a body ([`MAX_JSON_BYTES`](crate::wire::MAX_JSON_BYTES)), and
/// 64 KiB for the other keys.
pub const MAX_LINE_BYTES: usize = wire::MAX_JSON_BYTES + (64 << 10);

/// The keys of a line.
const KEYS: [&str; 4] = ["id", "region", "headers", "request"];

/// The keys of a line that has the response of the service too.
#[cfg(feature = "sources")]
const RECORDED_KEYS: [&str; 7] = ["id", "region", "headers", "request", "response", "state", "at"];

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The rules and the state for which each line is checked. Lines do not depend on each other: they
/// are not a plan, and the copies of an accepted one are not added to the used quota.
///
/// The [module](self) has an example.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    rules: &'a Ruleset,
    state: &'a State,
    /// The part behind the id of the report of a request without violations and unverified rules.
    plain_report: Vec<u8>,
}

/// The outcome of a line.
///
/// ```
/// use presync::check::lines::{Batch, Outcome};
/// use presync::{Ruleset, State};
///
/// let (rules, state, mut output) = (Ruleset::default(), State::default(), Vec::new());
/// let outcome = Batch::new(&rules, &state).line(1, br#"{"request": {}}"#, &mut output);
/// let Outcome::Refused(report) = outcome else { panic!() };
/// assert_eq!(report.violations()[0].rule(), "image-required");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The request is accepted.
    Accepted(Report),
    /// The request is refused.
    Refused(Report),
    /// There is no request in the line.
    Unreadable,
    /// The line is blank: nothing is written for it.
    Blank,
}

impl<'a> Batch<'a> {
    /// Makes a batch in which every line is checked with these rules for this state.
    #[must_use]
    pub fn new(rules: &'a Ruleset, state: &'a State) -> Self {
        let mut plain_report = Vec::new();
        write(&Report::new(rules.edition(), Vec::new()), &mut plain_report);
        let plain_report = plain_report.split_off(1);
        Self { rules, state, plain_report }
    }

    /// Checks one line, which may end in its newline, and adds one line with a newline to `out`,
    /// whatever the bytes are; none for a blank line.
    ///
    /// `number` is the number of the line, which is written if the line has no id or cannot be
    /// read.
    ///
    /// ```
    /// use presync::check::lines::Batch;
    /// use presync::{Ruleset, State};
    ///
    /// let (rules, state, mut output) = (Ruleset::default(), State::default(), Vec::new());
    /// Batch::new(&rules, &state).line(12, b"{\"id\": \"a\", \"request\": 1}\n", &mut output);
    /// let answer = r#"{"id":"a","line":12,"error":{"message":"`request` is neither an object of parameters nor a text","column":24}}"#;
    /// assert_eq!(String::from_utf8(output)?, format!("{answer}\n"));
    /// # Ok::<(), std::string::FromUtf8Error>(())
    /// ```
    pub fn line(&self, number: u64, line: &[u8], out: &mut Vec<u8>) -> Outcome {
        let Some(line) = content(number, line) else { return Outcome::Blank };
        let mut parts = Parts::of(&KEYS);
        let result = text(line).and_then(|text| match self.plain(text) {
            Some((id, report)) => {
                parts.id = id;
                Ok(report)
            }
            None => {
                parts.read(text)?;
                parts.check(text, self.rules, self.state)
            }
        });
        let outcome = match result {
            Ok(report) => {
                self.write_report(parts.id, number, &report, out);
                if report.accepted() { Outcome::Accepted(report) } else { Outcome::Refused(report) }
            }
            Err(problem) => {
                write(&ProblemRecord { id: parts.id, line: number, error: problem }, out);
                Outcome::Unreadable
            }
        };
        out.push(b'\n');
        outcome
    }

    /// Returns the id of a line and the report on its request if there is nothing wrong
    /// but what the rules refuse.
    ///
    /// Such a line is read in one pass. The parts of another one are found first, and then read
    /// again one by one, so that it is known where in the line each of them is.
    fn plain<'l>(&self, line: &'l str) -> Option<(Option<&'l RawValue>, Report)> {
        // The part that is the body is no longer than that if the line is not.
        if line.len() > wire::MAX_JSON_BYTES {
            return None;
        }
        let mut plain = Plain::default();
        plain.read(line).ok()?;
        let Plain { id, region, .. } = plain;
        if id.is_some_and(|id| id.get().contains(['\n', '\r'])) {
            return None;
        }
        let sent = plain.headers.map(|raw| Members::read(line, raw)).transpose().ok()?;
        let headers = sent.as_ref().map_or(Ok(Headers::unknown()), Members::headers).ok()?;
        if region.zip(headers.region()).is_some_and(|(region, other)| region != other) {
            return None;
        }
        let headers = region.into_iter().fold(headers, Headers::with_region);
        let request = match plain.request? {
            Sent::Body => plain.body.finish(&headers),
            Sent::Text(text) => wire::decode_with(text.as_bytes(), &headers),
        };
        Some((id, self.rules.check(&request.ok()?, self.state)))
    }

    fn write_report(&self, id: Option<&RawValue>, number: u64, report: &Report, out: &mut Vec<u8>) {
        let is_plain = report.violations().is_empty()
            && report.warnings().is_empty()
            && report.unverified().is_empty()
            && !report.is_strict();
        if is_plain {
            // Nearly every report is this one.
            match id {
                Some(id) => {
                    out.extend_from_slice(br#"{"id":"#);
                    out.extend_from_slice(id.get().as_bytes());
                }
                None => {
                    out.extend_from_slice(br#"{"line":"#);
                    write(&number, out);
                }
            }
            out.push(b',');
            out.extend_from_slice(&self.plain_report);
            return;
        }
        let line = if id.is_none() { Some(number) } else { None };
        write(&ReportRecord { id, line, report }, out);
    }
}

/// A line, while it is read in one pass.
#[derive(Default)]
struct Plain<'l> {
    id: Option<&'l RawValue>,
    region: Option<&'l str>,
    headers: Option<&'l RawValue>,
    request: Option<Sent<'l>>,
    body: wire::Embedded,
}

/// The form of the request of a line.
enum Sent<'l> {
    /// A JSON body, which is read where it stands.
    Body,
    Text(Cow<'l, str>),
}

impl<'l> Plain<'l> {
    fn read(&mut self, line: &'l str) -> Result<(), serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(line);
        deserializer.deserialize_map(self)?;
        deserializer.end()
    }
}

impl<'l> Visitor<'l> for &mut Plain<'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<LineKey>()? {
            let is_first = match key {
                LineKey::Id => self.id.replace(map.next_value()?).is_none(),
                LineKey::Region => self.region.replace(map.next_value()?).is_none(),
                LineKey::Headers => self.headers.replace(map.next_value()?).is_none(),
                LineKey::Request => {
                    let sent = map.next_value_seed(InPlace(&mut self.body))?;
                    self.request.replace(sent).is_none()
                }
                _ => false,
            };
            if !is_first {
                return Err(de::Error::custom("there is a problem"));
            }
        }
        Ok(())
    }
}

/// Reads a request: a body into its place, or a text.
struct InPlace<'b>(&'b mut wire::Embedded);

impl<'l> DeserializeSeed<'l> for InPlace<'_> {
    type Value = Sent<'l>;

    fn deserialize<D: Deserializer<'l>>(self, deserializer: D) -> Result<Sent<'l>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for InPlace<'_> {
    type Value = Sent<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of parameters or a text")
    }

    fn visit_map<A: MapAccess<'l>>(self, object: A) -> Result<Sent<'l>, A::Error> {
        self.0.read(object).map(|()| Sent::Body)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'l str) -> Result<Sent<'l>, E> {
        Ok(Sent::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Sent<'l>, E> {
        Ok(Sent::Text(Cow::Owned(text.to_owned())))
    }
}

/// A [`Report`] in JSON, behind the id or the number of the line.
#[derive(Serialize)]
struct ReportRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize)]
pub(crate) struct ProblemRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a RawValue>,
    pub(crate) line: u64,
    pub(crate) error: Problem,
}

/// The error of a line without a request that can be read.
#[derive(Serialize)]
pub(crate) struct Problem {
    pub(crate) message: String,
    /// The column, counted from 1 in bytes; none if the problem is not at one position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
}

impl Problem {
    pub(crate) fn of_line(message: String) -> Self {
        Self { message, column: None }
    }

    /// Makes a problem at a part of the line.
    pub(crate) fn at(line: &str, part: &str, message: String) -> Self {
        Self { message, column: range(line.as_bytes(), part).map(|range| range.start + 1) }
    }
}

/// Returns the line without its newline, and the first one without its byte order mark; none for a
/// blank line.
pub(crate) fn content(number: u64, line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = if number == 1 { line.strip_prefix(MARK).unwrap_or(line) } else { line };
    (!line.trim_ascii().is_empty()).then_some(line)
}

pub(crate) fn write(record: &impl Serialize, out: &mut Vec<u8>) {
    // Writing into a `Vec` cannot fail, nor can the writing of these records as JSON.
    let _ = serde_json::to_writer(out, record);
}

/// Returns the line as text; errors when it cannot be an object.
pub(crate) fn text(line: &[u8]) -> Result<&str, Problem> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Problem::of_line(format!(
            "a line has at most {MAX_LINE_BYTES} bytes: this one has more"
        )));
    }
    let text = document(line).map_err(|unreadable| Problem {
        message: unreadable.message("the line", "it"),
        column: (unreadable != Unreadable::Empty).then(|| unreadable.position().1),
    })?;
    let start = text.trim_ascii_start();
    if start.starts_with('{') {
        return Ok(text);
    }
    let message = "a line is a JSON object, which starts with an opening brace";
    Err(Problem::at(text, start, message.to_owned()))
}

/// Returns the content of a JSON text: a part of the line, unless a character in it is escaped.
pub(crate) fn unquoted<'l>(line: &str, raw: &'l RawValue) -> Result<Cow<'l, str>, Problem> {
    let raw = raw.get();
    match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
        _ => serde_json::from_str(raw).map(Cow::Owned).map_err(|error| {
            let (_, column, message) = located(&error, raw);
            let mut problem = Problem::at(line, raw, message);
            problem.column = problem.column.map(|start| start + column - 1);
            problem
        }),
    }
}

/// The members of an object of texts, repeated ones too.
struct Members(Vec<(String, String)>);

impl Members {
    /// Reads the headers of a line.
    fn read(line: &str, raw: &RawValue) -> Result<Self, Problem> {
        serde_json::from_str(raw.get())
            .map_err(|_| Problem::at(line, raw.get(), "`headers` is not an object of texts".to_owned()))
    }

    fn headers(&self) -> Result<Headers<'_>, HeaderError> {
        Headers::from_pairs(self.0.iter().map(|(name, value)| (&**name, &**value)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(All)
    }
}

/// The values of the known keys of a line, as they are written in it.
pub(crate) struct Parts<'l> {
    /// The keys that the line may have.
    keys: &'static [&'static str],
    pub(crate) id: Option<&'l RawValue>,
    region: Option<&'l RawValue>,
    headers: Option<&'l RawValue>,
    request: Option<&'l RawValue>,
    pub(crate) response: Option<&'l RawValue>,
    pub(crate) state: Option<&'l RawValue>,
    pub(crate) at: Option<&'l RawValue>,
}

impl<'l> Parts<'l> {
    fn of(keys: &'static [&'static str]) -> Self {
        Self {
            keys,
            id: None,
            region: None,
            headers: None,
            request: None,
            response: None,
            state: None,
            at: None,
        }
    }

    /// Returns the parts of a line with a response before any of them is read.
    #[cfg(feature = "sources")]
    pub(crate) fn recorded() -> Self {
        Self::of(&RECORDED_KEYS)
    }

    /// Reads the line. After a wrong key the reading goes on, so that an id behind it is found.
    pub(crate) fn read(&mut self, line: &'l str) -> Result<(), Problem> {
        let mut deserializer = serde_json::Deserializer::from_str(line);
        let mut problem = None;
        let object = Object { line, parts: self, problem: &mut problem };
        deserializer.deserialize_map(object).and_then(|()| deserializer.end()).map_err(|error| {
            let (_, column, message) = located(&error, line);
            // As the first line of a document of several.
            let whole = if error.is_eof() { ": a line is a whole object" } else { "" };
            Problem { message: message + whole, column: Some(column) }
        })?;
        problem.map_or(Ok(()), Err)
    }

    /// Checks the request of the line.
    pub(crate) fn check(&self, line: &str, rules: &Ruleset, state: &State) -> Result<Report, Problem> {
        let region = self.region.map(|raw| unquoted(line, raw)).transpose()?;
        let sent = self.headers.map(|raw| Members::read(line, raw)).transpose()?;
        let mut headers = Headers::unknown();
        if let (Some(raw), Some(members)) = (self.headers, &sent) {
            headers = members.headers().map_err(|error| Problem::at(line, raw.get(), error.to_string()))?;
        }
        match (self.region, &region, headers.region()) {
            (Some(raw), Some(region), Some(other)) if region != other => {
                let (region, other) = (clean(region), clean(other));
                let message = format!("`region` is `{region}`, and `X-TC-Region` in `headers` is `{other}`");
                return Err(Problem::at(line, raw.get(), message));
            }
            _ => {}
        }
        let headers = region.as_deref().into_iter().fold(headers, Headers::with_region);
        let Some(raw) = self.request else {
            return Err(Problem::of_line("the key `request` is missing".to_owned()));
        };
        let (request, is_text) = match raw.get().as_bytes().first() {
            Some(b'{') => (Cow::Borrowed(raw.get()), false),
            Some(b'"') => (unquoted(line, raw)?, true),
            _ => {
                let message = "`request` is neither an object of parameters nor a text";
                return Err(Problem::at(line, raw.get(), message.to_owned()));
            }
        };
        let check = |request: &SyncRequest| rules.check(request, state);
        match wire::decode_with(request.as_bytes(), &headers) {
            Ok(request) => Ok(check(&request)),
            Err(error) => error.into_report_with(rules, check).map_err(|error| match error {
                // A position in a text that is unquoted is none in the line, which may have
                // escapes.
                DecodeError::Json { column, message, .. } if !is_text => {
                    let mut problem = Problem::at(line, raw.get(), message);
                    problem.column = problem.column.map(|start| start + column - 1);
                    problem
                }
                other => Problem::at(line, raw.get(), other.to_string()),
            }),
        }
    }
}

/// Reads the object of a line.
struct Object<'p, 'l> {
    line: &'l str,
    parts: &'p mut Parts<'l>,
    /// The first problem of a line that is well-formed JSON.
    problem: &'p mut Option<Problem>,
}

impl<'l> Visitor<'l> for Object<'_, 'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { line, parts, problem } = self;
        let keys = parts.keys;
        while let Some(key) = map.next_key_seed(Key { line, keys, problem })? {
            let value: &'l RawValue = map.next_value()?;
            let (slot, name) = match key {
                LineKey::Id => (&mut parts.id, "id"),
                LineKey::Region => (&mut parts.region, "region"),
                LineKey::Headers => (&mut parts.headers, "headers"),
                LineKey::Request => (&mut parts.request, "request"),
                LineKey::Response => (&mut parts.response, "response"),
                LineKey::State => (&mut parts.state, "state"),
                LineKey::At => (&mut parts.at, "at"),
                LineKey::Unknown => continue,
            };
            // An id is written as it was read, and the output must be one line.
            let is_id = matches!(key, LineKey::Id);
            let message = if is_id && value.get().contains('\n') {
                "there is a newline in `id`".to_owned()
            } else if is_id && value.get().contains('\r') {
                "there is a carriage return in `id`".to_owned()
            } else if slot.is_some() {
                format!("the key `{name}` is there more than once")
            } else if matches!(key, LineKey::Region | LineKey::At) && !value.get().starts_with('"') {
                let hint = if value.get() == "null" { ", leave the key out" } else { "" };
                format!("`{name}` is not a text{hint}")
            } else {
                *slot = Some(value);
                continue;
            };
            problem.get_or_insert_with(|| Problem::at(line, value.get(), message));
        }
        Ok(())
    }
}

/// A key of a line.
#[derive(Clone, Copy)]
enum LineKey {
    Id,
    Region,
    Headers,
    Request,
    Response,
    State,
    At,
    Unknown,
}

impl LineKey {
    fn of(key: &str) -> Self {
        match key {
            "id" => Self::Id,
            "region" => Self::Region,
            "headers" => Self::Headers,
            "request" => Self::Request,
            "response" => Self::Response,
            "state" => Self::State,
            "at" => Self::At,
            _ => Self::Unknown,
        }
    }
}

impl<'de> Deserialize<'de> for LineKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyKey;

        impl Visitor<'_> for AnyKey {
            type Value = LineKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: de::Error>(self, key: &str) -> Result<LineKey, E> {
                Ok(LineKey::of(key))
            }
        }

        deserializer.deserialize_str(AnyKey)
    }
}

/// Reads a key; an unknown one is a problem.
struct Key<'p, 'l> {
    line: &'l str,
    keys: &'static [&'static str],
    problem: &'p mut Option<Problem>,
}

impl Key<'_, '_> {
    fn known(self, key: &str) -> LineKey {
        let Self { line, keys, problem } = self;
        if keys.contains(&key) {
            return LineKey::of(key);
        }
        problem.get_or_insert_with(|| unknown(line, key, keys));
        LineKey::Unknown
    }
}

fn unknown(line: &str, key: &str, keys: &[&str]) -> Problem {
    let message = unknown_key(key, keys);
    // A key that is written with escapes is no part of the line, and has no column. The column of
    // another key is that of its quote, which is before it.
    let mut problem = Problem::at(line, key, message);
    problem.column = problem.column.map(|column| column - 1);
    problem
}

impl<'l> DeserializeSeed<'l> for Key<'_, 'l> {
    type Value = LineKey;

    fn deserialize<D: Deserializer<'l>>(self, deserializer: D) -> Result<LineKey, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = LineKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<LineKey, E> {
        Ok(self.known(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Edition, Image, Region};
    use crate::text::damaged::damaged;

    fn answer(line: &str) -> String {
        let (rules, state, mut out) = (Ruleset::default(), State::default(), Vec::new());
        Batch::new(&rules, &state).line(5, line.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_answer_is_one_line_whatever_is_in_the_other() {
        for line in ["", "\n", "\n\n", " \t\r\n"] {
            assert_eq!(answer(line), "", "{line:?}");
        }
        for line in [
            "\u{feff}",
            "{\"id\": [1,\r2], \"request\": {}}",
            "{\"id\": \r1\r, \"request\": {}\r}\r\n",
            "{\"id\": [1,\n2], \"request\": {}}",
            "{\"id\": [1,\n2], \"request\": ",
            "{\"id\": [\n], \"id\": [\n], \"request\": {}}",
            "{\"request\":\n{\"Re\\ngion\":\n1}\n}\n",
            "{\"\\n\": \"\\n\"}",
        ] {
            let answer = answer(line);
            assert!(
                answer.ends_with("}\n") && answer.matches(['\n', '\r']).count() == 1,
                "{line:?}: {answer}"
            );
        }
        let said = r#"{"line":5,"error":{"message":"there is a newline in `id`","column":8}}"#;
        assert_eq!(answer("{\"id\": [1,\n2], \"request\": {}}"), format!("{said}\n"));
    }

    #[test]
    fn what_is_read_in_one_pass_is_what_the_parts_say() {
        let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
        let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
        let (rules, state) = (Ruleset::default(), State::new(regions, [image]).unwrap());
        let batch = Batch::new(&rules, &state);
        let mut are_plain = 0;
        let mut hold = |line: &str| {
            let Some((id, report)) = batch.plain(line) else { return };
            let mut parts = Parts::of(&KEYS);
            let said = parts.read(line).and_then(|()| parts.check(line, &rules, &state));
            let said = said.unwrap_or_else(|problem| panic!("{line}: {}", problem.message));
            assert_eq!(said, report, "{line}");
            assert_eq!(parts.id.map(RawValue::get), id.map(RawValue::get), "{line}");
            are_plain += 1;
        };
        let lines = [
            r#"{"id":[1],"region":"ap-guangzhou","request":{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-shanghai"],"Nonce":1}}"#,
            r#"{"request":{"Action":"SyncImages","DryRun":false,"ImageIds":["\u0069mg-o3ycss2p"]},"id":null,"headers":{"X-TC-Region":"x"}}"#,
            r#"{"headers":{"X-TC-Region":"a"},"region":"a","request":"ImageIds.0=x&DestinationRegions.0=y\u0026Version=1"}"#,
            r#"{"id":1,"id":2,"request":{"Region":"a"}}"#,
        ];
        // A key that is there twice is a problem, and a part of the last one.
        assert_eq!(lines.map(|line| batch.plain(line).is_some()), [true, true, true, false]);
        for line in lines {
            hold(line);
            damaged(line).for_each(|text| hold(&text));
        }
        assert!(are_plain > 500, "{are_plain}");
    }

    #[test]
    fn a_line_has_the_keys_of_a_request_alone() {
        for key in ["response", "state", "at"] {
            let answer = answer(&format!(r#"{{"{key}":"x","request":{{}}}}"#));
            let said = format!(r#"{{"line":5,"error":{{"message":"unknown key `{key}`"#);
            assert!(answer.starts_with(&said), "{answer}");
        }
    }

    #[test]
    fn a_region_can_be_said_twice_where_both_are_the_same() {
        let line = |header: &str| {
            answer(&format!(r#"{{"region":"a","headers":{{"X-TC-Region":"{header}"}},"request":{{}}}}"#))
        };
        assert!(line("a").starts_with(r#"{"line":5,"edition":"#), "{}", line("a"));
        // A line that is not read in one pass says the same.
        let wrong = r#"{"region":"a","headers":{"X-TC-Region":"a"},"request":{"ImageIds":1}}"#;
        assert!(answer(wrong).starts_with(r#"{"line":5,"edition":"#), "{}", answer(wrong));
        assert_eq!(
            line("b"),
            concat!(
                r#"{"line":5,"error":{"message":"`region` is `a`, and `X-TC-Region` in `headers` is `b`","column":11}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn the_ordinary_answer_is_what_the_record_says() {
        let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
        let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
        let state = State::new(regions, [image]).unwrap();
        let sets = [Edition::FIRST, Edition::LATEST].map(Ruleset::documented);
        for rules in sets.clone().into_iter().chain(sets.map(Ruleset::strict)) {
            let mut out = Vec::new();
            let line = r#"{"id":1,"region":"ap-guangzhou","request":{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-shanghai"]}}"#;
            let Outcome::Accepted(report) = Batch::new(&rules, &state).line(1, line.as_bytes(), &mut out)
            else {
                panic!("{}", String::from_utf8_lossy(&out));
            };
            assert!(report.is_verified());
            let report = serde_json::to_string(&report).unwrap();
            assert_eq!(out, format!("{{\"id\":1,{}\n", report.trim_start_matches('{')).into_bytes());
        }
    }
}
