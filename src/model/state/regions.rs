//! The regions of a state: their records by name, and the routes between them.

use super::error::StateError;
use super::lookup::{Index as _, Lookup, RegionIndex};
use crate::model::region::{BlockedRoute, Region};
use crate::text::{Letters, clean, nearest_of};

/// The regions and blocked routes of a state, which never change: clones of the state share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Regions {
    pub(super) records: Vec<Region>,
    names: Lookup<RegionIndex>,
    /// For each region, the letters of its name, by which near misses are found.
    letters: Vec<Letters>,
    /// The regions whose list of images is not complete.
    pub(super) incomplete: Vec<RegionIndex>,
    pub(super) blocked_routes: Vec<BlockedRoute>,
    /// Blocked routes as (to, from), sorted.
    routes: Vec<(RegionIndex, RegionIndex)>,
}

impl Regions {
    /// Validates the regions and indexes them. No route is blocked.
    pub(super) fn of(records: Vec<Region>) -> Result<Self, StateError> {
        for (index, region) in records.iter().enumerate() {
            refuse_empty(&region.region, || format!("Regions[{index}].Region"))?;
        }
        let name = |index: RegionIndex| index.of(&records).map(|region| &*region.region);
        let names = Lookup::new(records.len(), name, |_| 0);
        if let Some(index) = names.first_duplicate(|a, b| name(a) == name(b)) {
            let region = clean(name(index).unwrap_or_default());
            return Err(StateError::DuplicateRegion { path: format!("Regions[{index}].Region"), region });
        }
        let incomplete = records.iter().enumerate().filter(|(_, region)| !region.images_complete);
        let incomplete = incomplete.map(|(index, _)| RegionIndex::new(index)).collect();
        let letters = records.iter().map(|region| Letters::of(&region.region)).collect();
        Ok(Self { records, names, letters, incomplete, blocked_routes: Vec::new(), routes: Vec::new() })
    }

    /// Adds the blocked routes.
    pub(super) fn block(&mut self, blocked_routes: Vec<BlockedRoute>) -> Result<(), StateError> {
        let mut routes = Vec::with_capacity(blocked_routes.len());
        for (index, route) in blocked_routes.iter().enumerate() {
            let from = self.listed(&route.from, || format!("BlockedRoutes[{index}].From"))?;
            let to = self.listed(&route.to, || format!("BlockedRoutes[{index}].To"))?;
            routes.push((to, from));
        }
        routes.sort_unstable();
        routes.dedup();
        self.routes = routes;
        self.blocked_routes = blocked_routes;
        Ok(())
    }

    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<RegionIndex> {
        self.names.find_one(name, |index| index.of(&self.records).map(|region| &*region.region))
    }

    /// Finds a region that must be listed. The path is that to its name.
    pub(super) fn listed(
        &self,
        name: &str,
        path: impl FnOnce() -> String,
    ) -> Result<RegionIndex, StateError> {
        self.find(name).ok_or_else(|| {
            let nearest = self.nearest(name).map(clean);
            StateError::RegionNotListed { path: path(), region: clean(name), nearest }
        })
    }

    /// Returns the name that this one probably misspells.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        nearest_of(name, &self.letters, |index| self.records.get(index).map(|region| &*region.region))
    }

    /// Returns every index, in order.
    pub(super) fn indices(&self) -> impl Iterator<Item = RegionIndex> + use<> {
        (0..self.records.len()).map(RegionIndex::new)
    }

    /// True if it takes images from anywhere: it is available, with image sync, and no
    /// route into it is blocked.
    pub(super) fn is_open(&self, region: RegionIndex) -> bool {
        region.of(&self.records).is_some_and(Region::is_open) && self.blocked_into(region).next().is_none()
    }

    /// True if no image can be copied from one region to another.
    pub(super) fn is_blocked(&self, from: RegionIndex, to: RegionIndex) -> bool {
        self.routes.binary_search(&(to, from)).is_ok()
    }

    /// Returns the regions from which `to` cannot be reached.
    pub(super) fn blocked_into(&self, to: RegionIndex) -> impl Iterator<Item = RegionIndex> {
        let start = self.routes.partition_point(|route| route.0 < to);
        self.routes.iter().skip(start).take_while(move |route| route.0 == to).map(|route| route.1)
    }
}

pub(super) fn refuse_empty(name: &str, path: impl FnOnce() -> String) -> Result<(), StateError> {
    if name.is_empty() { Err(StateError::EmptyName { path: path() }) } else { Ok(()) }
}
