//! Answers of the API to a state: DescribeRegions, DescribeImages, DescribeImageQuota.
//!
//! Read kindly, because an answer was made by somebody else: with or without the `Response` envelope, with nulls, with
//! more keys than are listed here, with a size in quotes. Used honestly: what no answer says is unknown in the state,
//! never the ordinary case, and what two answers say differently is an error, because neither says which one is newer.
//!
//! ```
//! use presync::sources::describe::Import;
//! use presync::{Ruleset, SyncRequest};
//!
//! let regions = br#"{"Response": {"TotalCount": 2, "RegionSet": [
//!     {"Region": "ap-guangzhou", "RegionState": "AVAILABLE"},
//!     {"Region": "ap-shanghai", "RegionState": "AVAILABLE"}]}}"#;
//! // One page of three images.
//! let images = br#"{"Response": {"TotalCount": 3, "ImageSet": [
//!     {"ImageId": "img-o3ycss2p", "ImageType": "PRIVATE_IMAGE", "ImageState": "NORMAL", "ImageSize": 20}]}}"#;
//! let state = Import::default().regions(regions)?.images("ap-guangzhou", images)?.state()?;
//!
//! // The image may be on another page: that it is missing is no violation.
//! let report = Ruleset::default().check(&SyncRequest::new("img-34vaef8f", ["ap-shanghai"]), &state);
//! assert!(report.accepted());
//! assert_eq!(report.unverified()[0].rule(), "image-exists");
//! # Ok::<(), presync::sources::describe::ImportError>(())
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::Segment;

use crate::model::{
    AccountQuota, BlockedRoute, Image, ImageState, ImageType, Records, Region, RegionQuota, RegionState,
    State, StateError, Used,
};
use crate::text::document::document;
use crate::text::json::{locate, located};
use crate::text::record::Record;
use crate::text::{clean, did_you_mean, joined, nearest};

/// Makes a state of answers and of what no answer says.
///
/// In the state, regions and images are in the order of their names, whatever the order in which they were given.
///
/// - Regions: with an answer of DescribeRegions, exactly the ones that it lists; any other that is named is an error.
///   Without one, the ones that are named are all that there are.
/// - What nobody said is unknown: `RegionState`, `ImageSync` (no answer has it), and of an image every field that its
///   record leaves out, and whether it is encrypted (no record has it).
/// - A region's list of images is complete when its answers of DescribeImages hold all that they count; see
///   [`images`](Self::images). That of a region without such an answer is not.
/// - What is said twice must be the same. It need not be said as fully: what one page of an image leaves out, another
///   may say.
///
/// ```
/// use presync::sources::describe::Import;
///
/// let state = Import::default().used("ap-shanghai", 9)?.no_sync("ap-seoul")?.state()?;
/// let regions: Vec<_> = state.regions().iter().map(|region| (&*region.region, region.image_sync)).collect();
/// assert_eq!(regions, [("ap-seoul", Some(false)), ("ap-shanghai", None)]);
/// # Ok::<(), presync::sources::describe::ImportError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// Every region that was named.
    regions: BTreeMap<String, Known>,
    /// Whether there was an answer of DescribeRegions.
    has_region_set: bool,
    /// The quota of every region that has none of its own.
    quota: Option<u64>,
    routes: Vec<BlockedRoute>,
}

/// What is known of a region.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Whether DescribeRegions lists it.
    is_listed: bool,
    state: Option<RegionState>,
    sync: Option<bool>,
    quota: Option<u64>,
    used: Option<u64>,
    /// By their ids.
    images: BTreeMap<String, Image>,
    /// The ids on all pages that have the same `TotalCount`.
    listings: BTreeMap<Option<u64>, BTreeSet<String>>,
}

