//! The form of the comments: how wide they are, and turns of phrase that they do not have.

use std::fs;

use crate::layers::{files, root};

/// The most columns of a line of a comment. Examples are code, which may be wider.
const COLUMNS: usize = 100;

/// The lines of comments of a text, without the examples in them, with their numbers from 1.
fn comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_example = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let Some(said) = line.trim_start().strip_prefix("//") else {
            in_example = false;
            return false;
        };
        let is_fence = said.trim_start_matches(['/', '!']).trim_start().starts_with("```");
        in_example ^= is_fence;
        !in_example && !is_fence
    })
}

/// True for a line that is wider than a comment may be and could be broken: not at a
/// word, nor within backticks.
fn is_too_wide(line: &str) -> bool {
    let said = line.trim_start().trim_start_matches(['/', '!']).trim().trim_end_matches(['.', ',', ':']);
    let is_one_span = said.starts_with('`') && said.ends_with('`') && said.matches('`').count() == 2;
    line.chars().count() > COLUMNS && said.contains(' ') && !is_one_span
}

/// True for a line with a clause that opens with "of which": two sentences are easier to read.
fn has_of_which(line: &str) -> bool {
    let said = line.trim_start().trim_start_matches(['/', '!']).trim_start();
    said.starts_with("of which")
        || [", of which", ": of which", "; of which"].iter().any(|clause| said.contains(clause))
}

#[test]
fn comments_are_narrow_and_no_clause_opens_with_of_which() {
    let root = root();
    let mut read = 0;
    for folder in ["src", "tests", "benches", "fuzz", ".ci"] {
        for file in files(&root.join(folder)) {
            let path = file.strip_prefix(&root).expect("below the project").display();
            let text = fs::read_to_string(&file).expect("text");
            for (number, line) in comments(&text) {
                read += 1;
                assert!(!is_too_wide(line), "{path}:{number}: more than {COLUMNS} columns: {line}");
                assert!(!has_of_which(line), "{path}:{number}: {line}");
            }
        }
    }
    assert!(read > 5_000, "{read} lines were read");
}

#[test]
fn wide_lines_and_of_which_are_found_and_examples_are_not_read() {
    let wide = "word ".repeat(20);
    let text = format!(
        "//! {wide}\nlet code = 1;\n    /// {wide}, of which\n/// ```\n/// {wide}\n/// ```\n// short\n"
    );
    let found: Vec<usize> =
        comments(&text).filter(|(_, line)| is_too_wide(line)).map(|(number, _)| number).collect();
    assert_eq!(found, [1, 3]);
    assert_eq!(comments(&text).map(|(number, _)| number).collect::<Vec<_>>(), [1, 3, 7]);
    assert_eq!(comments(&text).filter(|(_, line)| has_of_which(line)).count(), 1);
    // A word, and what stands in backticks, cannot be broken.
    assert!(!is_too_wide(&format!("/// `{wide}`.")));
    assert!(!is_too_wide(&format!("/// <https://{}>", wide.replace(' ', "/"))));
    assert!(is_too_wide(&format!("/// `one` and {wide}and `two`")));
}
