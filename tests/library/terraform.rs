//! Plans of Terraform: which calls they stand for, and what is said of them.
#![cfg(feature = "wire")]

use std::fs;

use presync::check::plan::Plan;
use presync::sources::terraform::{self, MAX_BYTES};
use presync::sources::{self, PlannedCall, SourceError};
use presync::{AccountQuota, Image, Parameter, Region, Ruleset, State, SyncRequest};
use serde_json::{Value, json};

use crate::support::documents::terraform::{bytes, known, plan, plan_of, resource, resource_with};

fn only(plan: &[u8]) -> PlannedCall {
    let calls = terraform::calls(plan, Some("ap-guangzhou")).unwrap().calls;
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

fn gaps(call: &PlannedCall) -> Vec<String> {
    call.request().unknowns().map(|(parameter, needs)| format!("{parameter}: {needs}")).collect()
}

#[test]
fn a_plan_stands_for_every_copy_that_is_created_or_replaced_in_the_order_of_addresses() {
    let calls = terraform::calls(&plan(), None).unwrap().calls;
    let addresses: Vec<_> = calls.iter().map(PlannedCall::address).collect();
    assert_eq!(
        addresses,
        [
            "tencentcloud_cvm_sync_image.base",
            "tencentcloudenterprise_cvm_sync_image.own",
            "module.images[\"a.b\"].module.more.tencentcloud_cvm_sync_image.each[2]",
            "module.images[\"a.b\"].module.more.tencentcloud_cvm_sync_image.each[10]",
        ]
    );
    let each = "module.images[\"a.b\"].module.more.tencentcloud_cvm_sync_image.each";
    let expected = |call: &PlannedCall| (call.request().request().clone(), gaps(call));

    let mut request = SyncRequest::new("img-34vaef8f", ["ap-guangzhou"]);
    let needs = |attribute: &str| format!("`{attribute}` of `{each}[2]`, which is known after apply");
    let open = vec![
        format!("DestinationRegions.1: {}", needs("destination_regions")),
        format!("Encrypt: {}", needs("encrypt")),
        "Region: `region` of `provider.tencentcloud.north`, an expression of `var.region` (`ap-beijing`): give `--region`"
            .to_owned(),
    ];
    let region = open.last().cloned().unwrap();
    assert_eq!(expected(&calls[2]), (request.clone(), open));

    request.dry_run = Some(true);
    request.image_name = Some("copy".to_owned());
    request.image_set_required = Some(false);
    assert_eq!(expected(&calls[3]), (request, vec![region]));

    let mut request = SyncRequest::new("", ["ap-shanghai", "ap-shanghai-2"]).with_region("ap-guangzhou");
    request.image_ids.clear();
    let open = "ImageIds.0: `image_id` of `tencentcloud_cvm_sync_image.base`, which is known after apply";
    assert_eq!(expected(&calls[0]), (request, vec![open.to_owned()]));

    let own = "tencentcloudenterprise_cvm_sync_image.own";
    assert_eq!(
        expected(&calls[1]),
        (
            SyncRequest::new("img-34vaef8f", [""; 0]),
            vec![
                format!("DestinationRegions: `destination_regions` of `{own}`, which is known after apply"),
                "Region: `region` of `provider.tencentcloudenterprise`, which the plan does not say: give `--region`"
                    .to_owned(),
            ]
        )
    );
}

#[test]
fn a_call_says_where_its_parameters_come_from() {
    let plan = plan();
    let calls = terraform::calls(&plan, None).unwrap().calls;
    let origin = |call: &PlannedCall, parameter| call.origin(&parameter).map(ToString::to_string);
    let base = &calls[0];
    let attributes = [
        (Parameter::IMAGE_IDS.element(0), "image_id"),
        (Parameter::DESTINATION_REGIONS.element(1), "destination_regions"),
        (Parameter::DRY_RUN, "dry_run"),
        (Parameter::IMAGE_NAME, "image_name"),
        (Parameter::IMAGE_SET_REQUIRED, "image_set_required"),
        (Parameter::ENCRYPT, "encrypt"),
        (Parameter::KMS_KEY_ID, "kms_key_id"),
    ];
    for (parameter, attribute) in attributes {
        let expected = format!("tencentcloud_cvm_sync_image.base {attribute}");
        assert_eq!(origin(base, parameter), Some(expected));
    }
    assert_eq!(origin(base, Parameter::VERSION), None);
    assert_eq!(origin(base, Parameter::REGION).unwrap(), "provider.tencentcloud region");
    assert_eq!(origin(&calls[2], Parameter::REGION).unwrap(), "provider.tencentcloud.north region");

    let at = |call: &PlannedCall, parameter| {
        let span = call.span(&parameter)?;
        Some(std::str::from_utf8(&plan[span]).unwrap().to_owned())
    };
    assert_eq!(at(base, Parameter::DESTINATION_REGIONS.element(1)).unwrap(), "\"ap-shanghai-2\"");
    assert_eq!(at(base, Parameter::DESTINATION_REGIONS).unwrap(), "[\"ap-shanghai\", \"ap-shanghai-2\"]");
    assert_eq!(at(base, Parameter::IMAGE_IDS.element(0)), None);
    assert_eq!(at(base, Parameter::REGION).unwrap(), "\"ap-guangzhou\"");
    assert_eq!(at(&calls[2], Parameter::REGION), None);
    assert_eq!(at(&calls[3], Parameter::DRY_RUN).unwrap(), "true");
    assert_eq!(at(&calls[3], Parameter::IMAGE_NAME).unwrap(), "\"copy\"");
    assert_eq!(at(&calls[3], Parameter::IMAGE_IDS.element(0)).unwrap(), "\"img-34vaef8f\"");
}

#[test]
fn only_what_is_created_is_a_call() {
    let actions = [
        (json!(["create"]), 1),
        (json!(["delete", "create"]), 1),
        (json!(["create", "delete"]), 1),
        (json!(["create", "forget"]), 1),
        (json!(["update"]), 0),
        (json!(["delete"]), 0),
        (json!(["forget"]), 0),
        (json!(["no-op"]), 0),
        (json!(["read"]), 0),
    ];
    for (actions, count) in actions {
        let plan = plan_of(vec![resource_with("a.b", actions.clone(), known(), json!({}))]);
        assert_eq!(terraform::calls(&plan, None).unwrap().calls.len(), count, "{actions}");
    }
    let with = |key: &str, value: &str| {
        let mut resource = resource("a.b", known(), json!({}));
        resource[key] = json!(value);
        terraform::calls(&plan_of(vec![resource]), None).unwrap().calls.len()
    };
    assert_eq!(with("mode", "data"), 0);
    assert_eq!(with("type", "tencentcloud_image"), 0);
    assert_eq!(with("type", "tencentcloudenterprise_cvm_sync_image"), 1);
}

#[test]
fn a_plan_without_changes_stands_for_nothing() {
    for (plan, is_partial) in [
        (json!({"format_version": "1.2", "planned_values": {"root_module": {}}}), true),
        (json!({"format_version": "1.2", "resource_changes": null}), true),
        (json!({"format_version": "0.1", "resource_changes": []}), false),
    ] {
        let planned = terraform::calls(&bytes(&plan), None).unwrap();
        assert_eq!((planned.calls, planned.is_understood), (vec![], false));
        assert_eq!(planned.partial.is_some(), is_partial, "{plan}");
    }
}

#[test]
fn what_has_no_value_is_not_sent() {
    let after = json!({
        "image_id": "", "destination_regions": [], "dry_run": null, "image_name": "", "image_set_required": false,
        "encrypt": true, "kms_key_id": "", "image_set": [{"image_id": 1}],
    });
    let call = only(&plan_of(vec![resource("a.b", after, json!(null))]));
    let mut request = SyncRequest::new("", [""; 0]);
    request.region = Some("ap-guangzhou".to_owned());
    request.image_set_required = Some(false);
    request.encrypt = Some(true);
    assert_eq!((call.request().request(), call.request().is_whole()), (&request, true));

    // No provider makes such a plan.
    let call = only(&plan_of(vec![resource("a.b", json!(null), json!(false))]));
    request.image_ids.clear();
    request.image_set_required = None;
    request.encrypt = None;
    assert_eq!((call.request().request(), call.request().is_whole()), (&request, true));
}

#[test]
fn every_attribute_can_be_unknown() {
    let unknown = json!({
        "image_id": true, "destination_regions": true, "dry_run": true, "image_name": true,
        "image_set_required": true, "encrypt": true, "kms_key_id": true, "id": true, "image_set": true,
    });
    let call = only(&plan_of(vec![resource("a.b", json!({}), unknown)]));
    let parameters: Vec<_> = call.request().unknowns().map(|(parameter, _)| parameter.to_string()).collect();
    assert_eq!(
        parameters,
        [
            "DestinationRegions",
            "DryRun",
            "Encrypt",
            "ImageIds.0",
            "ImageName",
            "ImageSetRequired",
            "KmsKeyId"
        ]
    );
}

#[test]
fn calls_are_in_the_order_of_the_program() {
    let sorted = [
        "s.y",
        "t.x",
        "t.x[*]",
        "t.x[0]",
        "t.x[2]",
        "t.x[10]",
        "t.x[18446744073709551616]",
        "t.x[18446744073709551617]",
        "t.x[\"\"]",
        "t.x[\"10\"]",
        "t.x[\"2\"]",
        "t.x[\"a.b]\"]",
        "t.x0",
        "t.x_02",
        "t.x_10",
        "t.x_2",
        "module.a.t.x",
        "module.a[2].t.x",
        "module.a[10].s.y",
        "module.a[10].t.x",
        "module.a[\"10\"].t.x",
        "module.a[\"2\"].t.x",
        // A backslash comes behind a capital letter, and is written as two.
        "module.a[\"Z\"].t.x",
        "module.a[\"\\\\\"].t.x",
        "module.b.t.x",
        "module.b[\"\"].t.x",
        "module.c.t.x",
        "module.a.module.z.t.x",
        "module.b.module.c.t.x",
    ];
    // Whatever the order in the plan.
    for step in 1..sorted.len() {
        let addresses = sorted.iter().cycle().step_by(step).take(sorted.len());
        let resources = addresses.map(|address| resource(address, known(), json!({})));
        let calls = terraform::calls(&plan_of(resources.collect()), None).unwrap().calls;
        let calls: Vec<_> = calls.iter().map(PlannedCall::address).collect();
        assert_eq!(calls, sorted, "each {step}th");
    }
}

/// A plan with one copy, in a module, and this configuration.
fn configured(module_address: Option<&str>, configuration: Value, variables: Value) -> Vec<u8> {
    let mut copy = resource("a.b", known(), json!({}));
    copy["module_address"] = json!(module_address);
    bytes(&json!({
        "format_version": "1.2",
        "resource_changes": [copy],
        "configuration": configuration,
        "variables": variables,
    }))
}

fn module(key: &str) -> Value {
    json!({"resources": [
        {"mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": "other", "provider_config_key": "none"},
        {"mode": "data", "type": "tencentcloud_cvm_sync_image", "name": "x", "provider_config_key": "none"},
        {"mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": "x", "provider_config_key": key},
    ]})
}

/// The source region, with and without one that the caller gives.
fn regions(plan: &[u8]) -> [Option<String>; 2] {
    [None, Some("given")].map(|given| {
        let call = &terraform::calls(plan, given).unwrap().calls[0];
        let region = call.request().request().region.clone();
        assert_eq!(region.is_none(), call.request().needs(&Parameter::REGION).is_some());
        // What is given is nowhere in the plan.
        let is_given = region.as_deref() == Some("given");
        assert_eq!(call.origin(&Parameter::REGION).is_none() && region.is_some(), is_given);
        region
    })
}

#[test]
fn the_region_is_the_providers_else_the_given_one() {
    let region = |expression: Value, variables: Value| {
        let provider = json!({"p": {"name": "p", "expressions": {"region": expression}}});
        let configuration = json!({"provider_config": provider, "root_module": module("p")});
        regions(&configured(None, configuration, variables))
    };
    let some = |region: &str| Some(region.to_owned());
    let variables = json!({"r": {"value": "variable"}, "n": {"value": 1}, "e": {"value": ""}, "u": {}});

    assert_eq!(
        region(json!({"constant_value": "constant"}), json!({})),
        [some("constant"), some("constant")]
    );
    assert_eq!(
        region(json!({"references": ["var.r"]}), variables.clone()),
        [None, some("given")],
        "an expression may be anything that refers to it"
    );
    for other in [
        json!({"constant_value": ""}),
        json!({"constant_value": 1}),
        json!({"references": ["var.n"]}),
        json!({"references": ["var.e"]}),
        json!({"references": ["var.u"]}),
        json!({"references": ["var.none"]}),
        json!({"references": ["local.r"]}),
        json!({"references": ["var.r", "local.r"]}),
        json!({"references": []}),
        json!({}),
        json!([]),
    ] {
        assert_eq!(region(other.clone(), variables.clone()), [None, some("given")], "{other}");
    }
}

#[test]
fn the_provider_is_that_of_the_resources_module() {
    let providers = json!({
        "p": {"expressions": {"region": {"constant_value": "root"}}},
        "p.alias": {"expressions": {"region": {"constant_value": "alias"}}},
        "module.a:p": {"module_address": "module.a", "expressions": {"region": {"constant_value": "own"}}},
        "module.a:v": {"module_address": "module.a", "expressions": {"region": {"references": ["var.r"]}}},
    });
    let variables = json!({"r": {"value": "variable"}});
    let region = |module_address: Option<&str>, root: Value| {
        let configuration = json!({"provider_config": providers, "root_module": root});
        let [region, given] = regions(&configured(module_address, configuration, variables.clone()));
        assert_eq!(given, region.clone().or(Some("given".to_owned())));
        region
    };
    let in_module = |key: &str| {
        let b = json!({"b": {"module": module(key)}});
        json!({"module_calls": {"a": {"module": {"module_calls": b, "resources": []}}, "c": {}}})
    };
    let some = |region: &str| Some(region.to_owned());
    assert_eq!(region(None, module("p")), some("root"));
    assert_eq!(region(None, module("p.alias")), some("alias"));
    assert_eq!(region(None, module("none")), None);
    for address in ["module.a.module.b", "module.a[0].module.b[\"x.]\\\"]\"]"] {
        assert_eq!(region(Some(address), in_module("p")), some("root"));
        assert_eq!(region(Some(address), in_module("module.a:p")), some("own"));
        // A variable of a module is not one of the root module.
        assert_eq!(region(Some(address), in_module("module.a:v")), None);
        // What a module is handed has a key of its own in old plans, which
        // may stand for any of them.
        assert_eq!(region(Some(address), in_module("module.a.module.b:p")), None);
        assert_eq!(region(Some(address), in_module("module.a.module.b:p.alias")), None);
    }
    for address in
        ["module.a", "module.c", "module.d", "a", "module.a[0", "module.a[\"", "module.", "module.a..b"]
    {
        assert_eq!(region(Some(address), in_module("p")), None, "{address}");
    }
    // A plan need not have a configuration, nor all of it.
    for configuration in
        [json!(null), json!({}), json!({"root_module": {}}), json!({"root_module": module("p")})]
    {
        assert_eq!(regions(&configured(None, configuration, json!(null)))[0], None);
    }
}

#[test]
fn what_terraform_writes_is_told_from_everything_else() {
    let expected = "expected a Terraform plan, as `terraform show -json PLAN` writes it, found";
    for (document, found) in [
        (
            r#"{"format_version": "1.0", "terraform_version": "1.11.4", "values": {}}"#,
            "the state of Terraform",
        ),
        (
            r#"{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "x", "resources": []}"#,
            "the state of Terraform, in the form in which it is kept",
        ),
        (
            "{\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\",\"type\":\"version\"}\n{\"@level\":\"info\"}\n",
            "the messages that `terraform plan -json` writes",
        ),
        (r#"{"format_version": "1.0", "provider_schemas": {}}"#, "another output of Terraform"),
        (
            r#"{"terraform_version": "1.9.8", "planned_values": {}, "resource_changes": []}"#,
            "one without `format_version`, so that nobody can tell how to read it",
        ),
        ("PK\u{3}\u{4}\u{14}", "an archive, such as the plan that `terraform plan -out` writes"),
    ] {
        assert!(terraform::is_terraform(document.as_bytes()), "{document}");
        let error = terraform::calls(document.as_bytes(), None).unwrap_err();
        assert_eq!(error.to_string(), format!("{expected} {found}"));
    }
    // A part of a plan is none.
    assert!(!terraform::is_terraform(br#"{"planned_values": {}}"#));
    // A request, whatever else is in it; but a plan is told by its first keys, and
    // may be large behind them.
    assert!(!terraform::is_terraform(br#"{"format_version": "1.0", "values": {}, "ImageIds": []}"#));
    assert!(!terraform::is_terraform(br#"{"ImageIds": [], "format_version": "1.0", "planned_values": {}}"#));
    assert!(terraform::is_terraform(br#"{"format_version": "1.0", "planned_values": {}, "ImageIds": []}"#));
    for document in
        ["", "{}", "[]", r#"{"ImageIds": ["x"]}"#, r#"{"serial": 1}"#, r#"{"@level": 1}"#, "PK", "a=b"]
    {
        assert!(!terraform::is_terraform(document.as_bytes()), "{document}");
        assert_eq!(sources::calls(None, document.as_bytes(), None), None);
        let error = terraform::calls(document.as_bytes(), None).unwrap_err();
        assert_eq!(error.to_string(), format!("{expected} something else"));
    }
}

#[test]
fn a_plan_that_ends_too_early_is_still_one() {
    let plan = plan();
    let mut counted = 0;
    for end in 0..plan.len() {
        let part = &plan[..end];
        if terraform::is_terraform(part) {
            counted += 1;
            let error = sources::calls(None, part, None).unwrap();
            // What is left may be only the white space at the end.
            assert!(error.is_err() || part.trim_ascii_end() == plan.trim_ascii_end(), "{end}");
        }
    }
    assert!(counted > plan.len() / 2);
}

/// The place and the rest of an error.
fn error(plan: &[u8]) -> String {
    terraform::calls(plan, None).unwrap_err().to_string()
}

#[test]
fn an_error_says_where_it_is() {
    let text = |after: &str, unknown: &str| {
        format!(
            r#"{{
 "format_version": "1.2",
 "resource_changes": [
  {{"address": "a.b", "mode": "data", "type": "t", "name": "n", "change": {{"actions": []}}}},
  {{"address": "a.c", "mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": "n", "change": {{
   "actions": ["create"],
   "after": {after},
   "after_unknown": {unknown}}}}}]
}}"#
        )
    };
    let path = "resource_changes[1].change.after";
    for (after, unknown, expected) in [
        (r#"{"image_id": 1}"#, "{}", format!("line 7, column 26: {path}.image_id: expected a text")),
        (
            "{\"dry_run\": null,\n\"image_id\": [\"x\"]}",
            "{}",
            format!("line 8, column 13: {path}.image_id: expected a text"),
        ),
        (
            r#"{"dry_run": "true"}"#,
            "{}",
            format!("line 7, column 25: {path}.dry_run: expected `true` or `false`"),
        ),
        (r#"{"kms_key_id": {}}"#, "{}", format!("line 7, column 28: {path}.kms_key_id: expected a text")),
        (
            r#"{"destination_regions": "x"}"#,
            "{}",
            format!("line 7, column 39: {path}.destination_regions: expected a list, found the text `x`"),
        ),
        (
            r#"{"destination_regions": ["a", null]}"#,
            r#"{"destination_regions": [false, false]}"#,
            format!("line 7, column 43: {path}.destination_regions[1]: expected a text"),
        ),
        ("[]", "{}", format!("line 7, column 13: {path}: expected an object, found a list")),
        (
            r#"{"image_id": "x", "image_id": "y"}"#,
            "{}",
            format!("line 7, column 43: {path}.image_id: the key is given twice"),
        ),
        (
            "{}",
            r#"{"image_id": false, "image_id": true}"#,
            format!("line 8, column 53: {path}_unknown.image_id: the key is given twice"),
        ),
        ("{}", r#"{"destination_regions": {}}"#, String::new()),
        (
            r#"{"destination_regions": []}"#,
            r#"{"destination_regions": {}}"#,
            format!(
                "line 8, column 45: {path}_unknown.destination_regions: expected a list, found an object"
            ),
        ),
        (
            "{\"image_name\": \"\\ud800\"}",
            "{}",
            format!("line 7, column 35: {path}.image_name: an escape of half a character"),
        ),
    ] {
        if expected.is_empty() {
            assert!(terraform::calls(text(after, unknown).as_bytes(), None).is_ok());
        } else {
            assert_eq!(error(text(after, unknown).as_bytes()), expected, "{after} {unknown}");
        }
    }

    let shape = |resource: Value| error(&plan_of(vec![resource]));
    let mut missing = resource("a.b", known(), json!({}));
    missing.as_object_mut().unwrap().remove("change");
    assert!(shape(missing).contains("resource_changes[0]: `change` is missing"));
    let mut wrong = resource("a.b", known(), json!({}));
    wrong["change"]["actions"] = json!("create");
    assert!(
        shape(wrong).contains("resource_changes[0].change.actions: expected a list, found the text `create`")
    );
    // A list has no keys, also where it has as many elements as a record has keys that count.
    let mut list = resource("a.b", known(), json!({}));
    list["change"] = json!([["create"], {}, {}]);
    assert!(shape(list).contains("resource_changes[0].change: expected an object, found a list"));
    let version = error(&bytes(&json!({"format_version": "2.0\u{202e}", "planned_values": {}})));
    assert_eq!(version, "expected a format version that starts with `0.` or `1.`, found `2.0\\u{202e}`");
    assert!(
        error(&bytes(&json!({"format_version": 1, "planned_values": {}})))
            .contains("format_version: expected")
    );
    assert!(
        error(b"{\"format_version\": \"1.2\", \"planned_values\": {}} x")
            .starts_with("line 1, column 49: text behind the plan")
    );
    assert!(
        error(b"{\"format_version\": \"1.2\", \"planned_values\": \"\xff\"}")
            .contains("the file is not text in UTF-8")
    );
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    assert_eq!(
        error(&wide("{\"format_version\": \"1.2\"}")),
        "line 1, column 1: the file is not text in UTF-8: it looks like UTF-16LE without a byte order mark"
    );
}

/// Of two equal keys one would be lost, and with it the region of a provider.
#[test]
fn a_key_of_the_configuration_is_given_once() {
    let plan = |configuration: &str| {
        format!(r#"{{"format_version": "1.2", "resource_changes": [], "configuration": {configuration}}}"#)
    };
    // The second of two has `2` in it, which stands nowhere else behind the version.
    for (configuration, path, key) in [
        (r#"{"provider_config": {"p": {}, "p": {"name": "2"}}}"#, "configuration.provider_config", "p"),
        (
            r#"{"provider_config": {"p": {"expressions": {"region": {}, "region": {"constant_value": "2"}}}}}"#,
            "configuration.provider_config.p.expressions",
            "region",
        ),
        (
            r#"{"root_module": {"module_calls": {"m": {}, "m": {"source": "2"}}}}"#,
            "configuration.root_module.module_calls",
            "m",
        ),
    ] {
        let error = error(plan(configuration).as_bytes());
        assert!(error.starts_with("line 1, column "), "{error}");
        assert!(error.ends_with(&format!("{path}: the key `{key}` is given twice")), "{error}");
    }
    let variables = r#"{"format_version": "1.2", "resource_changes": [], "variables": {"v": {}, "v": {}}}"#;
    assert!(error(variables.as_bytes()).ends_with("variables: the key `v` is given twice"));
    let none = plan(r#"{"provider_config": null, "root_module": {"module_calls": null}}"#);
    assert!(terraform::calls(none.as_bytes(), None).is_ok());
    let wrong = error(plan(r#"{"provider_config": []}"#).as_bytes());
    assert!(wrong.ends_with("configuration.provider_config: expected an object, found a list"), "{wrong}");
}

#[test]
fn what_is_too_large_is_refused() {
    let long = "x".repeat(4096);
    let call = |name: &str| {
        let after = json!({"image_name": name});
        terraform::calls(&plan_of(vec![resource("a.b", after, json!({}))]), None)
    };
    assert!(call(&long).is_ok());
    let error = call(&format!("{long}x")).unwrap_err();
    assert!(error.to_string().ends_with("image_name: a value has at most 4096 bytes: this one has more"));

    let call = |count: usize| {
        let after = json!({"destination_regions": vec!["x"; count]});
        terraform::calls(&plan_of(vec![resource("a.b", after, json!({}))]), None)
    };
    assert!(call(16_384).is_ok());
    let error = call(16_385).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("destination_regions: a list has at most 16384 elements: this one has more")
    );

    let mut plan = plan_of(vec![]);
    plan.resize(MAX_BYTES, b' ');
    assert_eq!(terraform::calls(&plan, None).unwrap().calls, []);
    plan.push(b' ');
    let error = terraform::calls(&plan, None).unwrap_err();
    let what = "a Terraform plan";
    assert_eq!(error, SourceError::TooLarge { what, limit: MAX_BYTES, found: MAX_BYTES + 1 });
}

#[test]
fn the_first_types_that_were_seen_are_named_and_the_others_counted() {
    let seen = |count: usize| {
        let types = (0..count).map(|number| {
            let mut resource = resource(&format!("a.b{number}"), json!({}), json!({}));
            resource["type"] = json!(format!("type{number}"));
            resource
        });
        terraform::calls(&plan_of(types.collect()), None).unwrap().seen
    };
    let eight: Vec<String> = (0..8).map(|number| format!("`type{number}` (1)")).collect();
    let (last, first) = eight.split_last().expect("there are eight");
    let starts = |seen: &str, start: &str| assert!(seen.starts_with(start), "{seen}");
    starts(&seen(8), &format!("changes of {} and {last}; expected", first.join(", ")));
    starts(&seen(9), &format!("changes of {} and 1 other type; expected", eight.join(", ")));
    starts(&seen(10), &format!("changes of {} and 2 other types; expected", eight.join(", ")));
    starts(&seen(0), "no change of a resource; expected");
}

#[test]
fn what_could_hide_in_an_address_is_escaped() {
    let call = only(&plan_of(vec![resource("a.b[\"\u{202e}\n\"]", known(), json!({"image_id": true}))]));
    assert_eq!(call.address(), "a.b[\"\\u{202e}\\n\"]");
    assert!(gaps(&call)[0].contains("`a.b[\"\\u{202e}\\n\"]`"));
    // A cut one would be another address.
    let long = format!("module.{}.a.b", "x".repeat(100));
    assert_eq!(only(&plan_of(vec![resource(&long, known(), json!({}))])).address(), long);
}

#[test]
fn a_plan_is_checked_as_a_plan_of_calls() {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    let quota = AccountQuota::default().with_image_num_quota(1);
    let state = State::from_records(regions, [image], quota, []).unwrap();

    let mut unknown = known();
    unknown.as_object_mut().unwrap().remove("image_id");
    let document = plan_of(vec![
        resource("a.b[10]", known(), json!({})),
        resource("a.b[9]", unknown, json!({"image_id": true})),
    ]);
    let calls = terraform::calls(&document, Some("ap-guangzhou")).unwrap().calls;
    let rules = Ruleset::default();
    let mut plan = Plan::new(&rules, state);
    let reports: Vec<_> = calls.iter().map(|call| plan.check_partial(call.request())).collect();
    assert!(reports[0].accepted() && !reports[0].unverified().is_empty());
    // It is not known yet whether the first one takes the last place.
    assert!(reports[1].accepted());
    let [unverified] = reports[1].unverified() else { panic!("{:?}", reports[1]) };
    assert_eq!(
        (unverified.rule(), unverified.needs()),
        ("image-quota", "the outcome of request 1 of the plan")
    );
}

/// What the program itself writes.
mod program {
    #![allow(clippy::disallowed_methods, reason = "this is about a program and its files")]
    #![allow(clippy::print_stderr, reason = "a test that is left out says so")]

    use super::*;

    use std::path::Path;
    use std::process::Command;

    /// A value that is known after apply, a set with one, a replaced resource, modules, and a
    /// variable. The provider is built in: nothing is downloaded.
    const MAIN: &str = r#"
variable "region" {
  default = "ap-guangzhou"
}

resource "terraform_data" "base" {
  input = "${var.region}-REVISION"
}

resource "terraform_data" "replaced" {
  input            = "x"
  triggers_replace = "REVISION"
}

resource "terraform_data" "copy" {
  count = 11
  input = {
    image_id            = terraform_data.base.output
    destination_regions = toset(["ap-beijing", terraform_data.base.output])
    image_name          = null
    dry_run             = true
  }
}

module "more" {
  source   = "./more"
  for_each = toset(["a.b"])
  image_id = terraform_data.base.output
}
"#;

    const MORE: &str = r#"
variable "image_id" {}

resource "terraform_data" "inner" {
  input = var.image_id
}
"#;

    /// Runs the program in a folder, without the user's settings and without a network.
    fn terraform(folder: &Path, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("terraform")
            .current_dir(folder)
            .args(arguments)
            .env("TF_CLI_CONFIG_FILE", folder.join("settings"))
            .env("TF_DATA_DIR", folder.join("data"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_ARGS")
            .env_remove("TF_CLI_ARGS_plan")
            .env_remove("TF_WORKSPACE")
            .env_remove("TF_LOG")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "terraform {arguments:?}: {errors}");
        output.stdout
    }

    #[test]
    fn the_envelope_is_what_the_program_writes() {
        if Command::new("terraform").arg("version").output().is_err() {
            eprintln!("SKIPPED: there is no terraform");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("more")).unwrap();
        fs::write(folder.join("settings"), "").unwrap();
        fs::write(folder.join("more/main.tf"), MORE).unwrap();
        fs::write(folder.join("main.tf"), MAIN.replace("REVISION", "1")).unwrap();
        terraform(folder, &["init", "-backend=false"]);
        terraform(folder, &["apply", "-auto-approve", "-target=terraform_data.replaced"]);
        fs::write(folder.join("main.tf"), MAIN.replace("REVISION", "2")).unwrap();
        terraform(folder, &["plan", "-out=plan"]);

        let shown = terraform(folder, &["show", "-json", "plan"]);
        assert!(terraform::is_terraform(&shown));
        assert_eq!(terraform::calls(&shown, None).unwrap().calls, [], "there is no copy in it");
        let plan: Value = serde_json::from_slice(&shown).unwrap();
        assert!(plan["format_version"].as_str().unwrap().starts_with("1."));
        assert_eq!(plan["variables"]["region"]["value"], "ap-guangzhou");

        let changes = plan["resource_changes"].as_array().unwrap();
        let change = |address: &str| changes.iter().find(|change| change["address"] == address).unwrap();
        assert_eq!(change("terraform_data.replaced")["change"]["actions"], json!(["delete", "create"]));
        let copy = change("terraform_data.copy[10]");
        assert_eq!(
            (&copy["mode"], &copy["type"], &copy["name"]),
            (&json!("managed"), &json!("terraform_data"), &json!("copy"))
        );
        assert_eq!(copy["change"]["actions"], json!(["create"]));
        let (after, unknown) = (&copy["change"]["after"]["input"], &copy["change"]["after_unknown"]["input"]);
        assert_eq!(after.get("image_id"), None);
        assert_eq!(unknown["image_id"], true);
        assert_eq!(after["destination_regions"], json!(["ap-beijing", null]));
        assert_eq!(unknown["destination_regions"], json!([false, true]));
        assert_eq!((&after["image_name"], &after["dry_run"]), (&json!(null), &json!(true)));
        let inner = change("module.more[\"a.b\"].terraform_data.inner");
        assert_eq!(inner["module_address"], "module.more[\"a.b\"]");

        let configured = &plan["configuration"];
        let provider = "terraform";
        assert_eq!(configured["provider_config"][provider]["name"], provider);
        let module = &configured["root_module"]["module_calls"]["more"]["module"];
        for module in [&configured["root_module"], module] {
            for resource in module["resources"].as_array().unwrap() {
                assert_eq!(
                    (&resource["mode"], &resource["type"]),
                    (&json!("managed"), &json!("terraform_data"))
                );
                assert_eq!(resource["provider_config_key"], provider);
            }
        }
        assert_eq!(
            configured["root_module"]["resources"][0]["expressions"]["input"]["references"],
            json!(["var.region"]),
            "what is done with a variable is not told"
        );

        // The program's own order of addresses is ours, within a module.
        let copies = |change: &&Value| change["name"] == "copy";
        let order: Vec<_> = changes.iter().filter(copies).map(|change| change["address"].clone()).collect();
        let mut resources = Vec::new();
        for change in changes.iter().filter(copies).rev() {
            // As the provider would plan it: the attributes of a copy are not
            // in an object of their own.
            let mut copy = change.clone();
            copy["type"] = json!("tencentcloud_cvm_sync_image");
            copy["change"]["after"] = change["change"]["after"]["input"].clone();
            copy["change"]["after_unknown"] = change["change"]["after_unknown"]["input"].clone();
            resources.push(copy);
        }
        let calls = terraform::calls(&plan_of(resources), Some("ap-guangzhou")).unwrap().calls;
        assert_eq!(calls.iter().map(|call| json!(call.address())).collect::<Vec<_>>(), order);
        let request = calls[10].request();
        assert_eq!(request.request().dry_run, Some(true));
        let parameters: Vec<_> = request.unknowns().map(|(parameter, _)| parameter.to_string()).collect();
        assert_eq!(parameters, ["DestinationRegions.1", "ImageIds.0"]);

        // What else it writes is told from a plan.
        for (document, found) in [
            (terraform(folder, &["show", "-json"]), "the state of Terraform"),
            (fs::read(folder.join("terraform.tfstate")).unwrap(), "in the form in which it is kept"),
            (fs::read(folder.join("plan")).unwrap(), "`terraform plan -out`"),
            (terraform(folder, &["plan", "-json"]), "`terraform plan -json`"),
            (terraform(folder, &["providers", "schema", "-json"]), "another output of Terraform"),
        ] {
            let error = terraform::calls(&document, None).unwrap_err().to_string();
            assert!(error.contains(found), "{error}");
        }
    }
}
