//! The switch of the mutants that are compiled into a copy of the sources.
//!
//! `MUTANT` has the number of the one that is on. `MUTANTS_REACHED` names a file instead, in which
//! the byte of each mutant that is reached becomes 1.
#![feature(core_intrinsics, const_eval_select)]
#![allow(internal_features, reason = "a `const fn` is mutated too, where it runs")]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

const RECORDING: u32 = u32::MAX;
const MOST: usize = 1 << 16;

static ON: AtomicU32 = AtomicU32::new(0);
static SEEN: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];
static REACHED: OnceLock<File> = OnceLock::new();

/// Before `main`: a test that counts allocations must not see those that reading a variable takes.
#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    if let Some(path) = std::env::var_os("MUTANTS_REACHED") {
        let file = OpenOptions::new().write(true).open(path).expect("the file is there");
        let _ = REACHED.set(file);
        ON.store(RECORDING, Ordering::Relaxed);
    } else if let Some(number) = std::env::var("MUTANT").ok().and_then(|number| number.parse().ok()) {
        ON.store(number, Ordering::Relaxed);
    }
}

/// Tells if this mutant is on.
#[inline]
pub const fn on(number: u32) -> bool {
    const fn never(_: u32) -> bool {
        false
    }
    core::intrinsics::const_eval_select((number,), never, is_on)
}

#[inline]
fn is_on(number: u32) -> bool {
    let on = ON.load(Ordering::Relaxed);
    if on == RECORDING {
        record(number);
    }
    on == number
}

#[cold]
#[inline(never)]
fn record(number: u32) {
    let seen = &SEEN[number as usize];
    if !seen.load(Ordering::Relaxed) {
        seen.store(true, Ordering::Relaxed);
        if let Some(file) = REACHED.get() {
            let _ = file.write_at(&[1], u64::from(number));
        }
    }
}

/// What an `impl Iterator` returns whose body is mutated.
#[derive(Clone)]
pub enum Either<L, R> {
    Left(L),
    Right(R),
}

macro_rules! each {
    ($self:ident, $name:ident => $body:expr) => {
        match $self {
            Either::Left($name) => $body,
            Either::Right($name) => $body,
        }
    };
}

impl<T, L: Iterator<Item = T>, R: Iterator<Item = T>> Iterator for Either<L, R> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        each!(self, of => of.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        each!(self, of => of.size_hint())
    }
}

impl<T, L: DoubleEndedIterator<Item = T>, R: DoubleEndedIterator<Item = T>> DoubleEndedIterator
    for Either<L, R>
{
    fn next_back(&mut self) -> Option<T> {
        each!(self, of => of.next_back())
    }
}

impl<T, L: ExactSizeIterator<Item = T>, R: ExactSizeIterator<Item = T>> ExactSizeIterator for Either<L, R> {}
impl<T, L: std::iter::FusedIterator<Item = T>, R: std::iter::FusedIterator<Item = T>> std::iter::FusedIterator
    for Either<L, R>
{
}
