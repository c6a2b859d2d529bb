//! The rules of the 2017-03 page, written by hand twice more, to compare with: as one would without
//! thinking of speed, and as lean as it can be. Both know a closed world only: no unknown facts, no
//! editions, no rules that can be left out.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "each bench uses a part of this, and stops where its input is wrong"
)]

pub(crate) mod lean;
pub(crate) mod naive;
pub(crate) mod plain;

use presync::{
    AccountQuota, Image, ImageState, QuotaLimit, Region, RegionQuota, Report, Ruleset, State, SyncRequest,
    Used,
};

/// An accepted request: one image, so many destinations, the source region sent.
pub(crate) fn accepted(destinations: usize) -> SyncRequest {
    SyncRequest::new("img-00000007", (1..=destinations).map(region)).with_region(region(0))
}

/// A request with five violations: of the version, the image's state and size, a region,
/// and a repeated destination.
pub(crate) fn refused() -> SyncRequest {
    SyncRequest::new("img-00000009", ["ap-region-01", "ap-nowhere", "ap-region-01"])
        .with_region(region(0))
        .with_version("2017-03-21")
}

pub(crate) fn region(number: usize) -> String {
    format!("ap-region-{number:02}")
}

/// So many regions, and so many images in the first of them.
pub(crate) fn state(images: usize, regions: usize) -> State {
    let images = (0..images).map(|number| {
        let image = Image::new(region(0), format!("img-{number:08}"));
        if number == 9 {
            image.with_image_size(50).with_image_state(ImageState::SYNCING)
        } else {
            image.with_image_size(20)
        }
    });
    let quotas = (0..regions).map(|number| RegionQuota::new(region(number)).with_used(Used::Count(9)));
    let quota = AccountQuota::default().with_image_num_quota(20).with_regions(quotas);
    let regions = (0..regions).map(|number| Region::new(region(number)));
    State::from_records(regions, images, quota, []).expect("records that fit together")
}

/// The most custom images of a region.
fn limit(state: &State, quota: Option<&RegionQuota>) -> u64 {
    let own = quota.map_or(QuotaLimit::Default, |quota| quota.image_num_quota);
    match if own == QuotaLimit::Default { state.account_quota().image_num_quota } else { own } {
        QuotaLimit::Default => 10,
        QuotaLimit::Count(limit) => limit,
        QuotaLimit::Unknown => panic!("the rivals know every limit"),
    }
}

/// Rule and parameter of each violation.
pub(crate) type Verdict = Vec<(String, String)>;

pub(crate) fn verdict(report: &Report) -> Verdict {
    let violations = report.violations().iter();
    violations.map(|violation| (violation.rule().to_owned(), violation.parameter().to_string())).collect()
}

/// Fails where one of the three says something else: a rival that skips a rule is no rival.
pub(crate) fn hold_to_each_other(state: &State) {
    let rules = Ruleset::default();
    let naive = naive::World::of(state);
    let lean = lean::World::of(state);
    let mut out = Vec::new();
    let mut requests = vec![accepted(3), refused(), SyncRequest::default(), accepted(12)];
    let mut edited = |edit: fn(&mut SyncRequest)| {
        let mut request = accepted(3);
        edit(&mut request);
        requests.push(request);
    };
    edited(|request| request.region = None);
    edited(|request| request.region = Some("gz".to_owned()));
    edited(|request| request.version = None);
    edited(|request| request.dry_run = Some(true));
    edited(|request| request.image_ids = vec!["img-x".to_owned(), "img-99999999".to_owned()]);
    edited(|request| request.destination_regions.push(region(0)));
    edited(|request| request.destination_regions.push(region(1)));
    edited(|request| request.destination_regions.push("x".to_owned()));
    edited(|request| request.destination_regions.push("x".to_owned()));
    for request in &requests {
        let expected = verdict(&rules.check(request, state));
        assert_eq!(naive::verdict(&naive.check(request)), expected, "naive: {request:?}");
        out.clear();
        lean.check(request, &mut out);
        assert_eq!(lean::verdict(&out), expected, "lean: {request:?}");
    }
    assert_eq!(verdict(&rules.check(&accepted(3), state)), []);
    assert_eq!(rules.check(&refused(), state).violations().len(), 5);
}
