//! The parts of an object or of a list in JSON, to be changed while the rest stays byte for byte.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::text::json::range;

/// An object or a list, in its parts.
pub(super) struct Body<'t> {
    /// The text up to the brace or the bracket.
    open: &'t str,
    pub(super) items: Vec<Item<'t>>,
    /// The text behind the last value.
    end: &'t str,
}

/// A value, with what stands before it.
#[derive(Clone)]
pub(super) struct Item<'t> {
    /// The comma before it, with the blanks before the comma.
    comma: &'t str,
    blanks: &'t str,
    /// The name in its quotes; empty for an element of a list.
    quoted: Cow<'t, str>,
    colon: &'t str,
    pub(super) name: String,
    pub(super) value: Cow<'t, str>,
}

impl<'t> Body<'t> {
    /// Returns the parts of an object; `None` for another text.
    pub(super) fn object(text: &'t str) -> Option<Self> {
        let Entries(entries) = serde_json::from_str(text).ok()?;
        Self::of(text, entries)
    }

    /// Returns the parts of a list; `None` for another text.
    pub(super) fn list(text: &'t str) -> Option<Self> {
        let values: Vec<&'t RawValue> = serde_json::from_str(text).ok()?;
        Self::of(text, values.into_iter().map(|value| (String::new(), value.get())).collect())
    }

    fn of(text: &'t str, entries: Vec<(String, &'t str)>) -> Option<Self> {
        let is_opening = |character: char| matches!(character, '{' | '[');
        let start = text.find(is_opening)? + 1;
        let (open, mut at) = (text.get(..start)?, start);
        let mut items = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let place = range(text.as_bytes(), value)?;
            let before = text.get(at..place.start)?;
            let comma = before.find(',').filter(|_| !items.is_empty()).map_or(0, |comma| comma + 1);
            let (comma, behind) = before.split_at_checked(comma)?;
            let (blanks, key) = behind.split_at_checked(behind.find('"').unwrap_or(behind.len()))?;
            let (quoted, colon) = key.split_at_checked(key.rfind('"').map_or(0, |quote| quote + 1))?;
            let (quoted, value) = (Cow::Borrowed(quoted), Cow::Borrowed(value));
            items.push(Item { comma, blanks, quoted, colon, name, value });
            at = place.end;
        }
        Some(Self { open, items, end: text.get(at..)? })
    }

    /// Keeps the values for which this is true.
    pub(super) fn keep(&mut self, mut is_kept: impl FnMut(usize, &Item<'_>) -> bool) {
        let first = self.items.first().map(|first| (first.comma, first.blanks));
        let items = std::mem::take(&mut self.items).into_iter().enumerate();
        self.items = items.filter(|(index, item)| is_kept(*index, item)).map(|(_, item)| item).collect();
        if let (Some(first), Some(before)) = (self.items.first_mut(), first) {
            (first.comma, first.blanks) = before;
        }
    }

    /// Returns the index of the first value of this name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.items.iter().position(|item| item.name == name)
    }

    /// Adds a value at the end, in the way in which the others are written. An
    /// element of a list has no name.
    pub(super) fn add(&mut self, name: Option<&str>, value: String) -> Option<()> {
        let first = self.items.first();
        let is_on_lines = |item: &&Item<'_>| item.blanks.contains('\n');
        let blanks = match (self.items.get(1), first.filter(is_on_lines)) {
            (Some(second), _) => second.blanks,
            (None, Some(first)) => first.blanks,
            (None, None) if first.is_none_or(|first| first.colon == ":") => "",
            (None, None) => " ",
        };
        let (name, colon) = (name.map(|name| Some((name, quoted(name)?))), first.map(|first| first.colon));
        let (name, quoted) = name.unwrap_or(Some(("", String::new())))?;
        let colon = if quoted.is_empty() { "" } else { colon.unwrap_or(": ") };
        let comma = if self.items.is_empty() { "" } else { "," };
        let (quoted, name, value) = (Cow::Owned(quoted), name.to_owned(), Cow::Owned(value));
        self.items.push(Item { comma, blanks, quoted, colon, name, value });
        Some(())
    }
}

impl Item<'_> {
    /// Gives it another name.
    pub(super) fn rename(&mut self, name: &str) -> Option<()> {
        self.quoted = Cow::Owned(quoted(name)?);
        name.clone_into(&mut self.name);
        Some(())
    }
}

impl fmt::Display for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.open)?;
        for Item { comma, blanks, quoted, colon, value, .. } in &self.items {
            write!(f, "{comma}{blanks}{quoted}{colon}{value}")?;
        }
        f.write_str(self.end)
    }
}

/// Returns a text in JSON.
pub(super) fn quoted(text: &str) -> Option<String> {
    serde_json::to_string(text).ok()
}

/// Returns a list with these elements, written as the old one is where there is one.
pub(super) fn list(old: Option<&str>, elements: &[String]) -> Option<String> {
    let mut body = Body::list(old.unwrap_or("[]")).or_else(|| Body::list("[]"))?;
    body.items.truncate(elements.len());
    for (index, element) in elements.iter().enumerate() {
        match body.items.get_mut(index) {
            Some(item) => {
                let sent: Option<String> = serde_json::from_str(&item.value).ok();
                if sent.as_ref() != Some(element) {
                    item.value = Cow::Owned(quoted(element)?);
                }
            }
            None => body.add(None, quoted(element)?)?,
        }
    }
    Some(body.to_string())
}

/// The values of an object, in their order, each as it is written.
struct Entries<'t>(Vec<(String, &'t str)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfEntries;

        impl<'de> Visitor<'de> for OfEntries {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of parameters")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    entries.push((name, value.get()));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(OfEntries)
    }
}
