//! Requests with the responses that the service gave: lines in, comparisons out, as
//! `presync compare` writes them.
//!
//! A line of input is one JSON object:
//! `{"id"?, "region"?, "headers"?, "request", "response", "state"? | "at"?}`. The first four keys
//! are those of [`lines`](crate::check::lines). `response` is the response as it was recorded: an
//! object, with or without the envelope `Response`; the object of an SDK's error, which has its
//! `Code`; a text with such an object in it; or the text of an SDK's error. `state` is the state in
//! which the request was sent, as [`State::from_json`] reads it; `at` is the name of a state that
//! is given beside the lines. A line with neither is checked for the state of all lines.
//!
//! A line of output has the `id`, or `line`, the number of the line, if there is no id, and then
//! the keys of a [`Comparison`]. For a line that cannot be read it is
//! `{"id"?, "line", "error": {"message", "column"?}}`.
//!
//! ```
//! use presync::check::compare::Agreement;
//! use presync::sources::recorded::{Outcome, RecordedLines};
//! use presync::{Ruleset, State};
//!
//! let (rules, state) = (Ruleset::default(), State::default());
//! let lines = RecordedLines::new(&rules, &state);
//! let line = r#"{"id": 7, "request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
//!     "response": {"Response": {"Error": {"Code": "InvalidImageId.NotFound", "Message": "…"}, "RequestId": "…"}}}"#;
//! let mut output = Vec::new();
//! let Outcome::Compared(comparison) = lines.line(1, line.as_bytes(), &mut output) else { panic!() };
//! assert_eq!(comparison.agreement(), Agreement::First);
//! assert!(output.starts_with(br#"{"id":7,"agreement":"first","code":"InvalidImageId.NotFound","#));
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::describe::sdk_error::sdk_error;
use crate::check::compare::Comparison;
use crate::check::lines::{Parts, Problem, ProblemRecord, content, text, unquoted, write};
use crate::check::ruleset::Ruleset;
use crate::model::{ErrorCode, State, StateError};
use crate::text::json::located;
use crate::text::record::records;
use crate::text::{clean, did_you_mean, nearest};

/// The most characters of a recorded code: those of the longest known one are 48. A table keeps
/// each code that it was given, so that a code without an end would have to be kept too.
pub const MAX_CODE_CHARS: usize = 128;

/// The rules and the states for which each line is checked. Lines do not depend on each other.
///
/// The [module](self) has an example.
#[derive(Clone, Debug)]
pub struct RecordedLines<'a> {
    rules: &'a Ruleset,
    state: &'a State,
    named: BTreeMap<&'a str, &'a State>,
}

/// The outcome of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The report on the request is compared with the response.
    Compared(Comparison),
    /// There is no request, no response or no state in the line, for this reason.
    Unreadable(String),
    /// The line is blank: nothing is written for it.
    Blank,
}

/// A [`Comparison`] in JSON, behind the id or the number of the line.
#[derive(Serialize)]
struct ComparisonRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

impl<'a> RecordedLines<'a> {
    /// Returns lines that are checked with these rules, for this state where a line names no other.
    #[must_use]
    pub fn new(rules: &'a Ruleset, state: &'a State) -> Self {
        Self { rules, state, named: BTreeMap::new() }
    }

    /// Adds a state that lines can name with `at`.
    ///
    /// ```
    /// use presync::check::compare::Agreement;
    /// use presync::sources::recorded::{Outcome, RecordedLines};
    /// use presync::{Ruleset, State};
    ///
    /// let (rules, unknown, empty) = (Ruleset::default(), State::unknown(), State::default());
    /// let lines = RecordedLines::new(&rules, &unknown).with_state("Monday", &empty);
    /// let line = r#"{"at": "Monday", "request": "Version=2017-03-12&ImageIds.0=img-o3ycss2p",
    ///     "response": "[TencentCloudSDKException] code:InvalidImageId.NotFound message:… requestId:…"}"#;
    /// let Outcome::Compared(comparison) = lines.line(1, line.as_bytes(), &mut Vec::new()) else { panic!() };
    /// assert_eq!(comparison.agreement(), Agreement::First);
    /// ```
    #[must_use]
    pub fn with_state(mut self, name: &'a str, state: &'a State) -> Self {
        self.named.insert(name, state);
        self
    }

