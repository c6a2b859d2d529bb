//! Templates in HCL and in HCL's JSON, of one file or of several.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use hcl::edit::expr::Expression;

use super::evaluate::{BYTES_PER_STEP, Evaluator, Reach, Refused, Scope};
use super::limits::{self, MAX_HCL_BYTES};
use super::syntax::{self, File, Group, Kind as Syntax, Labelled, Names, Node};
use super::value::{Place, Type, Value};
use super::{
    BUILDER_TYPE, Builder, COMPONENT, COPY_REGIONS, Copies, IMAGE_NAME, Kind, Open, PLUGIN, Part, REGION,
    Regions, SKIP, TemplateError, Text, Variables, misspelt, needs_of_skip, planned,
};
use crate::sources::error::SourceError;
use crate::sources::planned::{Planned, PlannedCall};
use crate::text::{clean, decode, legible, nearest, position};
use crate::wire::{MAX_ITEMS, MAX_VALUE_BYTES};

/// The most files of a template, those of values too: 256.
pub const MAX_FILES: usize = 256;

/// A template of Packer in HCL or in HCL's JSON: one file, or all files of a folder.
///
/// One file alone may not be all of its template. Several are taken for all of it, as Packer takes
/// a folder: `*.pkr.hcl`, `*.pkr.json` and the values in `*.auto.pkrvars.hcl` and
/// `*.auto.pkrvars.json`. Variables that are given no value have their defaults then.
///
/// ```
/// use presync::sources::packer::{Template, Variables};
///
/// let build = br#"
///     source "tencentcloud-cvm" "base" {
///       region             = "ap-guangzhou"
///       image_copy_regions = var.regions
///     }
///     build {
///       sources = ["source.tencentcloud-cvm.base"]
///     }
/// "#;
/// let variables = br#"
///     variable "regions" {
///       type    = list(string)
///       default = ["ap-shanghai", "ap-nowhere"]
///     }
/// "#;
/// let template = Template::default().with_file("build.pkr.hcl", build).with_file("variables.pkr.hcl", variables);
/// let call = &template.calls(&Variables::default(), None)?.calls[0];
/// assert_eq!(call.request().request().destination_regions, ["ap-shanghai", "ap-nowhere"]);
///
/// let variables = Variables::default().with_value("regions", r#"["ap-beijing"]"#);
/// let call = &template.calls(&variables, None)?.calls[0];
/// assert_eq!(call.request().request().destination_regions, ["ap-beijing"]);
/// # Ok::<(), presync::sources::packer::TemplateError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Template {
    files: Vec<(String, Vec<u8>)>,
    is_whole: bool,
}

impl Template {
    /// Adds a file, which its name tells from one of values. Packer reads those in HCL
    /// first, in the order of their names. The files of the calls are counted in the order
    /// in which they are added here.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), bytes.into()));
        self
    }

    /// Says that the files are all of the template, even if there is but one: those of a folder.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// Returns the calls of the template with these values for its variables. `region` is the
    /// source region of sources whose own is not known.
    ///
    /// # Errors
    ///
    /// Errors when a file cannot be read, when a value is not of the type that it must have, and
    /// when a whole template is one that Packer refuses: a build of a source that is not there, a
    /// value for a variable that is not there.
    pub fn calls(&self, variables: &Variables, region: Option<&str>) -> Result<Planned, TemplateError> {
        if self.files.len() + variables.files().count() > MAX_FILES {
            return Err(SourceError::TooManyFiles { limit: MAX_FILES }.into());
        }
        let texts: Vec<(&str, Cow<'_, [u8]>)> =
            self.files.iter().map(|(name, bytes)| (&**name, decode(bytes))).collect();
        let given: Vec<(&str, Cow<'_, [u8]>)> =
            variables.files().map(|(name, bytes)| (name, decode(bytes))).collect();
        let values = variables.values().chain(variables.environment());
        let values = values.map(|(name, value)| name.len() + value.len());
        let found: usize = texts.iter().chain(&given).map(|(_, text)| text.len()).chain(values).sum();
        if found > MAX_HCL_BYTES {
            let what = "a Packer template in HCL, with all of its files and values,";
            return Err(SourceError::TooLarge { what, limit: MAX_HCL_BYTES, found }.into());
        }
        let files = read_all(&texts, "a Packer template")?;
        let values = read_all(&given, "a file of values for a Packer template")?;
        let is_complete = self.is_whole || self.files.len() > 1 || !variables.is_empty();
        Reader::new(&files, is_complete)?.calls(&values, variables, region)
    }
}

fn read_all<'t>(
    texts: &'t [(&'t str, Cow<'t, [u8]>)],
    what: &'static str,
) -> Result<Vec<File<'t>>, TemplateError> {
    let read = |(name, bytes): &'t (&'t str, Cow<'t, [u8]>)| {
        File::read(name, bytes, what).map_err(|error| TemplateError::of(name, error))
    };
    texts.iter().map(read).collect()
}

