//! A tenant's clients, and the credentials by which a request is known to be from one of them.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, Update};
use serde::{Deserialize, Serialize};

use super::call_window::CallsRow;
use super::idempotency::Remembered;
use super::write::{Steps, Transacted, Written, delete, put, update};
use super::{Store, from_item, keys, number};
use crate::error::{Code, Error};
use crate::token::CredentialHash;
use crate::types::{Audience, ClientId, DataScopes, Invalid, Scopes, TenantId, Timestamp};

/// A back end or portal of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    pub name: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub created_at: i64,
    /// What it may ask tokens for. Never changed: who needs another one makes another client.
    pub grants: Vec<Grant>,
    /// What data it may ask people for (contract §3.6); nothing where it is no third party.
    #[serde(default)]
    pub data_scope: DataScopes,
    /// Api key, access key with secret key: those that are not rotated here.
    pub keys: Vec<CredentialHash>,
    /// OAuth secrets, the newest last; at most two.
    pub secrets: Vec<KeptSecret>,
}

/// An OAuth secret as the table knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSecret {
    pub hash: CredentialHash,
    /// Seconds since 1970-01-01T00:00:00Z; absent while it is in use without an end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<i64>,
}

/// What tokens a client may ask for (contract §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub audience: Audience,
    pub scope: Scopes,
    #[serde(rename = "type")]
    pub grant_type: GrantType,
}

/// Which way of asking a grant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    Any,
    /// A person signed in by a code.
    AuthorizationCode,
    /// The client itself.
    ClientCredentials,
    /// A person signed in by a password.
    Password,
}

impl Grant {
    fn is_for(&self, asked: GrantType) -> bool {
        self.grant_type == asked || self.grant_type == GrantType::Any
    }
}

impl Client {
    /// One that has nothing yet.
    #[must_use]
    pub fn blank(id: ClientId, name: String, now: Timestamp) -> Self {
        let created_at = now.seconds();
        let (grants, data_scope) = (Vec::new(), DataScopes::default());
        Self { id, name, created_at, grants, data_scope, keys: Vec::new(), secrets: Vec::new() }
    }

    /// The scopes of all grants for this audience and way of asking; `None` when there is no such grant.
    ///
    /// # Errors
    /// When together they are too many for one token.
    pub fn granted(&self, audience: &Audience, asked: GrantType) -> Result<Option<Scopes>, Invalid> {
        let fits = |grant: &&Grant| grant.audience == *audience && grant.is_for(asked);
        let mut scopes = self.grants.iter().filter(fits).map(|grant| grant.scope.clone());
        let Some(first) = scopes.next() else { return Ok(None) };
        scopes.try_fold(first, Scopes::and).map(Some)
    }

    /// Every audience that a way of asking is granted for, once each.
    #[must_use]
    pub fn audiences(&self, asked: GrantType) -> Vec<&Audience> {
        let fitting = self.grants.iter().filter(|grant| grant.is_for(asked));
        let audiences: BTreeSet<_> = fitting.map(|grant| &grant.audience).collect();
        audiences.into_iter().collect()
    }

    /// Everything that it proves itself by, with the end of each (seconds since 1970-01-01T00:00:00Z).
    pub fn credentials(&self) -> impl Iterator<Item = (&CredentialHash, Option<i64>)> {
        let keys = self.keys.iter().map(|hash| (hash, None));
        keys.chain(self.secrets.iter().map(|secret| (&secret.hash, secret.expires_at)))
    }
}

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
        let incomplete = |_| Code::Internal.because("an incomplete delete");
        let gone = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::client(tenant, &client.id).attributes()))
            .condition_expression("secrets = :seen")
            .expression_attribute_values(":seen", secrets(client)?)
            .build()
            .map_err(incomplete)?;
        let mut steps = Steps::new();
        steps.add(delete(gone), ());
        let rows = client.credentials().map(|(hash, _)| keys::credential(hash));
        for key in rows.chain([keys::calls(tenant, &client.id)]) {
            let row = Delete::builder().table_name(&self.table).set_key(Some(key.attributes()));
            steps.add_sure(delete(row.build().map_err(incomplete)?));
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

    /// Gives a client the secrets of `after` in place of those of `before`: all of it or none.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_secrets(
        &self,
        tenant: &TenantId,
        (before, after): (&Client, &Client),
        remember: Option<&Remembered>,
        now: Timestamp,
    ) -> Result<ClientChange, Error> {
        let change = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::client(tenant, &before.id).attributes()))
            .update_expression("SET secrets = :after")
            .condition_expression("secrets = :before")
            .expression_attribute_values(":before", secrets(before)?)
            .expression_attribute_values(":after", secrets(after)?)
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        let mut steps = Steps::new();
        if let Some(remember) = remember {
            steps.add(put(self.remember(tenant, remember, now)?), ClientChange::Remembered);
        }
        steps.add(update(change), ClientChange::Changed);
        for KeptSecret { hash, expires_at } in &after.secrets {
            let (tenant_id, client_id) = (tenant.clone(), before.id.clone());
            let credential = Credential { tenant_id, client_id, expires_at: *expires_at };
            steps.add_sure(put(self.row(&keys::credential(hash), &credential, None)?));
        }
        for lost in before.secrets.iter().filter(|old| after.secrets.iter().all(|kept| kept.hash != old.hash)) {
            let row =
                Delete::builder().table_name(&self.table).set_key(Some(keys::credential(&lost.hash).attributes()));
            steps.add_sure(delete(row.build().map_err(|_| Code::Internal.because("an incomplete delete"))?));
        }
        Ok(self.carry_out(steps).await?.map_or(ClientChange::Done, |(change, _)| change))
    }

    /// Counts one bad credential from `source` and says how many there were in this minute.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_bad_credential(&self, source: &str, now: Timestamp) -> Result<u32, Error> {
        let minute = now.seconds() / 60;
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::bad_credentials(source, minute).attributes()))
            .update_expression("ADD tries :one SET expires_at = :end")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":end", number((minute + 2) * 60))
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        match self.update(update).await? {
            Written::Done(item) => Ok(from_item::<Tries>(item)?.tries),
            Written::Refused(_) => Err(Code::Internal.because("an unconditional write was refused")),
        }
    }
}

fn secrets(client: &Client) -> Result<AttributeValue, Error> {
    let failed = |_| Code::Internal.because("secrets could not be written as an item");
    serde_dynamo::to_attribute_value(&client.secrets).map_err(failed)
}

#[derive(Deserialize)]
struct Tries {
    tries: u32,
}
