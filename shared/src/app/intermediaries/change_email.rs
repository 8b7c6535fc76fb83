use super::address_codes::Address;
use super::{Owner, identified_by};
use crate::account::Account;
use crate::app::{App, Caller, Memory, Respond, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::store::{ChangeProof, OwnerChange, Proves, Purpose};
use crate::token::OneTimeCode;
use crate::types::{Email, SchemaName};

impl App {
    /// Sends a code to the e-mail address that the account is to have (contract §1.13). Nothing changes until it is
    /// entered.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it is the account's already; [`Code::EmailTaken`] when it is another account's that
    /// proved it; [`Code::TooManyRequests`] over the limits of codes.
    pub async fn send_new_email_code(
        &self,
        caller: &Caller,
        owner: Owner<'_>,
        email: &Email,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        if owner.account.email.as_ref().map(Email::canonical) == Some(email.canonical()) {
            let message = "email is the account's already.";
            return Err(Code::InvalidRequest.because("the same address").saying(message).at("email"));
        }
        self.holder_without_proof(caller, (owner.account.id, email)).await?;
        self.send_address_code(caller, owner, (Proves::NewEmail, Address::Email(email)), memory, answer).await
    }

    /// Makes the e-mail address the account's that the code was sent to: proved, the old one free, both told.
    ///
    /// # Errors
    /// [`Code::InvalidCode`]; [`Code::EmailTaken`] when somebody else proved the address meanwhile.
    pub async fn confirm_new_email(
        &self,
        caller: &Caller,
        owner: Owner<'_>,
        code: &OneTimeCode,
        respond: Respond,
    ) -> Result<Response, Error> {
        let code = self.try_address_code(caller, owner, Proves::NewEmail, code).await?;
        let saved = self.set_email(caller, owner, (&code.attempt, &code.address), respond).await;
        self.or_give_back(caller, owner, (Proves::NewEmail, &code), saved).await
    }

    async fn set_email(
        &self,
        caller: &Caller,
        Owner { account, session }: Owner<'_>,
        (attempt, address): (&str, &str),
        respond: Respond,
    ) -> Result<Response, Error> {
        let no_email = |_| Code::Internal.because("a code was sent to no e-mail address");
        let email = Email::try_from(address.to_owned()).map_err(no_email)?;
        let loser = self.holder_without_proof(caller, (account.id, &email)).await?;
        let identifiers = identified_by(&email);
        let (email, verified_at) = (Some(email), Some(caller.now.seconds()));
        let after = Account { email, identifiers, email_verified_at: verified_at, ..account.clone() };
        let after = after.with_new_identity(caller.now);
        let told = [account, &after].into_iter();
        let told = told.filter_map(|account| messages::recipient_in(account, &SchemaName::email_address()));
        let mut notices: Vec<_> = told.map(|to| messages::notice(&caller.tenant, to, Purpose::EmailChanged)).collect();
        let mut entries = vec![caller.entry(Happened::EmailChanged, account.id).in_session(session.id)];
        if let Some(loser) = &loser {
            loser.tell(caller, &mut notices, &mut entries);
        }
        let change = OwnerChange {
            proof: ChangeProof::Code(Proves::NewEmail, attempt),
            loser: loser.as_ref().map(|loser| (&loser.before, &loser.after)),
            notices: &notices,
            entries: &entries,
            ..OwnerChange::of(account, &after)
        };
        self.save_change(caller, change, session, (&Memory::default(), respond)).await
    }
}
