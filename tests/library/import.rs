//! State from answers of the API. What is expected follows from the documents
//! of the answers, not from what the code does.
#![cfg(feature = "wire")]

use std::fs;
use std::path::Path;

use presync::sources::describe::{DescribeError, Responses, is_response};
use presync::{
    BlockedRoute, Image, ImageState, ImageType, QuotaLimit, Region, RegionState, Ruleset, State, StateError,
    SyncRequest, Used,
};
use serde_json::{Value, json};

use crate::support::documents::answers::{GUANGZHOU, answer, full, imported, path};

/// One step of an import.
type Step = fn(Responses, &[u8]) -> Result<Responses, DescribeError>;

/// The same without its envelope.
fn body(answer: &[u8]) -> Vec<u8> {
    let value: Value = serde_json::from_slice(answer).unwrap();
    serde_json::to_vec(&value["Response"]).unwrap()
}

/// A page of images that have nothing but an id and a type.
fn page(total: impl Into<Value>, image_type: impl Into<Value>, ids: &[&str]) -> Vec<u8> {
    let image_type = image_type.into();
    let images: Vec<Value> = ids.iter().map(|id| json!({"ImageId": id, "ImageType": image_type})).collect();
    json!({"TotalCount": total.into(), "ImageSet": images}).to_string().into_bytes()
}

/// An image that only this is known about.
fn known(
    image_id: &str,
    name: Option<&str>,
    image_type: Option<ImageType>,
    state: Option<ImageState>,
    size: Option<u64>,
) -> Image {
    let mut image = Image::unknown(GUANGZHOU, image_id);
    image.image_name = name.map(str::to_owned);
    image.image_type = image_type;
    image.image_state = state;
    image.image_size = size;
    image
}

fn complete(state: &State) -> bool {
    state.region(GUANGZHOU).unwrap().images_complete
}

fn custom_complete(state: &State) -> bool {
    state.region(GUANGZHOU).unwrap().custom_images_complete
}

/// The state of pages that are all there are, of custom images.
fn custom<B: AsRef<[u8]>>(pages: impl IntoIterator<Item = B>) -> Result<State, DescribeError> {
    let add = |import: Responses, page: B| import.custom_images(GUANGZHOU, page.as_ref());
    pages.into_iter().try_fold(Responses::default(), add).and_then(Responses::state)
}

/// The state of pages that are all there are, of all images.
fn whole<B: AsRef<[u8]>>(pages: impl IntoIterator<Item = B>) -> Result<State, DescribeError> {
    let add = |import: Responses, page: B| import.all_images(GUANGZHOU, page.as_ref());
    pages.into_iter().try_fold(Responses::default(), add).and_then(Responses::state)
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

/// Fields of an image that no response has: whoever imports one has to know them from elsewhere.
const IN_NO_RESPONSE: &[&str] = &["Encrypted"];

/// A field that is never imported is unknown for ever, and its rules unverified.
#[test]
fn a_field_that_responses_have_is_imported() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/field/answers");
    let response: Value = serde_json::from_slice(&fs::read(folder.join("a-gz1.json")).unwrap()).unwrap();
    let records = response["Response"]["ImageSet"].as_array().unwrap();
    let state = imported([response.to_string()]).unwrap();
    let images = serde_json::to_value(state.images()).unwrap();
    assert!(!records.is_empty());
    for (key, _) in serde_json::to_value(Image::unknown("", "")).unwrap().as_object().unwrap() {
        let is_in_response = records.iter().any(|record| !record[key].is_null());
        let is_imported = images.as_array().unwrap().iter().any(|image| !image[key].is_null());
        let is_elsewhere = key == "Region" || IN_NO_RESPONSE.contains(&&**key);
        assert_ne!(is_in_response, is_elsewhere, "`{key}`: is it in no response?");
        assert_eq!(is_imported, is_in_response || key == "Region", "`{key}` is not imported");
    }
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
    let state = custom([answer("images-oldest.json")]).unwrap();
    let private = || Some(ImageType::PRIVATE_IMAGE);
    let expected = [
        known("img-5xw9o2aj", None, private(), Some(ImageState::USING), None),
        known("img-pi0ii46r", Some("jump-host"), private(), Some(ImageState::NORMAL), Some(49)),
    ];
    assert_eq!(state.images(), expected);
    assert!(custom_complete(&state));
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
        let state = whole([form]).unwrap();
        assert!(state.images().is_empty() && complete(&state));
        assert_eq!(used(&state), Used::AsListed);
        let state = custom([form]).unwrap();
        assert!(state.images().is_empty() && custom_complete(&state) && !complete(&state));
        assert_eq!(used(&state), Used::Count(0));
    }
    let regions = Responses::default().regions(br#"{"TotalCount": 0, "RegionSet": null}"#).unwrap();
    assert_eq!(regions.state().unwrap(), State::default().with_regions_complete(false));
}

