//! Mixtures that no small world of `exhaustive.rs` has, each in full, against the
//! oracle under every page.

use std::collections::BTreeSet;

use presync::{
    BlockedRoute, Image, ImageState, ImageType, QuotaLimit, Region, RegionState, Ruleset, SyncRequest, Used,
};

use crate::exhaustive::{
    self, IDS, KEY, MALFORMED, REGIONS, UNKNOWN, hold_to_the_oracle, image, incomplete, plain, subsets,
};
use crate::support::claims;
use crate::support::history;
use crate::support::world::{World, region_quota};

const SOURCE: &str = REGIONS[0];
const DESTINATION: &str = REGIONS[1];
const TAKEN: &str = "taken";

/// What is counted: the worlds, and how many of them were accepted, refused and open.
#[derive(Default)]
struct Counted {
    worlds: usize,
    accepted: usize,
    refused: usize,
    open: usize,
}

/// Every page that changed something.
fn pages() -> Vec<Ruleset> {
    history::changes().into_iter().map(Ruleset::documented).collect()
}

impl Counted {
    fn hold(&mut self, pages: &[Ruleset], world: &World, requests: &[SyncRequest]) {
        let state = world.state();
        for request in requests {
            for rules in pages {
                let report = hold_to_the_oracle(rules, request, &state);
                self.worlds += 1;
                self.open += usize::from(!report.unverified().is_empty());
                if report.violations().is_empty() { self.accepted += 1 } else { self.refused += 1 }
            }
        }
    }

    /// Returns the number of worlds, after a look that there were enough of every kind.
    fn end(self) -> usize {
        let Self { worlds, accepted, refused, open } = self;
        println!("{worlds} worlds, {accepted} accepted, {refused} refused, {open} with something unverified");
        assert!(accepted > 100 && refused > 100 && open > 100);
        worlds
    }
}

/// A world in which a copy from the first region to the second can be made.
fn ordinary() -> World {
    plain().with(|world| world.images.push(image(SOURCE, IDS[0]).with_encrypted(false)))
}

fn request(destinations: &[&str]) -> SyncRequest {
    exhaustive::request(None, &IDS[..1], destinations)
}

const FLAGS: [Option<bool>; 3] = [None, Some(false), Some(true)];

/// Every value of every parameter beside the two lists, each with each.
#[test]
fn every_mixture_of_parameters() {
    let mut requests = Vec::new();
    for version in [None, Some("2017-03-12"), Some("2017-03-21")] {
        for name in [None, Some("free"), Some(TAKEN)] {
            for key in [None, Some(KEY), Some("key")] {
                for (dry_run, image_set_required, encrypt) in triples() {
                    let mut request = request(&[DESTINATION]);
                    request.version = version.map(str::to_owned);
                    request.image_name = name.map(str::to_owned);
                    request.kms_key_id = key.map(str::to_owned);
                    request.dry_run = dry_run;
                    request.image_set_required = image_set_required;
                    request.encrypt = encrypt;
                    requests.push(request);
                }
            }
        }
    }
    let full = region_quota(DESTINATION, Used::Unknown, 1, QuotaLimit::Count(1));
    let open = ordinary().with(|world| {
        world.region(SOURCE).region_name = Some("华南地区(广州)".to_owned());
        world.region(DESTINATION).region_name = Some("华东地区(上海)".to_owned());
        world.image(SOURCE, IDS[0]).encrypted = None;
        world.images.push(Image::new(DESTINATION, IDS[1]).with_image_name(TAKEN));
    });
    let refused = open.clone().with(|world| world.quota.regions = vec![full]);
    let mut counted = Counted::default();
    for world in [ordinary(), open, refused] {
        counted.hold(&pages(), &world, &requests);
    }
    claims::hold("parameters", counted.end());
}

