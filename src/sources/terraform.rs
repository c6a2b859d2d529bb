//! The calls that a Terraform plan stands for.
//!
//! A plan is read from the JSON that `terraform show -json PLAN` writes. Every resource of the type
//! `tencentcloud_cvm_sync_image` (in a private cloud `tencentcloudenterprise_cvm_sync_image`) that is created or replaced is
//! a call, in any module. One that is updated or deleted makes none: the provider replaces the resource whatever is
//! changed of it, and leaves the copies where they are when it is deleted.
//!
//! - The calls are in the order of their addresses, in which `base[2]` comes before `base[10]`: every run of digits counts
//!   as a number. This is Terraform's own order. It makes calls at the same time where nothing says which one is first.
//! - What is known only after apply is not known here: the request is a [partial](crate::partial) one.
//! - An attribute without a value is not sent, nor are an empty `image_name` and `kms_key_id`. That is what the provider
//!   does.
//! - The source region is the `region` of the provider's configuration where that is a constant, else the one that the
//!   caller gives, else the value of the root module's variable that it refers to, and to nothing else. It is not known
//!   otherwise: a provider without a region takes one from the environment.
//! - What is marked as sensitive is shown in messages, as it is in the JSON.
//!
//! ```
//! use presync::{Parameter, terraform};
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
//! let calls = terraform::calls(plan, Some("ap-guangzhou"))?;
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

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Parameter, PartialRequest, SyncRequest};
use crate::sources::error::SourceError;
use crate::sources::fields::{self, Fields, Found};
use crate::sources::planned::PlannedCall;
use crate::text::json::range;
use crate::text::{clean, legible};

/// The most bytes of a plan: 64 MiB.
///
/// ```
/// assert_eq!(presync::sources::terraform::MAX_BYTES, 64 * 1024 * 1024);
/// ```
pub const MAX_BYTES: usize = 64 << 20;

/// The types of resources that make a call, in the order of the clouds: public and private.
///
/// ```
/// assert!(presync::sources::terraform::RESOURCE_TYPES.contains(&"tencentcloud_cvm_sync_image"));
/// ```
pub const RESOURCE_TYPES: [&str; 2] =
    ["tencentcloud_cvm_sync_image", "tencentcloudenterprise_cvm_sync_image"];

const EXPECTED: &str = "a Terraform plan, as `terraform show -json PLAN` writes it";

/// An attribute of a resource, and what it is in a call.
struct Attribute {
    name: &'static str,
    parameter: Parameter,
    kind: Kind,
}

/// What an attribute holds, and where in a request it is kept.
#[derive(Clone, Copy)]
enum Kind {
    /// The one image.
    Image,
    Destinations,
    Flag(fn(&mut SyncRequest) -> &mut Option<bool>),
    Text(fn(&mut SyncRequest) -> &mut Option<String>),
}

/// Every attribute that is a parameter.
static ATTRIBUTES: [Attribute; 7] = [
    Attribute { name: "image_id", parameter: Parameter::IMAGE_IDS, kind: Kind::Image },
    Attribute {
        name: "destination_regions",
        parameter: Parameter::DESTINATION_REGIONS,
        kind: Kind::Destinations,
    },
    Attribute {
        name: "dry_run",
        parameter: Parameter::DRY_RUN,
        kind: Kind::Flag(|request| &mut request.dry_run),
    },
    Attribute {
        name: "image_name",
        parameter: Parameter::IMAGE_NAME,
        kind: Kind::Text(|request| &mut request.image_name),
    },
    Attribute {
        name: "image_set_required",
        parameter: Parameter::IMAGE_SET_REQUIRED,
        kind: Kind::Flag(|request| &mut request.image_set_required),
    },
    Attribute {
        name: "encrypt",
        parameter: Parameter::ENCRYPT,
        kind: Kind::Flag(|request| &mut request.encrypt),
    },
    Attribute {
        name: "kms_key_id",
        parameter: Parameter::KMS_KEY_ID,
        kind: Kind::Text(|request| &mut request.kms_key_id),
    },
];

/// Whether bytes are something that Terraform writes: a plan, or what may be taken for one.
///
/// [`calls`] reads a plan, and says of anything else what it is.
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
    Document::of(bytes).is_some()
}

