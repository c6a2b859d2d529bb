//! The table of parameters: name, kind, where a request keeps them, and the month in which each was
//! first seen.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::edition::Edition;
use super::history;
use super::request::SyncRequest;
use crate::text::clean;

/// A parameter of the request, with its subscript where one element of a list is meant:
/// `ImageIds.0`.
///
/// ```
/// use presync::Parameter;
///
/// assert_eq!(Parameter::DESTINATION_REGIONS.element(1).to_string(), "DestinationRegions.1");
/// assert_eq!(Parameter::REGION.subscript(), None);
/// assert_eq!("ImageIds.0".parse(), Ok(Parameter::IMAGE_IDS.element(0)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Parameter {
    name: Cow<'static, str>,
    subscript: Option<usize>,
}

/// A row of the table of parameters.
pub(crate) struct Row {
    /// The name as the page writes it.
    pub(crate) name: &'static str,
    /// The kind of its value, and where a request keeps it.
    pub(crate) slot: Slot,
    /// The month of the first page that has it.
    pub(crate) first_seen: Edition,
}

/// The kind of a parameter's value, and where a request keeps it.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    /// The action, which is judged while a request is read. No request keeps it.
    Action,
    /// A text.
    Text { get: fn(&SyncRequest) -> Option<&str>, get_mut: fn(&mut SyncRequest) -> &mut Option<String> },
    /// `true` or `false`.
    Flag { get: fn(&SyncRequest) -> Option<bool>, get_mut: fn(&mut SyncRequest) -> &mut Option<bool> },
    /// A list of texts.
    List {
        #[cfg_attr(not(feature = "wire"), expect(dead_code, reason = "read by `wire` alone"))]
        get: fn(&SyncRequest) -> &[String],
        get_mut: fn(&mut SyncRequest) -> &mut Vec<String>,
    },
    /// A common parameter that says nothing about the copy, such as a signature.
    Ignored,
}

/// One row makes the constant of a parameter and its row in the table.
macro_rules! parameters {
    (
        $($(#[$doc:meta])* $constant:ident = $name:literal, $kind:ident $($field:ident)?, $first_seen:expr;)+
        => $($ignored:literal)+
    ) => {
        impl Parameter {
            $($(#[$doc])* pub const $constant: Self = Self { name: Cow::Borrowed($name), subscript: None };)+
        }

        /// Every parameter that a request may carry, in the order of today's page.
        static TABLE: &[Row] = &[
            $(Row { name: $name, slot: parameters!(@slot $kind $($field)?), first_seen: $first_seen },)+
            $(Row { name: $ignored, slot: Slot::Ignored, first_seen: history::FIRST },)+
        ];
    };
    (@slot action) => { Slot::Action };
    (@slot text $field:ident) => {
        Slot::Text { get: |request| request.$field.as_deref(), get_mut: |request| &mut request.$field }
    };
    (@slot flag $field:ident) => {
        Slot::Flag { get: |request| request.$field, get_mut: |request| &mut request.$field }
    };
    (@slot list $field:ident) => {
        Slot::List { get: |request| &request.$field, get_mut: |request| &mut request.$field }
    };
}

parameters! {
    /// `Action`, a common parameter.
    ACTION = "Action", action, history::FIRST;
    /// `Version`, a common parameter.
    VERSION = "Version", text version, history::FIRST;
    /// `Region`, a common parameter: the source region.
    REGION = "Region", text region, history::FIRST;
    /// `ImageIds.N`, a list: the ids of the images to copy.
    IMAGE_IDS = "ImageIds", list image_ids, history::FIRST;
    /// `DestinationRegions.N`, a list: the regions that each get a copy.
    DESTINATION_REGIONS = "DestinationRegions", list destination_regions, history::FIRST;
    /// `DryRun`: the service checks the request and copies nothing.
    DRY_RUN = "DryRun", flag dry_run, history::DRY_RUN;
    /// `ImageName`: the name of the copies.
    IMAGE_NAME = "ImageName", text image_name, history::IMAGE_NAME;
    /// `ImageSetRequired`: the response lists the ids of the copies.
    IMAGE_SET_REQUIRED = "ImageSetRequired", flag image_set_required, history::IMAGE_SET;
    /// `Encrypt`: the copy is encrypted, in the source region.
    ENCRYPT = "Encrypt", flag encrypt, history::ENCRYPTED_COPIES;
    /// `KmsKeyId`: the id of the key that a copy is encrypted with.
    KMS_KEY_ID = "KmsKeyId", text kms_key_id, history::ENCRYPTED_COPIES;
    // Common parameters that say nothing about the copy.
    => "Timestamp" "Nonce" "SecretId" "Signature" "SignatureMethod" "Token" "RequestClient" "Language"
}

impl Row {
    /// Returns every row, in the order of today's page.
    #[cfg(feature = "wire")]
    pub(crate) fn all() -> &'static [Self] {
        TABLE
    }

    /// Returns every name, in the order of today's page.
    pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|row| row.name)
    }

    /// Returns the row of the parameter of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.name == name)
    }

    /// Returns a number with one bit, which no other row has.
    #[cfg(feature = "wire")]
    pub(crate) fn bit(&'static self) -> u32 {
        const { assert!(TABLE.len() <= 32, "a number of 32 bits has one for each row") };
        TABLE.iter().zip(0..).find(|(row, _)| std::ptr::eq(*row, self)).map_or(0, |(_, index)| 1 << index)
    }

    /// Returns the parameter of this row.
    pub(crate) fn parameter(&self) -> Parameter {
        Parameter { name: Cow::Borrowed(self.name), subscript: None }
    }

    /// Returns every parameter that the first page did not have.
    pub(crate) fn later() -> impl Iterator<Item = &'static Self> {
        TABLE.iter().filter(|row| row.first_seen > history::FIRST)
    }

    /// Returns the value that a request has for it, as text: `None` where it was not sent, and for
    /// a list.
    pub(crate) fn sent<'r>(&self, request: &'r SyncRequest) -> Option<Cow<'r, str>> {
        match self.slot {
            Slot::Text { get, .. } => get(request).map(Cow::Borrowed),
            Slot::Flag { get, .. } => get(request).map(|flag| Cow::Borrowed(word(flag))),
            Slot::List { .. } | Slot::Action | Slot::Ignored => None,
        }
    }
}

