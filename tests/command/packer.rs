//! Templates of Packer on the command line.

use serde_json::{Value, json};

use crate::documents::packer::{data, template};
use crate::run::check_stdin;

fn run(arguments: &[&str], stdin: &[u8]) -> (i32, String, String) {
    let run = check_stdin(arguments, stdin);
    (run.status, run.stdout, run.stderr)
}

#[test]
fn a_report_names_the_address_and_the_attribute() {
    let file = "tests/data/packer/template.pkr.hcl";
    let (status, stdout, stderr) = run(&[file], b"");
    assert_eq!((status, &*stderr), (1, ""));
    let first = stdout.split("request 2, ").next().unwrap();
    assert_eq!(
        first,
        "\
request 1, tests/data/packer/template.pkr.hcl, source.tencentcloud-cvm.base:
InvalidRegion.NotFound  DestinationRegions.1 (source.tencentcloud-cvm.base image_copy_regions)
  value    ap-shanghai-2
  reason   `ap-shanghai-2` is not a known region
  hint     did you mean `ap-shanghai`? `ap-shanghai-2` is a zone of it
  rule     destination-exists
  at       tests/data/packer/template.pkr.hcl:23:56
     |
  23 |   image_copy_regions = [\"ap-shanghai\", \"ap-guangzhou\", \"ap-shanghai-2\"]
     |                                                        ^^^^^^^^^^^^^^^

not verified  ImageIds.0
  needs    `ImageSize` of the image that `source.tencentcloud-cvm.base` makes, or `image-size` turned off in the `[rules]` of a policy
  rule     image-size

refused under the 2017-03 page: 1 violation, 1 check could not be verified

"
    );
    let (status, stdout, _) = run(&["--format", "json"], &data("template.json"));
    let answer: Value = serde_json::from_str(stdout.lines().next().unwrap()).unwrap();
    assert_eq!((status, &answer["address"]), (1, &json!("builders[0]")));
    assert_eq!(answer["violations"][0]["attribute"], "image_copy_regions");
    assert_eq!(answer["unverified"][0].get("attribute"), None);
}

#[test]
fn bad_input_says_what_is_wrong_and_where() {
    let (status, stdout, stderr) = run(&[], b"{\"builders\": 1}");
    assert_eq!(
        (status, &*stdout, &*stderr),
        (2, "", "<stdin>:1:14: builders: expected a list, found the number `1`\n")
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.pkr.hcl");
    std::fs::write(&file, "source \"tencentcloud-cvm\" \"x\" {\n  region = []\n}\n").unwrap();
    let file = file.to_str().unwrap();
    let (status, stdout, stderr) = run(&[file], b"");
    assert_eq!((status, &*stdout), (2, ""));
    assert_eq!(stderr, format!("{file}:2:12: source.tencentcloud-cvm.x.region: expected a text\n"));
}

#[test]
fn a_template_without_copies_is_accepted() {
    let builder = json!({"type": "tencentcloud-cvm", "region": "ap-shanghai", "image_name": "base"});
    let (status, stdout, stderr) = run(&[], &template(json!([builder])));
    assert_eq!(
        (status, &*stdout, &*stderr),
        (0, "<stdin>: no image is going to be copied, nothing to check\n", "")
    );
    // In one without a builder nothing was understood.
    let (status, stdout, stderr) = run(&[], &template(json!([])));
    assert_eq!((status, &*stdout), (2, ""));
    assert!(stderr.starts_with("<stdin>: there is no copy in it: no builder; expected builders"), "{stderr}");
}
