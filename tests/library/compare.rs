//! Reports beside responses: what one response shows, and what a table of them says.

use std::collections::BTreeSet;

use presync::check::compare::{Agreement, Comparison, Seen, Table};
use presync::sources::recorded::{MAX_CODE_CHARS, Outcome, RecordedLines};
use presync::{
    Edition, ErrorCode, Finding, Image, ImageType, Parameter, Region, Report, Ruleset, State, SyncRequest,
    check_fn, rules,
};

const SOURCE: &str = "ap-guangzhou";
const IMAGE: &str = "img-o3ycss2p";

fn image() -> Image {
    Image::new(SOURCE, IMAGE).with_image_size(20)
}

/// The state with this image, in which one region takes no copies.
fn state(image: Image) -> State {
    let regions = [SOURCE, "ap-shanghai", "ap-beijing"].map(Region::new);
    let closed = Region::new("ap-hongkong").with_image_sync(false);
    State::new(regions.into_iter().chain([closed]), [image]).unwrap()
}

fn report_in(edition: Edition, image: Image, destinations: &[&str]) -> Report {
    let request = SyncRequest::new(IMAGE, destinations.iter().copied());
    let request = request.with_version("2017-03-12").with_region(SOURCE);
    Ruleset::documented(edition).check(&request, &state(image))
}

fn report(image: Image, destinations: &[&str]) -> Report {
    report_in(Edition::FIRST, image, destinations)
}

fn code(text: &str) -> Option<ErrorCode> {
    (!text.is_empty()).then(|| text.parse().unwrap())
}

/// Checks what the response with a code shows; an empty text is a success.
#[track_caller]
fn is(report: &Report, given: &str, agreement: Agreement, alone: Option<&str>) {
    let comparison = Comparison::new(report, code(given));
    assert_eq!((comparison.agreement(), comparison.alone()), (agreement, alone), "{given}: {report}");
}

fn of_type(image_type: ImageType) -> Image {
    image().with_image_type(image_type)
}

#[test]
fn a_response_agrees_with_the_first_violation_with_another_or_with_none() {
    let good = report(image(), &["ap-shanghai"]);
    assert!(good.accepted() && good.is_verified(), "{good}");
    is(&good, "", Agreement::Accepted, None);
    is(&good, "DryRunOperation", Agreement::Accepted, None);
    is(&good, "InvalidImageId.TooLarge", Agreement::Disagrees, None);
    is(&good, "Something.New", Agreement::NoRule, None);

    let one = report(of_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]);
    is(&one, "InvalidParameterValue", Agreement::First, Some("image-custom"));
    is(&one, "InvalidImageId.NotFound", Agreement::Disagrees, Some("image-custom"));
    is(&one, "Something.New", Agreement::NoRule, Some("image-custom"));
    is(&one, "", Agreement::Disagrees, Some("image-custom"));
    is(&one, "DryRunOperation", Agreement::Disagrees, Some("image-custom"));

    let two = report(of_type(ImageType::PUBLIC_IMAGE), &["ap-nowhere"]);
    let rules: Vec<&str> = two.violations().iter().map(|violation| violation.rule()).collect();
    assert_eq!(rules, ["image-custom", "destination-exists"]);
    is(&two, "InvalidParameterValue", Agreement::First, None);
    is(&two, "InvalidRegion.NotFound", Agreement::Another, None);
    is(&two, "InvalidImageId.TooLarge", Agreement::Disagrees, None);
    is(&two, "", Agreement::Disagrees, None);
}

#[test]
fn the_code_of_the_first_violation_was_expected() {
    for (report, expected) in [
        (report(image(), &["ap-shanghai"]), ""),
        (report(of_type(ImageType::PUBLIC_IMAGE), &["ap-nowhere"]), "InvalidParameterValue"),
        (report(image(), &["ap-nowhere"]), "InvalidRegion.NotFound"),
    ] {
        for given in ["", "InvalidRegion.NotFound", "Something.New"] {
            let comparison = Comparison::new(&report, code(given));
            assert_eq!(comparison.expected(), code(expected).as_ref(), "{given}: {report}");
        }
    }
}