impl Import {
    /// One page of what DescribeImages answers in a region. Give every page there is.
    ///
    /// Pages that count the same are pages of one listing. The region's list of images is complete when each of its
    /// listings has as many images as it counts, or more. A page without a `TotalCount` is never complete, and pages
    /// that count differently are not joined: the list changed between them, or they were filtered differently. A
    /// listing that was filtered looks like one that was not, and what the filter left out counts as not there: filter
    /// by `image-type` alone, or not at all.
    ///
    /// The region's used quota is the count of a listing of custom images: one in which every image is a
    /// `PRIVATE_IMAGE`, with at least one image, or one that counts none. A null `ImageType` is none. Where such
    /// listings differ, the images that are listed are counted instead. [`used`](Self::used) beats all of that, and is
    /// wise where the first page of a listing that was not filtered may hold custom images only.
    ///
    /// # Errors
    ///
    /// The bytes are no such answer, the service answered with an error, or an image is told differently than before.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    /// use presync::Used;
    ///
    /// let page = br#"{"TotalCount": 12, "ImageSet": [{"ImageId": "img-o3ycss2p", "ImageType": "PRIVATE_IMAGE"}]}"#;
    /// let state = Import::default().images("ap-guangzhou", page)?.state()?;
    /// assert!(!state.regions()[0].images_complete);
    /// assert_eq!(state.account_quota().regions[0].used, Used::Count(12));
    /// assert_eq!(state.images()[0].image_size, None);
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn images(self, region: &str, bytes: &[u8]) -> Result<Self, ImportError> {
        let answer = Answer::read(bytes)?;
        match answer.images() {
            Some(images) => self.add_images(region, images, &answer),
            None => Err(answer.is_not(IMAGES)),
        }
    }

    /// What DescribeRegions answers. It says which regions there are, and nothing about image sync. Its `TotalCount` is
    /// not looked at: this answer has no pages.
    ///
    /// # Errors
    ///
    /// The bytes are no such answer, the service answered with an error, or a region is told differently than before.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    ///
    /// let answer = br#"{"RegionSet": [{"Region": "ap-guangzhou", "RegionState": null}]}"#;
    /// let error = Import::default().regions(answer)?.no_sync("ap-guangzou")?.state().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "DescribeRegions does not list the region `ap-guangzou`, did you mean `ap-guangzhou`?"
    /// );
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn regions(self, bytes: &[u8]) -> Result<Self, ImportError> {
        let answer = Answer::read(bytes)?;
        match &answer.body.region_set {
            Some(regions) => self.add_regions(regions, &answer),
            None => Err(answer.is_not(REGIONS)),
        }
    }

