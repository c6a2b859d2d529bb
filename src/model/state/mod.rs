//! The state: what is known before the request about regions, images and quota.

mod changes;
mod error;
mod index;
#[cfg(feature = "wire")]
mod json;
mod lookup;
mod records;
mod updates;

use serde::{Deserialize, Serialize};

pub use error::StateError;
pub(crate) use index::Summary;
pub(crate) use lookup::{ImageIndex, RegionIndex};
pub(crate) use records::Records;

use super::image::Image;
use super::quota::{AccountQuota, QuotaLimit};
use super::region::{BlockedRoute, Region};
use super::truth::Truth;
use super::words::ImageType;
use index::StateIndex;

/// The facts that are known before the request: regions, images, quota, blocked routes.
///
/// A closed world by default: a region that is not listed does not exist, an image that is not
/// listed is not there, and what a record leaves out is the ordinary case. What is *not known* is
/// said explicitly, with `null`, `"ImagesComplete": false` or `"RegionsComplete": false`; the rules that need
/// it then report [`Unverified`](crate::Unverified). [`State::unknown`] knows no fact.
///
/// A custom image that is listed in one region is not in another one, also where that one's list is not
/// complete: a copy gets an id of its own. Of a request without `Region`, the source region is the one in
/// which its image is listed. Any other image, such as a public one, may be in several regions, and also in
/// those whose list is not complete. An id that is listed in two regions is read as it is written, and which of
/// the two is meant is not guessed.
///
/// A state never contradicts itself: every region that it names is listed, once, and so is every
/// image of a region. It is indexed when it is made, so that a check costs the same however many
/// images it holds.
///
/// ```
/// use presync::State;
///
/// let state: State = serde_json::from_str(
///     r#"{
///         "Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai", "ImageSync": null}],
///         "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}],
///         "AccountQuota": {"ImageNumQuota": 10, "Regions": [{"Region": "ap-shanghai", "Used": 9, "InFlight": 1}]},
///         "BlockedRoutes": [{"From": "ap-shanghai", "To": "ap-guangzhou"}]
///     }"#,
/// )?;
/// assert_eq!(state.regions().len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Records", into = "Records")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "Records"))]
pub struct State {
    records: Records,
    index: StateIndex,
}

impl PartialEq for State {
    /// True if the records are equal: the index follows from them.
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records
    }
}

impl Eq for State {}

impl From<State> for Records {
    fn from(state: State) -> Self {
        state.records
    }
}

impl TryFrom<Records> for State {
    type Error = StateError;

    fn try_from(records: Records) -> Result<Self, StateError> {
        let index = StateIndex::of(&records)?;
        Ok(Self { records, index })
    }
}

impl State {
    /// Returns a state of these regions and images, with the documented quota and no blocked route.
    ///
    /// # Errors
    ///
    /// Errors when an image is in a region that is not listed, when a region is listed twice, when
    /// an image is listed twice in one region, or when a name is empty.
    ///
    /// ```
    /// use presync::{Image, Region, State};
    ///
    /// let error = State::new([Region::new("ap-guangzhou")], [Image::new("ap-guangzou", "img-o3ycss2p")]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Images[0].Region: region `ap-guangzou` is not listed in `Regions`, did you mean `ap-guangzhou`?"
    /// );
    /// ```
    pub fn new(
        regions: impl IntoIterator<Item = Region>,
        images: impl IntoIterator<Item = Image>,
    ) -> Result<Self, StateError> {
        Self::from_records(regions, images, AccountQuota::default(), [])
    }

