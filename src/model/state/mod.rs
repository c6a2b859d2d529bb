//! The state: what is known before the request about regions, images and quota.

mod changes;
mod error;
mod images;
#[cfg(feature = "wire")]
mod json;
mod lookup;
mod quotas;
mod records;
mod regions;
mod summary;
mod updates;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use error::StateError;
pub(crate) use lookup::{ImageIndex, RegionIndex};
pub(crate) use records::Records;
pub(crate) use summary::Summary;

use super::image::Image;
use super::quota::{AccountQuota, QuotaLimit};
use super::region::{BlockedRoute, Region};
use super::truth::Truth;
use images::Images;
use quotas::Quotas;
use regions::Regions;
use summary::{Listing, Parts};

/// The facts that are known before the request: regions, images, quota, blocked routes.
///
/// A closed world by default: a region that is not listed does not exist, an image that is not
/// listed is not there, and what a record leaves out is the ordinary case. What is *not known* is
/// said explicitly, with `null`, `"ImagesComplete": false` or `"RegionsComplete": false`; the rules
/// that need it then report [`Unverified`](crate::Unverified). [`State::unknown`] knows no fact.
///
/// A custom image that is listed in one region is not in another one, also where that one's list is
/// not complete: a copy gets an id of its own. Of a request without `Region`, the source region is
/// the one in which its image is listed. Any other image, such as a public one, may be in several
/// regions, and also in those whose list is not complete. An id that is listed in two regions is
/// read as it is written, and which of the two is meant is not guessed.
///
/// A state never contradicts itself: every region that it names is listed, once, and so is every
/// image of a region; no copy in flight has two names. It is indexed when it is made, so that a
/// check costs the same however many images it holds.
///
/// A state lives: [`apply`](Self::apply) takes what an accepted request leaves behind, and
/// [`arrived`](Self::arrived), [`insert_image`](Self::insert_image) and others tell what else
/// happened in the world. A clone shares its images and quotas with the state that it was made of,
/// and takes time for the regions alone. The first change of a quota after that, as by `apply`,
/// copies the quotas with the names of the copies in flight, and the first change of an image
/// copies what changed since the images were indexed. Neither copies all images.
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
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Records", into = "Records")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "Records"))]
pub struct State {
    regions: Arc<Regions>,
    /// True if not every region may be listed.
    has_other_regions: bool,
    images: Images,
    quotas: Arc<Quotas>,
    /// For each region, the counts of its images.
    listings: Vec<Listing>,
    /// For each region, its summary.
    summaries: Vec<Summary>,
}

impl fmt::Debug for State {
    /// Shows the records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("regions", &self.regions())
            .field("regions_complete", &self.regions_complete())
            .field("images", &self.images.iter().collect::<Vec<_>>())
            .field("account_quota", self.account_quota())
            .field("blocked_routes", &self.blocked_routes())
            .finish()
    }
}

impl PartialEq for State {
    /// True if the records are equal. What requests of a plan may have left behind that are
    /// accepted but not verified is in no record, and is not compared.
    fn eq(&self, other: &Self) -> bool {
        self.regions() == other.regions()
            && self.regions_complete() == other.regions_complete()
            && self.images.iter().eq(other.images.iter())
            && self.account_quota() == other.account_quota()
            && self.blocked_routes() == other.blocked_routes()
    }
}

impl Eq for State {}

impl From<State> for Records {
    fn from(state: State) -> Self {
        Self {
            regions: state.regions().to_vec(),
            regions_complete: state.regions_complete(),
            images: state.images.iter().cloned().collect(),
            account_quota: state.account_quota().clone(),
            blocked_routes: state.blocked_routes().to_vec(),
        }
    }
}

impl TryFrom<Records> for State {
    type Error = StateError;

    /// Validates the records together and indexes them, which is done nowhere else.
    fn try_from(records: Records) -> Result<Self, StateError> {
        let Records { regions, regions_complete, images, account_quota, blocked_routes } = records;
        let mut regions = Regions::of(regions)?;
        let images = Images::of(images, &regions)?;
        let quotas = Quotas::of(account_quota, &regions)?;
        regions.block(blocked_routes)?;
        let mut listings = vec![Listing::default(); regions.records.len()];
        for (image, region) in images.entries() {
            if let Some(listing) = region.of_mut(&mut listings) {
                listing.add(image);
            }
        }
        let mut state = Self {
            summaries: vec![Summary::default(); regions.records.len()],
            regions: Arc::new(regions),
            has_other_regions: !regions_complete,
            images,
            quotas: Arc::new(quotas),
            listings,
        };
        state.sum_all_up();
        Ok(state)
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
    /// Errors as [`new`](Self::new) does, when the quota or a route names a region that is not
    /// listed, when the quota names one twice, or when it has more names of copies in flight
    /// to a region than copies.
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

    /// Returns the state without any known fact: no region is listed, and any may exist.
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
        state.set_account_quota(QuotaLimit::Unknown);
        state
    }

    /// True if no fact is known.
    pub(crate) fn is_unknown(&self) -> bool {
        let is_quota_unknown = self.account_quota().image_num_quota == QuotaLimit::Unknown;
        self.regions().is_empty() && self.has_other_regions && is_quota_unknown
    }

    /// Sets whether every region is listed. A region that is not listed does not exist, or else it
    /// is not known whether it does.
    #[must_use]
    pub fn with_regions_complete(mut self, regions_complete: bool) -> Self {
        self.has_other_regions = !regions_complete;
        self
    }

    /// True if every region is listed: one that is not listed does not exist.
    #[must_use]
    pub fn regions_complete(&self) -> bool {
        !self.has_other_regions
    }

