//! What only intermediaries do: be invited, prove their addresses by codes that work once, change them, be blocked.

mod accept_invitation;
mod address_codes;
mod change_email;
mod change_name;
mod change_phone;
mod check_password;
mod invite;
mod loser;
mod set_status;
mod verify_email;
mod verify_phone;

pub use accept_invitation::Acceptance;
pub use change_phone::PhoneChange;
pub use invite::Invited;

use std::collections::BTreeMap;

use super::{App, Caller, Memory, Respond};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::http::Response;
use crate::session::Session;
use crate::store::{OwnerChange, Saved};
use crate::types::{Email, Identifier, SchemaName};

/// Who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub account: &'a Account,
    pub session: &'a Session,
}

/// How long after a sign-in a first phone may be named without the password, in seconds (yardstick C9).
const FRESH_SECONDS: i64 = 300;

impl App {
    /// Makes a change and puts it into the surface's words.
    async fn save_change(
        &self,
        caller: &Caller,
        change: OwnerChange<'_>,
        session: &Session,
        (memory, respond): (&Memory, Respond),
    ) -> Result<Response, Error> {
        let answer = respond(&self.signed_in(caller, change.after, session))?;
        let remember = self.remember(caller, memory, &answer)?;
        let change = OwnerChange { remember: remember.as_ref(), ..change };
        let (before, entries) = (change.before, change.entries);
        match self.store.change_by_owner(caller.tenant_id(), change, &caller.ring, caller.now).await? {
            Saved::Saved => {
                self.log_entries(caller, entries);
                Ok(answer)
            }
            Saved::AccountChanged => Err(self.overtaken(caller, (before, session)).await),
            refusal => Err(refused(&refusal)),
        }
    }

    /// What somebody is told whose account was changed at the same time: to try again, unless it ended their session.
    async fn overtaken(&self, caller: &Caller, (account, session): (&Account, &Session)) -> Error {
        let record = account.owner.intermediary_id();
        match self.store.live_session(caller.tenant_id(), account.id, session.id, record, caller.now).await {
            Ok(Some(_)) => refused(&Saved::AccountChanged),
            Ok(None) => Code::InvalidAccessToken.because("the session was ended at the same time"),
            Err(error) => error,
        }
    }
}

fn refused(saved: &Saved) -> Error {
    match saved {
        Saved::IdentifierTaken(..) => email_taken(),
        Saved::Remembered => super::memory::answered_by_twin(),
        Saved::Saved | Saved::AccountChanged | Saved::IntermediaryMissing | Saved::IntermediaryHasAccount => {
            Code::Unavailable.because("the account was changed at the same time")
        }
    }
}

fn email_taken() -> Error {
    Code::EmailTaken.because("the e-mail is an account's that proved it").at("email")
}

/// The identifiers of an intermediary's account with this address.
fn identified_by(email: &Email) -> BTreeMap<SchemaName, String> {
    let identifier = Identifier::email(email);
    BTreeMap::from([(identifier.field.clone(), identifier.canonical().to_owned())])
}
