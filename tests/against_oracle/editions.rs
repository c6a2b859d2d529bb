//! What changed from one page to the next: every dated change a month before it, in its
//! month and a month after it.
//!
//! What is expected is written out by hand from the history of the page, and the oracle is asked
//! too: three say the same or the test fails. At the end, generated calls are held against the
//! oracle in all of these months.

use std::collections::BTreeSet;

use presync::{
    AccountQuota, Edition, EditionError, Image, ImageState, ImageType, QuotaLimit, Region, RegionState,
};
use presync::{Report, Ruleset, State, SyncRequest, Used};

use crate::oracle::{Verdict, judge};
use crate::support::claims;
use crate::support::history::{self, around, months, page as edition};
use crate::support::world::World;

const GZ: &str = "ap-guangzhou";
const SH: &str = "ap-shanghai";
const BJ: &str = "ap-beijing";
const ID: &str = "img-o3ycss2p";
const OTHER_ID: &str = "img-7q1xk02z";
const THIRD_ID: &str = "img-00000000";

/// Rule, code, parameter.
type Caused = (&'static str, &'static str, &'static str);
/// Rule, parameter.
type Open = (&'static str, &'static str);
/// A month and what is said in it.
type Row<'a> = (&'a str, &'a [Caused], &'a [Open]);

const NOT_CUSTOM: Caused = ("image-custom", "InvalidParameterValue.InvalidImageId", "ImageIds.0");
const SEVERAL: Caused = ("image-single", "InvalidParameterValue.LimitExceeded", "ImageIds");
const TO_SOURCE: Caused = ("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.0");
const LEAVES: Caused = ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.0");
const SECOND_LEAVES: Caused =
    ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1");
const FULL: Caused = ("image-quota", "ImageQuotaLimitExceeded", "DestinationRegions.0");
const TAKEN: Caused = ("image-name-unique", "InvalidImageName.Duplicate", "ImageName");
const TOO_LONG: Caused = ("image-name-length", "InvalidParameterValue", "ImageName");
const ENCRYPTED: Caused =
    ("image-encrypted", "UnsupportedOperation.EncryptedImagesNotSupported", "ImageIds.0");
const NO_KEY: Caused = ("kms-key-format", "InvalidParameter.InvalidKmsKeyId", "KmsKeyId");
const NO_NAME_YET: Caused = ("parameter-known", "UnknownParameter", "ImageName");
const NO_ENCRYPT_YET: Caused = ("parameter-known", "UnknownParameter", "Encrypt");
const NO_KEY_YET: Caused = ("parameter-known", "UnknownParameter", "KmsKeyId");

const REGION_OPEN: Open = ("region-required", "Region");
const CUSTOM_OPEN: Open = ("image-custom", "ImageIds.0");
const TO_SOURCE_OPEN: Open = ("destination-not-source", "DestinationRegions.0");
const LEAVES_OPEN: Open = ("destination-source-only", "DestinationRegions.0");
const ROOM_OPEN: Open = ("image-quota", "DestinationRegions.0");
const TAKEN_OPEN: Open = ("image-name-unique", "ImageName");
const ENCRYPTED_OPEN: Open = ("image-encrypted", "ImageIds.0");

/// Three ordinary regions, an ordinary image in the first, and a call that copies it to the second.
fn world() -> World {
    World {
        request: SyncRequest::new(ID, [SH]),
        regions: [GZ, SH, BJ].map(Region::new).into(),
        images: vec![image(GZ, ID)],
        quota: AccountQuota::default(),
        routes: Vec::new(),
        regions_complete: true,
    }
}

/// A custom image in the ordinary case, called `base`.
fn image(region: &str, id: &str) -> Image {
    let mut image = Image::new(region, id);
    image.image_name = Some("base".to_owned());
    image.image_size = Some(49);
    image
}

fn with(edit: impl FnOnce(&mut World)) -> World {
    world().with(edit)
}

fn to(world: &mut World, destinations: &[&str]) {
    world.request.destination_regions = destinations.iter().map(|name| (*name).to_owned()).collect();
}

fn check(edition: Edition, world: &World) -> Report {
    Ruleset::documented(edition).check(&world.request, &world.state())
}

/// Library, oracle and this file say the same.
///
/// A call that does not say its region leaves that unverified, from 2021-06 on: that is
/// not written out each time.
#[track_caller]
fn says(month: &str, world: &World, violations: &[Caused], unverified: &[Open]) {
    let says_no_region = world.request.region.is_none() && !world.request.has_no_region;
    let is_region_open = says_no_region && edition(month) >= edition("2021-06");
    let unverified = is_region_open.then_some(&REGION_OPEN).into_iter().chain(unverified);
    let expected = Verdict {
        violations: violations
            .iter()
            .map(|(rule, code, parameter)| ((*rule).to_owned(), (*code).to_owned(), (*parameter).to_owned()))
            .collect(),
        unverified: unverified
            .map(|(rule, parameter)| ((*rule).to_owned(), (*parameter).to_owned()))
            .collect(),
    };
    let oracle = judge(edition(month), &world.request, &world.state());
    assert_eq!(oracle, expected, "the oracle, {month}: {world:#?}");
    let report = check(edition(month), world);
    assert_eq!(Verdict::of(&report), expected, "the library, {month}: {world:#?}");
    assert_eq!(report.edition(), edition(month));
}

