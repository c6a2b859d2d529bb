//! Expressions, as far as they can be evaluated without Packer.
//!
//! What Packer alone can say is not known, and neither is what Packer would refuse: a function that
//! is not known here, data, times, an index that is not there. The work is limited, and so are the
//! values: beyond that nothing is known.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hcl::edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl::edit::parser::parse_template;
use hcl::edit::template::{Element, Strip, Template};
use hcl::edit::visit::{Visit, visit_expr, visit_traversal_operator};
use hcl::edit::{Decorated, Span as _};
use serde_json::value::RawValue;

use super::limits::prepared_template;
use super::syntax::{Kind, Node};
use super::value::{Place, Type, Value, set};
use crate::sources::fields::Keys;
use crate::text::json::range;
use crate::text::legible;
use crate::wire::{MAX_ITEMS, MAX_VALUE_BYTES};

/// The most steps of one template, a count: a part of an expression is one, and so is an
/// element of a list that is copied or looked at, and every [`BYTES_PER_STEP`] of a text
/// that is made or compared.
const MAX_STEPS: usize = 1 << 19;

/// The bytes of a text that are as much work as one step, a count.
pub(super) const BYTES_PER_STEP: usize = 16;

/// The deepest that expressions stand within one another, through locals too.
const MAX_DEPTH: usize = 200;

/// What evaluates the expressions of one template.
pub(super) struct Evaluator<'f> {
    /// The values of variables.
    pub(super) variables: BTreeMap<String, Value>,
    /// The names of variables, with and without a value.
    pub(super) declared: BTreeSet<String>,
    /// The expressions of locals.
    pub(super) locals: BTreeMap<String, Node<'f>>,
    /// The values of those locals that were asked for; none for one whose value is being found.
    known: BTreeMap<String, Option<Value>>,
    /// For each local that was asked for, the variables that it depends on.
    depends: BTreeMap<String, BTreeSet<Rc<str>>>,
    steps: usize,
    depth: usize,
    reach: Reach,
    /// The first thing for which Packer refuses what was evaluated.
    refused: Option<Refused>,
}

/// What an expression can use beside literals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Variables, locals and functions.
    Template,
    /// The function `env` alone: the default of a variable.
    Default,
    /// Nothing else: the value that is given for a variable.
    Value,
}

/// A reason for which Packer refuses an expression.
pub(super) enum Refused {
    /// A name without quotes, where only literals can stand.
    Word(String),
    /// A reference, where only literals can stand.
    Reference(String),
    /// A call of this function, where it cannot be called.
    Call(String),
    /// A variable or local that is declared in no file.
    Undeclared(String),
    /// A local that depends on itself.
    Circle(String),
    /// A key of an object in JSON.
    Twice(String),
}

impl Refused {
    /// Returns the reason in words. A word stands where a value of this type is expected.
    pub(super) fn words(&self, of: &Type) -> String {
        match self {
            Self::Word(word) if *of == Type::Bool => {
                format!("`{}` is no bool: write `true` or `false`", legible(word))
            }
            Self::Word(word) => {
                let word = legible(word);
                let meant = if of.is_list() { format!("[\"{word}\"]") } else { format!("\"{word}\"") };
                format!("`{word}` has no quotes, with which it would be a text: write `{meant}`")
            }
            Self::Reference(name) => {
                format!("it refers to `{}`, and the value of a variable can refer to nothing", legible(name))
            }
            Self::Call(name) => {
                format!("it calls `{}`, which Packer refuses in the value of a variable", legible(name))
            }
            Self::Undeclared(name) => format!("`{}` is declared in no file that is given", legible(name)),
            Self::Circle(name) => format!("`{}` depends on itself", legible(name)),
            Self::Twice(key) => format!("the key `{}` is given twice", legible(key)),
        }
    }
}

/// The names that stand for values in a part of an expression, the innermost last.
pub(super) type Scope = Vec<(String, Value)>;

impl<'f> Evaluator<'f> {
    pub(super) fn new() -> Self {
        Self {
            variables: BTreeMap::new(),
            declared: BTreeSet::new(),
            locals: BTreeMap::new(),
            known: BTreeMap::new(),
            depends: BTreeMap::new(),
            steps: MAX_STEPS,
            depth: 0,
            reach: Reach::Template,
            refused: None,
        }
    }

