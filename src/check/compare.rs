//! A report beside the response of the service to the same request: the evidence for the code of a
//! rule that no page has.
//!
//! No page ties a sentence to a code, so that the codes of some rules are inferred. A
//! [`Comparison`] says what one recorded response shows, and a [`Table`] what many of them do,
//! rule by rule. A response shows the code of a rule for certain only where that rule *alone*
//! is broken and every other one is verified: the service names one reason, and which of
//! several it names is not published.
//!
//! ```
//! use presync::check::compare::{Agreement, Comparison, Seen, Table};
//! use presync::{ErrorCode, Image, ImageType, Region, Ruleset, State, SyncRequest, rules};
//!
//! let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_size(20);
//! let image = image.with_image_type(ImageType::PUBLIC_IMAGE);
//! let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image])?;
//! let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
//!
//! let comparison = Comparison::new(&report, Some(ErrorCode::InvalidParameterValue));
//! assert_eq!((comparison.agreement(), comparison.alone()), (Agreement::First, Some("image-custom")));
//!
//! let mut table = Table::new(report.edition());
//! table.add(&comparison);
//! let seen = table.seen("image-custom", &ErrorCode::InvalidParameterValue);
//! assert_eq!((seen.word(), seen.given), (Seen::OBSERVED, 1));
//! // The rule's evidence is what the pages say. It stays what it is.
//! let custom = rules::find("image-custom").unwrap();
//! assert_eq!(custom.evidence(report.edition()).as_str(), "inferred");
//! # Ok::<(), presync::StateError>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Edition, ErrorCode};
use crate::report::report::Report;
use crate::report::unverified::Unverified;
use crate::rules::{self, shape};
use crate::text::clean;
use crate::text::record::{Record, records};

/// Codes that say nothing about the request, with every code that starts with one of them and
/// a dot: the account, the pace or the service itself was in the way, or no response came at
/// all and a client says so.
const FAMILIES: [&str; 16] = [
    "AuthFailure",
    "IpInBlacklist",
    "IpNotInWhitelist",
    "RequestLimitExceeded",
    "InternalError",
    "InternalServerError",
    "ServiceUnavailable",
    "ActionOffline",
    "NoSuchProduct",
    "UnsupportedProtocol",
    "ResponseSizeLimitExceeded",
    "ClientError",
    "ClientNetworkError",
    "ClientParamsError",
    "ServerNetworkError",
    "InvalidCredential",
];

/// The agreement of a response with the report on the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Agreement {
    /// The service accepted the request, and no violation speaks against it.
    Accepted,
    /// The response has the code of the first violation.
    First,
    /// The response has the code of a violation that is not the first.
    Another,
    /// No violation has the code, and a rule that could not be verified would give it.
    Unverified,
    /// The response says nothing about the request: the account, the pace or the service was in the
    /// way, or it is the response to a call of another action.
    Unrelated,
    /// The service accepted a request with violations, or gave the code of a rule that holds here.
    Disagrees,
    /// No rule of the edition gives the code.
    NoRule,
}

