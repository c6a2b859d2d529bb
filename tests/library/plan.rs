//! Plans: rows of calls, each checked against what the accepted ones before it leave behind.
#![cfg(feature = "proptest")]

use std::collections::BTreeMap;

use presync::check::plan::{self, Plan};
use presync::generators::strategies;
use presync::{
    AccountQuota, Check, Edition, ErrorCode, Facts, Finding, Findings, Image, ImageType, Parameter,
    PartialRequest, QuotaLimit, Region, RegionQuota, Report, Ruleset, State, SyncRequest, Takes, Used,
    check_fn,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::history;

const IDS: [&str; 3] = ["img-o3ycss2p", "img-34vaef8f", "img-a1b2c3d4"];
const SOURCE: &str = "ap-guangzhou";
const NONE: [&str; 0] = [];

/// Three images in the source region, and two other regions with so much of their quotas free.
fn state(free: [u64; 2]) -> State {
    let regions = [SOURCE, "ap-shanghai", "ap-beijing"].map(Region::new);
    let images =
        IDS.map(|id| Image::new(SOURCE, id).with_image_name(format!("name-of-{id}")).with_image_size(20));
    let quotas = ["ap-shanghai", "ap-beijing"]
        .into_iter()
        .zip(free)
        .map(|(region, free)| RegionQuota::new(region).with_used(20 - free));
    let quota = AccountQuota::default().with_image_num_quota(20).with_regions(quotas);
    State::from_records(regions, images, quota, []).unwrap()
}

fn latest() -> Ruleset {
    Ruleset::documented(Edition::LATEST)
}

/// A call that says where its image is.
fn to(id: &str, region: &str) -> SyncRequest {
    SyncRequest::new(id, [region]).with_region(SOURCE)
}

fn named(id: &str, region: &str, name: &str) -> SyncRequest {
    let mut call = to(id, region);
    call.image_name = Some(name.to_owned());
    call
}

/// For each call its violations: rule, parameter, hint.
fn outcome(
    calls: &[SyncRequest],
    state: &State,
    rules: &Ruleset,
) -> Vec<Vec<(String, String, Option<String>)>> {
    let reports = plan::check(rules, calls, state);
    assert_eq!(reports.len(), calls.len());
    let violations = reports.iter().map(|report| {
        let one = |violation: &presync::Violation| {
            let hint = violation.hint().map(str::to_owned);
            (violation.rule().to_owned(), violation.parameter().to_string(), hint)
        };
        report.violations().iter().map(one).collect()
    });
    violations.collect()
}

fn violation(rule: &str, parameter: &str, hint: Option<&str>) -> (String, String, Option<String>) {
    (rule.to_owned(), parameter.to_owned(), hint.map(str::to_owned))
}

#[test]
fn the_places_run_out_and_the_calls_that_took_them_are_named() {
    let calls = plan::split(IDS, ["ap-shanghai", "ap-beijing"]);
    let full = |subscript: usize, hint| {
        violation("image-quota", &format!("DestinationRegions.{subscript}"), Some(hint))
    };
    let none = Vec::new();
    assert_eq!(
        outcome(&calls, &state([2, 9]), &Ruleset::default()),
        [none.clone(), none.clone(), vec![full(0, "requests 1 and 2 of the plan copy images to it")]]
    );
    // The second call is refused for one region and then takes no place in the other either.
    let one = "request 1 of the plan copies an image to it";
    assert_eq!(
        outcome(&calls, &state([1, 2]), &Ruleset::default()),
        [none.clone(), vec![full(0, one)], vec![full(0, one)]]
    );
    // What was full before the plan is nobody's doing.
    let before = vec![violation("image-quota", "DestinationRegions.0", None)];
    assert_eq!(
        outcome(&calls, &state([0, 9]), &Ruleset::default()),
        [before.clone(), before.clone(), before]
    );
}

#[test]
fn only_the_first_few_calls_are_named() {
    let calls = vec![SyncRequest::new(IDS[0], ["ap-shanghai"]); 11];
    let found = outcome(&calls, &state([10, 0]), &Ruleset::default());
    assert!(found[..10].iter().all(Vec::is_empty));
    let hint = "requests 1, 2, 3, 4, 5, 6, 7, 8 and others of the plan copy images to it";
    assert_eq!(found[10], [violation("image-quota", "DestinationRegions.0", Some(hint))]);
}

#[test]
fn as_many_calls_as_are_named_have_no_others() {
    let calls = vec![SyncRequest::new(IDS[0], ["ap-shanghai"]); 9];
    let found = outcome(&calls, &state([8, 0]), &Ruleset::default());
    let hint = "requests 1, 2, 3, 4, 5, 6, 7 and 8 of the plan copy images to it";
    assert_eq!(found[8], [violation("image-quota", "DestinationRegions.0", Some(hint))]);
}

#[test]
fn every_name_of_a_plan_is_remembered() {
    let calls = ["a", "b", "c", "d"].map(|name| named(IDS[0], "ap-shanghai", name));
    let all: Vec<SyncRequest> = calls.iter().chain(&calls).cloned().collect();
    let found = outcome(&all, &state([9, 9]), &latest());
    assert!(found[..4].iter().all(Vec::is_empty));
    for (number, found) in (1..).zip(&found[4..]) {
        let hint = format!("request {number} of the plan takes this name");
        assert_eq!(*found, [violation("image-name-unique", "ImageName", Some(&hint))]);
    }
}

#[test]
fn a_name_is_taken_by_the_call_that_gave_or_kept_it() {
    let taken = |hint| vec![violation("image-name-unique", "ImageName", hint)];
    let calls = [
        named(IDS[0], "ap-shanghai", "base"),
        named(IDS[1], "ap-shanghai", "base"),
        // Another region, and another name.
        named(IDS[1], "ap-beijing", "base"),
        named(IDS[1], "ap-shanghai", "Base"),
        // A copy without a name of its own keeps that of its source.
        to(IDS[2], "ap-shanghai"),
        named(IDS[0], "ap-shanghai", "name-of-img-a1b2c3d4"),
    ];
    let mut expected = vec![Vec::new(); 6];
    expected[1] = taken(Some("request 1 of the plan takes this name"));
    expected[5] = taken(Some("request 5 of the plan takes this name"));
    assert_eq!(outcome(&calls, &state([9, 9]), &latest()), expected);
    // To keep a name that is taken is no fault, and the name stays taken once.
    let calls = [
        to(IDS[2], "ap-shanghai"),
        to(IDS[2], "ap-shanghai"),
        named(IDS[0], "ap-shanghai", "name-of-img-a1b2c3d4"),
    ];
    let both = taken(Some("requests 1 and 2 of the plan take this name"));
    assert_eq!(outcome(&calls, &state([9, 9]), &latest()), [Vec::new(), Vec::new(), both]);
}

#[test]
fn a_copy_whose_name_is_not_known_may_have_any() {
    let mut unnamed = Image::new(SOURCE, IDS[0]);
    unnamed.image_name = None;
    let state = State::new([SOURCE, "ap-shanghai"].map(Region::new), [unnamed]).unwrap();
    let rules = latest();
    let mut plan = Plan::new(&rules, state);
    let other = named(IDS[0], "ap-shanghai", "base");
    assert!(plan.check(&to(IDS[0], "ap-shanghai")).unverified().is_empty());
    let report = plan.check(&other);
    assert!(report.accepted());
    assert_eq!(report.unverified()[0].rule(), "image-name-unique");
    // Of the second call it is not sure that it is accepted: it takes its name and its place
    // from nobody for certain.
    assert_eq!(plan.state().account_quota().regions[0].in_flight_names, [None]);
    assert_eq!(plan.state().account_quota().regions[0].in_flight, 1);
}

const FIRST: &str = "the outcome of request 1 of the plan";

/// Rule, parameter, needs.
fn open(report: &Report) -> Vec<(&str, String, &str)> {
    let open = report.unverified().iter();
    open.map(|open| (open.rule(), open.parameter().to_string(), open.needs())).collect()
}

fn quota_open(needs: &str) -> (&str, String, &str) {
    ("image-quota", "DestinationRegions.0".to_owned(), needs)
}

#[test]
fn a_call_that_may_be_refused_leaves_the_quota_of_later_ones_unverified() {
    let rules = Ruleset::default();
    // The size of the first image is not known; those of the others are.
    let start = |free: [u64; 2]| {
        let state = state(free);
        let mut images = state.images().to_vec();
        images[0].image_size = None;
        let (regions, quota) = (state.regions().to_vec(), state.account_quota().clone());
        State::from_records(regions, images, quota, []).unwrap()
    };
    let [unsure, second, third] = IDS.map(|id| to(id, "ap-shanghai"));
    let mut plan = Plan::new(&rules, start([1, 1]));
    assert_eq!(open(&plan.check(&unsure))[0].0, "image-size");
    assert_eq!(open(&plan.check(&second)), [quota_open(FIRST)]);
    // It is the first of several that is named; a call to another region is not concerned.
    assert_eq!(open(&plan.check(&third)), [quota_open(FIRST)]);
    assert_eq!(open(&plan.check(&to(IDS[1], "ap-beijing"))), []);
    // No place is taken for certain but the last one.
    let in_flight =
        |plan: &Plan<&Ruleset>| plan.state().account_quota().regions.iter().map(|q| q.in_flight).collect();
    let taken: Vec<u64> = in_flight(&plan);
    assert_eq!(taken, [0, 1]);

    // Where both have room whatever becomes of the first, nothing is left open.
    let mut plan = Plan::new(&rules, start([2, 0]));
    assert!(plan.check(&unsure).accepted());
    assert_eq!(open(&plan.check(&second)), []);
    assert_eq!(open(&plan.check(&third)), [quota_open(FIRST)]);

    // A certain call takes the last place for certain, whatever came before it.
    let mut plan = Plan::new(&rules, start([1, 0]));
    assert!(plan.check(&second).accepted());
    assert_eq!(plan.check(&unsure).violations()[0].rule(), "image-quota");
    let refused = plan.check(&third);
    assert_eq!(refused.violations()[0].hint(), Some("request 1 of the plan copies an image to it"));
    assert_eq!(open(&refused), []);

    // A trial takes no place.
    let trial = unsure.clone().with_dry_run(true);
    let latest = Ruleset::documented(Edition::new(2022, 9).unwrap());
    let start = |encrypted| {
        let mut image = state([1, 0]).images()[0].clone();
        image.encrypted = encrypted;
        let images = [image, state([1, 0]).images()[1].clone()];
        let (regions, quota) = (state([1, 0]).regions().to_vec(), state([1, 0]).account_quota().clone());
        State::from_records(regions, images, quota, []).unwrap()
    };
    for (first, expected) in [(trial, vec![]), (unsure, vec![quota_open(FIRST)])] {
        let mut plan = Plan::new(&latest, start(None));
        assert_eq!(open(&plan.check(&first))[0].0, "image-encrypted");
        assert_eq!(open(&plan.check(&second)), expected);
    }
}

#[test]
fn a_call_that_may_be_refused_leaves_its_name_unverified() {
    let rules = latest();
    let mut image = Image::new(SOURCE, IDS[0]).with_image_name("base");
    image.encrypted = None;
    let images = [image, Image::new(SOURCE, IDS[1])];
    let regions = [SOURCE, "ap-shanghai", "ap-beijing"].map(Region::new);
    let state = State::new(regions, images).unwrap();
    let name_open = |needs| ("image-name-unique", "ImageName".to_owned(), needs);
    for (first, name) in [(named(IDS[0], "ap-shanghai", "copy"), "copy"), (to(IDS[0], "ap-shanghai"), "base")]
    {
        let mut plan = Plan::new(&rules, state.clone());
        assert_eq!(open(&plan.check(&first))[0].0, "image-encrypted");
        assert_eq!(open(&plan.check(&named(IDS[1], "ap-shanghai", name))), [name_open(FIRST)]);
        assert_eq!(open(&plan.check(&named(IDS[1], "ap-shanghai", "other"))), []);
        assert_eq!(open(&plan.check(&named(IDS[1], "ap-beijing", name))), []);
        // What was taken for certain since is taken.
        let again = plan.check(&named(IDS[1], "ap-shanghai", "other"));
        assert_eq!(again.violations()[0].hint(), Some("request 3 of the plan takes this name"));
    }
}

#[test]
fn an_image_without_a_name_takes_none() {
    let state = State::new([SOURCE, "ap-shanghai"].map(Region::new), [Image::new(SOURCE, IDS[0])]).unwrap();
    let after = state.after(&SyncRequest::new(IDS[0], ["ap-shanghai"]));
    let mut expected = RegionQuota::new("ap-shanghai");
    expected.in_flight = 1;
    assert_eq!(after.account_quota().regions, [expected]);
}

#[test]
fn a_trial_leaves_nothing_behind() {
    let mut call = to(IDS[0], "ap-shanghai");
    call.dry_run = Some(true);
    let calls = vec![call.clone(); 3];
    assert!(outcome(&calls, &state([1, 0]), &latest()).iter().all(Vec::is_empty));
    assert_eq!(state([1, 0]).after(&call), state([1, 0]));
    call.dry_run = Some(false);
    assert_ne!(state([1, 0]).after(&call), state([1, 0]));
}

#[test]
fn a_region_that_is_named_twice_takes_one_place_and_one_that_is_unknown_none() {
    let call = SyncRequest::new(IDS[0], ["ap-shanghai", "ap-nowhere", "ap-shanghai"]);
    let after = state([2, 2]).after(&call);
    let in_flight: Vec<u64> = after.account_quota().regions.iter().map(|quota| quota.in_flight).collect();
    assert_eq!(in_flight, [1, 0]);
    assert_eq!(after.regions(), state([2, 2]).regions());
}

#[test]
fn each_image_of_a_call_takes_a_place() {
    let call = to(IDS[0], "ap-shanghai").with_image_ids([IDS[0], IDS[1]]);
    let after = state([9, 9]).after(&call);
    let in_flight: Vec<u64> = after.account_quota().regions.iter().map(|quota| quota.in_flight).collect();
    assert_eq!(in_flight, [2, 0]);
}

#[test]
fn counts_do_not_run_over() {
    let full = RegionQuota::new("ap-shanghai").with_in_flight(u64::MAX);
    let quota = AccountQuota::default().with_regions([full]);
    let state = State::from_records([Region::new("ap-shanghai")], [], quota, []).unwrap();
    let after = state.after(&SyncRequest::new(IDS[0], ["ap-shanghai"]));
    assert_eq!(after.account_quota().regions[0].in_flight, u64::MAX);
}

#[test]
fn a_call_that_was_not_read_keeps_its_number() {
    let rules = Ruleset::default();
    let mut plan = Plan::new(&rules, state([1, 0]));
    plan.skip();
    let call = SyncRequest::new(IDS[0], ["ap-shanghai"]);
    assert!(plan.check(&call).accepted());
    assert_eq!(plan.check(&call).violations()[0].hint(), Some("request 2 of the plan copies an image to it"));
}

#[test]
fn a_call_that_a_client_does_not_make_keeps_its_number() {
    let rules = Ruleset::default();
    let mut plan = Plan::new(&rules, state([1, 0]));
    assert!(plan.check_partial(&PartialRequest::new(to(IDS[0], SOURCE)).leaving_out_source()).accepted());
    let call = SyncRequest::new(IDS[0], ["ap-shanghai"]);
    assert!(plan.check(&call).accepted());
    assert_eq!(plan.check(&call).violations()[0].hint(), Some("request 2 of the plan copies an image to it"));
}

#[test]
fn a_call_that_may_not_be_made_leaves_the_quota_of_later_ones_unverified() {
    let rules = Ruleset::default();
    let mut plan = Plan::new(&rules, state([1, 0]));
    let report = plan.check_partial(&PartialRequest::new(to(IDS[0], "ap-shanghai")).perhaps("a choice"));
    assert!(report.accepted() && report.is_verified(), "{report}");
    let report = plan.check(&to(IDS[1], "ap-shanghai"));
    assert!(report.accepted());
    assert_eq!(open(&report), [quota_open(FIRST)]);
}

/// Lets one copy be on its way at a time.
struct OneAtATime(ErrorCode);

impl Check for OneAtATime {
    fn id(&self) -> &str {
        "acme/one-at-a-time"
    }

    fn code(&self, _: Edition) -> &ErrorCode {
        &self.0
    }

    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
        if facts.state().account_quota().regions.iter().any(|quota| quota.in_flight > 0) {
            let parameter = Parameter::DESTINATION_REGIONS.element(0);
            findings.violation(Finding::new(parameter, "a copy is on its way"));
        }
    }

    fn takes(&self) -> Option<Takes> {
        Some(Takes::Quota)
    }
}

