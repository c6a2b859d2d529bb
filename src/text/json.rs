//! Positions and spans of values in a JSON text: of the value at a path, or of all parameters of a
//! body.
//!
//! A contradiction is found after all of the text has been read, when the reader no longer knows
//! the position of the value. The text is then read once more.

use crate::text::plain::of_value;
use crate::text::{clean, position};

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Returns the line, the column and the message of an error in a JSON text, in plain words that say
/// what is expected and what is there. A message of another reader's own stays as it is.
pub(crate) fn located(error: &serde_json::Error, text: &str) -> (usize, usize, String) {
    let sentence = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = sentence.strip_suffix(&position).unwrap_or(&sentence);
    // The reader gives column 0 if the input ends at the start of a line.
    let (line, column) = (error.line(), error.column().max(1));
    let rest = || from(text, line, column);
    let message = match message {
        "EOF while parsing a list" => "the JSON ends within a list".to_owned(),
        "EOF while parsing an object" => "the JSON ends within an object".to_owned(),
        "EOF while parsing a string" => "the JSON ends within a text".to_owned(),
        "EOF while parsing a value" => "the JSON ends where a value is expected".to_owned(),
        "expected value" => value_found(rest()),
        // It stands behind the first letters of the word.
        "expected ident" => value_found(word_around(text, line, column)),
        "key must be a string" => found("expected a name in double quotes", rest()),
        "trailing characters" => found("expected the end of the JSON", rest()),
        "expected `,` or `]`" | "expected `,` or `}`" | "expected `:`" => found(message, rest()),
        "trailing comma" => "a comma behind the last value, which JSON does not have".to_owned(),
        "invalid number" => "a number in a form that JSON does not have".to_owned(),
        "number out of range" => OUT_OF_RANGE.to_owned(),
        "invalid escape" => "an escape that JSON does not have: a backslash is written `\\\\`".to_owned(),
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "an escape of half a character".to_owned()
        }
        "invalid unicode code point" => "an escape of no character".to_owned(),
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a line break, or another control character, within a text: JSON has escapes for it, such as `\\n`"
                .to_owned()
        }
        "recursion limit exceeded" => "too many lists and objects within one another".to_owned(),
        other => of_value(other).unwrap_or_else(|| other.to_owned()),
    };
    (line, column, message)
}

/// The message on a number that the type of a number cannot hold.
pub(crate) const OUT_OF_RANGE: &str = "a number that is too large";

/// Returns the text from a line and a column on.
fn from(text: &str, line: usize, column: usize) -> &str {
    let rest = line.checked_sub(1).and_then(|before| text.split('\n').nth(before));
    rest.and_then(|rest| rest.get(column.checked_sub(1)?..)).unwrap_or_default()
}

/// Returns the text from the start of the word on in which a position is.
fn word_around(text: &str, line: usize, column: usize) -> &str {
    let whole = from(text, line, 1);
    let before = column.checked_sub(1).and_then(|length| whole.get(..length)).unwrap_or_default();
    let start = before.trim_end_matches(is_of_word).len();
    whole.get(start..).unwrap_or_default()
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}

/// Returns the message on a text that stands where a value is expected.
fn value_found(rest: &str) -> String {
    let message = found("expected a value", rest);
    let is_word = rest.starts_with(|first: char| first.is_ascii_alphabetic()) && foreign_at(rest).is_none();
    if is_word { format!("{message}: a text stands in double quotes") } else { message }
}

/// Adds to a message what a text starts with.
fn found(message: &str, rest: &str) -> String {
    if let Some(what) = foreign_at(rest) {
        return format!("{message}, found {what}");
    }
    let word = rest.trim_start_matches(is_of_word);
    let word = rest.get(..rest.len() - word.len()).filter(|word| !word.is_empty());
    let first = rest.char_indices().nth(1).map_or(rest, |(end, _)| rest.get(..end).unwrap_or_default());
    match word.unwrap_or(first) {
        "" => message.to_owned(),
        word => format!("{message}, found `{}`", clean(word)),
    }
}

