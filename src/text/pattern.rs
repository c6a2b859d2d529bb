//! Regular expressions that must match the whole of a text.

use regex::{Regex, RegexBuilder};

use super::shown::legible;

/// The most bytes that a compiled pattern may need: 1 MiB.
const MAX_BYTES: usize = 1 << 20;
/// The most bytes of the text of a pattern. It is written into every violation of its rule.
const MAX_TEXT_BYTES: usize = 4 << 10;
/// The deepest that the parts of a pattern stand within one another: each depth takes stack, and a
/// thread has little.
const MAX_DEPTH: u32 = 64;

/// A regular expression that must match the whole of a text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    text: String,
}

impl Pattern {
    /// Compiles a pattern. The error says in words what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty: no text that has a character matches it".to_owned());
        }
        if text.len() > MAX_TEXT_BYTES {
            return Err(format!("it has more than {MAX_TEXT_BYTES} bytes"));
        }
        let sized = |text: &str, bytes: usize| {
            RegexBuilder::new(text).nest_limit(MAX_DEPTH).size_limit(bytes).build()
        };
        let bounded = |text: &str| sized(text, MAX_BYTES);
        // Alone first: a pattern such as `a)(b` would be well-formed only inside the group. It is
        // read, and with no room at all not compiled. Beside an empty alternative no literals are
        // searched in it, to look for them: of some patterns of 300 bytes that takes 50 ms.
        if let Err(error @ regex::Error::Syntax(_)) = sized(&format!("|{text}"), 0) {
            return Err(words(&error));
        }
        let whole = match bounded(&format!(r"\A(?:{text})\z")) {
            // The end of the group is in a comment, which `(?x)` allows and a newline ends.
            Err(regex::Error::Syntax(_)) => bounded(&format!("\\A(?:{text}\n)\\z")),
            whole => whole,
        };
        let regex = whole.map_err(|error| words(&error))?;
        Ok(Self { regex, text: text.to_owned() })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Says what is wrong with a pattern, in the words of whoever wrote it.
fn words(error: &regex::Error) -> String {
    let text = match error {
        regex::Error::CompiledTooBig(limit) => return format!("it needs more than {limit} bytes of memory"),
        other => other.to_string(),
    };
    // The pattern is shown above what is wrong with it.
    let line = text.lines().next_back().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    if line.contains("maximum number of nested") {
        return format!("its parts stand more than {MAX_DEPTH} deep within one another");
    }
    // Only the classes of `\d`, `\s`, `\w` and the cases of letters are compiled in.
    if line.starts_with("Unicode property") {
        return r"there are no classes by property such as `\p{L}`: list the letters, such as `[a-z]`"
            .to_owned();
    }
    if line.contains("invalid UTF-8") || line.starts_with("Unicode not allowed") {
        return "`(?-u)` is not possible: a name is text".to_owned();
    }
    legible(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_not_too_deep() {
        let groups = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        let repetitions = |depth: usize| format!("a{}", "*".repeat(depth));
        for pattern in [groups(50), repetitions(50)] {
            assert!(Pattern::new(&pattern).is_ok(), "{pattern}");
        }
        for pattern in [groups(70), repetitions(70), groups(2000), repetitions(4000)] {
            let error = Pattern::new(&pattern).unwrap_err();
            assert_eq!(error, "its parts stand more than 64 deep within one another");
        }
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).expect(pattern).is_match(text)
    }

    #[test]
    fn the_classes_that_people_write_are_there() {
        assert!(matches(r"web-\d+", "web-17") && !matches(r"web-\d+", "web-x"));
        assert!(matches(r"\w+\s\w+", "web 网站") && !matches(r"\w+", "a-b"));
        assert!(matches(r"\bweb\b.*", "web-1") && !matches(r"\bweb\b.*", "webs"));
        assert!(
            matches("(?i)WEB-[a-z]", "web-Q") && matches("(?i)grüße", "GRÜSSE".replace("SS", "ß").as_str())
        );
        assert!(matches(r"\D\W\S", "a-b") && !matches(r"\D", "7"));
        assert!(matches("(?i-u:web)", "WEB"));
    }

    #[test]
    fn the_whole_text_must_match() {
        assert!(matches("a|ab", "ab") && !matches("a|ab", "abc") && !matches("a", "a\n"));
        assert!(matches("(?x) web - \\d+  # a number", "web-1"));
        assert!(!matches("(?x) web # a word", "web\n"));
    }

    #[test]
    fn errors_are_in_words() {
        let error = |pattern: &str| Pattern::new(pattern).unwrap_err();
        assert_eq!(error(""), "it is empty: no text that has a character matches it");
        assert_eq!(error("("), "unclosed group");
        assert_eq!(error("a)(b"), "unopened group");
        assert_eq!(error("*a"), "repetition operator missing expression");
        assert_eq!(error("a\\"), "incomplete escape sequence, reached end of pattern prematurely");
        assert_eq!(error(r"(a)\1"), "backreferences are not supported");
        for pattern in [r"\p{L}", r"\pL", r"\p{Han}", r"\p{Script=Han}", r"\X", r"(?-u)\xff", r"(?-u:.)"] {
            // Tools of the tests may compile more classes in.
            let Err(error) = Pattern::new(pattern) else { continue };
            assert!(
                !error.contains("feature") && !error.contains("Unicode property") && !error.contains('\n'),
                "{error}"
            );
        }
        assert_eq!(error("(?:a{1000}){1000}"), "it needs more than 1048576 bytes of memory");
        assert_eq!(error(&"a".repeat(5_000)), "it has more than 4096 bytes");
    }
}
