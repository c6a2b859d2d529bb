//! Where an image can be copied to: each region of a state in turn, as the one
//! destination of a request.

use std::collections::BTreeSet;

use super::ruleset::Ruleset;
use crate::model::{Parameter, Region, State, SyncRequest, Truth};
use crate::report::{Report, Unverified, Violation};
use crate::rule::{Facts, Rule};
use crate::text::joined;

/// The regions of a state, each with the report on a request that copies an image to it alone.
///
/// [`Ruleset::destinations`] makes them, and has an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations<'s> {
    reports: Vec<DestinationReport<'s>>,
    may_be_others: bool,
}

impl<'s> Destinations<'s> {
    /// Returns the report on each region, in the order in which the state lists them.
    #[must_use]
    pub fn reports(&self) -> &[DestinationReport<'s>] {
        &self.reports
    }

    /// Returns the report on each region, in the order in which the state lists them.
    #[must_use]
    pub fn into_reports(self) -> Vec<DestinationReport<'s>> {
        self.reports
    }

    /// True if there may be regions that the state does not list, and so no report is about:
    /// [`State::regions_complete`] is false.
    #[must_use]
    pub fn may_be_others(&self) -> bool {
        self.may_be_others
    }
}

/// A region, and the report on a request that copies an image to it alone.
///
/// ```
/// use presync::{Image, Region, Ruleset, State, Truth};
///
/// let regions = [Region::new("ap-shanghai"), Region::new("ap-seoul").with_image_sync(None)];
/// let image = Image::new("ap-shanghai", "img-o3ycss2p").with_image_size(20);
/// let state = State::new(regions, [image])?;
/// let destinations = Ruleset::default().destinations("img-o3ycss2p", &state).into_reports();
/// assert_eq!(destinations[0].accepts(), Truth::No);
/// assert_eq!(destinations[0].report().violations()[0].message(), "`ap-shanghai` is the source region");
/// assert_eq!(destinations[1].accepts().needs(), Some("the state's `ImageSync` of `ap-seoul`"));
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationReport<'s> {
    region: &'s Region,
    request: SyncRequest,
    report: Report,
    of_list: Vec<Violation>,
}

impl<'s> DestinationReport<'s> {
    /// Returns the region.
    #[must_use]
    pub fn region(&self) -> &'s Region {
        self.region
    }

    /// Returns the request that was checked, whose one destination is the region.
    #[must_use]
    pub fn request(&self) -> &SyncRequest {
        &self.request
    }

    /// Returns the report on that request, without the [violations of the
    /// whole list](Self::of_list).
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Returns the violations on `DestinationRegions` as a whole: those of a check that asks for
    /// other destinations beside this one, or for more or fewer of them. Such a check says nothing
    /// of the region, and a request that names others too may satisfy it.
    #[must_use]
    pub fn of_list(&self) -> &[Violation] {
        &self.of_list
    }

    /// Returns whether the image can be copied to the region: no if there is a violation, and
    /// unknown if a rule could not be verified that is no warning.
    #[must_use]
    pub fn accepts(&self) -> Truth<'_> {
        if !self.report.violations().is_empty() {
            return Truth::No;
        }
        // Several rules often need the same fact.
        let mut seen = BTreeSet::new();
        let unverified = self.report.unverified().iter().filter(|unverified| !unverified.is_warning());
        let needs: Vec<&str> =
            unverified.map(Unverified::needs).filter(|needs| seen.insert(*needs)).collect();
        match &*needs {
            [] => Truth::Yes,
            [needs] => Truth::unknown(*needs),
            needs => Truth::unknown(joined(needs, " and ")),
        }
    }
}

