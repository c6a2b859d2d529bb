//! Plans of Terraform as people have them.
#![cfg(feature = "wire")]

use presync::sources::terraform;
use presync::sources::{Planned, PlannedCall};
use presync::{Edition, Parameter, Ruleset, State};
use serde_json::{Value, json};

use crate::support::documents::terraform::{bytes, known, plan_of, resource, resource_with};

fn planned(plan: &[u8]) -> Planned {
    terraform::calls(plan, None).unwrap()
}

fn addresses(planned: &Planned) -> Vec<&str> {
    planned.calls.iter().map(PlannedCall::address).collect()
}

/// What is said of the region of the only call.
fn region_needs(plan: &Value) -> String {
    let planned = planned(&bytes(plan));
    let [call] = planned.calls.as_slice() else { panic!("{planned:?}") };
    assert_eq!(call.request().request().region, None);
    call.request().needs(&Parameter::REGION).unwrap().to_owned()
}

fn plan_with(provider_config: Value, key: &str, more: Value) -> Value {
    let mut plan = json!({
        "format_version": "1.2",
        "resource_changes": [resource("a.b", known(), json!({}))],
        "configuration": {
            "provider_config": provider_config,
            "root_module": {"resources": [
                {"mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": "x", "provider_config_key": key}
            ]},
        },
    });
    plan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    plan
}

#[test]
fn every_type_of_the_resource_is_a_call() {
    for resource_type in terraform::RESOURCE_TYPES {
        let mut copy = resource("a.b", known(), json!({}));
        copy["type"] = json!(resource_type);
        assert_eq!(planned(&plan_of(vec![copy])).calls.len(), 1, "{resource_type}");
    }
    assert!(terraform::RESOURCE_TYPES.contains(&"cloud_cvm_sync_image"));
}

#[test]
fn a_region_that_is_an_expression_is_unknown_and_says_what_it_refers_to() {
    let region = |references: Value, variables: Value| {
        let providers = json!({"p": {"name": "p", "expressions": {"region": {"references": references}}}});
        region_needs(&plan_with(providers, "p", json!({"variables": variables})))
    };
    let variables = json!({
        "r": {"value": "gz"}, "n": {"value": 1}, "m": {"value": {"a": [1,  2]}}, "u": {}, "x": {"value": "\u{202e}"},
        "long": {"value": "x".repeat(100_000)}, "nothing": {"value": null},
    });
    for (references, shown) in [
        (json!(["var.r"]), "`var.r` (`gz`)".to_owned()),
        (json!(["var.r", "local.s"]), "`var.r` (`gz`) and `local.s`".to_owned()),
        (json!(["var.n"]), "`var.n` (`1`)".to_owned()),
        (json!(["var.m.a", "var.m"]), "`var.m.a` and `var.m` (`{\"a\":[1,2]}`)".to_owned()),
        (json!(["var.u"]), "`var.u`".to_owned()),
        (json!(["var.nothing"]), "`var.nothing`".to_owned()),
        (json!(["var.x"]), "`var.x` (`\\u{202e}`)".to_owned()),
        (json!(["var.long"]), format!("`var.long` (`\"{}…`)", "x".repeat(63))),
        (json!(["a", "b", "c", "var.r"]), "`a`, `b`, `c` and `var.r` (`gz`)".to_owned()),
        (json!(["a", "b", "c", "d", "var.r"]), "`a`, `b`, `c`, `d` and others".to_owned()),
        (json!(["each.value"]), "`each.value`".to_owned()),
    ] {
        let needs = region(references, variables.clone());
        assert_eq!(needs, format!("`region` of `provider.p`, an expression of {shown}: give `--region`"));
    }
    let unsaid = "`region` of `provider.p`, which the plan does not say: give `--region`";
    for provider in [
        json!({}),
        json!({"expressions": {}}),
        json!({"expressions": {"region": {}}}),
        json!({"expressions": {"region": {"constant_value": ""}}}),
        json!({"expressions": {"region": {"constant_value": 3}}}),
    ] {
        assert_eq!(region_needs(&plan_with(json!({"p": provider}), "p", json!({}))), unsaid);
    }
    assert_eq!(region_needs(&plan_with(json!({}), "p", json!({}))), unsaid);
    // Without the configuration of the resource nobody knows which provider it has.
    assert_eq!(
        region_needs(
            &json!({"format_version": "1.0", "resource_changes": [resource("a.b", known(), json!({}))]})
        ),
        "`region` of the provider of `a.b`, which the plan does not name: give `--region`"
    );
}