    /// Evaluates what can use so much alone; the error has the first thing for
    /// which Packer refuses it.
    pub(super) fn within_reach(
        &mut self,
        reach: Reach,
        evaluate: impl FnOnce(&mut Self) -> Value,
    ) -> Result<Value, Refused> {
        self.reach = reach;
        let value = evaluate(self);
        self.reach = Reach::Template;
        self.refused.take().map_or(Ok(value), Err)
    }

    /// Returns an unknown value in the place of one for which Packer refuses the expression.
    fn refuse(&mut self, why: Refused) -> Value {
        self.refused.get_or_insert(why);
        Value::open()
    }

    /// Evaluates an expression.
    pub(super) fn value(&mut self, node: Node<'f>, scope: &mut Scope) -> Value {
        match node.expression {
            Kind::Hcl(expression) => self.expression(expression, Some(node.file), scope),
            Kind::Json(value, text) => self.json(value, text, node.file, scope),
        }
    }

    /// Returns the value of an expression that is a literal. What is none is not known, but it is
    /// known on which variables it depends.
    pub(super) fn literal(&mut self, node: Node<'f>) -> Value {
        match node.elements() {
            Some(elements) => Value::list(elements.into_iter().map(|node| self.literal_text(node)).collect()),
            None => self.literal_text(node),
        }
    }

    fn literal_text(&mut self, node: Node<'f>) -> Value {
        // Lists and objects are no texts, whatever is in them.
        let no_text = || Value::Object(Rc::default());
        match node.expression {
            Kind::Hcl(Expression::Array(_) | Expression::Object(_)) => no_text(),
            Kind::Json(value, _) if value.get().starts_with(['[', '{']) => no_text(),
            Kind::Hcl(
                Expression::String(_) | Expression::Bool(_) | Expression::Number(_) | Expression::Null(_),
            ) => self.value(node, &mut Scope::new()),
            Kind::Json(value, _) if !has_template(value.get()) => self.value(node, &mut Scope::new()),
            Kind::Hcl(_) | Kind::Json(..) => Value::Unknown(Rc::new(self.dependencies(node))),
        }
    }

    /// Returns the first variables that an expression depends on.
    fn dependencies(&mut self, node: Node<'f>) -> BTreeSet<Rc<str>> {
        let mut names = Names::default();
        if self.is_exhausted() {
            return names.variables;
        }
        match node.expression {
            Kind::Hcl(expression) => names.visit_expr(expression),
            Kind::Json(value, _) => {
                if let Some(template) = self.template_of(value) {
                    names.visit_template(&template);
                }
            }
        }
        // A source is looked at again for each build that names it.
        self.step(names.visited);
        let mut variables = names.variables;
        for local in names.locals {
            if variables.len() >= MOST_NAMES || self.depth >= MAX_DEPTH {
                break;
            }
            if let Some(known) = self.depends.get(&local) {
                variables.extend(known.iter().map(Rc::clone));
            } else if let Some(node) = self.locals.get(&local).copied() {
                // One that depends on itself adds nothing.
                self.depends.insert(local.clone(), BTreeSet::new());
                self.depth += 1;
                let found = self.dependencies(node);
                self.depth -= 1;
                variables.extend(found.iter().map(Rc::clone));
                self.depends.insert(local, found);
            }
        }
        variables.into_iter().take(MOST_NAMES).collect()
    }

    /// Counts steps; false if there were too many.
    pub(super) fn step(&mut self, count: usize) -> bool {
        let left = self.steps.checked_sub(count);
        self.steps = left.unwrap_or_default();
        left.is_some()
    }

    /// Makes a text, which is the more work the longer it is.
    fn text(&mut self, text: &str, place: Option<Place>) -> Value {
        if self.step(text.len() / BYTES_PER_STEP) {
            Value::Text(Rc::from(text), place)
        } else {
            Value::open()
        }
    }

    /// Counts a step for each part of a value, which is a tree as it is written, however much its
    /// parts have in common; false if there were too many.
    pub(super) fn afford(&mut self, value: &Value) -> bool {
        match value {
            Value::List(list) | Value::Set(list) => {
                self.step(list.len()) && list.iter().all(|value| self.afford(value))
            }
            Value::Object(values) => {
                self.step(values.len()) && values.values().all(|value| self.afford(value))
            }
            _ => true,
        }
    }