impl Agreement {
    /// Every agreement, the best first.
    pub const ALL: &'static [Self] = &[
        Self::Accepted,
        Self::First,
        Self::Another,
        Self::Unverified,
        Self::Unrelated,
        Self::Disagrees,
        Self::NoRule,
    ];

    /// Returns the word for it, as JSON has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::First => "first",
            Self::Another => "another",
            Self::Unverified => "unverified",
            Self::Unrelated => "unrelated",
            Self::Disagrees => "disagrees",
            Self::NoRule => "no-rule",
        }
    }

    /// Returns the meaning of the word, in a few words.
    #[must_use]
    pub const fn gloss(self) -> &'static str {
        match self {
            Self::Accepted => "accepted, and no violation here",
            Self::First => "the code of the first violation",
            Self::Another => "the code of a violation that is not the first",
            Self::Unverified => "the code of a rule that could not be verified",
            Self::Unrelated => "a response that says nothing about the request",
            Self::Disagrees => "accepted in spite of a violation, or the code of a rule that holds here",
            Self::NoRule => "a code that no rule gives",
        }
    }

    /// True if the report does not explain the response.
    #[must_use]
    pub const fn is_against(self) -> bool {
        matches!(self, Self::Disagrees | Self::NoRule)
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A report beside a response.
///
/// As JSON: `{"agreement", "code", "expected", "broken", "unverified", "given_by", "alone"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comparison {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    agreement: Agreement,
    /// The code that the service gave; null for a response without an error.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    code: Option<ErrorCode>,
    /// The code of the first violation; null where there is none.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    expected: Option<ErrorCode>,
    /// The rules that are broken, in the order of the report.
    broken: Vec<String>,
    /// The rules that could not be verified, in the order of the report.
    unverified: Vec<String>,
    /// The rules of the edition that give the code, in their order.
    given_by: Vec<String>,
    /// The rule whose code the response shows: it alone is broken, and every other one is verified;
    /// null where the response shows no rule's code for certain.
    alone: Option<String>,
    /// The code of each broken rule.
    #[serde(skip)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    codes: Vec<ErrorCode>,
}

impl Comparison {
    /// Compares a report with the code of the response's error; `None` for a response without an
    /// error. `DryRunOperation` is a response to an accepted request.
    ///
    /// Broken rules that are turned down to a warning count as broken. A check of an embedder's own
    /// that is unverified explains no code, because its code is not known.
    ///
    /// ```
    /// use presync::check::compare::{Agreement, Comparison};
    /// use presync::{ErrorCode, Ruleset, State, SyncRequest};
    ///
    /// let request = SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// let report = Ruleset::default().check(&request, &State::default());
    /// let agreement = |code| Comparison::new(&report, code).agreement();
    /// assert_eq!(agreement(Some(ErrorCode::InvalidImageIdNotFound)), Agreement::First);
    /// assert_eq!(agreement(Some(ErrorCode::InvalidRegionNotFound)), Agreement::Another);
    /// assert_eq!(agreement(Some(ErrorCode::InvalidImageIdTooLarge)), Agreement::Disagrees);
    /// assert_eq!(agreement(None), Agreement::Disagrees);
    /// ```
    #[must_use]
    pub fn new(report: &Report, code: Option<ErrorCode>) -> Self {
        let edition = report.edition();
        let code = code.filter(|code| *code != ErrorCode::DryRunOperation);
        let (mut broken, mut codes): (Vec<String>, Vec<ErrorCode>) = (Vec::new(), Vec::new());
        for violation in report.violations().iter().chain(report.warnings()) {
            if broken.iter().all(|other| other != violation.rule()) {
                broken.push(violation.rule().to_owned());
                codes.push(violation.code().clone());
            }
        }
        let mut unverified: Vec<String> = Vec::new();
        for rule in report.unverified().iter().map(Unverified::rule) {
            if unverified.iter().all(|other| other != rule) {
                unverified.push(rule.to_owned());
            }
        }
        let gives = |code: &ErrorCode| -> Vec<String> {
            let given = rules::all().filter(|rule| rule.in_force(edition) && rule.code(edition) == code);
            given.map(|rule| rule.id().to_owned()).collect()
        };
        let given_by = code.as_ref().map(gives).unwrap_or_default();
        let first = report.violations().first().map(|violation| violation.code().clone());
        let is_explained = code.as_ref().is_some_and(|code| codes.contains(code));
        let is_of_other_action = !is_explained && report.violations().iter().any(shape::names_other_action);
        let agreement = match &code {
            // There is such an action, and the response is that of its own rules.
            _ if is_of_other_action => Agreement::Unrelated,
            None if first.is_none() => Agreement::Accepted,
            None => Agreement::Disagrees,
            Some(code) if first.as_ref() == Some(code) => Agreement::First,
            Some(code) if codes.contains(code) => Agreement::Another,
            Some(_) if unverified.iter().any(|rule| given_by.contains(rule)) => Agreement::Unverified,
            Some(code) if is_unrelated(code) => Agreement::Unrelated,
            Some(_) if given_by.is_empty() => Agreement::NoRule,
            Some(_) => Agreement::Disagrees,
        };
        let alone = match &*broken {
            [rule] if unverified.is_empty() && agreement != Agreement::Unrelated => Some(rule.clone()),
            _ => None,
        };
        Self { agreement, code, expected: first, broken, unverified, given_by, alone, codes }
    }

