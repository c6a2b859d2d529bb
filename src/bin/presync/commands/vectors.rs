//! `presync vectors`.

use std::io::{self, Write as _};

use clap::Args;
use presync::Edition;
use presync::generators::vectors;

use crate::outcome::{Failure, Status};
use crate::output::Output;

const EXAMPLES: &str = "\
Each line has the state, the request in two forms (`headers` and `request`; `query`), and what is to be said of \
it: `presync schema vector`. A form is null where the request cannot be sent in it, and `headers` are null where they \
are not known. First come every rule alone, every two rules that can be broken together, both sides of \
every limit, and what cannot be verified; then any requests.

Examples:
  presync vectors --edition latest > vectors.jsonl
  presync vectors --edition 2017-03 --count 5000 --seed 7 > vectors.jsonl";

/// Write conformance vectors for those who implement SyncImages, or a checker
/// of it: one JSON line each
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Vectors {
    /// The edition that they are about: `latest`, or any month from 2017-03 on [default: 2017-03]
    #[arg(long, value_name = "YYYY-MM")]
    edition: Option<Edition>,

    /// The number of vectors
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    count: usize,

    /// A number: the same one makes the same vectors
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

impl Vectors {
    /// Writes the vectors. `before` is the edition that stands before the subcommand.
    pub(crate) fn run(&self, before: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        let edition = self.edition.or(before).unwrap_or(Edition::FIRST);
        for vector in vectors::vectors(edition, self.seed).take(self.count) {
            serde_json::to_writer(&mut *output, &vector).map_err(io::Error::from)?;
            writeln!(output)?;
            if output.is_unread() {
                break;
            }
        }
        Ok(Status::Accepted)
    }
}