#[test]
fn each_agreement_has_a_meaning_of_its_own() {
    let glosses: BTreeSet<&str> = Agreement::ALL.iter().map(|agreement| agreement.gloss()).collect();
    assert_eq!(glosses.len(), Agreement::ALL.len());
    assert!(!glosses.contains(""));
}

#[test]
fn several_violations_of_one_rule_are_one_broken_rule() {
    let both = report(image(), &["ap-nowhere", "ap-nowhere-else"]);
    assert_eq!(both.violations().len(), 2);
    is(&both, "InvalidRegion.NotFound", Agreement::First, Some("destination-exists"));
    let comparison = Comparison::new(&both, code("InvalidRegion.NotFound"));
    assert_eq!(comparison.broken().collect::<Vec<_>>(), ["destination-exists"]);
}

#[test]
fn a_code_that_two_broken_rules_give_shows_neither() {
    let both = report(image(), &["ap-hongkong", SOURCE]);
    let codes: Vec<&str> = both.violations().iter().map(|violation| violation.code().as_str()).collect();
    assert_eq!(codes, ["InvalidRegion.Unavailable"; 2], "{both}");
    is(&both, "InvalidRegion.Unavailable", Agreement::First, None);
}

#[test]
fn what_is_unverified_may_explain_a_code_and_then_shows_nothing() {
    let unsized_image = Image::new(SOURCE, IMAGE);
    let open = report(unsized_image.clone(), &["ap-shanghai"]);
    is(&open, "", Agreement::Accepted, None);
    is(&open, "InvalidImageId.TooLarge", Agreement::Unverified, None);
    is(&open, "InvalidImageId.IncorrectState", Agreement::Disagrees, None);
    let comparison = Comparison::new(&open, code("InvalidImageId.TooLarge"));
    assert_eq!(comparison.unverified().collect::<Vec<_>>(), ["image-size"]);
    assert_eq!(comparison.given_by().collect::<Vec<_>>(), ["image-size"]);
    // A rule is broken, but not certainly alone.
    let open = report(unsized_image.with_image_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]);
    is(&open, "InvalidParameterValue", Agreement::First, None);
    is(&open, "InvalidImageId.TooLarge", Agreement::Unverified, None);
}

#[test]
fn the_account_the_pace_and_the_service_say_nothing_of_the_request() {
    for report in [report(image(), &["ap-shanghai"]), report(image(), &["ap-nowhere"])] {
        for code in [
            "AuthFailure",
            "AuthFailure.SignatureFailure",
            "InternalError",
            "InternalError.TradeUnknownError",
            "InternalServerError",
            "RequestLimitExceeded",
            "UnauthorizedOperation",
            "ClientError.NetworkError",
            "ClientNetworkError",
            "ServerNetworkError",
            "IpInBlacklist",
            "IpNotInWhitelist",
            "RequestLimitExceeded.UinLimitExceeded",
            "ServiceUnavailable",
            "ActionOffline",
            "NoSuchProduct",
            "UnsupportedProtocol",
            "ResponseSizeLimitExceeded",
        ] {
            is(&report, code, Agreement::Unrelated, None);
        }
    }
    // It is about the image.
    let report = report(image(), &["ap-shanghai"]);
    is(&report, "UnauthorizedOperation.ImageNotBelongToAccount", Agreement::NoRule, None);
    is(&report, "AuthFailures", Agreement::NoRule, None);
}

#[test]
fn no_rule_gives_a_code_that_says_nothing_of_the_request() {
    let mut codes = 0;
    for edition in [Edition::FIRST, Edition::LATEST] {
        let good = report_in(edition, image(), &["ap-shanghai"]);
        for rule in rules::all().filter(|rule| rule.in_force(edition)) {
            let comparison = Comparison::new(&good, Some(rule.code(edition).clone()));
            assert_eq!(comparison.agreement(), Agreement::Disagrees, "{}", rule.id());
            assert!(comparison.given_by().any(|id| id == rule.id()));
            codes += 1;
        }
    }
    assert!(codes > 30, "{codes}");
}

