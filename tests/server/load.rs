//! Many clients at once: what each is told is what `check` says on the state of that moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use presync::report::envelope::Envelope;
use presync::{
    AccountQuota, Edition, Image, ImageState, QuotaLimit, Region, RegionQuota, Ruleset, State, SyncRequest,
    Used, check_fn,
};

use crate::app::{Server, World, replay};
use crate::client::{Client, Form, run};
use crate::say;

const CLIENTS: u64 = 64;
const CALLS: u64 = 10_000;
const REGIONS: [&str; 6] =
    ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu", "ap-chongqing", "ap-nanjing"];

/// Six regions with a thousand places between them, and seven images, not all of which can be copied.
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

/// Numbers that look like chance and are the same on every run.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides).unwrap()
    }
}

/// A call, most often a good one.
fn some_call(dice: &mut Dice, edition: Edition) -> SyncRequest {
    let image = match dice.roll(20) {
        0 => "img-99999999".to_owned(),
        1 => "img-1".to_owned(),
        _ => format!("img-{:08}", dice.roll(7)),
    };
    let mut destinations = Vec::new();
    for _ in 0..=dice.roll(2) {
        destinations.push(if dice.roll(40) == 0 { "sh" } else { REGIONS[dice.roll(6)] });
    }
    let mut call = SyncRequest::new(image, destinations);
    call.region = (dice.roll(4) > 0).then(|| "ap-guangzhou".to_owned());
    // In each of the forms the server sees all that is sent.
    call.has_no_region = call.region.is_none();
    // The first page knows none of these.
    let is_rare = edition < Edition::LATEST && dice.roll(50) > 0;
    if !is_rare {
        call.image_name = (dice.roll(2) == 0).then(|| format!("copy-{}", dice.roll(300)));
        call.dry_run = (dice.roll(8) == 0).then_some(true);
        call.image_set_required = (dice.roll(3) == 0).then(|| dice.roll(2) == 0);
    }
    call
}

/// One call as a client saw it.
struct Seen {
    trace: String,
    call: SyncRequest,
    answer: Envelope,
}

/// The calls of one client, one after the other on one connection.
async fn calls(mut client: Client, number: u64, edition: Edition) -> Vec<Seen> {
    let mut dice = Dice(number);
    let mut seen = Vec::new();
    for n in (number..CALLS).step_by(usize::try_from(CLIENTS).unwrap()) {
        let (trace, call) = (format!("client-{number}-call-{n}"), some_call(&mut dice, edition));
        let answer = client.call(Form::ALL[dice.roll(4)].bytes(&call, &trace)).await;
        assert_eq!(answer.status, 200);
        seen.push(Seen { trace, call, answer: answer.envelope() });
    }
    seen
}

/// The custom images that each region has and will have, counted anew after each call of the log and compared with the
/// quota. `State::after` has no part in it. Gives what is left.
fn count_places(world: &World, start: &State) -> BTreeMap<String, u64> {
    let mut left = BTreeMap::new();
    for record in &start.account_quota().regions {
        let Used::Count(used) = record.used else { panic!("a count") };
        let QuotaLimit::Count(limit) = record.image_num_quota else { panic!("a number") };
        left.insert(record.region.clone(), limit - used);
    }
    for (n, logged) in world.log.iter().enumerate() {
        if logged.answer.response.error.is_none() {
            let call = logged.call.as_ref().unwrap();
            for region in &call.destination_regions {
                let left = left.get_mut(region).unwrap();
                *left = left.checked_sub(1).unwrap_or_else(|| panic!("call {n}: {region} is over its quota"));
            }
        }
    }
    left
}

