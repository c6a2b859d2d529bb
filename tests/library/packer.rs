//! Templates of Packer: which calls they stand for, and what is said of them.
#![cfg(feature = "wire")]

use presync::sources::packer::{self, MAX_BYTES, MAX_COPIES, Variables};
use presync::sources::{self, PlannedCall, SourceError};
use presync::{Edition, Parameter, Region, Ruleset, State};
use serde_json::{Value, json};

use crate::support::documents::packer::{data, template};

/// The calls of one builder in this region, with these regions to copy to.
fn calls_of(region: Value, copy_regions: Value, given: Option<&str>) -> Vec<PlannedCall> {
    let builder = json!({"type": "tencentcloud-cvm", "region": region, "image_copy_regions": copy_regions});
    packer::calls(&template(json!([builder])), given).unwrap().calls
}

/// The destinations of a call, with a dash for one that is not known.
fn destinations(call: &PlannedCall) -> Vec<String> {
    let request = call.request();
    let unknowns = request.unknowns().map(|(parameter, _)| parameter);
    let unknowns: Vec<usize> = unknowns
        .filter(|parameter| parameter.name() == Parameter::DESTINATION_REGIONS.name())
        .filter_map(Parameter::subscript)
        .collect();
    let mut known = request.request().destination_regions.iter();
    let count = known.len() + unknowns.len();
    let element = |subscript| match unknowns.contains(&subscript) {
        true => "-".to_owned(),
        false => known.next().expect("an element that is known").clone(),
    };
    (0..count).map(element).collect()
}

fn gaps(call: &PlannedCall) -> Vec<String> {
    call.request().unknowns().map(|(parameter, needs)| format!("{parameter}: {needs}")).collect()
}

/// What `summary` says of one call.
type Summary<'c> = (&'c str, Option<&'c str>, Vec<String>, Vec<String>);

fn summary(calls: &[PlannedCall]) -> Vec<Summary<'_>> {
    let summary = |call| (PlannedCall::address(call), PlannedCall::request(call).request().region.as_deref());
    calls
        .iter()
        .map(|call| {
            let (address, region) = summary(call);
            (address, region, destinations(call), gaps(call))
        })
        .collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn each_builder_with_regions_to_copy_to_is_a_call() {
    let template = data("template.json");
    assert!(packer::is_template(&template));
    let calls = packer::calls(&template, None).unwrap().calls;
    assert_eq!(
        summary(&calls),
        [
            (
                "builders[0]",
                Some("ap-guangzhou"),
                texts(&["ap-shanghai", "ap-shanghai-2"]),
                texts(&["ImageIds.0: the image that `builders[0]` makes"])
            ),
            (
                "builders[2]",
                None,
                texts(&["ap-shanghai", "-"]),
                texts(&[
                    "DestinationRegions.1: `image_copy_regions` of `builders[2]`, which is not a literal: `--var second=VALUE` settles it",
                    "ImageIds.0: the image that `builders[2]` makes",
                    "Region: `region` of `builders[2]`, which is not a literal: `--region` or `--var region=VALUE` settles it; by its default it is `\"ap-beijing\"`",
                ])
            ),
        ]
    );
    let request = calls[0].request().request();
    assert_eq!((request.version.as_deref(), &request.image_name), (Some("2017-03-12"), &None));

    let given = packer::calls(&template, Some("ap-beijing")).unwrap().calls;
    let regions: Vec<_> =
        given.iter().map(|call| call.request().request().region.as_deref().unwrap()).collect();
    assert_eq!(regions, ["ap-guangzhou", "ap-beijing"]);
}

