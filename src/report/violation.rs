//! A broken rule.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use crate::model::{ErrorCode, Parameter};
use crate::text::record::records;

/// One reason why the call would be refused.
///
/// Violations come in the order of the rules, then of the subscripts; that order is part of the API. In JSON every key
/// is always there, `null` where there is nothing to say.
///
/// ```
/// use presync::{State, SyncRequest, validate_sync};
///
/// let state: State = Default::default();
/// let violations = validate_sync(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
/// let first = &violations[0];
/// assert_eq!((first.rule(), first.code().as_str()), ("image-exists", "InvalidImageId.NotFound"));
/// assert_eq!(first.parameter().to_string(), "ImageIds.0");
/// assert_eq!(first.value(), Some("img-o3ycss2p"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Violation {
    rule: Cow<'static, str>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    code: ErrorCode,
    parameter: Parameter,
    value: Option<String>,
    allowed: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    hint: Option<String>,
}

records! { strict: Violation; }

impl Violation {
    /// What a check says, with the id and the code of its rule.
    pub(crate) fn stamped(rule: Cow<'static, str>, code: ErrorCode, finding: Finding) -> Self {
        let Finding { parameter, value, allowed, message, hint } = finding;
        Self { rule, code, parameter, value, allowed, message, hint }
    }

    pub(crate) fn set_hint(&mut self, hint: Option<String>) {
        self.hint = hint;
    }

    /// The id of the rule that is broken.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.rule(), "image-exists");
    /// ```
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The code that the API would answer.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.code().as_str(), "InvalidImageId.NotFound");
    /// ```
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The parameter at fault.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.parameter().to_string(), "ImageIds.0");
    /// ```
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// What was sent, cut at 64 characters and with invisible characters escaped; nothing where nothing was sent.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.value(), Some("img-o3ycss2p"));
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::empty(), &presync::State::default());
    /// assert_eq!(violations[0].allowed(), Some("2017-03-12"));
    /// ```
    #[must_use]
    pub fn allowed(&self) -> Option<&str> {
        self.allowed.as_deref()
    }

    /// Why, in a sentence: lower case, no full stop, the caller's text in backticks.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.message(), "there is no image `img-o3ycss2p` in any region");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was probably meant, or what would mend it; only where that is sure enough.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.hint(), None);
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Violation {
    /// ``DestinationRegions.1: `ap-x` is not a known region (InvalidRegion.NotFound)``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.parameter, self.message, self.code)
    }
}
