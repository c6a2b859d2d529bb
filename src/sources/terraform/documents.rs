//! The JSON documents in a file: one, several one after another, or a list of them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::kind::embedded;

use crate::sources::error::SourceError;
use crate::sources::fields;
use crate::text::json::located;
use crate::text::position;

/// Returns every document of a text, in order. The elements of a list are documents.
/// Each is read as a `T` later.
///
/// Terragrunt writes a plan on each line, and `jq -s` puts them into a list. A text in front or
/// behind, such as a wrapper of the command leaves, is an error that says on which line it is.
pub(super) fn documents<'t, T: Deserialize<'t>>(text: &'t str) -> Result<Vec<&'t RawValue>, SourceError> {
    let error = |offset: usize, message: String| {
        let (line, column) = position(text.as_bytes(), offset);
        SourceError::Malformed { line, column, path: None, message }
    };
    if let Some(start) = embedded(text.as_bytes()) {
        let (line, _) = position(text.as_bytes(), start);
        let offset = text.len() - text.trim_ascii_start().len();
        let before = text.get(offset..start).unwrap_or_default().trim_ascii_end();
        let what = fields::unseen(before).unwrap_or_else(|| "text".to_owned());
        let message =
            format!("{what} in front of the plan, whose JSON starts on line {line}: keep the JSON alone");
        return Err(error(offset, message));
    }
    let mut documents = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let rest = text.get(stream.byte_offset()..).unwrap_or_default();
        let offset = text.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        let is_json = rest.starts_with(['{', '[']);
        if !is_json && !rest.is_empty() {
            let message = "text behind the plan: keep the JSON alone";
            return Err(error(offset, message.to_owned()));
        }
        match stream.next() {
            None => return Ok(documents),
            Some(Ok(list)) if list.get().starts_with('[') => {
                documents.extend(fields::read::<Vec<&RawValue>>(text, list.get(), "")?);
            }
            Some(Ok(document)) => documents.push(document),
            Some(Err(broken)) => {
                // Once more, for the path of the value that is broken.
                if rest.starts_with('{') {
                    fields::read::<T>(text, rest, "")?;
                }
                let (line, column, message) = located(&broken, text);
                return Err(SourceError::Malformed { line, column, path: None, message });
            }
        }
    }
}
