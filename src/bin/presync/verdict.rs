//! Verdicts on calls.

use presync::Report;

use crate::document::Call;

/// The report on one call.
pub(crate) struct Verdict {
    pub(crate) call: Call,
    /// Number of the call in its plan, counted from 1; `None` without a plan.
    pub(crate) number: Option<usize>,
    pub(crate) report: Report,
    /// True if the request could be decoded, so that its values were checked.
    pub(crate) is_decoded: bool,
}
