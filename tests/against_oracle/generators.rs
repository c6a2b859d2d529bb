//! What the crate offers to the tests of those who embed it does what it says.

#![cfg(all(feature = "proptest", feature = "arbitrary"))]

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use arbitrary::{Arbitrary, Unstructured};
use presync::generators::{Pair, strategies};
use presync::{
    AccountQuota, BlockedRoute, Edition, Image, ImageState, ImageType, Parameter, QuotaLimit, Region,
    RegionQuota, RegionState, Rule, Ruleset, Stage, State, SyncRequest, Used, rules,
};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestError, TestRunner};
use serde_json::Value;

use crate::oracle::{Verdict, judge};
use crate::support::history::{self, months};
use crate::support::values::{FLAGS, samples, set_flags};

/// Whether a call can break this rule in this month.
fn can_be_broken(rule: &Rule, month: Edition) -> bool {
    let has_every_parameter = Parameter::later().all(|(_, first_seen)| first_seen <= month);
    !matches!(rule.stage(), Stage::Decode)
        && rule.in_force(month)
        && !(rule.id() == "parameter-known" && has_every_parameter)
}

/// A pair as it can be given to the command line again.
fn shown(request: &SyncRequest, state: &State) -> String {
    format!("{}\n{}", serde_json::to_string(request).unwrap(), serde_json::to_string(state).unwrap())
}

#[test]
fn accepted_pairs_are_accepted_with_nothing_left_open() {
    for month in months() {
        let rules = Ruleset::documented(month);
        for (request, state) in samples(strategies::accepted_under(month), 60) {
            let report = rules.check(&request, &state);
            assert!(
                report.accepted() && report.unverified().is_empty(),
                "{month}: {report:?}\n{}",
                shown(&request, &state)
            );
        }
    }
    for (request, state) in samples(strategies::accepted(), 500) {
        let report = Ruleset::default().check(&request, &state);
        assert!(
            report.accepted() && report.unverified().is_empty(),
            "{report:?}\n{}",
            shown(&request, &state)
        );
    }
}

/// What a page has is in the pairs that it accepts, on both sides of the
/// limits; what it has not is not.
#[test]
fn accepted_pairs_have_what_their_page_has() {
    for month in months() {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (request, state) in samples(strategies::accepted_under(month), 150) {
            let name = request.image_name.as_deref().unwrap_or_default();
            let image = state.images().iter().find(|image| image.image_id == request.image_ids[0]).unwrap();
            let has_namesake = |custom: bool| {
                let is_custom = |other: &ImageType| *other == ImageType::PRIVATE_IMAGE;
                !name.is_empty()
                    && state.images().iter().any(|other| {
                        other.image_name.as_deref() == Some(name)
                            && other.image_type.as_ref().is_some_and(is_custom) == custom
                    })
            };
            for (what, is_so) in [
                ("DryRun", request.dry_run.is_some()),
                ("ImageName", request.image_name.is_some()),
                ("ImageSetRequired", request.image_set_required.is_some()),
                ("Encrypt", request.encrypt.is_some()),
                ("KmsKeyId", request.kms_key_id.is_some()),
                ("large", image.image_size.is_none_or(|size| size >= 50)),
                ("encrypted", image.encrypted != Some(false)),
                ("shared", image.image_type == Some(ImageType::SHARED_IMAGE)),
                ("encrypting", request.encrypt == Some(true)),
                ("60 characters", name.chars().count() == 60),
                ("61 characters", name.chars().count() == 61),
                ("a custom image elsewhere has the name", has_namesake(true)),
                ("another image has the name", has_namesake(false)),
            ] {
                *seen.entry(what).or_default() += usize::from(is_so);
            }
        }
        let parameters =
            history::LATER_PARAMETERS.iter().map(|(parameter, since)| (*parameter, *since, "9999-12"));
        let others = [
            ("large", "2021-09", "9999-12"),
            ("encrypted", "2017-03", "2022-09"),
            ("shared", "2022-08", "9999-12"),
            ("encrypting", "2024-10", "9999-12"),
            ("60 characters", "2022-08", "9999-12"),
            ("61 characters", "2022-08", "2025-04"),
            ("a custom image elsewhere has the name", "2022-08", "9999-12"),
            ("another image has the name", "2022-08", "9999-12"),
        ];
        for (what, from, until) in parameters.chain(others) {
            let (from, until) = (history::page(from), history::page(until));
            assert_eq!(seen[what] > 0, from <= month && month < until, "{month}: {what}");
        }
    }
}

