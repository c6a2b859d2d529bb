//! The rules in plain Rust, for the libraries that call functions: they differ in how they call
//! them and in what they make of what is found, not in the rules.
//!
//! Written to be quick: a name is looked up once, and nothing is allocated as
//! long as nothing is wrong.

use std::collections::HashMap;

use presync::State;

use crate::documents::{Places, blocked_from, places};

pub const VERSION: &str = "2017-03-12";

#[cfg(feature = "fast-hash")]
type ByName<T> = HashMap<String, T, foldhash::fast::RandomState>;
#[cfg(not(feature = "fast-hash"))]
type ByName<T> = HashMap<String, T>;

/// The state by name. An id is listed in one region.
pub struct World {
    regions: ByName<Region>,
    images: ByName<Image>,
}

struct Region {
    state: String,
    takes_images: bool,
    places: Places,
    blocked_from: Vec<String>,
}

struct Image {
    region: String,
    image_type: String,
    state: String,
    size: u64,
}

impl World {
    pub fn new(state: &State) -> Self {
        const KNOWN: &str = "the state is one in which everything is known";
        let regions = state.regions().iter().map(|region| {
            let record = Region {
                state: region.region_state.as_ref().expect(KNOWN).to_string(),
                takes_images: region.image_sync.expect(KNOWN),
                places: places(state, region),
                blocked_from: blocked_from(state, region).map(str::to_owned).collect(),
            };
            (region.region.clone(), record)
        });
        let images = state.images().iter().map(|image| {
            let record = Image {
                region: image.region.clone(),
                image_type: image.image_type.as_ref().expect(KNOWN).to_string(),
                state: image.image_state.as_ref().expect(KNOWN).to_string(),
                size: image.image_size.expect(KNOWN),
            };
            (image.image_id.clone(), record)
        });
        Self { regions: regions.collect(), images: images.collect() }
    }

    pub fn has_region(&self, name: &str) -> bool {
        self.regions.contains_key(name)
    }
}

/// Where the request's images are copied from.
pub enum Source<'a> {
    /// Not known for a reason that is a fault already, or no image is there.
    Nowhere,
    Region(&'a str),
    /// One of these, in which the images are: `Region` was not sent, and they are not all in one.
    OneOf(Vec<&'a str>),
}

impl<'a> Source<'a> {
    pub fn new<'i>(world: &'a World, region: Option<&'a str>, ids: impl Iterator<Item = &'i str>) -> Self {
        if let Some(region) = region {
            return if world.has_region(region) { Self::Region(region) } else { Self::Nowhere };
        }
        let images = ids.filter_map(|id| world.images.get(id).filter(|_| is_image_id(id)));
        images.fold(Self::Nowhere, |source, image| match source {
            Self::Nowhere => Self::Region(&image.region),
            Self::Region(region) if region == image.region => source,
            Self::Region(region) => Self::OneOf(vec![region, &image.region]),
            Self::OneOf(mut regions) => {
                regions.push(&image.region);
                Self::OneOf(regions)
            }
        })
    }

    /// Whether all routes from there to the region are blocked.
    fn is_blocked(&self, to: &Region) -> bool {
        let blocked = |source: &str| to.blocked_from.iter().any(|from| from == source);
        match self {
            Self::Nowhere => false,
            Self::Region(source) => blocked(source),
            Self::OneOf(sources) => sources.iter().all(|source| blocked(source)),
        }
    }
}

/// `img-` and at least eight digits or lower-case letters.
fn is_image_id(id: &str) -> bool {
    let Some(rest) = id.strip_prefix("img-") else { return false };
    rest.len() >= 8 && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'))
}

/// What is wrong with one image.
pub fn judge_image(world: &World, region: Option<&str>, id: &str, mut found: impl FnMut(&'static str)) {
    if !is_image_id(id) {
        return found("image-id-format");
    }
    let image = match (world.images.get(id), region) {
        (image, None) => image,
        (Some(image), Some(region)) if image.region == region => Some(image),
        (_, Some(region)) if world.has_region(region) => None,
        // Where the source region is not known, nothing is said of the image.
        (_, Some(_)) => return,
    };
    let Some(image) = image else { return found("image-exists") };
    if image.image_type != "PRIVATE_IMAGE" {
        found("image-custom");
    }
    if image.state != "NORMAL" {
        found("image-state-normal");
    }
    if image.size >= 50 {
        found("image-size");
    }
}

/// What is wrong with one destination, `earlier` being those before it.
pub fn judge_destination<'e>(
    world: &World,
    source: &Source<'_>,
    name: &str,
    mut earlier: impl Iterator<Item = &'e str>,
    mut found: impl FnMut(&'static str),
) {
    if earlier.any(|earlier| earlier == name) {
        return found("destination-unique");
    }
    let Some(region) = world.regions.get(name) else { return found("destination-exists") };
    if region.state != "AVAILABLE" || !region.takes_images || source.is_blocked(region) {
        found("destination-available");
    }
    if matches!(source, Source::Region(source) if *source == name) {
        found("destination-not-source");
    }
    if region.places.used + region.places.in_flight >= region.places.quota {
        found("image-quota");
    }
}
