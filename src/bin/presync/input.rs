//! Sources of requests, states and policies: files, stdin and arguments.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use presync::sources::describe::{self, DescribeError, DescribeWarning};
use presync::sources::terraform;
use presync::text::clean;
use presync::wire::{self, DecodeError, Headers};

use crate::outcome::{obeyed_by_none, reason};
use crate::output::shown;

/// The most bytes of a state, or of a table behind its comparisons: room for millions of images,
/// and an end for a device that has none.
pub(crate) const MAX_STATE_BYTES: usize = 512 << 20;

/// The most bytes of a document with requests: those of a plan, the largest. The library limits a
/// request to less.
const MAX_REQUEST_BYTES: usize = terraform::MAX_BYTES;

/// A source of bytes.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Stdin,
    File(&'a Path),
    /// An argument that is the request itself, with its number where there are several.
    Argument(&'a OsStr, Option<usize>),
}

impl<'a> Source<'a> {
    /// Returns the source that a REQUEST means. A file that exists comes first: nobody has a file
    /// whose name is a request.
    pub(crate) fn of_request(argument: &'a OsStr, number: Option<usize>) -> Self {
        let path = Path::new(argument);
        if argument == "-" {
            Self::Stdin
        } else if argument.is_empty() {
            // No file has no name: it is a request that is empty.
            Self::Argument(argument, number)
        } else if fs::metadata(path).is_err() && is_request(argument.as_encoded_bytes()) {
            Self::Argument(argument, number)
        } else {
            // Also a file that does not exist: opening it says so.
            Self::File(path)
        }
    }

    /// Returns the source that a FILE means.
    pub(crate) fn of_file(argument: &'a OsStr) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(Path::new(argument)) }
    }

    pub(crate) fn is_stdin(self) -> bool {
        matches!(self, Self::Stdin)
    }

    /// The path of a file; `None` for a source that is none.
    pub(crate) fn path(self) -> Option<&'a Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin | Self::Argument(..) => None,
        }
    }

    /// The name in messages.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) if path.as_os_str().is_empty() => "<empty argument>".to_owned(),
            // It stands at the start of lines.
            Self::File(path) => obeyed_by_none(&shown(path.as_os_str())),
            Self::Argument(_, None) => "<argument>".to_owned(),
            Self::Argument(_, Some(number)) => format!("<argument {number}>"),
        }
    }

    /// Reads at most as many bytes as `limit` gives and one more, which shows that there are
    /// too many, without the rest. `limit` is asked again once they are read, for the bytes may
    /// tell that there can be more.
    fn read(self, limit: impl Fn(&[u8]) -> usize) -> Result<Vec<u8>, String> {
        let bounded = |reader: &mut dyn Read| {
            let mut bytes = Vec::new();
            loop {
                let wanted = limit(&bytes).saturating_add(1).saturating_sub(bytes.len());
                let read = reader.take(u64::try_from(wanted).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
                if wanted == 0 || read < wanted {
                    return Ok(bytes);
                }
            }
        };
        let result = match self {
            Self::Stdin => bounded(&mut io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(|mut file| bounded(&mut file)),
            Self::Argument(text, _) => Ok(text.as_encoded_bytes().to_owned()),
        };
        result.map_err(|error| match self {
            // On some systems a directory cannot be opened, with another error.
            Self::File(path) if path.is_dir() => "is a directory, not a file".to_owned(),
            _ => reason(&error),
        })
    }

    /// Reads the bytes of a document with requests.
    pub(crate) fn request(self) -> Result<Vec<u8>, String> {
        let mut bytes = self.read(|_| MAX_REQUEST_BYTES)?;
        // A text file ends in a newline, which belongs to the file and not to the last value of the
        // query in it. A second newline may belong to the value, and so may one in an argument. In
        // JSON a newline is white space.
        let is_json = bytes.trim_ascii_start().starts_with(b"{");
        // A newline in UTF-16 has two bytes, and only another tool's file is read in it.
        let is_json = is_json || bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xff\xfe");
        if !matches!(self, Self::Argument(..)) && !is_json && bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        Ok(bytes)
    }

    /// Reads the bytes of a file that `kind` names, whose text has at most `limit` bytes; the error
    /// starts with the name of the source.
    pub(crate) fn bytes(self, kind: &str, limit: usize) -> Result<Vec<u8>, String> {
        self.bytes_as(|_| (kind, limit))
    }

    /// Reads the bytes of a state or of a response. What is read first tells which of them it is.
    pub(crate) fn state_or_response(self) -> Result<Vec<u8>, String> {
        self.bytes_as(|start| {
            let is_longer = start.len() > describe::MAX_BYTES;
            if is_longer && !describe::is_response(start) {
                ("a state", MAX_STATE_BYTES)
            } else {
                ("a file of responses", describe::MAX_BYTES)
            }
        })
    }

    /// Reads the bytes of a file. `kind` tells from its first bytes how messages call it, and the
    /// most bytes that its text may have.
    fn bytes_as<'k>(self, kind: impl Fn(&[u8]) -> (&'k str, usize)) -> Result<Vec<u8>, String> {
        let name = self.name();
        let most = |start: &[u8]| bytes_of_text(start, kind(start).1);
        let bytes = self.read(most).map_err(|reason| format!("{name}: {reason}"))?;
        if bytes.len() > most(&bytes) {
            let (kind, limit) = kind(&bytes);
            return Err(format!("{name}: {kind} has at most {limit} bytes: this one has more"));
        }
        Ok(bytes)
    }

    /// Reads a response of the API with `read`; the error starts with the name and the position.
    pub(crate) fn response<T>(
        self,
        read: impl FnOnce(&[u8]) -> Result<T, DescribeError>,
    ) -> Result<T, String> {
        let bytes = self.bytes("a file of responses", describe::MAX_BYTES)?;
        read(&bytes).map_err(|error| self.no_response(error))
    }

    /// Message for a response that cannot be used.
    pub(crate) fn no_response(self, error: DescribeError) -> String {
        let name = self.name();
        match error {
            DescribeError::Json { line, column, path, message } => at(&name, line, column, path, &message),
            DescribeError::At { line, column, error } => format!("{name}:{line}:{column}: {error}"),
            DescribeError::RegionNeeded => {
                let file = if self.is_stdin() { "-" } else { &*name };
                format!("{name}: {error}: write `REGION={file}`")
            }
            DescribeError::OtherKind { found: "a state", .. } => {
                format!("{name}: {error}: a state stands alone, and is made anew from all of its responses")
            }
            other => format!("{name}: {other}"),
        }
    }
}

