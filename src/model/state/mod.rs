//! The state: what is known before the call about regions, images and quota.

mod lookup;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{PartialRequest, SyncRequest};
use crate::rule::facts::Certainty;
#[cfg(feature = "wire")]
use crate::text::json::{locate, located};
#[cfg(feature = "wire")]
use crate::text::position;
use crate::text::record::records;
use crate::text::{clean, nearest};
use lookup::Lookup;

/// A type for one of the API's vocabularies: the words that are known are constants, any other word is kept as it is.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
        pub struct $name(Cow<'static, str>);

        impl $name {
            $($(#[$word_doc])* pub const $word: Self = Self(Cow::Borrowed(stringify!($word)));)+

            /// Every word that is known.
            ///
            /// ```
            #[doc = concat!("use presync::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($name), "::KNOWN.len() >= 2);")]
            /// ```
            pub const KNOWN: &'static [Self] = &[$(Self::$word,)+];

            /// The word as the API spells it.
            ///
            /// ```
            #[doc = concat!("use presync::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::from(\"SOMETHING_NEW\").as_str(), \"SOMETHING_NEW\");")]
            /// ```
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $(stringify!($word) => Self::$word,)+
                    _ => Self(Cow::Owned(word.to_owned())),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;

                impl Visitor<'_> for Word {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a word")
                    }

                    fn visit_str<E: de::Error>(self, word: &str) -> Result<$name, E> {
                        Ok(word.into())
                    }
                }

                deserializer.deserialize_str(Word)
            }
        }
    };
}

vocabulary! {
    /// Whether a region is open for use, as DescribeRegions says.
    ///
    /// ```
    /// use presync::RegionState;
    ///
    /// assert_eq!(RegionState::from("AVAILABLE"), RegionState::AVAILABLE);
    /// assert_eq!(RegionState::from("SOMETHING_NEW").as_str(), "SOMETHING_NEW");
    /// ```
    RegionState {
        /// The region can be used.
        AVAILABLE,
        /// The region cannot be used.
        UNAVAILABLE,
    }
}

vocabulary! {
    /// What an image is doing, as DescribeImages says. Only a `NORMAL` image can be copied.
    ///
    /// ```
    /// use presync::ImageState;
    ///
    /// assert!(ImageState::SYNCING.is_busy());
    /// assert!(ImageState::IMPORTFAILED.is_failed());
    /// assert_ne!(ImageState::from("SOMETHING_NEW"), ImageState::NORMAL);
    /// ```
    ImageState {
        /// Being made.
        CREATING,
        /// Ready.
        NORMAL,
        /// Could not be made.
        CREATEFAILED,
        /// In use by another operation; documented until 2025-07.
        USING,
        /// Being copied to another region.
        SYNCING,
        /// Being imported.
        IMPORTING,
        /// Could not be imported.
        IMPORTFAILED,
        /// Being deleted; known to clients, documented nowhere.
        DELETING,
    }
}

impl ImageState {
    /// Whether the state passes with time.
    ///
    /// ```
    /// assert!(!presync::ImageState::NORMAL.is_busy());
    /// ```
    #[must_use]
    pub fn is_busy(&self) -> bool {
        [Self::CREATING, Self::SYNCING, Self::IMPORTING, Self::USING].contains(self)
    }

    /// Whether the state is the end of something that failed: it never passes.
    ///
    /// ```
    /// assert!(presync::ImageState::CREATEFAILED.is_failed());
    /// ```
    #[must_use]
    pub fn is_failed(&self) -> bool {
        [Self::CREATEFAILED, Self::IMPORTFAILED].contains(self)
    }
}

vocabulary! {
    /// Whose image it is, as DescribeImages says.
    ///
    /// ```
    /// use presync::ImageType;
    ///
    /// assert_eq!(ImageType::from("PRIVATE_IMAGE"), ImageType::PRIVATE_IMAGE);
    /// ```
    ImageType {
        /// A custom image: the account's own.
        PRIVATE_IMAGE,
        /// One that the service offers to everybody.
        PUBLIC_IMAGE,
        /// One that another account shares with this one.
        SHARED_IMAGE,
        /// One from the marketplace; known to some clients.
        MARKET_IMAGE,
    }
}

