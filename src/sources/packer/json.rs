//! Templates in JSON, the legacy form.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    BUILDER_TYPE, Builder, COPY_REGIONS, Copies, IMAGE_NAME, MAX_BYTES, Open, Part, REGION, Regions, SKIP,
    Text, misspelt, needs_of_skip, planned,
};
use super::{TemplateError, Variables};
use crate::sources::error::SourceError;
use crate::sources::fields::{self, Fields, Keys};
use crate::sources::planned::Planned;
use crate::text::record::records;
use crate::text::{clean, decode};

/// Returns every call of a legacy JSON template, in the order of its builders. `region` is the
/// source region of builders whose own is not a literal.
///
/// # Errors
///
/// Errors when the bytes are not such a template, or when a value of a builder is not of the type
/// that it must have. The error has its position.
///
/// ```
/// use presync::sources::packer;
///
/// let template = br#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": [[]]}]}"#;
/// assert_eq!(
///     packer::calls(template, None).unwrap_err().to_string(),
///     "line 1, column 67: builders[0].image_copy_regions[0]: expected a text"
/// );
/// ```
pub fn calls(bytes: &[u8], region: Option<&str>) -> Result<Planned, SourceError> {
    calls_with(bytes, &Variables::default(), region).map_err(TemplateError::into_error)
}

/// Returns every call of a legacy JSON template with these values for its variables.
///
/// # Errors
///
/// Errors as [`calls`] does, and when a file of values cannot be read.
///
/// ```
/// use presync::sources::packer::{self, Variables};
///
/// let template = br#"{"builders": [
///     {"type": "tencentcloud-cvm", "region": "{{user `from`}}", "image_copy_regions": ["ap-shanghai"]}]}"#;
/// let variables = Variables::default().with_file("dev.json", br#"{"from": "ap-guangzhou"}"#);
/// let calls = packer::calls_with(template, &variables, None)?.calls;
/// assert_eq!(calls[0].request().request().region.as_deref(), Some("ap-guangzhou"));
/// # Ok::<(), presync::sources::packer::TemplateError>(())
/// ```
pub fn calls_with(
    bytes: &[u8],
    variables: &Variables,
    region: Option<&str>,
) -> Result<Planned, TemplateError> {
    #[derive(Deserialize)]
    #[serde(remote = "Self")]
    struct Template<'t> {
        #[serde(borrow)]
        builders: Vec<&'t RawValue>,
        #[serde(borrow, default)]
        variables: Option<&'t RawValue>,
    }
    records! { borrowed: Template; }

    let bytes = decode(bytes);
    let text = fields::text(&bytes, "a Packer template", MAX_BYTES)?;
    let template: Template<'_> = fields::read(text, text, "")?;
    let user = User::of(text, template.variables, variables)?;
    let (mut calls, mut types, mut copies) = (Vec::new(), BTreeMap::new(), Copies(0));
    for (index, builder) in template.builders.into_iter().enumerate() {
        let address = format!("builders[{index}]");
        let fields = Fields::read(text, Some(builder), address.clone())?;
        let Some((builder_type, _)) = fields.text("type")? else {
            let message = "expected the key `type`, without which Packer refuses a builder";
            return Err(fields::wrong(text, builder, &address, message).into());
        };
        let is_ours = builder_type == BUILDER_TYPE;
        // Of other builders nothing but the type is read.
        fields.once(|key| is_ours || key == "type")?;
        *types.entry(builder_type).or_default() += 1;
        if !is_ours {
            continue;
        }
        for (name, value) in fields.iter() {
            if let Some(message) = misspelt(name) {
                return Err(fields::wrong(text, value, &fields.path_of(name), message).into());
            }
        }
        let attributes = Attributes { fields, address: &address, user: &user };
        let source = Builder {
            region: attributes.text(REGION)?,
            copy_regions: attributes.regions()?,
            image_name: attributes.text(IMAGE_NAME)?,
            address: address.clone(),
            perhaps: attributes.skip(),
        };
        let call = source.call(region);
        copies.add(call.as_ref())?;
        if user.expanded.get() > MAX_EXPANDED_BYTES {
            return Err(SourceError::TooMuchWork.into());
        }
        calls.extend(call);
    }
    Ok(planned(calls, &types, |builder_type| builder_type == BUILDER_TYPE))
}

/// The attributes of a builder.
struct Attributes<'t, 'u> {
    fields: Fields<'t>,
    address: &'u str,
    user: &'u User,
}

