//! Reading records in which an unknown key is an error that names the key that was probably meant.
//!
//! Serde's own message lists every known key. Here the derived code still reads the record; only the keys are looked
//! at on their way to it.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, Visitor};

use crate::hint;
use crate::violation::clean;

/// Implements serde's traits for a type whose derived ones are inherent, by `#[serde(remote = "Self")]`.
macro_rules! strict {
    ($($record:ty),+) => {$(
        impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::strict::Strict(deserializer))
            }
        }

        impl serde::Serialize for $record {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    )+};
}
pub(crate) use strict;

/// A deserializer for one record; what is inside its values is read as usual.
pub(crate) struct Strict<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, StrictKeys { known: fields, inner: visitor })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The visitor of a record, or the map access or one key of it, with the keys that the record knows.
struct StrictKeys<T> {
    known: &'static [&'static str],
    inner: T,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for StrictKeys<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(StrictKeys { known: self.known, inner: map })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for StrictKeys<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(StrictKeys { known: self.known, inner: seed })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for StrictKeys<K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        deserializer.deserialize_identifier(StrictKey(self))
    }
}

/// Reads one key: a known one goes on to the record, an unknown one is an error.
struct StrictKey<K>(StrictKeys<K>);

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for StrictKey<K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<K::Value, E> {
        let StrictKeys { known, inner } = self.0;
        if known.contains(&key) {
            let key: StrDeserializer<'_, E> = key.into_deserializer();
            return inner.deserialize(key);
        }
        Err(match hint::nearest(key, known.iter().copied()) {
            Some(nearest) => {
                E::custom(format_args!("unknown key `{}`, did you mean `{nearest}`?", clean(key)))
            }
            None => {
                E::custom(format_args!("unknown key `{}`, known are `{}`", clean(key), known.join("`, `")))
            }
        })
    }
}
