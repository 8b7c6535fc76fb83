//! A tenant's clients, and the credentials by which a request is known to be from one of them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use serde::{Deserialize, Serialize};

use super::call_window::CallsRow;
use super::client::{Client, CredentialKind};
use super::idempotency::Remembered;
use super::write::{Steps, Transacted, Written, delete, put, update};
use super::{Store, from_item, keys, number};
use crate::error::{Code, Error};
use crate::token::CredentialHash;
use crate::types::{ClientId, TenantId, Timestamp};

/// Whom a credential stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credential {
    pub tenant_id: TenantId,
    pub client_id: ClientId,
    /// Seconds since 1970-01-01T00:00:00Z; absent while it is in use without an end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<i64>,
}

/// What became of making or changing a client. Only the first has changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientChange {
    Done,
    /// It is not as it was read.
    Changed,
    /// The answer was remembered before: it stands, and is to be given again.
    Remembered,
}

impl Store {
    /// Whom a credential belongs to, unless it expired or was revoked.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn credential(&self, hash: &CredentialHash, now: Timestamp) -> Result<Option<Credential>, Error> {
        self.get(&keys::credential(hash), now).await?.map(from_item).transpose()
    }

    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn client(&self, tenant: &TenantId, id: &ClientId, now: Timestamp) -> Result<Option<Client>, Error> {
        self.get(&keys::client(tenant, id), now).await?.map(from_item).transpose()
    }

    /// Every client of a tenant, in the order of their ids.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn clients(&self, tenant: &TenantId) -> Result<Vec<Client>, Error> {
        let rows = self.query_all(tenant.as_str(), keys::CLIENT).await?;
        rows.into_iter().map(from_item).collect()
    }

    /// Registers a client with what it proves itself by and the row that counts its calls: all of it or none. Of a
    /// client that is there already, what it lacks is added and nothing changes.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_client(&self, tenant: &TenantId, client: &Client, now: Timestamp) -> Result<(), Error> {
        let rows = self.client_rows(tenant, client, now)?;
        if matches!(self.transact(rows.iter().cloned().map(put).collect()).await?, Transacted::Done) {
            return Ok(());
        }
        for row in rows {
            self.put(row).await?;
        }
        Ok(())
    }

    /// Takes a client away with all that it proved itself by: all of it or none. `false`: it is not as it was read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn delete_client(&self, tenant: &TenantId, client: &Client) -> Result<bool, Error> {
        let gone = self
            .delete_at(&keys::client(tenant, &client.id))
            .condition_expression(UNCHANGED)
            .set_expression_attribute_values(Some(credentials(client, ":")?))
            .build()?;
        let mut steps = Steps::new();
        steps.add(delete(gone), ());
        let rows = client.credentials().map(|(hash, _)| keys::credential(hash));
        for key in rows.chain([keys::calls(tenant, &client.id)]) {
            steps.add_sure(delete(self.delete_at(&key).build()?));
        }
        Ok(self.carry_out(steps).await?.is_none())
    }

    /// Makes a client that is not there yet, with all that it has: all of it or none.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn create_client(
        &self,
        tenant: &TenantId,
        client: &Client,
        remember: Option<&Remembered>,
        now: Timestamp,
    ) -> Result<ClientChange, Error> {
        let mut steps = Steps::new();
        if let Some(remember) = remember {
            steps.add(put(self.remember(tenant, remember, now)?), ClientChange::Remembered);
        }
        for row in self.client_rows(tenant, client, now)? {
            steps.add(put(row), ClientChange::Changed);
        }
        Ok(self.carry_out(steps).await?.map_or(ClientChange::Done, |(change, _)| change))
    }

    fn client_rows(&self, tenant: &TenantId, client: &Client, now: Timestamp) -> Result<Vec<Put>, Error> {
        let mut rows = vec![
            self.new_row(&keys::client(tenant, &client.id), client, None, now)?,
            self.new_row(&keys::calls(tenant, &client.id), &CallsRow::default(), None, now)?,
        ];
        for (hash, expires_at) in client.credentials() {
            let credential = Credential { tenant_id: tenant.clone(), client_id: client.id.clone(), expires_at };
            rows.push(self.new_row(&keys::credential(hash), &credential, None, now)?);
        }
        Ok(rows)
    }

    /// Gives a client the credentials of `after` in place of those of `before`: all of it or none.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_credentials(
        &self,
        tenant: &TenantId,
        (before, after): (&Client, &Client),
        remember: Option<&Remembered>,
        now: Timestamp,
    ) -> Result<ClientChange, Error> {
        let mut values = credentials(before, ":")?;
        values.extend(credentials(after, ":new_")?);
        let change = self
            .update_at(&keys::client(tenant, &before.id))
            .update_expression("SET api_keys = :new_api_keys, access_keys = :new_access_keys, secrets = :new_secrets")
            .condition_expression(UNCHANGED)
            .set_expression_attribute_values(Some(values))
            .build()?;
        let mut steps = Steps::new();
        if let Some(remember) = remember {
            steps.add(put(self.remember(tenant, remember, now)?), ClientChange::Remembered);
        }
        steps.add(update(change), ClientChange::Changed);
        for (hash, expires_at) in after.credentials().filter(|new| before.credentials().all(|old| old != *new)) {
            let (tenant_id, client_id) = (tenant.clone(), before.id.clone());
            let credential = Credential { tenant_id, client_id, expires_at };
            steps.add_sure(put(self.row(&keys::credential(hash), &credential, None)?));
        }
        for (lost, _) in before.credentials().filter(|old| after.credentials().all(|kept| kept.0 != old.0)) {
            steps.add_sure(delete(self.delete_at(&keys::credential(lost)).build()?));
        }
        Ok(self.carry_out(steps).await?.map_or(ClientChange::Done, |(change, _)| change))
    }

    /// Counts one bad credential from `source` and says how many there were in this minute.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_bad_credential(&self, source: &str, now: Timestamp) -> Result<u32, Error> {
        let minute = now.seconds() / 60;
        let update = self
            .update_at(&keys::bad_credentials(source, minute))
            .update_expression("ADD tries :one SET expires_at = :end")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":end", number((minute + 2) * 60))
            .build()?;
        match self.update(update).await? {
            Written::Done(item) => Ok(from_item::<Tries>(item)?.tries),
            Written::Refused(_) => Err(Code::Internal.because("an unconditional write was refused")),
        }
    }
}

/// That a client proves itself by what it was read with.
const UNCHANGED: &str = "api_keys = :api_keys AND access_keys = :access_keys AND secrets = :secrets";

/// What a client proves itself by, as values whose names begin so.
fn credentials(client: &Client, prefix: &str) -> Result<HashMap<String, AttributeValue>, Error> {
    let lists = [
        ("api_keys", CredentialKind::ApiKey),
        ("access_keys", CredentialKind::AccessKey),
        ("secrets", CredentialKind::ClientSecret),
    ];
    let value = |(name, kind)| {
        let list = serde_dynamo::to_attribute_value(client.kept(kind));
        let list = list.map_err(|_| Code::Internal.because("credentials could not be written as an item"))?;
        Ok((format!("{prefix}{name}"), list))
    };
    lists.into_iter().map(value).collect()
}

#[derive(Deserialize)]
struct Tries {
    tries: u32,
}
