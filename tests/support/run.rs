//! Runs the command line, and says what a run came to.
#![allow(dead_code, reason = "several programs share this file and none uses all of it")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Output};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The state that most runs are held to, from the project's root.
pub(crate) const STATE: &str = "tests/data/state.json";
/// The example of the page, which that state accepts.
pub(crate) const PAGE_EXAMPLE: &str = "tests/data/page-example.txt";
/// A request that is refused for several reasons.
pub(crate) const REFUSED: &str = "tests/data/refused.json";
/// A request to a region that takes images or not: the state does not say it.
pub(crate) const OPEN: &str = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-singapore";

/// What a run came to.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code().expect("not ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Compares the status and both streams at once, so that a failure shows all of them.
    #[track_caller]
    pub(crate) fn is(&self, status: i32, stdout: &str, stderr: &str) {
        assert_eq!(
            (self.status, &*self.stdout, &*self.stderr),
            (status, stdout, stderr),
            "status, stdout, stderr"
        );
    }

    /// No verdict, and this reason.
    #[track_caller]
    pub(crate) fn gives_up(&self, stderr: &str) {
        self.is(2, "", &format!("{stderr}\n"));
    }

    /// Bad usage: an exit status, and an explanation on stderr.
    #[track_caller]
    pub(crate) fn gives_up_on_usage(&self) {
        assert_eq!((self.status, &*self.stdout), (2, ""));
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
    }

    /// Reads stdout as one JSON text.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("stdout is one JSON text")
    }

    /// Reads each line of stdout as a JSON text.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Returns the program of this build, to be run in the project's root. What the environment
/// says of colours is gone.
pub(crate) fn program() -> Program {
    let mut program = Program::new(env!("CARGO_BIN_EXE_presync"));
    program.current_dir(env!("CARGO_MANIFEST_DIR"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        program.env_remove(variable);
    }
    program
}

/// Returns [`program`] as a command that can be given a text on stdin.
pub(crate) fn command() -> Command {
    Command::from_std(program())
}

pub(crate) fn finished(mut command: Command) -> Run {
    Run::of(command.output().unwrap())
}

/// Runs in a folder, with this on stdin.
pub(crate) fn presync_in<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    stdin: impl Into<Vec<u8>>,
) -> Run {
    let mut command = command();
    command.current_dir(folder).args(arguments).write_stdin(stdin);
    finished(command)
}

/// Runs in the project's root.
pub(crate) fn presync<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    let mut command = command();
    command.args(arguments);
    finished(command)
}

/// Runs `presync check` with the state of the tests.
pub(crate) fn check<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    let mut command = command();
    command.args(["check", "--state", STATE]).args(arguments);
    finished(command)
}

/// Runs `presync check` with the state of the tests, and with this on stdin.
pub(crate) fn check_stdin(arguments: &[&str], stdin: impl Into<Vec<u8>>) -> Run {
    let mut command = command();
    command.args(["check", "--state", STATE]).args(arguments).write_stdin(stdin);
    finished(command)
}

/// Runs `presync check` with the state of the tests in another folder, with this on stdin.
pub(crate) fn check_in<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    stdin: impl Into<Vec<u8>>,
) -> Run {
    let state = Path::new(env!("CARGO_MANIFEST_DIR")).join(STATE);
    let mut command = command();
    command.current_dir(folder).args(["check", "--state"]).arg(state).args(arguments).write_stdin(stdin);
    finished(command)
}

/// A folder of a test's own, which is gone with it.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Makes a folder with these files, which may be in folders of their own.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let scratch = Self::new();
        for (name, text) in files {
            fs::create_dir_all(scratch.path().join(name).parent().unwrap()).unwrap();
            scratch.file(name, text);
        }
        scratch
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}
