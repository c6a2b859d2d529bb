//! Proptest strategies for those who embed the crate: requests and states to test their own code
//! with.
//!
//! A property of code that stands in front of the service, in somebody else's tests:
//!
//! ```
//! use presync::generators::strategies;
//! use presync::{Ruleset, State, SyncRequest};
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
//!
//! [`accepted`] and [`with_fault`] are about the page of 2017-03; [`accepted_under`] and
//! [`with_fault_under`] about that of any edition, and [`any_edition`] makes editions.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::pools;
use crate::model::{
    AccountQuota, BlockedRoute, Edition, Fact, Image, ImageState, ImageType, Parameter, QuotaLimit, Records,
    Region, RegionQuota, Row, Slot, State, SyncRequest, Used, history,
};
use crate::rule::Rule;
use crate::rules::{
    IMAGE_NUM_QUOTA, common, destination_regions, encryption, image_ids, image_name, image_quota,
};

/// Requests as clients send them, right and wrong: ids and regions that a state of [`any_state`]
/// may list, and the slips that are seen in the field.
///
/// ```
/// use presync::generators::strategies;
/// use presync::{State, validate_sync};
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |(request in strategies::any_request())| {
///     // No region is known to an empty state, so no request is accepted.
///     prop_assert!(!validate_sync(&request, &State::default()).is_empty());
/// });
/// ```
pub fn any_request() -> impl Strategy<Value = SyncRequest> {
    let later = (
        any::<Option<bool>>(),
        option::of(image_name()),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        option::of(text(&pools::KMS_KEY_IDS, &pools::OTHER_KMS_KEY_IDS)),
    );
    (
        option::weighted(0.9, text(&pools::VERSIONS, &[])),
        (option::of(region_name()), any::<bool>()),
        vec(text(&pools::IMAGE_IDS, &pools::OTHER_IMAGE_IDS), 0..3),
        vec(region_name(), 0..6),
        option::weighted(0.3, later),
    )
        .prop_map(|(version, (region, has_no_region), image_ids, destination_regions, later)| {
            let has_no_region = has_no_region && region.is_none();
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
                has_no_region,
            }
        })
}

/// States of up to eight regions, with images, quotas and blocked routes, ordinary and not, known
/// and not known.
///
/// ```
/// use presync::State;
/// use presync::generators::strategies;
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
            let account = (quota_limit(), quotas)
                .prop_map(|(image_num_quota, regions)| AccountQuota { image_num_quota, regions });
            let regions = (regions, prop::bool::weighted(0.8));
            (regions, vec(image(names), 0..6), account, vec(route, 0..3))
        })
        .prop_filter_map(
            "the state contradicts itself",
            |((regions, regions_complete), mut images, account_quota, blocked_routes)| {
                let mut seen = BTreeSet::new();
                images.retain(|image| seen.insert((image.region.clone(), image.image_id.clone())));
                Records { regions, regions_complete, images, account_quota, blocked_routes }.try_into().ok()
            },
        )
}

