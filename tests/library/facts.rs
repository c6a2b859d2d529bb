//! The facts of violations: a closed set, from which every word is made.
#![cfg(all(feature = "wire", feature = "policy"))]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use presync::check::plan;
use presync::policy::Policy;
use presync::report::{Fact, FactKind, ViolationFacts};
use presync::wire::{self, DecodeError, Headers};
use presync::{
    AccountQuota, Edition, Image, ImageState, ImageType, Region, RegionQuota, RegionState, Ruleset, State,
    SyncRequest, Used, Violation, policy, rules,
};

use crate::support::cases;

/// Collects the facts that the violations of each rule carry.
#[derive(Default)]
struct Met(BTreeMap<String, BTreeSet<Fact>>);

impl Met {
    fn add(&mut self, violations: &[Violation]) {
        for violation in violations {
            let met = self.0.entry(violation.rule().to_owned()).or_default();
            met.extend(violation.facts().iter().map(|(fact, _)| fact));
        }
    }

    fn read(&mut self, bytes: &[u8], headers: &Headers<'_>) {
        match wire::decode_with(bytes, headers) {
            Err(DecodeError::Shape { violations } | DecodeError::Damaged { violations, .. }) => {
                self.add(&violations);
            }
            other => panic!("{}: {other:?}", String::from_utf8_lossy(bytes)),
        }
    }
}

fn world() -> State {
    let regions = [
        Region::new("ap-guangzhou"),
        Region::new("ap-shanghai"),
        Region::new("ap-beijing").with_region_state(RegionState::from("UNAVAILABLE")),
        Region::new("ap-tokyo").with_image_sync(false),
    ];
    let images = [
        Image::new("ap-guangzhou", "img-00000000").with_image_size(20).with_image_name("base"),
        Image::new("ap-shanghai", "img-11111111").with_image_size(50).with_image_state(ImageState::SYNCING),
        Image::new("ap-shanghai", "img-22222222")
            .with_image_type(ImageType::PUBLIC_IMAGE)
            .with_encrypted(true)
            .with_image_name("base"),
        Image::new("ap-guangzhou", "img-33333333")
            .with_image_type(ImageType::SHARED_IMAGE)
            .with_image_name("x"),
    ];
    let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(500)).with_in_flight(1);
    let unknown = RegionQuota::new("ap-beijing").with_used(Used::Unknown).with_in_flight(500);
    State::from_records(regions, images, AccountQuota::default().with_regions([quota, unknown]), []).unwrap()
}

