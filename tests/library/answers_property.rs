//! States that are made of responses say nothing that is not so: for generated worlds, and
//! generated partial and filtered responses of them, what is certainly violated is violated in the
//! world, and what is violated there is at least unverified.
#![cfg(feature = "sources")]

use std::collections::{BTreeMap, BTreeSet};

use presync::sources::describe::Responses;
use presync::{
    AccountQuota, Edition, Image, ImageState, ImageType, Region, RegionQuota, RegionState, Report, Ruleset,
    State, SyncRequest,
};
use serde_json::{Map, Value, json};

use crate::support::dice::Dice;

const REGIONS: [&str; 5] = ["ap-beijing", "ap-guangzhou", "ap-seoul", "ap-shanghai", "ap-tokyo"];
const NAMES: [&str; 3] = ["", "base", "web"];

/// The worlds that are made.
const WORLDS: u64 = 10_000;

/// The truth. Responses tell a part of it.
struct World {
    regions: Vec<Region>,
    images: Vec<Image>,
    quota: AccountQuota,
}

fn id(number: usize) -> String {
    format!("img-aaaaaaa{number}")
}

impl World {
    /// `with_twins`: images of others may be in two regions under one id.
    fn new(dice: &mut Dice, with_twins: bool) -> Self {
        let mut regions: Vec<Region> = Vec::new();
        for name in REGIONS {
            if dice.one_in(4) {
                continue;
            }
            let state = if dice.one_in(5) { RegionState::UNAVAILABLE } else { RegionState::AVAILABLE };
            regions.push(Region::new(name).with_region_state(state).with_image_sync(!dice.one_in(5)));
        }
        if regions.is_empty() {
            regions.push(Region::new(REGIONS[0]));
        }
        let mut images: Vec<Image> = Vec::new();
        for number in 0..dice.below(9) {
            let types = [
                ImageType::PRIVATE_IMAGE,
                ImageType::PRIVATE_IMAGE,
                ImageType::PUBLIC_IMAGE,
                ImageType::SHARED_IMAGE,
            ];
            let image_type = dice.pick(&types).clone();
            let state = if dice.one_in(4) { ImageState::SYNCING } else { ImageState::NORMAL };
            let image = Image::new(&*dice.pick(&regions).region, id(number))
                .with_image_type(image_type.clone())
                .with_image_state(state)
                .with_image_name(*dice.pick(&NAMES))
                .with_image_size(*dice.pick(&[20, 49, 50, 60]))
                .with_encrypted(dice.one_in(5));
            if with_twins && image_type != ImageType::PRIVATE_IMAGE && dice.one_in(2) {
                let other = &dice.pick(&regions).region;
                if *other != image.region {
                    let mut twin = image.clone();
                    twin.region.clone_from(other);
                    images.push(twin);
                }
            }
            images.push(image);
        }
        let mut quota = AccountQuota::default();
        if !dice.one_in(4) {
            quota = quota.with_image_num_quota(u64::try_from(dice.below(5)).unwrap());
        }
        if dice.one_in(3) {
            let region = RegionQuota::new(&*dice.pick(&regions).region);
            quota = quota.with_regions([region.with_image_num_quota(u64::try_from(dice.below(5)).unwrap())]);
        }
        Self { regions, images, quota }
    }

    fn state(&self) -> State {
        State::from_records(self.regions.clone(), self.images.clone(), self.quota.clone(), []).unwrap()
    }

    fn images_in(&self, region: &str) -> Vec<&Image> {
        self.images.iter().filter(|image| image.region == region).collect()
    }

    fn used(&self, region: &str) -> usize {
        let images = self.images_in(region);
        images.iter().filter(|image| image.image_type == Some(ImageType::PRIVATE_IMAGE)).count()
    }
}

/// The record of an image, some of whose fields are null or left out.
fn record(dice: &mut Dice, image: &Image) -> Value {
    let mut record = Map::new();
    record.insert("ImageId".to_owned(), json!(image.image_id));
    for (key, value) in [
        ("ImageName", json!(image.image_name)),
        ("ImageType", json!(image.image_type)),
        ("ImageState", json!(image.image_state)),
        ("ImageSize", json!(image.image_size)),
    ] {
        match dice.below(12) {
            0 => {}
            1 => drop(record.insert(key.to_owned(), Value::Null)),
            _ => drop(record.insert(key.to_owned(), value)),
        }
    }
    Value::Object(record)
}

