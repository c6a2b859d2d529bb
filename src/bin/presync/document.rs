//! Documents and the calls in them.

use std::cell::OnceCell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use presync::Parameter;
use presync::PartialRequest;
use presync::sources::{self, Origin, Planned, PlannedCall, SourceError};
use presync::text::decode;
use presync::wire::{self, DecodeError, Headers, Spans};

use crate::input::Source;
use crate::output::shown;
use crate::position::{Position, Positions, Span};

/// A text from which calls were read.
pub(crate) struct Document {
    /// The name in messages.
    pub(crate) name: String,
    /// All of the text, as it was read.
    pub(crate) text: Vec<u8>,
    /// The path; `None` if it is no file.
    pub(crate) path: Option<PathBuf>,
    /// Reason why another tool may make more calls than the document states, or other ones.
    pub(crate) partial: Option<String>,
    positions: Positions,
    /// Spans of the values, for a document that is one request.
    spans: OnceCell<Spans>,
}

impl Document {
    /// Returns a document of the same name without a text.
    pub(crate) fn alike(&self) -> Self {
        let (positions, spans) = (Positions::default(), OnceCell::new());
        let (name, path) = (self.name.clone(), self.path.clone());
        Self { name, text: Vec::new(), path, partial: None, positions, spans }
    }

    pub(crate) fn new(source: Source<'_>, text: Vec<u8>) -> Self {
        let (positions, spans) = (Positions::default(), OnceCell::new());
        let path = source.path().map(Path::to_owned);
        Self { name: source.name(), text, path, partial: None, positions, spans }
    }

    /// The path, fit to be shown; `None` if it is no file.
    pub(crate) fn file(&self) -> Option<String> {
        self.path.as_deref().map(|path| shown(path.as_os_str()))
    }
}

/// One call of a document: a request, or a copy that another tool is going to make.
pub(crate) struct Call {
    pub(crate) document: Rc<Document>,
    request: Option<Result<PartialRequest, DecodeError>>,
    /// The call in the document of another tool; `None` for a request.
    planned: Option<PlannedCall>,
    /// The files of a template, the document among them; none for a document of its own.
    files: Rc<[Rc<Document>]>,
}

impl Call {
    /// Takes out the request, which can be done once.
    pub(crate) fn take_request(&mut self) -> Result<PartialRequest, DecodeError> {
        self.request.take().unwrap_or(Err(DecodeError::Empty))
    }

    /// True if another tool is going to make the call.
    pub(crate) fn is_planned(&self) -> bool {
        self.planned.is_some()
    }

    /// Address of the resource or source that makes the call, in the document of another tool.
    pub(crate) fn address(&self) -> Option<&str> {
        self.planned.as_ref().map(PlannedCall::address)
    }

    /// True if the document is what people write: a template of Packer, and not a plan, which
    /// is made of something else.
    pub(crate) fn is_in_source(&self) -> bool {
        self.origin(&Parameter::DESTINATION_REGIONS)
            .is_some_and(|origin| origin.attribute() == "image_copy_regions")
    }

    /// Address and attribute that a parameter comes from, in the document of another tool.
    pub(crate) fn origin(&self, parameter: &Parameter) -> Option<&Origin> {
        self.planned.as_ref()?.origin(parameter)
    }

    /// The attribute that a parameter comes from, with its address where that is not the one that
    /// makes the call.
    pub(crate) fn attribute(&self, parameter: &Parameter) -> Option<String> {
        let origin = self.origin(parameter)?;
        let is_own = Some(origin.address()) == self.address();
        let of = if is_own { String::new() } else { format!("{}.", origin.address()) };
        Some(format!("{of}{}", origin.attribute()))
    }

    /// The parameter, with the address of the call and the attribute in the document of another
    /// tool.
    pub(crate) fn subject(&self, parameter: &Parameter) -> String {
        let address = self.address().map_or_else(String::new, |address| format!("{address}: "));
        let attribute =
            self.attribute(parameter).map_or_else(String::new, |attribute| format!(" ({attribute})"));
        format!("{address}{parameter}{attribute}")
    }

    /// The document in which a parameter's value stands, and its span there: that of the
    /// call, without a span, if the parameter was not sent. An element without a place of its
    /// own has that of the list.
    pub(crate) fn place(&self, parameter: &Parameter) -> (&Document, Option<Span>) {
        let found = match &self.planned {
            Some(planned) => {
                let list =
                    Some(Parameter::DESTINATION_REGIONS).filter(|list| list.name() == parameter.name());
                let mut places = [Some(parameter), list.as_ref()].into_iter().flatten();
                places.find_map(|place| {
                    let document = self.files.get(planned.file(place)).unwrap_or(&self.document);
                    Some((document, planned.span(place)?))
                })
            }
            None => {
                let Document { text, spans, .. } = &*self.document;
                spans.get_or_init(|| wire::spans(text)).of(parameter).map(|bytes| (&self.document, bytes))
            }
        };
        match found {
            Some((document, bytes)) => (document, Some(document.positions.span(&document.text, bytes))),
            None => (&self.document, None),
        }
    }
}

/// A document or a call that could not be checked, with the reason.
pub(crate) struct NotChecked {
    pub(crate) document: Rc<Document>,
    /// The line and the column of the reason, both counted from 1, the column in bytes.
    pub(crate) line_column: Option<(usize, usize)>,
    pub(crate) reason: String,
}