    /// What DescribeImageQuota answers: in one region, or for every region that has no number of its own. A null says
    /// nothing, so that the documented number holds.
    ///
    /// # Errors
    ///
    /// The bytes are no such answer, the service answered with an error, or the number is another than before.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    ///
    /// let state = Import::default().quota(None, br#"{"Response": {"ImageNumQuota": 20}}"#)?.state()?;
    /// assert_eq!(state.account_quota().image_num_quota, Some(20));
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn quota(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, ImportError> {
        let answer = Answer::read(bytes)?;
        match answer.body.image_num_quota {
            Some(count) => self.set_quota(region, count),
            None => Err(answer.is_not(QUOTA)),
        }
    }

    /// The most custom images, a count: of one region, or of every region that has no number of its own.
    ///
    /// # Errors
    ///
    /// The number is another than before, or the region's name is empty.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    ///
    /// let state = Import::default().quota_count(Some("ap-shanghai"), 50)?.state()?;
    /// assert_eq!(state.account_quota().regions[0].image_num_quota, Some(50));
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn quota_count(self, region: Option<&str>, count: u64) -> Result<Self, ImportError> {
        self.set_quota(region, Some(count))
    }

    /// How many custom images a region holds. This beats what answers say, and whatever is listed.
    ///
    /// # Errors
    ///
    /// The number is another than before, or the region's name is empty.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    /// use presync::Used;
    ///
    /// let state = Import::default().used("ap-shanghai", 9)?.state()?;
    /// assert_eq!(state.account_quota().regions[0].used, Used::Count(9));
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn used(mut self, region: &str, count: u64) -> Result<Self, ImportError> {
        let what = || format!("the used quota of `{}`", clean(region));
        agree(&mut self.region(region)?.used, Some(count), what)?;
        Ok(self)
    }

    /// Images can be synchronized to this region. Without [`no_sync`](Self::no_sync) or this it is not known.
    ///
    /// # Errors
    ///
    /// The opposite was said before, or the region's name is empty.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    ///
    /// assert_eq!(Import::default().sync("ap-seoul")?.state()?.regions()[0].image_sync, Some(true));
    /// assert!(Import::default().sync("ap-seoul")?.no_sync("ap-seoul").is_err());
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn sync(self, region: &str) -> Result<Self, ImportError> {
        self.set_sync(region, true)
    }

    /// Images cannot be synchronized to this region.
    ///
    /// # Errors
    ///
    /// The opposite was said before, or the region's name is empty.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    ///
    /// assert_eq!(Import::default().no_sync("ap-seoul")?.state()?.regions()[0].image_sync, Some(false));
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn no_sync(self, region: &str) -> Result<Self, ImportError> {
        self.set_sync(region, false)
    }

    /// Images cannot be copied from one region to another, in this direction.
    ///
    /// # Errors
    ///
    /// A region's name is empty.
    ///
    /// ```
    /// use presync::sources::describe::Import;
    ///
    /// let state = Import::default().block("ap-seoul", "ap-shanghai")?.state()?;
    /// assert_eq!(state.blocked_routes()[0].to, "ap-shanghai");
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn block(mut self, from: &str, to: &str) -> Result<Self, ImportError> {
        self.region(from)?;
        self.region(to)?;
        self.routes.push(BlockedRoute::new(from, to));
        Ok(self)
    }

    /// Any of the three answers, told by what it holds.
    ///
    /// # Errors
    ///
    /// Those of [`images`](Self::images), [`regions`](Self::regions) and [`quota`](Self::quota). Also, an answer of
    /// DescribeImages comes without its region, or one of DescribeRegions with one.
    ///
    /// ```
    /// use presync::sources::describe::{Import, ImportError};
    ///
    /// let images = br#"{"TotalCount": 0, "ImageSet": []}"#;
    /// assert!(matches!(Import::default().answer(None, images), Err(ImportError::RegionNeeded)));
    /// let state = Import::default().answer(Some("ap-guangzhou"), images)?.state()?;
    /// assert!(state.regions()[0].images_complete);
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn answer(self, region: Option<&str>, bytes: &[u8]) -> Result<Self, ImportError> {
        let answer = Answer::read(bytes)?;
        let body = &answer.body;
        match (region, &body.image_set, &body.region_set, body.image_num_quota) {
            (Some(region), Some(images), _, _) => self.add_images(region, images, &answer),
            (None, Some(_), _, _) => Err(ImportError::RegionNeeded),
            (None, None, Some(regions), _) => self.add_regions(regions, &answer),
            (region, None, None, Some(count)) => self.set_quota(region, count),
            (Some(_), None, _, _) => Err(answer.is_not(OF_A_REGION)),
            (None, None, None, None) => Err(answer.is_not(ANY)),
        }
    }

    /// The state.
    ///
    /// # Errors
    ///
    /// There was an answer of DescribeRegions, and it does not list a region that was named.
    ///
    /// ```
    /// use presync::State;
    /// use presync::sources::describe::Import;
    ///
    /// assert_eq!(Import::default().state()?, State::default());
    /// # Ok::<(), presync::sources::describe::ImportError>(())
    /// ```
    pub fn state(self) -> Result<State, ImportError> {
        let is_there = |known: &Known| known.is_listed || !self.has_region_set;
        if let Some((region, _)) = self.regions.iter().find(|(_, known)| !is_there(known)) {
            let listed = self.regions.iter().filter(|(_, known)| known.is_listed);
            return Err(ImportError::RegionNotListed {
                region: clean(region),
                nearest: nearest(region, listed.map(|(name, _)| &**name)).map(clean),
            });
        }
        let mut records = Records { blocked_routes: self.routes, ..Records::default() };
        records.account_quota = AccountQuota { image_num_quota: self.quota, regions: Vec::new() };
        for (name, known) in self.regions {
            let mut region = Region::new(&*name);
            region.images_complete = known.images_complete();
            let mut quota = RegionQuota::new(name);
            quota.used = known.used.or_else(|| known.custom_images()).map_or(Used::AsListed, Used::Count);
            quota.image_num_quota = known.quota;
            if quota.used != Used::AsListed || quota.image_num_quota.is_some() {
                records.account_quota.regions.push(quota);
            }
            region.region_state = known.state;
            region.image_sync = known.sync;
            records.regions.push(region);
            records.images.extend(known.images.into_values());
        }
        Ok(records.try_into()?)
    }

    /// What is known of a region, which is named by this.
    fn region(&mut self, name: &str) -> Result<&mut Known, ImportError> {
        if name.is_empty() {
            return Err(ImportError::EmptyName);
        }
        Ok(self.regions.entry(name.to_owned()).or_default())
    }

    fn set_quota(mut self, region: Option<&str>, count: Option<u64>) -> Result<Self, ImportError> {
        let (known, what) = match region {
            Some(name) => (&mut self.region(name)?.quota, format!("the quota of `{}`", clean(name))),
            None => (&mut self.quota, "the quota of the account".to_owned()),
        };
        agree(known, count, || what)?;
        Ok(self)
    }

    fn set_sync(mut self, region: &str, sync: bool) -> Result<Self, ImportError> {
        let what = || format!("`ImageSync` of `{}`", clean(region));
        agree(&mut self.region(region)?.sync, Some(sync), what)?;
        Ok(self)
    }

    fn add_regions(mut self, regions: &[RegionRecord], answer: &Answer<'_>) -> Result<Self, ImportError> {
        self.has_region_set = true;
        for (place, record) in regions.iter().enumerate() {
            let known = self.region(&record.region)?;
            known.is_listed = true;
            let what = || format!("`RegionState` of `{}`", clean(&record.region));
            agree(&mut known.state, record.region_state.clone(), what)
                .map_err(|error| answer.at(&format!("RegionSet[{place}]"), error))?;
        }
        Ok(self)
    }

    fn add_images(
        mut self,
        region: &str,
        images: &[ImageRecord],
        answer: &Answer<'_>,
    ) -> Result<Self, ImportError> {
        let known = self.region(region)?;
        let listing = known.listings.entry(answer.body.total_count).or_default();
        for (place, record) in images.iter().enumerate() {
            listing.insert(record.image_id.clone());
            let image = known
                .images
                .entry(record.image_id.clone())
                .or_insert_with(|| nothing_known(region, &record.image_id));
            record.add_to(image).map_err(|error| answer.at(&format!("ImageSet[{place}]"), error))?;
        }
        Ok(self)
    }
}

impl Known {
    /// Whether every image of the region is among its images.
    fn images_complete(&self) -> bool {
        let is_whole = |(total, ids): (&Option<u64>, &BTreeSet<String>)| {
            total.is_some_and(|total| count_of(ids) >= total)
        };
        !self.listings.is_empty() && self.listings.iter().all(is_whole)
    }

