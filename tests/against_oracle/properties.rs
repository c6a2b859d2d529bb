//! What holds for any call and any state.
//!
//! Besides the comparison with the oracle, these are laws that need no second implementation: how
//! the answer changes, or does not, when the question is changed in one way.
#![cfg(feature = "wire")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use presync::{
    Edition, Image, ImageState, ImageType, Input, Parameter, QuotaLimit, Region, RegionState, Report,
    Ruleset, State,
};
use presync::{SyncRequest, Used, wire};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::inputs::Cell;
use crate::oracle::{Verdict, judge};
use crate::support::dice::Dice;
use crate::support::history;
use crate::support::values::{
    FLAGS, REGIONS, any_page, any_region, any_world, flag, laid_over, later, set_flags, shuffled,
    well_formed_id,
};
use crate::support::world::World;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_global_rejects: 65_536,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn check(request: &SyncRequest, state: &State) -> Report {
    static RULES: LazyLock<Ruleset> = LazyLock::new(Ruleset::default);
    RULES.check(request, state)
}

/// The rules of every page that [`any_page`] gives.
fn page(edition: Edition) -> &'static Ruleset {
    static PAGES: LazyLock<Mutex<BTreeMap<Edition, &'static Ruleset>>> = LazyLock::new(Mutex::default);
    let mut pages = PAGES.lock().unwrap();
    // There are few, and they are wanted as long as there is a test.
    pages.entry(edition).or_insert_with(|| Box::leak(Box::new(Ruleset::documented(edition))))
}

fn verdict(world: &World) -> Verdict {
    Verdict::of(&check(&world.request, &world.state()))
}

fn element(name: &'static str, subscript: usize) -> String {
    format!("{name}.{subscript}")
}

/// What is left of a list of findings once the element `gone` of the list parameter `name` is taken
/// out: its own findings go, and the later elements move up by one.
fn without_element<T: Clone>(
    findings: &[T],
    parameter: impl Fn(&mut T) -> &mut String,
    name: &str,
    gone: usize,
) -> Vec<T> {
    let mut left = Vec::new();
    for finding in findings {
        let mut finding = finding.clone();
        let at: Parameter = parameter(&mut finding).clone().into();
        match at.subscript() {
            Some(subscript) if at.name() == name && subscript == gone => continue,
            Some(subscript) if at.name() == name && subscript > gone => {
                *parameter(&mut finding) = format!("{name}.{}", subscript - 1);
            }
            _ => {}
        }
        left.push(finding);
    }
    left
}

fn verdict_without(verdict: &Verdict, name: &str, gone: usize) -> Verdict {
    Verdict {
        violations: without_element(&verdict.violations, |finding| &mut finding.2, name, gone),
        unverified: without_element(&verdict.unverified, |finding| &mut finding.1, name, gone),
    }
}

pub(crate) fn is_subsequence<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|item| whole.any(|other| other == item))
}

