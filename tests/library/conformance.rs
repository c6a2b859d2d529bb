//! The conformance kit tells right implementations from wrong ones.

#![cfg(all(feature = "proptest", feature = "vectors"))]

use std::collections::{BTreeMap, BTreeSet};
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
        assert!(failure.to_string().contains("the last answer may be: "), "{failure}");
    }
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

/// The first vectors of each page that can be checked: those that are read as a request, and leave no rule unverified.
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
        ("copies in flight are not counted", first, quotas(|quota| quota.in_flight = 0)),
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
    assert!(failure.to_string().ends_with("no order of the calls explains all answers"));
    let replies: BTreeSet<String> = failure.history().iter().map(|(_, reply)| reply.to_string()).collect();
    assert!(replies.contains("accepted"), "{failure}");
}