/// Returns the most bytes of a file whose text has at most `limit`, by the first of them: a byte
/// order mark is no part of the text, and where UTF-16 has two bytes the text has one.
fn bytes_of_text(start: &[u8], limit: usize) -> usize {
    match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2 + 2 * limit,
        [0xef, 0xbb, 0xbf, ..] => 3 + limit,
        _ => limit,
    }
}

/// True if an argument is a request, or a text that plainly is no file's name.
fn is_request(argument: &[u8]) -> bool {
    let start = argument.trim_ascii_start();
    // A list is none, which is to be said of it, and not that there is no such file.
    if start.starts_with(b"{") || start.starts_with(b"[{") {
        return true;
    }
    match wire::decode(argument) {
        // This is told by what stands in it, so that a path is nothing like it.
        Err(DecodeError::LooksLike { .. }) => true,
        _ if is_path(argument) => false,
        // What has no parameter is the name of a file that does not exist, such as `env=prod.json`.
        Err(DecodeError::NoParameter { .. }) => argument.contains(&b'\n'),
        _ => argument.contains(&b'='),
    }
}

/// True if an argument has the form of a path: a folder before the first `=`, or the end of a
/// file's name behind the only one. A URL has a `?`.
fn is_path(argument: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] = [b".json", b".txt", b".hcl", b".tf", b".tfplan", b".ndjson", b".yaml", b".yml"];
    if argument.contains(&b'?') || argument.contains(&b'&') {
        return false;
    }
    let name = argument.split(|byte| *byte == b'=').next().unwrap_or_default();
    let is_plain = !name.iter().any(|byte| matches!(byte, b'\'' | b'"' | b' '));
    is_plain
        && (name.contains(&b'/') || name.contains(&b'\\') || ENDS.iter().any(|end| argument.ends_with(end)))
}

