//! What is said in words: every message, what would have passed, hints, and what
//! an unverified rule needs.

use presync::{
    AccountQuota, BlockedRoute, Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionQuota,
    RegionState, Ruleset, State, SyncRequest, Used, Violation, validate_sync,
};

use crate::support::world::World;

const ID: &str = "img-o3ycss2p";
const OTHER_ID: &str = "img-34vaef8f";
const REGIONS: [&str; 4] = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-seoul"];

/// One image in `ap-guangzhou`, to `ap-shanghai`, without a `Region`.
fn call() -> World {
    World {
        request: SyncRequest::new(ID, ["ap-shanghai"]),
        regions: REGIONS.map(Region::new).into(),
        images: vec![Image::new("ap-guangzhou", ID).with_image_size(20)],
        quota: AccountQuota::default(),
        routes: Vec::new(),
        regions_complete: true,
    }
}

impl World {
    fn violations(&self) -> Vec<Violation> {
        validate_sync(&self.request, &self.state())
    }

    /// `rule parameter: needs`.
    fn unverified(&self) -> Vec<String> {
        let report = Ruleset::default().check(&self.request, &self.state());
        let lines = report.unverified().iter();
        lines.map(|open| format!("{} {}: {}", open.rule(), open.parameter(), open.needs())).collect()
    }
}

fn region_quota(region: &str, used: u64, in_flight: u64, limit: impl Into<QuotaLimit>) -> AccountQuota {
    let mut quota = RegionQuota::new(region);
    (quota.used, quota.in_flight, quota.image_num_quota) = (Used::Count(used), in_flight, limit.into());
    let mut account = AccountQuota::default();
    account.regions.push(quota);
    account
}

/// A call with these images. All of them are there.
fn several(ids: &[&str]) -> World {
    call().with(|call| {
        call.request.image_ids = ids.iter().map(|id| (*id).to_owned()).collect();
        call.images.push(Image::new("ap-guangzhou", OTHER_ID).with_image_size(20));
    })
}

#[test]
fn what_stays_in_its_region_is_named() {
    for (encrypt, image_type, what) in [
        (None, ImageType::SHARED_IMAGE, "a shared image"),
        (Some(true), ImageType::PRIVATE_IMAGE, "a copy that is to be encrypted"),
    ] {
        let call = call().with(|call| {
            call.request.region = Some("ap-guangzhou".to_owned());
            call.request.encrypt = encrypt;
            call.images[0].image_type = Some(image_type);
        });
        let report = Ruleset::documented(Edition::LATEST).check(&call.request, &call.state());
        let of_rule = |violation: &&Violation| violation.rule() == "destination-source-only";
        let violation = report.violations().iter().find(of_rule).expect("another region");
        assert_eq!(
            violation.message(),
            format!("{what} stays in the source region, and `ap-shanghai` is another one")
        );
        assert_eq!(violation.allowed(), Some("`ap-guangzhou`"));
    }
}

/// Rule, value, message, allowed, hint.
type Said<'t> = (&'t str, Option<&'t str>, &'t str, Option<&'t str>, Option<&'t str>);

