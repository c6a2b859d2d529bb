//! Requests of which not everything is known yet.
//!
//! A plan of another tool says what will be called, and of some values only that they will be known later. What can be
//! said before that is said: what is wrong whatever these values are is a violation, and what depends on them is
//! unverified.
//!
//! ```
//! use presync::partial::PartialRequest;
//! use presync::{Parameter, Region, Ruleset, State, SyncRequest};
//!
//! let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?;
//! let mut request = SyncRequest::new("", ["ap-shanghai", "ap-shanghai-2"]);
//! request.region = Some("ap-guangzhou".to_owned());
//! let request = PartialRequest::new(request).unknown(Parameter::IMAGE_IDS.element(0), "the image of the next build");
//!
//! let report = Ruleset::default().check_partial(&request, &state);
//! assert_eq!(report.violations().len(), 1);
//! assert_eq!(report.violations()[0].value(), Some("ap-shanghai-2"));
//! let open = &report.unverified()[0];
//! assert_eq!((open.rule(), open.needs()), ("image-id-format", "the image of the next build"));
//! # Ok::<(), presync::StateError>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Parameter, SyncRequest};
use crate::report::{Report, Unverified};
use crate::rule::facts::{Certainty, Facts};
use crate::rule::{Check, Rule};
use crate::rules::{destination_regions, encryption, image_ids};

/// A request, and which of its parameters are not known.
///
/// A list can be known in part: of each element that is not known it is known that there is one. The elements of a list
/// are taken for different ones, as Terraform and Packer make them.
///
/// A parameter that is not known may turn out not to be sent at all.
///
/// [`Ruleset::check_partial`](crate::Ruleset::check_partial) and [`Plan::check_partial`](crate::plan::Plan::check_partial)
/// check one.
///
/// ```
/// use presync::partial::PartialRequest;
/// use presync::{Parameter, SyncRequest};
///
/// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
/// assert!(request.is_whole());
///
/// let request = request.unknown(Parameter::ENCRYPT, "`encrypt` of the resource");
/// assert_eq!(request.needs(&Parameter::ENCRYPT), Some("`encrypt` of the resource"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialRequest {
    request: SyncRequest,
    /// For each parameter that is not known, what would settle it.
    gaps: BTreeMap<Parameter, String>,
    leaves_out_source: bool,
}

impl From<SyncRequest> for PartialRequest {
    fn from(request: SyncRequest) -> Self {
        Self::new(request)
    }
}

impl PartialRequest {
    /// A request of which everything is known.
    ///
    /// ```
    /// use presync::SyncRequest;
    /// use presync::partial::PartialRequest;
    ///
    /// assert!(PartialRequest::new(SyncRequest::empty()).is_whole());
    /// ```
    #[must_use]
    pub fn new(request: SyncRequest) -> Self {
        Self { request, gaps: BTreeMap::new(), leaves_out_source: false }
    }

    /// The same without the value of one parameter. `needs` says what would settle it.
    ///
    /// What the request has for it is not looked at. Of a list one element can be meant (`DestinationRegions.1`), or all
    /// of it (`DestinationRegions`): then there may be others beside the elements that are there. An element that the
    /// list does not have stands for all of it.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// let second = Parameter::DESTINATION_REGIONS.element(1);
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai", ""]));
    /// let request = request.unknown(second.clone(), "the second region");
    /// assert_eq!(request.needs(&second), Some("the second region"));
    /// ```
    #[must_use]
    pub fn unknown(mut self, parameter: Parameter, needs: impl Into<String>) -> Self {
        let request = &mut self.request;
        let parameter = match parameter.name() {
            "ImageIds" => without_element(&mut request.image_ids, parameter),
            "DestinationRegions" => without_element(&mut request.destination_regions, parameter),
            name => {
                match name {
                    "Version" => request.version = None,
                    "Region" => request.region = None,
                    "DryRun" => request.dry_run = None,
                    "ImageName" => request.image_name = None,
                    "ImageSetRequired" => request.image_set_required = None,
                    "Encrypt" => request.encrypt = None,
                    "KmsKeyId" => request.kms_key_id = None,
                    // No request has it.
                    _ => return self,
                }
                parameter
            }
        };
        self.gaps.insert(parameter, needs.into());
        self
    }