    /// Compares one line, which may end in its newline, and adds one line with a newline to `out`,
    /// whatever the bytes are; none for a blank line. `number` is the number of the line.
    pub fn line(&self, number: u64, line: &[u8], out: &mut Vec<u8>) -> Outcome {
        let Some(line) = content(number, line) else { return Outcome::Blank };
        let mut parts = Parts::recorded();
        let result = text(line).and_then(|text| {
            parts.read(text)?;
            self.compare(text, &parts)
        });
        let outcome = match result {
            Ok(comparison) => {
                let line = parts.id.is_none().then_some(number);
                write(&ComparisonRecord { id: parts.id, line, comparison: &comparison }, out);
                Outcome::Compared(comparison)
            }
            Err(error) => {
                let column = error.column.map_or_else(String::new, |column| format!("column {column}: "));
                let message = format!("{column}{}", error.message);
                write(&ProblemRecord { id: parts.id, line: number, error }, out);
                Outcome::Unreadable(message)
            }
        };
        out.push(b'\n');
        outcome
    }

    fn compare(&self, line: &str, parts: &Parts<'_>) -> Result<Comparison, Problem> {
        let state = self.state(line, parts)?;
        let report = parts.check(line, self.rules, &state)?;
        let Some(raw) = parts.response else {
            return Err(Problem::of_line("the key `response` is missing".to_owned()));
        };
        Ok(match response(line, raw)? {
            Response::Code(code) => Comparison::new(&report, code),
            Response::OfOtherAction => Comparison::of_other_action(&report),
        })
    }

    /// Returns the state in which the request of a line was sent.
    fn state(&self, line: &str, parts: &Parts<'_>) -> Result<Cow<'a, State>, Problem> {
        match (parts.state, parts.at) {
            (None, None) => Ok(Cow::Borrowed(self.state)),
            (Some(_), Some(at)) => {
                let message = "the line has a `state` and names one with `at`: one of them is enough";
                Err(Problem::at(line, at.get(), message.to_owned()))
            }
            (None, Some(at)) => {
                let name = unquoted(line, at)?;
                self.named.get(&*name).map(|state| Cow::Borrowed(*state)).ok_or_else(|| {
                    let hint = if self.named.is_empty() {
                        ": none is given by a name".to_owned()
                    } else {
                        did_you_mean(nearest(&name, self.named.keys().copied()))
                    };
                    Problem::at(line, at.get(), format!("there is no state `{}`{hint}", clean(&name)))
                })
            }
            (Some(state), None) => {
                let wrong = |message: String| Problem::at(line, state.get(), message);
                if !state.get().starts_with('{') {
                    return Err(wrong("`state` is not an object with a state".to_owned()));
                }
                State::from_json(state.get().as_bytes()).map(Cow::Owned).map_err(|error| {
                    let ((row, column), message) = match error {
                        StateError::Json { line, column, path, message } => {
                            let path = path.map_or_else(String::new, |path| format!("{path}: "));
                            ((line, column), format!("{path}{message}"))
                        }
                        StateError::At { line, column, source } => ((line, column), source.to_string()),
                        other => ((1, 1), other.to_string()),
                    };
                    let mut problem = wrong(format!("`state`: {message}"));
                    // A column behind a newline is none of the line.
                    problem.column = problem.column.filter(|_| row == 1).map(|start| start + column - 1);
                    problem
                })
            }
        }
    }
}

/// A response with its envelope.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct Enveloped {
    response: Option<Bare>,
    error: Option<IgnoredAny>,
}

/// A response without its envelope, or the object that an error of an SDK is.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct Bare {
    error: Option<ErrorRecord>,
    /// The code in the object of an SDK. The API's second version had numbers; 0 is no error.
    code: Option<Json>,
    /// An example of the page spells it `RequestID`.
    #[serde(alias = "RequestID")]
    request_id: Option<IgnoredAny>,

    /// The copies, each in its region.
    image_set: Option<Vec<SyncedRecord>>,

    // Keys of the responses to other actions, which none to SyncImages has.
    #[serde(default, deserialize_with = "present")]
    total_count: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    image_num_quota: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    account_quota_overview: Option<IgnoredAny>,
    /// CreateImage has it.
    #[serde(default, deserialize_with = "present")]
    image_id: Option<IgnoredAny>,
    /// True if there is a list of other records, such as an `InstanceIdSet`.
    #[serde(skip)]
    has_other_set: bool,
}

