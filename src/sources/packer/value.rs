//! Values of expressions, and the types of variables.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use hcl::edit::expr::{Expression, FuncCall, Object, ObjectKey, ObjectValue};

use super::limits::expression;
use crate::text::{clean, counted};

/// A part of a file of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The index of the file.
    pub(super) file: usize,
    pub(super) span: Range<usize>,
}

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// It is not known. The variables are those whose values would settle it.
    Unknown(Rc<BTreeSet<Rc<str>>>),
    Null,
    Bool(bool),
    Number(f64),
    /// A text, and its place where it is a literal in a file.
    Text(Rc<str>, Option<Place>),
    List(Rc<Vec<Value>>),
    /// A set, each of whose elements is there once, in order. It is a list where one is expected,
    /// but its elements have no index.
    Set(Rc<Vec<Value>>),
    Object(Rc<BTreeMap<String, Value>>),
}

/// The most variables that are named as what would settle one value.
const MOST_VARIABLES: usize = 8;

impl Value {
    /// Returns a value that nothing settles but the run of Packer.
    pub(super) fn open() -> Self {
        Self::Unknown(Rc::default())
    }

    /// Returns a value that this variable settles.
    pub(super) fn of_variable(name: &str) -> Self {
        Self::Unknown(Rc::new(BTreeSet::from([Rc::from(name)])))
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(Rc::from(text), None)
    }

    pub(super) fn list(values: Vec<Self>) -> Self {
        Self::List(Rc::new(values))
    }

    /// Reads a number; none for a text that is none.
    pub(super) fn number(text: &str) -> Option<Self> {
        text.parse().ok().map(|number| Self::number_as_written(number, text))
    }

    /// Returns a number that is written like this. Packer keeps all of its digits: one that has
    /// more than are kept here is not known.
    pub(super) fn number_as_written(number: f64, text: &str) -> Self {
        let is_kept = number.is_finite() && digits(text) == digits(&format!("{number:e}"));
        if is_kept { Self::Number(number) } else { Self::open() }
    }

    /// Returns the value as a list where Packer makes one of a set.
    pub(super) fn as_list(&self) -> Self {
        match self {
            Self::Set(values) => Self::List(Rc::clone(values)),
            other => other.clone(),
        }
    }

    /// Returns each element with its key: an index in a list, and itself in a set. None
    /// for what has no elements.
    pub(super) fn pairs(&self) -> Option<Vec<(Self, Self)>> {
        match self {
            Self::List(values) => {
                let indices = (0_u32..).map(|index| Self::Number(index.into()));
                Some(indices.zip(values.iter().cloned()).collect())
            }
            Self::Set(values) => Some(values.iter().map(|value| (value.clone(), value.clone())).collect()),
            Self::Object(values) => {
                Some(values.iter().map(|(key, value)| (Self::text(key), value.clone())).collect())
            }
            _ => None,
        }
    }

    /// Returns the text that is the only element of a list, with its place; none for another value.
    pub(super) fn only_text(&self) -> Option<(&str, Option<&Place>)> {
        match self {
            Self::List(values) | Self::Set(values) => match &***values {
                [Self::Text(text, place)] => Some((text, place.as_ref())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the unknown that several values come to if at least one is not known.
    pub(super) fn unknown_of<'v>(values: impl IntoIterator<Item = &'v Self>) -> Self {
        let mut names = BTreeSet::new();
        for value in values {
            if let Self::Unknown(variables) = value {
                names.extend(variables.iter().take(MOST_VARIABLES).map(Rc::clone));
            }
        }
        Self::Unknown(Rc::new(names.into_iter().take(MOST_VARIABLES).collect()))
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// The text that a value becomes where a text is expected; none for a list, an object, a
    /// null or what is not known.
    pub(super) fn to_text(&self) -> Option<Rc<str>> {
        match self {
            Self::Text(text, _) => Some(Rc::clone(text)),
            Self::Bool(value) => Some(Rc::from(value.to_string())),
            Self::Number(number) => Some(Rc::from(number.to_string())),
            Self::Unknown(_) | Self::Null | Self::List(_) | Self::Set(_) | Self::Object(_) => None,
        }
    }

    /// Returns whether two values are equal; none where it is not known, or where
    /// they are not simple ones.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Text(one, _), Self::Text(two, _)) => Some(one == two),
            (Self::Bool(one), Self::Bool(two)) => Some(one == two),
            (Self::Number(one), Self::Number(two)) => Some(one == two),
            (Self::Null, Self::Null) => Some(true),
            (Self::Null, other) | (other, Self::Null) if !other.is_unknown() => Some(false),
            _ => None,
        }
    }

    /// Returns the value without the places of its texts, which are in no file of the template.
    pub(super) fn without_place(self) -> Self {
        match self {
            Self::Text(text, _) => Self::Text(text, None),
            Self::List(list) => Self::list(list.iter().cloned().map(Self::without_place).collect()),
            Self::Set(list) => Self::Set(Rc::new(list.iter().cloned().map(Self::without_place).collect())),
            Self::Object(values) => {
                let value = |(key, value): (&String, &Self)| (key.clone(), value.clone().without_place());
                Self::Object(Rc::new(values.iter().map(value).collect()))
            }
            other => other,
        }
    }

    /// Returns the value as messages show it, cut after some characters.
    pub(super) fn shown(&self) -> String {
        const MOST: usize = 1024;
        let mut shown = String::new();
        self.show(&mut shown, MOST);
        shown
    }

    fn show(&self, shown: &mut String, most: usize) {
        match self {
            Self::Unknown(_) => shown.push('?'),
            Self::Null => shown.push_str("null"),
            Self::Bool(value) => shown.push_str(&value.to_string()),
            Self::Number(number) => shown.push_str(&number.to_string()),
            Self::Text(text, _) => {
                shown.push('"');
                shown.push_str(&clean(text));
                shown.push('"');
            }
            Self::List(values) | Self::Set(values) => {
                shown.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        shown.push_str(", ");
                    }
                    if shown.len() > most {
                        shown.push('…');
                        break;
                    }
                    value.show(shown, most);
                }
                shown.push(']');
            }
            Self::Object(_) => shown.push_str("{…}"),
        }
    }
}

