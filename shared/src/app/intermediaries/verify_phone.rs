use super::Redeemed;
use super::address_codes::Address;
use super::change_phone::with_new_phone;
use crate::account::Account;
use crate::app::{App, Caller, Memory, Principal, Respond};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::session::Session;
use crate::store::Proves;
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
        principal: &Principal,
        phone: &Phone,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let Principal { account, session } = principal;
        incomplete(session)?;
        match &account.phone {
            Some(own) if own == phone => {}
            Some(_) => {
                let message = "phone is not the account's phone. Change that one first.";
                return Err(Code::InvalidRequest.because("another phone").saying(message).at("phone"));
            }
            None if session.is_fresh(caller.now) => {}
            None => return Err(Code::ReauthenticationRequired.because("a first phone, long after signing in")),
        }
        self.send_address_code(caller, principal, (Proves::Phone, Address::Phone(phone)), memory, answer).await
    }

    /// Confirms the second factor of this session, and that the phone is the account's.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::InvalidRequest`] when the session has proved a phone already.
    pub async fn confirm_phone(
        &self,
        caller: &Caller,
        principal: &Principal,
        code: &OneTimeCode,
        respond: Respond,
    ) -> Result<Response, Error> {
        let Principal { account, session } = principal;
        incomplete(session)?;
        let change = async |address: &str| {
            if account.phone.is_none() {
                return Ok(with_new_phone(caller, account, proved(address)?));
            }
            let (phone_verified_at, revision) = (Some(caller.now.seconds()), account.revision + 1);
            let after = Account { revision, phone_verified_at, ..account.clone() };
            let event = Happened::PhoneVerified;
            Ok(Redeemed { after, event, proves_phone: true, displaced: None, notices: Vec::new() })
        };
        self.redeem(caller, principal, (Proves::Phone, code), (&Memory::default(), respond), change).await
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
