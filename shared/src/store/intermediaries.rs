use serde::{Deserialize, Serialize};

use super::idempotency::Remembered;
use super::write::{Refusal, put};
use super::{Store, keys};
use crate::error::Error;
use crate::types::{AccountId, IntermediaryId, TenantId, Timestamp};

/// An intermediary's record, which has at most one account.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    /// The caller's own data, as the JSON text in which it came.
    pub(super) variables: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) account_id: Option<AccountId>,
}

impl Store {
    /// Puts a new record. `false`: its answer was remembered already, so nothing was written.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_intermediary(
        &self,
        tenant: &TenantId,
        id: &IntermediaryId,
        variables: String,
        remember: Option<&Remembered>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let row = Row { variables, account_id: None };
        let record = self.new_row(&keys::intermediary(tenant, id), &row, None, now)?;
        let Some(remember) = remember else {
            // The id is random: a row that is there already is our own, put before an answer was lost.
            self.put(record).await?;
            return Ok(true);
        };
        let transacted = self.transact(vec![put(record), put(self.remember(tenant, remember, now)?)]).await?;
        Ok(transacted.refusal(1).is_none())
    }
}

/// What a record that refused an account shows: none there, or one that has an account.
pub(super) fn is_missing(refusal: &Refusal) -> bool {
    refusal.0.is_none()
}
