//! A data transfer: a third party asks, a person answers on a device of their own, once.
//!
//! ```text
//!   asked           scanned            agreed
//!  ──────► initialized ──► retrieved ──────► confirmed    what was agreed is readable for 10 minutes
//!                │             │
//!                │ declined    │ declined
//!                └──────►──────┴──────────► cancelled
//!
//!   initialized, retrieved ──► expired      `ends_at` passes
//! ```
//!
//! Confirmed, cancelled and expired are final. Whoever signed in first is the only one who may agree: what a stranger
//! photographed is then worth nothing. The names are contract §3.5's.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use crate::types::{AccountId, ClientId, DataScopes, Invalid, Timestamp, TransferId};

/// What was agreed is readable for so long (yardstick E8).
pub const READABLE_SECONDS: i64 = 600;

/// A data transfer as the table holds it. Times in seconds since 1970-01-01T00:00:00Z unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub id: TransferId,
    /// The third party, which alone reads the answer.
    pub client_id: ClientId,
    /// SHA-256 of the secret in the code.
    pub token: String,
    /// Rises with time, roughly; the id tells transfers apart.
    pub number: i64,
    pub scope: DataScopes,
    /// What the person may leave out.
    pub optional_scope: DataScopes,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub vendor_data: Option<VendorData>,
    /// As it was written; [`Transfer::status_at`] says how it stands.
    pub status: TransferStatus,
    pub created_at_ms: i64,
    pub ends_at: i64,
    /// Who signed in to answer it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<AccountId>,
    /// What was agreed to and handed over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approved: Option<DataScopes>,
    /// What was handed over: sealed JSON.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_data: Option<String>,
}

/// `status` of contract §3.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferStatus {
    Initialized,
    Retrieved,
    Confirmed,
    Cancelled,
    /// Never written: a matter of the clock.
    Expired,
}

/// What a third party wants to find again: up to 1,024 characters, given back as they came. Prints nothing of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VendorData(String);

impl TryFrom<String> for VendorData {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let fits = text.chars().count() <= 1_024;
        if fits { Ok(Self(text)) } else { Err(Invalid("must have at most 1024 characters")) }
    }
}

impl From<VendorData> for String {
    fn from(vendor_data: VendorData) -> Self {
        vendor_data.0
    }
}

impl std::fmt::Debug for VendorData {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("VendorData(…)")
    }
}

impl Transfer {
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> TransferStatus {
        let is_late = self.status.is_pending() && now.seconds() >= self.ends_at;
        if is_late { TransferStatus::Expired } else { self.status }
    }

    /// Whether this is the digest of the secret in its code.
    #[must_use]
    pub fn is_opened_by(&self, digest: &str) -> bool {
        verify_slices_are_equal(self.token.as_bytes(), digest.as_bytes()).is_ok()
    }

    /// Whether somebody else signed in to answer it.
    #[must_use]
    pub fn is_anothers(&self, person: AccountId) -> bool {
        self.account_id.is_some_and(|account| account != person)
    }
}

impl TransferStatus {
    /// Whether an answer may still come.
    #[must_use]
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Initialized | Self::Retrieved)
    }

    /// As the flow names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initialized => "initialized",
            Self::Retrieved => "retrieved",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// As the decision's body names it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Initialized => "Initialized",
            Self::Retrieved => "Retrieved",
            Self::Confirmed => "Confirmed",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Expired",
        }
    }
}
