//! Sets of rules: what an edition documents, with an embedder's changes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::model::{Edition, PartialRequest, State, SyncRequest};
use crate::report::Report;
use crate::rule::facts::Facts;
use crate::rule::{Author, Check, Findings, Rule, Stage};
use crate::rules::{self, common, destination_regions, image_ids};
use crate::text::{clean, nearest};

/// What an image id looks like, as documented: `img-` and at least eight digits or lower-case letters.
///
/// This is the definition. [`is_documented_image_id`] is the same as a loop, several times as fast, and a property test
/// holds the two equal.
const DOCUMENTED_IMAGE_ID: &str = "img-[0-9a-z]{8,}";

/// Whether a text matches [`DOCUMENTED_IMAGE_ID`], the whole of it.
fn is_documented_image_id(id: &str) -> bool {
    // Every byte is looked at, without a branch for each.
    let are_digits_or_letters = |bytes: &[u8]| {
        bytes.iter().fold(true, |so_far, byte| so_far & (byte.is_ascii_digit() | byte.is_ascii_lowercase()))
    };
    match id.as_bytes() {
        [b'i', b'm', b'g', b'-', rest @ ..] => rest.len() >= 8 && are_digits_or_letters(rest),
        _ => false,
    }
}

/// A regular expression that an embedder gives: the whole of a text must match.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    text: String,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self, regex::Error> {
        let bounded = |text: &str| RegexBuilder::new(text).size_limit(1 << 20).build();
        // Alone first: a pattern such as `a)(b` would be well-formed only inside the group.
        bounded(text)?;
        let regex = bounded(&format!(r"\A(?:{text})\z"))?;
        Ok(Self { regex, text: text.to_owned() })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    #[cfg(feature = "policy")]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The rules of one edition, with an embedder's changes. Made once, used for any number of checks, in any thread.
///
/// ```
/// use presync::{Edition, Ruleset, State, SyncRequest};
///
/// let rules = Ruleset::documented(Edition::SEED).without("destination-unique")?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
/// assert!(!report.accepted());
/// # Ok::<(), presync::RulesetError>(())
/// ```
#[derive(Clone)]
pub struct Ruleset {
    edition: Edition,
    rules: Vec<&'static Rule>,
    /// Of the rules those that are looked at even where everything is ordinary, which is nearly always.
    always: Vec<&'static Rule>,
    checks: Vec<Arc<dyn Check>>,
    /// The ids of the rules and checks that are turned down to a warning.
    warnings: BTreeSet<String>,
    image_id: Option<Pattern>,
    owners: Owners,
}

/// Which of the rules that own what others would also find are in the set: a rule that is not in it owns nothing. Nor
/// does one that is turned down to a warning, so that no warning takes the place of a violation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owners {
    pub(crate) source_region_supported: bool,
    pub(crate) image_id_format: bool,
    #[cfg(feature = "policy")]
    pub(crate) destination_exists: bool,
    pub(crate) destination_unique: bool,
}

impl Owners {
    fn of(rules: &[&'static Rule], warnings: &BTreeSet<String>) -> Self {
        let owns =
            |rule: &Rule| rules.iter().any(|in_set| in_set.id == rule.id) && !warnings.contains(rule.id);
        Self {
            source_region_supported: owns(&common::SOURCE_REGION_SUPPORTED),
            image_id_format: owns(&image_ids::IMAGE_ID_FORMAT),
            #[cfg(feature = "policy")]
            destination_exists: owns(&destination_regions::DESTINATION_EXISTS),
            destination_unique: owns(&destination_regions::DESTINATION_UNIQUE),
        }
    }
}

impl Default for Ruleset {
    /// The 2017-03 page.
    fn default() -> Self {
        Self::documented(Edition::SEED)
    }
}

impl fmt::Debug for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ruleset")
            .field("edition", &self.edition)
            .field("ids", &self.ids().collect::<Vec<_>>())
            .field("warnings", &self.warnings)
            .finish()
    }
}

