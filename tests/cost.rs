//! What a check costs grows with the number of items, and no faster.
//!
//! Nothing here is timed. Calls and bytes of the allocator are the same on every run; they do not
//! see a search that allocates nothing, so instructions are counted as well, of the whole command,
//! where valgrind is there to count them.

#![cfg(feature = "cli")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and writes the files that the command reads"
)]

#[path = "support/instructions.rs"]
mod instructions;

use std::fs;
use std::ops::Range;
use std::path::Path;

use presync::check::plan::Plan;
use presync::{AccountQuota, BlockedRoute, Edition, Image, Region, RegionState, Ruleset, State, SyncRequest};

/// A call with this many items, and a state whose size does not depend on it unless
/// the items are its records.
type Shape = fn(usize) -> (SyncRequest, State);

const SHAPES: [(&str, Shape); 9] = [
    ("good destinations", |n| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let regions = names.iter().map(Region::new).chain([Region::new("ap-guangzhou")]);
        let state =
            State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)]).unwrap();
        (SyncRequest::new("img-o3ycss2p", names), state)
    }),
    ("destinations of unavailable regions", |n| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let regions = names.iter().map(|name| {
            Region::new(name).with_region_state(RegionState::UNAVAILABLE).with_images_complete(false)
        });
        (SyncRequest::new("img-o3ycss2p", names.clone()), State::new(regions, []).unwrap())
    }),
    ("destinations that are each one of the sources", |n| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let images = names.iter().map(|name| Image::new(name.as_str(), "img-o3ycss2p").with_image_size(20));
        let routes = names.iter().map(|name| BlockedRoute::new(name.as_str(), "ap-0"));
        let regions = names.iter().map(Region::new);
        let state = State::from_records(regions, images, AccountQuota::default(), routes).unwrap();
        (SyncRequest::new("img-o3ycss2p", names), state)
    }),
    ("images and destinations that nothing is known about", |n| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let regions = names.iter().map(|name| Region::new(name).with_images_complete(false));
        let state = State::new(regions, []).unwrap();
        let ids = (0..n).map(|n| format!("img-{n:08}"));
        (SyncRequest::new("img-o3ycss2p", names).with_image_ids(ids), state)
    }),
    ("unknown destinations", |n| {
        let state = State::new([Region::new("ap-guangzhou")], []).unwrap();
        (SyncRequest::new("img-o3ycss2p", (0..n).map(|n| format!("ap-{n}"))), state)
    }),
    ("equal destinations", |n| {
        let state = State::new([Region::new("ap-guangzhou")], []).unwrap();
        (SyncRequest::new("img-o3ycss2p", std::iter::repeat_n("ap-guangzhou", n)), state)
    }),
    ("images", |n| {
        let ids = (0..n).map(|n| format!("img-{n:08}"));
        let request = SyncRequest::new("img-o3ycss2p", ["ap-guangzhou"]).with_image_ids(ids);
        let images =
            request.image_ids.iter().map(|id| Image::new("ap-guangzhou", id.as_str()).with_image_size(20));
        (request.clone(), State::new([Region::new("ap-guangzhou")], images).unwrap())
    }),
    ("malformed images", |n| {
        let ids = (0..n).map(|n| format!("IMG-{n:08}"));
        let request = SyncRequest::new("img-o3ycss2p", ["ap-guangzhou"]).with_image_ids(ids);
        (request, State::new([Region::new("ap-guangzhou")], []).unwrap())
    }),
    ("images that are each in a region of their own", |n| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let ids: Vec<String> = (0..n).map(|n| format!("img-{n:08}")).collect();
        let images = names.iter().zip(&ids);
        let images = images.map(|(name, id)| Image::new(name.as_str(), id.as_str()).with_image_size(20));
        let routes = names.iter().map(|name| BlockedRoute::new("ap-0", name.as_str()));
        let regions = names.iter().map(Region::new);
        let state = State::from_records(regions, images, AccountQuota::default(), routes).unwrap();
        (SyncRequest::new("img-o3ycss2p", names).with_image_ids(ids), state)
    }),
];

