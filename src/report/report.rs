//! What a check comes to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::Edition;
use crate::report::{Unverified, Violation};
use crate::text::record::records;

/// What a check found: every violation in order, and every rule that was left open.
///
/// As JSON: `{"edition", "accepted", "violations": [{"rule", "code", "parameter", "value", "allowed", "message",
/// "hint"}], "unverified": [{"rule", "parameter", "needs"}]}`. Where rules are turned down to a warning, `warnings`, of the
/// form of `violations`, comes after these if there is one, and what they leave open has `"warning": true`.
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
    warnings: Vec<Violation>,
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
    /// The same of the rules that are turned down to a warning; left out when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Violation>,
    /// Every rule that could be neither passed nor failed.
    unverified: Vec<Unverified>,
}

records! { strict: ReportRecord; }

impl From<Report> for ReportRecord {
    fn from(report: Report) -> Self {
        let accepted = report.accepted();
        let Report { edition, violations, warnings, unverified } = report;
        Self { edition, accepted, violations, warnings, unverified }
    }
}

impl TryFrom<ReportRecord> for Report {
    type Error = &'static str;

    fn try_from(record: ReportRecord) -> Result<Self, Self::Error> {
        let ReportRecord { edition, accepted, violations, warnings, unverified } = record;
        if accepted != violations.is_empty() {
            return Err("`accepted` contradicts `violations`");
        }
        Ok(Self { edition, violations, warnings, unverified })
    }
}

impl Report {
    /// A report that starts with these violations.
    pub(crate) fn of(edition: Edition, violations: Vec<Violation>) -> Self {
        Self { edition, violations, warnings: Vec::new(), unverified: Vec::new() }
    }

    pub(crate) fn add_violation(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// What was found before any rule was turned down.
    pub(crate) fn into_findings(self) -> (Vec<Violation>, Vec<Unverified>) {
        (self.violations, self.unverified)
    }

    /// Every violation, those of rules that are turned down to a warning too.
    pub(crate) fn violations_mut(&mut self) -> impl Iterator<Item = &mut Violation> {
        self.violations.iter_mut().chain(&mut self.warnings)
    }

    /// What these rules found is a warning.
    pub(crate) fn turn_down(&mut self, rules: &BTreeSet<String>) {
        let is_warning = |violation: &mut Violation| rules.contains(violation.rule());
        self.warnings.extend(self.violations.extract_if(.., is_warning));
        for open in self.unverified.iter_mut().filter(|open| rules.contains(open.rule())) {
            open.set_warning();
        }
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

    /// What is wrong by the rules that are turned down to a warning, in the same order. The call is not refused for it.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let rules = Ruleset::default().with_warning("version-required")?;
    /// let report = rules.check(&SyncRequest::empty(), &State::default());
    /// assert_eq!(report.violations().len(), 2);
    /// assert_eq!(report.warnings()[0].rule(), "version-required");
    /// # Ok::<(), presync::RulesetError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[Violation] {
        &self.warnings
    }

    /// Whether nothing is left open for which the call could be refused: what could not be verified is at most a warning.
    ///
    /// ```
    /// use presync::{Image, Region, Ruleset, State, SyncRequest};
    ///
    /// let mut image = Image::new("ap-guangzhou", "img-o3ycss2p");
    /// image.image_size = None;
    /// let state = State::new([Region::new("ap-guangzhou"), Region::new("ap-shanghai")], [image])?;
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// assert!(!Ruleset::default().check(&request, &state).is_verified());
    ///
    /// let report = Ruleset::default().with_warning("image-size")?.check(&request, &state);
    /// assert!(report.is_verified() && report.unverified()[0].is_warning());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.unverified.iter().all(Unverified::is_warning)
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
