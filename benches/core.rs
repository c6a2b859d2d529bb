//! The check itself, beside two that are written by hand: `cargo bench --bench core`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench stops where its input is wrong, and its entry point is made by a macro"
)]

mod rivals;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use presync::{Ruleset, SyncRequest};
use rivals::{accepted, lean, naive, refused, state};

fn checks(c: &mut Criterion) {
    let state = state(100, 20);
    rivals::hold_to_each_other(&state);
    let rules = Ruleset::default();
    let latest = Ruleset::documented(presync::Edition::LATEST);
    let naive = naive::World::of(&state);
    let lean = lean::World::of(&state);
    for (name, request) in [("accepted", accepted(3)), ("refused", refused())] {
        let mut group = c.benchmark_group(name);
        group.bench_function("presync", |b| b.iter(|| rules.check(black_box(&request), black_box(&state))));
        group.bench_function("presync latest", |b| {
            b.iter(|| latest.check(black_box(&request), black_box(&state)))
        });
        group.bench_function("naive", |b| b.iter(|| black_box(&naive).check(black_box(&request))));
        let mut out = Vec::new();
        group.bench_function("lean", |b| {
            b.iter(|| {
                out.clear();
                black_box(&lean).check(black_box(&request), &mut out);
                out.len()
            })
        });
        group.finish();
    }
}

/// The cost for each destination stays the same.
fn destinations(c: &mut Criterion) {
    let state = state(100, 10_001);
    let rules = Ruleset::documented(presync::Edition::LATEST);
    let mut group = c.benchmark_group("destinations");
    for count in [1, 10, 100, 1_000, 10_000] {
        let request = accepted(count);
        assert!(rules.check(&request, &state).accepted());
        group.throughput(Throughput::Elements(u64::try_from(count).unwrap_or_default()));
        group.bench_with_input(BenchmarkId::from_parameter(count), &request, |b, request: &SyncRequest| {
            b.iter(|| rules.check(black_box(request), black_box(&state)))
        });
    }
    group.finish();
}

/// The cost of a check stays the same.
fn images(c: &mut Criterion) {
    let rules = Ruleset::documented(presync::Edition::LATEST);
    let request = accepted(3);
    let mut group = c.benchmark_group("images");
    for count in [100, 1_000, 10_000, 100_000, 1_000_000] {
        let state = state(count, 20);
        group.bench_with_input(BenchmarkId::from_parameter(count), &state, |b, state| {
            b.iter(|| rules.check(black_box(&request), black_box(state)))
        });
    }
    group.finish();
}

fn rulesets(c: &mut Criterion) {
    c.bench_function("ruleset", |b| b.iter(|| Ruleset::documented(black_box(presync::Edition::LATEST))));
}

criterion_group!(benches, checks, destinations, images, rulesets);
criterion_main!(benches);
