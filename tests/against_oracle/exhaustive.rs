//! Nine products of small worlds, against the oracle: of calls of up to two ids and three
//! destinations, and states of up to three images, three regions and quotas from nothing to two.
//! What is called *every small world* is all of these.
//!
//! All calls over all states at once would be a product of billions, most of them alike. The page
//! does not mix everything with everything, so nine products are run in full, each over the things
//! that can meet in one rule. Five of them under the first page:
//!
//! - calls: every call of the alphabet, over a few states, where every region
//!   is listed and where not;
//! - images: every placement and every set of facts of up to two images, over the
//!   calls that look them up;
//! - routes: every way to learn or not to learn the source, with every set of
//!   routes into two regions;
//! - availability: every set of facts of all three regions;
//! - quota: every count, limit and listing in one region, beside another that is one step further.
//!
//! Three under each page that changed something, over what the later ones speak of:
//!
//! - pages: every type of the image, encrypted or not, in a source region that is known or
//!   not, to its own region or to others, to be encrypted or not, with a name that is
//!   taken in every way or free;
//! - types: two records, of one image in two regions or of two images, of every type each, from
//!   every source region; and three records of one image, with every set of facts;
//! - names: everything that can have the name in two destinations, beside another that is one step
//!   further; and two images in one destination.
//!
//! And one under four pages:
//!
//! - unlisted: a source and destinations that the state does not list, where every region
//!   is listed and where not.
//!
//! What the first five have under later pages is held in a part of them (`later_pages`), each world
//! under one page. The rules that are checked are those of a page: with a rule turned off or down,
//! an id pattern or a check of one's own, they are not gone through here. Nor are requests with a
//! part that is not known, states that a request of uncertain fate left behind, and states that
//! were changed after they were made (`living.rs` holds these to new ones):
//! `completions.rs` holds the unknown of states and of `Region`, `properties.rs` and `partial.rs`
//! samples of requests that are partly known, and `plans.rs` samples of plans, where copies may or
//! may not be on their way.
//!
//! # From small worlds to all
//!
//! What holds in these worlds holds in worlds of any size, by the steps below. Each says which test
//! holds it, or that it is an argument about the code, which a reader can check and a test cannot.
//!
//! 1. *A finding depends on few things.* The literal of each rule names its inputs
//!    (`Rule::reads`). In each small world each thing that it says is changed alone: no
//!    finding changes but with an input of its rule, and each input changes one (`inputs.rs`,
//!    `a_rule_looks_at_its_inputs_alone_and_at_each_of_them`, and in every world
//!    `in_every_world_a_rule_looks_at_its_inputs_alone`). A second test changes everything
//!    that is no input of a rule at once, in a part of the worlds and in one of many ways for
//!    each: no finding of the rule changes (`what_is_no_input_changes_nothing_together`). It
//!    is a sample: two things that are no inputs and matter together only are found where it
//!    meets them. That no input shows in large worlds alone is an argument: a rule sees the
//!    request and the state through `Facts`, whose methods look at no number of records but
//!    those that steps 4 and 5 name.
//! 2. *A finding on an element depends on no other element.* The same tests hold that a finding on
//!    `ImageIds.N` stays when another id changes or comes, and one on `DestinationRegions.N` when
//!    another destination does, unless that is an earlier one of the same name. So what is said of
//!    an element of a long list is said of it in a short one, too, which has the element alone, or
//!    behind an equal one. The products have lists of three; `mixtures.rs` has one wrong
//!    element at each place of longer ones: of up to 65 destinations, and up to five images.
//! 3. *Names are compared for equality.* Other names, as long as equal ones stay equal, change
//!    no verdict (`independence.rs`, `other_names_and_counts_change_no_verdict`): not in
//!    another order, of other scripts, of nine other lengths, nor with the names that regions
//!    have elsewhere in the world. These are renamings of few names, one to one; names that are
//!    nearly the same, as with a blank more, or nearly none, are in `mixtures.rs`. So it matters
//!    only which names are one. A finding on a
//!    destination knows three kinds of regions: the destination, those where the image is or
//!    may be, and any other. Three regions are one of each, and every way in which they fall
//!    together; where the image may be in two, the third is the destination, and a route from
//!    it to itself stands for one from any other. What a text says by itself, as the form of an
//!    id, is gone through in `forms.rs`.
//! 4. *Counts are compared with their limit.* The number of images that are or may be in a region,
//!    with the copies in flight, is below the quota or not, at least and at most; a size is below
//!    50 or not. Other numbers on the same sides change no verdict (the same test). With quotas of
//!    0, 1 and 2, and counts of 0 to 2, each side is met from each distance that there is: below,
//!    next to, at and above the limit. The quota of a page's own is larger: its sides are met in
//!    `mixtures.rs` (`every_side_of_the_documented_quota`).
//! 5. *What is asked of many is asked of each, and put together in a way that does not count.*
//!    These are arguments about the code, one for each place at which several records meet:
//!    - The records of one image agree, or they do not (`NamedImage::judge`): all hold, all are
//!      broken, or it is open. Two records make each of these cases, and a third changes it as the
//!      second did; `mixtures.rs` has one that says something else at each place of up to 65. More
//!      than 32 records are never followed: that is a limit of the code, and has a test of its own
//!      (`an_image_in_very_many_regions_is_left_open`).
//!    - The source region is the one region in which the images are, or one of several (`Source`).
//!      Of several it is asked whether the destination is among them, whether it is the only one,
//!      and whether the routes from none, some or all of them are blocked. Two candidates beside a
//!      destination that is none, and one of two that is, are all of these cases; they make three
//!      regions. That more candidates are as two is because `any`, `all` and a comparison of two
//!      numbers for equality with none and with all do not tell them apart.
//!    - Of several images the source region takes the records of all together, and a type is that
//!      of some image or of none (`Facts::some_image_is`): the strongest answer wins, which one of
//!      the images has. One image and another beside it are enough.
//!    - A name is taken if some destination has it, and in a region if some image or copy has it:
//!      again the strongest answer wins.
//!    - A list of up to eight destinations is looked up in another way than a longer one
//!      (`find_destinations`), and the records of a state are found by hashes of their names. That
//!      lists and states of other lengths say the same is held by
//!      `other_names_and_counts_change_no_verdict`: with 70 regions and 210 images more, with one
//!      to 68 destinations more, up to three images more in the call, the image in up to 28
//!      regions more, and nine images more in each; with the records in another order, and each
//!      route twice.
//!    - An ordinary request is looked at as a whole, and most rules are not asked then
//!      (`Facts::is_plain`). It asks the same of each destination; that nothing is left out is held
//!      by each comparison with the oracle.
//! 6. *So the thresholds are:* two equal destinations and one other; two ids; three regions, and
//!    one that is not listed; three records of one image; in a destination two images, and two
//!    copies with a name; counts from 0 to 2; and the two sides of each limit. The products have
//!    all of these, and not every one with every other: where no rule has two of them among its
//!    inputs, they make no finding together, by step 1. A rule with inputs of several groups has
//!    them together in several products, as `destination-available` has the source, the region and
//!    the routes in `routes`, `availability` and `unlisted`, or in `mixtures.rs`: a name that is
//!    taken beside a region that is not listed, and blocked routes from everywhere where an image
//!    that is not a custom one may be. `mixtures.rs` also mixes what the products have in one value
//!    only: the parameters beside the lists, what is complete of a listing, empty names, ids
//!    without the form of one, types and states that no page has. Each two inputs of one rule are
//!    changed at once around a few worlds (`pairs.rs`, `each_two_changes_at_once`), each world
//!    under one page. No test counts which three inputs meet, nor which two on each page; generated
//!    worlds (`properties.rs`) mix all.
//!
//! The steps are about one page. How a rule depends on the page is gone through under each page
//! where the three products above, `mixtures.rs` and `sources` (in `editions.rs`) do so; what the
//! first five products have is held under the later pages in a part of them. What a rule asks of
//! the page is the date of a parameter, the number of a limit and the code, from the tables of its
//! literal, and what is said of shared images (`image_custom`, `is_kept_from_source`), of
//! encryption (`is_encrypting`) and of an ordinary request (`is_plain`): the products that go
//! through each page are over these.
//!
//! From the same worlds, by counting: each rule is broken alone on each of its pages (`inputs.rs`);
//! no place that is freed, no quota that is raised and no copy that ends refuses a request
//! (`room.rs`); whatever the unknown turns out to be, what is certain stays so (`completions.rs`);
//! and what is accepted breaks no sentence of the oracle (`WORLDS`, and each of the tests below).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use presync::{
    AccountQuota, BlockedRoute, Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionState,
    Report, Ruleset, State, SyncRequest, Used,
};

