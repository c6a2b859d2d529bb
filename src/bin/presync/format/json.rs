//! For programs. The keys and their order are part of the API of the command.

use std::io::{self, Write};

use presync::policy::{Level, Policy, PolicyRule};
use presync::{Edition, Evidence, Parameter, Rule, Stage, Unverified, Violation};
use serde::Serialize;

use crate::check::Answer;
use crate::output::Output;
use crate::rules::View;

/// What a [`presync::Report`] is in JSON, except that `--strict` has a say in `accepted`.
#[derive(Serialize)]
struct AnswerRecord<'a> {
    edition: Edition,
    /// What makes the call, where that is in the document of another tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    accepted: bool,
    violations: Vec<FoundRecord<'a, Violation>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FoundRecord<'a, Violation>>,
    unverified: Vec<FoundRecord<'a, Unverified>>,
}

/// A finding, with its attribute where the parameter is one in the document of another tool.
#[derive(Serialize)]
struct FoundRecord<'a, T> {
    #[serde(flatten)]
    finding: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
}

/// One line.
pub(crate) fn answer(output: &mut Output, answer: &Answer) -> io::Result<()> {
    let report = &answer.report;
    let address = answer.call.address();
    let attribute = |parameter: &Parameter| answer.call.attribute(parameter);
    let record = AnswerRecord {
        edition: report.edition(),
        address,
        accepted: answer.accepted,
        violations: found(report.violations(), Violation::parameter, attribute),
        warnings: found(report.warnings(), Violation::parameter, attribute),
        unverified: found(report.unverified(), Unverified::parameter, attribute),
    };
    serde_json::to_writer(&mut *output, &record)?;
    writeln!(output)
}

fn found<T>(
    findings: &[T],
    parameter: fn(&T) -> &Parameter,
    attribute: impl Fn(&Parameter) -> Option<String>,
) -> Vec<FoundRecord<'_, T>> {
    let record = |finding| FoundRecord { finding, attribute: attribute(parameter(finding)) };
    findings.iter().map(record).collect()
}

#[derive(Serialize)]
struct RuleRecord {
    rule: &'static str,
    parameter: &'static str,
    code: &'static str,
    /// Nothing for a rule of the policy, as in the keys of dates.
    evidence: Option<Evidence>,
    requirement: &'static str,
    limit: Option<String>,
    citation: String,
    first_seen: Option<Edition>,
    last_seen: Option<Edition>,
    stage: &'static str,
    /// The month from which on all this holds.
    since: Option<Edition>,
    /// Where there is a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
}

impl RuleRecord {
    fn of(rule: &'static Rule, view: View<'_>, edition: Edition) -> Self {
        Self {
            rule: rule.id,
            parameter: rule.parameter,
            code: rule.code(edition).as_str(),
            evidence: Some(rule.evidence(edition)),
            requirement: rule.requirement(edition),
            limit: view.limit(rule, edition),
            citation: rule.citation.to_owned(),
            first_seen: Some(rule.first_seen),
            last_seen: rule.last_seen,
            stage: match rule.stage {
                Stage::Decode => "decode",
                _ => "check",
            },
            since: rule.changes().filter(|month| *month <= edition).last().or(Some(rule.first_seen)),
            level: view.policy().map(|policy| policy.level(rule.id)),
        }
    }

    fn of_policy(rule: &'static PolicyRule, allowed: String, policy: &Policy) -> Self {
        Self {
            rule: rule.id,
            parameter: rule.parameter,
            code: rule.code,
            evidence: None,
            requirement: rule.requirement,
            limit: Some(allowed),
            citation: format!("policy, {}", rule.key),
            first_seen: None,
            last_seen: None,
            stage: "check",
            since: None,
            level: Some(policy.level(rule.id)),
        }
    }
}

/// A list of rules, in order: one record for each, or for each of its changes where all are listed.
pub(crate) fn rules(output: &mut Output, view: View<'_>) -> io::Result<()> {
    let documented = view.rules().flat_map(|rule| match view {
        View::In(edition) | View::Under(_, edition) => vec![RuleRecord::of(rule, view, edition)],
        View::All => rule.changes().map(|month| RuleRecord::of(rule, view, month)).collect(),
    });
    let own = view.policy().into_iter().flat_map(|policy| {
        let records = policy.requirements().into_iter();
        records.map(move |(rule, allowed)| RuleRecord::of_policy(rule, allowed, policy))
    });
    let records: Vec<_> = documented.chain(own).collect();
    serde_json::to_writer_pretty(&mut *output, &records)?;
    writeln!(output)
}
