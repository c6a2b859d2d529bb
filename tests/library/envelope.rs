//! The answers of the API: what a report becomes, byte for byte, and what is read.

use presync::report::envelope::{Envelope, SyncedImage};
use presync::{Edition, ErrorCode, Image, Region, Ruleset, State, SyncRequest, check_fn};

const REQUEST_ID: &str = "354f4ac3-8546-4516-8c8a-69e3ab73aa8a";

fn state() -> State {
    State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [Image::new("ap-guangzhou", "img-o3ycss2p")])
        .unwrap()
}

/// The body of the answer to a call.
fn body(request: &SyncRequest) -> String {
    let report = Ruleset::default().check(request, &state());
    serde_json::to_string(&Envelope::new(&report, REQUEST_ID)).unwrap()
}

#[test]
fn success_is_the_id_of_the_request_and_nothing_else() {
    assert_eq!(
        body(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"])),
        r#"{"Response":{"RequestId":"354f4ac3-8546-4516-8c8a-69e3ab73aa8a"}}"#
    );
}

/// The body of the answer to a good call under the page of a month.
fn accepted(year: u16, month: u8) -> String {
    let rules = Ruleset::documented(Edition::new(year, month).unwrap());
    let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state());
    serde_json::to_string(&Envelope::new(&report, "1")).unwrap()
}

#[test]
fn later_answers_have_a_list_of_images() {
    assert_eq!(accepted(2022, 10), r#"{"Response":{"RequestId":"1"}}"#);
    assert_eq!(accepted(2022, 11), r#"{"Response":{"ImageSet":[],"RequestId":"1"}}"#);
    assert_eq!(accepted(2022, 12), r#"{"Response":{"ImageSet":[],"RequestId":"1"}}"#);
    // A refusal has none.
    let rules = Ruleset::documented(Edition::LATEST);
    let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-nowhere"]), &state());
    assert_eq!(Envelope::new(&report, "1").response.image_set, None);
    // The caller puts the images in.
    let mut envelope: Envelope = serde_json::from_str(&accepted(2025, 4)).unwrap();
    envelope.response.image_set = Some(vec![SyncedImage::new("img-34vaef8f", "ap-shanghai")]);
    let body =
        r#"{"Response":{"ImageSet":[{"ImageId":"img-34vaef8f","Region":"ap-shanghai"}],"RequestId":"1"}}"#;
    assert_eq!(serde_json::to_string(&envelope).unwrap(), body);
    assert_eq!(serde_json::from_str::<Envelope>(body).unwrap(), envelope);
}

#[test]
fn a_trial_that_would_be_accepted_is_answered_with_a_code_of_its_own() {
    let envelope = Envelope::dry_run("1");
    let error = envelope.response.error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::DryRunOperation);
    assert_eq!(
        serde_json::to_string(&envelope).unwrap(),
        r#"{"Response":{"Error":{"Code":"DryRunOperation","Message":"the request would be accepted, and no image was copied"},"RequestId":"1"}}"#
    );
}

#[test]
fn what_is_left_open_is_no_error() {
    let mut image = Image::new("ap-guangzhou", "img-o3ycss2p");
    image.image_size = None;
    let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image]).unwrap();
    let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
    assert_eq!(report.unverified().len(), 1);
    assert_eq!(Envelope::new(&report, "1").response.error, None);
}

#[test]
fn an_error_is_a_code_and_a_message() {
    assert_eq!(
        body(&SyncRequest::new("img-o3ycss2p", ["ap-seoul"])),
        r#"{"Response":{"Error":{"Code":"InvalidRegion.NotFound","Message":"DestinationRegions.0: `ap-seoul` is not a known region"},"RequestId":"354f4ac3-8546-4516-8c8a-69e3ab73aa8a"}}"#
    );
}

#[test]
fn of_several_violations_the_first_in_order_is_the_error() {
    // Sent in another order than that of the rules.
    let mut request = SyncRequest::new("img-00000000", ["ap-seoul", "ap-seoul"]);
    request.dry_run = Some(true);
    let error = |request: &SyncRequest| {
        let report = Ruleset::default().check(request, &state());
        assert!(report.violations().len() > 1);
        let error = Envelope::new(&report, "").response.error.unwrap();
        assert_eq!(&error.code, report.violations().first().unwrap().code());
        error.code.to_string()
    };
    assert_eq!(error(&request), "UnknownParameter");
    request.version = None;
    assert_eq!(error(&request), "MissingParameter");
    request.version = Some("1".to_owned());
    assert_eq!(error(&request), "NoSuchVersion");
    request.version = Some("2017-03-12".to_owned());
    request.dry_run = None;
    assert_eq!(error(&request), "InvalidImageId.NotFound");
    request.image_ids = vec!["img-o3ycss2p".to_owned()];
    assert_eq!(error(&request), "InvalidRegion.NotFound");
}

