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

    /// Takes the name of a document in which another tool is going to make no call.
    fn no_calls(&mut self, output: &mut Output, name: &str) -> io::Result<()>;

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