/// A region that exists, and what is known of it.
///
/// In JSON a key that is left out means the ordinary case; `null` means that it is not known. Keys that are not listed
/// here are ignored: the API's own record has more.
///
/// ```
/// use presync::{Region, RegionState};
///
/// let region: Region = serde_json::from_str(r#"{"Region": "ap-guangzhou", "RegionName": "South China"}"#)?;
/// assert_eq!(region, Region::new("ap-guangzhou"));
/// assert_eq!(region.region_state, Some(RegionState::AVAILABLE));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Region {
    /// The region's name, such as `ap-guangzhou`.
    pub region: String,
    /// `AVAILABLE` or not; nothing when it is not known.
    #[serde(default = "available")]
    pub region_state: Option<RegionState>,
    /// Whether images can be synchronized to it; nothing when it is not known. No answer of the API says so.
    #[serde(default = "yes")]
    pub image_sync: Option<bool>,
    /// Whether every image of the account there is listed in the state.
    #[serde(default = "complete", deserialize_with = "null_is_false")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"))]
    pub images_complete: bool,
}

impl Region {
    /// A region in the ordinary case: available, with image sync, its image list complete.
    ///
    /// ```
    /// assert_eq!(presync::Region::new("ap-guangzhou").image_sync, Some(true));
    /// ```
    #[must_use]
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            region_state: available(),
            image_sync: yes(),
            images_complete: complete(),
        }
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

fn null_is_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(false))
}

/// An image in one region, and what is known of it.
///
/// In JSON a key that is left out means the ordinary case (`NORMAL`, `PRIVATE_IMAGE`, no name, not encrypted); `null`
/// means that it is not known. Only a size has no ordinary case: one that is left out is not known. `ImageStatus`, the name in the
/// oldest answers, is read as `ImageState`. Keys that are not listed here are ignored: the API's own record has more.
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
    /// The image's name, empty when it has none; nothing when it is not known.
    #[serde(default = "unnamed")]
    pub image_name: Option<String>,
    /// Whose image it is; nothing when it is not known.
    #[serde(default = "private")]
    pub image_type: Option<ImageType>,
    /// What it is doing; nothing when it is not known.
    #[serde(default = "normal", alias = "ImageStatus")]
    pub image_state: Option<ImageState>,
    /// The size in whole GiB; nothing when it is not known. A size in quotes is read, as early SDKs wrote it.
    #[serde(default, deserialize_with = "size")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "whole_schema"))]
    pub image_size: Option<u64>,
    /// Whether it is encrypted; nothing when it is not known. The API's record has no such flag: the caller supplies it.
    #[serde(default = "no")]
    pub encrypted: Option<bool>,
}

impl Image {
    /// A custom image in the ordinary case: `NORMAL`, not encrypted, of 0 GiB, without a name.
    ///
    /// ```
    /// use presync::{Image, ImageState};
    ///
    /// let mut image = Image::new("ap-guangzhou", "img-o3ycss2p");
    /// assert_eq!(image.image_state, Some(ImageState::NORMAL));
    /// image.image_size = Some(20);
    /// ```
    #[must_use]
    pub fn new(region: impl Into<String>, image_id: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            image_id: image_id.into(),
            image_name: unnamed(),
            image_type: private(),
            image_state: normal(),
            image_size: Some(0),
            encrypted: no(),
        }
    }
}

impl Image {
    /// Whether it is ready to be copied in every edition, but for its size.
    fn is_ready(&self) -> bool {
        self.image_type == private() && self.image_state == normal() && self.encrypted == no()
    }
}

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

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole(deserializer, "a size in whole GiB, as a number, or `null`")
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole(deserializer, "a count, as a number that is not negative, or `null`")
}

/// What [`whole`] reads.
#[cfg(feature = "schema")]
fn whole_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": ["integer", "string", "null"], "minimum": 0, "pattern": "^[0-9]+$"})
}

/// A whole number that is not negative, also in quotes; `null` is nothing.
fn whole<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Option<u64>, D::Error> {
    struct Whole(&'static str);

    impl<'de> Visitor<'de> for Whole {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number))
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
            u64::try_from(number)
                .map(Some)
                .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            // `parse` alone would take a leading plus sign.
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number.map(Some).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }
    }

    deserializer.deserialize_option(Whole(expected))
}

/// How many custom images a region holds, as the state says it.
///
/// ```
/// use presync::{RegionQuota, Used};
///
/// let quota: RegionQuota = serde_json::from_str(r#"{"Region": "ap-shanghai", "Used": 9}"#)?;
/// assert_eq!(quota.used, Used::Count(9));
/// let quota: RegionQuota = serde_json::from_str(r#"{"Region": "ap-shanghai"}"#)?;
/// assert_eq!(quota.used, Used::AsListed);
/// let quota: RegionQuota = serde_json::from_str(r#"{"Region": "ap-shanghai", "Used": null}"#)?;
/// assert_eq!(quota.used, Used::Unknown);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Used {
    /// As many as the state lists there: the key is left out.
    #[default]
    AsListed,
    /// This many.
    Count(u64),
    /// Not known: the key is `null`.
    Unknown,
}

