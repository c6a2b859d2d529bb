//! The error of bytes that cannot be read as a request.

use super::MAX_ITEMS;

use crate::report::{Report, Terms, Violation};
use crate::text::document::Unreadable;

/// The error of bytes that cannot be read as a request.
///
/// ```
/// use presync::wire::{self, DecodeError};
///
/// assert!(matches!(wire::decode(b""), Err(DecodeError::Empty)));
/// assert!(matches!(wire::decode(b"{\"ImageIds\": [}"), Err(DecodeError::Json { line: 1, column: 15, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are a request, but not one that has the shape of SyncImages. Only its shape is
    /// checked.
    #[error("the request has a wrong shape: {}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Shape {
        /// Every violation of the shape, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The bytes are empty, or white space alone.
    #[error("the request is empty")]
    Empty,
    /// The request is larger than the service takes.
    #[error("{what} has at most {limit} bytes: this one has more")]
    TooLarge {
        /// The form of the request, such as `a URL`.
        what: &'static str,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// The request has more parameters and elements of lists than [`MAX_ITEMS`].
    #[error("a request has at most {MAX_ITEMS} parameters and elements of lists: this one has more")]
    TooManyItems,
    /// The bytes are not text in UTF-8.
    #[error("line {line}, column {column}: the request is not text in UTF-8")]
    NotUtf8 {
        /// The line of the first wrong byte, counted from 1.
        line: usize,
        /// The column of that byte, counted from 1 in bytes.
        column: usize,
    },
    /// The request starts with a byte order mark.
    #[error("line 1, column 1: the request starts with a byte order mark, which is no part of it")]
    ByteOrderMark,
    /// The request is JSON, but not an object.
    #[error("a JSON request is an object, which starts with an opening brace")]
    NotAnObject,
    /// The bytes are neither a JSON object nor a query string.
    #[error(
        "neither a JSON object nor a query string such as `ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou`"
    )]
    NotARequest,
    /// The request is a JSON object that ends too early or is not well-formed.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The message, without the position.
        message: String,
    },
}

impl From<Unreadable> for DecodeError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotUtf8 { line, column } => Self::NotUtf8 { line, column },
            Unreadable::Empty => Self::Empty,
            Unreadable::ByteOrderMark => Self::ByteOrderMark,
        }
    }
}

impl DecodeError {
    /// Returns the report on a request of a wrong shape, as it is made on these terms: those of a
    /// [`Ruleset`](crate::Ruleset), or an edition alone.
    ///
    /// # Errors
    ///
    /// Errors with any other error, since there is no request to report on.
    ///
    /// ```
    /// use presync::{Edition, Ruleset, wire};
    ///
    /// let error = wire::decode(br#"{"ImageIds": "img-o3ycss2p"}"#).unwrap_err();
    /// let report = error.into_report(&Ruleset::documented(Edition::LATEST).strict())?;
    /// assert_eq!(report.violations()[0].rule(), "parameter-type");
    /// assert_eq!((report.edition(), report.is_strict()), (Edition::LATEST, true));
    /// # Ok::<(), presync::wire::DecodeError>(())
    /// ```
    pub fn into_report(self, terms: impl Terms) -> Result<Report, Self> {
        match self {
            Self::Shape { violations } => Ok(Report::on(&terms, violations)),
            other => Err(other),
        }
    }
}
