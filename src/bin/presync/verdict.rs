//! Verdicts on calls.

use std::collections::{BTreeMap, BTreeSet};

use presync::report::Edit;
use presync::{Parameter, Report, Violation};

use crate::document::Call;
use crate::suggested::Suggested;

/// The report on one call.
pub(crate) struct Verdict {
    pub(crate) call: Call,
    /// Number of the call in its plan, counted from 1; `None` without a plan.
    pub(crate) number: Option<usize>,
    pub(crate) report: Report,
    /// The nearest accepted request, where it is asked for and the request is refused.
    pub(crate) suggested: Option<Suggested>,
}

impl Verdict {
    /// Returns the edits that remove each violation, by its rule and its parameter,
    /// where they are asked for.
    pub(crate) fn edits(&self) -> BTreeMap<(&str, &Parameter), Vec<&Edit>> {
        let mut edits: BTreeMap<_, Vec<&Edit>> = BTreeMap::new();
        for edit in self.suggested.iter().flat_map(|suggested| suggested.suggestion.edits()) {
            for removed in edit.removes() {
                edits.entry(removed).or_default().push(edit);
            }
        }
        edits
    }

    /// Returns the edits that remove no violation of the report: what they remove shows
    /// only once others are made.
    pub(crate) fn further_edits(&self) -> impl Iterator<Item = &Edit> {
        let key = |violation| (Violation::rule(violation), Violation::parameter(violation));
        let reported: BTreeSet<(&str, &Parameter)> = self.report.violations().iter().map(key).collect();
        let edits = self.suggested.iter().flat_map(|suggested| suggested.suggestion.edits());
        edits.filter(move |edit| !edit.removes().any(|removed| reported.contains(&removed)))
    }
}
