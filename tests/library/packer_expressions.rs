//! Expressions in templates of Packer: the values that Packer gives them, what settles those that
//! are not known, and how much of them is evaluated.
#![cfg(feature = "hcl")]

use presync::Parameter;
use presync::sources::packer::{self, Template, Variables};
use presync::sources::{PlannedCall, SourceError};

const ADDRESS: &str = "source.tencentcloud-cvm.x";

/// A template in HCL: these blocks, and a source that copies its image to this list.
fn template(blocks: &str, copies: &str) -> String {
    format!(
        "{blocks}\nsource \"tencentcloud-cvm\" \"x\" {{\n region = \"home\"\n image_copy_regions = {copies}\n}}\n"
    )
}

/// The calls of a template that is this file alone, and all of it.
fn whole(name: &str, text: &str) -> Result<Vec<PlannedCall>, SourceError> {
    let template = Template::default().with_file(name, text).whole();
    let planned = template.calls(&Variables::default(), None);
    planned.map(|planned| planned.calls).map_err(packer::TemplateError::into_error)
}

/// What would settle the destinations of a call that are not known.
fn needs(call: &PlannedCall) -> Vec<String> {
    let name = Parameter::DESTINATION_REGIONS.name();
    let unknowns = call.request().unknowns().filter(|(parameter, _)| parameter.name() == name);
    unknowns.map(|(_, needs)| needs.to_owned()).collect()
}

/// The destinations of the only call of a template; none if they are not known.
fn destinations(calls: &[PlannedCall]) -> Option<Vec<String>> {
    let [call] = calls else { panic!("{calls:?}") };
    needs(call).is_empty().then(|| call.request().request().destination_regions.clone())
}

/// The destinations in a whole template with these blocks; none if they are not known.
fn known(blocks: &str, copies: &str) -> Option<Vec<String>> {
    destinations(&whole("x.pkr.hcl", &template(blocks, copies)).unwrap())
}

/// The words for a list that is not known, which start with these.
fn unknown(way: &str) -> String {
    format!("`image_copy_regions` of `{ADDRESS}`, which is not a literal: {way}")
}

/// An object has the attributes of its type alone, and each as its type has it.
#[test]
fn a_value_has_the_form_of_the_declared_type() {
    let variable =
        |of: &str, default: &str| format!("variable \"v\" {{\n type = {of}\n default = {default}\n}}\n");
    for (of, default, copies, expected) in [
        ("object({ a = string })", "{ a = \"b\", c = \"d\" }", "values(var.v)", &["b"][..]),
        ("object({ a = string, c = any })", "{ a = 1, c = \"d\" }", "values(var.v)", &["1", "d"]),
        ("map(object({ a = number }))", "{ x = { a = \"01\", c = 2 } }", "[\"r-${var.v.x.a}\"]", &["r-1"]),
        ("tuple([number, string])", "[\"01\", 2]", "[\"r-${var.v[0]}\", \"r-${var.v[1]}\"]", &["r-1", "r-2"]),
    ] {
        assert_eq!(known(&variable(of, default), copies).unwrap(), expected, "{of}");
    }
    for (of, default, expected) in [
        ("object({ a = number })", "{ a = \"b\" }", "expected a value with each attribute of its type"),
        ("object({ a = string })", "{}", "expected a value with each attribute of its type"),
        ("tuple([string])", "[]", "expected a list of 1 element of its types"),
    ] {
        let error = whole("x.pkr.hcl", &template(&variable(of, default), "[]")).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
    }
}

/// Without a type a variable has that of its default: a list has as many elements, and an object
/// the same attributes. Of an empty one Packer does not take the type.
#[test]
fn a_variable_without_a_type_has_that_of_its_default() {
    let given = |default: &str, value: &str| {
        let text = template(
            &format!("variable \"v\" {{\n default = {default}\n}}"),
            "values({ for k, r in var.v : k => r })",
        );
        let template = Template::default().with_file("x.pkr.hcl", text).whole();
        let planned = template.calls(&Variables::default().with_value("v", value), None);
        planned.map(|planned| destinations(&planned.calls).unwrap()).map_err(|error| error.to_string())
    };
    for (default, value, expected) in [
        ("[\"a\", \"b\"]", "[\"c\", 1]", &["c", "1"][..]),
        ("{ x = \"a\" }", "{ x = \"c\", y = \"d\" }", &["c"]),
        ("[]", "[\"c\"]", &["c"]),
        ("{}", "{ x = \"c\" }", &["c"]),
    ] {
        assert_eq!(given(default, value).unwrap(), expected, "{default} {value}");
    }
    for (default, value, expected) in [
        ("[\"a\", \"b\"]", "[\"c\"]", "expected a list of 2 elements of its types"),
        ("[\"a\", \"b\"]", "[]", "expected a list of 2 elements of its types"),
        ("[[\"a\"]]", "[[]]", "expected a list of 1 element of its types"),
        ("{ x = \"a\" }", "{ y = \"c\" }", "expected a value with each attribute of its type"),
    ] {
        let error = given(default, value).unwrap_err();
        assert!(error.contains(expected), "{default} {value}: {error}");
    }
}

/// This text so many times, with commas.
fn list(element: &str, count: usize) -> String {
    format!("[{}]", format!("{element},").repeat(count))
}

const BLOCKS: &str = r#"
variable "to" {
  type    = list(string)
  default = ["b", "c"]
}
variable "by" {
  default = { dev = ["b"], prod = ["c"] }
}
variables {
  env = "prod"
}
locals {
  objects = [{ to = "b", all = ["x"] }, { to = "c", all = ["y"] }]
  nested  = [{ in = { to = "b" } }, { in = { to = "c" } }]
}
"#;

