//! The headers beside a body.

use crate::text::{clean, nearest};

pub(crate) const ACTION: &str = "X-TC-Action";
pub(crate) const VERSION: &str = "X-TC-Version";
pub(crate) const REGION: &str = "X-TC-Region";

/// The `X-TC-*` headers of a call, which travel beside its body.
///
/// ```
/// use presync::wire::{self, Headers};
///
/// let sent = [("X-TC-Action", "SyncImages"), ("x-tc-version", "2017-03-12"), ("x-tc-region", "ap-guangzhou")];
/// let headers = Headers::from_pairs(sent)?;
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#;
/// assert_eq!(wire::decode_with(body, &headers).unwrap().region.as_deref(), Some("ap-guangzhou"));
/// # Ok::<(), presync::wire::HeaderError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Headers<'h> {
    pub(crate) action: Option<&'h str>,
    pub(crate) version: Option<&'h str>,
    pub(crate) region: Option<&'h str>,
    /// True if these are all headers of the call: a version or a region that is in
    /// none of them was not sent.
    pub(crate) complete: bool,
}

impl Headers<'_> {
    /// The names of the headers that say something about a copy: its action, its version and its
    /// source region. A call has others, such as those of its signature.
    pub const NAMES: [&'static str; 3] = [ACTION, VERSION, REGION];
}

impl<'h> Headers<'h> {
    /// Headers that are unknown. A JSON body then stands for a call of the documented version.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Reads the headers of a call: `header` returns the value of a header by its name, which
    /// is one of [`NAMES`](Self::NAMES). For a server: as the service does, it passes over
    /// what may be a misspelt name.
    ///
    /// They are taken for all headers that the call has: a JSON body without a version among them
    /// has no version, and a request without a region among them has none.
    #[must_use]
    pub fn read(header: impl Fn(&'static str) -> Option<&'h str>) -> Self {
        Self { action: header(ACTION), version: header(VERSION), region: header(REGION), complete: true }
    }

    /// Reads the names and values of headers that somebody wrote down. A name is the same in upper
    /// and in lower case, and of headers that say nothing about a copy there may be any. They are
    /// taken for all headers, as by [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// Errors when a name is probably a misspelling of one of [`NAMES`](Self::NAMES), or when one
    /// of these has two values.
    ///
    /// ```
    /// use presync::wire::Headers;
    ///
    /// let headers = Headers::from_pairs([("x-tc-region", "ap-guangzhou"), ("Host", "cvm.tencentcloudapi.com")])?;
    /// assert_eq!((headers.version(), headers.region()), (None, Some("ap-guangzhou")));
    /// let error = Headers::from_pairs([("XTC-Region", "ap-guangzhou")]).unwrap_err();
    /// assert_eq!(error.to_string(), "there is no header `XTC-Region`, did you mean `X-TC-Region`?");
    /// # Ok::<(), presync::wire::HeaderError>(())
    /// ```
    pub fn from_pairs(pairs: impl IntoIterator<Item = (&'h str, &'h str)>) -> Result<Self, HeaderError> {
        let mut values = [None; 3];
        for (name, value) in pairs {
            let mut slots = Self::NAMES.into_iter().zip(&mut values);
            let Some((known, slot)) = slots.find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
                match nearest(name, Self::NAMES).or_else(|| nearest(&format!("X-{name}"), Self::NAMES)) {
                    Some(nearest) => return Err(HeaderError::Misspelt { name: clean(name), nearest }),
                    None => continue,
                }
            };
            if slot.replace(value).is_some_and(|earlier| earlier != value) {
                return Err(HeaderError::TwoValues { name: known });
            }
        }
        let [action, version, region] = values;
        Ok(Self { action, version, region, complete: true })
    }

    /// Returns the action.
    #[must_use]
    pub fn action(self) -> Option<&'h str> {
        self.action
    }

    /// Returns the version of the API.
    #[must_use]
    pub fn version(self) -> Option<&'h str> {
        self.version
    }

    /// Returns the source region.
    #[must_use]
    pub fn region(self) -> Option<&'h str> {
        self.region
    }

    /// Sets the source region.
    #[must_use]
    pub fn with_region(self, region: &'h str) -> Self {
        Self { region: Some(region), ..self }
    }
}

/// The error of headers that do not say what they mean.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A name is nearly that of a header that says something about a copy. Letters that differ are
    /// compared with the feature `hints` only.
    #[error("there is no header `{name}`, did you mean `{nearest}`?")]
    Misspelt {
        /// The name, fit to be shown.
        name: String,
        /// The header that was probably meant.
        nearest: &'static str,
    },
    /// A header is there twice, with two values.
    #[error("the header `{name}` is there twice, with two values")]
    TwoValues {
        /// The header.
        name: &'static str,
    },
}
