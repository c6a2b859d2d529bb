//! State from responses of the API, on the command line. What is expected
//! follows from the documents.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use presync::{QuotaLimit, State};
use serde_json::json;
use tempfile::TempDir;

use crate::documents::answers::{answer, full, imported, path};
use crate::run::{self, Run};

const ACCEPTABLE: &str =
    "Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai";
const MISSING: &str =
    "Version=2017-03-12&Region=ap-guangzhou&ImageIds.0=img-aaaaaaaa&DestinationRegions.0=ap-shanghai";

/// The state that a run wrote.
#[track_caller]
fn state(run: &Run) -> State {
    assert_eq!((run.status, &*run.stderr), (0, ""));
    State::from_json(run.stdout.as_bytes()).unwrap()
}

/// Runs where the responses are.
fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, stdin: impl Into<Vec<u8>>) -> Run {
    run::presync_in(&path(""), arguments, stdin)
}

fn presync(line: &str) -> Run {
    run(line.split(' '), "")
}

fn with_output(line: &str, output: &Path) -> Run {
    run(line.split(' ').map(OsStr::new).chain(["-o".as_ref(), output.as_os_str()]), "")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const FULL: &str = "state --regions regions.json --images ap-guangzhou=images-page1.json \
    ap-shanghai=images-body.json --images ap-beijing=images-none.json --quota quota.json --quota \
    ap-seoul=quota-body.json --used ap-shanghai=19 --no-sync ap-seoul --sync ap-shanghai --block \
    ap-beijing:na-toronto";

#[test]
fn every_option_does_what_the_library_does() {
    let run = presync(FULL);
    assert_eq!(state(&run), full());
    assert!(run.stdout.starts_with("{\n  \"Regions\": [\n"), "{}", run.stdout);
    assert!(run.stdout.ends_with("}\n"));
}

#[test]
fn pages_of_one_region_can_follow_each_other() {
    let expected = imported([answer("images-page1.json"), answer("images-page2.json")]).unwrap();
    for line in [
        "state --images ap-guangzhou=images-page1.json images-page2.json",
        "state --images ap-guangzhou=images-page1.json ap-guangzhou=images-page2.json",
        "state --images ap-guangzhou=images-page2.json --images ap-guangzhou=images-page1.json",
    ] {
        assert_eq!(state(&presync(line)), expected, "{line}");
    }
}

#[test]
fn a_quota_is_a_file_or_a_number() {
    let quota = |line: &str| state(&presync(&format!("state {line}"))).account_quota().clone();
    assert_eq!(quota("--quota 50").image_num_quota, QuotaLimit::Count(50));
    assert_eq!(quota("--quota quota.json").image_num_quota, QuotaLimit::Count(20));
    let region = quota("--quota ap-seoul=50 --quota 20");
    assert_eq!(
        (region.image_num_quota, region.regions[0].image_num_quota),
        (QuotaLimit::Count(20), QuotaLimit::Count(50))
    );
    let region = quota("--quota ap-seoul=quota-body.json");
    assert_eq!(
        (region.image_num_quota, region.regions[0].image_num_quota),
        (QuotaLimit::Default, QuotaLimit::Count(1000))
    );
}

#[test]
fn a_response_can_come_from_stdin() {
    let expected = imported([answer("images-page1.json")]).unwrap();
    let run = run(["state", "--images", "ap-guangzhou=-"], answer("images-page1.json"));
    assert_eq!(state(&run), expected);
    presync("state --regions - --images ap-guangzhou=-").gives_up("error: stdin cannot be several responses");
    presync("check --state - --state ap-guangzhou=- x=1")
        .gives_up("error: stdin cannot be several responses");
}

#[test]
fn bad_input_says_what_where_and_what_was_expected() {
    let scratch = TempDir::new().unwrap();
    let file = |content: &str| {
        let path = scratch.path().join("response.json");
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    presync("state --regions nowhere.json").gives_up("nowhere.json: no such file");
    presync("state --images ap-guangzhou=nowhere.json").gives_up("nowhere.json: no such file");
    presync("state --regions error.json").gives_up(
        "error.json: the response is the error `UnauthorizedOperation`: you may not call this action",
    );
    presync("state --regions quota.json").gives_up(
        "quota.json: expected a response of DescribeRegions, which has `RegionSet`, found a response of DescribeImageQuota",
    );
    // A place is one in a file.
    let nameless = r#"{"RegionSet": [{"Region": "ap-seoul"}, {}]}"#;
    let nameless = file(nameless);
    let said = format!(
        "warning: {nameless}: line 1, column 40: a record of DescribeRegions has no name of a region and is left out"
    );
    for command in ["state --regions", "check {} --state"] {
        let run = presync(&format!("{command} {nameless}"));
        assert!(run.stderr.starts_with(&said), "{command}: {}", run.stderr);
    }
    let quota = scratch.path().join("quota.json");
    fs::write(&quota, r#"{"ImageNumQuota": 10}"#).unwrap();
    let quota = quota.to_str().unwrap();
    let run =
        presync(&format!("check {{}} --state ap-seoul={quota} --state {nameless} --state ap-tokyo={quota}"));
    assert!(run.stderr.starts_with(&said), "{}", run.stderr);
    let broken = file("{\"Response\":\n  {\"RegionSet\": [,]}}");
    presync(&format!("state --regions {broken}"))
        .gives_up(&format!("{broken}:2:18: Response.RegionSet[0]: expected a value, found `,`"));
    let other = file("{\"ImageSet\": [\n {\"ImageId\": \"img-o3ycss2p\", \"ImageSize\": 21}]}");
    presync(&format!("state --images ap-guangzhou=images-page1.json {other}")).gives_up(&format!(
        "{other}:2:2: `ImageSize` of `img-o3ycss2p` in `ap-guangzhou` is `21` here, and `20` before"
    ));
    presync("state --regions regions.json --no-sync ap-soul")
        .gives_up("error: DescribeRegions does not list the region `ap-soul`, did you mean `ap-seoul`?");
    presync("state --images images-page1.json").gives_up(
        "error: `--images images-page1.json` does not name its region: write `REGION=images-page1.json`",
    );
    presync("state --used a=1 --used a=2")
        .gives_up("error: the used quota of `a` is `2` here, and `1` before");
    presync("state --used =1").gives_up("error: the name of a region must not be empty");
    for line in [
        "state",
        "state -o x.json",
        "state --used a",
        "state --used a=-1",
        "state --block a",
        "state --block a:b:c",
    ] {
        let run = presync(line);
        assert_eq!((run.status, &*run.stdout), (2, ""), "{line}");
        assert!(run.stderr.contains("--help"), "{line}: {}", run.stderr);
    }
    assert!(!path("x.json").exists());
}

#[test]
fn a_file_is_written_as_a_whole_or_not_at_all() {
    let scratch = TempDir::new().unwrap();
    let target = scratch.path().join("state.json");
    // A new one.
    let run = with_output(FULL, &target);
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (0, "", ""));
    assert_eq!(State::from_json(&fs::read(&target).unwrap()), Ok(full()));
    assert_eq!(names(scratch.path()), ["state.json"]);
    // One that is there stays as it is when there is nothing to put in its place.
    fs::write(&target, "as it was").unwrap();
    for line in [
        "state --regions nowhere.json",
        "state --regions error.json",
        "state --regions regions.json --no-sync mars",
    ] {
        assert_eq!(with_output(line, &target).status, 2, "{line}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "as it was", "{line}");
        assert_eq!(names(scratch.path()), ["state.json"], "{line}");
    }
    // It is replaced otherwise.
    assert_eq!(with_output("state --no-sync ap-seoul", &target).status, 0);
    assert_eq!(State::from_json(&fs::read(&target).unwrap()).unwrap().regions().len(), 1);
    assert_eq!(names(scratch.path()), ["state.json"]);
    // What cannot be written is said.
    let nowhere = scratch.path().join("nowhere/state.json");
    with_output("state --no-sync ap-seoul", &nowhere)
        .gives_up(&format!("{}: cannot be written: there is no such folder", nowhere.display()));
    with_output("state --no-sync ap-seoul", scratch.path())
        .gives_up(&format!("{}: cannot be written: is a directory, not a file", scratch.path().display()));
    assert_eq!(names(scratch.path()), ["state.json"]);
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions_a_link_stays_a_link_and_a_pipe_a_pipe() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

    let scratch = TempDir::new().unwrap();
    let target = scratch.path().join("state.json");
    let link = scratch.path().join("link.json");
    fs::write(&target, "").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("state.json", &link).unwrap();
    assert_eq!(with_output("state --no-sync ap-seoul", &link).status, 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(State::from_json(&fs::read(&target).unwrap()).is_ok());
    assert_eq!(names(scratch.path()), ["link.json", "state.json"]);

    // A new file has the permissions of any new file.
    fs::remove_file(&target).unwrap();
    fs::remove_file(&link).unwrap();
    let any = scratch.path().join("any");
    fs::write(&any, "").unwrap();
    assert_eq!(with_output("state --no-sync ap-seoul", &target).status, 0);
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&target), mode(&any));

    // So is it with a device. A pipe of its own is at stake here, and not
    // `/dev/null` of the machine.
    let pipe = scratch.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        thread::spawn(move || fs::read(pipe).unwrap())
    };
    assert_eq!(with_output("state --no-sync ap-seoul", &pipe).status, 0);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert_eq!(reader.join().unwrap(), fs::read(&target).unwrap());
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_a_file_that_is_to_be_made() {
    use std::os::unix::fs::symlink;

    let scratch = TempDir::new().unwrap();
    fs::create_dir(scratch.path().join("states")).unwrap();
    let in_folder = |name: &str| scratch.path().join(name);
    // Each is relative to its own folder.
    symlink("states/link.json", in_folder("link.json")).unwrap();
    symlink("state.json", in_folder("states/link.json")).unwrap();
    let target = in_folder("states/state.json");
    for link in [in_folder("link.json"), in_folder("states/link.json")] {
        assert_eq!(with_output("state --no-sync ap-seoul", &link).status, 0);
        assert!(State::from_json(&fs::read(&target).unwrap()).is_ok());
        fs::remove_file(&target).unwrap();
    }
    let run = run::presync_in(scratch.path(), ["state", "--no-sync", "ap-seoul", "-o", "link.json"], "");
    assert_eq!(run.status, 0);
    assert!(fs::symlink_metadata(in_folder("link.json")).unwrap().is_symlink());
    assert_eq!(names(&in_folder("states")), ["link.json", "state.json"]);

    let nowhere = in_folder("nowhere.json");
    symlink("nowhere/state.json", &nowhere).unwrap();
    with_output("state --no-sync ap-seoul", &nowhere)
        .gives_up(&format!("{}: cannot be written: there is no such folder", nowhere.display()));
    let circle = in_folder("circle.json");
    symlink("circle.json", &circle).unwrap();
    with_output("state --no-sync ap-seoul", &circle)
        .gives_up(&format!("{}: cannot be written: it leads through more than 40 links", circle.display()));
    assert_eq!(names(scratch.path()), ["circle.json", "link.json", "nowhere.json", "states"]);
}

#[test]
fn a_name_without_a_folder_is_beside_the_reader() {
    let scratch = TempDir::new().unwrap();
    let run = run::presync_in(scratch.path(), ["state", "--no-sync", "ap-seoul", "-o", "state.json"], "");
    assert_eq!(run.status, 0);
    assert_eq!(names(scratch.path()), ["state.json"]);
}

#[test]
fn check_takes_responses_and_leaves_unverified_what_they_do_not_say() {
    // The second page is missing, and so is the image: it may be there.
    let responses = "--state regions.json --state ap-guangzhou=images-page1.json --state quota.json";
    let run = presync(&format!("check {responses} --format json {MISSING}"));
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let report = run.json();
    assert_eq!(report["violations"], json!([]));
    assert_eq!(report["unverified"][0]["rule"], "image-exists");
    assert_eq!(report["unverified"][0]["parameter"], "ImageIds.0");
    let run = presync(&format!("check {responses} --strict {MISSING}"));
    assert_eq!(run.status, 3);

    // With it too: no response says that it is of every image.
    let run = presync(&format!("check {responses} --state ap-guangzhou=images-page2.json {MISSING}"));
    assert_eq!((run.status, &*run.stderr), (0, ""));

    // The user says so.
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("state.json");
    let line = "state --regions regions.json --all-images ap-guangzhou=images-page1.json images-page2.json --quota quota.json";
    assert_eq!(with_output(line, &file).status, 0);
    let run = presync(&format!("check --state {} --format json {MISSING}", file.display()));
    assert_eq!((run.status, &*run.stderr), (1, ""));
    assert_eq!(run.json()["violations"][0]["code"], "InvalidImageId.NotFound");

    // The same as by way of a file.
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("state.json");
    let line = "state --regions regions.json --images ap-guangzhou=images-page1.json --quota quota.json";
    assert_eq!(with_output(line, &file).status, 0);
    for request in [ACCEPTABLE, MISSING] {
        let direct = presync(&format!("check {responses} {request}"));
        let by_file = presync(&format!("check --state {} {request}", file.display()));
        assert_eq!((direct.status, direct.stdout), (by_file.status, by_file.stdout));
    }
}

#[test]
fn check_refuses_responses_that_it_cannot_use() {
    presync("check --state images-page1.json x=1").gives_up(
        "images-page1.json: a response of DescribeImages does not name its region: write `REGION=images-page1.json`",
    );
    run(["check", "--state", "-", "x=1"], answer("images-page1.json"))
        .gives_up("<stdin>: a response of DescribeImages does not name its region: write `REGION=-`");
    presync("check --state error.json x=1").gives_up(
        "error.json: the response is the error `UnauthorizedOperation`: you may not call this action",
    );
    presync("check --state success.json x=1").gives_up(
        "success.json: expected a response of DescribeImages, DescribeRegions, DescribeImageQuota or DescribeAccountQuota, found a response of another action",
    );
    presync("check --state ap-guangzhou=regions.json x=1").gives_up(
        "regions.json: expected a response of DescribeImages, DescribeImageQuota or DescribeAccountQuota, which are those of one region, found a response of DescribeRegions",
    );
    presync("check --state regions.json --state ../state.json x=1").gives_up(
        "../state.json: expected a response of DescribeImages, DescribeRegions, DescribeImageQuota or DescribeAccountQuota, found a state: a state stands alone, and is made anew from all of its responses",
    );
    presync("check --state regions.json --state mars=images-none.json x=1")
        .gives_up("error: DescribeRegions does not list the region `mars`");
    let scratch = TempDir::new().unwrap();
    let broken = scratch.path().join("broken.json");
    fs::write(&broken, "{\"Response\": {\"RegionSet\": [\n").unwrap();
    let broken = broken.display();
    presync(&format!("check --state {broken} x=1"))
        .gives_up(&format!("{broken}:2:1: Response.RegionSet: the JSON ends within a list"));
}

#[test]
fn a_file_that_exists_comes_before_a_region() {
    let scratch = TempDir::new().unwrap();
    fs::write(scratch.path().join("a=b.json"), answer("regions.json")).unwrap();
    let run = run::presync_in(scratch.path(), ["check", "--state", "a=b.json", ACCEPTABLE], "");
    assert_eq!(run.stderr, "");
}