#[test]
fn functions_and_operators_are_those_of_packer() {
    for (copies, regions) in [
        ("reverse(var.to)", vec!["c", "b"]),
        (r#"sort(["d", "b", "c"])"#, vec!["b", "c", "d"]),
        (r#"setunion(["d", "b"], ["c", "b"])"#, vec!["b", "c", "d"]),
        (r#"[trimspace(" b	")]"#, vec!["b"]),
        (r#"[join("--", ["b", "c"]), join("--", [])]"#, vec!["b--c", ""]),
        (r#"["object-${length(var.by)}", "list-${length(["b"])}"]"#, vec!["object-2", "list-1"]),
        (r#"["text-${length("abc")}"]"#, vec!["text-3"]),
        (r#"contains(var.to, "b") ? ["yes"] : ["no"]"#, vec!["yes"]),
        (r#"contains(var.to, "x") ? ["yes"] : ["no"]"#, vec!["no"]),
        (r#"["${1 < 2} ${2 < 2} ${3 < 2}"]"#, vec!["true false false"]),
        (r#"["${1 <= 2} ${2 <= 2} ${3 <= 2}"]"#, vec!["true true false"]),
        (r#"["${1 > 2} ${2 > 2} ${3 > 2}"]"#, vec!["false false true"]),
        (r#"["${1 >= 2} ${2 >= 2} ${3 >= 2}"]"#, vec!["false true true"]),
        (
            r#"["${true && true} ${true && false} ${false && true} ${false && false}"]"#,
            vec!["true false false false"],
        ),
        (
            r#"["${true || true} ${true || false} ${false || true} ${false || false}"]"#,
            vec!["true true true false"],
        ),
        // What the other side is, is of no matter.
        (r#"["${timestamp() == "1" && false} ${true || timestamp() == "1"}"]"#, vec!["false true"]),
        (r#"["${!true} ${!false} ${-1} ${-length("b")}"]"#, vec!["false true -1 -1"]),
        (r#"["${true == true} ${true == false} ${true != false}"]"#, vec!["true false true"]),
        (r#"["${null == null} ${null == "b"} ${"b" != null}"]"#, vec!["true false true"]),
        (r#"var.env == "dev" ? ["q"] : ["r"]"#, vec!["r"]),
        (r#"var["to"]"#, vec!["b", "c"]),
        ("[var.to.1]", vec!["c"]),
        ("values({ for r in var.to : r => upper(r) })", vec!["B", "C"]),
        (r#"keys({ for k, v in var.by : "x-${k}" => v if k != "dev" })"#, vec!["x-prod"]),
        ("local.objects[*].to", vec!["b", "c"]),
        ("local.objects.*.to", vec!["b", "c"]),
        // With a dot, the splat takes in what has a dot; with brackets, all that follows.
        ("local.objects.*.all.0", vec!["x", "y"]),
        ("local.objects.*.all[1]", vec!["y"]),
        ("local.objects.*.all[*][0]", vec!["x", "y"]),
        ("[local.objects.*.to[1]]", vec!["c"]),
        ("local.objects[*].all[0]", vec!["x", "y"]),
        ("[local.nested.*.in[1].to]", vec!["c"]),
    ] {
        assert_eq!(known(BLOCKS, copies).unwrap_or_default(), regions, "{copies}");
    }
}

#[test]
fn what_packer_refuses_and_what_is_not_followed_is_not_known() {
    for copies in [
        // Packer has no function of this name.
        "tolist(var.to)",
        "toset(var.to)",
        r#"setsubtract(var.to, ["b"])"#,
        "[tostring(1)]",
        // A key that is there twice, calls without arguments, values of another type.
        r#"keys({ for r in ["b", "b"] : r => r })"#,
        "concat()",
        "setunion()",
        r#"["${-"b"}"]"#,
        r#"["${!"b"}"]"#,
        r#"["x-${var.to}"]"#,
        r#"1 ? ["q"] : ["r"]"#,
        r#"1 && true ? ["q"] : ["r"]"#,
        r#""b" < "c" ? ["q"] : ["r"]"#,
        // What has no elements.
        r#"[for x in "a" : "b"]"#,
        r#"[for x in null : "b"]"#,
        // Marks that take blanks away, letters of a text, lists of lists.
        r#"["b ${~ "c" ~} d"]"#,
        r#"split("", "bc")"#,
        "flatten(local.objects[*].all[*])",
        // Packer refuses a second splat behind a dot, and the index of an
        // attribute that is no list.
        "local.objects.*.*.to",
        "local.objects[*].to[0]",
        r#"sort([timestamp(), "b"])"#,
        r#"[join("-", ["b", timestamp()])]"#,
        r#"contains(["b", timestamp()], "c") ? ["q"] : ["r"]"#,
    ] {
        assert_eq!(known(BLOCKS, copies), None, "{copies}");
    }
}

/// A set has each element once, in order, and no index. It is a list where one is expected.
#[test]
fn a_set_has_no_index() {
    let blocks = "variable \"s\" {\n type = set(string)\n default = [\"c\", \"b\", \"c\"]\n}\n\
                  variable \"m\" {\n type = map(set(string))\n default = { k = [\"c\", \"b\"] }\n}\n";
    for (copies, regions) in [
        ("var.s", vec!["b", "c"]),
        ("var.m.k", vec!["b", "c"]),
        ("[for v in var.s : v]", vec!["b", "c"]),
        // The key of an element is the element.
        ("[for k, v in var.s : \"${k}=${v}\"]", vec!["b=b", "c=c"]),
        ("[for k, v in setunion([\"z\"], var.s) : k]", vec!["b", "c", "z"]),
        ("[for k, v in sort(var.s) : \"${k}\"]", vec!["0", "1"]),
        ("sort(var.s)", vec!["b", "c"]),
        ("reverse(var.s)", vec!["c", "b"]),
        ("distinct(var.s)", vec!["b", "c"]),
        ("compact(var.s)", vec!["b", "c"]),
        ("flatten([var.s, [\"d\"]])", vec!["b", "c", "d"]),
        ("split(\",\", join(\",\", var.s))", vec!["b", "c"]),
        ("[\"n-${length(var.s)}\"]", vec!["n-2"]),
        ("contains(var.s, \"b\") ? [\"yes\"] : [\"no\"]", vec!["yes"]),
        ("var.s == null ? [\"yes\"] : [\"no\"]", vec!["no"]),
        ("setunion(values(var.m)...)", vec!["b", "c"]),
        // What a splat or a function makes of it is a list.
        ("var.s[*]", vec!["b", "c"]),
        ("[var.s.*[0]]", vec!["b"]),
        ("[sort(var.s)[0]]", vec!["b"]),
    ] {
        assert_eq!(known(blocks, copies).unwrap_or_default(), regions, "{copies}");
    }
    for copies in
        ["[var.s[0]]", "[var.s.0]", "[var.m.k[0]]", "[setunion(var.s)[0]]", "concat(var.s, [\"d\"])"]
    {
        assert_eq!(known(blocks, copies), None, "{copies}");
    }
    assert_eq!(
        needs_alone(blocks, "var.s"),
        unknown("`--var s=VALUE` or the template's folder settles it; by its default it is `[\"b\", \"c\"]`")
    );
}

#[test]
fn the_variables_that_settle_a_value_are_named() {
    let blocks = r#"
variable "a" {
}
variable "list" {
}
variable "on" {
}
locals {
  by = { b = ["b"] }
}
"#;
    for (copies, name) in [
        ("var.list", "list"),
        ("var.list[0].x", "list"),
        ("local.by[var.a]", "a"),
        ("var.list[*].id", "list"),
        ("var.list.*.id", "list"),
        ("[for r in var.list : r]", "list"),
        (r#"[for r in ["b"] : r if var.on]"#, "on"),
        (r#"values({ for r in ["b"] : var.a => r })"#, "a"),
        (r#"var.on ? ["b"] : ["c"]"#, "on"),
        (r#"!var.on ? ["b"] : ["c"]"#, "on"),
        (r#"var.a == "x" ? ["b"] : ["c"]"#, "a"),
        // It may be null, and may not.
        (r#"var.a == null ? ["b"] : ["c"]"#, "a"),
        (r#"null != var.a ? ["b"] : ["c"]"#, "a"),
        ("concat(var.list...)", "list"),
        (r#"concat(["b"], var.list)"#, "list"),
        (r#"["b", "x-${var.a}"]"#, "a"),
    ] {
        let calls = whole("x.pkr.hcl", &template(blocks, copies)).unwrap();
        assert_eq!(needs(&calls[0]), [unknown(&format!("`--var {name}=VALUE` settles it"))], "{copies}");
    }
}

/// What would settle the only element that is not known of a template that is a file alone.
fn needs_alone(blocks: &str, copies: &str) -> String {
    let planned = packer::hcl_calls(template(blocks, copies).as_bytes(), None).unwrap();
    needs(&planned.calls[0]).concat()
}

/// A variable whose default is null has a value: an attribute that it is passed to is not set.
#[test]
fn a_default_may_be_null() {
    let typed = "variable \"to\" {\n  type = list(string)\n  default = null\n}\n";
    for blocks in [typed, "variable \"to\" {\n  default = null\n}\n", "variables {\n  to = null\n}\n"] {
        let calls = |copies| whole("x.pkr.hcl", &template(blocks, copies));
        assert_eq!(calls("var.to").unwrap(), [], "{blocks}");
        assert_eq!(known(blocks, "var.to == null ? [\"b\"] : var.to").unwrap(), ["b"], "{blocks}");
        let element = calls("[var.to]").unwrap_err().to_string();
        assert!(
            element.ends_with(": source.tencentcloud-cvm.x.image_copy_regions[0]: expected a text"),
            "{element}"
        );
        // A file alone may be given another value.
        let needs = needs_alone(blocks, "var.to");
        assert!(needs.ends_with("settles it; by its default it is `null`"), "{needs}");
    }
    let template = Template::default().with_file("x.pkr.hcl", template(typed, "var.to"));
    let given = Variables::default().with_value("to", "[\"b\"]");
    assert_eq!(destinations(&template.calls(&given, None).unwrap().calls).unwrap(), ["b"]);
    for blocks in [r#""variable": {"to": {"default": null}}"#, r#""variables": {"to": null}"#] {
        let text = format!(
            r#"{{{blocks}, "source": {{"tencentcloud-cvm": {{"x": {{"region": "home", "image_copy_regions": "${{var.to}}"}}}}}}}}"#
        );
        assert_eq!(whole("x.pkr.json", &text).unwrap(), [], "{text}");
    }
}

#[test]
fn in_a_file_alone_variables_are_found_behind_locals() {
    let blocks = "variable \"r\" {\n}\nlocals {\n direct = var.r\n indirect = \"x-${local.direct}\"\n}\n";
    let by_variable = unknown("`--var r=VALUE` or the template's folder settles it");
    for copies in ["[var.r]", "[local.direct]", "[local.indirect]", "[local.none, local.indirect][1]"] {
        assert_eq!(needs_alone(blocks, copies), by_variable, "{copies}");
    }
    // These are no variable and no local, though they have a part of such a name.
    for copies in ["[path.r]", "[data.r.value]", "[data.direct.value]", "[build.direct]"] {
        assert_eq!(needs_alone(blocks, copies), unknown("a literal settles it"), "{copies}");
    }
    // What it is here is said.
    assert_eq!(
        needs_alone("", "[lower(\"B\")]"),
        unknown("the template's folder settles it; here it is `\"b\"`")
    );
}

#[test]
fn the_first_few_names_are_enough() {
    // Of nine variables eight are named: those that stand first.
    let names = ["z", "a", "b", "c", "d", "e", "f", "g", "h"];
    let blocks: String = names.iter().map(|name| format!("variable \"{name}\" {{\n}}\n")).collect();
    let text: String = names.iter().map(|name| format!("${{var.{name}}}")).collect();
    let flags = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!("`--var {name}=VALUE`")).collect()
    };
    let first = flags(&["a", "b", "c", "d", "e", "f", "g"]).join(", ");
    assert_eq!(
        needs_alone(&blocks, &format!("[\"{text}\"]")),
        unknown(&format!("{first} and `--var z=VALUE` or the template's folder settles it"))
    );
    // Of many locals 64 are looked at.
    for (place, is_named) in [(0, true), (1, true), (63, true), (64, false)] {
        let value = |at: usize| if at == place { "var.r" } else { "\"\"" };
        let locals: String = (0..65).map(|at| format!(" l{at} = {}\n", value(at))).collect();
        let text: String = (0..65).map(|at| format!("${{local.l{at}}}")).collect();
        let needs =
            needs_alone(&format!("variable \"r\" {{\n}}\nlocals {{\n{locals}}}\n"), &format!("[\"{text}\"]"));
        assert_eq!(needs.contains("`--var r=VALUE`"), is_named, "{place}: {needs}");
    }
}

/// Locals: each is the one before; the last is `last`, the first this expression.
fn chain(length: usize, first: &str) -> String {
    let locals: String = (1..length).map(|at| format!(" l{at} = local.l{}\n", at - 1)).collect();
    format!("locals {{\n l0 = {first}\n{locals} last = local.l{}\n}}\n", length - 1)
}

#[test]
fn no_expression_is_too_deep() {
    // Expressions are followed into one another some two hundred times, and then no more.
    assert_eq!(known(&chain(150, "\"b\""), "[local.last]").unwrap(), ["b"]);
    let variable = "variable \"r\" {\n}\n";
    let alone = |length| needs_alone(&format!("{variable}{}", chain(length, "var.r")), "[local.last]");
    assert!(alone(150).contains("`--var r=VALUE`"));
    for length in [250, 4000] {
        assert_eq!(known(&chain(length, "\"b\""), "[local.last]"), None, "{length}");
        assert!(!alone(length).contains("`--var r=VALUE`"), "{length}");
    }
    // Those that stand beside one another are not deep.
    let locals: String = (0..250).map(|at| format!(" l{at} = upper(\"b\")\n")).collect();
    let copies: String = (0..250).map(|at| format!("local.l{at}, ")).collect();
    let text = template(&format!("locals {{\n{locals}}}\n"), &format!("[{copies}\"c\"]"));
    let planned = packer::hcl_calls(text.as_bytes(), None).unwrap();
    assert_eq!(planned.calls[0].request().request().destination_regions, ["c"]);
    assert_eq!(known(&format!("locals {{\n{locals}}}\n"), &format!("[{copies}\"c\"]")).unwrap(), ["B", "c"]);

    let nested = |depth: usize| {
        let list = format!("{}\"b\"{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!(
            r#"{{"locals": {{"l": {list}}}, "source": {{"tencentcloud-cvm": {{"x": {{"region": "a",
                "image_copy_regions": ["${{local.l{}}}"]}}}}}}}}"#,
            "[0]".repeat(depth)
        );
        destinations(&whole("x.pkr.json", &text).unwrap())
    };
    assert_eq!(nested(10).unwrap(), ["b"]);
    assert_eq!(nested(100), None);
}

/// A template in HCL's JSON with a source that has these attributes.
fn json(attributes: &str) -> String {
    format!(
        r#"{{"variable": {{"r": {{"default": "d"}}}}, "locals": {{"on": true, "off": false}},
            "source": {{"tencentcloud-cvm": {{"x": {{{attributes}}}}}}}}}"#
    )
}

#[test]
fn in_json_each_kind_of_value_is_read() {
    let call = |attributes: &str| {
        let calls = whole("x.pkr.json", &json(attributes)).unwrap();
        (destinations(&calls), calls[0].request().needs_to_be_made().is_some())
    };
    let of = |copies: &str| call(&format!(r#""region": "a", "image_copy_regions": {copies}"#)).0;
    assert_eq!(of(r#"["${local.on ? \"b\" : \"c\"}", "${local.off ? \"d\" : \"e\"}"]"#).unwrap(), ["b", "e"]);
    assert_eq!(of(r#"["n-${length([1, 2])}", "\u0062"]"#).unwrap(), ["n-2", "b"]);
    let many: Vec<String> = (0..50).map(|at| format!("r{at}")).collect();
    assert_eq!(of(&serde_json::to_string(&many).unwrap()).unwrap(), many);
    for (skip, may_be_skipped) in [("true", true), ("1", true), ("false", false), ("null", false)] {
        let attributes = format!(r#""image_copy_regions": ["b"], "skip_create_image": {skip}"#);
        assert_eq!(call(&attributes).1, may_be_skipped, "{skip}");
    }
}

#[test]
fn in_a_file_alone_a_template_in_json_is_no_literal() {
    let region = |value: &str| {
        let text = json(&format!(r#""region": {value}, "image_copy_regions": ["b"]"#));
        let call = packer::hcl_calls(text.as_bytes(), None).unwrap().calls.remove(0);
        let needs = call.request().needs(&Parameter::REGION).map(str::to_owned);
        (call.request().request().region.clone(), needs.unwrap_or_default())
    };
    assert_eq!(region("\"a\""), (Some("a".to_owned()), String::new()));
    for value in [r#""${var.r}""#, r#""%{ if true }${var.r}%{ endif }""#, r#""\u0024{var.r}""#] {
        let (region, needs) = region(value);
        assert_eq!(region, None, "{value}");
        assert!(needs.contains("`--var r=VALUE`"), "{value}: {needs}");
    }
    let (region, needs) = region(r#""%{ if true }a%{ endif }""#);
    assert_eq!(region, None);
    assert!(!needs.contains("--var"), "{needs}");
}

#[test]
fn lists_and_objects_are_no_texts() {
    let wrong = |path: &str, message: &str| format!(": {ADDRESS}.{path}: {message}");
    let text = |path: &str| wrong(path, "expected a text");
    for (region, copies, expected) in [
        ("{}", "[]", text("region")),
        ("[\"a\"]", "[]", text("region")),
        ("\"a\"", "{}", wrong("image_copy_regions", "expected a list of texts")),
        ("\"a\"", "[\"b\", []]", text("image_copy_regions[1]")),
        ("\"a\"", "[[\"b\"]]", text("image_copy_regions[0]")),
        ("\"a\"", "[\"b\", \"c\", {}]", text("image_copy_regions[2]")),
        ("\"a\"", "[\"b\", null]", text("image_copy_regions[1]")),
        ("\"a\"", "[[\"${var.r}\"]]", text("image_copy_regions[0]")),
        ("\"a\"", "[{\"k\": \"${var.r}\"}]", text("image_copy_regions[0]")),
    ] {
        let in_hcl = format!(
            "variable \"r\" {{\n}}\nsource \"tencentcloud-cvm\" \"x\" {{\n region = {region}\n image_copy_regions = {copies}\n}}\n"
        );
        let in_json = json(&format!(r#""region": {region}, "image_copy_regions": {copies}"#));
        for (name, file) in [("x.pkr.hcl", &in_hcl), ("x.pkr.json", &in_json)] {
            let alone = packer::hcl_calls(file.as_bytes(), None).unwrap_err().to_string();
            let whole = whole(name, file).unwrap_err().to_string();
            assert!(alone.ends_with(&expected), "{file}: {alone}");
            assert!(whole.ends_with(&expected), "{file}: {whole}");
        }
    }
}

/// Packer keeps the digits of a number. What is kept here has fewer of them,
/// and is not taken for it.
#[test]
fn a_number_of_many_digits_is_not_known() {
    for (number, text) in [
        ("0", "0"),
        ("-5", "-5"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("0.1", "0.1"),
        ("-0.000025", "-0.000025"),
        ("123456789012345", "123456789012345"),
        // The largest number up to which a float of 64 bits has each one.
        ("9007199254740992", "9007199254740992"),
        // Many zeros are no digits that are lost.
        ("100000000000000000000", "100000000000000000000"),
        ("0.100000000000000000000", "0.1"),
        ("20250101123045120", "20250101123045120"),
    ] {
        let in_hcl = known("", &format!("[\"n${{{number}}}\"]"));
        assert_eq!(in_hcl.unwrap_or_default(), [format!("n{text}")], "{number}");
        let in_json = whole("x.pkr.json", &json(&format!(r#""image_copy_regions": [{number}]"#))).unwrap();
        assert_eq!(destinations(&in_json).unwrap_or_default(), [text], "{number}");
        let blocks = format!("variable \"n\" {{\n type = number\n default = \"{number}\"\n}}\n");
        assert_eq!(known(&blocks, "[var.n]").unwrap_or_default(), [text], "{number}");
    }
    for number in [
        "20250101123045123",
        "-20250101123045123",
        // 2^53 and one, and 2^64.
        "9007199254740993",
        "18446744073709551616",
        "123456789.123456789",
        "2025010112304512.3e1",
    ] {
        assert_eq!(known("", &format!("[\"web-${{{number}}}\"]")).unwrap_or_default(), [""; 0], "{number}");
        assert_eq!(known("", &format!("{number} == 1 ? [\"b\"] : [\"c\"]")), None, "{number}");
        let in_json = whole("x.pkr.json", &json(&format!(r#""image_copy_regions": [{number}]"#))).unwrap();
        assert_eq!(destinations(&in_json), None, "{number}");
        for (of, default) in [
            ("string", number.to_owned()),
            ("number", number.to_owned()),
            ("number", format!("\"{number}\"")),
        ] {
            let blocks = format!("variable \"n\" {{\n type = {of}\n default = {default}\n}}\n");
            assert_eq!(known(&blocks, "[var.n]"), None, "{of} {default}");
        }
        // A text has its digits.
        let blocks = format!("variable \"n\" {{\n type = string\n default = \"{number}\"\n}}\n");
        assert_eq!(known(&blocks, "[var.n]").unwrap(), [number]);
    }
    // One that is too small, and one that is too large for a float of 64 bits.
    assert_eq!(known("", "[\"n${1e-400}\"]"), None);
    assert_eq!(known("", "[\"n${1.2345e-320}\"]"), None);
    let in_json = whole("x.pkr.json", &json(r#""image_copy_regions": [1e999]"#)).unwrap();
    assert_eq!(destinations(&in_json), None);
    for text in ["1e999", "inf"] {
        let blocks = format!("variable \"n\" {{\n type = number\n default = \"{text}\"\n}}\n");
        assert_eq!(known(&blocks, "[var.n]"), None, "{text}");
    }
}

/// In HCL's JSON the keys of an object are templates. In values of files no text is one.
#[test]
fn in_json_a_key_is_a_template() {
    let of = |key: &str, copies: &str, values: Option<&str>| {
        let text = format!(
            r#"{{"variable": {{"m": {{"type": "map(string)", "default": {{}}}}}}, "locals": {{"k": "b", "o": {{"{key}": "c"}}}},
                "source": {{"tencentcloud-cvm": {{"x": {{"region": "a", "image_copy_regions": "${{{copies}}}"}}}}}}}}"#
        );
        let template = Template::default().with_file("x.pkr.json", text).whole();
        let given = values.into_iter().fold(Variables::default(), |all, text| all.with_file("v.json", text));
        destinations(&template.calls(&given, None).unwrap().calls)
    };
    assert_eq!(of("b", "keys(local.o)", None).unwrap(), ["b"]);
    assert_eq!(of("$b%", "keys(local.o)", None).unwrap(), ["$b%"]);
    for key in ["${local.k}", "n-${local.k}", "%{ if true }b%{ endif }", "\\u0024{local.k}", "$${b}"] {
        assert_eq!(of(key, "keys(local.o)", None), None, "{key}");
        let values = format!(r#"{{"m": {{"{key}": "c"}}}}"#);
        let written = key.replace("\\u0024", "$");
        assert_eq!(of("b", "keys(var.m)", Some(&values)).unwrap(), [written], "{key}");
    }
}

/// Of the texts, `true` and `1`, `false` and `0` are bools where one is expected. A number is none.
#[test]
fn a_text_may_be_a_bool() {
    let of = |default: &str| {
        let blocks = format!("variable \"on\" {{\n type = bool\n default = {default}\n}}\n");
        let calls = whole("x.pkr.hcl", &template(&blocks, "var.on ? [\"yes\"] : [\"no\"]"));
        calls.map(|calls| destinations(&calls).unwrap().concat()).map_err(|error| error.to_string())
    };
    for (default, expected) in [("\"true\"", "yes"), ("\"1\"", "yes"), ("\"false\"", "no"), ("\"0\"", "no")] {
        assert_eq!(of(default).unwrap(), expected, "{default}");
    }
    for default in ["1", "0", "\"yes\"", "\"True\"", "\"\"", "\"01\""] {
        assert!(of(default).unwrap_err().ends_with(": variable.on.default: expected a bool"), "{default}");
    }
}

const MOST: usize = 16_384;

#[test]
fn a_list_of_too_many_elements_is_not_known() {
    let half = list("1", MOST / 2);
    let texts = list("\"b\"", MOST / 2);
    let commas = |count: usize| format!("locals {{\n text = \"{}\"\n}}\n", ",".repeat(count));
    let of = |half: &str| format!("locals {{\n half = {half}\n}}\n");
    for (most, more, length) in [
        ((of(""), list("1", MOST)), (of(""), list("1", MOST + 1)), MOST),
        (
            (of(&half), "concat(local.half, local.half)".to_owned()),
            (of(&half), "concat(local.half, local.half, [1])".to_owned()),
            MOST,
        ),
        (
            (of(&half), "flatten([local.half, local.half])".to_owned()),
            (of(&half), "flatten([local.half, local.half, 1])".to_owned()),
            MOST,
        ),
        (
            (of(&texts), "setunion(local.half, local.half)".to_owned()),
            (of(&texts), "setunion(local.half, local.half, [\"b\"])".to_owned()),
            1,
        ),
        (
            (commas(MOST - 1), "split(\",\", local.text)".to_owned()),
            (commas(MOST), "split(\",\", local.text)".to_owned()),
            MOST,
        ),
    ] {
        let is_of_length = |(blocks, list): &(String, String)| {
            let blocks = blocks.replace("half = \n", "");
            known(&blocks, &format!("length({list}) == {length} ? [\"yes\"] : [\"no\"]"))
        };
        assert_eq!(is_of_length(&most).unwrap(), ["yes"], "{}", most.1);
        assert_eq!(is_of_length(&more), None, "{}", more.1);
    }
    // In JSON, too.
    for (count, expected) in [(MOST, Some(vec!["yes".to_owned()])), (MOST + 1, None)] {
        let numbers = serde_json::to_string(&vec![1; count]).unwrap();
        let text = format!(
            r#"{{"locals": {{"l": {numbers}}}, "source": {{"tencentcloud-cvm": {{"x": {{"region": "a",
                "image_copy_regions": "${{length(local.l) == {MOST} ? [\"yes\"] : [\"no\"]}}"}}}}}}}}"#
        );
        assert_eq!(destinations(&whole("x.pkr.json", &text).unwrap()), expected, "{count}");
    }
    // The list of a source has its own words.
    for (count, is_read) in [(MOST, true), (MOST + 1, false)] {
        let copies = serde_json::to_string(&vec!["b"; count]).unwrap();
        let text = json(&format!(r#""region": "a", "image_copy_regions": {copies}"#));
        for result in [
            packer::hcl_calls(text.as_bytes(), None).map(|planned| planned.calls),
            whole("x.pkr.json", &text),
        ] {
            match result {
                Ok(calls) => assert!(is_read && destinations(&calls).unwrap() == ["b"], "{count}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(!is_read && error.contains("a list has at most 16384 elements"), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_text_that_is_made_is_only_so_long() {
    let text = |length: usize| format!("locals {{\n t = \"{}\"\n}}\n", "x".repeat(length));
    // One with a value in it is as long as a value of a request can be.
    assert_eq!(known(&text(2048), "[\"${local.t}${local.t}\"]").unwrap(), ["x".repeat(4096)]);
    assert_eq!(known(&text(2048), "[\"${local.t}${local.t}.\"]"), None);
    // One that is joined is longer: it may be split again.
    let joined = |more: &str| {
        let copies =
            format!("length(join(\"\", [{}{more}])) == 65536 ? [\"yes\"] : [\"no\"]", "local.t, ".repeat(16));
        known(&text(4096), &copies)
    };
    assert_eq!(joined("").unwrap(), ["yes"]);
    assert_eq!(joined("\".\""), None);
    // A literal is as long as it is, and is too long for a region.
    let region = "x".repeat(4097);
    for (name, text) in [
        ("x.pkr.hcl", template("", &format!("[\"{region}\"]"))),
        ("x.pkr.json", json(&format!(r#""image_copy_regions": ["{region}"]"#))),
    ] {
        let error = whole(name, &text).unwrap_err().to_string();
        assert!(error.ends_with("a value has at most 4096 bytes: this one has more"), "{error}");
    }
}

/// Evaluates a list of this element so many times, and says if that is too much work.
fn is_too_much(locals: &str, element: &str, count: usize) -> bool {
    let locals = format!("locals {{\n{locals} all = {}\n}}\n", list(element, count));
    match whole("x.pkr.hcl", &template(&locals, "length(local.all) == 0 ? [\"b\"] : [\"c\"]")) {
        Ok(calls) => {
            assert_eq!(destinations(&calls).unwrap(), ["c"]);
            false
        }
        Err(error) => {
            assert_eq!(error, SourceError::TooMuchWork);
            true
        }
    }
}

/// A template has half a million steps, one for each part of an expression and for
/// each 16 bytes of a text.
#[test]
fn the_work_of_a_template_is_limited() {
    let long = format!(" t = \"{}\"\n", "x".repeat(1 << 16));
    let some = format!(" t = \"{}\"\n", "x".repeat(4000));
    let many = format!(" many = {}\n", list("\"b\"", 1000));
    let keys: Vec<String> = (0..1000).map(|key| format!("k{key} = 1")).collect();
    let object = format!(" object = {{ {} }}\n", keys.join(", "));
    // A variable that is declared, and has no value.
    let name = "x".repeat(1600);
    let variable = format!("}}\nvariable \"{name}\" {{\n type = string\n}}\nlocals {{\n{many}");
    for (locals, element, few, more) in [
        // Each takes 4096 steps.
        (&long, "local.t == local.t", 64, 200),
        (&long, "{ (local.t) = 1 }", 64, 200),
        (&long, "{ for t in [local.t] : t => 1 }", 64, 200),
        (&long, "length(local.t)", 64, 200),
        // 250.
        (&some, "\"${local.t}x\"", 1000, 3000),
        // 1000.
        (&many, "length(local.many)", 100, 600),
        (&many, "local.many[*]", 100, 600),
        (&object, "keys(local.object)", 400, 600),
        // 2000: one for each element, and one for what is made of it.
        (&many, "[for x in local.many : null]", 200, 300),
        // 100,000.
        (&variable, &format!("[for x in local.many : var.{name}]"), 4, 6),
        (&many, &format!("[for {name} in local.many : null]"), 4, 6),
        // 1.
        (&many, "1", 16_000, 16_000),
    ] {
        assert!(!is_too_much(locals, element, few), "{element}");
        assert_eq!(is_too_much(locals, element, more), more > few, "{element}");
    }
}

#[test]
fn the_parts_of_a_value_are_counted_as_it_is_written() {
    // Three objects within one another have 100 keys each, and a million parts.
    let keys = |value: &str, count: usize| -> String {
        let keys: Vec<String> = (0..count).map(|key| format!("k{key} = {value}")).collect();
        format!("{{ {} }}", keys.join(", "))
    };
    let blocks = |count: usize| {
        format!(
            "variable \"x\" {{\n default = [for a in [{}] : [for b in [{}] : {}]]\n}}\n",
            keys("1", count),
            keys("a", count),
            keys("b", count)
        )
    };
    let result =
        |count| whole("x.pkr.hcl", &template(&blocks(count), "[\"b\"]")).map(|calls| destinations(&calls));
    assert_eq!(result(50), Ok(Some(vec!["b".to_owned()])));
    assert_eq!(result(100), Err(SourceError::TooMuchWork));
}

#[test]
fn each_use_of_a_source_is_work() {
    let is_too_much = |name: &str, text: &str| {
        let result = whole(name, text);
        assert!(result.is_ok() || result == Err(SourceError::TooMuchWork), "{result:?}");
        result.is_err()
    };
    // The text of 64 KiB is read and made, and so is 8192 steps in each use.
    let in_json = |skip: &str, uses: usize| {
        format!(
            r#"{{"source": {{"tencentcloud-cvm": {{"x": {{"image_copy_regions": ["b"], "skip_create_image": "{skip}"}}}}}},
                "build": {{"sources": {}}}}}"#,
            serde_json::to_string(&vec!["tencentcloud-cvm.x"; uses]).unwrap()
        )
    };
    let long = "x".repeat(1 << 16);
    assert!(!is_too_much("x.pkr.json", &in_json(&long, 32)));
    assert!(is_too_much("x.pkr.json", &in_json(&long, 100)));
    // Here each key is compared with each other one.
    let keys: Vec<String> = (0..1000).map(|key| format!("k{key}=1")).collect();
    let keys = format!("${{length({{{}}}) == 1}}", keys.join(","));
    assert!(!is_too_much("x.pkr.json", &in_json(&keys, 5)));
    assert!(is_too_much("x.pkr.json", &in_json(&keys, 30)));

    // Each part of the source is looked at, those of one name too.
    let parts = |uses: usize| {
        [
            (
                "x.pkr.json",
                format!(
                    r#"{{"source": {{"tencentcloud-cvm": {{"x": {{"image_copy_regions": ["b"]{}}}}}}},
                        "build": {{"sources": {}}}}}"#,
                    r#","f":1"#.repeat(1000),
                    serde_json::to_string(&vec!["tencentcloud-cvm.x"; uses]).unwrap()
                ),
            ),
            (
                "x.pkr.hcl",
                format!(
                    "source \"tencentcloud-cvm\" \"x\" {{\n image_copy_regions = [\"b\"]\n{}}}\n\
                     build {{\n sources = {}\n}}\n",
                    "f {\n}\n".repeat(1000),
                    list("\"tencentcloud-cvm.x\"", uses)
                ),
            ),
        ]
    };
    assert!(parts(400).iter().all(|(name, text)| !is_too_much(name, text)));
    assert!(parts(600).iter().all(|(name, text)| is_too_much(name, text)));

    // So is the text of a number, and so are the keys of an object that is gone through.
    let long = "0".repeat(1 << 16);
    for (declared, attribute) in [
        (String::new(), format!("image_name = 1.{long}")),
        (
            format!("locals {{\n keys = {{ \"{long}\" = 1 }}\n}}\n"),
            "image_name = join(\"\", [for key, value in local.keys : value])".to_owned(),
        ),
    ] {
        let text = |uses: usize| {
            format!(
                "{declared}source \"tencentcloud-cvm\" \"x\" {{\n image_copy_regions = [\"b\"]\n {attribute}\n}}\n\
                 build {{\n sources = {}\n}}\n",
                list("\"tencentcloud-cvm.x\"", uses)
            )
        };
        assert!(!is_too_much("x.pkr.hcl", &text(20)), "{attribute:.20}");
        assert!(is_too_much("x.pkr.hcl", &text(200)), "{attribute:.20}");
    }

    // In a file alone, an expression is looked at for the variables that settle it.
    let alone = |uses: usize| {
        let region = format!("true ? \"a\" : \"${{length({})}}\"", list("1", 4000));
        let text = format!(
            "source \"tencentcloud-cvm\" \"x\" {{\n region = {region}\n image_copy_regions = [\"b\"]\n}}\n\
             build {{\n sources = {}\n}}\n",
            list("\"tencentcloud-cvm.x\"", uses)
        );
        packer::hcl_calls(text.as_bytes(), None).map(|planned| planned.calls.len())
    };
    assert_eq!(alone(60), Ok(60));
    assert_eq!(alone(200), Err(SourceError::TooMuchWork));

    // A list that is longer than any other is not passed over.
    let builds = format!(
        "{}build {{\n sources = [{}\"tencentcloud-cvm.x\"]\n}}\n",
        template("", "[\"b\"]"),
        "\"\",".repeat(MOST)
    );
    assert_eq!(
        packer::hcl_calls(builds.as_bytes(), None).map(|planned| planned.calls.len()),
        Err(SourceError::TooMuchWork)
    );
}

/// What a value is here is shown up to 1,024 bytes, and then to the end of an element.
#[test]
fn a_long_value_is_shown_in_part() {
    let shown = |count: usize| {
        let blocks = format!("locals {{\n l = {}\n}}\n", list("1", count));
        let needs = needs_alone(&blocks, "local.l");
        needs.split_once("; here it is ").unwrap().1.to_owned()
    };
    // The bracket and 341 elements with what is behind them.
    let start = format!("`[{}", "1, ".repeat(341));
    assert_eq!(start.len(), 1 + 1024);
    assert_eq!(shown(342), format!("{start}1]`"));
    assert_eq!(shown(343), format!("{start}1, …]`"));
    assert_eq!(shown(500), format!("{start}1, …]`"));
}

/// To show what a value is here is as much work as to make a text of its length.
#[test]
fn values_that_are_shown_are_work() {
    let blocks = format!("locals {{\n l = {}\n}}\n", list("1e300", 5));
    let calls = |count: usize| packer::hcl_calls(template(&blocks, &list("local.l", count)).as_bytes(), None);
    assert!(calls(100).is_ok());
    // Of each 1.2 KiB are shown, which are 76 steps, and half a million steps are the most.
    assert_eq!(calls(7_000).unwrap_err(), SourceError::TooMuchWork);
}
