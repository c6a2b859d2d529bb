//! Calls that another tool is going to make.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use crate::model::{Parameter, PartialRequest};

/// A call that another tool is going to make, as a file of that tool says it.
///
/// ```
/// use presync::sources::PlannedCall;
/// use presync::{Parameter, SyncRequest};
///
/// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
/// let call = PlannedCall::new("tencentcloud_cvm_sync_image.base", request).with_origins([
///     (Parameter::IMAGE_IDS, "tencentcloud_cvm_sync_image.base", "image_id"),
///     (Parameter::REGION, "provider.tencentcloud", "region"),
/// ]);
/// assert_eq!(call.address(), "tencentcloud_cvm_sync_image.base");
/// let origin = call.origin(&Parameter::IMAGE_IDS.element(0)).unwrap();
/// assert_eq!(origin.to_string(), "tencentcloud_cvm_sync_image.base image_id");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCall {
    address: String,
    request: PartialRequest,
    origins: Vec<(Parameter, Origin)>,
    spans: BTreeMap<Parameter, Range<usize>>,
}

impl PlannedCall {
    /// A call that something of this address stands for.
    ///
    /// ```
    /// use presync::SyncRequest;
    /// use presync::sources::PlannedCall;
    ///
    /// assert_eq!(PlannedCall::new("builders[0]", SyncRequest::empty()).address(), "builders[0]");
    /// ```
    #[must_use]
    pub fn new(address: impl Into<String>, request: impl Into<PartialRequest>) -> Self {
        let (origins, spans) = (Vec::new(), BTreeMap::new());
        Self { address: address.into(), request: request.into(), origins, spans }
    }

    /// The same, where these parameters come from these attributes of the things at these addresses.
    ///
    /// ```
    /// use presync::sources::PlannedCall;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// let call = PlannedCall::new("builders[0]", SyncRequest::empty());
    /// let call = call.with_origins([(Parameter::REGION, "builders[0]", "region")]);
    /// assert!(call.origin(&Parameter::REGION).is_some());
    /// ```
    #[must_use]
    pub fn with_origins<A: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = (Parameter, A, &'static str)>,
    ) -> Self {
        let origins = origins.into_iter().map(|(parameter, address, attribute)| {
            (parameter, Origin { address: address.into(), attribute })
        });
        self.origins.extend(origins);
        self
    }

    /// The same, where the values of these parameters are at these places in the file.
    ///
    /// ```
    /// use presync::sources::PlannedCall;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// let call = PlannedCall::new("builders[0]", SyncRequest::empty()).with_spans([(Parameter::REGION, 10..24)]);
    /// assert_eq!(call.span(&Parameter::REGION), Some(10..24));
    /// ```
    #[must_use]
    pub fn with_spans(mut self, spans: impl IntoIterator<Item = (Parameter, Range<usize>)>) -> Self {
        self.spans.extend(spans);
        self
    }

    /// Where the call is in the file, as the tool writes it: `module.images.tencentcloud_cvm_sync_image.base[0]`. Characters
    /// without a glyph of their own are escaped.
    ///
    /// ```
    /// # use presync::SyncRequest;
    /// # use presync::sources::PlannedCall;
    /// assert_eq!(PlannedCall::new("builders[0]", SyncRequest::empty()).address(), "builders[0]");
    /// ```
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What is called, as far as it is known.
    ///
    /// ```
    /// # use presync::SyncRequest;
    /// # use presync::sources::PlannedCall;
    /// assert!(PlannedCall::new("builders[0]", SyncRequest::empty()).request().is_whole());
    /// ```
    #[must_use]
    pub fn request(&self) -> &PartialRequest {
        &self.request
    }

    /// Which bytes of the file are the value of a parameter; nothing where it is not there, or not written as one value.
    ///
    /// ```
    /// # use presync::{Parameter, SyncRequest};
    /// # use presync::sources::PlannedCall;
    /// assert_eq!(PlannedCall::new("builders[0]", SyncRequest::empty()).span(&Parameter::REGION), None);
    /// ```
    #[must_use]
    pub fn span(&self, parameter: &Parameter) -> Option<Range<usize>> {
        self.spans.get(parameter).cloned()
    }

    /// Where a parameter, or the list that an element is in, comes from; nothing where the file has nothing for it.
    ///
    /// ```
    /// # use presync::{Parameter, SyncRequest};
    /// # use presync::sources::PlannedCall;
    /// assert_eq!(PlannedCall::new("builders[0]", SyncRequest::empty()).origin(&Parameter::VERSION), None);
    /// ```
    #[must_use]
    pub fn origin(&self, parameter: &Parameter) -> Option<&Origin> {
        self.origins.iter().find(|(from, _)| from.name() == parameter.name()).map(|(_, origin)| origin)
    }
}

/// Where a parameter comes from: an attribute of something in a file of another tool.
///
/// ```
/// use presync::sources::PlannedCall;
/// use presync::{Parameter, SyncRequest};
///
/// let call = PlannedCall::new("builders[0]", SyncRequest::empty());
/// let call = call.with_origins([(Parameter::DESTINATION_REGIONS, "builders[0]", "image_copy_regions")]);
/// let origin = call.origin(&Parameter::DESTINATION_REGIONS.element(1)).unwrap();
/// assert_eq!((origin.address(), origin.attribute()), ("builders[0]", "image_copy_regions"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    address: String,
    attribute: &'static str,
}

impl Origin {
    /// The address of what has the attribute. It need not be that of the call: a provider has the source region.
    ///
    /// ```
    /// # use presync::{Parameter, SyncRequest};
    /// # use presync::sources::PlannedCall;
    /// # let call = PlannedCall::new("builders[0]", SyncRequest::empty());
    /// let call = call.with_origins([(Parameter::REGION, "provider.tencentcloud", "region")]);
    /// assert_eq!(call.origin(&Parameter::REGION).unwrap().address(), "provider.tencentcloud");
    /// ```
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name of the attribute.
    ///
    /// ```
    /// # use presync::{Parameter, SyncRequest};
    /// # use presync::sources::PlannedCall;
    /// # let call = PlannedCall::new("builders[0]", SyncRequest::empty());
    /// let call = call.with_origins([(Parameter::REGION, "provider.tencentcloud", "region")]);
    /// assert_eq!(call.origin(&Parameter::REGION).unwrap().attribute(), "region");
    /// ```
    #[must_use]
    pub fn attribute(&self) -> &str {
        self.attribute
    }
}

impl fmt::Display for Origin {
    /// `tencentcloud_cvm_sync_image.base destination_regions`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.address, self.attribute)
    }
}
