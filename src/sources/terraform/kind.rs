//! The kinds of files that Terraform writes.

use memchr::memmem;

use crate::sources::fields;

/// The kind of a file that Terraform writes.
#[derive(Clone, Copy)]
pub(super) enum FileKind {
    Plan,
    BinaryPlan,
    ShownState,
    StateFile,
    Unversioned,
    Log,
    Other,
}

impl FileKind {
    /// Returns the kind that the first bytes or the keys of an object tell, be it alone, the first
    /// of several, or behind other text; none if it is not a file of Terraform.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"PK\x03\x04") {
            return Some(Self::BinaryPlan);
        }
        Self::of_object(first_object(bytes)).or_else(|| Self::of_object(bytes.get(embedded(bytes)?..)?))
    }

    /// Returns the kind that the keys of an object tell.
    fn of_object(bytes: &[u8]) -> Option<Self> {
        let mut keys = FileKeys::default();
        fields::keys(bytes, &mut |key| {
            match key {
                "format_version" => keys.format = true,
                "resource_changes" => (keys.plan, keys.changes) = (true, true),
                "planned_values" | "deferred_changes" => keys.plan = true,
                "values" => keys.state = true,
                "lineage" => keys.lineage = true,
                "serial" => keys.serial = true,
                "@level" => keys.level = true,
                "@message" => keys.message = true,
                _ => keys.request |= fields::is_of_request(key),
            }
            keys.format && keys.plan || keys.request
        });
        match keys {
            FileKeys { request: true, .. } => None,
            FileKeys { format: true, plan: true, .. } => Some(Self::Plan),
            FileKeys { format: true, state: true, .. } => Some(Self::ShownState),
            FileKeys { format: true, .. } => Some(Self::Other),
            FileKeys { lineage: true, serial: true, .. } => Some(Self::StateFile),
            FileKeys { changes: true, .. } => Some(Self::Unversioned),
            FileKeys { level: true, message: true, .. } => Some(Self::Log),
            _ => None,
        }
    }

    /// The kind, as messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plan => "a plan",
            Self::BinaryPlan => "an archive, such as the plan that `terraform plan -out` writes",
            Self::ShownState => "the state of Terraform",
            Self::StateFile => "the state of Terraform, in the form in which it is kept",
            Self::Unversioned => "one without `format_version`, so that nobody can tell how to read it",
            Self::Log => "the messages that `terraform plan -json` writes",
            Self::Other => "another output of Terraform",
        }
    }
}

/// The key that Terraform writes first.
const FIRST_KEY: &[u8] = b"\"format_version\"";

/// Returns the bytes from the first object on, be it alone or in a list.
fn first_object(bytes: &[u8]) -> &[u8] {
    let start = bytes.trim_ascii_start();
    start.strip_prefix(b"[").map_or(start, <[u8]>::trim_ascii_start)
}

/// Returns the offset of the first object of Terraform in a text that does not start with one. In a
/// text that starts with another object, it starts a line.
pub(super) fn embedded(bytes: &[u8]) -> Option<usize> {
    let first = first_object(bytes);
    if FileKind::of_object(first).is_some() {
        return None;
    }
    let is_json = first.starts_with(b"{");
    memmem::find_iter(bytes, FIRST_KEY).find_map(|found| {
        let before = bytes.get(..found)?.trim_ascii_end().strip_suffix(b"{")?;
        (!is_json || before.ends_with(b"\n")).then_some(before.len())
    })
}

/// The keys of an object that tell its kind.
#[derive(Default)]
struct FileKeys {
    format: bool,
    plan: bool,
    changes: bool,
    state: bool,
    lineage: bool,
    serial: bool,
    level: bool,
    message: bool,
    request: bool,
}
