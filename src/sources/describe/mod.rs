//! State from responses of the API: DescribeRegions, DescribeImages, DescribeImageQuota and
//! DescribeAccountQuota.
//!
//! A response was made by somebody else and is read leniently: with or without the `Response`
//! envelope, with nulls, with keys that are not listed here, with a size in quotes, with a byte
//! order mark, in UTF-16. A file may have several, one after another or in a list, as `jq -s`
//! writes them; it may have the list alone that was cut out of a response.
//!
//! No fact is guessed: a fact that no response states is unknown in the state, and two
//! responses that contradict each other are an error, because neither says which of them is
//! newer. Three things may differ:
//!
//! - the numbers of custom images in DescribeAccountQuota and in
//!   DescribeImages: neither counts then;
//! - `TotalCount`: a listing of images is not taken for whole then, and of regions
//!   the greatest one counts;
//! - `RegionName`, which hints alone use: one of them is kept.
//!
//! No response says by which filter it was made: an image that is not listed may be there all the
//! same, unless the user says that the listing is whole; see [`Responses`].
//!
//! ```
//! use presync::sources::describe::Responses;
//! use presync::{Ruleset, SyncRequest};
//!
//! let regions = br#"{"Response": {"TotalCount": 2, "RegionSet": [
//!     {"Region": "ap-guangzhou", "RegionState": "AVAILABLE"},
//!     {"Region": "ap-shanghai", "RegionState": "AVAILABLE"}]}}"#;
//! let images = br#"{"Response": {"TotalCount": 1, "ImageSet": [
//!     {"ImageId": "img-o3ycss2p", "ImageType": "PRIVATE_IMAGE", "ImageState": "NORMAL", "ImageSize": 20}]}}"#;
//! let responses = Responses::default().regions(regions)?;
//! let request = SyncRequest::new("img-34vaef8f", ["ap-shanghai"]).with_region("ap-guangzhou");
//!
//! // A filter may have left the image out: that it is missing is no violation.
//! let state = responses.clone().images("ap-guangzhou", images)?.state()?;
//! let report = Ruleset::default().check(&request, &state);
//! assert!(report.accepted());
//! assert_eq!(report.unverified()[0].rule(), "image-exists");
//!
//! // The user says that these are all images of the region.
//! let state = responses.all_images("ap-guangzhou", images)?.state()?;
//! let report = Ruleset::default().check(&request, &state);
//! assert_eq!(report.violations()[0].code().as_str(), "InvalidImageId.NotFound");
//! # Ok::<(), presync::sources::describe::DescribeError>(())
//! ```

mod document;
mod error;
mod item;
mod kind;
mod region_facts;
pub(super) mod sdk_error;
mod warning;

use std::collections::BTreeMap;
use std::mem;

pub use document::MAX_BYTES;
pub use error::DescribeError;
pub use warning::DescribeWarning;

use crate::model::{AccountQuota, BlockedRoute, Records, State};
use crate::text::{clean, nearest};
use document::{Document, Part, Place};
use error::agree;
use item::{AccountQuotaOverview, Content, ImageRecord, RegionRecord};
use region_facts::{Claim, Limit, RegionFacts};

/// Responses of the API, and facts beside them, from which a [`State`] is made.
///
/// The state has its regions and images in the order of their names, whatever the order in which
/// the responses were given.
///
/// - Regions: a response of DescribeRegions lists all of them, and any other that is named is an
///   error. Without such a response, and where its `RegionSet` is empty, shorter than its
///   `TotalCount`, cut out of it, or has a record without a name, a region that is not listed may
///   exist (`RegionsComplete: false`). Of a list that was cut out,
///   [`all_regions`](Self::all_regions) says that it is whole.
/// - Unknown is every fact that no response states: `RegionState`, `ImageSync` (in no response), an
///   image's fields that its record leaves out, and whether an image is encrypted (in no record).
///   The documented quota holds where no response has another.
/// - Images: [`images`](Self::images) adds a page of any listing, and images that are not listed
///   may be there. [`custom_images`](Self::custom_images) and [`all_images`](Self::all_images) add
///   pages of a listing that the user says is whole.
/// - The number of custom images (`Used`) is certain where [`used`](Self::used), a
///   response of DescribeAccountQuota or a whole listing gives it. Else the custom images
///   that are listed are the least.
/// - Facts that are stated twice must be equal. A field that one page leaves out may be stated by
///   another. A number of custom images that is stated differently is unknown, unless
///   [`used`](Self::used) gives it.
///
/// Each method takes the bytes of one response, or of several.
///
/// ```
/// use presync::sources::describe::Responses;
///
/// let state = Responses::default().used("ap-shanghai", 9)?.no_sync("ap-seoul")?.state()?;
/// let regions: Vec<_> = state.regions().iter().map(|region| (&*region.region, region.image_sync)).collect();
/// assert_eq!(regions, [("ap-seoul", Some(false)), ("ap-shanghai", None)]);
/// assert!(!state.regions_complete());
/// # Ok::<(), presync::sources::describe::DescribeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Responses {
    /// Every region that was named.
    regions: BTreeMap<String, RegionFacts>,
    list: RegionList,
    /// The quota of every region that has none of its own.
    quota: Limit,
    routes: Vec<BlockedRoute>,
    /// Those about records that were left out, and about responses of another region.
    warnings: Vec<DescribeWarning>,
}

