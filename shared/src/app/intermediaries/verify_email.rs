use super::Redeemed;
use super::address_codes::Address;
use crate::account::Account;
use crate::app::{App, Caller, Memory, Principal, Respond, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::store::{Proves, Purpose};
use crate::token::OneTimeCode;
use crate::types::{Email, SchemaName};

impl App {
    /// Sends a code to the account's e-mail address (contract §1.9).
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when the address is proved, or there is none; [`Code::TooManyRequests`] over the limits
    /// of codes.
    pub async fn send_email_code(
        &self,
        caller: &Caller,
        principal: &Principal,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let email = unproved(&principal.account)?;
        self.send_address_code(caller, principal, (Proves::Email, Address::Email(email)), memory, answer).await
    }

    /// Confirms the account's e-mail address, for good. Who does so in a session of a phone code only may not be who chose
    /// the password: that one, every other session and every change under way are discarded (yardstick E6).
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::InvalidRequest`] when the address is proved already.
    pub async fn confirm_email(
        &self,
        caller: &Caller,
        principal: &Principal,
        code: &OneTimeCode,
        respond: Respond,
    ) -> Result<Response, Error> {
        let Principal { account, session } = principal;
        unproved(account)?;
        let change = async |_: &str| {
            let (email_verified_at, revision) = (Some(caller.now.seconds()), account.revision + 1);
            let after = Account { revision, email_verified_at, ..account.clone() };
            let (event, proves_phone, displaced) = (Happened::EmailVerified, false, None);
            if session.knows_password() {
                return Ok(Redeemed { after, event, proves_phone, displaced, notices: Vec::new() });
            }
            let kept = account.sessions.iter().filter(|(id, _)| **id == session.id.to_string());
            let sessions = kept.map(|(id, opened_at)| (id.clone(), *opened_at)).collect();
            let after = after.with_new_identity(caller.now).with_new_password(None, caller.now);
            let after = Account { sessions, ..after };
            let owner = messages::recipient_in(account, &SchemaName::email_address()).into_iter();
            let notices = owner.map(|to| messages::notice(&caller.tenant, to, Purpose::AccountClaimed)).collect();
            Ok(Redeemed { after, event, proves_phone, displaced, notices })
        };
        self.redeem(caller, principal, (Proves::Email, code), (&Memory::default(), respond), change).await
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
