//! Writes the seed corpora: of the targets that read bytes, from the cases of the tests; of plans,
//! from bytes that happen to make one in which the calls have to do with each other.

use std::fs;
use std::path::Path;

use presync::check::plan;
use presync::{Edition, Ruleset};
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
    documents(fuzz)?;
    plans(&fuzz.join("corpus/plan"))
}

/// The largest document that is a seed, in bytes.
const LARGEST: usize = 8 << 10;

/// Of the readers of documents: the documents of the tests, and those below,
/// which are a line or two long.
fn documents(fuzz: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let data = fuzz.join("../tests/data");
    let mut count = 0;
    let mut write = |target: &str, name: &str, bytes: &[u8]| -> std::io::Result<()> {
        let folder = fuzz.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        count += 1;
        fs::write(folder.join(name), bytes)
    };
    for folder in [
        "answers",
        "terraform",
        "packer",
        "field",
        "field/answers",
        "field/packer",
        "field/packer/a",
        "field/packer/p03-dir",
    ] {
        for entry in fs::read_dir(data.join(folder))? {
            let path = entry?.path();
            if !path.is_file() {
                continue;
            }
            let bytes = fs::read(&path)?;
            let name = path.file_name().ok_or("a file without a name")?.to_string_lossy();
            if bytes.len() > LARGEST {
                continue;
            }
            if folder.ends_with("answers") {
                write("describe", &name, &bytes)?;
                for head in [
                    "images ap-guangzhou",
                    "custom ap-guangzhou",
                    "all ap-guangzhou",
                    "regions",
                    "account ap-shanghai",
                ] {
                    let word = head.split(' ').next().unwrap_or_default();
                    write(
                        "describe",
                        &format!("{word}-{name}"),
                        &[format!("--- {head}\n").as_bytes(), &bytes].concat(),
                    )?;
                }
            } else if name.ends_with(".pkrvars.hcl") {
                write("packer_values", &name, &bytes)?;
            } else if name.ends_with(".hcl") {
                write("packer_hcl", &name, &bytes)?;
            } else if name.ends_with(".pkr.json") {
                write("packer_json", &name, &bytes)?;
            } else if folder.contains("packer") {
                write("packer_legacy", &name, &bytes)?;
            } else if folder == "terraform" || name.starts_with('t') {
                write("terraform", &name, &bytes)?;
            }
        }
    }
    for (target, texts) in TEXTS {
        for (number, text) in texts.iter().enumerate() {
            write(target, &format!("text-{number:02}"), text.as_bytes())?;
        }
    }
    // Every response of the tests at once, in two orders.
    let part = |head: &str, name: &str| -> std::io::Result<Vec<u8>> {
        Ok([format!("--- {head}\n").as_bytes(), &fs::read(data.join("answers").join(name))?, b"\n"].concat())
    };
    let all = [
        part("regions", "regions.json")?,
        part("custom ap-guangzhou", "images-page1.json")?,
        part("custom ap-guangzhou", "images-page2.json")?,
        part("all ap-shanghai", "images-body.json")?,
        part("images ap-beijing", "images-none.json")?,
        part("quota", "quota.json")?,
        part("quota ap-seoul", "quota-body.json")?,
        b"--- used ap-shanghai 19\n--- no-sync ap-seoul\n--- sync ap-shanghai\n--- block ap-beijing ap-shanghai\n".to_vec(),
    ];
    write("describe", "everything", &all.concat())?;
    write("describe", "everything-backwards", &all.iter().rev().flatten().copied().collect::<Vec<u8>>())?;
    println!("{count} documents");
    Ok(())
}

/// Texts beside those of the tests, by their targets.
const TEXTS: [(&str, &[&str]); 7] = [
    ("policy", POLICIES),
    ("packer_values", VALUES),
    ("packer_json", JSON_TEMPLATES),
    ("packer_legacy", LEGACY),
    ("packer_hcl", TEMPLATES),
    ("terraform", PLANS),
    ("describe", RESPONSES),
];

/// For every edition that an input can ask for a plan in which two calls are accepted, and one is
/// not that would be without them.
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
        let reports = plan::check(&rules, &calls, &state);
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

