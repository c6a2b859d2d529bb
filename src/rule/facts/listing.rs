//! The records that the state lists for one image id.

use super::context::Context;
use crate::model::{ImageIndex, RegionIndex, State};
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
    /// These are its records, of which there is one where the source region is known.
    Records(&'a [ImageIndex]),
}

impl<'a> Listing<'a> {
    /// Looks an id up. `region` is the request's `Region`, if it was sent, and its index, if it is
    /// known.
    pub(super) fn of(
        context: &Context<'_>,
        state: &'a State,
        region: Option<Option<RegionIndex>>,
        id: &str,
    ) -> Self {
        if context.causes.contains(Cause::IdMalformed) && !context.id_form.matches(id) {
            return Self::Malformed;
        }
        let images = state.find_images(id);
        match region {
            Some(None) if !state.regions_complete() => Self::Unlisted,
            Some(None) if context.causes.contains(Cause::SourceUnknown) => Self::SourceUnknown,
            Some(None) => Self::Absent,
            Some(Some(region)) => match state.in_region(images, region) {
                [] if state.region_at(region).is_some_and(|region| region.images_complete) => Self::Absent,
                [] => Self::Unlisted,
                record => Self::Records(record),
            },
            None if !images.is_empty() => Self::Records(images),
            None if state.incomplete().is_empty() && state.regions_complete() => Self::Absent,
            None => Self::Unlisted,
        }
    }
}