/// Requests that between them break every rule in each of its ways.
fn met() -> Met {
    let mut met = Met::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (cases, _) = cases::load(&folder);
    assert!(!cases.is_empty(), "no case was read");
    for case in &cases {
        if let Ok(report) = case.report() {
            met.add(report.violations());
        }
    }
    let state = world();
    let policy = "
        [limits]
        image-size = 10
        destinations = 1
        image-quota = 1
        free-quota = 400
        [destinations]
        allowed = [\"ap-tokyo\"]
        denied = [\"ap-beijing\"]
        required = [\"eu-*\"]
        [image-name]
        pattern = \"web-.*\"";
    let ruleset = |edition: Edition, policy: &str| {
        Policy::from_toml(format!("edition = \"{edition}\"\n{policy}")).unwrap().ruleset().unwrap()
    };
    for edition in [Edition::FIRST, Edition::LATEST] {
        let rules = ruleset(edition, policy);
        let destinations =
            ["ap-shanghai", "ap-beijing", "ap-tokyo", "ap-shanghai-1", "AP-SHANGHAI", "ap-shanghai"];
        let lists = ["ap-tokyo,ap-shanghai", "sh"];
        for image in ["img-00000000", "img-11111111", "img-22222222", "img-33333333", " IMG-00000000", "x,y"]
        {
            for region in ["ap-guangzhou", "ap-shanghai", "sh", "ap-shanghai-2", "ap-tokyo,ap-shanghai"] {
                let request =
                    SyncRequest::new(image, destinations.into_iter().chain(lists)).with_region(region);
                let named =
                    request.clone().with_image_name("n".repeat(61)).with_encrypt(true).with_kms_key_id("x");
                let taken =
                    request.clone().with_image_name("base").with_dry_run(true).with_version(" 2017-03-12");
                for request in [&request, &named, &taken] {
                    met.add(rules.check(request, &state).violations());
                }
            }
        }
        let two = SyncRequest::new("img-00000000,img-00000001", ["ap-tokyo"]);
        met.add(rules.check(&two, &state).violations());
        let mut several = two;
        several.image_ids = vec!["img-00000000".into(), "img-00000001".into()];
        met.add(rules.check(&several, &state).violations());
        // A plan in which an earlier request takes the quota and the name.
        let request = SyncRequest::new("img-00000000", ["ap-tokyo"]).with_region("ap-guangzhou");
        let request = if edition == Edition::FIRST { request } else { request.with_image_name("y") };
        let limits = ruleset(edition, "[limits]\nimage-quota = 1\nfree-quota = 1");
        for (rules, most) in [(&Ruleset::documented(edition), 1), (&limits, 2)] {
            let quota = AccountQuota::default().with_image_num_quota(most);
            let images = [Image::new("ap-guangzhou", "img-00000000").with_image_size(2)];
            let regions = ["ap-guangzhou", "ap-tokyo"].map(Region::new);
            let small = State::from_records(regions, images, quota, []).unwrap();
            let reports = plan::check(rules, &[request.clone(), request.clone()], &small);
            assert!(reports[0].accepted() && !reports[1].accepted());
            met.add(reports[1].violations());
            // Of several images in one request, where they may be, each takes a place.
            let joint = rules.clone().without("image-single").unwrap();
            met.add(joint.check(&several, &small).violations());
        }
    }
    for query in [
        "Action=Other&ImageIds.0=x",
        "Action=SyncImage&ImageIds.0=x",
        "Action=SyncImages\\u0026x&ImageIds.0=x",
        "Action=SyncImages%0A&ImageIds.0=x",
        "ImageIds.0=x&ImageIds.0=y",
        "ImageIds.1=x",
        "ImageIds.x=y&ImageIds.0=z",
        "ImageIds.00=x",
        "ImageIds.x=a&ImageIds.x=b",
        "ImageId.x=a&ImageId.x=b",
        "ImageIds.0&DestinationRegions.0=x",
        "ImageIds=x,y",
        "ImageIds.0=x&DryRun=TRUE",
        "ImageIds.0=x&amp;Region=y",
        "ImageId.0=x",
        "ImageIds.0=x&\nRegion=y",
        "https://x/?ImageIds.0=x#Version=1&DestinationRegions.0=y&Version=1",
        "https://x/?Region=x#&Version=1&ImageIds.0=x&DestinationRegions.0=y",
    ] {
        met.read(query.as_bytes(), &Headers::unknown());
    }
    met.read(br#"{"ImageIds": "x", "Regio": 1}"#, &Headers::unknown());
    met.read(br#"{"Region": "a"}"#, &Headers::unknown().with_region("b"));
    met.read(format!(r#"{{"Region": "{}"}}"#, "x".repeat(5000)).as_bytes(), &Headers::unknown());
    met
}

#[test]
fn a_violation_carries_the_facts_that_its_rule_names_and_no_other() {
    let (met, mut differences) = (met(), Vec::new());
    for rule in rules::all().chain(policy::rules()) {
        let named: BTreeSet<Fact> = rule.facts().iter().copied().collect();
        assert_eq!(named.len(), rule.facts().len(), "{}: a fact is named twice", rule.id());
        let met = met.0.get(rule.id()).unwrap_or_else(|| panic!("{} was never broken", rule.id()));
        if *met != named {
            differences.push(format!("{}: carries {met:?}, and names {named:?}", rule.id()));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let all: BTreeSet<Fact> =
        rules::all().chain(policy::rules()).flat_map(|rule| rule.facts()).copied().collect();
    let unused: Vec<_> = Fact::all().iter().filter(|fact| !all.contains(fact)).collect();
    assert!(unused.is_empty(), "no rule carries {unused:?}");
}

#[test]
fn a_fact_is_read_as_it_is_written_and_no_other_is() {
    for fact in Fact::all() {
        assert_eq!(fact.as_str().parse(), Ok(*fact));
        assert!(fact.meaning().ends_with('.'), "{fact}");
        assert!(fact.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{fact}");
    }
    let text = r#"{"used":9,"state":"SYNCING","image_sync":false,"found_in":["a"],"requests":[1,2]}"#;
    let facts: ViolationFacts = serde_json::from_str(text).unwrap();
    assert_eq!(facts.count(Fact::Used), Some(9));
    assert_eq!((facts.text(Fact::State), facts.flag(Fact::ImageSync)), (Some("SYNCING"), Some(false)));
    assert_eq!(
        (facts.texts(Fact::FoundIn), facts.counts(Fact::Requests)),
        (&["a".to_owned()][..], &[1, 2][..])
    );
    assert_eq!((facts.count(Fact::State), facts.count(Fact::InFlight)), (None, None));
    assert_eq!(serde_json::to_string(&facts).unwrap(), text);
    let refused = |text: &str| serde_json::from_str::<ViolationFacts>(text).unwrap_err().to_string();
    assert!(
        refused(r#"{"in_fligth": 1}"#).starts_with("there is no fact `in_fligth`, did you mean `in_flight`?")
    );
    assert!(refused(r#"{"used": "1"}"#).starts_with("invalid type: string"));
    assert!(refused(r#"{"used": 1, "used": 1}"#).starts_with("duplicate fact `used`"));
    assert!(refused("[]").starts_with("invalid type: sequence, expected the facts of a violation"));
}

#[test]
fn a_check_of_ones_own_carries_facts_of_the_same_set() {
    let check = presync::check_fn("acme/length", "Acme.Length".parse().unwrap(), |_, findings| {
        let finding =
            presync::Finding::new(presync::Parameter::IMAGE_NAME, "too long").fact(Fact::Length, 61_u64);
        // A count cannot be a text.
        findings.violation(finding.fact(Fact::Limit, "sixty"));
    });
    let rules = Ruleset::default().with_check(check).unwrap();
    let report = rules.check(&SyncRequest::default(), &State::default());
    let own = report.violations().iter().find(|violation| violation.rule() == "acme/length").unwrap();
    assert_eq!(own.facts().iter().map(|(fact, _)| fact).collect::<Vec<_>>(), [Fact::Length]);
    assert_eq!(own.facts().count(Fact::Length), Some(61));
    assert_eq!((Fact::Limit.kind(), Fact::Limit.kind().as_str()), (FactKind::Count, "count"));
}

#[test]
#[cfg(feature = "schema")]
fn the_schema_of_the_facts_has_each_of_them() {
    let schema = schemars::schema_for!(ViolationFacts).to_value();
    assert_eq!(schema["title"], "Facts");
    assert_eq!(schema["additionalProperties"], false);
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), Fact::all().len());
    for fact in Fact::all() {
        let value = &properties[fact.as_str()];
        let of = |value: &serde_json::Value| value["type"].as_str().map(str::to_owned);
        let expected = match fact.kind() {
            FactKind::Count => ["integer", ""],
            FactKind::Counts => ["array", "integer"],
            FactKind::Text => ["string", ""],
            FactKind::Texts => ["array", "string"],
            FactKind::Flag => ["boolean", ""],
            _ => panic!("there are five kinds"),
        };
        let found = [of(value), of(&value["items"])].map(Option::unwrap_or_default);
        assert_eq!(found, expected, "{fact}");
        assert_eq!(value["description"], fact.meaning(), "{fact}");
    }
}
