//! The conformance kit tells right implementations from wrong ones.

#![cfg(all(feature = "proptest", feature = "vectors"))]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use presync::generators::conformance::{
    Explained, MOST_CALLS, Machine, Observed, Reply, Step, histories, order, races,
};
use presync::generators::vectors::{Vector, vectors};
use presync::report::envelope::Envelope;
use presync::{
    AccountQuota, Edition, ErrorCode, Image, ImageType, QuotaLimit, Region, RegionQuota, Ruleset, State,
    SyncRequest, Used, wire,
};

/// A slip that an implementation can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slip {
    None,
    /// It ends its copies by itself, and knows no ids of others.
    NotDone,
    OneTooMany,
    OneTooFew,
    ForgetsCopies,
    ChargesTheFirstOnly,
    DryRunTakes,
    ForgetsNames,
    ArrivedAreGone,
    ArrivedCountTwice,
    FailedStay,
    DeletedStay,
    MadeAreUnknown,
    OldQuotaStays,
    OldCode,
    AcceptsAll,
    RefusesAll,
}

/// An implementation, right but for a slip.
struct Service {
    rules: Ruleset,
    state: State,
    slip: Slip,
}

impl Service {
    fn new(edition: Edition, slip: Slip) -> Self {
        Self { rules: Ruleset::documented(edition), state: State::default(), slip }
    }

    /// The state, with so many more of every quota.
    fn with_limits(&self, change: impl Fn(u64) -> u64) -> State {
        let mut state = self.state.clone();
        for quota in &self.state.account_quota().regions {
            if let QuotaLimit::Count(limit) = quota.image_num_quota {
                state.set_quota(&quota.region, change(limit)).unwrap();
            }
        }
        state
    }

    fn answer(&mut self, step: &Step) -> Reply {
        let slip = self.slip;
        if slip == Slip::NotDone && !matches!(step, Step::Start(_) | Step::Call(_) | Step::Quota { .. }) {
            return Reply::NotDone;
        }
        match step {
            Step::Start(state) => self.state = state.clone(),
            Step::Call(request) => return self.call(request),
            Step::Arrived(image) if slip == Slip::ArrivedAreGone => {
                _ = self.state.copy_failed(&image.region, image.image_name.as_deref());
            }
            Step::Arrived(image) if slip == Slip::ArrivedCountTwice => {
                _ = self.state.insert_image(image.clone());
            }
            // One that forgets copies does not find them.
            Step::Arrived(image) => _ = self.state.arrived(image.clone()),
            Step::Failed { .. } if slip == Slip::FailedStay => {}
            Step::Failed { region, name } => _ = self.state.copy_failed(region, Some(name)),
            Step::Made(_) if slip == Slip::MadeAreUnknown => {}
            Step::Made(image) => _ = self.state.insert_image(image.clone()).unwrap(),
            Step::Deleted { .. } if slip == Slip::DeletedStay => {}
            Step::Deleted { region, image_id } => _ = self.state.remove_image(region, image_id),
            Step::Quota { .. } if slip == Slip::OldQuotaStays => {}
            Step::Quota { region, limit } => self.state.set_quota(region, *limit).unwrap(),
            _ => return Reply::NotDone,
        }
        Reply::Done
    }

    fn call(&mut self, request: &SyncRequest) -> Reply {
        let report = match self.slip {
            Slip::OneTooMany => self.rules.check(request, &self.with_limits(|limit| limit + 1)),
            Slip::OneTooFew => self.rules.check(request, &self.with_limits(|limit| limit.saturating_sub(1))),
            Slip::OldCode => Ruleset::documented(Edition::FIRST).check(request, &self.state),
            _ => self.rules.check(request, &self.state),
        };
        let reply = match self.slip {
            Slip::AcceptsAll => Reply::Accepted,
            Slip::RefusesAll => Reply::Refused(ErrorCode::InternalError),
            _ => Reply::of(&report),
        };
        if reply == Reply::Accepted {
            let mut taken = request.clone();
            match self.slip {
                Slip::ForgetsCopies => taken.destination_regions.clear(),
                Slip::ChargesTheFirstOnly => taken.destination_regions.truncate(1),
                Slip::DryRunTakes => taken.dry_run = None,
                Slip::ForgetsNames => taken.image_name = Some("of-no-one".to_owned()),
                _ => {}
            }
            self.state.apply(&taken);
        }
        reply
    }
}

