//! The state and the two requests that are timed.

use presync::{
    AccountQuota, BlockedRoute, Image, ImageState, ImageType, Region, RegionQuota, RegionState, State,
    SyncRequest, Used,
};

/// Regions of the state. Five images are in each of them.
const REGIONS: [&str; 20] = [
    "ap-guangzhou",
    "ap-shanghai",
    "ap-nanjing",
    "ap-beijing",
    "ap-chengdu",
    "ap-chongqing",
    "ap-hongkong",
    "ap-singapore",
    "ap-bangkok",
    "ap-mumbai",
    "ap-seoul",
    "ap-tokyo",
    "ap-jakarta",
    "na-siliconvalley",
    "na-ashburn",
    "na-toronto",
    "sa-saopaulo",
    "eu-frankfurt",
    "eu-moscow",
    "eu-london",
];

/// The id of one of the state's images. The image is in the region of that number, counted round.
pub fn image_id(number: usize) -> String {
    // Ids that look like the service's own: the numbers are spread, so that they do
    // not share a long beginning.
    format!("img-{:08x}", (number as u32 + 1).wrapping_mul(0x9e37_79b1))
}

/// 100 images in 20 regions, and everything about them is known: nothing stays unverified,
/// which only presync can say.
pub fn state() -> State {
    let regions = REGIONS.map(|name| {
        let region = Region::new(name);
        match name {
            "ap-hongkong" => region.with_image_sync(false),
            "na-toronto" => region.with_region_state(RegionState::UNAVAILABLE),
            _ => region,
        }
    });
    let images = (0..100).map(|number| {
        let image = Image::new(REGIONS[number % REGIONS.len()], image_id(number))
            .with_image_size(10 + number as u64 % 40);
        match number {
            21 => image.with_image_type(ImageType::SHARED_IMAGE),
            41 => image.with_image_state(ImageState::SYNCING).with_image_size(50),
            _ => image,
        }
    });
    let quota = |region: &str, used, in_flight, limit| {
        RegionQuota::new(region).with_used(used).with_in_flight(in_flight).with_image_num_quota(limit)
    };
    let account = AccountQuota::default().with_regions([
        quota("ap-beijing", Used::Count(8), 1, None),
        quota("ap-chengdu", Used::Count(9), 1, None),
        quota("ap-mumbai", Used::AsListed, 0, Some(5)),
        quota("eu-london", Used::Count(40), 0, Some(50)),
    ]);
    let routes = [("ap-shanghai", "eu-moscow"), ("ap-guangzhou", "eu-moscow"), ("ap-seoul", "ap-shanghai")];
    let routes = routes.map(|(from, to)| BlockedRoute::new(from, to));
    State::from_records(regions, images, account, routes).expect("the state is consistent")
}

/// A request that is accepted: one image, three destinations, the source region said.
pub fn accepted() -> SyncRequest {
    request(1, ["ap-guangzhou", "ap-beijing", "ap-singapore"])
}

/// A request with five faults: the image is being copied at the moment and too large, one
/// destination is a zone, one the source region, one full.
pub fn refused() -> SyncRequest {
    request(41, ["ap-guangzhou-2", "ap-shanghai", "ap-chengdu"])
}

fn request<const N: usize>(image: usize, destinations: [&str; N]) -> SyncRequest {
    SyncRequest::new(image_id(image), destinations).with_region("ap-shanghai")
}