#[test]
fn the_codes_are_those_of_the_edition() {
    let quota = |edition| report_in(edition, image(), &["ap-shanghai"]);
    is(&quota(Edition::FIRST), "LimitExceeded", Agreement::Disagrees, None);
    is(&quota(Edition::LATEST), "LimitExceeded", Agreement::NoRule, None);
    is(&quota(Edition::FIRST), "ImageQuotaLimitExceeded", Agreement::NoRule, None);
    is(&quota(Edition::LATEST), "ImageQuotaLimitExceeded", Agreement::Disagrees, None);
}

#[test]
fn a_rule_that_is_turned_down_explains_a_code() {
    let rules = Ruleset::default().with_warning("image-custom").unwrap();
    let request = SyncRequest::new(IMAGE, ["ap-shanghai"]).with_version("2017-03-12").with_region(SOURCE);
    let report = rules.check(&request, &state(of_type(ImageType::PUBLIC_IMAGE)));
    assert!(report.accepted());
    is(&report, "", Agreement::Accepted, Some("image-custom"));
    is(&report, "InvalidParameterValue", Agreement::Another, Some("image-custom"));
}

#[test]
fn a_check_of_an_embedder_has_a_row_too_behind_the_documented_ones() {
    let custom = check_fn("acme/never", code("Acme.Never").unwrap(), |_, findings| {
        findings.violation(Finding::new(Parameter::IMAGE_IDS, "never"));
    });
    let rules = Ruleset::default().with_check(custom).unwrap();
    let request = SyncRequest::new(IMAGE, ["ap-shanghai"]).with_version("2017-03-12").with_region(SOURCE);
    let mut table = Table::new(Edition::FIRST);
    for (image, given) in
        [(image(), "Acme.Never"), (of_type(ImageType::PUBLIC_IMAGE), "InvalidParameterValue")]
    {
        table.add(&Comparison::new(&rules.check(&request, &state(image)), code(given)));
    }
    let rows: Vec<(&str, &str, u64, u64)> =
        table.rows().iter().map(|row| (&*row.rule, &*row.evidence, row.given, row.unclear)).collect();
    assert_eq!(rows, [("image-custom", "inferred", 0, 1), ("acme/never", "", 1, 1)]);
    assert_eq!(table.other_codes().count(), 0, "a rule gives it");
}

/// Returns responses of every kind to requests of every kind.
fn many() -> Vec<Comparison> {
    let images =
        [image(), of_type(ImageType::PUBLIC_IMAGE), Image::new(SOURCE, IMAGE), image().with_image_size(50)];
    let destinations: [&[&str]; 4] = [&["ap-shanghai"], &["ap-nowhere"], &["ap-hongkong", SOURCE], &[]];
    let codes = ErrorCode::ALL.iter().cloned().chain(code("Something.New")).map(Some).chain([None]);
    let codes: Vec<Option<ErrorCode>> = codes.collect();
    let mut all = Vec::new();
    for image in &images {
        for destinations in destinations {
            let report = report(image.clone(), destinations);
            all.extend(codes.iter().map(|code| Comparison::new(&report, code.clone())));
        }
    }
    all
}

#[test]
fn a_table_counts_every_response_once_in_any_order() {
    let all = many();
    let of = |comparisons: &mut dyn Iterator<Item = &Comparison>| {
        let mut table = Table::new(Edition::FIRST);
        comparisons.for_each(|comparison| table.add(comparison));
        table
    };
    let table = of(&mut all.iter());
    assert_eq!(table, of(&mut all.iter().rev()));
    assert_eq!(table.lines(), u64::try_from(all.len()).unwrap());
    let sum: u64 = Agreement::ALL.iter().map(|agreement| table.count(*agreement)).sum();
    assert_eq!(sum, table.lines());
    for agreement in Agreement::ALL {
        assert!(table.count(*agreement) > 0, "{agreement}");
    }
    for row in table.rows() {
        let broken = all.iter().filter(|one| one.broken().any(|rule| rule == row.rule)).count();
        let others: u64 = row.others.values().sum();
        assert_eq!(
            row.given + others + row.accepted + row.unclear,
            u64::try_from(broken).unwrap(),
            "{row:?}"
        );
        let order = |row: &presync::check::compare::Row| rules::all().position(|rule| rule.id() == row.rule);
        assert!(order(row).is_some());
    }
    let places: Vec<_> =
        table.rows().iter().map(|row| rules::all().position(|rule| rule.id() == row.rule)).collect();
    assert!(places.is_sorted(), "{places:?}");
    // And back, byte for byte.
    let json = serde_json::to_string(&table).unwrap();
    let read: Table = serde_json::from_str(&json).unwrap();
    assert_eq!((&read, serde_json::to_string(&read).unwrap()), (&table, json));
}