/// The type of a variable, as far as it decides how a value is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Bool,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    /// Attributes: a value has all of them, and those that it has beside them are dropped.
    Object(BTreeMap<String, Type>),
    /// So many elements, each of its type.
    Tuple(Vec<Type>),
    /// A type whose values are not judged.
    Other,
    /// No type, or any.
    Any,
}

/// The deepest type that is read; a deeper one judges no value.
const DEEPEST_TYPE: usize = 8;

impl Type {
    /// Reads the type that a variable declares.
    pub(super) fn of(expression: &Expression) -> Self {
        Self::read(expression, DEEPEST_TYPE)
    }

    /// Reads the type that a variable declares in JSON.
    pub(super) fn of_text(text: &str) -> Self {
        expression(text).map_or(Self::Other, |expression| Self::of(&expression))
    }

    fn read(expression: &Expression, depth: usize) -> Self {
        let of = |word: &str| match word {
            "string" => Self::Text,
            "number" => Self::Number,
            "bool" => Self::Bool,
            "any" => Self::Any,
            _ => Self::Other,
        };
        match expression {
            Expression::Variable(name) => of(name.as_str()),
            Expression::FuncCall(call) if depth > 0 && !call.name.is_namespaced() => {
                Self::composite(call, depth - 1).unwrap_or(Self::Other)
            }
            _ => Self::Other,
        }
    }

    /// Reads the type of values with parts; `None` for one that is not read.
    fn composite(call: &FuncCall, depth: usize) -> Option<Self> {
        let mut arguments = call.args.iter();
        let (Some(argument), None) = (arguments.next(), arguments.next()) else { return None };
        match (call.name.name.as_str(), argument) {
            ("list", inner) => Some(Self::List(Box::new(Self::read(inner, depth)))),
            ("set", inner) => Some(Self::Set(Box::new(Self::read(inner, depth)))),
            ("map", inner) => Some(Self::Map(Box::new(Self::read(inner, depth)))),
            ("object", Expression::Object(attributes)) => Self::object(attributes, depth),
            ("tuple", Expression::Array(elements)) => {
                Some(Self::Tuple(elements.iter().map(|element| Self::read(element, depth)).collect()))
            }
            _ => None,
        }
    }

    /// Reads the type of objects. One with an attribute that may be left out is not read.
    fn object(attributes: &Object, depth: usize) -> Option<Self> {
        let attribute = |(key, value): (&ObjectKey, &ObjectValue)| {
            let ObjectKey::Ident(name) = key else { return None };
            let of = Self::read(value.expr(), depth);
            let may_be_left_out =
                matches!(value.expr(), Expression::FuncCall(call) if call.name.name.as_str() == "optional");
            (!may_be_left_out).then(|| (name.as_str().to_owned(), of))
        };
        attributes.iter().map(attribute).collect::<Option<_>>().map(Self::Object)
    }

