//! A request in the form in which another one came.

use std::borrow::Cow;

use super::body::{Body, list, quoted};
use super::parts::{decoded, pairs, split_at};
use super::{Sent, sent};

use crate::model::{Row, Slot, SyncRequest, word};

/// The common parameter that is made of all others.
pub(super) const SIGNATURE: &str = "Signature";

/// Returns the text of a request with other values: a URL stays a URL, a form a form, and a JSON
/// body a JSON body. `from` is the request that was [read](super::decode) from the bytes, and `to`
/// the one to be written. Only what differs between the two is changed, so that common parameters
/// stay, in their order. A signature does not: a request with other values is to be signed anew.
/// `None` where the bytes are no request.
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
            Some(query.with(parts.join("&")))
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
    let mut body = Body::object(text)?;
    for row in changed {
        let index = body.position(row.name);
        let old = index.and_then(|index| body.items.get_mut(index));
        let value = json_value(row, to, old.as_ref().map(|item| &*item.value));
        match (old, value) {
            (Some(item), Some(value)) => item.value = Cow::Owned(value),
            (Some(_), None) => body.keep(|other, _| Some(other) != index),
            (None, Some(value)) => body.add(Some(row.name), value)?,
            (None, None) => {}
        }
    }
    if !changed.is_empty() {
        body.keep(|_, item| item.name != SIGNATURE);
    }
    Some(body.to_string().trim_ascii().to_owned())
}

/// Returns the value of a parameter in JSON, a list written as the old one is;
/// `None` where it is not sent.
fn json_value(row: &Row, request: &SyncRequest, old: Option<&str>) -> Option<String> {
    match row.slot {
        Slot::List { get, .. } => list(old, get(request)),
        Slot::Flag { get, .. } => get(request).map(|flag| word(flag).to_owned()),
        _ => quoted(&row.sent(request)?),
    }
}
