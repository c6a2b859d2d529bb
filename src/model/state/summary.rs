//! The summary of what is known of one region.

use crate::model::image::Image;
use crate::model::quota::{QuotaLimit, RegionQuota, Used};
use crate::model::region::Region;
use crate::model::words::ImageType;

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
    /// Custom images and copies in flight at most, where the region takes images from anywhere and
    /// their number is known; else the greatest number there is. This is all that a plain
    /// destination is asked for.
    pub(crate) taken_where_open: u64,
}

/// The images that the state lists in a region, as counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Listing {
    custom: u64,
    untyped: u64,
    /// Those that are or may be custom images, and whose name is not known.
    unknown_names: u64,
}

impl Listing {
    pub(super) fn add(&mut self, image: &Image) {
        let Self { custom, untyped, unknown_names } = Self::of(image);
        self.custom += custom;
        self.untyped += untyped;
        self.unknown_names += unknown_names;
    }

    pub(super) fn remove(&mut self, image: &Image) {
        let Self { custom, untyped, unknown_names } = Self::of(image);
        self.custom -= custom;
        self.untyped -= untyped;
        self.unknown_names -= unknown_names;
    }

    /// True if there is one that is or may be a custom image, and whose name is not known.
    pub(super) fn has_unknown_name(&self) -> bool {
        self.unknown_names > 0
    }

    /// Counts one image.
    fn of(image: &Image) -> Self {
        let is_custom = is_custom(image);
        let (custom, untyped) = (is_custom == Some(true), is_custom.is_none());
        Self {
            custom: custom.into(),
            untyped: untyped.into(),
            unknown_names: (image.image_name.is_none() && (custom || untyped)).into(),
        }
    }
}

/// True of a custom image; `None` if its type is not known.
pub(super) fn is_custom(image: &Image) -> Option<bool> {
    image.image_type.as_ref().map(|image_type| *image_type == ImageType::PRIVATE_IMAGE)
}

/// What a summary is made of.
pub(super) struct Parts<'s> {
    pub(super) region: &'s Region,
    /// True if it takes images from anywhere: it is available, with image sync, and no
    /// route into it is blocked.
    pub(super) is_open: bool,
    pub(super) listing: Listing,
    pub(super) quota: Option<&'s RegionQuota>,
    /// True if the name of a copy in flight is not known.
    pub(super) may_have_any_name: bool,
    pub(super) account: QuotaLimit,
}

impl Summary {
    pub(super) fn of(parts: Parts<'_>) -> Self {
        let Parts { region, is_open, listing, quota, may_have_any_name, account } = parts;
        let (used_at_least, used_at_most) = match quota.map_or(Used::AsListed, |quota| quota.used) {
            Used::Count(count) => (count, Some(count)),
            Used::Unknown => (0, None),
            Used::AsListed if region.lists_custom_images() => {
                (listing.custom, Some(listing.custom + listing.untyped))
            }
            Used::AsListed => (listing.custom, None),
        };
        let in_flight = quota.map_or(0, |quota| quota.in_flight);
        let taken = used_at_most.map(|used| used.saturating_add(in_flight));
        Self {
            used_at_least,
            used_at_most,
            in_flight,
            limit: quota.map_or(QuotaLimit::Default, |quota| quota.image_num_quota).or(account),
            may_have_any_name: may_have_any_name
                || !region.lists_custom_images()
                || listing.has_unknown_name(),
            taken_where_open: taken.filter(|_| is_open).unwrap_or(u64::MAX),
        }
    }
}
