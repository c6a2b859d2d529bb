//! The strategy below every other one: bytes that shrink to 0.

use std::sync::Arc;

use proptest::num;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// This many dice, and the first ones of rolls that are simple: when a roll fails, these are tried
/// before all others.
#[derive(Clone, Debug)]
pub(crate) struct Rolls {
    count: usize,
    simple: Arc<[Vec<u8>]>,
}

impl Rolls {
    pub(crate) fn new(count: usize) -> Self {
        Self::with_simple(count, [])
    }

    pub(crate) fn with_simple(count: usize, simple: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { count, simple: simple.into_iter().collect() }
    }
}

impl Strategy for Rolls {
    type Tree = Tree;
    type Value = Vec<u8>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut dice = Vec::with_capacity(self.count + 8);
        for _ in 0..self.count.div_ceil(8) {
            dice.extend_from_slice(&num::u64::ANY.new_tree(runner)?.current().to_le_bytes());
        }
        dice.truncate(self.count);
        Ok(Tree::new(dice, Arc::clone(&self.simple)))
    }
}

/// A roll that shrinks. Runs of dice are put to 0 first, halves before quarters, down to single
/// dice: most of a roll has no part in a failure, and goes in a few tries. What cannot be 0 is then
/// made as small as it can be.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// The simplest dice that are known to fail.
    kept: Vec<u8>,
    tried: Vec<u8>,
    simple: Arc<[Vec<u8>]>,
    next: Next,
}

/// What is tried next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The dice are these ones, and 0 after them.
    Simple {
        place: usize,
    },
    /// The run of so many dice at this place is 0. `had` is true if a try of this pass succeeded,
    /// and `again` if it follows the pass in which dice became smaller.
    Zero {
        size: usize,
        place: usize,
        had: bool,
        again: bool,
    },
    /// The die at `at` is halfway between `low`, below which it is known not
    /// to fail, and what it is.
    Lower {
        at: usize,
        low: u8,
    },
    Done,
}

impl Tree {
    fn new(dice: Vec<u8>, simple: Arc<[Vec<u8>]>) -> Self {
        Self { tried: dice.clone(), kept: dice, simple, next: Next::Simple { place: 0 } }
    }

    /// Makes the next try. False if none is left: then what was kept is the value.
    fn try_next(&mut self) -> bool {
        loop {
            self.tried.clone_from(&self.kept);
            match &mut self.next {
                Next::Simple { place } => {
                    let Some(simple) = self.simple.get(*place) else {
                        self.next = Next::zero(self.kept.len().next_power_of_two(), false);
                        continue;
                    };
                    *place += 1;
                    self.tried.fill(0);
                    self.tried.iter_mut().zip(simple).for_each(|(die, simple)| *die = *simple);
                    return true;
                }
                Next::Zero { size, place, had, again } => match self.tried.chunks_mut(*size).nth(*place) {
                    Some(run) => {
                        *place += 1;
                        let is_zero = run.iter().all(|die| *die == 0);
                        run.fill(0);
                        if !is_zero {
                            return true;
                        }
                    }
                    None => {
                        self.next = match (*size, *had, *again) {
                            (1, false, true) => Next::Done,
                            (1, false, false) => Next::Lower { at: 0, low: 1 },
                            // Of single dice, what would not go before may go now.
                            _ => Next::zero(size.div_ceil(2), false),
                        }
                    }
                },
                Next::Lower { at, low } => match self.tried.get_mut(*at) {
                    Some(die) if *die > *low => {
                        *die = low.midpoint(*die);
                        return true;
                    }
                    Some(_) => self.next = Next::Lower { at: *at + 1, low: 1 },
                    None => self.next = Next::zero(1, true),
                },
                Next::Done => return false,
            }
        }
    }
}

impl Next {
    fn zero(size: usize, again: bool) -> Self {
        Self::Zero { size, place: 0, had: false, again }
    }
}

impl ValueTree for Tree {
    type Value = Vec<u8>;

    fn current(&self) -> Vec<u8> {
        self.tried.clone()
    }

