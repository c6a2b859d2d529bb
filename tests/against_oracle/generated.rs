//! What generated values are made of: the simplest of all is the ordinary one, what a failure needs
//! is all that is left, and every kind that is promised comes in the share that is promised.

#![cfg(all(feature = "proptest", feature = "arbitrary"))]

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use presync::generators::{Pair, strategies};
use presync::{
    Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionState, Ruleset, State, SyncRequest,
    Used, rules,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::history::{self, months};
use crate::support::values::samples;

fn ordinary_request() -> SyncRequest {
    SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou")
}

fn ordinary_state() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)]).unwrap()
}

fn ordinary() -> (SyncRequest, State) {
    (ordinary_request(), ordinary_state())
}

/// What a value shrinks to if every value fails.
fn simplest<S: Strategy>(strategy: S) -> S::Value {
    shrunk(strategy, |_| true)
}

/// What the first value that fails shrinks to.
fn shrunk<S: Strategy>(strategy: S, fails: impl Fn(&S::Value) -> bool) -> S::Value {
    let mut runner = TestRunner::deterministic();
    let mut trees = (0..10_000).map(|_| strategy.new_tree(&mut runner).unwrap());
    let mut tree = trees.find(|tree| fails(&tree.current())).expect("one fails");
    let mut goes_on = tree.simplify();
    while goes_on {
        goes_on = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
    }
    tree.current()
}

#[test]
fn everything_shrinks_to_the_ordinary_case() {
    assert_eq!(simplest(strategies::any_request()), ordinary_request());
    assert_eq!(simplest(strategies::any_state()), ordinary_state());
    for month in months() {
        assert_eq!(simplest(strategies::accepted_under(month)), ordinary(), "{month}");
        assert_eq!(simplest(strategies::any_pair_under(month)), ordinary(), "{month}");
    }
    // Bytes that are not there are the ordinary case.
    let mut none = Unstructured::new(&[]);
    assert_eq!(SyncRequest::arbitrary(&mut none).unwrap(), ordinary_request());
    assert_eq!(State::arbitrary(&mut none).unwrap(), ordinary_state());
    let pair = Pair::arbitrary(&mut none).unwrap();
    assert_eq!((pair.request, pair.state), ordinary());
}

/// All that a failure does not need is ordinary.
#[test]
fn what_a_failure_needs_is_all_that_is_left() {
    let request = |fails: fn(&SyncRequest) -> bool| shrunk(strategies::any_request(), fails);
    // The destination is one that is not the source, whichever that is.
    let is_to_another = |request: &SyncRequest| {
        request.region.is_some() && request.region.as_ref() != request.destination_regions.first()
    };
    for (which, region) in ["ap-guangzhou", "ap-shanghai", "ap-hongkong"].into_iter().enumerate() {
        let of_region: [fn(&SyncRequest) -> bool; 3] = [
            |request| request.region.as_deref() == Some("ap-guangzhou"),
            |request| request.region.as_deref() == Some("ap-shanghai"),
            |request| request.region.as_deref() == Some("ap-hongkong"),
        ];
        let found = request(of_region[which]);
        let expected = ordinary_request().with_region(region);
        assert!(is_to_another(&found), "{found:?}");
        assert_eq!(found.with_destination_regions(["ap-shanghai"]), expected);
    }
    assert_eq!(request(|request| request.region.is_none()).region, None);
    assert_eq!(request(|request| request.encrypt == Some(false)), ordinary_request().with_encrypt(false));
    assert_eq!(
        request(|request| request.kms_key_id.is_some()),
        ordinary_request().with_kms_key_id("00000000-0000-0000-0000-000000000000")
    );
    assert_eq!(
        request(|request| request.image_ids.len() > 1),
        ordinary_request().with_image_ids(["img-o3ycss2p", "img-o3ycss2p"])
    );

    let latest = || strategies::accepted_under(Edition::LATEST);
    let to_its_own = ordinary_request().with_destination_regions(["ap-guangzhou"]);
    let shared = Image::new("ap-guangzhou", "img-o3ycss2p")
        .with_image_size(20)
        .with_image_type(ImageType::SHARED_IMAGE);
    let of_shared = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [shared]).unwrap();
    assert_eq!(
        shrunk(latest(), |(request, _)| request.encrypt == Some(true)),
        (to_its_own.clone().with_encrypt(true), ordinary_state())
    );
    assert_eq!(
        shrunk(latest(), |(request, state)| {
            request.encrypt != Some(true) && state.images()[0].image_type == Some(ImageType::SHARED_IMAGE)
        }),
        (to_its_own, of_shared)
    );
    assert_eq!(
        shrunk(latest(), |(request, _)| request.kms_key_id.is_some() && request.encrypt.is_none()),
        (ordinary_request().with_kms_key_id("00000000-0000-0000-0000-000000000000"), ordinary_state())
    );

    // A request and a state that were not made as an accepted pair are an accepted one too.
    for month in [Edition::FIRST, Edition::LATEST] {
        let is_limited =
            |state: &State| matches!(state.account_quota().image_num_quota, QuotaLimit::Count(1..));
        let (request, state) = shrunk(strategies::any_pair_under(month), |(_, state)| is_limited(state));
        assert_eq!(request, ordinary_request(), "{month}");
        assert_eq!(state.regions(), ordinary_state().regions(), "{month}");
        assert_eq!(state.images(), ordinary_state().images(), "{month}");
        assert!(Ruleset::documented(month).check(&request, &state).accepted(), "{month}");
    }
}

