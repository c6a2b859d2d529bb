//! How many instructions the core takes, by valgrind, from the top of the repository:
//!
//!     cargo run --release --manifest-path benches/instructions/Cargo.toml
//!
//! Counts are the same whatever else the machine does, so that they are held to `baseline.txt`,
//! within 5 %, and some of them to multiples of others. Another compiler can move them: with
//! `-- --save` it writes the baseline anew.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a bench starts processes, says what it counted, and stops where something is wrong"
)]

#[path = "../../../tests/support/instructions.rs"]
mod instructions;
#[path = "../../../tests/support/lines.rs"]
mod lines;
#[path = "../../rivals/mod.rs"]
mod rivals;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

use presync::check::lines::Batch;
use presync::{Edition, Ruleset, State, wire};
use rivals::{accepted, refused, state};

/// How often each is done, so that setting it up does not count.
const TIMES: u64 = 500;

/// How many images a document has, the usual number first.
const SIZES: [usize; 2] = [100, 10_000];

const ALL: [&str; 11] = [
    "check, accepted",
    "check, accepted, latest",
    "check, five violations",
    "check, five violations, every word read",
    "suggest, five violations",
    "check, accepted, 100 destinations",
    "decode and check, JSON",
    "decode and check, query",
    "ruleset",
    "lean rival, accepted",
    "naive rival, accepted",
];