proptest! {
    #![proptest_config(cases(4096))]

    #[test]
    fn the_library_agrees_with_the_oracle(world in any_world()) {
        let state = world.state();
        prop_assert_eq!(Verdict::of(&check(&world.request, &state)), judge(Edition::FIRST, &world.request, &state));
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_same_input_gives_the_same_output(world in any_world()) {
        let state = world.state();
        let report = check(&world.request, &state);
        prop_assert_eq!(&check(&world.request, &state), &report);
        // Another thread, other copies of everything: nothing may hang on an
        // address or on who came first.
        let copy = world.clone();
        let elsewhere = std::thread::spawn(move || check(&copy.request, &copy.state())).join().unwrap();
        prop_assert_eq!(serde_json::to_string(&elsewhere).unwrap(), serde_json::to_string(&report).unwrap());
        prop_assert_eq!(elsewhere, report);
    }

    #[test]
    fn the_order_of_records_does_not_matter(
        (world, other) in any_world().prop_flat_map(|world| (Just(world.clone()), shuffled(world)))
    ) {
        prop_assert_eq!(verdict(&world), verdict(&other));
    }

    #[test]
    fn serializing_and_reading_changes_nothing(mut world in any_world()) {
        // Neither JSON nor a query says it.
        world.request.has_no_region = false;
        let state = world.state();
        let request = serde_json::to_string(&world.request).unwrap();
        prop_assert_eq!(serde_json::from_str::<SyncRequest>(&request).unwrap(), world.request.clone());
        let text = serde_json::to_string(&state).unwrap();
        let read: State = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &state);
        prop_assert_eq!(&State::from_json(text.as_bytes()).unwrap(), &state);
        let report = check(&world.request, &state);
        let text = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Report>(&text).unwrap(), &report);
        // What was read is as good as what was made: its index is there too.
        prop_assert_eq!(check(&world.request, &read), report);
    }

    #[test]
    fn decoding_undoes_encoding(mut world in any_world()) {
        world.request.has_no_region = false;
        let state = world.state();
        let report = check(&world.request, &state);
        // A query with its action is all of the request: a region that is left
        // out is not sent elsewhere.
        let mut whole = world.request.clone();
        whole.has_no_region = whole.region.is_none();
        let from_query = wire::decode(wire::encode_query(&world.request).as_bytes()).unwrap();
        prop_assert_eq!(&from_query, &whole);
        prop_assert_eq!(check(&from_query, &state), check(&whole, &state));
        // A JSON body alone stands for a call that has a version.
        if world.request.version.is_some() {
            let from_json = wire::decode(serde_json::to_string(&world.request).unwrap().as_bytes()).unwrap();
            prop_assert_eq!(&from_json, &world.request);
            prop_assert_eq!(&check(&from_json, &state), &report);
        }
    }

    #[test]
    fn no_rule_speaks_twice_of_one_parameter(world in any_world()) {
        let verdict = verdict(&world);
        let mut seen = BTreeSet::new();
        for (rule, _, parameter) in verdict.violations {
            prop_assert!(seen.insert((rule.clone(), parameter.clone())), "{} {}", rule, parameter);
        }
        // Nor is anything both violated and unverified.
        for (rule, parameter) in verdict.unverified {
            prop_assert!(seen.insert((rule.clone(), parameter.clone())), "{} {}", rule, parameter);
        }
    }

    /// Taking out a destination takes away what was said of it, and nothing else changes.
    #[test]
    fn a_destination_goes_with_its_own_violations(world in any_world(), pick in any::<Index>()) {
        let before = verdict(&world);
        let destinations = &world.request.destination_regions;
        let offending: Vec<usize> = (0..destinations.len())
            .filter(|n| before.violations.iter().any(|found| found.2 == element("DestinationRegions", *n)))
            // Without the first of two equal ones the second would be judged in its place.
            // The second alone can go.
            .filter(|n| !destinations.iter().skip(n + 1).any(|later| *later == destinations[*n]))
            .collect();
        // Without the last one, that there is none would be the next fault.
        prop_assume!(!offending.is_empty() && destinations.len() > 1);
        let gone = *pick.get(&offending);
        let mut other = world.clone();
        other.request.destination_regions.remove(gone);
        prop_assert_eq!(verdict(&other), verdict_without(&before, "DestinationRegions", gone));
    }

    /// The same for an id that says nothing of the source: the call names the source, or the id
    /// names no image. That only one image can be copied is then settled once one is left.
    #[test]
    fn an_image_goes_with_its_own_violations(world in any_world(), pick in any::<Index>()) {
        let before = verdict(&world);
        let ids = &world.request.image_ids;
        let offending: Vec<usize> = (0..ids.len())
            .filter(|n| before.violations.iter().any(|found| {
                let names_no_image = found.0 == "image-id-format" || found.0 == "image-exists";
                found.2 == element("ImageIds", *n) && (names_no_image || world.request.region.is_some())
            }))
            .collect();
        prop_assume!(!offending.is_empty() && ids.len() > 1);
        let gone = *pick.get(&offending);
        let mut other = world.clone();
        other.request.image_ids.remove(gone);
        let mut expected = verdict_without(&before, "ImageIds", gone);
        if other.request.image_ids.len() == 1 {
            expected.violations.retain(|found| found.0 != "image-single");
        }
        prop_assert_eq!(verdict(&other), expected);
    }

    /// More room never adds a violation, takes away none but those of quota, and opens no question
    /// that was settled in favour.
    #[test]
    fn more_room_adds_no_violation(world in any_world(), pick in any::<Index>(), more in 1..20_u64, how in 0..4) {
        let mut other = world.clone();
        let regions = &mut other.quota.regions;
        match how {
            0 => {
                // Without a number in the state, ten is the account's.
                let limit = match other.quota.image_num_quota {
                    QuotaLimit::Default => 10,
                    QuotaLimit::Count(limit) => limit,
                    QuotaLimit::Unknown => return Ok(()),
                };
                other.quota.image_num_quota = QuotaLimit::Count(limit.saturating_add(more));
            }
            _ => {
                prop_assume!(!regions.is_empty());
                let place = pick.index(regions.len());
                let quota = &mut regions[place];
                match how {
                    1 => {
                        let QuotaLimit::Count(limit) = quota.image_num_quota else { return Ok(()) };
                        quota.image_num_quota = QuotaLimit::Count(limit.saturating_add(more));
                    }
                    2 => quota.in_flight = quota.in_flight.saturating_sub(more),
                    _ => {
                        let Used::Count(count) = quota.used else { return Ok(()) };
                        quota.used = Used::Count(count.saturating_sub(more));
                    }
                }
            }
        }
        let (before, after) = (verdict(&world), verdict(&other));
        prop_assert!(is_subsequence(&after.violations, &before.violations), "{:?} then {:?}", before, after);
        let all_but_quota = |verdict: &Verdict| {
            let mut verdict = verdict.clone();
            verdict.violations.retain(|found| found.0 != "image-quota");
            verdict.unverified.retain(|found| found.0 != "image-quota");
            verdict
        };
        prop_assert_eq!(all_but_quota(&before), all_but_quota(&after));
        for open in &after.unverified {
            let was_violated = before.violations.iter().any(|found| (&found.0, &found.2) == (&open.0, &open.1));
            prop_assert!(was_violated || before.unverified.contains(open), "{:?} is open since", open);
        }
    }

    /// A region that the call does not name, with no image in it, changes nothing.
    #[test]
    fn a_region_that_is_not_named_changes_nothing(
        world in any_world(),
        facts in any_region("eu-frankfurt"),
        limit in 0..12_u64,
        place in any::<Index>(),
    ) {
        let mut other = world.clone();
        let mut region = facts;
        region.images_complete = true;
        other.regions.insert(place.index(other.regions.len() + 1), region);
        other.region_quota("eu-frankfurt").image_num_quota = QuotaLimit::Count(limit);
        prop_assert_eq!(verdict(&world), verdict(&other));
    }

    /// A region that the call names as a destination and that was not known: only what is said of
    /// that destination changes, and in the ordinary case nothing is left to say.
    #[test]
    fn a_region_that_becomes_known_changes_only_its_own_destination(
        mut world in any_world(),
        facts in any_region("eu-frankfurt"),
        place in any::<Index>(),
        ordinary in any::<bool>(),
    ) {
        let destinations = &mut world.request.destination_regions;
        let place = place.index(destinations.len() + 1);
        destinations.insert(place, "eu-frankfurt".to_owned());
        // That it does not exist is sure only where every region is listed.
        world.regions_complete = true;
        let mut other = world.clone();
        let mut region = if ordinary { Region::new("eu-frankfurt") } else { facts };
        region.images_complete = true;
        other.regions.push(region);
        let (mut before, mut after) = (verdict(&world), verdict(&other));
        let its_own = element("DestinationRegions", place);
        let not_found = ("destination-exists".to_owned(), "InvalidRegion.NotFound".to_owned(), its_own.clone());
        prop_assert!(before.violations.contains(&not_found));
        let is_some_quota_known = matches!(world.quota.image_num_quota, QuotaLimit::Default | QuotaLimit::Count(1..));
        if ordinary && is_some_quota_known {
            prop_assert!(after.violations.iter().all(|found| found.2 != its_own));
        }
        for verdict in [&mut before, &mut after] {
            verdict.violations.retain(|found| found.2 != its_own);
            verdict.unverified.retain(|found| found.1 != its_own);
        }
        prop_assert_eq!(before, after);
    }

    /// Distinct destinations do not influence each other: together they are accepted iff each alone
    /// is, and what is said of them together is what is said of each alone.
    #[test]
    fn destinations_are_accepted_together_iff_each_is_alone(mut world in any_world(), good in any::<bool>()) {
        let mut seen = BTreeSet::new();
        world.request.destination_regions.retain(|name| seen.insert(name.clone()));
        if good {
            // A call and an image without a fault, so that the destinations decide.
            world.request = SyncRequest::new("img-o3ycss2p", world.request.destination_regions)
                .with_region("ap-guangzhou");
            world.forget_region("ap-guangzhou");
            world.regions.push(Region::new("ap-guangzhou"));
            world.images.push(Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20));
            world.request.destination_regions.retain(|name| name != "ap-guangzhou");
        }
        prop_assume!(!world.request.destination_regions.is_empty());
        let state = world.state();
        let together = Verdict::of(&check(&world.request, &state));
        let mut each_accepted = true;
        for (n, destination) in world.request.destination_regions.iter().enumerate() {
            let mut alone = world.request.clone();
            alone.destination_regions = vec![destination.clone()];
            let report = check(&alone, &state);
            each_accepted &= report.accepted();
            let of = |verdict: &Verdict, n: usize| {
                let at = element("DestinationRegions", n);
                let violations = verdict.violations.iter().filter(|found| found.2 == at);
                let violations: Vec<_> = violations.map(|found| (found.0.clone(), found.1.clone())).collect();
                let unverified = verdict.unverified.iter().filter(|open| open.1 == at);
                (violations, unverified.map(|open| open.0.clone()).collect::<Vec<_>>())
            };
            prop_assert_eq!(of(&Verdict::of(&report), 0), of(&together, n));
        }
        prop_assert_eq!(together.violations.is_empty(), each_accepted);
    }
}