    /// True if the steps did not suffice, so that what was not known may only be too much work.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps == 0
    }

    /// Reads the template that a text in JSON is; none if it is no template,
    /// or one with too much work.
    fn template_of(&mut self, value: &RawValue) -> Option<Template> {
        let text: String = serde_json::from_str(value.get()).ok()?;
        if !is_template(&text) {
            let mut template = Template::new();
            template.push(text);
            return Some(template);
        }
        let prepared = prepared_template(&text).ok()?;
        let pairs = usize::try_from(prepared.pairs).unwrap_or(usize::MAX);
        // The parser takes about as long for a byte as a step takes.
        self.step(text.len() + pairs / 16).then(|| parse_template(&prepared.text).ok())?
    }

    fn json(&mut self, value: &'f RawValue, text: &'f str, file: usize, scope: &mut Scope) -> Value {
        if self.depth >= MAX_DEPTH / 8 || !self.step(1) {
            return Value::open();
        }
        self.depth += 1;
        let value = self.json_within(value, text, file, scope);
        self.depth -= 1;
        value
    }

    fn json_within(&mut self, value: &'f RawValue, text: &'f str, file: usize, scope: &mut Scope) -> Value {
        let json = value.get();
        // A list or an object is read once more at each depth.
        if !self.step(json.len() / BYTES_PER_STEP) {
            return Value::open();
        }
        match json.as_bytes().first() {
            Some(b'"') => {
                let span = range(text.as_bytes(), json);
                let place = span.map(|span| Place { file, span });
                // A value that is given in JSON is no template: what looks like a
                // reference is a part of the text.
                if self.reach == Reach::Value {
                    let text: Option<String> = serde_json::from_str(json).ok();
                    return text.map_or(Value::open(), |text| Value::Text(Rc::from(text), place));
                }
                match self.template_of(value) {
                    Some(template) => self.template(&template, None, place, scope),
                    None => Value::open(),
                }
            }
            Some(b'[') => {
                let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(json) else { return Value::open() };
                if list.len() > MAX_ITEMS {
                    return Value::open();
                }
                Value::list(list.into_iter().map(|value| self.json(value, text, file, scope)).collect())
            }
            Some(b'{') => {
                let Ok(keys) = serde_json::from_str::<Keys<'_>>(json) else { return Value::open() };
                if let Some(key) = keys.twice() {
                    return self.refuse(Refused::Twice(key.to_owned()));
                }
                // A key is a template, as any text.
                if self.reach != Reach::Value && keys.values.keys().any(|key| is_template(key)) {
                    return Value::open();
                }
                let value =
                    |(key, value): (Cow<'_, str>, _)| (key.into_owned(), self.json(value, text, file, scope));
                Value::Object(Rc::new(keys.values.into_iter().map(value).collect()))
            }
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => Value::number(json).unwrap_or_else(Value::open),
        }
    }

    /// Evaluates an expression in HCL. Those that are not of a file have no place.
    pub(super) fn expression(
        &mut self,
        expression: &Expression,
        file: Option<usize>,
        scope: &mut Scope,
    ) -> Value {
        if self.depth >= MAX_DEPTH || !self.step(1) {
            return Value::open();
        }
        self.depth += 1;
        let value = self.within(expression, file, scope);
        self.depth -= 1;
        value
    }

    fn within(&mut self, expression: &Expression, file: Option<usize>, scope: &mut Scope) -> Value {
        match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(number) => {
                let (Some(value), Some(written)) = (number.value().as_f64(), number.as_repr()) else {
                    return Value::open();
                };
                if !self.step(written.len() / BYTES_PER_STEP) {
                    return Value::open();
                }
                Value::number_as_written(value, written)
            }
            Expression::String(text) => {
                let place = file.zip(expression.span()).map(|(file, span)| Place { file, span });
                self.text(text.as_str(), place)
            }
            Expression::Array(list) if list.len() <= MAX_ITEMS => {
                Value::list(list.iter().map(|value| self.expression(value, file, scope)).collect())
            }
            Expression::Object(object) => {
                let mut values = BTreeMap::new();
                for (key, value) in object.iter() {
                    let key = match key {
                        ObjectKey::Ident(name) => Some(Rc::from(name.as_str())),
                        ObjectKey::Expression(key) => self.expression(key, file, scope).to_text(),
                    };
                    let Some(key) = key else { return Value::open() };
                    if !self.step(key.len() / BYTES_PER_STEP) {
                        return Value::open();
                    }
                    values.insert(key.to_string(), self.expression(value.expr(), file, scope));
                }
                Value::Object(Rc::new(values))
            }
            Expression::StringTemplate(template) => self.elements(template.iter(), file, None, scope),
            Expression::Parenthesis(inner) => self.expression(inner.inner(), file, scope),
            Expression::Variable(name) => match scoped(name.as_str(), scope) {
                Some(value) => value,
                None if self.reach == Reach::Template => Value::open(),
                None => self.refuse(Refused::Word(name.as_str().to_owned())),
            },
            Expression::Traversal(traversal) => self.traversal(traversal, file, scope),
            Expression::Conditional(conditional) => {
                match self.expression(&conditional.cond_expr, file, scope) {
                    Value::Bool(true) => self.expression(&conditional.true_expr, file, scope),
                    Value::Bool(false) => self.expression(&conditional.false_expr, file, scope),
                    unknown @ Value::Unknown(_) => unknown,
                    _ => Value::open(),
                }
            }
            Expression::FuncCall(call) => self.call(call, file, scope),
            Expression::ForExpr(of) => self.for_each(of, file, scope),
            Expression::UnaryOp(operation) => {
                match (operation.operator.value(), self.expression(&operation.expr, file, scope)) {
                    (UnaryOperator::Not, Value::Bool(value)) => Value::Bool(!value),
                    (UnaryOperator::Neg, Value::Number(number)) => Value::Number(-number),
                    (_, unknown @ Value::Unknown(_)) => unknown,
                    _ => Value::open(),
                }
            }
            Expression::BinaryOp(operation) => {
                let one = self.expression(&operation.lhs_expr, file, scope);
                let two = self.expression(&operation.rhs_expr, file, scope);
                if !self.step(bytes_in(&one).min(bytes_in(&two)) / BYTES_PER_STEP) {
                    return Value::open();
                }
                binary(*operation.operator.value(), &one, &two)
            }
            Expression::Array(_) | Expression::HeredocTemplate(_) => Value::open(),
        }
    }

    fn template(
        &mut self,
        template: &Template,
        file: Option<usize>,
        place: Option<Place>,
        scope: &mut Scope,
    ) -> Value {
        self.elements(template.iter(), file, place, scope)
    }

    /// Evaluates a template. One that is a single interpolation has the value of
    /// that, which may be no text.
    fn elements<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Element>,
        file: Option<usize>,
        place: Option<Place>,
        scope: &mut Scope,
    ) -> Value {
        let elements: Vec<&Element> = elements.collect();
        let is_single = elements.len() == 1;
        let mut text = String::new();
        let mut unknown = Vec::new();
        let mut is_literal = true;
        for element in elements {
            match element {
                Element::Literal(literal) => text.push_str(literal),
                Element::Interpolation(interpolation) if interpolation.strip == Strip::None => {
                    is_literal = false;
                    let value = self.expression(&interpolation.expr, file, scope);
                    if is_single {
                        return value;
                    }
                    match value.to_text() {
                        Some(part) => text.push_str(&part),
                        None => unknown.push(value),
                    }
                }
                Element::Interpolation(_) | Element::Directive(_) => unknown.push(Value::open()),
            }
            if text.len() > MAX_VALUE_BYTES && !is_literal {
                return Value::open();
            }
        }
        if !self.step(text.len() / BYTES_PER_STEP) {
            return Value::open();
        }
        if unknown.is_empty() {
            Value::Text(Rc::from(text), place.filter(|_| is_literal))
        } else {
            Value::unknown_of(&unknown)
        }
    }

    fn traversal(&mut self, traversal: &Traversal, file: Option<usize>, scope: &mut Scope) -> Value {
        let mut operators = &*traversal.operators;
        let root = match &traversal.expr {
            Expression::Variable(name) => name.as_str(),
            _ => "",
        };
        let is_scoped = root.is_empty() || scoped(root, scope).is_some();
        if !is_scoped && self.reach != Reach::Template {
            let name = operators.first().and_then(name_of);
            let name = name.map_or_else(|| root.to_owned(), |name| format!("{root}.{name}"));
            return self.refuse(Refused::Reference(name));
        }
        let is_ours = matches!(root, "var" | "local") && !is_scoped;
        let value = if is_ours {
            let Some((first, rest)) = operators.split_first() else { return Value::open() };
            operators = rest;
            let Some(name) = name_of(first) else { return Value::open() };
            if root == "var" { self.variable(name) } else { self.local(name) }
        } else {
            self.expression(&traversal.expr, file, scope)
        };
        self.apply(value, operators, file, scope)
    }

    fn variable(&mut self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        if !self.step(name.len() / BYTES_PER_STEP) {
            return Value::open();
        }
        if !self.declared.contains(name) {
            self.refuse(Refused::Undeclared(format!("var.{name}")));
        }
        Value::of_variable(name)
    }

    fn local(&mut self, name: &str) -> Value {
        if let Some(known) = self.known.get(name) {
            return match known {
                Some(value) => value.clone(),
                None => self.refuse(Refused::Circle(format!("local.{name}"))),
            };
        }
        let Some(node) = self.locals.get(name).copied() else {
            return self.refuse(Refused::Undeclared(format!("local.{name}")));
        };
        self.known.insert(name.to_owned(), None);
        let value = self.value(node, &mut Scope::new());
        self.known.insert(name.to_owned(), Some(value.clone()));
        value
    }

    fn apply(
        &mut self,
        mut value: Value,
        operators: &[Decorated<TraversalOperator>],
        file: Option<usize>,
        scope: &mut Scope,
    ) -> Value {
        let mut operators = operators.iter();
        while let Some(operator) = operators.next() {
            if !self.step(1) {
                return Value::open();
            }
            let key = match operator.value() {
                TraversalOperator::GetAttr(name) => self.text(name.as_str(), None),
                TraversalOperator::Index(index) => self.expression(index, file, scope),
                TraversalOperator::LegacyIndex(index) => Value::text(&index.value().to_string()),
                TraversalOperator::AttrSplat(_) => {
                    // It takes in what has a dot; an index in brackets is one of what it comes to.
                    let rest = operators.as_slice();
                    let is_attribute = |operator: &&Decorated<TraversalOperator>| {
                        matches!(
                            operator.value(),
                            TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
                        )
                    };
                    let count = rest.iter().take_while(is_attribute).count();
                    let (within, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
                    // Packer refuses a second one behind those.
                    if matches!(
                        behind.first().map(|next| next.value()),
                        Some(TraversalOperator::AttrSplat(_))
                    ) {
                        return Value::open();
                    }
                    value = self.splat(&value, within, file, scope);
                    operators = behind.iter();
                    continue;
                }
                TraversalOperator::FullSplat(_) => {
                    return self.splat(&value, operators.as_slice(), file, scope);
                }
            };
            value = match (&value, &key) {
                (Value::Unknown(_), _) => value,
                (_, Value::Unknown(_)) => key,
                (Value::Object(values), _) => {
                    let key = key.to_text();
                    key.and_then(|key| values.get(&*key).cloned()).unwrap_or_else(Value::open)
                }
                (Value::List(values), _) => {
                    let index = key.to_text().and_then(|index| index.parse::<usize>().ok());
                    index.and_then(|index| values.get(index).cloned()).unwrap_or_else(Value::open)
                }
                _ => Value::open(),
            };
        }
        value
    }

    /// Returns the list of what these operators come to for each element of a value.
    fn splat(
        &mut self,
        value: &Value,
        operators: &[Decorated<TraversalOperator>],
        file: Option<usize>,
        scope: &mut Scope,
    ) -> Value {
        // One splat is enough: within it there is none.
        let is_simple = !operators.iter().any(|operator| {
            matches!(operator.value(), TraversalOperator::FullSplat(_) | TraversalOperator::AttrSplat(_))
        });
        match value {
            Value::List(list) | Value::Set(list) if is_simple && self.step(list.len()) => Value::list(
                list.iter().map(|value| self.apply(value.clone(), operators, file, scope)).collect(),
            ),
            Value::Unknown(_) => value.clone(),
            _ => Value::open(),
        }
    }

    /// Evaluates `[for x in xs : x if …]` and `{for …}`.
    fn for_each(&mut self, of: &ForExpr, file: Option<usize>, scope: &mut Scope) -> Value {
        if of.grouping {
            return Value::open();
        }
        let collection = self.expression(&of.intro.collection_expr, file, scope);
        // The keys of an object are copied.
        if let Value::Object(values) = &collection {
            if !self.step(values.keys().map(|key| key.len() / BYTES_PER_STEP).sum()) {
                return Value::open();
            }
        }
        let pairs = match collection.pairs() {
            Some(pairs) => pairs,
            None if collection.is_unknown() => return collection,
            None => return Value::open(),
        };
        // The names are copied for each element.
        let names = of.intro.key_var.as_ref().map_or(0, |name| name.len()) + of.intro.value_var.len();
        if !self.step(pairs.len().saturating_mul(1 + names / BYTES_PER_STEP)) {
            return Value::open();
        }
        let (mut list, mut object) = (Vec::new(), BTreeMap::new());
        for (key, value) in pairs {
            let outer = scope.len();
            scope.extend(of.intro.key_var.iter().map(|name| (name.as_str().to_owned(), key.clone())));
            scope.push((of.intro.value_var.as_str().to_owned(), value));
            let is_in = match &of.cond {
                Some(condition) => self.expression(&condition.expr, file, scope),
                None => Value::Bool(true),
            };
            let element = match (&is_in, &of.key_expr) {
                (Value::Bool(true), Some(key)) => {
                    let key = self.expression(key, file, scope);
                    Some((Some(key), self.expression(&of.value_expr, file, scope)))
                }
                (Value::Bool(true), None) => Some((None, self.expression(&of.value_expr, file, scope))),
                _ => None,
            };
            scope.truncate(outer);
            match (is_in, element) {
                (Value::Bool(_), None) => {}
                (_, Some((None, value))) => list.push(value),
                (_, Some((Some(key), value))) => match key.to_text() {
                    Some(key) if !self.step(key.len() / BYTES_PER_STEP) => return Value::open(),
                    // Packer refuses a key that is there twice.
                    Some(key) if object.insert(key.to_string(), value).is_some() => return Value::open(),
                    Some(_) => {}
                    None => return Value::unknown_of([&key]),
                },
                (is_in, None) => return Value::unknown_of([&is_in]),
            }
        }
        if of.key_expr.is_some() { Value::Object(Rc::new(object)) } else { Value::list(list) }
    }

    fn call(&mut self, call: &FuncCall, file: Option<usize>, scope: &mut Scope) -> Value {
        let name = call.name.name.as_str();
        if self.reach == Reach::Value || self.reach == Reach::Default && name != "env" {
            return self.refuse(Refused::Call(name.to_owned()));
        }
        // What these find in their arguments is no reason to refuse the template.
        let is_tried = matches!(name, "can" | "try") && self.refused.is_none();
        let value = self.called(call, file, scope);
        if is_tried {
            self.refused = None;
        }
        value
    }

    fn called(&mut self, call: &FuncCall, file: Option<usize>, scope: &mut Scope) -> Value {
        let mut arguments: Vec<Value> =
            call.args.iter().map(|argument| self.expression(argument, file, scope)).collect();
        if call.args.expand_final() {
            match arguments.pop() {
                Some(Value::List(list) | Value::Set(list)) => arguments.extend(list.iter().cloned()),
                Some(unknown @ Value::Unknown(_)) => return unknown,
                _ => return Value::open(),
            }
        }
        if call.name.is_namespaced() {
            return Value::open();
        }
        let text = |value: &Value| 1 + bytes_in(value) / BYTES_PER_STEP;
        let elements = |value: &Value| match value {
            Value::List(list) | Value::Set(list) => list.iter().map(text).sum(),
            Value::Object(values) => values.keys().map(|key| 1 + key.len() / BYTES_PER_STEP).sum(),
            other => text(other),
        };
        if !self.step(arguments.iter().map(elements).sum()) {
            return Value::open();
        }
        function(call.name.name.as_str(), &arguments).unwrap_or_else(|| {
            // On what it depends may be deeper in the arguments.
            let deeper = arguments.iter().flat_map(|argument| match argument {
                Value::List(list) | Value::Set(list) => &***list,
                other => std::slice::from_ref(other),
            });
            Value::unknown_of(deeper)
        })
    }
}

