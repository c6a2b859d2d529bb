//! The nearest accepted request, held to every set of edits of small requests.
#![cfg(all(feature = "wire", feature = "proptest"))]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use presync::check::plan::Plan;
use presync::check::{Remedy, Suggestion};
use presync::generators::strategies;
use presync::report::{Edit, EditKind, Fact};
use presync::{
    AccountQuota, BlockedRoute, Edition, Image, ImageState, ImageType, NewImage, Parameter, PartialRequest,
    Region, RegionQuota, RegionState, Ruleset, State, SyncRequest, Used, rules, wire,
};
use proptest::prelude::*;

use crate::support::dice::Dice;
use crate::support::edits::{Meant, are_accepted, every_violation_goes};
use crate::support::{cases, claims};

/// Names of regions as they are sent, and the regions that are meant.
const NAMES: &[(&str, &[&str])] = &[
    ("ap-guangzhou", &[]),
    ("ap-shanghai", &[]),
    ("ap-beijing", &[]),
    ("ap-tokyo", &[]),
    ("ap-shanghai-2", &["ap-shanghai"]),
    ("sh", &["ap-shanghai"]),
    (" ap-beijing", &["ap-beijing"]),
    ("AP-TOKYO", &["ap-tokyo"]),
    ("gz", &["ap-guangzhou"]),
    ("ap-shanghai,ap-beijing", &["ap-shanghai", "ap-beijing"]),
    ("nowhere", &[]),
];

/// Ids as they are sent, and the ones that are meant.
const IDS: &[(&str, &[&str])] = &[
    ("img-00000000", &[]),
    ("img-00000000", &[]),
    ("img-11111111", &[]),
    ("img-22222222", &[]),
    ("IMG-00000000", &["img-00000000"]),
    ("img-33333333", &[]),
    ("img-99999999", &[]),
    ("x", &[]),
];

const REGIONS: [&str; 4] = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-tokyo"];

fn state(dice: &mut Dice) -> State {
    let regions = REGIONS.map(|name| match dice.below(8) {
        0 => Region::new(name).with_region_state(RegionState::from("UNAVAILABLE")),
        1 => Region::new(name).with_image_sync(false),
        _ => Region::new(name),
    });
    let image = |region: &str, id: &str| Image::new(region, id).with_image_size(20);
    let images = [
        image("ap-guangzhou", "img-00000000").with_image_name("base"),
        image("ap-guangzhou", "img-11111111").with_image_state(ImageState::SYNCING),
        image("ap-beijing", "img-22222222"),
        image("ap-guangzhou", "img-33333333").with_image_type(
            dice.pick(&[ImageType::PRIVATE_IMAGE, ImageType::SHARED_IMAGE, ImageType::PUBLIC_IMAGE]).clone(),
        ),
        image(REGIONS[dice.below(REGIONS.len())], "img-named000").with_image_name("taken"),
    ];
    let quotas = REGIONS.map(|name| {
        let used = *dice.pick(&[0, 0, 0, 1, 2]);
        RegionQuota::new(name).with_used(Used::Count(used)).with_in_flight(0)
    });
    let quota = AccountQuota::default().with_image_num_quota(2).with_regions(quotas);
    let blocked = (dice.below(4) == 0).then(|| BlockedRoute::new("ap-guangzhou", "ap-tokyo"));
    State::from_records(regions, images, quota, blocked).unwrap()
}

fn request(dice: &mut Dice) -> SyncRequest {
    let mut request = SyncRequest::default();
    for _ in 0..*dice.pick(&[1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3]) {
        request.image_ids.push(dice.pick(IDS).0.to_owned());
    }
    for _ in 0..*dice.pick(&[1, 2, 2, 3]) {
        request.destination_regions.push(dice.pick(NAMES).0.to_owned());
    }
    request.version = dice
        .pick(&[Some("2017-03-12"), Some("2017-03-12"), Some("2017-03-12"), None, Some("2017-03-21")])
        .map(str::to_owned);
    request.region = match dice.below(4) {
        0 => None,
        1 => Some(dice.pick(NAMES).0.to_owned()).filter(|name| !name.contains(',')),
        _ => Some("ap-guangzhou".to_owned()),
    };
    if dice.below(3) == 0 {
        request.image_name = Some((*dice.pick(&["taken", "free"])).to_owned());
    }
    if dice.below(6) == 0 {
        request.encrypt = Some(true);
    }
    if dice.below(8) == 0 {
        request.kms_key_id = Some("alias".to_owned());
    }
    if dice.below(8) == 0 {
        request.dry_run = Some(true);
    }
    request
}

fn meant(table: &'static [(&'static str, &'static [&'static str])], text: &str) -> &'static [&'static str] {
    table.iter().find(|(name, _)| *name == text).unwrap().1
}

#[test]
fn no_smaller_set_of_edits_leads_to_an_accepted_request() {
    are_smallest(3_000);
}

#[test]
#[ignore = "more than a minute, unoptimized"]
fn no_smaller_set_of_edits_leads_to_an_accepted_request_in_more_worlds() {
    are_smallest(30_000);
}

