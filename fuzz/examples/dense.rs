//! Prints what each reader of other people's documents takes for the densest documents of a size, 1
//! MiB unless an argument says another one in bytes, or as much as it reads: the time, the most
//! memory at once, and how it ended.
//!
//! ```text
//! cargo run --release --manifest-path fuzz/Cargo.toml --example dense
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use presync::policy::{self, Policy};
use presync::sources::describe::{self, Responses};
use presync::sources::packer::{self, Template, Variables};
use presync::sources::terraform;

/// A document: its name, what stands before and behind, and what is repeated in between.
struct Shape {
    reader: &'static str,
    before: &'static str,
    /// `#` is the number of the repetition.
    unit: &'static str,
    behind: &'static str,
}

const fn shape(
    reader: &'static str,
    before: &'static str,
    unit: &'static str,
    behind: &'static str,
) -> Shape {
    Shape { reader, before, unit, behind }
}

const SOURCE: &str = "source \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = ";

/// A list of lists for each of 4,096 elements, with a long text, a long list and what is not known.
const BOMB: &str = "variable \"u\" {}\nlocals {\n  m = split(\",\", join(\"\", [for a in split(\",\", local.s) : local.s]))\n  s = \",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\"\n  l = join(\"\", [for a in split(\",\", local.s) : \"0123456789012345678901234567890123456789012345678901234567\"])\n  u = var.v\n}\nvariable \"x\" {\n  default = [for x in local.m : [";

