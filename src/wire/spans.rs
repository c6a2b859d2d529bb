//! Spans of the values of a request in its text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::parts::{self, Query};
use super::{MAX_ITEMS, Sent, sent};

use crate::model::Parameter;
use crate::text::json::{entries, range};

/// The spans of a request's values in the bytes that were sent, so that a message can point at
/// them.
///
/// ```
/// use presync::{Ruleset, State, wire};
///
/// let query = b"Version=2017-03-12&ImageIds.0=img-1&DestinationRegions.0=gz";
/// let report = Ruleset::default().check(&wire::decode(query)?, &State::default());
/// let spans = wire::spans(query);
/// let found: Vec<_> = report.violations().iter().map(|violation| spans.of(violation.parameter())).collect();
/// assert_eq!(found, [Some(30..35), Some(57..59)]);
/// # Ok::<(), wire::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spans(BTreeMap<Parameter, Range<usize>>);

impl Spans {
    /// The span of a parameter's value; none if the parameter was not sent.
    ///
    /// In JSON it is the value as it is written, a text with its quotes. In a query string it is
    /// the part behind the `=`, encoded as it was sent. A list in a query string reaches from its
    /// first element to its last. A required parameter that is cut off by the `#` of a URL has
    /// the part from the `#` on.
    ///
    /// ```
    /// use presync::{Parameter, wire};
    ///
    /// let query = b"ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-seoul&DestinationRegions.1=gz";
    /// let spans = wire::spans(query);
    /// let second = spans.of(&Parameter::DESTINATION_REGIONS.element(1)).unwrap();
    /// assert_eq!(&query[second], b"gz");
    /// let all = spans.of(&Parameter::DESTINATION_REGIONS).unwrap();
    /// assert_eq!(&query[all], b"ap-seoul&DestinationRegions.1=gz");
    /// assert_eq!(spans.of(&Parameter::REGION), None);
    /// ```
    #[must_use]
    pub fn of(&self, parameter: &Parameter) -> Option<Range<usize>> {
        self.0.get(parameter).cloned()
    }

    /// Adds a span, unless the parameter has one: the first of several values is checked. None if
    /// there are too many values.
    fn add(&mut self, parameter: Parameter, span: Range<usize>) -> Option<()> {
        self.0.entry(parameter).or_insert(span);
        (self.0.len() <= MAX_ITEMS).then_some(())
    }
}

/// Finds the values in the bytes of a request, of any shape, in one pass.
///
/// If a parameter is sent more than once, the first value counts, as it does in
/// [`decode`](super::decode). Bytes that are not a request have no spans, nor has a request with
/// more than [`MAX_ITEMS`] values.
///
/// ```
/// use presync::{Parameter, wire};
///
/// let body = br#"{"ImageIds": ["img-o3ycss2p"], "Region": 1}"#;
/// let spans = wire::spans(body);
/// assert_eq!(spans.of(&Parameter::IMAGE_IDS.element(0)), Some(14..28));
/// assert_eq!(&body[spans.of(&Parameter::IMAGE_IDS).unwrap()], br#"["img-o3ycss2p"]"#);
/// assert_eq!(&body[spans.of(&Parameter::REGION).unwrap()], b"1");
/// ```
#[must_use]
pub fn spans(bytes: &[u8]) -> Spans {
    let found = match sent(bytes) {
        Ok(Sent::Json(text)) => in_json(bytes, text),
        Ok(Sent::Query(query)) => in_query(bytes, &query),
        Err(_) => None,
    };
    found.unwrap_or_default()
}

fn in_json(bytes: &[u8], text: &str) -> Option<Spans> {
    let mut spans = Spans::default();
    entries(text, &mut |key, subscript, value| {
        let parameter = Parameter::named(key);
        let parameter = match subscript {
            Some(subscript) => parameter.element(subscript),
            None => parameter,
        };
        spans.add(parameter, range(bytes, value)?)
    })?;
    Some(spans)
}

fn in_query(bytes: &[u8], query: &Query<'_>) -> Option<Spans> {
    let mut spans = Spans::default();
    let mut lists = Spans::default();
    for pair in parts::pairs(query) {
        let parameter = parts::parameter(pair.name);
        let span = range(bytes, pair.place())?;
        if parameter.subscript().is_some() {
            let list = lists.0.entry(Parameter::named(parameter.name())).or_insert_with(|| span.clone());
            list.end = span.end;
        }
        spans.add(parameter, span)?;
    }
    for (list, span) in lists.0 {
        spans.0.entry(list).or_insert(span);
    }
    if let Some(cut) = query.cut {
        let span = range(bytes, cut.text())?;
        for parameter in [Parameter::VERSION, Parameter::IMAGE_IDS, Parameter::DESTINATION_REGIONS] {
            if cut.has(parameter.name()) {
                spans.0.entry(parameter).or_insert_with(|| span.clone());
            }
        }
    }
    Some(spans)
}
