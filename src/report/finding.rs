//! A broken rule, as a check reports it.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::fact::{Fact, FactValue, ViolationFacts};
use super::words::{Said, Wording, Words};
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
#[derive(Clone)]
pub struct Finding {
    /// In one place, from which none of it is moved.
    pub(super) parts: Box<Parts>,
}

/// The parts of a finding.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) parameter: Parameter,
    pub(super) value: Option<String>,
    pub(super) facts: ViolationFacts,
    /// The words, which are made from the others.
    pub(super) words: Wording,
    /// A hint that is given, and not made from the facts.
    pub(super) hint: Option<String>,
}

/// Two findings are equal if they say the same.
impl PartialEq for Finding {
    fn eq(&self, other: &Self) -> bool {
        self.parts.data() == other.parts.data()
            && (self.words(), self.hint_text()) == (other.words(), other.hint_text())
    }
}

impl Eq for Finding {}

impl Hash for Finding {
    /// Hashes what the words are made from, and not the words.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts.data().hash(state);
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parameter, value, facts) = self.parts.data();
        let (message, allowed) = self.words();
        f.debug_struct("Finding")
            .field("parameter", parameter)
            .field("value", value)
            .field("allowed", &allowed)
            .field("message", &message)
            .field("hint", &self.hint_text())
            .field("facts", facts)
            .finish()
    }
}

impl Parts {
    /// Returns what the words are made from.
    fn data(&self) -> (&Parameter, &Option<String>, &ViolationFacts) {
        (&self.parameter, &self.value, &self.facts)
    }

    /// Returns what the words are made from, as they see it.
    fn said(&self) -> Said<'_> {
        let Self { parameter, value, facts, .. } = self;
        Said { parameter, value: value.as_deref().unwrap_or_default(), facts }
    }

    /// Returns the words, which are made when they are first read.
    fn words(&self) -> &Words {
        self.words.read(&self.said())
    }

    /// Takes the words out, with the hint.
    pub(super) fn take_words(&mut self) -> Words {
        let words = std::mem::replace(&mut self.words, Wording::none()).take(&self.said());
        match self.hint.take() {
            Some(hint) => words.hint(Some(hint.into())),
            None => words,
        }
    }
}

impl Finding {
    /// Returns a finding on `parameter`. The message is lower case, without a full stop, with the
    /// caller's text in backticks.
    #[must_use]
    pub fn new(parameter: Parameter, message: impl Into<Cow<'static, str>>) -> Self {
        Self::with(parameter, Wording::given(Words::new(message)))
    }

    /// Returns a finding on `parameter` without words yet: a rule makes them from the facts.
    pub(crate) fn on(parameter: Parameter) -> Self {
        Self::with(parameter, Wording::none())
    }

    fn with(parameter: Parameter, words: Wording) -> Self {
        let facts = ViolationFacts::default();
        Self { parts: Box::new(Parts { parameter, value: None, facts, words, hint: None }) }
    }

    /// Returns a finding whose data are complete, with words that are made from
    /// them when they are read.
    pub(crate) fn worded(mut self, words: fn(&Said<'_>) -> Words) -> Self {
        self.parts.words = Wording::by(words);
        self
    }

    /// Sets a fact, from which a console can word the violation in its own language. A value of
    /// another [kind](Fact::kind) than the fact's is left out.
    #[must_use]
    pub fn fact(mut self, fact: Fact, value: impl Into<FactValue>) -> Self {
        self.parts.facts.set(fact, value.into());
        self
    }

    #[cfg(feature = "wire")]
    pub(crate) fn parameter(&self) -> &Parameter {
        &self.parts.parameter
    }

    /// Returns the message, and what would have passed.
    pub(super) fn words(&self) -> (&str, Option<&str>) {
        let words = self.parts.words();
        (&words.message, words.allowed.as_deref())
    }

    /// Returns the hint: the one that is given, else the one that the facts give.
    pub(super) fn hint_text(&self) -> Option<&str> {
        self.parts.hint.as_deref().or_else(|| self.parts.words().hint.as_deref())
    }

    /// Sets what was sent; it is cut at 64 characters and escaped here.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        self.parts.value = Some(clean(value));
        self
    }

    /// Sets what would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<Cow<'static, str>>) -> Self {
        let hint = self.parts.hint.take();
        self.parts.words = Wording::given(self.parts.take_words().allowed(allowed));
        self.parts.hint = hint;
        self
    }

    /// Sets what was probably meant. Leave it out rather than guess.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.parts.hint = hint.into();
        self
    }
}