    /// Compares a report with the response to another action than SyncImages, which shows nothing.
    #[cfg(feature = "sources")]
    pub(crate) fn of_other_action(report: &Report) -> Self {
        Self { agreement: Agreement::Unrelated, alone: None, ..Self::new(report, None) }
    }

    /// Returns the agreement of the two.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        self.agreement
    }

    /// Returns the code that the service gave; `None` for a response without an error.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    /// Returns the code of the first violation; `None` where there is no violation.
    #[must_use]
    pub fn expected(&self) -> Option<&ErrorCode> {
        self.expected.as_ref()
    }

    /// Returns the rules that are broken, in the order of the report.
    pub fn broken(&self) -> impl Iterator<Item = &str> {
        self.broken.iter().map(String::as_str)
    }

    /// Returns the rules that could not be verified, in the order of the report.
    pub fn unverified(&self) -> impl Iterator<Item = &str> {
        self.unverified.iter().map(String::as_str)
    }

    /// Returns the rules of the edition that give the code of the response, in their order.
    pub fn given_by(&self) -> impl Iterator<Item = &str> {
        self.given_by.iter().map(String::as_str)
    }

    /// Returns the rule whose code the response shows: it alone is broken, and every other one is
    /// verified. `None` where the response shows no rule's code for certain.
    #[must_use]
    pub fn alone(&self) -> Option<&str> {
        self.alone.as_deref()
    }
}

/// True if a code says nothing about the request.
fn is_unrelated(code: &ErrorCode) -> bool {
    let family = code.as_str().split('.').next().unwrap_or_default();
    // Below `UnauthorizedOperation` there are codes that are about an image.
    *code == ErrorCode::UnauthorizedOperation || FAMILIES.contains(&family)
}

/// The sightings of codes by rule, in any number of responses.
///
/// As JSON:
/// `{"edition", "lines", "agreements", "rules": [{"rule", "code", "evidence", "seen", "given", "others", "accepted", "unclear", "not_broken"}], "other_codes"}`.
/// That is the table that `presync compare` writes, and that `presync rules --observed` reads.
///
/// ```
/// use presync::check::compare::Table;
/// use presync::Edition;
///
/// let table = Table::new(Edition::FIRST);
/// let json = serde_json::to_string(&table)?;
/// assert_eq!(serde_json::from_str::<Table>(&json)?, table);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Table {
    /// The edition by which the requests were checked, such as `2017-03`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    edition: Edition,
    /// The number of responses that were compared.
    lines: u64,
    /// The number of responses of each agreement.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, u64>"))]
    agreements: BTreeMap<Agreement, u64>,
    /// The rules that were broken, or whose code was given though they hold, in their order.
    rules: Vec<Row>,
    /// The number of responses with each code that no rule gives.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, u64>"))]
    other_codes: BTreeMap<ErrorCode, u64>,
}

/// A rule in a table: what was seen of its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[non_exhaustive]
pub struct Row {
    /// The id of the rule.
    pub rule: String,
    /// The code that it gives under the table's edition.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: ErrorCode,
    /// The evidence of the pages for that code; empty for a check that is not documented.
    pub evidence: String,
    /// `observed`, `contradicted` or `not seen`.
    pub seen: String,
    /// The number of responses with its code where it alone was broken.
    pub given: u64,
    /// The number of responses with each other code where it alone was broken.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, u64>"))]
    pub others: BTreeMap<ErrorCode, u64>,
    /// The number of accepted requests where it alone was broken.
    pub accepted: u64,
    /// The number of responses that show nothing of its code for certain: another rule was broken
    /// or unverified too.
    pub unclear: u64,
    /// The number of responses with its code where it held, and no other rule explains the code.
    pub not_broken: u64,
}

