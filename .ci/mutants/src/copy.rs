//! A copy of the project with the mutants in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::list::Mutant;
use crate::tests::{self, Test};
use crate::weave::{Woven, weave};

pub struct Copy {
    root: PathBuf,
    work: PathBuf,
    /// The sources. Some of them have mutants.
    sources: Vec<String>,
}

impl Copy {
    /// Copies what Git knows or would add, twice: the sources are read by tests too, as they are.
    pub fn new(root: &Path, work: &Path) -> Self {
        let mut copy = Self { root: root.to_owned(), work: work.to_owned(), sources: Vec::new() };
        if work.join("plain").is_dir() {
            // The last run was stopped while it built.
            let _ = fs::rename(work.join("tree"), copy.woven());
            fs::rename(work.join("plain"), copy.tree()).expect("a folder is renamed");
        }
        let listed =
            Command::new("git").args(["ls-files", "-zco", "--exclude-standard"]).current_dir(root).output();
        let listed = String::from_utf8(listed.expect("Git lists the files").stdout).expect("names are UTF-8");
        let listed: HashSet<&str> = listed.split('\0').filter(|name| root.join(name).is_file()).collect();
        let switch = Path::new(env!("CARGO_MANIFEST_DIR")).join("switch");
        for name in ["Cargo.toml", "src/lib.rs"] {
            write(&work.join("switch").join(name), &read(&switch.join(name)));
        }
        let is_source = |name: &str| name.starts_with("src/") && name.ends_with(".rs");
        copy.sources = listed.iter().filter(|name| is_source(name)).map(|name| (*name).to_owned()).collect();
        for folder in ["woven", "tree"].map(|name| work.join(name)) {
            for name in &listed {
                let is_woven = folder.ends_with("woven") && is_source(name);
                if !(is_woven && folder.join(name).is_file()) {
                    write(&folder.join(name), &read(&root.join(name)));
                }
            }
            remove_others(&folder, "", &listed);
        }
        let text = String::from_utf8(read(&root.join("Cargo.toml"))).expect("Cargo.toml is UTF-8");
        let text =
            text.replacen("\n[dependencies]\n", "\n[dependencies]\nmutant = { path = \"../switch\" }\n", 1);
        // So many mutants at once take too long to optimize.
        let optimized = "\n[profile.test.package.presync]\nopt-level = 1\n";
        assert!(text.contains(optimized), "the tests are built with a profile of their own");
        let text = text.replacen(optimized, &optimized.replace("= 1", "= 0"), 1);
        write(&copy.woven().join("Cargo.toml"), text.as_bytes());
        copy
    }

    pub fn tree(&self) -> PathBuf {
        self.work.join("tree")
    }

    fn woven(&self) -> PathBuf {
        self.work.join("woven")
    }

