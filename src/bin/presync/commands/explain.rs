//! `presync explain`.

use std::io::{self, Write};

use clap::Args;
use presync::policy::{self, PolicyRule};
use presync::{Edition, ErrorCode, Evidence, Rule, Stage, nearest, rules};

use crate::outcome::{Failure, Status};
use crate::output::shown;
use crate::output::{BAD, HEADING, LABEL, Output};
use crate::rule_list::{RuleList, explanation};

const EXAMPLES: &str = "\
Examples:
  presync explain image-size
  presync explain InvalidImageId.TooLarge";

/// Explain a rule or an error code, with the reason, an example and the cure
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// The id of a rule, or an error code
    #[arg(value_name = "RULE|CODE")]
    word: String,
}

impl Explain {
    pub(crate) fn run(&self, edition: Edition, output: &mut Output) -> Result<Status, Failure> {
        if let Some(rule) = rules::find(&self.word) {
            explain_rule(output, rule, edition)?;
        } else if let Some(code) = ErrorCode::ALL.iter().find(|code| code.as_str() == self.word) {
            explain_code(output, code)?;
        } else if let Some(rule) =
            policy::rules().find(|rule| rule.id() == self.word || rule.code == self.word)
        {
            explain_policy(output, rule)?;
        } else {
            let advice = match meant(&self.word) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`presync rules` lists them".to_owned(),
            };
            let word = shown(self.word.as_ref());
            return Err(Failure::Message(format!(
                "error: `{word}` is neither a rule nor an error code: {advice}"
            )));
        }
        Ok(Status::Accepted)
    }
}

fn explain_rule(output: &mut Output, rule: &Rule, edition: Edition) -> io::Result<()> {
    if rule.in_force(edition) {
        writeln!(output, "{HEADING}{}{HEADING:#}: {}", rule.id(), rule.requirement(edition))?;
    } else {
        let requirement = rule.requirement(rule.first_seen());
        writeln!(output, "{HEADING}{}{HEADING:#}: {requirement} (not on the {edition} page)", rule.id())?;
    }
    writeln!(output)?;
    let mut line = |label: &str, text: &str| writeln!(output, "  {LABEL}{label:<9}{LABEL:#}  {text}");
    line("parameter", rule.parameter())?;
    if rule.requirements().rows().count() > 1 {
        for (since, requirement) in rule.requirements().rows() {
            line("required", &format!("{requirement}, from {since} on"))?;
        }
    }
    if let Some(limit) = rule.limit() {
        let limits = RuleList::All.cell(rule, |edition| limit.text(edition));
        line("limit", &limits)?;
    }
    for (since, (code, evidence)) in rule.codes().rows() {
        line("code", &format!("{code}, from {since} on"))?;
        line("evidence", &format!("{evidence}: {}", evidence_gloss(*evidence)))?;
    }
    line("citation", rule.citation())?;
    match rule.withdrawn() {
        None => line("in force", &format!("from {} on", rule.first_seen()))?,
        Some(withdrawn) => line("in force", &format!("from {}, until {withdrawn}", rule.first_seen()))?,
    }
    line(
        "found",
        match rule.stage {
            Stage::Decode => "while the request is read, before its values are checked",
            _ => "when the request is checked against the state",
        },
    )?;
    writeln!(output)?;

    explain(output, explanation(rule))
}

/// Explains a rule of a policy, which has one code and no dates.
fn explain_policy(output: &mut Output, rule: &PolicyRule) -> io::Result<()> {
    writeln!(output, "{HEADING}{}{HEADING:#}: {}", rule.id(), rule.requirement)?;
    writeln!(output)?;
    for (label, text) in [("parameter", rule.parameter()), ("code", rule.code), ("key", rule.key)] {
        writeln!(output, "  {LABEL}{label:<9}{LABEL:#}  {text}")?;
    }
    writeln!(output)?;
    explain(output, rule.explanation().lines())
}

fn explain<'t>(output: &mut Output, explanation: impl Iterator<Item = &'t str>) -> io::Result<()> {
    let mut is_code = false;
    for line in explanation {
        is_code ^= line.starts_with("```");
        if line.starts_with("# ") && !is_code {
            writeln!(output, "{HEADING}{line}{HEADING:#}")?;
        } else {
            writeln!(output, "{line}")?;
        }
    }
    Ok(())
}

fn evidence_gloss(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Documented => "the page's own table of codes describes this failure",
        Evidence::Common => "the list of codes that all actions have in common describes this failure",
        Evidence::Inferred => "the nearest code that is listed, for the reason below",
        _ => "see below",
    }
}

fn explain_code(output: &mut Output, code: &ErrorCode) -> io::Result<()> {
    writeln!(output, "{BAD}{code}{BAD:#}: {}", code.gloss().unwrap_or("not in the table"))?;
    writeln!(output)?;
    let mut is_given = false;
    for rule in rules::all() {
        for (since, (_, evidence)) in rule.codes().rows().filter(|(_, (given, _))| given == code) {
            if !is_given {
                writeln!(output, "Given by:")?;
                is_given = true;
            }
            writeln!(
                output,
                "  {HEADING}{}{HEADING:#}: {} {LABEL}({evidence}, from {since} on){LABEL:#}",
                rule.id(),
                rule.requirement(since.max(rule.first_seen()))
            )?;
        }
    }
    if !is_given {
        writeln!(
            output,
            "No rule gives it: the service does, for reasons that are unknown before the request is sent."
        )?;
    }
    Ok(())
}

/// The one rule or code that was probably meant: one that ends with the word, or one that differs
/// by a slip.
fn meant(word: &str) -> Option<&'static str> {
    let words = || rules::all().map(|rule| rule.id()).chain(ErrorCode::ALL.iter().map(ErrorCode::as_str));
    let lower = word.to_lowercase();
    let is_last_part = |known: &&str| {
        let known = known.to_lowercase();
        !lower.is_empty() && known.strip_suffix(&lower).is_some_and(|rest| rest.ends_with(['-', '.']))
    };
    let mut parts = words().filter(is_last_part);
    match (parts.next(), parts.next()) {
        (Some(part), None) => Some(part),
        _ => nearest(word, words().chain(policy::rules().flat_map(|rule| [rule.id(), rule.code]))),
    }
}
