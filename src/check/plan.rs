//! Several requests in a row: each is checked for the state that the accepted ones before it leave
//! behind.
//!
//! The service checks a request when it comes: ten requests that would each be accepted alone may
//! exceed a quota together.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ruleset::Ruleset;
use crate::model::{PartialRequest, State, SyncRequest};
use crate::report::fact::MOST;
use crate::report::{Fact, Report};
use crate::rule::Takes;
use crate::text::joined;

/// Returns a report on each request, in order. An accepted request is applied to the state before
/// the next one is checked; a refused one changes no state. Of a request that is accepted with a
/// rule unverified it is not known whether it takes its part of a quota or a name: where that
/// matters, later requests are unverified.
///
/// Where a quota or a name is used up because an earlier request of the plan took it, the
/// violation's hint names that request, counted from 1.
///
/// ```
/// use presync::check::plan;
/// use presync::{AccountQuota, Image, Region, Ruleset, State};
///
/// let quota = AccountQuota::default().with_image_num_quota(1);
/// let images = ["img-o3ycss2p", "img-34vaef8f"]
///     .map(|id| Image::new("ap-guangzhou", id).with_image_size(20));
/// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
/// let state = State::from_records(regions, images, quota, [])?;
///
/// let requests = plan::split(["img-o3ycss2p", "img-34vaef8f"], ["ap-shanghai"]);
/// let reports = plan::check(&Ruleset::default(), &requests, &state);
/// assert!(reports[0].accepted());
/// assert_eq!(reports[1].violations()[0].rule(), "image-quota");
/// assert_eq!(reports[1].violations()[0].hint(), Some("request 1 of the plan copies an image to it"));
/// # Ok::<(), presync::StateError>(())
/// ```
#[must_use]
pub fn check(rules: &Ruleset, requests: &[SyncRequest], state: &State) -> Vec<Report> {
    let mut plan = Plan::new(rules, state.clone());
    requests.iter().map(|request| plan.check(request)).collect()
}

/// Returns one request for each image, since a request copies one: all of them to these regions.
///
/// ```
/// let requests = presync::check::plan::split(["img-o3ycss2p", "img-34vaef8f"], ["ap-shanghai", "ap-beijing"]);
/// assert_eq!(requests.len(), 2);
/// assert_eq!(requests[1].image_ids, ["img-34vaef8f"]);
/// assert_eq!(requests[1].destination_regions, ["ap-shanghai", "ap-beijing"]);
/// ```
#[must_use]
pub fn split<I, D>(images: I, destinations: D) -> Vec<SyncRequest>
where
    I: IntoIterator,
    I::Item: Into<String>,
    D: IntoIterator,
    D::Item: Into<String>,
{
    let destinations: Vec<String> = destinations.into_iter().map(Into::into).collect();
    images.into_iter().map(|image| SyncRequest::new(image, destinations.iter().map(String::as_str))).collect()
}

/// A plan while it is checked, for callers who get its requests one at a time.
///
/// It borrows its rules, owns them or shares them: `Plan::new` takes a `&Ruleset`, a `Ruleset` or
/// an `Arc<Ruleset>`. It may go on for ever: of the requests that took a quota or a name it
/// remembers a number that does not depend on how many there were.
///
/// ```
/// use presync::check::plan::Plan;
/// use presync::{Image, Region, Ruleset, State, SyncRequest};
///
/// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
/// let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
/// let state = State::new(regions, [image])?;
/// let rules = Ruleset::default();
/// let mut plan = Plan::new(&rules, state);
/// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
/// assert!((0..10).all(|_| plan.check(&request).accepted()));
/// assert!(!plan.check(&request).accepted(), "the quota is used up");
/// assert_eq!(plan.state().account_quota().regions[0].in_flight, 10);
/// # Ok::<(), presync::StateError>(())
/// ```
///
/// With shared rules it can be kept beside them:
///
/// ```
/// use std::sync::Arc;
///
/// use presync::check::plan::Plan;
/// use presync::{Ruleset, State};
///
/// struct Gate {
///     rules: Arc<Ruleset>,
///     plan: Plan,
/// }
///
/// let rules = Arc::new(Ruleset::default());
/// let gate = Gate { plan: Plan::new(Arc::clone(&rules), State::default()), rules };
/// assert_eq!(gate.rules.edition(), presync::Edition::FIRST);
/// assert_eq!(gate.plan.state(), &State::default());
/// ```
#[derive(Clone, Debug)]
pub struct Plan<R = Arc<Ruleset>> {
    rules: R,
    state: State,
    /// The number of requests so far, refused ones too.
    count: usize,
    /// The takers in each region that the state lists, by its name.
    taken: BTreeMap<String, Taken>,
}

