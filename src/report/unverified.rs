//! A rule that could not be decided.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Parameter;
use crate::text::record::records;

/// A rule that could not be decided, because a fact is not known.
///
/// ```
/// use presync::{Image, Region, Ruleset, State, SyncRequest};
///
/// // The size of the image is not said.
/// let image = Image::new("ap-guangzhou", "img-o3ycss2p");
/// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image])?;
/// let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
/// assert!(report.accepted());
/// assert_eq!(report.unverified()[0].rule(), "image-size");
/// assert_eq!(report.unverified()[0].needs(), "the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`");
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Unverified {
    rule: Cow<'static, str>,
    parameter: Parameter,
    needs: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
    /// The attribute that the parameter comes from, in the document of another tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
}

records! { strict: Unverified; }

impl Unverified {
    pub(crate) fn new(rule: Cow<'static, str>, parameter: Parameter, needs: String) -> Self {
        Self { rule, parameter, needs, warning: false, attribute: None }
    }

    pub(crate) fn set_warning(&mut self) {
        self.warning = true;
    }

    pub(super) fn set_attribute(&mut self, attribute: Option<String>) {
        self.attribute = attribute;
    }

    /// True if the rule is turned down to a warning: the request is not refused for it.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.warning
    }

    /// Returns the id of the rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the parameter that may break the rule.
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// Returns the fact that would settle it, in words: a fact of the state, or a parameter.
    #[must_use]
    pub fn needs(&self) -> &str {
        &self.needs
    }

    /// Returns the attribute that the parameter comes from, in the document of another tool.
    #[must_use]
    pub fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} needs {}", self.parameter, self.rule, self.needs)
    }
}
