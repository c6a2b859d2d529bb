//! The catalogue of rules and codes, both ways: what is written of a rule is true, and
//! nothing is left unwritten.
#![cfg(feature = "wire")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use presync::wire::{self, DecodeError, Headers};
use presync::{Edition, ErrorCode, Evidence, Parameter, Report, Rule, Ruleset, Stage, State, rules};
use serde::Deserialize;

use crate::support::cases::{self, Case, HeaderFields};
use crate::support::{history, snapshot};

/// The code table of the page, in its order.
const PAGE: &[ErrorCode] = &[
    ErrorCode::InvalidImageIdIncorrectState,
    ErrorCode::InvalidImageIdNotFound,
    ErrorCode::InvalidImageIdMalformed,
    ErrorCode::InvalidImageIdTooLarge,
    ErrorCode::InvalidRegionNotFound,
    ErrorCode::InvalidRegionUnavailable,
];

/// Codes that no rule gives, and why none can.
const NOT_REACHED: &[(ErrorCode, &str)] = &[
    (ErrorCode::AuthFailure, "credentials and signatures are not looked at"),
    (ErrorCode::InternalError, "a failure of the service is not in the request"),
    (ErrorCode::UnauthorizedOperation, "what an account may do is not part of the state"),
    (ErrorCode::RequestLimitExceeded, "how often the service was called is not part of the state"),
    (ErrorCode::UnsupportedOperation, "the 2017-03 page has a nearer code for each of its sentences"),
    (ErrorCode::ResourceNotFound, "a missing image or region has a code of its own"),
    (ErrorCode::ResourceUnavailable, "an image that is busy has a code of its own"),
    (ErrorCode::ResourceInsufficient, "what the service has left is not known before the call"),
    (ErrorCode::FailedOperation, "a copy that fails on its way was accepted first"),
    (ErrorCode::ResourceInUse, "an image that is in use has a code of its own"),
    (ErrorCode::DryRunOperation, "it is the answer to a call that nothing speaks against"),
    (ErrorCode::FailedOperationInvalidImageState, "a copy that fails on its way was accepted first"),
    (ErrorCode::InvalidParameterInstanceImageNotSupport, "no page says which images are instance images"),
    (ErrorCode::InvalidParameterValueInvalidImageState, "an image that is busy has a code of its own"),
    (ErrorCode::InvalidParameterValueInvalidRegion, "a region that is wrong has codes of its own"),
    (ErrorCode::UnsupportedOperationLocationImageNotSupported, "no page says which places these are"),
    (ErrorCode::UnsupportedOperationRegion, "a region that is closed has a code of its own"),
    (
        ErrorCode::UnsupportedOperationSyncEncryptImageNotSupport,
        "no page says which images cannot be copied to encrypted ones",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every rule; a catalogue without any proves nothing.
fn all_rules() -> Vec<&'static Rule> {
    let all: Vec<_> = rules::all().collect();
    assert!(!all.is_empty(), "there are no rules");
    all
}

/// Every code that a rule gives in some edition, with the evidence.
fn given() -> Vec<(&'static Rule, &'static ErrorCode, Evidence)> {
    let rows =
        |rule: &'static Rule| rule.codes().rows().map(move |(_, (code, evidence))| (rule, code, *evidence));
    let given: Vec<_> = all_rules().into_iter().flat_map(rows).collect();
    assert!(given.len() >= all_rules().len());
    given
}

#[test]
fn ids_are_unique_and_follow_one_convention() {
    let mut seen = BTreeSet::new();
    for rule in all_rules() {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let words: Vec<&str> = rule.id().split('-').collect();
        assert!(words.len() >= 2 && words.iter().all(|word| is_word(word)), "{}", rule.id());
        assert!(seen.insert(rule.id()), "{} is there twice", rule.id());
        assert_eq!(rules::find(rule.id()).expect("it is found by its id").id(), rule.id());
    }
    assert_eq!(seen.len(), all_rules().len());
}

#[test]
fn every_rule_says_what_it_requires_and_where_that_is_written() {
    for rule in all_rules() {
        let requirements = rule.requirements().rows().map(|(_, requirement)| *requirement);
        for text in [rule.parameter(), rule.citation()].into_iter().chain(requirements.clone()) {
            assert_eq!(text.trim(), text, "{}", rule.id());
            assert!(
                !text.is_empty() && !text.contains(['\n', '|']) && !text.ends_with('.'),
                "{}: {text}",
                rule.id()
            );
        }
        for requirement in requirements {
            assert!(requirement.starts_with(|first: char| first.is_lowercase()), "{requirement}");
        }
        assert!(
            rule.withdrawn().is_none_or(|withdrawn| rule.first_seen() < withdrawn),
            "{} was never in force",
            rule.id()
        );
        let since = rule.codes().rows().next().expect("a first code").0;
        assert!(since <= rule.first_seen(), "{} has no code when it starts", rule.id());
        let since = rule.requirements().rows().next().expect("a first requirement").0;
        assert!(since <= rule.first_seen(), "{} has no requirement when it starts", rule.id());
        // A number that stands in a sentence is the one that is checked.
        for (month, limit) in rule.changes().zip(rule.limit().into_iter().cycle()) {
            let said: String = rule.requirement(month).chars().filter(char::is_ascii_digit).collect();
            assert!(said.is_empty() || said == limit.at(month).to_string(), "{}: {said}", rule.id());
        }
    }
}

#[test]
fn each_page_says_what_it_changed() {
    let changes: Vec<&str> = Edition::pages().iter().map(presync::Page::change).collect();
    assert_eq!(changes[0], "the first page");
    let different: BTreeSet<&str> = changes.iter().copied().collect();
    assert_eq!(different.len(), changes.len());
    // What starts on a page is named there.
    for (parameter, first_seen) in Parameter::later() {
        let page = Edition::pages().iter().find(|page| page.first_seen() == first_seen).expect("its page");
        assert!(page.change().contains(&format!("`{parameter}`")), "{parameter}: {}", page.change());
    }
}

/// An explanation: what stands above its first section, then the sections.
fn sections(rule: &Rule) -> (String, Vec<(String, String)>) {
    let mut opening = String::new();
    let mut sections: Vec<(String, String)> = Vec::new();
    let mut in_example = false;
    for line in rule.explanation() {
        in_example ^= line.starts_with("```");
        match line.strip_prefix("# ").filter(|_| !in_example) {
            Some(title) => sections.push((title.to_owned(), String::new())),
            None => writeln!(sections.last_mut().map_or(&mut opening, |section| &mut section.1), "{line}")
                .unwrap(),
        }
    }
    assert!(!in_example, "{}: an example that does not end", rule.id());
    (opening, sections)
}

#[test]
fn every_rule_is_explained_in_the_same_sections() {
    for rule in all_rules() {
        let (opening, sections) = sections(rule);
        let titles: Vec<&str> = sections.iter().map(|(title, _)| &**title).collect();
        assert_eq!(titles, ["Why", "Fails", "Cure"], "{}", rule.id());
        for text in std::iter::once(&opening).chain(sections.iter().map(|(_, text)| text)) {
            assert!(text.trim().len() > 10, "{}: {text:?} says nothing", rule.id());
        }
        let says_inferred = rule.explanation().any(|line| line.contains("The code is inferred"));
        let is_inferred = rule.codes().rows().any(|(_, (_, evidence))| *evidence == Evidence::Inferred);
        assert_eq!(says_inferred, is_inferred, "{}: an inferred code is explained, and no other", rule.id());
    }
}

/// The example in an explanation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    request: Request,
    headers: Option<HeaderFields>,
    #[serde(default)]
    state: State,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Request {
    Query(String),
    Json(serde_json::Map<String, serde_json::Value>),
}

impl Example {
    fn of(rule: &Rule) -> Self {
        let (_, sections) = sections(rule);
        let (_, fails) = sections.iter().find(|(title, _)| title == "Fails").expect("a section `Fails`");
        let mut blocks = fails.split("```json\n").skip(1);
        let (block, _) = blocks.next().and_then(|rest| rest.split_once("```")).expect("an example");
        assert!(blocks.next().is_none(), "{}: one example", rule.id());
        serde_json::from_str(block).unwrap_or_else(|error| panic!("{}: {error}\n{block}", rule.id()))
    }

    fn report(&self, rule: &Rule) -> Report {
        let bytes = match &self.request {
            Request::Query(query) => query.clone(),
            Request::Json(body) => serde_json::to_string(body).unwrap(),
        };
        let headers = self.headers.as_ref().map_or(Headers::unknown(), HeaderFields::headers);
        match wire::decode_with(bytes.as_bytes(), &headers) {
            Ok(request) => Ruleset::documented(rule.first_seen()).check(&request, &self.state),
            Err(error) => error.into_report(rule.first_seen()).unwrap(),
        }
    }
}

#[test]
fn every_example_fails_with_its_rule_and_with_no_other() {
    for rule in all_rules() {
        let report = Example::of(rule).report(rule);
        let found: Vec<&str> = report.violations().iter().map(|violation| violation.rule()).collect();
        assert_eq!(found, [rule.id()], "the example of {}", rule.id());
        let code = report.violations().first().unwrap().code();
        assert_eq!(code, rule.code(rule.first_seen()), "the example of {}", rule.id());
        assert!(report.unverified().is_empty(), "the example of {} leaves something open", rule.id());
    }
}

/// Every case file, by the rule in its name.
fn cases() -> Vec<Case> {
    let (cases, faults) = cases::load(&root().join("tests/cases"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(!cases.is_empty());
    cases
}

#[test]
fn every_rule_has_an_accepted_and_a_refused_case() {
    let cases = cases();
    for rule in all_rules() {
        let (mut accepted, mut refused) = (0, 0);
        for case in &cases {
            let Some(rest) = case.name.strip_prefix(rule.id()).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            let report = case.report().unwrap_or_else(|error| panic!("{}: {error}", case.name));
            let mine: Vec<_> =
                report.violations().iter().filter(|violation| violation.rule() == rule.id()).collect();
            if rest.starts_with("accepted.") {
                accepted += 1;
                assert!(rule.in_force(case.edition), "{}: accepted because it is not in force", case.name);
                assert!(report.accepted(), "{}", case.name);
            } else if rest.starts_with("refused.") {
                refused += 1;
                assert!(!mine.is_empty(), "{} does not report {}", case.name, rule.id());
                for violation in mine {
                    assert_eq!(violation.code(), rule.code(case.edition), "{}", case.name);
                }
                let expected = case.expect.iter().flatten();
                let named = expected.filter_map(|expected| expected.rule.as_deref());
                assert!(
                    named.into_iter().any(|named| named == rule.id()),
                    "{} does not name its rule",
                    case.name
                );
            } else {
                panic!("{}: neither `accepted.` nor `refused.`", case.name);
            }
        }
        assert!(accepted > 0, "{} has no accepted case", rule.id());
        assert!(refused > 0, "{} has no refused case", rule.id());
    }
}

#[test]
fn a_case_that_is_named_after_a_rule_is_named_after_one_that_exists() {
    let mut named = 0;
    for case in cases() {
        let Some((first, _)) = case.name.split_once('.') else { continue };
        named += 1;
        let known = rules::find(first).is_some() || ["several", "unreadable"].contains(&first);
        assert!(known, "{}: there is no rule {first}", case.name);
    }
    assert!(named > 0);
}

#[test]
fn every_code_is_given_by_a_rule_or_out_of_reach_for_a_reason() {
    let given = given();
    let is_given = |code: &ErrorCode| given.iter().any(|(_, given, _)| *given == code);
    let reason =
        |code: &ErrorCode| NOT_REACHED.iter().find(|(listed, _)| listed == code).map(|(_, why)| *why);
    assert!(!ErrorCode::ALL.is_empty());
    for code in ErrorCode::ALL {
        match reason(code) {
            Some(why) => {
                assert!(!is_given(code), "a rule gives {code}, so that `{why}` is not true any more")
            }
            None => assert!(is_given(code), "no rule gives {code}, and there is no reason"),
        }
    }
    let listed: BTreeSet<&str> = NOT_REACHED.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(listed.len(), NOT_REACHED.len(), "one reason for each code");
    for (code, why) in NOT_REACHED {
        assert!(ErrorCode::ALL.contains(code), "{code} is not in the table");
        assert!(!why.is_empty());
    }
    // Nor does a rule give a code that is not in the table.
    for (rule, code, _) in &given {
        assert!(ErrorCode::ALL.contains(code), "{} gives {code}", rule.id());
    }
}

#[test]
fn the_code_table_of_the_page_is_reached_and_is_what_documented_means() {
    for code in PAGE {
        let documented =
            given().iter().any(|(_, given, evidence)| *given == code && *evidence == Evidence::Documented);
        assert!(documented, "no rule stands for {code}");
    }
    assert_eq!(ErrorCode::ALL.get(..PAGE.len()), Some(PAGE), "the page's own come first");
    for rule in all_rules() {
        let (code, evidence) = rule.codes().rows().next().expect("a first code").1;
        if rule.first_seen() == Edition::FIRST {
            match evidence {
                Evidence::Documented => {
                    assert!(PAGE.contains(code), "{}: {code} is not on the page", rule.id())
                }
                Evidence::Common => assert!(!PAGE.contains(code), "{}: {code} is on the page", rule.id()),
                _ => {}
            }
        }
    }
}

/// The rules that are checked on requests are those of the history by hand, with
/// its codes and its evidence.
#[test]
fn the_rules_are_those_of_the_history_by_hand() {
    let checked = all_rules().into_iter().filter(|rule| rule.stage() == Stage::Check);
    let ids: Vec<&str> = checked.map(|rule| rule.id()).collect();
    let by_hand: Vec<&str> = history::RULES.iter().map(|rule| rule.id).collect();
    let missing: Vec<&&str> = ids.iter().filter(|id| !by_hand.contains(id)).collect();
    assert!(missing.is_empty(), "tests/support/history.rs has no row for {missing:?}");
    assert_eq!(ids, by_hand);
    for by_hand in history::RULES {
        let rule = rules::find(by_hand.id).unwrap();
        let codes = rule.codes().rows().map(|(since, (code, evidence))| {
            (since.to_string(), code.as_str().to_owned(), evidence.to_string())
        });
        let expected = by_hand
            .codes()
            .map(|code| (code.since.to_owned(), code.code.to_owned(), code.evidence.to_owned()));
        assert_eq!(codes.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{}", by_hand.id);
        assert_eq!(rule.first_seen(), history::page(by_hand.first_seen), "{}", by_hand.id);
        assert_eq!(rule.withdrawn(), by_hand.withdrawn.map(history::page), "{}", by_hand.id);
    }
}

#[test]
fn codes_are_read_as_they_are_written() {
    let mut seen = BTreeSet::new();
    for code in ErrorCode::ALL {
        assert_eq!(&code.to_string().parse::<ErrorCode>().unwrap(), code);
        assert!(seen.insert(code.as_str()), "{code} is there twice");
    }
    assert_eq!(seen.len(), ErrorCode::ALL.len());
    assert!(!seen.is_empty());
}

/// A request is decoded before anyone says under which edition it is checked, so the code that the
/// decoder gives must be the one of every edition. What the decoder gives is seen from the cases:
/// each of its rules has one.
#[test]
fn the_codes_that_the_decoder_gives_do_not_depend_on_the_edition() {
    let decoded: BTreeSet<&str> = all_rules()
        .into_iter()
        .filter(|rule| rule.stage() == Stage::Decode || rule.id() == "parameter-known")
        .map(|rule| rule.id())
        .collect();
    let mut given = BTreeSet::new();
    for case in cases() {
        let Err(DecodeError::Shape { violations }) = case.decode() else { continue };
        for violation in violations {
            let rule = rules::find(violation.rule()).expect("the decoder names a rule of the catalogue");
            given.insert(rule.id());
            for month in history::months().into_iter().chain(rule.changes()) {
                assert_eq!(violation.code(), rule.code(month), "{}, {month}: {}", case.name, rule.id());
            }
        }
    }
    assert_eq!(given, decoded);
}

/// What must not change unseen: a line for each rule.
fn catalogue() -> String {
    let mut lines = String::new();
    for rule in all_rules() {
        let codes: Vec<String> = rule
            .codes()
            .rows()
            .map(|(since, (code, evidence))| format!("{since} {code} ({evidence})"))
            .collect();
        let withdrawn = rule.withdrawn().map_or_else(|| "-".to_owned(), |edition| edition.to_string());
        writeln!(
            lines,
            "{}; {}; {}; first seen {}; withdrawn {withdrawn}",
            rule.id(),
            rule.parameter(),
            codes.join(", "),
            rule.first_seen()
        )
        .unwrap();
    }
    lines
}

/// Edition, rule, code, limit: what is in force from each month on in which something changed.
fn editions() -> String {
    let mut months: BTreeSet<Edition> = all_rules().iter().flat_map(|rule| rule.changes()).collect();
    months.extend(all_rules().iter().filter_map(|rule| rule.withdrawn()));
    months.extend(Parameter::later().map(|(_, first_seen)| first_seen));
    let changes = rules::changes(Edition::FIRST, Edition::LATEST);
    let of_response = changes.iter().filter(|change| change.kind == rules::ChangeKind::Response);
    months.extend(of_response.map(|change| change.seen));
    assert!(months.iter().copied().eq(history::changes()), "{months:?}");
    assert_eq!(months.last(), Some(&Edition::LATEST));
    let mut lines = String::new();
    for month in months {
        for rule in all_rules().into_iter().filter(|rule| rule.in_force(month)) {
            let limit = rule.limit().map_or_else(|| "-".to_owned(), |limit| limit.text(month));
            writeln!(lines, "{month}; {}; {}; {limit}", rule.id(), rule.code(month)).unwrap();
        }
        let parameters = Parameter::later().filter(|(_, first_seen)| *first_seen <= month);
        let parameters: Vec<String> = parameters.map(|(parameter, _)| parameter.to_string()).collect();
        writeln!(lines, "{month}; parameters: {}", parameters.join(", ")).unwrap();
    }
    lines
}

#[test]
fn what_each_edition_says_changes_only_on_purpose() {
    snapshot::is(
        "tests/editions.txt",
        &editions(),
        "a rule, a code, a limit or a parameter of an edition is another",
    );
}

#[test]
fn ids_codes_and_dates_change_only_on_purpose() {
    let meaning = "a changed id, code or order is a new major version, and a new rule a minor one";
    snapshot::is("tests/catalogue.txt", &catalogue(), meaning);
}

/// The first cell of each row of a Markdown table, where it is a name in backticks.
fn first_cells(table: &str) -> Vec<&str> {
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cells.map(|(name, _)| name).collect()
}

#[test]
fn the_table_of_the_readme_has_every_rule_in_order_and_no_other() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once("<!-- rules -->").expect("the README marks where its table starts");
    let (table, _) = rest.split_once("<!-- /rules -->").expect("the README marks where its table ends");
    let ids: Vec<&str> = all_rules().iter().map(|rule| rule.id()).collect();
    assert_eq!(first_cells(table), ids);
    for (row, rule) in table.lines().filter(|line| line.starts_with("| `")).zip(all_rules()) {
        assert!(row.contains(&format!("| {} |", rule.parameter())), "{row}");
        for month in rule.changes() {
            for said in [rule.requirement(month), rule.code(month).as_str()] {
                assert!(row.contains(said), "{row}\ndoes not say `{said}`");
            }
            if let Some(limit) = rule.limit() {
                assert!(row.contains(&limit.at(month).to_string()), "{row}");
            }
        }
        for date in [rule.withdrawn(), Some(rule.first_seen()).filter(|seen| *seen > Edition::FIRST)] {
            assert!(date.is_none_or(|date| row.contains(&date.to_string())), "{row}");
        }
    }
}

#[test]
fn every_fuzz_target_that_is_named_exists_and_every_one_that_exists_is_named() {
    // A packaged crate comes without the targets.
    if !root().join("fuzz/Cargo.toml").exists() {
        return;
    }
    let files: BTreeSet<String> = fs::read_dir(root().join("fuzz/fuzz_targets"))
        .expect("a folder of targets")
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(!files.is_empty());
    let manifest = read("fuzz/Cargo.toml");
    let built: BTreeSet<String> = manifest
        .split("[[bin]]")
        .skip(1)
        .map(|bin| bin.split('"').nth(1).expect("the name of a target").to_owned())
        .collect();
    assert_eq!(built, files, "the targets of fuzz/Cargo.toml");
    let readme = read("fuzz/README.md");
    let named: BTreeSet<String> = first_cells(&readme).into_iter().map(str::to_owned).collect();
    assert_eq!(named, files, "the table of fuzz/README.md");
    // And in every command.
    let mut commands = 0;
    for text in [&readme, &read("README.md")] {
        for command in text.split("fuzz run ").skip(1) {
            let mut words = command.split_whitespace().map(|word| word.trim_matches('`'));
            let target = words.find(|word| !word.starts_with('-') && *word != "none").expect("a target");
            commands += 1;
            assert!(files.contains(target), "`cargo fuzz run {target}`: there is no such target");
        }
    }
    assert!(commands > 0);
}
