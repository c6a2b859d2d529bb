//! The actions with which clients look at regions, images and quota.

use std::fs;
use std::process::Command;
use std::time::Duration;

use presync::wire::{MAX_FORM_BYTES, MAX_URL_BYTES};
use presync::{
    AccountQuota, Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionQuota, RegionState, State,
    SyncRequest,
};
use serde_json::{Value, json};

use crate::client::{Client, Form, get, post, run};
use crate::process::Server;

/// The headers of a call.
fn headers(action: &str, region: Option<&str>) -> String {
    let region = region.map_or_else(String::new, |region| format!("X-TC-Region: {region}\r\n"));
    format!("X-TC-Action: {action}\r\nX-TC-Version: 2017-03-12\r\n{region}")
}

/// What is in the envelope, without the id of the request.
async fn ask(client: &mut Client, bytes: Vec<u8>) -> Value {
    let answer = client.call(bytes).await;
    assert_eq!(answer.status, 200);
    let mut response: Value = serde_json::from_slice(&answer.body).unwrap();
    let response = response["Response"].take();
    let mut members = response.as_object().unwrap().clone();
    let id = members.remove("RequestId").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36, "{id}");
    Value::Object(members)
}

/// The response to a JSON body.
async fn json_of(client: &mut Client, action: &str, region: &str, body: Value) -> Value {
    ask(client, post("application/json", &headers(action, Some(region)), body.to_string())).await
}

/// The ids in a response, and its count.
fn ids(response: &Value) -> (Vec<&str>, &Value) {
    let images = response["ImageSet"].as_array().unwrap_or_else(|| panic!("{response}"));
    (images.iter().map(|image| image["ImageId"].as_str().unwrap()).collect(), &response["TotalCount"])
}

/// The code and the parameter of an error.
fn refusal(response: &Value) -> (&str, &str) {
    let error = &response["Error"];
    let message = error["Message"].as_str().unwrap_or_else(|| panic!("{response}"));
    (error["Code"].as_str().unwrap(), message.split(": ").next().unwrap())
}

/// 150 images in one region: custom ones with numbers that 3 divides, public ones,
/// and every tenth SYNCING.
fn many() -> State {
    let images = (0..150).map(|n| {
        let image = Image::new("ap-guangzhou", format!("img-{n:08}"))
            .with_image_size(n)
            .with_image_name(format!("name {n}"));
        let image = if n % 3 == 0 { image } else { image.with_image_type(ImageType::PUBLIC_IMAGE) };
        if n % 10 == 0 { image.with_image_state(ImageState::SYNCING) } else { image }
    });
    let elsewhere = Image::new("ap-shanghai", "img-elsewhere");
    State::new(["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new), images.chain([elsewhere]))
        .unwrap()
}

#[test]
fn all_forms_are_the_same_call() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let own = "Filters.0.Name=image-type&Filters.0.Values.0=PRIVATE_IMAGE&Filters.0.Values.1=SHARED_IMAGE&Offset=1&Limit=2";
        let common = "Action=DescribeImages&Version=2017-03-12&Region=ap-guangzhou&Timestamp=1&Nonce=2&SecretId=a&Signature=b";
        let filters = json!([{"Name": "image-type", "Values": ["PRIVATE_IMAGE", "SHARED_IMAGE"]}]);
        let body = json!({"Filters": filters, "Offset": 1, "Limit": 2}).to_string();
        let beside = headers("DescribeImages", Some("ap-guangzhou"));
        let mut answers = Vec::new();
        for bytes in [
            get(&format!("{common}&{own}"), ""),
            get(own, &beside),
            post("application/x-www-form-urlencoded", "", format!("{common}&{own}")),
            post("application/json", &beside, &body),
        ] {
            answers.push(ask(&mut client, bytes).await);
        }
        assert_eq!(ids(&answers[0]), (vec!["img-00000003", "img-00000006"], &json!(50)));
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    });
}