/// The generators reach everything: each rule violated, each that can be open left open, and calls
/// that are accepted. Otherwise the laws here could hold of nothing.
#[test]
fn the_generators_reach_every_rule() {
    let mut runner = TestRunner::deterministic();
    let (mut violated, mut open, mut accepted) = (BTreeSet::new(), BTreeSet::new(), 0);
    for _ in 0..2_000 {
        let world = any_world().new_tree(&mut runner).unwrap().current();
        let says = verdict(&world);
        accepted += usize::from(says.violations.is_empty());
        violated.extend(says.violations.into_iter().map(|found| found.0));
        open.extend(says.unverified.into_iter().map(|found| found.0));
    }
    let rules: BTreeSet<String> = Ruleset::default().ids().map(str::to_owned).collect();
    assert_eq!(violated, rules);
    let can_be_open = history::RULES.iter().filter(|rule| rule.needs.is_some() && rule.is_on(Edition::FIRST));
    assert_eq!(open, can_be_open.map(|rule| rule.id.to_owned()).collect());
    assert!(accepted > 50, "{accepted} accepted");
}

/// A page, and a world with what the pages of any month speak of, mostly with
/// something that is not known.
fn any_dated_world() -> impl Strategy<Value = (Edition, World)> {
    // Boxed, for what generates them is too large for the stack of a test that is not optimized.
    let world = (any_world().boxed(), later().boxed(), prop::bool::weighted(0.75));
    let world = world.prop_map(
        |(world, later, is_laid_over)| {
            if is_laid_over { laid_over(world, &later) } else { world }
        },
    );
    (any_page(), world.boxed())
}

