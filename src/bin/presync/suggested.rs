//! Suggestions, in the form in which their requests came.

use presync::check::{Remedy, SentSuggestion, Suggestion};
use presync::report::Edit;
use presync::text::{clean, legible};
use presync::{Parameter, PartialRequest};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::document::{Call, Document};
use crate::position::Position;

/// A suggestion for one call.
pub(crate) struct Suggested {
    pub(crate) suggestion: Suggestion,
    /// The requests to send, in the form in which the refused one came; none in the
    /// document of another tool.
    pub(crate) texts: Vec<String>,
    /// The headers of the call that are to have another value.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The attributes to write in the source of another tool's document, each with its value.
    pub(crate) attributes: Vec<(String, Value)>,
}

/// A suggestion as JSON.
#[derive(Serialize)]
pub(crate) struct Record<'s> {
    /// The request to send, as an object or a text, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Sent>,
    /// The requests to send, where there are several: one for each image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<Sent>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    attributes: Map<String, Value>,
    edits: &'s [Edit],
    remedies: &'s [Remedy],
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sent {
    Body(Box<RawValue>),
    Text(String),
}

impl Sent {
    fn of(text: &str) -> Self {
        // On one line, as all of a report is.
        let body = text.starts_with('{').then(|| RawValue::from_string(one_line(text)).ok()).flatten();
        match body {
            Some(body) => Self::Body(body),
            None => Self::Text(text.to_owned()),
        }
    }
}

/// Returns a body on one line. No text in JSON has a line break in it.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

impl Suggested {
    /// Returns a suggestion for a call that is a request.
    pub(crate) fn of_request(suggested: SentSuggestion) -> Self {
        let (suggestion, texts, headers) = suggested.into_parts();
        Self { suggestion, texts, headers, attributes: Vec::new() }
    }

    /// Returns a suggestion for a call in the document of another tool, whose request is this one.
    pub(crate) fn of_planned(call: &Call, request: &PartialRequest, suggestion: Suggestion) -> Self {
        let to = suggestion.partial_requests().first().filter(|_| !suggestion.edits().is_empty());
        let attributes = to.map(|to| changed(call, request, to)).unwrap_or_default();
        Self { suggestion, texts: Vec::new(), headers: Vec::new(), attributes }
    }

    /// Returns the part of a file that is to be replaced, and the text to put there, where that is
    /// all: the whole of a request that is a file, or the list in a template. `None` where the file
    /// is not the source, or where several requests or headers are needed.
    pub(crate) fn replacement<'c>(&self, call: &'c Call) -> Option<(&'c Document, [Position; 2], String)> {
        if let ([text], []) = (self.texts.as_slice(), self.headers.as_slice()) {
            let document = &*call.document;
            document.path.as_ref()?;
            return Some(difference(document, text));
        }
        let list = Parameter::DESTINATION_REGIONS;
        let [(_, value)] = self.attributes.as_slice() else { return None };
        let is_of_list = |edit: &Edit| edit.parameter().name() == list.name();
        let (document, span) = call.place(&list);
        let span = span.filter(|_| call.is_in_source() && self.suggestion.edits().iter().all(is_of_list))?;
        document.path.as_ref()?;
        // A list that is made of variables or by an expression is not replaced by what it is today.
        let old: Vec<String> = serde_json::from_slice(document.text.get(span.bytes.clone())?).ok()?;
        let new: Vec<String> = serde_json::from_value(value.clone()).ok()?;
        let is_literal = |text: &String| !["${", "%{", "{{"].iter().any(|mark| text.contains(mark));
        let are_literal = old.iter().chain(&new).all(is_literal);
        are_literal.then(|| (document, [span.start, span.end], listed(value)))
    }

    pub(crate) fn record(&self) -> Record<'_> {
        let (request, requests) = match self.texts.as_slice() {
            [] => (None, Vec::new()),
            [text] => (Some(Sent::of(text)), Vec::new()),
            several => (None, several.iter().map(|text| Sent::of(text)).collect()),
        };
        let headers = self.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let attributes = self.attributes.iter().cloned().collect();
        let (edits, remedies) = (self.suggestion.edits(), self.suggestion.remedies());
        Record { request, requests, headers, attributes, edits, remedies }
    }

    /// Returns the lines for people: a label and a text each.
    pub(crate) fn lines(&self, call: &Call) -> Vec<(&'static str, String)> {
        let mut lines: Vec<(&str, String)> = Vec::new();
        // What would hide or forge a line is escaped, as in all texts for people.
        let sent =
            |text: &String| legible(&if text.starts_with('{') { one_line(text) } else { text.clone() });
        lines.extend(self.texts.iter().map(|text| ("send", sent(text))));
        let is_signed = call.place(&Parameter::named("Signature")).1.is_some();
        if is_signed && !self.texts.is_empty() {
            lines.push(("note", "its signature is left out: sign it anew".to_owned()));
        }
        lines
            .extend(self.headers.iter().map(|(name, value)| ("header", format!("{name}: {}", clean(value)))));
        let is_in_json = is_in_json(call);
        let written = |(name, value): &(String, Value)| match listed(value) {
            value if is_in_json => ("write", format!("\"{name}\": {value}")),
            value => ("write", format!("{name} = {value}")),
        };
        lines.extend(self.attributes.iter().map(written));
        if self.attributes.iter().any(|(name, _)| name.starts_with("provider.")) {
            let note = "the region of a provider is that of all of its resources: for this one alone, configure another provider";
            lines.push(("note", note.to_owned()));
        }
        lines.extend(self.suggestion.edits().iter().map(|edit| {
            let attribute = call.attribute(edit.parameter());
            let attribute = attribute.map_or_else(String::new, |attribute| format!(" ({attribute})"));
            ("edit", format!("{edit}{attribute}: {}", edit.confidence()))
        }));
        lines.extend(self.suggestion.remedies().iter().map(|remedy| ("remedy", remedy.to_string())));
        lines
    }
}

