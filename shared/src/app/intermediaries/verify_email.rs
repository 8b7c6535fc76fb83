use super::Owner;
use super::address_codes::Address;
use crate::account::Account;
use crate::app::{App, Caller, Memory, Respond};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::store::{ChangeProof, OwnerChange, Proves};
use crate::token::OneTimeCode;
use crate::types::Email;

impl App {
    /// Sends a code to the account's e-mail address (contract §1.9).
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when the address is proved, or there is none; [`Code::TooManyRequests`] over the limits
    /// of codes.
    pub async fn send_email_code(
        &self,
        caller: &Caller,
        owner: Owner<'_>,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let email = unproved(owner.account)?;
        self.send_address_code(caller, owner, (Proves::Email, Address::Email(email)), memory, answer).await
    }

    /// Confirms the account's e-mail address, for good.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::InvalidRequest`] when the address is proved already.
    pub async fn confirm_email(
        &self,
        caller: &Caller,
        owner: Owner<'_>,
        code: &OneTimeCode,
        respond: Respond,
    ) -> Result<Response, Error> {
        let Owner { account, session } = owner;
        unproved(account)?;
        let code = self.try_address_code(caller, owner, Proves::Email, code).await?;
        let revision = account.revision + 1;
        let after = Account { email_verified_at: Some(caller.now.seconds()), revision, ..account.clone() };
        let entries = [caller.entry(Happened::EmailVerified, account.id).in_session(session.id)];
        let proof = ChangeProof::Code(Proves::Email, &code.attempt);
        let change = OwnerChange { proof, entries: &entries, ..OwnerChange::of(account, &after) };
        let saved = self.save_change(caller, change, session, (&Memory::default(), respond)).await;
        self.or_give_back(caller, owner, (Proves::Email, &code), saved).await
    }
}

fn unproved(account: &Account) -> Result<&Email, Error> {
    let message = if account.email.is_some() {
        "The e-mail address is confirmed already."
    } else {
        "The account has no e-mail address."
    };
    let email = account.email.as_ref().filter(|_| account.email_verified_at.is_none());
    email.ok_or_else(|| Code::InvalidRequest.because("no address to prove").saying(message))
}