#[test]
fn a_pair_with_a_fault_is_refused_for_that_and_nothing_else() {
    let mut pairs = 0;
    for month in months() {
        let rules = Ruleset::documented(month);
        for rule in rules::all() {
            let strategy = strategies::with_fault_under(rule.id(), month);
            assert_eq!(strategy.is_some(), can_be_broken(rule, month), "{month}: {}", rule.id());
            for (request, state) in strategy.into_iter().flat_map(|strategy| samples(strategy, 8)) {
                let report = rules.check(&request, &state);
                let said = format!("{month}: {}: {report:?}\n{}", rule.id(), shown(&request, &state));
                assert_eq!(report.violations().len(), 1, "{said}");
                assert_eq!(report.violations()[0].rule(), rule.id());
                assert_eq!(report.violations()[0].code(), rule.code(month), "{month}");
                assert!(report.unverified().is_empty(), "{said}");
                pairs += 1;
            }
        }
        assert!(strategies::with_fault_under("no-such-rule", month).is_none());
    }
    assert!(pairs > 4_000);
    // Without an edition it is the first page that is meant.
    for rule in rules::all() {
        let strategy = strategies::with_fault(rule.id());
        assert_eq!(strategy.is_some(), can_be_broken(rule, Edition::FIRST), "{}", rule.id());
        for (request, state) in strategy.into_iter().flat_map(|strategy| samples(strategy, 100)) {
            let report = Ruleset::default().check(&request, &state);
            assert_eq!(
                report.violations().len(),
                1,
                "{}: {report:?}\n{}",
                rule.id(),
                shown(&request, &state)
            );
            assert_eq!(report.violations()[0].rule(), rule.id());
        }
    }
}

#[test]
fn any_edition_is_mostly_one_beside_a_change() {
    let made: Vec<Edition> = samples(strategies::any_edition(), 2_000).collect();
    let (months, seen) = (months(), made.iter().copied().collect::<BTreeSet<_>>());
    assert!(months.is_subset(&seen), "{:?} never comes", months.difference(&seen));
    assert!(made.iter().filter(|edition| months.contains(edition)).count() > 1_000);
    assert!(seen.len() > months.len() + 50, "no other month comes");
    let bytes = samples(proptest::collection::vec(any::<u8>(), 8), 2_000);
    let seen: BTreeSet<Edition> =
        bytes.map(|data| Edition::arbitrary(&mut Unstructured::new(&data)).unwrap()).collect();
    assert_eq!(seen, months);
}

/// Inputs of fuzz targets are kept: a page that comes later leaves most of them under
/// the edition that they had.
#[test]
fn a_page_that_is_added_leaves_bytes_their_edition() {
    let edition = |byte: u8| Edition::arbitrary(&mut Unstructured::new(&[byte, 1])).unwrap();
    let first = &history::changes()[..11];
    for byte in 0..=u8::MAX {
        let is_later = first.iter().all(|month| *month != edition(byte));
        if !is_later {
            assert_eq!(edition(byte), first[usize::from(byte) % 11], "{byte}");
        }
        // Each later page has a sixteenth of them.
        let later = usize::from(byte / 16);
        assert_eq!(is_later, 11 + later < history::CHANGES.len(), "{byte}");
    }
}

/// The bytes that a value takes.
fn taken<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> usize {
    let mut left = Unstructured::new(bytes);
    T::arbitrary(&mut left).unwrap();
    bytes.len() - left.len()
}