/// Returns a warning about responses, with the name of a file in front where it has a position in
/// one. `file` is that in which the list of regions is.
pub(crate) fn warning(warning: &DescribeWarning, file: Option<&str>) -> String {
    match file.filter(|_| warning.position().is_some()) {
        Some(file) => format!("warning: {file}: {warning}"),
        None => format!("warning: {warning}"),
    }
}

/// Returns the headers beside each request, from `--header` and `--region`. Where `--header` gives
/// one, they are all of a call.
pub(crate) fn headers<'a>(given: &'a [String], region: Option<&'a str>) -> Result<Headers<'a>, String> {
    let mut headers = Headers::unknown();
    if !given.is_empty() {
        let mut pairs = Vec::with_capacity(given.len());
        for header in given {
            let Some((name, value)) = header.split_once(':') else {
                return Err(format!("error: a header is `NAME:VALUE`, and `{}` has no colon", clean(header)));
            };
            pairs.push((name.trim(), value.trim()));
        }
        headers = Headers::from_pairs(pairs).map_err(|error| format!("error: {error}"))?;
    }
    match (headers.region(), region) {
        (Some(header), Some(region)) if header != region => {
            let (header, region) = (clean(header), clean(region));
            Err(format!("error: `--region` is `{region}`, and the header `X-TC-Region` is `{header}`"))
        }
        _ => Ok(region.into_iter().fold(headers, Headers::with_region)),
    }
}

/// True if `--header` gives another header than the region, which alone has an effect
/// on a call of another tool.
pub(crate) fn has_more_than_region(given: &[String]) -> bool {
    let is_region = |header: &String| {
        header.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("X-TC-Region"))
    };
    !given.iter().all(is_region)
}

/// A message with name, line and column in the form in which editors and other tools read them.
pub(crate) fn at(name: &str, line: usize, column: usize, path: Option<String>, message: &str) -> String {
    let path = path.map_or_else(String::new, |path| format!("{path}: "));
    format!("{name}:{line}:{column}: {path}{message}")
}

/// A source with the region that it is about, where one is named: `FILE` or `REGION=FILE`.
#[derive(Clone, Copy)]
pub(crate) struct RegionSource<'a> {
    pub(crate) region: Option<&'a str>,
    pub(crate) source: Source<'a>,
}

impl<'a> RegionSource<'a> {
    /// Returns the source that an argument means. A file that exists comes first: nobody has one by
    /// accident whose name starts with that of a region.
    pub(crate) fn of_argument(argument: &'a OsStr) -> Self {
        let parts = argument.to_str().and_then(|text| text.split_once('='));
        match parts {
            Some((region, file)) if fs::metadata(argument).is_err() => {
                Self { region: Some(region), source: Source::of_file(file.as_ref()) }
            }
            _ => Self { region: None, source: Source::of_file(argument) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_and_utf_16_take_bytes_that_are_no_text() {
        for (start, most) in
            [(&b"\xff\xfe{"[..], 22), (b"\xfe\xff", 22), (b"\xef\xbb\xbf{", 13), (b"{", 10), (b"", 10)]
        {
            assert_eq!(bytes_of_text(start, 10), most, "{start:?}");
        }
    }
}
