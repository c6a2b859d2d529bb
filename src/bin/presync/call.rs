//! Calls, and the documents that they are read from.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use presync::Parameter;
use presync::partial::PartialRequest;
use presync::sources::{self, Origin, PlannedCall, SourceError};
use presync::wire::{self, DecodeError, Headers, Spans};

use crate::input::Source;
use crate::place::{self, Place, Position, Positions};

/// A text from which calls were read.
pub(crate) struct Document {
    /// How messages call it.
    pub(crate) name: String,
    /// All of it, as it was read.
    pub(crate) text: Vec<u8>,
    /// Whether the name is that of a file.
    pub(crate) is_file: bool,
    positions: Positions,
    /// Where the values are, for a document that is one request.
    spans: OnceCell<Spans>,
}

impl Document {
    fn new(source: Source<'_>, text: Vec<u8>) -> Self {
        let (positions, spans) = (Positions::default(), OnceCell::new());
        Self { name: source.name(), text, is_file: source.is_file(), positions, spans }
    }
}

/// One call of a document.
pub(crate) struct Call {
    pub(crate) document: Rc<Document>,
    request: Option<Result<PartialRequest, DecodeError>>,
    /// Where it is in the document of another tool.
    planned: Option<PlannedCall>,
}

impl Call {
    /// The request, which is taken out once.
    pub(crate) fn take_request(&mut self) -> Result<PartialRequest, DecodeError> {
        self.request.take().unwrap_or(Err(DecodeError::Empty))
    }

    /// What makes the call, in the document of another tool.
    pub(crate) fn address(&self) -> Option<&str> {
        self.planned.as_ref().map(PlannedCall::address)
    }

    /// Where a parameter comes from, in the document of another tool.
    pub(crate) fn origin(&self, parameter: &Parameter) -> Option<&Origin> {
        self.planned.as_ref()?.origin(parameter)
    }

    /// The attribute that a parameter comes from; of something else than what makes the call, with its address.
    pub(crate) fn attribute(&self, parameter: &Parameter) -> Option<String> {
        let origin = self.origin(parameter)?;
        let is_own = Some(origin.address()) == self.address();
        let of = if is_own { String::new() } else { format!("{}.", origin.address()) };
        Some(format!("{of}{}", origin.attribute()))
    }

    /// Where the value of a parameter is in the document; nothing if it was not sent.
    pub(crate) fn place(&self, parameter: &Parameter) -> Option<Place> {
        let Document { text, positions, spans, .. } = &*self.document;
        let range = match &self.planned {
            Some(planned) => planned.span(parameter),
            None => spans.get_or_init(|| wire::spans(text)).of(parameter),
        }?;
        Some(positions.place(text, range))
    }
}

/// Why there is no answer to a call.
pub(crate) struct Problem {
    pub(crate) document: Rc<Document>,
    /// The line and the column, both counted from 1, where it is one place.
    pub(crate) place: Option<(usize, usize)>,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn no_request(call: &Call, error: DecodeError) -> Self {
        let (place, message) = match error {
            DecodeError::Json { line, column, message } => (Some((line, column)), message),
            DecodeError::NotUtf8 { line, column } => {
                (Some((line, column)), "the request is not text in UTF-8".to_owned())
            }
            DecodeError::ByteOrderMark => {
                let message = "the request starts with a byte order mark, which is no part of it";
                (Some((1, 1)), message.to_owned())
            }
            other => (None, other.to_string()),
        };
        Self { document: Rc::clone(&call.document), place, message }
    }

    /// Why the file of another tool cannot be read.
    fn no_file(document: Rc<Document>, error: SourceError) -> Self {
        let (place, message) = match error {
            SourceError::Malformed { line, column, path, message } => {
                let path = path.map_or_else(String::new, |path| format!("{path}: "));
                (Some((line, column)), format!("{path}{message}"))
            }
            other => (None, other.to_string()),
        };
        Self { document, place, message }
    }

    /// The place, with its column in characters, where `place` has it in bytes.
    pub(crate) fn position(&self) -> Option<Position> {
        let (line, column) = self.place?;
        let text = self.document.text.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?;
        let before = text.get(..column.checked_sub(1)?).unwrap_or(text);
        Some(place::behind((line, 1), before))
    }
}

impl fmt::Display for Problem {
    /// In the form in which editors and other tools read places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document.name)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Every call of one argument; none where another tool is going to make none. `region` is the source region of those that
/// carry none.
pub(crate) fn read(source: Source<'_>, region: Option<&str>) -> Vec<Result<Call, Problem>> {
    let document = match source.request() {
        Ok(text) => Rc::new(Document::new(source, text)),
        Err(message) => {
            let document = Rc::new(Document::new(source, Vec::new()));
            return vec![Err(Problem { document, place: None, message })];
        }
    };
    let name = document.is_file.then_some(&*document.name);
    match sources::calls(name, &document.text, region) {
        None => {}
        Some(Ok(calls)) => {
            let call = |planned: PlannedCall| {
                let request = Some(Ok(planned.request().clone()));
                Ok(Call { document: Rc::clone(&document), request, planned: Some(planned) })
            };
            return calls.into_iter().map(call).collect();
        }
        Some(Err(error)) => return vec![Err(Problem::no_file(document, error))],
    }
    let headers = region.into_iter().fold(Headers::unknown(), Headers::with_region);
    let request = wire::decode_with(&document.text, &headers).map(PartialRequest::new);
    vec![Ok(Call { document, request: Some(request), planned: None })]
}
