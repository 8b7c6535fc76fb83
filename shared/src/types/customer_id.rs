use serde::{Deserialize, Serialize};

use super::{AccountId, Invalid};

/// A customer as their tenant calls them (contract §4.10): 1 to 255 characters without `%`, control characters or
/// spaces at either end. Letter case counts. Unless the tenant says, the account's id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerId(String);

impl CustomerId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<AccountId> for CustomerId {
    fn from(id: AccountId) -> Self {
        Self(id.to_string())
    }
}

impl TryFrom<String> for CustomerId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        // API Gateway decodes a path's parameters once, and what is decoded must not be decoded again.
        let sound = text.chars().all(|letter| !letter.is_control() && letter != '%') && text.trim() == text;
        if (1..=255).contains(&text.chars().count()) && sound {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 1 to 255 characters without %, control characters or spaces at either end"))
        }
    }
}

impl From<CustomerId> for String {
    fn from(id: CustomerId) -> Self {
        id.0
    }
}

/// It may be a name or a number that tells who it is: prints nothing of it.
impl std::fmt::Debug for CustomerId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CustomerId(…)")
    }
}
