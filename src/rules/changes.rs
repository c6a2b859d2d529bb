//! Changes from one edition of the page to another.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::all;
use crate::model::{Edition, Parameter, history};
use crate::rule::Rule;

/// One thing that is different in another edition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The kind of thing that changed.
    pub kind: ChangeKind,
    /// The rule, the parameter or the key of the response.
    pub subject: String,
    /// The value in the first edition; `None` where the thing is not there.
    pub from: Option<String>,
    /// The value in the second edition; `None` where the thing is not there.
    pub to: Option<String>,
    /// The month in which the last change between the two was first seen; for a rule that only one
    /// of the two editions has, the month in which it began or ended.
    pub seen: Edition,
    /// Every value from the first edition on to the second, each with the month in which it was
    /// first seen: those of `from` and `to`, and the ones between.
    pub steps: Vec<Step>,
}

/// A value that something had from a month on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The value; `None` where the thing is not there.
    pub value: Option<String>,
    /// The month in which it was first seen; `None` where the thing was not
    /// there from the first page on.
    pub seen: Option<Edition>,
}

impl Step {
    fn new(value: Option<String>, seen: Option<Edition>) -> Self {
        Self { value, seen }
    }
}

/// The kind of thing that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ChangeKind {
    /// A rule is there in one edition only.
    Rule,
    /// A rule requires something else.
    Requirement,
    /// A rule has another code.
    Code,
    /// A rule has another limit.
    Limit,
    /// A parameter is there in one edition only.
    Parameter,
    /// A key of the response is there in one edition only.
    Response,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rule => "rule",
            Self::Requirement => "requirement",
            Self::Code => "code",
            Self::Limit => "limit",
            Self::Parameter => "parameter",
            Self::Response => "response",
        })
    }
}

/// Returns every change from one edition to another: rules in their order, then parameters, then
/// the response.
///
/// ```
/// use presync::{Edition, rules};
///
/// let changes = rules::changes(Edition::new(2023, 7)?, Edition::new(2023, 8)?);
/// assert_eq!(changes.len(), 1);
/// assert_eq!((changes[0].subject.as_str(), changes[0].to.as_deref()), ("image-quota", Some("50 images")));
/// # Ok::<(), presync::EditionError>(())
/// ```
#[must_use]
pub fn changes(from: Edition, to: Edition) -> Vec<Change> {
    let mut changes = Vec::new();
    for rule in all() {
        changes_of(rule, from, to, &mut changes);
    }
    let later = Parameter::later().map(|(name, seen)| (ChangeKind::Parameter, name.to_string(), seen));
    let response = (ChangeKind::Response, "ImageSet".to_owned(), history::IMAGE_SET);
    for (kind, subject, seen) in later.chain([response]) {
        let value = |edition: Edition| (seen <= edition).then(|| subject.clone());
        if value(from) != value(to) {
            let mut steps = vec![Step::new(None, None), Step::new(Some(subject.clone()), Some(seen))];
            if to < from {
                steps.reverse();
            }
            changes.push(Change { kind, from: value(from), to: value(to), subject, seen, steps });
        }
    }
    changes
}

fn changes_of(rule: &'static Rule, from: Edition, to: Edition, changes: &mut Vec<Change>) {
    let subject = || rule.id().to_owned();
    let (earlier, later) = (from.min(to), from.max(to));
    let steps = |value: &dyn Fn(Edition) -> Option<String>| {
        let mut steps = steps(rule, earlier, later, value);
        if to < from {
            steps.reverse();
        }
        steps
    };
    if rule.in_force(from) != rule.in_force(to) {
        let is_end = rule.in_force(earlier);
        let seen = rule.withdrawn().filter(|_| is_end).unwrap_or(rule.first_seen());
        let value = |edition| {
            let value = || format!("{} ({})", rule.requirement(edition), rule.code(edition));
            rule.in_force(edition).then(value)
        };
        let (kind, subject) = (ChangeKind::Rule, subject());
        let steps = steps(&value);
        changes.push(Change { kind, subject, from: value(from), to: value(to), seen, steps });
    } else if rule.in_force(from) {
        let mut compare = |kind, value: &dyn Fn(Edition) -> Option<String>| {
            let (before, after) = (value(from), value(to));
            if before != after {
                let last = value(later);
                // The first month from which on it is what it is in the later of the two editions.
                let months = rule.changes().filter(|month| *month <= later && value(*month) == last);
                let seen = months.min().unwrap_or(rule.first_seen());
                let steps = steps(value);
                changes.push(Change { kind, subject: subject(), from: before, to: after, seen, steps });
            }
        };
        compare(ChangeKind::Requirement, &|edition| Some(rule.requirement(edition).to_owned()));
        compare(ChangeKind::Code, &|edition| Some(rule.code(edition).to_string()));
        compare(ChangeKind::Limit, &|edition| rule.limit().map(|limit| limit.text(edition)));
    }
}

