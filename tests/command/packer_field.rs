//! Templates of Packer as people have them, on the command line.

use serde_json::{Value, json};

use crate::run::{Run, Scratch, command, finished, presync, presync_in};

const FOLDER: &str = "tests/data/field/packer";

/// Runs `presync check` with the state of these templates. Names of them are paths in their folder.
fn check(arguments: &[&str]) -> Run {
    let state = format!("{FOLDER}/state.json");
    let common = ["check", "--edition", "latest", "--state", &state, "--region", "ap-guangzhou"];
    let is_file = |argument: &str| argument.starts_with(['p', 'a']) && argument.contains(['.', '-']);
    let argument = |argument: &&str| match is_file(argument) {
        true => format!("{FOLDER}/{argument}"),
        false => (*argument).to_owned(),
    };
    presync(common.into_iter().map(str::to_owned).chain(arguments.iter().map(argument)))
}

/// The lines of stdout that name a violation or a place.
fn findings(run: &Run) -> Vec<String> {
    let is_one = |line: &&str| line.starts_with("Invalid") || line.starts_with("  at ");
    run.stdout
        .lines()
        .filter(is_one)
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn what_a_template_must_give() {
    let nowhere = "InvalidRegion.NotFound DestinationRegions.1";
    for (arguments, status, violations) in [
        (&["p01-hcl-in-json.pkr.json"][..], 1, &[nowhere][..]),
        (&["a/t.pkr.json"], 1, &["InvalidRegion.NotFound DestinationRegions.0"]),
        (&["p03-dir"], 1, &[nowhere]),
        (&["p03-dir/main.pkr.hcl", "p03-dir/variables.pkr.hcl"], 1, &[nowhere]),
        (&["p03-dir/main.pkr.hcl"], 0, &[]),
        (&["a/sources.pkr.hcl", "a/build.pkr.hcl"], 1, &["InvalidRegion.NotFound DestinationRegions.0"]),
        (&["p05-unused-source.pkr.hcl"], 0, &[]),
        (&["p09-variable-in-element.json"], 0, &[]),
        (&["p11-interpolated-source.pkr.hcl"], 0, &[]),
        (&["p12-expressions.pkr.hcl"], 0, &[]),
        (&["p13-bom-crlf.pkr.hcl"], 1, &[nowhere]),
        (&["p14-crlf.pkr.hcl"], 1, &[nowhere]),
        (&["p15-name-taken.pkr.hcl"], 1, &["InvalidImageName.Duplicate ImageName"]),
        (&["p19-real-syntax.pkr.hcl"], 1, &[nowhere]),
        (&["p20-default-literal.pkr.hcl"], 0, &[]),
        (&["--var", "region=ap-seoul", "p20-default-literal.pkr.hcl"], 1, &[nowhere]),
        (&["--var", "copy_to=[\"ap-seoul\"]", "p20-default-literal.pkr.hcl"], 0, &[]),
        (&["--var-file", "p02-regions.auto.pkrvars.hcl", "p20-default-literal.pkr.hcl"], 1, &[nowhere]),
        (&["p22-named-x.hcl"], 0, &[]),
    ] {
        let run = check(arguments);
        let found: Vec<_> = findings(&run).into_iter().filter(|line| line.starts_with("Invalid")).collect();
        assert_eq!(
            (run.status, &*found),
            (status, &violations.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()[..]),
            "{arguments:?}\n{}{}",
            run.stdout,
            run.stderr
        );
    }
}

#[test]
#[cfg(unix)]
fn values_of_the_environment_are_those_of_packer() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let template = format!("{FOLDER}/p20-default-literal.pkr.hcl");
    let check = |value: &str, arguments: &[&str]| {
        let mut command = command();
        command.args(["check", "--edition", "latest", "--state", &format!("{FOLDER}/state.json")]);
        command.env("PKR_VAR_copy_to", value).env("PKR_VAR_of_another_template", "1");
        command.env("PKR_VAR_no_text", OsStr::from_bytes(b"\xff"));
        command.args(arguments).arg(&template);
        let run = finished(command);
        (run.status, findings(&run), run.stderr)
    };
    let nowhere = "InvalidRegion.NotFound DestinationRegions.0".to_owned();
    for arguments in [&[][..], &["--var", "region=ap-guangzhou"]] {
        let (status, found, _) = check("[\"ap-nowhere\"]", arguments);
        assert_eq!((status, found.first()), (1, Some(&nowhere)));
        assert_eq!(check("[\"ap-seoul\"]", arguments).0, 0);
    }
    assert_eq!(check("[\"ap-nowhere\"]", &["--var", "copy_to=[\"ap-seoul\"]"]).0, 0);
    let (status, _, stderr) = check("ap-seoul", &[]);
    let expected = "the variable `copy_to`: from the environment variable `PKR_VAR_copy_to`: `ap-seoul` has no quotes, with which it would be a text: write `[\"ap-seoul\"]`";
    assert_eq!(status, 2);
    assert!(stderr.contains(expected), "{stderr}");
}

