//! The API's vocabularies: the words that are known are constants, any other word is kept as it is.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
        pub struct $name(Cow<'static, str>);

        impl $name {
            $($(#[$word_doc])* pub const $word: Self = Self(Cow::Borrowed(stringify!($word)));)+

            /// Every word that is known.
            pub const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// Returns the word as the API spells it, without a copy of one that is known.
            #[allow(dead_code, reason = "not every list of words is told of")]
            pub(crate) fn word(&self) -> Cow<'static, str> {
                self.0.clone()
            }

            /// Returns the word as the API spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, word: &str) -> bool {
                self.0 == word
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, word: &&str) -> bool {
                self.0 == *word
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $(stringify!($word) => Self::$word,)+
                    _ => Self(Cow::Owned(word.to_owned())),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                word.as_str().into()
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            /// Reads any word.
            fn from_str(word: &str) -> Result<Self, Infallible> {
                Ok(word.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;

                impl Visitor<'_> for Word {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a word")
                    }

                    fn visit_str<E: de::Error>(self, word: &str) -> Result<$name, E> {
                        Ok(word.into())
                    }
                }

                deserializer.deserialize_str(Word)
            }
        }
    };
}

vocabulary! {
    /// The state of a region, as DescribeRegions gives it.
    ///
    /// ```
    /// use presync::RegionState;
    ///
    /// assert_eq!(RegionState::from("AVAILABLE"), RegionState::AVAILABLE);
    /// assert_eq!(RegionState::from("SOMETHING_NEW").as_str(), "SOMETHING_NEW");
    /// ```
    RegionState {
        /// The region can be used.
        AVAILABLE,
        /// The region cannot be used.
        UNAVAILABLE,
    }
}

vocabulary! {
    /// The state of an image, as DescribeImages gives it. Only a `NORMAL` image can be copied.
    ///
    /// ```
    /// use presync::ImageState;
    ///
    /// assert!(ImageState::SYNCING.is_busy());
    /// assert!(ImageState::IMPORTFAILED.is_failed());
    /// assert_ne!(ImageState::from("SOMETHING_NEW"), ImageState::NORMAL);
    /// ```
    ImageState {
        /// The image is being made.
        CREATING,
        /// The image is ready.
        NORMAL,
        /// The image could not be made.
        CREATEFAILED,
        /// The image is in use by another operation; documented until 2025-07.
        USING,
        /// The image is being copied to another region.
        SYNCING,
        /// The image is being imported.
        IMPORTING,
        /// The image could not be imported.
        IMPORTFAILED,
        /// The image is being deleted; known to clients, documented nowhere.
        DELETING,
    }
}

impl ImageState {
    /// True if the state passes with time.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        [Self::CREATING, Self::SYNCING, Self::IMPORTING, Self::USING].contains(self)
    }

    /// True if the state is the end of something that failed: it never passes.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        [Self::CREATEFAILED, Self::IMPORTFAILED].contains(self)
    }
}

vocabulary! {
    /// The type of an image, which says whose it is, as DescribeImages gives it.
    ///
    /// ```
    /// use presync::ImageType;
    ///
    /// assert_eq!(ImageType::from("PRIVATE_IMAGE"), ImageType::PRIVATE_IMAGE);
    /// ```
    ImageType {
        /// A custom image: the account's own.
        PRIVATE_IMAGE,
        /// An image that the service offers to everybody.
        PUBLIC_IMAGE,
        /// An image that another account shares with this one.
        SHARED_IMAGE,
        /// An image from the marketplace; known to some clients.
        MARKET_IMAGE,
    }
}
