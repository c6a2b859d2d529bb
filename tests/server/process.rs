//! `presync serve` as a process: its start, its log and its end.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use presync::{Edition, State};
use serde::Deserialize;
use tempfile::TempDir;

/// A server that is running. It ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) edition: Edition,
    child: Child,
    /// What it writes to stderr after its address.
    rest: Option<JoinHandle<String>>,
    log: PathBuf,
    _folder: TempDir,
}

/// A line of the log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) time: String,
    pub(crate) action: Option<String>,
    pub(crate) request_id: String,
    pub(crate) region: Option<String>,
    pub(crate) verdict: String,
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) shape_only: bool,
    pub(crate) violations: Vec<Reason>,
    #[serde(default)]
    pub(crate) warnings: Vec<Reason>,
    pub(crate) unverified: Vec<serde_json::Value>,
}

/// A reason against a call, in the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Reason {
    pub(crate) rule: Option<String>,
    pub(crate) code: String,
    pub(crate) parameter: Option<String>,
    pub(crate) message: String,
}

impl Line {
    /// The rule that the response names, if one does.
    pub(crate) fn rule(&self) -> Option<&str> {
        self.violations.first()?.rule.as_deref()
    }
}

impl Server {
    /// Starts one of an edition and a state on a free port of the loopback.
    pub(crate) fn start(edition: Edition, state: &State, arguments: &[&str]) -> Self {
        Self::start_with_log(edition, state, "log", arguments)
    }

    /// Starts one with a log, whose path is from the folder of the server.
    pub(crate) fn start_with_log(edition: Edition, state: &State, log: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(log);
        let file = folder.path().join("state.json");
        fs::write(&file, serde_json::to_vec(state).unwrap()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_presync"))
            .args(["serve", "--listen", "127.0.0.1:0", "--edition", &edition.to_string(), "--state"])
            .arg(&file)
            .arg("--log")
            .arg(&log)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
        let address = address.trim_end().parse().unwrap();
        let rest = std::thread::spawn(move || {
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).unwrap();
            rest
        });
        Self { address, edition, child, rest: Some(rest), log, _folder: folder }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end of the process, which is clean and silent. Gives its log.
    pub(crate) fn wait(&mut self) -> Vec<Line> {
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().unwrap() {
                let rest = self.rest.take().unwrap().join().unwrap();
                assert_eq!((status.code(), &*rest), (Some(0), ""));
                return self.log();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not end");
    }

    /// Ends the process. Gives its log.
    pub(crate) fn end(mut self) -> Vec<Line> {
        self.signal("TERM");
        self.wait()
    }

    /// The log as it is now.
    fn log(&self) -> Vec<Line> {
        let log = fs::read_to_string(&self.log).unwrap();
        assert!(log.is_empty() || log.ends_with('\n'), "half a line");
        let lines = log.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves it behind.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
