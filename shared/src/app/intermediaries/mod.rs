//! What only intermediaries do: be registered with a record, open its one account or be invited to it, prove addresses by
//! codes that work once, change them. Signing in, setting a password and being blocked are everybody's and stand one floor
//! up.

mod accept_invitation;
mod address_codes;
mod change_email;
mod change_name;
mod change_phone;
mod check_password;
mod claim_by_reset;
mod displaced;
mod invite;
mod open_account;
mod register_intermediary;
mod send_sign_in_code;
mod verify_email;
mod verify_phone;

pub use accept_invitation::Acceptance;
pub use change_phone::PhoneChange;
pub use invite::Invited;
pub use open_account::AccountForm;

use std::collections::BTreeMap;

use super::memory::answered_by_twin;
use super::{App, Caller, Memory, Principal, Respond};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::session::Session;
use crate::store::{ChangeProof, IntermediaryChange, Message, Proves, Saved};
use crate::token::OneTimeCode;
use crate::types::{Email, Identifier, SchemaName};

use address_codes::RightCode;
use displaced::Displaced;

/// What comes of a code that was right.
struct Redeemed {
    after: Account,
    event: Happened,
    /// Whether the session has proved a phone by it.
    proves_phone: bool,
    displaced: Option<Displaced>,
    notices: Vec<Message>,
}

impl App {
    /// Tries the code that is out, and makes the change that a right one entitles to: `change` is given the address that
    /// it was sent to. Where the change cannot be made the code can be entered again.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; those of `change`; [`Code::Unavailable`] when the account changed at the same time.
    async fn redeem(
        &self,
        caller: &Caller,
        principal: &Principal,
        (proves, code): (Proves, &OneTimeCode),
        (memory, respond): (&Memory, Respond),
        change: impl AsyncFnOnce(&str) -> Result<Redeemed, Error>,
    ) -> Result<Response, Error> {
        let RightCode { attempt, address } = self.try_address_code(caller, principal, proves, code).await?;
        let made = async {
            let Redeemed { after, event, proves_phone, displaced, mut notices } = change(&address).await?;
            let Principal { account, session } = principal;
            let mut entries = vec![caller.entry(event, account.id).in_session(session.id)];
            if let Some(displaced) = &displaced {
                displaced.tell(caller, &mut notices, &mut entries);
            }
            let change = IntermediaryChange {
                proof: ChangeProof::Code(proves, &attempt),
                displaced: displaced.as_ref().map(|Displaced { before, after }| (before, after)),
                proves_phone: Some(session).filter(|session| proves_phone && !session.proved_phone()),
                notices: &notices,
                entries: &entries,
                ..IntermediaryChange::of(account, &after)
            };
            let session = if proves_phone { session.with_phone() } else { session.clone() };
            self.save_change(caller, change, &session, (memory, respond)).await
        };
        let made = made.await;
        if made.is_err() {
            let code_of = (principal.account.id, proves);
            self.store.give_account_code_back(caller.tenant_id(), code_of, &attempt).await.ok();
        }
        made
    }

    /// That whoever is signed in has proved the account's phone in this session, where it was ever proved: the password
    /// alone replaces no factor and no address (yardstick C8, C9).
    ///
    /// # Errors
    /// [`Code::ReauthenticationRequired`].
    fn require_proved_phone(principal: &Principal) -> Result<(), Error> {
        if principal.account.phone_verified_at.is_none() || principal.session.proved_phone() {
            return Ok(());
        }
        let message = "Confirm the account's phone in this session first.";
        Err(Code::ReauthenticationRequired.because("the second factor is incomplete").saying(message))
    }

    /// Makes a change and puts it into the surface's words.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when the account changed at the same time; [`Code::InvalidAccessToken`] when that ended the
    /// session; [`Code::EmailTaken`].
    async fn save_change(
        &self,
        caller: &Caller,
        change: IntermediaryChange<'_>,
        session: &Session,
        (memory, respond): (&Memory, Respond),
    ) -> Result<Response, Error> {
        let answer = respond(&self.signed_in(caller, change.after, session))?;
        let remember = self.remember(caller, memory, &answer)?;
        let change = IntermediaryChange { remember: remember.as_ref(), ..change };
        let (before, entries) = (change.before, change.entries);
        match self.store.change_intermediary(caller.tenant_id(), change, &caller.ring, caller.now).await? {
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

/// Why an account was not opened, changed or invited to.
fn refused(saved: &Saved) -> Error {
    match saved {
        Saved::IntermediaryMissing => Code::IntermediaryNotFound.because("no such record").at("intermediaryId"),
        Saved::IntermediaryHasAccount => Code::AccountExists.because("the record has an account").at("intermediaryId"),
        Saved::IdentifierTaken(..) => email_taken(),
        Saved::Remembered => answered_by_twin(),
        Saved::Saved | Saved::AccountChanged => Error::conflict("the account was changed at the same time"),
    }
}

fn email_taken() -> Error {
    Code::EmailTaken.because("the e-mail is another account's").at("email")
}

/// The identifiers of an intermediary's account with this address.
fn identified_by(email: &Email) -> BTreeMap<SchemaName, String> {
    let identifier = Identifier::email(email);
    BTreeMap::from([(identifier.field.clone(), identifier.canonical().to_owned())])
}
