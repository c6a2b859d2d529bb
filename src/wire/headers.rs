//! The headers beside a body.

/// The `X-TC-*` headers of a call, which travel beside its body.
///
/// ```
/// use presync::wire::{self, Headers};
///
/// let sent = [("X-TC-Action", "SyncImages"), ("X-TC-Version", "2017-03-12"), ("X-TC-Region", "ap-guangzhou")];
/// let headers = Headers::read(|name| sent.iter().find(|(key, _)| *key == name).map(|(_, value)| *value));
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#;
/// assert_eq!(wire::decode_with(body, &headers)?.region.as_deref(), Some("ap-guangzhou"));
/// # Ok::<(), presync::wire::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Headers<'h> {
    pub(super) action: Option<&'h str>,
    pub(crate) version: Option<&'h str>,
    pub(crate) region: Option<&'h str>,
    /// True if these are all headers of the call: a version or a region that is in none of them was not sent.
    pub(crate) complete: bool,
}

impl<'h> Headers<'h> {
    /// Headers that are unknown. A JSON body then stands for a call of the documented version.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Reads the headers of a call: `header` returns the value of a header by its name.
    ///
    /// They are taken for all headers that the call has: a JSON body without a version among them has no
    /// version, and a request without a region among them has none.
    #[must_use]
    pub fn read(header: impl Fn(&'static str) -> Option<&'h str>) -> Self {
        Self {
            action: header("X-TC-Action"),
            version: header("X-TC-Version"),
            region: header("X-TC-Region"),
            complete: true,
        }
    }

    /// Sets the source region.
    #[must_use]
    pub fn with_region(self, region: &'h str) -> Self {
        Self { region: Some(region), ..self }
    }
}
