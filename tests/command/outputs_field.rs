//! Outputs and words on documents as people have them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use presync::{Edition, Parameter, policy};
use serde_json::{Value, json};

use crate::run::{Run, Scratch, command, finished, presync, presync_in};

const STATE: &str = "tests/data/field/S.json";
/// A request with a destination that does not exist, and one that is accepted.
const NOWHERE: &str = r#"{"ImageIds":["img-q7w3e9rt"],"DestinationRegions":["ap-shanghai","ap-nowhere"]}"#;
const GOOD: &str = r#"{"ImageIds":["img-q7w3e9rt"],"DestinationRegions":["ap-shanghai"]}"#;

/// Runs `presync check` on requests from `ap-guangzhou`, in a folder.
fn check_in<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Run {
    let state = Path::new(env!("CARGO_MANIFEST_DIR")).join(STATE);
    let mut command = command();
    command.current_dir(folder).arg("check").arg("--state").arg(state);
    command.args(["--edition", "latest", "--region", "ap-guangzhou"]).args(arguments).write_stdin("");
    finished(command)
}

// --- JSON ---

#[test]
fn of_several_requests_each_object_names_its_own() {
    let plan = fs::read_to_string("tests/data/field/t10-module-alias.plan.json").unwrap();
    let folder =
        Scratch::with(&[("good.json", GOOD), ("bad.json", "{\n\"ImageIds\": [}"), ("plan.json", &plan)]);
    let run = check_in(
        folder.path(),
        ["--format", "json", "good.json", NOWHERE, "bad.json", "none.json", "plan.json"],
    );
    let lines = run.json_lines();
    let names: Vec<_> = lines.iter().map(|line| line["request"].as_str().unwrap()).collect();
    assert_eq!(names[..4], ["good.json", "<argument 2>", "bad.json", "none.json"]);
    assert!(names.len() > 4 && names[4..].iter().all(|name| *name == "plan.json"), "{names:?}");
    assert!(lines[4]["address"].is_string());
    assert_eq!(
        lines[2],
        json!({"request": "bad.json", "error": {"message": "expected a value, found `}`", "line": 2, "column": 14}})
    );
    assert_eq!(lines[3], json!({"request": "none.json", "error": {"message": "no such file"}}));
    assert_eq!(run.stderr, "bad.json:2:14: expected a value, found `}`\nnone.json: no such file\n");

    // One alone needs no name.
    let run = check_in(folder.path(), ["--format", "json", "bad.json"]);
    assert_eq!(
        run.json(),
        json!({"error": {"message": "expected a value, found `}`", "line": 2, "column": 14}})
    );
    assert_eq!(check_in(folder.path(), ["--format", "json", "good.json"]).json().get("request"), None);
}

