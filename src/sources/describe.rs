//! State from responses of the API: DescribeRegions, DescribeImages and DescribeImageQuota.
//!
//! A response was made by somebody else and is read leniently: with or without the `Response`
//! envelope, with nulls, with keys that are not listed here, with a size in quotes. No fact is
//! guessed: a fact that no response states is unknown in the state, and two responses that
//! contradict each other are an error, because neither says which of them is newer.
//!
//! ```
//! use presync::sources::describe::Responses;
//! use presync::{Ruleset, SyncRequest};
//!
//! let regions = br#"{"Response": {"TotalCount": 2, "RegionSet": [
//!     {"Region": "ap-guangzhou", "RegionState": "AVAILABLE"},
//!     {"Region": "ap-shanghai", "RegionState": "AVAILABLE"}]}}"#;
//! // A page with one of three images.
//! let images = br#"{"Response": {"TotalCount": 3, "ImageSet": [
//!     {"ImageId": "img-o3ycss2p", "ImageType": "PRIVATE_IMAGE", "ImageState": "NORMAL", "ImageSize": 20}]}}"#;
//! let state = Responses::default().regions(regions)?.images("ap-guangzhou", images)?.state()?;
//!
//! // The image may be on another page: that it is missing is no violation.
//! let report = Ruleset::default().check(&SyncRequest::new("img-34vaef8f", ["ap-shanghai"]), &state);
//! assert!(report.accepted());
//! assert_eq!(report.unverified()[0].rule(), "image-exists");
//! # Ok::<(), presync::sources::describe::DescribeError>(())
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::Segment;

use crate::model::{
    AccountQuota, BlockedRoute, Image, ImageState, ImageType, QuotaLimit, Records, Region, RegionQuota,
    RegionState, State, StateError, Used, count,
};
use crate::text::document::document;
use crate::text::json::{locate, located};
use crate::text::record::Record;
use crate::text::{clean, did_you_mean, joined, nearest};

/// Responses of the API, and facts beside them, from which a [`State`] is made.
///
/// The state has its regions and images in the order of their names, whatever the order in which
/// the responses were given.
///
/// - Regions: a response of DescribeRegions lists all of them, and any other that is named is an
///   error. Without such a response, the regions that are named are all that there are.
/// - Unknown is every fact that no response states: `RegionState`, `ImageSync` (in no response), an
///   image's fields that its record leaves out, and whether an image is encrypted (in no record).
/// - A region's list of images is complete when its responses of DescribeImages hold as many images
///   as they count; see [`images`](Self::images). A region without such a response has a list that
///   is not complete.
/// - Facts that are stated twice must be equal. A field that one page leaves out may be stated by
///   another.
///
/// ```
/// use presync::sources::describe::Responses;
///
/// let state = Responses::default().used("ap-shanghai", 9)?.no_sync("ap-seoul")?.state()?;
/// let regions: Vec<_> = state.regions().iter().map(|region| (&*region.region, region.image_sync)).collect();
/// assert_eq!(regions, [("ap-seoul", Some(false)), ("ap-shanghai", None)]);
/// # Ok::<(), presync::sources::describe::DescribeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Responses {
    /// Every region that was named.
    regions: BTreeMap<String, RegionFacts>,
    /// True after a response of DescribeRegions.
    has_region_set: bool,
    /// The quota of every region that has none of its own.
    quota: Option<u64>,
    routes: Vec<BlockedRoute>,
}

/// The known facts of a region.
#[derive(Clone, Debug, Default)]
struct RegionFacts {
    /// True if DescribeRegions lists it.
    is_listed: bool,
    state: Option<RegionState>,
    sync: Option<bool>,
    quota: Option<u64>,
    used: Option<u64>,
    /// The images, by their ids.
    images: BTreeMap<String, Image>,
    /// The ids on all pages that have the same `TotalCount`.
    listings: BTreeMap<Option<u64>, BTreeSet<String>>,
}

