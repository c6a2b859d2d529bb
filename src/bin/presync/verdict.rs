//! Verdicts on calls.

use std::collections::BTreeMap;

use presync::report::Edit;
use presync::{Parameter, Report};

use crate::document::Call;
use crate::suggested::Suggested;

/// The report on one call.
pub(crate) struct Verdict {
    pub(crate) call: Call,
    /// Number of the call in its plan, counted from 1; `None` without a plan.
    pub(crate) number: Option<usize>,
    pub(crate) report: Report,
    /// True if the request could be decoded, so that its values were checked.
    pub(crate) is_decoded: bool,
    /// The nearest accepted request, where it is asked for and the request is refused.
    pub(crate) suggested: Option<Suggested>,
}

impl Verdict {
    /// Returns the edits that remove each violation, by its rule and its parameter, where they are asked for.
    pub(crate) fn edits(&self) -> BTreeMap<(&str, &Parameter), Vec<&Edit>> {
        let mut edits: BTreeMap<_, Vec<&Edit>> = BTreeMap::new();
        for edit in self.suggested.iter().flat_map(|suggested| suggested.suggestion.edits()) {
            for removed in edit.removes() {
                edits.entry(removed).or_default().push(edit);
            }
        }
        edits
    }
}
