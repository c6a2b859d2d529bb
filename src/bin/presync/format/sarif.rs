//! Form for code scanners: one SARIF 2.1.0 log, with a result for each finding.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::rc::Rc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use presync::policy::{Level, Policy};
use presync::report::Edit;
use presync::{Edition, Page, Parameter, Ruleset, Unverified, Violation};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, LogicalLocation, Message,
    MultiformatMessageString, Notification, PhysicalLocation, PropertyBag, Region, Replacement,
    ReportingConfiguration, ReportingDescriptor, Result as Finding, ResultKind, ResultLevel, Run, Sarif,
    ToolComponent,
};

use super::form::{Form, partial_text};
use super::violation::{lines, with_suggestion};
use crate::document::{Call, Document, NotChecked};
use crate::output::Output;
use crate::position::{Position, Span};
use crate::rule_list::{Entry, RuleList};
use crate::verdict::Verdict;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Characters of a path that are escaped in a URI. A colon is one: it could look like the end of a
/// scheme.
const IN_URI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The log so far.
pub(crate) struct Log {
    edition: Edition,
    is_strict: bool,
    /// The rules that are checked, in order; a result has the index of its rule.
    rules: Vec<ReportingDescriptor>,
    results: Vec<Finding>,
    /// For each fingerprint, the number of results that have it.
    fingerprints: BTreeMap<u64, usize>,
    not_checked: Vec<Notification>,
    /// Documents that do not state all calls.
    partial: Vec<Notification>,
}

impl Log {
    pub(crate) fn new(policy: &Policy, rules: &Ruleset) -> Self {
        let (edition, is_strict) = (rules.edition(), rules.is_strict());
        let entries = RuleList::Under(policy, edition).entries().into_iter();
        let entries = entries.filter(|entry| entry.level != Some(Level::Off));
        let rules = entries.map(|entry| descriptor(&entry, edition)).collect();
        Self {
            edition,
            is_strict,
            rules,
            results: Vec::new(),
            fingerprints: BTreeMap::new(),
            not_checked: Vec::new(),
            partial: Vec::new(),
        }
    }

    fn violation(
        &mut self,
        verdict: &Verdict,
        (violation, text): (&Violation, &str),
        level: ResultLevel,
        fix: Option<Fix>,
    ) {
        let (rule, parameter) = (violation.rule(), violation.parameter());
        let properties = [
            ("code", json!(violation.code())),
            ("value", json!(violation.value())),
            ("allowed", json!(violation.allowed())),
            ("hint", json!(violation.hint())),
            ("facts", json!(violation.facts())),
            ("shape_only", json!(verdict.report.is_shape_only())),
        ];
        let mut result = self.result(verdict, rule, parameter, text, &properties);
        result.level = Some(level);
        result.fixes = fix.map(|fix| vec![fix]);
        self.results.push(result);
    }

    /// Adds an unverified rule, which is a failure only where `--strict` refuses it, and has no
    /// level elsewhere.
    fn unverified(&mut self, verdict: &Verdict, unverified: &Unverified) {
        let text = format!(
            "{}: not verified, needs {}",
            verdict.call.subject(unverified.parameter()),
            unverified.needs()
        );
        let properties = [("needs", json!(unverified.needs()))];
        let mut result = self.result(verdict, unverified.rule(), unverified.parameter(), &text, &properties);
        if verdict.report.is_strict() && !unverified.is_warning() {
            result.level = Some(ResultLevel::Error);
        } else {
            result.kind = Some(ResultKind::Open);
            result.level = Some(ResultLevel::None);
        }
        self.results.push(result);
    }

