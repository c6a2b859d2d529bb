//! The request: the parameters as they were sent, whatever their values.

use serde::{Deserialize, Serialize};

use crate::text::record::records;

/// The one version of the API.
pub(crate) const DOCUMENTED_VERSION: &str = "2017-03-12";

/// The parameters of one SyncImages request, as sent. A bad value can be held here, because saying
/// what is bad about it is what the crate is for.
///
/// As JSON the keys are the API's own. `Version` may be left out and then is the documented one, as
/// in a JSON body, whose version travels beside it; `null` stands for a request that sent none. A
/// key that no edition has is an error.
///
/// ```
/// use presync::SyncRequest;
///
/// let request = SyncRequest::new("img-o3ycss2p", ["ap-guangzhou", "ap-beijing"]).with_region("ap-shanghai");
///
/// let json = r#"{"Region": "ap-shanghai", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou", "ap-beijing"]}"#;
/// assert_eq!(serde_json::from_str::<SyncRequest>(json)?, request);
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
pub struct SyncRequest {
    /// `Version`, the version of the API that is called; `None` when it was not sent.
    #[serde(default = "documented_version")]
    #[cfg_attr(feature = "schema", schemars(default = "documented_version"))]
    pub version: Option<String>,
    /// `Region`, the source region; `None` when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `ImageIds.N`, the ids of the images to copy; the pages allow one.
    #[serde(default)]
    pub image_ids: Vec<String>,
    /// `DestinationRegions.N`, the regions that each get a copy.
    #[serde(default)]
    pub destination_regions: Vec<String>,
    /// `DryRun`: the service checks the request and copies nothing; `None` when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// `ImageName`, the name of the copies, of up to 60 characters; `None` when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_name: Option<String>,
    /// `ImageSetRequired`: the response lists the ids of the copies; `None` when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_set_required: Option<bool>,
    /// `Encrypt`: the copy is encrypted, in the source region; `None` when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<bool>,
    /// `KmsKeyId`, the id of the key that a copy is encrypted with; `None` when it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// True if it is known that no `Region` is sent, not even in the header `X-TC-Region`. A body
    /// alone does not say, and neither does JSON.
    #[serde(skip)]
    pub has_no_region: bool,
}

records! { strict: SyncRequest; }

fn documented_version() -> Option<String> {
    Some(DOCUMENTED_VERSION.to_owned())
}

impl SyncRequest {
    /// Returns a request of the documented version for one image, without a `Region` and without
    /// any later parameter. [`SyncRequest::default`] has no parameter at all.
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
            ..Self::default()
        }
    }

    /// Sets `Version`; `None` for a request that sends none.
    #[must_use]
    pub fn with_version<'v>(self, version: impl Into<Option<&'v str>>) -> Self {
        Self { version: version.into().map(str::to_owned), ..self }
    }

    /// Sets `Region`, the source region.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        Self { region: Some(region.into()), has_no_region: false, ..self }
    }

    /// Leaves `Region` out, in the header too.
    #[must_use]
    pub fn without_region(self) -> Self {
        Self { region: None, has_no_region: true, ..self }
    }

    /// Sets `ImageIds`.
    #[must_use]
    pub fn with_image_ids<I: IntoIterator<Item: Into<String>>>(self, image_ids: I) -> Self {
        Self { image_ids: image_ids.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets `DestinationRegions`.
    #[must_use]
    pub fn with_destination_regions<I: IntoIterator<Item: Into<String>>>(self, regions: I) -> Self {
        Self { destination_regions: regions.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets `DryRun`.
    #[must_use]
    pub fn with_dry_run(self, dry_run: bool) -> Self {
        Self { dry_run: Some(dry_run), ..self }
    }

    /// Sets `ImageName`.
    #[must_use]
    pub fn with_image_name(self, image_name: impl Into<String>) -> Self {
        Self { image_name: Some(image_name.into()), ..self }
    }

    /// Sets `ImageSetRequired`.
    #[must_use]
    pub fn with_image_set_required(self, image_set_required: bool) -> Self {
        Self { image_set_required: Some(image_set_required), ..self }
    }

    /// Sets `Encrypt`.
    #[must_use]
    pub fn with_encrypt(self, encrypt: bool) -> Self {
        Self { encrypt: Some(encrypt), ..self }
    }

    /// Sets `KmsKeyId`.
    #[must_use]
    pub fn with_kms_key_id(self, kms_key_id: impl Into<String>) -> Self {
        Self { kms_key_id: Some(kms_key_id.into()), ..self }
    }

    /// True if it is of the documented version and sends no parameter that the first page did not
    /// have.
    pub(crate) fn is_of_first_page(&self) -> bool {
        self.version.as_deref() == Some(DOCUMENTED_VERSION) && !self.has_later_parameter()
    }

    /// True if it sends a parameter that the first page did not have.
    pub(crate) fn has_later_parameter(&self) -> bool {
        // A parameter that is added must be named here.
        let Self {
            version: _,
            region: _,
            has_no_region: _,
            image_ids: _,
            destination_regions: _,
            dry_run,
            image_name,
            image_set_required,
            encrypt,
            kms_key_id,
        } = self;
        dry_run.or(*image_set_required).or(*encrypt).is_some() || image_name.is_some() || kms_key_id.is_some()
    }

    /// Returns the number of copies that an accepted request makes in each destination: one for
    /// each image.
    pub(crate) fn copies(&self) -> usize {
        self.image_ids.len().max(1)
    }
}
