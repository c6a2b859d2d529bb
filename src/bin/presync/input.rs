//! Where requests and states are read from.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use presync::sources::describe::{self, DescribeError, Responses};
use presync::sources::terraform;
use presync::{State, StateError};

/// The most bytes of a state or of an answer: room for millions of images, and an end for a device that has none.
const MAX_STATE_BYTES: usize = 512 << 20;

/// The most bytes of what is checked: a plan is the largest. What is none has a limit of its own, which is lower.
const MAX_REQUEST_BYTES: usize = terraform::MAX_BYTES;

/// Where something is read from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Stdin,
    File(&'a Path),
    /// The argument is the request itself: the text, and which argument it is where there are several.
    Argument(&'a OsStr, Option<usize>),
}

impl<'a> Source<'a> {
    /// What a REQUEST stands for. A file that exists comes first: nobody has a file whose name is a request.
    pub(crate) fn of_request(argument: &'a OsStr, number: Option<usize>) -> Self {
        let path = Path::new(argument);
        let text = argument.as_encoded_bytes();
        if argument == "-" {
            Self::Stdin
        } else if fs::metadata(path).is_err() && (text.contains(&b'=') || text.starts_with(b"{")) {
            Self::Argument(argument, number)
        } else {
            // One that is not there either: opening it says so.
            Self::File(path)
        }
    }

    pub(crate) fn of_state(argument: &'a OsStr) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(Path::new(argument)) }
    }

    pub(crate) fn is_stdin(self) -> bool {
        matches!(self, Self::Stdin)
    }

    pub(crate) fn is_file(self) -> bool {
        matches!(self, Self::File(_))
    }

    /// How messages call it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => shown(path.as_os_str()),
            Self::Argument(_, None) => "<argument>".to_owned(),
            Self::Argument(_, Some(number)) => format!("<argument {number}>"),
        }
    }

    /// All of it if it has at most `limit` bytes, else one byte more than that: enough to see that it is too large,
    /// without reading the rest.
    fn read(self, limit: usize) -> Result<Vec<u8>, String> {
        let bounded = |reader: &mut dyn Read| {
            let mut bytes = Vec::new();
            let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
            reader.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let result = match self {
            Self::Stdin => bounded(&mut io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(|mut file| bounded(&mut file)),
            Self::Argument(text, _) => Ok(text.as_encoded_bytes().to_owned()),
        };
        result.map_err(|error| match self {
            // Where a directory cannot even be opened, the system says something else of it.
            Self::File(path) if path.is_dir() => "is a directory, not a file".to_owned(),
            _ => reason(&error),
        })
    }

    /// The bytes of a request.
    pub(crate) fn request(self) -> Result<Vec<u8>, String> {
        let mut bytes = self.read(MAX_REQUEST_BYTES)?;
        // A text file ends in a newline, which belongs to the file and not to the last value of the query in it. Of a
        // second one nobody can say that, and an argument has none that was not meant. In JSON it is white space.
        let is_json = bytes.trim_ascii_start().starts_with(b"{");
        if !matches!(self, Self::Argument(..)) && !is_json && bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        Ok(bytes)
    }

    /// The bytes of a state, of an answer or of a policy, which is `what`; the error has the name in front.
    pub(crate) fn bytes(self, what: &str) -> Result<Vec<u8>, String> {
        let name = self.name();
        let bytes = self.read(MAX_STATE_BYTES).map_err(|reason| format!("{name}: {reason}"))?;
        if bytes.len() > MAX_STATE_BYTES {
            return Err(format!("{name}: {what} has at most {MAX_STATE_BYTES} bytes: this one has more"));
        }
        Ok(bytes)
    }

    /// What `read` makes of an answer of the API; the error has the name and the place in front.
    pub(crate) fn answer<T>(self, read: impl FnOnce(&[u8]) -> Result<T, DescribeError>) -> Result<T, String> {
        let bytes = self.bytes("an answer")?;
        read(&bytes).map_err(|error| self.no_answer(error))
    }

    fn no_answer(self, error: DescribeError) -> String {
        let name = self.name();
        match error {
            DescribeError::Json { line, column, path, message } => at(&name, line, column, path, &message),
            DescribeError::At { line, column, error } => format!("{name}:{line}:{column}: {error}"),
            DescribeError::RegionNeeded => {
                let file = if self.is_stdin() { "-" } else { &*name };
                format!("{name}: {error}: write `REGION={file}`")
            }
            other => format!("{name}: {other}"),
        }
    }

    fn no_state(self, error: StateError) -> String {
        let name = self.name();
        match error {
            StateError::Json { line, column, path, message } => at(&name, line, column, path, &message),
            StateError::At { line, column, error } => format!("{name}:{line}:{column}: {error}"),
            other => format!("{name}: {other}"),
        }
    }
}

/// A place in the form in which editors and other tools read it, and what is wrong there.
fn at(name: &str, line: usize, column: usize, path: Option<String>, message: &str) -> String {
    let path = path.map_or_else(String::new, |path| format!("{path}: "));
    format!("{name}:{line}:{column}: {path}{message}")
}

/// A file with what is known, and the region that it is about where one is named: `FILE` or `REGION=FILE`.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) region: Option<&'a str>,
    pub(crate) source: Source<'a>,
}

impl<'a> Known<'a> {
    /// A file that exists comes first: nobody has one by accident whose name starts with a region's.
    pub(crate) fn of_argument(argument: &'a OsStr) -> Self {
        let parts = argument.to_str().and_then(|text| text.split_once('='));
        match parts {
            Some((region, file)) if fs::metadata(argument).is_err() => {
                Self { region: Some(region), source: Source::of_state(file.as_ref()) }
            }
            _ => Self { region: None, source: Source::of_state(argument) },
        }
    }
}

/// What is known: one state, or any number of answers of the API. A state says all there is, so that one together with
/// answers is an error.
pub(crate) fn state(known: &[Known<'_>]) -> Result<State, String> {
    let mut import = Responses::default();
    for Known { region, source } in known.iter().copied() {
        let bytes = source.bytes("a state")?;
        if known.len() == 1 && region.is_none() && !describe::is_response(&bytes) {
            return State::from_json(&bytes).map_err(|error| source.no_state(error));
        }
        import = import.response(region, &bytes).map_err(|error| source.no_answer(error))?;
    }
    import.state().map_err(|error| format!("error: {error}"))
}

/// What the system says, in the form of all messages.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory, not a file".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split_once(" (os error").map_or(&*text, |(text, _)| text);
            text.to_lowercase()
        }
    }
}

/// The user's text, fit for a terminal: one line, in which nothing is invisible.
pub(crate) fn shown(text: &OsStr) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.to_string_lossy().chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
