//! What a rule is: its literal, the check behind it, and what a check may say.

pub mod facts;
pub(crate) mod hint;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Dated, Edition, ErrorCode, Parameter};
use crate::report::{Finding, Report, Unverified, Violation};
use crate::rule::facts::Facts;

/// One sentence of the documentation, as a rule.
///
/// A plain literal, directly above the function that checks it. Its documentation is what `presync explain` prints.
///
/// ```
/// use presync::{Edition, Evidence, rules};
///
/// let rule = rules::find("image-size").unwrap();
/// assert_eq!(rule.parameter, "ImageIds.N");
/// assert_eq!(rule.code(Edition::SEED).as_str(), "InvalidImageId.TooLarge");
/// assert_eq!(rule.evidence(Edition::SEED), Evidence::Documented);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// A name that never changes: lower case, words joined by `-`.
    pub id: &'static str,
    /// The parameter that is judged, as the page writes it: `ImageIds.N`.
    pub parameter: &'static str,
    /// What must hold, in one sentence, by edition.
    pub requirement: Dated<&'static str>,
    /// The number in the requirement, where it has one.
    pub limit: Option<&'static Limit>,
    /// Where the page says so: section and item.
    pub citation: &'static str,
    /// The code of a violation, and the evidence for that code, by edition.
    pub code: Dated<(ErrorCode, Evidence)>,
    /// The first edition with this sentence.
    pub first_seen: Edition,
    /// The first edition without it, if there is one.
    pub last_seen: Option<Edition>,
    /// Who finds violations of it.
    pub stage: Stage,
    /// What it checks, why, an example that fails, how to mend it: Markdown.
    pub explanation: &'static str,
}

impl Rule {
    /// Whether `edition` has this sentence: from `first_seen` on, before `last_seen`.
    ///
    /// ```
    /// use presync::{Edition, rules};
    ///
    /// assert!(rules::find("image-size").unwrap().in_force(Edition::SEED));
    /// ```
    #[must_use]
    pub fn in_force(&self, edition: Edition) -> bool {
        self.first_seen <= edition && self.last_seen.is_none_or(|last_seen| edition < last_seen)
    }

    /// Since when the rule, its requirement, its limit or its code is what it is: the month in which it begins, then that
    /// of each change.
    ///
    /// ```
    /// use presync::rules;
    ///
    /// let months: Vec<String> = rules::find("image-quota").unwrap().changes().map(|month| month.to_string()).collect();
    /// assert_eq!(months, ["2017-03", "2021-06", "2023-08", "2024-02"]);
    /// ```
    pub fn changes(&self) -> impl Iterator<Item = Edition> {
        let mut months = BTreeSet::from([self.first_seen]);
        months.extend(self.code.rows().map(|(since, _)| since));
        months.extend(self.requirement.rows().map(|(since, _)| since));
        months.extend(self.limit.iter().flat_map(|limit| limit.values.rows()).map(|(since, _)| since));
        months.into_iter().filter(|month| self.in_force(*month))
    }

    /// What must hold under `edition`, in one sentence.
    ///
    /// ```
    /// use presync::{Edition, rules};
    ///
    /// let rule = rules::find("image-custom").unwrap();
    /// assert_eq!(rule.requirement(Edition::SEED), "the image is a custom image");
    /// assert_eq!(rule.requirement(Edition::LATEST), "the image is a custom image or a shared one");
    /// ```
    #[must_use]
    pub fn requirement(&self, edition: Edition) -> &'static str {
        self.requirement.at(edition)
    }

    /// The code of a violation under `edition`.
    ///
    /// ```
    /// use presync::{Edition, rules};
    ///
    /// assert_eq!(rules::find("image-quota").unwrap().code(Edition::SEED).as_str(), "LimitExceeded");
    /// ```
    #[must_use]
    pub fn code(&self, edition: Edition) -> &ErrorCode {
        &self.code.at(edition).0
    }

    /// What speaks for that code.
    ///
    /// ```
    /// use presync::{Edition, Evidence, rules};
    ///
    /// assert_eq!(rules::find("image-quota").unwrap().evidence(Edition::SEED), Evidence::Common);
    /// ```
    #[must_use]
    pub fn evidence(&self, edition: Edition) -> Evidence {
        self.code.at(edition).1
    }
}

