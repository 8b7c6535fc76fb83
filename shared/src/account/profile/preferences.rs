use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::types::{Invalid, Rule, Text, present};

/// How somebody wants to be dealt with. At least one is known.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub language: Option<Text<Language>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub currency: Option<Text<Currency>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub time_zone: Option<Text<TimeZone>>,
}

impl Preferences {
    /// On one line: `en-GB, NOK, Europe/Oslo`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let language = self.language.as_ref().map(Text::as_str);
        let currency = self.currency.as_ref().map(Text::as_str);
        let time_zone = self.time_zone.as_ref().map(Text::as_str);
        [language, currency, time_zone].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Entry for Preferences {
    const RULE: Invalid = Invalid("must have a language, currency or time_zone");

    fn is_sound(&self) -> bool {
        *self != Self::default()
    }
}

/// Personal data: prints nothing of it.
impl std::fmt::Debug for Preferences {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Preferences(…)")
    }
}

/// A language by the form of its tag (BCP 47), such as `en` or `nb-NO`: at most 35 letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language;

impl Rule for Language {
    const RULE: Invalid = Invalid("must be a language tag, like en or nb-NO");

    fn keep(given: String) -> Option<String> {
        let mut subtags = given.split('-');
        let primary = subtags.next().unwrap_or_default();
        let begins_well = (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
        let fits = |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (begins_well && given.len() <= 35 && subtags.all(fits)).then_some(given)
    }
}

/// A currency by the form of its code (ISO 4217): three ASCII capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency;

impl Rule for Currency {
    const RULE: Invalid = Invalid("must be a currency code, like NOK");

    fn keep(given: String) -> Option<String> {
        (given.len() == 3 && given.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(given)
    }
}

/// A time zone by the form of its name in the IANA database, such as `Europe/Oslo`: at most 64 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone;

impl Rule for TimeZone {
    const RULE: Invalid = Invalid("must be the name of a time zone, like Europe/Oslo");

    fn keep(given: String) -> Option<String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
        let is_part =
            |part: &str| part.starts_with(|first: char| first.is_ascii_alphabetic()) && part.bytes().all(allowed);
        (given.len() <= 64 && given.split('/').all(is_part)).then_some(given)
    }
}
