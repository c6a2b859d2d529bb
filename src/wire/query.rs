//! Query strings and form bodies.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::draft::{Draft, Form};
use super::error::DecodeError;
use super::parts::{Pair, Query, decoded, pairs, parameter, split_at, subscript};
use super::{ACTION, MAX_VALUE_BYTES};

use crate::model::{Parameter, Row, Slot, SyncRequest, word};
use crate::report::{Fact, Finding};
use crate::rule::hint::{self, Meant};
use crate::rules::shape;
use crate::text::{few, joined};

/// Returns a request as a query string: parameters in the order of the page, values
/// percent-encoded.
///
/// [`decode`](super::decode) reads any request back from it. (Serde writes a request as a JSON
/// body, which cannot express that the version is missing: it stands for the documented one.)
///
/// ```
/// use presync::{SyncRequest, wire};
///
/// let query = wire::encode_query(&SyncRequest::new("img-o3ycss2p", ["ap-guangzhou"]));
/// assert_eq!(query, "Action=SyncImages&Version=2017-03-12&ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou");
/// ```
#[must_use]
pub fn encode(request: &SyncRequest) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for row in Row::all() {
        match row.slot {
            Slot::Action => {
                query.append_pair(row.name, ACTION);
            }
            Slot::Text { get, .. } => {
                query.extend_pairs(get(request).map(|text| (row.name, text)));
            }
            Slot::Flag { get, .. } => {
                query.extend_pairs(get(request).map(|flag| (row.name, word(flag))));
            }
            Slot::List { get, .. } => {
                for (subscript, element) in get(request).iter().enumerate() {
                    query.append_pair(&format!("{}.{subscript}", row.name), element);
                }
            }
            Slot::Ignored => {}
        }
    }
    query.finish()
}

/// The type of a flag, in words.
const FLAG: &str = "`true` or `false`";

/// The subscript of an element, and its value.
type Element = (usize, String);

/// A list, while a query is read.
struct ListDraft<'t> {
    row: &'static Row,
    /// The elements up to the first one whose subscript is not the next: as
    /// every client sends them, all.
    first: Vec<String>,
    /// The elements from that one on.
    others: Vec<Element>,
    /// The values that are sent for the list itself, as they were sent, and the
    /// violation that is theirs.
    bare: Vec<&'t str>,
    bare_violation: usize,
    misnamed: Vec<Misnamed>,
}

/// An element whose name is nearly right.
struct Misnamed {
    /// The subscript in its name; none if there is none.
    subscript: Option<usize>,
    violation: usize,
}

pub(super) fn read(query: &Query<'_>, draft: &mut Draft) -> Result<(), DecodeError> {
    let is_list = |row: &&'static Row| matches!(row.slot, Slot::List { .. });
    let list_draft = |row| ListDraft {
        row,
        first: Vec::new(),
        others: Vec::new(),
        bare: Vec::new(),
        bare_violation: 0,
        misnamed: Vec::new(),
    };
    let mut lists: Vec<ListDraft<'_>> = Row::all().iter().filter(is_list).map(list_draft).collect();
    for pair in pairs(query) {
        draft.count()?;
        let Some(name) = pair.decoded(pair.name) else {
            draft.unknown(pair.name, Form::Query, None);
            continue;
        };
        if pair.is_broken {
            draft.broken(|| parameter(pair.name));
        }
        // No parameter has a point in its name.
        let (stem, subscript) = split_at(&name, b'.').unzip();
        let list = lists.iter_mut().find(|list| list.row.name == stem.unwrap_or(&name));
        match (list, subscript) {
            (Some(list), Some(subscript)) => {
                draft.is_request();
                element(list, &name, subscript, &pair, draft);
            }
            (list, _) => match (Row::named(&name), pair.value) {
                (Some(row), Some(value)) => {
                    draft.is_request();
                    match list {
                        Some(list) => bare_list(list, value, draft),
                        None => scalar(row, &pair, value, draft),
                    }
                }
                (Some(_), None) => {
                    draft.is_request();
                    without_value(&name, true, draft);
                }
                (None, Some(_)) => unknown(&name, &mut lists, draft),
                (None, None) => without_value(&name, false, draft),
            },
        }
    }
    for list in lists {
        list_hints(&list, draft);
        put_list(list, draft);
    }
    Ok(())
}

/// True if a part without a `=` stands for parameters, as
/// `<Common request parameters>` does in documentation.
pub(super) fn is_placeholder(name: &str) -> bool {
    name.trim_start().starts_with(['<', '{', '.', '…', '['])
}

