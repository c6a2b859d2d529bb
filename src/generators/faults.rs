//! How each rule alone is broken in a pair that is accepted, and how each that can be is left
//! unverified.

use super::dice::Die;
use super::pools;
use crate::model::{
    BlockedRoute, Edition, Fact, Image, ImageState, ImageType, QuotaLimit, Records, Region, RegionQuota, Row,
    Slot, SyncRequest, Used, history,
};
use crate::rule::{Rule, Takes};
use crate::rules::{
    IMAGE_NUM_QUOTA, common, destination_regions, encryption, image_ids, image_name, image_quota,
};

/// Breaks one rule of a pair that this edition accepts, at the spot that the first index picks
/// where there are several, in a way that the second one picks.
type Fault = fn(&mut SyncRequest, &mut Records, [Die; 2], Edition) -> Option<()>;

/// Every rule that is checked on requests, and how it is broken.
static FAULTS: &[Breakable] = &[
    (&common::VERSION_REQUIRED, |request, _, _, _| {
        request.version = None;
        Some(())
    }),
    (&common::VERSION_SUPPORTED, |request, _, [which, _], _| {
        request.version = Some((*which.pick(&pools::OTHER_VERSIONS)?).to_owned());
        Some(())
    }),
    (&common::REGION_REQUIRED, |request, _, _, _| {
        (request.region, request.has_no_region) = (None, true);
        Some(())
    }),
    (&common::SOURCE_REGION_SUPPORTED, |request, _, [which, _], _| {
        request.region = Some((*which.pick(&pools::OTHER_REGIONS)?).to_owned());
        Some(())
    }),
    (&common::PARAMETER_KNOWN, |request, _, [which, how], edition| {
        let unknown: Vec<&Row> = Row::later().filter(|row| edition < row.first_seen).collect();
        match which.pick(&unknown)?.slot {
            Slot::Flag { get_mut, .. } => *get_mut(request) = Some(*how.pick(&[true, false])?),
            Slot::Text { get_mut, .. } => {
                let texts = [&pools::IMAGE_NAMES[..], &pools::OTHER_KMS_KEY_IDS].concat();
                *get_mut(request) = Some((*how.pick(&texts)?).to_owned());
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
        *request.image_ids.first_mut()? = (*which.pick(&pools::OTHER_IMAGE_IDS)?).to_owned();
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
        named_image(request, records)?.image_type = Some(which.pick(&types)?.clone());
        Some(())
    }),
    (&image_ids::IMAGE_STATE_NORMAL, |request, records, [which, _], _| {
        let others = ImageState::ALL.iter().filter(|state| **state != ImageState::NORMAL).collect::<Vec<_>>();
        named_image(request, records)?.image_state = Some((*which.pick(&others)?).clone());
        Some(())
    }),
    (&image_ids::IMAGE_SIZE, |request, records, [which, _], _| {
        named_image(request, records)?.image_size = Some(*which.pick(&[50, 51, 500, u64::MAX])?);
        Some(())
    }),
    (&destination_regions::DESTINATION_REQUIRED, |request, _, _, _| {
        request.destination_regions.clear();
        Some(())
    }),
    (&destination_regions::DESTINATION_EXISTS, |request, _, [which, _], _| {
        request.destination_regions.push((*which.pick(&pools::OTHER_REGIONS)?).to_owned());
        Some(())
    }),
    (&destination_regions::DESTINATION_AVAILABLE, |request, records, [which, how], _| {
        let from = named_image(request, records)?.region.clone();
        let to = which.pick(&request.destination_regions)?;
        let region = records.regions.iter_mut().find(|region| region.region == *to)?;
        match how.of(3) {
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
        match how.of(2) {
            0 if edition >= history::ENCRYPTED_COPIES => {
                (request.encrypt, request.kms_key_id) = (Some(true), None);
            }
            _ => image.image_type = Some(ImageType::SHARED_IMAGE),
        }
        // It may go to its own region as well, but to one other only: each of them is one more
        // reason.
        request.destination_regions.retain(|region| *region == source);
        let others: Vec<_> = records.regions.iter().filter(|region| region.region != source).collect();
        request.destination_regions.push(which.pick(&others)?.region.clone());
        Some(())
    }),
    (&destination_regions::DESTINATION_UNIQUE, |request, _, [which, _], _| {
        let again = which.pick(&request.destination_regions)?.clone();
        request.destination_regions.push(again);
        Some(())
    }),
    (&image_quota::IMAGE_QUOTA, |request, records, [which, how], edition| {
        let quota = quota_of(records, which.pick(&request.destination_regions)?)?;
        let limit = match quota.image_num_quota {
            QuotaLimit::Count(limit) => limit,
            QuotaLimit::Default | QuotaLimit::Unknown => IMAGE_NUM_QUOTA.at(edition),
        };
        let beyond = *how.pick(&[0, 0, 1, 100])?;
        quota.used = Used::Count(limit.saturating_sub(quota.in_flight).saturating_add(beyond));
        Some(())
    }),
    (&image_name::IMAGE_NAME_LENGTH, |request, _, [which, _], _| {
        let too_long = pools::LONG_NAMES.iter().filter(|name| pools::is_too_long(name)).collect::<Vec<_>>();
        request.image_name = Some((**which.pick(&too_long)?).to_owned());
        Some(())
    }),
    (&image_name::IMAGE_NAME_UNIQUE, |request, records, [which, how], _| {
        let given = request.image_name.take().filter(|name| !name.is_empty());
        let name = given.unwrap_or_else(|| "base".to_owned());
        request.image_name = Some(name.clone());
        let region = which.pick(&request.destination_regions)?;
        if how.of(2) == 1 || !name_a_copy(quota_of(records, region)?, Some(&name)) {
            records.images.push(Image::new(region, "img-namesake").with_image_name(name));
        }
        Some(())
    }),
    (&encryption::IMAGE_ENCRYPTED, |request, records, _, _| {
        named_image(request, records)?.encrypted = Some(true);
        Some(())
    }),
    (&encryption::KMS_KEY_FORMAT, |request, records, [which, _], _| {
        request.encrypt = Some(true);
        request.kms_key_id = Some((*which.pick(&pools::OTHER_KMS_KEY_IDS)?).to_owned());
        request.destination_regions = vec![named_image(request, records)?.region.clone()];
        Some(())
    }),
];

/// A rule, and how it is broken.
pub(crate) type Breakable = (&'static Rule, Fault);

/// Returns the rules that a request can break under this edition.
pub(crate) fn faults(edition: Edition) -> impl Iterator<Item = Breakable> {
    let has_every_parameter = Row::later().all(|row| row.first_seen <= edition);
    FAULTS.iter().copied().filter(move |(rule, _)| {
        rule.in_force(edition) && !(std::ptr::eq(*rule, &common::PARAMETER_KNOWN) && has_every_parameter)
    })
}

/// True if it is the fault of a rule that needs the name of the copies to be taken.
pub(crate) fn is_about_names(rule: &Rule) -> bool {
    rule.takes == Some(Takes::Name)
}

/// The image that the request names.
fn named_image<'r>(request: &SyncRequest, records: &'r mut Records) -> Option<&'r mut Image> {
    let id = request.image_ids.first()?;
    records.images.iter_mut().find(|image| image.image_id == *id)
}

/// Gives a copy in flight this name: one without a name, else the first, else a new one in place of
/// an image that is counted there. False if there is none of these.
fn name_a_copy(quota: &mut RegionQuota, name: Option<&str>) -> bool {
    let (names, name) = (&mut quota.in_flight_names, name.map(str::to_owned));
    if u64::try_from(names.len()).is_ok_and(|names| names < quota.in_flight) {
        names.push(name);
    } else if let Some(first) = names.first_mut() {
        *first = name;
    } else {
        match &mut quota.used {
            Used::Count(0) => return false,
            Used::Count(used) => *used -= 1,
            // A listed image of this name would be one more too.
            Used::AsListed | Used::Unknown => {}
        }
        quota.in_flight = 1;
        names.push(name);
    }
    true
}

/// The quota of a region, which is added where there is none.
fn quota_of<'r>(records: &'r mut Records, region: &str) -> Option<&'r mut RegionQuota> {
    let quotas = &mut records.account_quota.regions;
    let place = quotas.iter().position(|quota| quota.region == region).unwrap_or(quotas.len());
    if place == quotas.len() {
        quotas.push(RegionQuota::new(region));
    }
    quotas.get_mut(place)
}