/// The lists of DescribeRegions, as far as they tell whether every region is listed.
#[derive(Clone, Debug, Default)]
struct RegionList {
    /// True after a list in its response, with a region in it.
    is_there: bool,
    /// The greatest number of regions that a response counts.
    most_counted: u64,
    /// True if a record is of no region.
    has_nameless: bool,
    /// True if the user says that the lists have every region.
    is_claimed: bool,
}

/// The kind of response that is asked for.
#[derive(Clone, Copy)]
enum Wanted<'r> {
    Images(&'r str, Claim),
    Regions,
    Quota(Option<&'r str>),
    AccountQuota(Option<&'r str>),
    Any(Option<&'r str>),
}

impl Wanted<'_> {
    /// The expected response, as messages call it.
    fn expected(self) -> &'static str {
        match self {
            Self::Images(..) => "a response of DescribeImages, which has `ImageSet`",
            Self::Regions => "a response of DescribeRegions, which has `RegionSet`",
            Self::Quota(_) => "a response of DescribeImageQuota, which has `ImageNumQuota`",
            Self::AccountQuota(_) => "a response of DescribeAccountQuota, which has `AccountQuotaOverview`",
            Self::Any(Some(_)) => {
                "a response of DescribeImages, DescribeImageQuota or DescribeAccountQuota, which are those of one region"
            }
            Self::Any(None) => {
                "a response of DescribeImages, DescribeRegions, DescribeImageQuota or DescribeAccountQuota"
            }
        }
    }

    /// True if a list without an element can be such a response, cut down to its list.
    fn may_be_empty(self) -> bool {
        matches!(self, Self::Images(..) | Self::Regions | Self::Any(Some(_)))
    }
}

impl Responses {
    /// Adds a page of DescribeImages in a region, filtered or not, one of many or the only one. The
    /// images in it are there; any other may be there all the same.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not such a response, when the service responded with an error, or
    /// when a fact of an image contradicts an earlier one.
    ///
    /// ```
    /// use presync::Used;
    /// use presync::sources::describe::Responses;
    ///
    /// let page = br#"{"TotalCount": 12, "ImageSet": [{"ImageId": "img-o3ycss2p", "ImageType": "PRIVATE_IMAGE"}]}"#;
    /// let state = Responses::default().images("ap-guangzhou", page)?.state()?;
    /// assert!(!state.regions()[0].images_complete);
    /// // At least one custom image is there. Which images the 12 are, the page does not say.
    /// assert!(state.account_quota().regions.is_empty());
    /// assert_eq!(state.images()[0].image_size, None);
    /// # Ok::<(), presync::sources::describe::DescribeError>(())
    /// ```
    pub fn images(self, region: &str, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::Images(region, Claim::None), bytes)
    }

    /// Adds a page of all custom images of a region: of DescribeImages filtered by `image-type`
    /// `PRIVATE_IMAGE`, and by that alone. Every page must be given.
    ///
    /// Their number is the `TotalCount`, on whichever page. They are all listed when the pages
    /// have as many images as they count, or more. Pages without a `TotalCount`, such as a list
    /// that was cut out of them, are taken for all of them. Pages that count differently are not:
    /// the list changed between them.
    ///
    /// # Errors
    ///
    /// Errors as [`images`](Self::images) does, and when an image is of another type.
    ///
    /// ```
    /// use presync::Used;
    /// use presync::sources::describe::Responses;
    ///
    /// let page = br#"{"TotalCount": 12, "ImageSet": [{"ImageId": "img-o3ycss2p", "ImageType": "PRIVATE_IMAGE"}]}"#;
    /// let responses = Responses::default().custom_images("ap-guangzhou", page)?;
    /// assert_eq!(
    ///     responses.warnings()[0].message(),
    ///     "the listing of the custom images of `ap-guangzhou` counts 12 and gives 1: it is not whole"
    /// );
    /// assert_eq!(responses.state()?.account_quota().regions[0].used, Used::Count(12));
    /// # Ok::<(), presync::sources::describe::DescribeError>(())
    /// ```
    pub fn custom_images(self, region: &str, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::Images(region, Claim::Custom), bytes)
    }

    /// Adds a page of all images of a region: of DescribeImages without any filter. Every
    /// page must be given: the list is complete when they have as many images as they
    /// count, as with [`custom_images`](Self::custom_images). An image that a complete list
    /// does not have is not there.
    ///
    /// # Errors
    ///
    /// Errors as [`images`](Self::images) does.
    pub fn all_images(self, region: &str, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::Images(region, Claim::All), bytes)
    }

    /// Adds the response of DescribeRegions: the regions that exist, without a word about image
    /// sync.
    ///
    /// A record without the name of a region is left out, and the first one is among the
    /// [`warnings`](Self::warnings).
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not such a response, when the service responded with an
    /// error, when no record has the name of a region, or when a fact of a region
    /// contradicts an earlier one.
    ///
    /// ```
    /// use presync::sources::describe::Responses;
    ///
    /// let response = br#"{"RegionSet": [{"Region": "ap-guangzhou", "RegionState": null}]}"#;
    /// let error = Responses::default().regions(response)?.no_sync("ap-guangzou")?.state().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "DescribeRegions does not list the region `ap-guangzou`, did you mean `ap-guangzhou`?"
    /// );
    /// # Ok::<(), presync::sources::describe::DescribeError>(())
    /// ```
    pub fn regions(self, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::Regions, bytes)
    }

    /// Adds the regions that exist: a list that was cut out of the response of
    /// DescribeRegions, or the response itself. The user says that no region is missing; a
    /// `TotalCount` that is greater says otherwise.
    ///
    /// # Errors
    ///
    /// Errors as [`regions`](Self::regions) does.
    ///
    /// ```
    /// use presync::sources::describe::Responses;
    ///
    /// let cut_out = br#"[{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}]"#;
    /// assert!(!Responses::default().regions(cut_out)?.state()?.regions_complete());
    /// assert!(Responses::default().all_regions(cut_out)?.state()?.regions_complete());
    /// # Ok::<(), presync::sources::describe::DescribeError>(())
    /// ```
    pub fn all_regions(mut self, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.list.is_claimed = true;
        self.add(Wanted::Regions, bytes)
    }

    /// Adds the response of DescribeImageQuota: of one region, or of every region that has no quota
    /// of its own. A null says that the number is not known.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not such a response, when the service responded with an error, or
    /// when the number contradicts an earlier one.
    pub fn quota(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::Quota(region), bytes)
    }

    /// Adds the response of DescribeAccountQuota: the number of custom images in a region, and the
    /// most that it may hold. `region` is the region where the response does not name its own.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not such a response, when the service responded with an error,
    /// when there is no quota of images in it, or when a number contradicts an earlier one.
    ///
    /// ```
    /// use presync::sources::describe::Responses;
    /// use presync::{QuotaLimit, Used};
    ///
    /// let response = br#"{"Response": {"AccountQuotaOverview": {"Region": "ap-shanghai",
    ///     "AccountQuota": {"ImageQuotaSet": [{"UsedQuota": 10, "TotalQuota": 20}]}}}}"#;
    /// let state = Responses::default().account_quota(None, response)?.state()?;
    /// let quota = &state.account_quota().regions[0];
    /// assert_eq!((quota.used, quota.image_num_quota), (Used::Count(10), QuotaLimit::Count(20)));
    /// # Ok::<(), presync::sources::describe::DescribeError>(())
    /// ```
    pub fn account_quota(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::AccountQuota(region), bytes)
    }

    /// Sets the quota, the most custom images: of one region, or of every region that has no quota
    /// of its own.
    ///
    /// # Errors
    ///
    /// Errors when the number contradicts an earlier one, or when the region's name is empty.
    pub fn quota_count(self, region: Option<&str>, count: u64) -> Result<Self, DescribeError> {
        self.set_quota(region, Some(count))
    }

    /// Sets the number of custom images in a region. It overrides the counts of responses and the
    /// number of listed images.
    ///
    /// # Errors
    ///
    /// Errors when the number contradicts an earlier one, or when the region's name is empty.
    pub fn used(mut self, region: &str, count: u64) -> Result<Self, DescribeError> {
        let what = || format!("the used quota of `{}`", clean(region));
        agree(&mut self.region(region)?.used, Some(count), what)?;
        Ok(self)
    }

    /// States that images can be synchronized to a region. It is unknown without this or
    /// [`no_sync`](Self::no_sync).
    ///
    /// # Errors
    ///
    /// Errors when the opposite was stated before, or when the region's name is empty.
    pub fn sync(self, region: &str) -> Result<Self, DescribeError> {
        self.set_sync(region, true)
    }

    /// States that images cannot be synchronized to a region.
    ///
    /// # Errors
    ///
    /// Errors when the opposite was stated before, or when the region's name is empty.
    pub fn no_sync(self, region: &str) -> Result<Self, DescribeError> {
        self.set_sync(region, false)
    }

    /// States that images cannot be copied from one region to another, in this direction.
    ///
    /// # Errors
    ///
    /// Errors when a region's name is empty.
    pub fn block(mut self, from: &str, to: &str) -> Result<Self, DescribeError> {
        self.region(from)?;
        self.region(to)?;
        self.routes.push(BlockedRoute::new(from, to));
        Ok(self)
    }

    /// Adds a response of any of the four actions; its keys tell which action it is of. A page of
    /// DescribeImages is a page of any listing, as with [`images`](Self::images).
    ///
    /// # Errors
    ///
    /// Errors as the methods for one action do, when a response of DescribeImages comes without its
    /// region, or when one of DescribeRegions comes with a region.
    pub fn response(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, DescribeError> {
        self.add(Wanted::Any(region), bytes)
    }

    /// Returns a warning for the first record that was left out, for each response that names
    /// another region than the one that was given, for each listing that was said to be whole and
    /// is not, and for each count of DescribeAccountQuota that the images contradict.
    #[must_use]
    pub fn warnings(&self) -> Vec<DescribeWarning> {
        let listings = self.regions.iter().flat_map(|(name, facts)| facts.warnings(name));
        let listings = listings.map(|message| DescribeWarning::new(None, message));
        self.warnings.iter().cloned().chain(listings).collect()
    }

    /// Makes the state.
    ///
    /// # Errors
    ///
    /// Errors when a region was named that is not listed, though DescribeRegions lists all of them.
    pub fn state(self) -> Result<State, DescribeError> {
        let listed = self.regions.iter().filter(|(_, facts)| facts.is_listed);
        let RegionList { is_there, most_counted, has_nameless, is_claimed } = self.list;
        let is_there = is_there || is_claimed && listed.clone().next().is_some();
        let is_counted = u64::try_from(listed.clone().count()).is_ok_and(|listed| listed >= most_counted);
        let regions_complete = is_there && is_counted && !has_nameless;
        let not_listed = self.regions.iter().find(|(_, facts)| !facts.is_listed);
        if let Some((region, _)) = not_listed.filter(|_| regions_complete) {
            return Err(DescribeError::RegionNotListed {
                region: clean(region),
                nearest: nearest(region, listed.map(|(name, _)| &**name)).map(clean),
            });
        }
        let mut records = Records { blocked_routes: self.routes, regions_complete, ..Records::default() };
        records.account_quota = AccountQuota::default().with_image_num_quota(self.quota.quota());
        for (name, facts) in self.regions {
            let (region, quota, images) = facts.into_records(name);
            records.regions.push(region);
            records.account_quota.regions.extend(quota);
            records.images.extend(images);
        }
        Ok(records.try_into()?)
    }

    /// Returns the facts of a region, which is named by that.
    fn region(&mut self, name: &str) -> Result<&mut RegionFacts, DescribeError> {
        if name.is_empty() {
            return Err(DescribeError::EmptyName);
        }
        Ok(self.regions.entry(name.to_owned()).or_default())
    }

    fn set_quota(mut self, region: Option<&str>, count: Option<u64>) -> Result<Self, DescribeError> {
        self.add_quota(region, count)?;
        Ok(self)
    }

    fn add_quota(&mut self, region: Option<&str>, count: Option<u64>) -> Result<(), DescribeError> {
        let (known, what) = match region {
            Some(name) => (&mut self.region(name)?.quota, format!("the quota of `{}`", clean(name))),
            None => (&mut self.quota, "the quota of the account".to_owned()),
        };
        known.is_null |= count.is_none();
        agree(&mut known.count, count, || what)
    }

    fn set_sync(mut self, region: &str, sync: bool) -> Result<Self, DescribeError> {
        let what = || format!("`ImageSync` of `{}`", clean(region));
        agree(&mut self.region(region)?.sync, Some(sync), what)?;
        Ok(self)
    }

    /// Adds every response of these bytes.
    fn add(mut self, wanted: Wanted<'_>, bytes: &[u8]) -> Result<Self, DescribeError> {
        let mut document = Document::read(bytes)?;
        let parts = mem::take(&mut document.parts);
        if parts.is_empty() && !wanted.may_be_empty() {
            let (expected, found) = (wanted.expected(), "an empty list");
            return Err(DescribeError::OtherKind { expected, found });
        }
        match wanted {
            Wanted::Images(region, claim) => self.region(region)?.claim(claim, None),
            Wanted::Any(Some("")) => return Err(DescribeError::EmptyName),
            _ => {}
        }
        let (mut named, mut nameless) = (0_usize, 0_usize);
        for Part { content, place } in parts {
            match (wanted, content) {
                (Wanted::Images(region, claim), Content::Images(images, total)) => {
                    self.add_images(region, claim, images, total, (&document, &place))?;
                }
                (Wanted::Images(region, claim), Content::Image(image)) => {
                    self.add_image(region, claim, image, (&document, &place, ""))?;
                }
                (Wanted::Any(Some(region)), Content::Images(images, total)) => {
                    self.add_images(region, Claim::None, images, total, (&document, &place))?;
                }
                (Wanted::Any(Some(region)), Content::Image(image)) => {
                    self.add_image(region, Claim::None, image, (&document, &place, ""))?;
                }
                (Wanted::Any(None), Content::Images(..) | Content::Image(_)) => {
                    return Err(DescribeError::RegionNeeded);
                }
                (Wanted::Regions | Wanted::Any(None), Content::Regions(regions, total)) => {
                    self.list.is_there |= !regions.is_empty();
                    self.list.most_counted = self.list.most_counted.max(total.unwrap_or_default());
                    for (index, region) in regions.into_iter().enumerate() {
                        let path = format!("RegionSet[{index}]");
                        let is_named = self.add_region(region, (&document, &place, &path))?;
                        named += usize::from(is_named);
                        nameless += usize::from(!is_named);
                    }
                }
                (Wanted::Regions | Wanted::Any(None), Content::Region(region)) => {
                    let is_named = self.add_region(region, (&document, &place, ""))?;
                    named += usize::from(is_named);
                    nameless += usize::from(!is_named);
                }
                (Wanted::Quota(region) | Wanted::Any(region), Content::Quota(count)) => {
                    self.add_quota(region, count)?;
                }
                (Wanted::AccountQuota(region) | Wanted::Any(region), Content::AccountQuota(overview)) => {
                    self.add_account_quota(region, &overview)?;
                }
                (_, content) => {
                    let (expected, found) = (wanted.expected(), content.kind().name());
                    return Err(DescribeError::OtherKind { expected, found });
                }
            }
        }
        if nameless > 0 && named == 0 {
            let response = "every record of a response of DescribeRegions";
            return Err(DescribeError::Missing { what: "the region's name", response });
        }
        Ok(self)
    }

    /// Adds the record of a region; false if it has no name.
    fn add_region(&mut self, record: RegionRecord, at: At<'_>) -> Result<bool, DescribeError> {
        let Some(name) = record.region.filter(|name| !name.is_empty()) else {
            // One warning is enough for all of them: the position takes a look at all of the text.
            if !mem::replace(&mut self.list.has_nameless, true) {
                let (document, place, path) = at;
                let position = document.position(place, path);
                let message = "a record of DescribeRegions has no name of a region and is left out: not every region is listed";
                self.warnings.push(DescribeWarning::new(position, message.to_owned()));
            }
            return Ok(false);
        };
        let known = self.region(&name)?;
        known.is_listed = true;
        // Only hints show it, and it is in the language that was asked for: of two, the same one is
        // kept whatever the order of the responses.
        known.region_name = [known.region_name.take(), record.region_name].into_iter().flatten().min();
        let what = || format!("`RegionState` of `{}`", clean(&name));
        agree(&mut known.state, record.region_state, what).map_err(|error| located(at, error))?;
        Ok(true)
    }

    fn add_images(
        &mut self,
        region: &str,
        claim: Claim,
        images: Option<Vec<ImageRecord>>,
        total: Option<u64>,
        (document, place): (&Document<'_>, &Place),
    ) -> Result<(), DescribeError> {
        let facts = self.region(region)?;
        facts.claim(claim, total);
        // A null is no list without images, unless the count says so.
        if images.is_none() && total != Some(0) {
            facts.lacks_list(claim);
        }
        for (index, image) in images.into_iter().flatten().enumerate() {
            self.add_image(region, claim, image, (document, place, &format!("ImageSet[{index}]")))?;
        }
        Ok(())
    }

    fn add_image(
        &mut self,
        region: &str,
        claim: Claim,
        image: ImageRecord,
        at: At<'_>,
    ) -> Result<(), DescribeError> {
        if image.region.as_deref().is_some_and(|other| other != region) {
            let (expected, found) = ("images of one region", "an image that is in another one");
            return Err(located(at, DescribeError::OtherKind { expected, found }));
        }
        self.region(region)?.add_image(region, image, claim).map_err(|error| located(at, error))
    }

    fn add_account_quota(
        &mut self,
        region: Option<&str>,
        overview: &AccountQuotaOverview,
    ) -> Result<(), DescribeError> {
        let response = "a response of DescribeAccountQuota";
        let named = overview.region.as_deref().filter(|region| !region.is_empty());
        // The response's own word counts.
        let Some(name) = named.or(region) else {
            return Err(DescribeError::Missing { what: "`Region`", response });
        };
        if let Some(region) = region.filter(|region| *region != name) {
            let (name, region) = (clean(name), clean(region));
            let message = format!("{response} says that it is of `{name}`, and not of `{region}`");
            let warning = DescribeWarning::new(None, message);
            if self.warnings.last() != Some(&warning) {
                self.warnings.push(warning);
            }
        }
        if overview.images().is_empty() {
            return Err(DescribeError::Missing { what: "`ImageQuotaSet`", response });
        }
        for quota in overview.images() {
            self.add_quota(Some(name), quota.total_quota)?;
            let what = || format!("`UsedQuota` of `{}`", clean(name));
            agree(&mut self.region(name)?.stated_used, quota.used_quota, what)?;
        }
        Ok(())
    }
}

/// The position of a record: its document, its part, and its path in that.
type At<'a> = (&'a Document<'a>, &'a Place, &'a str);

/// Returns the error with the position of a record.
fn located((document, place, path): At<'_>, error: DescribeError) -> DescribeError {
    match document.position(place, path) {
        Some((line, column)) => DescribeError::At { line, column, error: Box::new(error) },
        None => error,
    }
}

/// True if bytes are responses of the API, or lists that were cut out of them, well-formed or not:
/// the first key that tells is `Response` or one that responses have. What follows that key is not
/// read. The printed error of an SDK is a response too. A state is not.
///
/// ```
/// use presync::sources::describe::is_response;
///
/// assert!(is_response(br#"{"RequestId": "x", "ImageSet": []}"#));
/// assert!(is_response(br#"{"Response": {"Error": {"Code": "AuthFailure"}}}"#));
/// assert!(is_response(br#"[{"ImageId": "img-o3ycss2p"}]"#));
/// assert!(is_response(b"[TencentCloudSDKException] code:AuthFailure message:no requestId:0"));
/// assert!(!is_response(br#"{"Images": []}"#));
/// assert!(!is_response(b"{}"));
/// ```
#[must_use]
pub fn is_response(bytes: &[u8]) -> bool {
    document::is_response(bytes)
}