records! { strict: Row; }

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = Self::deserialize(Record::strict(deserializer))?;
        for row in &table.rules {
            let Row { rule, code, seen, .. } = row;
            let documented = rules::find(rule).map(|rule| rule.code(table.edition));
            if let Some(documented) = documented.filter(|documented| *documented != code) {
                let (rule, code, edition) = (clean(rule), clean(code.as_str()), table.edition);
                let message =
                    format!("the code of `{rule}` is `{documented}` by the page of {edition}, not `{code}`");
                return Err(D::Error::custom(message));
            }
            if row.others.contains_key(code) || seen != row.word() {
                let (rule, seen) = (clean(rule), clean(seen));
                return Err(D::Error::custom(format!("`{rule}` is `{seen}`, and its counts say otherwise")));
            }
        }
        Ok(table)
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// The sightings of one code of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// The number of responses with this code where the rule alone was broken.
    pub given: u64,
    /// The number of responses with each other code.
    pub others: BTreeMap<ErrorCode, u64>,
    /// The number of accepted requests.
    pub accepted: u64,
}

impl Seen {
    /// The word for a code that the service gave whenever the rule alone was broken.
    pub const OBSERVED: &'static str = "observed";
    /// The word for a code in whose place the service once gave another one,
    /// or accepted the request.
    pub const CONTRADICTED: &'static str = "contradicted";
    /// The word for a code about which no response shows anything for certain.
    pub const NOT_SEEN: &'static str = "not seen";

    /// Returns the word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        Self::word_for(self.given > 0, !self.others.is_empty() || self.accepted > 0)
    }

    fn word_for(is_given: bool, is_contradicted: bool) -> &'static str {
        match (is_given, is_contradicted) {
            (_, true) => Self::CONTRADICTED,
            (true, false) => Self::OBSERVED,
            (false, false) => Self::NOT_SEEN,
        }
    }

    /// Returns the meaning of the word, in a sentence.
    #[must_use]
    pub fn gloss(&self) -> &'static str {
        match self.word() {
            Self::OBSERVED => "the service gave this code whenever the rule alone was broken",
            Self::CONTRADICTED => {
                "the rule alone was broken, and the service gave another code or accepted the request"
            }
            _ => "no response shows for certain which code the service gives",
        }
    }
}

impl fmt::Display for Seen {
    /// The word, with the counts: `observed (3)`, or ``contradicted (1 as listed, 2
    /// `InvalidImageId.NotFound`, 1 accepted)``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self.word() {
            Self::OBSERVED => write!(f, " ({})", self.given),
            Self::CONTRADICTED => {
                let listed = (self.given > 0).then(|| format!("{} as listed", self.given));
                let others = self.others.iter().map(|(code, count)| format!("{count} {code}"));
                let accepted = (self.accepted > 0).then(|| format!("{} accepted", self.accepted));
                let all: Vec<String> = listed.into_iter().chain(others).chain(accepted).collect();
                write!(f, " ({})", all.join(", "))
            }
            _ => Ok(()),
        }
    }
}