/// Returns every call of a template that is one file in HCL, or in HCL's JSON. `region` is the
/// source region of sources whose own is not a literal.
///
/// # Errors
///
/// Errors when the bytes are not HCL, or when a value of a source is not of the type that it must
/// have. The error has its position.
///
/// ```
/// use presync::Parameter;
/// use presync::sources::packer;
///
/// let template = br#"
/// source "tencentcloud-cvm" "base" {
///   region             = "ap-guangzhou"
///   image_copy_regions = ["ap-shanghai", var.region]
/// }
/// "#;
/// let calls = packer::hcl_calls(template, None)?.calls;
/// assert_eq!(calls[0].address(), "source.tencentcloud-cvm.base");
/// assert_eq!(
///     calls[0].request().needs(&Parameter::DESTINATION_REGIONS.element(1)),
///     Some(
///         "`image_copy_regions` of `source.tencentcloud-cvm.base`, which is not a literal: \
///          the template's folder settles it"
///     )
/// );
///
/// let error = packer::hcl_calls(b"source {\n  region = \n}\n", None).unwrap_err();
/// assert!(error.to_string().starts_with("line 2, column 12: "), "{error}");
/// # Ok::<(), presync::sources::SourceError>(())
/// ```
pub fn hcl_calls(bytes: &[u8], region: Option<&str>) -> Result<Planned, SourceError> {
    let template = Template::default().with_file("", bytes);
    template.calls(&Variables::default(), region).map_err(TemplateError::into_error)
}

/// The work of one use of a source, beside that of its expressions, in steps.
const STEPS_PER_USE: usize = 64;

/// A `source` block.
struct Source<'f> {
    builder_type: Cow<'f, str>,
    address: String,
    body: Group<'f>,
    /// The names of its attributes, once a build has added to it.
    names: OnceCell<BTreeSet<Cow<'f, str>>>,
}

/// A name of a source in a build, with its place.
struct Named<'f> {
    name: String,
    place: Place,
    use_of: Use<'f>,
}

impl<'f> Named<'f> {
    fn new(name: &str, place: Option<&Place>, node: Node<'f>, use_of: Use<'f>) -> Self {
        let place = place.cloned().unwrap_or_else(|| node.place());
        Self { name: name.to_owned(), place, use_of }
    }
}

/// One use of a source in a build.
struct Use<'f> {
    /// The index of the source.
    source: usize,
    /// The attributes that the build adds.
    added: Option<Group<'f>>,
    /// The names that stand for values in what is added.
    scope: Scope,
    /// What would settle whether it is built; none if it is.
    perhaps: Option<String>,
}

/// The type and the default of a variable.
struct Variable<'f> {
    of: Type,
    /// True if it declares the type. Else it has that of its default.
    is_typed: bool,
    default: Option<Node<'f>>,
}

/// Reads the calls of a template.
struct Reader<'f> {
    files: &'f [File<'f>],
    is_complete: bool,
    evaluator: Evaluator<'f>,
    variables: BTreeMap<String, Variable<'f>>,
    /// The first thing for which Packer refuses the template, with its place.
    refused: Option<(Place, Refused)>,
    sources: Vec<Source<'f>>,
    /// The types that the builder has under other local names of its plugin.
    other_types: BTreeSet<String>,
    /// For each source, its index.
    by_name: BTreeMap<(Cow<'f, str>, Cow<'f, str>), usize>,
    builds: Vec<Labelled<'f>>,
    /// The values in files that Packer reads by itself, with the indices of those.
    values: Vec<(usize, &'f File<'f>)>,
}