    /// Returns the type of a default, which is that of its variable where none is declared.
    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Text(..) => Self::Text,
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Bool,
            Value::Null => Self::Any,
            // An empty one says nothing of those that take its place.
            Value::List(values) if !values.is_empty() => {
                Self::Tuple(values.iter().map(Self::of_value).collect())
            }
            Value::Object(values) if !values.is_empty() => {
                let of = |(name, value): (&String, &Value)| (name.clone(), Self::of_value(value));
                Self::Object(values.iter().map(of).collect())
            }
            Value::Unknown(_) | Value::List(_) | Value::Set(_) | Value::Object(_) => Self::Other,
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_))
    }

    /// Returns the type that is expected where a word stands in a value of this one: this one if
    /// the word is all of the value, else that of the elements.
    pub(super) fn of_word(&self, is_whole: bool) -> &Self {
        match self {
            Self::List(inner) | Self::Set(inner) | Self::Map(inner) if !is_whole => inner.of_word(false),
            of => of,
        }
    }

    /// True if a value on the command line is taken as it stands, and not as an expression.
    pub(super) fn is_of_texts(&self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Any)
    }

    /// Returns a value as this type has it; none for one that is not of it.
    pub(super) fn convert(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (_, Value::Unknown(_) | Value::Null) | (Self::Other | Self::Any, _) => Some(value.clone()),
            (Self::Text, Value::Text(..))
            | (Self::Number, Value::Number(_))
            | (Self::Bool, Value::Bool(_)) => Some(value.clone()),
            (Self::Text, _) => value.to_text().map(|text| Value::Text(text, None)),
            (Self::Number, Value::Text(text, _)) => Value::number(text),
            (Self::Bool, Value::Text(text, _)) => match &**text {
                "true" | "1" => Some(Value::Bool(true)),
                "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            (Self::List(inner), Value::List(values) | Value::Set(values)) => {
                let values: Option<Vec<Value>> = values.iter().map(|value| inner.convert(value)).collect();
                values.map(Value::list)
            }
            (Self::Set(inner), Value::List(values) | Value::Set(values)) => {
                let values: Option<Vec<Value>> = values.iter().map(|value| inner.convert(value)).collect();
                values.map(|values| set(&values))
            }
            (Self::Map(inner), Value::Object(values)) => {
                let convert = |(key, value): (&String, &Value)| Some((key.clone(), inner.convert(value)?));
                let values: Option<BTreeMap<String, Value>> = values.iter().map(convert).collect();
                values.map(|values| Value::Object(Rc::new(values)))
            }
            (Self::Object(attributes), Value::Object(values)) => {
                let convert =
                    |(name, of): (&String, &Self)| Some((name.clone(), of.convert(values.get(name)?)?));
                let values: Option<BTreeMap<String, Value>> = attributes.iter().map(convert).collect();
                values.map(|values| Value::Object(Rc::new(values)))
            }
            (Self::Tuple(elements), Value::List(values)) if elements.len() == values.len() => {
                let values = elements.iter().zip(values.iter()).map(|(of, value)| of.convert(value));
                values.collect::<Option<Vec<Value>>>().map(Value::list)
            }
            (
                Self::Number
                | Self::Bool
                | Self::List(_)
                | Self::Set(_)
                | Self::Map(_)
                | Self::Object(_)
                | Self::Tuple(_),
                _,
            ) => None,
        }
    }

    /// The name of the type in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::List(inner) => format!("list({})", inner.name()),
            Self::Set(inner) => format!("set({})", inner.name()),
            Self::Map(inner) => format!("map({})", inner.name()),
            Self::Object(_) => "value with each attribute of its type".to_owned(),
            Self::Tuple(elements) => {
                let count = u64::try_from(elements.len()).unwrap_or(u64::MAX);
                format!("list of {} of its types", counted(count, "element", "elements"))
            }
            Self::Other | Self::Any => "any".to_owned(),
        }
    }
}

/// Returns the digits of a number without zeros at either end, and the power of ten of the last
/// one. None where that power is too large. The sign is left out.
fn digits(text: &str) -> Option<(String, i64)> {
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mantissa = mantissa.trim_start_matches(['-', '+', ' ', '\t']);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let without_last = all.trim_end_matches('0');
    let zeros = all.len() - without_last.len();
    let digits = without_last.trim_start_matches('0');
    let power: i64 = power.parse().ok()?;
    let power = power.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let power = power.checked_add(i64::try_from(zeros).ok()?)?;
    Some(if digits.is_empty() { (String::new(), 0) } else { (digits.to_owned(), power) })
}

/// Returns the set of texts.
pub(super) fn set(values: &[Value]) -> Value {
    if values.iter().any(Value::is_unknown) {
        return Value::unknown_of(values);
    }
    let mut texts = BTreeMap::new();
    for value in values {
        let Value::Text(text, _) = value else { return Value::open() };
        texts.entry(Rc::clone(text)).or_insert(value);
    }
    Value::Set(Rc::new(texts.into_values().cloned().collect()))
}
