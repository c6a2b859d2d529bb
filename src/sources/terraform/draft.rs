//! A call, while the attributes of its resource are read.

use std::ops::Range;

use serde_json::value::RawValue;

use super::attributes::{ATTRIBUTES, Attribute};

use crate::model::{Parameter, PartialRequest, Slot, SyncRequest};
use crate::sources::error::SourceError;
use crate::sources::fields::{Fields, Found};
use crate::sources::planned::PlannedCall;
use crate::text::legible;

/// A call, while it is read.
pub(super) struct CallDraft {
    address: String,
    request: SyncRequest,
    /// The lists, element by element: a value, or what would settle one that is unknown.
    lists: Vec<(Parameter, Vec<Result<String, String>>)>,
    /// The unknown parameters, each with what it needs.
    unknowns: Vec<(Parameter, String)>,
    origins: Vec<(Parameter, String, &'static str)>,
    spans: Vec<(Parameter, Range<usize>)>,
}

impl CallDraft {
    pub(super) fn new(address: &str) -> Self {
        let address = legible(address);
        let origin =
            |attribute: &'static Attribute| (attribute.parameter.clone(), address.clone(), &*attribute.name);
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
        let name = &*attribute.name;
        let Some(found) = after.list(name)? else { return Ok(()) };
        let values = self.found(attribute.parameter.clone(), found);
        let are_unknown = unknown.list(name)?.map(|(list, _)| list).unwrap_or_default();
        let mut elements = Vec::with_capacity(values.len());
        for (subscript, value) in values.into_iter().enumerate() {
            elements.push(if are_unknown.get(subscript).is_some_and(|value| is_true(value)) {
                Err(self.needs(name))
            } else {
                let path = || format!("{}[{subscript}]", after.path_of(name));
                let parameter = attribute.parameter.clone().element(subscript);
                Ok(self.found(parameter, after.text_at(value, path)?))
            });
        }
        self.lists.push((attribute.parameter.clone(), elements));
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

    /// Sets the source region: the key of the provider that has it, the region, and its span if it
    /// is in the plan.
    pub(super) fn source(&mut self, provider: Option<&str>, region: Option<(String, Option<Range<usize>>)>) {
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
            self.unknowns.push((Parameter::REGION, format!("`region` of {of}, which the plan does not say")));
        }
        // A region that the caller gives is not in the plan.
        let provider = provider.filter(|_| !is_given);
        self.origins.extend(provider.map(|provider| (Parameter::REGION, provider, "region")));
    }

    pub(super) fn finish(self) -> PlannedCall {
        let request = PartialRequest::new(self.request);
        let request = self
            .lists
            .into_iter()
            .fold(request, |request, (list, elements)| request.with_list(list, elements));
        let request = self
            .unknowns
            .into_iter()
            .fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        PlannedCall::new(self.address, request).with_origins(self.origins).with_spans(self.spans)
    }
}

fn is_true(value: &RawValue) -> bool {
    value.get() == "true"
}
