//! Whatever is not known of a small world turns out to be something: completions
//! of worlds of the products.
//!
//! What is certain stays so: a violation of the world is one of each completion, and what was
//! neither violated nor unverified is not violated in any. And most of what is unverified is
//! so for a reason: it is broken in one completion and kept in another. What has one answer
//! in all of them is unverified too where the library does not put two unknowns together,
//! which is on the safe side:
//!
//! - without `Region`, where no completion has a region with all of the images, or where it is
//!   known that none is sent, the source region stays unknown, and so may what depends on it;
//! - without `Region`, of several images each may say where the source region is: it is not looked
//!   for a region that has all of them, for such a call is refused in any case;
//! - records of one id that are of two types, which no image is, settle no source region;
//! - of an image whose type is not known it may be that it is a custom one, and that it is in
//!   another region too, but not both: `destination-not-source` asks for each by itself.
//!
//! How many questions have one answer for one of these reasons is counted, and
//! held to a row of its own.
//!
//! # What the unknown turns out to be
//!
//! A fact that is not known turns out to be one of a few values, which `unknown` in
//! `properties.rs` lists: a flag either of two; a type custom, shared, public or a new word; a
//! state of an image `NORMAL` or `SYNCING`; a size 0, 49, 50 or the greatest number; a name the
//! one that the copies get, another or the empty one; a limit 0, 1, 12 or the greatest number; a
//! count of images 0, one below the room, just the room or the greatest number. A region that is
//! not listed turns out to be none, or an ordinary one, one that is closed, full or cut off, one
//! that has the images of the call, sound or with everything wrong, or one that has an image of
//! the name. A list of images that is not complete has left out none, an image of the call in each
//! of these ways, one of the name, or as many as fill the quota. A missing `Region` turns out to
//! be none, or any region that has the images.
//!
//! Of a world with several unknown facts the ways to complete each are multiplied. A finding
//! depends on the inputs of its rule alone, and of its own element (`inputs.rs`): so the product is
//! taken for each rule on each parameter, over the unknown facts that are its inputs there, with
//! each of the others in its first way. What that leaves out are completions in which every finding
//! is as in one that is run.
//!
//! Where these products have more than 1,000 completions, or 10,000 in the run over all worlds, any
//! two of the facts are completed together, with each of the others in its first way: one such
//! world has two millions, and all of them billions. What is certain is held there too; a question
//! that does not go both ways in them may do so in the others. How many worlds and how many
//! questions that are is counted.

#![cfg(feature = "wire")]

use std::collections::{BTreeMap, BTreeSet};

use presync::{Input, Parameter, Ruleset, SyncRequest, rules};

use crate::exhaustive::{Part, SOME, in_parts, walk, whole};
use crate::inputs::Cell;
use crate::oracle::Verdict;
use crate::properties::{Way, is_source_known, is_subsequence, unknown};
use crate::support::claims;
use crate::support::history;
use crate::support::world::World;

/// What was completed.
#[derive(Default)]
struct Completed {
    /// In worlds with more completions any two unknown facts are completed together.
    limit: usize,
    worlds: usize,
    /// Worlds that had more.
    in_pairs: usize,
    completions: usize,
    most: usize,
    /// Open questions, and those that had both answers.
    questions: usize,
    had_both: usize,
    /// Those that had not, because the source region stays unknown.
    unsettled: usize,
    /// Those with one answer alone in a world whose unknown facts were completed in pairs.
    not_found: usize,
    /// Rules that were broken where they had been unverified.
    broken: BTreeSet<String>,
    kept: BTreeSet<String>,
}

/// For each finding that there can be on this parameter, the places of the unknown
/// facts that it may depend on.
fn read<'a>(
    set: &'a Ruleset,
    at: &'a Parameter,
    request: &'a SyncRequest,
    unknown: &'a [(Cell, Vec<Way>)],
) -> impl Iterator<Item = Vec<usize>> + 'a {
    let inputs: Vec<Vec<Input>> = unknown.iter().map(|(cell, _)| cell.inputs(at, request, request)).collect();
    let of_parameter = set.rules().iter().filter(|rule| {
        let name = rule.parameter();
        name.strip_suffix(".N").unwrap_or(name) == at.name()
    });
    of_parameter.map(move |rule| {
        let is_read = |n: &usize| rule.reads().any(|input| inputs[*n].contains(&input));
        // What can be in one way only is no choice.
        (0..unknown.len()).filter(|n| unknown[*n].1.len() > 1 && is_read(n)).collect()
    })
}