#[test]
fn a_listing_has_pages_and_counts_what_is_on_all_of_them() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let numbers = |range: std::ops::Range<u64>| range.map(|n| format!("img-{n:08}")).collect::<Vec<_>>();
        for (body, expected) in [
            // The documented default and the most.
            (json!({}), numbers(0..20)),
            (json!({"Limit": 100}), numbers(0..100)),
            (json!({"Limit": 100, "Offset": 100}), numbers(100..150)),
            (json!({"Limit": 0}), numbers(0..0)),
            (json!({"Offset": 149}), numbers(149..150)),
            (json!({"Offset": 150}), numbers(0..0)),
            (json!({"Offset": u64::MAX}), numbers(0..0)),
            // An empty list is as good as none.
            (json!({"ImageIds": [], "Filters": []}), numbers(0..20)),
        ] {
            let response = json_of(&mut client, "DescribeImages", "ap-guangzhou", body).await;
            let (ids, count) = ids(&response);
            assert_eq!((ids, count), (expected.iter().map(String::as_str).collect(), &json!(150)));
        }
        for (body, expected) in [
            (json!({"Limit": 101}), ("InvalidParameterValue.InvalidParameterValueLimit", "Limit")),
            (json!({"Limit": "20"}), ("InvalidParameter", "Limit")),
            (json!({"Limit": 1.5}), ("InvalidParameter", "Limit")),
            (json!({"Limit": null}), ("InvalidParameter", "Limit")),
            (json!({"Limit": []}), ("InvalidParameter", "Limit")),
            (json!({"Offset": -1}), ("InvalidParameterValue", "Offset")),
        ] {
            let response = json_of(&mut client, "DescribeImages", "ap-guangzhou", body.clone()).await;
            assert_eq!(refusal(&response), expected, "{body}");
        }
        let empty = json_of(&mut client, "DescribeImages", "ap-beijing", json!({})).await;
        assert_eq!(empty, json!({"TotalCount": 0, "ImageSet": []}));
    });
}

