//! Where an image can go: each region as the one destination of a request.

use presync::check::{DestinationReport, Destinations};
use presync::{
    AccountQuota, Edition, Image, ImageType, Parameter, Region, RegionState, Ruleset, State, SyncRequest,
    Truth,
};
use proptest::prelude::*;

use crate::support::values::{any_page, any_world, image_id, laid_over, later, region_name};

const ID: &str = "img-o3ycss2p";
const PLACES: [&str; 3] = ["ap-guangzhou", "ap-shanghai", "ap-beijing"];

fn regions() -> [Region; 3] {
    PLACES.map(Region::new)
}

fn image(region: &str) -> Image {
    Image::new(region, ID).with_image_size(20)
}

/// For each region: its name, the rules that are broken, and what is needed.
fn lines(destinations: &Destinations<'_>) -> Vec<String> {
    let line = |destination: &DestinationReport<'_>| {
        let broken: Vec<_> = destination.report().violations().iter().map(presync::Violation::rule).collect();
        let name = &destination.region().region;
        match destination.accepts() {
            Truth::Yes => format!("{name}: yes"),
            Truth::No => format!("{name}: no, {}", broken.join(" ")),
            Truth::Unknown(needs) => format!("{name}: {needs}"),
        }
    };
    destinations.reports().iter().map(line).collect()
}

