//! Form for programs: JSON. The keys and their order are part of the API of the command.

use std::io::{self, Write};
use std::rc::Rc;

use presync::check::compare::{Seen, Table};
use presync::policy::Level;
use presync::report::Fact;
use presync::{Edition, ErrorCode, Evidence, Page, Report, Rule, Stage, Violation, rules};
use serde::Serialize;

use presync::check::DestinationReport;

use super::form::Form;
use crate::document::{Document, NotChecked};
use crate::output::Output;
use crate::region_list::{RegionList, verdict};
use crate::rule_list::{Entry, RuleList, seen};
use crate::suggested::{Record, Suggested};
use crate::verdict::Verdict;

/// A [`Report`], with the name of the request and the address in the document of another tool.
#[derive(Serialize)]
struct VerdictRecord<'a> {
    /// The name of the request, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    /// Address of the resource or source that makes the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(flatten)]
    report: &'a Report,
    /// What would be accepted instead, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<Record<'a>>,
}

/// A request that could not be checked, in the form of `presync batch`.
#[derive(Serialize)]
struct ErrorRecord<'a> {
    /// The name of the request, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    error: Problem<'a>,
}

#[derive(Serialize)]
struct Problem<'a> {
    message: &'a str,
    /// The line and the column, both counted from 1, the column in bytes; left out if the
    /// problem is not at one position.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

/// A document that may not state all requests.
#[derive(Serialize)]
struct PartialRecord<'a> {
    /// The name of the document, where there are several requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    /// The reason.
    partial: &'a str,
}

/// One line for each request, and one for each document that may not state all of them.
pub(crate) struct Lines {
    several: bool,
}

impl Lines {
    pub(crate) fn new(several: bool) -> Self {
        Self { several }
    }
}

impl Form for Lines {
    fn verdict(&mut self, output: &mut Output, verdict: &Verdict) -> io::Result<()> {
        let request = self.several.then_some(&*verdict.call.document.name);
        let record = VerdictRecord {
            request,
            address: verdict.call.address(),
            report: &verdict.report,
            suggestion: verdict.suggested.as_ref().map(Suggested::record),
        };
        serde_json::to_writer(&mut *output, &record)?;
        writeln!(output)
    }

    fn not_checked(&mut self, output: &mut Output, not_checked: &NotChecked) -> io::Result<()> {
        let NotChecked { document, line_column, reason } = not_checked;
        let (line, column) = line_column.unzip();
        let error = Problem { message: reason, line, column };
        let record = ErrorRecord { request: self.several.then_some(&*document.name), error };
        serde_json::to_writer(&mut *output, &record)?;
        writeln!(output)
    }

    fn no_calls(&mut self, _: &mut Output, _: &Document) -> io::Result<()> {
        Ok(())
    }

    fn partial(
        &mut self,
        output: &mut Output,
        document: &Rc<Document>,
        reason: &str,
        _: bool,
    ) -> io::Result<()> {
        let record = PartialRecord { request: self.several.then_some(&*document.name), partial: reason };
        serde_json::to_writer(&mut *output, &record)?;
        writeln!(output)
    }

    fn end(self: Box<Self>, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}

/// The regions of a state, with the verdict on each: an image can be copied there, or not, or
/// it could not be verified.
#[derive(Serialize)]
struct RegionsRecord<'a> {
    image: &'a str,
    /// The source region; `None` where none is sent.
    source: Option<&'a str>,
    /// False if there may be other regions.
    regions_complete: bool,
    regions: Vec<RegionRecord<'a>>,
}

/// A region, with the keys of the [`Report`] on a request that names it alone.
#[derive(Serialize)]
struct RegionRecord<'a> {
    region: &'a str,
    region_name: Option<&'a str>,
    verdict: &'static str,
    #[serde(flatten)]
    report: &'a Report,
    /// Violations that are about the list of destinations as a whole; left out when there is none.
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    of_list: &'a [Violation],
}