#[test]
fn a_key_without_a_configuration_of_its_own_may_stand_for_any_of_its_provider() {
    let constant = |region: &str| json!({"region": {"constant_value": region}});
    let region = |providers: Value, source: Option<&str>| {
        let mut plan = plan_with(providers, "copy:p", json!({}));
        plan["resource_changes"][0]["provider_name"] = json!(source);
        let planned = planned(&bytes(&plan));
        let request = planned.calls[0].request();
        request
            .request()
            .region
            .clone()
            .unwrap_or_else(|| request.needs(&Parameter::REGION).unwrap().to_owned())
    };
    let source = Some("registry.terraform.io/x/p");
    let named = |name: &str, region: &str| json!({"name": name, "expressions": constant(region)});
    // There is one, and it is that.
    for source in [None, source] {
        assert_eq!(region(json!({"p": named("p", "one"), "q": named("q", "other")}), source), "one");
    }
    // Where that one does not state its region, it is named.
    let unsaid = "`region` of `provider.p`, which the plan does not say: give `--region`";
    assert_eq!(region(json!({"p": {"name": "p"}}), source), unsaid);
    // Two, which state the same.
    assert_eq!(region(json!({"p": named("p", "one"), "p.a": named("p", "one")}), source), "one");
    // Two, and one states another, or none.
    let which = "`region` of the provider `copy:p`, which may be any of `p` and `p.a`: give `--region`";
    assert_eq!(region(json!({"p": named("p", "one"), "p.a": named("p", "two")}), source), which);
    assert_eq!(region(json!({"p": named("p", "one"), "p.a": {"name": "p"}}), source), which);
    assert_eq!(region(json!({"p": {"name": "p"}, "p.a": {"name": "p"}}), source), which);
    // One of a module counts too; its name is in the key.
    let module = json!({"p": named("p", "one"), "module.a:p": {"module_address": "module.a"}});
    assert!(region(module, source).contains("any of `module.a:p` and `p`:"));
    // A parent may call it by another name, and then its source says which one it is.
    let with_source =
        |source: &str| json!({"name": "q", "full_name": source, "expressions": constant("by source")});
    assert_eq!(region(json!({"q": with_source("registry.terraform.io/x/p")}), source), "by source");
    assert!(region(json!({"q": with_source("registry.terraform.io/y/p")}), source).contains("does not say"));
    assert!(
        region(json!({"q": with_source("registry.terraform.io/x/p"), "p": named("p", "one")}), source)
            .contains("any of")
    );
    let many: serde_json::Map<_, _> =
        (0..9).map(|number| (format!("p.a{number}"), named("p", &number.to_string()))).collect();
    assert!(region(json!(many), source).contains("any of `p.a0`, `p.a1`, `p.a2`, `p.a3` and others, or"));
    // A module is given one with an alias or takes the one without, which
    // may have no configuration.
    let or = |which: &str| {
        format!(
            "`region` of the provider `copy:p`, which may be any of {which}, or have no configuration: give `--region`"
        )
    };
    assert_eq!(region(json!({"p.a": named("p", "one")}), source), or("`p.a`"));
    let same = json!({"p.a": named("p", "one"), "module.m:p.b": named("p", "one")});
    assert_eq!(region(same, source), or("`module.m:p.b` and `p.a`"));
    // The configuration of a module has an alias of its own, or none.
    let same = json!({"p.a": named("p", "one"), "module.m.n:p": named("p", "one")});
    assert_eq!(region(same, source), "one");
}

#[test]
fn what_is_deferred_is_open_and_comes_last() {
    let deferred = |resource: Value| json!({"reason": "instance_count_unknown", "resource_change": resource});
    let mut open = known();
    open.as_object_mut().unwrap().remove("image_id");
    let plan = json!({
        "format_version": "1.2",
        "resource_changes": [resource("t.z", known(), json!({}))],
        "deferred_changes": [
            deferred(resource("t.b[\"*\"]", open, json!({"image_id": true}))),
            deferred(resource("t.a", known(), json!({}))),
            deferred(resource("t.c", json!(null), json!(true))),
            deferred(resource_with("t.d", json!(["delete"]), json!(null), json!({}))),
        ],
    });
    let planned = planned(&bytes(&plan));
    assert_eq!(addresses(&planned), ["t.z", "t.a", "t.b[\"*\"]", "t.c"]);
    assert_eq!(planned.partial.as_deref(), Some("it defers changes"));
    assert_eq!(planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS), None);
    // What is known of it is known, and there may be more.
    let request = planned.calls[1].request();
    assert_eq!(request.request().destination_regions, ["ap-shanghai"]);
    assert_eq!(
        request.needs(&Parameter::DESTINATION_REGIONS),
        Some(
            "the instances of `t.a`, which Terraform defers (instance_count_unknown): plan again after the apply"
        )
    );
    assert!(planned.calls[2].request().needs(&Parameter::IMAGE_IDS.element(0)).is_some());
    assert_eq!(planned.calls[3].request().unknowns().count(), 8);
}