    /// Returns every region, in the order in which they were given.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions.records
    }

    /// Returns every image, in the order in which they were given, and those that
    /// were inserted after them.
    ///
    /// After a change the list is put together when it is asked for, in the time that it
    /// takes to index the images.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        self.images.all()
    }

    /// Returns the quota, as far as it is known.
    #[must_use]
    pub fn account_quota(&self) -> &AccountQuota {
        &self.quotas.account
    }

    /// Returns every blocked route, in the order in which they were given.
    #[must_use]
    pub fn blocked_routes(&self) -> &[BlockedRoute] {
        &self.regions.blocked_routes
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

    /// Returns every image, in the order of [`images`](Self::images).
    pub(crate) fn every_image(&self) -> impl Iterator<Item = &Image> {
        self.images.iter()
    }

    pub(crate) fn region_at(&self, index: RegionIndex) -> Option<&Region> {
        index.of(&self.regions.records)
    }

    #[inline]
    pub(crate) fn image_at(&self, index: ImageIndex) -> Option<&Image> {
        self.images.get(index)
    }

    /// True if the image is in the ordinary case, whatever its name and its size.
    #[inline]
    pub(crate) fn is_ordinary(&self, image: ImageIndex) -> bool {
        self.images.is_ordinary(image)
    }

    #[inline]
    pub(crate) fn image_region(&self, image: ImageIndex) -> Option<RegionIndex> {
        self.images.region(image)
    }

    pub(crate) fn summary(&self, region: RegionIndex) -> Option<&Summary> {
        region.of(&self.summaries)
    }

    pub(crate) fn find_region(&self, name: &str) -> Option<RegionIndex> {
        self.regions.find(name)
    }

    /// Returns the name of a region that this one probably misspells.
    pub(crate) fn nearest_region(&self, name: &str) -> Option<&str> {
        self.regions.nearest(name)
    }

    /// Returns the regions in which images of this id are listed, in the order of the regions.
    pub(crate) fn regions_of_image(&self, image_id: &str) -> impl Iterator<Item = &str> {
        let regions = self.find_images(image_id).iter().filter_map(|index| self.image_region(*index));
        regions.filter_map(|region| Some(&*self.region_at(region)?.region))
    }

    /// Returns every image of this id, whatever its region, in the order of the regions.
    #[inline]
    pub(crate) fn find_images(&self, image_id: &str) -> &[ImageIndex] {
        self.images.find(image_id)
    }

    /// Returns, of images of one id, the one in this region, if there is one.
    #[inline]
    pub(crate) fn in_region<'i>(&self, images: &'i [ImageIndex], region: RegionIndex) -> &'i [ImageIndex] {
        self.images.in_region(images, region)
    }

    /// Returns whether a custom image of this region, or a copy in flight to it, has this name. An
    /// unknown without words needs the name of every custom image there; another one says which
    /// request may take the name.
    pub(crate) fn is_name_taken(&self, region: RegionIndex, name: &str) -> Truth<'_> {
        let unknown = || Truth::unknown("");
        if self.quotas.has_name(region, name) {
            return Truth::Yes;
        }
        let mut is_taken = match self.summary(region) {
            Some(summary) if summary.may_have_any_name => unknown(),
            _ => Truth::No,
        };
        for image in self.images.named(name, region) {
            // Each of them is or may be a custom one: it is if its type is known.
            if image.image_type.is_some() {
                return Truth::Yes;
            }
            is_taken = unknown();
        }
        is_taken.or(self.may_take_name(region, name))
    }

    /// Returns the keys of the state that would settle whether this name is taken in a region,
    /// each true if it is needed.
    pub(crate) fn needed_for_name(&self, region: RegionIndex, name: &str) -> [(&'static str, bool); 4] {
        let is_listed = self.region_at(region).is_some_and(Region::lists_custom_images);
        let has_nameless = region.of(&self.listings).is_some_and(Listing::has_unknown_name);
        let mut namesakes = self.images.named(name, region);
        [
            ("CustomImagesComplete", !is_listed),
            ("ImageName", has_nameless),
            ("ImageType", namesakes.any(|image| image.image_type.is_none())),
            ("InFlightNames", self.quotas.may_have_any_name(region)),
        ]
    }

    /// Returns the regions whose list of images is not complete.
    pub(crate) fn incomplete(&self) -> &[RegionIndex] {
        &self.regions.incomplete
    }

    /// True if no image can be copied from one region to another.
    pub(crate) fn is_blocked(&self, from: RegionIndex, to: RegionIndex) -> bool {
        self.regions.is_blocked(from, to)
    }

    /// Returns the regions from which `to` cannot be reached.
    pub(crate) fn blocked_into(&self, to: RegionIndex) -> impl Iterator<Item = RegionIndex> {
        self.regions.blocked_into(to)
    }

    /// Brings the summary of a region up to date.
    fn sum_up(&mut self, region: RegionIndex) {
        let Self { regions, quotas, listings, summaries, .. } = self;
        let (Some(record), Some(listing)) = (region.of(&regions.records), region.of(listings)) else {
            return;
        };
        if let Some(summary) = region.of_mut(summaries) {
            *summary = Summary::of(Parts {
                region: record,
                is_open: regions.is_open(region),
                listing: *listing,
                quota: quotas.of_region(region),
                may_have_any_name: quotas.may_have_any_name(region),
                account: quotas.account.image_num_quota,
            });
        }
    }

    /// Brings the summary of every region up to date.
    fn sum_all_up(&mut self) {
        for region in self.regions.indices() {
            self.sum_up(region);
        }
    }
}
