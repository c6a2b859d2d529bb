//! Each two things that a world says, changed at once, in each two ways, against the oracle: a rule
//! that is wrong only where two of its inputs are so together shows here, whichever two they are,
//! on a page that the worlds are under.
//!
//! This is done around a few worlds of each product, and some that are written for it. That they
//! are enough is counted: two inputs of a rule *meet* where of four worlds, with neither, either
//! and both of two things changed, each thing changes a finding of the rule. Each two inputs of
//! each rule meet. Where the rule is on the elements of a list, they may be those of two elements.

use std::collections::BTreeSet;

use presync::{Image, ImageType, Input, Report, Ruleset, SyncRequest};

use crate::exhaustive::{
    IDS, Part, REGIONS, UNKNOWN, hold_to_the_oracle, image, in_parts, plain, request, walk,
};
use crate::inputs::{Change, Said, changes_of_call, changes_of_state, checked, count_names, list_of, said};
use crate::support::claims;
use crate::support::history::{self, page};
use crate::support::world::World;

/// The worlds that are changed.
const AROUND: &[Part] = &[
    ("calls", 1, 32_003),
    ("images", 1_009, 43),
    ("routes", 4_001, 17),
    ("availability", 1_511, 5),
    ("quota", 2_503, 7),
    ("pages", 43, 23),
    ("types", 101, 13),
    ("names", 151, 9),
    ("unlisted", 101, 101),
];

/// A rule and two of its inputs, the lesser one first.
type Met = (&'static str, Input, Input);

#[derive(Default)]
struct Seen {
    around: usize,
    /// Worlds in which two things are changed.
    worlds: usize,
    met: BTreeSet<Met>,
}

/// Tells, of what is said with neither change, with either one and with both, if each
/// change makes a difference.
fn do_both_matter<T: PartialEq>([neither, first, second, both]: [T; 4]) -> bool {
    (neither != first || second != both) && (neither != second || first != both)
}

/// What a rule says, of all that is said.
fn own<'s>(said: &'s [Said], rule: &str) -> Vec<&'s Said> {
    said.iter().filter(|(of, ..)| of == rule).collect()
}

/// What is said of a world.
struct Told {
    report: Report,
    said: Vec<Said>,
}

impl Told {
    fn of(rules: &Ruleset, world: &World) -> Self {
        let report = rules.check(&world.request, &world.state());
        Self { said: said(&report), report }
    }
}

/// A change, with what is said once it alone is made.
struct Made {
    change: Change,
    name: String,
    is_of_call: bool,
    told: Told,
}

impl Seen {
    /// Changes each two things of one world, under one page.
    fn change(&mut self, rules: &Ruleset, world: &World) {
        let made = |change: Change, is_of_call| {
            let changed = world.clone().with(|world| change.1(world));
            let name = format!("{:?}", change.0);
            (changed != *world).then(|| Made { name, is_of_call, told: Told::of(rules, &changed), change })
        };
        // Those of the state first: what a second change leaves of it is not made again.
        let of_state = changes_of_state(world).into_iter().filter_map(|change| made(change, false));
        let of_call = changes_of_call(world).into_iter().filter_map(|change| made(change, true));
        let changes: Vec<Made> = of_state.chain(of_call).collect();
        self.around += 1;
        let neither = Told::of(rules, world);
        let mut call = plain();
        for (place, first) in changes.iter().enumerate() {
            let with_first = world.clone().with(|world| first.change.1(world));
            let state = with_first.state();
            for second in changes[place + 1..].iter().filter(|second| second.name != first.name) {
                let report = if second.is_of_call {
                    call.request.clone_from(&with_first.request);
                    second.change.1(&mut call);
                    hold_to_the_oracle(rules, &call.request, &state)
                } else {
                    let mut both = with_first.clone().with(|world| second.change.1(world));
                    count_names(&mut both);
                    call.request.clone_from(&both.request);
                    hold_to_the_oracle(rules, &both.request, &both.state())
                };
                self.worlds += 1;
                self.meet([&world.request, &call.request], &neither, [first, second], &report);
            }
        }
    }