/// Every call of a plan, in the order of their addresses. `region` is the source region of those whose provider does not
/// have a constant one.
///
/// # Errors
///
/// The bytes are no plan, or a resource in it is not of the shape that these resources have; the error says where.
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
pub fn calls(bytes: &[u8], region: Option<&str>) -> Result<Vec<PlannedCall>, SourceError> {
    match Document::of(bytes) {
        Some(Document::Plan) => {}
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
    changes.into_iter().map(|(place, resource)| resource.call(text, place, &plan, region)).collect()
}

/// A plan, as far as it is looked at.
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

/// What becomes of a resource.
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
    /// Whether it is a copy that is going to be made. A replaced one is created too.
    fn is_call(&self) -> bool {
        self.mode == "managed"
            && RESOURCE_TYPES.contains(&&*self.resource_type)
            && self.change.actions.iter().any(|action| action == "create")
    }

    fn call(
        &self,
        text: &str,
        place: usize,
        plan: &Plan<'_>,
        region: Option<&str>,
    ) -> Result<PlannedCall, SourceError> {
        let path = format!("resource_changes[{place}].change");
        let after = Fields::read(text, self.change.after, format!("{path}.after"))?;
        // Where nothing is unknown, old versions say so in a word.
        let unknown = self.change.after_unknown.filter(|unknown| unknown.get() != "false");
        let unknown = Fields::read(text, unknown, format!("{path}.after_unknown"))?;
        let mut draft = Draft::new(&self.address);
        for attribute in &ATTRIBUTES {
            draft.read(attribute, &after, &unknown)?;
        }

        let provider = plan.configuration.as_ref().and_then(|configuration| configuration.provider_of(self));
        let key = provider.map(|(key, _)| key);
        let said = provider.and_then(|(_, provider)| plan.region_of(text, provider?, region));
        let given = || region.map(|region| (region.to_owned(), None));
        draft.source(key, said.map(|(region, span)| (region, Some(span))).or_else(given));
        Ok(draft.finish())
    }
}

/// A call while it is read.
struct Draft {
    address: String,
    request: SyncRequest,
    /// What is not known, and what would settle it.
    gaps: Vec<(Parameter, String)>,
    origins: Vec<(Parameter, String, &'static str)>,
    spans: Vec<(Parameter, Range<usize>)>,
}

impl Draft {
    fn new(address: &str) -> Self {
        let address = legible(address);
        let origin = |attribute: &Attribute| (attribute.parameter.clone(), address.clone(), attribute.name);
        let origins = ATTRIBUTES.iter().map(origin).collect();
        // The provider calls the documented version.
        let request = SyncRequest { image_ids: Vec::new(), ..SyncRequest::new("", [""; 0]) };
        Self { address, request, gaps: Vec::new(), origins, spans: Vec::new() }
    }

    /// Reads one attribute.
    fn read(
        &mut self,
        attribute: &Attribute,
        after: &Fields<'_>,
        unknown: &Fields<'_>,
    ) -> Result<(), SourceError> {
        let (name, parameter) = (attribute.name, attribute.parameter.clone());
        let is_unknown = unknown.value(name).is_some_and(is_true);
        match attribute.kind {
            // The provider always sends one image.
            Kind::Image if is_unknown => {
                self.request.image_ids.push(String::new());
                self.gap(parameter.element(0), name);
            }
            _ if is_unknown => self.gap(parameter, name),
            Kind::Image => {
                let found = after.text(name)?;
                let value = found.map(|found| self.found(parameter.element(0), found));
                self.request.image_ids.extend(value);
            }
            Kind::Destinations => self.destinations(attribute, after, unknown)?,
            Kind::Flag(slot) => {
                let found = after.flag(name)?;
                *slot(&mut self.request) = found.map(|found| self.found(parameter, found));
            }
            Kind::Text(slot) => {
                let found = after.text(name)?.filter(|(value, _)| !value.is_empty());
                *slot(&mut self.request) = found.map(|found| self.found(parameter, found));
            }
        }
        Ok(())
    }

    /// Reads the set of destinations, of which some elements may not be known.
    fn destinations(
        &mut self,
        attribute: &Attribute,
        after: &Fields<'_>,
        unknown: &Fields<'_>,
    ) -> Result<(), SourceError> {
        let Some(found) = after.list(attribute.name)? else { return Ok(()) };
        let values = self.found(attribute.parameter.clone(), found);
        let are_unknown = unknown.list(attribute.name)?.map(|(list, _)| list).unwrap_or_default();
        for (subscript, value) in values.into_iter().enumerate() {
            let parameter = attribute.parameter.clone().element(subscript);
            let name = if are_unknown.get(subscript).is_some_and(|value| is_true(value)) {
                self.gap(parameter, attribute.name);
                String::new()
            } else {
                let path = || format!("{}[{subscript}]", after.path_of(attribute.name));
                self.found(parameter, after.text_at(value, path)?)
            };
            self.request.destination_regions.push(name);
        }
        Ok(())
    }

