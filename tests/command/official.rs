//! The description of the API that the official packages carry: names, types, words and codes are
//! those of the latest edition here, so that the day on which the service grows a parameter is the
//! day on which a test says so.
//!
//! `PRESYNC_SDK_PYTHON` names an interpreter that has the packages `tccli` and
//! `tencentcloud-sdk-python-cvm`; `.ci/run` makes one. Nothing of the descriptions is kept here:
//! they are read where they are installed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::Write as _;
use std::process::Command;

use presync::report::envelope::Envelope;
use presync::{Edition, ErrorCode, Evidence, ImageState, ImageType, Parameter, RegionState, rules};
use serde_json::{Value, json};

use crate::run::presync;

/// Words that the description does not have, and why they are known all the same.
const MORE_STATES: [(ImageState, &str); 2] = [
    (ImageState::USING, "the page had it until 2025-07"),
    (ImageState::DELETING, "clients know it, and no page has it"),
];
const MORE_TYPES: [(ImageType, &str); 1] = [(ImageType::MARKET_IMAGE, "clients know it, and no page has it")];

/// Codes that the SDK's list, which is that of the service's own actions, does not have. They are
/// on the list that all services have in common.
const COMMON: [ErrorCode; 10] = [
    ErrorCode::AuthFailure,
    ErrorCode::InvalidAction,
    ErrorCode::RequestLimitExceeded,
    ErrorCode::NoSuchVersion,
    ErrorCode::UnsupportedRegion,
    ErrorCode::ResourceNotFound,
    ErrorCode::LimitExceeded,
    ErrorCode::ResourceInsufficient,
    ErrorCode::FailedOperation,
    ErrorCode::DryRunOperation,
];

/// Says something that is worth knowing of a test that passes: a line that is not captured.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The installed packages.
struct Official {
    api: Value,
    codes: BTreeSet<String>,
    versions: String,
}

impl Official {
    /// Reads what is installed; none, which is said, where no interpreter is named.
    fn read() -> Option<Self> {
        let Ok(python) = env::var("PRESYNC_SDK_PYTHON") else {
            assert!(env::var_os("CI").is_none(), "PRESYNC_SDK_PYTHON is not set");
            say(
                "SKIPPED: PRESYNC_SDK_PYTHON is not set, so that nothing is known of the official description",
            );
            return None;
        };
        // The packages themselves are not loaded: what they depend on need not be there. Of two
        // packages that have files in the same folder, each has its own list.
        let script = "\
import importlib.metadata as m
for name, end in (('tccli', 'services/cvm/v20170312/api.json'), ('tencentcloud-sdk-python-cvm', 'cvm/v20170312/errorcodes.py')):
    package = m.distribution(name)
    print(name, package.version)
    print(next(package.locate_file(f) for f in package.files if str(f).endswith(end)))
";
        let output = Command::new(&python).args(["-c", script]).output();
        let output = output.unwrap_or_else(|error| panic!("PRESYNC_SDK_PYTHON is {python}: {error}"));
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "tccli and tencentcloud-sdk-python-cvm: {errors}");
        let lines: Vec<&str> = said.lines().collect();
        let read = |path: &str| fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let codes = read(lines[3]);
        let codes = codes.lines().filter_map(|line| {
            let (name, code) = line.split_once(" = '")?;
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                .then_some(())?;
            Some(code.strip_suffix('\'')?.to_owned())
        });
        let codes: BTreeSet<String> = codes.collect();
        assert!(codes.len() > 300, "{} codes were read", codes.len());
        let versions = format!("{}, {}", lines[0], lines[2]);
        say(&format!("held to {versions}"));
        Some(Self { api: serde_json::from_str(&read(lines[1])).unwrap(), codes, versions })
    }

    /// The members of an object of the description, in order.
    fn members(&self, object: &str) -> &[Value] {
        let members = self.api["objects"][object]["members"].as_array();
        members.unwrap_or_else(|| panic!("{}: there is no `{object}`", self.versions))
    }

    fn member(&self, object: &str, name: &str) -> &Value {
        let found = self.members(object).iter().find(|member| member["name"] == name);
        found.unwrap_or_else(|| panic!("{}: `{object}` has no `{name}`", self.versions))
    }

    /// The words in capitals in what is said of a member.
    fn words(&self, object: &str, name: &str) -> BTreeSet<String> {
        capitals(self.member(object, name)["document"].as_str().unwrap())
    }
}

