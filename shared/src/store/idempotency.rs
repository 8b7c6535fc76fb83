use aws_sdk_dynamodb::types::Put;
use serde::{Deserialize, Serialize};

use super::read::string;
use super::write::Written;
use super::{Store, from_item, keys};
use crate::error::Error;
use crate::session::Session;
use crate::types::{AccountId, SessionId, TenantId, Timestamp};

/// An answer kept under an idempotency key for 24 hours. It is written in the transaction whose effect it
/// reports, so there is never one without the other.
#[derive(Clone, Serialize, Deserialize)]
pub struct Remembered {
    /// SHA-256 of client, endpoint and key.
    #[serde(skip)]
    pub digest: String,
    /// HMAC of the whole request: the same key with another request is an error.
    pub request: String,
    /// The sealed answer; it may hold tokens.
    pub answer: String,
    /// The session that the answer's tokens are of, where they are what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<TokensOf>,
}

/// Which tokens of which session.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct TokensOf {
    pub account_id: AccountId,
    pub session_id: SessionId,
    pub generation: u32,
}

impl TokensOf {
    #[must_use]
    pub fn now(session: &Session) -> Self {
        Self { account_id: session.account_id, session_id: session.id, generation: session.generation }
    }
}

const KEPT_SECONDS: i64 = 86_400;

impl Store {
    /// What was answered under this key before, if anything was in the last 24 hours.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn remembered(
        &self,
        tenant: &TenantId,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<Remembered>, Error> {
        self.get(&keys::idempotency(tenant, digest), now).await?.map(from_item).transpose()
    }

    /// Whether these are the tokens that the session has now, and it is live.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn are_current(&self, tenant: &TenantId, tokens: TokensOf, now: Timestamp) -> Result<bool, Error> {
        let live = self.live_session(tenant, tokens.account_id, tokens.session_id, None, now).await?;
        Ok(live.is_some_and(|(_, session)| session.generation == tokens.generation))
    }

    /// Keeps an answer whose effect stands already. Of two at once the first is kept: `false` to the other.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn remember_afterwards(
        &self,
        tenant: &TenantId,
        remembered: &Remembered,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let put = self.remember(tenant, remembered, now)?;
        match self.put(put).await? {
            Written::Done(_) => Ok(true),
            // The same answer as ours: put before an answer was lost.
            Written::Refused(item) => Ok(item.is_some_and(|item| string(&item, "answer") == Some(&remembered.answer))),
        }
    }

    pub(super) fn remember(&self, tenant: &TenantId, remembered: &Remembered, now: Timestamp) -> Result<Put, Error> {
        let key = keys::idempotency(tenant, &remembered.digest);
        self.new_row(&key, remembered, Some(now.seconds() + KEPT_SECONDS), now)
    }
}

impl std::fmt::Debug for Remembered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Remembered(…)")
    }
}
