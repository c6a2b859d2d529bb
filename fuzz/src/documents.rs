//! Targets for the readers of other people's documents: responses, plans,
//! templates, values, policies.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

use presync::policy::{Level, Policy, PolicyError};
use presync::sources::describe::{DescribeError, Responses};
use presync::sources::packer::{self, Template, TemplateError, Variables};
use presync::sources::{self, Planned, PlannedCall, SourceError, terraform};
use presync::text::decode;
use presync::{
    AccountQuota, Edition, Image, ImageState, ImageType, NewImage, Parameter, PartialRequest, QuotaLimit,
    Region, RegionState, Report, Ruleset, State, SyncRequest, Used, Violation,
};

use super::{STATE, is_one_of_eight};

/// The two ways in which unknown facts are filled.
const WAYS: [bool; 2] = [false, true];

/// The rules of the first page and of the last one.
static RULES: LazyLock<[Ruleset; 2]> =
    LazyLock::new(|| [Edition::FIRST, Edition::LATEST].map(Ruleset::documented));

/// What a violation is about.
fn found(violation: &Violation) -> (&str, &Parameter) {
    (violation.rule(), violation.parameter())
}

/// What is certain while facts are missing stays when they are filled, and no rule is broken then
/// that was not unverified.
fn assert_stands(known: &Report, filled: &Report, what: &dyn fmt::Debug) {
    // Both are in the order of the rules and of the subscripts: what stands is
    // mostly found where it was.
    let (known, open, filled) = (known.violations(), known.unverified(), filled.violations());
    for (index, said) in known.iter().enumerate() {
        let is_same = |so: &Violation| found(so) == found(said);
        let stands = filled.get(index).is_some_and(is_same) || filled.iter().any(is_same);
        assert!(stands, "certain, and not so: {said:?} of {what:?}");
    }
    let mut last = "";
    for rule in filled.iter().map(Violation::rule) {
        if rule == last {
            continue;
        }
        last = rule;
        let is_said = known.iter().any(|said| said.rule() == rule);
        let is_said = is_said || open.iter().any(|unverified| unverified.rule() == rule);
        assert!(is_said, "neither certain nor unverified, and so: {rule} of {what:?}");
    }
}

/// The line is one of the text, and the column is in it or just behind it.
fn assert_in(text: &[u8], line: usize, column: usize, error: &dyn fmt::Display) {
    let found = text.split(|byte| *byte == b'\n').nth(line.wrapping_sub(1));
    let found = found.unwrap_or_else(|| panic!("no line {line}: {error}"));
    assert!((1..=found.len() + 1).contains(&column), "no column {column} in line {line}: {error}");
}

/// Responses and facts beside them: what is read twice is the same, its state loads from its JSON
/// as equal, the position of an error is in the text, and what the state is certain of stands
/// however the unknown is filled.
///
/// Parts start with a line such as `--- all ap-guangzhou`. Without one the bytes are
/// a response of any action.
pub fn describe(data: &[u8]) {
    let parts = parts(data);
    let read = || {
        let all = parts.iter().try_fold(Responses::default(), |responses, (words, bytes)| {
            add(responses, words, bytes).map_err(|error| (Some(*bytes), error))
        });
        all.and_then(|responses| {
            let warnings = responses.warnings();
            responses.state().map(|state| (state, warnings)).map_err(|error| (None, error))
        })
    };
    let made = read();
    if is_one_of_eight(data) {
        assert_eq!(made, read());
    }
    match made {
        Ok((state, _)) => {
            let saved = serde_json::to_vec(&state).unwrap();
            assert_eq!(State::from_json(&saved).as_ref(), Ok(&state));
            assert_says_no_more(&state, &parts);
            assert_unknown_is_passed_on(&state);
        }
        Err((bytes, error)) => {
            assert!(!error.to_string().is_empty());
            if let DescribeError::Json { line, column, .. } | DescribeError::At { line, column, .. } = &error
            {
                assert_in(&decode(bytes.expect("the error of a part")), *line, *column, &error);
            }
        }
    }
}

