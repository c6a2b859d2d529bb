//! The calls that a Packer template stands for.
//!
//! The builder `tencentcloud-cvm` makes an image and then copies it to its `image_copy_regions`, with one call. So every
//! builder that has some is a call: in a legacy JSON template one of `builders`, in HCL a `source` block.
//!
//! - The image is not there yet: its id is not known here, and the request is a [partial](crate::partial) one.
//! - Packer takes the builder's own region and every repeated one out of the list, and makes no call if none is left.
//!   Where the region is not known, each of the others may be it.
//! - Packer gives the copies no name: they keep that of the image.
//! - A value that is no literal is not known here, whatever it refers to: a variable has a default that anybody can
//!   replace when Packer is run, be it a `var.x` or a `` {{user `x`}} ``.
//! - The source region is the builder's `region` where that is a literal, else the one that the caller gives.
//!
//! ```
//! use presync::packer;
//!
//! let template = br#"{
//!     "builders": [{
//!         "type": "tencentcloud-cvm",
//!         "region": "ap-guangzhou",
//!         "image_name": "base-{{timestamp}}",
//!         "image_copy_regions": ["ap-shanghai", "ap-guangzhou", "{{user `region`}}"]
//!     }]
//! }"#;
//! let calls = packer::calls(template, None)?;
//! assert_eq!(calls[0].address(), "builders[0]");
//! let request = calls[0].request();
//! assert_eq!(request.request().destination_regions[0], "ap-shanghai");
//! let needs: Vec<_> = request.unknowns().map(|(parameter, needs)| format!("{parameter}: {needs}")).collect();
//! assert_eq!(
//!     needs,
//!     [
//!         "DestinationRegions.1: `image_copy_regions` of `builders[0]`, which is no literal",
//!         "ImageIds.0: the image that `builders[0]` makes",
//!     ]
//! );
//! # Ok::<(), presync::planned::FileError>(())
//! ```

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Parameter, PartialRequest, SyncRequest};
use crate::sources::planned::{self, Fields, FileError, Found, PlannedCall};

/// The most bytes of a template: 1 MiB.
///
/// ```
/// assert_eq!(presync::packer::MAX_BYTES, 1024 * 1024);
/// ```
pub const MAX_BYTES: usize = 1 << 20;

/// The type of the builder.
///
/// ```
/// assert_eq!(presync::packer::BUILDER_TYPE, "tencentcloud-cvm");
/// ```
pub const BUILDER_TYPE: &str = "tencentcloud-cvm";

const REGION: &str = "region";
const COPY_REGIONS: &str = "image_copy_regions";

/// Whether bytes seem to be a legacy JSON template: an object with `builders`.
///
/// ```
/// assert!(presync::packer::is_template(br#"{"builders": []}"#));
/// assert!(!presync::packer::is_template(br#"{"ImageIds": ["img-o3ycss2p"]}"#));
/// ```
#[must_use]
pub fn is_template(bytes: &[u8]) -> bool {
    let mut is_template = false;
    planned::keys(bytes, &mut |key| {
        is_template |= key == "builders";
        is_template
    });
    is_template
}

/// Every call of a legacy JSON template, in the order of its builders. `region` is the source region of those whose own
/// is no literal.
///
/// # Errors
///
/// The bytes are no such template, or a builder is not of the shape that this one has; the error says where.
///
/// ```
/// use presync::packer;
///
/// let template = br#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": [1]}]}"#;
/// assert_eq!(
///     packer::calls(template, None).unwrap_err().to_string(),
///     "line 1, column 67: builders[0].image_copy_regions[0]: expected a text"
/// );
/// ```
pub fn calls(bytes: &[u8], region: Option<&str>) -> Result<Vec<PlannedCall>, FileError> {
    #[derive(Deserialize)]
    struct Template<'t> {
        #[serde(borrow)]
        builders: Vec<&'t RawValue>,
    }

    let text = planned::text(bytes, "a Packer template", MAX_BYTES)?;
    let template: Template<'_> = planned::read(text, text, "")?;
    let mut calls = Vec::new();
    for (place, builder) in template.builders.into_iter().enumerate() {
        let address = format!("builders[{place}]");
        let builder = Fields::read(text, Some(builder), address.clone())?;
        if builder.text("type")?.is_none_or(|(builder_type, _)| builder_type != BUILDER_TYPE) {
            continue;
        }
        let source = Source {
            region: builder.text(REGION)?.map(|(region, span)| (of_template(region), span)),
            copy_regions: json_regions(&builder)?,
            address,
        };
        calls.extend(source.call(region));
    }
    Ok(calls)
}