/// A plan and a template are no calls with headers: only their region can be given.
#[test]
fn a_header_without_a_request_is_an_error() {
    let told = "error: `--header` has no effect on a Terraform plan or a Packer template: `--region` gives the \
                region where it states none";
    let (file, folder) = ("p05-unused-source.pkr.hcl", "p03-dir");
    let (version, region) = ("X-TC-Version: 2017-03-12", "x-tc-region: ap-guangzhou");
    for documents in [
        &[file][..],
        &[folder],
        &["p09-variable-in-element.json"],
        &["tests/data/terraform/plan.json"],
        &[file, "tests/data/terraform/plan.json"],
    ] {
        check(&[&["--header", version], documents].concat()).gives_up(told);
        check(&[&["--header", region, "--header", "Host: x"], documents].concat()).gives_up(told);
        // The region is theirs too.
        let run = check(&[&["--header", region], documents].concat());
        assert!(run.status < 2 && run.stderr.is_empty(), "{documents:?}\n{}", run.stderr);
    }
    // A request beside them has headers.
    let request = r#"{"ImageIds": ["img-q7w3e9rt"], "DestinationRegions": ["ap-seoul"]}"#;
    let run = check(&["--header", version, file, request]);
    assert!(run.status < 2 && run.stderr.is_empty(), "{}", run.stderr);
    // What cannot be read is told first: it may be a request.
    let run = check(&["--header", version, "nowhere.json"]);
    assert!(run.stderr.ends_with("nowhere.json: no such file\n"), "{}", run.stderr);
    let run = check(&["--header", version, "p10-go-template.pkr.hcl"]);
    assert!(run.stderr.contains(".hcl:1:1: "), "{}", run.stderr);
    // A call of a template has the given region.
    let region_of = |arguments: &[&str]| {
        let text = r#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": ["ap-seoul"], "image_name": "x"}]}"#;
        let state = format!("{FOLDER}/state.json");
        let mut command = command();
        command.args(["check", "--edition", "latest", "--state", &state]).args(arguments).write_stdin(text);
        finished(command).stdout
    };
    let given = region_of(&["--header", "X-TC-Region: nowhere"]);
    assert_eq!(given, region_of(&["--region", "nowhere"]));
    assert_ne!(given, region_of(&[]));
}

#[test]
fn what_is_no_template_ends_in_2() {
    for (arguments, words) in [
        (&["p02-regions.auto.pkrvars.hcl"][..], "found values for a template"),
        (
            &["p08-string-for-list.pkr.hcl"],
            ".hcl:4:24: source.tencentcloud-cvm.base.image_copy_regions: expected a list of texts",
        ),
        (&["p10-go-template.pkr.hcl"], ".hcl:1:1: "),
        (
            &["a/build.pkr.hcl"],
            "a build names `source.tencentcloud-cvm.base`, which is in no file that is given",
        ),
        (
            &["--var", "nope=1", "p20-default-literal.pkr.hcl"],
            "the variable `nope`: no file of the template declares it",
        ),
        (&["--var-file", "a/t.pkr.json", "p20-default-literal.pkr.hcl", "--var", "x=1"], "the variable `x`"),
        (&["--var-file", "nowhere.hcl", "p20-default-literal.pkr.hcl"], "no such file"),
        (&["--var-file", "state.json.txt", "p20-default-literal.pkr.hcl"], "ends in `.hcl` or `.json`"),
        (
            &["--var", "x=1", "{\"ImageIds\": [\"img-q7w3e9rt\"]}"],
            "are for Packer templates, and none is given",
        ),
    ] {
        let run = check(arguments);
        assert_eq!(run.status, 2, "{arguments:?}\n{}", run.stdout);
        assert!(run.stderr.contains(words), "{arguments:?}\n{}", run.stderr);
    }
    assert_eq!(check(&["--var", "x", "p05-unused-source.pkr.hcl"]).status, 2);
    let folder = Scratch::with(&[("empty/x.txt", "")]);
    let run = presync_in(folder.path(), ["check", "--state", "x", "empty"], "");
    assert_eq!(run.status, 2);
}

