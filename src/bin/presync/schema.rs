//! `presync schema`.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use presync::{Report, State, SyncRequest};
use regex::Regex;
use schemars::generate::SchemaSettings;
use schemars::schema_for;
use schemars::transform::{RecursiveTransform, Transform as _};

use crate::output::Output;
use crate::{Failure, Status};

/// Write the JSON Schema of a request, of the state or of the answer in JSON
#[derive(Args)]
pub(crate) struct Schema {
    /// Of what
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// The parameters of a call, as a JSON body
    Request,
    /// What is known before the call: the file for `--state`
    State,
    /// What `check --format json` writes
    Report,
}

impl Schema {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        // Requests and states are read, reports are written: there every key is always present.
        let mut schema = match self.of {
            Of::Request => schema_for!(SyncRequest),
            Of::State => schema_for!(State),
            Of::Report => {
                SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<Report>()
            }
        };
        RecursiveTransform(describe).transform(&mut schema);
        serde_json::to_writer_pretty(&mut *output, &schema).map_err(io::Error::from)?;
        writeln!(output)?;
        Ok(Status::Accepted)
    }
}

/// Makes descriptions of documentation comments: without the examples in Rust, without links into the documentation,
/// and each paragraph on one line.
fn describe(schema: &mut schemars::Schema) {
    let Some(serde_json::Value::String(description)) = schema.get_mut("description") else { return };
    let text = description.split("\n\n```").next().unwrap_or_default();
    let paragraphs: Vec<_> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    let text = paragraphs.join("\n\n");
    *description = match Regex::new(r"\[(`[^`]+`)\]\([^)]*\)") {
        Ok(link) => link.replace_all(&text, "$1").into_owned(),
        Err(_) => text,
    };
}
