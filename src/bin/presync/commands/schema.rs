//! `presync schema`.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use presync::check::compare::{Comparison, Table};
use presync::generators::vectors::Vector;
use presync::policy::{self, Policy};
use presync::{Edition, Parameter, Report, Rule, Stage, State, SyncRequest};
use regex::Regex;
use schemars::generate::SchemaSettings;
use schemars::schema_for;
use schemars::transform::{RecursiveTransform, Transform as _};
use serde_json::{Map, Value, json};

use crate::outcome::{Failure, Status};
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  presync schema state > state.schema.json
  presync schema request --edition latest";

/// Write the JSON Schema of a request, of the state, of a policy, or of what is written
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Schema {
    /// The document that the schema describes
    #[arg(value_enum)]
    of: Of,

    /// The edition whose parameters the schema of a `request` allows: `latest`, or any month from
    /// 2017-03 on [default: those of every edition]
    #[arg(long, value_name = "YYYY-MM")]
    edition: Option<Edition>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// The parameters of a request, as a JSON body
    Request,
    /// Regions, images and quota: the file for `--state`
    State,
    /// A line of `check --format json`
    Report,
    /// A line of `batch`
    Batch,
    /// What `regions --format json` writes
    Regions,
    /// A line of `compare --format json`
    Comparison,
    /// The last line of `compare --format json`: the file for `--observed`
    Table,
    /// Rules of your own: the file for `--policy`
    Policy,
    /// A line of `vectors`
    Vector,
}

impl Schema {
    /// Writes the schema. `before` is the edition that stands before the subcommand.
    pub(crate) fn run(&self, before: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        let edition = self.edition.or(before);
        if edition.is_some() && self.of != Of::Request {
            let message = "error: `--edition` has an effect on `presync schema request` alone";
            return Err(Failure::Message(message.to_owned()));
        }
        // Requests, states and policies are read, reports are written: there every key is always
        // present.
        let mut schema = match self.of {
            Of::Request => {
                let mut schema = schema_for!(SyncRequest);
                request(&mut schema, edition);
                schema
            }
            Of::State => schema_for!(State),
            Of::Report => check_line(),
            Of::Batch => batch_line(),
            Of::Regions => regions(),
            Of::Comparison => comparison_line(),
            Of::Table => schema_for!(Table),
            Of::Vector => {
                let settings = SchemaSettings::default().for_serialize();
                settings.into_generator().into_root_schema_for::<Vector>()
            }
            Of::Policy => {
                let mut schema = schema_for!(Policy);
                RecursiveTransform(without_null).transform(&mut schema);
                let description = "Rules of your own beside the documented ones, and the rules that are warnings or off. \
                                   `presync policy` writes a file with every key and what it means.";
                schema.insert("description".to_owned(), json!(description));
                add_rules(&mut schema);
                schema
            }
        };
        RecursiveTransform(describe).transform(&mut schema);
        serde_json::to_writer_pretty(&mut *output, &schema).map_err(io::Error::from)?;
        writeln!(output)?;
        Ok(Status::Accepted)
    }
}

/// Makes it what `check` reads under an edition: a parameter is left out and never `null`, only the
/// parameters of that page are there, and so are the common ones that a request does not keep.
fn request(schema: &mut schemars::Schema, edition: Option<Edition>) {
    RecursiveTransform(without_null).transform(schema);
    schema.insert("required".to_owned(), json!(["ImageIds", "DestinationRegions"]));
    let page = edition.map_or_else(
        || "of any edition of the page".to_owned(),
        |edition| format!("under the {edition} page"),
    );
    let description = format!("The parameters of one SyncImages request, as a JSON body, {page}.");
    schema.insert("description".to_owned(), json!(description));
    let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) else { return };
    for (parameter, first_seen) in Parameter::later() {
        if edition.is_some_and(|edition| edition < first_seen) {
            properties.remove(parameter.name());
        }
    }
    let action =
        json!({"description": "`Action`, a common parameter.", "type": "string", "pattern": "^SyncImages$"});
    properties.insert(Parameter::ACTION.to_string(), action);
    for parameter in Parameter::common() {
        let description = format!("`{parameter}`, a common parameter that says nothing about the copy.");
        properties.insert(parameter.to_string(), json!({"description": description}));
    }
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        property.remove("default");
    }
}

