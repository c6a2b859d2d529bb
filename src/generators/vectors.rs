//! Conformance vectors: what any implementation of SyncImages, or of a
//! checker of it, can be held to.
//!
//! ```
//! use presync::Edition;
//! use presync::generators::vectors;
//!
//! let first = vectors::vectors(Edition::LATEST, 1).next().unwrap();
//! assert_eq!(first.about, ["version-required"]);
//! assert_eq!(first.violations[0].code.as_str(), "MissingParameter");
//! ```

use std::collections::BTreeMap;
use std::iter;

use serde::Serialize;

use super::accepted::{accepted, free_name};
use super::any::make_consistent;
use super::boundaries::BOUNDARIES;
use super::dice::{Dice, Die};
use super::faults::{Breakable, GAPS, faults, is_about_names};
use super::pair;
use super::sent::{SHAPES, Sent};
use crate::check::ruleset::Ruleset;
use crate::model::{Edition, ErrorCode, Parameter, Records, State, SyncRequest, history};
use crate::report::report::Report;
use crate::rule::Evidence;
use crate::rules;

/// A request, all that is known before it, and what is to be said of it.
///
/// `presync vectors` writes each as one line of JSON. A vector stands for itself: it names no
/// file and no other vector.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Vector {
    /// The name of the vector, which no other one of the same edition and seed has.
    pub id: String,
    /// The edition of the page.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub edition: Edition,
    /// What the vector is there for.
    pub kind: Kind,
    /// The ids of the rules that the vector is about, in order; empty if it is about none.
    pub about: Vec<String>,
    /// The two sides of the limit that the vector is about, if it is about
    /// one: the accepted one first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Everything that is known of regions, images and quota: the file for `--state`.
    pub state: State,
    /// All `X-TC-*` headers beside the body that say something about the request;
    /// `None` if they are not known.
    pub headers: Option<BTreeMap<String, String>>,
    /// The request in its first form: the exact text of the JSON body to send with the headers.
    /// `None` if what is wrong with it cannot be sent so.
    pub request: Option<String>,
    /// The same request in its second form: the exact text of the query string, or of a form body.
    /// It is sent without the headers. `None` if what is wrong or not known cannot be sent so.
    pub query: Option<String>,
    /// True if the request is accepted.
    pub accepted: bool,
    /// Every reason why it is refused, in order. Which of several a service
    /// names first is not published.
    pub violations: Vec<Expected>,
    /// What cannot be said from the state. A service knows everything, so for one
    /// these vectors say nothing.
    pub unverified: Vec<Open>,
}

/// The reason for which a vector is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// One rule alone is broken.
    Alone,
    /// Two rules are broken, and no other.
    Pair,
    /// A value on one of the two sides of a limit.
    Boundary,
    /// A rule is unverified.
    Unverified,
    /// Any request.
    Any,
}

/// A violation that is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Expected {
    /// The id of the rule that is broken.
    pub rule: String,
    /// The code of the error.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: ErrorCode,
    /// The parameter that breaks it, with its subscript.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub parameter: Parameter,
    /// How the code is known.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub evidence: Evidence,
}

/// A rule that is expected to be unverified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Open {
    /// The id of the rule.
    pub rule: String,
    /// The parameter that may break the rule, or may not.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub parameter: Parameter,
}

/// The ways in which one rule alone is broken, so many of each.
const WAYS: usize = 4;
/// The accepted pairs that are tried until one is found in which two rules
/// can be broken and no other.
const TRIES: usize = 12;

/// Returns vectors about the page of an edition, without end: first every rule alone, every two
/// rules that can be broken together, both sides of every limit, and every way in which a rule is
/// unverified; then any requests.
///
/// They are the same for the same edition and seed, and are made without a random source.
pub fn vectors(edition: Edition, seed: u64) -> impl Iterator<Item = Vector> + use<> {
    let maker = Maker { edition, rules: Ruleset::documented(edition), faults: faults(edition).collect() };
    let mut rolls = SplitMix64(seed);
    let systematic = maker.systematic(&mut rolls);
    let others = iter::repeat_with(move || {
        let (request, state) = pair::any_pair(edition, &maker.faults, Dice::new(&rolls.bytes(pair::PAIR)));
        maker.of(request, state, Kind::Any)
    });
    systematic.into_iter().chain(others.flatten()).enumerate().map(move |(number, mut vector)| {
        vector.id = format!("{edition}/{seed}/{number}");
        vector
    })
}