#[test]
fn a_strict_report_says_so_even_of_a_request_of_a_wrong_shape() {
    let run = check_in(Path::new("."), ["--format", "json", "--strict", r#"{"ImageIds": "img-q7w3e9rt"}"#]);
    assert_eq!((run.status, &run.json()["strict"]), (1, &json!(true)));
    let mut command = command();
    command.args(["batch", "--strict", "--state", STATE]).write_stdin("{\"request\": {\"ImageIds\": 1}}\n");
    assert_eq!(finished(command).json()["strict"], json!(true));
}

// --- names of files ---

#[test]
fn a_file_that_is_named_like_a_command_commands_nothing() {
    let names = ["::stop-commands::x", "  ::add-mask::x", "##[add-mask]x", "a ##[group]b"];
    let folder = Scratch::new();
    for name in names {
        folder.file(name, NOWHERE);
    }
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    for name in names.iter().copied().chain(["::none::x", "##[none]x"]) {
        for form in ["human", "json", "github", "sarif", "junit"] {
            let run = check_in(folder.path(), ["--format", form, name, name]);
            assert!(!run.stderr.lines().any(is_command), "{}", run.stderr);
            let is_annotation = |line: &&str| line.starts_with("::error ") || line.starts_with("::warning ");
            if matches!(form, "human" | "github") {
                let others: Vec<_> = run.stdout.lines().filter(|line| !is_annotation(line)).collect();
                assert!(!others.iter().any(|line| is_command(line)), "{form} {others:?}");
            }
        }
        let run = presync(["check", "--state", name, GOOD]);
        assert!(run.status == 2 && !run.stderr.lines().any(is_command), "{}", run.stderr);
        let run = presync(["rules", "--policy", name]);
        assert!(run.status == 2 && !run.stderr.lines().any(is_command), "{}", run.stderr);
    }
    // The property of an annotation is the name itself.
    let run = check_in(folder.path(), ["--format", "github", "::stop-commands::x"]);
    assert!(run.stdout.starts_with("::error file=%3A%3Astop-commands%3A%3Ax,line=1,"), "{}", run.stdout);
    // Neither does an argument that is wrong.
    for argument in
        ["--format=x\n::stop-commands::y", "\n::stop-commands::y", "--\u{1b}[31m\n::stop-commands::y"]
    {
        let run = presync(["check", "--state", STATE, argument, "--nothing\r\n::x::"]);
        assert!(!run.stderr.lines().any(is_command) && !run.stderr.contains('\u{1b}'), "{}", run.stderr);
        assert_eq!(run.status, 2);
    }
}

#[test]
fn names_are_shown_like_values() {
    let folder = Scratch::new();
    let name = "a\u{202e}b\u{200b}\u{1b}[31m.json";
    folder.file(name, NOWHERE);
    for form in ["human", "json", "github", "sarif", "junit"] {
        for arguments in [&[name][..], &[name, "none\u{202e}.json"]] {
            let run = check_in(folder.path(), ["--format", form].iter().chain(arguments));
            let both = format!("{}{}", run.stdout, run.stderr);
            assert!(!both.contains(['\u{202e}', '\u{200b}', '\u{1b}']), "{form}: {both}");
        }
    }
}

// --- SARIF ---

/// The results of a log.
fn results(run: &Run) -> Vec<Value> {
    run.json()["runs"][0]["results"].as_array().unwrap().clone()
}

#[test]
fn each_finding_has_a_line_hash_of_its_own() {
    let plan = fs::read_to_string("tests/data/field/t10-module-alias.plan.json").unwrap();
    let one_line = serde_json::from_str::<Value>(&plan).unwrap().to_string();
    let folder = Scratch::with(&[("plan.json", &one_line), ("body.json", NOWHERE)]);
    let hashes = |arguments: &[&str]| -> Vec<String> {
        let run = check_in(folder.path(), ["--format", "sarif"].iter().chain(arguments));
        let hash = |result: &Value| {
            let hash = &result["partialFingerprints"]["primaryLocationLineHash"];
            hash.as_str().unwrap().to_owned()
        };
        results(&run).iter().map(hash).collect()
    };
    let all = hashes(&["plan.json", "plan.json", "body.json", "body.json", NOWHERE]);
    assert!(all.len() >= 5, "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    for hash in &all {
        let (digits, count) = hash.split_once(':').unwrap();
        assert!(digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
        assert!(count.parse::<usize>().is_ok(), "{hash}");
    }
    // The same on every run, and for the same request among others.
    let alone = hashes(&["body.json"]);
    assert_eq!(alone, hashes(&["body.json"]));
    assert!(all.contains(&alone[0]), "{all:?}");
}

#[test]
fn the_uri_of_any_name_is_that_of_the_file() {
    let folder = Scratch::new();
    for (name, uri) in [
        (&b"::stop-commands::x"[..], "%3A%3Astop-commands%3A%3Ax"),
        (b"odd\tname\x1b.json", "odd%09name%1B.json"),
        (b"line\nbreak", "line%0Abreak"),
        (b"\xff.json", "%FF.json"),
        (b"100%?#.json", "100%25%3F%23.json"),
        ("Grüße\u{202e}.json".as_bytes(), "Gr%C3%BC%C3%9Fe%E2%80%AE.json"),
        (b"./plain.json", "plain.json"),
    ] {
        let name = OsStr::from_bytes(name);
        fs::write(folder.path().join(name), NOWHERE).unwrap();
        let run = check_in(folder.path(), [OsStr::new("--format"), OsStr::new("sarif"), name]);
        let location = &results(&run)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(location, uri);
    }
}

// --- people ---

#[test]
fn several_requests_end_in_a_total() {
    let folder = Scratch::with(&[("good.json", GOOD), ("bad.json", "{")]);
    let run = check_in(folder.path(), ["good.json", NOWHERE, "bad.json", GOOD]);
    let end = "

4 requests: 2 accepted, 1 refused, 1 not checked
  refused      request 2, <argument 2>
  not checked  request 3, bad.json
";
    assert!(run.stdout.ends_with(end), "{}", run.stdout);
    let run = check_in(folder.path(), ["--independent", NOWHERE, GOOD]);
    let end = "\n\n2 requests: 1 accepted, 1 refused\n  refused      <argument 1>\n";
    assert!(run.stdout.ends_with(end), "{}", run.stdout);
    assert!(!check_in(folder.path(), ["good.json"]).stdout.contains("requests:"));
}

// --- batch ---

#[test]
fn one_answer_is_one_line() {
    let mut command = command();
    command.args(["batch", "--state", STATE]);
    command.write_stdin("{\"id\": [1,\r2], \"request\": {}}\n{\"id\": \"\\r\", \"request\": {}}\n");
    let run = finished(command);
    assert_eq!((run.status, run.stdout.lines().count(), run.stdout.contains('\r')), (2, 2, false));
    assert!(
        run.stdout
            .starts_with(r#"{"line":1,"error":{"message":"there is a carriage return in `id`","column":8}}"#)
    );
}

// --- policies ---

#[test]
fn the_sample_of_a_policy_has_every_key() {
    let sample = presync(["policy"]);
    assert_eq!((sample.status, &*sample.stderr), (0, ""));
    let read = policy::Policy::from_toml(&sample.stdout).unwrap();
    // Every rule that a policy can have is there, with what it allows.
    assert_eq!(read.requirements().len(), policy::rules().count());
    assert!(read.edition.is_some() && read.image_id_pattern.is_some() && !read.rules.is_empty());
    // Each key has a comment on its line or above it.
    let lines: Vec<_> = sample.stdout.lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")) {
        let above = index.checked_sub(1).map_or("", |above| lines[above]);
        let is_said = line.contains("# ")
            || above.starts_with('#')
            || above.starts_with('[')
            || line.contains("warning");
        assert!(is_said, "{line}");
    }
    assert!(sample.stdout.lines().all(|line| line.chars().count() <= 110));
}

#[test]
fn the_schema_of_a_policy_has_every_key_and_every_rule() {
    let schema = presync(["schema", "policy"]);
    assert_eq!((schema.status, &*schema.stderr), (0, ""));
    let schema = schema.json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let keys = &schema["properties"];
    for key in ["edition", "image-id-pattern", "limits", "destinations", "image-name", "rules"] {
        assert!(keys[key].is_object(), "{key}");
    }
    for rule in policy::every_rule() {
        assert!(keys["rules"]["properties"][rule.id()].is_object(), "{}", rule.id());
    }
    let all = json!({
        "edition": "latest",
        "image-id-pattern": "x",
        "limits": {"image-quota": 1, "image-size": 1, "destinations": 1, "free-quota": 1},
        "destinations": {"allowed": ["a"], "denied": [], "required": ["b"]},
        "image-name": {"pattern": "x"},
        "rules": {"image-size": "off", "policy/image-name": "warning", "parameter-type": "error"},
    });
    assert!(validator.is_valid(&all));
    for (pointer, wrong) in [
        ("/edition", json!("soon")),
        ("/edition", json!(null)),
        ("/limits/image-quota", json!(0)),
        ("/limits/image-size", json!("1")),
        ("/destinations/allowed", json!([])),
        ("/destinations/denied", json!("a")),
        ("/image-name/pattern", json!(null)),
        ("/rules/image-size", json!("of")),
        ("/rules/parameter-type", json!("off")),
    ] {
        let mut document = all.clone();
        *document.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&document), "{document}");
    }
    for unknown in
        [json!({"limit": {}}), json!({"rules": {"image-sise": "off"}}), json!({"limits": {"size": 1}})]
    {
        assert!(!validator.is_valid(&unknown), "{unknown}");
    }
}

#[test]
fn a_policy_can_come_from_stdin_and_stands_there_alone() {
    let folder = Scratch::with(&[("good.json", GOOD)]);
    let state = Path::new(env!("CARGO_MANIFEST_DIR")).join(STATE);
    let state = state.to_str().unwrap();
    let toml = "[destinations]\ndenied = [\"ap-shanghai\"]\n";
    let run = presync_in(folder.path(), ["check", "--policy", "-", "--state", state, "good.json"], toml);
    assert!(run.status == 1 && run.stdout.contains("Policy.DestinationDenied"), "{}", run.stdout);
    let run = presync_in(folder.path(), ["rules", "--policy", "-"], "[limits]\nimage-size = 0\n");
    assert_eq!((run.status, run.stderr.starts_with("<stdin>:2:14: limits.image-size: ")), (2, true));
    let line = folder.file("lines.ndjson", format!("{{\"request\": {GOOD}}}\n"));
    let run =
        presync_in(folder.path(), ["batch", "--policy", "-", "--state", state, line.to_str().unwrap()], toml);
    assert!(run.status == 1 && run.stdout.contains("Policy.DestinationDenied"), "{}", run.stderr);
    let run = presync_in(folder.path(), ["regions", "--policy", "-", "--state", state, "img-q7w3e9rt"], toml);
    assert!(run.status == 0 && run.stdout.contains("the policy denies `ap-shanghai`"), "{}", run.stderr);
    for (arguments, other) in [
        (&["check", "--policy", "-", "--state", state][..], "a request"),
        (&["check", "--policy", "-", "--state", state, "-"], "a request"),
        (&["check", "--policy", "-", "--state", "-", "good.json"], "the state"),
        (&["batch", "--policy", "-", "--state", state], "the lines"),
        (&["batch", "--policy", "-", "--state", "-", "good.json"], "the state"),
    ] {
        let run = presync_in(folder.path(), arguments, toml);
        run.gives_up(&format!("error: stdin is the policy and cannot be {other} too"));
    }
}

#[test]
fn patterns_are_those_that_people_write() {
    let folder = Scratch::with(&[("good.json", GOOD)]);
    let state = Path::new(env!("CARGO_MANIFEST_DIR")).join(STATE);
    let state = state.to_str().unwrap();
    let run = |toml: &str| {
        presync_in(folder.path(), ["check", "--policy", "-", "--state", state, "good.json"], toml)
    };
    for (pattern, status) in
        [(r"img-\w{8,}", 0), (r"(?i)IMG-[0-9A-Z]+", 0), (r"\bimg\b-\S+", 0), (r"img-\d+", 1), (r"\s*", 1)]
    {
        let run = run(&format!("image-id-pattern = '{pattern}'"));
        assert_eq!((run.status, &*run.stderr), (status, ""), "{pattern}");
    }
    for pattern in [r"\p{L}+", "(?-u:.)", r"\X", "a{2", "(", "(?=a)"] {
        let run = run(&format!("image-id-pattern = '{pattern}'"));
        // Tools of the tests may compile more classes in.
        if run.status == 2 {
            assert!(!run.stderr.contains("feature") && !run.stderr.contains("UTF-8"), "{}", run.stderr);
            assert!(
                run.stderr.starts_with("<stdin>:1:20: image-id-pattern: not a pattern: "),
                "{}",
                run.stderr
            );
        }
    }
}

#[test]
fn a_rule_that_no_policy_knows_leads_to_those_that_it_knows() {
    let run = presync_in(Path::new("."), ["rules", "--policy", "-"], "[rules]\nweather = \"off\"\n");
    let start = "<stdin>:2:1: rules.weather: there is no such rule, known are `version-required`, ";
    assert!(run.stderr.starts_with(start) && run.stderr.contains("`policy/image-name`"), "{}", run.stderr);
    assert!(!run.stderr.contains("parameter-type"), "it cannot be turned off");
}

#[test]
fn a_policy_has_so_many_globs_and_no_more() {
    let policy = |count: usize, glob: &str| {
        let globs: Vec<_> = (0..count).map(|number| format!("\"{glob}{number}\"")).collect();
        format!("[destinations]\ndenied = [{}]\n", globs.join(","))
    };
    let run = |toml: String| presync_in(Path::new("."), ["rules", "--policy", "-"], toml);
    let listed = run(policy(4_096, "*-"));
    assert_eq!((listed.status, &*listed.stderr), (0, ""));
    // Of a long list the first few are shown.
    assert!(listed.stdout.contains("*-15 and 4080 others"), "{}", listed.stdout);
    let error = "<stdin>:2:10: destinations.denied: not a glob: a list has at most 4096 globs of 32768 bytes together: this one has more\n";
    for toml in [policy(4_097, "*-"), policy(10_000, "*-*"), policy(9, &"?".repeat(4_000))] {
        let refused = run(toml);
        assert_eq!((refused.status, &*refused.stderr), (2, error));
    }
}

#[test]
fn a_duplicate_is_the_same_region_in_every_rule() {
    let state = r#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
        "Images": [{"Region": "ap-guangzhou", "ImageId": "img-q7w3e9rt", "ImageSize": 1, "Encrypted": false},
                   {"Region": "ap-shanghai", "ImageId": "img-u8i9o0p1", "ImageSize": 1, "ImageName": "web"}],
        "AccountQuota": {"ImageNumQuota": 1}}"#;
    let call = r#"{"Region": "ap-guangzhou", "ImageIds": ["img-q7w3e9rt"], "ImageName": "web",
        "DestinationRegions": ["ap-shanghai", "ap-shanghai"]}"#;
    let folder = Scratch::with(&[("state.json", state), ("call.json", call)]);
    let limits = "[limits]\ndestinations = 1\nimage-quota = 1\nfree-quota = 1\n[destinations]\nrequired = [\"na-*\"]\n";
    for (level, duplicate) in [("error", 1), ("warning", 0), ("off", 0)] {
        let toml = format!("edition = \"latest\"\n{limits}[rules]\ndestination-unique = \"{level}\"\n");
        let run = presync_in(
            folder.path(),
            ["check", "--format", "json", "--policy", "-", "--state", "state.json", "call.json"],
            toml,
        );
        let report = run.json();
        let broken: Vec<_> = report["violations"].as_array().unwrap().iter().collect();
        let of = |rule: &str| broken.iter().filter(|violation| violation["rule"] == rule).count();
        assert_eq!(of("destination-unique"), duplicate, "{level}");
        for rule in ["image-quota", "policy/image-quota", "policy/free-quota", "image-name-unique"] {
            assert_eq!(of(rule), 1, "{level} {rule}: {report}");
        }
        assert_eq!((of("policy/destination-count"), of("policy/destination-required")), (0, 1), "{level}");
        let name = broken.iter().find(|violation| violation["rule"] == "image-name-unique").unwrap();
        assert_eq!(name["message"], "`web` is taken in `ap-shanghai`", "{level}");
    }
}

