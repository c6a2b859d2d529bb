//! Templates of Packer as people have them, each with what must be said of it.
#![cfg(feature = "hcl")]

use std::fs;
use std::path::Path;

use presync::sources::packer::{self, Kind, MAX_COPIES, MAX_FILES, Template, TemplateError, Variables};
use presync::sources::{self, Planned, PlannedCall, SourceError};
use presync::{Edition, Parameter, Report, Ruleset, State};

fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/field/packer");
    fs::read(folder.join(name)).unwrap()
}

fn state() -> State {
    State::from_json(&data("state.json")).unwrap()
}

/// The template of these files.
fn template(names: &[&str]) -> Template {
    names.iter().fold(Template::default(), |template, name| template.with_file(*name, data(name)))
}

/// The template of these texts, all of it.
fn whole(files: &[(&str, &str)]) -> Template {
    files.iter().fold(Template::default(), |template, (name, text)| template.with_file(*name, *text)).whole()
}

fn given(values: &[(&str, &str)]) -> Variables {
    values.iter().fold(Variables::default(), |all, (name, value)| all.with_value(*name, *value))
}

fn report(call: &PlannedCall) -> Report {
    Ruleset::documented(Edition::LATEST).check_partial(call.request(), &state())
}

/// The violations of a call: code, parameter, value.
fn violations(call: &PlannedCall) -> Vec<String> {
    let line = |violation: &presync::Violation| {
        let value = violation.value().unwrap_or_default();
        format!("{} {} {value}", violation.code(), violation.parameter())
    };
    report(call).violations().iter().map(line).collect()
}

fn unverified(call: &PlannedCall) -> Vec<String> {
    report(call).unverified().iter().map(|unverified| unverified.rule().to_owned()).collect()
}

/// A span that is given again is in the file that is named last, as a tool of one's own may say it.
#[test]
fn a_span_and_its_file_are_given_together() {
    let call = || PlannedCall::new("a.b", presync::SyncRequest::new("img-q7w3e9rt", ["ap-shanghai"]));
    let id = Parameter::IMAGE_IDS;
    let second = || call().with_parts([(id.clone(), (1, 3..5)), (Parameter::IMAGE_NAME, (2, 7..9))]);
    assert_eq!((second().file(&id), second().span(&id)), (1, Some(3..5)));
    let moved = second().with_spans([(id.clone(), 0..2)]);
    assert_eq!((moved.file(&id), moved.span(&id)), (0, Some(0..2)));
    assert_eq!((moved.file(&Parameter::IMAGE_NAME), moved.span(&Parameter::REGION)), (2, None));
    // The first file is the only one of most templates.
    let spans = call().with_spans([(id.clone(), 0..2)]);
    assert_eq!(spans, call().with_parts([(id.clone(), (0, 0..2))]));
}

/// Every call of a file alone.
fn alone(name: &str) -> Planned {
    sources::calls(Some(name), &data(name), Some("ap-guangzhou")).unwrap().unwrap()
}

/// Each call of a template in HCL: its address and its known destinations.
fn calls_of(planned: &Planned) -> Vec<(String, Vec<String>)> {
    let call = |call: &PlannedCall| {
        let destinations = call.request().request().destination_regions.clone();
        (call.address().to_owned(), destinations)
    };
    planned.calls.iter().map(call).collect()
}

fn hcl(text: &str) -> Vec<(String, Vec<String>)> {
    calls_of(&packer::hcl_calls(text.as_bytes(), None).unwrap())
}

fn call(address: &str, destinations: &[&str]) -> (String, Vec<String>) {
    let destinations = destinations.iter().map(|region| (*region).to_owned()).collect();
    (format!("source.tencentcloud-cvm.{address}"), destinations)
}

const NOWHERE: &str = "InvalidRegion.NotFound DestinationRegions.1 ap-nowhere";

#[test]
fn hcl_in_json_is_a_template() {
    let planned = alone("p01-hcl-in-json.pkr.json");
    assert_eq!(violations(&planned.calls[0]), [NOWHERE]);
    let text = data("p01-hcl-in-json.pkr.json");
    let span = planned.calls[0].span(&Parameter::DESTINATION_REGIONS.element(1)).unwrap();
    assert_eq!(&text[span], b"\"ap-nowhere\"");
    assert_eq!(
        violations(&alone("a/t.pkr.json").calls[0]),
        ["InvalidRegion.NotFound DestinationRegions.0 gz"]
    );
    // It is told by its blocks, too, and lists of blocks are read.
    let text = r#"{"source": [{"tencentcloud-cvm": {"x": [{"region": "a", "image_copy_regions": "${concat(var.to, [lower(\"C\")])}"}]}}],
        "variable": {"to": {"type": "list(string)", "default": ["b"]}},
        "build": {"source": {"tencentcloud-cvm.x": {"image_name": "n"}}}}"#;
    assert_eq!(Kind::of(None, text.as_bytes()), Some(Kind::Template));
    let calls = whole(&[("x.pkr.json", text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&calls), [call("x", &["b", "c"])]);
    assert_eq!(calls.calls[0].request().name_of_copies(), Some(Ok("n")));
    for text in [r#"{"source": 1}"#, r#"{"source": {"tencentcloud-cvm": {"x": 1}}}"#, r#"{"build": "x"}"#] {
        let error = sources::calls(Some("x.pkr.json"), text.as_bytes(), None).unwrap().unwrap_err();
        assert!(error.to_string().ends_with("expected an object, or a list of objects"), "{error}");
    }
}

#[test]
fn values_alone_are_no_template() {
    for name in ["p02-regions.auto.pkrvars.hcl", "dev.pkrvars.json", "dev.pkrvars.hcl"] {
        let error = sources::calls(Some(name), b"", None).unwrap().unwrap_err();
        assert!(error.to_string().contains("found values for a template"), "{name}: {error}");
    }
}

#[test]
fn hcl_of_another_name_is_read() {
    let text = data("p22-named-x.hcl");
    for name in [Some("p22-named-x.hcl"), Some("x"), None] {
        let planned = sources::calls(name, &text, None).unwrap().unwrap();
        assert_eq!(violations(&planned.calls[0]), [""; 0]);
    }
    let error = sources::calls(Some("x.hcl"), b"locals {\n}\n", None).unwrap().unwrap_err();
    assert!(error.to_string().contains("looks like HCL: name a Packer template *.pkr.hcl"), "{error}");
    // What Terraform has, too, is left to others.
    assert!(sources::calls(Some("main.tf"), b"resource \"a\" \"b\" {\n  region = 1\n}\n", None).is_none());
}

#[test]
fn several_files_are_one_template() {
    for files in [
        ["p03-dir/main.pkr.hcl", "p03-dir/variables.pkr.hcl"],
        ["p03-dir/variables.pkr.hcl", "p03-dir/main.pkr.hcl"],
    ] {
        let planned = template(&files).calls(&Variables::default(), None).unwrap();
        assert_eq!(violations(&planned.calls[0]), [NOWHERE]);
        // The place is where the value is written.
        let element = Parameter::DESTINATION_REGIONS.element(1);
        let file = planned.calls[0].file(&element);
        assert_eq!(files[file], "p03-dir/variables.pkr.hcl");
        assert_eq!(&data(files[file])[planned.calls[0].span(&element).unwrap()], b"\"ap-nowhere\"");
    }
    let planned =
        template(&["a/sources.pkr.hcl", "a/build.pkr.hcl"]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), [call("base", &["gz", "ap-hongkong"])]);
    assert_eq!(planned.calls[0].file(&Parameter::DESTINATION_REGIONS), 1);
    // Alone, the build says what is missing.
    let planned = alone("a/build.pkr.hcl");
    assert!(planned.calls.is_empty() && !planned.is_understood);
    assert!(planned.seen.starts_with("a build names `source.tencentcloud-cvm.base`, which is in no file"));
}

#[test]
fn builds_decide() {
    assert_eq!(calls_of(&alone("p05-unused-source.pkr.hcl")), [call("linux", &["ap-shanghai"])]);
    let sources = "source \"tencentcloud-cvm\" \"x\" {\n region = \"a\"\n image_copy_regions = [\"b\"]\n}\n\
                   source \"tencentcloud-cvm\" \"y\" {\n region = \"a\"\n}\n";
    let of = |builds: &str| hcl(&format!("{sources}{builds}"));
    assert_eq!(of(""), [call("x", &["b"])]);
    assert_eq!(of("build {\n}\n"), []);
    assert_eq!(of("build {\n sources = null\n}\n"), []);
    assert_eq!(of("build {\n sources = [\"source.tencentcloud-cvm.y\"]\n}\n"), []);
    assert_eq!(of("build {\n sources = [\"docker.x\"]\n}\n"), []);
    let twice = "build {\n sources = [\"tencentcloud-cvm.x\"]\n}\n".repeat(2);
    assert_eq!(of(&twice), [call("x", &["b"]), call("x", &["b"])]);
    assert_eq!(
        of(
            "build {\n source \"tencentcloud-cvm.y\" {\n image_copy_regions = [\"c\"]\n }\n sources = [\"tencentcloud-cvm.x\"]\n}\n"
        ),
        [call("x", &["b"]), call("y", &["c"])]
    );
    // What is not known may be any of them: nothing is certain of these.
    let text =
        format!("{}build {{\n sources = [var.which]\n}}\n", sources.replace("\"b\"", "\"ap-nowhere\""));
    let planned = packer::hcl_calls(text.as_bytes(), None).unwrap();
    assert_eq!(planned.calls.len(), 1);
    assert_eq!(violations(&planned.calls[0]), [""; 0]);
    assert!(unverified(&planned.calls[0]).contains(&"destination-exists".to_owned()));
    for (values, count) in [("tencentcloud-cvm.x", 1), ("tencentcloud-cvm.y", 0), ("docker.z", 0)] {
        let text = format!("{text}variable \"which\" {{\n}}\n");
        let planned = whole(&[("x.pkr.hcl", &text)]).calls(&given(&[("which", values)]), None).unwrap();
        assert_eq!(planned.calls.len(), count, "{values}");
    }
    assert_eq!(calls_of(&alone("p11-interpolated-source.pkr.hcl")), [call("win", &["ap-shanghai"])]);
    assert_eq!(violations(&alone("p11-interpolated-source.pkr.hcl").calls[0]), [""; 0]);
}

