//! Blocks of lines, as they are read.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

/// Bytes that are asked for at once: as many as a pipe holds. A block ends with the bytes that have
/// come, so that the lines of a slow writer are checked as they come.
const READ_BYTES: usize = 64 << 10;

/// Whole lines.
#[derive(Default)]
pub(crate) struct Block {
    /// Index of the block.
    pub(crate) number: u64,
    /// Number of the first line, counted from 1.
    first_line: u64,
    bytes: Vec<u8>,
}

impl Block {
    /// Returns each line with its number and without its newline.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut start = 0;
        let ends = memchr_iter(b'\n', &self.bytes).chain([self.bytes.len()]);
        let lines = ends.filter_map(move |end| {
            let line = self.bytes.get(start..end);
            // The bytes behind the last newline are a line unless there are none.
            let line = if start < self.bytes.len() { line } else { None };
            start = end + 1;
            line
        });
        (self.first_line..).zip(lines)
    }

    /// Number of bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Reader of blocks, which keeps one byte more of a line than the most, to show that the line is
/// too long.
pub(crate) struct Blocks<R> {
    source: R,
    buffer: Vec<u8>,
    /// The start of a line whose end is not read yet.
    rest: Vec<u8>,
    /// True if `rest` is all that is kept of its line.
    is_skipping: bool,
    is_at_end: bool,
    max_line: usize,
    next_block: u64,
    next_line: u64,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(source: R, max_line: usize) -> Self {
        let (buffer, rest) = (vec![0; READ_BYTES], Vec::new());
        Self {
            source,
            buffer,
            rest,
            is_skipping: false,
            is_at_end: false,
            max_line,
            next_block: 0,
            next_line: 1,
        }
    }

    /// Reads the next block into `block`; `false` at the end, where `block` has no lines.
    pub(crate) fn read(&mut self, block: &mut Block) -> io::Result<bool> {
        block.bytes.clear();
        // The memory of a long line is given back.
        block.bytes.shrink_to(2 * READ_BYTES);
        while !self.is_at_end && block.bytes.is_empty() {
            let count = match self.source.read(&mut self.buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_at_end = true;
                    return Err(error);
                }
            };
            let mut fresh = self.buffer.get(..count).unwrap_or_default();
            if fresh.is_empty() {
                self.is_at_end = true;
                block.bytes.append(&mut self.rest);
            }
            if self.is_skipping {
                // The newline ends the part of the line that is kept.
                let Some(end) = memchr(b'\n', fresh) else { continue };
                fresh = fresh.get(end..).unwrap_or_default();
                self.is_skipping = false;
            }
            let (whole, part) = match memrchr(b'\n', fresh) {
                Some(end) => fresh.split_at(end + 1),
                None => (&[][..], fresh),
            };
            if !whole.is_empty() {
                block.bytes.append(&mut self.rest);
                block.bytes.extend_from_slice(whole);
                self.rest.shrink_to(READ_BYTES);
            }
            self.rest.extend_from_slice(part);
            if self.rest.len() > self.max_line {
                self.rest.truncate(self.max_line + 1);
                self.is_skipping = true;
            }
        }
        block.number = self.next_block;
        block.first_line = self.next_line;
        let newlines = memchr_iter(b'\n', &block.bytes).count();
        self.next_block += 1;
        self.next_line += u64::try_from(newlines).unwrap_or(u64::MAX);
        Ok(!block.bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives its parts one by one, however many bytes are asked for.
    struct Parts(Vec<io::Result<Vec<u8>>>);

    impl Read for Parts {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let part = self.0.remove(0)?;
            buffer[..part.len()].copy_from_slice(&part);
            Ok(part.len())
        }
    }

    fn parts(parts: &[&str]) -> Parts {
        Parts(parts.iter().map(|part| Ok(part.as_bytes().to_vec())).collect())
    }

    /// The lines of each block.
    fn read(source: impl Read, max_line: usize) -> Vec<Vec<(u64, String)>> {
        let mut blocks = Blocks::new(source, max_line);
        let mut block = Block::default();
        let mut all = Vec::new();
        while blocks.read(&mut block).unwrap() {
            assert_eq!(usize::try_from(block.number).unwrap(), all.len());
            let text = |line: &[u8]| String::from_utf8(line.to_vec()).unwrap();
            all.push(block.lines().map(|(number, line)| (number, text(line))).collect());
        }
        assert!(!blocks.read(&mut block).unwrap(), "the end stays the end");
        all
    }

