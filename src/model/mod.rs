//! The request, the state of what is known, editions of the page, error codes.

mod code;
mod edition;
pub(crate) mod history;
mod image;
mod number;
mod parameter;
mod partial;
mod quota;
mod region;
mod request;
mod state;
mod truth;
mod words;

pub use code::{ErrorCode, ErrorCodeError, OtherCode};
pub use edition::{Dated, Edition, EditionError};
pub use history::Page;
#[cfg(any(test, feature = "arbitrary", feature = "proptest", feature = "vectors"))]
pub(crate) use image::Fact;
pub use image::Image;
#[cfg(feature = "sources")]
pub(crate) use number::count;
pub use parameter::Parameter;
pub(crate) use parameter::{Row, Slot, word};
pub use partial::{NewImage, PartialRequest};
pub use quota::{AccountQuota, QuotaLimit, RegionQuota, Used};
#[cfg(feature = "sources")]
pub(crate) use region::text_or_none;
pub use region::{BlockedRoute, Region};
pub(crate) use request::DOCUMENTED_VERSION;
pub use request::SyncRequest;
#[cfg(any(feature = "sources", feature = "arbitrary", feature = "proptest", feature = "vectors"))]
pub(crate) use state::Records;
pub(crate) use state::{ImageIndex, RegionIndex, Summary};
pub use state::{State, StateError};
pub use truth::Truth;
pub use words::{ImageState, ImageType, RegionState};
