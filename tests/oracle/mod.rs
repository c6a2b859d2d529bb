//! A second implementation of the 2017-03 page, to hold the library against.
//!
//! It is written in the plainest way there is: loops, searches from the first record to the last, comparisons of text.
//! It shares nothing with the library but the types of the request and of the state, so a slip would have to be made
//! twice, in two different styles, to stay unseen. What it says is compared in full: every violation with its code and
//! parameter, in order, and everything that stays unverified, in order.
#![allow(dead_code, reason = "several test targets share this module and none uses all of it")]

use presync::{Report, State, SyncRequest, Used};

/// What the page says of one call.
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
                || expected.2 != got.parameter().to_string()
            {
                return false;
            }
        }
        for (expected, got) in self.unverified.iter().zip(report.unverified()) {
            if expected.0 != got.rule() || expected.1 != got.parameter().to_string() {
                return false;
            }
        }
        true
    }

    fn violated(&mut self, rule: &str, parameter: &str) {
        self.violations.push((rule.to_owned(), code(rule).to_owned(), parameter.to_owned()));
    }

    fn open(&mut self, rule: &str, parameter: &str) {
        self.unverified.push((rule.to_owned(), parameter.to_owned()));
    }

    fn judged(&mut self, rule: &str, parameter: &str, answer: Answer) {
        match answer {
            Answer::Holds => {}
            Answer::Broken => self.violated(rule, parameter),
            Answer::Open => self.open(rule, parameter),
        }
    }
}

/// Every rule with its code, in the order in which violations come.
const RULES: [(&str, &str); 17] = [
    ("version-required", "MissingParameter"),
    ("version-supported", "NoSuchVersion"),
    ("source-region-supported", "UnsupportedRegion"),
    ("parameter-known", "UnknownParameter"),
    ("image-required", "MissingParameter"),
    ("image-single", "InvalidParameterValue"),
    ("image-id-format", "InvalidImageId.Malformed"),
    ("image-exists", "InvalidImageId.NotFound"),
    ("image-custom", "InvalidParameterValue"),
    ("image-state-normal", "InvalidImageId.IncorrectState"),
    ("image-size", "InvalidImageId.TooLarge"),
    ("destination-required", "MissingParameter"),
    ("destination-exists", "InvalidRegion.NotFound"),
    ("destination-available", "InvalidRegion.Unavailable"),
    ("destination-not-source", "InvalidRegion.Unavailable"),
    ("destination-unique", "InvalidParameterValue"),
    ("image-quota", "LimitExceeded"),
];

const VERSION: &str = "2017-03-12";
/// An image must be smaller than this.
const SIZE_IN_GIB: u64 = 50;
/// Custom images of an account in one region, when the state gives no number.
const QUOTA: u64 = 10;
/// An id that is listed in more regions than this is not followed through all of them.
const RECORDS: usize = 32;

fn code(rule: &str) -> &'static str {
    for (name, code) in RULES {
        if name == rule {
            return code;
        }
    }
    ""
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Holds,
    Broken,
    Open,
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
}

/// Where the image is copied from.
enum Source {
    /// There is none that one could go by.
    None,
    /// This region.
    Is(String),
    /// One of these; with each, whether a record says so.
    OneOf(Vec<(String, bool)>),
}

/// Judges a call by the 2017-03 page.
pub(crate) fn judge(request: &SyncRequest, state: &State) -> Verdict {
    let mut verdict = Verdict::default();
    let region_is_unknown = match &request.region {
        None => false,
        Some(region) => !region_exists(state, region),
    };

    match &request.version {
        None => verdict.violated("version-required", "Version"),
        Some(version) => {
            if version != VERSION {
                verdict.violated("version-supported", "Version");
            }
        }
    }
    if region_is_unknown {
        verdict.violated("source-region-supported", "Region");
    }
    if request.dry_run.is_some() {
        verdict.violated("parameter-known", "DryRun");
    }
    if request.image_name.is_some() {
        verdict.violated("parameter-known", "ImageName");
    }
    if request.image_set_required.is_some() {
        verdict.violated("parameter-known", "ImageSetRequired");
    }
    if request.encrypt.is_some() {
        verdict.violated("parameter-known", "Encrypt");
    }
    if request.kms_key_id.is_some() {
        verdict.violated("parameter-known", "KmsKeyId");
    }

    let mut lookups = Vec::new();
    for id in &request.image_ids {
        if region_is_unknown || !well_formed(id) {
            lookups.push(Lookup::None);
        } else {
            lookups.push(look_up(id, request.region.as_deref(), state));
        }
    }
    judge_images(request, state, &lookups, &mut verdict);
    let source = if region_is_unknown { Source::None } else { find_source(request, state, &lookups) };
    judge_destinations(request, state, &source, &mut verdict);
    verdict
}

