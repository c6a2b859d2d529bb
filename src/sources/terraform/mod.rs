//! The calls that a Terraform plan stands for.
//!
//! A plan is read from the JSON that `terraform show -json PLAN` writes. Every resource of the type
//! `tencentcloud_cvm_sync_image` (in a private cloud `tencentcloudenterprise_cvm_sync_image`, once
//! `cloud_cvm_sync_image`) that is created or replaced is a call, in any module. A resource that is
//! updated or deleted is none: the provider replaces the resource whichever attribute changes, and
//! keeps the copies when the resource is deleted.
//!
//! - The calls are in the order in which Terraform writes them: the root module first, shorter
//!   module paths before longer ones, names as texts, `base[2]` before `base[10]`. Terraform makes
//!   calls at the same time unless the configuration orders them.
//! - A file can have several plans, one after another or in a list. The address of a call then
//!   starts with the number of its plan.
//! - A change that Terraform defers is a call, after the others of its plan. It is not known how
//!   often it is made, and to how many regions. It may be made before or after those of the next
//!   plan. A plan with such changes, and one that Terraform could not finish, is
//!   [partial](crate::sources::Planned::partial).
//! - A value that is known only after apply is unknown: the request is a
//!   [partial](crate::PartialRequest) one.
//! - An attribute without a value is not sent, nor are an empty `image_name` and `kms_key_id`. The
//!   provider does the same.
//! - The source region is the `region` of the provider's configuration if that is a constant, else
//!   the one that the caller gives. Otherwise it is unknown: of an expression a plan keeps what it
//!   refers to, and not what it makes of that, and a provider without a region takes one from the
//!   environment.
//! - Byte order marks and UTF-16, which some shells write, are read. Spans count in the text that
//!   [`text::decode`](crate::text::decode) returns.
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
mod documents;
mod draft;
mod kind;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sources::error::SourceError;
use crate::sources::fields::{self, Fields};
use crate::sources::planned::{Planned, PlannedCall};
use crate::text::record::records;
use crate::text::{clean, counted, decode, joined, legible};

use address::Order;
use attributes::ATTRIBUTES;
use configuration::{Configuration, Providers, ResourceName, Variable};
use documents::documents;
use draft::CallDraft;
use kind::FileKind;

/// The most bytes of a plan: 64 MiB. A plan has all values of all resources, before and after, and
/// is some MiB large for some thousands of them.
pub const MAX_BYTES: usize = 64 << 20;

/// The most configurations of providers, of all plans of a file together, a count. Each
/// is some lines of somebody's configuration; what is said of it takes ten times as
/// much memory as its bytes.
pub const MAX_PROVIDERS: usize = 1 << 14;

/// The types of resources that are calls: that of the public cloud, then those of private clouds.
/// The last one is the name before the provider was renamed.
pub const RESOURCE_TYPES: [&str; 3] =
    ["tencentcloud_cvm_sync_image", "tencentcloudenterprise_cvm_sync_image", "cloud_cvm_sync_image"];

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
    FileKind::of(&decode(bytes)).is_some()
}

/// Returns every call of a plan, in Terraform's order. `region` is the source region of
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
    let bytes = &*decode(bytes);
    expect_plan(bytes)?;
    let text = text(bytes)?;
    let documents = documents::<Plan<'_>>(text)?;
    let mut found = Found::default();
    for (number, document) in (1..).zip(&documents) {
        let label = if documents.len() > 1 { format!("plan {number}: ") } else { String::new() };
        if number != 1 {
            expect_plan(document.get().as_bytes())
                .map_err(|error| fields::at(text, document, format!("{label}{error}")))?;
        }
        found.read(text, document, &label, region)?;
    }
    Ok(found.planned())
}

fn text(bytes: &[u8]) -> Result<&str, SourceError> {
    fields::text(bytes, "a Terraform plan", MAX_BYTES)
}

/// Returns an error unless the bytes are a plan, or start with one.
fn expect_plan(bytes: &[u8]) -> Result<(), SourceError> {
    match FileKind::of(bytes) {
        Some(FileKind::Plan) => Ok(()),
        Some(other) => Err(SourceError::OtherKind { expected: EXPECTED, found: other.name() }),
        None => {
            text(bytes)?;
            Err(SourceError::OtherKind { expected: EXPECTED, found: "something else" })
        }
    }
}

/// What was found in the plans of a file so far.
#[derive(Default)]
struct Found {
    calls: Vec<PlannedCall>,
    /// The reasons why the plans are partial.
    partial: Vec<String>,
    /// The number of changes of each type of resource.
    types: BTreeMap<String, usize>,
    /// The number of plans without a list of changes.
    without_changes: usize,
    /// The number of providers that are configured.
    providers: usize,
    has_copies: bool,
}

