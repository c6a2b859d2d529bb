//! Many clients at once: what each is told is what `check` says on the state of that moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Barrier, Mutex};
use std::time::Instant;

use presync::report::envelope::Envelope;
use presync::{
    AccountQuota, Edition, Image, ImageState, QuotaLimit, Region, RegionQuota, Ruleset, State, SyncRequest,
    Used,
};

use crate::claims;
use crate::client::{Client, Form, accepted_a_second, assert_many_images_are_as_quick, get, run};
use crate::dice::Dice;
use crate::process::{Line, Server};
use crate::say;

const CLIENTS: u64 = 64;
const CALLS: u64 = 10_000;
const REGIONS: [&str; 6] =
    ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu", "ap-chongqing", "ap-nanjing"];

/// Six regions with a thousand places between them, and seven images. Not
/// all of them can be copied.
fn small_world() -> State {
    let images = (0..7).map(|n| {
        let image = Image::new("ap-guangzhou", format!("img-{n:08}")).with_image_name(format!("base-{n}"));
        match n {
            5 => image.with_image_size(50),
            6 => image.with_image_size(20).with_image_state(ImageState::SYNCING),
            _ => image.with_image_size(20),
        }
    });
    let numbers = [(0, 300), (7, 250), (90, 600), (0, 240), (59, 60), (3, 3)];
    let records = REGIONS.iter().zip(numbers).map(|(region, (used, limit))| {
        RegionQuota::new(*region).with_used(Used::Count(used)).with_image_num_quota(limit)
    });
    let quota = AccountQuota::default().with_regions(records);
    State::from_records(REGIONS.map(Region::new), images, quota, []).unwrap()
}

/// A call, most often a good one.
fn some_call(dice: &mut Dice, edition: Edition) -> SyncRequest {
    let image = match dice.below(20) {
        0 => "img-99999999".to_owned(),
        1 => "img-1".to_owned(),
        _ => format!("img-{:08}", dice.below(7)),
    };
    let mut destinations = Vec::new();
    for _ in 0..=dice.below(2) {
        destinations.push(if dice.below(40) == 0 { "sh" } else { REGIONS[dice.below(6)] });
    }
    let mut call = SyncRequest::new(image, destinations);
    call.region = (dice.below(4) > 0).then(|| "ap-guangzhou".to_owned());
    // In each of the forms the server sees all that is sent.
    call.has_no_region = call.region.is_none();
    // The first page knows none of these.
    let is_rare = edition < Edition::LATEST && dice.below(50) > 0;
    if !is_rare {
        call.image_name = (dice.below(2) == 0).then(|| format!("copy-{}", dice.below(300)));
        call.dry_run = (dice.below(8) == 0).then_some(true);
        call.image_set_required = (dice.below(3) == 0).then(|| dice.below(2) == 0);
    }
    call
}

/// One call as a client saw it.
struct Seen {
    call: SyncRequest,
    answer: Envelope,
}

/// The calls of one client, one after the other on one connection.
async fn calls(mut client: Client, number: u64, edition: Edition) -> Vec<Seen> {
    let mut dice = Dice(number);
    let mut seen = Vec::new();
    for _ in (number..CALLS).step_by(usize::try_from(CLIENTS).unwrap()) {
        let call = some_call(&mut dice, edition);
        let answer = client.call(Form::ALL[dice.below(4)].bytes(&call, "")).await;
        assert_eq!(answer.status, 200);
        seen.push(Seen { call, answer: answer.envelope() });
    }
    seen
}

/// Goes through a log again, one call after the other, with nothing but the library, and fails
/// where the server found something else. Gives the state at the end.
fn replay(log: &[Line], calls: &BTreeMap<&str, &Seen>, start: &State, edition: Edition) -> State {
    let rules = Ruleset::documented(edition);
    let mut state = start.clone();
    let mut made = 0;
    for (n, line) in log.iter().enumerate() {
        let Seen { call, answer } = calls[&*line.request_id];
        let report = rules.check(call, &state);
        let found: Vec<_> = report
            .violations()
            .iter()
            .map(|found| {
                (
                    Some(found.rule()),
                    found.code().as_str(),
                    Some(found.parameter().to_string()),
                    found.message(),
                )
            })
            .collect();
        let logged: Vec<_> = line
            .violations
            .iter()
            .map(|reason| (reason.rule.as_deref(), &*reason.code, reason.parameter.clone(), &*reason.message))
            .collect();
        assert_eq!(logged, found, "call {n}: {call:?}");
        assert_eq!(line.unverified.len(), report.unverified().len(), "call {n}: {call:?}");
        assert_eq!(line.verdict, if report.accepted() { "accepted" } else { "refused" }, "call {n}");
        let is_dry = call.dry_run == Some(true);
        let code = report.violations().first().map(|first| first.code().as_str());
        let code = code.or(is_dry.then_some("DryRunOperation"));
        assert_eq!(line.code.as_deref(), code, "call {n}: {call:?}");
        assert_eq!(
            answer.response.error.as_ref().map(|error| error.code.as_str()),
            code,
            "call {n}: {call:?}"
        );
        if report.accepted() && !is_dry {
            let source = state.image("ap-guangzhou", &call.image_ids[0]).unwrap().clone();
            for region in &call.destination_regions {
                made += 1;
                let mut copy = source.clone();
                copy.region.clone_from(region);
                copy.image_id = format!("img-{made:08}replayed");
                if let Some(name) = &call.image_name {
                    copy.image_name = Some(name.clone());
                }
                state.insert_image(copy).unwrap();
            }
        }
    }
    state
}

