//! Policies on the command line.

use std::fs;
use std::path::PathBuf;

use presync::Edition;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, STATE, presync};

/// A request that the state of the tests accepts.
const QUERY: &str = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";

/// A policy in a file of its own.
struct File(TempDir, PathBuf);

impl File {
    fn new(toml: impl AsRef<[u8]>) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("presync.toml");
        fs::write(&path, toml).unwrap();
        Self(folder, path)
    }

    fn path(&self) -> &str {
        assert!(self.0.path().exists());
        self.1.to_str().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        presync([arguments, &["--policy", self.path()]].concat())
    }

    fn check(&self, arguments: &[&str]) -> Run {
        self.run(&[&["check", "--state", STATE], arguments].concat())
    }
}

#[test]
fn a_policy_is_checked_beside_the_page() {
    let policy = File::new("[limits]\nimage-size = 20\n[destinations]\nrequired = [\"ap-beijing\"]\n");
    let run = policy.check(&[QUERY]);
    assert_eq!((run.status, &*run.stderr), (1, ""));
    for block in [
        "Policy.ImageSize  ImageIds.0\n  value    img-o3ycss2p\n  reason   `img-o3ycss2p` has 20 GiB, and the policy's limit is 20\n  allowed  < 20 GiB\n  rule     policy/image-size\n",
        "Policy.DestinationRequired  DestinationRegions\n  reason   no destination is `ap-beijing`, which the policy requires\n  allowed  destinations with ap-beijing\n  rule     policy/destination-required\n",
    ] {
        assert!(run.stdout.contains(block), "{}", run.stdout);
    }
    assert_eq!(run.stdout.lines().last(), Some("refused under the 2017-03 page: 2 violations"));
    let run = File::new("[limits]\nimage-size = 21\n").check(&[QUERY]);
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (0, "accepted under the 2017-03 page\n", ""));
}

#[test]
fn warnings_are_said_and_not_refused() {
    let policy = File::new("[limits]\nimage-size = 20\n[rules]\n\"policy/image-size\" = \"warning\"\n");
    for flags in [&[][..], &["--strict"]] {
        let run = policy.check(&[flags, &[QUERY]].concat());
        assert_eq!((run.status, &*run.stderr), (0, ""));
        let block = "warning: Policy.ImageSize  ImageIds.0\n  value    img-o3ycss2p\n  reason   `img-o3ycss2p` has 20 GiB";
        assert!(run.stdout.starts_with(block), "{}", run.stdout);
        assert_eq!(run.stdout.lines().last(), Some("accepted under the 2017-03 page, but 1 warning"));
    }
    let run = policy.check(&[QUERY, QUERY]);
    assert_eq!(run.stdout.lines().last(), Some("2 requests: 2 accepted (2 with warnings)"));
    // Between what is refused and what is unverified.
    let open = format!("{QUERY}&DestinationRegions.1=ap-singapore&DestinationRegions.2=ap-hongkong");
    let run = policy.check(&[&open]);
    let headings: Vec<_> =
        run.stdout.lines().filter(|line| line.contains("  ") && !line.starts_with(' ')).collect();
    assert_eq!(
        headings,
        [
            "InvalidRegion.Unavailable  DestinationRegions.2",
            "warning: Policy.ImageSize  ImageIds.0",
            "not verified  DestinationRegions.1",
        ]
    );
    let verdict = "refused under the 2017-03 page: 1 violation, 1 warning, 1 check could not be verified";
    assert_eq!(run.stdout.lines().last(), Some(verdict));
    let run = policy.check(&["--color", "always", QUERY]);
    assert!(run.stdout.starts_with("\u{1b}[1m\u{1b}[35mwarning: Policy.ImageSize"), "{}", run.stdout);

    let run = policy.check(&["--format", "json", QUERY]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["accepted"], json!(true));
    assert_eq!(answer["warnings"][0]["rule"], json!("policy/image-size"));
    let report: presync::Report = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(format!("{}\n", serde_json::to_string(&report).unwrap()), run.stdout);
}

#[test]
fn a_slip_in_what_is_denied_is_said_on_stderr() {
    let policy = File::new("destinations.denied = [\"ap-guangzhuo\"]\n");
    let run = policy.check(&[QUERY]);
    assert_eq!((run.status, &*run.stdout), (0, "accepted under the 2017-03 page\n"));
    let said = "destinations.denied[0]: no region is `ap-guangzhuo`, did you mean `ap-guangzhou`?\n";
    assert!(run.stderr.starts_with("warning: ") && run.stderr.ends_with(said), "{}", run.stderr);
}

