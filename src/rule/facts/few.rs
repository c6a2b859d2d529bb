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
    /// Returns an empty list. `filler` stands where there is no element.
    pub(super) fn new(filler: T) -> Self {
        Self { few: [filler; N], many: Vec::new(), count: 0 }
    }

    /// Adds an element.
    pub(super) fn push(&mut self, element: T) {
        if let Some(slot) = self.few.get_mut(self.count) {
            *slot = element;
            self.count += 1;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(element);
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        if self.many.is_empty() { self.few.get(..self.count).unwrap_or_default() } else { &self.many }
    }
}
