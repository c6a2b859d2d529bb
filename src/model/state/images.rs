//! The images of a state: a base that clones share, and the changes since it was made.
//!
//! The base has its records and their lookups, and never changes. An image that comes or goes is a
//! change beside it, found in logarithmic time; when there are many changes, they are merged into
//! a new base. They are many when they are more than a multiple of the root of the number of
//! images: the cost of a merge is then spread over them, and they stay few enough to be copied
//! where a clone shares them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::error::StateError;
use super::lookup::{ImageIndex, Index as _, Lookup, RegionIndex};
use super::regions::{Regions, refuse_empty};
use super::summary::is_custom;
use crate::model::image::Image;
use crate::text::clean;

/// The images of a state.
#[derive(Clone, Debug, Default)]
pub(super) struct Images {
    base: Arc<Base>,
    /// The changes since the base was made, if there are any.
    changes: Option<Arc<Changes>>,
}

/// Images as they were at one moment.
#[derive(Clone, Debug, Default)]
struct Base {
    records: Vec<Image>,
    ids: Lookup<ImageIndex>,
    /// The images that are or may be custom ones, by their names.
    names: Lookup<ImageIndex>,
    /// For each image, its region.
    regions: Vec<RegionIndex>,
    /// For each image, true if it is in the ordinary case, whatever its name and its size.
    is_ordinary: Vec<bool>,
}

/// What changed since a base was made.
#[derive(Clone, Debug, Default)]
struct Changes {
    /// The images that came. Their indices follow those of the base.
    added: Vec<Added>,
    /// The images that went, of the base and of the added ones.
    removed: BTreeSet<ImageIndex>,
    /// For each id whose images changed, all its images that are there, in
    /// the order of the regions.
    ids: BTreeMap<Arc<str>, Vec<ImageIndex>>,
    /// For each name of an added image that is or may be a custom one, those of the
    /// added images that are there.
    names: BTreeMap<Arc<str>, BTreeSet<(RegionIndex, Doubt, ImageIndex)>>,
    /// The base that they make, for whoever wants all images in a row.
    merged: OnceLock<Arc<Base>>,
}

#[derive(Clone, Debug)]
struct Added {
    image: Arc<Image>,
    region: RegionIndex,
    is_ordinary: bool,
}

/// True if the type of an image is not known. Of one name, images that surely
/// are custom ones come first.
type Doubt = bool;

/// Returns the name of an image that is or may be a custom one, if it is known.
fn custom_name(image: &Image) -> Option<&str> {
    image.image_name.as_deref().filter(|_| is_custom(image) != Some(false))
}

fn doubt(image: &Image) -> Doubt {
    is_custom(image).is_none()
}

impl Images {
    /// Validates the images and indexes them.
    pub(super) fn of(records: Vec<Image>, regions: &Regions) -> Result<Self, StateError> {
        let mut of_images = Vec::with_capacity(records.len());
        for (index, image) in records.iter().enumerate() {
            refuse_empty(&image.image_id, || format!("Images[{index}].ImageId"))?;
            of_images.push(regions.listed(&image.region, || format!("Images[{index}].Region"))?);
        }
        let base = Base::of(records, of_images);
        let id = |index: ImageIndex| index.of(&base.records).map(|image| &*image.image_id);
        let region = |index: ImageIndex| index.of(&base.regions);
        if let Some(index) = base.ids.first_duplicate(|a, b| id(a) == id(b) && region(a) == region(b)) {
            let image = index.of(&base.records);
            return Err(StateError::DuplicateImage {
                path: format!("Images[{index}].ImageId"),
                image_id: clean(image.map_or("", |image| &image.image_id)),
                region: clean(image.map_or("", |image| &image.region)),
            });
        }
        Ok(Self { base: Arc::new(base), changes: None })
    }

