//! Rules on `DestinationRegions.N`: which regions an image can be copied to.

use super::rule;
use crate::model::{Dated, ErrorCode, ImageType, Parameter, RegionState, Truth, history};
use crate::report::{Fact, Finding, Said, Words};
use crate::rule::hint::{self, Meant};
use crate::rule::{Cause, Evidence, Facts, Findings, Input, Rule, Run, Unknown};
use crate::text::{clean, joined};

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[
    &DESTINATION_REQUIRED,
    &DESTINATION_EXISTS,
    &DESTINATION_AVAILABLE,
    &DESTINATION_NOT_SOURCE,
    &DESTINATION_SOURCE_ONLY,
    &DESTINATION_UNIQUE,
];

rule! {
    /// A request names at least one region to copy to.
    ///
    /// # Why
    ///
    /// There is nowhere to copy to otherwise. An empty list is as good as a list that was not sent.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": []},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send `DestinationRegions.0`, or an element in the JSON list `DestinationRegions`.
    pub(crate) static DESTINATION_REQUIRED: Rule = Rule {
        id: "destination-required",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("a destination is named"),
        limit: None,
        citation: "2, DestinationRegions.N",
        code: Dated::always((ErrorCode::MissingParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Count,
        suppresses: None,
        takes: None,
        reads: &[&[Input::DestinationCount]],
        can_plain_break: false,
        run: Run::Check(destination_required),
        facts: &[Fact::Damage],
        words: |_| Words::new("no destination is named").allowed("1 region or more"),
    };
}

fn destination_required(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    if facts.destination_count() == 0 {
        findings.violation(no_destination());
    }
}

/// Returns the finding on a request without a destination.
pub(crate) fn no_destination() -> Finding {
    Finding::on(Parameter::DESTINATION_REGIONS)
}

rule! {
    /// Every destination is a region that the state lists.
    ///
    /// # Why
    ///
    /// A zone (`ap-shanghai-2`), a short code of an older API (`sh`), several regions in one
    /// element, a space or a dash of another kind: all of them are names that no region has. A
    /// region that does not exist is not also reported as unavailable or full.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai-2"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send the region's full name, in lower case. If the region is new, add it to the state.
    pub(crate) static DESTINATION_EXISTS: Rule = Rule {
        id: "destination-exists",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("a destination is a known region"),
        limit: None,
        citation: "2, DestinationRegions.N, limit 2",
        code: Dated::always((ErrorCode::InvalidRegionNotFound, Evidence::Documented)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: Some(Cause::DestinationUnknown),
        takes: None,
        reads: &[Input::DESTINATION, &[Input::RegionsComplete]],
        can_plain_break: false,
        run: Run::Check(destination_exists),
        facts: &[Fact::Meant, Fact::ZoneOf, Fact::Slips, Fact::ReadAs, Fact::Elements],
        words: |said| Words::new(format!("`{}` is not a known region", said.value)),
    };
}

fn destination_exists(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for destination in facts.distinct_destinations() {
        findings.require(destination.parameter(), destination.exists(), |parameter| {
            let near = destination.subscript < hint::NEAR_MISSES;
            let meant = hint::region(destination.name, facts.state(), near);
            Meant::add_to(meant, Finding::on(parameter).value(destination.name))
        });
    }
}

rule! {
    /// Images can be synchronized to the destination: the region is `AVAILABLE`, it takes images,
    /// and the route from the source region is not blocked.
    ///
    /// # Why
    ///
    /// The page says that some regions do not support it, and not which. No response of the API
    /// does either, so the state says it: `RegionState`, `ImageSync` and `BlockedRoutes`. Routes
    /// between mainland and overseas regions were blocked once.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai", "ImageSync": false}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Copy to another region. What the state says to be unknown, with `null`, is unverified.
    pub(crate) static DESTINATION_AVAILABLE: Rule = Rule {
        id: "destination-available",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("a destination takes synchronized images"),
        limit: None,
        citation: "2, DestinationRegions.N, limit 3",
        code: Dated::always((ErrorCode::InvalidRegionUnavailable, Evidence::Documented)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[
            Input::IMAGE,
            Input::DESTINATION,
            &[Input::ImageType, Input::DestinationState, Input::DestinationSync, Input::BlockedRoutes],
        ],
        can_plain_break: false,
        run: Run::Check(destination_available),
        facts: &[Fact::State, Fact::ImageSync, Fact::Source],
        words: destination_available_words,
    };
}

fn destination_available(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for destination in facts.distinct_destinations() {
        let Some(region) = destination.region() else {
            if let Some(needs) = destination.exists().needs() {
                findings.unverified(destination.parameter(), needs);
            }
            continue;
        };
        let is_blocked = destination.is_blocked();
        // Nearly every one.
        if region.is_open() && is_blocked.is_no() {
            continue;
        }
        let closed = region.region_state.as_ref().filter(|state| **state != RegionState::AVAILABLE);
        let finding = || Finding::on(destination.parameter()).value(destination.name);
        if let Some(state) = closed {
            findings.violation(finding().fact(Fact::State, state.word()));
        } else if region.image_sync == Some(false) {
            findings.violation(finding().fact(Fact::ImageSync, false));
        } else if is_blocked.is_yes() {
            findings.violation(match facts.source_region() {
                Some(source) => finding().fact(Fact::Source, source.region.as_str()),
                None => finding(),
            });
        } else {
            let state = region.region_state.is_none().then_some("`RegionState`");
            let sync = region.image_sync.is_none().then_some("`ImageSync`");
            let keys = joined(state.into_iter().chain(sync), " and ");
            let of_state =
                (!keys.is_empty()).then(|| format!("the state's {keys} of `{}`", clean(destination.name)));
            let needs = joined(of_state.as_deref().into_iter().chain(is_blocked.needs()), " and ");
            if !needs.is_empty() {
                findings.unverified(destination.parameter(), needs);
            }
        }
    }
}

fn destination_available_words(said: &Said<'_>) -> Words {
    let name = said.value;
    if said.facts.text(Fact::State).is_some() {
        Words::new(format!("`{name}` is `{}`", said.text(Fact::State)))
            .allowed(RegionState::AVAILABLE.to_string())
    } else if said.facts.flag(Fact::ImageSync) == Some(false) {
        Words::new(format!("`{name}` does not take synchronized images")).allowed("a region with image sync")
    } else {
        let message = match said.facts.text(Fact::Source) {
            Some(_) => format!("images cannot be copied from `{}` to `{name}`", said.text(Fact::Source)),
            None => format!("images cannot be copied to `{name}` from any region that the image may be in"),
        };
        Words::new(message).allowed("a region with an open route")
    }
}

rule! {
    /// No destination is the source region: the request's `Region`, else the region in which the
    /// image is listed. Since 2022-08 this holds for custom images only, and since 2024-10 not for
    /// a copy that is to be encrypted, which has nowhere else to go.
    ///
    /// # Why
    ///
    /// The image is there already.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai", "ap-guangzhou"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Leave it out of the list. The code is inferred: of the two codes that the page has for
    /// regions, it is the one for a region that exists and cannot be synchronized to. Where the
    /// image may be in several regions and no `Region` is sent, the source region is not guessed:
    /// the rule is unverified.
    pub(crate) static DESTINATION_NOT_SOURCE: Rule = Rule {
        id: "destination-not-source",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("no destination is the source region").then(&[
            (history::SHARED_IMAGES, "no destination of a custom image is the source region"),
            (
                history::ENCRYPTED_COPIES,
                "no destination of a custom image is the source region, unless the copy is to be encrypted",
            ),
        ]),
        limit: None,
        citation: "2, DestinationRegions.N, limit 1",
        code: Dated::always((ErrorCode::InvalidRegionUnavailable, Evidence::Inferred)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::When(|facts, _| {
            !facts.leaves_out_source() && !facts.is_nowhere() && !is_kept_from_source(facts).is_no()
        }),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE, &[Input::ImageType, Input::Destinations, Input::Encrypt]],
        can_plain_break: false,
        run: Run::Check(destination_not_source),
        facts: &[],
        words: |said| {
            Words::new(format!("`{}` is the source region", said.value))
                .allowed(format!("a region other than `{}`", said.value))
        },
    };
}

/// Returns whether the copy is kept from the source region.
fn is_kept_from_source<'a>(facts: &Facts<'a>) -> Truth<'a> {
    let is_custom = if facts.edition() < history::SHARED_IMAGES {
        Truth::Yes
    } else {
        facts.some_image_is(&ImageType::PRIVATE_IMAGE)
    };
    is_custom.and(!facts.is_encrypting())
}

fn destination_not_source(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let is_kept = is_kept_from_source(facts);
    if is_kept.is_no() {
        return;
    }
    for destination in facts.distinct_destinations() {
        // The region first: with it the image is known too.
        let is_wrong = destination.is_source().and(is_kept.borrowed());
        findings.require(destination.parameter(), !is_wrong, |parameter| {
            Finding::on(parameter).value(destination.name)
        });
    }
}

rule! {
    /// A shared image is copied to its own region only, where the copy is a custom image; since
    /// 2022-08. So is any image whose copy is to be encrypted (`Encrypt`); since 2024-10.
    ///
    /// # Why
    ///
    /// The image of another account, or a copy under a key of one region, does not leave the
    /// region. The page of 2022-08 says that shared images may be copied to their own region, and
    /// still keeps every image from its source region: what it says of shared images alone counts.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "ap-guangzhou", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageType": "SHARED_IMAGE"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Name the source region alone, and copy the copy in a second request. The code is inferred:
    /// of the two codes that the page has for regions, it is the one for a region that exists and
    /// cannot be synchronized to.
    pub(crate) static DESTINATION_SOURCE_ONLY: Rule = Rule {
        id: "destination-source-only",
        parameter: "DestinationRegions.N",
        requirement: Dated::since(history::SHARED_IMAGES, "the one destination of a shared image is the source region")
            .then(&[(
                history::ENCRYPTED_COPIES,
                "the one destination of a shared image, or of a copy that is to be encrypted, is the source region",
            )]),
        limit: None,
        citation: "2, DestinationRegions.N",
        code: Dated::since(history::SHARED_IMAGES, (ErrorCode::InvalidRegionUnavailable, Evidence::Inferred)),
        first_seen: history::SHARED_IMAGES,
        withdrawn: None,
        unknown: Unknown::When(|facts, _| !facts.is_nowhere() && !is_bound_to_source(facts).is_no()),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE, Input::DESTINATION, &[Input::ImageType, Input::Encrypt]],
        can_plain_break: false,
        run: Run::Check(destination_source_only),
        facts: &[Fact::Source, Fact::Encrypting],
        words: destination_source_only_words,
    };
}

/// Returns whether the copy stays in the source region.
fn is_bound_to_source<'a>(facts: &Facts<'a>) -> Truth<'a> {
    let is_encrypting = facts.is_encrypting();
    if is_encrypting.is_yes() {
        return Truth::Yes;
    }
    facts.some_image_is(&ImageType::SHARED_IMAGE).or(is_encrypting)
}

