use aws_sdk_dynamodb::types::Put;

use super::{Store, keys};
use crate::error::Error;
use crate::history::Entry;
use crate::types::TenantId;

impl Store {
    /// The row of an entry, to be written with what it tells of.
    pub(super) fn entry(&self, tenant: &TenantId, entry: &Entry) -> Result<Put, Error> {
        let id = self.random.uuid().simple().to_string();
        let key = keys::history(tenant, entry.account_id, entry.at_ms, &id);
        self.row(&key, entry, Some(entry.ends_at()))
    }

    /// An entry of what changed nothing else.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn add_entry(&self, tenant: &TenantId, entry: &Entry) -> Result<(), Error> {
        self.put(self.entry(tenant, entry)?).await?;
        Ok(())
    }
}
