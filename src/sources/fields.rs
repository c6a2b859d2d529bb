//! Values of JSON documents, read one by one, so that an error has the path and the position of its
//! value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::Row;
use crate::rule::hint::is_nearly_a_list;
use crate::sources::error::SourceError;
use crate::text::document::{not_wide, utf8};
use crate::text::json::{located, range};
use crate::text::{clean, legible, position};
use crate::wire::{MAX_ITEMS, MAX_VALUE_BYTES};

/// Returns the name of the character that a text starts with, where no editor shows it: a blank
/// that is none in JSON, or a character without a glyph.
pub(super) fn unseen(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    let is_unseen = !first.is_ascii() && (first.is_whitespace() || first.escape_debug().len() > 1);
    is_unseen.then(|| format!("U+{:04X}", u32::from(first)))
}

/// Returns the text of a file that has at most `limit` bytes. `what` is what messages call the
/// file.
pub(crate) fn text<'t>(bytes: &'t [u8], what: &'static str, limit: usize) -> Result<&'t str, SourceError> {
    if bytes.len() > limit {
        return Err(SourceError::TooLarge { what, limit, found: bytes.len() });
    }
    not_wide(bytes).and_then(utf8).map_err(|unreadable| {
        let (line, column) = unreadable.position();
        let message = unreadable.message("the file", what);
        SourceError::Malformed { line, column, path: None, message }
    })
}

/// Reads a part of a JSON text, or all of it. `path` is that of the part.
pub(crate) fn read<'t, T: Deserialize<'t>>(text: &str, part: &'t str, path: &str) -> Result<T, SourceError> {
    let mut deserializer = serde_json::Deserializer::from_str(part);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let below = error.path().to_string();
        // The path of the whole is a dot.
        let below = Some(below).filter(|below| below != ".");
        let path = Some(path.to_owned()).filter(|path| !path.is_empty());
        let path: Vec<String> = path.into_iter().chain(below).collect();
        let (line, column, message) = located(error.inner(), part);
        let path = legible(&path.join("."));
        malformed(text, part, (line, column), Some(path).filter(|path| !path.is_empty()), message)
    })?;
    deserializer.end().map_err(|error| {
        let (line, column, message) = located(&error, part);
        malformed(text, part, (line, column), None, message)
    })?;
    Ok(value)
}

/// Returns the error of a value, with its position and path.
pub(crate) fn wrong(text: &str, part: &RawValue, path: &str, message: impl Into<String>) -> SourceError {
    malformed(text, part.get(), (1, 1), Some(legible(path)), message.into())
}

/// Returns the error of a document that is a part of the text, with its position.
pub(crate) fn at(text: &str, part: &RawValue, message: String) -> SourceError {
    malformed(text, part.get(), (1, 1), None, message)
}

/// Returns an error with a position in the text, from one that is counted from the start of a part.
fn malformed(
    text: &str,
    part: &str,
    (line, column): (usize, usize),
    path: Option<String>,
    message: String,
) -> SourceError {
    let start = range(text.as_bytes(), part).map_or((1, 1), |range| position(text.as_bytes(), range.start));
    let column = if line == 1 { start.1 + column - 1 } else { column };
    SourceError::Malformed { line: start.0 + line - 1, column, path, message }
}

/// Calls a function with every key of a JSON object, until the function returns true. In a text
/// that is not JSON, the keys before the error are read.
pub(crate) fn keys(bytes: &[u8], is_enough: &mut dyn FnMut(&str) -> bool) {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // The search ends early by an error.
    let _ = deserializer.deserialize_map(KeyVisitor(is_enough));
}

/// True for the key of a request: the name of a parameter, or nearly that of a list of it. A
/// document that has one is of no other tool, whatever else is in it.
pub(crate) fn is_of_request(key: &str) -> bool {
    Row::named(key).is_some() || is_nearly_a_list(key)
}

struct KeyVisitor<'k>(&'k mut dyn FnMut(&str) -> bool);

impl<'de> Visitor<'de> for KeyVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if (self.0)(&key) {
                return Err(de::Error::custom("enough"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// The values of an object by their keys, and those of keys that are there already: a reader that
/// took the last value would lose the first one in silence.
#[derive(Clone, Default)]
pub(crate) struct Keys<'t> {
    pub(crate) values: BTreeMap<Cow<'t, str>, &'t RawValue>,
    more: Vec<(Cow<'t, str>, &'t RawValue)>,
}

#[cfg(feature = "hcl")]
impl<'t> Keys<'t> {
    /// Returns each value of a key, in the order of the text.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = &'t RawValue> {
        let more = self.more.iter().filter(move |(other, _)| other == key).map(|(_, value)| *value);
        self.values.get(key).copied().into_iter().chain(more)
    }

    /// Returns every value with its key.
    pub(crate) fn into_all(self) -> impl Iterator<Item = (Cow<'t, str>, &'t RawValue)> {
        self.values.into_iter().chain(self.more)
    }

    /// Returns the number of values.
    pub(crate) fn len(&self) -> usize {
        self.values.len() + self.more.len()
    }

    /// Returns the first key that is there twice.
    pub(crate) fn twice(&self) -> Option<&str> {
        self.more.first().map(|(key, _)| &**key)
    }
}

impl Keys<'_> {
    /// Errors when there is a key twice that counts. `path` is that of the object.
    pub(crate) fn once(
        &self,
        text: &str,
        path: impl FnOnce() -> String,
        counts: impl Fn(&str) -> bool,
    ) -> Result<(), SourceError> {
        match self.more.iter().find(|(key, _)| counts(key)) {
            None => Ok(()),
            Some((key, value)) => {
                let mut path = path();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                Err(wrong(text, value, &path, "the key is given twice"))
            }
        }
    }
}