/// Leaves out the type of `null`, and a default that is `null`: there, a key is left out.
fn without_null(schema: &mut schemars::Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace("`None`", "left out");
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &**types {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
}

/// Names every rule whose level a policy can set.
fn add_rules(schema: &mut schemars::Schema) {
    let levels = |rule: &Rule| match rule.stage() {
        // It is enforced before there is a set of rules.
        Stage::Decode => json!({"enum": ["error"]}),
        Stage::Check => json!({"$ref": "#/$defs/Level"}),
    };
    let rules: Map<String, Value> =
        policy::every_rule().map(|rule| (rule.id().to_owned(), levels(rule))).collect();
    if let Some(of_rules) = schema.pointer_mut("/properties/rules").and_then(Value::as_object_mut) {
        of_rules.insert("properties".to_owned(), Value::Object(rules));
        of_rules.insert("additionalProperties".to_owned(), json!(false));
    }
}

/// Returns the schema of a report as it is written.
fn report() -> schemars::Schema {
    SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<Report>()
}

/// Returns the schema of a line of `check --format json`.
fn check_line() -> schemars::Schema {
    let mut report = report();
    add_names(&mut report);
    let error = json!({
        "type": "object",
        "properties": {
            "message": {"description": "The reason.", "type": "string"},
            "line": {"description": "The line of the problem, counted from 1; left out where it has no position.", "type": "integer", "minimum": 1},
            "column": {"description": "Its column, counted from 1, in bytes.", "type": "integer", "minimum": 1},
        },
        "required": ["message"],
        "additionalProperties": false,
    });
    let not_checked = json!({
        "title": "NotChecked",
        "description": "A request that could not be checked.",
        "type": "object",
        "properties": {"request": request_name(), "error": error},
        "required": ["error"],
        "additionalProperties": false,
    });
    let partial = json!({
        "title": "Partial",
        "description": "The document of another tool that may not state all requests. The line is behind those of all requests.",
        "type": "object",
        "properties": {
            "request": {"description": "The name of the document, where there are several requests.", "type": "string"},
            "partial": {"description": "The reason.", "type": "string"},
        },
        "required": ["partial"],
        "additionalProperties": false,
    });
    let others = vec![not_checked, partial];
    one_of("CheckLine", "A line of `presync check --format json`.", report, others)
}

/// Returns the schema of a line of `batch`.
fn batch_line() -> schemars::Schema {
    let mut report = report();
    add_id(&mut report);
    one_of("BatchLine", "A line of `presync batch`.", report, vec![unreadable()])
}

/// Returns the schema of a line of `compare --format json` but the last.
fn comparison_line() -> schemars::Schema {
    let settings = SchemaSettings::default().for_serialize();
    let mut comparison = settings.into_generator().into_root_schema_for::<Comparison>();
    add_id(&mut comparison);
    comparison.insert("additionalProperties".to_owned(), json!(false));
    let description = "A line of `presync compare --format json`; the last one is the table.";
    one_of("ComparisonLine", description, comparison, vec![unreadable()])
}

/// Adds the id that stands first in a line, or else the number of the line.
fn add_id(schema: &mut schemars::Schema) {
    let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) else { return };
    let description = "The id of the line that was read, any value; left out where it has none.";
    properties.insert("id".to_owned(), json!({"description": description}));
    let description = "The number of that line, counted from 1, where it has no id.";
    properties
        .insert("line".to_owned(), json!({"description": description, "type": "integer", "minimum": 1}));
    schema.insert("oneOf".to_owned(), json!([{"required": ["id"]}, {"required": ["line"]}]));
}

