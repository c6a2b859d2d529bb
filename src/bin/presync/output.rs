//! Standard output and its styles.

use std::ffi::OsStr;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use presync::text::legible;

/// Style of a violation and of a refusal.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Style of an acceptance.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Style of a warning.
pub(crate) const WARNING: Style = AnsiColor::Magenta.on_default().bold();
/// Style of a rule that is unverified.
pub(crate) const UNVERIFIED: Style = AnsiColor::Yellow.on_default().bold();
/// Style of a hint.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();
/// Style of a heading.
pub(crate) const HEADING: Style = Style::new().bold();
/// Style of a label.
pub(crate) const LABEL: Style = Style::new().dimmed();

/// Standard output: styled where the reader can see styles, and quiet when the reader has gone
/// away.
pub(crate) struct Output {
    stream: BufWriter<AutoStream<Stdout>>,
    is_terminal: bool,
    is_broken: bool,
}

impl Output {
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
        let choice = match color {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let stream = BufWriter::new(AutoStream::new(stdout, choice));
        Self { stream, is_terminal, is_broken: false }
    }

    /// Columns of the terminal; `None` if stdout is no terminal, or one of unknown width.
    pub(crate) fn width(&self) -> Option<u16> {
        let size = if self.is_terminal { terminal_size::terminal_size() } else { None };
        size.map(|(width, _)| width.0)
    }

    /// True if the reader has gone away, so that whatever is still to be written is for nobody.
    pub(crate) fn is_unread(&self) -> bool {
        self.is_broken
    }

    /// Turns the error of a reader who has seen enough (`| head -1`) into `instead`. From then on
    /// no byte is written, and the exit status is that of a run with a reader.
    fn quietly<T>(&mut self, result: io::Result<T>, instead: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_broken = true;
                Ok(instead)
            }
            result => result,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_broken {
            return Ok(bytes.len());
        }
        let result = self.stream.write(bytes);
        self.quietly(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_broken {
            return Ok(());
        }
        let result = self.stream.flush();
        self.quietly(result, ())
    }
}

/// The user's text, fit to be shown: one line, in which no character hides or commands. The library
/// decides for names and arguments as it does for values.
pub(crate) fn shown(text: &OsStr) -> String {
    legible(&text.to_string_lossy())
}
