//! Templates in JSON, the legacy form.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{BUILDER_TYPE, Builder, COPY_REGIONS, MAX_BYTES, REGION, Regions, planned};

use crate::sources::error::SourceError;
use crate::sources::fields::{self, Fields, Found};
use crate::sources::planned::Planned;

/// True if bytes seem to be a legacy JSON template: an object with the key `builders`.
///
/// ```
/// assert!(presync::sources::packer::is_template(br#"{"builders": []}"#));
/// assert!(!presync::sources::packer::is_template(br#"{"ImageIds": ["img-o3ycss2p"]}"#));
/// ```
#[must_use]
pub fn is_template(bytes: &[u8]) -> bool {
    let mut is_template = false;
    fields::keys(bytes, &mut |key| {
        is_template |= key == "builders";
        is_template
    });
    is_template
}

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
/// let template = br#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": [1]}]}"#;
/// assert_eq!(
///     packer::calls(template, None).unwrap_err().to_string(),
///     "line 1, column 67: builders[0].image_copy_regions[0]: expected a text"
/// );
/// ```
pub fn calls(bytes: &[u8], region: Option<&str>) -> Result<Planned, SourceError> {
    #[derive(Deserialize)]
    struct Template<'t> {
        #[serde(borrow)]
        builders: Vec<&'t RawValue>,
    }

    let text = fields::text(bytes, "a Packer template", MAX_BYTES)?;
    let template: Template<'_> = fields::read(text, text, "")?;
    let (mut calls, mut types) = (Vec::new(), BTreeMap::new());
    for (index, builder) in template.builders.into_iter().enumerate() {
        let address = format!("builders[{index}]");
        let builder = Fields::read(text, Some(builder), address.clone())?;
        let Some((builder_type, _)) = builder.text("type")? else { continue };
        let is_ours = builder_type == BUILDER_TYPE;
        *types.entry(builder_type).or_default() += 1;
        if !is_ours {
            continue;
        }
        let source = Builder {
            region: builder.text(REGION)?.map(|(region, span)| (of_template(region), span)),
            copy_regions: json_regions(&builder)?,
            address,
        };
        calls.extend(source.call(region));
    }
    Ok(planned(calls, &types))
}

/// Returns the regions of a builder. Packer reads a text as a list whose elements are separated by
/// commas.
fn json_regions(builder: &Fields<'_>) -> Result<Option<Found<Regions>>, SourceError> {
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

/// Returns a text of a template; none if a function of the template language is called in it.
fn of_template(text: String) -> Option<String> {
    Some(text).filter(|text| !text.contains("{{"))
}
