//! Writes the seed corpora of the targets that read bytes, from the cases of the tests.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (bodies, states) = (fuzz.join("corpus/decode"), fuzz.join("corpus/state"));
    fs::create_dir_all(&bodies)?;
    fs::create_dir_all(&states)?;
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
        fs::write(bodies.join(name), body)?;
        if !case["state"].is_null() {
            fs::write(states.join(name), case["state"].to_string())?;
        }
        count += 1;
    }
    println!("{count} cases");
    Ok(())
}