    /// Returns every image: those of the base in their order, and then those that were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Image> {
        self.entries().map(|(image, _)| image)
    }

    /// Returns every image with its region.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Image, RegionIndex)> {
        let changes = self.changes.as_deref();
        let base = self.base.records.iter().zip(self.base.regions.iter().copied());
        let added = changes.map(|changes| &*changes.added).unwrap_or_default();
        let added = added.iter().map(|added| (&*added.image, added.region));
        let is_there = move |index: usize| {
            changes.is_none_or(|changes| !changes.removed.contains(&ImageIndex::new(index)))
        };
        base.chain(added).enumerate().filter(move |(index, _)| is_there(*index)).map(|(_, entry)| entry)
    }

    /// Returns every image in a row, which after a change is put together when it is asked for.
    pub(super) fn all(&self) -> &[Image] {
        match &self.changes {
            None => &self.base.records,
            Some(changes) => &changes.merged.get_or_init(|| Arc::new(self.merged())).records,
        }
    }

    #[inline]
    pub(super) fn get(&self, image: ImageIndex) -> Option<&Image> {
        image.of(&self.base.records).or_else(|| Some(&*self.added(image)?.image))
    }

    #[inline]
    pub(super) fn region(&self, image: ImageIndex) -> Option<RegionIndex> {
        image.of(&self.base.regions).copied().or_else(|| Some(self.added(image)?.region))
    }

    /// True if the image is in the ordinary case, whatever its name and its size.
    #[inline]
    pub(super) fn is_ordinary(&self, image: ImageIndex) -> bool {
        match image.of(&self.base.is_ordinary) {
            Some(is_ordinary) => *is_ordinary,
            None => self.added(image).is_some_and(|added| added.is_ordinary),
        }
    }

    #[cold]
    fn added(&self, image: ImageIndex) -> Option<&Added> {
        image.after(self.base.records.len())?.of(&self.changes.as_ref()?.added)
    }

    /// Returns every image of this id, in the order of the regions.
    #[inline]
    pub(super) fn find(&self, id: &str) -> &[ImageIndex] {
        match &self.changes {
            None => self.base.find(id),
            Some(changes) => self.find_changed(changes, id),
        }
    }

    #[cold]
    fn find_changed<'s>(&'s self, changes: &'s Changes, id: &str) -> &'s [ImageIndex] {
        changes.ids.get(id).map_or_else(|| self.base.find(id), Vec::as_slice)
    }

    /// Returns, of images of one id, the one in this region, if there is one.
    #[inline]
    pub(super) fn in_region<'i>(&self, images: &'i [ImageIndex], region: RegionIndex) -> &'i [ImageIndex] {
        match images {
            // Nearly every image is in one region.
            [only] if self.region(*only) == Some(region) => images,
            [_] => &[],
            several => self.in_region_of(several, region),
        }
    }

    #[cold]
    fn in_region_of<'i>(&self, images: &'i [ImageIndex], region: RegionIndex) -> &'i [ImageIndex] {
        let found = images.binary_search_by_key(&Some(region), |index| self.region(*index)).ok();
        found.and_then(|found| images.get(found..=found)).unwrap_or_default()
    }

    /// Returns images of this name in this region that are or may be custom ones: up to
    /// two, and one that surely is among them if there is one. However many images have the
    /// name, no more are looked at.
    pub(super) fn named(&self, name: &str, region: RegionIndex) -> impl Iterator<Item = &Image> {
        let changes = self.changes.as_deref();
        let is_there = |index: &ImageIndex| changes.is_none_or(|changes| !changes.removed.contains(index));
        let base = self.base.named(name, region).find(is_there);
        let added = changes.and_then(|changes| changes.names.get(name));
        let added = added.and_then(|added| added.range((region, false, ImageIndex::new(0))..).next());
        let added = added.filter(|(of, ..)| *of == region).map(|(.., index)| *index);
        base.into_iter().chain(added).filter_map(|index| self.get(index))
    }

    /// Adds an image whose id the region does not have.
    pub(super) fn insert(&mut self, image: Image, region: RegionIndex) {
        self.use_merged();
        let mut of_id = self.find(&image.image_id).to_vec();
        let at = of_id.partition_point(|index| self.region(*index) < Some(region));
        let first_added = self.base.records.len();
        let changes = self.changes_mut();
        let index = ImageIndex::new(first_added + changes.added.len());
        of_id.insert(at, index);
        changes.ids.insert(image.image_id.as_str().into(), of_id);
        if let Some(name) = custom_name(&image) {
            changes.names.entry(name.into()).or_default().insert((region, doubt(&image), index));
        }
        let is_ordinary = image.is_ordinary();
        changes.added.push(Added { image: Arc::new(image), region, is_ordinary });
        self.merge_many();
    }

    /// Removes the image of this id from a region, and returns it.
    pub(super) fn remove(&mut self, region: RegionIndex, id: &str) -> Option<Image> {
        self.use_merged();
        let of_id = self.find(id);
        let [index] = *self.in_region(of_id, region) else { return None };
        let of_id: Vec<ImageIndex> = of_id.iter().copied().filter(|other| *other != index).collect();
        let image = self.get(index)?.clone();
        let changes = self.changes_mut();
        changes.removed.insert(index);
        changes.ids.insert(id.into(), of_id);
        if let Some(namesakes) = custom_name(&image).and_then(|name| changes.names.get_mut(name)) {
            namesakes.remove(&(region, doubt(&image), index));
        }
        self.merge_many();
        Some(image)
    }

    /// Returns the changes, to add one. What a clone still shares is copied, and it is no longer
    /// known what base they make.
    fn changes_mut(&mut self) -> &mut Changes {
        let changes = Arc::make_mut(self.changes.get_or_insert_default());
        changes.merged = OnceLock::new();
        changes
    }

    /// Takes the base that the changes make, if it was made already.
    fn use_merged(&mut self) {
        if let Some(base) = self.changes.as_ref().and_then(|changes| changes.merged.get()) {
            *self = Self { base: Arc::clone(base), changes: None };
        }
    }

    /// Merges the changes into a new base if they are many.
    fn merge_many(&mut self) {
        let Some(changes) = &self.changes else { return };
        let most = FEW_CHANGES + CHANGES_FOR_ROOT * self.base.records.len().isqrt();
        if changes.added.len() + changes.removed.len() > most {
            *self = Self { base: Arc::new(self.merged()), changes: None };
        }
    }

    /// Returns the base that the changes make of the present one.
    fn merged(&self) -> Base {
        let (records, regions) = self.entries().map(|(image, region)| (image.clone(), region)).unzip();
        Base::of(records, regions)
    }
}

