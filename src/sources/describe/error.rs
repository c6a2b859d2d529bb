//! The error of responses that do not make a state.

use crate::model::{ImageType, StateError};
use crate::text::{clean, did_you_mean, joined};

/// The error of responses that do not make a state.
///
/// ```
/// use presync::sources::describe::{DescribeError, Responses};
///
/// let response = br#"{"Response": {"Error": {"Code": "AuthFailure", "Message": "no such secret id"}}}"#;
/// let error = Responses::default().regions(response).unwrap_err();
/// assert!(matches!(&error, DescribeError::ErrorResponse { code: Some(code), .. } if code == "AuthFailure"));
/// assert_eq!(error.to_string(), "the response is the error `AuthFailure`: no such secret id");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescribeError {
    /// The service responded with an error.
    #[error("the response is {}", error_response(code.as_deref(), message.as_deref()))]
    ErrorResponse {
        /// The error's code, fit to be shown; none if the response has none.
        code: Option<String>,
        /// The error's message, fit to be shown; none if the response has none.
        message: Option<String>,
    },
    /// The bytes are not JSON, or a value in it is not of the type that it must have.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The path of the value, such as `Response.ImageSet[3].ImageSize`; none where the error is
        /// not about one value.
        path: Option<String>,
        /// The message, without the position and the path.
        message: String,
    },
    /// The document is larger than one may be.
    #[error("a file of responses has at most {limit} bytes: this one has {found}")]
    TooLarge {
        /// The most bytes that it may have.
        limit: usize,
        /// The bytes that it has.
        found: usize,
    },
    /// The bytes are JSON, but a document of another kind.
    #[error("expected {expected}, found {found}")]
    OtherKind {
        /// The kind that was expected.
        expected: &'static str,
        /// The kind that was found, as the keys tell it.
        found: &'static str,
    },
    /// A response lacks what it is read for.
    #[error("{what} is missing in {response}")]
    Missing {
        /// The key that is missing.
        what: &'static str,
        /// The response, such as `a response of DescribeAccountQuota`.
        response: &'static str,
    },
    /// A response of DescribeImages came without its region, which it does not name itself.
    #[error("a response of DescribeImages does not name its region")]
    RegionNeeded,
    /// The name of a region is empty.
    #[error("the name of a region must not be empty")]
    EmptyName,
    /// DescribeRegions does not list a region that was named.
    #[error("DescribeRegions does not list the region `{region}`{}", did_you_mean(nearest.as_deref()))]
    RegionNotListed {
        /// The region, fit to be shown.
        region: String,
        /// The listed region that was probably meant; none where none is near.
        nearest: Option<String>,
    },
    /// A listing of custom images has an image of another type.
    #[error("`{image_id}` is a {image_type}, in a whole listing of custom images")]
    NotCustom {
        /// The image, fit to be shown.
        image_id: String,
        /// The type of the image.
        image_type: ImageType,
    },
    /// A fact was stated twice and differently.
    #[error("{what} is `{second}` here, and `{first}` before")]
    Contradiction {
        /// The fact, such as `the quota of the account`.
        what: String,
        /// The value that was stated first, fit to be shown.
        first: String,
        /// The value that was stated second, fit to be shown.
        second: String,
    },
    /// A record of a response contradicts an earlier fact.
    #[error("line {line}, column {column}: {error}")]
    At {
        /// The line at which the record starts, counted from 1.
        line: usize,
        /// The column at which the record starts, counted from 1 in bytes.
        column: usize,
        /// The contradiction.
        #[source]
        error: Box<DescribeError>,
    },
    /// The records are not a state. No input is known for which no other error comes first.
    #[error(transparent)]
    State(#[from] StateError),
}

fn error_response(code: Option<&str>, message: Option<&str>) -> String {
    let code =
        code.map_or_else(|| "an error without a code".to_owned(), |code| format!("the error `{code}`"));
    joined([code].into_iter().chain(message.map(str::to_owned)), ": ")
}

/// Adds a stated fact to the known one, unless it contradicts that. `what` names the fact.
pub(super) fn agree<T: PartialEq + ToString>(
    known: &mut Option<T>,
    stated: Option<T>,
    what: impl FnOnce() -> String,
) -> Result<(), DescribeError> {
    match (&*known, stated) {
        (_, None) => {}
        (Some(known), Some(stated)) if *known != stated => {
            return Err(DescribeError::Contradiction {
                what: what(),
                first: clean(&known.to_string()),
                second: clean(&stated.to_string()),
            });
        }
        (_, stated) => *known = stated,
    }
    Ok(())
}
