//! Values from which generated requests and states are made. Pools are small, so that what a request names is often what
//! a state lists.

/// Regions that generated states list.
pub(crate) const REGIONS: [&str; 8] = [
    "ap-guangzhou",
    "ap-shanghai",
    "ap-beijing",
    "ap-hongkong",
    "ap-singapore",
    "ap-seoul",
    "na-siliconvalley",
    "eu-frankfurt",
];

/// Names that clients send for a region and that none has.
pub(crate) const OTHER_REGIONS: [&str; 8] = [
    "",
    "ap-shanghai-2",
    "sh",
    "AP-Beijing",
    " ap-seoul",
    "ap\u{2013}seoul",
    "ap-guangzhou,ap-beijing",
    "ap-nowhere",
];

/// Ids that have the form of one.
pub(crate) const IMAGE_IDS: [&str; 4] = ["img-o3ycss2p", "img-34vaef8fe", "img-a1b2c3d4", "img-00000000"];

/// Texts in the place of an id that do not have the form of one.
pub(crate) const OTHER_IMAGE_IDS: [&str; 6] =
    ["", "img-xxxxxx", "IMG-A1B2C3D4", "img-o3ycss2p ", "String", "ami-a1b2c3d4"];

/// Names of images.
pub(crate) const IMAGE_NAMES: [&str; 3] = ["", "base", "base-v2"];

/// Versions that clients send.
pub(crate) const VERSIONS: [&str; 3] = ["2017-03-12", "2017-03-21", ""];

/// Values of `KmsKeyId`.
pub(crate) const KMS_KEY_IDS: [&str; 2] = ["00000000-0000-0000-0000-000000000000", "alias/key"];

/// Words for a region's state.
pub(crate) const REGION_STATES: [&str; 3] = ["AVAILABLE", "UNAVAILABLE", "SOMETHING_NEW"];

/// Words for an image's type.
pub(crate) const IMAGE_TYPES: [&str; 5] =
    ["PRIVATE_IMAGE", "PUBLIC_IMAGE", "SHARED_IMAGE", "MARKET_IMAGE", "SOMETHING_NEW"];

/// Words for an image's state.
pub(crate) const IMAGE_STATES: [&str; 9] = [
    "NORMAL",
    "CREATING",
    "CREATEFAILED",
    "USING",
    "SYNCING",
    "IMPORTING",
    "IMPORTFAILED",
    "DELETING",
    "SOMETHING_NEW",
];

/// Sizes in GiB, on both sides of the limit.
pub(crate) const SIZES: [u64; 6] = [0, 20, 49, 50, 51, u64::MAX];

/// Counts, on both sides of the documented limits.
pub(crate) const COUNTS: [u64; 8] = [0, 1, 2, 9, 10, 11, 500, u64::MAX];