/// Adds the violation of a part without a `=`.
fn without_value(name: &str, is_known: bool, draft: &mut Draft) {
    let hint = if is_known {
        Some(format!("write `{name}=` and a value"))
    } else if let Some(meant) = hint::bare_parameter(name) {
        Some(format!("did you mean `{meant}`? write `{meant}=` and a value"))
    } else if is_placeholder(name) {
        Some("it stands for parameters: put them in its place".to_owned())
    } else {
        (!name.trim().is_empty()).then(|| "a `&` within a value is written `%26`".to_owned())
    };
    if !is_known {
        draft.note(name);
    }
    let finding = Finding::on(Parameter::named(name)).fact(Fact::Damage, shape::NO_EQUALS_SIGN);
    draft.violation(&shape::PARAMETER_TYPE, finding);
    if let Some(hint) = hint {
        draft.set_hint(hint);
    }
}

/// Adds the violation of a name that no parameter has.
fn unknown(name: &str, lists: &mut [ListDraft<'_>], draft: &mut Draft) {
    if hint::entity(name).is_some() {
        return draft.entity(name);
    }
    let Some((row, subscript)) = hint::parameter_meant(name) else {
        return draft.unknown(name, Form::Query, None);
    };
    match lists.iter_mut().find(|list| list.row.name == row.name) {
        Some(list) => {
            draft.unknown(name, Form::Query, None);
            list.misnamed.push(Misnamed { subscript, violation: draft.last() });
        }
        None => draft.unknown(name, Form::Query, Some(row.name)),
    }
}

/// Sets the hints on the elements of a list that have a wrong name or none: each names a subscript
/// of its own, so that all of them can be followed at once.
fn list_hints(list: &ListDraft<'_>, draft: &mut Draft) {
    if list.misnamed.is_empty() && list.bare.is_empty() {
        return;
    }
    let name = |subscript: usize| format!("{}.{subscript}", list.row.name);
    let others = list.others.iter().map(|(subscript, _)| *subscript);
    let right: BTreeSet<usize> = (0..list.first.len()).chain(others).collect();
    let mut all = right.clone();
    let are_distinct =
        list.misnamed.iter().filter_map(|element| element.subscript).all(|own| all.insert(own));
    // The subscripts that are sent are kept where they are in order, and else given anew.
    let is_in_order = are_distinct && (0..).zip(&all).all(|(expected, found)| expected == *found);
    let taken = if is_in_order { all } else { right };
    let mut free = (0..).filter(|subscript| !taken.contains(subscript));

    let mut sorted: Vec<&Misnamed> = list.misnamed.iter().collect();
    sorted.sort_by_key(|element| (element.subscript.unwrap_or(usize::MAX), element.violation));
    let mut meant: Vec<(usize, usize)> = Vec::with_capacity(sorted.len());
    for element in sorted {
        let own = element.subscript.filter(|_| is_in_order);
        if let Some(subscript) = own.or_else(|| free.next()) {
            meant.push((element.violation, subscript));
        }
    }
    // Of equal names only the first has a violation that stays: it has the hints of all.
    meant.sort_by(|(a, _), (b, _)| (draft.parameter_of(*a), a).cmp(&(draft.parameter_of(*b), b)));
    let is_same = |a: &(usize, usize), b: &(usize, usize)| draft.parameter_of(a.0) == draft.parameter_of(b.0);
    let mut hints: Vec<(usize, Vec<String>)> = Vec::new();
    for same in meant.chunk_by(is_same) {
        let names: Vec<String> = same.iter().map(|(_, subscript)| name(*subscript)).collect();
        if let Some((first, _)) = same.first() {
            hints.push((*first, names));
        }
    }
    for (violation, mut names) in hints {
        let hint = format!("did you mean {}?", few(names.iter().map(String::as_str)));
        names.truncate(hint::MOST_ELEMENTS);
        match names.as_slice() {
            [name] => draft.set_meant(violation, Fact::Meant, name.clone().into(), hint),
            _ => draft.set_meant(violation, Fact::Elements, names.into(), hint),
        }
    }

    let mut values: Vec<String> = Vec::new();
    for raw in list.bare.iter().take(hint::MOST_ELEMENTS + 1) {
        let Some(parts) = decoded(raw).and_then(|value| hint::plain_elements(&value)) else { return };
        values.extend(parts);
    }
    if !values.is_empty() && values.len() <= hint::MOST_ELEMENTS {
        let pairs = free.zip(&values).map(|(subscript, value)| format!("`{}={value}`", name(subscript)));
        let hint = format!("send {}", joined(pairs, " and "));
        draft.set_meant(list.bare_violation, Fact::Elements, values.into(), hint);
    }
}

fn scalar<'t>(row: &'static Row, pair: &Pair<'t>, raw: &'t str, draft: &mut Draft) {
    match row.slot {
        Slot::List { .. } => {}
        Slot::Ignored => {
            draft.is_first(row);
        }
        Slot::Action => {
            if !draft.is_first(row) {
                return;
            }
            if let Some(value) = value(|| row.parameter(), pair, raw, draft) {
                draft.set_action(value);
            }
        }
        Slot::Text { get_mut, .. } => {
            if !draft.is_first(row) {
                return;
            }
            if let Some(value) = value(|| row.parameter(), pair, raw, draft) {
                *get_mut(&mut draft.request) = Some(value.into_owned());
            }
        }
        Slot::Flag { get_mut, .. } => {
            if !draft.is_first(row) {
                return;
            }
            match pair.decoded(raw).as_deref() {
                Some("true" | "True") => *get_mut(&mut draft.request) = Some(true),
                Some("false" | "False") => *get_mut(&mut draft.request) = Some(false),
                other => match hint::flag(other.unwrap_or(raw)) {
                    None => draft.wrong_value(row.parameter(), FLAG, other.unwrap_or(raw), None),
                    meant => {
                        let finding = Finding::on(row.parameter()).value(other.unwrap_or(raw));
                        let finding = Meant::add_to(meant, finding.fact(Fact::Expected, FLAG));
                        draft.violation(&shape::PARAMETER_TYPE, finding);
                    }
                },
            }
        }
    }
}

