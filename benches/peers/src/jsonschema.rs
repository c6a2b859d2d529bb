//! jsonschema, three times: a schema of the request's shape alone, the same with the other
//! rules as a keyword of our own, and the shape as code, which the attribute makes of the
//! schema when this program is built.
//!
//! The first two are compiled once, with the names of regions in the schema, as an `enum`. The
//! third one is there before any state is.

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Keyword, ValidationError};
use presync::{State, SyncRequest};
use serde_json::{Value, json};

use crate::rust_rules::{self, Source, World};
use crate::{Finding, Gap, Kind, Peer, documents};

/// The keyword for everything that takes a look at the state.
const KEYWORD: &str = "possible-in-state";

pub struct Keywords(jsonschema::Validator);
pub struct Shape(jsonschema::Validator);

#[jsonschema::validator(schema = r#"{
    "type": "object",
    "required": ["Version", "ImageIds", "DestinationRegions"],
    "additionalProperties": false,
    "properties": {
        "Version": {"const": "2017-03-12"},
        "Region": {"type": "string"},
        "ImageIds": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {"type": "string", "pattern": "^img-[0-9a-z]{8,}$"}
        },
        "DestinationRegions": {"type": "array", "minItems": 1, "items": {"type": "string"}}
    }
}"#)]
pub struct Built;

fn schema(state: &State, destination: &Value) -> Value {
    let regions: Vec<&str> = state.regions().iter().map(|region| &*region.region).collect();
    json!({
        "type": "object",
        "required": ["Version", "ImageIds", "DestinationRegions"],
        "additionalProperties": false,
        "properties": {
            "Version": {"const": "2017-03-12"},
            "Region": {"enum": regions},
            "ImageIds": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {"type": "string", "pattern": "^img-[0-9a-z]{8,}$"},
            },
            "DestinationRegions": {"type": "array", "minItems": 1, "items": destination},
        },
    })
}

struct PossibleInState(Arc<World>);

impl PossibleInState {
    fn judge(&self, request: &Value, mut found: impl FnMut(&'static str, &'static str, usize)) {
        let region = request["Region"].as_str();
        let ids = strings(&request["ImageIds"]);
        let destinations = strings(&request["DestinationRegions"]);
        for (subscript, id) in ids.clone().enumerate() {
            rust_rules::judge_image(&self.0, region, id, |rule| {
                // The schema's pattern says it already.
                if rule != "image-id-format" {
                    found(rule, "ImageIds", subscript);
                }
            });
        }
        let source = Source::new(&self.0, region, ids);
        for (subscript, name) in destinations.clone().enumerate() {
            let earlier = destinations.clone().take(subscript);
            rust_rules::judge_destination(&self.0, &source, name, earlier, |rule| {
                found(rule, "DestinationRegions", subscript);
            });
        }
    }
}

fn strings(list: &Value) -> impl Iterator<Item = &str> + Clone {
    list.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str)
}

impl<'i> Keyword<'i> for PossibleInState {
    fn validate(&self, request: &'i Value) -> Result<(), ValidationError<'i>> {
        self.iter_errors(request).next().map_or(Ok(()), Err)
    }

    fn is_valid(&self, request: &'i Value) -> bool {
        let mut valid = true;
        self.judge(request, |_, _, _| valid = false);
        valid
    }

    fn iter_errors(&self, request: &'i Value) -> Box<dyn Iterator<Item = ValidationError<'i>> + 'i> {
        let mut errors = Vec::new();
        // The path of such an error is that of the value with the keyword, so the
        // element is in the message.
        self.judge(request, |rule, list, subscript| {
            errors.push(ValidationError::custom(format!("{rule} {list}.{subscript}")));
        });
        Box::new(errors.into_iter())
    }
}

impl Peer for Keywords {
    const NAME: &'static str = "jsonschema";
    const KIND: Kind = Kind::Validator;
    const GAPS: &'static [Gap] = &[];

    type Request = Value;
    type Answer<'a> = Vec<ValidationError<'a>>;

    fn prepare(state: &State) -> Self {
        let world = Arc::new(World::new(state));
        let mut schema = schema(state, &json!({"type": "string"}));
        schema[KEYWORD] = json!(true);
        let options = jsonschema::options()
            .with_keyword(KEYWORD, move |_, _, _| Ok(Box::new(PossibleInState(Arc::clone(&world)))));
        Self(options.build(&schema).expect("the schema is valid"))
    }

    /// The body, parsed.
    fn request(&self, request: &SyncRequest) -> Value {
        documents::of_request(request)
    }