fn are_smallest(rounds: usize) {
    let editions: Vec<Edition> = Edition::pages().iter().map(|page| page.first_seen()).collect();
    let mut dice = Dice(1);
    let (mut found, mut none, mut accepted) = (0, 0, 0);
    let owned = |meant: &[&str]| meant.iter().map(|one| (*one).to_owned()).collect();
    let (regions, ids) = (|name: &str| owned(meant(NAMES, name)), |id: &str| owned(meant(IDS, id)));
    let meant = Meant { regions: &regions, ids: &ids };
    for round in 0..rounds {
        let rules = Ruleset::documented(editions[round % editions.len()]);
        let (state, request) = (state(&mut dice), request(&mut dice));
        match meant.hold(&rules, &request, &state) {
            None => none += 1,
            Some((0, ..)) => accepted += 1,
            Some(_) => found += 1,
        }
    }
    println!("{found} suggestions, {none} without one, {accepted} accepted as they are");
    assert!(found > 300 && none > 300 && accepted > 0, "{found}, {none}, {accepted}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_suggestion_is_accepted_and_each_violation_goes_with_an_edit(
        request in strategies::any_request(), state in strategies::any_state(), edition in strategies::any_edition(),
    ) {
        let rules = Ruleset::documented(edition);
        let suggestion = rules.suggest(&request, &state);
        let requests: Vec<SyncRequest> = suggestion.requests().cloned().collect();
        if requests.is_empty() {
            prop_assert!(suggestion.edits().is_empty());
        } else {
            prop_assert!(are_accepted(&rules, &requests, &state), "{suggestion:?}");
            every_violation_goes(&rules, &request, &state, &suggestion);
        }
    }

    #[test]
    fn a_fault_is_mended_in_a_request_of_which_a_part_is_not_known_too(
        (request, state) in prop::sample::select(faults()).prop_flat_map(|id| strategies::with_fault(id).unwrap()),
        unknown in 0..4_usize,
    ) {
        let rules = Ruleset::default();
        let suggestion = rules.suggest(&request, &state);
        let requests: Vec<SyncRequest> = suggestion.requests().cloned().collect();
        prop_assert!(requests.is_empty() || are_accepted(&rules, &requests, &state), "{suggestion:?}");
        let of = |list: &Parameter, count: usize| list.clone().element(unknown % count.max(1));
        let parameter = match unknown {
            0 => of(&Parameter::DESTINATION_REGIONS, request.destination_regions.len()),
            1 => of(&Parameter::IMAGE_IDS, request.image_ids.len()),
            2 => Parameter::REGION,
            _ => Parameter::DESTINATION_REGIONS,
        };
        let partial = PartialRequest::new(request).unknown(parameter, "a variable");
        let suggestion = rules.suggest_partial(&partial, &state);
        for suggested in suggestion.partial_requests() {
            prop_assert!(rules.check_partial(suggested, &state).violations().is_empty(), "{suggestion:?}");
            prop_assert_eq!(suggested.unknowns().count(), 1, "{:?}", suggestion);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_request_that_is_written_like_another_is_read_as_it_is(
        from in strategies::any_request(), to in strategies::any_request(),
    ) {
        // A body without a version stands for the documented one.
        let with_version = |request: &SyncRequest| {
            let version = request.version.clone().unwrap_or_else(|| "2017-03-12".to_owned());
            let mut request = request.clone().with_version(version.as_str());
            // A body alone does not say whether a header has the region.
            request.has_no_region = false;
            request
        };
        let (json_from, json_to) = (with_version(&from), with_version(&to));
        let body = serde_json::to_string(&json_from).unwrap();
        let body = body.replacen('{', "{\"Nonce\": [1, {\"a\": 2}], ", 1);
        let rewritten = wire::rewrite(body.as_bytes(), &json_from, &json_to).unwrap();
        prop_assert_eq!(wire::decode(rewritten.as_bytes()).unwrap(), json_to.clone(), "{}", rewritten);
        let is_kept = rewritten.starts_with("{\"Nonce\": [1, {\"a\": 2}]");
        prop_assert!(is_kept, "{}", rewritten);
        for (before, behind) in [("Nonce=7&", ""), ("https://x/y?a-b=", ""), ("", "&Token=%2B&Signature=z")] {
            let query = if before.contains('?') {
                format!("https://x/y?{}", wire::encode_query(&from))
            } else {
                format!("{before}{}{behind}", wire::encode_query(&from))
            };
            let from = wire::decode(query.as_bytes()).unwrap();
            let rewritten = wire::rewrite(query.as_bytes(), &from, &to).unwrap();
            let read = wire::decode(rewritten.as_bytes()).unwrap();
            prop_assert_eq!(wire::encode_query(&read), wire::encode_query(&to), "{}", rewritten);
            prop_assert_eq!(rewritten.contains("Nonce=7"), before.contains("Nonce"));
            prop_assert_eq!(rewritten.contains("Token=%2B"), behind.contains("Token"));
        }
        // What does not differ stays as it was written, byte for byte.
        let odd = "/?ImageIds.0=%69mg&&Version=2017-03-12&Signature=q";
        let read = wire::decode(odd.as_bytes()).unwrap();
        prop_assert_eq!(wire::rewrite(odd.as_bytes(), &read, &read).unwrap(), "/?ImageIds.0=%69mg&Version=2017-03-12&Signature=q");
    }
}

#[test]
fn bytes_that_are_no_request_are_not_rewritten() {
    let request = SyncRequest::new("img-00000000", ["ap-beijing"]);
    for bytes in [&b""[..], b"[]", b"{", b"\xff", b"\"x\"", b"x"] {
        assert_eq!(wire::rewrite(bytes, &request, &request), None, "{bytes:?}");
    }
    // A signature is one of the values that were sent, in any form.
    let body = br#"{"ImageIds": ["x"], "Signature": "s", "Nonce": 1}"#;
    let from = wire::decode(body).unwrap();
    let mut to = from.clone();
    to.image_ids = vec!["y".to_owned()];
    assert_eq!(wire::rewrite(body, &from, &to).unwrap(), r#"{"ImageIds": ["y"], "Nonce": 1}"#);
    assert!(wire::rewrite(body, &from, &from).unwrap().contains("Signature"));
    // What is added is written as the others are.
    for (body, added) in [
        (r#"{"ImageIds":["y"]}"#, r#"{"ImageIds":["y"],"ImageName":"n"}"#),
        (r#"{"ImageIds": ["y"]}"#, r#"{"ImageIds": ["y"], "ImageName": "n"}"#),
        (
            r#"{ "ImageIds" : ["y"], "Nonce" : 1 }"#,
            r#"{ "ImageIds" : ["y"], "Nonce" : 1, "ImageName" : "n" }"#,
        ),
    ] {
        let from = wire::decode(body.as_bytes()).unwrap();
        let to = from.clone().with_image_name("n");
        assert_eq!(wire::rewrite(body.as_bytes(), &from, &to).as_deref(), Some(added));
    }
    let lines = "{\n  \"ImageIds\": [\"x\"],\n  \"DryRun\": true\n}\n";
    let from = wire::decode(lines.as_bytes()).unwrap();
    let mut to = SyncRequest::new("img-00000000", ["ap-beijing"]);
    to.version.clone_from(&from.version);
    assert_eq!(
        wire::rewrite(lines.as_bytes(), &from, &to).unwrap(),
        "{\n  \"ImageIds\": [\"img-00000000\"],\n  \"DestinationRegions\": [\"ap-beijing\"]\n}"
    );
}

/// The rules of the first page that a generated fault breaks.
fn faults() -> Vec<&'static str> {
    rules::all().map(|rule| rule.id()).filter(|id| strategies::with_fault(id).is_some()).collect()
}

#[test]
fn what_was_meant_is_sent_where_nothing_else_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (cases, _) = cases::load(&folder);
    let (mut refused, mut mended, mut meant) = (0, 0, 0);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        let Ok(request) = case.decode() else { continue };
        let rules = Ruleset::documented(case.edition);
        let report = rules.check(&request, &case.state);
        if report.violations().is_empty() {
            continue;
        }
        refused += 1;
        let suggestion = rules.suggest(&request, &case.state);
        mended += usize::from(suggestion.requests().len() > 0);
        for edit in suggestion.edits() {
            *kinds.entry(format!("{:?}, {}", edit.kind(), edit.confidence())).or_default() += 1;
        }
        let [only] = report.violations() else { continue };
        let (facts, list) = (only.facts(), only.facts().texts(Fact::Elements).to_vec());
        let found_in = facts.texts(Fact::FoundIn);
        let wanted: Vec<String> =
            facts.text(Fact::Meant).map(str::to_owned).into_iter().chain(list).collect();
        if wanted.is_empty() && found_in.is_empty() {
            continue;
        }
        // What a hint says is an edit, unless that alone leads to no accepted request.
        meant += 1;
        let is_it = |edit: &Edit| {
            let is_region = *edit.parameter() == Parameter::REGION;
            edit.values() == wanted
                || (is_region && edit.values().iter().all(|value| found_in.contains(value)))
        };
        let is_edit = suggestion.edits().iter().any(is_it);
        let is_named = wanted.iter().any(|wanted| request.destination_regions.contains(wanted));
        assert!(
            is_edit || is_named || suggestion.requests().len() == 0,
            "{}: {:?}",
            case.name,
            words(&suggestion)
        );
    }
    println!("{mended} of {refused} refused cases have a suggestion, {meant} have a hint alone; {kinds:?}");
    assert!(refused > 50 && mended > 30 && meant > 5, "{refused}, {mended}, {meant}");
}

fn small_state() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    let image = |id: &str| Image::new("ap-guangzhou", id).with_image_size(20);
    let images = [
        image("img-00000000"),
        image("img-11111111").with_image_state(ImageState::SYNCING),
        Image::new("ap-beijing", "img-22222222").with_image_size(20),
    ];
    let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(11)).with_in_flight(2);
    State::from_records(regions, images, AccountQuota::default().with_regions([quota]), []).unwrap()
}

fn words(suggestion: &Suggestion) -> Vec<String> {
    suggestion.edits().iter().map(|edit| format!("{edit} ({})", edit.confidence())).collect()
}

fn remedies(suggestion: &Suggestion) -> Vec<String> {
    suggestion.remedies().iter().map(ToString::to_string).collect()
}

#[test]
fn what_gives_something_up_has_a_remedy() {
    let rules = Ruleset::default();
    let state = small_state();
    let suggest = |request: &SyncRequest| rules.suggest(request, &state);
    let full = suggest(&SyncRequest::new("img-00000000", ["ap-beijing", "ap-shanghai"]));
    assert_eq!(words(&full), ["remove DestinationRegions.1 (gives something up)"]);
    assert_eq!(remedies(&full), ["delete 4 custom images in `ap-shanghai`, or ask for a quota larger by 4"]);
    // Where nothing would be left there is no request, and the remedies are the same.
    let only = suggest(&SyncRequest::new("img-00000000", ["ap-shanghai"]));
    assert_eq!((only.requests().len(), only.edits().len()), (0, 0));
    assert_eq!(remedies(&only), remedies(&full));
    let busy = suggest(&SyncRequest::new("img-11111111", ["ap-beijing"]));
    assert_eq!(busy.requests().len(), 0);
    assert_eq!(
        remedies(&busy),
        [
            "wait: `img-11111111` is in the state `SYNCING`, which passes",
            "take another image: `img-00000000`"
        ]
    );
    assert!(matches!(&busy.remedies()[1], Remedy::OtherImage { images } if images.len() == 1));
    // Other images are those of the source region that is sent.
    let sent = suggest(&SyncRequest::new("img-11111111", ["ap-beijing"]).with_region("ap-guangzhou"));
    assert_eq!(remedies(&sent), remedies(&busy));
}

