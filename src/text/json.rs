//! Where values are in a JSON text: one by its place in the document, or all parameters of a body.
//!
//! What contradicts something else is found when all of it has been read, when the reader no longer knows where it was.
//! The text is then read once more.

use crate::text::position;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The line, the column and the message of a JSON error, which itself has them in one sentence.
pub(crate) fn located(error: &serde_json::Error) -> (usize, usize, String) {
    let sentence = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = sentence.strip_suffix(&place).unwrap_or(&sentence);
    // Where the input ends at the start of a line, nothing of it was read: the reader says column 0.
    (error.line(), error.column().max(1), message.to_owned())
}

/// Where a part of a text is in it; nothing if it is not a part.
pub(crate) fn range(text: &[u8], part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

/// The line and the column at which the value at `place`, such as `Images[3].Region`, starts; nothing if there is none.
/// Both are counted from 1, columns in bytes.
pub(crate) fn locate(text: &str, place: &str) -> Option<(usize, usize)> {
    let steps = steps(place)?;
    let value = Locate(&steps).deserialize(&mut serde_json::Deserializer::from_str(text)).ok()??;
    let range = range(text.as_bytes(), value)?;
    Some(position(text.as_bytes(), range.start))
}

/// One step into a document.
enum Step<'p> {
    Key(&'p str),
    Element(usize),
}

fn steps(place: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for part in place.split('.') {
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

/// Finds the text of the value at the end of these steps.
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

/// What is told of a value: its key, which element of a list it is, and its text. Nothing is the end.
type Say<'s, 't> = dyn FnMut(&str, Option<usize>, &'t str) -> Option<()> + 's;

/// Tells of every value in an object, and of every element of those that are lists. Ends with nothing where `say` says
/// so, and where the text is not an object.
pub(crate) fn entries<'t>(text: &'t str, say: &mut Say<'_, 't>) -> Option<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Entries(say)).and_then(|()| deserializer.end()).ok()
}

/// Goes through an object.
struct Entries<'s, 'f, 't>(&'s mut Say<'f, 't>);

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
                list.deserialize_seq(Elements { say: &mut *self.0, key }).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

/// Goes through the list of this key.
struct Elements<'s, 'f, 't> {
    say: &'s mut Say<'f, 't>,
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
            (self.say)(&self.key, subscripts.next(), element.get()).ok_or_else(enough)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_place() {
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