/// What becomes known at once: one fact of one record.
#[derive(Clone, Debug)]
enum Learnt {
    RegionState(RegionState),
    ImageSync(bool),
    /// The list of a region is complete as it is.
    NoMoreImages,
    /// The list of a region was missing an image that no region lists.
    OneMoreImage(String, Option<ImageType>),
    ImageType(ImageType),
    ImageState(ImageState),
    ImageSize(u64),
    /// A flag of an image, by its place in the table.
    Flag(usize, bool),
    ImageName(&'static str),
    Used(u64),
    NameInFlight(&'static str),
    /// A quota, the account's or that of a region.
    Limit(u64),
    /// Every region is listed.
    NoMoreRegions,
    /// A region was missing, with such a list of images.
    OneMoreRegion(Region),
    /// No `Region` is sent in a header either.
    NoRegionInHeader,
}

fn learnt() -> impl Strategy<Value = Learnt> {
    let image_type =
        || select(&[ImageType::PRIVATE_IMAGE, ImageType::PUBLIC_IMAGE, ImageType::SHARED_IMAGE][..]);
    let name = || select(&["base", "copy", "other", ""][..]);
    prop_oneof![
        select(RegionState::ALL).prop_map(Learnt::RegionState),
        any::<bool>().prop_map(Learnt::ImageSync),
        Just(Learnt::NoMoreImages),
        (well_formed_id(), proptest::option::of(image_type()))
            .prop_map(|(id, image_type)| Learnt::OneMoreImage(id, image_type)),
        image_type().prop_map(Learnt::ImageType),
        select(&[ImageState::NORMAL, ImageState::SYNCING][..]).prop_map(Learnt::ImageState),
        (48..52_u64).prop_map(Learnt::ImageSize),
        (0..FLAGS.len(), any::<bool>()).prop_map(|(flag, value)| Learnt::Flag(flag, value)),
        name().prop_map(Learnt::ImageName),
        prop_oneof![0..12_u64, select(&[49, 50, 499, 500][..])].prop_map(Learnt::Used),
        name().prop_map(Learnt::NameInFlight),
        (0..12_u64).prop_map(Learnt::Limit),
        Just(Learnt::NoMoreRegions),
        select(&REGIONS[..]).prop_flat_map(any_region).prop_map(Learnt::OneMoreRegion),
        Just(Learnt::NoRegionInHeader),
    ]
}

/// Fills in the fact where it is open, in the record that `pick` falls on; false where
/// nothing of the kind is open.
fn learn(world: &mut World, fact: &Learnt, pick: &Index) -> bool {
    fn one_of<'w, T>(records: &'w mut [T], open: impl Fn(&T) -> bool, pick: &Index) -> Option<&'w mut T> {
        let mut open: Vec<&mut T> = records.iter_mut().filter(|record| open(record)).collect();
        if open.is_empty() { None } else { Some(open.swap_remove(pick.index(open.len()))) }
    }
    let World { request, regions, regions_complete, images, quota, .. } = world;
    match fact {
        Learnt::RegionState(word) => one_of(regions, |region| region.region_state.is_none(), pick)
            .map(|region| region.region_state = Some(word.clone())),
        Learnt::ImageSync(sync) => one_of(regions, |region| region.image_sync.is_none(), pick)
            .map(|region| region.image_sync = Some(*sync)),
        Learnt::NoMoreImages => one_of(regions, |region| !region.images_complete, pick)
            .map(|region| region.images_complete = true),
        Learnt::OneMoreImage(id, image_type) => {
            // An id that is listed once is taken to be there alone; one more record of it would
            // be news of another kind.
            if images.iter().any(|image| image.image_id == *id) {
                return false;
            }
            one_of(regions, |region| !region.images_complete, pick).map(|region| {
                let image = Image::new(region.region.as_str(), id.as_str()).with_image_size(20);
                images.push(image.with_image_type(image_type.clone()));
            })
        }
        Learnt::ImageType(word) => one_of(images, |image| image.image_type.is_none(), pick)
            .map(|image| image.image_type = Some(word.clone())),
        Learnt::ImageState(word) => one_of(images, |image| image.image_state.is_none(), pick)
            .map(|image| image.image_state = Some(word.clone())),
        Learnt::ImageSize(size) => one_of(images, |image| image.image_size.is_none(), pick)
            .map(|image| image.image_size = Some(*size)),
        Learnt::Flag(place, value) => {
            let key = &FLAGS[*place];
            one_of(images, |image| flag(image, key).is_none(), pick)
                .map(|image| set_flags(image, [(key, Some(*value))]))
        }
        Learnt::ImageName(name) => one_of(images, |image| image.image_name.is_none(), pick)
            .map(|image| image.image_name = Some((*name).to_owned())),
        Learnt::Used(count) => one_of(&mut quota.regions, |quota| quota.used == Used::Unknown, pick)
            .map(|quota| quota.used = Used::Count(*count)),
        Learnt::NameInFlight(name) => {
            let mut names: Vec<_> =
                quota.regions.iter_mut().flat_map(|quota| &mut quota.in_flight_names).collect();
            one_of(&mut names, |name| name.is_none(), pick)
                .map(|unknown| **unknown = Some((*name).to_owned()))
        }
        Learnt::Limit(limit) => {
            let limits = quota.regions.iter_mut().map(|quota| &mut quota.image_num_quota);
            let mut limits: Vec<_> = limits.chain([&mut quota.image_num_quota]).collect();
            one_of(&mut limits, |limit| **limit == QuotaLimit::Unknown, pick)
                .map(|unknown| **unknown = QuotaLimit::Count(*limit))
        }
        Learnt::NoMoreRegions => (!*regions_complete).then(|| *regions_complete = true),
        Learnt::OneMoreRegion(region) => {
            let is_news = !*regions_complete && regions.iter().all(|listed| listed.region != region.region);
            is_news.then(|| regions.push(region.clone()))
        }
        Learnt::NoRegionInHeader => {
            let is_news = request.region.is_none() && !request.has_no_region;
            is_news.then(|| request.has_no_region = true)
        }
    }
    .is_some()
}

proptest! {
    #![proptest_config(cases(2048))]

    /// A fact that becomes known settles open questions: each turns into nothing, or into a
    /// violation of the same rule on the same parameter. No violation goes, none comes from
    /// elsewhere, and no question is opened. The type of an image is a fact of its own copy and of
    /// the quota and the names of its region, so it may settle them all.
    #[test]
    fn what_becomes_known_settles_only_what_was_open(
        (edition, world) in any_dated_world(),
        facts in proptest::collection::vec((learnt(), any::<Index>()), 1..5),
    ) {
        let verdict = |world: &World| Verdict::of(&page(edition).check(&world.request, &world.state()));
        let mut before = world;
        let mut said = verdict(&before);
        let mut learnt_something = false;
        for (fact, pick) in facts {
            let mut after = before.clone();
            if !learn(&mut after, &fact, &pick) {
                continue;
            }
            learnt_something = true;
            let says = verdict(&after);
            prop_assert!(is_subsequence(&said.violations, &says.violations), "{:?}: {:?} then {:?}", fact, said, says);
            for violation in &says.violations {
                let (rule, _, parameter) = violation;
                let was_open = said.unverified.contains(&(rule.clone(), parameter.clone()));
                prop_assert!(
                    said.violations.contains(violation) != was_open,
                    "{:?}: {:?} then {:?}", fact, said, says
                );
            }
            prop_assert!(is_subsequence(&says.unverified, &said.unverified), "{:?}: {:?} then {:?}", fact, said, says);
            (before, said) = (after, says);
        }
        prop_assume!(learnt_something);
    }
}