/// Packer splits the name of a source at the dots. Of more than two parts it leaves out
/// the first, whatever it is.
#[test]
fn a_build_names_a_source_by_its_type_and_its_name() {
    let source =
        "source \"tencentcloud-cvm\" \"base\" {\n region = \"a\"\n image_copy_regions = [\"b\"]\n}\n";
    let listed = |name: &str| format!("{source}build {{\n sources = [\"{name}\"]\n}}\n");
    let block = |name: &str| format!("{source}build {{\n source \"{name}\" {{\n }}\n}}\n");
    let dynamic = |name: &str| {
        format!(
            "{source}build {{\n dynamic \"source\" {{\n  for_each = [1]\n  labels = [\"{name}\"]\n  content {{\n  }}\n }}\n}}\n"
        )
    };
    let none = Variables::default();
    let of = |text: &str| whole(&[("x.pkr.hcl", text)]).calls(&none, None);
    for name in [
        "tencentcloud-cvm.base",
        "source.tencentcloud-cvm.base",
        "sources.tencentcloud-cvm.base",
        "x.tencentcloud-cvm.base",
        ".tencentcloud-cvm.base",
        "source.tencentcloud-cvm.base.x",
    ] {
        for text in [listed(name), block(name), dynamic(name)] {
            assert_eq!(calls_of(&of(&text).unwrap()), [call("base", &["b"])], "{text}");
        }
        assert_eq!(hcl(&listed(name)), [call("base", &["b"])], "{name}");
    }
    // One part names nothing, and neither does an empty one.
    for name in ["base", "", "tencentcloud-cvm.", ".base", "source..base", "source.tencentcloud-cvm."] {
        let message = format!(
            "build: `{name}` names no source: expected its type and its name, as in `source.tencentcloud-cvm.NAME`"
        );
        for (text, place) in [
            (listed(name), "line 6, column 13"),
            (block(name), "line 6, column 2"),
            (dynamic(name), "line 8, column 13"),
        ] {
            assert_eq!(
                of(&text).unwrap_err().to_string(),
                format!("x.pkr.hcl: {place}: {message}"),
                "{text}"
            );
        }
        let alone = packer::hcl_calls(listed(name).as_bytes(), None).unwrap_err().to_string();
        assert_eq!(alone, format!("line 6, column 13: {message}"));
    }
    // What is in no file may be this builder under a misspelt type, or under another
    // local name of its plugin.
    for (name, address) in [
        ("source.tencentcloud-cvm.bas", "tencentcloud-cvm.bas"),
        ("source.tencentcloud_cvm.base", "tencentcloud_cvm.base"),
        ("TencentCloud-CVM.base", "TencentCloud-CVM.base"),
        ("tc-cvm.base", "tc-cvm.base"),
    ] {
        let error = of(&listed(name)).unwrap_err().to_string();
        let message = "a build names it, and it is in no file that is given";
        assert_eq!(error, format!("x.pkr.hcl: line 6, column 13: source.{address}: {message}"));
        let planned = packer::hcl_calls(listed(name).as_bytes(), None).unwrap();
        let words = format!(
            "a build names `source.{address}`, which is in no file that is given: give the template's folder"
        );
        assert_eq!((calls_of(&planned), planned.partial), (vec![], Some(words)), "{name}");
    }
    // Others are of no matter, and one that is declared is what it is.
    let planned = of(&listed("docker.base")).unwrap();
    assert_eq!((calls_of(&planned), planned.partial), (vec![], None));
    let other = format!("{}source \"tc-cvm\" \"base\" {{\n}}\n", listed("tc-cvm.base"));
    assert_eq!(calls_of(&of(&other).unwrap()), []);
}

#[test]
fn the_plugin_may_have_another_local_name() {
    let plugin = |name: &str, source: &str| {
        format!(
            "packer {{\n required_plugins {{\n  {name} = {{\n   version = \">= 1\"\n   source = \"{source}\"\n  }}\n }}\n}}\n"
        )
    };
    let source = |of: &str, to: &str| {
        format!("source \"{of}\" \"x\" {{\n region = \"a\"\n image_copy_regions = [\"{to}\"]\n}}\n")
    };
    let of = |name: &str, to: &str| (format!("source.{name}.x"), vec![to.to_owned()]);
    let ours = plugin("tc", "github.com/hashicorp/tencentcloud");
    let both = format!("{}{}", source("tencentcloud-cvm", "b"), source("tc-cvm", "c"));
    let build = "build {\n sources = [\"source.tc-cvm.x\", \"tencentcloud-cvm.x\"]\n}\n";
    for (text, expected) in [
        (format!("{ours}{}", source("tc-cvm", "c")), vec![of("tc-cvm", "c")]),
        (format!("{both}{ours}"), vec![of("tencentcloud-cvm", "b"), of("tc-cvm", "c")]),
        (format!("{ours}{both}{build}"), vec![of("tc-cvm", "c"), of("tencentcloud-cvm", "b")]),
        // Of another plugin, another component, or no plugin that is required.
        (format!("{}{both}", plugin("tc", "github.com/hashicorp/docker")), vec![of("tencentcloud-cvm", "b")]),
        (
            format!("{ours}{}{}", source("tencentcloud-cvm", "b"), source("tc-ebs", "c")),
            vec![of("tencentcloud-cvm", "b")],
        ),
        (both.clone(), vec![of("tencentcloud-cvm", "b")]),
        // A fork of the plugin.
        (
            format!("{}{both}", plugin("tc", "example.com/acme/TencentCloud")),
            vec![of("tencentcloud-cvm", "b"), of("tc-cvm", "c")],
        ),
    ] {
        assert_eq!(hcl(&text), expected, "{text}");
    }
    // The name may stand in another file, and in JSON.
    let json = r#"{"packer": {"required_plugins": {"tc": {"source": "github.com/hashicorp/tencentcloud"}}}}"#;
    let split = |plugins: (&str, &str)| {
        whole(&[("a.pkr.hcl", &both), plugins]).calls(&Variables::default(), None).unwrap()
    };
    let expected = [of("tencentcloud-cvm", "b"), of("tc-cvm", "c")];
    assert_eq!(calls_of(&split(("b.pkr.hcl", &ours))), expected);
    assert_eq!(calls_of(&split(("b.pkr.json", json))), expected);
    // A source that a build names has to be there, as any other.
    let text = format!("{ours}build {{\n sources = [\"tc-cvm.y\"]\n}}\n");
    let planned = packer::hcl_calls(text.as_bytes(), None).unwrap();
    assert!(planned.seen.starts_with("a build names `source.tc-cvm.y`"), "{}", planned.seen);
    let text = format!("{ours}source \"tc-cvm\" \"x\" {{\n}}\n");
    assert!(packer::hcl_calls(text.as_bytes(), None).unwrap().is_understood);
    // What is required may have any form.
    for value in ["\">= 1\"", "{}", "{ source = 1 }", "{ source = var.x }", "null"] {
        let text = format!("packer {{\n required_plugins {{\n tc = {value}\n }}\n}}\n{both}");
        assert_eq!(hcl(&text), [of("tencentcloud-cvm", "b")], "{value}");
    }
}

#[test]
fn a_legacy_builder_has_a_type() {
    let error = |builders: &str| {
        packer::calls(format!("{{\"builders\": [{builders}]}}").as_bytes(), None).unwrap_err().to_string()
    };
    let ours = r#"{"type": "tencentcloud-cvm", "region": "a", "image_copy_regions": ["b"]}"#;
    let missing = "expected the key `type`, without which Packer refuses a builder";
    assert_eq!(error("{}"), format!("line 1, column 15: builders[0]: {missing}"));
    for builder in [r#"{"region": "a"}"#, r#"{"type": null}"#] {
        let expected = format!("line 2, column 2: builders[1]: {missing}");
        assert_eq!(error(&format!("{ours},\n {builder}, {ours}")), expected);
    }
}