const POLICIES: &[&str] = &[
    "",
    "edition = \"2017-03\"\nimage-id-pattern = \"img-[0-9a-z]{8,}\"\n",
    "edition = \"latest\"\n[limits]\nimage-quota = 8\nimage-size = 40\ndestinations = 5\nfree-quota = 2\n",
    "[destinations]\nallowed = [\"ap-*\"]\ndenied = [\"ap-hongkong\"]\nrequired = [\"ap-shanghai\"]\n",
    "[image-name]\npattern = \"(web|db)-[0-9]+\"\n[rules]\ndestination-unique = \"warning\"\n\"policy/image-name\" = \"warning\"\n",
    "[rules]\nimage-size = \"off\"\nimage-quota = \"error\"\n\"policy/destination-denied\" = \"off\"\n",
    "[rules]\nimage-sise = \"off\"\n",
    "[rules]\naction-sync-images = \"off\"\n",
    "[rules]\nimage-size = 1\n",
    "[limits]\nimage-quota = 0\n",
    "[limits]\nimage-quota = -1\nimage-sise = 4\n",
    "[limits]\nimage-quota = 99999999999999999999\n",
    "limits.destinations = 1\nlimits.destinations = 2\n",
    "[destinations]\nallowed = []\n",
    "[destinations]\nallowed = [\"ap-*\", \"[a\"]\n",
    "[destinations]\ndenied = [\"{a,b\", 1]\n",
    "[destinations]\ndenied = [\"ap-{seoul,tokyo}\", \"na-?[a-c]*\"]\n",
    "[image-name]\npattern = \"(\"\n",
    "[image-name]\npattern = '\\d{3}'\n",
    "image-id-pattern = \"\"\"\nimg-\\\n   x\"\"\"\n",
    "edition = \"1999-01\"\n",
    "edition = 2017-03-12T00:00:00Z\n",
    "limits = { image-quota = 1_0, image-size = 0x10 }\n",
    "[limits\n",
    "\u{feff}edition = \"latest\"\r\n",
    "# words\n\n[[limits]]\nimage-quota = 1\n",
];

const VALUES: &[&str] = &[
    "",
    "region = \"ap-guangzhou\"\nregions = [\"ap-shanghai\", \"ap-beijing\"]\n",
    "regions = [\n  \"ap-shanghai\", # there\n  \"ap-nowhere\",\n]\nnames = { a = \"base\" }\ncount = 3\nflag = true\nset = [\"b\", \"b\"]\n",
    "regions = concat([\"ap-shanghai\"], split(\",\", \"a,b\"))\n",
    "regions = [for r in [\"a\", \"b\"]: upper(r) if r != \"a\"]\n",
    "regions = \"ap-shanghai\"\n",
    "count = \"3\"\nflag = \"true\"\n",
    "variable \"regions\" {}\n",
    "names = {\n  a : \"base\"\n  (\"b\") = null\n}\n",
    "any = <<E\n  ap-shanghai\nE\n",
    "any = <<-E\n  ap-${1 + 1}\n  E\n",
    "any = \"%{ if true ~}a%{ else }b%{ endif }\"\n",
    "unknown = 1\n",
    "regions =\n",
    "{\"region\": \"ap-guangzhou\", \"regions\": [\"ap-shanghai\"]}",
    "{\"regions\": [\"${upper(\"a\")}\", 1, null]}",
    "{\"names\": {\"a\": \"base\"}, \"count\": 1.5, \"flag\": false, \"set\": [\"b\", \"a\"], \"any\": {}}",
    "{\"regions\": \"ap-shanghai,ap-beijing\"}",
    "[\"ap-shanghai\", \"ap-beijing\"]",
    "[upper(\"a\"), lower(\"B\"), \"${1}\"]",
    "[]",
    "toset([\"b\", \"a\", \"b\"])",
];

