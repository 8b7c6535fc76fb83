use std::collections::BTreeMap;
use std::slice;

use serde::Deserialize;

use super::{App, Caller, READS};
use crate::account::{Account, Kind, Status};
use crate::error::{Code, Error};
use crate::history::{Entry, Happened};
use crate::store::{Change, IntermediaryChange, Saved};
use crate::types::{AccountId, Timestamp};

/// What a back end or an administrator may make of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NewStatus {
    Active,
    Blocked,
}

impl App {
    /// Blocks an account or unblocks it. A blocked one's sessions end for good, and what was sent out is void.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidRequest`] to unblock one whose address somebody else proved.
    pub async fn set_status(&self, caller: &Caller, id: AccountId, status: NewStatus) -> Result<Account, Error> {
        let (now, is_blocked) = (caller.now, status == NewStatus::Blocked);
        for _ in 0..READS {
            let before = self.account(caller, id).await?;
            if (before.status == Status::Blocked) == is_blocked {
                return Ok(before);
            }
            if !is_blocked && before.kind() == Kind::Intermediary && before.reached_by() == (None, None) {
                let message = "Its address is another account's now. Open another one for its record.";
                return Err(Code::InvalidRequest.because("nobody's account").saying(message).at("status"));
            }
            let (after, event) = if is_blocked {
                (blocked(before.clone(), now), Happened::AccountBlocked)
            } else {
                (unblocked(before.clone(), now), Happened::AccountUnblocked)
            };
            let entry = caller.entry(event, id);
            match self.save_status(caller, (&before, &after), &entry).await? {
                Saved::Saved => {
                    self.log_entry(caller, &entry);
                    return Ok(after);
                }
                Saved::AccountChanged => {}
                _ => return Err(Code::Internal.because("a status was refused for another reason than a change")),
            }
        }
        Err(Error::conflict("the account was changed at the same time"))
    }

    async fn save_status(
        &self,
        caller: &Caller,
        (before, after): (&Account, &Account),
        entry: &Entry,
    ) -> Result<Saved, Error> {
        let (tenant, ring, now) = (caller.tenant_id(), &caller.ring, caller.now);
        if let Some(entry) = entry.kept_of(before.kind()) {
            let change =
                IntermediaryChange { entries: slice::from_ref(entry), ..IntermediaryChange::of(before, after) };
            return self.store.change_intermediary(tenant, change, ring, now).await;
        }
        let change = Change { before, after, only_if_unused: false, displaced: None };
        let saved = self.store.change_account(tenant, change, (&[], ring), None, now).await?;
        if saved == Saved::Saved && after.status == Status::Blocked {
            self.retire_sessions(caller, before.id).await;
        }
        Ok(saved)
    }

    /// The account of an id, as whoever calls may see it.
    ///
    /// # Errors
    /// [`Code::NotFound`], also for an account of another kind.
    pub async fn account(&self, caller: &Caller, id: AccountId) -> Result<Account, Error> {
        let account = self.store.account(caller.tenant_id(), id, caller.now).await?;
        let account = account.filter(|account| account.kind() == caller.kind);
        account.ok_or_else(|| Code::NotFound.because("no account of this id").saying("There is no such account."))
    }
}

fn blocked(account: Account, now: Timestamp) -> Account {
    Account { status: Status::Blocked, sessions: BTreeMap::new(), ..account.with_new_identity(now) }
}

/// One that nobody has accepted yet waits for that again.
fn unblocked(account: Account, now: Timestamp) -> Account {
    let is_nobodys = account.identifiers.is_empty() && account.password_hash.is_none();
    let status = if is_nobodys { Status::Pending } else { Status::Active };
    // Also what was sent meanwhile.
    Account { status, ..account.with_new_identity(now) }
}