#[test]
fn strict_does_not_refuse_what_would_be_a_warning() {
    let open = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-singapore";
    let run = File::new("").check(&["--strict", open]);
    assert_eq!(run.status, 3);
    let down = File::new("[rules]\ndestination-available = \"warning\"");
    let run = down.check(&["--strict", open]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    let verdict = "accepted under the 2017-03 page, but 1 check could not be verified";
    assert_eq!(run.stdout.lines().last(), Some(verdict));
    assert!(run.stdout.starts_with("warning: not verified  DestinationRegions.0\n"), "{}", run.stdout);
    let run = down.check(&["--strict", "--format", "json", open]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&answer["accepted"], &answer["unverified"][0]["warning"]), (&json!(true), &json!(true)));
}

#[test]
fn the_edition_of_the_policy_holds_unless_another_is_asked_for() {
    let policy = File::new("edition = \"2024-01\"");
    let query = format!("{QUERY}&Region=ap-shanghai");
    let verdict = |arguments: &[&str]| policy.check(&[arguments, &[&*query]].concat()).stdout;
    assert_eq!(verdict(&[]), "accepted under the 2024-01 page\n");
    assert_eq!(verdict(&["--edition", "latest"]), format!("accepted under the {} page\n", Edition::LATEST));
    assert_eq!(verdict(&["--edition", "2017-03"]), "accepted under the 2017-03 page\n");
    assert_eq!(File::new("").check(&[QUERY]).stdout, "accepted under the 2017-03 page\n");
    // Of what does not even have the shape of a request, too.
    let run = policy.check(&["ImageIds.1=x&Version=1"]);
    assert!(
        run.stdout.lines().last().unwrap().starts_with("refused under the 2024-01 page:"),
        "{}",
        run.stdout
    );
    // The rules that are listed are those of that edition.
    let ids = |arguments: &[&str]| policy.run(&[&["rules"], arguments].concat()).stdout;
    assert!(!ids(&[]).contains("\nimage-size "));
    assert!(ids(&["--edition", "2017-03"]).contains("\nimage-size "));
}