fn triples() -> impl Iterator<Item = (Option<bool>, Option<bool>, Option<bool>)> {
    FLAGS
        .into_iter()
        .flat_map(|a| FLAGS.into_iter().flat_map(move |b| FLAGS.into_iter().map(move |c| (a, b, c))))
}

/// The quota that a page states is larger than what the small worlds have: counts around those of
/// all pages, as a number that is given and as images that are listed, with copies in flight.
#[test]
fn every_side_of_the_documented_quota() {
    let requests = [request(&[DESTINATION]), request(&[REGIONS[2], DESTINATION])];
    let mut counted = Counted::default();
    let pages = pages();
    let documented: BTreeSet<u64> = pages.iter().map(|rules| history::quota(rules.edition())).collect();
    assert_eq!(documented, BTreeSet::from([10, 50, 500]));
    for count in documented.into_iter().flat_map(|quota| quota - 2..=quota + 1) {
        for is_listed in [false, true] {
            for in_flight in 0..=2 {
                for limit in [QuotaLimit::Default, QuotaLimit::Unknown, QuotaLimit::Count(50)] {
                    for account in [QuotaLimit::Default, QuotaLimit::Count(10)] {
                        for is_complete in [true, false] {
                            let world = ordinary().with(|world| {
                                let used = if is_listed {
                                    let image = |n| Image::new(DESTINATION, format!("img-listed{n:03}"));
                                    world.images.extend((0..count).map(image));
                                    Used::AsListed
                                } else {
                                    Used::Count(count)
                                };
                                world.region(DESTINATION).images_complete = is_complete;
                                world.quota.image_num_quota = account;
                                world.quota.regions = vec![region_quota(DESTINATION, used, in_flight, limit)];
                            });
                            counted.hold(&pages, &world, &requests);
                        }
                    }
                }
            }
        }
    }
    claims::hold("documented-quota", counted.end());
}

/// Every listing of a destination: what is said of its completeness, an image that may have the
/// name, copies on their way, what is used and what may be.
#[test]
fn every_mixture_of_a_listing() {
    let mut named = request(&[DESTINATION]);
    named.image_name = Some(TAKEN.to_owned());
    let requests = [named, request(&[DESTINATION]), request(&[REGIONS[2], DESTINATION])];
    let listed = |image_type: Option<ImageType>, name: Option<&str>| {
        let mut image = Image::new(DESTINATION, IDS[1]);
        image.image_type = image_type;
        image.image_name = name.map(str::to_owned);
        image
    };
    let custom = || Some(ImageType::PRIVATE_IMAGE);
    let images = [
        None,
        Some(listed(custom(), Some(TAKEN))),
        Some(listed(custom(), None)),
        Some(listed(custom(), Some("free"))),
        Some(listed(None, Some(TAKEN))),
        Some(listed(Some(ImageType::PUBLIC_IMAGE), Some(TAKEN))),
    ];
    let in_flight: [&[Option<&str>]; 6] = [
        &[],
        &[None],
        &[Some(TAKEN)],
        &[Some("a"), Some("b"), Some(TAKEN)],
        &[Some("a"), Some("b"), Some("c")],
        &[Some("a"), None, Some("b"), Some("c")],
    ];
    let mut counted = Counted::default();
    let pages = pages();
    for (is_complete, are_custom_complete) in [(false, false), (false, true), (true, false), (true, true)] {
        for image in &images {
            for names in in_flight {
                for used in [Used::AsListed, Used::Unknown, Used::Count(1)] {
                    for limit in
                        [QuotaLimit::Default, QuotaLimit::Unknown, QuotaLimit::Count(2), QuotaLimit::Count(4)]
                    {
                        let world = ordinary().with(|world| {
                            world.images.extend(image.clone());
                            let region = world.region(DESTINATION);
                            (region.images_complete, region.custom_images_complete) =
                                (is_complete, are_custom_complete);
                            let quota = world.region_quota(DESTINATION);
                            (quota.used, quota.image_num_quota) = (used, limit);
                            world.on_its_way(DESTINATION, names);
                        });
                        counted.hold(&pages, &world, &requests);
                    }
                }
            }
        }
    }
    claims::hold("listings", counted.end());
}

