//! `presync regions`: where an image can be copied to.

use presync::{Edition, Region, Ruleset, State};
use serde_json::{Value, json};

use crate::run::{Run, STATE, Scratch, command, finished, presync};

const ID: &str = "img-o3ycss2p";

/// An image listed in two regions, a region that is not known to take images, and
/// others that are not listed.
const OPEN_STATE: &str = r#"{
    "Regions": [{"Region": "ap-seoul"}, {"Region": "ap-tokyo"}, {"Region": "ap-delhi", "ImageSync": null}],
    "RegionsComplete": false,
    "Images": [
        {"Region": "ap-seoul", "ImageId": "img-o3ycss2p", "ImageSize": 20},
        {"Region": "ap-tokyo", "ImageId": "img-o3ycss2p", "ImageSize": 20}
    ]
}"#;

fn regions(arguments: &[&str]) -> Run {
    presync([&["regions", "--state", STATE], arguments].concat())
}

/// Runs with this state on stdin.
fn regions_of(state: &str, arguments: &[&str]) -> Run {
    let mut command = command();
    command.args(["regions", "--state", "-"]).args(arguments).write_stdin(state);
    finished(command)
}

/// The region and the verdict of each line of the table.
fn verdicts(run: &Run) -> Vec<String> {
    let line = |line: &str| {
        let parts: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
        let verdict = parts.iter().find(|part| ["yes", "no", "not verified"].contains(part)).unwrap();
        format!("{} {verdict}", parts[0])
    };
    run.stdout.lines().skip(1).take_while(|line| !line.is_empty()).map(line).collect()
}

#[test]
fn every_region_is_a_line_with_every_reason() {
    let expected = "\
REGION        NAME                                     COPY          REASON
ap-guangzhou  South China (Guangzhou)                  yes
ap-shanghai   East China (Shanghai)                    no            `ap-shanghai` is the source region
ap-beijing    North China (Beijing)                    yes
ap-chengdu    Southwest China (Chengdu)                no            `ap-chengdu` has 9 custom images and 1 copy in flight, and its quota is 10
ap-hongkong   Hong Kong, Macau and Taiwan (Hong Kong)  no            `ap-hongkong` does not take synchronized images
ap-singapore  Southeast Asia (Singapore)               not verified  needs the state's `ImageSync` of `ap-singapore`
na-toronto    North America (Toronto)                  no            `na-toronto` is `UNAVAILABLE`

img-o3ycss2p from ap-shanghai, under the 2017-03 page: 2 yes, 1 not verified, 4 no
";
    regions(&[ID]).is(0, expected, "");
    // One reason after the other, with what would help.
    let run = regions(&["img-7k2mw9qd"]);
    assert_eq!((run.status, &*run.stderr), (1, ""));
    assert!(run.stdout.contains(
        "`img-7k2mw9qd` is not a custom image but a `SHARED_IMAGE`; `img-7k2mw9qd` is in the state `SYNCING` \
         (the state passes with time: try again later); `img-7k2mw9qd` has 50 GiB; `ap-chengdu` has 9 custom images"
    ));
    assert!(run.stdout.ends_with(": 0 yes, 0 not verified, 7 no\n"), "{}", run.stdout);
}

#[test]
fn the_exit_status_is_that_of_the_best_region() {
    let of = |sync: &str, size: &str| {
        format!(
            r#"{{"Regions": [{{"Region": "ap-seoul"}}, {{"Region": "ap-tokyo", "ImageSync": {sync}}}],
                "Images": [{{"Region": "ap-seoul", "ImageId": "{ID}", "ImageSize": {size}}}]}}"#
        )
    };
    for (state, status, strict) in [
        (of("true", "20"), 0, 0),
        (of("null", "20"), 0, 3),
        (of("true", "null"), 0, 3),
        (of("false", "20"), 1, 1),
        (of("true", "50"), 1, 1),
    ] {
        assert_eq!(regions_of(&state, &[ID]).status, status, "{state}");
        assert_eq!(regions_of(&state, &["--strict", ID]).status, strict, "{state}");
        assert_eq!(regions_of(&state, &["--strict", "--format", "json", ID]).status, strict, "{state}");
    }
}

