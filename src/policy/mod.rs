//! Policies: rules of your own, beyond those of the API.
//!
//! A policy says which edition of the page holds, what image ids look like, and has limits and
//! lists of its own. Its rules are checked after the documented ones. Their ids are in the
//! namespace `policy`, and their codes start with `Policy.`, so that nobody takes them for the
//! API's. What the state does not say is unverified, as elsewhere.
//!
//! It is written in TOML, in a file such as `presync.toml`, for `presync check --policy
//! presync.toml`. Every key may be left out:
//!
//! ```
//! use presync::policy::Policy;
//!
//! let policy = Policy::from_toml(
//!     r#"
//! edition = "2017-03"                      # or "latest"; without it, the first page
//! image-id-pattern = "img-[0-9a-z]{8,}"    # the whole id must match
//!
//! [limits]
//! image-quota = 8      # custom images in a destination after the request, at most
//! image-size = 40      # GiB: smaller than this
//! destinations = 5     # in one request, at most
//! free-quota = 2       # free quota of each destination after the request, at least
//!
//! [destinations]       # globs: `*` any text, `?` one character, `[ab]` one of these, `{a,b}` either
//! allowed = ["ap-*"]           # each destination is one of these
//! denied = ["ap-hongkong"]     # no destination is one of these, whatever is allowed
//! required = ["ap-shanghai"]   # each of these is a destination
//!
//! [image-name]
//! pattern = "(web|db)-[0-9]+"  # the whole name of the copies must match
//!
//! [rules]              # each is an "error" unless it is turned down to a "warning", or "off"
//! destination-unique = "warning"
//! "policy/image-name" = "warning"
//! "#,
//! )?;
//! let rules = policy.ruleset()?;
//! assert!(rules.ids().any(|id| id == "policy/free-quota"));
//! assert!(rules.is_warning("destination-unique"));
//! # Ok::<(), presync::policy::PolicyError>(())
//! ```
//!
//! # Never looser than the API
//!
//! A limit is checked *beside* the API's own: with a quota of 12 in the policy and one of 10 in the
//! account, the API's rule still fails from the eleventh image on, and the policy's is silent until
//! the thirteenth. So a policy can only refuse more, with two exceptions, which are written out in
//! it:
//!
//! - `[rules]` turns a documented rule off, or down to a warning, which the report then has. Others
//!   may then report what such a rule would suppress, as [`Ruleset::without`] and
//!   [`Ruleset::with_warning`] say. `presync rules --policy presync.toml` shows each.
//! - `image-id-pattern` takes the place of the documented form of ids, for a service whose ids look
//!   different.
//!
//! What is refused while a request is [decoded](crate::wire::decode) has no part in this: there is
//! no request yet.
//!
//! A slip in a list of regions refuses what it should allow, and is seen; but in `denied` it allows
//! what it should refuse. [`Policy::warnings`] finds such slips beside a state.
//!
//! # One cause, one violation
//!
//! A denied destination is not also reported as one that is not allowed. A name that no region
//! has is for `destination-exists` alone, and a duplicate for `destination-unique`, as long as
//! these are in the set and no mere warnings; else the policy judges such names like any
//! other. In counts, quotas and lists of regions a duplicate never counts again, for it names
//! the same region. A region without free quota breaks the API's quota and the policy's: each
//! says what would have passed.
//!
//! # The same in Rust
//!
//! A policy is a record that can be filled in, and its rules are ordinary [checks](crate::Check): a
//! set takes an embedder's own in the same way, as closures or as types. Here are two rules of a
//! policy, and the same two by hand:
//!
//! ```
//! use presync::policy::Policy;
//! use presync::{Check, Edition, ErrorCode, Facts, Finding, Findings, Parameter, check_fn};
//! use presync::{Image, Region, Ruleset, State, SyncRequest};
//!
//! let mut policy = Policy::default();
//! policy.limits.destinations = Some(2);
//! policy.destinations.denied = vec!["ap-hongkong".to_owned()];
//! let by_policy = policy.ruleset()?;
//!
//! // As a closure.
//! let few = check_fn("acme/destination-count", "Acme.DestinationCount".parse()?, |facts, findings| {
//!     let count = facts.destinations().filter(|destination| !destination.is_duplicate()).count();
//!     if count > 2 {
//!         let message = format!("{count} destinations are named, and we copy to two at most");
//!         findings.violation(Finding::new(Parameter::DESTINATION_REGIONS, message).allowed("2 regions"));
//!     }
//! });
//!
//! // As a type, which can have data of its own.
//! struct Denied {
//!     code: ErrorCode,
//!     regions: Vec<String>,
//! }
//!
//! impl Check for Denied {
//!     fn id(&self) -> &str {
//!         "acme/destination-denied"
//!     }
//!     fn code(&self, _: Edition) -> &ErrorCode {
//!         &self.code
//!     }
//!     fn check(&self, facts: &Facts<'_>, findings: &mut Findings<'_>) {
//!         // The second of two equal destinations is only a duplicate, and a name that no region has is only unknown.
//!         let judged = facts.destinations().filter(|named| !named.is_duplicate() && named.region().is_some());
//!         for destination in judged.filter(|named| self.regions.iter().any(|region| region == named.name)) {
//!             let message = format!("no image goes to `{}`", destination.name);
//!             findings.violation(Finding::new(destination.parameter(), message).value(destination.name));
//!         }
//!     }
//! }
//!
//! let denied = Denied { code: "Acme.DestinationDenied".parse()?, regions: vec!["ap-hongkong".to_owned()] };
//! let by_hand = Ruleset::default().with_check(few)?.with_check(denied)?;
//!
//! let regions = ["ap-guangzhou", "ap-shanghai", "ap-beijing", "ap-hongkong"].map(Region::new);
//! let state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
//! for destinations in [
//!     &["ap-shanghai"][..],
//!     &["ap-shanghai", "ap-hongkong"],
//!     &["ap-shanghai", "ap-beijing", "ap-hongkong"],
//!     &["ap-hongkong", "ap-hongkong", "ap-nowhere"],
//! ] {
//!     let request = SyncRequest::new("img-o3ycss2p", destinations.iter().copied());
//!     let said = |rules: &Ruleset| -> Vec<(String, String)> {
//!         let report = rules.check(&request, &state);
//!         let own = report.violations().iter().map(|found| {
//!             // The last word of the id is the same, the namespace is not.
//!             (found.rule().rsplit('/').next().unwrap().to_owned(), found.parameter().to_string())
//!         });
//!         own.collect()
//!     };
//!     assert_eq!(said(&by_policy), said(&by_hand), "{destinations:?}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod plain;
mod rules;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use rules::rules;

