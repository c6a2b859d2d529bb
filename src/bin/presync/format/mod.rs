//! Forms in which answers and rules are written: one file for each.

pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod table;
