//! The conformance kit, held to `presync serve`: its vectors, its histories and its races.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use presync::generators::conformance::{Failure, Reply, Step, histories, races};
use presync::generators::vectors::{Kind, Vector, vectors};
use presync::{Edition, QuotaLimit, State, SyncRequest};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Answer, Client, Form, get, post};
use crate::process::Server;
use crate::say;

const FORM: &str = "application/x-www-form-urlencoded";

/// The number of vectors about no rule or limit of their own that are sent to a server.
const ANY: usize = 100;

/// One for all tests here: the kit calls from threads of its own.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Sends a call on one of the connections that are free.
fn call(server: &Server, free: &Mutex<Vec<Client>>, bytes: &[u8]) -> Answer {
    let client = free.lock().unwrap().pop();
    let talk = async {
        let mut client = match client {
            Some(client) => client,
            None => Client::connect(server.address).await,
        };
        let answer = client.call(bytes).await;
        (client, answer)
    };
    let talk = async { tokio::time::timeout(Duration::from_secs(20), talk).await };
    let (client, answer) = RUNTIME.block_on(talk).expect("an answer in time");
    free.lock().unwrap().push(client);
    assert_eq!(answer.status, 200);
    answer
}

/// Every way in which a vector can be sent to a server, each with a name. There is none
/// for a body whose headers are not known: a server always sees the headers, so that
/// only a checker can be asked.
fn forms(vector: &Vector) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = Vec::new();
    if let (Some(headers), Some(body)) = (&vector.headers, &vector.request) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        forms.push(("JSON", post("application/json", &headers, body)));
    }
    if let Some(query) = &vector.query {
        forms.push(("query", get(query, "")));
        forms.push(("form", post(FORM, "", query)));
    }
    forms
}

/// True if the request has `DryRun`, in either form.
fn is_dry(vector: &Vector) -> bool {
    let of_body = |body: &str| serde_json::from_str::<Value>(body).is_ok_and(|body| body["DryRun"] == true);
    let of_query = |query: &str| query.split('&').any(|pair| pair == "DryRun=true");
    vector.request.as_deref().is_some_and(of_body) || vector.query.as_deref().is_some_and(of_query)
}

/// What was held to a server, and where it differs.
#[derive(Default)]
struct Held {
    forms: BTreeSet<&'static str>,
    alone: BTreeSet<String>,
    boundaries: BTreeSet<(String, bool)>,
    unverified: usize,
    accepted: usize,
    dry: usize,
    /// The vectors that no server can be sent.
    unsent: usize,
    sent: usize,
    wrong: Vec<String>,
}

/// Holds a server of an edition to vectors. Each of them has a state of its own,
/// and so a server of its own.
fn hold(edition: Edition, vectors: &[Vector]) -> Held {
    let held = Mutex::new(Held::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(vector) = vectors.get(next.fetch_add(1, Ordering::SeqCst)) {
                    hold_one(edition, vector, &held);
                }
            });
        }
    });
    held.into_inner().unwrap()
}

fn hold_one(edition: Edition, vector: &Vector, held: &Mutex<Held>) {
    let expected = match vector.violations.first() {
        Some(first) => Some(first.code.to_string()),
        None => is_dry(vector).then(|| "DryRunOperation".to_owned()),
    };
    let start = || (Server::start(edition, &vector.state, &[]), Mutex::default());
    let forms = forms(vector);
    if forms.is_empty() {
        assert!(
            vector.headers.is_none() && vector.query.is_none() && !vector.unverified.is_empty(),
            "{vector:?}"
        );
        held.lock().unwrap().unsent += 1;
    }
    let mut server = None;
    for (form, bytes) in forms {
        let (running, free) = server.get_or_insert_with(start);
        let code = call(running, free, &bytes).code();
        if code.is_none() {
            // It is another state now.
            server = None;
        }
        let mut held = held.lock().unwrap();
        held.sent += 1;
        held.accepted += usize::from(code.is_none());
        held.dry += usize::from(code.as_deref() == Some("DryRunOperation"));
        held.forms.insert(form);
        match vector.kind {
            Kind::Alone => held.alone.extend(vector.about.iter().cloned()),
            Kind::Boundary => {
                held.boundaries.extend(vector.boundary.clone().map(|name| (name, vector.accepted)));
            }
            Kind::Unverified => held.unverified += 1,
            _ => {}
        }
        if code != expected {
            let id = &vector.id;
            held.wrong.push(format!("{id} as {form}, {:?}: {code:?}, not {expected:?}", vector.about));
        }
    }
}

