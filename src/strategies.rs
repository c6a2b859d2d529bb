//! Proptest strategies for those who embed the crate: requests and states to test their own code with.
//!
//! A property of code that stands in front of the service, in somebody else's tests:
//!
//! ```
//! use presync::{Ruleset, State, SyncRequest, strategies};
//! use proptest::prelude::*;
//!
//! /// What is tested: a gate that lets only calls through that would be accepted.
//! fn gate(request: &SyncRequest, state: &State) -> Result<(), String> {
//!     match Ruleset::default().check(request, state).violations().first() {
//!         Some(violation) => Err(violation.code().to_string()),
//!         None => Ok(()),
//!     }
//! }
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
//!     # fn passes_what_is_accepted((request, state) in strategies::accepted()) {
//!     # /*
//!     #[test]
//!     fn passes_what_is_accepted((request, state) in strategies::accepted()) {
//!     # */
//!         prop_assert_eq!(gate(&request, &state), Ok(()));
//!     }
//!
//!     # fn stops_what_is_full((request, state) in strategies::with_fault("image-quota").unwrap()) {
//!     # /*
//!     #[test]
//!     fn stops_what_is_full((request, state) in strategies::with_fault("image-quota").unwrap()) {
//!     # */
//!         prop_assert_eq!(gate(&request, &state), Err("LimitExceeded".to_owned()));
//!     }
//! }
//! # passes_what_is_accepted();
//! # stops_what_is_full();
//! ```

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::pools;
use crate::request::SyncRequest;
use crate::state::{
    AccountQuota, BlockedRoute, Image, ImageState, ImageType, Records, Region, RegionQuota, State, Used,
};

