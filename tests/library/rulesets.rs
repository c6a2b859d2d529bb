//! Sets of rules: what is in them, what leaving a rule out lets others find, and
//! an embedder's own checks.

use presync::check::plan;
use presync::{
    AccountQuota, Check, Edition, ErrorCode, Evidence, Facts, Finding, Findings, Image, Parameter,
    PartialRequest, Region, RegionQuota, Report, Ruleset, RulesetError, State, SyncRequest, Takes, Used,
    check_fn,
};

use crate::support::history;

const ID: &str = "img-o3ycss2p";

fn state() -> State {
    let images = [ID, "IMG-1"].map(|id| Image::new("ap-guangzhou", id).with_image_size(20));
    State::new(["ap-guangzhou", "ap-shanghai", "ap-beijing"].map(Region::new), images).unwrap()
}

/// `rule parameter`.
fn lines(report: &Report) -> Vec<String> {
    report.violations().iter().map(|found| format!("{} {}", found.rule(), found.parameter())).collect()
}

fn said(rules: &Ruleset, request: &SyncRequest) -> Vec<String> {
    lines(&rules.check(request, &state()))
}

#[test]
fn the_documented_set_has_every_rule_of_the_page_in_order() {
    let ids: Vec<&str> = Ruleset::documented(Edition::FIRST).rules().iter().map(|rule| rule.id()).collect();
    assert_eq!(ids, history::rules_on(Edition::FIRST));
    assert_eq!(Ruleset::default().ids().collect::<Vec<_>>(), ids);
    let shown = format!("{:?}", Ruleset::default());
    assert!(
        shown.starts_with("Ruleset { edition: Edition { year: 2017, month: 3 }, ids: [\"version-required\""),
        "{shown}"
    );
}

#[test]
fn the_form_of_ids_is_the_documented_one_or_the_given_one() {
    let documented = Ruleset::default();
    assert_eq!(documented.image_id_pattern(), "img-[0-9a-z]{8,}");
    let given = Ruleset::default().with_image_id_pattern("pimg-[0-9]+").unwrap();
    assert_eq!(given.image_id_pattern(), "pimg-[0-9]+");
    for (id, by_page, by_pattern) in [(ID, true, false), ("pimg-1", false, true), ("IMG-1", false, false)] {
        assert_eq!((documented.is_image_id(id), given.is_image_id(id)), (by_page, by_pattern), "{id}");
    }
}

#[test]
fn a_rule_that_is_left_out_says_nothing() {
    let request = SyncRequest::new(ID, ["ap-guangzhou"]);
    assert_eq!(said(&Ruleset::default(), &request), ["destination-not-source DestinationRegions.0"]);
    let without = Ruleset::default().without("destination-not-source").unwrap();
    assert_eq!(said(&without, &request), [""; 0]);
    assert_eq!(without.rules().len(), Ruleset::default().rules().len() - 1);
}

#[test]
fn a_rule_that_is_left_out_owns_nothing() {
    // A malformed id is looked up.
    let request = SyncRequest::new("IMG-1", ["ap-shanghai"]);
    assert_eq!(said(&Ruleset::default(), &request), ["image-id-format ImageIds.0"]);
    let any_id = Ruleset::default().without("image-id-format").unwrap();
    assert_eq!(said(&any_id, &request), [""; 0]);
    assert_eq!(said(&any_id, &SyncRequest::new("IMG-2", ["ap-shanghai"])), ["image-exists ImageIds.0"]);

    // In a region that is not known there is no image.
    let mut request = SyncRequest::new(ID, ["ap-shanghai"]);
    request.region = Some("gz".to_owned());
    assert_eq!(said(&Ruleset::default(), &request), ["source-region-supported Region"]);
    let any_source = Ruleset::default().without("source-region-supported").unwrap();
    assert_eq!(said(&any_source, &request), ["image-exists ImageIds.0"]);

    // A repeated destination is looked at like the first.
    let request = SyncRequest::new(ID, ["x", "x", "ap-guangzhou", "ap-guangzhou"]);
    let first = ["destination-exists DestinationRegions.0", "destination-not-source DestinationRegions.2"];
    let second = ["destination-unique DestinationRegions.1", "destination-unique DestinationRegions.3"];
    assert_eq!(said(&Ruleset::default(), &request), [first, second].concat());
    let repeated = Ruleset::default().without("destination-unique").unwrap();
    assert_eq!(
        said(&repeated, &request),
        [
            "destination-exists DestinationRegions.0",
            "destination-exists DestinationRegions.1",
            "destination-not-source DestinationRegions.2",
            "destination-not-source DestinationRegions.3",
        ]
    );
    // Another rule that is left out leaves the owners what they own.
    let other = Ruleset::default().without("image-size").unwrap();
    assert_eq!(said(&other, &request), [first, second].concat());
}

