//! The report of a check.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::unverified::Unverified;
use super::violation::Violation;
use crate::model::{Edition, Parameter};
use crate::text::record::records;

/// The report of a check: every violation in order, and every rule that could not be decided.
///
/// As JSON:
/// `{"edition", "accepted", "violations": [{"rule", "code", "parameter", "value", "allowed", "message", "hint", "facts"}], "unverified": [{"rule", "parameter", "needs"}]}`.
/// Where rules are turned down to a warning, `warnings`, of the form of `violations`, comes after
/// these if there is one, and what they leave unverified has `"warning": true`. The report of a
/// [strict](crate::Ruleset::strict) rule set has `"strict": true`, and that of a request of which
/// [only the shape](Report::is_shape_only) was checked `"shape_only": true`. What comes from the
/// document of another tool has its `attribute`.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Report {
    edition: Edition,
    is_strict: bool,
    is_shape_only: bool,
    violations: Vec<Violation>,
    warnings: Vec<Violation>,
    unverified: Vec<Unverified>,
}

/// Takes out the violations for which this holds. The others stay in their order.
fn take_if(violations: &mut Vec<Violation>, is_taken: impl Fn(&Violation) -> bool) -> Vec<Violation> {
    if !violations.iter().any(&is_taken) {
        return Vec::new();
    }
    let (taken, others) = std::mem::take(violations).into_iter().partition(is_taken);
    *violations = others;
    taken
}

/// A report as JSON.
#[derive(Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "Report", deny_unknown_fields)
)]
struct ReportRecord<'r> {
    /// The edition whose rules were checked, such as `2017-03`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    edition: Edition,
    /// True if no violation speaks against the request.
    accepted: bool,
    /// True if what could not be verified counts as refused; left out when it does not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(default))]
    strict: bool,
    /// True if the request has a wrong shape, for which its values were not checked: it may have
    /// more violations than these. Left out when they were.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(default))]
    shape_only: bool,
    /// Every reason why the request would be refused, in the order of the rules, then of the
    /// subscripts.
    violations: &'r [Violation],
    /// Every broken rule that is turned down to a warning; left out when there is none.
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    warnings: &'r [Violation],
    /// Every rule that could not be decided.
    unverified: &'r [Unverified],
}

/// A report that is read from JSON.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
struct OwnedRecord {
    edition: Edition,
    accepted: bool,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    shape_only: bool,
    violations: Vec<Violation>,
    #[serde(default)]
    warnings: Vec<Violation>,
    unverified: Vec<Unverified>,
}

records! { strict: OwnedRecord; }

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { edition, is_strict, is_shape_only, violations, warnings, unverified } = self;
        let (edition, accepted) = (*edition, self.accepted());
        let (strict, shape_only) = (*is_strict, *is_shape_only);
        ReportRecord { edition, accepted, strict, shape_only, violations, warnings, unverified }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = <OwnedRecord as Deserialize>::deserialize(deserializer)?;
        let OwnedRecord { edition, accepted, strict, shape_only, violations, warnings, unverified } = record;
        let (is_strict, is_shape_only) = (strict, shape_only);
        let report = Self { edition, is_strict, is_shape_only, violations, warnings, unverified };
        if accepted != report.accepted() {
            return Err(serde::de::Error::custom("`accepted` contradicts `violations`"));
        }
        if is_shape_only && report.violations.is_empty() {
            return Err(serde::de::Error::custom("`shape_only` contradicts `violations`"));
        }
        Ok(report)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Report {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        ReportRecord::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ReportRecord::json_schema(generator)
    }
}

/// The terms of a report: those of a [`Ruleset`](crate::Ruleset), or an edition alone.
///
/// ```
/// use presync::report::Terms;
/// use presync::{Edition, Ruleset};
///
/// let strict = Ruleset::documented(Edition::FIRST).strict();
/// assert_eq!((Terms::edition(&strict), Terms::is_strict(&strict)), (Edition::FIRST, true));
/// assert_eq!((Edition::FIRST.edition(), Terms::is_strict(&Edition::FIRST)), (Edition::FIRST, false));
/// ```
pub trait Terms {
    /// Returns the edition whose rules are checked.
    fn edition(&self) -> Edition;

    /// True if what could not be verified is refused.
    fn is_strict(&self) -> bool;
}

impl Terms for Edition {
    fn edition(&self) -> Edition {
        *self
    }

    fn is_strict(&self) -> bool {
        false
    }
}

impl<T: Terms + ?Sized> Terms for &T {
    fn edition(&self) -> Edition {
        (**self).edition()
    }

    fn is_strict(&self) -> bool {
        (**self).is_strict()
    }
}

impl Report {
    /// Returns a report that starts with these violations.
    pub(crate) fn new(edition: Edition, violations: Vec<Violation>) -> Self {
        Self {
            edition,
            is_strict: false,
            is_shape_only: false,
            violations,
            warnings: Vec::new(),
            unverified: Vec::new(),
        }
    }

    /// Returns the report on a request of a wrong shape, on these terms.
    #[cfg(feature = "wire")]
    pub(crate) fn on_shape(terms: &impl Terms, violations: Vec<Violation>) -> Self {
        let report = Self::new(terms.edition(), violations);
        Self { is_strict: terms.is_strict(), is_shape_only: true, ..report }
    }

    pub(crate) fn set_strict(&mut self) {
        self.is_strict = true;
    }

    pub(crate) fn add_violation(&mut self, violation: Violation) {
        // A wrong request is often wrong in several ways.
        if self.violations.is_empty() {
            self.violations.reserve(8);
        }
        self.violations.push(violation);
    }