/// Where the request alone can break a rule, the simplest state is the ordinary one;
/// elsewhere the request is.
#[test]
fn the_simplest_fault_changes_the_request_or_the_state() {
    for month in history::changes() {
        let needs_shared_image = month < history::page("2024-10");
        for rule in rules::all() {
            let Some(pairs) = strategies::with_fault_under(rule.id(), month) else { continue };
            let (request, state) = simplest(pairs);
            let said = format!("{month}: {}: {request:?}, {state:?}", rule.id());
            match rule.id() {
                "image-exists"
                | "image-custom"
                | "image-state-normal"
                | "image-size"
                | "destination-available"
                | "image-quota"
                | "image-encrypted" => {
                    assert_eq!(request, ordinary_request(), "{said}");
                }
                "destination-source-only" if needs_shared_image => {
                    assert_eq!(request, ordinary_request(), "{said}");
                }
                // The name is taken by a copy that is on its way.
                "image-name-unique" => assert_eq!(state.images(), ordinary_state().images(), "{said}"),
                _ => assert_eq!(state, ordinary_state(), "{said}"),
            }
        }
    }
}

/// The facts that are missing in a pair that is ordinary in all else, by what they are called.
fn missing(request: &SyncRequest, state: &State) -> Vec<&'static str> {
    let listed = |name: &str| state.regions().iter().find(|region| region.region == name);
    let named: Vec<&Image> =
        state.images().iter().filter(|image| image.image_id == request.image_ids[0]).collect();
    let is_open = |region: &Region| !region.images_complete;
    let is_any_image = named.is_empty() && state.regions().iter().all(is_open);
    let is_unsent = request.region.is_none() && !request.has_no_region;
    let to = listed(&request.destination_regions[0]).unwrap();
    let quotas = || state.account_quota().regions.iter().filter(|quota| quota.region == to.region);
    let is_other = |name: &String| !state.regions_complete() && listed(name).is_none();
    let facts = [
        ("ImageName", named.iter().any(|image| image.image_name.is_none())),
        ("ImageType", named.iter().any(|image| image.image_type.is_none())),
        ("ImageState", named.iter().any(|image| image.image_state.is_none())),
        ("ImageSize", named.iter().any(|image| image.image_size.is_none())),
        ("Encrypted", named.iter().any(|image| image.encrypted.is_none())),
        ("ImageSync", to.image_sync.is_none()),
        ("RegionState", to.region_state.is_none()),
        ("Region", is_unsent && named.len() == 1),
        ("Region of two images", is_unsent && named.len() == 2),
        ("Region of any image", is_unsent && is_any_image),
        ("any image", !is_unsent && is_any_image),
        ("a source that may be new", request.region.as_ref().is_some_and(is_other)),
        ("a destination that may be new", request.destination_regions.iter().any(is_other)),
        ("Used", quotas().any(|quota| quota.used == Used::Unknown)),
        (
            "Used as listed",
            !named.is_empty() && quotas().any(|quota| quota.used == Used::AsListed) && is_open(to),
        ),
        ("ImageNumQuota", quotas().any(|quota| quota.image_num_quota == QuotaLimit::Unknown)),
        ("the name of a copy", quotas().any(|quota| quota.in_flight_names.contains(&None))),
        (
            "the name of an image",
            state.images().iter().any(|image| image.region == to.region && image.image_name.is_none()),
        ),
    ];
    facts.into_iter().filter(|(_, is_missing)| *is_missing).map(|(fact, _)| fact).collect()
}

