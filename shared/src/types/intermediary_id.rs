use serde::{Deserialize, Serialize};

use super::Invalid;
use crate::random::Random;

/// An intermediary's record: 24 hexadecimal digits, as in document 001. Written in either letter case, kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IntermediaryId(String);

impl IntermediaryId {
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(data_encoding::HEXLOWER.encode(&random.bytes::<12>()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IntermediaryId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Invalid("must be 24 hexadecimal digits"))
        }
    }
}

impl From<IntermediaryId> for String {
    fn from(id: IntermediaryId) -> Self {
        id.0
    }
}

impl std::fmt::Display for IntermediaryId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
