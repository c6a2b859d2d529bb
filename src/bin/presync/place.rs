//! Places in a text: lines and columns, both counted from 1, columns in characters.

use std::cell::OnceCell;
use std::ops::Range;

/// A line and a column.
pub(crate) type Position = (usize, usize);

/// Where something is in a text.
pub(crate) struct Place {
    /// Which bytes it is.
    pub(crate) range: Range<usize>,
    pub(crate) start: Position,
    /// The first position behind it.
    pub(crate) end: Position,
}

impl Place {
    pub(crate) fn is_on_one_line(&self) -> bool {
        self.start.0 == self.end.0
    }
}

/// How many bytes are counted at most to find a position.
const STRIDE: usize = 4096;

/// Positions in one text, however long it is and however many are asked for: it is counted through once.
#[derive(Default)]
pub(crate) struct Positions {
    /// The position of every byte whose offset is a multiple of [`STRIDE`].
    marks: OnceCell<Vec<Position>>,
}

impl Positions {
    pub(crate) fn place(&self, text: &[u8], range: Range<usize>) -> Place {
        Place { start: self.of(text, range.start), end: self.of(text, range.end), range }
    }

    fn of(&self, text: &[u8], offset: usize) -> Position {
        let marks = self.marks.get_or_init(|| {
            let mut position = (1, 1);
            let mut marks = vec![position];
            for stride in text.chunks(STRIDE) {
                position = behind(position, stride);
                marks.push(position);
            }
            marks
        });
        let mark = marks.get(offset / STRIDE).copied().unwrap_or((1, 1));
        behind(mark, text.get(offset - offset % STRIDE..offset).unwrap_or_default())
    }
}

/// The position behind these bytes, which start at `start`.
pub(crate) fn behind(start: Position, bytes: &[u8]) -> Position {
    bytes.iter().fold(start, |(line, column), byte| match byte {
        b'\n' => (line + 1, 1),
        // Part of a character that was counted already.
        0x80..=0xbf => (line, column),
        _ => (line, column + 1),
    })
}