/// One thing that an unknown fact may turn out to be.
pub(crate) type Way = Box<dyn Fn(&mut World)>;

/// For each fact that is not known, where it is said, and what it may turn out to be.
pub(crate) fn unknown(edition: Edition, world: &World) -> Vec<(Cell, Vec<Way>)> {
    /// Each of the values, given to what `fact` finds.
    fn any_of<T: Clone + 'static>(
        values: impl IntoIterator<Item = T>,
        fact: impl Fn(&mut World) -> &mut Option<T> + Clone + 'static,
    ) -> Vec<Way> {
        let way = |value: T| -> Way {
            let fact = fact.clone();
            Box::new(move |world| *fact(world) = Some(value.clone()))
        };
        values.into_iter().map(way).collect()
    }
    // The name that the copies get, and another one.
    let asked = world.request.image_name.clone().unwrap_or_else(|| "base".to_owned());
    let names = [asked, "another".to_owned(), String::new()];
    let types = ["PRIVATE_IMAGE", "SHARED_IMAGE", "PUBLIC_IMAGE", "SOMETHING_NEW"].map(ImageType::from);
    let mut unknown = Vec::new();
    // The type of an image comes first: it says where else the image may be.
    for (n, image) in world.images.iter().enumerate() {
        let field = |named, there| Cell::Field(image.region.clone(), image.image_id.clone(), named, there);
        if image.image_type.is_none() {
            let cell = field(Some(Input::ImageType), Some(Input::DestinationTypes));
            unknown.push((cell, any_of(types.clone(), move |world| &mut world.images[n].image_type)));
        }
        if image.image_state.is_none() {
            let states = [ImageState::NORMAL, ImageState::SYNCING];
            let ways = any_of(states, move |world| &mut world.images[n].image_state);
            unknown.push((field(Some(Input::ImageState), None), ways));
        }
        if image.image_size.is_none() {
            let ways = any_of([0, 49, 50, u64::MAX], move |world| &mut world.images[n].image_size);
            unknown.push((field(Some(Input::ImageSize), None), ways));
        }
        for key in FLAGS.iter().filter(|key| flag(image, key).is_none()) {
            let way = |value: bool| -> Way {
                Box::new(move |world| set_flags(&mut world.images[n], [(key, Some(value))]))
            };
            unknown.push((field(Some(Input::Encrypted), None), [false, true].map(way).into()));
        }
        if image.image_name.is_none() {
            let ways = any_of(names.clone(), move |world| &mut world.images[n].image_name);
            unknown.push((field(None, Some(Input::DestinationNames)), ways));
        }
    }
    for (n, region) in world.regions.iter().enumerate() {
        let name = || region.region.clone();
        if region.region_state.is_none() {
            let ways = any_of(RegionState::ALL.to_vec(), move |world| &mut world.regions[n].region_state);
            unknown.push((Cell::State(name()), ways));
        }
        if region.image_sync.is_none() {
            let ways = any_of([true, false], move |world| &mut world.regions[n].image_sync);
            unknown.push((Cell::Sync(name()), ways));
        }
        if !region.images_complete {
            unknown.extend(missing_images(edition, world, n));
        }
    }
    for (n, quota) in world.quota.regions.iter().enumerate() {
        if quota.used == Used::Unknown {
            let room = limit(edition, world, &quota.region).saturating_sub(quota.in_flight);
            let way = |count: u64| -> Way {
                Box::new(move |world| world.quota.regions[n].used = Used::Count(count))
            };
            let ways = [0, room.saturating_sub(1), room, u64::MAX].map(way).into();
            unknown.push((Cell::Quota(quota.region.clone(), Input::Used), ways));
        }
        for (place, _) in quota.in_flight_names.iter().enumerate().filter(|(_, name)| name.is_none()) {
            let ways = any_of(names.clone(), move |world| &mut world.quota.regions[n].in_flight_names[place]);
            unknown.push((Cell::Quota(quota.region.clone(), Input::InFlightNames), ways));
        }
        if quota.image_num_quota == QuotaLimit::Unknown {
            let ways = limits(move |world| &mut world.quota.regions[n].image_num_quota);
            unknown.push((Cell::Quota(quota.region.clone(), Input::DestinationLimit), ways));
        }
    }
    if world.quota.image_num_quota == QuotaLimit::Unknown {
        unknown.push((Cell::AccountLimit, limits(|world| &mut world.quota.image_num_quota)));
    }
    if !world.regions_complete {
        unknown.push((Cell::RegionsComplete, vec![Box::new(|world| world.regions_complete = true)]));
        let named = world.request.destination_regions.iter().chain(&world.request.region);
        let named: BTreeSet<&str> = named.map(|name| &**name).collect();
        let is_listed = |name: &str| world.regions.iter().any(|region| region.region == name);
        // An image may also be where no part of the call looks.
        for name in named.into_iter().chain(["eu-frankfurt"]).filter(|name| !is_listed(name)) {
            unknown.push((Cell::Listed(name.to_owned()), missing_region(name)));
        }
    }
    if world.request.region.is_none() && !world.request.has_no_region {
        unknown.push((Cell::Parameter(Input::Region), header(world)));
    }
    unknown
}

/// What a quota may turn out to be.
fn limits(limit: impl Fn(&mut World) -> &mut QuotaLimit + Clone + 'static) -> Vec<Way> {
    let way = |count: u64| -> Way {
        let limit = limit.clone();
        Box::new(move |world| *limit(world) = QuotaLimit::Count(count))
    };
    [0, 1, 12, u64::MAX].map(way).into()
}

