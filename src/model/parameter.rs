//! The parameters of a request.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::clean;

/// A parameter of the request, with its subscript where one element of a list is meant: `ImageIds.0`.
///
/// ```
/// use presync::Parameter;
///
/// assert_eq!(Parameter::DESTINATION_REGIONS.element(1).to_string(), "DestinationRegions.1");
/// assert_eq!(Parameter::REGION.subscript(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Parameter {
    name: Cow<'static, str>,
    subscript: Option<usize>,
}

/// The parameters that have a constant, so that a name is written once.
macro_rules! parameters {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)+) => {
        impl Parameter {
            $($(#[$doc])* pub const $constant: Self = Self { name: Cow::Borrowed($name), subscript: None };)+
        }

        fn known_name(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some($name),)+
                _ => None,
            }
        }
    };
}

parameters! {
    /// `Action`, a common parameter.
    ACTION = "Action";
    /// `Version`, a common parameter.
    VERSION = "Version";
    /// `Region`, a common parameter: the source region.
    REGION = "Region";
    /// `ImageIds.N`, a list.
    IMAGE_IDS = "ImageIds";
    /// `DestinationRegions.N`, a list.
    DESTINATION_REGIONS = "DestinationRegions";
    /// `DryRun`.
    DRY_RUN = "DryRun";
    /// `ImageName`.
    IMAGE_NAME = "ImageName";
    /// `ImageSetRequired`.
    IMAGE_SET_REQUIRED = "ImageSetRequired";
    /// `Encrypt`.
    ENCRYPT = "Encrypt";
    /// `KmsKeyId`.
    KMS_KEY_ID = "KmsKeyId";
}

impl Parameter {
    /// A parameter by any name, as a client may send it; the name is cut and escaped like every text of a caller's.
    ///
    /// ```
    /// use presync::Parameter;
    ///
    /// assert_eq!(Parameter::named("DestRegion").to_string(), "DestRegion");
    /// assert_eq!(Parameter::named("ImageIds.0"), Parameter::IMAGE_IDS.element(0));
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Self {
        let element = name.split_once('.').and_then(|(name, digits)| {
            let subscript = digits.parse::<usize>().ok()?;
            // `00` and `+0` are spellings of their own: only what would be written again is a subscript.
            let name = Cow::Borrowed(known_name(name)?);
            (subscript.to_string() == digits).then_some(Self { name, subscript: Some(subscript) })
        });
        element.unwrap_or_else(|| {
            let name = known_name(name).map_or_else(|| Cow::Owned(clean(name)), Cow::Borrowed);
            Self { name, subscript: None }
        })
    }

    /// One element of a list parameter; subscripts start at 0.
    ///
    /// ```
    /// assert_eq!(presync::Parameter::IMAGE_IDS.element(0).to_string(), "ImageIds.0");
    /// ```
    #[must_use]
    pub fn element(self, subscript: usize) -> Self {
        Self { subscript: Some(subscript), ..self }
    }

    /// The name without a subscript.
    ///
    /// ```
    /// assert_eq!(presync::Parameter::IMAGE_IDS.element(0).name(), "ImageIds");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which element of a list, counted from 0.
    ///
    /// ```
    /// assert_eq!(presync::Parameter::IMAGE_IDS.element(2).subscript(), Some(2));
    /// ```
    #[must_use]
    pub fn subscript(&self) -> Option<usize> {
        self.subscript
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.subscript {
            Some(subscript) => write!(f, ".{subscript}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Parameter {
    type Err = Infallible;

    /// Reads what [`Display`](fmt::Display) writes. Every text names some parameter.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::named(text))
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self::named(&text)
    }
}

impl From<Parameter> for String {
    fn from(parameter: Parameter) -> Self {
        parameter.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_reads_what_it_writes() {
        for text in [
            "Region",
            "ImageIds",
            "ImageIds.0",
            "DestinationRegions.17",
            "DestRegion",
            "ImageIds.00",
            "x.1",
            "a.b.c",
        ] {
            let parameter: Parameter = text.to_owned().into();
            assert_eq!(parameter.to_string(), text);
            assert_eq!(parameter, Parameter::named(text));
        }
        assert_eq!(Parameter::from("ImageIds.3".to_owned()), Parameter::IMAGE_IDS.element(3));
        assert_eq!(Parameter::from("ImageIds.03".to_owned()).subscript(), None);
        assert_eq!(Parameter::from("x.1".to_owned()).subscript(), None);
    }
}