use crate::oracle::{Verdict, judge};
use crate::support::claims;
use crate::support::edits::{Meant, NOT_KNOWN};
use crate::support::history::{self, page};
use crate::support::world::{World, region_quota};

pub(crate) const REGIONS: [&str; 3] = ["ap-guangzhou", "ap-shanghai", "ap-beijing"];
pub(crate) const UNKNOWN: &str = "ap-guangzhou-2";
const NAMES: [&str; 4] = [REGIONS[0], REGIONS[1], REGIONS[2], UNKNOWN];
pub(crate) const IDS: [&str; 2] = ["img-o3ycss2p", "img-7q1xk02z"];
pub(crate) const MALFORMED: &str = "img-o3ycss2";
const ALPHABET: [&str; 3] = [IDS[0], IDS[1], MALFORMED];

/// Every list of these letters of up to this length.
fn lists<'a>(letters: &[&'a str], longest: usize) -> Vec<Vec<&'a str>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|list| letters.iter().map(move |letter| [list.as_slice(), &[*letter]].concat()))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Every list that takes each item or leaves it, in order.
pub(crate) fn subsets<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    items.iter().fold(vec![Vec::new()], |subsets, item| {
        let with = subsets.iter().map(|subset| [subset.as_slice(), std::slice::from_ref(item)].concat());
        subsets.iter().cloned().chain(with).collect()
    })
}

pub(crate) fn request(region: Option<&str>, ids: &[&str], destinations: &[&str]) -> SyncRequest {
    let mut request = SyncRequest::default();
    request.version = Some("2017-03-12".to_owned());
    request.region = region.map(str::to_owned);
    request.image_ids = ids.iter().map(|id| (*id).to_owned()).collect();
    request.destination_regions = destinations.iter().map(|name| (*name).to_owned()).collect();
    request
}

fn requests(regions: &[Option<&str>], ids: &[Vec<&str>], destinations: &[Vec<&str>]) -> Vec<SyncRequest> {
    let mut all = Vec::new();
    for region in regions {
        for ids in ids {
            for destinations in destinations {
                all.push(request(*region, ids, destinations));
            }
        }
    }
    all
}

/// Three ordinary regions, nothing in them.
pub(crate) fn plain() -> World {
    World {
        request: SyncRequest::default(),
        regions: REGIONS.map(Region::new).into(),
        images: Vec::new(),
        quota: AccountQuota::default(),
        routes: Vec::new(),
        regions_complete: true,
    }
}

pub(crate) fn incomplete(world: &mut World, regions: &[&str]) {
    for name in regions {
        world.region(name).images_complete = false;
    }
}

/// What else is done in a world, with each of its calls, than to hold the verdicts to the oracle.
type Visitor<'v> = Box<dyn FnMut(&[Ruleset], &World, &[SyncRequest]) + 'v>;

/// Runs every call over every state, under each of its pages.
pub(crate) struct Tour<'v> {
    rules: Vec<Ruleset>,
    worlds: usize,
    accepted: usize,
    open: usize,
    /// The requests whose suggestions are held to every set of edits; `None` where the
    /// verdict is held to the oracle.
    suggesting: Option<fn(&SyncRequest) -> bool>,
    suggestions: usize,
    visitor: Option<Visitor<'v>>,
    /// The worlds of this and other tours, which each adds at its end.
    of_all: Option<&'v AtomicUsize>,
}

/// One product: its name, its walk, and the pages under which it is walked.
pub(crate) type Product = (&'static str, fn(Tour<'_>), fn() -> Vec<Edition>);

