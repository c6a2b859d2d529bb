//! The error of a template that has several files.

use crate::sources::error::SourceError;

/// The error of a template or of the values for it, with the file that has it.
///
/// ```
/// use presync::sources::packer::{self, Variables};
///
/// let error = packer::calls_with(b"{\"builders\": 1}", &Variables::default(), None).unwrap_err();
/// assert_eq!((error.file(), error.to_string().starts_with("line 1, column 14: ")), (None, true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{error}", file.as_ref().map_or_else(String::new, |file| format!("{file}: ")))]
pub struct TemplateError {
    file: Option<String>,
    error: SourceError,
}

impl TemplateError {
    /// Returns the error of the file that has this name.
    pub(super) fn of(file: &str, error: SourceError) -> Self {
        Self { file: Some(file.to_owned()), error }
    }

    /// Returns the name of the file that has the error, as it was given; `None` where it is the
    /// only one, or where no file has it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns the error, with its position in the file.
    #[must_use]
    pub fn error(&self) -> &SourceError {
        &self.error
    }

    /// Returns the error without the name of the file.
    #[must_use]
    pub fn into_error(self) -> SourceError {
        self.error
    }
}

impl From<SourceError> for TemplateError {
    fn from(error: SourceError) -> Self {
        Self { file: None, error }
    }
}