    /// How many custom images the region's answers count, if they do and agree.
    fn custom_images(&self) -> Option<u64> {
        let is_custom = |id: &String| {
            let image_type = self.images.get(id).and_then(|image| image.image_type.as_ref());
            image_type == Some(&ImageType::PRIVATE_IMAGE)
        };
        let mut counts = self.listings.iter().filter_map(|(total, ids)| {
            // Nothing says of what an empty page is a page, unless there is nothing of it.
            let is_listing = !ids.is_empty() || *total == Some(0);
            // Of a listing that is longer than it counts, every image is there all the same.
            (is_listing && ids.iter().all(is_custom)).then_some((*total)?.max(count_of(ids)))
        });
        let count = counts.next()?;
        counts.next().is_none().then_some(count)
    }
}

fn count_of(ids: &BTreeSet<String>) -> u64 {
    u64::try_from(ids.len()).unwrap_or(u64::MAX)
}

/// An image of which only the id is known.
fn nothing_known(region: &str, image_id: &str) -> Image {
    let mut image = Image::new(region, image_id);
    image.image_name = None;
    image.image_type = None;
    image.image_state = None;
    image.image_size = None;
    image.encrypted = None;
    image
}

/// Adds what is said to what is known, if it does not contradict it. `what` is what is spoken of.
fn agree<T: PartialEq + ToString>(
    known: &mut Option<T>,
    said: Option<T>,
    what: impl FnOnce() -> String,
) -> Result<(), ImportError> {
    match (&*known, said) {
        (_, None) => {}
        (Some(known), Some(said)) if *known != said => {
            return Err(ImportError::Contradiction {
                what: what(),
                first: clean(&known.to_string()),
                second: clean(&said.to_string()),
            });
        }
        (_, said) => *known = said,
    }
    Ok(())
}

/// The kinds of answers, as messages call them.
const IMAGES: &str = "an answer of DescribeImages, which has `ImageSet`";
const REGIONS: &str = "an answer of DescribeRegions, which has `RegionSet`";
const QUOTA: &str = "an answer of DescribeImageQuota, which has `ImageNumQuota`";
const OF_A_REGION: &str = "an answer of DescribeImages or DescribeImageQuota, which are those of one region";
const ANY: &str = "an answer of DescribeImages, DescribeRegions or DescribeImageQuota";

/// An answer, and the text that it was read from.
struct Answer<'t> {
    text: &'t str,
    body: Body,
    /// Whether it had an envelope.
    is_enveloped: bool,
}