/// The regions of a builder in JSON. Packer takes one text for a list, in which commas are between the elements.
fn json_regions(builder: &Fields<'_>) -> Result<Option<Found<Regions>>, FileError> {
    let Some(value) = builder.value(COPY_REGIONS) else { return Ok(None) };
    if value.get().starts_with('"') {
        let (regions, span) = builder.text_at(value, || builder.path_of(COPY_REGIONS))?;
        let Some(regions) = of_template(regions) else { return Ok(Some((None, span))) };
        let regions = regions.split(',').filter(|_| !regions.is_empty());
        let regions = regions.map(|region| (Some(region.to_owned()), None)).collect();
        return Ok(Some((Some(regions), span)));
    }
    let Some((list, span)) = builder.list(COPY_REGIONS)? else { return Ok(None) };
    let mut regions = Vec::new();
    for (subscript, region) in list.into_iter().enumerate() {
        let path = || format!("{}[{subscript}]", builder.path_of(COPY_REGIONS));
        let (region, span) = builder.text_at(region, path)?;
        regions.push((of_template(region), Some(span)));
    }
    Ok(Some((Some(regions), span)))
}

/// A text of a legacy template; nothing where a function of the template language is called in it.
fn of_template(text: String) -> Option<String> {
    Some(text).filter(|text| !text.contains("{{"))
}

/// A text, if it is a literal.
type Text = Option<String>;

/// Regions, if they are written as a list, each with its place, if it has one of its own.
type Regions = Option<Vec<(Text, Option<Range<usize>>)>>;

/// A builder, as far as it is looked at. What is nothing is not set.
struct Source {
    address: String,
    region: Option<Found<Text>>,
    copy_regions: Option<Found<Regions>>,
}

impl Source {
    /// The call that copies the image, if there is one. `given` is the source region where the builder's is no literal.
    fn call(self, given: Option<&str>) -> Option<PlannedCall> {
        let Self { address, region, copy_regions } = self;
        let (copy_regions, list_span) = copy_regions?;
        let mut spans = vec![(Parameter::DESTINATION_REGIONS, list_span)];
        let mut gaps = vec![(Parameter::IMAGE_IDS.element(0), format!("the image that `{address}` makes"))];
        let no_literal = |attribute| format!("`{attribute}` of `{address}`, which is no literal");
        let mut origins = vec![(Parameter::DESTINATION_REGIONS, address.clone(), COPY_REGIONS)];

        let mut request = SyncRequest::new("", [""; 0]);
        let is_given = match (region, given) {
            (Some((Some(region), span)), _) if !region.is_empty() => {
                request.region = Some(region);
                spans.push((Parameter::REGION, span));
                false
            }
            (_, Some(given)) => {
                request.region = Some(given.to_owned());
                true
            }
            (region, None) => {
                let needs = match region {
                    Some((None, _)) => no_literal(REGION),
                    _ => format!("`region` of `{address}`, which is not set"),
                };
                gaps.push((Parameter::REGION, needs));
                false
            }
        };
        if !is_given {
            origins.push((Parameter::REGION, address.clone(), REGION));
        }

        match copy_regions {
            None => gaps.push((Parameter::DESTINATION_REGIONS, no_literal(COPY_REGIONS))),
            Some(regions) => {
                let mut seen = BTreeSet::new();
                for (region, span) in regions {
                    let subscript = request.destination_regions.len();
                    let parameter = Parameter::DESTINATION_REGIONS.element(subscript);
                    match region {
                        // Packer takes it out, as it does with the second of two.
                        Some(region)
                            if request.region.as_ref() == Some(&region) || !seen.insert(region.clone()) => {}
                        Some(region) => {
                            request.destination_regions.push(region);
                            spans.extend(span.map(|span| (parameter, span)));
                        }
                        None => {
                            request.destination_regions.push(String::new());
                            gaps.push((parameter, no_literal(COPY_REGIONS)));
                        }
                    }
                }
                if request.destination_regions.is_empty() {
                    return None;
                }
            }
        }
        let request = PartialRequest::new(request).leaving_out_source();
        let request =
            gaps.into_iter().fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        Some(PlannedCall::new(address, request).with_origins(origins).with_spans(spans))
    }
}

/// Every call of a template in HCL, in the order of its `source` blocks. `region` is the source region of those whose
/// own is no literal.
///
/// A `source` block within a `build` block adds to the source that it names: each of them that says something of regions
/// is a call of its own.
///
/// # Errors
///
/// The bytes are not HCL, or a source is not of the shape that this one has; the error says where.
///
/// ```
/// use presync::packer;
///
/// let template = br#"
/// source "tencentcloud-cvm" "base" {
///   region             = "ap-guangzhou"
///   image_copy_regions = ["ap-shanghai", var.region]
/// }
/// "#;
/// let calls = packer::hcl_calls(template, None)?;
/// assert_eq!(calls[0].address(), "source.tencentcloud-cvm.base");
/// assert_eq!(calls[0].request().request().destination_regions, ["ap-shanghai", "????????????"]);
///
/// let error = packer::hcl_calls(b"source {\n  region = \n}\n", None).unwrap_err();
/// assert!(error.to_string().starts_with("line 2, column 12: "), "{error}");
/// # Ok::<(), presync::planned::FileError>(())
/// ```
#[cfg(feature = "hcl")]
pub fn hcl_calls(bytes: &[u8], region: Option<&str>) -> Result<Vec<PlannedCall>, FileError> {
    in_hcl::calls(planned::text(bytes, "a Packer template", MAX_BYTES)?, region)
}

