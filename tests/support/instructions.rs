//! How many instructions a program takes, by valgrind: the same on every run,
//! whatever else the machine does.

use std::process::Command;

/// Tells if they can be counted here, and says so if not.
pub(crate) fn can_be_counted() -> bool {
    let is_there = Command::new("valgrind").arg("--version").output().is_ok();
    if !is_there {
        eprintln!("not checked: there is no valgrind here to count instructions");
    }
    is_there
}

/// Returns the instructions of a program with these arguments, from its start to its end.
pub(crate) fn of(program: &str, arguments: &[&str]) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", program])
        .args(arguments)
        .output()
        .expect("valgrind runs");
    let said = String::from_utf8_lossy(&output.stderr);
    // A refusal and bad input are answers too. A panic is counted no less, and is none.
    assert!(matches!(output.status.code(), Some(0..=2)), "{said}");
    let counted = said.lines().find_map(|line| line.split_once("I   refs:"));
    let (_, count) = counted.unwrap_or_else(|| panic!("valgrind says no count: {said}"));
    count.trim().replace(',', "").parse().expect("a count")
}
