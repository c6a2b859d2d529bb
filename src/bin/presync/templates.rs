//! Templates of Packer: the files of a command line or of a folder that are one.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use presync::sources::packer::{self, Kind, MAX_FILES, Template, TemplateError, Variables};
use presync::text::decode;
use presync::wire::Headers;

use crate::document::{self, Document, NotChecked, Reading};
use crate::input::Source;
use crate::outcome::{Failure, reason};

/// Reads requests, and those that are Packer's as templates with these values.
pub(crate) struct Templates {
    variables: Variables,
}

impl Templates {
    pub(crate) fn new(variables: Variables) -> Self {
        Self { variables }
    }

    /// Reads every document, in order. The files of a template are read at the place of the first
    /// one. `headers` have the source region of calls that carry none.
    pub(crate) fn read(
        &self,
        requests: &[Source<'_>],
        headers: Headers<'_>,
    ) -> Result<Vec<Reading>, Failure> {
        let region = headers.region();
        let mut readings = Vec::new();
        let mut files = Vec::new();
        // The place of the template that the files of the command line are.
        let mut place = None;
        let mut has_template = false;
        for request in requests {
            if let Some(folder) = request.path().filter(|path| path.is_dir()) {
                has_template = true;
                readings.push(self.folder(*request, folder, region));
                continue;
            }
            let reading = match request.request() {
                Ok(bytes) => {
                    let document = Document::new(*request, bytes);
                    let name = request.path().and_then(Path::to_str);
                    match Kind::of(name, &document.text) {
                        Some(Kind::Template | Kind::AutoValues) => {
                            place = place.or(Some(readings.len()));
                            files.push(document);
                            continue;
                        }
                        Some(Kind::Legacy) => {
                            has_template = true;
                            self.legacy(document, region)
                        }
                        _ => document::read(document, headers),
                    }
                }
                Err(reason) => {
                    let document = Document::new(*request, Vec::new());
                    Reading::not_checked(document, |document| NotChecked {
                        document,
                        line_column: None,
                        reason,
                    })
                }
            };
            readings.push(reading);
        }
        if let Some(place) = place {
            let has_blocks = |file: &Document| Kind::of(Some(&file.name), &file.text) == Some(Kind::Template);
            let found = if files.iter().any(has_blocks) {
                has_template = true;
                vec![self.template(files, None, region)]
            } else {
                // Values alone are no template, which the reading says.
                files.into_iter().map(|file| document::read(file, headers)).collect()
            };
            readings.splice(place..place, found);
        }
        if !has_template && !self.variables.is_empty() {
            let message = "error: --var and --var-file are for Packer templates, and none is given";
            return Err(Failure::Message(message.to_owned()));
        }
        Ok(readings)
    }

    /// Reads a legacy template, which is one file.
    fn legacy(&self, document: Document, region: Option<&str>) -> Reading {
        let document = decoded(document);
        match packer::calls_with(&document.text, &self.variables, region) {
            Ok(planned) => Reading::planned(document, planned),
            Err(error) => self.not_read(document, &[], error),
        }
    }

    /// Reads all files of a folder that are a template's.
    fn folder(&self, source: Source<'_>, folder: &Path, region: Option<&str>) -> Reading {
        let whole = Document::new(source, Vec::new());
        let not_read = |reason| {
            Reading::not_checked(Document::new(source, Vec::new()), |document| NotChecked {
                document,
                line_column: None,
                reason,
            })
        };
        let paths = match files_of(folder) {
            Ok(paths) => paths,
            Err(error) => return not_read(error),
        };
        let mut files = Vec::new();
        for path in &paths {
            let source = Source::File(path);
            match source.request() {
                Ok(bytes) => files.push(Document::new(source, bytes)),
                Err(reason) => {
                    let document = Document::new(source, Vec::new());
                    return Reading::not_checked(document, |document| NotChecked {
                        document,
                        line_column: None,
                        reason,
                    });
                }
            }
        }
        self.template(files, Some(whole), region)
    }

    /// Reads the template that files are together. `whole` stands for all of them,
    /// where they are a folder.
    fn template(&self, files: Vec<Document>, whole: Option<Document>, region: Option<&str>) -> Reading {
        let files: Vec<Rc<Document>> = files.into_iter().map(|file| Rc::new(decoded(file))).collect();
        let template = files
            .iter()
            .fold(Template::default(), |template, file| template.with_file(&*file.name, &*file.text));
        let template = if whole.is_some() { template.whole() } else { template };
        let first = || files.first().map(|file| file.alike());
        let Some(whole) = whole.or_else(first) else { return Reading::empty() };
        match template.calls(&self.variables, region) {
            Ok(planned) => Reading::of_files(whole, &files, planned),
            Err(error) => self.not_read(whole, &files, error),
        }
    }

    /// The reading of a template with an error, which is shown at the file that has it.
    fn not_read(&self, whole: Document, files: &[Rc<Document>], error: TemplateError) -> Reading {
        let file = error.file().and_then(|name| files.iter().find(|file| file.name == name).map(Rc::clone));
        let named = error.file().map(str::to_owned);
        Reading::not_checked(whole, |whole| match (file, named) {
            (Some(file), _) => NotChecked::no_file(file, error.into_error()),
            // A file of values, whose text is not shown.
            (None, Some(name)) => {
                let mut file = whole.alike();
                (file.path, file.name) = (Some(PathBuf::from(&name)), name);
                NotChecked::no_file(Rc::new(file), error.into_error())
            }
            (None, None) => NotChecked::no_file(whole, error.into_error()),
        })
    }
}

/// Takes a byte order mark off, and reads UTF-16.
fn decoded(mut document: Document) -> Document {
    let text = decode(&document.text);
    if text.len() != document.text.len() {
        document.text = text.into_owned();
    }
    document
}

/// The files of a folder that Packer reads, in the order of their names.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| reason(&error))?;
    let (mut files, mut has_template) = (Vec::new(), false);
    for entry in entries {
        let path = entry.map_err(|error| reason(&error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_template = name.ends_with(".pkr.hcl") || name.ends_with(".pkr.json");
        let is_values = Kind::of(Some(name), b"") == Some(Kind::AutoValues);
        if !(is_template || is_values) || path.is_dir() {
            continue;
        }
        has_template |= is_template;
        files.push(path);
        if files.len() > MAX_FILES {
            return Err(format!("a template has at most {MAX_FILES} files: this folder has more"));
        }
    }
    if !has_template {
        return Err(
            "is a folder without a Packer template: expected files named *.pkr.hcl or *.pkr.json".to_owned()
        );
    }
    files.sort();
    Ok(files)
}