/// The custom images that each region has, counted anew after each call of the log and compared
/// with the quota. The state has no part in it. Gives what is left.
fn count_places(log: &[Line], calls: &BTreeMap<&str, &Seen>, start: &State) -> BTreeMap<String, u64> {
    let mut left = BTreeMap::new();
    for record in &start.account_quota().regions {
        let Used::Count(used) = record.used else { panic!("a count") };
        let QuotaLimit::Count(limit) = record.image_num_quota else { panic!("a number") };
        left.insert(record.region.clone(), limit - used);
    }
    for (n, line) in log.iter().enumerate() {
        if line.code.is_none() {
            for region in &calls[&*line.request_id].call.destination_regions {
                let left = left.get_mut(region).unwrap();
                *left = left.checked_sub(1).unwrap_or_else(|| panic!("call {n}: {region} is over its quota"));
            }
        }
    }
    left
}

/// Every image that the server lists in a region, by id: its name and its size.
async fn listed(server: &Server, region: &str) -> BTreeMap<String, (String, u64)> {
    let mut client = Client::connect(server.address).await;
    let mut images = BTreeMap::new();
    loop {
        let query = format!(
            "Action=DescribeImages&Version=2017-03-12&Region={region}&Limit=100&Offset={}",
            images.len()
        );
        let answer = client.call(get(&query, "")).await;
        let response: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let response = &response["Response"];
        for image in response["ImageSet"].as_array().unwrap() {
            let text = |key: &str| image[key].as_str().unwrap().to_owned();
            let size = image["ImageSize"].as_u64().unwrap();
            let old = images.insert(text("ImageId"), (text("ImageName"), size));
            assert_eq!(old, None, "{} is listed twice", text("ImageId"));
        }
        let total = usize::try_from(response["TotalCount"].as_u64().unwrap()).unwrap();
        if images.len() == total {
            return images;
        }
        assert!(images.len() < total && !response["ImageSet"].as_array().unwrap().is_empty());
    }
}

fn many_clients(edition: Edition) {
    let start = small_world();
    let begun = Instant::now();
    let server = Server::start(edition, &start, &[]);
    let (seen, answered, took, listed) = run(async {
        // All are there before the first one speaks.
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(Client::connect(server.address).await);
        }
        let clients = clients.into_iter().zip(0..);
        let tasks: Vec<_> =
            clients.map(|(client, number)| tokio::spawn(calls(client, number, edition))).collect();
        let (mut seen, mut answered) = (Vec::new(), 0);
        for task in tasks {
            let calls = task.await.unwrap();
            answered += usize::from(!calls.is_empty());
            seen.extend(calls);
        }
        let took = begun.elapsed();
        let mut regions = Vec::new();
        for region in REGIONS {
            regions.push(listed(&server, region).await);
        }
        (seen, answered, took, regions)
    });
    let mut log = server.end();
    log.retain(|line| line.action.as_deref() == Some("SyncImages"));

    // Nothing is lost, and nobody got what was another's.
    assert_eq!(u64::try_from(seen.len()).unwrap(), CALLS);
    assert_eq!(log.len(), seen.len());
    let by_id: BTreeMap<&str, &Seen> =
        seen.iter().map(|seen| (&*seen.answer.response.request_id, seen)).collect();
    assert_eq!(by_id.len(), seen.len(), "each answer has an id of its own");
    let mut new_ids = BTreeSet::new();
    for Seen { call, answer } in &seen {
        let copies = answer.response.image_set.as_deref().unwrap_or_default();
        let regions: Vec<_> = copies.iter().map(|copy| &copy.region).collect();
        let asked = call.image_set_required == Some(true) && answer.response.error.is_none();
        assert_eq!(regions, call.destination_regions.iter().filter(|_| asked).collect::<Vec<_>>());
        for copy in copies {
            assert!(new_ids.insert(&copy.image_id), "{} is given twice", copy.image_id);
            let region = REGIONS.iter().position(|region| *region == copy.region).unwrap();
            let source = start.image("ap-guangzhou", &call.image_ids[0]).unwrap();
            let name = call.image_name.clone().or_else(|| source.image_name.clone()).unwrap();
            assert_eq!(listed[region][&copy.image_id], (name, source.image_size.unwrap()));
        }
    }

    // Every answer is that of its moment.
    let state = replay(&log, &by_id, &start, edition);
    for (region, listed) in REGIONS.iter().zip(&listed) {
        let mut expected: Vec<_> = state
            .images()
            .iter()
            .filter(|image| image.region == *region)
            .map(|image| (image.image_name.clone().unwrap(), image.image_size.unwrap()))
            .collect();
        let mut listed: Vec<_> = listed.values().cloned().collect();
        expected.sort();
        listed.sort();
        assert_eq!(listed, expected, "{region}: what is listed is what the accepted calls leave behind");
    }
    let mut answers: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &log {
        let dry = if line.code.is_some() { "dry run" } else { "accepted" };
        *answers.entry(line.rule().unwrap_or(dry)).or_default() += 1;
    }

    let left = count_places(&log, &by_id, &start);
    assert_eq!(left.len(), REGIONS.len());
    if edition < Edition::LATEST {
        // Everything but the source region fills up, to the last place.
        assert!(left.iter().all(|(region, left)| *left == 0 || region == REGIONS[0]), "{left:?}");
    }
    for often in ["accepted", "image-quota", "image-exists", "destination-exists"] {
        assert!(answers.get(often).is_some_and(|count| *count > 50), "{often}: {answers:?}");
    }
    claims::hold("clients", answered);
    claims::hold("calls", by_id.len());
    say(&format!("{CALLS} calls from {CLIENTS} clients under the {edition} page in {took:.1?}: {answers:?}"));
}

