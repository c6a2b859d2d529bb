//! Files of a template: the blocks in them, in HCL and in HCL's JSON.

use std::borrow::Cow;
use std::ops::Range;

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::parser::parse_body;
use hcl::edit::structure::{Block, BlockLabel, Body, Structure};
use serde_json::value::RawValue;

use super::limits::{Excess, MAX_HCL_BYTES, MAX_KEY_PAIRS, prepared};
use super::value::Place;
use super::{COPY_REGIONS, IMAGE_NAME, REGION, SKIP};
use crate::sources::error::SourceError;
use crate::sources::fields::{self, Keys};
use crate::text::json::{ascii_of, range};
use crate::text::{counted, legible, nearest, position};

/// A file that was read.
pub(super) struct File<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
    syntax: Syntax<'t>,
}

enum Syntax<'t> {
    Hcl(Body),
    Json(Keys<'t>),
}

/// An expression in a file.
#[derive(Clone, Copy)]
pub(super) struct Node<'f> {
    /// The index of the file.
    pub(super) file: usize,
    pub(super) expression: Kind<'f>,
}

/// An expression in one of the syntaxes.
#[derive(Clone, Copy)]
pub(super) enum Kind<'f> {
    Hcl(&'f Expression),
    /// An expression in JSON, with all of the text that it is a part of.
    Json(&'f RawValue, &'f str),
}

impl<'f> Node<'f> {
    pub(super) fn place(&self) -> Place {
        let span = match self.expression {
            Kind::Hcl(expression) => expression.span(),
            Kind::Json(value, text) => range(text.as_bytes(), value.get()),
        };
        Place { file: self.file, span: span.unwrap_or_default() }
    }

    /// Returns the elements of a list that is written here; none for another expression.
    pub(super) fn elements(&self) -> Option<Vec<Self>>
    where
        Self: Sized,
    {
        let node = |expression| Self { file: self.file, expression };
        match self.expression {
            Kind::Hcl(Expression::Array(list)) => Some(list.iter().map(Kind::Hcl).map(node).collect()),
            Kind::Json(value, text) => {
                let list: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                Some(list.into_iter().map(|value| node(Kind::Json(value, text))).collect())
            }
            Kind::Hcl(_) => None,
        }
    }

    /// True if it is a word without quotes.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.expression, Kind::Hcl(Expression::Variable(_)))
    }

    pub(super) fn is_null(&self) -> bool {
        match self.expression {
            Kind::Hcl(expression) => expression.is_null(),
            Kind::Json(value, _) => value.get() == "null",
        }
    }
}

/// The body of a block, or of a file.
#[derive(Clone)]
pub(super) enum Group<'f> {
    Hcl(&'f Body, usize),
    Json(Keys<'f>, &'f str, usize),
}

/// The type of the blocks that make blocks of another type.
pub(super) const DYNAMIC: &str = "dynamic";

/// The names that the parts of a body have.
pub(super) struct Names {
    /// The types of its blocks, each with the number of its labels.
    blocks: &'static [(&'static str, u8)],
    arguments: &'static [&'static str],
}

/// Those of a file.
pub(super) const OF_FILE: Names = Names {
    blocks: &[
        ("build", 0),
        ("communicator", 2),
        ("data", 2),
        ("hcp_packer_registry", 0),
        ("local", 1),
        ("locals", 0),
        ("packer", 0),
        ("source", 2),
        ("variable", 1),
        ("variables", 0),
    ],
    arguments: &[],
};

/// Those of a build.
pub(super) const OF_BUILD: Names = Names {
    blocks: &[
        (DYNAMIC, 1),
        ("error-cleanup-provisioner", 1),
        ("hcp_packer_registry", 0),
        ("post-processor", 1),
        ("post-processors", 0),
        ("provisioner", 1),
        ("source", 1),
    ],
    arguments: &["description", "name", "sources"],
};

/// The key of a comment in JSON.
const COMMENT: &str = "//";

/// True for the name of an argument that is read in blocks of this type, and that each of them has
/// once. Blocks within them may have one name.
fn is_argument(kind: &str, name: &str) -> bool {
    match kind {
        "build" => OF_BUILD.arguments.contains(&name),
        "content" | "source" => [REGION, COPY_REGIONS, IMAGE_NAME, SKIP].contains(&name),
        DYNAMIC => ["for_each", "iterator", "labels"].contains(&name),
        "local" => name == "expression",
        "locals" | "required_plugins" | "variables" => name != COMMENT,
        "variable" => ["default", "type"].contains(&name),
        _ => false,
    }
}

/// A block with its labels.
pub(super) struct Labelled<'f> {
    pub(super) labels: Vec<Cow<'f, str>>,
    pub(super) body: Group<'f>,
    pub(super) place: Place,
}

