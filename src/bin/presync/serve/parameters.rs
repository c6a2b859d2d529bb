//! The parameters of the actions that describe: from a query, a form or a JSON body, and headers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use presync::text::clean;
use presync::wire::{Headers, MAX_FORM_BYTES, MAX_URL_BYTES};
use presync::{ErrorCode, Parameter};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The version of the API whose actions these are.
const VERSION: &str = "2017-03-12";

/// The most filters of a request, and the most values of a filter, as the page of DescribeImages
/// says.
const MAX_FILTERS: usize = 10;
const MAX_FILTER_VALUES: usize = 5;

/// The reason why a call is refused that no rule judges.
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) parameter: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, parameter: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, parameter: parameter.into(), message: message.into() }
    }

    /// Returns a refusal with a code that the library's table does not have, for
    /// SyncImages does not give it.
    pub(super) fn other(code: &str, parameter: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code.parse().unwrap_or(ErrorCode::InvalidParameter), parameter, message)
    }
}

/// Returns the action that a call names: in a header, else in its body or query.
pub(super) fn action(bytes: &[u8], headers: Headers<'_>) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Named {
        action: Option<String>,
    }

    if let Some(action) = headers.action() {
        return Some(action.to_owned());
    }
    match Form::of(bytes) {
        Form::Json(json) => serde_json::from_slice::<Named>(json).ok()?.action,
        Form::Query(query) => values(query, "Action").next(),
    }
}

/// Returns the region that a call names, whatever else is wrong with it: in a header, else
/// once in its body or query.
pub(super) fn region(bytes: &[u8], headers: Headers<'_>) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Named {
        region: Option<String>,
    }

    if let Some(region) = headers.region() {
        return Some(region.to_owned());
    }
    match Form::of(bytes) {
        Form::Json(json) => serde_json::from_slice::<Named>(json).ok()?.region,
        Form::Query(query) => {
            let mut values = values(query, "Region");
            values.next().filter(|_| values.next().is_none())
        }
    }
}

/// Returns the values of a parameter in a query.
fn values(query: &[u8], parameter: &'static str) -> impl Iterator<Item = String> {
    let pairs = form_urlencoded::parse(query).filter(move |(name, _)| name == parameter);
    pairs.map(|(_, value)| value.into_owned())
}

/// The form in which a call travels.
enum Form<'b> {
    Json(&'b [u8]),
    Query(&'b [u8]),
}

impl<'b> Form<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        match bytes.strip_prefix(b"/?") {
            Some(query) => Self::Query(query),
            None if bytes.trim_ascii_start().starts_with(b"{") => Self::Json(bytes),
            None => Self::Query(bytes),
        }
    }
}

/// A filter of DescribeImages.
#[derive(Default)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// The parameters of a call that describes.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) region: Option<String>,
    pub(super) image_ids: Vec<String>,
    pub(super) filters: Vec<Filter>,
    pub(super) offset: Option<u64>,
    pub(super) limit: Option<u64>,
    pub(super) instance_type: Option<String>,
}

/// A value of a call, with the path that is its name in a query, such as `Filters.0.Name`.
enum Leaf {
    Text(String),
    Number(String),
    EmptyList,
    /// A value of a type that no parameter has.
    Other,
}

/// The parameters as they are read, one leaf after another.
#[derive(Default)]
struct Draft {
    action: Option<String>,
    version: Option<String>,
    region: Option<String>,
    image_ids: BTreeMap<usize, String>,
    filter_names: BTreeMap<usize, String>,
    filter_values: BTreeMap<usize, BTreeMap<usize, String>>,
    offset: Option<u64>,
    limit: Option<u64>,
    instance_type: Option<String>,
}

impl Parameters {
    /// Reads the parameters of an action; `has` says which it has.
    pub(super) fn read(bytes: &[u8], headers: Headers<'_>, has: fn(&str) -> bool) -> Result<Self, Refusal> {
        let mut draft = Draft::default();
        match Form::of(bytes) {
            Form::Json(json) => {
                within(json, MAX_FORM_BYTES)?;
                let value: Json = serde_json::from_slice(json).map_err(|error| {
                    let (line, column) = (error.line(), error.column().max(1));
                    let what = if error.to_string().starts_with("number out of range") {
                        "a number in the body is out of range"
                    } else {
                        "the body is not JSON, or not all of it is there"
                    };
                    let message = format!("line {line}, column {column}: {what}");
                    Refusal::new(ErrorCode::InvalidParameter, "", message)
                })?;
                draft.json(&mut String::new(), value, has)?;
            }
            Form::Query(query) => {
                within(query, if bytes.len() > query.len() { MAX_URL_BYTES } else { MAX_FORM_BYTES })?;
                draft.query(query, has)?;
            }
        }
        agreed("Action", headers.action(), draft.action.take())?;
        let version = agreed("Version", headers.version(), draft.version.take())?;
        match version.as_deref() {
            Some(VERSION) => {}
            Some(other) => {
                let message = format!("the API has no version `{}`", clean(other));
                return Err(Refusal::new(ErrorCode::NoSuchVersion, "Version", message));
            }
            None => return Err(missing("Version")),
        }
        let region = agreed("Region", headers.region(), draft.region.take())?;
        draft.finish(region)
    }
}

