//! The source region.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::listing::Listing;
use crate::model::{RegionIndex, State, Truth};
use crate::text::{clean, few};

/// The source region.
#[derive(Debug)]
pub(super) enum Source {
    /// It is not known for a reason that is a violation already, or there is no image.
    Nowhere,
    /// It is this one.
    Region(RegionIndex),
    /// It is one of several.
    OneOf {
        /// For each region, true if it may be the one.
        candidates: Vec<bool>,
        /// The number of these.
        count: usize,
        /// True if one of them certainly is: an image is listed in one of them.
        is_certain: bool,
        /// True if it may also be a region that the state does not list.
        may_be_unlisted: bool,
        /// The fact that would settle which one it is.
        needs: String,
    },
    /// It has this name, and the state does not list it; it may exist all the same.
    Unlisted { name: String, needs: String },
}

impl Source {
    /// Returns the source region of a request that does not name it: the one in which its images
    /// are listed.
    pub(super) fn of_images<'s>(
        state: &'s State,
        images: impl Iterator<Item = &'s Listing<'s>> + Clone,
    ) -> Self {
        let is_unlisted =
            images.clone().any(|listing| matches!(listing, Listing::Unlisted | Listing::Some(_)));
        let records = images.filter_map(|listing| match listing {
            Listing::Records(records) | Listing::Some(records) => Some(*records),
            Listing::Malformed | Listing::SourceUnknown | Listing::Absent | Listing::Unlisted => None,
        });
        let mut regions = records.clone().flatten().filter_map(|image| state.image_region(*image));
        let first = regions.next();
        match first {
            None if !is_unlisted => Self::Nowhere,
            // One id in two regions ends this at once.
            Some(first) if !is_unlisted && regions.all(|region| region == first) => Self::Region(first),
            _ => {
                // An image that is not listed may be in any region whose list is not complete.
                let mut candidates: Vec<bool> =
                    state.regions().iter().map(|region| is_unlisted && !region.images_complete).collect();
                // Each id is looked at once, however often it is named.
                let mut seen = BTreeSet::new();
                let distinct = records.filter(|records| seen.insert(records.first()));
                for region in distinct.flatten().filter_map(|image| state.image_region(*image)) {
                    if let Some(candidate) = region.of_mut(&mut candidates) {
                        *candidate = true;
                    }
                }
                let count = candidates.iter().filter(|candidate| **candidate).count();
                let listed = state.regions().iter().zip(&candidates);
                let listed = listed
                    .filter(|(region, is_one)| **is_one && (region.images_complete || !is_unlisted))
                    .map(|(region, _)| &*region.region);
                let places = match (first, is_unlisted) {
                    (Some(_), false) => format!("are listed in {}", few(listed)),
                    (Some(_), true) if listed.clone().next().is_some() => {
                        format!("are listed in {}, and may be in {}", few(listed), incomplete(state))
                    }
                    _ => format!("may be in {}", incomplete(state)),
                };
                let needs = format!(
                    "the request's `Region`: its images {places} (`--region` gives it, or `region` in a line)"
                );
                let may_be_unlisted = is_unlisted && !state.regions_complete();
                Self::OneOf { candidates, count, is_certain: first.is_some(), may_be_unlisted, needs }
            }
        }
    }

    /// Returns a source region that may be any one.
    pub(super) fn any(state: &State, needs: &str) -> Self {
        let count = state.regions().len();
        let may_be_unlisted = !state.regions_complete();
        let (candidates, needs) = (vec![true; count], needs.to_owned());
        Self::OneOf { candidates, count, is_certain: false, may_be_unlisted, needs }
    }

    /// Returns the source region of this name, which the state does not list.
    pub(super) fn unlisted(state: &State, name: &str) -> Self {
        let needs = format!("the region `{}` {}", clean(name), in_state(state));
        Self::Unlisted { name: name.to_owned(), needs }
    }

    /// Returns whether the source region is the one of this name, which the state does not list.
    pub(super) fn is_unlisted(&self, destination: &str) -> Truth<'_> {
        match self {
            Self::Nowhere | Self::Region(_) => Truth::No,
            Self::Unlisted { name, .. } => (name == destination).into(),
            Self::OneOf { may_be_unlisted: true, needs, .. } => Truth::Unknown(Cow::Borrowed(needs)),
            Self::OneOf { .. } => Truth::No,
        }
    }

    /// Returns whether the source region is another one than that of this name, which
    /// the state does not list.
    pub(super) fn is_other_than_unlisted(&self, destination: &str) -> Truth<'_> {
        match self {
            Self::Nowhere => Truth::No,
            Self::Region(_) | Self::OneOf { is_certain: true, may_be_unlisted: false, .. } => Truth::Yes,
            Self::Unlisted { name, .. } if name == destination => Truth::No,
            Self::Unlisted { needs, .. } | Self::OneOf { needs, .. } => Truth::Unknown(Cow::Borrowed(needs)),
        }
    }

    /// Returns whether a region is the source region.
    pub(super) fn is(&self, region: RegionIndex) -> Truth<'_> {
        match self {
            Self::Nowhere => Truth::No,
            Self::Region(source) => (*source == region).into(),
            // Even a single candidate is not sure: several images, or one that may not be there at
            // all.
            Self::OneOf { candidates, needs, .. } if region.of(candidates) == Some(&true) => {
                Truth::Unknown(Cow::Borrowed(needs))
            }
            Self::OneOf { .. } | Self::Unlisted { .. } => Truth::No,
        }
    }

    /// Returns whether there is a source region and a region is another one.
    pub(super) fn is_other_than(&self, region: RegionIndex) -> Truth<'_> {
        match self {
            Self::Nowhere => Truth::No,
            Self::Region(source) => (*source != region).into(),
            // If there is a source region at all, the only candidate is it.
            Self::OneOf { candidates, count: 1, may_be_unlisted: false, .. }
                if region.of(candidates) == Some(&true) =>
            {
                Truth::No
            }
            Self::OneOf { candidates, is_certain: true, .. } if region.of(candidates) != Some(&true) => {
                Truth::Yes
            }
            Self::OneOf { needs, .. } | Self::Unlisted { needs, .. } => Truth::Unknown(Cow::Borrowed(needs)),
        }
    }

    /// Returns whether this holds for the name of the source region; yes where
    /// there is no source region.
    pub(super) fn judge(&self, state: &State, holds: impl Fn(&str) -> bool) -> Truth<'_> {
        let unknown = |needs| Truth::Unknown(Cow::Borrowed(needs));
        match self {
            Self::Nowhere => Truth::Yes,
            Self::Region(region) => {
                state.region_at(*region).is_none_or(|region| holds(&region.region)).into()
            }
            // Where there is no such region, that is for another rule.
            Self::Unlisted { name, .. } if holds(name) => Truth::Yes,
            Self::Unlisted { needs, .. } => unknown(needs),
            Self::OneOf { may_be_unlisted: true, needs, .. } => unknown(needs),
            Self::OneOf { candidates, is_certain, needs, .. } => {
                let candidates = state.regions().iter().zip(candidates).filter(|(_, is_one)| **is_one);
                let mut answers = candidates.map(|(region, _)| holds(&region.region));
                let first = answers.next();
                match first {
                    Some(first) if !answers.all(|answer| answer == first) => unknown(needs),
                    Some(false) if *is_certain => Truth::No,
                    Some(false) => unknown(needs),
                    Some(true) | None => Truth::Yes,
                }
            }
        }
    }

    /// Returns whether the route from the source region to `to` is blocked.
    pub(super) fn is_blocked_to(&self, to: RegionIndex, state: &State) -> Truth<'_> {
        match self {
            Self::Nowhere => Truth::No,
            Self::Region(source) => state.is_blocked(*source, to).into(),
            Self::Unlisted { needs, .. } => Truth::Unknown(Cow::Borrowed(needs)),
            Self::OneOf { may_be_unlisted: true, needs, .. } => Truth::Unknown(Cow::Borrowed(needs)),
            Self::OneOf { candidates, count, is_certain, needs, .. } => {
                let is_candidate = |from: &RegionIndex| from.of(candidates) == Some(&true);
                match state.blocked_into(to).filter(is_candidate).count() {
                    0 => Truth::No,
                    blocked if *is_certain && blocked == *count => Truth::Yes,
                    _ => Truth::Unknown(Cow::Borrowed(needs)),
                }
            }
        }
    }
}

/// Says where a region is to be told that is not listed.
pub(super) fn in_state(state: &State) -> &'static str {
    match state.is_unknown() {
        true => "in a state, which `--state` gives",
        false => "in the state, whose `RegionsComplete` is false",
    }
}

/// Writes the names of the regions whose list of images is not complete.
pub(super) fn incomplete(state: &State) -> String {
    let listed = state.incomplete().iter().filter_map(|region| Some(&*state.region_at(*region)?.region));
    match (few(listed), state.regions_complete()) {
        (listed, true) => listed,
        (listed, false) if listed.is_empty() => "every region".to_owned(),
        (listed, false) => format!("{listed} and regions that are not listed"),
    }
}