// --- explain, diff, schema ---

#[test]
fn a_code_is_explained_with_its_months() {
    let run = presync(["explain", "InvalidImageId.TooLarge", "--edition", "latest"]);
    let line = format!(
        "  image-size: the image is smaller than 50 GiB (documented, from 2017-03 until 2021-09, not on the {} page)\n",
        Edition::LATEST
    );
    assert!(run.stdout.ends_with(&line), "{}", run.stdout);
    let run = presync(["explain", "InvalidImageId.TooLarge"]);
    assert!(run.stdout.ends_with("(documented, from 2017-03 until 2021-09)\n"), "{}", run.stdout);
    let run = presync(["explain", "LimitExceeded"]);
    assert!(run.stdout.contains("(common, from 2017-03 until 2021-06)\n"), "{}", run.stdout);
    let run = presync(["explain", "image-quota"]);
    assert!(
        run.stdout.contains("  code       LimitExceeded, from 2017-03 until 2021-06\n"),
        "{}",
        run.stdout
    );
}

/// Of an edition that is asked for the values are shown that it has, and no others.
#[test]
fn a_rule_is_explained_as_it_is_on_a_page() {
    let all = presync(["explain", "image-quota"]).stdout;
    assert!(
        all.contains("  limit      10 images; from 2023-08: 50 images; from 2024-02: 500 images\n"),
        "{all}"
    );
    let last = presync(["explain", "--edition", "latest", "image-quota"]).stdout;
    assert!(last.contains("  limit      500 images\n"), "{last}");
    assert!(last.contains("  code       ImageQuotaLimitExceeded, from 2021-06 on\n"), "{last}");
    assert!(!last.contains("LimitExceeded, from 2017-03"), "{last}");
    let first = presync(["explain", "--edition", "2017-03", "image-quota"]).stdout;
    assert!(
        first.contains("  limit      10 images\n") && !first.contains("ImageQuotaLimitExceeded"),
        "{first}"
    );
    // A sentence that changed is the one of the page.
    let sentence = presync(["explain", "--edition", "2017-03", "destination-not-source"]).stdout;
    assert_eq!(sentence.matches("  required   ").count(), 1, "{sentence}");
    assert!(
        sentence.contains("  required   no destination is the source region, from 2017-03 until "),
        "{sentence}"
    );
}

