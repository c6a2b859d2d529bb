//! Form for programs: JSON. The keys and their order are part of the API of the command.

use std::io::{self, Write};
use std::rc::Rc;

use presync::policy::Level;
use presync::{Edition, Evidence, Page, Report, Stage};
use serde::Serialize;

use super::form::Form;
use crate::document::{Document, NotChecked};
use crate::output::Output;
use crate::rule_list::{Entry, RuleList};
use crate::verdict::Verdict;

/// A [`Report`], with the address in the document of another tool.
#[derive(Serialize)]
struct VerdictRecord<'a> {
    /// Address of the resource or source that makes the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    /// Reason why the document may not state all calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<&'a str>,
    #[serde(flatten)]
    report: &'a Report,
}

/// One line for each verdict.
pub(crate) struct Lines;

impl Form for Lines {
    fn verdict(&mut self, output: &mut Output, verdict: &Verdict) -> io::Result<()> {
        let record = VerdictRecord {
            address: verdict.call.address(),
            partial: verdict.call.document.partial.as_deref(),
            report: &verdict.report,
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

    fn partial(&mut self, _: &mut Output, _: &Rc<Document>, _: &str, _: bool) -> io::Result<()> {
        // Each verdict says so.
        Ok(())
    }

    fn end(self: Box<Self>, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}

/// A rule, with the values of one edition.
#[derive(Serialize)]
struct RuleRecord {
    rule: &'static str,
    parameter: &'static str,
    code: &'static str,
    evidence: Evidence,
    requirement: &'static str,
    limit: Option<String>,
    citation: &'static str,
    /// The address of the page that the citation is about; `None` for a rule of a policy, which has
    /// no dates either.
    page: Option<&'static str>,
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
    fn of(entry: &Entry, edition: Edition) -> Self {
        let Entry { rule, level, .. } = *entry;
        let page = rule.page(edition);
        let dated = |month: Edition| page.map(|_| month);
        let since = rule.changes().filter(|month| *month <= edition).last().unwrap_or(rule.first_seen());
        Self {
            rule: rule.id(),
            parameter: rule.parameter(),
            code: rule.code(edition).as_str(),
            evidence: rule.evidence(edition),
            requirement: rule.requirement(edition),
            limit: entry.limit(edition),
            citation: rule.citation(),
            page: page.map(Page::address),
            first_seen: dated(rule.first_seen()),
            withdrawn: rule.withdrawn(),
            stage: match rule.stage() {
                Stage::Decode => "decode",
                Stage::Check => "check",
            },
            since: dated(since),
            level,
        }
    }
}

/// Writes a list of rules, in order: one record for each, or for each of its changes where all are
/// listed.
pub(crate) fn rules(output: &mut Output, list: RuleList<'_>) -> io::Result<()> {
    let mut records = Vec::new();
    for entry in list.entries() {
        records.extend(list.months(entry.rule).into_iter().map(|month| RuleRecord::of(&entry, month)));
    }
    serde_json::to_writer_pretty(&mut *output, &records)?;
    writeln!(output)
}