impl<'t> Answer<'t> {
    fn read(bytes: &'t [u8]) -> Result<Self, ImportError> {
        let json = |(line, column, message), path| ImportError::Json { line, column, path, message };
        let text = document(bytes).map_err(|unreadable| {
            let (line, column) = unreadable.position();
            json((line, column, unreadable.message("the answer", "JSON")), None)
        })?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut body: Body = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| json(located(error.inner()), place(error.path())))?;
        deserializer.end().map_err(|error| json(located(&error), None))?;
        let enveloped = body.response.take();
        let is_enveloped = enveloped.is_some();
        let mut body = enveloped.map_or(body, |enveloped| *enveloped);
        match body.error.take() {
            Some(ErrorRecord { code, message }) => Err(ImportError::Answered {
                code: code.as_deref().map(clean),
                message: message.as_deref().map(clean),
            }),
            None => Ok(Self { text, body, is_enveloped }),
        }
    }

    /// Its images, if it is one of DescribeImages. SDKs that leave out what is empty leave out an empty list too.
    fn images(&self) -> Option<&[ImageRecord]> {
        match &self.body {
            Body { image_set: Some(images), .. } => Some(images),
            Body { total_count: Some(0), region_set: None, image_num_quota: None, .. } => Some(&[]),
            _ => None,
        }
    }

    /// It is an answer, but not the one that was expected.
    fn is_not(&self, expected: &'static str) -> ImportError {
        let found = Kind::of(self.text.as_bytes()).map_or("an object of another kind", Kind::name);
        ImportError::OtherKind { expected, found }
    }

    /// The same error with the line and the column of a record.
    fn at(&self, place: &str, error: ImportError) -> ImportError {
        let envelope = if self.is_enveloped { "Response." } else { "" };
        match locate(self.text, &format!("{envelope}{place}")) {
            Some((line, column)) => ImportError::At { line, column, error: Box::new(error) },
            None => error,
        }
    }
}

/// Where an error is, as `Response.ImageSet[3].ImageSize`; nothing for the answer as a whole.
fn place(path: &serde_path_to_error::Path) -> Option<String> {
    let mut place = String::new();
    // What is no key is at no place below its record.
    for segment in path.iter().filter(|segment| !matches!(segment, Segment::Unknown)) {
        if !place.is_empty() && !matches!(segment, Segment::Seq { .. }) {
            place.push('.');
        }
        place.push_str(&clean(&segment.to_string()));
    }
    (!place.is_empty()).then_some(place)
}

/// What an answer holds, in its envelope or without one. An envelope within an envelope is just one more key.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct Body {
    response: Option<Box<Body>>,
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

/// An image as the API tells it. Not [`Image`]: there a key that is left out is the ordinary case.
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
    /// Adds what this says to what is known of the image.
    fn add_to(&self, image: &mut Image) -> Result<(), ImportError> {
        let Image { region, image_id, image_name, image_type, image_state, image_size, .. } = image;
        let what = |field: &str| format!("`{field}` of `{}` in `{}`", clean(image_id), clean(region));
        agree(image_name, self.image_name.clone(), || what("ImageName"))?;
        agree(image_type, self.image_type.clone(), || what("ImageType"))?;
        agree(image_state, self.image_state.clone(), || what("ImageState"))?;
        agree(image_size, self.image_size, || what("ImageSize"))
    }
}

/// Records that may have any other key, and are objects: serde's derived code would take a list for one too.
macro_rules! open {
    ($($record:ty),+) => {$(
        impl<'de> Deserialize<'de> for $record {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(Record::open(deserializer))
            }
        }
    )+};
}

open!(Body, ErrorRecord, RegionRecord, ImageRecord);

/// A key that is there; `null` is an empty list.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// A key that is there, with a count or `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    count(deserializer).map(Some)
}

/// A whole number that is not negative, also in quotes, or `null`: what a state takes for a count.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Used::deserialize(deserializer)? {
        Used::Count(count) => Some(count),
        Used::AsListed | Used::Unknown => None,
    })
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.is_empty() { Err(de::Error::custom("a name must not be empty")) } else { Ok(name) }
}

