use aws_sdk_dynamodb::types::Put;

use super::{Store, keys};
use crate::error::Error;
use crate::history::Entry;
use crate::types::{TenantId, Timestamp};

/// How long the row of an entry that is not listed is kept, in seconds.
const UNLISTED_KEPT_SECONDS: i64 = 900;

impl Store {
    /// The row of an entry, to be written with what it tells of.
    pub(super) fn entry(&self, tenant: &TenantId, entry: &Entry) -> Result<Put, Error> {
        self.entry_under(tenant, &self.random.uuid().to_string(), entry)
    }

    pub(super) fn entry_under(&self, tenant: &TenantId, id: &str, entry: &Entry) -> Result<Put, Error> {
        let account = entry.account_id;
        if entry.is_unlisted {
            let end = Timestamp::from_milliseconds(entry.at_ms).seconds() + UNLISTED_KEPT_SECONDS;
            return self.row(&keys::history(tenant, account, 0, "unlisted"), entry, Some(end));
        }
        self.row(&keys::history(tenant, account, entry.at_ms, id), entry, Some(entry.ends_at()))
    }

    /// Writes an entry by itself; another of the same time and id takes its place.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn note(&self, tenant: &TenantId, id: &str, entry: &Entry) -> Result<(), Error> {
        self.put(self.entry_under(tenant, id, entry)?).await?;
        Ok(())
    }
}
