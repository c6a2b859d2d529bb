//! `presync batch` as a filter on a Spark cluster: the same answers as on one machine.
//!
//! `PRESYNC_SPARK_PYTHON` names an interpreter that has PySpark, if `python3` is none;
//! `PRESYNC_SPARK_LINES` says how many lines there are. A million of them:
//!
//! ```text
//! PRESYNC_SPARK_LINES=1000000 cargo test --release --all-features --test spark -- --nocapture
//! ```
#![cfg(feature = "cli")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and this one is about files and processes"
)]

#[path = "../support/lines.rs"]
mod lines;

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Says something that is worth knowing of a test that passes: a line that is not captured.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// An interpreter that has PySpark, and what is missing if there is none.
fn python() -> Result<String, String> {
    let given = env::var("PRESYNC_SPARK_PYTHON");
    let python = given.clone().unwrap_or_else(|_| "python3".to_owned());
    let imports = |python: &str| {
        let import = Command::new(python).args(["-c", "import pyspark"]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    };
    let has_java = env::var_os("JAVA_HOME").is_some()
        || Command::new("java").arg("-version").stderr(Stdio::null()).status().is_ok();
    if !imports(&python) {
        assert!(given.is_err(), "PRESYNC_SPARK_PYTHON is {python}, which does not import pyspark");
        return Err(format!("{python} has no PySpark, and PRESYNC_SPARK_PYTHON is not set"));
    }
    if has_java { Ok(python) } else { Err("there is no Java".to_owned()) }
}

#[test]
fn a_cluster_says_what_one_machine_says() {
    let python = match python() {
        Ok(python) => python,
        Err(missing) => {
            say(&format!("SKIPPED: {missing}, so that nothing is known of Spark"));
            return;
        }
    };
    let count: u64 =
        env::var("PRESYNC_SPARK_LINES").map_or(100_000, |count| count.parse().expect("a number"));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("state.json"), serde_json::to_vec(&lines::state()).unwrap()).unwrap();
    let lines = lines::first(count);
    // A blank line has no answer.
    let not_blank = lines.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    assert!(not_blank > 0);
    fs::write(path("lines.ndjson"), lines).unwrap();

    let presync = env!("CARGO_BIN_EXE_presync");
    let alone = Command::new(presync)
        .args(["batch", "--state"])
        .args([path("state.json"), path("lines.ndjson")])
        .stdout(File::create(path("expected.ndjson")).unwrap())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(alone.code(), Some(2), "some of the lines are unreadable");

    let job = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spark/job.py");
    let output = Command::new(&python)
        .arg(job)
        .args(["--presync", presync])
        .arg("--state")
        .arg(path("state.json"))
        .arg("--lines")
        .arg(path("lines.ndjson"))
        .arg("--expected")
        .arg(path("expected.ndjson"))
        .env("PYSPARK_PYTHON", &python)
        // A name that resolves to another address than the loopback one would be asked for.
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        // Three machines of Java start for some seconds of work: what is compiled well
        // for a long run is in vain.
        .env("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let result: Option<Value> =
        said.lines().rev().find(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap());
    let Some(result) = result else {
        panic!("the job ended without a result: {said}{}", String::from_utf8_lossy(&output.stderr));
    };
    say(&format!("on Spark: {result}"));
    assert_eq!(result["differences"], 0, "{result}");
    assert_eq!((&result["lines"], &result["answers"]), (&not_blank.into(), &not_blank.into()));
    assert_eq!(result["executors"], 2, "not a cluster");
    assert!(output.status.success());
}
