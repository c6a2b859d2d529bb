//! Plans of Terraform as people have them, on the command line.

use serde_json::{Value, json};

use crate::documents::terraform::{known, plan_of, resource};
use crate::run::{Run, check_stdin, presync};

const DATA: &str = "tests/data/field";

/// Checks a file of the field under today's page, with more arguments.
fn check(file: &str, more: &[&str]) -> Run {
    let (state, file) = (format!("{DATA}/S.json"), format!("{DATA}/{file}"));
    presync(["check", "--edition", "latest", "--state", &state, &file].iter().chain(more))
}

/// The verdicts, as JSON.
fn verdicts(file: &str, more: &[&str]) -> Vec<Value> {
    let run = check(file, &[&["--format", "json"], more].concat());
    assert_eq!(run.stderr, "");
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The parameter and the code of each violation.
fn violations(verdict: &Value) -> Vec<(&str, &str)> {
    let violations = verdict["violations"].as_array().unwrap();
    violations
        .iter()
        .map(|violation| (violation["parameter"].as_str().unwrap(), violation["code"].as_str().unwrap()))
        .collect()
}

fn needs_of_region(verdict: &Value) -> &str {
    let unverified = verdict["unverified"].as_array().unwrap();
    let region = unverified.iter().find(|unverified| unverified["parameter"] == "Region").unwrap();
    region["needs"].as_str().unwrap()
}

#[test]
fn what_is_right_stays_right() {
    assert_eq!(check("t00-good.plan.json", &["--strict"]).status, 0);
    let verdicts_of = |file| verdicts(file, &[]);
    let not_found = [("DestinationRegions.0", "InvalidRegion.NotFound")];
    assert_eq!(violations(&verdicts_of("t01-cloud-prefix.plan.json")[0]), not_found);
    let shared = [("DestinationRegions.0", "InvalidRegion.Unavailable")];
    assert_eq!(violations(&verdicts_of("t10-module-alias.plan.json")[0]), shared);
    let element = &verdicts_of("t16-unknown-element.plan.json")[0];
    assert_eq!(violations(element), [("DestinationRegions.1", "InvalidRegion.NotFound")]);
    let unverified = element["unverified"].as_array().unwrap();
    assert!(unverified.iter().all(|unverified| unverified["parameter"] == "DestinationRegions.0"));
    assert!(!unverified.is_empty());
}

#[test]
fn marks_and_utf_16_are_read() {
    for file in ["t02-utf16le-powershell.plan.json", "t03-utf8-bom.plan.json"] {
        let run = check(file, &["--strict"]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{file}");
    }
    // The place of a value is that in the text.
    let plan = plan_of(vec![resource("a.b", known(), serde_json::json!({}))]);
    let plan = format!("\u{feff}{}\n", String::from_utf8(plan).unwrap().replace("ap-shanghai", "ap-ü"));
    for encode in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = plan.encode_utf16().flat_map(encode).collect();
        let run = check_stdin(&["--region", "ap-shanghai"], bytes);
        assert_eq!(run.status, 1, "{}", run.stderr);
        assert!(run.stdout.contains("\"ap-ü\""), "{}", run.stdout);
    }
}

#[test]
fn text_beside_the_plan_is_located() {
    let run = check("t04-wrapper-lines.plan.json", &[]);
    assert_eq!((run.status, &*run.stdout), (2, ""));
    assert_eq!(
        run.stderr,
        format!(
            "{DATA}/t04-wrapper-lines.plan.json:1:1: text in front of the plan, whose JSON starts on line 2: keep \
             the JSON alone\n"
        )
    );
}

#[test]
fn several_plans_are_all_checked() {
    let run = check("t05-terragrunt-all.plan.json", &[]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("plan 1: tencentcloud_cvm_sync_image.base:\naccepted"), "{}", run.stdout);
    let verdicts = verdicts("t05-terragrunt-all.plan.json", &[]);
    assert_eq!(violations(&verdicts[1]), [("DestinationRegions.0", "InvalidRegion.NotFound")]);
    assert_eq!(verdicts[1]["address"], "plan 2: tencentcloud_cvm_sync_image.second");
    assert_eq!(verdicts[1]["violations"][0]["attribute"], "destination_regions");
}

#[test]
fn what_is_deferred_is_checked() {
    let verdicts = verdicts("t06-deferred.plan.json", &[]);
    assert_eq!(violations(&verdicts[0]), [("DestinationRegions.0", "InvalidRegion.NotFound")]);
    assert_eq!(verdicts[1], json!({"partial": "`complete` is false and it defers changes"}));
}

#[test]
fn a_region_that_the_plan_does_not_state_is_unknown_until_it_is_given() {
    for (file, needs) in [
        ("t07-region-interpolated.plan.json", "an expression of `var.city` (`guangzhou`): give `--region`"),
        (
            "t08-region-of-zone.plan.json",
            "an expression of `var.availability_zone` (`ap-guangzhou-3`): give `--region`",
        ),
        ("tf-region-conditional.json", "an expression of `var.env` (`prod`): give `--region`"),
        (
            "t25-var-map.plan.json",
            "an expression of `var.nested` (`{ \"region\": \"ap-guangzhou\" }`): give `--region`",
        ),
        ("t09-provider-for-each.plan.json", "an expression of `each.key`: give `--region`"),
        (
            "t23-proxied-alias-no-entry.plan.json",
            "the provider `copy:tencentcloud`, which may be any of `tencentcloud` and `tencentcloud.sh`: give `--region`",
        ),
    ] {
        let verdicts_open = verdicts(file, &[]);
        for verdict in &verdicts_open {
            assert!(violations(verdict).is_empty(), "{file}");
            assert!(needs_of_region(verdict).ends_with(needs), "{}", needs_of_region(verdict));
        }
        for verdict in verdicts(file, &["--region", "ap-nowhere"]) {
            assert_eq!(violations(&verdict)[0], ("Region", "UnsupportedRegion"), "{file}");
        }
    }
    // A constant is certain.
    assert!(violations(&verdicts("t00-good.plan.json", &["--region", "ap-nowhere"])[0]).is_empty());
}

#[test]
fn a_partial_plan_says_so_in_every_form() {
    let file = "t11-errored-targeted.plan.json";
    let reason = "`errored` is true, `complete` is false and `applyable` is false";
    let run = check(file, &[]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let last = run.stdout.lines().last().unwrap();
    assert_eq!(
        last,
        format!(
            "partial  {DATA}/{file}: the plan is partial, there may be more calls or other ones: {reason}"
        )
    );
    assert_eq!(verdicts(file, &[]).last().unwrap(), &json!({"partial": reason}));
    let strict = check(file, &["--strict"]);
    assert_eq!(strict.status, 3);
    assert!(strict.stdout.ends_with(", which --strict refuses\n"));

    let github = |more: &[&str]| check(file, &[&["--format", "github"], more].concat()).stdout;
    assert!(
        github(&[])
            .contains(&format!("::warning file={DATA}/{file},title=partial plan::the plan is partial"))
    );
    assert!(github(&["--strict"]).contains("::error file="));

    let sarif = |more: &[&str]| -> Value {
        serde_json::from_str(&check(file, &[&["--format", "sarif"], more].concat()).stdout).unwrap()
    };
    let invocation = &sarif(&[])["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["level"], "warning");
    assert!(notification["message"]["text"].as_str().unwrap().contains(reason));
    let strict = &sarif(&["--strict"])["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(strict["level"], "error");

    let junit = |more: &[&str]| check(file, &[&["--format", "junit"], more].concat()).stdout;
    assert!(junit(&[]).contains("<property name=\"partial\" value=\"the plan is partial"));
    assert!(junit(&["--strict"]).contains("type=\"partial plan\""));

    // Also where no call is left to say it of, and once for all plans of a file.
    let kind = "tencentcloud_cvm_sync_image";
    let resource =
        json!({"address": format!("{kind}.base"), "mode": "managed", "type": kind, "name": "base"});
    let module = json!({"root_module": {"resources": [resource]}});
    let without =
        json!({"format_version": "1.2", "errored": true, "resource_changes": [], "configuration": module});
    for strict in [&[][..], &["--strict"]] {
        let run = check_stdin(&[&["--format", "json"], strict].concat(), format!("{without}\n{without}"));
        let line: Value = serde_json::from_str(&run.stdout).unwrap();
        let reason = "plan 1: `errored` is true; plan 2: `errored` is true";
        assert_eq!((run.status, line), (if strict.is_empty() { 0 } else { 3 }, json!({"partial": reason})));
    }

    // Nothing of it where a plan is whole.
    for format in ["human", "json", "github", "junit"] {
        let run = check("tf-name-unknown.json", &["--format", format]);
        assert!(!run.stdout.contains("partial"), "{}", run.stdout);
    }
}

#[test]
fn calls_are_in_the_order_of_the_program() {
    let verdicts = verdicts("tf-order.json", &[]);
    let addresses: Vec<&str> = verdicts.iter().map(|verdict| verdict["address"].as_str().unwrap()).collect();
    assert_eq!(
        addresses,
        [
            "tencentcloud_cvm_sync_image.root",
            "module.m.tencentcloud_cvm_sync_image.x",
            "module.n.tencentcloud_cvm_sync_image.x",
            "module.o.tencentcloud_cvm_sync_image.w",
            "module.o.tencentcloud_cvm_sync_image.z",
            "module.m.module.d.tencentcloud_cvm_sync_image.y",
            "module.n.module.d.tencentcloud_cvm_sync_image.y",
        ]
    );
}

#[test]
fn only_what_can_still_fail_is_unverified() {
    let verdict = &verdicts("tf-bad-region-unknown-id.json", &[])[0];
    assert_eq!(violations(verdict), [("Region", "UnsupportedRegion")]);
    assert_eq!(verdict["violations"][0]["attribute"], "provider.tencentcloud.region");
    let rules: Vec<_> = verdict["unverified"].as_array().unwrap().iter().map(|open| &open["rule"]).collect();
    assert_eq!(rules, ["image-id-format"]);
}

#[test]
fn what_is_not_in_a_plan_is_said() {
    let run = |plan: &str| check_stdin(&["-"], plan.as_bytes());
    let expected = "expected `resource_changes` with resources of the type `tencentcloud_cvm_sync_image`, \
                    `tencentcloudenterprise_cvm_sync_image` or `cloud_cvm_sync_image`\n";
    let missing = run(r#"{"format_version": "1.2", "planned_values": {"root_module": {}}}"#);
    missing.is(2, "", &format!("<stdin>: there is no copy in it: no `resource_changes`; {expected}"));
    let mut other = resource("a.b", known(), serde_json::json!({}));
    other["type"] = serde_json::json!("null_resource");
    let other = String::from_utf8(plan_of(vec![other])).unwrap();
    run(&other).is(
        2,
        "",
        &format!("<stdin>: there is no copy in it: changes of `null_resource` (1); {expected}"),
    );
}

/// What an earlier call leaves open makes the later one's quota or name open, and names that call.
#[test]
fn a_call_of_unknown_fate_leaves_later_ones_open() {
    let image = r#"{"Region": "ap-shanghai", "ImageId": "img-o3ycss2p", "ImageName": "web",
                    "ImageType": "PRIVATE_IMAGE", "ImageState": "NORMAL", "ImageSize": 20, "Encrypted": false}"#;
    let state = |quota: u64| {
        // Of one region it is not known whether it takes images.
        let regions = r#"[{"Region": "ap-shanghai"}, {"Region": "ap-guangzhou"}, {"Region": "ap-beijing"},
                          {"Region": "ap-singapore", "ImageSync": null}]"#;
        format!(
            r#"{{"Regions": {regions}, "Images": [{image}], "AccountQuota": {{"ImageNumQuota": {quota}}}}}"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    for (plan, quota, rule) in [
        ("tf-destinations-unknown.json", 1, "image-quota"),
        ("tf-first-unverified.json", 1, "image-quota"),
        ("tf-name-unknown.json", 9, "image-name-unique"),
    ] {
        std::fs::write(&file, state(quota)).unwrap();
        let (state, plan) = (file.to_str().unwrap(), format!("{DATA}/{plan}"));
        let run = presync(["check", "--edition", "latest", "--format", "json", "--state", state, &plan]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{}", run.stdout);
        let second: Value = serde_json::from_str(run.stdout.lines().nth(1).unwrap()).unwrap();
        let open = second["unverified"].as_array().unwrap();
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(
            (&open[0]["rule"], &open[0]["needs"]),
            (&rule.into(), &"the outcome of request 1 of the plan".into())
        );
    }
}

/// The instructions that a plan takes, all of the command.
fn instructions(plan: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    std::fs::write(&file, plan).unwrap();
    let state = ["check", "--format", "json", "--state", "tests/data/state.json"];
    crate::instructions::of(env!("CARGO_BIN_EXE_presync"), &[&state[..], &[file.to_str().unwrap()]].concat())
}

#[test]
fn instructions_for_each_resource_do_not_grow_with_their_number() {
    use serde_json::json;

    if !crate::instructions::can_be_counted() {
        return;
    }
    let change = |number: usize| {
        let mut change = resource(&format!("t.r{number}"), known(), json!({}));
        change["name"] = json!(format!("r{number}"));
        change
    };
    let configured = |number: usize, key: &str| {
        json!({"mode": "managed", "type": "tencentcloud_cvm_sync_image", "name": format!("r{number}"),
               "provider_config_key": key})
    };
    let plan = |changes: Vec<Value>, providers: Value, root: Value| {
        json!({"format_version": "1.2", "resource_changes": changes,
               "configuration": {"provider_config": providers, "root_module": root}})
        .to_string()
    };
    let one = || json!({"p": {"expressions": {"region": {"constant_value": "ap-guangzhou"}}}});
    type Shape<'s> = &'s (dyn Fn(usize) -> String + Sync);
    let shapes: [(&str, Shape<'_>); 5] = [
        ("names of their own", &|n| {
            let resources: Vec<Value> = (0..n).map(|number| configured(number, "p")).collect();
            plan((0..n).map(change).collect(), one(), json!({"resources": resources}))
        }),
        ("modules of their own", &|n| {
            let calls: serde_json::Map<_, _> = (0..n)
                .map(|number| {
                    (format!("m{number}"), json!({"module": {"resources": [configured(number, "p")]}}))
                })
                .collect();
            let mut changes: Vec<Value> = (0..n).map(change).collect();
            for (number, change) in changes.iter_mut().enumerate() {
                change["module_address"] = json!(format!("module.m{number}"));
            }
            plan(changes, one(), json!({"module_calls": calls}))
        }),
        ("providers that may each be meant", &|n| {
            let providers: serde_json::Map<_, _> =
                (0..n).map(|number| (format!("p.a{number}"), json!({"name": "p"}))).collect();
            let resources: Vec<Value> =
                (0..n).map(|number| configured(number, &format!("m{number}:p"))).collect();
            plan((0..n).map(change).collect(), json!(providers), json!({"resources": resources}))
        }),
        ("one provider of many references", &|n| {
            let references: Vec<String> = (0..n).map(|number| format!("var.x{number}")).collect();
            let providers = json!({"p": {"expressions": {"region": {"references": references}}}});
            let resources: Vec<Value> = (0..n).map(|number| configured(number, "p")).collect();
            plan((0..n).map(change).collect(), providers, json!({"resources": resources}))
        }),
        ("plans of their own", &|n| {
            let plans = (0..n).map(|number| {
                let root = json!({"resources": [configured(number, "p")]});
                plan(vec![change(number)], one(), root)
            });
            plans.collect::<Vec<_>>().join("\n")
        }),
    ];
    // Beside the resources: what the command does for one.
    let set_up = instructions(&shapes[0].1(1));
    for (name, shape) in shapes {
        let (few, many) = std::thread::scope(|scope| {
            let few = scope.spawn(|| instructions(&shape(20)) - set_up);
            let many = instructions(&shape(160)) - set_up;
            (few.join().unwrap(), many)
        });
        // Eight times the resources; sixty-four times the instructions if
        // each looked at all others.
        assert!(many < 12 * few, "{name}: {few} then {many}");
    }
}
