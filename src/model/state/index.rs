//! The index of a state: records by name, and what follows from them for each region.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Possible;
use super::error::StateError;
use super::lookup::{ImageIndex, Index as _, Lookup, QuotaIndex, RegionIndex};
use super::records::Records;
use crate::model::quota::{QuotaLimit, RegionQuota, Used};
use crate::model::region::Region;
use crate::model::words::ImageType;
use crate::text::{clean, nearest};

/// Records by their names, and what follows from them for each region.
#[derive(Clone, Debug, Default)]
pub(super) struct StateIndex {
    pub(super) regions: Lookup<RegionIndex>,
    pub(super) images: Lookup<ImageIndex>,
    /// Images by their names.
    pub(super) image_names: Lookup<ImageIndex>,
    /// For each image, its region.
    pub(super) image_regions: Vec<RegionIndex>,
    /// For each image, true if it is in the ordinary case, whatever its name and its size.
    pub(super) is_ordinary: Vec<bool>,
    /// For each region, its summary.
    pub(super) summaries: Vec<Summary>,
    /// For each region, its record in the account's quota, if there is one.
    pub(super) quotas: Vec<Option<QuotaIndex>>,
    /// For each region, the names of the copies in flight.
    pub(super) names_in_flight: Vec<BTreeSet<String>>,
    /// The regions whose list of images is not complete.
    pub(super) incomplete: Vec<RegionIndex>,
    /// Blocked routes as (to, from), sorted.
    pub(super) routes: Vec<(RegionIndex, RegionIndex)>,
    /// What earlier requests of a plan may leave behind: in a region, or in any one.
    pub(super) possible: BTreeMap<Option<RegionIndex>, Possible>,
}

/// The summary of the records for one region.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summary {
    /// Custom images at least.
    pub(crate) used_at_least: u64,
    /// Custom images at most; `None` when that is not known.
    pub(crate) used_at_most: Option<u64>,
    /// Copies in flight.
    pub(crate) in_flight: u64,
    /// The quota that the state gives, for the region or else for the account.
    pub(crate) limit: QuotaLimit,
    /// True if a custom image or a copy in flight may have any name: what it has is not known, or
    /// not every image is listed.
    pub(crate) may_have_any_name: bool,
    /// True if it takes images from anywhere: it is available, with image sync, and no route into
    /// it is blocked.
    pub(crate) is_open: bool,
    /// Custom images and copies in flight at most, where it is open and their number is known; else the greatest
    /// number there is. This is all that a plain destination is asked for, and follows from the fields above.
    pub(crate) taken_where_open: u64,
}

/// The images that the state lists in a region.
#[derive(Clone, Copy, Default)]
struct Listing {
    custom: u64,
    untyped: u64,
    /// True if one that is or may be a custom image has a name that is not known.
    may_have_any_name: bool,
}

