//! What a text says by itself: the form of an image id, the form of a key, the length of a name.
//! Texts are held to a recogniser that is written here from the page's facts, letter by letter, and
//! not to a pattern. One place at a time has every character of ASCII, with it each neighbour of
//! what the form takes, and some that look, or are folded, like them (`characters`); several places
//! at once have a reduced alphabet, some letters for each class that the form tells apart.
//!
//! - An image id is `img-` and at least eight digits or small letters. Whether a text is one is
//!   found out from the first character to the last: up to the fourth each character must be
//!   the one of `img-`, behind it each must be a good one, and they are counted up to eight. So
//!   texts of up to five characters and tails of up to nine behind `img-` say all of it: a text
//!   with a wrong beginning stays wrong whatever follows, and from the ninth good character on
//!   one more changes nothing. All of these over the reduced alphabet are gone through; and
//!   with seven, eight and nine good characters behind `img-` every character in the stead of
//!   each, and between any two. The pattern that messages show, which is checked by another way
//!   when it is given as a pattern, says the same of each.
//! - A key is 36 characters, four of them dashes and the others hexadecimal digits, each place
//!   being of one kind. All texts that differ from a key in one place, by every character, in two
//!   places, by the reduced alphabet, all with one character more or fewer, and all with the dashes
//!   elsewhere, are refused; the bound, 36, is met from both sides.
//! - A name has at most 60 characters, however many bytes each has. A character counts as one
//!   wherever it stands: all mixtures of the four lengths in bytes are gone through, from 59 to 61
//!   characters; and every character at either end, at both, in the midst and everywhere, for a
//!   blank counts as any other.

use presync::{Edition, Image, Region, Ruleset, State, SyncRequest};

use crate::support::claims;
use crate::support::history::{latest, page};

/// The rules of a page without all but one.
fn only(rule: &str, edition: Edition) -> Ruleset {
    let all = Ruleset::documented(edition);
    let others: Vec<String> = all.ids().filter(|id| *id != rule).map(str::to_owned).collect();
    others.iter().fold(all, |rules, id| rules.without(id).unwrap())
}

/// Calls this with each text of exactly so many of these letters behind a beginning.
fn each_text(beginning: &str, letters: &[char], length: usize, visit: &mut impl FnMut(&str)) {
    fn each(text: &mut String, letters: &[char], left: usize, visit: &mut impl FnMut(&str)) {
        if left == 0 {
            return visit(text);
        }
        for letter in letters {
            text.push(*letter);
            each(text, letters, left - 1, visit);
            text.pop();
        }
    }
    each(&mut beginning.to_owned(), letters, length, visit);
}

/// Every character of ASCII; and of others digits and letters, those that one of ASCII is folded
/// to, blanks, what ends a line, what is put over the letter before it, and what is no letter.
fn characters() -> Vec<char> {
    let others = [
        'é', '\u{663}', '\u{ff10}', '\u{ff41}', '\u{17f}', '\u{212a}', '\u{a0}', '\u{3000}', '\u{feff}',
        '\u{85}', '\u{2028}', '\u{301}', '名', '😀',
    ];
    ('\0'..='\u{7f}').chain(others).collect()
}

/// The number of these.
const CHARACTERS: usize = 128 + 14;

/// Calls this with each text that has another character in the stead of one of
/// these, or one more anywhere.
fn each_with_one(letters: &[char], character: char, visit: &mut impl FnMut(&str)) {
    for n in 0..letters.len() {
        visit(&with(letters, &[(n, character)]));
    }
    for n in 0..=letters.len() {
        let mut more = letters.to_vec();
        more.insert(n, character);
        visit(&more.iter().collect::<String>());
    }
}

fn power(base: usize, exponent: usize) -> usize {
    (0..exponent).fold(1, |product, _| product * base)
}

/// Reads an id from the first character to the last.
fn is_id(text: &str) -> bool {
    let mut good = 0;
    for (n, letter) in text.chars().enumerate() {
        let is_right = match n {
            0 => letter == 'i',
            1 => letter == 'm',
            2 => letter == 'g',
            3 => letter == '-',
            _ => "0123456789abcdefghijklmnopqrstuvwxyz".contains(letter),
        };
        if !is_right {
            return false;
        }
        if n > 3 {
            good += 1;
        }
    }
    good >= 8
}

