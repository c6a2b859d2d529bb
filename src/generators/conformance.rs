//! A reference to hold an implementation of SyncImages against: a machine that knows what each
//! response may be while calls come, copies end, images go and quotas change.
//!
//! Whoever has an implementation writes what it does with one [`Step`]; [`histories`] makes
//! histories, and a failure is the shortest one in which a response cannot be right:
//!
//! ```
//! use presync::generators::conformance::{self, Reply, Step};
//! use presync::{Edition, Ruleset, State};
//!
//! // The implementation that is tested: it forgets that a copy in flight takes a part of the quota.
//! let rules = Ruleset::documented(Edition::LATEST);
//! let mut state = State::default();
//! let failure = conformance::histories(Edition::LATEST, 256, |step| match step {
//!     Step::Start(start) => {
//!         state = start.clone();
//!         Reply::Done
//!     }
//!     Step::Call(request) => Reply::of(&rules.check(request, &state)),
//!     _ => Reply::NotDone,
//! });
//! let failure = failure.unwrap_err();
//! // The state, a call that takes the last of the quota, and one that is accepted although it is used up.
//! assert_eq!(failure.history().len(), 3);
//! ```
//!
//! [`races`] calls from several threads at once, and [`order`] says of any calls that were made at
//! once if some order of them explains all responses.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use super::accepted::{ACCEPTED, accepted};
use super::any::make_consistent;
use super::dice::Dice;
use super::faults::{Breakable, faults};
use super::rolls::Rolls;
use crate::check::ruleset::Ruleset;
use crate::model::{Edition, ErrorCode, Image, ImageType, QuotaLimit, RegionQuota, State, SyncRequest, Used};
use crate::report::envelope::Envelope;
use crate::report::report::Report;

/// What happens to an implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It starts anew, with these regions, images and quotas.
    Start(State),
    /// It is called.
    Call(SyncRequest),
    /// A copy in flight ends, as this image. An implementation that ends its copies by itself, or
    /// that gives them ids of its own, need not do it: what is used and in flight stays the same.
    Arrived(Image),
    /// A copy in flight ends, and becomes no image.
    Failed {
        /// The region that the copy was to go to.
        region: String,
        /// The name of the copy; empty if it has none.
        name: String,
    },
    /// An image is made.
    Made(Image),
    /// An image is deleted.
    Deleted {
        /// The region that it is in.
        region: String,
        /// The id of the image.
        image_id: String,
    },
    /// The quota of a region becomes another one.
    Quota {
        /// The region.
        region: String,
        /// The most custom images that it may hold from now on.
        limit: u64,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn json(value: &impl serde::Serialize) -> String {
            serde_json::to_string(value).unwrap_or_default()
        }
        match self {
            Self::Start(state) => write!(f, "start with {}", json(state)),
            Self::Call(request) => write!(f, "call {}", json(request)),
            Self::Arrived(image) => write!(f, "a copy arrived as {}", json(image)),
            Self::Failed { region, name } => write!(f, "a copy `{name}` to `{region}` became no image"),
            Self::Made(image) => write!(f, "an image was made, {}", json(image)),
            Self::Deleted { region, image_id } => write!(f, "`{image_id}` was deleted in `{region}`"),
            Self::Quota { region, limit } => write!(f, "the quota of `{region}` became {limit}"),
        }
    }
}

/// The reply of an implementation to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The request is accepted, or it would be and has `DryRun`.
    Accepted,
    /// The request is refused with this code.
    Refused(ErrorCode),
    /// What is no call is done.
    Done,
    /// What is no call is not done: the implementation does not know it.
    NotDone,
}

impl Reply {
    /// Returns the reply to a request with this report: the first violation's code.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        match report.violations().first() {
            Some(violation) => Self::Refused(violation.code().clone()),
            None => Self::Accepted,
        }
    }
}