/// True if the source of a call is JSON, as a template of Packer may be. The source of a plan is
/// another document, mostly in HCL.
fn is_in_json(call: &Call) -> bool {
    let (document, _) = call.place(&Parameter::DESTINATION_REGIONS);
    call.is_in_source() && document.text.trim_ascii_start().starts_with(b"{")
}

/// Returns the part of a document that is not that of another text, and what stands there
/// in the text. What surrounds a body stays: in a form a line break at the end would
/// belong to the last value.
fn difference<'d>(document: &'d Document, text: &str) -> (&'d Document, [Position; 2], String) {
    let old = String::from_utf8_lossy(&document.text);
    let (start, end) = if text.starts_with('{') {
        let behind = old.trim_ascii_end().len();
        (old.len() - old.trim_ascii_start().len(), behind)
    } else {
        (0, old.len())
    };
    let middle = old.get(start..end).unwrap_or_default();
    let same = middle.chars().zip(text.chars()).take_while(|(a, b)| a == b);
    let same: usize = same.map(|(a, _)| a.len_utf8()).sum();
    // A line break of two characters is not taken apart.
    let same = same - usize::from(middle.get(..same).is_some_and(|same| same.ends_with('\r')));
    let (old_rest, new_rest) = (middle.get(same..).unwrap_or_default(), text.get(same..).unwrap_or_default());
    let ends = old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(|(a, b)| a == b);
    let ends: usize = ends.map(|(a, _)| a.len_utf8()).sum();
    let is_taken_apart = old_rest.split_at_checked(old_rest.len() - ends);
    let is_taken_apart =
        is_taken_apart.is_some_and(|(before, behind)| before.ends_with('\r') && behind.starts_with('\n'));
    let ends = ends - usize::from(is_taken_apart);
    let inserted = new_rest.get(..new_rest.len() - ends).unwrap_or_default();
    let from = Position::START.behind(old.get(..start + same).unwrap_or_default().as_bytes());
    let to = Position::START.behind(old.get(..end - ends).unwrap_or_default().as_bytes());
    (document, [from, to], inserted.to_owned())
}

/// Writes a value of an attribute, with a blank behind each comma.
fn listed(value: &Value) -> String {
    match value {
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(ToString::to_string).collect();
            format!("[{}]", elements.join(", "))
        }
        other => other.to_string(),
    }
}