/// Makes a fact unknown that a pair needs, so that a rule is unverified.
pub(crate) type Gap = fn(&mut SyncRequest, &mut Records, [Die; 2], Edition) -> Option<()>;

/// The ways in which a rule is left unverified.
pub(crate) static GAPS: &[Gap] = &[
    // A fact of the image.
    |request, records, [which, _], _| {
        let image = named_image(request, records)?;
        match *which.pick(Image::FACTS)? {
            Fact::Name(slot) => *slot(image) = None,
            Fact::Type(slot) => *slot(image) = None,
            Fact::State(slot) => *slot(image) = None,
            Fact::Size(slot) => *slot(image) = None,
            Fact::Flag(slot) => *slot(image) = None,
        }
        Some(())
    },
    // A fact of a destination.
    |request, records, [which, how], _| {
        let region = destination(request, records, which)?;
        match how.of(2) {
            0 => region.image_sync = None,
            _ => region.region_state = None,
        }
        Some(())
    },
    // The header that may have the source region.
    |request, _, _, _| {
        (request.region, request.has_no_region) = (None, false);
        Some(())
    },
    // The source region, which may be a new one.
    |request, records, [which, _], _| {
        records.regions_complete = false;
        request.region = Some(unlisted(records, which)?);
        Some(())
    },
    // A destination, which may be a new one.
    |request, records, [which, _], _| {
        records.regions_complete = false;
        let name = unlisted(records, which)?;
        request.destination_regions.push(name);
        Some(())
    },
    // The image, which may be one that is not listed.
    |request, records, _, _| forget_image(request, records),
    // The source region: that of an image which may be anywhere, or which is listed in two.
    |request, records, [how, which], _| {
        (request.region, request.has_no_region) = (None, false);
        match how.of(2) {
            0 => forget_image(request, records)?,
            _ => {
                let mut image = named_image(request, records)?.clone();
                image.region = destination(request, records, which)?.region.clone();
                records.images.push(image);
            }
        }
        Some(())
    },
    // The number of images in a destination.
    |request, records, [which, how], _| {
        let name = destination(request, records, which)?.region.clone();
        let quota = quota_of(records, &name)?;
        match how.of(3) {
            0 => quota.used = Used::Unknown,
            1 => quota.image_num_quota = QuotaLimit::Unknown,
            _ => {
                quota.used = Used::AsListed;
                destination(request, records, which)?.images_complete = false;
            }
        }
        Some(())
    },
    // The names of images in a destination.
    |request, records, [which, how], edition| {
        // Earlier pages ask for no name.
        if edition >= history::IMAGE_NAME {
            request.image_name = Some("base".to_owned());
        }
        let name = destination(request, records, which)?.region.clone();
        if how.of(2) == 1 || !name_a_copy(quota_of(records, &name)?, None) {
            let mut image = Image::new(name, "img-nameless");
            image.image_name = None;
            records.images.push(image);
        }
        Some(())
    },
];

