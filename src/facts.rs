//! What the rules look at: a request and a state, seen together.

use std::collections::BTreeSet;

use crate::edition::Edition;
use crate::request::{ENCRYPTING_COPIES, SyncRequest};
use crate::ruleset::Ruleset;
use crate::state::{Image, ImageType, Region, State};
use crate::violation::{Parameter, clean, joined};

/// A request and a state, seen together: what every rule asks, found out once.
///
/// Nothing here is judged: whether an image that is not there is a fault is for a rule to say.
///
/// A check is given it; [`Check`](crate::Check) shows one.
#[derive(Debug)]
pub struct Facts<'a> {
    request: &'a SyncRequest,
    state: &'a State,
    rules: &'a Ruleset,
    source: Source,
    first_image: Option<Listing<'a>>,
    other_images: Vec<Listing<'a>>,
    regions: Slots,
}

/// The source region, named by its place in the state.
#[derive(Debug)]
enum Source {
    /// It is not known for a reason that is a violation already, or there is no image.
    Nowhere,
    /// It is this one.
    Region(usize),
    /// It is one of several.
    OneOf {
        /// For each region, whether it may be the one.
        candidates: Vec<bool>,
        /// How many these are.
        count: usize,
        /// Whether one of them certainly is: an image is listed in one of them.
        certain: bool,
        /// What would settle which one it is.
        needs: String,
    },
}

/// What the state says of one image id.
#[derive(Clone, Copy, Debug)]
enum Listing<'a> {
    /// Another rule owns the fault that keeps the image from being looked up.
    Owned,
    /// The image is not there.
    Absent,
    /// The image is not listed where it may be, but the list is not complete.
    Unlisted,
    /// These are its records, of which there is one where the source region is known.
    Records(&'a [usize]),
}

