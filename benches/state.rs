//! Loading a state, beside reading the same bytes into plain structs with serde_json alone, and
//! what changes it then: `cargo bench --bench state`.
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a bench stops where its input is wrong, and its entry point is made by a macro"
)]

mod rivals;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use presync::{Image, State};
use rivals::plain;

/// The cost for each image stays nearly the same: names are sorted once.
fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(20);
    for count in [100, 10_000, 100_000] {
        let state = rivals::state(count, 20);
        let json = serde_json::to_vec(&state).expect("JSON");
        plain::state_of_json(&json);
        group.throughput(Throughput::Elements(u64::try_from(count).expect("a count")));
        group.bench_with_input(BenchmarkId::new("State::from_json", count), &json, |b, json| {
            b.iter(|| State::from_json(black_box(json)).expect("a state"))
        });
        group.bench_with_input(BenchmarkId::new("serde_json alone", count), &json, |b, json| {
            b.iter(|| plain::state_of_json(black_box(json)))
        });
        group.bench_function(BenchmarkId::new("State::new", count), |b| {
            let records = || (state.regions().to_vec(), state.images().to_vec());
            b.iter_with_large_drop(|| {
                let (regions, images) = records();
                State::new(regions, images).expect("a state")
            })
        });
    }
    group.finish();
}

/// A state that lives: none of this depends on the number of images, but for a root of it
/// where images come and go.
fn living(c: &mut Criterion) {
    /// Applied in a row, so that the clone that they start from does not count.
    const IN_A_ROW: u64 = 200;

    let request = rivals::accepted(3);
    for count in [100, 10_000, 100_000] {
        let state = rivals::state(count, 20);
        let mut group = c.benchmark_group("clone");
        group.bench_function(BenchmarkId::from_parameter(count), |b| b.iter(|| black_box(&state).clone()));
        group.finish();
        let mut group = c.benchmark_group("after");
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| black_box(&state).after(black_box(&request)))
        });
        group.finish();
        let mut group = c.benchmark_group("apply");
        group.throughput(Throughput::Elements(IN_A_ROW));
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter_batched_ref(
                || state.clone(),
                |state| (0..IN_A_ROW).for_each(|_| state.apply(black_box(&request))),
                BatchSize::SmallInput,
            )
        });
        group.finish();
        let mut group = c.benchmark_group("remove and insert");
        let images: Vec<Image> = state.images().iter().step_by(count / 100).cloned().collect();
        group.throughput(Throughput::Elements(2));
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            let mut state = state.clone();
            let mut images = images.iter().cycle();
            b.iter(|| {
                let image = images.next().expect("there is no end of them");
                let image = state.remove_image(&image.region, &image.image_id).expect("it is listed");
                state.insert_image(image).expect("its region is listed")
            })
        });
        group.finish();
        // As who keeps a clone for readers and changes the next one.
        let mut group = c.benchmark_group("clone, remove and insert");
        group.throughput(Throughput::Elements(2));
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            let mut now = state.clone();
            let mut images = images.iter().cycle();
            b.iter(|| {
                let image = images.next().expect("there is no end of them");
                let mut next = now.clone();
                let image = next.remove_image(&image.region, &image.image_id).expect("it is listed");
                next.insert_image(image).expect("its region is listed");
                now = next;
            })
        });
        group.finish();
    }
}

criterion_group!(benches, load, living);
criterion_main!(benches);