#[test]
fn a_plan_that_is_partial_says_why() {
    let partial = |more: Value| {
        let mut plan =
            json!({"format_version": "1.2", "resource_changes": [resource("a.b", known(), json!({}))]});
        plan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        planned(&bytes(&plan)).partial
    };
    assert_eq!(partial(json!({})), None);
    assert_eq!(partial(json!({"errored": false, "complete": true, "applyable": true})), None);
    assert_eq!(partial(json!({"errored": true})).unwrap(), "`errored` is true");
    assert_eq!(partial(json!({"complete": false})).unwrap(), "`complete` is false");
    assert_eq!(partial(json!({"applyable": false})).unwrap(), "`applyable` is false");
    assert_eq!(
        partial(json!({"errored": true, "complete": false, "applyable": false})).unwrap(),
        "`errored` is true, `complete` is false and `applyable` is false"
    );
    // Where there is nothing to do, there is nothing to apply.
    let mut plan = json!({"format_version": "1.2", "applyable": false, "complete": true, "errored": false});
    plan["resource_changes"] = json!([resource_with("a.b", json!(["no-op"]), known(), json!({}))]);
    let planned = planned(&bytes(&plan));
    assert_eq!((planned.partial, planned.is_understood), (None, true));
}

#[test]
fn without_calls_it_is_said_what_was_seen() {
    let other = |name: &str| {
        let mut other = resource("a.b", known(), json!({}));
        other["type"] = json!(name);
        other
    };
    let expected = "expected `resource_changes` with resources of the type `tencentcloud_cvm_sync_image`, \
                    `tencentcloudenterprise_cvm_sync_image` or `cloud_cvm_sync_image`";
    let seen = |resources: Vec<Value>| {
        let planned = planned(&plan_of(resources));
        assert!(planned.calls.is_empty());
        (planned.seen, planned.is_understood)
    };
    assert_eq!(seen(vec![]), (format!("no change of a resource; {expected}"), false));
    let two = vec![other("null_resource"), other("x"), other("null_resource")];
    assert_eq!(seen(two), (format!("changes of `null_resource` (2) and `x` (1); {expected}"), false));
    let many: Vec<_> = (0..12).map(|number| other(&format!("type{number:02}"))).collect();
    assert!(seen(many).0.starts_with("changes of `type00` (1), "));
    // One that is deleted or kept is understood, and so is one without instances.
    for actions in [json!(["delete"]), json!(["no-op"]), json!(["update"]), json!(["forget"])] {
        assert!(seen(vec![resource_with("a.b", actions, known(), json!({}))]).1);
    }
    let mut none = plan_with(json!({}), "p", json!({}));
    none["resource_changes"] = json!([]);
    let planned = planned(&bytes(&none));
    assert_eq!((planned.calls.len(), planned.is_understood), (0, true));
}

#[test]
fn several_plans_are_read_and_their_calls_say_which() {
    let one = plan_of(vec![resource("t.b", known(), json!({})), resource("t.a", known(), json!({}))]);
    let two = plan_of(vec![resource("t.a", known(), json!({"image_id": true}))]);
    let [one, two] = [&one, &two].map(|plan| std::str::from_utf8(plan).unwrap());
    for document in [
        format!("{one}\n{two}\n"),
        format!("{one}{two}"),
        format!("\n{one}\r\n\r\n{two}"),
        format!("[{one}, {two}]"),
        format!(" [ {one}]\n[{two}] "),
        format!("\u{feff}{one}\n{two}\n"),
    ] {
        assert!(terraform::is_terraform(document.as_bytes()), "{document}");
        let planned = planned(document.as_bytes());
        assert_eq!(addresses(&planned), ["plan 1: t.a", "plan 1: t.b", "plan 2: t.a"]);
        let call = &planned.calls[2];
        let image = Parameter::IMAGE_IDS.element(0);
        let needs = "`image_id` of `plan 2: t.a`, which is known after apply";
        assert_eq!(call.request().needs(&image), Some(needs));
        assert_eq!(call.origin(&image).unwrap().address(), call.address());
        let text = document.trim_start_matches('\u{feff}').as_bytes();
        let span = call.span(&Parameter::DESTINATION_REGIONS.element(0)).unwrap();
        assert_eq!(&text[span.clone()], b"\"ap-shanghai\"");
        assert!(span.start > text.len() / 2);
    }
    // A list of one is one.
    assert_eq!(addresses(&planned(format!("[{one}]").as_bytes())), ["t.a", "t.b"]);
    // A plan that lacks something makes all of them partial.
    let missing = format!("{one}\n{{\"format_version\": \"1.2\", \"planned_values\": {{}}}}");
    assert_eq!(planned(missing.as_bytes()).partial.unwrap(), "plan 2: it has no `resource_changes`");
}