    /// Adds the inputs of each rule whose findings change with both things.
    fn meet(&mut self, calls: [&SyncRequest; 2], neither: &Told, changes: [&Made; 2], report: &Report) {
        let [first, second] = changes.map(|change| &change.told);
        if !do_both_matter(
            [&neither.report, &first.report, &second.report, report]
                .map(|report| (report.violations(), report.unverified())),
        ) {
            return;
        }
        let both = said(report);
        let all = [&neither.said, &first.said, &second.said, &both];
        for rule in checked() {
            if !do_both_matter(all.map(|said| own(said, rule.id()))) {
                continue;
            }
            let at = list_of(rule);
            let [first, second] = changes.map(|change| -> Vec<Input> {
                let all = change.change.0.inputs(&at, calls[0], calls[1]);
                all.into_iter().filter(|input| rule.reads().any(|read| read == *input)).collect()
            });
            for first in &first {
                for second in second.iter().filter(|second| *second != first) {
                    self.met.insert((rule.id(), *first.min(second), *first.max(second)));
                }
            }
        }
    }
}

const HERE: &str = REGIONS[0];
const THERE: &str = REGIONS[1];

/// Worlds that the products have nothing like: what is said of a destination beside one that is not
/// listed, and an encrypted copy from a region that is not.
fn written() -> Vec<World> {
    let world = |region: Option<&str>, destinations: &[&str], edit: fn(&mut World)| {
        World { request: request(region, &IDS[..1], destinations), ..plain() }.with(edit)
    };
    let not_listed = |mut world: World| {
        world.regions_complete = false;
        world
    };
    // A copy that is to have a name.
    let named = |destinations: &[&str], edit: fn(&mut World)| {
        let mut world = world(Some(HERE), destinations, edit);
        world.request.image_name = Some("copy".to_owned());
        world.images.push(image(HERE, IDS[0]));
        world
    };
    let shared = |region: Option<&str>, destinations: &[&str], edit: fn(&mut World)| {
        let mut world = world(region, destinations, edit);
        world.images.push(image(HERE, IDS[0]).with_image_type(ImageType::SHARED_IMAGE).with_encrypted(false));
        world
    };
    let block = |world: &mut World| world.block(HERE, THERE);
    let encrypt = |world: &mut World| world.request.encrypt = Some(true);
    vec![
        // The name is taken; it may be; it is free.
        not_listed(named(&[THERE, UNKNOWN], |world| {
            world.images.push(image(THERE, IDS[1]).with_image_name("copy"));
        })),
        not_listed(named(&[UNKNOWN, THERE], |world| {
            world.images.push(image(THERE, IDS[1]).with_image_type(ImageType::PUBLIC_IMAGE));
            world.on_its_way(THERE, &[Some("other")]);
        })),
        named(&[THERE], |world| {
            world.images.push(Image::unknown(THERE, IDS[1]));
            world.on_its_way(THERE, &[Some("other")]);
        }),
        named(&[THERE], |world| {
            world.images.push(image(THERE, IDS[1]).with_image_name("other"));
            world.on_its_way(THERE, &[Some("other")]);
        }),
        // A route is blocked: from where the image is, or may be.
        not_listed(named(&[THERE, UNKNOWN], block)),
        not_listed(shared(None, &[THERE, UNKNOWN], block)),
        not_listed(world(Some(UNKNOWN), &[THERE, "ap-new"], block)),
        shared(None, &[THERE, UNKNOWN], block),
        // The copy is to be encrypted.
        not_listed(world(Some(UNKNOWN), &[UNKNOWN], encrypt)),
        not_listed(shared(Some(HERE), &[HERE, UNKNOWN], encrypt)),
        shared(None, &REGIONS[2..], |_| {}),
    ]
}

#[test]
fn each_two_changes_at_once() {
    let parts = in_parts(AROUND, |part| {
        let (mut seen, mut next) = (Seen::default(), part.1);
        walk(part, |rules, world, requests| {
            for request in requests {
                // One page for each world.
                let rules = &rules[next % rules.len()];
                seen.change(rules, &World { request: (*request).clone(), ..world.clone() });
                next += 1;
            }
        });
        seen
    });
    let mut all = Seen::default();
    let latest = Ruleset::documented(page(history::latest()));
    written().iter().for_each(|world| all.change(&latest, world));
    for part in parts {
        all.around += part.around;
        all.worlds += part.worlds;
        all.met.extend(part.met);
    }
    println!("{} worlds with two changes around {}", all.worlds, all.around);
    let mut pairs = BTreeSet::new();
    for rule in checked() {
        let inputs: BTreeSet<Input> = rule.reads().collect();
        for first in &inputs {
            let later = inputs.iter().filter(|second| *second > first);
            pairs.extend(later.map(|second| (rule.id(), *first, *second)));
        }
    }
    let never: Vec<&Met> = pairs.difference(&all.met).collect();
    assert!(never.is_empty(), "these do not meet: {never:?}");
    claims::hold("pairs", all.worlds);
    claims::hold("pairs-of-inputs", pairs.len());
}
