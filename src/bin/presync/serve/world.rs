//! The world of an endpoint: the state, and the copies that become images in it.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use presync::report::envelope::SyncedImage;
use presync::{Image, ImageState, ImageType, Report, Ruleset, State, SyncRequest};

use super::listing::Listing;

/// The state, and the copies that become images in it.
///
/// A copy is an image of its region from the moment at which it is accepted, in the state SYNCING:
/// that is the word for a copy between regions, to which `SyncPercent` belongs, while an image that
/// is CREATING is made of an instance. As DescribeImages lists it, it is used quota all the while,
/// and never counted as in flight too. The image that is copied stays NORMAL: no page says that it
/// changes.
pub(crate) struct World {
    state: State,
    /// The images of each region.
    listings: HashMap<String, Listing>,
    /// The time that a copy takes.
    copy_time: Duration,
    /// The copies that are not yet NORMAL, in the order in which they will be: each takes as long.
    copying: VecDeque<Copying>,
    /// The number of copies so far.
    copies: u64,
    /// The ids that a copy may not get, for an image of the state has them.
    taken: HashSet<String>,
}

/// What the id of a copy starts with.
const COPY: &str = "img-copy";

/// A copy that is not yet NORMAL.
struct Copying {
    /// The time at which it will be.
    ready: Duration,
    region: String,
    image_id: String,
}

impl World {
    /// Makes a world of a state. All times are since it was made.
    pub(crate) fn new(state: State, copy_time: Duration) -> Self {
        let mut listings: HashMap<String, Listing> = HashMap::new();
        for region in state.regions() {
            listings.entry(region.region.clone()).or_default();
        }
        for image in state.images() {
            listings.entry(image.region.clone()).or_default().add(image, None);
        }
        let ids = state.images().iter().map(|image| &image.image_id);
        let taken = ids.filter(|id| id.starts_with(COPY)).cloned().collect();
        Self { state, listings, copy_time, copying: VecDeque::new(), copies: 0, taken }
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Returns the images of a region; `None` if it is not listed.
    pub(super) fn listing(&self, region: &str) -> Option<&Listing> {
        self.listings.get(region)
    }

    /// Returns how much of a copy is done, in percent.
    pub(super) fn percent(&self, begun: Duration, now: Duration) -> u64 {
        let done = now.saturating_sub(begun).as_nanos().saturating_mul(100);
        let percent = done.checked_div(self.copy_time.as_nanos()).unwrap_or(100);
        u64::try_from(percent.min(100)).unwrap_or(100)
    }

    /// Brings the state to a time: copies that are done are NORMAL.
    pub(super) fn advance(&mut self, now: Duration) {
        while self.copying.front().is_some_and(|copy| copy.ready <= now) {
            let Some(copy) = self.copying.pop_front() else { return };
            if let Some(image) = self.state.image(&copy.region, &copy.image_id) {
                let done = image.clone().with_image_state(ImageState::NORMAL);
                self.change(done);
            }
        }
    }

    fn change(&mut self, image: Image) {
        let region = image.region.clone();
        let old = self.state.insert_image(image.clone());
        if let (Ok(Some(old)), Some(listing)) = (old, self.listings.get_mut(&region)) {
            listing.change(&old, &image);
        }
    }

    /// Checks a request.
    pub(super) fn check(&self, request: &SyncRequest, rules: &Ruleset) -> Report {
        rules.check(request, &self.state)
    }

    /// Checks a request, and makes its copies if it is accepted. Nobody else may look at the world
    /// in between: another request could take what is left of the quota.
    pub(super) fn sync(
        &mut self,
        request: &SyncRequest,
        rules: &Ruleset,
        now: Duration,
    ) -> (Report, Vec<SyncedImage>) {
        let report = self.check(request, rules);
        let is_real = report.accepted() && request.dry_run != Some(true);
        let copies = if is_real { self.copy(request, now) } else { Vec::new() };
        (report, copies)
    }

    fn copy(&mut self, request: &SyncRequest, now: Duration) -> Vec<SyncedImage> {
        let mut copies = Vec::new();
        let mut seen = BTreeSet::new();
        let originals: Vec<Image> = request.image_ids.iter().map(|id| self.copy_of(request, id)).collect();
        for region in request.destination_regions.iter().filter(|region| seen.insert(*region)) {
            for original in &originals {
                let mut copy = original.clone();
                copy.region.clone_from(region);
                copy.image_id = self.new_id();
                copies.push(SyncedImage::new(&*copy.image_id, region));
                self.add(copy, now);
            }
        }
        copies
    }

    fn add(&mut self, copy: Image, now: Duration) {
        // A destination that is not listed, which may exist where the list is
        // not complete, has no image.
        let Some(listing) = self.listings.get_mut(&copy.region) else { return };
        if self.state.insert_image(copy.clone()).is_err() {
            return;
        }
        listing.add(&copy, Some(now));
        if copy.image_state == Some(ImageState::SYNCING) {
            let ready = now.saturating_add(self.copy_time);
            self.copying.push_back(Copying { ready, region: copy.region, image_id: copy.image_id });
        }
    }

    /// Returns the copy of an image, whose region and id are still those of the image.
    fn copy_of(&self, request: &SyncRequest, image_id: &str) -> Image {
        let of_region = |region: &str| self.state.image(region, image_id);
        let source = match &request.region {
            Some(region) => of_region(region).cloned(),
            // It is not known which of them is copied.
            None => {
                let regions = self.state.regions().iter();
                regions.filter_map(|region| of_region(&region.region)).cloned().reduce(common)
            }
        };
        // An accepted image is not listed where a list is not complete. Its
        // copy is as little known.
        let mut copy = source.unwrap_or_else(|| Image::unknown("", image_id));
        copy.image_type = Some(ImageType::PRIVATE_IMAGE);
        let is_done = self.copy_time.is_zero();
        copy.image_state = Some(if is_done { ImageState::NORMAL } else { ImageState::SYNCING });
        if request.encrypt == Some(true) {
            copy.encrypted = Some(true);
        }
        if let Some(name) = request.image_name.as_ref().filter(|name| !name.is_empty()) {
            copy.image_name = Some(name.clone());
        }
        copy
    }

    /// Returns an id that no image has: the number of the copy, in the digits of an id.
    fn new_id(&mut self) -> String {
        loop {
            self.copies += 1;
            let id = format!("{COPY}{}", digits(self.copies));
            if !self.taken.contains(&id) {
                return id;
            }
        }
    }
}

/// Returns what is known of an image that is one of two: the facts that both have.
fn common(mut one: Image, other: Image) -> Image {
    one.image_name = one.image_name.filter(|name| other.image_name.as_ref() == Some(name));
    one.image_size = one.image_size.filter(|size| other.image_size == Some(*size));
    one.encrypted = one.encrypted.filter(|flag| other.encrypted == Some(*flag));
    one
}

/// Returns a number in base 36, with at least four digits.
fn digits(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.len() < 4 {
        digits.push(
            u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36)).unwrap_or('0'),
        );
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use presync::Region;

