//! Records: objects in which an unknown key is an error that names the key that was probably meant.
//!
//! Serde's derived code takes a list for a record too, and lists every known key in the error of an
//! unknown one. It still reads the record here, after this module has looked at the keys.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, Visitor};

use crate::text::unknown_key;

/// Implements serde's traits for types whose derived ones are inherent, by `#[serde(remote =
/// "Self")]`: `strict` for records in which an unknown key is an error, `open` for those that may
/// have more keys.
macro_rules! records {
    ($($keys:ident: $($record:ty),+;)+) => {$($(
        impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::text::record::Record::$keys(deserializer))
            }
        }

        impl serde::Serialize for $record {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    )+)+};
}
pub(crate) use records;

/// A deserializer for one record. Records in its values are read by their own types.
pub(crate) struct Record<D> {
    deserializer: D,
    is_strict: bool,
}

impl<D> Record<D> {
    pub(crate) fn strict(deserializer: D) -> Self {
        Self { deserializer, is_strict: true }
    }

    pub(crate) fn open(deserializer: D) -> Self {
        Self { deserializer, is_strict: false }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Record<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let known = self.is_strict.then_some(fields);
        self.deserializer.deserialize_struct(name, fields, Checked { known, inner: visitor })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserializer.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The visitor of a record, its map access or one key, with the known keys; none if any key is
/// allowed.
struct Checked<T> {
    known: Option<&'static [&'static str]>,
    inner: T,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Checked<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Checked { known: self.known, inner: map })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Checked<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(Checked { known: self.known, inner: seed })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Checked<K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        match self.known {
            Some(known) => deserializer.deserialize_identifier(StrictKey { known, inner: self.inner }),
            None => self.inner.deserialize(deserializer),
        }
    }
}

/// Reads one key. The record gets a known one; an unknown one is an error.
struct StrictKey<K> {
    known: &'static [&'static str],
    inner: K,
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for StrictKey<K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<K::Value, E> {
        let Self { known, inner } = self;
        if known.contains(&key) {
            let key: StrDeserializer<'_, E> = key.into_deserializer();
            return inner.deserialize(key);
        }
        Err(E::custom(unknown_key(key, known)))
    }
}
