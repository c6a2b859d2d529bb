//! Changes of a state: what an accepted request leaves behind.

use std::collections::BTreeSet;

use super::State;
use super::lookup::{Index as _, QuotaIndex, RegionIndex};
use crate::model::partial::PartialRequest;
use crate::model::quota::RegionQuota;
use crate::model::request::SyncRequest;

/// The names that copies get; `None` stands for one that is not known. Copies without a name are
/// not among them.
pub(crate) type Names = Vec<Option<String>>;

impl State {
    /// Changes the state to what an accepted request leaves behind: in each destination that the
    /// state knows, one copy in flight for each image, which counts in the quota and, where it has
    /// one, takes a name.
    ///
    /// It is not asked here whether the request is accepted: that is for a
    /// [`Ruleset`](crate::Ruleset) to say. A `DryRun` changes no state. The name is the request's
    /// `ImageName`, else that of the image that is copied. The time does not depend on the number
    /// of images.
    ///
    /// ```
    /// use presync::{Image, Region, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let mut state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// state.apply(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    /// assert_eq!(state.account_quota().regions[0].in_flight, 1);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn apply(&mut self, request: &SyncRequest) {
        self.accept(request);
    }

    /// Returns a copy of the state to which a request is [applied](Self::apply).
    #[must_use]
    pub fn after(&self, request: &SyncRequest) -> Self {
        let mut after = self.clone();
        after.apply(request);
        after
    }

    /// Applies a request. Returns the names that are taken now.
    pub(crate) fn accept(&mut self, request: &SyncRequest) -> Names {
        let names: Names = match request.image_name.as_deref() {
            Some(name) if !name.is_empty() => vec![Some(name.to_owned()); request.copies()],
            _ if request.image_ids.is_empty() => vec![None],
            _ => request.image_ids.iter().filter_map(|id| self.name_kept(request, id)).collect(),
        };
        self.take(request, request.copies(), names)
    }

    /// Applies a request of which not everything is known, in the destinations that are known. A
    /// `DryRun` that is not known counts as none. Returns the names that are taken now.
    pub(crate) fn accept_partial(&mut self, partial: &PartialRequest) -> Names {
        let request = partial.request();
        let copies = partial.image_count().max(1);
        let name = request.image_name.clone().filter(|name| !name.is_empty());
        self.take(request, copies, vec![name; copies])
    }

    /// Counts the copies as in flight, and takes these names.
    fn take(&mut self, request: &SyncRequest, copies: usize, names: Names) -> Names {
        if request.dry_run == Some(true) {
            return Vec::new();
        }
        let copies = u64::try_from(copies).unwrap_or(u64::MAX);
        let destinations: BTreeSet<RegionIndex> =
            request.destination_regions.iter().filter_map(|name| self.find_region(name)).collect();
        let Self { records, index } = self;
        let quotas = &mut records.account_quota.regions;
        for region in destinations {
            let (Some(record), Some(slot), Some(summary), Some(taken)) = (
                region.of(&records.regions),
                region.of_mut(&mut index.quotas),
                region.of_mut(&mut index.summaries),
                region.of_mut(&mut index.names_in_flight),
            ) else {
                continue;
            };
            let quota = *slot.get_or_insert_with(|| {
                quotas.push(RegionQuota::new(&*record.region));
                QuotaIndex::new(quotas.len() - 1)
            });
            let Some(quota) = quota.of_mut(quotas) else { continue };
            quota.in_flight = quota.in_flight.saturating_add(copies);
            quota.in_flight_names.extend(names.iter().cloned());
            summary.in_flight = quota.in_flight;
            summary.may_have_any_name |= names.contains(&None);
            taken.extend(names.iter().flatten().cloned());
        }
        names
    }

    /// Returns the name that a copy of this image keeps: `None` where it has none, and `Some(None)`
    /// where it is not known.
    fn name_kept(&self, request: &SyncRequest, image_id: &str) -> Option<Option<String>> {
        let images = self.find_images(image_id);
        let images = match request.region.as_deref().map(|region| self.find_region(region)) {
            None => images,
            Some(None) => &[],
            Some(Some(region)) => self.in_region(images, region),
        };
        let mut names = images.iter().map(|index| self.image_at(*index)?.image_name.as_deref());
        match names.next() {
            Some(Some(name)) if names.all(|other| other == Some(name)) => {
                (!name.is_empty()).then(|| Some(name.to_owned()))
            }
            _ => Some(None),
        }
    }
}
