//! Several calls in a row: each is checked against what the accepted ones before it leave behind.
//!
//! The service checks a call when it comes; ten calls that would each be accepted alone may ask for more places than
//! there are.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Ruleset;
use crate::model::{PartialRequest, State, SyncRequest};
use crate::report::Report;
use crate::rules::{image_name, image_quota};
use crate::text::joined;

/// A report on each call, in order. An accepted call takes its places and names before the next one is checked; a
/// refused one leaves nothing behind.
///
/// Where a place or a name is gone because an earlier call of the plan took it, the violation's hint says which one,
/// counted from 1.
///
/// ```
/// use presync::{AccountQuota, Image, Region, Ruleset, State, SyncRequest, plan};
///
/// let mut quota = AccountQuota::default();
/// quota.image_num_quota = Some(1);
/// let images = ["img-o3ycss2p", "img-34vaef8f"].map(|id| Image::new("ap-guangzhou", id));
/// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), images)?.with_account_quota(quota)?;
///
/// let calls = plan::split(["img-o3ycss2p", "img-34vaef8f"], ["ap-shanghai"]);
/// let reports = plan::check(&calls, &state, &Ruleset::default());
/// assert!(reports[0].accepted());
/// assert_eq!(reports[1].violations()[0].rule(), "image-quota");
/// assert_eq!(reports[1].violations()[0].hint(), Some("call 1 of the plan takes a place there"));
/// # Ok::<(), presync::StateError>(())
/// ```
#[must_use]
pub fn check(calls: &[SyncRequest], state: &State, rules: &Ruleset) -> Vec<Report> {
    let mut plan = Plan::new(state.clone(), rules);
    calls.iter().map(|call| plan.check(call)).collect()
}

/// These images to these regions, as calls: one for each image, since a call copies one.
///
/// ```
/// let calls = presync::plan::split(["img-o3ycss2p", "img-34vaef8f"], ["ap-shanghai", "ap-beijing"]);
/// assert_eq!(calls.len(), 2);
/// assert_eq!(calls[1].image_ids, ["img-34vaef8f"]);
/// assert_eq!(calls[1].destination_regions, ["ap-shanghai", "ap-beijing"]);
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

/// A plan while it is checked: for callers who get its calls one at a time.
///
/// ```
/// use presync::{Image, Region, Ruleset, State, SyncRequest, plan::Plan};
///
/// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
/// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
/// let rules = Ruleset::default();
/// let mut plan = Plan::new(state, &rules);
/// let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
/// assert!((0..10).all(|_| plan.check(&call).accepted()));
/// assert!(!plan.check(&call).accepted(), "ten places are taken");
/// assert_eq!(plan.state().account_quota().regions[0].in_flight, 10);
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan<'r> {
    state: State,
    rules: &'r Ruleset,
    /// Whether what could not be verified is refused.
    is_strict: bool,
    /// How many calls there were, refused ones too.
    calls: usize,
    /// What is taken in each region, by its name.
    taken: BTreeMap<String, Taken>,
}

/// What accepted calls took in one region. Calls are counted from 1.
#[derive(Clone, Debug, Default)]
struct Taken {
    /// The calls that took a place.
    places: Vec<usize>,
    /// For each name the calls that took it.
    names: BTreeMap<String, Vec<usize>>,
}

impl<'r> Plan<'r> {
    /// A plan that starts from this state.
    ///
    /// ```
    /// use presync::{Ruleset, State, plan::Plan};
    ///
    /// let rules = Ruleset::default();
    /// assert_eq!(*Plan::new(State::default(), &rules).state(), State::default());
    /// ```
    #[must_use]
    pub fn new(state: State, rules: &'r Ruleset) -> Self {
        Self { state, rules, is_strict: false, calls: 0, taken: BTreeMap::new() }
    }

    /// The same, in which a call with something unverified counts as refused: it leaves nothing behind.
    ///
    /// ```
    /// # use presync::{Ruleset, State, plan::Plan};
    /// # let rules = Ruleset::default();
    /// let plan = Plan::new(State::default(), &rules).strict();
    /// ```
    #[must_use]
    pub fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// What the calls so far leave behind.
    ///
    /// ```
    /// # use presync::{Ruleset, State, plan::Plan};
    /// # let rules = Ruleset::default();
    /// let plan = Plan::new(State::default(), &rules);
    /// assert!(plan.state().regions().is_empty());
    /// ```
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Counts a call that cannot be checked, such as one that could not be read, so that later ones keep their numbers.
    ///
    /// ```
    /// # use presync::{Ruleset, State, plan::Plan};
    /// # let rules = Ruleset::default();
    /// let mut plan = Plan::new(State::default(), &rules);
    /// plan.skip();
    /// ```
    pub fn skip(&mut self) {
        self.calls += 1;
    }

