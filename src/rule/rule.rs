//! The literal of a rule.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use super::cause::Cause;
use super::check::Takes;
use super::evidence::Evidence;
use super::facts::Facts;
use super::findings::Findings;
use super::input::Input;
use super::limit::Limit;
use crate::model::{Dated, Edition, ErrorCode, Page, Parameter};
#[cfg(any(feature = "policy", feature = "wire"))]
use crate::report::Finding;
use crate::report::{Fact, Said, Words};

/// One sentence of the documentation, or of a policy, as a rule.
///
/// All that is known of it stands in one literal, directly above the function that checks it.
///
/// ```
/// use presync::{Edition, Evidence, rules};
///
/// let rule = rules::find("image-size").unwrap();
/// assert_eq!(rule.parameter(), "ImageIds.N");
/// assert_eq!(rule.requirement(Edition::FIRST), "the image is smaller than 50 GiB");
/// assert_eq!(rule.code(Edition::FIRST), "InvalidImageId.TooLarge");
/// assert_eq!(rule.evidence(Edition::FIRST), Evidence::Documented);
/// assert!(rule.in_force(Edition::FIRST) && !rule.in_force(Edition::LATEST));
/// ```
#[derive(Debug)]
pub struct Rule {
    /// A name that never changes: lower case, words joined by `-`.
    pub(crate) id: &'static str,
    /// The parameter that is judged, as the page writes it: `ImageIds.N`.
    pub(crate) parameter: &'static str,
    /// The requirement, in one sentence, by edition.
    pub(crate) requirement: Dated<&'static str>,
    /// The number in the requirement, where it has one.
    pub(crate) limit: Option<&'static Limit>,
    /// The section and the item of the page, or the key of a policy.
    pub(crate) citation: &'static str,
    /// The code of a violation, and the evidence for that code, by edition.
    pub(crate) code: Dated<(ErrorCode, Evidence)>,
    /// The month of the first page with this sentence.
    pub(crate) first_seen: Edition,
    /// The month of the first page without it, if there is one.
    pub(crate) withdrawn: Option<Edition>,
    /// The values of its own parameter that leave it unverified while they are not known.
    pub(crate) unknown: Unknown,
    /// The cause that it alone speaks of: it suppresses the violations of other
    /// rules that have the same one.
    pub(crate) suppresses: Option<Cause>,
    /// The thing that an accepted request takes and this rule is about.
    pub(crate) takes: Option<Takes>,
    /// The inputs that it may look at, and no others.
    pub(crate) reads: &'static [&'static [Input]],
    /// True if a plain request can break it. A rule that it cannot break is not called for one;
    /// [`Facts::is_plain`] says which requests are plain.
    pub(crate) can_plain_break: bool,
    /// The way it is checked.
    pub(crate) run: Run,
    /// The facts that a violation of it can carry.
    pub(crate) facts: &'static [Fact],
    /// Makes the words of a violation from its facts.
    pub(crate) words: fn(&Said<'_>) -> Words,
    /// The explanation, as Markdown.
    pub(crate) explanation: &'static str,
}

/// Two rules are one if their ids are.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of the ids as texts. Violations come in another order, that of
/// [`rules::all`](crate::rules::all).
impl Ord for Rule {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(other.id)
    }
}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// The values of a rule's own parameter that leave it unverified while they are not known. What
/// else a rule looks at, its function asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unknown {
    /// Any value could break it.
    Any,
    /// The number of elements could break it: an element counts, whatever it is.
    Count,
    /// No value could break it: the elements of a list are different ones.
    Never,
    /// Any value could break it where this is true.
    When(fn(&Facts<'_>, &Parameter) -> bool),
}

/// The way a rule is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// While a request is read.
    Decode,
    /// By this function.
    Check(fn(&Facts<'_>, &mut Findings<'_>)),
    /// By a check that is made for one policy.
    #[cfg_attr(not(feature = "policy"), expect(dead_code, reason = "made by `policy` alone"))]
    Policy,
}

/// The stage at which violations of a rule are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// While a request is [read](crate::wire::decode): there is no request yet.
    Decode,
    /// When a request is [checked](crate::Ruleset::check).
    Check,
}

