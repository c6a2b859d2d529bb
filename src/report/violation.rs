//! A broken rule, as a report lists it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::fact::{Fact, FactValue, ViolationFacts};
use super::finding::Finding;
use crate::model::{ErrorCode, Parameter};
use crate::text::record::records;

/// One reason why the request would be refused.
///
/// Violations come in the order of the rules, then of the subscripts; that order is part of the
/// API. In JSON the keys `rule` to `facts` are always there, `null` where there is no value.
///
/// ```
/// use presync::{State, SyncRequest, validate_sync};
///
/// let violations = validate_sync(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
/// let first = &violations[0];
/// assert_eq!((first.rule(), first.code().as_str()), ("image-exists", "InvalidImageId.NotFound"));
/// assert_eq!(first.parameter(), "ImageIds.0");
/// assert_eq!(first.value(), Some("img-o3ycss2p"));
/// assert_eq!(first.to_string(), "ImageIds.0: there is no image `img-o3ycss2p` in any region (InvalidImageId.NotFound)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    facts: ViolationFacts,
    /// The attribute that the parameter comes from, in the document of another tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
}

records! { strict: Violation; }

/// The parts of a [`Violation`], for whoever makes something else of it: each is what the method of its name
/// returns.
///
/// ```
/// use presync::{State, SyncRequest, validate_sync};
///
/// let violations = validate_sync(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
/// let parts = violations.into_iter().next().unwrap().into_parts();
/// let owned: String = parts.message.into_owned();
/// assert_eq!((&*parts.rule, &*owned), ("image-exists", "there is no image `img-o3ycss2p` in any region"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ViolationParts {
    /// The id of the rule.
    pub rule: Cow<'static, str>,
    /// The code that the API would return.
    pub code: ErrorCode,
    /// The parameter that breaks the rule.
    pub parameter: Parameter,
    /// The value that was sent, cut and escaped; `None` where the parameter was not sent.
    pub value: Option<String>,
    /// A value that would have passed; `None` where no short text says it.
    pub allowed: Option<Cow<'static, str>>,
    /// The reason, in a sentence.
    pub message: Cow<'static, str>,
    /// The value that was probably meant, or what would help; `None` where that is not sure enough.
    pub hint: Option<String>,
    /// The facts that the words are made from.
    pub facts: ViolationFacts,
    /// The attribute that the parameter comes from; `None` where no document of another tool has it.
    pub attribute: Option<String>,
}

impl Violation {
    /// Returns the parts without a copy of any.
    #[must_use]
    pub fn into_parts(self) -> ViolationParts {
        let Self { rule, code, parameter, value, allowed, message, hint, facts, attribute } = self;
        ViolationParts { rule, code, parameter, value, allowed, message, hint, facts, attribute }
    }

    /// Returns a finding with the id and the code of its rule.
    pub(crate) fn new(rule: Cow<'static, str>, code: ErrorCode, finding: Finding) -> Self {
        let Finding { parameter, value, allowed, message, hint, facts } = finding;
        Self { rule, code, parameter, value, allowed, message, hint, facts, attribute: None }
    }

    pub(crate) fn set_hint(&mut self, hint: String) {
        self.hint = Some(hint);
    }

    pub(crate) fn set_fact(&mut self, fact: Fact, value: FactValue) {
        self.facts.set(fact, value);
    }

    pub(super) fn set_attribute(&mut self, attribute: Option<String>) {
        self.attribute = attribute;
    }

    /// Returns the id of the rule that is broken.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the code that the API would return.
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// Returns the parameter that breaks the rule.
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// Returns what was sent, cut at 64 characters and with invisible characters escaped; `None`
    /// where the parameter was not sent.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Returns what would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    #[must_use]
    pub fn allowed(&self) -> Option<&str> {
        self.allowed.as_deref()
    }

    /// Returns why, in a sentence: lower case, no full stop, the caller's text in backticks.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what was probably meant, or what would help; only where that is sure enough.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the facts from which the message, [`allowed`](Self::allowed) and the hint are made.
    #[must_use]
    pub fn facts(&self) -> &ViolationFacts {
        &self.facts
    }

    /// Returns the attribute that the parameter comes from, in the document of another tool.
    #[must_use]
    pub fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }
}

impl fmt::Display for Violation {
    /// ``DestinationRegions.1: `ap-x` is not a known region (InvalidRegion.NotFound)``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.parameter, self.message, self.code)
    }
}