/// The most changes beside a base: these, and so many for each one of the root of
/// the number of its images.
const FEW_CHANGES: usize = 64;
const CHANGES_FOR_ROOT: usize = 8;

impl Base {
    fn of(records: Vec<Image>, regions: Vec<RegionIndex>) -> Self {
        let region = |index: ImageIndex| index.of(&regions).copied();
        let id = |index: ImageIndex| index.of(&records).map(|image| &*image.image_id);
        let name = |index: ImageIndex| index.of(&records).and_then(custom_name);
        let ids = Lookup::new(records.len(), id, region);
        let names =
            Lookup::new(records.len(), name, |index| (region(index), index.of(&records).is_some_and(doubt)));
        let is_ordinary = records.iter().map(Image::is_ordinary).collect();
        Self { records, ids, names, regions, is_ordinary }
    }

    fn find(&self, id: &str) -> &[ImageIndex] {
        self.ids.find(id, |index| index.of(&self.records).map(|image| &*image.image_id))
    }

    /// Returns every image of this name in this region that is or may be a custom one,
    /// those first that surely are.
    fn named(&self, name: &str, region: RegionIndex) -> impl Iterator<Item = ImageIndex> {
        let region_of = |index: &ImageIndex| index.of(&self.regions).copied();
        let namesakes = self.names.find(name, |index| index.of(&self.records).and_then(custom_name));
        let start = namesakes.partition_point(|index| region_of(index) < Some(region));
        namesakes.iter().skip(start).take_while(move |index| region_of(index) == Some(region)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::region::Region;
    use crate::model::words::ImageType;

    fn image(number: usize, image_type: Option<ImageType>) -> Image {
        Image::new("ap-shanghai", format!("img-{number:08}"))
            .with_image_name("base")
            .with_image_type(image_type)
    }

    /// The answer is that of all images of the name, and does not take the time of them.
    #[test]
    fn of_many_images_of_one_name_two_say_all() {
        let regions = Regions::of(vec![Region::new("ap-shanghai")]).unwrap();
        let region = RegionIndex::new(0);
        let named = |images: &Images| images.named("base", region).map(is_custom).collect::<Vec<_>>();
        let others = [Some(ImageType::PUBLIC_IMAGE), None].into_iter().cycle().take(100).enumerate();
        let mut images =
            Images::of(others.map(|(number, of_type)| image(number, of_type)).collect(), &regions).unwrap();
        assert_eq!(named(&images), [None]);
        // Before and after the changes are merged.
        for count in [10, 1_000] {
            for number in 100..100 + count {
                images.insert(image(number, None), region);
            }
            images.insert(image(90_000, Some(ImageType::PRIVATE_IMAGE)), region);
            images.insert(image(90_001, None), region);
            assert!(named(&images).len() <= 2 && named(&images).contains(&Some(true)));
            for number in (100..100 + count).chain([90_000]) {
                images.remove(region, &format!("img-{number:08}")).unwrap();
            }
            let left = named(&images);
            assert!(!left.is_empty() && left.len() <= 2 && left.iter().all(Option::is_none), "{left:?}");
            images.remove(region, "img-00090001").unwrap();
        }
        for number in (1..100).step_by(2) {
            images.remove(region, &format!("img-{number:08}")).unwrap();
        }
        assert_eq!(named(&images), []);
    }

    /// The changes stay few, and a merge is paid for by many of them.
    #[test]
    fn many_changes_are_merged_into_a_new_base_and_few_are_not() {
        let regions = Regions::of(vec![Region::new("ap-shanghai")]).unwrap();
        let region = RegionIndex::new(0);
        // 64 changes, and 8 for each one of the root of 100.
        let most = 144;
        let mut images = Images::of((0..100).map(|number| image(number, None)).collect(), &regions).unwrap();
        for number in 100..100 + most / 2 {
            images.insert(image(number, None), region);
            images.remove(region, &format!("img-{number:08}")).unwrap();
            assert_eq!(images.base.records.len(), 100, "{number}");
        }
        images.insert(image(100, None), region);
        assert_eq!((images.base.records.len(), images.changes.is_none()), (101, true));
        // A base that was made for whoever looks at all images is used from then on.
        images.insert(image(101, None), region);
        assert_eq!((images.all().len(), images.base.records.len()), (102, 101));
        images.insert(image(102, None), region);
        assert_eq!((images.all().len(), images.base.records.len()), (103, 102));
        images.remove(region, "img-00000000").unwrap();
        assert_eq!((images.all().len(), images.base.records.len()), (102, 103));
    }
}
