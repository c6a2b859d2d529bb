//! Calls that another tool is going to make, as a file of that tool says it.
//!
//! [Terraform](crate::terraform) and [Packer](crate::packer) have files in which such calls can be found before they are
//! made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{self, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::{Parameter, PartialRequest};
use crate::sources::{packer, terraform};
use crate::text::json::{located, range};
use crate::text::{legible, position};
use crate::wire::{MAX_ITEMS, MAX_VALUE_BYTES};

/// Every call of a file of another tool; nothing if it is not one that is known here. `name` is that of the file, where it
/// has one, and `region` the source region of calls whose own is not to be found there.
///
/// Known are a [Terraform plan](crate::terraform), a legacy [Packer](crate::packer) template and, with the feature `hcl`,
/// one in HCL, by its name that ends in `.pkr.hcl`.
///
/// # Errors
///
/// It is one that is known, and cannot be read.
///
/// ```
/// use presync::planned;
///
/// let template = br#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": ["ap-shanghai"]}]}"#;
/// let calls = planned::calls(None, template, Some("ap-guangzhou")).unwrap()?;
/// assert_eq!(calls[0].address(), "builders[0]");
///
/// assert!(planned::calls(None, br#"{"ImageIds": ["img-o3ycss2p"]}"#, None).is_none());
/// # Ok::<(), planned::FileError>(())
/// ```
pub fn calls(
    name: Option<&str>,
    bytes: &[u8],
    region: Option<&str>,
) -> Option<Result<Vec<PlannedCall>, FileError>> {
    if terraform::is_terraform(bytes) {
        return Some(terraform::calls(bytes, region));
    }
    if packer::is_template(bytes) {
        return Some(packer::calls(bytes, region));
    }
    #[cfg(feature = "hcl")]
    if name.is_some_and(|name| name.ends_with(".pkr.hcl")) {
        return Some(packer::hcl_calls(bytes, region));
    }
    let _ = name;
    None
}

/// A call that another tool is going to make, as a file of that tool says it.
///
/// ```
/// use presync::planned::PlannedCall;
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
    /// use presync::planned::PlannedCall;
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
    /// use presync::planned::PlannedCall;
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
    /// use presync::planned::PlannedCall;
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
    /// # use presync::planned::PlannedCall;
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
    /// # use presync::planned::PlannedCall;
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
    /// # use presync::planned::PlannedCall;
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
    /// # use presync::planned::PlannedCall;
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
/// use presync::planned::PlannedCall;
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
    /// # use presync::planned::PlannedCall;
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
    /// # use presync::planned::PlannedCall;
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

/// Why the file of another tool is none.
///
/// ```
/// use presync::planned::FileError;
/// use presync::terraform;
///
/// let error = terraform::calls(br#"{"format_version": "1.0", "values": {}}"#, None).unwrap_err();
/// assert!(matches!(error, FileError::OtherKind { .. }));
/// assert_eq!(
///     error.to_string(),
///     "expected a Terraform plan, as `terraform show -json PLAN` writes it, found the state of Terraform"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is larger than such a file may be.
    #[error("{what} has at most {limit} bytes: this one has more")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// It is not of the kind that was expected.
    #[error("expected {expected}, found {found}")]
    OtherKind {
        /// What was expected.
        expected: &'static str,
        /// What it seems to be.
        found: &'static str,
    },
    /// It is of a version of its format that is not known here.
    #[error("expected a format version that starts with `0.` or `1.`, found `{version}`")]
    Version {
        /// The version that it says, fit to be shown.
        version: String,
    },
    /// It cannot be read, or something in it is not what it must be.
    #[error("line {line}, column {column}: {}{message}", path.as_ref().map_or_else(String::new, |path| format!("{path}: ")))]
    At {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// Which value, such as `resource_changes[3].change.after.image_id`, where one is meant.
        path: Option<String>,
        /// What is wrong.
        message: String,
    },
}

/// The text of a file that has at most `limit` bytes.
pub(crate) fn text<'t>(bytes: &'t [u8], what: &'static str, limit: usize) -> Result<&'t str, FileError> {
    if bytes.len() > limit {
        return Err(FileError::TooLarge { what, limit });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(bytes, error.valid_up_to());
        FileError::At {
            line,
            column,
            path: None,
            message: format!("{what} is text in UTF-8, and this is not"),
        }
    })
}

