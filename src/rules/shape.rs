//! Rules on the shape of a body, before there is a request: enforced by
//! [`wire::decode`](crate::wire::decode).
//!
//! None of these is a sentence of the page. The list of codes that the service's actions have in
//! common describes such failures. `parameter-known`, which is of this kind too, is among the
//! [common rules](super::common): a set checks it as well.

use super::rule;
use crate::model::{Dated, ErrorCode, Row, Slot, history};
use crate::report::{Fact, Said, Violation, Words};
use crate::rule::{Evidence, Rule, Run, Unknown};

/// Kinds of damage, as the facts of a violation spell them.
pub(crate) const TOO_LONG: &str = "too-long";
pub(crate) const NO_EQUALS_SIGN: &str = "no-equals-sign";
pub(crate) const NULL: &str = "null";
#[cfg(feature = "wire")]
pub(crate) const LINE_BREAK: &str = "line-break";
#[cfg(feature = "wire")]
pub(crate) const CUT: &str = "cut-by-hash";
#[cfg(feature = "wire")]
pub(crate) const ENTITY: &str = "entity";
pub(crate) const JSON_ESCAPE: &str = "json-escape";

/// The rules of this file, in order.
pub(crate) static RULES: &[&Rule] =
    &[&ACTION_SYNC_IMAGES, &HEADERS_AGREE, &PARAMETER_TYPE, &PARAMETER_ONCE, &SUBSCRIPTS_FROM_ZERO];

/// True for the violation of an action that is another one than SyncImages.
pub(crate) fn names_other_action(violation: &Violation) -> bool {
    violation.rule() == ACTION_SYNC_IMAGES.id()
}

/// True for the violation of a parameter that is sent more than once: the values differ, in
/// the body or from a header.
#[cfg(feature = "wire")]
pub(crate) fn has_several_values(violation: &Violation) -> bool {
    [PARAMETER_ONCE.id(), HEADERS_AGREE.id()].contains(&violation.rule())
}

