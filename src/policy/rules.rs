//! The rules that a policy can have: each a literal above the function that makes its check.

use std::cell::Cell;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet};

use crate::model::{Dated, Edition, ErrorCode, Parameter, Truth};
use crate::report::Finding;
use crate::rule::{
    Check, Destination, Evidence, Facts, Findings, Quota, Rule, Run, Suppresses, Takes, Unknown,
};
use crate::rules::rule;
use crate::text::{Pattern, clean, counted, joined, legible};

/// Returns every rule that a policy can have, in the order in which violations are reported: after
/// the documented rules. Their ids are in the namespace `policy/`, and their codes start with
/// `Policy.`.
///
/// ```
/// use presync::{Edition, policy};
///
/// let rule = policy::rules().find(|rule| rule.id() == "policy/image-quota").unwrap();
/// assert_eq!(rule.code(Edition::FIRST), "Policy.ImageQuota");
/// assert_eq!((rule.parameter(), rule.citation()), ("DestinationRegions.N", "limits.image-quota"));
/// ```
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let rules = [
        &IMAGE_SIZE,
        &DESTINATION_COUNT,
        &DESTINATION_ALLOWED,
        &DESTINATION_DENIED,
        &DESTINATION_REQUIRED,
        &IMAGE_QUOTA,
        &FREE_QUOTA,
        &IMAGE_NAME,
    ];
    rules.into_iter()
}

/// A rule of one policy.
struct PolicyCheck<F> {
    rule: &'static Rule,
    concerns: fn(&Parameter) -> bool,
    check: F,
}

impl<F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync> Check for PolicyCheck<F> {
    fn id(&self) -> &str {
        self.rule.id()
    }

    fn code(&self, edition: Edition) -> &ErrorCode {
        self.rule.code(edition)
    }

    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
        (self.check)(facts, findings);
    }

    fn concerns(&self, parameter: &Parameter) -> bool {
        (self.concerns)(parameter)
    }

    fn takes(&self) -> Option<Takes> {
        self.rule.takes
    }
}