/// Each rule alone, every two rules that can be broken together, both sides of each limit, what is
/// unverified, and some of other requests.
fn sample(edition: Edition) -> Vec<Vector> {
    let mut any = 0;
    let is_taken = |vector: &Vector| {
        any += usize::from(vector.kind == Kind::Any);
        any <= ANY
    };
    vectors(edition, 14).take_while(is_taken).collect()
}

#[test]
fn the_server_gives_the_codes_of_the_vectors() {
    for edition in [Edition::FIRST, Edition::LATEST] {
        let vectors = sample(edition);
        let held = hold(edition, &vectors);
        assert!(held.wrong.is_empty(), "{edition}:\n{}", held.wrong.join("\n"));
        let Held { sent, accepted, dry, unsent, .. } = held;
        let count = vectors.len();
        say(&format!(
            "{edition}: {sent} calls of {count} vectors, {accepted} accepted, {dry} dry; {unsent} cannot be sent"
        ));

        assert!(count > 250 && sent > 2 * count && unsent * 10 < count);
        assert!(accepted > 50);
        // The first page has no `DryRun`.
        assert_eq!(dry > 0, edition == Edition::LATEST);
        assert_eq!(held.forms, BTreeSet::from(["JSON", "query", "form"]));
        let in_force = presync::rules::all().filter(|rule| rule.in_force(edition));
        let missed: Vec<_> = in_force.map(|rule| rule.id()).filter(|id| !held.alone.contains(*id)).collect();
        assert!(missed.is_empty(), "no vector breaks alone: {missed:?}");
        let limits: BTreeSet<&String> = held.boundaries.iter().map(|(name, _)| name).collect();
        assert!(limits.len() > 10, "{limits:?}");
        assert_eq!(held.boundaries.len(), 2 * limits.len(), "both sides of each: {:?}", held.boundaries);
        assert!(held.unverified > 10, "{}", held.unverified);
    }
}

#[test]
fn a_server_of_another_edition_is_caught_by_the_vectors() {
    for (edition, other) in [(Edition::FIRST, Edition::LATEST), (Edition::LATEST, Edition::FIRST)] {
        let few: Vec<Vector> = sample(edition).into_iter().step_by(4).collect();
        let wrong = hold(other, &few).wrong;
        assert!(wrong.len() * 10 > few.len(), "{} of {}", wrong.len(), few.len());
    }
}

/// What the server starts with is not what the kit said.
type Start = fn(&State) -> State;

fn with_one_more_free(state: &State) -> State {
    let mut wrong = state.clone();
    for quota in &state.account_quota().regions {
        if let QuotaLimit::Count(limit) = quota.image_num_quota {
            wrong.set_quota(&quota.region, limit + 1).unwrap();
        }
    }
    wrong
}

/// A server that is called in one form after the other.
struct Running {
    server: Server,
    free: Mutex<Vec<Client>>,
    calls: AtomicUsize,
    /// The calls that are being answered.
    inside: AtomicUsize,
}

impl Running {
    fn start(edition: Edition, state: &State, copy_time: &str) -> Self {
        let server = Server::start(edition, state, &["--copy-time", copy_time]);
        Self { server, free: Mutex::default(), calls: AtomicUsize::new(0), inside: AtomicUsize::new(0) }
    }

    fn reply(&self, request: &SyncRequest, counts: &Counts) -> Reply {
        let is_header = |value: &Option<String>| {
            value.as_ref().is_none_or(|value| value.bytes().all(|byte| byte.is_ascii_graphic()))
        };
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let form = if is_header(&request.version) && is_header(&request.region) {
            Form::ALL[number % 4]
        } else {
            // What cannot stand in a header.
            Form::Query
        };
        let others = self.inside.fetch_add(1, Ordering::SeqCst);
        let reply = Reply::from(&call(&self.server, &self.free, &form.bytes(request, "")).envelope());
        self.inside.fetch_sub(1, Ordering::SeqCst);
        let count = if reply == Reply::Accepted { &counts.accepted } else { &counts.refused };
        count.fetch_add(1, Ordering::SeqCst);
        counts.at_once.fetch_add(usize::from(others > 0), Ordering::SeqCst);
        reply
    }
}

