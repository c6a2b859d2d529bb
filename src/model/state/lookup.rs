//! Finding a record by its name, and the types of the indices that are found.
//!
//! Not the standard hash map: its seeds are random, and a fixed seed would let crafted names make
//! it slow. Here names are sorted by hash, and a table of starts leads to the few with nearly the
//! same one, so that a name is found in constant time, and in logarithmic time whatever the names
//! are.

/// The index of a record. Each kind of record has a type of its own, so that the index of a region
/// is never passed for that of an image.
pub(crate) trait Index: Copy + Ord {
    fn new(index: usize) -> Self;
}

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(usize);

        impl Index for $name {
            fn new(index: usize) -> Self {
                Self(index)
            }
        }

        impl $name {
            /// Returns the record of this index, or a value that is kept for it.
            pub(crate) fn of<T>(self, records: &[T]) -> Option<&T> {
                records.get(self.0)
            }

            /// Returns the value that is kept for this record, to be changed.
            #[allow(dead_code, reason = "what is kept for an image never changes")]
            pub(crate) fn of_mut<T>(self, records: &mut [T]) -> Option<&mut T> {
                records.get_mut(self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

index! {
    /// The index of a region's record.
    RegionIndex;
    /// The index of an image's record.
    ImageIndex;
    /// The index of a region's record in the account's quota.
    QuotaIndex;
}

impl ImageIndex {
    /// Returns this index as counted after the first records; `None` if it is one of these.
    pub(crate) fn after(self, first: usize) -> Option<Self> {
        self.0.checked_sub(first).map(Self)
    }
}

/// Names of records, by hash. The names themselves stay in the records.
#[derive(Clone, Debug)]
pub(crate) struct Lookup<I> {
    /// The bits by which a hash is shifted to give its bucket.
    shift: u32,
    /// For each bucket, where it starts in `hashes`; one more for the end.
    starts: Vec<usize>,
    /// The hashes of all names, sorted.
    hashes: Vec<u64>,
    /// The records in the order of (hash, name, rank).
    records: Vec<I>,
}

impl<I> Default for Lookup<I> {
    fn default() -> Self {
        Self { shift: 0, starts: Vec::new(), hashes: Vec::new(), records: Vec::new() }
    }
}

impl<I: Index> Lookup<I> {
    /// Makes a lookup of the first `count` records. Those of one name are kept in the order of
    /// their rank.
    pub(crate) fn new<'a, K: Ord>(
        count: usize,
        name: impl Fn(I) -> Option<&'a str>,
        rank: impl Fn(I) -> K,
    ) -> Self {
        let mut entries: Vec<(u64, I)> =
            (0..count).map(I::new).map(|index| (hash(name(index).unwrap_or_default()), index)).collect();
        entries.sort_unstable_by(|(hash_a, a), (hash_b, b)| {
            hash_a.cmp(hash_b).then_with(|| (name(*a), rank(*a), *a).cmp(&(name(*b), rank(*b), *b)))
        });
        // Twice as many buckets as names, or more, so that most of them have one name or none. One
        // alone would shift by all the bits there are, which `>>` does not do.
        let buckets = count.saturating_mul(2).next_power_of_two().max(2);
        let shift = u64::BITS - buckets.trailing_zeros();
        let mut starts = Vec::with_capacity(buckets + 1);
        for (position, (hash, _)) in entries.iter().enumerate() {
            while starts.len() <= bucket(*hash, shift) {
                starts.push(position);
            }
        }
        starts.resize(buckets + 1, entries.len());
        let (hashes, records) = entries.into_iter().unzip();
        Self { shift, starts, hashes, records }
    }

    /// Returns a record of this name.
    #[inline]
    pub(crate) fn find_one<'a>(&self, wanted: &str, name: impl Fn(I) -> Option<&'a str>) -> Option<I> {
        match self.first_of(wanted, &name) {
            Some((_, [record])) => Some(*record),
            None => self.search(wanted, name).first().copied(),
        }
    }

    /// Returns every record of this name.
    #[inline]
    pub(crate) fn find<'a>(&self, wanted: &str, name: impl Fn(I) -> Option<&'a str>) -> &[I] {
        match self.first_of(wanted, &name) {
            // Nearly always it is the only one of its hash.
            Some((at, record)) if self.hashes.get(at) != self.hashes.get(at + 1) => record,
            _ => self.search(wanted, name),
        }
    }

    /// Returns the first record of the hash of a name, and its position among the hashes, if the
    /// record has the name; `None` also where that would take more than a few steps, or the name
    /// has no usual length. Nothing else is called here: nearly every look-up ends with this.
    #[inline]
    fn first_of<'a>(&self, wanted: &str, name: impl Fn(I) -> Option<&'a str>) -> Option<(usize, &[I; 1])> {
        /// The most records in a bucket, unless their names are crafted.
        const FEW: usize = 8;

        let wanted = words(wanted)?;
        let hash = hash_of(wanted);
        let start = *self.starts.get(bucket(hash, self.shift))?;
        let few = self.hashes.get(start..)?.iter().take(FEW);
        let (steps, _) = few.enumerate().find(|(_, h)| **h >= hash)?;
        let at = start + steps;
        let record: &[I; 1] = self.records.get(at..)?.first_chunk()?;
        let [index] = *record;
        // One of another hash has other words.
        (words(name(index)?) == Some(wanted)).then_some((at, record))
    }

    /// Finds every record of this name, by halving.
    #[cold]
    #[inline(never)]
    fn search<'a>(&self, wanted: &str, name: impl Fn(I) -> Option<&'a str>) -> &[I] {
        let hash = hash(wanted);
        let Some([start, end]) =
            self.starts.get(bucket(hash, self.shift)..).and_then(|starts| starts.first_chunk())
        else {
            return &[];
        };
        let hashes = self.hashes.get(*start..*end).unwrap_or_default();
        let records = self.records.get(*start..*end).unwrap_or_default();
        let start = hashes.partition_point(|h| *h < hash);
        let records = equal(records, start, hashes.partition_point(|h| *h <= hash));
        equal(
            records,
            records.partition_point(|record| name(*record) < Some(wanted)),
            records.partition_point(|record| name(*record) <= Some(wanted)),
        )
    }

    /// Returns the first record that is a duplicate of an earlier one.
    pub(crate) fn first_duplicate(&self, same: impl Fn(I, I) -> bool) -> Option<I> {
        let neighbours = self.records.iter().zip(self.records.iter().skip(1));
        neighbours.filter(|(a, b)| same(**a, **b)).map(|(_, b)| *b).min()
    }
}

