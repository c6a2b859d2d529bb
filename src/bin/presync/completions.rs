//! `presync completions`.

use std::io::Write as _;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::output::Output;
use crate::{Cli, Failure, Status};

const EXAMPLES: &str = "\
Examples:
  presync completions bash > ~/.local/share/bash-completion/completions/presync
  presync completions fish > ~/.config/fish/completions/presync.fish";

/// Write a script that completes this command in a shell
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        // The generator panics where it cannot write, which never happens in memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "presync", &mut script);
        output.write_all(&script)?;
        Ok(Status::Accepted)
    }
}
