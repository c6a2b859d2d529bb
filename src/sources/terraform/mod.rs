//! The calls that a Terraform plan stands for.
//!
//! A plan is read from the JSON that `terraform show -json PLAN` writes. Every resource of the type
//! `tencentcloud_cvm_sync_image` (in a private cloud `tencentcloudenterprise_cvm_sync_image`) that
//! is created or replaced is a call, in any module. A resource that is updated or deleted is none:
//! the provider replaces the resource whichever attribute changes, and keeps the copies when the
//! resource is deleted.
//!
//! - The calls are in the order of their addresses. Every run of digits counts as a number there,
//!   so that `base[2]` comes before `base[10]`. This is Terraform's own order. Terraform makes
//!   calls at the same time unless the configuration orders them.
//! - A value that is known only after apply is unknown: the request is a
//!   [partial](crate::PartialRequest) one.
//! - An attribute without a value is not sent, nor are an empty `image_name` and `kms_key_id`. The
//!   provider does the same.
//! - The source region is the `region` of the provider's configuration if that is a constant, else
//!   the one that the caller gives, else the value of the variable of the root module that it
//!   refers to, if it refers to that alone. Otherwise it is unknown: a provider without a region
//!   takes one from the environment.
//! - Values that are marked as sensitive are shown in messages, as they are in the JSON.
//!
//! ```
//! use presync::Parameter;
//! use presync::sources::terraform;
//!
//! let plan = br#"{
//!     "format_version": "1.2",
//!     "resource_changes": [{
//!         "address": "tencentcloud_cvm_sync_image.base",
//!         "mode": "managed",
//!         "type": "tencentcloud_cvm_sync_image",
//!         "name": "base",
//!         "change": {
//!             "actions": ["create"],
//!             "before": null,
//!             "after": {"destination_regions": ["ap-shanghai"], "dry_run": null},
//!             "after_unknown": {"destination_regions": [false], "image_id": true}
//!         }
//!     }]
//! }"#;
//! let calls = terraform::calls(plan, Some("ap-guangzhou"))?.calls;
//! assert_eq!(calls[0].address(), "tencentcloud_cvm_sync_image.base");
//! let request = calls[0].request();
//! assert_eq!(request.request().region.as_deref(), Some("ap-guangzhou"));
//! assert_eq!(request.request().destination_regions, ["ap-shanghai"]);
//! assert_eq!(
//!     request.needs(&Parameter::IMAGE_IDS.element(0)),
//!     Some("`image_id` of `tencentcloud_cvm_sync_image.base`, which is known after apply")
//! );
//! # Ok::<(), presync::sources::SourceError>(())
//! ```

mod address;
mod attributes;
mod configuration;
mod draft;
mod kind;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sources::error::SourceError;
use crate::sources::fields::{self, Fields};
use crate::sources::planned::{Planned, PlannedCall};
use crate::text::clean;
use crate::text::json::range;

use address::by_address;
use attributes::ATTRIBUTES;
use configuration::{Configuration, Provider, ResourceName};
use draft::CallDraft;
use kind::FileKind;

/// The most bytes of a plan: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

/// The types of resources that are calls: that of the public cloud, and that of private clouds.
pub const RESOURCE_TYPES: [&str; 2] =
    ["tencentcloud_cvm_sync_image", "tencentcloudenterprise_cvm_sync_image"];

const EXPECTED: &str = "a Terraform plan, as `terraform show -json PLAN` writes it";

/// True if bytes are a file that Terraform writes: a plan, or one that may be taken for a plan.
///
/// [`calls`] reads a plan, and names the kind of any other file in its error.
///
/// ```
/// use presync::sources::terraform::is_terraform;
///
/// assert!(is_terraform(br#"{"format_version": "1.2", "planned_values": {}}"#));
/// assert!(is_terraform(b"PK\x03\x04\x14\x00"));
/// assert!(!is_terraform(br#"{"ImageIds": ["img-o3ycss2p"]}"#));
/// ```
#[must_use]
pub fn is_terraform(bytes: &[u8]) -> bool {
    FileKind::of(bytes).is_some()
}

