//! JSON bodies, read in one pass without a tree. After a violation of the shape the reading goes
//! on.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::draft::{Draft, Form};
use super::error::DecodeError;
use super::kind::behind_comments;

use crate::model::{Parameter, Row, Slot};
use crate::report::FactValue;
use crate::rule::hint;
use crate::text::json::{OUT_OF_RANGE, foreign_at, located};
use crate::text::{legible, position};

pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), DecodeError> {
    let first = attempt(text, draft, false);
    let is_out_of_range =
        |error: &DecodeError| matches!(error, DecodeError::Json { message, .. } if message == OUT_OF_RANGE);
    if !draft.has_number && !first.as_ref().is_err_and(is_out_of_range) {
        return first;
    }
    // A number stands where there should be none. The reader keeps its value, and
    // its digits are in the text.
    *draft = Draft::default();
    attempt(text, draft, true).or_else(|error| first.and(Err(error)))
}

/// Reads a body. With `is_exact`, numbers are kept as they are written.
fn attempt(text: &str, draft: &mut Draft, is_exact: bool) -> Result<(), DecodeError> {
    let mut stop = None;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let body = Body { draft, stop: &mut stop, is_exact };
    let result = deserializer.deserialize_map(body).and_then(|()| deserializer.end());
    match (stop, result) {
        (Some(stop), _) => Err(stop),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => {
            let (line, column, message) = located(&error, text);
            Err(DecodeError::Json { line, column, message })
        }
    }
}

/// Reads a body that is an object in another document.
pub(super) fn read_object<'de, A: MapAccess<'de>>(object: A, draft: &mut Draft) -> Result<(), A::Error> {
    Body { draft, stop: &mut None, is_exact: false }.visit_map(object)
}

/// Reads a body that somebody else has parsed.
pub(super) fn read_value<'de, D: Deserializer<'de>>(body: D) -> Result<Draft, DecodeError> {
    let mut draft = Draft::default();
    let (mut stop, mut is_object) = (None, false);
    let root = Root {
        body: Body { draft: &mut draft, stop: &mut stop, is_exact: false },
        is_object: &mut is_object,
    };
    match (body.deserialize_map(root), stop) {
        (_, Some(stop)) => Err(stop),
        (Ok(()), None) => Ok(draft),
        (Err(_), None) if !is_object => Err(DecodeError::NotAnObject),
        // A deserializer that still has a text to read: where the error is,
        // only its own message says.
        (Err(error), None) => Err(DecodeError::Body { message: legible(&error.to_string()) }),
    }
}

/// Reads what should be a body, and notes that it is an object.
struct Root<'d> {
    body: Body<'d>,
    is_object: &'d mut bool,
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        *self.is_object = true;
        self.body.visit_map(map)
    }
}

/// Errors if a text is a JSON object, but for what stands before it.
pub(super) fn before_object(text: &str) -> Result<(), DecodeError> {
    let start = text.trim_ascii_start();
    let is_unseen = |character: char| {
        character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
    };
    let shown = start.trim_start_matches(is_unseen);
    let behind = if shown.starts_with(['/', '#']) { behind_comments(shown) } else { shown };
    if !behind.starts_with(['{', '\u{ff5b}']) {
        return Ok(());
    }
    let (line, column) = position(text.as_bytes(), text.len() - start.len());
    let found = foreign_at(start).map_or_else(String::new, |what| format!(", found {what}"));
    let message = format!("expected an opening brace{found}");
    Err(DecodeError::Json { line, column, message })
}

/// Reads the body, an object of parameters.
struct Body<'d> {
    draft: &'d mut Draft,
    /// The error that stopped the reading, if the JSON reader did not stop it.
    stop: &'d mut Option<DecodeError>,
    /// True if numbers are to be kept as they are written.
    is_exact: bool,
}

impl Body<'_> {
    fn count<E: de::Error>(&mut self) -> Result<(), E> {
        self.draft.count().map_err(|error| {
            let message = E::custom(&error);
            *self.stop = Some(error);
            message
        })
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of parameters")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let is_exact = self.is_exact;
        while let Some(row) = map.next_key_seed(Key(self.draft))? {
            self.count()?;
            let Some(row) = row else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if !self.draft.is_first(row) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let parameter = || row.parameter();
            match row.slot {
                Slot::Ignored => drop(map.next_value::<IgnoredAny>()?),
                Slot::Action => {
                    let value = map.next_value_seed(Text { draft: self.draft, parameter, is_exact })?;
                    if let Some(action) = value {
                        self.draft.set_action(action.into());
                    }
                }
                Slot::Text { get_mut, .. } => {
                    let value = map.next_value_seed(Text { draft: self.draft, parameter, is_exact })?;
                    *get_mut(&mut self.draft.request) = value;
                }
                Slot::Flag { get_mut, .. } => {
                    let value = map.next_value_seed(Flag { draft: self.draft, parameter, is_exact })?;
                    *get_mut(&mut self.draft.request) = value;
                }
                Slot::List { get_mut, .. } => {
                    let body = Body { draft: self.draft, stop: self.stop, is_exact };
                    let value = map.next_value_seed(List { body, row })?;
                    *get_mut(&mut self.draft.request) = value;
                }
            }
        }
        Ok(())
    }
}

