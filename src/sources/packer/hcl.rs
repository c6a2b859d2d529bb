//! Templates in HCL.

use std::collections::BTreeMap;
use std::ops::Range;

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::parser::parse_body;
use hcl::edit::structure::{Block, BlockLabel, Body};

use super::{BUILDER_TYPE, Builder, COPY_REGIONS, MAX_BYTES, REGION, Regions, Text, planned};

use crate::sources::error::SourceError;
use crate::sources::fields::{self, Found};
use crate::sources::planned::Planned;
use crate::text::{legible, position};
use crate::wire::{MAX_ITEMS, MAX_VALUE_BYTES};

/// Returns every call of a template in HCL, in the order of its `source` blocks. `region` is the
/// source region of sources whose own is not a literal.
///
/// A `source` block within a `build` block adds attributes to the source that it names. Each such
/// block that sets regions is a call of its own.
///
/// # Errors
///
/// Errors when the bytes are not HCL, or when a value of a source is not of the type that it must
/// have. The error has its position.
///
/// ```
/// use presync::Parameter;
/// use presync::sources::packer;
///
/// let template = br#"
/// source "tencentcloud-cvm" "base" {
///   region             = "ap-guangzhou"
///   image_copy_regions = ["ap-shanghai", var.region]
/// }
/// "#;
/// let calls = packer::hcl_calls(template, None)?.calls;
/// assert_eq!(calls[0].address(), "source.tencentcloud-cvm.base");
/// assert_eq!(
///     calls[0].request().needs(&Parameter::DESTINATION_REGIONS.element(1)),
///     Some("`image_copy_regions` of `source.tencentcloud-cvm.base`, which is not a literal")
/// );
///
/// let error = packer::hcl_calls(b"source {\n  region = \n}\n", None).unwrap_err();
/// assert!(error.to_string().starts_with("line 2, column 12: "), "{error}");
/// # Ok::<(), presync::sources::SourceError>(())
/// ```
pub fn calls(bytes: &[u8], region: Option<&str>) -> Result<Planned, SourceError> {
    let text = fields::text(bytes, "a Packer template", MAX_BYTES)?;
    let body = parse_body(text).map_err(|error| {
        let (line, column) = position(text.as_bytes(), error.location().offset());
        // The first of several lines says what is wrong.
        let message = legible(error.message().lines().next().unwrap_or("not HCL"));
        SourceError::Malformed { line, column, path: None, message }
    })?;
    let (mut calls, mut types) = (Vec::new(), BTreeMap::new());
    for source in body.get_blocks("source") {
        let [builder_type, name] = source.labels.as_slice() else { continue };
        *types.entry(builder_type.as_str().to_owned()).or_default() += 1;
        if builder_type.as_str() != BUILDER_TYPE {
            continue;
        }
        let name = format!("{BUILDER_TYPE}.{}", name.as_str());
        let address = format!("source.{}", legible(&name));
        let additions: Vec<&Block> = additions(&body, &name).collect();
        if additions.is_empty() {
            calls.extend(
                Attributes { text, address: &address, bodies: &[&source.body] }.builder()?.call(region),
            );
        }
        for addition in additions {
            let bodies = [&addition.body, &source.body];
            calls.extend(Attributes { text, address: &address, bodies: &bodies }.builder()?.call(region));
        }
    }
    Ok(planned(calls, &types))
}

/// Returns the blocks within builds that set regions of a source.
fn additions<'b>(body: &'b Body, name: &str) -> impl Iterator<Item = &'b Block> {
    let builds = body.get_blocks("build").flat_map(|build| build.body.get_blocks("source"));
    builds.filter(move |block| {
        let label = block.labels.first().map(BlockLabel::as_str).unwrap_or_default();
        let sets_regions = [REGION, COPY_REGIONS].iter().any(|key| block.body.has_attribute(key));
        label.strip_prefix("source.").unwrap_or(label) == name && sets_regions
    })
}

/// The attributes of a source. Of several bodies with an attribute the first counts.
struct Attributes<'b> {
    text: &'b str,
    address: &'b str,
    bodies: &'b [&'b Body],
}

impl Attributes<'_> {
    fn builder(&self) -> Result<Builder, SourceError> {
        let region = self.value(REGION).map(|value| self.text(value, REGION)).transpose()?;
        let copy_regions = self.value(COPY_REGIONS).map(|value| self.regions(value)).transpose()?;
        Ok(Builder { address: self.address.to_owned(), region, copy_regions })
    }

    /// The value of an attribute; none for a null or a missing attribute.
    fn value(&self, name: &str) -> Option<&Expression> {
        let value = &self.bodies.iter().find_map(|body| body.get_attribute(name))?.value;
        Some(value).filter(|value| !matches!(value, Expression::Null(_)))
    }

    /// Reads a text; none if it is not a literal.
    fn text(&self, value: &Expression, path: &str) -> Result<Found<Text>, SourceError> {
        match value {
            Expression::Bool(_) | Expression::Number(_) | Expression::Array(_) | Expression::Object(_) => {
                Err(self.wrong(value, path, "expected a text".to_owned()))
            }
            _ => match value.as_str() {
                Some(text) if text.len() > MAX_VALUE_BYTES => {
                    let message = format!("a value has at most {MAX_VALUE_BYTES} bytes: this one has more");
                    Err(self.wrong(value, path, message))
                }
                text => Ok((text.map(str::to_owned), span(value))),
            },
        }
    }

    fn regions(&self, value: &Expression) -> Result<Found<Regions>, SourceError> {
        let path = COPY_REGIONS;
        let list = match value {
            Expression::Array(list) => list,
            Expression::Bool(_) | Expression::Number(_) | Expression::String(_) | Expression::Object(_) => {
                return Err(self.wrong(value, path, "expected a list of texts".to_owned()));
            }
            _ => return Ok((None, span(value))),
        };
        if list.len() > MAX_ITEMS {
            let message = format!("a list has at most {MAX_ITEMS} elements: this one has more");
            return Err(self.wrong(value, path, message));
        }
        let mut regions = Vec::new();
        for (subscript, region) in list.iter().enumerate() {
            let (region, span) = self.text(region, &format!("{path}[{subscript}]"))?;
            regions.push((region, Some(span)));
        }
        Ok((Some(regions), span(value)))
    }

    fn wrong(&self, value: &Expression, path: &str, message: String) -> SourceError {
        let (line, column) = position(self.text.as_bytes(), span(value).start);
        SourceError::Malformed { line, column, path: Some(format!("{}.{path}", self.address)), message }
    }
}

fn span(value: &Expression) -> Range<usize> {
    value.span().unwrap_or_default()
}