use crate::check::{Ruleset, RulesetError};
use crate::model::{Edition, ErrorCode, State};
use crate::rule::hint::{self, Meant};
use crate::rule::{Check, Rule, Stage};
use crate::text::document::{not_wide, utf8};
use crate::text::record::records;
use crate::text::{Pattern, clean, decode, did_you_mean, joined, legible, nearest, position};
use rules::{Globs, MAX_GLOB_BYTES, MAX_GLOBS, NotGlobs};

/// The most bytes of a policy: 128 KiB. A policy is a page long, and of a long list of globs every
/// glob is read into memory before they are counted: of dense TOML, such as `a=[{b=1},{b=1}]`,
/// each byte takes up to 400.
pub const MAX_BYTES: usize = 1 << 17;

/// A policy, as it is written: the [module](self) says what each key does.
///
/// It is taken at its word until [`ruleset`](Self::ruleset) looks at it.
///
/// ```
/// use presync::policy::Policy;
/// use presync::{Image, Region, State, SyncRequest};
///
/// let mut policy = Policy::default();
/// policy.limits.image_size = Some(40);
///
/// let mut image = Image::new("ap-guangzhou", "img-o3ycss2p");
/// image.image_size = Some(40);
/// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [image])?;
/// let report = policy.ruleset()?.check(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]), &state);
/// assert_eq!(report.violations()[0].code().as_str(), "Policy.ImageSize");
/// assert_eq!(report.violations()[0].allowed(), Some("< 40 GiB"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct Policy {
    /// The edition whose rules hold; `None` for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", regex(pattern = r"^(latest|[0-9]{4}-[0-9]{2})$"))
    )]
    pub edition: Option<Edition>,
    /// The form of image ids: a regular expression that must match the whole id; `None` for the
    /// documented form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id_pattern: Option<String>,
    /// Limits beside the API's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: Limits,
    /// The regions to which images may, must not and must go.
    #[serde(default, skip_serializing_if = "is_default")]
    pub destinations: Destinations,
    /// The names that the copies may have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub image_name: ImageName,
    /// Rules that are not errors, by their ids: documented ones, and those of the policy itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Level>,
}

