//! Checks of an embedder's own.

use std::sync::Arc;

use super::facts::Facts;
use super::findings::Findings;
use crate::model::{Edition, ErrorCode, Parameter};

/// A check of an embedder's own, run after the documented rules. It can add violations and never
/// take one away.
///
/// It sees the [`Facts`] that the rules see, most of them as an answer with three values: a
/// [`Truth`](crate::Truth), from which [`Findings::require`] makes no finding, a violation, or an
/// unverified check. A closure becomes a check with [`check_fn`].
///
/// What one documented rule speaks of alone is no fault for the others: of an image that is not
/// found and of a region that does not exist the answers are such that
/// [`require`](Findings::require) makes no finding. A check itself suppresses no finding of
/// another, and no rule suppresses one of its own.
///
/// # Example
///
/// Three checks of one company: the size of one team's images, a reserve of quota, and the regions
/// that images come from. With [`Ruleset::empty`](crate::Ruleset::empty) they run alone.
///
/// ```
/// use presync::{AccountQuota, Check, Edition, ErrorCode, Facts, Finding, Findings, Image, Parameter, Region};
/// use presync::{PartialRequest, RegionQuota, Report, Ruleset, State, SyncRequest, Takes, Used};
///
/// /// Images of the web team, whose names start with `web-`, have less than so many GiB.
/// struct WebSize(u64);
///
/// impl Check for WebSize {
///     fn id(&self) -> &str {
///         "acme/web-size"
///     }
///     fn code(&self, _: Edition) -> &ErrorCode {
///         // Checked when it is compiled.
///         static TOO_LARGE: ErrorCode = ErrorCode::own("Acme.TooLarge").unwrap();
///         &TOO_LARGE
///     }
///     fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
///         for image in facts.images() {
///             let is_others =
///                 image.judge("ImageName", |image| image.image_name.as_deref(), |name| !name.starts_with("web-"));
///             let is_small = image.judge("ImageSize", |image| image.image_size.as_ref(), |size| *size < self.0);
///             findings.require(image.parameter(), is_others.or(is_small), |parameter| {
///                 Finding::new(parameter, "too large for the web team").value(image.id)
///             });
///         }
///     }
///     // While an image is not known, neither is its size.
///     fn concerns(&self, parameter: &Parameter) -> bool {
///         parameter.name() == Parameter::IMAGE_IDS.name()
///     }
/// }
///
/// /// So much of each destination's quota stays free.
/// struct Reserve(u128);
///
/// impl Check for Reserve {
///     fn id(&self) -> &str {
///         "acme/reserve"
///     }
///     fn code(&self, _: Edition) -> &ErrorCode {
///         static FULL: ErrorCode = ErrorCode::own("Acme.Full").unwrap();
///         &FULL
///     }
///     fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
///         for destination in facts.each_destination() {
///             let has_reserve = destination.judge_quota_after(|after, limit| after + self.0 <= limit);
///             findings.require(destination.parameter(), has_reserve, |parameter| {
///                 // Where it is violated, the quota is known.
///                 let quota = destination.quota().unwrap_or_default();
///                 let taken = quota.taken_at_least();
///                 Finding::new(parameter, format!("no reserve beside {taken} images")).value(destination.name)
///             });
///         }
///     }
///     fn concerns(&self, parameter: &Parameter) -> bool {
///         parameter.name() == Parameter::DESTINATION_REGIONS.name()
///     }
///     // In a plan, the hint of a violation names the request that took the last of it.
///     fn takes(&self) -> Option<Takes> {
///         Some(Takes::Quota)
///     }
/// }
///
/// /// Images come from one of these regions.
/// struct Source(&'static [&'static str]);
///
/// impl Check for Source {
///     fn id(&self) -> &str {
///         "acme/source"
///     }
///     fn code(&self, _: Edition) -> &ErrorCode {
///         static ABROAD: ErrorCode = ErrorCode::own("Acme.Abroad").unwrap();
///         &ABROAD
///     }
///     fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
///         let is_allowed = facts.judge_source(|region| self.0.contains(&region));
///         findings.require(Parameter::REGION, is_allowed, |parameter| Finding::new(parameter, "from abroad"));
///     }
///     // The facts say themselves what is unknown while the region, or the image that is in it, is not known.
///     fn concerns(&self, _: &Parameter) -> bool {
///         false
///     }
/// }
///
/// let rules = Ruleset::empty(Edition::LATEST)
///     .with_check(WebSize(30))?
///     .with_check(Reserve(1))?
///     .with_check(Source(&["ap-guangzhou"]))?;
///
/// fn state(images: &[Image], used: Used) -> Result<State, presync::StateError> {
///     let regions = ["ap-guangzhou", "ap-shanghai", "eu-frankfurt"].map(Region::new);
///     let quota = RegionQuota::new("ap-shanghai").with_used(used).with_image_num_quota(10);
///     State::from_records(regions, images.to_vec(), AccountQuota::default().with_regions([quota]), [])
/// }
/// let (violated, unverified): (fn(&Report) -> Vec<String>, fn(&Report) -> Vec<String>) = (
///     |report| report.violations().iter().map(|found| format!("{} {}", found.rule(), found.code())).collect(),
///     |report| report.unverified().iter().map(|found| found.rule().to_owned()).collect(),
/// );
/// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
/// let image = |region: &str| Image::new(region, "img-o3ycss2p").with_image_name("web-1");
///
/// // Silent: 8 images and the copy are 9 of 10.
/// let report = rules.check(&request, &state(&[image("ap-guangzhou").with_image_size(29)], Used::Count(8))?);
/// assert!(report.accepted() && report.is_verified());
///
/// // Violated, each of them.
/// let report = rules.check(&request, &state(&[image("eu-frankfurt").with_image_size(30)], Used::Count(9))?);
/// assert_eq!(
///     violated(&report),
///     ["acme/web-size Acme.TooLarge", "acme/reserve Acme.Full", "acme/source Acme.Abroad"]
/// );
///
/// // Unverified, each of them: no size, no number of images, and two regions that may be meant.
/// let twice = ["ap-guangzhou", "eu-frankfurt"].map(image);
/// let report = rules.check(&request, &state(&twice, Used::Unknown)?);
/// assert_eq!(unverified(&report), ["acme/web-size", "acme/reserve", "acme/source"]);
/// assert!(report.violations().is_empty());
///
/// // Of a request that is not known as a whole, what is known is judged.
/// let partial = PartialRequest::new(request).unknown(Parameter::IMAGE_IDS, "the image of the next build");
/// let report = rules.check_partial(&partial, &state(&[], Used::Count(10))?);
/// assert_eq!(violated(&report), ["acme/reserve Acme.Full"]);
/// assert_eq!(unverified(&report), ["acme/web-size", "acme/source"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Check: Send + Sync {
    /// Returns a name with a namespace, such as `acme/approved-region`.
    fn id(&self) -> &str;

    /// Returns the code of its violations under `edition`.
    fn code(&self, edition: Edition) -> &ErrorCode;

    /// Reports what is wrong, and what could not be decided.
    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>);

    /// True if its findings depend on this parameter. It is asked where the parameter is [not
    /// known](crate::PartialRequest): if so, the check is unverified, and so are its findings on
    /// other parameters. It is `true` unless the check says otherwise, because nobody else can
    /// know.
    fn concerns(&self, parameter: &Parameter) -> bool {
        let _ = parameter;
        true
    }

    /// Returns what an accepted request takes that this check is about. Where it is gone because an
    /// earlier request of a [plan](crate::check::plan) took it, the hint of a violation names that
    /// request.
    fn takes(&self) -> Option<Takes> {
        None
    }
}

