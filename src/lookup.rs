//! Finding a record by its name.
//!
//! Not the standard hash map: its seeds are random, and a fixed seed would let crafted names make it slow. Here names
//! are sorted by hash, and a table of starts leads to the few with nearly the same one, so that a name is found in
//! constant time, and in logarithmic time whatever the names are.

/// Names of records, by hash. The names themselves stay in the records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lookup {
    /// How far a hash is shifted to give its bucket.
    shift: u32,
    /// For each bucket, where it starts in `hashes`; one more for the end.
    starts: Vec<usize>,
    /// The hashes of all names, sorted.
    hashes: Vec<u64>,
    /// The records' places in the order of (hash, name, rank).
    places: Vec<usize>,
}

impl Lookup {
    /// Records 0 to `count`, each with a name; those of one name are kept in the order of their rank.
    pub(crate) fn new<'a>(
        count: usize,
        name: impl Fn(usize) -> Option<&'a str>,
        rank: impl Fn(usize) -> usize,
    ) -> Self {
        let mut entries: Vec<(u64, usize)> =
            (0..count).map(|place| (hash(name(place).unwrap_or_default()), place)).collect();
        entries.sort_unstable_by(|(hash_a, a), (hash_b, b)| {
            hash_a.cmp(hash_b).then_with(|| (name(*a), rank(*a), *a).cmp(&(name(*b), rank(*b), *b)))
        });
        // Twice as many buckets as names, or more, so that most of them have one name or none.
        let buckets = count.saturating_mul(2).next_power_of_two();
        let shift = u64::BITS - buckets.trailing_zeros();
        let mut starts = Vec::with_capacity(buckets + 1);
        for (position, (hash, _)) in entries.iter().enumerate() {
            while starts.len() <= bucket(*hash, shift) {
                starts.push(position);
            }
        }
        starts.resize(buckets + 1, entries.len());
        let (hashes, places) = entries.into_iter().unzip();
        Self { shift, starts, hashes, places }
    }

    /// The hashes and the places of the bucket that this hash is in.
    fn bucket(&self, hash: u64) -> (&[u64], &[usize]) {
        let bucket = bucket(hash, self.shift);
        match self.starts.get(bucket..).and_then(|starts| starts.first_chunk()) {
            Some([start, end]) => (
                self.hashes.get(*start..*end).unwrap_or_default(),
                self.places.get(*start..*end).unwrap_or_default(),
            ),
            None => (&[], &[]),
        }
    }

    /// A record of this name.
    pub(crate) fn find_one<'a>(
        &self,
        wanted: &str,
        name: impl Fn(usize) -> Option<&'a str>,
    ) -> Option<usize> {
        /// How many names a bucket has at most, unless they are crafted.
        const FEW: usize = 8;

        let hash = hash(wanted);
        let (hashes, places) = self.bucket(hash);
        if hashes.len() > FEW {
            return self.find(wanted, name).first().copied();
        }
        // In a few, one after the other is quicker than halving.
        let mut records = hashes.iter().zip(places);
        let (_, place) = records.find(|(h, place)| **h == hash && name(**place) == Some(wanted))?;
        Some(*place)
    }

    /// Every record of this name.
    pub(crate) fn find<'a>(&self, wanted: &str, name: impl Fn(usize) -> Option<&'a str>) -> &[usize] {
        let hash = hash(wanted);
        let (hashes, places) = self.bucket(hash);
        match (hashes, places) {
            // Nearly always: a bucket of one record, or of none.
            ([], _) => &[],
            ([only], [place]) if *only != hash || name(*place) != Some(wanted) => &[],
            ([_], _) => places,
            _ => {
                let start = hashes.partition_point(|h| *h < hash);
                let places = equal(places, start, hashes.partition_point(|h| *h <= hash));
                equal(
                    places,
                    places.partition_point(|place| name(*place) < Some(wanted)),
                    places.partition_point(|place| name(*place) <= Some(wanted)),
                )
            }
        }
    }

    /// The first record, by place, that is the same as an earlier one.
    pub(crate) fn first_repeated(&self, same: impl Fn(usize, usize) -> bool) -> Option<usize> {
        let neighbours = self.places.iter().zip(self.places.iter().skip(1));
        neighbours.filter(|(a, b)| same(**a, **b)).map(|(_, b)| *b).min()
    }
}

