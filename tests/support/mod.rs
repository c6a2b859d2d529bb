//! What several test targets share.
#![allow(dead_code, reason = "several test targets share this module and none uses all of it")]

pub(crate) mod cases;
pub(crate) mod values;
pub(crate) mod world;

use presync::Edition;

/// The months in which the page changed.
pub(crate) const CHANGES: [&str; 11] = [
    "2017-03", "2021-06", "2021-09", "2022-04", "2022-08", "2022-09", "2022-11", "2023-08", "2024-02",
    "2024-10", "2025-04",
];

pub(crate) fn page(month: &str) -> Edition {
    month.parse().expect("a month that has a page")
}
