//! The nearest request that is accepted, and who can help where no request is.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::plan::Plan;
use super::ruleset::Ruleset;
use crate::model::{ImageState, Parameter, PartialRequest, Row, State, SyncRequest, word};
use crate::report::{Confidence, Edit, EditKind, Fact, Slip, Unverified, Violation};
use crate::rule::Input;
use crate::rules;

/// The most regions in which an image is looked for, and the most images that are tried in parts.
const FEW: usize = 4;
/// The most changes in a row that one change makes necessary.
const ROUNDS: usize = 8;
/// The most destinations of all requests together into which one is split: each names
/// all of its destinations.
const MAX_ELEMENTS: usize = 1 << 16;
/// After so many elements that were checked, no other choice is tried.
const MAX_CHECKED: usize = 4 * MAX_ELEMENTS;
/// The most images of the state that are tried in the place of another one.
const TRIED: usize = 64;

/// The nearest request that is accepted, as edits of the one that is refused.
///
/// No wish is invented: an element becomes what was meant, or goes; the version and a source region
/// that is known may be set; a parameter that later pages have may go, but for one that protects: a
/// dry run stays one, and a copy that is to be encrypted stays that. No image and no destination is
/// named that was not meant. Where no such edit helps there is no request, and the
/// [remedies](Self::remedies) say who can.
///
/// Of all such requests it is the one with the fewest edits, and of these the one that gives up
/// least. Only where more than three images are named, or one is listed in more than four regions,
/// where a policy both limits the number of destinations and requires some, or where all that is
/// tried has more than 262,144 elements together, not every one is tried. A request that would be
/// split into ones that name more than 65,536 destinations together has none.
///
/// ```
/// use presync::{Image, Region, Ruleset, State, SyncRequest};
///
/// let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
/// let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20)])?;
/// let rules = Ruleset::default();
/// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai-2", "ap-guangzhou"]);
///
/// let suggestion = rules.suggest(&request, &state);
/// let edits: Vec<String> = suggestion.edits().iter().map(ToString::to_string).collect();
/// assert_eq!(edits, ["set DestinationRegions.0 to `ap-shanghai`", "remove DestinationRegions.1"]);
/// let suggested = suggestion.requests().next().unwrap();
/// assert_eq!(suggested.destination_regions, ["ap-shanghai"]);
/// assert!(rules.check(suggested, &state).accepted());
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Suggestion {
    requests: Vec<PartialRequest>,
    edits: Vec<Edit>,
    remedies: Vec<Remedy>,
}

/// A change outside of the request, which would help.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "remedy", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Remedy {
    /// The state of the image passes with time.
    Wait {
        /// The image.
        image: String,
        /// Its state.
        state: String,
    },
    /// The quota of a region is used up. Either of the two helps, as far as its custom images are
    /// known: where it may hold more, more may be needed.
    Quota {
        /// The region.
        region: String,
        /// The custom images to delete there, a count; `None` where there are not so many.
        #[serde(skip_serializing_if = "Option::is_none")]
        delete: Option<u64>,
        /// The number by which the quota is to be larger; `None` where that is not what is used up.
        #[serde(skip_serializing_if = "Option::is_none")]
        raise: Option<u64>,
    },
    /// Another image can be copied: with it, the request is accepted as it is, or with the edits.
    /// Only the images that the most is known about are named.
    OtherImage {
        /// The images of the state that would do, the first few.
        images: Vec<String>,
    },
    /// Several values are sent for one parameter, and the sender alone knows which is meant.
    Choose {
        /// The parameter.
        parameter: Parameter,
    },
    /// A fact is not known.
    Tell {
        /// The rule that could not be decided.
        rule: String,
        /// The parameter that may break it.
        parameter: Parameter,
        /// The fact that would settle it.
        needs: String,
    },
}

impl Suggestion {
    /// Returns that no request was found, but somebody can help.
    #[cfg(feature = "wire")]
    pub(super) fn of_remedies(remedies: Vec<Remedy>) -> Self {
        Self { remedies, ..Self::default() }
    }

    /// Returns it with the edits that come before its own. Where only the last one
    /// of two is seen, it stays.
    #[cfg(feature = "wire")]
    pub(super) fn behind(self, edits: &[Edit]) -> Self {
        // For each parameter, the places of the edits that make it what it is.
        let mut made: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, edit) in edits.iter().enumerate() {
            edit.makes().into_iter().for_each(|name| made.entry(name).or_default().push(place));
        }
        let mut earlier: Vec<Option<&Edit>> = edits.iter().map(Some).collect();
        let own = self.edits.into_iter().map(|mut edit| {
            while let Some(before) = made.get_mut(&edit.parameter().to_string()).and_then(Vec::pop) {
                let Some(slot) = earlier.get_mut(before) else { break };
                let Some(both) = slot.and_then(|before| edit.with_earlier(before)) else { break };
                (*slot, edit) = (None, both);
            }
            edit
        });
        let own: Vec<Edit> = own.collect();
        Self { edits: earlier.into_iter().flatten().cloned().chain(own).collect(), ..self }
    }

    /// Returns the requests to send instead, in this order: mostly one, several where it is to be
    /// split, and none where no edit helps. Of a request that is accepted it is the request itself.
    pub fn requests(&self) -> impl ExactSizeIterator<Item = &SyncRequest> {
        self.requests.iter().map(PartialRequest::request)
    }

    /// Returns the requests to send instead, with what is not known of them.
    #[must_use]
    pub fn partial_requests(&self) -> &[PartialRequest] {
        &self.requests
    }

    /// Returns the edits that lead to the requests, in the order of the page.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Returns what others can do: about what is given up, about what no edit helps, and
    /// about what stays unverified.
    #[must_use]
    pub fn remedies(&self) -> &[Remedy] {
        &self.remedies
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = crate::text::clean;
        match self {
            Self::Wait { image, state } => {
                write!(f, "wait: `{}` is in the state `{}`, which passes", clean(image), clean(state))
            }
            Self::Quota { region, delete, raise } => {
                let region = clean(region);
                let images = |count: &u64| crate::text::counted(*count, "custom image", "custom images");
                match (delete, raise) {
                    (Some(delete), Some(raise)) => {
                        let images = images(delete);
                        write!(f, "delete {images} in `{region}`, or ask for a quota larger by {raise}")
                    }
                    (Some(delete), None) => write!(f, "delete {} in `{region}`", images(delete)),
                    (None, raise) => {
                        write!(f, "ask for a quota in `{region}` larger by {}", raise.unwrap_or_default())
                    }
                }
            }
            Self::OtherImage { images } => {
                let images = crate::text::few(images.iter().map(String::as_str));
                write!(f, "take another image: {images}")
            }
            Self::Choose { parameter } => {
                write!(f, "choose one value of {parameter}: it is sent with different ones")
            }
            Self::Tell { needs, .. } => write!(f, "still to be verified, which needs {needs}"),
        }
    }
}

