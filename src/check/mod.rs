//! Running the rules: sets of rules, calls in a row, lines of requests.

#[cfg(feature = "wire")]
pub mod lines;
mod partial;
pub mod plan;
mod ruleset;

pub use ruleset::{Ruleset, RulesetError};
