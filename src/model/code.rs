//! Error codes: one table, each row with what the code means.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::clean;

/// One row makes a variant, its documentation, its spelling and its gloss.
macro_rules! error_codes {
    ($(($variant:ident, $spelling:literal, $gloss:literal),)+) => {
        /// A code that the API returns in `Response.Error.Code`, or an embedder's own.
        ///
        /// The page of the API lists some codes; the rest come from the list that the service's
        /// actions have in common. Compare and print through [`as_str`](Self::as_str) where new
        /// variants must not matter.
        ///
        /// ```
        /// use presync::ErrorCode;
        ///
        /// let code: ErrorCode = "InvalidImageId.TooLarge".parse()?;
        /// assert_eq!(code, ErrorCode::InvalidImageIdTooLarge);
        /// assert_eq!(code.to_string(), "InvalidImageId.TooLarge");
        /// # Ok::<(), presync::ErrorCodeError>(())
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $spelling, "`: ", $gloss, ".")]
                $variant,
            )+
            /// A code that is not in the table, such as one of an embedder's own checks.
            Other(OtherCode),
        }

        impl ErrorCode {
            /// Every code of the table, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the code as the API spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $spelling,)+
                    Self::Other(OtherCode(text)) => text,
                }
            }

            /// Returns the meaning of the code in a few words, and `None` for a code that is not in
            /// the table.
            #[must_use]
            pub fn gloss(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($gloss),)+
                    Self::Other(_) => None,
                }
            }

            /// The spelling of each code of the table, in its order.
            const SPELLINGS: &'static [&'static str] = &[$($spelling,)+];

            fn from_table(text: &str) -> Option<Self> {
                match text {
                    $($spelling => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

error_codes! {
    // The page's own table, in its order.
    (InvalidImageIdIncorrectState, "InvalidImageId.IncorrectState", "the image is in a state that rules the operation out"),
    (InvalidImageIdNotFound, "InvalidImageId.NotFound", "there is no such image"),
    (InvalidImageIdMalformed, "InvalidImageId.Malformed", "the text does not have the form of an image id"),
    (InvalidImageIdTooLarge, "InvalidImageId.TooLarge", "the image is larger than the operation allows"),
    (InvalidRegionNotFound, "InvalidRegion.NotFound", "there is no such region"),
    (InvalidRegionUnavailable, "InvalidRegion.Unavailable", "the region does not take synchronized images"),
    // The list that the service's actions have in common.
    (InvalidParameter, "InvalidParameter", "a parameter has the wrong form or type"),
    (InvalidParameterValue, "InvalidParameterValue", "a parameter has a value that is not allowed"),
    (MissingParameter, "MissingParameter", "a required parameter was not sent"),
    (UnknownParameter, "UnknownParameter", "the action has no parameter of this name"),
    (AuthFailure, "AuthFailure", "the signature or the credentials are not valid"),
    (InternalError, "InternalError", "the service failed"),
    (InvalidAction, "InvalidAction", "there is no such action, or it is not this one"),
    (UnauthorizedOperation, "UnauthorizedOperation", "the account may not call the action"),
    (RequestLimitExceeded, "RequestLimitExceeded", "too many requests in too short a time"),
    (NoSuchVersion, "NoSuchVersion", "the API has no such version"),
    (UnsupportedRegion, "UnsupportedRegion", "the service is not offered in this region"),
    (UnsupportedOperation, "UnsupportedOperation", "the operation is not possible on this resource"),
    (ResourceNotFound, "ResourceNotFound", "there is no such resource"),
    (LimitExceeded, "LimitExceeded", "a quota is used up"),
    (ResourceUnavailable, "ResourceUnavailable", "the resource cannot be used at present"),
    (ResourceInsufficient, "ResourceInsufficient", "the service has too little of the resource left"),
    (FailedOperation, "FailedOperation", "the operation was tried and failed"),
    (ResourceInUse, "ResourceInUse", "the resource is in use by something else"),
    (DryRunOperation, "DryRunOperation", "the request would have succeeded, but was only a trial"),
    // What the action's own list has had since 2021-06, as far as it is not above.
    (FailedOperationInvalidImageState, "FailedOperation.InvalidImageState", "the operation failed over the state of the image"),
    (ImageQuotaLimitExceeded, "ImageQuotaLimitExceeded", "the quota of custom images is used up"),
    (InvalidImageNameDuplicate, "InvalidImageName.Duplicate", "another image has this name"),
    (InvalidParameterInstanceImageNotSupport, "InvalidParameter.InstanceImageNotSupport", "the operation is not possible on instance images"),
    (InvalidParameterInvalidKmsKeyId, "InvalidParameter.InvalidKmsKeyId", "the text is not the id of a key"),
    (InvalidParameterValueInvalidImageId, "InvalidParameterValue.InvalidImageId", "the operation is not possible on this image"),
    (InvalidParameterValueInvalidImageState, "InvalidParameterValue.InvalidImageState", "something else is being done with the image"),
    (InvalidParameterValueInvalidRegion, "InvalidParameterValue.InvalidRegion", "the region cannot be used"),
    (InvalidParameterValueLimitExceeded, "InvalidParameterValue.LimitExceeded", "a parameter has more values than are allowed"),
    (UnsupportedOperationEncryptedImagesNotSupported, "UnsupportedOperation.EncryptedImagesNotSupported", "the operation is not possible on encrypted images"),
    (UnsupportedOperationLocationImageNotSupported, "UnsupportedOperation.LocationImageNotSupported", "the operation is not possible on an image in this location"),
    (UnsupportedOperationRegion, "UnsupportedOperation.Region", "the operation is not possible in this region"),
    (UnsupportedOperationSyncEncryptImageNotSupport, "UnsupportedOperation.SyncEncryptImageNotSupport", "the image cannot be copied to an encrypted one"),
}

impl ErrorCode {
    /// Returns a code of an embedder's own. `None` for a text that cannot be a code, and for a code
    /// of the table, which has a variant of its own. In a constant a wrong text does not compile:
    ///
    /// ```
    /// use presync::ErrorCode;
    ///
    /// const TOO_MANY: ErrorCode = ErrorCode::own("Acme.TooMany").unwrap();
    /// assert_eq!(TOO_MANY, "Acme.TooMany");
    /// assert_eq!("Acme.TooMany".parse(), Ok(TOO_MANY));
    /// assert_eq!(ErrorCode::own("too many"), None);
    /// assert_eq!(ErrorCode::own("LimitExceeded"), None);
    /// ```
    ///
    /// ```compile_fail,E0080
    /// # use presync::ErrorCode;
    /// const TOO_MANY: ErrorCode = ErrorCode::own("too many").unwrap();
    /// # let _ = TOO_MANY;
    /// ```
    #[must_use]
    pub const fn own(text: &'static str) -> Option<Self> {
        let mut table = Self::SPELLINGS;
        while let [spelling, rest @ ..] = table {
            if is_same(spelling.as_bytes(), text.as_bytes()) {
                return None;
            }
            table = rest;
        }
        if has_form(text) { Some(Self::Other(OtherCode(Cow::Borrowed(text)))) } else { None }
    }
}

/// True if a text has the form of a code: ASCII letters and digits, in parts joined by dots.
const fn has_form(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let mut is_part_empty = true;
    while let [byte, tail @ ..] = rest {
        let is_dot = *byte == b'.';
        if is_dot && is_part_empty || !is_dot && !byte.is_ascii_alphanumeric() {
            return false;
        }
        is_part_empty = is_dot;
        rest = tail;
    }
    !is_part_empty
}

/// Compares texts where `==` is not constant yet.
const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

/// The text of a code that is not in the table. It is made by [`ErrorCode::own`] or by parsing an
/// [`ErrorCode`], so that it is never one of the table's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherCode(Cow<'static, str>);

/// The error of a text that cannot be an error code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an error code: one is made of ASCII letters and digits, in parts joined by dots")]
pub struct ErrorCodeError {
    text: String,
}

impl FromStr for ErrorCode {
    type Err = ErrorCodeError;

    /// Reads a code of the table, else an embedder's own.
    ///
    /// # Errors
    ///
    /// Errors when the text is not made of ASCII letters and digits in parts joined by dots.
    fn from_str(text: &str) -> Result<Self, ErrorCodeError> {
        if let Some(code) = Self::from_table(text) {
            return Ok(code);
        }
        if has_form(text) {
            Ok(Self::Other(OtherCode(text.to_owned().into())))
        } else {
            Err(ErrorCodeError { text: clean(text) })
        }
    }
}

impl TryFrom<&str> for ErrorCode {
    type Error = ErrorCodeError;

    fn try_from(text: &str) -> Result<Self, ErrorCodeError> {
        text.parse()
    }
}

impl TryFrom<String> for ErrorCode {
    type Error = ErrorCodeError;

    fn try_from(text: String) -> Result<Self, ErrorCodeError> {
        text.parse()
    }
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> Self {
        code.as_str().to_owned()
    }
}

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