/// The number in a requirement, with its unit.
///
/// ```
/// use presync::{Edition, rules};
///
/// let limit = rules::find("image-quota").unwrap().limit.unwrap();
/// assert_eq!(limit.at(Edition::SEED), 10);
/// assert_eq!(limit.text(Edition::LATEST), "500 images");
/// ```
#[derive(Debug)]
pub struct Limit {
    values: Dated<u64>,
    is_exclusive: bool,
    one: &'static str,
    many: &'static str,
}

impl Limit {
    /// So many and not one more.
    pub(crate) const fn at_most(values: Dated<u64>, one: &'static str, many: &'static str) -> Self {
        Self { values, is_exclusive: false, one, many }
    }

    /// Less than so many.
    pub(crate) const fn below(values: Dated<u64>, unit: &'static str) -> Self {
        Self { values, is_exclusive: true, one: unit, many: unit }
    }

    /// The number under `edition`.
    ///
    /// ```
    /// use presync::{Edition, rules};
    ///
    /// assert_eq!(rules::find("image-size").unwrap().limit.unwrap().at(Edition::SEED), 50);
    /// ```
    #[must_use]
    pub fn at(&self, edition: Edition) -> u64 {
        *self.values.at(edition)
    }

    /// Whether the number itself is too much already.
    ///
    /// ```
    /// use presync::rules;
    ///
    /// assert!(rules::find("image-size").unwrap().limit.unwrap().is_exclusive());
    /// ```
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }

    /// What is allowed under `edition`, as violations say it: `< 50 GiB`, `10 images`.
    ///
    /// ```
    /// use presync::{Edition, rules};
    ///
    /// assert_eq!(rules::find("image-size").unwrap().limit.unwrap().text(Edition::SEED), "< 50 GiB");
    /// ```
    #[must_use]
    pub fn text(&self, edition: Edition) -> String {
        self.with(self.at(edition))
    }

    /// The same with another number in the place of the documented one.
    pub(crate) fn with(&self, number: u64) -> String {
        let unit = if number == 1 { self.one } else { self.many };
        format!("{}{number} {unit}", if self.is_exclusive { "< " } else { "" })
    }
}

/// Who finds violations of a rule.
///
/// ```
/// use presync::{Stage, rules};
///
/// assert!(matches!(rules::find("parameter-type").unwrap().stage, Stage::Decode));
/// assert!(matches!(rules::find("image-size").unwrap().stage, Stage::Check(_)));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Stage {
    /// [`wire::decode`](crate::wire::decode), while it reads: there is no request yet.
    Decode,
    /// [`Ruleset::check`](crate::Ruleset::check), by this function.
    Check(fn(&Facts<'_>, &mut Findings<'_>)),
    /// The same, except that the function is not even called in the ordinary case, in which it would find nothing.
    CheckUnless(Ordinary, fn(&Facts<'_>, &mut Findings<'_>)),
}

/// The ordinary case, in which several rules find nothing.
///
/// ```
/// use presync::{Ordinary, Stage, rules};
///
/// let stage = rules::find("image-custom").unwrap().stage;
/// assert!(matches!(stage, Stage::CheckUnless(Ordinary::Images, _)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ordinary {
    /// Every image of the request is well-formed, known to be there in one region, custom, `NORMAL` and not encrypted.
    Images,
    /// Every destination is known, named once, not the source region, available, with image sync, and no route into it is
    /// blocked.
    Destinations,
    /// The version is the documented one, `Region` is known if it is sent, no parameter of a later page is sent, one image
    /// is named, and some destination.
    Parameters,
    /// Every destination is known and has a place left, however many images it may have.
    Places,
}

