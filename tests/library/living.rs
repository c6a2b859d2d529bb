//! A state that lives: whatever is told of the world, it is the state that would be made anew, and
//! what the documentation says it is.

use presync::check::plan::Plan;
use presync::{
    AccountQuota, Image, ImageType, QuotaLimit, Region, RegionQuota, Ruleset, State, StateError, SyncRequest,
    Used,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

const REGIONS: [&str; 4] = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-chengdu"];
/// Not listed, and the slip of a region that is.
const UNLISTED: &str = "ap-shangha";
const NAMES: [&str; 4] = ["", "base", "web", "db"];

fn id(number: usize) -> String {
    format!("img-{number:08}")
}

/// What may happen.
#[derive(Clone, Debug)]
enum Event {
    Apply(SyncRequest),
    Arrived(Image),
    Failed(String, Option<String>),
    Insert(Image),
    Remove(String, String),
    SetUsed(String, Used),
    SetQuota(String, QuotaLimit),
    SetAccountQuota(QuotaLimit),
    /// Somebody looks at all images, or keeps a clone: neither changes a thing.
    Look,
    Clone,
}

fn region() -> impl Strategy<Value = String> {
    prop_oneof![30 => prop::sample::select(&REGIONS[..]), 1 => Just(UNLISTED), 1 => Just("")]
        .prop_map(str::to_owned)
}

fn image_id() -> impl Strategy<Value = String> {
    prop_oneof![30 => (0_usize..12).prop_map(id), 1 => Just(String::new())]
}

fn name() -> impl Strategy<Value = Option<String>> {
    prop_oneof![4 => prop::sample::select(&NAMES[..]).prop_map(|name| Some(name.to_owned())), 1 => Just(None)]
}

fn image() -> impl Strategy<Value = Image> {
    let types = [Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE), None];
    let types =
        prop_oneof![3 => Just(Some(ImageType::PRIVATE_IMAGE)), 2 => prop::sample::select(types.to_vec())];
    (region(), image_id(), name(), types).prop_map(|(region, id, name, image_type)| {
        let mut image = Image::new(region, id).with_image_size(20).with_image_type(image_type);
        image.image_name = name;
        image
    })
}

fn used() -> impl Strategy<Value = Used> {
    prop_oneof![
        4 => (0_u64..4).prop_map(Used::Count),
        2 => Just(Used::AsListed),
        1 => Just(Used::Unknown),
        1 => Just(Used::Count(u64::MAX)),
    ]
}

fn limit() -> impl Strategy<Value = QuotaLimit> {
    prop_oneof![
        3 => (0_u64..6).prop_map(QuotaLimit::Count),
        1 => Just(QuotaLimit::Default),
        1 => Just(QuotaLimit::Unknown),
    ]
}

fn request() -> impl Strategy<Value = SyncRequest> {
    let destinations = prop::collection::vec(region(), 1..3);
    let own_region = prop::option::of(region());
    (image_id(), destinations, own_region, prop::option::of(name())).prop_map(
        |(id, destinations, region, name)| {
            let mut request = SyncRequest::new(id, destinations);
            request.region = region;
            request.image_name = name.flatten();
            request
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => request().prop_map(Event::Apply),
        4 => image().prop_map(Event::Arrived),
        2 => (region(), name()).prop_map(|(region, name)| Event::Failed(region, name)),
        4 => image().prop_map(Event::Insert),
        4 => (region(), image_id()).prop_map(|(region, id)| Event::Remove(region, id)),
        1 => (region(), used()).prop_map(|(region, used)| Event::SetUsed(region, used)),
        1 => (region(), limit()).prop_map(|(region, limit)| Event::SetQuota(region, limit)),
        1 => limit().prop_map(Event::SetAccountQuota),
        1 => Just(Event::Look),
        1 => Just(Event::Clone),
    ]
}

/// An image that comes or goes, among a few ids and names.
fn coming_or_going() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => image().prop_map(Event::Insert),
        3 => (region(), image_id()).prop_map(|(region, id)| Event::Remove(region, id)),
    ]
}

/// The records of a state as plain lists, changed as the documentation of each method says.
#[derive(Clone, Debug)]
struct Model {
    regions: Vec<Region>,
    images: Vec<Image>,
    quota: AccountQuota,
}

/// The outcome of an event, as far as a caller sees it.
#[derive(Debug, PartialEq)]
enum Outcome {
    Done,
    Was(Option<Image>),
    Refused(StateError),
}

impl Model {
    fn refuse(&self, region: &str) -> Option<Outcome> {
        if self.regions.iter().any(|listed| listed.region == region) {
            return None;
        }
        let nearest = (region == UNLISTED).then(|| "ap-shanghai".to_owned());
        let (path, region) = ("Region".to_owned(), region.to_owned());
        Some(Outcome::Refused(StateError::RegionNotListed { path, region, nearest }))
    }

