//! The configuration that a plan was made from, in which each resource has a provider.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::value::RawValue;

use super::RESOURCE_TYPES;
use super::address::module_names;

use crate::sources::fields::once;
use crate::text::json::range;
use crate::text::record::records;
use crate::text::{clean, few, joined, legible};
use crate::wire::MAX_VALUE_BYTES;

/// The configuration, as a plan has it.
#[derive(Default, Deserialize)]
#[serde(remote = "Self")]
pub(super) struct Configuration<'p> {
    #[serde(borrow, default, deserialize_with = "short_keys")]
    provider_config: Option<BTreeMap<Cow<'p, str>, Provider<'p>>>,
    #[serde(borrow, default)]
    root_module: Option<Module<'p>>,
}

impl Configuration<'_> {
    /// The number of providers that are configured.
    pub(super) fn provider_count(&self) -> usize {
        self.provider_config.as_ref().map_or(0, BTreeMap::len)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Provider<'p> {
    #[serde(borrow, default)]
    name: Option<Cow<'p, str>>,
    #[serde(borrow, default)]
    full_name: Option<Cow<'p, str>>,
    #[serde(borrow, default)]
    module_address: Option<Cow<'p, str>>,
    #[serde(borrow, default, deserialize_with = "once")]
    expressions: Option<BTreeMap<Cow<'p, str>, &'p RawValue>>,
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Module<'p> {
    #[serde(borrow, default)]
    resources: Option<Vec<ConfiguredResource<'p>>>,
    #[serde(borrow, default, deserialize_with = "once")]
    module_calls: Option<BTreeMap<Cow<'p, str>, ModuleCall<'p>>>,
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct ConfiguredResource<'p> {
    #[serde(borrow)]
    mode: Cow<'p, str>,
    #[serde(borrow, rename = "type")]
    resource_type: Cow<'p, str>,
    #[serde(borrow)]
    name: Cow<'p, str>,
    #[serde(borrow, default, deserialize_with = "short")]
    provider_config_key: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct ModuleCall<'p> {
    #[serde(borrow, default)]
    module: Option<Module<'p>>,
}

/// An expression: a plan keeps its constant or its references.
#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Expression<'p> {
    #[serde(borrow, default)]
    constant_value: Option<&'p RawValue>,
    #[serde(borrow, default)]
    references: Option<Vec<Cow<'p, str>>>,
}

/// A variable of the root module.
#[derive(Deserialize)]
#[serde(remote = "Self")]
pub(super) struct Variable<'p> {
    #[serde(borrow, default)]
    value: Option<&'p RawValue>,
}

/// Reads the key of a provider, which stands in what is said of each of its resources.
fn short<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

    let key: Option<Key<'de>> = Option::deserialize(deserializer)?;
    key.map(|Key(key)| within(&key).map(|()| key)).transpose()
}

fn short_keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<Cow<'de, str>, Provider<'de>>>, D::Error> {
    let providers: Option<BTreeMap<Cow<'de, str>, Provider<'de>>> = once(deserializer)?;
    providers.iter().flatten().try_for_each(|(key, _)| within(key))?;
    Ok(providers)
}

fn within<E: de::Error>(key: &str) -> Result<(), E> {
    if key.len() <= MAX_VALUE_BYTES {
        return Ok(());
    }
    Err(E::custom(format!("the key of a provider has at most {MAX_VALUE_BYTES} bytes: this one has more")))
}

records! {
    borrowed: Configuration, Provider, Module, ConfiguredResource, ModuleCall, Expression, Variable;
}

/// The name of a managed resource in the configuration.
pub(super) struct ResourceName<'r> {
    /// The address of its module; empty for the root module.
    pub(super) module_address: &'r str,
    pub(super) resource_type: &'r str,
    pub(super) name: &'r str,
    /// The source address of its provider.
    pub(super) provider_name: Option<&'r str>,
}

/// The region of a provider, as far as the plan states it.
#[derive(Clone)]
pub(super) enum ProviderRegion {
    /// It is a constant, which is here in the plan.
    Constant { region: Arc<str>, span: Range<usize> },
    /// It is not stated, or only in part. The words are what would settle it.
    Unknown { needs: Arc<str> },
}

/// The source of a resource's region.
pub(super) struct Source {
    /// The address of the provider, such as `provider.tencentcloud`; none if it is not known.
    pub(super) provider: Option<Arc<str>>,
    pub(super) region: ProviderRegion,
}

/// What `--region` is said of in every reason why a region is not known.
const GIVE: &str = "give `--region`";

/// The providers of resources, found out once for each.
pub(super) struct Providers<'p> {
    root: Branch<'p>,
    by_key: BTreeMap<&'p str, (Arc<str>, ProviderRegion)>,
    /// The configurations that a provider's source address has.
    by_source: BTreeMap<&'p str, Candidates<'p>>,
    /// The configurations of a name without a source address in the plan.
    by_name: BTreeMap<&'p str, Candidates<'p>>,
    /// All configurations of a name.
    by_any_name: BTreeMap<&'p str, Candidates<'p>>,
    has_copies: bool,
}