/// The accepted requests that took something in one region. Requests are counted from 1.
#[derive(Clone, Debug, Default)]
struct Taken {
    /// The first requests that copy an image to it.
    copies: Vec<usize>,
    /// For each name, the first requests that took it.
    names: BTreeMap<String, Vec<usize>>,
    /// The names before those. When there are many, older ones are forgotten.
    older_names: BTreeMap<String, Vec<usize>>,
}

/// The number of names of a region whose takers are remembered at least: twice the
/// greatest documented quota.
const NAMES: usize = 1_000;

impl Taken {
    /// Remembers that a request copies images to the region, with these names.
    fn add(&mut self, request: usize, names: &[Option<String>]) {
        let add = |takers: &mut Vec<usize>| {
            if takers.len() <= FEW {
                takers.push(request);
            }
        };
        add(&mut self.copies);
        for name in names.iter().flatten() {
            if self.names.len() >= NAMES {
                self.older_names = std::mem::take(&mut self.names);
            }
            add(self.names.entry(name.clone()).or_default());
        }
    }

    /// Returns the first requests that took a name.
    fn takers(&self, name: &str) -> impl Iterator<Item = usize> {
        [&self.older_names, &self.names]
            .into_iter()
            .filter_map(move |names| names.get(name))
            .flatten()
            .copied()
    }
}

/// The fate of a request.
enum Fate {
    Accepted,
    Refused,
    /// The service may accept the request or refuse it.
    Unknown,
}

impl<R: Borrow<Ruleset>> Plan<R> {
    /// Returns a plan that starts from this state.
    #[must_use]
    pub fn new(rules: R, state: State) -> Self {
        Self { rules, state, count: 0, taken: BTreeMap::new() }
    }

    /// Returns the state after the requests so far. What those may have left behind that are
    /// accepted but not verified is in no record of it, so that its JSON does not have it.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the state, to tell it what happened in the world meanwhile: a copy that
    /// [arrived](State::arrived), an image that is gone.
    ///
    /// A copy of a request that was accepted with a rule unverified ends as any other does, and
    /// when all of these ended, later requests of that region are in doubt no more.
    ///
    /// ```
    /// use presync::check::plan::Plan;
    /// use presync::{Image, Region, Ruleset, State, SyncRequest, Used};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    /// let mut plan = Plan::new(Ruleset::default(), State::new(regions, [image])?);
    /// plan.state_mut().set_used("ap-shanghai", Used::Count(10))?;
    /// assert!(!plan.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"])).accepted());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Counts a request that cannot be checked, such as one that could not be read, so that later
    /// ones keep their numbers.
    pub fn skip(&mut self) {
        self.count += 1;
    }

    /// Checks the next request. If it is accepted, what it takes is gone for those that follow.
    pub fn check(&mut self, request: &SyncRequest) -> Report {
        self.count += 1;
        let mut report = self.rules.borrow().check(request, &self.state);
        let destination = |subscript: usize| request.destination_regions.get(subscript);
        self.explain(request, request.image_name.as_deref(), destination, &mut report);
        match Self::fate(&report) {
            Fate::Accepted => {
                let names = self.state.accept(request);
                self.remember(request, &names);
            }
            Fate::Unknown => self.accept_possibly(&PartialRequest::new(request.clone())),
            Fate::Refused => {}
        }
        report
    }

