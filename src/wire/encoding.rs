//! Encodings other than UTF-8, by which bytes that are no request are named.

use crate::text::other_encoding;

/// The most bytes that are looked at for UTF-16 without a mark.
const LOOKED_AT: usize = 256;

/// Returns the name of the encoding that bytes are in, where it is plainly not UTF-8: UTF-32 by its mark, or
/// UTF-16 by its mark or by the zeros in the place of every other byte.
pub(super) fn wide(bytes: &[u8]) -> Option<&'static str> {
    if let Some(name) = other_encoding(bytes) {
        return Some(name);
    }
    let start = bytes.get(..bytes.len().min(LOOKED_AT) & !1).unwrap_or_default();
    let units = || start.chunks_exact(2);
    let is_wide = |zero: usize, other: usize| {
        units().len() >= 2
            && units()
                .all(|unit| unit.get(zero) == Some(&0) && unit.get(other).is_some_and(|byte| *byte != 0))
    };
    if is_wide(1, 0) {
        Some("UTF-16LE")
    } else if is_wide(0, 1) {
        Some("UTF-16BE")
    } else {
        None
    }
}

/// True if bytes that are not UTF-8 could be GBK: those that are not ASCII are pairs, in which its usual
/// characters are.
pub(super) fn may_be_gbk(bytes: &[u8]) -> bool {
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

    #[test]
    fn utf_16_is_told_with_and_without_a_mark() {
        let units = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        for mark in ["\u{feff}", ""] {
            let text = format!("{mark}{{\"ImageIds\": []}}");
            assert_eq!(wide(&units(&text, u16::to_le_bytes)), Some("UTF-16LE"));
            assert_eq!(wide(&units(&text, u16::to_be_bytes)), Some("UTF-16BE"));
        }
        assert_eq!(wide(b"\xff\xfe\0\0{\0\0\0"), Some("UTF-32LE"));
        assert_eq!(wide(b"\0\0\xfe\xff\0\0\0{"), Some("UTF-32BE"));
        for bytes in [&b""[..], b"{", b"{\0", b"{}", b"\0\0\0\0", b"Version=\0", b"\xff\xff\xff"] {
            assert_eq!(wide(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn gbk_is_pairs() {
        assert!(may_be_gbk(b"{\"ImageName\": \"\xbe\xb5\xcf\xf1\"}"));
        for bytes in [&b"f\xfcr"[..], b"\xff", b"\xbe", b"\xbe\xb5\xcf", b"\xed\xa0\x80"] {
            assert!(!may_be_gbk(bytes), "{bytes:?}");
        }
    }
}
