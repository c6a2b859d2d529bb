//! Reports on a request: findings, violations and their words, what could not be verified, the
//! edits that help, the report, the API's envelope.

pub(crate) mod edit;
pub mod envelope;
pub(crate) mod fact;
pub(crate) mod finding;
#[expect(clippy::module_inception, reason = "the report is what the folder is named for")]
pub(crate) mod report;
mod slip;
pub(crate) mod unverified;
pub(crate) mod violation;
mod words;

pub use edit::{Confidence, Edit, EditKind, Removed};
pub use fact::{Fact, FactError, FactKind, FactValue, ViolationFacts};
pub(crate) use finding::Finding;
pub(crate) use report::Report;
pub use report::Terms;
pub(crate) use slip::Slip;
pub(crate) use unverified::Unverified;
pub(crate) use violation::Violation;
pub use violation::ViolationParts;
pub(crate) use words::{Said, Words};
