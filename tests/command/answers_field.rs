//! Responses and states in the shapes that people have, on the command line: what each must give.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{self, Run, Scratch};

const BODY: &str = r#"{"ImageIds":["img-q7w3e9rt"],"DestinationRegions":["ap-shanghai"]}"#;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/field/answers")
}

/// Checks under the latest page, with these responses, where they are.
fn check(states: &[&str]) -> Run {
    let states = states.iter().flat_map(|state| ["--state", state]);
    let rest = ["--region", "ap-guangzhou", "--format", "json", BODY];
    run::presync_in(&folder(), ["check", "--edition", "latest"].into_iter().chain(states).chain(rest), "")
}

fn rules(report: &Value, key: &str) -> Vec<String> {
    report[key].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_answer_gives_what_it_must() {
    // The image is listed: it exists, and what its record says is known.
    for name in [
        "s01-pages-concatenated.json",
        "s02-pages-slurped.json",
        "s03-filtered-list.json",
        "s04-bom.json",
        "s07-page1.json",
        "s11-few-fields-no-count.json",
        "s18-case-twins.json",
    ] {
        let run = check(&["s00-regions.json", &format!("ap-guangzhou={name}")]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{name}");
        assert!(!rules(&run.json(), "unverified").contains(&"image-exists".to_owned()), "{name}");
    }
    // The image is not listed, and may be there.
    for name in ["s06-utf16.json", "s23-filtered-by-name.json", "a-priv.json", "a-unfiltered-page1.json"] {
        let run = check(&["s00-regions.json", &format!("ap-guangzhou={name}")]);
        assert_eq!((run.status, &*run.stderr), (0, ""), "{name}");
        assert!(rules(&run.json(), "unverified").contains(&"image-exists".to_owned()), "{name}");
    }
    // Two pages between which the count moved.
    let moved =
        ["s00-regions.json", "ap-guangzhou=s07-page1.json", "ap-guangzhou=s07-page2-count-moved.json"];
    assert_eq!(check(&moved).status, 0);
    // Ten of ten, whichever region the file is said to be of.
    for name in
        ["s08-account-quota.json", "s08b-account-quota-bare.json", "ap-shanghai=s08-account-quota.json"]
    {
        let run = check(&["s00-regions.json", "ap-guangzhou=s04-bom.json", name]);
        assert_eq!((run.status, &*run.stderr), (1, ""), "{name}");
        let violation = &run.json()["violations"][0];
        assert_eq!(violation["code"], "ImageQuotaLimitExceeded");
        assert_eq!(violation["message"], "`ap-shanghai` has 10 custom images, and its quota is 10");
    }
    let run = check(&["s00-regions.json", "ap-guangzhou=s08-account-quota.json"]);
    assert_eq!(rules(&run.json(), "violations"), ["image-quota"]);
    assert_eq!(
        run.stderr,
        "warning: a response of DescribeAccountQuota says that it is of `ap-shanghai`, and not of `ap-guangzhou`\n"
    );
    // A region that no list has: not known to be one, unless the list is whole.
    for name in ["s17-regionset-null.json", "s19-empty-region.json"] {
        let run = check(&[name, "ap-guangzhou=s04-bom.json"]);
        assert_eq!(run.status, 0, "{name}");
        assert!(rules(&run.json(), "unverified").contains(&"destination-exists".to_owned()), "{name}");
        assert_eq!(
            run.stderr.lines().count(),
            usize::from(name.starts_with("s19")),
            "{name}: {}",
            run.stderr
        );
    }
    assert_eq!(check(&["s20-count-larger.json", "ap-guangzhou=s04-bom.json"]).status, 0);
}

#[test]
fn what_is_no_answer_is_said_to_be_what_it_is() {
    let scratch = Scratch::new();
    let sync =
        r#"{"Response":{"ImageSet":[{"ImageId":"img-q7w3e9rt","Region":"ap-guangzhou"}],"RequestId":"r"}}"#;
    let sync = scratch.file("sync.json", sync).display().to_string();
    for (states, end) in [
        (
            &["s00-regions.json", "ap-guangzhou=s05-gbk.json"][..],
            "s05-gbk.json:1:71: the response is not text in UTF-8: it looks like GBK\n",
        ),
        (
            &["s21-tccli-error.txt"],
            "s21-tccli-error.txt: the response is the error `UnauthorizedOperation`: You are not authorized to perform operation\n",
        ),
        (&["s00-regions.json", "ap-guangzhou=s10-zones.json"], "found a response of another action\n"),
        (&[&*sync], "found a response of SyncImages, whose copies are in other regions\n"),
        (
            &["s00-regions.json", &format!("ap-guangzhou={sync}")],
            "found a response of SyncImages, whose copies are in other regions\n",
        ),
        (
            &["a-state-typo-keys.json"],
            "a-state-typo-keys.json:1:48: Regions[0]: unknown key `imageSync`, did you mean `ImageSync`?\n",
        ),
    ] {
        let run = check(states);
        assert_eq!((run.status, &*run.stdout), (2, ""), "{states:?}");
        assert!(run.stderr.ends_with(end), "{}", run.stderr);
    }
}

#[test]
fn without_a_state_the_shape_is_checked() {
    let accepted = check(&[]);
    assert_eq!((accepted.status, &*accepted.stderr), (0, ""));
    let unverified = rules(&accepted.json(), "unverified");
    for rule in ["image-exists", "destination-exists", "image-quota", "source-region-supported"] {
        assert!(unverified.contains(&rule.to_owned()), "{rule}: {unverified:?}");
    }
    let malformed =
        run::presync(["check", r#"{"ImageIds":["img-1","img-2"],"DestinationRegions":["a","a"]}"#]);
    assert_eq!(malformed.status, 1);
    for code in ["InvalidParameterValue", "InvalidImageId.Malformed"] {
        assert!(malformed.stdout.contains(code), "{}", malformed.stdout);
    }
    assert_eq!(run::presync(["check", "--strict", "--region", "ap-guangzhou", BODY]).status, 3);
    let line = format!("{{\"request\":{BODY}}}\n");
    let batch = run::presync_in(&folder(), ["batch"], line);
    assert_eq!(batch.status, 0);
    assert_eq!(batch.json()["accepted"], true);
    // A state without regions is another thing.
    let empty = run::presync_in(&folder(), ["check", "--state", "-", BODY], "{}");
    assert!(empty.stdout.contains("InvalidRegion.NotFound"), "{}", empty.stdout);
}

#[test]
fn the_user_says_which_listing_is_whole() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state.json").display().to_string();
    let verdict = |flags: &[&str]| {
        let output = ["--sync", "ap-shanghai", "--used", "ap-shanghai=0", "-o", &state];
        let made = ["state", "--regions", "s00-regions.json"].iter().chain(flags).chain(&output);
        let made = run::presync_in(&folder(), made, "");
        assert_eq!((made.status, &*made.stdout), (0, ""), "{}", made.stderr);
        (rules(&check(&[&state]).json(), "violations").concat(), made.stderr)
    };
    let none = String::new;
    assert_eq!(verdict(&["--images", "ap-guangzhou=a-priv.json"]), (none(), none()));
    assert_eq!(verdict(&["--custom-images", "ap-guangzhou=a-priv.json"]), (none(), none()));
    assert_eq!(verdict(&["--all-images", "ap-guangzhou=a-priv.json"]), ("image-exists".to_owned(), none()));
    assert_eq!(
        verdict(&["--all-images", "ap-guangzhou=a-unfiltered-page1.json"]),
        (
            none(),
            "warning: the listing of all images of `ap-guangzhou` counts 310 and gives 2: it is not whole\n"
                .to_owned()
        )
    );
    // Pages follow each other, and one region another.
    let pages = [
        "--custom-images",
        "ap-guangzhou=a-gz1.json",
        "ap-beijing=a-priv.json",
        "--all-images",
        "ap-beijing=a-priv.json",
    ];
    assert_eq!(verdict(&pages), (none(), none()));
    run::presync_in(&folder(), ["state", "--all-images", "a-priv.json"], "")
        .gives_up("error: `--all-images a-priv.json` does not name its region: write `REGION=a-priv.json`");
    let account = run::presync_in(&folder(), ["state", "--account-quota", "s08-account-quota.json"], "");
    assert_eq!(account.status, 0);
    let quota = &account.json()["AccountQuota"]["Regions"][0];
    assert_eq!((&quota["Used"], &quota["ImageNumQuota"]), (&10.into(), &10.into()));
    assert_eq!(account.json()["RegionsComplete"], false);

    let help = run::presync(["state", "--help"]).stdout;
    for words in [
        "--custom-images",
        "--all-images",
        "image-type=PRIVATE_IMAGE",
        "--account-quota",
        "No response says by which filter",
    ] {
        assert!(help.contains(words), "{words}");
    }
    assert!(run::presync(["check", "--help"]).stdout.contains("Without --state"));
}

#[test]
fn the_user_says_that_a_cut_out_list_has_every_region() {
    let list = r#"[{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}]"#;
    let is_complete = |flag: &str| {
        let run = run::presync_in(&folder(), ["state", flag, "-"], list);
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.json()["RegionsComplete"] != false
    };
    assert!(!is_complete("--regions"));
    assert!(is_complete("--all-regions"));
    assert!(run::presync(["state", "--help"]).stdout.contains("With --all-regions you say"));
}

#[test]
fn a_state_that_is_no_json_is_named() {
    for (text, found) in [
        ("Regions:\n- Region: x\n", "what looks like YAML"),
        ("<html>", "what looks like XML or HTML"),
        ("// c\n{}", "`// c`"),
    ] {
        let run = run::presync_in(&folder(), ["check", "--state", "-", BODY], text);
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains("expected JSON, which starts with `{` or `[`, found "), "{}", run.stderr);
        assert!(run.stderr.contains(found), "{}", run.stderr);
    }
}
