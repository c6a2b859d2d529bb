//! The evidence for a code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The evidence for the code of a rule: no page ties a sentence to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Evidence {
    /// The page's own code table describes exactly this failure.
    Documented,
    /// The list of codes that the service's actions have in common describes it.
    Common,
    /// It is the nearest listed code; the rule's explanation says why.
    Inferred,
    /// It is not a code of the API: a rule of a policy has a code of its own.
    Policy,
}

impl Evidence {
    const ALL: [Self; 4] = [Self::Documented, Self::Common, Self::Inferred, Self::Policy];

    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Common => "common",
            Self::Inferred => "inferred",
            Self::Policy => "policy",
        }
    }

    /// Returns the meaning of the word, in a sentence.
    #[must_use]
    pub const fn gloss(self) -> &'static str {
        match self {
            Self::Documented => "the page's own table of codes describes this failure",
            Self::Common => "the list of codes that all actions have in common describes this failure",
            Self::Inferred => "the nearest code that is listed, for the reason below",
            Self::Policy => "the code is the policy's own, not the API's",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of a text that is no word for evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("evidence is `documented`, `common`, `inferred` or `policy`")]
pub struct EvidenceError;

impl FromStr for Evidence {
    type Err = EvidenceError;

    fn from_str(word: &str) -> Result<Self, EvidenceError> {
        Self::ALL.into_iter().find(|evidence| evidence.as_str() == word).ok_or(EvidenceError)
    }
}