impl Used {
    fn is_as_listed(&self) -> bool {
        *self == Self::AsListed
    }
}

impl Serialize for Used {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::AsListed | Self::Unknown => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for Used {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(count(deserializer)?.map_or(Self::Unknown, Self::Count))
    }
}

/// What is known of one region's quota of custom images.
///
/// ```
/// use presync::RegionQuota;
///
/// let mut quota = RegionQuota::new("ap-shanghai");
/// quota.in_flight = 1;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "PascalCase", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct RegionQuota {
    /// The region.
    pub region: String,
    /// Custom images there, a count.
    #[serde(default, skip_serializing_if = "Used::is_as_listed")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "whole_schema"))]
    pub used: Used,
    /// Copies that are on their way there, a count: each will take a place.
    #[serde(default, deserialize_with = "in_flight")]
    pub in_flight: u64,
    /// The names of copies that are on their way there, as far as these have one; `null` in the place of a name that is
    /// not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_flight_names: Vec<Option<String>>,
    /// The most custom images that the region may hold, a count; nothing where the account's number holds.
    #[serde(default, deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "whole_schema"))]
    pub image_num_quota: Option<u64>,
}

impl RegionQuota {
    /// A region about which nothing special is known: used as listed, nothing in flight, the account's number.
    ///
    /// ```
    /// assert_eq!(presync::RegionQuota::new("ap-shanghai").image_num_quota, None);
    /// ```
    #[must_use]
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            used: Used::AsListed,
            in_flight: 0,
            in_flight_names: Vec::new(),
            image_num_quota: None,
        }
    }
}

fn in_flight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let expected = "a count, as a number that is not negative";
    whole(deserializer, expected)?.ok_or_else(|| de::Error::invalid_type(de::Unexpected::Unit, &expected))
}

/// What is known of the account's quota of custom images.
///
/// ```
/// use presync::AccountQuota;
///
/// let quota: AccountQuota = serde_json::from_str(r#"{"ImageNumQuota": 20}"#)?;
/// assert_eq!(quota.image_num_quota, Some(20));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "PascalCase", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct AccountQuota {
    /// The most custom images that a region may hold, a count; nothing where the documented number holds.
    #[serde(default, deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "whole_schema"))]
    pub image_num_quota: Option<u64>,
    /// What is known of single regions.
    #[serde(default)]
    pub regions: Vec<RegionQuota>,
}

/// A pair of regions between which images cannot be copied, in this direction.
///
/// ```
/// let route = presync::BlockedRoute::new("ap-seoul", "ap-shanghai");
/// assert_eq!(route.to, "ap-shanghai");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A route that is blocked.
    ///
    /// ```
    /// assert_eq!(presync::BlockedRoute::new("ap-seoul", "ap-shanghai").from, "ap-seoul");
    /// ```
    #[must_use]
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into() }
    }
}

/// The records of a state before they were looked at together.
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
    /// What is known of the quota.
    #[serde(default)]
    pub(crate) account_quota: AccountQuota,
    /// Pairs of regions between which images cannot be copied.
    #[serde(default)]
    pub(crate) blocked_routes: Vec<BlockedRoute>,
}

records! {
    strict: Records, AccountQuota, RegionQuota, BlockedRoute;
    open: Region, Image;
}

/// What is known before the call: regions, images, quota, blocked routes.
///
/// A closed world by default: a region that is not listed does not exist, an image that is not listed is not there, and
/// what a record leaves out is the ordinary case. What is *not known* is said explicitly, with `null` or
/// `"ImagesComplete": false`; the rules that need it then report [`Unverified`](crate::Unverified).
///
/// A state never contradicts itself: every region that it names is listed, once, and so is every image of a region.
/// It is read-only, and indexed when it is made, so that a check costs the same however many images it holds.
///
/// ```
/// use presync::State;
///
/// let state: State = serde_json::from_str(
///     r#"{
///         "Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai", "ImageSync": null}],
///         "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "ImageSize": 20}],
///         "AccountQuota": {"ImageNumQuota": 10, "Regions": [{"Region": "ap-shanghai", "Used": 9, "InFlight": 1}]},
///         "BlockedRoutes": [{"From": "ap-shanghai", "To": "ap-guangzhou"}]
///     }"#,
/// )?;
/// assert_eq!(state.regions().len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Records", into = "Records")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "Records"))]
pub struct State {
    records: Records,
    index: Index,
}