/// Reads a key as a parameter; none if it is unknown, after adding a violation.
struct Key<'d>(&'d mut Draft);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<&'static Row>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<&'static Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a parameter")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let row = Row::named(name);
        match row {
            Some(_) => self.0.is_request(),
            None => self.0.unknown(name, Form::Json, hint::parameter(name)),
        }
        Ok(row)
    }
}

/// Implements the visits of values of a wrong type. Nested values are skipped.
macro_rules! wrong_types {
    ($wrong:ident: $($visit:ident)*) => {
        $(wrong_types!(@ $wrong $visit);)*
    };
    (@ $wrong:ident bool) => {
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
            Ok(self.$wrong(if value { "true" } else { "false" }))
        }
    };
    (@ $wrong:ident number) => {
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
            Ok(self.number(&value.to_string()))
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
            Ok(self.number(&value.to_string()))
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
            Ok(self.number(&value.to_string()))
        }
    };
    (@ $wrong:ident null) => {
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(self.$wrong("null"))
        }
    };
    (@ $wrong:ident text) => {
        fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
            Ok(self.$wrong(value))
        }
    };
    (@ $wrong:ident list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(self.$wrong("[…]"))
        }
    };
    (@ $wrong:ident object) => {
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(self.$wrong("{…}"))
        }
    };
}

/// Reads a value with a visitor. A number that is to be kept as it is written
/// goes to `number` instead.
fn value<'de, D: Deserializer<'de>, V: Visitor<'de>>(
    deserializer: D,
    is_exact: bool,
    visitor: V,
    number: impl FnOnce(V, &str) -> V::Value,
) -> Result<V::Value, D::Error> {
    if !is_exact {
        return deserializer.deserialize_any(visitor);
    }
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    if raw.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return Ok(number(visitor, raw));
    }
    serde_json::Deserializer::from_str(raw).deserialize_any(visitor).map_err(de::Error::custom)
}

/// Reads a text.
struct Text<'d, P> {
    draft: &'d mut Draft,
    parameter: P,
    is_exact: bool,
}

impl<P: FnOnce() -> Parameter> Text<'_, P> {
    fn wrong(self, value: &str) -> Option<String> {
        self.draft.wrong_value(
            (self.parameter)(),
            "a text",
            value,
            hint::one_element(value).map(FactValue::from),
        );
        None
    }

    fn number(self, value: &str) -> Option<String> {
        self.draft.has_number = true;
        self.draft.wrong_value((self.parameter)(), "a text", value, hint::number(value).map(FactValue::from));
        None
    }
}

impl<'de, P: FnOnce() -> Parameter> DeserializeSeed<'de> for Text<'_, P> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        value(deserializer, self.is_exact, self, Self::number)
    }
}

impl<'de, P: FnOnce() -> Parameter> Visitor<'de> for Text<'_, P> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.draft.is_short(self.parameter, value).then(|| value.to_owned()))
    }

    wrong_types!(wrong: bool number null list object);
}

/// Reads `true` or `false`.
struct Flag<'d, P> {
    draft: &'d mut Draft,
    parameter: P,
    is_exact: bool,
}

impl<P: FnOnce() -> Parameter> Flag<'_, P> {
    fn wrong(self, value: &str) -> Option<bool> {
        let bare = value.to_ascii_lowercase();
        let meant = matches!(&*bare, "true" | "false").then(|| FactValue::from(bare));
        self.draft.wrong_value((self.parameter)(), "`true` or `false`", value, meant);
        None
    }

    fn number(self, value: &str) -> Option<bool> {
        self.draft.has_number = true;
        self.wrong(value)
    }
}

impl<'de, P: FnOnce() -> Parameter> DeserializeSeed<'de> for Flag<'_, P> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        value(deserializer, self.is_exact, self, Self::number)
    }
}

impl<'de, P: FnOnce() -> Parameter> Visitor<'de> for Flag<'_, P> {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    wrong_types!(wrong: number null text list object);
}

/// Reads a list of texts.
struct List<'d> {
    body: Body<'d>,
    row: &'static Row,
}

impl List<'_> {
    fn wrong(self, value: &str) -> Vec<String> {
        self.note(value, None)
    }

    fn number(self, value: &str) -> Vec<String> {
        self.body.draft.has_number = true;
        self.note(value, None)
    }

    fn bare(self, value: &str) -> Vec<String> {
        self.note(value, hint::plain_elements(value).map(FactValue::from))
    }

    fn note(self, value: &str, meant: Option<FactValue>) -> Vec<String> {
        self.body.draft.wrong_value(self.row.parameter(), "a list of texts", value, meant);
        Vec::new()
    }
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        value(deserializer, self.body.is_exact, self, Self::number)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let is_exact = self.body.is_exact;
        let mut texts = Vec::new();
        let mut subscript = 0;
        loop {
            let parameter = || self.row.parameter().element(subscript);
            let Some(text) = list.next_element_seed(Text { draft: self.body.draft, parameter, is_exact })?
            else {
                return Ok(texts);
            };
            self.body.count()?;
            subscript += 1;
            // A wrong element is a violation, and the list is not used.
            texts.extend(text);
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.bare(value))
    }

    wrong_types!(wrong: bool number null object);
}