const JSON_TEMPLATES: &[&str] = &[
    "{}",
    "{\"source\": {\"tencentcloud-cvm\": {\"base\": {\"region\": \"ap-guangzhou\", \"image_copy_regions\": [\"ap-shanghai\"]}}}}",
    "{\"source\": {\"tencentcloud-cvm\": {\"base\": {\"region\": \"${var.region}\", \"image_copy_regions\": \"${var.regions}\"}}}, \"variable\": {\"region\": {\"default\": \"ap-beijing\"}, \"regions\": {\"type\": \"list(string)\"}}}",
    "{\"source\": {\"tencentcloud-cvm\": {\"a\": {\"image_copy_regions\": [\"${local.x}\"]}}}, \"locals\": {\"x\": \"ap-${upper(\"s\")}\"}}",
    "{\"source\": {\"tencentcloud-cvm\": [{\"a\": {\"image_copy_regions\": [\"b\"]}}, {\"c\": {}}]}, \"build\": [{\"sources\": [\"source.tencentcloud-cvm.a\"]}]}",
    "{\"build\": {\"source\": {\"tencentcloud-cvm.a\": {\"image_copy_regions\": [\"b\"]}}}, \"source\": {\"tencentcloud-cvm\": {\"a\": {}}}}",
    "{\"build\": {\"dynamic\": {\"source\": {\"for_each\": [\"a\"], \"labels\": [\"tencentcloud-cvm.${source.value}\"], \"content\": {\"region\": \"x\"}}}}, \"source\": {\"tencentcloud-cvm\": {\"a\": {\"image_copy_regions\": [\"b\"]}}}}",
    "{\"variables\": {\"to\": \"ap-seoul\"}, \"source\": {\"tencentcloud-cvm\": {\"a\": {\"image_copy_regions\": [\"${var.to}\", \"{{user `x`}}\"]}}}}",
    "{\"local\": {\"x\": {\"expression\": \"${[for a in [1]: a]}\"}}, \"source\": {\"docker\": {\"a\": {}}}}",
    "{\"source\": {\"tencentcloud-cvm\": {\"a\": {\"image_copy_regions\": 1}}}}",
    "{\"source\": []}",
    "{\"source\": {\"tencentcloud-cvm\": {\"a\": {\"image_copy_regions\": [\"%{ if true }a%{ endif }\", null]}}}}",
    "{\"source\": null, \"build\": null}",
    "{\"packer\": {\"required_plugins\": {}}, \"variable\": {\"x\": {\"type\": \"map(set(string))\", \"default\": {\"a\": [\"b\"]}}}}",
    "{\"source\": {\"tencentcloud-cvm\": {\"\\u0061\": {\"image_name\": \"\\u0062\", \"image_copy_regions\": [\"\\u0063\"]}}}}",
    "{\"build\": {\"sources\": \"${local.all}\"}, \"locals\": [{\"all\": [\"source.tencentcloud-cvm.a\"]}], \"source\": {\"tencentcloud-cvm\": {\"a\": {\"image_copy_regions\": [\"b\"]}}}}",
];

const LEGACY: &[&str] = &[
    "{\"builders\": []}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"region\": \"ap-guangzhou\", \"image_copy_regions\": \"ap-shanghai,ap-nowhere\"}]}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"{{user `to`}}\", \"ap-shanghai\"]}], \"variables\": {\"to\": \"ap-seoul\"}}",
    "{\"variables\": {\"regions\": [\"a\", \"b\"], \"region\": null}, \"builders\": [{\"type\": \"tencentcloud-cvm\", \"region\": \"{{user \\\"region\\\"}}\", \"image_copy_regions\": \"{{user `regions`}}\"}]}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_name\": \"base-{{timestamp}}\", \"image_copy_regions\": [\"ap-shanghai\"]}]}",
    "{\"builders\": [{\"type\": \"docker\"}, {}]}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [1]}]}",
    "{\"builders\": {}}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"region\": \"\", \"image_name\": null, \"image_copy_regions\": \"\"}]}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"region\": \"{{- user `a` -}}x\", \"image_copy_regions\": \"{{env `X`}},b\"}]}",
    "{\"variables\": null, \"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"\\u0061\", \"a\", \"a\"]}]}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"a\"]}, {\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"b\"]}",
    "{\"variables\": {\"x\": 1, \"y\": true, \"z\": {}}, \"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"{{user `x`}}\", \"{{user `y`}}\", \"{{user `z`}}\"]}]}",
    "[]",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"type\": \"docker\"}]}",
    "{\"builders\": [null]}",
    "{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"region\": \"ap-shanghai\", \"image_copy_regions\": [\"ap-shanghai\"]}]}",
    "\u{feff}{\"builders\": [{\"type\": \"tencentcloud-cvm\", \"image_copy_regions\": [\"a\"]}]}\r\n",
];

