//! The official Python SDK, pointed at a server: each code that a rule can give arrives as the code
//! of an exception, in each of the forms in which the SDK sends a call.
//!
//! `PRESYNC_SDK_PYTHON` names an interpreter that has the SDK; `.ci/run` makes one.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use presync::{Edition, State, rules};
use serde::Deserialize;
use serde_json::json;

use crate::process::{Line, Server};
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
        let edition = server.edition;
        let in_force = rules::all().filter(|rule| rule.in_force(edition)).map(|rule| rule.id());
        let scenarios: Vec<&str> = GOOD.into_iter().chain(in_force).collect();
        json!({"edition": edition, "endpoint": server.address, "scenarios": scenarios})
    });
    let asked: serde_json::Value = asked.collect();
    let lines = script(python, "sdk.py", &asked);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Runs a script of this folder with this on its stdin. Gives what it prints.
fn script(python: &str, name: &str, asked: &serde_json::Value) -> String {
    let mut script = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server").join(name))
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
    String::from_utf8(output.stdout).unwrap()
}

/// The interpreter that has the SDK; `None`, and said, where there is none.
fn python() -> Option<String> {
    let python = env::var("PRESYNC_SDK_PYTHON").ok();
    if python.is_none() {
        assert!(env::var_os("CI").is_none(), "PRESYNC_SDK_PYTHON is not set");
        say("SKIPPED: PRESYNC_SDK_PYTHON is not set, so that nothing is known of the official SDK");
    }
    python
}

#[test]
fn the_official_sdk_receives_every_code_in_every_form() {
    let Some(python) = python() else { return };
    let start = State::from_json(STATE.as_bytes()).unwrap();
    let servers = EDITIONS.map(|edition| Server::start(edition, &start, &[]));
    let received = received(&python, &servers);

    let (mut seen, mut not_sent) = (BTreeSet::new(), BTreeSet::new());
    for server in servers {
        let edition = server.edition;
        let mine: Vec<_> = received.iter().filter(|received| received.edition == edition).collect();
        // What the server says that it answered, by the id that the SDK was given.
        let log: BTreeMap<String, Line> =
            server.end().into_iter().map(|line| (line.request_id.clone(), line)).collect();
        assert_eq!(log.len(), mine.len(), "each call was answered once");
        for one in &mine {
            assert_eq!(log[&one.request_id].code, one.code, "{edition}, {}: {}", one.form, one.scenario);
        }

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
                let line = &log[&one.request_id];
                assert_eq!(line.verdict, "refused", "{edition}, {form}: {}", rule.id());
                // Another action is refused before there is a rule. Else, whichever rule it is, its
                // code is what the exception has.
                let given = line.rule().map_or(rule, |named| rules::find(named).unwrap());
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
            assert_eq!((accepted.code.as_deref(), log[&accepted.request_id].rule()), (None, None));
            let (with_image_set, dry_run) = (of("with-image-set"), of("dry-run"));
            if edition < Edition::LATEST {
                assert_eq!(accepted.image_set, None);
                // The first page has neither of the parameters.
                for one in [with_image_set, dry_run] {
                    assert_eq!(one.code.as_deref(), Some("UnknownParameter"), "{form}: {}", one.scenario);
                }
            } else {
                assert_eq!(accepted.image_set.as_deref(), Some(&[][..]));
                let line = &log[&dry_run.request_id];
                assert_eq!(
                    (dry_run.code.as_deref(), line.rule(), &*line.verdict),
                    (Some("DryRunOperation"), None, "accepted")
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

/// What a program does that copies an image and waits for it, until there is no quota left.
#[test]
fn the_official_sdk_waits_for_its_copies_until_the_quota_is_full() {
    let Some(python) = python() else { return };
    let mut state = State::from_json(STATE.as_bytes()).unwrap();
    state.set_quota("ap-beijing", 4).unwrap();
    let server = Server::start(Edition::LATEST, &state, &["--copy-time", "2"]);
    let printed = script(&python, "sdk_session.py", &json!({"endpoint": server.address}));
    say(&printed);
    let log = server.end();
    let lines: Vec<&str> = printed.lines().collect();
    // The first copy is waited for, from the moment at which it is accepted.
    assert_eq!(lines[0], "SyncImages img-custom00 to ap-beijing: img-copy0001");
    let first_wait =
        lines.iter().position(|line| line.ends_with(" NORMAL 100 %")).expect("the first copy is done");
    assert!(first_wait > 1 && lines[1].starts_with("DescribeImages img-copy0001: SYNCING "), "{printed}");
    let percents: Vec<u64> = lines[1..=first_wait]
        .iter()
        .map(|line| line.split(' ').nth_back(1).unwrap().parse().unwrap())
        .collect();
    assert!(percents.is_sorted(), "{percents:?}");
    // Three more, and then the quota is full, of copies that are there and of
    // copies that are not yet.
    assert_eq!(
        lines[first_wait + 1..],
        [
            "SyncImages img-custom00 to ap-beijing: img-copy0002",
            "SyncImages img-custom00 to ap-beijing: img-copy0003",
            "SyncImages img-custom00 to ap-beijing: img-copy0004",
            "SyncImages img-custom00 to ap-beijing: ImageQuotaLimitExceeded",
            "DescribeImages image-type=PRIVATE_IMAGE in ap-beijing: 4",
            "DescribeImageQuota in ap-beijing: 4",
            "DescribeImages image-state=NORMAL in ap-beijing: 4",
            "SyncImages img-custom00 to ap-beijing: ImageQuotaLimitExceeded",
            "SyncImages img-copy0001 to ap-shanghai: img-copy0005",
            "SyncImages img-copy0005 to ap-guangzhou: InvalidImageId.IncorrectState",
        ],
    );
    assert_eq!(
        log.iter().filter(|line| line.action.as_deref() == Some("SyncImages") && line.code.is_none()).count(),
        5
    );
}
