//! Documents of other tools: responses of the API, Terraform plans, Packer templates.
//!
//! Responses make a [state](crate::State); see [`describe`]. Plans and templates have requests in
//! them before they are sent; see [`terraform`], [`packer`] and [`calls`], which tells one from the
//! other.

pub mod describe;
mod error;
mod fields;
pub mod packer;
mod planned;
pub mod terraform;

use crate::text::decode;

pub use error::SourceError;
pub use planned::{Origin, Planned, PlannedCall};

/// Returns every call in a file of another tool; none if the file is not of a known kind.
///
/// Known kinds are a [Terraform plan](terraform), a legacy [Packer](packer) template and, with the
/// feature `hcl`, a template in HCL, which has a `name` that ends in `.pkr.hcl`. `region` is the
/// source region of calls whose own is not in the file. Byte order marks and UTF-16 are read;
/// positions and spans then count in the text that [`text::decode`](crate::text::decode) returns.
///
/// # Errors
///
/// Errors when the file is of a known kind and cannot be read.
///
/// ```
/// use presync::sources;
///
/// let template = br#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": ["ap-shanghai"]}]}"#;
/// let planned = sources::calls(None, template, Some("ap-guangzhou")).unwrap()?;
/// assert_eq!(planned.calls[0].address(), "builders[0]");
///
/// assert!(sources::calls(None, br#"{"ImageIds": ["img-o3ycss2p"]}"#, None).is_none());
/// # Ok::<(), sources::SourceError>(())
/// ```
pub fn calls(name: Option<&str>, bytes: &[u8], region: Option<&str>) -> Option<Result<Planned, SourceError>> {
    let bytes = &*decode(bytes);
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
    // Without the feature `hcl` no kind is told by its name.
    let _ = name;
    None
}
