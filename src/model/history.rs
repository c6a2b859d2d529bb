//! The history of the page: every dated change, named once, with the address of the page that it
//! was seen on.
//!
//! An edition is the month in which a page with that text was *first seen*. It is never a promise
//! of the day on which a change took effect.

use super::edition::Edition;

/// A page of the API's documentation, as it was first seen in one month.
///
/// ```
/// use presync::Edition;
///
/// let page = Edition::new(2024, 3)?.page();
/// assert_eq!(page.first_seen().to_string(), "2024-02");
/// assert_eq!(page.change(), "the quota is 500 images");
/// # Ok::<(), presync::EditionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    first_seen: Edition,
    address: &'static str,
    change: &'static str,
}

impl Page {
    /// Returns the month in which the page was first seen.
    #[must_use]
    pub const fn first_seen(&self) -> Edition {
        self.first_seen
    }

    /// Returns the address of the page. An earlier text of a page that changed in place is no
    /// longer there.
    #[must_use]
    pub const fn address(&self) -> &'static str {
        self.address
    }

    /// Returns the change from the page before, in a few words.
    #[must_use]
    pub const fn change(&self) -> &'static str {
        self.change
    }
}

/// The page that the private cloud still documents.
const FIRST_PAGE: &str = "https://cloud.tencent.com/document/api/213/9417";
/// The page of API 3.0, in English. Its text changes in place.
const TODAYS_PAGE: &str = "https://www.tencentcloud.com/document/product/213/33267";

/// One row makes the name of a month and its page.
macro_rules! history {
    ($($(#[$doc:meta])* $name:ident = ($year:literal, $month:literal), $address:ident, $change:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: Edition = Edition::of($year, $month);)+

        /// Every page that differs from the one before, in order of time.
        static PAGES: &[Page] = &[
            $(Page { first_seen: $name, address: $address, change: $change },)+
        ];

        const MONTHS: &[Edition] = &[$($name,)+];
    };
}

history! {
    /// The first page.
    FIRST = (2017, 3), FIRST_PAGE, "the first page";
    /// The first list of codes of the action's own, beside the six of the first page.
    CODE_LIST = (2021, 6), TODAYS_PAGE, "the action has a list of codes of its own; `Region` is required";
    /// The first page without a sentence on the size of an image.
    NO_SIZE_LIMIT = (2021, 9), TODAYS_PAGE, "the sentence on the size of an image is gone";
    /// The first page with `DryRun`.
    DRY_RUN = (2022, 4), TODAYS_PAGE, "parameter `DryRun`";
    /// The first page with `ImageName`, and the first that speaks of shared images.
    SHARED_IMAGES = (2022, 8), TODAYS_PAGE, "parameter `ImageName`; a shared image may go to its own region";
    /// The first page with a code for encrypted images. It is also the first whose sentence on the
    /// source region speaks of custom images only: that changed no rule, for the page before allows
    /// shared images to go to their own region.
    ENCRYPTED_IMAGES = (2022, 9), TODAYS_PAGE,
        "a code for encrypted images; the sentence on the source region speaks of custom images only";
    /// The first page with `ImageSetRequired`, whose response has an `ImageSet`.
    IMAGE_SET = (2022, 11), TODAYS_PAGE, "parameter `ImageSetRequired`; the response has an `ImageSet`";
    /// The first page with a quota of 50.
    QUOTA_OF_50 = (2023, 8), TODAYS_PAGE, "the quota is 50 images";
    /// The first page with a quota of 500.
    QUOTA_OF_500 = (2024, 2), TODAYS_PAGE, "the quota is 500 images";
    /// The first page with `Encrypt` and `KmsKeyId`.
    ENCRYPTED_COPIES = (2024, 10), TODAYS_PAGE,
        "parameters `Encrypt` and `KmsKeyId`; an encrypted copy goes to the source region only";
    /// The first page with a limit on the length of `ImageName`.
    NAME_LENGTH = (2025, 4), TODAYS_PAGE, "`ImageName` has at most 60 characters";
}

/// The month of the last row. A table that is not in order of time does not compile.
const LAST: Edition = {
    let mut last = Edition::FIRST;
    let mut rest = MONTHS;
    while let [month, tail @ ..] = rest {
        assert!(!month.is_before(last), "the pages are in order of time");
        last = *month;
        rest = tail;
    }
    last
};

/// The first page of API 3.0 that was seen, on which `Region` is required.
pub(crate) const REGION_REQUIRED: Edition = CODE_LIST;

/// The first page with `ImageName`.
pub(crate) const IMAGE_NAME: Edition = SHARED_IMAGES;

impl Edition {
    /// The newest page whose sentences are rules in this version of the crate. Later months are
    /// checked by it.
    pub const LATEST: Self = LAST;

    /// Returns every page that differs from the one before, in order of time.
    ///
    /// ```
    /// let months: Vec<String> = presync::Edition::pages().iter().map(|page| page.first_seen().to_string()).collect();
    /// assert_eq!(months.first().map(String::as_str), Some("2017-03"));
    /// ```
    #[must_use]
    pub fn pages() -> &'static [Page] {
        PAGES
    }

    /// Returns the page that was the newest one in this month.
    #[must_use]
    pub fn page(self) -> &'static Page {
        // No edition is before the first page.
        PAGES.iter().rev().find(|page| page.first_seen <= self).unwrap_or(&FIRST_OF_ALL)
    }
}

static FIRST_OF_ALL: Page = Page { first_seen: FIRST, address: FIRST_PAGE, change: "the first page" };
