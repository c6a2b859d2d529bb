//! A request whose shape is wrong, with what was meant in its place.
//!
//! What is changed is told by the facts of the violations, from which their hints are made too. A
//! violation that has none of them is not mended.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::body::{Body, list, quoted};
use super::entries::{Entries, Entry, part};
use super::parts::{self, Query, decoded, pairs};
use super::query::is_placeholder;
use super::rewrite::SIGNATURE;
use super::{ACTION, DecodeError, Headers, Sent, decode_with, headers, sent};

use crate::model::{DOCUMENTED_VERSION, Parameter, Row, Slot, SyncRequest};
use crate::report::{Confidence, Edit, EditKind, Fact, Violation};
use crate::rule::hint;
use crate::rules::shape;

/// The most times that a request is read: once a name or a type is right, more of
/// the request is looked at.
const ROUNDS: usize = 8;

/// A request whose shape is right, and the edits that made it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    text: String,
    request: SyncRequest,
    headers: Vec<(&'static str, String)>,
    edits: Vec<Edit>,
}

impl Mended {
    /// Returns the text to send, in the form in which the request came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the request that is read from the text.
    #[must_use]
    pub fn request(&self) -> &SyncRequest {
        &self.request
    }

    /// Returns the headers that are to have another value, each with its value.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// Returns the edits, in the order in which they are made: a later one may have the name
    /// that an earlier one gave. A violation that is removed may be one that shows only once
    /// the edits before are made.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }
}

/// Mends the shape of a request: names, subscripts and types that a slip leads to, the same value
/// twice, line breaks, what HTML makes of an `&`. A request whose shape is right has no edits.
/// Values are not looked at: [`Ruleset::suggest_sent`](crate::Ruleset::suggest_sent) does both.
///
/// A parameter that no page has and that was meant for none is not left out: it could be one that
/// protects, as `DryRun` does.
///
/// # Errors
///
/// Errors as [`decode_with`](super::decode_with) does, with the violations that no slip explains.
///
/// ```
/// use presync::wire::{self, Headers};
///
/// let mended = wire::mend(br#"{"ImageIds": "img-o3ycss2p", "DryRun": "true"}"#, &Headers::unknown())?;
/// assert_eq!(mended.text(), r#"{"ImageIds": ["img-o3ycss2p"], "DryRun": true}"#);
/// let edits: Vec<String> = mended.edits().iter().map(ToString::to_string).collect();
/// assert_eq!(edits, ["set DryRun to `true`", "set ImageIds to `img-o3ycss2p`"]);
///
/// let mended = wire::mend(b"Version=2017-03-12&ImageId.1=img-o3ycss2p", &Headers::unknown())?;
/// assert_eq!(mended.text(), "Version=2017-03-12&ImageIds.0=img-o3ycss2p");
/// # Ok::<(), wire::DecodeError>(())
/// ```
pub fn mend(bytes: &[u8], headers: &Headers<'_>) -> Result<Mended, DecodeError> {
    let mut mender = Mender::new(headers);
    let mut text: Option<String> = None;
    for _ in 0..ROUNDS {
        let sent = bytes;
        let bytes = text.as_deref().map_or(bytes, str::as_bytes);
        let violations = match decode_with(bytes, &mender.headers()) {
            Ok(request) => {
                let text = match text {
                    Some(text) => {
                        // Of a signature alone there would be no request left.
                        let unsigned = unsigned(&text);
                        let is_read = |text: &String| decode_with(text.as_bytes(), &mender.headers()).is_ok();
                        unsigned.filter(is_read).unwrap_or(text)
                    }
                    None => std::str::from_utf8(bytes).unwrap_or_default().to_owned(),
                };
                let Mender { edits, changed: headers, .. } = mender;
                return Ok(Mended { text, request, headers, edits });
            }
            Err(DecodeError::Shape { violations } | DecodeError::Damaged { violations, .. }) => violations,
            // A value that nobody looks at is never read; under its right name it may be
            // no text. Nobody sent that.
            Err(other) => return Err(decode_with(sent, headers).err().unwrap_or(other)),
        };
        let changed = mender.changed.clone();
        let mended = mender.round(bytes, &violations)?;
        // What changes nothing once changes nothing again.
        let is_same = mended.as_bytes() == bytes && mender.changed == changed;
        text = Some(mended);
        if is_same {
            break;
        }
    }
    let bytes = text.as_deref().map_or(bytes, str::as_bytes);
    Err(decode_with(bytes, &mender.headers()).err().unwrap_or(DecodeError::NotARequest))
}