#[test]
fn a_right_service_passes_and_a_wrong_one_is_caught_by_a_short_history() {
    use Slip::*;
    for edition in [Edition::FIRST, Edition::new(2022, 8).unwrap(), Edition::LATEST] {
        for slip in [None, NotDone] {
            let mut service = Service::new(edition, slip);
            let (mut calls, mut accepted, mut steps) = (0, 0, BTreeMap::new());
            let outcome = histories(edition, 256, |step| {
                let reply = service.answer(step);
                let name = format!("{step:?}");
                *steps.entry(name.split(['(', ' ']).next().unwrap().to_owned()).or_insert(0) += 1;
                calls += usize::from(matches!(step, Step::Call(_)));
                accepted += usize::from(reply == Reply::Accepted);
                reply
            });
            assert_eq!(outcome, Ok(()), "{edition}: {slip:?}");
            // The histories are about something.
            assert!(accepted * 4 > calls && (calls - accepted) * 4 > calls, "{accepted} of {calls}");
            assert!(steps.values().all(|count| *count > 50) && steps.len() == 7, "{steps:?}");
        }
    }
    for slip in [
        OneTooMany,
        OneTooFew,
        ForgetsCopies,
        ChargesTheFirstOnly,
        DryRunTakes,
        ForgetsNames,
        ArrivedAreGone,
        ArrivedCountTwice,
        FailedStay,
        DeletedStay,
        MadeAreUnknown,
        OldQuotaStays,
        OldCode,
        AcceptsAll,
        RefusesAll,
    ] {
        let mut service = Service::new(Edition::LATEST, slip);
        let failure =
            histories(Edition::LATEST, 256, |step| service.answer(step)).expect_err(&format!("{slip:?}"));
        let history = failure.history();
        println!("{slip:?}: {} steps", history.len() - 1);
        assert!(matches!(history[0], (Step::Start(_), Reply::Done)));
        // A copy, its end, what becomes of it, and a call that shows it.
        assert!(history.len() - 1 <= 4, "{slip:?}:\n{failure}");
        // What it shrank to is a history in itself: the last answer, and no other, is wrong.
        let Step::Start(start) = &history[0].0 else { panic!("no start") };
        let mut machine = Machine::new(Edition::LATEST, start.clone());
        let (last, before) = history[1..].split_last().unwrap();
        assert!(before.iter().all(|(step, reply)| machine.take(step, reply).is_ok()));
        assert_eq!(machine.take(&last.0, &last.1).unwrap_err(), *failure.allowed().unwrap());
        let regions = if slip == ChargesTheFirstOnly { 4 } else { 2 };
        assert!(start.regions().len() <= regions, "{slip:?}:\n{failure}");
        assert!(failure.to_string().contains("the last reply may be: "), "{failure}");
    }
}

/// Goes through the histories that a right service is given, with what is true before each step.
fn every_step(edition: Edition, cases: u32, mut see: impl FnMut(&State, &Step)) {
    let mut service = Service::new(edition, Slip::None);
    let outcome = histories(edition, cases, |step| {
        see(&service.state, step);
        service.answer(step)
    });
    assert_eq!(outcome, Ok(()));
}

#[test]
fn there_are_as_many_histories_as_are_asked_for_and_they_are_the_same_each_time() {
    let made = |cases: u32| {
        let mut histories: Vec<Vec<Step>> = Vec::new();
        every_step(Edition::LATEST, cases, |_, step| match step {
            Step::Start(_) => histories.push(vec![step.clone()]),
            _ => histories.last_mut().unwrap().push(step.clone()),
        });
        histories
    };
    assert_eq!(made(0).len(), 0);
    let (one, seven) = (made(1), made(7));
    assert_eq!((one.len(), seven.len()), (1, 7));
    assert_eq!(one[0], seven[0]);
    assert_eq!(made(7), seven);
}