impl Attributes<'_, '_> {
    fn text(&self, attribute: &str) -> Result<Option<(Text, Part)>, SourceError> {
        let Some(value) = self.fields.value(attribute) else { return Ok(None) };
        let (text, span) = self.text_at(value, || self.fields.path_of(attribute))?;
        Ok(Some((self.known(attribute, &text), (0, span))))
    }

    /// Reads a text, or a number or a flag, which Packer makes a text: a flag is `1` or `0`.
    fn text_at(
        &self,
        value: &RawValue,
        path: impl Fn() -> String,
    ) -> Result<(String, Range<usize>), SourceError> {
        match text_of(value.get()) {
            Some(text) => Ok((text, self.fields.span(value))),
            None => self.fields.text_at(value, path),
        }
    }

    /// Returns what would settle whether the image is made.
    fn skip(&self) -> Option<String> {
        let value = self.fields.value(SKIP)?;
        needs_of_skip(self.address, ["false", "\"false\"", "null"].contains(&value.get()))
    }

    fn known(&self, attribute: &str, text: &str) -> Text {
        self.user.text(text).map_err(|open| open.needs(attribute, self.address))
    }

    /// Returns the regions of a builder. Packer reads a text as a list whose elements are separated
    /// by commas.
    fn regions(&self) -> Result<Option<(Regions, Part)>, SourceError> {
        let fields = &self.fields;
        let Some(value) = fields.value(COPY_REGIONS) else { return Ok(None) };
        if value.get().starts_with('"') {
            let (text, span) = fields.text_at(value, || fields.path_of(COPY_REGIONS))?;
            let regions = self.known(COPY_REGIONS, &text).map(|regions| {
                // Each has a place of its own where the text stands in the file as it is.
                let inner = value.get().get(1..value.get().len() - 1).unwrap_or_default();
                let inner = (regions == inner).then_some(span.start + 1);
                elements(&regions, inner)
            });
            return Ok(Some((regions, (0, span))));
        }
        let Some((list, span)) = fields.list(COPY_REGIONS)? else { return Ok(None) };
        let mut regions = Vec::new();
        for (subscript, region) in list.into_iter().enumerate() {
            let path = || format!("{}[{subscript}]", fields.path_of(COPY_REGIONS));
            let (region, span) = self.text_at(region, path)?;
            regions.push((self.known(COPY_REGIONS, &region), Some((0, span))));
        }
        Ok(Some((Ok(regions), (0, span))))
    }
}

/// Returns the text that Packer makes of a number or a flag: of a flag `1` or `0`. None for another
/// value. Packer has a number as a float of 64 bits, as here, and writes it without an exponent.
fn text_of(json: &str) -> Option<String> {
    match json {
        "true" => Some("1".to_owned()),
        "false" => Some("0".to_owned()),
        other => {
            other.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| number.to_string())
        }
    }
}

/// Returns the elements of a text that starts at this offset of the file, if it is a part of it.
fn elements(text: &str, start: Option<usize>) -> Vec<(Text, Option<Part>)> {
    let mut offset = 0;
    let elements = text.split(',').filter(|_| !text.is_empty()).map(|element| {
        let span = offset..offset + element.len();
        offset = span.end + 1;
        let part = start.map(|start| (0, moved(span, start)));
        (Ok(element.to_owned()), part)
    });
    elements.collect()
}