    fn refuse_image(&self, image: &Image) -> Option<Outcome> {
        let is_empty = image.image_id.is_empty();
        let empty = is_empty.then(|| StateError::EmptyName { path: "ImageId".to_owned() });
        empty.map(Outcome::Refused).or_else(|| self.refuse(&image.region))
    }

    fn quota(&mut self, region: &str) -> &mut RegionQuota {
        if !self.quota.regions.iter().any(|quota| quota.region == region) {
            self.quota.regions.push(RegionQuota::new(region));
        }
        self.quota.regions.iter_mut().find(|quota| quota.region == region).unwrap()
    }

    /// What an image is counted as: 0 or 1 custom images, or not known.
    fn weight(image: Option<&Image>, is_copy: bool) -> Option<u64> {
        match image {
            None => Some(0),
            Some(image) => match &image.image_type {
                Some(image_type) => Some(u64::from(*image_type == ImageType::PRIVATE_IMAGE)),
                None => is_copy.then_some(1),
            },
        }
    }

    fn recount(&mut self, region: &str, before: Option<u64>, now: Option<u64>) {
        if before == now || !self.quota.regions.iter().any(|quota| quota.region == region) {
            return;
        }
        let quota = self.quota(region);
        if let Used::Count(count) = quota.used {
            quota.used = match (before, now) {
                (Some(before), Some(now)) => Used::Count(count.saturating_sub(before).saturating_add(now)),
                _ => Used::Unknown,
            };
        }
    }

    fn remove(&mut self, region: &str, id: &str) -> Option<Image> {
        let found = self.images.iter().position(|image| image.region == region && image.image_id == id);
        found.map(|at| self.images.remove(at))
    }

    fn insert(&mut self, image: Image, is_copy: bool) -> Outcome {
        let was = self.remove(&image.region, &image.image_id);
        let (before, now) = (Self::weight(was.as_ref(), is_copy), Self::weight(Some(&image), is_copy));
        self.recount(&image.region, before, now);
        self.images.push(image);
        Outcome::Was(was)
    }

    /// Ends a copy in flight; an error if no copy in flight can be the one.
    fn end(&mut self, region: &str, name: Option<&str>) -> Option<Outcome> {
        let none = |name: Option<&str>| {
            let (region, name) = (region.to_owned(), name.map(str::to_owned));
            Some(Outcome::Refused(StateError::NotInFlight { region, name }))
        };
        if !self.quota.regions.iter().any(|quota| quota.region == region) {
            return none(None);
        }
        let quota = self.quota(region);
        if quota.in_flight == 0 {
            return none(None);
        }
        let names = &mut quota.in_flight_names;
        let nameless = quota.in_flight - u64::try_from(names.len()).unwrap();
        let place = |wanted: &Option<String>| names.iter().position(|name| name == wanted);
        match name {
            // A copy without a name if there is one, else one that may have none.
            Some("") if nameless == 0 => match place(&None) {
                Some(at) => drop(names.remove(at)),
                None => return none(Some("")),
            },
            Some("") => {}
            Some(name) => match place(&Some(name.to_owned())).or_else(|| place(&None)) {
                Some(at) => drop(names.remove(at)),
                None if nameless == 0 => return none(Some(name)),
                None => {}
            },
            None => {
                let mut different = names.clone();
                different.sort();
                different.dedup();
                if different.len() + usize::from(nameless > 0) == 1 {
                    names.pop();
                } else {
                    // Which names are left is not known.
                    let left = names.len().min(usize::try_from(quota.in_flight - 1).unwrap());
                    *names = vec![None; left];
                }
            }
        }
        quota.in_flight -= 1;
        None
    }

    /// Every region of these states lists all its images, so that a name is known
    /// or the image is not there.
    fn name_kept(&self, request: &SyncRequest) -> Option<Option<String>> {
        if let Some(name) = request.image_name.as_deref().filter(|name| !name.is_empty()) {
            return Some(Some(name.to_owned()));
        }
        let is_it = |image: &&Image| {
            image.image_id == request.image_ids[0]
                && request.region.as_ref().is_none_or(|region| *region == image.region)
        };
        let names: Vec<&Option<String>> =
            self.images.iter().filter(is_it).map(|image| &image.image_name).collect();
        match names.as_slice() {
            [Some(first), rest @ ..] if rest.iter().all(|name| name.as_ref() == Some(first)) => {
                (!first.is_empty()).then(|| Some(first.clone()))
            }
            _ => Some(None),
        }
    }