impl Ruleset {
    /// Returns the nearest request that is accepted.
    ///
    /// Of an accepted request it takes a check and a copy, and of most refused ones a few checks.
    /// Several images become a request each, with all destinations: where these are many, what is
    /// tried ends after some 262,144 elements.
    #[must_use]
    pub fn suggest(&self, request: &SyncRequest, state: &State) -> Suggestion {
        self.suggest_partial(&PartialRequest::new(request.clone()), state)
    }

    /// Returns the nearest request that is accepted, for one with something unknown. What is
    /// not known stays as it is.
    #[must_use]
    pub fn suggest_partial(&self, partial: &PartialRequest, state: &State) -> Suggestion {
        let report = self.check_partial(partial, state);
        if report.violations().is_empty() {
            let remedies = tell(report.unverified());
            return Suggestion { requests: vec![partial.clone()], edits: Vec::new(), remedies };
        }
        let violations = report.violations();
        let search = Search { rules: self, state, partial, violations, checked: Cell::new(0) };
        let mut best: Option<Attempt> = None;
        let (mut remedies, mut is_image_wrong) = (Vec::new(), false);
        let is_one = |images: &Images| matches!(images, Images::Only(_));
        // Where nobody can help with one image alone, nobody can with several.
        let mut can_help = !search.images().iter().any(is_one);
        for choice in search.choices() {
            if search.checked.get() > MAX_CHECKED {
                can_help = true;
                break;
            }
            match search.attempt(&choice) {
                // The first of several that are equally good.
                Ok(attempt) => {
                    if best.as_ref().is_none_or(|best| attempt.draft.cost() < best.draft.cost()) {
                        best = Some(attempt);
                    }
                }
                // The first with which others can help.
                Err(failure) => {
                    can_help |= is_one(&choice.images) && !failure.remedies.is_empty();
                    is_image_wrong |= failure.is_image_wrong;
                    if remedies.is_empty() {
                        remedies = failure.remedies;
                    }
                }
            }
        }
        let (requests, edits) = match best {
            Some(Attempt { draft, requests, unverified }) => {
                remedies = search.remedies(&search.with_place(&draft.given_up, &requests));
                remedies.extend(search.other_image(is_image_wrong_in(&draft.given_up), &requests));
                remedies.extend(tell(&unverified));
                (requests, draft.edits(report.violations()))
            }
            None => {
                remedies.retain(|_| can_help);
                remedies.extend(search.other_image(is_image_wrong, &[]));
                (Vec::new(), Vec::new())
            }
        };
        Suggestion { requests, edits, remedies }
    }
}

/// Returns what would settle what is unverified.
fn tell(unverified: &[Unverified]) -> Vec<Remedy> {
    let remedy = |unverified: &Unverified| Remedy::Tell {
        rule: unverified.rule().to_owned(),
        parameter: unverified.parameter().clone(),
        needs: unverified.needs().to_owned(),
    };
    // Many rules often need the same fact, and the requests of a split one need the same.
    let mut seen = BTreeSet::new();
    unverified.iter().filter(|unverified| seen.insert(unverified.needs())).map(remedy).collect()
}

/// The search for the nearest request.
struct Search<'s> {
    rules: &'s Ruleset,
    state: &'s State,
    partial: &'s PartialRequest,
    /// The violations of the request as it is.
    violations: &'s [Violation],
    /// The number of elements that were checked.
    checked: Cell<usize>,
}

/// The part of an attempt that no single violation decides.
#[derive(Clone)]
struct Choice {
    /// The source region, where it is to be another one.
    region: Option<(String, Confidence)>,
    /// The parameters that are left out.
    dropped: Vec<Parameter>,
    images: Images,
}

/// The images that are kept, by their subscripts.
#[derive(Clone, Copy)]
enum Images {
    All,
    /// As many as the quotas have room for, with all destinations.
    AllThatFit,
    Only(usize),
    AllBut(usize),
}

impl Images {
    fn keeps(self, subscript: usize) -> bool {
        match self {
            Self::All | Self::AllThatFit => true,
            Self::Only(one) => subscript == one,
            Self::AllBut(one) => subscript != one,
        }
    }
}

/// A request that is accepted, and what is given up for it.
struct Attempt {
    draft: Draft,
    requests: Vec<PartialRequest>,
    unverified: Vec<Unverified>,
}

/// Why an attempt leads to no request that is accepted.
struct Failure {
    /// What others can do about it; none where it does not lead to a request
    /// that is accepted either.
    remedies: Vec<Remedy>,
    /// True if an image is wrong.
    is_image_wrong: bool,
}

/// An element of a list, while it is changed.
#[derive(Clone)]
struct Element {
    subscript: usize,
    /// The value that was sent, or what would settle it.
    sent: Result<String, String>,
    /// The values that take its place: none where it is left out.
    now: Option<Vec<String>>,
    /// The certainty of what it is set to.
    confidence: Confidence,
    /// The values that are given up.
    given_up: Vec<String>,
}

impl Element {
    fn new(subscript: usize, sent: Result<String, String>) -> Self {
        Self { subscript, sent, now: None, confidence: Confidence::SameMeaning, given_up: Vec::new() }
    }

    /// Returns the elements of the request that it becomes.
    fn values(&self) -> Vec<Result<String, String>> {
        match &self.now {
            None => vec![self.sent.clone()],
            Some(values) => values.iter().cloned().map(Ok).collect(),
        }
    }

    /// Puts what was meant in its place.
    fn set(&mut self, values: Vec<String>, confidence: Confidence) {
        (self.now, self.confidence) = (Some(values), confidence);
    }

    /// Leaves out one of its values, which is given up unless it stays elsewhere.
    fn drop_value(&mut self, index: usize, is_given_up: bool) {
        let values = self.now.get_or_insert_with(|| self.sent.clone().into_iter().collect());
        if index < values.len() {
            let value = values.remove(index);
            self.given_up.extend(is_given_up.then_some(value));
        }
    }
}

