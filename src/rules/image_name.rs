//! Rules on `ImageName`, the name of the copies.

use super::rule;
use crate::model::{Dated, ErrorCode, Parameter, Truth, history};
use crate::report::fact::MOST;
use crate::report::{Fact, Finding, Said, Words};
use crate::rule::{Evidence, Facts, Findings, Input, Limit, Rule, Run, Takes, Unknown};
use crate::text::few;

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[&IMAGE_NAME_LENGTH, &IMAGE_NAME_UNIQUE];

/// The most characters of a name.
static NAME_LENGTH: Limit = Limit::at_most(Dated::since(history::NAME_LENGTH, 60), "character", "characters");

rule! {
    /// A name that is given to the copies has at most 60 characters. Characters are counted, not
    /// bytes.
    ///
    /// # Why
    ///
    /// The page limits it, since 2025-04.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "ap-guangzhou", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"],
    ///              "ImageName": "a-name-that-says-what-the-image-is-for-and-when-it-was-made-by-whom"},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Shorten it. The code is inferred: no code of the list speaks of a name's length, so it is
    /// the common one for a value that is not allowed.
    pub(crate) static IMAGE_NAME_LENGTH: Rule = Rule {
        id: "image-name-length",
        parameter: "ImageName",
        requirement: Dated::since(history::NAME_LENGTH, "the name that the copies are given has at most 60 characters"),
        limit: Some(&NAME_LENGTH),
        citation: "2, ImageName",
        code: Dated::since(history::NAME_LENGTH, (ErrorCode::InvalidParameterValue, Evidence::Inferred)),
        first_seen: history::NAME_LENGTH,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[&[Input::ImageName]],
        can_plain_break: false,
        run: Run::Check(image_name_length),
        facts: &[Fact::Length, Fact::Limit],
        words: image_name_length_words,
    };
}

fn image_name_length(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let Some(name) = facts.request().image_name.as_deref() else { return };
    let length = u64::try_from(name.chars().count()).unwrap_or(u64::MAX);
    if length > NAME_LENGTH.at(facts.edition()) {
        let finding = Finding::on(Parameter::IMAGE_NAME).value(name).fact(Fact::Length, length);
        findings.violation(finding.fact(Fact::Limit, NAME_LENGTH.at(facts.edition())));
    }
}

fn image_name_length_words(said: &Said<'_>) -> Words {
    Words::new(format!("`{}` is {} characters long", said.value, said.count(Fact::Length)))
        .allowed(NAME_LENGTH.text_of(said.count(Fact::Limit)))
}

rule! {
    /// No destination has a custom image, or a copy on its way, with the name that the copies are
    /// given. A copy that is given no name keeps that of its source, which breaks no rule. Where
    /// the client makes the image itself, as Packer does, that image's name counts as given.
    /// However many destinations have such an image, there is one violation: of the name.
    ///
    /// # Why
    ///
    /// The list of codes has had one for a name that is taken since 2021-06, and the parameter
    /// exists since 2022-08.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "ap-guangzhou", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"],
    ///              "ImageName": "base"},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p"},
    ///                       {"Region": "ap-shanghai", "ImageId": "img-34vaef8f", "ImageName": "base"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Give another name, or leave it out. Where a destination's list of images is not complete, or
    /// a name there is not known, the rule is unverified. `Used` counts images and names none: of a
    /// region in which more are used than are listed, say that the list is not complete.
    pub(crate) static IMAGE_NAME_UNIQUE: Rule = Rule {
        id: "image-name-unique",
        parameter: "ImageName",
        requirement: Dated::since(history::IMAGE_NAME, "no destination has a custom image of the name that the copies are given"),
        limit: None,
        citation: "4, InvalidImageName.Duplicate",
        code: Dated::since(history::IMAGE_NAME, (ErrorCode::InvalidImageNameDuplicate, Evidence::Documented)),
        first_seen: history::IMAGE_NAME,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: Some(Takes::Name),
        reads: &[
            Input::DESTINATION,
            &[Input::RegionsComplete],
            &[Input::DestinationComplete, Input::DestinationImages, Input::DestinationTypes],
            &[Input::ImageName, Input::DestinationNames, Input::InFlightNames],
        ],
        can_plain_break: false,
        run: Run::Check(image_name_unique),
        facts: &[Fact::TakenIn, Fact::Requests],
        words: |said| {
            Words::new(format!("`{}` is taken in {}", said.value, said.few(Fact::TakenIn)))
                .allowed("a name that no custom image there has")
        },
    };
}

fn image_name_unique(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    // An empty name is none, as is that of an image without one.
    let name = match facts.name_of_copies() {
        None => return,
        Some(Err(needs)) => return findings.unverified(Parameter::IMAGE_NAME, needs),
        Some(Ok(name)) => name,
    };
    let (mut taken, mut unknown, mut keys, mut needs) = (Vec::new(), Vec::new(), Vec::new(), None);
    for destination in facts.each_destination() {
        match destination.is_name_taken(name) {
            Truth::Yes => taken.push(destination.name),
            Truth::No => {}
            Truth::Unknown(words) if words.is_empty() => {
                unknown.push(destination.name);
                for key in destination.needed_for_name(name) {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
            Truth::Unknown(words) => needs = needs.or(Some(words)),
        }
    }
    if !taken.is_empty() && facts.are_destinations_sent() {
        let taken: Vec<String> = taken.into_iter().take(MOST).map(str::to_owned).collect();
        findings.violation(Finding::on(Parameter::IMAGE_NAME).value(name).fact(Fact::TakenIn, taken));
    } else if let Some(needs) = facts.needed_for_destinations() {
        findings.unverified(Parameter::IMAGE_NAME, needs);
    } else if !unknown.is_empty() {
        let (regions, keys) = (few(unknown.into_iter()), few(keys.into_iter()));
        let needs = format!("the name of every custom image in {regions} ({keys} in the state)");
        findings.unverified(Parameter::IMAGE_NAME, needs);
    } else if let Some(needs) = needs {
        findings.unverified(Parameter::IMAGE_NAME, needs);
    }
}
