//! Faults in every combination.
//!
//! From calls that are accepted, every set of faults that can be made together is made, and the
//! full list of violations is compared with what the faults, by hand, are said to cause. Neither
//! the library nor the oracle has a part in that list: a fault carries its violations and the names
//! of the faults that it hides (an image that cannot be found is not also too large), and what a
//! later page changed in either stands in tables of dates. The oracle is asked too, so three say
//! the same or the test fails.
//!
//! A base is a call that is accepted, and runs on some of the pages and on the newest; every
//! page has its share of sets.

use std::collections::{BTreeMap, BTreeSet};

use presync::{
    AccountQuota, Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionState, Ruleset,
    SyncRequest, Used,
};

use crate::oracle::{Verdict, judge};
use crate::support::claims;
use crate::support::history::{self, CHANGES, LATER_PARAMETERS, RULES, page};
use crate::support::world::World;

/// The order of the later parameters within `parameter-known`, and of
/// everything else within its rule.
const PARAMETERS: &[&str] = &[
    "Version",
    "Region",
    "DryRun",
    "ImageName",
    "ImageSetRequired",
    "Encrypt",
    "KmsKeyId",
    "ImageIds",
    "ImageIds.0",
    "ImageIds.1",
    "DestinationRegions",
    "DestinationRegions.0",
    "DestinationRegions.1",
    "DestinationRegions.2",
    "DestinationRegions.3",
    "DestinationRegions.4",
];

/// Rule, code, parameter. The code is the first that the rule has.
type Caused = (&'static str, &'static str, &'static str);

/// What is caused, on one page: with its code there, if it is a fault there.
fn on(month: &str, (id, first_code, parameter): Caused) -> Option<Caused> {
    let (rule, month) = (history::rule(id), page(month));
    let first = rule.codes().next().map(|first| first.code);
    assert_eq!(first, Some(first_code), "the first code of {id}");
    let is_fault = rule.is_on(month) && !(id == "parameter-known" && is_known(parameter, month));
    is_fault.then_some((id, rule.code(month), parameter))
}

/// Whether a later parameter is on the page of this month.
fn is_known(parameter: &str, month: Edition) -> bool {
    LATER_PARAMETERS.iter().any(|(later, since)| *later == parameter && page(since) <= month)
}

/// One small edit.
struct Fault {
    name: &'static str,
    /// What it edits. Two faults that edit the same thing cannot be made together.
    touches: &'static [&'static str],
    edit: fn(&mut World),
    /// What it causes when nothing hides it.
    causes: &'static [Caused],
    /// The faults, by name, whose violations are not reported beside it. After a name and an `@`, a
    /// rule or a parameter to which that is confined.
    hides: &'static [&'static str],
    /// What is said of the first parameter is said of the second, too.
    repeats: Option<(&'static str, &'static str)>,
}

/// A fault that hides nothing.
const fn fault(
    name: &'static str,
    touches: &'static [&'static str],
    edit: fn(&mut World),
    causes: &'static [Caused],
) -> Fault {
    Fault { name, touches, edit, causes, hides: &[], repeats: None }
}

impl Fault {
    const fn hides(self, hides: &'static [&'static str]) -> Self {
        Self { hides, ..self }
    }

    const fn repeats(self, from: &'static str, to: &'static str) -> Self {
        Self { repeats: Some((from, to)), ..self }
    }

    fn goes_with(&self, other: &Self) -> bool {
        !self.touches.iter().any(|thing| other.touches.contains(thing))
    }
}

/// What is hidden only from a month on.
struct Dated {
    since: &'static str,
    /// By which fault; empty where the base itself hides it.
    by: &'static str,
    hides: &'static str,
    /// Not if one of these is made, too.
    unless: &'static [&'static str],
}

/// Whether a hidden thing, such as `full` or `full@image-quota`, is this one.
fn is_hidden(hidden: &str, fault: &str, caused: &Caused) -> bool {
    match hidden.strip_prefix(fault) {
        None => false,
        Some("") => true,
        Some(rest) => rest.strip_prefix('@').is_some_and(|only| [caused.0, caused.2].contains(&only)),
    }
}

/// A call that is accepted, what can go wrong with it, and on which pages.
struct Base {
    name: &'static str,
    pages: Vec<&'static str>,
    world: World,
    faults: Vec<Fault>,
    dated: Vec<Dated>,
}

impl Base {
    /// What these faults together cause on a page. Notes which fault was hidden by which.
    fn expected(
        &self,
        month: &str,
        faults: &[&Fault],
        used: &mut BTreeSet<(&'static str, &'static str)>,
    ) -> Vec<Caused> {
        let made = |name: &str| faults.iter().any(|fault| fault.name == name);
        let mut hidden: Vec<(&str, &str)> = Vec::new();
        for fault in faults {
            hidden.extend(fault.hides.iter().map(|hides| (fault.name, *hides)));
        }
        for dated in &self.dated {
            let applies = dated.since <= month && (dated.by.is_empty() || made(dated.by));
            if applies && !dated.unless.iter().any(|name| made(name)) {
                hidden.push((dated.by, dated.hides));
            }
        }
        let mut all: Vec<Caused> = Vec::new();
        for fault in faults {
            for caused in fault.causes {
                let mut is_seen = true;
                for (by, what) in &hidden {
                    if is_hidden(what, fault.name, caused) {
                        is_seen = false;
                        used.insert((by, what));
                    }
                }
                if is_seen {
                    all.extend(on(month, *caused));
                }
            }
        }
        for (from, to) in faults.iter().filter_map(|fault| fault.repeats) {
            let again: Vec<Caused> =
                all.iter().filter(|caused| caused.2 == from).map(|c| (c.0, c.1, to)).collect();
            all.extend(again);
        }
        // A rule speaks once of a parameter, however many of its faults there are.
        all.sort_by_cached_key(|caused| {
            let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap();
            (RULES.iter().position(|rule| rule.id == caused.0), place(PARAMETERS, caused.2))
        });
        all.dedup();
        all
    }

