//! Any request, any record and any state, from dice. Where every die is 0, the request is an
//! ordinary one, the state is an ordinary one of two regions and one image, and the request is
//! accepted on it.

use std::collections::BTreeSet;

use super::dice::{Dice, Free, fill_up};
use super::pools;
use crate::model::{
    AccountQuota, BlockedRoute, Fact, Image, QuotaLimit, Records, Region, RegionQuota, SyncRequest, Used,
};

/// The dice of a text.
pub(crate) const TEXT: usize = 2;

/// A text: mostly a likely one, often a slip where there are any, seldom just any.
pub(crate) fn text(dice: &mut Dice<'_>, likely: &[&str], slips: &[&str], free: &Free) -> String {
    let (how, which) = (dice.die(), dice.die());
    let pool = if how.is_below(192) || slips.is_empty() { likely } else { slips };
    let from_pool = which.pick(pool).copied().unwrap_or_default();
    if how.is_in(16) { free.text.clone() } else { from_pool.to_owned() }
}

fn number(dice: &mut Dice<'_>, likely: &[u64], free: &Free) -> u64 {
    let (how, likely) = (dice.die(), dice.pick(likely));
    if how.is_in(32) { free.number } else { likely }
}

/// A flag: mostly the ordinary one, else the other one or `None`.
fn flag(dice: &mut Dice<'_>, ordinary: bool) -> Option<bool> {
    dice.pick(&[Some(ordinary), Some(ordinary), Some(!ordinary), None])
}

/// Regions and ids that a request may name. The first region is the one in
/// which the first image is.
pub(crate) struct Named<'n> {
    pub(crate) regions: &'n [&'n str],
    pub(crate) ids: &'n [&'n str],
}

/// What any state may list.
pub(crate) const POOLS: Named<'static> = Named { regions: &pools::REGIONS, ids: &pools::IMAGE_IDS };

/// The share in which each id, or each destination, is there.
const IDS: [u8; 2] = [208, 32];
const DESTINATIONS: [u8; 5] = [160, 64, 64, 64, 64];
/// The dice of an element of a list.
const LIST: usize = 1 + TEXT;
const LISTS: usize = (IDS.len() + DESTINATIONS.len()) * LIST + 2;
const LATER: usize = 5 + 2 * TEXT;

/// The dice of a request.
pub(crate) const REQUEST: usize = 6 + 2 * TEXT + LISTS + LATER;

/// Makes a request as clients send them, right and wrong.
pub(crate) fn request(mut dice: Dice<'_>, named: &Named<'_>, free: &Free) -> SyncRequest {
    let mut request = SyncRequest::default();

    let (is_left_out, is_slip, slip) = (dice.is(20), dice.is(20), dice.pick(&pools::OTHER_VERSIONS));
    let version = text(&mut dice, &pools::VERSIONS, &[], free);
    request.version = (!is_left_out).then(|| if is_slip { slip.to_owned() } else { version });

    let (is_left_out, is_known) = (dice.is(112), dice.is(128));
    let region = text(&mut dice, named.regions, &pools::OTHER_REGIONS, free);
    request.region = (!is_left_out).then_some(region);
    request.has_no_region = is_left_out && is_known;

    request.image_ids = list(&mut dice, &IDS, named.ids, &pools::OTHER_IMAGE_IDS, free);

    // The source region is the last one that is taken for a destination.
    let mut regions = named.regions.to_vec();
    let source = request.region.as_ref().and_then(|region| regions.iter().position(|name| name == region));
    if !regions.is_empty() {
        let source = regions.remove(source.unwrap_or_default());
        regions.push(source);
    }
    request.destination_regions = list(&mut dice, &DESTINATIONS, &regions, &pools::OTHER_REGIONS, free);

    let has_later = dice.is(96);
    if has_later {
        later(dice, &mut request, free);
    }
    request
}

