use serde::{Deserialize, Serialize};

use super::Invalid;

/// A name as its bearer writes it: 1 to 256 characters, none of them a control character.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if !(1..=256).contains(&length) || text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(Invalid("must be a name of 1 to 256 characters without control characters"));
        }
        Ok(Self(text))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// Personal data: prints nothing of it.
impl std::fmt::Debug for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Name(…)")
    }
}
