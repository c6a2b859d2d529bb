//! Encodings that are not read: the bytes tell which one it is, so that a message can name it.

use super::encoding::other_encoding;

/// Returns the name of an encoding whose units are wider than a byte, where
/// the first bytes tell it.
pub(crate) fn wide(bytes: &[u8]) -> Option<&'static str> {
    /// True if a document starts with these characters: no control characters but white space.
    fn starts(first: u8, second: u8) -> bool {
        [first, second].iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
    }
    match *bytes {
        // A mark that was not taken off: of UTF-16 that is not well-formed, or of UTF-32.
        [0xfe | 0xff, ..] | [0, 0, 0xfe, ..] => other_encoding(bytes),
        // Two units: zeros beside one character are some other damage.
        [a, 0, 0, 0, b, 0, 0, 0, ..] if starts(a, b) => Some("UTF-32LE without a byte order mark"),
        [0, 0, 0, a, 0, 0, 0, b, ..] if starts(a, b) => Some("UTF-32BE without a byte order mark"),
        [a, 0, b, 0, ..] if starts(a, b) => Some("UTF-16LE without a byte order mark"),
        [0, a, 0, b, ..] if starts(a, b) => Some("UTF-16BE without a byte order mark"),
        _ => None,
    }
}

/// True if bytes that are not UTF-8 could be GBK: those that are not ASCII are pairs, in which
/// its usual characters are. (Rarer characters have a second byte that ASCII has too, so that
/// Latin-1 would be taken for it.)
pub(crate) fn is_gbk(bytes: &[u8]) -> bool {
    let mut rest = bytes.iter();
    while let Some(first) = rest.next() {
        if first.is_ascii() {
            continue;
        }
        let is_pair =
            (0xa1..=0xf7).contains(first) && rest.next().is_some_and(|second| (0xa1..=0xfe).contains(second));
        if !is_pair {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::decode;
    use crate::text::document::told;

    fn message(bytes: &[u8]) -> String {
        told(&decode(bytes), "the state").unwrap_err().2
    }

    #[test]
    fn an_encoding_is_named_where_the_bytes_tell_it() {
        let looks_like = |encoding: &str| format!("the state is not text in UTF-8: it looks like {encoding}");
        let text = "{\"a\": \"构建\"}";
        let wide_16 =
            |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
        let wide_32 =
            |bytes: fn(u32) -> [u8; 4]| -> Vec<u8> { text.chars().map(u32::from).flat_map(bytes).collect() };
        let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
        for (bytes, encoding) in [
            (wide_16(u16::to_le_bytes), "UTF-16LE without a byte order mark"),
            (wide_16(u16::to_be_bytes), "UTF-16BE without a byte order mark"),
            (wide_32(u32::to_le_bytes), "UTF-32LE without a byte order mark"),
            (wide_32(u32::to_be_bytes), "UTF-32BE without a byte order mark"),
            (marked(b"\xff\xfe\0\0", wide_32(u32::to_le_bytes)), "UTF-32LE"),
            (marked(b"\0\0\xfe\xff", wide_32(u32::to_be_bytes)), "UTF-32BE"),
            // Half of a unit.
            (b"\xff\xfe{\0}".to_vec(), "UTF-16LE"),
            (b"\xfe\xff\0{\0".to_vec(), "UTF-16BE"),
            (b"{\"a\": \"\xb9\xb9\xbd\xa8\"}".to_vec(), "GBK"),
        ] {
            assert_eq!(message(&bytes), looks_like(encoding), "{bytes:?}");
        }
        // No Chinese character, and no GBK.
        for bytes in [
            &b"{\"a\": \"caf\xe9\"}"[..],
            b"f\xfcr",
            b"\xff",
            b"{\"\x80\"}",
            b"\xbe\xb5\xcf",
            b"\xed\xa0\x80",
        ] {
            assert_eq!(message(bytes), "the state is not text in UTF-8");
        }
        assert_eq!(told(b"{}", "the state"), Ok("{}"));
        assert_eq!(told(b"7", "the state"), Ok("7"));
        for bytes in [
            &b"{\0"[..],
            b"\0\0\0\0",
            b"Version=\0",
            b"{\0\"a",
            b"\0ImageId=",
            b"{\0\0\0\"a\":",
            b"\0\0\0=&Image",
            b"\x01\0\0\0a\0\0\0",
            b"\0\0\0\x01\0\0\0a",
            b"\x01\0a\0",
            b"\0\x01\0a",
        ] {
            assert_eq!(wide(bytes), None, "{bytes:?}");
        }
        assert_eq!(message(b" "), "the state is empty");
    }
}
