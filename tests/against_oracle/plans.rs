//! Plans against the oracle: calls one after another. Some of them may be accepted or not.

#![cfg(all(feature = "proptest", feature = "arbitrary", feature = "hcl", feature = "policy"))]

use std::collections::BTreeMap;

use presync::check::plan;
use presync::generators::strategies;
use presync::{Edition, Ruleset, State, SyncRequest, Used};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::fuzz_corpus::targets;
use crate::oracle::judge_plan;
use crate::support::claims;
use crate::support::history::page;
use crate::support::values::samples;

/// What came of plans.
#[derive(Default)]
struct Reached {
    plans: usize,
    /// Calls that depend on what becomes of an earlier one, by rule.
    open: BTreeMap<String, usize>,
    /// Calls that are refused because of what an earlier one took for certain, by rule.
    taken: BTreeMap<String, usize>,
}

impl Reached {
    fn add(&mut self, edition: Edition, calls: &[SyncRequest], state: &State) {
        let reports = plan::check(&Ruleset::documented(edition), calls, state);
        let expected = judge_plan(edition, calls, state);
        assert_eq!((reports.len(), expected.len()), (calls.len(), calls.len()));
        self.plans += 1;
        for ((call, report), expected) in calls.iter().zip(&reports).zip(expected) {
            assert!(
                expected.is_what_says(report),
                "{edition}: expected {expected:#?}\nthe library says {report:#?}\nof {call:#?}\nin {calls:#?}\n{state:#?}"
            );
            for open in report.unverified().iter().filter(|open| open.needs().starts_with("the outcome of "))
            {
                *self.open.entry(open.rule().to_owned()).or_default() += 1;
            }
            for violation in report.violations() {
                if violation.hint().is_some_and(|hint| hint.contains(" of the plan ")) {
                    *self.taken.entry(violation.rule().to_owned()).or_default() += 1;
                }
            }
        }
    }

    fn both(&self, least: usize) {
        println!("open: {:?}; taken: {:?}", self.open, self.taken);
        for counts in [&self.open, &self.taken] {
            assert_eq!(counts.keys().collect::<Vec<_>>(), ["image-name-unique", "image-quota"]);
            assert!(counts.values().all(|count| *count > least), "{counts:?}");
        }
    }
}

/// Calls that often go well together with a state. Some of them are accepted only perhaps.
fn plans() -> impl Strategy<Value = (Edition, Vec<SyncRequest>, State)> {
    let good = strategies::any_edition()
        .prop_flat_map(|edition| (Just(edition), strategies::accepted_under(edition)));
    let edits = vec((0..9_u8, any::<Index>()), 2..7);
    // Few places are left, so that they run out.
    (good, edits, 0..3_u64, any::<Index>(), 0..6_u8).prop_map(
        |((edition, (mut call, state)), edits, places, blot, unknown)| {
            let mut quota = state.account_quota().clone();
            for region in &mut quota.regions {
                if let Used::Count(count) = region.used {
                    let taken = count.saturating_add(region.in_flight);
                    region.image_num_quota = taken.saturating_add(places).into();
                }
            }
            let (mut regions, mut images) = (state.regions().to_vec(), state.images().to_vec());
            let (image, region) = (blot.index(images.len()), blot.index(regions.len()));
            match unknown {
                0 | 1 => images[image].image_state = None,
                // Then a copy may keep any name.
                2 => images[image].image_name = None,
                // Then it may be another image that is copied, where no `Region` is sent.
                3 => regions[region].images_complete = false,
                _ => {}
            }
            let source = images[0].region.clone();
            let ids: Vec<String> = images.iter().map(|image| image.image_id.clone()).collect();
            let names: Vec<String> = regions.iter().map(|region| region.region.clone()).collect();
            let state = State::from_records(regions, images, quota, state.blocked_routes().to_vec()).unwrap();
            let mut calls = Vec::new();
            for (how, pick) in edits {
                match how {
                    0 => call.image_ids = vec![pick.get(&ids).clone()],
                    1 => call.destination_regions.push(pick.get(&names).clone()),
                    // Later pages do not accept that for certain.
                    2 => call.region = None,
                    3 => call.region = Some(source.clone()),
                    4 if edition >= page("2022-08") => {
                        call.image_name = Some((*pick.get(&["base", "copy", ""])).to_owned());
                    }
                    // A trial leaves nothing behind.
                    5 if edition >= page("2022-04") => {
                        call.dry_run = if call.dry_run.is_none() { Some(true) } else { None };
                    }
                    _ => {}
                }
                calls.push(call.clone());
            }
            (edition, calls, state)
        },
    )
}

#[test]
fn a_plan_is_what_the_oracle_says_for_every_fate_of_its_calls() {
    let mut reached = Reached::default();
    for (edition, calls, state) in samples(plans(), 4_000) {
        reached.add(edition, &calls, &state);
    }
    reached.both(100);
    claims::hold("plans", reached.plans);
}

/// Plans of bytes, as the fuzz target makes them, with all that it holds of them.
#[test]
fn plans_of_bytes_are_what_the_oracle_says() {
    for data in samples(vec(any::<u8>(), 400..1_600), 2_000) {
        targets::plan(&data);
    }
}
