//! validator: the single parameters by its derive, the two lists by hand.
//!
//! The derive gives elements of a list no context, and a function on a whole list can say
//! one thing only. So the lists are gone through after the derived part, and what is
//! found is added to its errors.

use std::borrow::Cow;

use presync::{State, SyncRequest};
use validator::{Validate, ValidateArgs, ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::rust_rules::{self, Source, VERSION, World};
use crate::{Finding, Gap, Kind, Peer, documents};

pub struct Validator {
    world: World,
}

#[derive(Validate)]
#[validate(context = World)]
pub struct Request {
    #[validate(required(code = "version-required"), custom(function = known_version))]
    version: Option<String>,
    #[validate(custom(function = known_region, use_context))]
    region: Option<String>,
    #[validate(custom(function = not_on_the_page))]
    dry_run: Option<bool>,
    #[validate(custom(function = not_on_the_page))]
    image_name: Option<String>,
    #[validate(custom(function = not_on_the_page))]
    image_set_required: Option<bool>,
    #[validate(custom(function = not_on_the_page))]
    encrypt: Option<bool>,
    #[validate(custom(function = not_on_the_page))]
    kms_key_id: Option<String>,
    image_ids: Vec<String>,
    destination_regions: Vec<String>,
}

type Outcome = Result<(), ValidationError>;

fn known_version(version: &str) -> Outcome {
    if version == VERSION { Ok(()) } else { Err(ValidationError::new("version-supported")) }
}

fn known_region(region: &str, world: &World) -> Outcome {
    if world.has_region(region) { Ok(()) } else { Err(ValidationError::new("source-region-supported")) }
}

/// Called for what was sent only.
fn not_on_the_page<T>(_: T) -> Outcome {
    Err(ValidationError::new("parameter-known"))
}

fn lists(request: &Request, world: &World, mut found: impl FnMut(Cow<'static, str>, &'static str)) {
    const IMAGE_IDS: &str = "image_ids";
    const DESTINATION_REGIONS: &str = "destination_regions";

    let region = request.region.as_deref();
    if request.image_ids.is_empty() {
        found(IMAGE_IDS.into(), "image-required");
    }
    if request.image_ids.len() > 1 {
        found(IMAGE_IDS.into(), "image-single");
    }
    for (subscript, id) in request.image_ids.iter().enumerate() {
        rust_rules::judge_image(world, region, id, |rule| {
            found(format!("{IMAGE_IDS}.{subscript}").into(), rule)
        });
    }

    if request.destination_regions.is_empty() {
        found(DESTINATION_REGIONS.into(), "destination-required");
    }
    let source = Source::new(world, region, request.image_ids.iter().map(String::as_str));
    for (subscript, name) in request.destination_regions.iter().enumerate() {
        let earlier = request.destination_regions[..subscript].iter().map(String::as_str);
        rust_rules::judge_destination(world, &source, name, earlier, |rule| {
            found(format!("{DESTINATION_REGIONS}.{subscript}").into(), rule);
        });
    }
}

impl Peer for Validator {
    const NAME: &'static str = "validator";
    const KIND: Kind = Kind::Validator;
    const GAPS: &'static [Gap] = &[];

    type Request = Request;
    type Answer<'a> = Result<(), ValidationErrors>;

    fn prepare(state: &State) -> Self {
        Self { world: World::new(state) }
    }

    /// The struct that a handler would deserialize a body into.
    fn request(&self, request: &SyncRequest) -> Request {
        Request {
            version: request.version.clone(),
            region: request.region.clone(),
            dry_run: request.dry_run,
            image_name: request.image_name.clone(),
            image_set_required: request.image_set_required,
            encrypt: request.encrypt,
            kms_key_id: request.kms_key_id.clone(),
            image_ids: request.image_ids.clone(),
            destination_regions: request.destination_regions.clone(),
        }
    }

    fn check<'a>(&'a mut self, request: &'a Request) -> Self::Answer<'a> {
        let mut outcome = request.validate_with_args(&self.world);
        lists(request, &self.world, |field, rule| {
            if outcome.is_ok() {
                outcome = Err(ValidationErrors::new());
            }
            let Err(errors) = &mut outcome else { return };
            let kind =
                errors.errors_mut().entry(field).or_insert_with(|| ValidationErrorsKind::Field(Vec::new()));
            if let ValidationErrorsKind::Field(errors) = kind {
                errors.push(ValidationError::new(rule));
            }
        });
        outcome
    }

    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding> {
        let Err(errors) = answer else { return Vec::new() };
        let mut findings = Vec::new();
        for (field, errors) in errors.field_errors() {
            let (name, subscript) = field.split_once('.').unwrap_or((&field, ""));
            let parameter = documents::parameter(name, subscript.parse().ok());
            findings.extend(errors.iter().map(|error| (error.code.to_string(), parameter.clone())));
        }
        findings
    }
}
