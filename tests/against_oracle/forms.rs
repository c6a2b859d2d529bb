//! What a text says by itself: the form of an image id, the form of a key, the length of a name. Every text over a
//! reduced alphabet, one letter for each class that the form tells apart, is held to a recogniser that is written here
//! from the page's facts, letter by letter, and not to a pattern.
//!
//! - An image id is `img-` and at least eight digits or small letters. Whether a text is one is found out from the first
//!   character to the last: up to the fourth each character must be the one of `img-`, behind it each must be a good one,
//!   and they are counted up to eight. So all texts of up to five characters and all tails of up to nine behind `img-`
//!   say all of it: a text with a wrong beginning stays wrong whatever follows, and from the ninth good character on one
//!   more changes nothing.
//! - A key is 36 characters, of which four are dashes and the others hexadecimal digits, each place being of one kind. All
//!   texts that differ from a key in up to two places, by each class of characters, all with one character more or fewer,
//!   and all with the dashes elsewhere, are refused; the bound, 36, is met from both sides.
//! - A name has at most 60 characters, however many bytes each has. A character counts as one wherever it stands: all
//!   mixtures of the four lengths in bytes are gone through, from 59 to 61 characters.

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

#[test]
fn every_short_text_is_an_image_id_or_not() {
    let (rules, state) = (only("image-id-format", Edition::FIRST), State::default());
    let (mut texts, mut ids) = (0, 0);
    let mut hold = |text: &str, by_rule: bool| {
        texts += 1;
        ids += usize::from(is_id(text));
        assert_eq!(rules.is_image_id(text), is_id(text), "{text:?}");
        if by_rule {
            let report = rules.check(&SyncRequest::new(text, ["ap-shanghai"]), &state);
            assert_eq!(report.violations().is_empty(), is_id(text), "{text:?}");
        }
    };
    // The letters of `img-`, a digit, another small letter; and what is wrong everywhere: a capital letter, one of another
    // script, a digit of another script, and what ends a line.
    let letters = ['i', 'm', 'g', '-', '7', 'q', 'I', 'é', '\u{663}', '\n'];
    for length in 0..=5 {
        each_text("", &letters, length, &mut |text| {
            hold(text, length <= 3);
            // With enough behind it.
            hold(&format!("{text}00000000"), length == 4);
        });
    }
    let tail = ['7', 'q', 'Q', '\u{663}'];
    for length in 0..=9 {
        each_text("img-", &tail, length, &mut |text| hold(text, length <= 5));
    }
    let beginnings: usize = (0..=5).map(|length| 2 * power(10, length)).sum();
    let tails: usize = (0..=9).map(|length| power(4, length)).sum();
    assert_eq!(texts, beginnings + tails);
    claims::hold("ids", texts);
    // Behind `img-`: nothing, or one of `imgq7`, before eight noughts; and two good letters in eight places and in nine.
    assert_eq!(ids, 1 + 5 + power(2, 8) + power(2, 9));
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

/// Calls this with every text that is a key with so many dashes, all of it hexadecimal digits but for these.
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

/// A digit, a small letter and a capital one that are hexadecimal; and what is none: the letters behind them, a dash, one
/// of another script, a digit of another script.
const CLASSES: [char; 8] = ['7', 'b', 'F', 'g', 'G', '-', 'é', '\u{663}'];
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
    for n in 0..36 {
        for class in CLASSES {
            keys.hold(&with(&letters, &[(n, class)]));
        }
        let mut fewer = letters.clone();
        fewer.remove(n);
        keys.hold(&fewer.iter().collect::<String>());
    }
    for n in 0..=36 {
        for class in CLASSES {
            let mut more = letters.clone();
            more.insert(n, class);
            keys.hold(&more.iter().collect::<String>());
        }
    }
    // As many characters as in any key, and one more: no dash, one or two, wherever.
    for length in 0..=37 {
        for dashes in 0..=2_usize.min(length) {
            each_with_dashes(length, dashes, &mut |text| keys.hold(text));
        }
    }
    let dashed: usize = (0..=37_usize).map(|length| 1 + length + length * length.saturating_sub(1) / 2).sum();
    assert_eq!(keys.texts, 36 * 8 + 36 + 37 * 8 + dashed);
    claims::hold("keys", keys.texts);
    // At each of the 32 digits three classes are digits, at each of the 4 dashes one is a dash.
    assert_eq!(keys.keys, 32 * 3 + 4);
}

/// Two places at once, and all places of four dashes. It takes a few seconds: `cargo test --release --all-features
/// --test against_oracle -- --ignored --nocapture every_text_with_two`.
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
    assert_eq!(keys.texts, choose(36, 2) * 64 + dashed);
    assert_eq!(keys.keys, 32 * 31 / 2 * 9 + 32 * 4 * 3 + 4 * 3 / 2 + 1);
    claims::hold("keys-of-two", keys.texts);
}

/// A character of each length in bytes, from one to four.
const WIDTHS: [char; 4] = ['n', 'é', '名', '😀'];

/// Holds the names of these mixtures to the bound. Returns how many there were.
fn hold_names(lengths: std::ops::RangeInclusive<usize>, is_in: impl Fn([usize; 4]) -> bool) -> usize {
    let rules = only("image-name-length", page(latest()));
    let state =
        State::new([Region::new("ap-shanghai")], [Image::new("ap-shanghai", "img-o3ycss2p")]).unwrap();
    let mut names = 0;
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
                    let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
                    // The order of the characters says nothing.
                    for name in [parts.concat(), parts.into_iter().rev().collect()] {
                        let report = rules.check(&request.clone().with_image_name(name), &state);
                        assert_eq!(
                            report.violations().is_empty(),
                            length <= 60,
                            "{length} characters: {counts:?}"
                        );
                        names += 1;
                    }
                }
            }
        }
    }
    names
}

#[test]
fn a_name_of_two_kinds_of_characters_has_at_most_sixty() {
    let names = hold_names(0..=61, |counts| counts.iter().filter(|count| **count > 0).count() <= 2);
    // Of each length one empty mixture or four of one kind, and for each of six pairs those of two kinds.
    let of_two: usize = (1..=61).map(|length| 4 + 6 * (length - 1)).sum();
    assert_eq!(names, 2 * (1 + of_two));
    claims::hold("name-lengths", names);
}

/// All mixtures. It takes a few seconds: `cargo test --release --all-features --test against_oracle -- --ignored
/// --nocapture a_name_of_any_mixture`.
#[test]
#[ignore = "it takes seconds, optimized; the test above has mixtures of two kinds"]
fn a_name_of_any_mixture_has_at_most_sixty() {
    let names = hold_names(59..=61, |_| true);
    let mixtures: usize = (59..=61).map(|length| (length + 1) * (length + 2) * (length + 3) / 6).sum();
    assert_eq!(names, 2 * mixtures);
    claims::hold("name-lengths-of-four", names);
}
