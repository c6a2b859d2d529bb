//! The keys of responses, and of records that were cut out of them.

use std::{fmt, mem};

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::error::{DescribeError, agree};
use crate::model::{Image, ImageState, ImageType, RegionState, count, text_or_none};
use crate::text::clean;
use crate::text::record::records;

/// One row makes a field of the record of an image: its key, and its type. It is read in a record
/// that stands in a list and in one that stands alone, and is added to what is known of the image.
/// Every field of [`Image`] has a row, or stands in the last one: no response states it.
macro_rules! image_record {
    (
        $($(#[$attribute:meta])* $key:literal => $field:ident: $type:ty,)+
        never: $($never:ident),+
    ) => {
        /// An object: a response in its envelope or without one, or one record out of it. An
        /// envelope within an envelope is a key like any other.
        #[derive(Deserialize)]
        #[serde(remote = "Self", rename_all = "PascalCase")]
        pub(super) struct Item {
            response: Option<Box<Item>>,
            error: Option<ErrorRecord>,
            #[serde(default, deserialize_with = "present_list")]
            image_set: Option<Option<Vec<ImageRecord>>>,
            #[serde(default, deserialize_with = "null_is_empty")]
            region_set: Option<Vec<RegionRecord>>,
            #[serde(default, deserialize_with = "present")]
            image_num_quota: Option<Option<u64>>,
            account_quota_overview: Option<AccountQuotaOverview>,
            #[serde(default, deserialize_with = "present")]
            total_count: Option<Option<u64>>,
            request_id: Option<IgnoredAny>,

            // The record of an image or of a region.
            image_id: Option<String>,
            $($(#[$attribute])* #[serde(rename = $key)] $field: Option<$type>,)+
            region: Option<String>,
            #[serde(default, deserialize_with = "text_or_none")]
            region_name: Option<String>,
            region_state: Option<RegionState>,

            // Keys of records that name an image and are none, and of a request.
            instance_id: Option<IgnoredAny>,
            launch_template_id: Option<IgnoredAny>,
            image_ids: Option<IgnoredAny>,
            destination_regions: Option<IgnoredAny>,

            // A state.
            regions: Option<IgnoredAny>,
            images: Option<IgnoredAny>,
            account_quota: Option<IgnoredAny>,
            blocked_routes: Option<IgnoredAny>,

            /// True if there is a list of other records, such as an `InstanceSet`.
            #[serde(skip)]
            has_other_set: bool,
        }

        impl Item {
            /// Returns the record of an image that stands alone.
            fn into_image(self, image_id: String) -> ImageRecord {
                ImageRecord { image_id, region: self.region, $($field: self.$field,)+ }
            }
        }

        /// The record of an image in a response. It is not [`Image`], where a key that is left
        /// out is the ordinary case.
        #[derive(Deserialize)]
        #[serde(remote = "Self", rename_all = "PascalCase")]
        pub(super) struct ImageRecord {
            #[serde(deserialize_with = "name")]
            pub(super) image_id: String,
            /// The region, which responses of DescribeImages do not have.
            pub(super) region: Option<String>,
            $($(#[$attribute])* #[serde(rename = $key)] pub(super) $field: Option<$type>,)+
        }

        impl ImageRecord {
            /// Adds the stated facts to the known ones of the image, unless one contradicts those.
            pub(super) fn add_to(self, image: &mut Image) -> Result<(), DescribeError> {
                let Image { region, image_id, $($field,)+ $($never: _,)+ } = image;
                let what = |key: &str| format!("`{key}` of `{}` in `{}`", clean(image_id), clean(region));
                $(agree($field, self.$field, || what($key))?;)+
                Ok(())
            }
        }
    };
}

image_record! {
    "ImageName" => image_name: String,
    "ImageType" => image_type: ImageType,
    #[serde(alias = "ImageStatus")]
    "ImageState" => image_state: ImageState,
    #[serde(default, deserialize_with = "count")]
    "ImageSize" => image_size: u64,
    never: encrypted
}

/// The kind of an item, as its keys tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Images,
    Regions,
    Quota,
    AccountQuota,
    SyncImages,
    /// Records of instances or of launch templates, which name an image.
    Instances,
    Request,
    Error,
    /// An envelope without a known key, or a `RequestId` alone.
    Other,
    State,
    Unknown,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Images => "a response of DescribeImages",
            Self::Regions => "a response of DescribeRegions",
            Self::Quota => "a response of DescribeImageQuota",
            Self::AccountQuota => "a response of DescribeAccountQuota",
            Self::SyncImages => "a response of SyncImages, whose copies are in other regions",
            Self::Instances => "a record of an instance or of a launch template, which names an image",
            Self::Request => "a request of SyncImages",
            Self::Error => "a response with an error",
            Self::Other => "a response of another action",
            Self::State => "a state",
            Self::Unknown => "an object of another kind",
        }
    }
}

/// The content of an item.
pub(super) enum Content {
    /// Images, and the number of all that are counted. The list is none where it is null.
    Images(Option<Vec<ImageRecord>>, Option<u64>),
    /// One image, whose record stands alone.
    Image(ImageRecord),
    /// Regions, and the number of all that are counted.
    Regions(Vec<RegionRecord>, Option<u64>),
    /// One region, whose record stands alone.
    Region(RegionRecord),
    /// The most images; none for a null.
    Quota(Option<u64>),
    AccountQuota(AccountQuotaOverview),
    Error(ErrorRecord),
    /// What makes no state.
    Other(Kind),
}

impl Content {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Images(..) | Self::Image(_) => Kind::Images,
            Self::Regions(..) | Self::Region(_) => Kind::Regions,
            Self::Quota(_) => Kind::Quota,
            Self::AccountQuota(_) => Kind::AccountQuota,
            Self::Error(_) => Kind::Error,
            Self::Other(kind) => *kind,
        }
    }
}

impl Item {
    /// Returns the content, and true if it has an envelope.
    pub(super) fn open(mut self) -> (Content, bool) {
        match self.response.take() {
            Some(enveloped) => (enveloped.content(true), true),
            None => (self.content(false), false),
        }
    }

    fn content(mut self, is_enveloped: bool) -> Content {
        let is_response = is_enveloped || self.request_id.is_some();
        let is_state = [self.regions, self.images, self.account_quota, self.blocked_routes];
        match self {
            Self { error: Some(error), .. } => Content::Error(error),
            Self { image_set: Some(images), total_count, .. } => {
                // Records of DescribeImages have no region: those of SyncImages name the one of
                // each copy, and may be none. A list of images has a count, which may be null.
                let mut records = images.iter().flatten();
                let is_empty = records.clone().next().is_none();
                let has_regions = records.any(|image| image.region.is_some());
                if has_regions || (is_empty && total_count.is_none() && self.request_id.is_some()) {
                    Content::Other(Kind::SyncImages)
                } else {
                    Content::Images(images, total_count.flatten())
                }
            }
            Self { region_set: Some(regions), total_count, .. } => {
                Content::Regions(regions, total_count.flatten())
            }
            Self { image_num_quota: Some(quota), .. } => Content::Quota(quota),
            Self { account_quota_overview: Some(overview), .. } => Content::AccountQuota(overview),
            // SDKs that leave out empty fields leave out an empty list too.
            Self { total_count: Some(Some(0)), has_other_set: false, .. } => {
                Content::Images(Some(Vec::new()), Some(0))
            }
            Self { image_ids: Some(_), .. } | Self { destination_regions: Some(_), .. } if !is_response => {
                Content::Other(Kind::Request)
            }
            Self { instance_id: Some(_), .. } | Self { launch_template_id: Some(_), .. } if !is_response => {
                Content::Other(Kind::Instances)
            }
            Self { image_id: Some(ref mut image_id), .. } if !is_response && !image_id.is_empty() => {
                let image_id = mem::take(image_id);
                Content::Image(self.into_image(image_id))
            }
            Self { region: region @ Some(_), region_name, region_state, image_id: None, .. }
                if !is_response =>
            {
                Content::Region(RegionRecord { region, region_name, region_state })
            }
            _ if is_response || self.has_other_set => Content::Other(Kind::Other),
            _ if is_state.iter().any(Option::is_some) => Content::Other(Kind::State),
            _ => Content::Other(Kind::Unknown),
        }
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub(super) struct ErrorRecord {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub(super) struct RegionRecord {
    /// The region's name; a record without one, or with an empty one, is of no region.
    pub(super) region: Option<String>,
    #[serde(default, deserialize_with = "text_or_none")]
    pub(super) region_name: Option<String>,
    pub(super) region_state: Option<RegionState>,
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub(super) struct AccountQuotaOverview {
    pub(super) region: Option<String>,
    account_quota: Option<AccountQuotaRecord>,
}

impl AccountQuotaOverview {
    /// Returns every quota of images; there is one.
    pub(super) fn images(&self) -> &[ImageQuota] {
        let quota = self.account_quota.as_ref();
        quota.and_then(|quota| quota.image_quota_set.as_deref()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct AccountQuotaRecord {
    image_quota_set: Option<Vec<ImageQuota>>,
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub(super) struct ImageQuota {
    #[serde(default, deserialize_with = "count")]
    pub(super) used_quota: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub(super) total_quota: Option<u64>,
}

records! {
    noting("Set", has_other_set): Item;
    read: ErrorRecord, RegionRecord, ImageRecord, AccountQuotaOverview, AccountQuotaRecord, ImageQuota;
}

/// Reads the list of a key that was sent; `null` is an empty list.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// Reads the list or the `null` of a key that was sent.
fn present_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<Vec<T>>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads the count or the `null` of a key that was sent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    count(deserializer).map(Some)
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.is_empty() { Err(de::Error::custom("a name must not be empty")) } else { Ok(name) }
}

/// Reads an object, or a list of objects and of lists. Each object is given to a function, with
/// its indexes in the lists.
pub(super) struct Items<'f> {
    pub(super) found: &'f mut dyn FnMut(Item, &[usize]),
    pub(super) indexes: &'f mut Vec<usize>,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let item = <Item as Deserialize>::deserialize(MapAccessDeserializer::new(map))?;
        (self.found)(item, self.indexes);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { found, indexes } = self;
        for index in 0.. {
            indexes.push(index);
            let element = list.next_element_seed(Items { found: &mut *found, indexes: &mut *indexes })?;
            indexes.pop();
            if element.is_none() {
                break;
            }
        }
        Ok(())
    }
}
