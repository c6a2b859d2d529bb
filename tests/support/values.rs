//! Generators of requests and states.
//!
//! Every value comes from a small pool, so that collisions (a destination that is the source, an id
//! that is listed, a route that matters) are common, and good values come more often than bad ones,
//! so that one fault does not always hide the next.

use std::sync::LazyLock;

use presync::{
    AccountQuota, BlockedRoute, Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionQuota,
    RegionState,
};
use presync::{SyncRequest, Used};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::history::{around, changes};
use super::world::{World, region_quota};

/// Regions that a state may list.
pub(crate) const REGIONS: [&str; 5] =
    ["ap-guangzhou", "ap-shanghai", "ap-beijing", "na-toronto", "chongqing"];
/// Well-formed ids.
pub(crate) const IDS: [&str; 3] = ["img-o3ycss2p", "img-7q1xk02zz", "img-00000000"];
/// What is no id: too short, an upper-case letter, no prefix, something around it, nothing.
pub(crate) const MALFORMED: [&str; 8] = [
    "img-o3ycss2",
    "img-O3ycss2p",
    "o3ycss2p",
    " img-o3ycss2p",
    "img-o3ycss2p\n",
    "img-o3ycss2p,img-00000000",
    "img-ö3ycss2p",
    "",
];
/// What no state lists: a zone, a short code, another case, something around it, nothing.
pub(crate) const NO_REGIONS: [&str; 5] = ["ap-shanghai-2", "gz", "AP-BEIJING", "ap-guangzhou ", ""];

/// The flags of an image's record, by their keys: what is true or false where the record says
/// least. What goes through the facts of images goes through these; a new one is there by itself.
pub(crate) static FLAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let Value::Object(record) = serde_json::to_value(Image::new("", "")).unwrap() else {
        panic!("a record is an object");
    };
    record.into_iter().filter(|(_, value)| value.is_boolean()).map(|(key, _)| key).collect()
});

/// Returns a flag of an image; none if it is not known.
pub(crate) fn flag(image: &Image, key: &str) -> Option<bool> {
    serde_json::to_value(image).unwrap()[key].as_bool()
}

/// Sets flags of an image, by their keys.
pub(crate) fn set_flags<K: AsRef<str>>(
    image: &mut Image,
    flags: impl IntoIterator<Item = (K, Option<bool>)>,
) {
    let mut record = serde_json::to_value(&*image).unwrap();
    for (key, value) in flags {
        record[key.as_ref()] = value.into();
    }
    *image = serde_json::from_value(record).unwrap();
}

/// Values of a strategy, always the same ones.
pub(crate) fn samples<S: Strategy>(strategy: S, count: usize) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

pub(crate) fn well_formed_id() -> impl Strategy<Value = String> {
    select(&IDS[..]).prop_map(str::to_owned)
}

pub(crate) fn image_id() -> impl Strategy<Value = String> {
    prop_oneof![6 => select(&IDS[..]), 1 => select(&MALFORMED[..])].prop_map(str::to_owned)
}

pub(crate) fn region_name() -> impl Strategy<Value = String> {
    prop_oneof![8 => select(&REGIONS[..]), 1 => select(&NO_REGIONS[..])].prop_map(str::to_owned)
}

/// The months in which the page changed, and those beside them.
pub(crate) fn any_page() -> impl Strategy<Value = Edition> {
    (select(changes()), 0_usize..3).prop_map(|(change, which)| around(change)[which])
}

