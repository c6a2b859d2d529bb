//! What each fuzz target does with its bytes. Apart from the targets, so that the tests of the
//! library replay every committed input without a fuzzer.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a target says what is wrong by panicking"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use presync::check::compare::{Agreement, Table};
use presync::check::lines::{Batch, Outcome};
use presync::check::plan::{self, Plan};
use presync::generators::Pair;
use presync::sources::recorded::{Outcome as Recorded, RecordedLines};
use presync::wire::{self, DecodeError, Headers};
use presync::{
    Edition, ImageType, Parameter, QuotaLimit, Report, Ruleset, State, SyncRequest, Used, Violation,
};
use serde_json::value::RawValue;

mod documents;
#[path = "../../tests/support/history.rs"]
mod history;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

pub use documents::{describe, packer_hcl, packer_json, packer_legacy, packer_values, policy, terraform};

/// A target: its name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 14] = [
    ("validate", validate),
    ("plan", plan),
    ("decode", decode),
    ("decode_differential", decode_differential),
    ("state", state),
    ("cli_batch", cli_batch),
    ("compare", compare),
    ("describe", describe),
    ("terraform", terraform),
    ("packer_legacy", packer_legacy),
    ("packer_hcl", packer_hcl),
    ("packer_json", packer_json),
    ("packer_values", packer_values),
    ("policy", policy),
];

/// The edition under which an input is judged. It is read from the last two bytes and leaves them
/// where they are: what else is made from the bytes is the same under every edition.
pub fn edition_of(data: &[u8]) -> Edition {
    let tail = data.get(data.len().saturating_sub(2)..).unwrap_or_default();
    Edition::arbitrary(&mut Unstructured::new(tail)).unwrap_or(Edition::FIRST)
}

/// A state in which some of what requests and documents name is there, some
/// is not, and some is full.
static STATE: LazyLock<State> = LazyLock::new(|| {
    State::from_json(include_bytes!("../../tests/data/state.json")).expect("the state of the tests")
});

/// The documented rules of each edition that an input can say.
static RULES: LazyLock<BTreeMap<Edition, Ruleset>> = LazyLock::new(|| {
    history::months().into_iter().map(|month| (month, Ruleset::documented(month))).collect()
});

/// The documented rules of an edition, which are made once.
fn documented(edition: Edition) -> &'static Ruleset {
    RULES.get(&edition).expect("an edition that an input can say")
}

/// True of one input in eight. What is slow, and nearly the same for every input or also held by
/// another target, is looked at in these: that nothing is kept between two readings, that equal
/// requests get equal reports, that a report is the same from its JSON.
fn is_one_of_eight(data: &[u8]) -> bool {
    data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) % 8 == 0
}

