//! Lines to answers, on several threads and in order.
//!
//! No thread only reads or only writes: each one reads a block, checks it, and writes what came of it when it is its
//! turn. So as many threads run as there are cores for, one thread alone hands nothing over, and of all that is under
//! way there is only what the threads have in hand, and the answers that wait for an earlier block.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::mem;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use presync::batch::Batch;

use super::blocks::{Block, Blocks};
use super::progress::Progress;
use super::tally::Tally;

/// How many blocks for each thread may wait for an earlier one. A block that takes so long that this is not enough is
/// waited for.
const WAITING_BLOCKS: u64 = 4;

/// Answers that take more room than this give it back.
const KEPT_BYTES: usize = 1 << 20;

/// How a run ended.
pub(crate) enum Ended {
    /// Every line is answered.
    AtTheEnd,
    /// No more could be read.
    Reading(io::Error),
    /// No more could be written.
    Writing(io::Error),
}

/// Answers every line of `source` on `out`.
pub(crate) fn run(
    batch: &Batch<'_>,
    source: impl Read + Send,
    out: impl Write + Send,
    threads: usize,
    max_line: usize,
    progress: &Progress,
) -> (Tally, Ended) {
    let answers = Answers { out, next: 0, waiting: BTreeMap::new(), spare: Vec::new(), failure: None };
    let run = Run {
        batch,
        progress,
        blocks: Mutex::new(Blocks::new(source, max_line)),
        answers: Mutex::new(answers),
        turn: Condvar::new(),
        is_over: AtomicBool::new(false),
        window: WAITING_BLOCKS * u64::try_from(threads).unwrap_or(u64::MAX),
    };
    let mut tally = Tally::default();
    let mut failure = None;
    thread::scope(|scope| {
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, || run.work());
        // Where there can be no more threads, these do.
        let others: Vec<_> = (1..threads).map_while(|number| spawn(number).ok()).collect();
        let mut add = |(part, error): (Tally, Option<io::Error>)| {
            tally.add_all(part);
            failure = failure.take().or(error);
        };
        add(run.work());
        for other in others {
            match other.join() {
                Ok(worked) => add(worked),
                Err(panicked) => panic::resume_unwind(panicked),
            }
        }
    });
    let mut answers = run.answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let written = answers.failure.take().map_or_else(|| answers.out.flush(), Err);
    let ended = match (written, failure) {
        (Err(error), _) => Ended::Writing(error),
        (Ok(()), Some(error)) => Ended::Reading(error),
        (Ok(()), None) => Ended::AtTheEnd,
    };
    (tally, ended)
}

/// What the threads share.
struct Run<'b, R, W> {
    batch: &'b Batch<'b>,
    progress: &'b Progress,
    blocks: Mutex<Blocks<R>>,
    answers: Mutex<Answers<W>>,
    /// Told when a block is written that others may wait for.
    turn: Condvar,
    /// Whether nobody wants more answers.
    is_over: AtomicBool,
    window: u64,
}

/// What is written, and what waits for it.
struct Answers<W> {
    out: W,
    /// The block whose answers are written next.
    next: u64,
    waiting: BTreeMap<u64, Vec<u8>>,
    /// Room to be used again.
    spare: Vec<Vec<u8>>,
    failure: Option<io::Error>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panics ends the run, so that nobody sees what it left behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<R: Read, W: Write> Run<'_, R, W> {
    /// What one thread does: block after block. What it counted, and why no more could be read.
    fn work(&self) -> (Tally, Option<io::Error>) {
        let _leaving = Leaving(self);
        let mut tally = Tally::default();
        let mut block = Block::default();
        let mut answers = Vec::new();
        while !self.is_over() {
            let read = locked(&self.blocks).read(&mut block);
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return (tally, Some(error)),
            }
            answers.clear();
            answers.shrink_to(KEPT_BYTES);
            for (number, line) in block.lines() {
                tally.add(&self.batch.line(number, line, &mut answers));
            }
            self.hand_in(block.number, &mut answers);
            self.progress.advance(block.size());
        }
        (tally, None)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Writes the answers to a block, or leaves them to the thread that writes those before it.
    fn hand_in(&self, number: u64, answers: &mut Vec<u8>) {
        let mut shared = locked(&self.answers);
        if shared.next != number {
            let empty = shared.spare.pop().unwrap_or_default();
            shared.waiting.insert(number, mem::replace(answers, empty));
            while !self.is_over() && number >= shared.next.saturating_add(self.window) {
                shared = self.turn.wait(shared).unwrap_or_else(PoisonError::into_inner);
            }
            return;
        }
        shared.write(answers, self.progress);
        loop {
            let next = shared.next;
            let Some(mut waiting) = shared.waiting.remove(&next) else { break };
            shared.write(&waiting, self.progress);
            waiting.clear();
            waiting.shrink_to(KEPT_BYTES);
            shared.spare.push(waiting);
        }
        if shared.failure.is_some() {
            self.is_over.store(true, Ordering::Relaxed);
        }
        drop(shared);
        self.turn.notify_all();
    }
}

/// Ends the run when a thread leaves it in a panic: its block is never handed in, and the others would wait for it.
struct Leaving<'r, 'b, R, W>(&'r Run<'b, R, W>);

impl<R, W> Drop for Leaving<'_, '_, R, W> {
    fn drop(&mut self) {
        if thread::panicking() {
            // With the lock, so that nobody is between having looked and waiting.
            let answers = locked(&self.0.answers);
            self.0.is_over.store(true, Ordering::Relaxed);
            drop(answers);
            self.0.turn.notify_all();
        }
    }
}

impl<W: Write> Answers<W> {
    /// Writes the answers to the next block, unless writing has failed.
    fn write(&mut self, answers: &[u8], progress: &Progress) {
        self.next += 1;
        if self.failure.is_none() {
            self.failure = progress.aside(|| self.out.write_all(answers)).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use presync::{Ruleset, State};

    use super::*;

    fn run_on(out: impl Write + Send, threads: usize) -> (Tally, Ended) {
        let (rules, state) = (Ruleset::default(), State::default());
        let lines = "{\"request\":{}}\n".repeat(30_000);
        run(&Batch::new(&rules, &state), lines.as_bytes(), out, threads, 1_000, &Progress::new(None))
    }

    #[test]
    fn every_block_is_written_once() {
        for threads in [1, 2, 5] {
            let mut out = Vec::new();
            let (tally, ended) = run_on(&mut out, threads);
            assert!(matches!(ended, Ended::AtTheEnd));
            assert!(matches!(tally.status(), crate::outcome::Status::Refused));
            let starts = out.split(|byte| *byte == b'\n').zip(1..=30_000);
            for (answer, number) in starts {
                assert!(answer.starts_with(format!("{{\"line\":{number},").as_bytes()), "{number}");
            }
            assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 30_000);
        }
    }

    struct Panicking;

    impl Write for Panicking {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("it is meant to")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panics() {
        for threads in [1, 3] {
            assert!(panic::catch_unwind(AssertUnwindSafe(|| run_on(Panicking, threads))).is_err());
        }
    }
}
