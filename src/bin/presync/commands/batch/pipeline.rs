//! Pipeline from lines to reports, on several threads and in order.
//!
//! No thread only reads or only writes: each reads a block, checks it, and writes its reports when
//! the earlier blocks are written. So all threads check lines, a single thread hands no block over,
//! and memory holds one block for each thread and the reports that wait for an earlier block.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::mem;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use presync::check::lines::Batch;

use crate::lines::{Block, Blocks};

use super::progress::Progress;
use super::tally::Tally;

/// Blocks for each thread that may wait for an earlier one. When there are more, their threads wait
/// too.
const WAITING_BLOCKS: u64 = 4;

/// Memory for reports that is kept from block to block.
const KEPT_BYTES: usize = 1 << 20;

/// End of a run.
pub(crate) enum Ended {
    /// Every line is checked and every report written.
    AtTheEnd,
    /// An error of reading.
    Reading(io::Error),
    /// An error of writing.
    Writing(io::Error),
}

/// Checks every line of `source` and writes its report to `out`.
pub(crate) fn run(
    batch: &Batch<'_>,
    source: impl Read + Send,
    out: impl Write + Send,
    threads: usize,
    max_line: usize,
    progress: &Progress,
) -> (Tally, Ended) {
    let reports = Reports { out, next: 0, waiting: BTreeMap::new(), spare: Vec::new(), failure: None };
    let run = Run {
        batch,
        progress,
        blocks: Mutex::new(Blocks::new(source, max_line)),
        reports: Mutex::new(reports),
        turn: Condvar::new(),
        is_over: AtomicBool::new(false),
        window: WAITING_BLOCKS * u64::try_from(threads).unwrap_or(u64::MAX),
    };
    let mut tally = Tally::default();
    let mut failure = None;
    thread::scope(|scope| {
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, || run.work());
        // Where the system gives no more threads, fewer do the work.
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
    let mut reports = run.reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    let written = reports.failure.take().map_or_else(|| reports.out.flush(), Err);
    let ended = match (written, failure) {
        (Err(error), _) => Ended::Writing(error),
        (Ok(()), Some(error)) => Ended::Reading(error),
        (Ok(()), None) => Ended::AtTheEnd,
    };
    (tally, ended)
}

/// State that the threads share.
struct Run<'b, R, W> {
    batch: &'b Batch<'b>,
    progress: &'b Progress,
    blocks: Mutex<Blocks<R>>,
    reports: Mutex<Reports<W>>,
    /// Notified when a block is written, for which others may wait.
    turn: Condvar,
    /// True if no more reports are wanted.
    is_over: AtomicBool,
    window: u64,
}