#[test]
fn every_violation_says_what_was_sent_what_is_wrong_and_what_would_have_passed() {
    let table: Vec<(World, Said<'_>)> = vec![
        (
            call().with(|call| call.request.version = None),
            ("version-required", None, "no version is sent", Some("2017-03-12"), None),
        ),
        (
            call().with(|call| call.request.version = Some("2017-03-12 ".to_owned())),
            (
                "version-supported",
                Some("2017-03-12 "),
                "the API has no version `2017-03-12 `",
                Some("2017-03-12"),
                Some("did you mean `2017-03-12`? surrounding spaces"),
            ),
        ),
        (
            call().with(|call| call.request.version = Some("2017\u{2013}03-12".to_owned())),
            (
                "version-supported",
                Some("2017\u{2013}03-12"),
                "the API has no version `2017\u{2013}03-12`",
                Some("2017-03-12"),
                Some("did you mean `2017-03-12`? U+2013 instead of `-`"),
            ),
        ),
        (
            call().with(|call| call.request.version = Some("2\u{43e}17-03-12".to_owned())),
            (
                "version-supported",
                Some("2\u{43e}17-03-12"),
                "the API has no version `2\u{43e}17-03-12`",
                Some("2017-03-12"),
                None,
            ),
        ),
        (
            call().with(|call| call.request.version = Some("\u{ff12}017-03-12".to_owned())),
            (
                "version-supported",
                Some("\u{ff12}017-03-12"),
                "the API has no version `\u{ff12}017-03-12`",
                Some("2017-03-12"),
                Some("did you mean `2017-03-12`? U+FF12 instead of `2`"),
            ),
        ),
        (
            call().with(|call| call.request.version = Some("2020-01-01".to_owned())),
            (
                "version-supported",
                Some("2020-01-01"),
                "the API has no version `2020-01-01`",
                Some("2017-03-12"),
                None,
            ),
        ),
        (
            call().with(|call| call.request.region = Some("gz".to_owned())),
            (
                "source-region-supported",
                Some("gz"),
                "`gz` is not a known region",
                None,
                Some("did you mean `ap-guangzhou`? `gz` is its code in an older API"),
            ),
        ),
        (
            call().with(|call| call.request.dry_run = Some(false)),
            (
                "parameter-known",
                Some("false"),
                "`DryRun` is first seen in 2022-04: the 2017-03 page does not have it",
                None,
                None,
            ),
        ),
        (
            call().with(|call| call.request.image_name = Some("base".to_owned())),
            (
                "parameter-known",
                Some("base"),
                "`ImageName` is first seen in 2022-08: the 2017-03 page does not have it",
                None,
                None,
            ),
        ),
        (
            call().with(|call| call.request.image_set_required = Some(true)),
            (
                "parameter-known",
                Some("true"),
                "`ImageSetRequired` is first seen in 2022-11: the 2017-03 page does not have it",
                None,
                None,
            ),
        ),
        (
            call().with(|call| call.request.encrypt = Some(true)),
            (
                "parameter-known",
                Some("true"),
                "`Encrypt` is first seen in 2024-10: the 2017-03 page does not have it",
                None,
                None,
            ),
        ),
        (
            call().with(|call| call.request.kms_key_id = Some("key".to_owned())),
            (
                "parameter-known",
                Some("key"),
                "`KmsKeyId` is first seen in 2024-10: the 2017-03 page does not have it",
                None,
                None,
            ),
        ),
        (
            call().with(|call| call.request.image_ids.clear()),
            ("image-required", None, "no image is named", Some("1 image"), None),
        ),
        (
            call().with(|call| call.request.image_ids.push(ID.to_owned())),
            (
                "image-single",
                None,
                "2 images are named, and a request copies one",
                Some("1 image"),
                Some("it is the same image: name it once"),
            ),
        ),
        (
            several(&[ID, OTHER_ID]),
            (
                "image-single",
                None,
                "2 images are named, and a request copies one",
                Some("1 image"),
                Some("send 2 requests, one for each image"),
            ),
        ),
        (
            several(&[ID, OTHER_ID, OTHER_ID]),
            (
                "image-single",
                None,
                "3 images are named, and a request copies one",
                Some("1 image"),
                Some("send 2 requests, one for each image, which each name it once"),
            ),
        ),
        (
            call().with(|call| call.request.image_ids[0] = "IMG-o3ycss2p".to_owned()),
            (
                "image-id-format",
                Some("IMG-o3ycss2p"),
                "`IMG-o3ycss2p` does not have the form of an image id",
                Some("img-[0-9a-z]{8,}"),
                Some("did you mean `img-o3ycss2p`? different case"),
            ),
        ),
        (
            call().with(|call| call.images.clear()),
            ("image-exists", Some(ID), "there is no image `img-o3ycss2p` in any region", None, None),
        ),
        (
            call().with(|call| call.request.region = Some("ap-beijing".to_owned())),
            (
                "image-exists",
                Some(ID),
                "there is no image `img-o3ycss2p` in `ap-beijing`",
                None,
                Some("the image is in `ap-guangzhou`: name that as the source region"),
            ),
        ),
        (
            call().with(|call| call.images[0].image_type = Some(ImageType::PUBLIC_IMAGE)),
            (
                "image-custom",
                Some(ID),
                "`img-o3ycss2p` is not a custom image but a `PUBLIC_IMAGE`",
                Some("PRIVATE_IMAGE"),
                None,
            ),
        ),
        (
            call().with(|call| call.images[0].image_state = Some(ImageState::USING)),
            (
                "image-state-normal",
                Some(ID),
                "`img-o3ycss2p` is in the state `USING`",
                Some("NORMAL"),
                Some("the state passes with time: try again later"),
            ),
        ),
        (
            call().with(|call| call.images[0].image_state = Some(ImageState::IMPORTFAILED)),
            (
                "image-state-normal",
                Some(ID),
                "`img-o3ycss2p` is in the state `IMPORTFAILED`",
                Some("NORMAL"),
                Some("the state never passes: make a new image"),
            ),
        ),
        (
            call().with(|call| call.images[0].image_state = Some("\u{7}".into())),
            ("image-state-normal", Some(ID), "`img-o3ycss2p` is in the state `\\u{7}`", Some("NORMAL"), None),
        ),
        (
            call().with(|call| call.images[0].image_size = Some(50)),
            ("image-size", Some(ID), "`img-o3ycss2p` has 50 GiB", Some("< 50 GiB"), None),
        ),
        (
            call().with(|call| call.request.destination_regions.clear()),
            ("destination-required", None, "no destination is named", Some("1 region or more"), None),
        ),
        (
            call().with(|call| call.request.destination_regions[0] = "ap-shanghai-2".to_owned()),
            (
                "destination-exists",
                Some("ap-shanghai-2"),
                "`ap-shanghai-2` is not a known region",
                None,
                Some("did you mean `ap-shanghai`? `ap-shanghai-2` is a zone of it"),
            ),
        ),
        (
            call().with(|call| call.regions[1].region_state = Some(RegionState::UNAVAILABLE)),
            (
                "destination-available",
                Some("ap-shanghai"),
                "`ap-shanghai` is `UNAVAILABLE`",
                Some("AVAILABLE"),
                None,
            ),
        ),
        (
            call().with(|call| call.regions[1].image_sync = Some(false)),
            (
                "destination-available",
                Some("ap-shanghai"),
                "`ap-shanghai` does not take synchronized images",
                Some("a region with image sync"),
                None,
            ),
        ),
        (
            call().with(|call| call.routes.push(BlockedRoute::new("ap-guangzhou", "ap-shanghai"))),
            (
                "destination-available",
                Some("ap-shanghai"),
                "images cannot be copied from `ap-guangzhou` to `ap-shanghai`",
                Some("a region with an open route"),
                None,
            ),
        ),
        (
            // The image is in one of two regions, and from neither is the route open.
            call().with(|call| {
                call.images.push(Image::new("ap-beijing", ID).with_image_size(20));
                call.routes.push(BlockedRoute::new("ap-guangzhou", "ap-shanghai"));
                call.routes.push(BlockedRoute::new("ap-beijing", "ap-shanghai"));
            }),
            (
                "destination-available",
                Some("ap-shanghai"),
                "images cannot be copied to `ap-shanghai` from any region that the image may be in",
                Some("a region with an open route"),
                None,
            ),
        ),
        (
            call().with(|call| call.request.destination_regions[0] = "ap-guangzhou".to_owned()),
            (
                "destination-not-source",
                Some("ap-guangzhou"),
                "`ap-guangzhou` is the source region",
                Some("a region other than `ap-guangzhou`"),
                None,
            ),
        ),
        (
            call().with(|call| call.request.destination_regions.push("ap-shanghai".to_owned())),
            (
                "destination-unique",
                Some("ap-shanghai"),
                "`ap-shanghai` is already listed as `DestinationRegions.0`",
                Some("each region once"),
                None,
            ),
        ),
        (
            call().with(|call| call.quota = region_quota("ap-shanghai", 10, 0, None)),
            (
                "image-quota",
                Some("ap-shanghai"),
                "`ap-shanghai` has 10 custom images, and its quota is 10",
                Some("10 images"),
                None,
            ),
        ),
        (
            call().with(|call| call.quota = region_quota("ap-shanghai", 1, 1, Some(1))),
            (
                "image-quota",
                Some("ap-shanghai"),
                "`ap-shanghai` has 1 custom image and 1 copy in flight, and its quota is 1",
                Some("1 image"),
                None,
            ),
        ),
        (
            call().with(|call| call.quota = region_quota("ap-shanghai", 0, 2, Some(2))),
            (
                "image-quota",
                Some("ap-shanghai"),
                "`ap-shanghai` has 0 custom images and 2 copies in flight, and its quota is 2",
                Some("2 images"),
                None,
            ),
        ),
        (
            call().with(|call| {
                call.quota = region_quota("ap-shanghai", 0, 2, Some(2));
                call.quota.regions[0].used = Used::Unknown;
            }),
            (
                "image-quota",
                Some("ap-shanghai"),
                "`ap-shanghai` has at least 0 custom images and 2 copies in flight, and its quota is 2",
                Some("2 images"),
                None,
            ),
        ),
        (
            call().with(|call| {
                call.quota = AccountQuota::default().with_image_num_quota(1);
                call.images.push(Image::new("ap-shanghai", OTHER_ID));
                call.regions[1].images_complete = false;
            }),
            (
                "image-quota",
                Some("ap-shanghai"),
                "`ap-shanghai` has at least 1 custom image, and its quota is 1",
                Some("1 image"),
                None,
            ),
        ),
    ];
    assert!(call().violations().is_empty());
    for (call, said) in table {
        let violations = call.violations();
        let [violation] = &*violations else { panic!("{}: {violations:#?}", said.0) };
        let got =
            (violation.rule(), violation.value(), violation.message(), violation.allowed(), violation.hint());
        assert_eq!(got, said);
    }
}

