//! A list whose first few elements need no allocation.

/// A list that stays on the stack up to `N` elements, so that an accepted request allocates no
/// memory.
#[derive(Debug)]
pub(super) struct Few<T, const N: usize> {
    few: [T; N],
    many: Vec<T>,
    count: usize,
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// Collects the elements. `filler` stands where there is no element.
    pub(super) fn new(elements: impl ExactSizeIterator<Item = T>, filler: T) -> Self {
        let count = elements.len();
        let (mut few, mut many) = ([filler; N], Vec::new());
        if count <= N {
            for (slot, element) in few.iter_mut().zip(elements) {
                *slot = element;
            }
        } else {
            many = elements.collect();
        }
        Self { few, many, count }
    }

    /// Takes the first `count` elements of an array.
    pub(super) fn of_array(few: [T; N], count: usize) -> Self {
        Self { few, many: Vec::new(), count }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        if self.many.is_empty() { self.few.get(..self.count).unwrap_or_default() } else { &self.many }
    }
}