    fn check<'a>(&'a mut self, request: &'a Value) -> Self::Answer<'a> {
        all_errors(&self.0, request)
    }

    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding> {
        findings(answer)
    }
}

impl Peer for Shape {
    const NAME: &'static str = "jsonschema-shape";
    const KIND: Kind = Kind::Validator;
    const GAPS: &'static [Gap] = &[
        Gap::Rule("image-exists", STATE),
        Gap::Rule("image-custom", STATE),
        Gap::Rule("image-state-normal", STATE),
        Gap::Rule("image-size", STATE),
        Gap::Rule("image-quota", STATE),
        Gap::Rule(
            "destination-available",
            "it depends on the source region: a keyword compares with constants only",
        ),
        Gap::Rule("destination-not-source", TWO_VALUES),
        Gap::Rule("destination-unique", SECOND),
    ];

    type Request = Value;
    type Answer<'a> = Vec<ValidationError<'a>>;

    fn prepare(state: &State) -> Self {
        let regions: Vec<&str> = state.regions().iter().map(|region| &*region.region).collect();
        let schema = schema(state, &json!({"enum": regions}));
        Self(jsonschema::validator_for(&schema).expect("the schema is valid"))
    }

    /// The body, parsed.
    fn request(&self, request: &SyncRequest) -> Value {
        documents::of_request(request)
    }

    fn check<'a>(&'a mut self, request: &'a Value) -> Self::Answer<'a> {
        all_errors(&self.0, request)
    }

    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding> {
        findings(answer)
    }
}

impl Peer for Built {
    const NAME: &'static str = "jsonschema-built";
    const KIND: Kind = Kind::Validator;
    const GAPS: &'static [Gap] = &[
        Gap::Rule("source-region-supported", BUILT),
        Gap::Rule("image-exists", BUILT),
        Gap::Rule("image-custom", BUILT),
        Gap::Rule("image-state-normal", BUILT),
        Gap::Rule("image-size", BUILT),
        Gap::Rule("image-quota", BUILT),
        Gap::Rule("destination-exists", BUILT),
        Gap::Rule("destination-available", BUILT),
        Gap::Rule("destination-not-source", TWO_VALUES),
        Gap::Rule("destination-unique", SECOND),
    ];

    type Request = Value;
    type Answer<'a> = Vec<ValidationError<'a>>;

    fn prepare(_: &State) -> Self {
        Self
    }

    /// The body, parsed.
    fn request(&self, request: &SyncRequest) -> Value {
        documents::of_request(request)
    }

    fn check<'a>(&'a mut self, request: &'a Value) -> Self::Answer<'a> {
        Self::iter_errors(request).collect()
    }

    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding> {
        findings(answer)
    }
}

const BUILT: &str = "the schema is compiled with the program, and so knows nothing of a state";
const TWO_VALUES: &str = "two values of one document cannot be compared";
const SECOND: &str = "`uniqueItems` says that there is a second one, not which";
const STATE: &str =
    "a schema knows names, not what the state says of them, short of one branch for each name in it";

fn all_errors<'a>(validator: &'a jsonschema::Validator, request: &'a Value) -> Vec<ValidationError<'a>> {
    validator.iter_errors(request).collect()
}

fn findings(errors: &[ValidationError<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for error in errors {
        let parameter = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
        let list = parameter.split('.').next().unwrap_or_default();
        let rule = match (error.kind(), list) {
            (ValidationErrorKind::Custom { message, .. }, _) => {
                findings.extend(message.split_once(' ').map(|(rule, at)| (rule.to_owned(), at.to_owned())));
                continue;
            }
            (ValidationErrorKind::AdditionalProperties { unexpected }, _) => {
                findings.extend(unexpected.iter().map(|name| ("parameter-known".to_owned(), name.clone())));
                continue;
            }
            (ValidationErrorKind::Required { property }, _) if property == "Version" => {
                findings.push(("version-required".to_owned(), "Version".to_owned()));
                continue;
            }
            (ValidationErrorKind::Constant { .. }, "Version") => "version-supported",
            (ValidationErrorKind::Enum { .. }, "Region") => "source-region-supported",
            (ValidationErrorKind::Enum { .. }, "DestinationRegions") => "destination-exists",
            (ValidationErrorKind::MinItems { .. }, "ImageIds") => "image-required",
            (ValidationErrorKind::MaxItems { .. }, "ImageIds") => "image-single",
            (ValidationErrorKind::Pattern { .. }, "ImageIds") => "image-id-format",
            (ValidationErrorKind::MinItems { .. }, "DestinationRegions") => "destination-required",
            (kind, _) => panic!("no rule for {kind:?} at `{parameter}`"),
        };
        findings.push((rule.to_owned(), parameter));
    }
    findings
}
