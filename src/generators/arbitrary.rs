//! [`Arbitrary`] for the public models, for fuzz targets of those who embed the crate.
//!
//! Values come from small pools, and now and then from the bytes themselves: bytes alone would
//! hardly ever name a region that the state lists. A [`State`] is always one that does not
//! contradict itself.

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::generators::pools;
use crate::model::{
    AccountQuota, BlockedRoute, Edition, Fact, Image, ImageState, ImageType, QuotaLimit, Records, Region,
    RegionQuota, RegionState, State, SyncRequest, Used,
};

/// A text: mostly a likely one, sometimes a slip that clients make, seldom just any.
fn text(u: &mut Unstructured<'_>, likely: &[&str], slips: &[&str]) -> Result<String> {
    match u.int_in_range(0..=15)? {
        0 => String::arbitrary(u),
        1..=3 if !slips.is_empty() => Ok((*u.choose(slips)?).to_owned()),
        _ => Ok((*u.choose(likely)?).to_owned()),
    }
}

fn region_name(u: &mut Unstructured<'_>) -> Result<String> {
    text(u, &pools::REGIONS, &pools::OTHER_REGIONS)
}

fn image_id(u: &mut Unstructured<'_>) -> Result<String> {
    text(u, &pools::IMAGE_IDS, &pools::OTHER_IMAGE_IDS)
}

/// Makes a value, or `None` in one case of four.
fn maybe<'a, T>(
    u: &mut Unstructured<'a>,
    some: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Option<T>> {
    if u.ratio(3, 4)? { some(u).map(Some) } else { Ok(None) }
}

/// A list of at most `most`.
fn list<'a, T>(
    u: &mut Unstructured<'a>,
    most: usize,
    mut item: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=most)?;
    (0..count).map(|_| item(u)).collect()
}

/// A number from a pool, or any.
fn number(u: &mut Unstructured<'_>, likely: &[u64]) -> Result<u64> {
    if u.ratio(7, 8)? { Ok(*u.choose(likely)?) } else { u64::arbitrary(u) }
}

impl<'a> Arbitrary<'a> for SyncRequest {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut request = Self {
            version: maybe(u, |u| text(u, &pools::VERSIONS, &[]))?,
            region: maybe(u, region_name)?,
            image_ids: list(u, 3, image_id)?,
            destination_regions: list(u, 6, region_name)?,
            ..Self::default()
        };
        request.has_no_region = request.region.is_none() && bool::arbitrary(u)?;
        if u.ratio(1, 4)? {
            request.dry_run = Option::arbitrary(u)?;
            request.image_name = maybe(u, |u| text(u, &pools::IMAGE_NAMES, &pools::LONG_NAMES))?;
            request.image_set_required = Option::arbitrary(u)?;
            request.encrypt = Option::arbitrary(u)?;
            request.kms_key_id = maybe(u, |u| text(u, &pools::KMS_KEY_IDS, &pools::OTHER_KMS_KEY_IDS))?;
        }
        Ok(request)
    }
}

impl<'a> Arbitrary<'a> for RegionState {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(text(u, &pools::REGION_STATES, &[])?.as_str().into())
    }
}

impl<'a> Arbitrary<'a> for ImageState {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(text(u, &pools::IMAGE_STATES, &[])?.as_str().into())
    }
}

impl<'a> Arbitrary<'a> for ImageType {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(text(u, &pools::IMAGE_TYPES, &[])?.as_str().into())
    }
}

impl<'a> Arbitrary<'a> for QuotaLimit {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=7)? {
            0 => Self::Unknown,
            1..=3 => Self::Default,
            _ => Self::Count(number(u, &pools::COUNTS)?),
        })
    }
}

impl<'a> Arbitrary<'a> for Used {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=3)? {
            0 => Self::Unknown,
            1 => Self::AsListed,
            _ => Self::Count(number(u, &pools::COUNTS)?),
        })
    }
}