/// What the headers of a call may turn out to have: no region, or one in which each of its images
/// is. It is the last fact to be settled, for it depends on where the images turn out to be. Of a
/// call with an image that is nowhere, or with a text that is no id, no source region is judged,
/// whatever the headers have: it is refused for that.
fn header(world: &World) -> Vec<Way> {
    let mut ways: Vec<Way> = vec![Box::new(|world| world.request.has_no_region = true)];
    // Up to three regions turn out to be there beside those that are listed.
    for n in 0..world.regions.len() + if world.regions_complete { 0 } else { 3 } {
        ways.push(Box::new(move |world| {
            let region = world.regions.get(n).map(|region| region.region.clone());
            let has = |region: &String, id: &String| {
                world.images.iter().any(|image| image.region == *region && image.image_id == *id)
            };
            let ids = &world.request.image_ids;
            let has = |region: &String, id: &String| page(Edition::FIRST).is_image_id(id) && has(region, id);
            let has_all = |region: &String| !ids.is_empty() && ids.iter().all(|id| has(region, id));
            world.request.region = region.filter(has_all);
            world.request.has_no_region = world.request.region.is_none();
        }));
    }
    ways
}

/// What a region that is not listed may turn out to be: none, or an ordinary one, or one that
/// is closed, full, cut off from others, or has an image that the call names, or one of the
/// name that the copies get.
fn missing_region(name: &str) -> Vec<Way> {
    let mut ways: Vec<Way> = vec![Box::new(|_| {})];
    if name.is_empty() {
        return ways;
    }
    let mut add = |edit: fn(&mut World, &str)| {
        let name = name.to_owned();
        ways.push(Box::new(move |world| {
            world.regions.push(Region::new(&*name));
            edit(world, &name);
        }));
    };
    add(|_, _| {});
    add(|world, name| world.region(name).region_state = Some(RegionState::UNAVAILABLE));
    add(|world, name| world.region_quota(name).in_flight = u64::MAX);
    fn cut_off(world: &mut World, name: &str) {
        for other in world.regions.clone() {
            world.block(&other.region, name);
            if other.region != name {
                world.block(name, &other.region);
            }
        }
    }
    add(cut_off);
    add(|world, name| {
        cut_off(world, name);
        for id in world.request.image_ids.clone() {
            add_image(world, Image::new(name, id).with_image_size(20));
        }
    });
    add(|world, name| {
        for id in world.request.image_ids.clone() {
            add_image(world, Image::new(name, id).with_image_size(20));
        }
    });
    add(|world, name| {
        for id in world.request.image_ids.clone() {
            add_image(world, bad_image(name, &id));
        }
    });
    add(|world, name| {
        for id in world.request.image_ids.clone() {
            add_worse_image(world, bad_image(name, &id));
        }
    });
    add(|world, name| {
        let image_name = world.request.image_name.clone().unwrap_or_default();
        add_image(world, Image::new(name, "img-namesake").with_image_name(image_name));
    });
    ways
}

/// An image with which everything is wrong.
fn bad_image(region: &str, id: &str) -> Image {
    let mut image = Image::new(region, id)
        .with_image_type(ImageType::SHARED_IMAGE)
        .with_image_state(ImageState::CREATEFAILED)
        .with_image_size(50);
    set_flags(&mut image, FLAGS.iter().map(|key| (key, Some(true))));
    image
}

/// Adds an image that is no custom one and no shared one. Where it is listed and not
/// looked for in one region, it is of the type that it has there: then it is no other
/// image than the one that is bad.
fn add_worse_image(world: &mut World, image: Image) {
    let is_listed = world.images.iter().any(|other| other.image_id == image.image_id);
    if world.request.region.is_some() || !is_listed {
        add_image(world, image.with_image_type(ImageType::MARKET_IMAGE));
    }
}

/// Adds an image to a world that does not have it yet. A custom image is in one region; where the
/// call does not say in which, one record is taken to be it. Any other may be in several, and is of
/// one type there. No state has an image without an id.
fn add_image(world: &mut World, mut image: Image) {
    if image.image_id.is_empty() {
        return;
    }
    let mut listed = world.images.iter().filter(|other| other.image_id == image.image_id);
    let is_elsewhere = match &world.request.region {
        None => match listed.clone().next().and_then(|other| other.image_type.clone()) {
            Some(one) if one != ImageType::PRIVATE_IMAGE => {
                image.image_type = Some(one);
                listed.any(|other| other.region == image.region)
            }
            _ => listed.next().is_some(),
        },
        Some(_) => listed.any(|other| other.region == image.region),
    };
    if !is_elsewhere {
        world.images.push(image);
    }
}

/// What a region's list may turn out to have left out: each image that the call names; and, beside
/// these, one that has the name which the copies get, or as many as fill the quota.
fn missing_images(edition: Edition, world: &World, region: usize) -> Vec<(Cell, Vec<Way>)> {
    fn adding(images: Vec<Image>) -> Way {
        Box::new(move |world| images.iter().for_each(|image| add_image(world, image.clone())))
    }
    let name = world.regions[region].region.clone();
    let complete: Way = Box::new(move |world| world.regions[region].images_complete = true);
    let mut missing = vec![(Cell::ImagesComplete(name.clone()), vec![complete])];
    let mut ids: Vec<&String> = world.request.image_ids.iter().filter(|id| id.starts_with("img-")).collect();
    ids.dedup();
    for id in ids.into_iter().take(2) {
        let good = Image::new(&*name, id).with_image_size(20);
        let mut bad = bad_image(&name, id);
        bad.image_name.clone_from(&world.request.image_name);
        let worse = bad.clone();
        let mut ways: Vec<Way> = [vec![], vec![good], vec![bad]].map(adding).into();
        ways.push(Box::new(move |world| add_worse_image(world, worse.clone())));
        missing.push((Cell::Record(name.clone(), id.clone()), ways));
    }
    let namesake = Image::new(&*name, "img-namesake")
        .with_image_name(world.request.image_name.clone().unwrap_or_default());
    let limit = limit(edition, world, &name);
    let mut others: Vec<Way> = [vec![], vec![namesake]].map(adding).into();
    others.push(if limit <= 60 {
        adding((0..limit).map(|n| Image::new(&*name, format!("img-more{n:08}"))).collect())
    } else {
        // As hundreds of images, every completion would be as slow as all others together:
        // their number says as much.
        let name = name.clone();
        Box::new(move |world| {
            if world.region_quota(&name).used == Used::AsListed {
                world.region_quota(&name).used = Used::Count(limit);
            }
        })
    });
    missing.push((Cell::Record(name, "img-namesake".to_owned()), others));
    missing
}