#[test]
fn text_beside_the_json_is_refused_and_located() {
    let plan = plan_of(vec![resource("t.a", known(), json!({}))]);
    let plan = std::str::from_utf8(&plan).unwrap();
    // The keys as Terraform writes them.
    let plan = &plan.replacen('{', "{\"format_version\": \"1.2\",", 1).replacen(
        ",\"format_version\":\"1.2\"",
        "",
        1,
    );
    let error = |document: &str| {
        assert!(terraform::is_terraform(document.as_bytes()), "{document}");
        terraform::calls(document.as_bytes(), None).unwrap_err().to_string()
    };
    for (before, line) in [
        ("[command]/bin/terraform show -json\n", 2),
        ("\n\nReading...\n\n", 5),
        ("13:32:24 STDOUT [app] terraform: ", 1),
        ("{\"level\":\"info\"}\n", 2),
        ("{\"level\":\"info\"}\n{\"message\":{\"format_version\":1}}\n", 3),
        ("reading \"format_version\"\n\n\"format_version\" read\n", 4),
        ("\u{1b}[0m", 1),
    ] {
        let first = before.len() - before.trim_start().len() + 1;
        assert_eq!(
            error(&format!("{before}{plan}")),
            format!(
                "line {first}, column 1: text in front of the plan, whose JSON starts on line {line}: keep the JSON alone"
            )
        );
    }
    for behind in ["\n::debug::exitcode: 0\n", "\nnull", "\n\"x\"", "\n}"] {
        assert_eq!(
            error(&format!("{plan}{behind}")),
            "line 2, column 1: text behind the plan: keep the JSON alone"
        );
    }
    // Another document, and half of one.
    assert!(
        error(&format!("{plan}\n{{}}")).starts_with("line 2, column 1: plan 2: expected a Terraform plan")
    );
    assert!(error(&format!("{plan}\n{{\"format_version\"")).starts_with("line 2, column 17: the JSON ends"));
    assert!(error(&format!("[{plan}")).contains("the JSON ends within a list"));
    // A request that has such a text in it is none of these.
    for other in
        [r#"{"ImageIds": ["{\"format_version\""]}"#, r#"{"a": {"format_version": "1", "values": {}}}"#]
    {
        assert!(!terraform::is_terraform(other.as_bytes()), "{other}");
    }
}

#[test]
fn marks_and_utf_16_are_read() {
    let plan = plan_of(vec![resource("t.ü", known(), json!({}))]);
    let plan = std::str::from_utf8(&plan).unwrap();
    let marked = format!("\u{feff}{plan}\r\n");
    let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for document in [marked.as_bytes(), &little, &big] {
        assert!(terraform::is_terraform(document));
        let planned = planned(document);
        assert_eq!(addresses(&planned), ["t.ü"]);
        let span = planned.calls[0].span(&Parameter::IMAGE_IDS.element(0)).unwrap();
        assert_eq!(&plan[span], "\"img-o3ycss2p\"");
    }
    // Half of a character.
    assert!(!terraform::is_terraform(&little[..3]));
}

#[test]
fn a_set_may_have_more_unknown_elements_than_values() {
    let needs = |after: Value, unknown: Value| {
        let planned = planned(&plan_of(vec![resource("a.b", after, unknown)]));
        let request = planned.calls[0].request();
        let known = request.request().destination_regions.len();
        let open = request.unknowns().filter(|(parameter, _)| parameter.name() == "DestinationRegions");
        (known, open.map(|(parameter, _)| parameter.to_string()).collect::<Vec<_>>())
    };
    let unknown = json!({"destination_regions": [false, true, true]});
    let one = json!({"image_id": "img-o3ycss2p", "destination_regions": ["a"]});
    let none = json!({"image_id": "img-o3ycss2p"});
    let open = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(needs(one, unknown.clone()), (1, open(&["DestinationRegions.1", "DestinationRegions.2"])));
    assert_eq!(needs(none, unknown), (0, open(&["DestinationRegions.0", "DestinationRegions.1"])));
}

#[test]
fn only_what_can_still_fail_is_unverified() {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(presync::Region::new);
    let state = State::new(regions, []).unwrap();
    let open = json!({"destination_regions": ["ap-shanghai"]});
    let plan = plan_of(vec![resource("a.b", open, json!({"image_id": true}))]);
    for month in [(2017, 3), (2022, 9), (2025, 4)] {
        let edition = Edition::new(month.0, month.1).unwrap();
        let planned = terraform::calls(&plan, Some("gz")).unwrap();
        let report = Ruleset::documented(edition).check_partial(planned.calls[0].request(), &state);
        assert_eq!(report.violations()[0].rule(), "source-region-supported");
        let rules: Vec<_> = report.unverified().iter().map(presync::Unverified::rule).collect();
        // In no region is there an image, and no destination is that region or another one.
        assert_eq!(rules, ["image-id-format"], "{edition}");
    }
    // The provider always sends its region, be it known or not.
    let planned = terraform::calls(&plan, None).unwrap();
    let report = Ruleset::documented(Edition::LATEST).check_partial(planned.calls[0].request(), &state);
    assert!(report.unverified().iter().any(|unverified| unverified.rule() == "source-region-supported"));
    assert!(!report.unverified().iter().any(|unverified| unverified.rule() == "region-required"));
}

/// The region of each of the resources, with names of their own, in one module each or
/// in one: the work is measured by the size of the input alone.
#[test]
fn the_key_of_a_provider_is_not_longer_than_a_value() {
    let plan = |length: usize, is_configured: bool| {
        let key = "k".repeat(length);
        let providers = if is_configured { json!({&*key: {}}) } else { json!({}) };
        let resource = json!({
            "mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": "x",
            "provider_config_key": if is_configured { "p" } else { &*key },
        });
        let configuration = json!({"provider_config": providers, "root_module": {"resources": [resource]}});
        bytes(&json!({"format_version": "1.2", "resource_changes": [], "configuration": configuration}))
    };
    for (is_configured, path) in
        [(false, "root_module.resources[0].provider_config_key"), (true, "provider_config")]
    {
        assert!(terraform::calls(&plan(4_096, is_configured), None).is_ok());
        let error = terraform::calls(&plan(4_097, is_configured), None).unwrap_err().to_string();
        let message = "the key of a provider has at most 4096 bytes: this one has more";
        assert!(error.ends_with(&format!("configuration.{path}: {message}")), "{error}");
    }
}

#[test]
fn many_resources_with_names_of_their_own_are_found() {
    let names: Vec<String> = (0..2_000).map(|number| format!("r{number}")).collect();
    let change = |name: &String| {
        let mut change = resource(&format!("tencentcloud_cvm_sync_image.{name}"), known(), json!({}));
        change["name"] = json!(name);
        change
    };
    let configured = |name: &String| json!({"mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": name, "provider_config_key": "p"});
    let plan = json!({
        "format_version": "1.2",
        "resource_changes": names.iter().map(change).collect::<Vec<_>>(),
        "configuration": {
            "provider_config": {"p": {"expressions": {"region": {"constant_value": "ap-guangzhou"}}}},
            "root_module": {"resources": names.iter().map(configured).collect::<Vec<_>>()},
        },
    });
    let planned = planned(&bytes(&plan));
    assert_eq!(planned.calls.len(), names.len());
    for call in &planned.calls {
        assert_eq!(call.request().request().region.as_deref(), Some("ap-guangzhou"));
    }
}

/// Whatever a plan leaves open, what is said of it holds.
#[cfg(feature = "proptest")]
mod completions {
    use super::*;

    use std::collections::BTreeSet;

    use presync::check::plan::Plan;
    use presync::{AccountQuota, Image, Region, RegionQuota, Report, SyncRequest, Used};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    const REGIONS: [&str; 4] = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-seoul"];
    /// The last two are no regions.
    const NAMES: [&str; 6] = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-seoul", "gz", "ap-nowhere"];
    const IMAGES: [&str; 4] = ["img-a1b2c3d4", "img-b1b2c3d4", "img-c1b2c3d4", "img-x"];
    const LABELS: [&str; 3] =
        ["base", "web", "a-name-of-more-than-sixty-characters-which-is-too-long-since-2025-04"];
    const MONTHS: [(u16, u8); 6] = [(2017, 3), (2021, 6), (2022, 8), (2022, 9), (2024, 10), (2025, 4)];

    /// A value, and whether the plan states it.
    type Stated<T> = (T, bool);

    /// A resource, with the values that it has in the end.
    #[derive(Clone, Debug)]
    struct Resource {
        image: Stated<&'static str>,
        destinations: Vec<Stated<&'static str>>,
        are_destinations_open: bool,
        dry_run: Stated<Option<bool>>,
        name: Stated<Option<&'static str>>,
        encrypt: Stated<Option<bool>>,
        /// Its provider, and the region that this has in the end.
        provider: usize,
        region: &'static str,
        /// For a change that is deferred, the destinations of each instance beside those that are
        /// known.
        instances: Option<Vec<Vec<&'static str>>>,
    }

    fn stated<T: Clone + std::fmt::Debug>(
        value: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Stated<T>> {
        (value, prop::bool::weighted(0.7))
    }

    fn a_resource() -> impl Strategy<Value = Resource> {
        let scalars = (
            stated(select(IMAGES.to_vec())),
            stated(any::<Option<bool>>()),
            stated(option::of(select(LABELS.to_vec()))),
            stated(option::weighted(0.3, any::<bool>())),
        );
        let lists = (
            vec(stated(select(NAMES.to_vec())), 0..4),
            prop::bool::weighted(0.15),
            option::weighted(0.15, vec(vec(select(NAMES.to_vec()), 0..2), 0..3)),
        );
        (scalars, lists, 0..PROVIDERS, select(NAMES.to_vec())).prop_map(
            |(
                (image, dry_run, name, encrypt),
                (destinations, are_destinations_open, instances),
                provider,
                region,
            )| {
                // A set has each of its values once, and one that is known later may be any.
                let mut seen = BTreeSet::new();
                let mut destinations: Vec<_> = destinations;
                destinations.retain(|(name, is_stated)| !is_stated || seen.insert(*name));
                Resource {
                    image,
                    destinations,
                    are_destinations_open,
                    dry_run,
                    name,
                    encrypt,
                    provider,
                    region,
                    instances,
                }
            },
        )
    }

    /// The ways in which a plan states the region of a provider: a constant, an expression, not at
    /// all, or by a key that may stand for several.
    const PROVIDERS: usize = 5;

    impl Resource {
        /// The region in the end. A constant is the one that the plan states.
        fn final_region(&self) -> &'static str {
            match self.provider {
                0 => "ap-guangzhou",
                1 => "gz",
                _ => self.region,
            }
        }

        fn key(&self) -> &'static str {
            ["p", "p.wrong", "p.expression", "p.none", "copy:p"][self.provider]
        }

        fn planned(&self, index: usize) -> Value {
            let (mut after, mut unknown) = (json!({}), json!({}));
            let mut set = |key: &str, value: Value, is_stated: bool| {
                if is_stated {
                    after[key] = value;
                } else {
                    unknown[key] = json!(true);
                }
            };
            set("image_id", json!(self.image.0), self.image.1);
            set("dry_run", json!(self.dry_run.0), self.dry_run.1);
            set("image_name", json!(self.name.0), self.name.1);
            set("encrypt", json!(self.encrypt.0), self.encrypt.1);
            if self.are_destinations_open {
                unknown["destination_regions"] = json!(true);
            } else {
                let values = self.destinations.iter().map(|(name, is_stated)| is_stated.then_some(name));
                after["destination_regions"] = json!(values.collect::<Vec<_>>());
                unknown["destination_regions"] =
                    json!(self.destinations.iter().map(|(_, is_stated)| !is_stated).collect::<Vec<_>>());
            }
            let mut change = resource(&format!("t.r{index}"), after, unknown);
            change["name"] = json!(format!("r{index}"));
            change
        }

        /// The requests that are made in the end.
        fn made(&self) -> Vec<SyncRequest> {
            let more = self.instances.clone().unwrap_or_else(|| vec![vec![]]);
            more.into_iter()
                .map(|more| {
                    let mut seen = BTreeSet::new();
                    let all = self.destinations.iter().map(|(name, _)| *name).chain(more);
                    let destinations: Vec<&str> = all.filter(|name| seen.insert(*name)).collect();
                    let mut request =
                        SyncRequest::new(self.image.0, destinations).with_region(self.final_region());
                    request.dry_run = self.dry_run.0;
                    request.image_name = self.name.0.map(str::to_owned);
                    request.encrypt = self.encrypt.0;
                    request
                })
                .collect()
        }
    }

    fn document(resources: &[Resource]) -> Vec<u8> {
        let (mut changes, mut deferred, mut configured) = (Vec::new(), Vec::new(), Vec::new());
        for (index, resource) in resources.iter().enumerate() {
            let planned = resource.planned(index);
            configured.push(json!({
                "mode": "managed", "type": planned["type"], "name": planned["name"],
                "provider_config_key": resource.key(),
            }));
            match resource.instances {
                Some(_) => {
                    deferred.push(json!({"reason": "instance_count_unknown", "resource_change": planned}))
                }
                None => changes.push(planned),
            }
        }
        let region = |expression: Value| json!({"name": "p", "expressions": {"region": expression}});
        bytes(&json!({
            "format_version": "1.2",
            "resource_changes": changes,
            "deferred_changes": deferred,
            "variables": {"r": {"value": "ap-shanghai"}},
            "configuration": {
                "provider_config": {
                    "p": region(json!({"constant_value": "ap-guangzhou"})),
                    "p.wrong": region(json!({"constant_value": "gz"})),
                    "p.expression": region(json!({"references": ["var.r"]})),
                    "p.none": {"name": "p"},
                },
                "root_module": {"resources": configured},
            },
        }))
    }

    fn state() -> impl Strategy<Value = State> {
        let image = (
            select(REGIONS.to_vec()),
            select(vec!["PRIVATE_IMAGE", "SHARED_IMAGE", "PUBLIC_IMAGE"]),
            select(vec!["NORMAL", "CREATING"]),
            option::of(select(LABELS.to_vec())),
        );
        (vec(image, 3), vec(0..3_u64, 4), vec(any::<bool>(), 4)).prop_map(|(images, used, complete)| {
            let regions = REGIONS.iter().zip(complete).map(|(name, complete)| {
                let mut region = Region::new(*name);
                region.images_complete = complete;
                region
            });
            let images = IMAGES.iter().zip(images).map(|(id, (region, image_type, image_state, name))| {
                let mut image = Image::new(region, *id).with_image_size(20);
                image.image_type = Some(image_type.to_owned().into());
                image.image_state = Some(image_state.to_owned().into());
                image.image_name = name.map(str::to_owned);
                image
            });
            let mut quota = AccountQuota::default().with_image_num_quota(2);
            quota.regions = REGIONS
                .iter()
                .zip(used)
                .map(|(name, used)| RegionQuota::new(*name).with_used(Used::Count(used)))
                .collect();
            State::from_records(regions, images, quota, []).unwrap()
        })
    }

    type Key = (String, Option<String>, String);

    fn violations(report: &Report) -> BTreeSet<Key> {
        let key = |violation: &presync::Violation| {
            let (rule, value) = (violation.rule().to_owned(), violation.value().map(str::to_owned));
            (rule, value, violation.parameter().name().to_owned())
        };
        report.violations().iter().map(key).collect()
    }

    fn open(report: &Report) -> BTreeSet<(String, String)> {
        let key = |open: &presync::Unverified| (open.rule().to_owned(), open.parameter().name().to_owned());
        report.unverified().iter().map(key).collect()
    }

    /// Says what is said of a planned call and does not hold of the request in the
    /// end, or the other way round.
    fn contradiction(before: &Report, after: &Report) -> Option<String> {
        let (certain, found) = (violations(before), violations(after));
        let may = open(before);
        if let Some(lost) = certain.difference(&found).next() {
            return Some(format!("{lost:?} does not come true"));
        }
        let is_open = |rule: &String, parameter: &String| may.contains(&(rule.clone(), parameter.clone()));
        if let Some(new) = found.difference(&certain).find(|(rule, _, parameter)| !is_open(rule, parameter)) {
            return Some(format!("{new:?} was not said to be unverified"));
        }
        open(after)
            .into_iter()
            .find(|(rule, parameter)| !is_open(rule, parameter))
            .map(|open| format!("{open:?} was not said to be unverified before"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_certain_holds_of_every_completion(
            resources in vec(a_resource(), 1..4),
            state in state(),
            month in select(MONTHS.to_vec()),
        ) {
            let rules = Ruleset::documented(Edition::new(month.0, month.1).unwrap());
            let planned = planned(&document(&resources));
            prop_assert_eq!(planned.calls.len(), resources.len());
            // What is deferred comes last.
            let (deferred, made): (Vec<_>, Vec<_>) =
                resources.iter().partition(|resource| resource.instances.is_some());
            let (mut before, mut after) = (Plan::new(&rules, state.clone()), Plan::new(&rules, state));
            for (call, resource) in planned.calls.iter().zip(made.into_iter().chain(deferred)) {
                let report = before.check_partial(call.request());
                for request in resource.made() {
                    let completed = after.check(&request);
                    if let Some(contradiction) = contradiction(&report, &completed) {
                        prop_assert!(false, "{}: {}\n{:#?}\n{:#?}", call.address(), contradiction, report, completed);
                    }
                }
            }
        }
    }
}

/// An element of a set that is not known may turn out to be one that is.
#[cfg(feature = "policy")]
#[test]
fn an_unknown_destination_may_be_a_known_one() {
    use presync::policy::Policy;

    let judged = |destinations: Value, unknown: Value, most: u64| {
        let mut policy = Policy::default();
        policy.limits.destinations = Some(most);
        let rules = policy.ruleset().unwrap();
        let after = json!({"image_id": "img-o3ycss2p", "destination_regions": destinations});
        let plan = plan_of(vec![resource("a.b", after, json!({"destination_regions": unknown}))]);
        let report = rules.check_partial(planned(&plan).calls[0].request(), &State::default());
        let rule = "policy/destination-count";
        (
            report.violations().iter().any(|violation| violation.rule() == rule),
            report.unverified().iter().any(|open| open.rule() == rule),
        )
    };
    let (refused, open, accepted) = ((true, false), (false, true), (false, false));
    assert_eq!(judged(json!(["a", null]), json!([false, true]), 1), open);
    assert_eq!(judged(json!(["a", null]), json!([false, true]), 2), accepted);
    assert_eq!(judged(json!([null, null, null]), json!([true, true, true]), 1), open);
    assert_eq!(judged(json!([null]), json!([true]), 1), accepted);
    assert_eq!(judged(json!(["a", "b", null]), json!([false, false, true]), 1), refused);
    assert_eq!(judged(json!(["a", "b"]), json!([false, false]), 2), accepted);
    assert_eq!(judged(json!(null), json!(true), 9), open);
}

/// What one plan defers may be made before or after what the next plan makes.
#[test]
fn what_is_deferred_comes_before_the_next_plan() {
    let plan = |made: &str, deferred: &str| {
        let resource = |address: &str| resource(address, known(), json!({}));
        let deferred = json!([{"reason": "instance_count_unknown", "resource_change": resource(deferred)}]);
        json!({"format_version": "1.2", "resource_changes": [resource(made)], "deferred_changes": deferred})
    };
    let plans = format!("{}\n{}\n", plan("t.a", "t.b"), plan("t.c", "t.d"));
    let planned = terraform::calls(plans.as_bytes(), None).unwrap();
    let addresses: Vec<_> = planned.calls.iter().map(PlannedCall::address).collect();
    assert_eq!(addresses, ["plan 1: t.a", "plan 1: t.b", "plan 2: t.c", "plan 2: t.d"]);
}

/// An action that is not known may make a copy.
#[test]
fn an_action_that_is_not_known_is_no_action_without_a_copy() {
    let error = |actions: Value| {
        let plan = json!({"format_version": "1.2",
            "resource_changes": [resource_with("a.b", actions, known(), json!({}))]});
        terraform::calls(&bytes(&plan), None).unwrap_err().to_string()
    };
    let expected = "resource_changes[0].change.actions: expected `no-op`, `create`, `read`, `update`, `delete` or \
                    `forget`, found ";
    assert!(error(json!(["frobnicate"])).ends_with(&format!("{expected}`frobnicate`")));
    assert!(error(json!(["create", "frobnicate"])).ends_with(&format!("{expected}`frobnicate`")));
    assert!(error(json!([])).ends_with(&format!("{expected}no action")));
    // Of another resource they are of no matter.
    let mut other = resource_with("a.c", json!(["frobnicate"]), known(), json!({}));
    other["type"] = json!("tencentcloud_cos_bucket");
    let plan =
        json!({"format_version": "1.2", "resource_changes": [resource("a.b", known(), json!({})), other]});
    assert_eq!(planned(&bytes(&plan)).calls.len(), 1);
}

#[test]
fn a_character_that_no_editor_shows_is_named() {
    let plan = json!({"format_version": "1.2", "resource_changes": []}).to_string();
    for (before, name) in
        [("\u{a0}", "U+00A0"), ("\u{200b}", "U+200B"), ("\u{3000}", "U+3000"), ("x", "text")]
    {
        let error = terraform::calls(format!("{before}{plan}").as_bytes(), None).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "line 1, column 1: {name} in front of the plan, whose JSON starts on line 1: keep the JSON alone"
            )
        );
    }
}
