use serde::{Deserialize, Serialize};

use super::Invalid;

/// A tenant: `T` (test) or `P` (live) and eight digits, as in contract §4.0. Every tenant's rows begin with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

impl TenantId {
    /// Whether accounts of this tenant are for testing (`testing` in contract §1.2).
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.0.starts_with('T')
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.strip_prefix(['T', 'P']).unwrap_or_default();
        if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be T or P and eight digits"))
        }
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
