//! Names are compared for equality only, counts enter by a comparison only, and lists by
//! their elements: the second of two steps from small worlds to all worlds, which
//! `exhaustive.rs` tells as a whole.
//!
//! Each world is changed as a whole, in ways that keep which names are equal, on which side of its
//! limit each count is, and which elements a list has: the findings stay. So they do where the
//! records are in another order, and routes are listed twice. The exceptions are what a
//! text says by itself: the form of an id (`img-` and eight letters), that of a key, the length of
//! a name, a name that is empty, and the hints, which look into texts for what was meant.
//! `forms.rs` goes through all texts of these forms; the hints are no part of a verdict.

use std::collections::BTreeSet;

use presync::report::{Fact, FactValue};
use presync::{
    Edition, Image, ImageType, Parameter, QuotaLimit, Region, RegionQuota, Report, Ruleset, State,
    SyncRequest, Used,
};

use crate::exhaustive::{IDS, MALFORMED, Part, REGIONS, SOME, UNKNOWN, in_parts, walk, whole};
use crate::inputs::SUGGESTIONS;
use crate::oracle::Verdict;
use crate::support::claims;
use crate::support::history;
use crate::support::world::World;

/// A one-to-one change of names: of regions, of ids, of images.
struct Renaming {
    is_short: bool,
    region: fn(&str) -> String,
    id: fn(&str) -> String,
    name: fn(&str) -> String,
}

/// The same letters the other way round: what is first in the order of texts is not first any more.
const REVERSED: Renaming = Renaming {
    is_short: true,
    region: |name| name.chars().rev().collect(),
    // An id stays one, and what is none stays none.
    id: |id| match id.strip_prefix("img-") {
        Some(rest) => format!("img-{}", rest.chars().rev().collect::<String>()),
        None => id.to_owned(),
    },
    name: |name| name.chars().rev().collect(),
};

/// Names that nobody would give, long and of other scripts.
const STRANGE: Renaming = Renaming {
    is_short: false,
    region: |name| {
        if name.is_empty() { String::new() } else { format!("{name} 広州,\n{}", "x".repeat(300)) }
    },
    id: |id| match id.strip_prefix("img-") {
        // It has the form of an id, or lacks a letter of it.
        Some(rest) if rest.len() >= 8 => format!("{id}{}", "0".repeat(300)),
        _ => format!("é{id}"),
    },
    // As many characters, each another one.
    name: |name| name.chars().map(|letter| char::from_u32(u32::from(letter) + 0x4e00).unwrap()).collect(),
};

/// The names of the regions in the worlds.
const REGION_NAMES: [&str; 5] = [REGIONS[0], REGIONS[1], REGIONS[2], UNKNOWN, "ap-elsewhere"];
/// The ids in the worlds.
const ID_NAMES: [&str; 7] =
    [IDS[0], IDS[1], MALFORMED, "img-neighbour", "img-neighbour2", "img-inthelist0", "img-inthelist1"];

/// Returns a letter for a name, another one for each.
fn letter(names: &[&str], name: &str) -> char {
    let place = names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("no name: {name}"));
    char::from(b"kqwd0xb"[place])
}

/// Names of one length that differ in one letter, which is in the middle: the
/// same first and last letters.
fn region_of<const LENGTH: usize>(name: &str) -> String {
    let half = LENGTH / 2;
    let letter = |name| letter(&REGION_NAMES, name);
    let sized = |name| format!("{}{}{}", "a".repeat(half), letter(name), "z".repeat(LENGTH - half - 1));
    if name.is_empty() { String::new() } else { sized(name) }
}

/// Ids of one length that differ in one letter: those that have the form of an id keep it,
/// and others do not get it.
fn id_of<const LENGTH: usize>(id: &str) -> String {
    let half = LENGTH / 2;
    let form = if Ruleset::default().is_image_id(id) { "img-" } else { "IMG-" };
    let sized = format!("{}{}{}", "a".repeat(half), letter(&ID_NAMES, id), "z".repeat(LENGTH - half - 1));
    if id.is_empty() { String::new() } else { format!("{form}{sized}") }
}

/// Names as regions of the service have them, of every part of the world.
fn region_of_the_world(name: &str) -> String {
    let other = match name {
        "" => "",
        "ap-guangzhou" => "na-siliconvalley",
        "ap-shanghai" => "me-riyadh",
        "ap-beijing" => "eu-frankfurt",
        "ap-guangzhou-2" => "na-siliconvalley-2",
        "ap-elsewhere" => "sa-saopaulo",
        other => panic!("no name: {other}"),
    };
    other.to_owned()
}

