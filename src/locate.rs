//! Where a value is in a JSON text: its line and column, found by its place in the document.
//!
//! A record that contradicts another is found when all of them have been read, when the reader no longer knows where it
//! was. The text is then read once more.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The line and the column at which the value at `place`, such as `Images[3].Region`, starts; nothing if there is none.
/// Both are counted from 1, columns in bytes.
pub(crate) fn locate(text: &str, place: &str) -> Option<(usize, usize)> {
    let steps = steps(place)?;
    let value = Locate(&steps).deserialize(&mut serde_json::Deserializer::from_str(text)).ok()??;
    let offset = value.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some(crate::wire::position(text.as_bytes(), offset))
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
