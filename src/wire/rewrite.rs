//! A request in the form in which another one came.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::parts::{decoded, pairs, split_at};
use super::{Sent, sent};

use crate::model::{Row, Slot, SyncRequest, word};

/// The common parameter that is made of all others.
const SIGNATURE: &str = "Signature";

/// Returns the text of a request with other values: a URL stays a URL, a form a form, and a JSON body a JSON body.
/// `from` is the request that was [read](super::decode) from the bytes, and `to` the one to be written. Only what
/// differs between the two is changed, so that common parameters stay, in their order. A signature does not: a
/// request with other values is to be signed anew. `None` where the bytes are no request.
///
/// ```
/// use presync::wire;
///
/// let url = b"https://cvm.tencentcloudapi.com/?Version=2017-03-12&Nonce=7&ImageIds.0=img-o3ycss2p&DestinationRegions.0=sh";
/// let from = wire::decode(url)?;
/// let mut to = from.clone();
/// to.destination_regions = vec!["ap-shanghai".to_owned()];
/// assert_eq!(
///     wire::rewrite(url, &from, &to).unwrap(),
///     "https://cvm.tencentcloudapi.com/?Version=2017-03-12&Nonce=7&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai",
/// );
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["sh"]}"#;
/// let rewritten = wire::rewrite(body, &from, &to).unwrap();
/// assert_eq!(rewritten, r#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#);
/// # Ok::<(), presync::wire::DecodeError>(())
/// ```
#[must_use]
pub fn rewrite(bytes: &[u8], from: &SyncRequest, to: &SyncRequest) -> Option<String> {
    let changed: Vec<&'static Row> = Row::all().iter().filter(|row| differs(row, from, to)).collect();
    match sent(bytes).ok()? {
        Sent::Json(text) => json(text, &changed, to),
        Sent::Query(query) => {
            let mut parts: Vec<String> = Vec::new();
            let mut left: Vec<&Row> = changed.clone();
            for pair in pairs(&query) {
                let name = decoded(pair.name)?;
                let stem = split_at(&name, b'.').map_or(&*name, |(stem, _)| stem);
                if let Some(row) = changed.iter().find(|row| row.name == stem) {
                    // All of a list stands where its first element stood.
                    if let Some(index) = left.iter().position(|other| other.name == row.name) {
                        left.remove(index);
                        parts.extend(written(row, to));
                    }
                } else if changed.is_empty() || stem != SIGNATURE {
                    parts.push(match pair.value {
                        Some(value) => format!("{}={value}", pair.name),
                        None => pair.name.to_owned(),
                    });
                }
            }
            parts.extend(left.into_iter().flat_map(|row| written(row, to)));
            Some(format!("{}{}", query.address(), parts.join("&")))
        }
    }
}

fn differs(row: &Row, from: &SyncRequest, to: &SyncRequest) -> bool {
    match row.slot {
        Slot::List { get, .. } => get(from) != get(to),
        _ => row.sent(from) != row.sent(to),
    }
}

/// Returns the parts of a query that state a parameter; none where it is not sent.
fn written(row: &Row, request: &SyncRequest) -> Vec<String> {
    let part = |name: &str, value: &str| {
        form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
    };
    match row.slot {
        Slot::List { get, .. } => {
            let elements = get(request).iter().enumerate();
            elements.map(|(subscript, value)| part(&format!("{}.{subscript}", row.name), value)).collect()
        }
        _ => row.sent(request).map(|value| part(row.name, &value)).into_iter().collect(),
    }
}

fn json(text: &str, changed: &[&'static Row], to: &SyncRequest) -> Option<String> {
    let Entries(mut entries) = serde_json::from_str(text).ok()?;
    for row in changed {
        let value = json_value(row, to);
        match (entries.iter().position(|(name, _)| name == row.name), value) {
            (Some(index), Some(value)) => entries.get_mut(index)?.1 = value,
            (Some(index), None) => drop(entries.remove(index)),
            (None, Some(value)) => entries.push((row.name.to_owned(), value)),
            (None, None) => {}
        }
    }
    if !changed.is_empty() {
        entries.retain(|(name, _)| name != SIGNATURE);
    }
    // A body that was written on several lines has a line for each parameter again.
    let (open, between, close) =
        if text.trim_end().contains('\n') { ("{\n  ", ",\n  ", "\n}") } else { ("{", ", ", "}") };
    let entries = entries.iter().map(|(name, value)| Some(format!("{}: {value}", quoted(name)?)));
    let entries: Option<Vec<String>> = entries.collect();
    Some(format!("{open}{}{close}", entries?.join(between)))
}

/// Returns the value of a parameter in JSON; `None` where it is not sent.
fn json_value(row: &Row, request: &SyncRequest) -> Option<String> {
    match row.slot {
        Slot::List { get, .. } => {
            let elements: Option<Vec<String>> = get(request).iter().map(|element| quoted(element)).collect();
            Some(format!("[{}]", elements?.join(", ")))
        }
        Slot::Flag { get, .. } => get(request).map(|flag| word(flag).to_owned()),
        _ => quoted(&row.sent(request)?),
    }
}

fn quoted(text: &str) -> Option<String> {
    serde_json::to_string(text).ok()
}

/// The parameters of a body, in their order, each with its value as it was written.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfEntries;

        impl<'de> Visitor<'de> for OfEntries {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of parameters")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    entries.push((name, value.get().to_owned()));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(OfEntries)
    }
}
