//! A rule that could not be decided.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Parameter;
use crate::text::record::records;

records! { strict: Unverified; }

/// A rule that could be neither passed nor failed, because the state does not say enough.
///
/// ```
/// use presync::{Image, Region, Ruleset, State, SyncRequest};
///
/// let mut image = Image::new("ap-guangzhou", "img-o3ycss2p");
/// image.image_size = None;
/// let state = State::new([Region::new("ap-guangzhou"), Region::new("ap-shanghai")], [image])?;
/// let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
/// assert!(report.accepted());
/// assert_eq!(report.unverified()[0].rule(), "image-size");
/// assert_eq!(report.unverified()[0].needs(), "`ImageSize` of `img-o3ycss2p` in `ap-guangzhou`");
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Unverified {
    rule: Cow<'static, str>,
    parameter: Parameter,
    needs: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
}

impl Unverified {
    pub(crate) fn new(rule: Cow<'static, str>, parameter: Parameter, needs: String) -> Self {
        Self { rule, parameter, needs, warning: false }
    }

    pub(crate) fn set_warning(&mut self) {
        self.warning = true;
    }

    /// Whether the rule is turned down to a warning, so that the call is not refused whatever the answer.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert!(!open.is_warning());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.warning
    }

    /// The id of the rule that is left open.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert_eq!(open.rule(), "destination-available");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The parameter that may be at fault.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert_eq!(open.parameter().to_string(), "DestinationRegions.0");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// Which fact of which record would settle it.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert_eq!(open.needs(), "`ImageSync` of `ap-shanghai`");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn needs(&self) -> &str {
        &self.needs
    }
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} needs {}", self.parameter, self.rule, self.needs)
    }
}