#[test]
fn a_check_of_ones_own_says_what_calls_take_from_it() {
    let code: ErrorCode = "Acme.Busy".parse().unwrap();
    let rules = Ruleset::default().with_check(check_fn("acme/never", code.clone(), |_, _| {})).unwrap();
    let rules = rules.with_check(OneAtATime(code)).unwrap();
    let calls = [to(IDS[0], "ap-shanghai"), to(IDS[1], "ap-shanghai")];
    let hint = Some("request 1 of the plan copies an image to it");
    let busy = violation("acme/one-at-a-time", "DestinationRegions.0", hint);
    assert_eq!(outcome(&calls, &state([9, 9]), &rules), [vec![], vec![busy]]);
}

#[test]
fn what_is_split_is_one_call_for_each_image() {
    let calls = plan::split(IDS, vec!["ap-shanghai".to_owned()]);
    assert_eq!(calls, IDS.map(|id| SyncRequest::new(id, ["ap-shanghai"])));
    assert_eq!(plan::split(IDS, NONE)[2], SyncRequest::new(IDS[2], NONE));
    assert!(plan::split(NONE, ["ap-shanghai"]).is_empty());
    assert!(plan::check(&Ruleset::default(), &[], &State::default()).is_empty());
}

/// Calls that often go well together with a state, the state, and a page.
fn plans() -> impl Strategy<Value = (Vec<SyncRequest>, State, Edition)> {
    let good = strategies::any_edition()
        .prop_flat_map(|edition| (strategies::accepted_under(edition), Just(edition)));
    let others = prop::collection::vec(strategies::any_request(), 0..6);
    let picks = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..12);
    // Few places are left, so that they run out.
    let scarce = prop::option::of(0_u64..3);
    (good, others, picks, strategies::any_state(), prop::bool::weighted(0.75), scarce).prop_map(
        |(((call, state), edition), others, picks, other, keep, scarce)| {
            let mut state = if keep { state } else { other };
            if let Some(places) = scarce {
                let mut quota = state.account_quota().clone();
                for region in &mut quota.regions {
                    if let Used::Count(count) = region.used {
                        let taken = count.saturating_add(region.in_flight);
                        region.image_num_quota = QuotaLimit::Count(taken.saturating_add(places));
                    }
                }
                let (regions, images) = (state.regions().to_vec(), state.images().to_vec());
                let routes = state.blocked_routes().to_vec();
                state = State::from_records(regions, images, quota, routes).unwrap();
            }
            let calls = picks
                .into_iter()
                .map(|(which, is_good)| match others.as_slice() {
                    [_, ..] if !is_good => which.get(&others).clone(),
                    _ => call.clone(),
                })
                .collect();
            (calls, state, edition)
        },
    )
}