const fn sized<const REGION: usize, const ID: usize>() -> Renaming {
    Renaming { is_short: true, region: region_of::<REGION>, id: id_of::<ID>, name: REVERSED.name }
}

/// A name is looked up by its hash and by parts of it, which differ with its length: lengths
/// on each side of each step.
const SIZED: [Renaming; 9] = [
    sized::<1, 8>(),
    sized::<7, 11>(),
    sized::<8, 12>(),
    sized::<9, 13>(),
    sized::<16, 16>(),
    sized::<17, 20>(),
    sized::<24, 24>(),
    sized::<32, 28>(),
    Renaming { is_short: true, region: region_of_the_world, id: REVERSED.id, name: REVERSED.name },
];

impl Renaming {
    fn rename(&self, world: &World) -> World {
        let Self { is_short: _, region: of_region, id: of_id, name: of_name } = self;
        let mut world = world.clone();
        for region in &mut world.regions {
            region.region = of_region(&region.region);
            region.region_name = Some("名".to_owned());
        }
        for image in &mut world.images {
            image.region = of_region(&image.region);
            image.image_id = of_id(&image.image_id);
            image.image_name = image.image_name.as_deref().map(of_name);
        }
        for quota in &mut world.quota.regions {
            quota.region = of_region(&quota.region);
            for name in quota.in_flight_names.iter_mut().flatten() {
                *name = of_name(name);
            }
        }
        for route in &mut world.routes {
            (route.from, route.to) = (of_region(&route.from), of_region(&route.to));
        }
        world
    }

    fn rename_call(&self, request: &SyncRequest) -> SyncRequest {
        let mut request = request.clone();
        request.region = request.region.as_deref().map(self.region);
        request.image_ids.iter_mut().for_each(|id| *id = (self.id)(id));
        request.destination_regions.iter_mut().for_each(|name| *name = (self.region)(name));
        request.image_name = request.image_name.as_deref().map(self.name);
        request
    }
}

/// What each violation says beside its hint, with other names of regions: the two facts that name
/// regions, and no other, have them.
fn facts(report: &Report, of_region: fn(&str) -> String) -> Vec<(Fact, FactValue)> {
    let rename = |fact: Fact, value: &FactValue| match (fact, value) {
        (Fact::Source, FactValue::Text(text)) => FactValue::Text(of_region(text).into()),
        (Fact::TakenIn, FactValue::Texts(texts)) => {
            FactValue::Texts(texts.iter().map(|text| of_region(text)).collect())
        }
        (_, other) => other.clone(),
    };
    let facts = report.violations().iter().flat_map(|violation| violation.facts().iter());
    let facts = facts.filter(|(fact, _)| !SUGGESTIONS.contains(fact));
    facts.map(|(fact, value)| (fact, rename(fact, value))).collect()
}

/// Every count of the quotas, changed so that what is taken stays on its side of the limit.
fn other_counts(edition: Edition, world: &World) -> [World; 3] {
    let limit_of = |own: QuotaLimit| match (own, world.quota.image_num_quota) {
        (QuotaLimit::Count(limit), _) | (QuotaLimit::Default, QuotaLimit::Count(limit)) => Some(limit),
        (QuotaLimit::Default, QuotaLimit::Default) => Some(history::quota(edition)),
        (QuotaLimit::Unknown, _) | (QuotaLimit::Default, QuotaLimit::Unknown) => None,
    };
    let names: Vec<String> = world.regions.iter().map(|region| region.region.clone()).collect();
    let named = |quota: &RegionQuota| u64::try_from(quota.in_flight_names.len()).unwrap();
    let edit = |change: &dyn Fn(&mut RegionQuota, u64)| {
        world.clone().with(|world| {
            for name in &names {
                let quota = world.region_quota(name);
                if let Some(limit) = limit_of(quota.image_num_quota) {
                    change(quota, limit);
                }
            }
        })
    };
    [
        // As many more of the copies in flight as of the quota.
        edit(&|quota, limit| {
            quota.in_flight += 1_000;
            quota.image_num_quota = QuotaLimit::Count(limit + 1_000);
        }),
        // What is in flight without a name has arrived.
        edit(&|quota, _| {
            if let Used::Count(used) = quota.used {
                let named = named(quota);
                quota.used = Used::Count(used + quota.in_flight - named);
                quota.in_flight = named;
            }
        }),
        // As far from the limit as it can be.
        edit(&|quota, limit| {
            if let Used::Count(used) = quota.used {
                if used + quota.in_flight < limit {
                    (quota.used, quota.in_flight) = (Used::Count(0), named(quota));
                    quota.image_num_quota = QuotaLimit::Count(u64::MAX);
                } else {
                    // Together they are more than a number of 64 bits holds, by one.
                    (quota.used, quota.in_flight) = (Used::Count(1), u64::MAX);
                    quota.image_num_quota = QuotaLimit::Count(limit);
                }
            }
        }),
    ]
}