/// The one answer that there can be for a region: what `check` says of a
/// request that names it alone.
fn is_as_checked(rules: &Ruleset, request: &SyncRequest, state: &State, destinations: &Destinations<'_>) {
    assert_eq!(destinations.may_be_others(), !state.regions_complete());
    assert_eq!(destinations.reports().len(), state.regions().len());
    for (destination, region) in destinations.reports().iter().zip(state.regions()) {
        assert_eq!(destination.region(), region);
        let mut request = request.clone();
        request.destination_regions = vec![region.region.clone()];
        assert_eq!(destination.request(), &request);
        let report = rules.check(&request, state);
        assert_eq!(destination.report(), &report, "{request:?}\n{state:?}");
        assert!(destination.of_list().is_empty());
        let expected = (report.violations().is_empty(), report.is_verified());
        let accepts = destination.accepts();
        match expected {
            (false, _) => assert!(accepts.is_no()),
            (true, true) => assert!(accepts.is_yes()),
            (true, false) => {
                let needs = accepts.needs().expect("it is not known");
                let all = report.unverified().iter().filter(|unverified| !unverified.is_warning());
                assert!(all.clone().all(|unverified| needs.contains(unverified.needs())), "{needs}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_region_is_answered_as_a_request_that_names_it_alone(
        world in any_world(), later in proptest::option::of(later()), edition in any_page(), strict in any::<bool>(),
    ) {
        let world = match &later {
            Some(later) => laid_over(world, later),
            None => world,
        };
        let rules = Ruleset::documented(edition);
        let rules = if strict { rules.strict() } else { rules };
        let rules = if later.is_some() { rules } else { rules.with_warning("image-id-format").unwrap() };
        let state = world.state();
        is_as_checked(&rules, &world.request, &state, &rules.destinations_of(&world.request, &state));
    }

    #[test]
    fn an_image_is_sent_with_the_region_that_it_is_listed_in(
        world in any_world(), id in image_id(), edition in any_page(),
    ) {
        let (rules, state) = (Ruleset::documented(edition), world.state());
        let mut request = SyncRequest::new(&*id, ["ap-nowhere"]);
        let mut places = state.images().iter().filter(|image| image.image_id == id).map(|image| &image.region);
        if let (Some(place), None) = (places.next(), places.next()) {
            request = request.with_region(place);
        }
        is_as_checked(&rules, &request, &state, &rules.destinations(&id, &state));
    }

    #[test]
    fn a_source_region_is_taken_as_it_is_given(world in any_world(), from in region_name(), edition in any_page()) {
        let (rules, state) = (Ruleset::documented(edition), world.state());
        let request = SyncRequest::new(ID, [""; 0]).with_region(from);
        is_as_checked(&rules, &request, &state, &rules.destinations_of(&request, &state));
    }
}

#[test]
fn every_reason_is_there_for_each_region() {
    let closed = Region::new("na-toronto").with_region_state(RegionState::UNAVAILABLE);
    let unsure = Region::new("ap-seoul").with_image_sync(None);
    let quota =
        AccountQuota::default().with_regions([presync::RegionQuota::new("na-toronto").with_in_flight(10)]);
    let regions = regions().into_iter().chain([closed, unsure]);
    let state = State::from_records(regions, [image(PLACES[1])], quota, []).unwrap();
    assert_eq!(
        lines(&Ruleset::default().destinations(ID, &state)),
        [
            "ap-guangzhou: yes",
            "ap-shanghai: no, destination-not-source",
            "ap-beijing: yes",
            "na-toronto: no, destination-available image-quota",
            "ap-seoul: the state's `ImageSync` of `ap-seoul`",
        ]
    );
}

#[test]
fn an_image_that_is_not_there_goes_nowhere() {
    let state = State::new(regions(), []).unwrap();
    let expected = PLACES.map(|name| format!("{name}: no, image-exists"));
    assert_eq!(lines(&Ruleset::default().destinations(ID, &state)), expected);
    let malformed = PLACES.map(|name| format!("{name}: no, image-id-format"));
    assert_eq!(lines(&Ruleset::default().destinations("web-base", &state)), malformed);
    // Where a list is not complete, it may be there.
    let regions = regions().map(|region| region.with_images_complete(false));
    let state = State::new(regions, []).unwrap();
    for destination in Ruleset::default().destinations(ID, &state).reports() {
        assert!(destination.accepts().needs().unwrap().contains("every image of `ap-guangzhou`"));
    }
}

#[test]
fn which_of_two_images_is_meant_is_not_guessed() {
    let state = State::new(regions(), [image(PLACES[0]), image(PLACES[1])]).unwrap();
    let (first, latest) = (Ruleset::default(), Ruleset::documented(Edition::LATEST));
    let found = first.destinations(ID, &state);
    assert!(found.reports().iter().all(|destination| destination.request().region.is_none()));
    let open = found.reports().iter().map(|destination| destination.accepts().needs().is_some());
    // Wherever it is copied from, the third is another region.
    assert_eq!(open.collect::<Vec<_>>(), [true, true, false]);
    // Later pages ask for the region.
    let found = latest.destinations(ID, &state);
    assert!(found.reports().iter().all(|destination| destination.accepts().needs().is_some()));
    // One that is given is taken.
    let request = SyncRequest::new(ID, [""; 0]).with_region(PLACES[1]);
    for rules in [first, latest] {
        assert_eq!(
            lines(&rules.destinations_of(&request, &state)),
            ["ap-guangzhou: yes", "ap-shanghai: no, destination-not-source", "ap-beijing: yes"]
        );
    }
}

#[test]
fn the_region_of_the_image_is_sent_where_the_page_asks_for_it() {
    let state = State::new(regions(), [image(PLACES[0])]).unwrap();
    let expected = ["ap-guangzhou: no, destination-not-source", "ap-shanghai: yes", "ap-beijing: yes"];
    assert_eq!(lines(&Ruleset::documented(Edition::LATEST).destinations(ID, &state)), expected);
    // A shared image stays where it is.
    let shared = image(PLACES[0]).with_image_type(ImageType::SHARED_IMAGE);
    let state = State::new(regions(), [shared]).unwrap();
    assert_eq!(
        lines(&Ruleset::documented(Edition::LATEST).destinations(ID, &state)),
        [
            "ap-guangzhou: yes",
            "ap-shanghai: no, destination-source-only",
            "ap-beijing: no, destination-source-only"
        ]
    );
}

#[test]
fn there_may_be_regions_that_are_not_listed() {
    let rules = Ruleset::default();
    let state = State::new(regions(), [image(PLACES[0])]).unwrap();
    assert!(!rules.destinations(ID, &state).may_be_others());
    let state = state.with_regions_complete(false);
    let found = rules.destinations(ID, &state);
    assert!(found.may_be_others());
    assert_eq!(lines(&found)[1..], ["ap-shanghai: yes", "ap-beijing: yes"]);
    assert!(rules.destinations(ID, &State::unknown()).may_be_others());
    assert_eq!(rules.destinations(ID, &State::default()).into_reports(), []);
}

#[test]
fn what_is_asked_of_the_whole_list_makes_no_region_wrong() {
    let check = presync::check_fn("acme/two", "Acme.Two".parse().unwrap(), |facts, findings| {
        if facts.destination_count() < 2 {
            let finding = presync::Finding::new(Parameter::DESTINATION_REGIONS, "two regions or more");
            findings.violation(finding);
        }
    });
    let rules = Ruleset::default().with_check(check).unwrap();
    let state = State::new(regions(), [image(PLACES[0])]).unwrap();
    for rules in [rules.clone(), rules.strict()] {
        let found = rules.destinations(ID, &state);
        assert_eq!(lines(&found)[1..], ["ap-shanghai: yes", "ap-beijing: yes"]);
        for destination in found.reports() {
            assert_eq!(
                destination.of_list().iter().map(presync::Violation::rule).collect::<Vec<_>>(),
                ["acme/two"]
            );
            let whole = rules.check(destination.request(), &state);
            assert_eq!(whole.violations().len(), destination.report().violations().len() + 1);
            assert_eq!(destination.report().accepted(), destination.accepts().is_yes());
        }
    }
}

#[cfg(feature = "policy")]
#[test]
fn destinations_that_a_policy_requires_may_be_named_beside_each() {
    use presync::policy::Policy;

    let policy = Policy::from_toml(
        "[destinations]\nrequired = [\"ap-shanghai\", \"ap-beijing\"]\ndenied = [\"ap-beijing\"]\n\
         [limits]\nimage-size = 20\n",
    );
    let rules = policy.unwrap().ruleset().unwrap();
    let state = State::new(regions(), [image(PLACES[0])]).unwrap();
    let found = rules.destinations(ID, &state);
    assert_eq!(
        lines(&found),
        [
            "ap-guangzhou: no, destination-not-source policy/image-size",
            "ap-shanghai: no, policy/image-size",
            "ap-beijing: no, policy/image-size policy/destination-denied",
        ]
    );
    let required: Vec<_> = found.reports().iter().map(|destination| destination.of_list().len()).collect();
    assert_eq!(required, [2, 1, 1]);
}