    fn result(
        &mut self,
        verdict: &Verdict,
        rule: &str,
        parameter: &Parameter,
        text: &str,
        properties: &[(&str, Value)],
    ) -> Finding {
        let document = &verdict.call.document.name;
        let address = verdict.call.address().unwrap_or_default();
        let value = properties.iter().find_map(|(key, value)| (*key == "value").then(|| value.as_str()));
        // Without the position, so that the fingerprint stays when lines are added above the value.
        let fingerprint =
            [document, address, rule, &parameter.to_string(), value.flatten().unwrap_or_default()].join("|");
        let fingerprints = BTreeMap::from([
            // What GitHub tells results apart by; it would make one of the line, which is the same
            // for all of a document on one line.
            ("primaryLocationLineHash".to_owned(), self.line_hash(&fingerprint)),
            ("presync/v1".to_owned(), fingerprint),
        ]);
        let common =
            [("parameter", json!(parameter)), ("request", json!(document)), ("call", json!(verdict.number))];
        let mut result = Finding::builder()
            .message(message(text))
            .rule_id(rule)
            .locations(vec![location(&verdict.call, parameter)])
            .partial_fingerprints(fingerprints)
            .properties(bag(common.iter().chain(properties).cloned()))
            .build();
        result.rule_index = self.rules.iter().position(|known| known.id == rule).map(number);
        result
    }

    /// Returns a hash in the form that GitHub's own have, with the number of the result among
    /// those of one fingerprint.
    fn line_hash(&mut self, fingerprint: &str) -> String {
        let hash = fnv_1a(fingerprint.as_bytes());
        let count = self.fingerprints.entry(hash).or_default();
        *count += 1;
        format!("{hash:016x}:{count}")
    }
}

impl Form for Log {
    fn verdict(&mut self, _: &mut Output, verdict: &Verdict) -> io::Result<()> {
        // The change is one: it stands with the first violation that goes with it, and
        // not with each of thousands.
        let mut fix = fix(verdict);
        let edits = verdict.edits();
        for (violation, text) in with_suggestion(verdict) {
            let goes = edits.contains_key(&(violation.rule(), violation.parameter()));
            let fix = if goes { fix.take() } else { None };
            self.violation(verdict, (violation, &text), ResultLevel::Error, fix);
        }
        for warning in verdict.report.warnings() {
            self.violation(verdict, (warning, &lines(&verdict.call, warning)), ResultLevel::Warning, None);
        }
        for unverified in verdict.report.unverified() {
            self.unverified(verdict, unverified);
        }
        Ok(())
    }

    fn not_checked(&mut self, _: &mut Output, not_checked: &NotChecked) -> io::Result<()> {
        let text = not_checked.to_string();
        let mut notification = Notification::builder().level(json!("error")).message(message(&text)).build();
        let region = not_checked.position().map(|Position { line, column }| {
            Region::builder().start_line(number(line)).start_column(number(column)).build()
        });
        if let Some(part) = physical(&not_checked.document, region) {
            notification.locations = Some(vec![Location::builder().physical_location(part).build()]);
        }
        self.not_checked.push(notification);
        Ok(())
    }

    fn no_calls(&mut self, _: &mut Output, _: &Document) -> io::Result<()> {
        Ok(())
    }

    fn partial(
        &mut self,
        _: &mut Output,
        document: &Rc<Document>,
        reason: &str,
        is_strict: bool,
    ) -> io::Result<()> {
        let level = if is_strict { "error" } else { "warning" };
        let text = format!("{}: {}", document.name, partial_text(reason, is_strict));
        let mut notification = Notification::builder().level(json!(level)).message(message(&text)).build();
        if let Some(part) = physical(document, None) {
            notification.locations = Some(vec![Location::builder().physical_location(part).build()]);
        }
        self.partial.push(notification);
        Ok(())
    }