/// What the plans that are generated are about comes often enough: calls that are accepted one
/// after another, and calls that would be accepted alone and are not, because the places or
/// the name are gone by then.
#[test]
fn the_plans_are_about_something() {
    let mut runner = TestRunner::deterministic();
    let (mut accepted_after_another, mut no_place_left, mut name_gone) = (0, 0, 0);
    for _ in 0..500 {
        let (calls, state, edition) = plans().new_tree(&mut runner).unwrap().current();
        let rules = Ruleset::documented(edition);
        let reports = plan::check(&rules, &calls, &state);
        accepted_after_another += usize::from(reports.iter().filter(|report| report.accepted()).count() > 1);
        for (call, report) in calls.iter().zip(&reports) {
            if rules.check(call, &state).accepted() {
                let is_by = |rule: &str| report.violations().iter().any(|violation| violation.rule() == rule);
                no_place_left += usize::from(is_by("image-quota"));
                name_gone += usize::from(is_by("image-name-unique"));
            }
        }
    }
    println!(
        "{accepted_after_another} plans, {no_place_left} calls without a place, {name_gone} without the name"
    );
    assert!(accepted_after_another > 50 && no_place_left > 50 && name_gone > 50);
}

/// How many custom images, and copies on their way, each region has by the state, where it says so.
fn taken(state: &State) -> BTreeMap<String, u64> {
    let mut taken = BTreeMap::new();
    for region in state.regions() {
        let quota = state.account_quota().regions.iter().find(|quota| quota.region == region.region);
        let is_custom = |image: &&Image| {
            image.region == region.region && image.image_type == Some(ImageType::PRIVATE_IMAGE)
        };
        let listed = state.images().iter().filter(is_custom).count();
        let used = match quota.map_or(Used::AsListed, |quota| quota.used) {
            Used::Count(count) => count,
            Used::AsListed => u64::try_from(listed).unwrap(),
            _ => continue,
        };
        taken.insert(region.region.clone(), used.saturating_add(quota.map_or(0, |quota| quota.in_flight)));
    }
    taken
}

