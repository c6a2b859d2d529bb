//! Times every peer and compares it with presync. `cargo run --release`, or
//! `-- garde cel` for some of them.
//!
//! `-- lines regorus-vm state.json < lines.ndjson` answers lines as
//! `presync batch` does, by a peer.

use std::io::{self, BufReader, BufWriter};
use std::process::{Command, ExitCode};

use presync::State;
use presync_peers::timing::median;
use presync_peers::{Entry, Kind, PEERS, inputs, lines};

/// How often each peer is timed, in a process of its own each time: where a process has its memory
/// is a matter of chance, and a machine is busy now and then.
const PASSES: usize = 3;
/// What makes a process time one peer and print its two figures.
const ONE: &str = "--one";

/// What makes a peer answer lines on stdin.
const LINES: &str = "lines";

/// How many times faster presync shall be than the fastest engine that has
/// all the rules as a policy.
const ENGINE_TARGET: f64 = 200.0;
/// The same for the fastest validator, with all the rules in Rust.
const VALIDATOR_TARGET: f64 = 3.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let find = |name: &str| PEERS.iter().find(|peer| peer.name == name);
    if let [flag, name] = &arguments[..]
        && flag == ONE
        && let Some(peer) = find(name)
    {
        let state = inputs::state();
        println!("{} {}", (peer.time)(&state, &inputs::accepted()), (peer.time)(&state, &inputs::refused()));
        return ExitCode::SUCCESS;
    }
    if let [flag, name, state] = &arguments[..]
        && flag == LINES
        && let Some(peer) = find(name)
    {
        return match answer_lines(peer, state) {
            Ok(counts) => {
                eprintln!("{counts:?}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    if let Some(unknown) = arguments.iter().find(|name| find(name).is_none()) {
        let names: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
        eprintln!("no peer `{unknown}` in this build, but: {}", names.join(", "));
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        eprintln!("this build is not optimized: run with --release");
        return ExitCode::from(2);
    }

    // presync itself is always timed: the others are compared with it.
    let is_wanted = |peer: &&Entry| {
        arguments.is_empty() || peer.kind == Kind::Presync || arguments.iter().any(|name| name == peer.name)
    };
    let peers: Vec<&Entry> = PEERS.iter().filter(is_wanted).collect();
    let mut figures = vec![(Vec::new(), Vec::new()); peers.len()];
    for pass in 1..=PASSES {
        for (peer, (accepted, refused)) in peers.iter().zip(&mut figures) {
            eprintln!("pass {pass} of {PASSES}: {}", peer.name);
            let (one, other) = match time_alone(peer.name) {
                Ok(figures) => figures,
                Err(error) => {
                    eprintln!("{}: {error}", peer.name);
                    return ExitCode::FAILURE;
                }
            };
            accepted.push(one);
            refused.push(other);
        }
    }
    let rows: Vec<Row> = peers
        .iter()
        .zip(figures)
        .map(|(peer, (accepted, refused))| Row { peer, accepted: median(accepted), refused: median(refused) })
        .collect();
    print_table(&rows);
    ExitCode::SUCCESS
}

fn answer_lines(peer: &Entry, state: &str) -> Result<lines::Counts, Box<dyn std::error::Error>> {
    let state = State::from_json(&std::fs::read(state)?)?;
    let mut input = BufReader::with_capacity(64 << 10, io::stdin());
    let mut output = BufWriter::with_capacity(64 << 10, io::stdout());
    Ok((peer.lines)(&state, &mut input, &mut output)?)
}

/// Times one peer in a process of its own, so that none finds the memory and the
/// caches as another left them.
fn time_alone(name: &str) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let output = Command::new(std::env::current_exe()?).args([ONE, name]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (accepted, refused) = text.trim().split_once(' ').ok_or("two figures were expected")?;
    Ok((accepted.parse()?, refused.parse()?))
}

struct Row<'a> {
    peer: &'a Entry,
    accepted: f64,
    refused: f64,
}

fn print_table(rows: &[Row<'_>]) {
    let Some(presync) = rows.first() else { return };
    println!("| peer | what it expresses | accepted, ns | refused, ns | ratio, accepted | ratio, refused |");
    println!("|---|---|--:|--:|--:|--:|");
    for row in rows {
        println!(
            "| {} | {} | {:.0} | {:.0} | {:.1} | {:.1} |",
            row.peer.name,
            expresses(row.peer),
            row.accepted,
            row.refused,
            row.accepted / presync.accepted,
            row.refused / presync.refused,
        );
    }
    println!();
    for (kind, what, target) in [
        (Kind::Engine, "engine with all rules as a policy", ENGINE_TARGET),
        (Kind::Validator, "validator with all rules in Rust", VALIDATOR_TARGET),
    ] {
        let complete = rows.iter().filter(|row| row.peer.kind == kind && row.peer.gaps.is_empty());
        if let Some(fastest) = complete.min_by(|a, b| a.accepted.total_cmp(&b.accepted)) {
            let ratio = fastest.accepted / presync.accepted;
            println!("fastest {what}: {}, {ratio:.1} times presync (target {target:.0})", fastest.peer.name);
        }
    }
}

fn expresses(peer: &Entry) -> String {
    let all = presync::Ruleset::default().rules().len();
    match peer.missing().count() {
        0 => format!("all {all} rules"),
        missing => format!("{} of {all} rules", all - missing),
    }
}