impl Ruleset {
    /// Returns for each region of the state, in order, the report on a request that copies this
    /// image there and nowhere else.
    ///
    /// Where the state lists the image in one region, that is the request's `Region`. Where it is
    /// listed in several regions or in none, no `Region` is sent, and what depends on it is
    /// unverified; [`destinations_of`](Self::destinations_of) takes the one that is meant.
    ///
    /// ```
    /// use presync::{AccountQuota, Edition, Image, Region, RegionQuota, Ruleset, State};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    /// let quota = AccountQuota::default().with_regions([RegionQuota::new("ap-beijing").with_in_flight(500)]);
    /// let state = State::from_records(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")], quota, [])?;
    ///
    /// let destinations = Ruleset::documented(Edition::LATEST).destinations("img-o3ycss2p", &state);
    /// let lines: Vec<String> = destinations
    ///     .reports()
    ///     .iter()
    ///     .map(|destination| {
    ///         let reasons: Vec<_> = destination.report().violations().iter().map(|reason| reason.message()).collect();
    ///         format!("{}: {}", destination.region().region, reasons.join(", "))
    ///     })
    ///     .collect();
    /// assert_eq!(
    ///     lines,
    ///     [
    ///         "ap-guangzhou: `ap-guangzhou` is the source region",
    ///         "ap-shanghai: ",
    ///         "ap-beijing: `ap-beijing` has 0 custom images and 500 copies in flight, and its quota is 500",
    ///     ]
    /// );
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn destinations<'s>(&self, image_id: &str, state: &'s State) -> Destinations<'s> {
        let request = SyncRequest::new(image_id, [""; 0]);
        let request = match state.find_images(image_id) {
            [image] => match state.image_at(*image) {
                Some(image) => request.with_region(image.region.as_str()),
                None => request,
            },
            _ => request,
        };
        self.destinations_of(&request, state)
    }

    /// Returns for each region of the state, in order, the report on this request with that region
    /// as its one destination. The destinations that the request has itself are left out.
    ///
    /// A report is that of [`check`](Self::check), but for the violations on the list of
    /// destinations as a whole: [`DestinationReport::of_list`] has them. The image is looked up
    /// once for all regions, so that a region costs the same however many there are.
    ///
    /// ```
    /// use presync::{Image, Region, Ruleset, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"];
    /// let images = ["ap-guangzhou", "ap-shanghai"].map(|region| Image::new(region, "img-o3ycss2p").with_image_size(20));
    /// let state = State::new(regions.map(Region::new), images)?;
    /// let rules = Ruleset::default();
    /// let request = SyncRequest::new("img-o3ycss2p", [""; 0]);
    ///
    /// let accepted = |request: &SyncRequest| {
    ///     let reports = rules.destinations_of(request, &state).into_reports();
    ///     reports.iter().map(|destination| destination.accepts().is_yes()).collect::<Vec<_>>()
    /// };
    /// // Which of the two images is meant is not guessed.
    /// assert_eq!(accepted(&request), [false, false, true]);
    /// assert_eq!(accepted(&request.with_region("ap-shanghai")), [true, false, true]);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn destinations_of<'s>(&self, request: &SyncRequest, state: &'s State) -> Destinations<'s> {
        let mut template = request.clone();
        template.destination_regions.clear();
        let of = |region: &Region| {
            let mut request = template.clone();
            request.destination_regions.push(region.region.clone());
            request
        };
        let requests: Vec<SyncRequest> = state.regions().iter().map(of).collect();
        let reports = self.reports_of(&template, &requests, state);
        let reports =
            state.regions().iter().zip(requests).zip(reports).map(|((region, request), mut report)| {
                let of_list = report.take_violations_on(&Parameter::DESTINATION_REGIONS);
                DestinationReport { region, request, report, of_list }
            });
        Destinations { reports: reports.collect(), may_be_others: !state.regions_complete() }
    }

    /// Checks requests which differ from `template` in their destinations alone.
    fn reports_of(&self, template: &SyncRequest, requests: &[SyncRequest], state: &State) -> Vec<Report> {
        let mut facts = Facts::new(self.context(), template, state);
        facts.find_out();
        // What does not depend on the destination is found once: a hint may look at many regions.
        let shared = |rule: &&'static Rule| {
            let mut found = Report::new(self.edition(), Vec::new());
            if !rule.looks_at_destinations() {
                Self::run(rule, &facts, &mut found);
            }
            (*rule, found.into_findings())
        };
        let shared: Vec<_> = self.rules().iter().map(shared).collect();
        let mut reports = Vec::with_capacity(requests.len());
        for request in requests {
            facts.turn_to(request);
            let is_plain = facts.is_plain();
            let mut report = Report::new(self.edition(), Vec::new());
            for (rule, (violations, unverified)) in &shared {
                if !rule.looks_at_destinations() {
                    violations.iter().for_each(|violation| report.add_violation(violation.clone()));
                    unverified.iter().for_each(|unverified| report.add_unverified(unverified.clone()));
                } else if rule.can_plain_break || !is_plain {
                    Self::run(rule, &facts, &mut report);
                }
            }
            self.run_checks(&facts, &mut report);
            self.finish(&mut report);
            reports.push(report);
        }
        reports
    }
}
