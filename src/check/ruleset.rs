//! Sets of rules: what an edition documents, with an embedder's changes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::partial::settle;
use crate::model::{Edition, PartialRequest, State, SyncRequest};
use crate::report::{Report, Terms};
use crate::rule::{By, Causes, Check, Context, Facts, Findings, IdForm, Rule, Run, Stage, Takes};
use crate::rules;
use crate::text::{Pattern, clean, did_you_mean, nearest};

/// The rules of one edition, with an embedder's changes. It is made once and used for any number of
/// checks, in any thread.
///
/// ```
/// use presync::{Edition, Ruleset, State, SyncRequest};
///
/// let rules = Ruleset::documented(Edition::FIRST).without("destination-unique")?;
/// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &State::default());
/// assert!(!report.accepted());
/// # Ok::<(), presync::RulesetError>(())
/// ```
#[derive(Clone)]
pub struct Ruleset {
    edition: Edition,
    rules: Vec<&'static Rule>,
    /// The rules that a plain request can break.
    for_plain: Vec<&'static Rule>,
    checks: Vec<Arc<dyn Check>>,
    /// The ids of the rules and checks that are turned down to a warning.
    warnings: BTreeSet<String>,
    is_strict: bool,
    id_form: IdForm,
    /// The causes that one rule of the set speaks of alone.
    causes: Causes,
    /// The documented quota of custom images in a region, a count.
    image_num_quota: u64,
}

impl Default for Ruleset {
    /// Returns the rules of the 2017-03 page.
    fn default() -> Self {
        Self::documented(Edition::FIRST)
    }
}

impl fmt::Debug for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ruleset")
            .field("edition", &self.edition)
            .field("ids", &self.ids().collect::<Vec<_>>())
            .field("warnings", &self.warnings)
            .field("is_strict", &self.is_strict)
            .finish()
    }
}

impl Ruleset {
    /// Returns the rules that the page of `edition` documents.
    #[must_use]
    pub fn documented(edition: Edition) -> Self {
        let rules = rules::all().filter(|rule| rule.stage() == Stage::Check && rule.in_force(edition));
        Self::of(edition, rules.collect())
    }

    /// Returns a set without any rule, for [checks of one's own](Self::with_check) alone. The facts
    /// that they see are those of `edition`, such as the documented quota.
    ///
    /// ```
    /// use presync::{Edition, ErrorCode, Ruleset, State, SyncRequest, check_fn};
    ///
    /// const NEVER: ErrorCode = ErrorCode::own("Acme.Never").unwrap();
    /// let rules = Ruleset::empty(Edition::LATEST).with_check(check_fn("acme/never", NEVER, |_, _| ()))?;
    /// assert_eq!(rules.ids().collect::<Vec<_>>(), ["acme/never"]);
    /// assert!(rules.check(&SyncRequest::default(), &State::default()).accepted());
    /// # Ok::<(), presync::RulesetError>(())
    /// ```
    #[must_use]
    pub fn empty(edition: Edition) -> Self {
        Self::of(edition, Vec::new())
    }

    fn of(edition: Edition, rules: Vec<&'static Rule>) -> Self {
        let mut set = Self {
            edition,
            rules,
            for_plain: Vec::new(),
            checks: Vec::new(),
            warnings: BTreeSet::new(),
            is_strict: false,
            id_form: IdForm::default(),
            causes: Causes::default(),
            image_num_quota: rules::IMAGE_NUM_QUOTA.at(edition),
        };
        set.derive();
        set
    }

    /// Adds a check of the embedder's own, which runs after all others.
    ///
    /// # Errors
    ///
    /// Errors when the check's id is already in the set, or does not have the form of one: two or
    /// more parts with a `/` between them, each of small letters, digits, `-` and `_`.
    ///
    /// ```
    /// use presync::{Ruleset, RulesetError, check_fn};
    ///
    /// let silent = check_fn("silent", "Acme.Silent".parse()?, |_, _| ());
    /// assert!(matches!(Ruleset::default().with_check(silent), Err(RulesetError::NoNamespace { .. })));
    /// # Ok::<(), presync::ErrorCodeError>(())
    /// ```
    pub fn with_check(mut self, check: impl Check + 'static) -> Result<Self, RulesetError> {
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
        self.checks.push(Arc::new(check));
        Ok(self)
    }

