//! What a check can say: a violation on a parameter, or that something could not be verified.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::ErrorCode;
use crate::strict::records;

/// How many characters of a caller's text a violation repeats.
const VALUE_CHARS: usize = 64;

/// A caller's text, fit to be shown: what has no glyph of its own is escaped, and what is longer than 64 characters then
/// is cut.
///
/// Not only control characters: the invisible ones that turn the direction of writing would let a value hide in
/// a terminal or a log.
pub(crate) fn clean(text: &str) -> String {
    // Nearly always.
    if text.len() <= VALUE_CHARS && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    escaped(text, VALUE_CHARS)
}

/// The same without a cut, for a name that would be another one then.
pub(crate) fn legible(text: &str) -> String {
    escaped(text, usize::MAX)
}

/// `limit` is that of what is shown, in which an escape is as long as it is written: so the same done again changes
/// nothing, and a name that is read from a report is the one that was written.
fn escaped(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * VALUE_CHARS));
    let mut room = limit;
    for character in text.chars() {
        let escape = has_no_glyph(character).then(|| character.escape_default());
        let Some(rest) = room.checked_sub(escape.as_ref().map_or(1, ExactSizeIterator::len)) else {
            shown.push('…');
            break;
        };
        room = rest;
        match escape {
            Some(escape) => shown.extend(escape),
            None => shown.push(character),
        }
    }
    shown
}

fn has_no_glyph(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A parameter of the request, with its subscript where one element of a list is meant: `ImageIds.0`.
///
/// ```
/// use presync::Parameter;
///
/// assert_eq!(Parameter::DESTINATION_REGIONS.element(1).to_string(), "DestinationRegions.1");
/// assert_eq!(Parameter::REGION.subscript(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Parameter {
    name: Cow<'static, str>,
    subscript: Option<usize>,
}

/// The parameters that have a constant, so that a name is written once.
macro_rules! parameters {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)+) => {
        impl Parameter {
            $($(#[$doc])* pub const $constant: Self = Self { name: Cow::Borrowed($name), subscript: None };)+
        }

        fn known_name(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some($name),)+
                _ => None,
            }
        }
    };
}

parameters! {
    /// `Action`, a common parameter.
    ACTION = "Action";
    /// `Version`, a common parameter.
    VERSION = "Version";
    /// `Region`, a common parameter: the source region.
    REGION = "Region";
    /// `ImageIds.N`, a list.
    IMAGE_IDS = "ImageIds";
    /// `DestinationRegions.N`, a list.
    DESTINATION_REGIONS = "DestinationRegions";
    /// `DryRun`.
    DRY_RUN = "DryRun";
    /// `ImageName`.
    IMAGE_NAME = "ImageName";
    /// `ImageSetRequired`.
    IMAGE_SET_REQUIRED = "ImageSetRequired";
    /// `Encrypt`.
    ENCRYPT = "Encrypt";
    /// `KmsKeyId`.
    KMS_KEY_ID = "KmsKeyId";
}

impl Parameter {
    /// A parameter by any name, as a client may send it; the name is cut and escaped like every text of a caller's.
    ///
    /// ```
    /// use presync::Parameter;
    ///
    /// assert_eq!(Parameter::named("DestRegion").to_string(), "DestRegion");
    /// assert_eq!(Parameter::named("ImageIds.0"), Parameter::IMAGE_IDS.element(0));
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Self {
        let element = name.split_once('.').and_then(|(name, digits)| {
            let subscript = digits.parse::<usize>().ok()?;
            // `00` and `+0` are spellings of their own: only what would be written again is a subscript.
            let name = Cow::Borrowed(known_name(name)?);
            (subscript.to_string() == digits).then_some(Self { name, subscript: Some(subscript) })
        });
        element.unwrap_or_else(|| {
            let name = known_name(name).map_or_else(|| Cow::Owned(clean(name)), Cow::Borrowed);
            Self { name, subscript: None }
        })
    }

    /// One element of a list parameter; subscripts start at 0.
    ///
    /// ```
    /// assert_eq!(presync::Parameter::IMAGE_IDS.element(0).to_string(), "ImageIds.0");
    /// ```
    #[must_use]
    pub fn element(self, subscript: usize) -> Self {
        Self { subscript: Some(subscript), ..self }
    }

