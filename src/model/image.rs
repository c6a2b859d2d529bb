//! The record of an image.

use serde::{Deserialize, Serialize};

use super::number;
use super::words::{ImageState, ImageType};
use crate::text::record::records;

/// One row makes a field of [`Image`], its setter, and a [`Fact`] of it. A row says what the field
/// is where its key is left out, and which of its values are plain: that one alone (`as_left_out`),
/// or `any`.
macro_rules! image {
    (
        $(#[$of_image:meta])+
        struct Image;
        $(
            $(#[$attribute:meta])+
            $field:ident: $type:ty {
                left_out: $left_out:expr,
                plain: $plain:ident,
                fact: $fact:ident,
                $($(#[$of_set:meta])+ set: $set:ident,)?
            }
        )+
    ) => {
        $(#[$of_image])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(remote = "Self", rename_all = "PascalCase")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
        #[non_exhaustive]
        pub struct Image {
            /// The region that the image is in. The API's record has none: the caller supplies it.
            pub region: String,
            /// The image's id, such as `img-o3ycss2p`.
            pub image_id: String,
            $($(#[$attribute])+ pub $field: $type,)+
        }

        impl Image {
            /// Returns a custom image in the ordinary case: `NORMAL`, without a name, with no flag
            /// that is true. Its size is not known, for no size is ordinary.
            ///
            /// ```
            /// use presync::{Image, ImageState};
            ///
            /// let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
            /// assert_eq!(image.image_state, Some(ImageState::NORMAL));
            /// assert_eq!(image.image_size, Some(20));
            /// assert_eq!(Image::new("ap-guangzhou", "img-o3ycss2p").image_size, None);
            /// ```
            #[must_use]
            pub fn new(region: impl Into<String>, image_id: impl Into<String>) -> Self {
                Self { region: region.into(), image_id: image_id.into(), $($field: $left_out,)+ }
            }

            /// Returns an image with only its region and id known.
            #[must_use]
            pub fn unknown(region: impl Into<String>, image_id: impl Into<String>) -> Self {
                Self { region: region.into(), image_id: image_id.into(), $($field: None,)+ }
            }

            $($(
                $(#[$of_set])+
                #[must_use]
                pub fn $set(self, $field: impl Into<$type>) -> Self {
                    Self { $field: $field.into(), ..self }
                }
            )?)+

            /// True if it is in the ordinary case: each of its fields has a plain value.
            pub(super) fn is_ordinary(&self) -> bool {
                $($plain(&self.$field, &$left_out))&&+
            }

            /// Every field that may not be known, for what goes through all of them.
            #[cfg(any(test, feature = "arbitrary", feature = "proptest", feature = "vectors"))]
            pub(crate) const FACTS: &[Fact] = &[$(Fact::$fact(|image| &mut image.$field),)+];
        }
    };
}

image! {
    /// An image in one region, and what is known of it.
    ///
    /// In JSON a key that is left out means the ordinary case (`NORMAL`, `PRIVATE_IMAGE`, no name,
    /// no flag that is true); `null` means that it is not known. A size has no ordinary case: one
    /// that is left out is not known. `ImageStatus`, the name in the oldest responses, is read as
    /// `ImageState`. Other keys are ignored, for the API's own record has more, but one that
    /// nearly is a key of this record is an error.
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
    struct Image;

    /// The image's name, empty when it has none; `None` when it is not known.
    #[serde(default = "unnamed")]
    image_name: Option<String> {
        left_out: unnamed(),
        plain: any,
        fact: Name,
    }
    /// The type of the image, which says whose it is; `None` when it is not known.
    #[serde(default = "private")]
    image_type: Option<ImageType> {
        left_out: private(),
        plain: as_left_out,
        fact: Type,
        /// Sets the type of the image; `None` when it is not known.
        set: with_image_type,
    }
    /// The state of the image; `None` when it is not known.
    #[serde(default = "normal", alias = "ImageStatus")]
    image_state: Option<ImageState> {
        left_out: normal(),
        plain: as_left_out,
        fact: State,
        /// Sets the state of the image; `None` when it is not known.
        set: with_image_state,
    }
    /// The size in whole GiB; `None` when it is not known. A size in quotes is read, as early SDKs
    /// wrote it.
    #[serde(default, deserialize_with = "number::size")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "number::schema"))]
    image_size: Option<u64> {
        left_out: None,
        plain: any,
        fact: Size,
        /// Sets the size in whole GiB; `None` when it is not known.
        set: with_image_size,
    }
    /// True if it is encrypted; `None` when it is not known. The API's record has no such flag: the
    /// caller supplies it.
    #[serde(default = "no")]
    encrypted: Option<bool> {
        left_out: no(),
        plain: as_left_out,
        fact: Flag,
        /// Sets whether it is encrypted; `None` when it is not known.
        set: with_encrypted,
    }
}

impl Image {
    /// Sets the image's name.
    #[must_use]
    pub fn with_image_name(self, image_name: impl Into<String>) -> Self {
        Self { image_name: Some(image_name.into()), ..self }
    }
}

/// A field of an image that may not be known, by its kind. Two fields of one kind have the same
/// values.
#[cfg(any(test, feature = "arbitrary", feature = "proptest", feature = "vectors"))]
#[derive(Clone, Copy)]
pub(crate) enum Fact {
    Name(fn(&mut Image) -> &mut Option<String>),
    Type(fn(&mut Image) -> &mut Option<ImageType>),
    State(fn(&mut Image) -> &mut Option<ImageState>),
    Size(fn(&mut Image) -> &mut Option<u64>),
    Flag(fn(&mut Image) -> &mut Option<bool>),
}

/// True if a field is what it is where its key is left out.
fn as_left_out<T: PartialEq>(value: &T, left_out: &T) -> bool {
    value == left_out
}

/// True: every value is plain.
fn any<T>(_: &T, _: &T) -> bool {
    true
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

/// Keys of a region, which are about all of its images.
const REGION_KEYS: &[(&str, &str)] =
    &[("ImageSync", "Regions"), ("ImagesComplete", "Regions"), ("CustomImagesComplete", "Regions")];

records! { near(API_KEYS, REGION_KEYS): Image; }

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