#[test]
fn an_image_elsewhere_leads_to_its_region_and_several_images_to_several_requests() {
    let rules = Ruleset::default();
    let state = small_state();
    let request = SyncRequest::new("img-22222222", ["ap-guangzhou"]).with_region("ap-guangzhou");
    let suggestion = rules.suggest(&request, &state);
    assert_eq!(words(&suggestion), ["set Region to `ap-beijing` (likely)"]);
    let mut both = SyncRequest::new("img-00000000", ["ap-beijing"]);
    both.image_ids.push("img-00000000".to_owned());
    assert_eq!(words(&rules.suggest(&both, &state)), ["remove ImageIds.1 (same meaning)"]);
    both.destination_regions = vec!["ap-tokyo".to_owned(), "bj".to_owned()];
    both.image_ids[1] = "img-11111111".to_owned();
    let suggestion = rules.suggest(&both, &state);
    assert_eq!(
        words(&suggestion),
        [
            "remove ImageIds.1 (gives something up)",
            "remove DestinationRegions.0 (gives something up)",
            "set DestinationRegions.1 to `ap-beijing` (same meaning)"
        ]
    );
}

#[test]
fn what_is_not_known_stays_as_it_is() {
    let rules = Ruleset::documented(Edition::LATEST);
    let state = small_state();
    let request = SyncRequest::new("", ["bj", "", "ap-guangzhou"]).with_region("ap-guangzhou");
    let request = PartialRequest::new(request)
        .unknown(Parameter::DESTINATION_REGIONS.element(1), "the variable `region`")
        .with_new_image(0, NewImage::new("the next build"));
    let suggestion = rules.suggest_partial(&request, &state);
    assert_eq!(
        words(&suggestion),
        [
            "set DestinationRegions.0 to `ap-beijing` (same meaning)",
            "remove DestinationRegions.2 (gives something up)"
        ]
    );
    let [suggested] = suggestion.partial_requests() else { panic!("{suggestion:?}") };
    assert_eq!(suggested.request().destination_regions, ["ap-beijing"]);
    assert_eq!(suggested.needs(&Parameter::DESTINATION_REGIONS.element(1)), Some("the variable `region`"));
    assert!(suggested.is_new_image(&Parameter::IMAGE_IDS.element(0)));
    assert!(rules.check_partial(suggested, &state).accepted());
    // Each fact that is needed is named once, however many rules need it.
    let needed = suggestion.remedies().iter().filter_map(|remedy| match remedy {
        Remedy::Tell { needs, .. } => Some(needs.as_str()),
        _ => None,
    });
    let needed: Vec<&str> = needed.collect();
    let report = rules.check_partial(suggested, &state);
    let distinct: BTreeSet<&str> = report.unverified().iter().map(|unverified| unverified.needs()).collect();
    assert_eq!(needed.iter().copied().collect::<BTreeSet<_>>(), distinct);
    assert_eq!(needed.len(), distinct.len());
}

#[test]
fn a_suggestion_in_a_plan_knows_the_requests_before() {
    let rules = Ruleset::default();
    let quota = AccountQuota::default().with_image_num_quota(1);
    let image = Image::new("ap-guangzhou", "img-00000000").with_image_size(20);
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    let state = State::from_records(regions, [image], quota, []).unwrap();
    let mut plan = Plan::new(&rules, state);
    let first = SyncRequest::new("img-00000000", ["ap-shanghai"]);
    assert!(plan.check(&first).accepted());
    let second = SyncRequest::new("img-00000000", ["ap-shanghai", "ap-beijing"]);
    let suggestion = rules.suggest(&second, plan.state());
    assert_eq!(words(&suggestion), ["remove DestinationRegions.0 (gives something up)"]);
}

#[test]
fn what_protects_never_goes() {
    let state = small_state();
    let rules = Ruleset::default();
    let request = SyncRequest::new("img-00000000", ["bj"]);
    // Without the parameter it would be a real copy, or one that is not encrypted.
    for request in [request.clone().with_dry_run(true), request.clone().with_encrypt(true)] {
        assert_eq!(rules.suggest(&request, &state).requests().len(), 0, "{request:?}");
    }
    for request in [request.clone().with_dry_run(false), request.with_encrypt(false)] {
        let words = words(&rules.suggest(&request, &state));
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(words[0].starts_with("remove ") && words[0].ends_with("(same meaning)"), "{words:?}");
    }
}

#[test]
fn images_go_for_which_a_quota_has_no_room_and_what_a_list_lacks_comes_with_an_element() {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let ids: Vec<String> = (0..6).map(|n| format!("img-0000000{n}")).collect();
    let images = ids.iter().map(|id| Image::new("ap-guangzhou", id.as_str()).with_image_size(20));
    let quota = AccountQuota::default().with_image_num_quota(4);
    let state = State::from_records(regions, images, quota, []).unwrap();
    let request = SyncRequest::new("", ["ap-shanghai"]).with_image_ids(ids);
    let suggestion = Ruleset::default().suggest(&request, &state);
    assert_eq!(
        words(&suggestion),
        [
            "remove ImageIds.4 (gives something up)",
            "remove ImageIds.5 (gives something up)",
            "send one request for each of ImageIds (same meaning)"
        ]
    );
    assert_eq!(suggestion.requests().len(), 4);
    // Two of six copies have no place, and no more images than there are can be deleted.
    assert_eq!(remedies(&suggestion), ["ask for a quota in `ap-shanghai` larger by 2"]);

    // One request may have several images where the rule set allows it.
    let joint = Ruleset::default().without("image-single").unwrap();
    let two = SyncRequest::new("", ["sh"]).with_image_ids(["img-00000000", "img-00000001"]);
    let suggestion = joint.suggest(&two, &state);
    assert_eq!(words(&suggestion), ["set DestinationRegions.0 to `ap-shanghai` (same meaning)"]);
    assert_eq!(suggestion.requests().len(), 1);
}

#[test]
fn a_quota_makes_room_for_every_copy() {
    let suggest = |ids: &[&str], destinations: &[&str], used: u64| {
        let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
        let image = |id: &str| Image::new("ap-guangzhou", id).with_image_size(20);
        let images = [
            image("img-00000000"),
            image("img-11111111"),
            image("img-22222222"),
            image("img-33333333").with_image_size(60),
        ];
        let quota = RegionQuota::new("ap-beijing").with_used(Used::Count(used));
        let quota = AccountQuota::default().with_regions([quota]);
        let state = State::from_records(regions, images, quota, []).unwrap();
        let request = SyncRequest::new("", destinations.iter().copied());
        remedies(&Ruleset::default().suggest(&request.with_image_ids(ids.iter().copied()), &state))
    };
    let delete = |count: u64| {
        let images = if count == 1 { "image" } else { "images" };
        format!("delete {count} custom {images} in `ap-beijing`, or ask for a quota larger by {count}")
    };
    let [one, two, three, large] = ["img-00000000", "img-11111111", "img-22222222", "img-33333333"];
    // Ten places are there, which other images have.
    for (ids, used, expected) in [
        (&[one][..], 10, 1),
        (&[one, two], 10, 2),
        (&[one, two], 12, 4),
        (&[one, two], 9, 1),
        (&[one, two, three], 10, 3),
        (&[one, two, three], 8, 1),
        (&[one, two, one], 10, 2),
        // One that can be copied nowhere needs none.
        (&[one, large], 10, 1),
        (&[large, one, two], 10, 2),
    ] {
        let mut found = suggest(ids, &["ap-beijing"], used);
        found.retain(|remedy| !remedy.starts_with("take another image"));
        assert_eq!(found, [delete(expected)], "{ids:?} {used}");
    }
    // The same where the others stay in the request.
    let two_regions = ["ap-beijing", "ap-shanghai"];
    assert_eq!(suggest(&[one, two], &two_regions, 10), [delete(2)]);
    assert_eq!(suggest(&[one, two], &two_regions, 9), [delete(1)]);
    let mut with_large = suggest(&[one, large], &two_regions, 10);
    with_large.retain(|remedy| !remedy.starts_with("take another image"));
    assert_eq!(with_large, [delete(1)]);
}

#[test]
fn an_image_that_is_to_be_copied_is_not_to_be_deleted() {
    let rules = Ruleset::documented(Edition::LATEST);
    for (images, used, expected) in [
        (&["img-00000000"][..], 1, "ask for a quota in `ap-shanghai` larger by 1"),
        (
            &["img-00000000", "img-11111111"],
            2,
            "delete 1 custom image in `ap-shanghai`, or ask for a quota larger by 1",
        ),
    ] {
        let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
        let quota = AccountQuota::default().with_image_num_quota(used);
        let images = images.iter().map(|id| Image::new("ap-shanghai", *id).with_image_size(20));
        let state = State::from_records(regions, images, quota, []).unwrap();
        // An encrypted copy stays in the region of the image.
        let request = SyncRequest::new("img-00000000", ["ap-shanghai"]).with_region("ap-shanghai");
        assert_eq!(remedies(&rules.suggest(&request.with_encrypt(true), &state)), [expected]);
    }
}