/// Whoever counts images by himself finds what the state says, and knows every fact of them.
#[test]
fn a_history_starts_where_all_is_known_and_little_is_free() {
    let (mut free_places, mut with_images) = (BTreeMap::new(), BTreeSet::new());
    for edition in [Edition::FIRST, Edition::LATEST] {
        every_step(edition, 64, |_, step| {
            let Step::Start(state) = step else { return };
            for image in state.images() {
                with_images.insert(image.region.clone());
                let is_known =
                    image.image_name.is_some() && image.image_type.is_some() && image.image_state.is_some();
                assert!(is_known && image.image_size.is_some() && image.encrypted.is_some(), "{image:?}");
            }
            assert!(state.regions().len() > 1 && state.regions_complete());
            for region in state.regions() {
                let quotas = &state.account_quota().regions;
                let quota = quotas.iter().find(|quota| quota.region == region.region).unwrap();
                let is_custom = |image: &&Image| {
                    image.region == region.region && image.image_type == Some(ImageType::PRIVATE_IMAGE)
                };
                let listed = u64::try_from(state.images().iter().filter(is_custom).count()).unwrap();
                assert_eq!((&quota.used, quota.in_flight), (&Used::Count(listed), 0), "{step}");
                let QuotaLimit::Count(limit) = quota.image_num_quota else { panic!("{step}") };
                *free_places.entry(limit - listed).or_insert(0) += 1;
            }
        });
    }
    // In each of the regions there are.
    assert_eq!(with_images.len(), 8);
    // Room for none to three, and mostly for some.
    assert!(free_places.keys().copied().eq(0..=3), "{free_places:?}");
    assert!(free_places.values().all(|count| *count > 10), "{free_places:?}");
}

#[test]
fn what_happens_in_a_history_can_happen_there() {
    let mut ended = BTreeMap::new();
    every_step(Edition::LATEST, 256, |state, step| {
        let mut state = state.clone();
        let (kind, name) = match step {
            Step::Arrived(image) => {
                // It has an id that no other image has.
                assert!(state.images().iter().all(|other| other.image_id != image.image_id), "{step}");
                assert!(state.arrived(image.clone()).is_ok(), "{step}\n{:?}", state.account_quota());
                ("arrived", image.image_name.as_deref().unwrap())
            }
            Step::Failed { region, name } => {
                assert!(state.copy_failed(region, Some(name)).is_ok(), "{step}\n{:?}", state.account_quota());
                ("failed", &**name)
            }
            Step::Made(image) => return assert_eq!(state.insert_image(image.clone()), Ok(None), "{step}"),
            Step::Deleted { region, image_id } => {
                return assert!(state.remove_image(region, image_id).is_some(), "{step}");
            }
            Step::Quota { region, limit } => {
                return assert_eq!(state.set_quota(region, *limit), Ok(()), "{step}");
            }
            _ => return,
        };
        *ended.entry((kind, !name.is_empty())).or_insert(0) += 1;
    });
    // Copies with a name and without one, each both ways.
    assert!(ended.len() == 4 && ended.values().all(|count| *count > 10), "{ended:?}");
}

/// The rules that a request can break without a word of the state.
const OF_REQUESTS: &[&str] = &[
    "version-required",
    "version-supported",
    "region-required",
    "source-region-supported",
    "image-required",
    "image-single",
    "image-id-format",
    "destination-required",
    "destination-exists",
    "destination-unique",
    "image-name-length",
];

#[test]
fn calls_in_histories_have_faults_too() {
    let rules = Ruleset::documented(Edition::LATEST);
    let mut broken = BTreeSet::new();
    every_step(Edition::LATEST, 256, |state, step| {
        let Step::Call(request) = step else { return };
        broken.extend(says(&rules, request, state));
    });
    for rule in OF_REQUESTS {
        assert!(broken.contains(*rule), "{rule}: {broken:?}");
    }
    // And what depends on the state.
    for rule in ["image-exists", "destination-source-only", "image-quota", "image-name-unique"] {
        assert!(broken.contains(rule), "{rule}: {broken:?}");
    }
}