#[test]
fn packer_leaves_its_region_and_repeated_ones_out() {
    let list = |region: Value, copy_regions: Value| -> Vec<Vec<String>> {
        calls_of(region, copy_regions, None).iter().map(destinations).collect()
    };
    assert_eq!(list(json!("a"), json!(["a", "b", "a", "c", "b"])), [["b", "c"]]);
    for none in [json!([]), json!(["a"]), json!(["a", "a"]), json!("a"), json!(""), json!(null)] {
        assert_eq!(list(json!("a"), none.clone()), [[""; 0]; 0], "{none}");
    }
    // One that is not known may be one of the others, and stays.
    assert_eq!(list(json!("a"), json!(["{{user `x`}}", "b", "{{user `x`}}"])), [["-", "b", "-"]]);
    // Where the region is not known, nothing can be left out but what is repeated.
    assert_eq!(list(json!("{{user `x`}}"), json!(["a", "b", "a"])), [["a", "b"]]);
    assert_eq!(list(json!(null), json!(["a"])), [["a"]]);
}

#[test]
fn one_text_is_a_list_with_commas() {
    let list = |copy_regions: &str| calls_of(json!("a"), json!(copy_regions), None);
    assert_eq!(destinations(&list("b,c,b")[0]), ["b", "c"]);
    assert_eq!(destinations(&list("b, c")[0]), ["b", " c"]);
    let call = &list("b,{{user `x`}}")[0];
    assert_eq!(
        gaps(call)[0],
        "DestinationRegions: `image_copy_regions` of `builders[0]`, which is not a literal: `--var x=VALUE` settles it"
    );
    assert_eq!(destinations(call), [""; 0]);
}

#[test]
fn a_number_or_a_flag_is_a_text_as_packer_makes_it() {
    let region = |region: Value| calls_of(region, json!(["b"]), None)[0].request().request().region.clone();
    for (value, text) in [
        (json!(5), "5"),
        (json!(-2.50), "-2.5"),
        (json!(1e3), "1000"),
        (json!(true), "1"),
        (json!(false), "0"),
        (json!("5.0"), "5.0"),
    ] {
        assert_eq!(region(value.clone()).as_deref(), Some(text), "{value}");
    }
    assert_eq!(destinations(&calls_of(json!("a"), json!([7, "b", true]), None)[0]), ["7", "b", "1"]);
    let too_large = r#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": [1e999]}]}"#;
    assert_eq!(
        packer::calls(too_large.as_bytes(), None).unwrap_err().to_string(),
        "line 1, column 67: builders[0].image_copy_regions[0]: expected a text"
    );
}

