//! Texts, whatever they are about: text fit to be shown, near misses, documents, positions, paths
//! and spans in JSON, strict records.

#[cfg(any(feature = "policy", feature = "wire"))]
#[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "a policy needs a part of it"))]
pub(crate) mod document;
#[cfg(feature = "wire")]
pub(crate) mod json;
mod near;
mod pattern;
#[cfg(any(feature = "policy", feature = "wire"))]
mod position;
pub(crate) mod record;
mod shown;

pub(crate) use near::{did_you_mean, nearest, unknown_key};
pub(crate) use pattern::Pattern;
#[cfg(any(feature = "policy", feature = "wire"))]
pub(crate) use position::position;
pub use shown::{clean, legible};
pub(crate) use shown::{counted, few, joined};
