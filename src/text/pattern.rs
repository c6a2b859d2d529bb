//! Regular expressions that must match the whole of a text.

use regex::{Regex, RegexBuilder};

/// The most bytes that a compiled pattern may need: 1 MiB.
const MAX_BYTES: usize = 1 << 20;

/// A regular expression that must match the whole of a text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    text: String,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self, regex::Error> {
        let bounded = |text: &str| RegexBuilder::new(text).size_limit(MAX_BYTES).build();
        // Alone first: a pattern such as `a)(b` would be well-formed only inside the group.
        bounded(text)?;
        let regex = bounded(&format!(r"\A(?:{text})\z"))?;
        Ok(Self { regex, text: text.to_owned() })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
