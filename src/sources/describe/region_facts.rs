//! The known facts of a region, and the records that they make.

use std::collections::{BTreeMap, BTreeSet};

use super::error::DescribeError;
use super::item::ImageRecord;
use crate::model::{Image, ImageType, QuotaLimit, Region, RegionQuota, RegionState, Used};
use crate::text::{clean, counted};

/// The words of the user on which images a listing has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// Some images.
    None,
    /// Every custom image, and no other.
    Custom,
    /// Every image.
    All,
}

/// A number that responses state, or that one states to be null.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limit {
    pub(super) count: Option<u64>,
    pub(super) is_null: bool,
}

impl Limit {
    pub(super) fn quota(self) -> QuotaLimit {
        match self.count {
            Some(count) => QuotaLimit::Count(count),
            None if self.is_null => QuotaLimit::Unknown,
            None => QuotaLimit::Default,
        }
    }
}

/// The known facts of a region.
#[derive(Clone, Debug, Default)]
pub(super) struct RegionFacts {
    /// True if DescribeRegions lists it.
    pub(super) is_listed: bool,
    /// The name that people are shown.
    pub(super) region_name: Option<String>,
    pub(super) state: Option<RegionState>,
    pub(super) sync: Option<bool>,
    pub(super) quota: Limit,
    /// The number of custom images that the user gives.
    pub(super) used: Option<u64>,
    /// The number of custom images that DescribeAccountQuota states.
    pub(super) stated_used: Option<u64>,
    /// The images, by their ids.
    images: BTreeMap<String, Image>,
    /// The listing of all custom images.
    custom: Option<Listing>,
    /// The listing of all images.
    all: Option<Listing>,
}

/// The pages of a listing that is said to be whole.
#[derive(Clone, Debug, Default)]
struct Listing {
    /// The different numbers of images that its pages count.
    totals: BTreeSet<u64>,
    ids: BTreeSet<String>,
    /// True if a page has a null in the place of its list.
    lacks_list: bool,
}

impl Listing {
    /// The number of images that it has, on these pages and on others; none if its pages count
    /// differently.
    fn count(&self) -> Option<u64> {
        let mut totals = self.totals.iter();
        match (totals.next(), totals.next()) {
            (_, Some(_)) => None,
            (None, _) if self.lacks_list => None,
            // A listing that is longer than it counts still has all of its images.
            (total, None) => Some(total.copied().unwrap_or_default().max(self.listed())),
        }
    }

    fn listed(&self) -> u64 {
        u64::try_from(self.ids.len()).unwrap_or(u64::MAX)
    }

    /// True if every page is there, as far as the counts tell.
    fn is_whole(&self) -> bool {
        !self.lacks_list && self.count() == Some(self.listed())
    }

    /// Returns the words on why it is not whole, if it is not.
    fn warning(&self, what: &str, region: &str) -> Option<String> {
        let region = clean(region);
        match self.count() {
            _ if self.lacks_list => Some(format!(
                "a page of the listing of {what} of `{region}` has `null` in the place of its list: it is not whole"
            )),
            None => Some(format!(
                "the listing of {what} of `{region}` changed between its pages, which count differently: it is not taken for whole"
            )),
            Some(count) if count > self.listed() => Some(format!(
                "the listing of {what} of `{region}` counts {count} and gives {}: it is not whole",
                self.listed()
            )),
            Some(_) => None,
        }
    }
}

impl RegionFacts {
    /// Remembers a page of the listing that a claim is about, and the number of
    /// images that the page counts.
    pub(super) fn claim(&mut self, claim: Claim, total: Option<u64>) {
        if let Some(listing) = self.listing(claim) {
            listing.totals.extend(total);
        }
    }

    /// Remembers that a page of the listing has no list.
    pub(super) fn lacks_list(&mut self, claim: Claim) {
        if let Some(listing) = self.listing(claim) {
            listing.lacks_list = true;
        }
    }

    /// The listing that a claim is about.
    fn listing(&mut self, claim: Claim) -> Option<&mut Listing> {
        match claim {
            Claim::None => None,
            Claim::Custom => Some(self.custom.get_or_insert_default()),
            Claim::All => Some(self.all.get_or_insert_default()),
        }
    }

