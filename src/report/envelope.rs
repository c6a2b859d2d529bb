//! The response that the API would give: a report as its envelope.

use serde::{Deserialize, Serialize};

use super::report::Report;
use crate::model::{ErrorCode, history};
use crate::text::record::records;

/// The body of a response: `{"Response": {…}}`. The HTTP status is 200 either way.
///
/// ```
/// use presync::report::envelope::Envelope;
///
/// let body = r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"full"},"RequestId":"1"}}"#;
/// let envelope: Envelope = serde_json::from_str(body)?;
/// assert_eq!(envelope.response.error.as_ref().unwrap().message, "full");
/// assert_eq!(serde_json::to_string(&envelope)?, body);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Envelope {
    /// The response in the envelope.
    pub response: Response,
}

/// A response: an error or none, and the id of the request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct Response {
    /// The reason why the request is refused; `None` when it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// The copies of an accepted request, from the page of 2022-11 on; empty unless the request had
    /// `ImageSetRequired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_set: Option<Vec<SyncedImage>>,
    /// The id of the request. The page's example spells it `RequestID`: that is read too.
    #[serde(alias = "RequestID")]
    pub request_id: String,
}

/// One copy of an image. Its id is the service's to make.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Returns a copy of this id in this region.
    #[must_use]
    pub fn new(image_id: impl Into<String>, region: impl Into<String>) -> Self {
        Self { image_id: image_id.into(), region: region.into() }
    }
}

/// One error of the API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[non_exhaustive]
pub struct ApiError {
    /// The code.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: ErrorCode,
    /// The reason, in words. They are the service's own only in an envelope that
    /// is read from its response.
    pub message: String,
}

records! { open: Envelope, Response, SyncedImage, ApiError; }

impl Envelope {
    /// Returns the response to a request with this report.
    ///
    /// A response has room for one error: it is the first violation. Which of several the service
    /// itself would name is not published. A report that is refused by a
    /// [strict](crate::Ruleset::strict) rule set alone gives `FailedOperation`. The request id is
    /// the caller's to make, and so is the `ImageSet` of a request that asked for it: here it is
    /// empty.
    ///
    /// ```
    /// use presync::report::envelope::Envelope;
    /// use presync::{Ruleset, State, SyncRequest};
    ///
    /// let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
    /// assert_eq!(
    ///     serde_json::to_string(&Envelope::new(&report, "354f4ac3"))?,
    ///     r#"{"Response":{"Error":{"Code":"InvalidImageId.NotFound","Message":"ImageIds.0: there is no image `img-o3ycss2p` in any region"},"RequestId":"354f4ac3"}}"#
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn new(report: &Report, request_id: impl Into<String>) -> Self {
        let error = report.violations().first().map(|violation| ApiError {
            code: violation.code().clone(),
            message: format!("{}: {}", violation.parameter(), violation.message()),
        });
        let error = error.or_else(|| {
            let mut unverified = report.unverified().iter().filter(|unverified| !unverified.is_warning());
            let unverified = unverified.next().filter(|_| !report.accepted())?;
            let message = format!("could not be verified: {unverified}");
            Some(ApiError { code: ErrorCode::FailedOperation, message })
        });
        let has_image_set = error.is_none() && report.edition() >= history::IMAGE_SET;
        let image_set = has_image_set.then(Vec::new);
        Self { response: Response { error, image_set, request_id: request_id.into() } }
    }

    /// Returns the response to a request that would be accepted and had `DryRun` set: an error that
    /// says just that.
    #[must_use]
    pub fn dry_run(request_id: impl Into<String>) -> Self {
        let message = "the request would be accepted, and no image was copied";
        Self::error(ErrorCode::DryRunOperation, message, request_id)
    }

    /// Returns a response for which there is no report: the request could not be read, or was
    /// refused for a reason that is not checked here.
    ///
    /// ```
    /// use presync::report::envelope::Envelope;
    /// use presync::{ErrorCode, wire};
    ///
    /// let unreadable = wire::decode(b"{").unwrap_err();
    /// let envelope = Envelope::error(ErrorCode::InvalidParameter, unreadable.to_string(), "1");
    /// assert_eq!(
    ///     serde_json::to_string(&envelope)?,
    ///     r#"{"Response":{"Error":{"Code":"InvalidParameter","Message":"line 1, column 1: the JSON ends within an object"},"RequestId":"1"}}"#
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn error(code: ErrorCode, message: impl Into<String>, request_id: impl Into<String>) -> Self {
        let error = Some(ApiError { code, message: message.into() });
        Self { response: Response { error, image_set: None, request_id: request_id.into() } }
    }
}