#[cfg(feature = "hcl")]
mod in_hcl {
    use std::ops::Range;

    use hcl::edit::Span as _;
    use hcl::edit::expr::Expression;
    use hcl::edit::parser::parse_body;
    use hcl::edit::structure::{Block, BlockLabel, Body};

    use super::{BUILDER_TYPE, COPY_REGIONS, REGION, Regions, Source, Text};
    use crate::sources::planned::FileError;
    use crate::sources::planned::Found;
    use crate::sources::planned::PlannedCall;
    use crate::text::legible;
    use crate::text::position;
    use crate::wire::MAX_ITEMS;
    use crate::wire::MAX_VALUE_BYTES;

    pub(super) fn calls(text: &str, region: Option<&str>) -> Result<Vec<PlannedCall>, FileError> {
        let body = parse_body(text).map_err(|error| {
            let (line, column) = position(text.as_bytes(), error.location().offset());
            // Of several lines the first says what is wrong.
            let message = legible(error.message().lines().next().unwrap_or("not HCL"));
            FileError::At { line, column, path: None, message }
        })?;
        let mut calls = Vec::new();
        for source in body.get_blocks("source") {
            let [builder_type, name] = source.labels.as_slice() else { continue };
            if builder_type.as_str() != BUILDER_TYPE {
                continue;
            }
            let name = format!("{BUILDER_TYPE}.{}", name.as_str());
            let address = format!("source.{}", legible(&name));
            let additions: Vec<&Block> = additions(&body, &name).collect();
            if additions.is_empty() {
                calls.extend(
                    Attributes { text, address: &address, bodies: &[&source.body] }.source()?.call(region),
                );
            }
            for addition in additions {
                let bodies = [&addition.body, &source.body];
                calls.extend(Attributes { text, address: &address, bodies: &bodies }.source()?.call(region));
            }
        }
        Ok(calls)
    }

    /// What builds add to a source, as far as it is of matter here.
    fn additions<'b>(body: &'b Body, name: &str) -> impl Iterator<Item = &'b Block> {
        let builds = body.get_blocks("build").flat_map(|build| build.body.get_blocks("source"));
        builds.filter(move |block| {
            let label = block.labels.first().map(BlockLabel::as_str).unwrap_or_default();
            let is_of_matter = [REGION, COPY_REGIONS].iter().any(|key| block.body.has_attribute(key));
            label.strip_prefix("source.").unwrap_or(label) == name && is_of_matter
        })
    }

    /// The attributes of a source: those of the first of these bodies that has them.
    struct Attributes<'b> {
        text: &'b str,
        address: &'b str,
        bodies: &'b [&'b Body],
    }

    impl Attributes<'_> {
        fn source(&self) -> Result<Source, FileError> {
            let region = self.value(REGION).map(|value| self.text(value, REGION)).transpose()?;
            let copy_regions = self.value(COPY_REGIONS).map(|value| self.regions(value)).transpose()?;
            Ok(Source { address: self.address.to_owned(), region, copy_regions })
        }

        /// The value of an attribute; a null is none.
        fn value(&self, name: &str) -> Option<&Expression> {
            let value = &self.bodies.iter().find_map(|body| body.get_attribute(name))?.value;
            Some(value).filter(|value| !matches!(value, Expression::Null(_)))
        }

        /// A text, if it is a literal.
        fn text(&self, value: &Expression, path: &str) -> Result<Found<Text>, FileError> {
            match value {
                Expression::Bool(_)
                | Expression::Number(_)
                | Expression::Array(_)
                | Expression::Object(_) => Err(self.wrong(value, path, "expected a text".to_owned())),
                _ => match value.as_str() {
                    Some(text) if text.len() > MAX_VALUE_BYTES => {
                        let message =
                            format!("a value has at most {MAX_VALUE_BYTES} bytes: this one has more");
                        Err(self.wrong(value, path, message))
                    }
                    text => Ok((text.map(str::to_owned), span(value))),
                },
            }
        }

        fn regions(&self, value: &Expression) -> Result<Found<Regions>, FileError> {
            let path = COPY_REGIONS;
            let list = match value {
                Expression::Array(list) => list,
                Expression::Bool(_)
                | Expression::Number(_)
                | Expression::String(_)
                | Expression::Object(_) => {
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

        fn wrong(&self, value: &Expression, path: &str, message: String) -> FileError {
            let (line, column) = position(self.text.as_bytes(), span(value).start);
            FileError::At { line, column, path: Some(format!("{}.{path}", self.address)), message }
        }
    }

    fn span(value: &Expression) -> Range<usize> {
        value.span().unwrap_or_default()
    }
}