/// The number of bytes of a text; none of another value.
fn bytes_in(value: &Value) -> usize {
    match value {
        Value::Text(text, _) => text.len(),
        _ => 0,
    }
}

/// Returns the value of a name in a scope.
fn scoped(name: &str, scope: &Scope) -> Option<Value> {
    scope.iter().rev().find(|(scoped, _)| scoped == name).map(|(_, value)| value.clone())
}

/// The name in the first step behind `var` or `local`.
fn name_of(operator: &Decorated<TraversalOperator>) -> Option<&str> {
    match operator.value() {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        TraversalOperator::Index(index) => index.as_str(),
        _ => None,
    }
}

fn binary(operator: BinaryOperator, one: &Value, two: &Value) -> Value {
    let answer = match (operator, one, two) {
        (BinaryOperator::Eq, ..) => one.equals(two),
        (BinaryOperator::NotEq, ..) => one.equals(two).map(|equal| !equal),
        (BinaryOperator::And, Value::Bool(false), _) | (BinaryOperator::And, _, Value::Bool(false)) => {
            Some(false)
        }
        (BinaryOperator::Or, Value::Bool(true), _) | (BinaryOperator::Or, _, Value::Bool(true)) => Some(true),
        (BinaryOperator::And, Value::Bool(true), Value::Bool(true)) => Some(true),
        (BinaryOperator::Or, Value::Bool(false), Value::Bool(false)) => Some(false),
        (BinaryOperator::Less, Value::Number(one), Value::Number(two)) => Some(one < two),
        (BinaryOperator::LessEq, Value::Number(one), Value::Number(two)) => Some(one <= two),
        (BinaryOperator::Greater, Value::Number(one), Value::Number(two)) => Some(one > two),
        (BinaryOperator::GreaterEq, Value::Number(one), Value::Number(two)) => Some(one >= two),
        _ => None,
    };
    answer.map_or_else(|| Value::unknown_of([one, two]), Value::Bool)
}