    fn lines(first: u64, lines: &[&str]) -> Vec<(u64, String)> {
        (first..).zip(lines.iter().map(|line| (*line).to_owned())).collect()
    }

    #[test]
    fn a_block_has_the_whole_lines_that_have_come() {
        let source = parts(&["a\nb\nc", "c\n", "\n\nd", "d", "d\ne\n"]);
        let expected =
            [lines(1, &["a", "b"]), lines(3, &["cc"]), lines(4, &["", ""]), lines(6, &["ddd", "e"])];
        assert_eq!(read(source, 10), expected);
    }

    #[test]
    fn the_last_line_needs_no_newline() {
        assert_eq!(read(parts(&["a\nb"]), 10), [lines(1, &["a"]), lines(2, &["b"])]);
        assert_eq!(read(parts(&["a"]), 10), [lines(1, &["a"])]);
        assert_eq!(read(parts(&["a\n"]), 10), [lines(1, &["a"])]);
        assert_eq!(read(parts(&["\n"]), 10), [lines(1, &[""])]);
        assert_eq!(read(parts(&[]), 10), Vec::<Vec<_>>::new());
    }

    #[test]
    fn of_a_line_that_is_too_long_one_byte_too_many_is_kept() {
        // Exactly as long as it may be, and one byte longer.
        assert_eq!(read(parts(&["abcd", "\n"]), 4), [lines(1, &["abcd"])]);
        assert_eq!(read(parts(&["abcde", "\n"]), 4), [lines(1, &["abcde"])]);
        assert_eq!(read(parts(&["abcd", "e\n"]), 4), [lines(1, &["abcde"])]);
        let expected = [lines(1, &["a"]), lines(2, &["bcdef", "m"]), lines(4, &["n"])];
        assert_eq!(read(parts(&["a\nbc", "defgh", "ijkl", "\nm\nn"]), 4), expected);
        // Where it ends just where something has been read, and where it never ends.
        assert_eq!(read(parts(&["abcdefgh", "\n", "m\n"]), 4), [lines(1, &["abcde"]), lines(2, &["m"])]);
        assert_eq!(read(parts(&["abcdefgh", "ij\nm", "n"]), 4), [lines(1, &["abcde"]), lines(2, &["mn"])]);
        assert_eq!(read(parts(&["abcdefgh", "ij", "kl"]), 4), [lines(1, &["abcde"])]);
        // Two in a row.
        let expected = [lines(1, &["abcde"]), lines(2, &["ghijk"])];
        assert_eq!(read(parts(&["abcdef", "\nghijkl", "\n"]), 4), expected);
    }

    #[test]
    fn an_endless_line_takes_no_room() {
        let endless = io::repeat(b'x').take(50_000_000);
        let mut blocks = Blocks::new(endless, 100_000);
        let mut block = Block::default();
        assert!(blocks.read(&mut block).unwrap());
        assert_eq!(block.size(), 100_001);
        assert!(block.bytes.capacity() < 400_000, "{}", block.bytes.capacity());
        assert!(!blocks.read(&mut block).unwrap());
        assert!(block.bytes.capacity() <= 2 * READ_BYTES, "{}", block.bytes.capacity());
    }

    #[test]
    fn an_interruption_is_ignored_and_an_error_is_the_end() {
        let interrupted = || Err(io::ErrorKind::Interrupted.into());
        let source = Parts(vec![Ok(b"a".to_vec()), interrupted(), Ok(b"b\n".to_vec())]);
        assert_eq!(read(source, 10), [lines(1, &["ab"])]);

        let source = Parts(vec![Ok(b"a\nb".to_vec()), Err(io::Error::other("broken")), Ok(b"c\n".to_vec())]);
        let (mut blocks, mut block) = (Blocks::new(source, 10), Block::default());
        assert!(blocks.read(&mut block).unwrap());
        assert_eq!(blocks.read(&mut block).unwrap_err().to_string(), "broken");
        assert!(!blocks.read(&mut block).unwrap());
        assert_eq!(block.lines().count(), 0);
    }
}
