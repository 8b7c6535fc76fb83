use super::address_codes::Address;
use super::{Redeemed, identified_by};
use crate::account::Account;
use crate::app::{App, Caller, Memory, Principal, Respond, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::store::{Proves, Purpose};
use crate::token::OneTimeCode;
use crate::types::{Email, SchemaName};

impl App {
    /// Sends a code to the e-mail address that the account is to have (contract §1.13). Nothing changes until it is
    /// entered.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it is the account's already; [`Code::EmailTaken`] when it is another account's that
    /// proved it; [`Code::ReauthenticationRequired`] when the account has a proved phone that this session has not
    /// proved; [`Code::TooManyRequests`] over the limits of codes.
    pub async fn send_new_email_code(
        &self,
        caller: &Caller,
        principal: &Principal,
        email: &Email,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        if principal.account.email.as_ref().map(Email::canonical) == Some(email.canonical()) {
            let message = "email is the account's already.";
            return Err(Code::InvalidRequest.because("the same address").saying(message).at("email"));
        }
        Self::require_proved_phone(principal)?;
        // Whoever proved it keeps it.
        self.holder_without_proof(caller, (principal.account.id, email)).await?;
        self.send_address_code(caller, principal, (Proves::NewEmail, Address::Email(email)), memory, answer).await
    }

    /// Makes the e-mail address the account's that the code was sent to: proved, the old one free, both told.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::EmailTaken`] when somebody else proved the address meanwhile.
    pub async fn confirm_new_email(
        &self,
        caller: &Caller,
        principal: &Principal,
        code: &OneTimeCode,
        respond: Respond,
    ) -> Result<Response, Error> {
        Self::require_proved_phone(principal)?;
        let account = &principal.account;
        let change = async |address: &str| {
            let no_email = |_| Code::Internal.because("a code was sent to no e-mail address");
            let email = Email::try_from(address.to_owned()).map_err(no_email)?;
            let displaced = self.holder_without_proof(caller, (account.id, &email)).await?;
            let identifiers = identified_by(&email);
            let (email, email_verified_at) = (Some(email), Some(caller.now.seconds()));
            let after = Account { identifiers, email, email_verified_at, ..account.clone() };
            let after = after.with_new_identity(caller.now);
            let told = [account, &after].into_iter();
            let told = told.filter_map(|account| messages::recipient_in(account, &SchemaName::email_address()));
            let notices = told.map(|to| messages::notice(&caller.tenant, to, Purpose::EmailChanged)).collect();
            Ok(Redeemed { after, event: Happened::EmailChanged, proves_phone: false, displaced, notices })
        };
        self.redeem(caller, principal, (Proves::NewEmail, code), (&Memory::default(), respond), change).await
    }
}
