//! DescribeImages, DescribeRegions and DescribeImageQuota, of a world.

use std::collections::BTreeSet;
use std::time::Duration;

use presync::report::Fact;
use presync::text::clean;
use presync::{ErrorCode, Image, ImageState, ImageType, QuotaLimit, RegionState, Ruleset};
use serde::Serialize;

use super::listing::{Kind, Listing, kind};
use super::parameters::{Filter, Parameters, Refusal, missing};
use super::world::World;

/// The number of images in a response unless the request says it, and the most, as the page of
/// DescribeImages says.
const DEFAULT_LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 100;

/// The filters that the page of DescribeImages has for facts that a state does not have.
const OTHER_FILTERS: [&str; 5] =
    ["platform", "tag-key", "tag-value", "dedicated-cluster-id", "cdc-cache-status"];

/// A response, without the id of its request.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Described {
    Images(Images),
    Regions(Regions),
    ImageQuota(ImageQuota),
}

/// The response of DescribeImages.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Images {
    /// The number of images before paging; `None` where the state does not list all of them.
    total_count: Option<usize>,
    image_set: Vec<ImageRecord>,
}

/// The record of an image, with the keys for which the state has a fact. What is not known of this
/// image is `null`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImageRecord {
    image_id: String,
    image_name: Option<String>,
    image_type: Option<ImageType>,
    image_state: Option<ImageState>,
    image_size: Option<u64>,
    sync_percent: Option<u64>,
}

/// The response of DescribeRegions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Regions {
    /// The number of regions; `None` where the state does not list all of them.
    total_count: Option<usize>,
    region_set: Vec<RegionRecord>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RegionRecord {
    region: String,
    region_name: Option<String>,
    region_state: Option<RegionState>,
}

/// The response of DescribeImageQuota.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImageQuota {
    image_num_quota: Option<u64>,
}

/// An action that describes: its name, the parameters that it has beside the common ones, and what
/// it returns.
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) has: fn(&str) -> bool,
    pub(super) describe: fn(&Parameters, &World, &Ruleset, Duration) -> Result<Described, Refusal>,
}

/// Every action that describes.
pub(super) const ACTIONS: [Action; 3] = [
    Action {
        name: "DescribeImages",
        has: |name| matches!(name, "ImageIds" | "Filters" | "Offset" | "Limit" | "InstanceType"),
        describe: |parameters, world, rules, now| {
            images(parameters, world, rules, now).map(Described::Images)
        },
    },
    Action {
        name: "DescribeRegions",
        has: |_| false,
        describe: |_, world, _, _| Ok(Described::Regions(regions(world))),
    },
    Action {
        name: "DescribeImageQuota",
        has: |_| false,
        describe: |parameters, world, rules, _| {
            image_quota(parameters, world, rules).map(Described::ImageQuota)
        },
    },
];

fn images(parameters: &Parameters, world: &World, rules: &Ruleset, now: Duration) -> Result<Images, Refusal> {
    let wanted = Wanted::of(parameters, rules)?;
    let limit = parameters.limit.unwrap_or(DEFAULT_LIMIT);
    if limit > MAX_LIMIT {
        let message = format!("{limit} is more than {MAX_LIMIT}");
        return Err(Refusal::other("InvalidParameterValue.InvalidParameterValueLimit", "Limit", message));
    }
    let Some(name) = &parameters.region else { return Err(missing("Region")) };
    let state = world.state();
    let (Some(region), Some(listing)) = (state.region(name), world.listing(name)) else {
        if state.regions_complete() {
            return Err(unsupported(name));
        }
        // The region may exist, and no image in it is known.
        return Ok(Images { total_count: None, image_set: Vec::new() });
    };
    let offset = usize::try_from(parameters.offset.unwrap_or_default()).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let image_at = |position: usize| state.image(name, &listing.at(position)?.image_id);
    let (count, positions) = wanted.find(listing, image_at, offset, limit);
    let records = positions.into_iter().filter_map(|position| {
        let (entry, image) = (listing.at(position)?, image_at(position)?);
        Some(ImageRecord {
            image_id: image.image_id.clone(),
            image_name: image.image_name.clone(),
            image_type: image.image_type.clone(),
            image_state: image.image_state.clone(),
            image_size: image.image_size,
            sync_percent: entry.begun.map(|begun| world.percent(begun, now)),
        })
    });
    let is_whole = region.images_complete
        || (region.custom_images_complete && wanted.is_custom())
        || wanted.ids.as_ref().is_some_and(|ids| ids.iter().all(|id| listing.position(id).is_some()));
    Ok(Images { image_set: records.collect(), total_count: count.filter(|_| is_whole) })
}