    /// Returns a state of these regions, images, quotas and blocked routes, validated and indexed
    /// once.
    ///
    /// # Errors
    ///
    /// Errors as [`new`](Self::new) does, and when the quota or a route names a region that is not
    /// listed, or the quota names one twice.
    ///
    /// ```
    /// use presync::{AccountQuota, BlockedRoute, Region, RegionQuota, State};
    ///
    /// let regions = ["ap-seoul", "ap-shanghai"].map(Region::new);
    /// let quota = AccountQuota::default().with_regions([RegionQuota::new("ap-seoul").with_in_flight(1)]);
    /// let state = State::from_records(regions, [], quota, [BlockedRoute::new("ap-seoul", "ap-shanghai")])?;
    /// assert_eq!(state.blocked_routes().len(), 1);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn from_records(
        regions: impl IntoIterator<Item = Region>,
        images: impl IntoIterator<Item = Image>,
        account_quota: AccountQuota,
        blocked_routes: impl IntoIterator<Item = BlockedRoute>,
    ) -> Result<Self, StateError> {
        Records {
            regions: regions.into_iter().collect(),
            images: images.into_iter().collect(),
            account_quota,
            blocked_routes: blocked_routes.into_iter().collect(),
            ..Records::default()
        }
        .try_into()
    }

    /// Returns the state of which no fact is known: no region is listed, and any may exist.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let report = Ruleset::default().check(&SyncRequest::new("img-1", ["ap-shanghai"]), &State::unknown());
    /// let rules: Vec<&str> = report.violations().iter().map(|violation| violation.rule()).collect();
    /// assert_eq!(rules, ["image-id-format"]);
    /// assert!(report.unverified().iter().any(|unverified| unverified.rule() == "destination-exists"));
    /// ```
    #[must_use]
    pub fn unknown() -> Self {
        let mut state = Self::default().with_regions_complete(false);
        state.records.account_quota.image_num_quota = QuotaLimit::Unknown;
        state
    }

    /// Sets whether every region is listed. A region that is not listed does not exist, or else it is not
    /// known whether it does.
    #[must_use]
    pub fn with_regions_complete(mut self, regions_complete: bool) -> Self {
        self.records.regions_complete = regions_complete;
        self
    }

    /// True if every region is listed: one that is not listed does not exist.
    #[must_use]
    pub fn regions_complete(&self) -> bool {
        self.records.regions_complete
    }

    /// Returns every region, in the order in which they were given.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.records.regions
    }

    /// Returns every image, in the order in which they were given.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.records.images
    }

    /// Returns the quota, as far as it is known.
    #[must_use]
    pub fn account_quota(&self) -> &AccountQuota {
        &self.records.account_quota
    }

    /// Returns every blocked route, in the order in which they were given.
    #[must_use]
    pub fn blocked_routes(&self) -> &[BlockedRoute] {
        &self.records.blocked_routes
    }

    /// Returns the region of this name.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<&Region> {
        self.region_at(self.find_region(name)?)
    }

    /// Returns the image of this id in this region.
    #[must_use]
    pub fn image(&self, region: &str, image_id: &str) -> Option<&Image> {
        let region = self.find_region(region)?;
        self.in_region(self.find_images(image_id), region).first().and_then(|index| self.image_at(*index))
    }

    pub(crate) fn region_at(&self, index: RegionIndex) -> Option<&Region> {
        index.of(&self.records.regions)
    }

    pub(crate) fn image_at(&self, index: ImageIndex) -> Option<&Image> {
        index.of(&self.records.images)
    }

    /// True if the image is in the ordinary case, whatever its name and its size.
    pub(crate) fn is_ordinary(&self, image: ImageIndex) -> bool {
        image.of(&self.index.is_ordinary) == Some(&true)
    }

    pub(crate) fn image_region(&self, image: ImageIndex) -> Option<RegionIndex> {
        image.of(&self.index.image_regions).copied()
    }

    pub(crate) fn summary(&self, region: RegionIndex) -> Option<&Summary> {
        region.of(&self.index.summaries)
    }

    pub(crate) fn find_region(&self, name: &str) -> Option<RegionIndex> {
        self.index.regions.find_one(name, |index| self.region_at(index).map(|region| &*region.region))
    }

    /// Returns the regions in which images of this id are listed, in the order of the regions.
    pub(crate) fn regions_of_image(&self, image_id: &str) -> impl Iterator<Item = &str> {
        let regions = self.find_images(image_id).iter().filter_map(|index| self.image_region(*index));
        regions.filter_map(|region| Some(&*self.region_at(region)?.region))
    }

    /// Returns every image of this id, whatever its region, in the order of the regions.
    pub(crate) fn find_images(&self, image_id: &str) -> &[ImageIndex] {
        self.index.images.find(image_id, |index| self.image_at(index).map(|image| &*image.image_id))
    }

    /// Returns, of images of one id, the one in this region, if there is one.
    pub(crate) fn in_region<'i>(&self, images: &'i [ImageIndex], region: RegionIndex) -> &'i [ImageIndex] {
        // Nearly every image is in one region.
        if let [only] = images {
            return if self.image_region(*only) == Some(region) { images } else { &[] };
        }
        let found = images.binary_search_by_key(&Some(region), |index| self.image_region(*index)).ok();
        found.and_then(|found| images.get(found..=found)).unwrap_or_default()
    }

    /// Returns whether a custom image of this region, or a copy in flight to it, has this name. An unknown
    /// without words needs the name of every custom image there; another one says which request may take the
    /// name.
    pub(crate) fn is_name_taken(&self, region: RegionIndex, name: &str) -> Truth<'_> {
        let unknown = || Truth::unknown("");
        let name_of = |index: ImageIndex| self.image_at(index)?.image_name.as_deref();
        if region.of(&self.index.names_in_flight).is_some_and(|names| names.contains(name)) {
            return Truth::Yes;
        }
        let namesakes = self.index.image_names.find(name, name_of);
        let start = namesakes.partition_point(|index| self.image_region(*index) < Some(region));
        let here =
            namesakes.iter().skip(start).take_while(|index| self.image_region(**index) == Some(region));
        let mut is_taken = match self.summary(region) {
            Some(summary) if summary.may_have_any_name => unknown(),
            _ => Truth::No,
        };
        for image in here.filter_map(|index| self.image_at(*index)) {
            match &image.image_type {
                Some(image_type) if *image_type == ImageType::PRIVATE_IMAGE => return Truth::Yes,
                Some(_) => {}
                None => is_taken = unknown(),
            }
        }
        is_taken.or(self.may_take_name(region, name))
    }

    /// Returns the regions whose list of images is not complete.
    pub(crate) fn incomplete(&self) -> &[RegionIndex] {
        &self.index.incomplete
    }

    /// Returns the regions from which `to` cannot be reached.
    pub(crate) fn blocked_into(&self, to: RegionIndex) -> impl Iterator<Item = RegionIndex> {
        let routes = &self.index.routes;
        let start = routes.partition_point(|route| route.0 < to);
        routes.iter().skip(start).take_while(move |route| route.0 == to).map(|route| route.1)
    }
}
