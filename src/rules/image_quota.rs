//! The quota of custom images that each region has.

use super::rule;
use crate::model::{Dated, ErrorCode, history};
use crate::report::{Fact, Finding, Said, Words};
use crate::rule::{Evidence, Facts, Findings, Input, Limit, Rule, Run, Takes, Unknown};
use crate::text::counted;

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[&IMAGE_QUOTA];

/// The most custom images that an account may have in a region, a count, where the state does not
/// say.
pub(crate) static IMAGE_NUM_QUOTA: Limit = Limit::at_most(
    Dated::always(10).then(&[(history::QUOTA_OF_50, 50), (history::QUOTA_OF_500, 500)]),
    "image",
    "images",
);

rule! {
    /// Each destination has free quota for one more custom image. Used is the region's `Used` if
    /// the state says it, else the custom images that the state lists there; copies in flight are
    /// added, for each of them will be a custom image. The limit is the region's `ImageNumQuota`,
    /// else the account's, else the documented number: 10, since 2023-08 50, since 2024-02 500. So
    /// on the first page the tenth image passes and the eleventh does not.
    ///
    /// # Why
    ///
    /// The copy counts as an image of its own in each region that it goes to. Room for one is asked
    /// for however many images the request names: it may name one only, and each of the requests
    /// into which it is split is checked anew. Where `image-single` is turned off, or down to a
    /// warning, it is asked for each of them.
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
    /// Delete an image there, or ask for a larger quota. Waiting does not help: a copy in flight
    /// ends as an image. Where it is not known how many custom images there are (`Used` is `null`,
    /// the region's list of images is not complete, or an image there is of no known type), the
    /// rule is unverified as long as those that are known leave some of the quota free; and so it
    /// is where `ImageNumQuota` is `null`, which is a quota that is not known.
    pub(crate) static IMAGE_QUOTA: Rule = Rule {
        id: "image-quota",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("each destination has free quota for one more custom image"),
        limit: Some(&IMAGE_NUM_QUOTA),
        citation: "1, bullet 3",
        code: Dated::always((ErrorCode::LimitExceeded, Evidence::Common))
            .then(&[(history::CODE_LIST, (ErrorCode::ImageQuotaLimitExceeded, Evidence::Documented))]),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: Some(Takes::Quota),
        reads: &[
            Input::DESTINATION,
            &[Input::RegionsComplete],
            &[Input::DestinationComplete, Input::DestinationImages, Input::DestinationTypes],
            &[Input::AccountLimit, Input::DestinationLimit, Input::Used, Input::InFlight],
        ],
        can_plain_break: false,
        run: Run::Check(image_quota),
        facts: &[Fact::Used, Fact::MoreUsed, Fact::InFlight, Fact::Added, Fact::Limit, Fact::Requests],
        words: image_quota_words,
    };
}

fn image_quota(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let is_for_one = facts.are_several_images_refused();
    let copies = if is_for_one { 1 } else { facts.copies_at_least() };
    for destination in facts.each_destination() {
        let has_room = if is_for_one {
            destination.judge_quota(|taken, limit| taken < limit)
        } else {
            destination.judge_quota_after(|after, limit| after <= limit)
        };
        findings.require(destination.parameter(), has_room, |parameter| {
            let quota = destination.quota().unwrap_or_default();
            let finding = quota.add_to(Finding::on(parameter).value(destination.name));
            let finding = if copies > 1 { finding.fact(Fact::Added, copies) } else { finding };
            finding.fact(Fact::Limit, quota.limit.unwrap_or_default())
        });
    }
}

fn image_quota_words(said: &Said<'_>) -> Words {
    let used = counted(said.count(Fact::Used), "custom image", "custom images");
    let in_flight = match said.count(Fact::InFlight) {
        0 => String::new(),
        some => format!(" and {} in flight", counted(some, "copy", "copies")),
    };
    let added = match said.count(Fact::Added) {
        0 => String::new(),
        several => format!(", the request adds {several}"),
    };
    let limit = said.count(Fact::Limit);
    let least = if said.is(Fact::MoreUsed) { "at least " } else { "" };
    Words::new(format!("`{}` has {least}{used}{in_flight}{added}, and its quota is {limit}", said.value))
        .allowed(IMAGE_NUM_QUOTA.text_of(limit))
}
