//! Lists of rules: the documented ones of one edition or of all, and those of a policy.

use std::fmt::Display;

use presync::check::compare::{Seen, Table};
use presync::policy::{Level, Policy};
use presync::{Edition, Rule, rules};

use crate::output::shown;

/// A list of rules, with the editions whose values it has.
#[derive(Clone, Copy)]
pub(crate) enum RuleList<'p> {
    /// The rules of one edition.
    In(Edition),
    /// The rules of one edition and of a policy, with their levels.
    Under(&'p Policy, Edition),
    /// Every documented rule, with its changes.
    All,
}

/// A rule in a list.
pub(crate) struct Entry {
    pub(crate) rule: &'static Rule,
    /// What the policy allows, by a rule of its own or in place of the documented form.
    allowed: Option<String>,
    /// The level under the policy; `None` without a policy.
    pub(crate) level: Option<Level>,
}

/// A row about one rule, in words.
pub(crate) struct Row {
    pub(crate) rule: &'static str,
    pub(crate) parameter: &'static str,
    pub(crate) requirement: String,
    pub(crate) code: String,
    pub(crate) evidence: String,
    /// The level under a policy; `None` without a policy.
    pub(crate) level: Option<Level>,
    /// The months in which the rule is in force, in a list of every rule.
    pub(crate) in_force: Option<String>,
}

impl Entry {
    /// Returns a rule without a policy.
    pub(crate) fn of(rule: &'static Rule) -> Self {
        Self { rule, allowed: None, level: None }
    }

    /// Returns what is allowed under an edition, where there is a number or a form.
    pub(crate) fn limit(&self, edition: Edition) -> Option<String> {
        self.allowed.clone().or_else(|| Some(self.rule.limit()?.text(edition)))
    }

    /// Returns the requirement under an edition, with what the policy allows in parentheses.
    pub(crate) fn requirement(&self, edition: Edition) -> String {
        let requirement = self.rule.requirement(edition);
        match &self.allowed {
            Some(allowed) => format!("{requirement} ({allowed})"),
            None => requirement.to_owned(),
        }
    }
}

impl<'p> RuleList<'p> {
    /// Returns each rule of the list, in order: the documented ones, then those of the policy.
    pub(crate) fn entries(self) -> Vec<Entry> {
        let level = |rule: &Rule| self.policy().map(|policy| policy.level(rule.id()));
        let documented = rules::all().filter(|rule| self.has(rule)).map(|rule| Entry {
            rule,
            // The one documented form that a policy can replace.
            allowed: self
                .policy()
                .filter(|_| rule.is_image_id_form())
                .and_then(|policy| policy.image_id_pattern.as_deref())
                .map(|pattern| shown(pattern.as_ref())),
            level: level(rule),
        });
        let own = self.policy().into_iter().flat_map(Policy::requirements);
        let own = own.map(|(rule, allowed)| Entry { rule, allowed: Some(allowed), level: level(rule) });
        documented.chain(own).collect()
    }

    /// Makes a row for each rule, in order. `code` writes a code, and `observed`
    /// marks what was seen of it.
    pub(crate) fn rows(self, observed: Option<&Table>, code: impl Fn(&str) -> String) -> Vec<Row> {
        let row = |entry: Entry| {
            let Entry { rule, level, .. } = entry;
            Row {
                rule: rule.id(),
                parameter: rule.parameter(),
                requirement: self.requirement(&entry),
                code: self.cell(rule, |edition| code(rule.code(edition).as_str())),
                evidence: self.cell(rule, |edition| evidence(rule, edition, observed)),
                level,
                in_force: matches!(self, Self::All).then(|| in_force(rule)),
            }
        };
        self.entries().into_iter().map(row).collect()
    }

    pub(crate) fn policy(self) -> Option<&'p Policy> {
        match self {
            Self::Under(policy, _) => Some(policy),
            Self::In(_) | Self::All => None,
        }
    }

    fn has(self, rule: &Rule) -> bool {
        match self {
            Self::In(edition) | Self::Under(_, edition) => rule.in_force(edition),
            Self::All => true,
        }
    }

    /// Returns the months whose values of a rule the list has.
    pub(crate) fn months(self, rule: &Rule) -> Vec<Edition> {
        match self {
            Self::In(edition) | Self::Under(_, edition) => vec![edition],
            Self::All => rule.changes().collect(),
        }
    }

    /// Returns a value of a rule: that of one edition, or each with the
    /// month from which on it holds.
    pub(crate) fn cell<T: Display>(self, rule: &Rule, value: impl Fn(Edition) -> T) -> String {
        let months = self.months(rule);
        let mut values: Vec<_> = months.into_iter().map(|month| (month, value(month).to_string())).collect();
        values.dedup_by(|later, earlier| later.1 == earlier.1);
        let with_month = |(index, (month, value)): (usize, &(Edition, String))| match index {
            0 => value.clone(),
            _ => format!("from {month}: {value}"),
        };
        values.iter().enumerate().map(with_month).collect::<Vec<_>>().join("; ")
    }

    /// Returns the requirement, with the limit in parentheses where the sentence does not have its
    /// number.
    fn requirement(self, entry: &Entry) -> String {
        let rule = entry.rule;
        let requirement = self.cell(rule, |edition| entry.requirement(edition));
        match rule.limit() {
            Some(limit) if !requirement.contains(&limit.at(rule.first_seen()).to_string()) => {
                let limit = self.cell(rule, |edition| limit.text(edition));
                format!("{requirement} ({limit})")
            }
            _ => requirement,
        }
    }
}

/// Returns what was seen of the code of a rule under an edition; none where no table is given, and
/// for a rule of a policy, whose code is not the service's.
pub(crate) fn seen(rule: &Rule, edition: Edition, observed: Option<&Table>) -> Option<Seen> {
    let table = observed.filter(|_| !rule.is_policy())?;
    Some(table.seen(rule.id(), rule.code(edition)))
}

/// Returns the evidence for the code of a rule under an edition, with what was
/// seen where something was.
pub(crate) fn evidence(rule: &Rule, edition: Edition, observed: Option<&Table>) -> String {
    let evidence = rule.evidence(edition);
    match seen(rule, edition, observed) {
        Some(seen) if seen.word() != Seen::NOT_SEEN => format!("{evidence}, {seen}"),
        _ => evidence.to_string(),
    }
}

/// Returns the months in which a rule is in force, in a few words.
fn in_force(rule: &Rule) -> String {
    let from = if rule.first_seen() > Edition::FIRST {
        format!("from {}", rule.first_seen())
    } else {
        String::new()
    };
    match rule.withdrawn() {
        None if from.is_empty() => "always".to_owned(),
        None => from,
        Some(withdrawn) => format!("{from}{}until {withdrawn}", if from.is_empty() { "" } else { " " }),
    }
}
