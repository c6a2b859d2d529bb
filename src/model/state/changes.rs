//! Changes of a state: what an accepted request leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::State;
use super::lookup::{ImageIndex, RegionIndex};
use super::summary::is_custom;
use crate::model::parameter::Parameter;
use crate::model::partial::PartialRequest;
use crate::model::request::SyncRequest;
use crate::model::truth::Truth;

/// What requests that may be accepted, or may not, leave behind in one region.
#[derive(Clone, Debug, Default)]
pub(super) struct Possible {
    /// The number of copies.
    copies: u64,
    /// What would settle the first of the requests.
    needs: Option<Arc<str>>,
    /// The copies that may have any name.
    any_name: Option<Namesakes>,
    /// For each name, the copies that take it.
    names: BTreeMap<String, Namesakes>,
}

/// Copies of one name that requests may leave behind.
#[derive(Clone, Debug)]
struct Namesakes {
    /// The number of copies at most.
    copies: u64,
    /// What would settle the first of the requests.
    needs: Arc<str>,
}

impl Namesakes {
    fn new(needs: &Arc<str>) -> Self {
        Self { copies: 0, needs: Arc::clone(needs) }
    }

    fn add(&mut self, copies: u64) {
        self.copies = self.copies.saturating_add(copies);
    }

    /// Ends one copy. False if that was the last one.
    fn end(&mut self) -> bool {
        end(&mut self.copies);
        self.copies > 0
    }
}

/// Ends one of so many copies. It is not known how many the greatest number stands for.
fn end(copies: &mut u64) {
    if *copies < u64::MAX {
        *copies = copies.saturating_sub(1);
    }
}

impl Possible {
    /// Adds copies with these names; `None` stands for any name. Each of the copies
    /// may have each of the names.
    fn add(&mut self, copies: u64, names: &[Option<String>], needs: &Arc<str>) {
        self.copies = self.copies.saturating_add(copies);
        self.needs.get_or_insert_with(|| Arc::clone(needs));
        for name in names {
            match name {
                Some(name) if self.names.len() < NAMES || self.names.contains_key(name) => {
                    self.names.entry(name.clone()).or_insert_with(|| Namesakes::new(needs)).add(copies);
                }
                _ => self.any_name.get_or_insert_with(|| Namesakes::new(needs)).add(copies),
            }
        }
    }

    /// Ends a copy of this name, or of any one; `None` stands for a name that is not known. False
    /// if that was the last copy: then no name is in doubt any more.
    pub(super) fn end(&mut self, name: Option<&str>) -> bool {
        end(&mut self.copies);
        // Of a copy whose name is not known it stays in doubt which name it was.
        if let Some(name) = name {
            match self.names.get_mut(name) {
                Some(namesakes) => {
                    if !namesakes.end() {
                        self.names.remove(name);
                    }
                }
                None => self.any_name = self.any_name.take().and_then(|mut any| any.end().then_some(any)),
            }
        }
        self.copies > 0
    }
}