impl StateIndex {
    /// Validates the records together and indexes them.
    pub(super) fn of(records: &Records) -> Result<Self, StateError> {
        let Records { regions, images, account_quota, blocked_routes, .. } = records;
        let region_name = |index: RegionIndex| index.of(regions).map(|region| &*region.region);
        let image_id = |index: ImageIndex| index.of(images).map(|image| &*image.image_id);

        for (index, region) in regions.iter().enumerate() {
            refuse_empty(&region.region, || format!("Regions[{index}].Region"))?;
        }
        let region_lookup = Lookup::new(regions.len(), region_name, |_| 0);
        if let Some(index) = region_lookup.first_duplicate(|a, b| region_name(a) == region_name(b)) {
            let region = clean(region_name(index).unwrap_or_default());
            return Err(StateError::DuplicateRegion { path: format!("Regions[{index}].Region"), region });
        }
        let listed = |name: &str, path: &dyn Fn() -> String| {
            let names = || regions.iter().map(|region| &*region.region);
            region_lookup.find_one(name, region_name).ok_or_else(|| not_listed(name, path(), names()))
        };

        let mut image_regions = Vec::with_capacity(images.len());
        let mut listings = vec![Listing::default(); regions.len()];
        for (index, image) in images.iter().enumerate() {
            refuse_empty(&image.image_id, || format!("Images[{index}].ImageId"))?;
            let region = listed(&image.region, &|| format!("Images[{index}].Region"))?;
            image_regions.push(region);
            if let Some(listing) = region.of_mut(&mut listings) {
                let is_custom = image.image_type.as_ref().map(|word| *word == ImageType::PRIVATE_IMAGE);
                match is_custom {
                    Some(is_custom) => listing.custom += u64::from(is_custom),
                    None => listing.untyped += 1,
                }
                listing.may_have_any_name |= image.image_name.is_none() && is_custom != Some(false);
            }
        }
        let region_of = |index: ImageIndex| index.of(&image_regions).copied();
        let image_lookup = Lookup::new(images.len(), image_id, region_of);
        let is_same_image = |a, b| image_id(a) == image_id(b) && region_of(a) == region_of(b);
        if let Some(index) = image_lookup.first_duplicate(is_same_image) {
            let image_id = clean(image_id(index).unwrap_or_default());
            let region = clean(region_of(index).and_then(region_name).unwrap_or_default());
            return Err(StateError::DuplicateImage {
                path: format!("Images[{index}].ImageId"),
                image_id,
                region,
            });
        }

        let image_name = |index: ImageIndex| index.of(images).and_then(|image| image.image_name.as_deref());
        let image_names = Lookup::new(images.len(), image_name, region_of);

        let mut quotas: Vec<Option<QuotaIndex>> = vec![None; regions.len()];
        for (index, quota) in account_quota.regions.iter().enumerate() {
            let path = || format!("AccountQuota.Regions[{index}].Region");
            let region = listed(&quota.region, &path)?;
            if let Some(slot) = region.of_mut(&mut quotas)
                && slot.replace(QuotaIndex::new(index)).is_some()
            {
                return Err(StateError::DuplicateRegion { path: path(), region: clean(&quota.region) });
            }
        }
        let quota_of = |index: &Option<QuotaIndex>| (*index)?.of(&account_quota.regions);
        let summary = |((region, listing), quota): ((&Region, &Listing), &Option<QuotaIndex>)| {
            Summary::of(region, *listing, quota_of(quota), account_quota.image_num_quota)
        };
        let mut summaries: Vec<Summary> = regions.iter().zip(&listings).zip(&quotas).map(summary).collect();
        let in_flight = |quota: &RegionQuota| quota.in_flight_names.iter().flatten().cloned().collect();
        let names_in_flight =
            quotas.iter().map(|quota| quota_of(quota).map(in_flight).unwrap_or_default()).collect();

        let mut routes = Vec::with_capacity(blocked_routes.len());
        for (index, route) in blocked_routes.iter().enumerate() {
            let from = listed(&route.from, &|| format!("BlockedRoutes[{index}].From"))?;
            let to = listed(&route.to, &|| format!("BlockedRoutes[{index}].To"))?;
            routes.push((to, from));
        }
        routes.sort_unstable();
        routes.dedup();
        for (to, _) in &routes {
            if let Some(summary) = to.of_mut(&mut summaries) {
                summary.is_open = false;
                summary.settle();
            }
        }
        let incomplete = regions.iter().enumerate().filter(|(_, region)| !region.images_complete);
        let incomplete = incomplete.map(|(index, _)| RegionIndex::new(index)).collect();
        Ok(Self {
            regions: region_lookup,
            images: image_lookup,
            image_names,
            image_regions,
            is_ordinary: images.iter().map(|image| image.is_ordinary()).collect(),
            summaries,
            quotas,
            names_in_flight,
            incomplete,
            routes,
            possible: BTreeMap::new(),
        })
    }
}

impl Summary {
    fn of(region: &Region, listing: Listing, quota: Option<&RegionQuota>, account: QuotaLimit) -> Self {
        let (used_at_least, used_at_most) = match quota.map_or(Used::AsListed, |quota| quota.used) {
            Used::Count(count) => (count, Some(count)),
            Used::Unknown => (0, None),
            Used::AsListed if region.lists_custom_images() => {
                (listing.custom, Some(listing.custom + listing.untyped))
            }
            Used::AsListed => (listing.custom, None),
        };
        let mut summary = Self {
            used_at_least,
            used_at_most,
            in_flight: quota.map_or(0, |quota| quota.in_flight),
            limit: quota.map_or(QuotaLimit::Default, |quota| quota.image_num_quota).or(account),
            may_have_any_name: !region.lists_custom_images()
                || listing.may_have_any_name
                || quota.is_some_and(|quota| quota.in_flight_names.contains(&None)),
            is_open: region.is_open(),
            taken_where_open: 0,
        };
        summary.settle();
        summary
    }

    /// Brings what follows from the other fields up to date.
    pub(super) fn settle(&mut self) {
        let taken = self.used_at_most.map(|used| used.saturating_add(self.in_flight));
        self.taken_where_open = taken.filter(|_| self.is_open).unwrap_or(u64::MAX);
    }
}

/// Returns the error about a region that none of the listed ones is.
pub(super) fn not_listed<'r>(
    region: &str,
    path: String,
    listed: impl IntoIterator<Item = &'r str>,
) -> StateError {
    StateError::RegionNotListed { path, region: clean(region), nearest: nearest(region, listed).map(clean) }
}

pub(super) fn refuse_empty(name: &str, path: impl FnOnce() -> String) -> Result<(), StateError> {
    if name.is_empty() { Err(StateError::EmptyName { path: path() }) } else { Ok(()) }
}
