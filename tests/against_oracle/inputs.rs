//! What a rule looks at, by the rows of the rules' literals ([`Rule::reads`]): the first of two
//! steps from small worlds to all worlds, which `exhaustive.rs` tells as a whole.
//!
//! A *cell* is one thing that a world says in one place: the size of one record, the second
//! destination, one route. In each world every cell is changed, alone, to other values. A finding
//! may only change with a cell that is one of its rule's inputs, and of its own element: what is
//! said of `DestinationRegions.1` depends on that destination and what the state says of it, and on
//! no other destination that has another name. What is compared of a finding is all of it but its
//! hint: whether it is there, its code, its value, and its facts without those that only say what
//! was probably meant ([`SUGGESTIONS`]); and where something is unverified, that it is.
//!
//! Then, of a part of the worlds, everything that is no input of a rule is changed at once
//! ([`Together`]): no finding of the rule changes.
//!
//! On the way each rule is broken alone, on each of its pages, with nothing unverified.
//!
//! The other way round, each input of each row changes a finding of its rule in some world, all
//! else being equal: no row says more than its rule looks at.

use std::collections::BTreeSet;

use presync::report::Fact;
use presync::{
    BlockedRoute, Edition, Image, ImageState, ImageType, Input, Parameter, QuotaLimit, Region, RegionState,
    Report, Rule, Ruleset, SyncRequest, Used, rules,
};

use crate::exhaustive::{IDS, KEY, MALFORMED, Part, REGIONS, SOME, UNKNOWN, in_parts, walk, whole};
use crate::oracle::judge;
use crate::support::claims;
use crate::support::dice::Dice;
use crate::support::history::{self, page};
use crate::support::world::World;

/// The facts that only say what was probably meant by a wrong value: they look into texts,
/// and at what is like them.
pub(crate) const SUGGESTIONS: &[Fact] =
    &[Fact::Meant, Fact::ZoneOf, Fact::Slips, Fact::ReadAs, Fact::Elements, Fact::FoundIn];

/// A region that no product lists.
const NEW_REGION: &str = "ap-new";

/// One thing that a world says, in one place.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// A parameter that is one value.
    Parameter(Input),
    Id(usize),
    IdCount,
    Destination(usize),
    DestinationCount,
    RegionsComplete,
    /// There is a record of this region.
    Listed(String),
    State(String),
    Sync(String),
    ImagesComplete(String),
    CustomImagesComplete(String),
    /// The name of a region that people are shown.
    ShownName,
    /// There is a record of this image in this region.
    Record(String, String),
    /// A field of the record of an image: it is read where the image is named, or where its
    /// region is a destination.
    Field(String, String, Option<Input>, Option<Input>),
    AccountLimit,
    /// A field of the quota of a region.
    Quota(String, Input),
    Route(String, String),
}

/// A cell, and one way to change it: to be done where others were done before.
pub(crate) type Change = (Cell, Box<dyn Fn(&mut World)>);

/// Sets an element of a list that has so many.
fn set(list: &mut [String], n: usize, value: &str) {
    if let Some(element) = list.get_mut(n) {
        value.clone_into(element);
    }
}

/// Tells if two records are of one image in one region.
fn is_of(one: &Image, other: &Image) -> bool {
    (&one.region, &one.image_id) == (&other.region, &other.image_id)
}