/// Editions: mostly the months in which the page changed and those beside them, now and then any
/// other month.
///
/// ```
/// use presync::generators::strategies;
/// use presync::{Ruleset, State};
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |(edition in strategies::any_edition(), request in strategies::any_request())| {
///     let report = Ruleset::documented(edition).check(&request, &State::default());
///     prop_assert_eq!(report.edition(), edition);
///     prop_assert!(!report.accepted());
/// });
/// ```
pub fn any_edition() -> impl Strategy<Value = Edition> {
    let beside = (select(Edition::pages()), 0_u8..3).prop_map(|(page, which)| pools::beside(&page, which));
    let any_month = (2017_u16..2030, 1_u8..13)
        .prop_map(|(year, month)| Edition::new(year, month).unwrap_or(Edition::FIRST));
    prop_oneof![3 => beside, 1 => any_month]
}

/// Pairs that are accepted under the 2017-03 page, with no rule left unverified.
///
/// ```
/// use presync::generators::strategies;
/// use presync::validate_sync;
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |((request, state) in strategies::accepted())| {
///     prop_assert_eq!(validate_sync(&request, &state), []);
/// });
/// ```
pub fn accepted() -> impl Strategy<Value = (SyncRequest, State)> {
    accepted_under(Edition::FIRST)
}

/// Pairs that are accepted under the page of this edition, with no rule left unverified. The later
/// the page, the more there is in them: its parameters, shared images to their own region, copies
/// that are to be encrypted.
///
/// ```
/// use presync::generators::strategies;
/// use presync::{Edition, Ruleset};
/// use proptest::prelude::*;
///
/// let edition = Edition::new(2022, 9)?;
/// let rules = Ruleset::documented(edition);
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |((request, state) in strategies::accepted_under(edition))| {
///     let report = rules.check(&request, &state);
///     prop_assert!(report.accepted() && report.unverified().is_empty());
/// });
/// # Ok::<(), presync::EditionError>(())
/// ```
pub fn accepted_under(edition: Edition) -> impl Strategy<Value = (SyncRequest, State)> {
    accepted_records(edition).prop_filter_map("the state contradicts itself", |mut pair| {
        free_name(&pair.0, &mut pair.1);
        into_pair(pair)
    })
}

/// Pairs that are refused under the 2017-03 page for one reason only: this rule. None for a rule
/// that is not checked on requests under that page, or for a word that is no rule.
///
/// ```
/// use presync::generators::strategies;
/// use presync::validate_sync;
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
    with_fault_under(rule_id, Edition::FIRST)
}

/// Pairs that are refused under the page of this edition for one reason only: this rule. None
/// for a rule that is not in force or not checked on requests, for a word that is no rule, and for
/// `parameter-known` under a page that has every parameter there is.
///
/// ```
/// use presync::generators::strategies;
/// use presync::{Edition, Ruleset};
/// use proptest::prelude::*;
///
/// let taken = strategies::with_fault_under("image-name-unique", Edition::LATEST).unwrap();
/// let rules = Ruleset::documented(Edition::LATEST);
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
/// proptest!(config, |((request, state) in taken)| {
///     let report = rules.check(&request, &state);
///     prop_assert_eq!(report.violations().len(), 1);
///     prop_assert_eq!(report.violations()[0].code().as_str(), "InvalidImageName.Duplicate");
/// });
/// // No page speaks of a size any more.
/// assert!(strategies::with_fault_under("image-size", Edition::LATEST).is_none());
/// ```
#[must_use]
pub fn with_fault_under(rule_id: &str, edition: Edition) -> Option<BoxedStrategy<(SyncRequest, State)>> {
    let (rule, fault) = FAULTS.iter().find(|(rule, _)| rule.id() == rule_id)?;
    let is_name_taken = std::ptr::eq(*rule, &image_name::IMAGE_NAME_UNIQUE);
    let has_every_parameter = Row::later().all(|row| row.first_seen <= edition);
    if !rule.in_force(edition) || (std::ptr::eq(*rule, &common::PARAMETER_KNOWN) && has_every_parameter) {
        return None;
    }
    let picks = any::<[Index; 2]>();
    let pairs = (accepted_records(edition), picks).prop_filter_map(
        "no room for the fault",
        move |(mut pair, picks)| {
            fault(&mut pair.0, &mut pair.1, picks, edition)?;
            if !is_name_taken {
                free_name(&pair.0, &mut pair.1);
            }
            into_pair(pair)
        },
    );
    Some(pairs.boxed())
}

/// Breaks one rule of a pair that this edition accepts, at the spot that the first index picks
/// where there are several, in a way that the second one picks.
type Fault = fn(&mut SyncRequest, &mut Records, [Index; 2], Edition) -> Option<()>;

static FAULTS: &[(&Rule, Fault)] = &[
    (&common::VERSION_REQUIRED, |request, _, _, _| {
        request.version = None;
        Some(())
    }),
    (&common::VERSION_SUPPORTED, |request, _, [which, _], _| {
        request.version = Some((*which.get(&["2017-03-21", "2017-03-12 ", ""])).to_owned());
        Some(())
    }),
    (&common::REGION_REQUIRED, |request, _, _, _| {
        (request.region, request.has_no_region) = (None, true);
        Some(())
    }),
    (&common::SOURCE_REGION_SUPPORTED, |request, _, [which, _], _| {
        request.region = Some((*which.get(&pools::OTHER_REGIONS)).to_owned());
        Some(())
    }),
    (&common::PARAMETER_KNOWN, |request, _, [which, how], edition| {
        let unknown: Vec<&Row> = Row::later().filter(|row| edition < row.first_seen).collect();
        match which.get(&unknown).slot {
            Slot::Flag { get_mut, .. } => *get_mut(request) = Some(how.index(2) == 0),
            Slot::Text { get_mut, .. } => {
                let texts = [&pools::IMAGE_NAMES[..], &pools::OTHER_KMS_KEY_IDS].concat();
                *get_mut(request) = Some((*how.get(&texts)).to_owned());
            }
            Slot::Action | Slot::List { .. } | Slot::Ignored => return None,
        }
        Some(())
    }),
    (&image_ids::IMAGE_REQUIRED, |request, _, _, _| {
        request.image_ids.clear();
        Some(())
    }),
    (&image_ids::IMAGE_SINGLE, |request, _, _, _| {
        let id = request.image_ids.first()?.clone();
        request.image_ids.push(id);
        Some(())
    }),
    (&image_ids::IMAGE_ID_FORMAT, |request, _, [which, _], _| {
        *request.image_ids.first_mut()? = (*which.get(&pools::OTHER_IMAGE_IDS)).to_owned();
        Some(())
    }),
    (&image_ids::IMAGE_EXISTS, |request, records, _, _| {
        let id = request.image_ids.first()?;
        records.images.retain(|image| image.image_id != *id);
        Some(())
    }),
    (&image_ids::IMAGE_CUSTOM, |request, records, [which, _], edition| {
        let mut types = vec![ImageType::PUBLIC_IMAGE, ImageType::MARKET_IMAGE, "SOMETHING_NEW".into()];
        if !destination_regions::DESTINATION_SOURCE_ONLY.in_force(edition) {
            types.push(ImageType::SHARED_IMAGE);
        }
        named_image(request, records)?.image_type = Some(which.get(&types).clone());
        Some(())
    }),
    (&image_ids::IMAGE_STATE_NORMAL, |request, records, [which, _], _| {
        let others = ImageState::ALL.iter().filter(|state| **state != ImageState::NORMAL).collect::<Vec<_>>();
        named_image(request, records)?.image_state = Some((*which.get(&others)).clone());
        Some(())
    }),
    (&image_ids::IMAGE_SIZE, |request, records, [which, _], _| {
        named_image(request, records)?.image_size = Some(*which.get(&[50, 51, 500, u64::MAX]));
        Some(())
    }),
    (&destination_regions::DESTINATION_REQUIRED, |request, _, _, _| {
        request.destination_regions.clear();
        Some(())
    }),
    (&destination_regions::DESTINATION_EXISTS, |request, _, [which, _], _| {
        request.destination_regions.push((*which.get(&pools::OTHER_REGIONS)).to_owned());
        Some(())
    }),
    (&destination_regions::DESTINATION_AVAILABLE, |request, records, [which, how], _| {
        let from = named_image(request, records)?.region.clone();
        let to = which.get(&request.destination_regions);
        let region = records.regions.iter_mut().find(|region| region.region == *to)?;
        match how.index(3) {
            0 => region.image_sync = Some(false),
            1 => region.region_state = Some("UNAVAILABLE".into()),
            _ => records.blocked_routes.push(BlockedRoute::new(from, to)),
        }
        Some(())
    }),
    (&destination_regions::DESTINATION_NOT_SOURCE, |request, records, _, _| {
        let image = named_image(request, records)?;
        image.image_type = Some(ImageType::PRIVATE_IMAGE);
        if request.encrypt == Some(true) {
            request.encrypt = None;
        }
        if !request.destination_regions.contains(&image.region) {
            request.destination_regions.push(image.region.clone());
        }
        Some(())
    }),
    (&destination_regions::DESTINATION_SOURCE_ONLY, |request, records, [which, how], edition| {
        let image = named_image(request, records)?;
        let source = image.region.clone();
        if edition >= history::ENCRYPTED_COPIES && how.index(2) == 0 {
            (request.encrypt, request.kms_key_id) = (Some(true), None);
        } else {
            image.image_type = Some(ImageType::SHARED_IMAGE);
        }
        // It may go to its own region as well, but to one other only: each of them is one more
        // reason.
        request.destination_regions.retain(|region| *region == source);
        let others: Vec<_> = records.regions.iter().filter(|region| region.region != source).collect();
        request.destination_regions.push(which.get(&others).region.clone());
        Some(())
    }),
    (&destination_regions::DESTINATION_UNIQUE, |request, _, [which, _], _| {
        let again = which.get(&request.destination_regions).clone();
        request.destination_regions.push(again);
        Some(())
    }),
    (&image_quota::IMAGE_QUOTA, |request, records, [which, _], edition| {
        let full = which.get(&request.destination_regions);
        let quota = records.account_quota.regions.iter_mut().find(|quota| quota.region == *full)?;
        let limit = match quota.image_num_quota {
            QuotaLimit::Count(limit) => limit,
            QuotaLimit::Default | QuotaLimit::Unknown => IMAGE_NUM_QUOTA.at(edition),
        };
        quota.used = Used::Count(limit.saturating_sub(quota.in_flight));
        Some(())
    }),
    (&image_name::IMAGE_NAME_LENGTH, |request, _, [which, _], _| {
        let too_long = pools::LONG_NAMES.iter().filter(|name| is_too_long(name)).collect::<Vec<_>>();
        request.image_name = Some((**which.get(&too_long)).to_owned());
        Some(())
    }),
    (&image_name::IMAGE_NAME_UNIQUE, |request, records, [which, how], _| {
        let given = request.image_name.take().filter(|name| !name.is_empty());
        let name = given.unwrap_or_else(|| "base".to_owned());
        request.image_name = Some(name.clone());
        let region = which.get(&request.destination_regions);
        if how.index(2) == 0 {
            let mut image = Image::new(region, "img-namesake");
            image.image_name = Some(name);
            records.images.push(image);
        } else {
            let quota = records.account_quota.regions.iter_mut().find(|quota| quota.region == *region)?;
            quota.in_flight_names.push(Some(name));
        }
        Some(())
    }),
    (&encryption::IMAGE_ENCRYPTED, |request, records, _, _| {
        named_image(request, records)?.encrypted = Some(true);
        Some(())
    }),
    (&encryption::KMS_KEY_FORMAT, |request, records, [which, _], _| {
        request.encrypt = Some(true);
        request.kms_key_id = Some((*which.get(&pools::OTHER_KMS_KEY_IDS)).to_owned());
        request.destination_regions = vec![named_image(request, records)?.region.clone()];
        Some(())
    }),
];

/// The image that the request names.
fn named_image<'r>(request: &SyncRequest, records: &'r mut Records) -> Option<&'r mut Image> {
    let id = request.image_ids.first()?;
    records.images.iter_mut().find(|image| image.image_id == *id)
}