/// Names that are empty, ids without the form of one that are listed, and more ids than two.
#[test]
fn every_mixture_of_odd_names() {
    let regions = [None, Some(""), Some(SOURCE), Some(UNKNOWN)];
    let destinations: [&[&str]; 8] = [
        &[],
        &[DESTINATION],
        &[""],
        &["", DESTINATION],
        &[DESTINATION, "", ""],
        &[REGIONS[2], DESTINATION, SOURCE, UNKNOWN, ""],
        &[UNKNOWN, "", REGIONS[2], DESTINATION, DESTINATION],
        &[UNKNOWN, "a", "b", "c", "", SOURCE, DESTINATION, REGIONS[2]],
    ];
    let ids: [&[&str]; 11] = [
        &[""],
        &[IDS[0]],
        &["img-00000004"],
        &[MALFORMED],
        &[IDS[0], MALFORMED],
        &[MALFORMED, "", IDS[0]],
        &[IDS[0], IDS[1], "img-00000003"],
        &[IDS[0], IDS[1], "img-00000003", "img-00000004"],
        &["img-00000003", IDS[1], "img-00000004", IDS[0], IDS[1]],
        &["img-00000004", "img-00000003"],
        &["img-00000003"],
    ];
    let mut requests = Vec::new();
    for region in regions {
        for destinations in destinations {
            for ids in ids {
                let mut request = request(destinations);
                request.region = region.map(str::to_owned);
                request.image_ids = ids.iter().map(|id| (*id).to_owned()).collect();
                requests.push(request);
            }
        }
    }
    let mut counted = Counted::default();
    let pages = pages();
    for are_regions_complete in [true, false] {
        for are_images_complete in [true, false] {
            for placed in [SOURCE, REGIONS[2]] {
                let world = ordinary().with(|world| {
                    world.regions_complete = are_regions_complete;
                    world.region(REGIONS[2]).images_complete = are_images_complete;
                    world.region(REGIONS[2]).region_state = Some(RegionState::UNAVAILABLE);
                    world.images.push(image(placed, MALFORMED));
                    world.images.push(image(SOURCE, IDS[1]).with_image_size(50));
                    // The third image is wrong in every way, and the fourth in none.
                    let third = image(SOURCE, "img-00000003").with_image_type(ImageType::PUBLIC_IMAGE);
                    world.images.push(third.with_image_state(ImageState::SYNCING).with_image_size(50));
                    world.images.push(image(placed, "img-00000004"));
                });
                counted.hold(&pages, &world, &requests);
            }
        }
    }
    claims::hold("odd-names", counted.end());
}

/// The lengths of lists: every short one, and three of which each is above a power of two, where
/// code that counts in bits or in blocks would end.
fn lengths() -> Vec<usize> {
    (1..=10).chain([17, 33, 65]).collect()
}