/// Every change of what the call says.
pub(crate) fn changes_of_call(world: &World) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut add = |cell, edit: Box<dyn Fn(&mut World)>| all.push((cell, edit));
    let text = |text: &str| Some(text.to_owned());
    for version in [None, text("2017-03-12"), text("2017-03-21")] {
        let edit = move |world: &mut World| world.request.version.clone_from(&version);
        add(Cell::Parameter(Input::Version), Box::new(edit));
    }
    for region in [None, text(REGIONS[0]), text(REGIONS[1]), text(UNKNOWN), text("")] {
        let edit = move |world: &mut World| world.request.region.clone_from(&region);
        add(Cell::Parameter(Input::Region), Box::new(edit));
    }
    // A region that is sent is not one that is known not to be sent.
    if world.request.region.is_none() {
        let edit = |world: &mut World| world.request.has_no_region = !world.request.has_no_region;
        add(Cell::Parameter(Input::NoRegion), Box::new(edit));
    }
    for flag in [None, Some(false), Some(true)] {
        add(Cell::Parameter(Input::DryRun), Box::new(move |world| world.request.dry_run = flag));
        let edit = move |world: &mut World| world.request.image_set_required = flag;
        add(Cell::Parameter(Input::ImageSetRequired), Box::new(edit));
        add(Cell::Parameter(Input::Encrypt), Box::new(move |world| world.request.encrypt = flag));
    }
    for name in [None, text(""), text("copy"), text(&"n".repeat(61))] {
        let edit = move |world: &mut World| world.request.image_name.clone_from(&name);
        add(Cell::Parameter(Input::ImageName), Box::new(edit));
    }
    for key in [None, text("key"), text(KEY)] {
        let edit = move |world: &mut World| world.request.kms_key_id.clone_from(&key);
        add(Cell::Parameter(Input::KmsKeyId), Box::new(edit));
    }
    for id in [IDS[0], IDS[1], MALFORMED] {
        for n in 0..world.request.image_ids.len() {
            let edit = move |world: &mut World| set(&mut world.request.image_ids, n, id);
            add(Cell::Id(n), Box::new(edit));
        }
        add(Cell::IdCount, Box::new(move |world| world.request.image_ids.push(id.to_owned())));
    }
    add(Cell::IdCount, Box::new(|world| world.request.image_ids.clear()));
    for name in [REGIONS[0], REGIONS[1], REGIONS[2], UNKNOWN, NEW_REGION] {
        for n in 0..world.request.destination_regions.len() {
            let edit = move |world: &mut World| set(&mut world.request.destination_regions, n, name);
            add(Cell::Destination(n), Box::new(edit));
        }
        let edit = move |world: &mut World| world.request.destination_regions.push(name.to_owned());
        add(Cell::DestinationCount, Box::new(edit));
    }
    add(Cell::DestinationCount, Box::new(|world| world.request.destination_regions.clear()));
    all
}

