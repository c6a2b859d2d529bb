//! Attributes of a resource that are parameters of a request.

use crate::model::{Parameter, SyncRequest};

/// An attribute of a resource that is a parameter of a request.
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) parameter: Parameter,
    pub(super) kind: AttributeKind,
}

/// The type of an attribute's value, and its field in a request.
#[derive(Clone, Copy)]
pub(super) enum AttributeKind {
    /// The id of the one image.
    Image,
    /// The set of destination regions.
    Destinations,
    Flag(fn(&mut SyncRequest) -> &mut Option<bool>),
    Text(fn(&mut SyncRequest) -> &mut Option<String>),
}

/// Every attribute that is a parameter.
pub(super) static ATTRIBUTES: [Attribute; 7] = [
    Attribute { name: "image_id", parameter: Parameter::IMAGE_IDS, kind: AttributeKind::Image },
    Attribute {
        name: "destination_regions",
        parameter: Parameter::DESTINATION_REGIONS,
        kind: AttributeKind::Destinations,
    },
    Attribute {
        name: "dry_run",
        parameter: Parameter::DRY_RUN,
        kind: AttributeKind::Flag(|request| &mut request.dry_run),
    },
    Attribute {
        name: "image_name",
        parameter: Parameter::IMAGE_NAME,
        kind: AttributeKind::Text(|request| &mut request.image_name),
    },
    Attribute {
        name: "image_set_required",
        parameter: Parameter::IMAGE_SET_REQUIRED,
        kind: AttributeKind::Flag(|request| &mut request.image_set_required),
    },
    Attribute {
        name: "encrypt",
        parameter: Parameter::ENCRYPT,
        kind: AttributeKind::Flag(|request| &mut request.encrypt),
    },
    Attribute {
        name: "kms_key_id",
        parameter: Parameter::KMS_KEY_ID,
        kind: AttributeKind::Text(|request| &mut request.kms_key_id),
    },
];