/// Lists of destinations that are all as they should be but for one, at each place and
/// in each way: a short list is looked up in another way than a long one, and the ordinary request
/// is looked at as a whole.
#[test]
fn every_place_in_a_list() {
    let name = |n: usize| format!("ap-list-{n:02}");
    let ways: [fn(&mut World, &mut SyncRequest, usize); 8] = [
        |_, _, _| {},
        |_, request, at| request.destination_regions[at] = "ap-nowhere".to_owned(),
        |_, request, at| request.destination_regions[at] = SOURCE.to_owned(),
        |_, request, at| request.destination_regions[at] = request.destination_regions[at / 2].clone(),
        |_, request, at| {
            request.destination_regions[at] = request.destination_regions[at.saturating_sub(1)].clone()
        },
        |world, request, at| {
            world.region(&request.destination_regions[at]).region_state = Some(RegionState::UNAVAILABLE);
        },
        |world, request, at| {
            world.region_quota(&request.destination_regions[at]).used = Used::Count(1_000);
        },
        |world, request, at| world.block(SOURCE, &request.destination_regions[at]),
    ];
    let mut counted = Counted::default();
    let pages = pages();
    for length in lengths() {
        let names: Vec<String> = (0..length).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for at in 0..length {
            for way in ways {
                let mut request = request(&names).with_region(SOURCE);
                let mut world = ordinary().with(|world| {
                    world.regions =
                        (0..length.max(10)).map(name).map(Region::new).chain([Region::new(SOURCE)]).collect();
                });
                way(&mut world, &mut request, at);
                counted.hold(&pages, &world, &[request]);
            }
        }
    }
    let Counted { worlds, accepted, .. } = counted;
    // Without a change, and with the one by which the first element is itself.
    println!("{worlds} worlds, {accepted} accepted");
    let places: usize = lengths().into_iter().sum();
    assert_eq!(accepted, pages.len() * (places + 2 * lengths().len()));
    claims::hold("places", worlds);
}

/// A name that is taken, free or open in one destination, beside another one that is not listed
/// where every region is, or not every one.
#[test]
fn every_mixture_of_a_name_and_a_region_that_is_not_listed() {
    let mut requests = Vec::new();
    for region in [None, Some(SOURCE)] {
        for destinations in [&[DESTINATION, UNKNOWN][..], &[UNKNOWN, DESTINATION], &[DESTINATION, REGIONS[2]]]
        {
            for name in [None, Some(TAKEN)] {
                let mut request = exhaustive::request(region, &IDS[..1], destinations);
                request.image_name = name.map(str::to_owned);
                requests.push(request);
            }
        }
    }
    let types = [Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE), None];
    let mut images = vec![None];
    for name in [Some(TAKEN), Some("free"), None] {
        images.extend(types.iter().map(|image_type| Some((name, image_type.clone()))));
    }
    let pages = pages();
    let mut counted = Counted::default();
    for image in &images {
        for in_flight in [&[][..], &[Some(TAKEN)], &[Some("free")], &[None]] {
            for is_complete in [true, false] {
                for regions_complete in [true, false] {
                    let world = ordinary().with(|world| {
                        if let Some((name, image_type)) = image {
                            let mut there = Image::new(DESTINATION, IDS[1]).with_image_size(20);
                            there.image_name = name.map(str::to_owned);
                            there.image_type.clone_from(image_type);
                            world.images.push(there);
                        }
                        world.on_its_way(DESTINATION, in_flight);
                        world.region(DESTINATION).images_complete = is_complete;
                        world.regions_complete = regions_complete;
                    });
                    counted.hold(&pages, &world, &requests);
                }
            }
        }
    }
    claims::hold("names-and-unlisted", counted.end());
}

/// An image that is not a custom one, or may be none, has its id in several regions: where it is
/// listed, and where the list is not complete. From each of these a route may be blocked.
#[test]
fn every_mixture_of_routes_from_where_an_image_is_or_may_be() {
    let mut requests = Vec::new();
    for region in [None, Some(SOURCE)] {
        for destinations in [&[DESTINATION][..], &[REGIONS[2], DESTINATION]] {
            requests.push(exhaustive::request(region, &IDS[..1], destinations));
        }
    }
    let routes = subsets(&REGIONS.map(|from| BlockedRoute::new(from, DESTINATION)));
    let pages = pages();
    let mut counted = Counted::default();
    for image_type in [Some(ImageType::SHARED_IMAGE), Some(ImageType::PUBLIC_IMAGE), None] {
        for listed in subsets(&REGIONS) {
            for unlisted in subsets(&REGIONS) {
                for blocked in &routes {
                    let world = plain().with(|world| {
                        for region in &listed {
                            let mut there = image(region, IDS[0]).with_encrypted(false);
                            there.image_type.clone_from(&image_type);
                            world.images.push(there);
                        }
                        incomplete(world, &unlisted);
                        world.routes.clone_from(blocked);
                    });
                    counted.hold(&pages, &world, &requests);
                }
            }
        }
    }
    claims::hold("routes-from-several", counted.end());
}