rule! {
    /// A request says which action it calls, in the parameter `Action` or in the header
    /// `X-TC-Action`. Another action has other parameters, so no other rule is checked. A request
    /// that names no action is taken for a SyncImages request.
    ///
    /// # Why
    ///
    /// A request for the wrong action fails whole, or worse, does something else.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": "Action=SyncImage&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-shanghai"}
    /// ```
    ///
    /// # Cure
    ///
    /// Send `SyncImages`, in this spelling.
    pub(crate) static ACTION_SYNC_IMAGES: Rule = Rule {
        id: "action-sync-images",
        parameter: "Action",
        requirement: Dated::always("the action, when it is named, is SyncImages"),
        limit: None,
        citation: "5, Action",
        code: Dated::always((ErrorCode::InvalidAction, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Decode,
        facts: &[Fact::Expected, Fact::Damage, Fact::Meant],
        words: action_sync_images_words,
    };
}

fn action_sync_images_words(said: &Said<'_>) -> Words {
    let expected = said.text(Fact::Expected);
    let hint = match said.facts.text(Fact::Damage) {
        Some(JSON_ESCAPE) => Some("`\\u0026` is `&`, as JSON writes it"),
        Some(_) => Some("parameters are separated by `&`, and not by line breaks"),
        None => None,
    };
    Words::new(format!("the action is `{}`, and only {expected} is checked", said.value))
        .allowed(expected)
        .hint(hint.map(Into::into))
}

rule! {
    /// `Version` and `Region` travel in headers (`X-TC-Version`, `X-TC-Region`) or in the body.
    /// What is sent in both must be the same.
    ///
    /// # Why
    ///
    /// Nobody can say which of two source regions was meant.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"headers": {"region": "ap-guangzhou"},
    ///  "request": {"Region": "ap-beijing", "ImageIds": ["img-o3ycss2p"], "DestinationRegions": ["ap-shanghai"]}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send it in one of them. The code is inferred: the list has no nearer one than that of a
    /// value that is not allowed.
    pub(crate) static HEADERS_AGREE: Rule = Rule {
        id: "headers-agree",
        parameter: "Version, Region",
        requirement: Dated::always("what is sent both in a header and in the body is the same in both"),
        limit: None,
        citation: "common parameters",
        code: Dated::always((ErrorCode::InvalidParameterValue, Evidence::Inferred)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Decode,
        facts: &[Fact::Header],
        words: headers_agree_words,
    };
}

fn headers_agree_words(said: &Said<'_>) -> Words {
    let (body, header) = (said.value, said.text(Fact::Header));
    Words::new(format!("the body says `{body}` and the header `{header}`"))
        .allowed(format!("`{header}` or `{body}` in both"))
}

rule! {
    /// A list is a list, a text is a text, a yes-or-no is `true` or `false`. In JSON `"true"` is a
    /// text, `null` is no value, and one region is still a list of one. In a query string, lists
    /// have subscripts (`ImageIds.0=…`), every text is UTF-8, and `True` and `False` count too, as
    /// the Python SDK writes them. No value may be longer than 4,096 bytes.
    ///
    /// # Why
    ///
    /// A body with a wrong type is refused before anything in it is looked at.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": {"ImageIds": ["img-o3ycss2p"], "DestinationRegions": "ap-shanghai"}}
    /// ```
    ///
    /// # Cure
    ///
    /// Send the type that the parameter has; leave a parameter out instead of sending `null`.
    pub(crate) static PARAMETER_TYPE: Rule = Rule {
        id: "parameter-type",
        parameter: "any",
        requirement: Dated::always("every parameter has the type that is documented for it"),
        limit: None,
        citation: "2, column Type",
        code: Dated::always((ErrorCode::InvalidParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Decode,
        facts: &[Fact::Limit, Fact::Expected, Fact::Damage, Fact::Meant, Fact::Slips, Fact::Elements],
        words: parameter_type_words,
    };
}

fn parameter_type_words(said: &Said<'_>) -> Words {
    let parameter = said.parameter;
    match said.facts.text(Fact::Damage) {
        Some(TOO_LONG) => {
            let limit = said.count(Fact::Limit);
            Words::new(format!("`{parameter}` is longer than {limit} bytes"))
                .allowed(format!("{limit} bytes"))
        }
        Some(NO_EQUALS_SIGN) => {
            Words::new(format!("`{parameter}` has no `=`, which a name and its value are separated by"))
                .allowed("a name, `=` and a value")
        }
        Some(NULL) => {
            let expected = said.facts.text(Fact::Expected).unwrap_or_default().to_owned();
            let hint = match parameter.subscript() {
                Some(_) => "put a text there, or take the element out",
                // Without it, it would be missing.
                None if parameter.is_image() || parameter.is_destination() => "put one element or more there",
                None => "leave the parameter out",
            };
            Words::new(format!("`{parameter}` is not {expected}")).allowed(expected).hint(Some(hint.into()))
        }
        Some(_) => {
            let hint = "the documentation prints one request on several lines: send it on one line";
            Words::new(format!("a line break stands beside `{parameter}`, and none is ever sent there"))
                .allowed("one line")
                .hint(Some(hint.into()))
        }
        None => {
            let expected = said.facts.text(Fact::Expected).unwrap_or_default().to_owned();
            Words::new(format!("`{parameter}` is not {expected}"))
                .allowed(expected)
                .hint(right_type(said).map(Into::into))
        }
    }
}

/// Returns the value of the right type, as it is written in JSON.
fn right_type(said: &Said<'_>) -> Option<String> {
    let elements = said.facts.texts(Fact::Elements);
    if !elements.is_empty() {
        let elements: Vec<String> = elements.iter().map(|element| format!("\"{element}\"")).collect();
        return Some(format!("write `[{}]`", elements.join(", ")));
    }
    // In a query there are no quotes, and the slips say what is wrong.
    let meant = said.facts.text(Fact::Meant).filter(|_| said.facts.texts(Fact::Slips).is_empty())?;
    let is_flag = Row::named(said.parameter.name()).is_some_and(|row| matches!(row.slot, Slot::Flag { .. }));
    Some(if is_flag { format!("write `{meant}`, without quotes") } else { format!("write `\"{meant}\"`") })
}

rule! {
    /// A parameter, or one element of a list, is sent once.
    ///
    /// # Why
    ///
    /// Some readers take the first of two values and some the last, so a request that repeats a
    /// parameter means different things to different programs on its way.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": "Version=2017-03-12&ImageIds.0=img-o3ycss2p&ImageIds.0=img-34vaef8f&DestinationRegions.0=ap-shanghai"}
    /// ```
    ///
    /// # Cure
    ///
    /// Send it once; give each element of a list a subscript of its own.
    pub(crate) static PARAMETER_ONCE: Rule = Rule {
        id: "parameter-once",
        parameter: "any",
        requirement: Dated::always("no parameter is sent more than once"),
        limit: None,
        citation: "2",
        code: Dated::always((ErrorCode::InvalidParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Decode,
        facts: &[],
        words: |said| Words::new(format!("`{}` is sent more than once", said.parameter)).allowed("once"),
    };
}

rule! {
    /// In a query string the elements of a list are numbered: `ImageIds.0`, `ImageIds.1` and so on,
    /// in any order, from 0 and without one left out.
    ///
    /// # Why
    ///
    /// A subscript that is left out is an element that was lost on the way, or numbering from 1,
    /// which other services have.
    ///
    /// # Fails
    ///
    /// ```json
    /// {"request": "Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.1=ap-shanghai"}
    /// ```
    ///
    /// # Cure
    ///
    /// Number the elements from 0.
    pub(crate) static SUBSCRIPTS_FROM_ZERO: Rule = Rule {
        id: "subscripts-from-zero",
        parameter: "ImageIds.N, DestinationRegions.N",
        requirement: Dated::always("the subscripts of a list run 0, 1, 2 and so on"),
        limit: None,
        citation: "5, ImageIds.0",
        code: Dated::always((ErrorCode::InvalidParameter, Evidence::Common)),
        first_seen: history::FIRST,
        withdrawn: None,
        unknown: Unknown::Any,
        suppresses: None,
        takes: None,
        reads: &[],
        can_plain_break: true,
        run: Run::Decode,
        facts: &[Fact::Missing, Fact::Meant, Fact::ReadAs, Fact::Elements],
        words: subscripts_from_zero_words,
    };
}

fn subscripts_from_zero_words(said: &Said<'_>) -> Words {
    let Some(missing) = said.facts.text(Fact::Missing) else {
        let message = format!("`{}` is not a subscript", said.text(Fact::ReadAs));
        return Words::new(message).allowed("0, 1, 2 and so on");
    };
    let hint = missing.ends_with(".0").then(|| "subscripts start at 0".into());
    Words::new(format!("`{}` comes without `{missing}`", said.parameter))
        .allowed(missing.to_owned())
        .hint(hint)
}
