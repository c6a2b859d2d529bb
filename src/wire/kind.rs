//! Texts that people give in the place of a request, and what they look like.

use super::parts::split_at;
use crate::model::Row;

/// The most bytes in which the name of an SDK's error is looked for.
const LOOKED_AT: usize = 8 << 10;

/// Programs of the command line that make a request, and what a line that calls one looks like.
const PROGRAMS: [(&str, &str); 9] = [
    ("curl", "a curl command: give its URL, or the text behind `-d`, and `--header` for its headers"),
    ("curl.exe", "a curl command: give its URL, or the text behind `-d`, and `--header` for its headers"),
    ("wget", "a wget command: give its URL, or the text that it posts"),
    ("http", "an HTTPie command: give its URL, or the text that it posts"),
    ("xh", "an xh command: give its URL, or the text that it posts"),
    ("tccli", "a tccli command: give its parameters as JSON, and `--region`"),
    ("Invoke-RestMethod", "a PowerShell command: give its URI, or its body"),
    ("Invoke-WebRequest", "a PowerShell command: give its URI, or its body"),
    ("irm", "a PowerShell command: give its URI, or its body"),
];

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS"];

const RAW_HTTP: &str = "an HTTP request: give its body, or its URL, and `--header` for each header `X-TC-…`";
const HEADERS: &str = "headers of HTTP: give the body or the URL, and `--header` for each header `X-TC-…`";
const HTTP_RESPONSE: &str = "a response over HTTP: give the request";
const MARKUP: &str = "XML or HTML";
const SDK_ERROR: &str = "the text of an SDK's error: give the request that it is about";
const QUOTED_JSON: &str = "JSON in quotes: leave the quotes out, which belong to a shell or to a program";
const QUOTED_QUERY: &str = "a query in quotes: leave the quotes out, which belong to a shell or to a program";
const BASE_64: &str = "JSON in Base64: decode it first";
const MARKDOWN: &str = "a block of Markdown: leave out the lines of backticks around it";
const YAML: &str = "YAML: give the parameters as JSON";
const ASSIGNMENTS: &str = "assignments, as in TOML or in a program: give the parameters as JSON";
const SHOWN_PLAN: &str =
    "the text of a plan of Terraform: give the plan instead, as `terraform show -json PLAN` writes it";
const POLICY: &str = "TOML, such as a policy, which is given with `--policy`";
const TERRAFORM: &str =
    "Terraform configuration: give the plan instead, as `terraform show -json PLAN` writes it";
const PACKER: &str = "a Packer template in HCL: give it as a file whose name ends in `.pkr.hcl`";
const VALUES: &str = "values of variables in HCL (`*.pkrvars.hcl`, `*.tfvars`): give the template or the plan that they are for";

/// Returns what a text looks like that is plainly no request; none for a text that may be one.
pub(crate) fn looks_like(text: &str) -> Option<&'static str> {
    let text = text.trim_ascii_start();
    if starts_as_query(text) {
        return None;
    }
    let line = text.lines().next().unwrap_or_default();
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    if METHODS.contains(&first)
        && words.next().is_some_and(|target| target.starts_with(['/', '*', 'h']) || target.contains("://"))
    {
        return Some(RAW_HTTP);
    }
    if first.starts_with("HTTP/") {
        return Some(HTTP_RESPONSE);
    }
    // A script may start with comments; of a root's shell the prompt is `#`.
    let first_line = behind_comments(text).lines().next().unwrap_or_default();
    if let Some(program) = program(line).or_else(|| program(first_line)) {
        return Some(program);
    }
    if text.starts_with("```") || text.starts_with("~~~") {
        return Some(MARKDOWN);
    }
    if ["Terraform ", "OpenTofu "].iter().any(|tool| text.starts_with(tool)) {
        return Some(SHOWN_PLAN);
    }
    if text.starts_with('<') {
        return Some(MARKUP);
    }
    let unquoted = text.strip_prefix('b').unwrap_or(text);
    if let Some(inner) = unquoted.strip_prefix(['\'', '`', '"']) {
        if inner.trim_ascii_start().starts_with('{') {
            return Some(QUOTED_JSON);
        }
        if starts_as_query(inner) || inner.starts_with("/?") {
            return Some(QUOTED_QUERY);
        }
    }
    if is_base_64(text) {
        return Some(BASE_64);
    }
    if line.split_once(':').is_some_and(|(name, _)| is_header(name)) {
        return Some(HEADERS);
    }
    if is_yaml(text) {
        return Some(YAML);
    }
    hcl(text)
}