#[test]
fn what_is_open_says_what_would_settle_it() {
    let table: Vec<(World, &[&str])> = vec![
        (
            call().with(|call| call.images[0].image_type = None),
            &["image-custom ImageIds.0: the state's `ImageType` of `img-o3ycss2p` in `ap-guangzhou`"],
        ),
        (
            call().with(|call| call.images[0].image_state = None),
            &["image-state-normal ImageIds.0: the state's `ImageState` of `img-o3ycss2p` in `ap-guangzhou`"],
        ),
        (
            call().with(|call| call.images[0].image_size = None),
            &["image-size ImageIds.0: the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`"],
        ),
        (
            call().with(|call| {
                call.request.region = Some("ap-guangzhou".to_owned());
                call.regions[0].images_complete = false;
                call.images.clear();
            }),
            &[
                "image-exists ImageIds.0: every image of `ap-guangzhou` in the state (`ImagesComplete`)",
                "image-custom ImageIds.0: every image of `ap-guangzhou` in the state (`ImagesComplete`)",
                "image-state-normal ImageIds.0: every image of `ap-guangzhou` in the state (`ImagesComplete`)",
                "image-size ImageIds.0: every image of `ap-guangzhou` in the state (`ImagesComplete`)",
            ],
        ),
        (
            // Nowhere listed, and two lists are not complete: the source may be either.
            call().with(|call| {
                call.images.clear();
                call.regions[1].images_complete = false;
                call.regions[3].images_complete = false;
            }),
            &[
                "image-exists ImageIds.0: every image of `ap-shanghai` and `ap-seoul` in the state (`ImagesComplete`), where `img-o3ycss2p` may be",
                "image-custom ImageIds.0: every image of `ap-shanghai` and `ap-seoul` in the state (`ImagesComplete`), where `img-o3ycss2p` may be",
                "image-state-normal ImageIds.0: every image of `ap-shanghai` and `ap-seoul` in the state (`ImagesComplete`), where `img-o3ycss2p` may be",
                "image-size ImageIds.0: every image of `ap-shanghai` and `ap-seoul` in the state (`ImagesComplete`), where `img-o3ycss2p` may be",
                "destination-not-source DestinationRegions.0: the request's `Region`: its images may be in `ap-shanghai` and `ap-seoul` (`--region` gives it, or `region` in a line)",
                "image-quota DestinationRegions.0: the number of custom images in `ap-shanghai` (`Used` in the state)",
            ],
        ),
        (
            // Listed in two regions, with one fact that differs.
            call().with(|call| {
                call.request.destination_regions[0] = "ap-beijing".to_owned();
                call.images.push(Image::new("ap-beijing", ID).with_image_size(20));
                call.images[1].image_size = Some(50);
            }),
            &[
                "image-size ImageIds.0: the request's `Region`: `img-o3ycss2p` is listed in `ap-guangzhou` and `ap-beijing` (`--region` gives it, or `region` in a line)",
                "destination-not-source DestinationRegions.0: the request's `Region`: its images are listed in `ap-guangzhou` and `ap-beijing` (`--region` gives it, or `region` in a line)",
            ],
        ),
        (
            call().with(|call| {
                call.images.push(Image::new("ap-beijing", ID).with_image_size(20));
                call.routes.push(BlockedRoute::new("ap-beijing", "ap-shanghai"));
                call.regions[1].region_state = None;
                call.regions[1].image_sync = None;
            }),
            &[
                "destination-available DestinationRegions.0: the state's `RegionState` and `ImageSync` of `ap-shanghai` and the request's `Region`: its images are listed in `ap-guangzhou` and `ap-beijing` (`--region` gives it, or `region` in a line)",
            ],
        ),
        (
            call().with(|call| call.regions[1].images_complete = false),
            &[
                "image-quota DestinationRegions.0: the number of custom images in `ap-shanghai` (`Used` in the state)",
            ],
        ),
    ];
    assert!(call().unverified().is_empty());
    for (call, expected) in table {
        assert!(call.violations().is_empty(), "{:?}", call.violations());
        assert_eq!(call.unverified(), expected);
    }
}