/// Takes the name that the copies get from whatever has it in a destination: that would be one more
/// reason.
fn free_name(request: &SyncRequest, records: &mut Records) {
    let Some(name) = request.image_name.as_deref().filter(|name| !name.is_empty()) else { return };
    let destinations = &request.destination_regions;
    for image in &mut records.images {
        let is_custom = image.image_type == Some(ImageType::PRIVATE_IMAGE);
        if is_custom && destinations.contains(&image.region) && image.image_name.as_deref() == Some(name) {
            image.image_name = Some(String::new());
        }
    }
    for quota in &mut records.account_quota.regions {
        if destinations.contains(&quota.region) {
            quota.in_flight_names.retain(|other| other.as_deref() != Some(name));
        }
    }
}

fn into_pair((request, records): (SyncRequest, Records)) -> Option<(SyncRequest, State)> {
    Some((request, records.try_into().ok()?))
}

/// The kind of image that a request copies, which decides on its destinations.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A custom image, to other regions.
    Custom,
    /// A shared image, to its own region.
    Shared,
    /// Either, to a copy that is encrypted, in the region of its source.
    Encrypting,
}

impl Kind {
    fn any(edition: Edition) -> impl Strategy<Value = Self> {
        let mut kinds = vec![Self::Custom, Self::Custom];
        if edition >= history::SHARED_IMAGES {
            kinds.push(Self::Shared);
        }
        if edition >= history::ENCRYPTED_COPIES {
            kinds.push(Self::Encrypting);
        }
        select(kinds)
    }

