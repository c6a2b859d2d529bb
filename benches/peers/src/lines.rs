//! A peer in the place of `presync batch`: lines in, lines out, on one core.
//!
//! Decoding a request is not what the peers are for, so presync does it for all of them.

use std::io::{self, BufRead, Write};

use presync::wire::{self, Headers};
use presync::{Edition, State, SyncRequest};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Peer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "text")]
    region: Option<String>,
    #[serde(borrow)]
    request: &'a RawValue,
}

/// A text, and not `null`.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub accepted: u64,
    pub refused: u64,
    pub unreadable: u64,
}

/// What a line asks.
enum Asked {
    Request(SyncRequest),
    /// It breaks a rule of the wire, which is broken before a peer is asked.
    Refused,
    Unreadable,
}

fn asked(line: &Line<'_>) -> Asked {
    let headers = line.region.iter().fold(Headers::unknown(), |headers, region| headers.with_region(region));
    let raw = line.request.get();
    let text: String = match raw.as_bytes().first() {
        Some(b'"') => match serde_json::from_str(raw) {
            Ok(text) => text,
            Err(_) => return Asked::Unreadable,
        },
        Some(b'{') => raw.to_owned(),
        _ => return Asked::Unreadable,
    };
    match wire::decode_with(text.as_bytes(), &headers) {
        Ok(request) => Asked::Request(request),
        Err(error) => match error.into_report(Edition::FIRST) {
            Ok(_) => Asked::Refused,
            Err(_) => Asked::Unreadable,
        },
    }
}

/// Answers every line.
///
/// # Errors
///
/// Reading or writing fails.
pub fn answer<P: Peer>(state: &State, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<Counts> {
    let mut peer = P::prepare(state);
    let mut counts = Counts::default();
    let mut line = Vec::new();
    let mut number = 0_u64;
    while input.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        let read = serde_json::from_slice::<Line<'_>>(&line);
        let id = read.as_ref().ok().and_then(|line| line.id).map_or("null", RawValue::get);
        match read.as_ref().map_or(Asked::Unreadable, asked) {
            Asked::Unreadable => {
                counts.unreadable += 1;
                writeln!(out, "{{\"line\":{number},\"error\":{{}}}}")?;
            }
            Asked::Refused => {
                counts.refused += 1;
                writeln!(out, "{{\"id\":{id},\"accepted\":false}}")?;
            }
            Asked::Request(request) => {
                let request = peer.request(&request);
                let findings = P::findings(&peer.check(&request));
                if findings.is_empty() {
                    counts.accepted += 1;
                } else {
                    counts.refused += 1;
                }
                write!(out, "{{\"id\":{id},\"accepted\":{},\"violations\":", findings.is_empty())?;
                serde_json::to_writer(&mut *out, &findings)?;
                writeln!(out, "}}")?;
            }
        }
        line.clear();
    }
    out.flush()?;
    Ok(counts)
}