/// The parts of an input: the words of the line before each, and its bytes.
fn parts(data: &[u8]) -> Vec<(Vec<String>, &[u8])> {
    const MARK: &[u8] = b"--- ";
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(rest) = data.get(at..) {
        if rest.starts_with(MARK) {
            starts.push(at);
        }
        let Some(line) = rest.iter().position(|byte| *byte == b'\n') else { break };
        at += line + 1;
    }
    let first = starts.first().copied().unwrap_or(data.len());
    let mut parts = Vec::new();
    if first > 0 {
        parts.push((vec!["any".to_owned()], &data[..first]));
    }
    for (index, start) in starts.iter().enumerate().take(16) {
        let end = starts.get(index + 1).copied().unwrap_or(data.len());
        let part = &data[start + MARK.len()..end];
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let words = String::from_utf8_lossy(&part[..line]);
        parts.push((
            words.split_whitespace().map(str::to_owned).collect(),
            part.get(line + 1..).unwrap_or_default(),
        ));
    }
    parts
}

fn add(responses: Responses, words: &[String], bytes: &[u8]) -> Result<Responses, DescribeError> {
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    let number = |word: &str| word.parse().unwrap_or_default();
    match words[..] {
        ["images", region] => responses.images(region, bytes),
        ["custom", region] => responses.custom_images(region, bytes),
        ["all", region] => responses.all_images(region, bytes),
        ["regions"] => responses.regions(bytes),
        ["all-regions"] => responses.all_regions(bytes),
        ["quota"] => responses.quota(None, bytes),
        ["quota", region] => responses.quota(Some(region), bytes),
        ["account"] => responses.account_quota(None, bytes),
        ["account", region] => responses.account_quota(Some(region), bytes),
        ["any", region] => responses.response(Some(region), bytes),
        ["count", count] => responses.quota_count(None, number(count)),
        ["count", region, count] => responses.quota_count(Some(region), number(count)),
        ["used", region, count] => responses.used(region, number(count)),
        ["sync", region] => responses.sync(region),
        ["no-sync", region] => responses.no_sync(region),
        ["block", from, to] => responses.block(from, to),
        _ => responses.response(None, bytes),
    }
}

/// A state says no more than its parts: what no response can say is said by the line
/// of a part, or not at all.
fn assert_says_no_more(state: &State, parts: &[(Vec<String>, &[u8])]) {
    let is_said = |head: &[&str], region: &str| {
        parts.iter().any(|(words, _)| {
            words.first().is_some_and(|word| head.contains(&&**word))
                && words.iter().any(|word| word == region)
        })
    };
    // Keys may be escaped.
    let has = |key: &str| {
        parts.iter().any(|(_, bytes)| {
            let text = decode(bytes);
            String::from_utf8_lossy(&text).contains(key) || text.contains(&b'\\')
        })
    };
    for region in state.regions() {
        let name = &*region.region;
        assert!(
            !region.images_complete || is_said(&["all"], name),
            "nobody said that the images of {name} are all listed"
        );
        assert!(
            !region.custom_images_complete || is_said(&["all", "custom"], name),
            "nobody said that the custom images are all listed"
        );
        assert!(
            region.image_sync.is_none() || is_said(&["sync", "no-sync"], name),
            "no response says where images are synchronized to"
        );
    }
    let is_told = || parts.iter().any(|(words, _)| words.first().is_some_and(|word| word == "all-regions"));
    assert!(!state.regions_complete() || has("RegionSet") || is_told(), "nobody listed the regions");
    assert!(
        state.images().iter().all(|image| image.encrypted.is_none()),
        "no response says what is encrypted"
    );
    for quota in &state.account_quota().regions {
        let is_told = || is_said(&["used", "custom", "all"], &quota.region) || has("UsedQuota");
        assert!(
            !matches!(quota.used, Used::Count(_)) || is_told(),
            "nobody counted the images of {}",
            quota.region
        );
    }
}

/// What is certain in a state stands in two completions of it.
fn assert_unknown_is_passed_on(state: &State) {
    let mut requests =
        vec![SyncRequest::new("img-o3ycss2p", ["ap-shanghai", "ap-nowhere"]).with_region("ap-guangzhou")];
    let regions: Vec<&str> = state.regions().iter().map(|region| &*region.region).take(4).collect();
    for image in state.images().iter().take(3) {
        let others = regions.iter().filter(|region| **region != image.region).copied();
        let mut request = SyncRequest::new(&*image.image_id, others).with_region(&*image.region);
        requests.push(request.clone());
        request.image_name = Some("base".to_owned());
        request.encrypt = Some(true);
        requests.push(request);
    }
    let completed = WAYS.map(|way| completed(state, "img-o3ycss2p", way));
    for (rules, request) in
        RULES.iter().flat_map(|rules| requests.iter().map(move |request| (rules, request)))
    {
        let known = rules.check(request, state);
        for completed in &completed {
            assert_stands(&known, &rules.check(request, completed), &(request, state, completed));
        }
    }
}

