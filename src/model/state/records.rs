//! The records that a state is made of.

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::image::Image;
use crate::model::quota::{AccountQuota, QuotaLimit};
use crate::model::region::{BlockedRoute, Region, null_is_false};
use crate::text::record::records;

/// The records of a state, before they are validated together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "PascalCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "schema", schemars(rename = "State"))]
pub(crate) struct Records {
    /// Every region that exists, or those that are known to exist.
    #[serde(default)]
    pub(crate) regions: Vec<Region>,
    /// True if every region is listed: one that is not listed does not exist.
    #[serde(default = "complete", deserialize_with = "null_is_false", skip_serializing_if = "Clone::clone")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"))]
    pub(crate) regions_complete: bool,
    /// Images, in any region that is listed.
    #[serde(default)]
    pub(crate) images: Vec<Image>,
    /// The quota, as far as it is known.
    #[serde(default, deserialize_with = "null_is_unknown")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<AccountQuota>"))]
    pub(crate) account_quota: AccountQuota,
    /// Pairs of regions between which images cannot be copied.
    #[serde(default)]
    pub(crate) blocked_routes: Vec<BlockedRoute>,
}

records! { strict: Records; }

impl Default for Records {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            regions_complete: true,
            images: Vec::new(),
            account_quota: AccountQuota::default(),
            blocked_routes: Vec::new(),
        }
    }
}

fn complete() -> bool {
    true
}

fn null_is_unknown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountQuota, D::Error> {
    let quota: Option<AccountQuota> = Option::deserialize(deserializer)?;
    Ok(quota.unwrap_or_else(|| AccountQuota::default().with_image_num_quota(QuotaLimit::Unknown)))
}