impl Responses {
    /// Adds a page of DescribeImages in a region. Every page must be given.
    ///
    /// Pages with the same `TotalCount` are pages of one listing. The region's list of images is
    /// complete when each of its listings has as many images as it counts, or more. A page without
    /// a `TotalCount` is never complete. Pages with different counts are not joined: the list
    /// changed between them, or they were filtered differently. A filtered listing looks like any
    /// other, and images that the filter left out count as missing: filter by `image-type` alone,
    /// or not at all.
    ///
    /// The region's used quota is the count of a listing of custom images: every image in it is a
    /// `PRIVATE_IMAGE`, and it has at least one image, or counts 0. An image whose `ImageType` is
    /// null is not a custom one. Where such listings differ, the listed images are counted instead.
    /// [`used`](Self::used) overrides both, and should be given where the first page of a listing
    /// that was not filtered may hold custom images only.
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
    /// assert_eq!(state.account_quota().regions[0].used, Used::Count(12));
    /// assert_eq!(state.images()[0].image_size, None);
    /// # Ok::<(), presync::sources::describe::DescribeError>(())
    /// ```
    pub fn images(self, region: &str, bytes: &[u8]) -> Result<Self, DescribeError> {
        let response = Response::read(bytes)?;
        match response.images() {
            Some(images) => self.add_images(region, images, &response),
            None => Err(response.is_not(IMAGES)),
        }
    }

