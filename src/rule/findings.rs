//! The findings of a check.

use std::borrow::Cow;
use std::fmt;

use super::evidence::Evidence;
use crate::model::{Dated, Edition, ErrorCode, Parameter, Truth};
use crate::report::{Finding, Report, Said, Unverified, Violation, Words};

/// The findings of a check, which reports them here. The id and the code are the check's own,
/// whatever it reports.
///
/// A check is given it; [`Check`](crate::Check) shows one.
pub struct Findings<'r> {
    by: By<'r>,
    report: &'r mut Report,
}

/// The rule or check whose findings they are, by its id and its code.
#[derive(Clone, Copy)]
pub(crate) enum By<'r> {
    Rule { id: &'static str, code: &'static Dated<(ErrorCode, Evidence)>, words: fn(&Said<'_>) -> Words },
    Check { id: &'r str, code: &'r ErrorCode },
}

impl By<'_> {
    fn id(self) -> Cow<'static, str> {
        match self {
            Self::Rule { id, .. } => Cow::Borrowed(id),
            Self::Check { id, .. } => Cow::Owned(id.to_owned()),
        }
    }

    fn code(self, edition: Edition) -> ErrorCode {
        match self {
            Self::Rule { code, .. } => code.at(edition).0.clone(),
            Self::Check { code, .. } => code.clone(),
        }
    }
}

impl fmt::Debug for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("rule", &self.by.id()).field("report", &self.report).finish()
    }
}

impl<'r> Findings<'r> {
    pub(crate) fn new(by: By<'r>, report: &'r mut Report) -> Self {
        Self { by, report }
    }

    /// Reports that the rule is broken.
    pub fn violation(&mut self, finding: Finding) {
        let finding = match self.by {
            By::Rule { words, .. } => finding.worded(words),
            By::Check { .. } => finding,
        };
        let code = self.by.code(self.report.edition());
        self.report.add_violation(Violation::new(self.by.id(), code, finding));
    }

    /// Reports that the rule cannot be decided: `needs` says which fact would settle it.
    pub fn unverified(&mut self, parameter: Parameter, needs: impl Into<String>) {
        self.report.add_unverified(Unverified::new(self.by.id(), parameter, needs.into()));
    }

    /// Reports what follows from an answer: a violation when what must hold does not, and an
    /// unverified rule when it is unknown.
    ///
    /// ```
    /// use presync::{Finding, Parameter, Ruleset, State, SyncRequest, check_fn};
    ///
    /// let owner = check_fn("acme/approved", "Acme.NotApproved".parse()?, |facts, findings| {
    ///     for image in facts.images() {
    ///         let is_approved = image.judge("ImageName", |image| image.image_name.as_ref(), |name| name.starts_with("web-"));
    ///         findings.require(image.parameter(), is_approved, |parameter| Finding::new(parameter, "not approved"));
    ///     }
    /// });
    /// let report = Ruleset::default().with_check(owner)?.check(&SyncRequest::new("img-o3ycss2p", ["gz"]), &State::default());
    /// // The image is not found, which is the only thing to say about it.
    /// assert!(report.violations().iter().all(|violation| violation.rule() != "acme/approved"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn require(
        &mut self,
        parameter: Parameter,
        holds: Truth<'_>,
        finding: impl FnOnce(Parameter) -> Finding,
    ) {
        match holds {
            Truth::Yes => {}
            Truth::No => self.violation(finding(parameter)),
            Truth::Unknown(needs) => self.unverified(parameter, needs),
        }
    }
}
