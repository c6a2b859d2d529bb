//! Records: objects in which an unknown key, or one that is nearly a known key, is an error that
//! names the key that was probably meant.
//!
//! Serde's derived code takes a list for a record too, and lists every known key in the error of an
//! unknown one. It still reads the record here, after this module has looked at the keys.

use std::cell::Cell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, Visitor};

use crate::text::{clean, did_you_mean, nearest, unknown_key};

/// Implements serde's traits for types whose derived ones are inherent, by
/// `#[serde(remote = "Self")]`: `strict` for records in which an unknown key is an error, `open`
/// for those that may have any more keys, `near(OTHERS, ELSEWHERE)` for those that may have more
/// keys: the `OTHERS`, and any that is neither nearly one of their own nor among those of other
/// records, `ELSEWHERE`. `borrowed` records are open ones with a lifetime, which are only read, as
/// `read` ones are, without a lifetime. `noting(END, FIELD)` ones are `read` ones that set this
/// field if they have another key with this end.
macro_rules! records {
    () => {};
    (near($others:expr, $elsewhere:expr): $record:ty; $($rest:tt)*) => {
        $crate::text::record::records! {
            @read $record, deserializer, $crate::text::record::Record::near(deserializer, $others, $elsewhere)
        }
        $crate::text::record::records! { $($rest)* }
    };
    (borrowed: $($record:ident),+; $($rest:tt)*) => {
        $(impl<'de: 'r, 'r> serde::Deserialize<'de> for $record<'r> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::text::record::Record::open(deserializer))
            }
        })+
        $crate::text::record::records! { $($rest)* }
    };
    (read: $($record:ty),+; $($rest:tt)*) => {
        $(impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::text::record::Record::open(deserializer))
            }
        })+
        $crate::text::record::records! { $($rest)* }
    };
    (noting($end:literal, $field:ident): $record:ty; $($rest:tt)*) => {
        impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let is_there = std::cell::Cell::new(false);
                let record = $crate::text::record::Record::noting(deserializer, $end, &is_there);
                let mut record = Self::deserialize(record)?;
                record.$field = is_there.get();
                Ok(record)
            }
        }
        $crate::text::record::records! { $($rest)* }
    };
    ($keys:ident: $($record:ty),+; $($rest:tt)*) => {
        $($crate::text::record::records! {
            @read $record, deserializer, $crate::text::record::Record::$keys(deserializer)
        })+
        $crate::text::record::records! { $($rest)* }
    };
    (@read $record:ty, $deserializer:ident, $checked:expr) => {
        impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>($deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($checked)
            }
        }

        impl serde::Serialize for $record {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    };
}
pub(crate) use records;

/// A deserializer for one record. Records in its values are read by their own types.
pub(crate) struct Record<'k, D> {
    deserializer: D,
    more: More<'k>,
}

/// The keys that a record may have beside its own.
#[derive(Clone, Copy)]
enum More<'k> {
    /// None.
    No,
    /// Any.
    Any,
    /// The `others`, and any that is neither nearly one of the record's own nor one of those of
    /// other records, each of which stands with the list that it belongs in.
    NotNear { others: &'static [&'static str], elsewhere: &'static [(&'static str, &'static str)] },
    /// Any. That there is one with this end is noted.
    #[cfg_attr(not(feature = "sources"), expect(dead_code, reason = "made by `sources` alone"))]
    Noted { end: &'static str, is_there: &'k Cell<bool> },
}

impl<'k, D> Record<'k, D> {
    pub(crate) fn strict(deserializer: D) -> Self {
        Self { deserializer, more: More::No }
    }

    /// Any other key is allowed.
    pub(crate) fn open(deserializer: D) -> Self {
        Self { deserializer, more: More::Any }
    }

    /// Any other key is allowed. Notes that there is one with this end.
    #[cfg(feature = "sources")]
    pub(crate) fn noting(deserializer: D, end: &'static str, is_there: &'k Cell<bool>) -> Self {
        Self { deserializer, more: More::Noted { end, is_there } }
    }

    /// Other keys are allowed: these, and any that is neither nearly one of the record's own nor
    /// one that belongs `elsewhere`.
    pub(crate) fn near(
        deserializer: D,
        others: &'static [&'static str],
        elsewhere: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { deserializer, more: More::NotNear { others, elsewhere } }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Record<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let keys = Keys { known: fields, more: self.more };
        self.deserializer.deserialize_struct(name, fields, Checked { keys, inner: visitor })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserializer.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The keys of a record.
#[derive(Clone, Copy)]
struct Keys<'k> {
    known: &'static [&'static str],
    more: More<'k>,
}

impl Keys<'_> {
    /// Returns what is wrong with a key, if anything is.
    fn refuse(self, key: &str) -> Option<String> {
        match self.more {
            _ if self.known.contains(&key) => None,
            More::No => Some(unknown_key(key, self.known)),
            More::NotNear { others, elsewhere } if !others.contains(&key) => {
                let belongs = elsewhere.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
                let meant = match belongs {
                    Some((known, list)) => format!(": `{known}` belongs in `{list}`"),
                    None => did_you_mean(Some(self.near(key)?)),
                };
                Some(format!("unknown key `{}`{meant}", clean(key)))
            }
            More::Noted { end, is_there } => {
                is_there.set(is_there.get() || key.ends_with(end));
                None
            }
            More::NotNear { .. } | More::Any => None,
        }
    }

    /// Returns the known key that was probably meant: a misspelt one, or one without its first
    /// word, as `State` is for `ImageState`.
    fn near(self, key: &str) -> Option<&'static str> {
        let misspelt = nearest(key, self.known.iter().copied());
        let is_end_of = |known: &&&str| {
            let start = known.len().checked_sub(key.len()).filter(|_| key.len() > 1);
            start.and_then(|start| known.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(key))
        };
        misspelt.or_else(|| self.known.iter().find(is_end_of).copied())
    }
}

/// The visitor of a record, its map access or one key, with the record's keys.
struct Checked<'k, T> {
    keys: Keys<'k>,
    inner: T,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Checked<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Checked { keys: self.keys, inner: map })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Checked<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(Checked { keys: self.keys, inner: seed })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Checked<'_, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        match self.keys.more {
            More::Any => self.inner.deserialize(deserializer),
            More::No | More::NotNear { .. } | More::Noted { .. } => {
                deserializer.deserialize_identifier(CheckedKey { keys: self.keys, inner: self.inner })
            }
        }
    }
}

/// Reads one key. The record gets it unless it is an error.
struct CheckedKey<'k, K> {
    keys: Keys<'k>,
    inner: K,
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for CheckedKey<'_, K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<K::Value, E> {
        let Self { keys, inner } = self;
        match keys.refuse(key) {
            Some(message) => Err(E::custom(message)),
            None => {
                let key: StrDeserializer<'_, E> = key.into_deserializer();
                inner.deserialize(key)
            }
        }
    }
}
