//! Tenants, their clients, and the credentials by which a request is known to be from one of them.

use aws_sdk_dynamodb::types::Update;
use serde::{Deserialize, Serialize};

use super::write::{Written, put};
use super::{Store, from_item, keys, number};
use crate::error::{Code, Error};
use crate::password::PasswordPolicy;
use crate::token::ApiKeyHash;
use crate::types::{ClientId, TenantId, Timestamp};

/// A tenant and what it has chosen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    #[serde(default)]
    pub settings: TenantSettings,
}

/// What a tenant may choose. Absent members have the documented defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantSettings {
    pub password_policy: PasswordPolicy,
    session_absolute_seconds: i64,
    access_token_seconds: i64,
}

impl TenantSettings {
    /// Seconds until the absolute end of a session, whatever is rotated (yardstick S4): 30 days unless set, half
    /// an hour to 90 days.
    #[must_use]
    pub fn session_absolute_seconds(&self) -> i64 {
        self.session_absolute_seconds.clamp(1_800, 90 * 86_400)
    }

    /// The life of an access token in seconds (yardstick T4): 600 unless set, one minute to one hour.
    #[must_use]
    pub fn access_token_seconds(&self) -> i64 {
        self.access_token_seconds.clamp(60, 3_600)
    }
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            password_policy: PasswordPolicy::default(),
            session_absolute_seconds: 30 * 86_400,
            access_token_seconds: 600,
        }
    }
}

/// A back end or portal of a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    pub name: String,
}

/// What an api key stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credential {
    pub tenant_id: TenantId,
    pub client_id: ClientId,
    /// Seconds since 1970-01-01T00:00:00Z; absent while it is in use without an end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<i64>,
}

impl Store {
    /// Whom an api key belongs to, unless it expired or was revoked.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn credential(&self, api_key: &ApiKeyHash, now: Timestamp) -> Result<Option<Credential>, Error> {
        self.get(&keys::api_key(api_key), now).await?.map(from_item).transpose()
    }

    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn tenant(&self, id: &TenantId, now: Timestamp) -> Result<Option<Tenant>, Error> {
        self.get(&keys::tenant(id), now).await?.map(from_item).transpose()
    }

    /// Registers a tenant with one client and its api key: all three or none, and nothing that is there already
    /// changes.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_tenant(
        &self,
        tenant: &Tenant,
        client: &Client,
        api_key: &ApiKeyHash,
        now: Timestamp,
    ) -> Result<(), Error> {
        let credential = Credential { tenant_id: tenant.id.clone(), client_id: client.id.clone(), expires_at: None };
        self.transact(vec![
            put(self.new_row(&keys::tenant(&tenant.id), tenant, None, now)?),
            put(self.new_row(&keys::client(&tenant.id, &client.id), client, None, now)?),
            put(self.new_row(&keys::api_key(api_key), &credential, None, now)?),
        ])
        .await?;
        Ok(())
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

#[derive(Deserialize)]
struct Tries {
    tries: u32,
}
