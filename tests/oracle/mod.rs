//! A second implementation of the page in each of its editions, to hold the library against.
//!
//! It is written in the plainest way there is: loops, searches from the first record to the last,
//! comparisons of text. Of the library it has the types of the request and of the state, and what
//! reads and makes a list of records; it judges nothing with it, and what an accepted call leaves
//! behind is written here again (`left_by`). So a slip would have to be made twice, in two
//! different styles, to stay unseen. Codes, months and order come from the history by hand. What it
//! says is compared with the rule, the code and the parameter of every violation, in order, and
//! with the rule and the parameter of everything that stays unverified, in order; a value, a
//! message and a hint have no part here.
//!
//! What the page leaves to whoever implements it is decided once, for both. A slip in one of these
//! choices is not seen here:
//!
//! - a `Region` that is not sent is the region in which the images are; of several images, one of
//!   those in which any of them is;
//! - a word that is not known, of a type or a state, is a wrong one and not an open question;
//! - a region with an empty name is none, also where the list of regions is not complete;
//! - copies in flight count against the quota, and a request with several images, which is refused
//!   for that, against it with one copy;
//! - of a destination that is a duplicate, or no region, nothing else is said;
//! - an id that is listed in more than 32 regions is not followed through all of them (`RECORDS`):
//!   what depends on it is open;
//! - the type of an image decides where else it may be: a custom one has its id in one region, any
//!   other one, and one whose type is not known, may be in each region whose list of images is not
//!   complete (`may_be_elsewhere`);
//! - two unknowns are not joined: each is asked by itself, also where no case fits both (`both`);
//! - a copy from a region that was not sent keeps a known name only if every image is listed, or
//!   each record of the image is that of a custom one (`name_kept`);
//! - a plan takes each call as accepted, or as refused where something of it is unverified, and
//!   tries no more than these two (`judge_plan`).
#![allow(dead_code, reason = "several test targets share this module and none uses all of it")]

use std::fmt::{self, Write as _};

use presync::{Edition, Image, Parameter, QuotaLimit, RegionQuota, Report, State, SyncRequest, Used};

use super::history;

/// What a page says of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Rule, code, parameter.
    pub(crate) violations: Vec<(String, String, String)>,
    /// Rule, parameter.
    pub(crate) unverified: Vec<(String, String)>,
}

impl Verdict {
    /// What a report says, in the same form.
    pub(crate) fn of(report: &Report) -> Self {
        let mut verdict = Self::default();
        for violation in report.violations() {
            verdict.violations.push((
                violation.rule().to_owned(),
                violation.code().as_str().to_owned(),
                violation.parameter().to_string(),
            ));
        }
        for open in report.unverified() {
            verdict.unverified.push((open.rule().to_owned(), open.parameter().to_string()));
        }
        verdict
    }

    /// Whether a report says exactly this, in this order. Faster than building the other verdict.
    pub(crate) fn is_what_says(&self, report: &Report) -> bool {
        if self.violations.len() != report.violations().len()
            || self.unverified.len() != report.unverified().len()
        {
            return false;
        }
        for (expected, got) in self.violations.iter().zip(report.violations()) {
            if expected.0 != got.rule()
                || expected.1 != got.code().as_str()
                || !is_shown_as(got.parameter(), &expected.2)
            {
                return false;
            }
        }
        for (expected, got) in self.unverified.iter().zip(report.unverified()) {
            if expected.0 != got.rule() || !is_shown_as(got.parameter(), &expected.1) {
                return false;
            }
        }
        true
    }

