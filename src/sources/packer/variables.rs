//! The values that a user gives for the variables of a template.

/// The values that a user gives for the variables of a template, as Packer takes them: files of
/// values (`-var-file`) and single values (`-var`).
///
/// Once any are given, the other variables have their defaults for certain: they are what Packer
/// would use. It would also use values from its environment (`PKR_VAR_…`), which is not read here:
/// [`with_environment`](Self::with_environment) gives them.
///
/// ```
/// use presync::sources::packer::{self, Variables};
///
/// let template = br#"{"variables": {"to": "ap-nowhere"}, "builders": [
///     {"type": "tencentcloud-cvm", "region": "ap-guangzhou", "image_copy_regions": "{{user `to`}}"}]}"#;
/// let variables = Variables::default().with_value("to", "ap-shanghai,ap-beijing");
/// let calls = packer::calls_with(template, &variables, None)?.calls;
/// assert_eq!(calls[0].request().request().destination_regions, ["ap-shanghai", "ap-beijing"]);
/// # Ok::<(), presync::sources::packer::TemplateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variables {
    values: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
    environment: Vec<(String, String)>,
}

impl Variables {
    /// Adds the value of one variable, which takes the place of all others.
    #[must_use]
    pub fn with_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Adds the value that one variable has in the environment of Packer, for a template in HCL.
    /// All others take its place but the default. A variable that no file declares is passed over,
    /// as Packer does, and then no value is given.
    ///
    /// ```
    /// use presync::sources::packer::{Template, Variables};
    ///
    /// let text = "variable \"to\" {\n default = \"ap-nowhere\"\n}\nsource \"tencentcloud-cvm\" \"base\" {\n region = \"ap-guangzhou\"\n \
    ///             image_copy_regions = [var.to]\n}\n";
    /// let template = Template::default().with_file("base.pkr.hcl", text);
    /// let variables = Variables::default().with_environment("to", "ap-shanghai");
    /// let calls = template.calls(&variables, None)?.calls;
    /// assert_eq!(calls[0].request().request().destination_regions, ["ap-shanghai"]);
    /// # Ok::<(), presync::sources::packer::TemplateError>(())
    /// ```
    #[must_use]
    pub fn with_environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Adds a file of values. Its name ends in `.hcl` or `.json`. A later file takes the place of
    /// an earlier one, and of those that a template has itself. Versions of Packer before April
    /// 2025 read all in JSON after all in HCL: a variable that has another value then is not known.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), bytes.into()));
        self
    }

    /// True if no value is given, other than in the environment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.files.is_empty()
    }

    /// The values of single variables, by name; of one that is given twice the last.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The values in the environment, by name.
    #[cfg(feature = "hcl")]
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The files of values: the name and the bytes of each.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (&**name, &**bytes))
    }
}
