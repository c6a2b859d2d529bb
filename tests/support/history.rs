//! The history of the page by hand: its months, its rules, its later parameters and its quota. The
//! library has its own, and so has the oracle; each is held against this one.
#![allow(dead_code, reason = "several programs share this file and none uses all of it")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use presync::Edition;

/// The rules, in the order in which violations come: since when, under which name, with
/// which code, on what evidence.
///
/// This is the one list of them by hand. The library, the oracle and the
/// faults are held against it.
pub(crate) const RULES: &[Rule] = &[
    since("2017-03", "version-required", "MissingParameter", COMMON),
    since("2017-03", "version-supported", "NoSuchVersion", COMMON),
    since("2021-06", "region-required", "MissingParameter", COMMON).needs(&["the header `X-TC-Region`"]),
    since("2017-03", "source-region-supported", "UnsupportedRegion", COMMON).needs(&["the region "]),
    since("2017-03", "parameter-known", "UnknownParameter", COMMON),
    since("2017-03", "image-required", "MissingParameter", COMMON),
    since("2017-03", "image-single", "InvalidParameterValue", INFERRED).then(
        "2021-06",
        "InvalidParameterValue.LimitExceeded",
        INFERRED,
    ),
    since("2017-03", "image-id-format", "InvalidImageId.Malformed", DOCUMENTED),
    since("2017-03", "image-exists", "InvalidImageId.NotFound", DOCUMENTED).needs(&[]),
    since("2017-03", "image-custom", "InvalidParameterValue", INFERRED)
        .then("2021-06", "InvalidParameterValue.InvalidImageId", INFERRED)
        .needs(&["`ImageType` of "]),
    since("2017-03", "image-state-normal", "InvalidImageId.IncorrectState", DOCUMENTED)
        .needs(&["`ImageState` of "]),
    since("2017-03", "image-size", "InvalidImageId.TooLarge", DOCUMENTED)
        .until("2021-09")
        .needs(&["`ImageSize` of "]),
    since("2017-03", "destination-required", "MissingParameter", COMMON),
    since("2017-03", "destination-exists", "InvalidRegion.NotFound", DOCUMENTED).needs(&["the region "]),
    since("2017-03", "destination-available", "InvalidRegion.Unavailable", DOCUMENTED)
        .needs(&["`RegionState` of ", "`ImageSync` of "]),
    since("2017-03", "destination-not-source", "InvalidRegion.Unavailable", INFERRED)
        .needs(&["`ImageType` of "]),
    since("2022-08", "destination-source-only", "InvalidRegion.Unavailable", INFERRED)
        .needs(&["`ImageType` of "]),
    since("2017-03", "destination-unique", "InvalidParameterValue", INFERRED),
    since("2017-03", "image-quota", "LimitExceeded", COMMON)
        .then("2021-06", "ImageQuotaLimitExceeded", DOCUMENTED)
        .needs(&["the number of custom images in ", "`ImageNumQuota` of "]),
    since("2025-04", "image-name-length", "InvalidParameterValue", INFERRED),
    since("2022-08", "image-name-unique", "InvalidImageName.Duplicate", DOCUMENTED)
        .needs(&["the name of every custom image in "]),
    since("2022-09", "image-encrypted", "UnsupportedOperation.EncryptedImagesNotSupported", DOCUMENTED)
        .needs(&["`Encrypted` of "]),
    since("2024-10", "kms-key-format", "InvalidParameter.InvalidKmsKeyId", DOCUMENTED),
];

const DOCUMENTED: &str = "documented";
const COMMON: &str = "common";
const INFERRED: &str = "inferred";

/// The parameters that the first page does not have, in the order of the page, and
/// since when they are on it.
pub(crate) const LATER_PARAMETERS: &[(&str, &str)] = &[
    ("DryRun", "2022-04"),
    ("ImageName", "2022-08"),
    ("ImageSetRequired", "2022-11"),
    ("Encrypt", "2024-10"),
    ("KmsKeyId", "2024-10"),
];

/// The number of custom images that a region may have, unless the state says
/// another, and since when.
const QUOTA: &[(&str, u64)] = &[("2017-03", 10), ("2023-08", 50), ("2024-02", 500)];

/// Months in which something changed that no table here has: a word that is allowed, or a sentence.
const OTHER_CHANGES: &[&str] = &["2022-08"];

/// The months in which the page changed, from the first on: those of the tables above.
pub(crate) static CHANGES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let rules = RULES.iter().flat_map(|rule| rule.codes().map(|code| code.since).chain(rule.withdrawn));
    let rules = rules.chain(RULES.iter().map(|rule| rule.first_seen));
    let parameters = LATER_PARAMETERS.iter().map(|(_, since)| *since);
    let quotas = QUOTA.iter().map(|(since, _)| *since);
    let months: BTreeSet<&str> =
        rules.chain(parameters).chain(quotas).chain(OTHER_CHANGES.iter().copied()).collect();
    months.into_iter().collect()
});

