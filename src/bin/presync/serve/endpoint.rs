//! The endpoint: a call in, a response out. It knows no connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use presync::report::envelope::Envelope;
use presync::text::clean;
use presync::wire::{self, DecodeError, Headers};
use presync::{ErrorCode, Ruleset};
use serde::Serialize;

use super::describe::{ACTIONS, Action, Described};
use super::log::{Entry, Log, Verdict};
use super::parameters::{Parameters, Refusal, action, region};
use super::world::World;

/// The action that a call without a name is taken for, as its own page's example has it.
const SYNC_IMAGES: &str = "SyncImages";

/// An endpoint.
pub(crate) struct Endpoint {
    rules: Ruleset,
    /// One lock from the check to the change: between two, another call could take
    /// what is left of the quota.
    world: Mutex<World>,
    log: Option<Log>,
    calls: AtomicU64,
    begun: Instant,
    /// The first digits of each request id, which tell one run from another.
    run: u64,
}

/// A response that describes, with the id of its request.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'r> {
    response: Response<'r>,
}

#[derive(Serialize)]
struct Response<'r> {
    #[serde(flatten)]
    described: &'r Described,
    #[serde(rename = "RequestId")]
    request_id: &'r str,
}

impl Endpoint {
    pub(crate) fn new(rules: Ruleset, world: World, log: Option<Log>) -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            rules,
            world: Mutex::new(world),
            log,
            calls: AtomicU64::new(0),
            begun: Instant::now(),
            run: since_1970.as_secs() & 0xffff_ffff,
        }
    }

    /// Answers a call, whose bytes are its body, or `/?` and its query.
    pub(super) fn answer(&self, bytes: Result<Vec<u8>, DecodeError>, headers: Headers<'_>) -> Vec<u8> {
        let name = match &bytes {
            Ok(bytes) => action(bytes, headers),
            Err(_) => headers.action().map(str::to_owned),
        };
        match name.as_deref() {
            None | Some(SYNC_IMAGES) => self.sync(bytes, headers),
            Some(name) => match ACTIONS.iter().find(|action| action.name == name) {
                Some(action) => self.describe(action, bytes, headers),
                None => {
                    let actions = ACTIONS.map(|action| action.name).join(", ");
                    let message = format!(
                        "there is no action `{}` here: there are {SYNC_IMAGES}, {actions}",
                        clean(name)
                    );
                    let refusal = Refusal::new(ErrorCode::InvalidAction, "Action", message);
                    let region = bytes.ok().and_then(|bytes| region(&bytes, headers));
                    self.refuse(Some(clean(name)), region.as_deref().or(headers.region()), refusal)
                }
            },
        }
    }

    /// Refuses a call that could not be read.
    pub(super) fn unread(&self, headers: Headers<'_>, message: &str) -> Vec<u8> {
        let name = headers.action().map(clean);
        self.refuse(name, headers.region(), Refusal::new(ErrorCode::InvalidParameter, "", message))
    }

    fn sync(&self, bytes: Result<Vec<u8>, DecodeError>, headers: Headers<'_>) -> Vec<u8> {
        let (request, region) = match bytes {
            Ok(bytes) => match wire::decode_with(&bytes, &headers) {
                Ok(request) => {
                    let region = request.region.clone();
                    (Ok(request), region)
                }
                Err(error) => (Err(error), region(&bytes, headers)),
            },
            Err(error) => (Err(error), None),
        };
        let region = region.as_deref().or(headers.region());
        let mut world = self.world();
        let now = self.begun.elapsed();
        world.advance(now);
        let (request, report, copies) = match request {
            Ok(request) => {
                let (report, copies) = world.sync(&request, &self.rules, now);
                (Some(request), report, copies)
            }
            Err(error) => {
                match error.into_report_with(&self.rules, |request| world.check(request, &self.rules)) {
                    Ok(report) => (None, report, Vec::new()),
                    // It is no request at all. Of the codes, this is the one for a wrong format.
                    Err(error) => {
                        drop(world);
                        let name = headers.action().map(clean);
                        let refusal = Refusal::new(ErrorCode::InvalidParameter, "", error.to_string());
                        return self.refuse(name, region, refusal);
                    }
                }
            }
        };
        let request = request.as_ref();
        let id = self.request_id();
        let is_dry = request.is_some_and(|request| request.dry_run == Some(true));
        let mut envelope =
            if report.accepted() && is_dry { Envelope::dry_run(&*id) } else { Envelope::new(&report, &*id) };
        if let Some(set) = &mut envelope.response.image_set
            && request.is_some_and(|request| request.image_set_required == Some(true))
        {
            *set = copies;
        }
        self.log(|| Entry {
            time: SystemTime::now(),
            action: Some(SYNC_IMAGES.to_owned()),
            request_id: id,
            region: region.map(clean),
            code: envelope.response.error.as_ref().map(|error| error.code.clone()),
            verdict: Verdict::Checked(report),
        });
        drop(world);
        json(&envelope)
    }

    fn describe(
        &self,
        action: &Action,
        bytes: Result<Vec<u8>, DecodeError>,
        headers: Headers<'_>,
    ) -> Vec<u8> {
        let name = Some(action.name.to_owned());
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                let refusal = Refusal::new(ErrorCode::InvalidParameter, "", error.to_string());
                return self.refuse(name, headers.region(), refusal);
            }
        };
        let parameters = match Parameters::read(&bytes, headers, action.has) {
            Ok(parameters) => parameters,
            Err(refusal) => return self.refuse(name, region(&bytes, headers).as_deref(), refusal),
        };
        let region = parameters.region.as_deref();
        let mut world = self.world();
        let now = self.begun.elapsed();
        world.advance(now);
        match (action.describe)(&parameters, &world, &self.rules, now) {
            Ok(described) => {
                let id = self.request_id();
                self.log(|| Entry {
                    time: SystemTime::now(),
                    action: name,
                    request_id: id.clone(),
                    region: region.map(clean),
                    code: None,
                    verdict: Verdict::Answered,
                });
                drop(world);
                json(&Body { response: Response { described: &described, request_id: &id } })
            }
            Err(refusal) => {
                drop(world);
                self.refuse(name, region, refusal)
            }
        }
    }

    fn refuse(&self, action: Option<String>, region: Option<&str>, refusal: Refusal) -> Vec<u8> {
        let Refusal { code, parameter, message } = refusal;
        let id = self.request_id();
        let said = if parameter.is_empty() { message.clone() } else { format!("{parameter}: {message}") };
        let envelope = Envelope::error(code.clone(), said, &*id);
        self.log(|| Entry {
            time: SystemTime::now(),
            action,
            request_id: id,
            region: region.map(clean),
            code: Some(code),
            verdict: Verdict::Refused { parameter, message },
        });
        json(&envelope)
    }

    fn log(&self, entry: impl FnOnce() -> Entry) {
        if let Some(log) = &self.log {
            log.write(entry());
        }
    }

    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an id in the form of the service's: one for each call, in this run and the next.
    fn request_id(&self) -> String {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-0000-4000-8000-{number:012x}", self.run)
    }
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}