/// Limits of a policy; `None` where there is none. Each is 1 or more.
///
/// ```
/// use presync::policy::Limits;
///
/// let mut limits = Limits::default();
/// limits.destinations = Some(5);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct Limits {
    /// The most custom images that a destination has after the request, a count.
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub image_quota: Option<u64>,
    /// The size in GiB from which on an image is too large.
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub image_size: Option<u64>,
    /// The most destinations of one request, a count.
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub destinations: Option<u64>,
    /// The least free quota of each destination after the request, a count.
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub free_quota: Option<u64>,
}

/// The regions to which images may, must not and must go: globs, which match the whole name of a
/// region. A list has at most 4,096 of them, of 32 KiB together.
///
/// ```
/// use presync::policy::Destinations;
///
/// let mut destinations = Destinations::default();
/// destinations.denied = vec!["na-*".to_owned(), "ap-{seoul,tokyo}".to_owned()];
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct Destinations {
    /// Each destination matches one of these; `None` where any may be named. An empty list is an
    /// error: it would allow no destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub allowed: Option<Vec<String>>,
    /// No destination matches one of these, whatever is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// Each of these is matched by a destination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
}

/// The names that the copies may have.
///
/// ```
/// use presync::policy::ImageName;
///
/// let mut image_name = ImageName::default();
/// image_name.pattern = Some("(web|db)-[0-9]+".to_owned());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct ImageName {
    /// A regular expression that must match the whole name that the copies get, which is the empty
    /// one for an image without a name; `None` where any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

records! { strict: Policy, Limits, Destinations, ImageName; }

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The numbers that a policy may have.
const ONE_OR_MORE: &str = "a whole number of 1 or more";

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct Number;

    impl Visitor<'_> for Number {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(ONE_OR_MORE)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
            number.try_into().map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
        }

        fn visit_i128<E: de::Error>(self, _: i128) -> Result<u64, E> {
            Err(E::custom(plain::OUT_OF_RANGE))
        }

        fn visit_u128<E: de::Error>(self, _: u128) -> Result<u64, E> {
            Err(E::custom(plain::OUT_OF_RANGE))
        }
    }

    deserializer.deserialize_u64(Number).map(Some)
}

/// The weight of a rule, ordered from least to most.
///
/// ```
/// use presync::policy::Level;
///
/// assert!(Level::Off < Level::Warning && Level::Warning < Level::Error);
/// assert_eq!(Level::Warning.to_string(), "warning");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Level {
    /// It is not checked.
    Off,
    /// Its findings are warnings, and the request is not refused for them.
    Warning,
    /// The request is refused for its findings.
    Error,
}

impl Level {
    const ALL: [Self; 3] = [Self::Off, Self::Warning, Self::Error];

    fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The error of a word that is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is `off`, `warning` or `error`")]
pub struct LevelError;

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(word: &str) -> Result<Self, LevelError> {
        Self::ALL.into_iter().find(|level| level.as_str() == word).ok_or(LevelError)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;

        impl Visitor<'_> for Word {
            type Value = Level;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`off`, `warning` or `error`")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Level, E> {
                word.parse().map_err(|_| {
                    E::custom(format_args!(
                        "unknown level `{}`, known are `off`, `warning` and `error`",
                        clean(word)
                    ))
                })
            }
        }

        deserializer.deserialize_str(Word)
    }
}

/// The path to a value of a policy.
#[derive(Clone, Copy)]
struct KeyPath<'p> {
    /// The table that it is in; `None` for the policy itself.
    table: Option<&'static str>,
    key: &'p str,
    /// The index in a list.
    element: Option<usize>,
}

