//! The kind of a document, as its first keys tell it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::item::Kind;

impl Kind {
    /// Returns the kind of a document, or of the first object of a list. The reading ends
    /// with the key that tells it.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut kind = None;
        let keys = KindSearch { kind: &mut kind, is_enveloped: false };
        // The search ends early by an error. A kind stays found where the text behind it is not
        // JSON.
        let _ = keys.deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        kind
    }

    fn named(key: &str, is_enveloped: bool) -> Option<Self> {
        match key {
            "ImageSet" | "ImageId" => Some(Self::Images),
            "RegionSet" | "Region" => Some(Self::Regions),
            "ImageNumQuota" => Some(Self::Quota),
            "AccountQuotaOverview" => Some(Self::AccountQuota),
            "Error" => Some(Self::Error),
            "Regions" | "RegionsComplete" | "Images" | "AccountQuota" | "BlockedRoutes" if !is_enveloped => {
                Some(Self::State)
            }
            _ => None,
        }
    }
}

/// A search for a key that tells what an object is.
struct KindSearch<'k> {
    kind: &'k mut Option<Kind>,
    is_enveloped: bool,
}

impl<'de> DeserializeSeed<'de> for KindSearch<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KindSearch<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if let Some(kind) = Kind::named(&key, self.is_enveloped) {
                if matches!(&*key, "Region" | "ImageId") {
                    // In a record it is a text. A list is more likely a misspelt key of a state.
                    map.next_value::<Option<Cow<'de, str>>>()?;
                }
                *self.kind = Some(kind);
                return Err(de::Error::custom("found"));
            }
            if key == "Response" && !self.is_enveloped {
                *self.kind = Some(Kind::Other);
                return map.next_value_seed(KindSearch { kind: self.kind, is_enveloped: true });
            }
            if key == "RequestId" && !self.is_enveloped {
                // A key that only responses have. Another key tells the action.
                *self.kind = Some(Kind::Other);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.is_enveloped {
            return Ok(());
        }
        let first = list.next_element_seed(KindSearch { kind: self.kind, is_enveloped: false })?;
        // What follows the first element is not read.
        first.map_or(Ok(()), |()| Err(de::Error::custom("found")))
    }
}
