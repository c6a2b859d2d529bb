//! The parameters that a request may carry.

use crate::model::{Parameter, SyncRequest};

/// A parameter that a request may carry.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// The type of a parameter's value, and its field in a request.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The name of the action, which is no field of a request.
    Action,
    Text(fn(&mut SyncRequest) -> &mut Option<String>),
    Flag(fn(&mut SyncRequest) -> &mut Option<bool>),
    List(fn(&mut SyncRequest) -> &mut Vec<String>),
    /// A common or a signature parameter, which no rule looks at.
    Ignored,
}

/// Every parameter that a request may carry.
pub(super) static KNOWN: [Known; 18] = [
    Known { name: "Action", kind: Kind::Action },
    Known { name: "Version", kind: Kind::Text(|request| &mut request.version) },
    Known { name: "Region", kind: Kind::Text(|request| &mut request.region) },
    Known { name: "ImageIds", kind: Kind::List(|request| &mut request.image_ids) },
    Known { name: "DestinationRegions", kind: Kind::List(|request| &mut request.destination_regions) },
    Known { name: "DryRun", kind: Kind::Flag(|request| &mut request.dry_run) },
    Known { name: "ImageName", kind: Kind::Text(|request| &mut request.image_name) },
    Known { name: "ImageSetRequired", kind: Kind::Flag(|request| &mut request.image_set_required) },
    Known { name: "Encrypt", kind: Kind::Flag(|request| &mut request.encrypt) },
    Known { name: "KmsKeyId", kind: Kind::Text(|request| &mut request.kms_key_id) },
    Known { name: "Timestamp", kind: Kind::Ignored },
    Known { name: "Nonce", kind: Kind::Ignored },
    Known { name: "SecretId", kind: Kind::Ignored },
    Known { name: "Signature", kind: Kind::Ignored },
    Known { name: "SignatureMethod", kind: Kind::Ignored },
    Known { name: "Token", kind: Kind::Ignored },
    Known { name: "RequestClient", kind: Kind::Ignored },
    Known { name: "Language", kind: Kind::Ignored },
];

impl Known {
    /// Returns the parameter of a name; none if no parameter has it.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name)
    }

    pub(super) fn parameter(&self) -> Parameter {
        Parameter::named(self.name)
    }
}
