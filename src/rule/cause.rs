//! One cause, one violation: the violations that keep others of the same cause from being reported.

/// The violations that a violation of a rule keeps from being reported, because they have the same
/// cause.
///
/// A rule that is not in the set suppresses no other, and neither does one that is turned down to a
/// warning, so that no warning takes the place of a violation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suppresses {
    /// None.
    None,
    /// All that would be said of the same thing: [`Facts`](crate::Facts) do not look it up.
    Cause(Cause),
    /// Those of rules of these ids, on the same parameter.
    #[cfg_attr(not(test), expect(dead_code, reason = "no rule does, of those that there are"))]
    Rules(&'static [&'static str]),
}

/// A cause that several rules would speak of.
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

/// The causes of which a rule in the set speaks alone.
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
