//! `presync explain`.

use std::io::{self, Write};

use clap::Args;
use presync::{Edition, ErrorCode, Page, Rule, Stage, policy, rules};

use crate::outcome::{Failure, Status};
use crate::output::shown;
use crate::output::{BAD, HEADING, LABEL, Output};
use crate::rule_list::RuleList;

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
        let mut rules = policy::every_rule();
        if let Some(rule) = rules.find(|rule| rule.id() == self.word) {
            explain_rule(output, rule, edition)?;
        } else if let Some(code) = ErrorCode::ALL.iter().find(|code| **code == *self.word) {
            explain_code(output, code)?;
        } else if let Some(rule) = policy::rules().find(|rule| *rule.code(edition) == *self.word) {
            explain_rule(output, rule, edition)?;
        } else {
            let advice = match policy::meant(&self.word) {
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

fn explain_rule(output: &mut Output, rule: &'static Rule, edition: Edition) -> io::Result<()> {
    // A rule that this edition does not have is shown as it was first seen.
    let (edition, note) = if rule.in_force(edition) {
        (edition, String::new())
    } else {
        (rule.first_seen(), format!(" (not on the {edition} page)"))
    };
    writeln!(output, "{HEADING}{}{HEADING:#}: {}{note}", rule.id(), rule.requirement(edition))?;
    writeln!(output)?;
    let mut line = |label: &str, text: &str| writeln!(output, "  {LABEL}{label:<9}{LABEL:#}  {text}");
    line("parameter", rule.parameter())?;
    if rule.requirements().rows().count() > 1 {
        for (since, requirement) in rule.requirements().rows() {
            line("required", &format!("{requirement}, from {since} on"))?;
        }
    }
    if let Some(limit) = rule.limit() {
        line("limit", &RuleList::All.cell(rule, |edition| limit.text(edition)))?;
    }
    for (since, (code, evidence)) in rule.codes().rows() {
        let from = if rule.is_policy() { String::new() } else { format!(", from {since} on") };
        line("code", &format!("{code}{from}"))?;
        line("evidence", &format!("{evidence}: {}", evidence.gloss()))?;
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

    let mut is_code = false;
    for line in rule.explanation() {
        is_code ^= line.starts_with("```");
        if line.starts_with("# ") && !is_code {
            writeln!(output, "{HEADING}{line}{HEADING:#}")?;
        } else {
            writeln!(output, "{line}")?;
        }
    }
    Ok(())
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