    /// Checks the next request, in which something may be unknown.
    ///
    /// If it may be accepted, the quota or the name of later requests is unverified
    /// where it may have taken them.
    ///
    /// ```
    /// use presync::check::plan::Plan;
    /// use presync::{AccountQuota, Image, Parameter, PartialRequest, Region, Ruleset, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    /// let state = State::from_records(regions, [image], AccountQuota::default().with_image_num_quota(1), [])?;
    /// let rules = Ruleset::default();
    /// let mut plan = Plan::new(&rules, state);
    ///
    /// let first = PartialRequest::new(SyncRequest::new("", ["ap-shanghai"]));
    /// let first = first.unknown(Parameter::IMAGE_IDS.element(0), "the image of the next build");
    /// assert!(plan.check_partial(&first).accepted());
    /// let report = plan.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    /// assert_eq!(report.unverified()[0].rule(), "image-quota");
    /// assert_eq!(report.unverified()[0].needs(), "the outcome of request 1 of the plan");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn check_partial(&mut self, partial: &PartialRequest) -> Report {
        let Some(partial) = partial.sent() else {
            self.count += 1;
            return self.rules.borrow().check_partial(partial, &self.state);
        };
        let partial = &*partial;
        if partial.is_whole() {
            return self.check(partial.request());
        }
        self.count += 1;
        let mut report = self.rules.borrow().check_partial(partial, &self.state);
        let request = partial.request();
        let name = partial.name_of_copies().and_then(Result::ok);
        self.explain(request, name, |subscript| partial.destination(subscript), &mut report);
        match Self::fate(&report) {
            Fate::Accepted if partial.lacks_only_new_images() => {
                let names = self.state.accept_new(partial);
                self.remember(request, &names);
            }
            Fate::Accepted | Fate::Unknown => self.accept_possibly(partial),
            Fate::Refused => {}
        }
        report
    }

    fn fate(report: &Report) -> Fate {
        match report {
            report if !report.accepted() => Fate::Refused,
            // What a warning leaves open refuses nothing, as one that is found does not.
            report if report.is_verified() => Fate::Accepted,
            _ => Fate::Unknown,
        }
    }

    /// Remembers that the request may be accepted: what it then takes makes later ones unverified.
    fn accept_possibly(&mut self, partial: &PartialRequest) {
        let needs = format!("the outcome of request {} of the plan", self.count);
        self.state.accept_possibly(partial, needs);
    }

    /// Remembers which request took what, as far as a hint names it.
    fn remember(&mut self, request: &SyncRequest, names: &[Option<String>]) {
        if request.dry_run == Some(true) {
            return;
        }
        let regions: BTreeSet<&String> = request.destination_regions.iter().collect();
        for region in regions.into_iter().filter(|region| self.state.find_region(region).is_some()) {
            self.taken.entry(region.clone()).or_default().add(self.count, names);
        }
    }

    /// Says which earlier requests took what is gone now.
    fn explain<'q>(
        &self,
        request: &'q SyncRequest,
        name: Option<&str>,
        destination: impl Fn(usize) -> Option<&'q String>,
        report: &mut Report,
    ) {
        let taken = |region: &String| self.taken.get(region);
        for violation in report.violations_mut() {
            let (takers, verbs): (BTreeSet<usize>, _) = match self.rules.borrow().takes(violation.rule()) {
                Some(Takes::Quota) => {
                    let region = violation.parameter().subscript().and_then(&destination);
                    let taken = region.and_then(taken);
                    let takers = taken.iter().flat_map(|taken| &taken.copies).copied().collect();
                    (takers, ["copies an image to it", "copy images to it"])
                }
                Some(Takes::Name) => {
                    let name = name.unwrap_or_default();
                    let taken = request.destination_regions.iter().filter_map(taken);
                    let takers = taken.flat_map(|taken| taken.takers(name));
                    (takers.collect(), ["takes this name", "take this name"])
                }
                None => continue,
            };
            if !takers.is_empty() {
                let counts = takers.iter().take(MOST).filter_map(|taker| u64::try_from(*taker).ok());
                violation.set_fact(Fact::Requests, counts.collect::<Vec<u64>>().into());
                violation.set_hint(hint(&takers, verbs));
            }
        }
    }
}

/// The most requests that a hint names.
const FEW: usize = 8;

/// Says in words that these requests took something; only the first few are named.
fn hint(takers: &BTreeSet<usize>, [takes, take]: [&str; 2]) -> String {
    let mut shown: Vec<String> = takers.iter().take(FEW).map(ToString::to_string).collect();
    if takers.len() > FEW {
        shown.push("others".to_owned());
    }
    let (requests, take) = if takers.len() == 1 { ("request", takes) } else { ("requests", take) };
    format!("{requests} {} of the plan {take}", joined(shown, " and "))
}