    /// Leaves out one rule or check.
    ///
    /// Others may then report what the rule suppressed: without `image-id-format`, an id of any
    /// form is looked up.
    ///
    /// # Errors
    ///
    /// Errors when there is no such rule in the set, or when it is one that
    /// [`wire::decode`](crate::wire::decode) enforces.
    ///
    /// ```
    /// use presync::Ruleset;
    ///
    /// let error = Ruleset::default().without("image-sise").unwrap_err();
    /// assert_eq!(error.to_string(), "no rule `image-sise` in this set, did you mean `image-size`?");
    /// ```
    pub fn without(mut self, id: &str) -> Result<Self, RulesetError> {
        if !self.contains(id) {
            return Err(self.not_there(id));
        }
        self.rules.retain(|rule| rule.id() != id);
        self.checks.retain(|check| check.id() != id);
        self.warnings.remove(id);
        self.derive();
        Ok(self)
    }

    /// Turns one rule or check down to a warning: its findings are among the report's
    /// [`warnings`](Report::warnings), and the request is not refused for them.
    ///
    /// The violations are those of the set [without](Self::without) it: others may then report what
    /// the rule suppressed.
    ///
    /// # Errors
    ///
    /// Errors when there is no such rule in the set, or when it is one that
    /// [`wire::decode`](crate::wire::decode) enforces.
    ///
    /// ```
    /// use presync::{Image, Region, Ruleset, State, SyncRequest};
    ///
    /// let rules = Ruleset::default().with_warning("destination-unique")?;
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)])?;
    /// let report = rules.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-shanghai"]), &state);
    /// assert!(report.accepted());
    /// assert_eq!(report.warnings()[0].rule(), "destination-unique");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_warning(mut self, id: &str) -> Result<Self, RulesetError> {
        if !self.contains(id) {
            return Err(self.not_there(id));
        }
        self.warnings.insert(id.to_owned());
        self.derive();
        Ok(self)
    }

    /// Refuses what could not be verified, unless it is at most a warning.
    ///
    /// ```
    /// use presync::{Image, Region, Ruleset, State, SyncRequest};
    ///
    /// // The size of the image is not said.
    /// let image = Image::new("ap-guangzhou", "img-o3ycss2p");
    /// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image])?;
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// assert!(Ruleset::default().check(&request, &state).accepted());
    /// assert!(!Ruleset::default().strict().check(&request, &state).accepted());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// Sets another form of image ids: a regular expression that must match the whole id.
    ///
    /// # Errors
    ///
    /// Errors when it is no regular expression, an empty one, one of more than 4 KiB, or one that
    /// needs more than 1 MiB of memory.
    ///
    /// ```
    /// use presync::Ruleset;
    ///
    /// let rules = Ruleset::default().with_image_id_pattern("(img|pimg)-[0-9a-z]{8}")?;
    /// assert!(rules.is_image_id("pimg-o3ycss2p"));
    /// # Ok::<(), presync::RulesetError>(())
    /// ```
    pub fn with_image_id_pattern(mut self, pattern: &str) -> Result<Self, RulesetError> {
        let pattern = Pattern::new(pattern).map_err(|message| RulesetError::Pattern { message })?;
        self.id_form = IdForm::given(pattern);
        Ok(self)
    }

    /// Returns the edition whose rules these are.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns the documented rules in the set, in order.
    #[must_use]
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// Returns the id of every rule and check in the set, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.id()).chain(self.checks.iter().map(|check| check.id()))
    }

    /// True if the set has a rule or a check of this id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.ids().any(|in_set| in_set == id)
    }

    /// True if a rule or a check of the set is turned down to a warning.
    #[must_use]
    pub fn is_warning(&self, id: &str) -> bool {
        self.warnings.contains(id)
    }

    /// True if what could not be verified is refused.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// Returns the form of image ids: a regular expression that must match the whole id.
    #[must_use]
    pub fn image_id_pattern(&self) -> &str {
        self.id_form.pattern()
    }

    /// True if a text has the form of an image id.
    #[must_use]
    pub fn is_image_id(&self, id: &str) -> bool {
        self.id_form.matches(id)
    }

    /// Derives what follows from the rules of the set.
    fn derive(&mut self) {
        let Self { rules, warnings, .. } = self;
        self.for_plain = rules.iter().filter(|rule| rule.can_plain_break).copied().collect();
        let alone = rules.iter().filter(|rule| !warnings.contains(rule.id()));
        self.causes = alone.filter_map(|rule| rule.suppresses).collect();
    }

    /// Returns why a rule or a check that is asked for is not in the set.
    fn not_there(&self, id: &str) -> RulesetError {
        match rules::find(id) {
            Some(rule) if rule.stage() == Stage::Decode => RulesetError::Decoding { id: clean(id) },
            _ => RulesetError::Unknown { id: clean(id), nearest: nearest(id, self.ids()).map(clean) },
        }
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context {
            edition: self.edition,
            id_form: &self.id_form,
            causes: self.causes,
            image_num_quota: self.image_num_quota,
        }
    }

    /// Returns what an accepted request takes that this rule or check is about.
    pub(super) fn takes(&self, id: &str) -> Option<Takes> {
        let rule = self.rules.iter().find(|rule| rule.id() == id).map(|rule| rule.takes);
        let check = || self.checks.iter().find(|check| check.id() == id).map(|check| check.takes());
        rule.or_else(check)?
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
        let mut facts = Facts::new(self.context(), request, state);
        let facts = facts.find_out();
        let mut report = Report::new(self.edition, Vec::new());
        for rule in if facts.is_plain() { &self.for_plain } else { &self.rules } {
            Self::run(rule, facts, &mut report);
        }
        self.run_checks(facts, &mut report);
        self.finish(&mut report);
        report
    }

    /// Checks a request with something unknown: what is wrong whatever the rest is, and
    /// what depends on it.
    ///
    /// Whatever the values turn out to be that are not known, a violation here is one then, a
    /// violation then is one here or is unverified here, and what is unverified then is unverified
    /// here.
    ///
    /// ```
    /// use presync::{Parameter, PartialRequest, Region, Ruleset, State, SyncRequest};
    ///
    /// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?;
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai", ""]));
    /// let request = request.unknown(Parameter::DESTINATION_REGIONS.element(1), "the second region");
    /// let report = Ruleset::default().check_partial(&request, &state);
    /// assert_eq!(report.violations()[0].rule(), "image-exists");
    /// assert!(report.unverified().iter().any(|unverified| unverified.rule() == "image-quota"));
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn check_partial(&self, partial: &PartialRequest, state: &State) -> Report {
        let Some(partial) = partial.sent() else { return Report::new(self.edition, Vec::new()) };
        let partial = &*partial;
        if partial.is_whole() {
            return self.check(partial.request(), state);
        }
        let mut facts = Facts::of_partial(self.context(), partial, state);
        let facts = facts.find_out();
        let mut report = Report::new(self.edition, Vec::new());
        for rule in &self.rules {
            let mut found = Report::new(self.edition, Vec::new());
            Self::run(rule, facts, &mut found);
            settle(rule.id(), partial, found, &mut report, |parameter| rule.concerns(parameter, facts));
        }
        for check in &self.checks {
            let mut found = Report::new(self.edition, Vec::new());
            self.run_check(&**check, facts, &mut found);
            settle(check.id(), partial, found, &mut report, |parameter| check.concerns(parameter));
        }
        self.finish(&mut report);
        report
    }

    pub(super) fn run(rule: &'static Rule, facts: &Facts<'_>, report: &mut Report) {
        if let Run::Check(check) = rule.run {
            let by = By::Rule { id: rule.id, code: &rule.code, words: rule.words };
            check(facts, &mut Findings::new(by, report));
        }
    }

    /// Runs every check of an embedder's own.
    pub(super) fn run_checks(&self, facts: &Facts<'_>, report: &mut Report) {
        for check in &self.checks {
            self.run_check(&**check, facts, report);
        }
    }

    fn run_check(&self, check: &dyn Check, facts: &Facts<'_>, report: &mut Report) {
        let code = check.code(self.edition);
        check.check(facts, &mut Findings::new(By::Check { id: check.id(), code }, report));
    }

    /// Turns warnings down.
    pub(super) fn finish(&self, report: &mut Report) {
        if !self.warnings.is_empty() {
            report.turn_down(&self.warnings);
        }
        if self.is_strict {
            report.set_strict();
        }
    }
}

