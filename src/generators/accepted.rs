//! Accepted pairs, from dice. Where every die is 0, the state has two regions and one image, and
//! the request copies it from the one to the other.

use super::dice::{Dice, Die, fill_up};
use super::pools;
use crate::model::{
    AccountQuota, Edition, Image, ImageType, Parameter, QuotaLimit, Records, Region, RegionQuota,
    SyncRequest, Used, history,
};
use crate::rules::{IMAGE_NUM_QUOTA, encryption, image_ids, image_name};

/// The kind of image that a request copies, which decides on its destinations.
#[derive(Clone, Copy, Debug, Default)]
enum Kind {
    /// A custom image, to other regions.
    #[default]
    Custom,
    /// A shared image, to its own region.
    Shared,
    /// Either, to a copy that is encrypted, in the region of its source.
    Encrypting,
}

impl Kind {
    fn of(dice: &mut Dice<'_>, edition: Edition) -> Self {
        let mut kinds = vec![Self::Custom, Self::Custom];
        if edition >= history::IMAGE_NAME {
            kinds.push(Self::Shared);
        }
        if edition >= history::ENCRYPTED_COPIES {
            kinds.push(Self::Encrypting);
        }
        dice.pick(&kinds)
    }

    fn image_type(self, die: Die) -> ImageType {
        match self {
            Self::Custom => ImageType::PRIVATE_IMAGE,
            Self::Encrypting if !die.is_in(128) => ImageType::PRIVATE_IMAGE,
            Self::Shared | Self::Encrypting => ImageType::SHARED_IMAGE,
        }
    }
}

const LISTED: usize = pools::REGIONS.len();
const IDS: usize = pools::IMAGE_IDS.len();
const LATER: usize = 10;
const IMAGE: usize = 6;
const NEIGHBOUR: usize = 4;
const MOST_NAMES: usize = 2;
const QUOTA: usize = 7 + MOST_NAMES * 2;

/// The dice of an accepted pair.
pub(crate) const ACCEPTED: usize =
    LISTED + 1 + 1 + 2 + 1 + LISTED + 1 + LATER + IDS * IMAGE + LISTED * (NEIGHBOUR + QUOTA);

/// Makes an accepted pair: every fact is known and ordinary, every region has some free quota. Only
/// the name of the copies may still be taken.
pub(crate) fn accepted(edition: Edition, mut dice: Dice<'_>) -> (SyncRequest, Records) {
    let names = regions(&mut dice);
    // The first region is the source.
    let source = names.first().copied().unwrap_or_default();
    let kind = Kind::of(&mut dice, edition);
    let mut ids = pools::IMAGE_IDS;
    ids.rotate_left(dice.die().of(IDS));
    let count = 1 + dice.die().of(IDS);
    // Later pages require it.
    let is_region_sent = !dice.is(128) || edition >= history::REGION_REQUIRED;
    let destinations = destinations(&mut dice, kind, &names);

    let mut request = SyncRequest::new(ids.first().copied().unwrap_or_default(), destinations);
    request.region = is_region_sent.then(|| source.to_owned());
    later_parameters(edition, kind, dice.take(LATER), &mut request);

    let mut images = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        let dice = dice.take(IMAGE);
        if place < count {
            images.push(good_image(edition, source, id, kind, dice));
        }
    }
    let mut quotas = Vec::new();
    for name in pools::REGIONS {
        let (mut neighbours, dice) = (dice.take(NEIGHBOUR), dice.take(QUOTA));
        if !names.contains(&name) {
            continue;
        }
        if name != source && neighbours.is(80) {
            images.push(neighbour(name, neighbours));
        }
        quotas.extend(quota_with_room(edition, name, dice));
    }
    let records = Records {
        images,
        regions: names.into_iter().map(Region::new).collect(),
        account_quota: AccountQuota::default().with_regions(quotas),
        ..Records::default()
    };
    (request, records)
}