/// One row makes a product, and the test that holds all of it to the oracle: none is
/// counted that is not run.
macro_rules! products {
    ($($name:ident = $walk:ident under $pages:path;)+) => {
        /// Every product.
        pub(crate) const PRODUCTS: &[Product] = &[$((stringify!($name), $walk, $pages)),+];

        $(
            #[test]
            fn $name() {
                $walk(Tour::under(&$pages()));
            }
        )+
    };
}

products! {
    calls = visit_calls under first_page;
    images = visit_images under first_page;
    routes = visit_routes under first_page;
    availability = visit_availability under first_page;
    quota = visit_quota under first_page;
    pages = visit_pages under history::changes;
    types = visit_types under history::changes;
    names = visit_names under history::changes;
    unlisted = visit_unlisted under four_pages;
}

/// One of so many states of a product, and one of so many of its calls in each.
pub(crate) type Part = (&'static str, usize, usize);

/// What each run has time for: primes, so that no loop of a product is
/// always met at the same place.
pub(crate) const SOME: &[Part] = &[
    ("calls", 1, 331),
    ("images", 211, 13),
    ("routes", 1_009, 5),
    ("availability", 307, 3),
    ("quota", 1_009, 3),
    ("pages", 61, 7),
    ("types", 43, 3),
    ("names", 61, 3),
    ("unlisted", 29, 31),
];

/// All of every product.
pub(crate) fn whole() -> Vec<Part> {
    PRODUCTS.iter().map(|(name, ..)| (*name, 1, 1)).collect()
}

/// Walks a part of a product.
pub(crate) fn walk(part: Part, mut visit: impl FnMut(&[Ruleset], &World, &[&SyncRequest])) {
    let (product, of_states, of_calls) = part;
    let (_, walk, pages) = PRODUCTS.iter().find(|(name, ..)| *name == product).expect("a product");
    let mut states = 0_usize;
    walk(Tour::under(&pages()).with(|rules, world, requests| {
        if states % of_states == 0 {
            // Other calls in each state.
            let first = states / of_states % of_calls;
            let some: Vec<&SyncRequest> = requests.iter().skip(first).step_by(of_calls).collect();
            visit(rules, world, &some);
        }
        states += 1;
    }));
}

/// Does this with each part, at once.
pub(crate) fn in_parts<T: Send>(parts: &[Part], each: impl Fn(Part) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.iter().map(|part| scope.spawn(|| each(*part))).collect();
        running.into_iter().map(|part| part.join().expect("a part that holds")).collect()
    })
}

fn first_page() -> Vec<Edition> {
    vec![Edition::FIRST]
}

fn four_pages() -> Vec<Edition> {
    ["2017-03", "2021-06", "2022-08", history::latest()].map(page).into()
}

impl<'v> Tour<'v> {
    /// Under the first page.
    fn new() -> Self {
        Self::under(&[Edition::FIRST])
    }

    pub(crate) fn under(pages: &[Edition]) -> Self {
        let rules = pages.iter().map(|page| Ruleset::documented(*page)).collect();
        Self {
            rules,
            worlds: 0,
            accepted: 0,
            open: 0,
            suggesting: None,
            suggestions: 0,
            visitor: None,
            of_all: None,
        }
    }

    /// Does this in each world, in the place of the oracle.
    pub(crate) fn with(self, visitor: impl FnMut(&[Ruleset], &World, &[SyncRequest]) + 'v) -> Self {
        Self { visitor: Some(Box::new(visitor)), ..self }
    }

    /// Holds the suggestions for these requests to every set of edits.
    fn suggesting(self, requests: fn(&SyncRequest) -> bool) -> Self {
        Self { suggesting: Some(requests), ..self }
    }

    fn suggest(&mut self, state: &State, requests: impl Iterator<Item = SyncRequest>) {
        // The one slip of these worlds is the zone of a region, where no other
        // region can have its name.
        let is_listed = state.regions_complete();
        let regions = |name: &str| {
            if name == UNKNOWN && is_listed { vec![REGIONS[0].to_owned()] } else { Vec::new() }
        };
        let meant = Meant { regions: &regions, ids: &|_| Vec::new() };
        for request in requests {
            for rules in &self.rules {
                self.worlds += 1;
                match meant.hold(rules, &request, state) {
                    None => {}
                    Some((0, ..)) => self.accepted += 1,
                    Some(_) => self.suggestions += 1,
                }
            }
        }
    }

    fn visit(&mut self, world: &World, requests: &[SyncRequest]) {
        if let Some(visitor) = &mut self.visitor {
            self.worlds += requests.len() * self.rules.len();
            return visitor(&self.rules, world, requests);
        }
        let state = &world.state();
        if let Some(is_it) = self.suggesting {
            return self.suggest(state, requests.iter().filter(|request| is_it(request)).cloned());
        }
        for request in requests {
            for rules in &self.rules {
                let report = hold_to_the_oracle(rules, request, state);
                self.worlds += 1;
                self.accepted += usize::from(report.violations().is_empty());
                self.open += usize::from(!report.unverified().is_empty());
            }
        }
    }

    /// Says how many worlds there were, of so many on each page; a tour that lost some of them, or
    /// that only met refusals, proves less than it claims.
    fn end(&self, name: &str, on_each_page: usize) {
        if let Some(of_all) = self.of_all {
            of_all.fetch_add(self.worlds, Ordering::Relaxed);
        }
        let Self { rules, accepted, open, .. } = self;
        if self.visitor.is_some() {
            assert_eq!(self.worlds, on_each_page * rules.len(), "{name}");
            return;
        }
        if self.suggesting.is_some() {
            let (worlds, suggestions) = (self.worlds, self.suggestions);
            println!("{name}: {worlds} worlds, {accepted} accepted, {suggestions} with a suggestion");
            assert!(suggestions > 100, "{name}");
            let is_whole = worlds == on_each_page * rules.len();
            assert!(is_whole || SUGGESTED.contains(&(name, worlds)), "{name}: {worlds}");
            return;
        }
        println!("{name}: {} worlds, {accepted} accepted, {open} with something unverified", self.worlds);
        let worlds = on_each_page * rules.len();
        assert_eq!(self.worlds, worlds, "{name}");
        assert!(WORLDS.contains(&(name, on_each_page, *accepted)), "{name}");
        assert!(*accepted > 50 && *accepted < worlds * 2 / 3 && *open > 1_000, "{name}");
    }
}

