//! What a check comes to.

use serde::{Deserialize, Serialize};

use crate::edition::Edition;
use crate::strict::records;
use crate::violation::{Unverified, Violation};

/// What a check found: every violation in order, and every rule that was left open.
///
/// As JSON: `{"edition", "accepted", "violations": [{"rule", "code", "parameter", "value", "allowed", "message",
/// "hint"}], "unverified": [{"rule", "parameter", "needs"}]}`.
///
/// ```
/// use presync::{Report, Ruleset, State, SyncRequest};
///
/// let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
/// let json = serde_json::to_string(&report)?;
/// assert!(json.starts_with(r#"{"edition":"2017-03","accepted":false,"violations":[{"rule":"image-exists","#));
/// assert_eq!(serde_json::from_str::<Report>(&json)?, report);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReportRecord", into = "ReportRecord")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "ReportRecord"))]
pub struct Report {
    edition: Edition,
    violations: Vec<Violation>,
    unverified: Vec<Unverified>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "Report", deny_unknown_fields)
)]
struct ReportRecord {
    /// The edition whose rules were checked, such as `2017-03`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    edition: Edition,
    /// Whether there is no violation.
    accepted: bool,
    /// Every reason why the call would be refused, in the order of the rules, then of the subscripts.
    violations: Vec<Violation>,
    /// Every rule that could be neither passed nor failed.
    unverified: Vec<Unverified>,
}

records! { strict: ReportRecord; }

impl From<Report> for ReportRecord {
    fn from(report: Report) -> Self {
        let accepted = report.accepted();
        let Report { edition, violations, unverified } = report;
        Self { edition, accepted, violations, unverified }
    }
}

impl TryFrom<ReportRecord> for Report {
    type Error = &'static str;

    fn try_from(record: ReportRecord) -> Result<Self, Self::Error> {
        let ReportRecord { edition, accepted, violations, unverified } = record;
        if accepted != violations.is_empty() {
            return Err("`accepted` contradicts `violations`");
        }
        Ok(Self { edition, violations, unverified })
    }
}

impl Report {
    /// A report that starts with these violations.
    pub(crate) fn of(edition: Edition, violations: Vec<Violation>) -> Self {
        Self { edition, violations, unverified: Vec::new() }
    }

    pub(crate) fn add_violation(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    pub(crate) fn violations_mut(&mut self) -> &mut [Violation] {
        &mut self.violations
    }

    pub(crate) fn add_unverified(&mut self, unverified: Unverified) {
        self.unverified.push(unverified);
    }

    /// Whether nothing speaks against the call. Something may still be [`unverified`](Self::unverified).
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// assert!(!Ruleset::default().check(&SyncRequest::empty(), &State::default()).accepted());
    /// ```
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.violations.is_empty()
    }

    /// The edition whose rules were checked.
    ///
    /// ```
    /// use presync::{Edition, Ruleset, State, SyncRequest};
    ///
    /// let report = Ruleset::default().check(&SyncRequest::empty(), &State::default());
    /// assert_eq!(report.edition(), Edition::SEED);
    /// ```
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Every reason why the call would be refused, in the order of the rules, then of the subscripts.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let report = Ruleset::default().check(&SyncRequest::empty(), &State::default());
    /// let rules: Vec<_> = report.violations().iter().map(|violation| violation.rule()).collect();
    /// assert_eq!(rules, ["version-required", "image-required", "destination-required"]);
    /// ```
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Every rule that could be neither passed nor failed, in the same order.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let report = Ruleset::default().check(&SyncRequest::empty(), &State::default());
    /// assert!(report.unverified().is_empty());
    /// ```
    #[must_use]
    pub fn unverified(&self) -> &[Unverified] {
        &self.unverified
    }

    /// The violations alone.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let report = Ruleset::default().check(&SyncRequest::empty(), &State::default());
    /// assert_eq!(report.into_violations().len(), 3);
    /// ```
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        self.violations
    }
}