    fn image_type(self) -> impl Strategy<Value = ImageType> {
        select(match self {
            Self::Custom => vec![ImageType::PRIVATE_IMAGE],
            Self::Shared => vec![ImageType::SHARED_IMAGE],
            Self::Encrypting => vec![ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE],
        })
    }
}

/// Accepted pairs: every fact is known and ordinary, every region has some free quota. Only the
/// name of the copies may still be taken.
fn accepted_records(edition: Edition) -> impl Strategy<Value = (SyncRequest, Records)> {
    let regions = subsequence(pools::REGIONS.to_vec(), 2..=pools::REGIONS.len()).prop_shuffle();
    let ids = subsequence(pools::IMAGE_IDS.to_vec(), 1..=pools::IMAGE_IDS.len()).prop_shuffle();
    (regions, ids, Kind::any(edition)).prop_flat_map(move |(names, ids, kind)| {
        // The first region is the source.
        let source = names.first().copied().unwrap_or_default();
        let others: Vec<_> = names.iter().skip(1).copied().collect();
        let destinations = match kind {
            Kind::Custom => subsequence(others.clone(), 1..names.len()).prop_shuffle().boxed(),
            Kind::Shared | Kind::Encrypting => Just(vec![source]).boxed(),
        };
        let images: Vec<_> = ids.iter().map(|id| good_image(edition, source, id, kind)).collect();
        let neighbours = subsequence(others, 0..names.len())
            .prop_flat_map(|names| names.iter().map(|name| neighbour(name)).collect::<Vec<_>>());
        let quotas: Vec<_> = names.iter().map(|name| quota_with_room(edition, name)).collect();
        // Later pages require it.
        let region_sent =
            any::<bool>().prop_map(move |is_sent| is_sent || edition >= history::REGION_REQUIRED);
        let request = (Just(ids), destinations, later_parameters(edition, kind), region_sent);
        (Just(names), request, images, neighbours, quotas).prop_map(assembled)
    })
}