/// Writes the list of regions, as one object.
pub(crate) fn regions(output: &mut Output, list: &RegionList<'_>) -> io::Result<()> {
    fn record<'a>(destination: &'a DestinationReport<'a>) -> RegionRecord<'a> {
        RegionRecord {
            region: &destination.region().region,
            region_name: destination.region().region_name.as_deref(),
            verdict: verdict(destination),
            report: destination.report(),
            of_list: destination.of_list(),
        }
    }
    let record = RegionsRecord {
        image: list.image,
        source: list.source,
        regions_complete: !list.destinations.may_be_others(),
        regions: list.destinations.reports().iter().map(record).collect(),
    };
    serde_json::to_writer_pretty(&mut *output, &record)?;
    writeln!(output)
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
    /// What was seen of the code, where a table says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<SeenRecord>,
}

#[derive(Serialize)]
struct SeenRecord {
    seen: &'static str,
    #[serde(flatten)]
    counts: Seen,
}

impl RuleRecord {
    fn of(entry: &Entry, edition: Edition, observed: Option<&Table>) -> Self {
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
            observed: seen(rule, edition, observed).map(|counts| SeenRecord { seen: counts.word(), counts }),
        }
    }
}

/// Writes a list of rules, in order: one record for each, or for each of its changes where all are
/// listed.
pub(crate) fn rule_list(output: &mut Output, list: RuleList<'_>, observed: Option<&Table>) -> io::Result<()> {
    let mut records = Vec::new();
    for entry in list.entries() {
        let record = |month| RuleRecord::of(&entry, month, observed);
        records.extend(list.months(entry.rule).into_iter().map(record));
    }
    serde_json::to_writer_pretty(&mut *output, &records)?;
    writeln!(output)
}

/// A rule with all that is known of it.
#[derive(Serialize)]
struct ExplainedRule {
    #[serde(flatten)]
    rule: RuleRecord,
    /// The facts that a violation can carry.
    facts: Vec<FactRecord>,
    /// The explanation, as Markdown.
    explanation: String,
}

#[derive(Serialize)]
struct FactRecord {
    fact: &'static str,
    kind: &'static str,
    meaning: &'static str,
}

/// Writes a rule with the facts that a violation of it can carry. A rule that the edition does not
/// have has the values of its first month.
pub(crate) fn rule(
    output: &mut Output,
    rule: &'static Rule,
    edition: Edition,
    observed: Option<&Table>,
) -> io::Result<()> {
    let edition = if rule.in_force(edition) { edition } else { rule.first_seen() };
    let fact =
        |fact: &Fact| FactRecord { fact: fact.as_str(), kind: fact.kind().as_str(), meaning: fact.meaning() };
    let record = ExplainedRule {
        rule: RuleRecord::of(&Entry::of(rule), edition, observed),
        facts: rule.facts().iter().map(fact).collect(),
        explanation: rule.explanation().collect::<Vec<_>>().join("\n").trim().to_owned(),
    };
    serde_json::to_writer_pretty(&mut *output, &record)?;
    writeln!(output)
}

/// A code, with the rules that give it under one edition.
#[derive(Serialize)]
struct CodeRecord {
    code: &'static str,
    meaning: Option<&'static str>,
    edition: Edition,
    rules: Vec<&'static str>,
}

/// Writes codes with their meanings, and the rules that give each.
pub(crate) fn codes(
    output: &mut Output,
    codes: impl Iterator<Item = &'static ErrorCode>,
    edition: Edition,
) -> io::Result<()> {
    let record = |code: &'static ErrorCode| CodeRecord {
        code: code.as_str(),
        meaning: code.gloss(),
        edition,
        rules: rules::all()
            .filter(|rule| rule.in_force(edition) && rule.code(edition) == code)
            .map(Rule::id)
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *output, &codes.map(record).collect::<Vec<_>>())?;
    writeln!(output)
}