/// The account's quota and those of a policy are about the same images: what is said of a
/// region helps with all of them.
#[test]
#[cfg(feature = "policy")]
fn one_remedy_helps_with_every_quota_of_a_region() {
    let said = |policy: &str, used: u64, in_flight: u64| {
        let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(used)).with_in_flight(in_flight);
        let quota = AccountQuota::default().with_regions([quota]);
        let image = Image::new("ap-guangzhou", "img-00000000").with_image_size(20);
        let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
        let state = State::from_records(regions, [image], quota, []).unwrap();
        let rules = presync::policy::Policy::from_toml(policy).unwrap().ruleset().unwrap();
        remedies(&rules.suggest(&SyncRequest::new("img-00000000", ["ap-shanghai"]), &state))
    };
    let own = "delete 1 custom image in `ap-shanghai`, or ask for a quota larger by 1";
    assert_eq!(said("", 10, 0), [own]);
    // With the copy there would be 11: four more than the policy allows, whatever the account has.
    assert_eq!(said("[limits]\nimage-quota = 7", 10, 0), ["delete 4 custom images in `ap-shanghai`"]);
    // Two are to stay free, which more quota gives as well: 11 and 2 are three more than 10.
    let free = "delete 3 custom images in `ap-shanghai`, or ask for a quota larger by 3";
    assert_eq!(said("[limits]\nfree-quota = 2", 10, 0), [free]);
    // More than a number of 64 bits holds.
    let most = u64::MAX;
    assert_eq!(
        said(&format!("[limits]\nimage-quota = {most}"), most, most),
        [format!("delete {most} custom images in `ap-shanghai`")]
    );
    // None can be deleted, so that more quota alone helps with the account's, and
    // nothing with the policy's.
    assert_eq!(said("", 0, 10), ["ask for a quota in `ap-shanghai` larger by 1"]);
    assert_eq!(said("[limits]\nimage-quota = 3", 0, 10), [""; 0]);
}

#[test]
#[cfg(feature = "policy")]
fn a_policy_on_the_whole_list_is_met_by_its_elements() {
    let suggest = |policy: &str, destinations: &[&str]| {
        let rules = presync::policy::Policy::from_toml(policy).unwrap().ruleset().unwrap();
        rules.suggest(&SyncRequest::new("img-00000000", destinations.iter().copied()), &small_state())
    };
    let required = suggest("[destinations]\nrequired = [\"ap-beijing\"]", &["bj"]);
    assert_eq!(words(&required), ["set DestinationRegions.0 to `ap-beijing` (same meaning)"]);
    // It stays, where somebody else can help with it.
    let full = suggest("[destinations]\nrequired = [\"ap-shanghai\"]", &["ap-beijing", "ap-shanghai"]);
    assert_eq!(full.requests().len(), 0);
    assert_eq!(remedies(&full), ["delete 4 custom images in `ap-shanghai`, or ask for a quota larger by 4"]);
    // One that is required and must go is missed, whatever room is made in the others.
    let lost = suggest("[destinations]\nrequired = [\"nowhere\"]", &["nowhere", "ap-shanghai"]);
    assert_eq!((lost.requests().len(), remedies(&lost)), (0, Vec::new()));
    let denied = "[destinations]\nrequired = [\"ap-beijing\"]\ndenied = [\"ap-beijing\"]";
    assert_eq!(remedies(&suggest(denied, &["ap-shanghai", "ap-beijing"])), [""; 0]);
    assert_eq!(
        remedies(&suggest("[destinations]\nrequired = [\"ap-beijing\"]", &["ap-shanghai", "ap-beijing"])),
        ["delete 4 custom images in `ap-shanghai`, or ask for a quota larger by 4"]
    );
    let counted = suggest("[limits]\ndestinations = 1", &["nowhere", "ap-beijing"]);
    assert_eq!(words(&counted), ["remove DestinationRegions.0 (gives something up)"]);
    // Where nothing is wrong with any, the last ones go; else those that are wrong.
    let names = ["ap-guangzhou", "ap-beijing", "ap-tokyo", "ap-seoul"];
    let image = Image::new("ap-guangzhou", "img-00000000").with_image_size(20);
    let state = State::new(names.map(Region::new), [image]).unwrap();
    let rules = presync::policy::Policy::from_toml("[limits]\ndestinations = 2").unwrap().ruleset().unwrap();
    for (destinations, gone) in [
        (&["ap-beijing", "ap-tokyo", "ap-seoul"][..], &[2][..]),
        (&["nowhere", "ap-tokyo", "ap-seoul"], &[0]),
        (&["nowhere", "ap-beijing", "ap-tokyo", "ap-seoul"], &[0, 3]),
        (&["ap-beijing", "ap-beijing", "ap-tokyo", "ap-seoul"], &[1, 3]),
    ] {
        let suggestion =
            rules.suggest(&SyncRequest::new("img-00000000", destinations.iter().copied()), &state);
        let removed: Vec<_> = suggestion.edits().iter().map(|edit| edit.parameter().subscript()).collect();
        assert_eq!(removed, gone.iter().copied().map(Some).collect::<Vec<_>>(), "{destinations:?}");
        assert_eq!((suggestion.requests().len(), suggestion.remedies().len()), (1, 0));
    }
    let full = suggest("[limits]\nimage-quota = 1", &["ap-shanghai"]);
    // A number of a policy is not the account's to raise.
    assert!(remedies(&full).iter().all(|remedy| !remedy.contains("13")), "{:?}", remedies(&full));
    // In a list that is as long as it may be, a region has no place, also once there is room in it.
    let full = suggest("[limits]\ndestinations = 1", &["ap-beijing", "ap-shanghai"]);
    assert_eq!(words(&full), ["remove DestinationRegions.1 (gives something up)"]);
    assert_eq!(remedies(&full), [""; 0]);
    let full = suggest("[limits]\ndestinations = 2", &["ap-beijing", "ap-shanghai", "nowhere"]);
    assert_eq!(remedies(&full), ["delete 4 custom images in `ap-shanghai`, or ask for a quota larger by 4"]);
}

/// However many places are lacking, each of several requests lacks one more.
#[test]
fn no_number_of_places_is_too_large() {
    let (most, regions) = (u64::MAX, ["ap-guangzhou", "ap-shanghai"].map(Region::new));
    let quota = RegionQuota::new("ap-shanghai").with_used(most).with_in_flight(most).with_image_num_quota(0);
    let images =
        ["img-00000000", "img-11111111"].map(|id| Image::new("ap-guangzhou", id).with_image_size(20));
    let quota = AccountQuota::default().with_regions([quota]);
    let state = State::from_records(regions, images, quota, []).unwrap();
    let request = SyncRequest::new("", ["ap-shanghai"]).with_image_ids(["img-00000000", "img-11111111"]);
    let said = format!("delete {most} custom images in `ap-shanghai`, or ask for a quota larger by {most}");
    assert_eq!(remedies(&Ruleset::default().suggest(&request, &state)), [said]);
}

/// A policy's own limit may be broken by the request as it was sent, and by no part of it.
#[test]
#[cfg(feature = "policy")]
fn no_quota_is_to_be_larger_than_a_policy_allows() {
    let quota = RegionQuota::new("ap-shanghai").with_used(4).with_image_num_quota(4);
    let images =
        ["img-00000000", "img-11111111"].map(|id| Image::new("ap-guangzhou", id).with_image_size(20));
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let quota = AccountQuota::default().with_regions([quota]);
    let state = State::from_records(regions, images, quota, []).unwrap();
    let request = SyncRequest::new("", ["ap-shanghai"]).with_image_ids(["img-00000000", "img-11111111"]);
    for (policy, remedy) in [
        ("", "delete 2 custom images in `ap-shanghai`, or ask for a quota larger by 2"),
        ("limits.image-quota = 6", "delete 2 custom images in `ap-shanghai`, or ask for a quota larger by 2"),
        ("limits.image-quota = 5", "delete 2 custom images in `ap-shanghai`"),
    ] {
        let rules = presync::policy::Policy::from_toml(policy).unwrap().ruleset().unwrap();
        assert_eq!(remedies(&rules.suggest(&request, &state)), [remedy], "{policy}");
    }
}

