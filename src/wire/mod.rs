//! Bytes to a request: a query string, a URL that has one, a form body or a JSON body.
//!
//! Decoding is strict: a request that is read more leniently here than by the service could not be
//! checked before it is sent. No value is mended or left out, and every violation of the shape is
//! reported at once. Any bytes may be given: the limits are constants of this module, and are
//! checked before memory is allocated for what they limit.

mod body;
mod draft;
mod entries;
mod error;
pub(crate) mod headers;
mod json;
mod kind;
mod mend;
mod parts;
mod query;
mod rewrite;
mod spans;

pub use error::DecodeError;
pub use headers::{HeaderError, Headers};
pub(crate) use kind::looks_like;
pub use mend::{Mended, mend};
pub use query::encode as encode_query;
pub use rewrite::rewrite;
pub use spans::{Spans, spans};

use serde::Deserializer;
use serde::de::MapAccess;

use crate::model::SyncRequest;
use crate::text::document::{document, not_wide};

use draft::{Draft, Form};

/// The most bytes of a URL or of a query string in one, as the service takes them over GET: 32 KiB.
pub const MAX_URL_BYTES: usize = 32 << 10;

/// The most bytes of a form body, or of a query string that stands alone: 1 MiB.
pub const MAX_FORM_BYTES: usize = 1 << 20;

/// The most bytes of a JSON body, and so of any request: 10 MiB.
pub const MAX_JSON_BYTES: usize = 10 << 20;

/// The most parameters and elements of lists in one request, a count.
pub const MAX_ITEMS: usize = 16_384;

/// The most bytes of one value.
pub const MAX_VALUE_BYTES: usize = 4_096;

/// The only action whose requests are checked.
const ACTION: &str = "SyncImages";

/// Reads a request whose headers are unknown.
///
/// # Errors
///
/// Errors when the bytes are not a request, or when the request does not have the shape of
/// SyncImages.
///
/// ```
/// use presync::wire;
///
/// let query = b"Action=SyncImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";
/// let request = wire::decode(query)?;
/// assert_eq!(request.destination_regions, ["ap-guangzhou"]);
///
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"]}"#;
/// assert_eq!(wire::decode(body)?.image_ids, request.image_ids);
/// # Ok::<(), presync::wire::DecodeError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<SyncRequest, DecodeError> {
    decode_with(bytes, &Headers::unknown())
}

/// Reads a request with the headers beside it. A header is used for a parameter that the body
/// leaves out, and is a violation where it contradicts the body.
///
/// # Errors
///
/// Errors when the bytes are not a request, or when the request does not have the shape of
/// SyncImages.
///
/// ```
/// use presync::wire::{self, DecodeError, Headers};
///
/// let error = wire::decode_with(br#"{"Region": "ap-beijing"}"#, &Headers::unknown().with_region("ap-guangzhou"));
/// let Err(DecodeError::Shape { violations }) = error else { panic!() };
/// assert_eq!(violations[0].rule(), "headers-agree");
/// ```
pub fn decode_with(bytes: &[u8], headers: &Headers<'_>) -> Result<SyncRequest, DecodeError> {
    let is_call = headers.action.is_some();
    match sent(bytes) {
        Ok(Sent::Json(text)) => {
            let mut draft = Draft::default();
            json::read(text, &mut draft)?;
            draft.finish(Form::Json, headers, None)
        }
        Ok(Sent::Query(query)) => {
            if let (false, Some(what)) = (is_call, looks_like(query.text)) {
                return Err(DecodeError::LooksLike { what });
            }
            let mut draft = Draft::default();
            query::read(&query, &mut draft)?;
            draft.finish(Form::Query, headers, query.cut).map_err(|error| match error {
                DecodeError::NoParameter { names } => match kind::without_parameters(query.text) {
                    Some(what) => DecodeError::LooksLike { what },
                    None => DecodeError::NoParameter { names },
                },
                other => other,
            })
        }
        Err(error) => Err(error),
    }
}

/// Reads the body of a request that a framework has parsed already, with the headers beside it. It
/// is any deserializer, such as a `&serde_json::Value` or a `&serde_json::Map`.
///
/// What the parser dropped is not seen here: of two equal keys a `Value` keeps the last, so that
/// `parameter-once` finds none, and a number is shown as it was kept. Bytes, and the text of a
/// `serde_json::value::RawValue`, go to [`decode_with`], which sees all of it. How large a body may
/// be is for the framework to say; the other limits are those of this module.
///
/// # Errors
///
/// Errors when the value is not an object, or when the request does not have
/// the shape of SyncImages.
///
/// ```
/// use presync::wire::{self, Headers};
///
/// let body = serde_json::json!({"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]});
/// let request = wire::decode_value(&body, &Headers::unknown().with_region("ap-guangzhou"))?;
/// assert_eq!((request.region.as_deref(), &*request.image_ids), (Some("ap-guangzhou"), &["img-o3ycss2p".to_owned()][..]));
///
/// let list = serde_json::json!(["img-o3ycss2p"]);
/// assert_eq!(wire::decode_value(&list, &Headers::unknown()), Err(wire::DecodeError::NotAnObject));
/// # Ok::<(), presync::wire::DecodeError>(())
/// ```
pub fn decode_value<'de, D: Deserializer<'de>>(
    body: D,
    headers: &Headers<'_>,
) -> Result<SyncRequest, DecodeError> {
    json::read_value(body)?.finish(Form::Json, headers, None)
}

/// A JSON body that is read as a part of another document, before the headers beside it are known.
#[derive(Default)]
pub(crate) struct Embedded(Draft);

impl Embedded {
    /// Reads the body, without keeping numbers as they are written.
    pub(crate) fn read<'de, A: MapAccess<'de>>(&mut self, object: A) -> Result<(), A::Error> {
        json::read_object(object, &mut self.0)
    }

    /// Returns the request. Of an error, [`decode_with`] may say more.
    pub(crate) fn finish(self, headers: &Headers<'_>) -> Result<SyncRequest, DecodeError> {
        self.0.finish(Form::Json, headers, None)
    }
}

/// The text of a request, in its form.
enum Sent<'t> {
    Json(&'t str),
    Query(parts::Query<'t>),
}

/// Returns the text of a request: the JSON body, or the query alone.
fn sent(bytes: &[u8]) -> Result<Sent<'_>, DecodeError> {
    within(bytes, MAX_JSON_BYTES, "a request")?;
    let text = not_wide(bytes).and_then(document)?;
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => Ok(Sent::Json(text)),
        Some(b'[' | b'"') => Err(match kind::without_parameters(text) {
            Some(what) => DecodeError::LooksLike { what },
            None => DecodeError::NotAnObject,
        }),
        _ => {
            json::before_object(text)?;
            match parts::of_text(text) {
                Err(DecodeError::NotARequest) => Err(match kind::without_parameters(text) {
                    Some(what) => DecodeError::LooksLike { what },
                    None => DecodeError::NotARequest,
                }),
                other => Ok(Sent::Query(other?)),
            }
        }
    }
}

fn within(bytes: &[u8], limit: usize, what: &'static str) -> Result<(), DecodeError> {
    if bytes.len() > limit { Err(DecodeError::TooLarge { what, limit }) } else { Ok(()) }
}