/// Fills what a state does not know, in one of two ways. `image_id` is an image that may be
/// where not all are listed.
fn completed(state: &State, image_id: &str, way: bool) -> State {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for image in state.images() {
        *seen.entry(image.image_id.clone()).or_default() += 1;
    }
    let mut images = state.images().to_vec();
    for image in &mut images {
        // A custom image is in one region.
        let types = [ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE];
        let image_type = types[usize::from(way || seen[&image.image_id] > 1)].clone();
        image.image_type.get_or_insert(image_type);
        image.image_state.get_or_insert(if way { ImageState::SYNCING } else { ImageState::NORMAL });
        image.image_name.get_or_insert_with(|| if way { "base" } else { "other" }.to_owned());
        image.image_size.get_or_insert(if way { 5_000 } else { 1 });
        image.encrypted.get_or_insert(way);
    }
    let mut regions = state.regions().to_vec();
    for region in &mut regions {
        region.region_state.get_or_insert(if way {
            RegionState::UNAVAILABLE
        } else {
            RegionState::AVAILABLE
        });
        region.image_sync.get_or_insert(!way);
        if !region.images_complete && way && !seen.contains_key(image_id) {
            seen.insert(image_id.to_owned(), 1);
            let hidden = Image::new(&*region.region, image_id).with_image_type(ImageType::PUBLIC_IMAGE);
            images.push(hidden.with_image_state(ImageState::NORMAL).with_image_size(1).with_encrypted(false));
        }
        region.images_complete = true;
    }
    if !state.regions_complete() && way && state.region("ap-nowhere").is_none() {
        let hidden =
            Region::new("ap-nowhere").with_region_state(RegionState::AVAILABLE).with_image_sync(true);
        regions.push(hidden);
    }
    let mut quota: AccountQuota = state.account_quota().clone();
    let limit = |limit: &mut QuotaLimit| {
        if *limit == QuotaLimit::Unknown {
            *limit = QuotaLimit::Count(if way { 0 } else { 1 << 40 });
        }
    };
    limit(&mut quota.image_num_quota);
    for region in &mut quota.regions {
        limit(&mut region.image_num_quota);
        for name in &mut region.in_flight_names {
            name.get_or_insert_with(|| if way { "base" } else { "other" }.to_owned());
        }
        if region.used == Used::Unknown {
            let here = images.iter().filter(|image| image.region == region.region);
            let custom = here.filter(|image| image.image_type == Some(ImageType::PRIVATE_IMAGE)).count();
            region.used = Used::Count(u64::try_from(custom).unwrap() + if way { 1_000 } else { 0 });
        }
    }
    State::from_records(regions, images, quota, state.blocked_routes().to_vec())
        .expect("a state that was filled is one")
        .with_regions_complete(true)
}

/// A call that was read, with its reports under the two rule sets.
struct Judged {
    call: PlannedCall,
    reports: [Report; 2],
}

/// Returns the calls that were read, after a look at everything that holds of any calls.
/// `texts` are the texts of the files, and `types` words: the file must have one of them,
/// unless nothing in it was understood. `earlier` are the calls of another reading: a call that
/// is the same in both is judged once.
fn looked_at(planned: Planned, texts: &[&[u8]], types: &[&str], earlier: &[Rc<Judged>]) -> Vec<Rc<Judged>> {
    assert!(!planned.seen.is_empty(), "no words on what was seen");
    assert!(planned.partial.as_deref() != Some(""), "partial, and no reason");
    if !planned.is_understood && planned.calls.is_empty() {
        return Vec::new();
    }
    let texts: Vec<&str> =
        texts.iter().map(|text| std::str::from_utf8(text).expect("what was read is text")).collect();
    let is_named = types.iter().any(|word| texts.iter().any(|text| text.contains(word)));
    let is_escaped = || texts.iter().any(|text| text.contains('\\'));
    assert!(is_named || is_escaped(), "understood, and none of {types:?} is there: {planned:?}");
    let judged = planned.calls.into_iter().enumerate().map(|(index, call)| {
        if let Some(same) = earlier.get(index).filter(|earlier| earlier.call == call) {
            return Rc::clone(same);
        }
        assert!(!call.address().chars().any(char::is_control), "{:?}", call.address());
        assert_spans(&call, &texts);
        let reports = RULES.each_ref().map(|rules| rules.check_partial(call.request(), &STATE));
        assert_unknown_parameters_are_passed_on(&call, &reports);
        Rc::new(Judged { call, reports })
    });
    judged.collect()
}