/// As many more images in each region as its quota has places more, where the listed ones count;
/// and names of copies that no call gives.
fn more_listed(edition: Edition, world: &World) -> World {
    const MORE: u64 = 9;
    let account = match world.quota.image_num_quota {
        QuotaLimit::Default => QuotaLimit::Count(history::quota(edition)),
        other => other,
    };
    let names: Vec<String> = world.regions.iter().map(|region| region.region.clone()).collect();
    world.clone().with(|world| {
        for (place, name) in names.iter().enumerate() {
            let quota = world.region_quota(name);
            let mut limit =
                if quota.image_num_quota == QuotaLimit::Default { account } else { quota.image_num_quota };
            if !quota.in_flight_names.is_empty() {
                let names = ["one", "two", "three"];
                let more = u64::try_from(names.len()).unwrap();
                quota.in_flight_names.splice(0..0, names.map(|name| Some(name.to_owned())));
                quota.in_flight += more;
                if let QuotaLimit::Count(limit) = &mut limit {
                    *limit += more;
                }
                quota.image_num_quota = limit;
            }
            if let (Used::AsListed, QuotaLimit::Count(limit)) = (quota.used, limit) {
                quota.image_num_quota = QuotaLimit::Count(limit + MORE);
                for n in 0..MORE {
                    let image = Image::new(name.as_str(), format!("img-more{place}000{n}"));
                    let image = image.with_image_type(ImageType::PRIVATE_IMAGE);
                    world.images.insert(0, image.with_image_name(format!("more-{n}")));
                }
            }
        }
    })
}

/// Each size, as far from the limit of 50 GiB as it can be.
fn other_sizes(world: &World) -> World {
    world.clone().with(|world| {
        for size in world.images.iter_mut().filter_map(|image| image.image_size.as_mut()) {
            *size = if *size < 50 { 0 } else { u64::MAX };
        }
    })
}

/// So many regions, each with so many images, that no search goes through them
/// as it goes through a few.
const CROWD: usize = 70;
/// So many destinations before the others and behind them: a list of more than eight is looked up
/// in another way than one of up to eight.
const MORE_DESTINATIONS: [(usize, usize); 7] = [(9, 9), (1, 0), (4, 0), (5, 0), (0, 5), (2, 3), (66, 2)];
/// In so many regions more an image is that is in two or three: never in more than are followed.
const TWINS: [usize; 5] = [1, 2, 3, 4, 28];

fn crowd_name(n: usize) -> String {
    format!("ap-crowd-{n:02}")
}

fn in_a_crowd(world: &World) -> World {
    world.clone().with(|world| {
        for n in 0..CROWD {
            world.regions.insert(n, Region::new(crowd_name(n)));
            for image in 0..3 {
                let image = Image::new(crowd_name(n), format!("img-crowd{n:02}{image:02}"));
                world.images.insert(0, image.with_image_name(format!("crowd-{n}")));
            }
        }
    })
}

/// The same records in another order, which is not that of their regions, and each route twice.
fn in_another_order(world: &World) -> World {
    world.clone().with(|world| {
        world.images.reverse();
        world.quota.regions.reverse();
        world.routes.extend(world.routes.clone());
        world.routes.reverse();
    })
}

/// The destinations between so many others.
fn between(request: &SyncRequest, (before, behind): (usize, usize)) -> SyncRequest {
    let own = request.destination_regions.iter().cloned();
    let behind = (before..before + behind).map(crowd_name);
    let all: Vec<String> = (0..before).map(crowd_name).chain(own).chain(behind).collect();
    request.clone().with_destination_regions(all)
}

