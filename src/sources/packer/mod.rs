//! The calls that a Packer template stands for.
//!
//! The builder `tencentcloud-cvm` makes an image and then copies it to its `image_copy_regions`
//! with one call. Each builder of a legacy JSON template is a call. In HCL the builds
//! decide: each source that a build names is a call, as often as builds name it. A template without
//! a build is judged as if one named every source once.
//!
//! - The image does not exist yet: its id is unknown, and the request is a
//!   [partial](crate::PartialRequest) one with a [new image](crate::NewImage).
//! - `required_plugins` may give the plugin another local name: with `tc`, the builder is `tc-cvm`.
//! - Packer removes the builder's own region and every duplicate from the list, and makes no call
//!   if none is left. If the builder's region is unknown, each region of the list may be it.
//! - Packer gives the copies no name: they carry that of the image, `image_name`.
//! - A file alone may not be all of its template, and a variable's default can be replaced when
//!   Packer runs: what is not a literal is unknown. What would settle it says the default. In a
//!   `Template` of several files, or with [values](Variables) for its variables, an expression has
//!   the value that Packer would give it, as far as it can be evaluated here.
//! - The source region is the builder's `region` if that is known, else the one that the caller
//!   gives.
//!
//! ```
//! use presync::sources::packer;
//!
//! let template = br#"{
//!     "variables": {"region": "ap-beijing"},
//!     "builders": [{
//!         "type": "tencentcloud-cvm",
//!         "region": "ap-guangzhou",
//!         "image_name": "base",
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
//!         "DestinationRegions.1: `image_copy_regions` of `builders[0]`, which is not a literal: \
//!          `--var region=VALUE` settles it; by its default it is `\"ap-beijing\"`",
//!         "ImageIds.0: the image that `builders[0]` makes",
//!     ]
//! );
//! assert_eq!(request.name_of_copies(), Some(Ok("base")));
//! # Ok::<(), presync::sources::SourceError>(())
//! ```

mod error;
#[cfg(feature = "hcl")]
mod evaluate;
mod json;
mod kind;
#[cfg(feature = "hcl")]
mod limits;
#[cfg(feature = "hcl")]
mod syntax;
#[cfg(feature = "hcl")]
mod template;
#[cfg(feature = "hcl")]
mod value;
mod variables;

pub use error::TemplateError;
pub use json::{calls, calls_with};
pub use kind::{Kind, is_template};
#[cfg(feature = "hcl")]
pub use limits::{MAX_HCL_BYTES, MAX_KEY_PAIRS};
#[cfg(feature = "hcl")]
pub use template::{MAX_FILES, Template, hcl_calls};
pub use variables::Variables;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::{NewImage, Parameter, PartialRequest, SyncRequest};
use crate::sources::error::SourceError;
use crate::sources::planned::{Planned, PlannedCall};
use crate::text::{clean, joined, nearest};

/// The most bytes of a legacy template, and of a file of values for one: 1 MiB, far more than any
/// that a person wrote. One in HCL is limited by `MAX_HCL_BYTES`.
pub const MAX_BYTES: usize = 1 << 20;

/// The most regions that a template copies images to, a count: those of all its
/// calls together, known or not.
pub const MAX_COPIES: usize = 1 << 16;

/// The type of the builder, as a template names it. One that requires the plugin under another
/// local name has that name in the place of `tencentcloud`.
pub const BUILDER_TYPE: &str = "tencentcloud-cvm";

/// The plugin that has the builder, the last part of its address.
#[cfg(feature = "hcl")]
const PLUGIN: &str = "tencentcloud";

/// The builder in its plugin. Its type is the plugin's local name, a dash and this.
#[cfg(feature = "hcl")]
const COMPONENT: &str = "cvm";

const REGION: &str = "region";
const COPY_REGIONS: &str = "image_copy_regions";
const IMAGE_NAME: &str = "image_name";

/// The attribute with which, in some versions of the builder, no image is made and none is copied.
const SKIP: &str = "skip_create_image";

/// Returns the attribute that was meant by one that the builder does not have, in words. Most of
/// its attributes are not read here, so that others that are not known are left alone.
fn misspelt(name: &str) -> Option<String> {
    const READ: [&str; 4] = [REGION, COPY_REGIONS, IMAGE_NAME, SKIP];
    let meant = if READ.contains(&name) { None } else { nearest(name, READ) };
    meant.map(|meant| format!("the builder has no such attribute: did you mean `{meant}`?"))
}

/// Returns what would settle whether an image is made, where `value` is not that none is skipped.
fn needs_of_skip(address: &str, is_false: bool) -> Option<String> {
    (!is_false).then(|| {
        format!(
            "`{SKIP}` of `{address}`, with which no image may be made: leave it out, or set it to `false`"
        )
    })
}

/// A text that is known, or else what would settle it.
type Text = Result<String, String>;

/// A part of a file: the index of the file, and the bytes.
type Part = (usize, Range<usize>);

/// The regions of a list, or else what would settle it. Each has its place, if it has one of its
/// own.
type Regions = Result<Vec<(Text, Option<Part>)>, String>;

/// Returns the calls of a template in which so many builders were seen, by their types. `is_ours`
/// is true of the types that are this builder.
fn planned(
    calls: Vec<PlannedCall>,
    types: &BTreeMap<String, usize>,
    is_ours: impl Fn(&str) -> bool,
) -> Planned {
    let seen: Vec<_> =
        types.iter().map(|(name, count)| format!("{count} of the type `{}`", clean(name))).collect();
    let seen = if types.is_empty() { "no builder".to_owned() } else { joined(seen, " and ") };
    let seen = format!("{seen}; expected builders of the type `{BUILDER_TYPE}` that have `{COPY_REGIONS}`");
    Planned { calls, partial: None, seen, is_understood: types.keys().any(|name| is_ours(name)) }
}