/// Each span is in its text, and what is in it reads as the value, where it is a JSON text.
fn assert_spans(call: &PlannedCall, texts: &[&str]) {
    let request = call.request().request();
    let elements =
        (0..request.destination_regions.len()).map(|index| Parameter::DESTINATION_REGIONS.element(index));
    let lists = [Parameter::DESTINATION_REGIONS, Parameter::IMAGE_IDS, Parameter::IMAGE_IDS.element(0)];
    let scalars = [
        Parameter::REGION,
        Parameter::IMAGE_NAME,
        Parameter::KMS_KEY_ID,
        Parameter::ENCRYPT,
        Parameter::DRY_RUN,
    ];
    for parameter in elements.chain(lists).chain(scalars) {
        let Some(Range { start, end }) = call.span(&parameter) else { continue };
        let text = *texts.get(call.file(&parameter)).expect("the file of a span");
        // An element may be the text between two commas.
        let is_text = start < end || parameter.subscript().is_some();
        assert!(start <= end && is_text, "an empty span of {parameter}: {start}..{end}");
        let part =
            text.get(start..end).unwrap_or_else(|| panic!("{start}..{end} is not in the text: {parameter}"));
        // An element may be a part of a text with commas.
        let is_json = text.trim_start().starts_with(['{', '[']) && parameter.subscript().is_none();
        // Half of a surrogate pair, which is no text, is JSON all the same.
        assert!(
            !is_json || serde_json::from_str::<serde::de::IgnoredAny>(part).is_ok(),
            "no value: {parameter} is {part}"
        );
        let Ok(written) = serde_json::from_str::<String>(part) else { continue };
        // A text in HCL has interpolations, and one of a legacy template has calls.
        if written.contains("${") || written.contains("%{") || written.contains("{{") {
            continue;
        }
        let is_destination = parameter.name() == Parameter::DESTINATION_REGIONS.name();
        let value = if parameter == Parameter::REGION {
            request.region.as_ref()
        } else if call.request().is_whole() && is_destination {
            parameter.subscript().and_then(|index| request.destination_regions.get(index))
        } else {
            None
        };
        assert!(value.is_none_or(|value| *value == written), "{parameter} is {value:?}, and not {written:?}");
    }
}

/// What is certain of a call stands however its unknown parameters are filled.
fn assert_unknown_parameters_are_passed_on(call: &PlannedCall, reports: &[Report; 2]) {
    // Long lists would only take long.
    if call.request().request().destination_regions.len() > 100 {
        return;
    }
    for filled in WAYS.into_iter().filter_map(|way| filled(call.request(), way)) {
        for (rules, known) in RULES.iter().zip(reports) {
            assert_stands(known, &rules.check_partial(&filled, &STATE), &(call, &filled));
        }
    }
}