/// What comes after a value stays the same, whatever the value becomes.
#[test]
fn a_value_takes_the_same_number_of_bytes_whatever_they_are() {
    // The length of a text that comes from no pool, its twelve characters, and a number.
    const FREE: usize = 1 + 2 * 12 + 8;
    // If it is known, if it is from a pool, and which of the pool.
    const WORD: usize = 3;
    // If it is known, if it is from a pool, and which of the pool.
    const COUNT: usize = 3;
    for data in samples(proptest::collection::vec(any::<u8>(), 200), 50) {
        assert_eq!(taken::<RegionState>(&data), FREE + 2);
        assert_eq!(taken::<ImageState>(&data), FREE + 2);
        assert_eq!(taken::<ImageType>(&data), FREE + 2);
        assert_eq!(taken::<QuotaLimit>(&data), FREE + COUNT);
        assert_eq!(taken::<Used>(&data), FREE + COUNT);
        // Its name, if it is an ordinary one, three flags, and its state.
        assert_eq!(taken::<Region>(&data), FREE + 1 + 1 + 3 + WORD);
        // Its region and its id, its size, if it is an ordinary one, and its facts.
        assert_eq!(taken::<Image>(&data), FREE + 2 + 3 + 1 + fields().len() * WORD);
        // Its region, two counts, the copies in flight, and the two names that these may have.
        assert_eq!(taken::<RegionQuota>(&data), FREE + 1 + 2 * COUNT + 2 + 1 + 2 * WORD);
        assert_eq!(taken::<BlockedRoute>(&data), 2);
    }
}

/// Values of bytes, as they are shown.
fn shown_of_bytes<T: for<'a> Arbitrary<'a> + std::fmt::Debug>() -> BTreeSet<String> {
    let bytes = samples(proptest::collection::vec(any::<u8>(), 200), 1_500);
    bytes.map(|data| format!("{:?}", T::arbitrary(&mut Unstructured::new(&data)).unwrap())).collect()
}

#[test]
fn bytes_make_every_word_and_count_and_some_that_are_in_no_pool() {
    fn has<T: for<'a> Arbitrary<'a> + std::fmt::Debug>(likely: &[T]) {
        let seen = shown_of_bytes::<T>();
        for value in likely {
            assert!(seen.contains(&format!("{value:?}")), "{value:?} never comes");
        }
        assert!(seen.len() > likely.len() + 5, "{seen:?}");
    }
    has(&[RegionState::AVAILABLE, RegionState::UNAVAILABLE, "SOMETHING_NEW".into()]);
    has(ImageState::ALL);
    has(ImageType::ALL);
    // Both sides of each documented quota.
    let counts = [0, 1, 9, 10, 11, 49, 50, 51, 499, 500, u64::MAX];
    let mut limits = counts.map(QuotaLimit::Count).to_vec();
    limits.extend([QuotaLimit::Default, QuotaLimit::Unknown]);
    has(&limits);
    let mut used = counts.map(Used::Count).to_vec();
    used.extend([Used::AsListed, Used::Unknown]);
    has(&used);
}

/// The values of each field of the records that bytes make.
fn fields_of_bytes<T: for<'a> Arbitrary<'a> + serde::Serialize>() -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for data in samples(proptest::collection::vec(any::<u8>(), 300), 1_000) {
        let record = serde_json::to_value(T::arbitrary(&mut Unstructured::new(&data)).unwrap()).unwrap();
        for (key, value) in record.as_object().unwrap() {
            fields.entry(key.clone()).or_default().insert(value.to_string());
        }
    }
    fields
}