impl<'p> KeyPath<'p> {
    fn of(table: &'static str, key: &'p str) -> Self {
        Self { table: Some(table), key, element: None }
    }

    fn element(self, element: usize) -> Self {
        Self { element: Some(element), ..self }
    }

    /// The byte of a file at which it is.
    fn locate(self, table: &DeTable<'_>) -> Option<usize> {
        let table = match self.table {
            None => table,
            Some(name) => entry(table, name)?.1.get_ref().as_table()?,
        };
        let (key, value) = entry(table, self.key)?;
        // Of a rule it is the name that is wrong.
        let span = match self.element {
            _ if self.table == Some("rules") => key.span(),
            None => value.span(),
            Some(element) => value.get_ref().get(element)?.span(),
        };
        Some(span.start)
    }
}

type Entry<'t, 'i> = (&'t Spanned<toml::de::DeString<'i>>, &'t Spanned<DeValue<'i>>);

fn entry<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<Entry<'t, 'i>> {
    table.iter().find(|(name, _)| name.get_ref() == key)
}

impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(table) = self.table {
            write!(f, "{table}.")?;
        }
        f.write_str(&clean(self.key))?;
        self.element.map_or(Ok(()), |element| write!(f, "[{element}]"))
    }
}

/// An error, and the path to the value that it is about.
type Located<'p> = (KeyPath<'p>, PolicyError);

impl Policy {
    /// Reads a policy from TOML, and looks whether a set of rules can be made of it.
    ///
    /// # Errors
    ///
    /// The text is not TOML in UTF-8, or not a policy: an unknown key or rule, a value of another
    /// type or out of range, a glob or a pattern that is none. The error says at which line and
    /// column.
    ///
    /// ```
    /// use presync::policy::Policy;
    ///
    /// let error = Policy::from_toml("[limits]\nimage-quotta = 8\n").unwrap_err();
    /// assert_eq!(error.to_string(), "line 2, column 1: unknown key `image-quotta`, did you mean `image-quota`?");
    ///
    /// let error = Policy::from_toml("[rules]\nimage-sise = \"off\"\n").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 2, column 1: rules.image-sise: there is no such rule, did you mean `image-size`?"
    /// );
    /// ```
    pub fn from_toml(toml: impl AsRef<[u8]>) -> Result<Self, PolicyError> {
        Self::read(toml.as_ref())
    }

