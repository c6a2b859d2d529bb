//! Rules on encrypted images and on copies that are to be encrypted.

use super::rule;
use crate::model::{Dated, ErrorCode, Parameter, history};
use crate::report::{Fact, Finding, Words};
use crate::rule::hint::{self, Meant};
use crate::rule::{Evidence, Facts, Findings, Input, Rule, Run, Unknown};

/// The rules of this file, in order.
pub(super) static RULES: &[&Rule] = &[&IMAGE_ENCRYPTED, &KMS_KEY_FORMAT];

rule! {
    /// The image is not encrypted. The rule is about the image that is copied, not about a copy
    /// that is to be encrypted.
    ///
    /// # Why
    ///
    /// The list of codes has had one for encrypted images since 2022-09. No response of the API
    /// says whether an image is encrypted, so the state does: `Encrypted`.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "ap-guangzhou", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}, {"Region": "ap-shanghai"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p", "Encrypted": true}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Make an image of a disk that is not encrypted. Where `Encrypted` is `null`, the rule is
    /// unverified.
    pub(crate) static IMAGE_ENCRYPTED: Rule = Rule {
        id: "image-encrypted",
        parameter: "ImageIds.N",
        requirement: Dated::since(history::ENCRYPTED_IMAGES, "the image is not encrypted"),
        limit: None,
        citation: "4, UnsupportedOperation.EncryptedImagesNotSupported",
        code: Dated::since(
            history::ENCRYPTED_IMAGES,
            (ErrorCode::UnsupportedOperationEncryptedImagesNotSupported, Evidence::Documented),
        ),
        first_seen: history::ENCRYPTED_IMAGES,
        withdrawn: None,
        unknown: Unknown::When(|facts, _| facts.can_image_be_found()),
        suppresses: None,
        takes: None,
        reads: &[Input::IMAGE, &[Input::ImageType, Input::Encrypted]],
        can_plain_break: false,
        run: Run::Check(image_encrypted),
        facts: &[],
        words: |said| {
            Words::new(format!("`{}` is encrypted", said.value)).allowed("an image that is not encrypted")
        },
    };
}

fn image_encrypted(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    for image in facts.images() {
        let is_plain = image.judge("Encrypted", |image| image.encrypted.as_ref(), |encrypted| !encrypted);
        findings.require(image.parameter(), is_plain, |parameter| Finding::on(parameter).value(image.id));
    }
    for (parameter, needs) in facts.new_images().filter(|_| facts.can_image_be_found()) {
        let needs =
            format!("`Encrypted` of {needs}, or `image-encrypted` turned off in the `[rules]` of a policy");
        findings.unverified(parameter.clone(), needs);
    }
}

rule! {
    /// The key of a copy that is to be encrypted is named by its id: 32 hexadecimal digits, in
    /// groups of 8, 4, 4, 4 and 12 that are joined by dashes. Without `Encrypt`, or with `false`,
    /// the key is not used and not checked. A request need not name a key.
    ///
    /// # Why
    ///
    /// An alias, a name or the key of another cloud in the place of an id can never be found.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"Region": "ap-guangzhou", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-guangzhou"],
    ///              "Encrypt": true, "KmsKeyId": "alias/base-images"},
    ///  "state": {"Regions": [{"Region": "ap-guangzhou"}],
    ///            "Images": [{"Region": "ap-guangzhou", "ImageId": "img-o3ycss2p"}]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Copy the id from the list of keys.
    pub(crate) static KMS_KEY_FORMAT: Rule = Rule {
        id: "kms-key-format",
        parameter: "KmsKeyId",
        requirement: Dated::since(history::ENCRYPTED_COPIES, "the key of a copy that is to be encrypted is the id of one"),
        limit: None,
        citation: "4, InvalidParameter.InvalidKmsKeyId",
        code: Dated::since(
            history::ENCRYPTED_COPIES,
            (ErrorCode::InvalidParameterInvalidKmsKeyId, Evidence::Documented),
        ),
        first_seen: history::ENCRYPTED_COPIES,
        withdrawn: None,
        unknown: Unknown::When(|facts, _| !facts.is_encrypting().is_no()),
        suppresses: None,
        takes: None,
        reads: &[&[Input::KmsKeyId, Input::Encrypt]],
        can_plain_break: false,
        run: Run::Check(kms_key_format),
        facts: &[Fact::Meant, Fact::Slips],
        words: |said| {
            Words::new(format!("`{}` does not have the form of a key's id", said.value))
                .allowed("hexadecimal digits in groups of 8, 4, 4, 4 and 12")
        },
    };
}

fn kms_key_format(facts: &Facts<'_>, findings: &mut Findings<'_>) {
    let Some(key) = facts.request().kms_key_id.as_deref() else { return };
    if is_key_id(key) {
        return;
    }
    findings.require(Parameter::KMS_KEY_ID, !facts.is_encrypting(), |parameter| {
        let meant = hint::tidy(key, is_key_id);
        Meant::add_to(meant, Finding::on(parameter).value(key))
    });
}

/// True if a text has the form of a key's id. Letters of either case pass: no page says that one is
/// refused.
fn is_key_id(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_group = |(part, length): (&str, usize)| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    text.split('-').count() == GROUPS.len() && text.split('-').zip(GROUPS).all(is_group)
}