    /// Remembers where a value is.
    fn found<T>(&mut self, parameter: Parameter, (value, span): Found<T>) -> T {
        self.spans.push((parameter, span));
        value
    }

    fn gap(&mut self, parameter: Parameter, attribute: &str) {
        let needs = format!("`{attribute}` of `{}`, which is known after apply", self.address);
        self.gaps.push((parameter, needs));
    }

    /// The source region: which provider has it, and what it is, with its place where it is in the plan.
    fn source(&mut self, provider: Option<&str>, region: Option<(String, Option<Range<usize>>)>) {
        let provider = provider.map(|key| format!("provider.{}", legible(key)));
        let is_given = matches!(region, Some((_, None)));
        if let Some((region, span)) = region {
            self.request.region = Some(region);
            self.spans.extend(span.map(|span| (Parameter::REGION, span)));
        } else {
            let of = match &provider {
                Some(provider) => format!("`{provider}`"),
                None => format!("the provider of `{}`", self.address),
            };
            self.gaps.push((Parameter::REGION, format!("`region` of {of}, which the plan does not say")));
        }
        // What the caller gives is not in the plan.
        let provider = provider.filter(|_| !is_given);
        self.origins.extend(provider.map(|provider| (Parameter::REGION, provider, "region")));
    }

    fn finish(self) -> PlannedCall {
        let request = PartialRequest::new(self.request);
        let request = self
            .gaps
            .into_iter()
            .fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        PlannedCall::new(self.address, request).with_origins(self.origins).with_spans(self.spans)
    }
}

fn is_true(value: &RawValue) -> bool {
    value.get() == "true"
}

/// The configuration that a plan was made from.
#[derive(Deserialize)]
struct Configuration<'p> {
    #[serde(borrow, default)]
    provider_config: Option<BTreeMap<String, Provider<'p>>>,
    #[serde(borrow, default)]
    root_module: Option<Module<'p>>,
}

#[derive(Deserialize)]
struct Provider<'p> {
    #[serde(borrow, default)]
    module_address: Option<Cow<'p, str>>,
    #[serde(borrow, default)]
    expressions: Option<BTreeMap<String, &'p RawValue>>,
}

#[derive(Deserialize)]
struct Module<'p> {
    #[serde(borrow, default)]
    resources: Option<Vec<ConfiguredResource<'p>>>,
    #[serde(borrow, default)]
    module_calls: Option<BTreeMap<String, ModuleCall<'p>>>,
}

#[derive(Deserialize)]
struct ConfiguredResource<'p> {
    #[serde(borrow)]
    mode: Cow<'p, str>,
    #[serde(borrow, rename = "type")]
    resource_type: Cow<'p, str>,
    #[serde(borrow)]
    name: Cow<'p, str>,
    #[serde(borrow, default)]
    provider_config_key: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct ModuleCall<'p> {
    #[serde(borrow, default)]
    module: Option<Module<'p>>,
}

#[derive(Deserialize)]
struct Variable<'p> {
    #[serde(borrow, default)]
    value: Option<&'p RawValue>,
}

/// An expression, as far as a plan tells of it.
#[derive(Deserialize)]
struct Expression<'p> {
    #[serde(borrow, default)]
    constant_value: Option<&'p RawValue>,
    #[serde(borrow, default)]
    references: Option<Vec<Cow<'p, str>>>,
}

impl<'p> Configuration<'p> {
    /// The provider of a resource: its key, and its configuration, if it has one.
    fn provider_of(&self, resource: &Resource<'_>) -> Option<(&str, Option<&Provider<'p>>)> {
        let mut module = self.root_module.as_ref()?;
        for name in module_names(resource.module_address.as_deref().unwrap_or_default())? {
            module = module.module_calls.as_ref()?.get(name)?.module.as_ref()?;
        }
        let configured = module.resources.iter().flatten().find(|configured| {
            configured.mode == resource.mode
                && configured.resource_type == resource.resource_type
                && configured.name == resource.name
        });
        let key = configured?.provider_config_key.as_deref()?;
        let providers = self.provider_config.as_ref();
        let named = |key: &str| providers?.get(key);
        // Before 1.1 a module that is handed its parent's provider has a key of its own, to which nothing belongs. Which
        // provider that is goes without saying, unless it has another name there.
        match named(key) {
            Some(provider) => Some((key, Some(provider))),
            None => match key.rsplit_once(':') {
                Some((_, name)) if !name.contains('.') => Some((name, named(name))),
                _ => Some((key, None)),
            },
        }
    }
}

