//! Lists of rules: the documented ones of one edition or of all, and those of a policy.

use std::fmt::Display;

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
    /// Every rule, with its changes.
    All,
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

impl<'p> RuleList<'p> {
    /// Makes a row for each rule, in order. `code` writes a code.
    pub(crate) fn rows(self, code: impl Fn(&str) -> String) -> Vec<Row> {
        let documented = self.rules().map(|rule| Row {
            rule: rule.id(),
            parameter: rule.parameter(),
            requirement: requirement(rule, self),
            code: self.cell(rule, |edition| code(rule.code(edition).as_str())),
            evidence: self.cell(rule, |edition| rule.evidence(edition)),
            level: self.policy().map(|policy| policy.level(rule.id())),
            in_force: matches!(self, Self::All).then(|| in_force(rule)),
        });
        let own = self.policy().into_iter().flat_map(|policy| {
            let code = &code;
            policy.requirements().into_iter().map(move |(rule, allowed)| Row {
                rule: rule.id(),
                parameter: rule.parameter(),
                requirement: format!("{} ({allowed})", rule.requirement),
                code: code(rule.code),
                evidence: "policy".to_owned(),
                level: Some(policy.level(rule.id())),
                in_force: None,
            })
        });
        documented.chain(own).collect()
    }

    pub(crate) fn policy(self) -> Option<&'p Policy> {
        match self {
            Self::Under(policy, _) => Some(policy),
            Self::In(_) | Self::All => None,
        }
    }

    /// The limit of a rule: the documented one, or that of the policy in its stead.
    pub(crate) fn limit(self, rule: &Rule, edition: Edition) -> Option<String> {
        // The one documented limit that a policy can replace.
        let pattern = self.policy().filter(|_| rule.id() == "image-id-format");
        let pattern = pattern.and_then(|policy| policy.image_id_pattern.as_deref());
        pattern.map(|pattern| shown(pattern.as_ref())).or_else(|| Some(rule.limit()?.text(edition)))
    }

    pub(crate) fn rules(self) -> impl Iterator<Item = &'static Rule> {
        rules::all().filter(move |rule| match self {
            Self::In(edition) | Self::Under(_, edition) => rule.in_force(edition),
            Self::All => true,
        })
    }

    /// A value of a rule: that of one edition, or each with the month from which on it holds.
    pub(crate) fn cell<T: Display>(self, rule: &Rule, value: impl Fn(Edition) -> T) -> String {
        match self {
            Self::In(edition) | Self::Under(_, edition) => value(edition).to_string(),
            Self::All => {
                let mut values =
                    rule.changes().map(|month| (month, value(month).to_string())).collect::<Vec<_>>();
                values.dedup_by(|later, earlier| later.1 == earlier.1);
                let with_month = |(index, (month, value)): (usize, &(Edition, String))| match index {
                    0 => value.clone(),
                    _ => format!("from {month}: {value}"),
                };
                values.iter().enumerate().map(with_month).collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// The requirement, with the limit in parentheses where the sentence does not have its number.
fn requirement(rule: &Rule, list: RuleList<'_>) -> String {
    let requirement = list.cell(rule, |edition| rule.requirement(edition));
    let has_number =
        rule.limit().is_some_and(|limit| requirement.contains(&limit.at(rule.first_seen()).to_string()));
    match list.limit(rule, rule.first_seen()) {
        Some(_) if !has_number => {
            let limit = list.cell(rule, |edition| list.limit(rule, edition).unwrap_or_default());
            format!("{requirement} ({limit})")
        }
        _ => requirement,
    }
}

/// The months in which a rule is in force, in a few words.
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

/// The lines of a rule's explanation, which is Markdown.
pub(crate) fn explanation(rule: &Rule) -> impl Iterator<Item = &'static str> + use<> {
    // Documentation comments have a blank after the slashes.
    rule.explanation().lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
}
