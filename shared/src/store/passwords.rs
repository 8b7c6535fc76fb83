//! A password set anew, by whoever knows the old one or holds the link that was sent out.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::openings::LOCK_IS_OFF;
use super::outbox::Message;
use super::sends::{Sending, Sends, Sent};
use super::write::{Transacted, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, DISABLING_FAILURES, Status};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::types::{AccountId, TenantId, Timestamp};

/// How long a reset link works, in seconds (yardstick §3).
const LINK_SECONDS: i64 = 1_800;
const KEPT_SECONDS: i64 = 86_400;

/// What an account's owner was sent to set a new password, with the link that is out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResetDesk {
    pub sends: Sends,
    /// SHA-256 of the link's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// The account's stamp when the link was sent: once that has changed, the link is void.
    stamp: String,
    link_ends_at: i64,
}

impl ResetDesk {
    /// Whether the link with this digest is out and the account is still what it was sent for.
    #[must_use]
    pub fn accepts(&self, digest: &str, account: &Account, now: Timestamp) -> bool {
        let expected = self.digest.as_deref().unwrap_or_default();
        verify_slices_are_equal(expected.as_bytes(), digest.as_bytes()).is_ok()
            && self.stamp == account.stamp()
            && now.seconds() < self.link_ends_at
    }
}

/// A link about to be sent.
#[derive(Debug)]
pub struct ResetLink {
    pub account: AccountId,
    pub digest: String,
    pub stamp: String,
}

/// What entitles to the new password.
#[derive(Debug, Clone, Copy)]
pub enum Entitled<'a> {
    /// The old password, proved in this session, which alone goes on.
    BySession(&'a Session),
    /// The link with this digest, which is spent by it. No session goes on, and no lock stands in its way.
    ByLink(&'a str),
}

impl Store {
    /// The account, and what was sent out to set its password. One call.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account_and_reset(
        &self,
        tenant: &TenantId,
        id: AccountId,
        now: Timestamp,
    ) -> Result<(Option<Account>, ResetDesk), Error> {
        let wanted = [keys::account(tenant, id), keys::password_reset(tenant, id)];
        let mut found = self.get_all(&wanted, now).await?;
        let [account, desk] = wanted.map(|key| found.take(&key));
        let desk = desk.map_or_else(|| Ok(ResetDesk::default()), from_item)?;
        Ok((account.map(from_item).transpose()?, desk))
    }

    /// Sends a link in place of the one that is out. `desk` is as it was read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_reset_link(
        &self,
        tenant: &TenantId,
        (desk, link): (&ResetDesk, ResetLink),
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let next = ResetDesk {
            sends: desk.sends.and_one_more(now),
            digest: Some(link.digest),
            stamp: link.stamp,
            link_ends_at: now.seconds() + LINK_SECONDS,
        };
        let key = keys::password_reset(tenant, link.account);
        let row = self.row(&key, &next, Some(now.seconds() + KEPT_SECONDS))?;
        self.send(tenant, (row, &desk.sends), sending, ring, now).await
    }

    /// Sets a password and tells the owner, if the account still is what was read. Every other session ends, every
    /// code and link that is out is void, failures are forgotten (yardstick P8, P9). `false`: the account or the
    /// link changed meanwhile, and nothing was written.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn set_password(
        &self,
        tenant: &TenantId,
        (account, hash): (&Account, &PasswordHash),
        entitled: Entitled<'_>,
        notice: &Message,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut items = vec![
            self.new_password(tenant, account, hash, entitled, now)?,
            put(self.message(tenant, notice, ring, now)?),
        ];
        if let Entitled::ByLink(digest) = entitled {
            let spend = Update::builder()
                .table_name(&self.table)
                .set_key(Some(keys::password_reset(tenant, account.id).attributes()))
                .update_expression("REMOVE digest")
                .condition_expression("digest = :spent AND link_ends_at > :now AND expires_at > :now")
                .expression_attribute_values(":spent", text(digest))
                .expression_attribute_values(":now", number(now.seconds()))
                .build()
                .map_err(|_| Code::Internal.because("an incomplete update"))?;
            items.push(update(spend));
        }
        Ok(matches!(self.transact(items).await?, Transacted::Done))
    }

    fn new_password(
        &self,
        tenant: &TenantId,
        account: &Account,
        hash: &PasswordHash,
        entitled: Entitled<'_>,
        now: Timestamp,
    ) -> Result<TransactWriteItem, Error> {
        let mut condition =
            "password_version = :version AND profile_version = :profile AND #status = :active".to_owned();
        let mut change = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::account(tenant, account.id).attributes()))
            .update_expression(
                "SET password_hash = :hash, password_version = :next, sessions = :kept \
                 REMOVE failed_sign_ins, failed_since_success, failed_at, locked_until, failed_attempt",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":hash", text(hash.as_str()))
            .expression_attribute_values(":version", number(account.password_version))
            .expression_attribute_values(":profile", number(account.profile_version))
            .expression_attribute_values(":next", number(account.password_version + 1));
        let mut kept = std::collections::HashMap::new();
        if let Entitled::BySession(session) = entitled {
            let id = session.id.to_string();
            condition += " AND attribute_exists(sessions.#kept) AND ";
            condition += LOCK_IS_OFF;
            kept.insert(id.clone(), number(session.opened_at));
            change = change
                .expression_attribute_names("#kept", id)
                .expression_attribute_values(":now", number(now.seconds()))
                .expression_attribute_values(":disabling", number(DISABLING_FAILURES));
        }
        let change = change
            .expression_attribute_values(":kept", AttributeValue::M(kept))
            .condition_expression(condition)
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        Ok(update(change))
    }
}