/// Makes a list: the first element is there in one share, each other one in another share. Where
/// none is there, the ordinary one is, or seldom none.
fn list(dice: &mut Dice<'_>, shares: &[u8], likely: &[&str], slips: &[&str], free: &Free) -> Vec<String> {
    let is_empty = dice.is(24);
    let mut list = Vec::new();
    for share in shares {
        let mut dice = dice.take(LIST);
        if dice.is(*share) {
            list.push(text(&mut dice, likely, slips, free));
        }
    }
    if list.is_empty() && !is_empty {
        list.extend(likely.first().map(|first| (*first).to_owned()));
    }
    list
}

/// Sends some of the parameters that the first page does not have.
fn later(mut dice: Dice<'_>, request: &mut SyncRequest, free: &Free) {
    const FLAGS: [Option<bool>; 3] = [None, Some(true), Some(false)];
    (request.dry_run, request.image_set_required) = (dice.pick(&FLAGS), dice.pick(&FLAGS));
    request.encrypt = dice.pick(&FLAGS);
    let (has_name, has_key) = (dice.is(128), dice.is(128));
    let name = image_name(&mut dice, free);
    request.image_name = has_name.then_some(name);
    let key = text(&mut dice, &pools::KMS_KEY_IDS, &pools::OTHER_KMS_KEY_IDS, free);
    request.kms_key_id = has_key.then_some(key);
}

fn image_name(dice: &mut Dice<'_>, free: &Free) -> String {
    text(dice, &pools::IMAGE_NAMES, &pools::LONG_NAMES, free)
}

/// The dice of a word.
const WORD: usize = 1 + TEXT;

/// A word of a vocabulary, or that it is not known.
fn word<W: for<'w> From<&'w str>>(dice: &mut Dice<'_>, words: &[&str], free: &Free) -> Option<W> {
    let (is_unknown, word) = (dice.is(40), text(dice, words, &[], free));
    (!is_unknown).then(|| W::from(&word))
}

/// The dice of a region's record.
pub(crate) const REGION: usize = 4 + WORD;

pub(crate) fn region(name: &str, mut dice: Dice<'_>, free: &Free) -> Region {
    let mut region = Region::new(name);
    if dice.is(96) {
        region.image_sync = flag(&mut dice, true);
        region.images_complete = !dice.is(96);
        region.custom_images_complete = dice.is(48);
        region.region_state = word(&mut dice, &pools::REGION_STATES, free);
    }
    region
}

/// The dice of an image's record.
pub(crate) const IMAGE: usize = 4 + Image::FACTS.len() * FACT;
const FACT: usize = WORD;

pub(crate) fn image(region: &str, id: &str, mut dice: Dice<'_>, free: &Free) -> Image {
    let mut image = Image::new(region, id);
    let (has_no_size, size) = (dice.is(38), number(&mut dice, &pools::SIZES, free));
    image.image_size = (!has_no_size).then_some(size);
    if dice.is(128) {
        for fact in Image::FACTS {
            let mut dice = dice.take(FACT);
            match *fact {
                Fact::Name(slot) => {
                    let (is_unknown, name) = (dice.is(64), image_name(&mut dice, free));
                    *slot(&mut image) = (!is_unknown).then_some(name);
                }
                Fact::Type(slot) => *slot(&mut image) = word(&mut dice, &pools::IMAGE_TYPES, free),
                Fact::State(slot) => *slot(&mut image) = word(&mut dice, &pools::IMAGE_STATES, free),
                // It is any in the ordinary case too.
                Fact::Size(_) => {}
                Fact::Flag(slot) => *slot(&mut image) = flag(&mut dice, false),
            }
        }
    }
    image
}

/// The dice of a limit, or of how many are used.
pub(crate) const COUNT: usize = 3;

pub(crate) fn quota_limit(mut dice: Dice<'_>, free: &Free) -> QuotaLimit {
    let (how, count) = (dice.die(), number(&mut dice, &pools::COUNTS, free));
    if how.is_below(112) {
        QuotaLimit::Default
    } else if how.is_in(32) {
        QuotaLimit::Unknown
    } else {
        QuotaLimit::Count(count)
    }
}