#[track_caller]
fn table(world: &World, rows: &[Row<'_>]) {
    for (month, violations, unverified) in rows {
        says(month, world, violations, unverified);
    }
}

/// The same in all of these months.
#[track_caller]
fn all(months: &[&str], world: &World, violations: &[Caused], unverified: &[Open]) {
    for month in months {
        says(month, world, violations, unverified);
    }
}

#[test]
fn latest_is_a_word_for_the_newest_page() {
    assert_eq!("latest".parse(), Ok(Edition::LATEST));
    assert_eq!(history::latest().parse(), Ok(Edition::LATEST));
    assert_eq!(Edition::LATEST.to_string(), history::latest());
    assert_eq!("2025-04".parse(), Ok(Edition::new(2025, 4).unwrap()));
    for text in ["Latest", "LATEST", "latest ", ""] {
        assert!(matches!(text.parse::<Edition>(), Err(EditionError::Malformed)), "{text:?}");
    }
}

#[test]
fn any_month_from_the_first_page_on_is_an_edition() {
    for text in ["2017-03", "2017-04", "2021-12", "2024-02", "2025-04", "2025-05", "2030-01", "9999-12"] {
        assert_eq!(text.parse::<Edition>().unwrap().to_string(), text);
        assert_eq!(text.parse(), Ok(edition(text)));
    }
    let error = "2017-02".parse::<Edition>().unwrap_err();
    assert!(matches!(error, EditionError::BeforeFirst { .. }), "{error:?}");
    assert!(edition("2021-12") < edition("2022-01") && edition("2022-01") < edition("2022-02"));
}

/// A month that is still to come is held to the newest page, and the report says the
/// month that was asked for.
#[test]
fn a_month_after_the_newest_page_is_held_to_it() {
    let world = with(|world| {
        world.request.image_name = Some("x".repeat(61));
        world.image(GZ, ID).encrypted = Some(true);
        to(world, &[GZ]);
    });
    let violations = [TO_SOURCE, TOO_LONG, ENCRYPTED];
    let [_, latest, after] = around(Edition::LATEST).map(|month| month.to_string());
    all(&[&latest, &after, "9999-12"], &world, &violations, &[]);
    let report = check(edition("9999-12"), &world);
    assert_eq!(report.edition().to_string(), "9999-12");
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.starts_with(r#"{"edition":"9999-12","accepted":false,"#), "{json}");
}

#[test]
fn the_months_are_those_around_the_changes() {
    let months: Vec<String> = months().iter().map(ToString::to_string).collect();
    // The changes that are known today; others come after them.
    assert_eq!(
        months[..29],
        [
            "2017-03", "2017-04", "2021-05", "2021-06", "2021-07", "2021-08", "2021-09", "2021-10",
            "2022-03", "2022-04", "2022-05", "2022-07", "2022-08", "2022-09", "2022-10", "2022-11",
            "2022-12", "2023-07", "2023-08", "2023-09", "2024-01", "2024-02", "2024-03", "2024-09",
            "2024-10", "2024-11", "2025-03", "2025-04", "2025-05",
        ]
    );
}

/// A change in a January or a December has neighbours in another year.
#[test]
fn the_months_around_the_turn_of_a_year_are_in_two_years() {
    for (month, expected) in [
        ("2023-01", ["2022-12", "2023-01", "2023-02"]),
        ("2022-12", ["2022-11", "2022-12", "2023-01"]),
        ("2017-04", ["2017-03", "2017-04", "2017-05"]),
        ("2017-03", ["2017-03", "2017-03", "2017-04"]),
    ] {
        assert_eq!(around(edition(month)).map(|month| month.to_string()), expected);
    }
}

#[test]
fn the_pages_are_those_of_the_history_by_hand() {
    let pages: Vec<Edition> = Edition::pages().iter().map(|page| page.first_seen()).collect();
    assert_eq!(pages, history::changes(), "src/model/history.rs, and the tables of tests/support/history.rs");
}

#[test]
fn each_rule_is_there_in_its_months() {
    for month in months() {
        let ids: Vec<&str> = history::rules_on(month);
        assert_eq!(Ruleset::documented(month).ids().collect::<Vec<_>>(), ids, "{month}");
    }
}

#[test]
fn an_ordinary_call_is_accepted_on_every_page() {
    for month in months() {
        says(&month.to_string(), &world(), &[], &[]);
    }
}

/// Nearly everything at once: the order in which it is reported, and from when until before when.
#[test]
fn everything_that_is_wrong_is_said_in_order_in_its_months() {
    let name = "ö".repeat(61);
    let world = with(|world| {
        let request = &mut world.request;
        request.version = Some("2017-03-21".to_owned());
        request.region = Some(GZ.to_owned());
        request.image_ids = [ID, OTHER_ID, "img-x", "img-nowhere00", THIRD_ID].map(str::to_owned).into();
        request.dry_run = Some(false);
        request.image_name = Some(name.clone());
        request.image_set_required = Some(false);
        request.encrypt = Some(true);
        request.kms_key_id = Some("alias/key".to_owned());
        to(world, &[GZ, SH, BJ, "gz", SH]);
        let first = world.image(GZ, ID);
        first.image_type = Some(ImageType::PUBLIC_IMAGE);
        first.image_state = Some(ImageState::SYNCING);
        first.image_size = Some(50);
        first.encrypted = Some(true);
        let mut shared = image(GZ, THIRD_ID);
        shared.image_type = Some(ImageType::SHARED_IMAGE);
        let mut namesake = image(BJ, ID);
        namesake.image_name = Some(name);
        world.images.extend([image(GZ, OTHER_ID), shared, namesake]);
        world.region(BJ).region_state = Some(RegionState::UNAVAILABLE);
        world.region_quota(SH).used = Used::Count(500);
    });
    let ever = "9999-12";
    // Rule, code, parameter, from, until before.
    let dated = [
        ("version-supported", "NoSuchVersion", "Version", "2017-03", ever),
        ("parameter-known", "UnknownParameter", "DryRun", "2017-03", "2022-04"),
        ("parameter-known", "UnknownParameter", "ImageName", "2017-03", "2022-08"),
        ("parameter-known", "UnknownParameter", "ImageSetRequired", "2017-03", "2022-11"),
        ("parameter-known", "UnknownParameter", "Encrypt", "2017-03", "2024-10"),
        ("parameter-known", "UnknownParameter", "KmsKeyId", "2017-03", "2024-10"),
        ("image-single", "InvalidParameterValue", "ImageIds", "2017-03", "2021-06"),
        ("image-single", "InvalidParameterValue.LimitExceeded", "ImageIds", "2021-06", ever),
        ("image-id-format", "InvalidImageId.Malformed", "ImageIds.2", "2017-03", ever),
        ("image-exists", "InvalidImageId.NotFound", "ImageIds.3", "2017-03", ever),
        // The public image.
        ("image-custom", "InvalidParameterValue", "ImageIds.0", "2017-03", "2021-06"),
        ("image-custom", "InvalidParameterValue.InvalidImageId", "ImageIds.0", "2021-06", ever),
        // The shared one.
        ("image-custom", "InvalidParameterValue", "ImageIds.4", "2017-03", "2021-06"),
        ("image-custom", "InvalidParameterValue.InvalidImageId", "ImageIds.4", "2021-06", "2022-08"),
        ("image-state-normal", "InvalidImageId.IncorrectState", "ImageIds.0", "2017-03", ever),
        ("image-size", "InvalidImageId.TooLarge", "ImageIds.0", "2017-03", "2021-09"),
        ("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.3", "2017-03", ever),
        ("destination-available", "InvalidRegion.Unavailable", "DestinationRegions.2", "2017-03", ever),
        // The second image is custom, so that this stays until the copy can be an encrypting one.
        ("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.0", "2017-03", "2024-10"),
        ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.1", "2022-08", ever),
        ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.2", "2022-08", ever),
        ("destination-unique", "InvalidParameterValue", "DestinationRegions.4", "2017-03", ever),
        ("image-quota", "LimitExceeded", "DestinationRegions.1", "2017-03", "2021-06"),
        ("image-quota", "ImageQuotaLimitExceeded", "DestinationRegions.1", "2021-06", ever),
        ("image-name-length", "InvalidParameterValue", "ImageName", "2025-04", ever),
        ("image-name-unique", "InvalidImageName.Duplicate", "ImageName", "2022-08", ever),
        (
            "image-encrypted",
            "UnsupportedOperation.EncryptedImagesNotSupported",
            "ImageIds.0",
            "2022-09",
            ever,
        ),
        ("kms-key-format", "InvalidParameter.InvalidKmsKeyId", "KmsKeyId", "2024-10", ever),
    ];
    for month in months() {
        let mut expected = Vec::new();
        for (rule, code, parameter, from, until) in dated {
            if edition(from) <= month && month < edition(until) {
                expected.push((rule, code, parameter));
            }
        }
        says(&month.to_string(), &world, &expected, &[]);
    }
}

/// What is left out, and a source region that is none: the same on every page.
#[test]
fn what_is_missing_is_missing_on_every_page() {
    let missing = with(|world| {
        world.request = SyncRequest::default();
        world.request.region = Some("gz".to_owned());
    });
    let violations = [
        ("version-required", "MissingParameter", "Version"),
        ("source-region-supported", "UnsupportedRegion", "Region"),
        ("image-required", "MissingParameter", "ImageIds"),
        ("destination-required", "MissingParameter", "DestinationRegions"),
    ];
    for month in months() {
        says(&month.to_string(), &missing, &violations, &[]);
    }
}

/// In a body, in a header, in neither, or not known: what is said of it, and that the
/// rest is judged all the same.
#[test]
fn a_region_is_required_from_2021_06() {
    let no_region = ("region-required", "MissingParameter", "Region");
    let none = with(|world| world.request = world.request.clone().without_region());
    let none_to_source = none.clone().with(|world| to(world, &[GZ]));
    table(
        &none,
        &[
            ("2017-03", &[], &[]),
            ("2021-05", &[], &[]),
            ("2021-06", &[no_region], &[]),
            ("2021-07", &[no_region], &[]),
            ("2025-04", &[no_region], &[]),
            ("2030-01", &[no_region], &[]),
        ],
    );
    table(
        &none_to_source,
        &[
            ("2017-03", &[TO_SOURCE], &[]),
            ("2021-05", &[TO_SOURCE], &[]),
            ("2021-06", &[no_region, TO_SOURCE], &[]),
            ("2025-04", &[no_region, TO_SOURCE], &[]),
        ],
    );
    for month in months() {
        let sent = with(|world| world.request = world.request.clone().with_region(GZ));
        says(&month.to_string(), &sent, &[], &[]);
        // Written out, so that not only `says` knows it.
        let report = check(month, &world());
        let open: Vec<&str> = report.unverified().iter().map(|open| open.rule()).collect();
        assert_eq!(open == ["region-required"], month >= edition("2021-06"), "{month}: {open:?}");
        assert!(report.accepted());
    }
    // What is sent after all is sent.
    assert!(!none.request.with_region(GZ).has_no_region);
}

#[test]
fn codes_of_2021_06() {
    let several = with(|world| {
        world.request.image_ids.push(OTHER_ID.to_owned());
        world.images.push(image(GZ, OTHER_ID));
    });
    let before = ("image-single", "InvalidParameterValue", "ImageIds");
    table(
        &several,
        &[("2021-05", &[before], &[]), ("2021-06", &[SEVERAL], &[]), ("2021-07", &[SEVERAL], &[])],
    );

    for other in ["PUBLIC_IMAGE", "SHARED_IMAGE", "MARKET_IMAGE", "private_image"] {
        let other = with(|world| world.image(GZ, ID).image_type = Some(other.into()));
        let before = ("image-custom", "InvalidParameterValue", "ImageIds.0");
        table(
            &other,
            &[
                ("2017-03", &[before], &[]),
                ("2021-05", &[before], &[]),
                ("2021-06", &[NOT_CUSTOM], &[]),
                ("2021-07", &[NOT_CUSTOM], &[]),
            ],
        );
    }

    let full = with(|world| world.region_quota(SH).used = Used::Count(10));
    let before = ("image-quota", "LimitExceeded", "DestinationRegions.0");
    table(
        &full,
        &[
            ("2017-03", &[before], &[]),
            ("2021-05", &[before], &[]),
            ("2021-06", &[FULL], &[]),
            ("2021-07", &[FULL], &[]),
        ],
    );
}

#[test]
fn the_size_does_not_matter_from_2021_09() {
    let size = |size: Option<u64>| with(|world| world.image(GZ, ID).image_size = size);
    let large = ("image-size", "InvalidImageId.TooLarge", "ImageIds.0");
    let open = ("image-size", "ImageIds.0");
    for (gib, violations, unverified) in [
        (Some(49), &[][..], &[][..]),
        (Some(50), &[large], &[]),
        (Some(51), &[large], &[]),
        (Some(u64::MAX), &[large], &[]),
        (None, &[], &[open]),
    ] {
        all(&["2017-03", "2021-07", "2021-08"], &size(gib), violations, unverified);
        all(&["2021-09", "2021-10", "2025-04"], &size(gib), &[], &[]);
    }
}

/// Puts a parameter into a call.
type Send = fn(&mut SyncRequest);

#[test]
fn later_parameters_are_known_from_their_month_on() {
    let parameters: [(&str, Send); 8] = [
        ("DryRun", |request| request.dry_run = Some(true)),
        ("DryRun", |request| request.dry_run = Some(false)),
        ("ImageName", |request| request.image_name = Some("copy".to_owned())),
        ("ImageName", |request| request.image_name = Some(String::new())),
        ("ImageSetRequired", |request| request.image_set_required = Some(true)),
        ("ImageSetRequired", |request| request.image_set_required = Some(false)),
        ("Encrypt", |request| request.encrypt = Some(false)),
        // Nothing is to be encrypted, so it may be any text.
        ("KmsKeyId", |request| request.kms_key_id = Some("?".to_owned())),
    ];
    for (parameter, send) in parameters {
        let (_, since) = history::LATER_PARAMETERS.iter().find(|(name, _)| *name == parameter).unwrap();
        let [before, at, after] = around(edition(since)).map(|month| month.to_string());
        let sent = with(|world| send(&mut world.request));
        all(&["2017-03", &before], &sent, &[("parameter-known", "UnknownParameter", parameter)], &[]);
        all(&[&at, &after, "2025-04"], &sent, &[], &[]);
    }
}

/// All five at once, and in the order of the page whatever their dates.
#[test]
fn later_parameters_are_refused_in_the_order_of_the_page() {
    let sent = with(|world| {
        let request = &mut world.request;
        request.dry_run = Some(true);
        request.image_name = Some("copy".to_owned());
        request.image_set_required = Some(true);
        request.encrypt = Some(false);
        request.kms_key_id = Some(String::new());
    });
    let five = ["DryRun", "ImageName", "ImageSetRequired", "Encrypt", "KmsKeyId"]
        .map(|parameter| ("parameter-known", "UnknownParameter", parameter));
    table(
        &sent,
        &[
            ("2022-03", &five, &[]),
            ("2022-04", &five[1..], &[]),
            ("2022-07", &five[1..], &[]),
            ("2022-08", &five[2..], &[]),
            ("2022-10", &five[2..], &[]),
            ("2022-11", &five[3..], &[]),
            ("2024-09", &five[3..], &[]),
            ("2024-10", &[], &[]),
        ],
    );
}

#[test]
fn the_documented_quota_grows() {
    let used = |count: u64| with(|world| world.region_quota(SH).used = Used::Count(count));
    let before_codes = ("image-quota", "LimitExceeded", "DestinationRegions.0");
    all(&["2017-03", "2017-04", "2021-05"], &used(9), &[], &[]);
    all(&["2017-03", "2017-04", "2021-05"], &used(10), &[before_codes], &[]);
    for (months, limit) in [
        (&["2021-06", "2021-07", "2023-07"][..], 10),
        (&["2023-08", "2023-09", "2024-01"], 50),
        (&["2024-02", "2024-03", "2025-04"], 500),
    ] {
        for (count, is_full) in [
            (0, limit <= 0),
            (9, limit <= 9),
            (10, limit <= 10),
            (49, limit <= 49),
            (50, limit <= 50),
            (499, limit <= 499),
            (500, limit <= 500),
            (501, true),
            (u64::MAX, true),
        ] {
            let violations = if is_full { &[FULL][..] } else { &[] };
            all(months, &used(count), violations, &[]);
            // One less used and one on its way is the same.
            if (1..u64::MAX).contains(&count) {
                let mut on_its_way = used(count - 1);
                on_its_way.region_quota(SH).in_flight = 1;
                all(months, &on_its_way, violations, &[]);
            }
        }
    }
}

#[test]
fn a_number_in_the_state_is_the_quota_on_every_page() {
    let months = ["2021-06", "2023-07", "2023-08", "2024-01", "2024-02", "2025-04"];
    let account = |used: u64| {
        with(|world| {
            world.quota.image_num_quota = QuotaLimit::Count(20);
            world.region_quota(SH).used = Used::Count(used);
        })
    };
    all(&months, &account(19), &[], &[]);
    all(&months, &account(20), &[FULL], &[]);
    let region = |used: u64| {
        with(|world| {
            world.quota.image_num_quota = QuotaLimit::Count(20);
            world.region_quota(SH).image_num_quota = QuotaLimit::Count(1_000);
            world.region_quota(SH).used = Used::Count(used);
        })
    };
    all(&months, &region(999), &[], &[]);
    all(&months, &region(1_000), &[FULL], &[]);
}

/// How many are used is not known: it is open as long as the copies on their way do not reach
/// the limit by themselves.
#[test]
fn an_unknown_use_is_open_up_to_the_limit_of_the_page() {
    let unknown = |in_flight: u64| {
        with(|world| {
            world.region_quota(SH).used = Used::Unknown;
            world.region_quota(SH).in_flight = in_flight;
        })
    };
    for (in_flight, closed) in [
        (9, &[][..]),
        (10, &["2021-06", "2023-07"][..]),
        (49, &["2021-06", "2023-07"]),
        (50, &["2021-06", "2023-07", "2023-08", "2024-01"]),
        (499, &["2021-06", "2023-07", "2023-08", "2024-01"]),
        (500, &["2021-06", "2023-07", "2023-08", "2024-01", "2024-02", "2024-03"]),
    ] {
        for month in ["2021-06", "2023-07", "2023-08", "2024-01", "2024-02", "2024-03"] {
            if closed.contains(&month) {
                says(month, &unknown(in_flight), &[FULL], &[]);
            } else {
                says(month, &unknown(in_flight), &[], &[ROOM_OPEN]);
            }
        }
    }
}

/// Images that are listed count: the custom ones surely, those of an unknown type
/// perhaps, the shared ones not.
#[test]
fn listed_images_count_on_both_sides_of_a_new_limit() {
    let listed = |custom: usize, unknown: usize, shared: usize| {
        with(|world| {
            let types = [(custom, Some(ImageType::PRIVATE_IMAGE)), (unknown, None)];
            let types = types.into_iter().chain([(shared, Some(ImageType::SHARED_IMAGE))]);
            for (count, image_type) in types {
                for _ in 0..count {
                    let mut image = image(SH, &format!("img-{:08}", world.images.len()));
                    image.image_type.clone_from(&image_type);
                    world.images.push(image);
                }
            }
        })
    };
    table(&listed(10, 0, 0), &[("2023-07", &[FULL], &[]), ("2023-08", &[], &[]), ("2023-09", &[], &[])]);
    table(&listed(9, 1, 3), &[("2023-07", &[], &[ROOM_OPEN]), ("2023-08", &[], &[]), ("2023-09", &[], &[])]);
    table(
        &listed(50, 0, 1),
        &[
            ("2023-07", &[FULL], &[]),
            ("2023-08", &[FULL], &[]),
            ("2024-01", &[FULL], &[]),
            ("2024-02", &[], &[]),
            ("2024-03", &[], &[]),
        ],
    );
    table(
        &listed(49, 0, 7),
        &[("2023-07", &[FULL], &[]), ("2023-08", &[], &[]), ("2024-01", &[], &[]), ("2024-02", &[], &[])],
    );
}

fn typed(image_type: Option<ImageType>, destinations: &[&str]) -> World {
    with(|world| {
        world.image(GZ, ID).image_type = image_type;
        to(world, destinations);
    })
}

#[test]
fn shared_images_stay_in_their_region() {
    let shared = Some(ImageType::SHARED_IMAGE);
    table(
        &typed(shared.clone(), &[SH]),
        &[
            ("2022-07", &[NOT_CUSTOM], &[]),
            ("2022-08", &[LEAVES], &[]),
            ("2022-09", &[LEAVES], &[]),
            ("2022-10", &[LEAVES], &[]),
            ("2025-04", &[LEAVES], &[]),
        ],
    );
    // From August on it may be copied, and its own region is closed to custom images only.
    table(
        &typed(shared.clone(), &[GZ]),
        &[
            ("2022-07", &[NOT_CUSTOM, TO_SOURCE], &[]),
            ("2022-08", &[], &[]),
            ("2022-09", &[], &[]),
            ("2022-10", &[], &[]),
            ("2025-04", &[], &[]),
        ],
    );
    let third = ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.2");
    table(
        &typed(shared, &[GZ, SH, BJ]),
        &[
            ("2022-07", &[NOT_CUSTOM, TO_SOURCE], &[]),
            ("2022-08", &[SECOND_LEAVES, third], &[]),
            ("2022-09", &[SECOND_LEAVES, third], &[]),
            ("2022-10", &[SECOND_LEAVES, third], &[]),
        ],
    );
}

#[test]
fn custom_images_leave_their_region_and_others_are_not_copied() {
    let months = ["2022-07", "2022-08", "2022-09", "2022-10", "2024-09", "2024-10", "2025-04"];
    let custom = Some(ImageType::PRIVATE_IMAGE);
    all(&months, &typed(custom.clone(), &[SH]), &[], &[]);
    all(&months, &typed(custom, &[GZ, SH]), &[TO_SOURCE], &[]);
    for other in ["PUBLIC_IMAGE", "MARKET_IMAGE", "shared_image"] {
        let other = Some(ImageType::from(other));
        all(&months, &typed(other.clone(), &[SH]), &[NOT_CUSTOM], &[]);
        // That it goes to its own region is said of custom images only, from August on.
        table(
            &typed(other, &[GZ]),
            &[
                ("2022-07", &[NOT_CUSTOM, TO_SOURCE], &[]),
                ("2022-08", &[NOT_CUSTOM], &[]),
                ("2022-09", &[NOT_CUSTOM], &[]),
                ("2022-10", &[NOT_CUSTOM], &[]),
            ],
        );
    }
}

#[test]
fn an_unknown_type_leaves_open_where_the_image_may_go() {
    table(
        &typed(None, &[SH]),
        &[
            ("2022-07", &[], &[CUSTOM_OPEN]),
            ("2022-08", &[], &[CUSTOM_OPEN, LEAVES_OPEN]),
            ("2022-09", &[], &[CUSTOM_OPEN, LEAVES_OPEN]),
            ("2022-10", &[], &[CUSTOM_OPEN, LEAVES_OPEN]),
        ],
    );
    table(
        &typed(None, &[GZ]),
        &[
            ("2022-07", &[TO_SOURCE], &[CUSTOM_OPEN]),
            ("2022-08", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN]),
            ("2022-09", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN]),
            ("2022-10", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN]),
        ],
    );
}