/// The most bytes of a text that is joined.
const MAX_JOINED_BYTES: usize = 1 << 16;

/// Calls a function; none where its value is not known, or where it is not one that is known here.
fn function(name: &str, arguments: &[Value]) -> Option<Value> {
    let ascii = |text: &str| text.is_ascii().then(|| text.to_owned());
    // Of the functions that are known here, this one alone refuses a set in the place of a list.
    let lists: Vec<Value>;
    let arguments = if name == "concat" {
        arguments
    } else {
        lists = arguments.iter().map(Value::as_list).collect();
        &lists
    };
    Some(match (name, arguments) {
        ("concat", lists @ [_, ..]) => {
            let mut all = Vec::new();
            for list in lists {
                let Value::List(list) = list else { return None };
                all.extend(list.iter().cloned());
                if all.len() > MAX_ITEMS {
                    return None;
                }
            }
            Value::list(all)
        }
        ("setunion", lists @ [_, ..]) => {
            let mut all = Vec::new();
            for list in lists {
                let Value::List(list) = list else { return None };
                all.extend(list.iter().cloned());
                if all.len() > MAX_ITEMS {
                    return None;
                }
            }
            set(&all)
        }
        ("distinct", [Value::List(list)]) => {
            let mut seen = BTreeSet::new();
            texts(list)?;
            let is_first = |value: &&Value| value.to_text().is_some_and(|text| seen.insert(text));
            Value::list(list.iter().filter(is_first).cloned().collect())
        }
        ("compact", [Value::List(list)]) => {
            texts(list)?;
            let is_full = |value: &&Value| value.to_text().is_some_and(|text| !text.is_empty());
            Value::list(list.iter().filter(is_full).cloned().collect())
        }
        ("reverse", [Value::List(list)]) => Value::list(list.iter().rev().cloned().collect()),
        ("sort", [Value::List(list)]) => {
            texts(list)?;
            let mut list = list.to_vec();
            list.sort_by_key(Value::to_text);
            Value::list(list)
        }
        ("flatten", [Value::List(list)]) => {
            let mut flat = Vec::new();
            for value in list.iter() {
                match value {
                    // One level is what people have.
                    Value::List(inner) | Value::Set(inner)
                        if inner.iter().any(|value| matches!(value, Value::List(_) | Value::Set(_))) =>
                    {
                        return None;
                    }
                    Value::List(inner) | Value::Set(inner) => flat.extend(inner.iter().cloned()),
                    Value::Unknown(_) => return None,
                    other => flat.push(other.clone()),
                }
                if flat.len() > MAX_ITEMS {
                    return None;
                }
            }
            Value::list(flat)
        }
        ("join", [Value::Text(separator, _), Value::List(list)]) => {
            texts(list)?;
            let parts: Vec<Rc<str>> = list.iter().filter_map(Value::to_text).collect();
            let length: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
            (length <= MAX_JOINED_BYTES).then(|| Value::text(&parts.join(&**separator)))?
        }
        ("split", [Value::Text(separator, _), Value::Text(text, _)]) if !separator.is_empty() => {
            let parts: Vec<Value> = text.split(&**separator).take(MAX_ITEMS + 1).map(Value::text).collect();
            (parts.len() <= MAX_ITEMS).then(|| Value::list(parts))?
        }
        ("lower", [Value::Text(text, _)]) => Value::text(&ascii(text)?.to_ascii_lowercase()),
        ("upper", [Value::Text(text, _)]) => Value::text(&ascii(text)?.to_ascii_uppercase()),
        ("trimspace", [Value::Text(text, _)]) => Value::text(ascii(text)?.trim()),
        ("length", [Value::List(list)]) => number(list.len()),
        ("length", [Value::Object(values)]) => number(values.len()),
        ("length", [Value::Text(text, _)]) => number(ascii(text)?.len()),
        ("contains", [Value::List(list), value]) => {
            let answers: Option<Vec<bool>> = list.iter().map(|element| element.equals(value)).collect();
            Value::Bool(answers?.contains(&true))
        }
        ("keys", [Value::Object(values)]) => Value::list(values.keys().map(|key| Value::text(key)).collect()),
        ("values", [Value::Object(values)]) => Value::list(values.values().cloned().collect()),
        ("lookup", [Value::Object(values), Value::Text(key, _), default @ ..]) => {
            values.get(&**key).or(default.first())?.clone()
        }
        _ => return None,
    })
}