/// Where things are in [`Records`], and what follows from them for each region. Regions and images are named by their
/// place in the records.
#[derive(Clone, Debug, Default)]
struct Index {
    regions: Lookup,
    images: Lookup,
    /// Images by their names.
    image_names: Lookup,
    /// For each image, its region.
    image_regions: Vec<usize>,
    /// For each image, whether it is ready to be copied in every edition, but for its size: a custom image that is
    /// `NORMAL` and not encrypted.
    is_ready: Vec<bool>,
    /// For each region, its quota.
    places: Vec<Places>,
    /// For each region, its record in the account's quota, if there is one.
    quotas: Vec<Option<usize>>,
    /// For each region, the names of the copies on their way.
    names_in_flight: Vec<BTreeSet<String>>,
    /// The regions whose list of images is not complete.
    incomplete: Vec<usize>,
    /// Blocked routes as (to, from), sorted.
    routes: Vec<(usize, usize)>,
}

/// What is known of the places for custom images in one region.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    /// Custom images at least.
    pub(crate) least: u64,
    /// Custom images at most; nothing when that is not known.
    pub(crate) most: Option<u64>,
    /// Copies on their way.
    pub(crate) in_flight: u64,
    /// The limit that the state gives, for the region or else for the account.
    pub(crate) limit: Option<u64>,
    /// Whether a custom image or a copy on its way may have any name: what it has is not known, or not every image is
    /// listed.
    pub(crate) may_have_any_name: bool,
    /// Whether it takes images from anywhere: it is available, with image sync, and no route into it is blocked.
    pub(crate) is_open: bool,
}

impl PartialEq for State {
    /// Two states are equal when their records are: the index follows from them.
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records
    }
}

impl Eq for State {}

impl From<State> for Records {
    fn from(state: State) -> Self {
        state.records
    }
}

impl State {
    /// A state of these regions and images, with the documented quota and no blocked route.
    ///
    /// # Errors
    ///
    /// An image is in a region that is not listed, a region is listed twice, an image is listed twice in one region, or
    /// a name is empty.
    ///
    /// ```
    /// use presync::{Image, Region, State};
    ///
    /// let state = State::new([Region::new("ap-guangzhou")], [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// assert!(state.image("ap-guangzhou", "img-o3ycss2p").is_some());
    ///
    /// let error = State::new([Region::new("ap-guangzhou")], [Image::new("ap-guangzou", "img-o3ycss2p")]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Images[0].Region: region `ap-guangzou` is not listed in `Regions`, did you mean `ap-guangzhou`?"
    /// );
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn new(
        regions: impl IntoIterator<Item = Region>,
        images: impl IntoIterator<Item = Image>,
    ) -> Result<Self, StateError> {
        let regions = regions.into_iter().collect();
        let images = images.into_iter().collect();
        Records { regions, images, ..Records::default() }.try_into()
    }

    /// The same with another quota.
    ///
    /// # Errors
    ///
    /// The quota names a region that is not listed, or names one twice.
    ///
    /// ```
    /// use presync::{AccountQuota, State};
    ///
    /// let mut quota = AccountQuota::default();
    /// quota.image_num_quota = Some(20);
    /// let state = State::default().with_account_quota(quota)?;
    /// assert_eq!(state.account_quota().image_num_quota, Some(20));
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn with_account_quota(self, account_quota: AccountQuota) -> Result<Self, StateError> {
        Records { account_quota, ..self.records }.try_into()
    }