/// Requests as clients send them, right and wrong: ids and regions that a state of [`any_state`] may list, and the slips
/// that are seen in the field.
///
/// ```
/// use presync::{State, strategies, validate_sync};
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |(request in strategies::any_request())| {
///     // No region is known to an empty state, so nothing is accepted.
///     prop_assert!(!validate_sync(&request, &State::default()).is_empty());
/// });
/// ```
pub fn any_request() -> impl Strategy<Value = SyncRequest> {
    let later = (
        any::<Option<bool>>(),
        option::of(text(&pools::IMAGE_NAMES, &[])),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        option::of(text(&pools::KMS_KEY_IDS, &[])),
    );
    (
        option::weighted(0.9, text(&pools::VERSIONS, &[])),
        option::of(region_name()),
        vec(text(&pools::IMAGE_IDS, &pools::OTHER_IMAGE_IDS), 0..3),
        vec(region_name(), 0..6),
        option::weighted(0.2, later),
    )
        .prop_map(|(version, region, image_ids, destination_regions, later)| {
            let (dry_run, image_name, image_set_required, encrypt, kms_key_id) = later.unwrap_or_default();
            SyncRequest {
                version,
                region,
                image_ids,
                destination_regions,
                dry_run,
                image_name,
                image_set_required,
                encrypt,
                kms_key_id,
            }
        })
}

/// States of up to eight regions, with images, quotas and blocked routes, ordinary and not, known and not known.
///
/// ```
/// use presync::{State, strategies};
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |(state in strategies::any_state())| {
///     let json = serde_json::to_string(&state).unwrap();
///     prop_assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
/// });
/// ```
pub fn any_state() -> impl Strategy<Value = State> {
    subsequence(pools::REGIONS.to_vec(), 1..=pools::REGIONS.len())
        .prop_shuffle()
        .prop_flat_map(|names| {
            let regions: Vec<_> = names.iter().map(|name| region(name)).collect();
            let quotas = subsequence(names.clone(), 0..=names.len())
                .prop_flat_map(|names| names.iter().map(|name| region_quota(name)).collect::<Vec<_>>());
            let route = (select(names.clone()), select(names.clone()))
                .prop_map(|(from, to)| BlockedRoute::new(from, to));
            let account = (option::of(number(&pools::COUNTS)), quotas)
                .prop_map(|(image_num_quota, regions)| AccountQuota { image_num_quota, regions });
            (regions, vec(image(names), 0..6), account, vec(route, 0..3))
        })
        .prop_filter_map(
            "the state contradicts itself",
            |(regions, mut images, account_quota, blocked_routes)| {
                let mut seen = BTreeSet::new();
                images.retain(|image| seen.insert((image.region.clone(), image.image_id.clone())));
                Records { regions, images, account_quota, blocked_routes }.try_into().ok()
            },
        )
}

/// Pairs that are accepted under the 2017-03 page, with nothing left unverified.
///
/// ```
/// use presync::{strategies, validate_sync};
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |((request, state) in strategies::accepted())| {
///     prop_assert_eq!(validate_sync(&request, &state), []);
/// });
/// ```
pub fn accepted() -> impl Strategy<Value = (SyncRequest, State)> {
    accepted_records().prop_filter_map("the state contradicts itself", into_pair)
}

/// Pairs that are refused under the 2017-03 page for one reason only: this rule. Nothing for a rule that is not checked
/// on requests under that page, or for a word that is no rule.
///
/// ```
/// use presync::{strategies, validate_sync};
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// let too_large = strategies::with_fault("image-size").unwrap();
/// proptest!(config, |((request, state) in too_large)| {
///     let violations = validate_sync(&request, &state);
///     prop_assert_eq!(violations.len(), 1);
///     prop_assert_eq!(violations[0].rule(), "image-size");
/// });
/// assert!(strategies::with_fault("no-such-rule").is_none());
/// ```
#[must_use]
pub fn with_fault(rule_id: &str) -> Option<BoxedStrategy<(SyncRequest, State)>> {
    let (_, fault) = FAULTS.iter().find(|(id, _)| *id == rule_id)?;
    let pairs =
        (accepted_records(), any::<Index>()).prop_filter_map("no room for the fault", |(mut pair, which)| {
            fault(&mut pair.0, &mut pair.1, which)?;
            into_pair(pair)
        });
    Some(pairs.boxed())
}

/// Breaks one rule of an accepted pair, at a place that `Index` picks where there are several.
type Fault = fn(&mut SyncRequest, &mut Records, Index) -> Option<()>;

static FAULTS: [(&str, Fault); 17] = [
    ("version-required", |request, _, _| {
        request.version = None;
        Some(())
    }),
    ("version-supported", |request, _, which| {
        request.version = Some((*which.get(&["2017-03-21", "2017-03-12 ", ""])).to_owned());
        Some(())
    }),
    ("source-region-supported", |request, _, which| {
        request.region = Some((*which.get(&pools::OTHER_REGIONS)).to_owned());
        Some(())
    }),
    ("parameter-known", |request, _, which| {
        match which.index(5) {
            0 => request.dry_run = Some(false),
            1 => request.image_name = Some("base".to_owned()),
            2 => request.image_set_required = Some(true),
            3 => request.encrypt = Some(true),
            _ => request.kms_key_id = Some(String::new()),
        }
        Some(())
    }),
    ("image-required", |request, _, _| {
        request.image_ids.clear();
        Some(())
    }),
    ("image-single", |request, _, _| {
        let id = request.image_ids.first()?.clone();
        request.image_ids.push(id);
        Some(())
    }),
    ("image-id-format", |request, _, which| {
        *request.image_ids.first_mut()? = (*which.get(&pools::OTHER_IMAGE_IDS)).to_owned();
        Some(())
    }),
    ("image-exists", |request, records, _| {
        let id = request.image_ids.first()?;
        records.images.retain(|image| image.image_id != *id);
        Some(())
    }),
    ("image-custom", |request, records, which| {
        let types = [
            ImageType::PUBLIC_IMAGE,
            ImageType::SHARED_IMAGE,
            ImageType::MARKET_IMAGE,
            "SOMETHING_NEW".into(),
        ];
        named_image(request, records)?.image_type = Some(which.get(&types).clone());
        Some(())
    }),
    ("image-state-normal", |request, records, which| {
        let others =
            ImageState::KNOWN.iter().filter(|state| **state != ImageState::NORMAL).collect::<Vec<_>>();
        named_image(request, records)?.image_state = Some((*which.get(&others)).clone());
        Some(())
    }),
    ("image-size", |request, records, which| {
        named_image(request, records)?.image_size = Some(*which.get(&[50, 51, 500, u64::MAX]));
        Some(())
    }),
    ("destination-required", |request, _, _| {
        request.destination_regions.clear();
        Some(())
    }),
    ("destination-exists", |request, _, which| {
        request.destination_regions.push((*which.get(&pools::OTHER_REGIONS)).to_owned());
        Some(())
    }),
    ("destination-available", |request, records, which| {
        let from = named_image(request, records)?.region.clone();
        let to = which.get(&request.destination_regions);
        let region = records.regions.iter_mut().find(|region| region.region == *to)?;
        match which.index(3) {
            0 => region.image_sync = Some(false),
            1 => region.region_state = Some("UNAVAILABLE".into()),
            _ => records.blocked_routes.push(BlockedRoute::new(from, to)),
        }
        Some(())
    }),
    ("destination-not-source", |request, records, _| {
        let source = named_image(request, records)?.region.clone();
        request.destination_regions.push(source);
        Some(())
    }),
    ("destination-unique", |request, _, which| {
        let again = which.get(&request.destination_regions).clone();
        request.destination_regions.push(again);
        Some(())
    }),
    ("image-quota", |request, records, which| {
        let full = which.get(&request.destination_regions);
        let quota = records.account_quota.regions.iter_mut().find(|quota| quota.region == *full)?;
        quota.used = Used::Count(quota.image_num_quota.unwrap_or(10).saturating_sub(quota.in_flight));
        Some(())
    }),
];

/// The image that the request names.
fn named_image<'r>(request: &SyncRequest, records: &'r mut Records) -> Option<&'r mut Image> {
    let id = request.image_ids.first()?;
    records.images.iter_mut().find(|image| image.image_id == *id)
}

fn into_pair((request, records): (SyncRequest, Records)) -> Option<(SyncRequest, State)> {
    Some((request, records.try_into().ok()?))
}

/// Accepted pairs: every fact is known and ordinary, every region has at least one place left.
fn accepted_records() -> impl Strategy<Value = (SyncRequest, Records)> {
    let regions = subsequence(pools::REGIONS.to_vec(), 2..=pools::REGIONS.len()).prop_shuffle();
    let ids = subsequence(pools::IMAGE_IDS.to_vec(), 1..=pools::IMAGE_IDS.len()).prop_shuffle();
    (regions, ids).prop_flat_map(|(names, ids)| {
        let quotas: Vec<_> = names.iter().map(|name| quota_with_a_place(name)).collect();
        // The first region is the source; the call goes to one or more of the others.
        let destinations =
            subsequence(names.iter().skip(1).copied().collect::<Vec<_>>(), 1..names.len()).prop_shuffle();
        let sizes = vec(0_u64..50, ids.len());
        (Just(names), Just(ids), quotas, destinations, sizes, any::<bool>()).prop_map(assembled)
    })
}

type Parts = (Vec<&'static str>, Vec<&'static str>, Vec<RegionQuota>, Vec<&'static str>, Vec<u64>, bool);

fn assembled((names, ids, quotas, destinations, sizes, region_sent): Parts) -> (SyncRequest, Records) {
    let source = names.first().copied().unwrap_or_default();
    let mut request = SyncRequest::new(ids.first().copied().unwrap_or_default(), destinations);
    request.region = region_sent.then(|| source.to_owned());
    let images = ids.iter().zip(sizes).map(|(id, size)| {
        let mut image = Image::new(source, *id);
        image.image_size = Some(size);
        image
    });
    let records = Records {
        images: images.collect(),
        regions: names.into_iter().map(Region::new).collect(),
        account_quota: AccountQuota { image_num_quota: None, regions: quotas },
        blocked_routes: Vec::new(),
    };
    (request, records)
}

fn quota_with_a_place(region: &'static str) -> impl Strategy<Value = RegionQuota> {
    (1_u64..20, any::<Index>(), any::<Index>(), any::<bool>()).prop_map(
        move |(limit, used, in_flight, limit_given)| {
            let mut quota = RegionQuota::new(region);
            let limit = if limit_given { limit } else { 10 };
            let taken = used.index(usize::try_from(limit).unwrap_or(1));
            let in_flight = in_flight.index(taken + 1);
            quota.image_num_quota = limit_given.then_some(limit);
            quota.used = Used::Count(u64::try_from(taken - in_flight).unwrap_or_default());
            quota.in_flight = u64::try_from(in_flight).unwrap_or_default();
            quota
        },
    )
}

/// A text: mostly a likely one, often a slip where there are any, seldom just any.
fn text(likely: &'static [&'static str], slips: &'static [&'static str]) -> BoxedStrategy<String> {
    let likely = select(likely).prop_map(str::to_owned);
    let any_text = ".{0,12}";
    if slips.is_empty() {
        prop_oneof![15 => likely, 1 => any_text].boxed()
    } else {
        prop_oneof![12 => likely, 3 => select(slips).prop_map(str::to_owned), 1 => any_text].boxed()
    }
}

