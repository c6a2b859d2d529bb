//! `presync completions`.

use std::io::Write as _;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::outcome::{Failure, Status};
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  presync completions bash > ~/.local/share/bash-completion/completions/presync
  presync completions fish > ~/.config/fish/completions/presync.fish";

/// Write a script that completes this command in a shell
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, usage: &mut Command, output: &mut Output) -> Result<Status, Failure> {
        // The generator panics where it cannot write, which never happens in memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, usage, "presync", &mut script);
        output.write_all(&script)?;
        Ok(Status::Accepted)
    }
}