    /// Adds the facts of a record to those of its image.
    pub(super) fn add_image(
        &mut self,
        region: &str,
        mut record: ImageRecord,
        claim: Claim,
    ) -> Result<(), DescribeError> {
        let id = record.image_id.clone();
        record.image_type = match (claim, record.image_type) {
            (Claim::Custom, Some(image_type)) if image_type != ImageType::PRIVATE_IMAGE => {
                return Err(DescribeError::NotCustom { image_id: clean(&id), image_type });
            }
            (Claim::Custom, _) => Some(ImageType::PRIVATE_IMAGE),
            (_, image_type) => image_type,
        };
        if let Some(listing) = self.listing(claim) {
            listing.ids.insert(id.clone());
        }
        record.add_to(self.images.entry(id).or_insert_with_key(|id| Image::unknown(region, id)))
    }

    /// Returns the words on listings that are said to be whole and are not, and on a
    /// count that is passed over.
    pub(super) fn warnings(&self, region: &str) -> impl Iterator<Item = String> {
        let listings = [(&self.custom, "the custom images"), (&self.all, "all images")];
        let listings =
            listings.into_iter().filter_map(move |(listing, what)| listing.as_ref()?.warning(what, region));
        listings.chain(self.used_warning(region))
    }

    /// Returns the words on the count of DescribeAccountQuota, if another one contradicts it.
    fn used_warning(&self, region: &str) -> Option<String> {
        let stated = self.stated_used?;
        let follows = match self.used() {
            Used::Count(_) => return None,
            Used::Unknown => "it is not known how many there are",
            Used::AsListed => "those that are listed are the least",
        };
        let other = self.custom.as_ref().and_then(Listing::count).filter(|count| *count != stated);
        let (least, most) = self.listed();
        let other = other.unwrap_or(stated.max(least).min(most));
        let (stated, region) = (counted(stated, "custom image", "custom images"), clean(region));
        Some(format!(
            "DescribeAccountQuota counts {stated} of `{region}`, and DescribeImages has {other}: {follows}"
        ))
    }

    fn is_custom(image: &Image) -> bool {
        image.image_type == Some(ImageType::PRIVATE_IMAGE)
    }

    /// True if every image of the region is known: no other response has one more.
    fn images_complete(&self) -> bool {
        let all = self.all.as_ref().filter(|all| all.is_whole());
        all.is_some_and(|all| self.images.keys().all(|id| all.ids.contains(id)))
    }

    /// True if every custom image of the region is known.
    fn custom_images_complete(&self) -> bool {
        let custom = self.custom.as_ref().filter(|custom| custom.is_whole());
        let mut images = self.images.values().filter(|image| Self::is_custom(image));
        custom.is_some_and(|custom| images.all(|image| custom.ids.contains(&image.image_id)))
    }

    /// True if every custom image of the region is known, or every image.
    fn are_listed(&self) -> bool {
        self.images_complete() || self.custom_images_complete()
    }

    /// The numbers of images that are custom ones, and that may be: the type of some is not known.
    fn listed(&self) -> (u64, u64) {
        let count_of = |is_one: fn(&Image) -> bool| {
            u64::try_from(self.images.values().filter(|image| is_one(image)).count()).unwrap_or(u64::MAX)
        };
        let listed = count_of(Self::is_custom);
        (listed, listed + count_of(|image| image.image_type.is_none()))
    }

    /// The number of custom images; the listed ones are the least.
    fn used(&self) -> Used {
        if let Some(used) = self.used {
            return Used::Count(used);
        }
        let (listed, may_be_listed) = self.listed();
        let counts = [self.stated_used, self.custom.as_ref().and_then(Listing::count)];
        let mut counts = counts.into_iter().flatten();
        let Some(count) = counts.next() else { return Used::AsListed };
        let agree = counts.all(|other| other == count);
        let are_listed = self.are_listed();
        if agree && listed <= count && (count <= may_be_listed || !are_listed) {
            Used::Count(count)
        } else if are_listed {
            // One of them is out of date, and none says which.
            Used::Unknown
        } else {
            Used::AsListed
        }
    }

    /// Returns the record of the region, that of its quota if it has one, and its images.
    pub(super) fn into_records(
        self,
        name: String,
    ) -> (Region, Option<RegionQuota>, impl Iterator<Item = Image>) {
        let mut region = Region::new(&*name);
        region.images_complete = self.images_complete();
        region.custom_images_complete = !region.images_complete && self.custom_images_complete();
        region.region_name = self.region_name.clone();
        region.region_state = self.state.clone();
        region.image_sync = self.sync;
        let quota = RegionQuota::new(name).with_used(self.used()).with_image_num_quota(self.quota.quota());
        let has_quota = quota.used != Used::AsListed || quota.image_num_quota != QuotaLimit::Default;
        (region, has_quota.then_some(quota), self.images.into_values())
    }
}
