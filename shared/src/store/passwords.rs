//! A password set anew, by whoever knows the old one or holds the link that was sent out.

use std::collections::HashMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::openings::FORGET_FAILURES;
use super::outbox::Message;
use super::sends::{Sending, Sends, Sent, if_unsent};
use super::write::{Transacted, check, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, Status};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::password::PasswordHash;
use crate::session::{MOST_WRONG_PASSWORDS, Session};
use crate::types::{AccountId, SchemaName, TenantId, Timestamp};

/// How long a reset link works, in seconds (yardstick §3).
const LINK_SECONDS: i64 = 1_800;
const KEPT_SECONDS: i64 = 86_400;

/// What is asked for in an identifier's name.
pub const RESET: &str = "password-reset";

/// What an account's owner was sent to set a new password, with the link that is out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResetDesk {
    pub sends: Sends,
    /// SHA-256 of the link's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// The field that holds the address it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<SchemaName>,
    /// The account's stamp when the link was sent: once that has changed, the link is void.
    stamp: String,
    link_ends_at: i64,
}

impl ResetDesk {
    /// The link with this digest, if it is out and the account is still what it was sent for.
    #[must_use]
    pub fn accept(&self, digest: &str, account: &Account, now: Timestamp) -> Option<AcceptedLink> {
        let expected = self.digest.as_deref().unwrap_or_default();
        let fits = verify_slices_are_equal(expected.as_bytes(), digest.as_bytes()).is_ok()
            && self.stamp == account.stamp()
            && now.seconds() < self.link_ends_at;
        fits.then(|| AcceptedLink { digest: digest.to_owned(), field: self.field.clone() })
    }
}

/// A link about to be sent.
#[derive(Debug)]
pub struct ResetLink {
    pub digest: String,
    pub field: SchemaName,
    pub stamp: String,
}

/// What a link that was accepted proves.
#[derive(Debug, Clone)]
pub struct AcceptedLink {
    digest: String,
    field: Option<SchemaName>,
}

/// What entitles to the new password.
#[derive(Debug, Clone, Copy)]
pub enum Entitled<'a> {
    /// The old password, proved in this session, which alone goes on.
    BySession(&'a Session),
    /// The link, which is spent by it. No session goes on, and the address that it was sent to is proved.
    ByLink(&'a AcceptedLink),
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

    /// Sends a link in place of the one that is out. `desk` and `asked` are as they were read. Without a link the
    /// same is written and nothing changes: nobody can tell.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_reset_link(
        &self,
        tenant: &TenantId,
        (account, desk, link): (AccountId, &ResetDesk, Option<ResetLink>),
        (identifier, asked): (&str, &Sends),
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let next = link.map_or_else(
            || desk.clone(),
            |link| ResetDesk {
                sends: desk.sends.and_one_more(now),
                digest: Some(link.digest),
                field: Some(link.field),
                stamp: link.stamp,
                link_ends_at: now.seconds() + LINK_SECONDS,
            },
        );
        let key = keys::password_reset(tenant, account);
        let row = self.row(&key, &next, Some(now.seconds() + KEPT_SECONDS))?;
        let row = put(if_unsent(row, &desk.sends, now));
        let count = self.ask(tenant, (RESET, identifier), asked, now)?;
        self.send(tenant, [count, row], sending, ring, now).await
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
        let mut items =
            vec![self.new_password(tenant, account, hash, entitled)?, put(self.message(tenant, notice, ring, now)?)];
        if let Entitled::BySession(session) = entitled {
            let guessed_little = ConditionCheck::builder()
                .table_name(&self.table)
                .set_key(Some(keys::session(tenant, account.id, session.id).attributes()))
                .condition_expression("attribute_not_exists(ended_at) AND wrong_passwords < :most")
                .expression_attribute_values(":most", number(MOST_WRONG_PASSWORDS))
                .build()
                .map_err(|_| Code::Internal.because("an incomplete check"))?;
            items.push(check(guessed_little));
        }
        if let Entitled::ByLink(link) = entitled {
            let spend = Update::builder()
                .table_name(&self.table)
                .set_key(Some(keys::password_reset(tenant, account.id).attributes()))
                .update_expression("REMOVE digest")
                .condition_expression("digest = :spent AND link_ends_at > :now AND expires_at > :now")
                .expression_attribute_values(":spent", text(&link.digest))
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
    ) -> Result<TransactWriteItem, Error> {
        let mut condition =
            "password_version = :version AND profile_version = :profile AND #status = :active".to_owned();
        let mut set = "SET password_hash = :hash, password_version = :next, sessions = :kept".to_owned();
        let mut change = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::account(tenant, account.id).attributes()))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":hash", text(hash.as_str()))
            .expression_attribute_values(":version", number(account.password_version))
            .expression_attribute_values(":profile", number(account.profile_version))
            .expression_attribute_values(":next", number(account.password_version + 1));
        let mut kept = HashMap::new();
        match entitled {
            Entitled::BySession(session) => {
                let id = session.id.to_string();
                condition += " AND attribute_exists(sessions.#kept)";
                kept.insert(id.clone(), number(session.opened_at));
                change = change.expression_attribute_names("#kept", id);
            }
            Entitled::ByLink(link) => {
                let (proof, proved) = proof(account, link.field.as_ref());
                set += &proof;
                for (name, value) in proved {
                    change = change.expression_attribute_values(name, value);
                }
            }
        }
        let change = change
            .expression_attribute_values(":kept", AttributeValue::M(kept))
            .update_expression(format!("{set} {FORGET_FAILURES}"))
            .condition_expression(condition)
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        Ok(update(change))
    }

    /// Counts a wrong current password entered in a session; the fifth ends it.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_wrong_current(&self, tenant: &TenantId, session: &Session) -> Result<(), Error> {
        let count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::session(tenant, session.account_id, session.id).attributes()))
            .update_expression("ADD wrong_passwords :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        self.update(count).await?;
        Ok(())
    }
}

/// The part of an account's update that says which address its owner proved to have.
pub(super) fn proof(account: &Account, field: Option<&SchemaName>) -> (String, Vec<(String, AttributeValue)>) {
    let (mut set, mut values) = (String::new(), Vec::new());
    let Some(field) = field else { return (set, values) };
    let verified = [
        (SchemaName::email_address(), ", is_email_verified = :true"),
        (SchemaName::phone(), ", is_phone_verified = :true"),
    ];
    for (_, verified) in verified.iter().filter(|(address, _)| address == field) {
        set += verified;
        values.push((":true".to_owned(), AttributeValue::Bool(true)));
    }
    if let Some(proved) = &account.proved_fields {
        let fields = proved.iter().chain([field]).map(|field| text(field.as_str()));
        set += ", proved_fields = :proved";
        values.push((":proved".to_owned(), AttributeValue::L(fields.collect())));
    }
    (set, values)
}