/// Responses as people keep them: with an envelope or without, one after another or in a list, cut
/// down to their records where they need not say how many there are.
fn kept(dice: &mut Dice, key: &str, pages: &[(Vec<Value>, usize)], may_be_cut: bool) -> Vec<u8> {
    let form = dice.below(if may_be_cut { 6 } else { 3 });
    let page = |dice: &mut Dice, (records, total): &(Vec<Value>, usize)| {
        let body = json!({"TotalCount": total, key: records, "RequestId": "r"});
        if dice.one_in(2) { json!({"Response": body}) } else { body }
    };
    let values: Vec<Value> = match form {
        0 | 1 => pages.iter().map(|one| page(dice, one)).collect(),
        2 => vec![Value::Array(pages.iter().map(|one| page(dice, one)).collect())],
        3 => pages.iter().map(|(records, _)| json!(records)).collect(),
        4 => vec![Value::Array(pages.iter().flat_map(|(records, _)| records.clone()).collect())],
        _ => pages.iter().flat_map(|(records, _)| records.clone()).collect(),
    };
    let text: Vec<String> = values.iter().map(Value::to_string).collect();
    let text = text.join(*dice.pick(&["", "\n", "\r\n\u{feff}"]));
    // No records one after another would be no text.
    let text = if text.is_empty() { "[]".to_owned() } else { text };
    match dice.below(6) {
        0 => format!("\u{feff}{text}").into_bytes(),
        1 => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => text.into_bytes(),
    }
}

/// The pages of a listing; with `missing`, one of several is not given.
fn pages(dice: &mut Dice, images: &[&Image], missing: bool) -> Vec<(Vec<Value>, usize)> {
    let size = 1 + dice.below(4);
    let mut pages: Vec<_> = images
        .chunks(size)
        .map(|page| (page.iter().map(|image| record(dice, image)).collect(), images.len()))
        .collect();
    if pages.is_empty() {
        pages.push((Vec::new(), 0));
    }
    if missing && pages.len() > 1 {
        pages.remove(dice.below(pages.len()));
    }
    pages
}