/// Returns the spelling of a flag.
pub(crate) fn word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

impl Parameter {
    /// Returns the parameter of any name, as a client may send it. The name is cut and escaped like
    /// every text of a caller's.
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
            // `00` and `+0` are spellings of their own: only what would be written again is a
            // subscript.
            let parameter = Row::named(name)?.parameter();
            (subscript.to_string() == digits).then(|| parameter.element(subscript))
        });
        element.unwrap_or_else(|| match Row::named(name) {
            Some(row) => row.parameter(),
            None => Self { name: Cow::Owned(clean(name)), subscript: None },
        })
    }

    /// Returns every parameter that the first page did not have, with the month in which it was
    /// first seen, in the order of today's page.
    ///
    /// ```
    /// use presync::Parameter;
    ///
    /// let (parameter, first_seen) = Parameter::later().next().unwrap();
    /// assert_eq!((parameter.to_string(), first_seen.to_string()), ("DryRun".to_owned(), "2022-04".to_owned()));
    /// ```
    pub fn later() -> impl Iterator<Item = (Self, Edition)> {
        Row::later().map(|row| (row.parameter(), row.first_seen))
    }

    /// Returns every common parameter that says nothing about the copy, such as a signature. A
    /// request may carry it with any value.
    ///
    /// ```
    /// use presync::Parameter;
    ///
    /// assert!(Parameter::common().any(|parameter| parameter == "Timestamp"));
    /// ```
    pub fn common() -> impl Iterator<Item = Self> {
        TABLE.iter().filter(|row| matches!(row.slot, Slot::Ignored)).map(Row::parameter)
    }

    /// Returns one element of a list parameter; subscripts start at 0.
    #[must_use]
    pub fn element(self, subscript: usize) -> Self {
        Self { subscript: Some(subscript), ..self }
    }

    /// Returns the list that an element is in; a parameter that is no element is returned as it is.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { name: self.name.clone(), subscript: None }
    }

    /// Returns the name without a subscript.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the subscript of an element, counted from 0; `None` for a whole parameter.
    #[must_use]
    pub fn subscript(&self) -> Option<usize> {
        self.subscript
    }
}

/// True if it is written like this.
impl PartialEq<str> for Parameter {
    fn eq(&self, text: &str) -> bool {
        match self.subscript {
            None => self.name == text,
            Some(_) => *self == Self::named(text),
        }
    }
}

impl PartialEq<&str> for Parameter {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subscript {
            None => f.pad(&self.name),
            Some(subscript) if f.width().is_some() => f.pad(&format!("{}.{subscript}", self.name)),
            Some(subscript) => write!(f, "{}.{subscript}", self.name),
        }
    }
}

impl Serialize for Parameter {
    /// Writes what [`Display`](fmt::Display) does.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.subscript {
            None => serializer.serialize_str(&self.name),
            Some(_) => serializer.collect_str(self),
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

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self::named(text)
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
            assert_eq!(String::from(parameter), text);
        }
        assert_eq!(Parameter::from("ImageIds.3".to_owned()), Parameter::IMAGE_IDS.element(3));
        assert_eq!(Parameter::from("ImageIds.03".to_owned()).subscript(), None);
        assert_eq!(Parameter::from("x.1".to_owned()).subscript(), None);
    }
}
