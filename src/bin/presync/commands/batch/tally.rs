//! Counts of what became of the lines.

use std::collections::BTreeMap;
use std::fmt;

use presync::batch::Outcome;
use presync::{Report, Ruleset, rules};

use crate::outcome::Status;

/// How many lines there were, and how often each rule spoke.
#[derive(Default)]
pub(crate) struct Tally {
    accepted: u64,
    /// Of the accepted ones, those of which something could not be verified.
    left_open: u64,
    refused: u64,
    unreadable: u64,
    rules: BTreeMap<String, Findings>,
}

/// How often one rule was broken, and how often it could not be verified.
#[derive(Default)]
struct Findings {
    code: String,
    violations: u64,
    warnings: u64,
    unverified: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted(report) => {
                self.accepted += 1;
                self.left_open += u64::from(!report.unverified().is_empty());
                self.add_report(report);
            }
            Outcome::Refused(report) => {
                self.refused += 1;
                self.add_report(report);
            }
            _ => self.unreadable += 1,
        }
    }

    fn add_report(&mut self, report: &Report) {
        for violation in report.violations() {
            self.count(violation.rule(), violation.code().as_str(), |findings| findings.violations += 1);
        }
        for warning in report.warnings() {
            self.count(warning.rule(), warning.code().as_str(), |findings| findings.warnings += 1);
        }
        for open in report.unverified() {
            self.count(open.rule(), "", |findings| findings.unverified += 1);
        }
    }

    /// Adds to the counts of one rule, which has one code in all of a run.
    fn count(&mut self, rule: &str, code: &str, add: impl FnOnce(&mut Findings)) {
        // Only a new one needs a name of its own.
        if !self.rules.contains_key(rule) {
            self.rules.insert(rule.to_owned(), Findings::default());
        }
        if let Some(findings) = self.rules.get_mut(rule) {
            if findings.code.is_empty() {
                code.clone_into(&mut findings.code);
            }
            add(findings);
        }
    }

    /// Adds what another thread counted.
    pub(crate) fn add_all(&mut self, other: Self) {
        let Self { accepted, left_open, refused, unreadable, rules } = other;
        self.accepted += accepted;
        self.left_open += left_open;
        self.refused += refused;
        self.unreadable += unreadable;
        for (rule, Findings { code, violations, warnings, unverified }) in rules {
            self.count(&rule, &code, |findings| {
                findings.violations += violations;
                findings.warnings += warnings;
                findings.unverified += unverified;
            });
        }
    }

    pub(crate) fn status(&self) -> Status {
        if self.unreadable > 0 {
            Status::NotChecked
        } else if self.refused > 0 {
            Status::Refused
        } else {
            Status::Accepted
        }
    }

    /// The counts, for people: the lines, then rule by rule, in the order of the rules.
    pub(crate) fn summary(&self, ruleset: &Ruleset) -> Summary<'_> {
        let documented = rules::all().map(|rule| rule.id);
        let own = ruleset.ids().filter(|id| rules::find(id).is_none());
        let rows = documented.chain(own).filter_map(|id| {
            let (rule, findings) = self.rules.get_key_value(id)?;
            Some((&**rule, findings))
        });
        Summary { tally: self, rows: rows.flat_map(|(rule, findings)| rows_of(rule, findings)).collect() }
    }
}

/// What is said after a run; no newline at the end.
pub(crate) struct Summary<'t> {
    tally: &'t Tally,
    rows: Vec<Row<'t>>,
}

struct Row<'t> {
    count: u64,
    rule: &'t str,
    what: String,
}

fn rows_of<'t>(rule: &'t str, findings: &Findings) -> impl Iterator<Item = Row<'t>> {
    let Findings { code, violations, warnings, unverified } = findings;
    let rows = [
        (*violations, code.clone()),
        (*warnings, format!("{code} (warning)")),
        (*unverified, "not verified".to_owned()),
    ];
    rows.into_iter().filter(|(count, _)| *count > 0).map(move |(count, what)| Row { count, rule, what })
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { accepted, left_open, refused, unreadable, .. } = self.tally;
        let lines = accepted + refused + unreadable;
        write!(f, "{lines} {}: {accepted} accepted", if lines == 1 { "line" } else { "lines" })?;
        if *left_open > 0 {
            write!(f, " ({left_open} not verified in full)")?;
        }
        write!(f, ", {refused} refused, {unreadable} unreadable")?;
        let digits = self.rows.iter().map(|row| row.count.to_string().len()).max().unwrap_or_default();
        let width = self.rows.iter().map(|row| row.rule.len()).max().unwrap_or_default();
        for Row { count, rule, what } in &self.rows {
            write!(f, "\n  {count:>digits$}  {rule:<width$}  {what}")?;
        }
        Ok(())
    }
}