#[test]
fn a_remedy_helps_alone_and_is_found_behind_a_slip() {
    let regions = [
        Region::new("ap-guangzhou"),
        Region::new("ap-shanghai").with_region_state(RegionState::from("UNAVAILABLE")),
        Region::new("ap-beijing"),
        Region::new("ap-tokyo"),
    ];
    let image = |id: &str| Image::new("ap-guangzhou", id);
    let images = [
        image("img-00000000").with_image_size(20),
        image("img-11111111").with_image_size(60).with_image_state(ImageState::SYNCING),
        image("img-22222222").with_image_size(20).with_image_state(ImageState::SYNCING),
    ];
    let quotas = ["ap-shanghai", "ap-beijing"].map(|name| RegionQuota::new(name).with_used(Used::Count(10)));
    let state =
        State::from_records(regions, images, AccountQuota::default().with_regions(quotas), []).unwrap();
    let suggest =
        |id: &str, to: &str| remedies(&Ruleset::default().suggest(&SyncRequest::new(id, [to]), &state));
    // The region stays unavailable, and the image stays too large.
    assert_eq!(suggest("img-00000000", "ap-shanghai"), [""; 0]);
    let full = ["delete 1 custom image in `ap-beijing`, or ask for a quota larger by 1"];
    assert_eq!(suggest("img-00000000", "bj"), full);
    // Another image alone does not help either, but where there is a place.
    let large = suggest("img-11111111", "ap-beijing");
    assert!(
        !large.iter().any(|remedy| remedy.starts_with("wait") || remedy.starts_with("take")),
        "{large:?}"
    );
    assert_eq!(suggest("img-11111111", "ap-tokyo"), ["take another image: `img-00000000`"]);
    let wait = suggest("IMG-22222222", "ap-beijing");
    assert!(
        wait.contains(&"wait: `img-22222222` is in the state `SYNCING`, which passes".to_owned()),
        "{wait:?}"
    );
}

#[test]
fn a_remedy_leads_to_a_request_that_is_accepted() {
    let regions = [
        Region::new("ap-guangzhou"),
        Region::new("ap-shanghai"),
        Region::new("ap-beijing"),
        Region::new("ap-tokyo").with_image_sync(false),
    ];
    let image = |id: &str| Image::new("ap-guangzhou", id).with_image_size(20);
    let images = [
        image("img-00000000"),
        image("img-11111111").with_image_size(60).with_image_state(ImageState::SYNCING),
        image("img-22222222").with_image_state(ImageState::SYNCING),
        Image::new("ap-beijing", "img-33333333").with_image_size(20),
    ];
    // In `ap-beijing` one place is free, and in `ap-shanghai` there is none.
    let quotas = [("ap-beijing", 9), ("ap-shanghai", 10)];
    let quotas = quotas.map(|(name, used)| RegionQuota::new(name).with_used(Used::Count(used)));
    let state =
        State::from_records(regions, images, AccountQuota::default().with_regions(quotas), []).unwrap();
    let suggest = |region: Option<&str>, ids: &[&str], destinations: &[&str]| {
        let request = SyncRequest::new("", destinations.iter().copied());
        let request = region.into_iter().fold(request, SyncRequest::with_region);
        let suggestion = Ruleset::default().suggest(&request.with_image_ids(ids.iter().copied()), &state);
        (suggestion.requests().len(), remedies(&suggestion))
    };
    let delete =
        |region: &str| format!("delete 1 custom image in `{region}`, or ask for a quota larger by 1");
    let wait = || "wait: `img-22222222` is in the state `SYNCING`, which passes".to_owned();
    let [good, large, busy] = ["img-00000000", "img-11111111", "img-22222222"];
    for (region, ids, destinations, expected) in [
        // The place is that of an image that would be accepted there, now or later.
        (None, &[good, large][..], &["ap-beijing"][..], (1, vec![])),
        (None, &[good, busy], &["ap-beijing"], (1, vec![wait(), delete("ap-beijing")])),
        (None, &[large], &["ap-shanghai"], (0, vec![])),
        (None, &["img-99999999", large], &["ap-shanghai"], (0, vec![])),
        (None, &[busy], &["ap-shanghai"], (0, vec![wait(), delete("ap-shanghai")])),
        (None, &[good, large], &["ap-shanghai"], (0, vec![delete("ap-shanghai")])),
        // Nor does it help to wait for an image that can go to none of the regions.
        (Some("ap-guangzhou"), &[busy], &["ap-tokyo"], (0, vec![])),
        (Some("ap-guangzhou"), &[busy], &["ap-nowhere", "ap-guangzhou"], (0, vec![])),
        (None, &[busy], &["ap-guangzhou", "gz"], (0, vec![])),
        (Some("ap-guangzhou"), &[busy], &["ap-tokyo", "bj"], (0, vec![wait()])),
        // What is wrong with one image alone is right with the other.
        (None, &["img-33333333", busy], &["ap-beijing"], (0, vec![wait()])),
        // What is not in one region is in another.
        (Some("ap-beijing"), &[good], &["ap-shanghai"], (0, vec![delete("ap-shanghai")])),
        (Some("ap-beijing"), &["img-99999999"], &["ap-shanghai"], (0, vec![])),
    ] {
        let (count, mut found) = suggest(region, ids, destinations);
        found.retain(|remedy| !remedy.starts_with("take another image"));
        assert_eq!((count, found), expected, "{region:?} {ids:?} {destinations:?}");
    }
}

