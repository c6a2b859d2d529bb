//! Positions and spans in a text.

use std::cell::OnceCell;
use std::ops::Range;

/// A line and a column, both counted from 1, the column in characters.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    /// Start of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Returns the position behind these bytes, which start at this one.
    pub(crate) fn behind(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |Self { line, column }, byte| match byte {
            b'\n' => Self { line: line + 1, column: 1 },
            // Part of a character that was counted already.
            0x80..=0xbf => Self { line, column },
            _ => Self { line, column: column + 1 },
        })
    }
}

/// A part of a text.
pub(crate) struct Span {
    pub(crate) bytes: Range<usize>,
    pub(crate) start: Position,
    /// The first position behind the part.
    pub(crate) end: Position,
}

impl Span {
    pub(crate) fn is_on_one_line(&self) -> bool {
        self.start.line == self.end.line
    }
}

/// The most bytes that are counted to find a position.
const STRIDE: usize = 4096;

/// Positions in one text, which is counted through once, however long it is and however many are
/// asked for.
#[derive(Default)]
pub(crate) struct Positions {
    /// The position of every byte whose offset is a multiple of [`STRIDE`].
    marks: OnceCell<Vec<Position>>,
}

impl Positions {
    pub(crate) fn span(&self, text: &[u8], bytes: Range<usize>) -> Span {
        Span { start: self.of(text, bytes.start), end: self.of(text, bytes.end), bytes }
    }

    fn of(&self, text: &[u8], offset: usize) -> Position {
        let marks = self.marks.get_or_init(|| {
            let mut position = Position::START;
            let mut marks = vec![position];
            for stride in text.chunks(STRIDE) {
                position = position.behind(stride);
                marks.push(position);
            }
            marks
        });
        let mark = marks.get(offset / STRIDE).copied().unwrap_or(Position::START);
        mark.behind(text.get(offset - offset % STRIDE..offset).unwrap_or_default())
    }
}
