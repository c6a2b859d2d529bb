//! Policies: each key alone and together, levels, warnings, and what is refused as
//! no policy, word for word.
#![cfg(all(feature = "policy", feature = "wire", feature = "hints"))]

use std::collections::BTreeSet;

use presync::PartialRequest;
use presync::check::plan::{self, Plan};
use presync::policy::{self, Level, Policy, PolicyError};
use presync::{
    AccountQuota, Edition, ErrorCode, Image, ImageType, Parameter, QuotaLimit, Region, RegionQuota, Report,
    Ruleset,
};
use presync::{State, SyncRequest, Used, rules};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::history;
use crate::support::values::{REGIONS, any_world};
use crate::support::world::World;

const ID: &str = "img-o3ycss2p";

fn policy(toml: &str) -> Policy {
    Policy::from_toml(toml).unwrap_or_else(|error| panic!("{toml}\n{error}"))
}

fn ruleset(toml: &str) -> Ruleset {
    policy(toml).ruleset().unwrap()
}

/// An image of 20 GiB called `web-1` in `ap-guangzhou`, and five regions to copy it to.
fn world() -> World {
    let names = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-hongkong", "na-toronto", "eu-frankfurt"];
    let mut image = Image::new("ap-guangzhou", ID);
    image.image_size = Some(20);
    image.image_name = Some("web-1".to_owned());
    // Later pages ask for the region.
    let mut request = SyncRequest::new(ID, ["ap-shanghai"]);
    request.region = Some("ap-guangzhou".to_owned());
    World {
        request,
        regions: names.map(Region::new).into(),
        images: vec![image],
        quota: AccountQuota::default(),
        routes: Vec::new(),
        regions_complete: true,
    }
}

/// `rule parameter`.
fn lines<'v>(found: impl IntoIterator<Item = &'v presync::Violation>) -> Vec<String> {
    found.into_iter().map(|found| format!("{} {}", found.rule(), found.parameter())).collect()
}

fn report(toml: &str, edit: impl Fn(&mut World)) -> Report {
    let mut world = world();
    edit(&mut world);
    ruleset(toml).check(&world.request, &world.state())
}

fn said(toml: &str, edit: impl Fn(&mut World)) -> Vec<String> {
    let report = report(toml, edit);
    assert!(report.unverified().is_empty() && report.warnings().is_empty(), "{report:#?}");
    lines(report.violations())
}

fn to(world: &mut World, destinations: &[&str]) {
    world.request.destination_regions = destinations.iter().map(|name| (*name).to_owned()).collect();
}

fn used(world: &mut World, count: u64, in_flight: u64) {
    let quota = world.region_quota("ap-shanghai");
    quota.used = Used::Count(count);
    quota.in_flight = in_flight;
}

const NOTHING: [&str; 0] = [];

// --- each key alone ---

#[test]
fn an_empty_policy_is_the_first_page() {
    assert_eq!(policy(""), Policy::default());
    assert!(ruleset("").ids().eq(Ruleset::default().ids()));
    assert_eq!(ruleset("").edition(), Edition::FIRST);
    assert!(policy("# nothing but a comment\r\n[limits]\n[rules]\n").requirements().is_empty());
}

#[test]
fn the_edition_says_which_rules_are_documented() {
    let latest = ruleset("edition = \"latest\"");
    assert_eq!(latest.edition(), Edition::LATEST);
    assert!(latest.ids().eq(Ruleset::documented(Edition::LATEST).ids()));
    assert_eq!(ruleset("edition = \"2024-01\"").edition().to_string(), "2024-01");
}

#[test]
fn ids_have_the_form_that_the_policy_says() {
    let other = "image-id-pattern = \"pimg-[0-9]{4}\"";
    let call = |id: &'static str| {
        move |world: &mut World| {
            world.request.image_ids = vec![id.to_owned()];
            world.images[0].image_id = id.to_owned();
        }
    };
    assert_eq!(said("", call("pimg-0001")), ["image-id-format ImageIds.0"]);
    assert_eq!(said(other, call("pimg-0001")), NOTHING);
    assert_eq!(said(other, call(ID)), ["image-id-format ImageIds.0"]);
    // What it allows is shown in one line, whatever it is.
    let long = format!("image-id-pattern = \"(?x) a\\n\\u001b[\\u202e]|{}\"", "b".repeat(80));
    let report = report(&long, |_| ());
    let allowed = report.violations()[0].allowed().unwrap();
    assert!(allowed.starts_with("(?x) a\\n\\u{1b}[\\u{202e}]|bbb") && allowed.ends_with('b'), "{allowed}");
}

#[test]
fn a_quota_holds_for_what_is_there_after_the_call() {
    let eight = "[limits]\nimage-quota = 8";
    let full = ["policy/image-quota DestinationRegions.0"];
    assert_eq!(said(eight, |world| used(world, 7, 0)), NOTHING);
    assert_eq!(said(eight, |world| used(world, 8, 0)), full);
    assert_eq!(said(eight, |world| used(world, 5, 2)), NOTHING);
    assert_eq!(said(eight, |world| used(world, 5, 3)), full);
    assert_eq!(said(eight, |world| used(world, 7, 1)), full);
    assert_eq!(said("[limits]\nimage-quota = 1", |_| ()), NOTHING);
    assert_eq!(said("[limits]\nimage-quota = 1", |world| used(world, 1, 0)), full);

    let report = report(eight, |world| used(world, 7, 1));
    let found = &report.violations()[0];
    assert_eq!(found.code().as_str(), "Policy.ImageQuota");
    assert_eq!(found.value(), Some("ap-shanghai"));
    assert_eq!(found.allowed(), Some("8 images"));
    assert_eq!(found.message(), "`ap-shanghai` would have 9 custom images, and the policy's quota is 8");
    assert_eq!(found.hint(), None);
    let message = "`ap-shanghai` would have at least 9 custom images, and the policy's quota is 8";
    let may_be_more = |world: &mut World| {
        used(world, 0, 8);
        world.region_quota("ap-shanghai").used = Used::Unknown;
    };
    assert_eq!(self::report(eight, may_be_more).violations()[0].message(), message);
}

#[test]
fn a_quota_is_never_looser_than_that_of_the_account() {
    let api = "image-quota DestinationRegions.0";
    let own = "policy/image-quota DestinationRegions.0";
    // The larger one is silent until it is reached, and lifts nothing.
    let twelve = "[limits]\nimage-quota = 12";
    assert_eq!(said(twelve, |world| used(world, 9, 0)), NOTHING);
    assert_eq!(said(twelve, |world| used(world, 10, 0)), [api]);
    assert_eq!(said(twelve, |world| used(world, 11, 0)), [api]);
    assert_eq!(said(twelve, |world| used(world, 12, 0)), [api, own]);
    // Where the account has more, the policy's holds.
    let eight = "[limits]\nimage-quota = 8";
    let twenty = |count| {
        move |world: &mut World| {
            world.quota.image_num_quota = QuotaLimit::Count(20);
            used(world, count, 0);
        }
    };
    assert_eq!(said(eight, twenty(7)), NOTHING);
    assert_eq!(said(eight, twenty(8)), [own]);
    assert_eq!(said(eight, twenty(20)), [api, own]);
    // The numbers are as large as they can be, and the sum is larger.
    let most = u64::MAX;
    assert_eq!(
        said(&format!("[limits]\nimage-quota = {}", i64::MAX), |world| used(world, most, most)),
        [api, own]
    );
}

#[test]
fn each_image_of_a_call_takes_a_place() {
    let two = |world: &mut World| {
        world.request.image_ids.push("img-34vaef8f".to_owned());
        world.images.push(Image::new("ap-guangzhou", "img-34vaef8f").with_image_size(20));
        used(world, 7, 0);
    };
    let own = "policy/image-quota DestinationRegions.0";
    assert_eq!(said("[limits]\nimage-quota = 8", two), ["image-single ImageIds", own]);
    assert_eq!(said("[limits]\nimage-quota = 9", two), ["image-single ImageIds"]);
    let none = |world: &mut World| {
        world.request.image_ids.clear();
        used(world, 8, 0);
    };
    assert_eq!(said("[limits]\nimage-quota = 8", none), ["image-required ImageIds", own]);
}

#[test]
fn a_free_quota_is_left_after_the_request() {
    let two = "[limits]\nfree-quota = 2";
    let short = ["policy/free-quota DestinationRegions.0"];
    assert_eq!(said(two, |world| used(world, 7, 0)), NOTHING);
    assert_eq!(said(two, |world| used(world, 8, 0)), short);
    assert_eq!(said(two, |world| used(world, 6, 1)), NOTHING);
    assert_eq!(said(two, |world| used(world, 6, 2)), short);
    assert_eq!(said("[limits]\nfree-quota = 9", |_| ()), NOTHING);
    assert_eq!(said("[limits]\nfree-quota = 10", |_| ()), short);
    // The quota is the region's, else the account's, else that of the edition.
    let with = |count, region: Option<u64>, account: Option<u64>| {
        move |world: &mut World| {
            used(world, count, 0);
            world.region_quota("ap-shanghai").image_num_quota = region.into();
            world.quota.image_num_quota = account.into();
        }
    };
    assert_eq!(said(two, with(17, Some(20), Some(10))), NOTHING);
    assert_eq!(said(two, with(18, Some(20), Some(30))), short);
    assert_eq!(said(two, with(27, None, Some(30))), NOTHING);
    assert_eq!(said(two, with(28, None, Some(30))), short);
    let latest = format!("edition = \"latest\"\n{two}");
    assert_eq!(said(&latest, with(497, None, None)), NOTHING);
    assert_eq!(said(&latest, with(498, None, None)), short);
    // A region whose quota is used up breaks both rules, each with what it would take.
    assert_eq!(said(two, |world| used(world, 10, 0)), ["image-quota DestinationRegions.0", short[0]]);

    let found = |count| report(two, |world| used(world, count, 0)).violations().last().unwrap().clone();
    assert_eq!(
        found(8).message(),
        "`ap-shanghai` would have a free quota of 1 image, and the policy asks for 2"
    );
    assert_eq!(
        found(9).message(),
        "`ap-shanghai` would have a free quota of 0 images, and the policy asks for 2"
    );
    assert_eq!(
        found(99).message(),
        "`ap-shanghai` would have a free quota of 0 images, and the policy asks for 2"
    );
    assert_eq!((found(8).code().as_str(), found(8).allowed()), ("Policy.FreeQuota", Some("2 images free")));
    let message = "`ap-shanghai` would have a free quota of at most 1 image, and the policy asks for 2";
    let may_be_more = |world: &mut World| {
        used(world, 0, 8);
        world.region_quota("ap-shanghai").used = Used::Unknown;
    };
    assert_eq!(report(two, may_be_more).violations()[0].message(), message);
}