/// Two regions or more, in any order.
fn regions(dice: &mut Dice<'_>) -> Vec<&'static str> {
    let mut are_there = [false; LISTED];
    are_there.iter_mut().for_each(|is_there| *is_there = dice.is(112));
    fill_up(&mut are_there, 2);
    let listed = pools::REGIONS.into_iter().zip(are_there).filter(|(_, is_there)| *is_there);
    let mut names: Vec<_> = listed.map(|(name, _)| name).collect();
    let turn = dice.die().of(names.len());
    names.rotate_left(turn);
    names
}

/// The source region, where the copy stays there; else one or more of the others, in any order.
fn destinations(dice: &mut Dice<'_>, kind: Kind, names: &[&'static str]) -> Vec<&'static str> {
    let (mut are_there, turn) = (dice.take(LISTED), dice.die());
    if let Kind::Shared | Kind::Encrypting = kind {
        return names.iter().take(1).copied().collect();
    }
    let others = names.iter().skip(1).copied();
    let mut destinations: Vec<_> = others.clone().filter(|_| are_there.is(112)).collect();
    if destinations.is_empty() {
        destinations.extend(others.clone().nth(are_there.die().of(others.len())));
    }
    let turn = turn.of(destinations.len());
    destinations.rotate_left(turn);
    destinations
}

/// Sets later parameters, as far as the page has them, all of them right.
fn later_parameters(edition: Edition, kind: Kind, mut dice: Dice<'_>, request: &mut SyncRequest) {
    const FLAGS: [Option<bool>; 3] = [None, Some(true), Some(false)];
    let is_known = |parameter: &Parameter| {
        Parameter::later().any(|(later, first_seen)| later == *parameter && first_seen <= edition)
    };
    let (dry_run, set_required) = (dice.pick(&FLAGS), dice.pick(&FLAGS));
    if is_known(&Parameter::DRY_RUN) {
        request.dry_run = dry_run;
    }
    if is_known(&Parameter::IMAGE_SET_REQUIRED) {
        request.image_set_required = set_required;
    }
    let (has_name, name) = (dice.is(128), any_name(&mut dice));
    if has_name && is_known(&Parameter::IMAGE_NAME) {
        let is_right = !image_name::IMAGE_NAME_LENGTH.in_force(edition) || !pools::is_too_long(name);
        request.image_name = Some(if is_right { name } else { "base" }.to_owned());
    }
    let (is_refused, has_key, is_key) = (dice.is(128), dice.is(128), !dice.is(128));
    let (key, other_key) = (dice.pick(&pools::KMS_KEY_IDS), dice.pick(&pools::OTHER_KMS_KEY_IDS));
    if let Kind::Encrypting = kind {
        (request.encrypt, request.kms_key_id) = (Some(true), has_key.then(|| key.to_owned()));
    } else if is_known(&Parameter::ENCRYPT) {
        // No copy is to be encrypted, so the key may be any text.
        request.encrypt = is_refused.then_some(false);
        request.kms_key_id = has_key.then(|| if is_key { key } else { other_key }.to_owned());
    }
}