    fn tell(&mut self, event: &Event) -> Outcome {
        match event.clone() {
            Event::Apply(request) => {
                let name = self.name_kept(&request);
                let mut destinations = request.destination_regions.clone();
                destinations.retain(|region| self.refuse(region).is_none());
                // A region that is named twice gets one copy; a record that is new comes in
                // the order of the regions.
                destinations.sort_by_key(|region| REGIONS.iter().position(|listed| listed == region));
                destinations.dedup();
                for region in destinations {
                    let quota = self.quota(&region);
                    quota.in_flight += 1;
                    quota.in_flight_names.extend(name.clone());
                }
                Outcome::Done
            }
            Event::Arrived(image) => {
                let refused = self.refuse_image(&image);
                let refused = refused.or_else(|| self.end(&image.region, image.image_name.as_deref()));
                let mut copy = image;
                copy.image_type.get_or_insert(ImageType::PRIVATE_IMAGE);
                refused.unwrap_or_else(|| self.insert(copy, true))
            }
            Event::Failed(region, name) => {
                let refused = self.refuse(&region).or_else(|| self.end(&region, name.as_deref()));
                refused.unwrap_or(Outcome::Done)
            }
            Event::Insert(image) => self.refuse_image(&image).unwrap_or_else(|| self.insert(image, false)),
            Event::Remove(region, id) => {
                let was = self.remove(&region, &id);
                if was.is_some() {
                    self.recount(&region, Self::weight(was.as_ref(), false), Some(0));
                }
                Outcome::Was(was)
            }
            Event::SetUsed(region, used) => self.refuse(&region).unwrap_or_else(|| {
                self.quota(&region).used = used;
                Outcome::Done
            }),
            Event::SetQuota(region, limit) => self.refuse(&region).unwrap_or_else(|| {
                self.quota(&region).image_num_quota = limit;
                Outcome::Done
            }),
            Event::SetAccountQuota(limit) => {
                self.quota.image_num_quota = limit;
                Outcome::Done
            }
            Event::Look | Event::Clone => Outcome::Done,
        }
    }

    fn state(&self) -> State {
        State::from_records(self.regions.clone(), self.images.clone(), self.quota.clone(), []).unwrap()
    }
}

fn tell(state: &mut State, event: &Event, clones: &mut Vec<(State, State)>) -> Outcome {
    let done = |result: Result<(), StateError>| result.map_or_else(Outcome::Refused, |()| Outcome::Done);
    let was = |result: Result<Option<Image>, StateError>| result.map_or_else(Outcome::Refused, Outcome::Was);
    match event.clone() {
        Event::Apply(request) => {
            state.apply(&request);
            Outcome::Done
        }
        Event::Arrived(image) => was(state.arrived(image)),
        Event::Failed(region, name) => done(state.copy_failed(&region, name.as_deref())),
        Event::Insert(image) => was(state.insert_image(image)),
        Event::Remove(region, id) => Outcome::Was(state.remove_image(&region, &id)),
        Event::SetUsed(region, used) => done(state.set_used(&region, used)),
        Event::SetQuota(region, limit) => done(state.set_quota(&region, limit)),
        Event::SetAccountQuota(limit) => {
            state.set_account_quota(limit);
            Outcome::Done
        }
        Event::Look => {
            assert!(state.images().len() < 1_000);
            Outcome::Done
        }
        Event::Clone => {
            clones.push((state.clone(), anew(state)));
            Outcome::Done
        }
    }
}

/// The state that is made anew of the records of one, by way of JSON.
fn anew(state: &State) -> State {
    State::from_json(&serde_json::to_vec(state).unwrap()).unwrap()
}

/// Requests that ask for every id, region and name that there may be.
fn probes() -> Vec<SyncRequest> {
    let mut probes = Vec::new();
    for number in 0..13 {
        for (at, region) in REGIONS.into_iter().enumerate() {
            let request = SyncRequest::new(id(number), [region, REGIONS[(at + 1) % 4]]);
            let name = NAMES[(number + at) % 4];
            probes.push(request.clone().with_region(REGIONS[(at + 2) % 4]).with_image_name(name));
            probes.push(request);
        }
    }
    probes
}

/// Both states look alike, whatever is asked of them.
fn hold_alike(state: &State, other: &State) -> Result<(), TestCaseError> {
    prop_assert_eq!(state, other);
    prop_assert_eq!(state.images(), other.images());
    prop_assert_eq!(format!("{state:?}"), format!("{other:?}"));
    for rules in [Ruleset::default(), Ruleset::documented(presync::Edition::LATEST)] {
        for probe in probes() {
            prop_assert_eq!(rules.check(&probe, state), rules.check(&probe, other), "{:?}", probe);
            prop_assert_eq!(state.after(&probe), other.after(&probe), "{:?}", probe);
        }
    }
    Ok(())
}

fn start() -> impl Strategy<Value = (Vec<Image>, [Used; 2])> {
    (prop::collection::vec(image(), 0..8), [used(), used()])
}