/// Calls this with each completion: those of the product in every way, each of
/// the others in its first.
fn each_completion(
    world: &World,
    unknown: &[(Cell, Vec<Way>)],
    product: &[usize],
    visit: &mut impl FnMut(&World),
) {
    fn each(
        mut world: World,
        n: usize,
        unknown: &[(Cell, Vec<Way>)],
        product: &[usize],
        visit: &mut impl FnMut(&World),
    ) {
        let Some((_, ways)) = unknown.get(n) else { return visit(&world) };
        if !product.contains(&n) {
            ways[0](&mut world);
            return each(world, n + 1, unknown, product, visit);
        }
        // An image that is there already does not come again: then some ways are one.
        let mut different: Vec<World> = Vec::new();
        for way in ways {
            let completed = world.clone().with(|world| way(world));
            if !different.contains(&completed) {
                different.push(completed);
            }
        }
        for completed in different {
            each(completed, n + 1, unknown, product, visit);
        }
    }
    each(world.clone(), 0, unknown, product, visit);
}

/// Every two of the facts that are together in a product.
fn pairs(products: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut pairs = BTreeSet::new();
    for product in products {
        for (n, one) in product.iter().enumerate() {
            pairs.extend(product.iter().skip(n + 1).map(|other| vec![*one, *other]));
        }
        if product.len() == 1 {
            pairs.insert(product.clone());
        }
    }
    pairs.into_iter().collect()
}

/// The types of the records of each image that a call without `Region` names.
fn records(world: &World) -> impl Iterator<Item = BTreeSet<Option<&str>>> {
    let ids = world.request.image_ids.iter().filter(|_| world.request.region.is_none());
    ids.map(|id| {
        let records = world.images.iter().filter(|image| image.image_id == *id);
        records.map(|image| image.image_type.as_ref().map(|image_type| image_type.as_str())).collect()
    })
}

/// True if a call without `Region` names several images.
fn names_several(request: &SyncRequest) -> bool {
    let ids: BTreeSet<&String> = request.image_ids.iter().collect();
    request.region.is_none() && ids.len() > 1
}

impl Completed {
    fn complete(&mut self, set: &Ruleset, world: &World) {
        let unknown = unknown(set.edition(), world);
        if unknown.is_empty() {
            return;
        }
        let request = &world.request;
        let said = Verdict::of(&set.check(request, &world.state()));
        let mut parameters = vec![Parameter::REGION, Parameter::IMAGE_NAME];
        parameters.extend((0..request.image_ids.len()).map(|n| Parameter::IMAGE_IDS.element(n)));
        parameters.extend(
            (0..request.destination_regions.len()).map(|n| Parameter::DESTINATION_REGIONS.element(n)),
        );
        let products: BTreeSet<Vec<usize>> =
            parameters.iter().flat_map(|at| read(set, at, request, &unknown)).collect();
        // A product over some facts is part of one over more of them.
        let is_part = |part: &Vec<usize>| {
            products.iter().any(|other| other.len() > part.len() && part.iter().all(|n| other.contains(n)))
        };
        let ways = |product: &Vec<usize>| product.iter().map(|n| unknown[*n].1.len()).product::<usize>();
        let mut products: Vec<Vec<usize>> =
            products.iter().filter(|product| !is_part(product)).cloned().collect();
        let is_whole = products.iter().map(ways).sum::<usize>() <= self.limit;
        if !is_whole {
            products = pairs(&products);
            self.in_pairs += 1;
        }
        let mut answers: BTreeMap<&(String, String), [bool; 2]> = BTreeMap::new();
        let mut is_source_settled = request.region.is_some();
        for product in &products {
            let mut completions = 0;
            each_completion(world, &unknown, product, &mut |completed| {
                completions += 1;
                is_source_settled |= completed.request.region.is_some();
                self.hold(set, &said, completed, &mut answers);
            });
            self.completions += completions;
            self.most = self.most.max(completions);
        }
        self.worlds += 1;
        self.questions += said.unverified.len();
        for open in &said.unverified {
            if answers.get(open) == Some(&[true, true]) {
                self.had_both += 1;
                continue;
            }
            if !is_whole {
                self.not_found += 1;
                continue;
            }
            let depends = rules::find(&open.0).expect("a rule").reads().any(|input| input == Input::Region);
            let may_have_one = !is_source_settled
                || names_several(request)
                || records(world).any(|types| types.len() > 1)
                || open.0 == "destination-not-source" && records(world).any(|types| types.contains(&None));
            assert!(depends && may_have_one, "{open:?} has one answer: {} {world:?}", set.edition());
            self.unsettled += 1;
        }
    }

