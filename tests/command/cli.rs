//! The command line: exit status, stdout and stderr.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use presync::{Edition, ErrorCode, rules};
use serde_json::{Value, json};

use crate::run::{
    OPEN, PAGE_EXAMPLE, REFUSED, Run, STATE, Scratch, check, check_stdin, command, finished, presync, program,
};
use crate::snapshot;

const ACCEPTED: &str = "accepted under the 2017-03 page\n";
/// A request that the state of the tests accepts.
const QUERY: &str =
    "Action=SyncImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";

/// Code and parameter of each violation, from the report in JSON.
fn pairs(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let violations = answer["violations"].as_array().unwrap();
    violations.iter().map(|violation| (text(&violation["code"]), text(&violation["parameter"]))).collect()
}

/// Code and parameter of each violation, from the first lines of the blocks for people.
fn headings(stdout: &str) -> Vec<(String, String)> {
    let is_heading = |line: &&str| line.contains("  ") && !line.starts_with(' ');
    let pair = |line: &str| {
        let (code, parameter) = line.split_once("  ").unwrap();
        (code.to_owned(), parameter.to_owned())
    };
    stdout.lines().filter(is_heading).map(pair).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(code, parameter)| ((*code).to_owned(), (*parameter).to_owned())).collect()
}

// --- check: verdicts ---

#[test]
fn the_example_of_the_page_is_accepted() {
    check([PAGE_EXAMPLE]).is(0, ACCEPTED, "");
}

#[test]
fn one_run_shows_every_reason_in_order() {
    // All rules that one request can break at once: a version that was not sent cannot also be a
    // wrong one, a list that is empty has no wrong elements, and nothing is said of an image
    // while its region is wrong.
    let expected = owned(&[
        ("NoSuchVersion", "Version"),
        ("UnknownParameter", "DryRun"),
        ("InvalidParameterValue", "ImageIds"),
        ("InvalidImageId.Malformed", "ImageIds.0"),
        ("InvalidImageId.NotFound", "ImageIds.1"),
        ("InvalidParameterValue", "ImageIds.2"),
        ("InvalidImageId.IncorrectState", "ImageIds.2"),
        ("InvalidImageId.TooLarge", "ImageIds.2"),
        ("InvalidRegion.NotFound", "DestinationRegions.1"),
        ("InvalidRegion.Unavailable", "DestinationRegions.2"),
        ("InvalidRegion.Unavailable", "DestinationRegions.0"),
        ("InvalidParameterValue", "DestinationRegions.4"),
        ("LimitExceeded", "DestinationRegions.3"),
    ]);
    let human = check([REFUSED]);
    assert_eq!((human.status, &*human.stderr), (1, ""));
    assert_eq!(headings(&human.stdout), expected);
    assert_eq!(human.stdout.lines().last(), Some("refused under the 2017-03 page: 13 violations"));

    let json = check(["--format", "json", REFUSED]);
    assert_eq!((json.status, &*json.stderr), (1, ""));
    assert_eq!(pairs(&json.json()), expected);
}

#[test]
fn a_block_has_a_line_for_all_that_there_is_to_say() {
    let request =
        "Version=2017-03-12&Region=ap-shanghai&ImageIds.0=img-7k2mw9qd&DestinationRegions.0=AP-beijing";
    let expected = "\
InvalidParameterValue  ImageIds.0
  value    img-7k2mw9qd
  reason   `img-7k2mw9qd` is not a custom image but a `SHARED_IMAGE`
  allowed  PRIVATE_IMAGE
  rule     image-custom
  at       <argument>:1:50
    |
  1 | Version=2017-03-12&Region=ap-shanghai&ImageIds.0=img-7k2mw9qd&DestinationRegions.0=AP-beijing
    |                                                  ^^^^^^^^^^^^

InvalidImageId.IncorrectState  ImageIds.0
  value    img-7k2mw9qd
  reason   `img-7k2mw9qd` is in the state `SYNCING`
  allowed  NORMAL
  hint     the state passes with time: try again later
  rule     image-state-normal
  at       <argument>:1:50
    |
  1 | Version=2017-03-12&Region=ap-shanghai&ImageIds.0=img-7k2mw9qd&DestinationRegions.0=AP-beijing
    |                                                  ^^^^^^^^^^^^

InvalidImageId.TooLarge  ImageIds.0
  value    img-7k2mw9qd
  reason   `img-7k2mw9qd` has 50 GiB
  allowed  < 50 GiB
  rule     image-size
  at       <argument>:1:50
    |
  1 | Version=2017-03-12&Region=ap-shanghai&ImageIds.0=img-7k2mw9qd&DestinationRegions.0=AP-beijing
    |                                                  ^^^^^^^^^^^^

InvalidRegion.NotFound  DestinationRegions.0
  value    AP-beijing
  reason   `AP-beijing` is not a known region
  hint     did you mean `ap-beijing`? different case
  rule     destination-exists
  at       <argument>:1:84
    |
  1 | Version=2017-03-12&Region=ap-shanghai&ImageIds.0=img-7k2mw9qd&DestinationRegions.0=AP-beijing
    |                                                                                    ^^^^^^^^^^

refused under the 2017-03 page: 4 violations
";
    check([request]).is(1, expected, "");
}

