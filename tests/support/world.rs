//! A request and a state whose records can still be edited.

use presync::{
    AccountQuota, BlockedRoute, Image, QuotaLimit, Region, RegionQuota, State, StateError, SyncRequest, Used,
};

/// A call and everything that is known before it. A [`State`] is read-only; tests change
/// one thing after another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct World {
    pub(crate) request: SyncRequest,
    pub(crate) regions: Vec<Region>,
    /// True if every region is listed.
    pub(crate) regions_complete: bool,
    pub(crate) images: Vec<Image>,
    pub(crate) quota: AccountQuota,
    pub(crate) routes: Vec<BlockedRoute>,
}

impl World {
    /// Returns the world with one thing changed.
    pub(crate) fn with(mut self, edit: impl FnOnce(&mut Self)) -> Self {
        edit(&mut self);
        self
    }

    pub(crate) fn try_state(&self) -> Result<State, StateError> {
        State::from_records(
            self.regions.clone(),
            self.images.clone(),
            self.quota.clone(),
            self.routes.clone(),
        )
        .map(|state| state.with_regions_complete(self.regions_complete))
    }

    /// The state; the records must not contradict each other.
    pub(crate) fn state(&self) -> State {
        self.try_state().expect("the records agree with each other")
    }

    /// Tells if it has the records of another world, whatever their requests.
    pub(crate) fn has_state_of(&self, other: &Self) -> bool {
        let Self { request: _, regions, regions_complete, images, quota, routes } = self;
        (regions, regions_complete, images, quota, routes)
            == (&other.regions, &other.regions_complete, &other.images, &other.quota, &other.routes)
    }

    pub(crate) fn region(&mut self, name: &str) -> &mut Region {
        self.regions.iter_mut().find(|region| region.region == name).expect("the region is listed")
    }

    pub(crate) fn image(&mut self, region: &str, id: &str) -> &mut Image {
        let mut images = self.images.iter_mut();
        images.find(|image| image.region == region && image.image_id == id).expect("the image is listed")
    }

    /// The quota record of a region, made when there is none.
    pub(crate) fn region_quota(&mut self, name: &str) -> &mut RegionQuota {
        let place = self.quota.regions.iter().position(|quota| quota.region == name);
        let place = place.unwrap_or_else(|| {
            self.quota.regions.push(RegionQuota::new(name));
            self.quota.regions.len() - 1
        });
        &mut self.quota.regions[place]
    }

    /// The copies in flight to a region are those of these names.
    pub(crate) fn on_its_way(&mut self, region: &str, names: &[Option<&str>]) {
        let quota = self.region_quota(region);
        quota.in_flight = u64::try_from(names.len()).unwrap();
        quota.in_flight_names = names.iter().map(|name| name.map(str::to_owned)).collect();
    }

    pub(crate) fn block(&mut self, from: &str, to: &str) {
        self.routes.push(BlockedRoute::new(from, to));
    }

    /// Takes a region out of the state, with everything that is said of it.
    pub(crate) fn forget_region(&mut self, name: &str) {
        self.regions.retain(|region| region.region != name);
        self.images.retain(|image| image.region != name);
        self.quota.regions.retain(|quota| quota.region != name);
        self.routes.retain(|route| route.from != name && route.to != name);
    }
}

/// A quota record with everything said.
pub(crate) fn region_quota(region: &str, used: Used, in_flight: u64, limit: QuotaLimit) -> RegionQuota {
    let mut quota = RegionQuota::new(region);
    quota.used = used;
    quota.in_flight = in_flight;
    quota.image_num_quota = limit;
    quota
}