/// However few histories there are, the one that fails becomes short.
#[test]
fn a_history_is_shortened_whatever_the_number_of_histories() {
    for slip in [Slip::ForgetsCopies, Slip::OneTooMany, Slip::OldQuotaStays] {
        let mut service = Service::new(Edition::LATEST, slip);
        // The first one that fails is the last one that there is.
        let mut outcomes = (1..).map(|cases| histories(Edition::LATEST, cases, |step| service.answer(step)));
        let failure = outcomes.find_map(Result::err).unwrap();
        let Step::Start(start) = &failure.history()[0].0 else { panic!("no start") };
        assert!(failure.history().len() <= 4, "{slip:?}:\n{failure}");
        assert_eq!((start.regions().len(), start.images().len()), (2, 1), "{slip:?}:\n{failure}");
    }
}

/// Set in a process of its own, so that its output can be looked at.
const ALONE: &str = "PRESYNC_HISTORIES_ALONE";

#[test]
fn histories_print_nothing() {
    if std::env::var_os(ALONE).is_some() {
        let mut wrong = Service::new(Edition::LATEST, Slip::RefusesAll);
        assert!(histories(Edition::LATEST, 4, |step| wrong.answer(step)).is_err());
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "conformance::histories_print_nothing", "--nocapture"]).env(ALONE, "1");
    let variables = std::env::vars_os().map(|(name, _)| name);
    for name in variables.filter(|name| name.to_string_lossy().starts_with("PROPTEST_")) {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_failure_says_each_step_and_each_answer() {
    let state = scarce(1);
    let image = Image::new("ap-shanghai", "img-copy0001").with_image_size(20);
    let (failed, deleted) = ("base".to_owned(), "img-copy0001".to_owned());
    let region = || "ap-shanghai".to_owned();
    let json = |value: serde_json::Result<String>| value.unwrap();
    for (step, said) in [
        (Step::Start(state.clone()), format!("start with {}", json(serde_json::to_string(&state)))),
        (Step::Call(copy()), format!("call {}", json(serde_json::to_string(&copy())))),
        (Step::Arrived(image.clone()), format!("a copy arrived as {}", json(serde_json::to_string(&image)))),
        (Step::Made(image.clone()), format!("an image was made, {}", json(serde_json::to_string(&image)))),
        (
            Step::Failed { region: region(), name: failed },
            "a copy `base` to `ap-shanghai` became no image".to_owned(),
        ),
        (
            Step::Deleted { region: region(), image_id: deleted },
            "`img-copy0001` was deleted in `ap-shanghai`".to_owned(),
        ),
        (Step::Quota { region: region(), limit: 7 }, "the quota of `ap-shanghai` became 7".to_owned()),
    ] {
        assert_eq!(step.to_string(), said);
    }

    // What may be answered is each violation.
    let mut machine = Machine::new(Edition::LATEST, scarce(0));
    let mut wrong = copy();
    wrong.destination_regions.push("nowhere".to_owned());
    let allowed = machine.take(&Step::Call(wrong), &Reply::Accepted).unwrap_err();
    let violations = allowed.report().violations();
    assert_eq!(violations.len(), 2);
    let [first, second] = [0, 1].map(|place| violations[place].message());
    let said = format!(
        "refused with InvalidRegion.NotFound: {first}, or refused with ImageQuotaLimitExceeded: {second}"
    );
    assert_eq!(allowed.to_string(), said);
    let allowed = Machine::new(Edition::LATEST, scarce(1)).take(&Step::Call(copy()), &full()).unwrap_err();
    assert_eq!(allowed.to_string(), "accepted");
}

#[test]
fn a_dry_run_that_would_be_accepted_is_no_refusal() {
    assert_eq!(Reply::from(&Envelope::dry_run("1")), Reply::Accepted);
    let error = Envelope::error(ErrorCode::LimitExceeded, "full", "1");
    assert_eq!(Reply::from(&error), Reply::Refused(ErrorCode::LimitExceeded));
}

/// Says of a request which rules it breaks, in order.
type Checker = Box<dyn Fn(Edition, &SyncRequest, &State) -> Vec<String>>;

fn says(rules: &Ruleset, request: &SyncRequest, state: &State) -> Vec<String> {
    rules.check(request, state).violations().iter().map(|violation| violation.rule().to_owned()).collect()
}

/// Checks on another state, or another request.
fn on(change: impl Fn(&mut SyncRequest, &mut Parts) + 'static) -> Checker {
    Box::new(move |edition, request, state| {
        let mut request = request.clone();
        let mut parts = Parts {
            regions: state.regions().to_vec(),
            images: state.images().to_vec(),
            quota: state.account_quota().clone(),
        };
        change(&mut request, &mut parts);
        let routes = state.blocked_routes().to_vec();
        let state = State::from_records(parts.regions, parts.images, parts.quota, routes).unwrap();
        says(&Ruleset::documented(edition), &request, &state)
    })
}

/// What a state is made of.
struct Parts {
    regions: Vec<Region>,
    images: Vec<Image>,
    quota: AccountQuota,
}

/// The first vectors of each page that can be checked: those that are read as a request, and
/// leave no rule unverified.
fn checkable(edition: Edition) -> Vec<(Vector, SyncRequest)> {
    let read = |vector: Vector| {
        let request = wire::decode(vector.query.as_ref()?.as_bytes()).ok()?;
        Some((vector, request))
    };
    vectors(edition, 1).take(450).filter(|vector| vector.unverified.is_empty()).filter_map(read).collect()
}

/// The vectors that show a checker to be wrong.
fn caught(checker: &Checker, edition: Edition, vectors: &[(Vector, SyncRequest)]) -> usize {
    let expected = |vector: &Vector| -> Vec<String> {
        vector.violations.iter().map(|violation| violation.rule.clone()).collect()
    };
    vectors
        .iter()
        .filter(|(vector, request)| checker(edition, request, &vector.state) != expected(vector))
        .count()
}

#[test]
fn a_right_checker_passes_every_vector_and_a_wrong_one_does_not() {
    let right: Checker =
        Box::new(|edition, request, state| says(&Ruleset::documented(edition), request, state));
    for edition in [Edition::FIRST, Edition::new(2022, 8).unwrap(), Edition::LATEST] {
        let vectors = checkable(edition);
        assert!(vectors.len() > 250);
        assert_eq!(caught(&right, edition, &vectors), 0, "{edition}");
        // A checker that knows one rule less.
        for id in Ruleset::documented(edition).ids().map(str::to_owned) {
            let is_never_broken = id == "parameter-known" && edition == Edition::LATEST;
            let without: Checker = Box::new({
                let id = id.clone();
                move |edition, request, state| {
                    says(&Ruleset::documented(edition).without(&id).unwrap(), request, state)
                }
            });
            assert_eq!(caught(&without, edition, &vectors) > 0, !is_never_broken, "{edition}: {id}");
        }
    }
    let sizes = |change: fn(u64) -> u64| {
        on(move |_, parts| {
            parts.images.iter_mut().for_each(|image| image.image_size = image.image_size.map(change));
        })
    };
    let quotas =
        |change: fn(&mut RegionQuota)| on(move |_, parts| parts.quota.regions.iter_mut().for_each(change));
    let names = |change: fn(&str) -> String| {
        on(move |request, _| request.image_name = request.image_name.as_deref().map(change))
    };
    let (first, latest) = (Edition::FIRST, Edition::LATEST);
    let (of_first, of_latest) = (checkable(first), checkable(latest));
    for (name, edition, checker) in [
        ("50 GiB are not too large", first, sizes(|size| size.saturating_sub(1))),
        ("49 GiB are too large", first, sizes(|size| size.saturating_add(1))),
        (
            "copies in flight are not counted",
            first,
            // Under this page no name is taken.
            quotas(|quota| (quota.in_flight, quota.in_flight_names) = (0, Vec::new())),
        ),
        (
            "the last slot is not given away",
            latest,
            quotas(|quota| quota.in_flight = quota.in_flight.saturating_add(1)),
        ),
        (
            "one more than the quota",
            latest,
            quotas(|quota| {
                if let Used::Count(used) = quota.used {
                    quota.used = Used::Count(used.saturating_sub(1));
                }
            }),
        ),
        (
            "a region's own quota is not read",
            latest,
            quotas(|quota| quota.image_num_quota = QuotaLimit::Default),
        ),
        (
            "the account's quota is not read",
            latest,
            on(|_, parts| parts.quota.image_num_quota = QuotaLimit::Default),
        ),
        (
            "public images are counted",
            latest,
            on(|request, parts| {
                let ids = &request.image_ids;
                let others = parts.images.iter_mut().filter(|image| !ids.contains(&image.image_id));
                others.for_each(|image| image.image_type = Some(ImageType::PRIVATE_IMAGE));
            }),
        ),
        (
            "bytes are counted for characters",
            latest,
            names(|name| {
                name.bytes().map(|byte| if byte.is_ascii() { char::from(byte) } else { 'x' }).collect()
            }),
        ),
        (
            "61 characters are not too long",
            latest,
            names(|name| {
                name.chars()
                    .take(name.chars().count().min(61) - usize::from(name.chars().count() == 61))
                    .collect()
            }),
        ),
        ("names in flight are not taken", latest, quotas(|quota| quota.in_flight_names.clear())),
        ("a second image is not seen", latest, on(|request, _| request.image_ids.truncate(1))),
        (
            "regions are compared without case",
            latest,
            on(|request, _| {
                request.destination_regions.iter_mut().for_each(|region| region.make_ascii_lowercase());
            }),
        ),
        (
            "a state is not looked at",
            latest,
            on(|_, parts| {
                parts
                    .images
                    .iter_mut()
                    .for_each(|image| image.image_state = Some(presync::ImageState::NORMAL));
            }),
        ),
        (
            "shared images are custom ones",
            latest,
            on(|_, parts| {
                let shared = Some(ImageType::SHARED_IMAGE);
                let shared = parts.images.iter_mut().filter(|image| image.image_type == shared);
                shared.for_each(|image| image.image_type = Some(ImageType::PRIVATE_IMAGE));
            }),
        ),
    ] {
        let count = caught(&checker, edition, if edition == first { &of_first } else { &of_latest });
        println!("{name}: {count} vectors");
        assert!(count > 0, "{name}");
    }
}

/// A state of two regions, with so much of the quota free.
fn scarce(free: u64) -> State {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(3)).with_image_num_quota(3 + free);
    State::from_records(regions, [image], AccountQuota::default().with_regions([quota]), []).unwrap()
}