/// Every change of what the state says.
pub(crate) fn changes_of_state(world: &World) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut add = |cell, edit: Box<dyn Fn(&mut World)>| all.push((cell, edit));
    add(Cell::RegionsComplete, Box::new(|world| world.regions_complete = !world.regions_complete));
    for name in [UNKNOWN, NEW_REGION] {
        for complete in [true, false] {
            let region = Region::new(name).with_images_complete(complete);
            add(Cell::Listed(name.to_owned()), Box::new(move |world| world.regions.push(region.clone())));
        }
    }
    for (n, region) in world.regions.iter().enumerate() {
        let name = || region.region.clone();
        for state in [Some(RegionState::AVAILABLE), Some(RegionState::UNAVAILABLE), None] {
            let edit = move |world: &mut World| world.regions[n].region_state.clone_from(&state);
            add(Cell::State(name()), Box::new(edit));
        }
        for sync in [Some(true), Some(false), None] {
            add(Cell::Sync(name()), Box::new(move |world| world.regions[n].image_sync = sync));
        }
        for complete in [true, false] {
            let edit = move |world: &mut World| world.regions[n].images_complete = complete;
            add(Cell::ImagesComplete(name()), Box::new(edit));
            let edit = move |world: &mut World| world.regions[n].custom_images_complete = complete;
            add(Cell::CustomImagesComplete(name()), Box::new(edit));
        }
        let edit = move |world: &mut World| world.regions[n].region_name = Some("South China".to_owned());
        add(Cell::ShownName, Box::new(edit));
        for id in [IDS[0], IDS[1], "img-unnamed0"] {
            let cell = || Cell::Record(name(), id.to_owned());
            let image = Image::new(name(), id).with_image_size(20);
            let edit =
                move |world: &mut World| match world.images.iter().position(|other| is_of(other, &image)) {
                    Some(place) => drop(world.images.remove(place)),
                    None => world.images.push(image.clone()),
                };
            add(cell(), Box::new(edit));
        }
        for limit in [QuotaLimit::Default, QuotaLimit::Unknown, QuotaLimit::Count(0), QuotaLimit::Count(9)] {
            let of = name();
            let edit = move |world: &mut World| world.region_quota(&of).image_num_quota = limit;
            add(Cell::Quota(name(), Input::DestinationLimit), Box::new(edit));
        }
        for used in [Used::AsListed, Used::Unknown, Used::Count(0), Used::Count(600)] {
            let of = name();
            let edit = move |world: &mut World| world.region_quota(&of).used = used;
            add(Cell::Quota(name(), Input::Used), Box::new(edit));
        }
        let quota = world.quota.regions.iter().find(|quota| quota.region == region.region);
        // Each name is that of a copy.
        let copies = quota.map_or(0, |quota| quota.in_flight);
        let named = quota.map_or(0, |quota| u64::try_from(quota.in_flight_names.len()).unwrap());
        for in_flight in [0, 1, 600].into_iter().filter(|copies| named <= *copies) {
            let of = name();
            let edit = move |world: &mut World| world.region_quota(&of).in_flight = in_flight;
            add(Cell::Quota(name(), Input::InFlight), Box::new(edit));
        }
        for names in [vec![], vec![Some("copy".to_owned())], vec![None]] {
            // Each of the last two names one copy.
            if copies == 0 && !names.is_empty() {
                continue;
            }
            let of = name();
            let edit = move |world: &mut World| world.region_quota(&of).in_flight_names.clone_from(&names);
            add(Cell::Quota(name(), Input::InFlightNames), Box::new(edit));
        }
        for to in world.regions.iter().map(|region| region.region.clone()) {
            let route = BlockedRoute::new(name(), &*to);
            let edit = move |world: &mut World| match world.routes.iter().position(|other| *other == route) {
                Some(place) => drop(world.routes.remove(place)),
                None => world.routes.push(route.clone()),
            };
            add(Cell::Route(name(), to), Box::new(edit));
        }
    }
    for image in &world.images {
        let mut add = |inputs: [Option<Input>; 2], edit: Box<dyn Fn(&mut Image)>| {
            let [named, there] = inputs;
            let (cell, own) =
                (Cell::Field(image.region.clone(), image.image_id.clone(), named, there), image.clone());
            let edit = move |world: &mut World| {
                world.images.iter_mut().filter(|image| is_of(image, &own)).for_each(&edit);
            };
            add(cell, Box::new(edit));
        };
        let types = [ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE, ImageType::PUBLIC_IMAGE];
        for image_type in types.map(Some).into_iter().chain([None]) {
            let edit = move |image: &mut Image| image.image_type.clone_from(&image_type);
            add([Some(Input::ImageType), Some(Input::DestinationTypes)], Box::new(edit));
        }
        for state in [Some(ImageState::NORMAL), Some(ImageState::SYNCING), None] {
            let edit = move |image: &mut Image| image.image_state.clone_from(&state);
            add([Some(Input::ImageState), None], Box::new(edit));
        }
        for size in [Some(49), Some(50), None] {
            add([Some(Input::ImageSize), None], Box::new(move |image| image.image_size = size));
        }
        for encrypted in [Some(false), Some(true), None] {
            add([Some(Input::Encrypted), None], Box::new(move |image| image.encrypted = encrypted));
        }
        for name in [Some("copy"), Some("other"), None] {
            let edit = move |image: &mut Image| image.image_name = name.map(str::to_owned);
            add([None, Some(Input::DestinationNames)], Box::new(edit));
        }
    }
    for limit in [QuotaLimit::Default, QuotaLimit::Unknown, QuotaLimit::Count(0), QuotaLimit::Count(9)] {
        add(Cell::AccountLimit, Box::new(move |world| world.quota.image_num_quota = limit));
    }
    all
}

