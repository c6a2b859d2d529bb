//! The facts of a violation, as data.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::text::{clean, did_you_mean, nearest};

/// The most elements of a fact that is a list.
pub(crate) const MOST: usize = 16;

/// One row makes a name, its spelling, its kind and its meaning.
macro_rules! facts {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $kind:ident;)+) => {
        /// The name of a fact that a violation carries. The set is closed: a report has no others.
        ///
        /// ```
        /// use presync::report::{Fact, FactKind};
        ///
        /// assert_eq!(Fact::InFlight.as_str(), "in_flight");
        /// assert_eq!(Fact::InFlight.kind(), FactKind::Count);
        /// assert_eq!("used".parse(), Ok(Fact::Used));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Fact {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Fact {
            /// Returns every fact, in the order in which a report writes them.
            #[must_use]
            pub fn all() -> &'static [Self] {
                &[$(Self::$name),+]
            }

            /// Returns the spelling in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// Returns the kind of its value.
            #[must_use]
            pub const fn kind(self) -> FactKind {
                match self {
                    $(Self::$name => FactKind::$kind,)+
                }
            }

            /// Returns the meaning, in one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii_start(),)+
                }
            }
        }
    };
}

facts! {
    /// The number of elements, or of different ones, that are sent.
    Count = "count", Count;
    /// The number of different images among those that are named.
    Distinct = "distinct", Count;
    /// The size of the image in GiB.
    Size = "size", Count;
    /// The length of the text in characters.
    Length = "length", Count;
    /// The custom images that the region holds at least.
    Used = "used", Count;
    /// True if the region may hold more custom images than are counted; left out where it does not.
    MoreUsed = "more_used", Flag;
    /// The copies that are in flight to the region.
    InFlight = "in_flight", Count;
    /// The copies that the request adds to the region.
    Added = "added", Count;
    /// The number in the requirement: the most, the least, or the first that is too much.
    Limit = "limit", Count;
    /// The quota of custom images of the region, where the requirement has another number.
    Quota = "quota", Count;
    /// The state of the image or of the region.
    State = "state", Text;
    /// False if the region does not take synchronized images.
    ImageSync = "image_sync", Flag;
    /// The type of the image.
    ImageType = "image_type", Text;
    /// The name of the image.
    ImageName = "image_name", Text;
    /// The source region.
    Source = "source", Text;
    /// True if the copy is to be encrypted.
    Encrypting = "encrypting", Flag;
    /// The regions in which the state lists the image, at most 16 of them.
    FoundIn = "found_in", Texts;
    /// The destinations in which the name is taken, at most 16 of them.
    TakenIn = "taken_in", Texts;
    /// The subscript of the first of the equal elements.
    DuplicateOf = "duplicate_of", Count;
    /// The month in which the parameter was first seen.
    FirstSeen = "first_seen", Text;
    /// The month of the page that was checked, which does not have the parameter.
    Edition = "edition", Text;
    /// The one value that would have passed, or the type of one.
    Expected = "expected", Text;
    /// The values that would have passed, each by itself.
    AllowedValues = "allowed_values", Texts;
    /// The regular expression that the whole text must match.
    Pattern = "pattern", Text;
    /// The globs of the policy that the rule is about, at most 16 of them.
    Globs = "globs", Texts;
    /// The number of globs beyond the ones that are listed.
    OtherGlobs = "other_globs", Count;
    /// The value in the header, where the body has another one.
    Header = "header", Text;
    /// The parameter that is missing before this one.
    Missing = "missing", Text;
    /// The kind of damage: `too-long`, `no-equals-sign`, `line-break`, `cut-by-hash`,
    /// `entity`, `json-escape`, `null`.
    Damage = "damage", Text;
    /// The value or the name that was meant, to be sent instead.
    Meant = "meant", Text;
    /// The region that the value is a zone of.
    ZoneOf = "zone_of", Text;
    /// The slips that lead from what was meant to what was sent: `spaces`, `quotes`, `dash`,
    /// `letter`, `case`, `zone`, `short-code`, `display-name`, `part-of-name`, `spelling`.
    Slips = "slips", Texts;
    /// The value in which a zone, a code or a name of a region was read, without surrounding
    /// spaces, quotes and brackets, with dashes and letters of ASCII, and for a zone or a code in
    /// lower case; or the text that is not a subscript.
    ReadAs = "read_as", Text;
    /// The elements that stand in one text, each to be sent as one of its own.
    Elements = "elements", Texts;
    /// The earlier requests of the plan that took what is missing, counted from 1: at most nine of
    /// them for a quota, and at most 16 for a name.
    Requests = "requests", Counts;
}

/// The kind of a fact's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FactKind {
    /// A number that counts something.
    Count,
    /// Numbers.
    Counts,
    /// A text.
    Text,
    /// Texts.
    Texts,
    /// `true` or `false`.
    Flag,
}