pub(crate) fn used(mut dice: Dice<'_>, free: &Free) -> Used {
    let (how, count) = (dice.die(), number(&mut dice, &pools::COUNTS, free));
    if how.is_below(64) {
        Used::AsListed
    } else if how.is_in(56) {
        Used::Unknown
    } else {
        Used::Count(count)
    }
}

const MOST_NAMES: usize = 2;
/// The dice of a region's quota.
pub(crate) const QUOTA: usize = 2 * COUNT + 3 + MOST_NAMES * (1 + TEXT);

pub(crate) fn region_quota(region: &str, mut dice: Dice<'_>, free: &Free) -> RegionQuota {
    let mut quota = RegionQuota::new(region);
    quota.used = used(dice.take(COUNT), free);
    quota.image_num_quota = quota_limit(dice.take(COUNT), free);
    quota.in_flight = number(&mut dice, &pools::COUNTS, free);
    // Each name is that of a copy.
    let copies = usize::try_from(quota.in_flight).unwrap_or(usize::MAX);
    let count = dice.die().of(MOST_NAMES + 1).min(copies);
    quota.in_flight_names = (0..count)
        .map(|_| {
            let (is_unknown, name) = (dice.is(50), image_name(&mut dice, free));
            (!is_unknown).then_some(name)
        })
        .collect();
    quota
}

const MOST_IMAGES: usize = 6;
const MOST_ROUTES: usize = 3;
const LISTED: usize = pools::REGIONS.len();

/// The dice of a state.
pub(crate) const STATE: usize =
    LISTED * (2 + REGION) + MOST_IMAGES * (3 + IMAGE) + LISTED * (1 + QUOTA) + MOST_ROUTES * 3 + 3 + COUNT;

