//! The records that the state lists for one image id.

use super::context::Context;
use crate::model::{ImageIndex, ImageType, RegionIndex, State};
use crate::rule::cause::Cause;

/// The records that the state lists for one image id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listing<'a> {
    /// It does not have the form of an id, and one rule speaks of that: it is not looked up.
    Malformed,
    /// The source region is not known, and one rule speaks of that: it is not looked up.
    SourceUnknown,
    /// The image is not there.
    Absent,
    /// The image is not listed where it may be, but the list is not complete.
    Unlisted,
    /// These are its records: one where the source region is known.
    Records(&'a [ImageIndex]),
    /// These are records of it, and the list of another region, where it may
    /// be too, is not complete.
    Some(&'a [ImageIndex]),
}

/// The region that a request names for its images to be looked up in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Looked {
    /// One that the state lists.
    In(RegionIndex),
    /// One that the state does not list, and that may exist all the same.
    InUnlisted,
    /// None that exists.
    Nowhere,
}

/// The most regions in which one id is looked at: nobody has it in dozens of them.
pub(super) const MOST_REGIONS: usize = 32;

impl<'a> Listing<'a> {
    /// Looks an id up. `region` is the request's `Region`, if it was sent.
    pub(super) fn of(context: &Context<'_>, state: &'a State, region: Option<Looked>, id: &str) -> Self {
        if context.causes.contains(Cause::IdMalformed) && !context.id_form.matches(id) {
            return Self::Malformed;
        }
        let images = state.find_images(id);
        match region {
            Some(Looked::InUnlisted) => Self::Unlisted,
            Some(Looked::Nowhere) if context.causes.contains(Cause::SourceUnknown) => Self::SourceUnknown,
            Some(Looked::Nowhere) => Self::Absent,
            Some(Looked::In(region)) => match state.in_region(images, region) {
                [] if state.region_at(region).is_some_and(|region| region.images_complete) => Self::Absent,
                [] => Self::Unlisted,
                record => Self::Records(record),
            },
            None if !images.is_empty() && may_be_elsewhere(state, images) => Self::Some(images),
            None if !images.is_empty() => Self::Records(images),
            None if state.incomplete().is_empty() && state.regions_complete() => Self::Absent,
            None => Self::Unlisted,
        }
    }
}

/// True if an image of these records may also be in a region whose list of images is not complete.
///
/// A custom image is in one region: each of its copies has an id of its own. A public image
/// has one id in several regions, and of an image whose type is not known nobody can say
/// that it is a custom one.
fn may_be_elsewhere(state: &State, images: &[ImageIndex]) -> bool {
    let incomplete = state.incomplete();
    if incomplete.is_empty() && state.regions_complete() {
        return false;
    }
    let is_custom = |image: &ImageIndex| {
        let image_type = state.image_at(*image).and_then(|image| image.image_type.as_ref());
        image_type == Some(&ImageType::PRIVATE_IMAGE)
    };
    images.len() > MOST_REGIONS
        || !images.iter().all(is_custom)
            && (!state.regions_complete()
                || incomplete.iter().any(|region| state.in_region(images, *region).is_empty()))
}