/// The parts of a request: the images (it names the first); the destinations; the later parameters;
/// true if it says where the image is.
type RequestParts = (Vec<&'static str>, Vec<&'static str>, SyncRequest, bool);
/// Regions (the first is the source); a request; images of the source region and of others; quotas.
type Parts = (Vec<&'static str>, RequestParts, Vec<Image>, Vec<Image>, Vec<RegionQuota>);

fn assembled((names, request, mut images, neighbours, quotas): Parts) -> (SyncRequest, Records) {
    let (ids, destinations, later, region_sent) = request;
    let source = names.first().copied().unwrap_or_default();
    let mut request = SyncRequest::new(ids.first().copied().unwrap_or_default(), destinations);
    request.region = region_sent.then(|| source.to_owned());
    let SyncRequest { dry_run, image_name, image_set_required, encrypt, kms_key_id, .. } = later;
    request = SyncRequest { dry_run, image_name, image_set_required, encrypt, kms_key_id, ..request };
    images.extend(neighbours);
    let records = Records {
        images,
        regions: names.into_iter().map(Region::new).collect(),
        account_quota: AccountQuota::default().with_regions(quotas),
        ..Records::default()
    };
    (request, records)
}

/// Makes a request with the later parameters alone, as far as the page has them, all of them right.
fn later_parameters(edition: Edition, kind: Kind) -> impl Strategy<Value = SyncRequest> {
    fn maybe<S: Strategy + 'static>(is_known: bool, value: S) -> BoxedStrategy<Option<S::Value>>
    where
        S::Value: Clone + 'static,
    {
        if is_known { option::of(value).boxed() } else { Just(None).boxed() }
    }
    let is_known = |parameter: &Parameter| {
        Parameter::later().any(|(later, first_seen)| later == *parameter && first_seen <= edition)
    };
    let has_limit = image_name::IMAGE_NAME_LENGTH.in_force(edition);
    let name = image_name().prop_filter("the name is too long", move |name| !has_limit || !is_too_long(name));
    let (encrypt, key) = match kind {
        Kind::Encrypting => (Just(Some(true)).boxed(), option::of(select(&pools::KMS_KEY_IDS)).boxed()),
        // Nothing is to be encrypted, so the key may be any text.
        Kind::Custom | Kind::Shared => (
            maybe(is_known(&Parameter::ENCRYPT), Just(false)),
            maybe(
                is_known(&Parameter::KMS_KEY_ID),
                select([&pools::KMS_KEY_IDS[..], &pools::OTHER_KMS_KEY_IDS].concat()),
            ),
        ),
    };
    (
        maybe(is_known(&Parameter::DRY_RUN), any::<bool>()),
        maybe(is_known(&Parameter::IMAGE_NAME), name),
        maybe(is_known(&Parameter::IMAGE_SET_REQUIRED), any::<bool>()),
        encrypt,
        key,
    )
        .prop_map(|(dry_run, image_name, image_set_required, encrypt, key)| {
            let kms_key_id = key.map(str::to_owned);
            SyncRequest {
                dry_run,
                image_name,
                image_set_required,
                encrypt,
                kms_key_id,
                ..SyncRequest::default()
            }
        })
}

/// An image that can be copied under this edition.
fn good_image(
    edition: Edition,
    region: &'static str,
    id: &'static str,
    kind: Kind,
) -> impl Strategy<Value = Image> {
    // What no rule asks for may be anything, and not known.
    let size = if image_ids::IMAGE_SIZE.in_force(edition) {
        (0_u64..50).prop_map(Some).boxed()
    } else {
        option::weighted(0.9, number(&pools::SIZES)).boxed()
    };
    let encrypted = if encryption::IMAGE_ENCRYPTED.in_force(edition) {
        Just(Some(false)).boxed()
    } else {
        any::<Option<bool>>().boxed()
    };
    (image_name(), kind.image_type(), size, encrypted).prop_map(
        move |(image_name, image_type, image_size, encrypted)| {
            let mut image = Image::new(region, id);
            (image.image_name, image.image_type) = (Some(image_name), Some(image_type));
            (image.image_size, image.encrypted) = (image_size, encrypted);
            image
        },
    )
}

/// Makes an image of another region, which no request names. It may have the name that the copies
/// get.
fn neighbour(region: &'static str) -> impl Strategy<Value = Image> {
    (image_name(), select(ImageType::ALL)).prop_map(move |(image_name, image_type)| {
        let mut image = Image::new(region, "img-neighbour");
        (image.image_name, image.image_type) = (Some(image_name), Some(image_type));
        image
    })
}

fn quota_with_room(edition: Edition, region: &'static str) -> impl Strategy<Value = RegionQuota> {
    let names = vec(image_name().prop_map(Some), 0..3);
    (1_u64..20, any::<Index>(), any::<Index>(), any::<bool>(), names).prop_map(
        move |(limit, used, in_flight, limit_given, mut names)| {
            let mut quota = RegionQuota::new(region);
            let limit = if limit_given { limit } else { IMAGE_NUM_QUOTA.at(edition) };
            let taken = used.index(usize::try_from(limit).unwrap_or(1));
            let in_flight = in_flight.index(taken + 1);
            names.truncate(in_flight);
            quota.image_num_quota = if limit_given { limit.into() } else { QuotaLimit::Default };
            quota.used = Used::Count(u64::try_from(taken - in_flight).unwrap_or_default());
            quota.in_flight = u64::try_from(in_flight).unwrap_or_default();
            quota.in_flight_names = names;
            quota
        },
    )
}

fn image_name() -> impl Strategy<Value = String> {
    text(&pools::IMAGE_NAMES, &pools::LONG_NAMES)
}

/// True if the newest pages refuse a name for its length.
fn is_too_long(name: &str) -> bool {
    name.chars().count() > 60
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
            region_name: None,
            region_state,
            image_sync,
            images_complete,
            ..Region::new(name)
        },
    );
    prop_oneof![2 => ordinary, 1 => any_facts]
}

