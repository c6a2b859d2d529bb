//! Texts, whatever they are about: text fit to be shown, near misses, documents, encodings,
//! positions, paths and spans in JSON, records with known keys.

#[cfg(all(test, feature = "wire"))]
pub(crate) mod damaged;
#[cfg(any(feature = "policy", feature = "wire"))]
#[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "a policy needs a part of it"))]
pub(crate) mod document;
#[cfg(any(feature = "policy", feature = "wire"))]
mod encoding;
#[cfg(any(feature = "policy", feature = "wire"))]
mod foreign;
#[cfg(feature = "wire")]
pub(crate) mod json;
mod near;
mod pattern;
#[cfg(any(feature = "policy", feature = "wire"))]
pub(crate) mod plain;
#[cfg(any(feature = "policy", feature = "wire"))]
mod position;
pub(crate) mod record;
mod shown;

#[cfg(any(feature = "policy", feature = "wire"))]
pub use encoding::decode;
pub(crate) use near::{Letters, ascii_like, did_you_mean, is_other_dash, nearest, nearest_of, unknown_key};
pub(crate) use pattern::Pattern;
#[cfg(any(feature = "policy", feature = "wire"))]
pub(crate) use position::position;
pub use shown::{clean, legible};
pub(crate) use shown::{counted, few, joined};
