//! Near misses: the known name that was probably meant by a misspelt one.

use crate::text::clean;

/// Returns the candidate that a text probably misspells: in a different case, with
/// different dashes, or with a letter or two that differ. None if no candidate is near, or if two
/// are equally near.
///
/// Different letters are compared with the feature `hints` only.
pub(crate) fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let letters = Letters::of(text);
    let may_be_near = |candidate: &&str| !letters.are_others_than(Letters::of(candidate));
    least(text, candidates.into_iter().filter(may_be_near))
}

/// Returns what [`nearest`] does, of candidates whose letters are known beforehand: they tell of
/// most candidates that they are not near, without a look at the name.
pub(crate) fn nearest_of<'c>(
    text: &str,
    letters_of_each: &[Letters],
    name: impl Fn(usize) -> Option<&'c str>,
) -> Option<&'c str> {
    let letters = Letters::of(text);
    let may_be_near =
        letters_of_each.iter().enumerate().filter(|(_, of_it)| !letters.are_others_than(**of_it));
    least(text, may_be_near.filter_map(|(index, _)| name(index)))
}

/// Returns the candidate with the fewest letters that differ, if it is one alone.
fn least<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    for candidate in candidates {
        let Some(distance) = slip(text, candidate) else { continue };
        match best {
            Some((least, _)) if distance > least => {}
            Some((least, _)) if distance == least => tied = true,
            _ => {
                best = Some((distance, candidate));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, candidate)| candidate)
}

/// Returns the end of a message about a name that is not known: `, did you mean `x`?`, or an empty
/// text where no name is near.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}

/// Returns the message about a key that a record does not have, with the key that was probably
/// meant, or else with those that the record has.
pub(crate) fn unknown_key(key: &str, known: &[&str]) -> String {
    let end = match nearest(key, known.iter().copied()) {
        Some(nearest) => did_you_mean(Some(nearest)),
        None => format!(", known are `{}`", known.join("`, `")),
    };
    format!("unknown key `{}`{end}", clean(key))
}

/// Returns how many letters differ between a text and a name; none if too many for a misspelling.
fn slip(text: &str, meant: &str) -> Option<usize> {
    // A letter has at most four bytes: the lengths alone tell that more than two letters differ.
    if text.len().abs_diff(meant.len()) > 8 || has_other_letters(text, meant) {
        return None;
    }
    if plain(text).eq(plain(meant)) {
        return Some(0);
    }
    #[cfg(feature = "hints")]
    return misspelt(text, meant);
    #[cfg(not(feature = "hints"))]
    None
}

/// The letters that occur in a name, which are quicker to compare than the name: a bit for each.
/// Letters that share a bit only hide a difference. Of a name that is not ASCII none is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letters {
    /// Those that it has.
    has: u64,
    /// Those that it does not have.
    lacks: u64,
}

impl Letters {
    pub(crate) fn of(name: &str) -> Self {
        if !name.is_ascii() {
            return Self { has: 0, lacks: 0 };
        }
        let has = name.bytes().filter_map(letter).fold(0, |bits, letter| bits | 1 << letter);
        Self { has, lacks: !has }
    }

    /// True if a name of these letters has three or more that a name of the others does not have,
    /// or the other way round: too many for a misspelling.
    fn are_others_than(self, other: Self) -> bool {
        let without_last = |bits: u64| bits & bits.wrapping_sub(1);
        let has_three = |bits: u64| without_last(without_last(bits)) != 0;
        has_three(self.has & other.lacks) || has_three(other.has & self.lacks)
    }
}

/// Returns the number of a byte that counts as a letter: one below 32 for a digit, and one above
/// for a letter in either case.
fn letter(byte: u8) -> Option<u8> {
    (!matches!(byte, b'-' | b'_')).then_some(byte & 31 | (byte & 64) >> 1)
}

/// The most bytes of a text whose letters are counted: the numbers hold so many.
const COUNTED: usize = 4_096;