#[test]
fn a_pattern_of_ids_must_match_the_whole_id() {
    let other = Ruleset::default().with_image_id_pattern("IMG-[0-9]|img").unwrap();
    for (id, expected) in
        [("IMG-1", None), ("IMG-12", Some(())), ("xIMG-1", Some(())), (ID, Some(())), ("IMG-1\n", Some(()))]
    {
        let report = other.check(&SyncRequest::new(id, ["ap-shanghai"]), &state());
        let malformed = report.violations().first().filter(|found| found.rule() == "image-id-format");
        assert_eq!(malformed.map(drop), expected, "{id:?}");
        if let Some(found) = malformed {
            assert_eq!(found.allowed(), Some("IMG-[0-9]|img"));
        }
    }
    for pattern in ["", "(", "a)(b", "(?:a{1000}){1000}"] {
        let error = Ruleset::default().with_image_id_pattern(pattern).unwrap_err();
        assert!(matches!(error, RulesetError::Pattern { .. }), "{pattern}: {error}");
        assert!(error.to_string().starts_with("not a pattern for image ids: "), "{error}");
    }
}

#[test]
fn the_documented_ids_are_what_the_page_says() {
    for (id, is_one) in [
        ("img-o3ycss2p", true),
        ("img-34vaef8fe", true),
        ("img-00000000", true),
        ("img-zzzzzzzzzzzzzzzzzzzzzzzzzzzz", true),
        ("img-1234567", false),
        ("img-", false),
        ("img-O3ycss2p", false),
        ("img-o3ycss2p ", false),
        ("\nimg-o3ycss2p", false),
        ("ximg-o3ycss2p", false),
        ("img-o3ycss2\u{661}", false),
        ("", false),
    ] {
        let report = Ruleset::default().check(&SyncRequest::new(id, ["ap-shanghai"]), &state());
        let is_malformed = lines(&report).contains(&"image-id-format ImageIds.0".to_owned());
        assert_eq!(is_malformed, !is_one, "{id:?}");
    }
}

fn nothing(_: &Facts<'_>, _: &mut Findings<'_>) {}

#[test]
fn an_own_check_runs_last_under_its_own_name() {
    let code: ErrorCode = "Acme.Slow".parse().unwrap();
    let first = check_fn("acme/first", code.clone(), |facts, findings| {
        assert_eq!(facts.edition(), Edition::FIRST);
        assert_eq!(facts.source_region().unwrap().region, "ap-guangzhou");
        assert_eq!(facts.state().regions().len(), 3);
        for image in facts.images() {
            let size = image.record().unwrap().image_size;
            findings.violation(Finding::new(image.parameter(), format!("size {size:?}")));
        }
    });
    let second = check_fn("acme/second", code, |facts, findings| {
        let shown = format!("{findings:?}");
        assert!(shown.starts_with("Findings { rule: \"acme/second\", report: Report { edition: "), "{shown}");
        for destination in facts.destinations().filter(|destination| destination.region().is_none()) {
            findings.unverified(destination.parameter(), "a look at the map");
        }
    });
    let rules = Ruleset::default().with_check(first).unwrap().with_check(second).unwrap();
    let own = ["acme/first", "acme/second"];
    assert!(rules.ids().eq(Ruleset::default().ids().chain(own)), "{:?}", rules.ids().collect::<Vec<_>>());
    let report = rules.check(&SyncRequest::new(ID, ["ap-shanghai", "x"]), &state());
    assert_eq!(lines(&report), ["destination-exists DestinationRegions.1", "acme/first ImageIds.0"]);
    assert_eq!(report.violations()[1].code().as_str(), "Acme.Slow");
    assert_eq!(report.unverified()[0].rule(), "acme/second");
    // It shares nothing with a set that was cloned before it went.
    let less = rules.clone().without("acme/first").unwrap();
    assert!(less.ids().eq(Ruleset::default().ids().chain(["acme/second"])));
    assert!(rules.ids().eq(Ruleset::default().ids().chain(own)));
    let less = rules.clone().without("image-size").unwrap();
    assert!(less.ids().eq(Ruleset::default().without("image-size").unwrap().ids().chain(own)));
    let error = rules.without("acme/third").unwrap_err();
    assert_eq!(error.to_string(), "no rule `acme/third` in this set");
}

