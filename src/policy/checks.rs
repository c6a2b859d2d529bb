//! The rules that a policy can have: each a literal above the function that makes its check.

use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use crate::check::ruleset::Pattern;
use crate::model::{Edition, ErrorCode, Image, Parameter, Places};
use crate::report::Finding;
use crate::rule::facts::{Destination, Facts};
use crate::rule::{Check, Findings};
use crate::rules::image_ids::report;
use crate::rules::image_quota::IMAGE_NUM_QUOTA;
use crate::text::{clean, joined, legible};

/// A rule that a policy can have. Its id and its code say that they are not the API's.
///
/// ```
/// use presync::policy;
///
/// let rule = policy::rules().find(|rule| rule.id == "policy/image-quota").unwrap();
/// assert_eq!((rule.code, rule.key), ("Policy.ImageQuota", "limits.image-quota"));
/// assert_eq!(rule.parameter, "DestinationRegions.N");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct PolicyRule {
    /// A name that never changes, in the namespace `policy`.
    pub id: &'static str,
    /// The code of a violation, which starts with `Policy.`.
    pub code: &'static str,
    /// The parameter that is judged, as the page writes it: `ImageIds.N`.
    pub parameter: &'static str,
    /// The key of a policy that asks for it: `limits.image-quota`.
    pub key: &'static str,
    /// What must hold, in one sentence.
    pub requirement: &'static str,
    /// What it checks and how it is asked for: Markdown.
    pub explanation: &'static str,
}

/// Every rule that a policy can have, in the order in which violations are reported: after the documented rules.
///
/// ```
/// assert!(presync::policy::rules().all(|rule| rule.id.starts_with("policy/") && rule.code.starts_with("Policy.")));
/// ```
pub fn rules() -> impl Iterator<Item = &'static PolicyRule> {
    let rules = [
        &IMAGE_SIZE,
        &DESTINATION_COUNT,
        &DESTINATION_ALLOWED,
        &DESTINATION_DENIED,
        &DESTINATION_REQUIRED,
        &IMAGE_QUOTA,
        &FREE_PLACES,
        &IMAGE_NAME,
    ];
    rules.into_iter()
}

/// A rule of one policy.
struct Own<F> {
    rule: &'static PolicyRule,
    code: ErrorCode,
    concerns: fn(&Parameter) -> bool,
    check: F,
}

impl<F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync> Check for Own<F> {
    fn id(&self) -> &str {
        self.rule.id
    }

    fn code(&self, _: Edition) -> &ErrorCode {
        &self.code
    }

    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
        (self.check)(facts, findings);
    }

    fn concerns(&self, parameter: &Parameter) -> bool {
        (self.concerns)(parameter)
    }
}

