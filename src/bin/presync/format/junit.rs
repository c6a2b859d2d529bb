//! Form for test reporters: JUnit XML, with a test suite for each document and a test case for each
//! call.
//!
//! The report has no times: from one input it is always the same.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::rc::Rc;

use anstream::adapter::strip_str;
use presync::Edition;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::form::{Form, partial_text};
use super::human;
use crate::document::{Document, NotChecked};
use crate::output::Output;
use crate::verdict::Verdict;

/// The suites so far.
pub(crate) struct Suites {
    edition: Edition,
    suites: Vec<TestSuite>,
    /// The place of the suite of each document, by its name.
    places: BTreeMap<String, usize>,
}

impl Suites {
    pub(crate) fn new(edition: Edition) -> Self {
        Self { edition, suites: Vec::new(), places: BTreeMap::new() }
    }

    /// The suite of a document, which is made where there is none.
    fn suite(&mut self, name: &str) -> Option<&mut TestSuite> {
        let suites = &mut self.suites;
        let place = *self.places.entry(name.to_owned()).or_insert_with(|| {
            suites.push(TestSuite::new(xml(name)));
            suites.len() - 1
        });
        suites.get_mut(place)
    }

    fn case(&self, name: &str, document: &Document, status: TestCaseStatus) -> TestCase {
        let mut case = TestCase::new(xml(name), status);
        case.set_classname(format!("presync.{}", self.edition));
        if let Some(file) = document.file() {
            case.extra.insert("file".into(), xml(&file).into());
        }
        case
    }

    /// Adds a case to the suite of its document.
    fn add(&mut self, document: &Document, case: TestCase) {
        if let Some(suite) = self.suite(&document.name) {
            suite.add_test_case(case);
        }
    }
}

impl Form for Suites {
    fn verdict(&mut self, _: &mut Output, verdict: &Verdict) -> io::Result<()> {
        let Verdict { call, report, .. } = verdict;
        let mut blocks = Vec::new();
        human::blocks(&mut blocks, verdict, human::WIDTH)?;
        human::suggestion(&mut blocks, verdict)?;
        if report.is_shape_only() {
            human::decision(&mut blocks, verdict)?;
        }
        let blocks = xml(&strip_str(&String::from_utf8_lossy(&blocks)).to_string());
        let status = match report.violations().first() {
            None if report.accepted() => TestCaseStatus::success(),
            first => {
                let (message, kind) = match first {
                    Some(first) => (first.message(), first.code().as_str()),
                    None => ("what could not be verified is refused", "not verified"),
                };
                let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
                failure.set_message(xml(message)).set_type(xml(kind)).set_description(&blocks);
                failure
            }
        };
        let name = call.address().unwrap_or(&call.document.name);
        let mut case = self.case(name, &call.document, status);
        if report.accepted() && !blocks.is_empty() {
            case.set_system_out(&blocks);
        }
        self.add(&call.document, case);
        Ok(())
    }

    fn not_checked(&mut self, _: &mut Output, not_checked: &NotChecked) -> io::Result<()> {
        let NotChecked { document, reason, .. } = not_checked;
        let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
        let text = xml(&not_checked.to_string());
        error.set_message(xml(reason)).set_type("not checked").set_description(text);
        let case = self.case(&document.name, document, error);
        self.add(document, case);
        Ok(())
    }

    fn no_calls(&mut self, _: &mut Output, document: &Document) -> io::Result<()> {
        self.suite(&document.name);
        Ok(())
    }

    fn partial(
        &mut self,
        _: &mut Output,
        document: &Rc<Document>,
        reason: &str,
        is_strict: bool,
    ) -> io::Result<()> {
        let text = xml(&partial_text(reason, is_strict));
        if is_strict {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_message(&text).set_type("partial plan");
            let case = self.case(&document.name, document, failure);
            self.add(document, case);
        } else if let Some(suite) = self.suite(&document.name) {
            suite.add_property(Property::new("partial", &text));
        }
        Ok(())
    }

    fn end(self: Box<Self>, output: &mut Output) -> io::Result<()> {
        let mut report = Report::new("presync");
        report.add_test_suites(self.suites);
        let report = report.to_string().map_err(io::Error::other)?;
        output.write_all(report.as_bytes())
    }
}

/// A text without the characters that no XML document may have, and that cannot be escaped in one
/// either. The control characters among them are left out by the writer.
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
