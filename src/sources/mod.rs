//! Documents of other tools: responses of the API, Terraform plans, Packer templates.
//!
//! Responses make a [state](crate::State); see [`describe`]. Those to SyncImages itself are
//! compared with reports; see [`recorded`]. Plans and templates have requests in them before they
//! are sent; see [`terraform`], [`packer`] and [`calls`], which tells one from the other.

pub mod describe;
mod error;
mod fields;
pub mod packer;
mod planned;
pub mod recorded;
pub mod terraform;

pub use error::SourceError;
pub use planned::{Origin, Planned, PlannedCall};

/// Returns every call in a file of another tool; none if the file is not of a known kind.
///
/// Known kinds are a [Terraform plan](terraform), a legacy [Packer](packer) template and, with the
/// feature `hcl`, a template in HCL or in HCL's JSON. Such a template has a `name` that ends in
/// `.pkr.hcl` or `.pkr.json`, or, whatever its name, blocks that only Packer has: `source`, `build`
/// or `packer` in HCL, `source` or `build` in JSON. `region` is the source region of calls whose
/// own is not in the file. Byte order marks and UTF-16 are read; positions and spans then count in
/// the text that [`text::decode`](crate::text::decode) returns.
///
/// # Errors
///
/// Errors when the file is of a known kind and cannot be read. Some files without a call of their
/// own are known too, and are the error [`OtherKind`](SourceError::OtherKind): other files of
/// Terraform, values for a Packer template (`*.pkrvars.hcl`, `*.pkrvars.json`), and any other file
/// with a name that ends in `.hcl`.
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
    if terraform::is_terraform(bytes) {
        return Some(terraform::calls(bytes, region));
    }
    match packer::Kind::of(name, bytes)? {
        packer::Kind::Legacy => Some(packer::calls(bytes, region)),
        #[cfg(feature = "hcl")]
        packer::Kind::Template => Some(packer::hcl_calls(bytes, region)),
        #[cfg(not(feature = "hcl"))]
        packer::Kind::Template => None,
        packer::Kind::AutoValues | packer::Kind::Values => Some(Err(SourceError::OtherKind {
            expected: "a Packer template",
            found: "values for a template: give the template's folder, or the template with `--var-file`",
        })),
        packer::Kind::OtherHcl => Some(Err(SourceError::OtherKind {
            expected: "a request, a plan or a template",
            found: "what looks like HCL: name a Packer template *.pkr.hcl",
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_order_mark_is_taken_off_and_no_more() {
        let plan = br#"{"format_version": "1.2", "resource_changes": []}"#;
        let mark = b"\xef\xbb\xbf";
        for (marks, is_read) in [(0, true), (1, true), (2, false)] {
            let bytes = [&mark.repeat(marks), &plan[..]].concat();
            let read = calls(None, &bytes, None);
            assert_eq!(
                read,
                terraform::is_terraform(&bytes).then(|| terraform::calls(&bytes, None)),
                "{marks}"
            );
            assert_eq!(read.is_some_and(|read| read.is_ok()), is_read, "{marks}");
        }
    }
}