impl<'t> Deserialize<'t> for Keys<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeysVisitor<'t>(Keys<'t>);

        impl<'t> Visitor<'t> for KeysVisitor<'t> {
            type Value = Keys<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Keys<'t>, A::Error> {
                let Self(mut keys) = self;
                while let Some((key, value)) = map.next_entry::<Cow<'t, str>, &'t RawValue>()? {
                    match keys.values.entry(key) {
                        Entry::Vacant(vacant) => drop(vacant.insert(value)),
                        Entry::Occupied(occupied) => keys.more.push((occupied.key().clone(), value)),
                    }
                }
                Ok(keys)
            }
        }

        deserializer.deserialize_map(KeysVisitor(Self::default()))
    }
}

/// Reads the values of an object by their keys. Each key is there once.
pub(crate) fn once<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<Cow<'de, str>, V>>, D::Error> {
    struct Once<'k, V>(BTreeMap<Cow<'k, str>, V>);

    impl<'de, V: Deserialize<'de>> Deserialize<'de> for Once<'de, V> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(OnceVisitor(PhantomData))
        }
    }

    struct OnceVisitor<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for OnceVisitor<V> {
        type Value = Once<'de, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut values = BTreeMap::new();
            while let Some((key, value)) = map.next_entry::<Cow<'de, str>, V>()? {
                match values.entry(key) {
                    Entry::Vacant(vacant) => drop(vacant.insert(value)),
                    Entry::Occupied(occupied) => {
                        let key = clean(occupied.key());
                        return Err(de::Error::custom(format!("the key `{key}` is given twice")));
                    }
                }
            }
            Ok(Once(values))
        }
    }

    Ok(Option::<Once<'de, V>>::deserialize(deserializer)?.map(|Once(values)| values))
}

/// An object in a JSON text, with its values by their keys.
pub(crate) struct Fields<'t> {
    text: &'t str,
    path: String,
    keys: Keys<'t>,
}

/// A value that was read, and its span in the text.
pub(crate) type Found<T> = (T, Range<usize>);

impl<'t> Fields<'t> {
    /// Reads an object; one that is left out is an empty one.
    pub(crate) fn read(text: &'t str, part: Option<&'t RawValue>, path: String) -> Result<Self, SourceError> {
        let keys = match part {
            Some(part) => read(text, part.get(), &path)?,
            None => Keys::default(),
        };
        Ok(Self { text, path, keys })
    }

    /// Errors when there is a key twice that counts.
    pub(crate) fn once(&self, counts: impl Fn(&str) -> bool) -> Result<(), SourceError> {
        self.keys.once(self.text, || self.path.clone(), counts)
    }

    /// Every key with its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'t RawValue)> {
        self.keys.values.iter().map(|(name, value)| (&**name, *value))
    }

    /// The value of a key; none for a null or a missing key.
    pub(crate) fn value(&self, name: &str) -> Option<&'t RawValue> {
        self.keys.values.get(name).copied().filter(|value| value.get() != "null")
    }

    /// Reads the text of a key.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Found<String>>, SourceError> {
        self.value(name).map(|value| self.text_at(value, || self.path_of(name))).transpose()
    }

    /// Reads the `true` or `false` of a key.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<Found<bool>>, SourceError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.get() {
            "true" => Ok(Some((true, self.span(value)))),
            "false" => Ok(Some((false, self.span(value)))),
            _ => Err(wrong(self.text, value, &self.path_of(name), "expected `true` or `false`")),
        }
    }

    /// Reads the list of a key, without its elements.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Found<Vec<&'t RawValue>>>, SourceError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let list: Vec<&RawValue> = read(self.text, value.get(), &self.path_of(name))?;
        if list.len() > MAX_ITEMS {
            let message = format!("a list has at most {MAX_ITEMS} elements: this one has more");
            return Err(wrong(self.text, value, &self.path_of(name), message));
        }
        Ok(Some((list, self.span(value))))
    }

    /// Reads a value that must be a text.
    pub(crate) fn text_at(
        &self,
        value: &RawValue,
        path: impl Fn() -> String,
    ) -> Result<Found<String>, SourceError> {
        if !value.get().starts_with('"') {
            return Err(wrong(self.text, value, &path(), "expected a text"));
        }
        let found: String = read(self.text, value.get(), &path())?;
        if found.len() > MAX_VALUE_BYTES {
            let message = format!("a value has at most {MAX_VALUE_BYTES} bytes: this one has more");
            return Err(wrong(self.text, value, &path(), message));
        }
        Ok((found, self.span(value)))
    }

    /// The path of a key.
    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The span of a value in the text.
    pub(crate) fn span(&self, value: &RawValue) -> Range<usize> {
        range(self.text.as_bytes(), value.get()).unwrap_or_default()
    }
}
