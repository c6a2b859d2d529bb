//! The log: one line of JSON for each call, in the order in which the calls saw the state.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use presync::{ErrorCode, Report, Unverified, Violation};
use serde::{Serialize, Serializer};

use crate::outcome::{Failure, complain, reason};
use crate::output::shown;

/// The most calls that wait to be written. Where the file is slower than the calls, they wait for
/// it. A report can have some megabytes.
const MAX_WAITING: usize = 64;

/// A call, and what was said to it.
pub(super) struct Entry {
    pub(super) time: SystemTime,
    pub(super) action: Option<String>,
    pub(super) request_id: String,
    pub(super) region: Option<String>,
    /// The code of the response; `None` of one without an error.
    pub(super) code: Option<ErrorCode>,
    pub(super) verdict: Verdict,
}

/// The finding on a call.
pub(super) enum Verdict {
    /// A request of SyncImages was checked.
    Checked(Report),
    /// A call was answered that no rule judges.
    Answered,
    /// A call was refused that no rule judges.
    Refused { parameter: String, message: String },
}

#[derive(Serialize)]
struct Line<'e> {
    #[serde(serialize_with = "rfc3339")]
    time: SystemTime,
    action: Option<&'e str>,
    request_id: &'e str,
    region: Option<&'e str>,
    verdict: &'static str,
    code: Option<&'e ErrorCode>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shape_only: bool,
    violations: Reasons<'e>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'e [Violation],
    unverified: &'e [Unverified],
}

/// Every reason against a call.
#[derive(Serialize)]
#[serde(untagged)]
enum Reasons<'e> {
    Rules(&'e [Violation]),
    Other([Option<Reason<'e>>; 1]),
    None([(); 0]),
}

/// A reason that is no rule's.
#[derive(Serialize)]
struct Reason<'e> {
    rule: Option<&'e str>,
    code: Option<&'e ErrorCode>,
    parameter: Option<&'e str>,
    message: &'e str,
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

impl Entry {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let (verdict, violations, warnings, unverified): (_, _, &[Violation], &[Unverified]) =
            match &self.verdict {
                Verdict::Checked(report) => {
                    let verdict = if report.accepted() { "accepted" } else { "refused" };
                    (verdict, Reasons::Rules(report.violations()), report.warnings(), report.unverified())
                }
                Verdict::Answered => ("accepted", Reasons::None([]), &[], &[]),
                Verdict::Refused { parameter, message } => {
                    let parameter = Some(&**parameter).filter(|parameter| !parameter.is_empty());
                    let reason = Reason { rule: None, code: self.code.as_ref(), parameter, message };
                    ("refused", Reasons::Other([Some(reason)]), &[], &[])
                }
            };
        let line = Line {
            time: self.time,
            action: self.action.as_deref(),
            request_id: &self.request_id,
            region: self.region.as_deref(),
            verdict,
            code: self.code.as_ref(),
            shape_only: matches!(&self.verdict, Verdict::Checked(report) if report.is_shape_only()),
            violations,
            warnings,
            unverified,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }
}

/// A log that a thread writes, so that no call waits for the disk while it has the state.
pub(crate) struct Log(SyncSender<Entry>);

/// The thread that writes a log.
pub(crate) struct LogFile(JoinHandle<()>);

impl Log {
    /// Opens a log: `-` is stdout, and a file is written to at its end.
    pub(crate) fn open(path: &Path) -> Result<(Self, LogFile), Failure> {
        let name = shown(path.as_os_str());
        let out: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            let file = OpenOptions::new().append(true).create(true).open(path);
            Box::new(file.map_err(|error| {
                Failure::Message(format!("{name}: cannot be written: {}", reason(&error)))
            })?)
        };
        let (sender, receiver) = sync_channel(MAX_WAITING);
        let thread = thread::spawn(move || {
            if let Err(error) = write_all(&receiver, BufWriter::new(out)) {
                complain(format_args!("error: {name}: the log ends here: {}", reason(&error)));
            }
        });
        Ok((Self(sender), LogFile(thread)))
    }

    /// Writes an entry. It is lost where the log cannot be written, which is said once.
    pub(super) fn write(&self, entry: Entry) {
        let _ = self.0.send(entry);
    }
}

/// Writes entries until there is nobody to send them. Whenever none waits, all are in the file.
fn write_all(receiver: &Receiver<Entry>, mut out: BufWriter<Box<dyn Write + Send>>) -> io::Result<()> {
    while let Ok(entry) = receiver.recv() {
        entry.write(&mut out)?;
        while let Ok(entry) = receiver.try_recv() {
            entry.write(&mut out)?;
        }
        out.flush()?;
    }
    Ok(())
}

impl LogFile {
    /// Waits until all of the log is written. Nobody may have the [`Log`] any more.
    pub(crate) fn close(self) {
        let _ = self.0.join();
    }
}