    /// Checks the next call. If it is accepted, what it takes is gone for those that follow.
    ///
    /// ```
    /// # use presync::{Ruleset, State, SyncRequest, plan::Plan};
    /// # let rules = Ruleset::default();
    /// let mut plan = Plan::new(State::default(), &rules);
    /// assert!(!plan.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"])).accepted());
    /// ```
    pub fn check(&mut self, call: &SyncRequest) -> Report {
        self.calls += 1;
        let mut report = self.rules.check(call, &self.state);
        self.blame(call, &mut report);
        if report.accepted() && (!self.is_strict || report.is_verified()) {
            self.accept(call);
        }
        report
    }

    /// Checks the next call, of which not everything is known.
    ///
    /// If nothing speaks against it, it takes a place in each destination that is known, and its name. What it takes
    /// elsewhere is not known, and not looked for.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, Region, Ruleset, State, SyncRequest, plan::Plan};
    ///
    /// let rules = Ruleset::default();
    /// let mut plan = Plan::new(State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?, &rules);
    /// let call = PartialRequest::new(SyncRequest::new("", ["ap-shanghai"]));
    /// let call = call.unknown(Parameter::IMAGE_IDS.element(0), "the image of the next build");
    /// assert!(plan.check_partial(&call).accepted());
    /// assert_eq!(plan.state().account_quota().regions[0].in_flight, 1);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn check_partial(&mut self, call: &PartialRequest) -> Report {
        if call.is_whole() {
            return self.check(call.request());
        }
        self.calls += 1;
        let mut report = self.rules.check_partial(call, &self.state);
        self.blame(call.request(), &mut report);
        if report.accepted() && (!self.is_strict || report.is_verified()) {
            let names = self.state.accept_partial(call);
            self.note(&call.known(), &names);
        }
        report
    }

    fn accept(&mut self, call: &SyncRequest) {
        let names = self.state.accept(call);
        self.note(call, &names);
    }

    /// Remembers which call took what.
    fn note(&mut self, call: &SyncRequest, names: &[Option<String>]) {
        if call.dry_run == Some(true) {
            return;
        }
        let regions: BTreeSet<&String> = call.destination_regions.iter().collect();
        for region in regions {
            let taken = self.taken.entry(region.clone()).or_default();
            taken.places.push(self.calls);
            for name in names.iter().flatten() {
                taken.names.entry(name.clone()).or_default().push(self.calls);
            }
        }
    }

    /// Says which earlier calls took what is missing now.
    fn blame(&self, call: &SyncRequest, report: &mut Report) {
        for violation in report.violations_mut() {
            let (takers, what): (BTreeSet<usize>, _) = if ABOUT_PLACES.contains(&violation.rule()) {
                let subscript = violation.parameter().subscript();
                let region = subscript.and_then(|subscript| call.destination_regions.get(subscript));
                let taken = region.and_then(|region| self.taken.get(region));
                (
                    taken.iter().flat_map(|taken| taken.places.iter().take(FEW + 1)).copied().collect(),
                    "a place there",
                )
            } else if violation.rule() == image_name::IMAGE_NAME_UNIQUE.id {
                let name = call.image_name.as_deref().unwrap_or_default();
                let taken = call.destination_regions.iter().filter_map(|region| self.taken.get(region));
                (taken.filter_map(|taken| taken.names.get(name)).flatten().copied().collect(), "this name")
            } else {
                continue;
            };
            if !takers.is_empty() {
                violation.set_hint(Some(blamed(&takers, what)));
            }
        }
    }
}

/// The rules that look at how many places are left in one destination: the documented one, and those of policies.
const ABOUT_PLACES: [&str; 3] = [image_quota::IMAGE_QUOTA.id, "policy/image-quota", "policy/free-places"];

/// How many calls a hint names.
const FEW: usize = 8;

/// That these calls took something, as words; only the first few are named.
fn blamed(takers: &BTreeSet<usize>, what: &str) -> String {
    let mut shown: Vec<String> = takers.iter().take(FEW).map(ToString::to_string).collect();
    if takers.len() > FEW {
        shown.push("others".to_owned());
    }
    let (calls, take) = if takers.len() == 1 { ("call", "takes") } else { ("calls", "take") };
    format!("{calls} {} of the plan {take} {what}", joined(shown, " and "))
}