impl Rule {
    /// Returns the name, which never changes: lower case, words joined by `-`. A rule of a policy
    /// has the namespace `policy/`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the parameter that is judged, as the page writes it: `ImageIds.N`, `any`.
    #[must_use]
    pub fn parameter(&self) -> &'static str {
        self.parameter
    }

    /// Returns what must hold under `edition`, in one sentence.
    #[must_use]
    pub fn requirement(&self, edition: Edition) -> &'static str {
        self.requirement.at(edition)
    }

    /// Returns what must hold, by edition.
    #[must_use]
    pub fn requirements(&self) -> &Dated<&'static str> {
        &self.requirement
    }

    /// Returns the number in the requirement, where it has one.
    #[must_use]
    pub fn limit(&self) -> Option<&'static Limit> {
        self.limit
    }

    /// Returns the section and the item of the page, or the key of a policy.
    #[must_use]
    pub fn citation(&self) -> &'static str {
        self.citation
    }

    /// Returns the page that the citation is about under `edition`; `None` for a rule of a policy.
    #[must_use]
    pub fn page(&self, edition: Edition) -> Option<&'static Page> {
        (!self.is_policy()).then(|| edition.page())
    }

    /// Returns the code of a violation under `edition`.
    #[must_use]
    pub fn code(&self, edition: Edition) -> &ErrorCode {
        &self.code.at(edition).0
    }

    /// Returns the evidence for the code under `edition`.
    #[must_use]
    pub fn evidence(&self, edition: Edition) -> Evidence {
        self.code.at(edition).1
    }

    /// Returns the code and the evidence for it, by edition.
    #[must_use]
    pub fn codes(&self) -> &Dated<(ErrorCode, Evidence)> {
        &self.code
    }

    /// Returns the month of the first page with this sentence.
    #[must_use]
    pub fn first_seen(&self) -> Edition {
        self.first_seen
    }

    /// Returns the month of the first page without this sentence, if there is one.
    #[must_use]
    pub fn withdrawn(&self) -> Option<Edition> {
        self.withdrawn
    }

    /// Returns the stage at which violations of it are found.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.run {
            Run::Decode => Stage::Decode,
            Run::Check(_) | Run::Policy => Stage::Check,
        }
    }

    /// True if it is a rule of a policy, and not of the API.
    #[must_use]
    pub fn is_policy(&self) -> bool {
        matches!(self.run, Run::Policy)
    }

    /// True if its findings may depend on which destinations a request names: it is about them, or
    /// about what the request takes in each of them.
    pub(crate) fn looks_at_destinations(&self) -> bool {
        self.parameter == "DestinationRegions.N" || self.takes.is_some()
    }

    /// True if it is the rule on the form of image ids, for which
    /// [`with_image_id_pattern`](crate::Ruleset::with_image_id_pattern) sets another one.
    #[must_use]
    pub fn is_image_id_form(&self) -> bool {
        self.suppresses == Some(Cause::IdMalformed)
    }

    /// Returns the facts that a violation of it can carry, in the order in
    /// which a report writes them.
    ///
    /// ```
    /// use presync::report::Fact;
    ///
    /// let quota = presync::rules::find("image-quota").unwrap();
    /// assert_eq!(quota.facts(), [Fact::Used, Fact::MoreUsed, Fact::InFlight, Fact::Added, Fact::Limit, Fact::Requests]);
    /// ```
    #[must_use]
    pub fn facts(&self) -> &'static [Fact] {
        self.facts
    }

    /// Returns what it may look at of a request and a state, and no more: whatever else changes,
    /// its violations and what it leaves unverified stay as they are, but for what was probably
    /// meant by a wrong value. What a rule looks at that suppresses it, or finds the source region,
    /// is among these. Empty for a rule that is enforced while a request is read, and for one of a
    /// policy. It is so in a documented set: where `image-single` is turned off or down,
    /// `image-quota` looks at the number of images too.
    ///
    /// ```
    /// use presync::{Input, rules};
    ///
    /// let unique = rules::find("destination-unique").unwrap();
    /// assert_eq!(unique.reads().collect::<Vec<_>>(), [Input::Destinations]);
    /// ```
    pub fn reads(&self) -> impl Iterator<Item = Input> + use<> {
        self.reads.iter().copied().flatten().copied()
    }

    /// Returns a finding with the words that its facts give.
    #[cfg(any(feature = "policy", feature = "wire"))]
    pub(crate) fn worded(&self, finding: Finding) -> Finding {
        finding.worded(self.words)
    }

    /// Returns the lines of the explanation, as Markdown: the requirement, why, an example that
    /// fails, the cure.
    pub fn explanation(&self) -> impl Iterator<Item = &'static str> + use<> {
        // Documentation comments have a blank after the slashes.
        self.explanation.lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
    }

    /// True if the page of `edition` has this sentence: from `first_seen` on, before `withdrawn`.
    #[must_use]
    pub fn in_force(&self, edition: Edition) -> bool {
        self.first_seen <= edition && self.withdrawn.is_none_or(|withdrawn| edition < withdrawn)
    }

    /// Returns the month in which the rule begins, then that of each change of its requirement, its
    /// limit or its code.
    ///
    /// ```
    /// let quota = presync::rules::find("image-quota").unwrap();
    /// let months: Vec<String> = quota.changes().map(|month| month.to_string()).collect();
    /// assert_eq!(months, ["2017-03", "2021-06", "2023-08", "2024-02"]);
    /// ```
    pub fn changes(&self) -> impl Iterator<Item = Edition> {
        let mut months = BTreeSet::from([self.first_seen]);
        months.extend(self.code.rows().map(|(since, _)| since));
        months.extend(self.requirement.rows().map(|(since, _)| since));
        months.extend(self.limit.iter().flat_map(|limit| limit.values().rows()).map(|(since, _)| since));
        months.into_iter().filter(|month| self.in_force(*month))
    }

    /// True if a value of this parameter, which is not known, could break the rule.
    pub(crate) fn concerns(&self, parameter: &Parameter, facts: &Facts<'_>) -> bool {
        let name = self.parameter.strip_suffix(".N").unwrap_or(self.parameter);
        name == parameter.name()
            && match self.unknown {
                Unknown::Any => true,
                Unknown::Count => parameter.subscript().is_none(),
                Unknown::Never => false,
                Unknown::When(is_so) => is_so(facts, parameter),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_in_force_from_its_first_month_until_it_is_withdrawn() {
        let rule = |first_seen, withdrawn| Rule {
            id: "trial",
            parameter: "any",
            requirement: Dated::always("none"),
            limit: None,
            citation: "none",
            code: Dated::always((ErrorCode::LimitExceeded, Evidence::Common)),
            first_seen,
            withdrawn,
            unknown: Unknown::Any,
            suppresses: None,
            takes: None,
            reads: &[],
            can_plain_break: true,
            run: Run::Decode,
            facts: &[],
            words: |_| Words::new(""),
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