impl<'a> Arbitrary<'a> for Region {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut region = Self::new(text(u, &pools::REGIONS, &[])?);
        if bool::arbitrary(u)? {
            region.region_state = maybe(u, RegionState::arbitrary)?;
            region.image_sync = maybe(u, bool::arbitrary)?;
            region.images_complete = bool::arbitrary(u)?;
        }
        Ok(region)
    }
}

impl<'a> Arbitrary<'a> for Image {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut image = Self::new(text(u, &pools::REGIONS, &[])?, text(u, &pools::IMAGE_IDS, &[])?);
        let image_size = maybe(u, |u| number(u, &pools::SIZES))?;
        image.image_size = image_size;
        if bool::arbitrary(u)? {
            for fact in Self::FACTS {
                match *fact {
                    Fact::Name(slot) => {
                        *slot(&mut image) = maybe(u, |u| text(u, &pools::IMAGE_NAMES, &pools::LONG_NAMES))?;
                    }
                    Fact::Type(slot) => *slot(&mut image) = maybe(u, ImageType::arbitrary)?,
                    Fact::State(slot) => *slot(&mut image) = maybe(u, ImageState::arbitrary)?,
                    // It is any in the ordinary case too.
                    Fact::Size(slot) => *slot(&mut image) = image_size,
                    Fact::Flag(slot) => *slot(&mut image) = maybe(u, bool::arbitrary)?,
                }
            }
        }
        Ok(image)
    }
}

impl<'a> Arbitrary<'a> for RegionQuota {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut quota = Self::new(text(u, &pools::REGIONS, &[])?);
        quota.used = Used::arbitrary(u)?;
        quota.in_flight = number(u, &pools::COUNTS)?;
        quota.image_num_quota = QuotaLimit::arbitrary(u)?;
        quota.in_flight_names =
            list(u, 2, |u| maybe(u, |u| text(u, &pools::IMAGE_NAMES, &pools::LONG_NAMES)))?;
        Ok(quota)
    }
}

impl<'a> Arbitrary<'a> for AccountQuota {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let image_num_quota = QuotaLimit::arbitrary(u)?;
        let regions = list(u, 4, RegionQuota::arbitrary)?;
        Ok(Self { image_num_quota, regions })
    }
}

impl<'a> Arbitrary<'a> for BlockedRoute {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self::new(text(u, &pools::REGIONS, &[])?, text(u, &pools::REGIONS, &[])?))
    }
}

impl<'a> Arbitrary<'a> for State {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut records = Records {
            regions: list(u, 8, Region::arbitrary)?,
            regions_complete: u.ratio(7, 8)?,
            images: list(u, 6, Image::arbitrary)?,
            account_quota: AccountQuota::arbitrary(u)?,
            blocked_routes: list(u, 3, BlockedRoute::arbitrary)?,
        };
        // What would contradict itself is left out.
        let mut regions = BTreeSet::new();
        records.regions.retain(|region| !region.region.is_empty() && regions.insert(region.region.clone()));
        let mut images = BTreeSet::new();
        records.images.retain(|image| {
            !image.image_id.is_empty()
                && regions.contains(&image.region)
                && images.insert((image.region.clone(), image.image_id.clone()))
        });
        let mut quotas = BTreeSet::new();
        records
            .account_quota
            .regions
            .retain(|quota| regions.contains(&quota.region) && quotas.insert(quota.region.clone()));
        records.blocked_routes.retain(|route| regions.contains(&route.from) && regions.contains(&route.to));
        records.try_into().map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

/// The number of pages that there were when bytes were first kept as inputs of fuzz targets. Each
/// page since then takes a sixteenth of the bytes, so that the others keep their month.
const PAGES_OF_CORPORA: u8 = 11;

impl<'a> Arbitrary<'a> for Edition {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        // Every month with a change, and the months beside it.
        let byte = u8::arbitrary(u)?;
        let later = Self::pages().get(usize::from(PAGES_OF_CORPORA + byte / 16));
        let page = later.or_else(|| Self::pages().get(usize::from(byte % PAGES_OF_CORPORA)));
        let page = page.ok_or(arbitrary::Error::IncorrectFormat)?;
        Ok(pools::beside(page, u.int_in_range(0..=2)?))
    }
}
