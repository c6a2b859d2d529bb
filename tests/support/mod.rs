//! What several test targets share.
#![allow(dead_code, reason = "several test targets share this module and none uses all of it")]

pub(crate) mod strategies;
pub(crate) mod world;
