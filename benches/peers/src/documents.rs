//! State and requests as JSON, for the peers that take documents.

use presync::{ImageType, QuotaLimit, Region, State, SyncRequest, Used};
use serde_json::{Map, Value, json};

/// The limit of the page, where the state has none.
const QUOTA: u64 = 10;

fn limit(limit: QuotaLimit) -> u64 {
    match limit {
        QuotaLimit::Default => QUOTA,
        QuotaLimit::Count(limit) => limit,
        QuotaLimit::Unknown => panic!("the state is one in which everything is known"),
    }
}

/// How many custom images a region has, how many are on their way, how many it may have.
pub struct Places {
    pub used: u64,
    pub in_flight: u64,
    pub quota: u64,
}

/// The places of one region. They are counted once, when the state is prepared, as
/// presync counts them too.
pub fn places(state: &State, region: &Region) -> Places {
    let account = state.account_quota();
    let of_region = account.regions.iter().find(|quota| quota.region == region.region);
    let listed = || {
        let here = state.images().iter().filter(|image| image.region == region.region);
        here.filter(|image| image.image_type == Some(ImageType::PRIVATE_IMAGE)).count() as u64
    };
    Places {
        used: match of_region.map(|quota| quota.used) {
            Some(Used::Count(used)) => used,
            None | Some(Used::AsListed) => listed(),
            Some(Used::Unknown) => panic!("the state is one in which everything is known"),
        },
        in_flight: of_region.map_or(0, |quota| quota.in_flight),
        quota: match of_region.map_or(QuotaLimit::Default, |quota| quota.image_num_quota) {
            QuotaLimit::Default => limit(account.image_num_quota),
            own => limit(own),
        },
    }
}

/// The regions from which nothing may be copied into this one.
pub fn blocked_from<'s>(state: &'s State, region: &'s Region) -> impl Iterator<Item = &'s str> {
    state.blocked_routes().iter().filter(|route| route.to == region.region).map(|route| &*route.from)
}

/// Regions and images by name, which every engine looks up faster than it searches a
/// list. No id is listed twice.
pub fn of_state(state: &State) -> Value {
    let regions: Map<String, Value> = state
        .regions()
        .iter()
        .map(|region| {
            let Places { used, in_flight, quota } = places(state, region);
            let blocked_from: Map<_, _> =
                blocked_from(state, region).map(|from| (from.to_owned(), Value::Bool(true))).collect();
            let record = json!({
                "RegionState": region.region_state,
                "ImageSync": region.image_sync,
                "Used": used,
                "InFlight": in_flight,
                "Quota": quota,
                "BlockedFrom": blocked_from,
            });
            (region.region.clone(), record)
        })
        .collect();
    let images: Map<String, Value> = state
        .images()
        .iter()
        .map(|image| {
            let record = json!({
                "Region": image.region,
                "ImageType": image.image_type,
                "ImageState": image.image_state,
                "ImageSize": image.image_size,
            });
            (image.image_id.clone(), record)
        })
        .collect();
    json!({ "regions": regions, "images": images })
}

/// A request as a JSON body has it, with its version. What was not sent is not there.
pub fn of_request(request: &SyncRequest) -> Value {
    let mut value = serde_json::to_value(request).expect("a request is a JSON object");
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    value
}

/// `DestinationRegions.1` for the field `destination_regions` and 1.
pub fn parameter(field: &str, subscript: Option<usize>) -> String {
    let words = field.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    let name: String = words.collect();
    match subscript {
        Some(subscript) => format!("{name}.{subscript}"),
        None => name,
    }
}
