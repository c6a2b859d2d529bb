//! HTTP: connections, their limits, and their end.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use presync::wire::{DecodeError, Headers, MAX_JSON_BYTES, MAX_URL_BYTES};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::endpoint::Endpoint;
use super::signals::Signals;

/// The most bytes of a head: the longest query, and as much again for the headers.
const MAX_HEAD_BYTES: usize = 2 * MAX_URL_BYTES;

/// The most headers of a call.
const MAX_HEADERS: usize = 100;

/// The most bytes of an ordinary body. Those that have more wait for their turn.
const ORDINARY_BYTES: usize = 1 << 20;

/// The most bodies at once that are larger than that, so that many of them do not fill the memory.
const LARGE_AT_ONCE: usize = 8;

/// The time for calls that are being answered when the end comes.
const END_TIME: Duration = Duration::from_secs(10);

/// The paths at which calls are taken: that of API 3.0, and the one of the 2017-03 page's example.
const PATHS: [&str; 2] = ["/", "/v2/index.php"];

/// The limits of connections.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// The most connections at once. More wait to be accepted.
    pub(crate) connections: u32,
    /// The most time for the head of a call, and again for its body. A client that does not take
    /// its response has three to six times as much.
    pub(crate) time: Duration,
}

struct Inside {
    endpoint: Endpoint,
    limits: Limits,
    large: Semaphore,
}

/// Serves calls until a signal comes, and then those that are being answered,
/// unless another signal comes.
pub(crate) async fn serve(listener: TcpListener, endpoint: Endpoint, limits: Limits, signals: &mut Signals) {
    let inside = Arc::new(Inside { endpoint, limits, large: Semaphore::new(LARGE_AT_ONCE) });
    let mut router = Router::new();
    for path in PATHS {
        router = router.route(path, any(handle));
    }
    let router = router.with_state(inside);
    let all = usize::try_from(limits.connections).unwrap_or(Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(all));
    let (ending, has_ended) = watch::channel(false);
    let accepting = async {
        while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else {
                // Such as too many open files: there will be fewer.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (router, has_ended) = (router.clone(), has_ended.clone());
            tokio::spawn(async move {
                connection(stream, router, limits.time, has_ended).await;
                drop(slot);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = signals.next() => {}
    }
    drop(listener);
    let _ = ending.send(true);
    tokio::select! {
        _ = slots.acquire_many(limits.connections) => {}
        () = sleep(END_TIME) => {}
        () = signals.next() => {}
    }
}

/// Serves the calls of a connection, one after another.
async fn connection(stream: TcpStream, router: Router, time: Duration, mut has_ended: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let calls = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&calls);
    let routed = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        seen.fetch_add(1, Ordering::Relaxed);
        routed.call(request)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut is_ending = false;
    let mut before = 0;
    loop {
        tokio::select! {
            _ = served.as_mut() => return,
            _ = has_ended.changed(), if !is_ending => {
                is_ending = true;
                served.as_mut().graceful_shutdown();
            }
            // The head and the body have limits of their own. In three times as much, a call has
            // come or a response has gone, unless the client takes none.
            () = sleep(time * 3) => {
                let now = calls.load(Ordering::Relaxed);
                if now == before {
                    return;
                }
                before = now;
            }
        }
    }
}

async fn handle(Shared(server): Shared<Arc<Inside>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let header = |name| {
        let value = head.headers.get(name)?;
        // What is not text is the name of nothing, and refused as such.
        Some(std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}"))
    };
    let headers = Headers::read(header);
    let unread = |status, message: &str| respond(status, server.endpoint.unread(headers, message));
    if let Some(name) = Headers::NAMES.iter().find(|name| has_two_values(&head.headers, name)) {
        return unread(StatusCode::OK, &format!("the header `{name}` is sent twice, with two values"));
    }
    let bytes = match head.method {
        // With the address before it, the query has the limit of one over GET, and may be empty.
        Method::GET => Ok(format!("/?{}", head.uri.query().unwrap_or_default()).into_bytes()),
        Method::POST if has_known_type(&head.headers) => {
            match timeout(server.limits.time, read(body, &server.large)).await {
                Ok(Ok(bytes)) => Ok(bytes),
                Ok(Err(Unread::TooLarge)) => {
                    Err(DecodeError::TooLarge { what: "a request", limit: MAX_JSON_BYTES })
                }
                // Neither is a call that could be refused: the status says so, and a client that
                // repeats what fails on the way tries again.
                Ok(Err(Unread::Broken)) => {
                    return unread(StatusCode::BAD_REQUEST, "the body ends before its time");
                }
                Err(_) => return unread(StatusCode::REQUEST_TIMEOUT, "the body takes too long"),
            }
        }
        Method::POST => {
            return unread(StatusCode::OK, "the header `Content-Type` names neither JSON nor a form");
        }
        // HEAD too: a call whose response nobody sees must not copy any image.
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    respond(StatusCode::OK, server.endpoint.answer(bytes, headers))
}

/// True if a header is sent with different values: nobody can say which one counts.
fn has_two_values(headers: &HeaderMap, name: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn has_known_type(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = sent.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/x-www-form-urlencoded"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The reason why a body was not read to its end.
enum Unread {
    TooLarge,
    Broken,
}

/// Reads a whole body. Of one that is too large no more is read than may be, and no byte where its
/// length is sent before it.
async fn read(mut body: Body, large: &Semaphore) -> Result<Vec<u8>, Unread> {
    let limit = u64::try_from(MAX_JSON_BYTES).unwrap_or(u64::MAX);
    if body.size_hint().lower() > limit {
        return Err(Unread::TooLarge);
    }
    let mut bytes = Vec::new();
    let mut turn = None;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() {
            let length = bytes.len() + data.len();
            if length > MAX_JSON_BYTES {
                return Err(Unread::TooLarge);
            }
            if length > ORDINARY_BYTES && turn.is_none() {
                turn = large.acquire().await.ok();
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// The type is exactly this, without a charset: the official SDK looks for an error nowhere else.
fn respond(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