/// Numbers that are always the same for the same seed.
struct SplitMix64(u64);

impl SplitMix64 {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        iter::repeat_with(|| self.number().to_le_bytes()).flatten().take(count).collect()
    }

    /// Returns the dice of accepted pairs with faults, so many, the simplest ones first.
    fn of_faults(&mut self, count: usize) -> impl Iterator<Item = Vec<u8>> {
        iter::once(Vec::new()).chain(iter::repeat_with(move || self.bytes(pair::PAIR))).take(count)
    }
}

struct Maker {
    edition: Edition,
    rules: Ruleset,
    faults: Vec<Breakable>,
}

impl Maker {
    fn systematic(&self, rolls: &mut SplitMix64) -> Vec<Vector> {
        let mut vectors = Vec::new();
        self.add_alone(rolls, &mut vectors);
        self.add_shapes(&mut vectors);
        self.add_pairs(rolls, &mut vectors);
        self.add_boundaries(&mut vectors);
        self.add_gaps(&mut vectors);
        vectors
    }

    fn add_alone(&self, rolls: &mut SplitMix64, vectors: &mut Vec<Vector>) {
        for fault in &self.faults {
            for bytes in rolls.of_faults(WAYS) {
                let made = self.broken(&[fault], &bytes);
                vectors.extend(made.filter(|vector| vector.has_just(&[fault.0.id()])));
            }
        }
    }

    /// Breaks the shape of a request: one rule in each form, and two rules in each form.
    fn add_shapes(&self, vectors: &mut Vec<Vector>) {
        for (place, (rule, change)) in SHAPES.iter().enumerate() {
            let alone = [(None, rule.id())].into_iter();
            let others = SHAPES.iter().skip(place + 1).map(|(other, change)| (Some(change), other.id()));
            for (second, other) in alone.chain(others) {
                let (request, records) = accepted(self.edition, Dice::new(&[]));
                let Some(state) = state(records) else { continue };
                let mut sent = Sent::new(&request);
                // Where one of them cannot be broken, that one is not, and the vector is left out.
                for change in iter::once(change).chain(second) {
                    change(&mut sent);
                }
                let mut about = vec![rule.id(), other];
                about.dedup();
                let kind = if about.len() == 1 { Kind::Alone } else { Kind::Pair };
                for is_body in [true, false] {
                    let made = self.of_sent(sent.clone().only(is_body), state.clone(), kind);
                    vectors.extend(made.filter(|vector| vector.has_just(&about)));
                }
            }
        }
    }

    fn add_pairs(&self, rolls: &mut SplitMix64, vectors: &mut Vec<Vector>) {
        for (place, first) in self.faults.iter().enumerate() {
            for second in self.faults.iter().skip(place + 1) {
                let both = [first.0.id(), second.0.id()];
                // One may leave no room for the other.
                let orders = [[first, second], [second, first]];
                let found = rolls.of_faults(TRIES).find_map(|bytes| {
                    let mut made = orders.iter().filter_map(|order| self.broken(order, &bytes));
                    made.find(|vector| vector.has_just(&both))
                });
                vectors.extend(found);
            }
        }
    }

    /// Breaks one rule, or two, of an accepted pair.
    fn broken(&self, which: &[&Breakable], bytes: &[u8]) -> Option<Vector> {
        let mut dice = Dice::new(bytes);
        let details = [[dice.die(), dice.die()], [dice.die(), dice.die()]];
        let (mut request, mut records) = accepted(self.edition, dice);
        for ((_, fault), details) in which.iter().zip(details) {
            fault(&mut request, &mut records, details, self.edition)?;
        }
        if !which.iter().any(|(rule, _)| is_about_names(rule)) {
            free_name(&request, &mut records);
        }
        let kind = if which.len() == 1 { Kind::Alone } else { Kind::Pair };
        self.of(request, state(records)?, kind)
    }