fn model((images, used): (Vec<Image>, [Used; 2])) -> Model {
    let mut model = Model {
        regions: REGIONS.map(Region::new).to_vec(),
        images: Vec::new(),
        quota: AccountQuota::default(),
    };
    for image in images {
        if model.refuse_image(&image).is_none() {
            model.insert(image, false);
        }
    }
    for (region, used) in REGIONS.iter().zip(used) {
        model.quota(region).used = used;
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    /// The records are those of the model, and every other answer is that of a
    /// state made of these records.
    #[test]
    fn a_state_that_lives_is_the_one_that_would_be_made_anew(
        start in start(), events in prop::collection::vec(event(), 1..60)
    ) {
        let mut model = model(start);
        let mut state = model.state();
        let mut clones = Vec::new();
        for event in &events {
            let before = anew(&state);
            let outcome = tell(&mut state, event, &mut clones);
            prop_assert_eq!(&outcome, &model.tell(event), "{:?}", event);
            prop_assert_eq!(&state, &model.state(), "{:?}", event);
            if matches!(outcome, Outcome::Refused(_)) {
                prop_assert_eq!(&state, &before);
            }
        }
        hold_alike(&state, &anew(&state))?;
        // A clone is not changed by what happens to the state that it was made of.
        for (clone, then) in &clones {
            prop_assert_eq!(clone, then);
            prop_assert_eq!(clone.images(), then.images());
        }
    }

    /// So many changes that they are merged into what is shared, several times.
    #[test]
    fn many_images_that_come_and_go_leave_the_state_that_would_be_made_anew(
        start in start(), events in prop::collection::vec(coming_or_going(), 300..600)
    ) {
        let mut model = model(start);
        let mut state = model.state();
        let mut clones = Vec::new();
        for (number, event) in events.iter().enumerate() {
            prop_assert_eq!(tell(&mut state, event, &mut clones), model.tell(event), "{:?}", event);
            if number % 97 == 0 {
                clones.push((state.clone(), model.state()));
            }
        }
        hold_alike(&state, &model.state())?;
        for (clone, then) in &clones {
            prop_assert_eq!(clone, then);
            prop_assert_eq!(clone.images(), then.images());
        }
    }
}

/// The events are about something: each kind is often told with success, and often refused.
#[test]
fn the_events_are_about_something() {
    let mut runner = TestRunner::deterministic();
    let (mut arrived, mut not_in_flight, mut replaced, mut removed, mut failed) = (0, 0, 0, 0, 0);
    for _ in 0..200 {
        let mut state = model(start().new_tree(&mut runner).unwrap().current()).state();
        for event in prop::collection::vec(event(), 60).new_tree(&mut runner).unwrap().current() {
            let outcome = tell(&mut state, &event, &mut Vec::new());
            match (&event, &outcome) {
                (Event::Arrived(_), Outcome::Was(_)) => arrived += 1,
                (Event::Failed(..), Outcome::Done) => failed += 1,
                (_, Outcome::Refused(StateError::NotInFlight { .. })) => not_in_flight += 1,
                (Event::Insert(_), Outcome::Was(Some(_))) => replaced += 1,
                (Event::Remove(..), Outcome::Was(Some(_))) => removed += 1,
                _ => {}
            }
        }
    }
    let counts = [arrived, not_in_flight, replaced, removed, failed];
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
}

#[test]
fn debug_shows_the_records_alone() {
    let state = State::new([Region::new("ap-guangzhou")], []).unwrap();
    let regions = format!("{:?}", state.regions());
    assert_eq!(
        format!("{state:?}"),
        format!(
            "State {{ regions: {regions}, regions_complete: true, images: [], account_quota: {:?}, blocked_routes: [] }}",
            AccountQuota::default()
        )
    );
}

/// Every copy is a custom image, and so it counts when it arrived as an image
/// that little is known about.
#[test]
fn a_copy_whose_type_is_not_known_counts_when_it_arrived() {
    let image = Image::new("ap-guangzhou", id(0)).with_image_size(20);
    let quota = AccountQuota::default().with_image_num_quota(1);
    let mut state = State::from_records(REGIONS.map(Region::new), [image], quota, []).unwrap();
    let request = SyncRequest::new(id(0), ["ap-shanghai"]);
    state.apply(&request);
    state.arrived(Image::unknown("ap-shanghai", id(1))).unwrap();
    let copy = state.image("ap-shanghai", &id(1)).unwrap();
    assert_eq!(copy.image_type, Some(ImageType::PRIVATE_IMAGE));
    let report = Ruleset::default().check(&request, &state);
    assert_eq!(report.violations()[0].rule(), "image-quota");
}

/// Requests that may leave copies behind stay in doubt, whatever is told meanwhile.
#[test]
fn what_a_plan_may_leave_behind_stays_in_doubt() {
    let images = [Image::new("ap-guangzhou", id(0)), Image::new("ap-guangzhou", id(1)).with_image_size(20)];
    let quota = AccountQuota::default().with_image_num_quota(2);
    let state = State::from_records(REGIONS.map(Region::new), images, quota, []).unwrap();
    let mut plan = Plan::new(Ruleset::default(), state);
    // The size of the first image is not known.
    let unsure = plan.check(&SyncRequest::new(id(0), ["ap-shanghai"]));
    assert!(unsure.accepted() && !unsure.unverified().is_empty());
    let second = SyncRequest::new(id(1), ["ap-shanghai"]);
    assert!(plan.check(&second).is_verified());
    plan.state_mut().arrived(Image::new("ap-shanghai", id(2))).unwrap();
    plan.state_mut().insert_image(Image::new("ap-beijing", id(3))).unwrap();
    let third = plan.check(&second);
    assert!(third.accepted());
    assert_eq!(third.unverified()[0].rule(), "image-quota");
    // Once the quota is larger, it does not matter.
    plan.state_mut().set_quota("ap-shanghai", 4).unwrap();
    assert!(plan.check(&second).is_verified());
}

/// Copies of requests whose fate was not known end too, so that a plan that goes on for ever
/// is not in doubt for ever.
#[test]
fn what_a_plan_may_leave_behind_ends() {
    let image = Image::new("ap-guangzhou", id(0)).with_image_size(20);
    let quota = AccountQuota::default().with_image_num_quota(2);
    // As `presync state` makes it of responses: none says where images can go.
    let regions = REGIONS.map(|region| Region::new(region).with_image_sync(None));
    let state = State::from_records(regions, [image], quota, []).unwrap();
    let mut plan = Plan::new(Ruleset::documented(presync::Edition::LATEST), state);
    let sync = SyncRequest::new(id(0), ["ap-shanghai"]).with_region("ap-guangzhou");
    let unverified = |plan: &mut Plan<Ruleset>, name: &str| -> Vec<String> {
        let report = plan.check(&sync.clone().with_image_name(name));
        assert!(report.accepted());
        report.unverified().iter().map(|unverified| unverified.rule().to_owned()).collect()
    };
    for (number, name) in ["web", "db", "web", "web"].into_iter().cycle().take(40).enumerate() {
        assert_eq!(unverified(&mut plan, name), ["destination-available"], "{number}");
        let copy = Image::new("ap-shanghai", id(1)).with_image_name(name);
        match number % 3 {
            0 => plan.state_mut().copy_failed("ap-shanghai", Some(name)).unwrap(),
            1 => plan.state_mut().copy_failed("ap-shanghai", None).unwrap(),
            _ => assert_eq!(plan.state_mut().arrived(copy.clone()), Ok(None)),
        }
        // Each request made one copy.
        let error = plan.state_mut().arrived(copy).unwrap_err();
        assert_eq!(error.to_string(), "no copy is in flight to `ap-shanghai`");
        plan.state_mut().remove_image("ap-shanghai", &id(1));
    }
    // While one copy stays, the name of the other is free when that one failed.
    assert_eq!(unverified(&mut plan, "web"), ["destination-available"]);
    assert_eq!(unverified(&mut plan, "db"), ["destination-available"]);
    plan.state_mut().copy_failed("ap-shanghai", Some("db")).unwrap();
    assert_eq!(unverified(&mut plan, "db"), ["destination-available"]);
    plan.state_mut().copy_failed("ap-shanghai", Some("db")).unwrap();
    assert_eq!(unverified(&mut plan, "web"), ["destination-available", "image-name-unique"]);
}

/// A name that is taken by a copy is free once the copy failed, and taken by
/// the image once it arrived.
#[test]
fn a_name_is_taken_as_long_as_a_copy_or_an_image_has_it() {
    let rules = Ruleset::documented(presync::Edition::LATEST).strict();
    let image = Image::new("ap-guangzhou", id(0)).with_image_size(20);
    let mut state = State::new(REGIONS.map(Region::new), [image]).unwrap();
    let request = SyncRequest::new(id(0), ["ap-shanghai"]).with_region("ap-guangzhou").with_image_name("web");
    let is_free = |state: &State| rules.check(&request, state).accepted();
    assert!(is_free(&state));
    state.apply(&request);
    assert!(!is_free(&state));
    state.copy_failed("ap-shanghai", Some("web")).unwrap();
    assert!(is_free(&state));
    state.apply(&request);
    let copy = Image::new("ap-shanghai", id(1)).with_image_name("web");
    assert_eq!(state.arrived(copy.clone()), Ok(None));
    assert!(!is_free(&state));
    assert_eq!(state.account_quota().regions[0], RegionQuota::new("ap-shanghai"));
    assert_eq!(state.remove_image("ap-shanghai", &id(1)), Some(copy));
    assert!(is_free(&state));
}

/// The copies in flight to one region: their number, and the names that they take.
type InFlight = (u64, &'static [Option<&'static str>]);