impl Cell {
    /// The inputs that the cell is to a finding on this parameter, before and
    /// after the change of a call.
    pub(crate) fn inputs(&self, at: &Parameter, before: &SyncRequest, after: &SyncRequest) -> Vec<Input> {
        let element = |list: &Parameter| at.subscript().filter(|_| at.name() == list.name());
        let image = element(&Parameter::IMAGE_IDS);
        let destination = element(&Parameter::DESTINATION_REGIONS);
        let calls = [before, after];
        let is_named = |id: &String| {
            calls.iter().any(|call| match image {
                Some(n) => call.image_ids.get(n) == Some(id),
                None => call.image_ids.contains(id),
            })
        };
        let is_destination = |region: &String| {
            calls.iter().any(|call| match destination {
                Some(n) => call.destination_regions.get(n) == Some(region),
                None => call.destination_regions.contains(region),
            })
        };
        // Without `Region` the image may be anywhere.
        let is_looked_at = |region: &String| {
            calls.iter().any(|call| call.region.as_ref().is_none_or(|looked_in| looked_in == region))
        };
        let of = |is_so: bool, input: Input| is_so.then_some(input);
        let inputs = match self {
            Self::Parameter(input) => vec![Some(*input)],
            Self::Id(changed) => vec![of(image.is_none_or(|n| n == *changed), Input::ImageIds)],
            Self::IdCount => vec![Some(Input::ImageCount), of(image.is_none(), Input::ImageIds)],
            Self::Destination(changed) => {
                let is_read = destination.is_none_or(|n| {
                    let own = before.destination_regions.get(n);
                    let is_equal = |call: &&SyncRequest| call.destination_regions.get(*changed) == own;
                    n == *changed || (n > *changed && calls.iter().any(is_equal))
                });
                vec![of(is_read, Input::Destinations)]
            }
            Self::DestinationCount => {
                vec![Some(Input::DestinationCount), of(destination.is_none(), Input::Destinations)]
            }
            Self::RegionsComplete => vec![Some(Input::RegionsComplete)],
            Self::Listed(region) => vec![
                of(is_looked_at(region), Input::SourceListed),
                of(is_destination(region), Input::DestinationListed),
            ],
            Self::State(region) => vec![of(is_destination(region), Input::DestinationState)],
            Self::Sync(region) => vec![of(is_destination(region), Input::DestinationSync)],
            Self::ImagesComplete(region) => vec![
                of(is_looked_at(region), Input::ImagesComplete),
                of(is_destination(region), Input::DestinationComplete),
            ],
            Self::CustomImagesComplete(region) => {
                vec![of(is_destination(region), Input::DestinationComplete)]
            }
            Self::ShownName => vec![],
            Self::Record(region, id) => vec![
                of(is_looked_at(region) && is_named(id), Input::ImageRecords),
                of(is_destination(region), Input::DestinationImages),
            ],
            Self::Field(region, id, named, there) => vec![
                named.filter(|_| is_looked_at(region) && is_named(id)),
                there.filter(|_| is_destination(region)),
            ],
            Self::AccountLimit => vec![Some(Input::AccountLimit)],
            Self::Quota(region, input) => vec![of(is_destination(region), *input)],
            Self::Route(from, to) => vec![of(is_looked_at(from) && is_destination(to), Input::BlockedRoutes)],
        };
        inputs.into_iter().flatten().collect()
    }
}

/// A finding without its hint: its rule, its parameter, and what it says.
pub(crate) type Said = (String, Parameter, Option<(String, String, Vec<String>)>);

pub(crate) fn said(report: &Report) -> Vec<Said> {
    let violations = report.violations().iter().map(|violation| {
        let facts = violation.facts().iter().filter(|(fact, _)| !SUGGESTIONS.contains(fact));
        let facts = facts.map(|fact| format!("{fact:?}")).collect();
        let value = violation.value().unwrap_or_default().to_owned();
        let says = (violation.code().to_string(), value, facts);
        (violation.rule().to_owned(), violation.parameter().clone(), Some(says))
    });
    let unverified =
        report.unverified().iter().map(|open| (open.rule().to_owned(), open.parameter().clone(), None));
    violations.chain(unverified).collect()
}

