//! presync: the rule set that is kept, and the function for those who keep none.

use presync::{Report, Ruleset, State, SyncRequest, Violation, validate_sync};

use crate::{Finding, Gap, Kind, Peer};

pub struct Check {
    rules: Ruleset,
    state: State,
}

impl Peer for Check {
    const NAME: &'static str = "presync";
    const KIND: Kind = Kind::Presync;
    const GAPS: &'static [Gap] = &[];

    type Request = SyncRequest;
    type Answer<'a> = Report;

    fn prepare(state: &State) -> Self {
        Self { rules: Ruleset::default(), state: state.clone() }
    }

    fn request(&self, request: &SyncRequest) -> SyncRequest {
        request.clone()
    }

    fn check<'a>(&'a mut self, request: &'a SyncRequest) -> Report {
        self.rules.check(request, &self.state)
    }

    fn findings(report: &Report) -> Vec<Finding> {
        findings(report.violations())
    }
}

pub struct ValidateSync {
    state: State,
}

impl Peer for ValidateSync {
    const NAME: &'static str = "presync-validate-sync";
    const KIND: Kind = Kind::Presync;
    const GAPS: &'static [Gap] = &[];

    type Request = SyncRequest;
    type Answer<'a> = Vec<Violation>;

    fn prepare(state: &State) -> Self {
        Self { state: state.clone() }
    }

    fn request(&self, request: &SyncRequest) -> SyncRequest {
        request.clone()
    }

    fn check<'a>(&'a mut self, request: &'a SyncRequest) -> Vec<Violation> {
        validate_sync(request, &self.state)
    }

    fn findings(violations: &Vec<Violation>) -> Vec<Finding> {
        findings(violations)
    }
}

/// Violations as the other peers have them.
pub fn findings(violations: &[Violation]) -> Vec<Finding> {
    violations
        .iter()
        .map(|violation| (violation.rule().to_owned(), violation.parameter().to_string()))
        .collect()
}
