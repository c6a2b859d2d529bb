//! `presync compare`.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;

use clap::{Args, ValueEnum};
use presync::check::compare::{Agreement, Comparison, Table};
use presync::check::lines::MAX_LINE_BYTES;
use presync::sources::recorded::{Outcome, RecordedLines};
use presync::{Edition, Ruleset, State};

use super::state_files::{StateFiles, read_files};
use crate::format::table;
use crate::input::{RegionSource, Source};
use crate::lines::{Block, Blocks, FromUtf16, open};
use crate::outcome::{Failure, Status, complain, reason};
use crate::output::{BAD, HEADING, Output, UNVERIFIED, shown};

const EXAMPLES: &str = r#"A line is a JSON object: {"id"?, "region"?, "headers"?, "request", "response",
"state"? | "at"?}. The first four are those of `presync batch`. The response is the
API's own, as it was recorded: an object with or without the envelope `Response`, a
text with such an object in it, or an SDK's error: its text, or an object with its
`Code`. The state is the one in which the request was sent: in the line; or by the name
that --at gives it, such as the hour; or else that of --state, for all lines.

For each line there is one word:
  accepted    accepted, and no violation here (DryRunOperation is a success too)
  first       the code of the first violation
  another     the code of a violation that is not the first
  unverified  the code of a rule that could not be verified
  unrelated   a response that says nothing about the request, such as AuthFailure, or
              the response to another action
  disagrees   accepted in spite of a violation, or the code of a rule that holds here
  no-rule     a code that no rule gives

At the end there is a table by rule: the evidence of the pages for its code, and what
was seen. A code is `observed` where the rule alone was broken, every other one was
verified, and the service gave the code each time; `contradicted` where it once gave
another code, or accepted the request. The people's form has the lines that are
neither `accepted` nor `first`; `json` has a line for each line, and the table as the
last. `presync rules --observed FILE` and `explain` read either table in JSON.

Examples:
  presync compare --state state.json lines.ndjson
  presync compare --at mon=1.json --at tue=2.json --format json --table lines.ndjson > seen.json
  presync rules --observed seen.json

Exit status:
  0  every response is explained, or there is none
  1  a response disagrees, or has a code that no rule gives
  2  a line could not be read, or the run did not begin: an unreadable state, bad usage
  3  with --strict: none disagrees, and one has the code of a rule that could not be verified"#;

/// Compare recorded responses of the service with what would have been said of their requests
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compare {
    #[command(flatten)]
    state: StateFiles,

    /// A state that lines name with `at`
    #[arg(long, value_name = "NAME=FILE")]
    at: Vec<OsString>,

    /// The edition of the API's documentation: `latest`, or any month from
    /// 2017-03 on [default: 2017-03]
    #[arg(long, value_name = "YYYY-MM")]
    edition: Option<Edition>,

    /// Form of the comparisons and of the table
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Write the table alone
    #[arg(long)]
    table: bool,

    /// Do not take a rule that could not be verified for an explanation
    #[arg(long)]
    strict: bool,

    /// The lines: a file, or `-` for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    lines: OsString,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One object, on one line, for each line, and one for the table
    Json,
}

impl Compare {
    /// Compares every line. `before` is the edition that stands before the subcommand.
    pub(crate) fn run(&self, before: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        let source = Source::of_file(&self.lines);
        let named = self.named().map_err(Failure::Message)?;
        let of_states = named.iter().filter(|(_, source)| source.is_stdin()).count();
        if self.state.count_stdin() + of_states + usize::from(source.is_stdin()) > 1 {
            let message = "error: stdin can be the lines or one state, and is several of them";
            return Err(Failure::Message(message.to_owned()));
        }
        let edition = self.edition.or(before).unwrap_or(Edition::FIRST);
        let rules = Ruleset::documented(edition);
        let state = self.state.read()?;
        let mut states: Vec<(&str, State)> = Vec::new();
        for (name, source) in named {
            let file = RegionSource { region: None, source };
            states.push((name, read_files(&[file]).map_err(Failure::Message)?));
        }
        let lines = RecordedLines::new(&rules, &state);
        let lines = states.iter().fold(lines, |lines, (name, state)| lines.with_state(name, state));

        let mut table = Table::new(edition);
        let unreadable = self.compare(source, &lines, &mut table, output)?;
        let summary = summary(&table, unreadable);
        match self.format {
            Format::Human => {
                if !table.rows().is_empty() {
                    table::sightings(output, &table)?;
                    writeln!(output)?;
                }
                writeln!(output, "{HEADING}{summary}{HEADING:#}")?;
                for (code, count) in table.other_codes() {
                    writeln!(output, "  {count}  {code}  no rule gives it")?;
                }
            }
            Format::Json => {
                serde_json::to_writer(&mut *output, &table).map_err(std::io::Error::from)?;
                writeln!(output)?;
                complain(summary);
            }
        }
        let is_against = Agreement::ALL.iter().any(|word| word.is_against() && table.count(*word) > 0);
        Ok(if unreadable > 0 {
            Status::NotChecked
        } else if is_against {
            Status::Refused
        } else if self.strict && table.count(Agreement::Unverified) > 0 {
            Status::Unverified
        } else {
            Status::Accepted
        })
    }