/// A parameter of one value, while it is changed.
#[derive(Clone)]
struct Scalar {
    parameter: Parameter,
    /// The new value; `None` where it is left out.
    value: Option<String>,
    was_sent: bool,
    confidence: Confidence,
}

/// A request, while it is changed.
#[derive(Clone)]
struct Draft {
    base: PartialRequest,
    scalars: Vec<Scalar>,
    images: Vec<Element>,
    destinations: Vec<Element>,
    /// True if an image goes for which a quota has no room, and not the destination.
    drops_images: bool,
    /// True if several images stay in one request.
    is_joint: bool,
    /// The reasons for which something is given up.
    given_up: Vec<Violation>,
}

impl<'s> Search<'s> {
    /// Returns every choice, that of no change first.
    fn choices(&self) -> impl Iterator<Item = Choice> + use<'s> {
        let (regions, drops, images) = (self.regions(), self.drops(), self.images());
        regions.into_iter().flat_map(move |region| {
            let images = images.clone();
            drops.clone().into_iter().flat_map(move |dropped| {
                let region = region.clone();
                let choice =
                    move |images| Choice { region: region.clone(), dropped: dropped.clone(), images };
                images.clone().into_iter().map(choice)
            })
        })
    }

    /// Returns the source regions that may be meant: the one that is sent, the one that it was
    /// meant to be, and those in which the images are listed.
    fn regions(&self) -> Vec<Option<(String, Confidence)>> {
        let request = self.partial.request();
        let of_region = |violation: &&Violation| *violation.parameter() == Parameter::REGION;
        let wrong = self.violations.iter().find(of_region);
        let mut regions: Vec<(String, Confidence)> = Vec::new();
        let mut add = |region: &str, confidence| {
            let is_new = regions.iter().all(|(known, _)| known != region);
            if is_new && request.region.as_deref() != Some(region) {
                regions.push((region.to_owned(), confidence));
            }
        };
        let meant = wrong.and_then(|wrong| Some((wrong, wrong.facts().text(Fact::Meant)?)));
        if let Some((wrong, meant)) = meant {
            add(meant, confidence_of(wrong));
        }
        let are_wrong = self.violations.iter().any(|violation| violation.parameter().is_image());
        if wrong.is_some() || are_wrong {
            let meant = self.violations.iter().filter(|violation| violation.parameter().is_image());
            let meant = meant.filter_map(|violation| violation.facts().text(Fact::Meant));
            let ids = request.image_ids.iter().map(String::as_str).chain(meant).take(2 * FEW);
            let found = ids.flat_map(|id| self.state.regions_of_image(id));
            for region in found.take(FEW) {
                add(region, Confidence::Likely);
            }
        }
        let keep = wrong.is_none().then_some(None);
        keep.into_iter().chain(regions.into_iter().map(Some)).collect()
    }

    /// Returns the sets of parameters that may be left out, the empty one first.
    fn drops(&self) -> Vec<Vec<Parameter>> {
        let request = self.partial.request();
        let may_go = [Parameter::IMAGE_NAME, Parameter::KMS_KEY_ID];
        let sent = may_go
            .into_iter()
            .filter(|parameter| Row::named(parameter.name()).is_some_and(|row| row.sent(request).is_some()));
        sent.fold(vec![Vec::new()], |sets, parameter| {
            let with = |set: &Vec<Parameter>| set.iter().cloned().chain([parameter.clone()]).collect();
            let more: Vec<Vec<Parameter>> = sets.iter().map(with).collect();
            sets.into_iter().chain(more).collect()
        })
    }

    /// Returns the images that may be kept, all of them first. Of many images, no part is tried.
    fn images(&self) -> Vec<Images> {
        let ids = &self.partial.request().image_ids;
        let is_whole = self.partial.image_count() == ids.len();
        let several = if is_whole && (2..=FEW).contains(&ids.len()) { ids.len() } else { 0 };
        let parts = (0..several).flat_map(|subscript| [Images::AllBut(subscript), Images::Only(subscript)]);
        // One element may stand for several images.
        let mut of_images = self.violations.iter().filter(|violation| violation.parameter().is_image());
        let is_list = |violation: &Violation| !violation.facts().texts(Fact::Elements).is_empty();
        let may_be_several = ids.len() > 1 || of_images.any(is_list);
        let that_fit = may_be_several.then_some(Images::AllThatFit);
        [Images::All].into_iter().chain(that_fit).chain(parts).collect()
    }

    /// Mends the request as the violations ask for.
    fn attempt(&self, choice: &Choice) -> Result<Attempt, Failure> {
        let mut draft = Draft::new(self.partial);
        draft.drops_images = matches!(choice.images, Images::AllThatFit);
        if let Some((region, confidence)) = &choice.region {
            draft.set(&Parameter::REGION, Some(region.clone()), *confidence);
        }
        for parameter in &choice.dropped {
            draft.set(parameter, None, Confidence::GivesUp);
        }
        if !matches!(choice.images, Images::All | Images::AllThatFit) {
            self.leave_out(&mut draft.images, choice.images);
        }
        for _ in 0..ROUNDS {
            // A rule set may allow several images in one request, and also one that is named twice.
            if let Some(joint) = draft.joint() {
                let joint = [joint];
                let (violations, unverified) = self.check(&joint);
                if violations.is_empty() {
                    draft.is_joint = true;
                    return Ok(Attempt { draft, requests: joint.into(), unverified });
                }
                let is_of_images = violations.iter().any(|(_, violation)| violation.parameter().is_image());
                if !is_of_images && !draft.drops_images && draft.mend(&violations).is_some() {
                    continue;
                }
                if draft.name_images_once() {
                    continue;
                }
            } else {
                draft.name_images_once();
            }
            let Some(requests) = draft.requests() else { break };
            let (violations, unverified) = self.check(&requests);
            if violations.is_empty() {
                return Ok(Attempt { draft, requests, unverified });
            }
            if draft.mend(&violations).is_none() {
                break;
            }
        }
        // What is left out for one reason may have others, which a remedy must know.
        let whole = draft.with_all_elements(choice.images).requests();
        let reasons = whole.as_deref().map_or(draft.given_up, |requests| {
            let (violations, _) = self.check(requests);
            let lost = lost(&violations);
            let counts = |(number, violation): &(usize, Violation)| {
                !lost.contains(number) || violation.parameter().is_image()
            };
            violations.into_iter().filter(counts).map(|(_, violation)| violation).collect()
        });
        let is_lost = reasons.iter().any(stays)
            || self.is_lost(&reasons, choice.images)
            || whole.is_some_and(|whole| self.lacks_what_is_lost(&whole, &reasons));
        let remedies = if is_lost { Vec::new() } else { self.remedies(&reasons) };
        Err(Failure { remedies, is_image_wrong: is_image_wrong_in(&reasons) })
    }

    /// Leaves out the images that are not chosen. One that is named twice is one
    /// copy, and is given up once.
    fn leave_out(&self, images: &mut [Element], chosen: Images) {
        let (kept, left_out): (Vec<_>, Vec<_>) =
            images.iter_mut().partition(|image| chosen.keeps(image.subscript));
        let meant = self.meant();
        // The id that an image has, or was meant to have.
        let id = |image: &Element| {
            let meant = meant.get(&Parameter::IMAGE_IDS.element(image.subscript));
            meant.map(|id| (*id).to_owned()).or_else(|| image.sent.clone().ok())
        };
        let mut named: BTreeSet<String> = kept.iter().filter_map(|image| id(image)).collect();
        for image in left_out {
            let is_copy = id(image).is_none_or(|id| named.insert(id));
            image.drop_value(0, is_copy);
        }
    }

    /// Returns what each parameter was meant to be, where that is known.
    fn meant(&self) -> BTreeMap<&'s Parameter, &'s str> {
        let of_element =
            |violation: &'s Violation| Some((violation.parameter(), violation.facts().text(Fact::Meant)?));
        self.violations.iter().filter_map(of_element).collect()
    }

    /// Checks requests in a row. Each violation comes with the number of its request.
    fn check(&self, requests: &[PartialRequest]) -> (Vec<(usize, Violation)>, Vec<Unverified>) {
        requests.iter().for_each(|request| self.count(request));
        let reports = match requests {
            [request] => vec![self.rules.check_partial(request, self.state)],
            several => {
                let mut plan = Plan::new(self.rules, self.state.clone());
                several.iter().map(|request| plan.check_partial(request)).collect()
            }
        };
        let (mut violations, mut unverified) = (Vec::new(), Vec::new());
        for (number, report) in reports.into_iter().enumerate() {
            let (found, open) = report.into_findings();
            violations.extend(found.into_iter().map(|violation| (number, violation)));
            unverified.extend(open);
        }
        (violations, unverified)
    }

    /// Counts the elements of a request that is checked.
    fn count(&self, request: &PartialRequest) {
        let elements = request.image_count().saturating_add(request.destination_count());
        self.checked.set(self.checked.get().saturating_add(elements));
    }

    /// True if each image that is chosen is wrong for a reason that nobody can help with,
    /// or each destination of the one image is: a remedy for another reason leads to no
    /// request that is accepted then.
    fn is_lost(&self, reasons: &[Violation], chosen: Images) -> bool {
        let hopeless = reasons.iter().filter(|reason| is_hopeless(reason));
        let hopeless = hopeless.filter_map(|reason| Some((reason.parameter().name(), reason.value()?)));
        let hopeless: BTreeSet<(&str, &str)> = hopeless.collect();
        // The reasons are those of the values that were meant, of equal ones of the first.
        let meant = self.meant();
        let duplicates = self.violations.iter().filter(|violation| is_duplicate(violation));
        let duplicates: BTreeSet<&Parameter> = duplicates.map(Violation::parameter).collect();
        let is_lost = |list: &Parameter, is_chosen: &dyn Fn(usize) -> bool| {
            let mut elements = self.partial.elements(list).filter(|(subscript, _)| is_chosen(*subscript));
            self.partial.needs(list).is_none()
                && elements.all(|(subscript, sent)| {
                    let Ok(sent) = &sent else { return false };
                    let element = list.clone().element(subscript);
                    let value = meant.get(&element).copied().unwrap_or(sent);
                    duplicates.contains(&element) || hopeless.contains(&(list.name(), value))
                })
        };
        // A destination that is wrong with one of several images may be right with another.
        let is_one = matches!(chosen, Images::Only(_)) || self.partial.image_count() == 1;
        is_lost(&Parameter::IMAGE_IDS, &|subscript| chosen.keeps(subscript))
            || is_one && is_lost(&Parameter::DESTINATION_REGIONS, &|_| true)
    }

    /// True if a list of destinations without those that are wrong for a reason that nobody can
    /// help with is refused for lacking them, as where a policy requires one that takes no images.
    fn lacks_what_is_lost(&self, whole: &[PartialRequest], reasons: &[Violation]) -> bool {
        // What is wrong with one of several images may be right with another.
        let [request] = whole else { return false };
        let of_list = reasons.iter().filter(|reason| reason.parameter().is_destination());
        let lost = of_list.filter(|reason| is_hopeless(reason));
        let lost: BTreeSet<usize> = lost.filter_map(|reason| reason.parameter().subscript()).collect();
        if lost.is_empty() {
            return false;
        }
        let list = Parameter::DESTINATION_REGIONS;
        let kept = request.elements(&list).filter(|(subscript, _)| !lost.contains(subscript));
        let kept: Vec<_> = kept.map(|(_, element)| element).collect();
        let (violations, _) = self.check(&[request.clone().with_elements(&list, kept)]);
        violations.iter().any(|(_, violation)| stays(violation))
    }

    /// Returns the reasons for which something is given up that would have a place in the requests:
    /// a list of destinations that is as long as a policy allows has none.
    fn with_place(&self, reasons: &[Violation], requests: &[PartialRequest]) -> Vec<Violation> {
        let of_list = |violation: &&Violation| *violation.parameter() == Parameter::DESTINATION_REGIONS;
        let most = self.violations.iter().filter(of_list).find_map(|violation| {
            violation.facts().count(Fact::Count).and_then(|_| violation.facts().count(Fact::Limit))
        });
        let count = requests.iter().map(PartialRequest::destination_count).max().unwrap_or_default();
        let is_full = most.is_some_and(|most| u64::try_from(count).is_ok_and(|count| count >= most));
        reasons.iter().filter(|reason| !(is_full && reason.parameter().is_destination())).cloned().collect()
    }

    /// Returns what others can do about what is given up for these reasons, or keeps every
    /// request from being accepted.
    fn remedies(&self, reasons: &[Violation]) -> Vec<Remedy> {
        let mut by_value: BTreeMap<(&str, &str), Vec<&Violation>> = BTreeMap::new();
        let mut order = Vec::new();
        for reason in reasons.iter().filter(|reason| !is_duplicate(reason)) {
            let key = (reason.parameter().name(), reason.value().unwrap_or_default());
            let of_value = by_value.entry(key).or_default();
            if of_value.is_empty() {
                order.push(key);
            }
            of_value.push(reason);
        }
        let meant = self.meant();
        let sent = self.partial.request().image_ids.iter().map(String::as_str);
        let ids: BTreeSet<&str> = meant
            .iter()
            .filter(|(parameter, _)| parameter.is_image())
            .map(|(_, meant)| *meant)
            .chain(sent)
            .collect();
        let mut remedies: Vec<Remedy> = Vec::new();
        for key in order {
            let of_value = by_value.remove(&key).unwrap_or_default();
            // What is wrong for a reason that nobody can help with stays wrong,
            // whatever else is mended.
            if remedies.len() == TRIED || !of_value.iter().all(|reason| can_help(reason)) {
                continue;
            }
            let busy = of_value.iter().find_map(|reason| busy(reason));
            let busy = busy.map(|state| Remedy::Wait { image: key.1.to_owned(), state: state.to_string() });
            let remedy = busy.or_else(|| self.room(key.1, &of_value, &ids));
            remedies.extend(remedy);
        }
        remedies
    }

    /// Returns what makes room in a region for the copies that these reasons are about: for the
    /// account's quota and for those of a policy. None where what helps with one does not with
    /// another. `ids` are those of the images.
    fn room(&self, region: &str, reasons: &[&Violation], ids: &BTreeSet<&str>) -> Option<Remedy> {
        let mut by_rule: BTreeMap<&str, Lack> = BTreeMap::new();
        for (reason, lack) in reasons.iter().filter_map(|reason| Some((reason, lack(reason)?))) {
            // Each of several requests lacks one more than those before it.
            let of_rule = by_rule
                .entry(reason.rule())
                .and_modify(|all| all.places = all.places.max(lack.places).saturating_add(1));
            of_rule.or_insert(lack);
        }
        let by = by_rule.values().map(|lack| lack.places).max()?;
        // An image that is to be copied stays where it is.
        let is_there = |id: &&&str| self.state.regions_of_image(id).any(|of_image| of_image == region);
        let copied = u64::try_from(ids.iter().filter(is_there).count()).unwrap_or(u64::MAX);
        let can_go = |lack: &Lack| by.saturating_add(copied) <= lack.used;
        let delete = by_rule.values().all(can_go).then_some(by);
        // A policy's own limit may be one of the request as it was sent, and none of a part of it.
        let of_region = self.violations.iter().filter(|violation| violation.value() == Some(region));
        let sent = of_region.filter(|violation| violation.parameter().is_destination()).filter_map(lack);
        let raise = by_rule.into_values().chain(sent).all(|lack| lack.is_of_account).then_some(by);
        let region = region.to_owned();
        (delete.is_some() || raise.is_some()).then_some(Remedy::Quota { region, delete, raise })
    }

    /// Returns another image that would do, where one is wrong.
    fn other_image(&self, is_image_wrong: bool, suggested: &[PartialRequest]) -> Option<Remedy> {
        let images = if is_image_wrong { self.other_images(suggested) } else { Vec::new() };
        (!images.is_empty()).then_some(Remedy::OtherImage { images })
    }

    /// Returns the first few images of the state with which the request would be accepted: as
    /// it is, or with the suggested edits and after the suggested requests. None of them
    /// stands in what was sent.
    fn other_images(&self, suggested: &[PartialRequest]) -> Vec<String> {
        let sent = suggested.iter().map(PartialRequest::request).chain([self.partial.request()]);
        let sent: Vec<String> =
            sent.flat_map(|request| &request.image_ids).map(|id| id.to_lowercase()).collect();
        // An element that is no id may still have one in it, such as a list in JSON.
        let is_joint = |character: char| !(character.is_ascii_alphanumeric() || character == '-');
        let mut named: BTreeSet<&str> = sent.iter().flat_map(|id| id.split(is_joint)).collect();
        let request = suggested.first().unwrap_or(self.partial);
        // What is wrong for another reason than the image stays wrong with another one.
        if suggested.is_empty() && !self.violations.iter().all(may_be_of_image) {
            return Vec::new();
        }
        let mut plan = Plan::new(self.rules, self.state.clone());
        for request in suggested {
            plan.check_partial(request);
        }
        // Every image with all destinations would cost too much: most are told by the first few.
        let destinations = || request.elements(&Parameter::DESTINATION_REGIONS).map(|(_, element)| element);
        let is_short = request.destination_count() <= TRIED;
        let short =
            request.clone().with_elements(&Parameter::DESTINATION_REGIONS, destinations().take(TRIED));
        // What stays open with an image that would do.
        let open = |request: &PartialRequest, id: &str| {
            let other = request.clone().with_elements(&Parameter::IMAGE_IDS, [Ok(id.to_owned())]);
            let report = self.rules.check_partial(&other, plan.state());
            report.violations().is_empty().then(|| report.unverified().len())
        };
        let source = request.request().region.as_deref();
        let is_of_source = |region: &str| source.is_none_or(|sent| sent == region);
        let images = self.state.every_image().filter(|image| is_of_source(&image.region)).take(TRIED);
        let ids = images.map(|image| &*image.image_id).filter(|id| named.insert(id));
        let ids: Vec<(usize, &str)> = ids.filter_map(|id| Some((open(&short, id)?, id))).collect();
        // Only the images with the fewest unverified rules.
        let least = ids.iter().map(|(open, _)| *open).min();
        let ids = ids.iter().filter(|(open, _)| Some(*open) == least).map(|(_, id)| *id);
        let ids = ids.take(2 * FEW).filter(|id| is_short || open(request, id).is_some());
        ids.take(FEW).map(str::to_owned).collect()
    }
}

