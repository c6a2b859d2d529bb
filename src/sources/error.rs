//! The error of a plan or a template that cannot be read.

/// The error of a file of another tool, from which no calls can be read.
///
/// ```
/// use presync::sources::{SourceError, terraform};
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
    /// The file is larger than one of its kind may be.
    #[error("{what} has at most {limit} bytes: this one has {found}")]
    TooLarge {
        /// The kind of the file, such as `a Packer template`.
        what: &'static str,
        /// The most bytes that it may have.
        limit: usize,
        /// The bytes that it has.
        found: usize,
    },
    /// The template copies images to more regions than one may.
    #[error(
        "a template copies images to at most {limit} regions, all of its calls together: this one to more"
    )]
    TooManyCopies {
        /// The most regions.
        limit: usize,
    },
    /// The template has more files than one may.
    #[error("a template has at most {limit} files: this one has more")]
    TooManyFiles {
        /// The most files.
        limit: usize,
    },
    /// The plans of a file configure more providers than they may.
    #[error("the plans of a file configure at most {limit} providers: these configure {found}")]
    TooManyProviders {
        /// The most providers.
        limit: usize,
        /// The providers that were counted.
        found: usize,
    },
    /// The value that is given for a variable cannot be used.
    #[error("the variable `{name}`: {message}")]
    Variable {
        /// The name of the variable, fit to be shown.
        name: String,
        /// The words for what is wrong.
        message: String,
    },
    /// The expressions of a template take too much work to evaluate.
    #[error("the expressions of this template are too much to evaluate")]
    TooMuchWork,
    /// The file is not of the expected kind.
    #[error("expected {expected}, found {found}")]
    OtherKind {
        /// The kind that was expected.
        expected: &'static str,
        /// The kind that was found, as the file's keys tell it.
        found: &'static str,
    },
    /// The file has a version of its format that is not known here.
    #[error("expected a format version that starts with `0.` or `1.`, found `{version}`")]
    Version {
        /// The version that the file has, fit to be shown.
        version: String,
    },
    /// The file is not well-formed, or a value in it is not of the type that it must have.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    Malformed {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The path of the value, such as `resource_changes[3].change.after.image_id`; none where
        /// the error is not about one value.
        path: Option<String>,
        /// The message, without the position and the path.
        message: String,
    },
}