/// What was changed, and what was seen to matter.
#[derive(Default)]
pub(crate) struct Seen {
    /// Pairs of a world and a changed one.
    pub(crate) pairs: usize,
    /// Those in which some finding changed.
    changed: usize,
    /// Each rule with an input that changed one of its findings, alone.
    mattered: BTreeSet<(&'static str, Input)>,
    /// Each rule with a page under which it alone was broken.
    alone: BTreeSet<(String, Edition)>,
}

impl Seen {
    /// Holds two reports on worlds that differ in one cell to the rows of the rules.
    fn hold(
        &mut self,
        cell: &Cell,
        calls: [&SyncRequest; 2],
        reports: [&Report; 2],
        // The changed one.
        state: &presync::State,
        context: &dyn Fn() -> String,
    ) {
        let [before, after] = reports;
        self.pairs += 1;
        if let [only] = after.violations()
            && after.unverified().is_empty()
            && !self.is_alone(only.rule(), after.edition())
        {
            // The oracle finds no other one, either.
            assert!(judge(after.edition(), calls[1], state).is_what_says(after), "{}", context());
            self.alone.insert((only.rule().to_owned(), after.edition()));
        }
        if before.violations() == after.violations() && before.unverified() == after.unverified() {
            return;
        }
        let (before, after) = (said(before), said(after));
        let mut has_changed = false;
        for (list, other) in [(&before, &after), (&after, &before)] {
            for finding in list.iter().filter(|finding| !other.contains(finding)) {
                let (rule, at, _) = finding;
                // What is said of an element that comes or goes is no change of a finding.
                let is_new = |list: &Parameter, [before, after]: [usize; 2]| {
                    at.name() == list.name() && at.subscript().is_some_and(|n| n >= before.min(after))
                };
                let lengths = |length: fn(&SyncRequest) -> usize| calls.map(length);
                if is_new(&Parameter::IMAGE_IDS, lengths(|call| call.image_ids.len()))
                    || is_new(&Parameter::DESTINATION_REGIONS, lengths(|call| call.destination_regions.len()))
                {
                    continue;
                }
                has_changed = true;
                let rule = rules::find(rule).expect("a rule");
                let read: Vec<Input> = cell
                    .inputs(at, calls[0], calls[1])
                    .into_iter()
                    .filter(|input| rule.reads().any(|read| read == *input))
                    .collect();
                match *read {
                    [] => panic!("{} on {at} looks at {cell:?}: {}", rule.id(), context()),
                    [input] => drop(self.mattered.insert((rule.id(), input))),
                    _ => {}
                }
            }
        }
        self.changed += usize::from(has_changed);
    }

