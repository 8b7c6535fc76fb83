use std::collections::BTreeMap;

use super::email_taken;
use crate::account::{Account, Status};
use crate::app::{App, Caller, messages};
use crate::error::Error;
use crate::history::{Entry, Happened};
use crate::store::{Message, Purpose};
use crate::types::{AccountId, Email, Identifier, SchemaName, Timestamp};

/// An account that named an e-mail address without proof, which somebody else has proved now: it reserved nothing
/// (yardstick E6).
pub(super) struct Displaced {
    pub before: Account,
    pub after: Account,
}

impl App {
    /// Who else has this address without having proved it, if anybody has.
    ///
    /// # Errors
    /// [`crate::error::Code::EmailTaken`] when somebody proved it.
    pub(super) async fn holder_without_proof(
        &self,
        caller: &Caller,
        (own, email): (AccountId, &Email),
    ) -> Result<Option<Displaced>, Error> {
        let (tenant, identifier) = (caller.tenant_id(), Identifier::email(email));
        let holder = self.store.account_by_identifier(tenant, caller.kind, &identifier, caller.now).await?;
        let Some(holder) = holder.filter(|holder| *holder != own) else { return Ok(None) };
        let before = self.store.account(tenant, holder, caller.now).await?;
        // Whoever left the address between the two reads holds it no more.
        let holds =
            |account: &Account| account.email.as_ref().is_some_and(|held| held.canonical() == email.canonical());
        let Some(before) = before.filter(holds) else { return Ok(None) };
        if !before.has_unproved_email() {
            return Err(email_taken());
        }
        let after = without_email(before.clone(), caller.now);
        Ok(Some(Displaced { before, after }))
    }
}

impl Displaced {
    /// What their owner hears of it, where they can be reached, and what their history says.
    pub(super) fn tell(&self, caller: &Caller, notices: &mut Vec<Message>, entries: &mut Vec<Entry>) {
        let phone = messages::recipient_in(&self.before, &SchemaName::phone());
        notices.extend(phone.map(|to| messages::notice(&caller.tenant, to, Purpose::AddressTaken)));
        entries.push(caller.entry(Happened::EmailLost, self.before.id));
    }
}

/// Who proved a phone keeps that and the password. Nobody else can be told from a stranger any more: the account is blocked
/// for good, and its record free for another one. Its sessions end.
fn without_email(account: Account, now: Timestamp) -> Account {
    let keeps_phone = account.phone_verified_at.is_some();
    let password_hash = account.password_hash.clone().filter(|_| keeps_phone);
    let mut after = account.with_new_identity(now).with_new_password(password_hash, now);
    after.email = None;
    after.identifiers = BTreeMap::new();
    if !keeps_phone {
        (after.phone, after.full_name, after.status) = (None, None, Status::Blocked);
    }
    after
}
