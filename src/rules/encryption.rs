//! Rules on encrypted images and on copies that are to be encrypted.

use super::image_ids::report;
use super::rule;

use crate::model::{Dated, ENCRYPTING_COPIES, Edition, ErrorCode, Parameter};
use crate::report::Finding;
use crate::rule::facts::{Certainty, Facts};
use crate::rule::{Evidence, Findings, Ordinary, Rule, Stage};
use crate::text::clean;

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[&IMAGE_ENCRYPTED, &KMS_KEY_FORMAT];

/// The first list of codes with one for encrypted images.
const ENCRYPTED_IMAGES: Edition = Edition::of(2022, 9);

rule! {
    /// The image is not encrypted. This is said of the image that is copied; whether the copy is to be encrypted is
    /// another matter.
    ///
    /// # Why
    ///
    /// The list of codes has had one for encrypted images since 2022-09. No answer of the API says whether an image is
    /// encrypted, so the state does: `Encrypted`.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "Encrypted": true}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Make an image of a disk that is not encrypted. Where `Encrypted` is `null`, the rule is unverified.
    pub static IMAGE_ENCRYPTED: Rule = Rule {
        id: "image-encrypted",
        parameter: "ImageIds.N",
        requirement: Dated::since(ENCRYPTED_IMAGES, "the image is not encrypted"),
        limit: None,
        citation: "4, UnsupportedOperation.EncryptedImagesNotSupported, since 2022-09",
        code: Dated::since(
            ENCRYPTED_IMAGES,
            (ErrorCode::UnsupportedOperationEncryptedImagesNotSupported, Evidence::Documented),
        ),
        first_seen: ENCRYPTED_IMAGES,
        last_seen: None,
        stage: Stage::CheckUnless(Ordinary::Images, image_encrypted),
    };
}

fn image_encrypted(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for image in facts.images() {
        let judgement = image.judge("Encrypted", |record| Some(!record.encrypted?));
        report(findings, &image, judgement, |_, id| {
            Finding::new(image.parameter(), format!("`{id}` is encrypted"))
                .allowed("an image that is not encrypted")
        });
    }
}

rule! {
    /// The key of a copy that is to be encrypted is named by its id: 32 hexadecimal digits, in groups of 8, 4, 4, 4 and
    /// 12 that are joined by dashes. Without `Encrypt`, or with `false`, nothing is done with it and nothing is said of
    /// it. To name no key is no fault.
    ///
    /// # Why
    ///
    /// An alias, a name or the key of another cloud in the place of an id can never be found.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"],
    ///              "Encrypt": true, "KmsKeyId": "alias/base-images"},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Copy the id from the list of keys.
    pub static KMS_KEY_FORMAT: Rule = Rule {
        id: "kms-key-format",
        parameter: "KmsKeyId",
        requirement: Dated::since(ENCRYPTING_COPIES, "the key of a copy that is to be encrypted is the id of one"),
        limit: None,
        citation: "4, InvalidParameter.InvalidKmsKeyId, since 2024-10",
        code: Dated::since(
            ENCRYPTING_COPIES,
            (ErrorCode::InvalidParameterInvalidKmsKeyId, Evidence::Documented),
        ),
        first_seen: ENCRYPTING_COPIES,
        last_seen: None,
        stage: Stage::Check(kms_key_format),
    };
}

fn kms_key_format(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let Some(key) = facts.request().kms_key_id.as_deref() else { return };
    if facts.is_encrypting() == Certainty::No || is_key_id(key) {
        return;
    }
    if let Some(needs) = facts.unknown(&Parameter::ENCRYPT) {
        findings.unverified(Parameter::KMS_KEY_ID, needs);
    } else {
        let message = format!("`{}` does not have the form of a key's id", clean(key));
        let meant = Some(key.trim()).filter(|trimmed| is_key_id(trimmed));
        findings.violation(
            Finding::new(Parameter::KMS_KEY_ID, message)
                .value(key)
                .allowed("hexadecimal digits in groups of 8, 4, 4, 4 and 12")
                .hint(meant.map(|meant| format!("did you mean `{meant}`?"))),
        );
    }
}

/// Whether a text has the form of a key's id. Letters of either case: nothing says that one of them is refused.
fn is_key_id(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_group = |(part, length): (&str, usize)| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    text.split('-').count() == GROUPS.len() && text.split('-').zip(GROUPS).all(is_group)
}