    /// Makes every set of faults, and compares what is said on each page.
    fn run(&self) {
        let Self { name, pages, world, faults, dated } = self;
        let names: BTreeSet<&str> = faults.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), faults.len(), "{name}: two faults of one name");
        let mut said_to_hide = Vec::new();
        for fault in faults {
            assert!(!fault.causes.is_empty(), "{name}: `{}` is no fault", fault.name);
            said_to_hide.extend(fault.hides.iter().map(|hides| (fault.name, *hides)));
        }
        said_to_hide.extend(dated.iter().map(|dated| (dated.by, dated.hides)));
        for (by, hides) in &said_to_hide {
            let hidden = hides.split('@').next().unwrap();
            assert!(names.contains(hidden), "{name}: `{by}` hides `{hides}`");
        }

        let rules: Vec<(&str, Ruleset)> =
            pages.iter().map(|month| (*month, Ruleset::documented(page(month)))).collect();
        // What edits nothing but the request comes first: the sets in a row have one state
        // then, which is made once.
        let (of_request, others): (Vec<&Fault>, Vec<&Fault>) = faults.iter().partition(|fault| {
            let mut edited = world.clone();
            (fault.edit)(&mut edited);
            edited.has_state_of(world)
        });
        let all = subsets(&[of_request, others].concat());
        let (mut last, mut state) = (world.clone(), world.state());
        let mut used = BTreeSet::new();
        // On each page how many sets are of nothing but faults: what ended or
        // has not begun yet is none.
        let mut of_faults: BTreeMap<&str, usize> = BTreeMap::new();
        let faults_on: Vec<BTreeSet<&str>> = pages
            .iter()
            .map(|month| self.faults_on(month).into_iter().map(|fault| fault.name).collect())
            .collect();
        for subset in &all {
            let mut world = world.clone();
            for fault in subset {
                (fault.edit)(&mut world);
            }
            if !world.has_state_of(&last) {
                state = world.state();
                last.clone_from(&world);
            }
            for ((month, rules), faults_on) in rules.iter().zip(&faults_on) {
                let report = rules.check(&world.request, &state);
                let says = judge(page(month), &world.request, &state);
                let got: Vec<(&str, &str, &str)> = says
                    .violations
                    .iter()
                    .map(|(rule, code, parameter)| (&**rule, &**code, &**parameter))
                    .collect();
                let made = || subset.iter().map(|fault| fault.name).collect::<Vec<_>>();
                assert_eq!(got, self.expected(month, subset, &mut used), "{name}, {month}: {:?}", made());
                if !says.is_what_says(&report) {
                    let difference = says.difference(&Verdict::of(&report));
                    panic!("{name}, {month}: {:?}: {difference}", made());
                }
                if subset.iter().all(|fault| faults_on.contains(fault.name)) {
                    *of_faults.entry(month).or_default() += 1;
                }
            }
        }
        // What is said to hide something and never does is a slip in this file.
        for (by, hides) in said_to_hide {
            assert!(used.contains(&(by, hides)), "{name}: `{by}` never hides `{hides}`");
        }
        println!("{name}: {} edits, {} sets of them; of faults only: {of_faults:?}", faults.len(), all.len());
        for month in pages {
            assert_eq!(of_faults[month], count(&self.faults_on(month)), "{name}, {month}");
            assert!(of_faults[month] >= 512, "{name}, {month}: {} sets", of_faults[month]);
        }
    }

    /// The edits that are faults on a page.
    fn faults_on(&self, month: &str) -> Vec<&Fault> {
        let is_fault = |fault: &&Fault| !self.expected(month, &[*fault], &mut BTreeSet::new()).is_empty();
        self.faults.iter().filter(is_fault).collect()
    }
}

/// How many sets of faults go together, counted without making them.
fn count(faults: &[&Fault]) -> usize {
    let Some((first, rest)) = faults.split_first() else { return 1 };
    let beside: Vec<&Fault> = rest.iter().copied().filter(|other| first.goes_with(other)).collect();
    count(rest) + count(&beside)
}

/// Every set of faults that go together, each in the order in which they stand
/// in the list of their base.
fn subsets<'f>(faults: &[&'f Fault]) -> Vec<Vec<&'f Fault>> {
    let mut all: Vec<Vec<&Fault>> = vec![Vec::new()];
    for fault in faults {
        for place in 0..all.len() {
            if all[place].iter().all(|other| other.goes_with(fault)) {
                let mut with = all[place].clone();
                with.push(fault);
                with.sort_by_key(|fault| std::ptr::from_ref(*fault));
                all.push(with);
            }
        }
    }
    all
}

/// Every base, and a test that runs it.
macro_rules! bases {
    ($($base:ident)+) => {
        const BASES: &[fn() -> Base] = &[$($base),+];

        mod run {
            $(#[test]
            fn $base() {
                super::$base().run();
            })+
        }
    };
}

bases! {
    region_sent_and_three_destinations
    region_not_sent_and_one_destination
    tight_quota_of_ten
    tight_quota_of_fifty
    tight_quota_of_five_hundred
    tight_quota_of_the_newest_page
    a_state_with_unknowns
    one_of_two_sources
    a_copy_with_a_name
    a_shared_image_to_its_own_region
    a_copy_that_is_to_be_encrypted
}