#[test]
fn a_code_is_observed_where_the_service_gave_it_each_time() {
    let mut table = Table::new(Edition::FIRST);
    let broken = report(of_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]);
    let (inferred, later) =
        (ErrorCode::InvalidParameterValue, ErrorCode::InvalidParameterValueInvalidImageId);
    let mut add = |given: &str| {
        table.add(&Comparison::new(&broken, code(given)));
        let seen = |code| table.seen("image-custom", code);
        (seen(&inferred).to_string(), seen(&later).to_string())
    };
    let is = |first: &str, second: &str| (first.to_owned(), second.to_owned());
    assert_eq!(add("AuthFailure"), is("not seen", "not seen"));
    assert_eq!(add("InvalidParameterValue"), is("observed (1)", "contradicted (1 InvalidParameterValue)"));
    assert_eq!(
        add("InvalidParameterValue.InvalidImageId"),
        is(
            "contradicted (1 as listed, 1 InvalidParameterValue.InvalidImageId)",
            "contradicted (1 as listed, 1 InvalidParameterValue)"
        )
    );
    assert_eq!(
        add(""),
        is(
            "contradicted (1 as listed, 1 InvalidParameterValue.InvalidImageId, 1 accepted)",
            "contradicted (1 as listed, 1 InvalidParameterValue, 1 accepted)"
        )
    );
    let row = &table.rows()[0];
    assert_eq!((&*row.evidence, &*row.seen, row.unclear), ("inferred", Seen::CONTRADICTED, 1));

    // Of a later code, under a table of the first page.
    let mut table = Table::new(Edition::FIRST);
    table.add(&Comparison::new(&broken, Some(later.clone())));
    assert_eq!(table.seen("image-custom", &later).word(), Seen::OBSERVED);
    assert_eq!(table.seen("image-size", &later).word(), Seen::NOT_SEEN);
}

#[test]
fn the_word_of_a_row_is_that_of_its_sightings() {
    let reports = [Edition::FIRST, Edition::LATEST]
        .map(|edition| report_in(edition, of_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]));
    let own = reports.each_ref().map(|report| report.violations()[0].code().clone());
    assert_ne!(own[0], own[1], "the code changed");
    // The last one says nothing of the request.
    let codes =
        [Some(own[0].clone()), Some(own[1].clone()), code("Something.New"), None, code("AuthFailure")];
    let responses: Vec<(usize, &Option<ErrorCode>)> =
        (0..reports.len()).flat_map(|index| codes.iter().map(move |code| (index, code))).collect();
    // Any three responses, under either page.
    for first in &responses {
        for second in &responses {
            for third in &responses {
                let mut table = Table::new(Edition::FIRST);
                for (index, code) in [first, second, third] {
                    let comparison = Comparison::new(&reports[*index], (*code).clone());
                    let is_clear = comparison.agreement() != Agreement::Unrelated;
                    assert_eq!(comparison.alone(), is_clear.then_some("image-custom"));
                    table.add(&comparison);
                    let row = table.rows().iter().find(|row| row.rule == "image-custom").unwrap();
                    assert_eq!(row.seen, row.seen_of(&row.code).word(), "{row:?}");
                }
                // What the service gave, whatever the edition of the report.
                let given = |code: &ErrorCode| {
                    let codes = [first, second, third].map(|(_, given)| (*given).as_ref());
                    u64::try_from(codes.iter().filter(|given| **given == Some(code)).count()).unwrap()
                };
                let row = table.rows().iter().find(|row| row.rule == "image-custom").unwrap();
                assert_eq!((&row.code, row.given), (&own[0], given(&own[0])), "that of the table's edition");
                for code in [&own[1], &"Something.New".parse().unwrap()] {
                    assert_eq!(row.others.get(code).copied().unwrap_or_default(), given(code));
                }
                let json = serde_json::to_string(&table).unwrap();
                assert_eq!(serde_json::from_str::<Table>(&json).unwrap(), table);
            }
        }
    }
}

