//! Running the rules: sets of rules, calls in a row, lines of requests, where an image can go, and
//! reports beside the service's own responses.

pub mod compare;
mod destinations;
#[cfg(feature = "wire")]
pub mod lines;
mod partial;
pub mod plan;
pub(crate) mod ruleset;
#[cfg(feature = "wire")]
mod sent;
mod suggestion;

#[cfg(feature = "wire")]
pub use sent::SentSuggestion;
pub use suggestion::{Remedy, Suggestion};

pub use destinations::{DestinationReport, Destinations};
#[cfg(feature = "policy")]
pub(crate) use ruleset::{Ruleset, RulesetError};