fn moved(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

/// The variables of a template.
struct User {
    /// The values; none for a variable that has none, or not a literal one.
    values: BTreeMap<String, Option<String>>,
    /// True if the values are those that Packer uses; else they are defaults.
    is_certain: bool,
    /// The bytes of all texts with values in them so far.
    expanded: Cell<usize>,
}

impl User {
    fn of(text: &str, declared: Option<&RawValue>, variables: &Variables) -> Result<Self, TemplateError> {
        let mut values = BTreeMap::new();
        if let Some(declared) = declared.filter(|declared| declared.get() != "null") {
            values = Self::read(text, declared.get(), "variables")?;
        }
        for (name, bytes) in variables.files() {
            let error = |error| TemplateError::of(name, error);
            let bytes = decode(bytes);
            let text = fields::text(&bytes, "a file of values", MAX_BYTES).map_err(error)?;
            values.extend(Self::read(text, text, "").map_err(error)?);
        }
        let given = variables.values().map(|(name, value)| (name.to_owned(), literal(value.to_owned())));
        values.extend(given);
        Ok(Self { values, is_certain: !variables.is_empty(), expanded: Cell::new(0) })
    }

    fn read(text: &str, part: &str, path: &str) -> Result<BTreeMap<String, Option<String>>, SourceError> {
        let keys: Keys<'_> = fields::read(text, part, path)?;
        keys.once(text, || path.to_owned(), |_| true)?;
        let word = |value: &RawValue, path: &str| -> Result<Option<String>, SourceError> {
            match value.get() {
                json if json.starts_with('"') => fields::read(text, json, path).map(Some),
                json => Ok(text_of(json).filter(|text| text.len() <= MAX_NUMBER_BYTES)),
            }
        };
        keys.values
            .into_iter()
            .map(|(name, part)| {
                let below = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                let value = if part.get().starts_with('[') {
                    let list: Vec<&RawValue> = fields::read(text, part.get(), &below)?;
                    let mut words = Some(String::new());
                    for (index, value) in list.into_iter().enumerate() {
                        let comma = if index > 0 { "," } else { "" };
                        let word = word(value, &below)?;
                        words = words.zip(word).map(|(words, word)| words + comma + &word);
                    }
                    words
                } else {
                    word(part, &below)?
                };
                Ok((name.into_owned(), value.and_then(literal)))
            })
            .collect()
    }

    /// Returns a text with the values of its variables.
    fn text(&self, text: &str) -> Known {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let mut open = Open::default();
        let mut value = Some(String::new());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            let (call, behind) = behind.split_once("}}").unwrap_or((behind, ""));
            let (call, before, behind) = trimmed(call, before, behind);
            rest = behind;
            let name = variable(call);
            open.variables.extend(name.filter(|_| open.variables.len() < MOST_NAMES).map(str::to_owned));
            let known = name.and_then(|name| self.values.get(name)?.as_deref());
            value = value
                .zip(known)
                .filter(|(value, known)| value.len() + known.len() <= MAX_TEXT_BYTES)
                .map(|(value, known)| value + before + known);
        }
        let value = value.map(|value| value + rest).filter(|value| value.len() <= MAX_TEXT_BYTES);
        self.expanded.set(self.expanded.get().saturating_add(value.as_ref().map_or(0, String::len)));
        match value {
            Some(value) if self.is_certain => Ok(value),
            default => {
                open.variables.dedup();
                open.default = default.map(|default| format!("\"{}\"", shown(&default)));
                Err(open)
            }
        }
    }
}

/// Returns the value of a variable as it is; none for one in which a
/// function of Packer's is called.
fn literal(value: String) -> Option<String> {
    Some(value).filter(|value| !value.contains("{{"))
}

/// A text that is known, or else what would settle it.
type Known = Result<String, Open>;

/// The most bytes of a text with the values of its variables.
const MAX_TEXT_BYTES: usize = 1 << 16;

/// The most bytes of all such texts together: 8 MiB. A template has one for each region of a list,
/// and each may be made of the same long value.
const MAX_EXPANDED_BYTES: usize = 8 << 20;

/// The most bytes of a number that is the value of a variable: one such as `1e300` is not known,
/// whose text is far longer than what is written.
const MAX_NUMBER_BYTES: usize = 64;

/// The most variables that are named as what would settle one value.
const MOST_NAMES: usize = 8;

/// Returns a default as messages show it: all of its parts, each of them cut.
fn shown(text: &str) -> String {
    const MOST: usize = 64;
    let parts: Vec<String> = text.split(',').take(MOST).map(clean).collect();
    parts.join(",")
}

/// Takes the trim markers off a part in braces, and the blanks that they remove from the text
/// before and behind it. Go takes a dash for a marker where a blank stands beside it.
fn trimmed<'t>(call: &'t str, before: &'t str, behind: &'t str) -> (&'t str, &'t str, &'t str) {
    const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
    let (call, before) = match call.strip_prefix('-').and_then(|call| call.strip_prefix(BLANKS)) {
        Some(call) => (call, before.trim_end_matches(BLANKS)),
        None => (call, before),
    };
    let (call, behind) = match call.strip_suffix('-').and_then(|call| call.strip_suffix(BLANKS)) {
        Some(call) => (call, behind.trim_start_matches(BLANKS)),
        None => (call, behind),
    };
    (call, before, behind)
}

/// The variable whose value a part of a text in braces is: `` user `name` ``.
fn variable(call: &str) -> Option<&str> {
    let name = call.trim().strip_prefix("user")?.trim();
    let quoted = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    quoted('`').or_else(|| quoted('"')).filter(|name| !name.is_empty())
}
