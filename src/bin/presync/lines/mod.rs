//! Lines of a file or of stdin, as they are read.

mod blocks;
mod utf16;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::input::Source;
use crate::outcome::reason;

pub(crate) use blocks::{Block, Blocks};
pub(crate) use utf16::FromUtf16;

/// Opens the lines. The number is that of their bytes; `None` if it is unknown.
pub(crate) fn open(lines: Source<'_>) -> Result<(Box<dyn Read + Send>, Option<u64>), String> {
    let Source::File(path) = lines else {
        return Ok((Box::new(io::stdin()), None));
    };
    let open = |path: &Path| {
        // A directory can be opened, but not read.
        let about = fs::metadata(path)?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok((File::open(path)?, about.is_file().then_some(about.len())))
    };
    let (file, size) =
        open(path).map_err(|error: io::Error| format!("{}: {}", lines.name(), reason(&error)))?;
    Ok((Box::new(file), size))
}