/// Fails where the library says something else than the oracle. Returns what both say.
pub(crate) fn hold_to_the_oracle(rules: &Ruleset, request: &SyncRequest, state: &State) -> Report {
    let report = rules.check(request, state);
    let expected = judge(rules.edition(), request, state);
    assert!(
        expected.is_what_says(&report),
        "{}\nlibrary: {:?}\noracle: {expected:?}\n{request:?}\n{}",
        rules.edition(),
        Verdict::of(&report),
        serde_json::to_string(state).unwrap(),
    );
    report
}

/// How many worlds each product has on each of its pages, written out again where it ends as the
/// product that it is; and how many on all of them break no sentence.
const WORLDS: &[(&str, usize, usize)] = &[
    ("calls", 55_250, 730),
    ("images", 151_174, 2_240),
    ("routes", 221_184, 24_312),
    ("availability", 20_736, 256),
    ("quota", 60_000, 4_278),
    ("pages", 11_520, 15_142),
    ("types", 6_175, 10_032),
    ("names", 4_740, 33_812),
    ("unlisted", 51_840, 12_370),
];

/// The number of worlds of all products, each on every one of its pages.
fn every_world() -> usize {
    WORLDS.iter().map(|(name, worlds, _)| worlds * pages_of(name)).sum()
}

/// The number of pages of a product.
fn pages_of(name: &str) -> usize {
    let product = PRODUCTS.iter().find(|(product, ..)| *product == name);
    product.map(|(.., pages)| pages().len()).expect("a product")
}

/// Of each product that is walked under the first page alone, a part under the later ones. The
/// steps are primes that divide the length of no loop of the product.
const LATER: &[Part] =
    &[("calls", 1, 7), ("images", 7, 3), ("routes", 17, 1), ("availability", 1, 1), ("quota", 7, 1)];

/// A number that has nothing to do with the loops of a product.
fn mixed(state: usize, request: usize) -> usize {
    (state * 8_191 + request + 1).wrapping_mul(0x9e37_79b9) >> 13
}

/// Holds each world of these parts to the oracle under one later page. Returns how many.
fn hold_under_later_pages(parts: &[Part]) -> usize {
    let later: Vec<Ruleset> = history::changes().into_iter().skip(1).map(Ruleset::documented).collect();
    let all = in_parts(parts, |part| {
        let (mut worlds, mut open, mut states) = (0, 0, 0);
        let mut met = BTreeSet::new();
        walk(part, |_, world, requests| {
            let state = world.state();
            for (place, request) in requests.iter().enumerate() {
                let page = mixed(states, place) % later.len();
                let report = hold_to_the_oracle(&later[page], request, &state);
                worlds += 1;
                open += usize::from(!report.unverified().is_empty());
                met.insert((request.image_ids.clone(), request.destination_regions.clone(), page));
            }
            states += 1;
        });
        assert!(open > 100, "{part:?}: {open}");
        // Each call meets each page, but in the product that has more calls than states.
        let calls: BTreeSet<_> = met.iter().map(|(ids, destinations, _)| (ids, destinations)).collect();
        println!("{part:?}: {worlds} worlds, {} calls, {} of them with a page", calls.len(), met.len());
        assert!(part.0 == "calls" || met.len() == calls.len() * later.len(), "{part:?}");
        worlds
    });
    all.into_iter().sum()
}

#[test]
fn later_pages() {
    claims::hold("later-pages", hold_under_later_pages(LATER));
}

#[test]
fn the_products_are_large() {
    let on_each_page: usize = WORLDS.iter().map(|(_, worlds, _)| worlds).sum();
    assert!(on_each_page > 500_000);
    let all = every_world();
    println!("all products: {on_each_page} worlds, {all} with each on every one of its pages");
    claims::hold("worlds", all);
    claims::hold("accepted", WORLDS.iter().map(|(.., accepted)| accepted).sum());
}

const ANY_REGION: [Option<&str>; 5] =
    [None, Some(REGIONS[0]), Some(REGIONS[1]), Some(REGIONS[2]), Some(UNKNOWN)];

/// An image in the ordinary case.
pub(crate) fn image(region: &str, id: &str) -> Image {
    let mut image = Image::new(region, id);
    image.image_size = Some(49);
    image
}

fn visit_calls(mut tour: Tour<'_>) {
    let requests = requests(&ANY_REGION, &lists(&ALPHABET, 2), &lists(&NAMES, 3));
    let mut visit = |edit: fn(&mut World)| {
        let mut world = plain();
        edit(&mut world);
        tour.visit(&world, &requests);
        world.regions_complete = false;
        tour.visit(&world, &requests);
    };
    visit(|_| {});
    visit(|world| {
        world.images.push(image(REGIONS[0], IDS[0]));
        world.images.push(image(REGIONS[1], IDS[1]));
    });
    visit(|world| {
        world.images.push(image(REGIONS[0], IDS[0]));
        world.images.push(image(REGIONS[1], IDS[0]));
        world.images[1].image_size = Some(50);
        world.region_quota(REGIONS[2]).used = Used::Unknown;
    });
    visit(|world| {
        world.images.push(image(REGIONS[0], IDS[0]));
        incomplete(world, &[REGIONS[0], REGIONS[2]]);
        world.block(REGIONS[0], REGIONS[1]);
        world.block(REGIONS[2], REGIONS[1]);
    });
    visit(|world| {
        world.images.push(image(REGIONS[0], IDS[0]));
        world.images[0].image_type = None;
        world.images[0].image_state = Some(ImageState::SYNCING);
        world.region(REGIONS[1]).image_sync = Some(false);
        world.region(REGIONS[2]).region_state = None;
        world.quota.image_num_quota = QuotaLimit::Count(1);
    });
    tour.end("calls", 5 * 2 * 5 * (1 + 3 + 9) * (1 + 4 + 16 + 64));
}

