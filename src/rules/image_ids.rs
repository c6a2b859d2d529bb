//! Rules on `ImageIds.N`: how many images, and what each of them must be.

use std::collections::BTreeSet;

use super::rule;
use crate::model::{Dated, Edition, ErrorCode, ImageState, ImageType, Parameter, history};
use crate::report::{Fact, Finding, Said, Words};
use crate::rule::hint::{self, Meant};
use crate::rule::{Cause, Evidence, Facts, Findings, Input, Limit, NamedImage, Rule, Run, Unknown};
use crate::text::{joined, legible};

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[
    &IMAGE_REQUIRED,
    &IMAGE_SINGLE,
    &IMAGE_ID_FORMAT,
    &IMAGE_EXISTS,
    &IMAGE_CUSTOM,
    &IMAGE_STATE_NORMAL,
    &IMAGE_SIZE,
];

rule! {
    /// A request names the image that it copies.
    ///
    /// # Why
    ///
    /// There is no image to copy otherwise.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": [], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-shanghai"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send `ImageIds.0`, or one element in the JSON list `ImageIds`.
    pub(crate) static IMAGE_REQUIRED: Rule = Rule {
        id: "image-required",
        parameter: "ImageIds.N",
        requirement: Dated::always("an image is named"),
        limit: None,
        citation: "2, ImageIds.N",
        code: Dated::always((ErrorCode::MissingParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Count,
        suppresses: None,
        takes: None,
        reads: &[&[Input::ImageCount]],
        can_plain_break: false,
        run: Run::Check(image_required),
        facts: &[Fact::Limit, Fact::Damage],
        words: |said| Words::new("no image is named").allowed(IMAGES.text_of(said.count(Fact::Limit))),
    };
}

fn image_required(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    if facts.image_count() == 0 {
        findings.violation(no_image(facts.edition()));
    }
}

/// Returns the finding on a request without an image.
pub(crate) fn no_image(edition: Edition) -> Finding {
    Finding::on(Parameter::IMAGE_IDS).fact(Fact::Limit, IMAGES.at(edition))
}

/// The number of images that a request names.
static IMAGES: Limit = Limit::at_most(Dated::always(1), "image", "images");

rule! {
    /// A request copies one image, although the parameter is a list. Each of the images is still
    /// checked, so that the requests into which it is split do not fail again.
    ///
    /// # Why
    ///
    /// The page says so in its first section. Two elements with the same id are two as well.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p", "img-34vaef8f"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20},
    ///                       {"Region": "ap-guangzhou", "ImageId": "img-34vaef8f", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send one request for each image. The code is inferred: the first page has none for a list
    /// that is too long, so it is the common one for a value that is not allowed; since 2021-06
    /// there is one for too many values.
    pub(crate) static IMAGE_SINGLE: Rule = Rule {
        id: "image-single",
        parameter: "ImageIds.N",
        requirement: Dated::always("a request names 1 image, not more"),
        limit: Some(&IMAGES),
        citation: "1, bullet 1",
        code: Dated::always((ErrorCode::InvalidParameterValue, Evidence::Inferred))
            .then(&[(history::CODE_LIST, (ErrorCode::InvalidParameterValueLimitExceeded, Evidence::Inferred))]),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Count,
        suppresses: Some(Cause::ImagesSeveral),
        takes: None,
        reads: &[&[Input::ImageIds]],
        can_plain_break: false,
        run: Run::Check(image_single),
        facts: &[Fact::Count, Fact::Distinct, Fact::Limit],
        words: image_single_words,
    };
}

fn image_single(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let count = facts.image_count();
    if count > 1 {
        let ids: BTreeSet<&str> = facts.request().image_ids.iter().map(String::as_str).collect();
        // Of an id that is not known nobody can say that it is another one.
        let distinct =
            if facts.unknowns_in(&Parameter::IMAGE_IDS).next().is_some() { count } else { ids.len() };
        findings.violation(
            Finding::on(Parameter::IMAGE_IDS)
                .fact(Fact::Count, count)
                .fact(Fact::Distinct, distinct)
                .fact(Fact::Limit, IMAGES.at(facts.edition())),
        );
    }
}

fn image_single_words(said: &Said<'_>) -> Words {
    let (count, distinct) = (said.count(Fact::Count), said.count(Fact::Distinct));
    let hint = match distinct {
        1 => "it is the same image: name it once".to_owned(),
        _ if distinct < count => {
            format!("send {distinct} requests, one for each image, which each name it once")
        }
        _ => format!("send {count} requests, one for each image"),
    };
    Words::new(format!("{count} images are named, and a request copies one"))
        .allowed(IMAGES.text_of(said.count(Fact::Limit)))
        .hint(Some(hint.into()))
}

rule! {
    /// An image id is `img-` and at least eight digits or lower-case letters. A text of another
    /// form is not looked up, so it is not reported as missing too.
    ///
    /// # Why
    ///
    /// A placeholder, a name or an id of another cloud in the place of an id can never be found.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-xxxxxx"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Copy the id from DescribeImages. A service whose ids look different has its own pattern,
    /// which a rule set takes.
    pub(crate) static IMAGE_ID_FORMAT: Rule = Rule {
        id: "image-id-format",
        parameter: "ImageIds.N",
        requirement: Dated::always("an image id has the form of one"),
        limit: None,
        citation: "4, InvalidImageId.Malformed",
        code: Dated::always((ErrorCode::InvalidImageIdMalformed, Evidence::Documented)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::When(|facts, image| !facts.is_new_image(image)),
        suppresses: Some(Cause::IdMalformed),
        takes: None,
        reads: &[&[Input::ImageIds]],
        can_plain_break: false,
        run: Run::Check(image_id_format),
        facts: &[Fact::Pattern, Fact::Meant, Fact::Slips, Fact::Elements],
        words: image_id_format_words,
    };
}

fn image_id_format(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for image in facts.images().filter(NamedImage::is_malformed) {
        let finding = Finding::on(image.parameter()).value(image.id);
        let meant = hint::image_id(image.id, |id| facts.is_image_id(id));
        findings.violation(Meant::add_to(meant, finding.fact(Fact::Pattern, facts.image_id_pattern())));
    }
}

fn image_id_format_words(said: &Said<'_>) -> Words {
    Words::new(format!("`{}` does not have the form of an image id", said.value))
        .allowed(legible(said.facts.text(Fact::Pattern).unwrap_or_default()))
}

rule! {
    /// The image is there: in the source region when `Region` is sent, else in any region of the
    /// state.
    ///
    /// # Why
    ///
    /// Ids belong to one region. An image of another region, or one that was deleted, cannot be
    /// copied from here.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "ap-guangzhou", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}, {"Region": "ap-beijing"}],
    ///            "Images": [{"Region": "ap-beijing", "ImageId": "img-o3ycss2p", "ImageSize": 20}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send the region that the image is in, or the id of an image that is there. Where a region's
    /// list of images is not complete, an image that is missing from it is unverified instead.
    pub(crate) static IMAGE_EXISTS: Rule = Rule {
        id: "image-exists",
        parameter: "ImageIds.N",
        requirement: Dated::always("the image is in the source region"),
        limit: None,
        citation: "4, InvalidImageId.NotFound",
        code: Dated::always((ErrorCode::InvalidImageIdNotFound, Evidence::Documented)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::When(|facts, image| facts.can_image_be_missing() && !facts.is_new_image(image)),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE],
        can_plain_break: false,
        run: Run::Check(image_exists),
        facts: &[Fact::Source, Fact::FoundIn],
        words: image_exists_words,
    };
}

fn image_exists(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for image in facts.images() {
        findings.require(image.parameter(), image.exists(), |parameter| {
            let finding = Finding::on(parameter).value(image.id);
            let finding = match &facts.request().region {
                Some(region) => finding.fact(Fact::Source, region.as_str()),
                None => finding,
            };
            let found_in: Vec<String> =
                image.regions().take(hint::MOST_ELEMENTS).map(str::to_owned).collect();
            if found_in.is_empty() { finding } else { finding.fact(Fact::FoundIn, found_in) }
        });
    }
}

fn image_exists_words(said: &Said<'_>) -> Words {
    let id = said.value;
    let hint = (!said.facts.texts(Fact::FoundIn).is_empty()).then(|| {
        let regions = said.few(Fact::FoundIn);
        format!("the image is in {regions}: name that as the source region").into()
    });
    Words::new(match said.facts.text(Fact::Source) {
        Some(_) => format!("there is no image `{id}` in `{}`", said.text(Fact::Source)),
        None => format!("there is no image `{id}` in any region"),
    })
    .hint(hint)
}

const CUSTOM: &[ImageType] = &[ImageType::PRIVATE_IMAGE];
const CUSTOM_OR_SHARED: &[ImageType] = &[ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE];

/// The types of images that can be copied.
static COPIED: Dated<&[ImageType]> =
    Dated::always(CUSTOM).then(&[(history::SHARED_IMAGES, CUSTOM_OR_SHARED)]);

rule! {
    /// The image is a custom image: one of type `PRIVATE_IMAGE`, made by the account itself. Since
    /// 2022-08 it may also be a `SHARED_IMAGE`, which another account shares with this one; where
    /// that can go is for `destination-source-only`.
    ///
    /// # Why
    ///
    /// The page offers the synchronization of custom images. Public images are in every region
    /// already; marketplace images belong to somebody else.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20,
    ///                        "ImageType": "PUBLIC_IMAGE"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Make a custom image of it first. The code is inferred: the first page has none for the kind
    /// of an image, so it is the common one for a value that is not allowed; since 2021-06 there is
    /// one for an image that cannot be used.
    pub(crate) static IMAGE_CUSTOM: Rule = Rule {
        id: "image-custom",
        parameter: "ImageIds.N",
        requirement: Dated::always("the image is a custom image")
            .then(&[(history::SHARED_IMAGES, "the image is a custom image or a shared one")]),
        limit: None,
        citation: "1, opening sentence",
        code: Dated::always((ErrorCode::InvalidParameterValue, Evidence::Inferred))
            .then(&[(history::CODE_LIST, (ErrorCode::InvalidParameterValueInvalidImageId, Evidence::Inferred))]),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::When(|facts, image| facts.can_image_be_found() && !facts.is_new_image(image)),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE, &[Input::ImageType]],
        can_plain_break: false,
        run: Run::Check(image_custom),
        facts: &[Fact::ImageType, Fact::AllowedValues],
        words: image_custom_words,
    };
}

fn image_custom(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let copied = *COPIED.at(facts.edition());
    for image in facts.images() {
        let is_copied = image.is_of_type(|word| copied.contains(word));
        findings.require(image.parameter(), is_copied, |parameter| {
            let image_type = image.first_record().and_then(|record| record.image_type.as_ref());
            Finding::on(parameter)
                .value(image.id)
                .fact(Fact::ImageType, image_type.map(ImageType::word).unwrap_or_default())
                .fact(Fact::AllowedValues, copied.iter().map(ToString::to_string).collect::<Vec<_>>())
        });
    }
}

fn image_custom_words(said: &Said<'_>) -> Words {
    let copied = said.facts.texts(Fact::AllowedValues);
    let is_not = if copied.len() == 1 { "not a custom image" } else { "neither a custom nor a shared image" };
    Words::new(format!("`{}` is {is_not} but a `{}`", said.value, said.text(Fact::ImageType)))
        .allowed(joined(copied, " or "))
}

rule! {
    /// The image is in the state `NORMAL`.
    ///
    /// # Why
    ///
    /// An image that is being made, imported or copied is not whole yet. One whose making or import
    /// failed never will be. A state that is not known here is not `NORMAL` either.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20,
    ///                        "ImageState": "SYNCING"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Wait where the state passes with time (`CREATING`, `SYNCING`, `IMPORTING`, `USING`); make a
    /// new image where it never does (`CREATEFAILED`, `IMPORTFAILED`).
    pub(crate) static IMAGE_STATE_NORMAL: Rule = Rule {
        id: "image-state-normal",
        parameter: "ImageIds.N",
        requirement: Dated::always("the image is in the state NORMAL"),
        limit: None,
        citation: "2, ImageIds.N, limit 1",
        code: Dated::always((ErrorCode::InvalidImageIdIncorrectState, Evidence::Documented)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::When(|facts, image| facts.can_image_be_found() && !facts.is_new_image(image)),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE, &[Input::ImageType, Input::ImageState]],
        can_plain_break: false,
        run: Run::Check(image_state_normal),
        facts: &[Fact::State, Fact::Expected],
        words: image_state_normal_words,
    };
}

fn image_state_normal(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for image in facts.images() {
        let is_normal =
            image.judge("ImageState", |image| image.image_state.as_ref(), |word| *word == ImageState::NORMAL);
        findings.require(image.parameter(), is_normal, |parameter| {
            let state = image.first_record().and_then(|record| record.image_state.as_ref());
            Finding::on(parameter)
                .value(image.id)
                .fact(Fact::State, state.map(ImageState::word).unwrap_or_default())
                .fact(Fact::Expected, ImageState::NORMAL.word())
        });
    }
}

fn image_state_normal_words(said: &Said<'_>) -> Words {
    let state = ImageState::from(said.facts.text(Fact::State).unwrap_or_default());
    let hint = if state.is_busy() {
        Some("the state passes with time: try again later")
    } else if state.is_failed() {
        Some("the state never passes: make a new image")
    } else {
        None
    };
    Words::new(format!("`{}` is in the state `{}`", said.value, said.text(Fact::State)))
        .allowed(said.word(Fact::Expected))
        .hint(hint.map(Into::into))
}

/// The size in GiB from which on an image is too large.
static SIZE: Limit = Limit::below(Dated::always(50), "GiB");

rule! {
    /// The image is smaller than 50 GiB: one of 49 passes, one of 50 does not. Since 2021-09 no
    /// page says so any more.
    ///
    /// # Why
    ///
    /// The page limits the size of what is sent between regions.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 50}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Make an image of a smaller disk. An image whose size the state does not say is unverified.
    pub(crate) static IMAGE_SIZE: Rule = Rule {
        id: "image-size",
        parameter: "ImageIds.N",
        requirement: Dated::always("the image is smaller than 50 GiB"),
        limit: Some(&SIZE),
        citation: "2, ImageIds.N, limit 2",
        code: Dated::always((ErrorCode::InvalidImageIdTooLarge, Evidence::Documented)),
        first_seen: history::FIRST,
        withdrawn: Some(history::NO_SIZE_LIMIT),
        unknown: Unknown::When(|facts, _| facts.can_image_be_found()),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE, &[Input::ImageType, Input::ImageSize]],
        can_plain_break: true,
        run: Run::Check(image_size),
        facts: &[Fact::Size, Fact::Limit],
        words: image_size_words,
    };
}

fn image_size(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let limit = SIZE.at(facts.edition());
    // Nearly every request needs no more than this.
    if facts.only_record().and_then(|image| image.image_size).is_some_and(|size| size < limit) {
        return;
    }
    for image in facts.images() {
        let is_below = image.judge("ImageSize", |image| image.image_size.as_ref(), |size| *size < limit);
        findings.require(image.parameter(), is_below, |parameter| {
            let size = image.first_record().and_then(|record| record.image_size).unwrap_or_default();
            Finding::on(parameter).value(image.id).fact(Fact::Size, size).fact(Fact::Limit, limit)
        });
    }
    for (parameter, needs) in facts.new_images().filter(|_| facts.can_image_be_found()) {
        let needs =
            format!("`ImageSize` of {needs}, or `image-size` turned off in the `[rules]` of a policy");
        findings.unverified(parameter.clone(), needs);
    }
}

fn image_size_words(said: &Said<'_>) -> Words {
    Words::new(format!("`{}` has {} GiB", said.value, said.count(Fact::Size)))
        .allowed(SIZE.text_of(said.count(Fact::Limit)))
}