fn region_name() -> impl Strategy<Value = String> {
    text(&pools::REGIONS, &pools::OTHER_REGIONS)
}

fn number(likely: &'static [u64]) -> impl Strategy<Value = u64> {
    prop_oneof![7 => select(likely), 1 => any::<u64>()]
}

/// A word of a vocabulary, or that it is not known.
fn word<W: for<'w> From<&'w str> + std::fmt::Debug>(
    words: &'static [&'static str],
) -> impl Strategy<Value = Option<W>> {
    option::weighted(0.85, text(words, &[]).prop_map(|word| W::from(&word)))
}

fn region(name: &'static str) -> impl Strategy<Value = Region> {
    let ordinary = Just(Region::new(name));
    let any_facts = (word(&pools::REGION_STATES), any::<Option<bool>>(), any::<bool>()).prop_map(
        move |(region_state, image_sync, images_complete)| Region {
            region: name.to_owned(),
            region_state,
            image_sync,
            images_complete,
        },
    );
    prop_oneof![2 => ordinary, 1 => any_facts]
}

fn image(regions: Vec<&'static str>) -> impl Strategy<Value = Image> {
    let facts = (
        option::of(text(&pools::IMAGE_NAMES, &[])),
        word(&pools::IMAGE_TYPES),
        word(&pools::IMAGE_STATES),
        any::<Option<bool>>(),
    );
    (
        select(regions),
        select(&pools::IMAGE_IDS),
        option::weighted(0.85, number(&pools::SIZES)),
        option::of(facts),
    )
        .prop_map(|(region, id, image_size, facts)| {
            let mut image = Image::new(region, id);
            image.image_size = image_size;
            if let Some((name, image_type, state, encrypted)) = facts {
                (image.image_name, image.image_type, image.image_state) = (name, image_type, state);
                image.encrypted = encrypted;
            }
            image
        })
}

fn region_quota(region: &'static str) -> impl Strategy<Value = RegionQuota> {
    let used = prop_oneof![
        1 => Just(Used::Unknown),
        1 => Just(Used::AsListed),
        2 => number(&pools::COUNTS).prop_map(Used::Count),
    ];
    let names = vec(option::weighted(0.8, text(&pools::IMAGE_NAMES, &[])), 0..3);
    (used, number(&pools::COUNTS), option::of(number(&pools::COUNTS)), names).prop_map(
        move |(used, in_flight, image_num_quota, in_flight_names)| RegionQuota {
            region: region.to_owned(),
            used,
            in_flight,
            in_flight_names,
            image_num_quota,
        },
    )
}