#[test]
fn records_of_bytes_differ_in_every_field() {
    let has = |fields: &BTreeMap<String, BTreeSet<String>>, key: &str, values: &[&str]| {
        for value in values {
            assert!(fields[key].contains(*value), "`{key}` is never {value}: {:?}", fields[key]);
        }
    };
    let region = fields_of_bytes::<Region>();
    has(&region, "Region", &["\"ap-guangzhou\"", "\"eu-frankfurt\""]);
    has(&region, "RegionState", &["\"AVAILABLE\"", "\"UNAVAILABLE\"", "null"]);
    has(&region, "ImageSync", &["true", "false", "null"]);
    has(&region, "ImagesComplete", &["true", "false"]);
    let image = fields_of_bytes::<Image>();
    has(&image, "Region", &["\"ap-guangzhou\"", "\"eu-frankfurt\""]);
    has(&image, "ImageSize", &["49", "50", "null"]);
    has(&image, "Encrypted", &["true", "false", "null"]);
    let quota = fields_of_bytes::<RegionQuota>();
    has(&quota, "Region", &["\"ap-guangzhou\"", "\"eu-frankfurt\""]);
    has(&quota, "InFlight", &["0", "1", "9"]);
    has(&quota, "InFlightNames", &["[\"\"]", "[\"base\"]", "[\"base\",\"base-v2\"]", "[null,null]"]);
    // Of no region up to four.
    let account = samples(proptest::collection::vec(any::<u8>(), 400), 300);
    let account = account.map(|data| AccountQuota::arbitrary(&mut Unstructured::new(&data)).unwrap());
    let account: Vec<AccountQuota> = account.collect();
    let regions: BTreeSet<usize> = account.iter().map(|quota| quota.regions.len()).collect();
    assert_eq!(regions, (0..=4).collect());
    assert!(account.iter().any(|quota| quota.image_num_quota == QuotaLimit::Unknown));
}

/// Bytes that are missing are 0, and a 0 is the ordinary case.
#[test]
fn no_bytes_make_the_ordinary_values() {
    fn ordinary<T: for<'a> Arbitrary<'a>>() -> T {
        T::arbitrary(&mut Unstructured::new(&[])).unwrap()
    }
    assert_eq!(ordinary::<RegionState>(), RegionState::AVAILABLE);
    assert_eq!(ordinary::<ImageState>(), ImageState::NORMAL);
    assert_eq!(ordinary::<ImageType>(), ImageType::PRIVATE_IMAGE);
    assert_eq!(ordinary::<QuotaLimit>(), QuotaLimit::Default);
    assert_eq!(ordinary::<Used>(), Used::AsListed);
    assert_eq!(ordinary::<Region>(), Region::new("ap-guangzhou"));
    assert_eq!(ordinary::<Image>(), Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20));
    assert_eq!(ordinary::<RegionQuota>(), RegionQuota::new("ap-guangzhou"));
    assert_eq!(ordinary::<AccountQuota>(), AccountQuota::default());
    let state = ordinary::<State>();
    assert_eq!((state.regions().len(), state.images().len()), (2, 1));
}

/// What an image's record says where it says least and all that can be left out is.
fn fields() -> BTreeMap<String, Value> {
    let record = serde_json::to_value(Image::new("", "").with_image_size(20)).unwrap();
    let fields: BTreeMap<String, Value> = serde_json::from_value(record).unwrap();
    fields.into_iter().filter(|(key, _)| !["Region", "ImageId"].contains(&&**key)).collect()
}

#[test]
fn the_tests_go_through_every_field_of_an_image() {
    for (key, left_out) in fields() {
        let is_varied = match left_out {
            Value::Bool(_) => FLAGS.contains(&key),
            _ => ["ImageName", "ImageType", "ImageState", "ImageSize"].contains(&&*key),
        };
        assert!(is_varied, "tests/support/values.rs gives no value to the field `{key}` of an image");
    }
    // Setting one leaves the rest as it was.
    let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    let mut encrypted = image.clone();
    set_flags(&mut encrypted, [("Encrypted", Some(true))]);
    assert_eq!(encrypted, image.with_encrypted(true));
    assert!(!FLAGS.is_empty());
}

/// Every field of an image is unknown in some, and has different values in others.
#[test]
fn generated_images_differ_in_every_field() {
    let by_strategies: Vec<State> = samples(strategies::any_state(), 500).collect();
    let bytes = samples(proptest::collection::vec(any::<u8>(), 500), 500);
    let by_bytes = bytes.map(|data| State::arbitrary(&mut Unstructured::new(&data)).unwrap()).collect();
    for (who, states) in [("strategies", by_strategies), ("arbitrary", by_bytes)] {
        let images = states.iter().flat_map(State::images);
        let images: Vec<Value> = images.map(|image| serde_json::to_value(image).unwrap()).collect();
        for key in fields().keys() {
            let seen: BTreeSet<String> = images.iter().map(|image| image[key].to_string()).collect();
            assert!(seen.contains("null") && seen.len() > 2, "{who}: `{key}` is only {seen:?}");
        }
    }
}

