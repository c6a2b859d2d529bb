//! `presync explain`.

use std::fmt;
use std::io::{self, Write};

use clap::{Args, ValueEnum};
use presync::check::compare::Table;
use presync::{Edition, ErrorCode, Page, Parameter, Rule, Stage, policy, rules};

use super::observed_file::ObservedFile;
use crate::format::json;
use crate::outcome::{Failure, Status};
use crate::output::shown;
use crate::output::{BAD, HEADING, LABEL, Output};
use crate::rule_list::{RuleList, evidence, seen};

const EXAMPLES: &str = "\
Examples:
  presync explain image-size
  presync explain InvalidImageId.TooLarge
  presync explain InvalidImageId
  presync explain --edition latest LimitExceeded
  presync explain image-quota --format json
  presync explain --observed seen.json image-custom";

/// Explain a rule or an error code, with the reason, an example and the cure
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// The id of a rule, an error code, or the part that several codes begin with
    #[arg(value_name = "RULE|CODE")]
    word: String,

    /// Form of the explanation; `json` also has the facts that a violation can carry
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// The edition of the API's documentation: `latest`, or any month from 2017-03 on
    /// [default: every value with its months; in JSON, the values of the first page, or of the
    /// first one that has the rule]
    #[arg(long, value_name = "YYYY-MM")]
    edition: Option<Edition>,

    #[command(flatten)]
    observed: ObservedFile,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl Explain {
    /// Explains the word. `before` is the edition that stands before the subcommand.
    pub(crate) fn run(&self, before: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        let asked = self.edition.or(before);
        let edition = asked.unwrap_or(Edition::FIRST);
        let is_json = matches!(self.format, Format::Json);
        let word = shown(self.word.as_ref());
        let is_named = |rule: &&Rule| rule.id() == self.word;
        let gives = |rule: &&Rule| *rule.code(edition) == *self.word;
        let rule = policy::every_rule().find(is_named).or_else(|| policy::rules().find(gives));
        let codes = ErrorCode::ALL.iter().filter(|code| is_below(code, &self.word));
        let code = ErrorCode::ALL.iter().find(|code| **code == *self.word);
        let begin = codes.clone().count();
        if let Some(rule) = rule {
            if rule.is_policy() {
                no_effect("--observed", self.observed.is_given(), "a rule of a policy")?;
            }
            let observed = self.observed.read()?;
            match self.format {
                Format::Text => explain_rule(output, rule, asked, observed.as_ref())?,
                Format::Json => json::rule(output, rule, edition, observed.as_ref())?,
            }
        } else if is_json && (code.is_some() || begin > 0) {
            no_effect("--observed", self.observed.is_given(), "a code with `--format json`")?;
            json::codes(output, code.into_iter().chain(codes), edition)?;
        } else if let Some(code) = code {
            let observed = self.observed.read()?;
            explain_code(output, code, asked, observed.as_ref())?;
        } else if begin > 0 {
            let list = format!("the list of codes that begin with `{word}`");
            no_effect("--edition", asked.is_some(), &list)?;
            no_effect("--observed", self.observed.is_given(), &list)?;
            let begin = match begin {
                1 => "one code begins".to_owned(),
                several => format!("{several} codes begin"),
            };
            writeln!(output, "{BAD}{word}{BAD:#}: what {begin} with")?;
            list_codes(output, codes)?;
        } else {
            let advice = match policy::meant(&self.word) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`presync rules` lists them".to_owned(),
            };
            return Err(Failure::Message(format!(
                "error: `{word}` is neither a rule nor an error code: {advice}"
            )));
        }
        Ok(Status::Accepted)
    }
}

/// Errors where a flag is given that has no effect on what is explained.
fn no_effect(flag: &str, is_given: bool, explained: &str) -> Result<(), Failure> {
    if is_given {
        return Err(Failure::Message(format!("error: `{flag}` has no effect on {explained}")));
    }
    Ok(())
}

