use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::types::{Invalid, Line, Text, present};

/// A postal address, its parts named as OIDC Core §5.1.1 names them. At least one is known.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub street_address: Option<Text<Line>>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub locality: Option<Text<Line>>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub region: Option<Text<Line>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub postal_code: Option<Text<Line>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub country: Option<Text<Line>>,
}

impl Address {
    /// What is known of it.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        let Self { street_address, locality, region, postal_code, country } = self;
        [street_address, locality, region, postal_code, country].into_iter().flatten().map(Text::as_str)
    }

    /// On one line: `1 Main Street, 0150 Oslo, Norway`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let place: Vec<_> = self.postal_code.iter().chain(&self.locality).map(Text::as_str).collect();
        let place = Some(place.join(" ")).filter(|place| !place.is_empty());
        let text = |part: &Option<Text<Line>>| part.as_ref().map(|part| part.as_str().to_owned());
        let parts = [text(&self.street_address), place, text(&self.region), text(&self.country)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Entry for Address {
    const RULE: Invalid = Invalid("must say something of the address");

    fn is_sound(&self) -> bool {
        *self != Self::default()
    }
}

/// Personal data: prints nothing of it.
impl std::fmt::Debug for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Address(…)")
    }
}
