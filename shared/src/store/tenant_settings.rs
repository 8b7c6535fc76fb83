//! What a tenant has chosen.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::message_texts::MessageTexts;
use crate::account::{Kind, Signer};
use crate::key_ring::Algorithm;
use crate::password::PasswordPolicy;
use crate::types::{Audience, Format, Identifier, Phone, PhonePrefix, SchemaName};

/// What a tenant may choose. Absent members have the documented defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    sms_prefixes: Vec<PhonePrefix>,
    sms_per_day: u32,
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
pub struct LeadKey {
    pub field: SchemaName,
    pub format: Format,
}

/// How many calls a client may make in how many seconds, whichever seconds they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLimit {
    pub calls: u32,
    pub seconds: u32,
}

impl TenantSettings {
    // What may be chosen, and what a row says is held to.
    pub const SESSION_ABSOLUTE_SECONDS: RangeInclusive<i64> = 1_800..=90 * 86_400;
    pub const ACCESS_TOKEN_SECONDS: RangeInclusive<i64> = 60..=3_600;
    /// Of the customers surface (document 004), and a client's own; other tokens live an hour at most.
    pub const CUSTOMERS_TOKEN_SECONDS: RangeInclusive<i64> = 60..=86_400;
    pub const TRANSFER_SECONDS: RangeInclusive<i64> = 60..=3_600;
    pub const SMS_PER_DAY: RangeInclusive<u32> = 0..=1_000_000;
    pub const LEAD_CALLS: RangeInclusive<u32> = 1..=100;
    pub const LEAD_CALLS_SECONDS: RangeInclusive<u32> = 1..=3_600;

    /// What is said of passwords, before what [`password_policy`](TenantSettings::password_policy) adds for some.
    #[must_use]
    pub fn own_password_policy(&self) -> &PasswordPolicy {
        &self.password_policy
    }

    #[must_use]
    pub fn with_password_policy(self, password_policy: PasswordPolicy) -> Self {
        Self { password_policy, ..self }
    }

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

    /// With these fields and no others.
    #[must_use]
    pub fn with_lead_keys(self, lead_keys: Vec<LeadKey>) -> Self {
        Self { lead_keys, ..self }
    }

    #[must_use]
    pub fn with_lead_calls(self, lead_calls: CallLimit) -> Self {
        Self { lead_calls, ..self }
    }

    /// Calls of one access key: 25 in 5 seconds unless set (document 002), at most 100 in at most an hour.
    #[must_use]
    pub fn lead_calls(&self) -> CallLimit {
        let CallLimit { calls, seconds } = self.lead_calls;
        CallLimit { calls: within(calls, Self::LEAD_CALLS), seconds: within(seconds, Self::LEAD_CALLS_SECONDS) }
    }

    /// Seconds until the absolute end of a session, whatever is rotated (yardstick S4): 30 days unless set, half
    /// an hour to 90 days.
    #[must_use]
    pub fn session_absolute_seconds(&self) -> i64 {
        within(self.session_absolute_seconds, Self::SESSION_ABSOLUTE_SECONDS)
    }

    #[must_use]
    pub fn with_session_absolute_seconds(self, session_absolute_seconds: i64) -> Self {
        Self { session_absolute_seconds, ..self }
    }

    /// The life of a client's own access token in seconds: 1800 unless set, one minute to 24 hours.
    #[must_use]
    pub fn client_token_seconds(&self) -> i64 {
        within(self.client_token_seconds, Self::CUSTOMERS_TOKEN_SECONDS)
    }

    #[must_use]
    pub fn with_client_token_seconds(self, client_token_seconds: i64) -> Self {
        Self { client_token_seconds, ..self }
    }

    /// The life of a customer's access token in seconds: 600 unless set, one minute to 24 hours.
    #[must_use]
    pub fn customer_token_seconds(&self) -> i64 {
        within(self.customer_token_seconds, Self::CUSTOMERS_TOKEN_SECONDS)
    }

    #[must_use]
    pub fn with_customer_token_seconds(self, customer_token_seconds: i64) -> Self {
        Self { customer_token_seconds, ..self }
    }

    /// How long a person has to answer a third party, in seconds: 120 unless set, one minute to one hour.
    #[must_use]
    pub fn transfer_seconds(&self) -> i64 {
        within(self.transfer_seconds, Self::TRANSFER_SECONDS)
    }

    #[must_use]
    pub fn with_transfer_seconds(self, transfer_seconds: i64) -> Self {
        Self { transfer_seconds, ..self }
    }

    /// Whether text messages go to this number: to every one unless set (yardstick C4).
    #[must_use]
    pub fn texts_go_to(&self, phone: &Phone) -> bool {
        self.sms_prefixes.is_empty() || self.sms_prefixes.iter().any(|prefix| prefix.begins(phone))
    }

    /// With numbers that begin so and no others; with none, every number.
    #[must_use]
    pub fn with_sms_prefixes(self, sms_prefixes: Vec<PhonePrefix>) -> Self {
        Self { sms_prefixes, ..self }
    }

    /// How many text messages leave in one day of UTC (yardstick C4): 1,000 unless set, at most a million.
    #[must_use]
    pub fn sms_per_day(&self) -> u32 {
        within(self.sms_per_day, Self::SMS_PER_DAY)
    }

    #[must_use]
    pub fn with_sms_per_day(self, sms_per_day: u32) -> Self {
        Self { sms_per_day, ..self }
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

    /// With these audiences and no others.
    #[must_use]
    pub fn with_audiences(self, audiences: Vec<Audience>) -> Self {
        Self { audiences, ..self }
    }

    /// The life of an access token in seconds (yardstick T4): 600 unless set, one minute to one hour.
    #[must_use]
    pub fn access_token_seconds(&self) -> i64 {
        within(self.access_token_seconds, Self::ACCESS_TOKEN_SECONDS)
    }

    #[must_use]
    pub fn with_access_token_seconds(self, access_token_seconds: i64) -> Self {
        Self { access_token_seconds, ..self }
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
            sms_prefixes: Vec::new(),
            sms_per_day: 1_000,
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

fn within<N: Ord + Copy>(chosen: N, range: RangeInclusive<N>) -> N {
    chosen.clamp(*range.start(), *range.end())
}
