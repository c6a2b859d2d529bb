//! `presync serve`: an endpoint of SyncImages and of the actions with which its clients look at
//! regions, images and quota.
//!
//! The state that it is given is its world: an accepted copy becomes an image in it. The
//! files import one another in one direction only:
//!
//! ```text
//! {signals, endpoint} <- http
//! {parameters, describe, log} <- endpoint, listing <- world <- describe
//! ```

mod describe;
mod endpoint;
mod http;
mod listing;
mod log;
mod parameters;
mod signals;
mod world;

pub(crate) use endpoint::Endpoint;
pub(crate) use http::{Limits, serve};
pub(crate) use log::Log;
pub(crate) use signals::Signals;
pub(crate) use world::World;
