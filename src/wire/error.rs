//! The error of bytes that cannot be read as a request.

use super::MAX_ITEMS;

use crate::model::SyncRequest;
use crate::report::{Fact, Report, Terms, Violation};
use crate::rule::Stage;
use crate::rules::{self, shape};
use crate::text::document::{Unreadable, not_utf8};
use crate::text::few;

/// The error of bytes that cannot be read as a request.
///
/// ```
/// use presync::wire::{self, DecodeError};
///
/// assert!(matches!(wire::decode(b""), Err(DecodeError::Empty)));
/// assert!(matches!(wire::decode(b"{\"ImageIds\": [}"), Err(DecodeError::Json { line: 1, column: 15, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are a request, but not one that has the shape of SyncImages. Only its shape is
    /// checked.
    #[error("the request has a wrong shape: {}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Shape {
        /// Every violation of the shape, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The request can be read, although it is not what a client sends: it is printed on several
    /// lines, or cut at a `#`. [`into_report_with`](Self::into_report_with) checks the rest of it.
    #[error("the request is damaged: {}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Damaged {
        /// The request without its line breaks, or up to the `#`.
        request: Box<SyncRequest>,
        /// The violations that the damage makes, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The bytes are plainly something else than a request.
    #[error("this is no request, it looks like {what}")]
    LooksLike {
        /// What the text looks like, and what to give instead.
        what: &'static str,
    },
    /// No parameter of SyncImages is sent, but others.
    #[error(
        "this is no request of SyncImages: of its parameters, such as `ImageIds` and `DestinationRegions`, none is there, but {}",
        few(names.iter().map(String::as_str))
    )]
    NoParameter {
        /// The first names that are there instead.
        names: Vec<String>,
    },
    /// The bytes are empty, or white space alone.
    #[error("the request is empty")]
    Empty,
    /// The request is larger than the service takes.
    #[error("{what} has at most {limit} bytes: this one has more")]
    TooLarge {
        /// The form of the request, such as `a URL`.
        what: &'static str,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// The request has more parameters and elements of lists than [`MAX_ITEMS`].
    #[error("a request has at most {MAX_ITEMS} parameters and elements of lists: this one has more")]
    TooManyItems,
    /// The bytes are not text in UTF-8.
    #[error("line {line}, column {column}: the request is {}", not_utf8(*encoding))]
    NotUtf8 {
        /// The line of the first wrong byte, counted from 1.
        line: usize,
        /// The column of that byte, counted from 1 in bytes.
        column: usize,
        /// What the bytes look like, where they tell it: `UTF-16LE`, `GBK`.
        encoding: Option<&'static str>,
    },
    /// The request starts with a byte order mark.
    #[error("line 1, column 1: the request starts with a byte order mark, which is no part of it")]
    ByteOrderMark,
    /// The request is JSON, but not an object.
    #[error("a JSON request is an object, which starts with an opening brace")]
    NotAnObject,
    /// The bytes are neither a JSON object nor a query string.
    #[error(
        "neither a JSON object nor a query string such as `ImageIds.0=img-o3ycss2p&DestinationRegions.0=ap-guangzhou`"
    )]
    NotARequest,
    /// The request is a JSON object that ends too early or is not well-formed.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
        /// The message, without the position.
        message: String,
    },
    /// The reader that [`decode_value`](super::decode_value) is given cannot read its text.
    #[error("the body cannot be read: {message}")]
    Body {
        /// The reader's own message, fit to be shown.
        message: String,
    },
}

impl From<Unreadable> for DecodeError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotUtf8 { line, column, encoding } => Self::NotUtf8 { line, column, encoding },
            Unreadable::Empty => Self::Empty,
            Unreadable::ByteOrderMark => Self::ByteOrderMark,
        }
    }
}

impl DecodeError {
    /// Returns the report on a request of a wrong shape, as it is made on these terms: those of a
    /// [`Ruleset`](crate::Ruleset), or an edition alone.
    ///
    /// # Errors
    ///
    /// Errors with any other error, since there is no request to report on.
    ///
    /// ```
    /// use presync::{Edition, Ruleset, wire};
    ///
    /// let error = wire::decode(br#"{"ImageIds": "img-o3ycss2p"}"#).unwrap_err();
    /// let report = error.into_report(&Ruleset::documented(Edition::LATEST).strict())?;
    /// assert_eq!(report.violations()[0].rule(), "parameter-type");
    /// assert_eq!((report.edition(), report.is_strict()), (Edition::LATEST, true));
    /// assert!(report.is_shape_only());
    /// # Ok::<(), presync::wire::DecodeError>(())
    /// ```
    pub fn into_report(self, terms: impl Terms) -> Result<Report, Self> {
        match self {
            Self::Shape { violations } | Self::Damaged { violations, .. } => {
                Ok(Report::on_shape(&terms, violations))
            }
            other => Err(other),
        }
    }

    /// Returns the report as [`into_report`](Self::into_report) does, and for a request that can be
    /// read all the same, with all that `check` says of it.
    ///
    /// # Errors
    ///
    /// Errors with any other error, since there is no request to report on.
    ///
    /// ```
    /// use presync::{Ruleset, State, wire};
    ///
    /// let printed = b"https://host/?Version=2017-03-12\n&ImageIds.0=img-o3ycss2p\n&DestinationRegions.0=gz";
    /// let (rules, state) = (Ruleset::default(), State::default());
    /// let error = wire::decode(printed).unwrap_err();
    /// let report = error.into_report_with(&rules, |request| rules.check(request, &state))?;
    /// assert!(report.violations()[0].message().starts_with("a line break"));
    /// assert_eq!(report.violations()[2].code().as_str(), "InvalidRegion.NotFound");
    /// # Ok::<(), wire::DecodeError>(())
    /// ```
    pub fn into_report_with(
        self,
        terms: impl Terms,
        check: impl FnOnce(&SyncRequest) -> Report,
    ) -> Result<Report, Self> {
        let Self::Damaged { request, violations } = self else { return self.into_report(terms) };
        let mut report = check(&request);
        let is_of_shape = |violation: &Violation| {
            rules::find(violation.rule()).is_some_and(|rule| rule.stage() == Stage::Decode)
        };
        let (of_shape, others): (Vec<_>, Vec<_>) = violations.into_iter().partition(is_of_shape);
        for other in others {
            // A rule that is not in the set has found none, and then there is none to hint at.
            let mut found = report.violations_mut();
            let same =
                found.find(|found| (found.rule(), found.parameter()) == (other.rule(), other.parameter()));
            if let (Some(same), Some(hint)) = (same, other.hint()) {
                same.set_hint(hint.to_owned());
                same.set_fact(Fact::Damage, shape::CUT.into());
            }
        }
        report.put_first(of_shape);
        Ok(report)
    }
}
