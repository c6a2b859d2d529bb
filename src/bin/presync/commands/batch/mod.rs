//! `presync batch`.

mod blocks;
mod pipeline;
mod progress;
mod tally;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use clap::Args;
use presync::Edition;
use presync::batch::{Batch as Lines, MAX_LINE_BYTES};

use crate::commands::policy_file::PolicyFile;
use crate::input::{self, Known, Source};
use crate::outcome::{Failure, Status, complain, reason};

use pipeline::Ended;
use progress::Progress;

const EXAMPLES: &str = r#"A line is a JSON object: {"id"?, "region"?, "request"}. The request is a JSON body,
or a text with a query string, a URL or a form; `region` is the source region that
travels beside it, as the header X-TC-Region. The id is any JSON value.

For each line there is a line on stdout, in the same order: the id, or `line` (the
number of the line) where there is none, and the keys of `presync check --format json`.
For a line that cannot be read it is {"id"?, "line", "error": {"message", "column"?}},
and the run goes on. At the end stderr has the counts, by rule and code.

The lines are no plan: each is checked as if it were the only one. So they may be
checked in parts, anywhere: as a filter of Spark or of Hadoop, with --threads 1.

Examples:
  presync batch --state state.json lines.ndjson > answers.ndjson
  … | presync batch --state state.json --threads 1 | jq -c 'select(.accepted | not)'

Exit status:
  0  every line is accepted
  1  a line is refused
  2  a line could not be read, or nothing could: an unreadable state, bad usage"#;

/// Check any number of requests, one on each line
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Batch {
    /// What is known of regions, images and quota: a state in JSON, or answers of the API; `-` for stdin
    #[arg(long, value_name = "[REGION=]FILE", required = true)]
    state: Vec<OsString>,

    #[command(flatten)]
    policy: PolicyFile,

    /// Refuse what could not be verified
    #[arg(long)]
    strict: bool,

    /// How many threads check lines [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// The lines: a file, or `-` for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    lines: OsString,
}

impl Batch {
    pub(crate) fn run(&self, edition: Option<Edition>) -> Result<Status, Failure> {
        let lines = Source::of_state(&self.lines);
        let known: Vec<_> = self.state.iter().map(|argument| Known::of_argument(argument)).collect();
        let stdin = known.iter().map(|known| known.source).chain([lines]).filter(|source| source.is_stdin());
        match stdin.count() {
            0 | 1 => {}
            _ if lines.is_stdin() => {
                return Err(Failure::Message(
                    "error: stdin is the state and cannot be the lines too".to_owned(),
                ));
            }
            _ => return Err(Failure::Message("error: stdin cannot be several answers".to_owned())),
        }
        // All that a line is held to is made here.
        let (_, rules) = self.policy.read(edition)?;
        let state = input::state(&known).map_err(Failure::Message)?;
        let batch = Lines::new(&rules, &state);
        let batch = if self.strict { batch.strict() } else { batch };

        let (source, size) = open(lines).map_err(Failure::Message)?;
        let progress = Progress::new(size);
        let threads = self.threads.map_or_else(cores, usize::from);
        let (tally, ended) = pipeline::run(&batch, source, io::stdout(), threads, MAX_LINE_BYTES, &progress);
        progress.finish();
        match ended {
            Ended::AtTheEnd => {}
            // A reader who has seen enough does not want the counts of what was not even looked at.
            Ended::Writing(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(tally.status()),
            Ended::Writing(error) => return Err(Failure::Output(error)),
            Ended::Reading(error) => {
                complain(tally.summary(&rules));
                let reason = reason(&error);
                return Err(Failure::Message(format!(
                    "{}: {reason}, after what is counted here",
                    lines.name()
                )));
            }
        }
        complain(tally.summary(&rules));
        Ok(tally.status())
    }
}

/// The lines, and how many bytes they have where that is known.
fn open(lines: Source<'_>) -> Result<(Box<dyn Read + Send>, Option<u64>), String> {
    let Source::File(path) = lines else {
        return Ok((Box::new(io::stdin()), None));
    };
    let open = |path: &Path| {
        // A directory opens, and cannot be read.
        let about = fs::metadata(path)?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok((File::open(path)?, about.is_file().then_some(about.len())))
    };
    let (file, size) =
        open(path).map_err(|error: io::Error| format!("{}: {}", lines.name(), reason(&error)))?;
    Ok((Box::new(file), size))
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
