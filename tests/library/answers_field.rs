//! Responses and states in the shapes that people have: what each gives follows from the documents,
//! and from what a filter may have left out.
#![cfg(feature = "sources")]

use std::fs;

use presync::sources::describe::{DescribeError, Responses, is_response};
use presync::{
    Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionQuota, Report, Ruleset, State,
    SyncRequest, Used,
};
use serde_json::{Value, json};

const GZ: &str = "ap-guangzhou";
const SH: &str = "ap-shanghai";

fn field(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/field/answers/");
    fs::read(format!("{folder}{name}")).unwrap()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn ids(state: &State) -> Vec<&str> {
    state.images().iter().map(|image| &*image.image_id).collect()
}

fn images(bytes: &[u8]) -> Result<State, DescribeError> {
    Responses::default().images(GZ, bytes).and_then(Responses::state)
}

fn message<T: std::fmt::Debug>(result: Result<T, DescribeError>) -> String {
    result.unwrap_err().to_string()
}

fn shown(responses: &Responses) -> Vec<String> {
    responses.warnings().iter().map(ToString::to_string).collect()
}

fn page(total: impl Into<Value>, image_type: &str, ids: &[&str]) -> Vec<u8> {
    let images: Vec<Value> = ids.iter().map(|id| json!({"ImageId": id, "ImageType": image_type})).collect();
    json!({"TotalCount": total.into(), "ImageSet": images}).to_string().into_bytes()
}

fn used(state: &State) -> Used {
    state.account_quota().regions.first().map_or(Used::AsListed, |quota| quota.used)
}

fn rules(report: &Report) -> (Vec<&str>, Vec<&str>) {
    let violations = report.violations().iter().map(|found| found.rule()).collect();
    (violations, report.unverified().iter().map(|open| open.rule()).collect())
}

// --- several in a file, cut down, in other encodings ---

#[test]
fn pages_are_read_in_every_form_in_which_they_are_kept() {
    for name in ["s01-pages-concatenated.json", "s02-pages-slurped.json", "s03-filtered-list.json"] {
        let state = images(&field(name)).unwrap();
        assert_eq!(ids(&state), ["img-q7w3e9rt", "img-s4h5j6k7"], "{name}");
        assert_eq!(state.image(GZ, "img-s4h5j6k7").unwrap().image_name.as_deref(), Some("构建"), "{name}");
    }
    let (a, b) = (r#"{"ImageId": "img-aaaaaaa1"}"#, r#"{"ImageId": "img-aaaaaaa2"}"#);
    let expected = images(format!("[{a}, {b}]").as_bytes()).unwrap();
    assert_eq!(ids(&expected), ["img-aaaaaaa1", "img-aaaaaaa2"]);
    let bare = |images: &str| format!(r#"{{"TotalCount": 2, "ImageSet": {images}, "RequestId": "r"}}"#);
    let enveloped = |images: &str| format!(r#"{{"Response": {}}}"#, bare(images));
    let (one, two) = (enveloped(&format!("[{a}]")), bare(&format!("[{b}]")));
    for text in [
        format!("{one}{two}"),
        format!("{one}\n\n{two}\n"),
        format!("\u{feff}{one}\r\n\u{feff}{two}\r\n"),
        format!("[{one}, {two}]"),
        // One list after another, a list of lists, and the records one after another.
        format!("[{a}]\n[{b}]"),
        format!("[[{a}], [{b}]]"),
        format!("{a}\n{b}\n"),
        format!("[{one}]{b}"),
    ] {
        let marked = format!("\u{feff}{}", text.trim_start_matches('\u{feff}'));
        for bytes in [text.clone().into_bytes(), utf_16(&marked, u16::to_le_bytes)] {
            assert_eq!(images(&bytes).as_ref(), Ok(&expected), "{text}");
            assert_eq!(
                Responses::default().response(Some(GZ), &bytes).unwrap().state().as_ref(),
                Ok(&expected)
            );
            assert!(is_response(&bytes), "{text}");
        }
    }
    // Responses of several actions.
    let all =
        [field("s08-account-quota.json"), field("s00-regions.json"), br#"{"ImageNumQuota": 20}"#.to_vec()];
    let state = Responses::default().response(None, &all.concat()).unwrap().state().unwrap();
    assert_eq!((state.regions().len(), used(&state)), (3, Used::Count(10)));
    assert_eq!(state.account_quota().image_num_quota, QuotaLimit::Count(20));
    // A list without an element is one without images, and of no action.
    assert!(ids(&images(b"[]").unwrap()).is_empty());
    assert!(Responses::default().response(Some(GZ), b"[]").is_ok());
    assert_eq!(
        message(Responses::default().quota(None, b"[]")),
        "expected a response of DescribeImageQuota, which has `ImageNumQuota`, found an empty list"
    );
    assert!(Responses::default().response(None, b" [ ] ").is_err());
}

#[test]
fn an_encoding_is_read_or_named() {
    let id = |name: &str| ids(&images(&field(name)).unwrap()).concat();
    assert_eq!(
        (id("s04-bom.json"), id("s06-utf16.json")),
        ("img-q7w3e9rt".to_owned(), "img-s4h5j6k7".to_owned())
    );
    let looks_like =
        |at: &str, encoding: &str| format!("{at}the response is not text in UTF-8: it looks like {encoding}");
    assert_eq!(message(images(&field("s05-gbk.json"))), looks_like("line 1, column 71: ", "GBK"));
    let text = r#"{"ImageSet": []}"#;
    for (bytes, encoding) in [
        (utf_16(text, u16::to_le_bytes), "UTF-16LE without a byte order mark"),
        (utf_16(text, u16::to_be_bytes), "UTF-16BE without a byte order mark"),
    ] {
        assert_eq!(message(images(&bytes)), looks_like("line 1, column 1: ", encoding));
        let error = State::from_json(&bytes).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("line 1, column 1: the state is not text in UTF-8: it looks like {encoding}")
        );
    }
    let state = r#"{"Regions": [{"Region": "ap-guangzhou"}]}"#;
    let marked = format!("\u{feff}{state}");
    for bytes in
        [marked.clone().into_bytes(), utf_16(&marked, u16::to_le_bytes), utf_16(&marked, u16::to_be_bytes)]
    {
        assert!(!is_response(&bytes));
        assert_eq!(State::from_json(&bytes), State::from_json(state.as_bytes()));
    }
}

#[test]
fn an_error_says_where_it_is_in_all_of_the_text() {
    for (text, expected) in [
        (
            "{\"ImageSet\": []}\n {\"ImageSet\": [{\"ImageId\": 7}]}",
            "line 2, column 28: ImageSet[0].ImageId: ",
        ),
        ("{\"ImageSet\": []} {\"ImageSet\": [{\"ImageId\": 7}]}", "line 1, column 44: ImageSet[0].ImageId: "),
        (
            "[{\"ImageSet\": []},\n {\"ImageSet\": [{\"ImageId\": 7}]}]",
            "line 2, column 28: [1].ImageSet[0].ImageId: ",
        ),
        ("{\"ImageSet\": []}\n]", "line 2, column 1: text behind the response, `]`: keep the JSON alone"),
        ("{\"ImageSet\": []} x", "line 1, column 18: text behind the response, `x`: keep the JSON alone"),
        ("{\"ImageSet\": []}\n{\"ImageSet\": [", "line 2, column 14: ImageSet: the JSON ends within a list"),
        // Contradictions, in the second response, in the second of a list, and in a
        // record that stands alone.
        (
            "{\"ImageSet\": [{\"ImageId\": \"a\", \"ImageSize\": 1}]}\n{\"ImageSet\": [{\"ImageId\": \"a\", \"ImageSize\": 2}]}",
            "line 2, column 15: `ImageSize` of `a` in `ap-guangzhou` is `2` here, and `1` before",
        ),
        (
            "[{\"ImageSet\": []}, {\"Response\": {\"ImageSet\": [{\"ImageId\": \"a\", \"ImageSize\": 1},\n{\"ImageId\": \"a\", \"ImageSize\": 2}]}}]",
            "line 2, column 1: `ImageSize` of `a` in `ap-guangzhou` is `2` here, and `1` before",
        ),
        (
            "{\"ImageId\": \"a\", \"ImageSize\": 1}\n\n {\"ImageId\": \"a\", \"ImageSize\": 2}",
            "line 3, column 2: `ImageSize` of `a` in `ap-guangzhou` is `2` here, and `1` before",
        ),
        (
            "[[{\"ImageId\": \"a\", \"Region\": \"ap-seoul\"}]]",
            "line 1, column 3: expected images of one region, found an image that is in another one",
        ),
        ("[7]", "line 1, column 2: [0]: expected an object, found the number `7`"),
        // What is JSON and no response, by itself, after a list of none, and behind a response.
        (" 7", "line 1, column 2: expected an object, found the number `7`"),
        ("[]\n7", "line 2, column 1: expected an object, found the number `7`"),
        ("{\"ImageSet\": []}\n7", "line 2, column 1: text behind the response, `7`: keep the JSON alone"),
    ] {
        let error = message(images(text.as_bytes()));
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
}

// --- kinds ---

#[test]
fn an_answer_of_sync_images_is_said_to_be_one() {
    let found = "found a response of SyncImages, whose copies are in other regions";
    for answer in [
        r#"{"Response":{"ImageSet":[{"ImageId":"img-aaaaaaaa","Region":"ap-shanghai"}],"RequestId":"r"}}"#,
        r#"{"ImageSet":[{"ImageId":"img-aaaaaaaa","Region":"ap-guangzhou"}],"RequestId":"r"}"#,
        r#"{"Response":{"ImageSet":[],"RequestId":"r"}}"#,
    ] {
        assert!(is_response(answer.as_bytes()));
        for region in [None, Some(GZ), Some(SH)] {
            let error = message(Responses::default().response(region, answer.as_bytes()));
            assert!(error.ends_with(found), "{error}");
        }
        assert!(message(Responses::default().all_images(GZ, answer.as_bytes())).ends_with(found));
    }
    // Without images it has a `RequestId` alone.
    for answer in [r#"{"Response":{"RequestId":"r"}}"#, r#"{"RequestId":"r"}"#] {
        assert!(is_response(answer.as_bytes()));
        let error = message(Responses::default().response(None, answer.as_bytes()));
        assert!(error.ends_with("found a response of another action"), "{error}");
    }
}

/// An image that another action names may not be there yet, and what names a region
/// is not a list of regions.
#[test]
fn a_response_of_another_action_is_no_record() {
    for body in [
        // CreateImage responds like this.
        json!({"ImageId": "img-aaaaaaaa", "RequestId": "r"}),
        json!({"ImageIds": ["img-aaaaaaaa"], "RequestId": "r"}),
        json!({"DestinationRegions": [SH], "RequestId": "r"}),
        json!({"InstanceId": "ins-1", "ImageId": "img-aaaaaaaa", "RequestId": "r"}),
        json!({"LaunchTemplateId": "lt-1", "RequestId": "r"}),
        json!({"Region": SH, "RequestId": "r"}),
    ] {
        let mut nameless = body.clone();
        nameless.as_object_mut().unwrap().remove("RequestId");
        for text in [body.clone(), json!({"Response": body}), json!({"Response": nameless})] {
            for region in [None, Some(GZ)] {
                let error = message(Responses::default().response(region, text.to_string().as_bytes()));
                assert!(error.ends_with("found a response of another action"), "{text} {error}");
            }
        }
    }
    // A record without the name of its image is none.
    let error = message(images(br#"{"ImageId": "", "ImageState": "NORMAL"}"#));
    assert!(error.ends_with("found an object of another kind"), "{error}");
}

/// The key of each of the actions tells, with or without what stands around it.
#[test]
fn a_response_is_told_by_the_key_of_its_action() {
    for text in [
        r#"{"ImageSet": []}"#,
        r#"{"ImageId": "img-aaaaaaaa"}"#,
        r#"{"RegionSet": []}"#,
        r#"{"Region": "ap-seoul"}"#,
        r#"{"ImageNumQuota": 20}"#,
        r#"{"AccountQuotaOverview": {}}"#,
        r#"{"Error": {"Code": "AuthFailure"}}"#,
    ] {
        for text in [text.to_owned(), format!("[{text}]"), format!(r#"{{"TotalCount": 1, {}"#, &text[1..])] {
            assert!(is_response(text.as_bytes()), "{text}");
        }
    }
    // A list is more likely a misspelt key of a state.
    assert!(!is_response(br#"{"Region": [{"Region": "ap-seoul"}]}"#));
}

#[test]
fn a_printed_error_has_its_code() {
    let expected =
        "the response is the error `UnauthorizedOperation`: You are not authorized to perform operation";
    let text = field("s21-tccli-error.txt");
    assert!(is_response(&text));
    let error = DescribeError::ErrorResponse {
        code: Some("UnauthorizedOperation".to_owned()),
        message: Some("You are not authorized to perform operation".to_owned()),
    };
    assert_eq!(Responses::default().regions(&text).unwrap_err(), error);
    let behind_a_page = [&page(2, "PRIVATE_IMAGE", &["img-a"]), &b"\n"[..], &text].concat();
    for bytes in [text, behind_a_page] {
        assert_eq!(message(images(&bytes)), expected);
        assert_eq!(message(Responses::default().response(Some(GZ), &bytes)), expected);
    }
    let go = b"[TencentCloudSDKError] Code=AuthFailure.SignatureExpire, Message=expired, RequestId=1";
    assert_eq!(message(images(go)), "the response is the error `AuthFailure.SignatureExpire`: expired");
}

#[test]
fn the_account_quota_has_a_used_count() {
    for name in ["s08-account-quota.json", "s08b-account-quota-bare.json"] {
        for region in [None, Some(SH)] {
            let state = Responses::default().response(region, &field(name)).unwrap().state().unwrap();
            let expected = RegionQuota::new(SH).with_used(Used::Count(10)).with_image_num_quota(10);
            assert_eq!(state.account_quota().regions, [expected], "{name}");
        }
        // What it says of itself counts.
        let responses = Responses::default().account_quota(Some(GZ), &field(name)).unwrap();
        assert_eq!(
            shown(&responses),
            [
                "a response of DescribeAccountQuota says that it is of `ap-shanghai`, and not of `ap-guangzhou`"
            ]
        );
        assert_eq!(responses.state().unwrap().account_quota().regions[0].region, SH);
    }
    let answer = |region: Value, set: Value| {
        json!({"AccountQuotaOverview": {"Region": region, "AccountQuota": {"ImageQuotaSet": set}}})
            .to_string()
    };
    let read = |region, answer: &str| Responses::default().account_quota(region, answer.as_bytes());
    let set = || json!([{"UsedQuota": "9", "TotalQuota": null}]);
    let state = read(Some(SH), &answer(json!(null), set())).unwrap().state().unwrap();
    let expected = RegionQuota::new(SH).with_used(Used::Count(9)).with_image_num_quota(QuotaLimit::Unknown);
    assert_eq!(state.account_quota().regions, [expected]);
    let missing = |what: &str| format!("{what} is missing in a response of DescribeAccountQuota");
    assert_eq!(message(read(None, &answer(json!(null), set()))), missing("`Region`"));
    for set in [json!(null), json!([])] {
        assert_eq!(message(read(None, &answer(json!(SH), set))), missing("`ImageQuotaSet`"));
    }
    assert_eq!(
        message(read(None, r#"{"AccountQuotaOverview": {"Region": "a"}}"#)),
        missing("`ImageQuotaSet`")
    );
    // Another number that is stated, and one that the user gives.
    let quota = field("s08-account-quota.json");
    let import = Responses::default().account_quota(None, &quota).unwrap();
    let contradicted = |stated: &str, other: u64, follows: &str| {
        format!(
            "DescribeAccountQuota counts {stated} of `ap-shanghai`, and DescribeImages has {other}: {follows}"
        )
    };
    let (least, open) = ("those that are listed are the least", "it is not known how many there are");
    let nine = import.clone().custom_images(SH, &page(9, "PRIVATE_IMAGE", &["img-a"])).unwrap();
    let part = "the listing of the custom images of `ap-shanghai` counts 9 and gives 1: it is not whole";
    assert_eq!(shown(&nine), [part, &contradicted("10 custom images", 9, least)]);
    assert_eq!(used(&nine.state().unwrap()), Used::AsListed, "nine or ten, and one is listed");
    let one = import.clone().all_images(SH, &page(1, "PRIVATE_IMAGE", &["img-a"])).unwrap();
    assert_eq!(shown(&one), [contradicted("10 custom images", 1, open)]);
    assert_eq!(used(&one.state().unwrap()), Used::Unknown, "one or ten");
    let untyped = json!({"TotalCount": 2, "ImageSet": [{"ImageId": "img-a", "ImageType": "PRIVATE_IMAGE"}, {"ImageId": "img-b"}]});
    let two = import.clone().all_images(SH, untyped.to_string().as_bytes()).unwrap();
    assert_eq!(shown(&two), [contradicted("10 custom images", 2, open)]);
    let single = read(Some(SH), &answer(json!(SH), json!([{"UsedQuota": 1}]))).unwrap();
    let three = json!([
        {"ImageId": "img-a", "ImageType": "PRIVATE_IMAGE"}, {"ImageId": "img-b", "ImageType": "PRIVATE_IMAGE"}, {"ImageId": "img-c"}
    ]);
    let three = json!({"TotalCount": 3, "ImageSet": three}).to_string();
    let three = single.clone().all_images(SH, three.as_bytes()).unwrap();
    // Two or three: the nearest number is said.
    assert_eq!(shown(&three), [contradicted("1 custom image", 2, open)]);
    let more = single.images(SH, &page(2, "PRIVATE_IMAGE", &["img-a", "img-b"])).unwrap();
    assert_eq!(shown(&more), [contradicted("1 custom image", 2, least)]);
    assert_eq!(used(&more.state().unwrap()), Used::AsListed, "one of the two is counted");
    // Both can be true, and the user's own word is taken before any other.
    let some = import.clone().images(SH, &page(1, "PRIVATE_IMAGE", &["img-a"])).unwrap();
    assert_eq!((shown(&some), used(&some.state().unwrap())), (vec![], Used::Count(10)));
    let told = import.all_images(SH, &page(1, "PRIVATE_IMAGE", &["img-a"])).unwrap().used(SH, 3).unwrap();
    assert_eq!((shown(&told), used(&told.state().unwrap())), (vec![], Used::Count(3)));
}

// --- what a filter may have left out ---

#[test]
fn what_is_not_listed_is_known_only_where_the_user_says_that_the_listing_is_whole() {
    let request = SyncRequest::new("img-q7w3e9rt", [SH]).with_region(GZ);
    let regions = || {
        Responses::default()
            .regions(&field("s00-regions.json"))
            .unwrap()
            .used(SH, 0)
            .unwrap()
            .sync(SH)
            .unwrap()
    };
    let rules_of = Ruleset::documented(Edition::LATEST);
    let state = regions().images(GZ, &field("a-priv.json")).unwrap().state().unwrap();
    let report = rules_of.check(&request, &state);
    let (violations, unverified) = rules(&report);
    assert_eq!(violations, [""; 0]);
    assert_eq!(unverified[0], "image-exists");
    for name in ["s23-filtered-by-name.json", "a-unfiltered-page1.json"] {
        let state = regions().images(GZ, &field(name)).unwrap().state().unwrap();
        let report = rules_of.check(&request, &state);
        assert!(report.accepted() && rules(&report).1.contains(&"image-exists"), "{name}");
        let region = state.region(GZ).unwrap();
        assert!(!region.images_complete && !region.custom_images_complete, "{name}");
    }
    // All custom images are known: another image may be there, and no other name is taken.
    let custom = regions().custom_images(GZ, &field("a-priv.json")).unwrap().state().unwrap();
    assert!(custom.region(GZ).unwrap().custom_images_complete && !custom.region(GZ).unwrap().images_complete);
    assert_eq!(rules(&rules_of.check(&request, &custom)).1[0], "image-exists");
    // All images are known.
    let all = regions().all_images(GZ, &field("a-priv.json")).unwrap().state().unwrap();
    assert_eq!(rules(&rules_of.check(&request, &all)).0, ["image-exists"]);
}

#[test]
fn the_used_quota_is_certain_where_it_is_given_and_at_least_what_is_listed() {
    let known = Image::new(GZ, "img-q7w3e9rt").with_image_size(20);
    let request = SyncRequest::new("img-q7w3e9rt", [SH]).with_region(GZ).with_image_name("new");
    let rules_of = Ruleset::documented(Edition::LATEST);
    let judge = |quota: u64, add: &dyn Fn(Responses) -> Responses| {
        let told =
            add(Responses::default().quota_count(None, quota).unwrap().sync(SH).unwrap().sync(GZ).unwrap());
        let told = told.state().unwrap();
        let regions = told
            .regions()
            .iter()
            .map(|region| region.clone().with_region_state(presync::RegionState::AVAILABLE));
        let images = told.images().iter().cloned().chain([known.clone()]);
        let state = State::from_records(regions, images, told.account_quota().clone(), []).unwrap();
        let report = rules_of.check(&request, &state);
        let (violations, unverified) = rules(&report);
        (
            violations.contains(&"image-quota"),
            unverified.contains(&"image-quota"),
            unverified.contains(&"image-name-unique"),
        )
    };
    // 310 of nobody knows what; two custom images of them are listed.
    let page1 = field("a-unfiltered-page1.json");
    assert_eq!(judge(300, &|told| told.images(SH, &page1).unwrap()), (false, true, true));
    assert_eq!(judge(2, &|told| told.images(SH, &page1).unwrap()), (true, false, true));
    assert_eq!(judge(3, &|told| told.images(SH, &page1).unwrap()), (false, true, true));
    // 310 custom images.
    assert_eq!(judge(300, &|told| told.custom_images(SH, &page1).unwrap()), (true, false, true));
    assert_eq!(judge(310, &|told| told.custom_images(SH, &page1).unwrap()), (true, false, true));
    assert_eq!(judge(311, &|told| told.custom_images(SH, &page1).unwrap()), (false, false, true));
    // Two custom images, and all of them are listed.
    let whole = page(2, "PRIVATE_IMAGE", &["img-a", "img-b"]);
    assert_eq!(
        judge(3, &|told| told.custom_images(SH, &whole).unwrap()),
        (false, false, true),
        "names are not stated"
    );
    let named = br#"{"TotalCount": 1, "ImageSet": [{"ImageId": "img-a", "ImageName": "x", "ImageType": "PRIVATE_IMAGE"}]}"#;
    assert_eq!(judge(2, &|told| told.custom_images(SH, named).unwrap()), (false, false, false));
    assert_eq!(judge(2, &|told| told.all_images(SH, named).unwrap()), (false, false, false));
    assert_eq!(judge(2, &|told| told.images(SH, named).unwrap()), (false, true, true));
    // The number alone.
    assert_eq!(judge(9, &|told| told.used(SH, 9).unwrap()), (true, false, true));
}

#[test]
fn a_listing_is_whole_as_far_as_its_counts_tell() {
    let custom = |pages: &[Vec<u8>]| {
        let told =
            pages.iter().fold(Responses::default(), |told, page| told.custom_images(GZ, page).unwrap());
        let warnings = shown(&told);
        let state = told.state().unwrap();
        (state.region(GZ).unwrap().custom_images_complete, used(&state), warnings.concat())
    };
    let private = |total: Value, ids: &[&str]| page(total, "PRIVATE_IMAGE", ids);
    let none = String::new;
    assert_eq!(
        custom(&[private(json!(2), &["a"]), private(json!(2), &["b"])]),
        (true, Used::Count(2), none())
    );
    assert_eq!(
        custom(&[private(json!(1), &["a", "b"])]),
        (true, Used::Count(2), none()),
        "longer than it counts"
    );
    assert_eq!(custom(&[private(json!(null), &["a"])]), (true, Used::Count(1), none()), "the user says so");
    assert_eq!(
        custom(&[private(json!(2), &["a"]), private(json!(null), &["b"])]),
        (true, Used::Count(2), none())
    );
    assert_eq!(custom(&[b"[]".to_vec()]), (true, Used::Count(0), none()));
    assert_eq!(custom(&[page(0, "", &[])]), (true, Used::Count(0), none()));
    let short = "the listing of the custom images of `ap-guangzhou` counts 3 and gives 1: it is not whole";
    assert_eq!(custom(&[private(json!(3), &["a"])]), (false, Used::Count(3), short.to_owned()));
    // It changed between its pages.
    let moved = "the listing of the custom images of `ap-guangzhou` changed between its pages, which count differently: \
        it is not taken for whole";
    let pages = [field("s07-page1.json"), field("s07-page2-count-moved.json")];
    assert_eq!(custom(&pages), (false, Used::AsListed, moved.to_owned()));

    // Another response has one more: the listing is out of date.
    let told = Responses::default().all_images(GZ, &private(json!(1), &["a"])).unwrap();
    let told = told.images(GZ, &private(json!(9), &["b"])).unwrap().state().unwrap();
    assert!(!told.region(GZ).unwrap().images_complete);
    // What is in a listing of custom images is one.
    let untyped = br#"[{"ImageId": "img-a"}, {"ImageId": "img-b", "ImageType": null}]"#;
    let state = Responses::default().custom_images(GZ, untyped).unwrap().state().unwrap();
    assert!(state.images().iter().all(|image| image.image_type == Some(ImageType::PRIVATE_IMAGE)));
    let error = Responses::default().custom_images(GZ, &page(1, "SHARED_IMAGE", &["img-s"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 14: `img-s` is a SHARED_IMAGE, in a whole listing of custom images"
    );
}

#[test]
fn regions_are_complete_where_their_list_is_a_whole_response() {
    let complete = |bytes: &[u8]| {
        let told = Responses::default().regions(bytes).unwrap();
        (told.warnings().len(), told.state().unwrap().regions_complete())
    };
    assert_eq!(complete(&field("s00-regions.json")), (0, true));
    assert_eq!(complete(br#"{"RegionSet": [{"Region": "a"}]}"#), (0, true));
    assert_eq!(complete(&field("s17-regionset-null.json")), (0, false));
    assert_eq!(complete(&field("s20-count-larger.json")), (0, false));
    assert_eq!(complete(br#"{"TotalCount": 0, "RegionSet": []}"#), (0, false), "nobody has no region");
    assert_eq!(complete(&field("s19-empty-region.json")), (1, false));
    // Cut out, and perhaps by a filter.
    assert_eq!(complete(br#"[{"Region": "a"}, {"Region": "b"}]"#), (0, false));
    assert_eq!(complete(b"{\"Region\": \"a\"}\n{\"Region\": \"b\"}"), (0, false));
    // No response of DescribeRegions.
    assert!(!Responses::default().used("a", 1).unwrap().state().unwrap().regions_complete());

    let told = Responses::default().regions(&field("s19-empty-region.json")).unwrap();
    assert_eq!(
        shown(&told),
        [
            "line 1, column 89: a record of DescribeRegions has no name of a region and is left out: not every region is listed"
        ]
    );
    assert_eq!(told.warnings()[0].position(), Some((1, 89)));
    let names: Vec<_> = told.state().unwrap().regions().iter().map(|region| region.region.clone()).collect();
    assert_eq!(names, ["ap-guangzhou", "ap-singapore"]);
    let nameless = Responses::default().regions(br#"{"RegionSet": [{"Region": ""}, {}, {"Region": null}]}"#);
    assert_eq!(
        message(nameless),
        "the region's name is missing in every record of a response of DescribeRegions"
    );
    // So it is where the records stand alone; one that has its name is enough.
    for list in ["{\"Region\": \"\"}", "[{\"Region\": \"\"}, {\"Region\": \"\"}]"] {
        assert_eq!(
            message(Responses::default().regions(list.as_bytes())),
            "the region's name is missing in every record of a response of DescribeRegions"
        );
    }
    assert_eq!(complete(br#"[{"Region": ""}, {"Region": "a"}]"#), (1, false));

    // An unlisted region is unverified, and one that another response names is there.
    let told = Responses::default().regions(&field("s17-regionset-null.json")).unwrap();
    let state = told.images(GZ, &page(1, "PRIVATE_IMAGE", &["img-q7w3e9rt"])).unwrap().state().unwrap();
    let report = Ruleset::default().check(&SyncRequest::new("img-q7w3e9rt", [SH]), &state);
    assert!(report.accepted());
    assert!(rules(&report).1.contains(&"destination-exists"));
}

#[test]
fn a_null_quota_is_unknown() {
    let state = Responses::default().quota(None, br#"{"ImageNumQuota": null}"#).unwrap().state().unwrap();
    assert_eq!(state.account_quota().image_num_quota, QuotaLimit::Unknown);
    let state = Responses::default().quota(Some(SH), br#"{"ImageNumQuota": null}"#).unwrap().state().unwrap();
    assert_eq!(state.account_quota().regions[0].image_num_quota, QuotaLimit::Unknown);
    for json in [r#"{"AccountQuota": null}"#, r#"{"AccountQuota": {"ImageNumQuota": null}}"#] {
        let state = State::from_json(json.as_bytes()).unwrap();
        assert_eq!(state.account_quota().image_num_quota, QuotaLimit::Unknown);
    }
}

// --- states ---

#[test]
fn a_key_that_nearly_is_one_of_a_states_own_is_an_error() {
    let error = State::from_json(&field("a-state-typo-keys.json")).unwrap_err().to_string();
    assert_eq!(error, "line 1, column 48: Regions[0]: unknown key `imageSync`, did you mean `ImageSync`?");
    let near = |record: &str, key: &str, is_region: bool| {
        let json = match is_region {
            true => format!(r#"{{"Regions": [{{"Region": "a", "{key}": null}}]}}"#),
            false => format!(
                r#"{{"Regions": [{{"Region": "a"}}], "Images": [{{"Region": "a", "ImageId": "i", "{key}": null}}]}}"#
            ),
        };
        let error = State::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("]: unknown key `{key}`, did you mean `{record}`?")), "{error}");
    };
    for (meant, key) in [
        ("ImageSync", "Imagesync"),
        ("ImageSync", "Sync"),
        ("ImageSync", "image_sync"),
        ("RegionState", "regionState"),
        ("RegionState", "State"),
        ("ImagesComplete", "imagesComplete"),
        ("Region", "region"),
    ] {
        near(meant, key, true);
    }
    for (meant, key) in [
        ("Encrypted", "encrypted"),
        ("ImageState", "State"),
        ("ImageState", "imageState"),
        ("ImageState", "image_state"),
        ("ImageSize", "size"),
        ("ImageName", "Name"),
        ("ImageType", "IMAGE_TYPE"),
    ] {
        near(meant, key, false);
    }
    if cfg!(feature = "hints") {
        near("Encrypted", "Encrypt", false);
        near("ImageSize", "ImageSiz", false);
        near("RegionState", "RegionStat", true);
        near("ImagesComplete", "ImageComplete", true);
    }
    // The records of the API have more keys.
    let regions: Value = serde_json::from_slice(&field("a-regions.json")).unwrap();
    let images: Value = serde_json::from_slice(&field("a-gz1.json")).unwrap();
    let mut images = images["Response"]["ImageSet"].clone();
    for image in images.as_array_mut().unwrap() {
        image["Region"] = json!(GZ);
        image["CdcCache"] = json!({});
        image["ImageSource"] = json!("CREATE_IMAGE");
        image["ImageStatus"] = image.as_object_mut().unwrap().remove("ImageState").unwrap();
    }
    let state = json!({"Regions": regions["Response"]["RegionSet"], "Images": images}).to_string();
    assert_eq!(State::from_json(state.as_bytes()).unwrap().regions().len(), 5);
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let size = |size: &str| {
        let json = format!(
            r#"{{"Regions": [{{"Region": "a"}}], "Images": [{{"Region": "a", "ImageId": "i", "ImageSize": {size}}}]}}"#
        );
        State::from_json(json.as_bytes())
            .map(|state| state.images()[0].image_size)
            .map_err(|error| error.to_string())
    };
    for (text, expected) in
        [("20.0", 20), ("2e1", 20), ("0.0", 0), ("-0.0", 0), ("4503599627370496.0", 1 << 52)]
    {
        assert_eq!(size(text), Ok(Some(expected)), "{text}");
    }
    let expected = "expected a size in whole GiB, as a number, or `null`";
    for (text, shown) in [("20.5", "20.5"), ("-1.0", "-1.0"), ("0.1", "0.1"), ("-1e300", "-1e+300")] {
        let error = size(text).unwrap_err();
        assert!(
            error.contains(&format!("Images[0].ImageSize: {expected}: found the number `{shown}`")),
            "{error}"
        );
    }
    for text in ["1e300", "1e20", "18446744073709551616"] {
        let error = size(text).unwrap_err();
        let expected = "the number is out of range: the largest is 18446744073709551615";
        assert!(error.contains(&format!("Images[0].ImageSize: {expected}")), "{error}");
    }
    let images = br#"{"TotalCount": 1.0, "ImageSet": [{"ImageId": "img-a", "ImageSize": 20.0}]}"#;
    let state = Responses::default().all_images(GZ, images).unwrap().state().unwrap();
    assert_eq!((state.images()[0].image_size, state.region(GZ).unwrap().images_complete), (Some(20), true));
}

#[test]
fn an_image_is_certain_where_it_is_listed() {
    let state = State::from_json(&field("a-state-id-elsewhere.json")).unwrap();
    let report = Ruleset::default().check(&SyncRequest::new("img-aaaaaaaa", ["c1"]), &state);
    assert_eq!(rules(&report).0, ["image-state-normal"]);
    assert_eq!(rules(&report).1, [""; 0]);
}

#[test]
fn every_custom_image_can_be_listed_where_not_every_image_is() {
    let region = Region::new("a").with_images_complete(false).with_custom_images_complete(true);
    let json = serde_json::to_string(&region).unwrap();
    assert!(json.ends_with(r#""ImagesComplete":false,"CustomImagesComplete":true}"#), "{json}");
    assert_eq!(serde_json::from_str::<Region>(&json).unwrap(), region);
    assert!(!serde_json::to_string(&Region::new("a")).unwrap().contains("Custom"));
}

/// A custom image is in one region, for a copy gets an id of its own. A public one has one id in
/// several, so a list that is not complete may leave it out.
#[test]
fn an_image_that_is_not_custom_may_be_in_other_regions_too() {
    let regions = |is_complete| [Region::new(GZ), Region::new(SH).with_images_complete(is_complete)];
    let image = |image_type| {
        let image = Image::new(GZ, "img-q7w3e9rt").with_image_size(20).with_image_state(ImageState::SYNCING);
        match image_type {
            Some(word) => image.with_image_type(ImageType::from(word)),
            None => image.with_image_type(None),
        }
    };
    let report = |image_type, is_complete| {
        let state = State::new(regions(is_complete), [image(image_type)]).unwrap();
        Ruleset::default().check(&SyncRequest::new("img-q7w3e9rt", [GZ, SH]), &state)
    };
    let custom = report(Some("PRIVATE_IMAGE"), false);
    assert_eq!(rules(&custom).0, ["image-state-normal", "destination-not-source"]);
    let open = [
        "image-state-normal",
        "image-size",
        "destination-not-source",
        "destination-not-source",
        // Nor is every image of the destination listed.
        "image-quota",
    ];
    let public = report(Some("PUBLIC_IMAGE"), false);
    assert_eq!(rules(&public), (vec!["image-custom"], open.to_vec()));
    assert_eq!(
        public.unverified()[2].needs(),
        "the request's `Region`: its images are listed in `ap-guangzhou`, and may be in `ap-shanghai` (`--region` \
         gives it, or `region` in a line)"
    );
    // One whose type is not known may be a public one.
    let unknown = report(None, false);
    assert_eq!(unknown.violations(), []);
    assert_eq!(rules(&unknown).1, [&["image-custom"], &open[..]].concat());
    // Every image of the other region is listed, and it is not among them.
    let whole = report(Some("PUBLIC_IMAGE"), true);
    assert_eq!(rules(&whole).0, ["image-custom", "image-state-normal", "destination-not-source"]);
}

/// No region is without a name, whichever are not listed.
#[test]
fn an_empty_name_is_certainly_no_region() {
    let state = State::unknown();
    let report = |request: &SyncRequest| Ruleset::default().check(request, &state);
    let found = report(&SyncRequest::new("img-q7w3e9rt", [""]).with_region(""));
    let violations: Vec<_> = found.violations().iter().map(|found| found.rule()).collect();
    assert_eq!(violations, ["source-region-supported", "destination-exists"]);
    assert_eq!(found.unverified(), []);
    let found = report(&SyncRequest::new("img-q7w3e9rt", ["x"]).with_region("y"));
    assert_eq!(found.violations(), []);
}

#[test]
fn a_list_of_regions_that_was_cut_out_is_whole_if_the_user_says_so() {
    let list = br#"[{"Region": "ap-guangzhou", "RegionName": "b"}, {"Region": "ap-shanghai"}]"#;
    let whole = |responses: Responses| responses.state().unwrap().regions_complete();
    assert!(!whole(Responses::default().regions(list).unwrap()));
    assert!(whole(Responses::default().all_regions(list).unwrap()));
    // What says otherwise counts, whoever says so.
    let short = br#"{"TotalCount": 3, "RegionSet": [{"Region": "ap-guangzhou"}]}"#;
    assert!(!whole(Responses::default().all_regions(short).unwrap()));
    let nameless = br#"[{"Region": "ap-guangzhou"}, {"Region": ""}]"#;
    assert!(!whole(Responses::default().all_regions(nameless).unwrap()));
    assert!(!whole(Responses::default().all_regions(b"[]").unwrap()));
    let other = Responses::default().all_regions(list).unwrap().used("ap-nowhere", 1).unwrap().state();
    assert!(message(other).contains("does not list the region `ap-nowhere`"));
}

/// The state does not depend on the order of the responses, nor on the language of one of them.
#[test]
fn the_name_of_a_region_is_the_same_in_every_order() {
    let response = |name: &str| json!([{"Region": GZ, "RegionName": name}]).to_string().into_bytes();
    let (one, other) = (response("South China (Guangzhou)"), response("华南地区(广州)"));
    let name = |first: &[u8], second: &[u8]| {
        let responses = Responses::default().regions(first).unwrap().regions(second).unwrap();
        responses.state().unwrap().regions()[0].region_name.clone()
    };
    assert_eq!(name(&one, &other), name(&other, &one));
    assert!(name(&one, &other).is_some());
}

/// What is no JSON is named by what it looks like, or by how it starts.
#[test]
fn a_text_that_is_no_response_is_named() {
    let page = String::from_utf8(page(1, "PRIVATE_IMAGE", &["img-q7w3e9rt"])).unwrap();
    for (text, found) in [
        ("img-q7w3e9rt\nimg-s4h5j6k7\n".to_owned(), "`img-q7w3e9rt`"),
        ("-----\n|DescribeImages|\n".to_owned(), "`-----`"),
        ("IMAGESET\timg-q7w3e9rt\n".to_owned(), "`IMAGESET\\timg-q7w3e9rt`"),
        ("ImageSet:\n- ImageId: img-q7w3e9rt\n".to_owned(), "what looks like YAML"),
        (format!("HTTP/1.1 200 OK\r\n\r\n{page}"), "what looks like a response over HTTP"),
        ("<html>".to_owned(), "what looks like XML or HTML"),
        (format!("2026-01-01 INFO {{}}{page}"), "`2026-01-01 INFO {}"),
        (format!("\u{a0}{page}"), "U+00A0"),
        (format!("\u{200b}{page}"), "U+200B"),
        // Letters that everybody sees.
        (format!("镜像 {page}"), "`镜像 {"),
    ] {
        let error = message(images(text.as_bytes()));
        let expected =
            format!("line 1, column 1: expected JSON, which starts with `{{` or `[`, found {found}");
        assert!(error.starts_with(&expected), "{error}");
    }
    let behind = message(images(format!("{page}\nelapsed 3s\n").as_bytes()));
    assert_eq!(behind, "line 2, column 1: text behind the response, `elapsed 3s`: keep the JSON alone");
    assert!(
        message(images(format!("{page}\u{200b}").as_bytes())).contains("text behind the response, U+200B:")
    );
}

/// A record that names an image is no record of that image, which may be deleted.
#[test]
fn a_record_of_an_instance_is_not_taken_for_an_image() {
    for record in [
        json!([{"ImageId": "img-q7w3e9rt", "InstanceId": "ins-1"}]),
        json!({"InstanceId": "ins-1", "ImageId": "img-q7w3e9rt"}),
        json!([{"LaunchTemplateId": "lt-1", "ImageId": "img-q7w3e9rt"}]),
    ] {
        let error = message(images(record.to_string().as_bytes()));
        assert!(error.contains("found a record of an instance or of a launch template"), "{error}");
    }
    let request = json!({"Region": GZ, "ImageIds": ["img-q7w3e9rt"], "DestinationRegions": [SH]}).to_string();
    let error = message(Responses::default().response(None, request.as_bytes()));
    assert!(error.ends_with("found a request of SyncImages"), "{error}");
}

/// A null in the place of a list says neither that there are images nor that there are none.
#[test]
fn a_null_is_no_empty_listing() {
    for page in [
        r#"{"Response": {"TotalCount": null, "ImageSet": null, "RequestId": "x"}}"#,
        r#"{"TotalCount": 3, "ImageSet": null}"#,
        r#"{"ImageSet": null}"#,
    ] {
        let state = images(page.as_bytes()).unwrap();
        assert!(!state.regions()[0].images_complete, "{page}");
        for add in [Responses::all_images, Responses::custom_images] {
            let responses = add(Responses::default(), GZ, page.as_bytes()).unwrap();
            assert!(responses.warnings()[0].message().ends_with("it is not whole"), "{page}");
            let region = &responses.state().unwrap().regions()[0].clone();
            assert!(!region.images_complete && !region.custom_images_complete, "{page}");
        }
    }
    // Nobody said how many custom images there are, unless the page counts them.
    let used_of = |page: &[u8]| used(&Responses::default().custom_images(GZ, page).unwrap().state().unwrap());
    assert_eq!(used_of(br#"{"ImageSet": null}"#), Used::AsListed);
    assert_eq!(used_of(br#"{"TotalCount": 3, "ImageSet": null}"#), Used::Count(3));
    // With a count of none it is a list of none.
    let none = br#"{"TotalCount": 0, "ImageSet": null}"#;
    assert!(Responses::default().all_images(GZ, none).unwrap().state().unwrap().regions()[0].images_complete);
}