/// A quota of one's own: a region has at most one custom image.
struct OneImage(ErrorCode);

impl Check for OneImage {
    fn id(&self) -> &str {
        "acme/one-image"
    }

    fn code(&self, _: Edition) -> &ErrorCode {
        &self.0
    }

    fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
        let quotas = &facts.state().account_quota().regions;
        for destination in facts.destinations() {
            if quotas.iter().any(|quota| quota.region == destination.name && quota.in_flight > 0) {
                findings.violation(Finding::new(destination.parameter(), "there is one"));
            }
        }
    }

    fn takes(&self) -> Option<Takes> {
        Some(Takes::Quota)
    }
}

#[test]
fn a_plan_names_who_took_what_an_own_check_is_about() {
    let code = || "Acme.One".parse::<ErrorCode>().unwrap();
    let rules = Ruleset::default().with_check(check_fn("acme/nothing", code(), nothing)).unwrap();
    let rules = rules.with_check(OneImage(code())).unwrap();
    let request = SyncRequest::new(ID, ["ap-shanghai"]);
    let reports = plan::check(&rules, &[request.clone(), request], &state());
    assert!(reports[0].accepted());
    let found = &reports[1].violations()[0];
    assert_eq!(
        (found.rule(), found.hint()),
        ("acme/one-image", Some("request 1 of the plan copies an image to it"))
    );
}

#[test]
#[cfg(feature = "wire")]
fn a_report_on_a_wrong_shape_is_as_strict_as_its_rules() {
    let rules = Ruleset::default();
    for rules in [rules.clone(), rules.strict()] {
        let error = presync::wire::decode(br#"{"ImageIds": 1}"#).unwrap_err();
        let report = error.into_report(&rules).unwrap();
        assert_eq!((report.accepted(), report.is_strict()), (false, rules.is_strict()));
    }
}

#[test]
fn facts_show_an_image_only_where_one_record_can_be_meant() {
    let twice = [Image::new("ap-guangzhou", ID), Image::new("ap-shanghai", ID)];
    let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), twice).unwrap();
    let check = check_fn("acme/record", "Acme.Record".parse().unwrap(), |facts, findings| {
        assert_eq!(facts.source_region().is_some(), facts.request().region.is_some());
        for image in facts.images().filter(|image| image.record().is_none()) {
            findings.unverified(image.parameter(), "one record");
        }
    });
    let rules = Ruleset::default().with_check(check).unwrap();
    let mut request = SyncRequest::new(ID, ["ap-shanghai"]);
    let open = |request: &SyncRequest| {
        let report = rules.check(request, &state);
        report.unverified().iter().filter(|open| open.rule() == "acme/record").count()
    };
    assert_eq!(open(&request), 1);
    request.region = Some("ap-guangzhou".to_owned());
    assert_eq!(open(&request), 0);
}

