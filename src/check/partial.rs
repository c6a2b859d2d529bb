//! Settling the findings of a check where not everything of the request is known.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Parameter, PartialRequest};
use crate::report::{Report, Unverified};

/// Adds the findings of a rule or a check to a report.
///
/// A finding on a value that is not known is no violation, and neither is one that depends on such
/// a value. Each value that could break the rule once it is known is unverified. `concerns` says on
/// which parameters the findings depend beside the one that they are on.
pub(super) fn settle(
    id: &str,
    partial: &PartialRequest,
    found: Report,
    report: &mut Report,
    concerns: impl Fn(&Parameter) -> bool,
) {
    let (violations, mut unverified) = found.into_findings();
    let left_out = |parameter: &Parameter| {
        let is_element = parameter.is_destination() && parameter.subscript().is_some();
        let depends = is_element || concerns(&Parameter::DESTINATION_REGIONS);
        partial.needs_for_left_out().filter(|_| depends)
    };
    // For each name, what would settle the first unknown on which the findings depend.
    let mut concerned: BTreeMap<&str, &str> = BTreeMap::new();
    for (unknown, needs) in partial.unknowns().filter(|(unknown, _)| concerns(unknown)) {
        concerned.entry(unknown.name()).or_insert(needs);
    }
    // One element of a list does not depend on the others.
    let depends_on =
        |parameter: &Parameter, name: &str| parameter.subscript().is_none() || name != parameter.name();
    let needed = |parameter: &Parameter| {
        let other = || concerned.iter().find(|(name, _)| depends_on(parameter, name));
        let needs = partial.needs(parameter).or_else(|| other().map(|(_, needs)| *needs));
        needs.or_else(|| left_out(parameter)).or_else(|| partial.needs_to_be_made())
    };
    // What the check itself says to be unverified stays as it says it.
    let mut seen: BTreeSet<Parameter> = unverified.iter().map(|found| found.parameter().clone()).collect();
    let mut add = |parameter: &Parameter, needs: &str| {
        if seen.insert(parameter.clone()) {
            unverified.push(Unverified::new(id.to_owned().into(), parameter.clone(), needs.to_owned()));
        }
    };
    for violation in violations {
        match needed(violation.parameter()) {
            Some(needs) => add(violation.parameter(), needs),
            None => report.add_violation(violation),
        }
    }
    for (unknown, needs) in partial.unknowns().filter(|(unknown, _)| concerns(unknown)) {
        add(unknown, needs);
    }
    unverified.sort_by_key(|found| found.parameter().subscript());
    unverified.into_iter().for_each(|found| report.add_unverified(found));
}
