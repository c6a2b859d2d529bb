//! The error of a file that cannot be read.

/// Why the file of another tool is none.
///
/// ```
/// use presync::sources::SourceError;
/// use presync::sources::terraform;
///
/// let error = terraform::calls(br#"{"format_version": "1.0", "values": {}}"#, None).unwrap_err();
/// assert!(matches!(error, SourceError::OtherKind { .. }));
/// assert_eq!(
///     error.to_string(),
///     "expected a Terraform plan, as `terraform show -json PLAN` writes it, found the state of Terraform"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It is larger than such a file may be.
    #[error("{what} has at most {limit} bytes: this one has more")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// It is not of the kind that was expected.
    #[error("expected {expected}, found {found}")]
    OtherKind {
        /// What was expected.
        expected: &'static str,
        /// What it seems to be.
        found: &'static str,
    },
    /// It is of a version of its format that is not known here.
    #[error("expected a format version that starts with `0.` or `1.`, found `{version}`")]
    Version {
        /// The version that it says, fit to be shown.
        version: String,
    },
    /// It cannot be read, or something in it is not what it must be.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    At {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// Which value, such as `resource_changes[3].change.after.image_id`, where one is meant.
        path: Option<String>,
        /// What is wrong.
        message: String,
    },
}
