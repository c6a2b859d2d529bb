//! Every mutant of cargo-mutants, compiled at once and judged by the tests that reach it.
//!
//! It fails if one is missed that `.cargo/mutants.toml` does not except, if one is caught that is
//! excepted there, and if an exception names none. `README.md` says how it is used.

mod copy;
mod list;
mod tests;
mod weave;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use regex::Regex;
use serde_json::{Value, json};

use list::Mutant;
use tests::{End, Record, Test};

const WORKERS: usize = 2;

/// The seconds of tests after which a mutant is put aside, until every other one had as many.
const FIRST: f64 = 5.0;

/// The seconds of tests after which an excepted mutant is left: it takes all of its tests if the
/// exception is right, and those of some take half an hour.
const OF_EXCEPTED: f64 = 30.0;

const MISSED: &str = "missed";
const NOT_REACHED: &str = "not reached";

#[derive(Default)]
struct Options {
    /// What was found before is kept.
    is_kept: bool,
    /// Of mutants whose end is known, those that the pattern names run again.
    again: Option<Regex>,
    /// Tests that reach other mutants than before.
    recorded: Option<Regex>,
    /// Only the exceptions are looked at.
    is_check: bool,
}

/// Returns a pattern, without which its option means nothing.
fn pattern(text: Option<String>) -> Option<Regex> {
    Some(Regex::new(&text.expect("a pattern follows")).expect("a pattern"))
}

impl Options {
    fn read() -> Self {
        let mut options = Self::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--check" => options.is_check = true,
                "--keep" => options.is_kept = true,
                "--again" => options.again = pattern(arguments.next()),
                "--record" => options.recorded = pattern(arguments.next()),
                _ => panic!("{argument} is not known"),
            }
        }
        options
    }
}

fn main() -> ExitCode {
    let (options, started) = (Options::read(), Instant::now());
    let root = PathBuf::from(".").canonicalize().expect("there is a folder");
    let mutants = list::list(&root);
    let stale = list::stale(&root, &mutants);
    stale.iter().for_each(|entry| println!("NAMES NO MUTANT: {entry}"));
    if options.is_check {
        return if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let work = root.join("target/mutants");
    fs::create_dir_all(&work).expect("a folder is made");
    if !options.is_kept {
        let _ = fs::remove_file(work.join("state.json"));
        let _ = fs::remove_file(work.join("ends.txt"));
    }
    let kept = fs::read(work.join("state.json")).unwrap_or_default();
    let kept: Value = serde_json::from_slice(&kept).unwrap_or_default();

    let copy = copy::Copy::new(&root, &work);
    let known: HashSet<&str> = strings(&kept["unviable"]).collect();
    let is_known = |mutant: &&Mutant| known.contains(mutant.key.as_str());
    let mut unviable = mutants.iter().filter(is_known).map(|mutant| mutant.number).collect();
    let placed = copy.weave(&mutants, &mut unviable);
    let tests = copy.tests();
    println!("{} of {} mutants compiled, {} tests", placed.len(), mutants.len(), tests.len());
    let records = record(&tests, &mutants, &kept, options.recorded.as_ref(), &copy, &work);
    let unviable_keys =
        mutants.iter().filter(|mutant| unviable.contains(&mutant.number)).map(|mutant| &mutant.key);
    let state = json!({
        "keys": mutants.iter().map(|mutant| &mutant.key).collect::<Vec<_>>(),
        "unviable": unviable_keys.collect::<Vec<_>>(),
        "tests": records.iter().map(|(name, record)| (name, json!([record.seconds, record.reached])))
            .collect::<HashMap<_, _>>(),
    });
    fs::write(work.join("state.json"), state.to_string()).expect("the state is written");
    println!("{} tests recorded ({:.0?})", records.len(), started.elapsed());

    // Written as they come, so that a run that is stopped can go on.
    let path = work.join("ends.txt");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut ends: BTreeMap<&str, String> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(key, end)| (key, end.to_owned()))
        .collect();
    let written =
        fs::OpenOptions::new().append(true).create(true).open(path).expect("the file of ends is opened");
    let is_open = |end: Option<&String>| end.is_none_or(|end| [MISSED, NOT_REACHED].contains(&end.as_str()));
    let is_chosen = |mutant: &&Mutant| {
        let again = options.again.as_ref().is_some_and(|again| again.is_match(&mutant.name));
        placed.contains(&mutant.number) && (again || is_open(ends.get(mutant.key.as_str())))
    };
    let mut chosen: Vec<&Mutant> = mutants.iter().filter(is_chosen).collect();
    for total in [FIRST, f64::MAX] {
        let judge = Judge { tests: &tests, records: &records, folder: copy.tree(), total, started };
        let judged = judge.all(&chosen, &written);
        ends.extend(chosen.iter().zip(judged).map(|(mutant, end)| (mutant.key.as_str(), end)));
        chosen.retain(|mutant| is_open(ends.get(mutant.key.as_str())));
        // What can be missed comes first.
        chosen.sort_by_key(|mutant| mutant.is_excepted);
    }
    let report = Report { mutants: &mutants, placed: &placed, unviable: &unviable, ends: &ends };
    let is_right = report.write(&work.join("report.txt"), &stale);
    println!("{:.0?}; see {}", started.elapsed(), work.join("report.txt").display());
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs each test alone, once, to see which mutants it reaches.
fn record(
    tests: &[Test],
    mutants: &[Mutant],
    kept: &Value,
    again: Option<&Regex>,
    copy: &copy::Copy,
    work: &Path,
) -> HashMap<String, Record> {
    let numbers: HashMap<&str, u32> =
        mutants.iter().map(|mutant| (mutant.key.as_str(), mutant.number)).collect();
    let old: Vec<_> = strings(&kept["keys"]).map(|key| numbers.get(key).copied()).collect();
    let count = u32::try_from(mutants.len()).expect("they are few");
    let records = parallel(tests.len(), |index, worker| {
        let test = &tests[index];
        let is_again = again.is_some_and(|again| again.is_match(&test.name));
        if let Some(known) = kept["tests"].get(&test.name).filter(|_| !is_again) {
            let reached = known[1].as_array().into_iter().flatten().filter_map(Value::as_u64);
            let reached =
                reached.filter_map(|number| old.get(number as usize - 1).copied().flatten()).collect();
            return Some(Record { seconds: known[0].as_f64().unwrap_or_default(), reached });
        }
        let scratch = work.join(format!("reached-{worker}"));
        let record = || tests::record(test, &copy.tree(), count, &scratch);
        let record = record().or_else(record);
        if record.is_none() {
            println!("left out, for it fails with no mutant on: {}", test.name);
        }
        record
    });
    tests.iter().zip(records).filter_map(|(test, record)| Some((test.name.clone(), record?))).collect()
}

/// Runs mutants against the tests that reach them.
struct Judge<'a> {
    tests: &'a [Test],
    records: &'a HashMap<String, Record>,
    folder: PathBuf,
    /// The most seconds of tests.
    total: f64,
    started: Instant,
}

