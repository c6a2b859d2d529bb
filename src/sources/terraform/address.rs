//! Addresses of modules and resources.

use std::borrow::Cow;

/// The place of an address in Terraform's own order: the root module first, shorter module paths
/// before longer ones, names as texts, keys that are numbers as numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order<'a> {
    depth: usize,
    modules: Vec<Step<'a>>,
    resource_type: &'a str,
    resource: Step<'a>,
    address: &'a str,
}

/// A name in an address, with the key of the instance.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Step<'a> {
    name: &'a str,
    key: Key<'a>,
}

/// The key of an instance, in the order of kinds.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    #[default]
    None,
    /// It is known later: `*`.
    Unknown,
    /// The count of digits, and the digits, without leading zeros: the longer of two numbers is the
    /// larger one.
    Number(usize, &'a str),
    Text(Cow<'a, str>),
}

impl<'a> Order<'a> {
    pub(super) fn of(address: &'a str) -> Self {
        let (modules, resource) = split(address);
        let (resource_type, rest) = resource.split_once('.').unwrap_or((resource, ""));
        let (resource, _) = step(rest).unwrap_or((Step { name: rest, key: Key::None }, ""));
        Self { depth: modules.len(), modules, resource_type, resource, address }
    }
}

/// Returns the names of the modules in a module's address, without the keys of their instances;
/// none if the text is not such an address.
pub(super) fn module_names(address: &str) -> Option<impl Iterator<Item = &str>> {
    let (modules, rest) = split(address);
    rest.is_empty().then(|| modules.into_iter().map(|step| step.name))
}

/// Splits an address into its modules and the rest.
fn split(address: &str) -> (Vec<Step<'_>>, &str) {
    let mut modules = Vec::new();
    let mut rest = address;
    while let Some((module, behind)) = rest.strip_prefix("module.").and_then(step) {
        modules.push(module);
        rest = behind;
    }
    (modules, rest)
}

/// Reads a name and the key behind it. Returns the rest behind a dot, which is empty at the end.
fn step(text: &str) -> Option<(Step<'_>, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let (key, rest) = match rest.strip_prefix('[') {
        None => (Key::None, rest),
        Some(from_key) => {
            let (key, rest) = from_key.split_at_checked(key_end(from_key)?)?;
            (key_of(key), rest.strip_prefix(']')?)
        }
    };
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix('.').filter(|rest| !rest.is_empty())? };
    (!name.is_empty()).then_some((Step { name, key }, rest))
}

/// Returns the end of a key, which can be a text in quotes, such as `"a]"`.
fn key_end(key: &str) -> Option<usize> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    key.find(|character| {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted && character == '\\' {
            is_escaped = true;
        } else if character == '"' {
            is_quoted = !is_quoted;
        }
        character == ']' && !is_quoted
    })
}

fn key_of(key: &str) -> Key<'_> {
    if key == "*" {
        return Key::Unknown;
    }
    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = key.trim_start_matches('0');
        return Key::Number(digits.len(), digits);
    }
    // Terraform escapes a text in quotes as JSON does.
    let text = if key.contains('\\') { serde_json::from_str(key).ok().map(Cow::Owned) } else { None };
    Key::Text(text.unwrap_or_else(|| Cow::Borrowed(key.trim_matches('"'))))
}
