//! Case files: how they are read, and what comes of one. Their format is described in
//! `tests/cases/README.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use presync::wire::{self, DecodeError, Headers};
use presync::{Edition, Report, Ruleset, State, SyncRequest};
use serde::{Deserialize, Deserializer};

/// One case file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) edition: Edition,
    #[serde(default, deserialize_with = "present")]
    json: Option<serde_json::Value>,
    json_text: Option<String>,
    query: Option<String>,
    region: Option<String>,
    headers: Option<HeaderFields>,
    pub(crate) state: State,
    pub(crate) expect: Option<Vec<Expected>>,
    #[serde(default)]
    unverified: Vec<Open>,
    #[serde(default)]
    expect_unreadable: bool,
    source: Option<String>,
    why: Option<String>,
}

/// A JSON `null` is a body, too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}

/// All headers of a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderFields {
    action: Option<String>,
    version: Option<String>,
    region: Option<String>,
}

impl HeaderFields {
    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers::read(|name| match name {
            "X-TC-Action" => self.action.as_deref(),
            "X-TC-Version" => self.version.as_deref(),
            "X-TC-Region" => self.region.as_deref(),
            other => panic!("no case file can give the header {other}"),
        })
    }
}

/// A violation that must be reported.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) rule: Option<String>,
    code: String,
    parameter: String,
}

/// A rule that must be unverified.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    rule: String,
    parameter: String,
}

/// Every case of a folder, in the order of their names, and what is wrong with files that are none.
pub(crate) fn load(folder: &Path) -> (Vec<Case>, Vec<String>) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the folder is there").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if file == "README.md" {
            continue;
        }
        let Some(stem) = file.strip_suffix(".json") else {
            faults.push(format!("{file}: neither a case (`.json`) nor the README"));
            continue;
        };
        match parse(stem, &fs::read(&path).expect("a file that can be read")) {
            Ok(case) => cases.push(case),
            Err(fault) => faults.push(format!("{file}: {fault}")),
        }
    }
    (cases, faults)
}

/// One case, or why the text is none.
pub(crate) fn parse(stem: &str, text: &[u8]) -> Result<Case, String> {
    let case: Case = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let requests = [case.json.is_some(), case.json_text.is_some(), case.query.is_some()];
    let fault = if case.name != stem {
        format!("its name is `{}`", case.name)
    } else if requests.iter().filter(|there| **there).count() != 1 {
        "exactly one of `json`, `json_text` and `query` is the request".to_owned()
    } else if case.region.is_some() && case.headers.is_some() {
        "`headers` has the region".to_owned()
    } else if case.expect.is_some() == case.expect_unreadable {
        "either `expect` or `expect_unreadable`".to_owned()
    } else if case.expect_unreadable && !case.unverified.is_empty() {
        "no rule is unverified where there is no request".to_owned()
    } else if case.source.is_none() && case.why.is_none() {
        "neither `source` nor `why`".to_owned()
    } else {
        return Ok(case);
    };
    Err(fault)
}

impl Case {
    /// The bytes of the request.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match (&self.json, &self.json_text, &self.query) {
            (Some(json), _, _) => json.to_string().into_bytes(),
            (_, Some(text), _) | (_, _, Some(text)) => text.clone().into_bytes(),
            _ => panic!("checked when it was read"),
        }
    }

    /// The headers beside the request.
    pub(crate) fn headers(&self) -> Headers<'_> {
        match (&self.headers, &self.region) {
            (Some(fields), _) => fields.headers(),
            (None, Some(region)) => Headers::unknown().with_region(region),
            (None, None) => Headers::unknown(),
        }
    }

    /// Decodes the request, with its headers.
    pub(crate) fn decode(&self) -> Result<SyncRequest, DecodeError> {
        wire::decode_with(&self.bytes(), &self.headers())
    }

    /// What comes of the call.
    pub(crate) fn report(&self) -> Result<Report, DecodeError> {
        match self.decode() {
            Ok(request) => Ok(Ruleset::documented(self.edition).check(&request, &self.state)),
            Err(error) => error.into_report(self.edition),
        }
    }

    /// How what comes of the call differs from what must, in lines; nothing when it does not.
    pub(crate) fn difference(&self) -> Option<String> {
        let report = match (self.report(), self.expect_unreadable) {
            (Err(_), true) => return None,
            (Err(error), false) => return Some(format!("  no request: {error}\n")),
            (Ok(report), true) => {
                return Some(format!("  a request, with {} violations\n", report.violations().len()));
            }
            (Ok(report), false) => report,
        };
        let expected = self.expect.as_deref().unwrap_or_default();
        // A rule is compared where the case names one.
        let violations: Vec<_> = report
            .violations()
            .iter()
            .enumerate()
            .map(|(place, found)| {
                let names_rule = expected.get(place).is_none_or(|expected| expected.rule.is_some());
                line(names_rule.then(|| found.rule()), found.code().as_str(), &found.parameter().to_string())
            })
            .collect();
        let expected_violations: Vec<_> = expected
            .iter()
            .map(|expected| line(expected.rule.as_deref(), &expected.code, &expected.parameter))
            .collect();
        let open: Vec<_> = report
            .unverified()
            .iter()
            .map(|open| line(Some(open.rule()), "unverified", &open.parameter().to_string()))
            .collect();
        let expected_open: Vec<_> = self
            .unverified
            .iter()
            .map(|open| line(Some(&open.rule), "unverified", &open.parameter))
            .collect();
        let mut lines = difference(&expected_violations, &violations);
        lines.push_str(&difference(&expected_open, &open));
        (!lines.is_empty()).then_some(lines)
    }
}

fn line(rule: Option<&str>, code: &str, parameter: &str) -> String {
    match rule {
        Some(rule) => format!("{parameter}: {code} ({rule})"),
        None => format!("{parameter}: {code}"),
    }
}

/// What is missing and what was not expected, or that only the order is another.
fn difference(expected: &[String], found: &[String]) -> String {
    let mut lines = String::new();
    if expected == found {
        return lines;
    }
    let mut rest = found.to_vec();
    for line in expected {
        match rest.iter().position(|found| found == line) {
            Some(place) => drop(rest.remove(place)),
            None => writeln!(lines, "  missing     {line}").unwrap(),
        }
    }
    for line in rest {
        writeln!(lines, "  unexpected  {line}").unwrap();
    }
    if lines.is_empty() {
        writeln!(lines, "  another order: {found:#?}").unwrap();
    }
    lines
}
