//! Forms in which verdicts and lists of rules are written: one file for each.

mod form;
mod github;
mod human;
pub(crate) mod json;
mod junit;
pub(crate) mod markdown;
mod sarif;
mod snippet;
pub(crate) mod table;
mod violation;

use clap::ValueEnum;
use presync::Ruleset;
use presync::policy::Policy;

pub(crate) use form::Form;

/// Form of the verdicts.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people, with the values underlined where they were sent
    #[default]
    Human,
    /// One object, on one line, for each request
    Json,
    /// Annotations of a workflow on GitHub
    Github,
    /// One log for code scanners: SARIF 2.1.0
    Sarif,
    /// One report for test reporters: JUnit XML
    Junit,
}

impl Format {
    /// Starts a run in this form. `several` is true if the run has more than one call; `rules` are
    /// those of the policy.
    pub(crate) fn start(self, several: bool, policy: &Policy, rules: &Ruleset) -> Box<dyn Form> {
        match self {
            Self::Human => Box::new(human::Blocks::new(several)),
            Self::Json => Box::new(json::Lines::new(several)),
            Self::Github => Box::new(github::Annotations::new(several)),
            Self::Sarif => Box::new(sarif::Log::new(policy, rules)),
            Self::Junit => Box::new(junit::Suites::new(rules.edition())),
        }
    }
}
