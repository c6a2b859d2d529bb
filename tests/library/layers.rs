//! The layers of the library: who may import whom, without a circle. The table is
//! that of `src/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the library, and those that each may import.
const LAYERS: [(&str, &[&str]); 10] = [
    ("text", &[]),
    ("model", &["text"]),
    ("report", &["text", "model"]),
    ("rule", &["text", "model", "report"]),
    ("rules", &["text", "model", "report", "rule"]),
    ("wire", &["text", "model", "report", "rule", "rules"]),
    ("check", &["text", "model", "report", "rule", "rules"]),
    ("sources", &["text", "model", "report", "rule", "rules", "wire", "check"]),
    ("policy", &["text", "model", "report", "rule", "rules", "wire", "check"]),
    ("generators", &["text", "model", "report", "rule", "rules", "wire", "check"]),
];

/// Arrows that the table does not have, for one file each.
const EXTRA: [(&str, &str); 2] = [("check::lines", "wire"), ("check::sent", "wire")];

/// A module: its path, and its text without comments, strings and unit tests.
type Modules = BTreeMap<String, String>;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every Rust file below a folder, without what is built there.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// The code of a file: without its unit tests, comments and literals of text.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        // What stands in quotes is no path. A quote that is escaped, or a
        // character, does not matter here.
        let outside = line.split('"').step_by(2);
        code.extend(outside);
        code.push('\n');
    }
    code
}

fn modules(folder: &Path, skip: &str) -> Modules {
    let mut modules = Modules::new();
    for file in files(folder) {
        let path = file.strip_prefix(folder).expect("below the folder").to_string_lossy().replace('/', "::");
        if !skip.is_empty() && path.starts_with(skip) {
            continue;
        }
        let name = path.trim_end_matches(".rs").trim_end_matches("::mod").to_owned();
        let name = if matches!(&*name, "lib" | "main" | "mod") { String::new() } else { name };
        modules.insert(name, code(&fs::read_to_string(&file).expect("text")));
    }
    modules
}

/// The paths in one tree of a `use`: `a::{b, c::{self, d}}`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    let mut parts = Vec::new();
    for (at, character) in tree.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('{') {
            Some((head, rest)) => {
                let rest = rest.rsplit_once('}').map_or(rest, |(rest, _)| rest);
                expand(&format!("{prefix}{head}"), rest, paths);
            }
            None => {
                let path = part.split(" as ").next().unwrap_or_default();
                paths.push(format!("{prefix}{path}"));
            }
        }
    }
}

/// What a module imports: (the path from the root, whether it is passed on).
fn imports(module: &str, text: &str, modules: &Modules) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let before = text[..at].rsplit('\n').next().unwrap_or_default().trim();
        if !before.is_empty() && !before.starts_with("pub") {
            continue;
        }
        let Some(end) = text[at..].find(';') else { continue };
        let mut paths = Vec::new();
        expand("", &text[at + 4..at + end].replace('\n', " "), &mut paths);
        found.extend(paths.into_iter().map(|path| (path, before.starts_with("pub"))));
    }
    // Paths that stand in the code itself.
    for (at, _) in text.match_indices("crate::") {
        let path: String = text[at..]
            .chars()
            .take_while(|character| character.is_alphanumeric() || matches!(character, '_' | ':'))
            .collect();
        found.push((path.trim_end_matches(':').to_owned(), false));
    }
    found.into_iter().filter_map(|(path, pub_)| Some((absolute(module, &path, modules)?, pub_))).collect()
}

fn absolute(module: &str, path: &str, modules: &Modules) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
    let mut base: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    match *parts.first()? {
        "crate" => return Some(parts[1..].join("::")),
        "self" => {
            parts.remove(0);
        }
        "super" => {
            while parts.first() == Some(&"super") {
                parts.remove(0);
                base.pop();
            }
        }
        first => {
            // A child of this module, or a name of another crate.
            let child = base.iter().chain([&first]).copied().collect::<Vec<_>>().join("::");
            modules.get(&child)?;
        }
    }
    Some(base.into_iter().chain(parts).collect::<Vec<_>>().join("::"))
}

/// For each module, the modules that it imports, through re-exports.
fn graph(modules: &Modules) -> BTreeMap<String, BTreeSet<String>> {
    let mut exports: BTreeMap<String, String> = BTreeMap::new();
    for (module, text) in modules {
        for (path, is_public) in imports(module, text, modules) {
            if is_public {
                let name = path.rsplit("::").next().unwrap_or_default();
                let from = if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
                exports.insert(from, path);
            }
        }
    }
    let resolve = |path: &str| {
        let mut path = path.trim_end_matches("::*").trim_end_matches("::self").to_owned();
        for _ in 0..6 {
            if modules.contains_key(&path) {
                return path;
            }
            match exports.get(&path) {
                Some(next) if *next != path => path.clone_from(next),
                _ => break,
            }
        }
        while !modules.contains_key(&path) {
            path = path.rsplit_once("::").map_or(String::new(), |(head, _)| head.to_owned());
        }
        path
    };
    let mut graph = BTreeMap::new();
    for (module, text) in modules {
        let mut to = BTreeSet::new();
        for (path, _) in imports(module, text, modules) {
            let target = resolve(&path);
            let is_child = target.starts_with(&format!("{module}::"));
            // The list that a folder has of its files is no import of them.
            if target != *module && !target.is_empty() && !module.is_empty() && !is_child {
                to.insert(target);
            }
        }
        graph.insert(module.clone(), to);
    }
    graph
}

