//! What is stored. Every key string of the table is built in this file.
//!
//! | row | `pk` | `sk` | `expires_at` |
//! |---|---|---|---|
//! | key ring | `key-ring` | `key-ring` | never |
//! | credential (api key, access key and secret) | `credential#` SHA-256 | `credential` | when revoked or replaced |
//! | bad credentials | `source#` address `#` minute | `bad-credentials` | 2 minutes |
//! | that a tenant is there | `tenants` | *tenant* | never |
//! | tenant | *tenant* | `tenant` | never |
//! | client | *tenant* | `client#` id | never |
//! | a client's latest calls, and that it is there | *tenant* `#client#` id | `calls` | never |
//! | what one source did in one window | *tenant* `#source#` address `#` act `#` window | `source` | a window after its end |
//! | how many text messages left in one day | *tenant* `#texts#` day | `texts` | a day after its end |
//! | intermediary | *tenant* `#intermediary#` id | `intermediary` | never |
//! | account | *tenant* `#account#` id | `account` | never |
//! | session | *tenant* `#account#` id | `session#` id | its end + 7 days |
//! | sign-in that a second factor is missing to | *tenant* `#account#` id | `mfa#` session id | 5 minutes |
//! | password reset (sends, and the link that is out; of nobody, too) | *tenant* `#account#` id | `password-reset` | last request + 1 day |
//! | history's entry | *tenant* `#account#` id | `history#` time `#` id | 90 days |
//! | code that proves an address (sends, failures, and the code that is out) | *tenant* `#account#` id | `code#` what it proves | last send + 30 days |
//! | invitation (sends, and the link that is out) | *tenant* `#account#` id | `invitation` | last send + 7 days |
//! | what is written in place of an entry, under nobody's id | *tenant* `#account#` id | `history#` 0 `#unlisted` | 15 minutes |
//! | consent | *tenant* `#account#` id | `consent#` transfer id | never |
//! | data transfer | *tenant* `#transfer#` id | `transfer` | its end + 10 minutes |
//! | identifier (unique per kind) | *tenant* `#identifier#` kind `#` field `#` canonical | `identifier` | never |
//! | phone's owner (may be several) | *tenant* `#phone#` kind `#` number | `account#` id | never |
//! | code desk (sends and failures of a number) | *tenant* `#phone#` kind `#` number | `code-desk` | last send + 30 days |
//! | links, codes and invitations asked for in one name | *tenant* `#asked#` purpose `#` HMAC | `asked` | last request + 1 day |
//! | flow's code (sends, failures, and the code that is out) | *tenant* `#code#` purpose `#` kind `#` destination | `code` | last send + 30 days |
//! | sign-in code | *tenant* `#sign-in-codes#` window | `code#` HMAC | 10 minutes |
//! | exposure of the codes to guessing | *tenant* `#sign-in-codes#` window | `exposure` | 1 hour |
//! | stranger (tries at nobody's identifier) | *tenant* `#stranger#` HMAC | `stranger` | 15 minutes |
//! | idempotency | *tenant* `#idempotency#` SHA-256 | `idempotency` | 24 hours |
//! | message (outbox) | *tenant* `#message#` id | `message` | 7 days |
//!
//! `expires_at` is the table's TTL attribute, a number of seconds since 1970-01-01T00:00:00Z. Every row but the
//! first four begins with its tenant: those are how a tenant is found.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use crate::account::Kind;
use crate::token::CredentialHash;
use crate::types::{
    AccountId, ClientId, Identifier, IntermediaryId, Phone, SchemaName, SessionId, TenantId, TransferId,
};

pub(super) const EXPIRES_AT: &str = "expires_at";

/// Where one row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key { pk: pk.into(), sk: sk.into() }
}

pub(super) fn key_ring() -> Key {
    key("key-ring", "key-ring")
}

pub(super) fn credential(hash: &CredentialHash) -> Key {
    key(format!("credential#{}", hash.as_str()), "credential")
}

pub(super) fn bad_credentials(source: &str, minute: i64) -> Key {
    key(format!("source#{source}#{minute}"), "bad-credentials")
}

pub(super) const TENANTS: &str = "tenants";

pub(super) fn listed_tenant(tenant: &TenantId) -> Key {
    key(TENANTS, tenant.as_str())
}

pub(super) fn tenant(tenant: &TenantId) -> Key {
    key(tenant.as_str(), "tenant")
}

pub(super) const CLIENT: &str = "client#";

pub(super) fn client(tenant: &TenantId, id: &ClientId) -> Key {
    key(tenant.as_str(), format!("{CLIENT}{id}"))
}

pub(super) fn calls(tenant: &TenantId, client: &ClientId) -> Key {
    key(format!("{tenant}#client#{client}"), "calls")
}

pub(super) fn source(tenant: &TenantId, whose: &str, act: &str, window: i64) -> Key {
    key(format!("{tenant}#source#{whose}#{act}#{window}"), "source")
}

pub(super) fn texts(tenant: &TenantId, day: i64) -> Key {
    key(format!("{tenant}#texts#{day}"), "texts")
}

pub(super) fn intermediary(tenant: &TenantId, id: &IntermediaryId) -> Key {
    key(format!("{}{id}", intermediaries_of(tenant)), "intermediary")
}