/// True for a violation that stays, whichever elements are left out, and
/// with which nobody can help.
fn stays(violation: &Violation) -> bool {
    let parameter = violation.parameter();
    let is_too_long = parameter.is_destination() && violation.facts().count(Fact::Limit).is_some();
    parameter.subscript().is_none() && !is_too_long && !can_help(violation)
}

/// False for the violation of a rule that looks at no image.
fn may_be_of_image(violation: &Violation) -> bool {
    let rule = rules::find(violation.rule());
    // Of a rule that is not documented it is not known what it looks at.
    rule.is_none_or(|rule| {
        rule.reads().next().is_none() || rule.reads().any(|input| input == Input::ImageIds)
    })
}

/// True if an image is wrong for a reason that nobody can help with.
fn is_image_lost(violation: &Violation) -> bool {
    violation.parameter().is_image() && !can_help(violation)
}

/// Returns the numbers of the requests whose image is lost: it needs no place.
fn lost(violations: &[(usize, Violation)]) -> BTreeSet<usize> {
    violations.iter().filter(|(_, violation)| is_image_lost(violation)).map(|(number, _)| *number).collect()
}

/// True for the second of two equal elements: the first one stays where it is right.
fn is_duplicate(reason: &Violation) -> bool {
    reason.facts().count(Fact::DuplicateOf).is_some()
}