fn visit_images(mut tour: Tour<'_>) {
    let facts: [fn(&mut Image); 6] = [
        |_| {},
        |image| {
            image.image_type = Some(ImageType::PUBLIC_IMAGE);
            image.image_state = Some(ImageState::SYNCING);
            image.image_size = Some(50);
        },
        |image| {
            image.image_type = None;
            image.image_state = None;
            image.image_size = None;
        },
        |image| image.image_size = Some(50),
        |image| {
            image.image_type = Some(ImageType::SHARED_IMAGE);
            image.image_state = None;
        },
        |image| {
            image.image_type = None;
            image.image_state = Some(ImageState::from("normal"));
            image.image_size = Some(51);
        },
    ];
    let mut each = Vec::new();
    for region in REGIONS {
        for id in IDS {
            for edit in facts {
                let mut image = image(region, id);
                edit(&mut image);
                each.push(image);
            }
        }
    }
    let mut placements = vec![Vec::new()];
    placements.extend(each.iter().map(|image| vec![image.clone()]));
    for (place, first) in each.iter().enumerate() {
        for second in &each[place + 1..] {
            if (&first.region, &first.image_id) != (&second.region, &second.image_id) {
                placements.push(vec![first.clone(), second.clone()]);
            }
        }
    }
    let destinations = [vec![REGIONS[2], REGIONS[1], REGIONS[0]]];
    let requests = requests(&ANY_REGION, &lists(&ALPHABET, 2), &destinations);
    for images in &placements {
        for unlisted in [&[][..], &[REGIONS[2]], &REGIONS[..2], &REGIONS] {
            let mut world = plain();
            world.images.clone_from(images);
            // So low that the type of an image matters for the place that it takes, too.
            world.quota.image_num_quota = QuotaLimit::Count(2);
            incomplete(&mut world, unlisted);
            tour.visit(&world, &requests);
        }
    }
    // All three are destinations, so that the source is always one of them: nothing is
    // accepted without a look aside.
    let elsewhere =
        [request(None, &IDS[..1], &REGIONS[2..]), request(Some(REGIONS[0]), &IDS[..1], &REGIONS[1..])];
    for images in &placements {
        let mut world = plain();
        world.images.clone_from(images);
        tour.visit(&world, &elsewhere);
    }
    let placements = 1 + 36 + 15 * 36;
    tour.end("images", placements * 4 * 5 * 13 + placements * 2);
}

fn visit_routes(mut tour: Tour<'_>) {
    let into = |to: &'static str| subsets(&REGIONS.map(|from| BlockedRoute::new(from, to)));
    let requests = requests(
        &[None, Some(REGIONS[1])],
        &[vec![IDS[0]], vec![IDS[0], IDS[1]], vec![MALFORMED]],
        &[REGIONS.to_vec(), vec![REGIONS[1]], vec![REGIONS[2], REGIONS[0]]],
    );
    for first in subsets(&REGIONS) {
        for second in [&[][..], &REGIONS[..1], &REGIONS[1..2]] {
            for unlisted in subsets(&REGIONS) {
                for into_first in into(REGIONS[0]) {
                    for into_second in into(REGIONS[1]) {
                        let mut world = plain();
                        world.images.extend(first.iter().map(|region| image(region, IDS[0])));
                        world.images.extend(second.iter().map(|region| image(region, IDS[1])));
                        incomplete(&mut world, &unlisted);
                        world.routes = [into_first.as_slice(), &into_second].concat();
                        // Unknown for one of the two, so that a route meets
                        // what is unknown already.
                        world.region(REGIONS[0]).image_sync =
                            if into_second.is_empty() { None } else { Some(true) };
                        tour.visit(&world, &requests);
                    }
                }
            }
        }
    }
    tour.end("routes", 8 * 3 * 8 * 8 * 8 * (2 * 3 * 3));
}

fn visit_availability(mut tour: Tour<'_>) {
    let mut facts = Vec::new();
    for region_state in [
        Some(RegionState::AVAILABLE),
        Some(RegionState::UNAVAILABLE),
        Some(RegionState::from("Available")),
        None,
    ] {
        for image_sync in [Some(true), Some(false), None] {
            facts.push((region_state.clone(), image_sync));
        }
    }
    let requests = requests(
        &[None, Some(REGIONS[0])],
        &[vec![IDS[0]]],
        &[REGIONS.to_vec(), vec![REGIONS[2], REGIONS[1]], vec![REGIONS[1], UNKNOWN, REGIONS[1]]],
    );
    for first in &facts {
        for second in &facts {
            for third in &facts {
                for source_is_open in [false, true] {
                    let mut world = plain();
                    for (name, (region_state, image_sync)) in REGIONS.iter().zip([first, second, third]) {
                        let region = world.region(name);
                        region.region_state.clone_from(region_state);
                        region.image_sync = *image_sync;
                    }
                    world.images.push(image(REGIONS[0], IDS[0]));
                    if source_is_open {
                        world.images.push(image(REGIONS[2], IDS[0]));
                    }
                    world.block(REGIONS[0], REGIONS[2]);
                    tour.visit(&world, &requests);
                }
            }
        }
    }
    tour.end("availability", 12 * 12 * 12 * 2 * (2 * 3));
}