/// The one image that must leave and the one that must stay, in one call.
#[test]
fn one_image_of_several_is_enough() {
    let several = |first: Option<&str>, second: Option<&str>, destinations: &[&str]| {
        with(|world| {
            world.request.image_ids.push(OTHER_ID.to_owned());
            world.images.push(image(GZ, OTHER_ID));
            world.image(GZ, ID).image_type = first.map(ImageType::from);
            world.image(GZ, OTHER_ID).image_type = second.map(ImageType::from);
            to(world, destinations);
        })
    };
    let (custom, shared) = (Some("PRIVATE_IMAGE"), Some("SHARED_IMAGE"));
    let second_not_custom = ("image-custom", "InvalidParameterValue.InvalidImageId", "ImageIds.1");
    let second_custom_open = ("image-custom", "ImageIds.1");
    table(
        &several(custom, shared, &[GZ, SH]),
        &[
            ("2022-07", &[SEVERAL, second_not_custom, TO_SOURCE], &[]),
            ("2022-08", &[SEVERAL, TO_SOURCE, SECOND_LEAVES], &[]),
            ("2022-09", &[SEVERAL, TO_SOURCE, SECOND_LEAVES], &[]),
        ],
    );
    // What is sure of one image outweighs what is unknown of the other, whichever comes first.
    table(
        &several(None, custom, &[GZ, SH]),
        &[
            ("2022-07", &[SEVERAL, TO_SOURCE], &[CUSTOM_OPEN]),
            (
                "2022-08",
                &[SEVERAL, TO_SOURCE],
                &[CUSTOM_OPEN, ("destination-source-only", "DestinationRegions.1")],
            ),
            (
                "2022-09",
                &[SEVERAL, TO_SOURCE],
                &[CUSTOM_OPEN, ("destination-source-only", "DestinationRegions.1")],
            ),
        ],
    );
    table(
        &several(shared, None, &[SH, GZ]),
        &[
            (
                "2022-07",
                &[
                    SEVERAL,
                    NOT_CUSTOM,
                    ("destination-not-source", "InvalidRegion.Unavailable", "DestinationRegions.1"),
                ],
                &[second_custom_open],
            ),
            (
                "2022-08",
                &[SEVERAL, LEAVES],
                &[second_custom_open, ("destination-not-source", "DestinationRegions.1")],
            ),
            (
                "2022-09",
                &[SEVERAL, LEAVES],
                &[second_custom_open, ("destination-not-source", "DestinationRegions.1")],
            ),
        ],
    );
}