/// A response in its envelope. The error that says that a `DryRun` would be accepted is no refusal.
impl From<&Envelope> for Reply {
    fn from(envelope: &Envelope) -> Self {
        match &envelope.response.error {
            Some(error) if error.code != ErrorCode::DryRunOperation => Self::Refused(error.code.clone()),
            _ => Self::Accepted,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(code) => write!(f, "refused with {code}"),
            Self::Done => f.write_str("done"),
            Self::NotDone => f.write_str("not done"),
        }
    }
}

/// The machine: what is true after the steps so far, and what a response to a call may be.
///
/// ```
/// use presync::generators::conformance::{Machine, Reply, Step};
/// use presync::{Edition, Image, Region, State, SyncRequest};
///
/// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
/// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)])?;
/// let mut machine = Machine::new(Edition::FIRST, state);
/// let call = Step::Call(SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
/// assert!(machine.take(&call, &Reply::Accepted).is_ok());
/// assert_eq!(machine.state().account_quota().regions[0].in_flight, 1);
/// assert!(machine.take(&call, &Reply::Refused("LimitExceeded".parse()?)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Machine {
    rules: Ruleset,
    state: State,
}

impl Machine {
    /// Returns a machine that starts with this state, about the page of an edition.
    #[must_use]
    pub fn new(edition: Edition, state: State) -> Self {
        Self { rules: Ruleset::documented(edition), state }
    }

    /// Returns what is true now.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes a step that got this reply.
    ///
    /// A call that is accepted must be one that no rule refuses. One that is refused must be one
    /// that some rule refuses, with the code of one of the violations: which of several comes first
    /// is not published. Where a rule is unverified, either may be.
    ///
    /// # Errors
    ///
    /// Errors with what the reply may be, when it cannot be this one. The
    /// machine then stays as it is.
    pub fn take(&mut self, step: &Step, reply: &Reply) -> Result<(), Allowed> {
        match step {
            Step::Start(state) => self.state = state.clone(),
            Step::Call(request) => return self.call(request, reply),
            _ if *reply == Reply::NotDone => {}
            // What the state does not know did not happen to it.
            Step::Arrived(image) => drop(self.state.arrived(image.clone())),
            Step::Failed { region, name } => drop(self.state.copy_failed(region, Some(name))),
            Step::Made(image) => drop(self.state.insert_image(image.clone())),
            Step::Deleted { region, image_id } => drop(self.state.remove_image(region, image_id)),
            Step::Quota { region, limit } => drop(self.state.set_quota(region, *limit)),
        }
        Ok(())
    }

    fn call(&mut self, request: &SyncRequest, reply: &Reply) -> Result<(), Allowed> {
        let report = self.rules.check(request, &self.state);
        let is_allowed = match reply {
            Reply::Accepted => report.violations().is_empty(),
            Reply::Refused(code) => {
                report.violations().iter().any(|violation| violation.code() == code)
                    || !report.unverified().is_empty()
            }
            Reply::Done | Reply::NotDone => false,
        };
        if !is_allowed {
            return Err(Allowed { report: Box::new(report) });
        }
        if *reply == Reply::Accepted {
            self.state.apply(request);
        }
        Ok(())
    }
}

/// The replies that a call may get.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed {
    report: Box<Report>,
}

impl Allowed {
    /// Returns the report on the request: each of its violations may be what it is refused for, and
    /// without one it is accepted.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.report.violations().is_empty() {
            return f.write_str("accepted");
        }
        for (place, violation) in self.report.violations().iter().enumerate() {
            let or = if place == 0 { "" } else { ", or " };
            write!(f, "{or}refused with {}: {}", violation.code(), violation.message())?;
        }
        Ok(())
    }
}

/// A history whose last reply cannot be right.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    history: Vec<(Step, Reply)>,
    allowed: Option<Allowed>,
}

impl Failure {
    /// Returns the steps, from the start on, each with its reply. The reply to the last one is
    /// wrong; of calls that were made at once, all of them together are.
    #[must_use]
    pub fn history(&self) -> &[(Step, Reply)] {
        &self.history
    }