/// What came of any calls under any pages.
#[derive(Default)]
struct Reached {
    broken: BTreeSet<&'static str>,
    open: BTreeSet<&'static str>,
    accepted: BTreeSet<Edition>,
}

impl Reached {
    /// Holds the library against the oracle.
    fn add(&mut self, edition: Edition, request: &SyncRequest, state: &State) {
        let report = Ruleset::documented(edition).check(request, state);
        let expected = judge(edition, request, state);
        assert!(
            expected.is_what_says(&report),
            "{edition}: {}\n{}",
            expected.difference(&Verdict::of(&report)),
            shown(request, state)
        );
        let id = |id: &str| rules::find(id).unwrap().id();
        self.broken.extend(report.violations().iter().map(|violation| id(violation.rule())));
        self.open.extend(report.unverified().iter().map(|open| id(open.rule())));
        if report.accepted() {
            self.accepted.insert(edition);
        }
    }

    fn everything(&self) {
        let checked: BTreeSet<&str> = rules::all()
            .filter(|rule| !matches!(rule.stage(), Stage::Decode))
            .map(|rule| rule.id())
            .collect();
        assert_eq!(self.broken, checked);
        assert_eq!(self.open, history::can_be_unverified().into_iter().collect());
    }
}

#[test]
fn any_pair_reaches_every_rule_both_ways_and_is_what_the_oracle_says() {
    let mut reached = Reached::default();
    let any = (strategies::any_edition(), strategies::any_request(), strategies::any_state());
    for (edition, request, state) in samples(any, 4_000) {
        reached.add(edition, &request, &state);
    }
    reached.everything();
    assert!(reached.accepted.len() > 2, "{:?}", reached.accepted);
}

#[test]
fn bytes_make_requests_and_states_that_reach_every_rule() {
    let mut reached = Reached::default();
    let (mut long, mut on_their_way, mut encrypted) = (0, 0, 0);
    for data in samples(proptest::collection::vec(any::<u8>(), 500), 4_000) {
        let mut bytes = Unstructured::new(&data);
        let edition = Edition::arbitrary(&mut bytes).unwrap();
        let request = SyncRequest::arbitrary(&mut bytes).unwrap();
        let state = State::arbitrary(&mut bytes).unwrap();
        reached.add(edition, &request, &state);
        let is_long = |name: &String| name.chars().count() == 61;
        long += usize::from(request.image_name.as_ref().is_some_and(is_long));
        on_their_way +=
            usize::from(state.account_quota().regions.iter().any(|quota| quota.in_flight_names.len() > 1));
        encrypted += usize::from(state.images().iter().any(|image| image.encrypted == Some(true)));
    }
    reached.everything();
    assert!(long > 10 && on_their_way > 100 && encrypted > 100, "{long}, {on_their_way}, {encrypted}");
}

/// The number of pairs whose shares are counted: of a page with other rules than the page before
/// it, and of one with the same rules.
const PAIRS: [usize; 2] = [20_000, 4_000];

/// What comes of pairs under one edition.
#[derive(Default)]
struct Shares {
    pairs: usize,
    /// Accepted, whatever is unverified.
    accepted: usize,
    /// Accepted, with no rule unverified.
    certain: usize,
    /// Refused for one reason, with no rule unverified, by rule.
    alone: BTreeMap<String, usize>,
    open: BTreeMap<String, usize>,
}

impl Shares {
    fn of(month: Edition, pairs: impl Iterator<Item = (SyncRequest, State)>) -> Self {
        let rules = Ruleset::documented(month);
        let mut shares = Self::default();
        let count = |counts: &mut BTreeMap<String, usize>, rule: &str| match counts.get_mut(rule) {
            Some(count) => *count += 1,
            None => _ = counts.insert(rule.to_owned(), 1),
        };
        for (request, state) in pairs {
            let report = rules.check(&request, &state);
            // The oracle is slow.
            if shares.pairs % 20 == 0 {
                let expected = judge(month, &request, &state);
                assert!(expected.is_what_says(&report), "{month}: {}", shown(&request, &state));
            }
            shares.pairs += 1;
            shares.accepted += usize::from(report.accepted());
            shares.certain += usize::from(report.accepted() && report.unverified().is_empty());
            for open in report.unverified() {
                count(&mut shares.open, open.rule());
            }
            if let ([violation], []) = (report.violations(), report.unverified()) {
                count(&mut shares.alone, violation.rule());
            }
        }
        shares
    }