    /// Returns the name and the file of each state that lines name.
    fn named(&self) -> Result<Vec<(&str, Source<'_>)>, String> {
        let mut named: Vec<(&str, Source<'_>)> = Vec::new();
        for argument in &self.at {
            let parts = argument.to_str().and_then(|text| text.split_once('='));
            let Some((name, file)) = parts.filter(|(name, file)| !name.is_empty() && !file.is_empty()) else {
                return Err(format!("error: `--at` is `NAME=FILE`, and not `{}`", shown(argument)));
            };
            if named.iter().any(|(other, _)| *other == name) {
                let name = shown(name.as_ref());
                return Err(format!("error: `--at` gives two states the name `{name}`"));
            }
            named.push((name, Source::of_file(OsStr::new(file))));
        }
        Ok(named)
    }

    /// Writes a comparison for each line, and adds it to the table. Returns the number of
    /// lines that could not be read.
    fn compare(
        &self,
        source: Source<'_>,
        lines: &RecordedLines<'_>,
        table: &mut Table,
        output: &mut Output,
    ) -> Result<u64, Failure> {
        let (bytes, _) = open(source).map_err(Failure::Message)?;
        let mut blocks = Blocks::new(FromUtf16::new(bytes), MAX_LINE_BYTES);
        let (mut block, mut record, mut unreadable) = (Block::default(), Vec::new(), 0);
        let wrong = |error: std::io::Error| format!("{}: {}", source.name(), reason(&error));
        while blocks.read(&mut block).map_err(|error| Failure::Message(wrong(error)))? {
            for (number, line) in block.lines() {
                record.clear();
                let outcome = lines.line(number, line, &mut record);
                match &outcome {
                    Outcome::Compared(comparison) => table.add(comparison),
                    Outcome::Unreadable(_) => unreadable += 1,
                    _ => continue,
                }
                match (self.table, self.format, outcome) {
                    (true, _, Outcome::Unreadable(reason)) => {
                        complain(format_args!("{}:{number}: {reason}", source.name()));
                    }
                    (true, ..) => {}
                    (false, Format::Json, _) => output.write_all(&record)?,
                    (false, Format::Human, Outcome::Compared(comparison)) => {
                        tell(output, &source.name(), number, &comparison)?;
                    }
                    (false, Format::Human, Outcome::Unreadable(reason)) => {
                        let name = source.name();
                        writeln!(output, "{name}:{number}: {BAD}unreadable{BAD:#}: {reason}")?;
                    }
                    (false, Format::Human, _) => {}
                }
            }
        }
        Ok(unreadable)
    }
}

/// Writes a comparison for people, unless the two say the same.
fn tell(output: &mut Output, name: &str, number: u64, comparison: &Comparison) -> std::io::Result<()> {
    let agreement = comparison.agreement();
    let style = match agreement {
        Agreement::Accepted | Agreement::First => return Ok(()),
        agreement if agreement.is_against() => BAD,
        _ => UNVERIFIED,
    };
    let given = match comparison.code() {
        Some(code) => code.to_string(),
        // It is another request that was accepted.
        None if agreement == Agreement::Unrelated => "another action".to_owned(),
        None => "accepted".to_owned(),
    };
    write!(output, "{name}:{number}: {style}{agreement}{style:#}: {given}")?;
    let lists: [(&str, Vec<&str>); 3] = [
        ("broken", comparison.broken().collect()),
        ("unverified", comparison.unverified().collect()),
        ("given by", comparison.given_by().collect()),
    ];
    for (label, rules) in lists.iter().filter(|(_, rules)| !rules.is_empty()) {
        write!(output, "; {label} {}", rules.join(", "))?;
    }
    if comparison.broken().next().is_none() {
        write!(output, "; no violation here")?;
    }
    writeln!(output)
}

/// Returns the counts of the lines, in one line.
fn summary(table: &Table, unreadable: u64) -> String {
    let lines = table.lines() + unreadable;
    let counts = Agreement::ALL.iter().map(|agreement| (table.count(*agreement), agreement.as_str()));
    let counts = counts.chain([(unreadable, "unreadable")]).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    let end = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    format!("{lines} {} under the {} page{end}", if lines == 1 { "line" } else { "lines" }, table.edition())
}
