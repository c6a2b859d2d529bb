//! A call, while the attributes of its resource are read.

use std::ops::Range;

use serde_json::value::RawValue;

use super::attributes::{ATTRIBUTES, Attribute, AttributeKind};

use crate::model::{Parameter, PartialRequest, SyncRequest};
use crate::sources::error::SourceError;
use crate::sources::fields::{Fields, Found};
use crate::sources::planned::PlannedCall;
use crate::text::legible;

/// A call, while it is read.
pub(super) struct Draft {
    address: String,
    request: SyncRequest,
    /// The unknown parameters, each with what it needs.
    unknowns: Vec<(Parameter, String)>,
    origins: Vec<(Parameter, String, &'static str)>,
    spans: Vec<(Parameter, Range<usize>)>,
}

impl Draft {
    pub(super) fn new(address: &str) -> Self {
        let address = legible(address);
        let origin = |attribute: &Attribute| (attribute.parameter.clone(), address.clone(), attribute.name);
        let origins = ATTRIBUTES.iter().map(origin).collect();
        // The provider sends the documented version.
        let request = SyncRequest { image_ids: Vec::new(), ..SyncRequest::new("", [""; 0]) };
        Self { address, request, unknowns: Vec::new(), origins, spans: Vec::new() }
    }

    /// Reads one attribute.
    pub(super) fn read(
        &mut self,
        attribute: &Attribute,
        after: &Fields<'_>,
        unknown: &Fields<'_>,
    ) -> Result<(), SourceError> {
        let (name, parameter) = (attribute.name, attribute.parameter.clone());
        let is_unknown = unknown.value(name).is_some_and(is_true);
        match attribute.kind {
            // The provider always sends one image.
            AttributeKind::Image if is_unknown => {
                self.request.image_ids.push(String::new());
                self.unknown(parameter.element(0), name);
            }
            _ if is_unknown => self.unknown(parameter, name),
            AttributeKind::Image => {
                let found = after.text(name)?;
                let value = found.map(|found| self.found(parameter.element(0), found));
                self.request.image_ids.extend(value);
            }
            AttributeKind::Destinations => self.destinations(attribute, after, unknown)?,
            AttributeKind::Flag(slot) => {
                let found = after.flag(name)?;
                *slot(&mut self.request) = found.map(|found| self.found(parameter, found));
            }
            AttributeKind::Text(slot) => {
                let found = after.text(name)?.filter(|(value, _)| !value.is_empty());
                *slot(&mut self.request) = found.map(|found| self.found(parameter, found));
            }
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
        let Some(found) = after.list(attribute.name)? else { return Ok(()) };
        let values = self.found(attribute.parameter.clone(), found);
        let are_unknown = unknown.list(attribute.name)?.map(|(list, _)| list).unwrap_or_default();
        for (subscript, value) in values.into_iter().enumerate() {
            let parameter = attribute.parameter.clone().element(subscript);
            let name = if are_unknown.get(subscript).is_some_and(|value| is_true(value)) {
                self.unknown(parameter, attribute.name);
                String::new()
            } else {
                let path = || format!("{}[{subscript}]", after.path_of(attribute.name));
                self.found(parameter, after.text_at(value, path)?)
            };
            self.request.destination_regions.push(name);
        }
        Ok(())
    }

    /// Keeps the span of a value, and returns the value.
    fn found<T>(&mut self, parameter: Parameter, (value, span): Found<T>) -> T {
        self.spans.push((parameter, span));
        value
    }

    fn unknown(&mut self, parameter: Parameter, attribute: &str) {
        let needs = format!("`{attribute}` of `{}`, which is known after apply", self.address);
        self.unknowns.push((parameter, needs));
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
            .unknowns
            .into_iter()
            .fold(request, |request, (parameter, needs)| request.unknown(parameter, needs));
        PlannedCall::new(self.address, request).with_origins(self.origins).with_spans(self.spans)
    }
}

fn is_true(value: &RawValue) -> bool {
    value.get() == "true"
}