fn visit_quota(mut tour: Tour<'_>) {
    let limits = [
        QuotaLimit::Default,
        QuotaLimit::Unknown,
        QuotaLimit::Count(0),
        QuotaLimit::Count(1),
        QuotaLimit::Count(2),
    ];
    let mut cells = Vec::new();
    for used in [Used::AsListed, Used::Unknown, Used::Count(0), Used::Count(1), Used::Count(2)] {
        for in_flight in 0..=2 {
            for limit in limits {
                cells.push((used, in_flight, limit));
            }
        }
    }
    let types = [Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE), None];
    // In one region: nothing, one image of each type, or two.
    let mut listings = vec![vec![]];
    listings.extend(types.iter().map(|first| vec![first.clone()]));
    for (place, first) in types.iter().enumerate() {
        listings.extend(types[place..].iter().map(|second| vec![first.clone(), second.clone()]));
    }
    let destinations = [
        vec![REGIONS[1]],
        vec![REGIONS[1], REGIONS[2]],
        vec![REGIONS[2], REGIONS[1], REGIONS[2]],
        vec![UNKNOWN, REGIONS[1], REGIONS[0]],
    ];
    let requests = requests(&[Some(REGIONS[0])], &[vec![IDS[0]], vec![IDS[0], IDS[0]]], &destinations);
    for (place, (used, in_flight, limit)) in cells.iter().enumerate() {
        // The other region's numbers are others, so that a number taken
        // from the wrong region shows.
        let (other_used, other_in_flight, other_limit) = cells[(place + 17) % cells.len()];
        for account in limits {
            for listing in &listings {
                for complete in [true, false] {
                    let mut world = plain();
                    world.images.push(image(REGIONS[0], IDS[0]));
                    for (image_type, id) in listing.iter().zip(["img-inthelist0", "img-inthelist1"]) {
                        let mut image = image(REGIONS[1], id);
                        image.image_type.clone_from(image_type);
                        world.images.push(image);
                    }
                    world.region(REGIONS[1]).images_complete = complete;
                    world.quota.image_num_quota = account;
                    world.quota.regions = vec![
                        region_quota(REGIONS[2], other_used, other_in_flight, other_limit),
                        region_quota(REGIONS[1], *used, *in_flight, *limit),
                    ];
                    tour.visit(&world, &requests);
                }
            }
        }
    }
    tour.end("quota", 75 * 5 * 10 * 2 * (2 * 4));
}

const TYPES: [Option<ImageType>; 5] = [
    Some(ImageType::PRIVATE_IMAGE),
    Some(ImageType::SHARED_IMAGE),
    Some(ImageType::PUBLIC_IMAGE),
    Some(ImageType::MARKET_IMAGE),
    None,
];
pub(crate) const KEY: &str = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";

fn visit_pages(mut tour: Tour<'_>) {
    // Where the image is said to be, or is listed, or may be.
    let sources: [fn(&mut World, Image) -> Option<&'static str>; 4] = [
        |world, image| {
            world.images.push(image);
            Some(REGIONS[0])
        },
        |world, image| {
            world.images.push(image);
            None
        },
        // A second record, which does not say more.
        |world, image| {
            let mut elsewhere = image.clone();
            REGIONS[2].clone_into(&mut elsewhere.region);
            world.images.extend([image, elsewhere]);
            None
        },
        // None at all, but then it is not known what there is.
        |world, _| {
            incomplete(world, &REGIONS[..1]);
            None
        },
    ];
    // What has the name `copy`, in a destination that is not the source region.
    let names: [fn(&mut World); 8] = [
        |_| {},
        |world| world.images.push(neighbour(Some("copy"), Some(ImageType::PRIVATE_IMAGE))),
        |world| world.images.push(neighbour(Some("other"), Some(ImageType::PRIVATE_IMAGE))),
        |world| world.images.push(neighbour(Some("copy"), Some(ImageType::SHARED_IMAGE))),
        |world| world.images.push(neighbour(None, Some(ImageType::PRIVATE_IMAGE))),
        |world| world.on_its_way(REGIONS[1], &[Some("copy")]),
        |world| world.on_its_way(REGIONS[1], &[Some("other"), None]),
        |world| incomplete(world, &REGIONS[1..2]),
    ];
    // Not to be encrypted, and with a key that is one and with one that is none.
    let keys = [(None, None), (Some(false), Some("key")), (Some(true), Some(KEY)), (Some(true), Some("key"))];
    for source in sources {
        for image_type in TYPES {
            for encrypted in [Some(false), Some(true), None] {
                for add_names in names {
                    let mut world = plain();
                    let mut image = image(REGIONS[0], IDS[0]);
                    image.image_type.clone_from(&image_type);
                    image.encrypted = encrypted;
                    // A custom image has its name, where it goes to its own region.
                    image.image_name = Some("copy".to_owned());
                    let region = source(&mut world, image);
                    add_names(&mut world);
                    let mut requests = Vec::new();
                    for destinations in [&REGIONS[..1], &REGIONS[1..2], &REGIONS[..2]] {
                        for (encrypt, key) in keys {
                            for name in [None, Some("copy")] {
                                let mut request = request(region, &IDS[..1], destinations);
                                request.encrypt = encrypt;
                                request.kms_key_id = key.map(str::to_owned);
                                request.image_name = name.map(str::to_owned);
                                requests.push(request);
                            }
                        }
                    }
                    tour.visit(&world, &requests);
                }
            }
        }
    }
    tour.end("pages", 4 * 5 * 3 * 8 * (3 * 4 * 2));
}

/// An image in the second region that no call names.
fn neighbour(name: Option<&str>, image_type: Option<ImageType>) -> Image {
    let mut image = image(REGIONS[1], "img-neighbour");
    image.image_name = name.map(str::to_owned);
    image.image_type = image_type;
    image
}

fn visit_types(mut tour: Tour<'_>) {
    // One image twice; two images in one region; two images in two regions.
    let placements = [
        [(REGIONS[0], IDS[0]), (REGIONS[1], IDS[0])],
        [(REGIONS[0], IDS[0]), (REGIONS[0], IDS[1])],
        [(REGIONS[0], IDS[0]), (REGIONS[1], IDS[1])],
    ];
    let mut requests = requests(
        &[None, Some(REGIONS[0]), Some(REGIONS[1])],
        &[vec![IDS[0]], vec![IDS[0], IDS[1]]],
        &[REGIONS.to_vec()],
    );
    let encrypting = requests.clone().into_iter().map(|mut request| {
        request.encrypt = Some(true);
        request
    });
    requests.extend(encrypting.collect::<Vec<_>>());
    // One destination and nothing wrong with the rest, so that some are accepted.
    requests.push(request(None, &IDS[..1], &REGIONS[2..]));
    for placement in placements {
        for first in &TYPES {
            for second in &TYPES {
                for unlisted in [&[][..], &REGIONS[1..2], &REGIONS] {
                    let mut world = plain();
                    for ((region, id), image_type) in placement.into_iter().zip([first, second]) {
                        let mut image = image(region, id);
                        image.image_type.clone_from(image_type);
                        world.images.push(image);
                    }
                    incomplete(&mut world, unlisted);
                    tour.visit(&world, &requests);
                }
            }
        }
    }
    // One image in all three regions: the third record agrees with the others, or is
    // what they do not agree on.
    let facts: [fn(&mut Image); 5] = [
        |_| {},
        |image| image.image_type = Some(ImageType::SHARED_IMAGE),
        |image| {
            image.image_type = Some(ImageType::MARKET_IMAGE);
            image.image_state = Some(ImageState::SYNCING);
        },
        |image| {
            image.image_size = Some(50);
            image.encrypted = Some(true);
        },
        |image| *image = Image::unknown(&*image.region, &*image.image_id),
    ];
    for first in facts {
        for second in facts {
            for third in facts {
                for regions_complete in [true, false] {
                    let mut world = plain();
                    world.regions_complete = regions_complete;
                    for (region, edit) in REGIONS.iter().zip([first, second, third]) {
                        let mut image = image(region, IDS[0]);
                        edit(&mut image);
                        world.images.push(image);
                    }
                    tour.visit(&world, &requests);
                }
            }
        }
    }
    tour.end("types", (3 * 5 * 5 * 3 + 5 * 5 * 5 * 2) * (3 * 2 * 2 + 1));
}

