use serde::{Deserialize, Serialize};

use super::Invalid;

/// A telephone number in E.164 form: `+`, then 7 to 15 ASCII digits of which the first is not 0.
///
/// The form is all that is checked: that a number exists and is somebody's is proven by a code sent to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// A number as people write it: spaces, hyphens, dots and parentheses are for the eye only.
    ///
    /// # Errors
    /// When what is left is not in E.164 form.
    pub fn written(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.replace([' ', '-', '.', '(', ')'], ""))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Phone {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let numeric = digits.bytes().all(|byte| byte.is_ascii_digit());
        if (7..=15).contains(&digits.len()) && numeric && !digits.starts_with('0') {
            Ok(Self(text))
        } else {
            Err(Invalid("must be a telephone number in international form, like +19172249999"))
        }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// Personal data: logs and panics get the last two digits only.
impl std::fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = self.0.len().saturating_sub(2);
        write!(formatter, "Phone(…{})", self.0.get(end..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_phone() {
        assert!(Phone::try_from("+19172249999".to_owned()).is_ok());
        for text in
            ["", "+", "19172249999", "+0917224999", "+1 917 224 9999", "+1234567890123456", "+١٢٣٤٥٦٧٨", "+123456"]
        {
            assert!(Phone::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", Phone::try_from("+19172249999".to_owned()).unwrap()), "Phone(…99)");
    }
}
