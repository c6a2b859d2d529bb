//! A pre-check of SyncImages requests of Tencent Cloud CVM, for whoever sends, proxies or plans
//! them: would the service accept this request, and if not, what is *every* reason?
//!
//! SyncImages copies a custom VM image to other regions. The service names one reason at a time,
//! after a wait, sometimes with half the regions done. This crate names all of them before the
//! request is sent, from the request and from what is known of images, regions and quota: each as
//! the API's own error code, on the exact parameter. It does what [the page of
//! 2017-03](https://cloud.tencent.com/document/api/213/9417) documents, and what [later
//! ones](https://www.tencentcloud.com/document/product/213/33267) changed.
//!
//! It is pure: no clock, no file, no network, no global state. The same input gives the same
//! output.
//!
//! ```
//! use presync::{Image, Region, State, SyncRequest, validate_sync};
//!
//! let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(50); // GiB
//! let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image])?;
//!
//! let violations = validate_sync(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai-2"]), &state);
//! let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
//! assert_eq!(
//!     lines,
//!     [
//!         "ImageIds.0: `img-o3ycss2p` has 50 GiB (InvalidImageId.TooLarge)",
//!         "DestinationRegions.0: `ap-shanghai-2` is not a known region (InvalidRegion.NotFound)",
//!     ]
//! );
//! assert!(violations[1].hint().unwrap().starts_with("did you mean `ap-shanghai`?"));
//! # Ok::<(), presync::StateError>(())
//! ```
//!
//! Data goes one way: bytes are [decoded](wire::decode) into a [`SyncRequest`], a [`Ruleset`]
//! checks it against a [`State`], and the [`Report`] becomes the API's own
//! [response](report::envelope::Envelope), text, or an exit status. The file `src/README.md` is the
//! map of the code: its layers, and where to change what.
//!
//! # Features
//!
//! - `wire` (default): requests from bytes, and [`State::from_json`].
//! - `hints` (default): near misses in hints.
//! - `sources`: the API's own responses, Terraform plans and Packer templates; `hcl`: templates in
//!   HCL too.
//! - `policy`: a [policy] of your own, from a file.
//! - `schema`: JSON Schema of the public models.
//! - `cli`: the binary `presync`; `serve`: with the local endpoint.
//! - `proptest`, `arbitrary`: generators for other people's tests; with `proptest` also a machine
//!   to hold an implementation of SyncImages against, `generators::conformance`.
//! - `vectors`: conformance vectors, `generators::vectors`, which `presync vectors` writes.
//!
//! The library needs Rust 1.85 where its dependencies do: the latest `encoding_rs`, `globset` and
//! `proptest` ask for more, and Cargo takes earlier ones for a crate whose `rust-version` says so.
//! The binary needs 1.88.
//!
//! # WebAssembly
//!
//! The library builds for `wasm32-unknown-unknown` as it is, with any feature but `cli`, `serve`
//! and `proptest`: it calls no clock, file or random source, so that the module has no imports and
//! needs no JavaScript beside it. In a crate of your own of the type `cdylib`, export a function
//! that takes a pointer and a length, reads the request with [`wire::decode`], and writes the
//! report as JSON; then `cargo build --release --target wasm32-unknown-unknown`, once
//! `rustup target add wasm32-unknown-unknown` has brought the standard library.
#![cfg_attr(
    feature = "arbitrary",
    doc = r#"
# Fuzzing with requests and states

With the feature `arbitrary`, [`SyncRequest`], [`State`] and their records are made from a fuzzer's bytes. They are
likely ones, right and wrong, so that a target soon gets past the first check. The body of a target in somebody else's
project:

```
use arbitrary::{Arbitrary, Unstructured};
use presync::{State, SyncRequest, validate_sync, wire};

fn target(data: &[u8]) {
    let mut bytes = Unstructured::new(data);
    let (Ok(request), Ok(state)) = (SyncRequest::arbitrary(&mut bytes), State::arbitrary(&mut bytes)) else { return };
    // What is tested: a proxy that passes calls on as query strings must not change what is said of
    // them.
    let passed_on = wire::decode(wire::encode_query(&request).as_bytes()).unwrap();
    assert_eq!(validate_sync(&passed_on, &state), validate_sync(&request, &state));
}

for seed in 0..=u8::MAX {
    let bytes: Vec<u8> = (0..=u8::MAX).map(|byte| byte.wrapping_mul(seed | 1).rotate_left(u32::from(seed))).collect();
    target(&bytes);
}
```
"#
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod check;
#[cfg(any(feature = "arbitrary", feature = "proptest", feature = "vectors"))]
pub mod generators;
mod model;
#[cfg(feature = "policy")]
pub mod policy;
pub mod report;
mod rule;
pub mod rules;
#[cfg(feature = "sources")]
pub mod sources;
pub mod text;
#[cfg(feature = "wire")]
pub mod wire;

pub use check::ruleset::{Ruleset, RulesetError};
pub use model::{
    AccountQuota, BlockedRoute, Dated, Edition, EditionError, ErrorCode, ErrorCodeError, Image, ImageState,
    ImageType, NewImage, OtherCode, Page, Parameter, PartialRequest, QuotaLimit, Region, RegionQuota,
    RegionState, State, StateError, SyncRequest, Truth, Used,
};
pub use report::finding::Finding;
pub use report::report::Report;
pub use report::unverified::Unverified;
pub use report::violation::Violation;
pub use rule::{
    Check, Destination, Evidence, EvidenceError, Facts, Findings, Input, Limit, NamedImage, Quota, Rule,
    Stage, Takes, check_fn,
};

use once_cell::sync::Lazy;

/// Returns every reason why the service of the 2017-03 page would refuse the request, in order; an
/// empty list when it would accept it.
///
/// A [`Ruleset`] checks by the page of another edition, and also says what could not be verified.
///
/// ```
/// use presync::{Image, Region, State, SyncRequest, validate_sync};
///
/// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
/// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)])?;
/// assert_eq!(validate_sync(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state), []);
/// # Ok::<(), presync::StateError>(())
/// ```
#[must_use]
pub fn validate_sync(request: &SyncRequest, state: &State) -> Vec<Violation> {
    static RULES: Lazy<Ruleset> = Lazy::new(Ruleset::default);
    RULES.check(request, state).into_violations()
}

// Made once and shared between threads as they are, without locks.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Ruleset>();
    is_shared::<State>();
};

/// The README's example runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