/// These pages and the newest one.
fn and_latest(months: &[&'static str]) -> Vec<&'static str> {
    let pages: BTreeSet<_> = months.iter().copied().chain([history::latest()]).collect();
    pages.into_iter().collect()
}

#[test]
fn every_page_has_thousands_of_sets() {
    let bases: Vec<Base> = BASES.iter().map(|base| base()).collect();
    // So many the claim speaks of.
    assert_eq!(bases.len(), 11);
    let mut all = 0;
    for month in CHANGES.iter() {
        let on_page = bases.iter().filter(|base| base.pages.contains(month));
        let sets: Vec<usize> = on_page.map(|base| count(&base.faults_on(month))).collect();
        println!("{month}: {} sets of faults from {} calls", sets.iter().sum::<usize>(), sets.len());
        assert!(sets.iter().any(|sets| *sets >= 4096), "{month}: {sets:?}");
        all += sets.iter().sum::<usize>();
    }
    println!("all pages: {all} sets of faults");
    assert!(all > 300_000, "{all} sets of faults");
    claims::hold("faults", all);
    for base in bases {
        for month in base.pages {
            assert!(CHANGES.contains(&month), "{}: no page is of {month}", base.name);
        }
    }
}

/// A rule without a fault on a page is not met in the company of others there.
#[test]
fn every_rule_has_a_fault_on_its_first_page_and_on_the_newest() {
    let bases: Vec<Base> = BASES.iter().map(|base| base()).collect();
    for rule in RULES {
        for month in [rule.first_seen, history::latest()] {
            let has_every_parameter = LATER_PARAMETERS.iter().all(|(name, _)| is_known(name, page(month)));
            if !rule.is_on(page(month)) || (rule.id == "parameter-known" && has_every_parameter) {
                continue;
            }
            let is_caused = bases.iter().filter(|base| base.pages.contains(&month)).any(|base| {
                let mut faults = base.faults_on(month).into_iter();
                faults.any(|fault| fault.causes.iter().any(|caused| caused.0 == rule.id))
            });
            assert!(is_caused, "no fault of a base that runs in {month} causes `{}`", rule.id);
        }
    }
}

const ID: &str = "img-o3ycss2p";
const OTHER_ID: &str = "img-7q1xk02z";

fn world(regions: &[&str], source: Option<&str>, destinations: &[&str]) -> World {
    let mut request = SyncRequest::new(ID, destinations.iter().copied());
    request.region = source.map(str::to_owned);
    let mut image = Image::new("ap-guangzhou", ID);
    image.image_size = Some(49);
    World {
        request,
        regions: regions.iter().copied().map(Region::new).collect(),
        images: vec![image],
        quota: AccountQuota::default(),
        routes: Vec::new(),
        regions_complete: true,
    }
}

const VERSION_MISSING: Fault = fault(
    "version missing",
    &["Version"],
    |world| world.request.version = None,
    &[("version-required", "MissingParameter", "Version")],
);
const VERSION_WRONG: Fault = fault(
    "version wrong",
    &["Version"],
    |world| world.request.version = Some("2017-03-21".to_owned()),
    &[("version-supported", "NoSuchVersion", "Version")],
);
const DRY_RUN: Fault = fault(
    "dry run",
    &["DryRun"],
    |world| world.request.dry_run = Some(false),
    &[("parameter-known", "UnknownParameter", "DryRun")],
);
const LATER: Fault = fault(
    "all other later parameters",
    &["ImageName", "ImageSetRequired", "Encrypt", "KmsKeyId"],
    |world| {
        world.request.image_name = Some(String::new());
        world.request.image_set_required = Some(true);
        world.request.encrypt = Some(false);
        world.request.kms_key_id = Some("key".to_owned());
    },
    &[
        ("parameter-known", "UnknownParameter", "ImageName"),
        ("parameter-known", "UnknownParameter", "ImageSetRequired"),
        ("parameter-known", "UnknownParameter", "Encrypt"),
        ("parameter-known", "UnknownParameter", "KmsKeyId"),
    ],
);
const NOT_CUSTOM: Fault = fault(
    "not custom",
    &["ImageType"],
    |world| world.image("ap-guangzhou", ID).image_type = Some(ImageType::PUBLIC_IMAGE),
    &[("image-custom", "InvalidParameterValue", "ImageIds.0")],
);
const BUSY: Fault = fault(
    "busy",
    &["ImageState"],
    |world| world.image("ap-guangzhou", ID).image_state = Some(ImageState::SYNCING),
    &[("image-state-normal", "InvalidImageId.IncorrectState", "ImageIds.0")],
);
const TOO_LARGE: Fault = fault(
    "too large",
    &["ImageSize"],
    |world| world.image("ap-guangzhou", ID).image_size = Some(50),
    &[("image-size", "InvalidImageId.TooLarge", "ImageIds.0")],
);
const SECOND_GOOD: Fault = fault(
    "second image",
    &["ImageIds.1"],
    |world| {
        let mut image = Image::new("ap-guangzhou", OTHER_ID);
        image.image_size = Some(1);
        world.images.push(image);
        world.request.image_ids.push(OTHER_ID.to_owned());
    },
    &[("image-single", "InvalidParameterValue", "ImageIds")],
);
const SECOND_MALFORMED: Fault = fault(
    "second image malformed",
    &["ImageIds.1"],
    |world| world.request.image_ids.push("img-7q1xk02".to_owned()),
    &[
        ("image-single", "InvalidParameterValue", "ImageIds"),
        ("image-id-format", "InvalidImageId.Malformed", "ImageIds.1"),
    ],
);

/// The call names its source, and three destinations.
fn region_sent_and_three_destinations() -> Base {
    let base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu"],
        Some("ap-guangzhou"),
        &["ap-shanghai", "ap-beijing", "ap-chengdu"],
    );
    let faults = vec![
        VERSION_MISSING,
        VERSION_WRONG,
        DRY_RUN,
        NOT_CUSTOM,
        TOO_LARGE,
        SECOND_MALFORMED,
        fault(
            "second image is the first",
            &["ImageIds.1"],
            |world| world.request.image_ids.push(world.request.image_ids[0].clone()),
            &[("image-single", "InvalidParameterValue", "ImageIds")],
        )
        .repeats("ImageIds.0", "ImageIds.1"),
        fault(
            "image malformed",
            &["ImageIds.0"],
            // Before the second image is the first: what is repeated is then the malformed one.
            |world| {
                for id in &mut world.request.image_ids {
                    if id == ID {
                        ID.to_uppercase().clone_into(id);
                    }
                }
            },
            &[("image-id-format", "InvalidImageId.Malformed", "ImageIds.0")],
        )
        .hides(&["not custom", "too large", "image not there"]),
        fault(
            "image not there",
            &["Images"],
            |world| world.images.retain(|image| image.image_id != ID),
            &[("image-exists", "InvalidImageId.NotFound", "ImageIds.0")],
        )
        .hides(&["not custom", "too large"]),
        fault(
            "source unknown",
            &["Region"],
            |world| world.request.region = Some("guangzhou".to_owned()),
            &[("source-region-supported", "UnsupportedRegion", "Region")],
        )
        .hides(&[
            "not custom",
            "too large",
            "image not there",
            "second is the source",
            "route blocked",
        ]),
        fault(
            "route blocked",
            &["BlockedRoutes"],
            |world| world.block("ap-guangzhou", "ap-shanghai"),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "first closed",
            &["ap-shanghai RegionState"],
            |world| world.region("ap-shanghai").region_state = Some(RegionState::UNAVAILABLE),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            // On every page.
            "first full",
            &["ap-shanghai quota"],
            |world| world.region_quota("ap-shanghai").used = Used::Count(500),
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "second is the source",
            &["DestinationRegions.1"],
            |world| "ap-guangzhou".clone_into(&mut world.request.destination_regions[1]),
            &[("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.1")],
        ),
        fault(
            "third unknown",
            &["DestinationRegions.2"],
            |world| "ap-chengdu-1".clone_into(&mut world.request.destination_regions[2]),
            &[("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.2")],
        ),
    ];
    let dated = vec![
        Dated { since: "2022-08", by: "not custom", hides: "second is the source", unless: &[] },
        Dated { since: "2022-08", by: "image malformed", hides: "second is the source", unless: &[] },
        Dated { since: "2022-08", by: "image not there", hides: "second is the source", unless: &[] },
    ];
    Base {
        name: "region sent, three destinations",
        pages: and_latest(&["2017-03", "2021-06", "2022-09", "2023-08"]),
        world: base,
        faults,
        dated,
    }
}

/// The call does not name its source: the image says where it is. One destination.
fn region_not_sent_and_one_destination() -> Base {
    let base = world(&["ap-guangzhou", "ap-shanghai", "chongqing"], None, &["ap-shanghai"]);
    let faults = vec![
        VERSION_MISSING,
        VERSION_WRONG,
        fault(
            "not in a header either",
            &["Region"],
            |world| world.request.has_no_region = true,
            &[("region-required", "MissingParameter", "Region")],
        ),
        DRY_RUN,
        LATER,
        NOT_CUSTOM,
        BUSY,
        TOO_LARGE,
        SECOND_MALFORMED,
        fault(
            "image malformed",
            &["ImageIds"],
            |world| "img-o3ycss2P".clone_into(&mut world.request.image_ids[0]),
            &[("image-id-format", "InvalidImageId.Malformed", "ImageIds.0")],
        )
        // Nothing says where the source is, so nothing hangs on it.
        .hides(&["not custom", "busy", "too large", "route blocked", "destination is the source"]),
        fault(
            "image missing",
            &["ImageIds", "ImageIds.1"],
            |world| world.request.image_ids.clear(),
            &[("image-required", "MissingParameter", "ImageIds")],
        )
        .hides(&["not custom", "busy", "too large", "route blocked", "destination is the source"]),
        fault(
            "route blocked",
            &["BlockedRoutes"],
            |world| world.block("ap-guangzhou", "ap-shanghai"),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "no sync",
            &["ap-shanghai ImageSync"],
            |world| world.region("ap-shanghai").image_sync = Some(false),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "full on the way",
            &["ap-shanghai quota"],
            |world| world.region_quota("ap-shanghai").in_flight = 500,
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "destination is the source",
            &["DestinationRegions"],
            |world| "ap-guangzhou".clone_into(&mut world.request.destination_regions[0]),
            &[("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        )
        .hides(&["route blocked", "no sync", "full on the way"]),
        fault(
            "destination unknown",
            &["DestinationRegions"],
            |world| "sh".clone_into(&mut world.request.destination_regions[0]),
            &[("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.0")],
        )
        .hides(&["route blocked", "no sync", "full on the way"]),
        fault(
            "destination missing",
            &["DestinationRegions", "DestinationRegions.1"],
            |world| world.request.destination_regions.clear(),
            &[("destination-required", "MissingParameter", "DestinationRegions")],
        )
        .hides(&["route blocked", "no sync", "full on the way"]),
        fault(
            "destination twice",
            &["DestinationRegions.1"],
            // Whatever the first one is by now.
            |world| world.request.destination_regions.push(world.request.destination_regions[0].clone()),
            &[("destination-unique", "InvalidParameterValue", "DestinationRegions.1")],
        ),
    ];
    let dated =
        vec![Dated { since: "2022-08", by: "not custom", hides: "destination is the source", unless: &[] }];
    Base {
        name: "region not sent, one destination",
        pages: and_latest(&["2017-03", "2021-06", "2021-09", "2022-04", "2022-11"]),
        world: base,
        faults,
        dated,
    }
}

/// One place is left in every destination; faults take it, each in another way. Three times, for
/// the number of places that the page gives grew twice.
fn tight_quota_of_ten() -> Base {
    tight_quota(&["2017-03", "2021-06"], 10)
}

fn tight_quota_of_fifty() -> Base {
    tight_quota(&["2023-08"], 50)
}

fn tight_quota_of_five_hundred() -> Base {
    tight_quota(&["2024-02"], 500)
}

fn tight_quota_of_the_newest_page() -> Base {
    tight_quota(&[history::latest()], history::quota(Edition::LATEST))
}

fn tight_quota(pages: &[&'static str], documented: u64) -> Base {
    let mut base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu", "chongqing"],
        None,
        &["ap-shanghai", "ap-beijing", "ap-chengdu", "chongqing"],
    );
    // All but one of the documented number; one of two, and a public image that takes no place; two
    // of the region's own three; four of five with those on their way.
    base.region_quota("ap-shanghai").used = Used::Count(documented - 1);
    for (n, image_type) in [ImageType::PRIVATE_IMAGE, ImageType::PUBLIC_IMAGE].into_iter().enumerate() {
        let image = Image::new("ap-beijing", format!("img-listed0{n}"));
        base.images.push(image.with_image_type(image_type));
    }
    base.region_quota("ap-beijing").image_num_quota = QuotaLimit::Count(2);
    base.region_quota("ap-chengdu").used = Used::Count(2);
    base.region_quota("ap-chengdu").image_num_quota = QuotaLimit::Count(3);
    base.region_quota("chongqing").used = Used::Count(1);
    base.region_quota("chongqing").in_flight = 3;
    base.region_quota("chongqing").image_num_quota = QuotaLimit::Count(5);
    let faults = vec![
        VERSION_WRONG,
        BUSY,
        // Two images are one fault of the request, not one more place taken.
        SECOND_GOOD,
        fault(
            "first: one more used",
            &["ap-shanghai Used"],
            |world| match &mut world.region_quota("ap-shanghai").used {
                Used::Count(count) => *count += 1,
                used => panic!("{used:?}"),
            },
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "first: one on its way",
            &["ap-shanghai InFlight"],
            |world| world.region_quota("ap-shanghai").in_flight = 1,
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "account: nine",
            &["account ImageNumQuota"],
            // The other regions have numbers of their own.
            |world| world.quota.image_num_quota = QuotaLimit::Count(9),
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "second: one more listed",
            &["ap-beijing Images"],
            |world| world.images.push(Image::new("ap-beijing", "img-listed02")),
            &[("image-quota", "LimitExceeded", "DestinationRegions.1")],
        ),
        fault(
            "second: the public one is custom",
            &["ap-beijing ImageType"],
            |world| {
                let image = world.images.iter_mut().find(|image| image.image_id == "img-listed01").unwrap();
                image.image_type = Some(ImageType::PRIVATE_IMAGE);
            },
            &[("image-quota", "LimitExceeded", "DestinationRegions.1")],
        ),
        fault(
            "third: room for two",
            &["ap-chengdu ImageNumQuota"],
            |world| world.region_quota("ap-chengdu").image_num_quota = QuotaLimit::Count(2),
            &[("image-quota", "LimitExceeded", "DestinationRegions.2")],
        ),
        fault(
            "third: no sync",
            &["ap-chengdu ImageSync"],
            |world| world.region("ap-chengdu").image_sync = Some(false),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.2")],
        ),
        fault(
            "fourth: one more on its way",
            &["chongqing InFlight"],
            |world| world.region_quota("chongqing").in_flight = 4,
            &[("image-quota", "LimitExceeded", "DestinationRegions.3")],
        ),
        fault(
            "fourth: room for none",
            &["chongqing ImageNumQuota"],
            |world| world.region_quota("chongqing").image_num_quota = QuotaLimit::Count(0),
            &[("image-quota", "LimitExceeded", "DestinationRegions.3")],
        ),
        fault(
            "third region is gone",
            &["ap-chengdu"],
            // Taking it out takes its quota along, so it comes after what edits that.
            |world| world.forget_region("ap-chengdu"),
            &[("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.2")],
        )
        .hides(&["third: room for two", "third: no sync"]),
        fault(
            "first two are one",
            &["DestinationRegions.1"],
            |world| "ap-shanghai".clone_into(&mut world.request.destination_regions[1]),
            &[("destination-unique", "InvalidParameterValue", "DestinationRegions.1")],
        )
        .hides(&["second: one more listed", "second: the public one is custom"]),
    ];
    Base { name: "tight quota", pages: pages.to_vec(), world: base, faults, dated: Vec::new() }
}

/// Much is not known, so that the call is accepted with open questions; what is known to be
/// wrong is still reported.
fn a_state_with_unknowns() -> Base {
    let mut base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu"],
        Some("ap-guangzhou"),
        &["ap-shanghai", "ap-beijing", "ap-chengdu"],
    );
    for region in &mut base.regions {
        region.images_complete = false;
    }
    let image = base.image("ap-guangzhou", ID);
    image.image_type = None;
    image.image_state = None;
    image.image_size = None;
    base.region("ap-shanghai").region_state = None;
    base.region("ap-beijing").image_sync = None;
    base.region_quota("ap-shanghai").used = Used::Unknown;
    base.region_quota("ap-shanghai").image_num_quota = QuotaLimit::Count(2);
    base.region_quota("ap-beijing").image_num_quota = QuotaLimit::Count(10);
    let faults = vec![
        DRY_RUN,
        LATER,
        NOT_CUSTOM,
        BUSY,
        TOO_LARGE,
        SECOND_GOOD,
        fault(
            "image surely not there",
            &["Images"],
            |world| {
                world.images.retain(|image| image.image_id != ID);
                world.region("ap-guangzhou").images_complete = true;
            },
            &[("image-exists", "InvalidImageId.NotFound", "ImageIds.0")],
        )
        .hides(&["not custom", "busy", "too large"]),
        fault(
            "source empty",
            &["Region"],
            |world| world.request.region = Some(String::new()),
            &[("source-region-supported", "UnsupportedRegion", "Region")],
        )
        .hides(&[
            "not custom",
            "busy",
            "too large",
            "image surely not there",
            "first: route blocked",
            "third is the source",
        ]),
        fault(
            "first: route blocked",
            &["BlockedRoutes"],
            |world| world.block("ap-guangzhou", "ap-shanghai"),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "first: no sync",
            &["ap-shanghai ImageSync"],
            |world| world.region("ap-shanghai").image_sync = Some(false),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "first: full of what is on its way",
            &["ap-shanghai InFlight"],
            |world| world.region_quota("ap-shanghai").in_flight = 2,
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "second: closed",
            &["ap-beijing RegionState"],
            |world| world.region("ap-beijing").region_state = Some(RegionState::from("CLOSED")),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.1")],
        ),
        fault(
            "second: full of what is listed",
            &["ap-beijing Images"],
            |world| {
                for n in 0..10 {
                    world.images.push(Image::new("ap-beijing", format!("img-listed0{n}")));
                }
            },
            &[("image-quota", "LimitExceeded", "DestinationRegions.1")],
        ),
        fault(
            "third is the source",
            &["DestinationRegions.2"],
            |world| "ap-guangzhou".clone_into(&mut world.request.destination_regions[2]),
            &[("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.2")],
        ),
        fault(
            "third is the first",
            &["DestinationRegions.2"],
            |world| "ap-shanghai".clone_into(&mut world.request.destination_regions[2]),
            &[("destination-unique", "InvalidParameterValue", "DestinationRegions.2")],
        ),
    ];
    let dated =
        vec![Dated { since: "2022-08", by: "", hides: "third is the source", unless: &["second image"] }];
    Base {
        name: "a state with unknowns",
        pages: and_latest(&["2017-03", "2022-04", "2022-08", "2024-10"]),
        world: base,
        faults,
        dated,
    }
}

/// The image is listed in two regions, and the call does not say which: what
/// both records say is sure.
fn one_of_two_sources() -> Base {
    let mut base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu", "ap-seoul"],
        None,
        &["ap-beijing", "ap-chengdu", "ap-seoul"],
    );
    base.images.push(Image::new("ap-shanghai", ID).with_image_size(20));
    // One of the two says so already, in each of these, and that alone decides nothing.
    base.image("ap-guangzhou", ID).image_type = Some(ImageType::SHARED_IMAGE);
    base.image("ap-shanghai", ID).image_state = Some(ImageState::CREATING);
    base.image("ap-guangzhou", ID).image_size = Some(100);
    base.block("ap-guangzhou", "ap-beijing");
    let faults = vec![
        VERSION_MISSING,
        DRY_RUN,
        LATER,
        fault(
            "not custom in the other region either",
            &["ImageType"],
            |world| world.image("ap-shanghai", ID).image_type = Some(ImageType::MARKET_IMAGE),
            &[("image-custom", "InvalidParameterValue", "ImageIds.0")],
        ),
        fault(
            "busy in both",
            &["ImageState"],
            |world| world.image("ap-guangzhou", ID).image_state = Some(ImageState::IMPORTFAILED),
            &[("image-state-normal", "InvalidImageId.IncorrectState", "ImageIds.0")],
        ),
        fault(
            "too large in both",
            &["ImageSize"],
            |world| world.image("ap-shanghai", ID).image_size = Some(50),
            &[("image-size", "InvalidImageId.TooLarge", "ImageIds.0")],
        ),
        SECOND_MALFORMED,
        fault(
            "first: blocked from both",
            &["BlockedRoutes"],
            |world| world.block("ap-shanghai", "ap-beijing"),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "first: full",
            &["ap-beijing quota"],
            |world| world.region_quota("ap-beijing").image_num_quota = QuotaLimit::Count(0),
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "second: no sync",
            &["ap-chengdu ImageSync"],
            |world| world.region("ap-chengdu").image_sync = Some(false),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.1")],
        ),
        fault(
            "second: full",
            &["ap-chengdu quota"],
            |world| world.region_quota("ap-chengdu").used = Used::Count(u64::MAX),
            &[("image-quota", "LimitExceeded", "DestinationRegions.1")],
        ),
        fault(
            "third unknown",
            &["DestinationRegions.2"],
            |world| "AP-SEOUL".clone_into(&mut world.request.destination_regions[2]),
            &[("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.2")],
        ),
        fault(
            "image malformed",
            &["ImageIds.0"],
            |world| format!("{ID} ").clone_into(&mut world.request.image_ids[0]),
            &[("image-id-format", "InvalidImageId.Malformed", "ImageIds.0")],
        )
        .hides(&[
            "not custom in the other region either",
            "busy in both",
            "too large in both",
            "first: blocked from both",
        ]),
    ];
    let dated =
        vec![Dated { since: "2022-08", by: "", hides: "not custom in the other region either", unless: &[] }];
    Base { name: "one of two sources", pages: CHANGES.to_vec(), world: base, faults, dated }
}

const ENCRYPTED: Fault = fault(
    "encrypted",
    &["Encrypted"],
    |world| world.image("ap-guangzhou", ID).encrypted = Some(true),
    &[("image-encrypted", "UnsupportedOperation.EncryptedImagesNotSupported", "ImageIds.0")],
);
/// Before the names that meet it, which take it as it is by then.
const NAME_TOO_LONG: Fault = fault(
    "name too long",
    &["ImageName"],
    |world| world.request.image_name = Some("ö".repeat(61)),
    &[("image-name-length", "InvalidParameterValue", "ImageName")],
);

/// A custom image in this region that is called as the copies are to be.
fn add_namesake(world: &mut World, region: &str) {
    let mut image = Image::new(region, "img-namesake");
    image.image_name.clone_from(&world.request.image_name);
    world.images.push(image);
}

/// A copy of that name, on its way to this region.
fn send_namesake(world: &mut World, region: &str) {
    let name = world.request.image_name.clone();
    world.on_its_way(region, &[name.as_deref()]);
}

/// The copies get a name, and nothing has it yet; since the page that lets a call give one.
fn a_copy_with_a_name() -> Base {
    let mut base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing"],
        Some("ap-guangzhou"),
        &["ap-shanghai", "ap-beijing"],
    );
    base.request.image_name = Some("copy".to_owned());
    base.image("ap-guangzhou", ID).image_name = Some("base".to_owned());
    // Two that have the name in vain: one where nothing is copied to, and one
    // that is no custom image.
    add_namesake(&mut base, "ap-guangzhou");
    add_namesake(&mut base, "ap-shanghai");
    base.image("ap-shanghai", "img-namesake").image_type = Some(ImageType::SHARED_IMAGE);
    let faults = vec![
        VERSION_WRONG,
        fault(
            "set required",
            &["ImageSetRequired"],
            |world| world.request.image_set_required = Some(true),
            &[("parameter-known", "UnknownParameter", "ImageSetRequired")],
        ),
        NOT_CUSTOM,
        fault(
            "shared",
            &["ImageType"],
            |world| world.image("ap-guangzhou", ID).image_type = Some(ImageType::SHARED_IMAGE),
            &[
                ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.0"),
                ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1"),
            ],
        ),
        ENCRYPTED,
        NAME_TOO_LONG,
        fault(
            "taken in the first",
            &["ap-shanghai Images"],
            |world| {
                let mut image = Image::new("ap-shanghai", "img-namesake1");
                image.image_name.clone_from(&world.request.image_name);
                world.images.push(image);
            },
            &[("image-name-unique", "InvalidImageName.Duplicate", "ImageName")],
        ),
        fault(
            "on its way to the second",
            &["ap-beijing quota"],
            |world| send_namesake(world, "ap-beijing"),
            &[("image-name-unique", "InvalidImageName.Duplicate", "ImageName")],
        ),
        fault(
            "first closed",
            &["ap-shanghai RegionState"],
            |world| world.region("ap-shanghai").region_state = Some(RegionState::UNAVAILABLE),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "first full",
            &["ap-shanghai quota"],
            |world| world.region_quota("ap-shanghai").used = Used::Count(500),
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "first unknown",
            &["DestinationRegions.0"],
            |world| "sh".clone_into(&mut world.request.destination_regions[0]),
            &[("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.0")],
        )
        .hides(&["first closed", "first full", "taken in the first", "shared@DestinationRegions.0"]),
        fault(
            "second is the source",
            &["DestinationRegions.1"],
            |world| "ap-guangzhou".clone_into(&mut world.request.destination_regions[1]),
            &[
                ("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.1"),
                // The one that had the name in vain, if it still has it.
                ("image-name-unique", "InvalidImageName.Duplicate", "ImageName"),
            ],
        )
        .hides(&["on its way to the second", "shared@DestinationRegions.1"]),
        SECOND_MALFORMED,
    ];
    let since = "2022-08";
    let dated = vec![
        Dated { since, by: "not custom", hides: "second is the source@destination-not-source", unless: &[] },
        Dated { since, by: "shared", hides: "second is the source@destination-not-source", unless: &[] },
        Dated {
            since: "",
            by: "name too long",
            hides: "second is the source@image-name-unique",
            unless: &[],
        },
    ];
    let pages = and_latest(&["2022-08", "2022-09", "2022-11", "2025-04"]);
    Base { name: "a copy with a name", pages, world: base, faults, dated }
}

/// The image of another account, to its own region and to no other; the call
/// does not say where that is.
fn a_shared_image_to_its_own_region() -> Base {
    let mut base = world(&["ap-guangzhou", "ap-shanghai"], None, &["ap-guangzhou"]);
    base.request.image_name = Some("copy".to_owned());
    let image = base.image("ap-guangzhou", ID);
    image.image_type = Some(ImageType::SHARED_IMAGE);
    // As long as the image is not a custom one itself, it does not take its own name; and as a
    // custom one it has another.
    image.image_name = Some("Copy".to_owned());
    let faults = vec![
        VERSION_MISSING,
        fault(
            "custom",
            &["ImageType"],
            |world| world.image("ap-guangzhou", ID).image_type = Some(ImageType::PRIVATE_IMAGE),
            &[("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        )
        .hides(&["to another as well", "to another that is full@destination-source-only"]),
        fault(
            "neither custom nor shared",
            &["ImageType"],
            |world| world.image("ap-guangzhou", ID).image_type = Some(ImageType::MARKET_IMAGE),
            &[("image-custom", "InvalidParameterValue", "ImageIds.0")],
        )
        .hides(&["to another as well", "to another that is full@destination-source-only"]),
        BUSY,
        ENCRYPTED,
        NAME_TOO_LONG,
        fault(
            "taken by an image there",
            &["ap-guangzhou Images"],
            |world| add_namesake(world, "ap-guangzhou"),
            &[("image-name-unique", "InvalidImageName.Duplicate", "ImageName")],
        ),
        fault(
            "taken by a copy on its way",
            &["ap-guangzhou InFlightNames"],
            |world| send_namesake(world, "ap-guangzhou"),
            &[("image-name-unique", "InvalidImageName.Duplicate", "ImageName")],
        ),
        fault(
            "route to itself blocked",
            &["BlockedRoutes"],
            |world| world.block("ap-guangzhou", "ap-guangzhou"),
            &[("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        ),
        fault(
            "full",
            &["ap-guangzhou Used"],
            |world| world.region_quota("ap-guangzhou").used = Used::Count(500),
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "to another as well",
            &["DestinationRegions.1"],
            |world| world.request.destination_regions.push("ap-shanghai".to_owned()),
            &[("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1")],
        ),
        fault(
            "to another that is full",
            &["DestinationRegions.1"],
            |world| {
                world.request.destination_regions.push("ap-shanghai".to_owned());
                world.region_quota("ap-shanghai").image_num_quota = QuotaLimit::Count(0);
            },
            &[
                ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1"),
                ("image-quota", "LimitExceeded", "DestinationRegions.1"),
            ],
        ),
        fault(
            "twice",
            &["DestinationRegions.1"],
            |world| world.request.destination_regions.push("ap-guangzhou".to_owned()),
            &[("destination-unique", "InvalidParameterValue", "DestinationRegions.1")],
        ),
        fault(
            "image malformed",
            &["ImageIds"],
            |world| format!("{ID}\n").clone_into(&mut world.request.image_ids[0]),
            &[("image-id-format", "InvalidImageId.Malformed", "ImageIds.0")],
        )
        // Nothing says where the source is, nor that the image is a shared one.
        .hides(&[
            "custom",
            "neither custom nor shared",
            "busy",
            "encrypted",
            "route to itself blocked",
            "to another as well",
            "to another that is full@destination-source-only",
        ]),
        fault(
            "image missing",
            &["ImageIds"],
            |world| world.request.image_ids.clear(),
            &[("image-required", "MissingParameter", "ImageIds")],
        )
        .hides(&[
            "custom",
            "neither custom nor shared",
            "busy",
            "encrypted",
            "route to itself blocked",
            "to another as well",
            "to another that is full@destination-source-only",
        ]),
    ];
    let pages = and_latest(&["2022-08", "2022-09", "2024-02", "2025-04"]);
    Base { name: "a shared image to its own region", pages, world: base, faults, dated: Vec::new() }
}

/// A copy that is to be encrypted: to the source region and to no other, whatever the image is.
fn a_copy_that_is_to_be_encrypted() -> Base {
    let mut base = world(&["ap-guangzhou", "ap-shanghai"], Some("ap-guangzhou"), &["ap-guangzhou"]);
    base.request.image_name = Some("copy".to_owned());
    base.request.encrypt = Some(true);
    base.request.kms_key_id = Some("0a1b2c3d-4e5f-6789-abcd-ef0123456789".to_owned());
    let faults = vec![
        fault(
            "not custom",
            &["ImageType"],
            |world| world.image("ap-guangzhou", ID).image_type = Some(ImageType::PUBLIC_IMAGE),
            &[("image-custom", "InvalidParameterValue", "ImageIds.0")],
        )
        .hides(&["not to be encrypted"]),
        ENCRYPTED,
        NAME_TOO_LONG,
        fault(
            "taken by an image there",
            &["ap-guangzhou Images"],
            |world| add_namesake(world, "ap-guangzhou"),
            &[("image-name-unique", "InvalidImageName.Duplicate", "ImageName")],
        ),
        fault(
            "taken by a copy on its way",
            &["ap-guangzhou InFlightNames"],
            |world| send_namesake(world, "ap-guangzhou"),
            &[("image-name-unique", "InvalidImageName.Duplicate", "ImageName")],
        ),
        fault(
            "full",
            &["ap-guangzhou Used"],
            |world| world.region_quota("ap-guangzhou").used = Used::Count(500),
            &[("image-quota", "LimitExceeded", "DestinationRegions.0")],
        ),
        fault(
            "key empty",
            &["KmsKeyId"],
            |world| world.request.kms_key_id = Some(String::new()),
            &[("kms-key-format", "InvalidParameter.InvalidKmsKeyId", "KmsKeyId")],
        ),
        fault(
            "key by its alias",
            &["KmsKeyId"],
            |world| world.request.kms_key_id = Some("alias/base-images".to_owned()),
            &[("kms-key-format", "InvalidParameter.InvalidKmsKeyId", "KmsKeyId")],
        ),
        fault(
            "to another as well",
            &["DestinationRegions.1"],
            |world| world.request.destination_regions.push("ap-shanghai".to_owned()),
            &[("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1")],
        ),
        fault(
            "to another that is full",
            &["DestinationRegions.1"],
            |world| {
                world.request.destination_regions.push("ap-shanghai".to_owned());
                world.region_quota("ap-shanghai").image_num_quota = QuotaLimit::Count(0);
            },
            &[
                ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1"),
                ("image-quota", "LimitExceeded", "DestinationRegions.1"),
            ],
        ),
        fault(
            "not to be encrypted",
            &["Encrypt"],
            |world| world.request.encrypt = Some(false),
            &[("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.0")],
        )
        .hides(&[
            "key empty",
            "key by its alias",
            "to another as well",
            "to another that is full@destination-source-only",
        ]),
        fault(
            "image not there",
            &["Images"],
            |world| world.images.retain(|image| image.image_id != ID),
            &[("image-exists", "InvalidImageId.NotFound", "ImageIds.0")],
        )
        // A copy that is to be encrypted stays, whatever it is a copy of.
        .hides(&["not custom", "encrypted", "not to be encrypted"]),
        fault(
            "source unknown",
            &["Region"],
            |world| world.request.region = Some("gz".to_owned()),
            &[("source-region-supported", "UnsupportedRegion", "Region")],
        )
        .hides(&[
            "not custom",
            "encrypted",
            "image not there",
            "not to be encrypted",
            "to another as well",
            "to another that is full@destination-source-only",
        ]),
        SECOND_MALFORMED,
    ];
    let pages = and_latest(&["2024-10", "2025-04"]);
    Base { name: "a copy that is to be encrypted", pages, world: base, faults, dated: Vec::new() }
}