impl Ruleset {
    /// The rules that the page of `edition` documents.
    ///
    /// ```
    /// use presync::{Edition, Ruleset};
    ///
    /// assert_eq!(Ruleset::documented(Edition::SEED).edition(), Edition::SEED);
    /// ```
    #[must_use]
    pub fn documented(edition: Edition) -> Self {
        let is_checked =
            |rule: &&'static Rule| !matches!(rule.stage, Stage::Decode) && rule.in_force(edition);
        let rules: Vec<_> = rules::all().filter(is_checked).collect();
        let warnings = BTreeSet::new();
        let owners = Owners::of(&rules, &warnings);
        let always = rules.iter().filter(|rule| matches!(rule.stage, Stage::Check(_))).copied().collect();
        Self { edition, rules, always, checks: Vec::new(), warnings, image_id: None, owners }
    }

    /// The same with a check of the embedder's own, which runs after all others.
    ///
    /// # Errors
    ///
    /// The check's id has no namespace, or is in the set already.
    ///
    /// ```
    /// use presync::{Ruleset, RulesetError, check_fn};
    ///
    /// let nothing = check_fn("nothing", "Acme.Nothing".parse()?, |_, _| ());
    /// assert!(matches!(Ruleset::default().with(nothing), Err(RulesetError::NoNamespace { .. })));
    /// # Ok::<(), presync::ParseErrorCodeError>(())
    /// ```
    pub fn with(mut self, check: impl Check + 'static) -> Result<Self, RulesetError> {
        let id = check.id();
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        };
        if !id.contains('/') || !id.split('/').all(is_part) {
            return Err(RulesetError::NoNamespace { id: clean(id) });
        }
        if self.checks.iter().any(|in_set| in_set.id() == id) {
            return Err(RulesetError::Duplicate { id: clean(id) });
        }
        self.push(Arc::new(check));
        Ok(self)
    }

    /// Adds a check whose id is a right one.
    pub(crate) fn push(&mut self, check: Arc<dyn Check>) {
        self.checks.push(check);
    }

    /// The same without one rule or check.
    ///
    /// What the rule owned, others may then find: without `image-id-format`, an id of any form is looked up.
    ///
    /// # Errors
    ///
    /// There is no such rule in the set, or it is one that [`wire::decode`](crate::wire::decode) enforces.
    ///
    /// ```
    /// use presync::Ruleset;
    ///
    /// let error = Ruleset::default().without("image-sise").unwrap_err();
    /// assert_eq!(error.to_string(), "no rule `image-sise` in this set, did you mean `image-size`?");
    /// ```
    pub fn without(mut self, id: &str) -> Result<Self, RulesetError> {
        if self.remove(id) { Ok(self) } else { Err(self.not_there(id)) }
    }

    /// Leaves a rule or a check out, if it is in the set.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let count = self.rules.len() + self.checks.len();
        self.rules.retain(|rule| rule.id != id);
        self.always.retain(|rule| rule.id != id);
        self.checks.retain(|check| check.id() != id);
        self.warnings.remove(id);
        self.owners = Owners::of(&self.rules, &self.warnings);
        self.rules.len() + self.checks.len() < count
    }

    /// The same with one rule or check turned down to a warning: what it finds is among the report's
    /// [`warnings`](Report::warnings), and the call is not refused for it.
    ///
    /// What the rule owned, others may then find, as if it was not in the set: the violations are those of the set
    /// [without](Self::without) it.
    ///
    /// # Errors
    ///
    /// There is no such rule in the set, or it is one that [`wire::decode`](crate::wire::decode) enforces.
    ///
    /// ```
    /// use presync::{Image, Region, Ruleset, State, SyncRequest};
    ///
    /// let rules = Ruleset::default().with_warning("destination-unique")?;
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]), &state);
    /// assert!(report.accepted());
    /// assert_eq!(report.warnings()[0].rule(), "destination-unique");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_warning(mut self, id: &str) -> Result<Self, RulesetError> {
        if self.turn_down(id) { Ok(self) } else { Err(self.not_there(id)) }
    }

    /// Turns a rule or a check down to a warning, if it is in the set.
    pub(crate) fn turn_down(&mut self, id: &str) -> bool {
        let is_in_set = self.ids().any(|in_set| in_set == id);
        if is_in_set {
            self.warnings.insert(id.to_owned());
            self.owners = Owners::of(&self.rules, &self.warnings);
        }
        is_in_set
    }

    /// Why a rule or a check that is asked for is not in the set.
    fn not_there(&self, id: &str) -> RulesetError {
        match rules::find(id) {
            Some(rule) if matches!(rule.stage, Stage::Decode) => RulesetError::Decoding { id: clean(id) },
            _ => RulesetError::Unknown { id: clean(id), nearest: nearest(id, self.ids()).map(clean) },
        }
    }

    /// The same with another form of image ids: a regular expression that must match the whole id.
    ///
    /// # Errors
    ///
    /// It is no regular expression, or one that needs more than 1 MiB of memory.
    ///
    /// ```
    /// use presync::Ruleset;
    ///
    /// let rules = Ruleset::default().with_image_id_pattern("(img|pimg)-[0-9a-z]{8}")?;
    /// # Ok::<(), presync::RulesetError>(())
    /// ```
    pub fn with_image_id_pattern(mut self, pattern: &str) -> Result<Self, RulesetError> {
        let parsed = Pattern::new(pattern);
        self.image_id = Some(parsed.map_err(|error| RulesetError::Pattern { message: error.to_string() })?);
        Ok(self)
    }

    #[cfg(feature = "policy")]
    pub(crate) fn set_image_id_pattern(&mut self, pattern: Pattern) {
        self.image_id = Some(pattern);
    }

    /// The edition whose rules these are.
    ///
    /// ```
    /// assert_eq!(presync::Ruleset::default().edition(), presync::Edition::SEED);
    /// ```
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// The documented rules in the set, in order.
    ///
    /// ```
    /// assert_eq!(presync::Ruleset::default().rules().first().unwrap().id, "version-required");
    /// ```
    #[must_use]
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// The id of every rule and check in the set, in order.
    ///
    /// ```
    /// assert!(presync::Ruleset::default().ids().any(|id| id == "image-quota"));
    /// ```
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.id).chain(self.checks.iter().map(|check| check.id()))
    }

    /// Whether a rule or a check of the set is turned down to a warning.
    ///
    /// ```
    /// use presync::Ruleset;
    ///
    /// assert!(!Ruleset::default().is_warning("image-size"));
    /// assert!(Ruleset::default().with_warning("image-size")?.is_warning("image-size"));
    /// # Ok::<(), presync::RulesetError>(())
    /// ```
    #[must_use]
    pub fn is_warning(&self, id: &str) -> bool {
        self.warnings.contains(id)
    }

    /// The form of image ids: a regular expression that must match the whole id.
    ///
    /// ```
    /// assert_eq!(presync::Ruleset::default().image_id_pattern(), "img-[0-9a-z]{8,}");
    /// ```
    #[must_use]
    pub fn image_id_pattern(&self) -> &str {
        self.image_id.as_ref().map_or(DOCUMENTED_IMAGE_ID, |pattern| &pattern.text)
    }

    /// Whether a text has the form of an image id.
    ///
    /// ```
    /// assert!(presync::Ruleset::default().is_image_id("img-o3ycss2p"));
    /// assert!(!presync::Ruleset::default().is_image_id("img-o3ycss2P"));
    /// ```
    #[must_use]
    pub fn is_image_id(&self, id: &str) -> bool {
        match &self.image_id {
            None => is_documented_image_id(id),
            Some(pattern) => pattern.is_match(id),
        }
    }

    pub(crate) fn owners(&self) -> Owners {
        self.owners
    }

    /// Checks one request: every violation, and what could not be verified.
    ///
    /// ```
    /// use presync::{Image, Region, Ruleset, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// assert!(Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state).accepted());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn check(&self, request: &SyncRequest, state: &State) -> Report {
        let facts = Facts::new(self, request, state);
        let mut report = Report::of(self.edition, Vec::new());
        for rule in if facts.is_ordinary() { &self.always } else { &self.rules } {
            let check = match rule.stage {
                Stage::Check(check) => check,
                Stage::CheckUnless(ordinary, check) if !facts.are(ordinary) => check,
                Stage::CheckUnless(..) | Stage::Decode => continue,
            };
            check(&facts, &mut Findings::of(Author::Rule(rule), &mut report));
        }
        for check in &self.checks {
            check.check(&facts, &mut Findings::of(Author::Check(&**check), &mut report));
        }
        if !self.warnings.is_empty() {
            report.turn_down(&self.warnings);
        }
        report
    }

    /// Checks a request of which not everything is known: what is wrong whatever the rest is, and what depends on it.
    ///
    /// Whatever the values turn out to be that are not known, what is a violation here is one then, what is a violation
    /// then is one here or is unverified here, and so is what is unverified then.
    ///
    /// ```
    /// use presync::partial::PartialRequest;
    /// use presync::{Parameter, Region, Ruleset, State, SyncRequest};
    ///
    /// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?;
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai", ""]));
    /// let request = request.unknown(Parameter::DESTINATION_REGIONS.element(1), "the second region");
    /// let report = Ruleset::default().check_partial(&request, &state);
    /// assert_eq!(report.violations()[0].rule(), "image-exists");
    /// assert!(report.unverified().iter().any(|open| open.rule() == "image-quota"));
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn check_partial(&self, partial: &PartialRequest, state: &State) -> Report {
        if partial.is_whole() {
            return self.check(partial.request(), state);
        }
        let facts = Facts::of_partial(self, partial, state);
        let mut report = Report::of(self.edition, Vec::new());
        for rule in &self.rules {
            let (Stage::Check(check) | Stage::CheckUnless(_, check)) = rule.stage else { continue };
            let mut found = Report::of(self.edition, Vec::new());
            check(&facts, &mut Findings::of(Author::Rule(rule), &mut found));
            partial.settle_rule(rule, &facts, found, &mut report);
        }
        for check in &self.checks {
            let mut found = Report::of(self.edition, Vec::new());
            check.check(&facts, &mut Findings::of(Author::Check(&**check), &mut found));
            partial.settle_check(&**check, found, &mut report);
        }
        report.turn_down(&self.warnings);
        report
    }
}

