//! Edits of a request: what is to be changed, the violations that go with it, and how sure that is.

use std::fmt;

use serde::Serialize;

use super::violation::Violation;
use crate::model::Parameter;
use crate::text::{clean, joined};

/// One change to a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Edit {
    edit: EditKind,
    parameter: Parameter,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    removes: Vec<Removed>,
    confidence: Confidence,
}

/// A violation that an edit removes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Removed {
    rule: String,
    parameter: Parameter,
}

/// The kind of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum EditKind {
    /// A parameter or an element gets another value, or an element becomes several.
    Set,
    /// A parameter that was not sent is sent.
    Add,
    /// A parameter or an element is left out.
    Remove,
    /// The request becomes several: one for each image.
    Split,
    /// A parameter or an element is sent under another name, or several that have one name are.
    Rename,
    /// A request that stands on several lines is sent on one.
    Join,
}

/// The certainty that an edit is what was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Confidence {
    /// The request means the same in another spelling.
    SameMeaning,
    /// It is probably what was meant.
    Likely,
    /// Something that was asked for is given up.
    GivesUp,
}

impl Edit {
    pub(crate) fn new(
        edit: EditKind,
        parameter: Parameter,
        values: Vec<String>,
        confidence: Confidence,
    ) -> Self {
        Self { edit, parameter, values, removes: Vec::new(), confidence }
    }

    /// Notes a violation that goes with it.
    pub(crate) fn removes_also(&mut self, violation: &Violation) {
        let (rule, parameter) = (violation.rule().to_owned(), violation.parameter().clone());
        self.removes.push(Removed { rule, parameter });
    }

    /// Returns the name of the one parameter that has another value or another name afterwards.
    #[cfg(feature = "wire")]
    pub(crate) fn makes(&self) -> Option<String> {
        match (self.edit, &*self.values) {
            (EditKind::Set, [_]) => Some(self.parameter.to_string()),
            // An element has the name of another one, which may be renamed too.
            (EditKind::Rename, [name]) => Parameter::named(name).subscript().is_none().then(|| name.clone()),
            _ => None,
        }
    }

    /// Returns this edit and an earlier one, which [makes](Self::makes) its parameter, as one:
    /// where the value that was set is set again, or what was set or renamed is left out, the
    /// earlier one is not seen.
    #[cfg(feature = "wire")]
    pub(crate) fn with_earlier(&self, earlier: &Self) -> Option<Self> {
        if !matches!((earlier.edit, self.edit), (EditKind::Set, EditKind::Set) | (_, EditKind::Remove)) {
            return None;
        }
        Some(Self {
            parameter: earlier.parameter.clone(),
            removes: earlier.removes.iter().chain(&self.removes).cloned().collect(),
            confidence: self.confidence.max(earlier.confidence),
            ..self.clone()
        })
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> EditKind {
        self.edit
    }

    /// Returns the parameter or the element that is changed, with the subscript that it
    /// has in the refused request.
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// Returns the new value, or the new name; several where it becomes several;
    /// none where it is left out.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Returns the violations that go with it, each by its rule and its parameter.
    pub fn removes(&self) -> impl Iterator<Item = (&str, &Parameter)> {
        self.removes.iter().map(|removed| (&*removed.rule, &removed.parameter))
    }

    /// Returns the certainty that it is what was wanted.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }
}

impl fmt::Display for Edit {
    /// ``set DestinationRegions.0 to `ap-shanghai` ``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter().map(|value| format!("`{}`", clean(value)));
        let (parameter, values) = (&self.parameter, joined(values, " and "));
        match self.edit {
            EditKind::Set => write!(f, "set {parameter} to {values}"),
            EditKind::Add => write!(f, "add {parameter}, {values}"),
            EditKind::Remove => write!(f, "remove {parameter}"),
            EditKind::Split => write!(f, "send one request for each of {parameter}"),
            EditKind::Rename => write!(f, "rename {parameter} to {values}"),
            EditKind::Join => f.write_str("send it on one line"),
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SameMeaning => "same meaning",
            Self::Likely => "likely",
            Self::GivesUp => "gives something up",
        })
    }
}

#[cfg(all(test, feature = "wire"))]
mod tests {
    use super::*;

    /// Two edits of one parameter are as certain as the less certain one.
    #[test]
    fn an_edit_with_an_earlier_one_is_as_certain_as_both() {
        let set = |value: &str, confidence| {
            Edit::new(EditKind::Set, Parameter::VERSION, vec![value.to_owned()], confidence)
        };
        let (same, likely) = (Confidence::SameMeaning, Confidence::Likely);
        for (earlier, later, expected) in [(same, likely, likely), (likely, same, likely), (same, same, same)]
        {
            let both = set("b", later).with_earlier(&set("a", earlier)).unwrap();
            assert_eq!((both.confidence(), both.values()), (expected, &["b".to_owned()][..]));
        }
    }
}
