//! Three answers to a question: yes, no, or unknown with what would settle it.

use std::borrow::Cow;

/// An answer to a question of fact: yes, no, or unknown with what would settle it.
///
/// What is inferred, defaulted or guessed is neither a yes nor a no: it is unknown.
///
/// ```
/// use presync::Truth;
///
/// let is_blocked = Truth::unknown("the request's `Region`");
/// assert_eq!(Truth::No.and(is_blocked.clone()), Truth::No);
/// assert_eq!(Truth::Yes.and(is_blocked.clone()).needs(), Some("the request's `Region`"));
/// assert_eq!(Truth::Yes.or(is_blocked), Truth::Yes);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Truth<'n> {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It is not known. The text says what would settle it.
    Unknown(Cow<'n, str>),
}

impl<'n> Truth<'n> {
    /// Returns an unknown with what would settle it.
    #[must_use]
    pub fn unknown(needs: impl Into<Cow<'n, str>>) -> Self {
        Self::Unknown(needs.into())
    }

    /// Returns the unknown of `needs` where there is one, else no.
    pub(crate) fn unknown_or_no(needs: Option<&'n str>) -> Self {
        needs.map_or(Self::No, Self::unknown)
    }

    /// True if the answer is yes.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes)
    }

    /// True if the answer is no.
    #[must_use]
    pub fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }

    /// Returns what would settle an unknown, and `None` for a yes or a no.
    #[must_use]
    pub fn needs(&self) -> Option<&str> {
        match self {
            Self::Unknown(needs) => Some(needs),
            Self::Yes | Self::No => None,
        }
    }

    /// Returns the answer without a copy of its text.
    #[must_use]
    pub fn borrowed(&self) -> Truth<'_> {
        match self {
            Self::Yes => Truth::Yes,
            Self::No => Truth::No,
            Self::Unknown(needs) => Truth::Unknown(Cow::Borrowed(needs)),
        }
    }

    /// Returns the answer with a text of its own.
    #[must_use]
    pub fn into_owned(self) -> Truth<'static> {
        match self {
            Self::Yes => Truth::Yes,
            Self::No => Truth::No,
            Self::Unknown(needs) => Truth::Unknown(Cow::Owned(needs.into_owned())),
        }
    }

    /// Returns yes if both are, no if one of them is not, else the first unknown of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) => other,
            (unknown, _) => unknown,
        }
    }

    /// Returns no if neither is, yes if one of them is, else the first unknown of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, other) => other,
            (unknown, _) => unknown,
        }
    }
}

impl From<bool> for Truth<'_> {
    fn from(answer: bool) -> Self {
        if answer { Self::Yes } else { Self::No }
    }
}

/// The opposite: an unknown stays unknown.
impl std::ops::Not for Truth<'_> {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}
