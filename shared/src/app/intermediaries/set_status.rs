use std::collections::BTreeMap;

use serde::Deserialize;

use super::refused;
use crate::account::{Account, Status};
use crate::app::{App, Caller, READS};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::store::{IntermediaryChange, Saved};
use crate::types::{AccountId, Timestamp};

/// What a back end may make of an account.
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
        let (tenant, now, is_blocked) = (caller.tenant_id(), caller.now, status == NewStatus::Blocked);
        for _ in 0..READS {
            let before = self.intermediary(caller, id).await?;
            if (before.status == Status::Blocked) == is_blocked {
                return Ok(before);
            }
            if !is_blocked && before.reached_by() == (None, None) {
                let message = "Its address is another account's now. Open another one for its record.";
                return Err(Code::InvalidRequest.because("nobody's account").saying(message).at("status"));
            }
            let (after, event) = if is_blocked {
                (blocked(before.clone(), now), Happened::AccountBlocked)
            } else {
                (unblocked(before.clone(), now), Happened::AccountUnblocked)
            };
            let entries = [caller.entry(event, id)];
            let change = IntermediaryChange { entries: &entries, ..IntermediaryChange::of(&before, &after) };
            match self.store.change_intermediary(tenant, change, &caller.ring, now).await? {
                Saved::Saved => {
                    self.log_entries(caller, &entries);
                    return Ok(after);
                }
                Saved::AccountChanged => {}
                refusal => return Err(refused(&refusal)),
            }
        }
        Err(refused(&Saved::AccountChanged))
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