/// How many custom images a region may have.
fn limit(edition: Edition, world: &World, region: &str) -> u64 {
    let mut quotas = world.quota.regions.iter().filter(|quota| quota.region == region);
    let own = quotas.next().map_or(QuotaLimit::Default, |quota| quota.image_num_quota);
    match if own == QuotaLimit::Default { world.quota.image_num_quota } else { own } {
        QuotaLimit::Default => history::quota(edition),
        QuotaLimit::Count(limit) => limit,
        // It may turn out to be any number.
        QuotaLimit::Unknown => 12,
    }
}

/// Whether the call says where its images are, or the state lists them in one region only.
pub(crate) fn is_source_known(world: &World) -> bool {
    let named = world.images.iter().filter(|image| world.request.image_ids.contains(&image.image_id));
    let regions: BTreeSet<&str> = named.map(|image| &*image.region).collect();
    world.request.region.is_some() || regions.len() <= 1
}

/// What the soundness test has seen.
#[derive(Default)]
struct Seen {
    states: usize,
    completions: usize,
    /// States that were completed in every way.
    exhausted: usize,
    /// Completions that leave the source region open, so that something may stay unverified.
    unsettled: usize,
    /// Rules that were open, and broken in a completion.
    broken: BTreeSet<String>,
    /// Rules that were open, and kept in a completion.
    kept: BTreeSet<String>,
    /// Open questions of the states that were completed in every way, and those of
    /// them that had both answers.
    open: usize,
    had_both: usize,
}

/// Whatever the unknown facts turn out to be: the violations of the state that is known are
/// there, and beside them only violations that were unverified; and once everything is
/// known, nothing is unverified. Where there are few ways to complete a state all of them
/// are taken, else some by chance.
#[test]
fn the_violations_of_a_completed_state_are_the_certain_ones_and_some_of_the_unverified() {
    const FEW: usize = 48;
    const SOME: usize = 12;
    let config = cases(3072);
    let seen = RefCell::new(Seen::default());
    let outcome =
        TestRunner::new(config).run(&(any_dated_world(), any::<u64>()), |((edition, world), seed)| {
            let mut seen = seen.borrow_mut();
            let unknown = unknown(edition, &world);
            prop_assume!(!unknown.is_empty());
            let rules = page(edition);
            let said = Verdict::of(&rules.check(&world.request, &world.state()));
            let all = unknown.iter().try_fold(1_usize, |all, (_, ways)| all.checked_mul(ways.len()));
            let all = all.filter(|all| *all <= FEW);
            let mut dice = Dice(seed);
            // For each open question, whether it was kept and whether it was broken.
            let mut answers: BTreeMap<&(String, String), [bool; 2]> = BTreeMap::new();
            for n in 0..all.unwrap_or(SOME) {
                let mut completed = world.clone();
                // Every way is a number whose digits are the ways of the single facts.
                let mut rest = n;
                for (_, ways) in &unknown {
                    let way = if all.is_some() { rest % ways.len() } else { dice.below(ways.len()) };
                    rest /= ways.len();
                    ways[way](&mut completed);
                }
                let says = Verdict::of(&rules.check(&completed.request, &completed.state()));
                let context = || format!("{edition}: {said:?} then {says:?} in {completed:?}");
                prop_assert!(is_subsequence(&said.violations, &says.violations), "{}", context());
                for violation in
                    says.violations.iter().filter(|violation| !said.violations.contains(violation))
                {
                    let open = (violation.0.clone(), violation.2.clone());
                    prop_assert!(
                        said.unverified.contains(&open),
                        "{:?} comes from nowhere: {}",
                        violation,
                        context()
                    );
                }
                if is_source_known(&completed) {
                    prop_assert!(says.unverified.is_empty(), "something is not known yet: {}", context());
                } else {
                    prop_assert!(is_subsequence(&says.unverified, &said.unverified), "{}", context());
                    seen.unsettled += 1;
                }
                for open in &said.unverified {
                    let is_broken =
                        says.violations.iter().any(|found| (&found.0, &found.2) == (&open.0, &open.1));
                    if is_broken || !says.unverified.contains(open) {
                        answers.entry(open).or_default()[usize::from(is_broken)] = true;
                    }
                }
                seen.completions += 1;
            }
            for ((rule, _), [kept, broken]) in &answers {
                if *kept {
                    seen.kept.insert(rule.clone());
                }
                if *broken {
                    seen.broken.insert(rule.clone());
                }
            }
            if all.is_some() {
                seen.exhausted += 1;
                seen.open += said.unverified.len();
                seen.had_both += answers.values().filter(|answers| **answers == [true, true]).count();
            }
            seen.states += 1;
            Ok(())
        });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let seen = seen.into_inner();
    println!(
        "{} states with something unknown, {} of them completed in every way; {} completions, {} of them with an \
         unknown source; of {} questions that were open, {} had both answers",
        seen.states, seen.exhausted, seen.completions, seen.unsettled, seen.open, seen.had_both
    );
    assert!(seen.states >= 2_000 && seen.exhausted >= 100 && seen.completions >= 10 * seen.states);
    let can_be_open: BTreeSet<String> = history::can_be_unverified().into_iter().map(str::to_owned).collect();
    assert_eq!(seen.broken, can_be_open, "what was open is broken in some completion");
    assert_eq!(seen.kept, can_be_open, "what was open is kept in some completion");
}