/// Returns the attributes that differ, each with its new value; `null` where it is to be left out.
/// A list with an element that is not known is left to its edits.
fn changed(call: &Call, from: &PartialRequest, to: &PartialRequest) -> Vec<(String, Value)> {
    let (old, new) = (from.request(), to.request());
    let mut attributes = Vec::new();
    let mut add = |parameter: Parameter, value: Value| {
        if let Some(attribute) = call.attribute(&parameter) {
            attributes.push((attribute, value));
        }
    };
    for (parameter, old, new) in [
        (Parameter::DRY_RUN, old.dry_run, new.dry_run),
        (Parameter::IMAGE_SET_REQUIRED, old.image_set_required, new.image_set_required),
        (Parameter::ENCRYPT, old.encrypt, new.encrypt),
    ] {
        if old != new {
            add(parameter, Value::Null);
        }
    }
    if let ([old], [new]) = (old.image_ids.as_slice(), new.image_ids.as_slice())
        && old != new
    {
        add(Parameter::IMAGE_IDS.element(0), json!(new));
    }
    for (parameter, old, new) in [
        (Parameter::REGION, &old.region, &new.region),
        (Parameter::IMAGE_NAME, &old.image_name, &new.image_name),
        (Parameter::KMS_KEY_ID, &old.kms_key_id, &new.kms_key_id),
    ] {
        if old != new {
            add(parameter, json!(new));
        }
    }
    let is_known =
        to.unknowns().all(|(parameter, _)| parameter.name() != Parameter::DESTINATION_REGIONS.name());
    if old.destination_regions != new.destination_regions && is_known {
        add(Parameter::DESTINATION_REGIONS, json!(new.destination_regions));
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Source;

    /// The offset of a position, counted in characters as it is.
    fn offset(text: &str, position: Position) -> usize {
        let before: usize = text.split_inclusive('\n').take(position.line - 1).map(str::len).sum();
        let characters = text.split_at(before).1.chars().take(position.column - 1);
        before + characters.map(char::len_utf8).sum::<usize>()
    }

    /// Applies the difference of two texts to the first. Returns what comes of it, the part that is
    /// replaced, and what stands there then.
    fn applied(old: &str, new: &str) -> (String, String, String) {
        let document = Document::new(Source::Stdin, old.as_bytes().to_vec());
        let (_, [from, to], inserted) = difference(&document, new);
        let (from, to) = (offset(old, from), offset(old, to));
        for edge in [from, to] {
            let (before, behind) = old.split_at(edge);
            assert!(!(before.ends_with('\r') && behind.starts_with('\n')), "{old:?} {new:?}");
        }
        let (start, end) = old.split_at(to);
        let (start, removed) = start.split_at(from);
        (format!("{start}{inserted}{end}"), removed.to_owned(), inserted)
    }

    #[test]
    fn a_difference_that_is_applied_gives_the_text() {
        // Every text of at most three of these.
        let mut texts = vec![String::new()];
        let mut last = 0;
        for _ in 0..3 {
            let longer = last..texts.len();
            last = texts.len();
            for index in longer {
                texts.extend(["a", "é", "\r", "\n"].map(|end| format!("{}{end}", texts[index])));
            }
        }
        assert_eq!(texts.len(), 1 + 4 + 16 + 64);
        for old in &texts {
            for new in &texts {
                assert_eq!(applied(old, new).0, *new, "{old:?}");
            }
        }
    }

    #[test]
    fn a_difference_is_no_larger_than_it_must_be() {
        for (old, new, removed, inserted) in [
            ("abcd", "axd", "bc", "x"),
            ("ab", "ab", "", ""),
            ("aXa", "aYa", "X", "Y"),
            ("a\nb", "ac\nb", "", "c"),
            ("a\r\nb", "ac\r\nb", "", "c"),
            ("a\rb", "acb", "\r", "c"),
            ("aX\n", "aY\n", "X", "Y"),
            // A line break of two characters is replaced as a whole.
            ("a\r\nb", "a\nb", "\r\n", "\n"),
            ("a\r\nb", "a\rb", "\r\n", "\r"),
            // What surrounds a body stays, and of a query nothing does.
            (" \r\n{é}\n\n", "{e}", "é", "e"),
            ("a=1\n", "a=1", "\n", ""),
        ] {
            let (_, old_part, new_part) = applied(old, new);
            assert_eq!((&*old_part, &*new_part), (removed, inserted), "{old:?} {new:?}");
        }
        assert_eq!(applied(" \r\n{a}\n\n", "{b}").0, " \r\n{b}\n\n");
    }
}