fn destination_source_only(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let is_encrypting = facts.is_encrypting().is_yes();
    let is_bound = is_bound_to_source(facts);
    if is_bound.is_no() {
        return;
    }
    for destination in facts.distinct_destinations() {
        let is_wrong = destination.is_other_than_source().and(is_bound.borrowed());
        findings.require(destination.parameter(), !is_wrong, |parameter| {
            let finding =
                Finding::on(parameter).value(destination.name).fact(Fact::Encrypting, is_encrypting);
            match facts.source_region() {
                Some(source) => finding.fact(Fact::Source, source.region.as_str()),
                None => finding,
            }
        });
    }
}

fn destination_source_only_words(said: &Said<'_>) -> Words {
    let is_encrypting = said.is(Fact::Encrypting);
    let what = if is_encrypting { "a copy that is to be encrypted" } else { "a shared image" };
    let allowed = match said.facts.text(Fact::Source) {
        Some(_) => format!("`{}`", said.text(Fact::Source)),
        None => "the source region".to_owned(),
    };
    Words::new(format!("{what} stays in the source region, and `{}` is another one", said.value))
        .allowed(allowed)
}

rule! {
    /// No destination is a duplicate. The second of two equal ones is only that: no other rule
    /// speaks of it, and it does not count again in the quota.
    ///
    /// # Why
    ///
    /// A duplicate is always a slip: often a loop that adds the same region again and again, so
    /// that another one is missing.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai", "ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Name each region once, and look for the one that was meant. The code is inferred: no page
    /// speaks of it, so it is the common one for a value that is not allowed.
    pub(crate) static DESTINATION_UNIQUE: Rule = Rule {
        id: "destination-unique",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("no destination is a duplicate"),
        limit: None,
        citation: "not on the page: a duplicate is always a slip",
        code: Dated::always((ErrorCode::InvalidParameterValue, Evidence::Inferred)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Some(Cause::DestinationDuplicate),
        takes: None,
        reads: &[&[Input::Destinations]],
        can_plain_break: false,
        run: Run::Check(destination_unique),
        facts: &[Fact::DuplicateOf],
        words: destination_unique_words,
    };
}

fn destination_unique(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for destination in facts.destinations() {
        let Some(first) = destination.duplicate_of else { continue };
        let finding = Finding::on(destination.parameter()).value(destination.name);
        findings.violation(finding.fact(Fact::DuplicateOf, first));
    }
}

fn destination_unique_words(said: &Said<'_>) -> Words {
    let (list, first) = (said.parameter.name(), said.count(Fact::DuplicateOf));
    Words::new(format!("`{}` is already listed as `{list}.{first}`", said.value)).allowed("each region once")
}
