//! The rules: one file for each subject, in the order of the page, each rule a literal above the function that checks
//! it.
//!
//! A new sentence of the page is one edit in the file of its subject: the literal, its function, and a line in the
//! file's own list.

pub mod common;
pub mod destination_regions;
pub mod encryption;
pub mod image_ids;
pub mod image_name;
pub mod image_quota;
pub mod shape;

use crate::model::Edition;
use crate::rule::Rule;

/// The first list of codes of the action's own beside the six of the first page.
const CODE_LIST: Edition = Edition::of(2021, 6);

/// The first page that speaks of shared images.
const SHARED_IMAGES: Edition = Edition::of(2022, 8);

/// Writes a rule's documentation into its literal, so that the text that `presync explain` prints is the text above
/// the code. Nothing else happens here.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $visibility:vis static $name:ident: Rule = Rule { $($field:ident: $value:expr),+ $(,)? };
    ) => {
        $(#[doc = $doc])+
        $visibility static $name: $crate::Rule = $crate::Rule {
            $($field: $value,)+
            explanation: concat!($($doc, "\n"),+),
        };
    };
}
pub(crate) use rule;

/// Every rule there is or was, in the order in which violations are reported.
///
/// ```
/// let ids: Vec<_> = presync::rules::all().map(|rule| rule.id).collect();
/// assert!(ids.contains(&"image-state-normal"));
/// ```
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let subjects = [
        shape::RULES,
        common::RULES,
        image_ids::RULES,
        destination_regions::RULES,
        image_quota::RULES,
        image_name::RULES,
        encryption::RULES,
    ];
    subjects.into_iter().flatten().copied()
}

/// The rule of this id.
///
/// ```
/// assert_eq!(presync::rules::find("image-quota").unwrap().parameter, "DestinationRegions.N");
/// assert!(presync::rules::find("no-such-rule").is_none());
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