    fn read(bytes: &[u8]) -> Result<Self, PolicyError> {
        let bytes = &*decode(bytes);
        let toml = |offset: usize, message: String| {
            let (line, column) = position(bytes, offset);
            PolicyError::Toml { line, column, message }
        };
        if bytes.len() > MAX_BYTES {
            return Err(PolicyError::TooLarge { limit: MAX_BYTES, found: bytes.len() });
        }
        let text = not_wide(bytes).and_then(utf8).map_err(|unreadable| {
            let (line, column) = unreadable.position();
            PolicyError::Toml { line, column, message: unreadable.message("the policy", "TOML") }
        })?;
        let toml_error = |error: &toml::de::Error, table: Option<&DeTable<'_>>| {
            let offset = error.span().unwrap_or_default().start;
            // What is wrong with a key stands at the key, and no value starts there.
            let found = table.and_then(|table| plain::found_at(table, offset));
            let message = match &found {
                Some((_, DeValue::Datetime(date))) => {
                    format!(
                        "found the date or time `{date}`, and a policy has none: a text stands in double quotes"
                    )
                }
                _ => plain::plain(&error.message().replace('\n', ", "), text, offset),
            };
            let path = found.map_or_else(String::new, |(path, _)| format!("{path}: "));
            toml(offset, legible(&format!("{path}{message}")))
        };
        let table = DeTable::parse(text).map_err(|error| toml_error(&error, None))?;
        let policy = <Self as Deserialize>::deserialize(toml::Deserializer::from(table.clone()))
            .map_err(|error| toml_error(&error, Some(table.get_ref())))?;
        policy.build().map_err(|(path, error)| match path.locate(table.get_ref()) {
            Some(offset) => {
                let (line, column) = position(bytes, offset);
                PolicyError::At { line, column, source: Box::new(error) }
            }
            None => error,
        })?;
        Ok(policy)
    }

    /// Returns the documented rules of the edition, with the policy's own after them, and each at
    /// its level.
    ///
    /// # Errors
    ///
    /// Errors when there is no such rule, a number is 0, no destination is allowed, or a text is no
    /// glob or no pattern. The error names the key.
    ///
    /// ```
    /// use presync::policy::{Level, Policy};
    ///
    /// let mut policy = Policy::default();
    /// policy.rules.insert("image-size".to_owned(), Level::Off);
    /// assert!(!policy.ruleset()?.ids().any(|id| id == "image-size"));
    ///
    /// policy.limits.image_quota = Some(0);
    /// assert_eq!(
    ///     policy.ruleset().unwrap_err().to_string(),
    ///     "limits.image-quota: invalid value: `0`, expected a whole number of 1 or more"
    /// );
    /// # Ok::<(), presync::policy::PolicyError>(())
    /// ```
    pub fn ruleset(&self) -> Result<Ruleset, PolicyError> {
        self.build().map_err(|(_, error)| error)
    }

    fn build(&self) -> Result<Ruleset, Located<'_>> {
        let mut rules = Ruleset::documented(self.edition.unwrap_or(Edition::FIRST));
        if let Some(text) = &self.image_id_pattern {
            let path = KeyPath { table: None, key: "image-id-pattern", element: None };
            rules = rules.with_image_id_pattern(text).map_err(|error| match error {
                RulesetError::Pattern { message } => not_a_pattern(path, message),
                other => (path, other.into()),
            })?;
        }
        for check in self.checks()? {
            let path = KeyPath { table: None, key: "rules", element: None };
            rules = rules.with_check(check).map_err(|error| (path, error.into()))?;
        }
        for (id, level) in &self.rules {
            known(id, *level)?;
            // A rule that another edition has, or a key that is left out, has no part in this set.
            if !rules.contains(id) {
                continue;
            }
            let changed = match level {
                Level::Off => rules.without(id),
                Level::Warning => rules.with_warning(id),
                Level::Error => Ok(rules),
            };
            rules = changed.map_err(|error| (KeyPath::of("rules", id), error.into()))?;
        }
        Ok(rules)
    }

    /// The checks that the policy asks for, in order.
    fn checks(&self) -> Result<Vec<Arc<dyn Check>>, Located<'_>> {
        let Self { limits, destinations, image_name, .. } = self;
        let mut own = Vec::new();
        if let Some(below) = limit("image-size", limits.image_size)? {
            own.push(rules::image_size(below));
        }
        if let Some(most) = limit("destinations", limits.destinations)? {
            own.push(rules::destination_count(most));
        }
        let denied = Arc::new(globs("denied", &destinations.denied)?);
        if let Some(allowed) = &destinations.allowed {
            let path = KeyPath::of("destinations", "allowed");
            if allowed.is_empty() {
                let expected = "at least one glob, for no destination would be allowed";
                return Err((path, PolicyError::Value { key: path.to_string(), value: "[]", expected }));
            }
            // What is denied is not also reported as not allowed, unless it could be accepted then.
            let denied = match self.level(rules::DESTINATION_DENIED.id()) {
                Level::Error => Arc::clone(&denied),
                Level::Off | Level::Warning => Arc::default(),
            };
            own.push(rules::destination_allowed(globs("allowed", allowed)?, denied));
        }
        if !destinations.denied.is_empty() {
            own.push(rules::destination_denied(denied));
        }
        if !destinations.required.is_empty() {
            own.push(rules::destination_required(globs("required", &destinations.required)?));
        }
        if let Some(most) = limit("image-quota", limits.image_quota)? {
            own.push(rules::image_quota(most));
        }
        if let Some(least) = limit("free-quota", limits.free_quota)? {
            own.push(rules::free_quota(least));
        }
        if let Some(text) = &image_name.pattern {
            own.push(rules::image_name(pattern(KeyPath::of("image-name", "pattern"), text)?));
        }
        Ok(own)
    }

    /// Returns the weight of a rule: an error unless the policy says otherwise.
    ///
    /// ```
    /// use presync::policy::{Level, Policy};
    ///
    /// let policy = Policy::from_toml("[rules]\nimage-size = \"warning\"")?;
    /// assert_eq!(policy.level("image-size"), Level::Warning);
    /// assert_eq!(policy.level("image-quota"), Level::Error);
    /// # Ok::<(), presync::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn level(&self, rule: &str) -> Level {
        self.rules.get(rule).copied().unwrap_or(Level::Error)
    }

    /// Returns what is probably a slip in the policy, seen beside this state: a name in `denied`
    /// that no region has, and that was meant for one that the state lists. It denies nothing, and
    /// nobody would see it. A slip in another list refuses requests, and is seen. Where a state
    /// does not list all regions, any name may be one.
    ///
    /// ```
    /// use presync::policy::Policy;
    /// use presync::{Region, State};
    ///
    /// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?;
    /// let policy = Policy::from_toml(r#"destinations.denied = ["ap-shangai", "na-*"]"#)?;
    /// let warnings: Vec<String> = policy.warnings(&state).iter().map(ToString::to_string).collect();
    /// assert_eq!(warnings, ["destinations.denied[0]: no region is `ap-shangai`, did you mean `ap-shanghai`?"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn warnings(&self, state: &State) -> Vec<PolicyWarning> {
        if !state.regions_complete() {
            return Vec::new();
        }
        let is_name = |glob: &str| !glob.contains(['*', '?', '[', ']', '{', '}', '\\']);
        let names = self.destinations.denied.iter().enumerate().filter(|(_, glob)| is_name(glob));
        let unknown = names.filter(|(_, name)| state.region(name).is_none());
        let warning = |(place, (element, name)): (usize, (usize, &String))| {
            let meant = match hint::region(name, state, place < hint::NEAR_MISSES)? {
                Meant::One { value, .. } => vec![value],
                Meant::Elements(values) => values,
            };
            let key = KeyPath::of("destinations", "denied").element(element).to_string();
            Some(PolicyWarning::Denied { key, name: name.clone(), meant })
        };
        unknown.enumerate().filter_map(warning).collect()
    }

    /// Returns the rules that the policy has, in order, each with what it allows, as violations
    /// write it. Those that it turns off are among them.
    ///
    /// ```
    /// use presync::policy::Policy;
    ///
    /// let policy = Policy::from_toml("[limits]\nimage-quota = 8")?;
    /// let (rule, allowed) = &policy.requirements()[0];
    /// assert_eq!((rule.id(), &**allowed), ("policy/image-quota", "8 images"));
    /// # Ok::<(), presync::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn requirements(&self) -> Vec<(&'static Rule, String)> {
        let Self { limits, destinations, image_name, .. } = self;
        let allowed = destinations.allowed.as_deref().unwrap_or_default();
        let some =
            |globs: &'_ [String], text: fn(&[String]) -> String| (!globs.is_empty()).then(|| text(globs));
        let all = [
            (&rules::IMAGE_SIZE, limits.image_size.map(rules::allowed_size)),
            (&rules::DESTINATION_COUNT, limits.destinations.map(rules::allowed_count)),
            (&rules::DESTINATION_ALLOWED, some(allowed, rules::allowed_names)),
            (&rules::DESTINATION_DENIED, some(&destinations.denied, rules::allowed_others)),
            (&rules::DESTINATION_REQUIRED, some(&destinations.required, rules::allowed_with)),
            (&rules::IMAGE_QUOTA, limits.image_quota.map(rules::allowed_images)),
            (&rules::FREE_QUOTA, limits.free_quota.map(rules::allowed_free)),
            (&rules::IMAGE_NAME, image_name.pattern.as_deref().map(legible)),
        ];
        all.into_iter().filter_map(|(rule, allowed)| Some((rule, allowed?))).collect()
    }
}