/// True if a text is an object of JSON in Base64, as its first characters tell.
fn is_base_64(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_\r\n".contains(&byte);
    ["eyI", "eyA", "ewo", "ewk", "ew0", "eyJ"].iter().any(|start| text.starts_with(start))
        && text.len() >= 8
        && text.bytes().all(is_one)
}

/// True if the first lines are keys and values, elements of a list, or the mark between documents.
fn is_yaml(text: &str) -> bool {
    let mut lines =
        text.lines().map(str::trim_ascii_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_key = |line: &str| {
        let line = line.trim_ascii_start();
        let line = line.strip_prefix("- ").unwrap_or(line).trim_ascii_start();
        let Some((key, value)) = line.split_once(':') else { return false };
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        !key.is_empty() && key.bytes().all(is_part) && (value.is_empty() || value.starts_with(' '))
    };
    let Some(first) = lines.next() else { return false };
    let is_next = |line: &str| is_key(line) || line.trim_ascii_start().starts_with("- ");
    first == "---" || is_key(first) && (first.ends_with(':') || lines.next().is_some_and(is_next))
}

/// Returns what a text looks like in which no parameter was found.
pub(super) fn without_parameters(text: &str) -> Option<&'static str> {
    const SDK: &[u8] = b"TencentCloudSDK";
    let start = text.as_bytes().get(..LOOKED_AT).unwrap_or(text.as_bytes());
    let is_of_sdk = start.windows(SDK.len()).any(|part| part == SDK);
    is_of_sdk.then_some(SDK_ERROR).or_else(|| looks_like(text))
}

/// The key that `presync regions` writes and no other program, whatever the
/// keys before it look like.
pub(super) const OF_REGIONS: &str = "regions_complete";

/// Returns what a JSON object looks like that has this key and no parameter of the action.
pub(super) fn of_key(key: &str) -> Option<&'static str> {
    Some(match key {
        "Regions" | "Images" | "AccountQuota" | "BlockedRoutes" | "RegionsComplete" => {
            "a state, which is given with `--state`"
        }
        "Response" | "RequestId" | "RegionSet" | "ImageSet" | "AccountQuotaOverview" => {
            "a response of the API: those of DescribeRegions, DescribeImages and quota are given with `--state`"
        }
        "terraform" | "provider" | "resource" | "data" | "module" => TERRAFORM,
        "variable" | "locals" | "output" => "configuration of Terraform or Packer in JSON",
        "terraform_version" | "format_version" | "lineage" | "serial" | "planned_values"
        | "resource_changes" => {
            "a state or a plan of Terraform, or a part of one: give the plan, as `terraform show -json PLAN` writes it"
        }
        "packer" | "build" | "source" => {
            "a Packer template of HCL in JSON: give it as a file whose name ends in `.pkr.json`"
        }
        "changeSummary" | "steps" | "deployment" => {
            "output of Pulumi, such as that of `pulumi preview --json`: give the parameters of the request"
        }
        "violations" | "unverified" => "a report of presync",
        OF_REGIONS => "a list of `presync regions`",
        "request" => "a line of `presync batch`",
        "image_copy_regions" => {
            "values of variables of a Packer template (`*.pkrvars.json`): give the template that they are for"
        }
        _ => return None,
    })
}

/// True if the text starts with a parameter and its value, or with the address of a URL.
fn starts_as_query(text: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'%' | b'-');
    let length = text.bytes().take_while(is_name).count();
    let (name, behind) = text.split_at_checked(length).unwrap_or_default();
    let stem = split_at(name, b'.').map_or(name, |(stem, _)| stem);
    match behind.as_bytes().first() {
        Some(b'?' | b'&') => true,
        Some(b':') => behind.starts_with("://"),
        Some(b'=') => Row::named(stem).is_some(),
        _ => false,
    }
}