    /// Returns what the last reply may be; `None` if no order of calls that were made at
    /// once explains all replies.
    #[must_use]
    pub fn allowed(&self) -> Option<&Allowed> {
        self.allowed.as_ref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, reply) in &self.history {
            writeln!(f, "{step}: {reply}")?;
        }
        match &self.allowed {
            Some(allowed) => write!(f, "the last reply may be: {allowed}"),
            None => f.write_str("no order of the calls explains all replies"),
        }
    }
}

impl std::error::Error for Failure {}

/// The most steps of a history, beside its start.
const STEPS: usize = 16;
/// The dice of a step.
const STEP: usize = 12;
/// The dice of a start.
const START: usize = ACCEPTED + 8;

/// Makes histories about the page of an edition, and hands each step to an implementation: `send`
/// does what the step says and returns the reply. Every history begins with [`Step::Start`].
///
/// The histories are the same each time.
///
/// # Errors
///
/// Errors with the shortest history that was found in which a reply cannot be right.
///
/// See the [module](self) for an example.
pub fn histories(edition: Edition, cases: u32, send: impl FnMut(&Step) -> Reply) -> Result<(), Box<Failure>> {
    let (send, failure) = (RefCell::new(send), RefCell::new(None));
    let rules: Vec<_> = faults(edition).collect();
    let mut runner = runner(cases);
    let outcome = runner.run(&Rolls::new(START + STEPS * STEP), |bytes| {
        let found = history(edition, &rules, Dice::new(&bytes), &mut *send.borrow_mut());
        let Err(found) = found else { return Ok(()) };
        *failure.borrow_mut() = Some(found);
        Err(TestCaseError::fail("a reply cannot be right"))
    });
    match (outcome, failure.into_inner()) {
        (Err(TestError::Fail(..)), Some(failure)) => Err(failure),
        _ => Ok(()),
    }
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4_096, ..Config::default() };
    let algorithm = proptest::test_runner::RngAlgorithm::ChaCha;
    TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(algorithm))
}

fn history(
    edition: Edition,
    rules: &[Breakable],
    mut dice: Dice<'_>,
    send: &mut impl FnMut(&Step) -> Reply,
) -> Result<(), Box<Failure>> {
    let state = start(edition, dice.take(START));
    let mut machine = Machine::new(edition, state.clone());
    let mut history = Vec::new();
    let mut next = Some(Step::Start(state.clone()));
    for number in 0..=STEPS {
        if let Some(step) = next {
            let reply = send(&step);
            let taken = machine.take(&step, &reply);
            history.push((step, reply));
            if let Err(allowed) = taken {
                return Err(Box::new(Failure { history, allowed: Some(allowed) }));
            }
        }
        next = step(edition, rules, machine.state(), &state, number, dice.take(STEP));
    }
    Ok(())
}

/// Makes a state in which little of each quota is free, and everything is known.
fn start(edition: Edition, mut dice: Dice<'_>) -> State {
    let frees =
        [dice.die(), dice.die(), dice.die(), dice.die(), dice.die(), dice.die(), dice.die(), dice.die()];
    let (_, mut records) = accepted(edition, dice);
    let mut quotas = Vec::new();
    for (region, free) in records.regions.iter().zip(frees) {
        let custom = |image: &&Image| {
            image.region == region.region && image.image_type == Some(ImageType::PRIVATE_IMAGE)
        };
        let used = u64::try_from(records.images.iter().filter(custom).count()).unwrap_or_default();
        let mut quota = RegionQuota::new(region.region.as_str());
        // In the ordinary case there is room for one more.
        let free = free.pick(&[1, 2, 3, 0]).copied().unwrap_or_default();
        quota.used = Used::Count(used);
        quota.image_num_quota = QuotaLimit::Count(used + free);
        quotas.push(quota);
    }
    records.account_quota.regions = quotas;
    for image in &mut records.images {
        // What a page does not ask for is known too.
        image.image_size = image.image_size.or(Some(20));
        image.encrypted = image.encrypted.or(Some(false));
    }
    make_consistent(&mut records);
    records.try_into().unwrap_or_default()
}