    fn end(self: Box<Self>, output: &mut Output) -> io::Result<()> {
        let driver = ToolComponent::builder().name("presync").version(env!("CARGO_PKG_VERSION"));
        let mut driver = driver.rules(self.rules).build();
        let homepage = env!("CARGO_PKG_REPOSITORY");
        driver.information_uri = (!homepage.is_empty()).then(|| homepage.to_owned());
        let mut invocation = Invocation::builder().execution_successful(self.not_checked.is_empty()).build();
        let notifications: Vec<_> = self.not_checked.into_iter().chain(self.partial).collect();
        invocation.tool_execution_notifications = (!notifications.is_empty()).then_some(notifications);
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

/// Returns the suggestion as a change of a file.
fn fix(verdict: &Verdict) -> Option<Fix> {
    let suggested = verdict.suggested.as_ref()?;
    let (document, [start, end], text) = suggested.replacement(&verdict.call)?;
    let region = Region::builder().start_line(number(start.line)).start_column(number(start.column));
    let region = region.end_line(number(end.line)).end_column(number(end.column)).build();
    let content = ArtifactContent::builder().text(text).build();
    let replacement = Replacement::builder().deleted_region(region).inserted_content(content).build();
    let artifact = ArtifactLocation::builder().uri(uri(document.path.as_deref()?)).build();
    let change =
        ArtifactChange::builder().artifact_location(artifact).replacements(vec![replacement]).build();
    // The change is whole: all edits together lead to an accepted request.
    let with_confidence = |edit: &Edit| format!("{edit} ({})", edit.confidence());
    let edits: Vec<String> = suggested.suggestion.edits().iter().map(with_confidence).collect();
    Some(Fix::builder().artifact_changes(vec![change]).description(message(&edits.join(", "))).build())
}

/// Describes a rule, with the values of one edition.
fn descriptor(entry: &Entry, edition: Edition) -> ReportingDescriptor {
    let rule = entry.rule;
    let properties = [
        ("code", json!(rule.code(edition))),
        ("evidence", json!(rule.evidence(edition))),
        ("citation", json!(rule.citation())),
        ("parameter", json!(rule.parameter())),
    ];
    let lines: Vec<_> = rule.explanation().collect();
    // The text before the first heading says what the rule checks.
    let summary = lines.split(|line| line.starts_with('#')).next().unwrap_or_default();
    let level = if entry.level == Some(Level::Warning) { "warning" } else { "error" };
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id())
        .short_description(markdown(&entry.requirement(edition)))
        .full_description(markdown(summary.join("\n").trim()))
        .help(markdown(lines.join("\n").trim()))
        .default_configuration(ReportingConfiguration::builder().level(json!(level)).build())
        .properties(bag(properties))
        .build();
    descriptor.help_uri = rule.page(edition).map(Page::address).map(str::to_owned);
    descriptor
}

/// A text in Markdown, which is plain text too.
fn markdown(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).markdown(text).build()
}

/// The parameter, its origin in the document of another tool, and the span of its value in a file.
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
    let (document, span) = call.place(parameter);
    let region = span.map(|Span { start, end, .. }| {
        let region = Region::builder().start_line(number(start.line)).start_column(number(start.column));
        region.end_line(number(end.line)).end_column(number(end.column)).build()
    });
    location.physical_location = physical(document, region);
    location
}

/// A part of a file, or all of it; `None` for a document that is no file, which has no URI.
fn physical(document: &Document, region: Option<Region>) -> Option<PhysicalLocation> {
    let artifact = ArtifactLocation::builder().uri(uri(document.path.as_deref()?)).build();
    let mut part = PhysicalLocation::builder().artifact_location(artifact).build();
    part.region = region;
    Some(part)
}

/// URI of a path, which may have any bytes: a relative one for a relative path, so that it holds in
/// every checkout.
fn uri(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    let scheme = if path.is_absolute() { "file://" } else { "" };
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
    #[cfg(not(unix))]
    let text = path.to_string_lossy().replace('\\', "/");
    #[cfg(not(unix))]
    let bytes = text.as_bytes();
    format!("{scheme}{}", percent_encode(bytes, IN_URI))
}

/// A hash that is the same in every version: FNV-1a of 64 bits.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
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

/// The number in the type that the model has.
fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some of the vectors that the authors of FNV publish.
    #[test]
    fn a_hash_is_that_of_fnv_1a() {
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(fnv_1a(text.as_bytes()), hash, "{text}");
        }
    }
}
