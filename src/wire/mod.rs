//! Bytes to a request: a query string, a URL that has one, a form body or a JSON body.
//!
//! Strict, because a request that is read more kindly here than by the service is no pre-check: nothing is repaired,
//! nothing is dropped, and every problem of the shape is reported at once. Bounded, so that any bytes may be given: the
//! limits are constants of this module, checked before anything is allocated for what they limit.

mod json;
mod query;
mod spans;

pub use query::encode as encode_query;
pub use spans::{Spans, spans};

use crate::model::{DOCUMENTED_VERSION, Edition, Parameter, SyncRequest};
use crate::report::{Finding, Report, Violation};
use crate::rule::{Rule, hint};
use crate::rules::{self, common, shape};
use crate::text::document::{Unreadable, document};
use crate::text::{clean, nearest};

/// The most bytes of a URL or of a query string in one, as the service takes them over GET: 32 KiB.
///
/// ```
/// assert_eq!(presync::wire::MAX_URL_BYTES, 32 * 1024);
/// ```
pub const MAX_URL_BYTES: usize = 32 << 10;

/// The most bytes of a form body, or of a query string that stands alone: 1 MiB.
///
/// ```
/// assert_eq!(presync::wire::MAX_FORM_BYTES, 1024 * 1024);
/// ```
pub const MAX_FORM_BYTES: usize = 1 << 20;

/// The most bytes of a JSON body, and so of any request: 10 MiB.
///
/// ```
/// assert_eq!(presync::wire::MAX_JSON_BYTES, 10 * 1024 * 1024);
/// ```
pub const MAX_JSON_BYTES: usize = 10 << 20;

/// The most parameters and elements of lists in one request, a count.
///
/// ```
/// assert_eq!(presync::wire::MAX_ITEMS, 16_384);
/// ```
pub const MAX_ITEMS: usize = 16_384;

/// The most bytes of one value.
///
/// ```
/// assert_eq!(presync::wire::MAX_VALUE_BYTES, 4_096);
/// ```
pub const MAX_VALUE_BYTES: usize = 4_096;

/// The one action that is understood.
const ACTION: &str = "SyncImages";

/// What travels beside a body, in `X-TC-*` headers.
///
/// ```
/// use presync::wire::{self, Headers};
///
/// let sent = [("X-TC-Action", "SyncImages"), ("X-TC-Version", "2017-03-12"), ("X-TC-Region", "ap-guangzhou")];
/// let headers = Headers::read(|name| sent.iter().find(|(key, _)| *key == name).map(|(_, value)| *value));
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}"#;
/// assert_eq!(wire::decode_with(body, &headers)?.region.as_deref(), Some("ap-guangzhou"));
/// # Ok::<(), presync::wire::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'h> {
    action: Option<&'h str>,
    version: Option<&'h str>,
    region: Option<&'h str>,
    /// Whether these are all headers of the call, so that a version that is in none of them was not sent.
    complete: bool,
}

impl<'h> Headers<'h> {
    /// Nothing is known of the headers. A JSON body then stands for a call of the documented version.
    ///
    /// ```
    /// use presync::wire::{self, Headers};
    ///
    /// let request = wire::decode_with(b"{}", &Headers::unknown())?;
    /// assert_eq!(request.version.as_deref(), Some("2017-03-12"));
    /// # Ok::<(), presync::wire::DecodeError>(())
    /// ```
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// The headers of a call: `header` is asked for the ones that matter, by name.
    ///
    /// ```
    /// use presync::wire::{self, Headers};
    ///
    /// // A call without any header has no version.
    /// assert_eq!(wire::decode_with(b"{}", &Headers::read(|_| None))?.version, None);
    /// # Ok::<(), presync::wire::DecodeError>(())
    /// ```
    #[must_use]
    pub fn read(header: impl Fn(&'static str) -> Option<&'h str>) -> Self {
        Self {
            action: header("X-TC-Action"),
            version: header("X-TC-Version"),
            region: header("X-TC-Region"),
            complete: true,
        }
    }

    /// The same with a source region.
    ///
    /// ```
    /// use presync::wire::{self, Headers};
    ///
    /// let request = wire::decode_with(b"{}", &Headers::unknown().with_region("ap-guangzhou"))?;
    /// assert_eq!(request.region.as_deref(), Some("ap-guangzhou"));
    /// # Ok::<(), presync::wire::DecodeError>(())
    /// ```
    #[must_use]
    pub fn with_region(self, region: &'h str) -> Self {
        Self { region: Some(region), ..self }
    }
}

/// Reads a request whose headers, if it had any, are not known.
///
/// # Errors
///
/// The bytes are no request, or one of another shape than a SyncImages call has.
///
/// ```
/// use presync::wire;
///
/// let query = b"Action=SyncImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou";
/// let request = wire::decode(query)?;
/// assert_eq!(request.destination_regions, ["ap-guangzhou"]);
///
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"]}"#;
/// assert_eq!(wire::decode(body)?, request);
/// # Ok::<(), presync::wire::DecodeError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<SyncRequest, DecodeError> {
    decode_with(bytes, &Headers::unknown())
}

