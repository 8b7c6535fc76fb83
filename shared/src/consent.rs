//! A consent: who agreed to hand over what, to whom and when. It is kept until its account is deleted.

use serde::{Deserialize, Serialize};

use crate::types::{ClientId, DataScopes, TransferId};

/// The version of the words and rules that people agree under; it changes with every change of what they mean.
pub const VERSION: &str = "2026-11-22";

/// A consent as the table holds it, under its account. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Of the transfer that it was given in.
    pub id: TransferId,
    pub client_id: ClientId,
    /// As the person saw it.
    pub client_name: String,
    pub scope: DataScopes,
    pub given_at: i64,
    /// [`VERSION`] at that time.
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<i64>,
}
