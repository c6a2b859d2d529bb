//! Running the rules: sets of rules, calls in a row, lines of requests.

#[cfg(feature = "wire")]
pub mod lines;
pub mod plan;
pub(crate) mod ruleset;

pub use ruleset::{Ruleset, RulesetError};