/// Makes the next step; `None` for the ordinary case, in which nothing happens.
fn step(
    edition: Edition,
    rules: &[Breakable],
    state: &State,
    start: &State,
    number: usize,
    mut dice: Dice<'_>,
) -> Option<Step> {
    let how = dice.die();
    let regions: Vec<&str> = state.regions().iter().map(|region| &*region.region).collect();
    let quotas = &state.account_quota().regions;
    match how.of(16) {
        0 => None,
        1..8 => Some(Step::Call(call(edition, state, start, dice)?)),
        8 => {
            // A request with a fault, which leaves no trace.
            let mut request = call(edition, state, start, Dice::new(&[]))?;
            let mut records = crate::model::Records::default();
            let (_, fault) = dice.die().pick(rules)?;
            fault(&mut request, &mut records, [dice.die(), dice.die()], edition);
            Some(Step::Call(request))
        }
        9 | 10 => {
            let (quota, name) = in_flight(quotas, &mut dice)?;
            let mut image =
                Image::new(quota.region.as_str(), format!("img-copy{number:04}")).with_image_size(20);
            image.image_name = Some(name);
            Some(Step::Arrived(image))
        }
        11 => {
            let (quota, name) = in_flight(quotas, &mut dice)?;
            Some(Step::Failed { region: quota.region.clone(), name })
        }
        12 => {
            let image = dice.die().pick(&state.images().iter().collect::<Vec<_>>()).copied()?;
            Some(Step::Deleted { region: image.region.clone(), image_id: image.image_id.clone() })
        }
        13 => {
            let names = ["", "base", "base-v2"];
            let image = Image::new(dice.pick(&regions), format!("img-made{number:04}")).with_image_size(20);
            Some(Step::Made(image.with_image_name(dice.pick(&names))))
        }
        _ => {
            let quota = dice.die().pick(quotas)?;
            let Used::Count(used) = quota.used else { return None };
            let taken = used.saturating_add(quota.in_flight);
            let limit = taken.saturating_sub(1).saturating_add(dice.pick(&[1, 0, 2, 3]));
            Some(Step::Quota { region: quota.region.clone(), limit })
        }
    }
}

/// A region to which a copy is in flight, and the name of such a copy.
fn in_flight<'q>(quotas: &'q [RegionQuota], dice: &mut Dice<'_>) -> Option<(&'q RegionQuota, String)> {
    let busy: Vec<_> = quotas.iter().filter(|quota| quota.in_flight > 0).collect();
    let quota = dice.die().pick(&busy).copied()?;
    // Those without a name come last.
    let unnamed =
        quota.in_flight.saturating_sub(u64::try_from(quota.in_flight_names.len()).unwrap_or(u64::MAX));
    let mut names: Vec<String> = quota.in_flight_names.iter().flatten().cloned().collect();
    names.extend((unnamed > 0).then(String::new));
    Some((quota, dice.die().pick(&names)?.clone()))
}

/// A call for an image that is there, or was there at the start, to some of the other regions.
fn call(edition: Edition, state: &State, start: &State, mut dice: Dice<'_>) -> Option<SyncRequest> {
    let is_gone = |image: &&Image| state.image(&image.region, &image.image_id).is_none();
    let images: Vec<&Image> = state.images().iter().chain(start.images().iter().filter(is_gone)).collect();
    let image = dice.die().pick(&images).copied()?;
    let all: Vec<&str> = state.regions().iter().map(|region| &*region.region).collect();
    let others: Vec<&str> = all.iter().copied().filter(|region| *region != image.region).collect();
    let is_shared = image.image_type == Some(ImageType::SHARED_IMAGE);
    let mut destinations = vec![if is_shared { &*image.region } else { dice.pick(&others) }];
    let more = dice.pick(&others);
    if dice.is(48) && !destinations.contains(&more) {
        destinations.push(more);
    }
    let mut request = SyncRequest::new(&*image.image_id, destinations).with_region(&*image.region);
    let (is_dry, has_name, name) = (dice.is(48), dice.is(128), dice.pick(&["base", "base-v2", ""]));
    let knows = |name: &str| {
        crate::model::Parameter::later().any(|(later, since)| later.name() == name && since <= edition)
    };
    request.dry_run = (is_dry && knows("DryRun")).then_some(true);
    request.image_name = (has_name && knows("ImageName")).then(|| name.to_owned());
    Some(request)
}