/// Fills the parameters that are not known, but for an image that is made first; none where a value
/// cannot be had without a change of others.
fn filled(partial: &PartialRequest, way: bool) -> Option<PartialRequest> {
    let mut request = partial.request().clone();
    let unknowns: Vec<&Parameter> = partial.unknowns().map(|(parameter, _)| parameter).collect();
    let is_new = (0..unknowns.len()).any(|index| partial.is_new_image(&Parameter::IMAGE_IDS.element(index)));
    let is_unknown = |parameter: &Parameter| unknowns.contains(&parameter);
    let texts =
        [(Parameter::IMAGE_NAME, &mut request.image_name), (Parameter::KMS_KEY_ID, &mut request.kms_key_id)];
    for (parameter, value) in texts {
        if is_unknown(&parameter) && way {
            *value = Some("base".to_owned());
        }
    }
    let flags = [
        (Parameter::DRY_RUN, &mut request.dry_run),
        (Parameter::ENCRYPT, &mut request.encrypt),
        (Parameter::IMAGE_SET_REQUIRED, &mut request.image_set_required),
    ];
    for (parameter, value) in flags {
        if is_unknown(&parameter) {
            *value = Some(way);
        }
    }
    if is_unknown(&Parameter::REGION) {
        let region = if way { "ap-beijing" } else { "ap-guangzhou" };
        // Packer would leave it out.
        if request.destination_regions.iter().any(|destination| destination == region) {
            return None;
        }
        request.region = Some(region.to_owned());
    }
    // Elements are different ones.
    let element = |list: &[String], index: usize| {
        let value = if way { format!("ap-nowhere-{index}") } else { format!("ap-tokyo-{index}") };
        (!list.contains(&value)).then_some(value)
    };
    let list = |parameter: Parameter, known: &[String]| -> Option<Vec<String>> {
        let open: Vec<usize> = unknowns
            .iter()
            .filter(|unknown| unknown.name() == parameter.name())
            .filter_map(|unknown| unknown.subscript())
            .collect();
        let mut values = known.iter();
        let mut list = Vec::new();
        for index in 0..known.len() + open.len() {
            list.push(if open.contains(&index) { element(known, index)? } else { values.next()?.clone() });
        }
        if way && is_unknown(&parameter) {
            list.push(element(known, list.len())?);
        }
        Some(list)
    };
    request.destination_regions = list(Parameter::DESTINATION_REGIONS, &request.destination_regions)?;
    if is_new {
        let name = partial.name_of_copies().map(|name| name.map(str::to_owned).map_err(str::to_owned));
        request.image_ids = vec![String::new()];
        let image = NewImage::new("the image that is made");
        let image = match name {
            Some(Ok(name)) if name.is_empty() => image,
            Some(Ok(name)) => image.with_name(Ok(name)),
            Some(Err(_)) => image.with_name(Ok(if way { "base" } else { "other" }.to_owned())),
            None => image,
        };
        return Some(PartialRequest::new(request).with_new_image(0, image).leaving_out_source());
    }
    let images = list(Parameter::IMAGE_IDS, &request.image_ids)?;
    request.image_ids = images;
    Some(PartialRequest::new(request).sending_region())
}

/// Everything that two readings of one call certainly have wrong: the second says more of the call,
/// and has all that the first one has.
fn assert_settled(first: &[Rc<Judged>], second: &[Rc<Judged>]) {
    if first.len() != second.len()
        || first.iter().zip(second).any(|(one, other)| one.call.address() != other.call.address())
    {
        return;
    }
    for (known, settled) in first.iter().zip(second).filter(|(known, settled)| !Rc::ptr_eq(known, settled)) {
        for (report, later) in known.reports.iter().zip(&settled.reports) {
            // The words for a value may differ, and so may its subscript.
            let (said, so) = (wrong_values(report), wrong_values(later));
            let untrue = said.iter().find(|said| so.binary_search(said).is_err());
            let (known, settled) = (&known.call, &settled.call);
            assert!(untrue.is_none(), "certain {untrue:?}, and then {so:?}: {known:?} {settled:?}");
        }
    }
}

/// The rule and the value of everything that is wrong, sorted.
fn wrong_values(report: &Report) -> Vec<(&str, &str)> {
    let found = report.violations().iter();
    let mut found: Vec<_> = found.map(|found| (found.rule(), found.value().unwrap_or_default())).collect();
    found.sort_unstable();
    found
}

fn assert_source_error(error: &SourceError, text: &[u8]) {
    assert!(!error.to_string().is_empty());
    if let SourceError::Malformed { line, column, .. } = error {
        assert_in(text, *line, *column, error);
    }
}

fn assert_template_error(error: &TemplateError, text: &[u8]) {
    assert_source_error(error.error(), text);
}

/// A plan: what is read twice is the same, each position is in the text, what was not understood is
/// not a plan without calls, and what is certain stands, whatever the region and what is known
/// after apply turn out to be.
pub fn terraform(data: &[u8]) {
    let text = &*decode(data);
    let read = |region, earlier: &[Rc<Judged>]| {
        let read = terraform::calls(data, region);
        if is_one_of_eight(data) {
            assert_eq!(read, terraform::calls(data, region));
            if terraform::is_terraform(data) {
                assert_eq!(sources::calls(None, data, region).as_ref(), Some(&read));
            }
        }
        match read {
            Ok(planned) => Some(looked_at(planned, &[text], &["sync_image"], earlier)),
            Err(error) => {
                assert_source_error(&error, text);
                None
            }
        }
    };
    let alone = read(None, &[]);
    let with_region = read(Some("ap-guangzhou"), alone.as_deref().unwrap_or_default());
    assert_eq!(alone.is_some(), with_region.is_some(), "a given region changes what can be read");
    if let (Some(alone), Some(with_region)) = (alone, with_region) {
        assert_settled(&alone, &with_region);
    }
}