impl NotChecked {
    /// A document that cannot be decoded as a request.
    pub(crate) fn no_request(call: &Call, error: &DecodeError) -> Self {
        let line_column = match *error {
            DecodeError::Json { line, column, .. } | DecodeError::NotUtf8 { line, column, .. } => {
                Some((line, column))
            }
            DecodeError::ByteOrderMark => Some((1, 1)),
            _ => None,
        };
        let mut reason = error.to_string();
        // The position stands behind the name of the document already.
        if let Some((line, column)) = line_column {
            let position = format!("line {line}, column {column}: ");
            reason = reason.strip_prefix(&position).map(str::to_owned).unwrap_or(reason);
        }
        Self { document: Rc::clone(&call.document), line_column, reason }
    }

    /// A file of another tool that cannot be read.
    pub(crate) fn no_file(document: Rc<Document>, error: SourceError) -> Self {
        let (line_column, reason) = match error {
            SourceError::Malformed { line, column, path, message } => {
                let path = path.map_or_else(String::new, |path| format!("{path}: "));
                (Some((line, column)), format!("{path}{message}"))
            }
            other => (None, other.to_string()),
        };
        Self { document, line_column, reason }
    }

    /// Position of the reason in the document; `None` if the reason is about the document as a
    /// whole.
    pub(crate) fn position(&self) -> Option<Position> {
        let (line, column) = self.line_column?;
        let text = self.document.text.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?;
        let before = text.get(..column.checked_sub(1)?).unwrap_or(text);
        Some(Position { line, column: 1 }.behind(before))
    }
}

impl fmt::Display for NotChecked {
    /// Writes name, line and column in the form in which editors and other tools read them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document.name)?;
        if let Some((line, column)) = self.line_column {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// One document, or all files of a template, read.
pub(crate) struct Reading {
    pub(crate) document: Rc<Document>,
    /// The calls, in order; none where another tool is going to make no copy.
    pub(crate) calls: Vec<Result<Call, NotChecked>>,
}

impl Reading {
    fn of(document: Document, request: Result<PartialRequest, DecodeError>) -> Self {
        let document = Rc::new(document);
        let call = Call {
            document: Rc::clone(&document),
            request: Some(request),
            planned: None,
            files: Rc::default(),
        };
        Self { document, calls: vec![Ok(call)] }
    }

    pub(crate) fn not_checked(document: Document, reason: impl FnOnce(Rc<Document>) -> NotChecked) -> Self {
        let document = Rc::new(document);
        Self { calls: vec![Err(reason(Rc::clone(&document)))], document }
    }

    /// The calls that another tool is going to make.
    pub(crate) fn planned(mut document: Document, planned: Planned) -> Self {
        if planned.calls.is_empty() && !planned.is_understood {
            let reason = format!("there is no copy in it: {}", planned.seen);
            return Self::not_checked(document, |document| NotChecked {
                document,
                line_column: None,
                reason,
            });
        }
        document.partial = planned.partial;
        let document = Rc::new(document);
        let call = |planned: PlannedCall| {
            let request = Some(Ok(planned.request().clone()));
            Ok(Call { document: Rc::clone(&document), request, planned: Some(planned), files: Rc::default() })
        };
        Self { calls: planned.calls.into_iter().map(call).collect(), document }
    }

    /// A reading of nothing.
    pub(crate) fn empty() -> Self {
        Self { document: Rc::new(Document::new(Source::Stdin, Vec::new())), calls: Vec::new() }
    }

    /// The calls of a template that has several files. `whole` stands for all of them.
    pub(crate) fn of_files(whole: Document, files: &[Rc<Document>], mut planned: Planned) -> Self {
        let files: Rc<[Rc<Document>]> = files.into();
        let calls = std::mem::take(&mut planned.calls);
        if calls.is_empty() {
            return Self::planned(whole, planned);
        }
        let whole = Rc::new(Document { partial: planned.partial, ..whole });
        let call = |planned: PlannedCall| {
            let file = planned.file(&Parameter::DESTINATION_REGIONS);
            let document = Rc::clone(files.get(file).unwrap_or(&whole));
            let request = Some(Ok(planned.request().clone()));
            Ok(Call { document, request, planned: Some(planned), files: Rc::clone(&files) })
        };
        Self { calls: calls.into_iter().map(call).collect(), document: whole }
    }
}

/// Reads every call of one document.
pub(crate) fn read(mut document: Document, headers: Headers<'_>) -> Reading {
    let name = document.path.as_ref().map(|_| document.name.clone());
    // A request is never mended: only what is of another tool is read without its mark.
    let decoded = decode(&document.text);
    if let Some(planned) = sources::calls(name.as_deref(), &decoded, headers.region()) {
        // Without a mark it is the text itself, and needs no copy.
        if decoded.len() != document.text.len() {
            document.text = decoded.into_owned();
        }
        return match planned {
            Ok(planned) => Reading::planned(document, planned),
            Err(error) => Reading::not_checked(document, |document| NotChecked::no_file(document, error)),
        };
    }
    let request = wire::decode_with(&document.text, &headers).map(PartialRequest::new);
    Reading::of(document, request)
}
