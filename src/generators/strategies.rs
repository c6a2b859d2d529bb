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
//! [`with_fault_under`] about that of any edition, and [`any_edition`] makes editions. [`any_pair`]
//! and [`any_pair_under`] make both, and pairs in which a rule is unverified.
//!
//! Everything shrinks to the ordinary case: an ordinary request that is accepted on an ordinary
//! state of two regions and one image.

use proptest::prelude::*;
use proptest::sample::select;

use super::accepted;
use super::any;
use super::dice::{Dice, Free};
use super::faults;
use super::pair;
use super::pools;
use super::rolls::Rolls;
use crate::model::{Edition, State, SyncRequest};

/// Requests as clients send them, right and wrong: ids and regions that a state of [`any_state`]
/// may list, and the slips that are seen in the field.
///
/// Of a hundred, about 80 have the right version, and 8 none; 44 have no region, and of half of
/// these it is known that no header has one; 88 have one image, and 10 two; 46 have one
/// destination, and 52 several; 37 have parameters of later pages. Of a hundred texts, 75 are
/// likely ones, 19 slips, and 6 any texts.
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
    Rolls::new(Free::DICE + any::REQUEST).prop_map(|bytes| {
        let mut dice = Dice::new(&bytes);
        let free = Free::new(dice.take(Free::DICE));
        any::request(dice, &any::POOLS, &free)
    })
}

/// States of up to eight regions, with images, quotas and blocked routes, ordinary and not, known
/// and not known.
///
/// Of a hundred, about 63 block a route, and 19 may have other regions; a few have one region or no
/// image. Of a hundred records of regions, 62 are in the ordinary case; of a hundred of images, 50,
/// but for the size, which is unknown in 15 and too large in 48. Half of the regions have a quota:
/// of a hundred, 44 have a number, and 12 an unknown one; as many images are used as are listed in
/// 25, and an unknown number in 22.
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
    Rolls::new(Free::DICE + any::STATE).prop_map(|bytes| {
        let mut dice = Dice::new(&bytes);
        let free = Free::new(dice.take(Free::DICE));
        any::records(dice, &free).try_into().unwrap_or_default()
    })
}

/// A request and a state that have to do with each other, about the 2017-03 page: a third is
/// accepted, about half is refused for one reason, and the others are refused for several, or some
/// rule is unverified: of a hundred, in about 3 that are accepted otherwise. Every rule is broken
/// alone, in each of its ways, and every rule that can be is unverified.
///
/// ```
/// use presync::generators::strategies;
/// use presync::validate_sync;
/// use proptest::prelude::*;
///
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) };
/// let accepted = std::cell::Cell::new(0);
/// proptest!(config, |((request, state) in strategies::any_pair())| {
///     accepted.set(accepted.get() + usize::from(validate_sync(&request, &state).is_empty()));
/// });
/// assert!(accepted.get() > 64);
/// ```
pub fn any_pair() -> impl Strategy<Value = (SyncRequest, State)> {
    any_pair_under(Edition::FIRST)
}

/// A request and a state that have to do with each other, about the page of this edition: as
/// [`any_pair`] makes them, with every rule that is in force.
///
/// A pair that fails shrinks to a small one: two regions, one image, and only what the
/// failure needs. Pairs that are ordinary but for one fault, or for one fact that is
/// missing, are tried first.
///
/// ```
/// use presync::generators::strategies;
/// use presync::{Edition, Ruleset};
/// use proptest::prelude::*;
/// use proptest::test_runner::{TestError, TestRunner};
///
/// let rules = Ruleset::documented(Edition::LATEST);
/// # let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
/// let failure = TestRunner::new(config).run(&strategies::any_pair_under(Edition::LATEST), |(request, state)| {
///     let report = rules.check(&request, &state);
///     prop_assert!(report.violations().iter().all(|violation| violation.rule() != "image-quota"));
///     Ok(())
/// });
/// let Err(TestError::Fail(_, (request, state))) = failure else { panic!("no region was full") };
/// assert_eq!(rules.check(&request, &state).violations().len(), 1);
/// assert_eq!(state.regions().len(), 2);
/// ```
pub fn any_pair_under(edition: Edition) -> impl Strategy<Value = (SyncRequest, State)> {
    let in_force: Vec<_> = faults::faults(edition).collect();
    Rolls::with_simple(pair::PAIR, pair::simple(edition))
        .prop_map(move |bytes| pair::any_pair(edition, &in_force, Dice::new(&bytes)))
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
/// Under the latest page, half copy a custom image to other regions, a quarter copies a shared one
/// to its own, and a quarter makes encrypted copies, as often of a shared image as of a custom
/// one. Half give the copies a name, which images that are not custom may have too, and half name
/// a key. The source region has one to four images; of what a quota has taken, any part may be
/// copies that are on their way.
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
    Rolls::new(accepted::ACCEPTED).prop_map(move |bytes| pair::accepted_pair(edition, Dice::new(&bytes)))
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
    let fault = faults::faults(edition).find(|(rule, _)| rule.id() == rule_id)?;
    let pairs =
        Rolls::new(pair::FAULTY).prop_map(move |bytes| pair::faulty_pair(edition, fault, Dice::new(&bytes)));
    Some(pairs.boxed())
}
