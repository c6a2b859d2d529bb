//! Outcome of a run: the exit status, a failure, and lines on stderr.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
use std::process::ExitCode;

use presync::Report;

/// Exit status of a run; the worst is the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Every request is accepted, or there is none.
    Accepted,
    /// No request breaks a rule, and with `--strict` one could not be verified.
    Unverified,
    /// A request is refused.
    Refused,
    /// A request could not be checked, or the subcommand could not do its work.
    NotChecked,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Accepted => 0,
            Status::Refused => 1,
            Status::NotChecked => 2,
            Status::Unverified => 3,
        })
    }
}

impl From<&Report> for Status {
    fn from(report: &Report) -> Self {
        if report.accepted() {
            Self::Accepted
        } else if report.violations().is_empty() {
            Self::Unverified
        } else {
            Self::Refused
        }
    }
}

/// Reason why a subcommand gave up, shown as one line.
pub(crate) enum Failure {
    /// A message that is complete.
    Message(String),
    /// An error of writing to stdout.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::Output(error) => write!(f, "error: cannot write to stdout: {}", reason(error)),
        }
    }
}

/// Writes one line to stderr.
pub(crate) fn complain(line: impl Display) {
    // `eprintln!` would panic where stderr is closed. There is nobody to tell then.
    let _ = writeln!(io::stderr().lock(), "{}", obeyed_by_none(&line.to_string()));
}

/// A text in which a workflow on GitHub sees no command: it takes `::…::` at the start of a line
/// for one, and `##[…]` anywhere.
pub(crate) fn obeyed_by_none(text: &str) -> String {
    let text = text.replace("##[", "#\\u{23}[");
    let start = text.len() - text.trim_start().len();
    match text.split_at_checked(start) {
        Some((blanks, rest)) if rest.starts_with("::") => {
            format!("{blanks}\\u{{3a}}{}", rest.strip_prefix(':').unwrap_or(rest))
        }
        _ => text,
    }
}

/// Text of a system error, in the form of all messages.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory, not a file".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split_once(" (os error").map_or(&*text, |(text, _)| text);
            text.to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_has_the_same_words_on_every_system() {
        for (kind, system, words) in [
            (io::ErrorKind::NotFound, "No such file or directory (os error 2)", "no such file"),
            (
                io::ErrorKind::NotFound,
                "The system cannot find the file specified. (os error 2)",
                "no such file",
            ),
            (io::ErrorKind::PermissionDenied, "Access is denied. (os error 5)", "permission denied"),
            (io::ErrorKind::IsADirectory, "Is a directory (os error 21)", "is a directory, not a file"),
            (io::ErrorKind::StorageFull, "No space left on device (os error 28)", "no space left on device"),
            (io::ErrorKind::Other, "Broken", "broken"),
        ] {
            assert_eq!(reason(&io::Error::new(kind, system)), words);
        }
    }

    #[test]
    fn a_command_of_a_workflow_is_one_no_more() {
        for (text, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            (" \t::error::x", " \t\\u{3a}:error::x"),
            ("a::b", "a::b"),
            (" a", " a"),
            (":", ":"),
            ("", ""),
            ("##[group]a ##[x]", "#\\u{23}[group]a #\\u{23}[x]"),
        ] {
            assert_eq!(obeyed_by_none(text), shown);
        }
    }
}