/// True if a text has three letters or more that a name does not have, or the other way round,
/// where each counts as often as it occurs: too many for a misspelling. False for texts that
/// are not ASCII or too long.
fn has_other_letters(text: &str, meant: &str) -> bool {
    if text.len() > COUNTED || !text.is_ascii() || !meant.is_ascii() {
        return false;
    }
    let mut counts = [0_i16; 64];
    for (name, one) in [(text, 1), (meant, -1)] {
        for letter in name.bytes().filter_map(letter) {
            if let Some(count) = counts.get_mut(usize::from(letter)) {
                *count += one;
            }
        }
    }
    let surplus: i16 = counts.iter().map(|more| more.max(&0)).sum();
    let lack: i16 = counts.iter().map(|more| -more.min(&0)).sum();
    surplus > 2 || lack > 2
}

/// Returns the letters in lower case, without `-` and `_`.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| !matches!(character, '-' | '_')).flat_map(char::to_lowercase)
}

#[cfg(feature = "hints")]
fn misspelt(text: &str, meant: &str) -> Option<usize> {
    let (text, meant) = (text.to_lowercase(), meant.to_lowercase());
    let length = meant.chars().count();
    if text.chars().count().abs_diff(length) > 2 {
        return None;
    }
    let distance = strsim::osa_distance(&text, &meant);
    match distance {
        1 if length >= 5 => Some(1),
        // With two different letters it may be another word, unless all words begin with the same
        // letter.
        2 if length >= 8 && initials(&text).eq(initials(&meant)) => Some(2),
        _ => None,
    }
}

#[cfg(feature = "hints")]
fn initials(text: &str) -> impl Iterator<Item = Option<char>> {
    text.split('-').map(|word| word.chars().next())
}