/// True if an image is wrong for one of these reasons.
fn is_image_wrong_in(reasons: &[Violation]) -> bool {
    reasons.iter().any(|reason| {
        let parameter = reason.parameter();
        parameter.is_image() && parameter.subscript().is_some() && !is_duplicate(reason)
    })
}

/// True if somebody can help with a reason.
fn can_help(reason: &Violation) -> bool {
    let is_enough = |lack: Lack| lack.is_of_account || lack.places <= lack.used;
    busy(reason).is_some() || lack(reason).is_some_and(is_enough)
}

/// True if nobody can help with a reason. Once the other of two equal elements goes,
/// an element may be right.
fn is_hopeless(reason: &Violation) -> bool {
    !can_help(reason) && !is_duplicate(reason)
}

/// Returns the state of an image that passes with time.
fn busy(reason: &Violation) -> Option<ImageState> {
    let state = reason.facts().text(Fact::State).filter(|_| reason.parameter().is_image());
    state.map(ImageState::from).filter(ImageState::is_busy)
}

/// What a quota of a region lacks for a copy.
struct Lack {
    places: u64,
    /// The images that are there.
    used: u64,
    /// True if it is the account's, which can be larger: the limit of a policy is its own.
    is_of_account: bool,
}

fn lack(reason: &Violation) -> Option<Lack> {
    let facts = reason.facts();
    let (used, in_flight) = (facts.count(Fact::Used)?, facts.count(Fact::InFlight)?);
    let limit = facts.count(Fact::Limit)?;
    // Together they may be more than a number of 64 bits holds.
    let after = [used, in_flight, facts.count(Fact::Added).unwrap_or(1)].map(u128::from).iter().sum::<u128>();
    let (places, is_of_account) = match facts.count(Fact::Quota) {
        // So much of the quota is to stay free.
        Some(quota) => ((after + u128::from(limit)).saturating_sub(u128::from(quota)), true),
        None => (after.saturating_sub(u128::from(limit)), rules::find(reason.rule()).is_some()),
    };
    Some(Lack { places: u64::try_from(places).unwrap_or(u64::MAX), used, is_of_account })
}

