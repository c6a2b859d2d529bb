//! The limits of a text in HCL, which are looked at before it is parsed.

use std::borrow::Cow;
use std::mem;
use std::ops::Range;
use std::str;

use hcl::edit::Ident;
use hcl::edit::expr::Expression;
use hcl::edit::parser::{parse_body, parse_expr};
use hcl::edit::structure::Structure;
use memchr::memmem;

/// The most pairs of keys that are compared, a count: the parser compares each key of an object or
/// a body with every other one in it. One object of 4,096 keys is as much.
pub const MAX_KEY_PAIRS: u64 = 1 << 24;

/// The most bytes of a template in HCL or in HCL's JSON, all of its files and
/// values together: 128 KiB.
///
/// Templates are a few KiB to some tens of KiB large. The parser of HCL makes up to 300 bytes of
/// each byte of a text that is dense, such as `[a.*,a.*]`, and takes up to 0.3 microseconds: 128
/// KiB are less than 40 MiB and 50 ms.
pub const MAX_HCL_BYTES: usize = 1 << 17;

/// The most bytes that the parser may read again, a count: 1 MiB, eight times
/// those of the largest text.
///
/// Where the third or a later operand of operators is no expression, such as `(` in `1 + 1 + (`,
/// the parser reads it twice: twice as often for each such operand within another one.
const MAX_BYTES_AGAIN: usize = 1 << 20;

/// The state within brackets, or at the top.
#[derive(Default)]
struct Code {
    /// The number of keys so far.
    keys: u64,
    /// The operators of the expression so far. Some are counted as two.
    operators: usize,
    /// The times that the parser may read it again.
    times_again: usize,
}

impl Code {
    /// Enters brackets that open here. Returns the frame that they are.
    fn enter<'t>(&mut self) -> Frame<'t> {
        let again = self.times_again;
        let times_again = if self.operators > 1 { again.saturating_mul(2).saturating_add(1) } else { again };
        Frame::Brackets(mem::replace(self, Self { keys: 0, operators: 0, times_again }))
    }
}

/// What encloses a part of a text.
enum Frame<'t> {
    /// Brackets, with the state around them. In a template they end an interpolation.
    Brackets(Code),
    /// A quoted text.
    Quotes,
    /// A heredoc that ends with a line of this word. None for a template that no line ends: a text
    /// that is one, or what a directive such as `%{ if … }` encloses.
    Lines(Option<&'t [u8]>),
}

/// A text as it is given to the parser, which has each byte where it was.
#[derive(Debug, PartialEq)]
pub(super) struct Prepared<'t> {
    pub(super) text: Cow<'t, str>,
    /// The number of pairs of keys.
    pub(super) pairs: u64,
}

/// What is too much in a text, and the offset from which on it is.
#[derive(Debug, PartialEq)]
pub(super) enum Excess {
    Keys(usize),
    Operations(usize),
}

/// Prepares a text in HCL.
///
/// It reads each byte once. In a text that is not HCL it counts something.
pub(super) fn prepared(text: &str) -> Result<Prepared<'_>, Excess> {
    prepared_within(text, Vec::new())
}

/// Prepares a template, which is a text with expressions in it.
pub(super) fn prepared_template(text: &str) -> Result<Prepared<'_>, Excess> {
    prepared_within(text, vec![Frame::Lines(None)])
}

/// Reads an expression, which may have a comment behind it; none if it is not one, or too much in
/// it.
pub(super) fn expression(text: &str) -> Option<Expression> {
    let prepared = prepared(text).ok()?;
    let text = prepared.text.trim();
    parse_expr(text).ok().or_else(|| {
        // The parser of an expression takes no comment behind it, and that of a body does.
        let mut parts = parse_body(&format!("value = {text}\n")).ok()?.into_iter();
        match (parts.next(), parts.next()) {
            (Some(Structure::Attribute(value)), None) => Some(value.value),
            _ => None,
        }
    })
}