/// Whether bytes are an answer of the API, right or wrong, and not a state: whether the first key that tells is
/// `Response` or one that answers have. What follows that key is not looked at.
///
/// ```
/// use presync::sources::describe::is_answer;
///
/// assert!(is_answer(br#"{"RequestId": "x", "ImageSet": []}"#));
/// assert!(is_answer(br#"{"Response": {"Error": {"Code": "AuthFailure"}}}"#));
/// assert!(!is_answer(br#"{"Images": []}"#));
/// assert!(!is_answer(b"{}"));
/// ```
#[must_use]
pub fn is_answer(bytes: &[u8]) -> bool {
    !matches!(Kind::of(bytes), None | Some(Kind::State))
}

/// What a JSON object seems to be.
#[derive(Clone, Copy)]
enum Kind {
    Images,
    Regions,
    Quota,
    Error,
    OtherAnswer,
    State,
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut kind = None;
        let keys = Keys { kind: &mut kind, is_enveloped: false };
        // The error is how the search ends early. What was found before the text is no JSON stays found.
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
            Self::Images => "an answer of DescribeImages",
            Self::Regions => "an answer of DescribeRegions",
            Self::Quota => "an answer of DescribeImageQuota",
            Self::Error => "an answer with an error",
            Self::OtherAnswer => "an answer of another action",
            Self::State => "a state",
        }
    }
}

/// Looks for a key that tells what an object is.
struct Keys<'k> {
    kind: &'k mut Option<Kind>,
    is_enveloped: bool,
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if let Some(kind) = Kind::named(&key, self.is_enveloped) {
                *self.kind = Some(kind);
                return Err(de::Error::custom("found"));
            }
            if key == "Response" && !self.is_enveloped {
                *self.kind = Some(Kind::OtherAnswer);
                return map.next_value_seed(Keys { kind: self.kind, is_enveloped: true });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Why answers are not a state.
///
/// ```
/// use presync::sources::describe::{Import, ImportError};
///
/// let answer = br#"{"Response": {"Error": {"Code": "AuthFailure", "Message": "no such secret id"}}}"#;
/// let error = Import::default().regions(answer).unwrap_err();
/// assert!(matches!(&error, ImportError::Answered { code: Some(code), .. } if code == "AuthFailure"));
/// assert_eq!(error.to_string(), "the answer is the error `AuthFailure`: no such secret id");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The service answered with an error.
    #[error("the answer is {}", answered(code.as_deref(), message.as_deref()))]
    Answered {
        /// The error's code, fit to be shown.
        code: Option<String>,
        /// The error's message, fit to be shown.
        message: Option<String>,
    },
    /// The bytes are not JSON, or a value in it is not what it must be.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// Which value, such as `Response.ImageSet[3].ImageSize`, where one is meant.
        path: Option<String>,
        /// What is wrong.
        message: String,
    },
    /// It is JSON, but of another kind.
    #[error("expected {expected}, found {found}")]
    OtherKind {
        /// What was expected.
        expected: &'static str,
        /// What it seems to be.
        found: &'static str,
    },
    /// An answer of DescribeImages does not name its region, and nobody else did.
    #[error("an answer of DescribeImages does not name its region")]
    RegionNeeded,
    /// The name of a region is empty.
    #[error("the name of a region must not be empty")]
    EmptyName,
    /// DescribeRegions does not list a region that was named.
    #[error("DescribeRegions does not list the region `{region}`{}", did_you_mean(nearest.as_deref()))]
    RegionNotListed {
        /// Which region.
        region: String,
        /// The listed region that was probably meant.
        nearest: Option<String>,
    },
    /// The same thing is told in two ways.
    #[error("{what} is `{second}` here, and `{first}` before")]
    Contradiction {
        /// Which thing.
        what: String,
        /// How it was told first.
        first: String,
        /// How it is told now.
        second: String,
    },
    /// A record of an answer contradicts what was said before.
    #[error("line {line}, column {column}: {error}")]
    At {
        /// The line at which the record starts, counted from 1.
        line: usize,
        /// Its column, counted from 1 in bytes.
        column: usize,
        /// How it does.
        error: Box<ImportError>,
    },
    /// The records are no state. The errors above leave nothing that could be wrong with them.
    #[error(transparent)]
    State(#[from] StateError),
}

fn answered(code: Option<&str>, message: Option<&str>) -> String {
    let code =
        code.map_or_else(|| "an error without a code".to_owned(), |code| format!("the error `{code}`"));
    joined([code].into_iter().chain(message.map(str::to_owned)), ": ")
}