#[test]
fn a_number_that_is_out_of_range_is_said_to_be() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    let negative = ("InvalidParameterValue", "Offset: `Offset` is negative");
    let large = ("InvalidParameterValue", "Offset: `Offset` is out of range");
    let no_number = ("InvalidParameter", "Offset: `Offset` is no whole number");
    run(async {
        let mut client = Client::connect(server.address).await;
        let headers = headers("DescribeImages", Some("ap-guangzhou"));
        for (number, expected) in [
            ("18446744073709551616", large),
            ("%2B18446744073709551616", large),
            ("-1", negative),
            ("-9223372036854775809", negative),
            ("-99999999999999999999", negative),
            ("", no_number),
            ("-", no_number),
            ("--1", no_number),
            ("-+1", no_number),
            ("1.5", no_number),
            ("-99999999999999999999.5", no_number),
            ("１", no_number),
        ] {
            let response = ask(&mut client, get(&format!("Offset={number}"), &headers)).await;
            let error = &response["Error"];
            assert_eq!(
                (&error["Code"], &error["Message"]),
                (&json!(expected.0), &json!(expected.1)),
                "{number}"
            );
        }
        let too_large = "line 1, column 14: a number in the body is out of range";
        for (body, expected) in [
            (r#"{"Offset":18446744073709551616}"#, large),
            (r#"{"Offset":1e300}"#, large),
            (r#"{"Offset":-99999999999999999999}"#, negative),
            (r#"{"Offset":1e19}"#, no_number),
            (r#"{"Offset":1.5}"#, no_number),
            (r#"{"Limit":1e400}"#, ("InvalidParameter", too_large)),
            (
                r#"{"Limit":1e"#,
                ("InvalidParameter", "line 1, column 11: the body is not JSON, or not all of it is there"),
            ),
        ] {
            let response = ask(&mut client, post("application/json", &headers, body)).await;
            let error = &response["Error"];
            assert_eq!(
                (&error["Code"], &error["Message"]),
                (&json!(expected.0), &json!(expected.1)),
                "{body}"
            );
        }
    });
}

#[test]
fn filters_are_all_to_hold_and_any_of_their_values() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let filter = |name: &str, values: &[&str]| json!({"Name": name, "Values": values});
        for (filters, expected) in [
            (
                vec![filter("image-state", &["SYNCING"]), filter("image-type", &["PRIVATE_IMAGE"])],
                vec![0, 30, 60, 90, 120],
            ),
            (vec![filter("image-state", &["syncing"])], vec![]),
            (vec![filter("image-type", &["PRIVATE_IMAGE"]), filter("image-type", &["PUBLIC_IMAGE"])], vec![]),
            (vec![filter("image-id", &["img-00000007", "img-00000003", "img-elsewhere"])], vec![3, 7]),
            (
                vec![
                    filter("image-id", &["img-00000007", "img-00000003"]),
                    filter("image-type", &["PUBLIC_IMAGE"]),
                ],
                vec![7],
            ),
            (vec![filter("image-id", &["img-00000007"]), filter("image-id", &["img-00000003"])], vec![]),
            // The page says of this one that it is fuzzy.
            (
                vec![filter("image-name", &["14"])],
                vec![14, 114, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149],
            ),
            (
                vec![filter("image-name", &["e 14", "e 9"]), filter("image-state", &["SYNCING"])],
                vec![90, 140],
            ),
            (vec![filter("image-name", &["Name"])], vec![]),
            // The most values, and the most filters.
            (vec![filter("image-id", &["a", "b", "c", "d", "img-00000007"])], vec![7]),
            (vec![filter("image-id", &["img-00000007"]); 10], vec![7]),
        ] {
            let response =
                json_of(&mut client, "DescribeImages", "ap-guangzhou", json!({"Filters": filters})).await;
            let expected: Vec<String> = expected.iter().map(|n| format!("img-{n:08}")).collect();
            assert_eq!(
                ids(&response),
                (expected.iter().map(String::as_str).collect(), &json!(expected.len())),
                "{filters:?}"
            );
        }
        // What is not there is not listed; that is no error.
        let body = json!({"ImageIds": ["img-99999999", "img-00000001", "img-00000001"]});
        let response = json_of(&mut client, "DescribeImages", "ap-guangzhou", body).await;
        assert_eq!(ids(&response), (vec!["img-00000001"], &json!(1)));

        let six = ["a"; 6];
        let eleven = vec![filter("image-id", &["a"]); 11];
        for (body, expected) in [
            (json!({"ImageIds": ["img-1"]}), ("InvalidImageId.Malformed", "ImageIds.0")),
            (
                json!({"ImageIds": ["img-00000001"], "Filters": [filter("image-id", &["a"])]}),
                ("InvalidParameter.InvalidParameterCoexistImageIdsFilters", "Filters"),
            ),
            (
                json!({"Filters": [filter("image-id", &six)]}),
                ("InvalidFilterValue.LimitExceeded", "Filters.0.Values"),
            ),
            (json!({"Filters": eleven}), ("InvalidParameterValue.LimitExceeded", "Filters")),
            (json!({"Filters": [filter("image-size", &["1"])]}), ("InvalidFilter", "Filters.0.Name")),
            (json!({"Filters": [filter("image-id", &[])]}), ("InvalidFilter", "Filters.0.Values")),
            (json!({"Filters": [{"Values": ["a"]}]}), ("InvalidFilter", "Filters.0.Name")),
            (
                json!({"Filters": [filter("platform", &["CentOS"])]}),
                ("UnsupportedOperation", "Filters.0.Name"),
            ),
            (json!({"Filters": [filter("tag:a", &["b"])]}), ("UnsupportedOperation", "Filters.0.Name")),
            (json!({"InstanceType": "SA5.MEDIUM2"}), ("UnsupportedOperation", "InstanceType")),
            (json!({"ImageIds": "img-00000001"}), ("InvalidParameter", "ImageIds")),
            (json!({"ImageIds": [1]}), ("InvalidParameter", "ImageIds.0")),
            (json!({"ImageIds": [[]]}), ("InvalidParameter", "ImageIds.0")),
            (json!({"Filters": {"Name": "image-id"}}), ("InvalidParameter", "Filters")),
            (json!({"Filters": {"0": filter("image-id", &["a"])}}), ("InvalidParameter", "Filters")),
            (
                json!({"Filters": [{"Name": "image-id", "Values": {"0": "a"}}]}),
                ("InvalidParameter", "Filters.0.Values"),
            ),
            (
                json!({"Filters": [{"Name": "image-id", "Value": ["a"]}]}),
                ("UnknownParameter", "Filters.0.Value"),
            ),
            (json!({"Filters": [{}]}), ("InvalidFilter", "Filters.0.Name")),
            (json!({"Limit": [1]}), ("InvalidParameter", "Limit.0")),
            (json!({"Limit": 1.0}), ("InvalidParameter", "Limit")),
            (json!({"Limit": null}), ("InvalidParameter", "Limit")),
            (json!({"Action": "SyncImages"}), ("InvalidParameterValue", "Action")),
            (json!({"ImageIds.0": "img-00000001"}), ("UnknownParameter", "ImageIds.0")),
            (json!({"Filters": [{"Values.0": "a"}]}), ("UnknownParameter", "Values.0")),
            (json!({"DestinationRegions": ["ap-shanghai"]}), ("UnknownParameter", "DestinationRegions")),
            (json!({"imageIds": ["img-00000001"]}), ("UnknownParameter", "imageIds")),
        ] {
            let response = json_of(&mut client, "DescribeImages", "ap-guangzhou", body.clone()).await;
            assert_eq!(refusal(&response), expected, "{body}");
        }
        for (body, expected) in [
            (json!({"Limit": "5"}), "`Limit` has another type: expected a number"),
            (json!({"Offset": {}}), "`Offset` has another type: expected a number"),
            (json!({"ImageIds": true}), "`ImageIds` has another type: expected a list"),
            (json!({"Filters": "x"}), "`Filters` has another type: expected a list"),
            (
                json!({"Filters": [{"Name": "image-id", "Values": "x"}]}),
                "`Filters.0.Values` has another type: expected a list",
            ),
            (
                json!({"Filters": ["x"]}),
                "`Filters.0` has another type: expected an object with `Name` and `Values`",
            ),
            (json!({"Filters": [{"Name": 5}]}), "`Filters.0.Name` has another type: expected a text"),
        ] {
            let response = json_of(&mut client, "DescribeImages", "ap-guangzhou", body.clone()).await;
            let message = response["Error"]["Message"].as_str().unwrap();
            assert!(message.ends_with(expected), "{body}: {message}");
        }
    });
}

#[test]
fn what_is_called_is_said_as_the_service_has_it() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let version = "X-TC-Version: 2017-03-12\r\n";
        let cases = [
            (get("Action=RunInstances&Version=2017-03-12", ""), ("InvalidAction", "Action")),
            (get("", "X-TC-Action: syncimages\r\n"), ("InvalidAction", "Action")),
            (
                post("application/json", &format!("X-TC-Action: \r\n{version}"), "{}"),
                ("InvalidAction", "Action"),
            ),
            (post("application/json", version, r#"{"Action": "RunInstances"}"#), ("InvalidAction", "Action")),
            (get("Action=DescribeRegions", ""), ("MissingParameter", "Version")),
            (get("Action=DescribeRegions&Version=2017-03-21", ""), ("NoSuchVersion", "Version")),
            (get("Action=DescribeRegions&Version=2017-03-12&Limit=1", ""), ("UnknownParameter", "Limit")),
            (
                get("Action=DescribeRegions&Version=2017-03-12&Version=2017-03-12", ""),
                ("InvalidParameter", "Version"),
            ),
            (
                get("Action=DescribeRegions&Version=2017-03-12&Limit", ""),
                (
                    "InvalidParameter",
                    "neither a JSON object nor parameters such as `Offset=0`, joined by `&`",
                ),
            ),
            (
                post("application/json", &headers("DescribeRegions", None), "[]"),
                (
                    "InvalidParameter",
                    "neither a JSON object nor parameters such as `Offset=0`, joined by `&`",
                ),
            ),
            (
                post("application/json", &headers("DescribeRegions", None), "{"),
                ("InvalidParameter", "line 1, column 1"),
            ),
            (
                post(
                    "application/json",
                    &headers("DescribeImages", Some("ap-guangzhou")),
                    "{\"Limit\":1,\n\"Limit\":2}",
                ),
                ("InvalidParameter", "Limit"),
            ),
            (
                get("Action=DescribeRegions&Action=DescribeImages&Version=2017-03-12", ""),
                ("InvalidParameter", "Action"),
            ),
            (get("Action=DescribeImages&Version=2017-03-12", ""), ("MissingParameter", "Region")),
            (get("Action=DescribeImages&Version=2017-03-12&Region=gz", ""), ("UnsupportedRegion", "Region")),
            (
                get("Action=DescribeImageQuota&Version=2017-03-12&Region=gz", ""),
                ("UnsupportedRegion", "Region"),
            ),
            (
                get("Version=2017-03-12&Region=ap-beijing", &headers("DescribeImages", Some("ap-shanghai"))),
                ("InvalidParameterValue", "Region"),
            ),
            (get("Limit=1", &headers("SyncImages", Some("ap-shanghai"))), ("UnknownParameter", "Limit")),
            (
                get("ImageIds.1=img-00000001", &headers("DescribeImages", Some("ap-shanghai"))),
                ("InvalidParameter", "ImageIds"),
            ),
            (
                get("ImageIds.01=img-00000001", &headers("DescribeImages", Some("ap-shanghai"))),
                ("InvalidParameter", "ImageIds.01"),
            ),
        ];
        for (bytes, expected) in cases {
            let call = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(refusal(&ask(&mut client, bytes).await), expected, "{call}");
        }
        // The path of the 2017-03 page's example.
        let old = b"GET /v2/index.php?Action=DescribeRegions&Version=2017-03-12 HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(ask(&mut client, old.to_vec()).await["TotalCount"], 3);
        // Hostile, and no call.
        let deep = "[".repeat(1 << 18);
        let body = format!("{{\"Filters\":{deep}");
        let response =
            ask(&mut client, post("application/json", &headers("DescribeImages", Some("ap-beijing")), body))
                .await;
        assert_eq!(refusal(&response).0, "InvalidParameter");
        let large = format!("{{\"ImageIds\":[\"{}\"]}}", "a".repeat(1 << 20));
        let response =
            ask(&mut client, post("application/json", &headers("DescribeImages", Some("ap-beijing")), large))
                .await;
        assert_eq!(
            refusal(&response),
            ("InvalidParameter", "a request of this action has at most 1048576 bytes")
        );
    });
    let log = server.end();
    assert!(log.iter().filter(|line| line.verdict == "refused").all(|line| line.violations.len() == 1));
    let first = &log[0];
    assert_eq!(first.action.as_deref(), Some("RunInstances"));
    assert_eq!(first.code.as_deref(), Some("InvalidAction"));
    assert_eq!(first.violations[0].parameter.as_deref(), Some("Action"));
    assert!(first.unverified.is_empty() && first.warnings.is_empty());
}

#[test]
fn the_log_has_the_region_of_a_call_that_is_refused_while_it_is_read() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    let body = r#"{"Region": "ap-beijing", "DestinationRegions": ["ap-shanghai"], "Encrypt": 2}"#;
    let form = "application/x-www-form-urlencoded";
    let of_json = |action: &str, region, body: &str| post("application/json", &headers(action, region), body);
    let of_query = |query: &str| get(&format!("Version=2017-03-12&{query}"), "");
    let calls = [
        (of_query("Region=ap-guangzhou&ImageIds.0=img-00000003&Encrypt=2"), Some("ap-guangzhou")),
        (post(form, "", "Version=2017-03-12&Region=ap-seoul&Encrypt=2"), Some("ap-seoul")),
        (of_json("SyncImages", None, body), Some("ap-beijing")),
        (of_json("SyncImages", Some("ap-guangzhou"), body), Some("ap-guangzhou")),
        (of_query("Action=DescribeImages&Region=ap-guangzhou&Limit=x"), Some("ap-guangzhou")),
        (of_json("DescribeImages", None, r#"{"Region": "ap-beijing", "Limit": "x"}"#), Some("ap-beijing")),
        (of_query("Action=RunInstances&Region=ap-guangzhou"), Some("ap-guangzhou")),
        // No request at all.
        (get("Region=ap-guangzhou&Filters=x", ""), Some("ap-guangzhou")),
        // None is there, or none plainly.
        (of_query("Encrypt=2"), None),
        (of_query("Region=ap-guangzhou&Region=ap-seoul&Encrypt=2"), None),
        (of_json("SyncImages", None, r#"{"Region": 1}"#), None),
        (of_json("SyncImages", None, r#"{"Region": "ap-beijing""#), None),
    ];
    run(async {
        let mut client = Client::connect(server.address).await;
        for (bytes, _) in &calls {
            let response = ask(&mut client, bytes.clone()).await;
            assert!(response.get("Error").is_some(), "{}: {response}", String::from_utf8_lossy(bytes));
        }
    });
    let log = server.end();
    assert_eq!(log.len(), calls.len());
    for (line, (bytes, region)) in log.iter().zip(&calls) {
        let call = String::from_utf8_lossy(bytes);
        assert_eq!(line.region.as_deref(), *region, "{call}");
        // What a rule says here is of the shape, and the values were not checked.
        assert_eq!(line.shape_only, line.rule().is_some(), "{call}");
    }
    assert!(log.iter().any(|line| line.shape_only) && log.iter().any(|line| !line.shape_only));
}

#[test]
fn what_the_state_does_not_know_is_null() {
    let mut untold = Image::unknown("ap-guangzhou", "img-untold00");
    untold.image_size = Some(20);
    let state: State = State::from_records(
        [
            Region::new("ap-guangzhou").with_images_complete(false).with_custom_images_complete(true),
            Region::new("ap-shanghai").with_region_state(None).with_region_name("East"),
        ],
        [untold, Image::new("ap-guangzhou", "img-custom00")],
        AccountQuota::default()
            .with_image_num_quota(QuotaLimit::Unknown)
            .with_regions([RegionQuota::new("ap-shanghai").with_image_num_quota(7)]),
        [],
    )
    .unwrap()
    .with_regions_complete(false);
    let server = Server::start(Edition::LATEST, &state, &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let listing = json_of(&mut client, "DescribeImages", "ap-guangzhou", json!({})).await;
        assert_eq!(
            listing,
            json!({
                "TotalCount": null,
                "ImageSet": [
                    {"ImageId": "img-untold00", "ImageName": null, "ImageType": null, "ImageState": null,
                     "ImageSize": 20, "SyncPercent": null},
                    {"ImageId": "img-custom00", "ImageName": "", "ImageType": "PRIVATE_IMAGE",
                     "ImageState": "NORMAL", "ImageSize": null, "SyncPercent": null},
                ],
            })
        );
        // Of custom images the list is complete, but for one whose type is not known.
        let custom = json!({"Filters": [{"Name": "image-type", "Values": ["PRIVATE_IMAGE"]}]});
        let listing = json_of(&mut client, "DescribeImages", "ap-guangzhou", custom).await;
        assert_eq!(ids(&listing), (vec!["img-custom00"], &Value::Null));
        // Nor is it known whether an image of unknown type is one of those that are asked for.
        let filters = json!({"Filters": [
            {"Name": "image-id", "Values": ["img-untold00"]}, {"Name": "image-type", "Values": ["PRIVATE_IMAGE"]},
        ]});
        let listing = json_of(&mut client, "DescribeImages", "ap-guangzhou", filters).await;
        assert_eq!(ids(&listing), (vec![], &Value::Null));
        let both = json!({"ImageIds": ["img-custom00", "img-untold00"]});
        let listing = json_of(&mut client, "DescribeImages", "ap-guangzhou", both).await;
        assert_eq!(ids(&listing).1, 2);
        // A region that may exist.
        let listing = json_of(&mut client, "DescribeImages", "ap-seoul", json!({})).await;
        assert_eq!(listing, json!({"TotalCount": null, "ImageSet": []}));
        let regions = json_of(&mut client, "DescribeRegions", "ap-guangzhou", json!({})).await;
        assert_eq!(
            regions,
            json!({
                "TotalCount": null,
                "RegionSet": [
                    {"Region": "ap-guangzhou", "RegionName": null, "RegionState": "AVAILABLE"},
                    {"Region": "ap-shanghai", "RegionName": "East", "RegionState": null},
                ],
            })
        );
        for (region, quota) in [("ap-guangzhou", Value::Null), ("ap-shanghai", json!(7))] {
            let response = json_of(&mut client, "DescribeImageQuota", region, json!({})).await;
            assert_eq!(response, json!({"ImageNumQuota": quota}));
        }
    });
}

#[test]
fn images_are_counted_where_the_list_of_their_type_is_complete() {
    let region = Region::new("ap-guangzhou").with_images_complete(false).with_custom_images_complete(true);
    let public = Image::new("ap-guangzhou", "img-public00").with_image_type(ImageType::PUBLIC_IMAGE);
    let state = State::new([region], [Image::new("ap-guangzhou", "img-custom00"), public]).unwrap();
    let server = Server::start(Edition::LATEST, &state, &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let (custom, public) = ("img-custom00", "img-public00");
        for (types, expected, count) in [
            (&["PRIVATE_IMAGE"][..], vec![custom], json!(1)),
            (&["PUBLIC_IMAGE"], vec![public], Value::Null),
            (&["PRIVATE_IMAGE", "PUBLIC_IMAGE"], vec![custom, public], Value::Null),
            (&["PUBLIC_IMAGE", "PRIVATE_IMAGE"], vec![custom, public], Value::Null),
        ] {
            let body = json!({"Filters": [{"Name": "image-type", "Values": types}]});
            let response = json_of(&mut client, "DescribeImages", "ap-guangzhou", body).await;
            assert_eq!(ids(&response), (expected, &count), "{types:?}");
        }
    });
}

#[test]
fn a_copy_is_listed_as_what_it_is_until_its_time_and_then() {
    let state = State::new(
        ["ap-guangzhou", "ap-shanghai"].map(Region::new),
        [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)],
    );
    let server = Server::start(Edition::LATEST, &state.unwrap(), &["--copy-time", "400ms"]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let call = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
        assert_eq!(client.call(Form::Json.bytes(&call, "")).await.code(), None);
        let mut percents = Vec::new();
        loop {
            let listing = json_of(&mut client, "DescribeImages", "ap-shanghai", json!({})).await;
            let image = &listing["ImageSet"][0];
            percents.push(image["SyncPercent"].as_u64().unwrap());
            if image["ImageState"] == "NORMAL" {
                break;
            }
            assert_eq!(image["ImageState"], "SYNCING");
            assert!(percents.len() < 250, "it comes to an end: {percents:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(percents.is_sorted() && percents.last() == Some(&100), "{percents:?}");
        for (state, expected) in [("NORMAL", &["img-copy0001"][..]), ("SYNCING", &[])] {
            let body = json!({"Filters": [{"Name": "image-state", "Values": [state]}]});
            let response = json_of(&mut client, "DescribeImages", "ap-shanghai", body).await;
            assert_eq!(ids(&response), (expected.to_vec(), &json!(expected.len())), "{state}");
        }
    });
}

#[test]
fn a_copy_is_encrypted_where_that_was_asked_for_and_said_where_it_is_to_be_said() {
    let state = State::new(
        ["ap-guangzhou", "ap-shanghai"].map(Region::new),
        [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)],
    );
    let server = Server::start(Edition::LATEST, &state.unwrap(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let mut sync = async |image: &str, to: &str, more: Value| {
            let mut body = json!({"ImageIds": [image], "DestinationRegions": [to]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json_of(&mut client, "SyncImages", "ap-guangzhou", body).await
        };
        // A copy that is to be encrypted stays in its region.
        let plain = sync("img-o3ycss2p", "ap-shanghai", json!({"ImageName": "a"})).await;
        assert_eq!(plain["ImageSet"], json!([]));
        let told = json!({"ImageName": "b", "Encrypt": true, "ImageSetRequired": true});
        let encrypted = sync("img-o3ycss2p", "ap-guangzhou", told).await;
        assert_eq!(encrypted["ImageSet"], json!([{"ImageId": "img-copy0002", "Region": "ap-guangzhou"}]));
        let refused = sync("img-copy0002", "ap-shanghai", json!({"ImageName": "c"})).await;
        assert_eq!(refused["Error"]["Code"], "UnsupportedOperation.EncryptedImagesNotSupported");
        let untold =
            sync("img-o3ycss2p", "ap-shanghai", json!({"ImageName": "d", "ImageSetRequired": false})).await;
        assert_eq!(untold["ImageSet"], json!([]));
    });
    // The copy of an image that is not encrypted is not either.
    let state = State::new(
        ["ap-guangzhou", "ap-shanghai"].map(Region::new),
        [Image::new("ap-shanghai", "img-o3ycss2p").with_image_size(20)],
    );
    let server = Server::start(Edition::LATEST, &state.unwrap(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        for (image, region, to) in
            [("img-o3ycss2p", "ap-shanghai", "ap-guangzhou"), ("img-copy0001", "ap-guangzhou", "ap-shanghai")]
        {
            let body = json!({"ImageIds": [image], "DestinationRegions": [to], "ImageName": image});
            let response = json_of(&mut client, "SyncImages", region, body).await;
            assert_eq!(response.get("Error"), None);
        }
    });
}

#[test]
fn a_call_that_describes_has_the_limit_of_its_form() {
    let server = Server::start(Edition::LATEST, &many(), &[]);
    run(async {
        let mut client = Client::connect(server.address).await;
        let query = |length: usize| {
            let start = "Action=DescribeRegions&Version=2017-03-12&Signature=";
            format!("{start}{}", "a".repeat(length - start.len()))
        };
        let body = |length: usize| format!("{{\"Signature\":\"{}\"}}", "a".repeat(length - 16));
        let form = |length: usize| post("application/x-www-form-urlencoded", "", query(length));
        let json = |length: usize| post("application/json", &headers("DescribeRegions", None), body(length));
        let asked = |length: usize| get(&query(length), "");
        for (limit, [most, more]) in [
            (MAX_URL_BYTES, [0, 1].map(|over| asked(MAX_URL_BYTES + over))),
            (MAX_FORM_BYTES, [0, 1].map(|over| form(MAX_FORM_BYTES + over))),
            (MAX_FORM_BYTES, [0, 1].map(|over| json(MAX_FORM_BYTES + over))),
        ] {
            assert_eq!(ask(&mut client, most).await["TotalCount"], 3);
            let response = ask(&mut client, more).await;
            let message = format!("a request of this action has at most {limit} bytes");
            assert_eq!(refusal(&response), ("InvalidParameter", &*message));
        }
    });
}

#[test]
fn the_quota_is_the_documented_one_where_the_state_says_none() {
    for (edition, quota) in [(Edition::FIRST, 10), (Edition::LATEST, 500)] {
        let server = Server::start(edition, &many(), &[]);
        run(async {
            let mut client = Client::connect(server.address).await;
            let response =
                ask(&mut client, post("application/json", &headers("DescribeImageQuota", None), "{}")).await;
            assert_eq!(response, json!({"ImageNumQuota": quota}));
        });
    }
}

/// What `presync state` makes of the responses is the state that they were made of, and the copies.
#[test]
fn the_responses_read_back_are_the_state() {
    let quotas = [("ap-guangzhou", 100), ("ap-shanghai", 200), ("ap-beijing", 30)];
    let mut images: Vec<Image> = many().images().to_vec();
    for image in &mut images {
        // No response says that an image is not encrypted.
        image.encrypted = None;
    }
    // No response says to where images can be copied.
    let region = |name: &str| Region::new(name).with_image_sync(None);
    let regions = [
        region("ap-guangzhou").with_region_name("South"),
        region("ap-shanghai").with_region_state(RegionState::UNAVAILABLE),
        region("ap-beijing"),
    ];
    let records = quotas.map(|(region, count)| RegionQuota::new(region).with_image_num_quota(count));
    let quota = AccountQuota::default().with_regions(records);
    let state = State::from_records(regions, images, quota, []).unwrap();

    let server = Server::start(Edition::LATEST, &state, &["--copy-time", "1d"]);
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["state".to_owned()];
    run(async {
        let mut client = Client::connect(server.address).await;
        let call = SyncRequest::new("img-00000003", ["ap-beijing"])
            .with_region("ap-guangzhou")
            .with_image_name("copy");
        assert_eq!(client.call(Form::Json.bytes(&call, "")).await.code(), None);
        let keep = |name: String, bytes: Vec<u8>| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let body = client.call(get("", &headers("DescribeRegions", None))).await.body;
        arguments.extend(["--regions".to_owned(), keep("regions".to_owned(), body)]);
        for (region, _) in quotas {
            let body = client.call(get("", &headers("DescribeImageQuota", Some(region)))).await.body;
            arguments.extend([
                "--quota".to_owned(),
                format!("{region}={}", keep(format!("quota-{region}"), body)),
            ]);
            arguments.push("--all-images".to_owned());
            for offset in [0, 100] {
                let query = format!("Limit=100&Offset={offset}");
                let body = client.call(get(&query, &headers("DescribeImages", Some(region)))).await.body;
                arguments.push(format!("{region}={}", keep(format!("images-{region}-{offset}"), body)));
            }
        }
    });
    let output = Command::new(env!("CARGO_BIN_EXE_presync")).args(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = State::from_json(&output.stdout).unwrap();

    let mut expected = state;
    let mut copy = expected.image("ap-guangzhou", "img-00000003").unwrap().clone();
    copy.region = "ap-beijing".to_owned();
    copy.image_id = "img-copy0001".to_owned();
    copy.image_name = Some("copy".to_owned());
    copy.image_state = Some(ImageState::SYNCING);
    expected.insert_image(copy).unwrap();
    assert_eq!(sorted(&read), sorted(&expected));
}

/// The records of a state, each list in the order of the names.
fn sorted(state: &State) -> Value {
    let mut value = serde_json::to_value(state).unwrap();
    let by_name = |list: &mut Value| {
        if let Some(list) = list.as_array_mut() {
            list.sort_by_key(|record| (record["Region"].to_string(), record["ImageId"].to_string()));
        }
    };
    by_name(&mut value["Regions"]);
    by_name(&mut value["Images"]);
    by_name(&mut value["AccountQuota"]["Regions"]);
    value
}