/// Returns a text without its signature, which is of other values.
fn unsigned(text: &str) -> Option<String> {
    match sent(text.as_bytes()).ok()? {
        Sent::Json(text) => {
            let mut body = Body::object(text)?;
            body.keep(|_, item| item.name != SIGNATURE);
            Some(body.to_string())
        }
        Sent::Query(query) => {
            let is_kept = |pair: &parts::Pair<'_>| decoded(pair.name).is_none_or(|name| name != SIGNATURE);
            let parts = pairs(&query).filter(is_kept).map(|pair| part(pair.name, pair.value));
            let parts = parts.collect::<Vec<_>>().join("&");
            Some(query.with(parts))
        }
    }
}

/// The request, while it is mended.
struct Mender {
    action: Option<String>,
    version: Option<String>,
    region: Option<String>,
    /// True if these are all headers of the call.
    are_complete: bool,
    /// The headers that are changed.
    changed: Vec<(&'static str, String)>,
    edits: Vec<Edit>,
}

/// The parameters that are in a header too, each with the name of the header.
const HEADERS: [(Parameter, &str); 3] = [
    (Parameter::ACTION, headers::ACTION),
    (Parameter::VERSION, headers::VERSION),
    (Parameter::REGION, headers::REGION),
];

impl Mender {
    fn new(headers: &Headers<'_>) -> Self {
        let owned = |header: Option<&str>| header.map(str::to_owned);
        Self {
            action: owned(headers.action),
            version: owned(headers.version),
            region: owned(headers.region),
            are_complete: headers.complete,
            changed: Vec::new(),
            edits: Vec::new(),
        }
    }

    fn headers(&self) -> Headers<'_> {
        Headers {
            action: self.action.as_deref(),
            version: self.version.as_deref(),
            region: self.region.as_deref(),
            complete: self.are_complete,
        }
    }

    /// Gives a header another value.
    fn set_header(&mut self, parameter: &Parameter, value: &str) {
        let Some((_, name)) = HEADERS.iter().find(|(known, _)| known == parameter) else { return };
        let slot = if *parameter == Parameter::ACTION {
            &mut self.action
        } else if *parameter == Parameter::VERSION {
            &mut self.version
        } else {
            &mut self.region
        };
        *slot = Some(value.to_owned());
        self.changed.retain(|(known, _)| known != name);
        self.changed.push((name, value.to_owned()));
    }

    /// Adds an edit with the violation that goes with it.
    fn edit(&mut self, kind: EditKind, violation: &Violation, values: Vec<String>, confidence: Confidence) {
        let mut edit = Edit::new(kind, violation.parameter().clone(), values, confidence);
        edit.removes_also(violation);
        self.edits.push(edit);
    }

    /// Returns the text without these violations. The error has the ones that nothing explains.
    fn round(&mut self, bytes: &[u8], violations: &[Violation]) -> Result<String, DecodeError> {
        let (text, left) = match sent(bytes)? {
            Sent::Query(query) => match self.whole(&query, violations) {
                Some(text) => (text, Vec::new()),
                None => self.query(&query, violations),
            },
            Sent::Json(text) => self.json(text, violations),
        };
        if left.is_empty() { Ok(text) } else { Err(DecodeError::Shape { violations: left }) }
    }