#[test]
fn sets_that_cannot_be_made_say_why() {
    let code = || "Acme.X".parse::<ErrorCode>().unwrap();
    let error =
        |id: &str| Ruleset::default().with_check(check_fn(id, code(), nothing)).unwrap_err().to_string();
    for id in ["few", "", "acme/", "/few", "acme//few", "Acme/few", "acme/few regions"] {
        assert_eq!(
            error(id),
            format!(
                "`{id}` is not the id of a check: one has a namespace and lower-case words, such as `acme/few-regions`"
            )
        );
    }
    let once = Ruleset::default().with_check(check_fn("acme/few_2", code(), nothing)).unwrap();
    let error = once.with_check(check_fn("acme/few_2", code(), nothing)).unwrap_err();
    assert_eq!(error.to_string(), "check `acme/few_2` is already in this set");

    let without = |id: &str| Ruleset::default().without(id).unwrap_err();
    assert_eq!(
        without("image-quot").to_string(),
        "no rule `image-quot` in this set, did you mean `image-quota`?"
    );
    assert_eq!(without("weather").to_string(), "no rule `weather` in this set");
    assert!(matches!(without("parameter-type"), RulesetError::Decoding { .. }));
    assert_eq!(
        without("parameter-type").to_string(),
        "rule `parameter-type` is enforced while a request is decoded and cannot be left out or turned down"
    );
    let twice = Ruleset::default().without("image-size").unwrap().without("image-size").unwrap_err();
    assert!(matches!(twice, RulesetError::Unknown { nearest: None, .. }), "{twice:?}");
}

#[test]
fn editions_say_what_they_are() {
    assert_eq!((Edition::FIRST.year(), Edition::FIRST.month()), (2017, 3));
    assert_eq!(Edition::FIRST.to_string(), "2017-03");
    assert_eq!("2017-03".parse(), Ok(Edition::FIRST));
    let error = |text: &str| text.parse::<Edition>().unwrap_err().to_string();
    assert_eq!(error("2017-02"), "there is no page of `2017-02`: the first is `2017-03`");
    assert_eq!(error("soon"), "an edition is a year and a month, such as `2017-03`, or `latest`");
    assert_eq!(error("2024-13"), "there is no month `2024-13`");
    assert_eq!("latest".parse(), Ok(Edition::LATEST));
    assert_eq!(Edition::LATEST.to_string(), history::latest());
    // Later months are held to the newest page, and the verdict names the month.
    let later: Edition = "9999-12".parse().unwrap();
    assert_eq!(Ruleset::documented(later).edition().to_string(), "9999-12");
    assert!(Ruleset::documented(later).ids().eq(Ruleset::documented(Edition::LATEST).ids()));
    assert_eq!(Ruleset::default().edition(), Edition::FIRST);
}

#[test]
fn words_can_be_aligned() {
    let words: Vec<String> = [Evidence::Documented, Evidence::Common, Evidence::Inferred]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(words, ["documented", "common", "inferred"]);
    assert_eq!(
        format!("{:>10}|{:<8}|", Evidence::Common, ErrorCode::LimitExceeded),
        "    common|LimitExceeded|"
    );
    let (list, element) = (Parameter::IMAGE_IDS, Parameter::IMAGE_IDS.element(1));
    assert_eq!(
        format!("{list:<11}|{element:>11}|{element}|{:>9}|", Edition::FIRST),
        "ImageIds   | ImageIds.1|ImageIds.1|  2017-03|"
    );
}

