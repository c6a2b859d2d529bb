//! garde: the single parameters by its derive, the two lists by its trait.
//!
//! A rule on an element of a list asks for other parameters: the source region, the destinations
//! before. A rule that is attached to a field does not see them, so the lists have the trait by
//! hand, as garde foresees for containers.

use garde::util::nested_path;
use garde::{Error, Path, Report, Validate};
use presync::{State, SyncRequest};

use crate::rust_rules::{self, Source, VERSION, World};
use crate::{Finding, Gap, Kind, Peer};

pub struct Garde {
    world: World,
}

pub struct Request {
    single: Single,
    image_ids: Vec<String>,
    destination_regions: Vec<String>,
}

#[derive(Validate)]
#[garde(context(World))]
struct Single {
    #[garde(custom(known_version))]
    version: Option<String>,
    #[garde(custom(known_region))]
    region: Option<String>,
    #[garde(custom(not_on_the_page))]
    dry_run: Option<bool>,
    #[garde(custom(not_on_the_page))]
    image_name: Option<String>,
    #[garde(custom(not_on_the_page))]
    image_set_required: Option<bool>,
    #[garde(custom(not_on_the_page))]
    encrypt: Option<bool>,
    #[garde(custom(not_on_the_page))]
    kms_key_id: Option<String>,
}

fn known_version(version: &Option<String>, _: &World) -> garde::Result {
    match version.as_deref() {
        None => Err(Error::new("version-required")),
        Some(VERSION) => Ok(()),
        Some(_) => Err(Error::new("version-supported")),
    }
}

fn known_region(region: &Option<String>, world: &World) -> garde::Result {
    match region {
        Some(region) if !world.has_region(region) => Err(Error::new("source-region-supported")),
        _ => Ok(()),
    }
}

fn not_on_the_page<T>(value: &Option<T>, _: &World) -> garde::Result {
    if value.is_some() { Err(Error::new("parameter-known")) } else { Ok(()) }
}

impl Validate for Request {
    type Context = World;

    fn validate_into(&self, world: &World, parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        self.single.validate_into(world, parent, report);
        self.validate_images(world, parent, report);
        self.validate_destinations(world, parent, report);
    }
}

impl Request {
    fn validate_images(&self, world: &World, mut parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        let mut path = nested_path!(parent, "image_ids");
        if self.image_ids.is_empty() {
            report.append(path(), Error::new("image-required"));
        }
        if self.image_ids.len() > 1 {
            report.append(path(), Error::new("image-single"));
        }
        let region = self.single.region.as_deref();
        for (subscript, id) in self.image_ids.iter().enumerate() {
            rust_rules::judge_image(world, region, id, |rule| {
                report.append(path().join(subscript), Error::new(rule))
            });
        }
    }

    fn validate_destinations(
        &self,
        world: &World,
        mut parent: &mut dyn FnMut() -> Path,
        report: &mut Report,
    ) {
        let mut path = nested_path!(parent, "destination_regions");
        if self.destination_regions.is_empty() {
            report.append(path(), Error::new("destination-required"));
        }
        let region = self.single.region.as_deref();
        let source = Source::new(world, region, self.image_ids.iter().map(String::as_str));
        for (subscript, name) in self.destination_regions.iter().enumerate() {
            let earlier = self.destination_regions[..subscript].iter().map(String::as_str);
            rust_rules::judge_destination(world, &source, name, earlier, |rule| {
                report.append(path().join(subscript), Error::new(rule));
            });
        }
    }
}

impl Peer for Garde {
    const NAME: &'static str = "garde";
    const KIND: Kind = Kind::Validator;
    const GAPS: &'static [Gap] = &[];

    type Request = Request;
    type Answer<'a> = Result<(), Report>;

    fn prepare(state: &State) -> Self {
        Self { world: World::new(state) }
    }

    /// The struct that a handler would deserialize a body into.
    fn request(&self, request: &SyncRequest) -> Request {
        Request {
            single: Single {
                version: request.version.clone(),
                region: request.region.clone(),
                dry_run: request.dry_run,
                image_name: request.image_name.clone(),
                image_set_required: request.image_set_required,
                encrypt: request.encrypt,
                kms_key_id: request.kms_key_id.clone(),
            },
            image_ids: request.image_ids.clone(),
            destination_regions: request.destination_regions.clone(),
        }
    }

    fn check<'a>(&'a mut self, request: &'a Request) -> Self::Answer<'a> {
        request.validate_with(&self.world)
    }

    fn findings(answer: &Self::Answer<'_>) -> Vec<Finding> {
        let Err(report) = answer else { return Vec::new() };
        report
            .iter()
            .map(|(path, error)| (error.message().to_owned(), parameter(&path.to_string())))
            .collect()
    }
}

/// `DestinationRegions.1` for `destination_regions[1]`.
fn parameter(path: &str) -> String {
    let (name, subscript) = path.trim_end_matches(']').split_once('[').unwrap_or((path, ""));
    crate::documents::parameter(name, subscript.parse().ok())
}