    /// Returns the text without a damage that is not that of one parameter;
    /// `None` where there is none.
    fn whole(&mut self, query: &Query<'_>, violations: &[Violation]) -> Option<String> {
        let damaged = |damage: &str| -> Vec<&Violation> {
            let is_it = |violation: &&Violation| violation.facts().text(Fact::Damage) == Some(damage);
            violations.iter().filter(is_it).collect()
        };
        let same = Confidence::SameMeaning;
        if let [escaped, ..] = damaged(shape::JSON_ESCAPE).as_slice() {
            self.edit(EditKind::Set, escaped, vec![ACTION.to_owned()], same);
            return Some(query.text.replace("\\u0026", "&"));
        }
        if let [broken, ..] = damaged(shape::LINE_BREAK).as_slice() {
            let mut edit = Edit::new(EditKind::Join, broken.parameter().clone(), Vec::new(), same);
            // A name with a line break in it is another one on one line.
            let names = pairs(query).filter(|pair| pair.name.contains(['\n', '\r']));
            let names: BTreeSet<Parameter> = names.map(|pair| parts::parameter(pair.name)).collect();
            let is_gone = |violation: &&Violation| {
                std::ptr::eq(*violation, *broken) || names.contains(violation.parameter())
            };
            violations.iter().filter(is_gone).for_each(|violation| edit.removes_also(violation));
            self.edits.push(edit);
            if *broken.parameter() == Parameter::ACTION && broken.value().is_some() {
                // The line breaks stand where an `&` should be.
                let lines = query.text.split(['\n', '\r']).map(str::trim_ascii);
                return Some(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("&"));
            }
            let without_breaks = |text: &str| match query.is_url() {
                true => text.split(['\n', '\r']).map(str::trim_ascii).collect(),
                false => text.to_owned(),
            };
            let parts = pairs(query).map(|pair| without_breaks(&part(pair.name, pair.value)));
            let parts = parts.collect::<Vec<_>>().join("&");
            return Some(query.with(parts));
        }
        let missing = damaged(shape::CUT);
        let (cut, [_, ..]) = (query.cut?, missing.as_slice()) else { return None };
        let (start, behind) = (query.text.strip_suffix(cut.text())?, cut.text());
        let edits = self.edits.len();
        let text = if let Some(entity) = cut.entity() {
            for part in cut.text().split('&').filter_map(|part| part.strip_prefix(entity)) {
                let name = part.split('=').next().unwrap_or_default();
                let (parameter, name) = (Parameter::named(&format!("{entity}{name}")), name.to_owned());
                self.edits.push(Edit::new(EditKind::Rename, parameter, vec![name], same));
            }
            format!("{start}{}", behind.replace(&format!("&{entity}"), "&").replacen(entity, "", 1))
        } else {
            // The `#` belongs to the value before it.
            let (name, value) = cut.value()?;
            let parameter = parts::parameter(name);
            self.edits.push(Edit::new(EditKind::Set, parameter, vec![value], Confidence::Likely));
            format!("{start}{}", behind.replace('#', "%23"))
        };
        for violation in missing {
            self.edits.get_mut(edits)?.removes_also(violation);
        }
        Some(text)
    }

