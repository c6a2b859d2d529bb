//! Editions of the page, and values that changed from one to the next.
//!
//! The API has no version number that moves with its documented limits, so an edition is named by the month in which
//! a page with that text was *first seen*. That is never a promise of the day on which a change took effect.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A year and month: which edition of the documented page a request is held to.
///
/// Any month from the first page on is an edition: the page that was the newest one in that month. Ordered by time.
/// Written `2017-03`, in [`Display`](fmt::Display), [`FromStr`] and serde alike; the word `latest` is read too.
///
/// ```
/// use presync::Edition;
///
/// let edition: Edition = "2017-03".parse()?;
/// assert_eq!(edition, Edition::SEED);
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
    ///
    /// ```
    /// assert_eq!(presync::Edition::SEED.to_string(), "2017-03");
    /// ```
    pub const SEED: Self = Self::of(2017, 3);

    /// The newest page whose sentences are rules in this version of the crate. Later months are held to it.
    ///
    /// ```
    /// use presync::Edition;
    ///
    /// assert!(Edition::SEED < Edition::LATEST);
    /// assert_eq!(Edition::LATEST.to_string(), "2025-04");
    /// ```
    pub const LATEST: Self = Self::of(2025, 4);

    /// The edition of a year and a month.
    ///
    /// # Errors
    ///
    /// There is no such month, or it is before the first page.
    ///
    /// ```
    /// use presync::Edition;
    ///
    /// assert_eq!(Edition::new(2024, 2)?.to_string(), "2024-02");
    /// assert!(Edition::new(2017, 2).is_err());
    /// # Ok::<(), presync::EditionError>(())
    /// ```
    pub fn new(year: u16, month: u8) -> Result<Self, EditionError> {
        // Four digits of a year are all that can be written.
        if !(1..=12).contains(&month) || year > 9999 {
            return Err(EditionError::Malformed { text: format!("{year:04}-{month:02}") });
        }
        let edition = Self { year, month };
        if edition < Self::SEED {
            return Err(EditionError::BeforeFirst { edition });
        }
        Ok(edition)
    }

    /// A date written in this crate's own tables: a wrong month does not compile.
    pub(crate) const fn of(year: u16, month: u8) -> Self {
        assert!(month >= 1 && month <= 12, "a month is 1 to 12");
        Self { year, month }
    }

    /// The year, such as 2017.
    ///
    /// ```
    /// assert_eq!(presync::Edition::SEED.year(), 2017);
    /// ```
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    ///
    /// ```
    /// assert_eq!(presync::Edition::SEED.month(), 3);
    /// ```
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// `self < other`, where the trait's method cannot be called: in constants.
    const fn is_before(self, other: Self) -> bool {
        self.year < other.year || (self.year == other.year && self.month < other.month)
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
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
    /// The text is neither, or a month before the first page.
    fn from_str(text: &str) -> Result<Self, EditionError> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let malformed = || EditionError::Malformed { text: crate::text::clean(text) };
        let (year, month) = text.split_once('-').ok_or_else(malformed)?;
        let digits = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(year, 4) || !digits(month, 2) {
            return Err(malformed());
        }
        Self::new(year.parse().map_err(|_| malformed())?, month.parse().map_err(|_| malformed())?)
    }
}

/// Why a text names no edition.
///
/// ```
/// use presync::{Edition, EditionError};
///
/// assert!(matches!("2017-3".parse::<Edition>(), Err(EditionError::Malformed { .. })));
/// assert!(matches!("2016-12".parse::<Edition>(), Err(EditionError::BeforeFirst { .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditionError {
    /// Not a year and a month.
    #[error("`{text}` is not an edition: write a year and a month, such as `{}`, or `latest`", Edition::SEED)]
    Malformed {
        /// What was given.
        text: String,
    },
    /// Earlier than the first page.
    #[error("there is no page of `{edition}`: the first is `{}`", Edition::SEED)]
    BeforeFirst {
        /// What was asked for.
        edition: Edition,
    },
}

/// A value that pages of different dates give differently: a first value, then a row for each change.
///
/// The rows must be in order of time; a table that is not does not compile.
///
/// ```
/// use presync::{Dated, Edition};
///
/// const IMAGES: Dated<u64> = Dated::since(Edition::SEED, 10);
/// assert_eq!(*IMAGES.at(Edition::SEED), 10);
/// ```
#[derive(Debug)]
pub struct Dated<T: 'static> {
    since: Edition,
    first: T,
    later: &'static [(Edition, T)],
}

impl<T> Dated<T> {
    /// One value from `since` on.
    ///
    /// ```
    /// use presync::{Dated, Edition};
    ///
    /// assert_eq!(*Dated::since(Edition::SEED, "GiB").at(Edition::LATEST), "GiB");
    /// ```
    pub const fn since(since: Edition, first: T) -> Self {
        Self { since, first, later: &[] }
    }

    /// One value in every edition.
    ///
    /// ```
    /// use presync::{Dated, Edition};
    ///
    /// assert_eq!(*Dated::always(60).at(Edition::LATEST), 60);
    /// ```
    pub const fn always(value: T) -> Self {
        Self::since(Edition::SEED, value)
    }

    /// The value that holds at `edition`; before the first row, the first value.
    ///
    /// ```
    /// use presync::{Dated, Edition};
    ///
    /// assert_eq!(*Dated::since(Edition::SEED, 10).at(Edition::SEED), 10);
    /// ```
    pub fn at(&self, edition: Edition) -> &T {
        self.later.iter().rev().find(|(since, _)| *since <= edition).map_or(&self.first, |(_, value)| value)
    }

    /// Every row, in order of time: since when, and the value.
    ///
    /// ```
    /// use presync::{Dated, Edition};
    ///
    /// assert_eq!(Dated::since(Edition::SEED, 10).rows().collect::<Vec<_>>(), [(Edition::SEED, &10)]);
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = (Edition, &T)> + Clone {
        std::iter::once((self.since, &self.first))
            .chain(self.later.iter().map(|(since, value)| (*since, value)))
    }

    /// The same, with a row for each later change.
    ///
    /// # Panics
    ///
    /// When the rows are not in ascending order of time: in a constant, the build fails.
    ///
    /// ```
    /// use presync::{Dated, Edition};
    ///
    /// const ROWS: Dated<u64> = Dated::since(Edition::SEED, 10).then(&[]);
    /// assert_eq!(*ROWS.at(Edition::LATEST), 10);
    /// ```
    ///
    /// ```compile_fail
    /// use presync::{Dated, Edition};
    ///
    /// // The second row is not later than the first.
    /// const ROWS: Dated<u64> = Dated::since(Edition::SEED, 10).then(&[(Edition::SEED, 20)]);
    /// # let _ = ROWS;
    /// ```
    #[must_use]
    pub const fn then(mut self, later: &'static [(Edition, T)]) -> Self {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_from_its_month_on() {
        const ROWS: Dated<u64> =
            Dated::since(Edition::SEED, 10).then(&[(Edition::of(2023, 8), 50), (Edition::of(2024, 2), 500)]);
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
            assert!(matches!(text.parse::<Edition>(), Err(EditionError::Malformed { .. })), "{text}");
        }
        assert!(matches!("2017-02".parse::<Edition>(), Err(EditionError::BeforeFirst { .. })));
        assert!(matches!(Edition::new(10_000, 1), Err(EditionError::Malformed { .. })));
        assert_eq!("9999-12".parse::<Edition>().map(|edition| edition.to_string()).as_deref(), Ok("9999-12"));
    }
}