#[test]
fn a_folder_is_read_as_packer_reads_it() {
    let folder = Scratch::with(&[
        ("state.json", "{\"Regions\": [{\"Region\": \"a\"}, {\"Region\": \"b\"}], \"Images\": []}"),
        (
            "t/z.pkr.json",
            "{\"source\": {\"tencentcloud-cvm\": {\"x\": {\"region\": \"a\", \"image_name\": \"n\"}}}}",
        ),
        (
            "t/a.pkr.hcl",
            "variable \"to\" {\n}\nbuild {\n  source \"tencentcloud-cvm.x\" {\n    image_copy_regions = [var.to]\n  }\n}\n",
        ),
        ("t/x.auto.pkrvars.hcl", "to = \"c\"\n"),
        ("t/other.pkrvars.hcl", "to = \"b\"\n"),
        ("t/notes.hcl", "no HCL at all"),
        ("t/sub/more.pkr.hcl", "nor this"),
        ("none/x.hcl", ""),
    ]);
    let check = |arguments: &[&str]| {
        let common = ["check", "--edition", "2022-08", "--state", "state.json"];
        presync_in(folder.path(), common.iter().chain(arguments), "")
    };
    let run = check(&["t"]);
    assert_eq!(
        findings(&run),
        ["InvalidRegion.NotFound DestinationRegions.0", "at t/x.auto.pkrvars.hcl:1:6"],
        "{}",
        run.stderr
    );
    let run = check(&["t", "--strict", "--var-file", "t/other.pkrvars.hcl"]);
    assert_eq!((run.status, &*run.stderr), (0, ""), "{}", run.stdout);
    assert_eq!(check(&["t", "--strict", "--var", "to=b"]).status, 0);
    let run = check(&["none"]);
    assert!(run.stderr.contains("is a folder without a Packer template"), "{}", run.stderr);
    assert_eq!(run.status, 2);
    // Each folder is a template, and so are the files beside them.
    let three = ["t", "t", "t/a.pkr.hcl", "t/z.pkr.json", "--var", "to=b"];
    assert_eq!(check(&[&["--independent"], &three[..]].concat()).status, 0);
    // They are a plan, in which the copies of the first one have taken the name.
    let run = check(&three);
    let taken = findings(&run).into_iter().filter(|line| line.starts_with("InvalidImageName.Duplicate"));
    assert_eq!((run.status, taken.count()), (1, 2), "{}", run.stdout);
    // A mistake is shown where it is.
    folder.file("t/x.auto.pkrvars.hcl", "\nto = [\n");
    let run = check(&["t"]);
    assert!(run.stderr.starts_with("t/x.auto.pkrvars.hcl:"), "{}", run.stderr);
    folder.file("v.hcl", "\nto = [\n");
    folder.file("t/x.auto.pkrvars.hcl", "");
    let run = check(&["t", "--var-file", "v.hcl"]);
    // Behind the bracket that is not closed.
    assert!(run.stderr.starts_with("v.hcl:2:7: "), "{}", run.stderr);
}

const HCL: &str = r#"source "tencentcloud-cvm" "base" {
  region             = "ap-guangzhou"
  image_copy_regions = ["ap-shanghai", "ap-nowhere"]
}
build {
  sources = ["source.tencentcloud-cvm.base"]
}"#;

/// Runs with the state of these templates in a folder that has files.
fn check_in(folder: &Scratch, arguments: &[&str]) -> Run {
    let state = format!("{}/{FOLDER}/state.json", env!("CARGO_MANIFEST_DIR"));
    let common = ["check", "--edition", "latest", "--state", &state];
    presync_in(folder.path(), common.iter().chain(arguments), "")
}

#[test]
fn a_template_in_utf_16_is_read_up_to_its_last_character() {
    let folder = Scratch::new();
    // The last byte of the last one is that of a newline where the lower byte of
    // a character comes first.
    for end in ["", "\n", "\r\n", "\n# \u{a05}"] {
        let units: Vec<u16> = format!("\u{feff}{HCL}{end}").encode_utf16().collect();
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            folder.file("t.pkr.hcl", units.iter().copied().flat_map(to_bytes).collect::<Vec<u8>>());
            let run = check_in(&folder, &["t.pkr.hcl"]);
            let expected = ["InvalidRegion.NotFound DestinationRegions.1", "at t.pkr.hcl:3:40"];
            assert_eq!(findings(&run), expected, "{end:?} {}", run.stderr);
            let source = "\n  3 |   image_copy_regions = [\"ap-shanghai\", \"ap-nowhere\"]\n";
            assert!(run.stdout.contains(source), "{}", run.stdout);
        }
    }
}