/// A module that can be reached from itself.
fn in_circle(graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let reaches_itself = |module: &String| {
        let mut seen = BTreeSet::new();
        let mut rest: Vec<&String> = graph[module].iter().collect();
        while let Some(next) = rest.pop() {
            if next == module {
                return true;
            }
            if seen.insert(next) {
                rest.extend(graph.get(next).into_iter().flatten());
            }
        }
        false
    };
    graph.keys().filter(|module| reaches_itself(module)).cloned().collect()
}

fn layer(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

#[test]
fn each_layer_imports_only_those_below_it() {
    let modules = modules(&root().join("src"), "bin");
    assert!(modules.len() > 40, "{} files were read", modules.len());
    let mut arrows = 0;
    for (module, targets) in graph(&modules).iter().filter(|(module, _)| !module.is_empty()) {
        let (_, allowed) = LAYERS
            .iter()
            .find(|(name, _)| *name == layer(module))
            .unwrap_or_else(|| panic!("{module}: no layer"));
        for target in targets {
            arrows += 1;
            let is_extra = EXTRA.contains(&(module.as_str(), layer(target)));
            let is_allowed = layer(target) == layer(module) || allowed.contains(&layer(target));
            assert!(is_allowed || is_extra, "{module} imports {target}");
        }
    }
    assert!(arrows > 100, "{arrows} imports were found");
    for (name, _) in LAYERS {
        assert!(modules.keys().any(|module| layer(module) == name), "there is no folder {name}");
    }
}

/// The command line is a program on top of the library: its features add packages and no item, so
/// that the library is documented, and its public items are listed, without them.
#[test]
fn no_file_of_the_library_asks_for_a_feature_of_the_command_line() {
    let library = |file: &PathBuf| !file.starts_with(root().join("src/bin"));
    let mut read = 0;
    for file in files(&root().join("src")).into_iter().filter(library) {
        read += 1;
        let text = fs::read_to_string(&file).unwrap();
        for feature in ["cli", "serve"] {
            assert!(!text.contains(&format!("feature = \"{feature}\"")), "{}: {feature}", file.display());
        }
    }
    assert!(read > 40, "{read} files were read");
}

#[test]
fn no_files_import_one_another_in_a_circle() {
    for (folder, skip, least) in [("src", "bin", 40), ("src/bin/presync", "", 20)] {
        let modules = modules(&root().join(folder), skip);
        assert!(modules.len() > least, "{folder}: {} files were read", modules.len());
        assert_eq!(in_circle(&graph(&modules)), [""; 0], "{folder}");
    }
}

#[test]
fn a_circle_and_a_wrong_arrow_are_found() {
    let modules: Modules = [
        ("", "pub mod a;\npub mod b;\n"),
        ("a", "mod x;\npub use x::X;\n"),
        ("a::x", "use crate::b::Y;\n"),
        ("b", "mod y;\npub(crate) use y::Y;\n"),
        ("b::y", "use crate::a::{Z, X};\nuse super::super::a;\n"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let graph = graph(&modules);
    assert!(graph["a::x"].contains("b::y"), "{graph:?}");
    assert_eq!(in_circle(&graph), ["a::x", "b::y"]);
}

/// The ids of rules stand in the rules themselves, and in no comparison or list elsewhere.
/// What is told by a single rule is a function in its file; only `mend` asks for the rules
/// whose violations it mends.
#[test]
fn no_id_of_a_rule_stands_outside_the_rules() {
    let ids: Vec<&str> = presync::rules::all().map(|rule| rule.id()).collect();
    assert!(ids.len() > 20);
    let single = regex::Regex::new(r"\b[A-Z][A-Z_]+\.id\(\)").unwrap();
    assert!(single.is_match("rule == shape::PARAMETER_ONCE.id()"));
    let mut read = 0;
    for file in files(&root().join("src")) {
        let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if path.starts_with("src/rules/") || path.starts_with("src/policy/rules.rs") {
            continue;
        }
        read += 1;
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            // A policy has keys of the same names: `limits.image-size` is no rule.
            let is_key =
                |id: &str| path == "src/policy/mod.rs" && line.contains(&format!("limit(\"{id}\", limits."));
            for id in ids.iter().filter(|id| !is_key(id)) {
                assert!(!line.contains(&format!("\"{id}\"")), "{path}:{}: {line}", number + 1);
            }
            let is_single = single.is_match(line) && !path.starts_with("src/policy/");
            assert!(!is_single, "{path}:{}: {line}", number + 1);
        }
    }
    assert!(read > 40, "{read} files were read");
}

/// The table of the map is the table of this test, and what the map names is there.
#[test]
fn the_map_is_true() {
    let map = fs::read_to_string(root().join("src/README.md")).unwrap();
    let table =
        map.split("<!-- layers -->").nth(1).and_then(|rest| rest.split("<!-- /layers -->").next()).unwrap();
    let in_backticks =
        |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows: Vec<(String, Vec<String>)> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (in_backticks(cells[1]).remove(0), in_backticks(cells[3]))
        })
        .collect();
    let expected: Vec<(String, Vec<String>)> = LAYERS
        .iter()
        .map(|(name, to)| ((*name).to_owned(), to.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(rows, expected);

    let folders = ["src", "tests"].map(|folder| files(&root().join(folder)));
    let sources: String = folders.iter().flatten().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut named = 0;
    for word in in_backticks(&map.replace(table, "")) {
        named += 1;
        if word.contains('/') {
            assert!(root().join(&word).exists(), "the map names `{word}`");
        } else {
            let last = word.rsplit("::").next().unwrap_or_default();
            let is_there = ["fn ", "struct ", "enum ", "trait ", "const ", "static ", "mod "]
                .iter()
                .any(|kind| sources.contains(&format!("{kind}{last}")));
            assert!(is_there, "the map names `{word}`");
        }
    }
    assert!(named > 15, "{named} names were found");
}
