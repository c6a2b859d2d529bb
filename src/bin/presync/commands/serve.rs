//! `presync serve`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use presync::Edition;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::policy_file::PolicyFile;
use super::state_files::StateFiles;
use crate::outcome::{Failure, Status, complain, reason};
use crate::serve::{Endpoint, Limits, Log, Signals, World, serve};

const EXAMPLES: &str = "\
Any SDK of Tencent Cloud can be pointed at it: `endpoint` is the address, and `protocol`
is http. SyncImages is answered as `presync check` judges it, and what is accepted
is done: a copy is an image in each destination, SYNCING for as long as --copy-time
says and NORMAL then, and it uses quota. DescribeImages, DescribeRegions and
DescribeImageQuota are answered from the state; what it does not know is null.
The state is in memory alone: the file stays as it is.

Signatures and credentials are ignored, and all calls are those of one account.
Whoever reaches the address can call it.

A line of the log has the time, the action, the request id and the region, `verdict`,
the `code` of the response (null if it is no error), and every reason: `violations`,
`warnings` if there are any, and `unverified`, as reports have them, and `shape_only`
where the values were not checked. A call that is refused, but by no rule, has one
violation: its `rule` is null, and beside it are `code`, `parameter` and `message` alone.

Calls travel as they do to the service: as a query over GET, with or without
X-TC-* headers, as a form, or as JSON with headers. A response of the API has the HTTP
status 200, with an error in it or not; what is no call of it gets 400, 404, 405, 408,
414 or 431.

Examples:
  presync serve --state state.json
  presync serve --state state.json --edition latest --listen 127.0.0.1:0 --copy-time 30s
  presync serve --state regions.json --state ap-shanghai=images.json --log calls.ndjson
  presync serve --state state.json --log - | jq 'select(.verdict == \"refused\").violations'

stderr has the address once calls are taken. SIGINT and SIGTERM end it: calls that are
being answered are finished.

Exit status:
  0  it was ended by a signal
  2  it could not begin: an unreadable state, an address that is taken, bad usage";

const STATE: &str = "Regions, images and quota: a state in JSON, or responses of the API; `-` for stdin";

/// The address where none is given.
const LISTEN: &str = "127.0.0.1:8080";

/// Answer SyncImages, and what its clients ask besides, on a local port
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_arg("state", |state| state.required(true).help(STATE)))]
pub(crate) struct Serve {
    #[command(flatten)]
    state: StateFiles,

    #[command(flatten)]
    policy: PolicyFile,

    /// The address to listen on; port 0 is any free one. Another than the
    /// loopback is open to others
    #[arg(long, value_name = "HOST:PORT", default_value = LISTEN)]
    listen: String,

    /// The time that a copy takes: seconds, or with a unit such as `500ms` or `2m`
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = time)]
    copy_time: Duration,

    /// Write a line of JSON for each call, with its verdict and every reason: at the end of
    /// a file, or `-` for stdout
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// The most time for the head of a call, and again for its body
    #[arg(long, value_name = "TIME", default_value = "30", value_parser = time)]
    timeout: Duration,

    /// The most connections at once; more wait
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    connections: u32,
}

/// Reads a time: a number of seconds, or one with units. A day is more than enough of it.
fn time(text: &str) -> Result<Duration, String> {
    const MOST: Duration = Duration::from_secs(24 * 60 * 60);
    let seconds = text.parse().ok().map(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let time = seconds.unwrap_or_else(|| humantime::parse_duration(text).ok());
    match time {
        Some(time) if time <= MOST => Ok(time),
        Some(_) => Err("a day at most".to_owned()),
        None => Err("seconds, or a time with its unit, such as `500ms` or `2m`".to_owned()),
    }
}

impl Serve {
    /// Serves until a signal ends it. `before` is the edition that stands before the subcommand.
    pub(crate) fn run(&self, before: Option<Edition>) -> Result<Status, Failure> {
        self.policy.alone_on_stdin(&[("the state", self.state.count_stdin() > 0)])?;
        if self.state.count_stdin() > 1 {
            return Err(Failure::Message("error: stdin cannot be several responses".to_owned()));
        }
        if self.timeout.is_zero() {
            return Err(Failure::Message("error: `--timeout` is more than 0".to_owned()));
        }
        let (policy, rules) = self.policy.read(before)?;
        let state = self.state.read()?;
        self.policy.warn(&policy, &state);
        let world = World::new(state, self.copy_time);
        let runtime = Runtime::new().map_err(|error| self.no_listener(&error))?;
        let (listener, address) =
            runtime.block_on(self.listener()).map_err(|error| self.no_listener(&error))?;
        let (log, log_file) = match &self.log {
            Some(path) => Log::open(path).map(|(log, file)| (Some(log), Some(file)))?,
            None => (None, None),
        };
        let limits = Limits { connections: self.connections, time: self.timeout };
        let endpoint = Endpoint::new(rules, world, log);
        runtime.block_on(async {
            // From here on a signal ends it cleanly. Who waits for the line below may send one.
            let mut signals = Signals::catch().map_err(|error| self.no_listener(&error))?;
            if !address.ip().is_loopback() {
                complain(format_args!(
                    "warning: `{address}` is open to others, and there is no authentication: whoever reaches it can call it"
                ));
            }
            complain(format_args!("listening on http://{address}"));
            serve(listener, endpoint, limits, &mut signals).await;
            Ok::<(), Failure>(())
        })?;
        // What calls are left is dropped, so that the log has all its lines.
        drop(runtime);
        if let Some(file) = log_file {
            file.close();
        }
        Ok(Status::Accepted)
    }

    async fn listener(&self) -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind(&self.listen).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    fn no_listener(&self, error: &io::Error) -> Failure {
        let listen = presync::text::clean(&self.listen);
        let reason = match error.kind() {
            io::ErrorKind::InvalidInput => {
                "expected an address and a port, such as `127.0.0.1:8080`".to_owned()
            }
            _ => reason(error),
        };
        Failure::Message(format!("error: cannot listen on `{listen}`: {reason}"))
    }
}
