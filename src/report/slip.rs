//! Slips that lead from what was meant to what was sent.

use std::str::FromStr;

/// A slip that leads from what was meant to what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    Spaces,
    Quotes,
    Dash,
    Letter,
    Case,
    Zone,
    ShortCode,
    DisplayName,
    PartOfName,
    Spelling,
}

impl Slip {
    pub(crate) const ALL: [(Self, &'static str); 10] = [
        (Self::Spaces, "spaces"),
        (Self::Quotes, "quotes"),
        (Self::Dash, "dash"),
        (Self::Letter, "letter"),
        (Self::Case, "case"),
        (Self::Zone, "zone"),
        (Self::ShortCode, "short-code"),
        (Self::DisplayName, "display-name"),
        (Self::PartOfName, "part-of-name"),
        (Self::Spelling, "spelling"),
    ];

    /// Returns the spelling in the facts of a violation.
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(slip, _)| *slip == self).map_or("", |(_, text)| text)
    }
}

impl FromStr for Slip {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, spelling)| *spelling == text).map(|(slip, _)| *slip).ok_or(())
    }
}