/// Makes the records of a state that does not contradict itself: of up to eight regions, with
/// images, quotas and blocked routes, ordinary and not, known and not known.
pub(crate) fn records(mut dice: Dice<'_>, free: &Free) -> Records {
    let (has_one, has_no_image) = (dice.is(24), dice.is(24));
    let mut are_there = [false; LISTED];
    let mut blocks = Vec::new();
    for is_there in &mut are_there {
        *is_there = dice.is(112);
        blocks.push((dice.die(), dice.take(REGION)));
    }
    fill_up(&mut are_there, if has_one { 1 } else { 2 });
    let mut regions = Vec::new();
    for ((name, is_there), (place, dice)) in pools::REGIONS.into_iter().zip(are_there).zip(blocks) {
        if is_there {
            regions.push((place.of(LISTED), region(name, dice, free)));
        }
    }
    // In any order.
    regions.sort_by_key(|(place, _)| *place);
    let regions: Vec<Region> = regions.into_iter().map(|(_, region)| region).collect();
    let names: Vec<String> = regions.iter().map(|region| region.region.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();

    let mut images = Vec::new();
    for _ in 0..MOST_IMAGES {
        let (is_there, name, id) = (dice.is(96), dice.pick(&names), dice.pick(&pools::IMAGE_IDS));
        let dice = dice.take(IMAGE);
        if is_there {
            images.push(image(name, id, dice, free));
        }
    }
    if images.is_empty() && !has_no_image {
        // The ordinary one.
        let mut dice = Dice::new(&[]);
        images.push(image(dice.pick(&names), dice.pick(&pools::IMAGE_IDS), dice, free));
    }
    let mut quotas = Vec::new();
    for (name, is_there) in pools::REGIONS.into_iter().zip(are_there) {
        let (has_quota, dice) = (dice.is(128), dice.take(QUOTA));
        if has_quota && is_there {
            quotas.push(region_quota(name, dice, free));
        }
    }
    let mut blocked_routes = Vec::new();
    for _ in 0..MOST_ROUTES {
        let mut dice = dice.take(3);
        if dice.is(72) {
            blocked_routes.push(BlockedRoute::new(dice.pick(&names), dice.pick(&names)));
        }
    }
    let regions_complete = !dice.is(48);
    let image_num_quota = quota_limit(dice, free);
    let account_quota = AccountQuota { image_num_quota, regions: quotas };
    let mut records = Records { regions, regions_complete, images, account_quota, blocked_routes };
    make_consistent(&mut records);
    records
}

/// Leaves out images and quotas that contradict the records before them: what is of a region that
/// is not listed, and an image that its region lists twice.
pub(crate) fn make_consistent(records: &mut Records) {
    let Records { regions, images, account_quota, .. } = records;
    let listed: BTreeSet<&str> = regions.iter().map(|region| &*region.region).collect();
    let mut seen = BTreeSet::new();
    images.retain(|image| {
        listed.contains(&*image.region) && seen.insert((image.region.clone(), image.image_id.clone()))
    });
    account_quota.regions.retain(|quota| listed.contains(&*quota.region));
}

#[cfg(test)]
mod tests {
    use super::super::dice::takes;
    use super::*;
    use crate::model::{ImageType, State};

    #[test]
    fn every_record_takes_its_dice() {
        let free = Free { text: "free".to_owned(), number: 7 };
        takes(TEXT, |mut dice| text(&mut dice, &["a", "b"], &["c", "d"], &free));
        takes(WORD, |mut dice| word::<ImageType>(&mut dice, &pools::IMAGE_TYPES, &free));
        takes(1 + LIST, |mut dice| list(&mut dice, &[255], &["a", "b"], &["c", "d"], &free));
        takes(LATER, |dice| {
            let mut request = SyncRequest::default();
            later(dice, &mut request, &free);
            request
        });
        takes(REQUEST, |dice| request(dice, &POOLS, &free));
        takes(REGION, |dice| region("ap-guangzhou", dice, &free));
        // The last fact is a flag, which leaves the others of its dice.
        takes(IMAGE - FACT + 1, |dice| image("ap-guangzhou", "img-o3ycss2p", dice, &free));
        takes(COUNT, |dice| quota_limit(dice, &free));
        takes(COUNT, |dice| used(dice, &free));
        takes(QUOTA, |dice| region_quota("ap-guangzhou", dice, &free));
        takes(STATE, |dice| records(dice, &free));
    }

    /// What takes its dice out of more of them would not be held by the count of all.
    #[test]
    fn the_second_die_of_a_text_tells_which_wherever_it_stands() {
        let free = Free { text: "free".to_owned(), number: 7 };
        // The first die of each tells that it is there, the second that it is a likely one.
        let second = list(&mut Dice::new(&[0, 255, 0, 255]), &[255], &["a", "b"], &[], &free);
        assert_eq!(second, ["b"]);
        let facts: Vec<u8> =
            [0, 0, 0, 255].into_iter().chain([0, 0, 255].repeat(Image::FACTS.len())).collect();
        let image = image("ap-guangzhou", "img-o3ycss2p", Dice::new(&facts), &free);
        assert_eq!(image.image_type.as_ref().map(ImageType::as_str), pools::IMAGE_TYPES.last().copied());
    }

    #[test]
    fn what_contradicts_earlier_records_is_left_out() {
        let image = |region: &str, id: &str, size: u64| Image::new(region, id).with_image_size(size);
        let good = || Records {
            regions: ["ap-guangzhou", "ap-shanghai"].map(Region::new).into(),
            images: vec![
                image("ap-guangzhou", "img-o3ycss2p", 20),
                image("ap-shanghai", "img-o3ycss2p", 21),
                image("ap-guangzhou", "img-a1b2c3d4", 22),
            ],
            account_quota: AccountQuota::default().with_regions([RegionQuota::new("ap-shanghai")]),
            blocked_routes: vec![BlockedRoute::new("ap-guangzhou", "ap-shanghai")],
            ..Records::default()
        };
        let expected = State::try_from(good()).ok();
        assert!(expected.is_some());

        let mut bad = good();
        bad.images.insert(0, image("ap-nowhere", "img-o3ycss2p", 23));
        bad.images.push(image("ap-guangzhou", "img-o3ycss2p", 24));
        bad.account_quota.regions.insert(0, RegionQuota::new("ap-nowhere"));
        for mut records in [bad, good()] {
            make_consistent(&mut records);
            assert_eq!(State::try_from(records).ok(), expected);
        }
    }
}
