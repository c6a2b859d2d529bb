//! Calls, and the documents that they are read from.

use std::rc::Rc;

use presync::SyncRequest;
use presync::wire::{self, DecodeError, Headers};

use crate::input::Source;

/// A text from which calls were read.
pub(crate) struct Document {
    /// How messages call it.
    pub(crate) name: String,
    /// All of it, as it was read.
    pub(crate) text: Vec<u8>,
    /// Whether the name is that of a file.
    pub(crate) is_file: bool,
}

/// One call of a document.
pub(crate) struct Call {
    pub(crate) document: Rc<Document>,
    request: Option<Result<SyncRequest, DecodeError>>,
}

impl Call {
    /// The request, which is taken out once.
    pub(crate) fn take_request(&mut self) -> Result<SyncRequest, DecodeError> {
        self.request.take().unwrap_or(Err(DecodeError::Empty))
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
}

/// Every call of one argument. `region` is the source region of those that carry none.
pub(crate) fn read(source: Source<'_>, region: Option<&str>) -> Vec<Result<Call, Problem>> {
    let document = |text| Document { name: source.name(), text, is_file: source.is_file() };
    let document = match source.request() {
        Ok(text) => Rc::new(document(text)),
        Err(message) => {
            let document = Rc::new(document(Vec::new()));
            return vec![Err(Problem { document, place: None, message })];
        }
    };
    let headers = region.into_iter().fold(Headers::unknown(), Headers::with_region);
    let request = Some(wire::decode_with(&document.text, &headers));
    vec![Ok(Call { document, request })]
}
