//! What a check can say: a violation on a parameter, or that something could not be verified.

use std::borrow::Cow;

use crate::model::Parameter;
use crate::text::clean;

/// What a check says of one fault: where, what was sent, what would have passed, why, and what was probably meant.
///
/// The rule's id and code are not here: they are stamped on by [`Findings`](crate::Findings), so that a check cannot
/// mislabel itself.
///
/// ```
/// use presync::{Finding, Parameter};
///
/// let finding = Finding::new(Parameter::IMAGE_NAME, "`draft` is not an approved name")
///     .value("draft")
///     .allowed("a name from the register");
/// # let _ = finding;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(super) parameter: Parameter,
    pub(super) value: Option<String>,
    pub(super) allowed: Option<Cow<'static, str>>,
    pub(super) message: Cow<'static, str>,
    pub(super) hint: Option<String>,
}

impl Finding {
    /// A fault of `parameter`. The message is lower case, without a full stop, with the caller's text in backticks.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let finding = Finding::new(Parameter::IMAGE_IDS, "no image is named");
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn new(parameter: Parameter, message: impl Into<Cow<'static, str>>) -> Self {
        Self { parameter, value: None, allowed: None, message: message.into(), hint: None }
    }

    /// What was sent; cut at 64 characters and escaped here.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let finding = Finding::new(Parameter::REGION, "no such region").value("ap-nowhere");
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn value(self, value: &str) -> Self {
        Self { value: Some(clean(value)), ..self }
    }

    /// What would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let finding = Finding::new(Parameter::IMAGE_IDS, "two images are named").allowed("1 image");
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn allowed(self, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    /// What was probably meant; leave it out rather than guess.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let hint = Some("did you mean `ap-shanghai`?".to_owned());
    /// let finding = Finding::new(Parameter::REGION, "no such region").hint(hint);
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}
