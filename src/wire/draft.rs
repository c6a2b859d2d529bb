//! A request, while it is read.

use std::borrow::Cow;

use super::error::DecodeError;
use super::headers::Headers;
use super::kind;
use super::parts::Cut;
use super::{ACTION, MAX_ITEMS, MAX_VALUE_BYTES};

use crate::model::{DOCUMENTED_VERSION, Edition, Parameter, Row, SyncRequest};
use crate::report::{Fact, FactValue, Finding, Violation};
use crate::rule::{Rule, hint};
use crate::rules::destination_regions::{DESTINATION_REQUIRED, no_destination};
use crate::rules::{self, common, image_ids, shape};
use crate::text::{clean, nearest};

/// The most unknown names that are kept for a message.
const FEW_NAMES: usize = 4;

/// The form of a request. Lists have subscripts in a query, and a query states its version itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Query,
    Json,
}

/// A request while it is read, with the violations of its shape so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) request: SyncRequest,
    /// The action that is sent, if it is another one than SyncImages.
    other_action: Option<String>,
    /// True if a number stands where a text or a list was expected, whose digits the
    /// JSON reader does not keep.
    pub(super) has_number: bool,
    /// True if a parameter of the action is among those that are sent, or a
    /// name that was meant for one.
    is_of_action: bool,
    /// For each row of the table of parameters, in order, a bit that is 1 if the parameter is sent.
    seen: u32,
    items: usize,
    violations: Vec<Violation>,
    /// The first names that no parameter has.
    unknown_names: Vec<String>,
    looks_like: Option<&'static str>,
    /// The first parameter beside which a line break stands that no client sends.
    broken_at: Option<Parameter>,
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
        self.violations.push(Violation::new(rule.id().into(), code, rule.worded(finding)));
    }

    /// True if a parameter is sent for the first time; otherwise adds a violation.
    pub(super) fn is_first(&mut self, row: &'static Row) -> bool {
        let is_first = self.seen & row.bit() == 0;
        if is_first {
            self.seen |= row.bit();
        } else {
            self.duplicate(row.parameter());
        }
        is_first
    }

    fn has_seen(&self, name: &str) -> bool {
        Row::named(name).is_some_and(|row| self.seen & row.bit() != 0)
    }

    pub(super) fn duplicate(&mut self, parameter: Parameter) {
        self.violation(&shape::PARAMETER_ONCE, Finding::on(parameter));
    }

    /// Notes that a parameter of the action is sent.
    pub(super) fn is_request(&mut self) {
        self.is_of_action = true;
    }

    /// Adds the violation of a name that no parameter has.
    pub(super) fn unknown(&mut self, name: &str, form: Form, meant: Option<&'static str>) {
        self.note(name);
        if form == Form::Json && (self.looks_like.is_none() || name == kind::OF_REGIONS) {
            self.looks_like = kind::of_key(name);
        }
        let finding = Finding::on(Parameter::named(name));
        let finding = match meant {
            Some(meant) => finding.fact(Fact::Meant, meant),
            None => finding,
        };
        self.violation(&common::PARAMETER_KNOWN, finding);
    }

    /// Adds the violation of a name that starts with the rest of an `&` as HTML writes it.
    pub(super) fn entity(&mut self, name: &str) {
        self.note(name);
        let finding = Finding::on(Parameter::named(name)).fact(Fact::Damage, shape::ENTITY);
        self.violation(&common::PARAMETER_KNOWN, finding);
    }

    /// Notes a name that no parameter has.
    pub(super) fn note(&mut self, name: &str) {
        self.is_of_action |= hint::is_nearly_a_list(name);
        if self.unknown_names.len() <= FEW_NAMES {
            let name = clean(name);
            if !self.unknown_names.contains(&name) {
                self.unknown_names.push(name);
            }
        }
    }

    /// Returns the index of the violation that was added last.
    pub(super) fn last(&self) -> usize {
        self.violations.len().saturating_sub(1)
    }

    /// Sets the hint of the violation that was added last.
    pub(super) fn set_hint(&mut self, hint: String) {
        if let Some(violation) = self.violations.last_mut() {
            violation.set_hint(hint);
        }
    }

    /// Returns the parameter of a violation, by its index.
    pub(super) fn parameter_of(&self, violation: usize) -> Option<&Parameter> {
        self.violations.get(violation).map(Violation::parameter)
    }

    /// Sets what was meant in a violation, by its index, with the hint that says so.
    pub(super) fn set_meant(&mut self, violation: usize, fact: Fact, meant: FactValue, hint: String) {
        if let Some(violation) = self.violations.get_mut(violation) {
            violation.set_fact(fact, meant);
            violation.set_hint(hint);
        }
    }

    /// Notes a line break beside a parameter.
    pub(super) fn broken(&mut self, parameter: impl FnOnce() -> Parameter) {
        if self.broken_at.is_none() {
            self.broken_at = Some(parameter());
        }
    }

    /// Adds the violation of a value of another type than the expected one, with the value that
    /// was meant, or the elements.
    pub(super) fn wrong_type(
        &mut self,
        parameter: Parameter,
        expected: &'static str,
        value: &str,
        meant: Option<FactValue>,
    ) {
        let finding = Finding::on(parameter).value(value).fact(Fact::Expected, expected);
        let finding = match meant {
            None => finding,
            Some(elements @ FactValue::Texts(_)) => finding.fact(Fact::Elements, elements),
            Some(meant) => finding.fact(Fact::Meant, meant),
        };
        self.violation(&shape::PARAMETER_TYPE, finding);
    }

    /// Adds the violation of a value of another type, which may be `null`: no value.
    pub(super) fn wrong_value(
        &mut self,
        parameter: Parameter,
        expected: &'static str,
        value: &str,
        meant: Option<FactValue>,
    ) {
        if value != "null" {
            return self.wrong_type(parameter, expected, value, meant);
        }
        let finding = Finding::on(parameter).value(value).fact(Fact::Expected, expected);
        self.violation(&shape::PARAMETER_TYPE, finding.fact(Fact::Damage, shape::NULL));
    }

    /// Sets the action.
    pub(super) fn set_action(&mut self, action: Cow<'_, str>) {
        if action != ACTION {
            self.other_action = Some(action.into_owned());
        }
    }

    /// True if a value is not too long; otherwise adds a violation.
    pub(super) fn is_short(&mut self, parameter: impl FnOnce() -> Parameter, value: &str) -> bool {
        if value.len() <= MAX_VALUE_BYTES {
            return true;
        }
        let finding = Finding::on(parameter()).value(value).fact(Fact::Damage, shape::TOO_LONG);
        let finding = finding.fact(Fact::Limit, MAX_VALUE_BYTES);
        self.violation(&shape::PARAMETER_TYPE, finding);
        false
    }

    /// Returns the request, once all of the body is read. `cut` tells which parameters stand behind
    /// the `#` at which a URL ends.
    pub(super) fn finish(
        mut self,
        form: Form,
        headers: &Headers<'_>,
        cut: Option<Cut<'_>>,
    ) -> Result<SyncRequest, DecodeError> {
        // A call whose action is known is a request, whatever is in it.
        if headers.action.is_none() && !self.is_of_action && !self.unknown_names.is_empty() {
            return Err(match self.looks_like {
                Some(what) => DecodeError::LooksLike { what },
                None => DecodeError::NoParameter { names: self.unknown_names },
            });
        }
        let mut actions = self.other_action.as_deref().into_iter().chain(headers.action);
        if let Some(other) = actions.find(|action| *action != ACTION) {
            let finding = Finding::on(Parameter::ACTION).value(other).fact(Fact::Expected, ACTION);
            let finding = action_meant(other, finding);
            self.violations.clear();
            self.violation(&shape::ACTION_SYNC_IMAGES, finding);
            return Err(DecodeError::Shape { violations: self.violations });
        }
        let version = self.request.version.take();
        self.request.version = self.agreed(Parameter::VERSION, version, headers.version);
        let region = self.request.region.take();
        self.request.region = self.agreed(Parameter::REGION, region, headers.region);
        if self.request.version.is_none() && form == Form::Json && !headers.complete {
            self.request.version = Some(DOCUMENTED_VERSION.to_owned());
        }
        // What is signed in the query has no headers of its own.
        let is_signed_query = form == Form::Query && (self.has_seen("Action") || self.has_seen("Signature"));
        self.request.has_no_region = self.request.region.is_none() && (headers.complete || is_signed_query);

        let is_readable = self.violations.is_empty();
        if let Some(parameter) = self.broken_at.take() {
            let finding = Finding::on(parameter).fact(Fact::Damage, shape::LINE_BREAK);
            self.violation(&shape::PARAMETER_TYPE, finding);
        }
        if let Some(cut) = cut.filter(|_| is_readable) {
            self.cut(&cut);
        }
        if self.violations.is_empty() {
            return Ok(self.request);
        }
        let order = |violation: &Violation| rules::all().position(|rule| rule.id() == violation.rule());
        self.violations.sort_by_cached_key(|violation| (order(violation), violation.parameter().clone()));
        self.violations.dedup_by(|b, a| a.rule() == b.rule() && a.parameter() == b.parameter());
        let violations = self.violations;
        if is_readable {
            return Err(DecodeError::Damaged { request: Box::new(self.request), violations });
        }
        Err(DecodeError::Shape { violations })
    }

    /// Adds a violation for each required parameter that stands behind the `#`.
    fn cut(&mut self, cut: &Cut<'_>) {
        let request = &self.request;
        let has_image = !request.image_ids.is_empty();
        let has_destination = !request.destination_regions.is_empty();
        let required: [(bool, &'static Rule, Finding); 3] = [
            (request.version.is_some(), &common::VERSION_REQUIRED, common::no_version()),
            (has_image, &image_ids::IMAGE_REQUIRED, image_ids::no_image(Edition::FIRST)),
            (has_destination, &DESTINATION_REQUIRED, no_destination()),
        ];
        for (is_there, rule, finding) in required {
            if !is_there && cut.has(finding.parameter().name()) {
                self.violation(rule, finding.fact(Fact::Damage, shape::CUT));
                self.set_hint(cut.hint());
            }
        }
    }

    /// Returns the value in the body, or else the one in the header; adds a violation if they
    /// differ.
    fn agreed(&mut self, parameter: Parameter, body: Option<String>, header: Option<&str>) -> Option<String> {
        match (body, header) {
            (Some(body), Some(header)) if body != header => {
                let finding = Finding::on(parameter).value(&body).fact(Fact::Header, header);
                self.violation(&shape::HEADERS_AGREE, finding);
                Some(body)
            }
            (body, header) => body.or_else(|| header.map(str::to_owned)),
        }
    }
}

/// Adds what was meant by another action. Where it starts with the right one, all of the
/// request was read as its value.
fn action_meant(action: &str, finding: Finding) -> Finding {
    let action = action.trim();
    let starts = |end: usize| {
        let start = action.get(..end).map(str::trim_end);
        start.is_some_and(|start| start == ACTION || nearest(start, [ACTION]).is_some())
    };
    if action.find("\\u0026").is_some_and(starts) {
        return finding.fact(Fact::Damage, shape::JSON_ESCAPE);
    }
    if action.find(['\n', '\r']).is_some_and(starts) {
        return finding.fact(Fact::Damage, shape::LINE_BREAK);
    }
    match nearest(action, [ACTION]) {
        Some(meant) => finding.fact(Fact::Meant, meant),
        None => finding,
    }
}