/// `concerns`: which parameters, where they are not known, leave more open than the check itself says.
fn check<F>(rule: &'static PolicyRule, concerns: fn(&Parameter) -> bool, check: F) -> Arc<dyn Check>
where
    F: Fn(&Facts<'_>, &mut Findings<'_>) + Send + Sync + 'static,
{
    Arc::new(Own { rule, code: ErrorCode::own(rule.code), concerns, check })
}

fn is_image(parameter: &Parameter) -> bool {
    parameter.name() == Parameter::IMAGE_IDS.name()
}

fn is_destination(parameter: &Parameter) -> bool {
    parameter.name() == Parameter::DESTINATION_REGIONS.name()
}

pub(super) static IMAGE_SIZE: PolicyRule = PolicyRule {
    id: "policy/image-size",
    code: "Policy.ImageSize",
    parameter: "ImageIds.N",
    key: "limits.image-size",
    requirement: "the image is smaller than the policy's limit",
    explanation: "\
The image is smaller than so many GiB. The number itself is too much, as it is in the API's own sentence: with 40, an
image of 39 GiB passes and one of 40 does not. An image whose size the state does not say is unverified.

```toml
[limits]
image-size = 40
```",
};

pub(super) fn image_size(below: u64) -> Arc<dyn Check> {
    check(&IMAGE_SIZE, is_image, move |facts, findings| {
        let is_small = |image: &Image| Some(image.image_size? < below);
        for image in facts.images() {
            report(findings, &image, image.judge("ImageSize", is_small), |record, id| {
                let size = record.image_size.unwrap_or_default();
                let message = format!("`{id}` has {size} GiB, and the policy's limit is {below}");
                Finding::new(image.parameter(), message).allowed(allowed_size(below))
            });
        }
    })
}

pub(super) fn allowed_size(below: u64) -> String {
    format!("< {below} GiB")
}

pub(super) static DESTINATION_COUNT: PolicyRule = PolicyRule {
    id: "policy/destination-count",
    code: "Policy.DestinationCount",
    parameter: "DestinationRegions.N",
    key: "limits.destinations",
    requirement: "a call names no more destinations than the policy's limit",
    explanation: "\
A call names at most so many destinations. A repeated one, which is a fault of its own, does not count again.

```toml
[limits]
destinations = 5
```",
};

pub(super) fn destination_count(most: u64) -> Arc<dyn Check> {
    // An element that is not known is still one.
    let is_list = |parameter: &Parameter| *parameter == Parameter::DESTINATION_REGIONS;
    check(&DESTINATION_COUNT, is_list, move |facts, findings| {
        let count = number(facts.destinations().filter(|destination| !destination.repeated).count());
        if count > most {
            // More than one, for the limit is at least that.
            let message = format!("{count} destinations are named, and the policy's limit is {most}");
            let finding = Finding::new(Parameter::DESTINATION_REGIONS, message);
            findings.violation(finding.allowed(allowed_count(most)));
        }
    })
}

pub(super) fn allowed_count(most: u64) -> String {
    counted(most, "region", "regions")
}

/// A glob, and its text.
pub(super) struct Glob {
    text: String,
    matcher: GlobMatcher,
}

impl Glob {
    pub(super) fn new(text: &str) -> Result<Self, globset::Error> {
        // The same on every system: there `\` would be a part of names.
        let glob = GlobBuilder::new(text).backslash_escape(true).build()?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    fn is_match(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }
}

/// The destinations whose names are judged. What no region is called is left to `destination-exists`, where that refuses
/// it.
fn judged<'a>(facts: &Facts<'a>) -> impl Iterator<Item = Destination<'a>> {
    let is_owned = facts.owners().destination_exists;
    facts.judged_destinations().filter(move |destination| !is_owned || destination.region().is_some())
}

pub(super) static DESTINATION_ALLOWED: PolicyRule = PolicyRule {
    id: "policy/destination-allowed",
    code: "Policy.DestinationAllowed",
    parameter: "DestinationRegions.N",
    key: "destinations.allowed",
    requirement: "a destination is one that the policy allows",
    explanation: "\
The name of each destination matches one of these globs. A name that no region has is for `destination-exists` alone, and
a destination that the policy denies for `policy/destination-denied` alone, unless these are turned off or down.

```toml
[destinations]
allowed = [\"ap-*\"]
```",
};

/// `denied`: what another check refuses.
pub(super) fn destination_allowed(globs: Vec<Glob>, denied: Vec<Glob>) -> Arc<dyn Check> {
    let allowed = allowed_names(&globs.iter().map(|glob| &*glob.text).collect::<Vec<_>>());
    check(&DESTINATION_ALLOWED, is_destination, move |facts, findings| {
        for destination in judged(facts) {
            if globs.iter().chain(&denied).any(|glob| glob.is_match(destination.name)) {
                continue;
            }
            let message = format!("`{}` is not among the policy's destinations", clean(destination.name));
            let finding = Finding::new(destination.parameter(), message).value(destination.name);
            findings.violation(finding.allowed(allowed.clone()));
        }
    })
}

pub(super) fn allowed_names(globs: &[impl AsRef<str>]) -> String {
    joined(globs.iter().map(|glob| legible(glob.as_ref())), " or ")
}

pub(super) static DESTINATION_DENIED: PolicyRule = PolicyRule {
    id: "policy/destination-denied",
    code: "Policy.DestinationDenied",
    parameter: "DestinationRegions.N",
    key: "destinations.denied",
    requirement: "no destination is one that the policy denies",
    explanation: "\
The name of no destination matches one of these globs, whatever is allowed. A name that no region has is for
`destination-exists` alone, unless that is turned off or down.

```toml
[destinations]
denied = [\"ap-hongkong\"]
```",
};