/// What speaks for the code of a rule: no page ties a sentence to a code.
///
/// ```
/// assert_eq!(presync::Evidence::Inferred.to_string(), "inferred");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Evidence {
    /// The page's own code table describes exactly this failure.
    Documented,
    /// The list of codes that the service's actions have in common describes it.
    Common,
    /// The nearest listed code; the rule's explanation says why.
    Inferred,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Documented => "documented",
            Self::Common => "common",
            Self::Inferred => "inferred",
        })
    }
}

/// A check of an embedder's own, run after the documented rules. It can add violations and never take one away.
///
/// A closure becomes one with [`check_fn`].
///
/// ```
/// use presync::{Check, Edition, ErrorCode, Facts, Finding, Findings, Parameter, Ruleset, State, SyncRequest};
///
/// struct Approved {
///     code: ErrorCode,
///     regions: Vec<String>,
/// }
///
/// impl Check for Approved {
///     fn id(&self) -> &str {
///         "acme/approved-region"
///     }
///     fn code(&self, _: Edition) -> &ErrorCode {
///         &self.code
///     }
///     fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
///         for destination in facts.destinations() {
///             if !self.regions.iter().any(|region| region == destination.name) {
///                 let message = format!("`{}` is not approved", destination.name);
///                 findings.violation(Finding::new(destination.parameter(), message).value(destination.name));
///             }
///         }
///     }
/// }
///
/// let approved = Approved { code: "Acme.NotApproved".parse()?, regions: vec!["ap-shanghai".to_owned()] };
/// let rules = Ruleset::default().with(approved)?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-seoul"]), &State::default());
/// assert!(report.violations().iter().any(|violation| violation.rule() == "acme/approved-region"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Check: Send + Sync {
    /// A name with a namespace, such as `acme/approved-region`.
    fn id(&self) -> &str;

    /// The code of its violations under `edition`.
    fn code(&self, edition: Edition) -> &ErrorCode;

    /// Says what is wrong, if anything is.
    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>);

    /// Whether what it finds depends on this parameter. It is asked where the parameter is
    /// [not known](crate::partial::PartialRequest): if so, the check is unverified, and so is all that it finds on other
    /// parameters. It is `true` unless the check says otherwise, because nobody else can know.
    ///
    /// ```
    /// use presync::{Check, Edition, ErrorCode, Facts, Findings, Parameter};
    ///
    /// struct Approved(ErrorCode);
    ///
    /// impl Check for Approved {
    /// #   fn id(&self) -> &str {
    /// #       "acme/approved-region"
    /// #   }
    /// #   fn code(&self, _: Edition) -> &ErrorCode {
    /// #       &self.0
    /// #   }
    /// #   fn check(&self, _: &Facts<'_>, _: &mut Findings<'_>) {}
    ///     // …
    ///     fn concerns(&self, parameter: &Parameter) -> bool {
    ///         parameter.name() == Parameter::DESTINATION_REGIONS.name()
    ///     }
    /// }
    ///
    /// let check = Approved("Acme.NotApproved".parse()?);
    /// assert!(!check.concerns(&Parameter::IMAGE_IDS.element(0)));
    /// # Ok::<(), presync::ParseErrorCodeError>(())
    /// ```
    fn concerns(&self, parameter: &Parameter) -> bool {
        let _ = parameter;
        true
    }
}

/// A [`Check`] made of a closure.
///
/// ```
/// use presync::{Finding, Parameter, Ruleset, State, SyncRequest, check_fn};
///
/// let few = check_fn("acme/few-regions", "Acme.TooMany".parse()?, |facts, findings| {
///     if facts.request().destination_regions.len() > 2 {
///         findings.violation(Finding::new(Parameter::DESTINATION_REGIONS, "more than two regions at once"));
///     }
/// });
/// let rules = Ruleset::default().with(few)?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["a", "b", "c"]), &State::default());
/// assert_eq!(report.violations().last().unwrap().code().as_str(), "Acme.TooMany");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_fn<F>(id: &str, code: ErrorCode, check: F) -> impl Check + use<F>
where
    F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync,
{
    struct CheckFn<F> {
        id: String,
        code: ErrorCode,
        check: F,
    }

    impl<F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync> Check for CheckFn<F> {
        fn id(&self) -> &str {
            &self.id
        }

        fn code(&self, _: Edition) -> &ErrorCode {
            &self.code
        }

        fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
            (self.check)(facts, findings);
        }
    }

    CheckFn { id: id.to_owned(), code, check }
}