/// A request and a state that have to do with each other, about an edition, made from the bytes:
/// the library says what the oracle says.
pub fn validate(data: &[u8]) {
    let edition = edition_of(data);
    let Ok(pair) = Pair::arbitrary_under(edition, &mut Unstructured::new(data)) else { return };
    let Pair { request, state, .. } = pair;
    let report = documented(edition).check(&request, &state);
    assert_eq!(report.edition(), edition);
    let expected = oracle::judge(edition, &request, &state);
    assert!(expected.is_what_says(&report), "expected {expected:#?}, the library says {report:#?}");
    assert_sane(&report);
    // As of every report in `cli_batch`, whose texts are any ones.
    if is_one_of_eight(data) {
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

/// No rule blames one parameter twice, and what is shown to people can be shown.
fn assert_sane(report: &Report) {
    let violated = report.violations().iter().map(|violation| (violation.rule(), violation.parameter()));
    let open = report.unverified().iter().map(|unverified| (unverified.rule(), unverified.parameter()));
    assert_each_once(violated.chain(open).collect());
    report.violations().iter().for_each(assert_showable);
}

fn assert_each_once(mut blamed: Vec<(&str, &Parameter)>) {
    blamed.sort_unstable();
    let twice = blamed.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(twice.is_none(), "twice: {twice:?}");
}

fn assert_showable(violation: &Violation) {
    let texts = [Some(violation.message()), violation.value(), violation.hint(), violation.allowed()];
    for text in texts.into_iter().flatten() {
        // Nearly every text is of plain characters, which are looked at faster.
        let is_plain = text.bytes().fold(true, |is_plain, byte| is_plain & matches!(byte, b' '..=b'~'));
        assert!(is_plain || !text.chars().any(char::is_control), "a control character: {text:?}");
        assert!(text.len() < 5_000 || text.chars().count() < 5_000, "too long: {text:?}");
    }
}

/// A state, and calls that are mostly about what it lists.
pub fn calls(data: &[u8]) -> arbitrary::Result<(State, Vec<SyncRequest>)> {
    // What the calls are, before what they are about: it is short.
    let (order, pair) = data.split_at(data.len().min(100));
    let Pair { request, state, .. } = Pair::arbitrary_under(edition_of(data), &mut Unstructured::new(pair))?;
    let mut u = Unstructured::new(order);
    let count = u.int_in_range(1..=8)?;
    let mut calls: Vec<SyncRequest> = vec![request];
    for _ in 1..count {
        let call = match u.int_in_range(0..=7)? {
            0 => SyncRequest::arbitrary(&mut u)?,
            // The same again: places and names run out.
            1 | 2 => u.choose(&calls)?.clone(),
            _ => call_about(&mut u, &state)?,
        };
        calls.push(call);
    }
    Ok((state, calls))
}

/// A call for an image of the state to regions of the state, where it has any.
fn call_about(u: &mut Unstructured<'_>, state: &State) -> arbitrary::Result<SyncRequest> {
    if state.images().is_empty() {
        return SyncRequest::arbitrary(u);
    }
    let image = u.choose(state.images())?;
    let count = u.int_in_range(1..=3)?;
    let destinations: Vec<&str> = (0..count)
        .map(|_| u.choose(state.regions()).map(|region| &*region.region))
        .collect::<arbitrary::Result<_>>()?;
    let mut call = SyncRequest::new(&*image.image_id, destinations);
    if bool::arbitrary(u)? {
        call.region = Some(image.region.clone());
    }
    match u.int_in_range(0..=7)? {
        0..=2 => {}
        // A name that something in the state has.
        3 => call.image_name = u.choose(state.images())?.image_name.clone(),
        4 => call.image_name = Some(String::new()),
        _ => call.image_name = Some((*u.choose(&["base", "base-v2", "copy"])?).to_owned()),
    }
    match u.int_in_range(0..=15)? {
        0 => call.dry_run = Some(true),
        1 => call.dry_run = Some(false),
        2 => call.image_set_required = Some(true),
        // Only to its own region.
        3 | 4 => {
            (call.encrypt, call.kms_key_id) = (Some(true), None);
            call.destination_regions = vec![image.region.clone()];
        }
        5 => call.destination_regions = vec![image.region.clone()],
        _ => {}
    }
    Ok(call)
}

/// Calls one after another, made from the bytes: each gets the report that the oracle gives for
/// any fate of the calls before it that may be accepted or not; as long as there is none, that is
/// the report that it would get alone on the state which the accepted ones leave, and a state
/// that was brought up to date is as good as one that was made anew. And where nothing is left
/// open, no quota is exceeded.
pub fn plan(data: &[u8]) {
    let edition = edition_of(data);
    let Ok((state, calls)) = calls(data) else { return };
    let rules = documented(edition);
    let mut in_place = Plan::new(rules, state.clone());
    let mut moment = state.clone();
    let mut is_certain = true;
    let mut reports = Vec::new();
    let expected = oracle::judge_plan(edition, &calls, &state);
    for (before, (call, expected)) in calls.iter().zip(expected).enumerate() {
        let report = in_place.check(call);
        assert!(expected.is_what_says(&report), "expected {expected:#?}, the library says {report:#?}");
        assert_sane(&report);
        if is_certain {
            assert_is_but_for_hints(&report, &rules.check(call, &moment));
        }
        for hint in report.violations().iter().filter_map(Violation::hint) {
            assert_blames_earlier(hint, before);
        }
        if report.accepted() {
            if report.unverified().is_empty() {
                moment = moment.after(call);
            } else {
                is_certain = false;
            }
            assert_eq!(*in_place.state(), moment);
        }
        reports.push(report);
    }
    assert_eq!(*in_place.state(), moment, "a refused call has changed the state");
    if is_one_of_eight(data) {
        assert_eq!(plan::check(rules, &calls, &state), reports);
    }
    if moment != state {
        let anew = State::from_json(&serde_json::to_vec(&moment).unwrap()).unwrap();
        for (index, call) in calls.iter().enumerate().filter(|(index, call)| !calls[..*index].contains(call))
        {
            if is_certain {
                assert_eq!(rules.check(call, &anew), rules.check(call, in_place.state()), "{index}");
            }
            assert_eq!(anew.after(call), in_place.state().after(call), "{index}");
        }
    }
    // A strict plan refuses what is not verified, and else says the same.
    let end = if is_certain {
        moment
    } else {
        let rules = rules.clone().strict();
        let mut strict = Plan::new(&rules, state.clone());
        for call in &calls {
            strict.check(call);
        }
        strict.state().clone()
    };
    // No call takes anything away: what is not too many at the end never was.
    let at_first = taken(&state);
    for (region, taken) in taken(&end) {
        let limit = limit(edition, &state, region);
        assert!(taken <= limit || at_first.contains(&(region, taken)), "{region}: {taken} of {limit}");
    }
}

fn assert_is_but_for_hints(report: &Report, alone: &Report) {
    // Nearly always nothing earlier is blamed.
    if report == alone {
        return;
    }
    assert_eq!(report.accepted(), alone.accepted());
    assert_eq!(report.unverified(), alone.unverified());
    assert_eq!(report.violations().len(), alone.violations().len());
    for (violation, alone) in report.violations().iter().zip(alone.violations()) {
        assert_eq!(violation.to_string(), alone.to_string());
        assert_eq!(
            (violation.rule(), violation.value(), violation.allowed()),
            (alone.rule(), alone.value(), alone.allowed())
        );
    }
}

/// A hint that names requests of the plan names some that came before this one, in order.
fn assert_blames_earlier(hint: &str, before: usize) {
    let Some((requests, _)) = hint.split_once(" of the plan ") else { return };
    let numbers =
        requests.split(|character: char| !character.is_ascii_digit()).filter(|text| !text.is_empty());
    let numbers: Vec<usize> = numbers.map(|number| number.parse().unwrap()).collect();
    assert!(!numbers.is_empty() && numbers.is_sorted(), "{hint}");
    assert!(numbers.iter().all(|number| (1..=before).contains(number)), "request {}: {hint}", before + 1);
}

/// How many custom images, and copies on their way, each region has, where the state says it.
fn taken(state: &State) -> Vec<(&str, u64)> {
    let mut taken = Vec::new();
    for region in state.regions() {
        let quota = state.account_quota().regions.iter().find(|quota| quota.region == region.region);
        let used = match quota.map_or(Used::AsListed, |quota| quota.used) {
            Used::Count(count) => count,
            Used::Unknown => continue,
            Used::AsListed => {
                let here = state.images().iter().filter(|image| image.region == region.region);
                let custom = here.filter(|image| image.image_type == Some(ImageType::PRIVATE_IMAGE));
                u64::try_from(custom.count()).unwrap()
            }
        };
        let in_flight = quota.map_or(0, |quota| quota.in_flight);
        taken.push((&*region.region, used.saturating_add(in_flight)));
    }
    taken
}

/// How many there may be.
fn limit(edition: Edition, state: &State, region: &str) -> u64 {
    let quotas = &state.account_quota().regions;
    let own = quotas.iter().find(|quota| quota.region == region);
    let own = own.map_or(QuotaLimit::Default, |quota| quota.image_num_quota);
    let limit = if own == QuotaLimit::Default { state.account_quota().image_num_quota } else { own };
    match limit {
        QuotaLimit::Default => history::quota(edition),
        QuotaLimit::Count(limit) => limit,
        QuotaLimit::Unknown => u64::MAX,
    }
}

/// Any bytes: decoding never panics, what is decoded stays the same when it is encoded and decoded
/// again, and what is blamed is in the input, at a place that is found.
pub fn decode(data: &[u8]) {
    match wire::decode(data) {
        Ok(request) => {
            // A query that is written here carries its action, and so says that there is
            // no region; JSON does not.
            let mut in_query = request.clone();
            in_query.has_no_region = request.region.is_none();
            assert_eq!(wire::decode(wire::encode_query(&request).as_bytes()), Ok(in_query));
            if request.version.is_some() {
                let mut in_json = request.clone();
                in_json.has_no_region = false;
                assert_eq!(wire::decode(&serde_json::to_vec(&request).unwrap()), Ok(in_json));
            }
        }
        Err(DecodeError::Shape { violations } | DecodeError::Damaged { violations, .. }) => {
            assert!(!violations.is_empty());
            match wire::mend(data, &Headers::unknown()) {
                Ok(mended) => assert!(wire::decode(mended.text().as_bytes()).is_ok(), "{}", mended.text()),
                Err(DecodeError::Shape { violations }) => assert!(!violations.is_empty()),
                Err(_) => {}
            }
            let sent = Sent::of(data);
            let spans = wire::spans(data);
            for violation in &violations {
                let parameter = violation.parameter();
                assert!(
                    sent.has(&parameter.to_string()),
                    "`{parameter}` is not in the input, which has {:?} and {:?}",
                    sent.names,
                    sent.trimmed
                );
                assert!(
                    spans.of(parameter).is_some_and(|span| data.get(span).is_some()),
                    "no place: {violation}"
                );
                assert_showable(violation);
            }
            assert_each_once(violations.iter().map(|found| (found.rule(), found.parameter())).collect());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The names of the parameters in a body, and of the elements of its lists, as they are written.
struct Sent<'t> {
    names: Vec<Cow<'t, str>>,
    /// Names of a query, without the line breaks beside them: they are no part of a name. A list
    /// that is cut off is blamed as a whole.
    trimmed: Vec<String>,
}

impl<'t> Sent<'t> {
    fn of(data: &'t [u8]) -> Self {
        let text = std::str::from_utf8(data).expect("the shape is judged of text only");
        let mut sent = Self { names: Vec::new(), trimmed: Vec::new() };
        if text.trim_ascii_start().starts_with('{') {
            let body: Written<'_> =
                serde_json::from_str(text).expect("the shape is judged of whole JSON only");
            for (name, value) in body.0 {
                if value.get().starts_with('[') {
                    let elements: Vec<&RawValue> = serde_json::from_str(value.get()).expect("a list");
                    let subscripts = 0..elements.len();
                    sent.names.extend(subscripts.map(|subscript| Cow::Owned(format!("{name}.{subscript}"))));
                }
                sent.names.push(Cow::Owned(name));
            }
            return sent;
        }
        // Once with the address of a URL and once without: either may be the first name.
        let queries = [Some(text), text.split_once('?').map(|(_, query)| query)];
        for query in queries.into_iter().flatten() {
            sent.add(query);
            if let Some((query, cut)) = query.split_once('#') {
                sent.add(query);
                sent.add_cut(cut);
            }
        }
        sent
    }

    fn add(&mut self, query: &'t str) {
        fn name(pair: &str) -> &str {
            pair.split('=').next().unwrap_or(pair)
        }

        self.names.extend(form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name));
        // A name that is no text is blamed as it was sent.
        self.names.extend(query.split('&').map(|pair| Cow::Borrowed(name(pair))));
        let trimmed = |part| [str::trim_ascii_start(part), str::trim_ascii_end(part), str::trim_ascii(part)];
        let mut parts = Cow::Borrowed(query);
        if query.contains(|character: char| character.is_ascii_whitespace()) {
            parts = Cow::Owned(query.split('&').flat_map(trimmed).collect::<Vec<_>>().join("&"));
            self.names.extend(parts.split('&').map(|pair| Cow::Owned(name(pair).to_owned())));
        }
        self.trimmed.extend(form_urlencoded::parse(parts.as_bytes()).map(|(name, _)| name.into_owned()));
    }

    /// Adds names of what is cut off behind a `#`, which are blamed as missing: those behind an `&`
    /// too that HTML writes as a number. A name is that of a list up to its first dot.
    fn add_cut(&mut self, cut: &'t str) {
        let entity =
            |part: &'t str| ["38;", "038;", "x26;", "X26;"].iter().find_map(|rest| part.strip_prefix(rest));
        // Before the first `&` is the rest of a value, unless the `#` is that of an entity.
        let others = cut.split('&').skip(1);
        let others = others.map(|part| part.strip_prefix('#').and_then(entity).unwrap_or(part));
        let parts = entity(cut).into_iter().chain(others);
        let names = parts.flat_map(|part| form_urlencoded::parse(part.as_bytes()));
        self.trimmed.extend(names.map(|(name, _)| name.split('.').next().unwrap_or_default().to_owned()));
    }

    /// True of a parameter that is blamed as one of these.
    fn has(&self, parameter: &str) -> bool {
        let named = |name: &str| Parameter::from(name);
        let all = || self.names.iter().map(|name| &**name).chain(self.trimmed.iter().map(|name| &**name));
        // Nearly every name is blamed as it is written.
        all().any(|name| name == parameter)
            || all().map(named).any(|name| format!("{name}") == parameter)
            || self.trimmed.iter().any(|name| named(name).name() == parameter)
    }
}

/// The members of a JSON object, repeated ones too, with their values as they are written: not
/// every number that JSON can write is one that a program can hold.
struct Written<'t>(Vec<(String, &'t RawValue)>);

impl<'de> serde::Deserialize<'de> for Written<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Written<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Written(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// One request, made from the bytes: as a query string, as JSON, and with its headers beside it, it
/// is the same request and gets the same report.
pub fn decode_differential(data: &[u8]) {
    let edition = edition_of(data);
    let Ok(pair) = Pair::arbitrary_under(edition, &mut Unstructured::new(data)) else { return };
    let Pair { mut request, state, .. } = pair;
    // A body alone does not say it, and all headers do.
    request.has_no_region = false;
    let rules = documented(edition);
    let looks_at_reports = is_one_of_eight(data);
    let is = |decoded: Result<SyncRequest, DecodeError>, request: &SyncRequest| {
        let decoded = decoded.expect("what was encoded can be decoded");
        assert_eq!(decoded, *request);
        if looks_at_reports {
            assert_eq!(rules.check(&decoded, &state), rules.check(request, &state));
        }
    };
    // What says which action it is, or all of its headers, says too that there is no region.
    let mut whole = request.clone();
    whole.has_no_region = request.region.is_none();
    let same = |decoded| is(decoded, &whole);
    let query = wire::encode_query(&request);
    same(wire::decode(query.as_bytes()));
    same(wire::decode(format!("https://image.api.qcloud.com/v2/index.php?{query}").as_bytes()));

    // Version and Region in headers, and only the action's own parameters in the body.
    let headers = Headers::read(|name| match name {
        "X-TC-Action" => Some("SyncImages"),
        "X-TC-Version" => request.version.as_deref(),
        "X-TC-Region" => request.region.as_deref(),
        _ => None,
    });
    let mut own = request.clone();
    (own.version, own.region) = (None, None);
    same(wire::decode_with(wire::encode_query(&own).as_bytes(), &headers));
    let body = serde_json::to_string(&own).unwrap().replacen("\"Version\":null,", "", 1);
    same(wire::decode_with(body.as_bytes(), &headers));
    if request.version.is_some() {
        is(wire::decode(&serde_json::to_vec(&request).unwrap()), &request);
    }
}

/// Any bytes as a state: what loads is the same when it is saved and loaded again,
/// whichever way it is loaded.
pub fn state(data: &[u8]) {
    let loaded = State::from_json(data);
    // In what is ignored, the JSON reader does not look whether bytes are text.
    if std::str::from_utf8(data).is_ok() {
        // A mark of the byte order before the text is passed over, and is no JSON.
        let by_serde = serde_json::from_slice::<State>(data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data));
        assert_eq!(loaded.is_ok(), by_serde.is_ok(), "{loaded:?} {by_serde:?}");
    }
    match loaded {
        Ok(state) => {
            let saved = serde_json::to_vec(&state).unwrap();
            assert_eq!(State::from_json(&saved).as_ref(), Ok(&state));
            for image in state.images() {
                assert_eq!(state.image(&image.region, &image.image_id), Some(image));
            }
            for region in state.regions() {
                assert_eq!(state.region(&region.region), Some(region));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Any bytes as lines of `presync batch`, under an edition that they say too: each has one answer,
/// which is JSON on one line, and it is what decoding and checking the request say.
pub fn cli_batch(data: &[u8]) {
    static BATCHES: LazyLock<BTreeMap<Edition, Batch<'static>>> = LazyLock::new(|| {
        RULES.iter().map(|(edition, rules)| (*edition, Batch::new(rules, &STATE))).collect()
    });
    let (edition, state) = (edition_of(data), &*STATE);
    let (rules, batch) = (documented(edition), &BATCHES[&edition]);
    let looks_at_all = is_one_of_eight(data);
    for (number, line) in (1..).zip(data.split(|byte| *byte == b'\n')) {
        let mut answer = b"before".to_vec();
        let outcome = batch.line(number, line, &mut answer);
        let answer = std::str::from_utf8(&answer).expect("an answer is text");
        let answer = answer.strip_prefix("before").expect("what was there stays");
        let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        if line.trim_ascii().is_empty() {
            assert_eq!((outcome, answer), (Outcome::Blank, ""));
            continue;
        }
        let answer = answer.strip_suffix('\n').expect("an answer is a line");
        assert!(!answer.contains(['\n', '\r']), "more than one line: {answer}");
        let said: Written<'_> = serde_json::from_str(answer).expect("an answer is JSON");
        let sent = serde_json::from_slice::<Written<'_>>(line).ok();
        // One with a line break in it cannot be written on one line, and is refused.
        let is_broken = |sent: &Written<'_>| sent.of("id").is_some_and(|id| id.get().contains(['\n', '\r']));
        let is_refused = sent.as_ref().is_some_and(is_broken);
        let id = match &sent {
            Some(_) if is_refused => None,
            Some(sent) => sent.of("id"),
            // Where the line breaks off, an id before that is kept.
            None => said.of("id").filter(|id| String::from_utf8_lossy(line).contains(id.get())),
        };
        assert_eq!(said.of("id").map(RawValue::get), id.map(RawValue::get));
        let expected = sent.as_ref().filter(|_| !is_refused).and_then(|sent| sent.report(rules, state));
        match outcome {
            Outcome::Accepted(report) | Outcome::Refused(report) => {
                let head = id.map_or_else(|| format!("{{\"line\":{number},"), |id| format!("{{\"id\":{id},"));
                let rest = answer.strip_prefix(&head).expect("the id comes first");
                let text = serde_json::to_string(&report).unwrap();
                assert_eq!(Some(rest), text.strip_prefix('{'));
                // Without a finding only the edition is in it.
                if !report.violations().is_empty() || !report.unverified().is_empty() || looks_at_all {
                    assert_eq!(serde_json::from_str::<Report>(&text).ok().as_ref(), Some(&report), "{text}");
                }
                assert_eq!(expected, Some(report));
            }
            _ => {
                assert_eq!(expected, None, "{answer}");
                assert_eq!(said.of("line").map(RawValue::get), Some(&*number.to_string()));
                let error: serde_json::Value = serde_json::from_str(said.of("error").unwrap().get()).unwrap();
                assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
                let column = error.get("column").map(|column| column.as_u64().expect("a column"));
                let length = u64::try_from(line.len()).unwrap();
                assert!(column.is_none_or(|column| (1..=length.max(1)).contains(&column)), "{answer}");
            }
        }
    }
}

/// Any bytes as lines of `presync compare`, under an edition that they say too: each has one
/// answer, which is JSON on one line. What is compared agrees with what the report alone says, and
/// the table of it is read as it is written.
pub fn compare(data: &[u8]) {
    static OTHER: LazyLock<State> = LazyLock::new(State::unknown);
    let edition = edition_of(data);
    let lines = RecordedLines::new(documented(edition), &STATE).with_state("other", &OTHER);
    let mut table = Table::new(edition);
    let mut compared = 0;
    for (number, line) in (1..).zip(data.split(|byte| *byte == b'\n')) {
        let mut answer = b"before".to_vec();
        let outcome = lines.line(number, line, &mut answer);
        let answer = std::str::from_utf8(&answer).expect("an answer is text");
        let answer = answer.strip_prefix("before").expect("what was there stays");
        if outcome == Recorded::Blank {
            assert_eq!(answer, "");
            continue;
        }
        let answer = answer.strip_suffix('\n').expect("an answer is a line");
        assert!(!answer.contains(['\n', '\r']), "more than one line: {answer}");
        let said: Written<'_> = serde_json::from_str(answer).expect("an answer is JSON");
        match outcome {
            Recorded::Compared(comparison) => {
                let (broken, unverified) = (comparison.broken().count(), comparison.unverified().count());
                let agreement = comparison.agreement();
                if let Some(alone) = comparison.alone() {
                    assert_eq!((comparison.broken().next(), broken, unverified), (Some(alone), 1, 0));
                }
                assert_eq!(agreement == Agreement::Accepted, comparison.code().is_none() && broken == 0);
                let is_first = comparison.code().is_some() && comparison.code() == comparison.expected();
                assert_eq!(agreement == Agreement::First, is_first);
                assert!(agreement != Agreement::Unverified || unverified > 0, "{answer}");
                assert_eq!(said.of("agreement").map(RawValue::get), Some(&*format!("\"{agreement}\"")));
                table.add(&comparison);
                compared += 1;
            }
            Recorded::Unreadable(reason) => {
                assert!(!reason.is_empty() && said.of("error").is_some(), "{answer}");
                let error: serde_json::Value = serde_json::from_str(said.of("error").unwrap().get()).unwrap();
                let column = error.get("column").map(|column| column.as_u64().expect("a column"));
                let length = u64::try_from(line.len()).unwrap();
                assert!(column.is_none_or(|column| (1..=length.max(1)).contains(&column)), "{answer}");
            }
            _ => panic!("a line that is not blank is one of the two"),
        }
    }
    assert_eq!(table.lines(), compared);
    // Without a line only the edition is in it.
    if compared > 0 || is_one_of_eight(data) {
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Table>(&json).ok().as_ref(), Some(&table), "{json}");
    }
}

impl<'t> Written<'t> {
    /// The first value of this key.
    fn of(&self, key: &str) -> Option<&'t RawValue> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    /// The report on the request in this line; `None` if there is no request.
    fn report(&self, rules: &Ruleset, state: &State) -> Option<Report> {
        const KEYS: [&str; 4] = ["id", "region", "headers", "request"];
        let times = |key| self.0.iter().filter(|(name, _)| name == key).count();
        if self.0.iter().any(|(name, _)| !KEYS.contains(&&**name)) || KEYS.iter().any(|key| times(*key) > 1) {
            return None;
        }
        let region: Option<String> = match self.of("region") {
            Some(region) => Some(serde_json::from_str(region.get()).ok()?),
            None => None,
        };
        let sent: Option<Texts> = match self.of("headers") {
            Some(headers) => Some(serde_json::from_str(headers.get()).ok()?),
            None => None,
        };
        let header = |name: &str| -> Vec<&str> {
            let all = sent.iter().flat_map(|sent| &sent.0);
            all.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value).collect()
        };
        let known = ["X-TC-Action", "X-TC-Version", "X-TC-Region"].map(header);
        if known.iter().any(|values| values.len() > 1) {
            return None;
        }
        let differs = |region: &String| known[2].first().is_some_and(|header| header != region);
        if region.as_ref().is_some_and(differs) {
            return None;
        }
        let headers = match &sent {
            Some(_) => Headers::read(|name| header(name).first().copied()),
            None => Headers::unknown(),
        };
        let headers = region.iter().fold(headers, |headers, region| headers.with_region(region));
        let request = self.of("request")?.get();
        let request: String = match request.as_bytes() {
            [b'{', ..] => request.to_owned(),
            _ => serde_json::from_str(request).ok()?,
        };
        match wire::decode_with(request.as_bytes(), &headers) {
            Ok(request) => Some(rules.check(&request, state)),
            Err(error) => error.into_report_with(rules, |request| rules.check(request, state)).ok(),
        }
    }
}

/// The members of an object of texts, repeated ones too.
struct Texts(Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for Texts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;

        let written = Written::deserialize(deserializer)?;
        let text = |(name, value): (String, &RawValue)| {
            Ok((name, serde_json::from_str(value.get()).map_err(D::Error::custom)?))
        };
        Ok(Self(written.0.into_iter().map(text).collect::<Result<_, _>>()?))
    }
}
