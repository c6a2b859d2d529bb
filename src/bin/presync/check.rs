//! `presync check`.

use std::ffi::OsString;
use std::io::Write as _;

use clap::{Args, ValueEnum};
use presync::plan::Plan;
use presync::wire::{self, DecodeError, Headers};
use presync::{Edition, Report, Ruleset, State, SyncRequest};

use crate::input::Source;
use crate::output::Output;
use crate::{Failure, Status, complain, format};

const EXAMPLES: &str = "\
A REQUEST is a file, `-` for stdin, or the request itself: a query string,
a URL that has one, or a JSON body. Several requests are a plan: each is checked
against what the accepted ones before it leave behind. The exit status is the
worst one.

Examples:
  presync check --state state.json request.json
  presync check --state state.json 'https://image.api.qcloud.com/v2/index.php?…'
  presync check --state state.json --region ap-shanghai < body.json

Exit status:
  0  every request is accepted
  1  a request is refused
  2  a request could not be checked: no request, an unreadable state, bad usage";

/// Check requests: every reason why they would be refused
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// What is known of regions, images and quota: a JSON file, or `-` for stdin
    #[arg(long, value_name = "STATE.json")]
    state: OsString,

    /// The source region of requests that carry none, as the header X-TC-Region
    #[arg(long)]
    region: Option<String>,

    /// How to write the answers; `json` is one object, on one line, for each
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Refuse what could not be verified
    #[arg(long)]
    strict: bool,

    /// Check each of several requests as if it were the only one
    #[arg(long)]
    independent: bool,

    /// What to check: files, `-` for stdin, or requests themselves
    #[arg(default_value = "-")]
    request: Vec<OsString>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

/// The answer to one request.
pub(crate) struct Answer {
    pub(crate) report: Report,
    /// Whether the request had the shape of one, so that the rules were checked.
    pub(crate) has_shape: bool,
    /// Whether it counts as accepted.
    pub(crate) accepted: bool,
}

impl Check {
    pub(crate) fn run(&self, edition: Edition, output: &mut Output) -> Result<Status, Failure> {
        let several = self.request.len() > 1;
        let requests: Vec<_> = (1..)
            .zip(&self.request)
            .map(|(number, argument)| Source::of_request(argument, several.then_some(number)))
            .collect();
        let state = Source::of_state(&self.state);
        match (requests.iter().filter(|request| request.is_stdin()).count(), state.is_stdin()) {
            (0, _) | (1, false) => {}
            (1, true) => {
                return Err(Failure::Reason(
                    "error: stdin is the state and cannot be a request too".to_owned(),
                ));
            }
            _ => return Err(Failure::Reason("error: stdin cannot be several requests".to_owned())),
        }
        let state = state.state().map_err(Failure::Reason)?;

        let rules = Ruleset::documented(edition);
        let mut checker = if several && !self.independent {
            let plan = Plan::new(state, &rules);
            Checker::Plan(if self.strict { plan.strict() } else { plan })
        } else {
            Checker::Single(state, &rules)
        };
        let mut worst = Status::Accepted;
        let mut is_first = true;
        for (number, request) in (1..).zip(requests) {
            let name = request.name();
            let status = match self.answer(request, &mut checker, edition) {
                Ok(answer) => {
                    match self.format {
                        Format::Human => {
                            if let Checker::Plan(_) = checker {
                                format::human::title(output, &format!("call {number}, {name}"), is_first)?;
                            } else if several {
                                format::human::title(output, &name, is_first)?;
                            }
                            format::human::answer(output, &answer)?;
                        }
                        Format::Json => format::json::answer(output, &answer)?,
                    }
                    is_first = false;
                    if answer.accepted { Status::Accepted } else { Status::Refused }
                }
                Err(problem) => {
                    // What is already known is seen first, also where both streams end in one place.
                    output.flush()?;
                    complain(format_args!("{name}{problem}"));
                    Status::NotChecked
                }
            };
            worst = worst.max(status);
        }
        Ok(worst)
    }

    /// The answer, or why there is none: what follows the request's name, from the colon on.
    fn answer(
        &self,
        request: Source<'_>,
        checker: &mut Checker<'_>,
        edition: Edition,
    ) -> Result<Answer, String> {
        let headers =
            self.region.iter().fold(Headers::unknown(), |headers, region| headers.with_region(region));
        let bytes = request.request().map_err(|reason| format!(": {reason}"));
        let decoded = bytes.map(|bytes| wire::decode_with(&bytes, &headers));
        if let (Checker::Plan(plan), Err(_) | Ok(Err(_))) = (&mut *checker, &decoded) {
            plan.skip();
        }
        let (report, has_shape) = match decoded? {
            Ok(request) => (checker.check(&request), true),
            Err(error) => (error.into_report(edition).map_err(no_request)?, false),
        };
        let accepted = report.accepted() && (!self.strict || report.unverified().is_empty());
        Ok(Answer { report, has_shape, accepted })
    }
}

/// What requests are checked against.
enum Checker<'r> {
    /// Each against the state as it was given.
    Single(State, &'r Ruleset),
    /// Each against what those before it leave behind.
    Plan(Plan<'r>),
}

impl Checker<'_> {
    fn check(&mut self, request: &SyncRequest) -> Report {
        match self {
            Self::Single(state, rules) => rules.check(request, state),
            Self::Plan(plan) => plan.check(request),
        }
    }
}

/// Why bytes are no request, with the place in the form in which editors and other tools read it.
fn no_request(error: DecodeError) -> String {
    match error {
        DecodeError::Json { line, column, message } => format!(":{line}:{column}: {message}"),
        DecodeError::NotUtf8 { line, column } => {
            format!(":{line}:{column}: the request is not text in UTF-8")
        }
        DecodeError::ByteOrderMark => {
            ":1:1: the request starts with a byte order mark, which is no part of it".to_owned()
        }
        other => format!(": {other}"),
    }
}
