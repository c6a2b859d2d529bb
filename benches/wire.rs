//! Bytes to a verdict, beside the plainest reading of the same bytes: `cargo bench --bench wire`.
//!
//! For JSON that is serde_json into a plain struct, for query strings form_urlencoded collected
//! into the same struct: neither refuses anything, counts anything or checks anything.
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a bench stops where its input is wrong, and its entry point is made by a macro"
)]

mod rivals;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use presync::{Edition, Ruleset, wire};
use rivals::{accepted, plain, state};

fn bodies(c: &mut Criterion) {
    let state = state(100, 20);
    let rules = Ruleset::default();
    let latest = Ruleset::documented(Edition::LATEST);
    let request = accepted(3);
    let json = serde_json::to_vec(&request).expect("JSON");
    let query = wire::encode_query(&request);
    assert_eq!(wire::decode(&json).as_ref(), Ok(&request));
    assert_eq!(wire::decode(query.as_bytes()).as_ref(), Ok(&request));
    assert_eq!(plain::of_json(&json).into_request(), request);
    assert_eq!(plain::of_query(query.as_bytes()).into_request(), request);

    let mut group = c.benchmark_group("json");
    group.throughput(Throughput::Bytes(u64::try_from(json.len()).unwrap_or_default()));
    group.bench_function("serde_json alone", |b| b.iter(|| plain::of_json(black_box(&json))));
    group.bench_function("decode", |b| b.iter(|| wire::decode(black_box(&json))));
    let check =
        |bytes: &[u8], rules: &Ruleset| wire::decode(bytes).map(|request| rules.check(&request, &state));
    group.bench_function("decode and check", |b| b.iter(|| check(black_box(&json), &rules)));
    group.bench_function("decode and check, latest", |b| b.iter(|| check(black_box(&json), &latest)));
    group.finish();

    let mut group = c.benchmark_group("query");
    group.throughput(Throughput::Bytes(u64::try_from(query.len()).unwrap_or_default()));
    let query = query.as_bytes();
    group.bench_function("form_urlencoded alone", |b| b.iter(|| plain::of_query(black_box(query))));
    group.bench_function("decode", |b| b.iter(|| wire::decode(black_box(query))));
    group.bench_function("decode and check", |b| b.iter(|| check(black_box(query), &rules)));
    group.bench_function("decode and check, latest", |b| b.iter(|| check(black_box(query), &latest)));
    group.finish();
}

criterion_group!(benches, bodies);
criterion_main!(benches);
