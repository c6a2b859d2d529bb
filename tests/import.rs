//! State from answers of the API, in the library and on the command line. What is expected follows from the documents
//! of the answers, not from what the code does.
#![cfg(feature = "sources")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test that goes wrong says so by panicking, and this one reads files"
)]

use std::fs;
use std::path::{Path, PathBuf};

use presync::sources::describe::{DescribeError, Responses, is_response};
use presync::{
    Image, ImageState, ImageType, Region, RegionState, Ruleset, State, StateError, SyncRequest, Used,
};
use serde_json::{Value, json};

const GUANGZHOU: &str = "ap-guangzhou";

/// One step of an import.
type Step = fn(Responses, &[u8]) -> Result<Responses, DescribeError>;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/answers").join(name)
}

/// An answer of the tests.
fn answer(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

/// The same without its envelope.
fn body(answer: &[u8]) -> Vec<u8> {
    let value: Value = serde_json::from_slice(answer).unwrap();
    serde_json::to_vec(&value["Response"]).unwrap()
}

/// What the pages of one region come to.
fn imported<B: AsRef<[u8]>>(pages: impl IntoIterator<Item = B>) -> Result<State, DescribeError> {
    let import = pages
        .into_iter()
        .try_fold(Responses::default(), |import, page| import.images(GUANGZHOU, page.as_ref()));
    import.and_then(Responses::state)
}

/// A page of images that have nothing but an id and a type.
fn page(total: impl Into<Value>, image_type: impl Into<Value>, ids: &[&str]) -> Vec<u8> {
    let image_type = image_type.into();
    let images: Vec<Value> = ids.iter().map(|id| json!({"ImageId": id, "ImageType": image_type})).collect();
    json!({"TotalCount": total.into(), "ImageSet": images}).to_string().into_bytes()
}

/// An image of which only this is known.
fn known(
    image_id: &str,
    name: Option<&str>,
    image_type: Option<ImageType>,
    state: Option<ImageState>,
    size: Option<u64>,
) -> Image {
    let mut image = Image::new(GUANGZHOU, image_id);
    image.image_name = name.map(str::to_owned);
    image.image_type = image_type;
    image.image_state = state;
    image.image_size = size;
    image.encrypted = None;
    image
}

fn complete(state: &State) -> bool {
    state.region(GUANGZHOU).unwrap().images_complete
}

/// The used quota of the one region that has some.
fn used(state: &State) -> Used {
    match &*state.account_quota().regions {
        [] => Used::AsListed,
        [quota] => quota.used,
        several => panic!("{several:?}"),
    }
}

// --- what is tolerated ---

#[test]
fn an_answer_counts_the_same_without_its_envelope() {
    for name in ["images-page1.json", "images-page2.json", "images-oldest.json", "images-none.json"] {
        assert_eq!(imported([body(&answer(name))]), imported([answer(name)]), "{name}");
    }
    let regions = answer("regions.json");
    let [enveloped, bare] =
        [&regions, &body(&regions)].map(|bytes| Responses::default().regions(bytes).unwrap().state());
    assert_eq!(enveloped, bare);
    let quota = answer("quota.json");
    let [enveloped, bare] =
        [&quota, &body(&quota)].map(|bytes| Responses::default().quota(None, bytes).unwrap().state());
    assert_eq!(enveloped, bare);
}

#[test]
fn the_records_say_what_they_say_and_no_more() {
    let state = imported([answer("images-page1.json"), answer("images-page2.json")]).unwrap();
    let private = || Some(ImageType::PRIVATE_IMAGE);
    let expected = [
        known("img-34vaef8f", Some(""), private(), Some(ImageState::CREATEFAILED), Some(50)),
        known("img-7k2mw9qd", Some("build-tools"), private(), Some(ImageState::SYNCING), Some(50)),
        known("img-o3ycss2p", Some("web-base"), private(), Some(ImageState::NORMAL), Some(20)),
    ];
    assert_eq!(state.images(), expected);
}

#[test]
fn nulls_and_keys_that_are_left_out_are_unknown() {
    let state = imported([answer("images-body.json")]).unwrap();
    let expected = [
        known(
            "img-8toqc6s3",
            Some("CentOS 7.3 64bit"),
            Some(ImageType::PUBLIC_IMAGE),
            Some(ImageState::NORMAL),
            Some(50),
        ),
        known("img-o3ycss2p", None, Some(ImageType::SHARED_IMAGE), None, None),
    ];
    assert_eq!(state.images(), expected);
    // Two of forty-one, not all of them custom images.
    assert!(!complete(&state));
    assert_eq!(used(&state), Used::AsListed);

    let state = imported([br#"{"ImageSet": [{"ImageId": "img-o3ycss2p"}]}"#]).unwrap();
    assert_eq!(state.images(), [known("img-o3ycss2p", None, None, None, None)]);
    // Nobody said how many there are.
    assert!(!complete(&state));
    assert_eq!(used(&state), Used::AsListed);
}

#[test]
fn the_oldest_answers_are_read() {
    // `ImageStatus`, counts in quotes, an image without a size, times without a zone.
    let state = imported([answer("images-oldest.json")]).unwrap();
    let private = || Some(ImageType::PRIVATE_IMAGE);
    let expected = [
        known("img-5xw9o2aj", None, private(), Some(ImageState::USING), None),
        known("img-pi0ii46r", Some("jump-host"), private(), Some(ImageState::NORMAL), Some(49)),
    ];
    assert_eq!(state.images(), expected);
    assert!(complete(&state));
    assert_eq!(used(&state), Used::Count(2));
}

#[test]
fn words_that_are_not_known_are_kept() {
    let images = br#"{"ImageSet": [{"ImageId": "x", "ImageType": "NEW_IMAGE", "ImageState": "DREAMING"}]}"#;
    let state = imported([images]).unwrap();
    let expected = known("x", None, Some("NEW_IMAGE".into()), Some("DREAMING".into()), None);
    assert_eq!(state.images(), [expected]);
}

#[test]
fn an_empty_list_comes_in_three_forms() {
    let forms = [
        &br#"{"TotalCount": 0, "ImageSet": []}"#[..],
        br#"{"TotalCount": 0, "ImageSet": null}"#,
        br#"{"TotalCount": 0, "RequestId": "x"}"#,
    ];
    for form in forms {
        let state = imported([form]).unwrap();
        assert!(state.images().is_empty() && complete(&state));
        assert_eq!(used(&state), Used::Count(0));
    }
    let regions = Responses::default().regions(br#"{"TotalCount": 0, "RegionSet": null}"#).unwrap();
    assert_eq!(regions.state().unwrap(), State::default());
}

#[test]
fn regions_say_nothing_about_sync() {
    let state = Responses::default().regions(&answer("regions.json")).unwrap().state().unwrap();
    let expected: Vec<Region> = [
        ("ap-beijing", Some(RegionState::AVAILABLE)),
        ("ap-guangzhou", Some(RegionState::AVAILABLE)),
        ("ap-seoul", Some(RegionState::UNAVAILABLE)),
        ("ap-shanghai", Some(RegionState::AVAILABLE)),
        ("na-toronto", None),
    ]
    .into_iter()
    .map(|(name, region_state)| {
        let mut region = Region::new(name);
        region.region_state = region_state;
        region.image_sync = None;
        region.images_complete = false;
        region
    })
    .collect();
    assert_eq!(state.regions(), expected);
}

#[test]
fn a_quota_is_of_the_account_or_of_a_region() {
    let import = Responses::default().quota(None, &answer("quota.json")).unwrap();
    let import = import.quota(Some("ap-shanghai"), &answer("quota-body.json")).unwrap();
    let state = import.quota_count(Some("ap-beijing"), 50).unwrap().state().unwrap();
    let quota = state.account_quota();
    assert_eq!(quota.image_num_quota, Some(20));
    let regions: Vec<_> =
        quota.regions.iter().map(|quota| (&*quota.region, quota.image_num_quota, quota.used)).collect();
    let expected = [("ap-beijing", Some(50), Used::AsListed), ("ap-shanghai", Some(1000), Used::AsListed)];
    assert_eq!(regions, expected);

    // In quotes, and a null that says nothing.
    let quoted = Responses::default().quota(None, br#"{"ImageNumQuota": "20"}"#).unwrap();
    let quoted = quoted.quota(None, br#"{"ImageNumQuota": null}"#).unwrap().state().unwrap();
    assert_eq!(quoted.account_quota().image_num_quota, Some(20));
}

// --- pages ---

#[test]
fn pages_are_joined_in_any_order_and_any_cut() {
    let ids = ["img-a", "img-b", "img-c", "img-d", "img-e"];
    let whole = imported([page(5, "PRIVATE_IMAGE", &ids)]).unwrap();
    assert!(complete(&whole));
    assert_eq!((used(&whole), whole.images().len()), (Used::Count(5), 5));
    let mut looked_at = 0;
    for cuts in 0..1_u32 << 4 {
        let mut pages = vec![Vec::new()];
        for (place, id) in ids.into_iter().enumerate() {
            pages.last_mut().unwrap().push(id);
            if place < 4 && cuts & (1 << place) != 0 {
                pages.push(Vec::new());
            }
        }
        let mut pages: Vec<_> = pages.iter().map(|ids| page(5, "PRIVATE_IMAGE", ids)).collect();
        assert_eq!(imported(&pages).unwrap(), whole);
        pages.reverse();
        assert_eq!(imported(&pages).unwrap(), whole);
        // One page twice changes nothing; one that is missing does.
        pages.push(pages[0].clone());
        assert_eq!(imported(&pages).unwrap(), whole);
        let missing: Vec<_> = pages.iter().filter(|page| **page != pages[0]).collect();
        if !missing.is_empty() {
            let state = imported(missing).unwrap();
            assert!(!complete(&state));
            assert_eq!(used(&state), Used::Count(5));
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 15);
}

#[test]
fn a_list_is_complete_when_it_holds_what_it_counts() {
    let private = |total: Value, ids: &[&str]| imported([page(total, "PRIVATE_IMAGE", ids)]).unwrap();
    for (total, ids, is_complete, expected) in [
        (json!(1), &["img-a"][..], true, Used::Count(1)),
        (json!(2), &["img-a"], false, Used::Count(2)),
        // More than it counts: what is listed is there.
        (json!(1), &["img-a", "img-b"], true, Used::Count(2)),
        // The same image twice is one image.
        (json!(2), &["img-a", "img-a"], false, Used::Count(2)),
        (json!(null), &["img-a"], false, Used::AsListed),
        (json!(0), &[], true, Used::Count(0)),
        // A page behind the last one: of what, it does not say.
        (json!(7), &[], false, Used::AsListed),
    ] {
        let state = private(total.clone(), ids);
        assert_eq!((complete(&state), used(&state)), (is_complete, expected), "{total} {ids:?}");
    }
}

#[test]
fn listings_that_count_differently_stand_apart() {
    let private = page(3, "PRIVATE_IMAGE", &["img-a", "img-b", "img-c"]);
    let shared = page(1, "SHARED_IMAGE", &["img-s"]);
    let public = page(60, "PUBLIC_IMAGE", &["img-p"]);
    // Both filtered listings are whole.
    let state = imported([&private, &shared]).unwrap();
    assert_eq!((complete(&state), used(&state)), (true, Used::Count(3)));
    // One is not.
    let state = imported([&private, &public]).unwrap();
    assert_eq!((complete(&state), used(&state)), (false, Used::Count(3)));
    // The list grew between two pages: which one is right cannot be known.
    let grown = page(4, "PRIVATE_IMAGE", &["img-d"]);
    let state = imported([&private, &grown]).unwrap();
    assert_eq!((complete(&state), used(&state)), (false, Used::AsListed));
    // A listing of all kinds does not count custom images.
    let mixed = json!({"TotalCount": 30, "ImageSet": [
        {"ImageId": "img-a", "ImageType": "PRIVATE_IMAGE"}, {"ImageId": "img-p", "ImageType": "PUBLIC_IMAGE"},
    ]});
    assert_eq!(used(&imported([mixed.to_string()]).unwrap()), Used::AsListed);
    // Nor does one with an image whose type is not known.
    let untyped = json!({"TotalCount": 30, "ImageSet": [
        {"ImageId": "img-a", "ImageType": "PRIVATE_IMAGE"}, {"ImageId": "img-u", "ImageType": null},
    ]});
    assert_eq!(used(&imported([untyped.to_string()]).unwrap()), Used::AsListed);
}

#[test]
fn the_used_quota_that_is_said_beats_the_listing() {
    let listing = page(3, "PRIVATE_IMAGE", &["img-a"]);
    let import = || Responses::default().used(GUANGZHOU, 8).unwrap();
    assert_eq!(used(&import().images(GUANGZHOU, &listing).unwrap().state().unwrap()), Used::Count(8));
    let after = Responses::default().images(GUANGZHOU, &listing).unwrap().used(GUANGZHOU, 8);
    assert_eq!(used(&after.unwrap().state().unwrap()), Used::Count(8));
}

#[test]
fn what_one_page_leaves_out_another_may_say() {
    let first =
        br#"{"TotalCount": 1, "ImageSet": [{"ImageId": "img-a", "ImageSize": 20, "ImageState": null}]}"#;
    let second = br#"{"TotalCount": 1, "ImageSet": [{"ImageId": "img-a", "ImageState": "NORMAL"}]}"#;
    let state = imported([&first[..], second]).unwrap();
    assert_eq!(state.images(), [known("img-a", None, None, Some(ImageState::NORMAL), Some(20))]);
    assert!(complete(&state));
}

#[test]
fn images_of_one_id_in_two_regions_are_two() {
    let page = page(1, "PRIVATE_IMAGE", &["img-a"]);
    let import = Responses::default().images("ap-shanghai", &page).unwrap();
    let state = import.images(GUANGZHOU, &page).unwrap().state().unwrap();
    let images: Vec<_> = state.images().iter().map(|image| (&*image.region, &*image.image_id)).collect();
    assert_eq!(images, [(GUANGZHOU, "img-a"), ("ap-shanghai", "img-a")]);
}

// --- contradictions ---

#[test]
fn an_image_that_is_told_differently_is_an_error() {
    let first = answer("images-page1.json");
    for (field, value, message) in [
        ("ImageState", json!("DELETING"), "is `DELETING` here, and `NORMAL` before"),
        ("ImageStatus", json!("CREATING"), "is `CREATING` here, and `NORMAL` before"),
        ("ImageSize", json!("21"), "is `21` here, and `20` before"),
        ("ImageName", json!(""), "is `` here, and `web-base` before"),
        ("ImageType", json!("SHARED_IMAGE"), "is `SHARED_IMAGE` here, and `PRIVATE_IMAGE` before"),
    ] {
        let record = format!("{{\"ImageId\": \"img-o3ycss2p\", \"{field}\": {value}}}");
        let second = format!("{{\"TotalCount\": 3,\n \"ImageSet\": [{record}]}}");
        let error = imported([&first[..], second.as_bytes()]).unwrap_err();
        let name = if field == "ImageStatus" { "ImageState" } else { field };
        let expected = format!("line 2, column 15: `{name}` of `img-o3ycss2p` in `ap-guangzhou` {message}");
        assert_eq!(error.to_string(), expected);
        // The same within one page, and in an envelope.
        let page = format!(
            "{{\"Response\":\n{{\"ImageSet\": [{{\"ImageId\": \"img-o3ycss2p\"}}, {record}, {record}]}}}}"
        );
        assert!(imported([&page]).is_ok(), "the same record twice");
        let error = imported([&first[..], page.as_bytes()]).unwrap_err();
        assert!(error.to_string().starts_with("line 2, column 44: "), "{error}");
    }
    // Fields that are not kept do not matter.
    let again =
        String::from_utf8(first.clone()).unwrap().replace("2017-03-09T08:21:45Z", "2017-03-09 08:21:45");
    assert!(imported([&first[..], again.as_bytes()]).is_ok());
}

#[test]
fn what_is_said_in_two_ways_is_an_error() {
    let import = || Responses::default().used(GUANGZHOU, 8).unwrap().quota_count(None, 20).unwrap();
    assert!(import().used(GUANGZHOU, 8).is_ok());
    let error = import().used(GUANGZHOU, 9).unwrap_err();
    assert_eq!(error.to_string(), "the used quota of `ap-guangzhou` is `9` here, and `8` before");
    let error = import().quota_count(None, 50).unwrap_err();
    assert_eq!(error.to_string(), "the quota of the account is `50` here, and `20` before");
    let import = || Responses::default().quota(Some(GUANGZHOU), &answer("quota.json")).unwrap();
    let error = import().quota(Some(GUANGZHOU), &answer("quota-body.json")).unwrap_err();
    assert_eq!(error.to_string(), "the quota of `ap-guangzhou` is `1000` here, and `20` before");
    assert!(import().quota_count(None, 50).is_ok(), "another thing");
    let error = Responses::default().sync(GUANGZHOU).unwrap().no_sync(GUANGZHOU).unwrap_err();
    assert_eq!(error.to_string(), "`ImageSync` of `ap-guangzhou` is `false` here, and `true` before");

    let regions = br#"{"RegionSet": [{"Region": "ap-guangzhou", "RegionState": "UNAVAILABLE"}]}"#;
    let import = Responses::default().regions(&answer("regions.json")).unwrap();
    let error = import.regions(regions).unwrap_err();
    let contradiction = "`RegionState` of `ap-guangzhou` is `UNAVAILABLE` here, and `AVAILABLE` before";
    assert_eq!(error.to_string(), format!("line 1, column 16: {contradiction}"));
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), contradiction);
}

#[test]
fn a_region_that_is_not_listed_is_an_error_whatever_names_it() {
    let list = answer("regions.json");
    let images = answer("images-none.json");
    let imports: [Step; 7] = [
        |import, images| import.images("ap-shangai", images),
        |import, _| import.quota_count(Some("ap-shangai"), 1),
        |import, _| import.used("ap-shangai", 1),
        |import, _| import.sync("ap-shangai"),
        |import, _| import.no_sync("ap-shangai"),
        |import, _| import.block("ap-shangai", GUANGZHOU),
        |import, _| import.block(GUANGZHOU, "ap-shangai"),
    ];
    for named in imports {
        // Without a list, what is named is there.
        let state = named(Responses::default(), &images).unwrap().state().unwrap();
        assert!(state.region("ap-shangai").unwrap().region_state.is_none());
        let before = Responses::default().regions(&list).and_then(|import| named(import, &images));
        let after = named(Responses::default(), &images).and_then(|import| import.regions(&list));
        for import in [before, after] {
            let error = import.unwrap().state().unwrap_err();
            let expected = DescribeError::RegionNotListed {
                region: "ap-shangai".to_owned(),
                nearest: cfg!(feature = "hints").then(|| "ap-shanghai".to_owned()),
            };
            assert_eq!(error, expected);
        }
    }
    // Nothing is near.
    let import = Responses::default().regions(&list).unwrap().no_sync("mars").unwrap();
    assert_eq!(import.state().unwrap_err().to_string(), "DescribeRegions does not list the region `mars`");
    // No region is none.
    assert_eq!(Responses::default().used("", 1).unwrap_err(), DescribeError::EmptyName);
    assert_eq!(Responses::default().images("", &images).unwrap_err(), DescribeError::EmptyName);
}

// --- other input ---

#[test]
fn an_error_answer_is_an_error_with_its_code() {
    let error = answer("error.json");
    let reads: [Step; 5] = [
        |import, bytes| import.images(GUANGZHOU, bytes),
        |import, bytes| import.regions(bytes),
        |import, bytes| import.quota(None, bytes),
        |import, bytes| import.response(None, bytes),
        |import, bytes| import.response(Some(GUANGZHOU), bytes),
    ];
    for read in reads {
        for bytes in [&error, &body(&error)] {
            assert_eq!(
                read(Responses::default(), bytes).unwrap_err().to_string(),
                "the response is the error `UnauthorizedOperation`: you may not call this action"
            );
        }
    }
    for (error, expected) in [
        (json!({"Code": "AuthFailure"}), "the response is the error `AuthFailure`"),
        (json!({"Message": "no"}), "the response is an error without a code: no"),
        (json!({}), "the response is an error without a code"),
        (
            json!({"Code": "Auth\u{1b}[31m", "Message": "a\nb"}),
            "the response is the error `Auth\\u{1b}[31m`: a\\nb",
        ),
    ] {
        let bytes = json!({"Response": {"Error": error}}).to_string();
        let error = Responses::default().regions(bytes.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    // A null is no error.
    assert!(imported([br#"{"Response": {"Error": null, "ImageSet": []}}"#]).is_ok());
}

#[test]
fn what_is_of_another_kind_is_named() {
    let images = answer("images-page1.json");
    let regions = answer("regions.json");
    let quota = answer("quota.json");
    let state = br#"{"Regions": [{"Region": "ap-guangzhou"}]}"#.to_vec();
    let success = answer("success.json");
    let other = br#"{"InstanceSet": [], "TotalCount": 4}"#.to_vec();
    let message = |result: Result<Responses, DescribeError>| result.unwrap_err().to_string();
    for (bytes, found) in [
        (&regions, "a response of DescribeRegions"),
        (&quota, "a response of DescribeImageQuota"),
        (&state, "a state"),
        (&success, "a response of another action"),
        (&other, "an object of another kind"),
    ] {
        assert_eq!(
            message(Responses::default().images(GUANGZHOU, bytes)),
            format!("expected a response of DescribeImages, which has `ImageSet`, found {found}")
        );
    }
    assert_eq!(
        message(Responses::default().regions(&images)),
        "expected a response of DescribeRegions, which has `RegionSet`, found a response of DescribeImages"
    );
    assert_eq!(
        message(Responses::default().quota(None, &images)),
        "expected a response of DescribeImageQuota, which has `ImageNumQuota`, found a response of DescribeImages"
    );
    assert_eq!(
        message(Responses::default().response(None, &success)),
        "expected a response of DescribeImages, DescribeRegions or DescribeImageQuota, found a response of another action"
    );
    for bytes in [&regions, &state] {
        assert!(matches!(
            Responses::default().response(Some(GUANGZHOU), bytes).unwrap_err(),
            DescribeError::OtherKind { .. }
        ));
    }
    assert_eq!(Responses::default().response(None, &images).unwrap_err(), DescribeError::RegionNeeded);
}

#[test]
fn any_answer_is_told_by_what_it_holds() {
    let names = ["regions.json", "quota.json"];
    let import =
        names.iter().try_fold(Responses::default(), |import, name| import.response(None, &answer(name)));
    let import = import.unwrap().response(Some(GUANGZHOU), &answer("images-page1.json")).unwrap();
    let by_kind = import.response(Some(GUANGZHOU), &answer("quota-body.json")).unwrap().state().unwrap();
    let import = Responses::default().regions(&answer("regions.json")).unwrap();
    let import = import.quota(None, &answer("quota.json")).unwrap();
    let import = import.images(GUANGZHOU, &answer("images-page1.json")).unwrap();
    let by_name = import.quota(Some(GUANGZHOU), &answer("quota-body.json")).unwrap().state().unwrap();
    assert_eq!(by_kind, by_name);
}

#[test]
fn an_answer_is_told_from_a_state() {
    for name in fs::read_dir(path("")).unwrap() {
        let bytes = fs::read(name.unwrap().path()).unwrap();
        assert!(is_response(&bytes), "{}", String::from_utf8_lossy(&bytes));
    }
    // The first key that tells does; what comes behind it may be broken.
    assert!(is_response(br#"{"TotalCount": 1, "ImageSet": [}"#));
    assert!(is_response(br#"{"Response": {"Regions": []}}"#));
    assert!(is_response(br#"{"Response": null}"#));
    assert!(is_response(br#"{"Response": ["#));
    let others =
        [&br#"{"Regions": [], "ImageSet": []}"#[..], b"{}", b"", b"[]", b"null", b"{\"x\": {", b"\xff"];
    for other in others {
        assert!(!is_response(other), "{}", String::from_utf8_lossy(other));
    }
}

#[test]
fn what_is_wrong_has_a_place() {
    let images = |bytes: &[u8]| Responses::default().images(GUANGZHOU, bytes).unwrap_err().to_string();
    let count = "expected a count, as a number that is not negative, or `null`";
    let cases: [(&[u8], String); 17] = [
        (b"", "line 1, column 1: the response is empty".into()),
        (b" \n ", "line 1, column 1: the response is empty".into()),
        (
            b"\xef\xbb\xbf{}",
            "line 1, column 1: the response starts with a byte order mark, which is no part of JSON".into(),
        ),
        (b"{\n\"a\": \"\xff\"}", "line 2, column 7: the response is not text in UTF-8".into()),
        (b"{\"ImageSet\": [\n  }", "line 2, column 3: ImageSet[0]: expected value".into()),
        (b"{\"ImageSet\": [", "line 1, column 14: ImageSet: EOF while parsing a list".into()),
        (b"{\"ImageSet\": []}\n]", "line 2, column 1: trailing characters".into()),
        (b"[]", "line 1, column 2: invalid type: sequence, expected an object".into()),
        (b"7", "line 1, column 1: invalid type: integer `7`, expected an object".into()),
        (
            br#"{"Response": []}"#,
            "line 1, column 15: Response: invalid type: sequence, expected an object".into(),
        ),
        (
            br#"{"ImageSet": {}}"#,
            "line 1, column 13: ImageSet: invalid type: map, expected a sequence".into(),
        ),
        (
            br#"{"ImageSet": [null]}"#,
            "line 1, column 18: ImageSet[0]: invalid type: null, expected an object".into(),
        ),
        (
            br#"{"ImageSet": [{"ImageId": "a"}, {"ImageId": "b", "ImageSize": 1.5}]}"#,
            format!("line 1, column 65: ImageSet[1].ImageSize: invalid type: floating point `1.5`, {count}"),
        ),
        (
            br#"{"Response": {"ImageSet": [{"ImageId": "a", "ImageSize": "20 GB"}]}}"#,
            format!(
                "line 1, column 64: Response.ImageSet[0].ImageSize: invalid value: string \"20 GB\", {count}"
            ),
        ),
        (br#"{"ImageSet": [{}]}"#, "line 1, column 16: ImageSet[0]: missing field `ImageId`".into()),
        (
            br#"{"ImageSet": [{"ImageId": ""}]}"#,
            "line 1, column 29: ImageSet[0].ImageId: a name must not be empty".into(),
        ),
        (br#"{"ImageSet": [], "ImageSet": []}"#, "line 1, column 27: duplicate field `ImageSet`".into()),
    ];
    for (bytes, expected) in cases {
        assert_eq!(images(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
    let regions = br#"{"RegionSet": [{"Region": null}]}"#;
    assert_eq!(
        Responses::default().regions(regions).unwrap_err().to_string(),
        "line 1, column 30: RegionSet[0].Region: invalid type: null, expected a string"
    );
}

#[test]
fn a_deep_or_broken_answer_is_an_error_and_no_panic() {
    for open in ["[", "{\"Response\":", "{\"a\":", "{\"ImageSet\":["] {
        let deep = open.repeat(100_000);
        assert!(imported([&deep]).is_err());
        let _ = is_response(deep.as_bytes());
    }
    let mut accepted = 0;
    for name in ["images-page1.json", "images-oldest.json", "regions.json", "quota.json", "error.json"] {
        let whole = answer(name);
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            for bytes in [&changed[..], &whole[..place]] {
                let _ = is_response(bytes);
                let Ok(state) =
                    Responses::default().response(Some(GUANGZHOU), bytes).and_then(Responses::state)
                else {
                    continue;
                };
                accepted += 1;
                round_trip(&state);
            }
        }
    }
    assert!(accepted > 100, "{accepted}");
}

// --- what it is for ---

/// What is written reads as the same state.
fn round_trip(state: &State) {
    let json = serde_json::to_vec_pretty(state).unwrap();
    assert_eq!(State::from_json(&json).as_ref(), Ok(state));
}

fn full() -> State {
    let import = Responses::default().regions(&answer("regions.json")).unwrap();
    let import = import.images(GUANGZHOU, &answer("images-page1.json")).unwrap();
    let import = import.images("ap-shanghai", &answer("images-body.json")).unwrap();
    let import = import.images("ap-beijing", &answer("images-none.json")).unwrap();
    let import = import.quota(None, &answer("quota.json")).unwrap();
    let import = import.quota(Some("ap-seoul"), &answer("quota-body.json")).unwrap();
    let import = import.used("ap-shanghai", 19).unwrap().no_sync("ap-seoul").unwrap();
    import.sync("ap-shanghai").unwrap().block("ap-beijing", "na-toronto").unwrap().state().unwrap()
}

#[test]
fn a_state_that_is_written_is_read_as_the_same() {
    round_trip(&full());
    round_trip(&Responses::default().state().unwrap());
    for name in ["images-oldest.json", "images-none.json", "images-body.json"] {
        round_trip(&imported([answer(name)]).unwrap());
    }
}

#[test]
fn a_missing_image_is_absent_only_where_the_list_is_complete() {
    let check = |pages: &[&str], id: &str| {
        let import =
            Responses::default().regions(&answer("regions.json")).unwrap().sync("ap-shanghai").unwrap();
        let import = import.used("ap-shanghai", 0).unwrap();
        let import =
            pages.iter().fold(import, |import, page| import.images(GUANGZHOU, &answer(page)).unwrap());
        let mut request = SyncRequest::new(id, ["ap-shanghai"]);
        request.region = Some(GUANGZHOU.to_owned());
        let report = Ruleset::default().check(&request, &import.state().unwrap());
        let violations: Vec<_> = report.violations().iter().map(|found| found.rule().to_owned()).collect();
        let unverified: Vec<_> = report.unverified().iter().map(|open| open.rule().to_owned()).collect();
        (violations, unverified)
    };
    let both = ["images-page1.json", "images-page2.json"];
    assert_eq!(check(&both, "img-o3ycss2p"), (vec![], vec![]), "all is known, and all is well");
    let (violations, unverified) = check(&both, "img-aaaaaaaa");
    assert_eq!((violations, unverified), (vec!["image-exists".to_owned()], vec![]));
    let (violations, unverified) = check(&both[..1], "img-aaaaaaaa");
    assert_eq!(violations, Vec::<String>::new());
    assert_eq!(unverified[0], "image-exists");
    // What the records of the image leave open is open: its state and its size.
    let import = Responses::default().images(GUANGZHOU, &answer("images-body.json")).unwrap();
    let report =
        Ruleset::default().check(&SyncRequest::new("img-8toqc6s3", [""; 0]), &import.state().unwrap());
    assert!(report.violations().iter().any(|found| found.rule() == "image-custom"));
}

#[test]
fn errors_are_errors() {
    fn is_error<E: std::error::Error + Send + Sync + 'static>(_: E) {}
    is_error(imported([b"x"]).unwrap_err());
    is_error(DescribeError::State(StateError::EmptyName { place: "Regions[0].Region".to_owned() }));
}

#[cfg(feature = "cli")]
mod command {
    use std::ffi::OsStr;

    use assert_cmd::Command;
    use tempfile::TempDir;

    use super::*;

    const ACCEPTABLE: &str =
        "Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai";
    const MISSING: &str =
        "Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-aaaaaaaa&DestinationRegions.0=ap-shanghai";

    struct Run {
        status: i32,
        stdout: String,
        stderr: String,
    }

    impl Run {
        /// No answer, and this reason.
        #[track_caller]
        fn gives_up(&self, stderr: &str) {
            assert_eq!(
                (self.status, &*self.stdout, &*self.stderr),
                (2, "", &*format!("{stderr}\n")),
                "status, stdout, stderr"
            );
        }

        #[track_caller]
        fn state(&self) -> State {
            assert_eq!((self.status, &*self.stderr), (0, ""));
            State::from_json(self.stdout.as_bytes()).unwrap()
        }
    }

    /// Runs where the answers are.
    fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, stdin: impl Into<Vec<u8>>) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_presync"))
            .current_dir(path(""))
            .args(arguments)
            .write_stdin(stdin)
            .output()
            .unwrap();
        Run {
            status: output.status.code().expect("not ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn presync(line: &str) -> Run {
        run(line.split(' '), "")
    }

    fn with_output(line: &str, output: &Path) -> Run {
        run(line.split(' ').map(OsStr::new).chain(["-o".as_ref(), output.as_os_str()]), "")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    const FULL: &str = "state --regions regions.json --images ap-guangzhou=images-page1.json \
        ap-shanghai=images-body.json --images ap-beijing=images-none.json --quota quota.json --quota \
        ap-seoul=quota-body.json --used ap-shanghai=19 --no-sync ap-seoul --sync ap-shanghai --block \
        ap-beijing:na-toronto";

    #[test]
    fn every_option_does_what_the_library_does() {
        let run = presync(FULL);
        assert_eq!(run.state(), full());
        assert!(run.stdout.starts_with("{\n  \"Regions\": [\n"), "{}", run.stdout);
        assert!(run.stdout.ends_with("}\n"));
    }

    #[test]
    fn pages_of_one_region_can_follow_each_other() {
        let expected = imported([answer("images-page1.json"), answer("images-page2.json")]).unwrap();
        for line in [
            "state --images ap-guangzhou=images-page1.json images-page2.json",
            "state --images ap-guangzhou=images-page1.json ap-guangzhou=images-page2.json",
            "state --images ap-guangzhou=images-page2.json --images ap-guangzhou=images-page1.json",
        ] {
            assert_eq!(presync(line).state(), expected, "{line}");
        }
    }

    #[test]
    fn a_quota_is_a_file_or_a_number() {
        let quota = |line: &str| presync(&format!("state {line}")).state().account_quota().clone();
        assert_eq!(quota("--quota 50").image_num_quota, Some(50));
        assert_eq!(quota("--quota quota.json").image_num_quota, Some(20));
        let region = quota("--quota ap-seoul=50 --quota 20");
        assert_eq!((region.image_num_quota, region.regions[0].image_num_quota), (Some(20), Some(50)));
        let region = quota("--quota ap-seoul=quota-body.json");
        assert_eq!((region.image_num_quota, region.regions[0].image_num_quota), (None, Some(1000)));
    }

    #[test]
    fn an_answer_can_come_from_stdin() {
        let expected = imported([answer("images-page1.json")]).unwrap();
        let run = run(["state", "--images", "ap-guangzhou=-"], answer("images-page1.json"));
        assert_eq!(run.state(), expected);
        presync("state --regions - --images ap-guangzhou=-")
            .gives_up("error: stdin cannot be several answers");
        presync("check --state - --state ap-guangzhou=- x=1")
            .gives_up("error: stdin cannot be several answers");
    }

    #[test]
    fn bad_input_says_what_where_and_what_was_expected() {
        let scratch = TempDir::new().unwrap();
        let file = |content: &str| {
            let path = scratch.path().join("answer.json");
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        presync("state --regions nowhere.json").gives_up("nowhere.json: no such file");
        presync("state --images ap-guangzhou=nowhere.json").gives_up("nowhere.json: no such file");
        presync("state --regions error.json").gives_up(
            "error.json: the response is the error `UnauthorizedOperation`: you may not call this action",
        );
        presync("state --regions quota.json").gives_up(
            "quota.json: expected a response of DescribeRegions, which has `RegionSet`, found a response of DescribeImageQuota",
        );
        let broken = file("{\"Response\":\n  {\"RegionSet\": [,]}}");
        presync(&format!("state --regions {broken}"))
            .gives_up(&format!("{broken}:2:18: Response.RegionSet[0]: expected value"));
        let other = file("{\"ImageSet\": [\n {\"ImageId\": \"img-o3ycss2p\", \"ImageSize\": 21}]}");
        presync(&format!("state --images ap-guangzhou=images-page1.json {other}")).gives_up(&format!(
            "{other}:2:2: `ImageSize` of `img-o3ycss2p` in `ap-guangzhou` is `21` here, and `20` before"
        ));
        presync("state --regions regions.json --no-sync ap-soul")
            .gives_up("error: DescribeRegions does not list the region `ap-soul`, did you mean `ap-seoul`?");
        presync("state --images images-page1.json").gives_up(
            "error: `--images images-page1.json` does not say of which region: write `REGION=images-page1.json`",
        );
        presync("state --used a=1 --used a=2")
            .gives_up("error: the used quota of `a` is `2` here, and `1` before");
        presync("state --used =1").gives_up("error: the name of a region must not be empty");
        for line in ["state", "state -o x.json", "state --used a", "state --used a=-1", "state --block a"] {
            let run = presync(line);
            assert_eq!((run.status, &*run.stdout), (2, ""), "{line}");
            assert!(run.stderr.contains("--help"), "{line}: {}", run.stderr);
        }
        assert!(!path("x.json").exists());
    }

    #[test]
    fn a_file_is_written_as_a_whole_or_not_at_all() {
        let scratch = TempDir::new().unwrap();
        let target = scratch.path().join("state.json");
        // A new one.
        let run = with_output(FULL, &target);
        assert_eq!((run.status, &*run.stdout, &*run.stderr), (0, "", ""));
        assert_eq!(State::from_json(&fs::read(&target).unwrap()), Ok(full()));
        assert_eq!(names(scratch.path()), ["state.json"]);
        // One that is there stays as it is when there is nothing to put in its place.
        fs::write(&target, "as it was").unwrap();
        for line in [
            "state --regions nowhere.json",
            "state --regions error.json",
            "state --regions regions.json --no-sync mars",
        ] {
            assert_eq!(with_output(line, &target).status, 2, "{line}");
            assert_eq!(fs::read_to_string(&target).unwrap(), "as it was", "{line}");
            assert_eq!(names(scratch.path()), ["state.json"], "{line}");
        }
        // It is replaced otherwise.
        assert_eq!(with_output("state --no-sync ap-seoul", &target).status, 0);
        assert_eq!(State::from_json(&fs::read(&target).unwrap()).unwrap().regions().len(), 1);
        assert_eq!(names(scratch.path()), ["state.json"]);
        // What cannot be written is said.
        let nowhere = scratch.path().join("nowhere/state.json");
        with_output("state --no-sync ap-seoul", &nowhere)
            .gives_up(&format!("{}: cannot be written: there is no such folder", nowhere.display()));
        with_output("state --no-sync ap-seoul", scratch.path()).gives_up(&format!(
            "{}: cannot be written: is a directory, not a file",
            scratch.path().display()
        ));
        assert_eq!(names(scratch.path()), ["state.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_permissions_a_link_stays_a_link_and_a_device_a_device() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let scratch = TempDir::new().unwrap();
        let target = scratch.path().join("state.json");
        let link = scratch.path().join("link.json");
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("state.json", &link).unwrap();
        assert_eq!(with_output("state --no-sync ap-seoul", &link).status, 0);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(State::from_json(&fs::read(&target).unwrap()).is_ok());
        assert_eq!(names(scratch.path()), ["link.json", "state.json"]);

        // A new file has the permissions of any new file.
        fs::remove_file(&target).unwrap();
        fs::remove_file(&link).unwrap();
        let any = scratch.path().join("any");
        fs::write(&any, "").unwrap();
        assert_eq!(with_output("state --no-sync ap-seoul", &target).status, 0);
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&target), mode(&any));

        assert_eq!(with_output("state --no-sync ap-seoul", Path::new("/dev/null")).status, 0);
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_name_without_a_folder_is_beside_the_reader() {
        let scratch = TempDir::new().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_presync"))
            .current_dir(scratch.path())
            .args(["state", "--no-sync", "ap-seoul", "-o", "state.json"])
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(names(scratch.path()), ["state.json"]);
    }

    #[test]
    fn check_takes_answers_and_leaves_open_what_they_do_not_say() {
        // The second page is missing, and so is the image: it may be there.
        let answers = "--state regions.json --state ap-guangzhou=images-page1.json --state quota.json";
        let run = presync(&format!("check {answers} --format json {MISSING}"));
        assert_eq!((run.status, &*run.stderr), (0, ""));
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["violations"], json!([]));
        assert_eq!(report["unverified"][0]["rule"], "image-exists");
        assert_eq!(report["unverified"][0]["parameter"], "ImageIds.0");
        let run = presync(&format!("check {answers} --strict {MISSING}"));
        assert_eq!(run.status, 1);

        // With it the list is complete.
        let run = presync(&format!(
            "check {answers} --state ap-guangzhou=images-page2.json --format json {MISSING}"
        ));
        assert_eq!((run.status, &*run.stderr), (1, ""));
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["violations"][0]["code"], "InvalidImageId.NotFound");

        // The same as by way of a file.
        let scratch = TempDir::new().unwrap();
        let file = scratch.path().join("state.json");
        let line = "state --regions regions.json --images ap-guangzhou=images-page1.json --quota quota.json";
        assert_eq!(with_output(line, &file).status, 0);
        for request in [ACCEPTABLE, MISSING] {
            let direct = presync(&format!("check {answers} {request}"));
            let by_file = presync(&format!("check --state {} {request}", file.display()));
            assert_eq!((direct.status, direct.stdout), (by_file.status, by_file.stdout));
        }
    }

    #[test]
    fn check_refuses_answers_that_it_cannot_use() {
        presync("check --state images-page1.json x=1").gives_up(
            "images-page1.json: a response of DescribeImages does not name its region: write `REGION=images-page1.json`",
        );
        run(["check", "--state", "-", "x=1"], answer("images-page1.json"))
            .gives_up("<stdin>: a response of DescribeImages does not name its region: write `REGION=-`");
        presync("check --state error.json x=1").gives_up(
            "error.json: the response is the error `UnauthorizedOperation`: you may not call this action",
        );
        presync("check --state success.json x=1").gives_up(
            "success.json: expected a response of DescribeImages, DescribeRegions or DescribeImageQuota, found a response of another action",
        );
        presync("check --state ap-guangzhou=regions.json x=1").gives_up(
            "regions.json: expected a response of DescribeImages or DescribeImageQuota, which are those of one region, found a response of DescribeRegions",
        );
        presync("check --state regions.json --state ../state.json x=1").gives_up(
            "../state.json: expected a response of DescribeImages, DescribeRegions or DescribeImageQuota, found a state",
        );
        presync("check --state regions.json --state mars=images-none.json x=1")
            .gives_up("error: DescribeRegions does not list the region `mars`");
        let scratch = TempDir::new().unwrap();
        let broken = scratch.path().join("broken.json");
        fs::write(&broken, "{\"Response\": {\"RegionSet\": [\n").unwrap();
        let broken = broken.display();
        presync(&format!("check --state {broken} x=1"))
            .gives_up(&format!("{broken}:2:1: Response.RegionSet: EOF while parsing a list"));
    }

    #[test]
    fn a_file_that_exists_comes_before_a_region() {
        let scratch = TempDir::new().unwrap();
        fs::write(scratch.path().join("a=b.json"), answer("regions.json")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_presync"))
            .current_dir(scratch.path())
            .args(["check", "--state", "a=b.json", ACCEPTABLE])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}
