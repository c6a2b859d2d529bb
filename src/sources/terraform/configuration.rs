//! The configuration that a plan was made from, in which each resource has a provider.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::address::module_names;

/// The name of a resource in the configuration.
pub(super) struct ResourceName<'r> {
    /// The address of its module; empty for the root module.
    pub(super) module_address: &'r str,
    pub(super) mode: &'r str,
    pub(super) resource_type: &'r str,
    pub(super) name: &'r str,
}

/// The configuration that a plan was made from.
#[derive(Deserialize)]
pub(super) struct Configuration<'p> {
    #[serde(borrow, default)]
    provider_config: Option<BTreeMap<String, Provider<'p>>>,
    #[serde(borrow, default)]
    root_module: Option<Module<'p>>,
}

#[derive(Deserialize)]
pub(super) struct Provider<'p> {
    #[serde(borrow, default)]
    pub(super) module_address: Option<Cow<'p, str>>,
    #[serde(borrow, default)]
    pub(super) expressions: Option<BTreeMap<String, &'p RawValue>>,
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

impl<'p> Configuration<'p> {
    /// Returns the key of a resource's provider, and the provider's configuration, if it has one.
    pub(super) fn provider_of(&self, resource: &ResourceName<'_>) -> Option<(&str, Option<&Provider<'p>>)> {
        let mut module = self.root_module.as_ref()?;
        for name in module_names(resource.module_address)? {
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
        // Before Terraform 1.1 a module that takes its parent's provider has a key of its own, for
        // which there is no configuration. The parent's provider has the name behind the colon,
        // unless the module names it differently.
        match named(key) {
            Some(provider) => Some((key, Some(provider))),
            None => match key.rsplit_once(':') {
                Some((_, name)) if !name.contains('.') => Some((name, named(name))),
                _ => Some((key, None)),
            },
        }
    }
}
