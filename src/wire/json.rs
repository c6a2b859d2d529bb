//! JSON bodies, read in one pass without a tree. After a violation of the shape the reading goes
//! on.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::draft::{Draft, Form};
use super::error::DecodeError;

use crate::model::{Parameter, Row, Slot};
use crate::rule::hint;
use crate::text::json::located;

pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut stop = None;
    let body = Body { draft, stop: &mut stop };
    let result = deserializer.deserialize_map(body).and_then(|()| deserializer.end());
    match (stop, result) {
        (Some(stop), _) => Err(stop),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => {
            let (line, column, message) = located(&error);
            Err(DecodeError::Json { line, column, message })
        }
    }
}

/// Reads the body, an object of parameters.
struct Body<'d> {
    draft: &'d mut Draft,
    /// The error that stopped the reading, if the JSON reader did not stop it.
    stop: &'d mut Option<DecodeError>,
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
                    let value = map.next_value_seed(Text { draft: self.draft, parameter })?;
                    self.draft.action = value;
                }
                Slot::Text { get_mut, .. } => {
                    let value = map.next_value_seed(Text { draft: self.draft, parameter })?;
                    *get_mut(&mut self.draft.request) = value;
                }
                Slot::Flag { get_mut, .. } => {
                    let value = map.next_value_seed(Flag { draft: self.draft, parameter })?;
                    *get_mut(&mut self.draft.request) = value;
                }
                Slot::List { get_mut, .. } => {
                    let body = Body { draft: self.draft, stop: self.stop };
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
        if row.is_none() {
            self.0.unknown(name, Form::Json);
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
            Ok(self.$wrong(&value.to_string()))
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
            Ok(self.$wrong(&value.to_string()))
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
            Ok(self.$wrong(&value.to_string()))
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

fn null_hint(value: &str) -> Option<String> {
    (value == "null").then(|| "leave the parameter out".to_owned())
}

/// Reads a text.
struct Text<'d, P> {
    draft: &'d mut Draft,
    parameter: P,
}

impl<P: FnOnce() -> Parameter> Text<'_, P> {
    fn wrong(self, value: &str) -> Option<String> {
        let quoted = || hint::one_element(value).map(|one| format!("write `\"{one}\"`"));
        let hint = null_hint(value).or_else(quoted);
        self.draft.wrong_type((self.parameter)(), "a text", value, hint);
        None
    }
}

impl<'de, P: FnOnce() -> Parameter> DeserializeSeed<'de> for Text<'_, P> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: FnOnce() -> Parameter> Visitor<'de> for Text<'_, P> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.draft.text(self.parameter, value))
    }

    wrong_types!(wrong: bool number null list object);
}

/// Reads `true` or `false`.
struct Flag<'d, P> {
    draft: &'d mut Draft,
    parameter: P,
}

impl<P: FnOnce() -> Parameter> Flag<'_, P> {
    fn wrong(self, value: &str) -> Option<bool> {
        let bare = value.to_ascii_lowercase();
        let unquoted = matches!(&*bare, "true" | "false").then(|| format!("write `{bare}`, without quotes"));
        self.draft.wrong_type((self.parameter)(), "`true` or `false`", value, null_hint(value).or(unquoted));
        None
    }
}

impl<'de, P: FnOnce() -> Parameter> DeserializeSeed<'de> for Flag<'_, P> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
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
        self.note(value, null_hint(value))
    }

    fn bare(self, value: &str) -> Vec<String> {
        let hint = hint::one_element(value).map(|one| format!("write `[\"{one}\"]`"));
        self.note(value, hint)
    }

    fn note(self, value: &str, hint: Option<String>) -> Vec<String> {
        self.body.draft.wrong_type(self.row.parameter(), "a list of texts", value, hint);
        Vec::new()
    }
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        let mut subscript = 0;
        loop {
            let parameter = || self.row.parameter().element(subscript);
            let Some(text) = list.next_element_seed(Text { draft: self.body.draft, parameter })? else {
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