/// Adds the violation of a list without subscripts, once.
fn bare_list<'t>(list: &mut ListDraft<'t>, raw: &'t str, draft: &mut Draft) {
    if list.bare.is_empty() {
        draft.wrong_type(list.row.parameter(), "a list with subscripts", raw, None);
        list.bare_violation = draft.last();
    }
    list.bare.push(raw);
}

fn value<'t>(
    parameter: impl FnOnce() -> Parameter,
    pair: &Pair<'t>,
    raw: &'t str,
    draft: &mut Draft,
) -> Option<Cow<'t, str>> {
    // A byte of the value takes at most three of the query: a value that is too long is not
    // decoded.
    let value = if raw.len() / 3 > MAX_VALUE_BYTES { Some(Cow::Borrowed(raw)) } else { pair.decoded(raw) };
    match value {
        Some(value) => draft.is_short(parameter, &value).then_some(value),
        None => {
            draft.wrong_type(parameter(), "text in UTF-8", raw, None);
            None
        }
    }
}

fn element<'t>(list: &mut ListDraft<'t>, name: &str, text: &str, pair: &Pair<'t>, draft: &mut Draft) {
    let row = list.row;
    let Some(subscript) = subscript(text) else {
        let finding = Finding::on(Parameter::named(name)).value(pair.value.unwrap_or_default());
        draft.violation(&shape::SUBSCRIPTS_FROM_ZERO, finding.fact(Fact::ReadAs, text));
        let meant = hint::parameter_meant(name).filter(|(meant, _)| meant.name == row.name);
        if let Some((_, subscript)) = meant {
            list.misnamed.push(Misnamed { subscript, violation: draft.last() });
        }
        return;
    };
    // A refused value keeps its subscript, so that no subscript is missing.
    let value = match pair.value {
        Some(raw) => value(|| row.parameter().element(subscript), pair, raw, draft).unwrap_or_default(),
        None => {
            without_value(name, true, draft);
            Cow::default()
        }
    };
    let value = value.into_owned();
    if list.others.is_empty() && subscript == list.first.len() {
        list.first.push(value);
    } else {
        list.others.push((subscript, value));
    }
}

/// Puts the elements in order. Time and memory depend on how many there are, not on how large their
/// subscripts are.
fn put_list(list: ListDraft<'_>, draft: &mut Draft) {
    let ListDraft { row, first, others, .. } = list;
    let Slot::List { get_mut, .. } = row.slot else { return };
    if others.is_empty() {
        *get_mut(&mut draft.request) = first;
        return;
    }
    let mut elements: Vec<Element> = first.into_iter().enumerate().chain(others).collect();
    elements.sort_by_key(|(subscript, _)| *subscript);
    let mut last: Option<usize> = None;
    let mut broken = false;
    for (subscript, value) in &elements {
        let expected = last.map_or(0, |last| last.saturating_add(1));
        let parameter = || row.parameter().element(*subscript);
        if last == Some(*subscript) {
            draft.duplicate(parameter());
        } else if *subscript != expected && !broken {
            broken = true;
            let missing = row.parameter().element(expected);
            let finding = Finding::on(parameter()).value(value).fact(Fact::Missing, missing.to_string());
            draft.violation(&shape::SUBSCRIPTS_FROM_ZERO, finding);
        }
        last = Some(*subscript);
    }
    *get_mut(&mut draft.request) = elements.into_iter().map(|(_, value)| value).collect();
}