/// How much of the instructions of the second the first takes at most, in hundredths.
const AT_MOST: [(&str, &str, u64); 7] = [
    ("check, accepted", "lean rival, accepted", 125),
    ("check, accepted, latest", "lean rival, accepted", 140),
    // Five times is what was aimed at. A refused request is taken through every rule, and what is
    // said of a violation is allocated: the finding, what was sent, the facts.
    ("check, five violations", "check, accepted", 725),
    ("decode and check, query", "decode and check, JSON", 120),
    // Of these only the multiple is held: they are read four times, not thousands of times.
    ("state, 100 images", "plain state, 100 images", 130),
    ("state, 10000 images", "plain state, 10000 images", 130),
    ("1000 lines, checked", "1000 lines, read and written", 120),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, times] = arguments.as_slice()
        && flag == "--do"
    {
        run(name, times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if !instructions::can_be_counted() {
        return if std::env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.txt");
    let set_up = SIZES.map(|images| (images, total(&format!("state, {images} images"), 0)));
    let set_up = BTreeMap::from(set_up);
    let counted: BTreeMap<&str, u64> = ALL.iter().map(|name| (*name, count(name, TIMES, &set_up))).collect();
    let mut status =
        if are_multiples_held(&counted, &set_up) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if arguments.iter().any(|argument| argument == "--save") {
        let mut lines = String::new();
        for (name, count) in &counted {
            writeln!(lines, "{name}: {count}").expect("a string takes all");
        }
        fs::write(file, lines).expect("the baseline can be written");
        return status;
    }
    let baseline = fs::read_to_string(file).expect("there is a baseline");
    let baseline: BTreeMap<&str, u64> = baseline
        .lines()
        .map(|line| line.split_once(": ").expect("a name and a count"))
        .map(|(name, count)| (name, count.parse().expect("a count")))
        .collect();
    for (name, count) in &counted {
        let Some(before) = baseline.get(name) else {
            println!("{name}: {count} instructions, and the baseline does not have it");
            status = ExitCode::FAILURE;
            continue;
        };
        let is_near = count.abs_diff(*before) * 100 <= before * 5;
        println!(
            "{name}: {count} instructions, {before} before{}",
            if is_near { "" } else { ": more than 5 % away" }
        );
        if !is_near {
            status = ExitCode::FAILURE;
        }
    }
    status
}

/// Says what multiples of others are taken, and tells if all are within bounds.
fn are_multiples_held(counted: &BTreeMap<&str, u64>, set_up: &BTreeMap<usize, u64>) -> bool {
    let taken = |name: &str| counted.get(name).copied().unwrap_or_else(|| count(name, 4, set_up));
    let is_held = |(name, other, most): &(&str, &str, u64)| {
        let (own, others) = (taken(name), taken(other));
        let is_within = own * 100 <= others * most;
        let said = if is_within { "" } else { ": too many" };
        let hundredths = own * 100 / others;
        println!("{name}: {own} instructions, {hundredths} % of `{other}`, at most {most} %{said}");
        is_within
    };
    // Each is said, also after one that is not held.
    AT_MOST.iter().filter(|multiple| !is_held(multiple)).count() == 0
}

/// How many images the document of this name has.
fn images_of(name: &str) -> usize {
    SIZES.into_iter().find(|images| name.contains(&format!(" {images} images"))).unwrap_or(SIZES[0])
}

/// The instructions of doing it once: those of doing it so many times, without those of setting up
/// a document of its size.
fn count(name: &str, times: u64, set_up: &BTreeMap<usize, u64>) -> u64 {
    (total(name, times) - set_up[&images_of(name)]) / times
}

/// The instructions of setting up everything and of doing one thing so many times.
fn total(name: &str, times: u64) -> u64 {
    let program = std::env::current_exe().expect("this program");
    let program = program.to_str().expect("a path in UTF-8");
    instructions::of(program, &["--do", name, &times.to_string()])
}

fn run(name: &str, times: u64) {
    let (state, many_regions) = (state(100, 20), state(100, 101));
    let seed = Ruleset::default();
    let latest = Ruleset::documented(Edition::LATEST);
    let (good, bad, long) = (accepted(3), refused(), accepted(100));
    let json = serde_json::to_vec(&good).expect("JSON");
    let query = wire::encode_query(&good);
    let lean = rivals::lean::World::of(&state);
    let naive = rivals::naive::World::of(&state);
    let (mut out, mut out_lines) = (Vec::new(), Vec::new());
    let document = serde_json::to_vec(&rivals::state(images_of(name), 20)).expect("JSON");
    let (many, many_state) = (lines::first(1_000), lines::state());
    let many: Vec<&[u8]> = many.trim_ascii_end().split(|byte| *byte == b'\n').collect();
    let batch = Batch::new(&seed, &many_state);
    let decoded = |bytes: &[u8]| {
        let request = wire::decode(black_box(bytes)).expect("a request");
        black_box(seed.check(&request, &state));
    };
    for _ in 0..times {
        match name {
            "check, accepted" => drop(black_box(seed.check(black_box(&good), black_box(&state)))),
            "check, accepted, latest" => drop(black_box(latest.check(black_box(&good), black_box(&state)))),
            "check, five violations" => drop(black_box(seed.check(black_box(&bad), black_box(&state)))),
            "check, five violations, every word read" => {
                let report = seed.check(black_box(&bad), black_box(&state));
                for violation in report.violations() {
                    black_box((violation.message(), violation.allowed(), violation.hint()));
                }
            }
            "suggest, five violations" => drop(black_box(seed.suggest(black_box(&bad), &state))),
            "check, accepted, 100 destinations" => {
                drop(black_box(seed.check(black_box(&long), black_box(&many_regions))))
            }
            "decode and check, JSON" => decoded(&json),
            "decode and check, query" => decoded(query.as_bytes()),
            "state, 100 images" | "state, 10000 images" => {
                drop(black_box(State::from_json(black_box(&document)).expect("a state")));
            }
            "plain state, 100 images" | "plain state, 10000 images" => {
                drop(black_box(rivals::plain::state_of_json(black_box(&document))));
            }
            "1000 lines, checked" => {
                out_lines.clear();
                for (number, line) in (1..).zip(&many) {
                    black_box(batch.line(number, line, &mut out_lines));
                }
            }
            "1000 lines, read and written" => {
                out_lines.clear();
                for line in &many {
                    rivals::plain::rewrite::<serde_json::Value>(line, &mut out_lines);
                }
            }
            "ruleset" => drop(black_box(Ruleset::documented(black_box(Edition::LATEST)))),
            "lean rival, accepted" => {
                out.clear();
                black_box(&lean).check(black_box(&good), &mut out);
            }
            "naive rival, accepted" => drop(black_box(naive.check(black_box(&good)))),
            other => panic!("nothing is called `{other}`"),
        }
    }
}
