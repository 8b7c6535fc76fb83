use std::collections::BTreeMap;

use super::refused;
use crate::account::{Account, Status};
use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::store::{OwnerChange, Saved};
use crate::types::{AccountId, Timestamp};

/// How often a change of the account at the same time is met before one gives up.
const TRIES: u32 = 4;

impl App {
    /// Blocks an account or unblocks it. A blocked one's sessions end for good, and what was sent out is void.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn set_status(&self, caller: &Caller, id: AccountId, is_blocked: bool) -> Result<Account, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        for _ in 0..TRIES {
            let before = self.intermediary(caller, id).await?;
            if (before.status == Status::Blocked) == is_blocked {
                return Ok(before);
            }
            let (after, event) = if is_blocked {
                (blocked(before.clone(), now), Happened::AccountBlocked)
            } else {
                (unblocked(before.clone()), Happened::AccountUnblocked)
            };
            let entries = [caller.entry(event, id)];
            let change = OwnerChange { entries: &entries, ..OwnerChange::of(&before, &after) };
            match self.store.change_by_owner(tenant, change, &caller.ring, now).await? {
                Saved::Saved => {
                    self.log_entries(caller, &entries);
                    return Ok(after);
                }
                Saved::AccountChanged => {}
                refusal => return Err(refused(&refusal)),
            }
        }
        Err(Code::Unavailable.because("the account was changed by others four times in a row"))
    }

    /// # Errors
    /// [`Code::NotFound`].
    pub async fn intermediary(&self, caller: &Caller, id: AccountId) -> Result<Account, Error> {
        let account = self.store.account(caller.tenant_id(), id, caller.now).await?;
        let account = account.filter(|account| account.kind() == caller.kind);
        account.ok_or_else(|| Code::NotFound.because("no account of this id").saying("There is no such account."))
    }
}

fn blocked(account: Account, now: Timestamp) -> Account {
    Account { status: Status::Blocked, sessions: BTreeMap::new(), ..account.with_new_identity(now) }
}

/// One that nobody has accepted yet waits for that again.
fn unblocked(account: Account) -> Account {
    let is_nobodys = account.identifiers.is_empty() && account.password_hash.is_none();
    let status = if is_nobodys { Status::Pending } else { Status::Active };
    Account { status, revision: account.revision + 1, ..account }
}
