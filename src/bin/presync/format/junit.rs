//! For test reporters: JUnit XML, with a test suite for each document and a test case for each call.
//!
//! It has no times: the same input gives the same report.

use std::io::{self, Write as _};
use std::rc::Rc;

use anstream::adapter::strip_str;
use presync::Edition;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::human;
use crate::call::{Document, Problem};
use crate::check::Answer;
use crate::output::Output;

/// The suites so far.
pub(crate) struct Suites {
    edition: Edition,
    suites: Vec<TestSuite>,
    /// What the last suite is of.
    last: Option<Rc<Document>>,
}

impl Suites {
    pub(crate) fn new(edition: Edition) -> Self {
        Self { edition, suites: Vec::new(), last: None }
    }

    pub(crate) fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        let mut blocks = Vec::new();
        human::blocks(&mut blocks, answer, human::WIDTH)?;
        let blocks = xml(&strip_str(&String::from_utf8_lossy(&blocks)).to_string());
        let report = &answer.report;
        let status = match report.violations().first() {
            None if answer.accepted => TestCaseStatus::success(),
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
        let name = answer.call.address().unwrap_or(&answer.call.document.name);
        let mut case = self.case(name, &answer.call.document, status);
        if answer.accepted && !blocks.is_empty() {
            case.set_system_out(&blocks);
        }
        self.add(&answer.call.document, case);
        Ok(())
    }

    pub(crate) fn problem(&mut self, problem: &Problem) {
        let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
        let text = xml(&problem.to_string());
        error.set_message(xml(&problem.message)).set_type("not checked").set_description(text);
        let case = self.case(&problem.document.name, &problem.document, error);
        self.add(&problem.document, case);
    }

    /// A document without calls.
    pub(crate) fn nothing(&mut self, name: &str) {
        self.suites.push(TestSuite::new(xml(name)));
    }

    pub(crate) fn end(self, output: &mut Output) -> io::Result<()> {
        let mut report = Report::new("presync");
        report.add_test_suites(self.suites);
        let report = report.to_string().map_err(io::Error::other)?;
        output.write_all(report.as_bytes())
    }

    fn case(&self, name: &str, document: &Document, status: TestCaseStatus) -> TestCase {
        let mut case = TestCase::new(xml(name), status);
        case.set_classname(format!("presync.{}", self.edition));
        if document.is_file {
            case.extra.insert("file".into(), xml(&document.name).into());
        }
        case
    }

    /// The calls of one document come one after another.
    fn add(&mut self, document: &Rc<Document>, case: TestCase) {
        if self.last.as_ref().is_none_or(|last| !Rc::ptr_eq(last, document)) {
            self.nothing(&document.name);
            self.last = Some(Rc::clone(document));
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.add_test_case(case);
        }
    }
}

/// A text without the characters that no XML document may have, and that cannot be escaped in one either. The control
/// characters among them are left out by the writer.
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
