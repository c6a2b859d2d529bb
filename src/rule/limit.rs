//! The number in a requirement.

use crate::model::{Dated, Edition};

/// The number in a requirement, with its unit.
///
/// ```
/// use presync::{Edition, rules};
///
/// let quota = rules::find("image-quota").unwrap().limit().unwrap();
/// assert_eq!((quota.at(Edition::FIRST), quota.at(Edition::LATEST)), (10, 500));
/// let size = rules::find("image-size").unwrap().limit().unwrap();
/// assert_eq!(size.text(Edition::FIRST), "< 50 GiB");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    values: Dated<u64>,
    is_exclusive: bool,
    one: &'static str,
    many: &'static str,
}

impl Limit {
    /// Returns a limit of so many and not one more.
    pub(crate) const fn at_most(values: Dated<u64>, one: &'static str, many: &'static str) -> Self {
        Self { values, is_exclusive: false, one, many }
    }

    /// Returns a limit of less than so many.
    pub(crate) const fn below(values: Dated<u64>, unit: &'static str) -> Self {
        Self { values, is_exclusive: true, one: unit, many: unit }
    }

    /// Returns the number under `edition`.
    #[must_use]
    pub fn at(&self, edition: Edition) -> u64 {
        *self.values.at(edition)
    }

    /// Returns the number of every edition.
    #[must_use]
    pub fn values(&self) -> &Dated<u64> {
        &self.values
    }

    /// True if the number itself is too much already.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }

    /// Returns what is allowed under `edition`, as violations write it: `< 50 GiB`, `10 images`.
    #[must_use]
    pub fn text(&self, edition: Edition) -> String {
        self.text_of(self.at(edition))
    }

    /// Returns what is allowed where another number takes the place of the documented one.
    pub(crate) fn text_of(&self, number: u64) -> String {
        let unit = if number == 1 { self.one } else { self.many };
        format!("{}{number} {unit}", if self.is_exclusive { "< " } else { "" })
    }
}
