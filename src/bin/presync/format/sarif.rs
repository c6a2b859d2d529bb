//! For code scanners: one SARIF 2.1.0 log, with a result for each finding.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use presync::policy::{Level, Policy, PolicyRule};
use presync::{Edition, Parameter, Rule, Unverified, Violation};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor, Result as Finding,
    ResultKind, ResultLevel, Run, Sarif, ToolComponent,
};

use super::{lines, subject};
use crate::call::{Call, Document, Problem};
use crate::check::Answer;
use crate::output::Output;
use crate::rules::{View, explanation};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What a path and a URI have in common. A colon could look like the end of a scheme.
const IN_URI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The log so far.
pub(crate) struct Log {
    edition: Edition,
    is_strict: bool,
    /// The rules that are checked, in order: results say which one by its place here.
    rules: Vec<ReportingDescriptor>,
    results: Vec<Finding>,
    problems: Vec<Notification>,
}

impl Log {
    pub(crate) fn new(policy: &Policy, edition: Edition, is_strict: bool) -> Self {
        let documented = View::In(edition).rules().map(|rule| documented(rule, edition));
        let own = policy.requirements().into_iter().map(|(rule, allowed)| of_policy(rule, &allowed));
        let mut rules: Vec<_> = documented.chain(own).collect();
        rules.retain_mut(|rule| {
            let level = policy.level(&rule.id);
            let name = if level == Level::Warning { "warning" } else { "error" };
            rule.default_configuration = Some(ReportingConfiguration::builder().level(json!(name)).build());
            level != Level::Off
        });
        Self { edition, is_strict, rules, results: Vec::new(), problems: Vec::new() }
    }

    pub(crate) fn answer(&mut self, answer: &Answer) {
        for violation in answer.report.violations() {
            self.violation(answer, violation, ResultLevel::Error);
        }
        for warning in answer.report.warnings() {
            self.violation(answer, warning, ResultLevel::Warning);
        }
        for open in answer.report.unverified() {
            self.unverified(answer, open);
        }
    }

    fn violation(&mut self, answer: &Answer, violation: &Violation, level: ResultLevel) {
        let (rule, parameter) = (violation.rule(), violation.parameter());
        let properties = [
            ("code", json!(violation.code())),
            ("value", json!(violation.value())),
            ("allowed", json!(violation.allowed())),
            ("hint", json!(violation.hint())),
        ];
        let mut result = self.result(answer, rule, parameter, &lines(&answer.call, violation), &properties);
        result.level = Some(level);
        self.results.push(result);
    }

    /// Something open is no failure, and has no level then, unless it is refused.
    fn unverified(&mut self, answer: &Answer, open: &Unverified) {
        let text =
            format!("{}: not verified, needs {}", subject(&answer.call, open.parameter()), open.needs());
        let properties = [("needs", json!(open.needs()))];
        let mut result = self.result(answer, open.rule(), open.parameter(), &text, &properties);
        if self.is_strict && !open.is_warning() {
            result.level = Some(ResultLevel::Error);
        } else {
            result.kind = Some(ResultKind::Open);
            result.level = Some(ResultLevel::None);
        }
        self.results.push(result);
    }

    fn result(
        &self,
        answer: &Answer,
        rule: &str,
        parameter: &Parameter,
        text: &str,
        properties: &[(&str, Value)],
    ) -> Finding {
        let document = &answer.call.document.name;
        let address = answer.call.address().unwrap_or_default();
        let value = properties.iter().find_map(|(key, value)| (*key == "value").then(|| value.as_str()));
        // Not where it is, so that it stays what it is when lines are added above it.
        let fingerprint =
            [document, address, rule, &parameter.to_string(), value.flatten().unwrap_or_default()].join("|");
        let common =
            [("parameter", json!(parameter)), ("request", json!(document)), ("call", json!(answer.number))];
        let mut result = Finding::builder()
            .message(message(text))
            .rule_id(rule)
            .locations(vec![location(&answer.call, parameter)])
            .partial_fingerprints(BTreeMap::from([("presync/v1".to_owned(), fingerprint)]))
            .properties(bag(common.iter().chain(properties).cloned()))
            .build();
        result.rule_index = self.rules.iter().position(|known| known.id == rule).map(number);
        result
    }

    pub(crate) fn problem(&mut self, problem: &Problem) {
        let mut notification =
            Notification::builder().level(json!("error")).message(message(&problem.to_string())).build();
        let position = problem.position();
        let region = position.map(|(line, column)| {
            Region::builder().start_line(number(line)).start_column(number(column)).build()
        });
        if let Some(place) = physical(&problem.document, region) {
            notification.locations = Some(vec![Location::builder().physical_location(place).build()]);
        }
        self.problems.push(notification);
    }

