#![allow(clippy::all, reason = "temporary")]
#[path = "library/answers_property.rs"]
mod answers_property;