/// What an image can be beside the ordinary: each type and state, with words that no page has.
const WAYS: [fn(&mut Image); 9] = [
    |_| {},
    |image| image.image_type = Some(ImageType::SHARED_IMAGE),
    |image| image.image_type = Some(ImageType::PUBLIC_IMAGE),
    |image| image.image_type = Some(ImageType::from("OTHER_IMAGE")),
    |image| image.image_type = None,
    |image| image.image_state = Some(ImageState::from("OTHER")),
    |image| image.image_state = Some(ImageState::SYNCING),
    |image| image.image_size = Some(50),
    |image| image.encrypted = Some(true),
];

/// The world, and every other one that a way makes of it at one of its records of an image.
fn with_one_image_changed(world: World) -> Vec<World> {
    let places = 0..world.images.len();
    let changed =
        places.flat_map(|at| WAYS.map(|way| world.clone().with(|world| way(&mut world.images[at]))));
    let mut worlds: Vec<_> = changed.filter(|changed| *changed != world).collect();
    worlds.push(world);
    worlds
}

/// Calls with up to five images that are all as they should be but for one, at each place and in
/// each way, to another region and to their own.
#[test]
fn every_place_of_an_image() {
    let id = |n: usize| format!("img-aaaaaaa{n}");
    let pages = pages();
    let mut counted = Counted::default();
    for length in 1..=5 {
        let ids: Vec<String> = (0..length).map(id).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut requests = Vec::new();
        for region in [None, Some(SOURCE)] {
            for destinations in [&[DESTINATION][..], &[SOURCE], &[DESTINATION, SOURCE]] {
                let request = exhaustive::request(region, &ids, destinations);
                requests.extend([None, Some(true)].map(|encrypt| {
                    let mut request = request.clone();
                    request.encrypt = encrypt;
                    request
                }));
            }
        }
        let images = ids.iter().map(|id| image(SOURCE, id).with_encrypted(false));
        for world in with_one_image_changed(plain().with(|world| world.images.extend(images))) {
            counted.hold(&pages, &world, &requests);
        }
    }
    claims::hold("image-places", counted.end());
}

/// An image with records in many regions that all say the same but for one, at each place and in
/// each way; and one that may be in any one of many regions, or whose way from there is blocked.
#[test]
fn every_place_of_a_record() {
    let name = |n: usize| format!("ap-list-{n:02}");
    let request = exhaustive::request(None, &IDS[..1], &[DESTINATION]);
    let requests = [request.clone(), request.with_region(name(0))];
    let pages = pages();
    let mut counted = Counted::default();
    for length in lengths() {
        let listed = |world: &mut World| world.regions.extend((0..length).map(name).map(Region::new));
        for image_type in [ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE] {
            let alike = plain().with(|world| {
                listed(world);
                world.images.extend((0..length).map(|n| {
                    image(&name(n), IDS[0]).with_image_type(image_type.clone()).with_encrypted(false)
                }));
            });
            for world in with_one_image_changed(alike) {
                counted.hold(&pages[..1], &world, &requests[..1]);
                counted.hold(&pages[pages.len() - 1..], &world, &requests[..1]);
            }
        }
        for at in 0..length {
            for is_there in [false, true] {
                for blocked in BTreeSet::from([None, Some(0), Some(at)]) {
                    let world = plain().with(|world| {
                        listed(world);
                        if is_there {
                            world
                                .images
                                .push(image(&name(0), IDS[0]).with_image_type(ImageType::SHARED_IMAGE));
                        }
                        world.region(&name(at)).images_complete = false;
                        if let Some(from) = blocked {
                            world.block(&name(from), DESTINATION);
                        }
                    });
                    counted.hold(&pages[..1], &world, &requests);
                    counted.hold(&pages[pages.len() - 1..], &world, &requests);
                }
            }
        }
    }
    claims::hold("record-places", counted.end());
}