#[test]
fn of_a_region_that_is_wrong_it_is_not_said_what_is_needed() {
    let state = format!(
        r#"{{"Regions": [{{"Region": "ap-seoul"}}, {{"Region": "ap-tokyo"}}, {{"Region": "ap-delhi", "ImageSync": false}}],
            "Images": [{{"Region": "ap-seoul", "ImageId": "{ID}", "ImageSize": null}}]}}"#
    );
    let run = regions_of(&state, &[ID]);
    let line = |region: &str| run.stdout.lines().find(|line| line.starts_with(region)).unwrap();
    assert!(line("ap-tokyo").contains("  not verified  needs "), "{}", run.stdout);
    assert!(line("ap-delhi").ends_with("  `ap-delhi` does not take synchronized images"), "{}", run.stdout);
}

#[test]
fn what_could_not_be_checked_is_said() {
    regions(&["web-base"]).gives_up("error: `web-base` does not have the form of an image id");
    regions(&[" img-o3ycss2p"]).gives_up(
        "error: ` img-o3ycss2p` does not have the form of an image id: did you mean `img-o3ycss2p`? surrounding spaces",
    );
    regions(&["img-o3ycss2p,img-q7w3e9rt"]).gives_up(
        "error: `img-o3ycss2p,img-q7w3e9rt` does not have the form of an image id: give one image, and not 2",
    );
    let none = "error: no region is known: `--state` gives them, such as a response of DescribeRegions";
    presync(["regions", ID]).gives_up(none);
    regions_of(r#"{"Regions": []}"#, &[ID]).gives_up(none);
    presync(["regions", "--state", "nowhere.json", ID]).gives_up("nowhere.json: no such file");
    assert_eq!(regions_of("{", &[ID]).status, 2);
    regions_of("{}", &["--policy", "-", ID])
        .gives_up("error: stdin is the policy and cannot be the state too");
    regions(&[]).gives_up_on_usage();
    regions(&[ID, ID]).gives_up_on_usage();
    // An image that no list has is one that can be copied to none.
    let run = regions(&["img-00000000"]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("there is no image `img-00000000` in any region"));
}

#[test]
fn the_source_region_is_given_where_it_is_not_known() {
    let run = regions_of(OPEN_STATE, &[ID]);
    assert_eq!(run.status, 0);
    assert_eq!(verdicts(&run), ["ap-seoul not verified", "ap-tokyo not verified", "ap-delhi not verified"]);
    assert!(run.stdout.contains("(`--region` gives it, or `region` in a line)"), "{}", run.stdout);
    let run = regions_of(OPEN_STATE, &["--region", "ap-tokyo", ID]);
    assert_eq!(verdicts(&run), ["ap-seoul yes", "ap-tokyo no", "ap-delhi not verified"]);
    let expected = "\
REGION    COPY          REASON
ap-seoul  yes
ap-tokyo  no            `ap-tokyo` is the source region
ap-delhi  not verified  needs the state's `ImageSync` of `ap-delhi`

img-o3ycss2p from ap-tokyo, under the 2017-03 page: 1 yes, 1 not verified, 1 no
other regions      there may be some that the state does not list (`RegionsComplete`)
";
    run.is(0, expected, "");
    // A region that is none is wrong for all.
    let run = regions(&["--region", "sh", ID]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("`sh` is not a known region (did you mean `ap-shanghai`?"), "{}", run.stdout);
}

#[test]
fn json_has_the_report_on_each_region() {
    let schema = jsonschema::validator_for(&presync(["schema", "regions"]).json()).unwrap();
    let state = State::from_json(&std::fs::read(STATE).unwrap()).unwrap();
    for (edition, strict) in [("2017-03", false), ("latest", false), ("latest", true)] {
        let strict_flag = if strict { &["--strict"][..] } else { &[] };
        let run = regions(&[&["--format", "json", "--edition", edition, ID], strict_flag].concat());
        let list = run.json();
        assert!(schema.is_valid(&list), "{list}");
        assert_eq!((&list["image"], &list["source"]), (&json!(ID), &json!("ap-shanghai")));
        assert_eq!(list["regions_complete"], json!(true));
        let rules = Ruleset::documented(edition.parse::<Edition>().unwrap());
        let rules = if strict { rules.strict() } else { rules };
        let destinations = rules.destinations(ID, &state).into_reports();
        let listed = list["regions"].as_array().unwrap();
        assert_eq!(listed.len(), destinations.len());
        for (record, destination) in listed.iter().zip(destinations) {
            let mut record = record.as_object().unwrap().clone();
            let Region { region, region_name, .. } = destination.region();
            assert_eq!(record.remove("region").unwrap(), json!(region));
            assert_eq!(record.remove("region_name").unwrap(), json!(region_name));
            let verdict = match destination.accepts() {
                presync::Truth::Yes => "yes",
                presync::Truth::No => "no",
                presync::Truth::Unknown(_) => "not verified",
            };
            assert_eq!(record.remove("verdict").unwrap(), verdict);
            assert_eq!(Value::Object(record), serde_json::to_value(destination.report()).unwrap());
        }
    }
    let list = regions_of(OPEN_STATE, &["--format", "json", ID]).json();
    assert!(schema.is_valid(&list), "{list}");
    assert_eq!((&list["source"], &list["regions_complete"]), (&json!(null), &json!(false)));
    for wrong in [
        json!({}),
        json!([]),
        json!({"image": ID, "source": null, "regions_complete": true, "regions": [{}]}),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn an_open_warning_is_said_where_the_copy_is_accepted() {
    let folder = Scratch::with(&[
        ("state.json", OPEN_STATE),
        ("presync.toml", "[rules]\ndestination-available = \"warning\"\n"),
    ]);
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (state, policy) = (file("state.json"), file("presync.toml"));
    let run = presync(["regions", "--state", &state, "--policy", &policy, "--region", "ap-tokyo", ID]);
    let delhi = run.stdout.lines().find(|line| line.starts_with("ap-delhi")).unwrap();
    assert_eq!(
        delhi.split_whitespace().collect::<Vec<_>>().join(" "),
        "ap-delhi yes warning: not verified, needs the state's `ImageSync` of `ap-delhi`"
    );
    // Of one to which it cannot be copied, what is open makes no difference.
    let tokyo = run.stdout.lines().find(|line| line.starts_with("ap-tokyo")).unwrap();
    assert!(tokyo.ends_with("`ap-tokyo` is the source region"), "{tokyo}");
}

#[test]
fn a_policy_is_checked_too() {
    let toml = "[destinations]\nrequired = [\"ap-beijing\"]\ndenied = [\"ap-guangzhou\"]\n[rules]\ndestination-not-source = \"warning\"\n";
    let folder = Scratch::with(&[("presync.toml", toml)]);
    let file = folder.path().join("presync.toml");
    let arguments = ["--policy", file.to_str().unwrap(), ID];
    let run = regions(&arguments);
    assert_eq!(run.status, 0);
    assert_eq!(
        verdicts(&run)[..3],
        ["ap-guangzhou no", "ap-shanghai yes", "ap-beijing yes"],
        "what is required beside a region does not make it wrong"
    );
    assert!(run.stdout.contains("the policy denies `ap-guangzhou`"));
    assert!(run.stdout.contains("warning: `ap-shanghai` is the source region"));
    assert!(
        run.stdout
            .ends_with("\nof the whole list  no destination is `ap-beijing`, which the policy requires\n"),
        "{}",
        run.stdout
    );
    let list = regions(&[&["--format", "json"], &arguments[..]].concat()).json();
    let schema = jsonschema::validator_for(&presync(["schema", "regions"]).json()).unwrap();
    assert!(schema.is_valid(&list), "{list}");
    assert_eq!(list["regions"][1]["of_list"][0]["rule"], "policy/destination-required");
    assert_eq!(list["regions"][2].get("of_list"), None);
}

#[test]
fn names_are_fit_to_be_shown() {
    let state = "{\"Regions\": [{\"Region\": \"ap-seoul\\u001b[31m\", \"RegionName\": \"a\\nb\"}]}";
    let run = regions_of(state, &["--region", "x\n::error::", ID]);
    assert!(run.stdout.contains("ap-seoul\\u{1b}[31m  a\\nb  no"), "{}", run.stdout);
    assert!(run.stdout.contains("from x\\n::error::,"), "{}", run.stdout);
}

#[test]
fn it_is_offered_with_examples() {
    let help = presync(["regions", "--help"]).stdout;
    assert!(help.contains("Examples:\n  presync regions --state state.json img-o3ycss2p\n"), "{help}");
    assert!(help.contains("Exit status:"), "{help}");
    assert!(presync(["completions", "bash"]).stdout.contains("regions"));
    // An edition before the subcommand is that of the subcommand.
    let run = presync(["--edition", "latest", "regions", "--state", STATE, ID]);
    assert!(run.stdout.contains("under the 2025-04 page"), "{}", run.stdout);
}
