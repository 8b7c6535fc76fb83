use crate::account::Account;
use crate::app::messages::{self, Recipient};
use crate::app::mfa::destination_digest;
use crate::app::sends::{answer_sent, may_send};
use crate::app::{App, Caller, Memory, Principal};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::store::{ACCOUNT_CODE, AccountCode, Asked, Channel, Proves, Purpose, Sending};
use crate::token::OneTimeCode;
use crate::types::{Email, Identifier, Phone, SessionId};

/// An address that is to be proved.
pub(super) enum Address<'a> {
    Email(&'a Email),
    Phone(&'a Phone),
}

impl Address<'_> {
    fn identifier(&self) -> Identifier {
        match self {
            Self::Email(email) => Identifier::email(email),
            Self::Phone(phone) => Identifier::phone(phone),
        }
    }

    /// Whether the account has proved this very address.
    fn is_proved_by(&self, account: &Account) -> bool {
        match self {
            Self::Email(_) => false,
            Self::Phone(phone) => account.phone_verified_at.is_some() && account.phone.as_ref() == Some(*phone),
        }
    }

    fn reached(&self) -> (Recipient, Purpose) {
        match self {
            Self::Email(email) => ((Channel::Email, email.as_given().to_owned()), Purpose::EmailCode),
            Self::Phone(phone) => ((Channel::Sms, phone.as_str().to_owned()), Purpose::PhoneCode),
        }
    }
}

/// A code that was right, and not yet spent.
pub(super) struct RightCode {
    /// By which it was taken.
    pub attempt: String,
    /// What it proves.
    pub address: String,
}

impl App {
    /// Sends a code that proves an address of the account, present or future.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] for a number that the tenant sends no text messages to.
    /// [`Code::TooManyRequests`] within 60 s of the last code to this account for this or to this address by whomever,
    /// after 5 in an hour or 10 in a day; after a hundred wrong codes in a row.
    pub(super) async fn send_address_code(
        &self,
        caller: &Caller,
        principal: &Principal,
        (proves, address): (Proves, Address<'_>),
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let (tenant, now, account) = (caller.tenant_id(), caller.now, &principal.account);
        if let Address::Phone(phone) = address
            && !caller.tenant.settings.texts_go_to(phone)
        {
            let message = "No text messages are sent to numbers that begin like this one.";
            return Err(Code::InvalidRequest.because("out of reach").saying(message).at("phone"));
        }
        // What strangers ask for must not use up what the proved owner may.
        let destination = if address.is_proved_by(account) {
            account.id.to_string()
        } else {
            destination_digest(caller, &address.identifier())
        };
        let (desk, asked) = self.store.account_code_desk(tenant, (account.id, proves), &destination, now).await?;
        may_send(&desk.sends, now)?;
        may_send(&asked, now)?;
        if let Some(wait) = desk.disabled_for(now) {
            let message = "Too many wrong codes were entered. Wait 30 days.";
            return Err(Code::TooManyRequests.because("a hundred wrong codes").saying(message).retry_after(wait));
        }
        let code = OneTimeCode::random(&self.random);
        let (recipient, purpose) = address.reached();
        let message = messages::code(&caller.tenant, recipient.clone(), purpose, &code);
        let session = session_of(proves, principal);
        let digest = digest(caller, &code, principal, proves, &recipient.1);
        let code = AccountCode::new((digest, recipient.1), session, account.stamp(), now);
        let asked = Asked { purpose: ACCOUNT_CODE, named: &destination, sends: &asked };
        let remember = self.remember(caller, memory, &answer)?;
        let sending = Sending { message: &message, remember: remember.as_ref() };
        let sent = self
            .store
            .send_account_code(tenant, (account.id, proves), (&desk, &code, asked), sending, &caller.ring, now)
            .await?;
        answer_sent(sent, answer)
    }

    /// Tries the code that is out. A wrong try is the last one.
    ///
    /// # Errors
    /// [`Code::InvalidCode`], for every reason alike.
    pub(super) async fn try_address_code(
        &self,
        caller: &Caller,
        principal: &Principal,
        proves: Proves,
        code: &OneTimeCode,
    ) -> Result<RightCode, Error> {
        let (tenant, account) = (caller.tenant_id(), &principal.account);
        let attempt = self.random.uuid().to_string();
        let taken = self.store.take_account_code(tenant, (account.id, proves), &attempt, caller.now).await?;
        let taken = taken.ok_or_else(|| Code::InvalidCode.because("no code is out"))?;
        let is_right = taken.is(&digest(caller, code, principal, proves, &taken.address))
            && taken.session == session_of(proves, principal)
            && taken.stamp == account.stamp();
        if is_right {
            return Ok(RightCode { attempt, address: taken.address });
        }
        let entry = caller.entry(Happened::CodeRefused, account.id).in_session(principal.session.id);
        self.store.note(tenant, &attempt, &entry).await?;
        self.log_entry(caller, &entry);
        Err(Code::InvalidCode.because("a wrong code"))
    }
}

/// An address that is the account's already may be proved in any session of its owner; all else happens in one.
fn session_of(proves: Proves, principal: &Principal) -> Option<SessionId> {
    (proves != Proves::Email).then_some(principal.session.id)
}

fn digest(caller: &Caller, code: &OneTimeCode, principal: &Principal, proves: Proves, address: &str) -> String {
    let account = principal.account.id.to_string();
    code.digest(&caller.ring, caller.tenant_id(), &[ACCOUNT_CODE, proves.as_str(), &account, address])
}
