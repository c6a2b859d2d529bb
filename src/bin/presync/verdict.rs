//! Verdicts on calls.

use presync::check::Edit;
use presync::{Report, Violation};

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
    /// Returns the edits that remove a violation, where they are asked for.
    pub(crate) fn edits_on<'v>(&'v self, violation: &'v Violation) -> impl Iterator<Item = &'v Edit> {
        let edits = self.suggested.iter().flat_map(|suggested| suggested.suggestion.edits());
        let key = (violation.rule(), violation.parameter());
        edits.filter(move |edit| edit.removes().any(|removed| removed == key))
    }
}
