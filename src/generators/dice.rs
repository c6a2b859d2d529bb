//! The dice that every generated value is made of: bytes, each with a place of its own.
//!
//! In every die 0 is the ordinary case, and so is a die that is not there. A value with more zeros
//! is a simpler one, and a change of one die changes one thing: that is what lets failures shrink,
//! and fuzzers mutate.

/// Dice that are left to be rolled, in order.
#[derive(Debug)]
pub(crate) struct Dice<'d>(&'d [u8]);

impl<'d> Dice<'d> {
    pub(crate) fn new(bytes: &'d [u8]) -> Self {
        Self(bytes)
    }

    /// Takes the dice of one record. However many of them are rolled, what comes after
    /// the record keeps its place.
    pub(crate) fn take(&mut self, count: usize) -> Self {
        let (taken, rest) = self.0.split_at_checked(count).unwrap_or((self.0, &[]));
        self.0 = rest;
        Self(taken)
    }

    /// Takes one die.
    pub(crate) fn die(&mut self) -> Die {
        let Self([first, rest @ ..]) = *self else { return Die(0) };
        self.0 = rest;
        Die(*first)
    }

    /// Takes one die: true in `share` of 256 cases.
    pub(crate) fn is(&mut self, share: u8) -> bool {
        self.die().is_in(share)
    }

    /// Takes one die, for an element of `pool`; the default where the pool is empty.
    pub(crate) fn pick<T: Copy + Default>(&mut self, pool: &[T]) -> T {
        self.die().pick(pool).copied().unwrap_or_default()
    }
}

/// One die that was rolled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Die(u8);

impl Die {
    /// A die that was rolled so.
    #[cfg(feature = "vectors")]
    pub(crate) fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// Returns the lowest die for each number below `sides`.
    #[cfg(feature = "proptest")]
    pub(crate) fn all(sides: usize) -> impl Iterator<Item = u8> {
        (0..sides).filter_map(move |number| u8::try_from((number * 256).div_ceil(sides)).ok())
    }

    /// Returns a number below `sides`: 0 for 0, and the more the larger.
    pub(crate) fn of(self, sides: usize) -> usize {
        usize::from(self.0) * sides / 256
    }

    /// True in `share` of 256 cases, and not for 0.
    pub(crate) fn is_in(self, share: u8) -> bool {
        usize::from(self.0) + usize::from(share) >= 256
    }

    /// True where the number is below `limit`: in `limit` of 256 cases, 0 among them.
    pub(crate) fn is_below(self, limit: u8) -> bool {
        self.0 < limit
    }

    /// Returns an element, the first one for 0.
    pub(crate) fn pick<T>(self, pool: &[T]) -> Option<&T> {
        pool.get(self.of(pool.len()))
    }
}

/// A text and a number that come from no pool. All of one roll share them.
#[derive(Debug)]
pub(crate) struct Free {
    pub(crate) text: String,
    pub(crate) number: u64,
}

/// The most characters of a text that comes from no pool.
const CHARACTERS: usize = 12;

impl Free {
    pub(crate) const DICE: usize = 1 + 2 * CHARACTERS + 8;

    pub(crate) fn new(mut dice: Dice<'_>) -> Self {
        let length = dice.die().of(CHARACTERS + 1);
        let mut texts = dice.take(2 * CHARACTERS);
        let text = (0..length).map(|_| character(texts.die(), texts.die())).collect();
        let number = (0..8).fold(0, |number, _| (number << 8) | u64::from(dice.die().0));
        Self { text, number }
    }
}

/// A character: `a` for 0, mostly one of ASCII, sometimes any other.
fn character(Die(plane): Die, Die(low): Die) -> char {
    let of = |high: u8| char::from_u32(u16::from_be_bytes([high, low]).into());
    match plane {
        0..160 => char::from(low.wrapping_add(b'a') & 0x7f),
        160..240 => of(plane - 160).unwrap_or('\u{e9}'),
        // Beyond what fits two bytes.
        240.. => char::from_u32(0x1_f300 + u32::from(low)).unwrap_or('\u{1f980}'),
    }
}

/// Puts the first ones there until so many are.
pub(crate) fn fill_up(are_there: &mut [bool], least: usize) {
    let mut missing = least.saturating_sub(are_there.iter().filter(|is_there| **is_there).count());
    for is_there in are_there.iter_mut().filter(|is_there| !**is_there) {
        *is_there = missing > 0;
        missing = missing.saturating_sub(1);
    }
}

/// Holds that what is made of dice takes so many of them at most, and sometimes the last of them.
#[cfg(test)]
pub(crate) fn takes<T: std::fmt::Debug>(count: usize, make: impl Fn(Dice<'_>) -> T) {
    let mut random = 1_u64;
    let mut byte = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        random.to_be_bytes()[0]
    };
    let make = |bytes: &[u8]| format!("{:?}", make(Dice::new(bytes)));
    let takes_last = (0..1_000).filter(|_| {
        let mut bytes: Vec<u8> = (0..=count).map(|_| byte()).collect();
        let made = make(&bytes[..count]);
        assert_eq!(made, make(&bytes), "more than {count} dice are taken");
        bytes[count - 1] ^= 0xff;
        made != make(&bytes)
    });
    assert!(takes_last.count() > 0, "fewer than {count} dice are taken");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn characters_are_mostly_of_ascii_and_sometimes_any_other() {
        let all = || (0..=u8::MAX).flat_map(|plane| (0..=u8::MAX).map(move |low| (Die(plane), Die(low))));
        assert_eq!(character(Die(0), Die(0)), 'a');
        let seen: BTreeSet<char> = all().map(|(plane, low)| character(plane, low)).collect();
        // Of one to four bytes: all of ASCII, accents, the first of the ideographs, and pictures.
        let expected = ('\0'..='\u{4fff}').chain('\u{1f300}'..='\u{1f3ff}').collect();
        assert_eq!(seen, expected);
        let ascii = all().filter(|(plane, low)| character(*plane, *low).is_ascii()).count();
        assert!(ascii > 160 * 256 && ascii < 170 * 256, "{ascii}");
    }

    #[test]
    fn a_free_text_and_number_take_their_dice() {
        takes(Free::DICE, Free::new);
    }
}