#[test]
fn what_is_no_policy_gives_no_report() {
    let gives_up = |policy: &File, reason: &str| {
        for run in [policy.check(&[QUERY]), policy.run(&["rules"])] {
            let expected = format!("{}{reason}\n", policy.path());
            assert_eq!((run.status, &*run.stdout, &*run.stderr), (2, "", &*expected));
        }
    };
    let quota = ":2:1: unknown key `image-quotta`, did you mean `image-quota`?";
    gives_up(&File::new("[limits]\nimage-quotta = 8"), quota);
    gives_up(
        &File::new("edition = \"latest\"\n\n[rules]\n    image-sise = \"off\""),
        ":4:5: rules.image-sise: there is no such rule, did you mean `image-size`?",
    );
    gives_up(&File::new(b"\xff"), ":1:1: the policy is not text in UTF-8");
    gives_up(
        &File::new("[limits]\nimage-quota = 0"),
        ":2:15: limits.image-quota: invalid value: `0`, expected a whole number of 1 or more",
    );
    let run = presync(["rules", "--policy", "nowhere/presync.toml"]);
    assert_eq!((run.status, &*run.stderr), (2, "nowhere/presync.toml: no such file\n"));
    let run = presync(["rules", "--policy", "tests"]);
    assert_eq!((run.status, &*run.stderr), (2, "tests: is a directory, not a file\n"));
    let run = presync(["rules", "--all", "--policy", "presync.toml"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

const LEVELS: &str = r#"
image-id-pattern = "pimg-[0-9]+|x"

[limits]
image-quota = 8

[destinations]
denied = ["ap-hongkong", "na-*"]

[rules]
image-size = "off"
destination-unique = "warning"
"policy/destination-denied" = "warning"
"#;

#[test]
fn the_effective_set_is_listed() {
    let policy = File::new(LEVELS);
    let table = policy.run(&["rules"]);
    assert_eq!((table.status, &*table.stderr), (0, ""));
    let line = |id: &str| {
        let line = table.stdout.lines().find(|line| line.split_whitespace().next() == Some(id));
        line.unwrap_or_else(|| panic!("{id}: {}", table.stdout))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line("RULE"), "RULE PARAMETER CODE EVIDENCE LEVEL WHAT MUST HOLD");
    assert_eq!(
        line("image-size"),
        "image-size ImageIds.N InvalidImageId.TooLarge documented off the image is smaller than 50 GiB"
    );
    assert!(line("destination-unique").contains(" inferred warning no destination is a duplicate"));
    assert!(line("image-id-format").ends_with(" error an image id has the form of one (pimg-[0-9]+|x)"));
    assert!(line("image-quota").contains(" error ") && line("image-quota").ends_with("(10 images)"));
    assert_eq!(
        line("policy/image-quota"),
        "policy/image-quota DestinationRegions.N Policy.ImageQuota policy error each destination stays within the policy's quota of custom images (8 images)"
    );
    assert!(line("policy/destination-denied").contains(
        " policy warning every destination is one that the policy does not deny (a region other than ap-hongkong and na-*)"
    ));
    assert_eq!(table.stdout.lines().count(), 1 + 22 + 2);

    let markdown = policy.run(&["rules", "--format", "markdown"]).stdout;
    let (first, last) = (markdown.lines().next().unwrap(), markdown.lines().last().unwrap());
    assert_eq!(first, "| Rule | Parameter | What must hold | Code | Evidence | Level |");
    assert_eq!(
        last,
        "| `policy/image-quota` | DestinationRegions.N | each destination stays within the policy's quota of custom images (8 images) | `Policy.ImageQuota` | policy | error |"
    );
    assert!(markdown.contains("(pimg-[0-9]+\\|x) |"), "{markdown}");
}

#[test]
fn the_effective_set_is_listed_in_json() {
    let policy = File::new(LEVELS);
    let listed: Value = serde_json::from_str(&policy.run(&["rules", "--format", "json"]).stdout).unwrap();
    let listed = listed.as_array().unwrap();
    let find = |id: &str| listed.iter().find(|rule| rule["rule"] == id).unwrap();
    assert_eq!(find("image-size")["level"], "off");
    assert_eq!(find("image-quota")["level"], "error");
    assert_eq!(find("image-id-format")["limit"], "pimg-[0-9]+|x");
    assert_eq!(
        *find("policy/destination-denied"),
        json!({
            "rule": "policy/destination-denied",
            "parameter": "DestinationRegions.N",
            "code": "Policy.DestinationDenied",
            "evidence": "policy",
            "requirement": "every destination is one that the policy does not deny",
            "limit": "a region other than ap-hongkong and na-*",
            "citation": "destinations.denied",
            "page": null,
            "first_seen": null,
            "withdrawn": null,
            "stage": "check",
            "since": null,
            "level": "warning",
        })
    );
    // Without a policy there is no such key, and with an empty one there is nothing but that key.
    let plain: Value = serde_json::from_str(&presync(["rules", "--format", "json"]).stdout).unwrap();
    let mut empty: Value =
        serde_json::from_str(&File::new("").run(&["rules", "--format", "json"]).stdout).unwrap();
    for rule in empty.as_array_mut().unwrap() {
        assert_eq!(rule.as_object_mut().unwrap().remove("level"), Some(json!("error")));
    }
    assert_eq!(plain, empty);
}

#[test]
fn the_rules_of_policies_are_explained() {
    for rule in presync::policy::rules() {
        let run = presync(["explain", rule.id()]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{}", rule.id());
        let code = rule.code(Edition::FIRST).as_str();
        let expected = format!(
            "{}: {}\n\n  parameter  {}\n  code       {code}\n  evidence   policy: the code is the policy's own, not \
             the API's\n  citation   {} (in the policy)\n  found      when the request is checked against the \
             state\n\n{}\n",
            rule.id(),
            rule.requirement(Edition::FIRST),
            rule.parameter(),
            rule.citation(),
            rule.explanation().collect::<Vec<_>>().join("\n"),
        );
        assert_eq!(run.stdout, expected);
        assert_eq!(presync(["explain", code]).stdout, run.stdout);
        assert_eq!(presync(["explain", "--edition", "latest", rule.id()]).stdout, run.stdout);
    }
    let run = presync(["explain", "policy/image-quote"]);
    assert!(run.stderr.ends_with("did you mean `policy/image-quota`?\n"), "{}", run.stderr);
}

#[test]
fn help_speaks_of_policies() {
    for subcommand in ["check", "rules"] {
        assert!(presync([subcommand, "--help"]).stdout.contains("--policy <FILE>"), "{subcommand}");
    }
}
