//! Rules and what they see: the literal of a rule, limits and evidence, checks of one's own,
//! findings, facts.

mod cause;
mod check;
mod evidence;
mod facts;
mod findings;
pub(crate) mod hint;
mod id_form;
mod input;
mod limit;
#[expect(clippy::module_inception, reason = "the rule is what the folder is named for")]
mod rule;

pub(crate) use cause::{Cause, Causes};
pub use check::{Check, Takes, check_fn};
pub use evidence::{Evidence, EvidenceError};
pub(crate) use facts::Context;
pub use facts::{Destination, Facts, NamedImage, Quota};
pub(crate) use findings::By;
pub use findings::Findings;
pub(crate) use id_form::IdForm;
pub use input::Input;
pub use limit::Limit;
pub use rule::{Rule, Stage};
pub(crate) use rule::{Run, Unknown};