/// Returns the schema of what is written for a line that could not be read.
fn unreadable() -> Value {
    json!({
        "title": "Unreadable",
        "description": "A line that could not be read.",
        "type": "object",
        "properties": {
            "id": {"description": "The id of the line that was read, any value; left out where none was found."},
            "line": {"description": "The number of that line, counted from 1.", "type": "integer", "minimum": 1},
            "error": {
                "type": "object",
                "properties": {
                    "message": {"description": "The reason.", "type": "string"},
                    "column": {"description": "The column of the problem, counted from 1, in bytes; left out where it has no position.", "type": "integer", "minimum": 1},
                },
                "required": ["message"],
                "additionalProperties": false,
            },
        },
        "required": ["line", "error"],
        "additionalProperties": false,
    })
}

/// Returns the schema of a line that is what was asked for, or one of the others.
fn one_of(
    title: &str,
    description: &str,
    mut asked: schemars::Schema,
    others: Vec<Value>,
) -> schemars::Schema {
    let mut schema = schemars::Schema::default();
    for key in ["$schema", "$defs"] {
        if let Some(value) = asked.remove(key) {
            schema.insert(key.to_owned(), value);
        }
    }
    schema.insert("title".to_owned(), json!(title));
    schema.insert("description".to_owned(), json!(description));
    let all: Vec<Value> = std::iter::once(json!(asked)).chain(others).collect();
    schema.insert("anyOf".to_owned(), json!(all));
    schema
}

/// Returns the schema of a list of regions: each is a report, with the region and the verdict.
fn regions() -> schemars::Schema {
    let mut region = report();
    let all = region.remove("$defs").unwrap_or_else(|| json!({}));
    let dialect = region.remove("$schema");
    region.remove("title");
    let description = "A region, with the report on a request that copies the image there and nowhere else.";
    region.insert("description".to_owned(), json!(description));
    let text = |description: &str| json!({"description": description, "type": "string"});
    let text_or_null = |description: &str| json!({"description": description, "type": ["string", "null"]});
    if let Some(properties) = region.pointer_mut("/properties").and_then(Value::as_object_mut) {
        let of_list = properties.get("violations").and_then(|violations| violations.get("items")).cloned();
        properties.insert("region".to_owned(), text("The name of the region."));
        let description = "The name of the region that people are shown; null where it is not known.";
        properties.insert("region_name".to_owned(), text_or_null(description));
        let mut verdict = text("`yes`: the image can be copied there; `no`; or `not verified`.");
        if let Some(verdict) = verdict.as_object_mut() {
            verdict.insert("pattern".to_owned(), json!("^(yes|no|not verified)$"));
        }
        properties.insert("verdict".to_owned(), verdict);
        let description = "Violations that are about the list of destinations as a whole, and not about the \
                           region; left out when there is none.";
        properties.insert(
            "of_list".to_owned(),
            json!({"description": description, "type": "array", "items": of_list}),
        );
    }
    if let Some(Value::Array(required)) = region.get_mut("required") {
        required.extend(["region", "region_name", "verdict"].map(Value::from));
    }
    let mut schema = schemars::Schema::default();
    if let Some(dialect) = dialect {
        schema.insert("$schema".to_owned(), dialect);
    }
    schema.insert("title".to_owned(), json!("Regions"));
    let description = "The regions of a state, in order: which of them an image can be copied to.";
    schema.insert("description".to_owned(), json!(description));
    schema.insert("type".to_owned(), json!("object"));
    let properties = json!({
        "image": text("The id of the image."),
        "source": text_or_null("The source region; null where none is sent."),
        "regions_complete": {
            "description": "False if there may be regions that the state does not list.",
            "type": "boolean",
        },
        "regions": {"description": "Every region of the state.", "type": "array", "items": region},
    });
    schema.insert("properties".to_owned(), properties);
    schema.insert("required".to_owned(), json!(["image", "source", "regions_complete", "regions"]));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema.insert("$defs".to_owned(), all);
    schema
}

