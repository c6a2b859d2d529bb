//! Near misses: the known name that was probably meant by a misspelt one.

use crate::text::clean;

/// Returns the candidate of which a text is probably a misspelling: in a different case, with
/// different dashes, or with a letter or two that differ. None if no candidate is near, or if two
/// are equally near.
///
/// Different letters are compared with the feature `hints` only.
pub(crate) fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    let letters = letters(text);
    for candidate in candidates {
        let Some(distance) = slip(text, letters, candidate) else { continue };
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

/// Returns how many letters differ between a text, whose letters are counted already, and a name;
/// none if too many for a misspelling.
fn slip(text: &str, letters: Option<Letters>, meant: &str) -> Option<usize> {
    // A letter has at most four bytes: the lengths alone tell that more than two letters differ.
    if text.len().abs_diff(meant.len()) > 8
        || letters.is_some_and(|letters| has_other_letters(letters, meant))
    {
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

/// The letters of a text. Letters that share a number only hide a difference.
#[derive(Clone, Copy)]
struct Letters {
    /// How often each occurs.
    counts: [i16; 32],
    /// A bit for each that occurs.
    bits: u32,
}

/// Returns the number of a byte that counts as a letter.
fn letter(byte: u8) -> Option<u8> {
    (!matches!(byte, b'-' | b'_')).then_some(byte & 31)
}

/// The most bytes of a text whose letters are counted: the numbers hold so many.
const COUNTED: usize = 4_096;

/// Counts the letters of a text; none for a text that is not ASCII or too long.
fn letters(text: &str) -> Option<Letters> {
    if text.len() > COUNTED || !text.is_ascii() {
        return None;
    }
    let mut letters = Letters { counts: [0; 32], bits: bits(text) };
    count(&mut letters.counts, text, 1);
    Some(letters)
}

fn bits(text: &str) -> u32 {
    text.bytes().filter_map(letter).fold(0, |bits, letter| bits | 1 << letter)
}

fn count(counts: &mut [i16; 32], text: &str, one: i16) {
    for letter in text.bytes().filter_map(letter) {
        if let Some(count) = counts.get_mut(usize::from(letter)) {
            *count += one;
        }
    }
}

/// True if a text of these letters has three or more that a name does not have, or the other way
/// round, in any order: too many for a misspelling. This is quick, and spares the comparison of most
/// candidates. False for a name that is not ASCII.
fn has_other_letters(letters: Letters, meant: &str) -> bool {
    let of_meant = bits(meant);
    let (surplus, lack) = (letters.bits & !of_meant, of_meant & !letters.bits);
    // Most candidates lack several letters altogether: then how often each occurs need not be known.
    let are_many = surplus.count_ones() > 2 || lack.count_ones() > 2 || {
        let mut counts = letters.counts;
        count(&mut counts, meant, -1);
        let surplus: i16 = counts.iter().map(|more| more.max(&0)).sum();
        let lack: i16 = counts.iter().map(|more| -more.min(&0)).sum();
        surplus > 2 || lack > 2
    };
    are_many && meant.is_ascii()
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

#[cfg(test)]
mod tests {
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
}