/// Words of at least four letters, all of them capitals; `_` may join some.
fn capitals(text: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_word =
        |word: &&str| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    text.split(|character| !is_part(character)).filter(is_word).map(str::to_owned).collect()
}

/// The whole numbers in a text.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter_map(|word| {
            // Digits may stand beside characters that are no ASCII.
            word.parse().ok()
        })
        .collect()
}

fn names<T: AsRef<str>>(words: &[T]) -> BTreeSet<String> {
    words.iter().map(|word| word.as_ref().to_owned()).collect()
}

#[test]
fn the_parameters_are_those_of_the_official_description() {
    let Some(official) = Official::read() else { return };
    let latest = Edition::LATEST.to_string();
    let schema = presync(["schema", "request", "--edition", &latest]).json();
    // Common parameters, which travel in headers, are not in the description.
    let common: BTreeSet<String> = Parameter::common()
        .chain([Parameter::ACTION, Parameter::VERSION, Parameter::REGION])
        .map(|parameter| parameter.to_string())
        .collect();
    let required: BTreeSet<&str> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let ours: BTreeMap<String, (String, bool)> = schema["properties"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !common.contains(*name))
        .map(|(name, value)| {
            let kind = match value["type"].as_str().unwrap() {
                "array" => format!("list of {}", value["items"]["type"].as_str().unwrap()),
                other => other.to_owned(),
            };
            (name.clone(), (kind, required.contains(&**name)))
        })
        .collect();
    let theirs: BTreeMap<String, (String, bool)> = official
        .members("SyncImagesRequest")
        .iter()
        .map(|member| {
            let text = |key: &str| member[key].as_str().unwrap();
            assert_eq!(member["disabled"], false, "{member}");
            let kind = match (text("type"), text("member")) {
                ("list", of) => format!("list of {of}"),
                ("bool", "bool") => "boolean".to_owned(),
                (kind, _) => kind.to_owned(),
            };
            (text("name").to_owned(), (kind, member["required"].as_bool().unwrap()))
        })
        .collect();
    assert_eq!(ours, theirs, "{}", official.versions);
    assert!(theirs.len() > 6);
    // Their order is that of the page, and of the table.
    let order: Vec<&str> =
        official.members("SyncImagesRequest").iter().map(|member| member["name"].as_str().unwrap()).collect();
    let later: Vec<String> = Parameter::later().map(|(parameter, _)| parameter.to_string()).collect();
    assert_eq!(order[..2], ["ImageIds", "DestinationRegions"]);
    assert_eq!(order[2..], later);
    // A rule asks for what is required, and for no other one of them.
    for (name, (_, is_required)) in &theirs {
        let asks = rules::all().any(|rule| {
            rule.in_force(Edition::LATEST)
                && *rule.code(Edition::LATEST) == ErrorCode::MissingParameter
                && rule.parameter().split('.').next() == Some(name)
        });
        assert_eq!(asks, *is_required, "{name}");
    }
}

