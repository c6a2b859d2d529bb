//! Snippets: the line of a document on which a value starts, with the value underlined.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::Style;
use unicode_width::UnicodeWidthChar as _;

use crate::output::LABEL;
use crate::position::Span;

/// Indent of snippets.
const INDENT: &str = "  ";
/// Columns that the renderer is not given: those of the indent, and two by which it may go over the
/// width, where it cuts a wide character.
const KEPT: usize = 4;
/// The least width of a snippet.
const NARROW: usize = 40;

/// Writes the line on which the value starts, with the value underlined in this style. Of a value
/// on several lines only the first is shown, and of a long line as much around the value as there
/// is room for in `width` columns.
pub(crate) fn write(
    output: &mut impl Write,
    text: &[u8],
    span: &Span,
    width: usize,
    style: Style,
) -> io::Result<()> {
    let width = width.saturating_sub(KEPT).max(NARROW);
    // Only a part of a long line is looked at: on both sides as many characters as there
    // are columns. The number of the line takes some of the columns, so that the renderer
    // sees that there is more.
    let most_bytes = 4 * width;
    let earliest = span.bytes.start.saturating_sub(most_bytes);
    let before = text.get(earliest..span.bytes.start).unwrap_or_default();
    let before = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let value = first_line(text.get(span.bytes.clone()).unwrap_or_default());
    let behind = text.get(span.bytes.end..).unwrap_or_default();
    let behind = first_line(behind.get(..most_bytes).unwrap_or(behind));
    let behind = if span.is_on_one_line() { behind } else { &[] };

    let mut line = last_chars(&visible(before), width).to_owned();
    let start = line.len();
    line.push_str(&cut(&visible(value.get(..most_bytes).unwrap_or(value)), width / 2));
    let underlined = start..line.len();
    line.extend(visible(behind).chars().take(width));

    let annotation = AnnotationKind::Primary.span(underlined);
    let snippet = Snippet::source(line).line_start(span.start.line).annotation(annotation);
    let renderer = Renderer::styled().error(style).line_num(LABEL).term_width(width);
    let drawn = renderer.render(&[Group::with_level(Level::ERROR).element(snippet)]);
    drawn.lines().try_for_each(|line| writeln!(output, "{INDENT}{line}"))
}

fn first_line(text: &[u8]) -> &[u8] {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Escapes characters without a glyph, which could command the terminal or hide in it. A tab always
/// becomes four blanks.
fn visible(text: &[u8]) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '\t' => visible.push_str("    "),
            // These have glyphs, and are escaped only in Rust.
            '"' | '\'' | '\\' => visible.push(character),
            _ => visible.extend(character.escape_debug()),
        }
    }
    visible
}

fn last_chars(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().take(count).last().map_or(text.len(), |(start, _)| start);
    text.get(start..).unwrap_or_default()
}

/// As much of a text as there is room for in so many columns.
fn cut(text: &str, columns: usize) -> String {
    let mut cut = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(1);
        if used > columns {
            cut.push('…');
            break;
        }
        cut.push(character);
    }
    cut
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use anstream::adapter::strip_str;
    use proptest::prelude::*;

    use super::*;
    use crate::position::Positions;

    fn drawn(text: &str, range: Range<usize>, width: usize) -> String {
        let span = Positions::default().span(text.as_bytes(), range);
        let mut output = Vec::new();
        write(&mut output, text.as_bytes(), &span, width, Style::new()).unwrap();
        strip_str(&String::from_utf8(output).unwrap()).to_string()
    }

    #[test]
    fn a_text_is_cut_where_there_is_no_more_room() {
        for (text, columns, expected) in [
            ("", 0, ""),
            ("a", 0, "…"),
            ("abcd", 4, "abcd"),
            ("abcde", 4, "abcd…"),
            ("京京", 4, "京京"),
            ("京京京", 4, "京京…"),
            ("a京京", 4, "a京…"),
            ("a京bc", 4, "a京b…"),
        ] {
            assert_eq!(cut(text, columns), expected, "{text} {columns}");
        }
    }

    #[test]
    fn of_a_long_line_as_much_is_shown_as_there_is_room_for() {
        // Characters of one column and of one, two and four bytes.
        for character in ["a", "é", "\u{10348}"] {
            let long = character.repeat(1_000);
            for (text, start) in [(format!("x{long}"), 0), (format!("{long}x{long}"), long.len())] {
                let drawn = drawn(&text, start..start + 1, 100);
                let source = drawn.lines().nth(1).unwrap();
                let columns: usize = source.chars().map(|character| character.width().unwrap_or(1)).sum();
                assert!((90..=100).contains(&columns), "{columns}: {drawn}");
                assert!(source.contains("..."), "{drawn}");
            }
        }
    }

    proptest! {
        /// The renderer takes every part of every text, and draws lines that are fit for a
        /// terminal.
        #[test]
        fn any_part_of_any_text_can_be_shown(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "a", "=", "&", "\"", " ", "\t", "\n", "\r\n", "\r", "ü", "京", "e\u{301}", "\u{1f469}\u{200d}\u{1f52c}",
                    "\u{1160}", "\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{feff}", "0123456789012345678901234567890123456789",
                    "                              ",
                ]),
                0..60,
            ),
            ends in (0..61_usize, 0..61_usize),
            width in 0..200_usize,
        ) {
            let byte = |part: usize| parts.iter().take(part).map(|part| part.len()).sum::<usize>();
            let (start, end) = (byte(ends.0.min(ends.1)), byte(ends.0.max(ends.1)));
            let drawn = drawn(&parts.concat(), start..end, width);
            prop_assert!(drawn.contains('^'), "{}", drawn);
            let unfit = |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
            prop_assert!(!drawn.contains(unfit), "{:?}", drawn);
            let widest = width.max(NARROW + KEPT);
            for line in drawn.lines() {
                let columns: usize = line.chars().map(|character| character.width().unwrap_or(1)).sum();
                prop_assert!(columns <= widest, "{} > {}: {}", columns, widest, drawn);
            }
        }
    }
}
