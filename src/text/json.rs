//! Positions and spans of values in a JSON text: of the value at a path, or of all parameters of a
//! body.
//!
//! A contradiction is found after all of the text has been read, when the reader no longer knows
//! the position of the value. The text is then read once more.

use crate::text::position;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Returns the line, the column and the message of a JSON error, which has them in one sentence.
pub(crate) fn located(error: &serde_json::Error) -> (usize, usize, String) {
    let sentence = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = sentence.strip_suffix(&position).unwrap_or(&sentence);
    // The reader gives column 0 if the input ends at the start of a line.
    (error.line(), error.column().max(1), message.to_owned())
}

/// Returns the span of a part of a text; none if it is not a part.
pub(crate) fn range(text: &[u8], part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

/// Returns the line and the column at which the value at a path, such as `Images[3].Region`,
/// starts; none if there is no such value. Both are counted from 1, columns in bytes.
pub(crate) fn locate(text: &str, path: &str) -> Option<(usize, usize)> {
    let steps = steps(path)?;
    let value = Locate(&steps).deserialize(&mut serde_json::Deserializer::from_str(text)).ok()??;
    let range = range(text.as_bytes(), value)?;
    Some(position(text.as_bytes(), range.start))
}

/// One step of a path.
enum Step<'p> {
    Key(&'p str),
    Element(usize),
}

fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        match part.split_once('[') {
            None => steps.push(Step::Key(part)),
            Some((key, element)) => {
                steps.push(Step::Key(key));
                steps.push(Step::Element(element.strip_suffix(']')?.parse().ok()?));
            }
        }
    }
    Some(steps)
}

/// Reads the text of the value at the end of a path.
struct Locate<'p>(&'p [Step<'p>]);

impl<'de> DeserializeSeed<'de> for Locate<'_> {
    type Value = Option<&'de str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return <&RawValue>::deserialize(deserializer).map(|value| Some(value.get()));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Locate<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match self.0.split_first() {
                Some((Step::Key(wanted), rest)) if *wanted == key => {
                    found = map.next_value_seed(Locate(rest))?
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        if let Some((Step::Element(wanted), rest)) = self.0.split_first() {
            for _ in 0..*wanted {
                list.next_element::<IgnoredAny>()?;
            }
            found = list.next_element_seed(Locate(rest))?.flatten();
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

/// A function of a value: its key, its subscript if it is an element of a list, and its text. None
/// ends the reading.
type Visit<'s, 't> = dyn FnMut(&str, Option<usize>, &'t str) -> Option<()> + 's;

/// Calls a function with every value in an object, and with every element of those that are lists.
/// None if the function ends the reading, or if the text is not an object.
pub(crate) fn entries<'t>(text: &'t str, visit: &mut Visit<'_, 't>) -> Option<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Entries(visit)).and_then(|()| deserializer.end()).ok()
}

/// Reads the values of an object.
struct Entries<'s, 'f, 't>(&'s mut Visit<'f, 't>);

impl<'t> Visitor<'t> for Entries<'_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let enough = || A::Error::custom("enough");
        while let Some((key, value)) = map.next_entry::<String, &'t RawValue>()? {
            self.0(&key, None, value.get()).ok_or_else(enough)?;
            if value.get().starts_with('[') {
                let mut list = serde_json::Deserializer::from_str(value.get());
                list.deserialize_seq(Elements { visit: &mut *self.0, key }).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

/// Reads the list of a key.
struct Elements<'s, 'f, 't> {
    visit: &'s mut Visit<'f, 't>,
    key: String,
}

impl<'t> Visitor<'t> for Elements<'_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<(), A::Error> {
        let mut subscripts = 0..;
        while let Some(element) = list.next_element::<&'t RawValue>()? {
            let enough = || A::Error::custom("enough");
            (self.visit)(&self.key, subscripts.next(), element.get()).ok_or_else(enough)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = "{\"Other\": [1, {\"a\": \"]}\"}],\n \"Images\": [{\"Region\": \"a\"},\n  {\"ImageId\": \"x\",\n   \"Region\" : \"bc\"\n}]}";
        assert_eq!(locate(text, "Images[1].Region"), Some((4, 15)));
        assert_eq!(locate(text, "Images[0].Region"), Some((2, 24)));
        assert_eq!(locate(text, "Images[1].ImageId"), Some((3, 15)));
        assert_eq!(locate(text, "Images[1]"), Some((3, 3)));
        assert_eq!(locate(text, "Other[0]"), Some((1, 12)));
        assert_eq!(locate(text, "Other[1].a"), Some((1, 21)));
        for nowhere in [
            "Images[2].Region",
            "Images[9]",
            "Images[1].Size",
            "Image",
            "Images.Region",
            "Images[x]",
            "Images[0",
            "Other[0].a",
        ] {
            assert_eq!(locate(text, nowhere), None, "{nowhere}");
        }
        assert_eq!(locate("{\"a\": [1, 2", "a[0]"), None, "not JSON");
    }
}