fn prepared_within<'t>(text: &'t str, mut frames: Vec<Frame<'t>>) -> Result<Prepared<'t>, Excess> {
    let at = |rest: &[u8]| text.len() - rest.len();
    let (mut code, mut pairs, mut bytes_again) = (Code::default(), 0_u64, 0_usize);
    let mut empty = Vec::new();
    let mut rest = text.as_bytes();
    while let [_, next @ ..] = rest {
        let (start, frame) = (at(rest), frames.last());
        let times_again = code.times_again;
        rest = match (frame, rest) {
            (Some(Frame::Quotes), [b'\\', _, next @ ..]) => next,
            (Some(Frame::Quotes), [b'"', ..]) => {
                frames.pop();
                next
            }
            (
                Some(Frame::Quotes | Frame::Lines(_)),
                [b'$', b'$', b'{', next @ ..] | [b'%', b'%', b'{', next @ ..],
            ) => next,
            (Some(Frame::Quotes | Frame::Lines(_)), [b'%', b'{', next @ ..]) => {
                let directive = after_blanks(next.strip_prefix(b"~").unwrap_or(next));
                if directive.starts_with(b"if") || directive.starts_with(b"for") {
                    frames.push(Frame::Lines(None));
                } else if directive.starts_with(b"end") && matches!(frame, Some(Frame::Lines(None))) {
                    frames.pop();
                }
                frames.push(code.enter());
                directive
            }
            (Some(Frame::Quotes | Frame::Lines(_)), [b'$', b'{', next @ ..])
            | (Some(Frame::Brackets(_)) | None, [b'{' | b'(' | b'[', next @ ..]) => {
                frames.push(code.enter());
                next
            }
            (Some(Frame::Lines(Some(word))), [b'\n', ..]) => match after_word(next, word) {
                Some(after) => {
                    frames.pop();
                    after
                }
                None => next,
            },
            (Some(Frame::Quotes | Frame::Lines(_)), _) => next,
            (_, [b'#', ..] | [b'/', b'/', ..]) => after(rest, b"\n"),
            (_, [b'/', b'*', inside @ ..]) => after(inside, b"*/"),
            (_, [b'"', ..]) => {
                frames.push(Frame::Quotes);
                next
            }
            (_, [b'<', b'<', start @ ..]) => match heredoc(start) {
                Some((word, lines)) => match after_word(lines, word) {
                    Some(after) => {
                        empty.push(at(rest)..at(after));
                        after
                    }
                    None => {
                        frames.push(Frame::Lines(Some(word)));
                        lines
                    }
                },
                // The second one may be the first of a heredoc.
                None => {
                    code.operators += 1;
                    next
                }
            },
            (_, [b'}' | b')' | b']', ..]) => {
                if let Some(Frame::Brackets(outer)) = frames.pop() {
                    code = outer;
                }
                next
            }
            (
                _,
                [b'=' | b'!' | b'<' | b'>', b'=', next @ ..]
                | [b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'<' | b'>' | b'!', next @ ..],
            ) => {
                code.operators += 1;
                next
            }
            (_, [b',' | b'?', ..]) => {
                code.operators = 0;
                next
            }
            (_, [b'=' | b':', ..]) => {
                pairs += code.keys;
                code.keys += 1;
                code.operators = 0;
                if pairs > MAX_KEY_PAIRS / 2 {
                    return Err(Excess::Keys(start));
                }
                next
            }
            _ => next,
        };
        bytes_again = bytes_again.saturating_add(times_again.saturating_mul(at(rest) - start));
        if bytes_again > MAX_BYTES_AGAIN {
            return Err(Excess::Operations(start));
        }
    }
    Ok(Prepared { text: without(text, empty), pairs })
}

/// Returns the text with an empty text for each of these heredocs, which are empty.
///
/// The parser looks for the end of an empty heredoc behind its end, in all that follows, and reads
/// that again if there is none: twice as often for each heredoc within another one.
fn without(text: &str, heredocs: Vec<Range<usize>>) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for heredoc in heredocs {
        let filled = format!("{:length$}", "\"\"", length = heredoc.len());
        text.to_mut().replace_range(heredoc, &filled);
    }
    text
}

/// Returns the word of a heredoc and the lines behind it. None if this is no heredoc.
fn heredoc(after_sign: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = after_sign.strip_prefix(b"-").unwrap_or(after_sign);
    let (word, end) = start.split_at_checked(start.iter().position(|byte| b"\r\n<".contains(byte))?)?;
    let lines = end.strip_prefix(b"\n").or_else(|| end.strip_prefix(b"\r\n"))?;
    Ident::try_new(str::from_utf8(word).ok()?).ok()?;
    Some((word, lines))
}

/// Returns what follows the word that ends a heredoc. None if the line is not its end.
fn after_word<'t>(line: &'t [u8], word: &[u8]) -> Option<&'t [u8]> {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let after = line.get(blanks..)?.strip_prefix(word)?;
    // The first character, which takes four bytes at most.
    let start = after.chunks(4).next().and_then(|bytes| bytes.utf8_chunks().next());
    let is_longer = start.and_then(|start| start.valid().chars().next()).is_some_and(continues_word);
    (!is_longer).then_some(after)
}

fn continues_word(character: char) -> bool {
    Ident::try_new(format!("_{character}")).is_ok()
}

