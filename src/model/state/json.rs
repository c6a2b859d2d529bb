//! Reading a state from JSON.

use super::State;
use super::error::StateError;
use super::records::Records;
use crate::text::decode;
use crate::text::document::told;
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
    ///     "line 1, column 53: Regions[1].Region: expected a text, found the number `1`"
    /// );
    /// ```
    pub fn from_json(bytes: &[u8]) -> Result<Self, StateError> {
        let json = |((line, column, message), path)| StateError::Json { line, column, path, message };
        let decoded = decode(bytes);
        let text = told(&decoded, "the state").map_err(|unreadable| json((unreadable, None)))?;
        // To know the path to each value costs half as much as to read it: what is
        // wrong is read once more.
        let records = serde_json::from_str(text).or_else(|_| with_path(text)).map_err(json)?;
        Self::try_from(records).map_err(|error: StateError| {
            match error.path().and_then(|path| locate(text, path)) {
                Some((line, column)) => StateError::At { line, column, source: Box::new(error) },
                None => error,
            }
        })
    }
}

/// A line, a column and a message, and the path to the value that they are about, if it is one.
type Located = ((usize, usize, String), Option<String>);

/// Reads the records, and tells the path to what is wrong in them.
fn with_path(text: &str) -> Result<Records, Located> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let records = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let located = located(error.inner(), text);
        let path = path(error.path(), &located.2);
        (located, path)
    })?;
    deserializer.end().map_err(|error| (located(&error, text), None))?;
    Ok(records)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::damaged::damaged;

    const STATE: &str = r#"{
        "Regions": [{"Region": "ap-guangzhou", "RegionState": null}, {"Region": "ap-seoul", "ImageSync": false}],
        "RegionsComplete": null,
        "Images": [{"Region": "ap-seoul", "ImageId": "img-o3ycss2p", "ImageSize": "20", "OsName": ["\u00fc"]}],
        "AccountQuota": {"ImageNumQuota": 10, "Regions": [{"Region": "ap-seoul", "Used": 9}]},
        "BlockedRoutes": [{"From": "ap-seoul", "To": "ap-guangzhou"}]
    }"#;

    #[test]
    fn both_readings_say_the_same() {
        let readings = |text: &str| {
            let first = serde_json::from_str::<Records>(text).map_err(|error| located(&error, text));
            (first, with_path(text).map_err(|(located, _)| located))
        };
        let (first, with_path) = readings(STATE);
        assert!(first.is_ok());
        assert_eq!(first, with_path);
        let mut are_read = 0;
        for text in damaged(STATE) {
            let (first, with_path) = readings(&text);
            are_read += usize::from(first.is_ok());
            assert_eq!(first, with_path, "{text}");
        }
        assert!(are_read > 100, "{are_read}");
    }
}
