//! What the rules look at: a request and a state, seen together.

use std::collections::BTreeSet;

use crate::check::Ruleset;
use crate::model::{
    DOCUMENTED_VERSION, ENCRYPTING_COPIES, Edition, Image, ImageType, Parameter, PartialRequest, Region,
    State, SyncRequest,
};
use crate::rule::Ordinary;
use crate::rules::image_quota::has_room;
use crate::text::{clean, joined};

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
    /// For each image what the state says of it: the first, which nearly always is the only one, and the others.
    first_image: [Listing<'a>; 1],
    all_images: Vec<Listing<'a>>,
    regions: Slots,
    ordinary: OrdinaryCases,
    /// Where not all of the request is known: what is.
    partial: Option<&'a PartialRequest>,
}

/// Which of the cases of [`Ordinary`] this is.
#[derive(Clone, Copy, Debug)]
struct OrdinaryCases {
    images: bool,
    destinations: bool,
    parameters: bool,
    places: bool,
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
    /// It does not have the form of an id, and a rule owns that: it is not looked up.
    Malformed,
    /// The source region is not known, and a rule owns that: it is not looked up.
    Owned,
    /// The image is not there.
    Absent,
    /// The image is not listed where it may be, but the list is not complete.
    Unlisted,
    /// It is not known which image is meant.
    Open,
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
        let listed = |id: &String| listing(rules, state, region, id);
        let (first_image, all_images) = match request.image_ids.as_slice() {
            [id] => ([listed(id)], Vec::new()),
            ids => ([Listing::Absent], ids.iter().map(listed).collect()),
        };
        let images = if request.image_ids.len() == 1 { first_image.as_slice() } else { &all_images };
        let source = match region {
            Some(Some(region)) => Source::Region(region),
            Some(None) => Source::Nowhere,
            None => Source::of_images(state, images.iter()),
        };
        // Where the form of an id keeps nobody from looking it up, one of any form may be listed.
        let may_be_malformed = !rules.owners().image_id_format;
        let is_ready =
            |listing: &Listing<'_>| matches!(listing, Listing::Records([image]) if state.is_ready(*image));
        let regions = Slots::of(state, &request.destination_regions);
        let mut ordinary = OrdinaryCases {
            images: images.iter().all(is_ready)
                && !(may_be_malformed && request.image_ids.iter().any(|id| !rules.is_image_id(id))),
            destinations: !matches!(source, Source::OneOf { .. }),
            parameters: request.version.as_deref() == Some(DOCUMENTED_VERSION)
                && region != Some(None)
                && !request.has_later_parameter()
                && request.image_ids.len() == 1
                && !request.destination_regions.is_empty(),
            places: true,
        };
        for slot in regions.as_slice() {
            let Some(places) = state.places(slot.place) else {
                ordinary.destinations = false;
                ordinary.places = false;
                break;
            };
            let is_source = matches!(source, Source::Region(source) if slot.place == source);
            ordinary.destinations &= places.is_open && !slot.repeated && !is_source;
            ordinary.places &= has_room(places, rules.edition());
        }
        Self { request, state, rules, source, first_image, all_images, regions, ordinary, partial: None }
    }

    /// The same of a request of which not everything is known.
    pub(crate) fn of_partial(rules: &'a Ruleset, partial: &'a PartialRequest, state: &'a State) -> Self {
        let mut facts = Self::new(rules, partial.request(), state);
        facts.partial = Some(partial);
        let is_open = |list: Parameter, subscript| partial.needs(&list.element(subscript)).is_some();
        for (subscript, listing) in facts.first_image.iter_mut().enumerate() {
            if is_open(Parameter::IMAGE_IDS, subscript) {
                *listing = Listing::Open;
            }
        }
        for (subscript, listing) in facts.all_images.iter_mut().enumerate() {
            if is_open(Parameter::IMAGE_IDS, subscript) {
                *listing = Listing::Open;
            }
        }
        for (subscript, slot) in facts.regions.as_mut_slice().iter_mut().enumerate() {
            if is_open(Parameter::DESTINATION_REGIONS, subscript) {
                *slot = Slot::NONE;
            }
        }
        let image = partial.needs_in(&Parameter::IMAGE_IDS);
        // An image is where the source region is, and the other way round.
        let source = match &partial.request().region {
            Some(_) => None,
            None => partial.needs(&Parameter::REGION).or(image),
        };
        if let Some(needs) = source {
            let count = state.regions().len();
            let (candidates, needs) = (vec![true; count], needs.to_owned());
            facts.source = Source::OneOf { candidates, count, certain: false, needs };
        }
        facts
    }

    /// What would settle a parameter that is not known yet; nothing for one that is known.
    ///
    /// A check whose findings depend on that parameter says what is [unverified](crate::Findings::unverified) then, or
    /// leaves that to [`Check::concerns`](crate::Check::concerns).
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, Ruleset, State, SyncRequest, check_fn};
    ///
    /// let check = check_fn("acme/look", "Acme.Look".parse()?, |facts, _| {
    ///     assert_eq!(facts.unknown(&Parameter::ENCRYPT), Some("`encrypt` of the resource"));
    ///     assert_eq!(facts.unknown(&Parameter::DRY_RUN), None);
    /// });
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    /// let request = request.unknown(Parameter::ENCRYPT, "`encrypt` of the resource");
    /// Ruleset::default().with(check)?.check_partial(&request, &State::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unknown(&self, parameter: &Parameter) -> Option<&'a str> {
        self.partial?.needs(parameter)
    }

    /// Whether all of the request is known.
    pub(crate) fn is_whole(&self) -> bool {
        self.partial.is_none()
    }

    /// What would settle which destinations there are; nothing if all of them are known and sent.
    pub(crate) fn needed_for_destinations(&self) -> Option<&'a str> {
        let partial = self.partial?;
        partial.needs_in(&Parameter::DESTINATION_REGIONS).or(partial.needs_for_left_out())
    }

    /// Whether no destination is ever the source region.
    pub(crate) fn leaves_out_source(&self) -> bool {
        self.partial.is_some_and(PartialRequest::leaves_out_source)
    }

    /// Whether each of the known destinations is sent.
    pub(crate) fn are_destinations_sent(&self) -> bool {
        self.partial.is_none_or(|partial| partial.needs_for_left_out().is_none())
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
        let listings =
            if self.request.image_ids.len() == 1 { self.first_image.as_slice() } else { &self.all_images };
        self.request.image_ids.iter().zip(listings).enumerate().map(|(subscript, (id, listing))| NamedImage {
            subscript,
            id,
            listing: *listing,
            facts: self,
        })
    }

    /// Whether this is the ordinary case, of a request of which everything is known.
    pub(crate) fn are(&self, ordinary: Ordinary) -> bool {
        match ordinary {
            Ordinary::Images => self.ordinary.images,
            Ordinary::Destinations => self.ordinary.destinations,
            Ordinary::Parameters => self.ordinary.parameters,
            Ordinary::Places => self.ordinary.places,
        }
    }

    /// Whether every one of these is.
    pub(crate) fn is_ordinary(&self) -> bool {
        let OrdinaryCases { images, destinations, parameters, places } = self.ordinary;
        images && destinations && parameters && places
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
        (0..self.regions.count).map(|subscript| self.destination(subscript))
    }

    /// The destination at this place in the list.
    pub(crate) fn destination(&self, subscript: usize) -> Destination<'a> {
        let slot = self.regions.as_slice().get(subscript).copied().unwrap_or(Slot::NONE);
        Destination {
            subscript,
            name: self.request.destination_regions.get(subscript).map_or("", String::as_str),
            repeated: slot.repeated,
            region: self.state.region_at(slot.place),
        }
    }

    /// The destinations that the rules look at one by one: a repeated one is only a duplicate.
    pub(crate) fn judged_destinations(&self) -> impl Iterator<Item = Destination<'a>> {
        self.destinations()
            .filter(|destination| !(destination.repeated && self.rules.owners().destination_unique))
            .filter(|destination| self.partial.is_none() || self.unknown(&destination.parameter()).is_none())
    }

    /// Of these the ones that the state knows: the subscript of each, and its place in the state.
    pub(crate) fn known_destinations(&self) -> impl Iterator<Item = (usize, usize)> {
        let is_skipped = self.rules.owners().destination_unique;
        let slots = self.regions.as_slice().iter().enumerate();
        slots
            .filter(move |(_, slot)| !(slot.repeated && is_skipped))
            .filter_map(|(subscript, slot)| Some((subscript, slot.place()?)))
    }

    /// Which rules own what others would also find.
    #[cfg(feature = "policy")]
    pub(crate) fn owners(&self) -> crate::check::ruleset::Owners {
        self.rules.owners()
    }

    /// The form of an image id: a regular expression that must match the whole id.
    pub(crate) fn image_id_pattern(&self) -> &str {
        self.rules.image_id_pattern()
    }

    /// Whether an id has the form of one.
    pub(crate) fn is_image_id(&self, id: &str) -> bool {
        self.rules.is_image_id(id)
    }

    /// Whether a region of the state is the source region.
    pub(crate) fn is_source(&self, region: usize) -> Certainty {
        match &self.source {
            _ if self.leaves_out_source() => Certainty::No,
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
        let mut answer = match self.unknown(&Parameter::IMAGE_IDS) {
            None => (Certainty::No, None),
            Some(needs) => (Certainty::Maybe, Some(needs.to_owned())),
        };
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
    pub(crate) fn is_encrypting(&self) -> Certainty {
        if self.edition() < ENCRYPTING_COPIES {
            return Certainty::No;
        }
        match self.request.encrypt {
            Some(true) => Certainty::Yes,
            None if self.unknown(&Parameter::ENCRYPT).is_some() => Certainty::Maybe,
            _ => Certainty::No,
        }
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
    if rules.owners().image_id_format && !rules.is_image_id(id) {
        return Listing::Malformed;
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
            Listing::Malformed | Listing::Owned | Listing::Absent | Listing::Unlisted | Listing::Open => None,
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
            Listing::Records([image]) if self.needed().is_none() => self.facts.state.image_at(*image),
            _ => None,
        }
    }

    /// Whether the id does not have the form of one, which was looked at when it was to be looked up: unless the rule on
    /// that is but a warning, and then the image is looked up all the same.
    pub(crate) fn is_malformed(&self) -> bool {
        let rules = self.facts.rules;
        match self.listing {
            Listing::Malformed => true,
            Listing::Open => false,
            _ => !rules.owners().image_id_format && !rules.is_image_id(self.id),
        }
    }

    /// Whether the image is there; nothing where another rule owns what keeps it from being looked up.
    pub(crate) fn exists(&self) -> Option<Certainty> {
        match self.listing {
            Listing::Malformed | Listing::Owned => None,
            Listing::Unlisted | Listing::Open => Some(Certainty::Maybe),
            Listing::Absent | Listing::Records(_) if self.needed().is_some() => Some(Certainty::Maybe),
            Listing::Absent => Some(Certainty::No),
            Listing::Records(_) => Some(Certainty::Yes),
        }
    }

    /// What of the request would settle which image is meant: its id, else the source region that it is looked up in.
    fn needed(&self) -> Option<&'a str> {
        let facts = self.facts;
        facts.partial?;
        facts.unknown(&self.parameter()).or_else(|| facts.unknown(&Parameter::REGION))
    }

    /// Judges the image by its record. `holds` says nothing where the record does not say `fact`.
    pub(crate) fn judge(&self, fact: &str, holds: impl Fn(&Image) -> Option<bool>) -> Judgement<'a> {
        let state = self.facts.state;
        match self.listing {
            Listing::Malformed | Listing::Owned | Listing::Absent => Judgement::Passes,
            Listing::Unlisted | Listing::Open => Judgement::Needs(self.needed_list()),
            Listing::Records(images) if self.needed().is_some() => {
                // It may be one that a list leaves out, too.
                let are_all_listed = state.incomplete().is_empty();
                let holds = |image: &usize| state.image_at(*image).and_then(&holds) == Some(true);
                if are_all_listed && images.iter().all(holds) {
                    Judgement::Passes
                } else {
                    Judgement::Needs(self.needed_list())
                }
            }
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
        if let Some(needs) = self.needed() {
            return needs.to_owned();
        }
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

/// The region of one destination, by its place in the state, and whether the destination is the same as an earlier one.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// [`Self::UNKNOWN`] where the state does not know it.
    place: usize,
    repeated: bool,
}

impl Slot {
    /// The place of no region.
    const UNKNOWN: usize = usize::MAX;
    const NONE: Self = Self { place: Self::UNKNOWN, repeated: false };

    fn place(self) -> Option<usize> {
        (self.place != Self::UNKNOWN).then_some(self.place)
    }
}

impl Slots {
    const FEW: usize = 8;

    fn of(state: &State, names: &[String]) -> Self {
        let mut few = [Slot::NONE; Self::FEW];
        let mut many = Vec::new();
        if names.len() <= Self::FEW {
            for (subscript, name) in names.iter().enumerate() {
                let place = state.find_region(name).unwrap_or(Slot::UNKNOWN);
                // Regions have one name each: where one is known, its place says as much.
                let repeated = if place == Slot::UNKNOWN {
                    names.iter().take(subscript).any(|earlier| earlier == name)
                } else {
                    few.iter().take(subscript).any(|earlier| earlier.place == place)
                };
                if let Some(slot) = few.get_mut(subscript) {
                    *slot = Slot { place, repeated };
                }
            }
        } else {
            // A known one is told by its place, which is quicker to compare than its name.
            let (mut seen, mut seen_unknown) = (BTreeSet::new(), BTreeSet::new());
            let slot = |name| match state.find_region(name) {
                Some(place) => Slot { place, repeated: !seen.insert(place) },
                None => Slot { place: Slot::UNKNOWN, repeated: !seen_unknown.insert(name) },
            };
            many = names.iter().map(String::as_str).map(slot).collect();
        }
        Self { few, many, count: names.len() }
    }

    fn as_slice(&self) -> &[Slot] {
        if self.many.is_empty() { self.few.get(..self.count).unwrap_or_default() } else { &self.many }
    }

    fn as_mut_slice(&mut self) -> &mut [Slot] {
        if self.many.is_empty() { self.few.get_mut(..self.count).unwrap_or_default() } else { &mut self.many }
    }
}