const SHAPES: &[Shape] = &[
    shape("hcl", "x = [", "[],", "]\n"),
    shape("hcl", "x = ", "[", "\n"),
    shape("hcl", "x = [", "0,", "]\n"),
    shape("hcl", "x = [", "a,", "]\n"),
    shape("hcl", "x = [", "\"\",", "]\n"),
    shape("hcl", "x = [", "{},", "]\n"),
    shape("hcl", "x = [", "a[0],", "]\n"),
    shape("hcl", "x = [", "-a,", "]\n"),
    shape("hcl", "x = [", "f(),", "]\n"),
    shape("hcl", "x = [", "{a=1},", "]\n"),
    shape("hcl", "x = [", "{a=1,b=2,c=3,d=4},", "]\n"),
    shape("hcl", "x = [", "\"${a}\",", "]\n"),
    shape("hcl", "x = ", "1+", "1\n"),
    shape("hcl", "x = a", ".a", "\n"),
    shape("hcl", "x = a", "[0]", "\n"),
    shape("hcl", "x = a", ".*", "\n"),
    shape("hcl", "x = ", "(", "\n"),
    shape("hcl", "x = ", "-", "1\n"),
    shape("hcl", "x = ", "!", "a\n"),
    shape("hcl", "x = ", "a?b:", "c\n"),
    shape("hcl", "x = \"", "${a}", "\"\n"),
    shape("hcl", "x = \"", "${\"", "\n"),
    shape("hcl", "x = \"", "%{if a}b%{endif}", "\"\n"),
    shape("hcl", "x = \"", "\\n", "\"\n"),
    shape("hcl", "x = \"", "\\u0041", "\"\n"),
    shape("hcl", "x = \"", "$${", "\"\n"),
    shape("hcl", "x = \"", "é", "\"\n"),
    shape("hcl", "x = <<E\n", "a\n", "E\n"),
    shape("hcl", "x = <<-E\n", " ${a}\n", "E\n"),
    shape("hcl", "x = [", "<<E\nE\n,", "]\n"),
    shape("hcl", "", "a {}\n", ""),
    shape("hcl", "", "a { b=1 }\n", ""),
    shape("hcl", "", "a b c {\n}\n", ""),
    shape("hcl", "", "a {\n", ""),
    shape("hcl", "", "v#=1\n", ""),
    shape("hcl", "", "a {\nv=1\n}\n", ""),
    shape("hcl", "", "#\n", ""),
    shape("hcl", "", "/**/", ""),
    shape("hcl", "", "\n", ""),
    shape("hcl", "", "source \"tencentcloud-cvm\" \"a#\" {\nimage_copy_regions=[\"a\"]\n}\n", ""),
    shape("hcl", "", "variable \"a#\" {}\n", ""),
    shape("hcl", "", "local \"a#\" { expression=1 }\n", ""),
    shape("hcl", "", "build { sources=[\"a.b\"] }\n", ""),
    shape("hcl", SOURCE, "[\"a\",", "\n}\n"),
    shape("hcl", "x = [for a in b: ", "[for a in b: ", "1\n"),
    shape("hcl", "x = {", "a#=1\n", "}\n"),
    shape("hcl", "x = [", "a.*,", "]\n"),
    shape("hcl", "x = [", "a.b,", "]\n"),
    shape("hcl", "x = [", "a[b],", "]\n"),
    shape("hcl", "x = [", "(a),", "]\n"),
    shape("hcl", "x = [", "{a=b.c},", "]\n"),
    shape("hcl", "x = [", "{(a)=1},", "]\n"),
    shape("hcl", "x = [", "[for a in b:c],", "]\n"),
    // Small texts that stand for much.
    shape("hcl", BOMB, "\"${local.l}${x}\",", "] ]\n}\n"),
    shape("hcl", BOMB, "local.m[*],", "] ]\n}\n"),
    shape("hcl", BOMB, "[for y in local.m : y if local.u],", "] ]\n}\n"),
    shape("hcl", BOMB, "local.l == local.l,", "] ]\n}\n"),
    shape("hcl", BOMB, "concat(local.m, local.m),", "] ]\n}\n"),
    shape("hcl", BOMB, "{ for y in local.m : \"${local.l}${y}\" => 1 },", "] ]\n}\n"),
    shape(
        "hcl",
        "variable \"a\" {\n  type = list(list(string))\n  default = [for a in split(\",\", \"",
        ",",
        "\"): split(\",\", \",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\")]\n}\n",
    ),
    shape(
        "hcl",
        "variable \"a\" {\n  type = list(list(string))\n  default = [for a in local.m: local.m]\n}\nlocals {\n  m = split(\",\", \"",
        ",",
        "\")\n}\n",
    ),
    shape(
        "hcl",
        "source \"tencentcloud-cvm\" \"a\" {\n  region = var.r\n  image_copy_regions = [var.a, var.b]\n}\nlocals {\n  s = [for x in split(\",\", \",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\"): \"tencentcloud-cvm.a\"]\n}\n",
        "build {\nsources=local.s\n}\n",
        "",
    ),
    shape(
        "hcl",
        "source \"tencentcloud-cvm\" \"a\" {\n  region = var.r\n  image_copy_regions = [\"a\", var.b]\n}\nbuild {\n  sources = [",
        "\"tencentcloud-cvm.a\",",
        "]\n}\n",
    ),
    shape(
        "hcl",
        "source \"tencentcloud-cvm\" \"a\" {\n  region = [",
        "var.a,",
        "]\n  image_copy_regions = [\"a\", var.b]\n}\nbuild {\n  sources = [\"tencentcloud-cvm.a\"]\n}\n",
    ),
    shape("json-hcl", "{\"x\":[", "[],", "0]}"),
    shape(
        "json-hcl",
        "{\"source\":{\"tencentcloud-cvm\":{\"a\":{\"region\":\"${[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}\",\"image_copy_regions\":[\"x\"]}}},\"build\":{\"sources\":[",
        "\"tencentcloud-cvm.a\",",
        "\"\"]}}",
    ),
    shape("json-hcl", "{\"x\":", "[", "}"),
    shape("json-hcl", "{", "\"a#\":0,", "\"x\":0}"),
    shape("json-hcl", "{\"locals\":{", "\"a#\":0,", "\"x\":0}}"),
    shape("json-hcl", "{\"variable\":{", "\"a#\":{},", "\"x\":{}}}"),
    shape("json-hcl", "{\"variable\":{", "\"a#\":{\"default\":\"${a}\"},", "\"x\":{}}}"),
    shape("json-hcl", "{\"variable\":{\"a\":{\"default\":\"", "${a}", "\"}}}"),
    shape("json-hcl", "{\"variable\":{\"a\":{\"default\":\"", "${[", "\"}}}"),
    shape("json-hcl", "{\"variable\":{\"a\":{\"default\":[", "\"${a}\",", "1]}}}"),
    shape("json-hcl", "{\"variable\":{\"a\":{\"default\":\"${[", "[],", "]}\"}}}"),
    shape("json-hcl", "{\"variable\":{\"a\":{\"type\":\"", "list(", "\"}}}"),
    shape("json-hcl", "{\"variable\":{\"a\":{\"type\":\"[", "[],", "]\"}}}"),
    shape("json-hcl", "{\"build\":[", "{},", "{}]}"),
    shape(
        "json-hcl",
        "{\"source\":{\"tencentcloud-cvm\":{",
        "\"a#\":{\"image_copy_regions\":[\"a\"]},",
        "\"x\":{}}}}",
    ),
    shape(
        "json-hcl",
        "{\"source\":{\"tencentcloud-cvm\":{\"a\":{\"image_copy_regions\":[",
        "\"\",",
        "\"x\"]}}}}",
    ),
    shape("legacy", "{\"builders\":[", "{},", "{}]}"),
    shape("legacy", "{\"builders\":[", "[],", "[]]}"),
    shape("legacy", "{\"builders\":[", "{\"type\":\"\"},", "{}]}"),
    shape("legacy", "{\"builders\":[", "{\"type\":\"#\"},", "{}]}"),
    shape(
        "legacy",
        "{\"builders\":[",
        "{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":\"b,c,d,e,f,g,h,i,j\"},",
        "{}]}",
    ),
    shape(
        "legacy",
        "{\"builders\":[{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":[",
        "\"\",",
        "\"\"]}]}",
    ),
    shape("legacy", "{\"builders\":[{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":\"", "a,", "\"}]}"),
    shape("legacy", "{\"builders\":[{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":\"", "{{", "\"}]}"),
    shape(
        "legacy",
        "{\"builders\":[{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":\"",
        "{{user `a`}}",
        "\"}]}",
    ),
    shape(
        "legacy",
        "{\"variables\":{\"a\":\"0123456789,0123456789,0123456789,0123456789,0123456789,0123456789,0123456789,0123456789,0123456789,0123456789,0123456789,0123456789\"},\"builders\":[{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":[\"a\"",
        ",\"{{user `a`}}{{user `a`}}{{user `a`}}{{user `a`}}{{user `a`}}\"",
        "]}]}",
    ),
    shape(
        "legacy",
        "{\"builders\":[",
        "{\"type\":\"tencentcloud-cvm\",\"image_copy_regions\":[\"{{user `a`}}\"]},",
        "{}],\"variables\":{\"a\":\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\"}}",
    ),
    shape("legacy", "{\"builders\":[],\"variables\":{", "\"#\":0,", "\"a\":0}}"),
    shape("legacy", "{\"builders\":[],\"variables\":{\"a\":[", "[],", "0]}}"),
    shape("legacy", "{\"builders\":[],\"variables\":{\"a\":[", "0,", "0]}}"),
    shape("legacy", "{\"builders\":[],\"variables\":", "[", "}"),
    shape("legacy", "{\"builders\":[{", "\"#\":0,", "\"a\":0}]}"),
    shape("legacy", "{\"builders\":[],\"a\":\"", "\\u0041", "\"}"),
    shape("values.hcl", "", "v#=1\n", ""),
    shape("values.hcl", "regions = [", "\"\",", "]\n"),
    shape("values.hcl", "regions = [", "[],", "]\n"),
    shape("values.json", "{\"regions\":[", "\"\",", "0]}"),
    shape("values.json", "{", "\"#\":0,", "\"a\":0}"),
    shape("values.json", "{\"regions\":\"", "${a}", "\"}"),
    shape("plan", "{\"format_version\":\"1.0\",\"resource_changes\":[", "[],", "[]]}"),
    shape("plan", "{\"format_version\":\"1.0\",\"planned_values\":{},\"x\":[", "[],", "[]]}"),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"variables\":{",
        "\"#\":{},",
        "\"x\":{}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"configuration\":{\"provider_config\":{",
        "\"#\":{},",
        "\"x\":{}}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"configuration\":{\"provider_config\":{\"x\":{\"expressions\":{",
        "\"#\":0,",
        "\"x\":0}}}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"configuration\":{\"root_module\":{\"module_calls\":{",
        "\"#\":{},",
        "\"x\":{}}}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"configuration\":{\"root_module\":{\"module_calls\":{",
        "\"#\":{\"module\":{}},",
        "\"x\":{}}}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"configuration\":{\"root_module\":{\"resources\":[",
        "{\"mode\":\"\",\"type\":\"\",\"name\":\"\"},",
        "{}]}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"planned_values\":{},\"configuration\":{\"root_module\":{\"resources\":[",
        "{\"mode\":\"managed\",\"type\":\"cloud_cvm_sync_image\",\"name\":\"#\",\"provider_config_key\":\"\"},",
        "{\"mode\":\"\",\"type\":\"\",\"name\":\"\"}]}}}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"resource_changes\":[",
        "{\"address\":\"\",\"mode\":\"\",\"type\":\"\",\"name\":\"\",\"change\":{\"actions\":[]}},",
        "{\"address\":\"\",\"mode\":\"\",\"type\":\"\",\"name\":\"\",\"change\":{\"actions\":[]}}]}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"resource_changes\":[",
        "{\"address\":\"#\",\"mode\":\"managed\",\"type\":\"cloud_cvm_sync_image\",\"name\":\"\",\"change\":{\"actions\":[\"create\"]}},",
        "{\"address\":\"\",\"mode\":\"\",\"type\":\"\",\"name\":\"\",\"change\":{\"actions\":[]}}]}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"resource_changes\":[{\"address\":\"\",\"mode\":\"\",\"type\":\"\",\"name\":\"\",\"change\":{\"actions\":[",
        "\"\",",
        "\"\"]}}]}",
    ),
    shape(
        "plan",
        "{\"format_version\":\"1.0\",\"resource_changes\":[{\"address\":\"",
        "module.a.",
        "\",\"mode\":\"managed\",\"type\":\"cloud_cvm_sync_image\",\"name\":\"\",\"change\":{\"actions\":[\"create\"]}}]}",
    ),
    shape("plan", "", "{\"format_version\":\"1.0\",\"planned_values\":{}}", ""),
    shape(
        "plan",
        "[",
        "{\"format_version\":\"1.0\",\"planned_values\":{}},",
        "{\"format_version\":\"1.0\",\"planned_values\":{}}]",
    ),
    shape("plan", "{\"format_version\":\"1.0\",\"planned_values\":{},\"x\":", "[", "}"),
    shape("responses", "[", "{},", "{}]"),
    shape("responses", "", "{}", ""),
    shape("responses", "{\"ImageSet\":[", "{},", "{}]}"),
    shape("responses", "{\"ImageSet\":[", "{\"ImageId\":\"\"},", "{\"ImageId\":\"\"}]}"),
    shape("responses", "{\"ImageSet\":[", "{\"ImageId\":\"#\"},", "{\"ImageId\":\"\"}]}"),
    shape("responses", "[", "{\"ImageId\":\"#\"},", "{\"ImageId\":\"\"}]"),
    shape("responses", "", "{\"ImageId\":\"#\"}", ""),
    shape("responses", "", "{\"ImageSet\":[]}", ""),
    shape("responses", "[", "{\"ImageSet\":[]},", "{\"ImageSet\":[]}]"),
    shape("responses", "[", "[],", "{\"ImageSet\":[]}]"),
    shape("responses", "", "[]", ""),
    shape("responses", "", "[", ""),
    shape("responses", "[", "[[[[{\"ImageSet\":[]}]]]],", "{\"ImageSet\":[]}]"),
    shape("responses", "{\"ImageSet\":[{\"ImageId\":\"a\",\"x\":\"", "\\u0041", "\"}]}"),
    shape("regions", "{\"RegionSet\":[", "{\"Region\":\"#\"},", "{\"Region\":\"\"}]}"),
    shape("regions", "[", "{\"Region\":\"#\"},", "{\"Region\":\"\"}]"),
    shape("regions", "", "{\"RegionSet\":[{\"Region\":\"#\"}]}", ""),
    shape("regions", "{\"RegionSet\":[", "{\"Region\":\"\"},", "{\"Region\":\"x\"}]}"),
    shape("quota", "", "{\"ImageNumQuota\":0}", ""),
    shape(
        "quota",
        "{\"AccountQuotaOverview\":{\"Region\":\"a\",\"AccountQuota\":{\"ImageQuotaSet\":[",
        "{},",
        "{}]}}}",
    ),
    shape("policy", "", "a.b.c.v#=1\n", ""),
    shape("policy", "", "v#=1\n", ""),
    shape("policy", "", "[[a]]\n", ""),
    shape("policy", "", "[a#]\n", ""),
    shape("policy", "", "[a.b.c.d.e.f.g.h.i.k.l.m#]\n", ""),
    shape("policy", "a=[", "[],", "]\n"),
    shape("policy", "a=[", "0,", "]\n"),
    shape("policy", "a=[", "{},", "]\n"),
    shape("policy", "a=[", "{a=1},", "]\n"),
    shape("policy", "a=", "[", "\n"),
    shape("policy", "a=", "{a=", "\n"),
    shape("policy", "a", ".a", "=1\n"),
    shape("policy", "a=\"", "\\n", "\"\n"),
    shape("policy", "a='''", "\n", "'''\n"),
    shape("policy", "a=[", "''\n,", "]\n"),
    shape("policy", "", "#\n", ""),
    shape("policy", "[rules]\n", "\"#\"=\"off\"\n", ""),
    shape("policy", "[rules]\n", "\"#\"=1\n", ""),
    shape("policy", "destinations.denied=[", "\"\",", "]\n"),
    shape("policy", "destinations.denied=[", "\"a#\",", "]\n"),
    shape("policy", "destinations.denied=[\"", "{a,", "\"]\n"),
    shape("policy", "destinations.denied=[\"", "*", "\"]\n"),
    shape("policy", "image-id-pattern=\"", "a", "\"\n"),
    shape("policy", "image-id-pattern=\"", "(", "\"\n"),
    shape("policy", "image-id-pattern=\"", "a|", "\"\n"),
    shape("policy", "image-id-pattern=\"", "[a]?", "\"\n"),
    shape("policy", "image-name.pattern=\"", "a{9}", "\"\n"),
];

fn text(shape: &Shape, size: usize) -> String {
    let mut text = shape.before.to_owned();
    let mut number = 0;
    while text.len() + shape.unit.len() + 8 + shape.behind.len() <= size {
        let unit = if shape.unit == "#\n" {
            shape.unit.to_owned()
        } else {
            shape.unit.replace('#', &number.to_string())
        };
        text.push_str(&unit);
        number += 1;
    }
    text + shape.behind
}

/// The most bytes that a reader reads.
fn limit(reader: &str) -> usize {
    match reader {
        "hcl" | "json-hcl" => packer::MAX_HCL_BYTES,
        "values.hcl" | "values.json" => packer::MAX_HCL_BYTES - 200,
        "legacy" => packer::MAX_BYTES,
        "plan" => terraform::MAX_BYTES,
        "responses" | "regions" | "quota" => describe::MAX_BYTES,
        _ => policy::MAX_BYTES,
    }
}

/// The time that this thread has run, in nanoseconds, where the system tells
/// it; else the time of day.
fn now(start: Instant) -> u128 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|told| told.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| start.elapsed().as_nanos())
}

