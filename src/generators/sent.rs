//! A request as it is sent, in two forms, and how its shape is broken in each.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::ruleset::Ruleset;
use crate::model::{DOCUMENTED_VERSION, Parameter, State, SyncRequest};
use crate::report::report::Report;
use crate::rule::Rule;
use crate::rules::{common, shape};
use crate::wire::{self, Headers, headers};

/// A request as it is sent: a JSON body beside headers, and a query string.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// The headers; `None` if they are not known.
    pub(crate) headers: Option<BTreeMap<String, String>>,
    /// The members of the JSON body, each with its value as it is written. `None` where the
    /// request cannot be sent so.
    body: Option<Vec<(String, String)>>,
    /// The pairs of the query. `None` where the request cannot be sent so.
    query: Option<Vec<(String, String)>>,
}

impl Sent {
    pub(crate) fn new(request: &SyncRequest) -> Self {
        let mut own = request.clone();
        (own.version, own.region) = (None, None);
        let members = serde_json::to_value(&own).unwrap_or_default();
        let members = members.as_object().into_iter().flatten().filter(|(key, _)| *key != "Version");
        let body = members.map(|(key, value)| (key.clone(), value.to_string())).collect();
        // Without its headers, a body does not say whether a region is sent. A query always does.
        let is_known = request.region.is_some() || request.has_no_region;
        let headers = [
            (headers::ACTION, Some("SyncImages")),
            (headers::VERSION, request.version.as_deref()),
            (headers::REGION, request.region.as_deref()),
        ];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let can_be_sent = headers.clone().all(|(_, value)| is_header(value));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let query = wire::encode_query(request);
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self {
            headers: (is_known && can_be_sent).then(|| headers.collect()),
            body: can_be_sent.then_some(body),
            query: is_known.then_some(pairs),
        }
    }

    /// The text of the JSON body.
    pub(crate) fn body(&self) -> Option<String> {
        let members = self.body.as_ref()?.iter();
        let members: Vec<_> =
            members.map(|(key, value)| format!("{}:{value}", Value::from(&**key))).collect();
        Some(format!("{{{}}}", members.join(",")))
    }

    /// The text of the query string, which is that of a form body too.
    pub(crate) fn query(&self) -> Option<String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.query.as_ref()?);
        Some(query.finish())
    }

    /// What is said of each form in which it is sent: of the body beside its headers, and of the
    /// query. None if one of them cannot be read as a request.
    pub(crate) fn reports(&self, rules: &Ruleset, state: &State) -> Option<Vec<Report>> {
        let report = |text: String, headers: &Headers<'_>| {
            let check = |request: &SyncRequest| rules.check(request, state);
            match wire::decode_with(text.as_bytes(), headers) {
                Ok(request) => Some(check(&request)),
                Err(error) => error.into_report_with(rules, check).ok(),
            }
        };
        let headers = self.headers.as_ref();
        let headers = headers.map_or_else(Headers::unknown, |headers| {
            Headers::read(|name| headers.get(name).map(String::as_str))
        });
        let of_body = self.body().map(|text| report(text, &headers));
        let of_query = self.query().map(|text| report(text, &Headers::unknown()));
        of_body.into_iter().chain(of_query).collect()
    }

    /// Keeps one form only: the body, or the query.
    pub(crate) fn only(mut self, is_body: bool) -> Self {
        if is_body {
            self.query = None;
        } else {
            (self.headers, self.body) = (None, None);
        }
        self
    }
}

/// True if a header can have this value, and nobody on the way changes it.
fn is_header(value: &str) -> bool {
    !value.is_empty() && value.trim_ascii() == value && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Breaks the shape of a request. A form in which it cannot be broken so is left out.
type Break = fn(&mut Sent) -> Option<()>;

/// Every rule that is enforced while a request is read, and how it is broken.
pub(crate) static SHAPES: &[(&Rule, Break)] = &[
    (&shape::ACTION_SYNC_IMAGES, |sent| {
        // No service has this one. Any other action of the API is one that a service may answer.
        let action = "SyncImage";
        sent.headers.as_mut()?.insert(headers::ACTION.to_owned(), action.to_owned());
        for (name, value) in sent.query.iter_mut().flatten() {
            if name == "Action" {
                action.clone_into(value);
            }
        }
        Some(())
    }),
    (&shape::HEADERS_AGREE, |sent| {
        sent.query = None;
        let version = sent.headers.as_ref()?.get(headers::VERSION)?;
        let other = if version == DOCUMENTED_VERSION { "2017-03-21" } else { DOCUMENTED_VERSION };
        sent.body.as_mut()?.push(("Version".to_owned(), Value::from(other).to_string()));
        Some(())
    }),
    (&shape::PARAMETER_TYPE, |sent| {
        sent.query = None;
        let ids = sent.body.as_mut()?.iter_mut().find(|(key, _)| key == Parameter::IMAGE_IDS.name())?;
        let list: Vec<String> = serde_json::from_str(&ids.1).ok()?;
        ids.1 = Value::from(list.into_iter().next()?).to_string();
        Some(())
    }),
    (&shape::PARAMETER_ONCE, |sent| {
        let list = Parameter::DESTINATION_REGIONS;
        if let Some(body) = &mut sent.body {
            let again = body.iter().find(|(key, _)| key == list.name())?.clone();
            body.push(again);
        }
        if let Some(query) = &mut sent.query {
            let again = query.iter().find(|(key, _)| key.starts_with(list.name()))?.clone();
            query.push(again);
        }
        Some(())
    }),
    (&shape::SUBSCRIPTS_FROM_ZERO, |sent| {
        (sent.headers, sent.body) = (None, None);
        let id = sent
            .query
            .as_mut()?
            .iter_mut()
            .find(|(name, _)| name.starts_with(Parameter::IMAGE_IDS.name()))?;
        id.0 = Parameter::IMAGE_IDS.element(1).to_string();
        Some(())
    }),
    (&common::PARAMETER_KNOWN, |sent| {
        let name = "DestinationRegion";
        if let Some(body) = &mut sent.body {
            body.push((name.to_owned(), Value::from("ap-shanghai").to_string()));
        }
        if let Some(query) = &mut sent.query {
            query.push((name.to_owned(), "ap-shanghai".to_owned()));
        }
        Some(())
    }),
];