/// Takes the image that is named out of lists that are not complete.
fn forget_image(request: &SyncRequest, records: &mut Records) -> Option<()> {
    let id = request.image_ids.first()?;
    records.images.retain(|image| image.image_id != *id);
    records.regions.iter_mut().for_each(|region| region.images_complete = false);
    Some(())
}

/// A destination that is listed.
fn destination<'r>(request: &SyncRequest, records: &'r mut Records, which: Die) -> Option<&'r mut Region> {
    let name = which.pick(&request.destination_regions)?;
    records.regions.iter_mut().find(|region| region.region == *name)
}

/// The name of a region that is not listed: one that other states list, or one that none does.
fn unlisted(records: &Records, which: Die) -> Option<String> {
    let is_listed = |name: &str| records.regions.iter().any(|region| region.region == name);
    let others: Vec<&str> =
        pools::REGIONS.into_iter().chain(["ap-nowhere"]).filter(|name| !is_listed(name)).collect();
    which.pick(&others).map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_gets_a_name_and_no_name_is_without_a_copy() {
        let named = |mut quota: RegionQuota| {
            let is_named = name_a_copy(&mut quota, Some("web"));
            let names: Vec<_> = quota.in_flight_names.iter().flatten().cloned().collect();
            (is_named, quota.used, quota.in_flight, names.join(" "))
        };
        let quota = || RegionQuota::new("ap-shanghai");
        let with_name = |copies| quota().with_in_flight(copies).with_in_flight_names([Some("db".to_owned())]);
        assert_eq!(named(with_name(2)), (true, Used::AsListed, 2, "db web".to_owned()));
        assert_eq!(named(with_name(1)), (true, Used::AsListed, 1, "web".to_owned()));
        assert_eq!(named(quota().with_in_flight(2)), (true, Used::AsListed, 2, "web".to_owned()));
        // A new one takes the place of an image that is counted.
        assert_eq!(named(quota()), (true, Used::AsListed, 1, "web".to_owned()));
        assert_eq!(named(quota().with_used(3)), (true, Used::Count(2), 1, "web".to_owned()));
        assert_eq!(named(quota().with_used(0)), (false, Used::Count(0), 0, String::new()));
    }
}
