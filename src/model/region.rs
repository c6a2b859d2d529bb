//! The record of a region, and of a route between two.

use serde::{Deserialize, Deserializer, Serialize};

use super::words::RegionState;
use crate::text::record::records;

/// A region that exists, and what is known of it.
///
/// In JSON a key that is left out means the ordinary case; `null` means that it is not known.
/// Other keys are ignored, for the API's own record has more, but one that nearly is a key of
/// this record is an error.
///
/// ```
/// use presync::{Region, RegionState};
///
/// let region: Region = serde_json::from_str(r#"{"Region": "ap-guangzhou", "RegionTypeMC": null}"#)?;
/// assert_eq!(region, Region::new("ap-guangzhou"));
/// assert_eq!(region.region_state, Some(RegionState::AVAILABLE));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Region {
    /// The region's name, such as `ap-guangzhou`.
    pub region: String,
    /// The name that people are shown, such as `South China (Guangzhou)`, for hints;
    /// `None` when it is not known.
    #[serde(default, deserialize_with = "text_or_none", skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
    /// The state of the region; `None` when it is not known.
    #[serde(default = "available")]
    pub region_state: Option<RegionState>,
    /// True if images can be synchronized to it; `None` when it is not known. No response of the
    /// API says so.
    #[serde(default = "yes")]
    pub image_sync: Option<bool>,
    /// True if every image of the account there is listed in the state.
    #[serde(default = "complete", deserialize_with = "null_is_false")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"))]
    pub images_complete: bool,
    /// True if every custom image of the account there is listed in the state, as where
    /// `ImagesComplete` is true. Their number and their names are known then, while an image that
    /// is not listed may be another's.
    #[serde(default, deserialize_with = "null_is_false", skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"))]
    pub custom_images_complete: bool,
}

impl Region {
    /// Returns a region in the ordinary case: available, with image sync, its list of images
    /// complete.
    #[must_use]
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            region_name: None,
            region_state: available(),
            image_sync: yes(),
            images_complete: true,
            custom_images_complete: false,
        }
    }

    /// Sets the name that people are shown, for hints.
    #[must_use]
    pub fn with_region_name(self, region_name: impl Into<String>) -> Self {
        Self { region_name: Some(region_name.into()), ..self }
    }

    /// Sets the state of the region; `None` when it is not known.
    #[must_use]
    pub fn with_region_state(self, region_state: impl Into<Option<RegionState>>) -> Self {
        Self { region_state: region_state.into(), ..self }
    }

    /// Sets whether images can be synchronized to it; `None` when it is not known.
    #[must_use]
    pub fn with_image_sync(self, image_sync: impl Into<Option<bool>>) -> Self {
        Self { image_sync: image_sync.into(), ..self }
    }

    /// Sets whether every image of the account there is listed in the state.
    #[must_use]
    pub fn with_images_complete(self, images_complete: bool) -> Self {
        Self { images_complete, ..self }
    }

    /// Sets whether every custom image of the account there is listed in the state.
    #[must_use]
    pub fn with_custom_images_complete(self, custom_images_complete: bool) -> Self {
        Self { custom_images_complete, ..self }
    }

    /// True if every custom image there is listed.
    pub(super) fn lists_custom_images(&self) -> bool {
        self.images_complete || self.custom_images_complete
    }

    /// True if it is in the ordinary case, whatever its list of images.
    pub(crate) fn is_open(&self) -> bool {
        // A field that is added must be named here.
        let Self {
            region: _,
            region_name: _,
            region_state,
            image_sync,
            images_complete: _,
            custom_images_complete: _,
        } = self;
        *region_state == available() && *image_sync == yes()
    }
}

fn available() -> Option<RegionState> {
    Some(RegionState::AVAILABLE)
}

fn yes() -> Option<bool> {
    Some(true)
}

fn complete() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Reads a text. Another value is ignored, as is every key that no rule needs.
pub(crate) fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Value::deserialize(deserializer)? {
        Value::Text(text) => Some(text),
        Value::Other(_) => None,
    })
}

pub(super) fn null_is_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(false))
}

/// A pair of regions between which images cannot be copied, in this direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "PascalCase", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct BlockedRoute {
    /// The source region.
    pub from: String,
    /// The destination region.
    pub to: String,
}

impl BlockedRoute {
    /// Returns a route that is blocked.
    #[must_use]
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into() }
    }
}

/// Keys that the API's record of a region has beside these.
const API_KEYS: &[&str] = &["RegionTypeMC", "LocationMC", "RegionNameMC", "RegionIdMC", "RegionId"];

/// Keys of the quota of a region: its list has the name of that of the regions, so that
/// one is taken for the other.
const QUOTA_KEYS: &[(&str, &str)] = &[
    ("Used", "AccountQuota.Regions"),
    ("InFlight", "AccountQuota.Regions"),
    ("InFlightNames", "AccountQuota.Regions"),
    ("ImageNumQuota", "AccountQuota.Regions"),
];

records! {
    near(API_KEYS, QUOTA_KEYS): Region;
    strict: BlockedRoute;
}