/// A call, its reply, and when it was made. Two calls were made at once where neither had
/// ended before the other began.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// The request.
    pub request: SyncRequest,
    /// The reply.
    pub reply: Reply,
    /// The moment at which the call began, on any scale that grows.
    pub began: u64,
    /// The moment at which the reply was there.
    pub ended: u64,
}

impl Observed {
    /// Returns a call that was made so.
    #[must_use]
    pub fn new(request: SyncRequest, reply: Reply, began: u64, ended: u64) -> Self {
        Self { request, reply, began, ended }
    }
}

/// The reason why calls that were made at once got their replies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Explained {
    /// The calls, one after another in this order, have these replies. The numbers are
    /// their places in the list.
    By(Vec<usize>),
    /// No order has these replies.
    No,
    /// There are too many calls to say: more than [`MOST_CALLS`], or too many orders were tried.
    Unknown,
}

/// The most calls that [`order`] takes.
pub const MOST_CALLS: usize = 64;
/// The most sets of calls that are looked at.
const MOST_SETS: usize = 200_000;

/// Returns an order of calls that explains all of their replies: each reply may be the one that it
/// is after the calls before it, and no call comes before one that had ended before it began.
///
/// ```
/// use presync::generators::conformance::{Explained, Observed, Reply, order};
/// use presync::{AccountQuota, Edition, Image, Region, State, SyncRequest};
///
/// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
/// let image = Image::new("ap-guangzhou", "img-o3ycss2p");
/// let quota = AccountQuota::default().with_image_num_quota(1);
/// let state = State::from_records(regions, [image], quota, [])?;
/// let call = || SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
/// let full = || Reply::Refused("ImageQuotaLimitExceeded".parse().unwrap());
///
/// // Of two calls at once, the second was first.
/// let calls = [Observed::new(call(), full(), 0, 3), Observed::new(call(), Reply::Accepted, 1, 2)];
/// assert_eq!(order(Edition::LATEST, &state, &calls), Explained::By(vec![1, 0]));
/// // Both took the last of the quota.
/// let calls = [0, 1].map(|began| Observed::new(call(), Reply::Accepted, began, 2));
/// assert_eq!(order(Edition::LATEST, &state, &calls), Explained::No);
/// # Ok::<(), presync::StateError>(())
/// ```
#[must_use]
pub fn order(edition: Edition, state: &State, calls: &[Observed]) -> Explained {
    if calls.len() > MOST_CALLS {
        return Explained::Unknown;
    }
    let mut search = Search { calls, seen: HashSet::new(), left: MOST_SETS, order: Vec::new() };
    match search.go(0, &Machine::new(edition, state.clone())) {
        Some(true) => Explained::By(search.order),
        Some(false) => Explained::No,
        None => Explained::Unknown,
    }
}

/// The search for an order. What is true after some calls does not depend on their order, so no set
/// of calls is looked at twice.
struct Search<'c> {
    calls: &'c [Observed],
    seen: HashSet<u64>,
    /// So many more sets are looked at.
    left: usize,
    order: Vec<usize>,
}