#[test]
fn regions_say_nothing_about_sync() {
    let state = Responses::default().regions(&answer("regions.json")).unwrap().state().unwrap();
    let expected: Vec<Region> = [
        ("ap-beijing", Some("North China (Beijing)"), Some(RegionState::AVAILABLE)),
        ("ap-guangzhou", Some("South China (Guangzhou)"), Some(RegionState::AVAILABLE)),
        ("ap-seoul", Some("Northeast Asia (Seoul)"), Some(RegionState::UNAVAILABLE)),
        ("ap-shanghai", Some("East China (Shanghai)"), Some(RegionState::AVAILABLE)),
        ("na-toronto", None, None),
    ]
    .into_iter()
    .map(|(name, region_name, region_state)| {
        let mut region = Region::new(name);
        region.region_name = region_name.map(str::to_owned);
        region.region_state = region_state;
        region.image_sync = None;
        region.images_complete = false;
        region
    })
    .collect();
    assert_eq!(state.regions(), expected);
}

#[test]
fn routes_that_are_blocked_are_in_the_state() {
    let import = Responses::default().block("ap-beijing", "na-toronto").unwrap();
    let state = import.block(GUANGZHOU, "ap-seoul").unwrap().state().unwrap();
    let expected = [BlockedRoute::new("ap-beijing", "na-toronto"), BlockedRoute::new(GUANGZHOU, "ap-seoul")];
    assert_eq!(state.blocked_routes(), expected);
}

#[test]
fn a_region_is_told_by_the_display_name_of_a_response() {
    let state = Responses::default().regions(&answer("regions.json")).unwrap().state().unwrap();
    let request = SyncRequest::new("img-o3ycss2p", ["East China (Shanghai)"]);
    let report = Ruleset::default().check(&request, &state);
    let hint = report.violations()[0].hint().unwrap();
    assert_eq!(hint, "did you mean `ap-shanghai`? `East China (Shanghai)` is its display name");
    // One that is longer than any display name is not looked at.
    for (length, is_told) in [(128, true), (129, false)] {
        let regions = [Region::new("ap-seoul").with_region_name("x".repeat(length))];
        let state = State::new(regions, []).unwrap();
        let report =
            Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["X".repeat(length)]), &state);
        let mut found = report.violations().iter().filter(|found| found.rule() == "destination-exists");
        assert_eq!(found.next().unwrap().hint().is_some(), is_told, "{length}");
    }
    // A name that is no text is none; the first response that has one says it.
    let of = |bytes: &[u8]| Responses::default().regions(bytes).unwrap();
    let odd = br#"{"TotalCount": 1, "RegionSet": [{"Region": "ap-seoul", "RegionName": 7}]}"#;
    let named = br#"{"TotalCount": 1, "RegionSet": [{"Region": "ap-seoul", "RegionName": "Seoul"}]}"#;
    let other = br#"{"TotalCount": 1, "RegionSet": [{"Region": "ap-seoul", "RegionName": "South Korea"}]}"#;
    assert_eq!(of(odd).state().unwrap().regions()[0].region_name, None);
    let state = of(odd).regions(named).unwrap().regions(other).unwrap().state().unwrap();
    assert_eq!(state.regions()[0].region_name.as_deref(), Some("Seoul"));
}