/// What would settle a value that is not known.
#[derive(Default)]
struct Open {
    /// The variables on which it depends, if they are declared.
    variables: Vec<String>,
    /// True if the whole template would settle it, where a file alone does not.
    in_folder: bool,
    /// The value that it has if each variable has its default.
    default: Option<String>,
}

impl Open {
    /// Returns the words for an attribute that is not known.
    fn needs(self, attribute: &str, address: &str) -> String {
        let Self { variables, in_folder, default } = self;
        let flags = variables.iter().map(|name| format!("`--var {}=VALUE`", clean(name)));
        // Of several variables all values are needed.
        let all = Some(joined(flags, " and ")).filter(|flags| !flags.is_empty());
        let region = (attribute == REGION).then(|| "`--region`".to_owned());
        let folder = in_folder.then(|| "the template's folder".to_owned());
        let ways: Vec<String> = region.into_iter().chain(all).chain(folder).collect();
        let way = if ways.is_empty() { "a literal".to_owned() } else { joined(ways, " or ") };
        let default = default.map_or_else(String::new, |default| match variables.len() {
            0 => format!("; here it is `{default}`"),
            1 => format!("; by its default it is `{default}`"),
            _ => format!("; by their defaults it is `{default}`"),
        });
        format!("`{attribute}` of `{address}`, which is not a literal: {way} settles it{default}")
    }
}

/// The attributes of a builder that matter for its call; none for one that is not set.
struct Builder {
    address: String,
    region: Option<(Text, Part)>,
    copy_regions: Option<(Regions, Part)>,
    image_name: Option<(Text, Part)>,
    /// The words for what would settle whether it is built; none if it is.
    perhaps: Option<String>,
}

impl Builder {
    /// Returns the call that copies the image; none if no region is left to copy it to. `given` is
    /// the source region of a builder whose own is not known.
    fn call(self, given: Option<&str>) -> Option<PlannedCall> {
        let Self { address, region, copy_regions, image_name, perhaps } = self;
        let (copy_regions, list_part) = copy_regions?;
        let mut parts = vec![(Parameter::DESTINATION_REGIONS, list_part)];
        let mut unknowns = Vec::new();
        let mut origins = vec![(Parameter::DESTINATION_REGIONS, address.clone(), COPY_REGIONS)];

        let mut request = SyncRequest::new("", [""; 0]);
        let region = region.filter(|(region, _)| !region.as_ref().is_ok_and(String::is_empty));
        let is_given = match (region, given) {
            (Some((Ok(region), part)), _) => {
                request.region = Some(region);
                parts.push((Parameter::REGION, part));
                false
            }
            (_, Some(given)) => {
                request.region = Some(given.to_owned());
                true
            }
            (region, None) => {
                let needs = match region {
                    Some((Err(needs), _)) => needs,
                    _ => format!("`region` of `{address}`, which is not set: `--region` settles it"),
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
            Err(needs) => unknowns.push((Parameter::DESTINATION_REGIONS, needs)),
            Ok(regions) => {
                let mut seen = BTreeSet::new();
                for (region, part) in regions {
                    let parameter = Parameter::DESTINATION_REGIONS.element(destinations.len());
                    match region {
                        // Packer removes the builder's own region and duplicates.
                        Ok(region)
                            if request.region.as_ref() == Some(&region) || !seen.insert(region.clone()) => {}
                        Ok(region) => {
                            destinations.push(Ok(region));
                            parts.extend(part.map(|part| (parameter, part)));
                        }
                        Err(needs) => destinations.push(Err(needs)),
                    }
                }
                if destinations.is_empty() {
                    return None;
                }
            }
        }
        // The list may be empty, or have the source region alone: no call is made then.
        let is_sent = destinations.iter().any(Result::is_ok);
        let perhaps = perhaps.or_else(|| {
            let list = unknowns.iter().find(|(parameter, _)| *parameter == Parameter::DESTINATION_REGIONS);
            let element = destinations.iter().find_map(|destination| destination.as_ref().err());
            list.map(|(_, needs)| needs).or(element).filter(|_| !is_sent).cloned()
        });
        let mut image = NewImage::new(format!("the image that `{address}` makes"));
        if let Some((name, part)) = image_name {
            if name.is_ok() {
                parts.push((Parameter::IMAGE_NAME, part));
            }
            origins.push((Parameter::IMAGE_NAME, address.clone(), IMAGE_NAME));
            image = image.with_name(name);
        }
        let request = PartialRequest::new(request)
            .with_new_image(0, image)
            .with_list(Parameter::DESTINATION_REGIONS, destinations)
            .leaving_out_source();
        let request = unknowns
            .into_iter()
            .fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        let request = match perhaps {
            Some(needs) => request.perhaps(needs),
            None => request,
        };
        Some(PlannedCall::new(address, request).with_origins(origins).with_parts(parts))
    }
}

/// Counts the regions of calls, known ones and others. A template has a limited number of them.
struct Copies(usize);

impl Copies {
    /// Adds those of a call.
    fn add(&mut self, call: Option<&PlannedCall>) -> Result<(), SourceError> {
        let count = call.map_or(0, |call| {
            let unknowns = call.request().unknowns().map(|(parameter, _)| parameter);
            let unknowns =
                unknowns.filter(|parameter| parameter.name() == Parameter::DESTINATION_REGIONS.name());
            call.request().request().destination_regions.len() + unknowns.count()
        });
        self.0 += count;
        if self.0 > MAX_COPIES {
            return Err(SourceError::TooManyCopies { limit: MAX_COPIES });
        }
        Ok(())
    }
}
