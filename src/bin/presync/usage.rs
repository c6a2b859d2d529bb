//! Errors of usage.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use crate::outcome::obeyed_by_none;
use crate::output::shown;

/// Makes an error fit to be shown: an argument in it may have any characters.
pub(crate) fn fit(mut error: Error) -> Error {
    let text = |text: &str| obeyed_by_none(&shown(text.as_ref()));
    let changes: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| {
            let fit = match value {
                ContextValue::String(value) => ContextValue::String(text(value)),
                // Its styles are not the argument's: they are kept where there
                // is none of its characters.
                ContextValue::StyledStrs(values) => {
                    let plain = values.iter().map(|value| StyledStr::from(text(&value.to_string())));
                    ContextValue::StyledStrs(plain.collect())
                }
                // Lists of texts are of names that are known.
                _ => return None,
            };
            (fit.to_string() != value.to_string()).then_some((kind, fit))
        })
        .collect();
    for (kind, value) in changes {
        error.insert(kind, value);
    }
    error
}
