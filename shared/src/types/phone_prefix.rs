use serde::{Deserialize, Serialize};

use super::{Invalid, Phone};

/// What telephone numbers begin with: `+`, then 1 to 7 ASCII digits of which the first is not 0. A country's is its calling
/// code; where countries share one, as at `+1`, more digits tell them apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhonePrefix(String);

impl PhonePrefix {
    #[must_use]
    pub fn begins(&self, phone: &Phone) -> bool {
        phone.as_str().starts_with(&self.0)
    }
}

impl TryFrom<String> for PhonePrefix {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let numeric = digits.bytes().all(|byte| byte.is_ascii_digit());
        if (1..=7).contains(&digits.len()) && numeric && !digits.starts_with('0') {
            Ok(Self(text))
        } else {
            Err(Invalid("must be what telephone numbers begin with, like +47"))
        }
    }
}

impl From<PhonePrefix> for String {
    fn from(prefix: PhonePrefix) -> Self {
        prefix.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_of_numbers_that_begin_with_it() {
        let phone = Phone::try_from("+12425550100".to_owned()).unwrap();
        for (prefix, begins) in [("+1", true), ("+1242", true), ("+1246", false), ("+47", false)] {
            assert_eq!(PhonePrefix::try_from(prefix.to_owned()).unwrap().begins(&phone), begins, "{prefix}");
        }
    }

    #[test]
    fn only_a_plus_and_digits_are_a_prefix() {
        for text in ["", "+", "47", "+0", "+4 7", "+12345678", "+٤٧", "++47", "*"] {
            assert!(PhonePrefix::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
