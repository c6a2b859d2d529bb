//! Documents of others: answers of the API, Terraform plans, Packer templates.
//!
//! [Terraform](terraform) and [Packer](packer) have files in which calls can be found before they are made.

pub mod describe;
mod error;
mod fields;
pub mod packer;
mod planned;
pub mod terraform;

pub use error::SourceError;
pub use planned::{Origin, PlannedCall};

/// Every call of a file of another tool; nothing if it is not one that is known here. `name` is that of the file, where it
/// has one, and `region` the source region of calls whose own is not to be found there.
///
/// Known are a [Terraform plan](terraform), a legacy [Packer](packer) template and, with the feature `hcl`,
/// one in HCL, by its name that ends in `.pkr.hcl`.
///
/// # Errors
///
/// It is one that is known, and cannot be read.
///
/// ```
/// use presync::sources;
///
/// let template = br#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": ["ap-shanghai"]}]}"#;
/// let calls = sources::calls(None, template, Some("ap-guangzhou")).unwrap()?;
/// assert_eq!(calls[0].address(), "builders[0]");
///
/// assert!(sources::calls(None, br#"{"ImageIds": ["img-o3ycss2p"]}"#, None).is_none());
/// # Ok::<(), sources::SourceError>(())
/// ```
pub fn calls(
    name: Option<&str>,
    bytes: &[u8],
    region: Option<&str>,
) -> Option<Result<Vec<PlannedCall>, SourceError>> {
    if terraform::is_terraform(bytes) {
        return Some(terraform::calls(bytes, region));
    }
    if packer::is_template(bytes) {
        return Some(packer::calls(bytes, region));
    }
    #[cfg(feature = "hcl")]
    if name.is_some_and(|name| name.ends_with(".pkr.hcl")) {
        return Some(packer::hcl_calls(bytes, region));
    }
    let _ = name;
    None
}