/// A copy to the source region itself, among other destinations or alone,
/// where that is open or not.
#[test]
fn every_mixture_of_a_copy_to_the_source_region() {
    let mut requests = Vec::new();
    for region in [None, Some(SOURCE)] {
        for destinations in [&[SOURCE][..], &[DESTINATION, SOURCE]] {
            for encrypt in [None, Some(true)] {
                let mut request = exhaustive::request(region, &IDS[..1], destinations);
                request.encrypt = encrypt;
                requests.push(request);
            }
        }
    }
    let pages = pages();
    let mut counted = Counted::default();
    for way in &WAYS[..5] {
        for state in [Some(RegionState::AVAILABLE), Some(RegionState::UNAVAILABLE), None] {
            for sync in FLAGS {
                for is_blocked in [false, true] {
                    for quota in [QuotaLimit::Default, QuotaLimit::Count(1), QuotaLimit::Count(2)] {
                        let world = ordinary().with(|world| {
                            way(world.image(SOURCE, IDS[0]));
                            let region = world.region(SOURCE);
                            region.region_state.clone_from(&state);
                            region.image_sync = sync;
                            world.quota.image_num_quota = quota;
                            if is_blocked {
                                world.block(SOURCE, SOURCE);
                            }
                        });
                        counted.hold(&pages, &world, &requests);
                    }
                }
            }
        }
    }
    claims::hold("to-the-source", counted.end());
}

/// Names that are nearly the same, or nearly none, of the copy and of what is in the destination.
#[test]
fn every_mixture_of_names_that_are_nearly_the_same() {
    let longest = "n".repeat(60);
    let names = ["", " ", "\u{3000}", "copy", "copy ", "Copy", "c\u{f6}py", "co\u{308}py", &longest];
    let mut requests = Vec::new();
    for name in [None].into_iter().chain(names.iter().copied().map(Some)) {
        let mut request = request(&[DESTINATION]);
        request.image_name = name.map(str::to_owned);
        requests.push(request);
    }
    let pages = pages();
    let mut counted = Counted::default();
    for name in names {
        for way in &WAYS[..5] {
            for is_complete in [true, false] {
                let world = ordinary().with(|world| {
                    let mut there = Image::new(DESTINATION, IDS[1]).with_image_name(name);
                    way(&mut there);
                    world.images.push(there);
                    world.region(DESTINATION).images_complete = is_complete;
                });
                counted.hold(&pages, &world, &requests);
            }
        }
        let world = ordinary().with(|world| world.on_its_way(DESTINATION, &[Some(name)]));
        counted.hold(&pages, &world, &requests);
    }
    claims::hold("names-nearly-the-same", counted.end());
}

/// Images of each type and state in a destination with room for one more, or none, beside copies on
/// their way there.
#[test]
fn every_mixture_of_what_takes_room() {
    let requests = [request(&[DESTINATION]), request(&[REGIONS[2], DESTINATION])];
    let pages = pages();
    let mut counted = Counted::default();
    for first in WAYS {
        for second in WAYS {
            for in_flight in 0..=2 {
                for limit in 1..=4 {
                    let world = ordinary().with(|world| {
                        for (id, way) in ["img-inthelist0", "img-inthelist1"].iter().zip([first, second]) {
                            let mut there = image(DESTINATION, id);
                            way(&mut there);
                            world.images.push(there);
                        }
                        world.quota.regions = vec![region_quota(
                            DESTINATION,
                            Used::AsListed,
                            in_flight,
                            QuotaLimit::Count(limit),
                        )];
                    });
                    counted.hold(&pages, &world, &requests);
                }
            }
        }
    }
    claims::hold("what-takes-room", counted.end());
}