fn number(count: usize) -> Value {
    u32::try_from(count).map_or(Value::open(), |count| Value::Number(count.into()))
}

/// Returns the texts of a list; none if an element is not known, or no text.
fn texts(list: &[Value]) -> Option<BTreeSet<Rc<str>>> {
    let text = |value: &Value| match value {
        Value::Text(text, _) => Some(Rc::clone(text)),
        _ => None,
    };
    list.iter().map(text).collect()
}

/// True if a text has the marks of a template.
fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

/// True if a text in JSON has the marks of a template, or may have.
fn has_template(json: &str) -> bool {
    is_template(json) || json.contains("\\u")
}

/// The most names that are collected from one expression.
const MOST_NAMES: usize = 8;

/// Collects the names of variables and of locals in an expression.
#[derive(Default)]
struct Names {
    variables: BTreeSet<Rc<str>>,
    locals: BTreeSet<String>,
    /// The number of parts of the expression.
    visited: usize,
}

impl Visit for Names {
    fn visit_expr(&mut self, expression: &Expression) {
        self.visited += 1;
        visit_expr(self, expression);
    }

    fn visit_traversal(&mut self, traversal: &Traversal) {
        let name = traversal.operators.first().and_then(name_of);
        match (&traversal.expr, name) {
            (Expression::Variable(root), Some(name)) if root.as_str() == "var" => {
                if self.variables.len() < MOST_NAMES {
                    self.variables.insert(Rc::from(name));
                }
            }
            (Expression::Variable(root), Some(name)) if root.as_str() == "local" => {
                if self.locals.len() < 8 * MOST_NAMES {
                    self.locals.insert(name.to_owned());
                }
            }
            (other, _) => visit_expr(self, other),
        }
        for operator in &traversal.operators {
            visit_traversal_operator(self, operator.value());
        }
    }
}
