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

/// Write the JSON Schema of a request, of the state or of a report
#[derive(Args)]
pub(crate) struct Schema {
    /// The document that the schema describes
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// The parameters of a request, as a JSON body
    Request,
    /// Regions, images and quota: the file for `--state`
    State,
    /// A line of `check --format json`
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
                add_address(&mut schema);
                schema
            }
        };
        RecursiveTransform(describe).transform(&mut schema);
        serde_json::to_writer_pretty(&mut *output, &schema).map_err(io::Error::from)?;
        writeln!(output)?;
        Ok(Status::Accepted)
    }
}

/// Adds the key of a report on a request in the document of another tool.
fn add_address(schema: &mut schemars::Schema) {
    if let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) {
        let description = "The resource or source that makes the request, in the document of another tool.";
        properties.insert("address".to_owned(), json!({"description": description, "type": "string"}));
    }
}

/// Makes a description of a documentation comment: without the examples in Rust, without links into
/// the documentation, and with each paragraph on one line.
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