/// Where a check says what it found. The id and the code are the check's own, whatever it says.
///
/// A check is given it; [`Check`] shows one.
pub struct Findings<'r> {
    author: Author<'r>,
    report: &'r mut Report,
}

/// Whose findings they are.
#[derive(Clone, Copy)]
pub(crate) enum Author<'r> {
    Rule(&'static Rule),
    Check(&'r dyn Check),
}

impl Author<'_> {
    fn id(self) -> Cow<'static, str> {
        match self {
            Self::Rule(rule) => Cow::Borrowed(rule.id),
            Self::Check(check) => Cow::Owned(check.id().to_owned()),
        }
    }

    fn code(self, edition: Edition) -> ErrorCode {
        match self {
            Self::Rule(rule) => rule.code(edition).clone(),
            Self::Check(check) => check.code(edition).clone(),
        }
    }
}

impl fmt::Debug for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("rule", &self.author.id()).field("report", &self.report).finish()
    }
}

impl<'r> Findings<'r> {
    pub(crate) fn of(author: Author<'r>, report: &'r mut Report) -> Self {
        Self { author, report }
    }

    /// The rule is broken.
    ///
    /// ```
    /// use presync::{Finding, Parameter, Ruleset, State, SyncRequest, check_fn};
    ///
    /// let closed = check_fn("acme/closed", "Acme.Closed".parse()?, |_, findings| {
    ///     findings.violation(Finding::new(Parameter::REGION, "nothing is copied on a Friday"));
    /// });
    /// let report = Ruleset::default().with(closed)?.check(&SyncRequest::empty(), &State::default());
    /// assert_eq!(report.violations().last().unwrap().rule(), "acme/closed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn violation(&mut self, finding: Finding) {
        let code = self.author.code(self.report.edition());
        self.report.add_violation(Violation::stamped(self.author.id(), code, finding));
    }

    /// The rule can be neither passed nor failed: `needs` says which fact of which record would settle it.
    ///
    /// ```
    /// use presync::{Parameter, Ruleset, State, SyncRequest, check_fn};
    ///
    /// let owner = check_fn("acme/owner", "Acme.NotYours".parse()?, |_, findings| {
    ///     findings.unverified(Parameter::IMAGE_IDS.element(0), "the owner of the image");
    /// });
    /// let report = Ruleset::default().with(owner)?.check(&SyncRequest::empty(), &State::default());
    /// assert_eq!(report.unverified()[0].needs(), "the owner of the image");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unverified(&mut self, parameter: Parameter, needs: impl Into<String>) {
        self.report.add_unverified(Unverified::new(self.author.id(), parameter, needs.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_in_force_from_its_first_month_until_before_its_last() {
        let rule = |first_seen, last_seen| Rule {
            id: "trial",
            parameter: "any",
            requirement: Dated::always("none"),
            limit: None,
            citation: "none",
            code: Dated::since(Edition::SEED, (ErrorCode::LimitExceeded, Evidence::Common)),
            first_seen,
            last_seen,
            stage: Stage::Decode,
            explanation: "",
        };
        let passing = rule(Edition::of(2020, 2), Some(Edition::of(2020, 5)));
        let lasting = rule(Edition::of(2020, 2), None);
        let table = [
            ((2020, 1), false, false),
            ((2020, 2), true, true),
            ((2020, 3), true, true),
            ((2020, 4), true, true),
            ((2020, 5), false, true),
            ((2020, 6), false, true),
        ];
        for ((year, month), passes, lasts) in table {
            let edition = Edition::of(year, month);
            assert_eq!((passing.in_force(edition), lasting.in_force(edition)), (passes, lasts), "{edition}");
        }
    }
}