impl Found {
    /// Reads one plan. `label` stands in front of its addresses.
    fn read(
        &mut self,
        text: &str,
        document: &RawValue,
        label: &str,
        region: Option<&str>,
    ) -> Result<(), SourceError> {
        let plan: Plan<'_> = fields::read(text, document.get(), "")?;
        if !["0.", "1."].iter().any(|known| plan.format_version.starts_with(known)) {
            return Err(SourceError::Version { version: clean(&plan.format_version) });
        }
        let configuration = plan.configuration.unwrap_or_default();
        let variables = plan.variables.unwrap_or_default();
        self.providers += configuration.provider_count();
        if self.providers > MAX_PROVIDERS {
            return Err(SourceError::TooManyProviders { limit: MAX_PROVIDERS, found: self.providers });
        }
        let providers = Providers::new(text, &configuration, &variables);
        self.has_copies |= providers.has_copies();

        let mut reasons = Vec::new();
        if plan.resource_changes.is_none() && plan.deferred_changes.is_none() {
            self.without_changes += 1;
            reasons.push("it has no `resource_changes`".to_owned());
        }
        let context = Context { text, label, providers: &providers, region };
        let changes = plan.resource_changes.iter().flatten().enumerate().map(|(index, change)| Change {
            resource: change,
            path: PathOf("resource_changes", index, ".change"),
            deferral: None,
        });
        let made = self.of(changes.collect(), &context)?;
        let deferred = plan.deferred_changes.iter().flatten().enumerate().map(|(index, deferred)| Change {
            resource: &deferred.resource_change,
            path: PathOf("deferred_changes", index, ".resource_change.change"),
            deferral: Some(deferred.reason.as_deref()),
        });
        let deferred = self.of(deferred.collect(), &context)?;
        if plan.errored == Some(true) {
            reasons.push("`errored` is true".to_owned());
        }
        if plan.complete == Some(false) {
            reasons.push("`complete` is false".to_owned());
        }
        // What changes no resource is not applyable either.
        if plan.applyable == Some(false) && !(made.is_empty() && deferred.is_empty()) {
            reasons.push("`applyable` is false".to_owned());
        }
        if !deferred.is_empty() {
            reasons.push("it defers changes".to_owned());
        }
        if !reasons.is_empty() {
            self.partial.push(format!("{label}{}", joined(reasons, " and ")));
        }
        self.calls.extend(made);
        self.calls.extend(deferred);
        Ok(())
    }

    /// Returns the calls of these changes, in Terraform's order.
    fn of(
        &mut self,
        changes: Vec<Change<'_, '_>>,
        context: &Context<'_>,
    ) -> Result<Vec<PlannedCall>, SourceError> {
        let mut calls = Vec::new();
        for change in changes {
            let resource = change.resource;
            self.has_copies |= resource.is_copy();
            match self.types.get_mut(&*resource.resource_type) {
                Some(count) => *count += 1,
                None => drop(self.types.insert(resource.resource_type.to_string(), 1)),
            }
            if resource.is_copy() && resource.change.is_made(context.text, &change.path)? {
                calls.push(change);
            }
        }
        calls.sort_by_cached_key(|change| Order::of(&change.resource.address));
        calls.into_iter().map(|change| change.call(context)).collect()
    }

    fn planned(self) -> Planned {
        Planned {
            partial: (!self.partial.is_empty()).then(|| joined(self.partial, "; ")),
            seen: seen(&self.types, self.without_changes),
            is_understood: self.has_copies && self.without_changes == 0,
            calls: self.calls,
        }
    }
}

/// Says which changes were seen and which were expected.
fn seen(types: &BTreeMap<String, usize>, without_changes: usize) -> String {
    /// The most types that are named.
    const FEW: usize = 8;
    let mut seen: Vec<String> =
        types.iter().take(FEW).map(|(name, count)| format!("`{}` ({count})", clean(name))).collect();
    if let Some(others) = types.len().checked_sub(FEW).filter(|others| *others > 0) {
        seen.push(counted(u64::try_from(others).unwrap_or(u64::MAX), "other type", "other types"));
    }
    let seen = match (seen.is_empty(), without_changes) {
        (true, 0) => "no change of a resource".to_owned(),
        (true, _) => "no `resource_changes`".to_owned(),
        (false, _) => format!("changes of {}", joined(seen, " and ")),
    };
    let expected = joined(RESOURCE_TYPES.iter().map(|name| format!("`{name}`")), " or ");
    format!("{seen}; expected `resource_changes` with resources of the type {expected}")
}

