//! A change of an intermediary's account, by its owner or a back end, with all that goes with it in one transaction.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::account_codes::Proves;
use super::accounts::{Change, Saved};
use super::idempotency::Remembered;
use super::invitations::AcceptedInvitation;
use super::outbox::Message;
use super::passwords::AcceptedLink;
use super::write::{Steps, put, update};
use super::{Store, keys, text};
use crate::account::Account;
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::session::{PHONE_CODE, Session};
use crate::types::{AccountId, TenantId, Timestamp};

/// What entitles to a change, and is spent by it.
#[derive(Debug, Clone, Copy)]
pub enum ChangeProof<'a> {
    /// The code that was taken in this attempt.
    Code(Proves, &'a str),
    Invitation(&'a AcceptedInvitation),
    ResetLink(&'a AcceptedLink),
    /// The session that asks for it, or the tenant's back end.
    None,
}

/// A change, what it comes of and what comes of it.
#[derive(Debug)]
pub struct IntermediaryChange<'a> {
    pub before: &'a Account,
    pub after: &'a Account,
    pub proof: ChangeProof<'a>,
    /// The account that had the same e-mail address and never proved it, as it was and as it is from then on.
    pub displaced: Option<(&'a Account, &'a Account)>,
    /// A session that it opens.
    pub opens: Option<&'a Session>,
    /// The session that has proved a phone by it.
    pub proves_phone: Option<&'a Session>,
    pub notices: &'a [Message],
    pub entries: &'a [Entry],
    pub remember: Option<&'a Remembered>,
}

impl<'a> IntermediaryChange<'a> {
    #[must_use]
    pub fn of(before: &'a Account, after: &'a Account) -> Self {
        Self {
            before,
            after,
            proof: ChangeProof::None,
            displaced: None,
            opens: None,
            proves_phone: None,
            notices: &[],
            entries: &[],
            remember: None,
        }
    }
}

impl Store {
    /// All of it or nothing: the accounts, their identifiers and phones, what is spent, the sessions, the notices and the
    /// entries of the history.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_intermediary(
        &self,
        tenant: &TenantId,
        change: IntermediaryChange<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Saved, Error> {
        let IntermediaryChange { before, after, proof, displaced, opens, proves_phone, notices, entries, remember } =
            change;
        let mut steps = Steps::new();
        self.add_memory(&mut steps, tenant, remember, now)?;
        match proof {
            ChangeProof::Code(proves, attempt) => {
                steps.add(self.spend_account_code(tenant, (after.id, proves), attempt)?, Saved::AccountChanged);
            }
            ChangeProof::Invitation(accepted) => {
                steps.add(self.spend_invitation(tenant, after.id, accepted, now)?, Saved::AccountChanged);
            }
            ChangeProof::ResetLink(link) => {
                steps.add(self.spend_link(tenant, after.id, link, now)?, Saved::AccountChanged);
            }
            ChangeProof::None => {}
        }
        let change = Change { before, after, only_if_unused: false, displaced: displaced.map(|(before, _)| before.id) };
        self.add_change(&mut steps, tenant, change, now)?;
        if let Some((before, after)) = displaced {
            let change = Change { before, after, only_if_unused: false, displaced: None };
            steps.add(update(self.difference(tenant, change)?), Saved::AccountChanged);
            self.add_phone_owners(&mut steps, tenant, (before, after))?;
            if after.phone.is_none()
                && let Some(record) = after.owner.intermediary_id()
            {
                steps.add(self.unlink_record(tenant, record, after.id)?, Saved::AccountChanged);
            }
        }
        if let Some(session) = opens {
            steps.add_sure(put(self.session_row(tenant, session)?));
        }
        if let Some(session) = proves_phone {
            steps.add(self.proved_phone(tenant, after.id, session)?, Saved::AccountChanged);
        }
        for notice in notices {
            steps.add_sure(put(self.message(tenant, notice, ring, now)?));
        }
        for entry in entries {
            steps.add_sure(put(self.entry(tenant, entry)?));
        }
        self.save(steps).await
    }

    /// The part of a transaction that notes that a session has proved a phone.
    fn proved_phone(
        &self,
        tenant: &TenantId,
        account: AccountId,
        session: &Session,
    ) -> Result<TransactWriteItem, Error> {
        let note = self
            .update_at(&keys::session(tenant, account, session.id))
            .update_expression("SET methods = list_append(methods, :method)")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .expression_attribute_values(":method", AttributeValue::L(vec![text(PHONE_CODE)]))
            .build()?;
        Ok(update(note))
    }
}
