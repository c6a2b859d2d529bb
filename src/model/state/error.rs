//! Errors of states.

use crate::text::did_you_mean;

/// The reason why records are not a state, with the path to the record, such as `Images[3].Region`.
///
/// ```
/// use presync::{Region, State, StateError};
///
/// let error = State::new([Region::new("ap-guangzhou"), Region::new("ap-guangzhou")], []).unwrap_err();
/// assert!(matches!(error, StateError::DuplicateRegion { .. }));
/// assert_eq!(error.to_string(), "Regions[1].Region: region `ap-guangzhou` is already listed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A region is named that `Regions` does not list.
    #[error("{path}: region `{region}` is not listed in `Regions`{}", did_you_mean(nearest.as_deref()))]
    RegionNotListed {
        /// The path to its name.
        path: String,
        /// The region.
        region: String,
        /// The listed region that was probably meant.
        nearest: Option<String>,
    },
    /// A region is listed twice.
    #[error("{path}: region `{region}` is already listed")]
    DuplicateRegion {
        /// The path to the second one.
        path: String,
        /// The region.
        region: String,
    },
    /// An image is listed twice in one region.
    #[error("{path}: image `{image_id}` is already listed in `{region}`")]
    DuplicateImage {
        /// The path to the second one.
        path: String,
        /// The image.
        image_id: String,
        /// The region that both are in.
        region: String,
    },
    /// A region has more names of copies in flight than copies.
    #[error("{path}: there are more names ({names}) than copies (`InFlight` is {in_flight})")]
    MoreNames {
        /// The path to the names.
        path: String,
        /// The number of names.
        names: usize,
        /// The number of copies in flight.
        in_flight: u64,
    },
    /// A region or an image has no name.
    #[error("{path}: a name must not be empty")]
    EmptyName {
        /// The path to its name.
        path: String,
    },
    /// No copy is in flight that could have ended: none to the region, or none with this name.
    #[error("{}", no_copy(region, name.as_deref()))]
    NotInFlight {
        /// The region.
        region: String,
        /// The name, empty for a copy without one; `None` when no copy at all is
        /// in flight to the region.
        name: Option<String>,
    },
    /// The state that was read contradicts itself.
    #[error("line {line}, column {column}: {source}")]
    At {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The contradiction.
        source: Box<StateError>,
    },
    /// The bytes are not the JSON of a state.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The path to the value, where one is meant.
        path: Option<String>,
        /// The words for what is wrong.
        message: String,
    },
}

fn no_copy(region: &str, name: Option<&str>) -> String {
    match name {
        None => format!("no copy is in flight to `{region}`"),
        Some("") => format!("no copy without a name is in flight to `{region}`"),
        Some(name) => format!("no copy with the name `{name}` is in flight to `{region}`"),
    }
}

#[cfg(feature = "wire")]
impl StateError {
    /// Returns the path to the record that contradicts another.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::RegionNotListed { path, .. }
            | Self::DuplicateRegion { path, .. }
            | Self::DuplicateImage { path, .. }
            | Self::MoreNames { path, .. }
            | Self::EmptyName { path } => Some(path),
            Self::NotInFlight { .. } | Self::At { .. } | Self::Json { .. } => None,
        }
    }
}