fn many_clients(edition: Edition) {
    let start = small_world();
    let begun = Instant::now();
    let (server, seen) = run(async {
        let rules = Ruleset::documented(edition);
        let server = Server::start(rules, start.clone(), Duration::from_secs(60)).await;
        // All are there before the first one speaks.
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(Client::connect(server.address).await);
        }
        let clients = clients.into_iter().zip(0..);
        let tasks: Vec<_> =
            clients.map(|(client, number)| tokio::spawn(calls(client, number, edition))).collect();
        let mut seen = Vec::new();
        for task in tasks {
            seen.extend(task.await.unwrap());
        }
        (server, seen)
    });
    let took = begun.elapsed();

    server.look(|world| {
        // Nothing is lost, and nobody got what was another's.
        assert_eq!(u64::try_from(seen.len()).unwrap(), CALLS);
        assert_eq!(world.log.len(), seen.len());
        let ids: BTreeSet<&str> = seen.iter().map(|seen| &*seen.answer.response.request_id).collect();
        assert_eq!(ids.len(), seen.len(), "each answer has an id of its own");
        let logged: BTreeMap<&str, _> =
            world.log.iter().map(|logged| (logged.trace.as_deref().unwrap(), logged)).collect();
        assert_eq!(logged.len(), seen.len());
        for seen in &seen {
            let logged = logged[&*seen.trace];
            assert_eq!(logged.call.as_ref(), Ok(&seen.call), "{}", seen.trace);
            assert_eq!(logged.answer, seen.answer, "{}", seen.trace);
            let copies = seen.answer.response.image_set.as_deref().unwrap_or_default();
            let copies: Vec<_> = copies.iter().map(|copy| &copy.region).collect();
            let asked = seen.call.image_set_required == Some(true) && seen.answer.response.error.is_none();
            assert_eq!(copies, seen.call.destination_regions.iter().filter(|_| asked).collect::<Vec<_>>());
        }

        // Every answer is that of its moment.
        let rules = replay(world, &start, server.rules());
        let mut answers: BTreeMap<&str, u64> = BTreeMap::new();
        for (logged, rule) in world.log.iter().zip(&rules) {
            let dry = if logged.answer.response.error.is_some() { "dry run" } else { "accepted" };
            *answers.entry(rule.as_deref().unwrap_or(dry)).or_default() += 1;
        }

        let left = count_places(world, &start);
        assert_eq!(left.len(), REGIONS.len());
        if edition < Edition::LATEST {
            // Everything but the source region fills up, to the last place.
            assert!(left.iter().all(|(region, left)| *left == 0 || region == REGIONS[0]), "{left:?}");
        }
        for often in ["accepted", "image-quota", "image-exists", "destination-exists"] {
            assert!(answers.get(often).is_some_and(|count| *count > 50), "{often}: {answers:?}");
        }
        say(&format!(
            "{CALLS} calls from {CLIENTS} clients under the {edition} page in {took:.1?}: {answers:?}"
        ));
    });
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
fn the_last_place_is_given_once_however_long_a_check_takes() {
    let (state, call) = last_place();
    // Longer than it takes all to be there: without one lock around check and change, all would see the place. The
    // runtime is told of the wait, for else nobody reads the other calls meanwhile.
    let slow = check_fn("test/slow", "Test.Slow".parse().unwrap(), |_, _| {
        tokio::task::block_in_place(|| std::thread::sleep(Duration::from_millis(50)));
    });
    let codes = run(async {
        let rules = Ruleset::default().with_check(slow).unwrap();
        let server = Server::start(rules, state, Duration::from_secs(60)).await;
        let mut clients = Vec::new();
        for _ in 0..8 {
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
    assert_eq!(codes.iter().flatten().filter(|code| *code == "LimitExceeded").count(), 7, "{codes:?}");
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

#[test]
fn a_copy_that_ends_leaves_its_part_of_the_quota_to_others() {
    let (state, call) = last_place();
    let codes = run(async {
        let server = Server::start(Ruleset::default(), state, Duration::from_secs(60)).await;
        let mut client = Client::connect(server.address).await;
        let mut codes = Vec::new();
        let copy = || Image::new("ap-shanghai", "img-00000001");
        // What happens before each of the calls.
        let events: [fn(&mut State); 5] = [
            |_| {},
            |_| {},
            |state| state.copy_failed("ap-shanghai", Some("")).unwrap(),
            |state| drop(state.arrived(Image::new("ap-shanghai", "img-00000001")).unwrap()),
            |state| drop(state.remove_image("ap-shanghai", "img-00000001").unwrap()),
        ];
        for event in events {
            server.tell(event);
            codes.push(client.call(Form::Query.bytes(&call, "")).await.code());
        }
        assert!(server.tell(|state| state.arrived(copy())).is_ok());
        codes
    });
    let full = Some("LimitExceeded");
    let codes: Vec<Option<&str>> = codes.iter().map(Option::as_deref).collect();
    assert_eq!(codes, [None, full, None, full, None]);
}

/// How many accepted calls a second the server answers to one client after the other, with so many images:
/// `cargo test --release --all-features --test server -- --ignored speed`.
#[test]
#[ignore = "a measurement"]
fn speed_does_not_depend_on_the_number_of_images() {
    const CALLS: u32 = 20_000;
    let speed = |count: usize| {
        let images =
            (0..count).map(|n| Image::new(REGIONS[n % 6], format!("img-{n:08}")).with_image_size(20));
        let quota = AccountQuota::default().with_image_num_quota(u64::MAX);
        let state = State::from_records(REGIONS.map(Region::new), images, quota, []).unwrap();
        run(async {
            let server = Server::start(Ruleset::default(), state, Duration::from_secs(60)).await;
            let mut client = Client::connect(server.address).await;
            let call = Form::Query.bytes(&SyncRequest::new("img-00000000", [REGIONS[1]]), "");
            let begun = Instant::now();
            for _ in 0..CALLS {
                assert_eq!(client.call(&call).await.code(), None);
            }
            f64::from(CALLS) / begun.elapsed().as_secs_f64()
        })
    };
    // In turns, so that whatever else the machine does is in both.
    let speeds: Vec<[f64; 2]> = (0..5).map(|_| [100, 100_000].map(speed)).collect();
    let [few, many] = [0, 1].map(|which| {
        let mut of: Vec<f64> = speeds.iter().map(|speeds| speeds[which]).collect();
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    });
    say(&format!("{few:.0} accepted calls a second with 100 images, {many:.0} with 100,000"));
    assert!(many > 0.9 * few, "{speeds:?}");
}
