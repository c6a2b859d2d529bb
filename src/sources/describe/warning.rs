//! What is wrong with responses that make a state all the same.

use std::fmt;

/// What is wrong with a response, or with a listing of several, that makes a state all the same.
///
/// ```
/// use presync::sources::describe::Responses;
///
/// let regions = br#"{"RegionSet": [{"Region": "ap-guangzhou"}, {"Region": null}]}"#;
/// let warnings = Responses::default().regions(regions)?.warnings();
/// assert_eq!(warnings[0].position(), Some((1, 44)));
/// assert!(warnings[0].message().starts_with("a record of DescribeRegions has no name of a region"));
/// assert!(warnings[0].to_string().starts_with("line 1, column 44: a record of DescribeRegions"));
/// # Ok::<(), presync::sources::describe::DescribeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeWarning {
    position: Option<(usize, usize)>,
    message: String,
}

impl DescribeWarning {
    pub(super) fn new(position: Option<(usize, usize)>, message: String) -> Self {
        Self { position, message }
    }

    /// Returns the line and the column of the record, both counted from 1, in the bytes that it
    /// came with; none if it is not about one record.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// Returns what is wrong, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// What is wrong, with the position in front.
impl fmt::Display for DescribeWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(formatter, "line {line}, column {column}: ")?;
        }
        formatter.write_str(&self.message)
    }
}