fn equal<I>(records: &[I], start: usize, end: usize) -> &[I] {
    records.get(start..end).unwrap_or_default()
}

fn bucket(hash: u64, shift: u32) -> usize {
    usize::try_from(hash.wrapping_shr(shift)).unwrap_or_default()
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER)
}

/// The length of a name, its first eight bytes and its last eight.
type Words = (usize, [u8; 8], [u8; 8]);

/// Returns the words of a name of a usual length, 8 to 16 bytes. They are all of it: of two such
/// names with the same words each byte is the same.
fn words(name: &str) -> Option<Words> {
    let name = name.as_bytes();
    match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) if name.len() <= 16 => Some((name.len(), *first, *last)),
        _ => None,
    }
}

/// A quick hash whose upper bits are well mixed; only the speed depends on it.
fn hash(name: &str) -> u64 {
    words(name).map_or_else(|| folded(hash_of_words(number(name.len()), name.as_bytes())), hash_of)
}

fn hash_of((length, first, last): Words) -> u64 {
    folded(mixed(mixed(number(length), u64::from_le_bytes(first)), u64::from_le_bytes(last)))
}

fn folded(hash: u64) -> u64 {
    hash ^ (hash >> 32)
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or_default()
}

#[cold]
fn hash_of_words(length: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(length, |hash, chunk| {
        let mut word = [0; 8];
        for (byte, from) in word.iter_mut().zip(chunk) {
            *byte = *from;
        }
        mixed(hash, u64::from_le_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Index for usize {
        fn new(index: usize) -> Self {
            index
        }
    }

    fn lookup(names: &[String]) -> Lookup<usize> {
        Lookup::new(names.len(), |index: usize| names.get(index).map(|name| &**name), |_| 0)
    }

    fn find<'a>(lookup: &'a Lookup<usize>, names: &[String], wanted: &str) -> &'a [usize] {
        lookup.find(wanted, |index| names.get(index).map(|name| &**name))
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 7, 8, 9, 1000] {
            let names: Vec<String> = (0..count).map(|number| format!("img-{number:08}")).collect();
            let lookup = lookup(&names);
            for (index, name) in names.iter().enumerate() {
                assert_eq!(find(&lookup, &names, name), [index], "{name} of {count}");
            }
            for name in ["", "img-", "img-99999999", "img-000000001"] {
                assert!(find(&lookup, &names, name).is_empty(), "{name} of {count}");
            }
        }
    }

    #[test]
    fn records_of_one_name_are_found_together_in_the_order_of_their_rank() {
        let names = ["a", "b", "a", "c", "a"].map(str::to_owned);
        let lookup = Lookup::new(5, |index: usize| names.get(index).map(|name| &**name), |index| 10 - index);
        assert_eq!(find(&lookup, &names, "a"), [4, 2, 0]);
        assert_eq!(find(&lookup, &names, "b"), [1]);
        assert_eq!(lookup.first_duplicate(|a, b| names[a] == names[b]), Some(0));
    }

    #[test]
    fn names_of_one_hash_are_told_apart() {
        // Two words that the multiplier takes to the same hash are hard to write down: this asks
        // the search itself, for names of a usual length and others.
        for names in [["x", "y"], ["xxxxxxxx", "yyyyyyyy"]].map(|names| names.map(str::to_owned)) {
            let [_, wanted] = &names;
            let with = |hashes: Vec<u64>| {
                let ends = if hash(wanted) >> 63 == 0 {
                    [0, hashes.len(), hashes.len()]
                } else {
                    [0, 0, hashes.len()]
                };
                Lookup { shift: 63, starts: ends.to_vec(), records: (0..hashes.len()).collect(), hashes }
            };
            let both = with(vec![hash(wanted); 2]);
            assert_eq!(find(&both, &names, wanted), [1]);
            assert_eq!(both.find_one(wanted, |index| names.get(index).map(|name| &**name)), Some(1));
            // One record of the same hash, and another name.
            let other = with(vec![hash(wanted)]);
            assert!(find(&other, &names, wanted).is_empty());
            assert_eq!(other.find_one(wanted, |index| names.get(index).map(|name| &**name)), None);
        }
    }

    /// Wherever a bucket starts, however many other names are in it, and however
    /// many records have the name.
    #[test]
    fn records_of_one_name_are_found_among_others_of_their_bucket() {
        for wanted in ["img-o3ycss2p", "x"] {
            let found = hash(wanted);
            for (before, lower, of_name) in (0..4).flat_map(|before| {
                (0..10).flat_map(move |lower| (0..4).map(move |of_name| (before, lower, of_name)))
            }) {
                // All hashes are in one half, and the records before them in a bucket of their own.
                // The names are in another order than the hashes.
                let mut names: Vec<String> = (0..before).map(|number| format!("before-{number}")).collect();
                names.extend((0..lower).map(|number| format!("zz-{number:08}")));
                names.extend(std::iter::repeat_n(wanted.to_owned(), of_name));
                names.push("a-name-after".to_owned());
                let mut hashes = vec![0; before];
                hashes.extend((1..=lower).rev().map(|less| found - u64::try_from(less).unwrap()));
                hashes.extend(std::iter::repeat_n(found, of_name));
                hashes.push(found + 1);
                let end = hashes.len();
                let starts = if found >> 63 == 0 { [before, end, end] } else { [0, before, end] };
                let records = (0..end).collect();
                let lookup = Lookup { shift: 63, starts: starts.to_vec(), hashes, records };
                let expected: Vec<usize> = (before + lower..before + lower + of_name).collect();
                assert_eq!(find(&lookup, &names, wanted), expected, "{before} {lower} {of_name}");
                let one = lookup.find_one(wanted, |index| names.get(index).map(|name| &**name));
                assert_eq!(one, expected.first().copied(), "{before} {lower} {of_name}");
            }
        }
    }

    #[test]
    fn names_of_any_length_are_told_apart() {
        let text = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
        let names: Vec<String> = (0..=text.len()).map(|length| text.chars().take(length).collect()).collect();
        let lookup = lookup(&names);
        for (index, name) in names.iter().enumerate() {
            assert_eq!(find(&lookup, &names, name), [index], "{name}");
            // Another last letter, and another first one.
            let (last, first) = (format!("{name}!"), format!("!{name}"));
            assert!(
                find(&lookup, &names, &last).is_empty() && find(&lookup, &names, &first).is_empty(),
                "{name}"
            );
        }
    }

    /// Every pair of texts of each length up to one above the usual ones, in which one
    /// byte or none is another one.
    #[test]
    fn names_of_the_same_words_are_equal() {
        let names: Vec<String> = (0..=17)
            .flat_map(|length: usize| {
                let plain = "a".repeat(length);
                let others =
                    (0..length).map(move |at| format!("{}b{}", "a".repeat(at), "a".repeat(length - at - 1)));
                std::iter::once(plain).chain(others)
            })
            .collect();
        for one in &names {
            assert_eq!(words(one).is_some(), (8..=16).contains(&one.len()), "{one}");
            for other in &names {
                if let (Some(words), Some(others)) = (words(one), words(other)) {
                    assert_eq!(words == others, one == other, "{one} {other}");
                }
            }
        }
    }

    #[test]
    fn buckets_stay_small() {
        for digits in [2, 8, 12, 40] {
            let names: Vec<String> = (0..4096).map(|number| format!("img-{number:0digits$x}")).collect();
            let lookup = lookup(&names);
            let longest = lookup.starts.windows(2).map(|ends| ends[1] - ends[0]).max();
            assert!(longest <= Some(16), "{longest:?} of {digits} digits");
        }
    }
}