#[test]
fn many_regions_are_not_all_named() {
    let names: Vec<String> = (0..6).map(|number| format!("ap-{number}")).collect();
    let open = |count: usize| {
        let images = names.iter().take(count).map(|name| Image::new(name.as_str(), ID));
        let state = State::new(names.iter().map(Region::new), images).unwrap();
        let report = Ruleset::default().check(&SyncRequest::new(ID, ["ap-5"]), &state);
        report.unverified()[0].needs().to_owned()
    };
    let listed = "the request's `Region`: `img-o3ycss2p` is listed in";
    assert_eq!(
        open(4),
        format!("{listed} `ap-0`, `ap-1`, `ap-2` and `ap-3` (`--region` gives it, or `region` in a line)")
    );
    assert_eq!(
        open(5),
        format!(
            "{listed} `ap-0`, `ap-1`, `ap-2`, `ap-3` and others (`--region` gives it, or `region` in a line)"
        )
    );
}

#[test]
fn ids_in_very_many_regions_are_not_compared() {
    let verdict = |regions: usize| {
        let names: Vec<String> = (0..regions).map(|number| format!("ap-{number}")).collect();
        let images = names.iter().map(|name| Image::new(name.as_str(), ID).with_image_size(50));
        let state = State::new(names.iter().map(Region::new).chain([Region::new("to")]), images).unwrap();
        let report = Ruleset::default().check(&SyncRequest::new(ID, ["to"]), &state);
        (report.violations().len(), report.unverified().len())
    };
    assert_eq!(verdict(32), (1, 0), "too large wherever it is");
    assert_eq!(verdict(33), (0, 3), "one for each rule that looks at the record");
}