    /// Changes every cell of a world, under each page, in each of these calls.
    fn change(&mut self, rules: &[Ruleset], world: &World, requests: &[&SyncRequest]) {
        let state = world.state();
        let reports: Vec<Vec<Report>> = requests
            .iter()
            .map(|request| rules.iter().map(|rules| rules.check(request, &state)).collect())
            .collect();
        for (cell, edit) in changes_of_state(world) {
            let changed = world.clone().with(|world| edit(world));
            if changed == *world {
                continue;
            }
            let changed = changed.state();
            for (request, reports) in requests.iter().zip(&reports) {
                for (rules, before) in rules.iter().zip(reports) {
                    let after = rules.check(request, &changed);
                    let context = || {
                        let state = serde_json::to_string(&state).unwrap();
                        format!("{}\n{request:?}\n{state}\n{before:?}\n{after:?}", rules.edition())
                    };
                    self.hold(&cell, [request, request], [before, &after], &changed, &context);
                }
            }
        }
        for (request, reports) in requests.iter().zip(&reports) {
            let of_call = World { request: (*request).clone(), ..world.clone() };
            for (cell, edit) in changes_of_call(&of_call) {
                let changed = of_call.clone().with(|world| edit(world)).request;
                if changed == **request {
                    continue;
                }
                for (rules, before) in rules.iter().zip(reports) {
                    let after = rules.check(&changed, &state);
                    let context = || {
                        let state = serde_json::to_string(&state).unwrap();
                        format!(
                            "{}\n{request:?}\n{changed:?}\n{state}\n{before:?}\n{after:?}",
                            rules.edition()
                        )
                    };
                    self.hold(&cell, [request, &changed], [before, &after], &state, &context);
                }
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.changed += other.changed;
        self.mattered.extend(other.mattered);
        self.alone.extend(other.alone);
    }

    fn is_alone(&self, rule: &str, edition: Edition) -> bool {
        self.alone.iter().any(|(alone, of)| alone == rule && *of == edition)
    }

    /// Holds the rows to what mattered: each input of each row did.
    fn hold_rows(&self) {
        let rows: BTreeSet<(&str, Input)> =
            checked().flat_map(|rule| rule.reads().map(|input| (rule.id(), input))).collect();
        let stale: Vec<_> = rows.difference(&self.mattered).collect();
        assert!(stale.is_empty(), "no finding depends on these, all else being equal: {stale:?}");
    }

    /// Each rule was the only one that was broken, on each of its pages. Returns how many
    /// pairs of them there are.
    fn hold_alone(&self) -> usize {
        let pages = history::changes();
        // Once a page has every parameter, an unknown one is refused while it is read.
        let last = history::LATER_PARAMETERS.iter().map(|(_, since)| page(since)).max().expect("a parameter");
        let on = |rule: &history::Rule| -> Vec<(String, Edition)> {
            let is_on =
                |page: &&Edition| rule.is_on(**page) && (rule.id != "parameter-known" || **page < last);
            pages.iter().filter(is_on).map(|page| (rule.id.to_owned(), *page)).collect()
        };
        let all: BTreeSet<(String, Edition)> = history::RULES.iter().flat_map(on).collect();
        let never: Vec<_> = all.difference(&self.alone).collect();
        assert!(never.is_empty(), "no request breaks these alone: {never:?}");
        assert_eq!(self.alone.len(), all.len(), "a rule is broken on a page without it");
        all.len()
    }
}

/// The parameter of a rule; of one on the elements of a list, the list.
pub(crate) fn list_of(rule: &Rule) -> Parameter {
    Parameter::from(rule.parameter().to_string().trim_end_matches(".N").to_owned())
}

/// The rules that a set checks.
pub(crate) fn checked() -> impl Iterator<Item = &'static Rule> {
    rules::all().filter(|rule| rule.stage() == presync::Stage::Check)
}

#[test]
fn every_input_is_in_a_row_and_in_no_row_twice() {
    let mut all = BTreeSet::new();
    for rule in checked() {
        let own: BTreeSet<Input> = rule.reads().collect();
        assert_eq!(own.len(), rule.reads().count(), "{} names an input twice", rule.id());
        all.extend(own);
    }
    assert_eq!(all, Input::all().iter().copied().collect());
    // What is refused while it is read is no request yet.
    for rule in rules::all().filter(|rule| rule.stage() == presync::Stage::Decode) {
        assert_eq!(rule.reads().count(), 0, "{}", rule.id());
    }
}

#[test]
fn a_rule_looks_at_its_inputs_alone_and_at_each_of_them() {
    let (pairs, alone) = hold_products(SOME);
    claims::hold("inputs", pairs);
    claims::hold("alone", alone);
}

/// Returns the number of pairs, and that of the rules and pages on which one alone is broken.
fn hold_products(parts: &[Part]) -> (usize, usize) {
    let parts = in_parts(parts, |part| {
        let mut seen = Seen::default();
        walk(part, |rules, world, requests| seen.change(rules, world, requests));
        seen
    });
    let seen = parts.into_iter().fold(Seen::default(), |mut all, part| {
        all.add(part);
        all
    });
    println!("{} pairs of worlds that differ in one cell; in {} a finding differs", seen.pairs, seen.changed);
    seen.hold_rows();
    let alone = seen.hold_alone();
    println!("{alone} pairs of a rule and a page on which it alone is broken");
    (seen.pairs, alone)
}

/// Changes of everything that is no input of a rule, all at once.
struct Together {
    /// Pairs of a world and a changed one.
    pairs: usize,
    /// Those in which another rule has another finding.
    changed: usize,
    dice: Dice,
}

impl Together {
    fn new(seed: usize) -> Self {
        Self { pairs: 0, changed: 0, dice: Dice(u64::try_from(seed).unwrap() + 1) }
    }