    /// The name without a subscript.
    ///
    /// ```
    /// assert_eq!(presync::Parameter::IMAGE_IDS.element(0).name(), "ImageIds");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which element of a list, counted from 0.
    ///
    /// ```
    /// assert_eq!(presync::Parameter::IMAGE_IDS.element(2).subscript(), Some(2));
    /// ```
    #[must_use]
    pub fn subscript(&self) -> Option<usize> {
        self.subscript
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.subscript {
            Some(subscript) => write!(f, ".{subscript}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Parameter {
    type Err = Infallible;

    /// Reads what [`Display`](fmt::Display) writes. Every text names some parameter.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::named(text))
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self::named(&text)
    }
}

impl From<Parameter> for String {
    fn from(parameter: Parameter) -> Self {
        parameter.to_string()
    }
}

/// What a check says of one fault: where, what was sent, what would have passed, why, and what was probably meant.
///
/// The rule's id and code are not here: they are stamped on by [`Findings`](crate::Findings), so that a check cannot
/// mislabel itself.
///
/// ```
/// use presync::{Finding, Parameter};
///
/// let finding = Finding::new(Parameter::IMAGE_NAME, "`draft` is not an approved name")
///     .value("draft")
///     .allowed("a name from the register");
/// # let _ = finding;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    parameter: Parameter,
    value: Option<String>,
    allowed: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    hint: Option<String>,
}

impl Finding {
    /// A fault of `parameter`. The message is lower case, without a full stop, with the caller's text in backticks.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let finding = Finding::new(Parameter::IMAGE_IDS, "no image is named");
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn new(parameter: Parameter, message: impl Into<Cow<'static, str>>) -> Self {
        Self { parameter, value: None, allowed: None, message: message.into(), hint: None }
    }

    /// What was sent; cut at 64 characters and escaped here.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let finding = Finding::new(Parameter::REGION, "no such region").value("ap-nowhere");
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn value(self, value: &str) -> Self {
        Self { value: Some(clean(value)), ..self }
    }

    /// What would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let finding = Finding::new(Parameter::IMAGE_IDS, "two images are named").allowed("1 image");
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn allowed(self, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    /// What was probably meant; leave it out rather than guess.
    ///
    /// ```
    /// use presync::{Finding, Parameter};
    ///
    /// let hint = Some("did you mean `ap-shanghai`?".to_owned());
    /// let finding = Finding::new(Parameter::REGION, "no such region").hint(hint);
    /// # let _ = finding;
    /// ```
    #[must_use]
    pub fn hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn stamped(self, rule: Cow<'static, str>, code: ErrorCode) -> Violation {
        let Self { parameter, value, allowed, message, hint } = self;
        Violation { rule, code, parameter, value, allowed, message, hint }
    }
}

/// One reason why the call would be refused.
///
/// Violations come in the order of the rules, then of the subscripts; that order is part of the API. In JSON every key
/// is always there, `null` where there is nothing to say.
///
/// ```
/// use presync::{State, SyncRequest, validate_sync};
///
/// let state: State = Default::default();
/// let violations = validate_sync(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
/// let first = &violations[0];
/// assert_eq!((first.rule(), first.code().as_str()), ("image-exists", "InvalidImageId.NotFound"));
/// assert_eq!(first.parameter().to_string(), "ImageIds.0");
/// assert_eq!(first.value(), Some("img-o3ycss2p"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Violation {
    rule: Cow<'static, str>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    code: ErrorCode,
    parameter: Parameter,
    value: Option<String>,
    allowed: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    hint: Option<String>,
}

records! { strict: Violation, Unverified; }

impl Violation {
    pub(crate) fn set_hint(&mut self, hint: Option<String>) {
        self.hint = hint;
    }

    /// The id of the rule that is broken.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.rule(), "image-exists");
    /// ```
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The code that the API would answer.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.code().as_str(), "InvalidImageId.NotFound");
    /// ```
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The parameter at fault.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.parameter().to_string(), "ImageIds.0");
    /// ```
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// What was sent, cut at 64 characters and with invisible characters escaped; nothing where nothing was sent.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.value(), Some("img-o3ycss2p"));
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What would have passed, as data: `NORMAL`, `< 50 GiB`, `10 images`.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::empty(), &presync::State::default());
    /// assert_eq!(violations[0].allowed(), Some("2017-03-12"));
    /// ```
    #[must_use]
    pub fn allowed(&self) -> Option<&str> {
        self.allowed.as_deref()
    }

    /// Why, in a sentence: lower case, no full stop, the caller's text in backticks.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.message(), "there is no image `img-o3ycss2p` in any region");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was probably meant, or what would mend it; only where that is sure enough.
    ///
    /// ```
    /// # let violations = presync::validate_sync(&presync::SyncRequest::new("img-o3ycss2p", ["gz"]), &presync::State::default());
    /// # let violation = &violations[0];
    /// assert_eq!(violation.hint(), None);
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Violation {
    /// ``DestinationRegions.1: `ap-x` is not a known region (InvalidRegion.NotFound)``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.parameter, self.message, self.code)
    }
}