/// The keys of a plan that matter for its calls.
#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Plan<'p> {
    #[serde(borrow)]
    format_version: Cow<'p, str>,
    #[serde(borrow, default)]
    resource_changes: Option<Vec<Resource<'p>>>,
    #[serde(borrow, default)]
    deferred_changes: Option<Vec<Deferred<'p>>>,
    #[serde(borrow, default)]
    configuration: Option<Configuration<'p>>,
    #[serde(borrow, default, deserialize_with = "fields::once")]
    variables: Option<BTreeMap<Cow<'p, str>, Variable<'p>>>,
    #[serde(default)]
    errored: Option<bool>,
    #[serde(default)]
    complete: Option<bool>,
    #[serde(default)]
    applyable: Option<bool>,
}

/// A change that Terraform leaves for a later plan.
#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Deferred<'p> {
    #[serde(borrow, default)]
    reason: Option<Cow<'p, str>>,
    #[serde(borrow)]
    resource_change: Resource<'p>,
}

/// A resource, and the change that the plan makes to it.
#[derive(Deserialize)]
#[serde(remote = "Self")]
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
    #[serde(borrow, default)]
    provider_name: Option<Cow<'p, str>>,
    #[serde(borrow)]
    change: Values<'p>,
}

impl Resource<'_> {
    fn is_copy(&self) -> bool {
        self.mode == "managed" && RESOURCE_TYPES.contains(&&*self.resource_type)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Values<'p> {
    #[serde(borrow)]
    actions: &'p RawValue,
    #[serde(borrow, default)]
    after: Option<&'p RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'p RawValue>,
}

records! { borrowed: Plan, Deferred, Resource, Values; }

/// The actions that are known, by what they do to a resource.
const ACTIONS: [&str; 6] = ["no-op", "create", "read", "update", "delete", "forget"];

impl Values<'_> {
    /// True if applying the plan makes the resource. One that is replaced is made too. Errors when
    /// there is no action, or one that is not known.
    fn is_made(&self, text: &str, path: &PathOf) -> Result<bool, SourceError> {
        let path = path.of("actions");
        let actions: Vec<Cow<'_, str>> = fields::read(text, self.actions.get(), &path)?;
        let known = || joined(ACTIONS.iter().map(|action| format!("`{action}`")), " or ");
        let is_known = |action: &Cow<'_, str>| ACTIONS.contains(&&**action);
        match actions.iter().find(|action| !is_known(action)) {
            Some(other) => {
                let message = format!("expected {}, found `{}`", known(), clean(other));
                Err(fields::wrong(text, self.actions, &path, &message))
            }
            None if actions.is_empty() => {
                let message = format!("expected {}, found no action", known());
                Err(fields::wrong(text, self.actions, &path, &message))
            }
            None => Ok(actions.iter().any(|action| action == "create")),
        }
    }
}

/// What the calls of one plan have in common.
struct Context<'c> {
    text: &'c str,
    label: &'c str,
    providers: &'c Providers<'c>,
    region: Option<&'c str>,
}

/// A change of a resource, and where it stands in its plan.
struct Change<'c, 'p> {
    resource: &'c Resource<'p>,
    path: PathOf,
    /// For a change that is deferred, the reason, as far as it is known.
    deferral: Option<Option<&'c str>>,
}

/// The path of a change: the key of its list, its index there, and the keys below.
struct PathOf(&'static str, usize, &'static str);

impl PathOf {
    /// Returns the path of one of its values.
    fn of(&self, key: &str) -> String {
        let Self(list, index, below) = self;
        format!("{list}[{index}]{below}.{key}")
    }
}

impl Change<'_, '_> {
    fn call(&self, context: &Context<'_>) -> Result<PlannedCall, SourceError> {
        let Context { text, label, providers, region } = *context;
        let resource = self.resource;
        let address: Arc<str> = format!("{label}{}", legible(&resource.address)).into();
        let after = Fields::read(text, resource.change.after, self.path.of("after"))?;
        let unknown = resource.change.after_unknown;
        let is_open = unknown.is_some_and(|unknown| unknown.get() == "true");
        // Old versions write `false` for an object without an unknown value.
        let unknown = unknown.filter(|unknown| !["true", "false"].contains(&unknown.get()));
        let unknown = Fields::read(text, unknown, self.path.of("after_unknown"))?;
        after.once(|_| true)?;
        unknown.once(|_| true)?;
        let mut draft = CallDraft::new(Arc::clone(&address));
        if is_open {
            draft.is_open();
        } else {
            for attribute in ATTRIBUTES.iter() {
                draft.read(attribute, &after, &unknown)?;
            }
        }
        if let Some(reason) = self.deferral {
            draft.is_deferred(reason);
        }
        let name = ResourceName {
            module_address: resource.module_address.as_deref().unwrap_or_default(),
            resource_type: &resource.resource_type,
            name: &resource.name,
            provider_name: resource.provider_name.as_deref(),
        };
        draft.source(providers.of(&name, &address), region);
        Ok(draft.finish())
    }
}
