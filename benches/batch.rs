//! A line to its answer, beside what reading and writing the same line costs:
//! `cargo bench --bench batch`.
//!
//! serde_json alone reads a line into a [`Value`](serde_json::Value), or into a struct
//! that has no more than these lines do, and writes that again; a line that it cannot
//! read becomes a short error.
//!
//! For whole runs, the program also makes lines and does what serde_json alone
//! does, from stdin to stdout:
//!
//! ```text
//! cargo bench --bench batch -- state > state.json
//! cargo bench --bench batch -- lines 1000000 > lines.ndjson
//! cargo bench --bench batch -- rewrite value < lines.ndjson > again.ndjson
//! cargo bench --bench batch -- rewrite typed < lines.ndjson > again.ndjson
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench reads its arguments, and stops where its input is wrong"
)]

#[path = "../tests/support/lines.rs"]
mod lines;
mod rivals;

use std::env;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, BufWriter, Write};

use criterion::{Criterion, Throughput};
use presync::check::lines::Batch;
use presync::{Edition, Ruleset};
use rivals::plain::rewrite;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line as the generator writes it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Value,
    region: Option<String>,
    request: Request,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Request {
    Query(String),
    Body(Body),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    version: Option<String>,
    image_ids: Vec<String>,
    destination_regions: Vec<String>,
}

fn rewrite_all(rewrite: fn(&[u8], &mut Vec<u8>)) -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 << 10, io::stdin());
    let mut output = BufWriter::with_capacity(64 << 10, io::stdout());
    let (mut line, mut out) = (Vec::new(), Vec::new());
    while input.read_until(b'\n', &mut line)? > 0 {
        rewrite(&line, &mut out);
        output.write_all(&out)?;
        line.clear();
        out.clear();
    }
    output.flush()
}

fn write_lines(count: u64) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(64 << 10, io::stdout());
    let mut line = Vec::new();
    for number in 1..=count {
        lines::add(number, &mut line);
        output.write_all(&line)?;
        line.clear();
    }
    output.flush()
}

/// Adds the answer to a line.
type Answer<'a> = dyn FnMut(u64, &[u8], &mut Vec<u8>) + 'a;

fn per_line() {
    const LINES: u64 = 10_000;
    let all = lines::first(LINES);
    let lines: Vec<&[u8]> = all.strip_suffix(b"\n").expect("lines").split(|byte| *byte == b'\n').collect();
    let state = lines::state();
    let rules = [Edition::FIRST, Edition::LATEST].map(Ruleset::documented);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("lines");
    group.throughput(Throughput::Elements(LINES));
    let mut out = Vec::new();
    let mut bench = |name: &str, answer: &mut Answer<'_>| {
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                for (number, line) in (1..).zip(&lines) {
                    answer(number, black_box(line), &mut out);
                }
                out.len()
            })
        });
    };
    bench("serde_json alone, Value", &mut |_, line, out| rewrite::<Value>(line, out));
    bench("serde_json alone, typed", &mut |_, line, out| rewrite::<Line>(line, out));
    for (name, rules) in ["batch", "batch, latest"].into_iter().zip(&rules) {
        let batch = Batch::new(rules, &state);
        bench(name, &mut |number, line, out| {
            black_box(batch.line(number, line, out));
        });
    }
    group.finish();
    criterion.final_summary();
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["state"] => io::stdout().write_all(&serde_json::to_vec(&lines::state())?),
        ["lines", count] => write_lines(count.parse().map_err(io::Error::other)?),
        ["rewrite", "value"] => rewrite_all(rewrite::<Value>),
        ["rewrite", "typed"] => rewrite_all(rewrite::<Line>),
        _ => {
            per_line();
            Ok(())
        }
    }
}
