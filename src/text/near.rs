//! Near misses: the name that a slip of the hand takes to another text.

use crate::text::clean;

/// The one candidate that a slip of the hand takes to `text`: another case, other dashes, or a letter or two.
///
/// Nothing when two candidates are equally near: then neither is sure enough. Letters are compared with the feature
/// `hints` only.
///
/// ```
/// use presync::nearest;
///
/// assert_eq!(nearest("Image_Ids", ["ImageIds", "Region"]), Some("ImageIds"));
/// assert_eq!(nearest("ImageSize", ["ImageIds", "Region"]), None);
/// ```
pub fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
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

/// How far a slip takes `meant` to `text`; nothing when it is too far for a slip.
fn slip(text: &str, meant: &str) -> Option<usize> {
    // Byte lengths bound the work before anything is compared: a letter has at most four bytes.
    if text.len().abs_diff(meant.len()) > 8 || have_other_letters(text, meant) {
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

/// Whether one text has three letters or more that the other has not: then it is no slip, whatever their order. Quick,
/// so that most candidates are never compared in earnest. Of texts that are not ASCII nothing is said.
fn have_other_letters(text: &str, meant: &str) -> bool {
    if !text.is_ascii() || !meant.is_ascii() {
        return false;
    }
    // How many more of each letter the one has than the other; letters that share a number only hide a difference.
    let mut more = [0_i32; 32];
    let mut count = |text: &str, one: i32| {
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b'_')) {
            if let Some(more) = more.get_mut(usize::from(byte & 31)) {
                *more += one;
            }
        }
    };
    count(text, 1);
    count(meant, -1);
    let (surplus, lack) =
        more.iter().fold((0, 0), |(surplus, lack), more| (surplus + more.max(&0), lack - more.min(&0)));
    surplus > 2 || lack > 2
}

/// The letters that matter: case, `-` and `_` do not.
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
        // Two letters off may be another word: slips seldom change how the words begin.
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
        // Four letters are too few for one to be a slip, seven for two.
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
}