/// Why a rule set cannot be made.
///
/// ```
/// use presync::{Ruleset, RulesetError};
///
/// assert!(matches!(Ruleset::default().without("x"), Err(RulesetError::Unknown { .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesetError {
    /// There is no such rule in the set.
    #[error("no rule `{id}` in this set{}", nearest.as_ref().map_or_else(String::new, |id| format!(", did you mean `{id}`?")))]
    Unknown {
        /// What was asked for.
        id: String,
        /// The rule that was probably meant.
        nearest: Option<String>,
    },
    /// The rule is enforced while a request is decoded, so that no set has it.
    #[error("rule `{id}` is enforced while a request is decoded and cannot be left out or turned down")]
    Decoding {
        /// Which rule.
        id: String,
    },
    /// A check of this id is in the set already.
    #[error("check `{id}` is in this set already")]
    Duplicate {
        /// Which check.
        id: String,
    },
    /// The id of an embedder's check has no namespace.
    #[error(
        "`{id}` is not the id of a check: one has a namespace and lower-case words, such as `acme/few-regions`"
    )]
    NoNamespace {
        /// The id.
        id: String,
    },
    /// The pattern of image ids is no regular expression, or too large a one.
    #[error("not a pattern for image ids: {message}")]
    Pattern {
        /// What is wrong with it.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

        /// The loop is the pattern, on texts that nearly have the form and on any others.
        #[test]
        fn the_loop_matches_what_the_pattern_matches(
            id in prop_oneof!["[iI]?mg?-?[0-9a-zA-Z\u{e9}\n ]{0,12}", "img-[0-9a-z]{6,10}[^a-z]?", ".*"]
        ) {
            let pattern = Pattern::new(DOCUMENTED_IMAGE_ID).unwrap();
            prop_assert_eq!(is_documented_image_id(&id), pattern.is_match(&id));
        }
    }

    #[test]
    fn both_answers_are_met() {
        let pattern = Pattern::new(DOCUMENTED_IMAGE_ID).unwrap();
        for (id, is_one) in [
            ("img-o3ycss2p", true),
            ("img-34vaef8fe", true),
            ("img-o3ycss2", false),
            ("img-o3ycss2p\n", false),
            ("\nimg-o3ycss2p", false),
            ("img-o3ycss2\u{663}", false),
            ("", false),
        ] {
            assert_eq!((is_documented_image_id(id), pattern.is_match(id)), (is_one, is_one), "{id:?}");
        }
    }
}
