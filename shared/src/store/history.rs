use aws_sdk_dynamodb::types::Put;
use uuid::Uuid;

use super::read::{fault, is_current, string};
use super::{Item, Store, from_item, keys, text};
use crate::error::{Code, Error};
use crate::history::{Entry, Page, Place};
use crate::types::{AccountId, TenantId, Timestamp};

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

    /// An account's entries before `before`, at most so many. One call; entries that come in between stay before them.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn history(
        &self,
        tenant: &TenantId,
        account: AccountId,
        (before, most): (Option<&Place>, u8),
        now: Timestamp,
    ) -> Result<Page, Error> {
        let start = before.map(|place| keys::history(tenant, account, place.at_ms, &place.id.to_string()).attributes());
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :history)")
            .expression_attribute_values(":pk", text(keys::account(tenant, account).pk))
            .expression_attribute_values(":history", text(keys::HISTORY))
            .consistent_read(true)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::from(most) + 1)
            .send()
            .await
            .map_err(|failure| fault("Query", &failure))?;
        let rows = answer.items.unwrap_or_default().into_iter().filter(|row| is_current(row, now));
        let mut entries = rows.map(parse).collect::<Result<Vec<_>, _>>()?;
        let has_more = entries.len() > usize::from(most);
        entries.truncate(most.into());
        let last = entries.last().filter(|_| has_more);
        let next = last.map(|(id, entry)| Place { at_ms: entry.at_ms, id: *id });
        Ok(Page { entries, next })
    }

    /// Writes an entry by itself; another of the same time and id takes its place.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn note(&self, tenant: &TenantId, id: &str, entry: &Entry) -> Result<(), Error> {
        self.put(self.entry_under(tenant, id, entry)?).await?;
        Ok(())
    }
}

pub(super) fn parse(row: Item) -> Result<(Uuid, Entry), Error> {
    let id = string(&row, "sk").and_then(|sk| Uuid::try_parse(sk.rsplit('#').next()?).ok());
    let id = id.ok_or_else(|| Code::Internal.because("a history's entry without an id"))?;
    Ok((id, from_item(row)?))
}
