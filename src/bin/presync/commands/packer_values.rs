//! `--var` and `--var-file`: values for the variables of Packer templates.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use presync::sources::packer::{self, Variables};

use crate::input::Source;
use crate::outcome::Failure;

#[derive(Args)]
pub(crate) struct PackerValues {
    /// Value of a variable of a Packer template
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment)]
    var: Vec<(String, String)>,

    /// Values of variables of a Packer template: a file in HCL (`.hcl`) or JSON (`.json`)
    #[arg(long, value_name = "FILE")]
    var_file: Vec<PathBuf>,
}

impl PackerValues {
    /// Reads the files of values.
    pub(crate) fn read(&self) -> Result<Variables, Failure> {
        let set = env::vars_os().filter_map(of_packer);
        let mut variables =
            set.fold(Variables::default(), |all, (name, value)| all.with_environment(name, value));
        for path in &self.var_file {
            let source = Source::File(path);
            let name = source.name();
            if !matches!(path.extension().and_then(|extension| extension.to_str()), Some("hcl" | "json")) {
                let message = format!("{name}: the name of a file of values ends in `.hcl` or `.json`");
                return Err(Failure::Message(message));
            }
            let bytes = source.bytes("a file of values", packer::MAX_BYTES).map_err(Failure::Message)?;
            variables = variables.with_file(name, bytes);
        }
        let values = self.var.iter();
        Ok(values.fold(variables, |variables, (name, value)| variables.with_value(name, value)))
    }
}

/// Returns the variable of Packer that one of the environment sets, as text.
fn of_packer((name, value): (OsString, OsString)) -> Option<(String, String)> {
    let name = name.to_str()?.strip_prefix("PKR_VAR_")?.to_owned();
    Some((name, value.into_string().ok()?))
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
