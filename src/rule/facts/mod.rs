//! Facts: a request and a state, seen together by the rules.

mod context;
mod destinations;
mod few;
mod images;
mod listing;
mod source;

pub(crate) use context::Context;
pub use destinations::{Destination, Quota};
pub use images::NamedImage;

use std::collections::BTreeMap;

use crate::model::{
    Edition, Parameter, PartialRequest, Region, RegionIndex, State, SyncRequest, Truth, history,
};
use crate::rule::cause::Cause;
use crate::text::clean;
use few::Few;
use listing::{Listing, Looked};
use source::{Source, in_state};

/// A request and a state, seen together: what every rule asks, found out once.
///
/// A fact is no verdict: whether an image that is not there breaks a rule is for the rule to say. A
/// check is given the facts; [`Check`](crate::Check) shows one.
#[derive(Debug)]
pub struct Facts<'a> {
    request: &'a SyncRequest,
    state: &'a State,
    context: Context<'a>,
    source: Source,
    /// For each image, its records.
    images: Few<Listing<'a>, 1>,
    /// For each destination, its region.
    destinations: Few<Slot, FEW>,
    /// The partial request, where not all of it is known.
    partial: Option<&'a PartialRequest>,
}

/// The region of one destination.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The region; `None` where the state does not know it.
    region: Option<RegionIndex>,
    /// The index of an earlier destination of the same name.
    duplicate_of: Option<usize>,
}

impl Slot {
    /// Returns the list of no destination.
    fn none() -> Few<Self, FEW> {
        Few::new(Self { region: None, duplicate_of: None })
    }
}

impl<'a> Facts<'a> {
    /// Returns the facts of a request before any is found out:
    /// [`find_out`](Self::find_out) does that.
    pub(crate) fn new(context: Context<'a>, request: &'a SyncRequest, state: &'a State) -> Self {
        Self {
            request,
            state,
            context,
            source: Source::Nowhere,
            images: Few::new(Listing::Absent),
            destinations: Slot::none(),
            partial: None,
        }
    }

    /// Returns the facts of a request with something unknown, before any is found out.
    pub(crate) fn of_partial(context: Context<'a>, partial: &'a PartialRequest, state: &'a State) -> Self {
        Self { partial: Some(partial), ..Self::new(context, partial.request(), state) }
    }

    /// Finds everything out, in place: a copy of all facts would cost as much as another look-up.
    pub(crate) fn find_out(&mut self) -> &Self {
        let Self { request, state, .. } = *self;
        let region = request.region.as_deref().map(|name| match state.find_region(name) {
            Some(region) => Looked::In(region),
            None if may_be_unlisted(state, name) => Looked::InUnlisted,
            None => Looked::Nowhere,
        });
        for id in &request.image_ids {
            self.images.push(Listing::of(&self.context, state, region, id));
        }
        self.source = match region {
            Some(Looked::In(region)) => Source::Region(region),
            Some(Looked::InUnlisted) => {
                Source::unlisted(state, request.region.as_deref().unwrap_or_default())
            }
            Some(Looked::Nowhere) => Source::Nowhere,
            None => self.source_without_region(),
        };
        find_destinations(state, &request.destination_regions, &mut self.destinations);
        self
    }

    /// Turns to another request, which differs from this one in its destinations alone: the images
    /// and the source region are those that were found out.
    pub(crate) fn turn_to(&mut self, request: &'a SyncRequest) {
        self.request = request;
        self.destinations = Slot::none();
        find_destinations(self.state, &request.destination_regions, &mut self.destinations);
    }

    /// Finds the source region of a request without a `Region`, or of one
    /// whose `Region` is not known.
    fn source_without_region(&self) -> Source {
        let unknown = self.partial.and_then(|partial| {
            // An image is where the source region is, and the other way round.
            let image = || partial.needs_in(&Parameter::IMAGE_IDS);
            partial.needs(&Parameter::REGION).or_else(image)
        });
        match unknown {
            Some(needs) => Source::any(self.state, needs),
            None => Source::of_images(self.state, self.images.as_slice().iter()),
        }
    }

