//! Reports on a request: findings, violations, what could not be verified, the report, the API's
//! envelope.

pub mod envelope;
mod finding;
#[expect(clippy::module_inception, reason = "the report is what the folder is named for")]
mod report;
mod unverified;
mod violation;

pub use finding::Finding;
pub use report::{Report, Terms};
pub use unverified::Unverified;
pub use violation::Violation;