/// Reads a request with the headers beside it. A header fills in what the body does not carry; one that contradicts
/// the body is a violation.
///
/// # Errors
///
/// The bytes are no request, or one of another shape than a SyncImages call has.
///
/// ```
/// use presync::wire::{self, DecodeError, Headers};
///
/// let error = wire::decode_with(br#"{"Region": "ap-beijing"}"#, &Headers::unknown().with_region("ap-guangzhou"));
/// let Err(DecodeError::Shape { violations }) = error else { panic!() };
/// assert_eq!(violations[0].rule(), "headers-agree");
/// ```
pub fn decode_with(bytes: &[u8], headers: &Headers<'_>) -> Result<SyncRequest, DecodeError> {
    let (form, text) = sent(bytes)?;
    let mut draft = Draft::default();
    match form {
        Form::Json => json::read(text, &mut draft)?,
        Form::Query => query::read(text, &mut draft)?,
    }
    draft.finish(form, headers)
}

/// What was sent: a JSON body, or the query alone.
fn sent(bytes: &[u8]) -> Result<(Form, &str), DecodeError> {
    within(bytes, MAX_JSON_BYTES, "a request")?;
    let text = document(bytes)?;
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => Ok((Form::Json, text)),
        Some(b'[' | b'"') => Err(DecodeError::NotAnObject),
        _ => Ok((Form::Query, query::of_text(text)?)),
    }
}

/// Whether a request has subscripts, and whether it says its version itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Query,
    Json,
}

fn within(bytes: &[u8], limit: usize, what: &'static str) -> Result<(), DecodeError> {
    if bytes.len() > limit { Err(DecodeError::TooLarge { what, limit }) } else { Ok(()) }
}

/// Why bytes could not be read as a request.
///
/// ```
/// use presync::wire::{self, DecodeError};
///
/// assert!(matches!(wire::decode(b""), Err(DecodeError::Empty)));
/// assert!(matches!(wire::decode(b"{\"ImageIds\": [}"), Err(DecodeError::Json { line: 1, column: 15, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is a request, but not of the shape of a SyncImages call; nothing else of it is judged.
    #[error("the request has a wrong shape: {}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Shape {
        /// Every problem, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// There is nothing in it.
    #[error("the request is empty")]
    Empty,
    /// It is larger than the service takes.
    #[error("{what} has at most {limit} bytes: this one has more")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// It has more parameters and elements of lists than [`MAX_ITEMS`].
    #[error("a request has at most {MAX_ITEMS} parameters and elements of lists: this one has more")]
    TooManyItems,
    /// It is not text in UTF-8.
    #[error("line {line}, column {column}: the request is not text in UTF-8")]
    NotUtf8 {
        /// The line of the first wrong byte, counted from 1.
        line: usize,
        /// Its column, counted from 1 in bytes.
        column: usize,
    },
    /// It starts with a byte order mark.
    #[error("line 1, column 1: the request starts with a byte order mark, which is no part of it")]
    ByteOrderMark,
    /// It is JSON, but not an object.
    #[error("a JSON request is an object, which starts with an opening brace")]
    NotAnObject,
    /// It is neither a JSON object nor a query string.
    #[error(
        "neither a JSON object nor a query string such as `ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou`"
    )]
    NotARequest,
    /// It is a JSON object that ends too early or is not well-formed.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// What is wrong.
        message: String,
    },
}