    /// True if the request is the ordinary case, which several rules need not look at: all of it is
    /// known, it is of the first page, its one image is a custom one, `NORMAL` and not encrypted,
    /// in one region that is known, and each destination is another region, named once, that takes
    /// images from anywhere and has a free quota.
    pub(crate) fn is_plain(&self) -> bool {
        let Self { request, state, context, source, images, destinations, partial: None } = self else {
            return false;
        };
        let Source::Region(source) = source else { return false };
        let [Listing::Records([image])] = images.as_slice() else { return false };
        let is_plain_destination = |slot: &Slot| {
            let Some(region) = slot.region else { return false };
            let Some(summary) = state.summary(region) else { return false };
            slot.duplicate_of.is_none() && region != *source && Quota::has_room_surely(summary, context)
        };
        // With earlier requests of uncertain fate, any quota may be used up.
        !state.has_possible_copies()
            && state.is_ordinary(*image)
            && request.is_of_first_page()
            && (request.region.is_some() || context.edition < history::REGION_REQUIRED)
            // An id of any form may be listed; one that was looked up mostly has the right one.
            && (context.causes.contains(Cause::IdMalformed)
                || request.image_ids.iter().all(|id| context.id_form.matches(id)))
            && !request.destination_regions.is_empty()
            && destinations.as_slice().iter().all(is_plain_destination)
    }

    /// Returns the request. A parameter that is not known is not in it, and neither is an element
    /// that is not known.
    #[must_use]
    pub fn request(&self) -> &'a SyncRequest {
        self.request
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &'a State {
        self.state
    }

    /// Returns the edition whose rules are checked.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.context.edition
    }

    /// Returns what would settle a parameter that is not known yet, and `None` for one that is
    /// known.
    ///
    /// A check whose findings depend on that parameter says what is
    /// [unverified](crate::Findings::unverified) then, or leaves that to
    /// [`Check::concerns`](crate::Check::concerns).
    ///
    /// ```
    /// use presync::{Parameter, PartialRequest, Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert_eq!(facts.unknown(&Parameter::ENCRYPT), Some("`encrypt` of the resource"));
    ///     assert_eq!(facts.unknown(&Parameter::DRY_RUN), None);
    /// });
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    /// let request = request.unknown(Parameter::ENCRYPT, "`encrypt` of the resource");
    /// Ruleset::default().with_check(check)?.check_partial(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unknown(&self, parameter: &Parameter) -> Option<&'a str> {
        self.partial?.needs(parameter)
    }

    /// Returns what would settle the first thing of a list that is not known, be it an element or
    /// all of it, and `None` if all of it is known.
    #[must_use]
    pub fn unknown_in(&self, list: &Parameter) -> Option<&'a str> {
        self.partial?.needs_in(list)
    }

    /// Returns every element of a list that is not known, or the list itself, with what would
    /// settle it.
    pub fn unknowns_in(&self, list: &Parameter) -> impl Iterator<Item = (&'a Parameter, &'a str)> {
        let unknowns = self.partial.into_iter().flat_map(PartialRequest::unknowns);
        unknowns.filter(move |(unknown, _)| unknown.name() == list.name())
    }

    /// True if all of the request is known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.partial.is_none()
    }

    /// True if an image that is not known may turn out to be there: not where the source region is
    /// none that the state knows.
    pub(crate) fn can_image_be_found(&self) -> bool {
        !self.is_nowhere()
    }

    /// True if an image that is not known may turn out to be missing: not where one rule speaks
    /// alone of what keeps it from being looked up.
    pub(crate) fn can_image_be_missing(&self) -> bool {
        !self.is_nowhere() || !self.context.causes.contains(Cause::SourceUnknown)
    }

    /// True if there is no source region, so that no destination is it or another one.
    pub(crate) fn is_nowhere(&self) -> bool {
        matches!(self.source, Source::Nowhere)
    }

    /// True if the client always sends `Region`.
    pub(crate) fn is_region_sent(&self) -> bool {
        self.partial.is_some_and(PartialRequest::sends_region)
    }

    /// Returns the source region, where it is known: the request's `Region`, else the one region in
    /// which its images are listed.
    #[must_use]
    pub fn source_region(&self) -> Option<&'a Region> {
        match self.source {
            Source::Region(region) => self.state.region_at(region),
            Source::Nowhere | Source::OneOf { .. } | Source::Unlisted { .. } => None,
        }
    }

    /// Judges the source region by its name: yes if it `holds`, and also where there is none, since
    /// its images are not found or the request's `Region` is no region, which other rules report.
    /// Where the source region is one of several, what holds of all of them holds of it.
    ///
    /// ```
    /// use presync::{Edition, ErrorCode, Finding, Image, Parameter, Region, Ruleset, State, SyncRequest, check_fn};
    ///
    /// const ABROAD: ErrorCode = ErrorCode::own("Acme.Abroad").unwrap();
    /// let at_home = check_fn("acme/at-home", ABROAD, |facts, findings| {
    ///     let is_at_home = facts.judge_source(|region| region.starts_with("ap-"));
    ///     findings.require(Parameter::REGION, is_at_home, |parameter| Finding::new(parameter, "from abroad"));
    /// });
    /// let rules = Ruleset::empty(Edition::FIRST).with_check(at_home)?;
    /// let said = |regions: &[&str]| {
    ///     let images = regions.iter().map(|region| Image::new(*region, "img-o3ycss2p"));
    ///     let state = State::new(["ap-shanghai", "eu-frankfurt"].map(Region::new), images)?;
    ///     let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
    ///     Ok::<_, presync::StateError>((report.violations().len(), report.unverified().len()))
    /// };
    /// assert_eq!(said(&["ap-shanghai"])?, (0, 0));
    /// assert_eq!(said(&["eu-frankfurt"])?, (1, 0));
    /// // Without `Region`, either may be meant.
    /// assert_eq!(said(&["ap-shanghai", "eu-frankfurt"])?, (0, 1));
    /// assert_eq!(said(&[])?, (0, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn judge_source(&self, holds: impl Fn(&str) -> bool) -> Truth<'_> {
        self.source.judge(self.state, holds)
    }

    /// Returns whether there is a region of this name. It is not known where the state does not
    /// list it and does not list every region; a region without a name there is not.
    #[must_use]
    pub fn is_region(&self, name: &str) -> Truth<'static> {
        if self.state.find_region(name).is_some() { Truth::Yes } else { self.is_unlisted_region(name) }
    }

    /// Returns whether there is a region of this name, which the state does not list.
    fn is_unlisted_region(&self, name: &str) -> Truth<'static> {
        if !may_be_unlisted(self.state, name) {
            Truth::No
        } else {
            let name = clean(name);
            Truth::unknown(format!("the region `{name}` {}", in_state(self.state)))
        }
    }

    /// Returns whether the copy is to be encrypted. Under a page without that parameter it is not.
    #[must_use]
    pub fn is_encrypting(&self) -> Truth<'a> {
        if self.edition() < history::ENCRYPTED_COPIES {
            return Truth::No;
        }
        match self.request.encrypt {
            Some(encrypt) => encrypt.into(),
            None => Truth::unknown_or_no(self.unknown(&Parameter::ENCRYPT)),
        }
    }

    /// Returns the form of an image id: a regular expression that must match the whole id.
    #[must_use]
    pub fn image_id_pattern(&self) -> &'a str {
        self.context.id_form.pattern()
    }

    /// True if an id has the form of one.
    #[must_use]
    pub fn is_image_id(&self, id: &str) -> bool {
        self.context.id_form.matches(id)
    }
}

