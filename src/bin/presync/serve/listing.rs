//! The images of one region, in the order in which they were listed, by type and by state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use presync::{Image, ImageState, ImageType};

/// The type and the state of an image, as far as they are known.
pub(super) type Kind = (Option<ImageType>, Option<ImageState>);

/// The images of one region. None is ever removed, so that the position of an image stays.
#[derive(Default)]
pub(super) struct Listing {
    entries: Vec<Entry>,
    positions: HashMap<String, usize>,
    kinds: BTreeMap<Kind, BTreeSet<usize>>,
}

/// An image of a listing. All that is known of it is in the state, where
/// looking it up takes longer.
pub(super) struct Entry {
    pub(super) image_id: String,
    /// The name, for a search through all of them.
    pub(super) image_name: Option<String>,
    /// The time at which the copy was accepted; `None` for an image that no request made.
    pub(super) begun: Option<Duration>,
}

/// Returns the kind of an image.
pub(super) fn kind(image: &Image) -> Kind {
    (image.image_type.clone(), image.image_state.clone())
}

impl Listing {
    /// Adds an image.
    pub(super) fn add(&mut self, image: &Image, begun: Option<Duration>) {
        let position = self.entries.len();
        self.kinds.entry(kind(image)).or_default().insert(position);
        self.positions.insert(image.image_id.clone(), position);
        let (image_id, image_name) = (image.image_id.clone(), image.image_name.clone());
        self.entries.push(Entry { image_id, image_name, begun });
    }

    /// Changes the type or the state of an image.
    pub(super) fn change(&mut self, old: &Image, new: &Image) {
        let Some(position) = self.position(&old.image_id) else { return };
        if let Some(positions) = self.kinds.get_mut(&kind(old)) {
            positions.remove(&position);
        }
        self.kinds.entry(kind(new)).or_default().insert(position);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn position(&self, image_id: &str) -> Option<usize> {
        self.positions.get(image_id).copied()
    }

    pub(super) fn at(&self, position: usize) -> Option<&Entry> {
        self.entries.get(position)
    }

    /// True if there is an image of such a kind.
    pub(super) fn has_kind(&self, is_it: impl Fn(&Kind) -> bool) -> bool {
        self.kinds.iter().any(|(kind, positions)| !positions.is_empty() && is_it(kind))
    }

    /// Returns the number of images of these kinds, and their positions in order. The time does not
    /// depend on the number of images, but on that of those that are taken.
    pub(super) fn of_kinds(&self, is_wanted: impl Fn(&Kind) -> bool) -> (usize, impl Iterator<Item = usize>) {
        let wanted: Vec<&BTreeSet<usize>> =
            self.kinds.iter().filter(|(kind, _)| is_wanted(kind)).map(|(_, positions)| positions).collect();
        let count = wanted.iter().map(|positions| positions.len()).sum();
        (count, Merged::of(wanted.into_iter().map(BTreeSet::iter)))
    }
}

/// Several ordered sets as one, each with its next position. There are a handful of kinds, so that
/// looking at each is quick.
struct Merged<I>(Vec<(Option<usize>, I)>);

impl<'p, I: Iterator<Item = &'p usize>> Merged<I> {
    fn of(sets: impl Iterator<Item = I>) -> Self {
        Self(sets.map(|mut positions| (positions.next().copied(), positions)).collect())
    }
}

impl<'p, I: Iterator<Item = &'p usize>> Iterator for Merged<I> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let (next, rest) = self.0.iter_mut().min_by_key(|(next, _)| next.unwrap_or(usize::MAX))?;
        std::mem::replace(next, rest.next().copied())
    }
}