/// True for the dashes that editors and documents write instead of `-`.
pub(crate) fn is_other_dash(character: char) -> bool {
    matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Returns the letter or digit of ASCII that another character looks like: one of Cyrillic or
/// Greek, or one of the full width that Chinese keyboards write.
pub(crate) fn ascii_like(character: char) -> Option<char> {
    const ALIKE: [(&str, &str); 2] = [
        (
            "\u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{455}\u{456}\u{458}\u{4bb}\u{501}",
            "aeopcyxsijhd",
        ),
        ("\u{391}\u{3b1}\u{3b9}\u{3bd}\u{3bf}\u{3c1}", "Aaivop"),
    ];
    if matches!(character, '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}') {
        return char::from_u32(u32::from(character) - 0xfee0);
    }
    let mut pairs = ALIKE.iter().flat_map(|(alike, ascii)| alike.chars().zip(ascii.chars()));
    pairs.find(|(alike, _)| *alike == character).map(|(_, ascii)| ascii)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    #[cfg(feature = "hints")]
    fn the_nearest_name_wins_wherever_it_stands() {
        let (near, far) = ("regionac", "regionxy");
        assert_eq!(nearest("regionab", [near, far]), Some(near));
        assert_eq!(nearest("regionab", [far, near]), Some(near));
        assert_eq!(nearest("regionab", [far, near, "regionad"]), None, "two are equally near");
        assert_eq!(nearest("regionab", [far]), Some(far));
        // One letter may differ in a name of five or more, two in one of eight or more.
        assert_eq!((nearest("abcx", ["abcd"]), nearest("abcdx", ["abcde"])), (None, Some("abcde")));
        assert_eq!(
            (nearest("abcdexx", ["abcdefg"]), nearest("abcdefxx", ["abcdefgh"])),
            (None, Some("abcdefgh"))
        );
        assert_eq!(nearest("xbcdefgx", ["abcdefgh"]), None, "it begins otherwise");
    }

    #[test]
    fn three_other_letters_are_too_many() {
        for (text, meant, are_many) in [
            ("abc", "abc", false),
            ("abcxy", "abc", false),
            ("abcxyz", "abc", true),
            ("abc", "abcxy", false),
            ("abc", "abcxyz", true),
            // The same one, three times.
            ("aaa", "a", false),
            ("aaaa", "a", true),
            ("a", "aaa", false),
            ("a", "aaaa", true),
            // Order, case and dashes do not matter.
            ("C-B_A---", "abc", false),
            // This name is compared.
            ("abcxyz", "abc\u{e9}", false),
        ] {
            assert_eq!(has_other_letters(text, meant), are_many, "{text} {meant}");
        }
        // Nor are these counted.
        assert!(!has_other_letters("abcxyz\u{e9}", "abc"));
        assert!(has_other_letters(&"x".repeat(COUNTED), "abc"));
        assert!(!has_other_letters(&"x".repeat(COUNTED + 1), "abc"));
    }

    /// Each letter counts once, however often it occurs.
    #[test]
    fn three_letters_that_only_one_of_two_names_has_are_too_many() {
        for (text, meant, are_many) in [
            ("abc", "abc", false),
            ("abcxy", "abc", false),
            ("abcxyz", "abc", true),
            ("abc", "abcxy", false),
            ("abc", "abcxyz", true),
            ("aaaa", "a", false),
            ("aabbcc", "abc", false),
            // Order, case and dashes do not matter.
            ("C-B_A---", "abc", false),
            // A digit is no letter: these have the same lower bits.
            ("123", "qrs", true),
            ("abc123", "abc", true),
            // What these have is not known.
            ("abcxyz\u{e9}", "abc", false),
            ("abcxyz", "abc\u{e9}", false),
        ] {
            assert_eq!(Letters::of(text).are_others_than(Letters::of(meant)), are_many, "{text} {meant}");
        }
    }

    #[test]
    fn two_equally_near_names_give_none() {
        assert_eq!(nearest("region-c", ["region-a", "region-b"]), None);
        assert_eq!(nearest("Regionsx", ["regions-x", "regions-y"]), Some("regions-x"));
        assert_eq!(nearest("", ["a"]), None);
    }

    #[test]
    fn a_different_case_and_different_dashes_are_near() {
        assert_eq!(nearest("Image_Ids", ["ImageIds", "Region"]), Some("ImageIds"));
        assert_eq!(nearest("Imageids", ["ImageIds", "Region"]), Some("ImageIds"));
        assert_eq!(nearest("ImageSize", ["ImageIds", "Region"]), None);
    }

    /// All texts that one change leads to: a byte that goes, comes or is another one,
    /// and two that change places.
    fn changed(text: &str) -> Vec<String> {
        let cut = |at: usize| text.split_at(at);
        let mut texts = Vec::new();
        for at in 0..=text.len() {
            let (before, after) = cut(at);
            let rest = after.get(1..);
            texts.extend(rest.map(|rest| format!("{before}{rest}")));
            for letter in ["a", "z", "Z", "1", "-", "_", "é"] {
                texts.push(format!("{before}{letter}{after}"));
                texts.extend(rest.map(|rest| format!("{before}{letter}{rest}")));
            }
            let mut letters = after.chars();
            if let (Some(first), Some(second)) = (letters.next(), letters.next()) {
                texts.push(format!("{before}{second}{first}{}", letters.as_str()));
            }
        }
        texts
    }

    /// The comparisons that come before that of the names say only of names that are
    /// not near that they are not.
    #[test]
    fn letters_hide_no_near_name() {
        let name = "ap-zone-1";
        let once = changed(name);
        let twice = once.iter().filter(|text| text.is_ascii()).flat_map(|text| changed(text));
        let texts: BTreeSet<String> = twice.chain(once.iter().cloned()).collect();
        let is_near = |text: &str| {
            #[cfg(feature = "hints")]
            let is_misspelt = misspelt(text, name).is_some();
            #[cfg(not(feature = "hints"))]
            let is_misspelt = false;
            plain(text).eq(plain(name)) || is_misspelt
        };
        let near: Vec<&String> = texts.iter().filter(|text| is_near(text)).collect();
        assert!(near.len() > 10 && near.len() < texts.len(), "{} of {}", near.len(), texts.len());
        for text in near {
            assert_eq!(nearest(text, [name]), Some(name), "{text}");
            assert_eq!(nearest_of(text, &[Letters::of(name)], |_| Some(name)), Some(name), "{text}");
        }
    }
}