fn limit(key: &'static str, number: Option<u64>) -> Result<Option<u64>, Located<'static>> {
    if number == Some(0) {
        let path = KeyPath::of("limits", key);
        let error = PolicyError::Value { key: path.to_string(), value: "0", expected: ONE_OR_MORE };
        return Err((path, error));
    }
    Ok(number)
}

fn globs(key: &'static str, texts: &[String]) -> Result<Globs, Located<'static>> {
    let slip = |(element, text): (usize, &String)| Some((element, matches_no_region(text)?));
    if let Some((element, reason)) = texts.iter().enumerate().find_map(slip) {
        let path = KeyPath::of("destinations", key).element(element);
        return Err((path, PolicyError::NoRegion { key: path.to_string(), reason }));
    }
    Globs::new(texts).map_err(|error| {
        let path = KeyPath::of("destinations", key);
        let (path, message) = match error {
            NotGlobs::One(element, error) => (path.element(element), one_line(&error.kind().to_string())),
            NotGlobs::All => {
                (path, format!("a list has at most {MAX_GLOBS} globs of {MAX_GLOB_BYTES} bytes together: this one has more"))
            }
        };
        (path, PolicyError::Glob { key: path.to_string(), message })
    })
}

/// Returns the reason why a glob matches no region, whatever regions there are; `None` where it may
/// match one. In a list of what is denied such a slip would be seen by nobody.
fn matches_no_region(glob: &str) -> Option<&'static str> {
    if glob.trim().is_empty() {
        return Some("it is empty");
    }
    if glob.contains(char::is_whitespace) {
        return Some("no region has a space in its name, and each glob is a text of its own");
    }
    if glob.starts_with('!') {
        return Some("no region has a `!` in front of its name");
    }
    let mut depth = 0_usize;
    for character in glob.chars() {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                return Some("no region has a comma in its name, and each glob is a text of its own");
            }
            _ => {}
        }
    }
    None
}

