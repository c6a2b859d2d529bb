//! The quota of custom images that each region has.

use super::{CODE_LIST, rule};

use crate::model::{Dated, Edition, ErrorCode, Places};
use crate::report::Finding;
use crate::rule::facts::Facts;
use crate::rule::{Evidence, Findings, Limit, Ordinary, Rule, Stage};
use crate::text::clean;

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[&IMAGE_QUOTA];

/// How many custom images an account may have in a region, a count, where the state does not say.
pub(crate) static IMAGE_NUM_QUOTA: Limit = Limit::at_most(
    Dated::always(10).then(&[(Edition::of(2023, 8), 50), (Edition::of(2024, 2), 500)]),
    "image",
    "images",
);

rule! {
    /// Each destination has a place left for one more custom image. The places that are taken are the region's `Used`
    /// if the state says it, else the custom images that the state lists there; copies in flight are added, for each
    /// of them will take a place. The limit is the region's `ImageNumQuota`, else the account's, else the documented
    /// number: 10, since 2023-08 50, since 2024-02 500. So on the first page the tenth image passes and the eleventh does
    /// not.
    ///
    /// # Why
    ///
    /// The copy counts as an image of its own in each region that it goes to.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}],
    ///            "AccountQuota": {"Regions": [{"Region": "ap-shanghai", "Used": 9, "InFlight": 1}]}}}
    /// ```
    ///
    /// # Cure
    ///
    /// Delete an image there, or ask for a larger quota. Waiting does not help: a copy in flight ends as an image. The
    /// rule is unverified where `Used` is `null`, or where the region's list of images is not complete and what it
    /// lists leaves a place.
    pub static IMAGE_QUOTA: Rule = Rule {
        id: "image-quota",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("each destination has a place left in its quota of custom images"),
        limit: Some(&IMAGE_NUM_QUOTA),
        citation: "1, bullet 3",
        code: Dated::always((ErrorCode::LimitExceeded, Evidence::Common))
            .then(&[(CODE_LIST, (ErrorCode::ImageQuotaLimitExceeded, Evidence::Documented))]),
        first_seen: Edition::SEED,
        last_seen: None,
        stage: Stage::CheckUnless(Ordinary::Places, image_quota),
    };
}

fn limit(places: &Places, edition: Edition) -> u64 {
    places.limit.unwrap_or_else(|| IMAGE_NUM_QUOTA.at(edition))
}

/// Whether there is a place left, however many images there may be.
pub(crate) fn has_room(places: &Places, edition: Edition) -> bool {
    places.most.is_some_and(|most| most.saturating_add(places.in_flight) < limit(places, edition))
}

fn image_quota(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for (subscript, place) in facts.known_destinations() {
        let Some(places) = facts.state().places(place) else { continue };
        if has_room(places, facts.edition()) {
            continue;
        }
        let limit = limit(places, facts.edition());
        if places.least.saturating_add(places.in_flight) >= limit {
            let destination = facts.destination(subscript);
            let (name, used) = (clean(destination.name), places.least);
            let in_flight = match places.in_flight {
                0 => String::new(),
                1 => " and 1 copy in flight".to_owned(),
                many => format!(" and {many} copies in flight"),
            };
            let images = if used == 1 { "image" } else { "images" };
            let message = format!("`{name}` has {used} custom {images}{in_flight}, and its quota is {limit}");
            findings.violation(
                Finding::new(destination.parameter(), message)
                    .value(destination.name)
                    .allowed(IMAGE_NUM_QUOTA.with(limit)),
            );
        } else {
            let destination = facts.destination(subscript);
            let needs = format!("the number of custom images in `{}` (`Used`)", clean(destination.name));
            findings.unverified(destination.parameter(), needs);
        }
    }
}
