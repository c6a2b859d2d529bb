//! Texts, whatever they are about: text fit to be shown, near misses, documents, positions, paths
//! and spans in JSON, strict records.

#[cfg(feature = "wire")]
pub(crate) mod document;
#[cfg(feature = "wire")]
pub(crate) mod json;
mod near;
#[cfg(any(feature = "policy", feature = "wire"))]
mod position;
pub(crate) mod record;
mod shown;

#[cfg(feature = "sources")]
pub(crate) use near::did_you_mean;
pub use near::nearest;
pub(crate) use near::unknown_key;
#[cfg(any(feature = "policy", feature = "wire"))]
pub(crate) use position::position;
pub(crate) use shown::{clean, joined, legible};
