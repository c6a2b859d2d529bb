//! UTF-16, as Windows PowerShell writes lines into a file.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

/// Bytes that are decoded at once.
const CHUNK_BYTES: usize = 32 << 10;

/// Reader that gives the text of UTF-16 which starts with a byte order mark in UTF-8, and all
/// other bytes as they are.
pub(crate) struct FromUtf16<R> {
    source: R,
    state: State,
}

enum State {
    /// No byte is read yet.
    Start,
    AsItIs,
    Decoding {
        decoder: Box<Decoder>,
        /// Text that is not given yet, from `given` on.
        text: Vec<u8>,
        given: usize,
        is_at_end: bool,
    },
}

impl<R> FromUtf16<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, state: State::Start }
    }
}

impl<R: Read> FromUtf16<R> {
    /// Reads the first bytes, which tell the encoding.
    fn start(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < 2 {
            let Some(rest) = buffer.get_mut(count..).filter(|rest| !rest.is_empty()) else { break };
            match self.source.read(rest) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let bytes = buffer.get(..count).unwrap_or_default();
        let wide = Encoding::for_bom(bytes).filter(|(encoding, _)| *encoding != UTF_8);
        let Some((encoding, length)) = wide else {
            self.state = State::AsItIs;
            return Ok(count);
        };
        let mut decoder = Box::new(encoding.new_decoder_without_bom_handling());
        let mut text = Vec::new();
        decode(&mut decoder, bytes.get(length..).unwrap_or_default(), &mut text, false)?;
        self.state = State::Decoding { decoder, text, given: 0, is_at_end: false };
        self.read(buffer)
    }
}

impl<R: Read> Read for FromUtf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Start => self.start(buffer),
            State::AsItIs => self.source.read(buffer),
            State::Decoding { decoder, text, given, is_at_end } => {
                while *given == text.len() && !*is_at_end {
                    let mut chunk = vec![0; CHUNK_BYTES];
                    let count = self.source.read(&mut chunk)?;
                    *is_at_end = count == 0;
                    text.clear();
                    *given = 0;
                    decode(decoder, chunk.get(..count).unwrap_or_default(), text, *is_at_end)?;
                }
                let count = text.get(*given..).unwrap_or_default().read(buffer)?;
                *given += count;
                Ok(count)
            }
        }
    }
}

/// Adds the text of some bytes to `text`.
fn decode(decoder: &mut Decoder, bytes: &[u8], text: &mut Vec<u8>, is_last: bool) -> io::Result<()> {
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
    let start = text.len();
    text.resize(start + room, 0);
    let free = text.get_mut(start..).unwrap_or_default();
    let (result, _, written) = decoder.decode_to_utf8_without_replacement(bytes, free, is_last);
    text.truncate(start + written);
    match result {
        DecoderResult::InputEmpty => Ok(()),
        _ => Err(io::Error::other("is not well-formed UTF-16")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives few bytes at a time.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    fn read(bytes: &[u8], at_once: usize) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        FromUtf16::new(Slow(bytes, at_once)).read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn two_bytes_that_have_come_are_given_without_a_wait_for_a_third() {
        assert_eq!(FromUtf16::new(Slow(b"{}\n", 2)).read(&mut [0; 100]).unwrap(), 2);
    }

    /// A source that gives one byte at a time, with an interruption before each.
    struct Interrupted<'b>(&'b [u8], bool);

    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { self.0.read(&mut buffer[..1]) }
        }
    }

    #[test]
    fn an_interruption_loses_no_byte() {
        for bytes in [&b"ab"[..], b"\xff\xfea\0b\0"] {
            let mut text = String::new();
            FromUtf16::new(Interrupted(bytes, false)).read_to_string(&mut text).unwrap();
            assert_eq!(text, "ab");
        }
    }

    #[test]
    fn utf_16_is_given_as_utf_8_and_the_rest_as_it_is() {
        for text in ["", "a", "{\"id\": \"二🦀\"}\r\n{}\n"] {
            let marked = format!("\u{feff}{text}");
            let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for at_once in [1, 2, 3, 100] {
                assert_eq!(read(&little, at_once).unwrap(), text.as_bytes(), "{at_once}");
                assert_eq!(read(&big, at_once).unwrap(), text.as_bytes(), "{at_once}");
                assert_eq!(read(text.as_bytes(), at_once).unwrap(), text.as_bytes(), "{at_once}");
                assert_eq!(read(marked.as_bytes(), at_once).unwrap(), marked.as_bytes(), "{at_once}");
            }
        }
        assert!(read(b"\xff\xfea", 10).is_err(), "half of a unit");
        assert!(read(b"\xff\xfe\x00\xd8a\0", 10).is_err(), "half of a pair");
    }
}
