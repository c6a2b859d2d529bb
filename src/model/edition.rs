//! Editions of the page, and values that changed from one to the next.
//!
//! The API has no version number that moves with its documented limits, so an edition is named by
//! the month in which a page with that text was *first seen*.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A year and month: the edition of the documented page by which a request is checked.
///
/// Any month from the first page on is an edition: the page that was the newest one in that month.
/// Editions are ordered by time. They are written `2017-03`, in [`Display`](fmt::Display),
/// [`FromStr`] and serde alike; the word `latest` is read too.
///
/// ```
/// use presync::Edition;
///
/// let edition: Edition = "2017-03".parse()?;
/// assert_eq!(edition, Edition::FIRST);
/// assert_eq!((edition.year(), edition.month()), (2017, 3));
/// assert_eq!("latest".parse::<Edition>()?, Edition::LATEST);
/// # Ok::<(), presync::EditionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Edition {
    year: u16,
    month: u8,
}

impl Edition {
    /// The first page, of March 2017. The private cloud still documents it.
    pub const FIRST: Self = Self::of(2017, 3);

    /// Returns the edition of a year and a month.
    ///
    /// # Errors
    ///
    /// Errors when there is no such month, or when it is before the first page.
    ///
    /// ```
    /// use presync::{Edition, EditionError};
    ///
    /// const QUOTA_OF_500: Edition = match Edition::new(2024, 2) {
    ///     Ok(edition) => edition,
    ///     Err(_) => panic!("not a month"),
    /// };
    /// assert_eq!(QUOTA_OF_500.to_string(), "2024-02");
    /// assert_eq!(Edition::new(2017, 2), Err(EditionError::BeforeFirst { year: 2017, month: 2 }));
    /// ```
    pub const fn new(year: u16, month: u8) -> Result<Self, EditionError> {
        // Four digits of a year are all that can be written.
        if month < 1 || month > 12 || year > 9999 {
            return Err(EditionError::NoSuchMonth { year, month });
        }
        let edition = Self { year, month };
        if edition.is_before(Self::FIRST) {
            return Err(EditionError::BeforeFirst { year, month });
        }
        Ok(edition)
    }

    /// Returns a month that is written in this crate's own tables. A wrong month does not compile.
    pub(crate) const fn of(year: u16, month: u8) -> Self {
        assert!(month >= 1 && month <= 12, "a month is 1 to 12");
        Self { year, month }
    }

    /// Returns the year, such as 2017.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Returns the month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Returns the edition of the month before, or the first edition when there is none before.
    #[cfg(any(feature = "arbitrary", feature = "proptest"))]
    pub(crate) fn month_before(self) -> Self {
        let (year, month) = if self.month == 1 { (self.year - 1, 12) } else { (self.year, self.month - 1) };
        Self::new(year, month).unwrap_or(Self::FIRST)
    }

    /// Returns the edition of the month after.
    #[cfg(any(feature = "arbitrary", feature = "proptest"))]
    pub(crate) fn month_after(self) -> Self {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        Self::new(year, month).unwrap_or(self)
    }

    /// True if this month comes before `other`: `<` cannot be called in constants.
    pub(super) const fn is_before(self, other: Self) -> bool {
        self.year < other.year || (self.year == other.year && self.month < other.month)
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl From<Edition> for String {
    fn from(edition: Edition) -> Self {
        edition.to_string()
    }
}

impl TryFrom<String> for Edition {
    type Error = EditionError;

    fn try_from(text: String) -> Result<Self, EditionError> {
        text.parse()
    }
}

impl FromStr for Edition {
    type Err = EditionError;

    /// Reads `YYYY-MM`, and `latest`.
    ///
    /// # Errors
    ///
    /// Errors when the text is neither, or a month before the first page.
    fn from_str(text: &str) -> Result<Self, EditionError> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let (year, month) = text.split_once('-').ok_or(EditionError::Malformed)?;
        let number = |part: &str, length: usize| {
            let are_digits = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| are_digits).ok_or(EditionError::Malformed)
        };
        let (year, month) = (number(year, 4)?, number(month, 2)?);
        Self::new(year, u8::try_from(month).map_err(|_| EditionError::Malformed)?)
    }
}

/// The reason why there is no edition of a text or of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditionError {
    /// The text is not a year and a month.
    #[error("an edition is a year and a month, such as `{}`, or `latest`", Edition::FIRST)]
    Malformed,
    /// The calendar has no such month.
    #[error("there is no month `{year:04}-{month:02}`")]
    NoSuchMonth {
        /// The year that was given.
        year: u16,
        /// The month that was given.
        month: u8,
    },
    /// The month is earlier than the first page.
    #[error("there is no page of `{year:04}-{month:02}`: the first is `{}`", Edition::FIRST)]
    BeforeFirst {
        /// The year that was given.
        year: u16,
        /// The month that was given.
        month: u8,
    },
}