    /// The same with other blocked routes.
    ///
    /// # Errors
    ///
    /// A route names a region that is not listed.
    ///
    /// ```
    /// use presync::{BlockedRoute, Region, State};
    ///
    /// let state = State::new([Region::new("ap-seoul"), Region::new("ap-shanghai")], [])?
    ///     .with_blocked_routes([BlockedRoute::new("ap-seoul", "ap-shanghai")])?;
    /// assert_eq!(state.blocked_routes().len(), 1);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn with_blocked_routes(
        self,
        routes: impl IntoIterator<Item = BlockedRoute>,
    ) -> Result<Self, StateError> {
        Records { blocked_routes: routes.into_iter().collect(), ..self.records }.try_into()
    }

    /// What an accepted call leaves behind: in each destination that the state knows, one copy on its way for each
    /// image, which takes a place in the quota and, where it has one, a name.
    ///
    /// Nothing is asked here: whether the call is accepted is for a [`Ruleset`](crate::Ruleset) to say. A `DryRun` leaves
    /// nothing behind. The name is the request's `ImageName`, else that of the image that is copied.
    ///
    /// ```
    /// use presync::{Image, Region, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// let after = state.after(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    /// assert_eq!(after.account_quota().regions[0].in_flight, 1);
    /// assert!(state.account_quota().regions.is_empty(), "the state itself is as it was");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn after(&self, request: &SyncRequest) -> Self {
        let mut after = self.clone();
        after.accept(request);
        after
    }

    /// The same in place: for a row of calls, without a copy of the state for each. Gives the names that are taken now,
    /// nothing in the place of one that is not known.
    pub(crate) fn accept(&mut self, request: &SyncRequest) -> Vec<Option<String>> {
        let names: Vec<Option<String>> = match request.image_name.as_deref() {
            Some(name) if !name.is_empty() => vec![Some(name.to_owned()); request.copies()],
            _ if request.image_ids.is_empty() => vec![None],
            _ => request.image_ids.iter().filter_map(|id| self.name_kept(request, id)).collect(),
        };
        self.take(request, names)
    }

    /// The same of a call of which not everything is known: it takes its places in the destinations that are known. A
    /// `DryRun` that is not known counts as none.
    pub(crate) fn accept_partial(&mut self, partial: &PartialRequest) -> Vec<Option<String>> {
        let request = partial.known();
        let names = match request.image_name.clone() {
            Some(name) if !name.is_empty() => Some(name),
            _ => None,
        };
        let names = vec![names; request.copies()];
        self.take(&request, names)
    }

    /// Takes a place for each copy, and these names.
    fn take(&mut self, request: &SyncRequest, names: Vec<Option<String>>) -> Vec<Option<String>> {
        if request.dry_run == Some(true) {
            return Vec::new();
        }
        let copies = u64::try_from(request.copies()).unwrap_or(u64::MAX);
        let destinations: BTreeSet<usize> =
            request.destination_regions.iter().filter_map(|name| self.find_region(name)).collect();
        let Self { records, index } = self;
        let quotas = &mut records.account_quota.regions;
        for region in destinations {
            let (Some(record), Some(slot), Some(places), Some(taken)) = (
                records.regions.get(region),
                index.quotas.get_mut(region),
                index.places.get_mut(region),
                index.names_in_flight.get_mut(region),
            ) else {
                continue;
            };
            let place = *slot.get_or_insert_with(|| {
                quotas.push(RegionQuota::new(&*record.region));
                quotas.len() - 1
            });
            let Some(quota) = quotas.get_mut(place) else { continue };
            quota.in_flight = quota.in_flight.saturating_add(copies);
            quota.in_flight_names.extend(names.iter().cloned());
            places.in_flight = quota.in_flight;
            places.may_have_any_name |= names.contains(&None);
            taken.extend(names.iter().flatten().cloned());
        }
        names
    }

    /// The name that a copy of this image keeps: nothing where it has none, and no known one where that cannot be said.
    fn name_kept(&self, request: &SyncRequest, image_id: &str) -> Option<Option<String>> {
        let images = self.find_images(image_id);
        let images = match request.region.as_deref().map(|region| self.find_region(region)) {
            None => images,
            Some(None) => &[],
            Some(Some(region)) => self.in_region(images, region),
        };
        let mut names = images.iter().map(|place| self.image_at(*place)?.image_name.as_deref());
        match names.next() {
            Some(Some(name)) if names.all(|other| other == Some(name)) => {
                (!name.is_empty()).then(|| Some(name.to_owned()))
            }
            _ => Some(None),
        }
    }

    /// Reads a state from JSON.
    ///
    /// # Errors
    ///
    /// The bytes are not JSON, or not a state, or the state contradicts itself; the error says where.
    ///
    /// ```
    /// use presync::State;
    ///
    /// let error = State::from_json(br#"{"Regions": [{"Region": "ap-guangzhou"}, {"Region": 1}]}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 1, column 53: Regions[1].Region: invalid type: integer `1`, expected a string"
    /// );
    /// ```
    #[cfg(feature = "wire")]
    pub fn from_json(bytes: &[u8]) -> Result<Self, StateError> {
        let json = |(line, column, message), path| StateError::Json { line, column, path, message };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let (line, column) = position(bytes, error.valid_up_to());
            json((line, column, "the state is not text in UTF-8".to_owned()), None)
        })?;
        // The JSON reader would speak of a value that it expected.
        if text.trim_ascii().is_empty() {
            return Err(json((1, 1, "the state is empty".to_owned()), None));
        }
        if text.starts_with('\u{feff}') {
            let message = "the state starts with a byte order mark, which is no part of JSON";
            return Err(json((1, 1, message.to_owned()), None));
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let records: Records = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let located = located(error.inner());
            let path = place(error.path(), &located.2);
            json(located, path)
        })?;
        deserializer.end().map_err(|error| json(located(&error), None))?;
        records.try_into().map_err(|error: StateError| {
            match error.place().and_then(|place| locate(text, place)) {
                Some((line, column)) => StateError::At { line, column, error: Box::new(error) },
                None => error,
            }
        })
    }

    /// Every region, in the order in which they were given.
    ///
    /// ```
    /// assert!(presync::State::default().regions().is_empty());
    /// ```
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.records.regions
    }

    /// Every image, in the order in which they were given.
    ///
    /// ```
    /// assert!(presync::State::default().images().is_empty());
    /// ```
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.records.images
    }

    /// What is known of the quota.
    ///
    /// ```
    /// assert_eq!(presync::State::default().account_quota().image_num_quota, None);
    /// ```
    #[must_use]
    pub fn account_quota(&self) -> &AccountQuota {
        &self.records.account_quota
    }

    /// Every blocked route, in the order in which they were given.
    ///
    /// ```
    /// assert!(presync::State::default().blocked_routes().is_empty());
    /// ```
    #[must_use]
    pub fn blocked_routes(&self) -> &[BlockedRoute] {
        &self.records.blocked_routes
    }

    /// The region of this name.
    ///
    /// ```
    /// use presync::{Region, State};
    ///
    /// let state = State::new([Region::new("ap-guangzhou")], [])?;
    /// assert!(state.region("ap-guangzhou").is_some());
    /// assert!(state.region("AP-Guangzhou").is_none());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn region(&self, name: &str) -> Option<&Region> {
        self.region_at(self.find_region(name)?)
    }

    /// The image of this id in this region.
    ///
    /// ```
    /// use presync::{Image, Region, State};
    ///
    /// let state = State::new([Region::new("ap-guangzhou")], [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// assert!(state.image("ap-guangzhou", "img-o3ycss2p").is_some());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn image(&self, region: &str, image_id: &str) -> Option<&Image> {
        let region = self.find_region(region)?;
        self.in_region(self.find_images(image_id), region).first().and_then(|place| self.image_at(*place))
    }

    pub(crate) fn region_at(&self, place: usize) -> Option<&Region> {
        self.records.regions.get(place)
    }

    pub(crate) fn image_at(&self, place: usize) -> Option<&Image> {
        self.records.images.get(place)
    }

    pub(crate) fn is_ready(&self, place: usize) -> bool {
        self.index.is_ready.get(place) == Some(&true)
    }

    pub(crate) fn image_region(&self, place: usize) -> Option<usize> {
        self.index.image_regions.get(place).copied()
    }

    pub(crate) fn places(&self, region: usize) -> Option<&Places> {
        self.index.places.get(region)
    }

    pub(crate) fn find_region(&self, name: &str) -> Option<usize> {
        self.index.regions.find_one(name, |place| self.region_at(place).map(|region| &*region.region))
    }

    /// Every image of this id, whatever its region, in the order of the regions.
    pub(crate) fn find_images(&self, image_id: &str) -> &[usize] {
        self.index.images.find(image_id, |place| self.image_at(place).map(|image| &*image.image_id))
    }

    /// Of images of one id, the one in this region, if there is one.
    pub(crate) fn in_region<'i>(&self, images: &'i [usize], region: usize) -> &'i [usize] {
        let found = images.binary_search_by_key(&Some(region), |place| self.image_region(*place)).ok();
        found.and_then(|found| images.get(found..=found)).unwrap_or_default()
    }

    /// Whether a custom image of this region, or one on its way there, has this name.
    pub(crate) fn is_name_taken(&self, region: usize, name: &str) -> Certainty {
        let name_of = |place: usize| self.image_at(place)?.image_name.as_deref();
        if self.index.names_in_flight.get(region).is_some_and(|names| names.contains(name)) {
            return Certainty::Yes;
        }
        let namesakes = self.index.image_names.find(name, name_of);
        let start = namesakes.partition_point(|place| self.image_region(*place) < Some(region));
        let here =
            namesakes.iter().skip(start).take_while(|place| self.image_region(**place) == Some(region));
        let mut certainty = if self.places(region).is_some_and(|places| places.may_have_any_name) {
            Certainty::Maybe
        } else {
            Certainty::No
        };
        for image in here.filter_map(|place| self.image_at(*place)) {
            match &image.image_type {
                Some(image_type) if *image_type == ImageType::PRIVATE_IMAGE => return Certainty::Yes,
                Some(_) => {}
                None => certainty = Certainty::Maybe,
            }
        }
        certainty
    }

    /// The regions whose list of images is not complete.
    pub(crate) fn incomplete(&self) -> &[usize] {
        &self.index.incomplete
    }

    /// The regions from which `to` cannot be reached.
    pub(crate) fn blocked_into(&self, to: usize) -> impl Iterator<Item = usize> {
        let routes = &self.index.routes;
        let start = routes.partition_point(|route| route.0 < to);
        routes.iter().skip(start).take_while(move |route| route.0 == to).map(|route| route.1)
    }
}