    #[test]
    fn a_copy_gets_an_id_that_no_image_has_in_any_region() {
        let (source, id) = ("ap-guangzhou", "img-o3ycss2p");
        let regions = [source, "ap-shanghai", "ap-beijing", "ap-seoul"].map(Region::new);
        let images = [id, "img-copy0002", "img-copy0003"].map(|id| Image::new(source, id).with_image_size(1));
        let mut world = World::new(State::new(regions, images).unwrap(), Duration::ZERO);
        let request = SyncRequest::new(id, ["ap-shanghai", "ap-beijing", "ap-seoul"]);
        let (report, copies) = world.sync(&request, &Ruleset::default(), Duration::ZERO);
        assert!(report.accepted());
        let ids: Vec<&str> = copies.iter().map(|copy| &*copy.image_id).collect();
        assert_eq!(ids, ["img-copy0001", "img-copy0004", "img-copy0005"]);
        assert!(world.state().image("ap-seoul", "img-copy0005").is_some());
    }

    #[test]
    fn of_a_copy_of_one_of_several_images_that_is_known_which_all_of_them_have() {
        let (id, to) = ("img-o3ycss2p", "ap-tokyo");
        let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing", to].map(Region::new);
        let image = |region: &str, name: &str, size: u64| {
            Image::new(region, id).with_image_name(name).with_image_size(size)
        };
        let a = image("ap-guangzhou", "a", 10);
        let mut untold = a.clone();
        untold.region = "ap-beijing".to_owned();
        (untold.image_size, untold.encrypted) = (None, None);
        let whole = (Some("a"), Some(10), Some(false));
        for (others, expected) in [
            (vec![], whole),
            (vec![image("ap-shanghai", "a", 10)], whole),
            (vec![image("ap-shanghai", "b", 10)], (None, Some(10), Some(false))),
            (vec![image("ap-shanghai", "a", 20)], (Some("a"), None, Some(false))),
            (vec![image("ap-shanghai", "a", 10).with_encrypted(true)], (Some("a"), Some(10), None)),
            (vec![untold], (Some("a"), None, None)),
            // One that is as the first one does not bring back what is not known.
            (vec![image("ap-shanghai", "b", 20), image("ap-beijing", "a", 10)], (None, None, Some(false))),
        ] {
            let images = [a.clone()].into_iter().chain(others.clone());
            let world = World::new(State::new(regions.clone(), images).unwrap(), Duration::ZERO);
            let facts = |request: &SyncRequest| {
                let copy = world.copy_of(request, id);
                (copy.image_name, copy.image_size, copy.encrypted)
            };
            let (name, size, encrypted) = expected;
            let request = SyncRequest::new(id, [to]);
            assert_eq!(facts(&request), (name.map(str::to_owned), size, encrypted), "{others:?}");
            // With a region it is the image of that region.
            let (name, size, encrypted) = whole;
            let request = request.with_region("ap-guangzhou");
            assert_eq!(facts(&request), (name.map(str::to_owned), size, encrypted));
            // What the request says of its copies is known.
            let request = SyncRequest::new(id, [to]).with_image_name("mine");
            assert_eq!(facts(&request).0.as_deref(), Some("mine"));
        }
    }

    #[test]
    fn a_number_has_four_digits_or_more() {
        for (number, expected) in [
            (0, "0000"),
            (1, "0001"),
            (35, "000z"),
            (36, "0010"),
            (36_u64.pow(4) - 1, "zzzz"),
            (36_u64.pow(4), "10000"),
            (u64::MAX, "3w5e11264sgsf"),
        ] {
            assert_eq!(digits(number), expected);
        }
    }
}