/// Returns what a line of a shell looks like, by the program that it calls.
fn program(line: &str) -> Option<&'static str> {
    let line = line.strip_prefix(['$', '>', '%', '#']).unwrap_or(line).trim_ascii_start();
    let (word, _) = line.split_once([' ', '\t'])?;
    let (_, name) = word.rsplit_once(['/', '\\']).unwrap_or(("", word));
    PROGRAMS.iter().find(|(program, _)| *program == name).map(|(_, what)| *what)
}

fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-tc-") || matches!(&*name, "host" | "authorization" | "content-type" | "user-agent")
}

/// Returns the text behind the comments and blank lines at its start.
pub(super) fn behind_comments(text: &str) -> &str {
    let mut rest = text.trim_ascii_start();
    loop {
        let behind = if rest.starts_with("//") || rest.starts_with('#') {
            rest.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return rest;
        };
        rest = behind.trim_ascii_start();
    }
}

/// Returns what a text looks like by its first line, if that is a line of HCL or of TOML.
fn hcl(text: &str) -> Option<&'static str> {
    let text = behind_comments(text);
    let line = text.lines().next().unwrap_or_default().trim_ascii();
    if is_table(line) {
        return Some(POLICY);
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let behind = line.trim_start_matches(is_name);
    let name = line.get(..line.len() - behind.len()).unwrap_or_default();
    if name.is_empty() {
        return None;
    }
    let behind = behind.trim_ascii_start();
    if let Some(value) = behind.strip_prefix('=') {
        if !value.trim_ascii_start().starts_with(['"', '[', '{', '<']) {
            return None;
        }
        if Row::named(name).is_some() {
            return Some(ASSIGNMENTS);
        }
        let has_tables = text.lines().any(|line| is_table(line.trim_ascii_end()));
        return Some(if has_tables { POLICY } else { VALUES });
    }
    // A block: its type, its labels and an opening brace.
    let labels = behind.split_once('{')?.0;
    let is_block = labels.is_empty() || labels.split_ascii_whitespace().all(|label| label.starts_with('"'));
    is_block.then_some(match name {
        "packer" | "source" | "build" => PACKER,
        _ if text.contains("source \"tencentcloud-cvm\"") => PACKER,
        "resource" | "provider" | "terraform" | "data" | "module" | "output" => TERRAFORM,
        _ => "configuration in HCL: of Packer, give the file with a name that ends in `.pkr.hcl`; of Terraform, give the plan",
    })
}

