//! `--state`: what is known of regions, images and quota, from files.

use std::ffi::OsString;

use clap::Args;
use presync::sources::describe::{self, Responses};
use presync::text::decode;
use presync::{State, StateError};

use crate::input::{self, RegionSource, at};
use crate::outcome::{Failure, complain};

#[derive(Args)]
pub(crate) struct StateFiles {
    /// Regions, images and quota: a state in JSON, or responses of the API; `-` for stdin
    /// [default: all of it is unknown]
    #[arg(long, value_name = "[REGION=]FILE")]
    state: Vec<OsString>,
}

impl StateFiles {
    fn sources(&self) -> impl Iterator<Item = RegionSource<'_>> {
        self.state.iter().map(|argument| RegionSource::of_argument(argument))
    }

    /// Counts the files that are stdin.
    pub(crate) fn count_stdin(&self) -> usize {
        self.sources().filter(|file| file.source.is_stdin()).count()
    }

    /// Reads the state: one file with a state, or any number of responses of the API. A
    /// state is complete, so that one together with responses is an error. Without a
    /// file all of it is unknown.
    pub(crate) fn read(&self) -> Result<State, Failure> {
        self.state().map_err(Failure::Message)
    }

    fn state(&self) -> Result<State, String> {
        if self.state.is_empty() {
            return Ok(State::unknown());
        }
        read_files(&self.sources().collect::<Vec<_>>())
    }
}

/// Reads the state in one file with a state, or in any number of responses of the API.
pub(crate) fn read_files(files: &[RegionSource<'_>]) -> Result<State, String> {
    let mut responses = Responses::default();
    // The file in which a warning has its position, which is one at most: only a list of regions
    // has such a warning, and it comes without a region.
    let mut placed = None;
    for RegionSource { region, source } in files {
        let can_be_state = files.len() == 1 && region.is_none();
        let bytes = if can_be_state {
            source.state_or_response()?
        } else {
            source.bytes("a file of responses", describe::MAX_BYTES)?
        };
        if can_be_state && !describe::is_response(&bytes) && !is_other(&bytes) {
            return State::from_json(&bytes).map_err(|error| no_state(&source.name(), error));
        }
        responses = responses.response(*region, &bytes).map_err(|error| source.no_response(error))?;
        placed = placed.or_else(|| {
            let has_position = responses.warnings().iter().any(|warning| warning.position().is_some());
            has_position.then(|| source.name())
        });
    }
    for warning in responses.warnings() {
        complain(input::warning(&warning, placed.as_deref()));
    }
    responses.state().map_err(|error| format!("error: {error}"))
}

/// True for a text that is plainly no JSON, such as YAML or HTML. The reader of responses
/// says what it looks like.
fn is_other(bytes: &[u8]) -> bool {
    let bytes = decode(bytes);
    let Ok(text) = std::str::from_utf8(&bytes) else { return false };
    let first = text.trim_ascii_start().chars().next();
    first.is_some_and(|first| {
        !first.is_ascii_graphic() || "/#<-`'".contains(first) || first.is_ascii_alphabetic()
    }) && !["null", "true", "false"].contains(&text.trim_ascii())
        && !text.contains('\0')
}

fn no_state(name: &str, error: StateError) -> String {
    match error {
        StateError::Json { line, column, path, message } => at(name, line, column, path, &message),
        StateError::At { line, column, source } => format!("{name}:{line}:{column}: {source}"),
        other => format!("{name}: {other}"),
    }
}