impl Terms for Ruleset {
    fn edition(&self) -> Edition {
        self.edition
    }

    fn is_strict(&self) -> bool {
        self.is_strict
    }
}

/// The reason why a rule set cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesetError {
    /// There is no such rule in the set.
    #[error("no rule `{id}` in this set{}", did_you_mean(nearest.as_deref()))]
    Unknown {
        /// The id that was asked for.
        id: String,
        /// The rule that was probably meant.
        nearest: Option<String>,
    },
    /// The rule is enforced while a request is decoded, so that no set has it.
    #[error("rule `{id}` is enforced while a request is decoded and cannot be left out or turned down")]
    Decoding {
        /// The rule.
        id: String,
    },
    /// A check of this id is already in the set.
    #[error("check `{id}` is already in this set")]
    Duplicate {
        /// The check.
        id: String,
    },
    /// The id of an embedder's check has no namespace, or an empty part before or behind a `/`, or
    /// a character other than small letters, digits, `-`, `_` and `/`.
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
        /// The words for what is wrong with it.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AccountQuota, BlockedRoute, Fact, Image, ImageState, ImageType, Region, RegionQuota, RegionState,
        Used,
    };

    const ID: &str = "img-o3ycss2p";
    const OTHER_ID: &str = "img-34vaef8f";
    /// An id that is listed and does not have the form of one.
    const MALFORMED: &str = "IMG-1";
    const SOURCE: &str = "ap-guangzhou";
    const DESTINATION: &str = "ap-shanghai";
    const ELSEWHERE: &str = "ap-beijing";

    /// Makes a state in which the regions, the images and the quota are
    /// ordinary but for what is given.
    fn state(region: Region, images: Vec<Image>, quota: AccountQuota, routes: Vec<BlockedRoute>) -> State {
        let regions = [Region::new(SOURCE), region, Region::new(ELSEWHERE)];
        let others = [OTHER_ID, MALFORMED].map(|id| Image::new(SOURCE, id).with_image_size(20));
        State::from_records(regions, images.into_iter().chain(others), quota, routes).unwrap()
    }

    fn image() -> Image {
        Image::new(SOURCE, ID).with_image_size(20)
    }

    /// Every combination of the fields of the image.
    fn states_by_image() -> Vec<State> {
        fn each<T: Clone>(images: &[Image], slot: fn(&mut Image) -> &mut T, values: &[T]) -> Vec<Image> {
            let set = |mut image: Image, value: &T| {
                slot(&mut image).clone_from(value);
                image
            };
            images
                .iter()
                .flat_map(|image| values.iter().map(move |value| set(image.clone(), value)))
                .collect()
        }
        let types = [ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE, ImageType::PUBLIC_IMAGE].map(Some);
        let states = [ImageState::NORMAL, ImageState::USING].map(Some);
        let images = Image::FACTS.iter().fold(vec![image()], |images, fact| match *fact {
            Fact::Name(slot) => each(&images, slot, &[None, Some("base".to_owned())]),
            Fact::Type(slot) => each(&images, slot, &[&[None][..], &types].concat()),
            Fact::State(slot) => each(&images, slot, &[&[None][..], &states].concat()),
            Fact::Size(slot) => each(&images, slot, &[None, Some(20), Some(50)]),
            Fact::Flag(slot) => each(&images, slot, &[None, Some(false), Some(true)]),
        });
        let of = |image| state(Region::new(DESTINATION), vec![image], AccountQuota::default(), Vec::new());
        images.into_iter().map(of).collect()
    }

    /// Every combination of what the state says of a region and of the routes into it.
    fn states_by_region() -> Vec<State> {
        let mut states = Vec::new();
        let route = |from| vec![BlockedRoute::new(from, DESTINATION)];
        for region_state in [None, Some(RegionState::AVAILABLE), Some(RegionState::UNAVAILABLE)] {
            for image_sync in [None, Some(true), Some(false)] {
                for images_complete in [true, false] {
                    for routes in [Vec::new(), route(SOURCE), route(ELSEWHERE)] {
                        let region = Region::new(DESTINATION)
                            .with_region_state(region_state.clone())
                            .with_image_sync(image_sync)
                            .with_images_complete(images_complete);
                        states.push(state(region, vec![image()], AccountQuota::default(), routes));
                    }
                }
            }
        }
        states
    }

    /// Every combination of used quota, copies in flight and limits.
    fn states_by_quota() -> Vec<State> {
        let mut states = Vec::new();
        for used in [Used::AsListed, Used::Unknown, Used::Count(0), Used::Count(9), Used::Count(u64::MAX)] {
            for in_flight in [0, 1] {
                for limit in [None, Some(0), Some(10)] {
                    for account_limit in [None, Some(1)] {
                        for images_complete in [true, false] {
                            let quota = RegionQuota::new(DESTINATION)
                                .with_used(used)
                                .with_in_flight(in_flight)
                                .with_image_num_quota(limit);
                            let quota = AccountQuota::default()
                                .with_image_num_quota(account_limit)
                                .with_regions([quota]);
                            let region = Region::new(DESTINATION).with_images_complete(images_complete);
                            states.push(state(region, vec![image()], quota, Vec::new()));
                        }
                    }
                }
            }
        }
        states
    }

    /// The image nowhere, in another region, and in two.
    fn states_by_place() -> Vec<State> {
        let places: [&[&str]; 4] = [&[], &[ELSEWHERE], &[SOURCE, ELSEWHERE], &[SOURCE, DESTINATION]];
        let images = |places: &[&str]| {
            places.iter().map(|region| Image::new(*region, ID).with_image_size(20)).collect()
        };
        let region = || Region::new(DESTINATION);
        places.map(|places| state(region(), images(places), AccountQuota::default(), Vec::new())).into()
    }

    fn requests() -> Vec<SyncRequest> {
        let mut requests = Vec::new();
        let images: [&[&str]; 6] = [&[ID], &[], &[ID, OTHER_ID], &[ID, ID], &[MALFORMED], &["img-00000000"]];
        let destinations: [&[&str]; 8] = [
            &[DESTINATION],
            &[DESTINATION, ELSEWHERE],
            &[],
            &[DESTINATION, DESTINATION],
            &[SOURCE],
            &[DESTINATION, SOURCE],
            &["gz"],
            &[DESTINATION, "gz"],
        ];
        for images in images {
            for destinations in destinations {
                for region in [None, Some(SOURCE), Some(DESTINATION), Some("gz")] {
                    let mut request = SyncRequest::default().with_image_ids(images.iter().copied());
                    request = request.with_destination_regions(destinations.iter().copied());
                    request.region = region.map(str::to_owned);
                    request.version = Some("2017-03-12".to_owned());
                    requests.push(request);
                }
            }
        }
        let good = || SyncRequest::new(ID, [DESTINATION]);
        let mut without_version = good();
        without_version.version = None;
        requests.extend([
            without_version,
            good().with_version("2017-03-21"),
            good().with_dry_run(false),
            good().with_dry_run(true),
            good().with_image_name(""),
            good().with_image_name("base"),
            good().with_image_name("x".repeat(61)),
            good().with_image_set_required(false),
            good().with_image_set_required(true),
            good().with_encrypt(false),
            good().with_encrypt(true),
            good().with_kms_key_id("alias/key"),
            good().with_encrypt(true).with_kms_key_id("alias/key"),
        ]);
        requests
    }

    /// The rules of an edition, those without the rules that alone speak of a cause, and those with
    /// another form of image ids.
    fn sets(edition: Edition) -> [Ruleset; 3] {
        let documented = Ruleset::documented(edition);
        let alone = rules::all().filter(|rule| rule.suppresses.is_some());
        let without = alone.fold(documented.clone(), |set, rule| set.without(rule.id()).unwrap());
        let other_ids = documented.clone().with_image_id_pattern("IMG-1|img-0+").unwrap();
        [documented, without, other_ids]
    }

    #[test]
    fn no_rule_that_is_skipped_for_plain_requests_finds_anything_in_one() {
        let states = [states_by_image(), states_by_region(), states_by_quota(), states_by_place()].concat();
        let requests = requests();
        let (mut pairs, mut plain, mut calls) = (0_u32, 0_u32, 0_u32);
        for page in Edition::pages() {
            let edition = page.first_seen();
            let in_force = || rules::all().filter(|rule| rule.in_force(edition));
            let skipped: Vec<_> =
                in_force().filter(|rule| rule.stage() == Stage::Check && !rule.can_plain_break).collect();
            assert!(skipped.len() > 10, "{edition}: {} rules are skipped", skipped.len());
            for set in sets(edition) {
                let mut plain_in_set = 0_u32;
                for state in &states {
                    for request in &requests {
                        pairs += 1;
                        let mut facts = Facts::new(set.context(), request, state);
                        let facts = facts.find_out();
                        if !facts.is_plain() {
                            continue;
                        }
                        plain_in_set += 1;
                        for rule in &skipped {
                            let mut report = Report::new(edition, Vec::new());
                            Ruleset::run(rule, facts, &mut report);
                            calls += 1;
                            assert_eq!(
                                report,
                                Report::new(edition, Vec::new()),
                                "{} on {request:?}\n{state:?}",
                                rule.id()
                            );
                        }
                    }
                }
                assert!(plain_in_set > 0, "{edition}: {set:?}");
                plain += plain_in_set;
            }
        }
        // Of the images alone six are ordinary (three sizes, two names), in four requests: with
        // and without `Region`, to one region and to two. So it is under each page, in the two
        // sets whose ids are these.
        let by_image = 6 * 4 * u32::try_from(Edition::pages().len() * 2).unwrap();
        assert!(plain > by_image, "{plain} of {pairs} are plain");
        assert!(pairs > 10_000 && calls > 10 * plain, "{pairs}, {calls}");
    }
}