impl Search<'_> {
    /// True if the calls that are not in the set can follow those in it.
    /// `None` if too many were tried.
    fn go(&mut self, set: u64, machine: &Machine) -> Option<bool> {
        if self.order.len() == self.calls.len() {
            return Some(true);
        }
        if !self.seen.insert(set) {
            return Some(false);
        }
        self.left = self.left.checked_sub(1)?;
        let left = |place: usize| set & (1 << place) == 0;
        let waiting = self.calls.iter().enumerate().filter(|(place, _)| left(*place));
        // A call that began after another one had ended comes after it.
        let first_end = waiting.clone().map(|(_, call)| call.ended).min()?;
        for (place, call) in waiting.filter(|(_, call)| call.began <= first_end) {
            let mut next = machine.clone();
            if next.call(&call.request, &call.reply).is_err() {
                continue;
            }
            self.order.push(place);
            if self.go(set | 1 << place, &next)? {
                return Some(true);
            }
            self.order.pop();
        }
        Some(false)
    }
}

/// Makes calls from several threads at once, `cases` times: `start` makes an implementation anew
/// with a state, and `send` calls it. There are two to four threads with up to four calls each,
/// about regions in which little of the quota is free.
///
/// A race shows only sometimes: the more cases there are, the surer it is.
///
/// # Errors
///
/// Errors with the calls for which no order explains all replies, in the order in which they began.
///
/// ```
/// use std::sync::Mutex;
///
/// use presync::generators::conformance::{Reply, races};
/// use presync::{Edition, Ruleset};
///
/// // One lock around the check and the change.
/// let rules = Ruleset::documented(Edition::LATEST);
/// let outcome = races(Edition::LATEST, 16, |state| Mutex::new(state.clone()), |state, request| {
///     let mut state = state.lock().unwrap();
///     let report = rules.check(request, &state);
///     if report.accepted() {
///         state.apply(request);
///     }
///     Reply::of(&report)
/// });
/// assert!(outcome.is_ok());
/// ```
pub fn races<S: Sync>(
    edition: Edition,
    cases: u32,
    start: impl Fn(&State) -> S,
    send: impl Fn(&S, &SyncRequest) -> Reply + Sync,
) -> Result<(), Box<Failure>> {
    const THREADS: usize = 4;
    const CALLS: usize = 4;
    let mut runner = runner(cases);
    let mut roll = |count| match Rolls::new(count).new_tree(&mut runner) {
        Ok(tree) => tree.current(),
        Err(_) => Vec::new(),
    };
    for _ in 0..cases {
        let state = self::start(edition, Dice::new(&roll(START)));
        let threads = 2 + Dice::new(&roll(1)).die().of(THREADS - 1);
        let script = |_| {
            let count = 1 + Dice::new(&roll(1)).die().of(CALLS);
            let calls = (0..count).filter_map(|_| call(edition, &state, &state, Dice::new(&roll(STEP))));
            calls.collect::<Vec<_>>()
        };
        let scripts: Vec<_> = (0..threads).map(script).collect();
        let mut observed = race(&scripts, &start(&state), &send);
        if order(edition, &state, &observed) == Explained::No {
            observed.sort_by_key(|call| call.began);
            let calls = observed.into_iter().map(|call| (Step::Call(call.request), call.reply));
            let history = [(Step::Start(state), Reply::Done)].into_iter().chain(calls).collect();
            return Err(Box::new(Failure { history, allowed: None }));
        }
    }
    Ok(())
}

/// Makes the calls of each script in a thread of its own, all at once.
fn race<S: Sync>(
    scripts: &[Vec<SyncRequest>],
    service: &S,
    send: &(impl Fn(&S, &SyncRequest) -> Reply + Sync),
) -> Vec<Observed> {
    let (clock, observed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let gate = Barrier::new(scripts.len());
    thread::scope(|scope| {
        let (clock, observed, gate) = (&clock, &observed, &gate);
        for script in scripts {
            scope.spawn(move || {
                gate.wait();
                for request in script {
                    let began = clock.fetch_add(1, Ordering::SeqCst);
                    let reply = send(service, request);
                    let ended = clock.fetch_add(1, Ordering::SeqCst);
                    if let Ok(mut observed) = observed.lock() {
                        observed.push(Observed::new(request.clone(), reply, began, ended));
                    }
                }
            });
        }
    });
    observed.into_inner().unwrap_or_default()
}
