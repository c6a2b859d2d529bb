//! One cause, one violation: the violations that keep others of the same cause from being reported.

/// A cause that several rules would speak of. The rule that names it speaks of it alone: what the
/// others would say of the same thing is not looked up in [`Facts`](crate::Facts). A rule that is
/// not in the set keeps no other quiet, and neither does one that is turned down to a warning, so
/// that no warning takes the place of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The source region is not known: no image is looked up in it.
    SourceUnknown,
    /// An id does not have the form of one: no image of it is looked up.
    IdMalformed,
    /// A destination is not known.
    DestinationUnknown,
    /// A destination is a duplicate.
    DestinationDuplicate,
    /// Several images are named: what they need together is not counted.
    ImagesSeveral,
}

/// The causes that a rule in the set speaks of alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Causes {
    source_unknown: bool,
    id_malformed: bool,
    destination_unknown: bool,
    destination_duplicate: bool,
    images_several: bool,
}

impl Causes {
    fn slot(&mut self, cause: Cause) -> &mut bool {
        match cause {
            Cause::SourceUnknown => &mut self.source_unknown,
            Cause::IdMalformed => &mut self.id_malformed,
            Cause::DestinationUnknown => &mut self.destination_unknown,
            Cause::DestinationDuplicate => &mut self.destination_duplicate,
            Cause::ImagesSeveral => &mut self.images_several,
        }
    }

    /// True if one rule alone speaks of this cause.
    pub(crate) fn contains(mut self, cause: Cause) -> bool {
        *self.slot(cause)
    }
}

impl FromIterator<Cause> for Causes {
    fn from_iter<I: IntoIterator<Item = Cause>>(causes: I) -> Self {
        let mut all = Self::default();
        for cause in causes {
            *all.slot(cause) = true;
        }
        all
    }
}
