use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Invalid;
use crate::random::Random;

/// A client of a tenant: a back end or portal. 1 to 64 of `A-Z a-z 0-9 . _ -`, and no UUID, so that no client is ever
/// taken for an account (yardstick K4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// One that we make: `client_` and 128 bits of chance.
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(format!("client_{}", HEXLOWER.encode(&random.bytes::<16>())))
    }

    /// Stands for the pages themselves, where a person signs in to answer a third party.
    #[must_use]
    pub fn pages() -> Self {
        Self("authorize".to_owned())
    }

    /// Stands for whoever runs the deployment and gives it commands.
    #[must_use]
    pub fn administrator() -> Self {
        Self("administrator".to_owned())
    }

    /// Whether it stands for Latchkey's own doors, and so is no client's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        [Self::pages(), Self::administrator()].contains(self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_account = Uuid::try_parse(&text).is_ok();
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !is_account {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 1 to 64 letters, digits, dots, underscores or hyphens, and no UUID"))
        }
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
