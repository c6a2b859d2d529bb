//! Positions in a text: line and column.

/// Returns the line and the column of a byte, both counted from 1. Columns are counted in bytes, as
/// JSON errors count them.
pub(crate) fn position(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (before.iter().filter(|byte| **byte == b'\n').count() + 1, offset - line_start + 1)
}