fn copy() -> SyncRequest {
    SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou")
}

fn full() -> Reply {
    Reply::Refused(ErrorCode::ImageQuotaLimitExceeded)
}

#[test]
fn an_order_keeps_to_what_came_before() {
    let is = |free: u64, calls: &[(Reply, u64, u64)], expected: Explained| {
        let calls: Vec<Observed> = calls
            .iter()
            .map(|(reply, began, ended)| Observed::new(copy(), reply.clone(), *began, *ended))
            .collect();
        assert_eq!(order(Edition::LATEST, &scarce(free), &calls), expected, "{calls:?}");
    };
    is(1, &[], Explained::By(vec![]));
    // One after the other: the first takes the last slot.
    is(1, &[(Reply::Accepted, 0, 1), (full(), 2, 3)], Explained::By(vec![0, 1]));
    is(1, &[(full(), 0, 1), (Reply::Accepted, 2, 3)], Explained::No);
    // At once: either may be the first.
    is(1, &[(full(), 0, 3), (Reply::Accepted, 1, 2)], Explained::By(vec![1, 0]));
    is(1, &[(Reply::Accepted, 0, 3), (Reply::Accepted, 1, 2)], Explained::No);
    is(2, &[(Reply::Accepted, 0, 3), (Reply::Accepted, 1, 2), (full(), 0, 5)], Explained::By(vec![0, 1, 2]));
    // A refusal that nothing explains.
    is(2, &[(Reply::Accepted, 0, 3), (full(), 1, 2)], Explained::No);
    is(1, &[(Reply::Refused(ErrorCode::InvalidImageIdNotFound), 0, 1)], Explained::No);
    // Two were refused before the only one that can take the slot began.
    is(1, &[(full(), 0, 1), (full(), 0, 2), (Reply::Accepted, 3, 4)], Explained::No);
    // At the same moment is at once.
    is(1, &[(full(), 0, 1), (Reply::Accepted, 1, 2)], Explained::By(vec![1, 0]));

    // As many as there may be, at once: half of them found room.
    let half = MOST_CALLS / 2;
    let calls: Vec<(Reply, u64, u64)> =
        (0..MOST_CALLS).map(|place| (if place < half { full() } else { Reply::Accepted }, 0, 1)).collect();
    let calls: Vec<Observed> =
        calls.into_iter().map(|(reply, began, ended)| Observed::new(copy(), reply, began, ended)).collect();
    let state = scarce(u64::try_from(half).unwrap());
    assert!(matches!(order(Edition::LATEST, &state, &calls), Explained::By(_)));
    let more = [calls, vec![Observed::new(copy(), full(), 0, 1)]].concat();
    assert_eq!(order(Edition::LATEST, &state, &more), Explained::Unknown);
}

