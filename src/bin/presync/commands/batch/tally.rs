//! Counts of lines and findings.

use std::collections::BTreeMap;
use std::fmt;

use presync::check::lines::Outcome;
use presync::{Report, Ruleset, rules};

use crate::outcome::Status;

/// Counts of the lines by outcome, and of the findings by rule.
#[derive(Default)]
pub(crate) struct Tally {
    accepted: u64,
    /// Accepted lines with a rule that is unverified.
    unverified: u64,
    refused: u64,
    /// Refused lines without a violation: a strict rule set could not verify them.
    strictly: u64,
    unreadable: u64,
    rules: BTreeMap<String, Findings>,
}

/// Counts of the findings of one rule.
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
                self.unverified += u64::from(!report.unverified().is_empty());
                self.add_report(report);
            }
            Outcome::Refused(report) => {
                self.refused += 1;
                self.strictly += u64::from(report.violations().is_empty());
                self.add_report(report);
            }
            Outcome::Blank => {}
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
        for unverified in report.unverified() {
            self.count(unverified.rule(), "", |findings| findings.unverified += 1);
        }
    }

    /// Adds to the counts of one rule, which has the same code all through a run.
    fn count(&mut self, rule: &str, code: &str, add: impl FnOnce(&mut Findings)) {
        // Only a new rule needs a copy of its id.
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

    /// Adds the counts of another thread.
    pub(crate) fn add_all(&mut self, other: Self) {
        let Self { accepted, unverified, refused, strictly, unreadable, rules } = other;
        self.accepted += accepted;
        self.unverified += unverified;
        self.refused += refused;
        self.strictly += strictly;
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
        } else if self.refused > self.strictly {
            Status::Refused
        } else if self.refused > 0 {
            Status::Unverified
        } else {
            Status::Accepted
        }
    }

    /// Returns the counts for people: those of the lines, then those of each rule, in the order of
    /// the rules.
    pub(crate) fn summary(&self, ruleset: &Ruleset) -> Summary<'_> {
        let documented = rules::all().map(|rule| rule.id());
        let own = ruleset.ids().filter(|id| rules::find(id).is_none());
        let rows = documented.chain(own).filter_map(|id| {
            let (rule, findings) = self.rules.get_key_value(id)?;
            Some((&**rule, findings))
        });
        Summary { tally: self, rows: rows.flat_map(|(rule, findings)| rows_of(rule, findings)).collect() }
    }
}

/// The text after a run, without a newline at the end.
pub(crate) struct Summary<'t> {
    tally: &'t Tally,
    rows: Vec<Row<'t>>,
}

struct Row<'t> {
    count: u64,
    rule: &'t str,
    kind: String,
}

fn rows_of<'t>(rule: &'t str, findings: &Findings) -> impl Iterator<Item = Row<'t>> {
    let Findings { code, violations, warnings, unverified } = findings;
    let rows = [
        (*violations, code.clone()),
        (*warnings, format!("{code} (warning)")),
        (*unverified, "not verified".to_owned()),
    ];
    rows.into_iter().filter(|(count, _)| *count > 0).map(move |(count, kind)| Row { count, rule, kind })
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { accepted, unverified, refused, unreadable, .. } = self.tally;
        let lines = accepted + refused + unreadable;
        write!(f, "{lines} {}: {accepted} accepted", if lines == 1 { "line" } else { "lines" })?;
        if *unverified > 0 {
            write!(f, " ({unverified} not verified in full)")?;
        }
        write!(f, ", {refused} refused, {unreadable} unreadable")?;
        let digits = self.rows.iter().map(|row| row.count.to_string().len()).max().unwrap_or_default();
        let width = self.rows.iter().map(|row| row.rule.len()).max().unwrap_or_default();
        for Row { count, rule, kind } in &self.rows {
            write!(f, "\n  {count:>digits$}  {rule:<width$}  {kind}")?;
        }
        Ok(())
    }
}
