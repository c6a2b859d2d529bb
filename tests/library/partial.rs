//! Requests with unknown parts: what is said of them holds whatever those parts turn out to be.
#![cfg(feature = "proptest")]

use std::collections::BTreeSet;

use presync::check::plan::Plan;
use presync::generators::strategies;
use presync::{
    AccountQuota, Check, Edition, ErrorCode, Facts, Finding, Findings, Image, Parameter, PartialRequest,
    Region, Report, Ruleset, State, SyncRequest, Unverified, Used, Violation, check_fn, rules,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::history;

const NEEDS: &str = "what is known later";
const NONE: [&str; 0] = [];

/// A partial request, and one of the requests that it may turn out to be.
#[derive(Clone, Debug)]
struct Case {
    /// The request before anything was taken out.
    known: SyncRequest,
    partial: PartialRequest,
    /// Nothing where no call is made.
    completed: Option<SyncRequest>,
    /// Whether every element has the subscript that it had.
    is_exact: bool,
    state: State,
    edition: Edition,
}

/// Which parameters are not known.
#[derive(Clone, Debug)]
struct Mask {
    scalars: Vec<bool>,
    images: Vec<bool>,
    destinations: Vec<bool>,
    are_images_open: bool,
    are_destinations_open: bool,
    leaves_out_source: bool,
}

fn mask() -> impl Strategy<Value = Mask> {
    let often = || prop::bool::weighted(0.3);
    (vec(often(), 7), vec(often(), 3), vec(often(), 6), prop::bool::weighted(0.1), often(), often()).prop_map(
        |(scalars, images, destinations, are_images_open, are_destinations_open, leaves_out_source)| Mask {
            scalars,
            images,
            destinations,
            are_images_open,
            are_destinations_open,
            leaves_out_source,
        },
    )
}

/// Requests, often for an image that is there, from where it is, with the later parameters.
fn request(state: &State) -> impl Strategy<Value = SyncRequest> + use<> {
    let later = (
        any::<Option<bool>>(),
        option::of(select(vec![
            "",
            "base",
            "base-v2",
            "a-name-of-more-than-sixty-characters-which-is-too-long-since-2025-04",
        ])),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        option::of(select(vec!["00000000-0000-0000-0000-000000000000", "alias/key"])),
    );
    let images: Vec<(String, String)> =
        state.images().iter().map(|image| (image.region.clone(), image.image_id.clone())).collect();
    let regions: Vec<String> = state.regions().iter().map(|region| region.region.clone()).collect();
    (strategies::any_request(), later, any::<Index>(), vec(any::<Index>(), 0..4), 0..4_u8).prop_map(
        move |(mut request, later, image, destinations, how)| {
            let (dry_run, image_name, image_set_required, encrypt, kms_key_id) = later;
            if how < 3 && !images.is_empty() {
                let (region, id) = image.get(&images).clone();
                request.image_ids = vec![id];
                request.region = (how < 2).then_some(region);
                request.destination_regions =
                    destinations.iter().map(|index| index.get(&regions).clone()).collect();
            }
            if how != 1 {
                request.dry_run = dry_run;
                request.image_name = image_name.map(str::to_owned);
                request.image_set_required = image_set_required;
                request.encrypt = encrypt;
                request.kms_key_id = kms_key_id.map(str::to_owned);
            }
            request
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    (strategies::any_state(), select(history::changes()))
        .prop_flat_map(|(state, edition)| {
            (request(&state), request(&state), mask(), Just(state), Just(edition))
        })
        .prop_map(|(known, other, mask, state, edition)| complete(known, &other, &mask, state, edition))
}

/// Gives the first request a value of the second.
type Fill = fn(&mut SyncRequest, &SyncRequest);
type List = fn(&mut SyncRequest) -> &mut Vec<String>;

/// Takes what the mask says out of a request, and fills it with what another one has.
fn complete(known: SyncRequest, other: &SyncRequest, mask: &Mask, state: State, edition: Edition) -> Case {
    let mut completed = known.clone();
    let mut partial = PartialRequest::new(known.clone());
    let scalars: [(Parameter, Fill); 7] = [
        (Parameter::VERSION, |to, from| to.version.clone_from(&from.version)),
        (Parameter::REGION, |to, from| {
            to.region.clone_from(&from.region);
            to.has_no_region = from.has_no_region;
        }),
        (Parameter::DRY_RUN, |to, from| to.dry_run = from.dry_run),
        (Parameter::IMAGE_NAME, |to, from| to.image_name.clone_from(&from.image_name)),
        (Parameter::IMAGE_SET_REQUIRED, |to, from| to.image_set_required = from.image_set_required),
        (Parameter::ENCRYPT, |to, from| to.encrypt = from.encrypt),
        (Parameter::KMS_KEY_ID, |to, from| to.kms_key_id.clone_from(&from.kms_key_id)),
    ];
    for ((parameter, fill), _) in scalars.into_iter().zip(&mask.scalars).filter(|(_, is_open)| **is_open) {
        partial = partial.unknown(parameter, NEEDS);
        fill(&mut completed, other);
    }
    let mut is_exact = true;
    let lists: [(Parameter, List, &Vec<bool>, bool); 2] = [
        (Parameter::IMAGE_IDS, |request| &mut request.image_ids, &mask.images, mask.are_images_open),
        (
            Parameter::DESTINATION_REGIONS,
            |request| &mut request.destination_regions,
            &mask.destinations,
            mask.are_destinations_open,
        ),
    ];
    for (parameter, list, elements, is_open) in lists {
        let fills = list(&mut other.clone()).clone();
        let old = list(&mut known.clone()).clone();
        let mut new: Vec<String> = Vec::new();
        for (subscript, element) in old.iter().enumerate() {
            if !elements.get(subscript).is_some_and(|is_open| *is_open) {
                new.push(element.clone());
                continue;
            }
            partial = partial.unknown(parameter.clone().element(subscript), NEEDS);
            // The elements of a list are different ones: where the value is there
            // already, it is that one.
            let fill = fills.get(subscript).cloned().unwrap_or_else(|| format!("another-{subscript}"));
            let is_known = |subscript: usize| !elements.get(subscript).is_some_and(|is_open| *is_open);
            let others =
                old.iter().enumerate().filter(|(subscript, _)| is_known(*subscript)).map(|(_, old)| old);
            if parameter == Parameter::IMAGE_IDS || !others.chain(&new).any(|other| *other == fill) {
                new.push(fill);
            } else {
                is_exact = false;
            }
        }
        if is_open {
            partial = partial.unknown(parameter.clone(), NEEDS);
            for fill in fills {
                if parameter == Parameter::IMAGE_IDS || !new.contains(&fill) {
                    new.push(fill);
                }
            }
        }
        *list(&mut completed) = new;
    }
    let mut completed = Some(completed);
    if mask.leaves_out_source {
        partial = partial.leaving_out_source();
        // A client that knows its region has left it out before.
        completed = completed.and_then(|mut request| {
            // Such a client sends its region.
            let region = Some(request.region.clone()?);
            let count = request.destination_regions.len();
            request.destination_regions.retain(|destination| Some(destination) != region.as_ref());
            let is_left = request.destination_regions.len() == count;
            is_exact &= is_left;
            let is_known = partial.needs(&Parameter::REGION).is_none();
            (is_left || (!is_known && !request.destination_regions.is_empty())).then_some(request)
        });
    }
    Case { known, partial, completed, is_exact, state, edition }
}

/// Says what is said of a partial request and does not hold of the completed
/// one, or the other way round.
fn contradiction(before: &Report, after: &Report, is_exact: bool) -> Option<String> {
    let same = |a: &Parameter, b: &Parameter| if is_exact { a == b } else { a.name() == b.name() };
    let equal = |a: &Violation, b: &Violation| {
        a.rule() == b.rule() && a.value() == b.value() && same(a.parameter(), b.parameter())
    };
    let covers = |open: &Unverified, rule: &str, parameter: &Parameter| {
        let list = open.parameter().name() == parameter.name() && open.parameter().subscript().is_none();
        open.rule() == rule && (list || same(open.parameter(), parameter))
    };
    for violation in before.violations() {
        if !after.violations().iter().any(|after| equal(violation, after)) {
            return Some(format!("`{violation}` does not come true"));
        }
    }
    for violation in after.violations() {
        let is_said = before.violations().iter().any(|before| equal(before, violation));
        let is_open = |open: &Unverified| covers(open, violation.rule(), violation.parameter());
        if !is_said && !before.unverified().iter().any(is_open) {
            return Some(format!("`{violation}` was not foreseen"));
        }
    }
    for unverified in after.unverified() {
        let is_open = |open: &Unverified| covers(open, unverified.rule(), unverified.parameter());
        if !before.unverified().iter().any(is_open) {
            return Some(format!("`{unverified}` was not foreseen"));
        }
    }
    None
}

impl Case {
    fn contradiction(&self, rules: &Ruleset) -> Option<String> {
        let before = rules.check_partial(&self.partial, &self.state);
        let after = rules.check(self.completed.as_ref()?, &self.state);
        contradiction(&before, &after, self.is_exact)
            .map(|what| format!("{what}\nbefore: {before:#?}\nafter: {after:#?}"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_said_holds_whatever_the_rest_turns_out_to_be(case in case()) {
        prop_assert_eq!(case.contradiction(&Ruleset::documented(case.edition)), None);
    }

    #[test]
    fn and_so_it_does_where_a_rule_is_left_out(case in case(), index in any::<Index>()) {
        let rules = Ruleset::documented(case.edition);
        let id = index.get(rules.rules()).id();
        prop_assert_eq!(case.contradiction(&rules.without(id).unwrap()), None);
    }

    #[test]
    fn a_request_of_which_all_is_known_is_checked_as_ever(case in case()) {
        let Some(request) = case.completed else { return Ok(()) };
        let rules = Ruleset::documented(case.edition);
        let report = rules.check_partial(&request.clone().into(), &case.state);
        prop_assert_eq!(report, rules.check(&request, &case.state));
    }

    #[test]
    fn findings_come_in_the_order_of_the_rules(case in case()) {
        let rules = Ruleset::documented(case.edition);
        let report = rules.check_partial(&case.partial, &case.state);
        let place = |id: &str, parameter: &Parameter| {
            (rules.rules().iter().position(|rule| rule.id() == id), parameter.subscript())
        };
        let violations: Vec<_> = report.violations().iter().map(|v| place(v.rule(), v.parameter())).collect();
        prop_assert!(violations.is_sorted(), "{:#?}", report);
        let open: Vec<_> = report.unverified().iter().map(|open| place(open.rule(), open.parameter())).collect();
        prop_assert!(open.is_sorted(), "{:#?}", report);
        let distinct: BTreeSet<_> =
            report.unverified().iter().map(|open| (open.rule(), open.parameter())).collect();
        prop_assert_eq!(distinct.len(), open.len());
    }
}

#[test]
fn every_rule_is_met_as_certain_and_as_open_and_so_is_every_parameter() {
    let mut runner = TestRunner::deterministic();
    let (mut certain, mut open, mut gaps) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let cases = case();
    for _ in 0..6_000 {
        let case = cases.new_tree(&mut runner).unwrap().current();
        let report = Ruleset::documented(case.edition).check_partial(&case.partial, &case.state);
        if case.partial.is_whole() {
            continue;
        }
        certain.extend(report.violations().iter().map(|violation| violation.rule().to_owned()));
        // What the state leaves open is not meant.
        let is_ours = |open: &&Unverified| open.needs() == NEEDS;
        open.extend(report.unverified().iter().filter(is_ours).map(|open| open.rule().to_owned()));
        gaps.extend(case.partial.unknowns().map(|(gap, _)| gap.name().to_owned()));
    }
    let checked: BTreeSet<String> =
        history::changes().into_iter().flat_map(|edition| ids(&Ruleset::documented(edition))).collect();
    assert_eq!(certain, checked);
    assert_eq!(open, checked);
    assert_eq!(gaps.len(), 9, "{gaps:?}");
}

fn ids(rules: &Ruleset) -> Vec<String> {
    rules.rules().iter().map(|rule| rule.id().to_owned()).collect()
}

/// Regions, and one image in the first of them.
fn state() -> State {
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    State::new(["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new), [image]).unwrap()
}

fn call(region: Option<&str>, destinations: &[&str]) -> SyncRequest {
    let mut request = SyncRequest::new("img-o3ycss2p", destinations.iter().copied());
    request.region = region.map(str::to_owned);
    request
}

/// What is open, as `rule parameter`.
fn open(report: &Report) -> Vec<String> {
    report.unverified().iter().map(|open| format!("{} {}", open.rule(), open.parameter())).collect()
}

fn broken(report: &Report) -> Vec<String> {
    report
        .violations()
        .iter()
        .map(|violation| format!("{} {}", violation.rule(), violation.parameter()))
        .collect()
}

#[test]
fn an_image_that_is_not_known_leaves_the_destinations_of_the_first_page_alone() {
    let request = PartialRequest::new(call(Some("ap-guangzhou"), &["ap-guangzhou", "ap-shanghai", "gz"]))
        .unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    let report = Ruleset::default().check_partial(&request, &state());
    assert_eq!(
        broken(&report),
        ["destination-exists DestinationRegions.2", "destination-not-source DestinationRegions.0"]
    );
    // Every rule on one image; how many there are is known.
    let of_image = |rules: &Ruleset| -> Vec<String> {
        let on_image = rules.rules().iter().filter(|rule| rule.parameter() == "ImageIds.N");
        let ids =
            on_image.map(|rule| rule.id()).filter(|id| !["image-required", "image-single"].contains(id));
        ids.map(|id| format!("{id} ImageIds.0")).collect()
    };
    let image_rules = ["image-id-format", "image-exists", "image-custom", "image-state-normal", "image-size"];
    assert_eq!(of_image(&Ruleset::default()), image_rules.map(|rule| format!("{rule} ImageIds.0")));
    assert_eq!(open(&report), of_image(&Ruleset::default()));

    // A later page says it of custom images only, and of shared ones the opposite.
    let latest = Ruleset::documented(Edition::LATEST);
    let report = latest.check_partial(&request, &state());
    assert_eq!(broken(&report), ["destination-exists DestinationRegions.2"]);
    let (of_image_found, others): (Vec<_>, Vec<_>) =
        open(&report).into_iter().partition(|open| open.ends_with(" ImageIds.0"));
    assert_eq!(of_image_found, of_image(&latest));
    assert_eq!(
        others,
        ["destination-not-source DestinationRegions.0", "destination-source-only DestinationRegions.1"]
    );
}

#[test]
fn a_flag_that_is_not_known_opens_what_it_could_turn() {
    let mut request = call(Some("ap-guangzhou"), &["ap-guangzhou", "ap-shanghai"]);
    request.kms_key_id = Some("alias/key".to_owned());
    let request = PartialRequest::new(request).unknown(Parameter::ENCRYPT, NEEDS);
    let report = Ruleset::documented(Edition::LATEST).check_partial(&request, &state());
    assert_eq!(broken(&report), [""; 0]);
    assert_eq!(
        open(&report),
        [
            "destination-not-source DestinationRegions.0",
            "destination-source-only DestinationRegions.1",
            "kms-key-format KmsKeyId"
        ]
    );
    assert!(report.unverified().iter().all(|open| open.needs() == NEEDS));
    // A parameter may turn out not to be sent.
    let report = Ruleset::default().check_partial(&request, &state());
    assert_eq!(broken(&report), ["parameter-known KmsKeyId", "destination-not-source DestinationRegions.0"]);
    assert_eq!(open(&report), ["parameter-known Encrypt"]);
}

#[test]
fn a_key_that_is_not_known_is_of_matter_where_there_is_encryption() {
    let rules = Ruleset::documented(Edition::LATEST);
    let mut request = call(Some("ap-guangzhou"), &["ap-guangzhou"]);
    request.encrypt = Some(true);
    let unknown =
        |request: &SyncRequest| PartialRequest::new(request.clone()).unknown(Parameter::KMS_KEY_ID, NEEDS);
    assert_eq!(open(&rules.check_partial(&unknown(&request), &state())), ["kms-key-format KmsKeyId"]);
    request.encrypt = None;
    assert_eq!(open(&rules.check_partial(&unknown(&request), &state())), [""; 0]);
}

#[test]
fn an_element_that_is_not_known_is_still_one() {
    let destination = Parameter::DESTINATION_REGIONS.element(0);
    let request = PartialRequest::new(call(None, &[""])).unknown(destination.clone(), NEEDS);
    let report = Ruleset::default().check_partial(&request, &state());
    assert_eq!(broken(&report), [""; 0]);
    assert!(!open(&report).contains(&"destination-required DestinationRegions.0".to_owned()));

    // Of an element that the list does not have it is not known whether there is one.
    let beyond = PartialRequest::new(call(None, &[])).unknown(destination, NEEDS);
    assert_eq!(beyond.needs(&Parameter::DESTINATION_REGIONS), Some(NEEDS));
    let report = Ruleset::default().check_partial(&beyond, &state());
    assert_eq!(open(&report)[0], "destination-required DestinationRegions");
}

#[test]
fn what_no_request_has_is_not_unknown() {
    let request = PartialRequest::new(call(None, &["ap-shanghai"]));
    assert_eq!(request.clone().unknown(Parameter::ACTION, NEEDS), request);
    assert_eq!(request.clone().unknown(Parameter::named("Nonce"), NEEDS), request);
}

#[test]
fn an_image_may_be_in_a_region_that_the_state_leaves_out() {
    let request = PartialRequest::new(call(None, &["ap-shanghai"])).unknown(Parameter::REGION, NEEDS);
    let of_image = |state: &State| -> Vec<String> {
        let report = Ruleset::documented(Edition::LATEST).check_partial(&request, state);
        open(&report).into_iter().filter(|open| open.ends_with("ImageIds.0")).collect()
    };
    // Wherever it is, it is a custom image that is `NORMAL`; but it may be missing.
    assert_eq!(of_image(&state()), ["image-exists ImageIds.0"]);
    // In a region that the state does not list it may be any image.
    let needs_a_fact = |rule: &&history::Rule| {
        rule.needs.is_some()
            && rule.is_on(Edition::LATEST)
            && rules::find(rule.id).unwrap().parameter() == "ImageIds.N"
    };
    let expected = history::RULES.iter().filter(needs_a_fact).map(|rule| format!("{} ImageIds.0", rule.id));
    let expected: Vec<String> = expected.collect();
    for rule in ["image-exists", "image-custom", "image-state-normal", "image-encrypted"] {
        assert!(expected.contains(&format!("{rule} ImageIds.0")), "{expected:?}");
    }
    assert_eq!(of_image(&state().with_regions_complete(false)), expected);
}

#[test]
fn a_region_with_the_name_of_a_gap_is_not_meant() {
    let regions = ["ap-guangzhou", "?"].map(Region::new);
    let state =
        State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p"), Image::new("?", "?")]).unwrap();
    let request = PartialRequest::new(call(None, &["", "?"]))
        .unknown(Parameter::DESTINATION_REGIONS.element(0), NEEDS)
        .unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    assert_eq!(request.request().destination_regions, ["?"]);
    assert_eq!(request.request().image_ids, [""; 0]);
    let rules = Ruleset::default();
    let report = rules.check_partial(&request, &state);
    assert_eq!(broken(&report), [""; 0]);
    assert!(!open(&report).iter().any(|open| open.starts_with("destination-exists DestinationRegions.1")));

    let mut plan = Plan::new(&rules, state);
    assert!(
        plan.check_partial(
            &PartialRequest::new(call(None, &[""])).unknown(Parameter::DESTINATION_REGIONS.element(0), NEEDS)
        )
        .accepted()
    );
    assert!(
        plan.state().account_quota().regions.is_empty(),
        "no place is taken where the region is not known"
    );
}

#[test]
fn a_client_that_leaves_its_region_out_may_leave_out_each_destination() {
    let request = PartialRequest::new(call(None, &["gz"])).unknown(Parameter::REGION, NEEDS);
    let certain = Ruleset::default().check_partial(&request, &state());
    assert_eq!(broken(&certain), ["destination-exists DestinationRegions.0"]);
    let report = Ruleset::default().check_partial(&request.leaving_out_source(), &state());
    assert_eq!(broken(&report), [""; 0]);
    assert!(open(&report).contains(&"destination-exists DestinationRegions.0".to_owned()));
    assert!(!open(&report).iter().any(|open| open.starts_with("destination-not-source")));
}

/// A check on names of destinations, which says what it looks at.
struct NotShanghai(ErrorCode);

impl Check for NotShanghai {
    fn id(&self) -> &str {
        "acme/not-shanghai"
    }

    fn code(&self, _: Edition) -> &ErrorCode {
        &self.0
    }

    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
        for destination in facts.destinations().filter(|destination| destination.name == "ap-shanghai") {
            findings.violation(Finding::new(destination.parameter(), "not there"));
        }
    }

    fn concerns(&self, parameter: &Parameter) -> bool {
        parameter.name() == Parameter::DESTINATION_REGIONS.name()
    }
}

#[test]
fn a_check_says_what_it_depends_on_or_is_open() {
    let mine = |report: &Report| -> (Vec<String>, Vec<String>) {
        let is_mine = |finding: &String| finding.starts_with("acme/");
        (
            broken(report).into_iter().filter(is_mine).collect(),
            open(report).into_iter().filter(is_mine).collect(),
        )
    };
    let unknown_image = PartialRequest::new(call(None, &["ap-shanghai", "ap-beijing"]))
        .unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    let unknown_region = PartialRequest::new(call(None, &["ap-shanghai", "ap-beijing"]))
        .unknown(Parameter::DESTINATION_REGIONS.element(1), NEEDS);

    let says = Ruleset::default().with_check(NotShanghai("Acme.No".parse().unwrap())).unwrap();
    let violation = vec!["acme/not-shanghai DestinationRegions.0".to_owned()];
    assert_eq!(mine(&says.check_partial(&unknown_image, &state())), (violation.clone(), vec![]));
    let open_element = vec!["acme/not-shanghai DestinationRegions.1".to_owned()];
    assert_eq!(mine(&says.check_partial(&unknown_region, &state())), (violation, open_element));

    let silent = check_fn("acme/silent", "Acme.No".parse().unwrap(), |facts, findings| {
        findings.violation(Finding::new(Parameter::VERSION, "never"));
        for destination in facts.destinations() {
            findings.violation(Finding::new(destination.parameter(), "nowhere"));
        }
    });
    let silent = Ruleset::default().with_check(silent).unwrap();
    assert_eq!(
        mine(&silent.check_partial(&unknown_image, &state())),
        (
            vec![],
            ["Version", "DestinationRegions.0", "ImageIds.0", "DestinationRegions.1"]
                .map(|parameter| format!("acme/silent {parameter}"))
                .into()
        )
    );
}

/// A check on the number of destinations, which says what it looks at.
struct OneDestination(ErrorCode);

impl Check for OneDestination {
    fn id(&self) -> &str {
        "acme/one-destination"
    }

    fn code(&self, _: Edition) -> &ErrorCode {
        &self.0
    }

    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
        if facts.destinations().count() > 1 {
            findings.violation(Finding::new(Parameter::DESTINATION_REGIONS, "too many"));
        }
    }

    fn concerns(&self, parameter: &Parameter) -> bool {
        parameter.name() == Parameter::DESTINATION_REGIONS.name()
    }
}

#[test]
fn what_depends_on_the_destinations_is_open_where_one_may_be_left_out() {
    let rules = Ruleset::default().with_check(OneDestination("Acme.No".parse().unwrap())).unwrap();
    let mut request = call(None, &["ap-shanghai", "ap-beijing"]);
    request.image_ids = vec!["IMG".to_owned()];
    let sent = PartialRequest::new(request).unknown(Parameter::REGION, NEEDS);
    let (whole, format) = ("acme/one-destination DestinationRegions", "image-id-format ImageIds.0");
    let report = rules.check_partial(&sent, &state());
    assert_eq!(broken(&report), [format, whole]);
    // If the source is one of the two, one is left. The id is wrong in any case.
    let report = rules.check_partial(&sent.leaving_out_source(), &state());
    assert_eq!(broken(&report), [format]);
    let whole = report.unverified().iter().find(|open| open.rule() == "acme/one-destination").unwrap();
    assert_eq!((whole.parameter(), whole.needs()), (&Parameter::DESTINATION_REGIONS, NEEDS));
}

#[test]
fn what_is_open_of_a_warning_is_a_warning() {
    let rules = Ruleset::default().with_warning("image-size").unwrap();
    let request = PartialRequest::new(call(None, &["gz"])).unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    let report = rules.check_partial(&request, &state());
    let warnings: Vec<_> =
        report.unverified().iter().filter(|open| open.is_warning()).map(Unverified::rule).collect();
    assert_eq!(warnings, ["image-size"]);
}

#[test]
fn a_call_with_gaps_takes_its_places_in_a_plan() {
    let rules = Ruleset::documented(Edition::LATEST);
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_name("base");
    let quota = AccountQuota::default().with_image_num_quota(1);
    let state = State::from_records(regions, [image], quota, []).unwrap();

    let call = |name: Option<&str>, destination: &str| {
        let mut call = call(Some("ap-guangzhou"), &[destination]);
        call.image_name = name.map(str::to_owned);
        call
    };
    // What is open because of an earlier call.
    let by_first = |report: Report| -> Vec<String> {
        let by_first = |open: &&Unverified| open.needs() == "the outcome of request 1 of the plan";
        assert!(report.accepted(), "{report:#?}");
        report.unverified().iter().filter(by_first).map(|open| open.rule().to_owned()).collect()
    };
    let mut plan = Plan::new(&rules, state.clone());
    let first =
        PartialRequest::new(call(None, "ap-shanghai")).unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    assert_eq!(by_first(plan.check_partial(&first)), NONE);
    assert_eq!(by_first(plan.check_partial(&first)), ["image-quota"]);
    // The image that is not known may have any name, and so may its copy.
    let other = call(Some("y"), "ap-shanghai");
    assert_eq!(by_first(plan.check(&other)), ["image-quota", "image-name-unique"]);
    assert_eq!(by_first(plan.check(&call(Some("y"), "ap-beijing"))), NONE);
    // Nothing has happened for certain but the last of them.
    assert_eq!(plan.state().account_quota().regions.len(), 1);
    assert_eq!(plan.state().account_quota().regions[0].region, "ap-beijing");

    // The name of the image is not that of the copy where the copy may get another one.
    let mut plan = Plan::new(&rules, state.clone());
    let named = PartialRequest::new(call(Some("x"), "ap-shanghai")).unknown(Parameter::IMAGE_NAME, NEEDS);
    assert!(plan.check_partial(&named).accepted());
    assert_eq!(by_first(plan.check(&other)), ["image-quota", "image-name-unique"]);

    // A name that is given is that of the copy, whatever the image is.
    let mut plan = Plan::new(&rules, state.clone());
    let named =
        PartialRequest::new(call(Some("x"), "ap-shanghai")).unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    assert!(plan.check_partial(&named).accepted());
    assert_eq!(by_first(plan.check(&call(Some("x"), "ap-shanghai"))), ["image-quota", "image-name-unique"]);
    assert_eq!(by_first(plan.check(&other)), ["image-quota"]);

    // It may go anywhere, and there may be any number of images.
    let mut anywhere = call(Some("x"), "");
    anywhere.destination_regions.clear();
    let anywhere = PartialRequest::new(anywhere).unknown(Parameter::DESTINATION_REGIONS, NEEDS);
    let mut plan = Plan::new(&rules, state.clone());
    assert!(plan.check_partial(&anywhere).accepted());
    assert_eq!(by_first(plan.check(&call(Some("x"), "ap-beijing"))), ["image-quota", "image-name-unique"]);

    // A trial run leaves nothing behind, and strictly nothing is left behind by what is open.
    let mut trial = call(None, "ap-shanghai");
    trial.dry_run = Some(true);
    let trial = PartialRequest::new(trial).unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    let mut plan = Plan::new(&rules, state.clone());
    assert!(plan.check_partial(&trial).accepted());
    assert_eq!(by_first(plan.check(&other)), NONE);
    let strict = rules.strict();
    let mut plan = Plan::new(&strict, state);
    assert!(!plan.check_partial(&first).accepted());
    assert_eq!(by_first(plan.check(&other)), NONE);
}

/// Calls one after another to one state, each with what it may turn out to be, and whether it is
/// accepted where that is not sure.
fn plan() -> impl Strategy<Value = Vec<(Case, bool)>> {
    let good = select(history::changes())
        .prop_flat_map(|edition| (Just(edition), strategies::accepted_under(edition)));
    // Few places are left, so that they run out.
    (good, 0..3_u64)
        .prop_flat_map(|((edition, (call, state)), places)| {
            let mut quota = state.account_quota().clone();
            for region in &mut quota.regions {
                if let Used::Count(count) = region.used {
                    let taken = count.saturating_add(region.in_flight);
                    region.image_num_quota = taken.saturating_add(places).into();
                }
            }
            let (regions, images) = (state.regions().to_vec(), state.images().to_vec());
            let routes = state.blocked_routes().to_vec();
            let state = State::from_records(regions, images, quota, routes).unwrap();
            let known = prop_oneof![3 => Just(call.clone()), 1 => request(&state)];
            let other = prop_oneof![1 => Just(call), 2 => request(&state)];
            let call = (known, other, option::weighted(0.4, mask()), any::<bool>());
            // The same again.
            let again = vec(option::weighted(0.4, any::<Index>()), 8);
            (vec(call, 2..6), again, Just(state), Just(edition))
        })
        .prop_map(|(calls, again, state, edition)| {
            let mut cases: Vec<(Case, bool)> = Vec::new();
            let none = Mask {
                scalars: Vec::new(),
                images: Vec::new(),
                destinations: Vec::new(),
                are_images_open: false,
                are_destinations_open: false,
                leaves_out_source: false,
            };
            for ((known, other, mask, is_accepted), again) in calls.into_iter().zip(again) {
                let known = match again {
                    Some(index) if !cases.is_empty() => index.get(&cases).0.known.clone(),
                    _ => known,
                };
                let mask = mask.as_ref().unwrap_or(&none);
                cases.push((complete(known, &other, mask, state.clone(), edition), is_accepted));
            }
            cases
        })
}

/// What is said of each call of a plan holds whatever the rest of the calls turns out to be, and
/// whatever becomes of those before it that may be accepted or not.
#[test]
fn what_is_said_of_a_plan_holds_whatever_becomes_of_its_calls() {
    let mut runner = TestRunner::deterministic();
    let plans = plan();
    let (mut uncertain, mut open, mut broken) = (0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..6_000 {
        let cases = plans.new_tree(&mut runner).unwrap().current();
        let (first, _) = &cases[0];
        let rules = Ruleset::documented(first.edition);
        let mut plan = Plan::new(&rules, first.state.clone());
        let mut moment = first.state.clone();
        for (case, is_accepted) in &cases {
            // A client that knows its region has left it out before.
            if case.completed.is_none() && case.partial.needs(&Parameter::REGION).is_none() {
                continue;
            }
            let before = plan.check_partial(&case.partial);
            let ours: Vec<&Unverified> = before
                .unverified()
                .iter()
                .filter(|open| open.needs().starts_with("the outcome of "))
                .collect();
            uncertain += usize::from(!ours.is_empty());
            open.extend(ours.iter().map(|open| open.rule().to_owned()));
            let Some(completed) = &case.completed else { continue };
            let after = rules.check(completed, &moment);
            if let Some(what) = contradiction(&before, &after, case.is_exact) {
                panic!("{what}\nbefore: {before:#?}\nafter: {after:#?}\n{cases:#?}");
            }
            let is_broken =
                |open: &&&Unverified| after.violations().iter().any(|found| found.rule() == open.rule());
            broken.extend(ours.iter().filter(is_broken).map(|open| open.rule().to_owned()));
            if after.accepted() && (after.unverified().is_empty() || *is_accepted) {
                moment = moment.after(completed);
            }
        }
    }
    println!("{uncertain} calls that depend on what becomes of an earlier one");
    assert!(uncertain > 1_000, "{uncertain}");
    let both = ["image-name-unique", "image-quota"].map(str::to_owned).into();
    assert_eq!((&open, &broken), (&both, &both));
}

/// The parameters that are not known.
fn unknowns(request: &PartialRequest) -> Vec<String> {
    request.unknowns().map(|(parameter, needs)| format!("{parameter}: {needs}")).collect()
}

/// The destinations that break `destination-exists`, with their values.
fn unknown_regions(request: &PartialRequest) -> Vec<(String, String)> {
    let report = Ruleset::default().check_partial(request, &state());
    let violations = report.violations().iter().filter(|found| found.rule() == "destination-exists");
    violations.map(|found| (found.parameter().to_string(), found.value().unwrap().to_owned())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(parameter, value)| ((*parameter).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn an_element_that_is_taken_out_leaves_the_others_their_subscripts() {
    let element = |subscript| Parameter::DESTINATION_REGIONS.element(subscript);
    let whole = PartialRequest::new(call(None, &["a", "b", "c", "d"]));
    let request = whole.clone().unknown(element(1), "first");
    assert_eq!(request.request().destination_regions, ["a", "c", "d"]);
    assert_eq!(
        unknown_regions(&request),
        pairs(&[("DestinationRegions.0", "a"), ("DestinationRegions.2", "c"), ("DestinationRegions.3", "d")])
    );
    // The subscripts are those of the list as it was, whichever goes first.
    let expected = pairs(&[("DestinationRegions.1", "b"), ("DestinationRegions.3", "d")]);
    for order in [[0, 2], [2, 0]] {
        let request = order.into_iter().fold(whole.clone(), |request, subscript| {
            request.unknown(element(subscript), format!("number {subscript}"))
        });
        assert_eq!(unknown_regions(&request), expected);
        assert_eq!(unknowns(&request), ["DestinationRegions.0: number 0", "DestinationRegions.2: number 2"]);
    }
    // Once more the same element: only what would settle it is another.
    let again = request.clone().unknown(element(1), "second");
    assert_eq!(again.request(), request.request());
    assert_eq!(unknowns(&again), ["DestinationRegions.1: second"]);
    assert_eq!(unknown_regions(&again), unknown_regions(&request));
    // An element beyond the end stands for the list; those that are known stay.
    let beyond = request.clone().unknown(element(4), "more");
    assert_eq!(beyond.request(), request.request());
    assert_eq!(unknowns(&beyond), ["DestinationRegions: more", "DestinationRegions.1: first"]);
    assert_eq!(unknown_regions(&beyond), unknown_regions(&request));
    // Images are counted in the same way.
    let mut request = call(None, &["ap-shanghai"]);
    request.image_ids = ["x", "img-o3ycss2p", "z"].map(str::to_owned).into();
    let request = PartialRequest::new(request).unknown(Parameter::IMAGE_IDS.element(0), NEEDS);
    let report = Ruleset::default().check_partial(&request, &state());
    assert_eq!(broken(&report), ["image-single ImageIds", "image-id-format ImageIds.2"]);
}

#[test]
fn a_list_is_set_element_by_element() {
    let known = |value: &str| Ok(value.to_owned());
    let unknown = |needs: &str| Err(needs.to_owned());
    let list = Parameter::DESTINATION_REGIONS;
    let element = |subscript| Parameter::DESTINATION_REGIONS.element(subscript);
    let empty = PartialRequest::new(call(None, &["old"]));
    let request = empty.clone().with_list(list.clone(), [unknown("0"), known("b"), unknown("2"), known("d")]);
    assert_eq!(request.request().destination_regions, ["b", "d"]);
    assert_eq!(unknowns(&request), ["DestinationRegions.0: 0", "DestinationRegions.2: 2"]);
    let both = pairs(&[("DestinationRegions.1", "b"), ("DestinationRegions.3", "d")]);
    assert_eq!(unknown_regions(&request), both);
    // It is the list with those elements taken out.
    let taken_out = PartialRequest::new(call(None, &["a", "b", "c", "d"]));
    assert_eq!(taken_out.unknown(element(0), "0").unknown(element(2), "2"), request);

    // Elements can be taken out of it too: a known one, one that is not known,
    // one that it does not have.
    let less = request.clone().unknown(element(1), "1");
    assert_eq!(less.request().destination_regions, ["d"]);
    assert_eq!(unknown_regions(&less), both[1..]);
    let again = request.clone().unknown(element(2), "again");
    assert_eq!(again.needs(&element(2)), Some("again"));
    assert_eq!(unknown_regions(&again), both);
    let beyond = request.clone().unknown(element(4), "more");
    assert_eq!(beyond.needs(&list), Some("more"));
    assert_eq!(unknown_regions(&beyond), both);

    // A list that is set anew forgets what was not known of the one before, and no
    // other parameter's unknowns.
    let anew = request.unknown(Parameter::REGION, NEEDS).with_list(element(3), [known("x")]);
    assert_eq!(unknowns(&anew), [format!("Region: {NEEDS}")]);
    assert_eq!(unknown_regions(&anew), pairs(&[("DestinationRegions.0", "x")]));
    let whole = empty.clone().with_list(list.clone(), [known("a"), known("b")]);
    assert_eq!(whole, PartialRequest::new(call(None, &["a", "b"])));
    assert!(whole.is_whole());
    // No elements are an empty list, and no list is left as it is.
    assert_eq!(empty.clone().with_list(list, []), PartialRequest::new(call(None, &[])));
    for parameter in [Parameter::REGION, Parameter::ENCRYPT, Parameter::ACTION, Parameter::named("Nonce")] {
        assert_eq!(empty.clone().with_list(parameter, [known("a")]), empty);
    }
}

#[test]
fn a_duplicate_names_the_subscript_of_the_whole_list() {
    let request = PartialRequest::new(call(None, &["", "ap-shanghai", "", "ap-shanghai"]))
        .unknown(Parameter::DESTINATION_REGIONS.element(0), NEEDS)
        .unknown(Parameter::DESTINATION_REGIONS.element(2), NEEDS);
    let report = Ruleset::default().check_partial(&request, &state());
    let [violation] = report.violations() else { panic!("{report:#?}") };
    assert_eq!(violation.parameter().to_string(), "DestinationRegions.3");
    assert_eq!(violation.message(), "`ap-shanghai` is already listed as `DestinationRegions.1`");
}

/// A client such as Packer takes its own region out, also where all of the request is known.
#[test]
fn the_known_source_region_is_left_out() {
    let (gz, sh) = ("ap-guangzhou", "ap-shanghai");
    let state = State::from_json(
        br#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
             "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}],
             "AccountQuota": {"Regions": [{"Region": "ap-guangzhou", "Used": 10}]}}"#,
    )
    .unwrap();
    let request = |destinations: &[&str]| {
        let request = SyncRequest::new("img-o3ycss2p", destinations.iter().copied()).with_region(gz);
        PartialRequest::new(request).leaving_out_source()
    };
    let rules = Ruleset::default();
    let mut plan = Plan::new(&rules, state.clone());
    for destinations in [&[gz, sh][..], &[sh, gz], &[gz]] {
        let request = request(destinations);
        assert!(!request.is_whole());
        for report in [rules.check_partial(&request, &state), plan.check_partial(&request)] {
            assert!(report.accepted() && report.is_verified(), "{destinations:?} {report:?}");
        }
    }
    // Two copies went to Shanghai.
    assert_eq!(plan.state().account_quota().regions[1].in_flight, 2);
    assert!(request(&[sh]).is_whole());

    let second = request(&[gz, "", "ap-nowhere"]).unknown(Parameter::DESTINATION_REGIONS.element(1), "it");
    let report = rules.check_partial(&second, &state);
    let found: Vec<_> = report.violations().iter().map(|found| found.parameter().to_string()).collect();
    assert_eq!(found, ["DestinationRegions.1"]);
    let first = Parameter::DESTINATION_REGIONS.element(0);
    assert!(report.unverified().iter().all(|open| *open.parameter() == first));
    // The rest of the list is not known.
    let rest = request(&[gz]).unknown(Parameter::DESTINATION_REGIONS, "the list");
    assert!(!rules.check_partial(&rest, &state).is_verified());
}

#[test]
fn a_client_that_always_sends_its_region_does_not_miss_it() {
    let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    let request = request.unknown(Parameter::REGION, "the region of the client");
    let may_be_missing = |request: &PartialRequest| {
        let report = Ruleset::documented(Edition::LATEST).check_partial(request, &State::default());
        report.unverified().iter().any(|unverified| unverified.rule() == "region-required")
    };
    assert!(may_be_missing(&request));
    assert!(!may_be_missing(&request.clone().sending_region()));
    assert!(!may_be_missing(&request.leaving_out_source()));
}