/// The facts that can be missing before any that a rule needs of its own: the list that may have
/// the image, which of its records is meant, and whether there is such a region.
const BEFORE_ANY: [&str; 3] = ["every image of ", "the request's `Region`: ", "the region "];

/// The texts in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Everything that is left open says which fact is missing, and in which record: a region of the
/// state or an image of the call.
#[test]
fn what_an_unverified_rule_needs_is_a_fact_of_a_record() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeSet<(String, &str)> = BTreeSet::new();
    for _ in 0..2_000 {
        let (edition, world) = any_dated_world().new_tree(&mut runner).unwrap().current();
        let report = page(edition).check(&world.request, &world.state());
        for open in report.unverified() {
            let (rule, needs) = (open.rule(), open.needs());
            let facts = history::rule(rule).needs;
            let facts =
                facts.unwrap_or_else(|| panic!("tests/support/history.rs does not say what {rule} needs"));
            let name_rules = ["image-quota", "image-name-unique"];
            let before = if name_rules.contains(&rule) { &BEFORE_ANY[2..] } else { &BEFORE_ANY[..] };
            let said: Vec<&str> =
                facts.iter().chain(before).copied().filter(|fact| needs.contains(fact)).collect();
            assert!(!said.is_empty(), "{rule} needs no fact of its own: {needs}");
            seen.extend(said.iter().map(|fact| (rule.to_owned(), *fact)));
            if rule == "region-required" {
                continue;
            }
            // A region that is not listed is one that the call names.
            let named = world.request.destination_regions.iter().chain(&world.request.region);
            let named: Vec<&str> =
                named.map(|name| &**name).filter(|name| quoted(needs).contains(name)).collect();
            // The record stands right behind the fact.
            for fact in &said {
                let (_, rest) = needs.split_once(fact).unwrap();
                // No region is listed that could have it: then it is a record of any region.
                if ["every region", "its images may be in every region"]
                    .iter()
                    .any(|any| rest.starts_with(any))
                {
                    continue;
                }
                // Its region stands before it, and is looked at there.
                let is_behind = rest.starts_with("it in the state") || rest.starts_with("it in a state");
                if is_behind && said.contains(&BEFORE_ANY[2]) {
                    continue;
                }
                let record = quoted(rest).first().copied().unwrap_or_default();
                assert!(rest.starts_with('`') || *fact == BEFORE_ANY[1], "{rule}: {needs}");
                let is_region = world.regions.iter().any(|region| region.region == record);
                let is_image = world.request.image_ids.iter().any(|id| id == record);
                let is_named = named.contains(&record);
                assert!(is_region || is_image || is_named, "{rule}: `{record}` is no record: {needs}");
            }
            // And there is a region in it, whatever else.
            let regions = world.regions.iter().filter(|region| quoted(needs).contains(&&*region.region));
            let is_any_region = needs.contains("every region");
            assert!(regions.count() > 0 || !named.is_empty() || is_any_region, "{rule}: {needs}");
            assert!(needs.matches('`').count().is_multiple_of(2), "{needs}");
        }
    }
    // Each of them came, so that none is a fact that nothing needs.
    for rule in history::RULES {
        for fact in rule.needs.unwrap_or_default() {
            assert!(seen.contains(&(rule.id.to_owned(), *fact)), "{} never needs {fact}", rule.id);
        }
    }
    for (rule, fact) in ["image-custom", "image-custom", "destination-available"].into_iter().zip(BEFORE_ANY)
    {
        assert!(seen.contains(&(rule.to_owned(), fact)), "{rule} never needs {fact}");
    }
}

/// An image in more regions than are followed: nothing is said of its facts, even
/// where every record agrees.
#[test]
fn an_image_in_very_many_regions_is_left_open() {
    for (regions, size, rules) in [
        (32, 50, vec![]),
        (33, 50, vec!["image-custom", "image-state-normal", "image-size"]),
        (33, 20, vec!["image-custom", "image-state-normal", "image-size"]),
    ] {
        let names: Vec<String> = (0..regions).map(|n| format!("ap-{n}")).collect();
        let images = names.iter().map(|name| Image::new(name.as_str(), "img-o3ycss2p").with_image_size(size));
        let known = names.iter().map(Region::new).chain([Region::new("ap-shanghai")]);
        let state = State::new(known, images).unwrap();
        let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
        let says = Verdict::of(&check(&request, &state));
        assert_eq!(says, judge(Edition::FIRST, &request, &state));
        let open: Vec<&str> = says.unverified.iter().map(|open| &*open.0).collect();
        assert_eq!(open, rules, "{regions} regions");
        assert_eq!(says.violations.len(), usize::from(rules.is_empty()), "{regions} regions");
    }
}

/// What the oracle silences, by a table of this test: where the loud rule is broken nothing is said
/// of the silent one, and where it may be broken nothing certain.
#[test]
fn the_oracle_silences_on_the_same_parameter_alone() {
    let of = |violations: &[(&str, &str)], unverified: &[(&str, &str)]| {
        let own = |text: &str| text.to_owned();
        Verdict {
            violations: violations.iter().map(|(rule, at)| (own(rule), own("Code"), own(at))).collect(),
            unverified: unverified.iter().map(|(rule, at)| (own(rule), own(at))).collect(),
        }
    };
    let verdict = of(
        &[("loud", "A.0"), ("silent", "A.0"), ("silent", "A.1"), ("silent", "A.2"), ("other", "A.0")],
        &[("loud", "A.1"), ("silent", "A.0"), ("silent", "A.3")],
    );
    assert_eq!(verdict.clone().silenced(&[]), verdict);
    assert_eq!(
        verdict.silenced(&[("loud", &["silent"])]),
        of(
            &[("loud", "A.0"), ("silent", "A.2"), ("other", "A.0")],
            &[("loud", "A.1"), ("silent", "A.3"), ("silent", "A.1")],
        )
    );
}