/// Three answers to the question whether something holds. Of two things, both hold as surely as the lesser one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Certainty {
    No,
    Maybe,
    Yes,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(rules: &'a Ruleset, request: &'a SyncRequest, state: &'a State) -> Self {
        let region = request.region.as_deref().map(|name| state.find_region(name));
        let mut images = request.image_ids.iter().map(|id| listing(rules, state, region, id));
        let first_image = images.next();
        let other_images: Vec<_> = images.collect();
        let source = match region {
            Some(Some(region)) => Source::Region(region),
            Some(None) => Source::Nowhere,
            None => Source::of_images(state, first_image.iter().chain(&other_images)),
        };
        let regions = Slots::of(state, &request.destination_regions);
        Self { request, state, rules, source, first_image, other_images, regions }
    }

    /// The request as sent.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert_eq!(facts.request().image_ids, ["img-o3ycss2p"]);
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn request(&self) -> &'a SyncRequest {
        self.request
    }

    /// The state.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert!(facts.state().regions().is_empty());
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn state(&self) -> &'a State {
        self.state
    }

    /// The edition whose rules are checked.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert_eq!(facts.edition().to_string(), "2017-03");
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.rules.edition()
    }

    /// The source region, where it is known: the request's `Region`, else the one region in which its image is listed.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert!(facts.source_region().is_none(), "the image is listed nowhere");
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn source_region(&self) -> Option<&'a Region> {
        match self.source {
            Source::Region(region) => self.state.region_at(region),
            Source::Nowhere | Source::OneOf { .. } => None,
        }
    }

    /// Every image that the request names, in order.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert_eq!(facts.images().map(|image| image.id).collect::<Vec<_>>(), ["img-o3ycss2p"]);
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn images(&self) -> impl Iterator<Item = NamedImage<'a, '_>> {
        let listings = self.first_image.iter().chain(&self.other_images);
        self.request.image_ids.iter().zip(listings).enumerate().map(|(subscript, (id, listing))| NamedImage {
            subscript,
            id,
            listing: *listing,
            facts: self,
        })
    }

    /// Every destination that the request names, in order, repeated ones too.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     let repeated: Vec<bool> = facts.destinations().map(|destination| destination.repeated).collect();
    ///     assert_eq!(repeated, [false, true]);
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destinations(&self) -> impl Iterator<Item = Destination<'a>> {
        let slots = self.regions.iter();
        self.request.destination_regions.iter().zip(slots).enumerate().map(|(subscript, (name, slot))| {
            let (place, repeated) = match slot {
                Slot::Unknown => (None, false),
                Slot::Region(place) => (Some(place), false),
                Slot::Repeated(place) => (place, true),
            };
            Destination {
                subscript,
                name,
                repeated,
                place,
                region: place.and_then(|place| self.state.region_at(place)),
            }
        })
    }

    /// The destinations that the rules look at one by one: a repeated one is only a duplicate.
    pub(crate) fn judged_destinations(&self) -> impl Iterator<Item = Destination<'a>> {
        self.destinations()
            .filter(|destination| !(destination.repeated && self.rules.owners().destination_unique))
    }

    /// Of these the ones that the state knows, each with its place there.
    pub(crate) fn known_destinations(&self) -> impl Iterator<Item = (Destination<'a>, usize)> {
        self.judged_destinations().filter_map(|destination| Some((destination, destination.place?)))
    }

    /// The form of an image id: a regular expression that must match the whole id.
    pub(crate) fn image_id_pattern(&self) -> &str {
        self.rules.image_id_pattern().text()
    }

    /// Whether an id has the form of one.
    pub(crate) fn is_image_id(&self, id: &str) -> bool {
        self.rules.image_id_pattern().matches(id)
    }

    /// Whether a region of the state is the source region.
    pub(crate) fn is_source(&self, region: usize) -> Certainty {
        match &self.source {
            Source::Nowhere => Certainty::No,
            Source::Region(source) if *source == region => Certainty::Yes,
            Source::Region(_) => Certainty::No,
            // Even a single candidate is not sure: several images, or one that may not be there at all.
            Source::OneOf { candidates, .. } if candidates.get(region) == Some(&true) => Certainty::Maybe,
            Source::OneOf { .. } => Certainty::No,
        }
    }

    /// Whether a region is surely another one than the source region.
    pub(crate) fn is_elsewhere(&self, region: usize) -> Certainty {
        match &self.source {
            Source::Nowhere => Certainty::No,
            Source::Region(source) if *source == region => Certainty::No,
            Source::Region(_) => Certainty::Yes,
            Source::OneOf { candidates, count, .. } if candidates.get(region) == Some(&true) => {
                // If there is a source region at all, the only candidate is it.
                if *count == 1 { Certainty::No } else { Certainty::Maybe }
            }
            Source::OneOf { certain: true, .. } => Certainty::Yes,
            Source::OneOf { .. } => Certainty::Maybe,
        }
    }

    /// Whether one of the images is of this type, and what would settle it.
    pub(crate) fn some_image_is(&self, image_type: &ImageType) -> (Certainty, Option<String>) {
        let mut answer = (Certainty::No, None);
        for image in self.images() {
            match image.judge("ImageType", |record| Some(record.image_type.as_ref()? != image_type)) {
                Judgement::Passes => {}
                Judgement::Fails(_) => return (Certainty::Yes, None),
                Judgement::Needs(needs) if answer.1.is_none() => answer = (Certainty::Maybe, Some(needs)),
                Judgement::Needs(_) => {}
            }
        }
        answer
    }

    /// Whether the copy is to be encrypted. Under a page without that parameter, sending it is a fault of its own.
    pub(crate) fn is_encrypting(&self) -> bool {
        self.request.encrypt == Some(true) && self.edition() >= ENCRYPTING_COPIES
    }

    /// Whether the route from the source region to `to` is blocked.
    pub(crate) fn is_blocked(&self, to: usize) -> Certainty {
        match &self.source {
            Source::Nowhere => Certainty::No,
            Source::Region(source) if self.state.blocked_into(to).any(|from| from == *source) => {
                Certainty::Yes
            }
            Source::Region(_) => Certainty::No,
            Source::OneOf { candidates, count, certain, .. } => {
                let is_candidate = |from: &usize| candidates.get(*from) == Some(&true);
                let blocked = self.state.blocked_into(to).filter(is_candidate).count();
                if blocked == 0 {
                    Certainty::No
                } else if *certain && blocked == *count {
                    Certainty::Yes
                } else {
                    Certainty::Maybe
                }
            }
        }
    }

    /// What would settle which region is the source region.
    pub(crate) fn needed_for_source(&self) -> &str {
        match &self.source {
            Source::OneOf { needs, .. } => needs,
            Source::Nowhere | Source::Region(_) => "",
        }
    }
}

/// What the state says of one id. `region` is the request's `Region`, if it was sent, and its place, if it is known.
fn listing<'a>(rules: &Ruleset, state: &'a State, region: Option<Option<usize>>, id: &str) -> Listing<'a> {
    if rules.owners().image_id_format && !rules.image_id_pattern().matches(id) {
        return Listing::Owned;
    }
    let images = state.find_images(id);
    match region {
        Some(None) if rules.owners().source_region_supported => Listing::Owned,
        Some(None) => Listing::Absent,
        Some(Some(region)) => match state.in_region(images, region) {
            [] if state.region_at(region).is_some_and(|region| region.images_complete) => Listing::Absent,
            [] => Listing::Unlisted,
            record => Listing::Records(record),
        },
        None if !images.is_empty() => Listing::Records(images),
        None if state.incomplete().is_empty() => Listing::Absent,
        None => Listing::Unlisted,
    }
}

