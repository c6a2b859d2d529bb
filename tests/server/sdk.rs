//! The official Python SDK, pointed at a server: each code that a rule can give arrives as the code of an exception, in
//! each of the forms in which the SDK sends a call.
//!
//! `PRESYNC_SDK_PYTHON` names an interpreter that has the SDK; `.ci/run` makes one.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use presync::{Edition, Ruleset, State, rules};
use serde::Deserialize;
use serde_json::json;

use crate::app::{Server, replay};
use crate::client::run;
use crate::say;

const EDITIONS: [Edition; 2] = [Edition::FIRST, Edition::LATEST];
const FORMS: [&str; 4] = ["TC3 POST", "TC3 GET", "HmacSHA256 POST", "HmacSHA1 GET"];

/// Rules that cannot be broken in a form: what is broken in its place, and why.
const NOT_IN_THIS_FORM: [(&str, &str, &str, &str); 1] =
    [("subscripts-from-zero", "TC3 POST", "parameter-known", "a list in JSON has no subscripts")];

/// Calls that break no rule under the latest page.
const GOOD: [&str; 3] = ["accepted", "with-image-set", "dry-run"];

/// A state in which the request alone decides which rule is broken.
const STATE: &str = r#"{
    "Regions": [
        {"Region": "ap-guangzhou"},
        {"Region": "ap-shanghai"},
        {"Region": "ap-beijing"},
        {"Region": "ap-chengdu"},
        {"Region": "ap-hongkong", "ImageSync": false}
    ],
    "Images": [
        {"Region": "ap-guangzhou", "ImageId": "img-custom00", "ImageSize": 20},
        {"Region": "ap-guangzhou", "ImageId": "img-custom01", "ImageSize": 20},
        {"Region": "ap-guangzhou", "ImageId": "img-public00", "ImageSize": 20, "ImageType": "PUBLIC_IMAGE"},
        {"Region": "ap-guangzhou", "ImageId": "img-shared00", "ImageSize": 20, "ImageType": "SHARED_IMAGE"},
        {"Region": "ap-guangzhou", "ImageId": "img-syncing0", "ImageSize": 20, "ImageState": "SYNCING"},
        {"Region": "ap-guangzhou", "ImageId": "img-large000", "ImageSize": 50},
        {"Region": "ap-guangzhou", "ImageId": "img-crypted0", "ImageSize": 20, "Encrypted": true},
        {"Region": "ap-shanghai", "ImageId": "img-taken000", "ImageSize": 20, "ImageName": "taken"}
    ],
    "AccountQuota": {"Regions": [{"Region": "ap-chengdu", "Used": 4, "ImageNumQuota": 4}]}
}"#;

/// What the SDK made of one answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    edition: Edition,
    form: String,
    scenario: String,
    code: Option<String>,
    request_id: String,
    image_set: Option<Vec<serde_json::Value>>,
}