/// A code, since when a rule has it, and on what evidence.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    pub(crate) since: &'static str,
    pub(crate) code: &'static str,
    pub(crate) evidence: &'static str,
}

/// A rule of the page.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) first_seen: &'static str,
    /// The first month whose page is without it.
    pub(crate) withdrawn: Option<&'static str>,
    first_code: Code,
    /// A code that took the place of the first one, and the edition from which it did.
    later_code: Option<(Code, Edition)>,
    /// The editions from which on it is there, and from which on it is not. The oracle asks
    /// for them millions of times.
    editions: (Edition, Option<Edition>),
    /// The facts of its own that it needs, as `needs` has them before a record, if something that
    /// is not known can leave it unverified.
    pub(crate) needs: Option<&'static [&'static str]>,
}

const fn since(
    first_seen: &'static str,
    id: &'static str,
    code: &'static str,
    evidence: &'static str,
) -> Rule {
    let first_code = Code { since: first_seen, code, evidence };
    let editions = (page(first_seen), None);
    Rule { id, first_seen, withdrawn: None, first_code, later_code: None, editions, needs: None }
}

impl Rule {
    const fn until(self, withdrawn: &'static str) -> Self {
        let editions = (self.editions.0, Some(page(withdrawn)));
        Self { withdrawn: Some(withdrawn), editions, ..self }
    }

    const fn then(self, since: &'static str, code: &'static str, evidence: &'static str) -> Self {
        Self { later_code: Some((Code { since, code, evidence }, page(since))), ..self }
    }

    const fn needs(self, facts: &'static [&'static str]) -> Self {
        Self { needs: Some(facts), ..self }
    }

    /// The codes, from the first on.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Code> + use<> {
        [self.first_code].into_iter().chain(self.later_code.map(|(code, _)| code))
    }

    /// The code of a month; before its first page a rule has its first code.
    pub(crate) fn code(&self, month: Edition) -> &'static str {
        match self.later_code {
            Some((later, since)) if since <= month => later.code,
            _ => self.first_code.code,
        }
    }

    /// True if the page of this month has the rule.
    pub(crate) fn is_on(&self, month: Edition) -> bool {
        let (from, until) = self.editions;
        from <= month && until.is_none_or(|until| month < until)
    }
}

/// Returns the edition of a month such as `2017-03`. A wrong month in a table does not compile.
#[allow(clippy::incompatible_msrv, reason = "only the library needs to compile with an old Rust")]
pub(crate) const fn page(month: &str) -> Edition {
    assert!(month.len() == "2017-03".len(), "not a month");
    let (year, month) = month.split_at("2017".len());
    let (dash, month) = month.split_at("-".len());
    assert!(matches!(dash.as_bytes(), b"-"), "not a month");
    let (Ok(year), Ok(month)) = (u16::from_str_radix(year, 10), u8::from_str_radix(month, 10)) else {
        panic!("not a month");
    };
    match Edition::new(year, month) {
        Ok(edition) => edition,
        Err(_) => panic!("no month that has a page"),
    }
}

/// Returns the months in which the page changed, in order.
pub(crate) fn changes() -> Vec<Edition> {
    CHANGES.iter().map(|month| page(month)).collect()
}

/// Returns the month of the newest page.
pub(crate) fn latest() -> &'static str {
    CHANGES.last().expect("a month")
}

/// Returns the rule of this name.
pub(crate) fn rule(id: &str) -> &'static Rule {
    let rule = RULES.iter().find(|rule| rule.id == id);
    rule.unwrap_or_else(|| panic!("no rule `{id}`: its row belongs in tests/support/history.rs"))
}

/// Returns the month before, the month itself and the month after. The first page, which has none
/// before it, stands in for that one too.
pub(crate) fn around(month: Edition) -> [Edition; 3] {
    // Counted from year 0, so that the neighbours of December and January are in their years.
    let count = u32::from(month.year()) * 12 + u32::from(month.month()) - 1;
    let first = Edition::FIRST;
    [count - 1, count, count + 1].map(|count| {
        let text = format!("{:04}-{:02}", count / 12, count % 12 + 1);
        if month == first && text < first.to_string() { first } else { page(&text) }
    })
}

/// Returns the months in which the page changed, with the month before each and the month after it.
pub(crate) fn months() -> BTreeSet<Edition> {
    changes().into_iter().flat_map(around).collect()
}

/// Returns the ids of the rules of a month, in order.
pub(crate) fn rules_on(month: Edition) -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.is_on(month)).map(|rule| rule.id).collect()
}

/// Returns the ids of the rules of any month that something unknown can leave unverified, in order.
pub(crate) fn can_be_unverified() -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.needs.is_some()).map(|rule| rule.id).collect()
}

/// Returns the documented quota of a month.
pub(crate) fn quota(month: Edition) -> u64 {
    QUOTA.iter().rev().find(|(since, _)| page(since) <= month).expect("every page has a quota").1
}
