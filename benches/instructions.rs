//! How many instructions the core takes, by valgrind: `cargo bench --bench instructions`.
//!
//! Counts are the same whatever else the machine does, so that they are held to a baseline, `benches/instructions.txt`,
//! within 5 %. Another compiler can move them: `cargo bench --bench instructions -- --save` writes the baseline anew.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a bench starts processes, says what it counted, and stops where something is wrong"
)]

mod rivals;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use presync::{Edition, Ruleset, wire};
use rivals::{accepted, refused, state};

/// How often each is done, so that setting it up does not count.
const TIMES: u64 = 2_000;

const ALL: [&str; 10] = [
    "check, accepted",
    "check, accepted, latest",
    "check, five violations",
    "suggest, five violations",
    "check, accepted, 100 destinations",
    "decode and check, JSON",
    "decode and check, query",
    "ruleset",
    "lean rival, accepted",
    "naive rival, accepted",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, times] = arguments.as_slice()
        && flag == "--do"
    {
        run(name, times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("not counted: there is no valgrind here");
        return if std::env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt");
    let counted: BTreeMap<&str, u64> = ALL.iter().map(|name| (*name, count(name))).collect();
    if arguments.iter().any(|argument| argument == "--save") {
        let mut lines = String::new();
        for (name, count) in &counted {
            writeln!(lines, "{name}: {count}").expect("a string takes all");
        }
        fs::write(file, lines).expect("the baseline can be written");
        return ExitCode::SUCCESS;
    }
    let baseline = fs::read_to_string(file).expect("there is a baseline");
    let baseline: BTreeMap<&str, u64> = baseline
        .lines()
        .map(|line| line.split_once(": ").expect("a name and a count"))
        .map(|(name, count)| (name, count.parse().expect("a count")))
        .collect();
    let mut status = ExitCode::SUCCESS;
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

/// The instructions of doing it once: those of doing it many times, without those of doing it never.
fn count(name: &str) -> u64 {
    let total = |times: u64| -> u64 {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().expect("this program"))
            .args(["--do", name, &times.to_string()])
            .output()
            .expect("valgrind runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let counted = said.lines().find_map(|line| line.split_once("Collected :"));
        counted.expect("valgrind says what it counted").1.trim().parse().expect("a count")
    };
    (total(TIMES) - total(0)) / TIMES
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
    let mut out = Vec::new();
    let decoded = |bytes: &[u8]| {
        let request = wire::decode(black_box(bytes)).expect("a request");
        black_box(seed.check(&request, &state));
    };
    for _ in 0..times {
        match name {
            "check, accepted" => drop(black_box(seed.check(black_box(&good), black_box(&state)))),
            "check, accepted, latest" => drop(black_box(latest.check(black_box(&good), black_box(&state)))),
            "check, five violations" => drop(black_box(seed.check(black_box(&bad), black_box(&state)))),
            "suggest, five violations" => drop(black_box(seed.suggest(black_box(&bad), &state))),
            "check, accepted, 100 destinations" => {
                drop(black_box(seed.check(black_box(&long), black_box(&many_regions))))
            }
            "decode and check, JSON" => decoded(&json),
            "decode and check, query" => decoded(query.as_bytes()),
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
