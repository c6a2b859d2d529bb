//! The answer that the API would give: a report as its response envelope.

use serde::{Deserialize, Serialize};

use crate::model::{Edition, ErrorCode};
use crate::report::Report;
use crate::text::record::records;

/// The first page on which an answer has an `ImageSet`: 2022-11.
///
/// ```
/// assert_eq!(presync::response::IMAGE_SET_FIRST_SEEN.to_string(), "2022-11");
/// ```
pub const IMAGE_SET_FIRST_SEEN: Edition = Edition::of(2022, 11);

/// The body of an answer: `{"Response": {…}}`. The HTTP status is 200 either way.
///
/// ```
/// use presync::response::Envelope;
///
/// let body = r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"full"},"RequestId":"1"}}"#;
/// let envelope: Envelope = serde_json::from_str(body)?;
/// assert_eq!(envelope.response.error.as_ref().unwrap().message, "full");
/// assert_eq!(serde_json::to_string(&envelope)?, body);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Envelope {
    /// What is in the envelope.
    pub response: Response,
}

/// What is in the envelope: an error or none, and the id of the request.
///
/// ```
/// use presync::response::Envelope;
///
/// let envelope: Envelope = serde_json::from_str(r#"{"Response":{"RequestId":"1"}}"#)?;
/// assert_eq!(envelope.response.error, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Response {
    /// Why the call is refused; nothing when it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// The copies of an accepted call, from the page of 2022-11 on; empty unless the call had `ImageSetRequired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_set: Option<Vec<SyncedImage>>,
    /// The id of the request. The page's example spells it `RequestID`: that is read too.
    #[serde(alias = "RequestID")]
    pub request_id: String,
}

/// One copy of an image. Its id is the service's to make.
///
/// ```
/// let image = presync::response::SyncedImage::new("img-34vaef8f", "ap-shanghai");
/// assert_eq!(serde_json::to_string(&image)?, r#"{"ImageId":"img-34vaef8f","Region":"ap-shanghai"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct SyncedImage {
    /// The id of the copy.
    pub image_id: String,
    /// The region that it is in.
    pub region: String,
}

impl SyncedImage {
    /// A copy of this id in this region.
    ///
    /// ```
    /// assert_eq!(presync::response::SyncedImage::new("img-34vaef8f", "ap-shanghai").region, "ap-shanghai");
    /// ```
    #[must_use]
    pub fn new(image_id: impl Into<String>, region: impl Into<String>) -> Self {
        Self { image_id: image_id.into(), region: region.into() }
    }
}

/// One error of the API.
///
/// ```
/// use presync::response::ApiError;
///
/// let error: ApiError = serde_json::from_str(r#"{"Code":"LimitExceeded","Message":"full"}"#)?;
/// assert_eq!(error.code, presync::ErrorCode::LimitExceeded);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct ApiError {
    /// The code.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: ErrorCode,
    /// The reason, in words; never the service's own words.
    pub message: String,
}

records! { open: Envelope, Response, SyncedImage, ApiError; }

/// The answer to a call with this report.
///
/// An answer has room for one error: it is the first violation. Which of several the service itself would name is not
/// published. The request id is the caller's to make, and so is the `ImageSet` of a call that asked for it: here it is
/// empty.
///
/// ```
/// use presync::{Ruleset, State, SyncRequest, response};
///
/// let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
/// let envelope = response::envelope(&report, "354f4ac3-8546-4516-8c8a-69e3ab73aa8a");
/// assert_eq!(
///     serde_json::to_string(&envelope)?,
///     r#"{"Response":{"Error":{"Code":"InvalidImageId.NotFound","Message":"ImageIds.0: there is no image `img-o3ycss2p` in any region"},"RequestId":"354f4ac3-8546-4516-8c8a-69e3ab73aa8a"}}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn envelope(report: &Report, request_id: impl Into<String>) -> Envelope {
    let error = report.violations().first().map(|violation| ApiError {
        code: violation.code().clone(),
        message: format!("{}: {}", violation.parameter(), violation.message()),
    });
    let has_image_set = error.is_none() && report.edition() >= IMAGE_SET_FIRST_SEEN;
    let image_set = has_image_set.then(Vec::new);
    Envelope { response: Response { error, image_set, request_id: request_id.into() } }
}

/// The answer to a call that would be accepted and had `DryRun` set: an error that says just that.
///
/// ```
/// let envelope = presync::response::dry_run("354f4ac3-8546-4516-8c8a-69e3ab73aa8a");
/// assert_eq!(envelope.response.error.unwrap().code.as_str(), "DryRunOperation");
/// ```
#[must_use]
pub fn dry_run(request_id: impl Into<String>) -> Envelope {
    error(ErrorCode::DryRunOperation, "the call would be accepted, and nothing was copied", request_id)
}

/// An answer that no report stands behind: the call could not be read, or was refused for a reason that is not looked
/// at here.
///
/// ```
/// use presync::{ErrorCode, response, wire};
///
/// let unreadable = wire::decode(b"{").unwrap_err();
/// let envelope = response::error(ErrorCode::InvalidParameter, unreadable.to_string(), "1");
/// assert_eq!(
///     serde_json::to_string(&envelope)?,
///     r#"{"Response":{"Error":{"Code":"InvalidParameter","Message":"line 1, column 1: EOF while parsing an object"},"RequestId":"1"}}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn error(code: ErrorCode, message: impl Into<String>, request_id: impl Into<String>) -> Envelope {
    let error = Some(ApiError { code, message: message.into() });
    Envelope { response: Response { error, image_set: None, request_id: request_id.into() } }
}