/// A rule that could be neither passed nor failed, because the state does not say enough.
///
/// ```
/// use presync::{Image, Region, Ruleset, State, SyncRequest};
///
/// let mut image = Image::new("ap-guangzhou", "img-o3ycss2p");
/// image.image_size = None;
/// let state = State::new([Region::new("ap-guangzhou"), Region::new("ap-shanghai")], [image])?;
/// let report = Ruleset::default().check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
/// assert!(report.accepted());
/// assert_eq!(report.unverified()[0].rule(), "image-size");
/// assert_eq!(report.unverified()[0].needs(), "`ImageSize` of `img-o3ycss2p` in `ap-guangzhou`");
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Unverified {
    rule: Cow<'static, str>,
    parameter: Parameter,
    needs: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
}

impl Unverified {
    pub(crate) fn new(rule: Cow<'static, str>, parameter: Parameter, needs: String) -> Self {
        Self { rule, parameter, needs, warning: false }
    }

    pub(crate) fn set_warning(&mut self) {
        self.warning = true;
    }

    /// Whether the rule is turned down to a warning, so that the call is not refused whatever the answer.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert!(!open.is_warning());
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.warning
    }

    /// The id of the rule that is left open.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert_eq!(open.rule(), "destination-available");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The parameter that may be at fault.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert_eq!(open.parameter().to_string(), "DestinationRegions.0");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// Which fact of which record would settle it.
    ///
    /// ```
    /// # let mut region = presync::Region::new("ap-shanghai");
    /// # region.image_sync = None;
    /// # let state = presync::State::new([region], [])?;
    /// # let request = presync::SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]);
    /// # let report = presync::Ruleset::default().check(&request, &state);
    /// # let open = &report.unverified()[0];
    /// assert_eq!(open.needs(), "`ImageSync` of `ap-shanghai`");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn needs(&self) -> &str {
        &self.needs
    }
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} needs {}", self.parameter, self.rule, self.needs)
    }
}

/// Several things that are needed or meant, as words: `a`, `a and b`, `a, b and c`.
pub(crate) fn joined<T: fmt::Display>(items: impl IntoIterator<Item = T>, last: &str) -> String {
    let mut items = items.into_iter().peekable();
    let mut words = String::new();
    let mut first = true;
    while let Some(item) = items.next() {
        if !first {
            words.push_str(if items.peek().is_none() { last } else { ", " });
        }
        first = false;
        // Writing into a `String` cannot fail.
        let _ = write!(words, "{item}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_at_64_characters_and_escaped() {
        assert_eq!(clean("img-a1b2c3d4"), "img-a1b2c3d4");
        assert_eq!(clean(&"ü".repeat(64)), "ü".repeat(64));
        assert_eq!(clean(&"ü".repeat(65)), format!("{}…", "ü".repeat(64)));
        assert_eq!(clean("a\n\u{1b}[31m\u{202e}b"), "a\\n\\u{1b}[31m\\u{202e}b");
        assert_eq!(clean("ap\u{2013}x"), "ap\u{2013}x");
        // An escape is as long as it is written, and none is cut in two.
        assert_eq!(clean(&"\n".repeat(32)), "\\n".repeat(32));
        assert_eq!(clean(&"\n".repeat(33)), format!("{}…", "\\n".repeat(32)));
        assert_eq!(clean(&format!("{}\n", "x".repeat(63))), format!("{}…", "x".repeat(63)));
    }

    #[test]
    fn text_that_is_shown_is_shown_as_it_is() {
        for pattern in ["x", "ü", "\n", "\u{202e}", "\u{feff}x", "…", "\u{e0001}y", "\\n"] {
            for count in 0..70 {
                let once = clean(&pattern.repeat(count));
                assert_eq!(clean(&once), once, "{count} of {pattern:?}");
                assert!(once.chars().count() <= VALUE_CHARS + 1);
            }
        }
    }

    #[test]
    fn a_parameter_reads_what_it_writes() {
        for text in [
            "Region",
            "ImageIds",
            "ImageIds.0",
            "DestinationRegions.17",
            "DestRegion",
            "ImageIds.00",
            "x.1",
            "a.b.c",
        ] {
            let parameter: Parameter = text.to_owned().into();
            assert_eq!(parameter.to_string(), text);
            assert_eq!(parameter, Parameter::named(text));
        }
        assert_eq!(Parameter::from("ImageIds.3".to_owned()), Parameter::IMAGE_IDS.element(3));
        assert_eq!(Parameter::from("ImageIds.03".to_owned()).subscript(), None);
        assert_eq!(Parameter::from("x.1".to_owned()).subscript(), None);
    }

    #[test]
    fn a_list_reads_as_words() {
        assert_eq!(joined(["a"], " and "), "a");
        assert_eq!(joined(["a", "b"], " and "), "a and b");
        assert_eq!(joined(["a", "b", "c"], " or "), "a, b or c");
    }
}
