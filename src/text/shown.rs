//! Text fit to be shown: escaped, cut, and joined to words.
//!
//! Characters without a glyph of their own are escaped. These are not only control characters:
//! invisible ones that turn the direction of writing would hide a value in a terminal or a log.

use std::fmt::{self, Write as _};

/// The most characters of a user's text in a message.
const VALUE_CHARS: usize = 64;

/// Returns a user's text, fit to be shown: escaped, and cut after 64 characters.
///
/// A message of a check of one's own shows a user's text this way, as all messages here do.
///
/// ```
/// assert_eq!(presync::text::clean("ap-shanghai\n"), r"ap-shanghai\n");
/// ```
#[must_use]
pub fn clean(text: &str) -> String {
    // Nearly every text is short and plain. Every byte is looked at, without a branch for each.
    let is_plain = |text: &str| text.bytes().fold(true, |so_far, byte| so_far & matches!(byte, b' '..=b'~'));
    if text.len() <= VALUE_CHARS && is_plain(text) { text.to_owned() } else { escaped(text, VALUE_CHARS) }
}

/// Returns a user's text, escaped and not cut: a name that is cut would be another name.
#[must_use]
pub fn legible(text: &str) -> String {
    escaped(text, usize::MAX)
}

/// Returns a text, escaped and cut after a number of characters, in which an escape is as long as
/// it is written. Escaping the result once more does not change it, so that a name in a report that
/// is read back is the one that was written.
fn escaped(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * VALUE_CHARS));
    let mut room = limit;
    for character in text.chars() {
        let escape = has_no_glyph(character).then(|| character.escape_default());
        let Some(rest) = room.checked_sub(escape.as_ref().map_or(1, ExactSizeIterator::len)) else {
            shown.push('…');
            break;
        };
        room = rest;
        match escape {
            Some(escape) => shown.extend(escape),
            None => shown.push(character),
        }
    }
    shown
}

/// True for characters that cannot be seen: control, format and other invisible characters.
fn has_no_glyph(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns items as words: `a`, `a and b`, `a, b and c`, where `last` is ` and `.
pub(crate) fn joined<T: fmt::Display>(items: impl IntoIterator<Item = T>, last: &str) -> String {
    let mut items = items.into_iter().peekable();
    let mut words = String::new();
    let mut first = true;
    while let Some(item) = items.next() {
        if !first {
            words.push_str(if items.peek().is_none() { last } else { ", " });
        }
        first = false;
        // Writing into a `String` cannot fail.
        let _ = write!(words, "{item}");
    }
    words
}

/// Writes the first few names, in backticks.
pub(crate) fn few<'n>(mut names: impl Iterator<Item = &'n str>) -> String {
    const FEW: usize = 4;
    let mut shown: Vec<String> = names.by_ref().take(FEW).map(|name| format!("`{}`", clean(name))).collect();
    if names.next().is_some() {
        shown.push("others".to_owned());
    }
    joined(shown, " and ")
}

/// Writes a count with its unit: `1 image`, `2 images`.
pub(crate) fn counted(count: impl Into<u128>, one: &str, many: &str) -> String {
    let count = count.into();
    let unit = if count == 1 { one } else { many };
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_at_64_characters_and_escaped() {
        assert_eq!(clean("img-a1b2c3d4"), "img-a1b2c3d4");
        assert_eq!(clean(&"ü".repeat(64)), "ü".repeat(64));
        assert_eq!(clean(&"ü".repeat(65)), format!("{}…", "ü".repeat(64)));
        assert_eq!(clean("a\n\u{1b}[31m\u{202e}b"), "a\\n\\u{1b}[31m\\u{202e}b");
        assert_eq!(clean("ap\u{2013}x"), "ap\u{2013}x");
        // An escape is as long as it is written, and none is cut in two.
        assert_eq!(clean(&"\n".repeat(32)), "\\n".repeat(32));
        assert_eq!(clean(&"\n".repeat(33)), format!("{}…", "\\n".repeat(32)));
        assert_eq!(clean(&format!("{}\n", "x".repeat(63))), format!("{}…", "x".repeat(63)));
    }

    #[test]
    fn text_that_is_shown_is_shown_as_it_is() {
        for pattern in ["x", "ü", "\n", "\u{202e}", "\u{feff}x", "…", "\u{e0001}y", "\\n"] {
            for count in 0..70 {
                let once = clean(&pattern.repeat(count));
                assert_eq!(clean(&once), once, "{count} of {pattern:?}");
                assert!(once.chars().count() <= VALUE_CHARS + 1);
            }
        }
    }

    #[test]
    fn a_list_reads_as_words() {
        assert_eq!(joined(["a"], " and "), "a");
        assert_eq!(joined(["a", "b"], " and "), "a and b");
        assert_eq!(joined(["a", "b", "c"], " or "), "a, b or c");
    }
}
