//! The limits of the readers of documents: what is just within one is read, and what is just beyond
//! it is refused in words that say the limit and what was seen.
#![cfg(all(feature = "sources", feature = "hcl", feature = "policy"))]

use std::fmt::Write as _;

use presync::check::lines::MAX_LINE_BYTES;
use presync::policy::{self, Policy, PolicyError};
use presync::sources::describe::{self, DescribeError, Responses};
use presync::sources::packer::{self, MAX_COPIES, MAX_HCL_BYTES, Template, Variables};
use presync::sources::terraform::{self, MAX_PROVIDERS};
use presync::sources::{Planned, SourceError};
use presync::wire::{self, MAX_JSON_BYTES};

/// A text with blanks behind it, so that it has this many bytes.
fn padded(text: &str, size: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    assert!(bytes.len() <= size);
    bytes.resize(size, b' ');
    bytes
}

#[test]
fn responses_are_at_most_so_large() {
    const LIMIT: usize = describe::MAX_BYTES;
    let read = |size| Responses::default().regions(&padded(r#"{"RegionSet": [{"Region": "a"}]}"#, size));
    assert!(read(LIMIT).is_ok());
    let error = read(LIMIT + 1).unwrap_err();
    assert_eq!(error, DescribeError::TooLarge { limit: LIMIT, found: LIMIT + 1 });
    assert_eq!(error.to_string(), "a file of responses has at most 16777216 bytes: this one has 16777217");
}

#[test]
fn a_line_holds_the_largest_body_and_64_kib_for_the_other_keys() {
    assert_eq!(MAX_LINE_BYTES, MAX_JSON_BYTES + 65_536);
}

#[test]
fn a_policy_is_at_most_so_large() {
    const LIMIT: usize = policy::MAX_BYTES;
    let read = |size| Policy::from_toml(padded("edition = \"latest\"\n", size));
    assert!(read(LIMIT).is_ok());
    let error = read(LIMIT + 1).unwrap_err();
    assert_eq!(error, PolicyError::TooLarge { limit: LIMIT, found: LIMIT + 1 });
    assert_eq!(error.to_string(), "a policy has at most 131072 bytes: this one has 131073");
}

#[test]
fn plans_configure_at_most_so_many_providers() {
    let plan = |count: usize| {
        let providers: Vec<String> = (0..count).map(|provider| format!("\"p{provider}\":{{}}")).collect();
        format!(
            r#"{{"format_version":"1.2","resource_changes":[],"configuration":{{"provider_config":{{{}}}}}}}"#,
            providers.join(",")
        )
    };
    assert!(terraform::calls(plan(MAX_PROVIDERS).as_bytes(), None).is_ok());
    let too_many = SourceError::TooManyProviders { limit: MAX_PROVIDERS, found: MAX_PROVIDERS + 1 };
    // In one plan, or in two.
    for plans in [plan(MAX_PROVIDERS + 1), plan(MAX_PROVIDERS) + &plan(1)] {
        assert_eq!(terraform::calls(plans.as_bytes(), None).unwrap_err(), too_many);
    }
    assert_eq!(
        too_many.to_string(),
        "the plans of a file configure at most 16384 providers: these configure 16385"
    );
}

#[test]
fn a_template_in_hcl_is_at_most_so_large_with_all_that_belongs_to_it() {
    let read = |template: Template, variables: Variables| {
        template.calls(&variables, None).map_err(packer::TemplateError::into_error)
    };
    let is_refused = |result: Result<Planned, SourceError>| {
        let error = result.unwrap_err();
        let what = "a Packer template in HCL, with all of its files and values,";
        assert_eq!(error, SourceError::TooLarge { what, limit: MAX_HCL_BYTES, found: MAX_HCL_BYTES + 1 });
        assert_eq!(
            error.to_string(),
            "a Packer template in HCL, with all of its files and values, has at most 131072 bytes: this one has 131073"
        );
    };
    for (name, text) in [("a.pkr.hcl", "variable \"a\" {}\n"), ("a.pkr.json", r#"{"variable": {"a": {}}}"#)] {
        let one = |size| Template::default().with_file(name, padded(text, size));
        assert!(read(one(MAX_HCL_BYTES), Variables::default()).is_ok());
        is_refused(read(one(MAX_HCL_BYTES + 1), Variables::default()));
        // Two files.
        let half = MAX_HCL_BYTES / 2;
        let two = |size| one(half).with_file("b.pkr.hcl", padded("", size));
        assert!(read(two(half), Variables::default()).is_ok());
        is_refused(read(two(half + 1), Variables::default()));
        // A file of values, and a value: the name counts too.
        let file = |size| Variables::default().with_file("v.pkrvars.hcl", padded("a = 1\n", size));
        assert!(read(one(half), file(half)).is_ok());
        is_refused(read(one(half), file(half + 1)));
        let value = |size| Variables::default().with_value("a", "x".repeat(size));
        assert!(read(one(half), value(half - 1)).is_ok());
        is_refused(read(one(half), value(half)));
    }
    assert!(packer::hcl_calls(&padded("", MAX_HCL_BYTES), None).is_ok());
    is_refused(packer::hcl_calls(&padded("", MAX_HCL_BYTES + 1), None));
}

#[test]
fn values_for_a_legacy_template_are_at_most_so_large() {
    const LIMIT: usize = packer::MAX_BYTES;
    let read = |size| {
        let variables = Variables::default().with_file("v.json", padded("{}", size));
        packer::calls_with(br#"{"builders": []}"#, &variables, None)
    };
    assert!(read(LIMIT).is_ok());
    let error = read(LIMIT + 1).unwrap_err();
    let what = "a file of values";
    assert_eq!(*error.error(), SourceError::TooLarge { what, limit: LIMIT, found: LIMIT + 1 });
    assert_eq!(error.file(), Some("v.json"));
}

/// A legacy template with so many regions, which are all this text.
fn legacy(count: usize, region: &str, variables: &str) -> String {
    let mut builders = Vec::new();
    let mut left = count;
    while left > 0 {
        let here = left.min(16_384);
        let regions = vec![format!("\"{region}\""); here].join(",");
        builders.push(format!(r#"{{"type":"tencentcloud-cvm","image_copy_regions":[{regions}]}}"#));
        left -= here;
    }
    format!(r#"{{"builders":[{}],"variables":{variables}}}"#, builders.join(","))
}

#[test]
fn regions_that_are_not_known_are_counted_too() {
    let read = |count| packer::calls(legacy(count, "{{a}}", "{}").as_bytes(), None);
    assert_eq!(read(MAX_COPIES).unwrap().calls.len(), 4);
    assert_eq!(read(MAX_COPIES + 1), Err(SourceError::TooManyCopies { limit: MAX_COPIES }));
}

#[test]
fn values_that_are_put_into_texts_are_limited_together() {
    // 8 MiB.
    let variables = format!(r#"{{"a":"{}"}}"#, "x".repeat(1 << 10));
    let read = |count| packer::calls(legacy(count, "{{user `a`}}", &variables).as_bytes(), None);
    assert!(read(1 << 13).is_ok());
    assert_eq!(read((1 << 13) + 1), Err(SourceError::TooMuchWork));
    // A text that would have more than 64 KiB is not known, and takes no more.
    let text = "{{user `a`}}".repeat(65);
    assert!(packer::calls(legacy(1 << 10, &text, &variables).as_bytes(), None).is_ok());
}

/// What a whole template in HCL comes to.
fn whole(text: &str) -> Result<Planned, SourceError> {
    let template = Template::default().with_file("a.pkr.hcl", text).whole();
    template.calls(&Variables::default(), None).map_err(packer::TemplateError::into_error)
}

#[test]
fn builds_name_at_most_so_many_sources() {
    let build = |count: usize| format!("build {{\n sources = [{}]\n}}\n", "\"docker.x\",".repeat(count));
    assert!(whole(&build(4_000)).is_ok());
    assert_eq!(whole(&build(9_000)), Err(SourceError::TooMuchWork));
    // Each build names the same ones.
    let names = |builds: usize| {
        let local = format!("locals {{\n s = [{}]\n}}\n", "\"docker.x\",".repeat(1_000));
        local + &"build {\n sources = local.s\n}\n".repeat(builds)
    };
    assert!(whole(&names(4)).is_ok());
    assert_eq!(whole(&names(9)), Err(SourceError::TooMuchWork));
}

/// A text of some hundred bytes that stands for 4,096 elements, a long text,
/// and what is made of both.
#[test]
fn small_texts_that_stand_for_much_are_too_much_work() {
    let list = |count: usize| format!("split(\",\", \"{}\")", ",".repeat(count - 1));
    let template = |element: &str| {
        let mut text = format!("locals {{\n m = {}\n", list(4_096));
        writeln!(text, " l = join(\"\", [for a in {} : \"{}\"])", list(64), "x".repeat(60)).unwrap();
        writeln!(text, " x = {element}\n}}\nvariable \"u\" {{}}").unwrap();
        text + "source \"tencentcloud-cvm\" \"a\" {\n region = \"r-${length([local.x])}\"\n}\n"
    };
    // Each is some work, and is read once; for each element of a list it would be too much.
    for element in [
        "local.m[*]",
        "concat(local.m, [])",
        "[for y in local.m : y if var.u]",
        "\"${local.l}${local.m[0]}\"",
        "local.l == local.l",
        "{ for y in [1] : \"${local.l}${y}\" => y }",
    ] {
        assert!(whole(&template(element)).is_ok(), "{element}");
        let all = template(&format!("[for x in concat(local.m, local.m, local.m) : {element}]"));
        assert_eq!(whole(&all), Err(SourceError::TooMuchWork), "{element}");
    }
    // Lists that have the same list in them are as large as they are written.
    let literal = |count: usize| format!("[{}]", "\"\",".repeat(count));
    let nested = |count: usize| {
        let default = format!("[for m in [{}] : [for x in {} : m]]", literal(4_096), literal(count));
        whole(&format!("variable \"x\" {{\n type = list(list(list(string)))\n default = {default}\n}}\n"))
    };
    assert!(nested(64).is_ok());
    assert_eq!(nested(256), Err(SourceError::TooMuchWork));
}

/// The parser would read what follows an empty heredoc twice, and so twice as often for
/// each one within another.
#[test]
fn empty_heredocs_within_one_another_are_read_once() {
    let text = (0..20).fold("1".to_owned(), |text, word| format!("[<<W{word}\nW{word}\n, \"${{{text}}}\"]"));
    assert!(whole(&format!("locals {{\n a = {text}\n}}\n")).is_ok());
}

/// The parser would read the operand that is missing twice, and so twice as often for
/// each one within another.
#[test]
fn operations_within_one_another_are_an_error_at_once() {
    let error = whole(&format!("locals {{\n a = {}\n}}\n", "1+1+(".repeat(60))).unwrap_err().to_string();
    assert!(error.starts_with("line 2, column "), "{error}");
    assert!(error.ends_with(": operations stand too deep within one another"), "{error}");
    let nested = |depth: usize| format!("{}1{}", "1+1+(".repeat(depth), ")".repeat(depth));
    assert!(whole(&format!("locals {{\n a = {}\n}}\n", nested(8))).is_ok());
}

#[test]
fn the_limits_are_the_documented_ones() {
    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;
    for (limit, documented) in [
        (wire::MAX_URL_BYTES, 32 * KIB),
        (wire::MAX_FORM_BYTES, MIB),
        (MAX_JSON_BYTES, 10 * MIB),
        (MAX_LINE_BYTES, 10 * MIB + 64 * KIB),
        (policy::MAX_BYTES, 128 * KIB),
        (describe::MAX_BYTES, 16 * MIB),
        (terraform::MAX_BYTES, 64 * MIB),
        (MAX_PROVIDERS, 16_384),
        (packer::MAX_BYTES, MIB),
        (MAX_COPIES, 65_536),
        (MAX_HCL_BYTES, 128 * KIB),
    ] {
        assert_eq!(limit, documented);
    }
    assert_eq!(packer::MAX_KEY_PAIRS, 4096 * 4096);
}