/// Counts one more. A table that was read from a file can have any count.
fn increment(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl Row {
    /// Returns a row without sightings. The code of a check that is not documented
    /// is the one that it gave.
    fn new(rule: &str, given: &ErrorCode, edition: Edition) -> Self {
        let documented = rules::find(rule);
        let evidence = documented.map_or_else(String::new, |rule| rule.evidence(edition).to_string());
        let code = documented.map_or(given, |rule| rule.code(edition)).clone();
        Self {
            rule: rule.to_owned(),
            code,
            evidence,
            seen: Seen::NOT_SEEN.to_owned(),
            given: 0,
            others: BTreeMap::new(),
            accepted: 0,
            unclear: 0,
            not_broken: 0,
        }
    }

    /// Returns the word for what was seen of its code, in a time that does not depend on the number
    /// of other codes: each line of a table asks for it.
    fn word(&self) -> &'static str {
        Seen::word_for(self.given > 0, !self.others.is_empty() || self.accepted > 0)
    }

    /// Returns what was seen of a code, which is that of the rule under some edition.
    #[must_use]
    pub fn seen_of(&self, code: &ErrorCode) -> Seen {
        let mut all = self.others.clone();
        if self.given > 0 {
            let given = all.entry(self.code.clone()).or_default();
            *given = given.saturating_add(self.given);
        }
        let given = all.remove(code).unwrap_or_default();
        Seen { given, others: all, accepted: self.accepted }
    }
}

impl Table {
    /// Returns a table without sightings, of requests that are checked by the page of this edition.
    #[must_use]
    pub fn new(edition: Edition) -> Self {
        let agreements = Agreement::ALL.iter().map(|agreement| (*agreement, 0)).collect();
        Self { edition, lines: 0, agreements, rules: Vec::new(), other_codes: BTreeMap::new() }
    }

    /// Adds what one response shows, whatever the edition of its report: what the service gave is
    /// counted as the code of the table's edition or as another one.
    pub fn add(&mut self, comparison: &Comparison) {
        let Comparison { agreement, code, broken, codes, given_by, alone, .. } = comparison;
        increment(&mut self.lines);
        increment(self.agreements.entry(*agreement).or_default());
        for (rule, own) in broken.iter().zip(codes) {
            self.update(rule, own, |row| {
                match code {
                    _ if alone.is_none() => increment(&mut row.unclear),
                    None => increment(&mut row.accepted),
                    Some(code) if *code == row.code => increment(&mut row.given),
                    Some(code) => increment(row.others.entry(code.clone()).or_default()),
                }
                row.seen = row.word().to_owned();
            });
        }
        let Some(code) = code else { return };
        if *agreement == Agreement::Disagrees {
            for rule in given_by.iter().filter(|rule| !broken.contains(rule)) {
                self.update(rule, code, |row| increment(&mut row.not_broken));
            }
        }
        if given_by.is_empty() && !codes.contains(code) {
            increment(self.other_codes.entry(code.clone()).or_default());
        }
    }

    /// Updates the row of a rule, in the order of the rules; checks of an embedder's own
    /// come last, by their ids.
    fn update(&mut self, rule: &str, code: &ErrorCode, update: impl FnOnce(&mut Row)) {
        let place = |id: &str| rules::all().position(|rule| rule.id() == id).unwrap_or(usize::MAX);
        let key = (place(rule), rule);
        let found = self.rules.binary_search_by(|row| (place(&row.rule), &*row.rule).cmp(&key));
        let index = found.unwrap_or_else(|index| {
            self.rules.insert(index, Row::new(rule, code, self.edition));
            index
        });
        if let Some(row) = self.rules.get_mut(index) {
            update(row);
        }
    }

    /// Returns the edition by which the requests were checked.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns the number of responses that were compared.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Returns the number of responses of an agreement.
    #[must_use]
    pub fn count(&self, agreement: Agreement) -> u64 {
        self.agreements.get(&agreement).copied().unwrap_or_default()
    }

    /// Returns the rules that were broken, or whose code was given though
    /// they hold, in their order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rules
    }

    /// Returns the number of responses with each code that no rule gives.
    pub fn other_codes(&self) -> impl Iterator<Item = (&ErrorCode, u64)> {
        self.other_codes.iter().map(|(code, count)| (code, *count))
    }

    /// Returns what was seen of a code of a rule, which may be its code under another
    /// edition than the table's.
    #[must_use]
    pub fn seen(&self, rule: &str, code: &ErrorCode) -> Seen {
        self.rules.iter().find(|row| row.rule == rule).map_or_else(Seen::default, |row| row.seen_of(code))
    }
}
