//! What several test programs share.
#![allow(dead_code, reason = "several programs share this module and none uses all of it")]

pub(crate) mod cases;
pub(crate) mod history;
pub(crate) mod values;
pub(crate) mod world;
