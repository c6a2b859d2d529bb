//! Damaged texts, for tests that hold two readings of one text to one another.

/// Returns a text that is damaged everywhere: cut off, without a character, with another one.
pub(crate) fn damaged(text: &str) -> impl Iterator<Item = String> {
    const OTHERS: [&str; 17] =
        ["", " ", "\n", "x", "0", "-", "\"", "\\", "{", "}", "[", "]", ",", ":", "ü", "null", "1e999"];
    text.char_indices().flat_map(move |(at, character)| {
        let (start, rest) = text.split_at(at);
        let (_, end) = rest.split_at(character.len_utf8());
        let with_another = OTHERS.into_iter().map(move |other| format!("{start}{other}{end}"));
        with_another.chain([start.to_owned()])
    })
}
