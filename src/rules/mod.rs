//! The rules: one file for each subject, in the order of the page, each rule a literal above the
//! function that checks it.
//!
//! What the library does about a new sentence of the page is one edit in the file of its subject:
//! the literal, its function, and a line in the file's own list. `src/README.md` lists the
//! generators and tests that follow.

mod changes;
pub(crate) mod common;
pub(crate) mod destination_regions;
pub(crate) mod encryption;
pub(crate) mod image_ids;
pub(crate) mod image_name;
pub(crate) mod image_quota;
pub(crate) mod shape;

pub use changes::{Change, ChangeKind, Step, changes};
pub(crate) use image_quota::IMAGE_NUM_QUOTA;

use crate::rule::Rule;

/// Writes a rule's documentation into its literal, so that the text that `presync explain` prints
/// is the text above the code. It does no more than that.
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

/// Returns every rule that there is or was, in the order in which violations are reported.
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

/// Returns the rule of this id.
///
/// ```
/// assert_eq!(presync::rules::find("image-quota").unwrap().parameter(), "DestinationRegions.N");
/// assert!(presync::rules::find("no-such-rule").is_none());
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id() == id)
}
