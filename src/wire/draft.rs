//! A request, while it is read.

use super::error::DecodeError;
use super::headers::Headers;
use super::{ACTION, MAX_ITEMS, MAX_VALUE_BYTES};

use crate::model::{DOCUMENTED_VERSION, Edition, Parameter, Row, SyncRequest};
use crate::report::{Finding, Violation};
use crate::rule::{Rule, hint};
use crate::rules::{self, common, shape};
use crate::text::{clean, nearest};

/// The form of a request. Lists have subscripts in a query, and a query states its version itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Query,
    Json,
}

/// A request while it is read, with the violations of its shape so far.
pub(super) struct Draft {
    pub(super) request: SyncRequest,
    pub(super) action: Option<String>,
    seen: Vec<&'static str>,
    items: usize,
    violations: Vec<Violation>,
}

impl Default for Draft {
    fn default() -> Self {
        let seen = Vec::with_capacity(Row::all().len());
        Self { request: SyncRequest::default(), action: None, seen, items: 0, violations: Vec::new() }
    }
}

impl Draft {
    /// Counts one more parameter or element; errors when that is too many.
    pub(super) fn count(&mut self) -> Result<(), DecodeError> {
        self.items += 1;
        if self.items > MAX_ITEMS { Err(DecodeError::TooManyItems) } else { Ok(()) }
    }

    /// Adds a violation of the shape.
    pub(super) fn violation(&mut self, rule: &'static Rule, finding: Finding) {
        // No code of these rules depends on the edition.
        let code = rule.code(Edition::FIRST).clone();
        self.violations.push(Violation::new(rule.id().into(), code, finding));
    }

    /// True if a parameter is sent for the first time; otherwise adds a violation.
    pub(super) fn is_first(&mut self, row: &'static Row) -> bool {
        let is_first = !self.seen.contains(&row.name);
        if is_first {
            self.seen.push(row.name);
        } else {
            self.duplicate(row.parameter());
        }
        is_first
    }

    pub(super) fn duplicate(&mut self, parameter: Parameter) {
        let message = format!("`{parameter}` is sent more than once");
        self.violation(&shape::PARAMETER_ONCE, Finding::new(parameter, message).allowed("once"));
    }

    pub(super) fn unknown(&mut self, name: &str, form: Form) {
        let message = format!("SyncImages has no parameter `{}`", clean(name));
        let hint = hint::parameter(name, Row::all().iter().map(|row| row.name), form == Form::Query);
        self.violation(&common::PARAMETER_KNOWN, Finding::new(Parameter::named(name), message).hint(hint));
    }

    pub(super) fn wrong_type(
        &mut self,
        parameter: Parameter,
        allowed: &'static str,
        value: &str,
        hint: Option<String>,
    ) {
        let message = format!("`{parameter}` is not {allowed}");
        let finding = Finding::new(parameter, message).value(value).allowed(allowed).hint(hint);
        self.violation(&shape::PARAMETER_TYPE, finding);
    }

    /// Returns a value; none if it is too long, after adding a violation.
    pub(super) fn text(&mut self, parameter: impl FnOnce() -> Parameter, value: &str) -> Option<String> {
        if value.len() <= MAX_VALUE_BYTES {
            return Some(value.to_owned());
        }
        let parameter = parameter();
        let message = format!("`{parameter}` is longer than {MAX_VALUE_BYTES} bytes");
        let finding =
            Finding::new(parameter, message).value(value).allowed(format!("{MAX_VALUE_BYTES} bytes"));
        self.violation(&shape::PARAMETER_TYPE, finding);
        None
    }

    /// Returns the request, once all of the body is read.
    pub(super) fn finish(mut self, form: Form, headers: &Headers<'_>) -> Result<SyncRequest, DecodeError> {
        let mut actions = self.action.as_deref().into_iter().chain(headers.action);
        if let Some(other) = actions.find(|action| *action != ACTION) {
            let message = format!("the action is `{}`, and only {ACTION} is checked", clean(other));
            let hint = nearest(other.trim(), [ACTION]).map(|meant| format!("did you mean `{meant}`?"));
            let finding = Finding::new(Parameter::ACTION, message).value(other).allowed(ACTION).hint(hint);
            self.violations.clear();
            self.violation(&shape::ACTION_SYNC_IMAGES, finding);
        } else {
            let version = self.request.version.take();
            self.request.version = self.agreed(Parameter::VERSION, version, headers.version);
            let region = self.request.region.take();
            self.request.region = self.agreed(Parameter::REGION, region, headers.region);
            self.request.has_no_region = self.request.region.is_none() && headers.complete;
            if self.request.version.is_none() && form == Form::Json && !headers.complete {
                self.request.version = Some(DOCUMENTED_VERSION.to_owned());
            }
        }
        if self.violations.is_empty() {
            return Ok(self.request);
        }
        let order = |violation: &Violation| rules::all().position(|rule| rule.id() == violation.rule());
        self.violations.sort_by_cached_key(|violation| (order(violation), violation.parameter().clone()));
        self.violations.dedup_by(|b, a| a.rule() == b.rule() && a.parameter() == b.parameter());
        Err(DecodeError::Shape { violations: self.violations })
    }

    /// Returns the value in the body, or else the one in the header; adds a violation if they
    /// differ.
    fn agreed(&mut self, parameter: Parameter, body: Option<String>, header: Option<&str>) -> Option<String> {
        match (body, header) {
            (Some(body), Some(header)) if body != header => {
                let message = format!("the body says `{}` and the header `{}`", clean(&body), clean(header));
                let allowed = format!("`{}` or `{}` in both", clean(header), clean(&body));
                self.violation(
                    &shape::HEADERS_AGREE,
                    Finding::new(parameter, message).value(&body).allowed(allowed),
                );
                Some(body)
            }
            (body, header) => body.or_else(|| header.map(str::to_owned)),
        }
    }
}