/// Returns what a text starts with, if that is a character that JSON does not have and that people
/// write in the place of one that it has.
pub(crate) fn foreign_at(rest: &str) -> Option<String> {
    let character = rest.chars().next()?;
    let code = u32::from(character);
    Some(match character {
        '\'' => "single quotes, where JSON has double ones, `\"`".to_owned(),
        '`' => "a backtick, where JSON has double quotes, `\"`".to_owned(),
        '/' if rest.starts_with("//") || rest.starts_with("/*") => {
            "a comment, which JSON does not have".to_owned()
        }
        '#' => "a comment, which JSON does not have".to_owned(),
        'T' if rest.starts_with("True") => "`True`, which is `true` in JSON".to_owned(),
        'F' if rest.starts_with("False") => "`False`, which is `false` in JSON".to_owned(),
        'N' if rest.starts_with("None") => "`None`, which is `null` in JSON".to_owned(),
        'N' if rest.starts_with("NaN") => "`NaN`, which JSON does not have".to_owned(),
        'u' if rest.starts_with("undefined") => "`undefined`, which JSON does not have".to_owned(),
        _ if character.is_ascii() => return None,
        _ => match ascii_of(character) {
            Some(' ') => format!("U+{code:04X}, a blank that JSON does not have"),
            Some(ascii) => format!("U+{code:04X} in the place of `{ascii}`"),
            None => format!("U+{code:04X}, which JSON does not have outside of a text"),
        },
    })
}

/// Returns the character of JSON in whose place another one is written.
pub(crate) fn ascii_of(character: char) -> Option<char> {
    Some(match character {
        '\u{2018}'..='\u{201f}'
        | '\u{ab}'
        | '\u{bb}'
        | '\u{300c}'..='\u{300f}'
        | '\u{301d}'..='\u{301f}'
        | '\u{ff02}'
        | '\u{ff07}'
        | '\u{2032}'
        | '\u{2033}' => '"',
        '\u{ff0c}' | '\u{3001}' | '\u{fe50}' | '\u{ff64}' | '\u{60c}' => ',',
        '\u{ff1a}' | '\u{fe55}' => ':',
        '\u{ff5b}' => '{',
        '\u{ff5d}' => '}',
        '\u{ff3b}' | '\u{3010}' => '[',
        '\u{ff3d}' | '\u{3011}' => ']',
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => ' ',
        _ if character.is_whitespace() => ' ',
        _ => return None,
    })
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
    fn what_is_no_json_is_said_in_plain_words() {
        let said = |text: &str| {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            let (line, column, message) = located(&error, text);
            format!("{line}:{column}: {message}")
        };
        for (text, expected) in [
            ("[", "1:1: the JSON ends within a list"),
            ("{", "1:1: the JSON ends within an object"),
            ("\"a", "1:2: the JSON ends within a text"),
            ("[1,", "1:3: the JSON ends where a value is expected"),
            ("[img-o3ycss2p]", "1:2: expected a value, found `img-o3ycss2p`: a text stands in double quotes"),
            ("[,]", "1:2: expected a value, found `,`"),
            ("[nul,", "1:5: expected a value, found `nul`: a text stands in double quotes"),
            ("[1, tested]", "1:6: expected a value, found `tested`: a text stands in double quotes"),
            ("{ImageIds: 1}", "1:2: expected a name in double quotes, found `ImageIds`"),
            (
                "{\n'a': 1}",
                "2:1: expected a name in double quotes, found single quotes, where JSON has double ones, `\"`",
            ),
            (
                "{} \u{441}",
                "1:4: expected the end of the JSON, found U+0441, which JSON does not have outside of a text",
            ),
            ("{}\n]", "2:1: expected the end of the JSON, found `]`"),
            ("[1 2]", "1:4: expected `,` or `]`, found `2`"),
            ("{\"a\": 1 // one\n}", "1:9: expected `,` or `}`, found a comment, which JSON does not have"),
            ("{\"a\" 1}", "1:6: expected `:`, found `1`"),
            ("[1,]", "1:4: a comma behind the last value, which JSON does not have"),
            ("[01]", "1:3: a number in a form that JSON does not have"),
            ("1e999", "1:5: a number that is too large"),
            ("\"\\x\"", "1:3: an escape that JSON does not have: a backslash is written `\\\\`"),
            ("\"\\ud800\"", "1:8: an escape of half a character"),
            ("\"\\udc00\"", "1:7: an escape of half a character"),
            (
                "\"\t\"",
                "1:2: a line break, or another control character, within a text: JSON has escapes for it, such as `\\n`",
            ),
        ] {
            assert_eq!(said(text), expected, "{text:?}");
        }
        let deep = "[".repeat(200);
        assert!(said(&deep).ends_with(": too many lists and objects within one another"));
    }

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