/// Two files of values, by which variables of the seeds have other values.
static VALUES: LazyLock<[Variables; 2]> = LazyLock::new(|| {
    [
    r#"{"region": "ap-guangzhou", "regions": ["ap-shanghai"], "second": "ap-beijing", "name": "base", "to": "ap-seoul"}"#,
    r#"{"region": "ap-nowhere", "regions": ["ap-tokyo", "ap-nowhere-2"], "second": "", "name": "other", "to": "x"}"#,
].map(|values| Variables::default().with_file("values.json", values))
});

/// A legacy template of Packer: as of a plan, and what is certain stands whatever
/// values its variables have.
pub fn packer_legacy(data: &[u8]) {
    let text = &*decode(data);
    let read = |variables: &Variables, region, earlier: &[Rc<Judged>]| {
        let read = packer::calls_with(data, variables, region);
        if is_one_of_eight(data) {
            assert_eq!(read, packer::calls_with(data, variables, region));
        }
        match read {
            Ok(planned) => Some(looked_at(planned, &[text], &[packer::BUILDER_TYPE], earlier)),
            Err(error) => {
                assert_template_error(&error, text);
                None
            }
        }
    };
    let none = Variables::default();
    let Some(alone) = read(&none, None, &[]) else { return };
    assert_settled(&alone, &read(&none, Some("ap-guangzhou"), &alone).expect("a region changes nothing"));
    for values in &*VALUES {
        assert_settled(&alone, &read(values, None, &alone).expect("values change nothing"));
    }
}

/// A template of Packer in HCL: as of a legacy one, alone and as the whole of its folder.
pub fn packer_hcl(data: &[u8]) {
    template(data, "a.pkr.hcl");
}

/// A template of Packer in HCL's JSON: as of one in HCL.
pub fn packer_json(data: &[u8]) {
    template(data, "a.pkr.json");
}

fn template(data: &[u8], name: &str) {
    let text = &*decode(data);
    let alone = Template::default().with_file(name, data);
    let read = |template: &Template, earlier: &[Rc<Judged>]| {
        let read = template.calls(&Variables::default(), None);
        if is_one_of_eight(data) {
            assert_eq!(read, template.calls(&Variables::default(), None));
        }
        match read {
            Ok(planned) => Some(looked_at(planned, &[text], &[packer::BUILDER_TYPE], earlier)),
            Err(error) => {
                assert_template_error(&error, text);
                None
            }
        }
    };
    let Some(calls) = read(&alone, &[]) else { return };
    if let Some(whole) = read(&alone.clone().whole(), &calls) {
        assert_settled(&calls, &whole);
    }
    for values in &*VALUES {
        // Their own errors are not about the text of the template.
        let Ok(planned) = alone.calls(values, None) else { continue };
        assert_settled(&calls, &looked_at(planned, &[text], &[packer::BUILDER_TYPE], &calls));
    }
}

/// The template that gets the values.
const TEMPLATE: &str = r#"
variable "region" { default = "ap-guangzhou" }
variable "regions" { type = list(string) }
variable "names" { type = map(string) }
variable "count" { type = number }
variable "flag" { type = bool }
variable "set" { type = set(string) }
variable "any" {}
source "tencentcloud-cvm" "a" {
  region             = var.region
  image_name         = "${var.names.a}-${var.count}"
  image_copy_regions = var.flag ? var.regions : concat(var.regions, tolist(var.set), [var.any])
}
source "tencentcloud-cvm" "b" {
  region             = var.region
  image_copy_regions = var.regions
}
"#;

/// The same template in JSON, which is read much faster.
const TEMPLATE_IN_JSON: &str = r#"{
  "variable": {
    "region": { "default": "ap-guangzhou" },
    "regions": { "type": "list(string)" },
    "names": { "type": "map(string)" },
    "count": { "type": "number" },
    "flag": { "type": "bool" },
    "set": { "type": "set(string)" },
    "any": {}
  },
  "source": { "tencentcloud-cvm": {
    "a": {
      "region": "${var.region}",
      "image_name": "${var.names.a}-${var.count}",
      "image_copy_regions": "${var.flag ? var.regions : concat(var.regions, tolist(var.set), [var.any])}"
    },
    "b": {
      "region": "${var.region}",
      "image_copy_regions": "${var.regions}"
    }
  } }
}"#;