/// True for a line that opens a table of TOML.
fn is_table(line: &str) -> bool {
    let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && !matches!(name, "true" | "false" | "null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_request_looks_like_nothing_else() {
        for text in [
            "Version=2017-03-12&ImageIds.0=x",
            "ImageIds=[\"x\"]&DestinationRegions.0=y",
            "https://cvm.tencentcloudapi.com/?Action=SyncImages",
            "/?Action=SyncImages",
            "?Version=1",
            "&&Version=1",
            "imageIds.0=x",
            "Image%49ds.0=x",
            "x",
            "",
            "region=ap-guangzhou&x=y",
            "eyJ=",
            "INFO: x",
            "a:b",
            "ImageIds = x",
            // No keys of YAML.
            "Some text: here\nand more: there",
            "a:b\nc:d",
        ] {
            assert_eq!(looks_like(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_plainly_something_else_is_told() {
        for (text, what) in [
            ("POST / HTTP/1.1\nHost: x", "an HTTP request"),
            ("GET https://x/?Action=SyncImages", "an HTTP request"),
            ("GET /?Action=SyncImages&Version=2017-03-12 HTTP/1.1", "an HTTP request"),
            ("HTTP/1.1 200 OK", "a response over HTTP"),
            ("Host: cvm.tencentcloudapi.com\nX-TC-Action: SyncImages", "headers of HTTP"),
            ("x-tc-version: 2017-03-12", "headers of HTTP"),
            ("curl 'https://x/?Action=SyncImages'", "a curl command"),
            ("$ curl -X POST x", "a curl command"),
            ("/usr/bin/curl -d x=y z", "a curl command"),
            ("tccli cvm SyncImages --region x", "a tccli command"),
            ("<html><a href=x>", "XML or HTML"),
            ("'{\"ImageIds\": [\"a=b\"]}'", "JSON in quotes"),
            ("b'{\"ImageIds\": []}'", "JSON in quotes"),
            ("resource \"x\" \"y\" {\n  a = 1\n}", "Terraform"),
            ("# a comment\n/* another\n*/\nterraform {\n}", "Terraform"),
            ("source \"tencentcloud-cvm\" \"x\" {", "a Packer template"),
            ("variable \"x\" {}\nsource \"tencentcloud-cvm\" \"y\" {", "a Packer template"),
            ("packer {\n}", "a Packer template"),
            ("build {\n}", "a Packer template"),
            ("variable \"x\" {}", "configuration in HCL"),
            ("region = \"ap-guangzhou\"\nimage_copy_regions = [\"x\"]", "values of variables"),
            ("regions=[\"x\"]", "values of variables"),
            ("edition = \"latest\"\n[limits]\ndestinations = 1", "TOML"),
            ("[limits]\ndestinations = 1", "TOML"),
            ("#!/bin/sh\n\n# a call\ncurl -d x=y z", "a curl command"),
            ("```json\n{\"ImageIds\": []}\n```", "a block of Markdown"),
            ("Terraform will perform the following actions:\n", "the text of a plan"),
            ("\"{\\\"ImageIds\\\": []}\"", "JSON in quotes"),
            ("\"ImageIds.0=x&DestinationRegions.0=y\"", "a query in quotes"),
            ("'x&Version=1'", "a query in quotes"),
            ("'x?Version=1'", "a query in quotes"),
            ("'https://x/?Action=SyncImages'", "a query in quotes"),
            ("'/?Action=SyncImages'", "a query in quotes"),
            ("eyJJbWFnZUlkcyI6IFtdfQ==\n", "JSON in Base64"),
            ("ImageIds:\n- img-o3ycss2p\n", "YAML"),
            ("---\nx: y\n", "YAML"),
            ("# a comment\n\nImageIds:\n- img-o3ycss2p\n", "YAML"),
            ("ImageIds: x\n\n# a comment\nDestinationRegions: y", "YAML"),
            ("ImageIds.0: x\nDestinationRegions.0: y", "YAML"),
            ("- name: x\n  y:\n", "YAML"),
            ("ImageIds = [\"x\"]\nDestinationRegions = [\"y\"]", "assignments"),
        ] {
            let seen = looks_like(text).unwrap_or_else(|| panic!("{text}"));
            assert!(seen.starts_with(what), "{text}: {seen}");
        }
        let error = "[TencentCloudSDKError] Code=InvalidParameter, Message=x";
        assert_eq!(without_parameters(error), Some(SDK_ERROR));
        let wide = format!("{}TencentCloudSDK", "é".repeat(LOOKED_AT / 2));
        assert_eq!(without_parameters(&wide), None);
        let within = |before: usize| format!("{}TencentCloudSDK", " ".repeat(before));
        assert_eq!(without_parameters(&within(LOOKED_AT - 15)), Some(SDK_ERROR));
        assert_eq!(without_parameters(&within(LOOKED_AT - 14)), None);
    }

    #[test]
    fn an_object_is_told_by_one_key() {
        for (key, what) in [
            ("Images", Some("a state, ")),
            ("RegionSet", Some("a response of the API")),
            ("resource", Some("Terraform configuration")),
            ("locals", Some("configuration of Terraform or Packer in JSON")),
            ("planned_values", Some("a state or a plan of Terraform")),
            ("build", Some("a Packer template of HCL in JSON")),
            ("steps", Some("output of Pulumi")),
            ("unverified", Some("a report of presync")),
            ("request", Some("a line of `presync batch`")),
            ("regions_complete", Some("a list of `presync regions`")),
            ("image_copy_regions", Some("values of variables of a Packer template")),
            ("Limit", None),
        ] {
            let seen = of_key(key);
            assert_eq!(seen.is_some(), what.is_some(), "{key}");
            assert!(seen.unwrap_or_default().starts_with(what.unwrap_or_default()), "{key}: {seen:?}");
        }
    }
}
