//! More room refuses no request: in each small world every place is freed, every quota raised and
//! every copy in flight ended, one at a time, and no violation comes.

use presync::{Edition, Image, QuotaLimit, Ruleset, State, SyncRequest, Used};

use crate::exhaustive::{Part, SOME, in_parts, walk, whole};
use crate::support::claims;
use crate::support::history;
use crate::support::world::World;

/// A state with more room in one place.
struct Roomier<'w> {
    state: State,
    /// What made it.
    how: String,
    /// The image that is gone.
    gone: Option<&'w Image>,
}

/// Every state with more room in one place.
fn with_more_room(edition: Edition, world: &World) -> Vec<Roomier<'_>> {
    let mut all = Vec::new();
    let here = |how: String, state: State| Roomier { state, how, gone: None };
    let raised = |limit: QuotaLimit| match limit {
        // Without a number of its own, it is the documented one.
        QuotaLimit::Default => Some(history::quota(edition) + 1),
        QuotaLimit::Count(limit) => Some(limit + 1),
        QuotaLimit::Unknown => None,
    };
    if let Some(limit) = raised(world.quota.image_num_quota) {
        let quota = QuotaLimit::Count(limit);
        let raised = world.clone().with(|world| world.quota.image_num_quota = quota);
        all.push(here(format!("a quota of {limit} for the account"), raised.state()));
    }
    for quota in &world.quota.regions {
        let name = &quota.region;
        if let QuotaLimit::Count(limit) = quota.image_num_quota {
            let mut state = world.state();
            state.set_quota(name, limit + 1).unwrap();
            all.push(here(format!("a quota of {} for {name}", limit + 1), state));
        }
        if let Used::Count(count @ 1..) = quota.used {
            let mut state = world.state();
            state.set_used(name, Used::Count(count - 1)).unwrap();
            all.push(here(format!("an image less in {name}, by their number"), state));
        }
        if quota.in_flight > 0 {
            // As a copy of each name that it may have, and with the image that the service makes of
            // it. With fewer names than copies one has none.
            let names = quota.in_flight_names.iter().map(|name| name.as_deref().unwrap_or("any"));
            for copy in names.chain([""]) {
                let mut state = world.state();
                if state.copy_failed(name, Some(copy)).is_ok() {
                    all.push(here(format!("a copy to {name} that failed"), state));
                }
                let mut state = world.state();
                let image =
                    Image::new(name.as_str(), "img-arrived0").with_image_name(copy).with_image_size(20);
                if state.arrived(image).is_ok() {
                    all.push(here(format!("a copy to {name} that arrived"), state));
                }
            }
        }
    }
    for image in &world.images {
        let mut state = world.state();
        assert!(state.remove_image(&image.region, &image.image_id).is_some());
        let how = format!("no {} in {}", image.image_id, image.region);
        all.push(Roomier { how, state, gone: Some(image) });
    }
    all
}

/// What was given room.
#[derive(Default)]
struct Given {
    pairs: usize,
    /// Violations of quota that went.
    freed: usize,
}

impl Given {
    fn hold(&mut self, rules: &[Ruleset], world: &World, requests: &[&SyncRequest]) {
        for rules in rules {
            let state = world.state();
            for Roomier { state: roomier, how, gone } in with_more_room(rules.edition(), world) {
                for request in requests {
                    // Without the image itself, where it is copied from, there is more than room.
                    let is_copied = |image: &Image| {
                        let is_source = request.region.as_ref().is_none_or(|region| *region == image.region);
                        is_source && request.image_ids.contains(&image.image_id)
                    };
                    if gone.is_some_and(is_copied) {
                        continue;
                    }
                    let (before, after) = (rules.check(request, &state), rules.check(request, &roomier));
                    for violation in after.violations() {
                        let is_same = |other: &presync::Violation| {
                            other.rule() == violation.rule() && other.parameter() == violation.parameter()
                        };
                        assert!(
                            before.violations().iter().any(is_same),
                            "{violation} comes with {how}, {}: {request:?} {world:?}",
                            rules.edition()
                        );
                    }
                    self.pairs += 1;
                    self.freed += before.violations().len() - after.violations().len();
                }
            }
        }
    }
}

/// Returns the number of pairs of a world and one with more room.
fn hold_parts(parts: &[Part]) -> usize {
    let all = in_parts(parts, |part| {
        let mut given = Given::default();
        walk(part, |rules, world, requests| given.hold(rules, world, requests));
        given
    });
    let pairs: usize = all.iter().map(|given| given.pairs).sum();
    let freed: usize = all.iter().map(|given| given.freed).sum();
    println!("{pairs} worlds with more room, {freed} violations that went with it");
    assert!(freed > 20);
    pairs
}

#[test]
fn more_room_refuses_no_request() {
    claims::hold("room", hold_parts(SOME));
}

/// In every world of every product, under each of its pages. It takes some minutes:
/// `cargo test --release --all-features --test against_oracle -- --ignored --nocapture in_every_world_more_room`.
#[test]
#[ignore = "it takes minutes, optimized; the test above holds a part of each product"]
fn in_every_world_more_room_refuses_no_request() {
    claims::hold("room-everywhere", hold_parts(&whole()));
}
