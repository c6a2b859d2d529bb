//! Progress of a run, for people who wait.

use std::env;
use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr, if stderr is a terminal.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// True if the reports go to a terminal too.
    is_among_reports: bool,
}

impl Progress {
    /// Starts the bar. `size` is the number of bytes of all lines; `None` if it is unknown.
    pub(crate) fn new(size: Option<u64>) -> Self {
        // A dumb terminal cannot take back a text that was written.
        let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        let bar = (io::stderr().is_terminal() && !is_dumb).then(|| bar(size));
        Self { bar, is_among_reports: io::stdout().is_terminal() }
    }

    /// Counts bytes that are done.
    pub(crate) fn advance(&self, bytes: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
    }

    /// Calls `write` while the bar is hidden.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) if self.is_among_reports => bar.suspend(write),
            _ => write(),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(size: Option<u64>) -> ProgressBar {
    let template = match size {
        Some(_) => "{bar:40} {percent:>3} %  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
        None => "{spinner} {bytes}  {bytes_per_sec}  {elapsed}",
    };
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