#[test]
fn a_dynamic_source_is_used_for_each_element() {
    let text = String::from_utf8(data("p12-expressions.pkr.hcl")).unwrap();
    let planned = alone("p12-expressions.pkr.hcl");
    let addresses: Vec<_> = planned.calls.iter().map(PlannedCall::address).collect();
    let of = |name: &str| format!("source.tencentcloud-cvm.{name}");
    assert_eq!(addresses, [of("comprehension"), of("function"), of("paren")]);
    assert!(planned.calls.iter().all(|call| violations(call).is_empty()));
    let planned = whole(&[("x.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(
        calls_of(&planned),
        [
            call("comprehension", &["ap-shanghai"]),
            call("function", &["ap-nowhere", "ap-shanghai"]),
            call("paren", &["ap-nowhere", "ap-nowhere2"]),
            call("paren", &["ap-nowhere", "ap-nowhere2"]),
        ]
    );
    let text = "source \"tencentcloud-cvm\" \"x\" {\n region = \"a\"\n}\nbuild {\n dynamic \"source\" {\n \
                for_each = { one = \"b\", two = \"c\" }\n iterator = it\n labels = [\"tencentcloud-cvm.x\"]\n \
                content {\n image_name = it.key\n image_copy_regions = [it.value]\n }\n }\n}\n";
    let planned = whole(&[("x.pkr.hcl", text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["b"]), call("x", &["c"])]);
    assert_eq!(planned.calls[1].request().name_of_copies(), Some(Ok("two")));
    // In a file alone it is not known how often, not even of a literal.
    assert_eq!(hcl(text), [call("x", &[])]);
}

/// The key of an element is its index in a list, and the element itself in a set.
#[test]
fn a_dynamic_source_has_the_key_of_its_element() {
    let names = |of: &str, default: &str| -> Vec<Option<String>> {
        let text = format!(
            "variable \"each\" {{\n type = {of}\n default = {default}\n}}\n\
             source \"tencentcloud-cvm\" \"x\" {{\n region = \"a\"\n}}\n\
             build {{\n dynamic \"source\" {{\n  for_each = var.each\n  labels = [\"tencentcloud-cvm.x\"]\n  \
             content {{\n   image_name = \"n-${{source.key}}\"\n   image_copy_regions = [source.value]\n  }}\n }}\n}}\n"
        );
        let planned = whole(&[("x.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
        let name =
            |call: &PlannedCall| call.request().name_of_copies().and_then(Result::ok).map(str::to_owned);
        planned.calls.iter().map(name).collect()
    };
    let of = |names: &[&str]| -> Vec<_> { names.iter().map(|name| Some((*name).to_owned())).collect() };
    for list in ["list(string)", "any"] {
        assert_eq!(names(list, "[\"c\", \"b\"]"), of(&["n-0", "n-1"]), "{list}");
    }
    assert_eq!(names("set(string)", "[\"c\", \"b\", \"c\"]"), of(&["n-b", "n-c"]));
    assert_eq!(names("map(string)", "{ k = \"b\" }"), of(&["n-k"]));
}

#[test]
fn a_default_is_certain_where_it_is_what_packer_uses() {
    let name = "p20-default-literal.pkr.hcl";
    let planned = alone(name);
    assert_eq!(violations(&planned.calls[0]), [""; 0]);
    let needs = planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS).unwrap();
    assert_eq!(
        needs,
        "`image_copy_regions` of `source.tencentcloud-cvm.base`, which is not a literal: `--var copy_to=VALUE` or \
         the template's folder settles it; by its default it is `[\"ap-shanghai\", \"ap-nowhere\"]`"
    );
    let certain = |template: Template, variables: &Variables| {
        violations(&template.calls(variables, None).unwrap().calls[0])
    };
    let none = Variables::default();
    assert_eq!(certain(template(&[name]).whole(), &none), [NOWHERE]);
    assert_eq!(certain(template(&[name, "p02-regions.auto.pkrvars.hcl"]), &none), [NOWHERE]);
    assert_eq!(certain(template(&[name]), &given(&[("region", "ap-seoul")])), [NOWHERE]);
    assert_eq!(certain(template(&[name]), &given(&[("copy_to", "[\"ap-seoul\"]")])), [""; 0]);
    let file = Variables::default().with_file("x.hcl", "copy_to = [\"ap-seoul\"]");
    assert_eq!(certain(template(&[name]), &file), [""; 0]);
    let environment = |name: &str, value: &str| Variables::default().with_environment(name, value);
    assert_eq!(certain(template(&[name]), &environment("copy_to", "[\"ap-seoul\"]")), [""; 0]);
    assert_eq!(certain(template(&[name]), &environment("region", "ap-seoul")), [NOWHERE]);
    // One of another template gives this one no value.
    let planned = template(&[name]).calls(&environment("other", "1"), None).unwrap();
    assert!(planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS).is_some());
    // A part of the template does not say what a variable of another part is.
    let planned = alone("p03-dir/main.pkr.hcl");
    let needs = planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS).unwrap();
    assert!(needs.ends_with("which is not a literal: the template's folder settles it"), "{needs}");
}

#[test]
fn values_take_the_place_of_others_as_packer_has_it() {
    let text = "variable \"x\" {\n default = \"default\"\n}\nsource \"tencentcloud-cvm\" \"x\" {\n region = \"a\"\n \
                image_copy_regions = [var.x]\n}\n";
    let value = |files: &[(&str, &str)], variables: &Variables| {
        let files: Vec<_> = [("x.pkr.hcl", text)].iter().chain(files).copied().collect();
        let planned = whole(&files).calls(variables, None).unwrap();
        planned.calls[0].request().request().destination_regions[0].clone()
    };
    let (hcl, json) = (("a.auto.pkrvars.hcl", "x = \"hcl\""), ("0.auto.pkrvars.json", "{\"x\": \"json\"}"));
    let none = Variables::default();
    assert_eq!(value(&[], &none), "default");
    let environment = none.with_environment("x", "environment").with_environment("other", "1");
    assert_eq!(value(&[], &environment), "environment");
    assert_eq!(value(&[hcl], &environment), "hcl");
    assert_eq!(value(&[], &environment.clone().with_value("x", "one")), "one");
    let none = Variables::default();
    assert_eq!(value(&[hcl], &none), "hcl");
    assert_eq!(value(&[json, hcl], &none), "json");
    assert_eq!(value(&[("b.auto.pkrvars.hcl", "x = \"later\""), hcl], &none), "later");
    let file = Variables::default().with_file("f.hcl", "x = \"file\"");
    assert_eq!(value(&[hcl], &file), "file");
    // Which of the two is read last depends on the version of Packer. It does not matter
    // where they say the same.
    let needs = |files: &[(&str, &str)], variables: &Variables| {
        let files: Vec<_> = [("x.pkr.hcl", text)].iter().chain(files).copied().collect();
        let planned = whole(&files).calls(variables, None).unwrap();
        let first = Parameter::DESTINATION_REGIONS.element(0);
        planned.calls[0].request().needs(&first).map(str::to_owned)
    };
    let open = needs(&[json, hcl], &file).unwrap();
    assert!(open.ends_with(": `--var x=VALUE` settles it"), "{open}");
    assert_eq!(needs(&[json, hcl], &file.clone().with_value("x", "one")), None);
    let same = Variables::default().with_file("f.hcl", "x = \"json\"");
    assert_eq!((needs(&[json], &same), value(&[json], &same)), (None, "json".to_owned()));
    let given = Variables::default().with_file("f.json", r#"{"x": "first"}"#);
    assert!(needs(&[], &given.clone().with_file("g.hcl", "x = \"second\"")).is_some());
    let last = given.with_file("g.hcl", "x = \"second\"").with_file("h.json", r#"{"x": "third"}"#);
    assert_eq!((needs(&[], &last), value(&[], &last)), (None, "third".to_owned()));
    let files = file.with_file("f.json", "{\"x\": \"last\", \"other\": 1}");
    assert_eq!(value(&[json, hcl], &files), "last");
    assert_eq!(value(&[json, hcl], &files.clone().with_value("x", "one").with_value("x", "two")), "two");
}

#[test]
fn a_part_whose_name_is_misspelt_is_not_lost() {
    let error = |file: &str, text: &str| {
        whole(&[(file, text)]).calls(&Variables::default(), None).map(|_| ()).unwrap_err().to_string()
    };
    let source = "source \"tencentcloud-cvm\" \"a\" {\n image_copy_regions = [\"ap-seoul\"]\n}\n";
    for (text, expected) in [
        (source.replace("source", "souce"), "line 1, column 1: souce: unknown block, did you mean `source`?"),
        (format!("{source}buld {{\n}}"), "line 4, column 1: buld: unknown block, did you mean `build`?"),
        (
            format!("{source}build {{\n sorces = []\n}}"),
            "line 5, column 2: sorces: unknown argument, did you mean `sources`?",
        ),
        (
            format!("{source}build {{\n souce \"source.tencentcloud-cvm.a\" {{\n }}\n}}"),
            "line 5, column 2: souce: unknown block, did you mean `source`?",
        ),
        (
            format!("{source}source \"tencentcloud-cvm\" {{\n}}"),
            "line 4, column 1: source: such a block has 2 labels: this one has 1",
        ),
        (
            format!("{source}variable {{\n}}"),
            "line 4, column 1: variable: such a block has 1 label: this one has 0",
        ),
        // A block that makes builds, or sources: with them, calls would be lost.
        (
            format!("{source}dynamic \"build\" {{\n for_each = [1]\n content {{\n }}\n}}"),
            "line 4, column 1: dynamic: such a block may only stand in a build",
        ),
    ] {
        let error = error("x.pkr.hcl", &text);
        assert!(error.ends_with(expected), "{error}");
    }
    let json = r#"{"source": {}, "build": [{"sorces": ["source.tencentcloud-cvm.a"]}]}"#;
    let misspelt = error("x.pkr.json", json);
    assert!(
        misspelt.ends_with("line 1, column 37: sorces: unknown key, did you mean `sources`?"),
        "{misspelt}"
    );
    let dynamic = error("x.pkr.json", r#"{"source": {}, "dynamic": {"build": {"content": {}}}}"#);
    assert!(
        dynamic.ends_with("line 1, column 27: dynamic: such a block may only stand in a build"),
        "{dynamic}"
    );
    // What Packer has beside them, and what no one here knows.
    let others = "build {\n name = \"x\"\n description = \"y\"\n provisioner \"shell\" {\n }\n \
        post-processors {\n }\n other \"a\" \"b\" {\n }\n sources = [\"source.tencentcloud-cvm.a\"]\n}\nnew {\n}\n";
    let text = format!("{source}{others}");
    let planned = whole(&[("x.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(planned.calls.len(), 1);
}

#[test]
fn a_number_and_a_flag_are_texts_where_a_text_is_expected() {
    for (value, expected) in [("5", "5"), ("1.5", "1.5"), ("true", "true"), ("var.n", "7")] {
        let text = format!(
            "variable \"n\" {{\n type = number\n default = 7\n}}\nsource \"tencentcloud-cvm\" \"a\" {{\n \
             region = {value}\n image_copy_regions = [{value}, \"ap-tokyo\"]\n}}\n"
        );
        let planned = whole(&[("x.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
        let request = planned.calls[0].request().request();
        // The region of the builder is left out of its destinations.
        assert_eq!(request.region.as_deref(), Some(expected));
        assert_eq!(request.destination_regions, ["ap-tokyo"]);
    }
}

#[test]
fn values_that_packer_refuses_are_errors() {
    let text = "variable \"list\" {\n type = list(string)\n}\nvariable \"open\" {\n}\n";
    let error = |variables: Variables| -> TemplateError {
        whole(&[("x.pkr.hcl", text)]).calls(&variables, None).unwrap_err()
    };
    assert_eq!(
        error(given(&[("nope", "1")])).to_string(),
        "the variable `nope`: no file of the template declares it"
    );
    assert_eq!(
        error(given(&[("list", "\"a\"")])).to_string(),
        "the variable `list`: expected a list(string), found `\"a\"`"
    );
    for (of, value) in [("number", "abc"), ("bool", "1"), ("map(string)", "[]"), ("list(number)", "[\"b\"]")]
    {
        let text = format!("variable \"x\" {{\n type = {of}\n}}\n");
        let error = whole(&[("x.pkr.hcl", &text)]).calls(&given(&[("x", value)]), None).unwrap_err();
        assert!(error.to_string().starts_with(&format!("the variable `x`: expected a {of}")), "{error}");
    }
    assert!(error(given(&[("list", "[")])).to_string().contains("is not an expression in HCL"));
    let file = |text: &str| error(Variables::default().with_file("f.hcl", text)).to_string();
    assert_eq!(file("list = \"a\""), "f.hcl: line 1, column 8: list: expected a list(string)");
    assert!(file("variable \"x\" {\n}\n").contains("a file of values has no blocks"));
    assert!(
        file("list {\n}\n")
            .ends_with("line 1, column 1: list: a file of values has no blocks: expected `NAME = VALUE`")
    );
    assert!(file("x = \n").starts_with("f.hcl: line 1, column 5: "));
    let twice = format!("{text}{text}");
    let error = whole(&[("x.pkr.hcl", &twice)]).calls(&Variables::default(), None).unwrap_err();
    assert!(error.to_string().contains("variable.list: it is there twice"), "{error}");
    let error = template(&["a/build.pkr.hcl"]).whole().calls(&Variables::default(), None).unwrap_err();
    assert!(error.to_string().ends_with("a build names it, and it is in no file that is given"), "{error}");
    assert_eq!(error.file(), Some("a/build.pkr.hcl"));
}

/// A variable without a type has that of its default, in which it is given values.
#[test]
fn a_default_gives_a_variable_its_type() {
    let of = |block: &str, variables: &Variables| {
        let text = format!(
            "variable \"x\" {{\n {block}\n}}\nsource \"tencentcloud-cvm\" \"x\" {{\n region = \"a\"\n \
             image_copy_regions = flatten([var.x])\n}}\n"
        );
        let planned =
            whole(&[("x.pkr.hcl", &text)]).calls(variables, None).map_err(|error| error.to_string())?;
        Ok::<_, String>(planned.calls[0].request().request().destination_regions.clone())
    };
    let file = |block: &str, value: &str| {
        of(block, &Variables::default().with_file("f.hcl", format!("x = {value}\n")))
    };
    let wrong = |of: &str| Err(format!("f.hcl: line 1, column 5: x: expected a {of}"));
    for (block, value, expected) in [
        ("default = \"d\"", "\"b\"", Ok("b")),
        ("default = \"d\"", "5", Ok("5")),
        ("default = \"d\"", "true", Ok("true")),
        ("default = \"d\"", "[\"b\"]", wrong("string")),
        ("default = 1", "\"05\"", Ok("5")),
        ("default = 1", "\"b\"", wrong("number")),
        ("default = true", "\"1\"", Ok("true")),
        ("default = true", "1", wrong("bool")),
        // Lists and objects are as they are given, and so are values of any type.
        ("default = [\"d\"]", "[\"b\"]", Ok("b")),
        ("default = []", "\"b\"", Ok("b")),
        ("default = null", "[\"b\"]", Ok("b")),
        ("type = any\n default = \"d\"", "[\"b\"]", Ok("b")),
        ("", "[\"b\"]", Ok("b")),
    ] {
        assert_eq!(file(block, value), expected.map(|region| vec![region.to_owned()]), "{block} {value}");
    }
    // On the command line, what is no list, object or bool is a text as it stands.
    for (block, value, expected) in [
        ("default = \"d\"", "[\"b\"]", "[\"b\"]"),
        ("default = env(\"X\")", "b c", "b c"),
        ("type = any\n default = [\"d\"]", "b", "b"),
        ("default = [\"d\"]", "[\"b\"]", "b"),
        ("default = 1", "05", "5"),
    ] {
        assert_eq!(of(block, &given(&[("x", value)])).unwrap(), [expected], "{block} {value}");
    }
}

#[test]
fn a_key_in_json_may_be_there_twice_where_it_is_a_block() {
    // Blocks of one type, of one label, and within a build: each counts.
    let source = |name: &str, to: &str| {
        format!(r#"{{"tencentcloud-cvm": {{"{name}": {{"region": "r", "image_copy_regions": ["{to}"]}}}}}}"#)
    };
    let within = |text: &str| text.trim_start_matches('{').trim_end_matches('}').to_owned() + "}}";
    let (a, b) = (source("a", "x"), source("b", "y"));
    let expected = [call("a", &["x"]), call("b", &["y"])];
    for text in [
        format!(r#"{{"source": {a}, "source": {b}}}"#),
        format!(r#"{{"source": {{{}, {}}}}}"#, within(&a), within(&b)),
        format!(
            r#"{{"source": [{a}, {b}], "build": {{"sources": ["source.tencentcloud-cvm.a"]}},
                 "build": {{"sources": ["source.tencentcloud-cvm.b"]}}}}"#
        ),
        format!(
            r#"{{"source": [{a}, {b}], "build": {{"source": {{"tencentcloud-cvm.a": {{}}}},
                 "source": {{"tencentcloud-cvm.b": {{}}}}, "provisioner": {{}}, "provisioner": {{}}}}}}"#
        ),
        format!(r#"{{"//": 1, "//": 2, "locals": {{"//": 1, "//": 2}}, "source": [{a}, {b}]}}"#),
    ] {
        let planned = whole(&[("x.pkr.json", &text)]).calls(&Variables::default(), None).unwrap();
        assert_eq!(calls_of(&planned), expected, "{text}");
    }
    // Two blocks that are one source are not.
    let error = |text: &str| {
        whole(&[("x.pkr.json", text)]).calls(&Variables::default(), None).unwrap_err().to_string()
    };
    let found = error(&format!(r#"{{"source": {a}, "source": {a}}}"#));
    assert!(
        found.ends_with("source.tencentcloud-cvm.a: it is there twice, and a template has each once"),
        "{found}"
    );
}

#[test]
fn an_argument_in_json_is_given_once() {
    let error = |text: &str| {
        whole(&[("x.pkr.json", text)]).calls(&Variables::default(), None).unwrap_err().to_string()
    };
    // The second of two has `2` in it, which stands nowhere else.
    for (text, path) in [
        (
            r#"{"source": {"tencentcloud-cvm": {"a": {"image_copy_regions": ["x"], "image_copy_regions": 2}}}}"#,
            "source.tencentcloud-cvm.a.image_copy_regions",
        ),
        (
            r#"{"source": {"tencentcloud-cvm": {"a": [{"region": 1}, {"region": 1, "region": 2}]}}}"#,
            "source.tencentcloud-cvm.a.region",
        ),
        (
            r#"{"source": {"tencentcloud-cvm": {"a": {"image_name": 1, "image_name": 2}}}}"#,
            "source.tencentcloud-cvm.a.image_name",
        ),
        (
            r#"{"build": {"source": {"tencentcloud-cvm.a": {"skip_create_image": 1, "skip_create_image": 2}}}}"#,
            "source.tencentcloud-cvm.a.skip_create_image",
        ),
        (r#"{"build": {"dynamic": {"source": {"content": {"region": 1, "region": 2}}}}}"#, "content.region"),
        (r#"{"build": {"dynamic": {"source": {"for_each": [], "for_each": 2}}}}"#, "dynamic.source.for_each"),
        (r#"{"build": [{"sources": [], "sources": 2}]}"#, "build.sources"),
        (r#"{"variable": {"v": {"default": 1, "default": 2}}}"#, "variable.v.default"),
        (r#"{"variable": {"v": {"type": 1, "type": 2}}}"#, "variable.v.type"),
        (r#"{"variables": {"v": 1, "v": 2}}"#, "variables.v"),
        (r#"{"locals": {"v": 1, "v": 2}}"#, "locals.v"),
        (r#"{"local": {"v": {"expression": 1, "expression": 2}}}"#, "local.v.expression"),
        (r#"{"packer": {"required_plugins": {"a": 1, "a": 2}}}"#, "required_plugins.a"),
    ] {
        let column = text.find('2').unwrap() + 1;
        let expected = format!("x.pkr.json: line 1, column {column}: {path}: the key is given twice");
        assert_eq!(error(text), expected, "{text}");
    }
    // What nobody reads here may be a block of the builder.
    let text = r#"{"source": {"tencentcloud-cvm": {"a": {"image_copy_regions": ["x"], "filter": {}, "filter": {}}}}}"#;
    let planned = whole(&[("x.pkr.json", text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), [call("a", &["x"])]);
    // In values of files, and in objects of expressions.
    let text = r#"{"variable": {"v": {"default": {"to": "x"}}},
        "source": {"tencentcloud-cvm": {"a": {"image_copy_regions": ["${var.v.to}"]}}}}"#;
    let of = |text: &str, values: &str| {
        let given = Variables::default().with_file("v.json", values.as_bytes());
        whole(&[("x.pkr.json", text)]).calls(&given, None).map_err(|error| error.to_string())
    };
    assert_eq!(calls_of(&of(text, r#"{"//": 1, "//": 2, "v": {"to": "y"}}"#).unwrap()), [call("a", &["y"])]);
    assert_eq!(
        of(text, r#"{"v": 1, "v": 2}"#).unwrap_err(),
        "v.json: line 1, column 15: v: the key is given twice"
    );
    assert_eq!(
        of(text, r#"{"v": {"to": 1, "to": 2}}"#).unwrap_err(),
        "v.json: line 1, column 7: v: the key `to` is given twice"
    );
    let twice = text.replace(r#"{"to": "x"}"#, r#"{"to": "x", "to": "x"}"#);
    assert_eq!(
        error(&twice),
        "x.pkr.json: line 1, column 32: variable.v.default: the key `to` is given twice"
    );
}

/// In HCL's JSON `//` is a comment in every body, and no attribute.
#[test]
fn a_comment_in_json_is_no_attribute() {
    let source = r#""source": {"tencentcloud-cvm": {"x": {"//": "one", "region": "a"}}}"#;
    let text = format!(
        r#"{{"//": "all", {source}, "locals": [{{"//": 1, "to": "b"}}, {{"//": 2}}], "variables": {{"//": 3}},
            "build": {{"//": "which", "source": {{"tencentcloud-cvm.x": {{"//": "copies", "image_copy_regions": ["${{local.to}}"]}}}}}}}}"#
    );
    let more = r#"{"variables": {"//": 4, "v": "w"}, "locals": {"//": 5}}"#;
    let values = r#"{"//": 6, "v": "x"}"#;
    let files = [("x.pkr.json", &*text), ("y.pkr.json", more), ("z.auto.pkrvars.json", values)];
    let planned = whole(&files).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["b"])]);
    // In HCL there is no such key, and elsewhere in JSON it is one like others.
    let text = r#"{"locals": {"o": {"//": "b"}},
        "source": {"tencentcloud-cvm": {"x": {"region": "a", "image_copy_regions": ["${local.o[\"//\"]}"]}}}}"#;
    let planned = whole(&[("x.pkr.json", text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["b"])]);
}

#[test]
fn a_local_is_declared_once() {
    let (block, single) = ("locals {\n r = \"b\"\n}\n", "local \"r\" {\n expression = \"c\"\n}\n");
    let joined = |first: &str, second: &str| format!("{first}{second}");
    let json = r#"{"locals": [{"r": 1}, {"r": 2}]}"#;
    for (files, place) in [
        (
            vec![("a.pkr.hcl", block.to_owned()), ("b.pkr.hcl", block.to_owned())],
            "b.pkr.hcl: line 2, column 6",
        ),
        (vec![("a.pkr.hcl", joined(block, block))], "a.pkr.hcl: line 5, column 6"),
        (vec![("a.pkr.hcl", joined(block, single))], "a.pkr.hcl: line 4, column 1"),
        (vec![("a.pkr.hcl", joined(single, block))], "a.pkr.hcl: line 5, column 6"),
        (vec![("a.pkr.hcl", joined(single, single))], "a.pkr.hcl: line 4, column 1"),
        (vec![("a.pkr.json", json.to_owned())], "a.pkr.json: line 1, column 29"),
        // Packer reads JSON last.
        (
            vec![("a.pkr.json", json.replace(", {\"r\": 2}", "")), ("b.pkr.hcl", block.to_owned())],
            "a.pkr.json: line 1, column 19",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
        let error = whole(&files).calls(&Variables::default(), None).unwrap_err().to_string();
        let message = "local.r: it is there twice, and a template has each once";
        assert_eq!(error, format!("{place}: {message}"), "{files:?}");
    }
    // Others may stand beside it, and a null is a value.
    let text = format!(
        "{block}locals {{\n home = \"a\"\n}}\nlocal \"none\" {{\n expression = null\n}}\n\
         source \"tencentcloud-cvm\" \"x\" {{\n region = local.home\n image_copy_regions = [local.r]\n \
         image_name = local.none\n}}\n"
    );
    let planned = whole(&[("x.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["b"])]);
}

#[test]
fn expressions_have_the_values_that_packer_gives_them() {
    let text = |expression: &str| {
        format!(
            "variable \"to\" {{\n type = list(string)\n default = [\"b\", \"c\"]\n}}\n\
             variable \"set\" {{\n type = set(string)\n default = [\"d\", \"c\", \"d\"]\n}}\n\
             variable \"by\" {{\n default = {{ dev = [\"b\"], prod = [\"c\"] }}\n}}\n\
             variable \"env\" {{\n default = \"prod\"\n}}\n\
             variable \"on\" {{\n type = bool\n default = true\n}}\n\
             locals {{\n home = \"a\"\n all = concat(var.to, [\"z\"])\n loop = local.loop\n}}\n\
             local \"one\" {{\n expression = \"${{var.env}}-one\"\n}}\n\
             source \"tencentcloud-cvm\" \"x\" {{\n region = local.home\n image_copy_regions = {expression}\n}}\n"
        )
    };
    for (expression, regions) in [
        ("var.to", vec!["b", "c"]),
        ("var.set", vec!["c", "d"]),
        ("local.all", vec!["b", "c", "z"]),
        ("var.by[var.env]", vec!["c"]),
        ("var.by.dev", vec!["b"]),
        ("[local.one, \"${var.env}\"]", vec!["prod-one", "prod"]),
        ("\"${var.to}\"", vec!["b", "c"]),
        ("var.on ? [\"q\"] : []", vec!["q"]),
        ("var.env == \"prod\" && length(var.to) > 1 ? [\"q\"] : [\"r\"]", vec!["q"]),
        ("[for r in local.all : r if r != \"b\"]", vec!["c", "z"]),
        ("[for i, r in var.to : \"${r}${i}\"]", vec!["b0", "c1"]),
        ("[for k, v in var.by : upper(k)]", vec!["DEV", "PROD"]),
        ("flatten([var.to, values(var.by)[0]])", vec!["b", "c"]),
        ("distinct(concat(var.to, var.to))", vec!["b", "c"]),
        ("split(\",\", join(\",\", var.to))", vec!["b", "c"]),
        ("setunion([\"y\", \"x\"])", vec!["x", "y"]),
        ("compact([\"\", \"x\"])", vec!["x"]),
        ("concat([var.to, [\"e\"]]...)", vec!["b", "c", "e"]),
        ("lookup(var.by, \"nope\", [\"f\"])", vec!["f"]),
        ("keys(var.by)", vec!["dev", "prod"]),
        ("var.to[*]", vec!["b", "c"]),
        ("([(\"g\")])", vec!["g"]),
    ] {
        let planned = whole(&[("x.pkr.hcl", &text(expression))]).calls(&Variables::default(), None).unwrap();
        assert_eq!(calls_of(&planned), [call("x", &regions)], "{expression}");
        assert!(planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS).is_none(), "{expression}");
    }
    // What only Packer knows, or refuses.
    for expression in [
        "data.x.y.z",
        "timestamp()",
        "[timestamp()][0]",
        "var.by.none",
        "var.to[7]",
        "[for r in var.to : r if r == timestamp()]",
        // What these find is no reason to refuse the template.
        "try(var.none, [\"b\"])",
        "can(local.none) ? [\"b\"] : [\"c\"]",
        "setunion(var.set, [1])",
        "env(\"X\")",
        "<<E\na\nE\n",
    ] {
        let planned = whole(&[("x.pkr.hcl", &text(expression))]).calls(&Variables::default(), None).unwrap();
        let request = planned.calls[0].request();
        assert!(request.needs(&Parameter::DESTINATION_REGIONS).is_some(), "{expression}");
    }
    // What is in no file, and what depends on itself, is certain to be refused.
    for (expression, message) in [
        ("local.loop", "`local.loop` depends on itself"),
        ("local.none", "`local.none` is declared in no file that is given"),
        ("var.none", "`var.none` is declared in no file that is given"),
        ("concat(var.to, var.none)", "`var.none` is declared in no file that is given"),
        ("concat(try(var.to, []), var.none)", "`var.none` is declared in no file that is given"),
    ] {
        let template = whole(&[("x.pkr.hcl", &text(expression))]);
        let error = template.calls(&Variables::default(), None).unwrap_err().to_string();
        assert!(error.ends_with(&format!(": {message}")), "{expression}: {error}");
        assert!(
            alone_text(&text(expression)).calls[0].request().needs(&Parameter::DESTINATION_REGIONS).is_some()
        );
    }
}

/// The calls of a text in HCL that may be a part of its template.
fn alone_text(text: &str) -> Planned {
    packer::hcl_calls(text.as_bytes(), None).unwrap()
}

/// Packer evaluates a default with the function `env` alone, and a value that is
/// given with nothing at all.
#[test]
fn a_value_of_a_variable_refers_to_nothing() {
    let text = |default: &str| {
        format!(
            "variable \"home\" {{\n default = \"a\"\n}}\n\
             variable \"one\" {{\n type = bool\n default = true\n}}\n\
             variable \"to\" {{\n type = list(string)\n default = {default}\n}}\n\
             source \"tencentcloud-cvm\" \"x\" {{\n region = \"a\"\n image_copy_regions = var.to\n}}\n"
        )
    };
    let words = "`ap-shanghai` has no quotes, with which it would be a text: write";
    for (value, message) in [
        ("ap-shanghai", format!("{words} `[\"ap-shanghai\"]`")),
        ("[ap-shanghai]", format!("{words} `\"ap-shanghai\"`")),
        (
            "[var.home]",
            "it refers to `var.home`, and the value of a variable can refer to nothing".to_owned(),
        ),
        (
            "[\"${var.home}\"]",
            "it refers to `var.home`, and the value of a variable can refer to nothing".to_owned(),
        ),
        ("local.q", "it refers to `local.q`, and the value of a variable can refer to nothing".to_owned()),
        ("[lower(\"B\")]", "it calls `lower`, which Packer refuses in the value of a variable".to_owned()),
    ] {
        let given = given(&[("to", value)]);
        let file = Variables::default().with_file("f.hcl", format!("to = {value}\n"));
        let environment = Variables::default().with_environment("to", value);
        let own = ("x.auto.pkrvars.hcl", &*format!("to = {value}\n"));
        let base = text("[\"b\"]");
        let with = |variables: &Variables| whole(&[("x.pkr.hcl", &base)]).calls(variables, None).unwrap_err();
        assert_eq!(with(&given).to_string(), format!("the variable `to`: {message}"));
        let from = "the variable `to`: from the environment variable `PKR_VAR_to`";
        assert_eq!(with(&environment).to_string(), format!("{from}: {message}"));
        assert!(with(&file).to_string().ends_with(&format!("to: {message}")), "{}", with(&file));
        let error = whole(&[("x.pkr.hcl", &base), own]).calls(&Variables::default(), None).unwrap_err();
        assert!(error.to_string().ends_with(&format!("to: {message}")), "{error}");
        // A default is refused in a file alone, too.
        let text = text(value);
        let error = packer::hcl_calls(text.as_bytes(), None).unwrap_err().to_string();
        assert!(error.ends_with(&format!("variable.to.default: {message}")), "{error}");
    }
    // These refer to what stands within them.
    let within = given(&[("to", "[for r in [\"b\", \"c\"] : \"${r}\" if r != \"c\"]")]);
    let planned = whole(&[("x.pkr.hcl", &text("[\"d\"]"))]).calls(&within, None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["b"])]);
    let within = given(&[("to", "[for var in [{ to = \"b\" }] : var.to]")]);
    let planned = whole(&[("x.pkr.hcl", &text("[\"d\"]"))]).calls(&within, None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["b"])]);
    // Only where a list is expected one is meant.
    let home = whole(&[("x.pkr.hcl", "variable \"home\" {\n type = string\n}\n")]);
    let error = home.calls(&Variables::default().with_file("f.hcl", "home = yes\n"), None).unwrap_err();
    let words = "`yes` has no quotes, with which it would be a text: write `\"yes\"`";
    assert_eq!(error.to_string(), format!("f.hcl: line 1, column 8: home: {words}"));
    // A flag has two words, and no quotes.
    for (of, word, value) in [
        ("bool", "True", "True"),
        ("bool", "yes", "yes"),
        ("list(bool)", "True", "[true, True]"),
        ("map(set(bool))", "off", "{ a = [off] }"),
    ] {
        let text = format!("variable \"skip\" {{\n type = {of}\n}}\n");
        let message = format!("`{word}` is no bool: write `true` or `false`");
        let with = |variables: &Variables| whole(&[("x.pkr.hcl", &text)]).calls(variables, None).unwrap_err();
        let error = with(&given(&[("skip", value)])).to_string();
        assert_eq!(error, format!("the variable `skip`: {message}"));
        let error = with(&Variables::default().with_file("f.hcl", format!("skip = {value}\n"))).to_string();
        assert!(error.ends_with(&format!(": skip: {message}")), "{error}");
        let text = text.replace("}\n", &format!(" default = {value}\n}}\n"));
        let error = packer::hcl_calls(text.as_bytes(), None).unwrap_err().to_string();
        assert!(error.ends_with(&format!(": variable.skip.default: {message}")), "{error}");
    }
    let untyped = "variable \"skip\" {\n default = false\n}\n";
    let error = whole(&[("x.pkr.hcl", untyped)]).calls(&given(&[("skip", "True")]), None).unwrap_err();
    assert_eq!(error.to_string(), "the variable `skip`: `True` is no bool: write `true` or `false`");
    let list = "variable \"lists\" {\n type = list(list(string))\n}\n";
    let error = whole(&[("x.pkr.hcl", list)]).calls(&given(&[("lists", "[[b]]")]), None).unwrap_err();
    assert!(error.to_string().ends_with("it would be a text: write `\"b\"`"), "{error}");
    // What the environment has, only Packer knows.
    let planned = whole(&[("x.pkr.hcl", &text("[env(\"X\")]"))]).calls(&Variables::default(), None).unwrap();
    assert!(planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS.element(0)).is_some());
    let env = given(&[("to", "[env(\"X\")]")]);
    let error = whole(&[("x.pkr.hcl", &text("[\"d\"]"))]).calls(&env, None).unwrap_err().to_string();
    assert_eq!(error, "the variable `to`: it calls `env`, which Packer refuses in the value of a variable");
    // In a file of values in JSON no text is a template.
    let json = Variables::default().with_file("f.json", r#"{"to": ["${var.home}", "b"]}"#);
    let planned = whole(&[("x.pkr.hcl", &text("[\"d\"]"))]).calls(&json, None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["${var.home}", "b"])]);
    // A text that is given for a text is taken as it is.
    let typed = "variable \"r\" {\n type = string\n}\nsource \"tencentcloud-cvm\" \"x\" {\n region = \"a\"\n \
                 image_copy_regions = [var.r]\n}\n";
    let planned = whole(&[("x.pkr.hcl", typed)]).calls(&given(&[("r", "var.home")]), None).unwrap();
    assert_eq!(calls_of(&planned), [call("x", &["var.home"])]);
}

#[test]
fn an_attribute_that_is_misspelt_is_an_error() {
    for (name, meant) in [
        ("image_copy_region", "image_copy_regions"),
        ("image_copy_regons", "image_copy_regions"),
        ("image-copy-regions", "image_copy_regions"),
        ("imagecopyregions", "image_copy_regions"),
        ("regon", "region"),
        ("image_nam", "image_name"),
        ("skip_create_imag", "skip_create_image"),
    ] {
        let message = format!("{name}: the builder has no such attribute: did you mean `{meant}`?");
        let hcl = format!("source \"tencentcloud-cvm\" \"x\" {{\n {name} = [\"b\"]\n}}\n");
        let error = packer::hcl_calls(hcl.as_bytes(), None).unwrap_err().to_string();
        assert_eq!(error, format!("line 2, column {}: source.tencentcloud-cvm.x.{message}", name.len() + 5));
        let built = format!(
            "source \"tencentcloud-cvm\" \"x\" {{\n}}\nbuild {{\n source \"tencentcloud-cvm.x\" {{\n {name} = 1\n }}\n}}\n"
        );
        let error = packer::hcl_calls(built.as_bytes(), None).unwrap_err().to_string();
        assert!(error.ends_with(&message), "{error}");
        let json = format!(r#"{{"builders": [{{"type": "tencentcloud-cvm", "{name}": "b"}}]}}"#);
        let error = packer::calls(json.as_bytes(), None).unwrap_err().to_string();
        assert_eq!(error, format!("line 1, column {}: builders[0].{message}", name.len() + 48));
    }
    // Other builders have what they want, and this one has others.
    for (of, attribute) in [("docker", "image_copy_region"), ("tencentcloud-cvm", "instance_name")] {
        let hcl = format!("source \"{of}\" \"x\" {{\n {attribute} = \"b\"\n}}\n");
        assert_eq!(calls_of(&alone_text(&hcl)), []);
    }
}

#[test]
fn copies_carry_the_name_of_the_image() {
    let planned = alone("p15-name-taken.pkr.hcl");
    assert_eq!(violations(&planned.calls[0]), ["InvalidImageName.Duplicate ImageName web-base"]);
    let span = planned.calls[0].span(&Parameter::IMAGE_NAME).unwrap();
    assert_eq!(&data("p15-name-taken.pkr.hcl")[span], b"\"web-base\"");
    assert_eq!(planned.calls[0].request().request().image_name, None);
    let legacy = |name: &str| {
        let text = format!(
            r#"{{"builders": [{{"type": "tencentcloud-cvm", "region": "ap-guangzhou", "image_name": "{name}",
                "image_copy_regions": ["ap-beijing"]}}]}}"#
        );
        packer::calls(text.as_bytes(), None).unwrap().calls.remove(0)
    };
    assert_eq!(violations(&legacy("web-base")), ["InvalidImageName.Duplicate ImageName web-base"]);
    assert_eq!(unverified(&legacy("free")), ["image-encrypted"]);
    // A name with a function of Packer's in it.
    assert_eq!(unverified(&legacy("web-{{timestamp}}")), ["image-name-unique", "image-encrypted"]);
    assert_eq!(
        unverified(&alone("p19-real-syntax.pkr.hcl").calls[0]),
        ["image-name-unique", "image-encrypted"]
    );
}

#[test]
fn a_new_image_is_a_custom_one_in_the_state_normal() {
    let call = alone("p05-unused-source.pkr.hcl").calls.remove(0);
    for (edition, open) in [
        ("2017-03", vec!["image-size"]),
        ("2021-09", vec![]),
        ("2022-08", vec![]),
        ("2022-09", vec!["image-encrypted"]),
    ] {
        let edition: Edition = edition.parse().unwrap();
        let rules = Ruleset::documented(edition);
        let report = rules.check_partial(call.request(), &state());
        let unverified: Vec<_> = report.unverified().iter().map(presync::Unverified::rule).collect();
        assert_eq!(unverified, open, "{edition}");
        assert_eq!(
            rules.strict().check_partial(call.request(), &state()).accepted(),
            open.is_empty(),
            "{edition}"
        );
    }
    let without = Ruleset::documented(Edition::LATEST).without("image-encrypted").unwrap();
    assert!(without.strict().check_partial(call.request(), &state()).accepted());
}

#[test]
fn marks_and_line_ends_of_windows_are_read() {
    for name in ["p13-bom-crlf.pkr.hcl", "p14-crlf.pkr.hcl"] {
        let planned = packer::hcl_calls(&data(name), None).unwrap();
        assert_eq!(violations(&planned.calls[0]), [NOWHERE], "{name}");
    }
    let text = String::from_utf8(data("p14-crlf.pkr.hcl")).unwrap();
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(violations(&packer::hcl_calls(&wide, None).unwrap().calls[0]), [NOWHERE]);
    assert_eq!(Kind::of(None, &wide), Some(Kind::Template));
    let legacy = b"\xef\xbb\xbf{\"builders\": []}";
    assert!(packer::is_template(legacy) || Kind::of(None, legacy) == Some(Kind::Legacy));
    assert!(packer::calls(legacy, None).is_ok());
}

#[test]
fn each_region_of_a_text_has_its_place() {
    let text = data("p06-comma-blank.json");
    let planned = alone("p06-comma-blank.json");
    let places: Vec<String> = planned
        .calls
        .iter()
        .map(|call| {
            let report = report(call);
            let [violation] = report.violations() else { panic!("{report}") };
            assert_eq!(
                (violation.rule(), violation.code().to_string()),
                ("destination-exists", "InvalidRegion.NotFound".to_owned())
            );
            String::from_utf8(text[call.span(violation.parameter()).unwrap()].to_vec()).unwrap()
        })
        .collect();
    assert_eq!(places, [" ap-beijing", "ap-shanghai ap-beijing", "\"ap-shanghai,ap-beijing\""]);
}

#[test]
fn a_legacy_template_takes_values_too() {
    let text = data("p09-variable-in-element.json");
    let planned = packer::calls(&text, None).unwrap();
    let needs = planned.calls[0].request().needs(&Parameter::DESTINATION_REGIONS.element(0)).unwrap();
    assert_eq!(
        needs,
        "`image_copy_regions` of `builders[0]`, which is not a literal: `--var regions=VALUE` settles it; by its \
         default it is `\"ap-shanghai,ap-nowhere\"`"
    );
    let call = |variables: &Variables| packer::calls_with(&text, variables, None).unwrap().calls.remove(0);
    // An element is no list.
    let default = call(&given(&[("region", "ap-seoul")]));
    assert_eq!(violations(&default), ["InvalidRegion.NotFound DestinationRegions.0 ap-shanghai,ap-nowhere"]);
    assert_eq!(default.request().request().region.as_deref(), Some("ap-seoul"));
    let file = Variables::default().with_file("f.json", "{\"regions\": \"ap-seoul\"}");
    assert_eq!(violations(&call(&file)), [""; 0]);
    let error = packer::calls_with(&text, &Variables::default().with_file("f.json", "{"), None).unwrap_err();
    assert_eq!(error.file(), Some("f.json"));
}

#[test]
fn large_templates_are_limited_in_clear_words() {
    let keys: String = (0..5_000).map(|key| format!("a{key:x}=1,")).collect();
    let error = packer::hcl_calls(format!("x={{{keys}}}\n").as_bytes(), None).unwrap_err();
    assert!(error.to_string().contains("the keys of objects and blocks are at most"), "{error}");
    // Regions that are used again and again.
    let regions: String = (0..12_000).map(|region| format!("\"r{region}\",")).collect();
    let uses = "\"tencentcloud-cvm.x\",".repeat(100);
    let text = format!(
        "source \"tencentcloud-cvm\" \"x\" {{\n region = \"a\"\n image_copy_regions = [{regions}]\n}}\n\
         build {{\n sources = [{uses}]\n}}\n"
    );
    let error = packer::hcl_calls(text.as_bytes(), None).unwrap_err();
    assert_eq!(error, SourceError::TooManyCopies { limit: MAX_COPIES });
    // Work without end.
    let locals: String = (1..60)
        .map(|at| {
            format!(" l{at} = [for x in local.l{}, y in local.l{} : x]\n", at - 1, at - 1)
                .replace(", y in", " : [for y in")
                .replace(" : x]\n", " : x]]\n")
        })
        .collect();
    let text = format!(
        "locals {{\n l0 = [1, 2, 3, 4, 5, 6, 7, 8]\n{locals}}}\nsource \"tencentcloud-cvm\" \"x\" {{\n \
         image_copy_regions = flatten(local.l59)\n}}\n"
    );
    let result = whole(&[("x.pkr.hcl", &text)]).calls(&Variables::default(), None);
    assert!(result.is_ok() || result.unwrap_err().error() == &SourceError::TooMuchWork);
}

#[test]
fn all_files_of_a_template_are_limited() {
    let count = |files: usize, values: usize| {
        let template = (0..files)
            .fold(Template::default(), |template, file| template.with_file(format!("{file}.pkr.hcl"), ""));
        let variables = (0..values)
            .fold(Variables::default(), |variables, file| variables.with_file(format!("{file}.hcl"), ""));
        template.calls(&variables, None).map(|planned| planned.calls.len())
    };
    for (files, values) in [(MAX_FILES, 0), (MAX_FILES - 1, 1), (1, MAX_FILES - 1), (100, 100)] {
        assert_eq!(count(files, values), Ok(0), "{files} and {values}");
    }
    for (files, values) in [(MAX_FILES + 1, 0), (MAX_FILES, 1), (1, MAX_FILES), (MAX_FILES, MAX_FILES)] {
        let error = SourceError::TooManyFiles { limit: MAX_FILES };
        assert_eq!(count(files, values), Err(error.into()), "{files} and {values}");
    }
}

#[test]
fn an_error_names_its_file_where_that_has_a_name() {
    for (name, file) in [("x.pkr.hcl", Some("x.pkr.hcl")), ("", None)] {
        let text = "source \"tencentcloud-cvm\" \"x\" {\n  region = []\n}\n";
        let error = Template::default().with_file(name, text).calls(&Variables::default(), None).unwrap_err();
        assert_eq!(error.file(), file);
        let place = "line 2, column 12: source.tencentcloud-cvm.x.region: expected a text";
        assert_eq!(error.to_string(), file.map_or(place.to_owned(), |file| format!("{file}: {place}")));
    }
}

#[test]
fn a_name_decides_how_a_file_is_read() {
    let text = "build {\n}\n";
    let read = |name: &str| whole(&[(name, text)]).calls(&Variables::default(), None).is_ok();
    assert!(read("x.pkr.hcl") && read("x"));
    assert!(!read("x.pkr.json"));
}

#[test]
fn blocks_in_json_stand_in_a_few_lists() {
    let calls = |lists: usize| {
        let source = "{\"tencentcloud-cvm\": {\"x\": {\"image_copy_regions\": [\"b\"]}}}";
        let text = format!("{{\"source\": {}{source}{}}}", "[".repeat(lists), "]".repeat(lists));
        whole(&[("x.pkr.json", &text)]).calls(&Variables::default(), None)
    };
    for lists in [0, 1, 8] {
        assert_eq!(calls_of(&calls(lists).unwrap()), [call("x", &["b"])], "{lists}");
    }
    for lists in [9, 20] {
        let error = calls(lists).unwrap_err().to_string();
        assert!(error.ends_with("source: expected an object, or a list of objects"), "{error}");
    }
}

#[test]
fn no_bytes_are_too_odd() {
    let files = [
        "p12-expressions.pkr.hcl",
        "p19-real-syntax.pkr.hcl",
        "p01-hcl-in-json.pkr.json",
        "p06-comma-blank.json",
    ];
    for name in files {
        let bytes = data(name);
        for end in (0..bytes.len()).step_by(7) {
            for change in [&b""[..], b"\"", b"{", b"}", b"\xff", b"${", b"\0", b"[", b"<<E\n"] {
                let mut text = bytes[..end].to_vec();
                text.extend(change);
                text.extend(bytes.get(end + 3..).unwrap_or_default());
                let template = Template::default().with_file(name, text.clone()).whole();
                let _ = template.calls(&Variables::default(), None);
                let _ = sources::calls(Some(name), &text, None);
            }
        }
    }
}

/// Templates whose values are not all known: whatever the variables are, what is certain stands.
mod completions {
    use super::*;
    use proptest::prelude::*;

    const REGIONS: [&str; 7] =
        ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-mumbai", "ap-nowhere", "gz", " ap-seoul"];

    fn region() -> impl Strategy<Value = String> {
        prop::sample::select(&REGIONS[..]).prop_map(str::to_owned)
    }

    fn regions() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(region(), 0..4)
    }

    fn quoted(regions: &[String]) -> String {
        serde_json::to_string(regions).unwrap()
    }

    /// An expression of a text.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => region().prop_map(|region| format!("{region:?}")),
            1 => prop::sample::select(&["var.t0", "var.t1", "local.t", "\"ap-${var.t2}\"", "lower(var.t0)",
                "var.t0 == \"gz\" ? \"ap-shanghai\" : var.t1", "timestamp()", "(\"gz\")"][..]).prop_map(str::to_owned),
        ]
    }

    /// An expression of a list.
    fn list() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::collection::vec(text(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
            1 => prop::sample::select(&["var.l0", "local.l", "concat([\"ap-nowhere\"], var.l1)", "distinct(var.l0)",
                "[for r in var.l0 : r if r != var.t0]", "length(var.l0) > 1 ? var.l0 : var.l1",
                "setunion(var.l0, var.l1)"][..]).prop_map(str::to_owned),
        ]
    }

    /// A build that sets the list of `y`.
    const ADDS_LIST: &str = "build {\n sources = [\"tencentcloud-cvm.x\"]\n source \"tencentcloud-cvm.y\" {\n  \
        image_copy_regions = var.l1\n }\n}\n";
    /// A build that sets names of `x`.
    const ADDS_NAMES: &str = "build {\n sources = [\"tencentcloud-cvm.y\"]\n dynamic \"source\" {\n  \
        for_each = var.l0\n  labels = [\"tencentcloud-cvm.x\"]\n  content {\n  image_name = source.value\n }\n }\n}\n";

    fn builds() -> impl Strategy<Value = String> {
        prop::sample::select(
            &[
                "",
                "build {\n sources = [\"source.tencentcloud-cvm.x\", \"tencentcloud-cvm.y\"]\n}\n",
                "build {\n sources = [\"tencentcloud-cvm.${var.which}\"]\n}\n",
                ADDS_LIST,
                ADDS_NAMES,
            ][..],
        )
        .prop_map(str::to_owned)
    }

    /// For each call of a template, its address, its violations and its unverified rules.
    type Reports = Vec<(String, Vec<(String, Option<String>)>, Vec<String>)>;

    fn reports(planned: &Planned, edition: Edition) -> Reports {
        let rules = Ruleset::documented(edition);
        let state = state();
        let report = |call: &PlannedCall| {
            let report = rules.check_partial(call.request(), &state);
            let violations = report.violations().iter();
            let violations =
                violations.map(|found| (found.rule().to_owned(), found.value().map(str::to_owned))).collect();
            let unverified = report.unverified().iter().map(|found| found.rule().to_owned()).collect();
            (call.address().to_owned(), violations, unverified)
        };
        planned.calls.iter().map(report).collect()
    }

    fn check(open: &Planned, known: &Planned, edition: Edition) -> Result<(), TestCaseError> {
        let (open, known) = (reports(open, edition), reports(known, edition));
        for (address, violations, unverified) in &known {
            let same: Vec<_> = open.iter().filter(|(other, ..)| other == address).collect();
            prop_assert!(!same.is_empty(), "{address} is no call of the open template");
            for violation in violations {
                let is_said = same
                    .iter()
                    .any(|(_, certain, open)| certain.contains(violation) || open.contains(&violation.0));
                prop_assert!(is_said, "{address}: {violation:?} is new");
            }
            for rule in unverified {
                prop_assert!(
                    same.iter().any(|(_, _, open)| open.contains(rule)),
                    "{address}: {rule} is open"
                );
            }
        }
        for (address, certain, _) in &open {
            let same: Vec<_> = known.iter().filter(|(other, ..)| other == address).collect();
            prop_assert!(certain.is_empty() || !same.is_empty(), "{address} is not called, and was refused");
            for violation in certain {
                let stands = same.iter().all(|(_, violations, _)| violations.contains(violation));
                prop_assert!(stands, "{address}: {violation:?} does not stand");
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_value_keeps_what_is_certain(
            (region_x, list_x, region_y, list_y) in (text(), list(), text(), list()),
            name in prop::sample::select(&["\"web-base\"", "var.t0", "\"n-{{timestamp}}\"", "\"${var.t1}-x\""][..]),
            builds in builds(),
            defaults in prop::option::of((region(), regions())),
            (texts, lists, which) in ([region(), region(), region()], [regions(), regions()], prop::sample::select(&["x", "y"][..])),
            edition in prop::sample::select(&["2017-03", "2022-08", "2025-04"][..]),
        ) {
            let (text_default, list_default) = match &defaults {
                Some((text, list)) => (format!(" default = {text:?}\n"), format!(" default = {}\n", quoted(list))),
                None => (String::new(), String::new()),
            };
            let mut text = String::new();
            for at in 0..3 {
                text += &format!("variable \"t{at}\" {{\n type = string\n{text_default}}}\n");
            }
            for at in 0..2 {
                text += &format!("variable \"l{at}\" {{\n type = list(string)\n{list_default}}}\n");
            }
            text += "variable \"which\" {\n default = \"x\"\n}\nlocals {\n t = var.t0\n l = concat(var.l0, [local.t])\n}\n";
            for (source, region, list) in [("x", region_x, list_x), ("y", region_y, list_y)] {
                // What a build sets, its source does not.
                let name = if (source, &*builds) == ("x", ADDS_NAMES) { String::new() } else { format!("image_name = {name}") };
                let list =
                    if (source, &*builds) == ("y", ADDS_LIST) { String::new() } else { format!("image_copy_regions = {list}") };
                text += &format!(
                    "source \"tencentcloud-cvm\" \"{source}\" {{\n region = {region}\n {name}\n {list}\n}}\n"
                );
            }
            text += &builds;
            let edition: Edition = edition.parse().unwrap();
            let open = packer::hcl_calls(text.as_bytes(), None).unwrap();
            let template = Template::default().with_file("x.pkr.hcl", text.as_str()).whole();
            let mut variables = given(&[("which", which)]);
            for (at, value) in texts.iter().enumerate() {
                variables = variables.with_value(format!("t{at}"), value);
            }
            for (at, value) in lists.iter().enumerate() {
                variables = variables.with_value(format!("l{at}"), quoted(value));
            }
            let known = template.calls(&variables, None).unwrap();
            check(&open, &known, edition)?;
            // Values for some of the variables leave the others open, where they have no default.
            if defaults.is_none() {
                let some = template.calls(&given(&[("t0", &texts[0]), ("l1", &quoted(&lists[1])), ("which", which)]), None).unwrap();
                check(&open, &some, edition)?;
                check(&some, &known, edition)?;
            }
        }

        #[test]
        fn every_value_keeps_what_is_certain_of_a_legacy_template(
            builder_region in prop_oneof![region(), Just("{{user `a`}}".to_owned())],
            list in prop::collection::vec(prop_oneof![2 => region(), 1 => Just("{{user `a`}}".to_owned()), 1 => Just("x{{ user `b` }}".to_owned())], 0..4),
            is_text in any::<bool>(),
            name in prop::sample::select(&["web-base", "{{user `b`}}", "n-{{timestamp}}"][..]),
            (a, b) in (region(), region()),
        ) {
            let copy_regions = if is_text { serde_json::json!(list.join(",")) } else { serde_json::json!(list) };
            let text = serde_json::json!({"variables": {"a": null, "b": "gz"}, "builders": [{"type": "tencentcloud-cvm",
                "region": builder_region, "image_name": name, "image_copy_regions": copy_regions}]}).to_string();
            let open = packer::calls(text.as_bytes(), None).unwrap();
            let known = packer::calls_with(text.as_bytes(), &given(&[("a", &a), ("b", &b)]), None).unwrap();
            check(&open, &known, Edition::LATEST)?;
        }
    }
}

/// Packer merges what a build adds with the source, and refuses an attribute that both of them set.
#[test]
fn an_attribute_of_a_source_is_not_set_again_in_a_build() {
    let template = |source: &str, added: &str| {
        let text = format!(
            "source \"tencentcloud-cvm\" \"a\" {{\n  {source}\n}}\nbuild {{\n  \
             source \"tencentcloud-cvm.a\" {{\n    {added}\n  }}\n}}\n"
        );
        packer::hcl_calls(text.as_bytes(), Some("ap-guangzhou")).map(|planned| calls_of(&planned))
    };
    let copies = "image_copy_regions = [\"ap-shanghai\"]";
    for added in [copies, "image_copy_regions = null", "image_copy_regions = var.x"] {
        let error = template(copies, added).unwrap_err().to_string();
        assert_eq!(
            error,
            "line 6, column 26: source.tencentcloud-cvm.a.image_copy_regions: a build sets it, and its source has it \
             already, which Packer refuses: set it in one of them"
        );
    }
    let other = "image_name = \"x\"";
    assert!(template(&format!("{other}\n{copies}"), other).is_err());
    assert!(template("instance_type = \"S1\"", &format!("{copies}\ninstance_type = \"S2\"")).is_err());
    for (source, added) in [(copies, other), (other, copies), (copies, "name = \"x\"")] {
        assert_eq!(template(source, added).unwrap(), [call("a", &["ap-shanghai"])], "{source} {added}");
    }
    // In JSON, and in a dynamic block.
    let json = br#"{"source": {"tencentcloud-cvm": {"a": {"image_copy_regions": ["ap-shanghai"]}}},
        "build": {"source": {"tencentcloud-cvm.a": {"image_copy_regions": ["ap-beijing"]}}}}"#;
    let error = Template::default().with_file("a.pkr.json", &json[..]).calls(&Variables::default(), None);
    assert!(error.unwrap_err().to_string().contains("which Packer refuses"));
    let dynamic = format!(
        "source \"tencentcloud-cvm\" \"a\" {{\n{copies}\n}}\nbuild {{\ndynamic \"source\" {{\nfor_each = [1]\n\
         labels = [\"tencentcloud-cvm.a\"]\ncontent {{\n{copies}\n}}\n}}\n}}\n"
    );
    assert!(whole(&[("a.pkr.hcl", &dynamic)]).calls(&Variables::default(), None).is_err());
}

/// Some versions of the builder make no image with this attribute, and copy none.
#[test]
fn an_image_that_is_skipped_may_not_be_copied() {
    let copies = "image_copy_regions = [\"ap-nowhere\"]";
    let of = |skip: &str| {
        let text = format!(
            "source \"tencentcloud-cvm\" \"a\" {{\n  region = \"ap-guangzhou\"\n  {copies}\n  {skip}\n}}\n"
        );
        packer::hcl_calls(text.as_bytes(), None).unwrap()
    };
    for skip in [
        "",
        "skip_create_image = false",
        "skip_create_image = \"false\"",
        "skip_create_image = \"0\"",
        "skip_create_image = null",
    ] {
        assert_eq!(
            violations(&of(skip).calls[0]),
            ["InvalidRegion.NotFound DestinationRegions.0 ap-nowhere"],
            "{skip}"
        );
    }
    for skip in ["skip_create_image = true", "skip_create_image = \"true\"", "skip_create_image = var.x"] {
        let planned = of(skip);
        assert_eq!(violations(&planned.calls[0]), [""; 0], "{skip}");
        assert_eq!(
            planned.calls[0].request().needs_to_be_made(),
            Some(
                "`skip_create_image` of `source.tencentcloud-cvm.a`, with which no image may be made: leave it out, or \
                 set it to `false`"
            )
        );
    }
    for (skip, is_refused) in [("true", false), ("\"{{user `x`}}\"", false), ("false", true), ("null", true)]
    {
        let text = format!(
            r#"{{"builders": [{{"type": "tencentcloud-cvm", "region": "ap-guangzhou",
                "image_copy_regions": ["ap-nowhere"], "skip_create_image": {skip}}}]}}"#
        );
        let planned = packer::calls(text.as_bytes(), None).unwrap();
        assert_eq!(!violations(&planned.calls[0]).is_empty(), is_refused, "{skip}");
    }
}

/// A block is no attribute, and Packer refuses it: it is not overlooked.
#[test]
fn a_block_in_the_place_of_an_attribute_is_an_error() {
    for (block, name) in [
        ("image_copy_regions {\n  }", "image_copy_regions"),
        ("region {\n  }", "region"),
        ("dynamic \"image_copy_regions\" {\n  }", "image_copy_regions"),
        ("dynamic \"region\" {\n  }", "region"),
    ] {
        let text = format!("source \"tencentcloud-cvm\" \"a\" {{\n  {block}\n}}\n");
        let error = packer::hcl_calls(text.as_bytes(), None).unwrap_err().to_string();
        let expected = "expected an attribute, found a block";
        assert_eq!(error, format!("line 2, column 3: source.tencentcloud-cvm.a.{name}: {expected}"));
    }
    // Others are blocks.
    for block in ["data_disks {\n  }", "dynamic \"data_disks\" {\n  }"] {
        let text = format!("source \"tencentcloud-cvm\" \"a\" {{\n  {block}\n}}\n");
        assert!(packer::hcl_calls(text.as_bytes(), None).is_ok(), "{block}");
    }
}

/// Two sources of the builder, and what else a template has.
fn two_sources(blocks: &str) -> String {
    let source = |name: &str| {
        format!(
            "source \"tencentcloud-cvm\" \"{name}\" {{\n region = \"a\"\n image_copy_regions = [\"b\"]\n}}\n"
        )
    };
    format!("{blocks}\n{}{}", source("x"), source("y"))
}

/// Where it is not known which sources are built, each of them may be.
#[test]
fn a_build_of_unknown_sources_may_be_one_of_each() {
    let both = [call("x", &["b"]), call("y", &["b"])];
    for sources in ["var.s", "[var.s]", "[\"docker.z\", var.s]", "[var.s, var.s]"] {
        let text = two_sources(&format!("variable \"s\" {{\n}}\nbuild {{\n sources = {sources}\n}}\n"));
        let planned = whole(&[("a.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
        assert_eq!(calls_of(&planned), both, "{sources}");
    }
    // In a file alone it is not known of a dynamic source either, whose
    // label may have another value.
    let text = two_sources(
        "variable \"s\" {\n default = \"tencentcloud-cvm.y\"\n}\nbuild {\n dynamic \"source\" {\n  for_each = [1]\n  \
         labels = [var.s]\n  content {\n  }\n }\n}\n",
    );
    assert_eq!(hcl(&text), both);
    let planned = whole(&[("a.pkr.hcl", &text)]).calls(&Variables::default(), None).unwrap();
    assert_eq!(calls_of(&planned), both[1..]);
}

#[test]
fn sources_of_other_builders_are_counted_by_type() {
    let text = "source \"docker\" \"a\" {\n}\nsource \"null\" \"b\" {\n}\nsource \"docker\" \"c\" {\n}\n";
    let seen = packer::hcl_calls(text.as_bytes(), None).unwrap().seen;
    assert!(seen.starts_with("2 of the type `docker` and 1 of the type `null`; "), "{seen}");
}

/// The place of a value is in the file that has it, wherever that stands among the files.
#[test]
fn a_value_is_shown_in_its_file() {
    let source = "source \"tencentcloud-cvm\" \"x\" {\n region = \"a\"\n image_copy_regions = [var.to]\n}\n";
    let files = [
        ("a.pkr.hcl", source),
        ("b.pkr.hcl", "variable \"to\" {\n}\n"),
        ("c.auto.pkrvars.hcl", "other = 1\n"),
        ("d.auto.pkrvars.hcl", "to = \"b\"\n"),
    ];
    for count in 0..files.len() {
        let mut files = files;
        files.rotate_left(count);
        let planned = whole(&files).calls(&Variables::default(), None).unwrap();
        let place = Parameter::DESTINATION_REGIONS.element(0);
        let (file, span) = (planned.calls[0].file(&place), planned.calls[0].span(&place).unwrap());
        assert_eq!((files[file].0, &files[file].1[span]), ("d.auto.pkrvars.hcl", "\"b\""));
    }
}

/// A value is judged by the type of its variable, as far as that is one that is known.
#[test]
fn values_are_judged_by_types_that_are_known() {
    let destinations = |of: &str, value: &str| {
        let text = format!(
            "variable \"to\" {{\n type = {of}\n}}\nsource \"tencentcloud-cvm\" \"x\" {{\n region = \"a\"\n \
             image_copy_regions = [var.to]\n}}\n"
        );
        let planned = whole(&[("a.pkr.hcl", &text)]).calls(&given(&[("to", value)]), None);
        planned.map(|planned| planned.calls[0].request().request().destination_regions.clone())
    };
    // What stands for any type is taken as it is written.
    assert_eq!(destinations("any", "b c").unwrap(), ["b c"]);
    // So is a text, in which a list is no error.
    assert_eq!(destinations("string", "[1]").unwrap(), ["[1]"]);
    let is_refused = |of: &str, value: &str| {
        let error = destinations(of, value).map(|_| ()).map_err(TemplateError::into_error);
        matches!(error, Err(SourceError::Variable { .. }))
    };
    for (of, value, expected) in [
        ("bool", "[]", true),
        ("set(string)", "1", true),
        ("map(string)", "[]", true),
        ("object({})", "[]", true),
        ("object({})", "{}", false),
        ("object({a = string})", "{a = \"b\"}", false),
        ("object({a = string})", "{b = \"b\"}", true),
        ("object({a = number})", "{a = \"b\"}", true),
        ("list(object({a = number}))", "[{a = 1}, {a = \"b\"}]", true),
        // An attribute that may be left out, and one that has no name yet, judge no value.
        ("object({a = optional(string)})", "{}", false),
        ("object({\"a\" = string})", "{}", false),
        ("tuple([string, bool])", "[\"b\", true]", false),
        ("tuple([string, bool])", "[\"b\"]", true),
        ("tuple([string, bool])", "[\"b\", 2]", true),
        ("tuple([])", "{}", true),
        // A comment behind a value is no part of it; another argument is none of it.
        ("list(string)", "[\"b\"] # one", false),
        ("list(string)", "[\"b\"] // one\n", false),
        ("list(string)", "[\"b\"] /* one */", false),
        ("list(string)", "[\"b\"]\nother = 1", true),
        // The function of another namespace may be another type.
        ("list(string)", "1", true),
        ("core::list(string)", "1", false),
        ("list(string, string)", "1", false),
    ] {
        assert_eq!(is_refused(of, value), expected, "{of} {value}");
    }
    // Lists are judged eight deep.
    let nested = |depth: usize, start: &str, inner: &str, end: &str| {
        format!("{}{inner}{}", start.repeat(depth), end.repeat(depth))
    };
    for (depth, expected) in [(1, true), (2, true), (8, true), (9, false), (10, false)] {
        let of = nested(depth, "list(", "string", ")");
        assert_eq!(is_refused(&of, &nested(depth - 1, "[", "1", "]")), expected, "{of}");
    }
}
