//! `presync batch`.

mod pipeline;
mod progress;
mod tally;

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::thread;

use clap::Args;
use presync::Edition;
use presync::check::lines::{Batch as Lines, MAX_LINE_BYTES};

use crate::commands::policy_file::PolicyFile;
use crate::commands::state_files::StateFiles;
use crate::input::Source;
use crate::lines::{FromUtf16, open};
use crate::outcome::{Failure, Status, complain, reason};

use pipeline::Ended;
use progress::Progress;

const EXAMPLES: &str = r#"A line is a JSON object: {"id"?, "region"?, "headers"?, "request"}. The request is a
JSON body, or a text with a query string, a URL or a form; `region` is the source
region that travels beside it, as the header X-TC-Region; `headers` is an object of
all its headers. The id is any JSON value. Blank lines are skipped, and so is a byte
order mark; UTF-16 with a mark is read.

For each line there is a report on stdout, in the same order: the id, or `line` (the
number of the line) where there is no id, and the keys of `presync check --format json`.
For a line that cannot be read the report is {"id"?, "line", "error": {"message",
"column"?}}, and the run goes on. At the end stderr has the counts, by rule and code.
`presync schema batch` describes both.

The lines are no plan: each is checked as if it were the only one. So they may be
checked in parts, anywhere: as a filter of Spark or of Hadoop, with --threads 1.

Examples:
  presync batch --state state.json lines.ndjson > reports.ndjson
  … | presync batch --state state.json --threads 1 | jq -c 'select(.accepted | not)'

Exit status:
  0  every line is accepted, or there is none, as in an empty part of a file
  1  a line is refused
  2  a line could not be read, or the run did not begin: an unreadable state, bad usage
  3  with --strict: no line breaks a rule, and one could not be verified"#;

/// Check any number of requests, one on each line
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Batch {
    #[command(flatten)]
    state: StateFiles,

    #[command(flatten)]
    policy: PolicyFile,

    /// Refuse what could not be verified
    #[arg(long)]
    strict: bool,

    /// The number of threads that check lines, from 1 to 1024 [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// The lines: a file, or `-` for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    lines: OsString,
}

impl Batch {
    pub(crate) fn run(&self, edition: Option<Edition>) -> Result<Status, Failure> {
        let lines = Source::of_file(&self.lines);
        let is_state = self.state.count_stdin() > 0;
        self.policy.alone_on_stdin(&[("the lines", lines.is_stdin()), ("the state", is_state)])?;
        match (self.state.count_stdin(), lines.is_stdin()) {
            (0, _) | (1, false) => {}
            (_, true) => {
                return Err(Failure::Message(
                    "error: stdin is the state and cannot be the lines too".to_owned(),
                ));
            }
            _ => return Err(Failure::Message("error: stdin cannot be several responses".to_owned())),
        }
        // Errors of the policy and of the state come before the first line.
        let (policy, rules) = self.policy.read(edition)?;
        let rules = if self.strict { rules.strict() } else { rules };
        let state = self.state.read()?;
        self.policy.warn(&policy, &state);
        let batch = Lines::new(&rules, &state);

        let (source, size) = open(lines).map_err(Failure::Message)?;
        let progress = Progress::new(size);
        let source = FromUtf16::new(source);
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = self.threads.map_or_else(cores, usize::from);
        let (tally, ended) = pipeline::run(&batch, source, io::stdout(), threads, MAX_LINE_BYTES, &progress);
        progress.finish();
        match ended {
            Ended::AtTheEnd => {}
            // A reader who has seen enough wants no counts, which would leave out the lines that
            // were not checked.
            Ended::Writing(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(tally.status()),
            Ended::Writing(error) => return Err(Failure::Output(error)),
            Ended::Reading(error) => {
                complain(tally.summary(&rules));
                let reason = reason(&error);
                return Err(Failure::Message(format!(
                    "{}: {reason}, after the lines that are counted above",
                    lines.name()
                )));
            }
        }
        complain(tally.summary(&rules));
        Ok(tally.status())
    }
}