const FACTS: [&str; 18] = [
    "ImageName",
    "ImageType",
    "ImageState",
    "ImageSize",
    "Encrypted",
    "ImageSync",
    "RegionState",
    "Region",
    "Region of two images",
    "Region of any image",
    "any image",
    "a source that may be new",
    "a destination that may be new",
    "Used",
    "Used as listed",
    "ImageNumQuota",
    "the name of a copy",
    "the name of an image",
];

/// Before all else, a failure is tried on pairs in which one rule is broken and all else is
/// ordinary, and on pairs in which one fact is missing.
#[test]
fn first_tries_have_one_fault_or_one_missing_fact() {
    for (month, asked_by_no_rule) in [
        (
            Edition::FIRST,
            &["ImageName", "Encrypted", "Region", "the name of a copy", "the name of an image"][..],
        ),
        (Edition::LATEST, &["ImageName", "ImageSize"]),
    ] {
        let rules = Ruleset::documented(month);
        let mut tree = strategies::any_pair_under(month).new_tree(&mut TestRunner::deterministic()).unwrap();
        assert!(tree.simplify());
        let (mut broken, mut unknown, mut new_ones) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        while tree.current() != ordinary() {
            let (request, state) = tree.current();
            let report = rules.check(&request, &state);
            let said = format!("{month}: {request:?}, {state:?}: {report:?}");
            assert!(state.regions().len() == 2 && state.images().len() <= 2, "{said}");
            match report.violations() {
                [] => {
                    let facts = missing(&request, &state);
                    assert_eq!(facts.len(), 1, "{facts:?}: {said}");
                    let is_asked = !asked_by_no_rule.contains(&facts[0]);
                    assert_eq!(!report.unverified().is_empty(), is_asked, "{facts:?}: {said}");
                    unknown.extend(facts);
                    if !state.regions_complete() {
                        new_ones.extend(request.region.into_iter().chain(request.destination_regions));
                    }
                }
                [violation] => {
                    assert!(report.unverified().is_empty(), "{said}");
                    broken.insert(violation.rule().to_owned());
                }
                _ => panic!("{said}"),
            }
            tree.complicate();
        }
        let can_be_broken: BTreeSet<String> = rules::all()
            .filter(|rule| strategies::with_fault_under(rule.id(), month).is_some())
            .map(|rule| rule.id().to_owned())
            .collect();
        assert_eq!(broken, can_be_broken, "{month}");
        assert_eq!(unknown, FACTS.into(), "{month}");
        // A region that may be new is one that other states list, or one that none does.
        new_ones.retain(|name| name != "ap-guangzhou" && name != "ap-shanghai");
        assert!(new_ones.remove("ap-nowhere") && !new_ones.is_empty(), "{month}: {new_ones:?}");
        assert!(new_ones.is_subset(&regions()), "{month}: {new_ones:?}");
    }
}

/// The regions that generated states list.
fn regions() -> BTreeSet<String> {
    let states = samples(strategies::any_state(), 50);
    states
        .flat_map(|state| state.regions().iter().map(|region| region.region.clone()).collect::<Vec<_>>())
        .collect()
}