/// Runs the script against these servers.
fn received(python: &str, servers: &[Server]) -> Vec<Received> {
    let asked = servers.iter().map(|server| {
        let edition = server.rules().edition();
        let in_force = rules::all().filter(|rule| rule.in_force(edition)).map(|rule| rule.id());
        let scenarios: Vec<&str> = GOOD.into_iter().chain(in_force).collect();
        json!({"edition": edition, "endpoint": server.address, "scenarios": scenarios})
    });
    let asked: serde_json::Value = asked.collect();
    let mut script = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/sdk.py"))
        // No proxy stands between the two, whatever the environment says.
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env_remove("all_proxy")
        .env_remove("ALL_PROXY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("PRESYNC_SDK_PYTHON is {python}: {error}"));
    write!(script.stdin.take().unwrap(), "{asked}").unwrap();
    let output = script.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn the_official_sdk_receives_every_code_in_every_form() {
    let Ok(python) = env::var("PRESYNC_SDK_PYTHON") else {
        assert!(env::var_os("CI").is_none(), "PRESYNC_SDK_PYTHON is not set");
        say("SKIPPED: PRESYNC_SDK_PYTHON is not set, so that nothing is known of the official SDK");
        return;
    };
    let start = State::from_json(STATE.as_bytes()).unwrap();
    let (servers, received) = run(async {
        let mut servers = Vec::new();
        for edition in EDITIONS {
            let rules = Ruleset::documented(edition);
            servers.push(Server::start(rules, start.clone(), Duration::from_secs(30)).await);
        }
        let running = servers.clone();
        let received = tokio::task::spawn_blocking(move || received(&python, &running)).await.unwrap();
        (servers, received)
    });

    let (mut seen, mut not_sent) = (BTreeSet::new(), BTreeSet::new());
    for server in &servers {
        let edition = server.rules().edition();
        let mine: Vec<_> = received.iter().filter(|received| received.edition == edition).collect();
        // What the server says that it answered, by the id that the SDK was given.
        let broken: BTreeMap<String, Option<String>> = server.look(|world| {
            let rules = replay(world, &start, server.rules());
            let ids = world.log.iter().map(|logged| logged.answer.response.request_id.clone());
            ids.zip(rules).collect()
        });
        assert_eq!(broken.len(), mine.len(), "each call was answered once");

        for form in FORMS {
            let of = |scenario: &str| {
                let mut found = mine.iter().filter(|one| one.form == form && one.scenario == scenario);
                let one = found.next().unwrap_or_else(|| panic!("{edition}, {form}: no {scenario}"));
                assert!(found.next().is_none(), "{edition}, {form}: {scenario} twice");
                *one
            };
            let mut codes = BTreeSet::new();
            for rule in rules::all().filter(|rule| rule.in_force(edition)) {
                let one = of(rule.id());
                let named = broken[&one.request_id].as_deref();
                let named = named.unwrap_or_else(|| panic!("{edition}, {form}: {} is accepted", rule.id()));
                // Whichever rule it is, its code is what the exception has.
                let given = rules::find(named).unwrap();
                let code = given.code(edition).as_str();
                assert_eq!(one.code.as_deref(), Some(code), "{edition}, {form}: {}", rule.id());
                assert_eq!(one.image_set, None);
                if given.id() == rule.id() {
                    codes.insert(code);
                } else {
                    not_sent.insert((rule.id(), form, given.id()));
                }
            }
            let possible: BTreeSet<&str> = rules::all()
                .filter(|rule| rule.in_force(edition))
                .map(|rule| rule.code(edition).as_str())
                .collect();
            assert_eq!(codes, possible, "{edition}, {form}");

            seen.extend(&codes);

            let accepted = of("accepted");
            assert_eq!((accepted.code.as_deref(), &broken[&accepted.request_id]), (None, &None));
            let (with_image_set, dry_run) = (of("with-image-set"), of("dry-run"));
            if edition < Edition::LATEST {
                assert_eq!(accepted.image_set, None);
                // The first page has neither of the parameters.
                for one in [with_image_set, dry_run] {
                    assert_eq!(one.code.as_deref(), Some("UnknownParameter"), "{form}: {}", one.scenario);
                }
            } else {
                assert_eq!(accepted.image_set.as_deref(), Some(&[][..]));
                assert_eq!(
                    (dry_run.code.as_deref(), &broken[&dry_run.request_id]),
                    (Some("DryRunOperation"), &None)
                );
                codes.insert("DryRunOperation");
                assert_eq!(with_image_set.code, None);
                assert_eq!(with_image_set.image_set.as_ref().map(Vec::len), Some(2));
            }
            let codes: Vec<&str> = codes.into_iter().collect();
            say(&format!("{edition}, {form}: {} codes and a success: {}", codes.len(), codes.join(", ")));
        }
    }
    let any_edition: BTreeSet<&str> =
        rules::all().flat_map(|rule| rule.codes().rows()).map(|(_, (code, _))| code.as_str()).collect();
    assert_eq!(seen, any_edition, "no edition between the two gives a code that neither of them does");
    let listed = NOT_IN_THIS_FORM.map(|(rule, form, instead, why)| {
        assert!(!why.is_empty());
        (rule, form, instead)
    });
    assert_eq!(not_sent, BTreeSet::from(listed), "what cannot be sent is listed, and nothing else");
}