#[test]
fn a_size_is_below_the_limit() {
    let forty = "[limits]\nimage-size = 40";
    let size = |size| move |world: &mut World| world.images[0].image_size = Some(size);
    assert_eq!(said(forty, size(39)), NOTHING);
    assert_eq!(said(forty, size(40)), ["policy/image-size ImageIds.0"]);
    assert_eq!(said(forty, size(50)), ["image-size ImageIds.0", "policy/image-size ImageIds.0"]);
    // A larger one lifts nothing.
    assert_eq!(said("[limits]\nimage-size = 60", size(50)), ["image-size ImageIds.0"]);
    // Where no page has one, the policy still does.
    let latest = format!("edition = \"latest\"\n{forty}");
    assert_eq!(said(&latest, size(500)), ["policy/image-size ImageIds.0"]);
    assert_eq!(said(&latest, size(39)), NOTHING);

    let report = report(forty, size(41));
    let found = &report.violations()[0];
    assert_eq!(found.message(), "`img-o3ycss2p` has 41 GiB, and the policy's limit is 40");
    assert_eq!((found.code().as_str(), found.allowed()), ("Policy.ImageSize", Some("< 40 GiB")));
    assert_eq!(found.value(), Some(ID));
}

#[test]
fn destinations_are_counted_once_each() {
    let two = "[limits]\ndestinations = 2";
    let over = ["policy/destination-count DestinationRegions"];
    assert_eq!(said(two, |world| to(world, &["ap-shanghai", "ap-beijing"])), NOTHING);
    assert_eq!(said(two, |world| to(world, &["ap-shanghai", "ap-beijing", "na-toronto"])), over);
    assert_eq!(
        said(two, |world| to(world, &["ap-shanghai", "ap-beijing", "ap-shanghai"])),
        ["destination-unique DestinationRegions.2"]
    );
    // One that does not exist is one, too.
    let unknown = said(two, |world| to(world, &["ap-shanghai", "ap-beijing", "ap-x"]));
    assert_eq!(unknown, ["destination-exists DestinationRegions.2", over[0]]);

    let found = |toml| {
        let report = report(toml, |world| to(world, &["ap-shanghai", "ap-beijing", "na-toronto"]));
        report.violations()[0].clone()
    };
    assert_eq!(found(two).message(), "3 destinations are named, and the policy's limit is 2");
    assert_eq!(
        (found(two).code().as_str(), found(two).allowed()),
        ("Policy.DestinationCount", Some("2 regions"))
    );
    assert_eq!(found(two).value(), None);
    assert_eq!(found("[limits]\ndestinations = 1").allowed(), Some("1 region"));
}