    /// What only one of two says, for whoever reads why they differ.
    pub(crate) fn difference(&self, library: &Self) -> String {
        let lines = |verdict: &Self| -> Vec<String> {
            let violations = verdict.violations.iter().map(|found| format!("{found:?}"));
            let unverified = verdict.unverified.iter().map(|(rule, at)| format!("{rule} {at} unverified"));
            violations.chain(unverified).collect()
        };
        let (oracle, library) = (lines(self), lines(library));
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|line| !those.contains(line)).cloned().collect()
        };
        let (of_oracle, of_library) = (only(&oracle, &library), only(&library, &oracle));
        if of_oracle.is_empty() && of_library.is_empty() {
            return format!("another order: the oracle {oracle:?}, the library {library:?}");
        }
        format!("only the oracle says {of_oracle:?}, only the library {of_library:?}")
    }

    fn violated(&mut self, edition: Edition, rule: &str, parameter: &str) {
        self.violations.push((
            rule.to_owned(),
            history::rule(rule).code(edition).to_owned(),
            parameter.to_owned(),
        ));
    }

    fn open(&mut self, rule: &str, parameter: &str) {
        self.unverified.push((rule.to_owned(), parameter.to_owned()));
    }

    /// Leaves out what a silenced rule says of a parameter where the other one is broken. Where
    /// that may be, it is not certain: what breaks the silenced one leaves it open.
    pub(crate) fn silenced(mut self, silences: &[Silence]) -> Self {
        for (rule, silent) in silences {
            let mut broken = Vec::new();
            for violation in &self.violations {
                if violation.0 == *rule {
                    broken.push(violation.2.clone());
                }
            }
            let mut open = Vec::new();
            for unverified in &self.unverified {
                if unverified.0 == *rule {
                    open.push(unverified.1.clone());
                }
            }
            let mut left = Verdict::default();
            for (rule, parameter) in self.unverified {
                if !silent.contains(&&*rule) || !broken.contains(&parameter) {
                    left.unverified.push((rule, parameter));
                }
            }
            for (rule, code, parameter) in self.violations {
                if !silent.contains(&&*rule) || (!broken.contains(&parameter) && !open.contains(&parameter)) {
                    left.violations.push((rule, code, parameter));
                } else if !broken.contains(&parameter)
                    && !left.unverified.contains(&(rule.clone(), parameter.clone()))
                {
                    left.unverified.push((rule, parameter));
                }
            }
            self = left;
        }
        self
    }

    /// Puts what is said in the order of the rules and of the subscripts.
    fn sort(&mut self) {
        // Each place is looked up once.
        self.violations.sort_by_cached_key(|(rule, _, parameter)| order(rule, parameter));
        self.unverified.sort_by_cached_key(|(rule, parameter)| order(rule, parameter));
    }

    fn judged(&mut self, edition: Edition, rule: &str, parameter: &str, answer: Answer) {
        match answer {
            Answer::Holds => {}
            Answer::Broken => self.violated(edition, rule, parameter),
            Answer::Open => self.open(rule, parameter),
        }
    }
}

/// Whether this is the text of it, without making a text of it.
fn is_shown_as(parameter: &Parameter, text: &str) -> bool {
    struct Left<'t>(&'t str);
    impl fmt::Write for Left<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut left = Left(text);
    write!(left, "{parameter}").is_ok() && left.0.is_empty()
}

const VERSION: &str = "2017-03-12";
/// An image must be smaller than this, as long as the page says so.
const SIZE_IN_GIB: u64 = 50;
/// A name has no more characters than this, since the page says so.
const NAME_IN_CHARACTERS: usize = 60;
/// An id that is listed in more regions than this is not followed through all of them.
const RECORDS: usize = 32;

/// Whether the edition is of this month or of a later one.
fn since(edition: Edition, year: u16, month: u8) -> bool {
    (edition.year(), edition.month()) >= (year, month)
}

/// Custom images of an account in one region, when the state gives no number.
fn documented_quota(edition: Edition) -> u64 {
    if since(edition, 2024, 2) {
        500
    } else if since(edition, 2023, 8) {
        50
    } else {
        10
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Holds,
    Broken,
    Open,
}

/// How sure something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sure {
    Yes,
    Maybe,
    No,
}

/// What may not be so at all is never sure.
fn if_at_all(at_all: Sure, answer: Answer) -> Answer {
    match (at_all, answer) {
        (Sure::No, _) => Answer::Holds,
        (Sure::Maybe, Answer::Broken) => Answer::Open,
        (_, answer) => answer,
    }
}

/// What is forbidden is two things together.
fn both(one: Sure, other: Sure) -> Answer {
    if one == Sure::No || other == Sure::No {
        Answer::Holds
    } else if one == Sure::Yes && other == Sure::Yes {
        Answer::Broken
    } else {
        Answer::Open
    }
}

/// What is known of one id.
enum Lookup {
    /// It cannot be an id, or there is no region to look in: nothing more is judged.
    None,
    /// It is surely not there.
    Missing,
    /// It is not listed, but neither is everything.
    MayExist,
    /// The places of its records in the state.
    Listed(Vec<usize>),
    /// The places of its records, and it may be in other regions too.
    ListedAndElsewhere(Vec<usize>),
}

/// Where the image is copied from.
enum Source {
    /// There is none that one could go by.
    None,
    /// This region.
    Is(String),
    /// This region, which is not listed: it may not be there at all.
    Unlisted(String),
    /// One of these; with each, whether a record says so. It may also be a
    /// region that is not listed.
    OneOf { candidates: Vec<(String, bool)>, or_unlisted: bool },
}