    /// Adds the response of DescribeRegions: the regions that exist, without a word about image
    /// sync. Its `TotalCount` is not looked at, since this response has no pages.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not such a response, when the service responded with an error, or
    /// when a fact of a region contradicts an earlier one.
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
        let response = Response::read(bytes)?;
        match &response.body.region_set {
            Some(regions) => self.add_regions(regions, &response),
            None => Err(response.is_not(REGIONS)),
        }
    }

    /// Adds the response of DescribeImageQuota: of one region, or of every region that has no quota
    /// of its own. A null states no number, and the documented one holds.
    ///
    /// # Errors
    ///
    /// Errors when the bytes are not such a response, when the service responded with an error, or
    /// when the number contradicts an earlier one.
    pub fn quota(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, DescribeError> {
        let response = Response::read(bytes)?;
        match response.body.image_num_quota {
            Some(count) => self.set_quota(region, count),
            None => Err(response.is_not(QUOTA)),
        }
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

    /// Adds a response of any of the three actions; its keys tell which action it is of.
    ///
    /// # Errors
    ///
    /// Errors as [`images`](Self::images), [`regions`](Self::regions) and [`quota`](Self::quota)
    /// do, when a response of DescribeImages comes without its region, or when one of
    /// DescribeRegions comes with a region.
    pub fn response(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, DescribeError> {
        let response = Response::read(bytes)?;
        let body = &response.body;
        match (region, &body.image_set, &body.region_set, body.image_num_quota) {
            (Some(region), Some(images), _, _) => self.add_images(region, images, &response),
            (None, Some(_), _, _) => Err(DescribeError::RegionNeeded),
            (None, None, Some(regions), _) => self.add_regions(regions, &response),
            (region, None, None, Some(count)) => self.set_quota(region, count),
            (Some(_), None, _, _) => Err(response.is_not(OF_A_REGION)),
            (None, None, None, None) => Err(response.is_not(ANY)),
        }
    }

    /// Makes the state.
    ///
    /// # Errors
    ///
    /// Errors when a region was named that the response of DescribeRegions does not list.
    pub fn state(self) -> Result<State, DescribeError> {
        let exists = |facts: &RegionFacts| facts.is_listed || !self.has_region_set;
        if let Some((region, _)) = self.regions.iter().find(|(_, facts)| !exists(facts)) {
            let listed = self.regions.iter().filter(|(_, facts)| facts.is_listed);
            return Err(DescribeError::RegionNotListed {
                region: clean(region),
                nearest: nearest(region, listed.map(|(name, _)| &**name)).map(clean),
            });
        }
        let mut records = Records { blocked_routes: self.routes, ..Records::default() };
        records.account_quota = AccountQuota::default().with_image_num_quota(limit(self.quota));
        for (name, facts) in self.regions {
            let mut region = Region::new(&*name);
            region.images_complete = facts.images_complete();
            let mut quota = RegionQuota::new(name);
            quota.used = facts.used.or_else(|| facts.custom_images()).map_or(Used::AsListed, Used::Count);
            quota.image_num_quota = limit(facts.quota);
            if quota.used != Used::AsListed || quota.image_num_quota != QuotaLimit::Default {
                records.account_quota.regions.push(quota);
            }
            region.region_state = facts.state;
            region.image_sync = facts.sync;
            records.regions.push(region);
            records.images.extend(facts.images.into_values());
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
        let (known, what) = match region {
            Some(name) => (&mut self.region(name)?.quota, format!("the quota of `{}`", clean(name))),
            None => (&mut self.quota, "the quota of the account".to_owned()),
        };
        agree(known, count, || what)?;
        Ok(self)
    }

    fn set_sync(mut self, region: &str, sync: bool) -> Result<Self, DescribeError> {
        let what = || format!("`ImageSync` of `{}`", clean(region));
        agree(&mut self.region(region)?.sync, Some(sync), what)?;
        Ok(self)
    }

    fn add_regions(
        mut self,
        regions: &[RegionRecord],
        response: &Response<'_>,
    ) -> Result<Self, DescribeError> {
        self.has_region_set = true;
        for (index, record) in regions.iter().enumerate() {
            let known = self.region(&record.region)?;
            known.is_listed = true;
            let what = || format!("`RegionState` of `{}`", clean(&record.region));
            agree(&mut known.state, record.region_state.clone(), what)
                .map_err(|error| response.at(&format!("RegionSet[{index}]"), error))?;
        }
        Ok(self)
    }

    fn add_images(
        mut self,
        region: &str,
        images: &[ImageRecord],
        response: &Response<'_>,
    ) -> Result<Self, DescribeError> {
        let known = self.region(region)?;
        let listing = known.listings.entry(response.body.total_count).or_default();
        for (index, record) in images.iter().enumerate() {
            listing.insert(record.image_id.clone());
            let image = known
                .images
                .entry(record.image_id.clone())
                .or_insert_with(|| Image::unknown(region, &record.image_id));
            record.add_to(image).map_err(|error| response.at(&format!("ImageSet[{index}]"), error))?;
        }
        Ok(self)
    }
}

impl RegionFacts {
    /// True if every image of the region is known.
    fn images_complete(&self) -> bool {
        let is_whole = |(total, ids): (&Option<u64>, &BTreeSet<String>)| {
            total.is_some_and(|total| count_of(ids) >= total)
        };
        !self.listings.is_empty() && self.listings.iter().all(is_whole)
    }

    /// The number of custom images that the region's listings count; none if none of them does or
    /// if they differ.
    fn custom_images(&self) -> Option<u64> {
        let is_custom = |id: &String| {
            let image_type = self.images.get(id).and_then(|image| image.image_type.as_ref());
            image_type == Some(&ImageType::PRIVATE_IMAGE)
        };
        let mut counts = self.listings.iter().filter_map(|(total, ids)| {
            // An empty page may be one of any listing, except of one that counts 0.
            let is_listing = !ids.is_empty() || *total == Some(0);
            // A listing that is longer than it counts still has all of its images.
            (is_listing && ids.iter().all(is_custom)).then_some((*total)?.max(count_of(ids)))
        });
        let count = counts.next()?;
        counts.next().is_none().then_some(count)
    }
}

fn limit(count: Option<u64>) -> QuotaLimit {
    count.map_or(QuotaLimit::Default, QuotaLimit::Count)
}

fn count_of(ids: &BTreeSet<String>) -> u64 {
    u64::try_from(ids.len()).unwrap_or(u64::MAX)
}

/// Adds a stated fact to the known one, unless it contradicts that. `what` names the fact.
fn agree<T: PartialEq + ToString>(
    known: &mut Option<T>,
    stated: Option<T>,
    what: impl FnOnce() -> String,
) -> Result<(), DescribeError> {
    match (&*known, stated) {
        (_, None) => {}
        (Some(known), Some(stated)) if *known != stated => {
            return Err(DescribeError::Contradiction {
                what: what(),
                first: clean(&known.to_string()),
                second: clean(&stated.to_string()),
            });
        }
        (_, stated) => *known = stated,
    }
    Ok(())
}

/// The expected responses, as messages call them.
const IMAGES: &str = "a response of DescribeImages, which has `ImageSet`";
const REGIONS: &str = "a response of DescribeRegions, which has `RegionSet`";
const QUOTA: &str = "a response of DescribeImageQuota, which has `ImageNumQuota`";
const OF_A_REGION: &str = "a response of DescribeImages or DescribeImageQuota, which are those of one region";
const ANY: &str = "a response of DescribeImages, DescribeRegions or DescribeImageQuota";

/// A response, and the text that it was read from.
struct Response<'t> {
    text: &'t str,
    body: ResponseBody,
    /// True if it had an envelope.
    is_enveloped: bool,
}

impl<'t> Response<'t> {
    fn read(bytes: &'t [u8]) -> Result<Self, DescribeError> {
        let json = |(line, column, message), path| DescribeError::Json { line, column, path, message };
        let text = document(bytes).map_err(|unreadable| {
            let (line, column) = unreadable.position();
            json((line, column, unreadable.message("the response", "JSON")), None)
        })?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut body: ResponseBody = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| json(located(error.inner()), path(error.path())))?;
        deserializer.end().map_err(|error| json(located(&error), None))?;
        let enveloped = body.response.take();
        let is_enveloped = enveloped.is_some();
        let mut body = enveloped.map_or(body, |enveloped| *enveloped);
        match body.error.take() {
            Some(ErrorRecord { code, message }) => Err(DescribeError::ErrorResponse {
                code: code.as_deref().map(clean),
                message: message.as_deref().map(clean),
            }),
            None => Ok(Self { text, body, is_enveloped }),
        }
    }

    /// The images of a response of DescribeImages; none for one of another action. SDKs that leave
    /// out empty fields leave out an empty list too.
    fn images(&self) -> Option<&[ImageRecord]> {
        match &self.body {
            ResponseBody { image_set: Some(images), .. } => Some(images),
            ResponseBody { total_count: Some(0), region_set: None, image_num_quota: None, .. } => Some(&[]),
            _ => None,
        }
    }

    /// Returns the error of a response that is not of the expected kind.
    fn is_not(&self, expected: &'static str) -> DescribeError {
        let found =
            ResponseKind::of(self.text.as_bytes()).map_or("an object of another kind", ResponseKind::name);
        DescribeError::OtherKind { expected, found }
    }

    /// Returns the error with the position of the record at a path.
    fn at(&self, path: &str, error: DescribeError) -> DescribeError {
        let envelope = if self.is_enveloped { "Response." } else { "" };
        match locate(self.text, &format!("{envelope}{path}")) {
            Some((line, column)) => DescribeError::At { line, column, error: Box::new(error) },
            None => error,
        }
    }
}

/// Returns the path of an error, such as `Response.ImageSet[3].ImageSize`; none for the response as
/// a whole.
fn path(path: &serde_path_to_error::Path) -> Option<String> {
    let mut shown = String::new();
    // A value without a key has the path of its record.
    for segment in path.iter().filter(|segment| !matches!(segment, Segment::Unknown)) {
        if !shown.is_empty() && !matches!(segment, Segment::Seq { .. }) {
            shown.push('.');
        }
        shown.push_str(&clean(&segment.to_string()));
    }
    (!shown.is_empty()).then_some(shown)
}

/// The keys of a response, in its envelope or without one. An envelope within an envelope is a key
/// like any other.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct ResponseBody {
    response: Option<Box<ResponseBody>>,
    error: Option<ErrorRecord>,
    #[serde(default, deserialize_with = "null_is_empty")]
    image_set: Option<Vec<ImageRecord>>,
    #[serde(default, deserialize_with = "null_is_empty")]
    region_set: Option<Vec<RegionRecord>>,
    #[serde(default, deserialize_with = "present")]
    image_num_quota: Option<Option<u64>>,
    #[serde(default, deserialize_with = "count")]
    total_count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct ErrorRecord {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct RegionRecord {
    #[serde(deserialize_with = "name")]
    region: String,
    region_state: Option<RegionState>,
}

/// The record of an image in a response. It is not [`Image`], where a key that is left out is the
/// ordinary case.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct ImageRecord {
    #[serde(deserialize_with = "name")]
    image_id: String,
    image_name: Option<String>,
    image_type: Option<ImageType>,
    #[serde(alias = "ImageStatus")]
    image_state: Option<ImageState>,
    #[serde(default, deserialize_with = "count")]
    image_size: Option<u64>,
}

impl ImageRecord {
    /// Adds the facts of this record to those of the image.
    fn add_to(&self, image: &mut Image) -> Result<(), DescribeError> {
        let Image { region, image_id, image_name, image_type, image_state, image_size, .. } = image;
        let what = |field: &str| format!("`{field}` of `{}` in `{}`", clean(image_id), clean(region));
        agree(image_name, self.image_name.clone(), || what("ImageName"))?;
        agree(image_type, self.image_type.clone(), || what("ImageType"))?;
        agree(image_state, self.image_state.clone(), || what("ImageState"))?;
        agree(image_size, self.image_size, || what("ImageSize"))
    }
}

/// Implements serde's trait for records that may have any other key and are objects: serde's
/// derived code would take a list for one too.
macro_rules! open {
    ($($record:ty),+) => {$(
        impl<'de> Deserialize<'de> for $record {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(Record::open(deserializer))
            }
        }
    )+};
}

