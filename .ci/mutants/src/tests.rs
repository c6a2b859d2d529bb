//! The tests of the copy: which mutants each one reaches, and how they do with one on.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One test of a test binary.
#[derive(Clone)]
pub struct Test {
    /// The binary's name and the test's.
    pub name: String,
    pub binary: PathBuf,
    pub path: String,
}

/// What a test is, alone.
#[derive(Clone)]
pub struct Record {
    pub seconds: f64,
    pub reached: Vec<u32>,
}

/// How tests ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Passed,
    Failed,
    TimedOut,
}

/// Lists the tests of a binary.
pub fn of_binary(name: &str, binary: &Path) -> Vec<Test> {
    let output =
        Command::new(binary).args(["--list", "--format", "terse"]).output().expect("a test binary runs");
    let ignored = Command::new(binary).args(["--list", "--format", "terse", "--ignored"]).output();
    let ignored = String::from_utf8_lossy(&ignored.expect("a test binary runs").stdout).into_owned();
    let ignored: Vec<_> = ignored.lines().collect();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let tests =
        text.lines().filter(|line| !ignored.contains(line)).filter_map(|line| line.strip_suffix(": test"));
    let test = |path: &str| Test {
        name: format!("{name}::{path}"),
        binary: binary.to_owned(),
        path: path.to_owned(),
    };
    tests.map(test).collect()
}

/// Runs one test alone; `None` if it fails.
pub fn record(test: &Test, folder: &Path, mutants: u32, scratch: &Path) -> Option<Record> {
    std::fs::write(scratch, vec![0; mutants as usize + 1]).expect("the scratch file is written");
    let started = Instant::now();
    let end = run(
        &[test],
        folder,
        ("MUTANTS_REACHED", &scratch.to_string_lossy()),
        300.0,
        &scratch.with_extension("out"),
    );
    let seconds = started.elapsed().as_secs_f64();
    let bytes = std::fs::read(scratch).expect("the scratch file is read");
    let reached = (0..=mutants).zip(bytes).filter(|(_, byte)| *byte != 0).map(|(number, _)| number).collect();
    (end == End::Passed).then_some(Record { seconds, reached })
}

/// Runs tests of one binary in one process.
pub fn run(tests: &[&Test], folder: &Path, variable: (&str, &str), seconds: f64, output: &Path) -> End {
    // A limit of its own CPU time says the same however busy the machine is.
    let limits =
        format!("ulimit -v 16777216; ulimit -t {}; exec \"$0\" \"$@\"", (seconds * 3.0 + 5.0) as u64);
    let Some(first) = tests.first() else { return End::Passed };
    let mut command = Command::new("sh");
    command.args(["-c", &limits]).arg(&first.binary).args(["--exact", "--quiet", "--test-threads=1"]);
    command.args(tests.iter().map(|test| &test.path)).current_dir(folder).env(variable.0, variable.1);
    command.env("CARGO_MANIFEST_DIR", folder).env("PROPTEST_FAILURE_PERSISTENCE", "off");
    let stdout = std::fs::File::create(output).expect("the output file is made");
    command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().expect("a test binary runs");
    let (started, limit) = (Instant::now(), Duration::from_secs_f64(seconds * 10.0 + 60.0));
    let mut pause = Duration::from_millis(1);
    let end = loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) if status.success() => break End::Passed,
            Some(status) if status.code() == Some(101) => break End::Failed,
            Some(_) => break End::TimedOut,
            None if started.elapsed() > limit => break End::TimedOut,
            None => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    if end != End::Passed {
        // What it started goes with it.
        let _ = Command::new("kill")
            .args(["-9", "--", &format!("-{}", child.id())])
            .stderr(Stdio::null())
            .status();
        let _ = child.wait();
    }
    end
}

/// Reads which test failed first.
pub fn failed<'t>(tests: &[&'t Test], output: &Path) -> Option<&'t Test> {
    let output = std::fs::read(output).unwrap_or_default();
    let output = String::from_utf8_lossy(&output).into_owned();
    let lines: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    tests.iter().find(|test| lines.contains(&&*test.path)).copied()
}