fn outcome<T, E: std::fmt::Display>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string().chars().take(70).collect(),
    }
}

fn read(reader: &str, bytes: &[u8]) -> String {
    let template = b"variable \"regions\" {}\nsource \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = var.regions\n}\n";
    let values = |name: &str| {
        let variables = Variables::default().with_file(name, bytes);
        outcome(Template::default().with_file("a.pkr.hcl", template).calls(&variables, None))
    };
    let responses = Responses::default();
    match reader {
        "hcl" => outcome(
            Template::default().with_file("a.pkr.hcl", bytes).whole().calls(&Variables::default(), None),
        ),
        "json-hcl" => outcome(
            Template::default().with_file("a.pkr.json", bytes).whole().calls(&Variables::default(), None),
        ),
        "legacy" => outcome(packer::calls(bytes, None)),
        "values.hcl" | "values.json" => values(reader),
        "plan" => outcome(terraform::calls(bytes, None)),
        "responses" => outcome(responses.all_images("a", bytes).and_then(Responses::state)),
        "regions" => outcome(responses.regions(bytes).and_then(Responses::state)),
        "quota" => outcome(responses.response(None, bytes).and_then(Responses::state)),
        _ => outcome(Policy::from_toml(bytes)),
    }
}

fn main() {
    let size = std::env::args().nth(1).and_then(|size| size.parse().ok()).unwrap_or(1 << 20);
    let mut worst: BTreeMap<&str, (u128, u64)> = BTreeMap::new();
    for shape in SHAPES {
        let text = text(shape, size.min(limit(shape.reader)));
        let mut ended = String::new();
        let start = Instant::now();
        let at_first = now(start);
        let memory = allocation_counter::measure(|| ended = read(shape.reader, text.as_bytes())).bytes_max;
        let time = (now(start) - at_first) / 1_000_000;
        let mebibytes = memory >> 20;
        let mark = if time > 100 || mebibytes > 64 { "!" } else { " " };
        println!("{mark} {:11} {time:6} ms {mebibytes:5} MiB  {:?}  {ended}", shape.reader, shape.unit);
        let worst = worst.entry(shape.reader).or_default();
        *worst = (worst.0.max(time), worst.1.max(memory));
    }
    for (reader, (time, memory)) in worst {
        println!("{reader:13} at most {time} ms and {} MiB", memory >> 20);
    }
}
