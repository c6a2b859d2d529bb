//! The rules that a policy can have: each a literal above the function that makes its check.

use std::sync::Arc;

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet};

use crate::model::{Dated, Edition, ErrorCode, Parameter, Truth};
use crate::report::fact::MOST;
use crate::report::{Fact, Finding, Said, Words};
use crate::rule::{Check, Destination, Evidence, Facts, Findings, Quota, Rule, Run, Takes, Unknown};
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
        code: Dated::always((ErrorCode::own("Policy.ImageSize").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Size, Fact::Limit],
        words: |said| {
            let (size, limit) = (said.count(Fact::Size), said.count(Fact::Limit));
            Words::new(format!("`{}` has {size} GiB, and the policy's limit is {limit}", said.value))
                .allowed(allowed_size(limit))
        },
    };
}

pub(super) fn image_size(below: u64) -> Arc<dyn Check> {
    check(&IMAGE_SIZE, Parameter::is_image, move |facts, findings| {
        for image in facts.images() {
            let is_below = image.judge("ImageSize", |image| image.image_size.as_ref(), |size| *size < below);
            findings.require(image.parameter(), is_below, |parameter| {
                let size = image.first_record().and_then(|record| record.image_size).unwrap_or_default();
                let finding = Finding::on(parameter).value(image.id).fact(Fact::Size, size);
                IMAGE_SIZE.worded(finding.fact(Fact::Limit, below))
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
        code: Dated::always((ErrorCode::own("Policy.DestinationCount").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Count, Fact::Limit],
        words: |said| {
            let (count, limit) = (said.count(Fact::Count), said.count(Fact::Limit));
            Words::new(format!("{count} destinations are named, and the policy's limit is {limit}"))
                .allowed(allowed_count(limit))
        },
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
            let finding = Finding::on(Parameter::DESTINATION_REGIONS).fact(Fact::Count, at_least);
            findings.violation(DESTINATION_COUNT.worded(finding.fact(Fact::Limit, most)));
        } else if at_most > most {
            if let Some(needs) = facts.unknown_in(&Parameter::DESTINATION_REGIONS) {
                findings.unverified(Parameter::DESTINATION_REGIONS, needs);
            }
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

/// The most globs that are also kept one by one, where those are looked for which match no name:
/// it needs no memory then.
const FEW_GLOBS: usize = 16;

fn glob(text: &str) -> Result<Glob, globset::Error> {
    // The same on every system: there `\` would be a part of names.
    GlobBuilder::new(text).backslash_escape(true).build()
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
            set.add(glob(text).map_err(|error| NotGlobs::One(element, error))?);
        }
        let set = set.build().map_err(|_| NotGlobs::All)?;
        Ok(Self { texts: texts.to_vec(), set })
    }

    /// Returns each of a few globs alone; none where they are many.
    fn each(&self) -> Vec<GlobMatcher> {
        let few = if self.texts.len() <= FEW_GLOBS { &*self.texts } else { &[] };
        few.iter().filter_map(|text| glob(text).ok()).map(|glob| glob.compile_matcher()).collect()
    }

    fn is_match(&self, name: &str) -> bool {
        self.set.is_match(name)
    }

    /// Returns the first glob that matches.
    fn first_match(&self, name: &str) -> Option<&String> {
        self.texts.get(self.set.matches(name).into_iter().min()?)
    }

    /// Calls a function with the globs that match none of these names. `each` are the globs one
    /// by one, if they are few.
    fn without_match<'n, N: Iterator<Item = &'n str>>(
        &self,
        each: &[GlobMatcher],
        names: impl Fn() -> N,
        unmatched: impl FnMut(&String),
    ) {
        let is_matched: Vec<bool> = if each.is_empty() {
            let (mut is_matched, mut matches) = (vec![false; self.texts.len()], Vec::new());
            for name in names() {
                self.set.matches_into(name, &mut matches);
                for index in &matches {
                    if let Some(is_matched) = is_matched.get_mut(*index) {
                        *is_matched = true;
                    }
                }
            }
            is_matched
        } else {
            Vec::new()
        };
        let is_unmatched = |index: usize| match each.get(index) {
            Some(glob) => !names().any(|name| glob.is_match(name)),
            None => is_matched.get(index) == Some(&false),
        };
        let texts = self.texts.iter().enumerate();
        texts.filter(|(index, _)| is_unmatched(*index)).map(|(_, text)| text).for_each(unmatched);
    }
}

/// Writes globs into a violation, each cut where it is long, and the number of others.
fn named(globs: &[impl AsRef<str>], others: u64, last: &str) -> String {
    let others = (others > 0).then(|| counted(others, "other", "others"));
    joined(globs.iter().map(|glob| clean(glob.as_ref())).chain(others), last)
}

/// Writes the first few globs of a list, and the number of others.
fn named_first(globs: &[impl AsRef<str>], last: &str) -> String {
    let (shown, rest) = globs.split_at_checked(MOST).unwrap_or((globs, &[]));
    named(shown, number(rest.len()), last)
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
        code: Dated::always((ErrorCode::own("Policy.DestinationAllowed").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Globs, Fact::OtherGlobs],
        words: |said| {
            Words::new(format!("`{}` is not among the policy's destinations", said.value))
                .allowed(named(said.facts.texts(Fact::Globs), said.count(Fact::OtherGlobs), " or "))
        },
    };
}

/// `denied` are the globs of another check, which speaks alone of what they match.
pub(super) fn destination_allowed(globs: Globs, denied: Arc<Globs>) -> Arc<dyn Check> {
    let (shown, rest) = globs.texts.split_at_checked(MOST).unwrap_or((&globs.texts, &[]));
    let (shown, others) = (shown.to_vec(), number(rest.len()));
    check(&DESTINATION_ALLOWED, Parameter::is_destination, move |facts, findings| {
        for destination in facts.judged_destinations() {
            if globs.is_match(destination.name) || denied.is_match(destination.name) {
                continue;
            }
            let finding = Finding::on(destination.parameter()).value(destination.name);
            let finding = finding.fact(Fact::Globs, shown.clone()).fact(Fact::OtherGlobs, others);
            findings.violation(DESTINATION_ALLOWED.worded(finding));
        }
    })
}

pub(super) fn allowed_names(globs: &[impl AsRef<str>]) -> String {
    named_first(globs, " or ")
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
        requirement: Dated::always("every destination is one that the policy does not deny"),
        limit: None,
        citation: "destinations.denied",
        code: Dated::always((ErrorCode::own("Policy.DestinationDenied").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Globs],
        words: |said| {
            Words::new(format!("the policy denies `{}`", said.value))
                .allowed(allowed_others(said.facts.texts(Fact::Globs)))
        },
    };
}

pub(super) fn destination_denied(globs: Arc<Globs>) -> Arc<dyn Check> {
    check(&DESTINATION_DENIED, Parameter::is_destination, move |facts, findings| {
        for destination in facts.judged_destinations() {
            let Some(glob) = globs.first_match(destination.name) else { continue };
            let finding = Finding::on(destination.parameter()).value(destination.name);
            let finding = finding.fact(Fact::Globs, vec![glob.clone()]);
            findings.violation(DESTINATION_DENIED.worded(finding));
        }
    })
}

pub(super) fn allowed_others(globs: &[impl AsRef<str>]) -> String {
    format!("a region other than {}", named_first(globs, " and "))
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
        code: Dated::always((ErrorCode::own("Policy.DestinationRequired").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Globs],
        words: |said| {
            let globs = said.facts.texts(Fact::Globs);
            let glob = clean(globs.first().map(String::as_str).unwrap_or_default());
            Words::new(format!("no destination is `{glob}`, which the policy requires"))
                .allowed(allowed_with(globs))
        },
    };
}

pub(super) fn destination_required(globs: Globs) -> Arc<dyn Check> {
    let concerns_none = |_: &Parameter| false;
    let each = globs.each();
    check(&DESTINATION_REQUIRED, concerns_none, move |facts, findings| {
        // One that is named may still be left out by the client.
        let are_sent = facts.are_destinations_sent();
        let sent = || facts.each_destination().filter(|_| are_sent).map(|destination| destination.name);
        let needs = facts.needed_for_destinations();
        let mut is_open = false;
        globs.without_match(&each, sent, |glob| {
            is_open = needs.is_some();
            if !is_open {
                let finding =
                    Finding::on(Parameter::DESTINATION_REGIONS).fact(Fact::Globs, vec![glob.clone()]);
                findings.violation(DESTINATION_REQUIRED.worded(finding));
            }
        });
        // One question, however many are required: what is not known would settle all of them.
        if let Some(needs) = needs.filter(|_| is_open) {
            findings.unverified(Parameter::DESTINATION_REGIONS, needs);
        }
    })
}

pub(super) fn allowed_with(globs: &[impl AsRef<str>]) -> String {
    format!("destinations with {}", named_first(globs, " and "))
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
        code: Dated::always((ErrorCode::own("Policy.ImageQuota").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: Some(Takes::Quota),
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Used, Fact::MoreUsed, Fact::InFlight, Fact::Added, Fact::Limit, Fact::Requests],
        words: |said| {
            let images = counted(after_of(said), "custom image", "custom images");
            let (name, limit) = (said.value, said.count(Fact::Limit));
            let least = if said.is(Fact::MoreUsed) { "at least " } else { "" };
            Words::new(format!("`{name}` would have {least}{images}, and the policy's quota is {limit}"))
                .allowed(allowed_images(limit))
        },
    };
}

pub(super) fn image_quota(limit: u64) -> Arc<dyn Check> {
    check(&IMAGE_QUOTA, Parameter::is_destination, move |facts, findings| {
        let judge = |destination: &Destination<'_, '_>| {
            destination.judge_used_after(|after| after <= u128::from(limit)).into_owned()
        };
        judge_quota(facts, findings, judge, |finding, _| {
            IMAGE_QUOTA.worded(finding.fact(Fact::Limit, limit))
        });
    })
}

pub(super) fn allowed_images(limit: u64) -> String {
    counted(limit, "image", "images")
}

/// Returns the custom images after the request, from the facts of a violation.
fn after_of(said: &Said<'_>) -> u128 {
    [Fact::Used, Fact::InFlight, Fact::Added].into_iter().map(|fact| u128::from(said.count(fact))).sum()
}

/// Judges the quota of each destination. `worded` is given a finding with the images that there are
/// and that the request adds, and the quota.
fn judge_quota(
    facts: &Facts<'_>,
    findings: &mut Findings<'_>,
    judge: impl Fn(&Destination<'_, '_>) -> Truth<'static>,
    worded: impl Fn(Finding, Quota) -> Finding,
) {
    for destination in facts.each_destination() {
        let is_within = judge(&destination);
        findings.require(destination.parameter(), is_within, |parameter| {
            let quota = destination.quota().unwrap_or_default();
            let finding = quota.add_to(Finding::on(parameter).value(destination.name));
            let finding = finding.fact(Fact::Added, facts.copies_at_least());
            worded(finding, quota)
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
        code: Dated::always((ErrorCode::own("Policy.FreeQuota").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: Some(Takes::Quota),
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::Used, Fact::MoreUsed, Fact::InFlight, Fact::Added, Fact::Limit, Fact::Quota, Fact::Requests],
        words: |said| {
            let free = u128::from(said.count(Fact::Quota)).saturating_sub(after_of(said));
            let (name, free, least) = (said.value, counted(free, "image", "images"), said.count(Fact::Limit));
            let most = if said.is(Fact::MoreUsed) { "at most " } else { "" };
            Words::new(format!(
                "`{name}` would have a free quota of {most}{free}, and the policy asks for {least}"
            ))
            .allowed(allowed_free(least))
        },
    };
}

pub(super) fn free_quota(least: u64) -> Arc<dyn Check> {
    check(&FREE_QUOTA, Parameter::is_destination, move |facts, findings| {
        let judge = |destination: &Destination<'_, '_>| {
            destination.judge_quota_after(|after, limit| after + u128::from(least) <= limit).into_owned()
        };
        judge_quota(facts, findings, judge, |finding, quota| {
            let finding = finding.fact(Fact::Quota, quota.limit.unwrap_or_default());
            FREE_QUOTA.worded(finding.fact(Fact::Limit, least))
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
        code: Dated::always((ErrorCode::own("Policy.ImageName").unwrap(), Evidence::Policy)),
        first_seen: Edition::FIRST,
        withdrawn: None,
        unknown: Unknown::Never,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Policy,
        facts: &[Fact::ImageName, Fact::Pattern],
        words: image_name_words,
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
                let finding = Finding::on(Parameter::IMAGE_NAME).value(name);
                let finding = finding.fact(Fact::Pattern, pattern.text());
                findings.violation(IMAGE_NAME.worded(finding));
            }
            return;
        }
        for image in facts.images() {
            let is_right =
                image.judge("ImageName", |image| image.image_name.as_deref(), |name| pattern.is_match(name));
            findings.require(image.parameter(), is_right, |parameter| {
                let name = image.first_record().and_then(|record| record.image_name.as_deref());
                let finding = Finding::on(parameter).value(image.id).fact(Fact::Pattern, pattern.text());
                let finding = finding.fact(Fact::ImageName, name.unwrap_or_default());
                IMAGE_NAME.worded(finding)
            });
        }
        for (parameter, needs) in facts.unknowns_in(&Parameter::IMAGE_IDS) {
            findings.unverified(parameter.clone(), needs);
        }
    })
}

fn image_name_words(said: &Said<'_>) -> Words {
    let value = said.value;
    let message = match said.facts.text(Fact::ImageName) {
        None => format!("`{value}` does not match the policy's pattern"),
        Some("") => format!("`{value}` has no name, and the policy asks for one"),
        Some(name) => {
            let name = clean(name);
            format!("the name of `{value}` is `{name}`, which does not match the policy's pattern")
        }
    };
    Words::new(message).allowed(legible(said.facts.text(Fact::Pattern).unwrap_or_default()))
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