impl From<Unreadable> for DecodeError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotUtf8 { line, column } => Self::NotUtf8 { line, column },
            Unreadable::Empty => Self::Empty,
            Unreadable::ByteOrderMark => Self::ByteOrderMark,
        }
    }
}

impl DecodeError {
    /// The report on a request of a wrong shape, as if a rule set of `edition` had found the violations.
    ///
    /// # Errors
    ///
    /// What was no request at all is still an error.
    ///
    /// ```
    /// use presync::{Edition, wire};
    ///
    /// let error = wire::decode(br#"{"ImageIds": "img-o3ycss2p"}"#).unwrap_err();
    /// let report = error.into_report(Edition::SEED)?;
    /// assert_eq!(report.violations()[0].rule(), "parameter-type");
    /// # Ok::<(), presync::wire::DecodeError>(())
    /// ```
    pub fn into_report(self, edition: Edition) -> Result<Report, Self> {
        match self {
            Self::Shape { violations } => Ok(Report::of(edition, violations)),
            other => Err(other),
        }
    }
}

/// A parameter that a request may carry.
struct Known {
    name: &'static str,
    kind: Kind,
}

/// What a parameter holds, and where in a draft it is kept.
#[derive(Clone, Copy)]
enum Kind {
    Text(fn(&mut Draft) -> &mut Option<String>),
    Flag(fn(&mut SyncRequest) -> &mut Option<bool>),
    List(fn(&mut SyncRequest) -> &mut Vec<String>),
    /// A common or a signature parameter, which is nothing to the check.
    Ignored,
}

/// Every parameter that a request may carry.
static KNOWN: [Known; 18] = [
    Known { name: "Action", kind: Kind::Text(|draft| &mut draft.action) },
    Known { name: "Version", kind: Kind::Text(|draft| &mut draft.request.version) },
    Known { name: "Region", kind: Kind::Text(|draft| &mut draft.request.region) },
    Known { name: "ImageIds", kind: Kind::List(|request| &mut request.image_ids) },
    Known { name: "DestinationRegions", kind: Kind::List(|request| &mut request.destination_regions) },
    Known { name: "DryRun", kind: Kind::Flag(|request| &mut request.dry_run) },
    Known { name: "ImageName", kind: Kind::Text(|draft| &mut draft.request.image_name) },
    Known { name: "ImageSetRequired", kind: Kind::Flag(|request| &mut request.image_set_required) },
    Known { name: "Encrypt", kind: Kind::Flag(|request| &mut request.encrypt) },
    Known { name: "KmsKeyId", kind: Kind::Text(|draft| &mut draft.request.kms_key_id) },
    Known { name: "Timestamp", kind: Kind::Ignored },
    Known { name: "Nonce", kind: Kind::Ignored },
    Known { name: "SecretId", kind: Kind::Ignored },
    Known { name: "Signature", kind: Kind::Ignored },
    Known { name: "SignatureMethod", kind: Kind::Ignored },
    Known { name: "Token", kind: Kind::Ignored },
    Known { name: "RequestClient", kind: Kind::Ignored },
    Known { name: "Language", kind: Kind::Ignored },
];

impl Known {
    fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name)
    }

    fn parameter(&self) -> Parameter {
        Parameter::named(self.name)
    }
}

/// A request while it is read, with the problems of its shape so far.
struct Draft {
    request: SyncRequest,
    action: Option<String>,
    seen: Vec<&'static str>,
    items: usize,
    violations: Vec<Violation>,
}

impl Default for Draft {
    fn default() -> Self {
        let seen = Vec::with_capacity(KNOWN.len());
        Self { request: SyncRequest::empty(), action: None, seen, items: 0, violations: Vec::new() }
    }
}

impl Draft {
    /// One more parameter or element, if that is not too many.
    fn count(&mut self) -> Result<(), DecodeError> {
        self.items += 1;
        if self.items > MAX_ITEMS { Err(DecodeError::TooManyItems) } else { Ok(()) }
    }