impl FactKind {
    /// Returns the spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Counts => "counts",
            Self::Text => "text",
            Self::Texts => "texts",
            Self::Flag => "flag",
        }
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl AsRef<str> for Fact {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is the name of no fact.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no fact `{name}`{hint}")]
pub struct FactError {
    name: String,
    hint: String,
}

impl FromStr for Fact {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, FactError> {
        let found = Self::all().iter().find(|fact| fact.as_str() == text);
        found.copied().ok_or_else(|| FactError {
            name: clean(text),
            hint: did_you_mean(nearest(text, Self::all().iter().map(|fact| fact.as_str()))),
        })
    }
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FactValue {
    /// A number that counts something.
    Count(u64),
    /// Numbers.
    Counts(Vec<u64>),
    /// A text, as it is: not cut, and not escaped.
    Text(Cow<'static, str>),
    /// Texts, as they are: not cut, and not escaped.
    Texts(Vec<String>),
    /// `true` or `false`.
    Flag(bool),
}

impl FactValue {
    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> FactKind {
        match self {
            Self::Count(_) => FactKind::Count,
            Self::Counts(_) => FactKind::Counts,
            Self::Text(_) => FactKind::Text,
            Self::Texts(_) => FactKind::Texts,
            Self::Flag(_) => FactKind::Flag,
        }
    }
}

impl From<u64> for FactValue {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for FactValue {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl From<bool> for FactValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned().into())
    }
}

impl From<String> for FactValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Cow<'static, str>> for FactValue {
    fn from(text: Cow<'static, str>) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for FactValue {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<Vec<u64>> for FactValue {
    fn from(counts: Vec<u64>) -> Self {
        Self::Counts(counts)
    }
}

/// The facts of one violation, by name.
///
/// Everything that the message, `allowed` and the hint say is made from them, from the parameter
/// and from the value, so that a report can be worded in another language.
///
/// ```
/// use presync::report::Fact;
/// use presync::{AccountQuota, Image, Region, RegionQuota, Ruleset, State, SyncRequest, Used, Violation};
///
/// /// Words a violation in German.
/// fn german(violation: &Violation) -> String {
///     let (facts, value) = (violation.facts(), violation.value().unwrap_or_default());
///     match violation.rule() {
///         "image-quota" => format!(
///             "{value} enthält {} von {} Images",
///             facts.count(Fact::Used).unwrap_or_default() + facts.count(Fact::InFlight).unwrap_or_default(),
///             facts.count(Fact::Limit).unwrap_or_default(),
///         ),
///         "destination-exists" => match facts.text(Fact::Meant) {
///             Some(meant) => format!("{value} ist keine Region, gemeint ist wohl {meant}"),
///             None => format!("{value} ist keine Region"),
///         },
///         other => format!("Regel {other} ist verletzt"),
///     }
/// }
///
/// let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(9)).with_in_flight(1);
/// let state = State::from_records(
///     ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new),
///     [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)],
///     AccountQuota::default().with_regions([quota]),
///     [],
/// )?;
/// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-beijing-1"]);
/// let report = Ruleset::default().check(&request, &state);
/// let worded: Vec<String> = report.violations().iter().map(german).collect();
/// assert_eq!(
///     worded,
///     ["ap-beijing-1 ist keine Region, gemeint ist wohl ap-beijing", "ap-shanghai enthält 10 von 10 Images"],
/// );
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ViolationFacts {
    /// In the order of the names.
    facts: Pairs,
}

/// Facts with their values. Most violations have one or two, and there may be thousands of
/// violations: these few need no allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Pairs {
    #[default]
    None,
    One([(Fact, FactValue); 1]),
    Two([(Fact, FactValue); 2]),
    /// Three or more.
    Many(Vec<(Fact, FactValue)>),
}

impl Pairs {
    fn as_slice(&self) -> &[(Fact, FactValue)] {
        match self {
            Self::None => &[],
            Self::One(one) => one,
            Self::Two(two) => two,
            Self::Many(many) => many,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [(Fact, FactValue)] {
        match self {
            Self::None => &mut [],
            Self::One(one) => one,
            Self::Two(two) => two,
            Self::Many(many) => many,
        }
    }

    /// Adds a pair, before the one that is at this index.
    fn insert(&mut self, index: usize, pair: (Fact, FactValue)) {
        *self = match (std::mem::take(self), index) {
            (Self::None, _) => Self::One([pair]),
            (Self::One([last]), 0) => Self::Two([pair, last]),
            (Self::One([first]), _) => Self::Two([first, pair]),
            (Self::Two(two), _) => {
                let mut many = Vec::with_capacity(4);
                many.extend(two);
                many.insert(index, pair);
                Self::Many(many)
            }
            (Self::Many(mut many), _) => {
                many.insert(index, pair);
                Self::Many(many)
            }
        };
    }
}

impl ViolationFacts {
    /// Sets a fact. A value of another kind than the fact's is left out.
    pub(crate) fn set(&mut self, fact: Fact, value: FactValue) {
        if value.kind() != fact.kind() {
            return;
        }
        // Mostly it is the first one.
        if matches!(self.facts, Pairs::None) {
            self.facts = Pairs::One([(fact, value)]);
            return;
        }
        let facts = self.facts.as_mut_slice();
        let index = facts.partition_point(|(earlier, _)| *earlier < fact);
        match facts.get_mut(index) {
            Some((same, old)) if *same == fact => *old = value,
            _ => self.facts.insert(index, (fact, value)),
        }
    }

    /// Returns the value of a fact; `None` where the violation does not have it.
    #[must_use]
    pub fn get(&self, fact: Fact) -> Option<&FactValue> {
        self.iter().find(|(of, _)| *of == fact).map(|(_, value)| value)
    }

    /// Returns a fact that is a number.
    #[must_use]
    pub fn count(&self, fact: Fact) -> Option<u64> {
        match self.get(fact)? {
            FactValue::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// Returns a fact that is a text.
    #[must_use]
    pub fn text(&self, fact: Fact) -> Option<&str> {
        match self.get(fact)? {
            FactValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a fact that is a list of texts, and an empty list where the
    /// violation does not have it.
    #[must_use]
    pub fn texts(&self, fact: Fact) -> &[String] {
        match self.get(fact) {
            Some(FactValue::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// Returns a fact that is a list of numbers, and an empty list where the
    /// violation does not have it.
    #[must_use]
    pub fn counts(&self, fact: Fact) -> &[u64] {
        match self.get(fact) {
            Some(FactValue::Counts(counts)) => counts,
            _ => &[],
        }
    }

    /// Returns a fact that is `true` or `false`.
    #[must_use]
    pub fn flag(&self, fact: Fact) -> Option<bool> {
        match self.get(fact)? {
            FactValue::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// Returns every fact with its value, in the order of [`Fact::all`].
    pub fn iter(&self) -> impl Iterator<Item = (Fact, &FactValue)> {
        self.facts.as_slice().iter().map(|(fact, value)| (*fact, value))
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.as_slice().is_empty()
    }
}

impl Serialize for ViolationFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.facts.as_slice().len()))?;
        for (fact, value) in self.iter() {
            map.serialize_entry(fact.as_str(), value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ViolationFacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FactsVisitor)
    }
}

struct FactsVisitor;

impl<'de> Visitor<'de> for FactsVisitor {
    type Value = ViolationFacts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the facts of a violation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ViolationFacts, A::Error> {
        let mut facts = ViolationFacts::default();
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            let fact: Fact = name.parse().map_err(de::Error::custom)?;
            if facts.get(fact).is_some() {
                return Err(de::Error::custom(format!("duplicate fact `{fact}`")));
            }
            facts.set(
                fact,
                match fact.kind() {
                    FactKind::Count => FactValue::Count(map.next_value()?),
                    FactKind::Counts => FactValue::Counts(map.next_value()?),
                    FactKind::Text => FactValue::Text(Cow::Owned(map.next_value()?)),
                    FactKind::Texts => FactValue::Texts(map.next_value()?),
                    FactKind::Flag => FactValue::Flag(map.next_value()?),
                },
            );
        }
        Ok(facts)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ViolationFacts {
    fn schema_name() -> Cow<'static, str> {
        "Facts".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut properties = serde_json::Map::new();
        for fact in Fact::all() {
            let count = serde_json::json!({"type": "integer", "minimum": 0});
            let text = serde_json::json!({"type": "string"});
            let mut value = match fact.kind() {
                FactKind::Count => count,
                FactKind::Counts => serde_json::json!({"type": "array", "items": count}),
                FactKind::Text => text,
                FactKind::Texts => serde_json::json!({"type": "array", "items": text}),
                FactKind::Flag => serde_json::json!({"type": "boolean"}),
            };
            if let Some(value) = value.as_object_mut() {
                value.insert("description".to_owned(), fact.meaning().into());
            }
            properties.insert(fact.as_str().to_owned(), value);
        }
        schemars::json_schema!({
            "description": "The facts from which the message, `allowed` and the hint are made.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_in_the_order_of_their_names_however_they_are_set() {
        let all = [Fact::Count, Fact::Size, Fact::Used, Fact::Quota];
        for first in 0..all.len() {
            for step in [1, 3] {
                for count in 0..=all.len() {
                    let mut facts = ViolationFacts::default();
                    let mut set: Vec<Fact> = (0..count)
                        .filter_map(|nth| all.get((first + nth * step) % all.len()).copied())
                        .collect();
                    for (value, fact) in (0_u64..).zip(&set) {
                        // The second value takes the place of the first.
                        facts.set(*fact, 99_u64.into());
                        facts.set(*fact, value.into());
                        assert_eq!(facts.count(*fact), Some(value));
                        facts.set(*fact, "of another kind".into());
                    }
                    assert_eq!(facts.is_empty(), count == 0);
                    let values: Vec<_> = set.iter().map(|fact| facts.count(*fact)).collect();
                    assert_eq!(values, (0_u64..).map(Some).take(count).collect::<Vec<_>>());
                    set.sort_unstable();
                    assert_eq!(facts.iter().map(|(fact, _)| fact).collect::<Vec<_>>(), set);
                    assert_eq!(facts.get(Fact::Limit), None);
                }
            }
        }
    }
}
