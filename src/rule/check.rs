//! Checks of an embedder's own.

use std::sync::Arc;

use super::facts::Facts;
use super::findings::Findings;
use crate::model::{Edition, ErrorCode, Parameter};

/// A check of an embedder's own, run after the documented rules. It can add violations and never
/// take one away.
///
/// A closure becomes one with [`check_fn`].
///
/// ```
/// use presync::{Check, Edition, ErrorCode, Facts, Finding, Findings, Parameter, Ruleset, State, SyncRequest};
///
/// struct Approved {
///     code: ErrorCode,
///     regions: Vec<String>,
/// }
///
/// impl Check for Approved {
///     fn id(&self) -> &str {
///         "acme/approved-region"
///     }
///     fn code(&self, _: Edition) -> &ErrorCode {
///         &self.code
///     }
///     fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
///         for destination in facts.destinations() {
///             if !self.regions.iter().any(|region| region == destination.name) {
///                 let message = format!("`{}` is not approved", destination.name);
///                 findings.violation(Finding::new(destination.parameter(), message).value(destination.name));
///             }
///         }
///     }
///     fn concerns(&self, parameter: &Parameter) -> bool {
///         parameter.name() == Parameter::DESTINATION_REGIONS.name()
///     }
/// }
///
/// let approved = Approved { code: "Acme.NotApproved".parse()?, regions: vec!["ap-shanghai".to_owned()] };
/// let rules = Ruleset::default().with_check(approved)?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-seoul"]), &State::default());
/// assert!(report.violations().iter().any(|violation| violation.rule() == "acme/approved-region"));
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Makes a [`Check`] of a closure. It concerns every parameter: a check that can say which ones is
/// a type of its own.
///
/// ```
/// use presync::{Finding, Parameter, Ruleset, State, SyncRequest, check_fn};
///
/// let few = check_fn("acme/few-regions", "Acme.TooMany".parse()?, |facts, findings| {
///     if facts.request().destination_regions.len() > 2 {
///         findings.violation(Finding::new(Parameter::DESTINATION_REGIONS, "more than two regions at once"));
///     }
/// });
/// let rules = Ruleset::default().with_check(few)?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["a", "b", "c"]), &State::default());
/// assert_eq!(report.violations().last().unwrap().code(), "Acme.TooMany");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
