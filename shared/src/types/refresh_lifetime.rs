use serde::{Deserialize, Serialize};

use super::Invalid;

/// How long a session lives between two uses: 30 to 10,080 minutes, 30 unless asked for (documents 000 and 001).
///
/// The session remembers it, so re-signing keeps it and needs no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RefreshLifetime {
    minutes: u32,
}

impl RefreshLifetime {
    /// The fixed life of an `AuthKey` (document 002).
    pub const FOUR_HOURS: Self = Self { minutes: 240 };

    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.minutes) * 60
    }
}

impl Default for RefreshLifetime {
    fn default() -> Self {
        Self { minutes: 30 }
    }
}

impl TryFrom<u32> for RefreshLifetime {
    type Error = Invalid;

    fn try_from(minutes: u32) -> Result<Self, Invalid> {
        if (30..=10_080).contains(&minutes) {
            Ok(Self { minutes })
        } else {
            Err(Invalid("must be a whole number of minutes from 30 to 10080"))
        }
    }
}

impl From<RefreshLifetime> for u32 {
    fn from(lifetime: RefreshLifetime) -> Self {
        lifetime.minutes
    }
}