#[test]
fn an_explanation_is_data_too() {
    let explained = |word: &str| presync(["explain", word, "--format", "json"]).json();
    let quota = explained("image-quota");
    assert_eq!((&quota["rule"], &quota["code"]), (&json!("image-quota"), &json!("LimitExceeded")));
    let names: Vec<&str> =
        quota["facts"].as_array().unwrap().iter().map(|fact| fact["fact"].as_str().unwrap()).collect();
    assert_eq!(names, ["used", "more_used", "in_flight", "added", "limit", "requests"]);
    assert_eq!(quota["facts"][0]["kind"], "count");
    assert_eq!(quota["facts"][0]["meaning"], "The custom images that the region holds at least.");
    assert!(quota["explanation"].as_str().unwrap().contains("# Cure"));
    assert_eq!(explained("policy/image-size")["page"], Value::Null);
    // A rule that the edition does not have is shown as it was first seen, and says when that was.
    assert_eq!(explained("image-name-length")["since"], "2025-04");
    let code = explained("InvalidImageId.TooLarge");
    assert_eq!(
        (&code[0]["code"], &code[0]["rules"]),
        (&json!("InvalidImageId.TooLarge"), &json!(["image-size"]))
    );
    assert!(explained("InvalidImageId").as_array().unwrap().len() > 3);
    presync(["explain", "image-sise", "--format", "json"])
        .gives_up("error: `image-sise` is neither a rule nor an error code: did you mean `image-size`?");
}

