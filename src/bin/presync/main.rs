//! `presync`: would this SyncImages call be accepted, and if not, what is every reason?
//!
//! All that is decided here is how input is found, how an answer is written and which exit status it has. What is
//! right or wrong about a request is for the library to say.

#![allow(
    clippy::disallowed_methods,
    reason = "files, streams and arguments are kept out of the library so that they can be here"
)]

mod batch;
mod call;
mod check;
mod completions;
mod diff;
mod explain;
mod format;
mod input;
mod output;
mod place;
mod policy;
mod rules;
mod schema;
mod state;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};
use presync::Edition;

use crate::output::Output;

const ABOUT: &str = "Say every reason why a SyncImages call would be refused, before it is made";

const EXAMPLES: &str = "\
Examples:
  presync check --state state.json request.json
  presync check --state state.json 'Version=2017-03-12&ImageIds.0=…'
  presync check --edition latest --state state.json request.json
  presync check --policy presync.toml --state state.json request.json
  presync batch --state state.json < lines.ndjson
  presync rules
  presync explain image-size
  presync diff 2017-03 latest

Exit status:
  0  accepted
  1  refused
  2  could not be checked: no request, an unreadable state, bad usage";

#[derive(Parser)]
#[command(name = "presync", version, about = ABOUT, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// The page to go by: `latest`, or any month from 2017-03 on [default: that of the policy, else 2017-03]
    #[arg(long, global = true, value_name = "YYYY-MM")]
    edition: Option<Edition>,

    /// When to use colour; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, hide_default_value = true)]
    color: ColorChoice,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Batch(batch::Batch),
    State(state::State),
    Rules(rules::Rules),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

/// What a run comes to; the worst is the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Accepted, or there was nothing to refuse.
    Accepted,
    /// Refused.
    Refused,
    /// There is no answer.
    NotChecked,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Accepted => 0,
            Status::Refused => 1,
            Status::NotChecked => 2,
        })
    }
}

/// Why a subcommand gave up.
enum Failure {
    /// There is no answer, for this reason.
    Reason(String),
    /// The answer could not be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version come this way too, and go to stdout. Where they cannot be written there is nobody to
            // tell.
            let _ = error.print();
            return if error.use_stderr() { Status::NotChecked } else { Status::Accepted }.into();
        }
    };
    let mut output = Output::new(cli.color);
    let result = match &cli.command {
        Command::Check(check) => check.run(cli.edition, &mut output),
        Command::Batch(batch) => batch.run(cli.edition),
        Command::State(state) => state.run(&mut output),
        Command::Rules(rules) => rules.run(cli.edition, &mut output),
        Command::Explain(explain) => explain.run(cli.edition.unwrap_or(Edition::SEED), &mut output),
        Command::Diff(diff) => diff.run(&mut output),
        Command::Schema(schema) => schema.run(&mut output),
        Command::Completions(completions) => completions.run(&mut output),
    };
    let result = result.and_then(|status| output.flush().map(|()| status).map_err(Failure::from));
    match result {
        Ok(status) => status.into(),
        Err(Failure::Reason(reason)) => {
            complain(reason);
            Status::NotChecked.into()
        }
        Err(Failure::Output(error)) => {
            complain(format_args!("error: cannot write the answer: {}", input::reason(&error)));
            Status::NotChecked.into()
        }
    }
}

/// One line on stderr.
fn complain(line: impl Display) {
    // `eprintln!` would panic where stderr is closed. There is nobody to tell then.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