fn unsupported(region: &str) -> Refusal {
    let message = format!("`{}` is not a known region", clean(region));
    Refusal::new(ErrorCode::UnsupportedRegion, "Region", message)
}

/// The images that a request asks for. Several filters are all to hold; of the values of one, any.
#[derive(Default)]
struct Wanted<'p> {
    ids: Option<BTreeSet<&'p str>>,
    types: Vec<&'p [String]>,
    states: Vec<&'p [String]>,
    names: Vec<&'p [String]>,
}

impl<'p> Wanted<'p> {
    fn of(parameters: &'p Parameters, rules: &Ruleset) -> Result<Self, Refusal> {
        if !parameters.image_ids.is_empty() && !parameters.filters.is_empty() {
            return Err(Refusal::other(
                "InvalidParameter.InvalidParameterCoexistImageIdsFilters",
                "Filters",
                "`ImageIds` and `Filters` cannot be sent together",
            ));
        }
        if parameters.instance_type.is_some() {
            let message = "which images an instance type can use is in no state";
            return Err(Refusal::new(ErrorCode::UnsupportedOperation, "InstanceType", message));
        }
        let mut wanted = Self::default();
        if !parameters.image_ids.is_empty() {
            if let Some((index, id)) =
                parameters.image_ids.iter().enumerate().find(|(_, id)| !rules.is_image_id(id))
            {
                let message = format!("`{}` does not have the form of an image id", clean(id));
                let parameter = format!("ImageIds.{index}");
                return Err(Refusal::new(ErrorCode::InvalidImageIdMalformed, parameter, message));
            }
            wanted.with_ids(&parameters.image_ids);
        }
        for (index, Filter { name, values }) in parameters.filters.iter().enumerate() {
            match &**name {
                "image-id" => wanted.with_ids(values),
                "image-type" => wanted.types.push(values),
                "image-state" => wanted.states.push(values),
                "image-name" => wanted.names.push(values),
                other => {
                    let parameter = format!("Filters.{index}.Name");
                    let is_documented = OTHER_FILTERS.contains(&other) || other.starts_with("tag:");
                    return Err(if is_documented {
                        let message = format!("what `{}` filters by is in no state", clean(other));
                        Refusal::new(ErrorCode::UnsupportedOperation, parameter, message)
                    } else {
                        let message = format!("there is no filter `{}`", clean(other));
                        Refusal::other("InvalidFilter", parameter, message)
                    });
                }
            }
        }
        Ok(wanted)
    }

    fn with_ids(&mut self, ids: &'p [String]) {
        let ids: BTreeSet<&str> = ids.iter().map(|id| &**id).collect();
        self.ids = Some(match &self.ids {
            Some(others) => others.intersection(&ids).copied().collect(),
            None => ids,
        });
    }

    /// True if only custom images are asked for.
    fn is_custom(&self) -> bool {
        self.types.iter().any(|types| types.iter().all(|word| ImageType::PRIVATE_IMAGE == **word))
    }

    /// Returns whether images of this kind are asked for; `None` if that depends on
    /// what is not known of them.
    fn is_kind(&self, (image_type, image_state): &Kind) -> Option<bool> {
        let is_type = is_any(image_type.as_ref().map(AsRef::as_ref), &self.types, str::eq);
        let is_state = is_any(image_state.as_ref().map(AsRef::as_ref), &self.states, str::eq);
        both(is_type, is_state)
    }