fn visit_names(mut tour: Tour<'_>) {
    // What is in a region: nothing, or an image of each name and type; on its way
    // there; whether that is all.
    let mut cells = Vec::new();
    let mut images = vec![None];
    for name in [Some("copy"), Some("other"), Some(""), None] {
        for image_type in [Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE), None] {
            images.push(Some((name, image_type)));
        }
    }
    for image in &images {
        for in_flight in [&[][..], &[Some("copy")], &[Some("other"), Some("")], &[None]] {
            for complete in [true, false] {
                cells.push((image, in_flight, complete));
            }
        }
    }
    let long = "ö".repeat(61);
    let mut requests = Vec::new();
    for destinations in [&REGIONS[1..2], &REGIONS[1..]] {
        for name in [None, Some(""), Some("copy"), Some("Copy"), Some(&*long)] {
            let mut request = request(Some(REGIONS[0]), &IDS[..1], destinations);
            request.image_name = name.map(str::to_owned);
            requests.push(request);
        }
    }
    for (place, first) in cells.iter().enumerate() {
        // The other region is in the ordinary case, and in two others each time.
        for second in
            [&cells[0], &cells[(place * 7 + 3) % cells.len()], &cells[(place * 31 + 11) % cells.len()]]
        {
            let mut world = plain();
            world.images.push(image(REGIONS[0], IDS[0]));
            for (region, (image, in_flight, complete)) in REGIONS[1..].iter().zip([first, second]) {
                if let Some((name, image_type)) = image {
                    let mut neighbour = neighbour(*name, image_type.clone());
                    (*region).clone_into(&mut neighbour.region);
                    world.images.push(neighbour);
                }
                let quota = world.region_quota(region);
                // So many that the quota does not depend on the images that are listed.
                quota.used = Used::Count(3);
                world.on_its_way(region, in_flight);
                world.region(region).images_complete = *complete;
            }
            tour.visit(&world, &requests);
        }
    }
    // Two images in one destination.
    let mut images = Vec::new();
    for name in [Some("copy"), Some("other"), None] {
        for image_type in [Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE), None] {
            images.push((name, image_type));
        }
    }
    for first in &images {
        for second in &images {
            for complete in [true, false] {
                let mut world = plain();
                world.images.push(image(REGIONS[0], IDS[0]));
                for (id, (name, image_type)) in
                    ["img-neighbour", "img-neighbour2"].iter().zip([first, second])
                {
                    let mut neighbour = neighbour(*name, image_type.clone());
                    (*id).clone_into(&mut neighbour.image_id);
                    world.images.push(neighbour);
                }
                world.region_quota(REGIONS[1]).used = Used::Count(3);
                world.region(REGIONS[1]).images_complete = complete;
                tour.visit(&world, &requests);
            }
        }
    }
    tour.end("names", (13 * 4 * 2 * 3 + 9 * 9 * 2) * (2 * 5));
}

fn visit_unlisted(mut tour: Tour<'_>) {
    const ELSEWHERE: &str = "ap-elsewhere";
    let destinations = [
        vec![REGIONS[0]],
        vec![REGIONS[1]],
        vec![UNKNOWN],
        vec![ELSEWHERE],
        vec![UNKNOWN, ELSEWHERE],
        vec![ELSEWHERE, REGIONS[1], UNKNOWN, ELSEWHERE],
    ];
    let regions = [None, Some(REGIONS[0]), Some(UNKNOWN)];
    let mut requests = requests(&regions, &[vec![IDS[0]], vec![IDS[0], IDS[1]]], &destinations);
    let no_region = requests.clone().into_iter().filter(|request| request.region.is_none());
    requests.extend(no_region.map(SyncRequest::without_region).collect::<Vec<_>>());
    let later = |edit: fn(&mut SyncRequest)| {
        requests.iter().cloned().map(move |mut request| {
            edit(&mut request);
            request
        })
    };
    let encrypting = later(|request| request.encrypt = Some(true));
    let naming = later(|request| request.image_name = Some("copy".to_owned()));
    let requests: Vec<SyncRequest> = later(|_| {}).chain(encrypting).chain(naming).collect();
    for listed in [&[][..], &REGIONS[..1], &REGIONS[..2]] {
        for image_type in TYPES {
            for unlisted in [&[][..], &REGIONS[1..2]] {
                for limit in [QuotaLimit::Default, QuotaLimit::Count(0), QuotaLimit::Unknown] {
                    for is_blocked in [false, true] {
                        for regions_complete in [true, false] {
                            let mut world = plain();
                            world.regions_complete = regions_complete;
                            world.images.extend(listed.iter().map(|region| {
                                let mut image = image(region, IDS[0]);
                                image.image_type.clone_from(&image_type);
                                image
                            }));
                            incomplete(&mut world, unlisted);
                            world.quota.image_num_quota = limit;
                            if is_blocked {
                                world.block(REGIONS[0], REGIONS[1]);
                            }
                            tour.visit(&world, &requests);
                        }
                    }
                }
            }
        }
    }
    tour.end("unlisted", 3 * 5 * 2 * 3 * 2 * 2 * (4 * 2 * 6 * 3));
}