/// Configurations that a module may take: the plan does not say which one.
#[derive(Clone, Default)]
struct Candidates<'p> {
    /// The first keys, as many as are shown and one more.
    keys: Vec<&'p str>,
    /// The region that all of them state; none if one does not state any, or another one.
    in_common: Option<ProviderRegion>,
    /// True if one of them has no alias. Where all have one, a module that is given none of them
    /// takes the provider without a configuration.
    has_default: bool,
}

impl<'p> Candidates<'p> {
    const SHOWN: usize = 5;

    fn add(&mut self, key: &'p str, region: &ProviderRegion) {
        let region = match region {
            ProviderRegion::Constant { .. } => Some(region.clone()),
            ProviderRegion::Unknown { .. } => None,
        };
        let has_default = !key.rsplit(':').next().unwrap_or(key).contains('.');
        self.merge(&Self { keys: vec![key], in_common: region, has_default });
    }

    fn merge(&mut self, other: &Self) {
        let region = |candidates: &Self| match &candidates.in_common {
            Some(ProviderRegion::Constant { region, .. }) => Some(Arc::clone(region)),
            _ => None,
        };
        if self.keys.is_empty() {
            self.in_common.clone_from(&other.in_common);
        } else if !other.keys.is_empty() && region(self) != region(other) {
            self.in_common = None;
        }
        self.has_default |= other.has_default;
        let room = Self::SHOWN.saturating_sub(self.keys.len());
        self.keys.extend(other.keys.iter().take(room));
    }
}

/// A module, with the key of the provider of each resource that is a copy.
#[derive(Default)]
struct Branch<'p> {
    keys: BTreeMap<(&'p str, &'p str), &'p str>,
    children: BTreeMap<&'p str, Branch<'p>>,
}

impl<'p> Branch<'p> {
    fn of(module: &'p Module<'p>, has_copies: &mut bool) -> Self {
        let mut branch = Self::default();
        for resource in module.resources.iter().flatten() {
            let resource_type = &*resource.resource_type;
            if resource.mode == "managed" && RESOURCE_TYPES.contains(&resource_type) {
                *has_copies = true;
                if let Some(key) = resource.provider_config_key.as_deref() {
                    branch.keys.entry((resource_type, &*resource.name)).or_insert(key);
                }
            }
        }
        for (name, call) in module.module_calls.iter().flatten() {
            let Some(module) = &call.module else { continue };
            branch.children.insert(name, Self::of(module, has_copies));
        }
        branch
    }