#[test]
fn sets_and_states_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let (rules, state) = (Ruleset::default(), state());
    shared(&rules);
    shared(&state);
    let request = SyncRequest::new(ID, ["ap-guangzhou", "x"]);
    let expected = rules.check(&request, &state);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| rules.check(&request, &state))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn a_report_is_a_result_and_a_text() {
    let image = Image::new("ap-guangzhou", ID);
    let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image]).unwrap();
    let good = SyncRequest::new(ID, ["ap-shanghai"]);
    let bad = SyncRequest::new(ID, ["ap-shanghai", "gz", "ap-shanghai"]);
    let needs = "unverified: ImageIds.0: image-size needs the state's `ImageSize` of `img-o3ycss2p` in `ap-guangzhou`";
    let region =
        "violation: DestinationRegions.1: `gz` is not a known region (InvalidRegion.NotFound)".to_owned();
    let duplicate = "DestinationRegions.2: `ap-shanghai` is already listed as `DestinationRegions.0` (InvalidParameterValue)";

    let rules = Ruleset::default();
    let report = rules.check(&good, &state);
    assert_eq!(report.to_string(), format!("accepted under the 2017-03 page\n{needs}"));
    assert_eq!(report.clone().into_result(), Ok(report));
    let report = rules.check(&bad, &state);
    assert_eq!(
        report.to_string(),
        format!("refused under the 2017-03 page\n{region}\nviolation: {duplicate}\n{needs}")
    );
    assert_eq!(report.clone().into_result(), Err(report));

    // A warning is no reason for a refusal, and comes after the violations.
    let warning = rules.clone().with_warning("destination-unique").unwrap();
    let report = warning.check(&bad, &state);
    assert_eq!(
        report.to_string(),
        format!("refused under the 2017-03 page\n{region}\nwarning: {duplicate}\n{needs}")
    );
    let report = warning.check(&SyncRequest::new(ID, ["ap-shanghai", "ap-shanghai"]), &state);
    assert!(report.into_result().is_ok());

    // A strict set refuses what it cannot verify.
    let report = rules.strict().check(&good, &state);
    assert_eq!(report.to_string(), format!("refused under the 2017-03 page\n{needs}"));
    assert_eq!(report.clone().into_result(), Err(report));
    let good = good.with_region("ap-guangzhou");
    let report = Ruleset::documented(Edition::LATEST).strict().check(&good, &state);
    assert_eq!(report.to_string(), format!("accepted under the {} page", history::latest()));
    assert!(report.into_result().is_ok());
}

/// A request may have several images where `image-single` is no error. Then the quota has a place
/// for each of them, in a plan as in a request alone.
#[test]
fn where_several_images_are_allowed_each_takes_a_place() {
    let ids = [ID, "img-34vaef8f"];
    let state = |used| {
        let images = ids.map(|id| Image::new("ap-guangzhou", id).with_image_size(20));
        let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(used)).with_in_flight(1);
        let quota = AccountQuota::default().with_regions([quota]);
        State::from_records(["ap-guangzhou", "ap-shanghai"].map(Region::new), images, quota, []).unwrap()
    };
    let (one, two) =
        (SyncRequest::new(ID, ["ap-shanghai"]), SyncRequest::new("", ["ap-shanghai"]).with_image_ids(ids));
    let (single, quota) = ("image-single ImageIds", "image-quota DestinationRegions.0");
    let default = Ruleset::default();
    // 8 and the copy in flight leave one place of ten, for one of the
    // requests into which it is split.
    assert_eq!(lines(&default.check(&two, &state(8))), [single]);
    assert_eq!(lines(&default.check(&two, &state(9))), [single, quota]);
    let without = default.clone().without("image-single").unwrap();
    let warning = default.clone().with_warning("image-single").unwrap();
    for rules in [without, warning] {
        assert_eq!(lines(&rules.check(&one, &state(8))), [""; 0]);
        assert_eq!(lines(&rules.check(&two, &state(7))), [""; 0]);
        let report = rules.check(&two, &state(8));
        assert_eq!(lines(&report), [quota]);
        assert_eq!(
            report.violations()[0].message(),
            "`ap-shanghai` has 8 custom images and 1 copy in flight, the request adds 2, and its quota is 10"
        );
        let words = |request| rules.check(request, &state(9)).violations()[0].message().to_owned();
        assert_eq!(
            words(&one),
            "`ap-shanghai` has 9 custom images and 1 copy in flight, and its quota is 10"
        );
        let remedies = rules.suggest(&two, &state(8)).remedies().to_vec();
        assert_eq!(
            remedies[0].to_string(),
            "delete 1 custom image in `ap-shanghai`, or ask for a quota larger by 1"
        );
        // Where it is not known how many images there are, those that are
        // known take places for sure.
        let open = |used| {
            let request = PartialRequest::new(one.clone()).unknown(Parameter::IMAGE_IDS, "the images");
            let report = rules.check_partial(&request, &state(used));
            (lines(&report), report.unverified().iter().any(|open| open.rule() == "image-quota"))
        };
        assert_eq!(open(9), (vec![quota.to_owned()], false));
        assert_eq!(open(8), (Vec::new(), true));
    }
}
