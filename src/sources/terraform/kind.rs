//! The kinds of files that Terraform writes.

use crate::sources::fields;

/// The kind of a file that Terraform writes.
#[derive(Clone, Copy)]
pub(super) enum FileKind {
    Plan,
    BinaryPlan,
    ShownState,
    StateFile,
    Log,
    Other,
}

impl FileKind {
    /// Returns the kind that the first bytes or the keys of an object tell; none if it is not a
    /// file of Terraform.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"PK\x03\x04") {
            return Some(Self::BinaryPlan);
        }
        let mut keys = FileKeys::default();
        fields::keys(bytes, &mut |key| {
            match key {
                "format_version" => keys.format = true,
                "planned_values" | "resource_changes" => keys.plan = true,
                "values" => keys.state = true,
                "lineage" => keys.lineage = true,
                "serial" => keys.serial = true,
                "@level" => keys.level = true,
                "@message" => keys.message = true,
                _ => {}
            }
            keys.format && keys.plan
        });
        match keys {
            FileKeys { format: true, plan: true, .. } => Some(Self::Plan),
            FileKeys { format: true, state: true, .. } => Some(Self::ShownState),
            FileKeys { format: true, .. } => Some(Self::Other),
            FileKeys { lineage: true, serial: true, .. } => Some(Self::StateFile),
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
            Self::Log => "the messages that `terraform plan -json` writes",
            Self::Other => "another output of Terraform",
        }
    }
}

/// The keys of an object that tell its kind.
#[derive(Default)]
struct FileKeys {
    format: bool,
    plan: bool,
    state: bool,
    lineage: bool,
    serial: bool,
    level: bool,
    message: bool,
}
