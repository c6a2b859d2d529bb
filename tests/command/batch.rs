//! `presync batch`: one report for each line, in order, whatever the lines are.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use presync::check::lines::MAX_LINE_BYTES;
use serde_json::{Value, json};

use crate::lines;
use crate::run::{Run, STATE, Scratch, program};

/// A request that the state of the tests accepts, and one that it refuses.
const GOOD: &str = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-guangzhou"]}"#;
const BAD: &str = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["gz"]}"#;
/// The report on the good one, behind the id.
const ACCEPTED: &str = r#""edition":"2017-03","accepted":true,"violations":[],"unverified":[]}"#;

fn command() -> Command {
    let mut command = program();
    command.arg("batch").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A run that has begun, with the state of the tests.
fn started(arguments: &[&str]) -> Child {
    command().args(["--state", STATE]).args(arguments).spawn().unwrap()
}

/// The first line on stderr.
fn counts(run: &Run) -> &str {
    run.stderr.lines().next().unwrap()
}

/// Gives this to a run, and waits for its end.
fn fed(mut child: Child, stdin: impl AsRef<[u8]> + Sync) -> Run {
    let pipe = child.stdin.take().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut pipe = pipe;
            // One that has ended already, or that reads something else, does not take it.
            let _ = pipe.write_all(stdin.as_ref());
        });
        Run::of(child.wait_with_output().unwrap())
    })
}

fn batch(arguments: &[&str], stdin: impl AsRef<[u8]> + Sync) -> Run {
    fed(started(arguments), stdin)
}

/// The lines of the generator are held to its own state.
struct Generated(Scratch);

impl Generated {
    fn new() -> Self {
        let folder = Scratch::new();
        folder.file("state.json", serde_json::to_vec(&lines::state()).unwrap());
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.arg("--state").arg(self.0.path().join("state.json")).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str], stdin: &[u8]) -> Run {
        fed(self.command(arguments).spawn().unwrap(), stdin)
    }
}

// --- reports ---

#[test]
fn every_line_has_its_report_in_order() {
    let query = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";
    let input = format!(
        "{{\"id\":\"a\",\"request\":{GOOD}}}\n\
         {{\"request\":{GOOD}}}\n\
         {{\"request\":{BAD},\"id\":3}}\n\
         no JSON\n\
         {{\"id\":null,\"request\":\"{query}\"}}\n"
    );
    let run = batch(&[], input);
    let refused = concat!(
        r#"{"id":3,"edition":"2017-03","accepted":false,"violations":[{"rule":"destination-exists","#,
        r#""code":"InvalidRegion.NotFound","parameter":"DestinationRegions.0","value":"gz","allowed":"#
    );
    let answers: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(answers.len(), 5);
    assert_eq!(answers[0], format!("{{\"id\":\"a\",{ACCEPTED}"));
    assert_eq!(answers[1], format!("{{\"line\":2,{ACCEPTED}"));
    assert!(answers[2].starts_with(refused), "{}", answers[2]);
    let unreadable = r#"{"line":4,"error":{"message":"a line is a JSON object, which starts with an opening brace","column":1}}"#;
    assert_eq!(answers[3], unreadable);
    assert_eq!(answers[4], format!("{{\"id\":null,{ACCEPTED}"));
    assert_eq!(run.status, 2);
    assert_eq!(
        run.stderr,
        "5 lines: 3 accepted, 1 refused, 1 unreadable\n  1  destination-exists  InvalidRegion.NotFound\n"
    );
}

#[test]
fn an_id_comes_back_as_it_is_written() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let ids = [
        r#""text""#,
        r#""\u00e9 \"quoted\" \/ é""#,
        r#""\ud800""#,
        "0",
        "-0.0e+10",
        "123456789012345678901234567890.5",
        "1e999",
        "true",
        "false",
        "null",
        "[]",
        r#"{"a": [1,  2], "a": {}}"#,
        "\"\"",
        &deep,
    ];
    let input: String = ids.iter().map(|id| format!("{{ \"id\" : {id} ,\"request\":{GOOD}}}\n")).collect();
    let expected: String = ids.iter().map(|id| format!("{{\"id\":{id},{ACCEPTED}\n")).collect();
    let run = batch(&[], &input);
    run.is(0, &expected, &format!("{} lines: {} accepted, 0 refused, 0 unreadable\n", ids.len(), ids.len()));
    // And behind what is wrong, and in a report that is not the ordinary one.
    for id in ids {
        let run = batch(&[], format!("{{\"request\":{BAD},\"id\":{id}}}"));
        assert!(run.stdout.starts_with(&format!("{{\"id\":{id},\"edition\"")), "{}", run.stdout);
        let run = batch(&[], format!("{{\"x\":1,\"id\":{id}}}"));
        assert!(run.stdout.starts_with(&format!("{{\"id\":{id},\"line\":1,\"error\"")), "{}", run.stdout);
    }
}