pub(super) fn destination_denied(globs: Vec<Glob>) -> Arc<dyn Check> {
    check(&DESTINATION_DENIED, is_destination, move |facts, findings| {
        for destination in judged(facts) {
            let Some(glob) = globs.iter().find(|glob| glob.is_match(destination.name)) else { continue };
            let message = format!("the policy denies `{}`", clean(destination.name));
            let finding = Finding::new(destination.parameter(), message).value(destination.name);
            findings.violation(finding.allowed(allowed_others(&[&*glob.text])));
        }
    })
}

pub(super) fn allowed_others(globs: &[impl AsRef<str>]) -> String {
    format!("a region other than {}", joined(globs.iter().map(|glob| legible(glob.as_ref())), " and "))
}

pub(super) static DESTINATION_REQUIRED: PolicyRule = PolicyRule {
    id: "policy/destination-required",
    code: "Policy.DestinationRequired",
    parameter: "DestinationRegions.N",
    key: "destinations.required",
    requirement: "every destination that the policy requires is named",
    explanation: "\
For each of these globs there is a destination whose name matches it.

```toml
[destinations]
required = [\"ap-shanghai\"]
```",
};

pub(super) fn destination_required(globs: Vec<Glob>) -> Arc<dyn Check> {
    check(
        &DESTINATION_REQUIRED,
        |_| false,
        move |facts, findings| {
            for glob in &globs {
                // One that is named may still be left out by the client.
                let is_named = facts.judged_destinations().any(|destination| glob.is_match(destination.name));
                if is_named && facts.are_destinations_sent() {
                    continue;
                }
                if let Some(needs) = facts.needed_for_destinations() {
                    findings.unverified(Parameter::DESTINATION_REGIONS, needs);
                } else {
                    let message =
                        format!("no destination is `{}`, which the policy requires", clean(&glob.text));
                    let finding = Finding::new(Parameter::DESTINATION_REGIONS, message);
                    findings.violation(finding.allowed(allowed_with(&[&*glob.text])));
                }
            }
        },
    )
}

pub(super) fn allowed_with(globs: &[impl AsRef<str>]) -> String {
    format!("destinations with {}", joined(globs.iter().map(|glob| legible(glob.as_ref())), " and "))
}

/// How many places are taken in a region after the call, if it has `used` custom images.
///
/// Wide enough for any numbers that a state has. Each image of the call takes a place, as [`State::after`] counts them.
///
/// [`State::after`]: crate::State::after
fn taken(places: &Places, used: u64, facts: &Facts<'_>) -> u128 {
    let copies = facts.request().image_ids.len().max(1);
    u128::from(used) + u128::from(places.in_flight) + u128::from(number(copies))
}

pub(super) static IMAGE_QUOTA: PolicyRule = PolicyRule {
    id: "policy/image-quota",
    code: "Policy.ImageQuota",
    parameter: "DestinationRegions.N",
    key: "limits.image-quota",
    requirement: "each destination has a place left in the policy's quota of custom images",
    explanation: "\
After the call, no destination has more than so many custom images: those that are there, copies in flight, and those of
the call. The API's own quota is checked beside it, so that a larger number here lifts nothing. Unverified where it is not
known how many images there are.

```toml
[limits]
image-quota = 8
```",
};

pub(super) fn image_quota(limit: u64) -> Arc<dyn Check> {
    check(&IMAGE_QUOTA, is_destination, move |facts, findings| {
        let is_over = |_: &Places, taken: u128| taken > u128::from(limit);
        judge_places(facts, findings, is_over, |name, _, taken| {
            let images = if taken == 1 { "image" } else { "images" };
            let message =
                format!("`{name}` would have {taken} custom {images}, and the policy's quota is {limit}");
            (message, allowed_images(limit))
        });
    })
}

pub(super) fn allowed_images(limit: u64) -> String {
    counted(limit, "image", "images")
}

pub(super) static FREE_PLACES: PolicyRule = PolicyRule {
    id: "policy/free-places",
    code: "Policy.FreePlaces",
    parameter: "DestinationRegions.N",
    key: "limits.free-places",
    requirement: "each destination keeps the free places that the policy asks for",
    explanation: "\
After the call, each destination has at least so many places left in its quota of custom images: the region's or the
account's where the state says it, else the documented one. Unverified where it is not known how many images there are.

```toml
[limits]
free-places = 2
```",
};