impl TryFrom<Records> for State {
    type Error = StateError;

    fn try_from(records: Records) -> Result<Self, StateError> {
        let index = Index::of(&records)?;
        Ok(Self { records, index })
    }
}

impl Index {
    fn of(records: &Records) -> Result<Self, StateError> {
        let Records { regions, images, account_quota, blocked_routes } = records;
        let region_name = |place: usize| regions.get(place).map(|region| &*region.region);
        let image_id = |place: usize| images.get(place).map(|image| &*image.image_id);

        for (place, region) in regions.iter().enumerate() {
            refuse_empty(&region.region, || format!("Regions[{place}].Region"))?;
        }
        let region_lookup = Lookup::new(regions.len(), region_name, |_| 0);
        if let Some(place) = region_lookup.first_repeated(|a, b| region_name(a) == region_name(b)) {
            let region = clean(region_name(place).unwrap_or_default());
            return Err(StateError::RegionTwice { place: format!("Regions[{place}].Region"), region });
        }
        let listed = |name: &str, place: &dyn Fn() -> String| match region_lookup.find(name, region_name) {
            [region, ..] => Ok(*region),
            [] => Err(StateError::RegionNotListed {
                place: place(),
                region: clean(name),
                nearest: nearest(name, regions.iter().map(|region| &*region.region)).map(clean),
            }),
        };

        let mut image_regions = Vec::with_capacity(images.len());
        let mut listings = vec![Listing::default(); regions.len()];
        for (place, image) in images.iter().enumerate() {
            refuse_empty(&image.image_id, || format!("Images[{place}].ImageId"))?;
            let region = listed(&image.region, &|| format!("Images[{place}].Region"))?;
            image_regions.push(region);
            if let Some(listing) = listings.get_mut(region) {
                let is_custom = image.image_type.as_ref().map(|word| *word == ImageType::PRIVATE_IMAGE);
                match is_custom {
                    Some(is_custom) => listing.custom += u64::from(is_custom),
                    None => listing.untyped += 1,
                }
                listing.may_have_any_name |= image.image_name.is_none() && is_custom != Some(false);
            }
        }
        let region_of = |place: usize| image_regions.get(place).copied().unwrap_or_default();
        let image_lookup = Lookup::new(images.len(), image_id, region_of);
        let same_image = |a: usize, b: usize| image_id(a) == image_id(b) && region_of(a) == region_of(b);
        if let Some(place) = image_lookup.first_repeated(same_image) {
            let image_id = clean(image_id(place).unwrap_or_default());
            let region = clean(region_name(region_of(place)).unwrap_or_default());
            return Err(StateError::ImageTwice {
                place: format!("Images[{place}].ImageId"),
                image_id,
                region,
            });
        }

        let image_name = |place: usize| images.get(place).and_then(|image| image.image_name.as_deref());
        let image_names = Lookup::new(images.len(), image_name, region_of);

        let mut quotas: Vec<Option<usize>> = vec![None; regions.len()];
        for (place, quota) in account_quota.regions.iter().enumerate() {
            let at = || format!("AccountQuota.Regions[{place}].Region");
            let region = listed(&quota.region, &at)?;
            if let Some(slot) = quotas.get_mut(region)
                && slot.replace(place).is_some()
            {
                return Err(StateError::RegionTwice { place: at(), region: clean(&quota.region) });
            }
        }
        let quota_of = |place: &Option<usize>| account_quota.regions.get((*place)?);
        let places = regions.iter().zip(&listings).zip(&quotas);
        let mut places: Vec<Places> = places
            .map(|((region, listing), quota)| {
                Places::of(region, *listing, quota_of(quota), account_quota.image_num_quota)
            })
            .collect();
        let in_flight = |quota: &RegionQuota| quota.in_flight_names.iter().flatten().cloned().collect();
        let names_in_flight =
            quotas.iter().map(|quota| quota_of(quota).map(in_flight).unwrap_or_default()).collect();

        let mut routes = Vec::with_capacity(blocked_routes.len());
        for (place, route) in blocked_routes.iter().enumerate() {
            let from = listed(&route.from, &|| format!("BlockedRoutes[{place}].From"))?;
            let to = listed(&route.to, &|| format!("BlockedRoutes[{place}].To"))?;
            routes.push((to, from));
        }
        routes.sort_unstable();
        routes.dedup();
        for (to, _) in &routes {
            if let Some(places) = places.get_mut(*to) {
                places.is_open = false;
            }
        }
        let incomplete = regions.iter().enumerate().filter(|(_, region)| !region.images_complete);
        let incomplete = incomplete.map(|(place, _)| place).collect();
        Ok(Self {
            regions: region_lookup,
            images: image_lookup,
            image_names,
            image_regions,
            is_ready: images.iter().map(Image::is_ready).collect(),
            places,
            quotas,
            names_in_flight,
            incomplete,
            routes,
        })
    }
}