/// Returns the certainty of what was meant in a violation.
fn confidence_of(violation: &Violation) -> Confidence {
    let slips = violation.facts().texts(Fact::Slips);
    if slips.iter().any(|slip| slip == Slip::Spelling.as_str()) {
        Confidence::Likely
    } else {
        Confidence::SameMeaning
    }
}

impl Draft {
    fn new(partial: &PartialRequest) -> Self {
        let element = |(subscript, element)| Element::new(subscript, element);
        Self {
            base: partial.clone(),
            scalars: Vec::new(),
            images: partial.elements(&Parameter::IMAGE_IDS).map(element).collect(),
            destinations: partial.elements(&Parameter::DESTINATION_REGIONS).map(element).collect(),
            drops_images: false,
            is_joint: false,
            given_up: Vec::new(),
        }
    }

    /// Sets a parameter of one value, or leaves it out.
    fn set(&mut self, parameter: &Parameter, value: Option<String>, confidence: Confidence) {
        let row = Row::named(parameter.name());
        let was_sent = row.is_some_and(|row| row.sent(self.base.request()).is_some());
        self.scalars.push(Scalar { parameter: parameter.clone(), value, was_sent, confidence });
    }

    /// Leaves out each image that is named already: it is the same copy. True if there is one.
    fn name_images_once(&mut self) -> bool {
        let (mut seen, mut is_changed) = (BTreeSet::new(), false);
        // Of two that became equal, the one goes that was changed for it.
        let (sent, changed): (Vec<_>, Vec<_>) = self.images.iter_mut().partition(|image| image.now.is_none());
        for image in sent.into_iter().chain(changed) {
            let values = image.values();
            for (index, value) in values.into_iter().enumerate().rev() {
                if value.is_ok_and(|id| !seen.insert(id)) {
                    image.drop_value(index, false);
                    is_changed = true;
                }
            }
        }
        is_changed
    }

    /// Returns the draft with each value of the choice that is given up put back, as
    /// what it was meant to be.
    fn with_all_elements(&self, chosen: Images) -> Self {
        let mut whole = self.clone();
        let images = whole.images.iter_mut().filter(|image| chosen.keeps(image.subscript));
        for element in images.chain(&mut whole.destinations) {
            element.now.iter_mut().for_each(|values| values.append(&mut element.given_up));
        }
        whole
    }

    /// Returns the request with the changed parameters and destinations; `None` if it names no
    /// destination that is sent.
    fn with_destinations(&self) -> Option<PartialRequest> {
        let mut base = self.base.clone();
        for scalar in &self.scalars {
            base.set_parameter(&scalar.parameter, scalar.value.as_deref());
        }
        if self.destinations.iter().any(|element| element.now.is_some()) {
            let elements: Vec<_> = self.destinations.iter().flat_map(Element::values).collect();
            if elements.is_empty() && base.needs(&Parameter::DESTINATION_REGIONS).is_none() {
                return None;
            }
            base = base.with_elements(&Parameter::DESTINATION_REGIONS, elements);
        }
        base.sent().is_some().then_some(base)
    }

    /// Returns the request with all of its images, where these are several.
    fn joint(&self) -> Option<PartialRequest> {
        let images: Vec<_> = self.images.iter().flat_map(Element::values).collect();
        if images.len() < 2 || images.iter().any(Result::is_err) {
            return None;
        }
        Some(self.with_destinations()?.with_elements(&Parameter::IMAGE_IDS, images))
    }