fn within(bytes: &[u8], limit: usize) -> Result<(), Refusal> {
    if bytes.len() <= limit {
        return Ok(());
    }
    let message = format!("a request of this action has at most {limit} bytes: this one has more");
    Err(Refusal::new(ErrorCode::InvalidParameter, "", message))
}

fn unknown(name: &str) -> Refusal {
    let message = format!("the action has no parameter `{}`", clean(name));
    Refusal::new(ErrorCode::UnknownParameter, clean(name), message)
}

fn repeated(path: &str) -> Refusal {
    let message = format!("`{}` is sent more than once", clean(path));
    Refusal::new(ErrorCode::InvalidParameter, clean(path), message)
}

pub(super) fn missing(parameter: &str) -> Refusal {
    Refusal::new(ErrorCode::MissingParameter, parameter, format!("`{parameter}` is required"))
}

/// Returns a parameter that is sent in a header or in the body, or the same in both.
fn agreed(name: &str, header: Option<&str>, body: Option<String>) -> Result<Option<String>, Refusal> {
    match (header, body) {
        (Some(header), Some(body)) if header != body => {
            let (header, body) = (clean(header), clean(&body));
            let message = format!("`{name}` is `{body}`, and the header `X-TC-{name}` is `{header}`");
            Err(Refusal::new(ErrorCode::InvalidParameterValue, name, message))
        }
        (header, body) => Ok(body.or_else(|| header.map(str::to_owned))),
    }
}

impl Draft {
    fn query(&mut self, query: &[u8], has: fn(&str) -> bool) -> Result<(), Refusal> {
        let parts = query.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
        for part in parts {
            let Some((name, value)) = form_urlencoded::parse(part).next().filter(|_| part.contains(&b'='))
            else {
                let message = "neither a JSON object nor parameters such as `Offset=0`, joined by `&`";
                return Err(Refusal::new(ErrorCode::InvalidParameter, "", message));
            };
            let value = value.into_owned();
            let is_number = matches!(&*name, "Offset" | "Limit");
            self.leaf(&name, if is_number { Leaf::Number(value) } else { Leaf::Text(value) }, has)?;
        }
        Ok(())
    }

    /// Reads a value and what is in it. The parser has limited the depth.
    fn json(&mut self, path: &mut String, value: Json, has: fn(&str) -> bool) -> Result<(), Refusal> {
        // The one object within a request is a filter. What looks like a path is no name in JSON.
        let is_filter = path.strip_prefix("Filters.").is_some_and(|rest| !rest.contains('.'));
        let children: Vec<(String, Json)> = match value {
            Json::Object(members) if is_filter && members.is_empty() => {
                return Err(Refusal::other("InvalidFilter", format!("{path}.Name"), "a filter has a name"));
            }
            Json::Object(members) if path.is_empty() || is_filter => {
                if let Some((name, _)) = members.iter().find(|(name, _)| name.contains('.')) {
                    return Err(unknown(name));
                }
                let mut names = BTreeSet::new();
                if let Some((name, _)) = members.iter().find(|(name, _)| !names.insert(name)) {
                    let dot = if path.is_empty() { "" } else { "." };
                    return Err(repeated(&format!("{path}{dot}{name}")));
                }
                members
            }
            Json::List(elements) if !elements.is_empty() => elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| (index.to_string(), element))
                .collect(),
            Json::List(_) => return self.leaf(path, Leaf::EmptyList, has),
            Json::Text(text) => return self.leaf(path, Leaf::Text(text), has),
            Json::Number(number) => return self.leaf(path, Leaf::Number(number), has),
            Json::Object(_) | Json::Other => return self.leaf(path, Leaf::Other, has),
        };
        let length = path.len();
        for (name, child) in children {
            if length > 0 {
                path.push('.');
            }
            path.push_str(&name);
            self.json(path, child, has)?;
            path.truncate(length);
        }
        Ok(())
    }

    /// Takes one value.
    fn leaf(&mut self, path: &str, leaf: Leaf, has: fn(&str) -> bool) -> Result<(), Refusal> {
        let parts: Vec<&str> = path.split('.').take(5).collect();
        let first = parts.first().copied().unwrap_or_default();
        let is_common = |name: &str| Parameter::common().any(|parameter| parameter == name);
        if is_common(path) {
            return Ok(());
        }
        if !matches!(first, "Action" | "Version" | "Region") && !has(first) {
            return Err(unknown(first));
        }
        let is_new = match (&*parts, leaf) {
            (["Action"], Leaf::Text(text)) => self.action.replace(text).is_none(),
            (["Version"], Leaf::Text(text)) => self.version.replace(text).is_none(),
            (["Region"], Leaf::Text(text)) => self.region.replace(text).is_none(),
            (["InstanceType"], Leaf::Text(text)) => self.instance_type.replace(text).is_none(),
            (["Offset"], Leaf::Number(text)) => self.offset.replace(count("Offset", &text)?).is_none(),
            (["Limit"], Leaf::Number(text)) => self.limit.replace(count("Limit", &text)?).is_none(),
            (["ImageIds" | "Filters"], Leaf::EmptyList) => true,
            (["ImageIds", index], Leaf::Text(text)) => {
                self.image_ids.insert(subscript(path, index)?, text).is_none()
            }
            (["Filters", index, "Name"], Leaf::Text(text)) => {
                self.filter_names.insert(subscript(path, index)?, text).is_none()
            }
            (["Filters", index, "Values"], Leaf::EmptyList) => {
                self.filter_values.insert(subscript(path, index)?, BTreeMap::new()).is_none()
            }
            (["Filters", index, "Values", value], Leaf::Text(text)) => {
                let values = self.filter_values.entry(subscript(path, index)?).or_default();
                values.insert(subscript(path, value)?, text).is_none()
            }
            (["Filters", index, other, ..], _) if !matches!(*other, "Name" | "Values") => {
                return Err(unknown(&format!("Filters.{index}.{other}")));
            }
            (parts, _) => {
                let message = format!("`{}` has another type: expected {}", clean(path), type_of(parts));
                return Err(Refusal::new(ErrorCode::InvalidParameter, clean(path), message));
            }
        };
        if is_new { Ok(()) } else { Err(repeated(path)) }
    }

    fn finish(self, region: Option<String>) -> Result<Parameters, Refusal> {
        let mut filters = Vec::new();
        let Self { filter_names, mut filter_values, .. } = self;
        for name in list("Filters", filter_names)? {
            let index = filters.len();
            let path = format!("Filters.{index}.Values");
            let values = list(&path, filter_values.remove(&index).unwrap_or_default())?;
            if values.is_empty() {
                return Err(Refusal::other("InvalidFilter", path, "a filter has at least one value"));
            }
            if values.len() > MAX_FILTER_VALUES {
                let message = format!("a filter has at most {MAX_FILTER_VALUES} values");
                return Err(Refusal::other("InvalidFilterValue.LimitExceeded", path, message));
            }
            filters.push(Filter { name, values });
        }
        if let Some((index, _)) = filter_values.first_key_value() {
            let path = format!("Filters.{index}.Name");
            return Err(Refusal::other("InvalidFilter", path, "a filter has a name"));
        }
        if filters.len() > MAX_FILTERS {
            let message = format!("a request has at most {MAX_FILTERS} filters");
            return Err(Refusal::new(ErrorCode::InvalidParameterValueLimitExceeded, "Filters", message));
        }
        Ok(Parameters {
            region,
            image_ids: list("ImageIds", self.image_ids)?,
            filters,
            offset: self.offset,
            limit: self.limit,
            instance_type: self.instance_type,
        })
    }
}