    fn add_boundaries(&self, vectors: &mut Vec<Vector>) {
        for boundary in BOUNDARIES.iter().filter(|boundary| boundary.rule.in_force(self.edition)) {
            for is_beyond in [false, true] {
                let (mut request, mut records) = accepted(self.edition, Dice::new(&[]));
                let is_placed =
                    (boundary.place)(&mut request, &mut records, is_beyond, self.edition).is_some();
                let made = state(records).filter(|_| is_placed);
                let made = made.and_then(|state| self.of(request, state, Kind::Boundary));
                let id = boundary.rule.id();
                let broken: &[&str] = if is_beyond { &[id] } else { &[] };
                let fits = |vector: &Vector| vector.has_just(broken);
                vectors.extend(made.filter(fits).map(|vector| Vector {
                    about: vec![id.to_owned()],
                    boundary: Some(boundary.name.to_owned()),
                    ..vector
                }));
            }
        }
    }

    fn add_gaps(&self, vectors: &mut Vec<Vector>) {
        let details = pair::DETAILS.map(|details| details.map(Die::new));
        for gap in GAPS {
            for details in details {
                let (mut request, mut records) = accepted(self.edition, Dice::new(&[]));
                let is_made = gap(&mut request, &mut records, details, self.edition).is_some();
                make_consistent(&mut records);
                let made = state(records).filter(|_| is_made);
                let made = made.and_then(|state| self.of(request, state, Kind::Unverified));
                let is_new = |vector: &Vector| vectors.iter().all(|other| !vector.is_like(other));
                let made = made.filter(|vector| !vector.unverified.is_empty() && is_new(vector));
                vectors.extend(made);
            }
        }
    }

    fn of(&self, mut request: SyncRequest, state: State, kind: Kind) -> Option<Vector> {
        // An early page does not ask for a region, so it does not matter if one may be in a header.
        request.has_no_region |= request.region.is_none() && self.edition < history::REGION_REQUIRED;
        self.of_sent(Sent::new(&request), state, kind)
    }

    /// Makes the vector of what is sent. None if it cannot be read as a request, or if its two
    /// forms are not the same request.
    fn of_sent(&self, sent: Sent, state: State, kind: Kind) -> Option<Vector> {
        let (request, query) = (sent.body(), sent.query());
        let mut reports = sent.reports(&self.rules, &state)?.into_iter();
        let report = reports.next()?;
        if reports.any(|other| other != report) {
            return None;
        }
        let (violations, unverified) = self.expected(&report);
        let mut about: Vec<String> = violations.iter().map(|violation| violation.rule.clone()).collect();
        about.extend(unverified.iter().map(|open| open.rule.clone()));
        let place = |id: &String| rules::all().position(|rule| rule.id() == id);
        about.sort_by_key(place);
        about.dedup();
        Some(Vector {
            id: String::new(),
            edition: self.edition,
            kind,
            about,
            boundary: None,
            state,
            headers: sent.headers,
            request,
            query,
            accepted: report.accepted(),
            violations,
            unverified,
        })
    }

    fn expected(&self, report: &Report) -> (Vec<Expected>, Vec<Open>) {
        let violations = report.violations().iter().filter_map(|violation| {
            Some(Expected {
                rule: violation.rule().to_owned(),
                code: violation.code().clone(),
                parameter: violation.parameter().clone(),
                evidence: rules::find(violation.rule())?.evidence(self.edition),
            })
        });
        let unverified = report.unverified().iter();
        let unverified =
            unverified.map(|open| Open { rule: open.rule().to_owned(), parameter: open.parameter().clone() });
        (violations.collect(), unverified.collect())
    }
}

impl Vector {
    /// True if these rules are broken, and no other, and none is unverified.
    fn has_just(&self, rules: &[&str]) -> bool {
        let is_among = |violation: &Expected| rules.contains(&&*violation.rule);
        let is_broken = |rule: &&str| self.violations.iter().any(|violation| violation.rule == **rule);
        self.unverified.is_empty() && self.violations.iter().all(is_among) && rules.iter().all(is_broken)
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.state, &self.request, &self.headers) == (&other.state, &other.request, &other.headers)
    }
}

/// Makes a state of records that do not contradict themselves. None if they do.
fn state(mut records: Records) -> Option<State> {
    make_consistent(&mut records);
    records.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_are_published_for_their_seed() {
        let mut numbers = SplitMix64(1_234_567);
        for published in [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            assert_eq!(numbers.number(), published);
        }
        // The bytes of each number, the lowest first.
        let bytes = SplitMix64(1_234_567).bytes(12);
        assert_eq!(bytes[..8], 6_457_827_717_110_365_317_u64.to_le_bytes());
        assert_eq!(bytes[8..], 3_203_168_211_198_807_973_u64.to_le_bytes()[..4]);
    }
}
