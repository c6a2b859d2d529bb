//! Bytes as the shells of Windows write them: byte order marks, and UTF-16.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// Returns the UTF-8 text of bytes that start with a byte order mark, of UTF-8 or of UTF-16,
/// without the mark. Other bytes are returned as they are, and so are UTF-16 that is not
/// well-formed, and UTF-32.
///
/// Plans, templates, responses, states, policies and lines are read this way. Positions and
/// spans in them count in the text that is returned here. A request is never repaired: it
/// is refused with its mark.
///
/// ```
/// use presync::text::decode;
///
/// assert_eq!(decode(b"\xef\xbb\xbf{}"), &b"{}"[..]);
/// assert_eq!(decode(b"\xff\xfe{\0}\0"), &b"{}"[..]);
/// assert_eq!(decode(b"{}"), &b"{}"[..]);
/// ```
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some((encoding, length)) = Encoding::for_bom(bytes) else { return Cow::Borrowed(bytes) };
    if utf_32(bytes).is_some() {
        return Cow::Borrowed(bytes);
    }
    let rest = bytes.get(length..).unwrap_or_default();
    if encoding == UTF_8 {
        return Cow::Borrowed(rest);
    }
    match encoding.decode_without_bom_handling_and_without_replacement(rest) {
        Some(text) => Cow::Owned(text.into_owned().into_bytes()),
        None => Cow::Borrowed(bytes),
    }
}

/// Returns the name of the encoding that a byte order mark tells, where it is not UTF-8.
pub(crate) fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    let marked = || Encoding::for_bom(bytes).filter(|(encoding, _)| *encoding != UTF_8);
    utf_32(bytes).or_else(|| marked().map(|(encoding, _)| encoding.name()))
}

/// Returns the name of UTF-32 where its byte order mark tells it. That of UTF-32LE starts with that
/// of UTF-16LE, in which a null character would follow: no document starts with one.
fn utf_32(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] => Some("UTF-32BE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_off_and_utf_16_is_read() {
        let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        for text in ["", "{}", "ü像🦀\r\n"] {
            let marked = format!("\u{feff}{text}");
            assert_eq!(decode(text.as_bytes()), text.as_bytes());
            assert_eq!(decode(marked.as_bytes()), text.as_bytes());
            assert_eq!(decode(&utf_16(&marked, u16::to_le_bytes)), text.as_bytes());
            assert_eq!(decode(&utf_16(&marked, u16::to_be_bytes)), text.as_bytes());
        }
        // Half of a pair, and half of a unit.
        for bytes in [&b"\xff\xfe\x00\xd8"[..], b"\xff\xfe{\0}"] {
            assert_eq!(decode(bytes), bytes);
        }
        // A mark of UTF-32, which starts with one of UTF-16.
        for bytes in [&b"\xff\xfe\0\0{\0\0\0"[..], b"\0\0\xfe\xff\0\0\0{", b"\xff\xfe\0\0"] {
            assert_eq!(decode(bytes), bytes);
        }
        assert_eq!(decode(b"\xff\xff"), &b"\xff\xff"[..]);
    }
}