const LEGACY: &str = r#"{"variables": {"region": "", "regions": null}, "builders": [{"type": "tencentcloud-cvm",
    "region": "{{user `region`}}", "image_name": "{{user `any`}}", "image_copy_regions": "{{user `regions`}}"}]}"#;

/// A file of values for templates, in HCL and in JSON, and one value: as of a template, and a value
/// that is given alone is the one that it would be in a file.
pub fn packer_values(data: &[u8]) {
    let text = &*decode(data);
    let template = Template::default().with_file("a.pkr.json", TEMPLATE_IN_JSON);
    let requests = |planned: &Planned| -> Vec<PartialRequest> {
        planned.calls.iter().map(|call| call.request().clone()).collect()
    };
    for name in ["values.pkrvars.hcl", "values.pkrvars.json"] {
        let variables = Variables::default().with_file(name, data);
        let read = template.calls(&variables, None);
        if is_one_of_eight(data) {
            assert_eq!(read, template.calls(&variables, None));
            let in_hcl = Template::default().with_file("a.pkr.hcl", TEMPLATE).calls(&variables, None);
            assert_eq!(read.as_ref().ok().map(requests), in_hcl.as_ref().ok().map(requests));
        }
        match read {
            Ok(planned) => {
                looked_at(planned, &[TEMPLATE_IN_JSON.as_bytes()], &[packer::BUILDER_TYPE], &[]);
            }
            // Not every error is about the values: these are too many regions,
            // or too much to evaluate.
            Err(error) => {
                let is_in_values = error.file().is_some_and(|file| file == name);
                assert_template_error(&error, if is_in_values { text } else { TEMPLATE_IN_JSON.as_bytes() });
            }
        }
    }
    let variables = Variables::default().with_file("values.json", data);
    match packer::calls_with(LEGACY.as_bytes(), &variables, None) {
        Ok(planned) => drop(looked_at(planned, &[LEGACY.as_bytes()], &[packer::BUILDER_TYPE], &[])),
        Err(error) => assert_template_error(&error, text),
    }
    let Ok(value) = std::str::from_utf8(data) else { return };
    let given = Variables::default().with_value("regions", value);
    let file = Variables::default().with_file("values.hcl", format!("regions = {}\n", value.trim()));
    if let (Ok(given), Ok(file)) = (template.calls(&given, None), template.calls(&file, None)) {
        assert_eq!(requests(&given), requests(&file));
    }
}

/// A policy: what is read twice is the same, and the same again from its record in JSON; each
/// position is in the text; a policy that loads makes a set of rules, which says of a request what
/// the documented ones say, unless the policy says otherwise.
pub fn policy(data: &[u8]) {
    let text = &*decode(data);
    let read = Policy::from_toml(data);
    if is_one_of_eight(data) {
        assert_eq!(read, Policy::from_toml(data));
    }
    let policy = match read {
        Ok(policy) => policy,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let PolicyError::Toml { line, column, .. } | PolicyError::At { line, column, .. } = &error {
                assert_in(text, *line, *column, &error);
            }
            return;
        }
    };
    if is_one_of_eight(data) {
        let saved = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&saved).unwrap(), policy);
    }
    let rules = policy.ruleset().expect("a policy that loads makes a set");
    let is_as_documented =
        policy.image_id_pattern.is_none() && policy.rules.values().all(|level| *level == Level::Error);
    let documented = is_as_documented.then(|| Ruleset::documented(rules.edition()));
    for request in [
        SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_region("ap-guangzhou"),
        SyncRequest::new("img-x", ["ap-shanghai", "ap-nowhere", "ap-shanghai"]).with_image_name("web-1"),
        SyncRequest::default(),
    ] {
        let report = rules.check(&request, &STATE);
        if is_one_of_eight(data) {
            assert_eq!(report, rules.check(&request, &STATE));
        }
        if let Some(documented) = &documented {
            let documented = documented.check(&request, &STATE);
            let own = report.violations().iter().filter(|violation| !violation.rule().starts_with("policy/"));
            assert!(
                own.map(found).eq(documented.violations().iter().map(found)),
                "{report:?} {documented:?}"
            );
        }
    }
}
