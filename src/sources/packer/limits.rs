//! The limits of a text in HCL, which are looked at before it is parsed.

/// The most pairs of keys that are compared, a count: the parser compares each key of an object or a body with
/// every other one in it. One object of 4,096 keys is as much.
pub const MAX_KEY_PAIRS: u64 = 1 << 24;

/// The most bytes of a template in HCL or in HCL's JSON, all of its files and values together: 128 KiB.
///
/// Templates are a few KiB to some tens of KiB large. The parser of HCL makes up to 300 bytes of each byte of a
/// text that is dense, such as `[a.*,a.*]`, and takes up to 0.3 microseconds: 128 KiB are less than 40 MiB and
/// 50 ms.
pub const MAX_HCL_BYTES: usize = 1 << 17;

/// What encloses a part of a text.
enum Frame<'t> {
    /// Braces, with the number of keys in them so far. In a template they end an interpolation.
    Braces(u64),
    /// A quoted text.
    Quotes,
    /// A heredoc that ends with a line of this word.
    Heredoc(&'t [u8]),
}

/// Returns the number of pairs of keys of a text in HCL; the error is the offset at which they become too many.
///
/// It reads each byte once. In a text that is not HCL it counts something.
pub(super) fn key_pairs(text: &str) -> Result<u64, usize> {
    pairs(text, Vec::new())
}

/// Returns the number of pairs of keys of a template, which is a text with expressions in it.
pub(super) fn key_pairs_of_template(text: &str) -> Result<u64, usize> {
    // No line is this word.
    pairs(text, vec![Frame::Heredoc(b"\n")])
}

fn pairs<'t>(text: &'t str, mut frames: Vec<Frame<'t>>) -> Result<u64, usize> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let (mut keys, mut pairs) = (0_u64, 0_u64);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        match frames.last() {
            Some(Frame::Quotes) => match (byte(start), byte(at)) {
                (b'\\', _) => at += 1,
                (b'"', _) => drop(frames.pop()),
                (b'$', b'$') | (b'%', b'%') => at += 1,
                (b'$' | b'%', b'{') => {
                    frames.push(Frame::Braces(std::mem::take(&mut keys)));
                    at += 1;
                }
                _ => {}
            },
            Some(Frame::Heredoc(word)) => match (byte(start), byte(at)) {
                (b'\n', _) => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let indent = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    let line = rest.get(indent..).unwrap_or_default();
                    let ends = |rest: &[u8]| matches!(rest.first(), None | Some(b'\n' | b'\r'));
                    if line.strip_prefix(*word).is_some_and(ends) {
                        at += indent + word.len();
                        frames.pop();
                    } else {
                        at += indent;
                    }
                }
                (b'$', b'$') | (b'%', b'%') => at += 1,
                (b'$' | b'%', b'{') => {
                    frames.push(Frame::Braces(std::mem::take(&mut keys)));
                    at += 1;
                }
                _ => {}
            },
            Some(Frame::Braces(_)) | None => match (byte(start), byte(at)) {
                (b'#', _) | (b'/', b'/') => at = line_end(bytes, at),
                (b'/', b'*') => {
                    let rest = bytes.get(at + 1..).unwrap_or_default();
                    let end = rest.windows(2).position(|pair| pair == b"*/");
                    at = end.map_or(bytes.len(), |end| at + 1 + end + 2);
                }
                (b'"', _) => frames.push(Frame::Quotes),
                (b'<', b'<') => {
                    let word = at + 1 + usize::from(byte(at + 1) == b'-');
                    let end = line_end(bytes, word);
                    let word = bytes.get(word..end).unwrap_or_default().trim_ascii();
                    if !word.is_empty() {
                        frames.push(Frame::Heredoc(word));
                        at = end;
                    }
                }
                (b'{', _) => frames.push(Frame::Braces(std::mem::take(&mut keys))),
                (b'}', _) => {
                    if let Some(Frame::Braces(outer)) = frames.pop() {
                        keys = outer;
                    }
                }
                (b'=', b'=') | (b'!' | b'<' | b'>', b'=') => at += 1,
                (b'=' | b':', _) => {
                    pairs += keys;
                    keys += 1;
                    if pairs > MAX_KEY_PAIRS / 2 {
                        return Err(start);
                    }
                }
                _ => {}
            },
        }
    }
    Ok(pairs)
}

/// Returns the offset of the end of the line.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| from + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn too_many_keys(text: &str) -> Option<usize> {
        key_pairs(text).err()
    }

    fn keys(count: usize) -> String {
        (0..count).map(|key| format!("k{key} = \"=\"\n")).collect()
    }

    #[test]
    fn keys_are_counted_in_each_pair_of_braces() {
        assert_eq!(too_many_keys(&format!("x = {{\n{}}}\n", keys(4096))), None);
        let text = format!("x = {{\n{}}}\n", keys(4098));
        let at = too_many_keys(&text).unwrap();
        let before = text.get(..at).unwrap();
        assert!(before.ends_with("k4096 ") || before.ends_with("k4097 "), "{at}");
        // So are those of a body.
        assert!(too_many_keys(&keys(4098)).is_some());
        let several = format!("x {{\n{}}}\n", keys(64)).repeat(4000);
        assert_eq!(too_many_keys(&several), None);
        // And those in a template.
        let template = format!("a \" ${{{{{}}}}}", keys(4098));
        assert!(key_pairs_of_template(&template).is_err());
        assert_eq!(key_pairs_of_template(&keys(5000)), Ok(0));
    }

    #[test]
    fn as_many_pairs_as_the_limit_are_allowed() {
        // Each pair is counted once, and compared from both sides.
        let blocks = |keys_of: &[usize]| -> String {
            keys_of.iter().map(|count| format!("x {{\n{}}}\n", keys(*count))).collect()
        };
        let of_limit = blocks(&[4096, 64, 8, 3, 2]);
        assert_eq!(key_pairs(&of_limit), Ok((4096 * 4095 + 64 * 63 + 8 * 7 + 3 * 2 + 2) / 2));
        assert_eq!(key_pairs(&of_limit), Ok(MAX_KEY_PAIRS / 2));
        assert!(key_pairs(&blocks(&[4096, 64, 8, 3, 2, 2])).is_err());
    }

    #[test]
    fn what_is_no_key_is_not_counted() {
        for text in [
            "# = \n",
            "// =\n",
            "/* = */",
            "\"= ${ \"=\" } \\\" =\"\n",
            "<<E\n = \n  E\n",
            "a == b",
            "<<-E\n=\n\tE\n",
        ] {
            assert_eq!(too_many_keys(&text.repeat(10_000)), None, "{text}");
        }
        for text in ["\"", "<<", "<<E", "/*", "}", "${", "\"${", "<<E\n${", "\\", "\"\\", "{\"", "=", ""] {
            let _ = too_many_keys(text);
            let _ = too_many_keys(&text.repeat(1000));
        }
    }
}