#[test]
fn a_quota_is_of_the_account_or_of_a_region() {
    let import = Responses::default().quota(None, &answer("quota.json")).unwrap();
    let import = import.quota(Some("ap-shanghai"), &answer("quota-body.json")).unwrap();
    let state = import.quota_count(Some("ap-beijing"), 50).unwrap().state().unwrap();
    let quota = state.account_quota();
    assert_eq!(quota.image_num_quota, QuotaLimit::Count(20));
    let regions: Vec<_> =
        quota.regions.iter().map(|quota| (&*quota.region, quota.image_num_quota, quota.used)).collect();
    let expected = [
        ("ap-beijing", QuotaLimit::Count(50), Used::AsListed),
        ("ap-shanghai", QuotaLimit::Count(1000), Used::AsListed),
    ];
    assert_eq!(regions, expected);

    // In quotes, and a null that says nothing.
    let quoted = Responses::default().quota(None, br#"{"ImageNumQuota": "20"}"#).unwrap();
    let quoted = quoted.quota(None, br#"{"ImageNumQuota": null}"#).unwrap().state().unwrap();
    assert_eq!(quoted.account_quota().image_num_quota, QuotaLimit::Count(20));
}

// --- pages ---

#[test]
fn pages_are_joined_in_any_order_and_any_cut() {
    let ids = ["img-a", "img-b", "img-c", "img-d", "img-e"];
    let whole = custom([page(5, "PRIVATE_IMAGE", &ids)]).unwrap();
    assert!(custom_complete(&whole));
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
        assert_eq!(custom(&pages).unwrap(), whole);
        pages.reverse();
        assert_eq!(custom(&pages).unwrap(), whole);
        // One page twice changes nothing; one that is missing does.
        pages.push(pages[0].clone());
        assert_eq!(custom(&pages).unwrap(), whole);
        let missing: Vec<_> = pages.iter().filter(|page| **page != pages[0]).collect();
        if !missing.is_empty() {
            let state = custom(missing).unwrap();
            assert!(!custom_complete(&state));
            assert_eq!(used(&state), Used::Count(5));
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 15);
}

#[test]
fn a_list_is_complete_when_it_holds_what_it_counts() {
    let private = |total: Value, ids: &[&str]| custom([page(total, "PRIVATE_IMAGE", ids)]).unwrap();
    for (total, ids, is_complete, expected) in [
        (json!(1), &["img-a"][..], true, Used::Count(1)),
        (json!(2), &["img-a"], false, Used::Count(2)),
        // More than it counts: what is listed is there.
        (json!(1), &["img-a", "img-b"], true, Used::Count(2)),
        // The same image twice is one image.
        (json!(2), &["img-a", "img-a"], false, Used::Count(2)),
        // Nobody counted, and the user says that it is whole.
        (json!(null), &["img-a"], true, Used::Count(1)),
        (json!(0), &[], true, Used::Count(0)),
        // A page behind the last one.
        (json!(7), &[], false, Used::Count(7)),
    ] {
        let state = private(total.clone(), ids);
        assert_eq!((custom_complete(&state), used(&state)), (is_complete, expected), "{total} {ids:?}");
    }
}

#[test]
fn listings_of_several_kinds_stand_apart() {
    let private = page(3, "PRIVATE_IMAGE", &["img-a", "img-b", "img-c"]);
    let shared = page(1, "SHARED_IMAGE", &["img-s"]);
    let import = || Responses::default().custom_images(GUANGZHOU, &private).unwrap();
    // Images of others beside a whole listing of custom images.
    let state = import().images(GUANGZHOU, &shared).unwrap().state().unwrap();
    assert_eq!((complete(&state), custom_complete(&state), used(&state)), (false, true, Used::Count(3)));
    // One more custom image: the listing is not whole any more, and nobody says how many there are.
    let grown = page(1, "PRIVATE_IMAGE", &["img-d"]);
    let state = import().images(GUANGZHOU, &grown).unwrap().state().unwrap();
    assert_eq!((complete(&state), custom_complete(&state), used(&state)), (false, false, Used::AsListed));
    // All images, and the custom ones among them.
    let all = json!({"TotalCount": 4, "ImageSet": [
        {"ImageId": "img-a"}, {"ImageId": "img-b"}, {"ImageId": "img-c"}, {"ImageId": "img-s"},
    ]});
    let state = import().all_images(GUANGZHOU, all.to_string().as_bytes()).unwrap().state().unwrap();
    assert_eq!((complete(&state), used(&state)), (true, Used::Count(3)));
    // A listing of who knows what counts no custom images.
    let state = imported([&private]).unwrap();
    assert_eq!((complete(&state), custom_complete(&state), used(&state)), (false, false, Used::AsListed));
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
    let state = whole([&first[..], second]).unwrap();
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
    for bytes in [&images[..], b"[]"] {
        let error = Responses::default().response(Some(""), bytes).unwrap_err();
        assert_eq!(error, DescribeError::EmptyName);
    }
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

/// The list of other records is empty, and so no image is counted: that says nothing of images.
#[test]
fn an_empty_list_of_other_records_is_no_empty_list_of_images() {
    let all = |bytes: &[u8]| Responses::default().all_images(GUANGZHOU, bytes).map(|_| ());
    for set in ["InstanceSet", "SnapshotSet", "KeyPairSet", "AnySet"] {
        for text in [
            format!(r#"{{"TotalCount": 0, "{set}": []}}"#),
            format!(r#"{{"{set}": null, "TotalCount": 0, "RequestId": "x"}}"#),
            format!(r#"{{"Response": {{"TotalCount": 0, "RequestId": "x", "{set}": []}}}}"#),
        ] {
            let error = all(text.as_bytes()).unwrap_err().to_string();
            assert!(error.ends_with("found a response of another action"), "{text}: {error}");
        }
    }
    // Without any list it is one that an SDK left out; other keys are no lists.
    for text in [r#"{"TotalCount": 0, "RequestId": "x"}"#, r#"{"TotalCount": 0, "Setting": 1}"#] {
        assert_eq!(all(text.as_bytes()), Ok(()), "{text}");
    }
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
        (&other, "a response of another action"),
        (&br#"{"Instances": []}"#.to_vec(), "an object of another kind"),
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
        "expected a response of DescribeImages, DescribeRegions, DescribeImageQuota or DescribeAccountQuota, found a response of another action"
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
            b"\xef\xbb\xbf\xef\xbb\xbf{}",
            "line 1, column 1: the response starts with a byte order mark, which is no part of JSON".into(),
        ),
        (b"{\n\"a\": \"\xff\"}", "line 2, column 7: the response is not text in UTF-8".into()),
        (b"{\"ImageSet\": [\n  }", "line 2, column 3: ImageSet[0]: expected a value, found `}`".into()),
        (b"{\"ImageSet\": [", "line 1, column 14: ImageSet: the JSON ends within a list".into()),
        (
            b"{\"ImageSet\": []}\n]",
            "line 2, column 1: text behind the response, `]`: keep the JSON alone".into(),
        ),
        (b"[7]", "line 1, column 2: [0]: expected an object, found the number `7`".into()),
        (b"7", "line 1, column 1: expected an object, found the number `7`".into()),
        (br#"{"Response": []}"#, "line 1, column 15: Response: expected an object, found a list".into()),
        (br#"{"ImageSet": {}}"#, "line 1, column 13: ImageSet: expected a list, found an object".into()),
        (
            br#"{"ImageSet": [null]}"#,
            "line 1, column 18: ImageSet[0]: expected an object, found `null`".into(),
        ),
        (
            br#"{"ImageSet": [{"ImageId": "a"}, {"ImageId": "b", "ImageSize": 1.5}]}"#,
            format!("line 1, column 65: ImageSet[1].ImageSize: {count}: found the number `1.5`"),
        ),
        (
            br#"{"Response": {"ImageSet": [{"ImageId": "a", "ImageSize": "20 GB"}]}}"#,
            format!("line 1, column 64: Response.ImageSet[0].ImageSize: {count}: found the text `20 GB`"),
        ),
        (br#"{"ImageSet": [{}]}"#, "line 1, column 16: ImageSet[0]: `ImageId` is missing".into()),
        (
            br#"{"ImageSet": [{"ImageId": ""}]}"#,
            "line 1, column 29: ImageSet[0].ImageId: a name must not be empty".into(),
        ),
        (br#"{"ImageSet": [], "ImageSet": []}"#, "line 1, column 27: `ImageSet` is given twice".into()),
    ];
    for (bytes, expected) in cases {
        assert_eq!(images(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
    let regions = br#"{"RegionSet": [{"Region": null}]}"#;
    assert_eq!(
        Responses::default().regions(regions).unwrap_err().to_string(),
        "the region's name is missing in every record of a response of DescribeRegions"
    );
    let regions = br#"{"RegionSet": [{"Region": 7}]}"#;
    assert_eq!(
        Responses::default().regions(regions).unwrap_err().to_string(),
        "line 1, column 27: RegionSet[0].Region: expected a text, found the number `7`"
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
            pages.iter().fold(import, |import, page| import.all_images(GUANGZHOU, &answer(page)).unwrap());
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
    is_error(DescribeError::State(StateError::EmptyName { path: "Regions[0].Region".to_owned() }));
}