/// Makes a check. `concerns` says which parameters, while they are not known, leave more unverified
/// than the check itself says.
fn check<F>(rule: &'static Rule, concerns: fn(&Parameter) -> bool, check: F) -> Arc<dyn Check>
where
    F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync + 'static,
{
    Arc::new(PolicyCheck { rule, concerns, check })
}

rule! {
    /// The image is smaller than so many GiB. The number itself is too much, as it is in the API's
    /// own sentence: with 40, an image of 39 GiB passes and one of 40 does not. An image whose size
    /// the state does not say is unverified.
    ///
    /// ```toml
    /// [limits]
    /// image-size = 40
    /// ```
    pub(super) static IMAGE_SIZE: Rule = Rule {
        id: "policy/image-size",
        parameter: "ImageIds.N",
        requirement: Dated::always("the image is smaller than the policy's limit"),
        limit: None,
        citation: "limits.image-size",
        code: Dated::always((ErrorCode::own("Policy.ImageSize"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: None,
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn image_size(below: u64) -> Arc<dyn Check> {
    check(&IMAGE_SIZE, Parameter::is_image, move |facts, findings| {
        for image in facts.images() {
            let is_below = image.judge("ImageSize", |image| image.image_size.as_ref(), |size| *size < below);
            findings.require(image.parameter(), is_below, |parameter| {
                let size = image.first_record().and_then(|record| record.image_size).unwrap_or_default();
                let id = clean(image.id);
                let message = format!("`{id}` has {size} GiB, and the policy's limit is {below}");
                Finding::new(parameter, message).value(image.id).allowed(allowed_size(below))
            });
        }
    })
}

pub(super) fn allowed_size(below: u64) -> String {
    format!("< {below} GiB")
}

rule! {
    /// A request names at most so many destinations. A duplicate, which breaks a rule of its own,
    /// does not count again.
    ///
    /// ```toml
    /// [limits]
    /// destinations = 5
    /// ```
    pub(super) static DESTINATION_COUNT: Rule = Rule {
        id: "policy/destination-count",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("a request names no more destinations than the policy's limit"),
        limit: None,
        citation: "limits.destinations",
        code: Dated::always((ErrorCode::own("Policy.DestinationCount"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: None,
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn destination_count(most: u64) -> Arc<dyn Check> {
    let is_list = |parameter: &Parameter| *parameter == Parameter::DESTINATION_REGIONS;
    check(&DESTINATION_COUNT, is_list, move |facts, findings| {
        // A duplicate names the same region again, whatever rule speaks of it.
        let duplicates = facts.destinations().filter(Destination::is_duplicate).count();
        let known = facts.destinations().count() - duplicates;
        let at_most = number(facts.destination_count() - duplicates);
        // One that is not known may turn out to be one of the others.
        let at_least = number(known.max(facts.destination_count().min(1)));
        if at_least > most {
            // More than one, for the limit is at least that.
            let message = format!("{at_least} destinations are named, and the policy's limit is {most}");
            let finding = Finding::new(Parameter::DESTINATION_REGIONS, message);
            findings.violation(finding.allowed(allowed_count(most)));
        } else if let Some(needs) = facts.unknown_in(&Parameter::DESTINATION_REGIONS)
            && at_most > most
        {
            findings.unverified(Parameter::DESTINATION_REGIONS, needs);
        }
    })
}

pub(super) fn allowed_count(most: u64) -> String {
    counted(most, "region", "regions")
}

/// The most globs of one list. All of them are compiled into one, which takes up to 10 MiB.
pub(super) const MAX_GLOBS: usize = 4_096;
/// The most bytes of the globs of one list together: 32 KiB.
pub(super) const MAX_GLOB_BYTES: usize = 32 << 10;

/// Globs, with their texts.
#[derive(Default)]
pub(super) struct Globs {
    texts: Vec<String>,
    set: GlobSet,
}

/// The error of texts that are no globs.
pub(super) enum NotGlobs {
    /// One of them, of this index, is none.
    One(usize, globset::Error),
    /// They are too many.
    All,
}

impl Globs {
    pub(super) fn new(texts: &[String]) -> Result<Self, NotGlobs> {
        if texts.len() > MAX_GLOBS || texts.iter().map(String::len).sum::<usize>() > MAX_GLOB_BYTES {
            return Err(NotGlobs::All);
        }
        let mut set = GlobSet::builder();
        for (element, text) in texts.iter().enumerate() {
            // The same on every system: there `\` would be a part of names.
            let glob = GlobBuilder::new(text).backslash_escape(true).build();
            set.add(glob.map_err(|error| NotGlobs::One(element, error))?);
        }
        let set = set.build().map_err(|_| NotGlobs::All)?;
        Ok(Self { texts: texts.to_vec(), set })
    }

    fn is_match(&self, name: &str) -> bool {
        self.set.is_match(name)
    }

    /// Returns the first glob that matches.
    fn first_match(&self, name: &str) -> Option<&String> {
        self.texts.get(self.set.matches(name).into_iter().min()?)
    }

    /// Calls `each` with the globs that match none of these names.
    fn without_match<'n>(&self, names: impl Iterator<Item = &'n str>, each: impl FnMut(&String)) {
        thread_local! {
            /// What the last search has allocated, so that the next one allocates nothing.
            static SCRATCH: Cell<(Vec<bool>, Vec<usize>)> = Cell::default();
        }
        let (mut is_matched, mut matches) = SCRATCH.take();
        is_matched.clear();
        is_matched.resize(self.texts.len(), false);
        for name in names {
            self.set.matches_into(name, &mut matches);
            for index in &matches {
                if let Some(is_matched) = is_matched.get_mut(*index) {
                    *is_matched = true;
                }
            }
        }
        let texts = self.texts.iter().zip(&is_matched);
        texts.filter(|(_, is_matched)| !**is_matched).map(|(text, _)| text).for_each(each);
        SCRATCH.set((is_matched, matches));
    }
}

/// Writes the globs of a list into a violation: the first few of a long one, and each cut where it
/// is long.
fn named(globs: &[impl AsRef<str>], last: &str) -> String {
    const MOST: usize = 16;
    let (shown, rest) = globs.split_at_checked(MOST).unwrap_or((globs, &[]));
    let others = (!rest.is_empty()).then(|| counted(number(rest.len()), "other", "others"));
    joined(shown.iter().map(|glob| clean(glob.as_ref())).chain(others), last)
}

rule! {
    /// The name of each destination matches one of these globs. A name that no region has is for
    /// `destination-exists` alone, and a destination that the policy denies for
    /// `policy/destination-denied` alone, unless these are turned off or down.
    ///
    /// ```toml
    /// [destinations]
    /// allowed = ["ap-*"]
    /// ```
    pub(super) static DESTINATION_ALLOWED: Rule = Rule {
        id: "policy/destination-allowed",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("a destination is one that the policy allows"),
        limit: None,
        citation: "destinations.allowed",
        code: Dated::always((ErrorCode::own("Policy.DestinationAllowed"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: None,
        can_plain_break: true,
        run: Run::Policy,
    };
}

/// `denied` are the globs of another check, which speaks alone of what they match.
pub(super) fn destination_allowed(globs: Globs, denied: Arc<Globs>) -> Arc<dyn Check> {
    let allowed = allowed_names(&globs.texts);
    check(&DESTINATION_ALLOWED, Parameter::is_destination, move |facts, findings| {
        for destination in facts.judged_destinations() {
            if globs.is_match(destination.name) || denied.is_match(destination.name) {
                continue;
            }
            let message = format!("`{}` is not among the policy's destinations", clean(destination.name));
            let finding = Finding::new(destination.parameter(), message).value(destination.name);
            findings.violation(finding.allowed(allowed.clone()));
        }
    })
}

pub(super) fn allowed_names(globs: &[impl AsRef<str>]) -> String {
    named(globs, " or ")
}

rule! {
    /// The name of no destination matches one of these globs, whatever is allowed. A name that no
    /// region has is for `destination-exists` alone, unless that is turned off or down.
    ///
    /// ```toml
    /// [destinations]
    /// denied = ["ap-hongkong"]
    /// ```
    pub(super) static DESTINATION_DENIED: Rule = Rule {
        id: "policy/destination-denied",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("no destination is one that the policy denies"),
        limit: None,
        citation: "destinations.denied",
        code: Dated::always((ErrorCode::own("Policy.DestinationDenied"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: None,
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn destination_denied(globs: Arc<Globs>) -> Arc<dyn Check> {
    check(&DESTINATION_DENIED, Parameter::is_destination, move |facts, findings| {
        for destination in facts.judged_destinations() {
            let Some(glob) = globs.first_match(destination.name) else { continue };
            let message = format!("the policy denies `{}`", clean(destination.name));
            let finding = Finding::new(destination.parameter(), message).value(destination.name);
            findings.violation(finding.allowed(allowed_others(&[glob])));
        }
    })
}

pub(super) fn allowed_others(globs: &[impl AsRef<str>]) -> String {
    format!("a region other than {}", named(globs, " and "))
}

rule! {
    /// For each of these globs there is a destination whose name matches it.
    ///
    /// ```toml
    /// [destinations]
    /// required = ["ap-shanghai"]
    /// ```
    pub(super) static DESTINATION_REQUIRED: Rule = Rule {
        id: "policy/destination-required",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("every destination that the policy requires is named"),
        limit: None,
        citation: "destinations.required",
        code: Dated::always((ErrorCode::own("Policy.DestinationRequired"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: None,
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn destination_required(globs: Globs) -> Arc<dyn Check> {
    let concerns_none = |_: &Parameter| false;
    check(&DESTINATION_REQUIRED, concerns_none, move |facts, findings| {
        // One that is named may still be left out by the client.
        let are_sent = facts.are_destinations_sent();
        let sent = facts.each_destination().filter(|_| are_sent).map(|destination| destination.name);
        globs.without_match(sent, |glob| {
            if let Some(needs) = facts.needed_for_destinations() {
                findings.unverified(Parameter::DESTINATION_REGIONS, needs);
            } else {
                let message = format!("no destination is `{}`, which the policy requires", clean(glob));
                let finding = Finding::new(Parameter::DESTINATION_REGIONS, message);
                findings.violation(finding.allowed(allowed_with(&[glob])));
            }
        });
    })
}

pub(super) fn allowed_with(globs: &[impl AsRef<str>]) -> String {
    format!("destinations with {}", named(globs, " and "))
}

rule! {
    /// After the request, no destination has more than so many custom images: those that are there,
    /// copies in flight, and those of the request. The API's own quota is checked beside it, so
    /// that a larger number here lifts no limit. Unverified where it is not known how many images
    /// there are.
    ///
    /// ```toml
    /// [limits]
    /// image-quota = 8
    /// ```
    pub(super) static IMAGE_QUOTA: Rule = Rule {
        id: "policy/image-quota",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("each destination stays within the policy's quota of custom images"),
        limit: None,
        citation: "limits.image-quota",
        code: Dated::always((ErrorCode::own("Policy.ImageQuota"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: Some(Takes::Quota),
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn image_quota(limit: u64) -> Arc<dyn Check> {
    check(&IMAGE_QUOTA, Parameter::is_destination, move |facts, findings| {
        let is_within = |after: u128| after <= u128::from(limit);
        let judge = |destination: &Destination<'_, '_>| {
            destination.judge_used(|taken| is_within(after(facts, taken))).into_owned()
        };
        judge_quota(facts, findings, judge, |name, _, after| {
            let images = counted(after, "custom image", "custom images");
            let message = format!("`{name}` would have {images}, and the policy's quota is {limit}");
            (message, allowed_images(limit))
        });
    })
}

pub(super) fn allowed_images(limit: u64) -> String {
    counted(limit, "image", "images")
}

/// Returns the custom images and copies in flight after the request, if so many are taken before it. The
/// number is wide enough for any that a state has. Each image of the request counts, as
/// [`State::apply`](crate::State::apply) counts them.
fn after(facts: &Facts<'_>, taken: u64) -> u128 {
    u128::from(taken) + u128::from(number(facts.image_count().max(1)))
}

/// Judges the quota of each destination. `finding` is given the name, fit to be shown, the quota, and the
/// custom images after the request.
fn judge_quota(
    facts: &Facts<'_>,
    findings: &mut Findings<'_>,
    judge: impl Fn(&Destination<'_, '_>) -> Truth<'static>,
    finding: impl Fn(&str, Quota, u128) -> (String, String),
) {
    // Where not all images are known, there may be more copies.
    let more_copies = facts.unknown(&Parameter::IMAGE_IDS);
    for destination in facts.each_destination() {
        let is_within = match (judge(&destination), more_copies) {
            (Truth::Yes, Some(needs)) if destination.region().is_some() => Truth::unknown(needs),
            (is_within, _) => is_within,
        };
        findings.require(destination.parameter(), is_within, |parameter| {
            let quota = destination.quota().unwrap_or_default();
            let after = after(facts, quota.taken_at_least());
            let (message, allowed) = finding(&clean(destination.name), quota, after);
            Finding::new(parameter, message).value(destination.name).allowed(allowed)
        });
    }
}

rule! {
    /// After the request, each destination has at least so much of its quota of custom images free:
    /// the region's or the account's where the state says it, else the documented one. Unverified
    /// where it is not known how many images there are.
    ///
    /// ```toml
    /// [limits]
    /// free-quota = 2
    /// ```
    pub(super) static FREE_QUOTA: Rule = Rule {
        id: "policy/free-quota",
        parameter: "DestinationRegions.N",
        requirement: Dated::always("each destination keeps the free quota that the policy asks for"),
        limit: None,
        citation: "limits.free-quota",
        code: Dated::always((ErrorCode::own("Policy.FreeQuota"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: Some(Takes::Quota),
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn free_quota(least: u64) -> Arc<dyn Check> {
    check(&FREE_QUOTA, Parameter::is_destination, move |facts, findings| {
        let judge = |destination: &Destination<'_, '_>| {
            destination
                .judge_quota(|taken, limit| after(facts, taken) + u128::from(least) <= u128::from(limit))
                .into_owned()
        };
        judge_quota(facts, findings, judge, |name, quota, after| {
            let limit = u128::from(quota.limit.unwrap_or_default());
            let free = counted(limit.saturating_sub(after), "image", "images");
            let message =
                format!("`{name}` would have a free quota of {free}, and the policy asks for {least}");
            (message, allowed_free(least))
        });
    })
}

pub(super) fn allowed_free(least: u64) -> String {
    format!("{} free", counted(least, "image", "images"))
}

rule! {
    /// The name that the copies get matches this regular expression, the whole of it. It is the
    /// request's `ImageName`, else that of the image that is copied. An image without a name has
    /// the empty one. Unverified where the name is not known.
    ///
    /// ```toml
    /// [image-name]
    /// pattern = "(web|db)-[0-9]+"
    /// ```
    pub(super) static IMAGE_NAME: Rule = Rule {
        id: "policy/image-name",
        parameter: "ImageName",
        requirement: Dated::always("the name of the copies matches the policy's pattern"),
        limit: None,
        citation: "image-name.pattern",
        code: Dated::always((ErrorCode::own("Policy.ImageName"), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: Suppresses::None,
        takes: None,
        can_plain_break: true,
        run: Run::Policy,
    };
}

pub(super) fn image_name(pattern: Pattern) -> Arc<dyn Check> {
    let concerns_none = |_: &Parameter| false;
    check(&IMAGE_NAME, concerns_none, move |facts, findings| {
        let name = match facts.name_of_copies() {
            Some(Err(needs)) => return findings.unverified(Parameter::IMAGE_NAME, needs),
            Some(Ok(name)) => Some(name),
            // An empty name is none: the copies keep that of their source.
            None => None,
        };
        if let Some(name) = name {
            if !pattern.is_match(name) {
                let message = format!("`{}` does not match the policy's pattern", clean(name));
                let finding = Finding::new(Parameter::IMAGE_NAME, message).value(name);
                findings.violation(finding.allowed(legible(pattern.text())));
            }
            return;
        }
        for image in facts.images() {
            let is_right =
                image.judge("ImageName", |image| image.image_name.as_deref(), |name| pattern.is_match(name));
            findings.require(image.parameter(), is_right, |parameter| {
                let id = clean(image.id);
                let name = image.first_record().and_then(|record| record.image_name.as_deref());
                let message = match name.filter(|name| !name.is_empty()).map(clean) {
                    Some(name) => {
                        format!("the name of `{id}` is `{name}`, which does not match the policy's pattern")
                    }
                    None => format!("`{id}` has no name, and the policy asks for one"),
                };
                Finding::new(parameter, message).value(image.id).allowed(legible(pattern.text()))
            });
        }
        for (parameter, needs) in facts.unknowns_in(&Parameter::IMAGE_IDS) {
            findings.unverified(parameter.clone(), needs);
        }
    })
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
