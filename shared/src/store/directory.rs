//! Tenants, their clients, and the credentials by which a request is known to be from one of them.

use aws_sdk_dynamodb::types::Update;
use serde::{Deserialize, Serialize};

use super::call_window::CallsRow;
use super::write::{Transacted, Written, put};
use super::{Store, from_item, keys, number};
use crate::account::Kind;
use crate::error::{Code, Error};
use crate::key_ring::Algorithm;
use crate::password::PasswordPolicy;
use crate::token::CredentialHash;
use crate::types::{ClientId, Format, SchemaName, TenantId, Timestamp};

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
    password_policy: PasswordPolicy,
    session_absolute_seconds: i64,
    access_token_seconds: i64,
    signing_algorithm: Algorithm,
    lead_keys: Vec<LeadKey>,
    lead_calls: CallLimit,
    /// Where links to the tenant's own pages lead, an absolute URL without a trailing slash.
    pub portal_url: Option<String>,
}

/// A field by which a lead is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LeadKey {
    field: SchemaName,
    format: Format,
}

/// How many calls a client may make in how many seconds, whichever seconds they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLimit {
    pub calls: u32,
    pub seconds: u32,
}

impl TenantSettings {
    /// What the tenant asks of a new password. Intermediaries need every class of characters (document 001), others
    /// only where the tenant says so.
    #[must_use]
    pub fn password_policy(&self, kind: Kind) -> PasswordPolicy {
        let policy = self.password_policy.clone();
        PasswordPolicy { character_classes: policy.character_classes || kind == Kind::Intermediary, ..policy }
    }

    /// The fields that identify a lead: e-mail and phone unless set, any number.
    #[must_use]
    pub fn lead_key(&self, field: &SchemaName) -> Option<Format> {
        self.lead_keys.iter().find(|key| key.field == *field).map(|key| key.format)
    }

    #[must_use]
    pub fn with_lead_key(mut self, field: SchemaName, format: Format) -> Self {
        self.lead_keys.push(LeadKey { field, format });
        self
    }

    #[must_use]
    pub fn with_lead_calls(self, lead_calls: CallLimit) -> Self {
        Self { lead_calls, ..self }
    }

    /// Calls of one access key: 25 in 5 seconds unless set (document 002), at most 100 in at most an hour.
    #[must_use]
    pub fn lead_calls(&self) -> CallLimit {
        let CallLimit { calls, seconds } = self.lead_calls;
        CallLimit { calls: calls.clamp(1, 100), seconds: seconds.clamp(1, 3_600) }
    }

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

    #[must_use]
    pub fn with_signing_algorithm(self, signing_algorithm: Algorithm) -> Self {
        Self { signing_algorithm, ..self }
    }

    /// What the tenant's access tokens are signed by: RS256 unless set.
    #[must_use]
    pub fn signing_algorithm(&self) -> Algorithm {
        self.signing_algorithm
    }
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            password_policy: PasswordPolicy { character_classes: false, ..PasswordPolicy::default() },
            session_absolute_seconds: 30 * 86_400,
            access_token_seconds: 600,
            signing_algorithm: Algorithm::default(),
            lead_keys: vec![
                LeadKey { field: SchemaName::email_address(), format: Format::Email },
                LeadKey { field: SchemaName::phone(), format: Format::Phone },
            ],
            lead_calls: CallLimit { calls: 25, seconds: 5 },
            portal_url: None,
        }
    }
}

/// A back end or portal of a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    pub name: String,
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
    pub async fn tenant(&self, id: &TenantId, now: Timestamp) -> Result<Option<Tenant>, Error> {
        self.get(&keys::tenant(id), now).await?.map(from_item).transpose()
    }

    /// Registers a tenant, unless it is there already.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_tenant(&self, tenant: &Tenant, now: Timestamp) -> Result<(), Error> {
        self.put(self.new_row(&keys::tenant(&tenant.id), tenant, None, now)?).await?;
        Ok(())
    }

    /// Registers a client with what it proves itself by and the row that counts its calls: all of it or none. Of a
    /// client that is there already, what it lacks is added and nothing changes.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_client(
        &self,
        tenant: &TenantId,
        client: &Client,
        credentials: &[CredentialHash],
        now: Timestamp,
    ) -> Result<(), Error> {
        let credential = Credential { tenant_id: tenant.clone(), client_id: client.id.clone(), expires_at: None };
        let mut rows = vec![
            self.new_row(&keys::client(tenant, &client.id), client, None, now)?,
            self.new_row(&keys::calls(tenant, &client.id), &CallsRow::default(), None, now)?,
        ];
        for hash in credentials {
            rows.push(self.new_row(&keys::credential(hash), &credential, None, now)?);
        }
        if matches!(self.transact(rows.iter().cloned().map(put).collect()).await?, Transacted::Done) {
            return Ok(());
        }
        for row in rows {
            self.put(row).await?;
        }
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