const TEMPLATES: &[&str] = &[
    "",
    "source \"tencentcloud-cvm\" \"a\" {\n  region = \"ap-guangzhou\"\n  image_copy_regions = [\"ap-shanghai\", \"ap-nowhere\"]\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = [var.to, \"b\"]\n}\nvariable \"to\" {\n  default = \"ap-seoul\"\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  region = local.r\n  image_copy_regions = concat([\"b\"], var.regions)\n}\nlocals {\n  r = \"ap-${lower(\"X\")}\"\n}\nvariable \"regions\" {\n  type = list(string)\n  default = []\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n}\nbuild {\n  sources = [\"source.tencentcloud-cvm.a\", \"tencentcloud-cvm.b\"]\n  source \"tencentcloud-cvm.a\" {\n    image_copy_regions = [\"b\"]\n  }\n}\n",
    "build {\n  dynamic \"source\" {\n    for_each = [\"a\", \"b\"]\n    labels = [\"tencentcloud-cvm.${source.value}\"]\n    content {\n      region = source.key\n    }\n  }\n}\nsource \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = [\"x\"]\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = [for r in toset([\"b\", \"a\"]): \"ap-${r}\" if r != \"a\"]\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  image_name = <<-E\n    base-${var.name}\n  E\n  image_copy_regions = var.x ? [\"a\"] : [\"b\"]\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = [\"a\"] # words\n}\nsource \"tencentcloud-cvm\" \"a\" {\n}\n",
    "local \"m\" {\n  expression = { a = 1, \"b\" : [2, -3.5e2], (\"c\") = !true }\n}\nsource \"docker\" \"d\" {\n  x = local.m.a[0].*.b[*]\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = \"a,b\"\n}\n",
    "source \"tencentcloud-cvm\" \"a\" {\n  image_copy_regions = split(\",\", join(\",\", distinct(compact(flatten([[\"a\"], [\"\", \"a\"]])))))\n}\n",
    "source {\n  region = \n}\n",
    "source \"tencentcloud-cvm\" \"a\" { image_copy_regions = [\"%{ if 1 < 2 && true ~} a %{ else }b%{ endif }\", \"%{ for x in [1] }${x}%{ endfor }\"] }\n",
    "variable \"x\" {\n  type = map(list(number))\n  default = { a = [\"1\"] }\n}\nvariables {\n  y = \"z\"\n}\n",
    "source \"tencentcloud-cvm\" \"\\u0061\" {\n  region = \"$${a}\\n\"\n  image_copy_regions = [\"{{user `x`}}\", null]\n}\n",
    "/* words */ packer {\n  required_plugins {}\n} // more\n",
    "resource \"a\" \"b\" {\n}\n",
];

