//! Plans of Terraform on the command line.

use presync::sources::PlannedCall;
use presync::sources::terraform;
use serde_json::{Value, json};

use crate::documents::terraform::{PLAN, known, plan, plan_of, resource, resource_with};
use crate::run::{check_stdin, presync};

fn run(arguments: &[&str], stdin: &[u8]) -> (i32, String, String) {
    let run = check_stdin(arguments, stdin);
    (run.status, run.stdout, run.stderr)
}

#[test]
fn a_report_names_the_address_and_the_attribute() {
    let (status, stdout, stderr) = run(&[PLAN], b"");
    assert_eq!((status, &*stderr), (1, ""));
    let base = stdout.split("request 1, ").nth(1).unwrap().split("request 2, ").next().unwrap();
    assert_eq!(
        base,
        "\
tests/data/terraform/plan.json, tencentcloud_cvm_sync_image.base:
InvalidRegion.NotFound  DestinationRegions.1 (tencentcloud_cvm_sync_image.base destination_regions)
  value    ap-shanghai-2
  reason   `ap-shanghai-2` is not a known region
  hint     did you mean `ap-shanghai`? `ap-shanghai-2` is a zone of it
  rule     destination-exists
  at       tests/data/terraform/plan.json:117:50
      |
  117 |           \"destination_regions\": [\"ap-shanghai\", \"ap-shanghai-2\"],
      |                                                  ^^^^^^^^^^^^^^^

not verified  ImageIds.0 (tencentcloud_cvm_sync_image.base image_id)
  needs    `image_id` of `tencentcloud_cvm_sync_image.base`, which is known after apply
  rules    image-id-format, image-exists, image-custom, image-state-normal, image-size

refused under the 2017-03 page: 1 violation, 5 checks could not be verified

"
    );
}

#[test]
fn json_has_the_address_and_the_attributes() {
    let (status, stdout, _) = run(&["--format", "json", "-"], &plan());
    assert_eq!(status, 1);
    let answers: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let addresses: Vec<_> = answers.iter().map(|answer| answer["address"].as_str().unwrap()).collect();
    let calls = terraform::calls(&plan(), None).unwrap().calls;
    assert_eq!(addresses, calls.iter().map(PlannedCall::address).collect::<Vec<_>>());
    assert_eq!(answers[0]["violations"][0]["attribute"], "destination_regions");
    assert_eq!(answers[0]["violations"][0]["parameter"], "DestinationRegions.1");
    assert_eq!(answers[0]["unverified"][0]["attribute"], "image_id");
    // What is not the resource's own has its address in front.
    assert_eq!(answers[1]["unverified"][0]["attribute"], "provider.tencentcloudenterprise.region");
    let schema = jsonschema::validator_for(&presync(["schema", "report"]).json()).unwrap();
    for answer in &answers {
        schema.validate(answer).unwrap();
    }
    // A request of one's own has none of that.
    let (_, stdout, _) = run(&["--format", "json", "{}"], b"");
    assert!(!stdout.contains("address") && !stdout.contains("attribute"), "{stdout}");
}

#[test]
fn the_given_region_is_that_of_calls_whose_provider_has_none() {
    let (_, stdout, _) = run(&["--format", "json", "--region", "nowhere", PLAN], b"");
    let is_refused = |line: &str| line.contains("source-region-supported");
    assert_eq!(stdout.lines().map(is_refused).collect::<Vec<_>>(), [false, true, true, true]);
}

#[test]
fn one_planned_call_has_a_title_too() {
    let plan = plan_of(vec![resource("a.b", known(), json!({}))]);
    let (status, stdout, _) = run(&["--region", "ap-shanghai"], &plan);
    assert_eq!(status, 1);
    assert!(
        stdout.starts_with(
            "<stdin>, a.b:\nInvalidRegion.Unavailable  DestinationRegions.0 (a.b destination_regions)\n"
        ),
        "{stdout}"
    );
}

#[test]
fn strict_refuses_what_is_known_after_apply() {
    let unknown = json!({"image_id": true});
    let plan = plan_of(vec![resource("a.b", json!({"destination_regions": ["ap-guangzhou"]}), unknown)]);
    assert_eq!(run(&["--region", "ap-shanghai"], &plan).0, 0);
    assert_eq!(run(&["--region", "ap-shanghai", "--strict"], &plan).0, 3);
}

#[test]
fn a_plan_without_copies_is_accepted() {
    let deleted = resource_with("a.b", json!(["delete"]), json!(null), json!({}));
    let plan = plan_of(vec![deleted]);
    let nothing = "<stdin>: no image is going to be copied, nothing to check\n";
    assert_eq!(run(&["-"], &plan), (0, nothing.to_owned(), String::new()));
    assert_eq!(run(&["--format", "json", "-"], &plan), (0, String::new(), String::new()));
    // One that is partial may have copies that it does not state.
    let mut partial: Value = serde_json::from_slice(&plan).unwrap();
    partial["errored"] = json!(true);
    let (status, stdout, _) = run(&["-"], partial.to_string().as_bytes());
    let stated = "<stdin>: no copy of an image is stated\n\npartial  <stdin>: the plan is partial, ";
    assert!(status == 0 && stdout.starts_with(stated), "{stdout}");
    // Beside a call it counts as none.
    let call = "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";
    let (status, stdout, _) = run(&["-", call], &plan);
    assert_eq!((status, &*stdout), (0, &*format!("accepted under the 2017-03 page\n\n{nothing}")));
}

#[test]
fn bad_input_says_what_it_is_where_and_what_was_expected() {
    let (status, stdout, stderr) = run(&["-"], b"PK\x03\x04\x14\x00\xff\xff");
    assert_eq!((status, &*stdout), (2, ""));
    assert_eq!(
        stderr,
        "<stdin>: expected a Terraform plan, as `terraform show -json PLAN` writes it, found an archive, such as the \
         plan that `terraform plan -out` writes\n"
    );
    let plan = plan_of(vec![resource("a.b", json!({"image_id": 1}), json!({}))]);
    let (status, _, stderr) = run(&["-"], &plan);
    assert_eq!(status, 2);
    assert!(stderr.starts_with("<stdin>:1:"), "{stderr}");
    assert!(stderr.ends_with(": resource_changes[0].change.after.image_id: expected a text\n"), "{stderr}");
}
