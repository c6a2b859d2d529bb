//! For programs. The keys and their order are part of the API of the command.

use std::io::{self, Write};

use presync::{Edition, Evidence, Rule, Stage, Unverified, Violation};
use serde::Serialize;

use crate::check::Answer;
use crate::output::Output;
use crate::rules::View;

/// What a [`presync::Report`] is in JSON, except that `--strict` has a say in `accepted`.
#[derive(Serialize)]
struct AnswerRecord<'a> {
    edition: Edition,
    accepted: bool,
    violations: &'a [Violation],
    unverified: &'a [Unverified],
}

/// One line.
pub(crate) fn answer(output: &mut Output, answer: &Answer) -> io::Result<()> {
    let report = &answer.report;
    let record = AnswerRecord {
        edition: report.edition(),
        accepted: answer.accepted,
        violations: report.violations(),
        unverified: report.unverified(),
    };
    serde_json::to_writer(&mut *output, &record)?;
    writeln!(output)
}

#[derive(Serialize)]
struct RuleRecord {
    rule: &'static str,
    parameter: &'static str,
    code: &'static str,
    evidence: Evidence,
    requirement: &'static str,
    limit: Option<String>,
    citation: &'static str,
    first_seen: Edition,
    last_seen: Option<Edition>,
    stage: &'static str,
    /// The month from which on all this holds.
    since: Edition,
}

impl RuleRecord {
    fn of(rule: &'static Rule, edition: Edition) -> Self {
        Self {
            rule: rule.id,
            parameter: rule.parameter,
            code: rule.code(edition).as_str(),
            evidence: rule.evidence(edition),
            requirement: rule.requirement(edition),
            limit: rule.limit.map(|limit| limit.text(edition)),
            citation: rule.citation,
            first_seen: rule.first_seen,
            last_seen: rule.last_seen,
            stage: match rule.stage {
                Stage::Decode => "decode",
                _ => "check",
            },
            since: rule.changes().filter(|month| *month <= edition).last().unwrap_or(rule.first_seen),
        }
    }
}

/// A list of rules, in order: one record for each, or for each of its changes where all are listed.
pub(crate) fn rules(output: &mut Output, view: View) -> io::Result<()> {
    let records: Vec<_> = view
        .rules()
        .flat_map(|rule| match view {
            View::In(edition) => vec![RuleRecord::of(rule, edition)],
            View::All => rule.changes().map(|month| RuleRecord::of(rule, month)).collect(),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *output, &records)?;
    writeln!(output)
}