/// The most names that are told apart in one region: twice the greatest documented quota. With
/// more, any name may be taken, for a plan that goes on for ever must not grow for ever.
const NAMES: usize = 1_000;

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

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

    /// Returns a copy of the state to which a request is [applied](Self::apply). It takes time for
    /// the regions and for the copies in flight, and not for the images.
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

    /// Applies a request with nothing unknown but the ids of new images. Returns the
    /// names that are taken now.
    pub(crate) fn accept_new(&mut self, partial: &PartialRequest) -> Names {
        let copies = partial.image_count().max(1);
        let name = partial.name_of_copies().map(|name| name.ok().map(str::to_owned));
        self.take(partial.request(), copies, vec![name.unwrap_or_default(); copies])
    }

    /// Remembers a request that may be accepted, or may not: it may leave its copies behind in the
    /// destinations that are known, and anywhere if not all of them are. `needs` says what would
    /// settle it. The records stay as they are.
    pub(crate) fn accept_possibly(&mut self, partial: &PartialRequest, needs: String) {
        let request = partial.request();
        if request.dry_run == Some(true) {
            return;
        }
        let images = &request.image_ids;
        let is_known = |parameter: &Parameter| partial.needs_in(parameter).is_none();
        let names: Names = match partial.name_of_copies() {
            Some(Err(_)) => vec![None],
            Some(Ok(name)) => vec![Some(name.to_owned())],
            None if images.is_empty() || !is_known(&Parameter::IMAGE_IDS) => vec![None],
            // In a region that is not known the image may be another one.
            None if !is_known(&Parameter::REGION) && self.has_gaps() => vec![None],
            None => images.iter().filter_map(|id| self.name_kept(request, id)).collect(),
        };
        // Of a list of images it may not be known how many there are.
        let is_counted = partial.needs(&Parameter::IMAGE_IDS).is_none();
        let copies = if is_counted { count(partial.image_count().max(1)) } else { u64::MAX };
        let needs: Arc<str> = needs.into();
        let regions: BTreeSet<Option<RegionIndex>> = if is_known(&Parameter::DESTINATION_REGIONS) {
            let known = request.destination_regions.iter().filter_map(|name| self.find_region(name));
            known.map(Some).collect()
        } else {
            [None].into()
        };
        let quotas = Arc::make_mut(&mut self.quotas);
        for region in regions {
            quotas.possible.entry(region).or_default().add(copies, &names, &needs);
        }
    }

    /// True if an earlier request of a plan may leave copies behind.
    pub(crate) fn has_possible_copies(&self) -> bool {
        !self.quotas.possible.is_empty()
    }

    /// Returns what earlier requests of a plan may leave behind in a region.
    fn possible(&self, region: RegionIndex) -> impl Iterator<Item = &Possible> {
        let possible = &self.quotas.possible;
        [Some(region), None].into_iter().filter(|_| !possible.is_empty()).filter_map(|key| possible.get(&key))
    }

    /// Returns the number of copies that earlier requests of a plan may make in a region, and what
    /// would settle the first of them.
    pub(crate) fn possible_copies(&self, region: RegionIndex) -> (u64, Option<&str>) {
        self.possible(region).fold((0, None), |(copies, needs), possible| {
            (copies.saturating_add(possible.copies), needs.or(possible.needs.as_deref()))
        })
    }

    /// Returns whether an earlier request of a plan takes a name in this
    /// region, which is never sure.
    pub(super) fn may_take_name(&self, region: RegionIndex, name: &str) -> Truth<'_> {
        let namesakes =
            |possible: &'_ Possible| possible.names.get(name).or(possible.any_name.as_ref()).cloned();
        match self.possible(region).find_map(namesakes) {
            Some(namesakes) => Truth::unknown(namesakes.needs.to_string()),
            None => Truth::No,
        }
    }

    /// Counts the copies as in flight, and takes these names.
    fn take(&mut self, request: &SyncRequest, copies: usize, names: Names) -> Names {
        if request.dry_run == Some(true) {
            return Vec::new();
        }
        let copies = count(copies);
        let destinations: BTreeSet<RegionIndex> =
            request.destination_regions.iter().filter_map(|name| self.find_region(name)).collect();
        let quotas = Arc::make_mut(&mut self.quotas);
        for region in &destinations {
            quotas.take_off(*region, &self.regions, copies, &names);
        }
        for region in destinations {
            self.sum_up(region);
        }
        names
    }

    /// True if an image that is not listed may be somewhere.
    fn has_gaps(&self) -> bool {
        !self.incomplete().is_empty() || !self.regions_complete()
    }

    /// Returns the name that a copy of this image keeps: `None` where it has none, and `Some(None)`
    /// where it is not known.
    fn name_kept(&self, request: &SyncRequest, image_id: &str) -> Option<Option<String>> {
        let images = self.find_images(image_id);
        let is_custom = |index: &ImageIndex| self.image_at(*index).and_then(is_custom) == Some(true);
        let images = match request.region.as_deref().map(|region| self.find_region(region)) {
            // An image that is not custom may be in other regions too, under another name.
            None if self.has_gaps() && !images.iter().all(is_custom) => return Some(None),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn possible(copies: u64, names: &[&str]) -> Possible {
        let mut possible = Possible::default();
        for name in names {
            possible.add(copies, &[Some((*name).to_owned())], &"the outcome".into());
        }
        possible
    }

    #[test]
    fn a_name_stays_in_doubt_until_each_copy_of_it_ended() {
        let mut possible = possible(2, &["web", "db"]);
        for (name, is_left, are_others) in
            [("web", true, true), ("web", false, true), ("db", true, true), ("db", false, false)]
        {
            assert_eq!(possible.end(Some(name)), are_others, "{name}");
            assert_eq!(possible.names.contains_key(name), is_left, "{name}");
        }
        assert_eq!(possible.copies, 0);
    }

    /// So many copies as nobody knows are not one less when one of them ended.
    #[test]
    fn copies_without_number_do_not_end() {
        let mut possible = possible(u64::MAX, &["web"]);
        assert!(possible.end(Some("web")));
        assert_eq!((possible.copies, possible.names["web"].copies), (u64::MAX, u64::MAX));
    }

    #[test]
    fn of_more_names_than_a_region_can_hold_any_may_be_taken() {
        let names: Vec<String> = (0..NAMES).map(|number| format!("web-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut possible = possible(1, &names);
        // One that is there already is still told apart.
        possible.add(1, &[Some("web-0".to_owned())], &"the outcome".into());
        assert_eq!((possible.names.len(), possible.names["web-0"].copies), (NAMES, 2));
        assert!(possible.any_name.is_none());
        possible.add(1, &[Some("one more".to_owned())], &"the outcome".into());
        assert_eq!(possible.names.len(), NAMES);
        assert_eq!(possible.any_name.map(|any| any.copies), Some(1));
    }
}