/// Adds the keys of a report on one of several requests, and on one in the
/// document of another tool.
fn add_names(schema: &mut schemars::Schema) {
    let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) else { return };
    properties.insert("request".to_owned(), request_name());
    let description = "The resource or source that makes the request, in the document of another tool.";
    properties.insert("address".to_owned(), json!({"description": description, "type": "string"}));
    properties.insert("suggestion".to_owned(), suggestion());
}

/// Returns the schema of the name of a request.
fn request_name() -> Value {
    json!({"description": "The name of the request, where there are several.", "type": "string"})
}

/// Returns the schema of what would be accepted instead of a refused request.
fn suggestion() -> Value {
    let text = json!({"type": "string"});
    let sent = json!({"type": ["object", "string"]});
    let removed = json!({
        "type": "object", "properties": {"rule": text, "parameter": text},
        "required": ["rule", "parameter"], "additionalProperties": false,
    });
    let edit = json!({
        "type": "object",
        "properties": {
            "edit": {"enum": ["set", "add", "remove", "split", "rename", "join"]},
            "parameter": {"description": "With the subscript that it has in the refused request, or in the one that the edits before make of it.", "type": "string"},
            "values": {"description": "The new value or the new name, or several where it becomes several.", "type": "array", "items": text},
            "removes": {"description": "The violations that go with it.", "type": "array", "items": removed},
            "confidence": {"enum": ["same-meaning", "likely", "gives-up"]},
        },
        "required": ["edit", "parameter", "removes", "confidence"],
        "additionalProperties": false,
    });
    json!({
        "description": "What would be accepted instead, where that is asked for and the request is refused.",
        "type": "object",
        "properties": {
            "request": {"description": "The request to send, as an object or a text, as it came; left out where there is none.", "type": ["object", "string"]},
            "requests": {"description": "The requests to send, where there are several: one for each image.", "type": "array", "items": sent},
            "headers": {"description": "The headers that are to have another value.", "type": "object"},
            "attributes": {"description": "The attributes to write in the source of another tool's document; `null` where one is to be left out.", "type": "object"},
            "edits": {"type": "array", "items": edit},
            "remedies": {
                "description": "What others can do.",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "remedy": {"enum": ["wait", "quota", "other-image", "choose", "tell"]},
                        "image": {"description": "The image to wait for.", "type": "string"},
                        "state": {"description": "Its state.", "type": "string"},
                        "region": {"description": "The region whose quota is used up.", "type": "string"},
                        "delete": {"description": "The custom images to delete there.", "type": "integer", "minimum": 1},
                        "raise": {"description": "The number by which its quota is to be larger.", "type": "integer", "minimum": 1},
                        "images": {"description": "Images that would do.", "type": "array", "items": text},
                        "rule": {"description": "A rule that could not be decided.", "type": "string"},
                        "parameter": {"description": "The parameter that may break it, or whose value is to be chosen.", "type": "string"},
                        "needs": {"description": "The fact that would settle it.", "type": "string"},
                    },
                    "additionalProperties": false,
                    "required": ["remedy"],
                },
            },
        },
        "required": ["edits", "remedies"],
        "additionalProperties": false,
    })
}

/// Makes a description of a documentation comment: without the examples in Rust, without links into
/// the documentation, with `null` for what it is in Rust, and with each paragraph on one line.
fn describe(schema: &mut schemars::Schema) {
    let Some(Value::String(description)) = schema.get_mut("description") else { return };
    let text = description.split("\n\n```").next().unwrap_or_default();
    let paragraphs: Vec<_> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    let text = paragraphs.join("\n\n").replace("`None`", "null");
    *description = match Regex::new(r"\[(`[^`]+`)\]\([^)]*\)") {
        Ok(link) => link.replace_all(&text, "$1").into_owned(),
        Err(_) => text,
    };
}
