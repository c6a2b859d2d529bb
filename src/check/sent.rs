//! The nearest request that is accepted, in the form in which another one was sent.

use super::ruleset::Ruleset;
use super::suggestion::{Remedy, Suggestion};
use crate::model::{Parameter, State, SyncRequest};
use crate::report::Violation;
use crate::rules::shape;
use crate::wire::{self, DecodeError, Headers, headers as names};

/// A suggestion for a request as it was sent: what is to be sent instead.
///
/// It is made by [`Ruleset::suggest_sent`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentSuggestion {
    suggestion: Suggestion,
    texts: Vec<String>,
    headers: Vec<(&'static str, String)>,
}

impl SentSuggestion {
    /// Returns the requests, the edits that lead to them and the remedies. The edits
    /// of the shape come first.
    #[must_use]
    pub fn suggestion(&self) -> &Suggestion {
        &self.suggestion
    }

    /// Returns the texts to send, one for each request that is suggested, in the form in which the
    /// refused one came. A signature is left out where anything is changed.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Returns the headers that are to have another value, each with its value.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// Returns the suggestion, the texts and the headers.
    #[must_use]
    pub fn into_parts(self) -> (Suggestion, Vec<String>, Vec<(&'static str, String)>) {
        (self.suggestion, self.texts, self.headers)
    }
}

impl Ruleset {
    /// Returns the nearest request that is accepted, as a text in the form in which the refused one
    /// came: a URL, a form or a JSON body, with the headers beside it. A request whose shape is
    /// wrong is [mended](wire::mend) first. Where nothing helps, the suggestion has no request.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are no request, as [`decode`](wire::decode) does, but
    /// not on the shape of one.
    ///
    /// ```
    /// use presync::wire::Headers;
    /// use presync::{Image, Region, Ruleset, State};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)])?;
    /// let sent = br#"{"image_ids": "img-o3ycss2p", "DestinationRegions": ["sh"]}"#;
    ///
    /// let suggested = Ruleset::default().suggest_sent(sent, &Headers::unknown(), &state)?;
    /// let text = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#;
    /// assert_eq!(suggested.texts(), [text]);
    /// let edits: Vec<String> = suggested.suggestion().edits().iter().map(ToString::to_string).collect();
    /// assert_eq!(edits[0], "rename image_ids to `ImageIds`");
    /// assert_eq!(edits[1], "set ImageIds to `img-o3ycss2p`");
    /// assert_eq!(edits[2], "set DestinationRegions.0 to `ap-shanghai`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn suggest_sent(
        &self,
        bytes: &[u8],
        headers: &Headers<'_>,
        state: &State,
    ) -> Result<SentSuggestion, DecodeError> {
        let mended = match wire::mend(bytes, headers) {
            Ok(mended) => mended,
            Err(DecodeError::Shape { violations } | DecodeError::Damaged { violations, .. }) => {
                let remedies = violations.iter().filter_map(remedy).collect();
                let suggestion = Suggestion::of_remedies(remedies);
                return Ok(SentSuggestion { suggestion, ..SentSuggestion::default() });
            }
            Err(other) => return Err(other),
        };
        let from = mended.request();
        let suggestion = self.suggest(from, state);
        let (text, mut changed) = (mended.text().as_bytes(), mended.headers().to_vec());
        let (spans, is_json) = (wire::spans(text), text.trim_ascii_start().starts_with(b"{"));
        let mut texts = Vec::new();
        for to in suggestion.requests() {
            let mut to: SyncRequest = to.clone();
            // What travels in a header is changed there, and in the body only where it is in both.
            // Beside a JSON body whose headers are known, it is added there.
            for (parameter, name, header, old, new) in [
                (Parameter::REGION, names::REGION, headers.region, &from.region, &mut to.region),
                (Parameter::VERSION, names::VERSION, headers.version, &from.version, &mut to.version),
            ] {
                let is_in_body = spans.of(&parameter).is_some();
                let is_in_header = header.is_some() || (headers.complete && is_json && !is_in_body);
                if !is_in_header || old == new {
                    continue;
                }
                changed.retain(|(other, _)| *other != name);
                changed.push((name, new.clone().unwrap_or_default()));
                if !is_in_body {
                    new.clone_from(old);
                }
            }
            texts.extend(wire::rewrite(text, from, &to));
        }
        if texts.is_empty() {
            return Ok(SentSuggestion { suggestion, ..SentSuggestion::default() });
        }
        let suggestion = suggestion.behind(mended.edits());
        Ok(SentSuggestion { suggestion, texts, headers: changed })
    }
}

/// Returns what helps with a violation that no slip explains; `None` where only the sender knows.
fn remedy(violation: &Violation) -> Option<Remedy> {
    shape::has_several_values(violation).then(|| Remedy::Choose { parameter: violation.parameter().clone() })
}