/// A call: mostly of the right version, with one image and a few destinations,
/// rarely with a later parameter.
pub(crate) fn any_request() -> impl Strategy<Value = SyncRequest> {
    let version = prop_oneof![
        8 => Just(Some("2017-03-12")),
        1 => Just(None),
        1 => select(&["2017-03-13", "2017-03-12 ", ""][..]).prop_map(Some),
    ];
    let image_ids =
        prop_oneof![6 => vec(image_id(), 1), 2 => vec(image_id(), 2..=3), 1 => vec(image_id(), 0)];
    let later = (
        any::<Option<bool>>(),
        option::of("[ -~é]{0,8}"),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        option::of("[ -~é]{0,8}"),
    );
    let later = prop_oneof![6 => Just((None, None, None, None, None)), 1 => later];
    let region = (option::of(region_name()), any::<bool>());
    (version, region, image_ids, vec(region_name(), 0..=4), later).prop_map(
        |(version, (region, has_no_region), image_ids, destination_regions, later)| {
            let mut request = SyncRequest::default();
            request.version = version.map(str::to_owned);
            request.region = region;
            request.image_ids = image_ids;
            request.destination_regions = destination_regions;
            let (dry_run, image_name, image_set_required, encrypt, kms_key_id) = later;
            request.dry_run = dry_run;
            request.image_name = image_name;
            request.image_set_required = image_set_required;
            request.encrypt = encrypt;
            request.kms_key_id = kms_key_id;
            request.has_no_region = has_no_region && request.region.is_none();
            request
        },
    )
}

/// A region, often in the ordinary case, sometimes with facts that are not known.
pub(crate) fn any_region(name: &'static str) -> impl Strategy<Value = Region> {
    let region_state = prop_oneof![
        6 => Just(Some(RegionState::AVAILABLE)),
        1 => Just(Some(RegionState::UNAVAILABLE)),
        1 => Just(Some(RegionState::from("available"))),
        2 => Just(None),
    ];
    let image_sync = prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 2 => Just(None)];
    (region_state, image_sync, prop::bool::weighted(0.7)).prop_map(
        move |(region_state, image_sync, images_complete)| {
            let mut region = Region::new(name);
            region.region_state = region_state;
            region.image_sync = image_sync;
            region.images_complete = images_complete;
            region
        },
    )
}

fn any_image(region: String, id: &'static str) -> impl Strategy<Value = Image> {
    let image_type = prop_oneof![
        6 => Just(Some(ImageType::PRIVATE_IMAGE)),
        1 => Just(Some(ImageType::PUBLIC_IMAGE)),
        1 => Just(Some(ImageType::from("private_image"))),
        2 => Just(None),
    ];
    let image_state = prop_oneof![
        6 => Just(Some(ImageState::NORMAL)),
        1 => select(ImageState::ALL).prop_map(Some),
        1 => Just(Some(ImageState::from("Normal"))),
        2 => Just(None),
    ];
    let image_size = prop_oneof![
        6 => (0..=49_u64).prop_map(Some),
        2 => select(&[49, 50, 51, u64::MAX][..]).prop_map(Some),
        2 => Just(None),
    ];
    let name = option::of(select(&["base", ""][..]));
    let flags = vec(any::<Option<bool>>(), FLAGS.len());
    (image_type, image_state, image_size, name, flags).prop_map(
        move |(image_type, image_state, image_size, image_name, flags)| {
            let mut image = Image::new(region.as_str(), id);
            image.image_type = image_type;
            image.image_state = image_state;
            image.image_size = image_size;
            image.image_name = image_name.map(str::to_owned);
            set_flags(&mut image, FLAGS.iter().zip(flags));
            image
        },
    )
}

/// A region's quota: small numbers, so that the limit is near, and now and
/// then the largest there are.
fn any_region_quota(region: String) -> impl Strategy<Value = RegionQuota> {
    let used = prop_oneof![
        3 => Just(Used::AsListed),
        4 => (0..=10_u64).prop_map(Used::Count),
        1 => Just(Used::Count(u64::MAX)),
        2 => Just(Used::Unknown),
    ];
    let in_flight = prop_oneof![4 => Just(0), 4 => 1..=3_u64, 1 => select(&[u64::MAX, u64::MAX - 9][..])];
    (used, in_flight, limit()).prop_map(move |(used, in_flight, image_num_quota)| {
        region_quota(&region, used, in_flight, image_num_quota)
    })
}

