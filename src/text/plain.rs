//! The words of serde for a value of a wrong type, a missing key and the like, in plain ones.

use crate::text::clean;

/// The words of serde for a type, and plain ones.
const TYPES: [(&str, &str); 15] = [
    ("a string", "a text"),
    ("a borrowed string", "a text"),
    ("a sequence", "a list"),
    ("sequence", "a list"),
    ("a map", "an object"),
    ("map", "an object"),
    ("a boolean", "`true` or `false`"),
    ("unit value", "`null`"),
    ("null", "`null`"),
    ("u8", "a number that is whole and not negative"),
    ("u16", "a number that is whole and not negative"),
    ("u32", "a number that is whole and not negative"),
    ("u64", "a number that is whole and not negative"),
    ("usize", "a number that is whole and not negative"),
    ("f64", "a number"),
];

/// Returns what serde says of a value, in plain words that say what is expected and what is there;
/// none for a message of another kind.
pub(crate) fn of_value(message: &str) -> Option<String> {
    let of_type = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some(rest) = of_type {
        // What is there may be a text of the user's, and what is expected is none.
        let (found, expected) = rest.rsplit_once(", expected ")?;
        let expected = plain(expected).unwrap_or(expected);
        // Behind an enumeration the comma would be one of it.
        let comma = if expected.contains(',') { ":" } else { "," };
        return Some(format!("expected {expected}{comma} found {}", there(found)));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return Some(format!("{name} is missing"));
    }
    if let Some(name) = message.strip_prefix("duplicate field ") {
        return Some(format!("{name} is given twice"));
    }
    let (name, expected) = message.strip_prefix("unknown variant ")?.rsplit_once(", expected ")?;
    let expected = expected.strip_prefix("one of ").unwrap_or(expected);
    Some(format!("expected {expected}: found {name}"))
}

fn plain(word: &str) -> Option<&'static str> {
    TYPES.iter().find(|(serde, _)| *serde == word).map(|(_, plain)| *plain)
}

/// Returns the words for what is there.
fn there(found: &str) -> String {
    if let Some(plain) = plain(found) {
        return plain.to_owned();
    }
    let found = found.strip_suffix(" as i128").or_else(|| found.strip_suffix(" as u128")).unwrap_or(found);
    if let Some(flag) = found.strip_prefix("boolean ") {
        return flag.to_owned();
    }
    let number = found.strip_prefix("integer ").or_else(|| found.strip_prefix("floating point "));
    if let Some(number) = number {
        return format!("the number {number}");
    }
    match found.strip_prefix("string \"").and_then(|rest| rest.strip_suffix('"')) {
        Some("") => "an empty text".to_owned(),
        Some(text) => format!("the text `{}`", clean(text)),
        None => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_wrong_type_is_said_in_plain_words() {
        for (message, expected) in [
            ("invalid type: map, expected a sequence", "expected a list, found an object"),
            ("invalid type: sequence, expected an object", "expected an object, found a list"),
            ("invalid type: null, expected a string", "expected a text, found `null`"),
            ("invalid type: boolean `true`, expected a string", "expected a text, found `true`"),
            ("invalid type: integer `1`, expected a map", "expected an object, found the number `1`"),
            (
                "invalid type: floating point `1.5`, expected u64",
                "expected a number that is whole and not negative, found the number `1.5`",
            ),
            (
                "invalid type: integer `99999999999999999999` as i128, expected a whole number of 1 or more",
                "expected a whole number of 1 or more, found the number `99999999999999999999`",
            ),
            (
                "invalid value: integer `-1`, expected a count, or `null`",
                "expected a count, or `null`: found the number `-1`",
            ),
            ("invalid type: string \"\", expected a sequence", "expected a list, found an empty text"),
            (
                "invalid type: string \"a, expected b\", expected a boolean",
                "expected `true` or `false`, found the text `a, expected b`",
            ),
            ("missing field `change`", "`change` is missing"),
            ("duplicate field `Images`", "`Images` is given twice"),
            ("unknown variant `x`, expected `a` or `b`", "expected `a` or `b`: found `x`"),
            ("unknown variant `x`, expected one of `a`, `b`, `c`", "expected `a`, `b`, `c`: found `x`"),
        ] {
            assert_eq!(of_value(message).as_deref(), Some(expected));
        }
        for other in ["unknown key `x`", "expected value", "invalid type: map", ""] {
            assert_eq!(of_value(other), None, "{other}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let said =
            of_value(&format!("invalid type: string \"{}\", expected a map", "x".repeat(100))).unwrap();
        assert_eq!(said, format!("expected an object, found the text `{}…`", "x".repeat(64)));
    }
}
