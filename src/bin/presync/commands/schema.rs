//! `presync schema`.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use presync::{Report, State, SyncRequest};
use regex::Regex;
use schemars::generate::SchemaSettings;
use schemars::schema_for;
use schemars::transform::{RecursiveTransform, Transform as _};
use serde_json::{Value, json};

use crate::outcome::{Failure, Status};
use crate::output::Output;

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
                let settings = SchemaSettings::default().for_serialize();
                let mut schema = settings.into_generator().into_root_schema_for::<Report>();
                add_origins(&mut schema);
                schema
            }
        };
        RecursiveTransform(describe).transform(&mut schema);
        serde_json::to_writer_pretty(&mut *output, &schema).map_err(io::Error::from)?;
        writeln!(output)?;
        Ok(Status::Accepted)
    }
}

/// What an answer has beside a report where the call is in the document of another tool.
fn add_origins(schema: &mut schemars::Schema) {
    let keys = [
        ("/properties", "address", "What makes the call, in the document of another tool."),
        ("/$defs/Violation/properties", "attribute", "Which attribute of it the parameter is."),
        ("/$defs/Unverified/properties", "attribute", "Which attribute of it the parameter is."),
    ];
    for (place, key, description) in keys {
        if let Some(properties) = schema.pointer_mut(place).and_then(Value::as_object_mut) {
            properties.insert(key.to_owned(), json!({"description": description, "type": "string"}));
        }
    }
}

/// Makes descriptions of documentation comments: without the examples in Rust, without links into the documentation,
/// and each paragraph on one line.
fn describe(schema: &mut schemars::Schema) {
    let Some(Value::String(description)) = schema.get_mut("description") else { return };
    let text = description.split("\n\n```").next().unwrap_or_default();
    let paragraphs: Vec<_> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    let text = paragraphs.join("\n\n");
    *description = match Regex::new(r"\[(`[^`]+`)\]\([^)]*\)") {
        Ok(link) => link.replace_all(&text, "$1").into_owned(),
        Err(_) => text,
    };
}