/// True if a region of this name may exist that the state does not list.
fn may_be_unlisted(state: &State, name: &str) -> bool {
    !state.regions_complete() && !name.is_empty()
}

/// The most destinations whose names are compared with one another.
const FEW: usize = 8;

/// Looks up the region of each destination.
fn find_destinations(state: &State, names: &[String], slots: &mut Few<Slot, FEW>) {
    if names.len() <= FEW {
        for (index, name) in names.iter().enumerate() {
            let region = state.find_region(name);
            // Regions have one name each: where one is known, its index says as much.
            let duplicate_of = match region {
                Some(_) => slots.as_slice().iter().position(|earlier| earlier.region == region),
                None => names.iter().take(index).position(|earlier| earlier == name),
            };
            slots.push(Slot { region, duplicate_of });
        }
        return;
    }
    // A known one is told by its index, which is quicker to compare than its name.
    let (mut regions, mut unknown_names) = (BTreeMap::new(), BTreeMap::new());
    for (index, name) in names.iter().enumerate() {
        let region = state.find_region(name);
        let first = match region {
            Some(region) => *regions.entry(region).or_insert(index),
            None => *unknown_names.entry(name).or_insert(index),
        };
        slots.push(Slot { region, duplicate_of: (first < index).then_some(first) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AccountQuota, BlockedRoute, Image, ImageState, ImageType, QuotaLimit, RegionQuota, RegionState, Used,
    };
    use crate::rule::cause::Causes;
    use crate::rule::id_form::IdForm;

    /// A request and a state, with what a rule set says beside them.
    #[derive(Clone)]
    struct World {
        request: SyncRequest,
        regions: [Region; 3],
        images: Vec<Image>,
        quota: AccountQuota,
        routes: Vec<BlockedRoute>,
        edition: Edition,
        causes: Causes,
    }

    impl World {
        fn state(&self) -> State {
            let Self { regions, images, quota, routes, .. } = self.clone();
            State::from_records(regions, images, quota, routes).unwrap()
        }

        fn is_plain(&self, state: &State, partial: Option<&PartialRequest>) -> bool {
            let Self { edition, causes, .. } = *self;
            let context = Context { edition, id_form: &IdForm::default(), causes, image_num_quota: 10 };
            let mut facts = match partial {
                Some(partial) => Facts::of_partial(context, partial, state),
                None => Facts::new(context, &self.request, state),
            };
            facts.find_out().is_plain()
        }
    }

    type Change = fn(&mut World);

    /// Most requests are the ordinary case, and most rules are not called for them.
    #[test]
    fn the_ordinary_case_is_plain_and_no_other() {
        let world = World {
            request: SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou"),
            regions: ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new),
            images: vec![Image::new("ap-guangzhou", "img-o3ycss2p")],
            quota: AccountQuota::default(),
            routes: Vec::new(),
            edition: Edition::LATEST,
            causes: [Cause::IdMalformed].into_iter().collect(),
        };
        let plain: [Change; 9] = [
            |_| {},
            |world| world.images[0].image_name = None,
            |world| world.images[0].image_size = Some(500),
            |world| (world.request.region, world.edition) = (None, Edition::FIRST),
            // Whatever rule speaks of the form of ids, this one has it.
            |world| world.causes = Causes::default(),
            |world| world.request.destination_regions.push("ap-beijing".to_owned()),
            |world| world.quota.image_num_quota = QuotaLimit::Count(1),
            |world| world.regions[0].image_sync = Some(false),
            |world| world.routes.push(BlockedRoute::new("ap-guangzhou", "ap-beijing")),
        ];
        for (number, change) in plain.into_iter().enumerate() {
            let mut world = world.clone();
            change(&mut world);
            assert!(world.is_plain(&world.state(), None), "{number}");
        }
        let others: [Change; 25] = [
            |world| world.request.region = None,
            |world| world.request.region = Some("ap-nowhere".to_owned()),
            |world| world.request.version = None,
            |world| world.request.dry_run = Some(false),
            |world| world.request.image_name = Some("web".to_owned()),
            |world| world.request.encrypt = Some(false),
            |world| world.request.image_ids.clear(),
            |world| world.request.image_ids.push("img-34vaef8f".to_owned()),
            |world| world.request.destination_regions.clear(),
            |world| world.request.destination_regions = vec!["ap-guangzhou".to_owned()],
            |world| world.request.destination_regions.push("ap-shanghai".to_owned()),
            |world| world.request.destination_regions.push("ap-nowhere".to_owned()),
            |world| world.images.clear(),
            |world| world.images[0].image_type = Some(ImageType::SHARED_IMAGE),
            |world| world.images[0].image_type = None,
            |world| world.images[0].image_state = Some(ImageState::CREATING),
            |world| world.images[0].encrypted = Some(true),
            |world| {
                world.images[0].image_id = "IMG-O3YCSS2P".to_owned();
                world.request.image_ids = vec!["IMG-O3YCSS2P".to_owned()];
                world.causes = Causes::default();
            },
            |world| world.regions[1].region_state = Some(RegionState::UNAVAILABLE),
            |world| world.regions[1].image_sync = None,
            |world| world.regions[1].images_complete = false,
            |world| world.routes.push(BlockedRoute::new("ap-beijing", "ap-shanghai")),
            |world| world.quota.image_num_quota = QuotaLimit::Count(0),
            |world| world.quota.image_num_quota = QuotaLimit::Unknown,
            |world| world.quota.regions.push(RegionQuota::new("ap-shanghai").with_used(Used::Count(10))),
        ];
        for (number, change) in others.into_iter().enumerate() {
            let mut world = world.clone();
            change(&mut world);
            assert!(!world.is_plain(&world.state(), None), "{number}");
        }
        // Not all of it is known, or an earlier request may have used the quota up.
        let partial = PartialRequest::new(world.request.clone());
        assert!(!world.is_plain(&world.state(), Some(&partial)));
        let mut state = world.state();
        state.accept_possibly(&partial, "the outcome of an earlier request".to_owned());
        assert!(!world.is_plain(&state, None));
    }
}
