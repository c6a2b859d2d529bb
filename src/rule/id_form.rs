//! The form of image ids.

use crate::text::Pattern;

/// The form of an image id as documented: `img-` and at least eight digits or lower-case letters.
///
/// This is the definition. [`is_documented`] is a loop that says the same, several times as fast,
/// and a property test holds the two equal.
const DOCUMENTED: &str = "img-[0-9a-z]{8,}";

/// The form of image ids: the documented one, or one that an embedder gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdForm {
    given: Option<Pattern>,
}

impl IdForm {
    /// Returns the form that an embedder gives.
    pub(crate) fn given(pattern: Pattern) -> Self {
        Self { given: Some(pattern) }
    }

    /// Returns the regular expression that must match the whole id.
    pub(crate) fn pattern(&self) -> &str {
        self.given.as_ref().map_or(DOCUMENTED, Pattern::text)
    }

    /// True if a text has this form.
    pub(crate) fn matches(&self, id: &str) -> bool {
        match &self.given {
            None => is_documented(id),
            Some(pattern) => pattern.is_match(id),
        }
    }
}

/// True if the whole of a text matches [`DOCUMENTED`].
fn is_documented(id: &str) -> bool {
    // Every byte is looked at, without a branch for each.
    let are_digits_or_letters = |bytes: &[u8]| {
        bytes.iter().fold(true, |so_far, byte| so_far & (byte.is_ascii_digit() | byte.is_ascii_lowercase()))
    };
    match id.as_bytes() {
        [b'i', b'm', b'g', b'-', rest @ ..] => rest.len() >= 8 && are_digits_or_letters(rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_answers_are_met() {
        let pattern = Pattern::new(DOCUMENTED).unwrap();
        for (id, is_one) in [
            ("img-o3ycss2p", true),
            ("img-34vaef8fe", true),
            ("img-o3ycss2", false),
            ("img-o3ycss2p\n", false),
            ("\nimg-o3ycss2p", false),
            ("img-o3ycss2\u{663}", false),
            ("", false),
        ] {
            assert_eq!((is_documented(id), pattern.is_match(id)), (is_one, is_one), "{id:?}");
        }
    }
}