fn limit() -> impl Strategy<Value = QuotaLimit> {
    prop_oneof![
        7 => Just(QuotaLimit::Default),
        6 => (0..=12_u64).prop_map(QuotaLimit::Count),
        1 => Just(QuotaLimit::Count(u64::MAX)),
        1 => Just(QuotaLimit::Unknown),
    ]
}

/// A state and a call about the same regions and images; in half of them the call is for an image
/// that is listed, and to regions that are.
pub(crate) fn any_world() -> impl Strategy<Value = World> {
    let to_the_point = (chance_world(), any::<Index>(), any::<bool>(), vec(any::<Index>(), 1..=2));
    let to_the_point = to_the_point.prop_map(|(mut world, image, says_region, destinations)| {
        if world.images.is_empty() {
            return world;
        }
        let image = image.get(&world.images);
        world.request.image_ids = vec![image.image_id.clone()];
        world.request.region = says_region.then(|| image.region.clone());
        world.request.has_no_region &= !says_region;
        let names: Vec<String> = world.regions.iter().map(|region| region.region.clone()).collect();
        world.request.destination_regions =
            destinations.iter().map(|place| place.get(&names).clone()).collect();
        world
    });
    prop_oneof![chance_world(), to_the_point]
}

/// A state and a call that know nothing of each other.
fn chance_world() -> impl Strategy<Value = World> {
    // An image that nobody asks for still takes a place.
    let image_pool: Vec<&str> = IDS.iter().copied().chain(["img-elsewhere0"]).collect();
    subsequence(REGIONS.to_vec(), 0..=REGIONS.len())
        .prop_shuffle()
        .prop_flat_map(move |names| {
            let pairs: Vec<(String, &str)> = names
                .iter()
                .flat_map(|name| image_pool.iter().map(move |id| ((*name).to_owned(), *id)))
                .collect();
            let routes: Vec<(&str, &str)> =
                names.iter().flat_map(|from| names.iter().map(move |to| (*from, *to))).collect();
            let most_images = pairs.len().min(8);
            let most_routes = routes.len().min(8);
            (
                names.iter().map(|name| any_region(name)).collect::<Vec<_>>(),
                subsequence(pairs, 0..=most_images).prop_flat_map(|pairs| {
                    pairs.into_iter().map(|(region, id)| any_image(region, id)).collect::<Vec<_>>()
                }),
                (limit(), prop::bool::weighted(0.8)),
                subsequence(names.clone(), 0..=names.len()).prop_flat_map(|names| {
                    names.into_iter().map(|name| any_region_quota(name.to_owned())).collect::<Vec<_>>()
                }),
                subsequence(routes, 0..=most_routes),
                any_request(),
            )
        })
        .prop_map(|(regions, images, (image_num_quota, regions_complete), quotas, routes, request)| {
            let mut quota = AccountQuota::default();
            quota.image_num_quota = image_num_quota;
            quota.regions = quotas;
            let routes = routes.into_iter().map(|(from, to)| BlockedRoute::new(from, to)).collect();
            World { request, regions, regions_complete, images, quota, routes }
        })
}

/// The same records in another order: every list of the state is shuffled. The request
/// stays, for its order counts.
pub(crate) fn shuffled(world: World) -> impl Strategy<Value = World> {
    let World { request, regions, regions_complete, images, quota, routes } = world;
    let limit = quota.image_num_quota;
    (
        Just(regions).prop_shuffle(),
        Just(images).prop_shuffle(),
        Just(quota.regions).prop_shuffle(),
        Just(routes).prop_shuffle(),
    )
        .prop_map(move |(regions, images, quotas, routes)| {
            let mut quota = AccountQuota::default();
            quota.image_num_quota = limit;
            quota.regions = quotas;
            World { request: request.clone(), regions, regions_complete, images, quota, routes }
        })
}

/// Of an image: type, name, flags.
type ImageFacts = (Option<&'static str>, Option<&'static str>, Vec<Option<bool>>);