/// How often each kind comes, beside how often it is promised to, in percent.
#[derive(Default)]
struct Shares {
    count: u32,
    kinds: Vec<(&'static str, f64, u32)>,
}

impl Shares {
    fn add<const KINDS: usize>(&mut self, kinds: [(&'static str, f64, bool); KINDS]) {
        if self.kinds.is_empty() {
            self.kinds = kinds.iter().map(|(kind, promised, _)| (*kind, *promised, 0)).collect();
        }
        self.count += 1;
        for ((_, _, seen), (_, _, is_so)) in self.kinds.iter_mut().zip(kinds) {
            *seen += u32::from(is_so);
        }
    }

    /// Within five times the deviation that chance has, and what a promise is rounded by.
    fn are_as_promised(&self, of: &str) {
        let count = f64::from(self.count);
        for (kind, promised, seen) in &self.kinds {
            let share = promised / 100.0;
            let expected = count * share;
            let off = 5.0 * (expected * (1.0 - share)).sqrt() + expected / 20.0;
            assert!(
                *seen > 0 && (f64::from(*seen) - expected).abs() <= off,
                "{of}: {kind}: {seen} of {}, promised {promised} %",
                self.count
            );
        }
        assert!(!self.kinds.is_empty(), "{of}");
    }
}

#[test]
fn requests_are_right_and_wrong_in_the_shares_that_are_promised() {
    let listed = regions();
    let mut shares = Shares::default();
    for request in samples(strategies::any_request(), 3_000) {
        let name = request.image_name.as_deref();
        let key = request.kms_key_id.as_deref();
        let has_later = request.dry_run.or(request.image_set_required).or(request.encrypt).is_some()
            || name.or(key).is_some();
        assert!(request.region.is_none() || !request.has_no_region, "{request:?}");
        shares.add([
            ("the right version", 80.0, request.version.as_deref() == Some("2017-03-12")),
            ("no version", 8.0, request.version.is_none()),
            ("no region", 44.0, request.region.is_none()),
            ("no region in a header", 22.0, request.has_no_region),
            ("a listed region", 42.0, request.region.as_ref().is_some_and(|region| listed.contains(region))),
            ("a zone", 1.3, request.region.as_deref() == Some("ap-shanghai-2")),
            ("no image", 1.5, request.image_ids.is_empty()),
            ("one image", 88.0, request.image_ids.len() == 1),
            ("two images", 10.0, request.image_ids.len() == 2),
            ("a wrong id", 2.9, request.image_ids.iter().any(|id| id == "IMG-A1B2C3D4")),
            ("no destination", 1.1, request.destination_regions.is_empty()),
            ("one destination", 46.0, request.destination_regions.len() == 1),
            ("several destinations", 52.5, request.destination_regions.len() > 1),
            ("a later parameter", 37.0, has_later),
            ("DryRun", 25.0, request.dry_run.is_some()),
            ("ImageSetRequired", 25.0, request.image_set_required.is_some()),
            ("Encrypt", 12.5, request.encrypt == Some(true)),
            ("Encrypt, which is false", 12.5, request.encrypt == Some(false)),
            ("ImageName", 19.0, name.is_some()),
            ("a name that is given", 4.7, name == Some("base")),
            ("a name that is too long", 1.8, name.is_some_and(|name| name.chars().count() == 61)),
            ("KmsKeyId", 19.0, key.is_some()),
            ("a right key", 14.0, key.is_some_and(|key| key.len() == 36 && !key.ends_with('g'))),
        ]);
    }
    shares.are_as_promised("any_request");
}

#[test]
fn states_are_ordinary_and_not_in_the_shares_that_are_promised() {
    let [mut states, mut regions, mut images, mut quotas, mut names] = [(); 5].map(|()| Shares::default());
    for state in samples(strategies::any_state(), 1_500) {
        let account = state.account_quota();
        states.add([
            ("one region", 0.7, state.regions().len() == 1),
            ("no image", 0.6, state.images().is_empty()),
            ("other regions", 19.0, !state.regions_complete()),
            ("a blocked route", 63.0, !state.blocked_routes().is_empty()),
            ("the documented quota", 44.0, account.image_num_quota == QuotaLimit::Default),
            ("a quota", 44.0, matches!(account.image_num_quota, QuotaLimit::Count(_))),
            ("any quota", 12.5, account.image_num_quota == QuotaLimit::Unknown),
        ]);
        for region in state.regions() {
            regions.add([
                ("has a quota", 50.0, account.regions.iter().any(|quota| quota.region == region.region)),
                ("ImageSync is unknown", 9.4, region.image_sync.is_none()),
                ("no ImageSync", 9.4, region.image_sync == Some(false)),
                ("images are not complete", 14.0, !region.images_complete),
                ("custom images are", 7.0, region.custom_images_complete),
                ("RegionState is unknown", 5.9, region.region_state.is_none()),
                ("unavailable", 9.9, region.region_state == Some(RegionState::UNAVAILABLE)),
            ]);
        }
        for image in state.images() {
            images.add([
                ("ImageName is unknown", 12.5, image.image_name.is_none()),
                ("ImageType is unknown", 7.8, image.image_type.is_none()),
                ("shared", 7.9, image.image_type == Some(ImageType::SHARED_IMAGE)),
                ("ImageState is unknown", 7.8, image.image_state.is_none()),
                ("syncing", 4.4, image.image_state == Some(ImageState::SYNCING)),
                ("ImageSize is unknown", 15.0, image.image_size.is_none()),
                ("large", 48.0, image.image_size.is_some_and(|size| size >= 50)),
                ("Encrypted is unknown", 12.5, image.encrypted.is_none()),
                ("encrypted", 12.5, image.encrypted == Some(true)),
            ]);
        }
        for quota in &account.regions {
            quotas.add([
                ("as many as are listed", 25.0, quota.used == Used::AsListed),
                ("a number of images", 53.0, matches!(quota.used, Used::Count(_))),
                ("any number", 22.0, quota.used == Used::Unknown),
                ("the account's quota", 44.0, quota.image_num_quota == QuotaLimit::Default),
                ("a quota", 44.0, matches!(quota.image_num_quota, QuotaLimit::Count(_))),
                ("any quota", 12.5, quota.image_num_quota == QuotaLimit::Unknown),
                ("no copy", 7.3, quota.in_flight == 0),
                // No more names than copies.
                ("no name", 38.0, quota.in_flight_names.is_empty()),
                ("one name", 33.0, quota.in_flight_names.len() == 1),
                ("two names", 28.5, quota.in_flight_names.len() == 2),
            ]);
            for name in &quota.in_flight_names {
                names.add([
                    ("unknown", 20.0, name.is_none()),
                    ("given", 20.0, name.as_deref() == Some("base")),
                    ("long", 15.0, name.as_ref().is_some_and(|name| name.chars().count() > 59)),
                ]);
            }
        }
    }
    states.are_as_promised("states");
    regions.are_as_promised("regions");
    images.are_as_promised("images");
    quotas.are_as_promised("quotas");
    names.are_as_promised("names");
}

#[test]
fn accepted_pairs_are_of_every_kind_in_the_shares_that_are_promised() {
    let [mut first, mut latest, mut images, mut quotas] = [(); 4].map(|()| Shares::default());
    for (request, _) in samples(strategies::accepted(), 500) {
        first.add([
            ("the region is sent", 50.0, request.region.is_some()),
            ("one destination", 70.0, request.destination_regions.len() == 1),
        ]);
    }
    let rules = Ruleset::documented(Edition::LATEST);
    for (request, state) in samples(strategies::accepted_under(Edition::LATEST), 1_000) {
        let report = rules.check(&request, &state);
        assert!(report.accepted() && report.unverified().is_empty(), "{request:?}, {state:?}: {report:?}");
        let source = request.region.clone().expect("the page asks for it");
        let is_encrypting = request.encrypt == Some(true);
        let in_source = || state.images().iter().filter(|image| image.region == source);
        let name = request.image_name.as_deref().filter(|name| !name.is_empty());
        let is_key = |key: &String| key.len() == 36 && !key.ends_with('g');
        let is_shared = in_source().all(|image| has_type(image, &ImageType::SHARED_IMAGE));
        latest.add([
            ("a custom image to other regions", 50.0, !request.destination_regions.contains(&source)),
            ("a shared image to its own", 25.0, is_shared && !is_encrypting),
            ("an encrypted copy", 25.0, is_encrypting),
            (
                "of a custom image",
                12.5,
                is_encrypting && has_type(in_source().next().unwrap(), &ImageType::PRIVATE_IMAGE),
            ),
            ("a name", 50.0, request.image_name.is_some()),
            ("a key", 50.0, request.kms_key_id.is_some()),
            ("a key that is none", 19.0, request.kms_key_id.as_ref().is_some_and(|key| !is_key(key))),
            ("one image", 25.0, in_source().count() == 1),
            ("four images", 25.0, in_source().count() == 4),
            ("an image elsewhere", 55.0, state.images().iter().any(|image| image.region != source)),
            (
                "an image that is not custom has the name, where the copy goes",
                7.3,
                state.images().iter().any(|image| {
                    request.destination_regions.contains(&image.region)
                        && name.is_some()
                        && image.image_name.as_deref() == name
                        && !has_type(image, &ImageType::PRIVATE_IMAGE)
                }),
            ),
        ]);
        for image in in_source() {
            images.add([
                ("ImageSize is unknown", 10.0, image.image_size.is_none()),
                ("large", 45.0, image.image_size.is_some_and(|size| size >= 50)),
            ]);
        }
        for quota in &state.account_quota().regions {
            quotas.add([
                ("as many as are listed", 19.0, quota.used == Used::AsListed),
                ("all are on their way", 7.0, quota.used == Used::Count(0) && quota.in_flight > 0),
                ("two names", 20.0, quota.in_flight_names.len() == 2),
            ]);
        }
    }
    first.are_as_promised("2017-03");
    latest.are_as_promised("the latest page");
    images.are_as_promised("images");
    quotas.are_as_promised("quotas");
}

#[test]
fn pairs_are_accepted_refused_or_open_in_the_shares_that_are_promised() {
    for month in [Edition::FIRST, Edition::LATEST] {
        let rules = Ruleset::documented(month);
        let mut shares = Shares::default();
        for (request, state) in samples(strategies::any_pair_under(month), 1_500) {
            assert!(!state.regions().is_empty(), "{month}: {request:?}");
            let report = rules.check(&request, &state);
            let (broken, open) = (report.violations().len(), report.unverified().len());
            shares.add([
                ("accepted", 35.0, broken == 0 && open == 0),
                ("refused for one reason", 52.0, broken == 1 && open == 0),
                ("accepted but for what is unknown", 3.0, broken == 0 && open > 0),
                ("refused for several reasons", 4.0, broken > 1),
            ]);
        }
        shares.are_as_promised(&month.to_string());
    }
}

/// Every way in which a rule can be broken comes.
#[test]
fn a_rule_is_broken_in_each_of_its_ways() {
    let of = |rule: &str, month: Edition| {
        samples(strategies::with_fault_under(rule, month).unwrap(), 100).collect::<Vec<_>>()
    };
    let all = |pairs: &[(SyncRequest, State)], ways: &[fn(&SyncRequest, &State) -> bool]| {
        for (way, is_so) in ways.iter().enumerate() {
            let times = pairs.iter().filter(|(request, state)| is_so(request, state)).count();
            assert!(times > 5 && times < 95, "way {way} comes {times} times");
        }
    };
    for month in [Edition::FIRST, Edition::LATEST] {
        all(
            &of("destination-available", month),
            &[
                |_, state| state.regions().iter().any(|region| region.image_sync == Some(false)),
                |_, state| {
                    state.regions().iter().any(|region| region.region_state == Some(RegionState::UNAVAILABLE))
                },
                |_, state| !state.blocked_routes().is_empty(),
            ],
        );
    }
    all(
        &of("destination-source-only", Edition::LATEST),
        &[
            |request, state| {
                request.encrypt == Some(true) && is_of_type(request, state, &ImageType::PRIVATE_IMAGE)
            },
            |request, state| {
                request.encrypt != Some(true) && is_of_type(request, state, &ImageType::SHARED_IMAGE)
            },
        ],
    );
    all(
        &of("image-name-unique", Edition::LATEST),
        &[|request, state| {
            let is_name = |name: &Option<String>| *name == request.image_name;
            let mut quotas = state.account_quota().regions.iter();
            quotas.any(|quota| {
                request.destination_regions.contains(&quota.region)
                    && quota.in_flight_names.iter().any(is_name)
            })
        }],
    );
    all(
        &of("parameter-known", Edition::FIRST),
        &[
            |request, _| request.dry_run == Some(true),
            |request, _| request.dry_run == Some(false),
            |request, _| request.image_name.is_some(),
            |request, _| request.kms_key_id.is_some(),
        ],
    );
}

fn is_of_type(request: &SyncRequest, state: &State, image_type: &ImageType) -> bool {
    let mut images = state.images().iter().filter(|image| image.image_id == request.image_ids[0]);
    images.any(|image| has_type(image, image_type))
}

fn has_type(image: &Image, image_type: &ImageType) -> bool {
    image.image_type.as_ref() == Some(image_type)
}
