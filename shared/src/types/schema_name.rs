use serde::{Deserialize, Serialize};

use super::Invalid;

/// The name of a lead's field, such as `EmailAddress` or `mx_PAN_Number` (contract §2.3): a letter, then letters,
/// digits and underscores, at most 64 in all. Letter case counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchemaName(String);

impl SchemaName {
    /// The field that holds an account's e-mail address.
    #[must_use]
    pub fn email_address() -> Self {
        Self("EmailAddress".to_owned())
    }

    /// The field that holds an account's telephone number.
    #[must_use]
    pub fn phone() -> Self {
        Self("Phone".to_owned())
    }

    /// The field that holds what a customer's tenant calls them by.
    #[must_use]
    pub fn customer_id() -> Self {
        Self("CustomerId".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SchemaName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphabetic());
        if begins_well && text.len() <= 64 && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be a letter, then letters, digits and underscores, at most 64 in all"))
        }
    }
}

impl From<SchemaName> for String {
    fn from(name: SchemaName) -> Self {
        name.0
    }
}

impl std::fmt::Display for SchemaName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