#[test]
fn a_stem_is_explained_by_its_codes() {
    let run = presync(["explain", "InvalidImageId"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let codes: Vec<_> =
        run.stdout.lines().filter_map(|line| line.strip_prefix("  ")?.split(':').next()).collect();
    let parts = ["IncorrectState", "NotFound", "Malformed", "TooLarge"];
    assert_eq!(codes, parts.map(|part| format!("InvalidImageId.{part}")));
    // One is a stem too.
    let run = presync(["explain", "InvalidImageName"]);
    assert!(run.stdout.starts_with("InvalidImageName: what one code begins with\n"), "{}", run.stdout);
    // A code can be a stem as well.
    let run = presync(["explain", "UnsupportedOperation"]);
    assert!(
        run.stdout.starts_with("UnsupportedOperation: ")
            && run.stdout.contains("\n  UnsupportedOperation.Region: ")
    );
    let run = presync(["explain", "DryRunOperation"]);
    let line =
        "No rule gives it: it is the response to an accepted request with `DryRun`, from 2022-04 on.\n";
    assert!(run.stdout.ends_with(line), "{}", run.stdout);
}

#[test]
fn each_part_of_a_sentence_has_its_own_month() {
    let run = presync(["diff", "2017-03", "latest"]);
    for block in [
        "\
requirement destination-not-source
  - no destination is the source region (2017-03)
  + no destination of a custom image is the source region (2022-08)
  + no destination of a custom image is the source region, unless the copy is to be encrypted (2024-10)
",
        "\
rule destination-source-only
  + the one destination of a shared image is the source region (InvalidRegion.Unavailable) (2022-08)
  + the one destination of a shared image, or of a copy that is to be encrypted, is the source region (InvalidRegion.Unavailable) (2024-10)
",
    ] {
        assert!(run.stdout.contains(block), "{}", run.stdout);
    }
    // Backwards it ends in the month in which it was first seen.
    let run = presync(["diff", "latest", "2017-03"]);
    let block = "\
rule destination-source-only
  - the one destination of a shared image, or of a copy that is to be encrypted, is the source region (InvalidRegion.Unavailable) (2024-10)
  + the one destination of a shared image is the source region (InvalidRegion.Unavailable) (2022-08)
  - not there
";
    assert!(run.stdout.contains(block), "{}", run.stdout);
}

#[test]
fn an_edition_later_than_the_last_page_is_called_so() {
    let latest = Edition::LATEST.to_string();
    let run = presync(["diff", &latest, "9999-12"]);
    let later = format!("9999-12, which is later than the last page that is known ({latest})");
    run.is(0, &format!("no change from the {latest} page to {later}\n"), "");
    assert!(
        presync(["diff", "2024-01", "9999-12"])
            .stdout
            .starts_with("from the 2024-01 page to 9999-12, which is later")
    );
    assert!(
        presync(["diff", "2024-01", "latest"])
            .stdout
            .starts_with(&format!("from the 2024-01 page to the {latest} page:\n"))
    );
}

#[test]
fn the_schema_of_a_request_is_what_check_takes() {
    let schema = |arguments: &[&str]| {
        let run = presync(["schema", "request"].iter().chain(arguments));
        assert_eq!((run.status, &*run.stderr, run.stdout.contains("null")), (0, "", false));
        run.json()
    };
    let fits = |schema: &Value, body: &Value| jsonschema::validator_for(schema).unwrap().is_valid(body);
    let body = json!({"ImageIds": ["img-q7w3e9rt"], "DestinationRegions": ["ap-shanghai"]});
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    for edition in ["2017-03", "2022-04", "2024-10", "latest"] {
        let schema = schema(&["--edition", edition]);
        assert!(fits(&schema, &body));
        // What is asked for is what a run of `check` says, but for the values.
        let is_taken = |body: &Value| {
            let run = presync([
                "check",
                "--format",
                "json",
                "--region",
                "ap-guangzhou",
                "--state",
                STATE,
                "--edition",
                edition,
                &body.to_string(),
            ]);
            let report = run.json();
            let violations = report["violations"].as_array().unwrap();
            !violations.iter().any(|violation| {
                ["UnknownParameter", "InvalidParameter", "InvalidAction"]
                    .map(|code| json!(code))
                    .contains(&violation["code"])
            })
        };
        let mut bodies = vec![
            with("Action", json!("SyncImages")),
            with("Action", json!("DescribeImages")),
            with("Action", json!(null)),
            with("Version", json!(null)),
            with("Region", json!(null)),
            with("Region", json!("ap-guangzhou")),
            with("ImageIds", json!(null)),
            with("ImageIds", json!("img-q7w3e9rt")),
            with("DestinationRegions", json!([null])),
            with("DryRun", json!(true)),
            with("DryRun", json!(null)),
            with("DryRun", json!("true")),
            with("ImageName", json!("web")),
            with("ImageSetRequired", json!(true)),
            with("Encrypt", json!(false)),
            with("KmsKeyId", json!("12345678-1234-1234-1234-123456789012")),
            with("Nonsense", json!(1)),
        ];
        bodies.extend(Parameter::common().map(|parameter| with(&parameter.to_string(), json!(1))));
        for body in bodies {
            assert_eq!(fits(&schema, &body), is_taken(&body), "{edition} {body}");
        }
    }
    // Without an edition it is that of any.
    assert!(fits(&schema(&[]), &with("KmsKeyId", json!("x"))));
    presync(["schema", "state", "--edition", "latest"])
        .gives_up("error: `--edition` has an effect on `presync schema request` alone");
}

#[test]
fn an_edition_is_offered_where_it_has_an_effect() {
    for (subcommand, has_effect) in [
        ("check", true),
        ("batch", true),
        ("regions", true),
        ("rules", true),
        ("explain", true),
        ("schema", true),
        ("state", false),
        ("policy", false),
        ("diff", false),
        ("completions", false),
    ] {
        let help = presync([subcommand, "--help"]).stdout;
        assert_eq!(help.contains("--edition"), has_effect, "{subcommand}");
    }
    presync(["state", "--sync", "x", "--edition", "latest"]).gives_up_on_usage();
    presync(["--edition", "latest", "state", "--sync", "x"])
        .gives_up("error: `--edition` has no effect on `presync state`");
    // Before a subcommand that has it, it is that of the subcommand.
    let run = presync(["--edition", "latest", "explain", "LimitExceeded"]);
    let not_there = format!("not on the {} page", Edition::LATEST);
    assert!(run.stdout.contains(&not_there), "{}", run.stdout);
}
