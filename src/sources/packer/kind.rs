//! The kinds of Packer's files, by their names and by what is in them.

use crate::sources::fields;
use crate::text::decode;

/// A kind of Packer's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A template in JSON of the legacy form, which is a template of its own.
    Legacy,
    /// A file of a template, in HCL or in HCL's JSON.
    Template,
    /// A file of values that Packer reads with the template in the same folder:
    /// `*.auto.pkrvars.hcl` or `*.auto.pkrvars.json`.
    AutoValues,
    /// Another file of values for a template: `*.pkrvars.hcl` or `*.pkrvars.json`.
    Values,
    /// HCL with nothing in it that says that it is of Packer.
    OtherHcl,
}

impl Kind {
    /// Returns the kind of a file; `None` for one that is not Packer's. The name counts
    /// first, then what is in it.
    ///
    /// ```
    /// use presync::sources::packer::Kind;
    ///
    /// assert_eq!(Kind::of(Some("images/main.pkr.hcl"), b""), Some(Kind::Template));
    /// assert_eq!(Kind::of(None, b"source \"tencentcloud-cvm\" \"base\" {\n}\n"), Some(Kind::Template));
    /// assert_eq!(Kind::of(Some("main.pkr.json"), b"{\"builders\": []}"), Some(Kind::Legacy));
    /// assert_eq!(Kind::of(Some("dev.auto.pkrvars.hcl"), b""), Some(Kind::AutoValues));
    /// assert_eq!(Kind::of(None, b"{\"ImageIds\": []}"), None);
    /// ```
    #[must_use]
    pub fn of(name: Option<&str>, bytes: &[u8]) -> Option<Self> {
        let ends = |suffix: &str| name.is_some_and(|name| name.ends_with(suffix));
        if ends(".auto.pkrvars.hcl") || ends(".auto.pkrvars.json") {
            return Some(Self::AutoValues);
        }
        if ends(".pkrvars.hcl") || ends(".pkrvars.json") {
            return Some(Self::Values);
        }
        let bytes = &*decode(bytes);
        if is_template(bytes) {
            return Some(Self::Legacy);
        }
        if ends(".pkr.hcl") || ends(".pkr.json") || has_blocks_in_json(bytes) || has_blocks(bytes) {
            return Some(Self::Template);
        }
        ends(".hcl").then_some(Self::OtherHcl)
    }
}

/// True if bytes seem to be a legacy JSON template: an object with the key `builders`, and
/// without one of a request.
///
/// ```
/// assert!(presync::sources::packer::is_template(br#"{"builders": []}"#));
/// assert!(!presync::sources::packer::is_template(br#"{"ImageIds": ["img-o3ycss2p"]}"#));
/// ```
#[must_use]
pub fn is_template(bytes: &[u8]) -> bool {
    let (mut is_template, mut is_request) = (false, false);
    fields::keys(bytes, &mut |key| {
        is_template |= key == "builders";
        is_request |= fields::is_of_request(key);
        is_request
    });
    is_template && !is_request
}

/// True if a JSON object has blocks of a template as its keys.
fn has_blocks_in_json(bytes: &[u8]) -> bool {
    let (mut has_blocks, mut is_other) = (false, false);
    fields::keys(bytes, &mut |key| {
        has_blocks |= matches!(key, "source" | "build");
        // A configuration of Terraform, and what `presync regions` writes.
        is_other |= matches!(key, "resource" | "terraform" | "provider" | "module" | "regions_complete");
        is_other |= fields::is_of_request(key);
        is_other
    });
    has_blocks && !is_other
}

/// True if a line starts a block that Packer has and Terraform does not.
fn has_blocks(bytes: &[u8]) -> bool {
    let is_block = |line: &[u8]| {
        let line = line.trim_ascii();
        // The label of a source in a build is one, which is not looked for here.
        let starts = |word: &[u8], labels: usize| {
            let Some(rest) = line.strip_prefix(word).filter(|rest| !rest.starts_with(b"-")) else {
                return false;
            };
            let (labels_there, end) = labels_before_brace(rest);
            end && labels_there == labels
        };
        starts(b"source", 2) || starts(b"build", 0) || starts(b"packer", 0)
    };
    let first = bytes.trim_ascii_start().first();
    first.is_some_and(|first| !matches!(first, b'{' | b'['))
        && bytes.split(|byte| *byte == b'\n').any(is_block)
}

/// Returns the number of quoted labels before an opening brace, and whether there is such a brace.
fn labels_before_brace(mut text: &[u8]) -> (usize, bool) {
    let mut count = 0;
    loop {
        text = text.trim_ascii_start();
        match text.split_first() {
            Some((b'{', _)) => return (count, true),
            Some((b'"', rest)) => {
                let Some(end) = rest.iter().position(|byte| *byte == b'"') else { return (count, false) };
                text = rest.get(end + 1..).unwrap_or_default();
                count += 1;
            }
            _ => return (count, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_name_then_by_its_blocks() {
        for (name, text, kind) in [
            (None, "build {\n}\n", Some(Kind::Template)),
            (None, "# words\n  source \"a\" \"b\" {", Some(Kind::Template)),
            (None, "packer{\n}", Some(Kind::Template)),
            (None, "\u{feff}build {", Some(Kind::Template)),
            (None, "resource \"a\" \"b\" {\n  source = 1\n}\n", None),
            (None, "module \"x\" {\n  source \"a\" {\n  }\n}\n", None),
            (None, "source=1&build=2", None),
            (None, "build-x {", None),
            (None, "{\"source\": {}}", Some(Kind::Template)),
            (None, "{\"source\": {}, \"resource\": {}}", None),
            (None, "{\"Source\": {}}", None),
            // A request, whatever else is in it.
            (None, "{\"source\": {}, \"ImageIds\": []}", None),
            (None, "{\"DestinationRegions\": [], \"build\": {}}", None),
            (None, "{\"builders\": [], \"ImageIds\": []}", None),
            (None, "{\"destinationRegions\": [], \"builders\": []}", None),
            (Some("x.json"), "{\"Version\": 1, \"builders\": 1}", None),
            (Some("x.pkr.json"), "{\"Version\": 1, \"source\": 1}", Some(Kind::Template)),
            // What `presync regions` writes.
            (None, "{\"image\": \"\", \"source\": null, \"regions_complete\": true}", None),
            (None, "", None),
            (Some("x.hcl"), "", Some(Kind::OtherHcl)),
            (Some("x.hcl"), "build {", Some(Kind::Template)),
            (Some("x.pkr.json"), "{}", Some(Kind::Template)),
            (Some("x.pkrvars.json"), "{\"builders\": 1}", Some(Kind::Values)),
            (Some("x.json"), "{\"builders\": 1}", Some(Kind::Legacy)),
        ] {
            assert_eq!(Kind::of(name, text.as_bytes()), kind, "{name:?} {text}");
        }
    }
}