struct Ids {
    rules: Ruleset,
    /// The same, with the pattern of the form for the form itself.
    by_pattern: Ruleset,
    state: State,
    texts: usize,
    ids: usize,
}

impl Ids {
    fn new() -> Self {
        let rules = only("image-id-format", Edition::FIRST);
        let by_pattern = rules.clone().with_image_id_pattern(rules.image_id_pattern()).unwrap();
        Self { rules, by_pattern, state: State::default(), texts: 0, ids: 0 }
    }

    fn hold(&mut self, text: &str, by_rule: bool) {
        self.texts += 1;
        self.ids += usize::from(is_id(text));
        assert_eq!(self.rules.is_image_id(text), is_id(text), "{text:?}");
        assert_eq!(self.by_pattern.is_image_id(text), is_id(text), "{text:?}");
        if by_rule {
            let report = self.rules.check(&SyncRequest::new(text, ["ap-shanghai"]), &self.state);
            assert_eq!(report.violations().is_empty(), is_id(text), "{text:?}");
        }
    }
}

#[test]
fn every_short_text_is_an_image_id_or_not() {
    let mut ids = Ids::new();
    // The letters of `img-`, a digit, another small letter; and what is wrong everywhere: a capital
    // letter, one of another script, a digit of another script, and what ends a line.
    let letters = ['i', 'm', 'g', '-', '7', 'q', 'I', 'é', '\u{663}', '\n'];
    for length in 0..=5 {
        each_text("", &letters, length, &mut |text| {
            ids.hold(text, length <= 3);
            // With enough behind it.
            ids.hold(&format!("{text}00000000"), length == 4);
        });
    }
    let tail = ['7', 'q', 'Q', '\u{663}'];
    for length in 0..=9 {
        each_text("img-", &tail, length, &mut |text| ids.hold(text, length <= 5));
    }
    let beginnings: usize = (0..=5).map(|length| 2 * power(10, length)).sum();
    let tails: usize = (0..=9).map(|length| power(4, length)).sum();
    assert_eq!(ids.texts, beginnings + tails);
    // Behind `img-`: nothing, or one of `imgq7`, before eight noughts; and two good letters in
    // eight places and in nine.
    assert_eq!(ids.ids, 1 + 5 + power(2, 8) + power(2, 9));

    let (mut more, mut more_ids) = (0, 0);
    for good in ["o3ycss2", "o3ycss2p", "o3ycss2p0", "0000000", "00000000", "zzzzzzzz", "zzzzzzzzz"] {
        let letters: Vec<char> = format!("img-{good}").chars().collect();
        for character in characters() {
            each_with_one(&letters, character, &mut |text| ids.hold(text, good == "o3ycss2p"));
        }
        let count = good.len();
        more += CHARACTERS * (2 * letters.len() + 1);
        // In the stead of one of `img-` that one; of a good one any of 36, and of these one
        // between any two behind it.
        more_ids += if count >= 8 { 4 + 36 * count } else { 0 } + 36 * (count + 1);
    }
    assert_eq!(ids.texts, beginnings + tails + more);
    assert_eq!(ids.ids, 1 + 5 + power(2, 8) + power(2, 9) + more_ids);
    claims::hold("ids", ids.texts);
}

/// Looks at each place of a key.
fn is_key(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() != 36 {
        return false;
    }
    for (n, letter) in letters.into_iter().enumerate() {
        let is_right = match n {
            8 | 13 | 18 | 23 => letter == '-',
            _ => "0123456789abcdefABCDEF".contains(letter),
        };
        if !is_right {
            return false;
        }
    }
    true
}