#[derive(Default)]
struct Counts {
    starts: AtomicUsize,
    accepted: AtomicUsize,
    refused: AtomicUsize,
    /// Those that were made while another one was being answered.
    at_once: AtomicUsize,
}

impl Counts {
    /// Fails unless both were checked, each so often, in so many starts, and so many at once.
    fn are_enough(&self, starts: usize, each: usize, at_once: usize) {
        let counts = [&self.starts, &self.accepted, &self.refused, &self.at_once];
        let [started, accepted, refused, overlapping] = counts.map(|count| count.load(Ordering::SeqCst));
        let counts = format!(
            "{started} servers: {accepted} accepted, {refused} refused, {overlapping} while another was answered"
        );
        say(&counts);
        assert!(
            started >= starts && accepted >= each && refused >= each && overlapping >= at_once,
            "{counts}"
        );
    }
}

/// Holds servers of an edition to histories about the page of another.
fn live(
    page: Edition,
    of: Edition,
    copy_time: &str,
    cases: u32,
    start: Start,
    counts: &Counts,
) -> Result<(), Box<Failure>> {
    let mut running = None;
    let copies = Cell::new(0);
    let outcome = histories(page, cases, |step| match step {
        Step::Start(state) => {
            counts.starts.fetch_add(1, Ordering::SeqCst);
            running = Some(Running::start(of, &start(state), copy_time));
            Reply::Done
        }
        Step::Call(request) => running.as_ref().unwrap().reply(request, counts),
        Step::Arrived(_) => {
            // Its copies end by themselves, and have ids of its own.
            copies.set(copies.get() + 1);
            Reply::NotDone
        }
        // Nobody outside can tell it so.
        _ => Reply::NotDone,
    });
    assert!(outcome.is_err() || copies.get() > 10, "copies end in the histories: {}", copies.get());
    outcome
}

#[test]
fn histories_of_the_server_are_right() {
    // Copies that are there at once, that arrive in between, and that never do.
    for (edition, copy_time) in
        [(Edition::FIRST, "0s"), (Edition::LATEST, "0s"), (Edition::LATEST, "1ms"), (Edition::LATEST, "1h")]
    {
        let counts = Counts::default();
        let outcome = live(edition, edition, copy_time, 64, State::clone, &counts);
        assert!(outcome.is_ok(), "{edition}, {copy_time}:\n{}", outcome.unwrap_err());
        counts.are_enough(64, 100, 0);
    }
}

#[test]
fn a_wrong_server_is_caught_by_a_history() {
    let (first, latest) = (Edition::FIRST, Edition::LATEST);
    let wrong: [(Edition, Start); 2] = [(first, State::clone), (latest, with_one_more_free)];
    for (of, start) in wrong {
        let failure = live(latest, of, "0s", 64, start, &Counts::default()).unwrap_err();
        // The start, a call that takes the last of the quota, and one too many.
        assert!(failure.allowed().is_some() && failure.history().len() <= 3, "{failure}");
    }
}

fn race(page: Edition, of: Edition, cases: u32, start: Start, counts: &Counts) -> Result<(), Box<Failure>> {
    races(
        page,
        cases,
        |state| {
            counts.starts.fetch_add(1, Ordering::SeqCst);
            Running::start(of, &start(state), "0s")
        },
        |running, request| running.reply(request, counts),
    )
}

#[test]
fn races_at_the_server_are_explained_by_some_order() {
    for edition in [Edition::FIRST, Edition::LATEST] {
        let counts = Counts::default();
        let outcome = race(edition, edition, 100, State::clone, &counts);
        assert!(outcome.is_ok(), "{edition}:\n{}", outcome.unwrap_err());
        counts.are_enough(100, 100, 100);
    }
    // One that gives away more than there is, and one of another page.
    let (first, latest) = (Edition::FIRST, Edition::LATEST);
    let wrong: [(Edition, Start); 2] = [(first, State::clone), (latest, with_one_more_free)];
    for (of, start) in wrong {
        let failure = race(latest, of, 100, start, &Counts::default()).unwrap_err();
        assert!(failure.allowed().is_none(), "{failure}");
    }
}