const FEW: usize = 250;
const MANY: usize = 16 * FEW;

#[test]
fn memory_per_item_does_not_grow_with_the_number_of_items() {
    let rules = Ruleset::default();
    for (name, shape) in SHAPES {
        let cost = |n: usize| {
            let (request, state) = shape(n);
            // What is set up once, on first use, is nobody's item.
            let _ = rules.check(&request, &state);
            allocation_counter::measure(|| drop(rules.check(&request, &state)))
        };
        let (few, many) = (cost(FEW), cost(MANY));
        // Sixteen times the cost, and a little for longer names and for growth by doubling.
        assert!(many.count_total <= 20 * few.count_total.max(100), "{name}: {few:?} then {many:?}");
        assert!(many.bytes_total <= 26 * few.bytes_total.max(10_000), "{name}: {few:?} then {many:?}");
    }
}

#[test]
fn a_suggestion_takes_no_more_for_a_split_of_many_images_and_destinations() {
    // Whatever the source region and the parameters that are left out, it becomes
    // a request for each image.
    let cost = |n: usize| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let ids: Vec<String> = (0..n).map(|n| format!("img-{n:08}")).collect();
        let images = ids.iter().map(|id| Image::new("ap-0", id.as_str()).with_image_size(20));
        let quota = AccountQuota::default().with_image_num_quota(1_000);
        let state = State::from_records(names.iter().map(Region::new), images, quota, []).unwrap();
        let request = SyncRequest::new("", names).with_image_ids(ids);
        let request = request.with_region("ap-nowhere").with_image_name("copy").with_kms_key_id("key");
        let rules = Ruleset::documented(Edition::FIRST);
        // The region of the images is one of the destinations, which goes; the name and
        // the key are of later pages.
        allocation_counter::measure(|| assert_eq!(rules.suggest(&request, &state).requests().len(), n))
    };
    let (few, many) = (cost(128), cost(250));
    // Nearly four times the elements. Each choice would look at all of them.
    assert!(many.count_total < 2 * few.count_total, "{few:?} then {many:?}");
}

/// Makes another state of one.
type Change = fn(&State, &SyncRequest) -> State;

#[test]
fn memory_of_a_change_does_not_grow_with_the_number_of_images() {
    let state = |n: usize| {
        let images =
            (0..n).map(|n| Image::new("ap-guangzhou", format!("img-{n:08}")).with_image_name("base"));
        State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), images).unwrap()
    };
    let (few, many) = (state(FEW), state(MANY));
    let request = SyncRequest::new("img-00000000", ["ap-shanghai"]);
    let changes: [(&str, Change); 4] = [
        ("clone", |state, _| state.clone()),
        ("after", State::after),
        ("insert_image", |state, _| {
            let mut state = state.clone();
            state.insert_image(Image::new("ap-guangzhou", "img-99999999").with_image_name("base")).unwrap();
            state
        }),
        ("remove_image", |state, _| {
            let mut state = state.clone();
            state.remove_image("ap-guangzhou", "img-00000000").unwrap();
            state
        }),
    ];
    for (name, change) in changes {
        let cost = |state: &State| allocation_counter::measure(|| drop(change(state, &request)));
        assert_eq!(cost(&few).count_total, cost(&many).count_total, "{name}");
        assert_eq!(cost(&few).bytes_total, cost(&many).bytes_total, "{name}");
    }
    // Where images come and go for long, they are indexed anew from time to time: sixteen times the
    // images cost no more than four times as much for each, and half as much again.
    let cost = |mut state: State| {
        let changes = allocation_counter::measure(|| {
            for n in 0..10_000 {
                let image = state.remove_image("ap-guangzhou", &format!("img-{:08}", n % FEW)).unwrap();
                state.insert_image(image).unwrap();
            }
        });
        changes.bytes_total
    };
    let (few, many) = (cost(few), cost(many));
    assert!(many < 6 * few, "{few} bytes, then {many}");
}