impl<'t> File<'t> {
    /// Reads a file. `what` is what messages call it.
    pub(super) fn read(name: &'t str, bytes: &'t [u8], what: &'static str) -> Result<Self, SourceError> {
        let text = fields::text(bytes, what, MAX_HCL_BYTES)?;
        let is_json = match name.rsplit_once('.') {
            Some((_, "json")) => true,
            Some((_, "hcl")) => false,
            _ => bytes.trim_ascii_start().first() == Some(&b'{'),
        };
        let syntax =
            if is_json { Syntax::Json(fields::read(text, text, "")?) } else { Syntax::Hcl(parsed(text)?) };
        Ok(Self { name, text, syntax })
    }

    /// True if it is in JSON.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.syntax, Syntax::Json(_))
    }

    /// Errors when a file of values has two for one name.
    pub(super) fn once(&self) -> Result<(), SourceError> {
        match &self.syntax {
            // The parser does.
            Syntax::Hcl(_) => Ok(()),
            Syntax::Json(keys) => keys.once(self.text, String::new, |name| name != COMMENT),
        }
    }

    /// Returns what is in the file, which has this index.
    pub(super) fn group(&self, index: usize) -> Group<'_> {
        match &self.syntax {
            Syntax::Hcl(body) => Group::Hcl(body, index),
            Syntax::Json(keys) => Group::Json(keys.clone(), self.text, index),
        }
    }
}

/// The parser's words for an argument that is there twice.
const REDEFINED: &str = "invalid attribute; expected unique attribute key; found redefined attribute";

fn parsed(text: &str) -> Result<Body, SourceError> {
    let malformed = |offset: usize, message: String| {
        let (line, column) = position(text.as_bytes(), offset);
        SourceError::Malformed { line, column, path: None, message }
    };
    let prepared = prepared(text).map_err(|excess| match excess {
        Excess::Operations(offset) => {
            malformed(offset, "operations stand too deep within one another".to_owned())
        }
        Excess::Keys(offset) => {
            let message = format!(
            "the keys of objects and blocks are at most {MAX_KEY_PAIRS} pairs, each with each, as those of one object of 4096 keys: here are more"
        );
            malformed(offset, message)
        }
    })?;
    parse_body(&prepared.text).map_err(|error| {
        // The first of several lines says what is wrong.
        let message = match error.message().lines().next() {
            Some(REDEFINED) => "the argument is given twice".to_owned(),
            message => legible(message.unwrap_or("not HCL")),
        };
        let offset = error.location().offset();
        let found = text.get(offset..).and_then(|rest| rest.chars().next()).filter(|found| !found.is_ascii());
        let found = found.map(|found| match ascii_of(found) {
            Some(meant) => format!("; found U+{:04X} in the place of `{meant}`", u32::from(found)),
            None => format!("; found U+{:04X}", u32::from(found)),
        });
        malformed(offset, message + &found.unwrap_or_default())
    })
}