open!(ResponseBody, ErrorRecord, RegionRecord, ImageRecord);

/// Reads the list of a key that was sent; `null` is an empty list.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// Reads the count or the `null` of a key that was sent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    count(deserializer).map(Some)
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.is_empty() { Err(de::Error::custom("a name must not be empty")) } else { Ok(name) }
}

/// True if bytes are a response of the API, well-formed or not: the first key that tells is
/// `Response` or one that responses have. What follows that key is not read. A state is not a
/// response.
///
/// ```
/// use presync::sources::describe::is_response;
///
/// assert!(is_response(br#"{"RequestId": "x", "ImageSet": []}"#));
/// assert!(is_response(br#"{"Response": {"Error": {"Code": "AuthFailure"}}}"#));
/// assert!(!is_response(br#"{"Images": []}"#));
/// assert!(!is_response(b"{}"));
/// ```
#[must_use]
pub fn is_response(bytes: &[u8]) -> bool {
    !matches!(ResponseKind::of(bytes), None | Some(ResponseKind::State))
}

/// The kind of a document, as its keys tell it.
#[derive(Clone, Copy)]
enum ResponseKind {
    Images,
    Regions,
    Quota,
    Error,
    Other,
    State,
}

impl ResponseKind {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut kind = None;
        let keys = KindSearch { kind: &mut kind, is_enveloped: false };
        // The search ends early by an error. A kind stays found where the text behind it is not
        // JSON.
        let _ = keys.deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        kind
    }

    fn named(key: &str, is_enveloped: bool) -> Option<Self> {
        match key {
            "ImageSet" => Some(Self::Images),
            "RegionSet" => Some(Self::Regions),
            "ImageNumQuota" => Some(Self::Quota),
            "Error" => Some(Self::Error),
            "Regions" | "Images" | "AccountQuota" | "BlockedRoutes" if !is_enveloped => Some(Self::State),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Images => "a response of DescribeImages",
            Self::Regions => "a response of DescribeRegions",
            Self::Quota => "a response of DescribeImageQuota",
            Self::Error => "a response with an error",
            Self::Other => "a response of another action",
            Self::State => "a state",
        }
    }
}

