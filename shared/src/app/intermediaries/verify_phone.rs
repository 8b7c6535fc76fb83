use super::address_codes::Address;
use super::{FRESH_SECONDS, Owner};
use crate::account::Account;
use crate::app::{App, Caller, Memory, Respond, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::session::{self, Session};
use crate::store::{ChangeProof, OwnerChange, Proves, Purpose};
use crate::token::OneTimeCode;
use crate::types::Phone;

impl App {
    /// Sends the code of a session's second factor to the account's phone, or to the first phone that it is to have
    /// (contract §1.11).
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when the session has proved a phone, or the account has another one;
    /// [`Code::ReauthenticationRequired`] when a first phone is named over 5 minutes after signing in;
    /// [`Code::TooManyRequests`] over the limits of codes.
    pub async fn send_phone_code(
        &self,
        caller: &Caller,
        owner: Owner<'_>,
        phone: &Phone,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let Owner { account, session } = owner;
        incomplete(session)?;
        match &account.phone {
            Some(own) if own == phone => {}
            Some(_) => {
                let message = "phone is not the account's. Change that one first.";
                return Err(Code::InvalidRequest.because("another phone").saying(message).at("phone"));
            }
            None if caller.now.seconds() < session.opened_at + FRESH_SECONDS => {}
            None => return Err(Code::ReauthenticationRequired.because("a first phone, long after signing in")),
        }
        self.send_address_code(caller, owner, (Proves::Phone, Address::Phone(phone)), memory, answer).await
    }

    /// Confirms the second factor of this session, and that the phone is the account's.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::InvalidRequest`] when the session has proved a phone already.
    pub async fn confirm_phone(
        &self,
        caller: &Caller,
        owner: Owner<'_>,
        code: &OneTimeCode,
        respond: Respond,
    ) -> Result<Response, Error> {
        let Owner { account, session } = owner;
        incomplete(session)?;
        let code = self.try_address_code(caller, owner, Proves::Phone, code).await?;
        let (phone, is_new) = match account.phone.clone() {
            Some(phone) => (phone, false),
            None => (proved(&code.address)?, true),
        };
        let verified = Account { phone: Some(phone), phone_verified_at: Some(caller.now.seconds()), ..account.clone() };
        let after = if is_new {
            verified.with_new_identity(caller.now)
        } else {
            Account { revision: account.revision + 1, ..verified }
        };
        let told =
            is_new.then(|| messages::notice(&caller.tenant, messages::recipient(account), Purpose::PhoneChanged));
        let notices: Vec<_> = told.into_iter().collect();
        let entries = [caller.entry(Happened::PhoneVerified, account.id).in_session(session.id)];
        let change = OwnerChange {
            proof: ChangeProof::Code(Proves::Phone, &code.attempt),
            proves_phone: Some(session),
            notices: &notices,
            entries: &entries,
            ..OwnerChange::of(account, &after)
        };
        let saved = self.save_change(caller, change, &with_phone(session), (&Memory::default(), respond)).await;
        self.or_give_back(caller, owner, (Proves::Phone, &code), saved).await
    }
}

fn incomplete(session: &Session) -> Result<(), Error> {
    if session.proved_phone() {
        let message = "This session's second factor is complete already.";
        return Err(Code::InvalidRequest.because("nothing to prove").saying(message));
    }
    Ok(())
}

/// The number that a right code was sent to.
pub(super) fn proved(address: &str) -> Result<Phone, Error> {
    Phone::try_from(address.to_owned()).map_err(|_| Code::Internal.because("a code was sent to no phone"))
}

/// The session once it has proved a phone.
pub(super) fn with_phone(session: &Session) -> Session {
    let mut session = session.clone();
    if !session.proved_phone() {
        session.methods.push(session::PHONE_CODE.to_owned());
    }
    session
}