    /// Returns the text of a query that is mended, and the violations that nothing explains.
    fn query(&mut self, query: &Query<'_>, violations: &[Violation]) -> (String, Vec<Violation>) {
        let mut entries = Entries::of(query);
        let mut left = Vec::new();
        // Subscripts are counted once the names are right.
        let (renumbered, others): (Vec<_>, Vec<_>) =
            violations.iter().partition(|violation| violation.facts().text(Fact::Missing).is_some());
        let (bare, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|violation| {
            is_of(violation, &shape::PARAMETER_TYPE) && !violation.facts().texts(Fact::Elements).is_empty()
        });
        let (parts, others): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|violation| violation.facts().text(Fact::Damage) == Some(shape::NO_EQUALS_SIGN));
        left.extend(self.ampersands(&mut entries, parts).into_iter().cloned());
        for violation in others {
            if self.in_query(&mut entries, violation).is_none() {
                left.push(violation.clone());
            }
        }
        for violation in bare {
            let elements = violation.facts().texts(Fact::Elements);
            entries.number(violation.parameter(), elements);
            self.edit(EditKind::Set, violation, elements.to_vec(), Confidence::SameMeaning);
        }
        for violation in renumbered {
            if self.renumber(&mut entries, violation).is_none() {
                left.push(violation.clone());
            }
        }
        (query.with(entries), left)
    }

    /// Mends one violation in a query; `None` where nothing explains it.
    fn in_query(&mut self, entries: &mut Entries, violation: &Violation) -> Option<()> {
        let (parameter, facts) = (violation.parameter(), violation.facts());
        let (meant, damage) = (facts.text(Fact::Meant), facts.text(Fact::Damage));
        if is_of(violation, &shape::ACTION_SYNC_IMAGES) {
            let value = entries.first(parameter).and_then(|entry| entry.read()).map(Cow::into_owned);
            let set = |entries: &mut Entries, value: &str| entries.set(parameter, value);
            return self.action(violation, value.as_deref(), |value| set(entries, value));
        }
        if is_of(violation, &shape::HEADERS_AGREE) {
            let value = entries.first(parameter)?.read()?.into_owned();
            return self.agree(violation, &value, |value| entries.set(parameter, value));
        }
        if is_of(violation, &shape::PARAMETER_ONCE) {
            entries.once(parameter)?;
            self.edit(EditKind::Remove, violation, Vec::new(), Confidence::SameMeaning);
            return Some(());
        }
        if is_of(violation, &shape::PARAMETER_TYPE) {
            if damage == Some(shape::NULL) {
                entries.leave_out(parameter, 0);
                self.edit(EditKind::Remove, violation, Vec::new(), Confidence::SameMeaning);
                return Some(());
            }
            let meant = meant?;
            entries.set(parameter, meant);
            self.edit(EditKind::Set, violation, vec![meant.to_owned()], Confidence::SameMeaning);
            return Some(());
        }
        // What is left is a name that is wrong.
        if damage == Some(shape::ENTITY) {
            let name = entries.first(parameter)?.name()?.into_owned();
            let name = name.strip_prefix(hint::entity(&name)?)?;
            entries.rename(parameter, name);
            self.edit(EditKind::Rename, violation, vec![name.to_owned()], Confidence::SameMeaning);
            return Some(());
        }
        let names =
            meant.map_or_else(|| facts.texts(Fact::Elements).to_vec(), |meant| vec![meant.to_owned()]);
        let confidence = name_confidence(&parameter.to_string(), names.first()?);
        match meant {
            Some(meant) => entries.rename(parameter, meant),
            None => entries.rename_each(parameter, names.iter().map(String::as_str)),
        }
        self.edit(EditKind::Rename, violation, names, confidence);
        Some(())
    }

    /// Sets the action, in the body or in the header.
    fn action(
        &mut self,
        violation: &Violation,
        body: Option<&str>,
        set: impl FnOnce(&str) -> Option<()>,
    ) -> Option<()> {
        let meant = violation.facts().text(Fact::Meant)?;
        let is_in_body = body.is_some_and(|value| value != ACTION);
        let old = if is_in_body { body.map(str::to_owned) } else { self.action.clone() };
        if is_in_body {
            set(meant)?;
        } else {
            self.set_header(&Parameter::ACTION, meant);
        }
        let confidence = name_confidence(&old.unwrap_or_default(), meant);
        self.edit(EditKind::Set, violation, vec![meant.to_owned()], confidence);
        Some(())
    }

    /// Sends the same value in the body and in the header: of a region the one that the other is a
    /// slip away from, and of a version the documented one.
    fn agree(
        &mut self,
        violation: &Violation,
        body: &str,
        set: impl FnOnce(&str) -> Option<()>,
    ) -> Option<()> {
        let parameter = violation.parameter();
        let (right, is_same) = if *parameter == Parameter::VERSION {
            let (right, header) = (DOCUMENTED_VERSION, self.version.clone()?);
            if body != right {
                set(right)?;
            }
            if header != right {
                self.set_header(parameter, right);
            }
            let is_it = |sent: &str| sent == right || hint::tidy(sent, |tidy| tidy == right).is_some();
            (right.to_owned(), is_it(body) && is_it(&header))
        } else {
            let header = self.region.clone()?;
            if hint::is_region(body, &header) {
                set(&header)?;
                (header, true)
            } else if hint::is_region(&header, body) {
                self.set_header(parameter, body);
                (body.to_owned(), true)
            } else {
                return None;
            }
        };
        let confidence = if is_same { Confidence::SameMeaning } else { Confidence::Likely };
        self.edit(EditKind::Set, violation, vec![right], confidence);
        Some(())
    }

    /// Puts the parts without a `=` into the values before them, where these may be any text: their
    /// `&` was not encoded. Returns the violations that this does not explain.
    fn ampersands<'v>(
        &mut self,
        entries: &mut Entries,
        violations: Vec<&'v Violation>,
    ) -> Vec<&'v Violation> {
        if violations.is_empty() {
            return violations;
        }
        let of_name: BTreeMap<&Parameter, &'v Violation> =
            violations.into_iter().map(|violation| (violation.parameter(), violation)).collect();
        let mut left: BTreeMap<&Parameter, &'v Violation> = BTreeMap::new();
        // The value before, and the violations that go with what is added to it.
        let mut before: Option<(&mut Entry, Vec<&'v Violation>)> = None;
        for entry in &mut entries.all {
            let Some(violation) = of_name.get(&entry.parameter).filter(|_| entry.value.is_none()) else {
                self.edits.extend(before.replace((entry, Vec::new())).and_then(longer));
                continue;
            };
            // What was meant for a parameter is no part of a text: it could be one that protects.
            let is_part = entry.name().is_some_and(|name| {
                let is_free = hint::bare_parameter(&name).is_none() && entry.parameter.subscript().is_none();
                is_free && !name.trim().is_empty() && !is_placeholder(&name)
            });
            let Some((value, removed)) =
                before.as_mut().filter(|(before, _)| is_part && before.is_any_text())
            else {
                left.insert(violation.parameter(), violation);
                continue;
            };
            let value = value.value.get_or_insert_default();
            value.push_str("%26");
            let behind = hint::entity(&entry.raw).and_then(|entity| entry.raw.strip_prefix(entity));
            value.push_str(behind.unwrap_or(&entry.raw));
            entry.is_gone = true;
            removed.push(violation);
        }
        self.edits.extend(before.and_then(longer));
        left.into_values().collect()
    }

    /// Counts the elements of a list from 0.
    fn renumber(&mut self, entries: &mut Entries, violation: &Violation) -> Option<()> {
        let list = violation.parameter().whole();
        let subscripts: BTreeSet<usize> = entries.subscripts(&list).collect();
        let first = subscripts.first().copied().unwrap_or_default();
        let is_in_row = subscripts.last().is_some_and(|last| last - first < subscripts.len());
        // Where one is missing between two, an element may have been lost.
        let confidence = if is_in_row { Confidence::SameMeaning } else { Confidence::Likely };
        let places: BTreeMap<usize, usize> = subscripts.into_iter().zip(0..).collect();
        let edits = self.edits.len();
        for (old, new) in places.iter().filter(|(old, new)| old != new) {
            let name = list.clone().element(*new).to_string();
            let parameter = list.clone().element(*old);
            self.edits.push(Edit::new(EditKind::Rename, parameter, vec![name], confidence));
        }
        for entry in entries.every_mut() {
            let place = entry.subscript_in(&list).and_then(|old| places.get(&old));
            if let Some(new) = place {
                entry.raw = list.clone().element(*new).to_string();
            }
        }
        // Where the elements are in order now, another name was the reason.
        let is_of_list = |edit: &&mut Edit| {
            let named = edit.values().iter().map(|name| Parameter::named(name));
            named.chain([edit.parameter().clone()]).any(|parameter| parameter.name() == list.name())
        };
        let edit = match self.edits.get_mut(edits) {
            Some(edit) => Some(edit),
            None => self.edits.iter_mut().rev().find(is_of_list),
        };
        edit?.removes_also(violation);
        Some(())
    }

    /// Returns the text of a body that is mended, and the violations that nothing explains.
    fn json(&mut self, text: &str, violations: &[Violation]) -> (String, Vec<Violation>) {
        let Some(mut body) = Body::object(text) else { return (text.to_owned(), violations.to_vec()) };
        let mut left = Vec::new();
        let mut elements: BTreeMap<String, Vec<&Violation>> = BTreeMap::new();
        let mut names: BTreeMap<Parameter, &Violation> = BTreeMap::new();
        for violation in violations {
            let parameter = violation.parameter();
            let is_mended = if !shape::RULES.iter().any(|rule| is_of(violation, rule)) {
                let is_meant = violation.facts().text(Fact::Meant).is_some();
                is_meant.then(|| {
                    names.insert(parameter.clone(), violation);
                })
            } else if parameter.subscript().is_some() {
                elements.entry(parameter.name().to_owned()).or_default().push(violation);
                Some(())
            } else {
                self.in_body(&mut body, violation)
            };
            if is_mended.is_none() {
                left.push(violation.clone());
            }
        }
        for (name, violations) in elements {
            self.in_list(&mut body, &name, &violations, &mut left);
        }
        self.rename_keys(&mut body, &names);
        (body.to_string(), left)
    }

    /// Mends one violation in a body, but for that of an element and of a name; `None`
    /// where nothing explains it.
    fn in_body(&mut self, body: &mut Body<'_>, violation: &Violation) -> Option<()> {
        let (parameter, facts) = (violation.parameter(), violation.facts());
        let index = body.position(parameter.name());
        let value =
            |body: &Body<'_>| -> Option<String> { serde_json::from_str(&body.items.get(index?)?.value).ok() };
        let set = |body: &mut Body<'_>, value: String| {
            body.items.get_mut(index?)?.value = Cow::Owned(value);
            Some(())
        };
        if is_of(violation, &shape::ACTION_SYNC_IMAGES) {
            let old = value(body);
            return self.action(violation, old.as_deref(), |value| set(body, quoted(value)?));
        }
        if is_of(violation, &shape::HEADERS_AGREE) {
            let old = value(body)?;
            return self.agree(violation, &old, |value| set(body, quoted(value)?));
        }
        let confidence = Confidence::SameMeaning;
        if is_of(violation, &shape::PARAMETER_ONCE) {
            let is_it = |item: &super::body::Item<'_>| item.name == parameter.name();
            let values = body.items.iter().filter(|item| is_it(item));
            let mut values = values.map(|item| serde_json::from_str::<serde_json::Value>(&item.value).ok());
            let first = values.next()??;
            if !values.all(|other| other.as_ref() == Some(&first)) {
                return None;
            }
            body.keep(|other, item| Some(other) == index || !is_it(item));
            self.edit(EditKind::Remove, violation, Vec::new(), confidence);
            return Some(());
        }
        if facts.text(Fact::Damage) == Some(shape::NULL) {
            body.keep(|other, _| Some(other) != index);
            self.edit(EditKind::Remove, violation, Vec::new(), confidence);
            return Some(());
        }
        let values = match (facts.text(Fact::Meant), facts.texts(Fact::Elements)) {
            (Some(meant), _) => {
                let row = Row::named(parameter.name());
                let is_flag = row.is_some_and(|row| matches!(row.slot, Slot::Flag { .. }));
                set(body, if is_flag { meant.to_owned() } else { quoted(meant)? })?;
                vec![meant.to_owned()]
            }
            (None, []) => return None,
            (None, elements) => {
                set(body, list(None, elements)?)?;
                elements.to_vec()
            }
        };
        self.edit(EditKind::Set, violation, values, confidence);
        Some(())
    }

    /// Mends the elements of a list in a body.
    fn in_list(
        &mut self,
        body: &mut Body<'_>,
        name: &str,
        violations: &[&Violation],
        left: &mut Vec<Violation>,
    ) {
        let item = body.position(name).and_then(|index| body.items.get_mut(index));
        let Some(item) = item else { return left.extend(violations.iter().copied().cloned()) };
        let text = item.value.to_string();
        let Some(mut list) = Body::list(&text) else {
            return left.extend(violations.iter().copied().cloned());
        };
        let mut gone = BTreeSet::new();
        for violation in violations {
            let subscript = violation.parameter().subscript().unwrap_or_default();
            let (facts, confidence) = (violation.facts(), Confidence::SameMeaning);
            if facts.text(Fact::Damage) == Some(shape::NULL) {
                gone.insert(subscript);
                self.edit(EditKind::Remove, violation, Vec::new(), confidence);
                continue;
            }
            let meant = facts.text(Fact::Meant).and_then(|meant| Some((meant, quoted(meant)?)));
            match (list.items.get_mut(subscript), meant) {
                (Some(element), Some((meant, value))) => {
                    element.value = Cow::Owned(value);
                    self.edit(EditKind::Set, violation, vec![meant.to_owned()], confidence);
                }
                _ => left.push((*violation).clone()),
            }
        }
        list.keep(|subscript, _| !gone.contains(&subscript));
        item.value = Cow::Owned(list.to_string());
    }

    /// Gives the values of a body the names that were meant. The elements of a list that stand each
    /// for itself become the list.
    fn rename_keys(&mut self, body: &mut Body<'_>, names: &BTreeMap<Parameter, &Violation>) {
        if names.is_empty() {
            return;
        }
        let mut lists: BTreeMap<&str, BTreeMap<usize, (usize, String)>> = BTreeMap::new();
        for (index, item) in body.items.iter_mut().enumerate() {
            let is_known = Row::named(&item.name).is_some();
            let found = if is_known { None } else { names.get(&Parameter::named(&item.name)) };
            let Some(meant) = found.and_then(|violation| violation.facts().text(Fact::Meant)) else {
                continue;
            };
            let subscript = hint::parameter_meant(&item.name).and_then(|(_, subscript)| subscript);
            let element: Option<String> = serde_json::from_str(&item.value).ok();
            if let (Some(subscript), Some(element)) = (subscript, element) {
                let elements = lists.entry(meant).or_default();
                elements.entry(subscript).or_insert((index, element));
            }
            let _ = item.rename(meant);
        }
        let mut gone = BTreeSet::new();
        for elements in lists.values().filter(|elements| elements.len() > 1) {
            let indices: BTreeSet<usize> = elements.values().map(|(index, _)| *index).collect();
            let values: Vec<String> = elements.values().map(|(_, element)| element.clone()).collect();
            let first = indices.first().and_then(|first| body.items.get_mut(*first));
            if let (Some(first), Some(value)) = (first, list(None, &values)) {
                first.value = Cow::Owned(value);
                gone.extend(indices.into_iter().skip(1));
            }
        }
        body.keep(|index, _| !gone.contains(&index));
        for (parameter, violation) in names {
            let meant = violation.facts().text(Fact::Meant).unwrap_or_default();
            let confidence = name_confidence(&parameter.to_string(), meant);
            self.edit(EditKind::Rename, violation, vec![meant.to_owned()], confidence);
        }
    }
}

fn is_of(violation: &Violation, rule: &crate::rule::Rule) -> bool {
    violation.rule() == rule.id()
}

/// Returns the edit of a value to which parts were added; `None` where there were none.
fn longer((entry, removed): (&mut Entry, Vec<&Violation>)) -> Option<Edit> {
    removed.first()?;
    let values = vec![entry.read().map(Cow::into_owned).unwrap_or_default()];
    let mut edit = Edit::new(EditKind::Set, entry.parameter.clone(), values, Confidence::Likely);
    for violation in removed {
        edit.removes_also(violation);
    }
    Some(edit)
}

/// Returns the certainty that a name was meant by another one: the same
/// letters, or nearly the same.
fn name_confidence(name: &str, meant: &str) -> Confidence {
    let letters = |text: &str| -> String {
        text.chars().filter(|character| character.is_alphabetic()).flat_map(char::to_lowercase).collect()
    };
    if letters(name) == letters(meant) { Confidence::SameMeaning } else { Confidence::Likely }
}