/// A search for a key that tells what an object is.
struct KindSearch<'k> {
    kind: &'k mut Option<ResponseKind>,
    is_enveloped: bool,
}

impl<'de> DeserializeSeed<'de> for KindSearch<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for KindSearch<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if let Some(kind) = ResponseKind::named(&key, self.is_enveloped) {
                *self.kind = Some(kind);
                return Err(de::Error::custom("found"));
            }
            if key == "Response" && !self.is_enveloped {
                *self.kind = Some(ResponseKind::Other);
                return map.next_value_seed(KindSearch { kind: self.kind, is_enveloped: true });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// The error of responses that do not make a state.
///
/// ```
/// use presync::sources::describe::{DescribeError, Responses};
///
/// let response = br#"{"Response": {"Error": {"Code": "AuthFailure", "Message": "no such secret id"}}}"#;
/// let error = Responses::default().regions(response).unwrap_err();
/// assert!(matches!(&error, DescribeError::ErrorResponse { code: Some(code), .. } if code == "AuthFailure"));
/// assert_eq!(error.to_string(), "the response is the error `AuthFailure`: no such secret id");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescribeError {
    /// The service responded with an error.
    #[error("the response is {}", error_response(code.as_deref(), message.as_deref()))]
    ErrorResponse {
        /// The error's code, fit to be shown; none if the response has none.
        code: Option<String>,
        /// The error's message, fit to be shown; none if the response has none.
        message: Option<String>,
    },
    /// The bytes are not JSON, or a value in it is not of the type that it must have.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The path of the value, such as `Response.ImageSet[3].ImageSize`; none where the error is
        /// not about one value.
        path: Option<String>,
        /// The message, without the position and the path.
        message: String,
    },
    /// The bytes are JSON, but a document of another kind.
    #[error("expected {expected}, found {found}")]
    OtherKind {
        /// The kind that was expected.
        expected: &'static str,
        /// The kind that was found, as the keys tell it.
        found: &'static str,
    },
    /// A response of DescribeImages came without its region, which it does not name itself.
    #[error("a response of DescribeImages does not name its region")]
    RegionNeeded,
    /// The name of a region is empty.
    #[error("the name of a region must not be empty")]
    EmptyName,
    /// DescribeRegions does not list a region that was named.
    #[error("DescribeRegions does not list the region `{region}`{}", did_you_mean(nearest.as_deref()))]
    RegionNotListed {
        /// The region, fit to be shown.
        region: String,
        /// The listed region that was probably meant; none where none is near.
        nearest: Option<String>,
    },
    /// A fact was stated twice and differently.
    #[error("{what} is `{second}` here, and `{first}` before")]
    Contradiction {
        /// The fact, such as `the quota of the account`.
        what: String,
        /// The value that was stated first, fit to be shown.
        first: String,
        /// The value that was stated second, fit to be shown.
        second: String,
    },
    /// A record of a response contradicts an earlier fact.
    #[error("line {line}, column {column}: {error}")]
    At {
        /// The line at which the record starts, counted from 1.
        line: usize,
        /// The column at which the record starts, counted from 1 in bytes.
        column: usize,
        /// The contradiction.
        #[source]
        error: Box<DescribeError>,
    },
    /// The records are not a state. No input is known for which no other error comes first.
    #[error(transparent)]
    State(#[from] StateError),
}

fn error_response(code: Option<&str>, message: Option<&str>) -> String {
    let code =
        code.map_or_else(|| "an error without a code".to_owned(), |code| format!("the error `{code}`"));
    joined([code].into_iter().chain(message.map(str::to_owned)), ": ")
}
