//! How one check is timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use presync::{State, SyncRequest};

use crate::Peer;

/// Caches, branch predictors and the clock of the processor need a while.
const WARM_UP: Duration = Duration::from_millis(200);
const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: usize = 15;

/// Nanoseconds for one check: the median of several rounds of many.
pub fn time<P: Peer>(state: &State, request: &SyncRequest) -> f64 {
    let mut peer = P::prepare(state);
    let request = peer.request(request);
    let mut run = |count: u32| {
        let start = Instant::now();
        for _ in 0..count {
            drop(black_box(peer.check(black_box(&request))));
        }
        start.elapsed()
    };

    let mut count = 1;
    let mut took = run(count);
    let warm = Instant::now();
    while took < ROUND / 2 || warm.elapsed() < WARM_UP {
        if took < ROUND / 2 {
            count *= 2;
        }
        took = run(count);
    }
    // The rounds are all of one length, whatever the length of a check is.
    let count = (f64::from(count) * ROUND.as_secs_f64() / took.as_secs_f64()).max(1.0) as u32;
    median((0..ROUNDS).map(|_| run(count).as_secs_f64() * 1e9 / f64::from(count)).collect())
}

pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