fn image(regions: Vec<&'static str>) -> impl Strategy<Value = Image> {
    let named = (select(regions), select(&pools::IMAGE_IDS)).prop_map(|(region, id)| Image::new(region, id));
    let size =
        |image| with(image, option::weighted(0.85, number(&pools::SIZES)), |image| &mut image.image_size);
    let ordinary = size(named.clone().boxed());
    let any_facts = Image::FACTS.iter().fold(named.boxed(), |image, fact| match *fact {
        Fact::Name(slot) => with(image, option::of(image_name()), slot),
        Fact::Type(slot) => with(image, word(&pools::IMAGE_TYPES), slot),
        Fact::State(slot) => with(image, word(&pools::IMAGE_STATES), slot),
        Fact::Size(slot) => with(image, option::weighted(0.85, number(&pools::SIZES)), slot),
        Fact::Flag(slot) => with(image, any::<Option<bool>>(), slot),
    });
    prop_oneof![1 => ordinary, 1 => any_facts]
}

/// An image in which one field has any of the values.
fn with<T: std::fmt::Debug + 'static>(
    image: BoxedStrategy<Image>,
    values: impl Strategy<Value = T> + 'static,
    slot: fn(&mut Image) -> &mut T,
) -> BoxedStrategy<Image> {
    let set = move |(mut image, value)| {
        *slot(&mut image) = value;
        image
    };
    (image, values).prop_map(set).boxed()
}

/// A limit: a number, the default one, or seldom one that is not known.
fn quota_limit() -> impl Strategy<Value = QuotaLimit> {
    prop_oneof![
        4 => number(&pools::COUNTS).prop_map(QuotaLimit::Count),
        3 => Just(QuotaLimit::Default),
        1 => Just(QuotaLimit::Unknown),
    ]
}

fn region_quota(region: &'static str) -> impl Strategy<Value = RegionQuota> {
    let used = prop_oneof![
        1 => Just(Used::Unknown),
        1 => Just(Used::AsListed),
        2 => number(&pools::COUNTS).prop_map(Used::Count),
    ];
    let names = vec(option::weighted(0.8, image_name()), 0..3);
    (used, number(&pools::COUNTS), quota_limit(), names).prop_map(
        move |(used, in_flight, image_num_quota, in_flight_names)| RegionQuota {
            region: region.to_owned(),
            used,
            in_flight,
            in_flight_names,
            image_num_quota,
        },
    )
}
