//! Text of a document: bytes in UTF-8 that are not empty and do not start with a byte order mark.

use super::foreign;
use crate::text::position;

/// The reason why bytes are not a text that can be read.
///
/// Each reader makes an error of its own from it: a variant, or [`message`](Self::message) at
/// [`position`](Self::position).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The bytes are not UTF-8; the position is that of the first wrong byte. The
    /// encoding is what they look like.
    NotUtf8 { line: usize, column: usize, encoding: Option<&'static str> },
    /// There is no character but white space.
    Empty,
    /// The text starts with a byte order mark.
    ByteOrderMark,
}

impl Unreadable {
    /// The line and the column, both counted from 1, columns in bytes.
    pub(crate) fn position(self) -> (usize, usize) {
        match self {
            Self::NotUtf8 { line, column, .. } => (line, column),
            Self::Empty | Self::ByteOrderMark => (1, 1),
        }
    }

    /// Returns the message, in which the document has this name, such as `the state`. `format` is
    /// what a byte order mark is no part of.
    pub(crate) fn message(self, name: &str, format: &str) -> String {
        match self {
            Self::NotUtf8 { encoding, .. } => format!("{name} is {}", not_utf8(encoding)),
            Self::Empty => format!("{name} is empty"),
            Self::ByteOrderMark => {
                format!("{name} starts with a byte order mark, which is no part of {format}")
            }
        }
    }
}

/// Returns what bytes are that are not UTF-8.
pub(crate) fn not_utf8(encoding: Option<&str>) -> String {
    let encoding = encoding.map(|encoding| format!(": it looks like {encoding}"));
    format!("not text in UTF-8{}", encoding.unwrap_or_default())
}

/// Errors when the first bytes are those of an encoding whose units are wider than a byte. Bytes
/// may be that and UTF-8 too.
pub(crate) fn not_wide(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    match foreign::wide(bytes) {
        Some(encoding) => Err(Unreadable::NotUtf8 { line: 1, column: 1, encoding: Some(encoding) }),
        None => Ok(bytes),
    }
}

/// Returns the bytes as text, which may be empty or start with a byte order mark.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(bytes, error.valid_up_to());
        Unreadable::NotUtf8 { line, column, encoding: foreign::is_gbk(bytes).then_some("GBK") }
    })
}

/// Returns the text of a document that [`decode`](crate::text::decode) returned, or the line, the
/// column and the message, in which the document has this name, such as `the state`.
pub(crate) fn told<'t>(bytes: &'t [u8], name: &str) -> Result<&'t str, (usize, usize, String)> {
    not_wide(bytes).and_then(document).map_err(|unreadable| {
        let (line, column) = unreadable.position();
        (line, column, unreadable.message(name, "JSON"))
    })
}

/// Returns the text of a document.
///
/// Parsers would say of an empty text that they expected a value.
pub(crate) fn document(bytes: &[u8]) -> Result<&str, Unreadable> {
    let text = utf8(bytes)?;
    if text.trim_ascii_start().is_empty() {
        Err(Unreadable::Empty)
    } else if text.starts_with('\u{feff}') {
        Err(Unreadable::ByteOrderMark)
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_text() {
        assert_eq!(document(b"{}\n"), Ok("{}\n"));
        for empty in [&b""[..], b" \r\n\t"] {
            assert_eq!((document(empty), utf8(empty).is_ok()), (Err(Unreadable::Empty), true));
        }
        assert_eq!(document("\u{feff}{}".as_bytes()), Err(Unreadable::ByteOrderMark));
        // Only the first character is a mark.
        assert!(document("{\u{feff}}".as_bytes()).is_ok());
        let error = document(b"{\n\"a\": \"\xff\"}").unwrap_err();
        assert_eq!(error, Unreadable::NotUtf8 { line: 2, column: 7, encoding: None });
        assert_eq!(error.position(), (2, 7));
    }

    #[test]
    fn a_message_names_the_document() {
        let message = |bytes: &[u8]| document(bytes).unwrap_err().message("the state", "JSON");
        assert_eq!(message(b"\xff"), "the state is not text in UTF-8");
        assert_eq!(message(b"\n"), "the state is empty");
        let mark = "the state starts with a byte order mark, which is no part of JSON";
        assert_eq!(message(b"\xef\xbb\xbf{}"), mark);
    }
}