#[test]
fn the_products_of_suggestions_are_large() {
    let all: usize = SUGGESTED.iter().map(|(_, worlds)| worlds).sum();
    println!("suggestions: {all} worlds");
    assert!(all > 60_000, "{all}");
    claims::hold("suggestions", all);
}

/// The products above, over all of their states, with fewer requests and pages: every
/// set of edits is tried for each. Of each product the requests are named; the count is
/// that of what is left of it.
fn held(requests: fn(&SyncRequest) -> bool) -> Tour<'static> {
    Tour::new().suggesting(requests)
}

/// Under the first page and the last.
fn held_on_two_pages(requests: fn(&SyncRequest) -> bool) -> Tour<'static> {
    Tour::under(&[Edition::FIRST, page(history::latest())]).suggesting(requests)
}

/// Makes a test of each, and the list of them: of how many worlds of a product it holds the
/// suggestions to every set of edits.
macro_rules! suggested {
    ($($test:ident: $part:expr, $walk:block)+) => {
        const SUGGESTED: &[(&str, usize)] = &[$($part),+];

        $(
            #[test]
            fn $test() $walk
        )+
    };
}

suggested! {
    suggestions_for_calls: ("calls", 5 * 2 * (13 * 21)), {
        // Up to two ids and two destinations, from a region that there is none of.
        visit_calls(held(|request| {
            request.region.as_deref() == Some(UNKNOWN) && request.destination_regions.len() <= 2
        }));
    }
    suggestions_for_images: ("images", (1 + 36 + 15 * 36) * (4 * 3 + 1)), {
        // One id, from none; to all regions, and to another region than the source.
        visit_images(held(|request| request.region.is_none() && request.image_ids.len() == 1));
    }
    suggestions_for_routes: ("routes", 8 * 3 * 8 * 8 * 8), {
        // One id to two regions, from none.
        visit_routes(held(|request| {
            let counts = (request.image_ids.len(), request.destination_regions.len());
            request.region.is_none() && counts == (1, 2) && request.image_ids[0] == IDS[0]
        }));
    }
    suggestions_for_availability: ("availability", 12 * 12 * 12 * 2 * 2), {
        // From no region to three.
        visit_availability(held(|request| request.region.is_none() && request.destination_regions.len() == 3));
    }
    suggestions_for_quota: ("quota", 75 * 5 * 10 * 2), {
        // One id to two regions.
        visit_quota(held(|request| (request.image_ids.len(), request.destination_regions.len()) == (1, 2)));
    }
    suggestions_for_pages: ("pages", (4 * 5 * 3 * 8) * (4 * 2)), {
        // To two regions, under the last page.
        let tour = Tour::under(&[page(history::latest())]);
        visit_pages(tour.suggesting(|request| request.destination_regions.len() == 2));
    }
    suggestions_for_types: ("types", 2 * (3 * 5 * 5 * 3 + 5 * 5 * 5 * 2) * (3 * 2 + 1)), {
        // One id.
        visit_types(held_on_two_pages(|request| request.image_ids.len() == 1));
    }
    suggestions_for_names: ("names", 2 * ((13 * 4 * 2) * 3 + 9 * 9 * 2) * (2 * 5)), {
        visit_names(held_on_two_pages(|_| true));
    }
    suggestions_for_what_is_unlisted: ("unlisted", (3 * 5 * 2 * 3 * 2 * 2) * (5 * 3)), {
        // One id from no region, not known to be sent in a header, to up to two
        // regions, under the last page.
        let tour = Tour::under(&[page(history::latest())]);
        visit_unlisted(tour.suggesting(|request| {
            let is_short = request.image_ids.len() == 1 && request.destination_regions.len() <= 2;
            request.region.is_none() && !request.has_no_region && is_short
        }));
    }
}

/// Every world of every product, under each of its pages. It takes some minutes:
/// `cargo test --release --all-features --test against_oracle -- --ignored --nocapture suggestions_for_every_world`.
#[test]
#[ignore = "it takes minutes, optimized; the tests above hold a part of each product"]
fn suggestions_for_every_world() {
    let worlds = &AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (_, walk, pages) in PRODUCTS {
            // Under every page where the product is under more than one.
            let pages = if pages().len() == 1 { pages() } else { history::changes() };
            scope.spawn(move || {
                let tour = Tour::under(&pages).suggesting(|_| true);
                walk(Tour { of_all: Some(worlds), ..tour });
            });
        }
    });
    claims::hold("suggestions-everywhere", worlds.load(Ordering::Relaxed));
}

#[test]
fn suggestions_for_what_is_partly_known() {
    let mut letters = lists(&[REGIONS[0], REGIONS[1], NOT_KNOWN], 3);
    letters.retain(|names| names.iter().filter(|name| **name == NOT_KNOWN).count() == 1);
    let requests = requests(&[None, Some(REGIONS[0])], &lists(&ALPHABET, 2), &letters);
    let rules = Ruleset::default();
    let meant = Meant { regions: &|_| Vec::new(), ids: &|_| Vec::new() };
    let (mut worlds, mut suggestions) = (0, 0);
    let mut states = Vec::new();
    states.push(plain());
    let mut world = plain();
    world.images.extend([image(REGIONS[0], IDS[0]), image(REGIONS[1], IDS[1])]);
    states.push(world.clone());
    world.region(REGIONS[1]).image_sync = Some(false);
    states.push(world.clone());
    incomplete(&mut world, &[REGIONS[0], REGIONS[2]]);
    world.quota.image_num_quota = QuotaLimit::Count(1);
    states.push(world);
    for state in states.iter().map(World::state) {
        for request in &requests {
            worlds += 1;
            suggestions +=
                usize::from(meant.hold_partly(&rules, request, &state).is_some_and(|cost| cost.0 > 0));
        }
    }
    println!("partly known: {worlds} worlds, {suggestions} with a suggestion");
    assert_eq!(worlds, 4 * 2 * 13 * (1 + 4 + 12));
    claims::hold("suggestions-partly", worlds);
    assert!(suggestions > 100, "{suggestions}");
}
