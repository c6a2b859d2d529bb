//! Every input that the fuzz targets keep is replayed here, on stable and without a fuzzer.

#![cfg(all(feature = "arbitrary", feature = "hcl", feature = "policy"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use presync::Edition;

use crate::support::history;

#[allow(clippy::duplicate_mod, reason = "the targets are a crate of their own, which has its own oracle")]
#[path = "../../fuzz/src/lib.rs"]
pub(crate) mod targets;

// What is beside the targets is compiled here, so that it still does when it is needed.
#[allow(dead_code, reason = "they are run by hand")]
#[path = "../../fuzz/examples/dense.rs"]
mod dense;
#[allow(dead_code, reason = "they are run by hand")]
#[path = "../../fuzz/examples/seeds.rs"]
mod seeds;

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_kept_input_passes() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, target) in targets::TARGETS {
        let corpus = files(&fuzz.join("corpus").join(name));
        assert!(corpus.len() >= 20, "the corpus of {name} has {} inputs", corpus.len());
        for path in corpus.iter().chain(&files(&fuzz.join("crashes").join(name))) {
            // Printed only when the test fails: the last one named is the one that did it.
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
        }
    }
}

/// The inputs that say their edition say all of them: the months of every
/// change, and those beside them.
#[test]
fn the_kept_inputs_are_of_every_edition() {
    for name in ["validate", "plan", "decode_differential"] {
        let corpus = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name));
        let editions: BTreeSet<Edition> =
            corpus.iter().map(|path| targets::edition_of(&fs::read(path).unwrap())).collect();
        assert_eq!(editions, history::months(), "{name}");
    }
}

#[test]
fn every_folder_and_every_target_belongs_to_the_other() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let named: BTreeSet<String> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        files(&fuzz.join(folder))
            .iter()
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(stems("fuzz_targets"), named);
    assert_eq!(stems("corpus"), named);
    assert!(stems("crashes").is_subset(&named));
    let readme = fs::read_to_string(fuzz.join("README.md")).unwrap();
    let rows: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    assert_eq!(rows, named);
}
