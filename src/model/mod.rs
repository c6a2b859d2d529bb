//! What is asked and what is known: the request, the state, editions of the page, error codes.

mod code;
mod edition;
mod parameter;
pub mod partial;
mod request;
pub(crate) mod state;

pub use code::{ErrorCode, OtherCode, ParseErrorCodeError};
pub use edition::{Dated, Edition, EditionError};
pub use parameter::Parameter;
pub use partial::PartialRequest;
pub use request::SyncRequest;
pub(crate) use request::{DOCUMENTED_VERSION, ENCRYPTING_COPIES, LATER_PARAMETERS};
pub(crate) use state::Places;
#[cfg(any(feature = "sources", feature = "arbitrary", feature = "proptest"))]
pub(crate) use state::Records;
pub use state::{
    AccountQuota, BlockedRoute, Image, ImageState, ImageType, Region, RegionQuota, RegionState, State,
    StateError, Used,
};