#[test]
fn destinations_are_allowed_by_globs() {
    let call = |toml: &str, names: &[&str]| {
        said(&format!("[destinations]\nallowed = {toml}"), |world| to(world, names))
    };
    let first = ["policy/destination-allowed DestinationRegions.0"];
    for (globs, name, is_allowed) in [
        (r#"["ap-shanghai"]"#, "ap-shanghai", true),
        (r#"["ap-shangha"]"#, "ap-shanghai", false),
        (r#"["p-shanghai"]"#, "ap-shanghai", false),
        (r#"["ap-*"]"#, "ap-shanghai", true),
        (r#"["ap-*"]"#, "na-toronto", false),
        (r#"["*"]"#, "na-toronto", true),
        (r#"["ap-?eijing"]"#, "ap-beijing", true),
        (r#"["ap-?"]"#, "ap-beijing", false),
        (r#"["[en]?-*"]"#, "na-toronto", true),
        (r#"["[!e]?-*"]"#, "eu-frankfurt", false),
        (r#"["ap-{beijing,shanghai}"]"#, "ap-shanghai", true),
        (r#"["ap-{beijing,shanghai}"]"#, "ap-hongkong", false),
        (r#"["AP-*"]"#, "ap-beijing", false),
        (r#"["na-*", "eu-*"]"#, "eu-frankfurt", true),
        (r#"["na-*", "eu-*"]"#, "ap-beijing", false),
        (r#"["ap\\-*"]"#, "ap-beijing", true),
    ] {
        let expected = if is_allowed { &NOTHING[..] } else { &first };
        assert_eq!(call(globs, &[name]), expected, "{globs} {name}");
    }
    let report = report("[destinations]\nallowed = [\"na-*\", \"eu-*\"]", |_| ());
    let found = &report.violations()[0];
    assert_eq!(found.message(), "`ap-shanghai` is not among the policy's destinations");
    assert_eq!((found.code().as_str(), found.allowed()), ("Policy.DestinationAllowed", Some("na-* or eu-*")));
    assert_eq!(found.value(), Some("ap-shanghai"));
}

#[test]
fn what_is_denied_is_not_also_reported_as_not_allowed() {
    let denied = "[destinations]\ndenied = [\"ap-hongkong\", \"na-*\"]";
    let call = |toml: &str, names: &[&str]| said(toml, |world| to(world, names));
    assert_eq!(call(denied, &["ap-shanghai", "eu-frankfurt"]), NOTHING);
    assert_eq!(
        call(denied, &["ap-shanghai", "ap-hongkong", "na-toronto"]),
        ["policy/destination-denied DestinationRegions.1", "policy/destination-denied DestinationRegions.2",]
    );
    // Denied whatever is allowed.
    let both = format!("{denied}\nallowed = [\"ap-*\"]");
    assert_eq!(
        call(&both, &["ap-hongkong", "na-toronto", "eu-frankfurt", "ap-shanghai"]),
        [
            "policy/destination-allowed DestinationRegions.2",
            "policy/destination-denied DestinationRegions.0",
            "policy/destination-denied DestinationRegions.1",
        ]
    );
    // Unless the denial alone would let it pass.
    for (level, warnings) in [("off", 0), ("warning", 2)] {
        let down = format!("{both}\n[rules]\n\"policy/destination-denied\" = \"{level}\"");
        let report = report(&down, |world| to(world, &["ap-hongkong", "na-toronto"]));
        assert_eq!(lines(report.violations()), ["policy/destination-allowed DestinationRegions.1"]);
        assert_eq!(report.warnings().len(), warnings, "{level}");
    }

    let report = report(denied, |world| to(world, &["na-toronto"]));
    let found = &report.violations()[0];
    assert_eq!(found.message(), "the policy denies `na-toronto`");
    assert_eq!(
        (found.code().as_str(), found.allowed()),
        ("Policy.DestinationDenied", Some("a region other than na-*"))
    );
}

#[test]
fn a_name_that_no_region_has_is_judged_only_where_it_could_pass() {
    let toml = "[destinations]\nallowed = [\"ap-*\"]\ndenied = [\"ap-x\"]\n[rules]\nimage-size = \"error\"\n";
    let unknown = |world: &mut World| to(world, &["ap-x", "na-x", "na-x"]);
    let exists = ["destination-exists DestinationRegions.0", "destination-exists DestinationRegions.1"];
    let twice = "destination-unique DestinationRegions.2";
    assert_eq!(said(toml, unknown), [exists[0], exists[1], twice]);
    let own =
        ["policy/destination-allowed DestinationRegions.1", "policy/destination-denied DestinationRegions.0"];
    let off = format!("{toml}destination-exists = \"off\"");
    assert_eq!(said(&off, unknown), [twice, own[0], own[1]]);
    let warning = report(&format!("{toml}destination-exists = \"warning\""), unknown);
    assert_eq!(lines(warning.violations()), [twice, own[0], own[1]]);
    assert_eq!(lines(warning.warnings()), exists);
    // Where the state does not list every region, it may be one: it is refused in either case.
    let may_be = report(toml, |world| {
        unknown(world);
        world.regions_complete = false;
    });
    assert_eq!(lines(may_be.violations()), [twice, own[0], own[1]]);
    let open: Vec<_> =
        may_be.unverified().iter().map(|open| format!("{} {}", open.rule(), open.parameter())).collect();
    assert!(exists.iter().all(|exists| open.iter().any(|open| open == exists)), "{open:?}");
    // So is a name that is repeated.
    let twice_off = report(&format!("{off}\ndestination-unique = \"off\""), unknown);
    assert_eq!(
        lines(twice_off.violations()),
        [own[0], "policy/destination-allowed DestinationRegions.2", own[1]]
    );
}

#[test]
fn every_required_destination_is_named() {
    let required = "[destinations]\nrequired = [\"ap-shanghai\", \"na-*\"]";
    let call = |names: &[&str]| said(required, |world| to(world, names));
    let missing = "policy/destination-required DestinationRegions";
    assert_eq!(call(&["ap-shanghai", "na-toronto"]), NOTHING);
    assert_eq!(call(&["na-toronto", "ap-beijing", "ap-shanghai"]), NOTHING);
    assert_eq!(call(&["ap-shanghai"]), [missing]);
    assert_eq!(call(&["ap-beijing"]), [missing, missing]);
    assert_eq!(call(&[]), ["destination-required DestinationRegions", missing, missing]);

    let report = report(required, |_| ());
    let found = &report.violations()[0];
    assert_eq!(found.message(), "no destination is `na-*`, which the policy requires");
    assert_eq!(
        (found.code().as_str(), found.allowed()),
        ("Policy.DestinationRequired", Some("destinations with na-*"))
    );
    assert_eq!(found.value(), None);
}

/// However many are required, each that is not named is said, in the order of the policy.
#[test]
fn many_required_destinations_are_looked_for_like_few() {
    for others in [1, 14, 15, 40] {
        let others: Vec<String> = (0..others).map(|number| format!("eu-{number}*")).collect();
        // The two that are named are matched by globs at both ends of the list.
        let globs: Vec<&str> =
            [&["ap-*"][..], &others.iter().map(String::as_str).collect::<Vec<_>>(), &["na-*"]].concat();
        let toml = format!("[destinations]\nrequired = {globs:?}");
        let report = report(&toml, |world| to(world, &["na-toronto", "ap-shanghai"]));
        let found: Vec<_> = report.violations().iter().map(presync::Violation::message).collect();
        let expected: Vec<_> = others
            .iter()
            .map(|glob| format!("no destination is `{glob}`, which the policy requires"))
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_name_that_the_copies_get_matches_the_pattern() {
    let toml = "edition = \"latest\"\n[image-name]\npattern = \"(web|db)-[0-9]+\"";
    let source =
        |name: &'static str| move |world: &mut World| world.images[0].image_name = Some(name.to_owned());
    assert_eq!(said(toml, source("web-1")), NOTHING);
    assert_eq!(said(toml, source("db-22")), NOTHING);
    for name in ["", "web", "web-", "xweb-1", "web-1x", "web-1\n", "Web-1", "web-1db-1"] {
        assert_eq!(said(toml, source(name)), ["policy/image-name ImageIds.0"], "{name:?}");
    }
    // A name that is given comes before that of the source, unless it is none.
    let given = |given: &'static str, name: &'static str| {
        move |world: &mut World| {
            world.request.image_name = Some(given.to_owned());
            world.images[0].image_name = Some(name.to_owned());
        }
    };
    assert_eq!(said(toml, given("web-2", "draft")), NOTHING);
    assert_eq!(said(toml, given("draft", "web-1")), ["policy/image-name ImageName"]);
    assert_eq!(said(toml, given("", "web-1")), NOTHING);
    assert_eq!(said(toml, given("", "draft")), ["policy/image-name ImageIds.0"]);
    // A pattern may take images without a name.
    assert_eq!(said("[image-name]\npattern = \"(web-[0-9]+)?\"", source("")), NOTHING);
    // One fault: an image that is not there has no name that could be wrong.
    assert_eq!(said(toml, |world| world.images.clear()), ["image-exists ImageIds.0"]);

    let found = |edit: &dyn Fn(&mut World)| report(toml, edit).violations()[0].clone();
    let sent = found(&given("draft", "web-1"));
    assert_eq!(sent.message(), "`draft` does not match the policy's pattern");
    assert_eq!((sent.value(), sent.allowed()), (Some("draft"), Some("(web|db)-[0-9]+")));
    assert_eq!(sent.code().as_str(), "Policy.ImageName");
    let kept = found(&source("draft\u{1b}"));
    let message = "the name of `img-o3ycss2p` is `draft\\u{1b}`, which does not match the policy's pattern";
    assert_eq!((kept.message(), kept.value()), (message, Some(ID)));
    assert_eq!(found(&source("")).message(), "`img-o3ycss2p` has no name, and the policy asks for one");
}

#[test]
fn hostile_names_are_matched_in_little_time() {
    let toml = "edition = \"latest\"\n[destinations]\ndenied = [\"*a*a*a*a*a*a*a*a*b\"]\n[image-name]\npattern = \"(a*)*b\"";
    let name = "a".repeat(4096);
    let report = report(toml, |world| {
        world.regions.push(Region::new(name.as_str()));
        to(world, &[&name]);
        world.request.image_name = Some(name.clone());
    });
    assert_eq!(lines(report.violations()), ["image-name-length ImageName", "policy/image-name ImageName"]);
}

// --- what is not known ---

#[test]
fn what_the_state_does_not_say_is_unverified() {
    let open = |toml: &str, edit: &dyn Fn(&mut World)| -> Vec<String> {
        let report = report(toml, edit);
        assert!(report.accepted(), "{report:#?}");
        let own = report.unverified().iter().filter(|open| open.rule().starts_with("policy/"));
        own.map(ToString::to_string).collect()
    };
    let needs_used = "the number of custom images in `ap-shanghai` (`Used` in the state)";
    for (toml, rule) in [
        ("[limits]\nimage-quota = 8", "policy/image-quota"),
        ("[limits]\nfree-quota = 2", "policy/free-quota"),
    ] {
        let expected = [format!("DestinationRegions.0: {rule} needs {needs_used}")];
        assert_eq!(open(toml, &|world| world.region_quota("ap-shanghai").used = Used::Unknown), expected);
        assert_eq!(open(toml, &|world| world.region("ap-shanghai").images_complete = false), expected);
        // Images that may be custom ones.
        let untyped = |count: usize| {
            move |world: &mut World| {
                for number in 0..count {
                    let mut image = Image::new("ap-shanghai", format!("img-{number:08}"));
                    image.image_type = None;
                    world.images.push(image);
                }
            }
        };
        assert_eq!(open(toml, &untyped(7)), NOTHING);
        assert_eq!(open(toml, &untyped(8)), expected);
    }
    // It is too much already.
    assert_eq!(
        lines(
            report("[limits]\nimage-quota = 8", |world| {
                world.region_quota("ap-shanghai").used = Used::Unknown;
                world.region_quota("ap-shanghai").in_flight = 8;
            })
            .violations()
        ),
        ["policy/image-quota DestinationRegions.0"]
    );
    assert_eq!(
        open("[limits]\nimage-size = 40", &|world| world.images[0].image_size = None),
        ["ImageIds.0: policy/image-size needs the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`"]
    );
    let name = "[image-name]\npattern = \"web-1\"";
    assert_eq!(
        open(name, &|world| world.images[0].image_name = None),
        ["ImageIds.0: policy/image-name needs the state's `ImageName` of `img-o3ycss2p` in `ap-guangzhou`"]
    );
    let twice = |second: &'static str| {
        move |world: &mut World| {
            let mut image = Image::new("ap-beijing", ID);
            image.image_name = Some(second.to_owned());
            world.images.push(image);
            world.request.region = None;
        }
    };
    assert_eq!(open(name, &twice("web-1")), NOTHING);
    assert_eq!(
        open(name, &twice("web-2")),
        [
            "ImageIds.0: policy/image-name needs the request's `Region`: `img-o3ycss2p` is listed in `ap-guangzhou` and `ap-beijing` (`--region` gives it, or `region` in a line)"
        ]
    );
    assert_eq!(
        open(name, &|world| {
            world.images.clear();
            world.region("ap-beijing").images_complete = false;
            world.request.region = None;
        }),
        [
            "ImageIds.0: policy/image-name needs every image of `ap-beijing` in the state (`ImagesComplete`), where `img-o3ycss2p` may be"
        ]
    );
    // With a name of their own, the copies do not need that of the source.
    let latest = format!("edition = \"latest\"\n{name}");
    let given = |world: &mut World| {
        world.images[0].image_name = None;
        world.request.image_name = Some("web-1".to_owned());
    };
    assert_eq!(open(&latest, &given), NOTHING);
}

// --- all keys, levels, warnings ---

const ALL_KEYS: &str = r#"
edition = "2017-03"
image-id-pattern = "img-[0-9a-z]{8,}"

[limits]
image-quota = 8
image-size = 40
destinations = 3
free-quota = 2

[destinations]
allowed = ["ap-*", "eu-*"]
denied = ["ap-hongkong"]
required = ["ap-shanghai", "eu-frankfurt"]

[image-name]
pattern = "(web|db)-[0-9]+"

[rules]
image-single = "error"
"#;

/// Everything that a policy can find wrong at once.
fn all_wrong(world: &mut World) {
    to(world, &["ap-beijing", "na-toronto", "ap-hongkong", "eu-frankfurt"]);
    world.region_quota("ap-beijing").used = Used::Count(8);
    world.images[0].image_size = Some(45);
    world.images[0].image_name = Some("draft".to_owned());
}

const ALL_WRONG: [&str; 8] = [
    "policy/image-size ImageIds.0",
    "policy/destination-count DestinationRegions",
    "policy/destination-allowed DestinationRegions.1",
    "policy/destination-denied DestinationRegions.2",
    "policy/destination-required DestinationRegions",
    "policy/image-quota DestinationRegions.0",
    "policy/free-quota DestinationRegions.0",
    "policy/image-name ImageIds.0",
];

#[test]
fn all_rules_come_in_their_order_after_the_documented_ones() {
    assert_eq!(said(ALL_KEYS, all_wrong), ALL_WRONG);
    assert_eq!(said(ALL_KEYS, |world| to(world, &["ap-shanghai", "eu-frankfurt"])), NOTHING);
    let ids: Vec<&str> = policy::rules().map(|rule| rule.id()).collect();
    assert_eq!(ids, ALL_WRONG.map(|line| line.split(' ').next().unwrap()));
    let rules = ruleset(ALL_KEYS);
    assert!(rules.ids().eq(Ruleset::default().ids().chain(ids)));
    let with_version = said(ALL_KEYS, |world| {
        all_wrong(world);
        world.request.version = None;
    });
    assert_eq!(with_version[0], "version-required Version");
    assert_eq!(with_version[1..], ALL_WRONG);
}

#[test]
fn each_rule_says_what_it_is() {
    for rule in policy::rules() {
        assert!(rule.id().starts_with("policy/"), "{}", rule.id());
        let code = rule.code(Edition::FIRST);
        assert!(matches!(code, ErrorCode::Other(_)) && code.as_str().starts_with("Policy."), "{code}");
        assert!(rules::find(rule.id()).is_none());
        let requirement = rule.requirement(Edition::FIRST);
        assert!(!requirement.ends_with('.') && !requirement.is_empty(), "{requirement}");
        // The example in the explanation asks for this rule, by the key that it
        // names, and for nothing else.
        let explanation = rule.explanation().collect::<Vec<_>>().join("\n");
        let (text, rest) = explanation.split_once("```toml\n").unwrap();
        assert!(text.trim_end().ends_with('.'), "{text}");
        let example = rest.strip_suffix("\n```").unwrap();
        let asked = policy(example);
        let asked: Vec<_> = asked.requirements().iter().map(|(rule, _)| rule.id()).collect();
        assert_eq!(asked, [rule.id()]);
        let (table, key) = rule.citation().split_once('.').unwrap();
        assert!(example.starts_with(&format!("[{table}]\n{key} = ")), "{example}");
    }
    let allowed: Vec<String> =
        policy(ALL_KEYS).requirements().into_iter().map(|(_, allowed)| allowed).collect();
    assert_eq!(
        allowed,
        [
            "< 40 GiB",
            "3 regions",
            "ap-* or eu-*",
            "a region other than ap-hongkong",
            "destinations with ap-shanghai and eu-frankfurt",
            "8 images",
            "2 images free",
            "(web|db)-[0-9]+",
        ]
    );
}

#[test]
fn a_rule_is_an_error_or_a_warning_or_off() {
    let large = |world: &mut World| world.images[0].image_size = Some(50);
    let at = |level: &str| report(&format!("[rules]\nimage-size = \"{level}\""), large);
    assert_eq!(lines(at("error").violations()), ["image-size ImageIds.0"]);
    assert!(at("error").warnings().is_empty());
    let warning = at("warning");
    assert!(warning.accepted());
    assert_eq!(lines(warning.warnings()), ["image-size ImageIds.0"]);
    assert_eq!(warning.warnings(), at("error").violations());
    assert!(at("off").accepted() && at("off").warnings().is_empty());

    // The policy's own rules as well.
    for line in ALL_WRONG {
        let id = line.split(' ').next().unwrap();
        // A destination that is not denied may still be one that is not allowed.
        let is_denied = id == "policy/destination-denied";
        let rest: Vec<&str> = ALL_WRONG.into_iter().filter(|other| *other != line).collect();
        let down = report(&format!("{ALL_KEYS}\"{id}\" = \"warning\""), all_wrong);
        assert_eq!(lines(down.violations()), rest, "{id} {is_denied}");
        assert_eq!(lines(down.warnings()), [line]);
        let off = report(&format!("{ALL_KEYS}\"{id}\" = \"off\""), all_wrong);
        assert_eq!(lines(off.violations()), rest);
        assert!(off.warnings().is_empty());
    }
    let policy = policy(&format!("{ALL_KEYS}image-size = \"off\""));
    assert_eq!(policy.level("image-size"), Level::Off);
    assert_eq!(policy.level("image-single"), Level::Error);
    assert_eq!(policy.level("acme/unheard-of"), Level::Error);
}

#[test]
fn a_rule_that_is_not_in_the_set_needs_no_level() {
    // No page after 2021-09 has this rule, and this policy does not have the other.
    let rules =
        ruleset("edition = \"latest\"\n[rules]\nimage-size = \"off\"\n\"policy/image-name\" = \"warning\"");
    assert!(rules.ids().eq(Ruleset::documented(Edition::LATEST).ids()));
    assert!(!rules.is_warning("policy/image-name"));
    let rules = ruleset("[rules]\nimage-name-unique = \"warning\"\nparameter-type = \"error\"");
    assert!(rules.ids().eq(Ruleset::default().ids()));
}

#[test]
fn what_a_warning_leaves_open_is_not_refused() {
    let open = |world: &mut World| world.images[0].image_size = None;
    let plain = report("", open);
    assert!(plain.accepted() && !plain.is_verified() && !plain.unverified()[0].is_warning());
    let down = report("[rules]\nimage-size = \"warning\"", open);
    assert!(down.accepted() && down.is_verified() && down.unverified()[0].is_warning());
    assert_eq!(down.unverified()[0].needs(), plain.unverified()[0].needs());
    let off = report("[rules]\nimage-size = \"off\"", open);
    assert!(off.is_verified() && off.unverified().is_empty());

    // A strict plan goes on with it.
    let mut world = world();
    open(&mut world);
    for (toml, in_flight) in [("", 0), ("[rules]\nimage-size = \"warning\"", 1)] {
        let rules = ruleset(toml).strict();
        let mut plan = Plan::new(&rules, world.state());
        plan.check(&world.request);
        let left = plan.state().account_quota().regions.first().map_or(0, |quota| quota.in_flight);
        assert_eq!(left, in_flight, "{toml}");
    }
}

#[test]
fn a_warning_owns_nothing() {
    // As an error, the form of an id keeps it from being looked up. As a warning it does not.
    let malformed = |world: &mut World| world.request.image_ids[0] = "IMG-1".to_owned();
    let down = "[rules]\nimage-id-format = \"warning\"";
    assert_eq!(said("", malformed), ["image-id-format ImageIds.0"]);
    let missing = report(down, malformed);
    assert_eq!(lines(missing.violations()), ["image-exists ImageIds.0"]);
    assert_eq!(lines(missing.warnings()), ["image-id-format ImageIds.0"]);
    let listed = report(down, |world| {
        malformed(world);
        world.images[0].image_id = "IMG-1".to_owned();
    });
    assert!(listed.accepted());
    assert_eq!(lines(listed.warnings()), ["image-id-format ImageIds.0"]);
    assert!(report(down, |_| ()).warnings().is_empty());

    let no_region = report("[rules]\nsource-region-supported = \"warning\"", |world| {
        world.request.region = Some("gz".to_owned());
    });
    assert_eq!(lines(no_region.violations()), ["image-exists ImageIds.0"]);
    assert_eq!(lines(no_region.warnings()), ["source-region-supported Region"]);

    let twice = report("[rules]\ndestination-unique = \"warning\"", |world| {
        to(world, &["ap-guangzhou", "ap-guangzhou"]);
    });
    let source =
        ["destination-not-source DestinationRegions.0", "destination-not-source DestinationRegions.1"];
    assert_eq!(lines(twice.violations()), source);
    assert_eq!(lines(twice.warnings()), ["destination-unique DestinationRegions.1"]);
}

#[test]
fn rules_are_turned_down_in_rust_too() {
    let down = Ruleset::default().with_warning("image-size").unwrap();
    assert!(down.is_warning("image-size") && !down.is_warning("image-quota"));
    assert!(down.ids().eq(Ruleset::default().ids()));
    assert!(format!("{down:?}").ends_with("warnings: {\"image-size\"}, is_strict: false }"), "{down:?}");
    // Twice is once, and what is left out is no warning any more.
    let twice = down.with_warning("image-size").unwrap();
    assert!(!twice.without("image-size").unwrap().is_warning("image-size"));
    let own = presync::check_fn("acme/closed", "Acme.Closed".parse().unwrap(), |_, findings| {
        findings.violation(presync::Finding::new(Parameter::REGION, "closed"));
    });
    let rules = Ruleset::default().with_check(own).unwrap().with_warning("acme/closed").unwrap();
    let world = world();
    let report = rules.check(&world.request, &world.state());
    assert!(report.accepted());
    assert_eq!(lines(report.warnings()), ["acme/closed Region"]);
    let error = |id: &str| Ruleset::default().with_warning(id).unwrap_err().to_string();
    assert_eq!(error("image-sise"), "no rule `image-sise` in this set, did you mean `image-size`?");
    assert_eq!(
        error("parameter-type"),
        "rule `parameter-type` is enforced while a request is decoded and cannot be left out or turned down"
    );
}

#[test]
fn warnings_are_a_key_of_their_own_where_there_are_some() {
    let large = |world: &mut World| world.images[0].image_size = Some(50);
    let down = report("[rules]\nimage-size = \"warning\"\nimage-custom = \"warning\"", |world| {
        large(world);
        world.images[0].image_type = None;
    });
    let json = serde_json::to_string(&down).unwrap();
    assert_eq!(
        json,
        concat!(
            r#"{"edition":"2017-03","accepted":true,"violations":[],"warnings":[{"rule":"image-size","#,
            r#""code":"InvalidImageId.TooLarge","parameter":"ImageIds.0","value":"img-o3ycss2p","#,
            r#""allowed":"< 50 GiB","message":"`img-o3ycss2p` has 50 GiB","hint":null,"facts":{"size":50,"limit":50}}],"#,
            r#""unverified":[{"rule":"image-custom","parameter":"ImageIds.0","#,
            r#""needs":"the state's `ImageType` of `img-o3ycss2p` in `ap-guangzhou`","warning":true}]}"#
        )
    );
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), down);
    let plain = serde_json::to_string(&report("", large)).unwrap();
    assert!(!plain.contains("warning"), "{plain}");
    // Warnings do not make a call refused, in whatever order they are read.
    let refused = json.replace("\"accepted\":true", "\"accepted\":false");
    assert!(serde_json::from_str::<Report>(&refused).is_err());
    assert!(down.clone().into_violations().is_empty());
}

#[test]
fn a_plan_says_who_took_the_place_that_the_policy_asks_for() {
    let mut world = world();
    used(&mut world, 6, 0);
    let rules =
        ruleset("[limits]\nimage-quota = 7\nfree-quota = 3\n[rules]\n\"policy/free-quota\" = \"warning\"");
    let reports = plan::check(&rules, &vec![world.request.clone(); 2], &world.state());
    assert!(reports[0].accepted() && reports[0].warnings().is_empty());
    let hint = Some("request 1 of the plan copies an image to it");
    assert_eq!(lines(reports[1].violations()), ["policy/image-quota DestinationRegions.0"]);
    assert_eq!(reports[1].violations()[0].hint(), hint);
    assert_eq!(lines(reports[1].warnings()), ["policy/free-quota DestinationRegions.0"]);
    assert_eq!(reports[1].warnings()[0].hint(), hint);
}

// --- what is no policy ---

#[test]
fn what_is_no_policy_says_where_and_why() {
    let known_keys =
        "known are `edition`, `image-id-pattern`, `limits`, `destinations`, `image-name`, `rules`";
    // Those of every edition that can have a level, then the policy's own.
    let documented: String = history::RULES.iter().map(|rule| format!("`{}`, ", rule.id)).collect();
    let known_rules = format!(
        "known are {documented}`policy/image-size`, `policy/destination-count`, `policy/destination-allowed`, \
         `policy/destination-denied`, `policy/destination-required`, `policy/image-quota`, `policy/free-quota`, \
         `policy/image-name`"
    );
    let cases: &[(&str, &str)] = &[
        // Keys, at each level.
        ("limit = 1", "1:1: unknown key `limit`, did you mean `limits`?"),
        ("\n[imagename]\n", "2:2: unknown key `imagename`, did you mean `image-name`?"),
        ("editions = \"latest\"", "1:1: unknown key `editions`, did you mean `edition`?"),
        ("[weather]\nrain = true", &format!("1:2: unknown key `weather`, {known_keys}")),
        ("[limits]\nimage-quotta = 8", "2:1: unknown key `image-quotta`, did you mean `image-quota`?"),
        ("[limits]\nimage_quota = 8", "2:1: unknown key `image_quota`, did you mean `image-quota`?"),
        (
            "limits.places = 8",
            "1:8: unknown key `places`, known are `image-quota`, `image-size`, `destinations`, `free-quota`",
        ),
        ("[destinations]\n\nallowd = []", "3:1: unknown key `allowd`, did you mean `allowed`?"),
        ("[image-name]\npatern = \"x\"", "2:1: unknown key `patern`, did you mean `pattern`?"),
        ("\"a\\u001b\" = 1", &format!("1:1: unknown key `a\\u{{1b}}`, {known_keys}")),
        // Rules.
        (
            "[rules]\nimage-size = \"off\"\n  image-sise = \"off\"",
            "3:3: rules.image-sise: there is no such rule, did you mean `image-size`?",
        ),
        (
            "rules = { \"policy/image-quote\" = \"off\" }",
            "1:11: rules.policy/image-quote: there is no such rule, did you mean `policy/image-quota`?",
        ),
        (
            "[rules]\nweather = \"error\"",
            &format!("2:1: rules.weather: there is no such rule, {known_rules}"),
        ),
        (
            "[rules]\n\"acme/few\" = \"off\"",
            &format!("2:1: rules.acme/few: there is no such rule, {known_rules}"),
        ),
        (
            "[rules]\nparameter-type = \"warning\"",
            "2:1: rules.parameter-type: the rule is enforced while a request is decoded and cannot be turned off or down",
        ),
        (
            "[rules]\nimage-size = \"warn\"",
            "2:14: rules.image-size: unknown level `warn`, known are `off`, `warning` and `error`",
        ),
        (
            "[rules]\nimage-size = false",
            "2:14: rules.image-size: expected `off`, `warning` or `error`: found `false`",
        ),
        // Values.
        (
            "[limits]\nimage-quota = 0",
            "2:15: limits.image-quota: invalid value: `0`, expected a whole number of 1 or more",
        ),
        (
            "[limits]\nimage-size = 0",
            "2:14: limits.image-size: invalid value: `0`, expected a whole number of 1 or more",
        ),
        (
            "[limits]\ndestinations = 0",
            "2:16: limits.destinations: invalid value: `0`, expected a whole number of 1 or more",
        ),
        (
            "[limits]\nfree-quota = 0",
            "2:14: limits.free-quota: invalid value: `0`, expected a whole number of 1 or more",
        ),
        (
            "[limits]\nimage-quota = -1",
            "2:15: limits.image-quota: expected a whole number of 1 or more, found the number `-1`",
        ),
        (
            "[limits]\nimage-quota = 8.5",
            "2:15: limits.image-quota: expected a whole number of 1 or more, found the number `8.5`",
        ),
        (
            "[limits]\nimage-quota = \"8\"",
            "2:15: limits.image-quota: expected a whole number of 1 or more, found the text `8`",
        ),
        ("limits = 8", "1:10: limits: expected a table, found the number `8`"),
        ("[[limits]]\nimage-quota = 8", "1:1: limits: expected a table, found a list"),
        ("edition = \"2017-02\"", "1:11: edition: there is no page of `2017-02`: the first is `2017-03`"),
        (
            "edition = \"soon\"",
            "1:11: edition: an edition is a year and a month, such as `2017-03`, or `latest`",
        ),
        ("edition = 2017", "1:11: edition: expected a text, found the number `2017`"),
        (
            "[destinations]\nallowed = []",
            "2:11: destinations.allowed: invalid value: `[]`, expected at least one glob, for no destination would be allowed",
        ),
        (
            "[destinations]\ndenied = \"ap-x\"",
            "2:10: destinations.denied: expected a list, found the text `ap-x`",
        ),
        (
            "[destinations]\ndenied = [\"ap-x\", 1]",
            "2:19: destinations.denied[1]: expected a text, found the number `1`",
        ),
        (
            "[destinations]\ndenied = [\n  \"ap-x\",\n  \"ap-[\",\n]",
            "4:3: destinations.denied[1]: not a glob: unclosed character class; missing ']'",
        ),
        (
            "[destinations]\nallowed = [\"{a\"]",
            "2:12: destinations.allowed[0]: not a glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)",
        ),
        (
            "[destinations]\nrequired = [\"a\\\\\"]",
            "2:13: destinations.required[0]: not a glob: dangling '\\'",
        ),
        (
            "[destinations]\ndenied = [\"ap-x\", \"\"]",
            "2:19: destinations.denied[1]: no region matches it: it is empty",
        ),
        (
            "[destinations]\nallowed = [\"ap-x ap-y\"]",
            "2:12: destinations.allowed[0]: no region matches it: no region has a space in its name, and each glob is a text of its own",
        ),
        (
            "[destinations]\nrequired = [\"ap-{x,y},ap-z\"]",
            "2:13: destinations.required[0]: no region matches it: no region has a comma in its name, and each glob is a text of its own",
        ),
        (
            "[destinations]\nallowed = [\"!na-*\"]",
            "2:12: destinations.allowed[0]: no region matches it: no region has a `!` in front of its name",
        ),
        (
            "image-id-pattern = \"\"",
            "1:20: image-id-pattern: not a pattern: it is empty: no text that has a character matches it",
        ),
        (
            "[image-name]\npattern = \"\"",
            "2:11: image-name.pattern: not a pattern: it is empty: no text that has a character matches it",
        ),
        ("image-id-pattern = \"(\"", "1:20: image-id-pattern: not a pattern: unclosed group"),
        ("image-id-pattern = \"a)(b\"", "1:20: image-id-pattern: not a pattern: unopened group"),
        (
            "[image-name]\npattern = \"(?:a{1000}){1000}\"",
            "2:11: image-name.pattern: not a pattern: it needs more than 1048576 bytes of memory",
        ),
        (
            "[image-name]\npattern = '''\n\n(?x) [\n'''",
            "2:11: image-name.pattern: not a pattern: unclosed character class",
        ),
    ];
    for (toml, expected) in cases {
        let error = Policy::from_toml(toml).unwrap_err();
        let (place, message) = expected.split_once(": ").unwrap();
        let (line, column) = place.split_once(':').unwrap();
        assert_eq!(error.to_string(), format!("line {line}, column {column}: {message}"), "{toml}");
    }
}

#[test]
fn broken_toml_says_where() {
    let places: &[(&str, usize, usize)] = &[
        ("[limits", 1, 8),
        ("[limits]\nimage-quota = ", 2, 15),
        ("[limits]\nimage-quota 8", 2, 13),
        ("[limits]\nimage-quota = 8\nimage-quota = 9", 3, 1),
        ("[limits]\n[limits]\n", 2, 2),
        ("edition = 2017-03", 1, 11),
        ("edition = \"2017-03", 1, 19),
        ("\"é\" = [\"\"", 1, 11),
        ("# é\n  x = é", 2, 7),
        ("{\"limits\": {\"image-quota\": 8}}", 1, 1),
        ("\u{feff}[limits]\r\nimage-quotta = 8", 2, 1),
    ];
    for (toml, line, column) in places {
        let error = Policy::from_toml(toml).unwrap_err();
        let PolicyError::Toml { message, .. } = &error else { panic!("{toml}: {error:?}") };
        assert!(!message.is_empty() && !message.contains('\n'), "{message:?}");
        let start = format!("line {line}, column {column}: ");
        assert!(error.to_string().starts_with(&start), "{toml:?}: {error} does not start with {start}");
    }
    let error = Policy::from_toml(b"[limits]\n# \xff").unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 3: the policy is not text in UTF-8");
    let error = Policy::from_toml(b"# \xbe\xb5\xcf\xf1").unwrap_err().to_string();
    assert_eq!(error, "line 1, column 3: the policy is not text in UTF-8: it looks like GBK");
}

#[test]
fn what_is_no_toml_is_said_in_plain_words() {
    for (toml, expected) in [
        ("edition = 2017-03", "1:11: expected a text in double quotes, found `2017-03`"),
        (
            "[limits]\nimage-size = 40 GiB",
            "2:14: expected a number without a unit, or a text in double quotes, found `40`",
        ),
        (
            "[limits]\nimage-size = 40GiB",
            "2:14: expected a number without a unit, or a text in double quotes, found `40GiB`",
        ),
        ("edition = latest", "1:11: expected a text in double quotes, found `latest`"),
        ("[destinations]\nallowed = [ap-x]", "2:12: expected a text in double quotes, found `ap-x`"),
        ("[limits]\nimage-quota = 8\nimage-quota = 9", "3:1: the key is given twice"),
        (
            "[limits]\nimage-quota = 99999999999999999999",
            "2:15: limits.image-quota: the number is out of range: the largest is 18446744073709551615",
        ),
        (
            "limits.destinations = 200000000000000000000000000000000000000",
            "1:23: limits.destinations: the number is out of range: the largest is 18446744073709551615",
        ),
        (
            "limits.destinations = 999999999999999999999999999999999999999999999",
            "1:23: limits.destinations: the number is out of range: the largest is 18446744073709551615",
        ),
        (
            "edition = 2022-03-01",
            "1:11: edition: found the date or time `2022-03-01`, and a policy has none: a text stands in double quotes",
        ),
        (
            "limits = 2022-03-01T07:30:00Z",
            "1:10: limits: found the date or time `2022-03-01T07:30:00Z`, and a policy has none: a text stands in double quotes",
        ),
        (
            "destinations.denied = [07:30:00]",
            "1:24: destinations.denied[0]: found the date or time `07:30:00`, and a policy has none: a text stands in double quotes",
        ),
        (
            "limits = {image-quota = -1}",
            "1:25: limits.image-quota: expected a whole number of 1 or more, found the number `-1`",
        ),
        ("{\n\"Regions\": []}", "1:1: expected TOML, found what looks like JSON, such as that of a state"),
    ] {
        let error = Policy::from_toml(toml).unwrap_err();
        let PolicyError::Toml { line, column, message } = &error else { panic!("{toml}: {error:?}") };
        assert_eq!(format!("{line}:{column}: {message}"), expected, "{toml}");
    }
}

/// A slip in what is denied lets through what was to be denied.
#[test]
fn a_denied_name_that_was_meant_for_a_region_is_a_warning() {
    let regions = ["ap-guangzhou", "ap-hongkong", "na-ashburn"].map(Region::new);
    let state = State::new(regions.clone(), []).unwrap();
    let said = |denied: &str, state: &State| -> Vec<String> {
        let policy = Policy::from_toml(format!("destinations.denied = [{denied}]")).unwrap();
        policy.warnings(state).iter().map(ToString::to_string).collect()
    };
    for (denied, warnings) in [
        (r#""ap-hongkong", "na-*", "eu-frankfurt", "AP-*""#, &[][..]),
        (
            r#""AP-HONGKONG""#,
            &["destinations.denied[0]: no region is `AP-HONGKONG`, did you mean `ap-hongkong`?"],
        ),
        (
            r#""na-*", "ap-guangzhuo", "hk""#,
            &[
                "destinations.denied[1]: no region is `ap-guangzhuo`, did you mean `ap-guangzhou`?",
                "destinations.denied[2]: no region is `hk`, did you mean `ap-hongkong`?",
            ],
        ),
        (
            r#""ap-guangzhou;ap-hongkong""#,
            &[
                "destinations.denied[0]: no region is `ap-guangzhou;ap-hongkong`, did you mean `ap-guangzhou` and `ap-hongkong`?",
            ],
        ),
    ] {
        assert_eq!(said(denied, &state), warnings, "{denied}");
    }
    // So many are compared letter by letter, and no more.
    let after = |others: usize| format!("{}\"ap-guangzhuo\"", r#""elsewhere", "#.repeat(others));
    assert_eq!((said(&after(63), &state).len(), said(&after(64), &state).len()), (1, 0));
    // Where a state does not list all regions, any name may be that of one.
    let json = r#"{"RegionsComplete": false, "Regions": [{"Region": "ap-hongkong"}]}"#;
    assert_eq!(said(r#""AP-HONGKONG""#, &State::from_json(json.as_bytes()).unwrap()), [""; 0]);
}

#[test]
fn a_policy_in_rust_is_looked_at_when_rules_are_made_of_it() {
    let refused = |edit: fn(&mut Policy)| {
        let mut policy = Policy::default();
        edit(&mut policy);
        policy.ruleset().unwrap_err().to_string()
    };
    assert_eq!(
        refused(|policy| policy.destinations.allowed = Some(Vec::new())),
        "destinations.allowed: invalid value: `[]`, expected at least one glob, for no destination would be allowed"
    );
    assert_eq!(
        refused(|policy| policy.destinations.required = vec!["a".to_owned(), "[".to_owned()]),
        "destinations.required[1]: not a glob: unclosed character class; missing ']'"
    );
    assert_eq!(
        refused(|policy| policy.image_id_pattern = Some("(".to_owned())),
        "image-id-pattern: not a pattern: unclosed group"
    );
    assert_eq!(
        refused(|policy| {
            policy.rules.insert("image\nsize".to_owned(), Level::Off);
        }),
        "rules.image\\nsize: there is no such rule, did you mean `image-size`?"
    );
    // What is turned off is still looked at.
    assert_eq!(
        refused(|policy| {
            policy.limits.free_quota = Some(0);
            policy.rules.insert("policy/free-quota".to_owned(), Level::Off);
        }),
        "limits.free-quota: invalid value: `0`, expected a whole number of 1 or more"
    );
}

#[test]
fn a_policy_is_written_as_it_was_read() {
    for toml in
        [ALL_KEYS, "", "edition = \"latest\"", "[limits]\nfree-quota = 1\n[rules]\nimage-size = \"off\""]
    {
        let policy = policy(toml);
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy, "{json}");
    }
    assert_eq!(serde_json::to_string(&Policy::default()).unwrap(), "{}");
    assert_eq!(
        serde_json::to_string(&policy(ALL_KEYS)).unwrap(),
        concat!(
            r#"{"edition":"2017-03","image-id-pattern":"img-[0-9a-z]{8,}","#,
            r#""limits":{"image-quota":8,"image-size":40,"destinations":3,"free-quota":2},"#,
            r#""destinations":{"allowed":["ap-*","eu-*"],"denied":["ap-hongkong"],"required":["ap-shanghai","eu-frankfurt"]},"#,
            r#""image-name":{"pattern":"(web|db)-[0-9]+"},"rules":{"image-single":"error"}}"#
        )
    );
}

// --- what holds of any policy ---

/// A limit of the small numbers that generated states have, or none.
fn limit(most: u64) -> impl Strategy<Value = Option<u64>> {
    proptest::option::weighted(0.7, 1..=most)
}

fn globs() -> impl Strategy<Value = Vec<String>> {
    let glob = prop_oneof![
        3 => proptest::sample::select(&REGIONS[..]),
        2 => proptest::sample::select(&["ap-*", "na-*", "*", "*g*", "ap-{beijing,shanghai}", "c?*", "ap-shanghai-2"][..]),
    ];
    proptest::collection::vec(glob.prop_map(str::to_owned), 0..3)
}

/// A policy that changes neither rules nor the form of ids.
fn any_policy() -> impl Strategy<Value = Policy> {
    let limits = (limit(14), limit(60), limit(4), limit(5));
    let pattern = proptest::option::of(proptest::sample::select(&["base", "(base)?", "b.*", "x"][..]));
    (limits, globs(), globs(), globs(), pattern).prop_map(|(limits, allowed, denied, required, pattern)| {
        let mut policy = Policy::default();
        (policy.limits.image_quota, policy.limits.image_size) = (limits.0, limits.1);
        (policy.limits.destinations, policy.limits.free_quota) = (limits.2, limits.3);
        policy.destinations.allowed = (!allowed.is_empty()).then_some(allowed);
        policy.destinations.denied = denied;
        policy.destinations.required = required;
        policy.image_name.pattern = pattern.map(str::to_owned);
        policy
    })
}

fn levels() -> impl Strategy<Value = Vec<(&'static str, Level)>> {
    let ids: Vec<&str> = Ruleset::default()
        .rules()
        .iter()
        .map(|rule| rule.id())
        .chain(policy::rules().map(|rule| rule.id()))
        .collect();
    let level = prop_oneof![Just(Level::Off), Just(Level::Warning), Just(Level::Error)];
    proptest::collection::vec((proptest::sample::select(ids), level), 0..6)
}

fn with_levels(mut policy: Policy, levels: &[(&str, Level)]) -> Policy {
    for (id, level) in levels {
        policy.rules.insert((*id).to_owned(), *level);
    }
    policy
}

/// Makes a policy stricter in one way.
fn tightened(mut policy: Policy, how: usize, glob: String) -> Policy {
    let less =
        |limit: &mut Option<u64>| *limit = Some(limit.map_or(3, |limit| limit.saturating_sub(2).max(1)));
    match how {
        0 => less(&mut policy.limits.image_quota),
        1 => less(&mut policy.limits.image_size),
        2 => less(&mut policy.limits.destinations),
        3 => policy.limits.free_quota = Some(policy.limits.free_quota.map_or(1, |places| places + 2)),
        4 => policy.destinations.denied.push(glob),
        5 => policy.destinations.required.push(glob),
        _ => match &mut policy.destinations.allowed {
            Some(allowed) if allowed.len() > 1 => drop(allowed.pop()),
            Some(_) => {}
            none => *none = Some(vec![glob]),
        },
    }
    policy
}

/// One way in which everything that is not known may be. `pick` gives numbers below its argument.
fn completed(world: &World, mut pick: impl FnMut(usize) -> usize) -> World {
    let mut world = world.clone();
    // The empty one is no image's.
    let id = world.request.image_ids.first().filter(|id| !id.is_empty()).cloned();
    let is_listed = id.as_ref().is_some_and(|id| world.images.iter().any(|image| image.image_id == *id));
    let mut is_placed = is_listed;
    if !world.regions_complete {
        world.regions_complete = true;
        let named = world.request.destination_regions.iter().chain(&world.request.region);
        let names: BTreeSet<String> = named.cloned().chain(["ap-unlisted".to_owned()]).collect();
        for name in names {
            let is_listed = world.regions.iter().any(|region| region.region == name);
            // The empty one is no region's.
            if is_listed || name.is_empty() || pick(2) == 0 {
                continue;
            }
            // Its images are looked at below, with those of the others.
            world.regions.push(Region::new(name.as_str()).with_images_complete(false));
            world.quota.regions.push(RegionQuota::new(name).with_used(Used::Unknown));
        }
    }
    for region in &mut world.regions {
        if region.images_complete {
            continue;
        }
        region.images_complete = true;
        for number in 0..pick(3) {
            world.images.push(Image::new(region.region.as_str(), format!("img-unlisted{number}")));
        }
        let may_be_here = match &world.request.region {
            // The source region is known: the image may be there, whatever is listed elsewhere.
            Some(source) => {
                *source == region.region
                    && !world
                        .images
                        .iter()
                        .any(|image| Some(&image.image_id) == id.as_ref() && image.region == *source)
            }
            None => !is_placed,
        };
        if let Some(id) = &id
            && may_be_here
            && pick(2) == 0
        {
            is_placed = true;
            let mut image = Image::new(region.region.as_str(), id.as_str());
            (image.image_name, image.image_size, image.image_type) = (None, None, None);
            world.images.push(image);
        }
    }
    for image in &mut world.images {
        image.image_name.get_or_insert_with(|| ["", "base", "x"][pick(3)].to_owned());
        image.image_size.get_or_insert_with(|| [0, 20, 40, 50, 60][pick(5)]);
        image
            .image_type
            .get_or_insert_with(|| [ImageType::PRIVATE_IMAGE, ImageType::PUBLIC_IMAGE][pick(2)].clone());
    }
    let limit = |limit: &mut QuotaLimit, pick: &mut dyn FnMut(usize) -> usize| {
        if *limit == QuotaLimit::Unknown {
            *limit = QuotaLimit::Count([0, 3, 10, 20][pick(4)]);
        }
    };
    limit(&mut world.quota.image_num_quota, &mut pick);
    for quota in &mut world.quota.regions {
        if quota.used == Used::Unknown {
            quota.used = Used::Count([0, 3, 7, 9, 12][pick(5)]);
        }
        limit(&mut quota.image_num_quota, &mut pick);
    }
    // Which of several regions is meant is known when the request says it.
    if world.request.region.is_none() {
        let regions: Vec<&str> = world
            .images
            .iter()
            .filter(|image| Some(&image.image_id) == id.as_ref())
            .map(|image| &*image.region)
            .collect();
        if regions.len() > 1 {
            world.request.region = Some(regions[pick(regions.len())].to_owned());
        }
    }
    world
}

/// Rule and parameter of each.
type Pairs = Vec<(String, String)>;

/// What the policy finds, and what it leaves open.
fn own(report: &Report) -> (Pairs, Pairs) {
    let is_own = |rule: &str| rule.starts_with("policy/");
    let found = report.violations().iter().filter(|found| is_own(found.rule()));
    let open = report.unverified().iter().filter(|open| is_own(open.rule()));
    (
        found.map(|found| (found.rule().to_owned(), found.parameter().to_string())).collect(),
        open.map(|open| (open.rule().to_owned(), open.parameter().to_string())).collect(),
    )
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) }
}

proptest! {
    #![proptest_config(config())]

    /// What the documented rules say stays, word for word, and the policy speaks after them.
    #[test]
    fn a_policy_without_levels_only_adds(world in any_world(), policy in any_policy()) {
        let state = world.state();
        let plain = Ruleset::default().check(&world.request, &state);
        let report = policy.ruleset().unwrap().check(&world.request, &state);
        let (documented, own) = report.violations().split_at(plain.violations().len());
        prop_assert_eq!(documented, plain.violations());
        prop_assert!(own.iter().all(|found| found.rule().starts_with("policy/")));
        let (documented, own) = report.unverified().split_at(plain.unverified().len());
        prop_assert_eq!(documented, plain.unverified());
        prop_assert!(own.iter().all(|open| open.rule().starts_with("policy/")));
        prop_assert!(report.warnings().is_empty());
        prop_assert!(plain.accepted() || !report.accepted());
    }

    /// Nothing that the policy refuses is accepted by a stricter one, and what its numbers
    /// refuse stays refused for that.
    #[test]
    fn a_stricter_policy_refuses_no_less(
        world in any_world(), policy in any_policy(), how in 0..7_usize, glob in globs(), levels in levels()
    ) {
        let glob = glob.into_iter().next().unwrap_or_else(|| "ap-*".to_owned());
        let policy = with_levels(policy, &levels);
        let stricter = tightened(policy.clone(), how, glob);
        let state = world.state();
        let [before, after] = [&policy, &stricter].map(|policy| policy.ruleset().unwrap().check(&world.request, &state));
        prop_assert!(before.accepted() || !after.accepted());
        let (before, after) = (own(&before).0, own(&after).0);
        for (rule, parameter) in before {
            let is_there = |(other, at): &&(String, String)| {
                // What is denied now is not also not allowed.
                *at == parameter && (*other == rule || (how == 4 && other == "policy/destination-denied"))
            };
            prop_assert!(after.iter().any(|found| is_there(&found)), "{rule} {parameter}: {after:?}");
        }
    }

    /// Whatever is in the file, there is a policy or a place in the file.
    #[test]
    fn a_broken_policy_has_a_place(place in any::<Index>(), gone in 0..3_usize, new in ".{0,2}|[\\[\\]{}=\"'.,\n]{1,2}") {
        let characters: Vec<char> = ALL_KEYS.chars().collect();
        let at = place.index(characters.len());
        let end = (at + gone).min(characters.len());
        let toml: String =
            characters[..at].iter().copied().chain(new.chars()).chain(characters[end..].iter().copied()).collect();
        match Policy::from_toml(&toml) {
            Ok(policy) => {
                prop_assert!(policy.ruleset().is_ok());
                let json = serde_json::to_string(&policy).unwrap();
                prop_assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
            }
            Err(PolicyError::Toml { line, column, .. } | PolicyError::At { line, column, .. }) => {
                let text = toml.split('\n').nth(line - 1).unwrap();
                prop_assert!(column >= 1 && column <= text.len() + 1, "{line}:{column} of {toml}");
            }
            Err(other) => prop_assert!(false, "{other:?} has no place"),
        }
    }

    /// A rule that is turned down hides nothing: the violations are those of the set without it.
    /// Its warnings are its own.
    #[test]
    fn a_warning_takes_the_place_of_nothing(world in any_world(), policy in any_policy(), levels in levels()) {
        let state = world.state();
        let policy = with_levels(policy, &levels);
        let mut off = policy.clone();
        for level in off.rules.values_mut().filter(|level| **level == Level::Warning) {
            *level = Level::Off;
        }
        let [report, without] = [&policy, &off].map(|policy| policy.ruleset().unwrap().check(&world.request, &state));
        prop_assert_eq!(report.violations(), without.violations());
        let open: Vec<_> = report.unverified().iter().filter(|open| !open.is_warning()).collect();
        prop_assert_eq!(open, without.unverified().iter().collect::<Vec<_>>());
        prop_assert_eq!(report.is_verified(), without.unverified().is_empty());
        let is_warning = |rule: &str| policy.level(rule) == Level::Warning;
        prop_assert!(report.warnings().iter().all(|found| is_warning(found.rule())));
        prop_assert!(report.unverified().iter().all(|open| open.is_warning() == is_warning(open.rule())));
        // A rule that nobody else's findings hang on finds as a warning what it finds as an error.
        let mut up = policy.clone();
        up.rules.retain(|_, level| *level == Level::Off);
        let up = up.ruleset().unwrap().check(&world.request, &state);
        for rule in ["image-size", "image-required", "version-required", "policy/image-size", "policy/image-name"] {
            if !is_warning(rule) || policy.rules.keys().any(|id| id.ends_with("-format") || id.ends_with("-supported")) {
                continue;
            }
            let warnings: Vec<_> = report.warnings().iter().filter(|found| found.rule() == rule).collect();
            let violations: Vec<_> = up.violations().iter().filter(|found| found.rule() == rule).collect();
            prop_assert_eq!(warnings, violations);
        }
    }

    /// What the policy says holds however the rest may be, and is open only
    /// while something is not known.
    #[test]
    fn what_a_policy_says_holds_in_every_completion(
        mut world in any_world(), policy in any_policy(), picks in proptest::collection::vec(0..60_usize, 64)
    ) {
        // With several images, a region that is picked for one of them is a
        // matter of the others too.
        world.request.image_ids.truncate(1);
        let rules = policy.ruleset().unwrap();
        let (found, open) = own(&rules.check(&world.request, &world.state()));
        let mut picks = picks.into_iter().cycle();
        let whole = completed(&world, |below| picks.next().unwrap() % below);
        let then = rules.check(&whole.request, &whole.state());
        let (found_then, open_then) = own(&then);
        prop_assert!(open_then.is_empty(), "{open_then:?}");
        for fault in &found {
            // A destination that turns out to be no region is refused for that alone.
            let is_no_region = |other: &presync::Violation| {
                other.rule() == "destination-exists" && other.parameter().to_string() == fault.1
            };
            let is_of_name = ["policy/destination-allowed", "policy/destination-denied"].contains(&&*fault.0);
            prop_assert!(
                found_then.contains(fault) || (is_of_name && then.violations().iter().any(is_no_region)),
                "{fault:?} is gone: {found_then:?}"
            );
        }
        for fault in &found_then {
            prop_assert!(found.contains(fault) || open.contains(fault), "{fault:?} was passed");
        }
    }
}

/// A request with unknown parts, and one that it may turn out to be.
fn with_gaps(request: &SyncRequest, gaps: &[bool; 6], leaves_out: bool) -> (PartialRequest, SyncRequest) {
    let mut partial = PartialRequest::new(request.clone());
    let mut completed = request.clone();
    let parameters = [
        Parameter::IMAGE_IDS.element(0),
        Parameter::DESTINATION_REGIONS.element(1),
        Parameter::IMAGE_NAME,
        Parameter::REGION,
        // All of the list: there may be more than is known.
        Parameter::IMAGE_IDS,
        Parameter::DESTINATION_REGIONS,
    ];
    let is_there =
        [!request.image_ids.is_empty(), request.destination_regions.len() > 1, true, true, true, true];
    for ((parameter, gap), is_there) in parameters.into_iter().zip(gaps).zip(is_there) {
        if *gap && is_there {
            if parameter == Parameter::IMAGE_IDS {
                completed.image_ids.push("img-7q1xk02zz".to_owned());
            } else if parameter == Parameter::DESTINATION_REGIONS {
                completed.destination_regions.push("ap-beijing".to_owned());
            }
            partial = partial.unknown(parameter, "later");
        }
    }
    if leaves_out {
        partial = partial.leaving_out_source();
        completed.destination_regions.retain(|name| Some(name) != request.region.as_ref());
    }
    (partial, completed)
}

proptest! {
    #![proptest_config(config())]

    /// What a policy says of a request with unknown parts holds whatever they turn out to be.
    #[test]
    fn what_a_policy_says_of_a_part_holds_of_the_whole(
        mut world in any_world(), policy in any_policy(), gaps in any::<[bool; 6]>(), leaves_out in any::<bool>()
    ) {
        // The elements of a list are taken for different ones, and what is left out is
        // the region that is sent.
        let mut seen = BTreeSet::new();
        world.request.destination_regions.retain(|name| seen.insert(name.clone()) && name != "ap-beijing");
        let leaves_out = leaves_out && gaps[3] && world.request.region.is_some();
        let rules = policy.ruleset().unwrap();
        let (partial, completed) = with_gaps(&world.request, &gaps, leaves_out);
        // Such a client does not call at all if nothing is left.
        prop_assume!(!leaves_out || !completed.destination_regions.is_empty());
        let state = world.state();
        let (found, open) = own(&rules.check_partial(&partial, &state));
        let (found_then, open_then) = own(&rules.check(&completed, &state));
        let count = |all: &[(String, String)], rule: &str| all.iter().filter(|(other, _)| other == rule).count();
        for (rule, parameter) in &found {
            // Subscripts move up where a destination is left out.
            let is_there = found_then.iter().any(|(other, at)| other == rule && (leaves_out || at == parameter));
            prop_assert!(is_there, "{rule} {parameter} is gone: {found_then:?}");
        }
        for (rule, _) in found_then.iter().chain(&open_then) {
            let was_said = count(&found, rule) >= count(&found_then, rule) + count(&open_then, rule);
            prop_assert!(was_said || count(&open, rule) > 0, "{rule} was passed: {found:?} {open:?}");
        }
    }
}

#[test]
fn what_is_certain_of_a_part_is_said_of_it() {
    let mut world = world();
    world.request.image_name = Some("draft".to_owned());
    to(&mut world, &["na-toronto", ""]);
    world.region_quota("na-toronto").used = Used::Count(8);
    let partial = PartialRequest::new(world.request.clone())
        .unknown(Parameter::IMAGE_IDS.element(0), "the image")
        .unknown(Parameter::DESTINATION_REGIONS.element(1), "the second region");
    let rules = ruleset(&ALL_KEYS.replace("destinations = 3", "destinations = 1"));
    let (found, open) = own(&rules.check_partial(&partial, &world.state()));
    let pair = |rule: &str, parameter: &str| (format!("policy/{rule}"), parameter.to_owned());
    assert_eq!(
        found,
        [
            pair("destination-allowed", "DestinationRegions.0"),
            pair("image-quota", "DestinationRegions.0"),
            pair("free-quota", "DestinationRegions.0"),
            pair("image-name", "ImageName"),
        ]
    );
    assert_eq!(
        open,
        [
            pair("image-size", "ImageIds.0"),
            // The second may be the first once more.
            pair("destination-count", "DestinationRegions"),
            pair("destination-allowed", "DestinationRegions.1"),
            pair("destination-denied", "DestinationRegions.1"),
            // One question for the two that are required.
            pair("destination-required", "DestinationRegions"),
            pair("image-quota", "DestinationRegions.1"),
            pair("free-quota", "DestinationRegions.1"),
        ]
    );
    // Two that are known are two, whatever the third is; and three are at most three.
    to(&mut world, &["na-toronto", "", "ap-shanghai"]);
    let three = PartialRequest::new(world.request.clone())
        .unknown(Parameter::DESTINATION_REGIONS.element(1), "the second region");
    let counted = |most: usize| {
        own(&ruleset(&format!("[limits]\ndestinations = {most}")).check_partial(&three, &world.state()))
    };
    let count = || vec![pair("destination-count", "DestinationRegions")];
    assert_eq!(counted(1), (count(), Vec::new()));
    assert_eq!(counted(2), (Vec::new(), count()));
    assert_eq!(counted(3), (Vec::new(), Vec::new()));
    // One that is named twice is one: they are two at most, and one at least.
    to(&mut world, &["na-toronto", "", "na-toronto"]);
    let twice = PartialRequest::new(world.request.clone())
        .unknown(Parameter::DESTINATION_REGIONS.element(1), "the second region");
    let counted = |most: usize| {
        own(&ruleset(&format!("[limits]\ndestinations = {most}")).check_partial(&twice, &world.state()))
    };
    assert_eq!(counted(1), (Vec::new(), count()));
    assert_eq!(counted(2), (Vec::new(), Vec::new()));
    // Where nothing else is required than what is known, nothing of it is open.
    let rules = ruleset("[destinations]\nrequired = [\"na-*\"]\n[image-name]\npattern = \"draft\"");
    assert_eq!(own(&rules.check_partial(&partial, &world.state())), (Vec::new(), Vec::new()));
}

#[test]
fn the_generators_reach_every_rule_of_a_policy() {
    use proptest::strategy::ValueTree as _;

    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for _ in 0..2_000 {
        let (world, policy) = (any_world(), any_policy()).new_tree(&mut runner).unwrap().current();
        let own = own(&policy.ruleset().unwrap().check(&world.request, &world.state()));
        found.extend(own.0.into_iter().map(|(rule, _)| rule));
        open.extend(own.1.into_iter().map(|(rule, _)| rule));
    }
    let count = |rules: &[String], id: &str| rules.iter().filter(|rule| *rule == id).count();
    for rule in policy::rules() {
        assert!(count(&found, rule.id()) > 50, "{}", rule.id());
        let can_be_open = ["size", "quota", "places", "name"].iter().any(|word| rule.id().ends_with(word));
        assert_eq!(count(&open, rule.id()) > 50, can_be_open, "{}", rule.id());
    }
}

#[test]
fn a_call_that_is_accepted_allocates_nothing() {
    let mut world = world();
    to(&mut world, &["ap-shanghai", "eu-frankfurt"]);
    let state = world.state();
    let down = format!("{ALL_KEYS}image-size = \"warning\"");
    for toml in ["", ALL_KEYS, &down] {
        let rules = ruleset(toml);
        // What is set up once, on first use, is nobody's.
        assert!(rules.check(&world.request, &state).accepted());
        let cost = allocation_counter::measure(|| drop(rules.check(&world.request, &state)));
        assert_eq!(cost.count_total, 0, "{toml}");
    }
}

#[test]
fn a_policy_on_many_regions_is_checked_like_any_other() {
    let names: Vec<String> = (0..500).map(|number| format!("ap-{number}")).collect();
    let quotas = names.iter().map(|name| RegionQuota::new(name.as_str()).with_used(Used::Count(8)));
    let account = AccountQuota::default().with_regions(quotas);
    let regions = names.iter().map(Region::new).chain([Region::new("eu-x")]);
    let state = State::from_records(regions, [Image::new("eu-x", ID)], account, []).unwrap();
    let report = ruleset("[limits]\nimage-quota = 8").check(&SyncRequest::new(ID, &names), &state);
    assert_eq!(report.violations().len(), 500);
    assert_eq!(report.violations()[499].parameter().to_string(), "DestinationRegions.499");
}