#[test]
fn violations_and_open_rules_are_written_as_one_line() {
    let call =
        call().with(|call| call.request.destination_regions = vec!["ap-seoul".to_owned(), "x".to_owned()]);
    let violations = call.violations();
    assert_eq!(
        violations[0].to_string(),
        "DestinationRegions.1: `x` is not a known region (InvalidRegion.NotFound)"
    );
    assert_eq!(violations[0].code().to_string(), "InvalidRegion.NotFound");
    assert_eq!(violations[0].parameter().subscript(), Some(1));
    assert_eq!(violations[0].parameter().name(), "DestinationRegions");

    let mut open = call;
    open.regions[3].image_sync = None;
    let report = Ruleset::default().check(&open.request, &open.state());
    assert_eq!(
        report.unverified()[0].to_string(),
        "DestinationRegions.0: destination-available needs the state's `ImageSync` of `ap-seoul`"
    );
    let [second] = report.into_violations().try_into().unwrap();
    assert_eq!(second, violations[0]);
}

#[test]
fn another_image_does_not_change_what_is_said_of_the_first() {
    let call = call().with(|call| {
        call.request.image_ids.push(OTHER_ID.to_owned());
        call.images.push(Image::new("ap-guangzhou", OTHER_ID));
        call.images[1].image_size = Some(51);
    });
    let lines: Vec<String> = call.violations().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "ImageIds: 2 images are named, and a request copies one (InvalidParameterValue)",
            "ImageIds.1: `img-34vaef8f` has 51 GiB (InvalidImageId.TooLarge)"
        ]
    );
}