/// Calls this with every text that is a key with so many dashes, all of it
/// hexadecimal digits but for these.
fn each_with_dashes(length: usize, dashes: usize, visit: &mut impl FnMut(&str)) {
    fn each(text: &mut String, left: usize, dashes: usize, visit: &mut impl FnMut(&str)) {
        if left == 0 {
            return visit(text);
        }
        if dashes > 0 {
            text.push('-');
            each(text, left - 1, dashes - 1, visit);
            text.pop();
        }
        if left > dashes {
            text.push('a');
            each(text, left - 1, dashes, visit);
            text.pop();
        }
    }
    each(&mut String::new(), length, dashes, visit);
}

struct Keys {
    rules: Ruleset,
    state: State,
    texts: usize,
    keys: usize,
}

impl Keys {
    fn new() -> Self {
        let rules = only("kms-key-format", page(latest()));
        Self { rules, state: State::default(), texts: 0, keys: 0 }
    }

    fn hold(&mut self, text: &str) {
        self.texts += 1;
        self.keys += usize::from(is_key(text));
        let request =
            SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_encrypt(true).with_kms_key_id(text);
        let report = self.rules.check(&request, &self.state);
        assert_eq!(report.violations().is_empty(), is_key(text), "{text:?}");
    }
}

/// A digit, a small letter and a capital one that are hexadecimal; and what is none: a
/// dash, the neighbours of these and of the dash, a blank, a letter of another script, a
/// digit of another script.
const CLASSES: [char; 15] = ['7', 'b', 'F', '-', '/', ':', '@', 'G', '`', 'g', ',', '.', ' ', 'é', '\u{663}'];
const KEY: &str = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";

fn with(letters: &[char], changes: &[(usize, char)]) -> String {
    let mut letters = letters.to_vec();
    for (n, letter) in changes {
        letters[*n] = *letter;
    }
    letters.into_iter().collect()
}

#[test]
fn every_text_that_is_nearly_a_key_is_one_or_not() {
    let letters: Vec<char> = KEY.chars().collect();
    let mut keys = Keys::new();
    for character in characters() {
        each_with_one(&letters, character, &mut |text| keys.hold(text));
    }
    for n in 0..36 {
        let mut fewer = letters.clone();
        fewer.remove(n);
        keys.hold(&fewer.iter().collect::<String>());
    }
    // As many characters as in any key, and one more: no dash, one or two, wherever.
    for length in 0..=37 {
        for dashes in 0..=2_usize.min(length) {
            each_with_dashes(length, dashes, &mut |text| keys.hold(text));
        }
    }
    let dashed: usize = (0..=37_usize).map(|length| 1 + length + length * length.saturating_sub(1) / 2).sum();
    assert_eq!(keys.texts, (36 + 37) * CHARACTERS + 36 + dashed);
    // At each of the 32 digits there may be any of 22, at each of the 4 dashes a dash alone.
    assert_eq!(keys.keys, 32 * 22 + 4);
    claims::hold("keys", keys.texts);
}

/// Two places at once, and all places of four dashes. It takes a few seconds:
/// `cargo test --release --all-features --test against_oracle -- --ignored --nocapture every_text_with_two`.
#[test]
#[ignore = "it takes seconds, optimized; the test above has one place at once, and up to two dashes"]
fn every_text_with_two_wrong_places_or_other_dashes_is_no_key() {
    let letters: Vec<char> = KEY.chars().collect();
    let mut keys = Keys::new();
    for first in 0..36 {
        for second in first + 1..36 {
            for class in CLASSES {
                for other in CLASSES {
                    keys.hold(&with(&letters, &[(first, class), (second, other)]));
                }
            }
        }
    }
    // Two digits of 32, a digit and a dash, two dashes of 4.
    assert_eq!(keys.keys, 32 * 31 / 2 * 9 + 32 * 4 * 3 + 4 * 3 / 2);
    for length in 35..=37 {
        for dashes in 3..=4 {
            each_with_dashes(length, dashes, &mut |text| keys.hold(text));
        }
    }
    let choose = |n: usize, k: usize| (0..k).fold(1, |product, m| product * (n - m) / (m + 1));
    let dashed: usize = (35..=37).map(|length| choose(length, 3) + choose(length, 4)).sum();
    assert_eq!(keys.texts, choose(36, 2) * CLASSES.len() * CLASSES.len() + dashed);
    assert_eq!(keys.keys, 32 * 31 / 2 * 9 + 32 * 4 * 3 + 4 * 3 / 2 + 1);
    claims::hold("keys-of-two", keys.texts);
}

