//! The record of an image.

use serde::{Deserialize, Serialize};

use super::number;
use super::words::{ImageState, ImageType};
use crate::text::record::records;

/// An image in one region, and what is known of it.
///
/// In JSON a key that is left out means the ordinary case (`NORMAL`, `PRIVATE_IMAGE`, no name, not
/// encrypted); `null` means that it is not known. A size has no ordinary case: one that is left out
/// is not known. `ImageStatus`, the name in the oldest responses, is read as `ImageState`. Other
/// keys are ignored, for the API's own record has more, but one that nearly is a key of this record is an
/// error.
///
/// ```
/// use presync::{Image, ImageState};
///
/// let image: Image = serde_json::from_str(
///     r#"{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageStatus": "SYNCING", "ImageSize": "20"}"#,
/// )?;
/// assert_eq!(image.image_state, Some(ImageState::SYNCING));
/// assert_eq!(image.image_size, Some(20));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Image {
    /// The region that the image is in. The API's record has none: the caller supplies it.
    pub region: String,
    /// The image's id, such as `img-o3ycss2p`.
    pub image_id: String,
    /// The image's name, empty when it has none; `None` when it is not known.
    #[serde(default = "unnamed")]
    pub image_name: Option<String>,
    /// The type of the image, which says whose it is; `None` when it is not known.
    #[serde(default = "private")]
    pub image_type: Option<ImageType>,
    /// The state of the image; `None` when it is not known.
    #[serde(default = "normal", alias = "ImageStatus")]
    pub image_state: Option<ImageState>,
    /// The size in whole GiB; `None` when it is not known. A size in quotes is read, as early SDKs
    /// wrote it.
    #[serde(default, deserialize_with = "number::size")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "number::schema"))]
    pub image_size: Option<u64>,
    /// True if it is encrypted; `None` when it is not known. The API's record has no such flag: the
    /// caller supplies it.
    #[serde(default = "no")]
    pub encrypted: Option<bool>,
}

impl Image {
    /// Returns a custom image in the ordinary case: `NORMAL`, not encrypted, without a name. Its
    /// size is not known, for no size is ordinary.
    ///
    /// ```
    /// use presync::{Image, ImageState};
    ///
    /// let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
    /// assert_eq!((image.image_state, image.image_size), (Some(ImageState::NORMAL), Some(20)));
    /// assert_eq!(Image::new("ap-guangzhou", "img-o3ycss2p").image_size, None);
    /// ```
    #[must_use]
    pub fn new(region: impl Into<String>, image_id: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            image_id: image_id.into(),
            image_name: unnamed(),
            image_type: private(),
            image_state: normal(),
            image_size: None,
            encrypted: no(),
        }
    }

    /// Returns an image of which only the region and the id are known.
    #[must_use]
    pub fn unknown(region: impl Into<String>, image_id: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            image_id: image_id.into(),
            image_name: None,
            image_type: None,
            image_state: None,
            image_size: None,
            encrypted: None,
        }
    }

    /// Sets the image's name.
    #[must_use]
    pub fn with_image_name(self, image_name: impl Into<String>) -> Self {
        Self { image_name: Some(image_name.into()), ..self }
    }

    /// Sets the type of the image; `None` when it is not known.
    #[must_use]
    pub fn with_image_type(self, image_type: impl Into<Option<ImageType>>) -> Self {
        Self { image_type: image_type.into(), ..self }
    }

    /// Sets the state of the image; `None` when it is not known.
    #[must_use]
    pub fn with_image_state(self, image_state: impl Into<Option<ImageState>>) -> Self {
        Self { image_state: image_state.into(), ..self }
    }

    /// Sets the size in whole GiB; `None` when it is not known.
    #[must_use]
    pub fn with_image_size(self, image_size: impl Into<Option<u64>>) -> Self {
        Self { image_size: image_size.into(), ..self }
    }

    /// Sets whether it is encrypted; `None` when it is not known.
    #[must_use]
    pub fn with_encrypted(self, encrypted: impl Into<Option<bool>>) -> Self {
        Self { encrypted: encrypted.into(), ..self }
    }

    /// True if it is in the ordinary case, whatever its name and its size.
    pub(super) fn is_ordinary(&self) -> bool {
        // A field that is added must be named here.
        let Self { region: _, image_id: _, image_name: _, image_type, image_state, image_size: _, encrypted } =
            self;
        *image_type == private() && *image_state == normal() && *encrypted == no()
    }
}

/// Keys that the API's record of an image has beside these.
const API_KEYS: &[&str] = &[
    "Architecture",
    "CdcCache",
    "CreatedTime",
    "ImageCreator",
    "ImageDeprecated",
    "ImageDescription",
    "ImageFamily",
    "ImageSource",
    "IsSupportCloudinit",
    "LicenseType",
    "OsName",
    "Platform",
    "SnapshotSet",
    "SyncPercent",
    "Tags",
];

records! { near(API_KEYS): Image; }

fn unnamed() -> Option<String> {
    Some(String::new())
}

fn private() -> Option<ImageType> {
    Some(ImageType::PRIVATE_IMAGE)
}

fn normal() -> Option<ImageState> {
    Some(ImageState::NORMAL)
}

fn no() -> Option<bool> {
    Some(false)
}
