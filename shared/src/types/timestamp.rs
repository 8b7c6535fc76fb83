use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp {
    milliseconds: i64,
}

impl Timestamp {
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self { milliseconds }
    }

    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as `expires_at` and the claims of a token count them.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.milliseconds.div_euclid(1000)
    }
}