/// Judges a call by the page of one month.
pub(crate) fn judge(edition: Edition, request: &SyncRequest, state: &State) -> Verdict {
    let mut verdict = Verdict::default();
    let region_exists = match &request.region {
        None => Sure::Yes,
        Some(region) => region_exists(state, region),
    };

    match &request.version {
        None => verdict.violated(edition, "version-required", "Version"),
        Some(version) => {
            if version != VERSION {
                verdict.violated(edition, "version-supported", "Version");
            }
        }
    }
    // In API 3.0 it may be in a header, so that its absence is seen by who sees all of them.
    if since(edition, 2021, 6) && request.region.is_none() {
        if request.has_no_region {
            verdict.violated(edition, "region-required", "Region");
        } else {
            verdict.open("region-required", "Region");
        }
    }
    match region_exists {
        Sure::Yes => {}
        Sure::Maybe => verdict.open("source-region-supported", "Region"),
        Sure::No => verdict.violated(edition, "source-region-supported", "Region"),
    }
    if request.dry_run.is_some() && !since(edition, 2022, 4) {
        verdict.violated(edition, "parameter-known", "DryRun");
    }
    if request.image_name.is_some() && !since(edition, 2022, 8) {
        verdict.violated(edition, "parameter-known", "ImageName");
    }
    if request.image_set_required.is_some() && !since(edition, 2022, 11) {
        verdict.violated(edition, "parameter-known", "ImageSetRequired");
    }
    if request.encrypt.is_some() && !since(edition, 2024, 10) {
        verdict.violated(edition, "parameter-known", "Encrypt");
    }
    if request.kms_key_id.is_some() && !since(edition, 2024, 10) {
        verdict.violated(edition, "parameter-known", "KmsKeyId");
    }

    let mut lookups = Vec::new();
    for id in &request.image_ids {
        if region_exists == Sure::No || !well_formed(id) {
            lookups.push(Lookup::None);
        } else if region_exists == Sure::Maybe {
            lookups.push(Lookup::MayExist);
        } else {
            lookups.push(look_up(id, request.region.as_deref(), state));
        }
    }
    judge_images(edition, request, &lookups, &mut verdict);
    let source = match (region_exists, &request.region) {
        (Sure::No, _) => Source::None,
        (Sure::Maybe, Some(region)) => Source::Unlisted(region.clone()),
        _ => find_source(request, state, &lookups),
    };
    judge_destinations(edition, request, state, &lookups, &source, &mut verdict);
    judge_name(edition, request, state, &mut verdict);
    judge_facts(edition, state, &lookups, &mut verdict);
    if let Some(key) = &request.kms_key_id
        && encrypting(edition, request)
        && !is_key_id(key)
    {
        verdict.violated(edition, "kms-key-format", "KmsKeyId");
    }
    let mut verdict = verdict.silenced(SILENCES);
    verdict.sort();
    verdict
}