/// The reports: where they are written, and those that wait for an earlier block.
struct Reports<W> {
    out: W,
    /// Index of the block whose reports are written next.
    next: u64,
    waiting: BTreeMap<u64, Vec<u8>>,
    /// Memory to be used again.
    spare: Vec<Vec<u8>>,
    failure: Option<io::Error>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panics ends the run, so that no other uses the state that it left.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<R: Read, W: Write> Run<'_, R, W> {
    /// Reads and checks block after block, on one thread. Returns the counts, and the error of
    /// reading.
    fn work(&self) -> (Tally, Option<io::Error>) {
        let _leaving = Leaving(self);
        let mut tally = Tally::default();
        let mut block = Block::default();
        let mut reports = Vec::new();
        while !self.is_over() {
            let read = locked(&self.blocks).read(&mut block);
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return (tally, Some(error)),
            }
            reports.clear();
            reports.shrink_to(KEPT_BYTES);
            for (number, line) in block.lines() {
                tally.add(&self.batch.line(number, line, &mut reports));
            }
            self.hand_in(block.number, &mut reports);
            self.progress.advance(block.size());
        }
        (tally, None)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Writes the reports of a block, or leaves them to the thread that writes the block before it.
    fn hand_in(&self, number: u64, reports: &mut Vec<u8>) {
        let mut shared = locked(&self.reports);
        if shared.next != number {
            let empty = shared.spare.pop().unwrap_or_default();
            shared.waiting.insert(number, mem::replace(reports, empty));
            while !self.is_over() && number >= shared.next.saturating_add(self.window) {
                shared = self.turn.wait(shared).unwrap_or_else(PoisonError::into_inner);
            }
            return;
        }
        shared.write(reports, self.progress);
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

/// Guard that ends the run when its thread panics: the others would wait for the block of that
/// thread for ever.
struct Leaving<'r, 'b, R, W>(&'r Run<'b, R, W>);

impl<R, W> Drop for Leaving<'_, '_, R, W> {
    fn drop(&mut self) {
        if thread::panicking() {
            // The lock is held, so that no thread is between its last look at the flag and its
            // wait.
            let reports = locked(&self.0.reports);
            self.0.is_over.store(true, Ordering::Relaxed);
            drop(reports);
            self.0.turn.notify_all();
        }
    }
}

impl<W: Write> Reports<W> {
    /// Writes the reports of the next block, unless writing has failed.
    fn write(&mut self, reports: &[u8], progress: &Progress) {
        self.next += 1;
        if self.failure.is_none() {
            self.failure = progress.aside(|| self.out.write_all(reports)).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use presync::{Edition, ErrorCode, Facts, Findings, Ruleset, State, check_fn};

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
            for (report, number) in starts {
                assert!(report.starts_with(format!("{{\"line\":{number},").as_bytes()), "{number}");
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

    /// Far more than it takes.
    const LONG: Duration = Duration::from_secs(10);

    /// Forty lines: each is read alone, and so is a block.
    struct Counted {
        left: usize,
        reads: Arc<AtomicUsize>,
    }

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(left) = self.left.checked_sub(1) else { return Ok(0) };
            let region = if self.left == 40 { "first" } else { "other" };
            self.left = left;
            self.reads.fetch_add(1, Ordering::SeqCst);
            let line = format!("{{\"request\":{{\"DestinationRegions\":[\"{region}\"]}}}}\n");
            line.as_bytes().read(buffer)
        }
    }

    /// Checks the lines on two threads. One of them calls `first` while it checks the first line.
    fn run_with(first: impl Fn(&AtomicUsize) + Send + Sync + 'static) {
        let reads = Arc::new(AtomicUsize::new(0));
        let source = Counted { left: 40, reads: Arc::clone(&reads) };
        let check = move |facts: &Facts<'_>, _: &mut Findings<'_>| {
            if facts.request().destination_regions == ["first"] {
                first(&reads);
            }
        };
        let code = ErrorCode::own("Test.First").unwrap();
        let rules = Ruleset::empty(Edition::LATEST).with_check(check_fn("test/first", code, check)).unwrap();
        let (state, mut out) = (State::default(), Vec::new());
        run(&Batch::new(&rules, &state), source, &mut out, 2, 1_000, &Progress::new(None));
        assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 40);
    }

    #[test]
    fn four_blocks_of_each_thread_wait_for_an_earlier_one() {
        let found = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&found);
        run_with(move |reads| {
            let start = Instant::now();
            while reads.load(Ordering::SeqCst) < 1 + 8 && start.elapsed() < LONG {
                thread::sleep(Duration::from_millis(1));
            }
            // The other thread waits with the last of them, and reads no more.
            thread::sleep(Duration::from_millis(50));
            seen.store(reads.load(Ordering::SeqCst), Ordering::SeqCst);
        });
        assert_eq!(found.load(Ordering::SeqCst), 1 + 8);
    }

    #[test]
    fn who_waits_for_a_block_of_a_thread_that_panics_is_told() {
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            let panicking = || {
                run_with(|reads| {
                    while reads.load(Ordering::SeqCst) < 1 + 8 {
                        thread::sleep(Duration::from_millis(1));
                    }
                    panic!("it is meant to")
                });
            };
            done.send(panic::catch_unwind(AssertUnwindSafe(panicking)).is_err())
        });
        assert_eq!(ended.recv_timeout(LONG), Ok(true));
    }
}
