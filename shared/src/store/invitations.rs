//! An invitation: an account that is nobody's yet, and a link that gives it to whoever owns the address (contract §1.10).
//!
//! ```text
//!  send ──► account pending, link out for 7 days ──accepted──► account active, link spent
//!              │      ▲
//!              │      └── send again: a new link, the old one is void
//!              └── the account is blocked, or opened without the link: the link is void
//! ```

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::accounts::{Change, Saved};
use super::idempotency::Remembered;
use super::outbox::Message;
use super::sends::{Sends, if_unsent};
use super::write::{Steps, put, update};
use super::{Store, from_item, intermediaries, keys, number, text};
use crate::account::{Account, Status};
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::types::{AccountId, IntermediaryId, TenantId, Timestamp};

/// What addresses are invited as: limits hold for each, whichever record it is for.
pub const INVITATION: &str = "invitation";

/// What an account's future owner was sent, with the link that is out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InvitationDesk {
    pub sends: Sends,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Link {
    /// SHA-256 of the link's token.
    digest: String,
    /// The account's stamp when it was sent.
    stamp: String,
    ends_at: i64,
}

/// A link that is out and was shown.
#[derive(Debug, Clone)]
pub struct AcceptedInvitation {
    digest: String,
}

impl InvitationDesk {
    /// The link with this digest, if it is out and the account is still what it was sent for.
    #[must_use]
    pub fn accept(&self, digest: &str, account: &Account, now: Timestamp) -> Option<AcceptedInvitation> {
        let link = self.link.as_ref()?;
        let fits = verify_slices_are_equal(link.digest.as_bytes(), digest.as_bytes()).is_ok()
            && link.stamp == account.stamp()
            && account.status == Status::Pending
            && now.seconds() < link.ends_at;
        fits.then(|| AcceptedInvitation { digest: digest.to_owned() })
    }
}

/// What is there before somebody is invited.
#[derive(Debug)]
pub struct Invitable {
    /// The account of an invitation before this one.
    pub account: Option<Account>,
    pub desk: InvitationDesk,
    /// What the address was sent by whichever invitations.
    pub asked: Sends,
}

/// An invitation about to be sent, conditional on what was read.
#[derive(Debug)]
pub struct Invitation<'a> {
    pub record: &'a IntermediaryId,
    pub before: &'a Invitable,
    /// The account as it is from then on.
    pub account: &'a Account,
    /// SHA-256 of the link's token.
    pub digest: String,
    /// HMAC of the address.
    pub address: &'a str,
    pub message: &'a Message,
    pub entry: &'a Entry,
    pub remember: Option<&'a Remembered>,
}

impl Store {
    /// The record's account, if nobody has accepted it, and what was sent to it and to the address. One call; two where the
    /// record has an account.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn invitable(
        &self,
        tenant: &TenantId,
        record: &IntermediaryId,
        address: &str,
        now: Timestamp,
    ) -> Result<Result<Invitable, Saved>, Error> {
        let (record, asked) = (keys::intermediary(tenant, record), keys::asked(tenant, INVITATION, address));
        let mut found = self.get_all(&[record.clone(), asked.clone()], now).await?;
        let record = found.take(&record).map(from_item::<intermediaries::Row>).transpose()?;
        let asked = found.take(&asked).map(Sends::asked).transpose()?.unwrap_or_default();
        let Some(record) = record else { return Ok(Err(Saved::IntermediaryMissing)) };
        let (account, desk) = match record.account_id {
            Some(id) => self.account_and_invitation(tenant, id, now).await?,
            None => (None, InvitationDesk::default()),
        };
        if account.as_ref().is_some_and(|account| account.status != Status::Pending) {
            return Ok(Err(Saved::IntermediaryHasAccount));
        }
        Ok(Ok(Invitable { account, desk, asked }))
    }

    /// One call.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account_and_invitation(
        &self,
        tenant: &TenantId,
        id: AccountId,
        now: Timestamp,
    ) -> Result<(Option<Account>, InvitationDesk), Error> {
        let wanted = [keys::account(tenant, id), keys::invitation(tenant, id)];
        let mut found = self.get_all(&wanted, now).await?;
        let [account, desk] = wanted.map(|key| found.take(&key));
        let desk = desk.map_or_else(|| Ok(InvitationDesk::default()), from_item)?;
        Ok((account.map(from_item).transpose()?, desk))
    }

    /// Sends an invitation in place of the one that is out: the account that it is for, the record's link to it, the
    /// message and what counts it, all of it or nothing.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn invite(
        &self,
        tenant: &TenantId,
        invitation: Invitation<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Saved, Error> {
        let Invitation { record, before, account, digest, address, message, entry, remember } = invitation;
        let mut steps = Steps::new();
        self.add_memory(&mut steps, tenant, remember, now)?;
        if let Some(before) = &before.account {
            let change = Change { before, after: account, only_if_unused: false, displaced: None };
            self.add_change(&mut steps, tenant, change, now)?;
        } else {
            steps.add_sure(put(self.new_row(&keys::account(tenant, account.id), account, None, now)?));
            steps.add(self.link_record(tenant, record, account.id)?, Saved::IntermediaryHasAccount);
        }
        let ends_at = now.seconds() + limits().invitation_seconds;
        let link = Link { digest, stamp: account.stamp(), ends_at };
        let desk = InvitationDesk { sends: before.desk.sends.and_one_more(now), link: Some(link) };
        // What was sent is counted for a day.
        let kept = ends_at.max(now.seconds() + 86_400);
        let row = self.row(&keys::invitation(tenant, account.id), &desk, Some(kept))?;
        steps.add(put(if_unsent(row, &before.desk.sends, now)), Saved::AccountChanged);
        steps.add(self.ask(tenant, (INVITATION, address), &before.asked, now)?, Saved::AccountChanged);
        steps.add_sure(put(self.message(tenant, message, ring, now)?));
        steps.add_sure(put(self.entry(tenant, entry)?));
        self.save(steps).await
    }

    /// The part of a transaction that spends a link: of any number at once, one.
    pub(super) fn spend_invitation(
        &self,
        tenant: &TenantId,
        account: AccountId,
        accepted: &AcceptedInvitation,
        now: Timestamp,
    ) -> Result<TransactWriteItem, Error> {
        let spend = self
            .update_at(&keys::invitation(tenant, account))
            .update_expression("REMOVE #link")
            .condition_expression("#link.digest = :spent AND #link.ends_at > :now AND expires_at > :now")
            .expression_attribute_names("#link", "link")
            .expression_attribute_values(":spent", text(&accepted.digest))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        Ok(update(spend))
    }
}