impl Bare {
    /// True if it is the response to another action than SyncImages.
    fn is_of_other_action(&self) -> bool {
        let Self { total_count, image_num_quota, account_quota_overview, image_id, .. } = self;
        let has_other_key =
            [total_count, image_num_quota, account_quota_overview, image_id].iter().any(|key| key.is_some());
        let mut images = self.image_set.iter().flatten();
        has_other_key || self.has_other_set || images.any(|image| image.region.is_none())
    }

    /// Returns the code of the error; none for a response without an error.
    ///
    /// # Errors
    ///
    /// Errors with a value that is no code.
    fn into_code(self) -> Result<Option<String>, Json> {
        match (self.error, self.code) {
            (Some(error), _) => Ok(Some(error.code)),
            (None, Some(Json::String(code))) => Ok(Some(code)),
            (None, Some(code)) if code != 0 => Err(code),
            (None, _) => Ok(None),
        }
    }
}

/// Reads a key that was sent, whatever its value is.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IgnoredAny>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct ErrorRecord {
    code: String,
}

/// The record of a copy. That of an image in a response of DescribeImages has no region.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct SyncedRecord {
    region: Option<IgnoredAny>,
}

records! {
    noting("Set", has_other_set): Bare;
    read: Enveloped, ErrorRecord, SyncedRecord;
}

/// What a recorded response says.
enum Response {
    /// The code of its error; none for a response without an error.
    Code(Option<ErrorCode>),
    /// None of SyncImages: it is the response to another action.
    OfOtherAction,
}

/// Returns what a recorded response says.
fn response(line: &str, raw: &RawValue) -> Result<Response, Problem> {
    let wrong = |message: String| Problem::at(line, raw.get(), message);
    let neither =
        || wrong("`response` is neither an object nor a text with a response or an SDK's error".to_owned());
    let recorded: Cow<'_, str> = match raw.get().as_bytes().first() {
        Some(b'{') => Cow::Borrowed(raw.get()),
        Some(b'"') => unquoted(line, raw)?,
        _ => return Err(neither()),
    };
    let found = if recorded.trim_ascii_start().starts_with('{') {
        let of = |error: serde_json::Error| wrong(format!("`response`: {}", located(&error, &recorded).2));
        let enveloped: Enveloped = serde_json::from_str(&recorded).map_err(of)?;
        if enveloped.response.is_some() && enveloped.error.is_some() {
            return Err(wrong("`response` has an `Error` beside `Response`, and not in it".to_owned()));
        }
        let response = match enveloped.response {
            Some(response) => response,
            None => serde_json::from_str(&recorded).map_err(of)?,
        };
        let (has_id, is_of_other_action) = (response.request_id.is_some(), response.is_of_other_action());
        let no_code = |code: Json| {
            wrong(format!("`response` has the `Code` {}, which is no text", clean(&code.to_string())))
        };
        match response.into_code().map_err(no_code)? {
            Some(code) => Some(Cow::Owned(code)),
            None if !has_id => {
                return Err(wrong("`response` has neither `Error` nor `RequestId`".to_owned()));
            }
            None if is_of_other_action => return Ok(Response::OfOtherAction),
            None => None,
        }
    } else {
        let (code, _) = sdk_error(&recorded).ok_or_else(neither)?;
        let code = code.ok_or_else(|| wrong("the SDK's error in `response` has no code".to_owned()))?;
        Some(Cow::Borrowed(code))
    };
    if found.as_ref().is_some_and(|code| code.chars().nth(MAX_CODE_CHARS).is_some()) {
        return Err(wrong(format!("`response` has a code of more than {MAX_CODE_CHARS} characters")));
    }
    let code = found.map(|code| code.parse().map_err(|error| wrong(format!("`response`: {error}"))));
    code.transpose().map(Response::Code)
}
