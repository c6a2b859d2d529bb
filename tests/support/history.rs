//! The history of the page by hand: its months, its rules, its later parameters and its quota. The library has its own,
//! and so has the oracle; each is held against this one.
#![allow(dead_code, reason = "several programs share this file and none uses all of it")]

use std::collections::BTreeSet;

use presync::Edition;

/// The months in which the page changed, from the first on.
pub(crate) const CHANGES: [&str; 11] = [
    "2017-03", "2021-06", "2021-09", "2022-04", "2022-08", "2022-09", "2022-11", "2023-08", "2024-02",
    "2024-10", "2025-04",
];

/// The rules, in the order in which violations come.
pub(crate) const RULES: [Rule; 23] = [
    since("2017-03", "version-required"),
    since("2017-03", "version-supported"),
    since("2021-06", "region-required").or_unknown(),
    since("2017-03", "source-region-supported").or_unknown(),
    since("2017-03", "parameter-known"),
    since("2017-03", "image-required"),
    since("2017-03", "image-single"),
    since("2017-03", "image-id-format"),
    since("2017-03", "image-exists").or_unknown(),
    since("2017-03", "image-custom").or_unknown(),
    since("2017-03", "image-state-normal").or_unknown(),
    since("2017-03", "image-size").until("2021-09").or_unknown(),
    since("2017-03", "destination-required"),
    since("2017-03", "destination-exists").or_unknown(),
    since("2017-03", "destination-available").or_unknown(),
    since("2017-03", "destination-not-source").or_unknown(),
    since("2022-08", "destination-source-only").or_unknown(),
    since("2017-03", "destination-unique"),
    since("2017-03", "image-quota").or_unknown(),
    since("2025-04", "image-name-length"),
    since("2022-08", "image-name-unique").or_unknown(),
    since("2022-09", "image-encrypted").or_unknown(),
    since("2024-10", "kms-key-format"),
];

/// The parameters that the first page does not have, in the order of the page, and since when they are on it.
pub(crate) const LATER_PARAMETERS: [(&str, &str); 5] = [
    ("DryRun", "2022-04"),
    ("ImageName", "2022-08"),
    ("ImageSetRequired", "2022-11"),
    ("Encrypt", "2024-10"),
    ("KmsKeyId", "2024-10"),
];

/// The number of custom images that a region may have, unless the state says another, and since when.
const QUOTA: [(&str, u64); 3] = [("2017-03", 10), ("2023-08", 50), ("2024-02", 500)];

/// A rule of the page.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) first_seen: &'static str,
    /// The first month whose page is without it.
    pub(crate) withdrawn: Option<&'static str>,
    /// True if a fact that the state does not have can leave it unverified.
    pub(crate) can_be_unverified: bool,
}

const fn since(first_seen: &'static str, id: &'static str) -> Rule {
    Rule { id, first_seen, withdrawn: None, can_be_unverified: false }
}

impl Rule {
    const fn until(self, withdrawn: &'static str) -> Self {
        Self { withdrawn: Some(withdrawn), ..self }
    }

    const fn or_unknown(self) -> Self {
        Self { can_be_unverified: true, ..self }
    }

    /// True if the page of this month has the rule.
    pub(crate) fn is_on(&self, month: Edition) -> bool {
        page(self.first_seen) <= month && self.withdrawn.is_none_or(|withdrawn| month < page(withdrawn))
    }
}

/// Returns the edition of a month such as `2017-03`.
pub(crate) fn page(month: &str) -> Edition {
    month.parse().expect("a month that has a page")
}

/// Returns the month before, the month itself and the month after. The first page, which has none before it, stands in
/// for that one too.
pub(crate) fn around(month: Edition) -> [Edition; 3] {
    // Counted from year 0, so that the neighbours of December and January are in their years.
    let count = u32::from(month.year()) * 12 + u32::from(month.month()) - 1;
    let first = page(CHANGES[0]);
    [count - 1, count, count + 1].map(|count| {
        let text = format!("{:04}-{:02}", count / 12, count % 12 + 1);
        if month == first && text < first.to_string() { first } else { page(&text) }
    })
}

/// Returns the months in which the page changed, with the month before each and the month after it.
pub(crate) fn months() -> BTreeSet<Edition> {
    CHANGES.into_iter().map(page).flat_map(around).collect()
}

/// Returns the ids of the rules of a month, in order.
pub(crate) fn rules_on(month: Edition) -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.is_on(month)).map(|rule| rule.id).collect()
}

/// Returns the ids of the rules of any month that something unknown can leave unverified, in order.
pub(crate) fn can_be_unverified() -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.can_be_unverified).map(|rule| rule.id).collect()
}

/// Returns the documented quota of a month.
pub(crate) fn quota(month: Edition) -> u64 {
    QUOTA.iter().rev().find(|(since, _)| page(since) <= month).expect("every page has a quota").1
}
