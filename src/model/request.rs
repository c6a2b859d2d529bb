//! The request: the parameters as they were sent, whatever their values.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::model::{Edition, Parameter};
use crate::text::record::records;

/// The one version of the API.
pub(crate) const DOCUMENTED_VERSION: &str = "2017-03-12";

/// The parameters of one SyncImages call, as sent: a bad value is representable, because saying what is bad about it
/// is what the crate is for.
///
/// As JSON the keys are the API's own. `Version` may be left out and then is the documented one, as in a JSON body,
/// whose version travels beside it; `null` stands for a call that sent none. A key that no edition has is an error.
///
/// ```
/// use presync::SyncRequest;
///
/// let mut request = SyncRequest::new("img-o3ycss2p", ["ap-guangzhou", "ap-beijing"]);
/// request.region = Some("ap-shanghai".to_owned());
///
/// let json = r#"{"Region": "ap-shanghai", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou", "ap-beijing"]}"#;
/// assert_eq!(serde_json::from_str::<SyncRequest>(json)?, request);
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
pub struct SyncRequest {
    /// `Version`: which version of the API is called; nothing when it was not sent.
    #[serde(default = "documented_version")]
    #[cfg_attr(feature = "schema", schemars(default = "documented_version"))]
    pub version: Option<String>,
    /// `Region`, the source region; nothing when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `ImageIds.N`.
    #[serde(default)]
    pub image_ids: Vec<String>,
    /// `DestinationRegions.N`.
    #[serde(default)]
    pub destination_regions: Vec<String>,
    /// `DryRun`, first seen in 2022-04.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// `ImageName`, first seen in 2022-08.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_name: Option<String>,
    /// `ImageSetRequired`, first seen in 2022-11.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_set_required: Option<bool>,
    /// `Encrypt`, first seen in 2024-10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<bool>,
    /// `KmsKeyId`, first seen in 2024-10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
}

records! { strict: SyncRequest; }

fn documented_version() -> Option<String> {
    Some(DOCUMENTED_VERSION.to_owned())
}

impl SyncRequest {
    /// A call of the documented version for one image, without a `Region` and without any later parameter.
    ///
    /// ```
    /// use presync::SyncRequest;
    ///
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-guangzhou"]);
    /// assert_eq!(request.version.as_deref(), Some("2017-03-12"));
    /// assert_eq!(request.image_ids, ["img-o3ycss2p"]);
    /// ```
    #[must_use]
    pub fn new<D>(image_id: impl Into<String>, destination_regions: D) -> Self
    where
        D: IntoIterator,
        D::Item: Into<String>,
    {
        Self {
            version: documented_version(),
            image_ids: vec![image_id.into()],
            destination_regions: destination_regions.into_iter().map(Into::into).collect(),
            ..Self::empty()
        }
    }

    /// The parameters that the first page did not have, each with the month in which it was first seen, in the order of
    /// today's page.
    ///
    /// ```
    /// use presync::SyncRequest;
    ///
    /// let (parameter, first_seen) = SyncRequest::later_parameters().next().unwrap();
    /// assert_eq!((parameter.to_string(), first_seen.to_string()), ("DryRun".to_owned(), "2022-04".to_owned()));
    /// ```
    pub fn later_parameters() -> impl Iterator<Item = (Parameter, Edition)> {
        LATER_PARAMETERS.iter().map(|later| (later.parameter.clone(), later.first_seen))
    }

    /// Whether any parameter is sent that the first page did not have.
    pub(crate) fn has_later_parameter(&self) -> bool {
        let Self { dry_run, image_name, image_set_required, encrypt, kms_key_id, .. } = self;
        dry_run.or(*image_set_required).or(*encrypt).is_some() || image_name.is_some() || kms_key_id.is_some()
    }

    /// How many copies an accepted call makes in each destination: one for each image, and one where it is not known yet
    /// which image that is.
    pub(crate) fn copies(&self) -> usize {
        self.image_ids.len().max(1)
    }

    /// A call with no parameter at all.
    ///
    /// ```
    /// let request = presync::SyncRequest::empty();
    /// assert_eq!(request.version, None);
    /// assert!(request.image_ids.is_empty());
    /// ```
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version: None,
            region: None,
            image_ids: Vec::new(),
            destination_regions: Vec::new(),
            dry_run: None,
            image_name: None,
            image_set_required: None,
            encrypt: None,
            kms_key_id: None,
        }
    }
}

/// Since when a copy can be encrypted: the month in which `Encrypt` and `KmsKeyId` were first seen.
pub(crate) const ENCRYPTING_COPIES: Edition = Edition::of(2024, 10);

/// A parameter that the first page did not have.
pub(crate) struct LaterParameter {
    pub(crate) parameter: Parameter,
    pub(crate) first_seen: Edition,
    /// What was sent for it, if it was sent.
    pub(crate) sent: fn(&SyncRequest) -> Option<Cow<'_, str>>,
}

/// Every parameter that the first page did not have, in the order of today's page.
pub(crate) static LATER_PARAMETERS: [LaterParameter; 5] = [
    LaterParameter {
        parameter: Parameter::DRY_RUN,
        first_seen: Edition::of(2022, 4),
        sent: |request| request.dry_run.map(word),
    },
    LaterParameter {
        parameter: Parameter::IMAGE_NAME,
        first_seen: Edition::of(2022, 8),
        sent: |request| request.image_name.as_deref().map(Cow::Borrowed),
    },
    LaterParameter {
        parameter: Parameter::IMAGE_SET_REQUIRED,
        first_seen: Edition::of(2022, 11),
        sent: |request| request.image_set_required.map(word),
    },
    LaterParameter {
        parameter: Parameter::ENCRYPT,
        first_seen: ENCRYPTING_COPIES,
        sent: |request| request.encrypt.map(word),
    },
    LaterParameter {
        parameter: Parameter::KMS_KEY_ID,
        first_seen: ENCRYPTING_COPIES,
        sent: |request| request.kms_key_id.as_deref().map(Cow::Borrowed),
    },
];

fn word(value: bool) -> Cow<'static, str> {
    Cow::Borrowed(if value { "true" } else { "false" })
}
