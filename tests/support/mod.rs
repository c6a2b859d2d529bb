//! What several test programs share.
#![allow(dead_code, reason = "several programs share this module and none uses all of it")]

#[cfg(feature = "wire")]
pub(crate) mod cases;
pub(crate) mod claims;
pub(crate) mod dice;
#[cfg(feature = "wire")]
pub(crate) mod documents;
#[cfg(feature = "wire")]
pub(crate) mod edits;
pub(crate) mod history;
pub(crate) mod snapshot;
pub(crate) mod values;
pub(crate) mod world;
