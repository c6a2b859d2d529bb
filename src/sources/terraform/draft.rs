//! A call, while the attributes of its resource are read.

use std::ops::Range;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::attributes::{ATTRIBUTES, Attribute};
use super::configuration::{ProviderRegion, Source};

use crate::model::{Parameter, PartialRequest, Slot, SyncRequest};
use crate::sources::error::SourceError;
use crate::sources::fields::{Fields, Found};
use crate::sources::planned::PlannedCall;
use crate::text::clean;

/// A call, while it is read.
pub(super) struct CallDraft {
    address: Arc<str>,
    request: SyncRequest,
    /// The lists, element by element: a value, or what would settle one that is unknown.
    lists: Vec<(Parameter, Vec<Result<String, String>>)>,
    /// The unknown parameters, each with what it needs.
    unknowns: Vec<(Parameter, String)>,
    origins: Vec<(Parameter, Arc<str>, &'static str)>,
    spans: Vec<(Parameter, Range<usize>)>,
}

impl CallDraft {
    /// Starts the call at this address, which is fit to be shown.
    pub(super) fn new(address: Arc<str>) -> Self {
        let origin = |attribute: &'static Attribute| {
            (attribute.parameter.clone(), Arc::clone(&address), &*attribute.name)
        };
        let origins = ATTRIBUTES.iter().map(origin).collect();
        // The provider sends the documented version.
        let request = SyncRequest { image_ids: Vec::new(), ..SyncRequest::new("", [""; 0]) };
        Self { address, request, lists: Vec::new(), unknowns: Vec::new(), origins, spans: Vec::new() }
    }

    /// Reads one attribute.
    pub(super) fn read(
        &mut self,
        attribute: &Attribute,
        after: &Fields<'_>,
        unknown: &Fields<'_>,
    ) -> Result<(), SourceError> {
        let (name, parameter) = (&*attribute.name, attribute.parameter.clone());
        let is_unknown = unknown.value(name).is_some_and(is_true);
        match attribute.slot {
            // The provider always sends one image.
            Slot::List { .. } if parameter.is_image() && is_unknown => {
                let needs = self.needs(name);
                self.lists.push((parameter, vec![Err(needs)]));
            }
            _ if is_unknown => {
                let needs = self.needs(name);
                self.unknowns.push((parameter, needs));
            }
            Slot::List { .. } if parameter.is_image() => {
                let found = after.text(name)?;
                let image = found.map(|found| self.found(parameter.clone().element(0), found));
                self.lists.push((parameter, image.into_iter().map(Ok).collect()));
            }
            Slot::List { .. } => self.destinations(attribute, after, unknown)?,
            Slot::Flag { get_mut, .. } => {
                let found = after.flag(name)?;
                *get_mut(&mut self.request) = found.map(|found| self.found(parameter, found));
            }
            Slot::Text { get_mut, .. } => {
                let found = after.text(name)?.filter(|(value, _)| !value.is_empty());
                *get_mut(&mut self.request) = found.map(|found| self.found(parameter, found));
            }
            Slot::Action | Slot::Ignored => {}
        }
        Ok(())
    }

    /// Reads the set of destinations. Some of its elements may be unknown.
    fn destinations(
        &mut self,
        attribute: &Attribute,
        after: &Fields<'_>,
        unknown: &Fields<'_>,
    ) -> Result<(), SourceError> {
        let (name, parameter) = (&*attribute.name, &attribute.parameter);
        let found = after.list(name)?;
        let is_stated = found.is_some();
        let values = found.map(|found| self.found(parameter.clone(), found)).unwrap_or_default();
        // What is unknown is of no use where no list is stated, unless it is a list.
        let are_unknown = match unknown.value(name) {
            Some(list) if is_stated || list.get().starts_with('[') => unknown.list(name)?,
            _ => None,
        };
        let are_unknown = are_unknown.map(|(list, _)| list).unwrap_or_default();
        let is_unknown = |subscript: usize| are_unknown.get(subscript).is_some_and(|value| is_true(value));
        let mut elements = Vec::with_capacity(values.len());
        for (subscript, value) in values.into_iter().enumerate() {
            elements.push(if is_unknown(subscript) {
                Err(self.needs(name))
            } else {
                let path = || format!("{}[{subscript}]", after.path_of(name));
                let parameter = parameter.clone().element(subscript);
                Ok(self.found(parameter, after.text_at(value, path)?))
            });
        }
        for subscript in elements.len()..are_unknown.len() {
            if is_unknown(subscript) {
                elements.push(Err(self.needs(name)));
            }
        }
        if !elements.is_empty() || is_stated {
            self.lists.push((parameter.clone(), elements));
        }
        Ok(())
    }

    /// Keeps the span of a value, and returns the value.
    fn found<T>(&mut self, parameter: Parameter, (value, span): Found<T>) -> T {
        self.spans.push((parameter, span));
        value
    }

    fn needs(&self, attribute: &str) -> String {
        format!("`{attribute}` of `{}`, which is known after apply", self.address)
    }

    /// Takes every attribute for unknown that decides what is copied.
    pub(super) fn is_open(&mut self) {
        for attribute in ATTRIBUTES.iter() {
            let needs = self.needs(&attribute.name);
            if attribute.parameter.is_image() {
                self.lists.push((attribute.parameter.clone(), vec![Err(needs)]));
            } else {
                self.unknowns.push((attribute.parameter.clone(), needs));
            }
        }
    }

    /// Makes it a call that may be made for other destinations too, several times, or never.
    pub(super) fn is_deferred(&mut self, reason: Option<&str>) {
        let reason = reason.map_or_else(String::new, |reason| format!(" ({})", clean(reason)));
        let needs = format!(
            "the instances of `{}`, which Terraform defers{reason}: plan again after the apply",
            self.address
        );
        self.unknowns.push((Parameter::DESTINATION_REGIONS, needs));
    }

    /// Sets the source region. `given` is the caller's, for one that the plan does not state.
    pub(super) fn source(&mut self, source: Source, given: Option<&str>) {
        let Source { provider, region } = source;
        match (region, given) {
            (ProviderRegion::Constant { region, span }, _) => {
                self.request.region = Some(region.to_string());
                self.spans.push((Parameter::REGION, span));
            }
            (ProviderRegion::Unknown { .. }, Some(given)) => {
                self.request.region = Some(given.to_owned());
                // A region that the caller gives is not in the plan.
                return;
            }
            (ProviderRegion::Unknown { needs }, None) => {
                self.unknowns.push((Parameter::REGION, needs.to_string()));
            }
        }
        self.origins.extend(provider.map(|provider| (Parameter::REGION, provider, "region")));
    }

    pub(super) fn finish(self) -> PlannedCall {
        let request = PartialRequest::new(self.request).sending_region();
        let request = self
            .lists
            .into_iter()
            .fold(request, |request, (list, elements)| request.with_list(list, elements));
        let request = self
            .unknowns
            .into_iter()
            .fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        PlannedCall::new(&*self.address, request).with_origins(self.origins).with_spans(self.spans)
    }
}

fn is_true(value: &RawValue) -> bool {
    value.get() == "true"
}