#[test]
fn a_plan_that_goes_on_for_ever_does_not_grow() {
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image]).unwrap();
    let mut plan = Plan::new(Ruleset::documented(Edition::LATEST), state);
    let mut calls = |numbers: Range<usize>| {
        for number in numbers {
            let name = format!("copy-{number:06}");
            let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou");
            assert!(plan.check(&request.with_image_name(name.as_str())).is_verified());
            plan.state_mut().copy_failed("ap-shanghai", Some(&name)).unwrap();
        }
    };
    calls(0..4_000);
    let grown = allocation_counter::measure(|| calls(4_000..8_000));
    assert!(grown.bytes_current < 1_000, "{grown:?}");
}

/// A state with this many regions, and the source region that is asked for, if it is.
type Map = fn(usize) -> (State, Option<&'static str>);

const MAPS: [(&str, Map); 4] = [
    ("regions that are all good", |n| {
        let image = Image::new("ap-0", "img-o3ycss2p").with_image_size(20);
        (State::new((0..n).map(|n| Region::new(format!("ap-{n}"))), [image]).unwrap(), None)
    }),
    // The image may be in any of them.
    ("regions whose images are not all listed", |n| {
        let region = |n| Region::new(format!("ap-{n}")).with_images_complete(false).with_image_sync(None);
        (State::new((0..n).map(region), []).unwrap(), None)
    }),
    ("regions that each have the image, with routes that are blocked", |n| {
        let names: Vec<String> = (0..n).map(|n| format!("ap-{n}")).collect();
        let images = names.iter().map(|name| Image::new(name.as_str(), "img-o3ycss2p").with_image_size(20));
        let routes = names.iter().map(|name| BlockedRoute::new(name.as_str(), "ap-0"));
        (
            State::from_records(names.iter().map(Region::new), images, AccountQuota::default(), routes)
                .unwrap(),
            None,
        )
    }),
    // What may have been meant is looked for among all regions.
    ("regions without the source among them", |n| {
        (State::new((0..n).map(|n| Region::new(format!("ap-{n}"))), []).unwrap(), Some("ap-nowhere"))
    }),
];

#[test]
fn memory_per_region_does_not_grow_with_the_number_of_regions() {
    let rules = Ruleset::default();
    for (name, map) in MAPS {
        let cost = |n: usize| {
            let (state, source) = map(n);
            let request = SyncRequest::new("img-o3ycss2p", [""; 0]);
            let request = source.into_iter().fold(request, SyncRequest::with_region);
            let _ = rules.destinations_of(&request, &state);
            allocation_counter::measure(|| drop(rules.destinations_of(&request, &state)))
        };
        let (few, many) = (cost(FEW), cost(MANY));
        assert!(many.count_total <= 20 * few.count_total.max(100), "{name}: {few:?} then {many:?}");
        assert!(many.bytes_total <= 26 * few.bytes_total.max(10_000), "{name}: {few:?} then {many:?}");
    }
}

#[test]
fn instructions_per_item_do_not_grow_with_the_number_of_items() {
    if !instructions::can_be_counted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // For a reader, who gets all that a machine gets and is shown where it is. The tests below
    // count what a machine gets.
    let cost = |label: &str, (request, state): (SyncRequest, State)| {
        let folder = folder.path().join(label);
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("request.json");
        fs::write(&file, serde_json::to_vec(&request).unwrap()).unwrap();
        instructions(&folder, "check", &state, &["--suggest", file.to_str().unwrap()])
    };
    // One item of an accepted call: a call without any is refused, and what is said of
    // that is work of its own.
    let set_up = cost("one", SHAPES[0].1(1));
    for (name, shape) in SHAPES {
        let (few, many) = (50, 400);
        // On both cores.
        let (few, many) = std::thread::scope(|scope| {
            let few = scope.spawn(|| cost("few", shape(few)) - set_up);
            let many = cost("many", shape(many)) - set_up;
            (few.join().unwrap(), many)
        });
        // Eight times the items; sixty-four times the instructions if each looked at all the
        // others. Sorting takes a little more than eight.
        assert!(many < 12 * few, "{name}: {few} then {many}");
    }
}

#[test]
fn instructions_per_region_do_not_grow_with_the_number_of_regions() {
    if !instructions::can_be_counted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cost = |label: &str, (state, source): (State, Option<&str>)| {
        let source: Vec<&str> = source.into_iter().flat_map(|source| ["--region", source]).collect();
        let arguments = [&["--format", "json", "img-o3ycss2p"], &source[..]].concat();
        instructions(&folder.path().join(label), "regions", &state, &arguments)
    };
    let set_up = cost("one", MAPS[0].1(1));
    for (name, map) in MAPS {
        let (few, many) = std::thread::scope(|scope| {
            let few = scope.spawn(|| cost("few", map(50)) - set_up);
            let many = cost("many", map(400)) - set_up;
            (few.join().unwrap(), many)
        });
        assert!(many < 12 * few, "{name}: {few} then {many}");
    }
}

/// A number of parts, and a request of a wrong shape that has them.
type Wrong = fn(usize) -> String;

/// Requests of a wrong shape. Each part of them is mended.
const WRONG: [(&str, Wrong); 8] = [
    ("misnamed elements", |n| query(n, |n| format!("ImageId.{n}=x"))),
    ("elements that are numbered from 1", |n| query(n, |n| format!("ImageIds.{}=x", n + 1))),
    ("elements that are sent twice", |n| query(n, |n| format!("ImageIds.{n}=x&ImageIds.{n}=x"))),
    ("what HTML makes of an ampersand", |n| query(n, |n| format!("amp;ImageIds.{n}=x"))),
    ("ampersands in a value", |n| {
        query(n, |n| if n == 0 { "ImageName=x".to_owned() } else { format!("y{n}") })
    }),
    ("line breaks", |n| query(n, |n| format!("\n  ImageIds.{n}=x"))),
    ("no values and numbers in a list", |n| {
        let elements: Vec<&str> = (0..n).map(|n| if n % 2 == 0 { "null" } else { "1" }).collect();
        format!("{{\"ImageIds\": [{}], \"Foo\": 1}}", elements.join(", "))
    }),
    ("keys that are elements", |n| {
        let keys: Vec<String> = (0..n).map(|n| format!("\"ImageIds.{n}\": \"x\"")).collect();
        format!("{{{}, \"Foo\": 1}}", keys.join(", "))
    }),
];

/// A query with these parts, and one that is never mended, so that the values are not looked at.
fn query(n: usize, part: impl Fn(usize) -> String) -> String {
    let parts: Vec<String> = (0..n).map(part).collect();
    format!("Version=2017-03-12&{}&Foo=1", parts.join("&"))
}

#[test]
fn instructions_per_part_of_a_wrong_shape_do_not_grow_with_the_number_of_parts() {
    if !instructions::can_be_counted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let state = State::default();
    let cost = |label: &str, text: &str| {
        let folder = folder.path().join(label);
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("request.txt");
        fs::write(&file, text).unwrap();
        instructions(&folder, "check", &state, &["--suggest", "--format", "json", file.to_str().unwrap()])
    };
    let set_up = cost("one", &query(1, |n| format!("ImageIds.{n}=x")));
    for (name, shape) in WRONG {
        let (few, many) = std::thread::scope(|scope| {
            let few = scope.spawn(|| cost("few", &shape(50)) - set_up);
            let many = cost("many", &shape(400)) - set_up;
            (few.join().unwrap(), many)
        });
        assert!(many < 12 * few, "{name}: {few} then {many}");
    }
}

/// How many instructions a subcommand takes for this state, with reading and writing.
fn instructions(folder: &Path, subcommand: &str, state: &State, arguments: &[&str]) -> u64 {
    fs::create_dir_all(folder).unwrap();
    let state_file = folder.join("state.json");
    fs::write(&state_file, serde_json::to_vec(state).unwrap()).unwrap();
    let before = [subcommand, "--state", state_file.to_str().unwrap()];
    instructions::of(env!("CARGO_BIN_EXE_presync"), &[&before, arguments].concat())
}