impl<'f> Reader<'f> {
    /// Reads the blocks of the files.
    fn new(files: &'f [File<'f>], is_complete: bool) -> Result<Self, TemplateError> {
        let mut reader = Self {
            files,
            is_complete,
            evaluator: Evaluator::new(),
            variables: BTreeMap::new(),
            refused: None,
            sources: Vec::new(),
            other_types: BTreeSet::new(),
            by_name: BTreeMap::new(),
            builds: Vec::new(),
            values: Vec::new(),
        };
        let is_values = |file: &File<'_>| Kind::of(Some(file.name), b"") == Some(Kind::AutoValues);
        // Packer reads HCL first, and each in the order of names.
        let mut order: Vec<(usize, &File<'f>)> = files.iter().enumerate().collect();
        order.sort_by_key(|(index, file)| (file.is_json(), file.name, *index));
        for (index, file) in order {
            if is_values(file) {
                reader.values.push((index, file));
            } else {
                reader.blocks(&file.group(index)).map_err(|error| reader.in_file(index, error))?;
            }
        }
        Ok(reader)
    }

    /// Returns an error with the name of its file, where there are several.
    fn in_file(&self, file: usize, error: SourceError) -> TemplateError {
        match self.files.get(file) {
            Some(file) if !file.name.is_empty() => TemplateError::of(file.name, error),
            _ => error.into(),
        }
    }

    /// Returns an error about a value at a place.
    fn wrong(&self, place: &Place, path: Option<String>, message: String) -> TemplateError {
        let text = self.files.get(place.file).map_or("", |file| file.text);
        let (line, column) = position(text.as_bytes(), place.span.start);
        self.in_file(place.file, SourceError::Malformed { line, column, path, message })
    }

    /// True if sources of this type are the builder.
    fn is_ours(&self, builder_type: &str) -> bool {
        builder_type == BUILDER_TYPE || self.other_types.contains(builder_type)
    }

    /// True if no source of this type is there, and one may be meant for the builder: its type is
    /// misspelt, or it is one under another local name of the plugin.
    fn may_be_ours(&self, builder_type: &str) -> bool {
        self.is_ours(builder_type)
            || builder_type.ends_with(COMPONENT)
            || nearest(builder_type, [BUILDER_TYPE]).is_some()
    }

    /// Reads the local names of the builder's plugin. Another plugin of that name, such as a
    /// fork of it, counts as well.
    fn plugins(&mut self, group: &Group<'f>) -> Result<(), SourceError> {
        for packer in group.blocks("packer", 0)? {
            for plugins in packer.body.blocks("required_plugins", 0)? {
                for (local_name, plugin) in plugins.body.attributes() {
                    let plugin = self
                        .evaluator
                        .within_reach(Reach::Value, |evaluator| evaluator.value(plugin, &mut Scope::new()));
                    let Ok(Value::Object(plugin)) = plugin else { continue };
                    let Some(Value::Text(address, _)) = plugin.get("source") else { continue };
                    if address.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(PLUGIN)) {
                        self.other_types.insert(format!("{local_name}-{COMPONENT}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn blocks(&mut self, group: &Group<'f>) -> Result<(), SourceError> {
        // Packer refuses what it does not know. What was meant would be lost here.
        self.all_named(group, &syntax::OF_FILE)?;
        self.plugins(group)?;
        for Labelled { labels, body, place } in group.blocks("source", 2)? {
            let [builder_type, name] = <[_; 2]>::try_from(labels).unwrap_or_default();
            let address = format!("source.{}", legible(&format!("{builder_type}.{name}")));
            if self.by_name.insert((builder_type.clone(), name), self.sources.len()).is_some() {
                return Err(self.twice(&place, &address));
            }
            self.sources.push(Source { builder_type, address, body, names: OnceCell::new() });
        }
        for Labelled { labels, body, place } in group.blocks("variable", 1)? {
            let name = labels.concat();
            // Null is a value like others: where it is passed on, the attribute counts as not set.
            let default = body.written("default");
            let stated = body.attribute("type").map(|node| node.expression);
            let is_typed = stated.is_some();
            let of = match stated {
                Some(Syntax::Hcl(of)) => Type::of(of),
                Some(Syntax::Json(of, _)) => {
                    serde_json::from_str::<String>(of.get()).map_or(Type::Other, |of| Type::of_text(&of))
                }
                None => Type::Any,
            };
            self.variable(name, Variable { of, is_typed, default }, &place)?;
        }
        for Labelled { body, .. } in group.blocks("variables", 0)? {
            for (name, default) in body.attributes() {
                let variable = Variable { of: Type::Any, is_typed: false, default: Some(default) };
                self.variable(name.into_owned(), variable, &default.place())?;
            }
        }
        let mut locals = Vec::new();
        for Labelled { body, .. } in group.blocks("locals", 0)? {
            let attributes = body.attributes().into_iter();
            locals.extend(attributes.map(|(name, node)| (name.into_owned(), node, node.place())));
        }
        for Labelled { labels, body, place } in group.blocks("local", 1)? {
            locals.extend(body.written("expression").map(|node| (labels.concat(), node, place)));
        }
        // Of two that are one local the later is refused, whichever block it is in.
        locals.sort_by_key(|(_, _, place)| place.span.start);
        for (name, node, place) in locals {
            let address = format!("local.{}", legible(&name));
            if self.evaluator.locals.insert(name, node).is_some() {
                return Err(self.twice(&place, &address));
            }
        }
        for build in group.blocks("build", 0)? {
            self.all_named(&build.body, &syntax::OF_BUILD)?;
            self.builds.push(build);
        }
        Ok(())
    }

    /// An error if a part of a body is misnamed.
    fn all_named(&self, group: &Group<'f>, names: &Names) -> Result<(), SourceError> {
        match group.misnamed(names) {
            None => Ok(()),
            Some((place, name, message)) => Err(self.malformed(&place, name, message)),
        }
    }

    fn variable(&mut self, name: String, variable: Variable<'f>, place: &Place) -> Result<(), SourceError> {
        let address = format!("variable.{}", legible(&name));
        match self.variables.insert(name, variable) {
            None => Ok(()),
            Some(_) => Err(self.twice(place, &address)),
        }
    }

    fn twice(&self, place: &Place, address: &str) -> SourceError {
        let message = "it is there twice, and a template has each once".to_owned();
        self.malformed(place, address.to_owned(), message)
    }

    fn malformed(&self, place: &Place, path: String, message: String) -> SourceError {
        let text = self.files.get(place.file).map_or("", |file| file.text);
        let (line, column) = position(text.as_bytes(), place.span.start);
        SourceError::Malformed { line, column, path: Some(path), message }
    }

    fn calls(
        mut self,
        values: &'f [File<'f>],
        given: &Variables,
        region: Option<&str>,
    ) -> Result<Planned, TemplateError> {
        self.give(values, given)?;
        let mut types = BTreeMap::new();
        for source in &self.sources {
            *types.entry(source.builder_type.clone().into_owned()).or_default() += 1;
        }
        let (uses, missing) = self.uses()?;
        let (mut calls, mut copies) = (Vec::new(), Copies(0));
        for use_of in uses {
            let call = self.call(use_of, region)?;
            copies.add(call.as_ref())?;
            calls.extend(call);
        }
        if self.evaluator.is_exhausted() {
            return Err(SourceError::TooMuchWork.into());
        }
        if let Some((place, refused)) = &self.refused {
            return Err(self.wrong(place, None, refused.words(&Type::Any)));
        }
        let mut planned = planned(calls, &types, |builder_type| self.is_ours(builder_type));
        if let Some(address) = missing.first() {
            let words = format!(
                "a build names `{address}`, which is in no file that is given: give the template's folder"
            );
            planned.seen = format!("{words}; {}", planned.seen);
            planned.partial = Some(words);
        }
        Ok(planned)
    }

    /// Gives the variables their values.
    fn give(&mut self, values: &'f [File<'f>], given: &Variables) -> Result<(), TemplateError> {
        let mut variables = std::mem::take(&mut self.variables);
        self.evaluator.declared = variables.keys().cloned().collect();
        for (name, variable) in &mut variables {
            let Some(default) = variable.default else { continue };
            let value = self
                .evaluator
                .within_reach(Reach::Default, |evaluator| evaluator.value(default, &mut Scope::new()));
            let value = value.map_err(|refused| {
                let path = Some(format!("variable.{}.default", legible(name)));
                self.wrong(&default.place(), path, refused.words(variable.of.of_word(default.is_word())))
            })?;
            if !self.evaluator.afford(&value) {
                return Err(SourceError::TooMuchWork.into());
            }
            let value = variable.of.convert(&value).ok_or_else(|| {
                let path = Some(format!("variable.{}.default", legible(name)));
                self.wrong(&default.place(), path, format!("expected a {}", variable.of.name()))
            })?;
            if !variable.is_typed {
                // A function here is `env`, whose value is a text.
                let is_text = matches!(default.expression, Syntax::Hcl(Expression::FuncCall(_)));
                variable.of = if is_text { Type::Text } else { Type::of_value(&value) };
            }
            // One that only Packer can evaluate can still be given another value.
            let value = if value.is_unknown() { Value::of_variable(name) } else { value };
            self.evaluator.variables.insert(name.clone(), value);
        }
        for (name, text) in given.environment() {
            let Some(variable) = variables.get(name) else { continue };
            // As with any other value that is given, the others have their defaults for certain.
            self.is_complete = true;
            let wrong = |message| {
                let from = format!("from the environment variable `PKR_VAR_{}`", clean(name));
                wrong_variable(name, format!("{from}: {message}"))
            };
            let value = self.given_value(variable, text, &wrong)?;
            self.evaluator.variables.insert(name.to_owned(), value);
        }
        // Those of the template first, the ones in JSON after the others,
        // then those that are given.
        let own = self.values.iter().map(|(index, file)| (*file, Some(*index)));
        let files: Vec<(&File<'_>, Option<usize>)> =
            own.chain(values.iter().map(|file| (file, None))).collect();
        // Before April 2025 Packer read all in JSON last. Where that makes a
        // difference, its version decides.
        let mut in_json: BTreeMap<String, Value> = BTreeMap::new();
        // The index is that in the list of files, of those that are of the template.
        for (file, index) in files {
            let wrong = |place: &Place, name: &str, message: String| {
                let (line, column) = position(file.text.as_bytes(), place.span.start);
                let path = Some(legible(name));
                TemplateError::of(file.name, SourceError::Malformed { line, column, path, message })
            };
            file.once().map_err(|error| TemplateError::of(file.name, error))?;
            let group = file.group(index.unwrap_or_default());
            if !file.is_json() {
                if let Some((place, name)) = group.first_block() {
                    let message = "a file of values has no blocks: expected `NAME = VALUE`".to_owned();
                    return Err(wrong(&place, &name, message));
                }
            }
            for (name, node) in group.attributes() {
                // Packer passes over a value for a variable that is not there.
                let Some(variable) = variables.get(&*name) else { continue };
                let value = self
                    .evaluator
                    .within_reach(Reach::Value, |evaluator| evaluator.value(node, &mut Scope::new()));
                let value = value.map_err(|refused| {
                    wrong(&node.place(), &name, refused.words(variable.of.of_word(node.is_word())))
                })?;
                if !self.evaluator.afford(&value) {
                    return Err(SourceError::TooMuchWork.into());
                }
                let value = variable.of.convert(&value).ok_or_else(|| {
                    wrong(&node.place(), &name, format!("expected a {}", variable.of.name()))
                })?;
                let value = if index.is_some() { value } else { value.without_place() };
                let is_same = |json: &Value| json.equals(&value) == Some(true);
                let value = if file.is_json() {
                    in_json.insert(name.clone().into_owned(), value.clone());
                    value
                } else if in_json.get(&*name).is_none_or(is_same) {
                    value
                } else {
                    Value::of_variable(&name)
                };
                self.evaluator.variables.insert(name.into_owned(), value);
            }
        }
        for (name, text) in given.values() {
            let Some(variable) = variables.get(name) else {
                return Err(wrong_variable(name, "no file of the template declares it".to_owned()));
            };
            let value = self.given_value(variable, text, &|message| wrong_variable(name, message))?;
            self.evaluator.variables.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// Reads a value from the command line or from the environment: a text as it is, another value
    /// as an expression. `wrong` makes the error of a message.
    fn given_value(
        &mut self,
        variable: &Variable<'f>,
        text: &str,
        wrong: &dyn Fn(String) -> TemplateError,
    ) -> Result<Value, TemplateError> {
        let of = &variable.of;
        let value = if of.is_of_texts() {
            Value::text(text)
        } else {
            let no_expression = || {
                let message =
                    format!("`{}` is not an expression in HCL, as a {} has to be", clean(text), of.name());
                wrong(message)
            };
            let expression = limits::expression(text).ok_or_else(no_expression)?;
            let value = self.evaluator.within_reach(Reach::Value, |evaluator| {
                evaluator.expression(&expression, None, &mut Scope::new())
            });
            value.map_err(|refused| {
                let is_word = expression.as_variable().is_some();
                wrong(refused.words(of.of_word(is_word)))
            })?
        };
        if !self.evaluator.afford(&value) {
            return Err(SourceError::TooMuchWork.into());
        }
        of.convert(&value).ok_or_else(|| wrong(format!("expected a {}, found `{}`", of.name(), clean(text))))
    }

    /// Returns every use of a source, in order, and the sources that are used and not there.
    fn uses(&mut self) -> Result<(Vec<Use<'f>>, Vec<String>), TemplateError> {
        let plain = |source| Use { source, added: None, scope: Scope::new(), perhaps: None };
        let ours: Vec<usize> = (0..)
            .zip(&self.sources)
            .filter(|(_, source)| self.is_ours(&source.builder_type))
            .map(|(index, _)| index)
            .collect();
        if self.builds.is_empty() {
            return Ok((ours.into_iter().map(plain).collect(), Vec::new()));
        }
        let (mut uses, mut missing) = (Vec::new(), Vec::new());
        // What would settle which sources are built beside those that are named.
        let mut any: Option<String> = None;
        for build in std::mem::take(&mut self.builds) {
            let mut found: Vec<Named<'f>> = Vec::new();
            if let Some(node) = build.body.attribute("sources") {
                let names = self.evaluate(node, &mut Scope::new());
                let needs = |open: Open| open.needs("sources", "build");
                match &names {
                    Value::List(list) | Value::Set(list) => {
                        self.afford_uses(list.len())?;
                        for name in list.iter() {
                            match name {
                                Value::Text(name, place) => {
                                    found.push(Named::new(name, place.as_ref(), node, plain(0)));
                                }
                                Value::Unknown(_) => {
                                    let open = self.open(node, name, &mut Scope::new());
                                    any = any.or_else(|| Some(needs(open)));
                                }
                                _ => {
                                    let message = "expected a list of texts".to_owned();
                                    return Err(self.wrong(
                                        &node.place(),
                                        Some("build.sources".to_owned()),
                                        message,
                                    ));
                                }
                            }
                        }
                    }
                    Value::Unknown(_) => {
                        let open = self.open(node, &names, &mut Scope::new());
                        any = any.or_else(|| Some(needs(open)));
                    }
                    _ => {
                        let message = "expected a list of texts".to_owned();
                        return Err(self.wrong(&node.place(), Some("build.sources".to_owned()), message));
                    }
                }
            }
            let in_file = |error| self.in_file(build.place.file, error);
            for block in build.body.blocks("source", 1).map_err(in_file)? {
                let use_of = Use { added: Some(block.body), ..plain(0) };
                found.push(Named { name: block.labels.concat(), place: block.place, use_of });
            }
            let dynamic = build.body.blocks(syntax::DYNAMIC, 1).map_err(in_file)?;
            for block in dynamic.into_iter().filter(|block| block.labels.concat() == "source") {
                let needs = self.dynamic(&block, &mut found)?;
                any = any.or(needs);
            }
            for Named { name, place, mut use_of } in found {
                let Some((builder_type, source)) = reference(&name) else {
                    let message = format!(
                        "`{}` names no source: expected its type and its name, as in `source.{BUILDER_TYPE}.NAME`",
                        legible(&name)
                    );
                    return Err(self.wrong(&place, Some("build".to_owned()), message));
                };
                let key = (Cow::Borrowed(builder_type), Cow::Borrowed(source));
                match self.by_name.get(&key) {
                    Some(index) => {
                        use_of.source = *index;
                        uses.push(use_of);
                    }
                    None if !self.may_be_ours(builder_type) => {}
                    None => {
                        let address = format!("source.{}", legible(&format!("{builder_type}.{source}")));
                        if self.is_complete {
                            let message = "a build names it, and it is in no file that is given".to_owned();
                            return Err(self.wrong(&place, Some(address), message));
                        }
                        missing.push(address);
                    }
                }
            }
        }
        if let Some(needs) = any {
            let certain: BTreeSet<usize> =
                uses.iter().filter(|use_of| use_of.perhaps.is_none()).map(|use_of| use_of.source).collect();
            for source in ours.into_iter().filter(|source| !certain.contains(source)) {
                uses.push(Use { perhaps: Some(needs.clone()), ..plain(source) });
            }
        }
        let sources = &self.sources;
        let is_ours = |use_of: &Use<'f>| {
            sources.get(use_of.source).is_some_and(|source| self.is_ours(&source.builder_type))
        };
        uses.retain(is_ours);
        Ok((uses, missing))
    }

    /// Adds the uses that a `dynamic "source"` block makes. Returns what would settle them, where
    /// it is not known which sources they name.
    fn dynamic(
        &mut self,
        block: &Labelled<'f>,
        found: &mut Vec<Named<'f>>,
    ) -> Result<Option<String>, TemplateError> {
        let content =
            block.body.blocks("content", 0).map_err(|error| self.in_file(block.place.file, error))?;
        let content = content.into_iter().next().map(|content| content.body);
        let iterator = match block.body.attribute("iterator").map(|node| node.expression) {
            Some(Syntax::Hcl(iterator)) => {
                iterator.as_variable().map_or_else(|| "source".to_owned(), |name| name.as_str().to_owned())
            }
            Some(Syntax::Json(iterator, _)) => serde_json::from_str(iterator.get()).unwrap_or_default(),
            None => "source".to_owned(),
        };
        let each = match block.body.attribute("for_each") {
            Some(node) => (Some(node), self.evaluate(node, &mut Scope::new())),
            None => (None, Value::open()),
        };
        let pairs: Option<Vec<(Value, Value)>> = match &each.1 {
            _ if !self.is_complete => None,
            each => each.pairs(),
        };
        let labels = block.body.attribute("labels");
        let Some(pairs) = pairs else {
            let open = match each {
                (Some(node), value) => self.open(node, &value, &mut Scope::new()),
                (None, _) => Open::default(),
            };
            let needs = open.needs("for_each", "dynamic.source");
            let label = labels.map(|node| (node, self.evaluate(node, &mut Scope::new())));
            return Ok(match label.as_ref().and_then(|(node, label)| Some((*node, label.only_text()?))) {
                Some((node, (name, place))) => {
                    let use_of = Use { source: 0, added: content, scope: Scope::new(), perhaps: Some(needs) };
                    found.push(Named::new(name, place, node, use_of));
                    None
                }
                None => Some(needs),
            });
        };
        self.afford_uses(pairs.len())?;
        let mut any = None;
        for (key, value) in pairs {
            let element = BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)]);
            let mut scope: Scope = vec![(iterator.clone(), Value::Object(std::rc::Rc::new(element)))];
            let label = labels.map(|node| (node, self.evaluate(node, &mut scope)));
            match label.as_ref().and_then(|(node, label)| Some((*node, label.only_text()?))) {
                Some((node, (name, place))) => {
                    let use_of = Use { source: 0, added: content.clone(), scope, perhaps: None };
                    found.push(Named::new(name, place, node, use_of));
                }
                None => any = Some(Open::default().needs("labels", "dynamic.source")),
            }
        }
        Ok(any)
    }

    /// Counts the work of so many uses of sources.
    fn afford_uses(&mut self, count: usize) -> Result<(), TemplateError> {
        if self.evaluator.step(count.saturating_mul(STEPS_PER_USE)) {
            Ok(())
        } else {
            Err(SourceError::TooMuchWork.into())
        }
    }

    /// Evaluates an expression; in a file alone only literals.
    fn evaluate(&mut self, node: Node<'f>, scope: &mut Scope) -> Value {
        if !self.is_complete {
            return self.evaluator.literal(node);
        }
        match self.evaluator.within_reach(Reach::Template, |evaluator| evaluator.value(node, scope)) {
            Ok(value) => value,
            Err(refused) => {
                self.refused.get_or_insert((node.place(), refused));
                Value::open()
            }
        }
    }

    /// Returns what would settle a value that is not known.
    fn open(&mut self, node: Node<'f>, value: &Value, scope: &mut Scope) -> Open {
        let names: Vec<String> = match value {
            Value::Unknown(names) => names.iter().map(|name| name.to_string()).collect(),
            _ => Vec::new(),
        };
        // The default counts where it is not what is used anyway.
        let default = if self.is_complete {
            None
        } else {
            self.evaluator.within_reach(Reach::Template, |evaluator| evaluator.value(node, scope)).ok()
        };
        let default = default.filter(|value| !value.is_unknown()).map(|value| value.shown());
        self.evaluator.step(default.as_ref().map_or(0, String::len) / BYTES_PER_STEP);
        let in_folder = !self.is_complete && (default.is_some() || !names.is_empty());
        // A value for one that is declared elsewhere cannot be given to this file alone.
        let is_declared = names.iter().all(|name| self.evaluator.declared.contains(name));
        Open { variables: if is_declared { names } else { Vec::new() }, in_folder, default }
    }

    /// Returns the call of a use.
    fn call(&mut self, use_of: Use<'f>, region: Option<&str>) -> Result<Option<PlannedCall>, TemplateError> {
        let Use { source, added, mut scope, perhaps } = use_of;
        let Some(source) = self.sources.get(source) else { return Ok(None) };
        let (address, body) = (source.address.clone(), source.body.clone());
        // Each is looked at once more for each use.
        let parts = added.iter().chain([&body]).map(Group::len).sum();
        if !self.evaluator.step(parts) {
            return Err(SourceError::TooMuchWork.into());
        }
        if let Some(added) = &added {
            self.is_set_once(source, added)?;
        }
        let attribute = |name: &str| {
            added.as_ref().and_then(|added| added.attribute(name)).or_else(|| body.attribute(name))
        };
        let (own_region, copy_regions, image_name, skip) =
            (attribute(REGION), attribute(COPY_REGIONS), attribute(IMAGE_NAME), attribute(SKIP));
        for body in added.iter().chain([&body]) {
            self.are_attributes(body, &address)?;
            self.are_spelt(body, &address)?;
        }
        let perhaps = perhaps.or_else(|| {
            let value = self.evaluate(skip?, &mut scope);
            let is_false = match &value {
                Value::Null | Value::Bool(false) => true,
                Value::Text(text, _) => matches!(&**text, "false" | "0"),
                _ => false,
            };
            needs_of_skip(&address, is_false)
        });
        let builder = Builder {
            region: self.text(own_region, REGION, &address, &mut scope)?,
            copy_regions: self.regions(copy_regions, &address, &mut scope)?,
            image_name: self.text(image_name, IMAGE_NAME, &address, &mut scope)?,
            address,
            perhaps,
        };
        Ok(builder.call(region))
    }

    /// Errors when a block stands where an attribute is expected, which Packer refuses.
    fn are_attributes(&self, body: &Group<'f>, address: &str) -> Result<(), TemplateError> {
        let Group::Hcl(_, file) = body else { return Ok(()) };
        for name in [REGION, COPY_REGIONS, IMAGE_NAME] {
            let blocks = body.blocks(name, 0).map_err(|error| self.in_file(*file, error))?;
            let dynamic = body.blocks(syntax::DYNAMIC, 1).map_err(|error| self.in_file(*file, error))?;
            let mut blocks =
                blocks.into_iter().chain(dynamic.into_iter().filter(|block| block.labels == [name]));
            if let Some(block) = blocks.next() {
                let message = "expected an attribute, found a block".to_owned();
                return Err(self.wrong(&block.place, Some(format!("{address}.{name}")), message));
            }
        }
        Ok(())
    }

    /// Errors when an attribute has nearly the name of one that is read.
    fn are_spelt(&self, body: &Group<'f>, address: &str) -> Result<(), TemplateError> {
        for (name, node) in body.attributes() {
            if let Some(message) = misspelt(&name) {
                return Err(self.wrong(
                    &node.place(),
                    Some(format!("{address}.{}", legible(&name))),
                    message,
                ));
            }
        }
        Ok(())
    }

    /// Errors when a build sets an attribute that its source has: Packer fills in what is not set,
    /// and refuses the template otherwise. The `name` that a build gives is that of the build.
    fn is_set_once(&self, source: &Source<'f>, added: &Group<'f>) -> Result<(), TemplateError> {
        let names = || source.body.attributes().into_iter().map(|(name, _)| name).collect();
        let names = source.names.get_or_init(names);
        match added.attributes().into_iter().find(|(name, _)| name != "name" && names.contains(name)) {
            None => Ok(()),
            Some((name, node)) => {
                let path = format!("{}.{}", source.address, legible(&name));
                let message = "a build sets it, and its source has it already, which Packer refuses: set it in one of them";
                Err(self.wrong(&node.place(), Some(path), message.to_owned()))
            }
        }
    }

    fn text(
        &mut self,
        node: Option<Node<'f>>,
        attribute: &str,
        address: &str,
        scope: &mut Scope,
    ) -> Result<Option<(Text, Part)>, TemplateError> {
        let Some(node) = node else { return Ok(None) };
        let value = self.evaluate(node, scope);
        if matches!(value, Value::Null) {
            return Ok(None);
        }
        let place = node.place();
        let (text, own) = self.known(node, &value, (attribute, address, attribute), scope)?;
        let place = own.unwrap_or(place);
        Ok(Some((text, (place.file, place.span))))
    }

    /// Returns the text that a value is, and its own place; an error if it can be none. `at` has
    /// the attribute, the address and the path.
    fn known(
        &mut self,
        node: Node<'f>,
        value: &Value,
        at: (&str, &str, &str),
        scope: &mut Scope,
    ) -> Result<(Text, Option<Place>), TemplateError> {
        let (attribute, address, path) = at;
        if value.is_unknown() {
            let open = self.open(node, value, scope);
            return Ok((Err(open.needs(attribute, address)), None));
        }
        let Some(text) = value.to_text() else {
            let message = "expected a text".to_owned();
            return Err(self.wrong(&node.place(), Some(format!("{address}.{path}")), message));
        };
        let place = if let Value::Text(_, place) = value { place.clone() } else { None };
        if text.len() > MAX_VALUE_BYTES {
            let message = format!("a value has at most {MAX_VALUE_BYTES} bytes: this one has more");
            return Err(self.wrong(&node.place(), Some(format!("{address}.{path}")), message));
        }
        let known = of_template(text.to_string());
        Ok((known.ok_or_else(|| Open::default().needs(attribute, address)), place))
    }

    fn regions(
        &mut self,
        node: Option<Node<'f>>,
        address: &str,
        scope: &mut Scope,
    ) -> Result<Option<(Regions, Part)>, TemplateError> {
        let Some(node) = node else { return Ok(None) };
        let place = node.place();
        let part = (place.file, place.span.clone());
        let path = || Some(format!("{address}.{COPY_REGIONS}"));
        let elements = node.elements();
        if elements.as_ref().is_some_and(|elements| elements.len() > MAX_ITEMS) {
            let message = format!("a list has at most {MAX_ITEMS} elements: this one has more");
            return Err(self.wrong(&place, path(), message));
        }
        let value = self.evaluate(node, scope);
        let list = match &value {
            Value::List(list) | Value::Set(list) => list,
            Value::Unknown(_) => {
                let open = self.open(node, &value, scope);
                return Ok(Some((Err(open.needs(COPY_REGIONS, address)), part)));
            }
            Value::Null => return Ok(None),
            Value::Text(..) | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                return Err(self.wrong(&place, path(), "expected a list of texts".to_owned()));
            }
        };
        let mut regions = Vec::new();
        for (subscript, value) in list.iter().enumerate() {
            // The expression of the element, where the list is written here.
            let element = elements.as_ref().and_then(|elements| elements.get(subscript).copied());
            let path = format!("{COPY_REGIONS}[{subscript}]");
            let node = element.unwrap_or(node);
            let (text, own) = self.known(node, value, (COPY_REGIONS, address, &path), scope)?;
            let own = own.or_else(|| element.map(|element| element.place()));
            regions.push((text, own.map(|place| (place.file, place.span))));
        }
        Ok(Some((Ok(regions), part)))
    }
}

/// Returns a text as the builder reads it; none if a function of its template language is called in
/// it, which only Packer does.
fn of_template(text: String) -> Option<String> {
    Some(text).filter(|text| !text.contains("{{"))
}

/// Returns the type and the name of the source that a build names; none if it names none. Of three
/// parts or more Packer leaves out the first one, whatever it is, and those behind the name.
fn reference(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.split('.');
    let (first, second) = (parts.next()?, parts.next()?);
    let (builder_type, source) = parts.next().map_or((first, second), |third| (second, third));
    (!builder_type.is_empty() && !source.is_empty()).then_some((builder_type, source))
}

fn wrong_variable(name: &str, message: String) -> TemplateError {
    SourceError::Variable { name: clean(name), message }.into()
}