pub(super) fn free_places(least: u64) -> Arc<dyn Check> {
    check(&FREE_PLACES, is_destination, move |facts, findings| {
        let edition = facts.edition();
        let quota = |places: &Places| u128::from(places.limit.unwrap_or_else(|| IMAGE_NUM_QUOTA.at(edition)));
        let is_short = |places: &Places, taken: u128| taken + u128::from(least) > quota(places);
        judge_places(facts, findings, is_short, |name, places, taken| {
            let left = quota(places).saturating_sub(taken);
            let free = if left == 1 { "place" } else { "places" };
            let message = format!("`{name}` would have {left} free {free}, and the policy asks for {least}");
            (message, allowed_places(least))
        });
    })
}

pub(super) fn allowed_places(least: u64) -> String {
    counted(least, "free place", "free places")
}

/// Judges the places of each destination, by how many of them are taken after the call. `finding` is given the name, fit
/// to be shown.
fn judge_places(
    facts: &Facts<'_>,
    findings: &mut Findings<'_>,
    is_wrong: impl Fn(&Places, u128) -> bool,
    finding: impl Fn(&str, &Places, u128) -> (String, String),
) {
    for (subscript, place) in facts.known_destinations() {
        let Some(places) = facts.state().places(place) else { continue };
        let after = |used: u64| taken(places, used, facts);
        let destination = facts.destination(subscript);
        if is_wrong(places, after(places.least)) {
            let (message, allowed) = finding(&clean(destination.name), places, after(places.least));
            let finding = Finding::new(destination.parameter(), message).value(destination.name);
            findings.violation(finding.allowed(allowed));
        } else if places.most.is_none_or(|most| is_wrong(places, after(most))) {
            let needs = format!("the number of custom images in `{}` (`Used`)", clean(destination.name));
            findings.unverified(destination.parameter(), needs);
        } else if let Some(needs) = facts.unknown(&Parameter::IMAGE_IDS) {
            // There may be more images than those that are known.
            findings.unverified(destination.parameter(), needs);
        }
    }
}

pub(super) static IMAGE_NAME: PolicyRule = PolicyRule {
    id: "policy/image-name",
    code: "Policy.ImageName",
    parameter: "ImageName",
    key: "image-name.pattern",
    requirement: "the name of the copies matches the policy's pattern",
    explanation: "\
The name that the copies get matches this regular expression, the whole of it. It is the request's `ImageName`, else that
of the image that is copied. An image without a name has the empty one. Unverified where the name is not known.

```toml
[image-name]
pattern = \"(web|db)-[0-9]+\"
```",
};

pub(super) fn image_name(pattern: Pattern) -> Arc<dyn Check> {
    check(
        &IMAGE_NAME,
        |_| false,
        move |facts, findings| {
            if let Some(needs) = facts.unknown(&Parameter::IMAGE_NAME) {
                findings.unverified(Parameter::IMAGE_NAME, needs);
                return;
            }
            // An empty name is none: the copies keep that of their source.
            if let Some(name) = facts.request().image_name.as_deref().filter(|name| !name.is_empty()) {
                if !pattern.is_match(name) {
                    let message = format!("`{}` does not match the policy's pattern", clean(name));
                    let finding = Finding::new(Parameter::IMAGE_NAME, message).value(name);
                    findings.violation(finding.allowed(legible(pattern.text())));
                }
                return;
            }
            let is_right = |image: &Image| Some(pattern.is_match(image.image_name.as_deref()?));
            for image in facts.images() {
                report(findings, &image, image.judge("ImageName", is_right), |record, id| {
                    let message = match record.image_name.as_deref().filter(|name| !name.is_empty()) {
                        Some(name) => {
                            let name = clean(name);
                            format!(
                                "the name of `{id}` is `{name}`, which does not match the policy's pattern"
                            )
                        }
                        None => format!("`{id}` has no name, and the policy asks for one"),
                    };
                    Finding::new(image.parameter(), message).allowed(legible(pattern.text()))
                });
            }
            if let Some(needs) = facts.unknown(&Parameter::IMAGE_IDS) {
                findings.unverified(Parameter::IMAGE_IDS, needs);
            }
        },
    )
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
