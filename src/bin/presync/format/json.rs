//! For programs. The keys and their order are part of the API of the command.

use std::io::{self, Write};

use presync::{Edition, Evidence, Stage, Unverified, Violation, rules};
use serde::Serialize;

use crate::check::Answer;
use crate::output::Output;
use crate::rules::{code, evidence};

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
    citation: &'static str,
    first_seen: Edition,
    last_seen: Option<Edition>,
    stage: &'static str,
}

/// A list of all rules, in order.
pub(crate) fn rules(output: &mut Output) -> io::Result<()> {
    let records: Vec<_> = rules::all()
        .map(|rule| RuleRecord {
            rule: rule.id,
            parameter: rule.parameter,
            code: code(rule),
            evidence: evidence(rule),
            requirement: rule.requirement,
            citation: rule.citation,
            first_seen: rule.first_seen,
            last_seen: rule.last_seen,
            stage: match rule.stage {
                Stage::Decode => "decode",
                _ => "check",
            },
        })
        .collect();
    serde_json::to_writer_pretty(&mut *output, &records)?;
    writeln!(output)
}