    /// Finds the images that are asked for. Their number is `None` if it
    /// depends on what is not known.
    fn find<'i>(
        &self,
        listing: &Listing,
        image_at: impl Fn(usize) -> Option<&'i Image>,
        offset: usize,
        limit: usize,
    ) -> (Option<usize>, Vec<usize>) {
        let page = |positions: &mut dyn Iterator<Item = usize>| positions.skip(offset).take(limit).collect();
        let is_sure = !listing.has_kind(|kind| self.is_kind(kind).is_none());
        let (count, mut of_kinds) = listing.of_kinds(|kind| self.is_kind(kind) == Some(true));
        if self.ids.is_none() && self.names.is_empty() {
            let count_if_sure = is_sure.then_some(count);
            return if count == listing.len() {
                (count_if_sure, page(&mut (0..count)))
            } else {
                (count_if_sure, page(&mut of_kinds))
            };
        }
        // This filter is documented to be fuzzy: all names are looked at.
        let is_name = |position: &usize| {
            let name = listing.at(*position).and_then(|entry| entry.image_name.as_deref());
            is_any(name, &self.names, |name, part| name.contains(part))
        };
        let mut is_sure = is_sure || self.ids.is_some();
        let mut note = |is_wanted: Option<bool>| {
            is_sure &= is_wanted.is_some();
            is_wanted == Some(true)
        };
        let mut candidates: Vec<usize> = match &self.ids {
            Some(ids) => {
                let listed = ids.iter().filter_map(|id| listing.position(id));
                let is_kind =
                    |position: &usize| image_at(*position).and_then(|image| self.is_kind(&kind(image)));
                listed.filter(|position| note(both(is_kind(position), is_name(position)))).collect()
            }
            None => of_kinds.filter(|position| note(is_name(position))).collect(),
        };
        candidates.sort_unstable();
        (is_sure.then_some(candidates.len()), page(&mut candidates.into_iter()))
    }
}

/// Returns whether a fact has, for each filter, any of its values; `None` if the fact is not known.
fn is_any(fact: Option<&str>, filters: &[&[String]], has: fn(&str, &str) -> bool) -> Option<bool> {
    if filters.is_empty() {
        return Some(true);
    }
    let fact = fact?;
    Some(filters.iter().all(|values| values.iter().any(|value| has(fact, value))))
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (a, b) => a.and(b),
    }
}

fn regions(world: &World) -> Regions {
    let state = world.state();
    let region_set: Vec<RegionRecord> = state
        .regions()
        .iter()
        .map(|region| RegionRecord {
            region: region.region.clone(),
            region_name: region.region_name.clone(),
            region_state: region.region_state.clone(),
        })
        .collect();
    Regions { total_count: state.regions_complete().then_some(region_set.len()), region_set }
}

/// The quota of the region that is named, else that of the account: the number of the state, else
/// the documented one, by which requests are checked.
fn image_quota(parameters: &Parameters, world: &World, rules: &Ruleset) -> Result<ImageQuota, Refusal> {
    let state = world.state();
    let quota = state.account_quota();
    let mut limit = QuotaLimit::Default;
    if let Some(name) = &parameters.region {
        if state.region(name).is_none() && state.regions_complete() {
            return Err(unsupported(name));
        }
        let record = quota.regions.iter().find(|record| record.region == *name);
        limit = record.map_or(QuotaLimit::Default, |record| record.image_num_quota);
    }
    if limit == QuotaLimit::Default {
        limit = quota.image_num_quota;
    }
    Ok(ImageQuota {
        image_num_quota: match limit {
            QuotaLimit::Count(count) => Some(count),
            QuotaLimit::Default => documented_quota(rules),
            QuotaLimit::Unknown => None,
        },
    })
}

/// Returns the documented quota of the edition that is checked.
fn documented_quota(rules: &Ruleset) -> Option<u64> {
    let rule = presync::rules::all().find(|rule| rule.facts().contains(&Fact::InFlight))?;
    Some(rule.limit()?.at(rules.edition()))
}