#[test]
fn every_answer_to_64_clients_is_that_of_its_moment_2017() {
    many_clients(Edition::FIRST);
}

#[test]
fn every_answer_to_64_clients_is_that_of_its_moment_latest() {
    many_clients(Edition::LATEST);
}

/// Two regions, and one place left in the second.
fn last_place() -> (State, SyncRequest) {
    let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    let images = [Image::new("ap-guangzhou", "img-00000000").with_image_size(20)];
    let quota = AccountQuota::default().with_image_num_quota(1);
    let state = State::from_records(regions, images, quota, []).unwrap();
    (state, SyncRequest::new("img-00000000", ["ap-shanghai"]))
}

#[test]
fn the_last_place_is_given_once_to_clients_who_ask_at_once() {
    let (state, call) = last_place();
    for _ in 0..8 {
        let server = Server::start(Edition::FIRST, &state, &[]);
        let codes = run(async {
            let mut clients = Vec::new();
            for _ in 0..32 {
                clients.push(Client::connect(server.address).await);
            }
            for client in &mut clients {
                client.send(Form::Query.bytes(&call, "")).await;
            }
            let mut codes = Vec::new();
            for client in &mut clients {
                codes.push(client.next().await.unwrap().code());
            }
            codes
        });
        let accepted = codes.iter().filter(|code| code.is_none()).count();
        assert_eq!(accepted, 1, "{codes:?}");
        assert_eq!(codes.iter().flatten().filter(|code| *code == "LimitExceeded").count(), 31, "{codes:?}");
    }
}

#[test]
fn two_locks_in_the_place_of_one_give_the_last_place_twice() {
    let (state, call) = last_place();
    let (state, rules, both_checked) = (Mutex::new(state), Ruleset::default(), Barrier::new(2));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let is_accepted = rules.check(&call, &state.lock().unwrap()).accepted();
                both_checked.wait();
                let mut state = state.lock().unwrap();
                if is_accepted {
                    *state = state.after(&call);
                }
            });
        }
    });
    // What the test above is there to rule out.
    assert_eq!(state.lock().unwrap().account_quota().regions[0].in_flight, 2);
}

/// How many accepted calls a second the server answers to one client after the other, with so many
/// images: `cargo test --release --all-features --test server -- --ignored speed`. Each copy
/// becomes an image here, and what that takes grows with the root of their number;
/// `benches/state.rs` has what `State::apply` alone takes, which does not grow.
#[test]
#[ignore = "a measurement"]
fn speed_depends_little_on_the_number_of_images() {
    assert_many_images_are_as_quick(0.3, |count| {
        let images =
            (0..count).map(|n| Image::new(REGIONS[n % 6], format!("img-{n:08}")).with_image_size(20));
        let quota = AccountQuota::default().with_image_num_quota(u64::MAX);
        let state = State::from_records(REGIONS.map(Region::new), images, quota, []).unwrap();
        let server = Server::start(Edition::FIRST, &state, &[]);
        accepted_a_second(server.address, &SyncRequest::new("img-00000000", [REGIONS[1]]))
    });
}
