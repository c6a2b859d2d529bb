//! A small server that answers SyncImages with what the library says, and keeps a log of it.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use presync::report::envelope::{Envelope, SyncedImage};
use presync::wire::{self, DecodeError, Headers, MAX_JSON_BYTES};
use presync::{ErrorCode, Ruleset, State, SyncRequest};
use tokio::net::TcpListener;

// The README shows this function; a test holds the two together.

/// Returns the response to a request. An accepted one uses up quota in the state, which nobody else may use meanwhile.
fn reply(sent: &Result<SyncRequest, DecodeError>, rules: &Ruleset, state: &mut State, id: &str) -> Envelope {
    let request = match sent {
        Ok(request) => request,
        Err(error) => match error.clone().into_report(rules) {
            Ok(report) => return Envelope::new(&report, id),
            // It is no request at all. Of the codes, this is the one for a wrong format.
            Err(error) => return Envelope::error(ErrorCode::InvalidParameter, error.to_string(), id),
        },
    };
    let report = rules.check(request, state);
    if report.accepted() {
        state.apply(request); // A dry run changes no state.
    }
    let is_dry_run = report.accepted() && request.dry_run == Some(true);
    if is_dry_run { Envelope::dry_run(id) } else { Envelope::new(&report, id) }
}

/// What the lock guards. The log is in it, so that its order is that in which the state was used.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) log: Vec<Logged>,
}

/// One call and what was said to it.
pub(crate) struct Logged {
    /// The client's own name for the call, if it gave one.
    pub(crate) trace: Option<String>,
    pub(crate) call: Result<SyncRequest, DecodeError>,
    pub(crate) answer: Envelope,
}

/// A server that is running.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    rules: Ruleset,
    /// How long a body may take.
    patience: Duration,
    world: Mutex<World>,
    /// How many answers were given.
    answers: AtomicU64,
}

impl Server {
    /// Starts one on a free port of the loopback. It ends with the runtime.
    pub(crate) async fn start(rules: Ruleset, state: State, patience: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Mutex::new(World { state, log: Vec::new() });
        let inside = Arc::new(Inside { rules, patience, world, answers: AtomicU64::new(0) });
        let router = Router::new().route("/", any(handle)).with_state(Arc::clone(&inside));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inside }
    }

    pub(crate) fn rules(&self) -> &Ruleset {
        &self.inside.rules
    }

    /// Looks at the state and the log.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.inside.world.lock().unwrap())
    }

    /// Tells the state what happened in the world, under the same lock.
    pub(crate) fn tell<T>(&self, tell: impl FnOnce(&mut State) -> T) -> T {
        tell(&mut self.inside.world.lock().unwrap().state)
    }
}

async fn handle(Shared(server): Shared<Arc<Inside>>, request: Request) -> Response {
    let id = format!("{:036x}", server.answers.fetch_add(1, Ordering::Relaxed));
    let (head, body) = request.into_parts();
    let bytes = match head.method {
        // With the address before it, the query has the limit of one over GET, and may be empty.
        Method::GET => Ok(format!("/?{}", head.uri.query().unwrap_or_default()).into_bytes()),
        Method::POST if has_known_type(&head.headers) => {
            match tokio::time::timeout(server.patience, read(body)).await {
                Ok(Ok(bytes)) => Ok(bytes),
                Ok(Err(Unread::TooLarge)) => {
                    Err(DecodeError::TooLarge { what: "a request", limit: MAX_JSON_BYTES })
                }
                // Neither is a call that could be refused: the status says so, and a client that repeats what fails
                // on the way tries again.
                Ok(Err(Unread::Broken)) => {
                    return refuse(StatusCode::BAD_REQUEST, "the body ends before its time", id);
                }
                Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body takes too long", id),
            }
        }
        Method::POST => return refuse(StatusCode::OK, "the body is neither JSON nor a form", id),
        // HEAD too: a call whose answer nobody sees must not copy anything.
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    let header = |name| {
        let value = head.headers.get(name)?;
        // What is not text is the name of nothing, and refused as such.
        Some(std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}"))
    };
    let call = bytes.and_then(|bytes| wire::decode_with(&bytes, &Headers::read(header)));

    // One lock from the check to the change: between two, another call could take the last place.
    let mut world = server.world.lock().unwrap();
    let mut answer = reply(&call, &server.rules, &mut world.state, &id);
    if let (Ok(call), Some(copies)) = (&call, &mut answer.response.image_set)
        && call.image_set_required == Some(true)
    {
        let copy = |(n, region)| SyncedImage::new(format!("img-{:08}{n}", world.log.len()), region);
        copies.extend(call.destination_regions.iter().enumerate().map(copy));
    }
    let trace = header("X-TC-TraceId").map(str::to_owned);
    world.log.push(Logged { trace, call, answer: answer.clone() });
    drop(world);
    respond(StatusCode::OK, &answer)
}

fn has_known_type(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = sent.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/x-www-form-urlencoded"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Why a body was not read to its end.
enum Unread {
    TooLarge,
    Broken,
}

/// The whole body. Of one that is too large no more is read than may be, and nothing where its length is sent before it.
async fn read(mut body: Body) -> Result<Vec<u8>, Unread> {
    let limit = u64::try_from(MAX_JSON_BYTES).unwrap();
    if body.size_hint().lower() > limit {
        return Err(Unread::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() {
            if bytes.len() + data.len() > MAX_JSON_BYTES {
                return Err(Unread::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

fn refuse(status: StatusCode, message: &str, id: String) -> Response {
    respond(status, &Envelope::error(ErrorCode::InvalidParameter, message, id))
}

/// The type is exactly this, without a charset: the official SDK looks for an error nowhere else.
fn respond(status: StatusCode, answer: &Envelope) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], serde_json::to_vec(answer).unwrap()).into_response()
}

/// Goes through a log again, one call after the other, with nothing but the library, and fails where an answer is
/// another one. Gives the rule behind each answer, if one is.
pub(crate) fn replay(world: &World, start: &State, rules: &Ruleset) -> Vec<Option<String>> {
    let mut state = start.clone();
    let mut broken = Vec::new();
    for (n, logged) in world.log.iter().enumerate() {
        let violation = match &logged.call {
            Ok(call) => {
                let report = rules.check(call, &state);
                if report.accepted() {
                    state.apply(call);
                }
                report.into_violations().into_iter().next()
            }
            Err(DecodeError::Shape { violations }) => violations.first().cloned(),
            Err(_) => {
                let error = logged.answer.response.error.as_ref().unwrap();
                assert_eq!(error.code, ErrorCode::InvalidParameter, "call {n}");
                broken.push(None);
                continue;
            }
        };
        let is_dry = logged.call.as_ref().is_ok_and(|call| call.dry_run == Some(true));
        let expected = match &violation {
            Some(violation) => Some(violation.code().clone()),
            None => is_dry.then_some(ErrorCode::DryRunOperation),
        };
        let given = logged.answer.response.error.as_ref().map(|error| error.code.clone());
        assert_eq!(given, expected, "call {n}: {:?}", logged.call);
        broken.push(violation.map(|violation| violation.rule().to_owned()));
    }
    assert_eq!(state, world.state, "the state is what the accepted calls leave behind");
    broken
}