impl Source {
    /// The source region of a request that does not name it: where its images are listed.
    fn of_images<'s>(state: &'s State, images: impl Iterator<Item = &'s Listing<'s>> + Clone) -> Self {
        let unlisted = images.clone().any(|listing| matches!(listing, Listing::Unlisted));
        let records = images.filter_map(|listing| match listing {
            Listing::Records(records) => Some(*records),
            Listing::Owned | Listing::Absent | Listing::Unlisted => None,
        });
        let mut regions = records.clone().flatten().filter_map(|image| state.image_region(*image));
        let first = regions.next();
        match first {
            None if !unlisted => Self::Nowhere,
            // One id in two regions ends this at once.
            Some(first) if !unlisted && regions.all(|region| region == first) => Self::Region(first),
            _ => {
                // An image that is not listed may be in any region whose list is not complete.
                let mut candidates: Vec<bool> =
                    state.regions().iter().map(|region| unlisted && !region.images_complete).collect();
                // Each id is looked at once, however often it is named.
                let mut seen = BTreeSet::new();
                let distinct = records.filter(|records| seen.insert(records.first()));
                for region in distinct.flatten().filter_map(|image| state.image_region(*image)) {
                    if let Some(candidate) = candidates.get_mut(region) {
                        *candidate = true;
                    }
                }
                let count = candidates.iter().filter(|candidate| **candidate).count();
                let is_candidate =
                    |(region, is_candidate): (&'s Region, &bool)| is_candidate.then_some(&*region.region);
                let needs = if unlisted {
                    let incomplete = state.incomplete().iter().filter_map(|place| state.region_at(*place));
                    let names = region_names(incomplete.map(|region| &*region.region));
                    format!("every image of {names}, where an image of the request may be")
                } else {
                    let names =
                        region_names(state.regions().iter().zip(&candidates).filter_map(is_candidate));
                    format!("the request's `Region`: its images are listed in {names}")
                };
                Self::OneOf { candidates, count, certain: first.is_some(), needs }
            }
        }
    }
}

/// An image that the request names, and what the state says of it.
#[derive(Clone, Copy, Debug)]
pub struct NamedImage<'a, 'f> {
    /// Its subscript in `ImageIds`.
    pub subscript: usize,
    /// The id as sent.
    pub id: &'a str,
    listing: Listing<'a>,
    facts: &'f Facts<'a>,
}

/// What one rule makes of one image.
pub(crate) enum Judgement<'a> {
    /// It holds, or another rule owns what keeps it from holding.
    Passes,
    /// It does not hold, as this record shows.
    Fails(&'a Image),
    /// This would settle it.
    Needs(String),
}

impl<'a> NamedImage<'a, '_> {
    /// The parameter to blame: `ImageIds.0`.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     let parameters: Vec<String> = facts.images().map(|image| image.parameter().to_string()).collect();
    ///     assert_eq!(parameters, ["ImageIds.0"]);
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn parameter(&self) -> Parameter {
        Parameter::IMAGE_IDS.element(self.subscript)
    }

    /// The image's record, where the state lists exactly one that can be meant.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert!(facts.images().all(|image| image.record().is_none()), "the state lists nothing");
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn record(&self) -> Option<&'a Image> {
        match self.listing {
            Listing::Records([image]) => self.facts.state.image_at(*image),
            _ => None,
        }
    }

    /// Whether the image is there; nothing where another rule owns what keeps it from being looked up.
    pub(crate) fn exists(&self) -> Option<Certainty> {
        match self.listing {
            Listing::Owned => None,
            Listing::Absent => Some(Certainty::No),
            Listing::Unlisted => Some(Certainty::Maybe),
            Listing::Records(_) => Some(Certainty::Yes),
        }
    }

    /// Judges the image by its record. `holds` says nothing where the record does not say `fact`.
    pub(crate) fn judge(&self, fact: &str, holds: impl Fn(&Image) -> Option<bool>) -> Judgement<'a> {
        let state = self.facts.state;
        match self.listing {
            Listing::Owned | Listing::Absent => Judgement::Passes,
            Listing::Unlisted => Judgement::Needs(self.needed_list()),
            Listing::Records([image]) => match state.image_at(*image) {
                Some(record) => match holds(record) {
                    Some(true) => Judgement::Passes,
                    Some(false) => Judgement::Fails(record),
                    None => Judgement::Needs(format!(
                        "`{fact}` of `{}` in `{}`",
                        clean(self.id),
                        clean(&record.region)
                    )),
                },
                None => Judgement::Passes,
            },
            // One of several is meant: what holds of all of them holds of that one.
            Listing::Records(images) => {
                let records = || images.iter().filter_map(|image| state.image_at(*image));
                // More than a few are not looked at: nobody has one id in dozens of regions.
                let few = images.len() <= 32;
                if few && records().all(|record| holds(record) == Some(true)) {
                    return Judgement::Passes;
                }
                match records().next() {
                    Some(first) if few && records().all(|record| holds(record) == Some(false)) => {
                        Judgement::Fails(first)
                    }
                    _ => Judgement::Needs(format!(
                        "the request's `Region`: `{}` is listed in {}",
                        clean(self.id),
                        region_names(records().map(|record| &*record.region)),
                    )),
                }
            }
        }
    }

    /// Which list would settle whether the image is there.
    pub(crate) fn needed_list(&self) -> String {
        match self.facts.source_region() {
            Some(region) => {
                format!("every image of `{}`, whose list is not complete", clean(&region.region))
            }
            // No `Region` was sent: where the source is known without it, every image is listed.
            None => {
                let state = self.facts.state;
                let incomplete =
                    state.incomplete().iter().filter_map(|place| Some(&*state.region_at(*place)?.region));
                let names = region_names(incomplete);
                format!("every image of {names}, where `{}` may be", clean(self.id))
            }
        }
    }

    /// The regions other than the source region in which the state lists an image of this id.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = &'a str> {
        let state = self.facts.state;
        state.find_images(self.id).iter().filter_map(|image| Some(&*state.image_at(*image)?.region))
    }
}

