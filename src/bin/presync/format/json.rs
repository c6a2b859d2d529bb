//! Form for programs: JSON. The keys and their order are part of the API of the command.

use std::io::{self, Write};

use presync::policy::{Level, Policy, PolicyRule};
use presync::{Edition, Evidence, Parameter, Rule, Stage, Unverified, Violation};
use serde::Serialize;

use super::form::Form;
use crate::document::NotChecked;
use crate::output::Output;
use crate::rule_list::RuleList;
use crate::verdict::Verdict;

/// A verdict: the keys of a [`presync::Report`], with `--strict` in `accepted`, and the address.
#[derive(Serialize)]
struct VerdictRecord<'a> {
    edition: Edition,
    /// Address of the resource or source that makes the call, in the document of another tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    accepted: bool,
    violations: Vec<FoundRecord<'a, Violation>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FoundRecord<'a, Violation>>,
    unverified: Vec<FoundRecord<'a, Unverified>>,
}

/// A finding, with the attribute that its parameter is in the document of another tool.
#[derive(Serialize)]
struct FoundRecord<'a, T> {
    #[serde(flatten)]
    finding: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
}

/// One line for each verdict.
pub(crate) struct Lines;

impl Form for Lines {
    fn verdict(&mut self, output: &mut Output, verdict: &Verdict) -> io::Result<()> {
        let Verdict { call, report, .. } = verdict;
        let attribute = |parameter: &Parameter| call.attribute(parameter);
        let record = VerdictRecord {
            edition: report.edition(),
            address: call.address(),
            accepted: verdict.accepted,
            violations: found(report.violations(), Violation::parameter, attribute),
            warnings: found(report.warnings(), Violation::parameter, attribute),
            unverified: found(report.unverified(), Unverified::parameter, attribute),
        };
        serde_json::to_writer(&mut *output, &record)?;
        writeln!(output)
    }

    fn not_checked(&mut self, _: &mut Output, _: &NotChecked) -> io::Result<()> {
        Ok(())
    }

    fn no_calls(&mut self, _: &mut Output, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn end(self: Box<Self>, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}

fn found<T>(
    findings: &[T],
    parameter: fn(&T) -> &Parameter,
    attribute: impl Fn(&Parameter) -> Option<String>,
) -> Vec<FoundRecord<'_, T>> {
    let record = |finding| FoundRecord { finding, attribute: attribute(parameter(finding)) };
    findings.iter().map(record).collect()
}

/// A rule, with the values of one edition.
#[derive(Serialize)]
struct RuleRecord {
    rule: &'static str,
    parameter: &'static str,
    code: &'static str,
    /// `None` for a rule of a policy, which has no dates either.
    evidence: Option<Evidence>,
    requirement: &'static str,
    limit: Option<String>,
    citation: String,
    first_seen: Option<Edition>,
    withdrawn: Option<Edition>,
    stage: &'static str,
    /// The month from which on all these values hold.
    since: Option<Edition>,
    /// The level under the policy; `None` without a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
}

impl RuleRecord {
    fn of(rule: &'static Rule, list: RuleList<'_>, edition: Edition) -> Self {
        Self {
            rule: rule.id(),
            parameter: rule.parameter(),
            code: rule.code(edition).as_str(),
            evidence: Some(rule.evidence(edition)),
            requirement: rule.requirement(edition),
            limit: list.limit(rule, edition),
            citation: rule.citation().to_owned(),
            first_seen: Some(rule.first_seen()),
            withdrawn: rule.withdrawn(),
            stage: match rule.stage {
                Stage::Decode => "decode",
                _ => "check",
            },
            since: rule.changes().filter(|month| *month <= edition).last().or(Some(rule.first_seen())),
            level: list.policy().map(|policy| policy.level(rule.id())),
        }
    }

    fn of_policy(rule: &'static PolicyRule, allowed: String, policy: &Policy) -> Self {
        Self {
            rule: rule.id(),
            parameter: rule.parameter(),
            code: rule.code,
            evidence: None,
            requirement: rule.requirement,
            limit: Some(allowed),
            citation: format!("policy, {}", rule.key),
            first_seen: None,
            withdrawn: None,
            stage: "check",
            since: None,
            level: Some(policy.level(rule.id())),
        }
    }
}

/// Writes a list of rules, in order: one record for each, or for each of its changes where all are
/// listed.
pub(crate) fn rules(output: &mut Output, list: RuleList<'_>) -> io::Result<()> {
    let documented = list.rules().flat_map(|rule| match list {
        RuleList::In(edition) | RuleList::Under(_, edition) => vec![RuleRecord::of(rule, list, edition)],
        RuleList::All => rule.changes().map(|month| RuleRecord::of(rule, list, month)).collect(),
    });
    let own = list.policy().into_iter().flat_map(|policy| {
        let records = policy.requirements().into_iter();
        records.map(move |(rule, allowed)| RuleRecord::of_policy(rule, allowed, policy))
    });
    let records: Vec<_> = documented.chain(own).collect();
    serde_json::to_writer_pretty(&mut *output, &records)?;
    writeln!(output)
}
