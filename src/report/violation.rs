//! A broken rule, as a report lists it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fact::{Fact, FactValue, ViolationFacts};
use super::finding::{Finding, Parts};
use super::words::{Wording, Words};
use crate::model::{ErrorCode, Parameter};
use crate::text::record::records;

/// One reason why the request would be refused.
///
/// Violations come in the order of the rules, then of the subscripts; that order is part of the
/// API. The message, [`allowed`](Self::allowed) and the hint are made when one of them is first
/// read. In JSON the keys `rule` to `facts` are always there, `null` where there is no value.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    rule: Cow<'static, str>,
    code: ErrorCode,
    finding: Finding,
    attribute: Option<String>,
}

/// The parts of a [`Violation`], for whoever makes something else of it: each is what the
/// method of its name returns.
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
    /// The attribute that the parameter comes from; `None` where no
    /// document of another tool has it.
    pub attribute: Option<String>,
}

/// One reason why the request would be refused. The keys `rule` to `facts` are always there, `null`
/// where there is no value.
#[derive(Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "Violation", deny_unknown_fields)
)]
struct ViolationRecord<'v> {
    rule: &'v str,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    code: &'v ErrorCode,
    parameter: &'v Parameter,
    value: Option<&'v str>,
    allowed: Option<&'v str>,
    message: &'v str,
    hint: Option<&'v str>,
    facts: &'v ViolationFacts,
    /// The attribute that the parameter comes from, in the document of another tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(default))]
    attribute: Option<&'v str>,
}

/// A violation that is read from JSON.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
struct OwnedRecord {
    rule: Cow<'static, str>,
    code: ErrorCode,
    parameter: Parameter,
    value: Option<String>,
    allowed: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    hint: Option<String>,
    facts: ViolationFacts,
    #[serde(default)]
    attribute: Option<String>,
}

records! { strict: OwnedRecord; }

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { rule, code, finding, attribute } = self;
        let Parts { parameter, value, facts, .. } = &*finding.parts;
        let (value, attribute) = (value.as_deref(), attribute.as_deref());
        let (allowed, message, hint) = (self.allowed(), self.message(), self.hint());
        ViolationRecord { rule, code, parameter, value, allowed, message, hint, facts, attribute }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Violation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let OwnedRecord { rule, code, parameter, value, allowed, message, hint, facts, attribute } =
            <OwnedRecord as Deserialize>::deserialize(deserializer)?;
        let words = Wording::given(Words { message, allowed, hint: None });
        let finding = Finding { parts: Box::new(Parts { parameter, value, facts, words, hint }) };
        Ok(Self { rule, code, finding, attribute })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Violation {
    fn schema_name() -> Cow<'static, str> {
        ViolationRecord::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ViolationRecord::json_schema(generator)
    }
}

impl Violation {
    /// Returns the parts without a copy of any.
    #[must_use]
    pub fn into_parts(self) -> ViolationParts {
        let Self { rule, code, finding, attribute } = self;
        let mut parts = *finding.parts;
        let Words { message, allowed, hint } = parts.take_words();
        let (Parts { parameter, value, facts, .. }, hint) = (parts, hint.map(Cow::into_owned));
        ViolationParts { rule, code, parameter, value, allowed, message, hint, facts, attribute }
    }

    /// Returns a finding with the id and the code of its rule.
    pub(crate) fn new(rule: Cow<'static, str>, code: ErrorCode, finding: Finding) -> Self {
        Self { rule, code, finding, attribute: None }
    }

    pub(crate) fn set_hint(&mut self, hint: String) {
        self.finding.parts.hint = Some(hint);
    }

    /// Sets a fact that was found later. Beside the hint, which is [given](Self::set_hint)
    /// with it, no words say it.
    pub(crate) fn set_fact(&mut self, fact: Fact, value: FactValue) {
        self.finding.parts.facts.set(fact, value);
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
        &self.finding.parts.parameter
    }

    /// Returns what was sent, cut at 64 characters and with invisible characters escaped; `None`
    /// where the parameter was not sent.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.finding.parts.value.as_deref()
    }

    /// Returns what would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    #[must_use]
    pub fn allowed(&self) -> Option<&str> {
        self.finding.words().1
    }

    /// Returns why, in a sentence: lower case, no full stop, the caller's text in backticks.
    #[must_use]
    pub fn message(&self) -> &str {
        self.finding.words().0
    }

    /// Returns what was probably meant, or what would help; only where that is sure enough.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.finding.hint_text()
    }

    /// Returns the facts from which the message, [`allowed`](Self::allowed) and the hint are made.
    #[must_use]
    pub fn facts(&self) -> &ViolationFacts {
        &self.finding.parts.facts
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
        write!(f, "{}: {} ({})", self.parameter(), self.message(), self.code)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::{RefUnwindSafe, UnwindSafe};

    use super::*;
    use crate::report::Said;

    thread_local! {
        /// How often words were made.
        static MADE: Cell<usize> = const { Cell::new(0) };
    }

    fn words(said: &Said<'_>) -> Words {
        MADE.set(MADE.get() + 1);
        Words::new(format!("`{}` has {} GiB", said.value, said.count(Fact::Size))).allowed("< 50 GiB")
    }

    fn violation(size: u64) -> Violation {
        let finding = Finding::on(Parameter::IMAGE_IDS.element(0)).value("img-1").fact(Fact::Size, size);
        Violation::new("image-size".into(), ErrorCode::InvalidImageIdTooLarge, finding.worded(words))
    }

    #[test]
    fn words_are_made_when_they_are_first_read() {
        let made = |act: &dyn Fn()| {
            MADE.set(0);
            act();
            MADE.get()
        };
        let unread = violation(50);
        assert_eq!(made(&|| drop((unread.clone(), unread.rule(), unread.value(), unread.facts()))), 0);
        let mut hinted = unread.clone();
        hinted.set_hint("wait".to_owned());
        assert_eq!(made(&|| assert_eq!(hinted.hint(), Some("wait"))), 0);
        for words in [1, 0] {
            assert_eq!(made(&|| assert_eq!(unread.message(), "`img-1` has 50 GiB")), words);
            assert_eq!(made(&|| assert_eq!((unread.allowed(), unread.hint()), (Some("< 50 GiB"), None))), 0);
        }
        assert_eq!(made(&|| assert_eq!(unread.clone().into_parts().message, "`img-1` has 50 GiB")), 0);
        assert_eq!(made(&|| assert_eq!(hinted.clone().into_parts().hint.as_deref(), Some("wait"))), 1);
    }

    #[test]
    fn violations_are_equal_if_they_say_the_same() {
        let (one, same, other) = (violation(50), violation(50), violation(51));
        assert_eq!(one, same);
        assert_ne!(one, other);
        let mut hinted = same.clone();
        hinted.set_hint("wait".to_owned());
        assert_ne!(one, hinted);
        // The same data in other words.
        let finding = Finding::new(Parameter::IMAGE_IDS.element(0), "too large").value("img-1");
        let finding = finding.fact(Fact::Size, 50_u64).allowed("< 50 GiB");
        let reworded = Violation::new("image-size".into(), ErrorCode::InvalidImageIdTooLarge, finding);
        assert_ne!(one, reworded);
        assert_eq!((reworded.message(), reworded.allowed()), ("too large", Some("< 50 GiB")));
    }

    #[test]
    fn threads_share_a_violation() {
        fn is_shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
        is_shared::<Violation>();
    }
}
