//! `presync check`.

use std::ffi::OsString;
use std::io::Write as _;

use clap::Args;
use presync::check::plan::Plan;
use presync::check::{SentSuggestion, Suggestion};
use presync::wire::Headers;
use presync::{Edition, PartialRequest, Report, Ruleset, State, SyncRequest};

use super::packer_values::PackerValues;
use super::policy_file::PolicyFile;
use super::state_files::StateFiles;
use crate::document::{Call, NotChecked};
use crate::format::Format;
use crate::input::{self, Source};
use crate::outcome::{Failure, Status, complain};
use crate::output::Output;
use crate::suggested::Suggested;
use crate::templates::Templates;
use crate::verdict::Verdict;

const EXAMPLES: &str = "\
A REQUEST is a file, `-` for stdin, or the request itself: a query string,
a URL that has one, or a JSON body. Several requests are a plan: each is checked
against what the accepted ones before it leave behind. The exit status is the
worst one.

It can be a plan of Terraform too, as `terraform show -json PLAN` writes it (or
several, one after another; --region is for what a plan does not state), or a
template of Packer, in JSON or in HCL (`.pkr.hcl`): every copy in it is a request.
The folder of a template is all of its files, with `*.auto.pkrvars.*`, and so are
several files of one command line. Variables have their defaults then, or the values
of --var, of --var-file or of the environment (PKR_VAR_NAME), as Packer has it. Where
none of these gives a value to a file alone, its defaults are not verified.
A rule that needs a value on which only a later step decides is unverified.

A body or a query may need what travels in headers: --region gives the region, and
--header each of the headers, as curl has it. Where one is given, they are all that the
call has: a version or a region that is in none of them is missing. A plan or a
template has no headers: --region gives the region where it states none.

With --state, a state stands alone. Responses of the API can be several: of
DescribeRegions, of DescribeImages (as REGION=FILE), of DescribeImageQuota (FILE,
or REGION=FILE), of DescribeAccountQuota. A rule that needs a fact which they do
not have is unverified. No response says by which filter it was made: an image
that is not listed may be there. `presync state` adds facts, and has the words
for a listing that is whole. Without --state the shape of a request is checked,
and all that depends on regions, images and quota is unverified.

With --policy, rules of your own are checked beside the documented ones: limits,
destinations, names. It can turn rules off, or down to warnings, which refuse no
request; `presync rules --policy FILE` lists the rules that result. A name that
it denies, and that was meant for a region of the state, is named on stderr.

Examples:
  presync check request.json
  presync check --state state.json request.json
  presync check --state state.json 'https://image.api.qcloud.com/v2/index.php?…'
  presync check --state state.json --region ap-shanghai < body.json
  presync check --header 'X-TC-Version: 2017-03-12' --region ap-shanghai 'ImageIds.0=…'
  presync check --state regions.json --state ap-shanghai=images.json body.json
  presync check --policy presync.toml --state state.json request.json
  presync check --suggest --state state.json request.json
  terraform show -json tfplan | presync check --state state.json

Exit status:
  0  every request is accepted
  1  a request is refused
  2  a request could not be checked: no request, an unreadable state, bad usage
  3  with --strict: no request breaks a rule, and one could not be verified";

/// Check requests: every reason why they would be refused
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    #[command(flatten)]
    state: StateFiles,

    #[command(flatten)]
    policy: PolicyFile,

    /// The source region, as the header X-TC-Region: a request that carries another one is refused
    /// (`headers-agree`). In plans and templates it is that of calls for which they name none
    #[arg(long)]
    region: Option<String>,

    /// A header of the call, such as `X-TC-Version: 2017-03-12`; all that
    /// it has, where one is given
    #[arg(long = "header", value_name = "NAME:VALUE")]
    headers: Vec<String>,

    #[command(flatten)]
    packer: PackerValues,

    /// Form of the reports
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Refuse what could not be verified
    #[arg(long)]
    strict: bool,

    /// Say what would be accepted instead of a refused request, as long as the others
    /// of a plan stay as they are, and who can help
    #[arg(long)]
    suggest: bool,

    /// Check each of several requests as if it were the only one
    #[arg(long)]
    independent: bool,

    /// Requests to check: files, `-` for stdin, or requests themselves
    #[arg(default_value = "-")]
    request: Vec<OsString>,
}