#[test]
fn a_code_of_an_embedder_is_answered_as_it_is() {
    let never = check_fn("acme/never", "Acme.Never".parse().unwrap(), |facts, findings| {
        let parameter = presync::Parameter::IMAGE_NAME;
        let count = facts.request().destination_regions.len();
        findings.violation(presync::Finding::new(parameter, format!("not to {count} \"regions\"")));
    });
    let report = Ruleset::default()
        .with_check(never)
        .unwrap()
        .check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state());
    assert_eq!(
        serde_json::to_string(&Envelope::new(&report, "a \"b\"\n")).unwrap(),
        r#"{"Response":{"Error":{"Code":"Acme.Never","Message":"ImageName: not to 1 \"regions\""},"RequestId":"a \"b\"\n"}}"#
    );
}

#[test]
fn text_of_a_caller_is_cut_and_escaped() {
    let sent = format!("\u{202e}{}", "x".repeat(100));
    let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", [sent]), &state());
    let message = Envelope::new(&report, "").response.error.unwrap().message;
    // 64 characters as they are shown: the escape has eight.
    let shown = format!("\\u{{202e}}{}…", "x".repeat(56));
    assert_eq!(message, format!("DestinationRegions.0: `{shown}` is not a known region"));
}

#[test]
fn answers_are_read_in_every_spelling() {
    let read = |body: &str| serde_json::from_str::<Envelope>(body);
    // The page's own example.
    let page =
        "{\n    \"Response\": {\n        \"RequestID\": \"354f4ac3-8546-4516-8c8a-69e3ab73aa8a\"\n    }\n}";
    let envelope = read(page).unwrap();
    assert_eq!(envelope.response.request_id, REQUEST_ID);
    assert_eq!(envelope.response.error, None);
    // It is written as the parameter table spells it.
    assert_eq!(
        serde_json::to_string(&envelope).unwrap(),
        format!("{{\"Response\":{{\"RequestId\":\"{REQUEST_ID}\"}}}}")
    );
    // Later pages answer more.
    let later = r#"{"Response": {"ImageSet": [], "RequestId": "1", "Error": null}}"#;
    assert_eq!(read(later).unwrap().response.error, None);
    // Codes that are not in the table are kept.
    let unknown =
        r#"{"Response":{"Error":{"Code":"InvalidImageName.Duplicate","Message":""},"RequestId":"1"}}"#;
    let envelope = read(unknown).unwrap();
    assert_eq!(envelope.response.error.as_ref().unwrap().code.as_str(), "InvalidImageName.Duplicate");
    assert_eq!(serde_json::to_string(&envelope).unwrap(), unknown);

    for (body, reason) in [
        ("{}", "missing field `Response` at line 1 column 2"),
        (r#"{"RequestId": "1"}"#, "missing field `Response` at line 1 column 18"),
        (r#"{"Response": {}}"#, "missing field `RequestId` at line 1 column 15"),
        (
            r#"{"Response": {"RequestId": "1", "RequestID": "1"}}"#,
            "duplicate field `RequestId` at line 1 column 43",
        ),
        (
            r#"{"Response": {"RequestId": "1", "Error": {"Code": "LimitExceeded"}}}"#,
            "missing field `Message` at line 1 column 66",
        ),
        (
            r#"{"Response": {"RequestId": "1", "Error": {"Code": "not a code", "Message": ""}}}"#,
            "`not a code` is not an error code: one is made of ASCII letters and digits, in parts joined by dots at line 1 column 62",
        ),
    ] {
        assert_eq!(read(body).unwrap_err().to_string(), reason, "{body}");
    }
}

#[test]
fn every_code_survives_an_answer() {
    assert!(!ErrorCode::ALL.is_empty());
    for code in ErrorCode::ALL {
        let body = format!(
            "{{\"Response\":{{\"Error\":{{\"Code\":\"{code}\",\"Message\":\"m\"}},\"RequestId\":\"1\"}}}}"
        );
        let envelope: Envelope = serde_json::from_str(&body).unwrap();
        assert_eq!(&envelope.response.error.as_ref().unwrap().code, code);
        assert_eq!(serde_json::to_string(&envelope).unwrap(), body);
    }
}