fn pattern<'p>(path: KeyPath<'p>, text: &str) -> Result<Pattern, Located<'p>> {
    Pattern::new(text).map_err(|message| not_a_pattern(path, message))
}

fn not_a_pattern(path: KeyPath<'_>, message: String) -> Located<'_> {
    (path, PolicyError::Pattern { key: path.to_string(), message })
}

/// Returns the last line of an error, which may have a letter of the user's in it.
fn one_line(message: &str) -> String {
    let line = message.lines().next_back().unwrap_or_default();
    legible(line.strip_prefix("error: ").unwrap_or(line))
}

/// Writes the end of a message on a rule that is not there and near to none: the ids of those that
/// can have a level.
fn known_rules() -> String {
    let ids = every_rule().filter(|rule| rule.stage() == Stage::Check).map(Rule::id);
    format!(", known are `{}`", ids.collect::<Vec<_>>().join("`, `"))
}

/// Errors when no edition and no policy has a rule of this id, or when it cannot have this level.
fn known(id: &str, level: Level) -> Result<(), Located<'_>> {
    let path = KeyPath::of("rules", id);
    let key = path.to_string();
    match every_rule().find(|rule| rule.id() == id) {
        Some(rule) if rule.stage() == Stage::Decode && level != Level::Error => {
            Err((path, PolicyError::Decoding { key }))
        }
        Some(_) => Ok(()),
        None => {
            let nearest = nearest(id, every_rule().map(Rule::id));
            Err((path, PolicyError::UnknownRule { key, nearest }))
        }
    }
}

/// Returns every documented rule, then every rule that a policy can have.
///
/// ```
/// let ids: Vec<_> = presync::policy::every_rule().map(|rule| rule.id()).collect();
/// assert!(ids.contains(&"image-size") && ids.contains(&"policy/image-size"));
/// ```
pub fn every_rule() -> impl Iterator<Item = &'static Rule> {
    crate::rules::all().chain(rules())
}