    /// What was tried fails too: it is kept.
    fn simplify(&mut self) -> bool {
        std::mem::swap(&mut self.kept, &mut self.tried);
        if let Next::Simple { place: 1.. } = self.next {
            // The others are no simpler.
            self.next = Next::zero(self.kept.len().next_power_of_two(), false);
        }
        if let Next::Zero { had, .. } = &mut self.next {
            *had = true;
        }
        self.try_next()
    }

    /// What was tried does not fail. After the last try this goes back to what was kept, which is a
    /// change too: whoever shrinks several values goes on to the next one only then.
    fn complicate(&mut self) -> bool {
        if let Next::Done = self.next {
            return false;
        }
        if let Next::Lower { at, low, .. } = &mut self.next {
            let kept = self.kept.get(*at).copied().unwrap_or_default();
            *low = low.midpoint(kept).saturating_add(1);
        }
        self.try_next();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks dice that fail, as proptest does. Returns what they become, and the number of tries.
    fn shrunk(dice: &[u8], fails: impl Fn(&[u8]) -> bool) -> (Vec<u8>, usize) {
        let mut tree = Tree::new(dice.to_vec(), [].into());
        let (mut tries, mut goes_on) = (1, tree.simplify());
        while goes_on && tries < 1_000 {
            tries += 1;
            goes_on = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
        }
        (tree.current(), tries)
    }

    #[test]
    fn dice_shrink_to_the_smallest_that_fail() {
        type Fails = fn(&[u8]) -> bool;
        let cases: [(&[u8], Fails, &[u8]); 9] = [
            (&[], |_| true, &[]),
            (&[7, 0, 255, 1, 9], |_| true, &[0, 0, 0, 0, 0]),
            (&[200, 9, 9, 9, 200], |dice| dice[4] >= 77, &[0, 0, 0, 0, 77]),
            (&[200, 9, 9, 9, 200], |dice| dice[0] >= 77, &[77, 0, 0, 0, 0]),
            (&[9, 77, 9], |dice| dice[1] >= 77, &[0, 77, 0]),
            (&[9, 1, 1], |dice| dice[1] >= 1, &[0, 1, 0]),
            (&[255, 200, 255], |dice| dice[0] > 253 && dice[2] > 253, &[254, 0, 254]),
            // The second can only go after the third.
            (
                &[9, 9, 9, 9],
                |dice| dice[0] > 0 && dice[3] > 0 && (dice[1] > 0 || dice[2] == 0),
                &[1, 0, 0, 1],
            ),
            // The second can only go once the third is small.
            (&[0, 9, 200], |dice| dice[2] > 2 && (dice[1] > 0 || dice[2] < 6), &[0, 0, 3]),
        ];
        for (dice, fails, expected) in cases {
            assert!(fails(dice), "{dice:?}");
            let (smallest, tries) = shrunk(dice, fails);
            assert_eq!(smallest, expected);
            assert!(tries < 40, "{dice:?}: {tries} tries");
        }
    }

    /// Two tries for each time that the run with the die is halved, and one for
    /// each time that the die is.
    #[test]
    fn one_die_of_many_is_found_in_a_few_tries() {
        for place in [0, 1, 300, 511] {
            let mut expected = [0; 512];
            expected[place] = 77;
            let (smallest, tries) = shrunk(&[200; 512], |dice| dice[place] >= 77);
            assert_eq!(smallest, expected);
            assert!(tries <= 2 * 10 + 8 + 6, "{place}: {tries} tries");
        }
    }

    #[test]
    fn simple_dice_are_tried_first_and_one_that_fails_is_kept() {
        let tree = || Tree::new(vec![5, 6, 7], [vec![1], vec![2, 3], vec![4]].into());
        let mut none_fails = tree();
        assert!(none_fails.simplify());
        for simple in [[1, 0, 0], [2, 3, 0], [4, 0, 0], [0, 0, 0], [0, 0, 7]] {
            assert_eq!(none_fails.current(), simple);
            assert!(none_fails.complicate());
        }
        let mut second_fails = tree();
        assert!(second_fails.simplify() && second_fails.complicate());
        assert_eq!(second_fails.current(), [2, 3, 0]);
        assert!(second_fails.simplify());
        // The third one is no simpler.
        assert_eq!(second_fails.current(), [0, 0, 0]);
        while second_fails.complicate() {}
        assert_eq!(second_fails.current(), [2, 3, 0]);
    }
}