/// The value of a variable becomes a text as that of an attribute does. Packer has a
/// number as a float of 64 bits.
#[test]
fn a_variable_is_a_text_as_an_attribute_is() {
    let region = |declared: &str, variables: &Variables| {
        let text = format!(
            r#"{{"variables": {{"v": {declared}, "other": ""}},
                "builders": [{{"type": "tencentcloud-cvm", "region": "{{{{user `v`}}}}", "image_copy_regions": ["b"]}}]}}"#
        );
        let planned = packer::calls_with(text.as_bytes(), variables, None).unwrap();
        planned.calls[0].request().request().region.clone()
    };
    let given = Variables::default().with_value("other", "x");
    for (json, text) in [
        ("true", "1"),
        ("false", "0"),
        ("1e3", "1000"),
        ("1.0", "1"),
        ("-2.50", "-2.5"),
        ("20250101123045123", "20250101123045124"),
        (r#""1e3""#, "1e3"),
        (r#"["b", 1.0, true]"#, "b,1,1"),
    ] {
        assert_eq!(region(json, &given).as_deref(), Some(text), "{json}");
        let file = Variables::default().with_file("f.json", format!(r#"{{"v": {json}}}"#));
        assert_eq!(region("null", &file).as_deref(), Some(text), "{json}");
        if !json.starts_with('[') {
            let attribute: Value = serde_json::from_str(json).unwrap();
            let call = calls_of(attribute, json!(["b"]), None).remove(0);
            assert_eq!(call.request().request().region.as_deref(), Some(text), "{json}");
        }
    }
    let long = format!("1{}", "0".repeat(63));
    assert_eq!(region("1e63", &given), Some(long));
    assert_eq!(region("[]", &given).as_deref(), None);
    // These are no texts, or too long for a number.
    for json in ["null", "{}", "[[]]", "[null]", "[\"b\", null, \"c\"]", "1e999", "1e64", "[1e64]"] {
        assert_eq!(region(json, &given), None, "{json}");
    }
    // What Packer makes of a function, it alone knows, wherever the value is from.
    let function = "{{timestamp}}";
    assert_eq!(region(&format!("\"{function}\""), &given), None);
    assert_eq!(region("\"r\"", &Variables::default().with_value("v", function)), None);
    assert_eq!(
        region("\"r\"", &Variables::default().with_file("f.json", format!(r#"{{"v": "{function}"}}"#))),
        None
    );
    assert_eq!(region("\"r\"", &Variables::default().with_value("v", "{b}")).as_deref(), Some("{b}"));
}

#[test]
fn the_region_is_the_builders_else_the_given_one() {
    let region = |region: Value, given| {
        let call = calls_of(region, json!(["b", "given"]), given).remove(0);
        let origin = call.origin(&Parameter::REGION).map(ToString::to_string);
        (call.request().request().region.clone(), destinations(&call), origin, gaps(&call).pop().unwrap())
    };
    let image = "ImageIds.0: the image that `builders[0]` makes".to_owned();
    let own = Some("builders[0] region".to_owned());
    let both = texts(&["b", "given"]);
    for given in [None, Some("given")] {
        assert_eq!(
            region(json!("a"), given),
            (Some("a".to_owned()), both.clone(), own.clone(), image.clone())
        );
    }
    let given = (Some("given".to_owned()), texts(&["b"]), None, image);
    let unknown = |needs: &str| {
        (None, both.clone(), own.clone(), format!("Region: `region` of `builders[0]`, {needs}"))
    };
    for (value, needs) in [
        (json!("{{env `R`}}"), "which is not a literal: `--region` settles it"),
        (json!(""), "which is not set: `--region` settles it"),
        (json!(null), "which is not set: `--region` settles it"),
    ] {
        assert_eq!(region(value.clone(), Some("given")), given);
        assert_eq!(region(value, None), unknown(needs));
    }
}

#[test]
fn a_call_says_where_its_parameters_come_from() {
    let template = data("template.json");
    let calls = packer::calls(&template, None).unwrap().calls;
    let at = |parameter| calls[0].span(&parameter).map(|span| std::str::from_utf8(&template[span]).unwrap());
    let origin = |parameter| calls[0].origin(&parameter).map(ToString::to_string);
    // The second of the call is the fourth of the list.
    let second = Parameter::DESTINATION_REGIONS.element(1);
    assert_eq!(at(second.clone()), Some("\"ap-shanghai-2\""));
    assert_eq!(origin(second).unwrap(), "builders[0] image_copy_regions");
    assert_eq!(at(Parameter::REGION), Some("\"ap-guangzhou\""));
    assert_eq!(at(Parameter::IMAGE_IDS.element(0)), None);
    assert_eq!(origin(Parameter::IMAGE_IDS.element(0)), None);
}

#[test]
fn what_is_certain_of_a_template_is_said() {
    let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), []).unwrap();
    let rules = Ruleset::documented(Edition::LATEST);
    let broken = |region: Value| -> Vec<String> {
        let call = calls_of(region, json!(["ap-shanghai", "gz"]), None).remove(0);
        let report = rules.check_partial(call.request(), &state);
        report
            .violations()
            .iter()
            .map(|violation| format!("{} {}", violation.rule(), violation.parameter()))
            .collect()
    };
    assert_eq!(broken(json!("ap-guangzhou")), ["destination-exists DestinationRegions.1"]);
    // The region may be called `gz`: then that is wrong, and no destination any more.
    assert_eq!(broken(json!("{{user `x`}}")), [""; 0]);
    assert_eq!(
        broken(json!("gz2")),
        ["source-region-supported Region", "destination-exists DestinationRegions.1"]
    );
}

#[test]
fn an_error_says_where_it_is() {
    let error = |text: &str| packer::calls(text.as_bytes(), None).unwrap_err().to_string();
    for (text, expected) in [
        ("{\"builders\": [\n1]}", "line 2, column 1: builders[0]: expected an object, found the number `1`"),
        ("{\"builders\": {}}", "line 1, column 13: builders: expected a list, found an object"),
        ("{\"builders\": [{\"type\": 1}]}", "line 1, column 24: builders[0].type: expected a text"),
        (
            "{\"builders\": [{\"type\": \"docker\"}, {\"type\": \"tencentcloud-cvm\",\n\"region\": []}]}",
            "line 2, column 11: builders[1].region: expected a text",
        ),
        (
            "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"a\", null]}]}",
            "line 1, column 72: builders[0].image_copy_regions[1]: expected a text",
        ),
        (
            "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": 1}]}",
            "line 1, column 66: builders[0].image_copy_regions: expected a list, found the number `1`",
        ),
        ("{\"builders\": [", "line 1, column 14: builders: the JSON ends within a list"),
        ("{}", "line 1, column 2: `builders` is missing"),
        ("[[]]", "line 1, column 1: expected an object, found a list"),
    ] {
        assert_eq!(error(text), expected);
    }
    // One of two equal keys would be lost, in the builder and in the variables.
    for (text, expected) in [
        (
            r#"{"builders": [{"type": "tencentcloud-cvm", "image_copy_regions": ["a"], "image_copy_regions": ["b"]}]}"#,
            "line 1, column 95: builders[0].image_copy_regions: the key is given twice",
        ),
        // The first of several.
        (
            r#"{"builders": [{"type": "tencentcloud-cvm", "region": "a", "region": "b", "image_name": "c", "image_name": "d"}]}"#,
            "line 1, column 69: builders[0].region: the key is given twice",
        ),
        (
            r#"{"builders": [{"type": "docker", "type": "tencentcloud-cvm"}]}"#,
            "line 1, column 42: builders[0].type: the key is given twice",
        ),
        // Others that are there twice do not hide it.
        (
            r#"{"builders": [{"type": "docker", "image": 1, "image": 2, "type": "tencentcloud-cvm"}]}"#,
            "line 1, column 66: builders[0].type: the key is given twice",
        ),
        (
            "{\"builders\": [],\n\"variables\": {\"a\": \"x\", \"a\": \"x\"}}",
            "line 2, column 30: variables.a: the key is given twice",
        ),
        (r#"{"builders": [], "builders": []}"#, "line 1, column 27: `builders` is given twice"),
    ] {
        assert_eq!(error(text), expected);
    }
    let values = Variables::default().with_file("dev.json", br#"{"a": "x", "a": "y"}"#);
    let error = packer::calls_with(br#"{"builders": []}"#, &values, None).unwrap_err().to_string();
    assert!(error.contains("line 1, column 17: a: the key is given twice"), "{error}");
    let twice = br#"{"builders": [{"type": "docker", "image": 1, "image": 2}]}"#;
    assert_eq!(packer::calls(twice, None).unwrap().calls, []);
    // Of other builders nothing is read.
    let other = template(json!([{"type": "docker", "region": 1, "image_copy_regions": 1}]));
    assert_eq!(packer::calls(&other, None).unwrap().calls, []);
}

#[test]
fn what_is_too_large_is_refused() {
    let mut bytes = template(json!([]));
    bytes.resize(MAX_BYTES, b' ');
    assert_eq!(packer::calls(&bytes, None).unwrap().calls, []);
    bytes.push(b' ');
    let too_large =
        SourceError::TooLarge { what: "a Packer template", limit: MAX_BYTES, found: MAX_BYTES + 1 };
    assert_eq!(packer::calls(&bytes, None), Err(too_large));
}

#[test]
fn a_list_and_a_text_are_at_most_so_large() {
    let calls = |region: &str, copies: usize| {
        let builder =
            json!({"type": "tencentcloud-cvm", "region": region, "image_copy_regions": vec!["b"; copies]});
        packer::calls(&template(json!([builder])), None).map(|planned| planned.calls.len())
    };
    assert_eq!(calls(&"x".repeat(4096), 16_384), Ok(1));
    let error = calls(&"x".repeat(4097), 1).unwrap_err().to_string();
    assert!(
        error.ends_with("builders[0].region: a value has at most 4096 bytes: this one has more"),
        "{error}"
    );
    let error = calls("a", 16_385).unwrap_err().to_string();
    assert!(error.ends_with("a list has at most 16384 elements: this one has more"), "{error}");
}

#[test]
fn all_regions_of_a_template_are_limited() {
    let full: Vec<String> = (0..MAX_COPIES / 4).map(|region| format!("r{region}")).collect();
    let builder =
        |copies: Value| json!({"type": "tencentcloud-cvm", "region": "a", "image_copy_regions": copies});
    let count = |more: Option<Value>| {
        let builders = vec![builder(json!(full)); 4].into_iter().chain(more.map(builder));
        packer::calls(&template(builders.collect()), None).map(|planned| planned.calls.len())
    };
    assert_eq!(count(None), Ok(4));
    // Those that are not known are counted as well.
    for more in [json!(["b"]), json!(["{{user `x`}}"])] {
        assert_eq!(count(Some(more)), Err(SourceError::TooManyCopies { limit: MAX_COPIES }));
    }
}

#[test]
fn each_type_of_builder_is_counted() {
    let builders = ["docker", "docker", "null"].map(|name| json!({"type": name}));
    let planned = packer::calls(&template(json!(builders)), None).unwrap();
    assert!(
        planned.seen.starts_with("2 of the type `docker` and 1 of the type `null`; "),
        "{}",
        planned.seen
    );
}

#[test]
fn a_call_with_no_region_that_is_certain_may_not_be_made() {
    let made = |region: &str, copy_regions: Value| {
        let call = calls_of(json!(region), copy_regions, None).remove(0);
        call.request().needs_to_be_made().map(str::to_owned)
    };
    let needs = "`image_copy_regions` of `builders[0]`, which is not a literal: `--var to=VALUE` settles it";
    for region in ["a", "{{user `from`}}"] {
        // What is not known may be empty, or the builder's own region.
        for copy_regions in [json!("{{user `to`}}"), json!(["{{user `to`}}"]), json!(["a", "{{user `to`}}"])]
        {
            let is_sent = region != "a" && copy_regions[0] == "a";
            let expected = Some(needs.to_owned()).filter(|_| !is_sent);
            assert_eq!(made(region, copy_regions.clone()), expected, "{region} {copy_regions}");
        }
        assert_eq!(made(region, json!(["b", "{{user `to`}}"])), None);
        assert_eq!(made(region, json!(["b"])), None);
    }
}

#[test]
fn a_text_may_have_several_variables() {
    let builder =
        |text: &str| json!([{"type": "tencentcloud-cvm", "region": text, "image_copy_regions": ["b"]}]);
    let long = "x".repeat(300);
    let variables = Variables::default().with_value("a", &*long).with_value("b", &*long);
    let calls =
        packer::calls_with(&template(builder("{{user `a`}}-{{user `b`}}")), &variables, None).unwrap().calls;
    assert_eq!(calls[0].request().request().region, Some(format!("{long}-{long}")));
    // Of nine variables eight are named.
    let nine: String = (1..=9).map(|name| format!("{{{{user `v{name}`}}}}")).collect();
    let calls = packer::calls(&template(builder(&nine)), None).unwrap().calls;
    let needs = calls[0].request().needs(&Parameter::REGION).unwrap();
    assert!(needs.contains("`--var v7=VALUE` and `--var v8=VALUE` settles it"), "{needs}");
}

/// Go removes the blanks beside a dash, up to other text or to another part in braces.
#[test]
fn the_trim_markers_of_a_variable_remove_the_blanks_beside_it() {
    let variables = Variables::default().with_value("r", " v ").with_value("s", "w");
    let known = |text: &str| {
        let builders = json!([{"type": "tencentcloud-cvm", "region": text, "image_copy_regions": ["b"]}]);
        let planned = packer::calls_with(&template(builders), &variables, None).unwrap();
        planned.calls[0].request().request().region.clone()
    };
    for (text, value) in [
        ("  {{- user `r` }} ", " v  "),
        ("  {{ user `r` -}} ", "   v "),
        (" \t\r\n{{- user `r` -}}\n\r\t ", " v "),
        ("a \n{{-\tuser `r`\n-}} b ", "a v b "),
        ("\u{b}\u{a0}{{- user `r` -}}\u{a0}", "\u{b}\u{a0} v \u{a0}"),
        // Each takes the blanks of its own sides, and none of a value.
        ("{{user `s` -}}  {{user `s`}} {{user `s`}}  {{- user `r`}}{{- user `s`}}", "ww w v w"),
    ] {
        assert_eq!(known(text).as_deref(), Some(value), "{text:?}");
    }
    // Without a blank beside it a dash is none, and Go refuses the text.
    for text in ["{{-user `r`}}", "{{user `r`-}}", "{{--  user `r`}}", "{{- -}}", "{{-}}"] {
        assert_eq!(known(text), None, "{text}");
    }
}

#[test]
fn only_what_has_builders_is_a_template() {
    for (text, is_template) in [
        ("{\"builders\": []}", true),
        ("{\"variables\": {\"builders\": 1}, \"builders\":", true),
        ("{\"variables\": {\"builders\": 1}}", false),
        ("{\"ImageIds\": [\"x\"]}", false),
        ("[\"builders\"]", false),
        ("builders=1", false),
        ("", false),
    ] {
        assert_eq!(packer::is_template(text.as_bytes()), is_template, "{text}");
        assert_eq!(sources::calls(None, text.as_bytes(), None).is_some(), is_template, "{text}");
    }
}

#[cfg(feature = "hcl")]
mod hcl {
    use super::*;

    fn calls(text: &str) -> Vec<PlannedCall> {
        packer::hcl_calls(text.as_bytes(), None).unwrap().calls
    }

    /// The calls of a source with these attributes.
    fn source(attributes: &str) -> Vec<PlannedCall> {
        calls(&format!("source \"tencentcloud-cvm\" \"x\" {{\n{attributes}\n}}\n"))
    }

    #[test]
    fn each_source_with_regions_to_copy_to_is_a_call() {
        let template = data("template.pkr.hcl");
        let calls = packer::hcl_calls(&template, None).unwrap().calls;
        let (base, variables, later) = (
            "source.tencentcloud-cvm.base",
            "source.tencentcloud-cvm.by-variables",
            "source.tencentcloud-cvm.later",
        );
        assert_eq!(
            summary(&calls),
            [
                (
                    base,
                    Some("ap-guangzhou"),
                    texts(&["ap-shanghai", "ap-shanghai-2"]),
                    vec![format!("ImageIds.0: the image that `{base}` makes")]
                ),
                (
                    variables,
                    None,
                    texts(&["ap-shanghai", "-"]),
                    vec![
                        format!(
                            "DestinationRegions.1: `image_copy_regions` of `{variables}`, which is not a literal: `--var region=VALUE` or the template's folder settles it; by its default it is `\"ap-ap-beijing\"`"
                        ),
                        format!("ImageIds.0: the image that `{variables}` makes"),
                        format!(
                            "Region: `region` of `{variables}`, which is not a literal: `--region`, `--var region=VALUE` or the template's folder settles it; by its default it is `\"ap-beijing\"`"
                        ),
                    ]
                ),
                (
                    later,
                    Some("ap-guangzhou"),
                    vec![],
                    vec![
                        format!(
                            "DestinationRegions: `image_copy_regions` of `{later}`, which is not a literal: the template's folder settles it"
                        ),
                        format!("ImageIds.0: the image that `{later}` makes"),
                    ]
                ),
            ]
        );
        let at =
            |parameter| calls[0].span(&parameter).map(|span| std::str::from_utf8(&template[span]).unwrap());
        assert_eq!(at(Parameter::DESTINATION_REGIONS.element(1)), Some("\"ap-shanghai-2\""));
        assert_eq!(at(Parameter::REGION), Some("\"ap-guangzhou\""));

        // It is known by its name.
        let named = |name| sources::calls(name, &template, None);
        assert_eq!(named(Some("images/base.pkr.hcl")).unwrap().unwrap().calls, calls);
        assert_eq!(named(Some("base.hcl")).unwrap().unwrap().calls, calls);
        // Another name is no reason not to read it.
        assert_eq!(named(None).unwrap().unwrap().calls, calls);
    }

    #[test]
    fn json_and_hcl_say_the_same() {
        for (region, copy_regions) in [
            (json!("a"), json!(["a", "b", "b", "c\"\\"])),
            (json!("a"), json!([])),
            (json!("a"), json!(["a"])),
            (json!(null), json!(["a", "b"])),
            (json!(""), json!(["a", "b"])),
        ] {
            let in_hcl = source(&format!("region = {region}\nimage_copy_regions = {copy_regions}"));
            let in_json = calls_of(region, copy_regions, None);
            let requests = |calls: &[PlannedCall]| -> Vec<_> {
                calls.iter().map(|call| (call.request().request().clone(), destinations(call))).collect()
            };
            assert_eq!(requests(&in_hcl), requests(&in_json));
        }
    }

    #[test]
    fn what_is_no_literal_is_not_known() {
        let texts = ["\"${var.x}\"", "\"a-${var.x}\"", "<<E\na\nE\n"];
        let others = ["var.x", "local.x", "lower(\"A\")", "(\"a\")", "true ? \"a\" : \"b\""];
        for value in texts.iter().chain(&others) {
            let calls = source(&format!("image_copy_regions = [\"b\"]\nregion = {value}"));
            assert_eq!(calls[0].request().request().region, None, "{value}");
        }
        for value in others {
            let calls = source(&format!("region = \"a\"\nimage_copy_regions = {value}"));
            assert!(calls[0].request().needs(&Parameter::DESTINATION_REGIONS).is_some(), "{value}");
        }
        // A dollar sign can be a literal one.
        assert_eq!(
            destinations(&source("region = \"a\"\nimage_copy_regions = [\"$${b}\", \"c\"]")[0]),
            ["${b}", "c"]
        );
    }

    #[test]
    fn a_source_in_a_build_adds_to_the_one_that_it_names() {
        let list = |source: &str, build: &str| {
            let text = format!("source \"tencentcloud-cvm\" \"x\" {{\n{source}\n}}\nbuild {{\n{build}\n}}\n");
            calls(&text).iter().map(destinations).collect::<Vec<_>>()
        };
        let (region, copies) = ("region = \"a\"", "image_copy_regions = [\"b\"]");
        let both = format!("{region}\n{copies}");
        assert_eq!(list(&both, "sources = [\"source.tencentcloud-cvm.x\"]"), [["b"]]);
        assert_eq!(list(&both, "source \"tencentcloud-cvm.x\" {\n  image_name = \"n\"\n}"), [["b"]]);
        assert_eq!(
            list(region, "source \"source.tencentcloud-cvm.x\" {\n  image_copy_regions = [\"c\"]\n}"),
            [["c"]]
        );
        // One that no build names is not built.
        assert_eq!(
            list(&both, "source \"tencentcloud-cvm.y\" {\n  image_copy_regions = [\"c\"]\n}"),
            [[""; 0]; 0]
        );
        assert_eq!(list(copies, "source \"tencentcloud-cvm.x\" {\n  region = \"b\"\n}"), [[""; 0]; 0]);
        assert_eq!(
            list(
                region,
                "source \"tencentcloud-cvm.x\" {\n  image_copy_regions = [\"c\"]\n}\nsource \"tencentcloud-cvm.x\" {\n  image_copy_regions = [\"d\"]\n}"
            ),
            [["c"], ["d"]]
        );
    }

    #[test]
    fn other_blocks_are_of_no_matter() {
        for text in [
            "",
            "# nothing\n",
            "source \"docker\" \"x\" {\n  region = 1\n}\n",
            "build {\n  source \"tencentcloud-cvm.x\" {\n    image_copy_regions = [\"a\"]\n  }\n}\n",
            "source \"tencentcloud-cvm\" \"x\" {\n  nested {\n    image_copy_regions = [\"a\"]\n  }\n}\n",
            "source \"tencentcloud-cvm\" \"x\" {\n  image_copy_regions = null\n}\n",
        ] {
            assert_eq!(calls(text), [], "{text}");
        }
    }

    #[test]
    fn an_error_says_where_it_is() {
        let error = |text: &str| packer::hcl_calls(text.as_bytes(), None).unwrap_err().to_string();
        let of =
            |attributes: &str| error(&format!("source \"tencentcloud-cvm\" \"x\" {{\n  {attributes}\n}}\n"));
        let address = "source.tencentcloud-cvm.x";
        for (attributes, expected) in [
            (
                "region = {}\nimage_copy_regions = []",
                format!("line 2, column 12: {address}.region: expected a text"),
            ),
            ("region = [\"a\"]", format!("line 2, column 12: {address}.region: expected a text")),
            (
                "image_copy_regions = \"a\"",
                format!("line 2, column 24: {address}.image_copy_regions: expected a list of texts"),
            ),
            (
                "image_copy_regions = [\n\"ü\", {}]",
                format!("line 3, column 7: {address}.image_copy_regions[1]: expected a text"),
            ),
        ] {
            assert_eq!(of(attributes), expected);
        }
        let long = |bytes| format!("region = \"{}\"\nimage_copy_regions = [\"a\"]", "x".repeat(bytes));
        assert!(of(&long(4097)).starts_with(&format!(
            "line 2, column 12: {address}.region: a value has at most 4096 bytes: this one has more"
        )));
        assert_eq!(source(&long(4096)).len(), 1);
        let many = |elements| format!("region = \"b\"\nimage_copy_regions = [{}]", "\"a\",".repeat(elements));
        assert!(of(&many(16_385)).ends_with("a list has at most 16384 elements: this one has more"));
        assert_eq!(destinations(&source(&many(16_384))[0]), ["a"]);

        assert!(error("source \"x\" {\n  a = \n}").starts_with("line 2, column 7: "));
        let twice = error("source \"x\" \"y\" {\n  a = 1\n  a = 2\n}\n");
        assert_eq!(twice, "line 3, column 3: the argument is given twice");
        let quoted = error("source \u{201c}x\u{201d} \"y\" {\n}\n");
        assert!(quoted.starts_with("line 1, column 8: "), "{quoted}");
        assert!(quoted.ends_with("; found U+201C in the place of `\"`"), "{quoted}");
        assert!(error("\u{e9} = \u{b0}\n").ends_with("; found U+00B0"));
        let bytes = packer::hcl_calls(b"a = \"\xff\"\n", None).unwrap_err().to_string();
        assert_eq!(bytes, "line 1, column 6: the file is not text in UTF-8");
    }

    #[test]
    fn no_template_is_too_deep() {
        let depth = 100_000;
        for (open, middle, close) in [
            ("[", "", "]"),
            ("(", "1", ")"),
            ("{a = ", "1", "}"),
            ("\"${", "1", "}\""),
            ("!", "true", ""),
            ("-", "1", ""),
            ("true ? ", "1", " : 1"),
            ("true ? 1 : ", "1", ""),
            ("f(", "1", ")"),
            ("[for x in ", "[]", ": x]"),
            ("1 + ", "1", ""),
            ("a", "", ".b"),
            ("a", "", "[0]"),
            ("%{ if true }", "", "%{ endif }"),
        ] {
            let text = format!("a = {}{middle}{}\n", open.repeat(depth), close.repeat(depth));
            // A refusal is as good as an answer: what is not is the end of the process.
            let _ = packer::hcl_calls(text.as_bytes(), None);
            let _ = packer::hcl_calls(
                format!("a = {}{middle}{}\n", open.repeat(50), close.repeat(50)).as_bytes(),
                None,
            );
        }
        let blocks = format!("{}{}", "a {\n".repeat(depth), "}\n".repeat(depth));
        let _ = packer::hcl_calls(blocks.as_bytes(), None);
    }
}