#[test]
fn a_table_that_contradicts_itself_is_an_error() {
    let mut table = Table::new(Edition::FIRST);
    let broken = report(of_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]);
    table.add(&Comparison::new(&broken, Some(ErrorCode::InvalidParameterValue)));
    let json = serde_json::to_string(&table).unwrap();
    let read = |from: &str, to: &str| {
        assert!(json.contains(from), "{json}");
        serde_json::from_str::<Table>(&json.replace(from, to)).unwrap_err().to_string()
    };
    assert_eq!(
        read(r#""seen":"observed""#, r#""seen":"bogus""#),
        "`image-custom` is `bogus`, and its counts say otherwise"
    );
    assert!(read(r#""given":1"#, r#""given":0"#).contains("`image-custom` is `observed`, and its counts"));
    assert!(read(r#""others":{}"#, r#""others":{"InvalidParameterValue":1}"#).contains("its counts say"));
    assert!(read(r#""code":"InvalidParameterValue""#, r#""code":"Nonsense.Code""#).starts_with(
        "the code of `image-custom` is `InvalidParameterValue` by the page of 2017-03, not `Nonsense.Code`"
    ));
}

#[test]
fn many_codes_of_one_rule_take_no_longer_each_than_few() {
    let report = report(of_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]);
    let mut table = Table::new(report.edition());
    // A table that went through all codes for each response would take minutes.
    for number in 0..100_000 {
        table.add(&Comparison::new(&report, code(&format!("Acme.Code{number}"))));
    }
    let row = &table.rows()[0];
    assert_eq!((&*row.rule, &*row.seen, row.others.len()), ("image-custom", Seen::CONTRADICTED, 100_000));
    assert_eq!(row.seen_of(&row.code).word(), row.seen);
}

#[test]
fn a_count_that_is_read_can_be_the_largest() {
    let report = report(of_type(ImageType::PUBLIC_IMAGE), &["ap-shanghai"]);
    let mut table = Table::new(report.edition());
    let comparison = Comparison::new(&report, code("InvalidParameterValue"));
    table.add(&comparison);
    let text = serde_json::to_string(&table).unwrap().replace(":1", &format!(":{}", u64::MAX));
    let mut table: Table = serde_json::from_str(&text).unwrap();
    table.add(&comparison);
    let seen = table.seen("image-custom", &ErrorCode::InvalidParameterValue);
    assert_eq!((seen.given, table.lines()), (u64::MAX, u64::MAX));
}

#[test]
fn a_table_has_the_keys_of_one_and_no_others() {
    let table = serde_json::to_value(Table::new(Edition::FIRST)).unwrap();
    for (key, value) in [("edition", "1999-01".into()), ("lines", (-1).into()), ("more", 1.into())] {
        let mut other = table.clone();
        other[key] = value;
        assert!(serde_json::from_value::<Table>(other).is_err(), "{key}");
    }
}

// --- lines ---

fn outcome(line: &str) -> (Outcome, String) {
    let (rules, state) = (Ruleset::default(), State::default());
    let monday = State::unknown();
    let lines = RecordedLines::new(&rules, &state).with_state("Monday", &monday);
    let mut out = Vec::new();
    let outcome = lines.line(7, line.as_bytes(), &mut out);
    (outcome, String::from_utf8(out).unwrap())
}

#[test]
fn a_response_is_read_in_each_form_in_which_it_is_recorded() {
    let refused = [
        r#"{"Response":{"Error":{"Code":"InvalidImageId.NotFound","Message":"m"},"RequestId":"1"}}"#,
        r#"{"Response":{"Error":{"Code":"InvalidImageId.NotFound"},"More":[]}}"#,
        r#"{"Error":{"Code":"InvalidImageId.NotFound","Message":"m"},"RequestId":"1"}"#,
        r#"{"Error":{"Code":"InvalidImageId.NotFound","Message":"m"}}"#,
        r#""{\"Response\":{\"Error\":{\"Code\":\"InvalidImageId.NotFound\"},\"RequestId\":\"1\"}}""#,
        r#"" {\"Error\":{\"Code\":\"InvalidImageId.NotFound\"}}\n""#,
        r#""[TencentCloudSDKException] code:InvalidImageId.NotFound message:no requestId:0""#,
        r#""Traceback\n[TencentCloudSDKError] Code=InvalidImageId.NotFound, Message=no, RequestId=0""#,
        r#"{"Code":"InvalidImageId.NotFound","Message":"m","RequestId":"1"}"#,
        r#"{"Code":"InvalidImageId.NotFound","Message":"m"}"#,
        r#"{"Response":{"Code":"InvalidImageId.NotFound","RequestId":"1"}}"#,
        r#""{\"Code\":\"InvalidImageId.NotFound\",\"RequestId\":\"1\"}""#,
        r#"{"Error":{"Code":"InvalidImageId.NotFound"},"Code":"LimitExceeded"}"#,
    ];
    let accepted = [
        r#"{"Response":{"RequestId":"1"}}"#,
        r#"{"Response":{"RequestID":"1"}}"#,
        r#"{"Response":{"Error":null,"ImageSet":[{"ImageId":"img-1","Region":"x"}],"RequestId":"1"}}"#,
        r#"{"ImageSet":[],"RequestId":"1"}"#,
        r#""{\"RequestId\":\"1\"}""#,
        r#"{"Response":{"Error":{"Code":"DryRunOperation","Message":"m"},"RequestId":"1"}}"#,
        r#"{"Code":"DryRunOperation","RequestId":"1"}"#,
        // The API's second version had it where there was no error.
        r#"{"Code":0,"RequestId":"1"}"#,
        r#"{"Code":null,"RequestId":"1"}"#,
    ];
    let longest = format!(r#"{{"Error":{{"Code":"{}"}}}}"#, "x".repeat(MAX_CODE_CHARS));
    let with = |response: &str| {
        let request = r#""Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-o3ycss2p""#;
        outcome(&format!(r#"{{"request":{request},"response":{response}}}"#)).0
    };
    assert!(matches!(with(&longest), Outcome::Compared(_)));
    for response in refused {
        let Outcome::Compared(comparison) = with(response) else { panic!("{response}") };
        assert_eq!(comparison.code(), Some(&ErrorCode::InvalidImageIdNotFound), "{response}");
    }
    for response in accepted {
        let Outcome::Compared(comparison) = with(response) else { panic!("{response}") };
        assert_eq!(comparison.code(), None, "{response}");
    }
}

#[test]
fn the_response_to_another_action_shows_nothing_of_the_rule_on_the_action() {
    let of = |response: &str| {
        let request = r#""Action=DescribeImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p""#;
        let line = format!(r#"{{"request":{request},"response":{response}}}"#);
        let (Outcome::Compared(comparison), _) = outcome(&line) else { panic!("{line}") };
        (comparison.agreement(), comparison.alone().map(str::to_owned))
    };
    // The service has the action, and accepts or refuses the request by that action's rules.
    assert_eq!(of(r#"{"TotalCount":0,"ImageSet":[],"RequestId":"1"}"#), (Agreement::Unrelated, None));
    assert_eq!(of(r#"{"Error":{"Code":"InvalidImageId.NotFound"}}"#), (Agreement::Unrelated, None));
    let alone = Some("action-sync-images".to_owned());
    assert_eq!(of(r#"{"Error":{"Code":"InvalidAction"}}"#), (Agreement::First, alone));
}

#[test]
fn the_response_to_another_action_shows_nothing_of_a_request() {
    let of = |response: &str| {
        let request = r#""Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-o3ycss2p""#;
        let line = format!(r#"{{"request":{request},"response":{response}}}"#);
        let (Outcome::Compared(comparison), _) = outcome(&line) else { panic!("{line}") };
        comparison
    };
    let accepted = of(r#"{"Response":{"RequestId":"1"}}"#);
    assert_eq!(accepted.agreement(), Agreement::Disagrees);
    for set in [r#"[{"ImageId":"img-1","Region":"a"}]"#, "[]", "null"] {
        let copies = of(&format!(r#"{{"Response":{{"ImageSet":{set},"RequestId":"1"}}}}"#));
        assert_eq!(copies.agreement(), Agreement::Disagrees, "{set}");
    }
    for response in [
        r#"{"Response":{"TotalCount":0,"ImageSet":[],"RequestId":"1"}}"#,
        r#"{"TotalCount":null,"RequestId":"1"}"#,
        r#"{"Response":{"RegionSet":[],"RequestId":"1"}}"#,
        r#"{"ImageNumQuota":null,"RequestId":"1"}"#,
        r#"{"AccountQuotaOverview":{},"RequestId":"1"}"#,
        r#"{"InstanceIdSet":["ins-1"],"RequestId":"1"}"#,
        r#"{"Response":{"SnapshotSet":null,"RequestId":"1"}}"#,
        // A page of DescribeImages without its count: the records have no region.
        r#"{"ImageSet":[{"ImageId":"img-1","ImageName":"a"}],"RequestId":"1"}"#,
        r#""{\"Response\":{\"ImageId\":\"img-1\",\"RequestId\":\"1\"}}""#,
    ] {
        let comparison = of(response);
        assert_eq!(comparison.agreement(), Agreement::Unrelated, "{response}");
        assert_eq!((comparison.code(), comparison.alone()), (None, None), "{response}");
        assert!(comparison.broken().eq(accepted.broken()), "{response}");
        let mut table = Table::new(Edition::LATEST);
        table.add(&comparison);
        assert_eq!(table.count(Agreement::Unrelated), 1, "{response}");
        assert!(table.rows().iter().all(|row| row.accepted == 0 && row.unclear == 1), "{response}");
    }
    // Nor does it where a single rule could have been shown to be wrong.
    let alone = |response: &str| {
        let request = "Version=2017-03-12&Region=a&ImageIds.0=img-o3ycss2p&DestinationRegions.0=b";
        let state = r#"{"Regions":[{"Region":"a"},{"Region":"b"}],"Images":[{"Region":"a","ImageId":"img-o3ycss2p","ImageSize":60}]}"#;
        let line = format!(r#"{{"request":"{request}","state":{state},"response":{response}}}"#);
        let (Outcome::Compared(comparison), _) = outcome(&line) else { panic!("{line}") };
        comparison.alone().map(str::to_owned)
    };
    assert_eq!(alone(r#"{"RequestId":"1"}"#).as_deref(), Some("image-size"));
    assert_eq!(alone(r#"{"TotalCount":0,"RequestId":"1"}"#), None);
    // An error is of no action.
    let refused = of(r#"{"Error":{"Code":"InvalidImageId.NotFound"},"TotalCount":0}"#);
    assert_eq!(refused.code(), Some(&ErrorCode::InvalidImageIdNotFound));
}

#[test]
fn a_line_that_cannot_be_compared_says_why_and_where() {
    let neither = "`response` is neither an object nor a text with a response or an SDK's error";
    let response = |value: &str| format!(r#"{{"request":{{}},"response":{value}}}"#);
    let table: &[(String, &str)] = &[
        (r#"{"request":{}}"#.to_owned(), "the key `response` is missing"),
        (r#"{"response":{"RequestId":"1"}}"#.to_owned(), "the key `request` is missing"),
        (response("null"), &format!("column 26: {neither}")),
        (response("[1]"), &format!("column 26: {neither}")),
        (response("\"\""), &format!("column 26: {neither}")),
        (response("\"no\""), &format!("column 26: {neither}")),
        (response("{}"), "column 26: `response` has neither `Error` nor `RequestId`"),
        (response(r#"{"Response":{}}"#), "column 26: `response` has neither `Error` nor `RequestId`"),
        (response(r#"{"Code":0}"#), "column 26: `response` has neither `Error` nor `RequestId`"),
        // An error of the API's second version is none that a rule gives, and no success either.
        (
            response(r#"{"Code":4000,"RequestId":"1"}"#),
            "column 26: `response` has the `Code` 4000, which is no text",
        ),
        (
            response(r#"{"Response":{"Code":["x"],"RequestId":"1"}}"#),
            "column 26: `response` has the `Code` [\"x\"], which is no text",
        ),
        (response(r#"{"TotalCount":1}"#), "column 26: `response` has neither `Error` nor `RequestId`"),
        (response(r#"{"Error":{}}"#), "column 26: `response`: `Code` is missing"),
        (
            response(r#"{"Error":{"Code":"LimitExceeded"},"Response":{"RequestId":"1"}}"#),
            "column 26: `response` has an `Error` beside `Response`, and not in it",
        ),
        (
            response(r#"{"Error":{"Code":""}}"#),
            "column 26: `response`: `` is not an error code: one is made of ASCII letters and digits, in parts joined by dots",
        ),
        (
            response(&format!(r#"{{"Error":{{"Code":"{}"}}}}"#, "x".repeat(MAX_CODE_CHARS + 1))),
            "column 26: `response` has a code of more than 128 characters",
        ),
        // Characters are counted, and not their bytes.
        (
            response(&format!(r#"{{"Error":{{"Code":"{}"}}}}"#, "错".repeat(50))),
            &format!(
                "column 26: `response`: `{}` is not an error code: one is made of ASCII letters and digits, in parts joined by dots",
                "错".repeat(50)
            ),
        ),
        (
            response(&format!(r#"{{"Error":{{"Code":"{}"}}}}"#, "错".repeat(MAX_CODE_CHARS + 1))),
            "column 26: `response` has a code of more than 128 characters",
        ),
        (response("\"[TencentCloudSDKException] \""), "column 26: the SDK's error in `response` has no code"),
        (
            r#"{"request":{},"respnse":1}"#.to_owned(),
            "column 15: unknown key `respnse`, did you mean `response`?",
        ),
        (
            r#"{"state":{},"at":"Monday","request":{},"response":{"RequestId":"1"}}"#.to_owned(),
            "column 18: the line has a `state` and names one with `at`: one of them is enough",
        ),
        (
            r#"{"at":"Munday","request":{},"response":{"RequestId":"1"}}"#.to_owned(),
            "column 7: there is no state `Munday`, did you mean `Monday`?",
        ),
        (r#"{"at":1,"request":{},"response":{"RequestId":"1"}}"#.to_owned(), "column 7: `at` is not a text"),
        (
            r#"{"state":[],"request":{},"response":1}"#.to_owned(),
            "column 10: `state` is not an object with a state",
        ),
        (
            r#"{"state":{"Regions":[{"Region":1}]},"request":{},"response":1}"#.to_owned(),
            "column 32: `state`: Regions[0].Region: expected a text, found the number `1`",
        ),
    ];
    for (line, expected) in table {
        let (outcome, written) = outcome(line);
        assert_eq!(outcome, Outcome::Unreadable((*expected).to_owned()), "{line}");
        assert!(
            written.starts_with("{\"line\":7,\"error\":{\"message\":") && written.ends_with("}\n"),
            "{written}"
        );
    }
    assert_eq!(outcome(" \r\n"), (Outcome::Blank, String::new()));
}

#[test]
fn a_line_is_checked_for_its_own_state() {
    let with = |state: &str| {
        let request = r#""request":"Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai""#;
        let line = format!(r#"{{{state}"id":"a",{request},"response":{{"RequestId":"1"}}}}"#);
        let (Outcome::Compared(comparison), written) = outcome(&line) else { panic!("{line}") };
        assert!(written.starts_with("{\"id\":\"a\",\"agreement\":"), "{written}");
        comparison.agreement()
    };
    let own = r#""state":{"Regions":[{"Region":"ap-guangzhou"},{"Region":"ap-shanghai"}],"Images":[{"Region":"ap-guangzhou","ImageId":"img-o3ycss2p","ImageSize":1}]},"#;
    assert_eq!(with(own), Agreement::Accepted);
    // In the state of all lines there is no image, and of the named one nothing is known.
    assert_eq!(with(""), Agreement::Disagrees);
    assert_eq!(with(r#""at":"Monday","#), Agreement::Accepted);
}