/// Returns the type of a parameter, or of a part of one.
fn type_of(parts: &[&str]) -> &'static str {
    match parts {
        ["Offset" | "Limit"] => "a number",
        ["ImageIds" | "Filters"] | ["Filters", _, "Values"] => "a list",
        ["Filters", _] => "an object with `Name` and `Values`",
        _ => "a text",
    }
}

/// A JSON value with every key of its objects, also one that is there twice.
enum Json {
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Text(String),
    Number(String),
    /// A value of a type that no parameter has.
    Other,
}

/// The smallest number that is too large for a whole one.
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct JsonVisitor;

        impl<'de> Visitor<'de> for JsonVisitor {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Json::Object(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = sequence.next_element()? {
                    elements.push(element);
                }
                Ok(Json::List(elements))
            }

            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                // So large a number is a whole one, which is written with all of its digits.
                let is_large = number.abs() >= TWO_TO_64;
                Ok(Json::Number(if is_large { format!("{number}") } else { format!("{number:?}") }))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Other)
            }
        }

        deserializer.deserialize_any(JsonVisitor)
    }
}

/// Returns the elements of a list whose subscripts run from 0.
fn list(name: &str, elements: BTreeMap<usize, String>) -> Result<Vec<String>, Refusal> {
    if elements.keys().enumerate().any(|(index, subscript)| index != *subscript) {
        let message = format!("the subscripts of `{name}` run 0, 1, 2 and so on");
        return Err(Refusal::new(ErrorCode::InvalidParameter, name, message));
    }
    Ok(elements.into_values().collect())
}

fn subscript(path: &str, text: &str) -> Result<usize, Refusal> {
    let subscript = text.parse::<usize>().ok().filter(|number| number.to_string() == text);
    subscript.ok_or_else(|| {
        let message = format!("`{}` is no subscript", clean(text));
        Refusal::new(ErrorCode::InvalidParameter, clean(path), message)
    })
}

fn count(name: &str, text: &str) -> Result<u64, Refusal> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let is_whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (code, message) = match text.strip_prefix('-') {
        Some(rest) if is_whole(rest) => (ErrorCode::InvalidParameterValue, "is negative"),
        None if is_whole(text.strip_prefix('+').unwrap_or(text)) => {
            (ErrorCode::InvalidParameterValue, "is out of range")
        }
        _ => (ErrorCode::InvalidParameter, "is no whole number"),
    };
    Err(Refusal::new(code, name, format!("`{name}` {message}")))
}