/// A rule, and those that are not reported where it is broken on the same parameter:
/// they have the same cause.
pub(crate) type Silence = (&'static str, &'static [&'static str]);

/// What is silenced, of what the functions below say.
const SILENCES: &[Silence] = &[];

/// Judges calls one after another. A call with something unknown is accepted or refused by the
/// service: the calls behind it are judged for every fate that the uncertain ones before them may
/// have, impossible ones too. What is violated in each of these cases is violated; what is violated
/// or unverified in some of them is unverified.
pub(crate) fn judge_plan(edition: Edition, requests: &[SyncRequest], state: &State) -> Vec<Verdict> {
    // The states that the calls so far may have left behind.
    let mut states = vec![state.clone()];
    let mut verdicts = Vec::new();
    for request in requests {
        let cases: Vec<Verdict> = states.iter().map(|state| judge(edition, request, state)).collect();
        let verdict = in_any_case(&cases);
        if verdict.violations.is_empty() {
            let mut after: Vec<State> = states.iter().map(|state| left_by(request, state)).collect();
            if !verdict.unverified.is_empty() {
                after.extend(states);
            }
            // A call that leaves no trace makes no difference.
            let mut different: Vec<State> = Vec::new();
            for state in after {
                if !different.contains(&state) {
                    different.push(state);
                }
            }
            states = different;
        }
        verdicts.push(verdict);
    }
    verdicts
}

/// What an accepted call leaves behind: in each destination that is listed one copy in flight
/// for each image, however often the destination is named, and the name of the copy where it
/// has one. Nothing else changes: the copy is no image yet and is counted by nobody, and a
/// trial leaves all as it was.
fn left_by(request: &SyncRequest, state: &State) -> State {
    if request.dry_run == Some(true) {
        return state.clone();
    }
    let mut quota = state.account_quota().clone();
    for (n, destination) in request.destination_regions.iter().enumerate() {
        if is_repeated(&request.destination_regions, n) {
            continue;
        }
        let mut is_listed = false;
        for region in state.regions() {
            is_listed |= region.region == *destination;
        }
        if !is_listed {
            continue;
        }
        let mut record = None;
        for (place, quota) in quota.regions.iter().enumerate() {
            if quota.region == *destination {
                record = Some(place);
            }
        }
        if record.is_none() {
            record = Some(quota.regions.len());
            quota.regions.push(RegionQuota::new(destination.clone()));
        }
        for id in &request.image_ids {
            for (place, quota) in quota.regions.iter_mut().enumerate() {
                if Some(place) != record {
                    continue;
                }
                quota.in_flight = quota.in_flight.saturating_add(1);
                match name_kept(id, request, state) {
                    Name::None => {}
                    Name::Is(name) => quota.in_flight_names.push(Some(name)),
                    Name::Unknown => quota.in_flight_names.push(None),
                }
            }
        }
    }
    State::from_records(
        state.regions().to_vec(),
        state.images().to_vec(),
        quota,
        state.blocked_routes().to_vec(),
    )
    .expect("the records of a state, and copies to regions that it lists")
    .with_regions_complete(state.regions_complete())
}

/// The name that a copy gets.
enum Name {
    None,
    Is(String),
    Unknown,
}

/// The name of a copy is the one that is asked for, and without one that of its
/// image. An empty one is none.
fn name_kept(id: &str, request: &SyncRequest, state: &State) -> Name {
    if let Some(name) = &request.image_name
        && !name.is_empty()
    {
        return Name::Is(name.clone());
    }
    let mut records = Vec::new();
    let mut all_custom = true;
    for image in state.images() {
        let looked_in = match &request.region {
            None => true,
            Some(region) => image.region == *region,
        };
        if looked_in && image.image_id == id {
            all_custom &= image.image_type.as_ref().is_some_and(|word| word.as_str() == "PRIVATE_IMAGE");
            records.push(image);
        }
    }
    if request.region.is_none() && !all_custom {
        // It may be another one that is meant, in a region whose images are not all listed.
        let mut all_listed = state.regions_complete();
        for region in state.regions() {
            all_listed &= region.images_complete;
        }
        if !all_listed {
            return Name::Unknown;
        }
    }
    let mut name = None;
    for image in records {
        match (&image.image_name, &name) {
            (None, _) => return Name::Unknown,
            (Some(_), None) => name = image.image_name.clone(),
            (Some(other), Some(name)) if other == name => {}
            (Some(_), Some(_)) => return Name::Unknown,
        }
    }
    match name {
        None => Name::Unknown,
        Some(name) if name.is_empty() => Name::None,
        Some(name) => Name::Is(name),
    }
}

/// What is said whichever of the cases it is.
fn in_any_case(cases: &[Verdict]) -> Verdict {
    let mut verdict = Verdict::default();
    for case in cases {
        for violation in &case.violations {
            let finding = (violation.0.clone(), violation.2.clone());
            if cases.iter().all(|other| other.violations.contains(violation)) {
                if !verdict.violations.contains(violation) {
                    verdict.violations.push(violation.clone());
                }
            } else if !verdict.unverified.contains(&finding) {
                verdict.unverified.push(finding);
            }
        }
        for open in &case.unverified {
            if !verdict.unverified.contains(open) {
                verdict.unverified.push(open.clone());
            }
        }
    }
    verdict.sort();
    verdict
}

/// The place of a finding: that of its rule, and the subscript.
fn order(rule: &str, parameter: &str) -> (Option<usize>, Option<usize>) {
    let subscript = parameter.split('.').nth(1).and_then(|subscript| subscript.parse().ok());
    (history::RULES.iter().position(|known| known.id == rule), subscript)
}

fn judge_images(edition: Edition, request: &SyncRequest, lookups: &[Lookup], verdict: &mut Verdict) {
    if request.image_ids.is_empty() {
        verdict.violated(edition, "image-required", "ImageIds");
    }
    if request.image_ids.len() > 1 {
        verdict.violated(edition, "image-single", "ImageIds");
    }
    for (n, id) in request.image_ids.iter().enumerate() {
        if !well_formed(id) {
            verdict.violated(edition, "image-id-format", &format!("ImageIds.{n}"));
        }
    }
    for (n, lookup) in lookups.iter().enumerate() {
        match lookup {
            Lookup::Missing => verdict.violated(edition, "image-exists", &format!("ImageIds.{n}")),
            Lookup::MayExist => verdict.open("image-exists", &format!("ImageIds.{n}")),
            Lookup::None | Lookup::Listed(_) | Lookup::ListedAndElsewhere(_) => {}
        }
    }
}

/// The elements of a list.
fn elements(list: &str, length: usize) -> Vec<String> {
    let mut elements = Vec::new();
    for n in 0..length {
        elements.push(format!("{list}.{n}"));
    }
    elements
}

/// A rule on what the record of an image says.
type FactRule = (&'static str, fn(Edition, &Image) -> Answer);

/// Every rule on what the record of an image says.
const FACTS: &[FactRule] = &[
    ("image-custom", |edition, image| match &image.image_type {
        None => Answer::Open,
        Some(kind) if kind.as_str() == "PRIVATE_IMAGE" => Answer::Holds,
        Some(kind) if kind.as_str() == "SHARED_IMAGE" && since(edition, 2022, 8) => Answer::Holds,
        Some(_) => Answer::Broken,
    }),
    ("image-state-normal", |_, image| match &image.image_state {
        None => Answer::Open,
        Some(word) if word.as_str() == "NORMAL" => Answer::Holds,
        Some(_) => Answer::Broken,
    }),
    ("image-size", |_, image| match image.image_size {
        None => Answer::Open,
        Some(size) if size < SIZE_IN_GIB => Answer::Holds,
        Some(_) => Answer::Broken,
    }),
    ("image-encrypted", |_, image| match image.encrypted {
        None => Answer::Open,
        Some(false) => Answer::Holds,
        Some(true) => Answer::Broken,
    }),
];

fn judge_facts(edition: Edition, state: &State, lookups: &[Lookup], verdict: &mut Verdict) {
    let parameters = elements("ImageIds", lookups.len());
    for (rule, says) in FACTS {
        if !history::rule(rule).is_on(edition) {
            continue;
        }
        for (parameter, lookup) in parameters.iter().zip(lookups) {
            let answer = match lookup {
                Lookup::None | Lookup::Missing => Answer::Holds,
                Lookup::MayExist => Answer::Open,
                // What differs from region to region is that of the one that is meant; the
                // type is the image's own.
                Lookup::ListedAndElsewhere(_) if *rule != "image-custom" => Answer::Open,
                Lookup::Listed(records) | Lookup::ListedAndElsewhere(records) => {
                    all_say(edition, *says, records, state)
                }
            };
            verdict.judged(edition, rule, parameter, answer);
        }
    }
}

fn judge_destinations(
    edition: Edition,
    request: &SyncRequest,
    state: &State,
    lookups: &[Lookup],
    source: &Source,
    verdict: &mut Verdict,
) {
    let destinations = &request.destination_regions;
    if destinations.is_empty() {
        verdict.violated(edition, "destination-required", "DestinationRegions");
    }
    let parameters = elements("DestinationRegions", destinations.len());
    for rule in [
        "destination-exists",
        "destination-available",
        "destination-not-source",
        "destination-source-only",
        "destination-unique",
        "image-quota",
    ] {
        for (n, (destination, parameter)) in destinations.iter().zip(&parameters).enumerate() {
            // The later one of two is that and nothing else; an unknown one likewise.
            if is_repeated(destinations, n) {
                if rule == "destination-unique" {
                    verdict.violated(edition, rule, parameter);
                }
                continue;
            }
            let exists = region_exists(state, destination);
            if exists == Sure::No {
                if rule == "destination-exists" {
                    verdict.violated(edition, rule, parameter);
                }
                continue;
            }
            let answer = match rule {
                "destination-exists" if exists == Sure::Maybe => Answer::Open,
                // Of a region that is not listed neither is known.
                "destination-available" | "image-quota" if exists == Sure::Maybe => Answer::Open,
                "destination-available" => available(destination, source, state),
                "destination-not-source" => not_source(edition, request, state, lookups, destination, source),
                "destination-source-only" => {
                    source_only(edition, request, state, lookups, destination, source)
                }
                "image-quota" => room(edition, destination, state),
                "destination-exists" | "destination-unique" => Answer::Holds,
                other => panic!("no line says what `{other}` asks of a destination"),
            };
            // If it is not there, that is all there is to say.
            verdict.judged(edition, rule, parameter, if_at_all(exists, answer));
        }
    }
}

fn judge_name(edition: Edition, request: &SyncRequest, state: &State, verdict: &mut Verdict) {
    let Some(name) = &request.image_name else {
        return;
    };
    if since(edition, 2025, 4) {
        let mut characters = 0;
        for _ in name.chars() {
            characters += 1;
        }
        if characters > NAME_IN_CHARACTERS {
            verdict.violated(edition, "image-name-length", "ImageName");
        }
    }
    if since(edition, 2022, 8) && !name.is_empty() {
        // The name is one for all destinations: one finding, whichever of them it is taken in.
        let mut answer = Answer::Holds;
        for (n, destination) in request.destination_regions.iter().enumerate() {
            if is_repeated(&request.destination_regions, n) {
                continue;
            }
            let is_taken = match region_exists(state, destination) {
                Sure::No => continue,
                Sure::Maybe => Sure::Maybe,
                Sure::Yes => taken(name, destination, state),
            };
            match is_taken {
                Sure::Yes => answer = Answer::Broken,
                Sure::Maybe => {
                    if answer == Answer::Holds {
                        answer = Answer::Open;
                    }
                }
                Sure::No => {}
            }
        }
        verdict.judged(edition, "image-name-unique", "ImageName", answer);
    }
}

/// Whether an earlier destination is the same.
fn is_repeated(destinations: &[String], n: usize) -> bool {
    for (earlier, destination) in destinations.iter().enumerate() {
        if earlier < n && Some(destination) == destinations.get(n) {
            return true;
        }
    }
    false
}

/// A copy that is to be encrypted, on a page that knows of such.
fn encrypting(edition: Edition, request: &SyncRequest) -> bool {
    since(edition, 2024, 10) && request.encrypt == Some(true)
}

/// Five groups of hexadecimal digits with a dash between any two.
fn is_key_id(key: &str) -> bool {
    let mut lengths = Vec::new();
    for group in key.split('-') {
        let mut length = 0;
        for character in group.chars() {
            if !"0123456789abcdefABCDEF".contains(character) {
                return false;
            }
            length += 1;
        }
        lengths.push(length);
    }
    lengths == [8, 4, 4, 4, 12]
}

/// Whether there is a region of this name: it is listed, or not every region is.
fn region_exists(state: &State, name: &str) -> Sure {
    for region in state.regions() {
        if region.region == name {
            return Sure::Yes;
        }
    }
    // No region is without a name.
    if state.regions_complete() || name.is_empty() { Sure::No } else { Sure::Maybe }
}

/// `img-`, then at least eight digits or small letters, and nothing else.
fn well_formed(id: &str) -> bool {
    let Some(rest) = id.strip_prefix("img-") else {
        return false;
    };
    let mut count = 0;
    for character in rest.chars() {
        if !"0123456789abcdefghijklmnopqrstuvwxyz".contains(character) {
            return false;
        }
        count += 1;
    }
    count >= 8
}

fn look_up(id: &str, region: Option<&str>, state: &State) -> Lookup {
    let mut records = Vec::new();
    for (place, image) in state.images().iter().enumerate() {
        let looked_in = match region {
            None => true,
            Some(region) => image.region == region,
        };
        if looked_in && image.image_id == id {
            records.push(place);
        }
    }
    if !records.is_empty() {
        if region.is_none() && may_be_elsewhere(&records, state) {
            return Lookup::ListedAndElsewhere(records);
        }
        return Lookup::Listed(records);
    }
    for listed in state.regions() {
        let looked_in = match region {
            None => true,
            Some(region) => listed.region == region,
        };
        if looked_in && !listed.images_complete {
            return Lookup::MayExist;
        }
    }
    if region.is_none() && !state.regions_complete() {
        return Lookup::MayExist;
    }
    Lookup::Missing
}

/// Whether an image may be where not every image is listed, beside where it is. A custom image has
/// its id in one region, for a copy gets an id of its own. A public image has one id in several.
fn may_be_elsewhere(records: &[usize], state: &State) -> bool {
    let mut regions = Vec::new();
    let mut all_custom = true;
    for (place, image) in state.images().iter().enumerate() {
        if records.contains(&place) {
            regions.push(&image.region);
            let is_custom = image.image_type.as_ref().is_some_and(|word| word.as_str() == "PRIVATE_IMAGE");
            all_custom = all_custom && is_custom;
        }
    }
    if !state.regions_complete() {
        return !all_custom || records.len() > RECORDS;
    }
    for region in state.regions() {
        if !region.images_complete {
            if records.len() > RECORDS {
                return true;
            }
            if !all_custom && !regions.contains(&&region.region) {
                return true;
            }
        }
    }
    false
}

/// A rule of several records is decided only when all of them say the same.
fn all_say(
    edition: Edition,
    says: fn(Edition, &Image) -> Answer,
    records: &[usize],
    state: &State,
) -> Answer {
    if records.len() > RECORDS {
        return Answer::Open;
    }
    let mut common = None;
    for (place, image) in state.images().iter().enumerate() {
        if !records.contains(&place) {
            continue;
        }
        let says = says(edition, image);
        match common {
            None => common = Some(says),
            Some(earlier) if earlier == says => {}
            Some(_) => return Answer::Open,
        }
    }
    common.unwrap_or(Answer::Open)
}

fn find_source(request: &SyncRequest, state: &State, lookups: &[Lookup]) -> Source {
    if let Some(region) = &request.region {
        return Source::Is(region.clone());
    }
    let mut candidates: Vec<(String, bool)> = Vec::new();
    let mut some_may_exist = false;
    for lookup in lookups {
        match lookup {
            Lookup::None | Lookup::Missing => {}
            Lookup::MayExist => some_may_exist = true,
            Lookup::Listed(records) | Lookup::ListedAndElsewhere(records) => {
                some_may_exist |= matches!(lookup, Lookup::ListedAndElsewhere(_));
                for (place, image) in state.images().iter().enumerate() {
                    if records.contains(&place) && !has(&candidates, &image.region) {
                        candidates.push((image.region.clone(), true));
                    }
                }
            }
        }
    }
    if !some_may_exist && candidates.len() == 1 {
        return match candidates.pop() {
            Some((region, _)) => Source::Is(region),
            None => Source::None,
        };
    }
    if some_may_exist {
        for region in state.regions() {
            if !region.images_complete && !has(&candidates, &region.region) {
                candidates.push((region.region.clone(), false));
            }
        }
    }
    let or_unlisted = some_may_exist && !state.regions_complete();
    if candidates.is_empty() && !or_unlisted {
        Source::None
    } else {
        Source::OneOf { candidates, or_unlisted }
    }
}

fn has(candidates: &[(String, bool)], region: &str) -> bool {
    for (candidate, _) in candidates {
        if candidate == region {
            return true;
        }
    }
    false
}

fn available(destination: &str, source: &Source, state: &State) -> Answer {
    let mut open = false;
    for region in state.regions() {
        if region.region != destination {
            continue;
        }
        match &region.region_state {
            None => open = true,
            Some(word) if word.as_str() == "AVAILABLE" => {}
            Some(_) => return Answer::Broken,
        }
        match region.image_sync {
            None => open = true,
            Some(true) => {}
            Some(false) => return Answer::Broken,
        }
    }
    match source {
        Source::None => {}
        Source::Is(from) => {
            if blocked(from, destination, state) {
                return Answer::Broken;
            }
        }
        // No route of a region that is not listed is known.
        Source::Unlisted(_) => open = true,
        Source::OneOf { candidates, or_unlisted } => {
            let mut some_blocked = false;
            let mut some_free = false;
            let mut some_listed = false;
            for (from, listed) in candidates {
                if blocked(from, destination, state) {
                    some_blocked = true;
                } else {
                    some_free = true;
                }
                if *listed {
                    some_listed = true;
                }
            }
            if some_blocked && !some_free && some_listed && !or_unlisted {
                return Answer::Broken;
            }
            if some_blocked || *or_unlisted {
                open = true;
            }
        }
    }
    if open { Answer::Open } else { Answer::Holds }
}

fn blocked(from: &str, to: &str, state: &State) -> bool {
    for route in state.blocked_routes() {
        if route.from == from && route.to == to {
            return true;
        }
    }
    false
}

fn not_source(
    edition: Edition,
    request: &SyncRequest,
    state: &State,
    lookups: &[Lookup],
    destination: &str,
    source: &Source,
) -> Answer {
    let is_source = match source {
        Source::None => Sure::No,
        Source::Is(region) | Source::Unlisted(region) => {
            if region == destination {
                Sure::Yes
            } else {
                Sure::No
            }
        }
        Source::OneOf { candidates, or_unlisted } => {
            let is_listed = region_exists(state, destination) == Sure::Yes;
            if has(candidates, destination) || (*or_unlisted && !is_listed) { Sure::Maybe } else { Sure::No }
        }
    };
    if encrypting(edition, request) {
        return Answer::Holds;
    }
    // At first of any image; of custom ones since shared images may be copied to their own region.
    let concerned =
        if since(edition, 2022, 8) { some_image_is("PRIVATE_IMAGE", lookups, state) } else { Sure::Yes };
    both(concerned, is_source)
}

/// Shared images, and copies that are to be encrypted, stay in the region that they come from.
fn source_only(
    edition: Edition,
    request: &SyncRequest,
    state: &State,
    lookups: &[Lookup],
    destination: &str,
    source: &Source,
) -> Answer {
    if !since(edition, 2022, 8) {
        return Answer::Holds;
    }
    let must_stay =
        if encrypting(edition, request) { Sure::Yes } else { some_image_is("SHARED_IMAGE", lookups, state) };
    let leaves = match source {
        Source::None => Sure::No,
        Source::Is(region) => {
            if region == destination {
                Sure::No
            } else {
                Sure::Yes
            }
        }
        // If it is not there, there is no source to leave.
        Source::Unlisted(region) => {
            if region == destination {
                Sure::No
            } else {
                Sure::Maybe
            }
        }
        Source::OneOf { candidates, or_unlisted } => {
            let mut some_listed = false;
            for (_, listed) in candidates {
                if *listed {
                    some_listed = true;
                }
            }
            if has(candidates, destination) {
                if candidates.len() == 1 && !or_unlisted { Sure::No } else { Sure::Maybe }
            } else if *or_unlisted && region_exists(state, destination) != Sure::Yes {
                Sure::Maybe
            } else if some_listed {
                Sure::Yes
            } else {
                // It may be that the image is nowhere, and then there is no source to leave.
                Sure::Maybe
            }
        }
    };
    both(must_stay, leaves)
}

/// How sure it is that one of the images is of this type.
fn some_image_is(kind: &str, lookups: &[Lookup], state: &State) -> Sure {
    let mut some_may_be = false;
    for lookup in lookups {
        match lookup {
            Lookup::None | Lookup::Missing => {}
            Lookup::MayExist => some_may_be = true,
            Lookup::Listed(records) | Lookup::ListedAndElsewhere(records) => {
                if records.len() > RECORDS {
                    some_may_be = true;
                    continue;
                }
                let mut are = 0;
                let mut are_not = 0;
                for (place, image) in state.images().iter().enumerate() {
                    if !records.contains(&place) {
                        continue;
                    }
                    match &image.image_type {
                        None => {}
                        Some(word) if word.as_str() == kind => are += 1,
                        Some(_) => are_not += 1,
                    }
                }
                if are == records.len() {
                    return Sure::Yes;
                }
                if are_not != records.len() {
                    some_may_be = true;
                }
            }
        }
    }
    if some_may_be { Sure::Maybe } else { Sure::No }
}

/// How sure it is that a custom image of this name is in the region or on its way there.
fn taken(name: &str, region: &str, state: &State) -> Sure {
    let mut may_be = false;
    for image in state.images() {
        if image.region != region {
            continue;
        }
        let custom = match &image.image_type {
            None => Sure::Maybe,
            Some(word) if word.as_str() == "PRIVATE_IMAGE" => Sure::Yes,
            Some(_) => Sure::No,
        };
        let named_so = match &image.image_name {
            None => Sure::Maybe,
            Some(other) if other == name => Sure::Yes,
            Some(_) => Sure::No,
        };
        match both(custom, named_so) {
            Answer::Holds => {}
            Answer::Broken => return Sure::Yes,
            Answer::Open => may_be = true,
        }
    }
    for quota in &state.account_quota().regions {
        if quota.region != region {
            continue;
        }
        for other in &quota.in_flight_names {
            match other {
                None => may_be = true,
                Some(other) if other == name => return Sure::Yes,
                Some(_) => {}
            }
        }
    }
    for listed in state.regions() {
        if listed.region == region && !listed.images_complete && !listed.custom_images_complete {
            may_be = true;
        }
    }
    if may_be { Sure::Maybe } else { Sure::No }
}

/// Whether there is room for one more custom image.
fn room(edition: Edition, destination: &str, state: &State) -> Answer {
    let mut limit = Some(documented_quota(edition));
    match state.account_quota().image_num_quota {
        QuotaLimit::Default => {}
        QuotaLimit::Count(number) => limit = Some(number),
        QuotaLimit::Unknown => limit = None,
    }
    let mut used = Used::AsListed;
    let mut in_flight = 0;
    for quota in &state.account_quota().regions {
        if quota.region == destination {
            used = quota.used;
            in_flight = quota.in_flight;
            match quota.image_num_quota {
                QuotaLimit::Default => {}
                QuotaLimit::Count(number) => limit = Some(number),
                QuotaLimit::Unknown => limit = None,
            }
        }
    }
    // Any number of images may be within a limit that is not known, and over it.
    let Some(limit) = limit else {
        return Answer::Open;
    };

    // Wide enough that the largest counts can be added.
    let mut least: u128 = 0;
    let mut most: u128 = 0;
    let mut most_is_known = true;
    match used {
        Used::Count(count) => {
            least = u128::from(count);
            most = u128::from(count);
        }
        Used::Unknown => most_is_known = false,
        Used::AsListed => {
            for image in state.images() {
                if image.region != destination {
                    continue;
                }
                match &image.image_type {
                    None => most += 1,
                    Some(kind) if kind.as_str() == "PRIVATE_IMAGE" => {
                        least += 1;
                        most += 1;
                    }
                    Some(_) => {}
                }
            }
            for region in state.regions() {
                if region.region == destination && !region.images_complete && !region.custom_images_complete {
                    most_is_known = false;
                }
            }
        }
    }
    if least + u128::from(in_flight) >= u128::from(limit) {
        Answer::Broken
    } else if !most_is_known || most + u128::from(in_flight) >= u128::from(limit) {
        Answer::Open
    } else {
        Answer::Holds
    }
}
