//! The records of the quota of custom images.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number;
use crate::text::record::records;

/// The number of custom images that a region holds, as the state gives it.
///
/// ```
/// use presync::{RegionQuota, Used};
///
/// let used = |json| serde_json::from_str::<RegionQuota>(json).map(|quota| quota.used);
/// assert_eq!(used(r#"{"Region": "ap-shanghai", "Used": 9}"#)?, Used::Count(9));
/// assert_eq!(used(r#"{"Region": "ap-shanghai"}"#)?, Used::AsListed);
/// assert_eq!(used(r#"{"Region": "ap-shanghai", "Used": null}"#)?, Used::Unknown);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Used {
    /// As many as the state lists there: the key is left out.
    #[default]
    AsListed,
    /// This many, however many the state lists there. It is the number for the quota alone: which
    /// images there are, and which names they have, is what the state lists, unless it says that
    /// the list is not complete.
    Count(u64),
    /// Not known: the key is `null`.
    Unknown,
}

impl Used {
    fn is_as_listed(&self) -> bool {
        *self == Self::AsListed
    }
}

impl From<u64> for Used {
    fn from(count: u64) -> Self {
        Self::Count(count)
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
        Ok(number::count(deserializer)?.map_or(Self::Unknown, Self::Count))
    }
}

/// The most custom images that a region may hold, as the state gives it.
///
/// ```
/// use presync::{AccountQuota, QuotaLimit};
///
/// let limit = |json| serde_json::from_str::<AccountQuota>(json).map(|quota| quota.image_num_quota);
/// assert_eq!(limit(r#"{"ImageNumQuota": 20}"#)?, QuotaLimit::Count(20));
/// assert_eq!(limit(r#"{}"#)?, QuotaLimit::Default);
/// assert_eq!(limit(r#"{"ImageNumQuota": null}"#)?, QuotaLimit::Unknown);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QuotaLimit {
    /// For a region the account's number, for the account the documented one: the key is left out.
    #[default]
    Default,
    /// This many.
    Count(u64),
    /// Not known: the key is `null`.
    Unknown,
}

impl QuotaLimit {
    fn is_default(&self) -> bool {
        *self == Self::Default
    }

    /// Returns this limit, or the other one where this is the default.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.is_default() { other } else { self }
    }
}

/// `None` is the default: the key is left out.
impl From<Option<u64>> for QuotaLimit {
    fn from(count: Option<u64>) -> Self {
        count.map_or(Self::Default, Self::Count)
    }
}

impl From<u64> for QuotaLimit {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl Serialize for QuotaLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Default | Self::Unknown => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for QuotaLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(number::count(deserializer)?.map_or(Self::Unknown, Self::Count))
    }
}

/// The quota of custom images of one region, as far as it is known.
///
/// ```
/// use presync::{RegionQuota, Used};
///
/// let quota = RegionQuota::new("ap-shanghai").with_used(9).with_in_flight(1);
/// assert_eq!(quota.used, Used::Count(9));
/// assert_eq!(serde_json::to_string(&quota)?, r#"{"Region":"ap-shanghai","Used":9,"InFlight":1}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    #[cfg_attr(feature = "schema", schemars(schema_with = "number::schema"))]
    pub used: Used,
    /// Copies that are in flight to it, a count: each will be a custom image there.
    #[serde(default, deserialize_with = "number::known_count")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "number::known_schema"))]
    pub in_flight: u64,
    /// The names of copies in flight, as far as these have one; `null` stands for a name that is
    /// not known. There are at most `in_flight` of them, or the records are no state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_flight_names: Vec<Option<String>>,
    /// The most custom images that the region may hold, a count.
    #[serde(default, skip_serializing_if = "QuotaLimit::is_default")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "number::schema"))]
    pub image_num_quota: QuotaLimit,
}

impl RegionQuota {
    /// Returns the quota of a region about which nothing special is known: used as listed, no copy
    /// in flight, the account's number.
    #[must_use]
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            used: Used::AsListed,
            in_flight: 0,
            in_flight_names: Vec::new(),
            image_num_quota: QuotaLimit::Default,
        }
    }

    /// Sets the number of custom images there.
    #[must_use]
    pub fn with_used(self, used: impl Into<Used>) -> Self {
        Self { used: used.into(), ..self }
    }

    /// Sets the number of copies in flight.
    #[must_use]
    pub fn with_in_flight(self, in_flight: u64) -> Self {
        Self { in_flight, ..self }
    }

    /// Sets the names of copies in flight; `None` stands for a name that is not known. Their number
    /// is [set](Self::with_in_flight) by itself.
    #[must_use]
    pub fn with_in_flight_names(self, names: impl IntoIterator<Item = Option<String>>) -> Self {
        Self { in_flight_names: names.into_iter().collect(), ..self }
    }

    /// Sets the most custom images that the region may hold.
    #[must_use]
    pub fn with_image_num_quota(self, image_num_quota: impl Into<QuotaLimit>) -> Self {
        Self { image_num_quota: image_num_quota.into(), ..self }
    }
}

/// The account's quota of custom images, as far as it is known.
///
/// ```
/// use presync::AccountQuota;
///
/// let quota: AccountQuota = serde_json::from_str(r#"{"ImageNumQuota": 20}"#)?;
/// assert_eq!(quota, AccountQuota::default().with_image_num_quota(20));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "PascalCase", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct AccountQuota {
    /// The most custom images that a region may hold, a count.
    #[serde(default, skip_serializing_if = "QuotaLimit::is_default")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "number::schema"))]
    pub image_num_quota: QuotaLimit,
    /// The quotas of single regions.
    #[serde(default)]
    pub regions: Vec<RegionQuota>,
}

impl AccountQuota {
    /// Sets the most custom images that a region may hold.
    #[must_use]
    pub fn with_image_num_quota(self, image_num_quota: impl Into<QuotaLimit>) -> Self {
        Self { image_num_quota: image_num_quota.into(), ..self }
    }

    /// Sets the quotas of single regions.
    #[must_use]
    pub fn with_regions(self, regions: impl IntoIterator<Item = RegionQuota>) -> Self {
        Self { regions: regions.into_iter().collect(), ..self }
    }
}

records! { strict: AccountQuota, RegionQuota; }