/// Returns what follows blanks and comments.
fn after_blanks(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b' ' | b'\t' | b'\r' | b'\n', next @ ..] => next,
            [b'#', ..] | [b'/', b'/', ..] => after(text, b"\n"),
            [b'/', b'*', inside @ ..] => after(inside, b"*/"),
            _ => return text,
        };
    }
}

/// Returns what follows a mark; an empty text if the mark is not there.
fn after<'t>(text: &'t [u8], mark: &[u8]) -> &'t [u8] {
    memmem::find(text, mark).and_then(|found| text.get(found + mark.len()..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hcl::edit::parser::parse_template;

    use super::*;

    fn pairs(text: &str) -> Result<u64, Excess> {
        prepared(text).map(|prepared| prepared.pairs)
    }

    fn pairs_of_template(text: &str) -> Result<u64, Excess> {
        prepared_template(text).map(|prepared| prepared.pairs)
    }

    fn too_many_keys(text: &str) -> Option<usize> {
        match pairs(text) {
            Ok(_) => None,
            Err(Excess::Keys(at)) => Some(at),
            Err(Excess::Operations(at)) => panic!("operations at {at}: {text}"),
        }
    }

    fn keys(count: usize) -> String {
        (0..count).map(|key| format!("k{key} = \"=\"\n")).collect()
    }

    #[test]
    fn keys_are_counted_in_each_pair_of_braces() {
        assert_eq!(too_many_keys(&format!("x = {{\n{}}}\n", keys(4096))), None);
        let text = format!("x = {{\n{}}}\n", keys(4098));
        let at = too_many_keys(&text).unwrap();
        let before = text.get(..at).unwrap();
        assert!(before.ends_with("k4096 ") || before.ends_with("k4097 "), "{at}");
        // So are those of a body.
        assert!(too_many_keys(&keys(4098)).is_some());
        let several = format!("x {{\n{}}}\n", keys(64)).repeat(4000);
        assert_eq!(too_many_keys(&several), None);
        // And those in a template.
        let template = format!("a \" ${{{{{}}}}}", keys(4098));
        assert!(pairs_of_template(&template).is_err());
        assert_eq!(pairs_of_template(&keys(5000)), Ok(0));
    }

    #[test]
    fn as_many_pairs_as_the_limit_are_allowed() {
        // Each pair is counted once, and compared from both sides.
        let blocks = |keys_of: &[usize]| -> String {
            keys_of.iter().map(|count| format!("x {{\n{}}}\n", keys(*count))).collect()
        };
        let of_limit = blocks(&[4096, 64, 8, 3, 2]);
        assert_eq!(pairs(&of_limit), Ok((4096 * 4095 + 64 * 63 + 8 * 7 + 3 * 2 + 2) / 2));
        assert_eq!(pairs(&of_limit), Ok(MAX_KEY_PAIRS / 2));
        assert!(pairs(&blocks(&[4096, 64, 8, 3, 2, 2])).is_err());
    }

    #[test]
    fn what_is_no_key_is_not_counted() {
        for text in [
            "# = \n",
            "// =\n",
            "/* = */",
            "\"= ${ \"=\" } \\\" =\"\n",
            "<<E\n = \n  E\n",
            "a == b",
            "<<-E\n=\n\tE\n",
        ] {
            assert_eq!(too_many_keys(&text.repeat(10_000)), None, "{text}");
        }
        for text in ["\"", "<<", "<<E", "/*", "}", "${", "\"${", "<<E\n${", "\\", "\"\\", "{\"", "=", ""] {
            let _ = too_many_keys(text);
            let _ = too_many_keys(&text.repeat(1000));
        }
    }

    #[test]
    fn no_text_hides_the_keys_behind_it() {
        // Each of these is a value without a key. The object behind it has four
        // keys, which are six pairs.
        for value in [
            "1",
            r#""$$${""#,
            r#""%%%{""#,
            r#""$${""#,
            r#""$$""#,
            r#""%%""#,
            r#""\\""#,
            r##""\"#\"""##,
            r#""${"}"}""#,
            r##""${"\"}"}""##,
            "/* \" */ 1",
            "/*/ \" */ 1",
            "/* \" **/ 1",
            "1 # \"\n",
            "1 // \"\n",
            "1 # /*\n",
            "1 / 2",
            "a<<<E\n\"\nE",
            "<<E\n\"\nE",
            "<<E\r\n\"\r\nE",
            "<<-E\n\"\n \t E",
            "<<E\n\"\nE1\nE-\n\"\nE",
            "<<E\n\"\nE\u{301}\nEé\nE",
            "<<é\n\"\né",
            "<<E\n$$${\nE",
            "<<E\n\\${1}\nE",
            "<<E\n${<<F\n}\nF\n}\nE",
            "<<E\n\"\nE\n",
            // The parser looks for neither end before the directive has ended.
            r#""%{ if a }"%{ endif }""#,
            r#""%{~ /* " */ if a ~}"%{ else }"%{ endif }""#,
            "\"%{\n# \"\n// \"\nfor a in b }\\%{~ endfor }\"",
            r#""%{ if a }%{ if b }"%{ endif }"%{ endif }""#,
            "<<E\n%{ if a }\nE\n\"%{ endif }\nE",
            "<<E\n%{ if a }%{ endif }\nE",
        ] {
            let text = format!("x = [{value}, {{a = 1, b = 2, c = 3, d = 4}}]\n");
            assert!(parse_body(&text).is_ok(), "{text}");
            assert_eq!(prepared(&text), Ok(Prepared { text: Cow::Borrowed(&text), pairs: 6 }), "{text}");
            let template = format!("\n\n\n\"#${{{}}}", text.trim_start_matches("x = ").trim_end());
            assert!(parse_template(&template).is_ok(), "{template}");
            assert_eq!(pairs_of_template(&template), Ok(6), "{template}");
        }
    }

    #[test]
    fn an_empty_heredoc_is_an_empty_text() {
        for (text, expected) in [
            ("x = <<E\nE\n", "x = \"\"   \n"),
            ("x = <<-E\r\n \tE\r\n", "x = \"\"       \r\n"),
            ("x = [<<E\nE, <<E\nE]\n", "x = [\"\"   , \"\"   ]\n"),
            ("x = \"${<<E\nE\n}\"\n", "x = \"${\"\"   \n}\"\n"),
            // These have a line.
            ("x = <<E\n\nE\n", "x = <<E\n\nE\n"),
            ("x = <<E\nE1\nE\n", "x = <<E\nE1\nE\n"),
            // These are none.
            ("x = \"<<E\nE\"\n", "x = \"<<E\nE\"\n"),
            ("x = 1 # <<E\n# E\n", "x = 1 # <<E\n# E\n"),
            ("<<\n", "<<\n"),
            ("<<1\n1\n", "<<1\n1\n"),
            ("<<E", "<<E"),
            ("<<E E\nE", "<<E E\nE"),
        ] {
            assert_eq!(prepared(text).map(|prepared| prepared.text), Ok(Cow::Borrowed(expected)), "{text}");
        }
        assert_eq!(prepared_template("${<<E\nE\n}").unwrap().text, "${\"\"   \n}");
    }

    #[test]
    fn operands_within_one_another_are_read_only_so_often() {
        let is_too_much = |text: &str| matches!(prepared(text), Err(Excess::Operations(_)));
        for start in ["1+1+(", "1+1+\"${", "1+1+{a=", "a==b==(", "a && b && (", "a<b<<<E\n${", "(\n1+\n1+\n"]
        {
            // They are read up to a million times.
            assert!(!is_too_much(&format!("x = {}", start.repeat(8))), "{start}");
            assert!(is_too_much(&format!("x = {}", start.repeat(24))), "{start}");
            assert!(is_too_much(&format!("x = {}", start.repeat(100))), "{start}");
        }
        // In these the second operand is the last, or they are not within one another.
        for start in ["1+(", "\"${", "{a=1+1+1,b=", "[1+1,", "a+1+1?(", "[1+1+(1),"] {
            assert!(!is_too_much(&format!("x = {}", start.repeat(1_000))), "{start}");
        }
        // The comment is read once more.
        let comment = |length: usize| prepared(&format!("1+1+(#{}", "x".repeat(length - 1))).err();
        assert_eq!(comment(1 << 20), None);
        assert_eq!(comment((1 << 20) + 1), Some(Excess::Operations(5)));
        let one_after_another = "x1 = 1+1+(1+1+(1+1+1))\n".repeat(5_000);
        assert!(!is_too_much(&one_after_another));
    }

    #[test]
    fn an_expression_is_prepared_too() {
        let empty = |text| expression(text).unwrap().as_str().map(str::to_owned);
        assert_eq!(empty(" <<E\nE\n ").as_deref(), Some(""));
        assert!(expression("{a = 1, b = 2}").unwrap().is_object());
        assert!(expression(&format!("{{\n{}}}", keys(4098))).is_none());
        assert!(expression("{").is_none());
    }

    /// Writes texts in HCL, and counts the pairs of keys as it writes them.
    struct Writer {
        text: String,
        dice: u64,
        names: usize,
        pairs: usize,
    }

    impl Writer {
        fn roll(&mut self, sides: usize) -> usize {
            self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.dice >> 33).unwrap() % sides
        }

        fn one_of(&mut self, texts: &[&str]) {
            let index = self.roll(texts.len());
            self.text.push_str(texts[index]);
        }

        fn key(&mut self) {
            self.names += 1;
            self.text.push_str(&format!("k{}", self.names));
        }

        fn body(&mut self, depth: usize) {
            for keys in 0..self.roll(4) {
                self.pairs += keys;
                self.one_of(&["", "# { \"\n", "// } <<E\n", "/* \" */ ", "/*/ = \" */\n"]);
                self.key();
                self.one_of(&["=", " = "]);
                self.value(depth);
                self.text.push('\n');
                if depth > 0 && self.roll(3) == 0 {
                    self.one_of(&["x {\n", "x \"{\" {\n", "x y { // \"\n"]);
                    self.body(depth - 1);
                    self.text.push_str("}\n");
                }
            }
        }

        fn value(&mut self, depth: usize) {
            let choices = if depth == 0 { 2 } else { 8 };
            match self.roll(choices) {
                0 => self.one_of(&[
                    "1",
                    "a",
                    "\"\"",
                    "a == 1",
                    "(a != 1)",
                    "/* = { */ 1",
                    "(\n# }\n1)",
                    "<<E\nE",
                ]),
                1 => self.one_of(&["\"=\"", "\"\\\"\"", "\"\\\\\"", "\"$$${\"", "a <= 1", "a<<<E\n=\"\nE"]),
                2 | 3 => {
                    self.text.push('"');
                    self.parts(depth - 1, &["a", "\\\"", "\\\\", "$ ", "$$${", "%%{", "#", "/*", "}", "="]);
                    self.text.push('"');
                }
                4 => {
                    let word = ["E", "E1", "é"][self.roll(3)];
                    let start = ["<<", "<<-"][self.roll(2)];
                    self.text.push_str(&format!("{start}{word}\n"));
                    let longer = format!("\n {word}x\n");
                    self.parts(depth - 1, &["\"", "\\", "-E", "$$${", "%%{", &longer, "#", "{", "}", "\r\n"]);
                    self.text.push_str(&format!("-\n\t{word}"));
                }
                5 | 6 => {
                    self.text.push('{');
                    for keys in 0..self.roll(4) {
                        self.pairs += keys;
                        self.one_of(&["", "# {\n", "/* } */"]);
                        self.key();
                        self.one_of(&["=", " : "]);
                        self.value(depth - 1);
                        self.one_of(&[",", "\n", " // }\n"]);
                    }
                    self.text.push('}');
                }
                _ => {
                    self.text.push('[');
                    for _ in 0..self.roll(3) {
                        self.value(depth - 1);
                        self.one_of(&[",", " # ]\n,"]);
                    }
                    self.text.push(']');
                }
            }
        }

        fn parts(&mut self, depth: usize, plain: &[&str]) {
            for _ in 0..self.roll(4) {
                match self.roll(4) {
                    0 => {
                        self.one_of(&[" ${", " ${~ "]);
                        self.value(depth);
                        self.one_of(&["}", " ~}", "\n}"]);
                    }
                    1 => {
                        self.one_of(&[" %{ if a }", " %{~ /* } */if a~}", " %{for a in b}", " %{#\n if a }"]);
                        let is_for = self.text.ends_with("b}");
                        let plain = ["\"", "\\", "\nE\n", "$$${", "a", "}", "="];
                        self.parts(depth.saturating_sub(1), &plain);
                        if is_for {
                            self.text.push_str(" %{~ endfor }");
                        } else {
                            self.one_of(&["", " %{ else }\"", " %{~else~}#"]);
                            self.one_of(&[" %{ endif }", " %{endif~}", " %{~ // }\nendif }"]);
                        }
                    }
                    _ => self.one_of(plain),
                }
            }
        }
    }

    #[test]
    fn of_any_text_each_pair_is_counted() {
        let mut most = 0;
        for dice in 0..1000 {
            let mut writer = Writer { text: String::new(), dice, names: 0, pairs: 0 };
            writer.body(3);
            let Writer { text, pairs, .. } = writer;
            let prepared = prepared(&text).unwrap();
            assert_eq!(prepared.pairs, u64::try_from(pairs).unwrap(), "{text}");
            assert_eq!(prepared.text.len(), text.len(), "{text}");
            let parsed = parse_body(&prepared.text);
            assert!(parsed.is_ok(), "{text}\n{:?}", parsed.err());
            most = most.max(pairs);
        }
        assert!(most > 10, "{most}");
    }
}