    /// The same call by a client, such as Packer, that always sends its `Region`, takes it out of the destinations before
    /// it calls, and does not call at all if none is left.
    ///
    /// This is of matter where the source region is not known: any of the destinations may then be left out.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, Ruleset, State, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-nowhere"]));
    /// let request = request.unknown(Parameter::REGION, "the region of the builder");
    /// let rules = Ruleset::default();
    /// assert!(!rules.check_partial(&request, &State::default()).accepted());
    /// assert!(rules.check_partial(&request.leaving_out_source(), &State::default()).accepted());
    /// ```
    #[must_use]
    pub fn leaving_out_source(self) -> Self {
        Self { leaves_out_source: true, ..self }
    }

    /// The request. A parameter that is not known is not in it, but in a list, where question marks stand for an element
    /// that is not known.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::new("", ["ap-shanghai"]));
    /// let request = request.unknown(Parameter::IMAGE_IDS.element(0), "the image");
    /// assert_eq!(request.request().image_ids, ["?"]);
    /// ```
    #[must_use]
    pub fn request(&self) -> &SyncRequest {
        &self.request
    }

    /// What would settle a parameter that is not known; nothing for one that is known.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::empty()).unknown(Parameter::IMAGE_IDS, "the images");
    /// assert_eq!(request.needs(&Parameter::IMAGE_IDS), Some("the images"));
    /// assert_eq!(request.needs(&Parameter::REGION), None);
    /// ```
    #[must_use]
    pub fn needs(&self, parameter: &Parameter) -> Option<&str> {
        self.gaps.get(parameter).map(String::as_str)
    }

