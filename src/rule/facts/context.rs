//! The part of a rule set that facts depend on.

use crate::model::Edition;
use crate::rule::cause::Causes;
use crate::rule::id_form::IdForm;

/// The part of a rule set that facts depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'r> {
    pub(crate) edition: Edition,
    /// The form of image ids.
    pub(crate) id_form: &'r IdForm,
    /// The causes that one rule of the set speaks of alone.
    pub(crate) causes: Causes,
    /// The documented quota of custom images in a region, a count.
    pub(crate) image_num_quota: u64,
}
