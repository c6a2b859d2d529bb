//! The records that a state is made of.

use serde::{Deserialize, Serialize};

use crate::model::image::Image;
use crate::model::quota::AccountQuota;
use crate::model::region::{BlockedRoute, Region};
use crate::text::record::records;

/// The records of a state, before they are validated together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "PascalCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "schema", schemars(rename = "State"))]
pub(crate) struct Records {
    /// Every region that exists.
    #[serde(default)]
    pub(crate) regions: Vec<Region>,
    /// Images, in any region that is listed.
    #[serde(default)]
    pub(crate) images: Vec<Image>,
    /// The quota, as far as it is known.
    #[serde(default)]
    pub(crate) account_quota: AccountQuota,
    /// Pairs of regions between which images cannot be copied.
    #[serde(default)]
    pub(crate) blocked_routes: Vec<BlockedRoute>,
}

records! { strict: Records; }
