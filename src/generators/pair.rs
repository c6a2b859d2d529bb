//! A request and a state that have to do with each other, from dice.

use std::array;

use super::accepted::{ACCEPTED, accepted, free_name};
use super::any::{self, Named};
use super::dice::{Dice, Die, Free};
#[cfg(feature = "proptest")]
use super::faults::faults;
use super::faults::{Breakable, GAPS, is_about_names};
use crate::model::{Edition, Records, State, SyncRequest};

/// The dice of a fault or a gap: whether there is one, which, and two for its details.
const CHANGE: usize = 4;
/// Where the first die is below, the pair is accepted.
const ACCEPTED_BELOW: u8 = 84;
/// Where it is not below that but below this, it is refused for one reason.
const REFUSED_BELOW: u8 = 216;
const MOST_FAULTS: usize = 3;
const MOST_GAPS: usize = 2;

/// The dice of a pair with one fault.
#[cfg(feature = "proptest")]
pub(crate) const FAULTY: usize = ACCEPTED + 2;

/// The dice of any pair.
pub(crate) const PAIR: usize =
    2 + (MOST_FAULTS + MOST_GAPS) * CHANGE + ACCEPTED + any::REQUEST + any::STATE + Free::DICE;

/// Makes the state of records; a contradiction is left out first.
fn into_pair(request: SyncRequest, mut records: Records) -> (SyncRequest, State) {
    any::make_consistent(&mut records);
    (request, records.try_into().unwrap_or_default())
}

/// Makes a pair that is accepted.
#[cfg(feature = "proptest")]
pub(crate) fn accepted_pair(edition: Edition, dice: Dice<'_>) -> (SyncRequest, State) {
    let (request, mut records) = accepted(edition, dice);
    free_name(&request, &mut records);
    into_pair(request, records)
}

/// Makes a pair that is refused for one reason.
#[cfg(feature = "proptest")]
pub(crate) fn faulty_pair(
    edition: Edition,
    (rule, fault): Breakable,
    mut dice: Dice<'_>,
) -> (SyncRequest, State) {
    let details = [dice.die(), dice.die()];
    let (mut request, mut records) = accepted(edition, dice);
    fault(&mut request, &mut records, details, edition);
    if !is_about_names(rule) {
        free_name(&request, &mut records);
    }
    into_pair(request, records)
}

/// Makes a pair: a third of all are accepted, half are refused for one reason, and the others are
/// unverified in some rule or refused for any reasons. The rules in force are those of [`faults`].
pub(crate) fn any_pair(edition: Edition, in_force: &[Breakable], mut dice: Dice<'_>) -> (SyncRequest, State) {
    let (mode, is_foreign) = (dice.die(), dice.is(128));
    let mut change = || array::from_fn(|_| dice.die());
    let faults: [[Die; CHANGE]; MOST_FAULTS] = array::from_fn(|_| change());
    let gaps: [[Die; CHANGE]; MOST_GAPS] = array::from_fn(|_| change());
    let (accepted_dice, request_dice, state_dice) =
        (dice.take(ACCEPTED), dice.take(any::REQUEST), dice.take(any::STATE));
    let is_accepted = mode.is_below(ACCEPTED_BELOW);
    let is_refused = !is_accepted && mode.is_below(REFUSED_BELOW);
    let is_any = mode.is_in(20);

    let (mut request, mut records) = if is_any && is_foreign {
        let free = Free::new(dice);
        let records = any::records(state_dice, &free);
        (any_request_on(&records, request_dice, &free), records)
    } else {
        accepted(edition, accepted_dice)
    };
    let mut keeps_name = is_any;
    for (place, [there, which, details @ ..]) in faults.into_iter().enumerate() {
        let is_there = match place {
            0 => is_refused || (!is_accepted && there.is_in(128)),
            _ => is_any && there.is_in(128),
        };
        if let (true, Some((rule, fault))) = (is_there, which.pick(in_force)) {
            fault(&mut request, &mut records, details, edition);
            keeps_name |= is_about_names(rule);
        }
    }
    for (place, [there, which, details @ ..]) in gaps.into_iter().enumerate() {
        let is_there = match place {
            0 => !is_accepted && !is_refused && !is_any,
            _ => is_any && there.is_in(96),
        };
        if let (true, Some(gap)) = (is_there, which.pick(GAPS)) {
            gap(&mut request, &mut records, details, edition);
        }
    }
    if !keeps_name {
        free_name(&request, &mut records);
    }
    into_pair(request, records)
}

/// The dice for the details of a gap; some of them differ for every gap that has several forms.
#[cfg(any(feature = "proptest", feature = "vectors"))]
pub(crate) const DETAILS: [[u8; 2]; 8] =
    [[0, 0], [64, 0], [112, 0], [160, 0], [224, 0], [0, 112], [0, 160], [0, 224]];

/// Returns the first dice of the simplest pairs that [`any_pair`] makes: with each fault alone, and
/// with each gap alone in some of the ways that there are.
#[cfg(feature = "proptest")]
pub(crate) fn simple(edition: Edition) -> Vec<Vec<u8>> {
    let in_force = faults(edition).count();
    let faults = Die::all(in_force).map(|which| vec![ACCEPTED_BELOW, 0, 0, which]);
    let gaps = Die::all(GAPS.len()).flat_map(|which| {
        DETAILS.map(|[one, other]| {
            let mut dice = vec![REFUSED_BELOW, 0];
            dice.resize(2 + MOST_FAULTS * CHANGE, 0);
            dice.extend([0, which, one, other]);
            dice
        })
    });
    faults.chain(gaps).collect()
}

/// Makes any request that is mostly about the regions and the images of these records.
fn any_request_on(records: &Records, dice: Dice<'_>, free: &Free) -> SyncRequest {
    let mut regions: Vec<&str> = records.regions.iter().map(|region| &*region.region).collect();
    let ids: Vec<&str> = records.images.iter().map(|image| &*image.image_id).collect();
    // The first image is mostly asked for where it is.
    if let Some(image) = records.images.first() {
        let place = regions.iter().position(|region| *region == image.region).unwrap_or_default();
        regions.rotate_left(place);
    }
    let ids = if ids.is_empty() { any::POOLS.ids } else { &ids };
    any::request(dice, &Named { regions: &regions, ids }, free)
}

#[cfg(all(test, feature = "proptest"))]
mod tests {
    use super::super::dice::takes;
    use super::super::faults::faults;
    use super::*;

    #[test]
    fn every_pair_takes_its_dice() {
        let edition = Edition::LATEST;
        let faults: Vec<_> = faults(edition).collect();
        takes(PAIR, |dice| any_pair(edition, &faults, dice));
        takes(FAULTY, |dice| faulty_pair(edition, faults[0], dice));
    }
}
