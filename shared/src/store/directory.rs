//! Tenants, and what each has chosen.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use serde::{Deserialize, Serialize};

use super::message_texts::{LONGEST_NAME, MessageTexts};
use super::write::Written;
use super::{Store, from_item, keys, number};
use crate::account::{Kind, Signer};
use crate::error::{Code, Error};
use crate::key_ring::Algorithm;
use crate::password::PasswordPolicy;
use crate::types::{Audience, Format, Identifier, SchemaName, TenantId, Timestamp, shown};

/// A tenant and what it has chosen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    #[serde(default)]
    pub settings: TenantSettings,
    /// One more with each change of the settings.
    #[serde(default)]
    pub settings_version: u32,
}

impl Tenant {
    #[must_use]
    pub fn new(id: TenantId, settings: TenantSettings) -> Self {
        Self { id, settings, settings_version: 0 }
    }

    /// What people know it by.
    #[must_use]
    pub fn name(&self) -> &str {
        self.settings.display_name.as_deref().unwrap_or(self.id.as_str())
    }

    /// As [`name`](Tenant::name), fit for a line of a message and for its sender.
    #[must_use]
    pub fn short_name(&self) -> String {
        shown::short_name(self.name(), LONGEST_NAME)
    }
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
    client_token_seconds: i64,
    customer_token_seconds: i64,
    transfer_seconds: i64,
    consenting: Vec<Signer>,
    /// What Latchkey's own calls on the customers surface are addressed by, beside its URL.
    audiences: Vec<Audience>,
    pub mfa: MfaSettings,
    /// Whether several customers of one type may have one telephone number. It signs nobody in then.
    pub customers_share_phones: bool,
    /// What people know the tenant by, as in an authenticator app.
    pub display_name: Option<String>,
    /// Where links to the tenant's own pages lead, an absolute URL without a trailing slash.
    pub portal_url: Option<String>,
    /// What its people are written instead of our texts.
    #[serde(skip_serializing_if = "MessageTexts::is_empty")]
    pub message_texts: MessageTexts,
}

/// `users.mfa` of contract §4.10.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MfaSettings {
    /// Whether every customer needs a second factor. One who has an authenticator app needs it anyway.
    pub is_enabled: bool,
    /// Whether a code sent by e-mail passes for the second factor: weaker than every other (yardstick C9).
    pub takes_email: bool,
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

/// Of the customers surface (document 004); other tokens live an hour at most.
const LONGEST_TOKEN_SECONDS: i64 = 86_400;

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

    /// The life of a client's own access token in seconds: 1800 unless set, one minute to 24 hours.
    #[must_use]
    pub fn client_token_seconds(&self) -> i64 {
        self.client_token_seconds.clamp(60, LONGEST_TOKEN_SECONDS)
    }

    /// The life of a customer's access token in seconds: 600 unless set, one minute to 24 hours.
    #[must_use]
    pub fn customer_token_seconds(&self) -> i64 {
        self.customer_token_seconds.clamp(60, LONGEST_TOKEN_SECONDS)
    }

    #[must_use]
    pub fn with_customer_token_seconds(self, customer_token_seconds: i64) -> Self {
        Self { customer_token_seconds, ..self }
    }

    /// How long a person has to answer a third party, in seconds: 120 unless set, one minute to one hour.
    #[must_use]
    pub fn transfer_seconds(&self) -> i64 {
        self.transfer_seconds.clamp(60, 3_600)
    }

    #[must_use]
    pub fn with_transfer_seconds(self, transfer_seconds: i64) -> Self {
        Self { transfer_seconds, ..self }
    }

    /// Whose accounts sign in on the pages: every kind's unless set. Never none.
    #[must_use]
    pub fn consenting(&self) -> &[Signer] {
        if self.consenting.is_empty() { &Signer::ALL } else { &self.consenting }
    }

    #[must_use]
    pub fn with_consenting(self, consenting: &[Signer]) -> Self {
        Self { consenting: consenting.to_vec(), ..self }
    }

    /// Everything that a text may be of a lead, in the order of the tenant's fields.
    #[must_use]
    pub fn lead_identifiers(&self, text: &str) -> Vec<Identifier> {
        let parsed = self.lead_keys.iter().map(|key| Identifier::parse(key.field.clone(), key.format, text));
        parsed.filter_map(Result::ok).collect()
    }

    /// Whether tokens for this audience open Latchkey's own calls on the customers surface.
    #[must_use]
    pub fn has_audience(&self, audience: &Audience) -> bool {
        self.audiences.contains(audience)
    }

    #[must_use]
    pub fn with_audience(mut self, audience: Audience) -> Self {
        self.audiences.push(audience);
        self
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
            client_token_seconds: 1_800,
            customer_token_seconds: 600,
            transfer_seconds: 120,
            consenting: Signer::ALL.to_vec(),
            audiences: Vec::new(),
            mfa: MfaSettings::default(),
            customers_share_phones: false,
            display_name: None,
            portal_url: None,
            message_texts: MessageTexts::default(),
        }
    }
}

impl Store {
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

    /// Changes a tenant's settings. `None`: they are not as they were read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_settings(&self, before: &Tenant, settings: TenantSettings) -> Result<Option<Tenant>, Error> {
        let failed = |_| Code::Internal.because("settings could not be written as an item");
        let item: AttributeValue = serde_dynamo::to_attribute_value(&settings).map_err(failed)?;
        let after = Tenant { settings, settings_version: before.settings_version + 1, ..before.clone() };
        let unchanged = match before.settings_version {
            0 => "attribute_exists(pk) AND (attribute_not_exists(settings_version) OR settings_version = :seen)",
            _ => "settings_version = :seen",
        };
        let change = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::tenant(&before.id).attributes()))
            .update_expression("SET settings = :after, settings_version = :next")
            .condition_expression(unchanged)
            .expression_attribute_values(":seen", number(before.settings_version))
            .expression_attribute_values(":next", number(after.settings_version))
            .expression_attribute_values(":after", item.clone())
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        Ok(match self.update(change).await? {
            Written::Done(_) => Some(after),
            // Ours, written before its answer was lost.
            Written::Refused(Some(row)) if row.get("settings") == Some(&item) => Some(after),
            Written::Refused(_) => None,
        })
    }
}
