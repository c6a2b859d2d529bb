//! What the crate offers to the tests of those who embed it does what it says.

#![cfg(all(feature = "proptest", feature = "arbitrary"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod oracle;

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use presync::{Edition, Report, Ruleset, State, SyncRequest, rules, strategies};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

fn check(request: &SyncRequest, state: &State) -> Report {
    Ruleset::default().check(request, state)
}

/// Values of a strategy, always the same ones.
fn values<S: Strategy>(strategy: S, count: usize) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

#[test]
fn accepted_pairs_are_accepted_with_nothing_left_open() {
    for (request, state) in values(strategies::accepted(), 500) {
        let report = check(&request, &state);
        assert!(report.accepted() && report.unverified().is_empty(), "{request:#?} {state:#?} {report:#?}");
    }
}

#[test]
fn a_pair_with_a_fault_is_refused_for_that_and_nothing_else() {
    let mut faults = BTreeSet::new();
    for rule in rules::all() {
        let Some(strategy) = strategies::with_fault(rule.id) else { continue };
        faults.insert(rule.id);
        for (request, state) in values(strategy, 100) {
            let report = check(&request, &state);
            assert_eq!(report.violations().len(), 1, "{}: {request:#?} {state:#?} {report:#?}", rule.id);
            assert_eq!(report.violations()[0].rule(), rule.id);
            assert!(report.unverified().is_empty(), "{report:#?}");
        }
    }
    let checked: BTreeSet<&str> = Ruleset::default().rules().iter().map(|rule| rule.id).collect();
    // A later rule may come without a generator; those that are there stay.
    assert!(faults.is_subset(&checked) && faults.len() >= 17, "{faults:?}");
}

#[test]
fn any_pair_reaches_every_rule_both_ways_and_is_what_the_oracle_says() {
    let (mut broken, mut open) = (BTreeSet::new(), BTreeSet::new());
    let mut accepted = 0;
    for (request, state) in values((strategies::any_request(), strategies::any_state()), 3_000) {
        let report = check(&request, &state);
        assert!(
            oracle::judge(Edition::SEED, &request, &state).is_what_says(&report),
            "{request:#?} {state:#?} {report:#?}"
        );
        broken.extend(report.violations().iter().map(|violation| violation.rule().to_owned()));
        open.extend(report.unverified().iter().map(|unverified| unverified.rule().to_owned()));
        accepted += usize::from(report.accepted());
    }
    assert_eq!(broken.len(), Ruleset::default().rules().len(), "{broken:?}");
    assert!(open.len() >= 7, "{open:?}");
    assert!(accepted > 0);
}

#[test]
fn bytes_make_requests_and_states_that_reach_every_rule() {
    let mut broken = BTreeSet::new();
    for data in values(proptest::collection::vec(any::<u8>(), 400), 2_000) {
        let mut bytes = Unstructured::new(&data);
        let request = SyncRequest::arbitrary(&mut bytes).unwrap();
        let state = State::arbitrary(&mut bytes).unwrap();
        let report = check(&request, &state);
        assert!(
            oracle::judge(Edition::SEED, &request, &state).is_what_says(&report),
            "{request:#?} {state:#?} {report:#?}"
        );
        broken.extend(report.violations().iter().map(|violation| violation.rule().to_owned()));
    }
    assert_eq!(broken.len(), Ruleset::default().rules().len(), "{broken:?}");
}
