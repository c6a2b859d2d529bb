//! Calls that another tool is going to make.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::model::{Parameter, PartialRequest};

/// The calls of a file of another tool, and what else of the file a reader must know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Planned {
    /// The calls, in order.
    pub calls: Vec<PlannedCall>,
    /// The reason why there may be more calls, or other ones, than the file states; none if it
    /// states all of them.
    pub partial: Option<String>,
    /// The resources or builders that were seen, by type and number, and those that were expected:
    /// the words for a file without calls.
    pub seen: String,
    /// True if the calls are those of the file: one that has none then makes no copy. False for a
    /// file in which nothing was found that could be a call.
    pub is_understood: bool,
}

/// A call that another tool is going to make, as a file of that tool states it.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlannedCall {
    address: String,
    request: PartialRequest,
    origins: Vec<(Parameter, Origin)>,
    /// The spans, each with the index of the file that it is in.
    spans: BTreeMap<Parameter, (usize, Range<usize>)>,
}

impl PlannedCall {
    /// Makes the call that the resource or builder at an address stands for.
    #[must_use]
    pub fn new(address: impl Into<String>, request: impl Into<PartialRequest>) -> Self {
        let (origins, spans) = (Vec::new(), BTreeMap::new());
        Self { address: address.into(), request: request.into(), origins, spans }
    }

    /// Adds origins of parameters: each is a parameter, an address, and the attribute there.
    #[must_use]
    pub fn with_origins<A: Into<Arc<str>>>(
        mut self,
        origins: impl IntoIterator<Item = (Parameter, A, &'static str)>,
    ) -> Self {
        let origins = origins.into_iter().map(|(parameter, address, attribute)| {
            (parameter, Origin { address: address.into(), attribute })
        });
        self.origins.extend(origins);
        self
    }

    /// Adds spans of parameters: the bytes of the file that are the value of each, of the first
    /// file where there are several.
    #[must_use]
    pub fn with_spans(self, spans: impl IntoIterator<Item = (Parameter, Range<usize>)>) -> Self {
        self.with_parts(spans.into_iter().map(|(parameter, span)| (parameter, (0, span))))
    }

    /// Adds spans of parameters, each with the index of the file that it is in.
    #[must_use]
    pub fn with_parts(mut self, parts: impl IntoIterator<Item = (Parameter, (usize, Range<usize>))>) -> Self {
        self.spans.extend(parts);
        self
    }

    /// The index of the file that the span of a parameter is in: 0 but for a template of several
    /// files.
    #[must_use]
    pub fn file(&self, parameter: &Parameter) -> usize {
        self.spans.get(parameter).map_or(0, |(file, _)| *file)
    }

    /// The address of the call in the file, as the tool writes it, such as
    /// `module.images.tencentcloud_cvm_sync_image.base[0]`. Characters without a glyph of their own
    /// are escaped.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The request, as far as the file states it.
    #[must_use]
    pub fn request(&self) -> &PartialRequest {
        &self.request
    }

    /// The bytes of the file that are the value of a parameter; none where the file has no value
    /// for it, or not one that is written in one piece.
    #[must_use]
    pub fn span(&self, parameter: &Parameter) -> Option<Range<usize>> {
        self.spans.get(parameter).map(|(_, span)| span.clone())
    }

    /// The origin of a parameter, or of the list that an element is in; none where no attribute of
    /// the file stands for it.
    #[must_use]
    pub fn origin(&self, parameter: &Parameter) -> Option<&Origin> {
        self.origins.iter().find(|(from, _)| from.name() == parameter.name()).map(|(_, origin)| origin)
    }
}

/// The origin of a parameter: an attribute in a file of another tool.
///
/// Its `Display` is the address and the attribute:
/// `tencentcloud_cvm_sync_image.base destination_regions`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    address: Arc<str>,
    attribute: &'static str,
}

impl Origin {
    /// The address of the block that has the attribute. It may be another one than the call's: the
    /// source region is an attribute of a provider.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name of the attribute.
    #[must_use]
    pub fn attribute(&self) -> &str {
        self.attribute
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.address, self.attribute)
    }
}