#[test]
fn calls_at_once_are_explained_unless_two_take_the_last_slot() {
    let rules = Ruleset::documented(Edition::LATEST);
    let take = |state: &mut State, request: &SyncRequest| {
        let report = rules.check(request, state);
        if report.accepted() {
            state.apply(request);
        }
        Reply::of(&report)
    };
    let outcome = races(
        Edition::LATEST,
        300,
        |state| Mutex::new(state.clone()),
        |state, request| {
            thread::yield_now();
            take(&mut state.lock().unwrap(), request)
        },
    );
    assert_eq!(outcome, Ok(()));

    // It looks, lets go of the lock, and then takes.
    let failure = races(
        Edition::LATEST,
        2_000,
        |state| Mutex::new(state.clone()),
        |state, request| {
            let report = rules.check(request, &state.lock().unwrap());
            thread::yield_now();
            if report.accepted() {
                state.lock().unwrap().apply(request);
            }
            Reply::of(&report)
        },
    )
    .unwrap_err();
    assert!(failure.allowed().is_none());
    assert!(failure.to_string().ends_with("no order of the calls explains all replies"));
    let replies: BTreeSet<String> = failure.history().iter().map(|(_, reply)| reply.to_string()).collect();
    assert!(replies.contains("accepted"), "{failure}");
}