fn told(dice: &mut Dice, world: &World) -> Responses {
    let mut told = Responses::default();
    // Regions: all, some of those that are counted, some that were cut out, none.
    let listed: Vec<&Region> = match dice.below(4) {
        0 => world.regions.iter().filter(|_| dice.one_in(2)).collect(),
        _ => world.regions.iter().collect(),
    };
    let records: Vec<Value> = listed
        .iter()
        .map(|region| match dice.below(5) {
            0 => json!({"Region": region.region, "RegionState": null}),
            _ => json!({"Region": region.region, "RegionName": "x", "RegionState": region.region_state}),
        })
        .collect();
    let is_whole = listed.len() == world.regions.len();
    match dice.below(8) {
        0 => {}
        1 => told = told.regions(br#"{"RegionSet": null, "TotalCount": 0}"#).unwrap(),
        2 => {
            let mut records = records;
            records.push(json!({"Region": "", "RegionName": "y"}));
            let page = [(records, world.regions.len())];
            if !listed.is_empty() {
                told = told.regions(&kept(dice, "RegionSet", &page, true)).unwrap();
                assert_eq!(told.warnings().len(), 1);
            }
        }
        3 => told = told.regions(&kept(dice, "RegionSet", &[(records, world.regions.len())], true)).unwrap(),
        4 if is_whole => told = told.regions(json!({"RegionSet": records}).to_string().as_bytes()).unwrap(),
        _ => told = told.regions(&kept(dice, "RegionSet", &[(records, world.regions.len())], false)).unwrap(),
    }
    for region in &world.regions {
        let name = &*region.region;
        let all = world.images_in(name);
        let is_custom = |image: &&Image| image.image_type == Some(ImageType::PRIVATE_IMAGE);
        let custom: Vec<&Image> = all.iter().copied().filter(is_custom).collect();
        for _ in 0..dice.below(3) {
            let missing = dice.one_in(3);
            match dice.below(5) {
                // Filtered by ids, by name, by type, or not at all.
                0 => {
                    let some: Vec<&Image> = all.iter().copied().filter(|_| dice.one_in(2)).collect();
                    let pages = pages(dice, &some, missing);
                    told = told.images(name, &kept(dice, "ImageSet", &pages, true)).unwrap();
                }
                1 => {
                    let of = *dice.pick(&NAMES);
                    let some: Vec<&Image> =
                        all.iter().copied().filter(|image| image.image_name.as_deref() == Some(of)).collect();
                    let pages = pages(dice, &some, missing);
                    told = told.response(Some(name), &kept(dice, "ImageSet", &pages, true)).unwrap();
                }
                2 => {
                    let some = if dice.one_in(2) { &all } else { &custom };
                    let pages = pages(dice, some, missing);
                    told = told.response(Some(name), &kept(dice, "ImageSet", &pages, true)).unwrap();
                }
                3 => {
                    let pages = pages(dice, &custom, missing);
                    let is_whole =
                        pages.iter().map(|(records, _)| records.len()).sum::<usize>() == custom.len();
                    told = told.custom_images(name, &kept(dice, "ImageSet", &pages, is_whole)).unwrap();
                }
                _ => {
                    let mut pages = pages(dice, &all, missing);
                    let is_whole = pages.iter().map(|(records, _)| records.len()).sum::<usize>() == all.len();
                    let has_moved = pages.len() > 1 && dice.one_in(5);
                    if has_moved {
                        pages[0].1 += 1;
                    }
                    let may_be_cut = is_whole && !has_moved;
                    told = told.all_images(name, &kept(dice, "ImageSet", &pages, may_be_cut)).unwrap();
                }
            }
        }
        let limit = world.quota.regions.iter().find(|quota| quota.region == name);
        let limit = limit.map(|quota| quota.image_num_quota).or(Some(world.quota.image_num_quota));
        let limit = match limit {
            Some(presync::QuotaLimit::Count(count)) => json!(count),
            _ => Value::Null,
        };
        if dice.one_in(3) {
            let set = json!([{"UsedQuota": if dice.one_in(4) { Value::Null } else { json!(world.used(name)) }, "TotalQuota": limit}]);
            let body = json!({"AppId": 1, "AccountQuotaOverview": {"Region": name, "AccountQuota": {"ImageQuotaSet": set}}});
            let body = if dice.one_in(2) { json!({"Response": body}) } else { body };
            told = told.response(None, body.to_string().as_bytes()).unwrap();
        }
        if dice.one_in(5) {
            told = told.used(name, u64::try_from(world.used(name)).unwrap()).unwrap();
        }
        if dice.one_in(3) {
            told =
                if region.image_sync == Some(true) { told.sync(name) } else { told.no_sync(name) }.unwrap();
        }
        if world.quota.regions.iter().any(|quota| quota.region == name) {
            let count = if dice.one_in(4) { Value::Null } else { limit };
            told = told.quota(Some(name), json!({"ImageNumQuota": count}).to_string().as_bytes()).unwrap();
        }
    }
    if let presync::QuotaLimit::Count(count) = world.quota.image_num_quota {
        let count = if dice.one_in(4) { Value::Null } else { json!(count) };
        told = told
            .response(None, json!({"Response": {"ImageNumQuota": count}}).to_string().as_bytes())
            .unwrap();
    }
    told
}

fn request(dice: &mut Dice, with_region: bool) -> SyncRequest {
    let image_id = if dice.one_in(15) { "img-x".to_owned() } else { id(dice.below(9)) };
    let destinations: Vec<&str> = (0..1 + dice.below(3)).map(|_| *dice.pick(&REGIONS)).collect();
    let mut request = SyncRequest::new(image_id, destinations);
    if with_region {
        request = request.with_region(*dice.pick(&REGIONS));
    }
    if dice.one_in(3) {
        request.image_name = Some((*dice.pick(&NAMES)).to_owned());
    }
    if dice.one_in(4) {
        request.encrypt = Some(dice.one_in(2));
    }
    request
}

type Places = BTreeSet<(String, Option<String>)>;

fn violated(report: &Report) -> Places {
    let violations = report.violations().iter();
    violations.map(|found| (found.rule().to_owned(), Some(found.parameter().to_string()))).collect()
}

fn unverified(report: &Report) -> Places {
    let open = report.unverified().iter();
    open.map(|open| (open.rule().to_owned(), Some(open.parameter().to_string()))).collect()
}

#[test]
fn what_responses_leave_out_is_never_taken_for_known() {
    let editions: Vec<Edition> = ["2017-03", "2021-06", "2022-08", "2022-09", "2025-04"]
        .iter()
        .map(|month| month.parse().unwrap())
        .collect();
    let rules: Vec<Ruleset> = editions.iter().map(|edition| Ruleset::documented(*edition)).collect();
    let (mut certain, mut left_open) = (BTreeMap::<String, u32>::new(), BTreeMap::<String, u32>::new());
    for seed in 0..WORLDS {
        let dice = &mut Dice(seed);
        let with_region = dice.one_in(2);
        let world = World::new(dice, with_region);
        let truth = world.state();
        let state = told(dice, &world).state().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        for _ in 0..4 {
            let request = request(dice, with_region);
            let rules = dice.pick(&rules);
            let (known, real) = (rules.check(&request, &state), rules.check(&request, &truth));
            let (said, open, so) = (violated(&known), unverified(&known), violated(&real));
            // A header may carry the region of a request that has none.
            let real_open = unverified(&real).into_iter().filter(|(rule, _)| rule != "region-required");
            assert_eq!(real_open.count(), 0, "seed {seed}: the truth is known");
            let untrue: Vec<_> = said.difference(&so).collect();
            assert!(untrue.is_empty(), "seed {seed}: {untrue:?} of {request:?}\n{state:#?}");
            let unsaid: Vec<_> = so.difference(&said).filter(|one| !open.contains(one)).collect();
            assert!(unsaid.is_empty(), "seed {seed}: {unsaid:?} of {request:?}\n{state:#?}");
            for (rule, _) in said {
                *certain.entry(rule).or_default() += 1;
            }
            for (rule, _) in open {
                *left_open.entry(rule).or_default() += 1;
            }
        }
    }
    // What is certain is not nothing.
    for rule in [
        "image-exists",
        "image-custom",
        "destination-exists",
        "destination-available",
        "image-quota",
        "image-name-unique",
    ] {
        let count = |counts: &BTreeMap<String, u32>| counts.get(rule).copied().unwrap_or_default();
        assert!(count(&certain) > 300 && count(&left_open) > 300, "{rule}: {certain:?}, {left_open:?}");
    }
}