/// An image that is listed in two regions, and no `Region` in the call: the
/// source is one of the two.
#[test]
fn one_of_two_sources() {
    let listed = |first: Option<&str>, second: Option<&str>, destination: &str| {
        with(|world| {
            world.images.push(image(SH, ID));
            world.image(GZ, ID).image_type = first.map(ImageType::from);
            world.image(SH, ID).image_type = second.map(ImageType::from);
            to(world, &[destination]);
        })
    };
    let (custom, shared, public) = (Some("PRIVATE_IMAGE"), Some("SHARED_IMAGE"), Some("PUBLIC_IMAGE"));

    all(&["2022-07", "2022-08", "2022-09"], &listed(custom, custom, SH), &[], &[TO_SOURCE_OPEN]);
    all(&["2022-07", "2022-08", "2022-09"], &listed(custom, custom, BJ), &[], &[]);

    table(
        &listed(shared, shared, GZ),
        &[
            ("2022-07", &[NOT_CUSTOM], &[TO_SOURCE_OPEN]),
            ("2022-08", &[], &[LEAVES_OPEN]),
            ("2022-09", &[], &[LEAVES_OPEN]),
            ("2022-10", &[], &[LEAVES_OPEN]),
        ],
    );
    // Whichever of the two it is, it is not this one.
    table(
        &listed(shared, shared, BJ),
        &[
            ("2022-07", &[NOT_CUSTOM], &[]),
            ("2022-08", &[LEAVES], &[]),
            ("2022-09", &[LEAVES], &[]),
            ("2022-10", &[LEAVES], &[]),
        ],
    );

    // Custom in one region and shared in the other: from August on both may be copied.
    table(
        &listed(custom, shared, GZ),
        &[
            ("2022-07", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN]),
            ("2022-08", &[], &[TO_SOURCE_OPEN, LEAVES_OPEN]),
            ("2022-09", &[], &[TO_SOURCE_OPEN, LEAVES_OPEN]),
        ],
    );
    table(
        &listed(custom, shared, BJ),
        &[
            ("2022-07", &[], &[CUSTOM_OPEN]),
            ("2022-08", &[], &[LEAVES_OPEN]),
            ("2022-09", &[], &[LEAVES_OPEN]),
        ],
    );

    // What is public in both is neither custom nor shared; what is unknown in one of them may be.
    table(
        &listed(public, public, SH),
        &[
            ("2022-07", &[NOT_CUSTOM], &[TO_SOURCE_OPEN]),
            ("2022-08", &[NOT_CUSTOM], &[]),
            ("2022-09", &[NOT_CUSTOM], &[]),
        ],
    );
    table(
        &listed(public, None, SH),
        &[
            ("2022-07", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN]),
            ("2022-08", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN, LEAVES_OPEN]),
            ("2022-09", &[], &[CUSTOM_OPEN, TO_SOURCE_OPEN, LEAVES_OPEN]),
        ],
    );
}

/// An image that is not listed, where lists are not complete: the source is one of the
/// regions with such a list.
#[test]
fn sources_that_may_hold_the_image() {
    let unlisted = |incomplete: &[&str], destination: &str| {
        with(|world| {
            world.images.clear();
            for name in incomplete {
                world.region(name).images_complete = false;
            }
            for name in [GZ, SH, BJ] {
                // So that a list that is not complete leaves nothing open but what this is about.
                world.region_quota(name).used = Used::Count(0);
            }
            to(world, &[destination]);
        })
    };
    let facts = [("image-exists", "ImageIds.0"), CUSTOM_OPEN, ("image-state-normal", "ImageIds.0")];
    let [exists, custom, state] = facts;

    // The only one that may be the source: no copy to it leaves it.
    table(
        &unlisted(&[GZ], GZ),
        &[
            ("2022-07", &[], &[exists, custom, state, TO_SOURCE_OPEN]),
            ("2022-08", &[], &[exists, custom, state, TO_SOURCE_OPEN]),
            ("2022-09", &[], &[exists, custom, state, TO_SOURCE_OPEN, ENCRYPTED_OPEN]),
            ("2022-10", &[], &[exists, custom, state, TO_SOURCE_OPEN, ENCRYPTED_OPEN]),
        ],
    );
    // To any other: there may be no image and so no source.
    table(
        &unlisted(&[GZ], SH),
        &[
            ("2022-07", &[], &facts),
            ("2022-08", &[], &[exists, custom, state, LEAVES_OPEN]),
            ("2022-09", &[], &[exists, custom, state, LEAVES_OPEN, ENCRYPTED_OPEN]),
        ],
    );
    table(
        &unlisted(&[GZ, SH], SH),
        &[
            ("2022-07", &[], &[exists, custom, state, TO_SOURCE_OPEN]),
            ("2022-08", &[], &[exists, custom, state, TO_SOURCE_OPEN, LEAVES_OPEN]),
            ("2022-09", &[], &[exists, custom, state, TO_SOURCE_OPEN, LEAVES_OPEN, ENCRYPTED_OPEN]),
        ],
    );

    let encrypting = |incomplete: &[&str], destination: &str| {
        let mut world = unlisted(incomplete, destination);
        world.request.encrypt = Some(true);
        world
    };
    let rest = [exists, custom, state, ENCRYPTED_OPEN];
    let with_destination = [exists, custom, state, LEAVES_OPEN, ENCRYPTED_OPEN];
    let with_source = [exists, custom, state, TO_SOURCE_OPEN, ENCRYPTED_OPEN];
    let with_both = [exists, custom, state, TO_SOURCE_OPEN, LEAVES_OPEN, ENCRYPTED_OPEN];
    table(
        &encrypting(&[GZ], GZ),
        &[("2024-09", &[NO_ENCRYPT_YET], &with_source), ("2024-10", &[], &rest), ("2024-11", &[], &rest)],
    );
    table(
        &encrypting(&[GZ], SH),
        &[
            ("2024-09", &[NO_ENCRYPT_YET], &with_destination),
            ("2024-10", &[], &with_destination),
            ("2024-11", &[], &with_destination),
        ],
    );
    table(
        &encrypting(&[GZ, SH], SH),
        &[
            ("2024-09", &[NO_ENCRYPT_YET], &with_both),
            ("2024-10", &[], &with_destination),
            ("2024-11", &[], &with_destination),
        ],
    );
}