/// Reads a part of a JSON text, which can be all of it. `path` is where the part is.
pub(crate) fn read<'t, T: Deserialize<'t>>(text: &str, part: &'t str, path: &str) -> Result<T, FileError> {
    let mut deserializer = serde_json::Deserializer::from_str(part);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let below = error.path().to_string();
        // The whole is a dot.
        let below = Some(below).filter(|below| below != ".");
        let path = Some(path.to_owned()).filter(|path| !path.is_empty());
        let path: Vec<String> = path.into_iter().chain(below).collect();
        let (line, column, message) = located(error.inner());
        let path = legible(&path.join("."));
        fault(text, part, (line, column), Some(path).filter(|path| !path.is_empty()), message)
    })?;
    deserializer.end().map_err(|error| {
        let (line, column, message) = located(&error);
        fault(text, part, (line, column), None, message)
    })?;
    Ok(value)
}

/// What is wrong at the start of a part.
pub(crate) fn wrong(text: &str, part: &RawValue, path: &str, message: impl Into<String>) -> FileError {
    fault(text, part.get(), (1, 1), Some(legible(path)), message.into())
}

/// What is wrong at a place in a part.
fn fault(
    text: &str,
    part: &str,
    (line, column): (usize, usize),
    path: Option<String>,
    message: String,
) -> FileError {
    let start = range(text.as_bytes(), part).map_or((1, 1), |range| position(text.as_bytes(), range.start));
    let column = if line == 1 { start.1 + column - 1 } else { column };
    FileError::At { line: start.0 + line - 1, column, path, message }
}

/// Tells of every key of a JSON object, until that is enough. Where the text is none, the keys before that are told.
pub(crate) fn keys(bytes: &[u8], is_enough: &mut dyn FnMut(&str) -> bool) {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // The error is how the search ends early.
    let _ = deserializer.deserialize_map(Keys(is_enough));
}

struct Keys<'k>(&'k mut dyn FnMut(&str) -> bool);

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if (self.0)(&key) {
                return Err(de::Error::custom("enough"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// An object in a JSON text, whose values are read one by one, so that what is wrong with one of them has a place.
pub(crate) struct Fields<'t> {
    text: &'t str,
    path: String,
    values: BTreeMap<Cow<'t, str>, &'t RawValue>,
}

/// What was read, and where it is in the text.
pub(crate) type Found<T> = (T, Range<usize>);

impl<'t> Fields<'t> {
    /// Reads an object; no value is an object without anything in it.
    pub(crate) fn read(text: &'t str, part: Option<&'t RawValue>, path: String) -> Result<Self, FileError> {
        let values = match part {
            Some(part) => read(text, part.get(), &path)?,
            None => BTreeMap::new(),
        };
        Ok(Self { text, path, values })
    }

    /// The value of this name; a null is none.
    pub(crate) fn value(&self, name: &str) -> Option<&'t RawValue> {
        self.values.get(name).copied().filter(|value| value.get() != "null")
    }

    /// The text of this name.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Found<String>>, FileError> {
        self.value(name).map(|value| self.text_at(value, || self.path_of(name))).transpose()
    }

    /// The yes or no of this name.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<Found<bool>>, FileError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.get() {
            "true" => Ok(Some((true, self.span(value)))),
            "false" => Ok(Some((false, self.span(value)))),
            _ => Err(wrong(self.text, value, &self.path_of(name), "expected `true` or `false`")),
        }
    }

    /// The elements of the list of this name.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Found<Vec<&'t RawValue>>>, FileError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let list: Vec<&RawValue> = read(self.text, value.get(), &self.path_of(name))?;
        if list.len() > MAX_ITEMS {
            let message = format!("a list has at most {MAX_ITEMS} elements: this one has more");
            return Err(wrong(self.text, value, &self.path_of(name), message));
        }
        Ok(Some((list, self.span(value))))
    }

    /// A text at this place.
    pub(crate) fn text_at(
        &self,
        value: &'t RawValue,
        path: impl Fn() -> String,
    ) -> Result<Found<String>, FileError> {
        if !value.get().starts_with('"') {
            return Err(wrong(self.text, value, &path(), "expected a text"));
        }
        let found: String = read(self.text, value.get(), &path())?;
        if found.len() > MAX_VALUE_BYTES {
            let message = format!("a value has at most {MAX_VALUE_BYTES} bytes: this one has more");
            return Err(wrong(self.text, value, &path(), message));
        }
        Ok((found, self.span(value)))
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    pub(crate) fn span(&self, value: &RawValue) -> Range<usize> {
        range(self.text.as_bytes(), value.get()).unwrap_or_default()
    }
}