#[test]
fn a_problem_of_the_shape_is_a_violation() {
    let run = check([r#"{"ImageIds": "img-o3ycss2p", "DestinationRegions": ["ap-guangzhou"]}"#]);
    let expected = "\
InvalidParameter  ImageIds
  value    img-o3ycss2p
";
    assert_eq!((run.status, &*run.stderr), (1, ""));
    assert!(run.stdout.starts_with(expected), "{}", run.stdout);
    let verdict = "\
refused under the 2017-03 page: 1 violation while the request is read, before its values are checked";
    assert_eq!(run.stdout.lines().last(), Some(verdict));
    // Each form says that no value was checked, and only where none was.
    let request = r#"{"ImageIds": "img-o3ycss2p", "DestinationRegions": ["gz"]}"#;
    let checked = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["gz"]}"#;
    for (form, said) in [
        ("human", verdict),
        ("github", verdict),
        ("junit", verdict),
        ("json", r#""shape_only":true"#),
        ("sarif", r#""shape_only": true"#),
    ] {
        let says = |request| check(["--format", form, request]).stdout.contains(said);
        assert_eq!((says(request), says(checked)), (true, false), "{form}");
    }
}

#[test]
fn what_is_unverified_is_said_and_refused_only_when_strict() {
    let block = "\
not verified  DestinationRegions.0
  needs    the state's `ImageSync` of `ap-singapore`
  rule     destination-available

";
    let accepted = "accepted under the 2017-03 page, but 1 check could not be verified\n";
    check([OPEN]).is(0, &format!("{block}{accepted}"), "");
    let refused = "refused under the 2017-03 page: 1 check could not be verified, which --strict refuses\n";
    check(["--strict", OPEN]).is(3, &format!("{block}{refused}"), "");
    check(["--strict", QUERY]).is(0, ACCEPTED, "");
    // What is refused is worse than what is unverified, and what could not be
    // checked is worse than both.
    assert_eq!(check(["--strict", OPEN, REFUSED]).status, 1);
    assert_eq!(check(["--strict", OPEN, REFUSED, "{"]).status, 2);

    // Both at once: refused either way, and `--strict` is not why.
    let both = format!("{OPEN}&DestinationRegions.1=ap-shanghai&DestinationRegions.2=ap-singapore");
    for flags in [&[][..], &["--strict"]] {
        let run = check(flags.iter().copied().chain([&*both]));
        let verdict = "refused under the 2017-03 page: 2 violations, 1 check could not be verified";
        assert_eq!((run.status, run.stdout.lines().last()), (1, Some(verdict)));
    }
}

#[test]
fn a_report_in_json_has_these_keys_in_this_order() {
    let run = check(["--format", "json", OPEN]);
    let unverified = r#"[{"rule":"destination-available","parameter":"DestinationRegions.0","needs":"the state's `ImageSync` of `ap-singapore`"}]"#;
    let expected =
        format!(r#"{{"edition":"2017-03","accepted":true,"violations":[],"unverified":{unverified}}}"#);
    run.is(0, &format!("{expected}\n"), "");
    let strict = expected.replace(r#""accepted":true"#, r#""accepted":false,"strict":true"#);
    check(["--format", "json", "--strict", OPEN]).is(3, &format!("{strict}\n"), "");

    let sent = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=sh";
    let violation = concat!(
        r#"{"rule":"destination-exists","code":"InvalidRegion.NotFound","parameter":"DestinationRegions.0","#,
        r#""value":"sh","allowed":null,"message":"`sh` is not a known region","#,
        r#""hint":"did you mean `ap-shanghai`? `sh` is its code in an older API","#,
        r#""facts":{"meant":"ap-shanghai","slips":["short-code"],"read_as":"sh"}}"#
    );
    let expected =
        format!(r#"{{"edition":"2017-03","accepted":false,"violations":[{violation}],"unverified":[]}}"#);
    check(["--format", "json", sent]).is(1, &format!("{expected}\n"), "");
}

#[test]
fn the_json_of_a_report_is_read_back() {
    for request in [PAGE_EXAMPLE, REFUSED, OPEN] {
        let run = check(["--format", "json", request]);
        let report: presync::Report = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(format!("{}\n", serde_json::to_string(&report).unwrap()), run.stdout);
    }
}

// --- check: where requests come from ---

#[test]
fn a_request_is_a_file_or_stdin_or_the_text_itself() {
    let scratch = Scratch::new();
    let url = format!("https://image.api.qcloud.com/v2/index.php?{QUERY}");
    let body = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"]}"#;
    for text in [QUERY, &*url, body] {
        check([text]).is(0, ACCEPTED, "");
        for end in ["", "\n", "\r\n"] {
            let text = format!("{text}{end}");
            check([scratch.file("request", &text)]).is(0, ACCEPTED, "");
            check_stdin(&[], &*text).is(0, ACCEPTED, "");
            check_stdin(&["-"], text).is(0, ACCEPTED, "");
        }
    }
}

#[test]
fn only_the_newline_that_ends_a_file_is_dropped() {
    let scratch = Scratch::new();
    let refused = owned(&[("InvalidRegion.NotFound", "DestinationRegions.0")]);
    for end in ["\n\n", " ", " \n", "\n ", "\r"] {
        let run = check([scratch.file("request", format!("{QUERY}{end}"))]);
        assert_eq!((run.status, headings(&run.stdout)), (1, refused.clone()), "{end:?}");
    }
    // An argument is no file: a newline in it was sent.
    let run = check([format!("{QUERY}\n")]);
    assert_eq!((run.status, headings(&run.stdout)), (1, refused));
}

#[test]
fn a_file_comes_before_the_text_of_its_name() {
    let scratch = Scratch::new();
    scratch.file("a=b", QUERY);
    let mut command = command();
    command.args(["check", "--state"]).arg(fs::canonicalize(STATE).unwrap()).arg("a=b");
    command.current_dir(scratch.path());
    finished(command).is(0, ACCEPTED, "");
}

#[test]
fn several_requests_are_a_plan() {
    let run = check([PAGE_EXAMPLE, "Version=2017-03-12", QUERY]);
    let expected = "\
request 1, tests/data/page-example.txt:
accepted under the 2017-03 page

request 2, <argument 2>:
MissingParameter  ImageIds
  reason   no image is named
  allowed  1 image
  rule     image-required

MissingParameter  DestinationRegions
  reason   no destination is named
  allowed  1 region or more
  rule     destination-required

refused under the 2017-03 page: 2 violations

request 3, <argument 3>:
accepted under the 2017-03 page

3 requests: 2 accepted, 1 refused
  refused      request 2, <argument 2>
";
    run.is(1, expected, "");

    let run = check(["--format", "json", PAGE_EXAMPLE, REFUSED]);
    let accepted = |line| serde_json::from_str::<Value>(line).unwrap()["accepted"].clone();
    assert_eq!(run.stdout.lines().map(accepted).collect::<Vec<_>>(), [json!(true), json!(false)]);
    assert_eq!(run.status, 1);
}

#[test]
fn a_plan_says_which_request_used_the_quota_up_and_independent_requests_do_not_meet() {
    // The quota of ap-chengdu has room for one more copy, and of two requests alone
    // neither knows of the other.
    let folder = Scratch::new();
    let state = folder.file(
        "state.json",
        r#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-chengdu"}],
            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 1}],
            "AccountQuota": {"Regions": [{"Region": "ap-chengdu", "Used": 8, "InFlight": 1}]}}"#,
    );
    let state = state.to_str().unwrap();
    let call = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-chengdu";
    let run = presync(["check", "--state", state, call, "nothing.json", call, call]);
    let expected = "\
request 1, <argument 1>:
accepted under the 2017-03 page

request 3, <argument 3>:
LimitExceeded  DestinationRegions.0
  value    ap-chengdu
  reason   `ap-chengdu` has 8 custom images and 2 copies in flight, and its quota is 10
  allowed  10 images
  hint     request 1 of the plan copies an image to it
  rule     image-quota
  at       <argument 3>:1:65
    |
  1 | Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-chengdu
    |                                                                 ^^^^^^^^^^

refused under the 2017-03 page: 1 violation

request 4, <argument 4>:
LimitExceeded  DestinationRegions.0
  value    ap-chengdu
  reason   `ap-chengdu` has 8 custom images and 2 copies in flight, and its quota is 10
  allowed  10 images
  hint     request 1 of the plan copies an image to it
  rule     image-quota
  at       <argument 4>:1:65
    |
  1 | Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-chengdu
    |                                                                 ^^^^^^^^^^

refused under the 2017-03 page: 1 violation

4 requests: 1 accepted, 2 refused, 1 not checked
  refused      request 3, <argument 3>
  refused      request 4, <argument 4>
  not checked  request 2, nothing.json
";
    run.is(2, expected, "nothing.json: no such file\n");

    // What cannot be checked has a number too.
    let run = presync(["check", "--state", state, "nothing.json", call, call]);
    assert!(
        run.stdout.contains("\n  hint     request 2 of the plan copies an image to it\n"),
        "{}",
        run.stdout
    );

    let run = presync(["check", "--state", state, "--independent", call, call]);
    let expected = "\
<argument 1>:
accepted under the 2017-03 page

<argument 2>:
accepted under the 2017-03 page

2 requests: 2 accepted
";
    run.is(0, expected, "");

    // Without a state, of no request everything can be verified.
    let wrong = "Version=2017-03-12&ImageIds.0=x&DestinationRegions.0=ap-chengdu";
    let run = presync(["check", "--independent", call, call, wrong]);
    let expected =
        "\n3 requests: 2 accepted (2 not verified in full), 1 refused\n  refused      <argument 3>\n";
    assert!(run.stdout.ends_with(expected), "{}", run.stdout);
}

#[test]
fn what_strict_refuses_takes_no_quota() {
    let folder = Scratch::new();
    let state = folder.file(
        "state.json",
        r#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-chengdu"}],
            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": null},
                       {"Region": "ap-guangzhou", "ImageId": "img-34vaef8f", "ImageSize": 1}],
            "AccountQuota": {"Regions": [{"Region": "ap-chengdu", "Used": 9}]}}"#,
    );
    let state = state.to_str().unwrap();
    let calls = ["img-o3ycss2p", "img-34vaef8f"]
        .map(|id| format!("Version=2017-03-12&ImageIds.0={id}&DestinationRegions.0=ap-chengdu"));
    let verdicts = |strict: &[&str]| -> Vec<(Value, Vec<Value>)> {
        let arguments =
            ["check", "--format", "json", "--state", state].into_iter().chain(strict.iter().copied());
        let run = presync(arguments.chain(calls.iter().map(String::as_str)));
        run.stdout
            .lines()
            .map(|line| {
                let answer: Value = serde_json::from_str(line).unwrap();
                let unverified = answer["unverified"].as_array().unwrap();
                let rules = unverified.iter().map(|unverified| unverified["rule"].clone()).collect();
                (answer["accepted"].clone(), rules)
            })
            .collect()
    };
    // The first may be refused, and then it takes no quota: the second is not certainly over it.
    assert_eq!(
        verdicts(&[]),
        [(json!(true), vec![json!("image-size")]), (json!(true), vec![json!("image-quota")])]
    );
    assert_eq!(verdicts(&["--strict"]), [(json!(false), vec![json!("image-size")]), (json!(true), vec![])]);
}

#[test]
fn the_worst_of_several_is_the_status() {
    let missing = "nowhere.json: no such file\n";
    let run = check(["nowhere.json", PAGE_EXAMPLE, REFUSED]);
    assert_eq!((run.status, &*run.stderr), (2, missing));
    assert!(run.stdout.starts_with("request 2, tests/data/page-example.txt:\naccepted"), "{}", run.stdout);
    let end = "refused under the 2017-03 page: 13 violations

3 requests: 1 accepted, 1 refused, 1 not checked
  refused      request 3, tests/data/refused.json
  not checked  request 1, nowhere.json
";
    assert!(run.stdout.ends_with(end), "{}", run.stdout);
    assert_eq!(check([PAGE_EXAMPLE, QUERY]).status, 0);
    let run = check(["--format", "json", "nowhere.json", PAGE_EXAMPLE]);
    assert_eq!((run.status, run.stdout.lines().count(), &*run.stderr), (2, 2, missing));
}

#[test]
fn a_region_is_filled_in_and_contradicted() {
    // The image is in `ap-shanghai`.
    let body = r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"]}"#;
    check(["--region", "ap-shanghai", body]).is(0, ACCEPTED, "");
    let run = check(["--region", "ap-beijing", body]);
    assert_eq!((run.status, headings(&run.stdout)), (1, owned(&[("InvalidImageId.NotFound", "ImageIds.0")])));
    assert!(run.stdout.contains("hint     the image is in `ap-shanghai`: name that as the source region"));
    let run = check(["--region", "sh", body]);
    assert_eq!((run.status, headings(&run.stdout)), (1, owned(&[("UnsupportedRegion", "Region")])));

    let with_region = format!("{QUERY}&Region=ap-shanghai");
    check(["--region", "ap-shanghai", &with_region]).is(0, ACCEPTED, "");
    let run = check(["--region", "ap-beijing", &with_region]);
    assert_eq!((run.status, headings(&run.stdout)), (1, owned(&[("InvalidParameterValue", "Region")])));
    assert!(run.stdout.contains("headers-agree"));
}

// --- check: no report ---

#[test]
fn a_request_that_cannot_be_read_is_named() {
    let scratch = Scratch::new();
    check(["nowhere.json"]).gives_up("nowhere.json: no such file");
    // What can only be JSON is no file's name.
    check([r#" [{"ImageIds": []}, {}]"#])
        .gives_up("<argument>: a JSON request is an object, which starts with an opening brace");
    check(["tests/data"]).gives_up(
        "tests/data: is a folder without a Packer template: expected files named *.pkr.hcl or *.pkr.json",
    );
    let cases: [(&[u8], &str); 8] = [
        (b"", ": the request is empty"),
        (b"\n", ": the request is empty"),
        (b"{\"ImageIds\": [}", ":1:15: expected a value, found `}`"),
        (b"{\n  \"ImageIds\": [\n", ":3:1: the JSON ends within a list"),
        (b"{\"ImageIds\": []}\n}", ":2:1: expected the end of the JSON, found `}`"),
        (b"Version=2017-03-12\n&ImageIds.0=img-\xff", ":2:17: the request is not text in UTF-8"),
        (b"\xef\xbb\xbf{}", ":1:1: the request starts with a byte order mark, which is no part of it"),
        (b"[]", ": a JSON request is an object, which starts with an opening brace"),
    ];
    for (content, reason) in cases {
        let path = scratch.file("request.json", content);
        check([&path]).gives_up(&format!("{}{reason}", path.display()));
        check_stdin(&[], content).gives_up(&format!("<stdin>{reason}"));
    }
    check([""]).gives_up("<argument>: the request is empty");
    presync(["check", "--state", "", QUERY]).gives_up("<empty argument>: no such file");
    check(["{\"ImageIds\": [}"]).gives_up("<argument>:1:15: expected a value, found `}`");
    check([QUERY, "{"]).is(
        2,
        &format!(
            "request 1, <argument 1>:\n{ACCEPTED}\n2 requests: 1 accepted, 1 not checked\n  not checked  request 2, <argument 2>\n"
        ),
        "<argument 2>:1:1: the JSON ends within an object\n",
    );
}

#[test]
fn a_request_over_the_limit_is_refused_unread() {
    let scratch = Scratch::new();
    let path = scratch.file("large.json", "");
    // Sparse: it takes no place on the disk.
    fs::File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    check([&path])
        .gives_up(&format!("{}: a request has at most 10485760 bytes: this one has more", path.display()));
    let body = [br#"{"ImageIds": [""#.to_vec(), vec![b'a'; 11 << 20], br#""]}"#.to_vec()].concat();
    let path = scratch.file("large.json", body);
    check([&path])
        .gives_up(&format!("{}: a request has at most 10485760 bytes: this one has more", path.display()));
    let path = scratch.file("form", format!("{QUERY}&Token={}\n", "a".repeat(1 << 20)));
    check([&path])
        .gives_up(&format!("{}: a form has at most 1048576 bytes: this one has more", path.display()));
}

#[test]
fn a_state_that_cannot_be_read_is_named() {
    let scratch = Scratch::new();
    let with =
        |state: &Path| presync([OsStr::new("check"), "--state".as_ref(), state.as_ref(), QUERY.as_ref()]);
    with(Path::new("nowhere.json")).gives_up("nowhere.json: no such file");
    with(Path::new("tests/data")).gives_up("tests/data: is a directory, not a file");
    // A byte order mark, which other tools write, is no part of it.
    let marked = scratch.file("marked.json", [b"\xef\xbb\xbf".to_vec(), fs::read(STATE).unwrap()].concat());
    with(&marked).is(0, ACCEPTED, "");
    let cases: [(&[u8], &str); 11] = [
        (b"", ":1:1: the state is empty"),
        (b" \n", ":1:1: the state is empty"),
        (b"{\"Regions\": [\n}", ":2:1: Regions[0]: expected a value, found `}`"),
        (b"{}\n{}", ":2:1: expected the end of the JSON, found `{`"),
        (b"{\"Regions\":\n \"\xff\"}", ":2:3: the state is not text in UTF-8"),
        (b"[]", ":1:2: expected an object, found a list"),
        (b"{\"Region\": []}", ":1:9: unknown key `Region`, did you mean `Regions`?"),
        (
            b"{\"Regions\": [{\"Region\": \"ap-shanghai\"}],\n \"Images\": [{\"Region\": \"ap-shanghai\", \"ImageId\": 1}]}",
            ":2:50: Images[0].ImageId: expected a text, found the number `1`",
        ),
        (
            b"{\"Regions\": [{\"Region\": \"ap-shanghai\"}],\n \"Images\": [{\"Region\": \"ap-shanghai\", \"ImageId\": \"img-a\", \"ImageSize\": 1.5}]}",
            ":2:74: Images[0].ImageSize: expected a size in whole GiB, as a number, or `null`: found the number `1.5`",
        ),
        (
            b"{\"Regions\": [{\"Region\": \"ap-shanghai\"}], \"Images\": [{\"Region\": \"ap-shangai\", \"ImageId\": \"img-a\"}]}",
            ":1:64: Images[0].Region: region `ap-shangai` is not listed in `Regions`, did you mean `ap-shanghai`?",
        ),
        (
            b"{\"Regions\": [{\"Region\": \"ap-shanghai\"}, {\"Region\": \"ap-shanghai\"}]}",
            ":1:52: Regions[1].Region: region `ap-shanghai` is already listed",
        ),
    ];
    for (content, reason) in cases {
        let path = scratch.file("state.json", content);
        with(&path).gives_up(&format!("{}{reason}", path.display()));
    }
    let path = scratch.file("state.json", "");
    fs::File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    with(&path)
        .gives_up(&format!("{}: a state has at most 536870912 bytes: this one has more", path.display()));
    // As many as there may be are read, up to the first one, which is no JSON.
    fs::File::options().write(true).open(&path).unwrap().set_len(536_870_912).unwrap();
    with(&path).gives_up(&format!("{}:1:1: expected a value, found `\\u{{0}}`", path.display()));
}

#[cfg(unix)]
#[test]
fn each_kind_of_file_is_read_to_its_own_limit_and_no_further() {
    use std::io::Seek as _;

    let scratch = Scratch::new();
    let response = "{\"RequestId\": \"x\", \"ImageSet\": [";
    let cases: [(&[&str], &str, &str, u64); 5] = [
        (&["check", "--policy", "-", "{}"], "", "a policy", 131_072),
        (&["rules", "--policy", "-"], "", "a policy", 131_072),
        (&["check", "--state", "-", "{}"], response, "a file of responses", 16_777_216),
        (&["check", "--state", "ap-shanghai=-", "{}"], "", "a file of responses", 16_777_216),
        (&["state", "--regions", "-"], "", "a file of responses", 16_777_216),
    ];
    for (arguments, start, kind, limit) in cases {
        let path = scratch.file("large", start);
        fs::File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
        let mut file = fs::File::open(&path).unwrap();
        let mut program = program();
        // What is read of it is read here too: both have one position in the file.
        program.args(arguments).stdin(file.try_clone().unwrap());
        Run::of(program.output().unwrap())
            .gives_up(&format!("<stdin>: {kind} has at most {limit} bytes: this one has more"));
        let read = file.stream_position().unwrap();
        assert!((limit..limit + (64 << 10)).contains(&read), "{arguments:?}: {read}");
    }
    // A byte order mark counts for no byte of the text, and a letter of UTF-16 for one.
    let policy = format!("# {}", "x".repeat((1 << 17) - 2));
    let utf_16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(policy.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for policy in [policy.clone().into_bytes(), format!("\u{feff}{policy}").into_bytes(), utf_16] {
        let path = scratch.file("policy.toml", policy);
        let run = presync(["rules".as_ref(), "--policy".as_ref(), path.as_os_str()]);
        assert_eq!((run.status, &*run.stderr), (0, ""));
    }
}

#[test]
fn a_state_can_come_from_stdin_and_only_one_thing_does() {
    let mut command = command();
    command.args(["check", "--state", "-", QUERY]).write_stdin(fs::read(STATE).unwrap());
    finished(command).is(0, ACCEPTED, "");
    for arguments in [&["check", "--state", "-"][..], &["check", "--state", "-", QUERY, "-"]] {
        presync(arguments).gives_up("error: stdin is the state and cannot be a request too");
    }
    presync(["check", "--state", STATE, "-", "-"]).gives_up("error: stdin cannot be several requests");
}

#[test]
fn bad_usage_gives_no_report() {
    let cases: [&[&str]; 8] = [
        &[],
        &["chek"],
        &["check", QUERY, "--state"],
        &["check", "--state", STATE, "--format", "yaml", QUERY],
        &["check", "--state", STATE, "--color", "sometimes", QUERY],
        &["rules", "--format", "human"],
        &["explain"],
        &["schema", "answer"],
    ];
    for arguments in cases {
        let run = presync(arguments);
        assert_eq!((run.status, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains("--help"), "{arguments:?}: {}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_name_cannot_command_the_terminal() {
    use std::os::unix::ffi::OsStrExt as _;

    check(["\u{1b}[31mx\n.json"]).gives_up("\\u{1b}[31mx\\n.json: no such file");
    presync(["check", "--state", "\u{1b}[31mx\n.json", QUERY]).gives_up("\\u{1b}[31mx\\n.json: no such file");
    check([OsStr::from_bytes(b"\xff.json")]).gives_up("\u{fffd}.json: no such file");
    check([OsStr::from_bytes(b"a=\xff")]).gives_up("<argument>:1:3: the request is not text in UTF-8");
    // A folder before the first `=` has no part in a request.
    check([OsStr::from_bytes(b"plans/a=\xff")]).gives_up("plans/a=\u{fffd}: no such file");
    check([OsStr::from_bytes(b"plans\\a=\xff")]).gives_up("plans\\a=\u{fffd}: no such file");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let status = program()
        .arg("rules")
        .stdout(fs::File::options().write(true).open(full).unwrap())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(2));
    let stderr = String::from_utf8(status.stderr).unwrap();
    assert!(stderr.starts_with("error: cannot write to stdout: "), "{stderr}");
}

/// The reader is gone before anything is written.
#[test]
fn a_reader_who_leaves_is_no_failure() {
    let cases: [(&[&str], i32); 9] = [
        (&["rules"], 0),
        (&["rules", "--format", "json"], 0),
        (&["completions", "bash"], 0),
        (&["--help"], 0),
        (&["check", "--state", STATE], 1),
        (&["check", "--state", STATE, "--format", "json"], 1),
        (&["check", "--state", STATE, "--format", "github"], 1),
        (&["check", "--state", STATE, "--format", "sarif"], 1),
        (&["check", "--state", STATE, "--format", "junit"], 1),
    ];
    for (arguments, status) in cases {
        let mut child = program()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        // What needs no request may have ended by now, and then this pipe is broken too.
        let _ = child.stdin.take().unwrap().write_all(&fs::read(REFUSED).unwrap());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    }
}

// --- colour ---

#[test]
fn colour_is_for_terminals_and_on_demand() {
    let styled = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = command();
        command.args(["check", "--state", STATE, QUERY]).args(arguments);
        command.envs(environment.iter().copied());
        let run = finished(command);
        assert_eq!(run.status, 0);
        assert_eq!(run.stdout.contains('\u{1b}'), run.stdout != ACCEPTED);
        run.stdout != ACCEPTED
    };
    // Stdout is a pipe here.
    assert!(!styled(&[], &[]));
    assert!(!styled(&["--color", "auto"], &[]));
    assert!(!styled(&["--color=never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(styled(&["--color", "always"], &[]));
    assert!(styled(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!styled(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    // What is asked for by name beats the environment.
    assert!(styled(&["--color", "always"], &[("NO_COLOR", "1")]));
    // Of a table the heading is bold.
    let table = presync(["rules", "--color", "always"]).stdout;
    let bold: Vec<bool> = table.lines().map(|line| line.starts_with("\u{1b}[1m")).collect();
    assert!(bold[0] && !bold[1..].contains(&true), "{table:?}");
    // An object is never styled.
    assert!(
        !presync(["check", "--state", STATE, "--color", "always", "--format", "json", REFUSED])
            .stdout
            .contains('\u{1b}')
    );
}

// --- rules ---

#[test]
fn the_table_has_every_rule_on_a_line() {
    let run = presync(["rules"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let columns = |line: &str| -> Vec<String> {
        line.split("  ").filter(|text| !text.is_empty()).map(|text| text.trim().to_owned()).collect()
    };
    let table: Vec<_> = run.stdout.lines().map(columns).collect();
    let mut expected = vec![["RULE", "PARAMETER", "CODE", "EVIDENCE", "WHAT MUST HOLD"].map(str::to_owned)];
    let seed = Edition::FIRST;
    expected.extend(rules::all().filter(|rule| rule.in_force(seed)).map(|rule| {
        let requirement = match rule.id() {
            // The only sentence that does not have its number.
            "image-quota" => format!("{} (10 images)", rule.requirement(seed)),
            _ => rule.requirement(seed).to_owned(),
        };
        let evidence = rule.evidence(seed).to_string();
        [rule.id(), rule.parameter(), rule.code(seed).as_str(), &evidence, &requirement].map(str::to_owned)
    }));
    assert_eq!(table, expected);
}

#[test]
fn the_rules_in_json_say_all_that_a_rule_is() {
    let run = presync(["rules", "--format", "json"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let listed = run.json();
    let listed = listed.as_array().unwrap();
    let first_page = || rules::all().filter(|rule| rule.in_force(Edition::FIRST));
    assert_eq!(listed.len(), first_page().count());
    for (listed, rule) in listed.iter().zip(first_page()) {
        assert_eq!(listed["rule"], rule.id());
        assert_eq!(listed["citation"], rule.citation());
    }
    let quota = listed.iter().find(|rule| rule["rule"] == "image-quota").unwrap();
    let expected = json!({
        "rule": "image-quota",
        "parameter": "DestinationRegions.N",
        "code": "LimitExceeded",
        "evidence": "common",
        "requirement": "each destination has free quota for one more custom image",
        "limit": "10 images",
        "citation": "1, bullet 3",
        "page": "https://cloud.tencent.com/document/api/213/9417",
        "first_seen": "2017-03",
        "withdrawn": null,
        "stage": "check",
        "since": "2017-03",
    });
    assert_eq!(*quota, expected);
}

#[test]
fn the_rules_are_those_of_the_edition_that_is_asked_for() {
    let ids = |arguments: &[&str]| -> Vec<String> {
        let run = presync(["rules", "--format", "json"].iter().chain(arguments));
        assert_eq!((run.status, &*run.stderr), (0, ""));
        let listed = run.json();
        listed.as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap().to_owned()).collect()
    };
    let size = "image-size".to_owned();
    assert!(ids(&["--edition", "2021-08"]).contains(&size));
    assert!(!ids(&["--edition", "2021-09"]).contains(&size));
    assert_eq!(ids(&["--edition", "latest"]), ids(&["--edition", &Edition::LATEST.to_string()]));
    assert_eq!(ids(&["--edition", "latest"]), ids(&["--edition", "9999-12"]));
    // All of them: a record for each change.
    let all = ids(&["--all"]);
    assert_eq!(all.iter().filter(|id| *id == "image-quota").count(), 4);
    assert_eq!(all.len(), rules::all().map(|rule| rule.changes().count()).sum::<usize>());
    presync(["rules", "--all", "--edition", "latest"]).gives_up_on_usage();
    presync(["--edition", "latest", "rules", "--all"])
        .gives_up("error: `--all` lists the rules of every edition: leave `--edition` out");
    // In the table with their months, where they are not in force on all pages.
    let run = presync(["rules", "--all"]);
    assert_eq!((run.status, &*run.stderr, run.stdout.lines().count()), (0, "", 1 + rules::all().count()));
    for (line, rule) in run.stdout.lines().skip(1).zip(rules::all()) {
        let (first, withdrawn) = (rule.first_seen(), rule.withdrawn());
        let months = match (first > Edition::FIRST, withdrawn) {
            (false, None) => None,
            (true, None) => Some(format!("(from {first})")),
            (false, Some(end)) => Some(format!("(until {end})")),
            (true, Some(end)) => Some(format!("(from {first} until {end})")),
        };
        assert!(line.starts_with(&format!("{} ", rule.id())), "{line}");
        match months {
            Some(months) => assert!(line.ends_with(&format!(" {months}")), "{line}"),
            None => assert!(
                !line.contains("(from") && !line.contains("(until") && !line.contains("always"),
                "{line}"
            ),
        }
    }
}

#[test]
fn what_changed_between_two_editions_is_told() {
    let changes = |from: &str, to: &str| -> Vec<(String, String, Value, Value, String)> {
        let run = presync(["diff", from, to, "--format", "json"]);
        assert_eq!((run.status, &*run.stderr), (0, ""));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = run.json();
        let change = |change: &Value| {
            (
                text(&change["kind"]),
                text(&change["subject"]),
                change["from"].clone(),
                change["to"].clone(),
                text(&change["seen"]),
            )
        };
        told.as_array().unwrap().iter().map(change).collect()
    };
    assert_eq!(changes("2017-03", "2021-05"), []);
    assert_eq!(changes("latest", "9999-12"), []);
    let own = |kind: &str, subject: &str, from: Value, to: Value, seen: &str| {
        (kind.to_owned(), subject.to_owned(), from, to, seen.to_owned())
    };
    let limits = [own("limit", "image-quota", json!("10 images"), json!("50 images"), "2023-08")];
    assert_eq!(changes("2023-07", "2023-08"), limits);
    // Backwards it is the same change, seen in the same month.
    let back = [own("limit", "image-quota", json!("50 images"), json!("10 images"), "2023-08")];
    assert_eq!(changes("2023-08", "2022-11"), back);
    let size = "the image is smaller than 50 GiB (InvalidImageId.TooLarge)";
    assert_eq!(
        changes("2021-08", "2022-03"),
        [own("rule", "image-size", json!(size), json!(null), "2021-09")]
    );
    assert_eq!(
        changes("2022-03", "2021-08"),
        [own("rule", "image-size", json!(null), json!(size), "2021-09")]
    );
    assert_eq!(
        changes("2022-10", "2022-11"),
        [
            own("parameter", "ImageSetRequired", json!(null), json!("ImageSetRequired"), "2022-11"),
            own("response", "ImageSet", json!(null), json!("ImageSet"), "2022-11"),
        ]
    );
    // From one end to the other every rule that is not the same is there.
    let all = changes("2017-03", "latest");
    for rule in rules::all() {
        let is_same =
            rule.changes().count() == 1 && rule.first_seen() == Edition::FIRST && rule.withdrawn().is_none();
        assert_eq!(all.iter().any(|change| change.1 == rule.id()), !is_same, "{}", rule.id());
    }

    let run = presync(["diff", "2017-03", "2021-05"]);
    run.is(0, "no change from the 2017-03 page to the 2021-05 page\n", "");
    let run = presync(["diff", "2021-08", "2021-09"]);
    run.is(
        0,
        &format!("from the 2021-08 page to the 2021-09 page:\n\nrule image-size (2021-09)\n  - {size}\n"),
        "",
    );
    let run = presync(["diff", "2017-02", "latest"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("there is no page of `2017-02`: the first is `2017-03`"), "{}", run.stderr);
}

#[test]
fn a_request_is_held_to_the_edition_that_is_asked_for() {
    let folder = Scratch::new();
    let state = folder.file(
        "state.json",
        r#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 500}],
            "AccountQuota": {"Regions": [{"Region": "ap-shanghai", "Used": 499}]}}"#,
    );
    let state = state.to_str().unwrap();
    let query =
        "Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai";
    let verdict = |arguments: &[&str]| {
        let run = presync(["check", "--state", state, query].iter().chain(arguments));
        (run.status, run.stdout.lines().last().unwrap().to_owned())
    };
    assert_eq!(verdict(&[]), (1, "refused under the 2017-03 page: 2 violations".to_owned()));
    let accepted = format!("accepted under the {} page", Edition::LATEST);
    assert_eq!(verdict(&["--edition", "latest"]), (0, accepted.clone()));
    assert_eq!(
        verdict(&["--edition", "2024-01"]),
        (1, "refused under the 2024-01 page: 1 violation".to_owned())
    );
    assert_eq!(verdict(&["--edition", "9999-12"]), (0, "accepted under the 9999-12 page".to_owned()));
    // Before the subcommand as well as after it.
    let run = presync(["--edition", "latest", "check", "--state", state, query]);
    run.is(0, &format!("{accepted}\n"), "");
    for (word, reason) in [
        ("2017-02", "there is no page of `2017-02`"),
        (
            "soon",
            "'soon' for '--edition <YYYY-MM>': an edition is a year and a month, such as `2017-03`, or `latest`",
        ),
    ] {
        let run = presync(["check", "--state", state, "--edition", word, query]);
        assert_eq!((run.status, &*run.stdout), (2, ""));
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
}

#[test]
fn the_table_in_the_readme_is_the_output() {
    let run = presync(["rules", "--all", "--format", "markdown"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    assert_eq!(run.stdout.lines().count(), rules::all().count() + 2);
    snapshot::between(
        "README.md",
        "<!-- rules -->\n",
        "<!-- /rules -->",
        &run.stdout,
        "the table is what `presync rules --all --format markdown` writes",
    );
}

// --- explain ---

#[test]
fn every_rule_is_explained() {
    for rule in rules::all() {
        let run = presync(["explain", rule.id()]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{}", rule.id());
        let edition = if rule.in_force(Edition::FIRST) { "" } else { " (not on the 2017-03 page)" };
        let first = format!("{}: {}{edition}\n", rule.id(), rule.requirement(rule.first_seen()));
        assert!(run.stdout.starts_with(&first), "{}", run.stdout);
        for (_, (code, evidence)) in rule.codes().rows() {
            assert!(run.stdout.contains(&format!("\n  code       {code}, from ")), "{}", run.stdout);
            assert!(run.stdout.contains(&format!("\n  evidence   {evidence}: ")), "{}", run.stdout);
        }
        assert!(run.stdout.contains(&format!("\n  parameter  {}\n", rule.parameter())), "{}", run.stdout);
        // The page that is asked for, or the first one that has the sentence.
        let page = match rule.first_seen() {
            Edition::FIRST => "https://cloud.tencent.com/document/api/213/9417",
            _ => "https://www.tencentcloud.com/document/product/213/33267",
        };
        let citation = format!("\n  citation   {} ({page})\n", rule.citation());
        assert!(run.stdout.contains(&citation), "{}", run.stdout);
        for heading in ["# Why", "# Fails", "# Cure"] {
            assert!(run.stdout.lines().any(|line| line == heading), "{}: {heading}", rule.id());
        }
        let required = rule.requirements().rows().count();
        let lines = run.stdout.lines().filter(|line| line.starts_with("  required   ")).count();
        assert_eq!(lines, if required > 1 { required } else { 0 }, "{}", run.stdout);
    }
}

#[test]
fn headings_of_an_explanation_are_bold_and_its_text_is_not() {
    for rule in rules::all() {
        let run = presync(["explain", "--color", "always", rule.id()]);
        let bold: Vec<String> =
            run.stdout.lines().filter_map(|line| Some(line.strip_prefix("\u{1b}[1m")?.to_owned())).collect();
        let headings = ["# Why", "# Fails", "# Cure"].map(|heading| format!("{heading}\u{1b}[0m"));
        assert!(bold[0].starts_with(&format!("{}\u{1b}[0m: ", rule.id())), "{bold:?}");
        assert_eq!(bold[1..], headings, "{}", rule.id());
    }
}

#[test]
fn a_code_is_explained_with_the_rules_that_do_not_give_it_on_a_page() {
    let mut pages: Vec<Edition> = Edition::pages().iter().map(|page| page.first_seen()).collect();
    pages.push("9999-12".parse().unwrap());
    for code in ["InvalidImageId.TooLarge", "LimitExceeded", "InvalidImageName.Duplicate"] {
        let code: ErrorCode = code.parse().unwrap();
        let giving: Vec<_> =
            rules::all().filter(|rule| rule.codes().rows().any(|(_, (given, _))| *given == code)).collect();
        assert!(!giving.is_empty());
        for page in &pages {
            let run = presync(["explain", code.as_str(), "--edition", &page.to_string()]);
            let note = format!(", not on the {page} page)");
            for rule in &giving {
                let start = format!("  {}: ", rule.id());
                let gives = rule.in_force(*page) && *rule.code(*page) == code;
                let lines: Vec<_> = run.stdout.lines().filter(|line| line.starts_with(&start)).collect();
                let given = lines.iter().filter(|line| !line.ends_with(&note)).count();
                assert_eq!(given, usize::from(gives), "{page}: {lines:?}");
            }
        }
    }
}

#[test]
fn every_code_is_explained() {
    for code in ErrorCode::ALL {
        let run = presync(["explain", code.as_str()]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{code}");
        assert!(run.stdout.starts_with(&format!("{code}: {}\n", code.gloss().unwrap())), "{}", run.stdout);
        let giving: Vec<_> =
            rules::all().filter(|rule| rule.codes().rows().any(|(_, (given, _))| given == code)).collect();
        for rule in &giving {
            assert!(run.stdout.contains(&format!("\n  {}: ", rule.id())), "{code}: {}", rule.id());
        }
        assert_eq!(giving.is_empty(), run.stdout.contains("No rule gives it"), "{code}");
    }
}

#[test]
fn an_unknown_word_leads_to_a_near_one() {
    let cases = [
        ("image-sise", "did you mean `image-size`?"),
        ("Image-Size", "did you mean `image-size`?"),
        ("quota", "did you mean `image-quota`?"),
        ("TooLarge", "did you mean `InvalidImageId.TooLarge`?"),
        ("invalidimageid.toolarge", "did you mean `InvalidImageId.TooLarge`?"),
        ("InvalidParametrValue", "did you mean `InvalidParameterValue`?"),
        // Two codes end so.
        ("NotFound", "`presync rules` lists them"),
        ("", "`presync rules` lists them"),
        ("weather", "`presync rules` lists them"),
    ];
    for (word, advice) in cases {
        presync(["explain", word])
            .gives_up(&format!("error: `{word}` is neither a rule nor an error code: {advice}"));
    }
}

// --- schema, completions, help ---

/// True if a value fits a schema, by the keywords that the schemas here have; any
/// other keyword fails the test.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" | "format" => true,
        "$ref" => {
            let place = rule.as_str().unwrap().strip_prefix('#').unwrap();
            fits(root, root.pointer(place).unwrap(), value)
        }
        "anyOf" => rule.as_array().unwrap().iter().any(|schema| fits(root, schema, value)),
        "type" => {
            let is = |name: &Value| match name.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_u64() || value.is_i64(),
                "null" => value.is_null(),
                other => panic!("type {other}"),
            };
            rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is))
        }
        "pattern" => value
            .as_str()
            .is_none_or(|text| regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
        "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(root, rule, item))),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(key, value)| rule.get(key).is_none_or(|schema| fits(root, schema, value)))
        }),
        "required" => value.as_object().is_none_or(|object| {
            rule.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
        }),
        "additionalProperties" => {
            assert_eq!(*rule, json!(false));
            value
                .as_object()
                .is_none_or(|object| object.keys().all(|key| schema["properties"].get(key).is_some()))
        }
        other => panic!("keyword {other}"),
    })
}

#[test]
fn the_schemas_fit_what_is_read_and_written() {
    let schema = |name: &str| {
        let run = presync(["schema", name]);
        assert_eq!((run.status, &*run.stderr), (0, ""));
        assert!(!run.stdout.contains("```") && !run.stdout.contains("crate::"), "{}", run.stdout);
        assert!(!run.stdout.contains("`None`"), "{}", run.stdout);
        run.json()
    };
    for name in ["regions", "comparison", "table", "policy", "vector"] {
        assert!(schema(name).is_object());
    }
    let read = |path: &str| serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap();

    let state = schema("state");
    let sample = read(STATE);
    assert!(fits(&state, &state, &sample));
    let mut unknown = sample.clone();
    unknown["Imagess"] = json!([]);
    assert!(!fits(&state, &state, &unknown));
    let mut negative = sample.clone();
    negative["Images"][0]["ImageSize"] = json!(-1);
    assert!(!fits(&state, &state, &negative));
    let mut quoted = sample.clone();
    quoted["Images"][0]["ImageSize"] = json!("20");
    assert!(fits(&state, &state, &quoted));
    quoted["Images"][0]["ImageSize"] = json!("20 GB");
    assert!(!fits(&state, &state, &quoted));
    // Where a count is known it is given in quotes or without, and is no null.
    for (in_flight, is_right) in
        [(json!(1), true), (json!("1"), true), (json!(null), false), (json!(-1), false)]
    {
        let mut state_of = sample.clone();
        let region = &sample["Regions"][0]["Region"];
        state_of["AccountQuota"] = json!({"Regions": [{"Region": region, "InFlight": in_flight}]});
        assert_eq!(fits(&state, &state, &state_of), is_right, "{in_flight}");
        let is_read = serde_json::from_value::<presync::State>(state_of).is_ok();
        assert_eq!(is_read, is_right, "{in_flight}");
    }
    let mut nameless = sample;
    nameless["Regions"][0].as_object_mut().unwrap().remove("Region");
    assert!(!fits(&state, &state, &nameless));

    let request = schema("request");
    assert!(fits(&request, &request, &read(REFUSED)));
    assert!(!fits(&request, &request, &json!({"ImageIds": "img-o3ycss2p"})));
    assert!(!fits(&request, &request, &json!({"ImageId": []})));

    let report = schema("report");
    for sent in [PAGE_EXAMPLE, REFUSED, OPEN] {
        assert!(fits(&report, &report, &check(["--format", "json", "--strict", sent]).json()), "{sent}");
    }
    assert!(!fits(&report, &report, &json!({"edition": "2017-03", "accepted": true, "violations": []})));
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = presync(["completions", shell]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{shell}");
        assert!(run.stdout.contains("presync") && run.stdout.contains("explain"), "{shell}");
    }
}

#[test]
fn help_and_version_are_written_to_stdout() {
    presync(["--version"]).is(0, concat!("presync ", env!("CARGO_PKG_VERSION"), "\n"), "");
    for arguments in [
        &["--help"][..],
        &["check", "--help"],
        &["rules", "--help"],
        &["explain", "--help"],
        &["schema", "--help"],
    ] {
        let run = presync(arguments);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{arguments:?}");
        assert!(run.stdout.contains("Usage: presync"), "{}", run.stdout);
    }
    let help = presync(["check", "--help"]).stdout;
    for part in ["Examples:", "Exit status:", "--state", "--region", "--strict", "--format", "--color"] {
        assert!(help.contains(part), "{part}");
    }
}
