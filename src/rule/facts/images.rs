//! The images that a request names, and what the state lists of them.

use std::borrow::Cow;

use super::Facts;
use super::listing::{Listing, MOST_REGIONS};
use super::source::{in_state, incomplete};
use crate::model::{Image, ImageIndex, ImageType, Parameter, PartialRequest, Truth};
use crate::rule::cause::Cause;
use crate::text::{clean, few};

/// An image that the request names, and what the state lists of it.
#[derive(Clone, Copy, Debug)]
pub struct NamedImage<'a, 'f> {
    /// The id as sent.
    pub id: &'a str,
    /// Its subscript in `ImageIds`.
    pub subscript: usize,
    listing: Listing<'a>,
    facts: &'f Facts<'a>,
}

impl<'a> Facts<'a> {
    /// Returns every image that the request names, in order. An image that is not known is not
    /// among them.
    pub fn images(&self) -> impl Iterator<Item = NamedImage<'a, '_>> {
        let images = self.request.image_ids.iter().zip(self.images.as_slice()).enumerate();
        images.map(|(index, (id, listing))| NamedImage {
            id,
            subscript: self.partial.map_or(index, |partial| partial.image_subscript(index)),
            listing: *listing,
            facts: self,
        })
    }

    /// Returns the record of the image of a request that is known as a whole and names one, where
    /// the state lists exactly one that can be meant.
    pub(crate) fn only_record(&self) -> Option<&'a Image> {
        match (self.partial, self.images.as_slice()) {
            (None, [Listing::Records([image])]) => self.state.image_at(*image),
            _ => None,
        }
    }

    /// Returns the number of images, known or not.
    #[must_use]
    pub fn image_count(&self) -> usize {
        self.partial.map_or(self.request.image_ids.len(), PartialRequest::image_count)
    }

    /// True if this parameter is an image that the client makes itself before it copies it: a
    /// custom image in the state `NORMAL`, in the source region.
    #[must_use]
    pub fn is_new_image(&self, parameter: &Parameter) -> bool {
        self.partial.is_some_and(|partial| partial.is_new_image(parameter))
    }

    /// Returns every image that the client makes itself, with what would settle its id.
    pub fn new_images(&self) -> impl Iterator<Item = (&'a Parameter, &'a str)> {
        self.unknowns_in(&Parameter::IMAGE_IDS).filter(|(image, _)| self.is_new_image(image))
    }

    /// Returns the name of the copies, where it is known beforehand that they get one:
    /// the request's `ImageName`, else that of the new image that is copied. The error
    /// says what would settle it.
    #[must_use]
    pub fn name_of_copies(&self) -> Option<Result<&'a str, &'a str>> {
        let sent = self.request.image_name.as_deref().filter(|name| !name.is_empty());
        self.partial.map_or(sent.map(Ok), PartialRequest::name_of_copies)
    }

    /// Returns whether one of the images is of this type.
    #[must_use]
    pub fn some_image_is(&self, image_type: &ImageType) -> Truth<'a> {
        let unknown = self.unknowns_in(&Parameter::IMAGE_IDS).fold(Truth::No, |is_one, (image, needs)| {
            let is_of = if self.is_new_image(image) {
                (*image_type == ImageType::PRIVATE_IMAGE).into()
            } else {
                Truth::unknown(needs)
            };
            is_one.or(is_of)
        });
        self.images().fold(unknown, |is_one, image| is_one.or(!image.is_of_type(|of| of != image_type)))
    }
}