    pub(crate) fn end(self, output: &mut Output) -> io::Result<()> {
        let driver = ToolComponent::builder().name("presync").version(env!("CARGO_PKG_VERSION"));
        let mut driver = driver.rules(self.rules).build();
        let homepage = env!("CARGO_PKG_REPOSITORY");
        driver.information_uri = (!homepage.is_empty()).then(|| homepage.to_owned());
        let mut invocation = Invocation::builder().execution_successful(self.problems.is_empty()).build();
        invocation.tool_execution_notifications = (!self.problems.is_empty()).then_some(self.problems);
        let properties = [("edition", json!(self.edition)), ("strict", json!(self.is_strict))];
        let run = Run::builder()
            .tool(driver)
            .invocations(vec![invocation])
            .results(self.results)
            .column_kind(json!("unicodeCodePoints"))
            .properties(bag(properties))
            .build();
        let log = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
        serde_json::to_writer_pretty(&mut *output, &log)?;
        writeln!(output)
    }
}

/// A rule, as it is in one edition.
fn documented(rule: &'static Rule, edition: Edition) -> ReportingDescriptor {
    let properties = [
        ("code", json!(rule.code(edition))),
        ("evidence", json!(rule.evidence(edition))),
        ("citation", json!(rule.citation)),
        ("parameter", json!(rule.parameter)),
    ];
    descriptor(rule.id, rule.requirement(edition), explanation(rule), bag(properties))
}

fn of_policy(rule: &'static PolicyRule, allowed: &str) -> ReportingDescriptor {
    let properties = [
        ("code", json!(rule.code)),
        ("evidence", json!("policy")),
        ("citation", json!(format!("policy, {}", rule.key))),
        ("parameter", json!(rule.parameter)),
    ];
    let requirement = format!("{} ({allowed})", rule.requirement);
    descriptor(rule.id, &requirement, rule.explanation.lines(), bag(properties))
}

fn descriptor<'t>(
    id: &str,
    requirement: &str,
    explanation: impl Iterator<Item = &'t str>,
    properties: PropertyBag,
) -> ReportingDescriptor {
    let lines: Vec<_> = explanation.collect();
    // What stands before the first heading is what the rule checks.
    let what = lines.split(|line| line.starts_with('#')).next().unwrap_or_default();
    let help = lines.join("\n").trim().to_owned();
    ReportingDescriptor::builder()
        .id(id)
        .short_description(markdown(requirement))
        .full_description(markdown(what.join("\n").trim()))
        .help(markdown(&help))
        .properties(properties)
        .build()
}

/// Markdown, which is made to be read as it is too.
fn markdown(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).markdown(text).build()
}

/// The parameter, what it is in the document of another tool, and where its value is in a file.
fn location(call: &Call, parameter: &Parameter) -> Location {
    let mut logical = vec![LogicalLocation::builder().name(parameter.to_string()).kind("parameter").build()];
    if let Some(address) = call.address() {
        logical.push(
            LogicalLocation::builder().name(address).fully_qualified_name(address).kind("resource").build(),
        );
    }
    if let Some(origin) = call.origin(parameter) {
        let full = format!("{}.{}", origin.address(), origin.attribute());
        logical.push(
            LogicalLocation::builder()
                .name(origin.attribute())
                .fully_qualified_name(full)
                .kind("property")
                .build(),
        );
    }
    let mut location = Location::builder().logical_locations(logical).build();
    let region = call.place(parameter).map(|place| {
        let ((start_line, start_column), (end_line, end_column)) = (place.start, place.end);
        let region = Region::builder().start_line(number(start_line)).start_column(number(start_column));
        region.end_line(number(end_line)).end_column(number(end_column)).build()
    });
    location.physical_location = physical(&call.document, region);
    location
}

/// A part of a file, or all of it; other documents have no address.
fn physical(document: &Document, region: Option<Region>) -> Option<PhysicalLocation> {
    let artifact = ArtifactLocation::builder().uri(uri(&document.name)).build();
    let mut place = PhysicalLocation::builder().artifact_location(artifact).build();
    place.region = region;
    document.is_file.then_some(place)
}

/// A relative path is a relative URI, so that it holds in every checkout.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(path, IN_URI))
}

/// A message, in which a brace alone would start a placeholder.
fn message(text: &str) -> Message {
    Message::builder().text(text.replace('{', "{{").replace('}', "}}")).build()
}

fn bag<'k>(properties: impl IntoIterator<Item = (&'k str, Value)>) -> PropertyBag {
    let properties: BTreeMap<_, _> =
        properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    PropertyBag::builder().additional_properties(properties).build()
}

/// The kind of number that the model has.
fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