/// What the `pk` of every intermediary of a tenant begins with.
pub(super) fn intermediaries_of(tenant: &TenantId) -> String {
    format!("{tenant}#intermediary#")
}

pub(super) fn account(tenant: &TenantId, id: AccountId) -> Key {
    beside(tenant, id, "account")
}

/// What the `pk` of every account of a tenant begins with, and of all that lies beside it.
pub(super) fn accounts_of(tenant: &TenantId) -> String {
    format!("{tenant}#account#")
}

/// A row in the partition of an account.
fn beside(tenant: &TenantId, account: AccountId, sk: impl Into<String>) -> Key {
    key(format!("{}{account}", accounts_of(tenant)), sk)
}

pub(super) const SESSION: &str = "session#";

pub(super) fn session(tenant: &TenantId, account: AccountId, id: SessionId) -> Key {
    beside(tenant, account, format!("{SESSION}{id}"))
}

pub(super) const MFA_FLOW: &str = "mfa#";

pub(super) fn mfa_flow(tenant: &TenantId, account: AccountId, id: SessionId) -> Key {
    beside(tenant, account, format!("{MFA_FLOW}{id}"))
}

pub(super) const HISTORY: &str = "history#";

/// In the order of time: `at_ms` has 13 digits until the year 2286.
pub(super) fn history(tenant: &TenantId, account: AccountId, at_ms: i64, id: &str) -> Key {
    beside(tenant, account, format!("{HISTORY}{at_ms:013}#{id}"))
}

pub(super) const CONSENT: &str = "consent#";

pub(super) fn consent(tenant: &TenantId, account: AccountId, id: TransferId) -> Key {
    beside(tenant, account, format!("{CONSENT}{id}"))
}

pub(super) fn transfer(tenant: &TenantId, id: TransferId) -> Key {
    key(format!("{tenant}#transfer#{id}"), "transfer")
}

/// `proves`: an address of which kind.
pub(super) fn account_code(tenant: &TenantId, account: AccountId, proves: &str) -> Key {
    beside(tenant, account, format!("code#{proves}"))
}

pub(super) fn invitation(tenant: &TenantId, account: AccountId) -> Key {
    beside(tenant, account, "invitation")
}

pub(super) fn password_reset(tenant: &TenantId, account: AccountId) -> Key {
    beside(tenant, account, "password-reset")
}

pub(super) fn identifier(tenant: &TenantId, kind: Kind, identifier: &Identifier) -> Key {
    // A customer is called by one id, whatever their type.
    let is_customer_id = identifier.field == SchemaName::customer_id();
    let (kind, field) = (if is_customer_id { "customers" } else { kind.as_str() }, &identifier.field);
    key(format!("{tenant}#identifier#{kind}#{field}#{}", identifier.canonical()), "identifier")
}

/// `digest`: of an identifier, which may be nobody's.
pub(super) fn asked(tenant: &TenantId, purpose: &str, digest: &str) -> Key {
    key(format!("{tenant}#asked#{purpose}#{digest}"), "asked")
}

pub(super) fn flow_code(tenant: &TenantId, purpose: &str, kind: Kind, destination: &str) -> Key {
    key(format!("{tenant}#code#{purpose}#{}#{destination}", kind.as_str()), "code")
}

pub(super) const PHONE_OWNER: &str = "account#";

pub(super) fn phone_owner(tenant: &TenantId, kind: Kind, phone: &Phone, owner: AccountId) -> Key {
    key(format!("{tenant}#phone#{}#{}", kind.as_str(), phone.as_str()), format!("{PHONE_OWNER}{owner}"))
}

pub(super) fn code_desk(tenant: &TenantId, kind: Kind, phone: &Phone) -> Key {
    key(format!("{tenant}#phone#{}#{}", kind.as_str(), phone.as_str()), "code-desk")
}

/// `window`: the time since 1970-01-01T00:00:00Z in units of a code's life.
pub(super) fn sign_in_code(tenant: &TenantId, window: i64, digest: &str) -> Key {
    key(format!("{tenant}#sign-in-codes#{window}"), format!("{SIGN_IN_CODE}{digest}"))
}

pub(super) const SIGN_IN_CODE: &str = "code#";

pub(super) fn exposure(tenant: &TenantId, window: i64) -> Key {
    key(format!("{tenant}#sign-in-codes#{window}"), "exposure")
}

pub(super) fn stranger(tenant: &TenantId, digest: &str) -> Key {
    key(format!("{tenant}#stranger#{digest}"), "stranger")
}

pub(super) fn idempotency(tenant: &TenantId, digest: &str) -> Key {
    key(format!("{tenant}#idempotency#{digest}"), "idempotency")
}

const MESSAGE: &str = "message";

pub(super) fn message(tenant: &TenantId, id: Uuid) -> Key {
    key(format!("{tenant}#{MESSAGE}#{id}"), MESSAGE)
}

/// Whose message is at this address, and its id; `None` for every other row.
pub(super) fn of_message(pk: &str, sk: &str) -> Option<(TenantId, Uuid)> {
    let (tenant, rest) = pk.split_once('#').filter(|_| sk == MESSAGE)?;
    let id = rest.strip_prefix(MESSAGE)?.strip_prefix('#')?;
    Some((TenantId::try_from(tenant.to_owned()).ok()?, Uuid::try_parse(id).ok()?))
}