impl<'a> NamedImage<'a, '_> {
    /// Returns the parameter: `ImageIds.0`.
    #[must_use]
    pub fn parameter(&self) -> Parameter {
        Parameter::IMAGE_IDS.element(self.subscript)
    }

    /// Returns the image's record, where the state lists exactly one that can be meant.
    #[must_use]
    pub fn record(&self) -> Option<&'a Image> {
        match self.listing {
            Listing::Records([image]) if self.needed().is_none() => self.facts.state.image_at(*image),
            _ => None,
        }
    }

    /// Returns the first record of this id that can be meant. Where [`judge`](Self::judge) says no,
    /// it shows why.
    #[must_use]
    pub fn first_record(&self) -> Option<&'a Image> {
        match self.listing {
            Listing::Records([first, ..]) | Listing::Some([first, ..]) => self.facts.state.image_at(*first),
            _ => None,
        }
    }

    /// True if the id does not have the form of one.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        match self.listing {
            Listing::Malformed => true,
            _ if self.facts.context.causes.contains(Cause::IdMalformed) => false,
            // It was looked up whatever its form.
            _ => !self.facts.is_image_id(self.id),
        }
    }

    /// Returns whether the image is there. It counts as being there where one rule speaks alone of
    /// what keeps it from being looked up.
    #[must_use]
    pub fn exists(&self) -> Truth<'a> {
        match self.listing {
            Listing::Malformed | Listing::SourceUnknown => Truth::Yes,
            Listing::Unlisted => Truth::Unknown(self.needed_list()),
            Listing::Absent | Listing::Records(_) | Listing::Some(_) if self.needed().is_some() => {
                Truth::Unknown(self.needed_list())
            }
            Listing::Absent => Truth::No,
            Listing::Records(_) | Listing::Some(_) => Truth::Yes,
        }
    }

    /// Judges the image by one field of its record: yes if it `holds`, and also where one rule
    /// speaks alone of what keeps the image from being found.
    ///
    /// `field` is the name of the field, for what would settle an unknown, and `value` its value.
    /// Ask for what is right, and not for the opposite of what is wrong: of an image that is not
    /// found the answer is yes to either question.
    ///
    /// ```
    /// use presync::{Edition, ErrorCode, Finding, Image, Region, Ruleset, State, SyncRequest, check_fn};
    ///
    /// const DRAFT: ErrorCode = ErrorCode::own("Acme.Draft").unwrap();
    /// let no_draft = check_fn("acme/no-draft", DRAFT, |facts, findings| {
    ///     for image in facts.images() {
    ///         let is_final = image.judge("ImageName", |image| image.image_name.as_deref(), |name| name != "draft");
    ///         findings.require(image.parameter(), is_final, |parameter| Finding::new(parameter, "a draft"));
    ///     }
    /// });
    /// let rules = Ruleset::empty(Edition::FIRST).with_check(no_draft)?;
    /// let said = |images: &[Image]| {
    ///     let state = State::new([Region::new("ap-guangzhou")], images.to_vec())?;
    ///     let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-guangzhou"]), &state);
    ///     let needs = report.unverified().first().map(|found| found.needs().to_owned());
    ///     Ok::<_, presync::StateError>((report.violations().len(), needs))
    /// };
    /// assert_eq!(said(&[Image::new("ap-guangzhou", "img-o3ycss2p").with_image_name("web-1")])?, (0, None));
    /// assert_eq!(said(&[Image::new("ap-guangzhou", "img-o3ycss2p").with_image_name("draft")])?, (1, None));
    /// let needs = "the state's `ImageName` of `img-o3ycss2p` in `ap-guangzhou`".to_owned();
    /// assert_eq!(said(&[Image::unknown("ap-guangzhou", "img-o3ycss2p")])?, (0, Some(needs)));
    /// assert_eq!(said(&[])?, (0, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn judge<T: ?Sized + 'a>(
        &self,
        field: &str,
        value: impl Fn(&'a Image) -> Option<&'a T>,
        holds: impl Fn(&T) -> bool,
    ) -> Truth<'a> {
        let state = self.facts.state;
        let holds_of = |image: &ImageIndex| state.image_at(*image).and_then(&value).map(&holds);
        match self.listing {
            Listing::Malformed | Listing::SourceUnknown | Listing::Absent => Truth::Yes,
            Listing::Unlisted => Truth::Unknown(self.needed_list()),
            Listing::Records(images) | Listing::Some(images) if self.needed().is_some() => {
                // It may be one that a list leaves out, too.
                let are_all_listed = state.incomplete().is_empty() && state.regions_complete();
                if are_all_listed && images.iter().all(|image| holds_of(image) == Some(true)) {
                    Truth::Yes
                } else {
                    Truth::Unknown(self.needed_list())
                }
            }
            Listing::Records([image]) => match (state.image_at(*image), holds_of(image)) {
                (None, _) => Truth::Yes,
                (Some(_), Some(holds)) => holds.into(),
                (Some(record), None) => Truth::unknown(format!(
                    "the state's `{field}` of `{}` in `{}`",
                    clean(self.id),
                    clean(&record.region)
                )),
            },
            Listing::Records(images) => self.judge_several(images, holds_of),
            // The one that is meant may be in another region, with another state and another size.
            Listing::Some(_) => Truth::Unknown(self.needed_list()),
        }
    }

    /// Returns whether the image's type is one that is `meant`. One id is one image, of
    /// one type in all regions.
    pub(crate) fn is_of_type(&self, meant: impl Fn(&ImageType) -> bool) -> Truth<'a> {
        let listing = match self.listing {
            Listing::Some(images) => Listing::Records(images),
            listing => listing,
        };
        Self { listing, ..*self }.judge("ImageType", |image| image.image_type.as_ref(), meant)
    }

    /// Judges an id that several images have, one of them meant: what holds of all of them holds of
    /// that one.
    fn judge_several(
        &self,
        images: &[ImageIndex],
        holds_of: impl Fn(&ImageIndex) -> Option<bool>,
    ) -> Truth<'a> {
        let all = |answer| {
            images.len() <= MOST_REGIONS && images.iter().all(|image| holds_of(image) == Some(answer))
        };
        if all(true) {
            return Truth::Yes;
        }
        if all(false) {
            return Truth::No;
        }
        let state = self.facts.state;
        let regions = images.iter().filter_map(|image| Some(&*state.image_at(*image)?.region));
        let id = clean(self.id);
        Truth::unknown(format!(
            "the request's `Region`: `{id}` is listed in {} (`--region` gives it, or `region` in a line)",
            few(regions)
        ))
    }

    /// Returns the regions in which the state lists an image of this id.
    pub fn regions(&self) -> impl Iterator<Item = &'a str> {
        let state = self.facts.state;
        state.find_images(self.id).iter().filter_map(|image| Some(&*state.image_at(*image)?.region))
    }

    /// Returns what would settle the source region in which the image is looked up.
    fn needed(&self) -> Option<&'a str> {
        self.facts.unknown(&Parameter::REGION)
    }

    /// Returns the list that would settle whether the image is there.
    fn needed_list(&self) -> Cow<'a, str> {
        if let Some(needs) = self.needed() {
            return Cow::Borrowed(needs);
        }
        let sent = self.facts.request.region.as_deref();
        let is_unknown = self.facts.state.is_unknown();
        Cow::Owned(match self.facts.source_region() {
            None if sent.is_some() && is_unknown => {
                let region = clean(sent.unwrap_or_default());
                format!("the region `{region}` and every image of it {}", in_state(self.facts.state))
            }
            None if sent.is_some() => {
                let region = clean(sent.unwrap_or_default());
                format!("the region `{region}` and every image of it in the state")
            }
            Some(region) => {
                format!("every image of `{}` in the state (`ImagesComplete`)", clean(&region.region))
            }
            None if is_unknown => format!("every image of every region {}", in_state(self.facts.state)),
            // No `Region` was sent: where the source is known without it, every image is listed.
            None => {
                let regions = incomplete(self.facts.state);
                let id = clean(self.id);
                format!("every image of {regions} in the state (`ImagesComplete`), where `{id}` may be")
            }
        })
    }
}