/// What happens to the copies in flight when one of them ends, as the documentation
/// of `State::arrived` says.
#[test]
fn the_copy_that_ends_is_told_by_its_name() {
    const A: Option<&str> = Some("a");
    const B: Option<&str> = Some("b");
    const NAMELESS: Option<&str> = Some("");
    /// An error that names the copy, and one that does not, for there is none at all.
    const NO_SUCH: Result<InFlight, bool> = Err(true);
    const NO_COPY: Result<InFlight, bool> = Err(false);
    let rows: [(InFlight, Option<&str>, Result<InFlight, bool>); 26] = [
        // The one that has the name.
        ((1, &[A]), A, Ok((0, &[]))),
        ((2, &[A, B]), B, Ok((1, &[A]))),
        ((2, &[A, A]), A, Ok((1, &[A]))),
        ((2, &[None, A]), A, Ok((1, &[None]))),
        // Else one whose name is not known, else one without a name.
        ((2, &[A, None]), B, Ok((1, &[A]))),
        ((3, &[A, None]), B, Ok((2, &[A]))),
        ((2, &[A]), B, Ok((1, &[A]))),
        ((1, &[A]), B, NO_SUCH),
        ((2, &[A, A]), B, NO_SUCH),
        // One without a name, else one that may have none.
        ((1, &[]), NAMELESS, Ok((0, &[]))),
        ((2, &[A]), NAMELESS, Ok((1, &[A]))),
        ((3, &[A, None]), NAMELESS, Ok((2, &[A, None]))),
        ((2, &[A, None]), NAMELESS, Ok((1, &[A]))),
        ((1, &[A]), NAMELESS, NO_SUCH),
        // Any of them: the names of the others are not known, unless all have the same.
        ((1, &[]), None, Ok((0, &[]))),
        ((2, &[]), None, Ok((1, &[]))),
        ((2, &[A, A]), None, Ok((1, &[A]))),
        ((2, &[None, None]), None, Ok((1, &[None]))),
        ((2, &[A, B]), None, Ok((1, &[None]))),
        ((2, &[A, None]), None, Ok((1, &[None]))),
        ((2, &[A]), None, Ok((1, &[None]))),
        ((3, &[A]), None, Ok((2, &[None]))),
        ((3, &[A, A]), None, Ok((2, &[None, None]))),
        ((0, &[]), A, NO_COPY),
        ((0, &[]), NAMELESS, NO_COPY),
        ((0, &[]), None, NO_COPY),
    ];
    let in_flight = |(count, names): InFlight| {
        let names = names.iter().map(|name| name.map(str::to_owned));
        let quota = RegionQuota::new("ap-shanghai").with_in_flight(count).with_in_flight_names(names);
        AccountQuota::default().with_regions([quota])
    };
    let state = |quota: AccountQuota| State::from_records(REGIONS.map(Region::new), [], quota, []).unwrap();
    for (before, name, after) in rows {
        let mut told = state(in_flight(before));
        let outcome = told.copy_failed("ap-shanghai", name);
        let expected = after.map_or_else(
            |is_named| {
                let name = name.filter(|_| is_named).map(str::to_owned);
                Err(StateError::NotInFlight { region: "ap-shanghai".to_owned(), name })
            },
            |_| Ok(()),
        );
        assert_eq!(outcome, expected, "{before:?} {name:?}");
        assert_eq!(told.account_quota(), &in_flight(after.unwrap_or(before)), "{before:?} {name:?}");
        // What ends next is told as of the state that has these copies in flight from the start.
        for next in [A, B, NAMELESS, None] {
            let (mut one, mut other) = (told.clone(), state(in_flight(after.unwrap_or(before))));
            let outcomes = [&mut one, &mut other].map(|state| state.copy_failed("ap-shanghai", next));
            assert_eq!(outcomes[0], outcomes[1], "{before:?} {name:?} {next:?}");
            assert_eq!(one, other, "{before:?} {name:?} {next:?}");
        }
    }
    // A region of whose quota there is no record has no copy either.
    let error = state(AccountQuota::default()).copy_failed("ap-shanghai", A).unwrap_err();
    assert_eq!(error.to_string(), "no copy is in flight to `ap-shanghai`");
}