    fn percent(&self, count: usize) -> f64 {
        100.0 * f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(self.pairs).unwrap())
    }

    /// Of every edition: who is accepted, who is refused for one reason, for
    /// which, and what is unverified.
    fn are_right(&self, month: Edition) {
        let one_fault: usize = self.alone.values().sum();
        let rules: Vec<&str> =
            rules::all().filter(|rule| can_be_broken(rule, month)).map(|rule| rule.id()).collect();
        let rarest =
            rules.iter().map(|rule| self.percent(self.alone.get(*rule).copied().unwrap_or_default()));
        let rarest = rarest.fold(100.0, f64::min);
        println!(
            "{month}: {} pairs, accepted {:.1} % (with no rule unverified {:.1} %), one fault {:.1} %, each of {} rules alone in \
             {rarest:.2} % or more, {} rules unverified",
            self.pairs,
            self.percent(self.accepted),
            self.percent(self.certain),
            self.percent(one_fault),
            rules.len(),
            self.open.len(),
        );
        assert!(self.percent(self.certain) >= 25.0, "{month}");
        assert!((45.0..=55.0).contains(&self.percent(one_fault)), "{month}");
        assert!(rarest >= 0.3, "{month}: {:?}", self.alone);
        assert_eq!(
            self.alone.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            rules.into_iter().collect(),
            "{month}"
        );
        let can_be_open = history::can_be_unverified().into_iter().collect::<BTreeSet<_>>();
        let on_the_page = history::rules_on(month).into_iter().collect();
        assert_eq!(
            self.open.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            can_be_open.intersection(&on_the_page).copied().collect(),
            "{month}"
        );
    }
}

/// Runs a test for every month in which the page changed, on all cores. Between two
/// of them nothing changes.
fn for_every_page(test: impl Fn(Edition) + Sync) {
    let months = history::changes();
    let next = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(month) = months.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    test(*month);
                }
            });
        }
    });
}

#[test]
fn any_pair_is_accepted_or_has_one_fault_in_the_shares_that_are_promised() {
    for_every_page(|month| {
        let before = history::changes().into_iter().rfind(|page| *page < month);
        let rules = |month| rules::all().filter(move |rule| can_be_broken(rule, month)).map(Rule::id);
        let is_as_before = before.is_some_and(|before| rules(before).eq(rules(month)));
        let pairs = PAIRS[usize::from(is_as_before)];
        Shares::of(month, samples(strategies::any_pair_under(month), pairs)).are_right(month);
    });
}

#[test]
fn pairs_of_bytes_have_the_same_shares() {
    for_every_page(|month| {
        let bytes = samples(proptest::collection::vec(any::<u8>(), 700), 1_500);
        let pairs = bytes.map(|bytes| {
            let pair = Pair::arbitrary_under(month, &mut Unstructured::new(&bytes)).unwrap();
            (pair.request, pair.state)
        });
        Shares::of(month, pairs).are_right(month);
    });
    // Bytes that are missing are the ordinary case, in every edition.
    for month in months() {
        let pair = Pair::arbitrary_under(month, &mut Unstructured::new(&[])).unwrap();
        let report = Ruleset::documented(month).check(&pair.request, &pair.state);
        assert!(report.accepted() && report.unverified().is_empty(), "{month}: {report:?}");
    }
}

/// What a property shrank to.
#[derive(Default)]
struct Shrunk {
    properties: usize,
    regions: Vec<usize>,
    images: Vec<usize>,
    unrelated: Vec<usize>,
    tries: Vec<usize>,
}