/// How many images the state lists in a region.
#[derive(Clone, Copy, Default)]
struct Listing {
    custom: u64,
    untyped: u64,
    /// Whether one that is or may be a custom image has a name that is not known.
    may_have_any_name: bool,
}

impl Places {
    fn of(region: &Region, listing: Listing, quota: Option<&RegionQuota>, account: Option<u64>) -> Self {
        let (least, most) = match quota.map_or(Used::AsListed, |quota| quota.used) {
            Used::Count(count) => (count, Some(count)),
            Used::Unknown => (0, None),
            Used::AsListed if region.images_complete => {
                (listing.custom, Some(listing.custom + listing.untyped))
            }
            Used::AsListed => (listing.custom, None),
        };
        Self {
            least,
            most,
            in_flight: quota.map_or(0, |quota| quota.in_flight),
            limit: quota.and_then(|quota| quota.image_num_quota).or(account),
            may_have_any_name: !region.images_complete
                || listing.may_have_any_name
                || quota.is_some_and(|quota| quota.in_flight_names.contains(&None)),
            is_open: region.region_state == available() && region.image_sync == yes(),
        }
    }
}

fn refuse_empty(name: &str, place: impl FnOnce() -> String) -> Result<(), StateError> {
    if name.is_empty() { Err(StateError::EmptyName { place: place() }) } else { Ok(()) }
}