/// The names of the copies that a request leaves behind, of an image of id 0.
fn names_left(state: &State, request: &SyncRequest) -> Vec<Option<String>> {
    let after = state.after(request);
    let quota = after.account_quota().regions.iter().find(|quota| quota.region == "ap-chengdu").unwrap();
    quota.in_flight_names.clone()
}

#[test]
fn a_copy_keeps_the_name_of_its_image_if_that_is_known() {
    let named = |name: &str| vec![Some(name.to_owned())];
    let (private, public) = (Some(ImageType::PRIVATE_IMAGE), Some(ImageType::PUBLIC_IMAGE));
    let (gz, sh) = ("ap-guangzhou", "ap-shanghai");
    // The regions in which it is listed, each with its name there; its type; the `Region` that is
    // sent; the names of the copy where every list is complete, and where that of Beijing is not.
    type Row<'t> =
        (&'t [(&'t str, Option<&'t str>)], Option<ImageType>, Option<&'t str>, [Vec<Option<String>>; 2]);
    let rows: [Row<'_>; 14] = [
        (&[(gz, Some("base"))], private.clone(), Some(gz), [named("base"), named("base")]),
        (&[(gz, Some("base"))], private.clone(), None, [named("base"), named("base")]),
        (&[(gz, Some("base"))], public.clone(), Some(gz), [named("base"), named("base")]),
        // Elsewhere it may have another name, unless it is a custom image.
        (&[(gz, Some("base"))], public.clone(), None, [named("base"), vec![None]]),
        (&[(gz, Some("base"))], None, None, [named("base"), vec![None]]),
        (&[(gz, Some("base")), (sh, Some("base"))], private.clone(), None, [named("base"), named("base")]),
        (&[(gz, Some("base")), (sh, Some("base"))], public.clone(), None, [named("base"), vec![None]]),
        (&[(gz, Some("base")), (sh, Some("web"))], private.clone(), None, [vec![None], vec![None]]),
        (&[(gz, Some("base")), (sh, Some("web"))], private.clone(), Some(sh), [named("web"), named("web")]),
        (&[(gz, Some(""))], private.clone(), None, [vec![], vec![]]),
        (&[(gz, Some("")), (sh, Some("web"))], private.clone(), None, [vec![None], vec![None]]),
        (&[(gz, None)], private.clone(), None, [vec![None], vec![None]]),
        (&[(gz, Some("base"))], private.clone(), Some(sh), [vec![None], vec![None]]),
        (&[], private.clone(), None, [vec![None], vec![None]]),
    ];
    for (listed, image_type, region, expected) in rows {
        for (is_complete, expected) in [true, false].into_iter().zip(expected) {
            let regions = REGIONS.map(|region| {
                Region::new(region).with_images_complete(is_complete || region != "ap-beijing")
            });
            let images = listed.iter().map(|(region, name)| {
                let mut image = Image::new(*region, id(0)).with_image_type(image_type.clone());
                image.image_name = name.map(str::to_owned);
                image
            });
            let state = State::new(regions, images).unwrap();
            let mut request = SyncRequest::new(id(0), ["ap-chengdu"]);
            request.region = region.map(str::to_owned);
            let case = format!("{listed:?} {image_type:?} {region:?} {is_complete}");
            assert_eq!(names_left(&state, &request), expected, "{case}");
            // An empty name is none, and another one is that of the copy.
            assert_eq!(names_left(&state, &request.clone().with_image_name("")), expected, "{case}");
            assert_eq!(names_left(&state, &request.with_image_name("db")), named("db"), "{case}");
        }
    }
    // There may be a region that is not listed.
    let image = Image::new(gz, id(0)).with_image_name("base").with_image_type(public);
    let state = State::new(REGIONS.map(Region::new), [image]).unwrap().with_regions_complete(false);
    let request = SyncRequest::new(id(0), ["ap-chengdu"]);
    assert_eq!(names_left(&state, &request), [None]);
    // Of a request without an image it is not known what it copies.
    assert_eq!(names_left(&state, &request.clone().with_image_ids::<[&str; 0]>([])), [None]);
    let two = state.after(&request.with_image_ids([id(0), id(1)]).with_image_name("web"));
    let quota = &two.account_quota().regions[0];
    assert_eq!((quota.in_flight, quota.in_flight_names.clone()), (2, [named("web"), named("web")].concat()));
}

