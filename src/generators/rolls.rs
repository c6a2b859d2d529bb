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
        let count = self.count;
        let mut dice = Vec::with_capacity(count + 8);
        while dice.len() < count {
            dice.extend_from_slice(&num::u64::ANY.new_tree(runner)?.current().to_le_bytes());
        }
        dice.truncate(count);
        Ok(Tree {
            tried: dice.clone(),
            kept: dice,
            simple: Arc::clone(&self.simple),
            next: Next::Simple { place: 0 },
        })
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
    /// So many dice from `at` on are 0. `had` is true if a try of this pass succeeded, and `again`
    /// if it follows a pass in which dice became smaller.
    Zero {
        size: usize,
        at: usize,
        had: bool,
        again: bool,
    },
    /// The die at `at` is halfway between `low`, below which it is known not to fail, and what it is.
    Lower {
        at: usize,
        low: u8,
        had: bool,
    },
    Done,
}

impl Tree {
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
                Next::Zero { size, at, .. } if *at < self.kept.len() => {
                    let run = self.tried.iter_mut().skip(*at).take(*size);
                    let bits = run.fold(0, |bits, die| bits | std::mem::take(die));
                    *at += *size;
                    if bits != 0 {
                        return true;
                    }
                }
                Next::Zero { size: 1, had: false, again: true, .. } => self.next = Next::Done,
                Next::Zero { size: 1, had: false, again: false, .. } => {
                    self.next = Next::Lower { at: 0, low: 1, had: false };
                }
                // Of single dice, what would not go before may go now.
                Next::Zero { size, .. } => self.next = Next::zero(size.div_ceil(2), false),
                Next::Lower { at, low, had } => match self.tried.get_mut(*at) {
                    Some(die) if *die > *low => {
                        *die = middle(*low, *die);
                        return true;
                    }
                    Some(_) => self.next = Next::Lower { at: *at + 1, low: 1, had: *had },
                    None if *had => self.next = Next::zero(1, true),
                    None => self.next = Next::Done,
                },
                Next::Done => return false,
            }
        }
    }
}

impl Next {
    fn zero(size: usize, again: bool) -> Self {
        Self::Zero { size, at: 0, had: false, again }
    }
}

fn middle(low: u8, high: u8) -> u8 {
    low + (high - low) / 2
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
        if let Next::Zero { had, .. } | Next::Lower { had, .. } = &mut self.next {
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
            *low = middle(*low, kept).saturating_add(1);
        }
        self.try_next();
        true
    }
}