fn equal(places: &[usize], start: usize, end: usize) -> &[usize] {
    places.get(start..end).unwrap_or_default()
}

fn bucket(hash: u64, shift: u32) -> usize {
    // A table of one bucket shifts by the whole width, which `>>` does not do.
    usize::try_from(hash.checked_shr(shift).unwrap_or_default()).unwrap_or_default()
}

/// A quick hash whose upper bits are well mixed; nothing depends on it but speed.
fn hash(name: &str) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = name.as_bytes();
    let mut hash = u64::try_from(bytes.len()).unwrap_or_default();
    let mut mix = |word: u64| hash = (hash.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER);
    match (bytes.first_chunk(), bytes.last_chunk()) {
        // Up to 16 bytes, as nearly all names have, are all in the first eight and the last eight.
        (Some(first), Some(last)) => {
            mix(u64::from_le_bytes(*first));
            if let Some(between) = bytes.get(8..bytes.len() - 1).filter(|_| bytes.len() > 16) {
                for word in between.chunks_exact(8) {
                    mix(u64::from_le_bytes(word.try_into().unwrap_or_default()));
                }
            }
            mix(u64::from_le_bytes(*last));
        }
        _ => {
            let mut word = [0; 8];
            for (byte, from) in word.iter_mut().zip(bytes) {
                *byte = *from;
            }
            mix(u64::from_le_bytes(word));
        }
    }
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(names: &[String]) -> Lookup {
        Lookup::new(names.len(), |place| names.get(place).map(|name| &**name), |_| 0)
    }

    fn find<'a>(lookup: &'a Lookup, names: &[String], wanted: &str) -> &'a [usize] {
        lookup.find(wanted, |place| names.get(place).map(|name| &**name))
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 7, 8, 9, 1000] {
            let names: Vec<String> = (0..count).map(|number| format!("img-{number:08}")).collect();
            let lookup = lookup(&names);
            for (place, name) in names.iter().enumerate() {
                assert_eq!(find(&lookup, &names, name), [place], "{name} of {count}");
            }
            for name in ["", "img-", "img-99999999", "img-000000001"] {
                assert!(find(&lookup, &names, name).is_empty(), "{name} of {count}");
            }
        }
    }

    #[test]
    fn records_of_one_name_are_found_together_in_the_order_of_their_rank() {
        let names = ["a", "b", "a", "c", "a"].map(str::to_owned);
        let lookup = Lookup::new(5, |place| names.get(place).map(|name| &**name), |place| 10 - place);
        assert_eq!(find(&lookup, &names, "a"), [4, 2, 0]);
        assert_eq!(find(&lookup, &names, "b"), [1]);
        assert_eq!(lookup.first_repeated(|a, b| names[a] == names[b]), Some(0));
    }

    #[test]
    fn names_of_one_hash_are_told_apart() {
        // Two words that the multiplier takes to the same hash are hard to write down: this asks the search itself.
        let names = ["x", "y"].map(str::to_owned);
        let lookup = Lookup { shift: 64, starts: vec![0, 2], hashes: vec![hash("y"); 2], places: vec![0, 1] };
        assert_eq!(find(&lookup, &names, "y"), [1]);
        // One record of the same hash, and another name.
        let lookup = Lookup { shift: 64, starts: vec![0, 1], hashes: vec![hash("y")], places: vec![0] };
        assert!(find(&lookup, &names, "y").is_empty());
    }

    #[test]
    fn buckets_stay_small() {
        let names: Vec<String> = (0..4096).map(|number| format!("img-{number:08x}")).collect();
        let lookup = lookup(&names);
        let longest = lookup.starts.windows(2).map(|ends| ends[1] - ends[0]).max();
        assert!(longest <= Some(16), "{longest:?}");
    }
}