    /// Returns the requests that it has become, one for each image; `None` if it names no
    /// image or no destination.
    fn requests(&self) -> Option<Vec<PartialRequest>> {
        let base = self.with_destinations()?;
        let images: Vec<_> = self.images.iter().flat_map(Element::values).collect();
        let is_changed = self.images.iter().any(|element| element.now.is_some());
        if images.is_empty() && is_changed {
            return None;
        }
        if !is_changed && images.len() <= 1 {
            return Some(vec![base]);
        }
        if images.len() > 1 && images.len().saturating_mul(base.destination_count()) > MAX_ELEMENTS {
            return None;
        }
        // Which images a client makes itself is told by their subscripts: such
        // a list is left as it is.
        if images.iter().any(Result::is_err) {
            return (!is_changed).then(|| vec![base]);
        }
        // Each copy is of a request without images, for there may be many.
        let base = base.with_elements(&Parameter::IMAGE_IDS, []);
        Some(
            images
                .into_iter()
                .map(|image| base.clone().with_elements(&Parameter::IMAGE_IDS, [image]))
                .collect(),
        )
    }

    /// Changes what the violations are about; `None` if nothing can be.
    fn mend(&mut self, violations: &[(usize, Violation)]) -> Option<()> {
        let images = places(&self.images);
        let destinations = places(&self.destinations);
        let is_split = images.len() > 1;
        let lost = if is_split { lost(violations) } else { BTreeSet::new() };
        // Each value is changed once in a round, the last ones first, for those
        // behind a dropped one move up.
        let (mut of_images, mut of_destinations) = (Vec::new(), Vec::new());
        let (mut is_changed, mut mended) = (false, BTreeSet::new());
        // A list of destinations that is too long.
        let mut over: Option<&Violation> = None;
        for (number, violation) in violations {
            let parameter = violation.parameter();
            match parameter.subscript() {
                Some(subscript) if parameter.is_image() => {
                    of_images.push((*images.get(if is_split { *number } else { subscript })?, violation));
                }
                // The image goes, and what is wrong with the destinations for its sake.
                _ if lost.contains(number) => {}
                Some(subscript) => {
                    let own = *destinations.get(subscript)?;
                    let first = violation.facts().count(Fact::DuplicateOf);
                    let first = first.and_then(|first| destinations.get(usize::try_from(first).ok()?));
                    // Of two that became equal, the one goes that was changed for it.
                    let is_set = |place: &(usize, usize)| {
                        self.destinations.get(place.0).is_some_and(|element| element.now.is_some())
                    };
                    let goes = first.filter(|first| is_set(first) && !is_set(&own)).copied().unwrap_or(own);
                    let is_taken = !violation.facts().counts(Fact::Requests).is_empty();
                    match images.get(*number).filter(|_| self.drops_images && is_taken) {
                        Some(image) => of_images.push((*image, violation)),
                        None => of_destinations.push((goes, violation)),
                    }
                }
                None if !violation.facts().texts(Fact::TakenIn).is_empty() => {
                    // The name stays, for it was not chosen to be left out: these destinations go.
                    let taken = violation.facts().texts(Fact::TakenIn);
                    let is_taken = |place: &(usize, usize)| {
                        let value = self.destinations.get(place.0).map(Element::values);
                        let value = value.and_then(|values| values.into_iter().nth(place.1)?.ok());
                        value.is_some_and(|value| taken.contains(&value))
                    };
                    let places = destinations.iter().filter(|place| is_taken(place));
                    of_destinations.extend(places.map(|place| (*place, violation)));
                }
                // Nothing else can be mended of the list as a whole.
                None if parameter.is_destination() => {
                    over = over.or_else(|| violation.facts().count(Fact::Limit).map(|_| violation));
                }
                // Each of several requests may lack the same.
                None if mended.insert(parameter) => is_changed |= self.mend_scalar(violation)?,
                None => {}
            }
        }
        // The first ones stay, once nothing else is wrong with any.
        if let Some(violation) = over.filter(|_| of_destinations.is_empty()) {
            let of = |fact| violation.facts().count(fact).unwrap_or_default();
            let excess = of(Fact::Count).saturating_sub(of(Fact::Limit));
            let last = destinations.iter().rev().take(usize::try_from(excess).unwrap_or(usize::MAX));
            of_destinations.extend(last.map(|place| (*place, violation)));
        }
        // A client that leaves out its own region does not send it either where it was meant.
        let own = self.base.request().region.clone().filter(|_| self.base.leaves_out_source());
        is_changed |= change(&mut self.images, of_images, None, &mut self.given_up);
        is_changed |= change(&mut self.destinations, of_destinations, own.as_deref(), &mut self.given_up);
        is_changed.then_some(())
    }

    /// Changes a parameter of one value; `None` if that cannot help.
    fn mend_scalar(&mut self, violation: &Violation) -> Option<bool> {
        let (parameter, facts) = (violation.parameter(), violation.facts());
        if parameter.is_image() {
            // It goes with an element of the list, or not at all.
            return Some(false);
        }
        if self.scalars.iter().any(|scalar| scalar.parameter == *parameter) {
            // It was set or left out already, and this did not help.
            return None;
        }
        if facts.text(Fact::FirstSeen).is_some() {
            let protects = [Parameter::DRY_RUN, Parameter::ENCRYPT].contains(parameter)
                && violation.value() == Some(word(true));
            if protects {
                return None;
            }
            let is_idle = violation.value() == Some(word(false));
            self.set(parameter, None, if is_idle { Confidence::SameMeaning } else { Confidence::GivesUp });
        } else if *parameter == Parameter::REGION {
            // Which region it may be is a choice.
            return None;
        } else if let Some(meant) = facts.text(Fact::Meant) {
            self.set(parameter, Some(meant.to_owned()), confidence_of(violation));
        } else if *parameter == Parameter::VERSION {
            let expected = facts.text(Fact::Expected)?;
            let confidence =
                if violation.value().is_none() { Confidence::SameMeaning } else { Confidence::Likely };
            self.set(parameter, Some(expected.to_owned()), confidence);
        } else {
            return None;
        }
        Some(true)
    }