/// A character of each length in bytes, from one to four.
const WIDTHS: [char; 4] = ['n', 'é', '名', '😀'];

struct Names {
    rules: Ruleset,
    state: State,
    names: usize,
}

impl Names {
    fn new() -> Self {
        let state = State::new([Region::new("ap-shanghai")], [Image::new("ap-shanghai", "img-o3ycss2p")]);
        Self { rules: only("image-name-length", page(latest())), state: state.unwrap(), names: 0 }
    }

    /// Holds a name of so many characters to the bound.
    fn hold(&mut self, name: &str, length: usize) {
        self.names += 1;
        let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_image_name(name);
        let report = self.rules.check(&request, &self.state);
        assert_eq!(report.violations().is_empty(), length <= 60, "{length} characters: {name:?}");
    }

    /// Holds the names of these mixtures to the bound.
    fn hold_mixtures(
        &mut self,
        lengths: std::ops::RangeInclusive<usize>,
        is_in: impl Fn([usize; 4]) -> bool,
    ) {
        for length in lengths {
            for one in 0..=length {
                for two in 0..=length - one {
                    for three in 0..=length - one - two {
                        let counts = [one, two, three, length - one - two - three];
                        if !is_in(counts) {
                            continue;
                        }
                        let parts =
                            WIDTHS.iter().zip(counts).map(|(letter, count)| letter.to_string().repeat(count));
                        let parts: Vec<String> = parts.collect();
                        // The order of the characters says nothing.
                        self.hold(&parts.concat(), length);
                        self.hold(&parts.into_iter().rev().collect::<String>(), length);
                    }
                }
            }
        }
    }
}

#[test]
fn a_name_of_two_kinds_of_characters_has_at_most_sixty() {
    let mut names = Names::new();
    names.hold_mixtures(0..=61, |counts| counts.iter().filter(|count| **count > 0).count() <= 2);
    // Of each length one empty mixture or four of one kind, and for each of six
    // pairs those of two kinds.
    let of_two: usize = (1..=61).map(|length| 4 + 6 * (length - 1)).sum();
    assert_eq!(names.names, 2 * (1 + of_two));
    for character in characters() {
        for length in 59..=61 {
            let (all, last): (Vec<usize>, usize) = ((0..length).collect(), length - 1);
            for places in [&[0][..], &[last], &[0, last], &[0, 1, last - 1, last], &[30], &all] {
                let changes: Vec<(usize, char)> = places.iter().map(|n| (*n, character)).collect();
                names.hold(&with(&vec!['n'; length], &changes), length);
            }
        }
    }
    assert_eq!(names.names, 2 * (1 + of_two) + CHARACTERS * 3 * 6);
    // Much longer ones, among them those whose bytes are counted in one more digit.
    const LONG: [usize; 8] = [62, 64, 99, 100, 127, 128, 4_096, 65_536];
    for length in LONG {
        for character in WIDTHS {
            names.hold(&String::from(character).repeat(length), length);
        }
    }
    assert_eq!(names.names, 2 * (1 + of_two) + CHARACTERS * 3 * 6 + LONG.len() * 4);
    claims::hold("name-lengths", names.names);
}

/// All mixtures. It takes a few seconds:
/// `cargo test --release --all-features --test against_oracle -- --ignored --nocapture a_name_of_any_mixture`.
#[test]
#[ignore = "it takes seconds, optimized; the test above has mixtures of two kinds"]
fn a_name_of_any_mixture_has_at_most_sixty() {
    let mut names = Names::new();
    names.hold_mixtures(59..=61, |_| true);
    let mixtures: usize = (59..=61).map(|length| (length + 1) * (length + 2) * (length + 3) / 6).sum();
    assert_eq!(names.names, 2 * mixtures);
    claims::hold("name-lengths-of-four", names.names);
}
