//! Faults in every combination.
//!
//! From calls that are accepted, every set of faults that can be made together is made, and the full list of violations
//! is compared with what the faults, by hand, are said to cause. Neither the library nor the oracle has a part in that
//! list: a fault carries its violations and the names of the faults that it hides (an image that cannot be found is not
//! also too large). The oracle is asked too, so three say the same or the test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how much it covered"
)]

mod oracle;
mod support;

use std::collections::BTreeSet;

use oracle::{Verdict, judge};
use presync::{
    AccountQuota, Edition, Image, ImageState, ImageType, Region, RegionState, Ruleset, SyncRequest, Used,
};
use support::world::World;

/// The order of the rules: violations come in it.
const ORDER: [&str; 17] = [
    "version-required",
    "version-supported",
    "source-region-supported",
    "parameter-known",
    "image-required",
    "image-single",
    "image-id-format",
    "image-exists",
    "image-custom",
    "image-state-normal",
    "image-size",
    "destination-required",
    "destination-exists",
    "destination-available",
    "destination-not-source",
    "destination-unique",
    "image-quota",
];

/// The order of the later parameters within `parameter-known`, and of everything else within its rule.
const PARAMETERS: [&str; 16] = [
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

/// Rule, code, parameter.
type Caused = (&'static str, &'static str, &'static str);

/// One small edit.
struct Fault {
    name: &'static str,
    /// What it edits. Two faults that edit the same thing cannot be made together.
    touches: &'static [&'static str],
    edit: fn(&mut World),
    /// What it causes when nothing hides it.
    causes: &'static [Caused],
    /// The faults, by name, whose violations are not reported beside it.
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

/// What these faults together cause.
fn expected(faults: &[&Fault], used: &mut BTreeSet<(&'static str, &'static str)>) -> Vec<Caused> {
    let mut all: Vec<Caused> = Vec::new();
    for fault in faults {
        let mut hidden = false;
        for other in faults {
            if other.hides.contains(&fault.name) {
                hidden = true;
                used.insert((other.name, fault.name));
            }
        }
        if !hidden {
            all.extend(fault.causes);
        }
    }
    for (from, to) in faults.iter().filter_map(|fault| fault.repeats) {
        let again: Vec<Caused> =
            all.iter().filter(|caused| caused.2 == from).map(|c| (c.0, c.1, to)).collect();
        all.extend(again);
    }
    // A rule speaks once of a parameter, however many of its faults there are.
    all.sort_by_key(|caused| {
        let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap();
        (place(&ORDER, caused.0), place(&PARAMETERS, caused.2))
    });
    all.dedup();
    all
}

/// Every set of faults that go together.
fn subsets(faults: &[Fault]) -> Vec<Vec<&Fault>> {
    let mut all: Vec<Vec<&Fault>> = vec![Vec::new()];
    for fault in faults {
        for place in 0..all.len() {
            if all[place].iter().all(|other| other.goes_with(fault)) {
                let mut with = all[place].clone();
                with.push(fault);
                all.push(with);
            }
        }
    }
    all
}

fn run(name: &str, base: &World, faults: &[Fault]) {
    let names: BTreeSet<&str> = faults.iter().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults.len(), "{name}: two faults of one name");
    for fault in faults {
        assert!(!fault.causes.is_empty(), "{name}: `{}` is no fault", fault.name);
        for hidden in fault.hides {
            assert!(names.contains(hidden), "{name}: `{}` hides `{hidden}`", fault.name);
        }
    }

    let rules = Ruleset::default();
    let all = subsets(faults);
    let mut used = BTreeSet::new();
    for subset in &all {
        let mut world = base.clone();
        for fault in subset {
            (fault.edit)(&mut world);
        }
        let state = world.state();
        let report = rules.check(&world.request, &state);
        let says = Verdict::of(&report);
        let got: Vec<(&str, &str, &str)> =
            says.violations.iter().map(|(rule, code, parameter)| (&**rule, &**code, &**parameter)).collect();
        let made: Vec<&str> = subset.iter().map(|fault| fault.name).collect();
        assert_eq!(got, expected(subset, &mut used), "{name}: {made:?}");
        assert_eq!(says, judge(Edition::SEED, &world.request, &state), "{name}: {made:?}");
    }
    // What is said to hide something and never does is a slip in this file.
    for fault in faults {
        for hidden in fault.hides {
            assert!(used.contains(&(fault.name, hidden)), "{name}: `{}` never hides `{hidden}`", fault.name);
        }
    }
    println!("{name}: {} faults, {} sets of them", faults.len(), all.len());
    assert!(all.len() >= 4096, "{name}: only {} sets", all.len());
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
#[test]
fn region_sent_and_three_destinations() {
    let base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu"],
        Some("ap-guangzhou"),
        &["ap-shanghai", "ap-beijing", "ap-chengdu"],
    );
    let faults = [
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
            "first full",
            &["ap-shanghai quota"],
            |world| world.region_quota("ap-shanghai").used = Used::Count(10),
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
    run("region sent, three destinations", &base, &faults);
}

/// The call does not name its source: the image says where it is. One destination.
#[test]
fn region_not_sent_and_one_destination() {
    let base = world(&["ap-guangzhou", "ap-shanghai", "chongqing"], None, &["ap-shanghai"]);
    let faults = [
        VERSION_MISSING,
        VERSION_WRONG,
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
            |world| world.region_quota("ap-shanghai").in_flight = 10,
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
    run("region not sent, one destination", &base, &faults);
}

/// One place is left in every destination; faults take it, each in another way.
#[test]
fn tight_quota() {
    let mut base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu", "chongqing"],
        None,
        &["ap-shanghai", "ap-beijing", "ap-chengdu", "chongqing"],
    );
    // Nine of the documented ten; one of two, and a public image that takes no place; two of the region's own three;
    // four of five with those on their way.
    base.region_quota("ap-shanghai").used = Used::Count(9);
    for (n, image_type) in [ImageType::PRIVATE_IMAGE, ImageType::PUBLIC_IMAGE].into_iter().enumerate() {
        let mut image = Image::new("ap-beijing", format!("img-listed0{n}"));
        image.image_type = Some(image_type);
        base.images.push(image);
    }
    base.region_quota("ap-beijing").image_num_quota = Some(2);
    base.region_quota("ap-chengdu").used = Used::Count(2);
    base.region_quota("ap-chengdu").image_num_quota = Some(3);
    base.region_quota("chongqing").used = Used::Count(1);
    base.region_quota("chongqing").in_flight = 3;
    base.region_quota("chongqing").image_num_quota = Some(5);
    let faults = [
        VERSION_WRONG,
        BUSY,
        // Two images are one fault of the request, not one more place taken.
        SECOND_GOOD,
        fault(
            "first: one more used",
            &["ap-shanghai Used"],
            |world| world.region_quota("ap-shanghai").used = Used::Count(10),
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
            |world| world.quota.image_num_quota = Some(9),
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
            |world| world.region_quota("ap-chengdu").image_num_quota = Some(2),
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
            |world| world.region_quota("chongqing").image_num_quota = Some(0),
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
    run("tight quota", &base, &faults);
}

/// Much is not known, so that the call is accepted with open questions; what is known to be wrong is still reported.
#[test]
fn a_state_with_unknowns() {
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
    base.region_quota("ap-shanghai").image_num_quota = Some(2);
    let faults = [
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
    run("a state with unknowns", &base, &faults);
}

/// The image is listed in two regions, and the call does not say which: what both records say is sure.
#[test]
fn one_of_two_sources() {
    let mut base = world(
        &["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu", "ap-seoul"],
        None,
        &["ap-beijing", "ap-chengdu", "ap-seoul"],
    );
    base.images.push(Image::new("ap-shanghai", ID));
    // One of the two says so already, in each of these, and that alone decides nothing.
    base.image("ap-guangzhou", ID).image_type = Some(ImageType::SHARED_IMAGE);
    base.image("ap-shanghai", ID).image_state = Some(ImageState::CREATING);
    base.image("ap-guangzhou", ID).image_size = Some(100);
    base.block("ap-guangzhou", "ap-beijing");
    let faults = [
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
            |world| world.region_quota("ap-beijing").image_num_quota = Some(0),
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
    run("one of two sources", &base, &faults);
}