/// One image is listed, another may be where it is not: that a listed one has a source is sure.
#[test]
fn a_listed_image_and_one_that_may_exist() {
    let two = |image_type: Option<ImageType>, destination: &str| {
        with(|world| {
            world.request.image_ids.push(OTHER_ID.to_owned());
            world.image(GZ, ID).image_type = image_type;
            world.region(SH).images_complete = false;
            world.region_quota(SH).used = Used::Count(0);
            to(world, &[destination]);
        })
    };
    let [exists, custom, state, encrypted] =
        ["image-exists", "image-custom", "image-state-normal", "image-encrypted"]
            .map(|rule| (rule, "ImageIds.1"));
    // A shared image may be in the other region too, in another state.
    let [own_state, own_encrypted] =
        ["image-state-normal", "image-encrypted"].map(|rule| (rule, "ImageIds.0"));
    let shared = Some(ImageType::SHARED_IMAGE);
    table(
        &two(shared.clone(), BJ),
        &[
            ("2022-07", &[SEVERAL, NOT_CUSTOM], &[exists, custom, own_state, state]),
            ("2022-08", &[SEVERAL, LEAVES], &[exists, custom, own_state, state]),
            ("2022-09", &[SEVERAL, LEAVES], &[exists, custom, own_state, state, own_encrypted, encrypted]),
        ],
    );
    table(
        &two(shared, GZ),
        &[
            ("2022-07", &[SEVERAL, NOT_CUSTOM], &[exists, custom, own_state, state, TO_SOURCE_OPEN]),
            ("2022-08", &[SEVERAL], &[exists, custom, own_state, state, TO_SOURCE_OPEN, LEAVES_OPEN]),
            (
                "2022-09",
                &[SEVERAL],
                &[exists, custom, own_state, state, TO_SOURCE_OPEN, LEAVES_OPEN, own_encrypted, encrypted],
            ),
        ],
    );
    // The second may be a shared image.
    table(
        &two(Some(ImageType::PRIVATE_IMAGE), BJ),
        &[
            ("2022-07", &[SEVERAL], &[exists, custom, state]),
            ("2022-08", &[SEVERAL], &[exists, custom, state, LEAVES_OPEN]),
            ("2022-09", &[SEVERAL], &[exists, custom, state, LEAVES_OPEN, encrypted]),
        ],
    );
}

/// An image in more regions than are followed is of no known type, also
/// where all its records agree.
#[test]
fn an_image_in_very_many_regions() {
    let many = |count: usize, image_type: &str, destination: &str| {
        with(|world| {
            world.images.clear();
            for n in 0..count {
                let name = format!("ap-{n}");
                world.regions.push(Region::new(name.as_str()));
                let mut image = image(&name, ID);
                image.image_type = Some(image_type.into());
                image.encrypted = Some(true);
                world.images.push(image);
            }
            to(world, &[destination]);
        })
    };
    let (custom, shared) = ("PRIVATE_IMAGE", "SHARED_IMAGE");
    let state = ("image-state-normal", "ImageIds.0");
    table(
        &many(32, shared, SH),
        &[
            ("2022-07", &[NOT_CUSTOM], &[]),
            ("2022-08", &[LEAVES], &[]),
            ("2022-09", &[LEAVES, ENCRYPTED], &[]),
        ],
    );
    table(
        &many(33, shared, SH),
        &[
            ("2022-07", &[], &[CUSTOM_OPEN, state]),
            ("2022-08", &[], &[CUSTOM_OPEN, state, LEAVES_OPEN]),
            ("2022-09", &[], &[CUSTOM_OPEN, state, LEAVES_OPEN, ENCRYPTED_OPEN]),
        ],
    );
    table(
        &many(32, custom, "ap-7"),
        &[("2022-08", &[], &[TO_SOURCE_OPEN]), ("2022-09", &[ENCRYPTED], &[TO_SOURCE_OPEN])],
    );
    let says_region = |mut world: World| {
        world.request.region = Some("ap-7".to_owned());
        world
    };
    table(
        &says_region(many(33, custom, "ap-7")),
        &[("2022-08", &[TO_SOURCE], &[]), ("2022-09", &[TO_SOURCE, ENCRYPTED], &[])],
    );
}

/// Ids that name no image say nothing of where a copy may go.
#[test]
fn ids_that_name_no_image_keep_nothing_in_a_region() {
    let named = |id: &str, region: Option<&str>| {
        with(|world| {
            world.request.image_ids = vec![id.to_owned()];
            world.request.region = region.map(str::to_owned);
            to(world, &[GZ, SH]);
        })
    };
    let malformed = ("image-id-format", "InvalidImageId.Malformed", "ImageIds.0");
    let missing = ("image-exists", "InvalidImageId.NotFound", "ImageIds.0");
    for (id, fault) in [("img-x", malformed), (OTHER_ID, missing)] {
        // Without an image there is no source.
        all(&["2022-07", "2022-08", "2022-09", "2025-04"], &named(id, None), &[fault], &[]);
        table(
            &named(id, Some(GZ)),
            &[
                ("2022-07", &[fault, TO_SOURCE], &[]),
                ("2022-08", &[fault], &[]),
                ("2022-09", &[fault], &[]),
                ("2022-10", &[fault], &[]),
            ],
        );
    }
    let nowhere = ("source-region-supported", "UnsupportedRegion", "Region");
    all(&["2022-07", "2022-08", "2022-09", "2025-04"], &named(ID, Some("gz")), &[nowhere], &[]);
}

#[test]
fn encrypted_images_are_refused_from_2022_09() {
    let encrypted = |encrypted: Option<bool>| with(|world| world.image(GZ, ID).encrypted = encrypted);
    table(
        &encrypted(Some(true)),
        &[
            ("2022-08", &[], &[]),
            ("2022-09", &[ENCRYPTED], &[]),
            ("2022-10", &[ENCRYPTED], &[]),
            ("2025-04", &[ENCRYPTED], &[]),
        ],
    );
    table(
        &encrypted(None),
        &[
            ("2022-08", &[], &[]),
            ("2022-09", &[], &[ENCRYPTED_OPEN]),
            ("2022-10", &[], &[ENCRYPTED_OPEN]),
            ("2025-04", &[], &[ENCRYPTED_OPEN]),
        ],
    );
    all(&["2022-08", "2022-09", "2022-10"], &encrypted(Some(false)), &[], &[]);

    // In two regions: what both say.
    let two = |first: Option<bool>, second: Option<bool>| {
        with(|world| {
            world.images.push(image(SH, ID));
            world.image(GZ, ID).encrypted = first;
            world.image(SH, ID).encrypted = second;
            to(world, &[BJ]);
        })
    };
    for (first, second, violations, unverified) in [
        (Some(true), Some(true), &[ENCRYPTED][..], &[][..]),
        (Some(false), Some(false), &[], &[]),
        (Some(true), Some(false), &[], &[ENCRYPTED_OPEN]),
        (Some(true), None, &[], &[ENCRYPTED_OPEN]),
        (None, Some(false), &[], &[ENCRYPTED_OPEN]),
        (None, None, &[], &[ENCRYPTED_OPEN]),
    ] {
        all(&["2022-08"], &two(first, second), &[], &[]);
        all(&["2022-09", "2022-10"], &two(first, second), violations, unverified);
    }
    // With the region said, what its record says.
    let mut said = two(Some(false), Some(true));
    said.request.region = Some(SH.to_owned());
    all(&["2022-08"], &said, &[], &[]);
    all(&["2022-09", "2022-10"], &said, &[ENCRYPTED], &[]);

    // Each image of a call by itself, and an id that is none not at all.
    let several = with(|world| {
        world.request.image_ids = [ID, "img-x", "img-nowhere00", OTHER_ID].map(str::to_owned).into();
        let mut other = image(GZ, OTHER_ID);
        other.encrypted = Some(true);
        world.images.push(other);
        world.image(GZ, ID).encrypted = None;
    });
    let faults = [
        SEVERAL,
        ("image-id-format", "InvalidImageId.Malformed", "ImageIds.1"),
        ("image-exists", "InvalidImageId.NotFound", "ImageIds.2"),
        ("image-encrypted", "UnsupportedOperation.EncryptedImagesNotSupported", "ImageIds.3"),
    ];
    all(&["2022-08"], &several, &faults[..3], &[]);
    all(&["2022-09", "2022-10"], &several, &faults, &[ENCRYPTED_OPEN]);
}

fn encrypting(destinations: &[&str]) -> World {
    with(|world| {
        world.request.encrypt = Some(true);
        to(world, destinations);
    })
}

