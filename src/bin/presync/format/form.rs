//! The interface of the forms in which verdicts are written.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use presync::Unverified;

use crate::document::{Document, NotChecked};
use crate::output::Output;
use crate::verdict::Verdict;

/// Returns the words for a document that is partial.
pub(crate) fn partial_text(reason: &str, is_strict: bool) -> String {
    let strict = if is_strict { ", which --strict refuses" } else { "" };
    format!("the plan is partial, there may be more calls or other ones: {reason}{strict}")
}

/// Returns the words for a document without a call.
pub(crate) fn no_calls_text(document: &Document) -> &'static str {
    match document.partial {
        None => "no image is going to be copied, nothing to check",
        Some(_) => "no copy of an image is stated",
    }
}

/// Returns the rules that need the same for a parameter together, in the order of
/// the first of each group.
pub(crate) fn by_need(unverified: &[Unverified]) -> Vec<Vec<&Unverified>> {
    let mut groups: Vec<Vec<&Unverified>> = Vec::new();
    let mut known = BTreeMap::new();
    for open in unverified {
        let group = *known.entry((open.parameter(), open.needs(), open.is_warning())).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(open),
            None => groups.push(vec![open]),
        }
    }
    groups
}

/// A form in which the verdicts of one run are written, one after another or all at the end.
pub(crate) trait Form {
    /// Takes the verdict on the next call.
    fn verdict(&mut self, output: &mut Output, verdict: &Verdict) -> io::Result<()>;

    /// Takes the next call, which could not be checked. Stderr has the reason in every form.
    fn not_checked(&mut self, output: &mut Output, not_checked: &NotChecked) -> io::Result<()>;

    /// Takes a document without a call. Unless it is partial, no call is going to be made.
    fn no_calls(&mut self, output: &mut Output, document: &Document) -> io::Result<()>;

    /// Takes a document that states only some of the calls that another tool is going to make, and
    /// why. A strict run refuses it.
    fn partial(
        &mut self,
        output: &mut Output,
        document: &Rc<Document>,
        reason: &str,
        is_strict: bool,
    ) -> io::Result<()>;

    /// Writes the rest, when all calls are checked.
    fn end(self: Box<Self>, output: &mut Output) -> io::Result<()>;
}