fn limit(state: &State, region: &str, edition: Edition) -> u64 {
    let quota = state.account_quota().regions.iter().find(|quota| quota.region == region);
    let own = quota.map_or(QuotaLimit::Default, |quota| quota.image_num_quota);
    let limit = if own == QuotaLimit::Default { state.account_quota().image_num_quota } else { own };
    match limit {
        QuotaLimit::Default => history::quota(edition),
        QuotaLimit::Count(limit) => limit,
        QuotaLimit::Unknown => u64::MAX,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// What a plan says of a call is what the rules say of it on the state that the accepted ones
    /// before it leave, as long as each is accepted or refused for certain.
    #[test]
    fn a_plan_is_a_row_of_checks((calls, state, edition) in plans()) {
        let rules = Ruleset::documented(edition);
        let reports = plan::check(&rules, &calls, &state);
        let mut moment = state.clone();
        for (call, report) in calls.iter().zip(&reports) {
            let alone = rules.check(call, &moment);
            if report.accepted() && !report.unverified().is_empty() {
                break;
            }
            prop_assert_eq!(report.accepted(), alone.accepted());
            prop_assert_eq!(report.unverified(), alone.unverified());
            prop_assert_eq!(report.violations().len(), alone.violations().len());
            for (in_plan, alone) in report.violations().iter().zip(alone.violations()) {
                prop_assert_eq!(in_plan.to_string(), alone.to_string());
            }
            if alone.accepted() {
                let before = moment.clone();
                let after = moment.after(call);
                prop_assert_eq!(&moment, &before, "a state is not changed by what comes after it");
                moment = after;
            }
        }
        // A plan of one is a check.
        prop_assert_eq!(plan::check(&rules, &calls[..1], &state), [rules.check(&calls[0], &state)]);
    }

    /// What was brought up to date in place is what is made anew from the records.
    #[test]
    fn a_state_that_was_added_to_is_as_good_as_a_new_one(
        (calls, state, edition) in plans(), probes in prop::collection::vec(strategies::any_request(), 4)
    ) {
        let rules = Ruleset::documented(edition);
        let mut plan = Plan::new(&rules, state);
        for call in &calls {
            // What may have happened or not is in no record.
            let report = plan.clone().check(call);
            if !report.accepted() || report.unverified().is_empty() {
                plan.check(call);
            }
        }
        let anew: State = serde_json::from_str(&serde_json::to_string(plan.state()).unwrap()).unwrap();
        prop_assert_eq!(&anew, plan.state());
        for probe in calls.iter().chain(&probes) {
            prop_assert_eq!(rules.check(probe, &anew), rules.check(probe, plan.state()));
            prop_assert_eq!(anew.after(probe), plan.state().after(probe));
        }
    }

    /// No region that had room before a plan has more images than its quota after it,
    /// if nothing was left open.
    #[test]
    fn no_plan_that_passes_exceeds_a_quota((calls, state, edition) in plans()) {
        let rules = Ruleset::documented(edition).strict();
        let mut plan = Plan::new(&rules, state.clone());
        let before = taken(&state);
        for call in &calls {
            plan.check(call);
            for (region, taken) in taken(plan.state()) {
                let limit = limit(&state, &region, edition);
                prop_assert!(taken <= limit || taken == before[&region], "{}: {} of {}", region, taken, limit);
            }
        }
    }
}

#[test]
fn a_copy_from_a_region_that_is_not_known_may_have_any_name() {
    let regions = [
        Region::new("ap-guangzhou").with_images_complete(false),
        Region::new("ap-shanghai"),
        Region::new("ap-beijing"),
    ];
    let image = Image::new("ap-shanghai", "img-o3ycss2p").with_image_size(20).with_image_name("base");
    let state = State::new(regions, [image]).unwrap();
    let rules = Ruleset::documented(Edition::new(2022, 8).unwrap());
    let first = SyncRequest::new("img-o3ycss2p", ["ap-beijing"]);
    let second =
        SyncRequest::new("img-o3ycss2p", ["ap-beijing"]).with_region("ap-shanghai").with_image_name("web");
    let is_open = |first: PartialRequest| {
        let mut plan = Plan::new(&rules, state.clone());
        plan.check_partial(&first);
        let report = plan.check(&second);
        report.unverified().iter().any(|unverified| unverified.rule() == "image-name-unique")
    };
    let unknown = PartialRequest::new(first.clone()).unknown(Parameter::REGION, "the region of the provider");
    assert!(is_open(unknown), "the image of another region may be called `web`");
    // Where the region is known, so is the name of the copy.
    assert!(!is_open(PartialRequest::new(first.with_region("ap-shanghai"))));
}

/// What a request that may be refused leaves in doubt: the names that its copies
/// would have, and no other.
#[test]
fn the_names_that_a_call_may_have_taken_are_in_doubt() {
    // Whether images can go there is not known, and so no fate is.
    let regions = |is_complete: bool| {
        [SOURCE, "ap-shanghai", "ap-beijing"].map(|region| {
            let is_complete = is_complete || region != "ap-beijing";
            Region::new(region).with_image_sync(None).with_images_complete(is_complete)
        })
    };
    let images = |image_type: ImageType| {
        [(IDS[0], "base"), (IDS[1], "db"), (IDS[2], "")].map(|(id, name)| {
            let image = Image::new(SOURCE, id).with_image_name(name).with_image_size(20);
            image.with_image_type(image_type.clone())
        })
    };
    let rules = latest().without("image-single").unwrap().without("image-custom").unwrap();
    let rules = rules.without("image-required").unwrap().without("region-required").unwrap();
    let in_doubt = |state: &State, first: PartialRequest| -> Vec<&str> {
        let mut plan = Plan::new(&rules, state.clone());
        let report = plan.check_partial(&first);
        assert!(report.accepted() && !report.is_verified(), "{first:?} {report}");
        let names = ["base", "db", "web", "other"].into_iter();
        let is_open = |name: &&str| {
            let report = plan.clone().check(&named(IDS[2], "ap-shanghai", name));
            report.unverified().iter().any(|open| open.rule() == "image-name-unique")
        };
        names.filter(is_open).collect()
    };
    let (private, public) = (ImageType::PRIVATE_IMAGE, ImageType::PUBLIC_IMAGE);
    let call = || to(IDS[0], "ap-shanghai");
    let any = ["base", "db", "web", "other"];
    for (image_type, is_complete) in [(&private, true), (&private, false), (&public, true), (&public, false)]
    {
        let state = State::new(regions(is_complete), images(image_type.clone())).unwrap();
        let doubt = |request: &PartialRequest| in_doubt(&state, request.clone());
        let whole = |request: SyncRequest| PartialRequest::new(request);
        assert_eq!(doubt(&whole(call())), ["base"]);
        assert_eq!(doubt(&whole(call().with_image_name("web"))), ["web"]);
        assert_eq!(doubt(&whole(call().with_image_name(""))), ["base"]);
        assert_eq!(doubt(&whole(to(IDS[2], "ap-shanghai"))), NONE);
        assert_eq!(doubt(&whole(call().with_image_ids([IDS[0], IDS[1], IDS[2]]))), ["base", "db"]);
        assert_eq!(doubt(&whole(call().with_image_ids(NONE))), any);
        assert_eq!(doubt(&whole(call()).unknown(Parameter::IMAGE_NAME, "a name")), any);
        // An image that is not known may have any name.
        let second = Parameter::IMAGE_IDS.element(1);
        assert_eq!(doubt(&whole(call().with_image_ids([IDS[0], ""])).unknown(second, "an image")), any);
        assert_eq!(doubt(&whole(call()).unknown(Parameter::IMAGE_IDS, "the images")), any);
        // In a region that is not known the image may be another one, if it may be there.
        let somewhere = whole(call()).unknown(Parameter::REGION, "the region");
        assert_eq!(doubt(&somewhere), if is_complete { &["base"][..] } else { &any });
    }
}

/// A name that two copies may have taken stays in doubt when one of them ended.
#[test]
fn a_name_is_in_doubt_until_the_last_copy_that_may_have_it_ended() {
    let regions = [SOURCE, "ap-shanghai"].map(|region| Region::new(region).with_image_sync(None));
    let images = IDS.map(|id| Image::new(SOURCE, id).with_image_name("base").with_image_size(20));
    let mut plan = Plan::new(latest(), State::new(regions, images).unwrap());
    assert!(plan.check(&named(IDS[0], "ap-shanghai", "web")).accepted());
    assert!(plan.check(&named(IDS[1], "ap-shanghai", "web")).accepted());
    assert!(plan.check(&named(IDS[1], "ap-shanghai", "db")).accepted());
    let is_open = |plan: &Plan<Ruleset>| {
        let report = plan.clone().check(&named(IDS[2], "ap-shanghai", "web"));
        report.unverified().iter().any(|open| open.rule() == "image-name-unique")
    };
    for is_still_open in [true, false] {
        assert!(is_open(&plan));
        plan.state_mut().copy_failed("ap-shanghai", Some("web")).unwrap();
        assert_eq!(is_open(&plan), is_still_open);
    }
}

/// Where it would not be known anyway, no earlier request is named for it.
#[test]
fn a_quota_that_is_not_known_needs_the_number_of_images_first() {
    let regions = [SOURCE, "ap-shanghai"].map(|region| Region::new(region).with_image_sync(None));
    let image = Image::new(SOURCE, IDS[0]).with_image_name("base").with_image_size(20);
    let quota = RegionQuota::new("ap-shanghai").with_used(Used::Unknown).with_image_num_quota(1);
    let state = |used| {
        let quota = AccountQuota::default().with_regions([quota.clone().with_used(used)]);
        State::from_records(regions.clone(), [image.clone()], quota, []).unwrap()
    };
    let rules = Ruleset::default();
    for (used, needs) in [
        (Used::Unknown, "the number of custom images in `ap-shanghai` (`Used` in the state)"),
        (Used::Count(0), FIRST),
    ] {
        let mut plan = Plan::new(&rules, state(used));
        assert!(plan.check(&to(IDS[0], "ap-shanghai")).accepted());
        let report = plan.check(&to(IDS[0], "ap-shanghai"));
        assert!(open(&report).contains(&quota_open(needs)), "{report}");
    }
}