#[test]
fn an_encrypting_copy_stays_in_its_region() {
    table(
        &encrypting(&[SH]),
        &[("2024-09", &[NO_ENCRYPT_YET], &[]), ("2024-10", &[LEAVES], &[]), ("2024-11", &[LEAVES], &[])],
    );
    table(
        &encrypting(&[GZ]),
        &[("2024-09", &[NO_ENCRYPT_YET, TO_SOURCE], &[]), ("2024-10", &[], &[]), ("2024-11", &[], &[])],
    );
    let third = ("destination-source-only", "InvalidRegion.Unavailable", "DestinationRegions.2");
    table(
        &encrypting(&[GZ, SH, BJ]),
        &[
            ("2024-09", &[NO_ENCRYPT_YET, TO_SOURCE], &[]),
            ("2024-10", &[SECOND_LEAVES, third], &[]),
            ("2024-11", &[SECOND_LEAVES, third], &[]),
        ],
    );
    // A copy that is not to be encrypted is none of these.
    let mut plain = encrypting(&[GZ, SH]);
    plain.request.encrypt = Some(false);
    table(
        &plain,
        &[
            ("2024-09", &[NO_ENCRYPT_YET, TO_SOURCE], &[]),
            ("2024-10", &[TO_SOURCE], &[]),
            ("2024-11", &[TO_SOURCE], &[]),
        ],
    );
    plain.request.encrypt = None;
    all(&["2024-09", "2024-10", "2024-11"], &plain, &[TO_SOURCE], &[]);
}

#[test]
fn an_encrypting_copy_of_any_type_stays_in_its_region() {
    let of = |image_type: Option<&str>, destination: &str| {
        let mut world = encrypting(&[destination]);
        world.image(GZ, ID).image_type = image_type.map(ImageType::from);
        world
    };
    table(
        &of(Some("SHARED_IMAGE"), SH),
        &[
            ("2024-09", &[NO_ENCRYPT_YET, LEAVES], &[]),
            ("2024-10", &[LEAVES], &[]),
            ("2024-11", &[LEAVES], &[]),
        ],
    );
    table(
        &of(Some("SHARED_IMAGE"), GZ),
        &[("2024-09", &[NO_ENCRYPT_YET], &[]), ("2024-10", &[], &[]), ("2024-11", &[], &[])],
    );
    table(
        &of(Some("PUBLIC_IMAGE"), SH),
        &[
            ("2024-09", &[NO_ENCRYPT_YET, NOT_CUSTOM], &[]),
            ("2024-10", &[NOT_CUSTOM, LEAVES], &[]),
            ("2024-11", &[NOT_CUSTOM, LEAVES], &[]),
        ],
    );
    // Of what type it is does not matter any more.
    table(
        &of(None, SH),
        &[
            ("2024-09", &[NO_ENCRYPT_YET], &[CUSTOM_OPEN, LEAVES_OPEN]),
            ("2024-10", &[LEAVES], &[CUSTOM_OPEN]),
            ("2024-11", &[LEAVES], &[CUSTOM_OPEN]),
        ],
    );
    table(
        &of(None, GZ),
        &[
            ("2024-09", &[NO_ENCRYPT_YET], &[CUSTOM_OPEN, TO_SOURCE_OPEN]),
            ("2024-10", &[], &[CUSTOM_OPEN]),
            ("2024-11", &[], &[CUSTOM_OPEN]),
        ],
    );
}

#[test]
fn an_encrypting_copy_from_a_source_that_is_not_sure() {
    let two = |destination: &str| {
        let mut world = encrypting(&[destination]);
        world.images.push(image(SH, ID));
        world
    };
    table(
        &two(SH),
        &[
            ("2024-09", &[NO_ENCRYPT_YET], &[TO_SOURCE_OPEN]),
            ("2024-10", &[], &[LEAVES_OPEN]),
            ("2024-11", &[], &[LEAVES_OPEN]),
        ],
    );
    table(
        &two(BJ),
        &[("2024-09", &[NO_ENCRYPT_YET], &[]), ("2024-10", &[LEAVES], &[]), ("2024-11", &[LEAVES], &[])],
    );
    // The region is said, though no image is in it.
    let mut missing = encrypting(&[GZ, SH]);
    missing.request.region = Some(GZ.to_owned());
    missing.images.clear();
    let not_found = ("image-exists", "InvalidImageId.NotFound", "ImageIds.0");
    table(
        &missing,
        &[
            ("2024-09", &[NO_ENCRYPT_YET, not_found], &[]),
            ("2024-10", &[not_found, SECOND_LEAVES], &[]),
            ("2024-11", &[not_found, SECOND_LEAVES], &[]),
        ],
    );
    // There is none to go by.
    missing.request.region = None;
    table(
        &missing,
        &[
            ("2024-09", &[NO_ENCRYPT_YET, not_found], &[]),
            ("2024-10", &[not_found], &[]),
            ("2024-11", &[not_found], &[]),
        ],
    );
    missing.request.region = Some("gz".to_owned());
    let nowhere = ("source-region-supported", "UnsupportedRegion", "Region");
    table(
        &missing,
        &[
            ("2024-09", &[nowhere, NO_ENCRYPT_YET], &[]),
            ("2024-10", &[nowhere], &[]),
            ("2024-11", &[nowhere], &[]),
        ],
    );
    // A destination that is repeated, or that is none, is that and nothing else.
    table(
        &encrypting(&["gz", SH, SH]),
        &[(
            "2024-10",
            &[
                ("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.0"),
                SECOND_LEAVES,
                ("destination-unique", "InvalidParameterValue", "DestinationRegions.2"),
            ],
            &[],
        )],
    );
}

#[test]
fn keys_have_the_form_of_one_from_2024_10() {
    let key = |key: &str, encrypt: Option<bool>| {
        let mut world = encrypting(&[GZ]);
        // With another copy in mind the same call is one to the source region.
        if encrypt != Some(true) {
            to(&mut world, &[SH]);
        }
        world.request.encrypt = encrypt;
        world.request.kms_key_id = Some(key.to_owned());
        world
    };
    let good = [
        "00000000-0000-0000-0000-000000000000",
        "23e80852-1e38-11e9-b129-5cb9019b4b01",
        "ABCDEF01-2345-6789-ABCD-EF0123456789",
        "aBcDeF01-2345-6789-abCD-ef0123456789",
    ];
    let bad = [
        "",
        "alias/key",
        "23e808521e3811e9b1295cb9019b4b01",
        "23e80852-1e38-11e9-b129-5cb9019b4b0",
        "23e80852-1e38-11e9-b129-5cb9019b4b011",
        "3e80852-1e38-11e9-b129-5cb9019b4b01",
        "23e80852-1e38-11e9-b129-5cb9019b4b0g",
        "g3e80852-1e38-11e9-b129-5cb9019b4b01",
        "23e80852-1e38-11e9-b1295-cb9019b4b01",
        "23e80852-1e38-11e9-b129--5cb9019b4b0",
        "23e80852-1e38-11e9-b129-5cb9019b4b01-",
        "-23e80852-1e38-11e9-b129-5cb9019b4b01",
        "23e80852-1e38-11e9-b129-5cb9019b4b01-0000",
        "23e80852_1e38_11e9_b129_5cb9019b4b01",
        "23e80852\u{2013}1e38\u{2013}11e9\u{2013}b129\u{2013}5cb9019b4b01",
        "{23e80852-1e38-11e9-b129-5cb9019b4b01}",
        " 23e80852-1e38-11e9-b129-5cb9019b4b01",
        "23e80852-1e38-11e9-b129-5cb9019b4b01\n",
        // Digits of other scripts are none, whether they are counted in characters or in bytes.
        "\u{ff12}3e80852-1e38-11e9-b129-5cb9019b4b01",
        "\u{663}e80852-1e38-11e9-b129-5cb9019b4b01",
        "----",
    ];
    for (keys, violations) in [(&good[..], &[][..]), (&bad, &[NO_KEY])] {
        for text in keys {
            says("2024-09", &key(text, Some(true)), &[NO_ENCRYPT_YET, NO_KEY_YET, TO_SOURCE], &[]);
            all(&["2024-10", "2024-11", "2025-04"], &key(text, Some(true)), violations, &[]);
            // The key of a copy that is not to be encrypted is not looked at.
            says("2024-09", &key(text, Some(false)), &[NO_ENCRYPT_YET, NO_KEY_YET], &[]);
            says("2024-09", &key(text, None), &[NO_KEY_YET], &[]);
            all(&["2024-10", "2024-11"], &key(text, Some(false)), &[], &[]);
            all(&["2024-10", "2024-11"], &key(text, None), &[], &[]);
        }
    }
    // Without a key there is none to look at.
    all(&["2024-10", "2024-11"], &encrypting(&[GZ]), &[], &[]);
}

/// A call that names the copy `copy`, into regions that everything is known about.
fn naming(edit: impl FnOnce(&mut World)) -> World {
    with(|world| {
        world.request.image_name = Some("copy".to_owned());
        edit(world);
    })
}

/// An image in Shanghai that has nothing to do with the call but its name.
fn namesake(world: &mut World, name: Option<&str>, image_type: Option<&str>) {
    let mut image = image(SH, OTHER_ID);
    image.image_name = name.map(str::to_owned);
    image.image_type = image_type.map(ImageType::from);
    world.images.push(image);
}

/// From August on and not before, when the parameter is unknown and nothing else is said of it.
#[track_caller]
fn from_2022_08(world: &World, violations: &[Caused], unverified: &[Open]) {
    says("2022-07", world, &[NO_NAME_YET], &[]);
    all(&["2022-08", "2022-09", "2025-04"], world, violations, unverified);
}

