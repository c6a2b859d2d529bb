//! The parts of a query, while they are changed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, iter};

use super::parts::{self, Query, decoded, pairs};

use crate::model::{Parameter, Row, Slot};

/// Writes a part of a query.
pub(super) fn part(name: &str, value: Option<&str>) -> String {
    value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}"))
}

/// Returns a name or a value as it is written in a query.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A part of a query, while it is mended.
pub(super) struct Entry {
    /// The parameter that was sent.
    pub(super) parameter: Parameter,
    /// The name, encoded.
    pub(super) raw: String,
    pub(super) value: Option<String>,
    /// True if it is left out.
    pub(super) is_gone: bool,
    /// The parts that are sent in its place.
    instead: Vec<Entry>,
}

impl Entry {
    pub(super) fn new(parameter: Parameter, raw: String, value: Option<String>) -> Self {
        Self { parameter, raw, value, is_gone: false, instead: Vec::new() }
    }

    pub(super) fn name(&self) -> Option<Cow<'_, str>> {
        decoded(&self.raw)
    }

    pub(super) fn read(&self) -> Option<Cow<'_, str>> {
        decoded(self.value.as_deref()?)
    }

    /// True if its value may be any text.
    pub(super) fn is_any_text(&self) -> bool {
        let is_ignored =
            || Row::named(self.parameter.name()).is_some_and(|row| matches!(row.slot, Slot::Ignored));
        let is_text = [Parameter::IMAGE_NAME, Parameter::KMS_KEY_ID].contains(&self.parameter);
        self.value.is_some() && (is_text || is_ignored())
    }

    pub(super) fn subscript_in(&self, list: &Parameter) -> Option<usize> {
        let parameter = parts::parameter(&self.raw);
        parameter.subscript().filter(|_| !self.is_gone && parameter.name() == list.name())
    }
}

/// The parts of a query, while they are mended.
pub(super) struct Entries {
    pub(super) all: Vec<Entry>,
    /// The indices of the parts of each name.
    of_name: BTreeMap<Parameter, Vec<usize>>,
}

impl Entries {
    pub(super) fn of(query: &Query<'_>) -> Self {
        let (mut all, mut of_name) = (Vec::new(), BTreeMap::new());
        for pair in pairs(query) {
            let name = decoded(pair.name);
            let parameter = Parameter::named(name.as_deref().unwrap_or(pair.name));
            let indices: &mut Vec<usize> = of_name.entry(parameter.clone()).or_default();
            indices.push(all.len());
            all.push(Entry::new(parameter, pair.name.to_owned(), pair.value.map(str::to_owned)));
        }
        Self { all, of_name }
    }

    pub(super) fn indices(&self, parameter: &Parameter) -> &[usize] {
        self.of_name.get(parameter).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_parameter(&self, parameter: &Parameter) -> impl Iterator<Item = &Entry> {
        self.indices(parameter).iter().filter_map(|index| self.all.get(*index))
    }

    /// Returns the index of the part that is read: the first one with a value, where there is one.
    fn index(&self, parameter: &Parameter) -> Option<usize> {
        let indices = self.indices(parameter);
        let has_value = |index: &&usize| self.all.get(**index).is_some_and(|entry| entry.value.is_some());
        indices.iter().find(has_value).or_else(|| indices.first()).copied()
    }

    /// Returns the part that is read.
    pub(super) fn first(&self, parameter: &Parameter) -> Option<&Entry> {
        self.all.get(self.index(parameter)?)
    }

    /// Sets the value that is read.
    pub(super) fn set(&mut self, parameter: &Parameter, value: &str) -> Option<()> {
        let index = self.index(parameter)?;
        self.all.get_mut(index)?.value = Some(encoded(value));
        Some(())
    }

    /// Leaves out the parts of one name, but for the first few.
    pub(super) fn leave_out(&mut self, parameter: &Parameter, few: usize) {
        for index in self.of_name.get(parameter).into_iter().flatten().skip(few) {
            if let Some(entry) = self.all.get_mut(*index) {
                entry.is_gone = true;
            }
        }
    }

    /// Gives the parts of one name another one.
    pub(super) fn rename(&mut self, parameter: &Parameter, name: &str) {
        self.rename_each(parameter, iter::repeat(name));
    }

    /// Gives the parts of one name these names, in their order. Where there
    /// are more parts, these stay.
    pub(super) fn rename_each<'n>(&mut self, parameter: &Parameter, names: impl Iterator<Item = &'n str>) {
        for (index, name) in self.of_name.get(parameter).into_iter().flatten().zip(names) {
            if let Some(entry) = self.all.get_mut(*index) {
                entry.raw = encoded(name);
            }
        }
    }

    /// Keeps the first of several equal parts; `None` where they differ.
    pub(super) fn once(&mut self, parameter: &Parameter) -> Option<()> {
        let values: Vec<_> = self.of_parameter(parameter).map(Entry::read).collect();
        let first = values.first().and_then(Option::as_ref)?;
        if values.iter().any(|other| other.as_ref() != Some(first)) {
            return None;
        }
        drop(values);
        self.leave_out(parameter, 1);
        Some(())
    }

    /// Returns every part, also one that is left out.
    pub(super) fn every_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.all.iter_mut().flat_map(|entry| {
            // A part with others in its place is left out itself.
            let has_others = !entry.instead.is_empty();
            let (own, others) =
                if has_others { (None, Some(&mut entry.instead)) } else { (Some(entry), None) };
            own.into_iter().chain(others.into_iter().flatten())
        })
    }

    pub(super) fn subscripts(&self, list: &Parameter) -> impl Iterator<Item = usize> {
        self.all
            .iter()
            .flat_map(|entry| [entry].into_iter().chain(&entry.instead))
            .filter_map(|entry| entry.subscript_in(list))
    }

    /// Puts elements in the place of a list without subscripts.
    pub(super) fn number(&mut self, list: &Parameter, elements: &[String]) {
        let taken: BTreeSet<usize> = self.subscripts(list).collect();
        let free = (0..).filter(|subscript| !taken.contains(subscript));
        let element = |(subscript, value): (usize, &String)| {
            let parameter = list.clone().element(subscript);
            let raw = parameter.to_string();
            Entry::new(parameter, raw, Some(encoded(value)))
        };
        let elements: Vec<Entry> = free.zip(elements).map(element).collect();
        self.leave_out(list, 0);
        let first = self.indices(list).first().copied();
        if let Some(first) = first.and_then(|first| self.all.get_mut(first)) {
            first.instead = elements;
        }
    }
}

impl fmt::Display for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = |entry: &'_ Entry| !entry.is_gone;
        let sent = self.all.iter().flat_map(|entry| {
            let entry = iter::once(entry);
            entry.clone().filter(|entry| own(entry)).chain(entry.flat_map(|entry| &entry.instead))
        });
        for (index, entry) in sent.enumerate() {
            let and = if index == 0 { "" } else { "&" };
            write!(f, "{and}{}", part(&entry.raw, entry.value.as_deref()))?;
        }
        Ok(())
    }
}