#[test]
fn an_element_that_stands_nowhere_is_shown_at_its_list() {
    let list = r#"["ap-shanghai", "ap-nowhere"]"#;
    let folder =
        Scratch::with(&[("t/t.pkr.hcl", &HCL.replace(list, r#"split(",", "ap-shanghai,ap-nowhere")"#))]);
    let run = check_in(&folder, &["t"]);
    let expected = ["InvalidRegion.NotFound DestinationRegions.1", "at t/t.pkr.hcl:3:24"];
    assert_eq!(findings(&run), expected, "{}", run.stdout);
    // Another parameter is not: this region is made of two parts.
    folder.file("t/t.pkr.hcl", HCL.replace("\"ap-guangzhou\"", r#"join("-", ["ap", "no"])"#));
    let run = check_in(&folder, &["t"]);
    assert!(
        run.stdout.starts_with("t/t.pkr.hcl, ") && run.stdout.contains("UnsupportedRegion  Region "),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("at       t/t.pkr.hcl:3:24"), "{}", run.stdout);
}

#[test]
fn a_legacy_template_has_the_values_that_are_given() {
    let template = r#"{"variables": {"to": "ap-shanghai"}, "builders": [{"type": "tencentcloud-cvm",
        "region": "ap-guangzhou", "image_name": "x", "image_copy_regions": ["{{user `to`}}"]}]}"#;
    let folder = Scratch::with(&[("t.json", template), ("v.json", r#"{"to": "ap-nowhere"}"#)]);
    let wrong = ["InvalidRegion.NotFound DestinationRegions.0"];
    for (arguments, expected) in [
        (&["t.json"][..], &[][..]),
        (&["t.json", "--var", "to=ap-seoul"], &[]),
        (&["t.json", "--var", " to =ap-nowhere"], &wrong),
        (&["t.json", "--var-file", "v.json"], &wrong),
        (&["t.json", "--var-file", "v.json", "--var", "to=ap-seoul"], &[]),
    ] {
        let run = check_in(&folder, arguments);
        let found: Vec<String> =
            findings(&run).into_iter().filter(|line| line.starts_with("Invalid")).collect();
        assert_eq!(
            (found.as_slice(), &*run.stderr),
            (&*expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(), ""),
            "{arguments:?}"
        );
    }
    for nameless in ["=x", " =x", "x", ""] {
        let run = check_in(&folder, &["t.json", "--var", nameless]);
        assert_eq!((run.status, &*run.stdout), (2, ""));
        assert!(run.stderr.contains("expected NAME=VALUE"), "{}", run.stderr);
    }
}

#[test]
fn a_file_whose_build_names_a_source_of_another_one_is_a_part_of_a_template() {
    let template =
        HCL.replace("nowhere", "beijing").replace("base\"]", "base\", \"tencentcloud-cvm.other\"]");
    let folder = Scratch::with(&[("t.pkr.hcl", &template)]);
    let run = check_in(&folder, &["t.pkr.hcl"]);
    assert_eq!((run.status, &*run.stderr), (0, ""), "{}", run.stdout);
    let words = "partial  t.pkr.hcl: the plan is partial, there may be more calls or other ones: a build names `source.tencentcloud-cvm.other`, which is in no file that is given: give the template's folder";
    assert!(run.stdout.contains(words), "{}", run.stdout);
    assert_eq!(check_in(&folder, &["--strict", "t.pkr.hcl"]).status, 3);
    let run = check_in(&folder, &["--format", "json", "t.pkr.hcl"]);
    let last: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    let reason = "a build names `source.tencentcloud-cvm.other`, which is in no file that is given: give the template's folder";
    assert_eq!((run.stdout.lines().count(), last), (2, json!({"partial": reason})));
    // What is said of the file is said in its suite.
    let run = check_in(&folder, &["--format", "junit", "--strict", "t.pkr.hcl"]);
    assert_eq!(run.stdout.matches("<testsuite name=\"t.pkr.hcl\"").count(), 1, "{}", run.stdout);
}

#[test]
fn a_folder_has_so_many_files_and_no_more() {
    let folder = Scratch::with(&[("t/main.pkr.hcl", HCL)]);
    for number in 2..=256 {
        folder.file(&format!("t/{number}.pkr.hcl"), "");
    }
    // Others are not counted.
    folder.file("t/notes.txt", "");
    let run = check_in(&folder, &["t"]);
    assert_eq!((run.status, &*run.stderr), (1, ""));
    folder.file("t/257.pkr.hcl", "");
    check_in(&folder, &["t"]).gives_up("t: a template has at most 256 files: this folder has more");
}
