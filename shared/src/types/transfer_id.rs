use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Invalid;
use crate::random::Random;

/// A data transfer, the `session_id` of contract §3.2: a random UUID (version 4). Not a secret: it opens nothing by
/// itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransferId(Uuid);

impl TransferId {
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(random.uuid())
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl TryFrom<String> for TransferId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Uuid::try_parse(&text).map(Self).map_err(|_| Invalid("must be a UUID"))
    }
}

impl std::fmt::Display for TransferId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}