/// Returns every call of a plan, in the order of their addresses. `region` is the source region of
/// resources whose provider does not have a constant one.
///
/// # Errors
///
/// Errors when the bytes are not a plan, or when a value of a resource is not of the type that it
/// must have. The error has its position.
///
/// ```
/// use presync::sources::terraform;
///
/// let error = terraform::calls(b"PK\x03\x04", None).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "expected a Terraform plan, as `terraform show -json PLAN` writes it, found an archive, such as \
///      the plan that `terraform plan -out` writes"
/// );
/// ```
pub fn calls(bytes: &[u8], region: Option<&str>) -> Result<Planned, SourceError> {
    match FileKind::of(bytes) {
        Some(FileKind::Plan) => {}
        Some(other) => return Err(SourceError::OtherKind { expected: EXPECTED, found: other.name() }),
        None => return Err(SourceError::OtherKind { expected: EXPECTED, found: "something else" }),
    }
    let text = fields::text(bytes, "a Terraform plan", MAX_BYTES)?;
    let plan: Plan<'_> = fields::read(text, text, "")?;
    if !["0.", "1."].iter().any(|known| plan.format_version.starts_with(known)) {
        return Err(SourceError::Version { version: clean(&plan.format_version) });
    }
    let mut changes: Vec<(usize, &Resource<'_>)> = plan
        .resource_changes
        .iter()
        .flatten()
        .enumerate()
        .filter(|(_, resource)| resource.is_call())
        .collect();
    changes.sort_by(|(_, a), (_, b)| by_address(&a.address, &b.address));
    let calls = changes.into_iter().map(|(index, resource)| resource.call(text, index, &plan, region));
    let calls = calls.collect::<Result<_, _>>()?;
    Ok(Planned { calls, partial: None, seen: String::new(), is_understood: true })
}

/// The keys of a plan that matter for its calls.
#[derive(Deserialize)]
struct Plan<'p> {
    #[serde(borrow)]
    format_version: Cow<'p, str>,
    #[serde(borrow, default)]
    resource_changes: Option<Vec<Resource<'p>>>,
    #[serde(borrow, default)]
    configuration: Option<Configuration<'p>>,
    #[serde(borrow, default)]
    variables: Option<BTreeMap<String, Variable<'p>>>,
}

#[derive(Deserialize)]
struct Variable<'p> {
    #[serde(borrow, default)]
    value: Option<&'p RawValue>,
}

/// An expression, of which a plan keeps the constant and the references.
#[derive(Deserialize)]
struct Expression<'p> {
    #[serde(borrow, default)]
    constant_value: Option<&'p RawValue>,
    #[serde(borrow, default)]
    references: Option<Vec<Cow<'p, str>>>,
}

/// A resource, and the change that the plan makes to it.
#[derive(Deserialize)]
struct Resource<'p> {
    #[serde(borrow)]
    address: Cow<'p, str>,
    #[serde(borrow, default)]
    module_address: Option<Cow<'p, str>>,
    #[serde(borrow)]
    mode: Cow<'p, str>,
    #[serde(borrow, rename = "type")]
    resource_type: Cow<'p, str>,
    #[serde(borrow)]
    name: Cow<'p, str>,
    #[serde(borrow)]
    change: Change<'p>,
}

#[derive(Deserialize)]
struct Change<'p> {
    #[serde(borrow)]
    actions: Vec<Cow<'p, str>>,
    #[serde(borrow, default)]
    after: Option<&'p RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'p RawValue>,
}

impl Resource<'_> {
    /// True if applying the plan makes a copy. A resource that is replaced is created too.
    fn is_call(&self) -> bool {
        self.mode == "managed"
            && RESOURCE_TYPES.contains(&&*self.resource_type)
            && self.change.actions.iter().any(|action| action == "create")
    }

    fn call(
        &self,
        text: &str,
        index: usize,
        plan: &Plan<'_>,
        region: Option<&str>,
    ) -> Result<PlannedCall, SourceError> {
        let path = format!("resource_changes[{index}].change");
        let after = Fields::read(text, self.change.after, format!("{path}.after"))?;
        // Old versions write `false` for an object without an unknown value.
        let unknown = self.change.after_unknown.filter(|unknown| unknown.get() != "false");
        let unknown = Fields::read(text, unknown, format!("{path}.after_unknown"))?;
        let mut draft = CallDraft::new(&self.address);
        for attribute in ATTRIBUTES.iter() {
            draft.read(attribute, &after, &unknown)?;
        }

        let name = ResourceName {
            module_address: self.module_address.as_deref().unwrap_or_default(),
            mode: &self.mode,
            resource_type: &self.resource_type,
            name: &self.name,
        };
        let provider = plan.configuration.as_ref().and_then(|configuration| configuration.provider_of(&name));
        let key = provider.map(|(key, _)| key);
        let stated = provider.and_then(|(_, provider)| plan.region_of(text, provider?, region));
        let given = || region.map(|region| (region.to_owned(), None));
        draft.source(key, stated.map(|(region, span)| (region, Some(span))).or_else(given));
        Ok(draft.finish())
    }
}

impl Plan<'_> {
    /// Returns the region of a provider, and its span in the plan; none if the plan does not state
    /// it. `given` is the caller's region, which comes before that of a variable.
    fn region_of(
        &self,
        text: &str,
        provider: &Provider<'_>,
        given: Option<&str>,
    ) -> Option<(String, Range<usize>)> {
        let expression = provider.expressions.as_ref()?.get("region")?;
        let expression: Expression<'_> = serde_json::from_str(expression.get()).ok()?;
        let references = expression.references.unwrap_or_default();
        let value = match (expression.constant_value, references.as_slice()) {
            (Some(constant), _) => constant,
            // The plan does not state how an expression uses its references. An expression that
            // refers to a single variable is nearly always that variable.
            (None, [reference]) if given.is_none() && provider.module_address.is_none() => {
                self.variables.as_ref()?.get(reference.strip_prefix("var.")?)?.value?
            }
            _ => return None,
        };
        let region: String = serde_json::from_str(value.get()).ok()?;
        // The provider takes the region from the environment where this one is empty.
        Some((region, range(text.as_bytes(), value.get())?)).filter(|(region, _)| !region.is_empty())
    }
}