impl Judge<'_> {
    /// Returns the end of each mutant.
    fn all(&self, mutants: &[&Mutant], written: &fs::File) -> Vec<String> {
        let mut reaching = HashMap::<u32, Vec<(f64, &Test)>>::new();
        for test in self.tests {
            let Some(record) = self.records.get(&test.name) else { continue };
            for number in &record.reached {
                reaching.entry(*number).or_default().push((record.seconds, test));
            }
        }
        reaching.values_mut().for_each(|tests| tests.sort_by(|left, right| left.0.total_cmp(&right.0)));
        let (done, written) = (AtomicUsize::new(0), Mutex::new(written));
        // For each file, how often each test was the one that failed: mostly it fails
        // for the next mutant too.
        let failing = Mutex::new(HashMap::<&str, HashMap<&str, u32>>::new());
        parallel(mutants.len(), |index, worker| {
            let mutant = mutants[index];
            let mut reaching = reaching.get(&mutant.number).cloned().unwrap_or_default();
            let likely = failing.lock().expect("no panic").get(&*mutant.file).cloned().unwrap_or_default();
            reaching.sort_by_key(|(_, test)| {
                std::cmp::Reverse(likely.get(&*test.name).copied().unwrap_or_default())
            });
            let output = self.folder.with_file_name(format!("output-{worker}"));
            let (end, test) = self.one(mutant, &reaching, &output);
            if let Some(test) = test {
                let mut failing = failing.lock().expect("no panic");
                *failing.entry(&mutant.file).or_default().entry(&test.name).or_default() += 1;
            }
            let end = test.map_or(end.to_owned(), |test| format!("{end} {}", test.name));
            let _ =
                written.lock().expect("no panic").write_all(format!("{}\t{end}\n", mutant.key).as_bytes());
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done % 100 == 0 || done == mutants.len() {
                println!("{done} of {} ({:.0?})", mutants.len(), self.started.elapsed());
            }
            end
        })
    }

    /// Runs the tests in batches, the likely and the quick ones first, until one fails.
    fn one<'t>(
        &self,
        mutant: &Mutant,
        mut tests: &[(f64, &'t Test)],
        output: &Path,
    ) -> (&'static str, Option<&'t Test>) {
        if tests.is_empty() {
            return (NOT_REACHED, None);
        }
        let (mut most, mut spent) = (0.2, 0.0);
        let total = if mutant.is_excepted { self.total.min(OF_EXCEPTED) } else { self.total };
        while !tests.is_empty() && spent < total {
            let (mut sum, mut count) = (0.0, 0);
            let within = tests.iter().take_while(|(seconds, _)| {
                (sum, count) = (sum + seconds, count + 1);
                sum <= most && f64::from(count) <= most * 20.0
            });
            let (batch, rest) = tests.split_at(within.count().max(1));
            let mut binaries = BTreeMap::<_, Vec<_>>::new();
            for (seconds, test) in batch {
                spent += seconds;
                binaries.entry(&test.binary).or_default().push((seconds, *test));
            }
            for batch in binaries.into_values() {
                let seconds = batch.iter().map(|(seconds, _)| **seconds).sum();
                let batch: Vec<_> = batch.into_iter().map(|(_, test)| test).collect();
                match tests::run(
                    &batch,
                    &self.folder,
                    ("MUTANT", &mutant.number.to_string()),
                    seconds,
                    output,
                ) {
                    End::Passed => {}
                    End::Failed => return ("caught by", tests::failed(&batch, output).or(Some(batch[0]))),
                    End::TimedOut => return ("ended by a limit or a signal in", Some(batch[0])),
                }
            }
            (tests, most) = (rest, most * 2.0);
        }
        (MISSED, None)
    }
}