#[test]
#[cfg(feature = "hints")]
fn the_first_names_of_a_long_list_are_compared_letter_by_letter() {
    let call = call().with(|call| {
        call.request.destination_regions = (0..70).map(|n| format!("ap-shangha{n:02}")).collect()
    });
    let call =
        call.with(|call| call.request.destination_regions.iter_mut().for_each(|name| name.insert(0, 'x')));
    // Every one is too far off; now each is a slip away.
    assert!(call.violations().iter().all(|found| found.hint().is_none()));
    let letters =
        ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(['?', '!', '+', '*', '(', ')', ';', ':']);
    let call = call
        .with(|call| call.request.destination_regions = letters.map(|c| format!("ap-shangh{c}ai")).collect());
    let hinted: Vec<bool> = call.violations().iter().map(|found| found.hint().is_some()).collect();
    assert_eq!(hinted.len(), 70);
    assert!(hinted[..64].iter().all(|hinted| *hinted));
    assert!(!hinted[64..].iter().any(|hinted| *hinted));
}

#[test]
fn routes_are_blocked_one_by_one_and_in_one_direction() {
    let blocked = |from: &str, to: &str| {
        let call = call().with(|call| {
            call.request.region = Some(from.to_owned());
            call.request.destination_regions[0] = to.to_owned();
            call.images = REGIONS.map(|region| Image::new(region, ID).with_image_size(20)).into();
            call.routes = [
                ("ap-seoul", "ap-beijing"),
                ("ap-guangzhou", "ap-shanghai"),
                ("ap-beijing", "ap-shanghai"),
                ("ap-guangzhou", "ap-seoul"),
            ]
            .map(|(from, to)| BlockedRoute::new(from, to))
            .into();
        });
        call.violations().iter().any(|found| found.rule() == "destination-available")
    };
    let mut found = Vec::new();
    for from in REGIONS {
        found.extend(REGIONS.into_iter().filter(|to| blocked(from, to)).map(|to| (from, to)));
    }
    assert_eq!(
        found,
        [
            ("ap-guangzhou", "ap-shanghai"),
            ("ap-guangzhou", "ap-seoul"),
            ("ap-beijing", "ap-shanghai"),
            ("ap-seoul", "ap-beijing"),
        ]
    );
}
