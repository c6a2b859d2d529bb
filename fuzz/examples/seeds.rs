//! Writes the seed corpora: of the targets that read bytes, from the cases of the tests; of plans, from bytes that happen
//! to make one in which the calls have to do with each other.

use std::fs;
use std::path::Path;

use presync::{Edition, Ruleset, plan};
use presync_fuzz::{calls, edition_of};
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = |target: &str| -> std::io::Result<_> {
        let folder = fuzz.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    };
    let (bodies, states, lines) = (folder("decode")?, folder("state")?, folder("cli_batch")?);
    let mut count = 0;
    for entry in fs::read_dir(fuzz.join("../tests/cases"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Value = serde_json::from_slice(&fs::read(&path)?)?;
        let name = path.file_stem().ok_or("a case without a name")?;
        let body = match (&case["json"], &case["json_text"], &case["query"]) {
            (Value::Null, Value::Null, Value::String(text)) | (Value::Null, Value::String(text), _) => {
                text.clone()
            }
            (body, ..) => body.to_string(),
        };
        fs::write(bodies.join(name), &body)?;
        // Beside the line of the request, one with the request as a text.
        let (id, text) = (Value::from(name.to_string_lossy()), Value::from(&*body));
        let request = if body.trim_ascii_start().starts_with('{') { &body } else { &text.to_string() };
        fs::write(
            lines.join(name),
            format!("{{\"id\":{id},\"request\":{request}}}\n{{\"request\":{text}}}\n"),
        )?;
        if !case["state"].is_null() {
            fs::write(states.join(name), case["state"].to_string())?;
        }
        count += 1;
    }
    println!("{count} cases");
    plans(&fuzz.join("corpus/plan"))
}

/// For every edition that an input can ask for a plan in which two calls are accepted, and one is not that would be
/// without them.
fn plans(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all(folder)?;
    let mut missing: Vec<Edition> = Vec::new();
    for (change, beside) in (0..=u8::MAX).flat_map(|change| (0..3).map(move |beside| (change, beside))) {
        let edition = edition_of(&[change, beside]);
        if !missing.contains(&edition) {
            missing.push(edition);
        }
    }
    let count = missing.len();
    // The same numbers each time: a seed is no secret.
    let mut random: u64 = 1;
    while !missing.is_empty() {
        let mut bytes = Vec::with_capacity(256);
        while bytes.len() < 256 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.extend((random >> 32).to_le_bytes().iter().take(4));
        }
        let (edition, (state, calls)) = (edition_of(&bytes), calls(&bytes)?);
        let rules = Ruleset::documented(edition);
        let reports = plan::check(&calls, &state, &rules);
        let accepted = reports.iter().filter(|report| report.accepted()).count();
        let mut pairs = calls.iter().zip(&reports);
        let depends = pairs.any(|(call, report)| !report.accepted() && rules.check(call, &state).accepted());
        let place = missing.iter().position(|missing| *missing == edition);
        if let Some(place) = place.filter(|_| accepted >= 2 && depends) {
            missing.remove(place);
            fs::write(folder.join(format!("edition-{edition}")), &bytes)?;
        }
    }
    println!("{count} plans");
    Ok(())
}
