//! Whole numbers as the API and its clients write them.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, Visitor};

/// Reads a size.
pub(super) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole(deserializer, "a size in whole GiB, as a number, or `null`")
}

/// Reads a count.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole(deserializer, "a count, as a number that is not negative, or `null`")
}

/// Reads a count that must be known.
pub(super) fn known_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let expected = "a count, as a number that is not negative";
    whole(deserializer, expected)?.ok_or_else(|| de::Error::invalid_type(de::Unexpected::Unit, &expected))
}

/// The JSON Schema of a whole number.
#[cfg(feature = "schema")]
pub(super) fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": ["integer", "string", "null"], "minimum": 0, "pattern": "^[0-9]+$"})
}

/// Returns the schema of what [`known_count`] reads.
#[cfg(feature = "schema")]
pub(super) fn known_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$"})
}

/// Reads a whole number that is not negative, also in quotes or written as
/// `20.0`; `null` is `None`.
fn whole<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Option<u64>, D::Error> {
    struct Whole(&'static str);

    impl<'de> Visitor<'de> for Whole {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number))
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
            u64::try_from(number)
                .map(Some)
                .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
            // `20.0` is 20. The shortest text of a whole number has its digits
            // alone, however large it is.
            let is_whole = number >= 0.0 && number.fract() == 0.0;
            let whole = if is_whole { number.abs().to_string().parse().ok() } else { None };
            whole.map(Some).ok_or_else(|| match is_whole {
                true => E::custom(format_args!("the number is out of range: the largest is {}", u64::MAX)),
                false => E::invalid_type(de::Unexpected::Float(number), &self),
            })
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            // `parse` alone would take a leading plus sign.
            let are_digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| are_digits);
            number.map(Some).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }
    }

    deserializer.deserialize_option(Whole(expected))
}
