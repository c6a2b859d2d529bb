//! Changes from one edition of the page to another.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::all;
use crate::model::{Edition, Parameter, history};
use crate::rule::Rule;

/// One thing that is different in another edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The month in which the last change between the two was first seen.
    pub seen: Edition,
}

/// The kind of thing that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
            changes.push(Change { kind, from: value(from), to: value(to), subject, seen });
        }
    }
    changes
}

fn changes_of(rule: &'static Rule, from: Edition, to: Edition, changes: &mut Vec<Change>) {
    let subject = || rule.id().to_owned();
    let (earlier, later) = (from.min(to), from.max(to));
    if rule.in_force(from) != rule.in_force(to) {
        let is_end = rule.in_force(earlier) && !rule.in_force(later);
        let seen = rule.withdrawn().filter(|_| is_end).unwrap_or(rule.first_seen());
        let value = |edition| {
            let value = || format!("{} ({})", rule.requirement(edition), rule.code(edition));
            rule.in_force(edition).then(value)
        };
        let (kind, subject) = (ChangeKind::Rule, subject());
        changes.push(Change { kind, subject, from: value(from), to: value(to), seen });
    } else if rule.in_force(from) {
        let mut compare = |kind, value: &dyn Fn(Edition) -> Option<String>| {
            let (before, after) = (value(from), value(to));
            if before != after {
                let last = value(later);
                // The first month from which on it is what it is in the later of the two editions.
                let months = rule.changes().filter(|month| *month <= later && value(*month) == last);
                let seen = months.min().unwrap_or(rule.first_seen());
                changes.push(Change { kind, subject: subject(), from: before, to: after, seen });
            }
        };
        compare(ChangeKind::Requirement, &|edition| Some(rule.requirement(edition).to_owned()));
        compare(ChangeKind::Code, &|edition| Some(rule.code(edition).to_string()));
        compare(ChangeKind::Limit, &|edition| rule.limit().map(|limit| limit.text(edition)));
    }
}