    /// Holds what is said of a completion to what was said before.
    fn hold<'s>(
        &mut self,
        rules: &Ruleset,
        said: &'s Verdict,
        completed: &World,
        answers: &mut BTreeMap<&'s (String, String), [bool; 2]>,
    ) {
        let says = Verdict::of(&rules.check(&completed.request, &completed.state()));
        let context = || format!("{}: {said:?} then {says:?} in {completed:?}", rules.edition());
        assert!(is_subsequence(&said.violations, &says.violations), "{}", context());
        let is_open =
            |rule: &str, at: &str| said.unverified.iter().any(|open| open.0 == rule && open.1 == at);
        for violation in &says.violations {
            let (rule, _, at) = violation;
            assert!(
                said.violations.contains(violation) || is_open(rule, at),
                "{violation:?} comes from nowhere: {}",
                context()
            );
        }
        if is_source_known(completed) {
            assert!(says.unverified.is_empty(), "something is not known yet: {}", context());
        } else {
            assert!(is_subsequence(&says.unverified, &said.unverified), "{}", context());
        }
        for open in &said.unverified {
            let is_broken = says.violations.iter().any(|found| found.0 == open.0 && found.2 == open.1);
            if is_broken || !says.unverified.contains(open) {
                answers.entry(open).or_default()[usize::from(is_broken)] = true;
                let of = if is_broken { &mut self.broken } else { &mut self.kept };
                if !of.contains(&open.0) {
                    of.insert(open.0.clone());
                }
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.in_pairs += other.in_pairs;
        self.completions += other.completions;
        self.most = self.most.max(other.most);
        self.questions += other.questions;
        self.had_both += other.had_both;
        self.broken.extend(other.broken);
        self.kept.extend(other.kept);
        self.unsettled += other.unsettled;
        self.not_found += other.not_found;
    }
}

fn complete_parts(parts: &[Part], limit: usize) -> Completed {
    let all = in_parts(parts, |part| {
        let mut completed = Completed { limit, ..Completed::default() };
        walk(part, |rules, world, requests| {
            for request in requests {
                let world = World { request: (*request).clone(), ..world.clone() };
                rules.iter().for_each(|rules| completed.complete(rules, &world));
            }
        });
        println!(
            "{}: {} worlds, {} completions, at most {}",
            part.0, completed.worlds, completed.completions, completed.most
        );
        completed
    });
    let all = all.into_iter().fold(Completed::default(), |mut all, part| {
        all.add(part);
        all
    });
    println!(
        "{} worlds with something unknown, {} of them in pairs; {} completions; of {} questions that were open, {} had \
         both answers, {} hang on a source region that nothing settles, and of {} no second answer was found in pairs",
        all.worlds, all.in_pairs, all.completions, all.questions, all.had_both, all.unsettled, all.not_found
    );
    assert_eq!(all.questions, all.had_both + all.unsettled + all.not_found);
    let can_be_open: BTreeSet<String> = history::can_be_unverified().into_iter().map(str::to_owned).collect();
    assert_eq!(all.broken, can_be_open, "what was open is broken in some completion");
    assert_eq!(all.kept, can_be_open, "what was open is kept in some completion");
    all
}

#[test]
fn what_is_certain_stays_so_and_what_is_open_goes_both_ways() {
    let all = complete_parts(SOME, 1_000);
    claims::hold("completions", all.completions);
    claims::hold("completions-in-pairs", all.in_pairs);
    claims::hold("open-both-ways", all.had_both);
    claims::hold("open-unsettled", all.unsettled);
    claims::hold("open-in-pairs", all.not_found);
}

/// `cargo test --release --all-features --test against_oracle in_every_world_what_is_certain -- --ignored --nocapture`.
#[test]
#[ignore = "it takes long, optimized; the test above completes a part of each product"]
fn in_every_world_what_is_certain_stays_so() {
    let all = complete_parts(&whole(), 10_000);
    claims::hold("completions-everywhere", all.completions);
    claims::hold("unknown-everywhere", all.worlds);
    claims::hold("completions-everywhere-in-pairs", all.in_pairs);
}