/// Returns every value of a rule from one edition to a later one, each with the month in
/// which it was first seen.
fn steps(
    rule: &Rule,
    earlier: Edition,
    later: Edition,
    value: &dyn Fn(Edition) -> Option<String>,
) -> Vec<Step> {
    let mut steps = vec![Step::new(None, None)];
    let months = rule.changes().chain(rule.withdrawn()).filter(|month| *month <= later);
    for month in months {
        let value = value(month);
        if steps.last().is_none_or(|last| last.value != value) {
            steps.push(Step::new(value, Some(month)));
        }
    }
    // What was no longer so in the earlier edition.
    let past = steps.iter().filter(|step| step.seen.is_none_or(|seen| seen <= earlier)).count();
    steps.split_off(past.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps of a change, as text.
    fn said(
        from: Edition,
        to: Edition,
        kind: ChangeKind,
        subject: &str,
    ) -> Vec<(Option<String>, Option<String>)> {
        let changes = changes(from, to);
        let change = changes.iter().find(|change| change.kind == kind && change.subject == subject).unwrap();
        let steps: Vec<_> = change
            .steps
            .iter()
            .map(|step| (step.seen.map(|seen| seen.to_string()), step.value.clone()))
            .collect();
        // The ends are those of the change.
        assert_eq!(steps.first().map(|step| &step.1), Some(&change.from));
        assert_eq!(steps.last().map(|step| &step.1), Some(&change.to));
        steps
    }

    fn step(seen: &str, value: &str) -> (Option<String>, Option<String>) {
        (Some(seen.to_owned()), Some(value.to_owned()))
    }

    #[test]
    fn each_value_has_the_month_in_which_it_was_first_seen() {
        let quota =
            [step("2017-03", "10 images"), step("2023-08", "50 images"), step("2024-02", "500 images")];
        assert_eq!(said(Edition::FIRST, Edition::LATEST, ChangeKind::Limit, "image-quota"), quota);
        let mut back = quota.to_vec();
        back.reverse();
        assert_eq!(said(Edition::LATEST, Edition::FIRST, ChangeKind::Limit, "image-quota"), back);
        let (september, march) = (Edition::of(2023, 9), Edition::of(2024, 3));
        assert_eq!(said(september, march, ChangeKind::Limit, "image-quota"), quota[1..]);
    }

    #[test]
    fn each_half_of_a_rule_that_grew_has_a_month_of_its_own() {
        let steps = said(Edition::FIRST, Edition::LATEST, ChangeKind::Rule, "destination-source-only");
        let seen: Vec<_> = steps.iter().map(|(seen, _)| seen.as_deref()).collect();
        assert_eq!(seen, [None, Some("2022-08"), Some("2024-10")]);
        let text = |index: usize| steps[index].1.as_deref().unwrap_or_default();
        assert!(!text(1).contains("encrypted") && text(2).contains("encrypted"));
        let steps = said(Edition::FIRST, Edition::LATEST, ChangeKind::Rule, "image-size");
        assert_eq!(steps[1], (Some("2021-09".to_owned()), None));
    }

    #[test]
    fn the_ends_of_the_steps_are_the_values_of_the_editions() {
        let months: Vec<Edition> = Edition::pages().iter().map(|page| page.first_seen()).collect();
        for from in &months {
            for to in &months {
                for change in changes(*from, *to) {
                    assert_eq!(
                        change.steps.first().map(|step| &step.value),
                        Some(&change.from),
                        "{change:?}"
                    );
                    assert_eq!(change.steps.last().map(|step| &step.value), Some(&change.to), "{change:?}");
                    assert!(change.steps.len() > 1, "{change:?}");
                }
            }
        }
    }
}