impl Plan<'_> {
    /// The region of a provider, and where it is in the plan; nothing if that is for others to say. `given` is what is
    /// said where it is no constant.
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
            // The plan does not say what is done with what an expression refers to. One that refers to a single variable
            // is nearly always that variable.
            (None, [reference]) if given.is_none() && provider.module_address.is_none() => {
                self.variables.as_ref()?.get(reference.strip_prefix("var.")?)?.value?
            }
            _ => return None,
        };
        let region: String = serde_json::from_str(value.get()).ok()?;
        // The provider asks the environment where it is empty.
        Some((region, range(text.as_bytes(), value.get())?)).filter(|(region, _)| !region.is_empty())
    }
}

/// The names of the modules in the address of one, without the keys of their instances; nothing if it is none.
fn module_names(address: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        let from_name = rest.strip_prefix("module.")?;
        let end = from_name.find(['.', '[']).unwrap_or(from_name.len());
        let (name, behind) = from_name.split_at_checked(end)?;
        names.push(name);
        let behind = behind_key(behind)?;
        rest = behind.strip_prefix('.').unwrap_or(behind);
    }
    Some(names)
}

/// What follows the key of an instance, such as `["a.b"]`, if there is one.
fn behind_key(text: &str) -> Option<&str> {
    let Some(key) = text.strip_prefix('[') else { return Some(text) };
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = key.find(|character| {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted && character == '\\' {
            is_escaped = true;
        } else if character == '"' {
            is_quoted = !is_quoted;
        }
        character == ']' && !is_quoted
    });
    key.get(end? + 1..)
}

/// The order of addresses: as texts, except that digits in a row are a number.
fn by_address(a: &str, b: &str) -> Ordering {
    runs(a).cmp(runs(b)).then_with(|| a.cmp(b))
}

/// A text as numbers and what is between them. Numbers come first, as digits do.
fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut rest = text;
    std::iter::from_fn(move || {
        let starts_with_digit = rest.starts_with(is_digit);
        let end = rest.find(|character: char| is_digit(character) != starts_with_digit).unwrap_or(rest.len());
        let (run, behind) = rest.split_at_checked(end).filter(|(run, _)| !run.is_empty())?;
        rest = behind;
        // The longer of two numbers is the larger one.
        let digits = run.trim_start_matches('0');
        Some(if starts_with_digit { Run::Number(digits.len(), digits) } else { Run::Text(run) })
    })
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Run<'t> {
    Number(usize, &'t str),
    Text(&'t str),
}

/// What something that Terraform writes is.
#[derive(Clone, Copy)]
enum Document {
    Plan,
    BinaryPlan,
    ShownState,
    StateFile,
    Log,
    Other,
}

impl Document {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"PK\x03\x04") {
            return Some(Self::BinaryPlan);
        }
        let mut keys = Keys::default();
        fields::keys(bytes, &mut |key| {
            match key {
                "format_version" => keys.format = true,
                "planned_values" | "resource_changes" => keys.plan = true,
                "values" => keys.state = true,
                "lineage" => keys.lineage = true,
                "serial" => keys.serial = true,
                "@level" => keys.level = true,
                "@message" => keys.message = true,
                _ => {}
            }
            keys.format && keys.plan
        });
        match keys {
            Keys { format: true, plan: true, .. } => Some(Self::Plan),
            Keys { format: true, state: true, .. } => Some(Self::ShownState),
            Keys { format: true, .. } => Some(Self::Other),
            Keys { lineage: true, serial: true, .. } => Some(Self::StateFile),
            Keys { level: true, message: true, .. } => Some(Self::Log),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plan => "a plan",
            Self::BinaryPlan => "an archive, such as the plan that `terraform plan -out` writes",
            Self::ShownState => "the state of Terraform",
            Self::StateFile => "the state of Terraform, in the form in which it is kept",
            Self::Log => "the messages that `terraform plan -json` writes",
            Self::Other => "another answer of Terraform",
        }
    }
}

/// Which keys an object has that tell what it is.
#[derive(Default)]
struct Keys {
    format: bool,
    plan: bool,
    state: bool,
    lineage: bool,
    serial: bool,
    level: bool,
    message: bool,
}
