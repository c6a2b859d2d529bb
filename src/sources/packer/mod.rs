//! The calls that a Packer template stands for.
//!
//! The builder `tencentcloud-cvm` makes an image and then copies it to its `image_copy_regions`
//! with one call. Every builder with such regions is a call: in a legacy JSON template an element
//! of `builders`, in HCL a `source` block.
//!
//! - The image does not exist yet: its id is unknown, and the request is a
//!   [partial](crate::PartialRequest) one.
//! - Packer removes the builder's own region and every duplicate from the list, and makes no call
//!   if none is left. If the builder's region is unknown, each region of the list may be it.
//! - Packer gives the copies no name: they keep the image's.
//! - A value that is not a literal is unknown, whatever it refers to: a variable's default can be
//!   replaced when Packer runs, be it a `var.x` or a `` {{user `x`}} ``.
//! - The source region is the builder's `region` if that is a literal, else the one that the caller
//!   gives.
//!
//! ```
//! use presync::sources::packer;
//!
//! let template = br#"{
//!     "builders": [{
//!         "type": "tencentcloud-cvm",
//!         "region": "ap-guangzhou",
//!         "image_name": "base-{{timestamp}}",
//!         "image_copy_regions": ["ap-shanghai", "ap-guangzhou", "{{user `region`}}"]
//!     }]
//! }"#;
//! let calls = packer::calls(template, None)?.calls;
//! assert_eq!(calls[0].address(), "builders[0]");
//! let request = calls[0].request();
//! assert_eq!(request.request().destination_regions[0], "ap-shanghai");
//! let needs: Vec<_> = request.unknowns().map(|(parameter, needs)| format!("{parameter}: {needs}")).collect();
//! assert_eq!(
//!     needs,
//!     [
//!         "DestinationRegions.1: `image_copy_regions` of `builders[0]`, which is not a literal",
//!         "ImageIds.0: the image that `builders[0]` makes",
//!     ]
//! );
//! # Ok::<(), presync::sources::SourceError>(())
//! ```

#[cfg(feature = "hcl")]
mod hcl;
mod json;

#[cfg(feature = "hcl")]
pub use hcl::calls as hcl_calls;
pub use json::{calls, is_template};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::{Parameter, PartialRequest, SyncRequest};
use crate::sources::fields::Found;
use crate::sources::planned::{Planned, PlannedCall};
use crate::text::{clean, joined};

/// The most bytes of a template: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;

/// The type of the builder, as a template names it.
pub const BUILDER_TYPE: &str = "tencentcloud-cvm";

const REGION: &str = "region";
const COPY_REGIONS: &str = "image_copy_regions";

/// The text of a literal; none for another expression.
type Text = Option<String>;

/// The regions of a list; none for another expression. Each has its span, unless all of them are
/// written as one text.
type Regions = Option<Vec<(Text, Option<Range<usize>>)>>;

/// Returns the calls of a template in which so many builders were seen, by their types.
fn planned(calls: Vec<PlannedCall>, types: &BTreeMap<String, usize>) -> Planned {
    let seen: Vec<_> =
        types.iter().map(|(name, count)| format!("{count} of the type `{}`", clean(name))).collect();
    let seen = if types.is_empty() { "no builder".to_owned() } else { joined(seen, " and ") };
    let seen = format!("{seen}; expected builders of the type `{BUILDER_TYPE}` that have `{COPY_REGIONS}`");
    Planned { calls, partial: None, seen, is_understood: types.contains_key(BUILDER_TYPE) }
}

/// The attributes of a builder that matter for its call; none for one that is not set.
struct Builder {
    address: String,
    region: Option<Found<Text>>,
    copy_regions: Option<Found<Regions>>,
}

impl Builder {
    /// Returns the call that copies the image; none if no region is left to copy it to. `given` is
    /// the source region of a builder whose own is not a literal.
    fn call(self, given: Option<&str>) -> Option<PlannedCall> {
        let Self { address, region, copy_regions } = self;
        let (copy_regions, list_span) = copy_regions?;
        let mut spans = vec![(Parameter::DESTINATION_REGIONS, list_span)];
        let image = format!("the image that `{address}` makes");
        let mut unknowns = Vec::new();
        let not_literal = |attribute| format!("`{attribute}` of `{address}`, which is not a literal");
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
                    Some((None, _)) => not_literal(REGION),
                    _ => format!("`region` of `{address}`, which is not set"),
                };
                unknowns.push((Parameter::REGION, needs));
                false
            }
        };
        if !is_given {
            origins.push((Parameter::REGION, address.clone(), REGION));
        }

        let mut destinations = Vec::new();
        match copy_regions {
            None => unknowns.push((Parameter::DESTINATION_REGIONS, not_literal(COPY_REGIONS))),
            Some(regions) => {
                let mut seen = BTreeSet::new();
                for (region, span) in regions {
                    let parameter = Parameter::DESTINATION_REGIONS.element(destinations.len());
                    match region {
                        // Packer removes the builder's own region and duplicates.
                        Some(region)
                            if request.region.as_ref() == Some(&region) || !seen.insert(region.clone()) => {}
                        Some(region) => {
                            destinations.push(Ok(region));
                            spans.extend(span.map(|span| (parameter, span)));
                        }
                        None => destinations.push(Err(not_literal(COPY_REGIONS))),
                    }
                }
                if destinations.is_empty() {
                    return None;
                }
            }
        }
        let request = PartialRequest::new(request)
            .with_list(Parameter::IMAGE_IDS, [Err(image)])
            .with_list(Parameter::DESTINATION_REGIONS, destinations)
            .leaving_out_source();
        let request = unknowns
            .into_iter()
            .fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        Some(PlannedCall::new(address, request).with_origins(origins).with_spans(spans))
    }
}