    /// Whether everything is known.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// assert!(!PartialRequest::new(SyncRequest::empty()).unknown(Parameter::DRY_RUN, "`dry_run`").is_whole());
    /// ```
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Every parameter that is not known, and what would settle it.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::empty()).unknown(Parameter::DRY_RUN, "`dry_run`");
    /// assert_eq!(request.unknowns().collect::<Vec<_>>(), [(&Parameter::DRY_RUN, "`dry_run`")]);
    /// ```
    pub fn unknowns(&self) -> impl Iterator<Item = (&Parameter, &str)> {
        self.gaps.iter().map(|(parameter, needs)| (parameter, &**needs))
    }

    /// What would settle the first thing of this list that is not known, be it an element or all of it.
    pub(crate) fn needs_in(&self, list: &Parameter) -> Option<&str> {
        self.unknowns().find(|(gap, _)| gap.name() == list.name()).map(|(_, needs)| needs)
    }

    /// What would settle which of the known destinations are left out; nothing if all of them are sent.
    pub(crate) fn needs_for_left_out(&self) -> Option<&str> {
        self.needs(&Parameter::REGION).filter(|_| self.leaves_out_source)
    }

    /// Whether no destination is ever the source region.
    pub(crate) fn leaves_out_source(&self) -> bool {
        self.leaves_out_source
    }

    /// The request with the known destinations alone.
    pub(crate) fn known(&self) -> SyncRequest {
        let mut request = self.request.clone();
        let mut subscripts = 0..;
        request.destination_regions.retain(|_| {
            let parameter =
                subscripts.next().map(|subscript| Parameter::DESTINATION_REGIONS.element(subscript));
            parameter.is_none_or(|parameter| self.needs(&parameter).is_none())
        });
        request
    }

    /// Adds what a documented rule found, which was asked in the ordinary case too, to a report. What it says of a value that is not known is no violation, and
    /// each value that could break it once it is known is unverified.
    pub(crate) fn settle_rule(&self, rule: &Rule, facts: &Facts<'_>, found: Report, report: &mut Report) {
        let left_out = |parameter: &Parameter| {
            let is_destination = parameter.name() == Parameter::DESTINATION_REGIONS.name();
            self.needs_for_left_out().filter(|_| is_destination && parameter.subscript().is_some())
        };
        let is_open = |parameter: &Parameter| self.needs(parameter).or_else(|| left_out(parameter));
        let may_break = |gap: &Parameter| may_break(rule, gap, facts);
        self.settle(rule.id, found, report, is_open, may_break);
    }

    /// The same of an embedder's check. On what depends what it says of other parameters, only the check itself can say.
    pub(crate) fn settle_check(&self, check: &dyn Check, found: Report, report: &mut Report) {
        let is_open = |parameter: &Parameter| {
            let depends_on = |gap: &Parameter| {
                let is_other_element = gap.name() == parameter.name() && parameter.subscript().is_some();
                gap == parameter || (!is_other_element && check.concerns(gap))
            };
            let left_out =
                self.needs_for_left_out().filter(|_| check.concerns(&Parameter::DESTINATION_REGIONS));
            self.unknowns().find(|(gap, _)| depends_on(gap)).map(|(_, needs)| needs).or(left_out)
        };
        self.settle(check.id(), found, report, is_open, |gap| check.concerns(gap));
    }

    fn settle<'p>(
        &'p self,
        rule: &str,
        found: Report,
        report: &mut Report,
        is_open: impl Fn(&Parameter) -> Option<&'p str>,
        may_break: impl Fn(&Parameter) -> bool,
    ) {
        let (violations, mut open) = found.into_findings();
        let unverified = |parameter: &Parameter, needs: &str| {
            Unverified::new(rule.to_owned().into(), parameter.clone(), needs.to_owned())
        };
        // What the rule itself says to be open stays as it says it.
        let mut seen: BTreeSet<Parameter> = open.iter().map(|open| open.parameter().clone()).collect();
        let mut leave_open = |parameter: &Parameter, needs: &str| {
            if seen.insert(parameter.clone()) {
                open.push(unverified(parameter, needs));
            }
        };
        for violation in violations {
            match is_open(violation.parameter()) {
                Some(needs) => leave_open(violation.parameter(), needs),
                None => report.add_violation(violation),
            }
        }
        for (gap, needs) in self.unknowns().filter(|(gap, _)| may_break(gap)) {
            leave_open(gap, needs);
        }
        open.sort_by_key(|open| open.parameter().subscript());
        open.into_iter().for_each(|open| report.add_unverified(open));
    }
}

/// Whether a rule could be broken by a value of its own parameter that is not known. What else it looks at, it asks for
/// itself.
fn may_break(rule: &Rule, gap: &Parameter, facts: &Facts<'_>) -> bool {
    let name = rule.parameter.strip_suffix(".N").unwrap_or(rule.parameter);
    let is = |other: &Rule| rule.id == other.id;
    name == gap.name()
        && if is(&image_ids::IMAGE_REQUIRED)
            || is(&image_ids::IMAGE_SINGLE)
            || is(&destination_regions::DESTINATION_REQUIRED)
        {
            // An element counts, whatever it is.
            gap.subscript().is_none()
        } else if is(&destination_regions::DESTINATION_UNIQUE) {
            // The elements of a list are different ones.
            false
        } else if is(&destination_regions::DESTINATION_NOT_SOURCE) {
            !facts.leaves_out_source()
        } else if is(&encryption::KMS_KEY_FORMAT) {
            facts.is_encrypting() != Certainty::No
        } else {
            true
        }
}

/// Takes an element out of a list: what stands for it is like no other element. Gives the parameter that is not known
/// now, which is the list where it has no such element.
fn without_element(list: &mut [String], parameter: Parameter) -> Parameter {
    let longest = list.iter().map(String::len).max().unwrap_or_default();
    match parameter.subscript().and_then(|subscript| list.get_mut(subscript)) {
        Some(element) => {
            *element = "?".repeat(longest + 1);
            parameter
        }
        None => Parameter::named(parameter.name()),
    }
}