#[test]
fn the_response_is_that_of_the_official_description() {
    let Some(official) = Official::read() else { return };
    let of = |object: &str| -> Vec<(&str, &str, &str)> {
        official
            .members(object)
            .iter()
            .map(|member| {
                let text = |key: &str| member[key].as_str().unwrap();
                (text("name"), text("type"), text("member"))
            })
            .collect()
    };
    assert_eq!(
        of("SyncImagesResponse"),
        [("ImageSet", "list", "SyncImage"), ("RequestId", "string", "string")]
    );
    assert_eq!(of("SyncImage"), [("ImageId", "string", "string"), ("Region", "string", "string")]);
    let body = json!({"Response": {"ImageSet": [{"ImageId": "img-1", "Region": "ap-x"}], "RequestId": "1"}});
    let envelope: Envelope = serde_json::from_value(body.clone()).unwrap();
    assert_eq!(serde_json::to_value(&envelope).unwrap(), body);
}

#[test]
fn the_words_are_those_of_the_official_description() {
    let Some(official) = Official::read() else { return };
    let more = names(&MORE_STATES.map(|(word, _)| word));
    let ours: BTreeSet<String> = names(ImageState::ALL).difference(&more).cloned().collect();
    assert_eq!(ours, official.words("Image", "ImageState"), "{}", official.versions);
    let more = names(&MORE_TYPES.map(|(word, _)| word));
    let ours: BTreeSet<String> = names(ImageType::ALL).difference(&more).cloned().collect();
    assert_eq!(ours, official.words("Image", "ImageType"), "{}", official.versions);
    // Of regions there is an example alone, and of zones, which have the same states, both words.
    let example = official.member("RegionInfo", "RegionState")["example"].as_str().unwrap();
    assert!(names(RegionState::ALL).contains(example), "{example}");
    assert_eq!(names(RegionState::ALL), official.words("ZoneInfo", "ZoneState"), "{}", official.versions);
}

#[test]
fn the_numbers_are_those_of_the_official_description() {
    let Some(official) = Official::read() else { return };
    let limit = |rule: &str| rules::find(rule).unwrap().limit().unwrap().at(Edition::LATEST);
    // What is said of the action has one number, and so has what is said of the name.
    let action = official.api["actions"]["SyncImages"]["document"].as_str().unwrap();
    assert_eq!(numbers(action), [limit("image-quota")], "{}", official.versions);
    let name = official.member("SyncImagesRequest", "ImageName")["document"].as_str().unwrap();
    assert_eq!(numbers(name), [limit("image-name-length")], "{}", official.versions);
}

#[test]
fn the_codes_are_those_of_the_official_list() {
    let Some(official) = Official::read() else { return };
    let missing: BTreeSet<&str> =
        ErrorCode::ALL.iter().map(ErrorCode::as_str).filter(|code| !official.codes.contains(*code)).collect();
    let common: BTreeSet<&str> = COMMON.iter().map(ErrorCode::as_str).collect();
    assert_eq!(missing, common, "{}", official.versions);
    // A code that is documented as this action's own is on the list.
    for rule in rules::all().filter(|rule| rule.in_force(Edition::LATEST)) {
        let (code, evidence) = (rule.code(Edition::LATEST), rule.evidence(Edition::LATEST));
        if evidence == Evidence::Documented {
            assert!(official.codes.contains(code.as_str()), "{}: {code}", rule.id());
        }
    }
    // The list does not say which action gives which code. Those that name
    // the action are known here.
    let named: Vec<&String> = official.codes.iter().filter(|code| code.contains("Sync")).collect();
    assert!(!named.is_empty());
    for code in named {
        assert!(ErrorCode::ALL.iter().any(|known| known == &**code), "{}: {code}", official.versions);
    }
}

#[test]
fn words_and_numbers_are_found_in_any_text() {
    let text =
        "状态:\nCREATING-创建中\n`PUBLIC_IMAGE` 公共\n<li>NORMAL</li> DescribeImages API USINGx x_USING";
    let expected: BTreeSet<String> = ["CREATING", "PUBLIC_IMAGE", "NORMAL"].map(str::to_owned).into();
    assert_eq!(capitals(text), expected);
    assert_eq!(numbers("最多支持60个字符, 500个 v20170312 x1"), [60, 500]);
}
