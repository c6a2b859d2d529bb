//! The words of a finding, which are made from its facts.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::fact::{Fact, FactValue, ViolationFacts};
use super::slip::Slip;
use crate::model::Parameter;
use crate::text::{ascii_like, clean, few, is_other_dash, joined};

/// The data of a finding, from which its words are made.
pub(crate) struct Said<'f> {
    pub(crate) parameter: &'f Parameter,
    /// The value that was sent, fit to be shown; empty where none was.
    pub(crate) value: &'f str,
    pub(crate) facts: &'f ViolationFacts,
}

/// The words of a finding.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) message: Cow<'static, str>,
    pub(crate) allowed: Option<Cow<'static, str>>,
    pub(crate) hint: Option<Cow<'static, str>>,
}

impl Said<'_> {
    /// Returns a fact that is a number, and 0 where there is none.
    pub(crate) fn count(&self, fact: Fact) -> u64 {
        self.facts.count(fact).unwrap_or_default()
    }

    /// True if a fact that is a flag is there and is true.
    pub(crate) fn is(&self, fact: Fact) -> bool {
        self.facts.flag(fact) == Some(true)
    }

    /// Returns a fact that is a text, fit to be shown; empty where there is none.
    pub(crate) fn text(&self, fact: Fact) -> String {
        clean(self.facts.text(fact).unwrap_or_default())
    }

    /// Returns a fact that is a text, fit to be shown. One of the library's
    /// own words is not copied.
    pub(crate) fn word(&self, fact: Fact) -> Cow<'static, str> {
        match self.facts.get(fact) {
            Some(FactValue::Text(Cow::Borrowed(word))) => Cow::Borrowed(word),
            _ => Cow::Owned(self.text(fact)),
        }
    }

    /// Writes the first few names of a fact that is a list, in backticks.
    pub(crate) fn few(&self, fact: Fact) -> String {
        few(self.facts.texts(fact).iter().map(String::as_str))
    }
}

impl Words {
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), allowed: None, hint: None }
    }

    /// Sets what would have passed.
    pub(crate) fn allowed(self, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    /// Sets a hint that the rule alone has.
    pub(crate) fn hint(self, hint: impl Into<Option<Cow<'static, str>>>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// The words of a finding, which are made when one of them is first read: whoever
/// reads none pays for none.
#[derive(Clone)]
pub(super) struct Wording {
    /// Makes them from the data of the finding, which does not change once they are made.
    make: fn(&Said<'_>) -> Words,
    made: OnceLock<Box<Words>>,
}

impl Wording {
    /// Returns words that are made from the data of the finding.
    pub(super) fn by(make: fn(&Said<'_>) -> Words) -> Self {
        Self { make, made: OnceLock::new() }
    }

    /// Returns an empty message.
    pub(super) fn none() -> Self {
        Self::by(|_| Words::new(""))
    }

    /// Returns words that are there already.
    pub(super) fn given(words: Words) -> Self {
        Self { made: OnceLock::from(Box::new(words)), ..Self::none() }
    }

    /// Returns the words.
    pub(super) fn read(&self, said: &Said<'_>) -> &Words {
        self.made.get_or_init(|| self.made_now(said))
    }

    /// Returns the words, to be kept by themselves.
    pub(super) fn take(mut self, said: &Said<'_>) -> Words {
        *self.made.take().unwrap_or_else(|| self.made_now(said))
    }

    fn made_now(&self, said: &Said<'_>) -> Box<Words> {
        let mut words = (self.make)(said);
        words.hint = words.hint.or_else(|| common_hint(said).map(Cow::Owned));
        Box::new(words)
    }
}

/// Returns the hint that any rule may have: the elements that stand in one text, or what was meant.
fn common_hint(said: &Said<'_>) -> Option<String> {
    let elements = said.facts.texts(Fact::Elements);
    if !elements.is_empty() {
        let parts = elements.iter().map(|element| format!("`{}`", clean(element)));
        return Some(format!("send {} as elements of their own", joined(parts, " and ")));
    }
    if let Some(meant) = said.facts.text(Fact::Meant) {
        let slips = said.facts.texts(Fact::Slips).iter().filter_map(|slip| slip.parse().ok());
        let slips: Vec<Cow<'_, str>> = slips.map(|slip| slip_words(slip, said)).collect();
        let blank = if slips.is_empty() { "" } else { " " };
        return Some(format!("did you mean `{}`?{blank}{}", clean(meant), joined(slips, " and ")));
    }
    None
}

fn slip_words(slip: Slip, said: &Said<'_>) -> Cow<'static, str> {
    match slip {
        Slip::Spaces => "surrounding spaces".into(),
        Slip::Dash => match said.value.chars().find(|character| is_other_dash(*character)) {
            Some(dash) => format!("U+{:04X} instead of `-`", u32::from(dash)).into(),
            None => "another dash instead of `-`".into(),
        },
        Slip::Quotes => "quotes or brackets around it".into(),
        Slip::Letter => {
            let mut letters = said.value.chars().filter_map(|letter| Some((letter, ascii_like(letter)?)));
            match letters.next() {
                Some((letter, ascii)) => format!("U+{:04X} instead of `{ascii}`", u32::from(letter)).into(),
                None => "another letter that looks alike".into(),
            }
        }
        Slip::Case => "different case".into(),
        Slip::Zone => format!("`{}` is a zone of it", said.text(Fact::ReadAs)).into(),
        Slip::ShortCode => format!("`{}` is its code in an older API", said.text(Fact::ReadAs)).into(),
        Slip::DisplayName => format!("`{}` is its display name", said.text(Fact::ReadAs)).into(),
        Slip::PartOfName => format!("`{}` is a part of its name", said.text(Fact::ReadAs)).into(),
        Slip::Spelling => "similar spelling".into(),
    }
}