    fn problem(&mut self, rule: &'static Rule, finding: Finding) {
        // None of these codes depends on the edition.
        let code = rule.code(Edition::SEED).clone();
        self.violations.push(Violation::stamped(rule.id.into(), code, finding));
    }

    /// Whether a parameter that must come once comes for the first time.
    fn is_first(&mut self, known: &'static Known) -> bool {
        let is_first = !self.seen.contains(&known.name);
        if is_first {
            self.seen.push(known.name);
        } else {
            self.repeated(known.parameter());
        }
        is_first
    }

    fn repeated(&mut self, parameter: Parameter) {
        let message = format!("`{parameter}` is sent more than once");
        self.problem(&shape::PARAMETER_ONCE, Finding::new(parameter, message).allowed("once"));
    }

    fn unknown(&mut self, name: &str, form: Form) {
        let message = format!("SyncImages has no parameter `{}`", clean(name));
        let hint = hint::parameter(name, KNOWN.iter().map(|known| known.name), form == Form::Query);
        self.problem(&common::PARAMETER_KNOWN, Finding::new(Parameter::named(name), message).hint(hint));
    }

    fn wrong_type(&mut self, parameter: Parameter, allowed: &'static str, value: &str, hint: Option<String>) {
        let message = format!("`{parameter}` is not {allowed}");
        let finding = Finding::new(parameter, message).value(value).allowed(allowed).hint(hint);
        self.problem(&shape::PARAMETER_TYPE, finding);
    }

    /// A value that is kept, unless it is too long.
    fn text(&mut self, parameter: impl FnOnce() -> Parameter, value: &str) -> Option<String> {
        if value.len() <= MAX_VALUE_BYTES {
            return Some(value.to_owned());
        }
        let parameter = parameter();
        let message = format!("`{parameter}` is longer than {MAX_VALUE_BYTES} bytes");
        let finding =
            Finding::new(parameter, message).value(value).allowed(format!("{MAX_VALUE_BYTES} bytes"));
        self.problem(&shape::PARAMETER_TYPE, finding);
        None
    }

    /// The request, once all of the body is read.
    fn finish(mut self, form: Form, headers: &Headers<'_>) -> Result<SyncRequest, DecodeError> {
        let mut actions = self.action.as_deref().into_iter().chain(headers.action);
        if let Some(other) = actions.find(|action| *action != ACTION) {
            let message = format!("the action is `{}`, and only {ACTION} is checked", clean(other));
            let hint = nearest(other.trim(), [ACTION]).map(|meant| format!("did you mean `{meant}`?"));
            let finding = Finding::new(Parameter::ACTION, message).value(other).allowed(ACTION).hint(hint);
            self.violations.clear();
            self.problem(&shape::ACTION_SYNC_IMAGES, finding);
        } else {
            let version = self.request.version.take();
            self.request.version = self.agreed(Parameter::VERSION, version, headers.version);
            let region = self.request.region.take();
            self.request.region = self.agreed(Parameter::REGION, region, headers.region);
            if self.request.version.is_none() && form == Form::Json && !headers.complete {
                self.request.version = Some(DOCUMENTED_VERSION.to_owned());
            }
        }
        if self.violations.is_empty() {
            return Ok(self.request);
        }
        let order = |violation: &Violation| rules::all().position(|rule| rule.id == violation.rule());
        self.violations.sort_by_cached_key(|violation| (order(violation), violation.parameter().clone()));
        self.violations.dedup_by(|b, a| a.rule() == b.rule() && a.parameter() == b.parameter());
        Err(DecodeError::Shape { violations: self.violations })
    }

    /// What the body carries, else what the header does.
    fn agreed(&mut self, parameter: Parameter, body: Option<String>, header: Option<&str>) -> Option<String> {
        match (body, header) {
            (Some(body), Some(header)) if body != header => {
                let message = format!("the body says `{}` and the header `{}`", clean(&body), clean(header));
                let allowed = format!("`{}` or `{}` in both", clean(header), clean(&body));
                self.problem(
                    &shape::HEADERS_AGREE,
                    Finding::new(parameter, message).value(&body).allowed(allowed),
                );
                Some(body)
            }
            (body, header) => body.or_else(|| header.map(str::to_owned)),
        }
    }
}