/// The last image, under so many other ids, before the others.
fn with_more_ids(world: &World, request: &SyncRequest, count: usize) -> (World, SyncRequest) {
    let last = request.image_ids.last().expect("an image");
    let is_id = Ruleset::default().is_image_id(last);
    let ids: Vec<String> =
        (0..count).map(|n| if is_id { format!("img-another{n}") } else { format!("another{n}") }).collect();
    let world = world.clone().with(|world| {
        let images: Vec<Image> =
            world.images.iter().filter(|image| image.image_id == *last).cloned().collect();
        for id in &ids {
            for image in &images {
                let mut image = image.clone();
                image.image_id.clone_from(id);
                world.images.push(image);
            }
        }
    });
    let ids = ids.into_iter().chain(request.image_ids.iter().cloned());
    (world, request.clone().with_image_ids(ids))
}

/// What is said beside the elements of a list that were added before its own, and behind them; of
/// its own at the places where they were.
fn without_the_others(verdict: Verdict, list: &Parameter, before: usize, own: usize) -> Verdict {
    let back = |at: &String| -> Option<String> {
        let parameter = Parameter::from(at.clone());
        match parameter.subscript() {
            Some(n) if parameter.name() == list.name() => {
                let n = n.checked_sub(before).filter(|n| *n < own)?;
                Some(list.clone().element(n).to_string())
            }
            _ => Some(at.clone()),
        }
    };
    let violations = verdict.violations.into_iter();
    let unverified = verdict.unverified.into_iter();
    Verdict {
        violations: violations.filter_map(|(rule, code, at)| Some((rule, code, back(&at)?))).collect(),
        unverified: unverified.filter_map(|(rule, at)| Some((rule, back(&at)?))).collect(),
    }
}

/// A verdict without one rule.
fn without(rule: &str, mut verdict: Verdict) -> Verdict {
    verdict.violations.retain(|(id, ..)| id != rule);
    verdict.unverified.retain(|(id, _)| id != rule);
    verdict
}

/// The first region in which an image is, so many times more: with the record, and all routes into
/// and out of it. None where the image is in one region alone, which becomes one of several.
fn with_twins(world: &World, id: &str, count: usize) -> Option<World> {
    let places: BTreeSet<&str> =
        world.images.iter().filter(|image| image.image_id == id).map(|image| &*image.region).collect();
    let first = (places.len() > 1).then(|| world.images.iter().find(|image| image.image_id == id))??;
    Some(world.clone().with(|world| {
        for n in 0..count {
            let name = format!("ap-twin-{n}");
            // Before the others, so that what differs from them comes last.
            world.regions.insert(0, Region::new(&*name));
            let mut image = first.clone();
            image.region.clone_from(&name);
            world.images.insert(0, image);
            let routes = world.routes.clone();
            for route in routes.iter().filter(|route| route.from == first.region) {
                world.block(&name, &route.to);
            }
        }
    }))
}

/// The state of a changed world; none where nothing is changed but records of
/// a quota that say nothing.
fn unless_same(changed: World, world: &World) -> Option<State> {
    let told = |world: &World| {
        let mut world = world.clone();
        world.quota.regions.retain(|quota| *quota != RegionQuota::new(&*quota.region));
        world
    };
    (told(&changed) != told(world)).then(|| changed.state())
}