/// Why records are not a state. Each says the place, such as `Images[3].Region`.
///
/// ```
/// use presync::{Region, State, StateError};
///
/// let twice = State::new([Region::new("ap-guangzhou"), Region::new("ap-guangzhou")], []);
/// assert!(matches!(twice, Err(StateError::RegionTwice { .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A region is named that `Regions` does not list.
    #[error("{place}: region `{region}` is not listed in `Regions`{}", did_you_mean(nearest.as_deref()))]
    RegionNotListed {
        /// Where.
        place: String,
        /// Which region.
        region: String,
        /// The listed region that was probably meant.
        nearest: Option<String>,
    },
    /// A region has two records.
    #[error("{place}: region `{region}` has a record already")]
    RegionTwice {
        /// Where the second one is.
        place: String,
        /// Which region.
        region: String,
    },
    /// An image has two records in one region.
    #[error("{place}: image `{image_id}` has a record in `{region}` already")]
    ImageTwice {
        /// Where the second one is.
        place: String,
        /// Which image.
        image_id: String,
        /// In which region.
        region: String,
    },
    /// A region or an image has no name.
    #[error("{place}: a name must not be empty")]
    EmptyName {
        /// Where.
        place: String,
    },
    /// The state that was read contradicts itself.
    #[error("line {line}, column {column}: {error}")]
    At {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// How it does.
        error: Box<StateError>,
    },
    /// The bytes are not the JSON of a state.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// Which value, where one is meant.
        path: Option<String>,
        /// What is wrong.
        message: String,
    },
}

#[cfg(feature = "wire")]
impl StateError {
    /// Where records contradict each other.
    fn place(&self) -> Option<&str> {
        match self {
            Self::RegionNotListed { place, .. }
            | Self::RegionTwice { place, .. }
            | Self::ImageTwice { place, .. }
            | Self::EmptyName { place } => Some(place),
            Self::At { .. } | Self::Json { .. } => None,
        }
    }
}

/// Where an error is, as `Images[3].ImageSize`; nothing for the state as a whole.
#[cfg(feature = "wire")]
fn place(path: &serde_path_to_error::Path, message: &str) -> Option<String> {
    use serde_path_to_error::Segment;

    // What is no key is at no place below its record, and an unknown key is named in the message.
    let is_place = |segment: &&Segment| !matches!(segment, Segment::Unknown);
    let mut segments: Vec<&Segment> = path.iter().filter(is_place).collect();
    if message.starts_with("unknown key") {
        segments.pop();
    }
    let mut place = String::new();
    for segment in segments {
        if !place.is_empty() && !matches!(segment, Segment::Seq { .. }) {
            place.push('.');
        }
        place.push_str(&segment.to_string());
    }
    (!place.is_empty()).then_some(place)
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}
