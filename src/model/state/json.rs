//! Reading a state from JSON.

use super::State;
use super::error::StateError;
use super::records::Records;
use crate::text::decode;
use crate::text::foreign::told;
use crate::text::json::{locate, located};

impl State {
    /// Reads a state from JSON.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not JSON, or not a state, or when the state contradicts itself.
    /// The error has the line and the column.
    ///
    /// ```
    /// use presync::State;
    ///
    /// let error = State::from_json(br#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": 1}]}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 1, column 53: Regions[1].Region: invalid type: integer `1`, expected a string"
    /// );
    /// ```
    pub fn from_json(bytes: &[u8]) -> Result<Self, StateError> {
        let json = |(line, column, message), path| StateError::Json { line, column, path, message };
        let decoded = decode(bytes);
        let text = told(&decoded, "the state").map_err(|unreadable| json(unreadable, None))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let records: Records = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let located = located(error.inner());
            let path = path(error.path(), &located.2);
            json(located, path)
        })?;
        deserializer.end().map_err(|error| json(located(&error), None))?;
        Self::try_from(records).map_err(|error: StateError| {
            match error.path().and_then(|path| locate(text, path)) {
                Some((line, column)) => StateError::At { line, column, source: Box::new(error) },
                None => error,
            }
        })
    }
}

/// Returns the path to an error, as `Images[3].ImageSize`; `None` for the state as a whole.
fn path(path: &serde_path_to_error::Path, message: &str) -> Option<String> {
    use serde_path_to_error::Segment;

    // What is no key has no path below its record, and an unknown key is named in the message.
    let is_in_path = |segment: &&Segment| !matches!(segment, Segment::Unknown);
    let mut segments: Vec<&Segment> = path.iter().filter(is_in_path).collect();
    if message.starts_with("unknown key") {
        segments.pop();
    }
    let mut path = String::new();
    for segment in segments {
        if !path.is_empty() && !matches!(segment, Segment::Seq { .. }) {
            path.push('.');
        }
        path.push_str(&segment.to_string());
    }
    (!path.is_empty()).then_some(path)
}