/// Every small request beside what can be wrong with its parameters of one value. Once
/// everybody has done what the remedies say, there is a request that is accepted: somebody
/// who waits or deletes images does not do so in vain. And where there is no remedy,
/// neither time nor places help.
#[test]
fn what_remedies_ask_for_is_not_in_vain() {
    const HOME: &str = "ap-guangzhou";
    // The state once these images are done, and the quotas have so many places more.
    let state = |is_done: bool, places: &BTreeMap<String, u64>| {
        let regions = [
            Region::new(HOME),
            Region::new("ap-shanghai"),
            Region::new("ap-beijing"),
            Region::new("ap-tokyo").with_image_sync(false),
        ];
        let busy = if is_done { ImageState::NORMAL } else { ImageState::SYNCING };
        let image = |id: &str| Image::new(HOME, id).with_image_size(20);
        let images = [
            image("img-00000000"),
            image("img-11111111").with_image_size(60).with_image_state(busy.clone()),
            image("img-22222222").with_image_state(busy),
            Image::new("ap-beijing", "img-33333333").with_image_size(20),
        ];
        let free = |name: &str| places.get(name).copied().unwrap_or_default();
        let quotas = [("ap-beijing", 9), ("ap-shanghai", 10)].map(|(name, used)| {
            RegionQuota::new(name).with_used(Used::Count(used)).with_image_num_quota(10 + free(name))
        });
        State::from_records(regions, images, AccountQuota::default().with_regions(quotas), []).unwrap()
    };
    let before = state(false, &BTreeMap::new());
    let everything = ["ap-beijing", "ap-shanghai"].map(|name| (name.to_owned(), 4));
    let after = state(true, &everything.into());
    let of_two = |values: &[&'static str]| -> Vec<Vec<&'static str>> {
        let behind = |first: usize| values[first..].iter().map(move |other| vec![values[first], *other]);
        values.iter().map(|one| vec![*one]).chain((0..values.len()).flat_map(behind)).collect()
    };
    let images = of_two(&["img-00000000", "img-11111111", "IMG-22222222", "img-33333333", "img-99999999"]);
    let destinations = of_two(&["bj", "ap-shanghai", "ap-tokyo", "nowhere", HOME]);
    let others: [fn(SyncRequest) -> SyncRequest; 9] = [
        |request| request,
        |request| request.with_region(HOME),
        |request| request.with_region("ap-beijing"),
        |request| request.with_region("nowhere"),
        |request| request.with_version("2018"),
        |request| request.with_dry_run(true),
        |request| request.with_encrypt(true),
        |request| request.with_image_name("x".repeat(61)),
        |request| request.with_image_name("a").with_region("nowhere").with_dry_run(true),
    ];
    let editions = [Edition::FIRST, Edition::LATEST].map(Ruleset::documented);
    let (mut with_remedies, mut without) = (0, 0);
    for (rules, (ids, to)) in editions.iter().flat_map(|rules| {
        images
            .iter()
            .flat_map(|ids| destinations.iter().map(move |to| (ids, to)))
            .map(move |case| (rules, case))
    }) {
        for other in others {
            let request = other(SyncRequest::new("", to.iter().copied()).with_image_ids(ids.iter().copied()));
            let suggestion = rules.suggest(&request, &before);
            if suggestion.requests().len() > 0 {
                continue;
            }
            let (mut places, mut is_done) = (BTreeMap::new(), false);
            for remedy in suggestion.remedies() {
                match remedy {
                    Remedy::Wait { .. } => is_done = true,
                    Remedy::Quota { region, delete, raise } => {
                        places.insert(region.clone(), raise.or(*delete).unwrap());
                    }
                    // Of another image there is a test of its own.
                    _ => {}
                }
            }
            if places.is_empty() && !is_done {
                without += 1;
                assert_eq!(
                    rules.suggest(&request, &after).requests().len(),
                    0,
                    "{:?} {request:?}",
                    rules.edition()
                );
                continue;
            }
            with_remedies += 1;
            let later = rules.suggest(&request, &state(is_done, &places));
            assert!(
                later.requests().len() > 0,
                "{:?} {request:?} {:?}",
                rules.edition(),
                suggestion.remedies()
            );
        }
    }
    assert!(with_remedies > 1000 && without > 1000, "{with_remedies}, {without}");
    claims::hold("remedies", with_remedies + without);
}

/// The images that are named in the place of one that is refused.
fn others(suggestion: &Suggestion) -> Vec<&str> {
    let images = suggestion.remedies().iter().filter_map(|remedy| match remedy {
        Remedy::OtherImage { images } => Some(images.iter().map(String::as_str)),
        _ => None,
    });
    images.flatten().collect()
}

#[test]
fn another_image_is_one_with_which_the_request_is_accepted() {
    let rules = Ruleset::default();
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-tokyo"].map(Region::new);
    let image = |region: &str, id: &str| Image::new(region, id).with_image_size(20);
    let images = [
        image("ap-guangzhou", "img-00000000"),
        image("ap-guangzhou", "img-11111111").with_image_size(60),
        image("ap-guangzhou", "img-22222222").with_image_size(60),
        image("ap-shanghai", "img-33333333"),
    ];
    // In `ap-tokyo` one place is free.
    let quota =
        AccountQuota::default().with_regions([RegionQuota::new("ap-tokyo").with_used(Used::Count(9))]);
    let state = State::from_records(regions, images, quota, []).unwrap();
    let suggest = |ids: &[&str], destinations: &[&str]| {
        let request = SyncRequest::new("", destinations.iter().copied());
        rules.suggest(&request.with_image_ids(ids.iter().copied()), &state)
    };
    let large = "img-11111111";
    // Each is left out where it is in the destination.
    for (destinations, expected) in [
        (&["ap-beijing"][..], &["img-00000000", "img-33333333"][..]),
        (&["ap-shanghai"], &["img-00000000"]),
        (&["ap-guangzhou", "ap-beijing"], &["img-33333333"]),
        (&["ap-guangzhou", "ap-shanghai"], &[]),
        // Whatever the image is, there is no such region.
        (&["ap-beijing", "ap-nowhere"], &[]),
    ] {
        let suggestion = suggest(&[large], destinations);
        assert_eq!(others(&suggestion), expected, "{destinations:?}");
        for id in expected {
            let request = SyncRequest::new(*id, destinations.iter().copied());
            assert!(rules.check(&request, &state).accepted(), "{id} {destinations:?}");
        }
    }
    // Beside the one that stays there is room for another, or there is none.
    let beside = suggest(&["img-00000000", large], &["ap-beijing"]);
    assert_eq!((beside.requests().len(), others(&beside)), (1, vec!["img-33333333"]));
    let beside = suggest(&["img-00000000", large], &["ap-tokyo"]);
    assert_eq!((beside.requests().len(), others(&beside)), (1, vec![]));
    // With the edits: it is not wrong that the slip is wrong with every image.
    let beside = suggest(&["img-00000000", large], &["bj"]);
    assert_eq!((beside.requests().len(), others(&beside)), (1, vec!["img-33333333"]));
    // Where the image and another one are both refused, one takes the place of both.
    assert_eq!(others(&suggest(&[large, "img-22222222"], &["ap-tokyo"])), ["img-00000000", "img-33333333"]);
}

/// Only the images that the most is known about are named.
#[test]
fn another_image_is_none_of_which_less_is_known() {
    let regions = ["ap-guangzhou", "ap-beijing"].map(Region::new);
    let image = |id: &str| Image::new("ap-guangzhou", id);
    let of_unknown_size = image("img-00000000");
    let suggest = |images: &[Image]| {
        let state = State::new(regions.clone(), images.iter().cloned()).unwrap();
        let request = SyncRequest::new("img-99999999", ["ap-beijing"]);
        let suggestion = Ruleset::default().suggest(&request, &state);
        others(&suggestion).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let known = image("img-11111111").with_image_size(20);
    assert_eq!(suggest(&[of_unknown_size.clone(), known]), ["img-11111111"]);
    let large = image("img-11111111").with_image_size(60);
    assert_eq!(suggest(&[of_unknown_size, large]), ["img-00000000"]);
}

#[test]
fn another_image_is_none_that_was_meant() {
    let regions = ["ap-guangzhou", "ap-beijing"].map(Region::new);
    let images = [Image::new("ap-guangzhou", "img-00000000").with_image_size(20)];
    let state = State::new(regions, images).unwrap();
    // Where a hint says what was meant, it is set.
    for (sent, requests, expected) in [
        ("[\"img-00000000\"]", 1, &[][..]),
        ("['IMG-00000000']", 1, &[]),
        ("id:img-00000000", 0, &[]),
        ("img-99999999", 0, &["img-00000000"]),
        // It is longer.
        ("[img-000000001]", 0, &["img-00000000"]),
    ] {
        let suggestion = Ruleset::default().suggest(&SyncRequest::new(sent, ["ap-beijing"]), &state);
        assert_eq!((suggestion.requests().len(), &*others(&suggestion)), (requests, expected), "{sent}");
    }
}

#[test]
fn another_image_is_accepted_with_each_of_many_destinations() {
    let names: Vec<String> = (0..70).map(|number| format!("ap-{number}")).collect();
    let regions = names.iter().map(String::as_str).chain(["ap-source"]).map(Region::new);
    let image = |region: &str, id: &str| Image::new(region, id).with_image_size(20);
    // The first two are in a destination, one of the last.
    let images = [
        image("ap-69", "img-00000000"),
        image("ap-64", "img-11111111"),
        image("ap-source", "img-22222222"),
        image("ap-source", "img-33333333").with_image_size(60),
    ];
    let state = State::new(regions, images).unwrap();
    let suggest = |destinations: usize| {
        Ruleset::default().suggest(&SyncRequest::new("img-33333333", &names[..destinations]), &state)
    };
    let all = ["img-11111111", "img-00000000", "img-22222222"];
    for (destinations, expected) in [(64, &all[..]), (65, &all[1..]), (70, &all[2..])] {
        let found: BTreeSet<String> = others(&suggest(destinations)).into_iter().map(str::to_owned).collect();
        assert_eq!(found, expected.iter().map(|id| (*id).to_owned()).collect(), "{destinations}");
    }
}

/// Of the images that pass with the first destinations the first eight are tried with all.
#[test]
fn an_image_is_found_behind_seven_others() {
    let names: Vec<String> = (0..72).map(|number| format!("ap-{number}")).collect();
    for (before, expected) in [(7, &["img-99999999"][..]), (8, &[])] {
        let regions = names.iter().map(String::as_str).chain(["ap-source"]).map(Region::new);
        // Each of these is in one of the last destinations.
        let wrong = (0..before)
            .map(|number| Image::new(format!("ap-{}", 64 + number), format!("img-0000000{number}")));
        let sent = Image::new("ap-source", "img-00000000x").with_image_size(60);
        let right = Image::new("ap-source", "img-99999999");
        let images = wrong.chain([right]).map(|image| image.with_image_size(20)).chain([sent]);
        let state = State::new(regions, images).unwrap();
        let suggestion = Ruleset::default().suggest(&SyncRequest::new("img-00000000x", &names), &state);
        assert_eq!(others(&suggestion), expected, "{before}");
    }
}

#[test]
fn a_client_that_leaves_out_its_own_region_is_not_sent_there() {
    let request = SyncRequest::new("img-00000000", ["gz", "bj"]).with_region("ap-guangzhou");
    let suggest = |request: SyncRequest| {
        let partial = PartialRequest::new(request).leaving_out_source();
        words(&Ruleset::default().suggest_partial(&partial, &small_state()))
    };
    assert_eq!(
        suggest(request.clone()),
        [
            "remove DestinationRegions.0 (gives something up)",
            "set DestinationRegions.1 to `ap-beijing` (same meaning)"
        ]
    );
    let mut only = request;
    only.destination_regions.pop();
    assert_eq!(suggest(only), [""; 0]);
}

#[test]
fn an_accepted_request_is_its_own_suggestion() {
    let rules = Ruleset::default();
    let request = SyncRequest::new("img-00000000", ["ap-beijing"]);
    let suggestion = rules.suggest(&request, &small_state());
    assert_eq!(suggestion.requests().collect::<Vec<_>>(), [&request]);
    assert!(suggestion.edits().is_empty() && suggestion.remedies().is_empty());
    assert!(!suggestion.edits().iter().any(|edit| edit.kind() == EditKind::Split));
}

/// The edits, each with the violations that it removes.
fn attributed(suggestion: &Suggestion) -> Vec<String> {
    let removes = |edit: &Edit| {
        let removes = edit.removes().map(|(rule, parameter)| format!("{rule} {parameter}"));
        format!("{edit}: {}", removes.collect::<Vec<_>>().join(", "))
    };
    suggestion.edits().iter().map(removes).collect()
}

/// Six regions, with small images in two; one takes no copies.
fn wide_state() -> State {
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-tokyo", "ap-chongqing"].map(Region::new);
    let closed = Region::new("ap-hongkong").with_image_sync(false);
    let image = |region: &str, id: &str| Image::new(region, id).with_image_size(20);
    let in_guangzhou = ["img-0000000b", "img-0000000c", "img-0000000d", "img-0000000e"];
    let in_shanghai = ["img-0000000a", "img-0000000f"];
    let mut images = in_guangzhou.map(|id| image("ap-guangzhou", id)).to_vec();
    images.extend(in_shanghai.map(|id| image("ap-shanghai", id)));
    images.push(image("ap-beijing", "img-00000022"));
    images.extend(["ap-guangzhou", "ap-beijing"].map(|region| image(region, "img-00000033")));
    State::new(regions.into_iter().chain([closed]), images).unwrap()
}

#[test]
fn images_go_that_a_destination_rules_out_and_no_more_than_these() {
    let suggest = |ids: &[&str]| {
        let request = SyncRequest::new("", ["ap-shanghai"]).with_image_ids(ids.iter().copied());
        Ruleset::default().suggest(&request, &wide_state())
    };
    // The images `a` and `f` are in the destination.
    let [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map(|end| format!("img-0000000{end}"));
    let [a, b, c, d, e, f] = [&*a, &*b, &*c, &*d, &*e, &*f];
    let split = "send one request for each of ImageIds (same meaning)";
    for (ids, edits) in [
        (&[a, b][..], &["remove ImageIds.0 (gives something up)"][..]),
        // To keep the first one alone takes as many edits, and gives up more.
        (&[b, c, a], &["remove ImageIds.2 (gives something up)", split]),
        (&[a, b, c, d], &["remove ImageIds.0 (gives something up)", split]),
        (&[a, f, b], &["remove ImageIds.0 (gives something up)", "remove ImageIds.1 (gives something up)"]),
        // One that is named twice is one copy.
        (&[a, a, b], &["remove ImageIds.0 (gives something up)", "remove ImageIds.1 (same meaning)"]),
        (
            &["IMG-0000000A", a, b],
            &["remove ImageIds.0 (gives something up)", "remove ImageIds.1 (same meaning)"],
        ),
        // Of many images no part is tried: it takes the region too.
        (
            &[a, b, c, d, e],
            &["add Region, `ap-guangzhou` (likely)", "remove ImageIds.0 (gives something up)", split],
        ),
    ] {
        assert_eq!(words(&suggest(ids)), edits, "{ids:?}");
    }
}

#[test]
fn of_equally_many_edits_those_are_taken_that_give_up_less() {
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-tokyo", "ap-chongqing"].map(Region::new);
    let closed = Region::new("ap-hongkong").with_image_sync(false);
    let named = |(region, number): (&str, u32)| {
        Image::new(region, format!("img-0000000{number}")).with_image_name("taken")
    };
    let images = [("ap-shanghai", 1), ("ap-beijing", 2), ("ap-tokyo", 3), ("ap-hongkong", 4)].map(named);
    let source = Image::new("ap-guangzhou", "img-00000000");
    let state = State::new(regions.into_iter().chain([closed]), images.into_iter().chain([source])).unwrap();
    let suggest = |version: Option<&str>, destinations: &[&str]| {
        let request = SyncRequest::new("img-00000000", destinations.iter().copied());
        let request = request.with_region("ap-guangzhou").with_version(version).with_image_name("taken");
        Ruleset::documented(Edition::LATEST).suggest(&request, &state)
    };
    // Without the three destinations in which the name is taken there would be three edits too.
    let list = ["ap-shanghai,ap-beijing", "ap-tokyo", "ap-hongkong", "ap-chongqing"];
    assert_eq!(
        words(&suggest(Some("2017-03-12"), &list)),
        [
            "remove ImageName (gives something up)",
            "set DestinationRegions.0 to `ap-shanghai` and `ap-beijing` (same meaning)",
            "remove DestinationRegions.2 (gives something up)"
        ]
    );
    // The name stays where it is taken in a destination alone that goes anyway.
    assert_eq!(
        attributed(&suggest(None, &["ap-chongqing", "ap-hongkong"])),
        [
            "add Version, `2017-03-12`: version-required Version",
            "remove DestinationRegions.1: destination-available DestinationRegions.1, image-name-unique ImageName"
        ]
    );
}

#[test]
fn the_source_region_is_another_one_only_where_it_or_an_image_is_wrong() {
    let suggest = |region: &str, ids: &[&str], destinations: &[&str]| {
        let request = SyncRequest::new("", destinations.iter().copied()).with_region(region);
        let request = request.with_image_ids(ids.iter().copied());
        words(&Ruleset::default().suggest(&request, &wide_state()))
    };
    let shanghai = &["ap-shanghai"][..];
    assert_eq!(suggest("nowhere", &["img-0000000b"], shanghai), ["set Region to `ap-guangzhou` (likely)"]);
    // What was meant is surer than the other region that lists the image.
    assert_eq!(suggest("gz", &["img-00000033"], shanghai), ["set Region to `ap-guangzhou` (same meaning)"]);
    assert_eq!(
        suggest("ap-guangzhou", &["IMG-00000022"], shanghai),
        ["set Region to `ap-beijing` (likely)", "set ImageIds.0 to `img-00000022` (same meaning)"]
    );
    // The image is in `ap-beijing` too, and yet it is the destination that is wrong.
    assert_eq!(
        suggest("ap-guangzhou", &["img-00000033"], &["ap-guangzhou", "ap-shanghai"]),
        ["remove DestinationRegions.0 (gives something up)"]
    );
    // Eight ids are looked up.
    let missing = (1..=7).map(|number| format!("img-9999999{number}")).collect::<Vec<_>>();
    let mut ids: Vec<&str> = missing.iter().map(String::as_str).collect();
    ids.push("img-00000022");
    let edits = suggest("nowhere", &ids, shanghai);
    assert_eq!((edits.len(), &*edits[0]), (8, "set Region to `ap-beijing` (likely)"));
}

#[test]
fn several_wrong_parameters_are_set_once_in_the_order_of_the_page() {
    let request = SyncRequest::new("", ["ap-shanghai"]).with_image_ids(["img-0000000b", "img-0000000c"]);
    let request = request.with_version(None).with_region("gz");
    assert_eq!(
        words(&Ruleset::default().suggest(&request, &wide_state())),
        [
            "add Version, `2017-03-12` (same meaning)",
            "set Region to `ap-guangzhou` (same meaning)",
            "send one request for each of ImageIds (same meaning)"
        ]
    );
}

#[test]
fn of_equal_destinations_one_stays_as_it_was_sent() {
    for (destinations, edit) in [
        (["ap-shanghai", "ap-shanghai"], "remove DestinationRegions.1 (same meaning)"),
        (["ap-shanghai", "sh"], "remove DestinationRegions.1 (same meaning)"),
        (["sh", "ap-shanghai"], "remove DestinationRegions.0 (same meaning)"),
        #[cfg(feature = "hints")]
        (["ap-shanghia", "ap-shanghai"], "remove DestinationRegions.0 (likely)"),
    ] {
        let request = SyncRequest::new("img-0000000b", destinations);
        let suggestion = Ruleset::default().suggest(&request, &wide_state());
        assert_eq!(words(&suggestion), [edit], "{destinations:?}");
    }
    let suggest = |destinations: &[&str]| {
        let request = SyncRequest::new("img-0000000b", destinations.iter().copied());
        words(&Ruleset::default().suggest(&request, &wide_state()))
    };
    // Both are set to one region, and one of them is enough.
    assert_eq!(
        suggest(&["sh", "ap-shanghai-2"]),
        [
            "set DestinationRegions.0 to `ap-shanghai` (same meaning)",
            "remove DestinationRegions.1 (same meaning)"
        ]
    );
    // What is given up is given up once: the first is in its own region, or takes no copies.
    for closed in
        [["ap-guangzhou", "ap-guangzhou"], ["ap-guangzhou", "gz"], ["ap-hongkong", "hk"], ["hk", "hk"]]
    {
        assert_eq!(
            suggest(&[closed[0], "ap-shanghai", closed[1]]),
            [
                "remove DestinationRegions.0 (gives something up)",
                "remove DestinationRegions.2 (same meaning)"
            ],
            "{closed:?}"
        );
    }
    // Of a list in one element the rest stays.
    assert_eq!(
        suggest(&["ap-shanghai,ap-tokyo", "ap-shanghai"]),
        ["set DestinationRegions.0 to `ap-tokyo` (same meaning)"]
    );
    assert_eq!(
        suggest(&["ap-shanghai,ap-hongkong,ap-tokyo", "ap-shanghai"]),
        ["set DestinationRegions.0 to `ap-tokyo` (gives something up)"]
    );
}

#[test]
fn a_destination_that_is_named_twice_has_its_remedy() {
    let expected = ["delete 4 custom images in `ap-shanghai`, or ask for a quota larger by 4"];
    for destinations in [["ap-shanghai", "ap-shanghai"], ["ap-shanghai", "sh"], ["sh", "ap-shanghai"]] {
        let request = SyncRequest::new("img-00000000", destinations);
        let suggestion = Ruleset::default().suggest(&request, &small_state());
        assert_eq!(
            (suggestion.requests().len(), &*remedies(&suggestion)),
            (0, &expected.map(str::to_owned)[..])
        );
    }
}

#[test]
fn each_violation_goes_with_the_edits_of_its_own_parameter() {
    let state = wide_state();
    let request = SyncRequest::new("", ["ap-shanghai", "nowhere"]).with_version(None);
    let request = request.with_image_ids(["IMG-0000000B", "img-0000000c", "img-0000000d"]);
    assert_eq!(
        attributed(&Ruleset::default().suggest(&request, &state)),
        [
            "add Version, `2017-03-12`: version-required Version",
            "set ImageIds.0 to `img-0000000b`: image-single ImageIds, image-id-format ImageIds.0",
            "remove DestinationRegions.1: destination-exists DestinationRegions.1",
            "send one request for each of ImageIds: image-single ImageIds"
        ]
    );
}

/// A destination that stays is right once an image is left out: what was wrong with it goes with
/// that edit, and not with that of another destination.
#[test]
fn what_was_wrong_with_an_element_that_stays_goes_with_another_edit() {
    let request = SyncRequest::new("", ["ap-shanghai", "bj"]);
    // The first image is in `ap-shanghai`, the other one is not.
    let request = request.with_image_ids(["img-0000000a", "IMG-0000000B"]);
    assert_eq!(
        attributed(&Ruleset::default().suggest(&request, &wide_state())),
        [
            "remove ImageIds.0: image-single ImageIds, destination-not-source DestinationRegions.0",
            "set ImageIds.1 to `img-0000000b`: image-single ImageIds, image-id-format ImageIds.1",
            "set DestinationRegions.1 to `ap-beijing`: destination-exists DestinationRegions.1"
        ]
    );
}

#[test]
fn of_several_images_the_one_is_mended_that_is_wrong() {
    for (place, id) in ["IMG-0000000B", "IMG-0000000C", "IMG-0000000D"].into_iter().enumerate() {
        let mut ids = ["img-0000000b", "img-0000000c", "img-0000000d"];
        ids[place] = id;
        let request = SyncRequest::new("", ["ap-beijing"]).with_image_ids(ids);
        assert_eq!(
            words(&Ruleset::default().suggest(&request, &wide_state())),
            [
                &*format!("set ImageIds.{place} to `{}` (same meaning)", id.to_lowercase()),
                "send one request for each of ImageIds (same meaning)"
            ]
        );
    }
}

#[test]
fn where_a_quota_has_room_for_a_part_images_or_the_destination_go() {
    let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new);
    let ids = ["img-00000000", "img-00000001", "img-00000002"];
    let images = ids.map(|id| Image::new("ap-guangzhou", id).with_image_size(20));
    let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(9));
    let quota = AccountQuota::default().with_regions([quota]);
    let state = State::from_records(regions, images, quota, []).unwrap();
    let suggest = |ids: &[&str], destinations: &[&str]| {
        let request = SyncRequest::new("", destinations.iter().copied());
        words(&Ruleset::default().suggest(&request.with_image_ids(ids.iter().copied()), &state))
    };
    // Two images would go instead.
    assert_eq!(
        suggest(&ids, &["ap-shanghai", "ap-beijing"]),
        [
            "remove DestinationRegions.0 (gives something up)",
            "send one request for each of ImageIds (same meaning)"
        ]
    );
    // One element stands for two images.
    assert_eq!(
        suggest(&["img-00000000,img-00000001"], &["ap-shanghai"]),
        ["set ImageIds.0 to `img-00000000` (gives something up)"]
    );
}

#[test]
fn images_stay_together_where_the_rules_allow_it() {
    let rules = Ruleset::default().without("image-single").unwrap();
    let ids = ["img-0000000b", "img-0000000c", "img-0000000d"];
    let mended = ["set DestinationRegions.0 to `ap-beijing` (same meaning)"];
    let suggestion = rules.suggest(&SyncRequest::new("", ["bj"]).with_image_ids(ids), &wide_state());
    assert_eq!((&*words(&suggestion), suggestion.requests().len()), (&mended.map(str::to_owned)[..], 1));
    // So does one that is named twice.
    let twice = SyncRequest::new("", ["bj"]).with_image_ids([ids[0], ids[0]]);
    let suggestion = rules.suggest(&twice, &wide_state());
    assert_eq!(words(&suggestion), mended);
    // An image that the client makes itself stays one.
    let with_new = |id: &str| {
        let request = SyncRequest::new("", ["bj"]).with_image_ids([id, ""]).with_region("ap-guangzhou");
        let request = PartialRequest::new(request).with_new_image(1, NewImage::new("the next build"));
        rules.suggest_partial(&request, &wide_state())
    };
    let suggestion = with_new("img-0000000b");
    assert_eq!(words(&suggestion), mended);
    let [suggested] = suggestion.partial_requests() else { panic!("{suggestion:?}") };
    assert_eq!(suggested.request().image_ids, ["img-0000000b"]);
    assert!(suggested.is_new_image(&Parameter::IMAGE_IDS.element(1)));
    // It is told by its place, and so nothing is changed beside it.
    assert_eq!(with_new("IMG-0000000B").partial_requests(), []);
}

#[test]
fn requests_are_split_up_to_a_number_of_destinations_of_all_together() {
    let names = |count: usize| (0..count).map(|number| format!("ap-{number}"));
    let state = |regions: usize, images: usize| {
        let quota = AccountQuota::default().with_image_num_quota(1_000);
        let image = |number| Image::new("ap-source", format!("img-{number:08}")).with_image_size(20);
        let regions = names(regions).chain(["ap-source".to_owned()]).map(Region::new);
        State::from_records(regions, (0..images).map(image), quota, []).unwrap()
    };
    let many = state(257, 256);
    let ids = (0..256).map(|number| format!("img-{number:08}"));
    let request = SyncRequest::new("", names(256)).with_image_ids(ids);
    let suggestion = Ruleset::default().suggest(&request, &many);
    assert_eq!((suggestion.requests().len(), suggestion.edits().len()), (256, 1), "65,536 destinations");
    let suggestion = Ruleset::default().suggest(&request.with_destination_regions(names(257)), &many);
    assert_eq!(suggestion.requests().len(), 0);
    // One image is in one request, however many destinations this has.
    let request = SyncRequest::new("IMG-00000000", names(65_537));
    let suggestion = Ruleset::default().suggest(&request, &state(65_537, 1));
    assert_eq!(words(&suggestion), ["set ImageIds.0 to `img-00000000` (same meaning)"]);
}

#[test]
fn remedies_are_a_number_that_does_not_grow_with_the_request() {
    let names: Vec<String> = (0..70).map(|number| format!("ap-{number}")).collect();
    let quotas = names.iter().map(|name| RegionQuota::new(name.as_str()).with_used(Used::Count(10)));
    let quota = AccountQuota::default().with_regions(quotas);
    let regions = names.iter().map(String::as_str).chain(["ap-guangzhou"]).map(Region::new);
    let image = Image::new("ap-guangzhou", "img-00000000").with_image_size(20);
    let state = State::from_records(regions, [image], quota, []).unwrap();
    for (destinations, count) in [(63, 63), (64, 64), (65, 64), (70, 64)] {
        let request = SyncRequest::new("img-00000000", &names[..destinations]);
        let suggestion = Ruleset::default().suggest(&request, &state);
        assert_eq!((suggestion.requests().len(), suggestion.remedies().len()), (0, count));
    }
}