    fn key_of(&self, resource: &ResourceName<'_>) -> Option<&'p str> {
        let mut branch = self;
        for name in module_names(resource.module_address)? {
            branch = branch.children.get(name)?;
        }
        branch.keys.get(&(resource.resource_type, resource.name)).copied()
    }
}

impl<'p> Providers<'p> {
    pub(super) fn new(
        text: &str,
        configuration: &'p Configuration<'p>,
        variables: &BTreeMap<Cow<'p, str>, Variable<'p>>,
    ) -> Self {
        let mut has_copies = false;
        let root = configuration.root_module.as_ref();
        let root = root.map(|module| Branch::of(module, &mut has_copies)).unwrap_or_default();
        let mut by_key = BTreeMap::new();
        let [mut by_source, mut by_name, mut by_any_name] =
            [const { BTreeMap::<_, Candidates<'p>>::new() }; 3];
        for (key, provider) in configuration.provider_config.iter().flatten() {
            let address = address(key);
            let region = provider.region(text, &address, variables);
            let name = provider.name.as_deref().unwrap_or_else(|| local_name(key));
            by_any_name.entry(name).or_default().add(key, &region);
            match provider.full_name.as_deref() {
                Some(source) => by_source.entry(source).or_default().add(key, &region),
                None => by_name.entry(name).or_default().add(key, &region),
            }
            by_key.insert(&**key, (address, region));
        }
        Self { root, by_key, by_source, by_name, by_any_name, has_copies }
    }

    /// True if the configuration has a resource that is a copy, be it with instances or without.
    pub(super) fn has_copies(&self) -> bool {
        self.has_copies
    }

    /// Returns the source of a resource's region. `address` is that of the resource, for words.
    pub(super) fn of(&self, resource: &ResourceName<'_>, address: &str) -> Source {
        let Some(key) = self.root.key_of(resource) else {
            let needs =
                format!("`region` of the provider of `{address}`, which the plan does not name: {GIVE}");
            return Source { provider: None, region: ProviderRegion::Unknown { needs: needs.into() } };
        };
        let stated = |key: &str| {
            let (provider, region) = self.by_key.get(key)?;
            Some(Source { provider: Some(Arc::clone(provider)), region: region.clone() })
        };
        if let Some(source) = stated(key) {
            return source;
        }
        // Before Terraform 1.1 a module that takes its parent's provider has a key of its own, for
        // which there is no configuration. The plan does not say which one it takes.
        if key.contains(':') {
            let Candidates { keys, in_common, has_default } =
                self.candidates(local_name(key), resource.provider_name);
            match (keys.as_slice(), in_common) {
                ([], _) => {}
                ([only], _) if has_default => {
                    return stated(only).unwrap_or_else(|| without_configuration(key));
                }
                (_, Some(region)) if has_default => return Source { provider: None, region },
                _ => {
                    let (key, which) = (clean(key), few(keys.into_iter()));
                    let or = if has_default { "" } else { ", or have no configuration" };
                    let needs =
                        format!("`region` of the provider `{key}`, which may be any of {which}{or}: {GIVE}");
                    return Source {
                        provider: None,
                        region: ProviderRegion::Unknown { needs: needs.into() },
                    };
                }
            }
        }
        without_configuration(key)
    }

    /// Returns the configurations that may be the one of a provider of this name.
    fn candidates(&self, name: &str, source: Option<&str>) -> Candidates<'p> {
        let mut candidates = Candidates::default();
        let groups = match source {
            None => vec![self.by_any_name.get(name)],
            Some(source) => {
                // A module may call a provider by another name than its parent does.
                let type_name = source.rsplit('/').next().unwrap_or(source);
                let names: BTreeSet<&str> = [name, type_name].into();
                let by_name = names.into_iter().map(|name| self.by_name.get(name));
                by_name.chain([self.by_source.get(source)]).collect()
            }
        };
        groups.into_iter().flatten().for_each(|group| candidates.merge(group));
        candidates
    }
}

/// Returns the address of the provider of this key.
fn address(key: &str) -> Arc<str> {
    format!("provider.{}", legible(key)).into()
}

/// Returns the name of a provider in its module: `p` of the key `module.a:p.alias`.
fn local_name(key: &str) -> &str {
    let name = key.rsplit_once(':').map_or(key, |(_, name)| name);
    name.split_once('.').map_or(name, |(name, _)| name)
}

/// Returns the source of a region that the configuration of no provider has.
fn without_configuration(key: &str) -> Source {
    let address = address(key);
    let needs = format!("`region` of `{}`, which the plan does not say: {GIVE}", clean(&address));
    Source { provider: Some(address), region: ProviderRegion::Unknown { needs: needs.into() } }
}

impl<'p> Provider<'p> {
    /// Returns the region, as far as the plan states it.
    fn region(
        &self,
        text: &str,
        address: &str,
        variables: &BTreeMap<Cow<'p, str>, Variable<'p>>,
    ) -> ProviderRegion {
        let expression = self.expressions.as_ref().and_then(|expressions| expressions.get("region"));
        let expression = expression.and_then(|part| serde_json::from_str::<Expression<'p>>(part.get()).ok());
        let constant = expression.as_ref().and_then(|expression| expression.constant_value);
        if let Some((region, span)) = constant.and_then(|constant| constant_region(text, constant)) {
            return ProviderRegion::Constant { region, span };
        }
        let references = expression.and_then(|expression| expression.references).unwrap_or_default();
        let region = format!("`region` of `{}`", clean(address));
        let needs = if references.is_empty() {
            format!("{region}, which the plan does not say: {GIVE}")
        } else {
            // The plan does not state how an expression uses its references.
            format!("{region}, an expression of {}: {GIVE}", self.shown(&references, variables))
        };
        ProviderRegion::Unknown { needs: needs.into() }
    }

    /// Shows what an expression refers to, with the values of variables that the plan has.
    fn shown(&self, references: &[Cow<'p, str>], variables: &BTreeMap<Cow<'p, str>, Variable<'p>>) -> String {
        /// The most references that are shown.
        const FEW: usize = 4;
        let mut shown = Vec::new();
        for reference in references.iter().take(FEW) {
            // A variable of a module is not one of the root module.
            let name = reference.strip_prefix("var.").filter(|_| self.module_address.is_none());
            let value = name.and_then(|name| variables.get(name)?.value);
            let value = value.map_or_else(String::new, |value| format!(" (`{}`)", shown_value(value)));
            shown.push(format!("`{}`{value}", clean(reference)));
        }
        if references.len() > FEW {
            shown.push("others".to_owned());
        }
        joined(shown, " and ")
    }
}

/// Shows the value of a variable: a text without its quotes, another value as it is written.
fn shown_value(value: &RawValue) -> String {
    /// The most bytes that are looked at, many more than are shown.
    const MOST: usize = 1024;
    let written = value.get();
    let text = (written.len() <= MOST).then(|| serde_json::from_str::<String>(written));
    if let Some(Ok(text)) = text {
        return clean(&text);
    }
    let start: String = written.chars().take(MOST).collect();
    clean(&start.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Returns the region of a constant; none for one that is no text, and for an empty one, for
/// which the provider takes one from the environment.
fn constant_region(text: &str, constant: &RawValue) -> Option<(Arc<str>, Range<usize>)> {
    let region: String = serde_json::from_str(constant.get()).ok()?;
    let span = range(text.as_bytes(), constant.get())?;
    (!region.is_empty() && region.len() <= MAX_VALUE_BYTES).then(|| (region.into(), span))
}