/// A thing that an accepted request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Takes {
    /// A part of the quota of the destination that a violation names.
    Quota,
    /// The name that the copies get, in every destination.
    Name,
}

macro_rules! delegate {
    ($($pointer:ident),+) => {$(
        impl<C: Check + ?Sized> Check for $pointer<C> {
            fn id(&self) -> &str {
                (**self).id()
            }

            fn code(&self, edition: Edition) -> &ErrorCode {
                (**self).code(edition)
            }

            fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
                (**self).check(facts, findings);
            }

            fn concerns(&self, parameter: &Parameter) -> bool {
                (**self).concerns(parameter)
            }

            fn takes(&self) -> Option<Takes> {
                (**self).takes()
            }
        }
    )+};
}

delegate! { Box, Arc }

/// Makes a [`Check`] of a closure, for requests that are known as a whole. A closure says less of
/// itself than a type can, and this is where that shows:
///
/// - It [concerns](Check::concerns) every parameter. Of a [`PartialRequest`](crate::PartialRequest)
///   with any unknown, be it `DryRun`, the check is unverified, and so is all that it finds: it
///   never finds a violation there.
/// - It [takes](Check::takes) none. In a [plan](crate::check::plan), no hint names the earlier
///   request that took what is missing.
/// - It has one code in every edition.
///
/// ```
/// use presync::{ErrorCode, Finding, Parameter, Ruleset, State, SyncRequest, check_fn};
///
/// const TOO_MANY: ErrorCode = ErrorCode::own("Acme.TooMany").unwrap();
/// let few = check_fn("acme/few-regions", TOO_MANY, |facts, findings| {
///     if facts.request().destination_regions.len() > 2 {
///         findings.violation(Finding::new(Parameter::DESTINATION_REGIONS, "more than two regions at once"));
///     }
/// });
/// let rules = Ruleset::default().with_check(few)?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["a", "b", "c"]), &State::default());
/// assert_eq!(report.violations().last().unwrap().code(), "Acme.TooMany");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn check_fn<F>(id: &str, code: ErrorCode, check: F) -> impl Check + use<F>
where
    F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync,
{
    struct CheckFn<F> {
        id: String,
        code: ErrorCode,
        check: F,
    }

    impl<F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync> Check for CheckFn<F> {
        fn id(&self) -> &str {
            &self.id
        }

        fn code(&self, _: Edition) -> &ErrorCode {
            &self.code
        }

        fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
            (self.check)(facts, findings);
        }
    }

    CheckFn { id: id.to_owned(), code, check }
}