/// Explains a rule: with an edition, as it is on that page, else with the
/// months of each of its values.
fn explain_rule(
    output: &mut Output,
    rule: &'static Rule,
    asked: Option<Edition>,
    observed: Option<&Table>,
) -> io::Result<()> {
    // A rule that this edition does not have is shown as it was first seen.
    let edition = asked.unwrap_or(Edition::FIRST);
    let (edition, note) = if rule.in_force(edition) {
        (edition, String::new())
    } else {
        (rule.first_seen(), format!(" (not on the {edition} page)"))
    };
    let list = asked.map_or(RuleList::All, |_| RuleList::In(edition));
    let is_shown = |months: &Months| asked.is_none() || months.contain(edition);
    writeln!(output, "{HEADING}{}{HEADING:#}: {}{note}", rule.id(), rule.requirement(edition))?;
    writeln!(output)?;
    let mut line = |label: &str, text: &str| writeln!(output, "  {LABEL}{label:<9}{LABEL:#}  {text}");
    line("parameter", rule.parameter())?;
    if rule.requirements().rows().count() > 1 {
        let starts = rule.requirements().rows().map(|(since, _)| since);
        for ((_, requirement), months) in rule.requirements().rows().zip(spans(rule, starts)) {
            if is_shown(&months) {
                line("required", &format!("{requirement}, {months}"))?;
            }
        }
    }
    if let Some(limit) = rule.limit() {
        line("limit", &list.cell(rule, |edition| limit.text(edition)))?;
    }
    let starts = rule.codes().rows().map(|(since, _)| since);
    let codes = rule.codes().rows().zip(spans(rule, starts));
    for ((since, (code, evidence)), months) in codes.filter(|(_, months)| is_shown(months)) {
        let from = if rule.is_policy() { String::new() } else { format!(", {months}") };
        line("code", &format!("{code}{from}"))?;
        line("evidence", &format!("{evidence}: {}", evidence.gloss()))?;
        if let Some(seen) = seen(rule, since, observed) {
            line("observed", &format!("{seen}: {}", seen.gloss()))?;
        }
    }
    let at = rule.page(edition).map_or("in the policy", Page::address);
    line("citation", &format!("{} ({at})", rule.citation()))?;
    if !rule.is_policy() {
        let until = rule.withdrawn().map(|withdrawn| format!(", until {withdrawn}"));
        line("in force", &format!("from {}{}", rule.first_seen(), until.as_deref().unwrap_or(" on")))?;
    }
    line(
        "found",
        match rule.stage() {
            Stage::Decode => "while the request is read, before its values are checked",
            Stage::Check => "when the request is checked against the state",
        },
    )?;
    writeln!(output)?;

    for line in rule.explanation() {
        if line.starts_with("# ") {
            writeln!(output, "{HEADING}{line}{HEADING:#}")?;
        } else {
            writeln!(output, "{line}")?;
        }
    }
    Ok(())
}

/// The months in which a value of a rule holds.
struct Months {
    since: Edition,
    /// The first month without it, if there is one.
    until: Option<Edition>,
}

impl Months {
    fn contain(&self, edition: Edition) -> bool {
        self.since <= edition && self.until.is_none_or(|until| edition < until)
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "from {} until {until}", self.since),
            None => write!(f, "from {} on", self.since),
        }
    }
}

/// Returns the months of each value of a rule, by its first month: a value holds until the next one
/// does, or the rule is no more.
fn spans(rule: &Rule, starts: impl Iterator<Item = Edition>) -> Vec<Months> {
    let starts: Vec<_> = starts.collect();
    let ends = starts.iter().skip(1).copied().map(Some).chain([rule.withdrawn()]);
    let months = |(since, until): (&Edition, Option<Edition>)| Months { since: *since, until };
    starts.iter().zip(ends).map(months).collect()
}

/// True if a code is the word with a part more.
fn is_below(code: &ErrorCode, word: &str) -> bool {
    code.as_str().strip_prefix(word).is_some_and(|rest| rest.starts_with('.'))
}

/// Writes codes with their meanings, under an empty line.
fn list_codes<'c>(output: &mut Output, codes: impl Iterator<Item = &'c ErrorCode>) -> io::Result<()> {
    writeln!(output)?;
    for code in codes {
        writeln!(output, "  {HEADING}{code}{HEADING:#}: {}", code.gloss().unwrap_or_default())?;
    }
    Ok(())
}

/// Explains a code. With an edition, the rules are marked that do not give it on that page.
fn explain_code(
    output: &mut Output,
    code: &ErrorCode,
    edition: Option<Edition>,
    observed: Option<&Table>,
) -> io::Result<()> {
    writeln!(output, "{BAD}{code}{BAD:#}: {}", code.gloss().unwrap_or("not in the table"))?;
    writeln!(output)?;
    let mut is_given = false;
    for rule in rules::all() {
        let starts = rule.codes().rows().map(|(since, _)| since);
        let rows = rule.codes().rows().zip(spans(rule, starts));
        for ((since, _), months) in rows.filter(|((_, (given, _)), _)| given == code) {
            if !is_given {
                writeln!(output, "Given by:")?;
                is_given = true;
            }
            let note = match edition {
                Some(edition) if !months.contain(edition) => format!(", not on the {edition} page"),
                _ => String::new(),
            };
            // In the words of the page that is asked for.
            let page = edition.filter(|edition| months.contain(*edition)).unwrap_or(months.since);
            let evidence = evidence(rule, since, observed);
            writeln!(
                output,
                "  {HEADING}{}{HEADING:#}: {} {LABEL}({evidence}, {months}{note}){LABEL:#}",
                rule.id(),
                rule.requirement(page)
            )?;
        }
    }
    if *code == ErrorCode::DryRunOperation {
        let since = Parameter::later().find(|(parameter, _)| *parameter == Parameter::DRY_RUN);
        let since = since.map_or_else(String::new, |(_, since)| format!(", from {since} on"));
        writeln!(
            output,
            "No rule gives it: it is the response to an accepted request with `DryRun`{since}."
        )?;
    } else if !is_given {
        writeln!(
            output,
            "No rule gives it: the service does, for reasons that are unknown before the request is sent."
        )?;
    }
    let below = ErrorCode::ALL.iter().filter(|other| is_below(other, code.as_str()));
    if below.clone().next().is_some() {
        writeln!(output, "\nCodes that say more:")?;
        list_codes(output, below)?;
    }
    Ok(())
}
