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
const STRIDE: usize = 256;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_that_of_a_count_from_the_start_however_far_it_is() {
        let text = "é\n\nab".repeat(STRIDE);
        let text = text.as_bytes();
        let positions = Positions::default();
        for mark in (0..text.len()).step_by(STRIDE) {
            for offset in mark.saturating_sub(1)..text.len().min(mark + 2) {
                let found = positions.span(text, 0..offset).end;
                let lines = text[..offset].split(|byte| *byte == b'\n');
                let last = lines.clone().next_back().unwrap();
                let column = 1 + last.iter().filter(|byte| !(0x80..0xc0).contains(*byte)).count();
                assert_eq!((found.line, found.column), (lines.count(), column), "{offset}");
            }
        }
    }
}
