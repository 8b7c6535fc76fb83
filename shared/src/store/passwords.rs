//! A password set anew, by whoever knows the old one or holds the link that was sent out.

use std::collections::HashMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::openings::FORGET_FAILURES;
use super::outbox::Message;
use super::read::string;
use super::sends::{Sending, Sends, Sent, if_unsent};
use super::write::{Transacted, Written, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, Status};
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::types::{AccountId, SchemaName, TenantId, Timestamp};
const KEPT_SECONDS: i64 = 86_400;

/// What is asked for in an identifier's name.
pub const RESET: &str = "password-reset";

/// What an account's owner was sent to set a new password, with the link that is out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResetDesk {
    #[serde(skip_serializing_if = "Sends::is_empty")]
    pub sends: Sends,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<ResetLink>,
}

/// A link that is out. Its secret is not in here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResetLink {
    /// SHA-256 of the link's secret.
    digest: String,
    /// The field that holds the address it was sent to.
    field: SchemaName,
    /// The account's stamp when it was sent: once that has changed, the link is void.
    stamp: String,
    ends_at: i64,
}

/// What a link that was accepted proves.
#[derive(Debug, Clone)]
pub struct AcceptedLink {
    digest: String,
    pub field: SchemaName,
}

impl ResetLink {
    #[must_use]
    pub fn new(digest: String, field: SchemaName, stamp: String, now: Timestamp) -> Self {
        Self { digest, field, stamp, ends_at: now.seconds() + limits().reset_link_seconds }
    }

    /// One that fits no account: it takes as long to write as one that does.
    #[must_use]
    pub fn of_nobody(digest: String, now: Timestamp) -> Self {
        Self::new(digest, SchemaName::email_address(), "-.-".to_owned(), now)
    }
}

impl ResetDesk {
    #[must_use]
    pub fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// The link with this digest, if it is out and the account is still what it was sent for.
    #[must_use]
    pub fn accept(&self, digest: &str, account: &Account, now: Timestamp) -> Option<AcceptedLink> {
        let link = self.link.as_ref()?;
        let fits = verify_slices_are_equal(link.digest.as_bytes(), digest.as_bytes()).is_ok()
            && link.stamp == account.stamp()
            && now.seconds() < link.ends_at;
        fits.then(|| AcceptedLink { digest: digest.to_owned(), field: link.field.clone() })
    }
}

/// What entitles to the new password.
#[derive(Debug, Clone, Copy)]
pub enum Entitled<'a> {
    /// The old password, proved in this session, which alone goes on; with what the account's history is told.
    BySession(&'a Session, Option<&'a Entry>),
    /// The link, which is spent by it. No session goes on, and the address that it
    /// was sent to is proved.
    ByLink(&'a AcceptedLink, Option<&'a Entry>),
}

/// A link about to be sent to an account in place of the one that is out.
#[derive(Debug)]
pub struct ResetRequest<'a> {
    pub account_id: AccountId,
    /// As it was read.
    pub desk: &'a ResetDesk,
    /// Without one the same is written and nothing changes: nobody can tell.
    pub link: Option<ResetLink>,
    /// What the account's history is told of it.
    pub entry: Option<&'a Entry>,
}

impl Store {
    /// The account, and what was sent out to set its password. One call.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
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