    /// Applies one change of each cell that is no input of the rule.
    fn apply(&mut self, rule: &Rule, changes: &[Vec<Change>], world: &mut World, before: &SyncRequest) {
        let list = list_of(rule);
        for ways in changes {
            let (cell, edit) = &ways[self.dice.below(ways.len())];
            let changed = world.clone().with(|world| edit(world));
            let inputs = cell.inputs(&list, before, &changed.request);
            if !rule.reads().any(|read| inputs.contains(&read)) {
                *world = changed;
            }
        }
    }

    /// Holds each rule's findings to what they were, once all but its inputs is changed.
    fn hold(&mut self, rules: &Ruleset, world: &World, request: &SyncRequest) {
        let before = rules.check(request, &world.state());
        let of_call = World { request: request.clone(), ..world.clone() };
        let [call, state] = [changes_of_call(&of_call), changes_of_state(&of_call)].map(by_cell);
        for rule in checked().filter(|rule| rules.contains(rule.id())) {
            let mut changed = of_call.clone();
            self.apply(rule, &call, &mut changed, request);
            self.apply(rule, &state, &mut changed, request);
            count_names(&mut changed);
            let after = rules.check(&changed.request, &changed.state());
            let own = |report: &Report| -> Vec<Said> {
                said(report).into_iter().filter(|(of, ..)| of == rule.id()).collect()
            };
            assert_eq!(
                own(&after),
                own(&before),
                "{} {}\n{of_call:?}\n{changed:?}",
                rules.edition(),
                rule.id()
            );
            self.pairs += 1;
            self.changed += usize::from(said(&after) != said(&before));
        }
    }
}

/// Each name of a copy in flight is that of one: there are as many, at least.
pub(crate) fn count_names(world: &mut World) {
    for quota in &mut world.quota.regions {
        quota.in_flight = quota.in_flight.max(u64::try_from(quota.in_flight_names.len()).unwrap());
    }
}

/// Returns the changes of each cell together.
fn by_cell(changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut cells: Vec<(String, Vec<Change>)> = Vec::new();
    for change in changes {
        let name = format!("{:?}", change.0);
        match cells.iter_mut().find(|(known, _)| *known == name) {
            Some((_, ways)) => ways.push(change),
            None => cells.push((name, vec![change])),
        }
    }
    cells.into_iter().map(|(_, ways)| ways).collect()
}

#[test]
fn what_is_no_input_changes_nothing_together() {
    let parts = in_parts(SOME, |part| {
        let (mut together, mut next) = (Together::new(part.1), 0);
        walk(part, |rules, world, requests| {
            for request in requests {
                for _ in 0..3 {
                    together.hold(&rules[next % rules.len()], world, request);
                    next += 1;
                }
            }
        });
        together
    });
    let pairs: usize = parts.iter().map(|part| part.pairs).sum();
    let changed: usize = parts.iter().map(|part| part.changed).sum();
    println!(
        "{pairs} pairs of worlds that differ in all but the inputs of a rule; {changed} with other findings"
    );
    assert!(changed > pairs / 2, "what is no input of one rule is one of others");
    claims::hold("inputs-together", pairs);
}

/// Every cell of every world of every product, under each of its pages. It takes some minutes:
/// `cargo test --release --all-features --test against_oracle -- --ignored --nocapture in_every_world_a_rule_looks`.
#[test]
#[ignore = "it takes minutes, optimized; the test above holds a part of each product"]
fn in_every_world_a_rule_looks_at_its_inputs_alone() {
    let (pairs, _) = hold_products(&whole());
    claims::hold("inputs-everywhere", pairs);
}