    /// Returns the edits, each with the violations that it removes.
    fn edits(&self, violations: &[Violation]) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        let order = |parameter: &Parameter| Row::all_names().position(|name| name == parameter.name());
        let mut scalars: Vec<&Scalar> = self.scalars.iter().collect();
        scalars.sort_by_key(|scalar| order(&scalar.parameter));
        for scalar in scalars {
            let edit = match (&scalar.value, scalar.was_sent) {
                (None, _) => EditKind::Remove,
                (Some(_), true) => EditKind::Set,
                (Some(_), false) => EditKind::Add,
            };
            let values = scalar.value.iter().cloned().collect();
            let (parameter, confidence) = (scalar.parameter.clone(), scalar.confidence);
            edits.push(Edit::new(edit, parameter, values, confidence));
        }
        let lists =
            [(Parameter::IMAGE_IDS, &self.images), (Parameter::DESTINATION_REGIONS, &self.destinations)];
        for (list, elements) in lists {
            for (element, (confidence, _)) in elements.iter().zip(losses(elements)) {
                let Some(values) = element.now.clone() else { continue };
                let edit = if values.is_empty() { EditKind::Remove } else { EditKind::Set };
                let parameter = list.clone().element(element.subscript);
                edits.push(Edit::new(edit, parameter, values, confidence));
            }
        }
        if self.is_split() {
            let (parameter, confidence) = (Parameter::IMAGE_IDS, Confidence::SameMeaning);
            edits.push(Edit::new(EditKind::Split, parameter, Vec::new(), confidence));
        }
        attribute(&mut edits, violations);
        edits
    }

    /// True if it becomes several requests.
    fn is_split(&self) -> bool {
        let images: Vec<_> = self.images.iter().flat_map(Element::values).collect();
        !self.is_joint && images.len() > 1 && images.iter().all(Result::is_ok)
    }

    /// Returns the number of edits, of what is given up, and of edits that are only likely.
    fn cost(&self) -> (usize, usize, usize) {
        let lists = [&self.images, &self.destinations];
        let changed = lists.into_iter().flatten().filter(|element| element.now.is_some()).count();
        let of_scalar =
            |scalar: &Scalar| (scalar.confidence, usize::from(scalar.confidence == Confidence::GivesUp));
        let all = lists.into_iter().flat_map(|elements| losses(elements));
        let all: Vec<(Confidence, usize)> = all.chain(self.scalars.iter().map(of_scalar)).collect();
        let given_up = all.iter().map(|(_, given_up)| given_up).sum();
        let likely = all.iter().filter(|(confidence, _)| *confidence == Confidence::Likely).count();
        (self.scalars.len() + changed + usize::from(self.is_split()), given_up, likely)
    }
}

/// Returns, for each element of a list, the certainty of its change and the number of values that
/// are given up with it. A value that goes twice is given up once.
fn losses(elements: &[Element]) -> Vec<(Confidence, usize)> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut losses = Vec::new();
    for element in elements {
        let given_up = element.given_up.iter().filter(|value| seen.insert(value)).count();
        losses.push((if given_up > 0 { Confidence::GivesUp } else { element.confidence }, given_up));
    }
    losses
}

/// Says of each edit which violations go with it: those of its own parameter, and those that no
/// edit of their own removes.
fn attribute(edits: &mut [Edit], violations: &[Violation]) {
    let own: BTreeMap<Parameter, usize> =
        edits.iter().enumerate().map(|(index, edit)| (edit.parameter().clone(), index)).collect();
    for violation in violations {
        let (parameter, facts) = (violation.parameter(), violation.facts());
        let first = facts.count(Fact::DuplicateOf).and_then(|first| usize::try_from(first).ok());
        let first = first.map(|first| parameter.whole().element(first));
        let is_element = parameter.subscript().is_some();
        let is_list = !is_element && (parameter.is_image() || parameter.is_destination());
        // An element that stays is right in another region, or once another parameter is left out.
        let elsewhere = [Parameter::REGION, Parameter::IMAGE_NAME].into_iter().filter(|_| is_element);
        let mut keys = [parameter.clone()].into_iter().chain(first).chain(elsewhere);
        let indices: Vec<usize> = match keys.find_map(|key| own.get(&key)) {
            Some(index) if !is_list => vec![*index],
            _ if is_element => vec![0],
            // What is wrong with a list goes with every edit of it; a name that is taken, with the
            // destinations in which it is.
            _ => {
                let list = if is_list { parameter.clone() } else { Parameter::DESTINATION_REGIONS };
                let is_of_list = |edit: &Edit| edit.parameter().name() == list.name();
                let of_list = edits.iter().enumerate().filter(|(_, edit)| is_of_list(edit));
                let of_list: Vec<usize> = of_list.map(|(index, _)| index).collect();
                if of_list.is_empty() { vec![0] } else { of_list }
            }
        };
        for index in indices {
            if let Some(edit) = edits.get_mut(index) {
                edit.removes_also(violation);
            }
        }
    }
}

/// Returns, for each element of the list as it is now, the index of the element and
/// that of the value in it.
fn places(elements: &[Element]) -> Vec<(usize, usize)> {
    let values = |(index, element): (usize, &Element)| {
        let count = element.now.as_ref().map_or(1, Vec::len);
        (0..count).map(move |value| (index, value))
    };
    elements.iter().enumerate().flat_map(values).collect()
}

/// Puts what was meant in the place of each element that a violation is about, or leaves it out, as
/// it does what was meant to be `left_out`. Adds the violations for which something is given up.
/// True if anything changes.
fn change(
    elements: &mut [Element],
    mut violations: Vec<((usize, usize), &Violation)>,
    left_out: Option<&str>,
    given_up: &mut Vec<Violation>,
) -> bool {
    violations.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let mut is_changed = false;
    for of_value in violations.chunk_by(|(a, _), (b, _)| a == b) {
        let [((index, value), violation), ..] = of_value else { continue };
        let Some(element) = elements.get_mut(*index).filter(|element| element.sent.is_ok()) else { continue };
        let facts = violation.facts();
        is_changed = true;
        match (facts.text(Fact::Meant), facts.texts(Fact::Elements)) {
            (Some(meant), _) if element.now.is_none() && Some(meant) != left_out => {
                element.set(vec![meant.to_owned()], confidence_of(violation));
            }
            (None, several @ [_, ..]) => element.set(several.to_vec(), Confidence::SameMeaning),
            _ => {
                if of_value.iter().all(|(_, violation)| is_duplicate(violation)) {
                    element.drop_value(*value, false);
                    continue;
                }
                element.drop_value(*value, true);
                // An image with which nobody can help needs no place.
                let is_lost = of_value.iter().any(|(_, violation)| is_image_lost(violation));
                let reasons = of_value.iter().map(|(_, violation)| *violation);
                given_up.extend(reasons.filter(|reason| !is_lost || reason.parameter().is_image()).cloned());
            }
        }
    }
    is_changed
}