#[test]
fn a_name_is_taken_by_a_custom_image_in_a_destination() {
    let custom = Some("PRIVATE_IMAGE");
    from_2022_08(&naming(|_| {}), &[], &[]);
    for (name, image_type, violations, unverified) in [
        (Some("copy"), custom, &[TAKEN][..], &[][..]),
        (Some("copy"), Some("PUBLIC_IMAGE"), &[], &[]),
        (Some("copy"), Some("SHARED_IMAGE"), &[], &[]),
        (Some("copy"), Some("private_image"), &[], &[]),
        (Some("copy"), None, &[], &[TAKEN_OPEN]),
        (Some("Copy"), custom, &[], &[]),
        (Some("copy "), custom, &[], &[]),
        (Some(""), custom, &[], &[]),
        (Some("other"), custom, &[], &[]),
        (Some("other"), None, &[], &[]),
        (Some(""), None, &[], &[]),
        (None, custom, &[], &[TAKEN_OPEN]),
        (None, None, &[], &[TAKEN_OPEN]),
        (None, Some("PUBLIC_IMAGE"), &[], &[]),
        (None, Some("SHARED_IMAGE"), &[], &[]),
    ] {
        from_2022_08(&naming(|world| namesake(world, name, image_type)), violations, unverified);
        // It is in the destination, not in the source region.
        let elsewhere = naming(|world| {
            namesake(world, name, image_type);
            to(world, &[BJ]);
        });
        from_2022_08(&elsewhere, &[], &[]);
    }
    // What is sure outweighs what is unknown, whichever comes first.
    for unknown_first in [true, false] {
        let both = naming(|world| {
            namesake(world, Some("copy"), custom);
            let mut unknown = image(SH, THIRD_ID);
            unknown.image_name = None;
            unknown.image_type = None;
            world.images.push(unknown);
            if unknown_first {
                world.images.swap(1, 2);
            }
        });
        from_2022_08(&both, &[TAKEN], &[]);
    }
    // In the source region the image that is copied has the name itself.
    let own_name = with(|world| world.request.image_name = Some("base".to_owned()));
    from_2022_08(&own_name, &[], &[]);
}

#[test]
fn a_name_is_taken_by_a_copy_on_its_way() {
    for (names, violations, unverified) in [
        (&[Some("copy")][..], &[TAKEN][..], &[][..]),
        (&[Some("other"), Some("copy")], &[TAKEN], &[]),
        (&[None, Some("copy")], &[TAKEN], &[]),
        (&[Some("copy"), None], &[TAKEN], &[]),
        (&[Some("other")], &[], &[]),
        (&[Some("COPY"), Some("")], &[], &[]),
        (&[Some("other"), None], &[], &[TAKEN_OPEN]),
        (&[None], &[], &[TAKEN_OPEN]),
    ] {
        from_2022_08(&naming(|world| world.on_its_way(SH, names)), violations, unverified);
        from_2022_08(&naming(|world| world.on_its_way(BJ, names)), &[], &[]);
    }
    let unknown_image = naming(|world| {
        namesake(world, None, None);
        world.on_its_way(SH, &[Some("copy")]);
    });
    from_2022_08(&unknown_image, &[TAKEN], &[]);
}

#[test]
fn a_name_may_be_taken_where_the_list_is_not_complete() {
    let incomplete = |region: &str, edit: fn(&mut World)| {
        naming(|world| {
            world.region(region).images_complete = false;
            world.region_quota(region).used = Used::Count(0);
            edit(world);
        })
    };
    from_2022_08(&incomplete(SH, |_| {}), &[], &[TAKEN_OPEN]);
    from_2022_08(&incomplete(BJ, |_| {}), &[], &[]);
    from_2022_08(
        &incomplete(SH, |world| namesake(world, Some("copy"), Some("PRIVATE_IMAGE"))),
        &[TAKEN],
        &[],
    );
    from_2022_08(
        &incomplete(SH, |world| namesake(world, Some("copy"), Some("PUBLIC_IMAGE"))),
        &[],
        &[TAKEN_OPEN],
    );
    from_2022_08(&incomplete(SH, |world| world.on_its_way(SH, &[Some("copy")])), &[TAKEN], &[]);
}

/// One name, one finding: in the first destination that it is taken in or in any other.
#[test]
fn a_name_is_judged_once_for_all_destinations() {
    let custom = Some("PRIVATE_IMAGE");
    let two = |edit: fn(&mut World)| {
        naming(|world| {
            to(world, &[SH, BJ]);
            edit(world);
        })
    };
    let taken_in_both = two(|world| {
        namesake(world, Some("copy"), Some("PRIVATE_IMAGE"));
        world.on_its_way(BJ, &[Some("copy")]);
    });
    from_2022_08(&taken_in_both, &[TAKEN], &[]);
    let open_then_taken = two(|world| {
        namesake(world, None, Some("PRIVATE_IMAGE"));
        world.on_its_way(BJ, &[Some("copy")]);
    });
    from_2022_08(&open_then_taken, &[TAKEN], &[]);
    let taken_then_open = two(|world| {
        namesake(world, Some("copy"), Some("PRIVATE_IMAGE"));
        world.on_its_way(BJ, &[None]);
    });
    from_2022_08(&taken_then_open, &[TAKEN], &[]);
    let open_in_both = two(|world| {
        namesake(world, None, Some("PRIVATE_IMAGE"));
        world.on_its_way(BJ, &[None]);
    });
    from_2022_08(&open_in_both, &[], &[TAKEN_OPEN]);
    let open_in_the_last = two(|world| world.on_its_way(BJ, &[None]));
    from_2022_08(&open_in_the_last, &[], &[TAKEN_OPEN]);
    let taken_in_the_last = two(|world| world.on_its_way(BJ, &[Some("copy")]));
    from_2022_08(&taken_in_the_last, &[TAKEN], &[]);

    // A destination that is repeated is still that of the first.
    let repeated = naming(|world| {
        namesake(world, Some("copy"), custom);
        to(world, &[SH, SH]);
    });
    let again = ("destination-unique", "InvalidParameterValue", "DestinationRegions.1");
    says("2022-07", &repeated, &[NO_NAME_YET, again], &[]);
    all(&["2022-08", "2022-09"], &repeated, &[again, TAKEN], &[]);
    // In what is no region nothing is taken.
    let nowhere = naming(|world| to(world, &["sh"]));
    let not_found = ("destination-exists", "InvalidRegion.NotFound", "DestinationRegions.0");
    says("2022-07", &nowhere, &[NO_NAME_YET, not_found], &[]);
    all(&["2022-08", "2022-09"], &nowhere, &[not_found], &[]);
    let none = naming(|world| to(world, &[]));
    let required = ("destination-required", "MissingParameter", "DestinationRegions");
    says("2022-07", &none, &[NO_NAME_YET, required], &[]);
    all(&["2022-08", "2022-09"], &none, &[required], &[]);
}

/// The rule speaks of the name and of the destinations, not of the image.
#[test]
fn a_name_is_taken_whatever_the_image_is() {
    let malformed = naming(|world| {
        namesake(world, Some("copy"), Some("PRIVATE_IMAGE"));
        world.request.image_ids = vec!["img-x".to_owned()];
    });
    let fault = ("image-id-format", "InvalidImageId.Malformed", "ImageIds.0");
    says("2022-07", &malformed, &[NO_NAME_YET, fault], &[]);
    all(&["2022-08", "2022-09"], &malformed, &[fault, TAKEN], &[]);
    // In its own region a shared image can get no name that a custom one has.
    let own_region = |kind: &str, name: &str| {
        with(|world| {
            world.image(GZ, ID).image_type = Some(kind.into());
            world.image(GZ, ID).image_name = Some("shared".to_owned());
            world.images.push(image(GZ, OTHER_ID));
            world.request.image_name = Some(name.to_owned());
            to(world, &[GZ]);
        })
    };
    table(
        &own_region("SHARED_IMAGE", "base"),
        &[
            ("2022-07", &[NO_NAME_YET, NOT_CUSTOM, TO_SOURCE], &[]),
            ("2022-08", &[TAKEN], &[]),
            ("2022-09", &[TAKEN], &[]),
        ],
    );
    table(
        &own_region("SHARED_IMAGE", "shared"),
        &[
            ("2022-07", &[NO_NAME_YET, NOT_CUSTOM, TO_SOURCE], &[]),
            ("2022-08", &[], &[]),
            ("2022-09", &[], &[]),
        ],
    );
}

#[test]
fn an_empty_name_is_never_taken() {
    let empty = |edit: fn(&mut World)| {
        naming(|world| {
            world.request.image_name = Some(String::new());
            edit(world);
        })
    };
    from_2022_08(&empty(|world| namesake(world, Some(""), Some("PRIVATE_IMAGE"))), &[], &[]);
    from_2022_08(&empty(|world| namesake(world, None, None)), &[], &[]);
    from_2022_08(&empty(|world| world.on_its_way(SH, &[Some(""), None])), &[], &[]);
    // Nor is one that is not sent.
    let unsent = with(|world| {
        namesake(world, Some("base"), Some("PRIVATE_IMAGE"));
        world.on_its_way(SH, &[None]);
    });
    all(&["2022-07", "2022-08", "2022-09", "2025-04"], &unsent, &[], &[]);
}

