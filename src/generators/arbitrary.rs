//! [`Arbitrary`] for the public models, for fuzz targets of those who embed the crate.
//!
//! Values come from small pools, and now and then from the bytes themselves: bytes alone would
//! hardly ever name a region that the state lists. A [`State`] is always one that does not
//! contradict itself.

use arbitrary::{Arbitrary, Result, Unstructured};

use super::any;
use super::dice::{Dice, Free};
use super::faults;
use super::pair;
use super::pools;
use crate::model::{
    AccountQuota, BlockedRoute, Edition, Image, ImageState, ImageType, QuotaLimit, Region, RegionQuota,
    RegionState, State, SyncRequest, Used,
};

/// A request and a state that have to do with each other, for fuzz targets: a third of what bytes
/// make is accepted, half is refused for one reason.
///
/// Each byte decides on one thing, and a 0 on the ordinary one, as does a byte that is not there:
/// from no bytes at all comes an ordinary pair, which is accepted.
///
/// ```
/// use arbitrary::{Arbitrary, Unstructured};
/// use presync::generators::Pair;
/// use presync::validate_sync;
///
/// let Pair { request, state, .. } = Pair::arbitrary(&mut Unstructured::new(&[]))?;
/// assert_eq!(validate_sync(&request, &state), []);
/// assert_eq!(state.regions().len(), 2);
/// # Ok::<(), arbitrary::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pair {
    /// The request.
    pub request: SyncRequest,
    /// The state.
    pub state: State,
}

impl Pair {
    /// Makes a pair about the page of this edition. [`Arbitrary`] makes one about that of 2017-03.
    ///
    /// # Errors
    ///
    /// Never errors: bytes that are missing are 0.
    pub fn arbitrary_under(edition: Edition, u: &mut Unstructured<'_>) -> Result<Self> {
        let in_force: Vec<_> = faults::faults(edition).collect();
        let (request, state) = pair::any_pair(edition, &in_force, dice(u, pair::PAIR)?);
        Ok(Self { request, state })
    }
}

impl<'a> Arbitrary<'a> for Pair {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Self::arbitrary_under(Edition::FIRST, u)
    }
}

/// Takes as many bytes, or those that are left.
fn dice<'a>(u: &mut Unstructured<'a>, count: usize) -> Result<Dice<'a>> {
    u.bytes(count.min(u.len())).map(Dice::new)
}

/// Takes the dice of one value.
fn one<'a>(u: &mut Unstructured<'a>, count: usize) -> Result<(Dice<'a>, Free)> {
    let mut dice = dice(u, Free::DICE + count)?;
    let free = Free::new(dice.take(Free::DICE));
    Ok((dice, free))
}

/// Takes the dice of a word.
fn word(u: &mut Unstructured<'_>, words: &[&str]) -> Result<String> {
    let (mut dice, free) = one(u, any::TEXT)?;
    Ok(any::text(&mut dice, words, &[], &free))
}

impl<'a> Arbitrary<'a> for SyncRequest {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (dice, free) = one(u, any::REQUEST)?;
        Ok(any::request(dice, &any::POOLS, &free))
    }
}

impl<'a> Arbitrary<'a> for RegionState {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        word(u, &pools::REGION_STATES).map(|word| word.as_str().into())
    }
}

impl<'a> Arbitrary<'a> for ImageState {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        word(u, &pools::IMAGE_STATES).map(|word| word.as_str().into())
    }
}

impl<'a> Arbitrary<'a> for ImageType {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        word(u, &pools::IMAGE_TYPES).map(|word| word.as_str().into())
    }
}

impl<'a> Arbitrary<'a> for QuotaLimit {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (dice, free) = one(u, any::COUNT)?;
        Ok(any::quota_limit(dice, &free))
    }
}

impl<'a> Arbitrary<'a> for Used {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (dice, free) = one(u, any::COUNT)?;
        Ok(any::used(dice, &free))
    }
}

impl<'a> Arbitrary<'a> for Region {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (mut dice, free) = one(u, 1 + any::REGION)?;
        Ok(any::region(dice.pick(&pools::REGIONS), dice, &free))
    }
}

impl<'a> Arbitrary<'a> for Image {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (mut dice, free) = one(u, 2 + any::IMAGE)?;
        Ok(any::image(dice.pick(&pools::REGIONS), dice.pick(&pools::IMAGE_IDS), dice, &free))
    }
}

impl<'a> Arbitrary<'a> for RegionQuota {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (mut dice, free) = one(u, 1 + any::QUOTA)?;
        Ok(any::region_quota(dice.pick(&pools::REGIONS), dice, &free))
    }
}

impl<'a> Arbitrary<'a> for AccountQuota {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let image_num_quota = QuotaLimit::arbitrary(u)?;
        let count = u.int_in_range(0..=4)?;
        let regions = (0..count).map(|_| RegionQuota::arbitrary(u)).collect::<Result<_>>()?;
        Ok(Self { image_num_quota, regions })
    }
}

impl<'a> Arbitrary<'a> for BlockedRoute {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut dice = dice(u, 2)?;
        Ok(Self::new(dice.pick(&pools::REGIONS), dice.pick(&pools::REGIONS)))
    }
}

impl<'a> Arbitrary<'a> for State {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (dice, free) = one(u, any::STATE)?;
        any::records(dice, &free).try_into().map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

/// The number of pages that there were when bytes were first kept as inputs of fuzz targets.
const PAGES_OF_CORPORA: usize = 11;

/// Returns the page of a byte, of so many. Each page that came since corpora are kept takes a
/// sixteenth of the bytes, so that the others keep their month.
fn page(byte: u8, pages: usize) -> usize {
    let later = PAGES_OF_CORPORA + usize::from(byte / 16);
    if later < pages { later } else { usize::from(byte) % PAGES_OF_CORPORA }
}

impl<'a> Arbitrary<'a> for Edition {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        // Every month with a change, and the months beside it.
        let pages = Self::pages();
        let page = pages.get(page(u8::arbitrary(u)?, pages.len()));
        let page = page.ok_or(arbitrary::Error::IncorrectFormat)?;
        Ok(pools::beside(page, u.int_in_range(0..=2)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_added_takes_a_sixteenth_of_the_bytes_and_no_other_loses_its_month() {
        for pages in PAGES_OF_CORPORA..=PAGES_OF_CORPORA + 16 {
            for byte in 0..=u8::MAX {
                let page = page(byte, pages);
                // The first sixteen bytes are those of the first page that is added, and so on.
                let added = (PAGES_OF_CORPORA..pages)
                    .zip(0_u8..)
                    .find(|(_, nth)| (nth * 16..=nth * 16 + 15).contains(&byte));
                let expected = added.map_or(usize::from(byte) % PAGES_OF_CORPORA, |(added, _)| added);
                assert_eq!(page, expected, "{byte} of {pages}");
            }
        }
    }
}