/// A name: mostly a short one, else one of 60 or 61 characters.
fn any_name(dice: &mut Dice<'_>) -> &'static str {
    let (is_long, which) = (dice.is(80), dice.die());
    let pool = if is_long { &pools::LONG_NAMES[..] } else { &pools::IMAGE_NAMES };
    which.pick(pool).copied().unwrap_or_default()
}

/// An image that can be copied under this edition.
fn good_image(edition: Edition, region: &str, id: &str, kind: Kind, mut dice: Dice<'_>) -> Image {
    /// Sizes that the first page allows.
    const SIZES: [u64; 4] = [20, 49, 0, 1];
    let mut image = Image::new(region, id);
    image.image_name = Some(any_name(&mut dice).to_owned());
    image.image_type = Some(kind.image_type(dice.die()));
    // What no rule asks for may be anything, and not known.
    let (how, which) = (dice.die(), dice.die());
    image.image_size = if image_ids::IMAGE_SIZE.in_force(edition) {
        which.pick(&SIZES).copied()
    } else {
        which.pick(&pools::SIZES).copied().filter(|_| !how.is_in(26))
    };
    let encrypted = dice.pick(&[Some(false), Some(true), None]);
    if !encryption::IMAGE_ENCRYPTED.in_force(edition) {
        image.encrypted = encrypted;
    }
    image
}

/// An image of another region, which no request names. It may have the name that the copies get.
fn neighbour(region: &str, mut dice: Dice<'_>) -> Image {
    let mut image = Image::new(region, "img-neighbour");
    image.image_name = Some(any_name(&mut dice).to_owned());
    image.image_type = dice.die().pick(ImageType::ALL).cloned();
    image
}

/// The quota of a region which has room for one more image at least. None, which is the documented
/// one, leaves it too: no region lists as many images.
fn quota_with_room(edition: Edition, region: &str, mut dice: Dice<'_>) -> Option<RegionQuota> {
    /// With the images that are listed, one less than the first documented quota.
    const FEW: usize = 10 - IDS;
    if !dice.is(200) {
        return None;
    }
    let mut quota = RegionQuota::new(region);
    let (is_listed, is_given, limit) = (dice.is(48), dice.is(128), dice.die());
    let (taken, in_flight) = (dice.die(), dice.die());
    let in_flight = if is_listed {
        in_flight.of(FEW)
    } else {
        let limit = if is_given {
            1 + limit.of(20)
        } else {
            usize::try_from(IMAGE_NUM_QUOTA.at(edition)).unwrap_or(1)
        };
        // Often there is room for one only.
        let taken = if taken.is_in(64) { limit - 1 } else { taken.of(limit) };
        let in_flight = in_flight.of(taken + 1);
        let count = |count: usize| u64::try_from(count).unwrap_or_default();
        quota.image_num_quota = if is_given { count(limit).into() } else { QuotaLimit::Default };
        quota.used = Used::Count(count(taken - in_flight));
        in_flight
    };
    quota.in_flight = u64::try_from(in_flight).unwrap_or_default();
    let names = dice.die().of(MOST_NAMES + 1).min(in_flight);
    quota.in_flight_names = (0..names).map(|_| Some(any_name(&mut dice).to_owned())).collect();
    Some(quota)
}

/// Takes the name that the copies get from whatever has it in a destination: that would be one more
/// reason.
pub(crate) fn free_name(request: &SyncRequest, records: &mut Records) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::dice::takes;
    use super::*;

    #[test]
    fn every_part_takes_its_dice() {
        // The first page asks for least, and the newest has all parameters.
        let (first, latest) = (Edition::FIRST, Edition::LATEST);
        takes(LATER, |dice| {
            let mut request = SyncRequest::default();
            later_parameters(latest, Kind::Custom, dice, &mut request);
            request
        });
        takes(IMAGE, |dice| good_image(first, "ap-guangzhou", "img-o3ycss2p", Kind::Custom, dice));
        takes(NEIGHBOUR, |mut dice| dice.is(80).then(|| neighbour("ap-guangzhou", dice)));
        takes(QUOTA, |dice| quota_with_room(latest, "ap-guangzhou", dice));
        takes(ACCEPTED, |dice| accepted(latest, dice));
    }

    #[test]
    fn beside_all_images_that_a_region_can_list_copies_are_in_flight_up_to_the_last_place() {
        let in_flight: BTreeSet<u64> = (0..=u8::MAX)
            .filter_map(|die| {
                let dice = [255, 255, 0, 0, 0, die];
                let quota = quota_with_room(Edition::FIRST, "ap-guangzhou", Dice::new(&dice))?;
                assert_eq!(quota.used, Used::AsListed);
                Some(quota.in_flight)
            })
            .collect();
        let places = IMAGE_NUM_QUOTA.at(Edition::FIRST) - u64::try_from(IDS).unwrap();
        // One of them is for the copy that is asked for.
        assert_eq!(in_flight, (0..places).collect());
    }
}