/// Returns the one rule or error code that was probably meant by a word: the word is its last part,
/// or a slip of the hand away.
///
/// ```
/// assert_eq!(presync::policy::meant("TooLarge"), Some("InvalidImageId.TooLarge"));
/// assert_eq!(presync::policy::meant("image-sise"), Some("image-size"));
/// ```
#[must_use]
pub fn meant(word: &str) -> Option<&'static str> {
    let codes = || ErrorCode::ALL.iter().map(ErrorCode::as_str);
    let documented = || crate::rules::all().map(Rule::id).chain(codes());
    let lower = word.to_lowercase();
    let is_last_part = |known: &&str| {
        let known = known.to_lowercase();
        !lower.is_empty() && known.strip_suffix(&lower).is_some_and(|rest| rest.ends_with(['-', '.']))
    };
    let mut parts = documented().filter(is_last_part);
    match (parts.next(), parts.next()) {
        (Some(part), None) => Some(part),
        _ => {
            let own = rules().flat_map(|rule| [rule.id(), rule.code(Edition::FIRST).as_str()]);
            nearest(word, documented().chain(own))
        }
    }
}

/// What is probably a slip in a policy, seen beside a state.
///
/// ```
/// use presync::policy::{Policy, PolicyWarning};
/// use presync::{Region, State};
///
/// let state = State::new([Region::new("ap-guangzhou")], [])?;
/// let policy = Policy::from_toml(r#"destinations.denied = ["AP-Guangzhou"]"#)?;
/// let warnings = policy.warnings(&state);
/// assert!(matches!(&*warnings, [PolicyWarning::Denied { meant, .. }] if *meant == ["ap-guangzhou"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyWarning {
    /// No region has a name that is denied, and others were probably meant.
    Denied {
        /// The key: `destinations.denied[0]`.
        key: String,
        /// The name.
        name: String,
        /// The regions that were probably meant, mostly one.
        meant: Vec<String>,
    },
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Denied { key, name, meant } = self;
        let meant = meant.iter().map(|region| format!("`{}`", clean(region)));
        write!(f, "{key}: no region is `{}`, did you mean {}?", clean(name), joined(meant, " and "))
    }
}

/// The reason why a text is not a policy, or why no set of rules can be made of one.
///
/// ```
/// use presync::policy::{Policy, PolicyError};
///
/// assert!(matches!(Policy::from_toml("[limits"), Err(PolicyError::Toml { line: 1, column: 8, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The bytes are not the TOML of a policy.
    #[error("line {line}, column {column}: {message}")]
    Toml {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The words for what is wrong.
        message: String,
    },
    /// The text is larger than one may be.
    #[error("a policy has at most {limit} bytes: this one has {found}")]
    TooLarge {
        /// The most bytes that it may have.
        limit: usize,
        /// The bytes that it has.
        found: usize,
    },
    /// No set of rules can be made of the policy that was read.
    #[error("line {line}, column {column}: {source}")]
    At {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The reason.
        source: Box<PolicyError>,
    },
    /// A rule is named that no edition and no policy has.
    #[error("{key}: there is no such rule{}", nearest.map_or_else(known_rules, |nearest| did_you_mean(Some(nearest))))]
    UnknownRule {
        /// The key: `rules.image-sise`.
        key: String,
        /// The rule that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A rule is turned off or down that is enforced while a request is decoded, so that no set has
    /// it.
    #[error("{key}: the rule is enforced while a request is decoded and cannot be turned off or down")]
    Decoding {
        /// The key.
        key: String,
    },
    /// A value is out of range.
    #[error("{key}: invalid value: `{value}`, expected {expected}")]
    Value {
        /// The key: `limits.image-quota`.
        key: String,
        /// The value.
        value: &'static str,
        /// The values that were expected.
        expected: &'static str,
    },
    /// A text is not a glob.
    #[error("{key}: not a glob: {message}")]
    Glob {
        /// The key: `destinations.allowed[0]`.
        key: String,
        /// The words for what is wrong with it.
        message: String,
    },
    /// A glob matches no region, whatever regions there are.
    #[error("{key}: no region matches it: {reason}")]
    NoRegion {
        /// The key: `destinations.denied[0]`.
        key: String,
        /// The reason.
        reason: &'static str,
    },
    /// A text is no regular expression, or too large a one.
    #[error("{key}: not a pattern: {message}")]
    Pattern {
        /// The key: `image-name.pattern`.
        key: String,
        /// The words for what is wrong with it.
        message: String,
    },
    /// The rules do not make a set.
    #[error(transparent)]
    Rules(#[from] RulesetError),
}