impl Shrunk {
    /// Shrinks pairs for which a rule is broken, or unverified, from several starts, within the
    /// budget that is proptest's own.
    fn add<S: Strategy<Value = (SyncRequest, State)>>(
        &mut self,
        month: Edition,
        rule: &'static str,
        is_open: bool,
        pairs: &S,
        starts: u64,
    ) {
        let rules = Ruleset::documented(month);
        for start in 0..starts {
            let config = ProptestConfig {
                failure_persistence: None,
                cases: 100_000,
                // Its budget is so many tries, or four times the number of cases, which is 256.
                max_shrink_iters: 4 * 256,
                rng_algorithm: RngAlgorithm::XorShift,
                rng_seed: RngSeed::Fixed(start),
                ..ProptestConfig::default()
            };
            let tries = std::cell::Cell::new(0);
            let failure = TestRunner::new(config).run(pairs, |(request, state)| {
                let report = rules.check(&request, &state);
                let is_broken = report.violations().iter().any(|violation| violation.rule() == rule);
                let is_unverified = report.unverified().iter().any(|open| open.rule() == rule);
                // Since the first failure.
                let fails = if is_open { is_unverified } else { is_broken };
                tries.set(tries.get() + usize::from(fails || tries.get() > 0));
                if fails { Err(TestCaseError::fail("as it should")) } else { Ok(()) }
            });
            let Err(TestError::Fail(_, (request, state))) = failure else {
                panic!("{month}: {rule} never comes");
            };
            let report = rules.check(&request, &state);
            let others = report.violations().iter().filter(|violation| violation.rule() != rule).count();
            self.properties += 1;
            self.regions.push(state.regions().len());
            self.images.push(state.images().len());
            self.unrelated.push(others);
            self.tries.push(tries.get());
        }
    }

    fn row(&self, name: &str) {
        let column = |counts: &[usize]| {
            let sum = f64::from(u32::try_from(counts.iter().sum::<usize>()).unwrap());
            let mean = sum / f64::from(u32::try_from(counts.len()).unwrap());
            format!("{mean:.2} / {}", counts.iter().max().unwrap())
        };
        println!(
            "{name}: {} failures; mean and most regions {}, images {}, unrelated violations {}, tries {}",
            self.properties,
            column(&self.regions),
            column(&self.images),
            column(&self.unrelated),
            column(&self.tries),
        );
    }

    /// A request and a state that know nothing of each other shrink each for itself.
    fn is_mostly_small(&self, name: &str) {
        self.row(name);
        assert!(self.regions.iter().all(|regions| *regions <= 2), "{name}");
        assert!(self.images.iter().all(|images| *images <= 2), "{name}");
        assert!(self.unrelated.iter().sum::<usize>() * 5 < self.properties, "{name}");
    }

    fn is_small(&self, name: &str) {
        self.row(name);
        assert!(self.properties > 0, "{name}");
        assert!(self.regions.iter().all(|regions| *regions <= 2), "{name}");
        assert!(self.images.iter().all(|images| *images <= 1), "{name}");
        assert!(self.unrelated.iter().all(|unrelated| *unrelated == 0), "{name}");
    }
}

#[test]
fn what_fails_shrinks_to_a_small_pair() {
    let (mut broken, mut open, mut apart, mut apart_open, mut faults) =
        (Shrunk::default(), Shrunk::default(), Shrunk::default(), Shrunk::default(), Shrunk::default());
    for month in [Edition::FIRST, Edition::LATEST] {
        let pairs = strategies::any_pair_under(month);
        let two = (strategies::any_request(), strategies::any_state());
        for rule in rules::all().filter(|rule| can_be_broken(rule, month)) {
            broken.add(month, rule.id(), false, &pairs, 8);
            apart.add(month, rule.id(), false, &two, 3);
            faults.add(month, rule.id(), false, &strategies::with_fault_under(rule.id(), month).unwrap(), 3);
        }
        for rule in history::can_be_unverified() {
            if history::rule(rule).is_on(month) {
                open.add(month, rule, true, &pairs, 8);
                apart_open.add(month, rule, true, &two, 3);
            }
        }
    }
    apart.is_mostly_small("any_request and any_state, a rule is broken");
    apart_open.is_mostly_small("any_request and any_state, a rule is unverified");
    broken.is_small("any_pair, a rule is broken");
    open.is_small("any_pair, a rule is unverified");
    faults.is_small("with_fault");
}