impl<'f> Group<'f> {
    /// The expression of an attribute; none for a null or a missing one.
    pub(super) fn attribute(&self, name: &str) -> Option<Node<'f>> {
        self.written(name).filter(|node| !node.is_null())
    }

    /// The expression of an attribute, a null too; none for a missing one.
    pub(super) fn written(&self, name: &str) -> Option<Node<'f>> {
        let expression = match self {
            Self::Hcl(body, _) => Kind::Hcl(&body.get_attribute(name)?.value),
            Self::Json(keys, text, _) => Kind::Json(keys.values.get(name)?, text),
        };
        let (Self::Hcl(_, file) | Self::Json(_, _, file)) = self;
        Some(Node { file: *file, expression })
    }

    /// Returns the number of its attributes and blocks.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Hcl(body, _) => body.len(),
            Self::Json(keys, ..) => keys.len(),
        }
    }

    /// Returns every attribute. In JSON the key of a comment is none.
    pub(super) fn attributes(&self) -> Vec<(Cow<'f, str>, Node<'f>)> {
        match self {
            Self::Hcl(body, file) => {
                let node = |expression| Node { file: *file, expression: Kind::Hcl(expression) };
                body.attributes()
                    .map(|attribute| (Cow::Borrowed(attribute.key.as_str()), node(&attribute.value)))
                    .collect()
            }
            Self::Json(keys, text, file) => {
                let node = |value| Node { file: *file, expression: Kind::Json(value, text) };
                let values = keys.values.iter().filter(|(key, _)| *key != COMMENT);
                values.map(|(key, value)| (key.clone(), node(*value))).collect()
            }
        }
    }

    /// Returns the first part whose name is nearly one that such a body may have, or which has
    /// another number of labels than a block of its type, or makes blocks where none may be made:
    /// its place, its name, and what is wrong. Parts with any other name are not looked at.
    pub(super) fn misnamed(&self, names: &Names) -> Option<(Place, String, String)> {
        let unknown = |name: &str, what: &str, nearest: Option<&str>| {
            if name == DYNAMIC {
                return Some((name.to_owned(), "such a block may only stand in a build".to_owned()));
            }
            let message = format!("unknown {what}, did you mean `{}`?", nearest?);
            Some((legible(name), message))
        };
        let blocks = names.blocks.iter().map(|(name, _)| *name);
        match self {
            Self::Hcl(body, file) => body.iter().find_map(|part| {
                let (span, (name, message)) = match part {
                    Structure::Attribute(attribute) => {
                        let name = attribute.key.as_str();
                        if names.arguments.contains(&name) {
                            return None;
                        }
                        let nearest = nearest(name, names.arguments.iter().copied());
                        (attribute.key.span(), unknown(name, "argument", nearest)?)
                    }
                    Structure::Block(block) => {
                        let name = block.ident.as_str();
                        let said = match names.blocks.iter().find(|(known, _)| *known == name) {
                            Some((_, labels)) if block.labels.len() == usize::from(*labels) => return None,
                            Some((_, labels)) => {
                                let labels = counted(*labels, "label", "labels");
                                let found = block.labels.len();
                                (name.to_owned(), format!("such a block has {labels}: this one has {found}"))
                            }
                            None => unknown(name, "block", nearest(name, blocks.clone()))?,
                        };
                        (Some(header(block)), said)
                    }
                };
                Some((Place { file: *file, span: span.unwrap_or_default() }, name, message))
            }),
            // Whether a key is an argument or a block is told by its name alone.
            Self::Json(keys, text, file) => keys.values.iter().find_map(|(name, value)| {
                let mut known = blocks.clone().chain(names.arguments.iter().copied());
                if known.clone().any(|known| known == *name) {
                    return None;
                }
                let (name, message) = unknown(name, "key", nearest(name, known.by_ref()))?;
                let span = range(text.as_bytes(), value.get()).unwrap_or_default();
                Some((Place { file: *file, span }, name, message))
            }),
        }
    }

    /// Returns the place and the name of the first block in HCL.
    pub(super) fn first_block(&self) -> Option<(Place, String)> {
        let Self::Hcl(body, file) = self else { return None };
        let block = body.blocks().next()?;
        Some((Place { file: *file, span: header(block) }, legible(block.ident.as_str())))
    }

    /// Returns the blocks of this type that have so many labels.
    pub(super) fn blocks(&self, kind: &str, labels: usize) -> Result<Vec<Labelled<'f>>, SourceError> {
        let mut found = Vec::new();
        match self {
            Self::Hcl(body, file) => {
                let blocks =
                    body.blocks().filter(|block| block.has_ident(kind) && block.labels.len() == labels);
                found.extend(blocks.map(|block| Labelled {
                    labels: block.labels.iter().map(BlockLabel::as_str).map(Cow::Borrowed).collect(),
                    body: Group::Hcl(&block.body, *file),
                    place: Place { file: *file, span: header(block) },
                }));
            }
            Self::Json(keys, text, file) => {
                let mut reader = JsonBlocks { text, file: *file, kind, found: &mut found };
                for value in keys.all(kind) {
                    reader.read(value, labels, &mut Vec::new(), DEEPEST_BLOCK)?;
                }
            }
        }
        Ok(found)
    }
}

/// The span of a block's first word.
fn header(block: &Block) -> Range<usize> {
    block.ident.span().or_else(|| block.span()).unwrap_or_default()
}

/// The deepest that lists of blocks stand within one another in JSON.
const DEEPEST_BLOCK: usize = 8;

/// Reads blocks in JSON: an object for each label, and for the body, or a list of such.
struct JsonBlocks<'f, 'r> {
    text: &'f str,
    file: usize,
    /// The type of the blocks.
    kind: &'r str,
    found: &'r mut Vec<Labelled<'f>>,
}

impl<'f> JsonBlocks<'f, '_> {
    fn read(
        &mut self,
        value: &'f RawValue,
        labels: usize,
        outer: &mut Vec<Cow<'f, str>>,
        depth: usize,
    ) -> Result<(), SourceError> {
        if value.get() == "null" {
            return Ok(());
        }
        if value.get().starts_with('[') && depth > 0 {
            let list: Vec<&RawValue> = fields::read(self.text, value.get(), self.kind)?;
            return list.into_iter().try_for_each(|value| self.read(value, labels, outer, depth - 1));
        }
        if !value.get().starts_with('{') {
            return Err(fields::wrong(
                self.text,
                value,
                self.kind,
                "expected an object, or a list of objects",
            ));
        }
        let keys: Keys<'f> = fields::read(self.text, value.get(), self.kind)?;
        let Some(labels) = labels.checked_sub(1) else {
            let path = || [&[Cow::Borrowed(self.kind)], &**outer].concat().join(".");
            keys.once(self.text, path, |name| is_argument(self.kind, name))?;
            let span = range(self.text.as_bytes(), value.get()).unwrap_or_default();
            self.found.push(Labelled {
                labels: outer.clone(),
                body: Group::Json(keys, self.text, self.file),
                place: Place { file: self.file, span },
            });
            return Ok(());
        };
        for (label, value) in keys.into_all() {
            outer.push(label);
            self.read(value, labels, outer, depth)?;
            outer.pop();
        }
        Ok(())
    }
}