#[test]
fn the_region_is_the_header_beside_the_request() {
    let request = r#"{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-guangzhou"]"#;
    let line = |region: &str, rest: &str| format!("{{\"region\":{region},\"request\":{request}{rest}}}\n");
    let input = [
        line("\"ap-shanghai\"", "}"),
        line("\"ap-\\u0073hanghai\"", "}"),
        line("\"ap-shanghai\"", r#","Region":"ap-shanghai"}"#),
        line("\"ap-shanghai\"", r#","Region":"ap-beijing"}"#),
        line("\"ap-beijing\"", "}"),
        line("\"nowhere\"", "}"),
    ];
    let run = batch(&[], input.concat());
    let rules: Vec<Vec<String>> = run
        .json_lines()
        .iter()
        .map(|answer| {
            let violations = answer["violations"].as_array().unwrap();
            violations.iter().map(|violation| violation["rule"].as_str().unwrap().to_owned()).collect()
        })
        .collect();
    let none: [&str; 0] = [];
    assert_eq!(rules[..3], [none, none, none]);
    assert_eq!(rules[3..], [["headers-agree"], ["image-exists"], ["source-region-supported"]]);
}

/// Returns the report of `check` on each of these requests.
fn checked(arguments: &[&str], state: &Path, requests: &[String]) -> Vec<String> {
    let output = program()
        .args(["check", "--format", "json", "--independent", "--state"])
        .arg(state)
        .args(arguments)
        .arg("--")
        .args(requests)
        .output()
        .unwrap();
    // Of several requests each report names its own.
    let own = |(number, line): (usize, &str)| {
        let report = line.strip_prefix(&format!("{{\"request\":\"<argument {number}>\",")).unwrap();
        format!("{{{report}")
    };
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .enumerate()
        .map(|(index, line)| own((index + 1, line)))
        .collect()
}

#[test]
fn a_report_is_what_check_says_of_the_request() {
    let generated = Generated::new();
    let state = generated.0.path().join("state.json");
    // Those whose request can stand alone.
    let mut requests: Vec<String> = String::from_utf8(lines::first(600))
        .unwrap()
        .lines()
        .filter_map(|line| match serde_json::from_str::<Value>(line).ok()?.get("request")? {
            Value::Object(body) => Some(serde_json::to_string(body).unwrap()),
            Value::String(query) => query.contains('=').then(|| query.clone()),
            _ => None,
        })
        .collect();
    requests.push(r#"{"ImageIds":["img-00000020"],"DestinationRegions":["ap-singapore"]}"#.to_owned());
    assert!(requests.len() > 500);
    let as_text = |request: &String| serde_json::to_string(request).unwrap();
    let input: String =
        requests.iter().map(|request| format!("{{\"id\":0,\"request\":{}}}\n", as_text(request))).collect();
    for arguments in
        [&["--edition", "2017-03"][..], &["--edition", "latest"], &["--edition", "2022-08", "--strict"]]
    {
        let expected = checked(arguments, &state, &requests);
        assert_eq!(expected.len(), requests.len());
        // As a text, and as it is.
        let run = generated.run(arguments, input.as_bytes());
        for ((answer, expected), request) in run.stdout.lines().zip(&expected).zip(&requests) {
            assert_eq!(answer, format!("{{\"id\":0,{}", expected.strip_prefix('{').unwrap()), "{request}");
        }
        assert_eq!(run.stdout.lines().count(), requests.len());
        let bodies: Vec<&String> = requests.iter().filter(|request| request.starts_with('{')).collect();
        let input: String = bodies.iter().map(|body| format!("{{\"id\":0,\"request\":{body}}}\n")).collect();
        let expected: Vec<&String> = expected
            .iter()
            .zip(&requests)
            .filter(|(_, request)| request.starts_with('{'))
            .map(|(expected, _)| expected)
            .collect();
        let run = generated.run(arguments, input.as_bytes());
        let answers: Vec<String> =
            run.stdout.lines().map(|answer| answer.replacen("\"id\":0,", "", 1)).collect();
        assert_eq!(answers.iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn what_the_policy_turns_down_is_a_warning() {
    let folder = Scratch::new();
    let policy = folder.file("policy.toml", "[rules]\ndestination-exists = \"warning\"\n");
    let check = |subcommand: &str, input: &str| {
        let mut command = program();
        command.args([subcommand, "--state", STATE, "--policy"]);
        command.arg(&policy).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if subcommand == "check" {
            command.args(["--format", "json"]);
        }
        fed(command.spawn().unwrap(), input)
    };
    let alone = check("check", BAD);
    assert!(alone.stdout.contains("\"warnings\":[{\"rule\":\"destination-exists\""), "{}", alone.stderr);
    let run = check("batch", &format!("{{\"id\":1,\"request\":{BAD}}}"));
    run.is(
        0,
        &format!("{{\"id\":1,{}", alone.stdout.strip_prefix('{').unwrap()),
        "1 line: 1 accepted, 0 refused, 0 unreadable\n  1  destination-exists  InvalidRegion.NotFound (warning)\n",
    );
}

#[test]
fn what_is_unverified_is_accepted_unless_strict() {
    let open =
        r#"{"request":"Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-singapore"}"#;
    let lenient = batch(&[], open);
    assert_eq!(lenient.status, 0);
    assert_eq!(
        lenient.stderr,
        "1 line: 1 accepted (1 not verified in full), 0 refused, 0 unreadable\n  1  destination-available  not verified\n"
    );
    let strict = batch(&["--strict"], open);
    assert_eq!(strict.status, 3);
    assert_eq!(counts(&strict), "1 line: 0 accepted, 1 refused, 0 unreadable");
    assert_eq!(
        lenient.stdout.replace("\"accepted\":true", "\"accepted\":false,\"strict\":true"),
        strict.stdout
    );
}

// --- lines that cannot be read ---

#[test]
fn a_line_that_cannot_be_read_says_why_and_where() {
    let braces = "a line is a JSON object, which starts with an opening brace";
    let neither = "`request` is neither an object of parameters nor a text";
    let no_request = "neither a JSON object nor a query string such as `ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou`";
    let table: &[(&[u8], &str, Option<u64>)] = &[
        (b"  null", braces, Some(3)),
        (b"[{}]", braces, Some(1)),
        (b"Version=2017-03-12", braces, Some(1)),
        (b"\xef\xbb\xbf{}", "the line starts with a byte order mark, which is no part of it", Some(1)),
        (b"{\"id\": \"\xff\"}", "the line is not text in UTF-8", Some(9)),
        (b"{\"a\": \xc3\xa9\xe2\x82", "the line is not text in UTF-8", Some(9)),
        (b"{}", "the key `request` is missing", None),
        (b"{\"request\": {}", "the JSON ends within an object: a line is a whole object", Some(14)),
        (b"{\"request\": {}} x", "expected the end of the JSON, found `x`", Some(17)),
        (b"{\"request\": {}}{\"request\": {}}", "expected the end of the JSON, found `{`", Some(16)),
        (b"{\"request\": {\"ImageIds\": [}}", "expected a value, found `}`", Some(27)),
        (
            b"{'request': 1}",
            "expected a name in double quotes, found single quotes, where JSON has double ones, `\"`",
            Some(2),
        ),
        (b"{\"reqest\": {}, \"request\": {}}", "unknown key `reqest`, did you mean `request`?", Some(2)),
        (b"{\"request\": {}, \"Region\": \"x\"}", "unknown key `Region`, did you mean `region`?", Some(17)),
        (b"{\"xyz\": 1}", "unknown key `xyz`, known are `id`, `region`, `headers`, `request`", Some(2)),
        (b"{\"\": 1}", "unknown key ``, known are `id`, `region`, `headers`, `request`", Some(2)),
        (b"{\"x\\u0000\": 1}", "unknown key `x\\u{0}`, known are `id`, `region`, `headers`, `request`", None),
        (b"{\"request\": {}, \"request\": {}}", "the key `request` is there more than once", Some(28)),
        (b"{\"id\": null, \"id\": 2}", "the key `id` is there more than once", Some(20)),
        (
            b"{\"region\": \"a\", \"region\": \"a\", \"request\": {}}",
            "the key `region` is there more than once",
            Some(27),
        ),
        (b"{\"region\": null, \"request\": {}}", "`region` is not a text, leave the key out", Some(12)),
        (b"{\"region\": [\"a\"], \"request\": {}}", "`region` is not a text", Some(12)),
        (b"{\"region\": \"\\ud800\", \"request\": {}}", "an escape of half a character", Some(19)),
        (b"{\"request\": null}", neither, Some(13)),
        (b"{\"request\": 17}", neither, Some(13)),
        (b"{\"request\": [{}]}", neither, Some(13)),
        (b"{\"request\": \"\"}", "the request is empty", Some(13)),
        (b"{\"request\": \"SyncImages\"}", no_request, Some(13)),
        (
            b"{\"request\": \"{\\\"ImageIds\\\": [}\"}",
            "line 1, column 15: expected a value, found `}`",
            Some(13),
        ),
        (b"{\"request\": {\"Region\": \"\\udc00\"}}", "an escape of half a character", Some(30)),
    ];
    let mut input = Vec::new();
    for (line, ..) in table {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    let run = batch(&[], &input);
    assert_eq!(run.status, 2);
    let answers = run.json_lines();
    assert_eq!(answers.len(), table.len());
    for (number, ((line, message, column), answer)) in (1..).zip(table.iter().zip(answers)) {
        let mut error = json!({"message": message});
        if let Some(column) = column {
            error["column"] = json!(column);
        }
        let mut expected = json!({"line": number, "error": error});
        if let Some(id) = answer.get("id") {
            expected["id"] = id.clone();
        }
        assert_eq!(answer, expected, "{}", String::from_utf8_lossy(line));
    }
    assert_eq!(counts(&run), format!("{0} lines: 0 accepted, 0 refused, {0} unreadable", table.len()));
}

#[test]
fn the_id_of_a_line_that_cannot_be_read_is_kept_where_it_was_found() {
    let run = batch(&[], "{\"id\":1,\"request\":\n{\"request\":7,\"id\":[2]}\n{\"request\":{,\"id\":3}\n");
    let ids: Vec<Option<Value>> = run.json_lines().iter().map(|answer| answer.get("id").cloned()).collect();
    assert_eq!(ids, [Some(json!(1)), Some(json!([2])), None]);
}

#[test]
fn a_request_of_a_wrong_shape_is_refused_and_not_unreadable() {
    let run = batch(&[], r#"{"id":1,"request":{"ImageIds":"img-o3ycss2p","DestRegions":[]}}"#);
    assert_eq!(run.status, 1);
    assert_eq!(
        run.stderr,
        "1 line: 0 accepted, 1 refused, 0 unreadable\n  1  parameter-type   InvalidParameter\n  1  parameter-known  UnknownParameter\n"
    );
    assert_eq!(run.json()["shape_only"], json!(true));
}

// --- what lines are ---

#[test]
fn lines_end_where_they_end() {
    let line = format!("{{\"id\":1,\"request\":{GOOD}}}");
    let answer = format!("{{\"id\":1,{ACCEPTED}\n");
    let counts = |count| match count {
        1 => "1 line: 1 accepted, 0 refused, 0 unreadable\n".to_owned(),
        _ => format!("{count} lines: {count} accepted, 0 refused, 0 unreadable\n"),
    };
    batch(&[], "").is(0, "", &counts(0));
    batch(&[], &line).is(0, &answer, &counts(1));
    batch(&[], format!("{line}\n")).is(0, &answer, &counts(1));
    batch(&[], format!("{line}\r\n{line}\r\n")).is(0, &answer.repeat(2), &counts(2));
    batch(&[], format!("{line}\n\t{line}  ")).is(0, &answer.repeat(2), &counts(2));
    // A blank line has no report and is not counted, and so has a byte order
    // mark before the first line.
    for blank in ["", "\r", " \t\r", "  "] {
        batch(&[], format!("{blank}\n{line}\n{blank}\n{line}\n{blank}")).is(0, &answer.repeat(2), &counts(2));
    }
    batch(&[], format!("\u{feff}{line}\n{line}\n")).is(0, &answer.repeat(2), &counts(2));
    // It has its number all the same.
    let run = batch(&[], format!("{line}\n\n{{}}\n"));
    assert_eq!((run.status, run.stdout.lines().count()), (2, 2));
    let error = json!({"message": "the key `request` is missing"});
    assert_eq!(run.json_lines()[1], json!({"line": 3, "error": error}));
}

#[test]
fn a_line_that_is_too_long_is_one_report() {
    let good = format!("{{\"id\":\"good\",\"request\":{GOOD}}}");
    // One that is as long as it may be, and one that has a byte more.
    let padded = |size: usize| format!("{good}{}", " ".repeat(size - good.len()));
    let input = [
        good.clone(),
        padded(MAX_LINE_BYTES),
        padded(MAX_LINE_BYTES + 1),
        "x".repeat(3 * MAX_LINE_BYTES),
        good.clone(),
    ]
    .join("\n");
    let accepted = format!("{{\"id\":\"good\",{ACCEPTED}");
    let too_long = |number: u64| {
        format!(
            "{{\"line\":{number},\"error\":{{\"message\":\"a line has at most {MAX_LINE_BYTES} bytes: this one has more\"}}}}"
        )
    };
    let expected = [accepted.clone(), accepted.clone(), too_long(3), too_long(4), accepted].join("\n") + "\n";
    for threads in ["1", "3"] {
        let run = batch(&["--threads", threads], &input);
        run.is(2, &expected, "5 lines: 3 accepted, 0 refused, 2 unreadable\n");
    }
    // What is too large for a request, and not yet for a line.
    let body = format!("{{\"request\":{{{} }}}}", " ".repeat(10 << 20));
    let run = batch(&[], body);
    let message = "a request has at most 10485760 bytes: this one has more";
    assert_eq!(run.json_lines(), [json!({"line": 1, "error": {"message": message, "column": 12}})]);
}

/// The numbers of the lines that are not blank.
fn not_blank(lines: &[u8]) -> Vec<usize> {
    let lines = (1..).zip(lines.split(|byte| *byte == b'\n'));
    lines.filter(|(_, line)| !line.trim_ascii().is_empty()).map(|(number, _)| number).collect()
}

#[test]
fn any_number_of_threads_says_the_same() {
    let generated = Generated::new();
    let input = lines::first(30_000);
    let one = generated.run(&["--threads", "1"], &input);
    assert_eq!(one.status, 2);
    let numbers = not_blank(&input);
    assert_eq!(one.stdout.lines().count(), numbers.len());
    assert!(29_000 < numbers.len() && numbers.len() < 30_000, "{}", numbers.len());
    for (number, answer) in numbers.into_iter().zip(one.json_lines()) {
        if let Some(line) = answer.get("line") {
            assert_eq!(line, &json!(number));
        }
    }
    for arguments in [&["--threads", "2"][..], &["--threads", "7"], &[]] {
        let many = generated.run(arguments, &input);
        assert!(many.stdout == one.stdout, "{arguments:?} say something else");
        assert_eq!((many.status, &many.stderr), (one.status, &one.stderr));
    }
    // From a file too.
    let path = generated.0.file("lines.ndjson", &input);
    let run = fed(generated.command(&[path.to_str().unwrap()]).spawn().unwrap(), "");
    assert!(run.stdout == one.stdout && run.stderr == one.stderr);
}

#[test]
fn the_generated_lines_are_the_mixture_that_they_are_said_to_be() {
    let run = Generated::new().run(&[], &lines::first(20_000));
    let share = |is: fn(&Value) -> bool| run.json_lines().iter().filter(|answer| is(answer)).count() / 200;
    let accepted = share(|answer| answer["accepted"] == json!(true));
    let refused = share(|answer| answer["accepted"] == json!(false));
    let unreadable = share(|answer| answer.get("error").is_some());
    assert!((71..=76).contains(&accepted), "{accepted}");
    assert!((19..=23).contains(&refused), "{refused}");
    assert!((4..=6).contains(&unreadable), "{unreadable}");
    let rules = run.stderr.lines().skip(1).filter(|line| !line.contains("not verified")).count();
    assert!(rules >= 14, "{}", run.stderr);
}

// --- status and summary ---

#[test]
fn the_worst_line_is_the_exit_status() {
    let line = |request: &str| format!("{{\"request\":{request}}}\n");
    let (good, refused, unreadable) = (line(GOOD), line(BAD), line("1"));
    let status = |lines: &[&String]| {
        let input: String = lines.iter().map(|line| line.as_str()).collect();
        batch(&[], input).status
    };
    assert_eq!(status(&[&good, &good]), 0);
    assert_eq!(status(&[&refused, &good]), 1);
    assert_eq!(status(&[&unreadable, &good]), 2);
    assert_eq!(status(&[&good, &unreadable, &refused]), 2);
    assert_eq!(status(&[&refused, &unreadable]), 2);
}

#[test]
fn the_summary_counts_by_rule_and_code_in_the_order_of_the_rules() {
    let line = |image: &str, regions: &str| {
        format!("{{\"request\":{{\"ImageIds\":[\"{image}\"],\"DestinationRegions\":[{regions}]}}}}\n")
    };
    let input = line("img-o3ycss2p", "\"nowhere\"").repeat(11)
        + &line("img-7k2mw9qd", "\"ap-guangzhou\"")
        + &line("IMG", "\"ap-guangzhou\",\"ap-guangzhou\",\"ap-singapore\"");
    let run = batch(&["--threads", "2"], input);
    assert_eq!(
        run.stderr,
        "13 lines: 0 accepted, 13 refused, 0 unreadable\n\
         \x20  1  image-id-format        InvalidImageId.Malformed\n\
         \x20  1  image-custom           InvalidParameterValue\n\
         \x20  1  image-state-normal     InvalidImageId.IncorrectState\n\
         \x20  1  image-size             InvalidImageId.TooLarge\n\
         \x20 11  destination-exists     InvalidRegion.NotFound\n\
         \x20  1  destination-available  not verified\n\
         \x20  1  destination-unique     InvalidParameterValue\n"
    );
    assert_eq!(run.status, 1);
}

// --- files, streams, usage ---

#[test]
fn what_cannot_be_read_at_all_is_said_in_one_line() {
    let run = |arguments: &[&str], stdin: &str| fed(command().args(arguments).spawn().unwrap(), stdin);
    let state = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(STATE)).unwrap();
    run(&["--state", STATE, "tests/nowhere.ndjson"], "").is(2, "", "tests/nowhere.ndjson: no such file\n");
    run(&["--state", STATE, "tests"], "").is(2, "", "tests: is a directory, not a file\n");
    run(&["--state", "tests/nowhere.json"], "").is(2, "", "tests/nowhere.json: no such file\n");
    run(&["--state", "-"], &state).is(2, "", "error: stdin is the state and cannot be the lines too\n");
    run(&["--state", "-", "--state", "-", "x"], "").is(2, "", "error: stdin cannot be several responses\n");
    run(&["--state", "-", "tests/data/page-example.txt"], "{").is(
        2,
        "",
        "<stdin>:1:1: the JSON ends within an object\n",
    );
    for usage in
        [&["--state", STATE, "--threads", "0"][..], &["--threads"], &["--state", STATE, "--threads", "x"]]
    {
        let run = run(usage, "");
        assert_eq!((run.status, &*run.stdout), (2, ""));
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
    // The state on stdin, and the lines in a file.
    let folder = Scratch::new();
    let lines = folder.file("lines.ndjson", format!("{{\"request\":{GOOD}}}"));
    let run = run(&["--state", "-", lines.to_str().unwrap()], &state);
    assert_eq!((run.status, counts(&run)), (0, "1 line: 1 accepted, 0 refused, 0 unreadable"));
}

#[test]
#[cfg(target_os = "linux")]
fn what_breaks_off_is_counted_as_far_as_it_came() {
    // A file that opens, and whose first byte cannot be read.
    let child = command().args(["--state", STATE, "/proc/self/mem"]).spawn().unwrap();
    let said = "0 lines: 0 accepted, 0 refused, 0 unreadable\n\
                /proc/self/mem: input/output error, after the lines that are counted above\n";
    fed(child, "").is(2, "", said);
}

#[test]
fn responses_of_the_api_are_a_state_too() {
    let folder = Scratch::new();
    let regions = r#"{"Response":{"TotalCount":1,"RegionSet":[{"Region":"ap-shanghai","RegionName":"x","RegionState":"AVAILABLE"}],"RequestId":"r"}}"#;
    let regions = folder.file("regions.json", regions);
    let run = fed(
        command().arg("--state").arg(regions).spawn().unwrap(),
        "{\"request\":{\"ImageIds\":[\"img-o3ycss2p\"],\"DestinationRegions\":[\"ap-tokyo\"]}}",
    );
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("1  destination-exists  InvalidRegion.NotFound"), "{}", run.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    for threads in ["1", "3"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let child = command().args(["--state", STATE, "--threads", threads]).stdout(full).spawn().unwrap();
        let run = fed(child, format!("{{\"request\":{GOOD}}}\n").repeat(50_000));
        run.is(2, "", "error: cannot write to stdout: no space left on device\n");
    }
}

/// A filter on a cluster is given parts of a file, and some of them are empty.
#[test]
fn no_lines_are_no_failure_and_the_help_says_so() {
    for nothing in ["", "\n \n"] {
        batch(&[], nothing).is(0, "", "0 lines: 0 accepted, 0 refused, 0 unreadable\n");
        batch(&["--strict"], nothing).is(0, "", "0 lines: 0 accepted, 0 refused, 0 unreadable\n");
    }
    for subcommand in ["batch", "compare"] {
        let help = Run::of(program().args([subcommand, "--help"]).output().unwrap()).stdout;
        let of_status = |status: &str| help.lines().find(|line| line.starts_with(status)).unwrap_or_default();
        assert!(of_status("  0  ").contains("or there is none"), "{help}");
        assert!(!of_status("  2  ").contains("or no line"), "{help}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let lines = format!("{{\"request\":{GOOD}}}\n").repeat(100);
    for threads in ["1", "3"] {
        let mut child = started(&["--threads", threads]);
        let stdin = child.stdin.take().unwrap();
        thread::scope(|scope| {
            // It never ends by itself.
            scope.spawn(|| {
                let mut stdin = stdin;
                while stdin.write_all(lines.as_bytes()).is_ok() {}
            });
            let mut answer = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
            assert_eq!(answer, format!("{{\"line\":1,{ACCEPTED}\n"));
            // Stdout is closed now.
            Run::of(child.wait_with_output().unwrap()).is(0, "", "");
        });
    }
}

#[test]
fn a_report_does_not_wait_for_the_next_line() {
    let mut child = started(&[]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 1..=3 {
        write!(stdin, "{{\"id\":{number},\"request\":{GOOD}}}\n{{\"id\":").unwrap();
        stdin.flush().unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{{\"id\":{number},{ACCEPTED}\n"));
        writeln!(stdin, "0,\"request\":{GOOD}}}").unwrap();
        answer.clear();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{{\"id\":0,{ACCEPTED}\n"));
    }
    drop(stdin);
    assert_eq!(Run::of(child.wait_with_output().unwrap()).status, 0);
}

/// The most memory that a process has had so far, in MiB.
#[cfg(target_os = "linux")]
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak is said");
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}

/// Feeds a run for as long as it takes to see that its memory does not grow.
#[cfg(target_os = "linux")]
fn endless(part: &[u8], bytes: usize, limit: u64) {
    let generated = Generated::new();
    let mut child = generated.command(&["--threads", "2"]).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reading = thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let started = Instant::now();
    let mut sent = 0;
    while sent < bytes && started.elapsed() < Duration::from_secs(8) {
        stdin.write_all(part).unwrap();
        sent += part.len();
    }
    let peak = peak(&child);
    drop(stdin);
    child.wait().unwrap();
    reading.join().unwrap();
    assert!(peak < limit, "{peak} MiB after {sent} bytes");
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_input() {
    // A line without an end, long lines that say nothing, and ordinary ones.
    endless(&vec![b'x'; 1 << 20], 400 << 20, 64);
    let mut long = vec![b'x'; 100_000];
    long.push(b'\n');
    endless(&long.repeat(10), 200 << 20, 64);
    endless(&lines::first(5_000), 20 << 20, 64);
}

#[test]
#[cfg(target_os = "linux")]
fn a_reader_who_does_not_read_holds_the_run_up() {
    let generated = Generated::new();
    let mut child = generated.command(&["--threads", "4"]).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeding = thread::spawn(move || {
        let lines = lines::first(5_000);
        while stdin.write_all(&lines).is_ok() {}
    });
    let mut last = 0;
    // Until nothing more happens.
    loop {
        thread::sleep(Duration::from_millis(300));
        let peak = peak(&child);
        assert!(peak < 64, "{peak} MiB");
        if peak == last {
            break;
        }
        last = peak;
    }
    assert!(!feeding.is_finished(), "all of an endless input was taken");
    child.kill().unwrap();
    child.wait().unwrap();
    feeding.join().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_has_a_bar_and_nothing_else_has() {
    // `script` runs a command on a terminal of its own; where it is missing
    // there is none to look at.
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no `script` here to make a terminal");
        return;
    }
    let generated = Generated::new();
    let count = format!("{} lines: ", not_blank(&lines::first(5_000)).len());
    let lines = generated.0.file("lines.ndjson", lines::first(5_000));
    let state = generated.0.path().join("state.json");
    let program = env!("CARGO_BIN_EXE_presync");
    let shown = |term: &str, file: &str| {
        let command = format!("'{program}' batch --state '{}' {file} > /dev/null", state.display());
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).env("TERM", term).stdin(Stdio::null());
        String::from_utf8(script.output().unwrap().stdout).unwrap()
    };
    let file = format!("'{}'", lines.display());
    let bar = shown("xterm", &file);
    assert!(bar.contains(" of ") && bar.contains(" left") && bar.contains(&count), "{bar:?}");
    let spinner = shown("xterm", &format!("< {file}"));
    assert!(spinner.contains("/s") && !spinner.contains(" of "), "{spinner:?}");
    let dumb = shown("dumb", &file);
    assert!(dumb.starts_with(&count), "{dumb:?}");
    // The bar is away before the counts are written, and stays away.
    for text in [bar, spinner] {
        let (_, behind) = text.rsplit_once(&count).unwrap();
        assert!(!behind.contains('\u{1b}'), "{text:?}");
    }
    // Reports on the terminal stand on lines of their own, and not behind the bar.
    let command = format!("'{program}' batch --state '{}' {file}", state.display());
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::null());
    let both = String::from_utf8(script.output().unwrap().stdout).unwrap();
    assert!(both.contains(" left"), "{both:?}");
    let reports: Vec<&str> = both.lines().filter(|line| line.contains("\"accepted\":")).collect();
    assert!(reports.len() > 4_000, "{}", reports.len());
    for report in reports {
        // What stands behind the last command to the terminal, which ends with a letter.
        let last = report.rsplit_once('\u{1b}').and_then(|(_, last)| last.split_once(char::is_alphabetic));
        let shown = last.map_or(report, |(_, shown)| shown);
        assert!(shown.starts_with('{'), "{report:?}");
    }
}

#[test]
fn the_help_says_what_a_line_is() {
    let output = command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for said in [
        "{\"id\"?, \"region\"?, \"headers\"?, \"request\"}",
        "--threads <N>",
        "The lines are no plan",
        "--policy <FILE>",
    ] {
        assert!(help.contains(said), "{said}: {help}");
    }
}

/// An option that the subcommand does not have settles nothing there.
#[test]
fn what_is_needed_names_the_keys_of_a_line() {
    let state = r#"{
        "Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}, {"Region": "ap-beijing"}],
        "Images": [
            {"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20},
            {"Region": "ap-shanghai", "ImageId": "img-o3ycss2p", "ImageSize": 20, "ImageState": "SYNCING"}
        ]
    }"#;
    let folder = Scratch::with(&[("state.json", state)]);
    let state = folder.path().join("state.json");
    let state = state.to_str().unwrap();
    let request = r#""request":{"ImageIds":["img-o3ycss2p"],"DestinationRegions":["ap-guangzhou"]}"#;
    let lines =
        format!("{{{request}}}\n{{\"region\":\"ap-shanghai\",{request}}}\n{{\"headers\":{{}},{request}}}\n");
    let arguments = ["--edition", "latest", "--state", state];
    let run = fed(command().args(arguments).spawn().unwrap(), &lines);
    let reports = run.json_lines();
    let needs = |line: usize| -> Vec<&str> {
        let open = reports[line]["unverified"].as_array().unwrap();
        open.iter().map(|open| open["needs"].as_str().unwrap()).collect()
    };
    let header =
        "the header `X-TC-Region`, which `--region` or `--header` gives, or `region` or `headers` in a line";
    let places = "listed in `ap-guangzhou` and `ap-shanghai` (`--region` gives it, or `region` in a line)";
    let image = format!("the request's `Region`: `img-o3ycss2p` is {places}");
    let source = format!("the request's `Region`: its images are {places}");
    assert_eq!(needs(0), [header, &*image, &*source]);
    // Each of the keys settles it.
    assert_eq!(needs(1), [""; 0]);
    assert!(!needs(2).contains(&header), "{}", run.stdout);
}