/// What is called in each case of races: the threads that call, each with its requests.
fn called(edition: Edition, cases: u32) -> Vec<Vec<(thread::ThreadId, Vec<SyncRequest>)>> {
    let rules = Ruleset::documented(edition);
    let called = Mutex::new(Vec::<Vec<(thread::ThreadId, Vec<SyncRequest>)>>::new());
    let outcome = races(
        edition,
        cases,
        |state| {
            called.lock().unwrap().push(Vec::new());
            Mutex::new(state.clone())
        },
        |state, request| {
            let mut called = called.lock().unwrap();
            let (threads, this) = (called.last_mut().unwrap(), thread::current().id());
            match threads.iter_mut().find(|(thread, _)| *thread == this) {
                Some((_, requests)) => requests.push(request.clone()),
                None => threads.push((this, vec![request.clone()])),
            }
            let mut state = state.lock().unwrap();
            let report = rules.check(request, &state);
            if report.accepted() {
                state.apply(request);
            }
            Reply::of(&report)
        },
    );
    assert_eq!(outcome, Ok(()));
    called.into_inner().unwrap()
}

#[test]
fn a_race_has_two_to_four_threads_with_up_to_four_calls_each() {
    let cases = called(Edition::LATEST, 100);
    assert_eq!(cases.len(), 100);
    let threads: BTreeSet<usize> = cases.iter().map(Vec::len).collect();
    assert_eq!(threads, BTreeSet::from([2, 3, 4]));
    let calls: BTreeSet<usize> = cases.iter().flatten().map(|(_, requests)| requests.len()).collect();
    assert_eq!(calls, BTreeSet::from([1, 2, 3, 4]));
    // Each thread makes calls of its own.
    let differ = cases.iter().filter(|case| case.iter().any(|(_, requests)| *requests != case[0].1));
    assert!(differ.count() > 80);
}

#[test]
fn calls_have_the_parameters_of_their_page() {
    for (month, dry_run, name) in
        [("2022-03", false, false), ("2022-04", true, false), ("2022-08", true, true)]
    {
        let cases = called(month.parse().unwrap(), 30);
        let requests: Vec<&SyncRequest> = cases.iter().flatten().flat_map(|(_, requests)| requests).collect();
        assert_eq!(requests.iter().any(|request| request.dry_run.is_some()), dry_run, "{month}");
        assert_eq!(requests.iter().any(|request| request.image_name.is_some()), name, "{month}");
    }
}
