//! `presync`: every reason why Tencent Cloud CVM would refuse a SyncImages request, before it is
//! sent.
//!
//! The command line finds the input, writes what the library says about it, and makes an exit
//! status of that. It judges no request itself.
//!
//! The files import one another in one direction only:
//!
//! ```text
//! {outcome, output, position} <- input <- document <- {suggested, templates}
//!                   suggested <- verdict
//!                       input <- lines <- commands
//!            {outcome, output} <- usage <- main
//!                      output <- rule_list
//!            {outcome, output} <- {region_list, serve}
//! {verdict, rule_list, region_list} <- format, {format, templates, serve} <- commands <- main
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "files, streams and arguments are kept out of the library so that they can be here"
)]

mod commands;
mod document;
mod format;
mod input;
mod lines;
mod outcome;
mod output;
mod position;
mod region_list;
mod rule_list;
#[cfg(feature = "serve")]
mod serve;
mod suggested;
mod templates;
mod usage;
mod verdict;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory as _, Parser};
use presync::Edition;

use crate::commands::Command;
use crate::outcome::{Failure, Status, complain};
use crate::output::Output;

const ABOUT: &str = "\
For whoever sends, proxies or plans SyncImages requests of Tencent Cloud CVM, which copy custom images of virtual \
machines to other regions: every reason why one would be refused, before it is sent";

const EXAMPLES: &str = "\
Examples:
  presync check --state state.json request.json
  presync check --state state.json 'Version=2017-03-12&ImageIds.0=…'
  presync check --edition latest --state state.json request.json
  presync check --policy presync.toml --state state.json request.json
  presync batch --state state.json < lines.ndjson
  presync compare --state state.json recorded.ndjson
  presync regions --state state.json img-o3ycss2p
  presync policy > presync.toml
  presync rules
  presync explain image-size
  presync diff 2017-03 latest

Exit status:
  0  accepted
  1  refused
  2  could not be checked: no request, an unreadable state, bad usage
  3  with --strict: not refused, and not verified";

#[derive(Parser)]
#[command(name = "presync", version, about = ABOUT, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// The edition, where it stands before a subcommand that has this option.
    #[arg(long, hide = true, value_name = "YYYY-MM")]
    edition: Option<Edition>,

    /// Use of colour; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, hide_default_value = true)]
    color: ColorChoice,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let error = usage::fit(error);
            // Help and the version come this way too, and go to stdout. Where they cannot be
            // written there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { Status::NotChecked } else { Status::Accepted }.into();
        }
    };
    let mut output = Output::new(cli.color);
    let result = cli.command.run(cli.edition, Cli::command, &mut output);
    let result = result.and_then(|status| output.flush().map(|()| status).map_err(Failure::from));
    match result {
        Ok(status) => status.into(),
        Err(failure) => {
            complain(failure);
            Status::NotChecked.into()
        }
    }
}