#[test]
fn a_name_has_60_characters_at_most_from_2025_04() {
    let named = |name: &str| with(|world| world.request.image_name = Some(name.to_owned()));
    // A letter of one, two, three and four bytes.
    for letter in ["x", "ö", "像", "🦀"] {
        for count in [0, 1, 59, 60] {
            all(&["2025-03", "2025-04", "2025-05"], &named(&letter.repeat(count)), &[], &[]);
        }
        for count in [61, 62, 120, 1_000] {
            says("2025-03", &named(&letter.repeat(count)), &[], &[]);
            all(&["2025-04", "2025-05", "2030-01"], &named(&letter.repeat(count)), &[TOO_LONG], &[]);
        }
    }
    // A letter and its accent are two, though they look like one.
    all(&["2025-03", "2025-04"], &named(&"e\u{301}".repeat(30)), &[], &[]);
    says("2025-03", &named(&"e\u{301}".repeat(31)), &[], &[]);
    all(&["2025-04", "2025-05"], &named(&"e\u{301}".repeat(31)), &[TOO_LONG], &[]);
    // Blanks count, and nothing is trimmed.
    all(&["2025-04", "2025-05"], &named(&format!("{}  ", "x".repeat(59))), &[TOO_LONG], &[]);
}

#[test]
fn a_name_that_is_too_long_can_be_taken_too() {
    let name = "ö".repeat(61);
    let taken = with(|world| {
        world.request.image_name = Some(name.clone());
        namesake(world, Some(&name), Some("PRIVATE_IMAGE"));
    });
    table(
        &taken,
        &[
            ("2022-07", &[NO_NAME_YET], &[]),
            ("2025-03", &[TAKEN], &[]),
            ("2025-04", &[TOO_LONG, TAKEN], &[]),
            ("2025-05", &[TOO_LONG, TAKEN], &[]),
        ],
    );
    let open = with(|world| {
        world.request.image_name = Some(name.clone());
        namesake(world, None, None);
    });
    table(
        &open,
        &[
            ("2025-03", &[], &[TAKEN_OPEN]),
            ("2025-04", &[TOO_LONG], &[TAKEN_OPEN]),
            ("2025-05", &[TOO_LONG], &[TAKEN_OPEN]),
        ],
    );
}

/// Everything that can meet in the rules of source and destination: an image in none to
/// three regions, of each type, lists that are complete or not, a second image, and a copy
/// that is to be encrypted or not.
#[test]
fn every_way_to_learn_the_source_is_what_the_oracle_says() {
    let months = ["2022-07", "2022-08", "2022-09", "2024-09", "2024-10"].map(edition);
    let rules = months.map(Ruleset::documented);
    let types = [
        None,
        Some(Some(ImageType::PRIVATE_IMAGE)),
        Some(Some(ImageType::SHARED_IMAGE)),
        Some(Some(ImageType::PUBLIC_IMAGE)),
        Some(None),
    ];
    let mut worlds = 0;
    let (mut violated, mut open) = (BTreeSet::new(), BTreeSet::new());
    for place in 0..125 {
        for incomplete in 0..8 {
            for second in 0..3 {
                let mut world = world();
                world.images.clear();
                for (n, name) in [GZ, SH, BJ].into_iter().enumerate() {
                    if let Some(image_type) = &types[place / 5_usize.pow(u32::try_from(n).unwrap()) % 5] {
                        let mut image = image(name, ID);
                        image.image_type.clone_from(image_type);
                        world.images.push(image);
                    }
                    world.region(name).images_complete = incomplete >> n & 1 == 0;
                }
                if second > 0 {
                    world.request.image_ids.push(OTHER_ID.to_owned());
                }
                if second > 1 {
                    world.images.push(image(SH, OTHER_ID));
                }
                to(&mut world, &[GZ, SH, BJ]);
                let state = world.state();
                for region in [None, Some(GZ)] {
                    for encrypt in [None, Some(true)] {
                        world.request.region = region.map(str::to_owned);
                        world.request.encrypt = encrypt;
                        for (month, rules) in months.iter().zip(&rules) {
                            let report = rules.check(&world.request, &state);
                            let expected = judge(*month, &world.request, &state);
                            assert_eq!(Verdict::of(&report), expected, "{month}: {world:#?}");
                            worlds += 1;
                            violated.extend(expected.violations.into_iter().map(|found| found.0));
                            open.extend(expected.unverified.into_iter().map(|found| found.0));
                        }
                    }
                }
            }
        }
    }
    println!("{worlds} worlds");
    assert_eq!(worlds, 125 * 8 * 3 * 2 * 2 * 5);
    claims::hold("sources", worlds);
    for rule in ["destination-not-source", "destination-source-only"] {
        assert!(violated.contains(rule) && open.contains(rule), "{rule}");
    }
}

#[cfg(feature = "proptest")]
mod generated {
    use std::sync::LazyLock;

    use presync::generators::strategies;
    use proptest::prelude::*;
    use proptest::test_runner::TestCaseError;

    use super::*;
    use crate::support::values::{any_world, laid_over, later, samples};

    fn cases(cases: u32) -> ProptestConfig {
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    /// The rules of each month.
    static PAGES: LazyLock<Vec<(Edition, Ruleset)>> =
        LazyLock::new(|| months().into_iter().map(|month| (month, Ruleset::documented(month))).collect());

    /// The library says what the oracle says on each page; what that is, page by page. The error is
    /// the first page on which it does not, with what only one of the two says.
    fn agreed(request: &SyncRequest, state: &State) -> Result<Vec<Verdict>, TestCaseError> {
        let mut verdicts = Vec::new();
        for (month, rules) in PAGES.iter() {
            let report = rules.check(request, state);
            let expected = judge(*month, request, state);
            if !expected.is_what_says(&report) {
                let difference = expected.difference(&Verdict::of(&report));
                return Err(TestCaseError::fail(format!("{month}: {difference}")));
            }
            prop_assert_eq!(report.edition(), *month);
            verdicts.push(expected);
        }
        Ok(verdicts)
    }

    /// The same, where nothing makes a smaller case of a failure.
    #[track_caller]
    fn agreed_on(request: &SyncRequest, state: &State) -> Vec<Verdict> {
        agreed(request, state).unwrap_or_else(|error| {
            let json = (serde_json::to_string(request).unwrap(), serde_json::to_string(state).unwrap());
            panic!("{error}\n{}\n{}", json.0, json.1)
        })
    }

    /// What came of calls, page by page.
    #[derive(Default)]
    struct Reached {
        verdicts: usize,
        violated: BTreeSet<(Edition, String)>,
        open: BTreeSet<(Edition, String)>,
        accepted: BTreeSet<Edition>,
    }

    impl Reached {
        fn add(&mut self, verdicts: Vec<Verdict>) {
            self.verdicts += verdicts.len();
            for ((month, _), verdict) in PAGES.iter().zip(verdicts) {
                if verdict.violations.is_empty() {
                    self.accepted.insert(*month);
                }
                self.violated.extend(verdict.violations.into_iter().map(|found| (*month, found.0)));
                self.open.extend(verdict.unverified.into_iter().map(|open| (*month, open.0)));
            }
        }

        /// Each rule was broken in each of its months, and each that can be was left open in each.
        /// What agrees on nothing proves nothing.
        fn everything(&self) {
            println!("{} calls on a page", self.verdicts);
            let can_be_open = history::can_be_unverified();
            for (month, rules) in PAGES.iter() {
                assert!(self.accepted.contains(month), "{month}: nothing is accepted");
                for rule in rules.ids() {
                    let at = (*month, rule.to_owned());
                    assert_eq!(
                        self.open.contains(&at),
                        can_be_open.contains(&rule),
                        "{month}: {rule} is open"
                    );
                    // The newest page has every parameter that there is.
                    let all_known = rule == "parameter-known"
                        && history::LATER_PARAMETERS.iter().all(|(_, since)| edition(since) <= *month);
                    assert_eq!(self.violated.contains(&at), !all_known, "{month}: {rule} is broken");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(cases(1024))]

        #[test]
        fn what_embedders_generate_is_what_the_oracle_says(
            request in strategies::any_request(),
            state in strategies::any_state(),
        ) {
            agreed(&request, &state)?;
        }

        #[test]
        fn what_the_later_pages_speak_of_is_what_the_oracle_says(
            world in any_world(),
            later in later(),
        ) {
            agreed(&world.request, &world.state())?;
            let world = laid_over(world, &later);
            agreed(&world.request, &world.state())?;
        }
    }

    #[test]
    fn what_embedders_generate_reaches_every_rule_of_every_page() {
        let mut reached = Reached::default();
        for (request, state) in samples((strategies::any_request(), strategies::any_state()), 2_000) {
            reached.add(agreed_on(&request, &state));
        }
        for (request, state) in samples(strategies::accepted(), 100) {
            reached.add(agreed_on(&request, &state));
        }
        for rule in Ruleset::default().ids() {
            let strategy = strategies::with_fault(rule).expect("each rule of the first page has a generator");
            for (request, state) in samples(strategy, 20) {
                reached.add(agreed_on(&request, &state));
            }
        }
        reached.everything();
    }

    #[test]
    fn what_the_later_pages_speak_of_reaches_every_rule_of_every_page() {
        let mut reached = Reached::default();
        for (world, later) in samples((any_world(), later()), 2_000) {
            let world = laid_over(world, &later);
            reached.add(agreed_on(&world.request, &world.state()));
        }
        reached.everything();
    }
}