    /// Writes the mutants into the sources until all that are there compile, and adds those that do
    /// not to the unviable ones.
    pub fn weave(&self, mutants: &[Mutant], unviable: &mut HashSet<u32>) -> HashSet<u32> {
        loop {
            let mut woven = HashMap::<String, Woven>::new();
            let mut files = BTreeMap::<&str, Vec<Mutant>>::new();
            // One without a mutant may be another one than it was, too.
            for file in &self.sources {
                files.insert(file, Vec::new());
            }
            for mutant in mutants {
                files.entry(&mutant.file).or_default().push(mutant.clone());
            }
            for (file, mutants) in files {
                let text = String::from_utf8(read(&self.root.join(file))).expect("sources are UTF-8");
                let of = weave(&text, &mutants, unviable);
                write(&self.woven().join(file), of.text.as_bytes());
                woven.insert(file.to_owned(), of);
            }
            let messages = self.cargo(&["check", "--lib", "--bins"]);
            let errors = messages.iter().filter(|message| message["message"]["level"] == "error");
            let (mut found, mut others) = (HashSet::new(), Vec::new());
            for error in errors.map(|message| &message["message"]) {
                let mut spans = Vec::new();
                gather(error, &mut spans);
                let at = |primary: bool| {
                    let spans = spans.iter().filter(move |span| !primary || span.2);
                    let numbers = spans.flat_map(|(file, line, _)| {
                        let lines = woven.get(file).map(|woven| &woven.lines);
                        let within = move |(_, (first, last)): &(&u32, &(usize, usize))| {
                            (*first..=*last).contains(line)
                        };
                        lines.into_iter().flatten().filter(within).map(|(number, _)| *number)
                    });
                    numbers.collect::<Vec<_>>()
                };
                let numbers =
                    Some(at(true)).filter(|numbers| !numbers.is_empty()).unwrap_or_else(|| at(false));
                if numbers.is_empty() && !spans.is_empty() {
                    others.push(error["rendered"].as_str().unwrap_or_default().to_owned());
                }
                found.extend(numbers);
            }
            println!("{} more do not compile", found.len());
            if found.is_empty() {
                assert!(others.is_empty(), "an error of no mutant:\n{}", others.join("\n"));
                return woven.values().flat_map(|woven| woven.lines.keys().copied()).collect();
            }
            unviable.extend(found);
        }
    }

    /// Builds the tests.
    pub fn tests(&self) -> Vec<Test> {
        let messages = self.cargo(&["test", "--no-run", "--lib", "--bins", "--tests"]);
        let built = messages.iter().filter(|message| message["profile"]["test"] == true);
        let tests = built.filter_map(|message| {
            let (target, binary) = (&message["target"], message["executable"].as_str()?);
            let name = format!("{}/{}", target["kind"][0].as_str()?, target["name"].as_str()?);
            Some(tests::of_binary(&name, Path::new(binary)))
        });
        tests.flatten().collect()
    }

    /// Runs Cargo where the sources with the mutants are, for the while, at
    /// the place of the others.
    fn cargo(&self, arguments: &[&str]) -> Vec<Value> {
        let swap = |from: &str, to: &str| {
            fs::rename(self.work.join(from), self.work.join(to)).expect("a folder is renamed")
        };
        swap("tree", "plain");
        swap("woven", "tree");
        let mut command = Command::new("cargo");
        command.current_dir(self.tree()).args(arguments).args(["--all-features", "--message-format=json"]);
        command.env("CARGO_TARGET_DIR", self.work.join("target")).env("RUSTFLAGS", "--cap-lints allow");
        // Of the switch, for `const fn`.
        command
            .env("RUSTC_BOOTSTRAP", "mutant")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0");
        command.env("CARGO_PROFILE_DEV_CODEGEN_UNITS", "64");
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
        command.stderr(std::process::Stdio::inherit());
        let output = command.output().expect("cargo runs");
        swap("tree", "woven");
        swap("plain", "tree");
        output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }
}

/// Gathers where a message points: file, line, and if that is where the error is.
fn gather(message: &Value, spans: &mut Vec<(String, usize, bool)>) {
    for span in message["spans"].as_array().into_iter().flatten() {
        let file = span["file_name"].as_str().unwrap_or_default().to_owned();
        spans.push((
            file,
            span["line_start"].as_u64().unwrap_or_default() as usize,
            span["is_primary"] == true,
        ));
    }
    for child in message["children"].as_array().into_iter().flatten() {
        let from = spans.len();
        gather(child, spans);
        spans.iter_mut().skip(from).for_each(|span| span.2 = false);
    }
}

/// Removes the files of a folder that are not listed.
fn remove_others(root: &Path, folder: &str, listed: &HashSet<&str>) {
    for entry in fs::read_dir(root.join(folder)).expect("a folder is read").flatten() {
        let name = format!("{folder}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            remove_others(root, &format!("{name}/"), listed);
        } else if !listed.contains(name.as_str()) {
            fs::remove_file(entry.path()).expect("a file is removed");
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a file only if that changes it, so that no more than needed is built again.
fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder is made");
    fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
