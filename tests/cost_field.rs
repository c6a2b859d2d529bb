//! What a plan and a policy cost, counted by the allocator: nothing here is timed.
#![cfg(feature = "policy")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use presync::check::plan::Plan;
use presync::policy::Policy;
use presync::{AccountQuota, Edition, Image, Region, Ruleset, State, SyncRequest};

const FEW: usize = 250;
const MANY: usize = 16 * FEW;

/// A plan of this many requests that keep the name of the image, and of as many
/// that are refused for it.
fn keep_and_refuse(n: usize) {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_name("web").with_image_size(1);
    let quota = AccountQuota::default().with_image_num_quota(1_000_000);
    let state = State::from_records(regions, [image], quota, []).unwrap();
    let rules = Ruleset::documented(Edition::LATEST);
    let mut plan = Plan::new(&rules, state);
    let kept = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
    let named = kept.clone().with_image_name("web");
    assert!((0..n).all(|_| plan.check(&kept).accepted()));
    let rules_broken = |report: presync::Report| report.violations()[0].rule() == "image-name-unique";
    assert!((0..n).all(|_| rules_broken(plan.check(&named))));
}

#[test]
fn a_request_of_a_plan_costs_the_same_however_many_are_before_it() {
    keep_and_refuse(1);
    let (few, many) = (
        allocation_counter::measure(|| keep_and_refuse(FEW)),
        allocation_counter::measure(|| keep_and_refuse(MANY)),
    );
    assert!(many.count_total <= 20 * few.count_total, "{few:?} then {many:?}");
    assert!(many.bytes_total <= 26 * few.bytes_total, "{few:?} then {many:?}");
}

#[test]
fn a_policy_needs_bounded_memory() {
    let policy = |count: usize, glob: &str| {
        let globs: Vec<_> = (0..count).map(|number| format!("\"{glob}{number}\"")).collect();
        format!("[destinations]\nallowed = [\"*\"]\ndenied = [{}]\n", globs.join(","))
    };
    for (count, glob) in [(3_000, "a*-"), (4_096, "?*?"), (40_000, "a?-*-[ab]*"), (40_000, "ap-")] {
        let toml = policy(count, glob);
        let cost = allocation_counter::measure(|| drop(Policy::from_toml(&toml)));
        assert!(cost.bytes_max < 64 << 20, "{count} of {glob}: {cost:?}");
    }
}

/// Each text of a template that is made again and again stands in it once.
#[cfg(feature = "hcl")]
#[test]
fn a_template_needs_bounded_memory() {
    use presync::sources::packer;

    let cost = |made: &str, long: &str| {
        let template = format!(
            "variable \"{long}\" {{\n type = string\n}}\n\
             locals {{\n a = [0, 0, 0, 0, 0, 0, 0, 0]\n b = concat({})\n c = concat({})\n o = {{ {long} = 1 }}\n \
             d = {}\n}}\n\
             source \"tencentcloud-cvm\" \"x\" {{\n image_copy_regions = [local.d[0][0]]\n}}\n",
            vec!["local.a"; 64].join(", "),
            vec!["local.b"; 31].join(", "),
            made.replace("LONG", long)
        );
        let template = packer::Template::default().with_file("x.pkr.hcl", template).whole();
        allocation_counter::measure(|| drop(template.calls(&packer::Variables::default(), None)))
    };
    for made in [
        "[for x in local.c : [for y in local.a : \"LONG\"]]",
        "[for x in local.c : [for y in local.a : var.LONG]]",
        "[for x in local.c : keys(local.o)]",
        "[for x in local.c : [for k, v in local.o : k]]",
        "[for x in local.c : [for LONG in local.a : LONG]]",
    ] {
        let (short, long) = (cost(made, "z"), cost(made, &"z".repeat(16_000)));
        assert!(short.bytes_max > 1 << 20, "{made}: {short:?}");
        assert!(long.bytes_max < 64 << 20, "{made}: {long:?}");
    }
}