struct Report<'a> {
    mutants: &'a [Mutant],
    placed: &'a HashSet<u32>,
    unviable: &'a HashSet<u32>,
    ends: &'a BTreeMap<&'a str, String>,
}

impl Report<'_> {
    /// Writes all that is not as it should be, and prints the counts; true if there is none.
    fn write(&self, path: &Path, stale: &[String]) -> bool {
        let mut counts = BTreeMap::<&str, BTreeMap<&str, u32>>::new();
        let mut lines: Vec<_> = stale.iter().map(|entry| format!("NAMES NO MUTANT: {entry}")).collect();
        for mutant in self.mutants {
            let is_placed = self.placed.contains(&mutant.number);
            let is_open =
                self.ends.get(mutant.key.as_str()).is_none_or(|end| [MISSED, NOT_REACHED].contains(&&**end));
            let end = match (is_placed, mutant.is_excepted, is_open) {
                (false, ..) if self.unviable.contains(&mutant.number) => "unviable",
                (false, true, _) => "excepted",
                (false, false, _) => "for cargo-mutants itself",
                (true, true, true) => "excepted",
                (true, true, false) => "EXCEPTED BUT CAUGHT",
                (true, false, true) => "MISSED",
                (true, false, false) => "caught",
            };
            if !["unviable", "caught", "excepted"].contains(&end) {
                lines.push(format!("{end}: {}", mutant.name));
            }
            let folder = mutant.file.split('/').nth(1).unwrap_or_default();
            for folder in [folder, "~ in all"] {
                *counts.entry(folder).or_default().entry(end).or_default() += 1;
            }
        }
        fs::write(path, lines.join("\n") + "\n").expect("the report is written");
        for (folder, counts) in counts {
            let counts: Vec<_> = counts.iter().map(|(end, count)| format!("{count} {end}")).collect();
            println!("{folder:>12}: {}", counts.join(", "));
        }
        !lines.iter().any(|line| line.starts_with(char::is_uppercase))
    }
}

/// Does something for each index, by several workers.
fn parallel<T: Send>(count: usize, of: impl Fn(usize, usize) -> T + Sync) -> Vec<T> {
    let (next, of) = (AtomicUsize::new(0), &of);
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let workers = (0..WORKERS).map(|worker| {
            let next = &next;
            scope.spawn(move || {
                let indices = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
                let indices = indices.take_while(|index| *index < count);
                indices.map(|index| (index, of(index, worker))).collect::<Vec<_>>()
            })
        });
        let workers: Vec<_> = workers.collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, one)| one).collect()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
