//! Lines for `presync batch`, any number of them, and the state that they are held to.
//!
//! Each line is made of its number alone, so that any part of them can be made anywhere: of a
//! hundred lines about 70 are accepted, 20 are refused for one of many reasons, 5 are query
//! strings, right and wrong, and 5 cannot be read.

use std::io::Write as _;

use presync::{AccountQuota, Image, Region, RegionQuota, RegionState, State, Used};

#[path = "dice.rs"]
mod dice;

use dice::Dice;

const SOURCE: &str = "ap-guangzhou";

/// Regions that take images.
const OPEN: [&str; 8] = [
    "ap-shanghai",
    "ap-beijing",
    "ap-chengdu",
    "ap-nanjing",
    "ap-tokyo",
    "ap-mumbai",
    "eu-frankfurt",
    "na-siliconvalley",
];
/// One that is full, one that is not available, one without image sync, and one
/// that may have it or not.
const FULL: &str = "ap-seoul";
const CLOSED: &str = "na-toronto";
const NO_SYNC: &str = "ap-hongkong";
const UNKNOWN: &str = "ap-singapore";

/// How many images there are; the first ten of them cannot be copied.
const IMAGES: usize = 1_000;

/// What the lines are held to.
pub(crate) fn state() -> State {
    let named = OPEN.into_iter().chain([SOURCE, FULL, CLOSED, NO_SYNC, UNKNOWN]);
    let regions = named.map(|name| {
        let mut region = Region::new(name);
        region.image_sync = if name == UNKNOWN { None } else { Some(name != NO_SYNC) };
        if name == CLOSED {
            region.region_state = Some(RegionState::UNAVAILABLE);
        }
        region
    });
    let images = (0..IMAGES).map(|number| {
        let mut image = Image::new(SOURCE, id(number));
        image.image_size = Some(20);
        if number < 10 {
            image.image_size = u64::try_from(50 + number).ok();
            image.image_state = Some("SYNCING".into());
        }
        image
    });
    let mut quota = AccountQuota::default();
    quota.image_num_quota = 10.into();
    for name in OPEN.into_iter().chain([FULL]) {
        let mut region = RegionQuota::new(name);
        region.used = Used::Count(if name == FULL { 10 } else { 3 });
        quota.regions.push(region);
    }
    State::from_records(regions, images, quota, []).expect("records that fit together")
}

fn id(number: usize) -> String {
    format!("img-{number:08}")
}

/// Adds the line of this number, with its newline.
pub(crate) fn add(number: u64, out: &mut Vec<u8>) {
    let mut dice = Dice(number);
    match dice.below(100) {
        0..70 => accepted(number, &mut dice, out),
        70..90 => refused(number, &mut dice, out),
        90..95 => query(number, &mut dice, out),
        _ => unreadable(number, &mut dice, out),
    }
    out.push(b'\n');
}

/// So many lines from the first one on.
pub(crate) fn first(count: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    for number in 1..=count {
        add(number, &mut lines);
    }
    lines
}

/// An image that can be copied.
fn image(dice: &mut Dice) -> String {
    id(10 + dice.below(IMAGES - 10))
}

macro_rules! put {
    ($out:ident, $($argument:tt)+) => {
        write!($out, $($argument)+).expect("a `Vec` takes everything")
    };
}

/// `{` and the id: a text, a number, or something else, and for one line in ten nothing.
fn start(number: u64, dice: &mut Dice, out: &mut Vec<u8>) {
    match dice.below(20) {
        0 | 1 => put!(out, "{{"),
        2 => put!(out, r#"{{"id":null,"#),
        3 => put!(out, r#"{{"id":{{"batch":{},"row":{number}}},"#, number / 1_000),
        4..10 => put!(out, r#"{{"id":{number},"#),
        _ => put!(out, r#"{{"id":"call-{number:09}","#),
    }
}

fn accepted(number: u64, dice: &mut Dice, out: &mut Vec<u8>) {
    start(number, dice, out);
    if dice.one_in(2) {
        put!(out, r#""region":"{SOURCE}","#);
    }
    put!(out, r#""request":{{"ImageIds":["{}"],"DestinationRegions":["#, image(dice));
    // From one to four destinations that follow each other in the list, so
    // that none is there twice.
    let (first, count) = (dice.below(OPEN.len()), 1 + dice.below(4));
    for step in 0..count {
        put!(out, r#"{}"{}""#, if step == 0 { "" } else { "," }, OPEN[(first + step) % OPEN.len()]);
    }
    if dice.one_in(50) {
        put!(out, r#","{UNKNOWN}""#);
    }
    put!(out, "]}}}}");
}

fn refused(number: u64, dice: &mut Dice, out: &mut Vec<u8>) {
    start(number, dice, out);
    let (image, good) = (image(dice), *dice.pick(&OPEN));
    let one = |destination: &str| {
        format!(r#"{{"ImageIds":["{image}"],"DestinationRegions":["{good}","{destination}"]}}"#)
    };
    let of_image = |image: &str| format!(r#"{{"ImageIds":["{image}"],"DestinationRegions":["{good}"]}}"#);
    let request = match dice.below(13) {
        0 => one("ap-shanghai-2"),
        1 => one("ap-shangahi"),
        2 => one("us-east-1"),
        3 => one(FULL),
        4 => one(CLOSED),
        5 => one(NO_SYNC),
        6 => one(SOURCE),
        7 => one(good),
        8 => of_image(&id(dice.below(10))),
        9 => of_image(&id(IMAGES + dice.below(1_000))),
        10 => of_image(&image.to_uppercase()),
        11 => format!(r#"{{"ImageIds":"{image}","DestinationRegions":["{good}"],"DestRegions":[]}}"#),
        _ => format!(r#"{{"Version":"2017-03-21","ImageIds":[],"DestinationRegions":["{CLOSED}","gz"]}}"#),
    };
    put!(out, r#""request":{request}}}"#);
}

fn query(number: u64, dice: &mut Dice, out: &mut Vec<u8>) {
    start(number, dice, out);
    let address = if dice.one_in(2) { "https://image.api.example/v2/index.php?" } else { "" };
    let version = if dice.one_in(4) { "" } else { "&Version=2017-03-12" };
    let (image, region) = (image(dice), dice.pick(&OPEN));
    put!(
        out,
        r#""request":"{address}Action=SyncImages{version}&ImageIds.0={image}&DestinationRegions.0={region}"}}"#
    );
}

fn unreadable(number: u64, dice: &mut Dice, out: &mut Vec<u8>) {
    let image = image(dice);
    match dice.below(8) {
        0 => put!(out, r#"{{"id":{number},"request":{{"ImageIds":["{image}"],"DestinationRegions":["ap-sha"#),
        1 => put!(out, r#"{{"id":{number},"reqest":{{"ImageIds":["{image}"]}}}}"#),
        2 => put!(out, r#"{{"region":null,"request":{{"ImageIds":["{image}"]}},"id":{number}}}"#),
        3 => put!(out, r#"{{"id":{number},"region":"{SOURCE}"}}"#),
        4 => put!(out, r#"{{"id":{number},"request":[{{"ImageIds":["{image}"]}}]}}"#),
        5 => put!(out, "ImageIds.0={image}&DestinationRegions.0=ap-shanghai"),
        6 => put!(out, r#"{{"id":{number},"request":"SyncImages {image}"}}"#),
        _ => {}
    }
}
