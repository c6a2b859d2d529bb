//! The public models as JSON: round trips, what is left out and what is `null`, and what
//! is refused, word for word.
#![cfg(all(feature = "wire", feature = "hints"))]

use presync::{
    AccountQuota, BlockedRoute, Edition, ErrorCode, Image, ImageState, ImageType, Parameter, QuotaLimit,
    Region, RegionQuota, RegionState, Report, Ruleset, State, SyncRequest, Unverified, Used, Violation,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Writes a value, reads it back, and gives what was written.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    // Also by way of a tree, whose keys are in another order.
    let tree: Value = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value, "{text}");
    text
}

fn refusal<T: DeserializeOwned>(json: &str) -> String {
    match serde_json::from_str::<T>(json) {
        Ok(_) => panic!("{json} was read"),
        Err(error) => error.to_string(),
    }
}

fn state(json: &str) -> State {
    State::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Every text that is no state, with why.
fn refused_states(table: &[(&str, &str)]) {
    assert!(!table.is_empty());
    for (json, reason) in table {
        match State::from_json(json.as_bytes()) {
            Ok(_) => panic!("{json} was read"),
            Err(error) => assert_eq!(error.to_string(), *reason, "{json}"),
        }
    }
}

#[test]
fn a_request_is_what_it_was() {
    let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-beijing"]);
    assert_eq!(
        round_trip(&request),
        r#"{"Version":"2017-03-12","ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-shanghai","ap-beijing"]}"#
    );
    let mut request = SyncRequest::default();
    assert_eq!(round_trip(&request), r#"{"Version":null,"ImageIds":[],"DestinationRegions":[]}"#);
    request.version = Some(String::new());
    request.region = Some("ap-guangzhou".to_owned());
    request.dry_run = Some(false);
    request.image_name = Some("\u{e9}\n\"".to_owned());
    request.image_set_required = Some(true);
    request.encrypt = Some(true);
    request.kms_key_id = Some(String::new());
    assert_eq!(
        round_trip(&request),
        r#"{"Version":"","Region":"ap-guangzhou","ImageIds":[],"DestinationRegions":[],"DryRun":false,"ImageName":"é\n\"","ImageSetRequired":true,"Encrypt":true,"KmsKeyId":""}"#
    );
}

#[test]
fn a_version_that_is_left_out_is_the_documented_one_and_null_is_none() {
    let version = |json: &str| serde_json::from_str::<SyncRequest>(json).unwrap().version;
    assert_eq!(version("{}").as_deref(), Some("2017-03-12"));
    assert_eq!(version(r#"{"Version": null}"#), None);
    assert_eq!(version(r#"{"Version": ""}"#).as_deref(), Some(""));
    assert_eq!(version(r#"{"Version": "2017-03-12"}"#).as_deref(), Some("2017-03-12"));
    let empty: SyncRequest = serde_json::from_str("{}").unwrap();
    assert!(empty.image_ids.is_empty() && empty.destination_regions.is_empty());
    let nulls: SyncRequest =
        serde_json::from_str(r#"{"Version": null, "Region": null, "DryRun": null, "KmsKeyId": null}"#)
            .unwrap();
    assert_eq!(nulls, SyncRequest::default());
}

#[test]
fn a_request_has_no_other_keys_and_no_other_types() {
    let table = [
        (r#"{"DryRum": true}"#, "unknown key `DryRum`, did you mean `DryRun`? at line 1 column 9"),
        (r#"{"imageIds": []}"#, "unknown key `imageIds`, did you mean `ImageIds`? at line 1 column 11"),
        (
            r#"{"Action": "SyncImages"}"#,
            "unknown key `Action`, known are `Version`, `Region`, `ImageIds`, `DestinationRegions`, `DryRun`, `ImageName`, `ImageSetRequired`, `Encrypt`, `KmsKeyId` at line 1 column 9",
        ),
        (r#"{"ImageIds": "x"}"#, "invalid type: string \"x\", expected a sequence at line 1 column 16"),
        (r#"{"ImageIds": null}"#, "invalid type: null, expected a sequence at line 1 column 17"),
        (r#"{"DryRun": "true"}"#, "invalid type: string \"true\", expected a boolean at line 1 column 17"),
        (r#"{"Region": "a", "Region": "b"}"#, "duplicate field `Region` at line 1 column 24"),
        ("[]", "invalid type: sequence, expected an object at line 1 column 2"),
        ("null", "invalid type: null, expected an object at line 1 column 4"),
    ];
    for (json, reason) in table {
        assert_eq!(refusal::<SyncRequest>(json), reason, "{json}");
    }
}

#[test]
fn a_state_is_what_it_was() {
    let full = r#"{"Regions":[{"Region":"ap-guangzhou","RegionState":"AVAILABLE","ImageSync":true,"ImagesComplete":true},{"Region":"ap-shanghai","RegionState":"UNAVAILABLE","ImageSync":false,"ImagesComplete":false},{"Region":"ap-beijing","RegionState":null,"ImageSync":null,"ImagesComplete":true}],"Images":[{"Region":"ap-guangzhou","ImageId":"img-o3ycss2p","ImageName":"base","ImageType":"PRIVATE_IMAGE","ImageState":"NORMAL","ImageSize":20,"Encrypted":false},{"Region":"ap-shanghai","ImageId":"img-o3ycss2p","ImageName":null,"ImageType":null,"ImageState":null,"ImageSize":null,"Encrypted":null},{"Region":"ap-shanghai","ImageId":"img-34vaef8f","ImageName":"","ImageType":"SOME_IMAGE","ImageState":"ODD","ImageSize":18446744073709551615,"Encrypted":true}],"AccountQuota":{"ImageNumQuota":10,"Regions":[{"Region":"ap-shanghai","Used":9,"InFlight":1,"ImageNumQuota":20},{"Region":"ap-guangzhou","InFlight":0},{"Region":"ap-beijing","Used":null,"InFlight":2,"InFlightNames":["base",null]}]},"BlockedRoutes":[{"From":"ap-shanghai","To":"ap-guangzhou"},{"From":"ap-guangzhou","To":"ap-guangzhou"}]}"#;
    // What came later stands behind it, and is what it is where it is left out.
    let image = serde_json::to_string(&Image::new("a", "i")).unwrap();
    let (_, later) = image.split_once(r#""Encrypted":false"#).unwrap();
    let whole = |text: &str| {
        let end = |encrypted: &str| format!(r#""Encrypted":{encrypted}"#);
        ["true", "false", "null"].into_iter().fold(text.to_owned(), |text, encrypted| {
            text.replace(&format!("{}}}", end(encrypted)), &format!("{}{later}", end(encrypted)))
        })
    };
    let read = state(full);
    assert_eq!(round_trip(&read), whole(full));
    assert_eq!(serde_json::from_str::<State>(full).unwrap(), read);
    assert_eq!(
        read.account_quota().regions.iter().map(|quota| quota.used).collect::<Vec<_>>(),
        [Used::Count(9), Used::AsListed, Used::Unknown]
    );
    // What every key that is left out stands for.
    let bare = state(
        r#"{"Regions": [{"Region": "a"}], "Images": [{"Region": "a", "ImageId": "i"}], "AccountQuota": {"Regions": [{"Region": "a"}]}}"#,
    );
    assert_eq!(
        round_trip(&bare),
        whole(
            r#"{"Regions":[{"Region":"a","RegionState":"AVAILABLE","ImageSync":true,"ImagesComplete":true}],"Images":[{"Region":"a","ImageId":"i","ImageName":"","ImageType":"PRIVATE_IMAGE","ImageState":"NORMAL","ImageSize":null,"Encrypted":false}],"AccountQuota":{"Regions":[{"Region":"a","InFlight":0}]},"BlockedRoutes":[]}"#
        )
    );
    assert_eq!(
        round_trip(&State::default()),
        r#"{"Regions":[],"Images":[],"AccountQuota":{"Regions":[]},"BlockedRoutes":[]}"#
    );
    assert_eq!(state("{}"), State::default());
    // A size has no ordinary case, neither in JSON nor in code.
    assert_eq!(bare.images(), [Image::new("a", "i")]);
    assert_eq!(bare.regions(), [Region::new("a")]);
}

#[test]
fn null_is_what_is_not_known() {
    let region: Region = serde_json::from_value(
        json!({"Region": "a", "RegionState": null, "ImageSync": null, "ImagesComplete": null}),
    )
    .unwrap();
    assert_eq!((region.region_state, region.image_sync, region.images_complete), (None, None, false));
    let image: Image = serde_json::from_value(json!({
        "Region": "a", "ImageId": "i", "ImageName": null, "ImageType": null, "ImageState": null, "ImageSize": null,
        "Encrypted": null
    }))
    .unwrap();
    assert_eq!(
        (image.image_name, image.image_type, image.image_state, image.image_size, image.encrypted),
        (None, None, None, None, None)
    );
    // A limit that is null is not known; one that is left out is the next one: the account's,
    // then the documented one.
    let quota = state(
        r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"ImageNumQuota": null, "Regions": [{"Region": "a", "ImageNumQuota": null}]}}"#,
    );
    assert_eq!(quota.account_quota().image_num_quota, QuotaLimit::Unknown);
    assert_eq!(quota.account_quota().regions.first().unwrap().image_num_quota, QuotaLimit::Unknown);
    let quota = state(r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"Regions": [{"Region": "a"}]}}"#);
    assert_eq!(quota.account_quota().image_num_quota, QuotaLimit::Default);
    assert_eq!(quota.account_quota().regions.first().unwrap().image_num_quota, QuotaLimit::Default);
    // A quota that is null: no limit is known.
    let quota = state(r#"{"AccountQuota": null}"#);
    assert_eq!(quota.account_quota(), &AccountQuota::default().with_image_num_quota(QuotaLimit::Unknown));
}

#[test]
fn answers_of_the_api_can_be_pasted() {
    // The oldest name of the state, a size in quotes, and keys that are nothing to the check.
    let pasted = state(
        r#"{"Regions": [{"Region": "ap-guangzhou", "RegionName": "South China", "RegionState": "AVAILABLE", "RegionTypeMC": null}],
            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageStatus": "SYNCING", "ImageSize": "49", "OsName": "x",
                        "SnapshotSet": [], "SyncPercent": 20, "CreatedTime": "2017-03-12T00:00:00Z"}]}"#,
    );
    let image = pasted.images().first().unwrap();
    assert_eq!(image.image_state, Some(ImageState::SYNCING));
    assert_eq!(image.image_size, Some(49));
    assert_eq!(image.image_type, Some(ImageType::PRIVATE_IMAGE));
    assert_eq!(pasted.regions().first().unwrap().region_state, Some(RegionState::AVAILABLE));
    // A quota in quotes, as numbers of early clients are.
    let quoted = state(
        r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"ImageNumQuota": "20", "Regions": [{"Region": "a", "Used": "1", "InFlight": "2"}]}}"#,
    );
    assert_eq!(quoted.account_quota().image_num_quota, QuotaLimit::Count(20));
    let region = quoted.account_quota().regions.first().unwrap();
    assert_eq!((region.used, region.in_flight), (Used::Count(1), 2));
    // Both names of one fact are a contradiction, and a key that nearly is one of ours is a slip.
    refused_states(&[
        (
            r#"{"Regions": [{"Region": "a"}], "Images": [{"Region": "a", "ImageId": "i", "ImageState": "NORMAL", "ImageStatus": "USING"}]}"#,
            "line 1, column 111: Images[0]: `ImageState` is given twice",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "Images": [{"Region": "a", "ImageId": "i", "imageid": 1}]}"#,
            "line 1, column 83: Images[0]: unknown key `imageid`, did you mean `ImageId`?",
        ),
    ]);
}

#[test]
fn sizes_and_counts_are_whole_and_not_negative() {
    let image = |size: &str| {
        format!(
            r#"{{"Regions": [{{"Region": "a"}}], "Images": [{{"Region": "a", "ImageId": "i", "ImageSize": {size}}}]}}"#
        )
    };
    let size = "expected a size in whole GiB, as a number, or `null`";
    for (written, reason) in [
        ("-1", format!("{size}: found the number `-1`")),
        ("49.5", format!("{size}: found the number `49.5`")),
        (
            "18446744073709551616",
            "the number is out of range: the largest is 18446744073709551615".to_owned(),
        ),
        ("1.5e300", "the number is out of range: the largest is 18446744073709551615".to_owned()),
        ("\"49.5\"", format!("{size}: found the text `49.5`")),
        ("\"-1\"", format!("{size}: found the text `-1`")),
        ("\"+1\"", format!("{size}: found the text `+1`")),
        ("\" 1\"", format!("{size}: found the text ` 1`")),
        ("\"\"", format!("{size}: found an empty text")),
        ("\"20GB\"", format!("{size}: found the text `20GB`")),
        ("\"18446744073709551616\"", format!("{size}: found the text `18446744073709551616`")),
        ("true", format!("{size}: found `true`")),
        ("[]", format!("{size}: found a list")),
    ] {
        let error = State::from_json(image(written).as_bytes()).unwrap_err().to_string();
        let (place, message) =
            error.split_once(": Images[0].ImageSize: ").unwrap_or_else(|| panic!("{error}"));
        assert!(place.starts_with("line 1, column "), "{error}");
        assert_eq!(message, reason, "{written}");
    }
    for (written, size) in [
        ("0", 0),
        ("\"0\"", 0),
        ("\"007\"", 7),
        ("18446744073709551615", u64::MAX),
        // A whole number may be written with a point or an exponent.
        ("20.0", 20),
        ("0.0", 0),
        ("4e1", 40),
    ] {
        assert_eq!(state(&image(written)).images().first().unwrap().image_size, Some(size), "{written}");
    }
    let count = "expected a count, as a number that is not negative, or `null`";
    let quota = |field: &str, value: &str| {
        format!(
            r#"{{"Regions": [{{"Region": "a"}}], "AccountQuota": {{"Regions": [{{"Region": "a", "{field}": {value}}}]}}}}"#
        )
    };
    for (field, value, reason) in [
        ("Used", "-1", format!("{count}: found the number `-1`")),
        ("Used", "0.5", format!("{count}: found the number `0.5`")),
        ("ImageNumQuota", "-10", format!("{count}: found the number `-10`")),
        ("ImageNumQuota", "\"many\"", format!("{count}: found the text `many`")),
        (
            "InFlight",
            "-1",
            "expected a count, as a number that is not negative: found the number `-1`".to_owned(),
        ),
        ("InFlight", "null", "expected a count, as a number that is not negative: found `null`".to_owned()),
    ] {
        let error = State::from_json(quota(field, value).as_bytes()).unwrap_err().to_string();
        let (place, message) = error
            .split_once(&format!(": AccountQuota.Regions[0].{field}: "))
            .unwrap_or_else(|| panic!("{error}"));
        assert!(place.starts_with("line 1, column "), "{error}");
        assert_eq!(message, reason, "{field} {value}");
    }
    refused_states(&[(
        r#"{"AccountQuota": {"ImageNumQuota": -1}}"#,
        "line 1, column 37: AccountQuota.ImageNumQuota: expected a count, as a number that is not negative, or `null`: found the number `-1`",
    )]);
}

#[test]
fn an_unknown_key_is_refused_with_the_key_that_was_meant() {
    refused_states(&[
        (r#"{"Region": []}"#, "line 1, column 9: unknown key `Region`, did you mean `Regions`?"),
        (r#"{"images": []}"#, "line 1, column 9: unknown key `images`, did you mean `Images`?"),
        (
            r#"{"Quota": {}}"#,
            "line 1, column 8: unknown key `Quota`, known are `Regions`, `RegionsComplete`, `Images`, `AccountQuota`, `BlockedRoutes`",
        ),
        (
            r#"{"AccountQuota": {"ImageNumQouta": 20}}"#,
            "line 1, column 33: AccountQuota: unknown key `ImageNumQouta`, did you mean `ImageNumQuota`?",
        ),
        (
            r#"{"AccountQuota": {"Used": 3}}"#,
            "line 1, column 24: AccountQuota: unknown key `Used`, known are `ImageNumQuota`, `Regions`",
        ),
        (
            r#"{"Regions": [{"Region": "a", "Used": 10}]}"#,
            "line 1, column 35: Regions[0]: unknown key `Used`: `Used` belongs in `AccountQuota.Regions`",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"Regions": [{"Region": "a", "Inflight": 1}]}}"#,
            "line 1, column 86: AccountQuota.Regions[0]: unknown key `Inflight`, did you mean `InFlight`?",
        ),
        (
            r#"{"BlockedRoutes": [{"From": "a", "Too": "b"}]}"#,
            "line 1, column 38: BlockedRoutes[0]: unknown key `Too`, known are `From`, `To`",
        ),
        (
            "{\n  \"BlockedRoutes\": [\n    {\"from\": \"a\"}\n  ]\n}",
            "line 3, column 11: BlockedRoutes[0]: unknown key `from`, did you mean `From`?",
        ),
        // Without a record no key is known: a state is an object.
        ("[]", "line 1, column 2: expected an object, found a list"),
        ("null", "line 1, column 4: expected an object, found `null`"),
    ]);
    // In a region or an image the API itself has more.
    state(
        r#"{"Regions": [{"Region": "a", "Extra": 1}], "Images": [{"Region": "a", "ImageId": "i", "Extra": {}}]}"#,
    );
}

#[test]
fn what_must_be_there_is_missed_and_what_is_twice_is_refused() {
    refused_states(&[
        (r#"{"Regions": [{}]}"#, "line 1, column 15: Regions[0]: `Region` is missing"),
        (r#"{"Images": [{"Region": "a"}]}"#, "line 1, column 27: Images[0]: `ImageId` is missing"),
        (r#"{"Images": [{"ImageId": "a"}]}"#, "line 1, column 28: Images[0]: `Region` is missing"),
        (r#"{"BlockedRoutes": [{"From": "a"}]}"#, "line 1, column 32: BlockedRoutes[0]: `To` is missing"),
        (
            r#"{"AccountQuota": {"Regions": [{"Used": 1}]}}"#,
            "line 1, column 41: AccountQuota.Regions[0]: `Region` is missing",
        ),
        (r#"{"Regions": [], "Regions": []}"#, "line 1, column 25: `Regions` is given twice"),
        (
            r#"{"Regions": ["ap-guangzhou"]}"#,
            "line 1, column 27: Regions[0]: expected an object, found the text `ap-guangzhou`",
        ),
        (
            r#"{"Regions": [{"Region": null}]}"#,
            "line 1, column 28: Regions[0].Region: expected a text, found `null`",
        ),
        (
            r#"{"Regions": [{"Region": "a", "ImageSync": "true"}]}"#,
            "line 1, column 48: Regions[0].ImageSync: expected `true` or `false`, found the text `true`",
        ),
        (
            r#"{"Regions": [{"Region": "a", "RegionState": 1}]}"#,
            "line 1, column 45: Regions[0].RegionState: expected a word, found the number `1`",
        ),
        ("", "line 1, column 1: the state is empty"),
        ("{", "line 1, column 1: the JSON ends within an object"),
        ("{} x", "line 1, column 4: expected the end of the JSON, found `x`"),
        (
            "{\"Regions\": [\n  {\"Region\": \"a\"},\n]}",
            "line 3, column 1: Regions: a comma behind the last value, which JSON does not have",
        ),
    ]);
}

#[test]
fn a_state_that_contradicts_itself_is_refused_with_the_place() {
    // A bar stands in front of the value at fault.
    let table = [
        (
            r#"{"Regions": [{"Region": "ap-guangzhou"}], "Images": [{"Region": "ap-guangzhou", "ImageId": "a"}, {"Region": |"ap-guangzou", "ImageId": "b"}]}"#,
            "Images[1].Region: region `ap-guangzou` is not listed in `Regions`, did you mean `ap-guangzhou`?",
        ),
        (
            r#"{"Images": [{"Region": |"ap-seoul", "ImageId": "a"}]}"#,
            "Images[0].Region: region `ap-seoul` is not listed in `Regions`",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"Regions": [{"Region": "a"}, {"Region": |"ap-seoul"}]}}"#,
            "AccountQuota.Regions[1].Region: region `ap-seoul` is not listed in `Regions`",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "BlockedRoutes": [{"From": |"ap-seoul", "To": "a"}]}"#,
            "BlockedRoutes[0].From: region `ap-seoul` is not listed in `Regions`",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "BlockedRoutes": [{"From": "a", "To": "a"}, {"From": "a", "To": |""}]}"#,
            "BlockedRoutes[1].To: region `` is not listed in `Regions`",
        ),
        (
            r#"{"Regions": [{"Region": "a"}, {"Region": "b"}, {"Region": |"a", "ImageSync": false}]}"#,
            "Regions[2].Region: region `a` is already listed",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"Regions": [{"Region": "a", "Used": 1}, {"Region": |"a", "Used": 2}]}}"#,
            "AccountQuota.Regions[1].Region: region `a` is already listed",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "Images": [{"Region": "a", "ImageId": "i"}, {"Region": "a", "ImageId": "j"}, {"Region": "a", "ImageId": |"i"}]}"#,
            "Images[2].ImageId: image `i` is already listed in `a`",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"Regions": [{"Region": "a", "InFlightNames": |["web"]}]}}"#,
            "AccountQuota.Regions[0].InFlightNames: there are more names (1) than copies (`InFlight` is 0)",
        ),
        (
            r#"{"Regions": [{"Region": "a"}], "AccountQuota": {"Regions": [{"Region": "a", "InFlight": 2, "InFlightNames": |["web", null, ""]}]}}"#,
            "AccountQuota.Regions[0].InFlightNames: there are more names (3) than copies (`InFlight` is 2)",
        ),
        (r#"{"Regions": [{"Region": "a"}, {"Region": |""}]}"#, "Regions[1].Region: a name must not be empty"),
        (
            r#"{"Regions": [{"Region": "a"}], "Images": [{"Region": "a", "ImageId": |""}]}"#,
            "Images[0].ImageId: a name must not be empty",
        ),
    ];
    for (marked, reason) in table {
        let json = marked.replace('|', "");
        let column = marked.find('|').unwrap() + 1;
        let error = State::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("line 1, column {column}: {reason}"), "{json}");
        assert!(matches!(error, presync::StateError::At { .. }), "{error:?}");
        // By way of serde alone, the place is all that is known.
        assert!(refusal::<State>(&json).starts_with(reason), "{json}");
    }
    // One id in two regions is no contradiction, nor is a name in another case.
    state(
        r#"{"Regions": [{"Region": "a"}, {"Region": "A"}], "Images": [{"Region": "a", "ImageId": "i"}, {"Region": "A", "ImageId": "i"}]}"#,
    );
    // By way of serde alone the same is said.
    assert_eq!(
        refusal::<State>(r#"{"Regions": [{"Region": "a"}, {"Region": "a"}]}"#),
        "Regions[1].Region: region `a` is already listed"
    );
}

/// A report with violations and something left open.
fn report() -> Report {
    let state = state(
        r#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageState": "SYNCING"}]}"#,
    );
    Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai-2"]), &state)
}

const REPORT: &str = r#"{"edition":"2017-03","accepted":false,"violations":[{"rule":"image-state-normal","code":"InvalidImageId.IncorrectState","parameter":"ImageIds.0","value":"img-o3ycss2p","allowed":"NORMAL","message":"`img-o3ycss2p` is in the state `SYNCING`","hint":"the state passes with time: try again later","facts":{"state":"SYNCING","expected":"NORMAL"}},{"rule":"destination-exists","code":"InvalidRegion.NotFound","parameter":"DestinationRegions.0","value":"ap-shanghai-2","allowed":null,"message":"`ap-shanghai-2` is not a known region","hint":"did you mean `ap-shanghai`? `ap-shanghai-2` is a zone of it","facts":{"meant":"ap-shanghai","zone_of":"ap-shanghai","slips":["zone"],"read_as":"ap-shanghai-2"}}],"unverified":[{"rule":"image-size","parameter":"ImageIds.0","needs":"the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`"}]}"#;

#[test]
fn a_report_is_what_it_was() {
    let report = report();
    assert_eq!(round_trip(&report), REPORT);
    let accepted = Ruleset::default().check(
        &SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]),
        &State::new(
            ["ap-guangzhou", "ap-shanghai"].map(Region::new),
            [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)],
        )
        .unwrap(),
    );
    assert_eq!(
        round_trip(&accepted),
        r#"{"edition":"2017-03","accepted":true,"violations":[],"unverified":[]}"#
    );
    assert!(!report.violations().is_empty() && !report.unverified().is_empty());
    for violation in report.violations() {
        assert!(REPORT.contains(&round_trip::<Violation>(violation)));
    }
    for open in report.unverified() {
        assert!(REPORT.contains(&round_trip::<Unverified>(open)));
    }
}

#[test]
fn a_report_that_contradicts_itself_is_refused() {
    let reason = "`accepted` contradicts `violations`";
    assert!(
        refusal::<Report>(&REPORT.replace("\"accepted\":false", "\"accepted\":true")).starts_with(reason)
    );
    let accepted = r#"{"edition":"2017-03","accepted":false,"violations":[],"unverified":[]}"#;
    assert!(refusal::<Report>(accepted).starts_with(reason));
    for (json, reason) in [
        (
            accepted.replace("2017-03", "2017-3"),
            "an edition is a year and a month, such as `2017-03`, or `latest`",
        ),
        (accepted.replace("2017-03", "2017-02"), "there is no page of `2017-02`: the first is `2017-03`"),
        (accepted.replace(",\"unverified\":[]", ""), "missing field `unverified`"),
        (
            accepted.replace("unverified", "open"),
            "unknown key `open`, known are `edition`, `accepted`, `strict`, `shape_only`, `violations`, `warnings`, `unverified`",
        ),
        (
            REPORT.replace("InvalidRegion.NotFound", "Invalid Region"),
            "`Invalid Region` is not an error code: one is made of ASCII letters and digits, in parts joined by dots",
        ),
        (
            REPORT.replace("\"needs\"", "\"note\""),
            "unknown key `note`, known are `rule`, `parameter`, `needs`, `warning`",
        ),
        (
            REPORT.replace("\"allowed\":null,", "\"allow\":null,"),
            "unknown key `allow`, known are `rule`, `code`, `parameter`, `value`, `allowed`, `message`, `hint`",
        ),
    ] {
        let error = refusal::<Report>(&json);
        assert!(error.starts_with(reason), "{error}\nwhere `{reason}` was expected");
    }
}

/// A state has two lists named `Regions`: what is written into the wrong one is not lost.
#[test]
fn a_key_of_another_record_is_refused() {
    let keys = |record: Value| record.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let quota = RegionQuota::new("a").with_used(Used::Count(1)).with_in_flight(1).with_image_num_quota(2);
    let quota = keys(serde_json::to_value(quota.with_in_flight_names([None])).unwrap());
    assert_eq!(quota.len(), 5);
    for key in quota.iter().filter(|key| *key != "Region").flat_map(|key| [key.clone(), key.to_lowercase()]) {
        let error = refusal::<Region>(&format!(r#"{{"Region": "a", "{key}": 1}}"#));
        let known = quota.iter().find(|known| known.eq_ignore_ascii_case(&key)).unwrap();
        let expected = format!("unknown key `{key}`: `{known}` belongs in `AccountQuota.Regions` at ");
        assert!(error.starts_with(&expected), "{error}");
    }
    for key in ["ImageSync", "ImagesComplete", "CustomImagesComplete"] {
        let error = refusal::<Image>(&format!(r#"{{"Region": "a", "ImageId": "img-a", "{key}": true}}"#));
        assert!(
            error.starts_with(&format!("unknown key `{key}`: `{key}` belongs in `Regions` at ")),
            "{error}"
        );
    }
}

#[test]
fn one_letter_is_no_key_without_its_first_word() {
    let image = Image::new("ap-guangzhou", "img-o3ycss2p");
    let json = serde_json::to_string(&image).unwrap();
    let with = |key: &str| json.replacen('{', &format!("{{\"{key}\":1,"), 1);
    for key in ["e", "E", ""] {
        assert_eq!(serde_json::from_str::<Image>(&with(key)).unwrap(), image, "{key}");
    }
    assert!(refusal::<Image>(&with("State")).starts_with("unknown key `State`, did you mean `ImageState`?"));
}

#[test]
fn every_code_is_what_it_was() {
    assert!(ErrorCode::ALL.len() >= 25);
    for code in ErrorCode::ALL {
        assert_eq!(round_trip(code), format!("\"{}\"", code.as_str()));
        assert_eq!(&code.as_str().parse::<ErrorCode>().unwrap(), code);
        assert_eq!(code.to_string(), code.as_str());
        assert_eq!(AsRef::<str>::as_ref(code), code.as_str());
        assert!(*code == code.as_str() && *code != "Acme", "{code}");
        assert!(!matches!(code, ErrorCode::Other(_)));
        assert!(code.gloss().is_some_and(|gloss| !gloss.is_empty()), "{code}");
    }
    for text in ["Acme", "Acme.NotApproved", "Acme.1.b", "invalidparameter", "InvalidImageName.Taken"] {
        let code: ErrorCode = text.parse().unwrap();
        assert!(matches!(code, ErrorCode::Other(_)), "{text}");
        assert_eq!(round_trip(&code), format!("\"{text}\""));
        assert_eq!(code.gloss(), None);
    }
    for text in ["", ".", "a.", ".a", "a..b", "a b", "a-b", "a_b", "\u{e9}", "a\n"] {
        assert!(text.parse::<ErrorCode>().is_err(), "{text:?}");
        assert!(serde_json::from_value::<ErrorCode>(json!(text)).is_err(), "{text:?}");
    }
}

#[test]
fn every_parameter_is_what_it_was() {
    for text in [
        "ImageIds",
        "ImageIds.0",
        "ImageIds.18446744073709551615",
        "DestRegion.1",
        "ImageIds.01",
        "ImageIds.",
        "",
    ] {
        let parameter: Parameter = serde_json::from_value(json!(text)).unwrap();
        assert_eq!(round_trip(&parameter), json!(text).to_string());
    }
    assert_eq!(round_trip(&Parameter::IMAGE_IDS.element(3)), "\"ImageIds.3\"");
    assert_eq!(round_trip(&Parameter::VERSION), "\"Version\"");
}

#[test]
fn a_record_is_an_object_and_never_a_list() {
    let refused = |result: Result<(), serde_json::Error>| {
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("invalid type: sequence, expected an object"), "{error}");
    };
    refused(serde_json::from_str::<State>("[[], []]").map(drop));
    refused(
        serde_json::from_str::<State>(r#"{"Regions": [["ap-x", "UNAVAILABLE", false, true]]}"#).map(drop),
    );
    refused(serde_json::from_str::<Image>(r#"["ap-x", "img-o3ycss2p"]"#).map(drop));
    refused(serde_json::from_str::<Report>(r#"["2017-03", true, [], []]"#).map(drop));
    refused(serde_json::from_str::<Unverified>(r#"["a", "b", "c"]"#).map(drop));
    refused(serde_json::from_str::<presync::report::envelope::Envelope>(r#"[[null, "1"]]"#).map(drop));
    let error = serde_json::from_str::<State>(r#"{"Regions": ["ap-x"]}"#).unwrap_err().to_string();
    assert!(error.starts_with(r#"invalid type: string "ap-x", expected an object"#), "{error}");
}

#[test]
fn a_state_gives_back_what_was_put_in() {
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    let image = Image::new("ap-shanghai", "img-o3ycss2p");
    let base = State::new(regions.clone(), [image.clone()]).unwrap();
    assert_eq!(base.regions(), regions);
    assert_eq!(base.images(), std::slice::from_ref(&image));
    assert_eq!(base.image("ap-shanghai", "img-o3ycss2p"), Some(&image));
    assert_eq!(base.image("ap-guangzhou", "img-o3ycss2p"), None);
    assert_eq!(base.image("ap-shanghai", "img-34vaef8f"), None);
    assert_eq!(base.image("nowhere", "img-o3ycss2p"), None);
    assert_eq!(base.region("ap-beijing"), Some(&regions[2]));
    assert_eq!(base.region("AP-beijing"), None);

    let with = |quota: &AccountQuota, routes: &[BlockedRoute]| {
        State::from_records(regions.clone(), [image.clone()], quota.clone(), routes.to_vec()).unwrap()
    };
    assert_eq!(with(&AccountQuota::default(), &[]), base);
    let quota = AccountQuota::default().with_image_num_quota(7);
    let with_quota = with(&quota, &[]);
    assert_eq!(with_quota.account_quota(), &quota);
    let routes =
        [BlockedRoute::new("ap-shanghai", "ap-beijing"), BlockedRoute::new("ap-shanghai", "ap-guangzhou")];
    let with_routes = with(&quota, &routes);
    assert_eq!(with_routes.blocked_routes(), routes);
    assert_eq!(with_routes.account_quota(), &quota);

    // Each is another state than the one before.
    assert_eq!(base, base.clone());
    assert_ne!(base, with_quota);
    assert_ne!(with_quota, with_routes);
    assert_ne!(base, State::default());
}

#[test]
fn a_strict_report_says_so() {
    let state = State::new(
        ["ap-guangzhou", "ap-shanghai"].map(Region::new),
        [Image::new("ap-guangzhou", "img-o3ycss2p")],
    );
    let state = state.unwrap();
    let strict = Ruleset::default().strict();
    // The size of the image is not known.
    let open = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    let report = strict.check(&open, &state);
    assert!(!report.accepted() && report.is_strict() && report.violations().is_empty());
    let json = concat!(
        r#"{"edition":"2017-03","accepted":false,"strict":true,"violations":[],"unverified":[{"rule":"image-size","#,
        r#""parameter":"ImageIds.0","needs":"the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`"}]}"#
    );
    assert_eq!(round_trip(&report), json);
    // Without `strict` the same is accepted, and the other way round.
    assert!(refusal::<Report>(&json.replace(r#""strict":true,"#, "")).starts_with("`accepted` contradicts"));
    let accepted = json.replace(r#""accepted":false"#, r#""accepted":true"#);
    assert!(refusal::<Report>(&accepted).starts_with("`accepted` contradicts"));
    let lenient: Report = serde_json::from_str(&accepted.replace(r#""strict":true,"#, "")).unwrap();
    assert_eq!(lenient, Ruleset::default().check(&open, &state));
    // What is at most a warning is no reason for a refusal.
    let down = Ruleset::default().with_warning("image-size").unwrap().strict().check(&open, &state);
    assert!(down.accepted());
    let json = round_trip(&down);
    assert!(
        json.starts_with(r#"{"edition":"2017-03","accepted":true,"strict":true,"violations":[],"#),
        "{json}"
    );
    // Where all is verified, strictness changes no verdict.
    let edition = Edition::LATEST;
    let whole = open.with_region("ap-guangzhou");
    let report = Ruleset::documented(edition).strict().check(&whole, &state);
    assert_eq!(
        round_trip(&report),
        format!(r#"{{"edition":"{edition}","accepted":true,"strict":true,"violations":[],"unverified":[]}}"#)
    );
}