    /// Adds violations of rules that come before all others.
    #[cfg(feature = "wire")]
    pub(crate) fn put_first(&mut self, violations: Vec<Violation>) {
        self.violations.splice(0..0, violations);
    }

    pub(crate) fn add_unverified(&mut self, unverified: Unverified) {
        self.unverified.push(unverified);
    }

    /// Takes out the violations on this parameter, and not those on its elements.
    pub(crate) fn take_violations_on(&mut self, parameter: &Parameter) -> Vec<Violation> {
        take_if(&mut self.violations, |violation| violation.parameter() == parameter)
    }

    /// Returns the violations and what is unverified.
    pub(crate) fn into_findings(self) -> (Vec<Violation>, Vec<Unverified>) {
        (self.violations, self.unverified)
    }

    /// Returns every violation, those of rules that are turned down to a warning too.
    pub(crate) fn violations_mut(&mut self) -> impl Iterator<Item = &mut Violation> {
        self.violations.iter_mut().chain(&mut self.warnings)
    }

    /// Makes warnings of the findings of these rules.
    pub(crate) fn turn_down(&mut self, rules: &BTreeSet<String>) {
        let is_warning = |violation: &Violation| rules.contains(violation.rule());
        self.warnings.extend(take_if(&mut self.violations, is_warning));
        for unverified in self.unverified.iter_mut().filter(|unverified| rules.contains(unverified.rule())) {
            unverified.set_warning();
        }
    }

    /// Sets the attribute that each parameter comes from, in the document of another tool.
    #[must_use]
    pub fn with_attributes(mut self, attribute: impl Fn(&Parameter) -> Option<String>) -> Self {
        for violation in self.violations_mut() {
            violation.set_attribute(attribute(violation.parameter()));
        }
        for unverified in &mut self.unverified {
            unverified.set_attribute(attribute(unverified.parameter()));
        }
        self
    }

    /// True if no violation speaks against the request. A rule may still be
    /// [`unverified`](Self::unverified), unless the rule set is [strict](crate::Ruleset::strict).
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.violations.is_empty() && (!self.is_strict || self.is_verified())
    }

    /// True if the rule set was [strict](crate::Ruleset::strict).
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// True if the request has a wrong shape, for which its values were not checked: it may have
    /// more violations than these.
    ///
    /// ```
    /// # #[cfg(feature = "wire")]
    /// # fn main() -> Result<(), presync::wire::DecodeError> {
    /// use presync::{Edition, wire};
    ///
    /// // The region is not known either, which shows once the key is right.
    /// let error = wire::decode(br#"{"ImageId": ["img-o3ycss2p"], "DestinationRegions": ["gz"]}"#).unwrap_err();
    /// assert!(error.into_report(Edition::FIRST)?.is_shape_only());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "wire"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn is_shape_only(&self) -> bool {
        self.is_shape_only
    }

    /// Returns the edition whose rules were checked.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns every reason why the request would be refused, in the order of the rules, then of
    /// the subscripts; of a wrong shape [alone](Self::is_shape_only), where it has one.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns what is wrong by the rules that are turned down to a warning, in the same order. The
    /// request is not refused for it.
    ///
    /// ```
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let rules = Ruleset::default().with_warning("version-required")?;
    /// let report = rules.check(&SyncRequest::default(), &State::default());
    /// assert_eq!(report.violations().len(), 2);
    /// assert_eq!(report.warnings()[0].rule(), "version-required");
    /// # Ok::<(), presync::RulesetError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[Violation] {
        &self.warnings
    }

    /// True if every rule for which the request could be refused was decided: what could not be
    /// verified is at most a warning.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.unverified.iter().all(Unverified::is_warning)
    }

    /// Returns every rule that could not be decided, in the order of the rules, then of the
    /// subscripts.
    #[must_use]
    pub fn unverified(&self) -> &[Unverified] {
        &self.unverified
    }

    /// Returns the violations alone.
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        self.violations
    }

    /// Returns the report of an accepted request as `Ok`, and that of a refused one as `Err`, for
    /// use with `?`.
    ///
    /// # Errors
    ///
    /// Errors with the report itself when the request is refused.
    ///
    /// ```
    /// use presync::{Report, Ruleset, State, SyncRequest};
    ///
    /// fn gate(request: &SyncRequest, state: &State) -> Result<(), Box<dyn std::error::Error>> {
    ///     Ruleset::default().check(request, state).into_result()?;
    ///     Ok(())
    /// }
    ///
    /// let refused = gate(&SyncRequest::default(), &State::default()).unwrap_err();
    /// assert_eq!(refused.downcast_ref::<Report>().map(|report| report.violations().len()), Some(3));
    /// ```
    pub fn into_result(self) -> Result<Self, Self> {
        if self.accepted() { Ok(self) } else { Err(self) }
    }
}

/// The report of a refused request is the error of [`into_result`](Report::into_result).
impl std::error::Error for Report {}

impl fmt::Display for Report {
    /// One line for the whole, then one for each violation, warning and unverified rule.
    ///
    /// ```text
    /// refused under the 2017-03 page
    /// violation: DestinationRegions.0: `gz` is not a known region (InvalidRegion.NotFound)
    /// unverified: ImageIds.0: image-size needs the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.accepted() { "accepted" } else { "refused" };
        write!(f, "{verdict} under the {} page", self.edition)?;
        if self.is_shape_only {
            write!(f, ", for its shape alone: its values were not checked")?;
        }
        for violation in &self.violations {
            write!(f, "\nviolation: {violation}")?;
        }
        for warning in &self.warnings {
            write!(f, "\nwarning: {warning}")?;
        }
        for unverified in &self.unverified {
            write!(f, "\nunverified: {unverified}")?;
        }
        Ok(())
    }
}
