//! A broken rule, as a check reports it.

use std::borrow::Cow;

use super::fact::{Fact, FactValue, ViolationFacts};
use crate::model::Parameter;
use crate::text::clean;

/// A finding of a check: the parameter, what was sent, what would have passed, why, and a hint.
///
/// The rule's id and code are not here: [`Findings`](crate::Findings) adds them, so that a check
/// cannot mislabel itself.
///
/// ```
/// use presync::report::Fact;
/// use presync::{Finding, Parameter};
///
/// let finding = Finding::new(Parameter::IMAGE_NAME, "`draft` is not an approved name")
///     .value("draft")
///     .allowed("a name from the register")
///     .fact(Fact::Length, 5_u64)
///     .hint("did you mean `draft-1`?".to_owned());
/// # let _ = finding;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    pub(super) parameter: Parameter,
    pub(super) value: Option<String>,
    pub(super) allowed: Option<Cow<'static, str>>,
    pub(super) message: Cow<'static, str>,
    pub(super) hint: Option<String>,
    pub(super) facts: ViolationFacts,
}

impl Finding {
    /// Returns a finding on `parameter`. The message is lower case, without a full stop, with the
    /// caller's text in backticks.
    #[must_use]
    pub fn new(parameter: Parameter, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            parameter,
            value: None,
            allowed: None,
            message: message.into(),
            hint: None,
            facts: ViolationFacts::default(),
        }
    }

    /// Returns a finding on `parameter` without words yet: a rule makes them from the facts.
    pub(crate) fn on(parameter: Parameter) -> Self {
        Self::new(parameter, "")
    }

    /// Sets a fact, from which a console can word the violation in its own language. A value of another
    /// [kind](Fact::kind) than the fact's is left out.
    #[must_use]
    pub fn fact(mut self, fact: Fact, value: impl Into<FactValue>) -> Self {
        self.facts.set(fact, value.into());
        self
    }

    #[cfg(feature = "wire")]
    pub(crate) fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// Returns what the words are made from: the parameter, the value, fit to be shown, and the facts.
    pub(crate) fn data(&self) -> (&Parameter, &str, &ViolationFacts) {
        (&self.parameter, self.value.as_deref().unwrap_or_default(), &self.facts)
    }

    /// Sets the message.
    pub(crate) fn message(self, message: Cow<'static, str>) -> Self {
        Self { message, ..self }
    }

    /// Sets what was sent; it is cut at 64 characters and escaped here.
    #[must_use]
    pub fn value(self, value: &str) -> Self {
        Self { value: Some(clean(value)), ..self }
    }

    /// Sets what would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    #[must_use]
    pub fn allowed(self, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    /// Sets what was probably meant. Leave it out rather than guess.
    #[must_use]
    pub fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}