/// What is counted anew is taken instead of what was counted before.
#[test]
fn what_is_told_of_the_quota_counts_from_then_on() {
    let image = Image::new("ap-guangzhou", id(0)).with_image_size(20);
    let mut state = State::new(REGIONS.map(Region::new), [image]).unwrap();
    let request = SyncRequest::new(id(0), ["ap-shanghai"]);
    let said = |state: &State| {
        let report = Ruleset::default().check(&request, state);
        (report.accepted(), report.is_verified())
    };
    let (free, full, open) = ((true, true), (false, true), (true, false));
    assert_eq!(said(&state), free);
    state.set_account_quota(0);
    assert_eq!(said(&state), full);
    state.set_account_quota(QuotaLimit::Unknown);
    assert_eq!(said(&state), open);
    state.set_account_quota(1);
    assert_eq!(said(&state), free);
    state.set_used("ap-shanghai", Used::Count(1)).unwrap();
    assert_eq!(said(&state), full);
    // One that goes is counted, one whose type is not known leaves the count unknown.
    let listed = |number| Image::new("ap-shanghai", id(number));
    state.insert_image(listed(1)).unwrap();
    assert_eq!(state.account_quota().regions[0].used, Used::Count(2));
    state.insert_image(listed(1)).unwrap();
    assert_eq!(state.account_quota().regions[0].used, Used::Count(2));
    state.remove_image("ap-shanghai", &id(1)).unwrap();
    assert_eq!((said(&state), state.account_quota().regions[0].used), (full, Used::Count(1)));
    state.insert_image(listed(1).with_image_type(None)).unwrap();
    assert_eq!((said(&state), state.account_quota().regions[0].used), (open, Used::Unknown));
    // As listed: one that may be a custom image, and then none.
    state.set_used("ap-shanghai", Used::AsListed).unwrap();
    assert_eq!(said(&state), open);
    state.remove_image("ap-shanghai", &id(1)).unwrap();
    assert_eq!(said(&state), free);
}