fn judge_images(request: &SyncRequest, state: &State, lookups: &[Lookup], verdict: &mut Verdict) {
    if request.image_ids.is_empty() {
        verdict.violated("image-required", "ImageIds");
    }
    if request.image_ids.len() > 1 {
        verdict.violated("image-single", "ImageIds");
    }
    for (n, id) in request.image_ids.iter().enumerate() {
        if !well_formed(id) {
            verdict.violated("image-id-format", &format!("ImageIds.{n}"));
        }
    }
    for (n, lookup) in lookups.iter().enumerate() {
        match lookup {
            Lookup::Missing => verdict.violated("image-exists", &format!("ImageIds.{n}")),
            Lookup::MayExist => verdict.open("image-exists", &format!("ImageIds.{n}")),
            Lookup::None | Lookup::Listed(_) => {}
        }
    }
    for rule in ["image-custom", "image-state-normal", "image-size"] {
        for (n, lookup) in lookups.iter().enumerate() {
            let answer = match lookup {
                Lookup::None | Lookup::Missing => Answer::Holds,
                Lookup::MayExist => Answer::Open,
                Lookup::Listed(records) => all_say(rule, records, state),
            };
            verdict.judged(rule, &format!("ImageIds.{n}"), answer);
        }
    }
}

fn judge_destinations(request: &SyncRequest, state: &State, source: &Source, verdict: &mut Verdict) {
    let destinations = &request.destination_regions;
    if destinations.is_empty() {
        verdict.violated("destination-required", "DestinationRegions");
    }
    for rule in [
        "destination-exists",
        "destination-available",
        "destination-not-source",
        "destination-unique",
        "image-quota",
    ] {
        for (n, destination) in destinations.iter().enumerate() {
            let parameter = format!("DestinationRegions.{n}");
            let mut repeated = false;
            for earlier in destinations.iter().take(n) {
                if earlier == destination {
                    repeated = true;
                }
            }
            // The later one of two is that and nothing else; an unknown one likewise.
            if repeated {
                if rule == "destination-unique" {
                    verdict.violated(rule, &parameter);
                }
                continue;
            }
            if !region_exists(state, destination) {
                if rule == "destination-exists" {
                    verdict.violated(rule, &parameter);
                }
                continue;
            }
            let answer = match rule {
                "destination-available" => available(destination, source, state),
                "destination-not-source" => not_source(destination, source),
                "image-quota" => room(destination, state),
                _ => Answer::Holds,
            };
            verdict.judged(rule, &parameter, answer);
        }
    }
}

fn region_exists(state: &State, name: &str) -> bool {
    for region in state.regions() {
        if region.region == name {
            return true;
        }
    }
    false
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
    Lookup::Missing
}

/// A rule of several records is decided only when all of them say the same.
fn all_say(rule: &str, records: &[usize], state: &State) -> Answer {
    if records.len() > RECORDS {
        return Answer::Open;
    }
    let mut common = None;
    for (place, image) in state.images().iter().enumerate() {
        if !records.contains(&place) {
            continue;
        }
        let says = match rule {
            "image-custom" => match &image.image_type {
                None => Answer::Open,
                Some(kind) if kind.as_str() == "PRIVATE_IMAGE" => Answer::Holds,
                Some(_) => Answer::Broken,
            },
            "image-state-normal" => match &image.image_state {
                None => Answer::Open,
                Some(word) if word.as_str() == "NORMAL" => Answer::Holds,
                Some(_) => Answer::Broken,
            },
            _ => match image.image_size {
                None => Answer::Open,
                Some(size) if size < SIZE_IN_GIB => Answer::Holds,
                Some(_) => Answer::Broken,
            },
        };
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
            Lookup::Listed(records) => {
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
    if candidates.is_empty() { Source::None } else { Source::OneOf(candidates) }
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
        Source::OneOf(candidates) => {
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
            if some_blocked && !some_free && some_listed {
                return Answer::Broken;
            }
            if some_blocked {
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

fn not_source(destination: &str, source: &Source) -> Answer {
    match source {
        Source::None => Answer::Holds,
        Source::Is(region) => {
            if region == destination {
                Answer::Broken
            } else {
                Answer::Holds
            }
        }
        Source::OneOf(candidates) => {
            if has(candidates, destination) {
                Answer::Open
            } else {
                Answer::Holds
            }
        }
    }
}

/// Whether there is room for one more custom image.
fn room(destination: &str, state: &State) -> Answer {
    let mut limit = QUOTA;
    if let Some(number) = state.account_quota().image_num_quota {
        limit = number;
    }
    let mut used = Used::AsListed;
    let mut in_flight = 0;
    for quota in &state.account_quota().regions {
        if quota.region == destination {
            used = quota.used;
            in_flight = quota.in_flight;
            if let Some(number) = quota.image_num_quota {
                limit = number;
            }
        }
    }

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
                if region.region == destination && !region.images_complete {
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