impl Check {
    pub(crate) fn run(&self, edition: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        let is_request = self.request.iter().any(|request| request == "-");
        let is_state = self.state.count_stdin() > 0;
        self.policy.alone_on_stdin(&[("a request", is_request), ("the state", is_state)])?;
        let several = self.request.len() > 1;
        let requests: Vec<_> = (1..)
            .zip(&self.request)
            .map(|(number, argument)| Source::of_request(argument, several.then_some(number)))
            .collect();
        match (requests.iter().filter(|request| request.is_stdin()).count(), self.state.count_stdin()) {
            (0, 0 | 1) | (1, 0) => {}
            (0, _) => return Err(Failure::Message("error: stdin cannot be several responses".to_owned())),
            (1, _) => {
                return Err(Failure::Message(
                    "error: stdin is the state and cannot be a request too".to_owned(),
                ));
            }
            _ => return Err(Failure::Message("error: stdin cannot be several requests".to_owned())),
        }
        let headers = input::headers(&self.headers, self.region.as_deref()).map_err(Failure::Message)?;
        let (policy, rules) = self.policy.read(edition)?;
        let rules = if self.strict { rules.strict() } else { rules };
        let state = self.state.read()?;
        self.policy.warn(&policy, &state);

        let mut calls: Vec<Result<Call, NotChecked>> = Vec::new();
        let mut documents = Vec::new();
        let templates = Templates::new(self.packer.read()?);
        for read in templates.read(&requests, headers)? {
            documents.push((read.document, read.calls.is_empty()));
            calls.extend(read.calls);
        }
        // What could not be read may be a request.
        let is_planned = |call: &Result<Call, NotChecked>| call.as_ref().is_ok_and(Call::is_planned);
        if input::has_more_than_region(&self.headers) && calls.iter().all(is_planned) {
            let message = "error: `--header` has no effect on a Terraform plan or a Packer template: `--region` gives \
                           the region where it states none";
            return Err(Failure::Message(message.to_owned()));
        }
        let several = calls.len() > 1;
        let mut checker = if several && !self.independent {
            Checker::Plan(&rules, Plan::new(&rules, state))
        } else {
            Checker::Single(&rules, state)
        };
        let mut form = self.format.start(several, &policy, &rules);
        let mut worst = Status::Accepted;
        let suggesting = self.suggest.then_some(headers);
        for (number, call) in (1..).zip(calls) {
            let status = match call.and_then(|call| verdict(call, number, &mut checker, &rules, suggesting)) {
                Ok(verdict) => {
                    form.verdict(output, &verdict)?;
                    Status::from(&verdict.report)
                }
                Err(not_checked) => {
                    checker.skip();
                    form.not_checked(output, &not_checked)?;
                    // Verdicts are seen before the line on stderr, also where both streams end in
                    // one place.
                    output.flush()?;
                    complain(not_checked);
                    Status::NotChecked
                }
            };
            worst = worst.max(status);
        }
        for (document, has_none) in documents {
            if has_none {
                form.no_calls(output, &document)?;
            }
            if let Some(reason) = &document.partial {
                form.partial(output, &document, reason, self.strict)?;
                // There may be calls in it that cannot be verified.
                worst = worst.max(if self.strict { Status::Unverified } else { Status::Accepted });
            }
        }
        form.end(output)?;
        Ok(worst)
    }
}

/// Checks one call.
fn verdict(
    mut call: Call,
    number: usize,
    checker: &mut Checker<'_>,
    rules: &Ruleset,
    // The headers beside each request, where suggestions are asked for.
    suggesting: Option<Headers<'_>>,
) -> Result<Verdict, NotChecked> {
    let mut suggested = None;
    let report = match call.take_request() {
        Ok(request) => {
            let report = checker.check(&request);
            // A refused request leaves nothing behind: the state is still the one
            // that it was checked against.
            if let Some(headers) = suggesting.filter(|_| !report.violations().is_empty()) {
                suggested = Some(match call.address() {
                    Some(_) => Suggested::of_planned(&call, &request, checker.suggest(&request)),
                    None => Suggested::of_request(checker.suggest_sent(&call.document.text, headers)),
                });
            }
            report
        }
        Err(error) => {
            let report = error
                .into_report_with(rules, |request| checker.check_refused(request))
                .map_err(|error| NotChecked::no_request(&call, &error))?;
            checker.skip();
            suggested = suggesting
                .map(|headers| Suggested::of_request(checker.suggest_sent(&call.document.text, headers)));
            report
        }
    };
    let report = report.with_attributes(|parameter| call.attribute(parameter));
    let number = checker.is_plan().then_some(number);
    Ok(Verdict { call, number, report, suggested })
}

/// The rules, with the state that requests are checked against.
enum Checker<'r> {
    /// Checks each request against the state as it was given.
    Single(&'r Ruleset, State),
    /// Checks each request against the state that the requests before it leave behind.
    Plan(&'r Ruleset, Plan<&'r Ruleset>),
}

impl Checker<'_> {
    fn check(&mut self, request: &PartialRequest) -> Report {
        match self {
            Self::Single(rules, state) => rules.check_partial(request, state),
            Self::Plan(_, plan) => plan.check_partial(request),
        }
    }

    fn suggest(&self, request: &PartialRequest) -> Suggestion {
        match self {
            Self::Single(rules, state) => rules.suggest_partial(request, state),
            Self::Plan(rules, plan) => rules.suggest_partial(request, plan.state()),
        }
    }

    /// Returns the suggestion for a request that was decoded, or else has a report on its shape.
    fn suggest_sent(&self, text: &[u8], headers: Headers<'_>) -> SentSuggestion {
        let suggested = match self {
            Self::Single(rules, state) => rules.suggest_sent(text, &headers, state),
            Self::Plan(rules, plan) => rules.suggest_sent(text, &headers, plan.state()),
        };
        suggested.unwrap_or_default()
    }

    /// Checks a request that is refused in any case, so that it leaves nothing behind.
    fn check_refused(&self, request: &SyncRequest) -> Report {
        match self {
            Self::Single(rules, state) => rules.check(request, state),
            Self::Plan(rules, plan) => rules.check(request, plan.state()),
        }
    }

    /// Counts a call that cannot be checked.
    fn skip(&mut self) {
        if let Self::Plan(_, plan) = self {
            plan.skip();
        }
    }

    fn is_plan(&self) -> bool {
        matches!(self, Self::Plan(..))
    }
}