/// An image whose name is not known leaves each name in doubt, as long as it is there.
#[test]
fn a_name_is_in_doubt_as_long_as_an_image_may_have_it() {
    let image = Image::new("ap-guangzhou", id(0)).with_image_size(20);
    let mut state = State::new(REGIONS.map(Region::new), [image]).unwrap();
    let request = SyncRequest::new(id(0), ["ap-shanghai"]).with_region("ap-guangzhou").with_image_name("web");
    let needs = |state: &State| {
        let report = Ruleset::documented(presync::Edition::LATEST).check(&request, state);
        assert!(report.accepted());
        let needs = report.unverified().iter().map(|open| format!("{} needs {}", open.rule(), open.needs()));
        needs.collect::<Vec<_>>()
    };
    let open = [
        "image-name-unique needs the name of every custom image in `ap-shanghai` (`ImageName` in the state)",
    ];
    for image_type in [Some(ImageType::PRIVATE_IMAGE), None] {
        let mut nameless = Image::new("ap-shanghai", id(1)).with_image_type(image_type.clone());
        nameless.image_name = None;
        assert_eq!(needs(&state), [""; 0]);
        state.insert_image(nameless).unwrap();
        assert_eq!(needs(&state), open, "{image_type:?}");
        state.remove_image("ap-shanghai", &id(1)).unwrap();
        // One that has the name, and may be no custom image.
        if image_type.is_none() {
            let image = Image::new("ap-shanghai", id(2)).with_image_name("web").with_image_type(None);
            state.insert_image(image).unwrap();
            assert_eq!(needs(&state), [open[0].replace("`ImageName`", "`ImageType`")]);
            state.remove_image("ap-shanghai", &id(2)).unwrap();
        }
    }
    assert_eq!(needs(&state), [""; 0]);
}

/// What is named as missing for a name is all that has to be told, and no
/// part of it can be left out.
#[test]
fn the_keys_that_are_needed_for_a_name_settle_it() {
    let request = SyncRequest::new(id(0), ["ap-shanghai", "ap-beijing"]);
    let request = request.with_region("ap-guangzhou").with_image_name("web");
    let keys = ["CustomImagesComplete", "ImageName", "ImageType", "InFlightNames"];
    // Of each key, true if it is told; each is left out in turn, and all that
    // may be left out together.
    for told in 0..16_u32 {
        let is_told =
            |key: &str| keys.iter().position(|other| *other == key).is_none_or(|n| told >> n & 1 == 1);
        let region = Region::new("ap-shanghai")
            .with_images_complete(false)
            .with_custom_images_complete(is_told("CustomImagesComplete"));
        let mut nameless = Image::new("ap-shanghai", id(1));
        nameless.image_name = is_told("ImageName").then(|| "other".to_owned());
        let of_type = if is_told("ImageType") { Some(ImageType::PUBLIC_IMAGE) } else { None };
        let namesake = Image::new("ap-shanghai", id(2)).with_image_name("web").with_image_type(of_type);
        let quota = RegionQuota::new("ap-shanghai").with_used(Used::Count(1)).with_in_flight(1);
        let names = [is_told("InFlightNames").then(|| "other".to_owned())];
        let quota = AccountQuota::default().with_regions([quota.with_in_flight_names(names)]);
        let regions = [Region::new("ap-guangzhou"), region, Region::new("ap-beijing")];
        let images = [Image::new("ap-guangzhou", id(0)).with_image_size(20), nameless, namesake];
        let state = State::from_records(regions, images, quota, []).unwrap();
        let report = Ruleset::documented(presync::Edition::LATEST).check(&request, &state);
        let needs: Vec<&str> = report.unverified().iter().map(|open| open.needs()).collect();
        assert!(report.accepted() && needs.len() == usize::from(told != 15), "{told}: {needs:?}");
        for needs in needs {
            assert!(needs.starts_with("the name of every custom image in `ap-shanghai` (`"), "{needs}");
            for key in keys {
                assert_eq!(needs.contains(&format!("`{key}`")), !is_told(key), "{told} {key}: {needs}");
            }
        }
    }
}
