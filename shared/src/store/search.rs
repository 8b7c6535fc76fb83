use super::intermediaries::Row;
use super::keys::PHONE_OWNER;
use super::read::{fault, string};
use super::{Item, Store, from_item, keys, text};
use crate::account::{Account, Kind};
use crate::error::{Code, Error};
use crate::types::{AccountId, IntermediaryId, Phone, TenantId, Timestamp};

impl Store {
    /// The accounts with these ids, each named once; one call for every 100. In no order.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn accounts(&self, tenant: &TenantId, ids: &[AccountId], now: Timestamp) -> Result<Vec<Account>, Error> {
        let mut accounts = Vec::new();
        for ids in ids.chunks(100) {
            let wanted: Vec<_> = ids.iter().map(|id| keys::account(tenant, *id)).collect();
            accounts.extend(self.get_all(&wanted, now).await?.into_items());
        }
        accounts.into_iter().map(from_item).collect()
    }

    /// The accounts of these records, in no order. One call; at most 100 records, each named once.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn accounts_of_intermediaries(
        &self,
        tenant: &TenantId,
        ids: &[IntermediaryId],
        now: Timestamp,
    ) -> Result<Vec<AccountId>, Error> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::intermediary(tenant, id)).collect();
        let rows = self.get_all(&wanted, now).await?.into_items().into_iter().map(from_item::<Row>);
        rows.filter_map(|row| row.map(|row| row.account_id).transpose()).collect()
    }

    /// The accounts with this phone, at most so many. One call.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn owners_of_phone(
        &self,
        tenant: &TenantId,
        kind: Kind,
        phone: &Phone,
        most: u16,
    ) -> Result<Vec<AccountId>, Error> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :owner)")
            .expression_attribute_values(":pk", text(keys::code_desk(tenant, kind, phone).pk))
            .expression_attribute_values(":owner", text(PHONE_OWNER))
            .consistent_read(true)
            .limit(most.into())
            .send()
            .await
            .map_err(|failure| fault("Query", &failure))?;
        let owner = |row: &Item| {
            let id = string(row, "sk").and_then(|sk| sk.strip_prefix(PHONE_OWNER)).unwrap_or_default().to_owned();
            AccountId::try_from(id).map_err(|_| Code::Internal.because("a phone's owner is no account"))
        };
        answer.items.unwrap_or_default().iter().map(owner).collect()
    }
}
