use super::Redeemed;
use super::address_codes::Address;
use super::verify_phone::proved;
use crate::account::Account;
use crate::app::{App, Caller, Memory, Principal, Respond, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::store::{IntermediaryChange, Message, Proves, Purpose};
use crate::token::OneTimeCode;
use crate::types::{Phone, SchemaName};

/// What becomes of the account's phone. It has one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneChange {
    Add,
    Replace,
}

impl PhoneChange {
    fn proves(self) -> Proves {
        match self {
            Self::Add => Proves::AddedPhone,
            Self::Replace => Proves::ChangedPhone,
        }
    }

    fn allow(self, account: &Account) -> Result<(), Error> {
        let refused = |message: &'static str| Code::InvalidRequest.because("another phone").saying(message).at("phone");
        match (self, &account.phone) {
            (Self::Add, None) | (Self::Replace, Some(_)) => Ok(()),
            (Self::Add, Some(_)) => Err(refused("The account has a phone. Change that one.")),
            (Self::Replace, None) => Err(refused("The account has no phone. Add one.")),
        }
    }
}

impl App {
    /// Sends a code to the phone that the account is to have (contract §1.13).
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it has one already, or none to replace, or this one;
    /// [`Code::ReauthenticationRequired`] when it has a proved one that this session has not proved;
    /// [`Code::TooManyRequests`] over the limits of codes.
    pub async fn send_new_phone_code(
        &self,
        caller: &Caller,
        principal: &Principal,
        (change, phone): (PhoneChange, &Phone),
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        change.allow(&principal.account)?;
        Self::require_proved_phone(principal)?;
        if principal.account.phone.as_ref() == Some(phone) {
            let message = "phone is the account's already.";
            return Err(Code::InvalidRequest.because("the same phone").saying(message).at("phone"));
        }
        self.send_address_code(caller, principal, (change.proves(), Address::Phone(phone)), memory, answer).await
    }

    /// Makes the phone the account's that the code was sent to. The session has proved it.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::InvalidRequest`] when the account has a phone by now, or none to replace;
    /// [`Code::ReauthenticationRequired`] as above.
    pub async fn confirm_new_phone(
        &self,
        caller: &Caller,
        principal: &Principal,
        (change, code): (PhoneChange, &OneTimeCode),
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let account = &principal.account;
        change.allow(account)?;
        Self::require_proved_phone(principal)?;
        let redeemed = async |address: &str| Ok(with_new_phone(caller, account, proved(address)?));
        self.redeem(caller, principal, (change.proves(), code), (memory, respond), redeemed).await
    }

    /// Takes the account's phone away.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it is not the account's, or nothing else reaches its owner;
    /// [`Code::ReauthenticationRequired`] when it is proved and this session has not proved it.
    pub async fn remove_phone(
        &self,
        caller: &Caller,
        principal: &Principal,
        phone: &Phone,
        respond: Respond,
    ) -> Result<Response, Error> {
        let Principal { account, session } = principal;
        let refused =
            |message: &'static str| Code::InvalidRequest.because("not to be removed").saying(message).at("phone");
        if account.phone.as_ref() != Some(phone) {
            return Err(refused("phone is not the account's."));
        }
        if account.email.is_none() {
            return Err(refused("Nothing else reaches the account's owner. Set an e-mail address first."));
        }
        Self::require_proved_phone(principal)?;
        let without = Account { phone: None, phone_verified_at: None, ..account.clone() };
        let after = without.with_new_identity(caller.now);
        let notices = phone_changed(caller, account);
        let entries = [caller.entry(Happened::PhoneRemoved, account.id).in_session(session.id)];
        let change =
            IntermediaryChange { notices: &notices, entries: &entries, ..IntermediaryChange::of(account, &after) };
        self.save_change(caller, change, session, (&Memory::default(), respond)).await
    }
}

/// The account with another phone, or its first, which the session has proved.
pub(super) fn with_new_phone(caller: &Caller, account: &Account, phone: Phone) -> Redeemed {
    let (phone, phone_verified_at) = (Some(phone), Some(caller.now.seconds()));
    let after = Account { phone, phone_verified_at, ..account.clone() }.with_new_identity(caller.now);
    let notices = phone_changed(caller, account);
    Redeemed { after, event: Happened::PhoneChanged, proves_phone: true, displaced: None, notices }
}

/// Told by mail and at the number that was the account's.
fn phone_changed(caller: &Caller, before: &Account) -> Vec<Message> {
    let fields = [SchemaName::email_address(), SchemaName::phone()];
    let told = fields.iter().filter_map(|field| messages::recipient_in(before, field));
    told.map(|to| messages::notice(&caller.tenant, to, Purpose::PhoneChanged)).collect()
}