/// Holds what is said in a world to what is said in the changed ones. Returns the number of these.
/// Of what there are many of, such as lengths of names, each world has the next.
fn hold(nth: usize, rules: &[Ruleset], world: &World, requests: &[&SyncRequest]) -> usize {
    let state = world.state();
    let renamings = [&REVERSED, &STRANGE, &SIZED[nth % SIZED.len()]];
    let of_text = renamings.map(|renaming| (renaming.rename(world).state(), renaming));
    let large = unless_same(other_sizes(world), world);
    let crowd = in_a_crowd(world).state();
    let reordered = in_another_order(world).state();
    let mut changed = 0;
    for rules in rules {
        let of_counts: Vec<State> = other_counts(rules.edition(), world)
            .into_iter()
            .filter_map(|other| unless_same(other, world))
            .collect();
        let listed = unless_same(more_listed(rules.edition(), world), world);
        for (place, request) in (nth..).zip(requests) {
            let report = rules.check(request, &state);
            let said = Verdict::of(&report);
            let mut hold = |other: &Verdict, how: &str| {
                changed += 1;
                assert_eq!(*other, said, "{how}: {}\n{request:?}\n{world:?}", rules.edition());
            };
            for (state, renaming) in &of_text {
                let other = rules.check(&renaming.rename_call(request), state);
                hold(&Verdict::of(&other), "other names");
                // The other names are longer than what a fact shows of a text.
                if renaming.is_short {
                    let expected = facts(&report, renaming.region);
                    assert_eq!(facts(&other, str::to_owned), expected, "{request:?}\n{world:?}");
                }
            }
            for state in &of_counts {
                hold(&Verdict::of(&rules.check(request, state)), "other counts");
            }
            for (state, how) in [(&listed, "more images"), (&large, "other sizes")] {
                if let Some(state) = state {
                    hold(&Verdict::of(&rules.check(request, state)), how);
                }
            }
            hold(&Verdict::of(&rules.check(request, &crowd)), "more regions and images");
            hold(&Verdict::of(&rules.check(request, &reordered)), "another order, and routes twice");
            let (ids, destinations) = (&request.image_ids, &request.destination_regions);
            // The destinations of an empty list are none, and one more is the first.
            if !destinations.is_empty() {
                let more = MORE_DESTINATIONS[place % MORE_DESTINATIONS.len()];
                let other = Verdict::of(&rules.check(&between(request, more), &crowd));
                let list = Parameter::DESTINATION_REGIONS;
                hold(&without_the_others(other, &list, more.0, destinations.len()), "more destinations");
            }
            if let [id] = ids.as_slice()
                && let Some(twins) = with_twins(world, id, TWINS[place % TWINS.len()])
            {
                hold(&Verdict::of(&rules.check(request, &twins.state())), "the image in more regions");
            }
            // Two images are as much too many as three.
            if let [_, _] = ids.as_slice() {
                let more = 1 + place % 3;
                let (crowd, request) = with_more_ids(world, request, more);
                let other = Verdict::of(&rules.check(&request, &crowd.state()));
                let other = without_the_others(other, &Parameter::IMAGE_IDS, more, 2);
                // Their records are images of their regions, too.
                let [other, said] = [other, said].map(|verdict| without("image-quota", verdict));
                assert_eq!(other, said, "more images: {}\n{request:?}\n{world:?}", rules.edition());
                changed += 1;
            }
        }
    }
    changed
}

/// Returns the number of changed worlds.
fn hold_parts(parts: &[Part]) -> usize {
    let changed: usize = in_parts(parts, |part| {
        let (mut changed, mut nth) = (0, 0);
        walk(part, |rules, world, requests| {
            changed += hold(nth, rules, world, requests);
            nth += 1;
        });
        changed
    })
    .into_iter()
    .sum();
    println!("{changed} worlds with other names, other counts, more records or more destinations");
    changed
}

#[test]
fn other_names_and_counts_change_no_verdict() {
    claims::hold("names", hold_parts(SOME));
}

/// In every world of every product, under each of its pages. It takes some minutes:
/// `cargo test --release --all-features --test against_oracle -- --ignored --nocapture in_every_world_other_names`.
#[test]
#[ignore = "it takes minutes, optimized; the test above holds a part of each product"]
fn in_every_world_other_names_and_counts_change_no_verdict() {
    claims::hold("names-everywhere", hold_parts(&whole()));
}

/// A renaming is one to one on the names of the products, and keeps the empty one.
#[test]
fn the_renamings_are_one_to_one() {
    let names = ["", "ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-guangzhou-2", "ap-elsewhere"];
    let ids = ["img-o3ycss2p", "img-7q1xk02z", "img-o3ycss2", "img-inthelist0", "img-inthelist1"];
    let rules = Ruleset::default();
    for renaming in [REVERSED, STRANGE].into_iter().chain(SIZED) {
        for rename in [renaming.region, renaming.name] {
            let renamed: BTreeSet<String> = names.iter().map(|name| rename(name)).collect();
            assert_eq!(renamed.len(), names.len());
            assert_eq!(rename(""), "");
            assert!(names.iter().all(|name| name.is_empty() || rename(name) != *name));
        }
        let renamed: BTreeSet<String> = ids.iter().map(|id| (renaming.id)(id)).collect();
        assert_eq!(renamed.len(), ids.len());
        for id in ids {
            assert_eq!(rules.is_image_id(&(renaming.id)(id)), rules.is_image_id(id));
        }
    }
}