    /// Sends a link. `asked` is as it was read.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_reset_link(
        &self,
        tenant: &TenantId,
        request: ResetRequest<'_>,
        (identifier, asked): (&str, &Sends),
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let ResetRequest { account_id, desk, link, entry } = request;
        let next = link
            .map_or_else(|| desk.clone(), |link| ResetDesk { sends: desk.sends.and_one_more(now), link: Some(link) });
        let key = keys::password_reset(tenant, account_id);
        let row = self.row(&key, &next, Some(now.seconds() + KEPT_SECONDS))?;
        let row = put(if_unsent(row, &desk.sends, now));
        let count = self.ask(tenant, (RESET, identifier), asked, now)?;
        let mut rows = vec![(count, Sent::TooSoon), (row, Sent::Overtaken)];
        if let Some(entry) = entry {
            // Nothing refuses it.
            rows.push((put(self.entry(tenant, entry)?), Sent::Overtaken));
        }
        self.send(tenant, rows, sending, ring, now).await
    }

    /// Sets a password and tells the owner, if the account still is what was read. Every other session ends, every
    /// code and link that is out is void, failures are forgotten (yardstick P8, P9). `false`: the account or the
    /// link changed meanwhile, and nothing was written.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
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
        let (step, entry) = match entitled {
            Entitled::BySession(session, entry) => (update(self.forget_wrong_current(tenant, session)?), entry),
            Entitled::ByLink(link, entry) => (self.spend_link(tenant, account.id, link, now)?, entry),
        };
        items.push(step);
        if let Some(entry) = entry {
            items.push(put(self.entry(tenant, entry)?));
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
            "password_version = :version AND identity_version = :identity AND #status = :active".to_owned();
        let mut set = "SET password_hash = :hash, password_version = :next, sessions = :kept, \
             credentials_changed_at_ms = :changed"
            .to_owned();
        let mut change = self
            .update_at(&keys::account(tenant, account.id))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":hash", text(hash.as_str()))
            .expression_attribute_values(":version", number(account.password_version))
            .expression_attribute_values(":identity", number(account.identity_version))
            .expression_attribute_values(":next", number(account.password_version + 1))
            .expression_attribute_values(":changed", number(now.milliseconds()));
        let mut kept = HashMap::new();
        match entitled {
            Entitled::BySession(session, _) => {
                let id = session.id.to_string();
                condition += " AND attribute_exists(sessions.#kept)";
                kept.insert(id.clone(), number(session.opened_at));
                change = change.expression_attribute_names("#kept", id);
            }
            Entitled::ByLink(link, _) => {
                if let Some(verified) = verified(&link.field) {
                    set += verified;
                    change = change.expression_attribute_values(":verified_at", number(now.seconds()));
                }
            }
        }
        let change = change
            .expression_attribute_values(":kept", AttributeValue::M(kept))
            .update_expression(format!("{set} REMOVE {FORGET_FAILURES}, recovery_failures"))
            .condition_expression(condition)
            .build()?;
        Ok(update(change))
    }

    /// The part of a transaction that spends a link: of any number at once, one.
    pub(super) fn spend_link(
        &self,
        tenant: &TenantId,
        account: AccountId,
        link: &AcceptedLink,
        now: Timestamp,
    ) -> Result<TransactWriteItem, Error> {
        let spend = self
            .update_at(&keys::password_reset(tenant, account))
            .update_expression("REMOVE #link")
            .condition_expression("#link.digest = :spent AND #link.ends_at > :now AND expires_at > :now")
            .expression_attribute_names("#link", "link")
            .expression_attribute_values(":spent", text(&link.digest))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        Ok(update(spend))
    }

    /// Counts one current password entered in a session, before it is compared; a right one is forgotten again. Of
    /// any number at once five get to compare. `attempt` is random; the same attempt counts once however often the
    /// write is repeated. `false`: the session takes none at this moment.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer: what cannot be counted is not compared.
    pub async fn count_current_password(
        &self,
        tenant: &TenantId,
        session: &Session,
        attempt: &str,
    ) -> Result<bool, Error> {
        let count = self
            .update_at(&keys::session(tenant, session.account_id, session.id))
            .update_expression("SET wrong_passwords = wrong_passwords + :one, password_attempt = :attempt")
            .condition_expression(
                "attribute_not_exists(ended_at) AND wrong_passwords < :most \
                 AND (attribute_not_exists(password_attempt) OR password_attempt <> :attempt)",
            )
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limits().wrong_passwords_per_session))
            .expression_attribute_values(":attempt", text(attempt))
            .build()?;
        Ok(match self.update(count).await? {
            Written::Done(_) => true,
            Written::Refused(row) => {
                row.is_some_and(|row| string(&row, "password_attempt").is_some_and(|counted| counted == attempt))
            }
        })
    }

    /// Counts one that was compared and wrong. The fifth ends the session.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn refuse_current_password(
        &self,
        tenant: &TenantId,
        session: &Session,
        now: Timestamp,
    ) -> Result<(), Error> {
        let refuse = self
            .update_at(&keys::session(tenant, session.account_id, session.id))
            .update_expression("SET refused_passwords = if_not_exists(refused_passwords, :none) + :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .build()?;
        if let Written::Done(row) = self.update(refuse).await?
            && from_item::<Session>(row)?.refused_passwords >= limits().wrong_passwords_per_session
        {
            self.end_session(tenant, session.account_id, session.id, now).await?;
        }
        Ok(())
    }

    /// Takes one back that was not compared, or was right.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn uncount_current_password(&self, tenant: &TenantId, session: &Session) -> Result<(), Error> {
        let uncount = self
            .update_at(&keys::session(tenant, session.account_id, session.id))
            .update_expression("SET wrong_passwords = wrong_passwords - :one")
            .condition_expression("wrong_passwords > :none")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":none", number(0))
            .build()?;
        self.update(uncount).await?;
        Ok(())
    }

    fn forget_wrong_current(&self, tenant: &TenantId, session: &Session) -> Result<Update, Error> {
        Ok(self
            .update_at(&keys::session(tenant, session.account_id, session.id))
            .update_expression("SET wrong_passwords = :none, refused_passwords = :none")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .expression_attribute_values(":none", number(0))
            .build()?)
    }
}

/// The part of an account's update, given `:verified_at`, that says that the address in this field is proved.
pub(super) fn verified(field: &SchemaName) -> Option<&'static str> {
    let is = |name: SchemaName| *field == name;
    if is(SchemaName::email_address()) {
        return Some(", email_verified_at = :verified_at");
    }
    is(SchemaName::phone()).then_some(", phone_verified_at = :verified_at")
}