/// What stands before and behind a change of a resource.
const PLANS: &[&str] = &[
    "{\"format_version\": \"1.2\", \"resource_changes\": []}",
    "{\"format_version\": \"1.2\"}",
    "{\"format_version\": \"1.2\", \"resource_changes\": [{\"address\": \"tencentcloud_cvm_sync_image.a\", \"mode\": \"managed\", \"type\": \"tencentcloud_cvm_sync_image\", \"name\": \"a\", \"change\": {\"actions\": [\"create\"], \"after\": {\"image_id\": \"img-o3ycss2p\", \"destination_regions\": [\"ap-shanghai\", \"ap-nowhere\"], \"image_name\": \"base\", \"encrypt\": true}, \"after_unknown\": {\"kms_key_id\": true}}}]}",
    "{\"format_version\": \"1.2\", \"resource_changes\": [{\"address\": \"cloud_cvm_sync_image.a[\\\"k\\\"]\", \"mode\": \"managed\", \"type\": \"cloud_cvm_sync_image\", \"name\": \"a\", \"change\": {\"actions\": [\"delete\", \"create\"], \"after\": {\"destination_regions\": [\"ap-shanghai\", null]}, \"after_unknown\": {\"image_id\": true, \"destination_regions\": [false, true]}}}], \"configuration\": {\"provider_config\": {\"cloud\": {\"name\": \"cloud\", \"expressions\": {\"region\": {\"constant_value\": \"ap-guangzhou\"}}}}, \"root_module\": {\"resources\": [{\"address\": \"cloud_cvm_sync_image.a\", \"mode\": \"managed\", \"type\": \"cloud_cvm_sync_image\", \"name\": \"a\", \"provider_config_key\": \"cloud\"}]}}}",
    "{\"format_version\": \"1.2\", \"resource_changes\": [{\"address\": \"tencentcloud_cvm_sync_image.a\", \"mode\": \"managed\", \"type\": \"tencentcloud_cvm_sync_image\", \"name\": \"a\", \"change\": {\"actions\": [\"create\"], \"after\": {}, \"after_unknown\": true}}], \"variables\": {\"region\": {\"value\": \"ap-beijing\"}}, \"configuration\": {\"provider_config\": {\"tencentcloud\": {\"name\": \"tencentcloud\", \"full_name\": \"x/y/tencentcloud\", \"expressions\": {\"region\": {\"references\": [\"var.region\"]}}}}, \"root_module\": {\"module_calls\": {\"m\": {\"module\": {\"resources\": []}}}}}}",
    "{\"format_version\": \"1.2\", \"errored\": true, \"complete\": false, \"applyable\": false, \"deferred_changes\": [{\"reason\": \"instance_count_unknown\", \"resource_change\": {\"address\": \"tencentcloud_cvm_sync_image.a[*]\", \"mode\": \"managed\", \"type\": \"tencentcloud_cvm_sync_image\", \"name\": \"a\", \"change\": {\"actions\": [\"create\"], \"after\": {\"destination_regions\": [\"ap-shanghai\"]}}}}]}",
    "{\"format_version\": \"1.2\", \"resource_changes\": [{\"address\": \"module.m[10].tencentcloud_cvm_sync_image.a\", \"module_address\": \"module.m[10]\", \"mode\": \"managed\", \"type\": \"tencentcloud_cvm_sync_image\", \"name\": \"a\", \"change\": {\"actions\": [\"create\"], \"after\": {\"destination_regions\": [1]}}}]}",
    "{\"format_version\": \"3.0\", \"resource_changes\": []}",
    "{\"format_version\": \"1.0\", \"values\": {}}",
    "[{\"format_version\": \"1.0\", \"resource_changes\": []}, {\"format_version\": \"1.0\", \"planned_values\": {}}]",
    "PK\u{3}\u{4}",
];

const RESPONSES: &[&str] = &[
    "{\"Response\": {\"Error\": {\"Code\": \"AuthFailure\", \"Message\": \"no\"}}}",
    "{\"RegionSet\": [{\"Region\": \"ap-guangzhou\", \"RegionState\": null}, {\"Region\": \"\"}], \"TotalCount\": 2}",
    "--- custom ap-guangzhou\n{\"ImageSet\": [{\"ImageId\": \"img-o3ycss2p\", \"ImageType\": null, \"ImageSize\": \"20\"}], \"TotalCount\": 12}",
    "--- images ap-guangzhou\n[{\"ImageId\": \"img-o3ycss2p\"}]\n--- images ap-shanghai\n{\"ImageId\": \"img-o3ycss2p\", \"ImageType\": \"SHARED_IMAGE\"}\n",
    "--- account\n{\"AccountQuotaOverview\": {\"Region\": \"ap-shanghai\", \"AccountQuota\": {\"ImageQuotaSet\": [{\"UsedQuota\": 10, \"TotalQuota\": null}]}}}",
    "--- quota ap-shanghai\n{\"ImageNumQuota\": null}\n--- count 4\n--- count ap-beijing 0\n--- used ap-beijing 3\n",
    "[TencentCloudSDKException] code:AuthFailure message:no requestId:0",
    "--- all ap-guangzhou\n{\"ImageSet\": [], \"TotalCount\": 0}{\"ImageSet\": [{\"ImageId\": \"img-7k2mw9qd\", \"ImageState\": \"CREATING\", \"ImageName\": \"base\"}]}",
    "--- sync ap-seoul\n--- no-sync ap-seoul\n",
    "--- block ap-beijing ap-shanghai\n--- all ap-beijing\n{\"ImageSet\": [{\"ImageId\": \"img-o3ycss2p\", \"ImageType\": \"PRIVATE_IMAGE\", \"ImageState\": \"NORMAL\", \"ImageSize\": 20}]}\n--- any ap-shanghai\n[]",
];