/// A value that pages of different dates give differently: a first value, then a row for each
/// change.
///
/// ```
/// use presync::{Edition, rules};
///
/// let requirement = rules::find("image-custom").unwrap().requirements();
/// assert_eq!(*requirement.at(Edition::FIRST), "the image is a custom image");
/// assert_eq!(requirement.rows().count(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dated<T: 'static> {
    since: Edition,
    first: T,
    later: &'static [(Edition, T)],
}

impl<T> Dated<T> {
    /// Returns one value from `since` on.
    pub(crate) const fn since(since: Edition, first: T) -> Self {
        Self { since, first, later: &[] }
    }

    /// Returns one value for every edition.
    pub(crate) const fn always(value: T) -> Self {
        Self::since(Edition::FIRST, value)
    }

    /// Adds a row for each later change. A table that is not in order of time does not compile.
    pub(crate) const fn then(mut self, later: &'static [(Edition, T)]) -> Self {
        let mut last = self.since;
        let mut rest = later;
        while let [(since, _), tail @ ..] = rest {
            assert!(last.is_before(*since), "the rows of a dated table are in order of time");
            last = *since;
            rest = tail;
        }
        self.later = later;
        self
    }

    /// Returns the value of `edition`: before the first row, the first value.
    pub fn at(&self, edition: Edition) -> &T {
        self.later.iter().rev().find(|(since, _)| *since <= edition).map_or(&self.first, |(_, value)| value)
    }

    /// Returns every row in order of time: the month from which on it holds, and the value.
    pub fn rows(&self) -> impl Iterator<Item = (Edition, &T)> + Clone {
        std::iter::once((self.since, &self.first))
            .chain(self.later.iter().map(|(since, value)| (*since, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_from_its_month_on() {
        const ROWS: Dated<u64> =
            Dated::since(Edition::FIRST, 10).then(&[(Edition::of(2023, 8), 50), (Edition::of(2024, 2), 500)]);
        let cases = [
            ((2017, 2), 10),
            ((2017, 3), 10),
            ((2023, 7), 10),
            ((2023, 8), 50),
            ((2023, 9), 50),
            ((2024, 1), 50),
            ((2024, 2), 500),
            ((2030, 1), 500),
        ];
        for ((year, month), expected) in cases {
            assert_eq!(*ROWS.at(Edition::of(year, month)), expected, "{year}-{month}");
        }
        assert_eq!(ROWS.rows().count(), 3);
    }

    #[test]
    fn editions_are_ordered_by_time_in_constants_as_elsewhere() {
        let dates = [(2016, 12), (2017, 3), (2017, 4), (2018, 1), (2018, 3)];
        for (i, a) in dates.iter().enumerate() {
            for (j, b) in dates.iter().enumerate() {
                let (a, b) = (Edition::of(a.0, a.1), Edition::of(b.0, b.1));
                assert_eq!(a.is_before(b), i < j);
                assert_eq!(a < b, i < j);
            }
        }
    }

    #[test]
    fn what_is_no_year_and_month_is_refused() {
        for text in [
            "",
            "2017",
            "2017-3",
            "2017-00",
            "2017-13",
            "17-03",
            "2017-03-12",
            "+017-03",
            "2017-+3",
            "Latest",
            "0000-00",
        ] {
            assert!(
                matches!(
                    text.parse::<Edition>(),
                    Err(EditionError::Malformed | EditionError::NoSuchMonth { .. })
                ),
                "{text}"
            );
        }
        assert!(matches!("2017-02".parse::<Edition>(), Err(EditionError::BeforeFirst { .. })));
        assert!(matches!(
            Edition::new(10_000, 1),
            Err(EditionError::Malformed | EditionError::NoSuchMonth { .. })
        ));
        assert_eq!("9999-12".parse::<Edition>().map(|edition| edition.to_string()).as_deref(), Ok("9999-12"));
    }
    #[test]
    #[cfg(any(feature = "arbitrary", feature = "proptest"))]
    fn the_months_beside_december_and_january_are_in_their_years() {
        for (before, after) in [
            ((2017, 11), (2017, 12)),
            ((2017, 12), (2018, 1)),
            ((2018, 1), (2018, 2)),
            ((2024, 12), (2025, 1)),
            ((9998, 12), (9999, 1)),
        ] {
            let [before, after] = [before, after].map(|(year, month)| Edition::of(year, month));
            assert_eq!((before.month_after(), after.month_before()), (after, before));
        }
        // There is no month before the first page, and none after the last
        // year that can be written.
        assert_eq!(Edition::FIRST.month_before(), Edition::FIRST);
        assert_eq!(Edition::of(2017, 4).month_before(), Edition::FIRST);
        assert_eq!(Edition::of(9999, 12).month_after(), Edition::of(9999, 12));
    }
}
