//! The mutants that cargo-mutants lists.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;

use regex::Regex;
use serde_json::Value;

/// One change of the sources.
#[derive(Clone)]
pub struct Mutant {
    /// From 1.
    pub number: u32,
    /// As cargo-mutants says it, with its place.
    pub name: String,
    /// The name without its place, and which of that name in its file: it stays where lines move.
    pub key: String,
    pub file: String,
    pub genre: String,
    pub replacement: String,
    /// Line and column, from 1.
    pub start: (usize, usize),
    /// An entry of `exclude_re` names it.
    pub is_excepted: bool,
}

/// Lists every mutant of a package.
pub fn list(root: &Path) -> Vec<Mutant> {
    let kept: HashSet<String> = names(&run(root, &[])).collect();
    let mut seen = HashMap::<_, u32>::new();
    let all = run(root, &["--no-config"]);
    let of = |(number, one): (usize, &Value)| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let part = |key: &str| one["span"]["start"][key].as_u64().unwrap_or_default() as usize;
        let name = text("name");
        let bare = bare(&name);
        let nth = seen.entry(bare.clone()).or_default();
        *nth += 1;
        Mutant {
            number: u32::try_from(number + 1).expect("they are few"),
            key: format!("{bare} #{nth}"),
            is_excepted: !kept.contains(&name),
            name,
            file: text("file"),
            genre: text("genre"),
            replacement: text("replacement"),
            start: (part("line"), part("column")),
        }
    };
    all.iter().enumerate().map(of).collect()
}

/// Returns the entries of `exclude_re` that name no mutant any more.
pub fn stale(root: &Path, mutants: &[Mutant]) -> Vec<String> {
    let text = std::fs::read_to_string(root.join(".cargo/mutants.toml")).unwrap_or_default();
    let entries = text.lines().map(str::trim).skip_while(|line| !line.starts_with("exclude_re")).skip(1);
    let entries = entries.take_while(|line| *line != "]").filter(|line| line.starts_with(['\'', '"']));
    let entries =
        entries.map(|line| line.trim_end_matches(',').trim_matches(line.chars().next().unwrap_or('"')));
    let names_none = |entry: &&str| {
        let pattern = Regex::new(entry).expect("a pattern");
        !mutants.iter().any(|mutant| pattern.is_match(&mutant.name))
    };
    entries.filter(names_none).map(str::to_owned).collect()
}

fn bare(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    let file = parts.next().unwrap_or_default();
    format!("{file}:{}", parts.nth(2).unwrap_or_default())
}

fn names(list: &[Value]) -> impl Iterator<Item = String> {
    list.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned)
}

fn run(root: &Path, options: &[&str]) -> Vec<Value> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["mutants", "--list", "--json", "--all-features"]).args(options);
    let output = command.output().expect("cargo-mutants runs");
    serde_json::from_slice(&output.stdout).expect("cargo-mutants lists them")
}
