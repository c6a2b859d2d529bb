//! Several requests in a row: each is checked for the state that the accepted ones before it leave
//! behind.
//!
//! The service checks a request when it comes: ten requests that would each be accepted alone may
//! exceed a quota together.

use std::collections::{BTreeMap, BTreeSet};

use super::ruleset::Ruleset;
use crate::model::{PartialRequest, State, SyncRequest};
use crate::report::fact::MOST;
use crate::report::{Fact, Report};
use crate::rule::Takes;
use crate::text::joined;

/// Returns a report on each request, in order. An accepted request is applied to the state before
/// the next one is checked; a refused one changes no state. Of a request that is accepted with a rule
/// unverified it is not known whether it takes its part of a quota or a name: where that matters, later
/// requests are unverified.
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
#[derive(Clone, Debug)]
pub struct Plan<'r> {
    rules: &'r Ruleset,
    state: State,
    /// The number of requests so far, refused ones too.
    count: usize,
    /// The takers in each region, by its name.
    taken: BTreeMap<String, Taken>,
}

/// The accepted requests that took something in one region. Requests are counted from 1.
#[derive(Clone, Debug, Default)]
struct Taken {
    /// The first requests that copy an image to it.
    copies: Vec<usize>,
    /// For each name, the first requests that took it.
    names: BTreeMap<String, Vec<usize>>,
}

/// The fate of a request.
enum Fate {
    Accepted,
    Refused,
    /// The service may accept the request or refuse it.
    Unknown,
}

impl<'r> Plan<'r> {
    /// Returns a plan that starts from this state.
    #[must_use]
    pub fn new(rules: &'r Ruleset, state: State) -> Self {
        Self { rules, state, count: 0, taken: BTreeMap::new() }
    }

    /// Returns the state after the requests so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Counts a request that cannot be checked, such as one that could not be read, so that later
    /// ones keep their numbers.
    pub fn skip(&mut self) {
        self.count += 1;
    }

    /// Checks the next request. If it is accepted, what it takes is gone for those that follow.
    pub fn check(&mut self, request: &SyncRequest) -> Report {
        self.count += 1;
        let mut report = self.rules.check(request, &self.state);
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

    /// Checks the next request, of which not everything is known.
    ///
    /// If it may be accepted, the quota or the name of later requests is unverified where it may have taken
    /// them.
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
            return self.rules.check_partial(partial, &self.state);
        };
        let partial = &*partial;
        if partial.is_whole() {
            return self.check(partial.request());
        }
        self.count += 1;
        let mut report = self.rules.check_partial(partial, &self.state);
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
        let count = self.count;
        let add = |takers: &mut Vec<usize>| {
            if takers.len() <= FEW {
                takers.push(count);
            }
        };
        let regions: BTreeSet<&String> = request.destination_regions.iter().collect();
        for region in regions {
            let taken = self.taken.entry(region.clone()).or_default();
            add(&mut taken.copies);
            for name in names.iter().flatten() {
                add(taken.names.entry(name.clone()).or_default());
            }
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
        for violation in report.violations_mut() {
            let (takers, verbs): (BTreeSet<usize>, _) = match self.rules.takes(violation.rule()) {
                Some(Takes::Quota) => {
                    let region = violation.parameter().subscript().and_then(&destination);
                    let taken = region.and_then(|region| self.taken.get(region));
                    let takers = taken.iter().flat_map(|taken| &taken.copies).copied().collect();
                    (takers, ["copies an image to it", "copy images to it"])
                }
                Some(Takes::Name) => {
                    let name = name.unwrap_or_default();
                    let taken =
                        request.destination_regions.iter().filter_map(|region| self.taken.get(region));
                    let takers = taken.filter_map(|taken| taken.names.get(name)).flatten();
                    (takers.copied().collect(), ["takes this name", "take this name"])
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
