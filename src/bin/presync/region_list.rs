//! List of regions: where an image can be copied to.

use std::collections::BTreeSet;

use presync::check::{DestinationReport, Destinations};
use presync::{Truth, Violation};

use crate::outcome::Status;
use crate::output::shown;

/// The regions of a state, with the verdict on each.
pub(crate) struct RegionList<'a> {
    /// The image that is copied, as it was given.
    pub(crate) image: &'a str,
    /// The source region, where one is sent.
    pub(crate) source: Option<&'a str>,
    pub(crate) destinations: &'a Destinations<'a>,
}

/// A row about one region, in words.
pub(crate) struct Row {
    pub(crate) region: String,
    /// The name that people are shown.
    pub(crate) name: Option<String>,
    pub(crate) verdict: &'static str,
    /// Every reason against the copy, or what would settle whether it is accepted.
    pub(crate) reasons: String,
}

impl RegionList<'_> {
    /// Returns a row for each region, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        self.destinations.reports().iter().map(|destination| Row {
            region: shown(destination.region().region.as_ref()),
            name: destination.region().region_name.as_deref().map(|name| shown(name.as_ref())),
            verdict: verdict(destination),
            reasons: reasons(destination),
        })
    }

    /// Counts the regions of a verdict.
    pub(crate) fn count(&self, word: &str) -> usize {
        self.destinations.reports().iter().filter(|destination| verdict(destination) == word).count()
    }

    /// Returns each reason that is about the list of destinations as a whole, once.
    pub(crate) fn of_list(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let all = self.destinations.reports().iter().flat_map(DestinationReport::of_list);
        all.map(Violation::message).filter(|message| seen.insert(*message)).collect()
    }

    /// Returns the exit status: that of the region for which it is the best.
    pub(crate) fn status(&self) -> Status {
        let reports = self.destinations.reports().iter();
        reports.map(|destination| Status::from(destination.report())).min().unwrap_or(Status::NotChecked)
    }
}

pub(crate) const YES: &str = "yes";
pub(crate) const NO: &str = "no";
pub(crate) const NOT_VERIFIED: &str = "not verified";

/// Returns the word for whether an image can be copied to a region.
pub(crate) fn verdict(destination: &DestinationReport<'_>) -> &'static str {
    match destination.accepts() {
        Truth::Yes => YES,
        Truth::No => NO,
        Truth::Unknown(_) => NOT_VERIFIED,
    }
}

fn reasons(destination: &DestinationReport<'_>) -> String {
    let report = destination.report();
    let violations = report.violations().iter().map(|violation| match violation.hint() {
        Some(hint) => format!("{} ({hint})", violation.message()),
        None => violation.message().to_owned(),
    });
    // What a request needs that is refused anyway is in the report.
    let is_open = !matches!(destination.accepts(), Truth::No);
    let mut seen = BTreeSet::new();
    let unverified = report.unverified().iter().filter(|_| is_open);
    let needs = unverified.map(|unverified| match (unverified.is_warning(), unverified.needs()) {
        (true, needs) => format!("warning: not verified, needs {needs}"),
        (false, needs) => format!("needs {needs}"),
    });
    let needs = needs.filter(|needs| seen.insert(needs.clone()));
    let warnings = report.warnings().iter().map(|warning| format!("warning: {}", warning.message()));
    violations.chain(needs).chain(warnings).collect::<Vec<_>>().join("; ")
}