/// What the later pages speak of, laid over a world.
#[derive(Clone, Debug)]
pub(crate) struct Later {
    name: Option<String>,
    encrypt: Option<bool>,
    key: Option<String>,
    /// For the images, round and round.
    images: Vec<ImageFacts>,
    /// For the quotas of regions: how many are used, and copies on their way.
    quotas: Vec<(Used, Vec<Option<&'static str>>)>,
    /// Which regions get a quota.
    places: Vec<Index>,
}

pub(crate) fn later() -> impl Strategy<Value = Later> {
    let long = || {
        select(&["x", "ö", "像", "🦀"][..]).prop_flat_map(|letter| {
            select(&[59, 60, 61][..]).prop_map(move |count: usize| letter.repeat(count))
        })
    };
    let name = prop_oneof![
        4 => select(&["base", "copy", ""][..]).prop_map(|name| Some(name.to_owned())),
        2 => long().prop_map(Some),
        2 => Just(None),
    ];
    let encrypt = prop_oneof![2 => Just(None), 1 => Just(Some(false)), 2 => Just(Some(true))];
    let key = prop_oneof![
        2 => Just(None),
        1 => Just(Some("23e80852-1e38-11e9-b129-5cb9019b4b01".to_owned())),
        1 => "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}".prop_map(Some),
        1 => "[0-9a-gA-G]{7,9}(-[0-9a-f]{4}){2,4}-[0-9a-f]{11,13}".prop_map(Some),
        1 => "[ -~é]{0,40}".prop_map(Some),
    ];
    let image_type = prop_oneof![
        4 => Just(Some("PRIVATE_IMAGE")),
        3 => Just(Some("SHARED_IMAGE")),
        1 => Just(Some("PUBLIC_IMAGE")),
        1 => Just(None),
    ];
    let image_name = prop_oneof![
        4 => select(&["base", "copy", "other", ""][..]).prop_map(Some),
        1 => Just(None),
    ];
    let flag = prop_oneof![4 => Just(Some(false)), 1 => Just(Some(true)), 1 => Just(None)];
    let flags = vec(flag, FLAGS.len());
    let used = prop_oneof![
        4 => select(&[0, 8, 9, 10, 48, 49, 50, 498, 499, 500][..]).prop_map(Used::Count),
        2 => Just(Used::AsListed),
        1 => Just(Used::Unknown),
    ];
    let on_its_way = prop_oneof![
        4 => Just(Vec::new()),
        3 => vec(option::weighted(0.8, select(&["base", "copy", "other", ""][..])), 1..=2),
    ];
    // The first pages accept none of them.
    let sent = prop_oneof![1 => Just((None, None, None)), 2 => (name, encrypt, key)];
    let images = vec((image_type, image_name, flags), 1..=4);
    let quotas = vec((used, on_its_way), 0..=2);
    (sent, images, quotas, vec(any::<Index>(), 2)).prop_map(
        |((name, encrypt, key), images, quotas, places)| Later { name, encrypt, key, images, quotas, places },
    )
}

pub(crate) fn laid_over(mut world: World, later: &Later) -> World {
    world.request.image_name.clone_from(&later.name);
    world.request.encrypt = later.encrypt;
    world.request.kms_key_id.clone_from(&later.key);
    for (image, (image_type, name, flags)) in world.images.iter_mut().zip(later.images.iter().cycle()) {
        image.image_type = image_type.map(ImageType::from);
        image.image_name = name.map(str::to_owned);
        set_flags(image, FLAGS.iter().zip(flags.iter().copied()));
    }
    let names: Vec<String> = world.regions.iter().map(|region| region.region.clone()).collect();
    for ((used, on_its_way), place) in later.quotas.iter().zip(&later.places) {
        if names.is_empty() {
            break;
        }
        let region = place.get(&names);
        world.region_quota(region).used = *used;
        world.on_its_way(region, on_its_way);
    }
    world
}