/// The names of the first few regions, as words.
pub(crate) fn region_names<'s>(mut names: impl Iterator<Item = &'s str>) -> String {
    const FEW: usize = 4;
    let mut shown: Vec<String> = names.by_ref().take(FEW).map(|name| format!("`{}`", clean(name))).collect();
    if names.next().is_some() {
        shown.push("others".to_owned());
    }
    joined(shown, " and ")
}

/// A destination that the request names, and what the state says of it.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// Its subscript in `DestinationRegions`.
    pub subscript: usize,
    /// The name as sent.
    pub name: &'a str,
    /// Whether an earlier destination has the same name.
    pub repeated: bool,
    place: Option<usize>,
    region: Option<&'a Region>,
}

impl<'a> Destination<'a> {
    /// The parameter to blame: `DestinationRegions.0`.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     let parameters = facts.destinations().map(|destination| destination.parameter().to_string());
    ///     assert_eq!(parameters.collect::<Vec<_>>(), ["DestinationRegions.0", "DestinationRegions.1"]);
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn parameter(&self) -> Parameter {
        Parameter::DESTINATION_REGIONS.element(self.subscript)
    }

    /// The region's record, where the state has one.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert!(facts.destinations().all(|destination| destination.region().is_none()));
    /// });
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]);
    /// Ruleset::default().with(check)?.check(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn region(&self) -> Option<&'a Region> {
        self.region
    }
}

/// For each destination its region. A few stay on the stack, so that an accepted request allocates nothing.
#[derive(Debug)]
struct Slots {
    few: [Slot; Self::FEW],
    many: Vec<Slot>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    /// The state does not know it.
    Unknown,
    /// The state's region at this place.
    Region(usize),
    /// The same as an earlier one.
    Repeated(Option<usize>),
}

impl Slots {
    const FEW: usize = 16;

    fn of(state: &State, names: &[String]) -> Self {
        let mut slots = Self { few: [Slot::Unknown; Self::FEW], many: Vec::new(), count: names.len() };
        if names.len() <= Self::FEW {
            for (subscript, name) in names.iter().enumerate() {
                let place = state.find_region(name);
                let repeated = names.iter().take(subscript).any(|earlier| earlier == name);
                if let Some(slot) = slots.few.get_mut(subscript) {
                    *slot = Slot::new(place, repeated);
                }
            }
        } else {
            let mut seen = BTreeSet::new();
            slots.many =
                names.iter().map(|name| Slot::new(state.find_region(name), !seen.insert(name))).collect();
        }
        slots
    }

    fn iter(&self) -> impl Iterator<Item = Slot> {
        let few = if self.many.is_empty() { self.count } else { 0 };
        self.few.iter().take(few).chain(&self.many).copied()
    }
}

impl Slot {
    fn new(place: Option<usize>, repeated: bool) -> Self {
        match (place, repeated) {
            (place, true) => Self::Repeated(place),
            (Some(place), false) => Self::Region(place),
            (None, false) => Self::Unknown,
        }
    }
}
