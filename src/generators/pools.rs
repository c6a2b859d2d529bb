//! Values from which generated requests and states are made. Pools are small, so that what a
//! request names is often what a state lists. The first value of each is the ordinary one.

use crate::model::Edition;
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
use crate::model::Page;
use crate::rules::image_name;

/// Returns the month before that of a page, its month, and the month after it: for 0, 1 and 2.
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
pub(crate) fn beside(page: &Page, which: u8) -> Edition {
    let month = page.first_seen();
    match which {
        0 => month.month_before(),
        1 => month,
        _ => month.month_after(),
    }
}

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

/// Names of 60 and of 61 characters, which are as many bytes or more: on both sides of the limit.
pub(crate) const LONG_NAMES: [&str; 4] = [
    "a-name-of-just-as-many-characters-as-the-newest-page-allows-",
    "aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀",
    "a-name-of-just-as-many-characters-as-the-newest-page-allows-1",
    "aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀aé像🦀a",
];

/// The version that the API has.
pub(crate) const VERSIONS: [&str; 1] = ["2017-03-12"];

/// Versions that clients send and that the API does not have.
pub(crate) const OTHER_VERSIONS: [&str; 3] = ["2017-03-21", "2017-03-12 ", ""];

/// Ids that have the form of a key's.
pub(crate) const KMS_KEY_IDS: [&str; 2] =
    ["00000000-0000-0000-0000-000000000000", "0A1b2c3d-4e5f-6789-abCD-ef0123456789"];

/// Texts in the place of a key's id that do not have the form of one.
pub(crate) const OTHER_KMS_KEY_IDS: [&str; 4] =
    ["", "alias/key", "0a1b2c3d4e5f6789abcdef0123456789", "0a1b2c3d-4e5f-6789-abcd-ef012345678g"];

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
pub(crate) const SIZES: [u64; 6] = [20, 49, 0, 50, 51, u64::MAX];

/// Counts, on both sides of the documented limits.
pub(crate) const COUNTS: [u64; 12] = [0, 1, 2, 9, 10, 11, 49, 50, 51, 499, 500, u64::MAX];

/// True if the newest pages refuse a name for its length.
pub(crate) fn is_too_long(name: &str) -> bool {
    let most = image_name::IMAGE_NAME_LENGTH.limit().map_or(u64::MAX, |limit| limit.at(Edition::LATEST));
    u64::try_from(name.chars().count()).is_ok_and(|length| length > most)
}
