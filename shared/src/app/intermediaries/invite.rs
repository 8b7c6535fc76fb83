use form_urlencoded::Serializer;

use super::refused;
use crate::account::{Account, Owner, Status};
use crate::app::mfa::destination_digest;
use crate::app::sends::may_send;
use crate::app::{App, Caller, Memory, READS, messages};
use crate::error::Error;
use crate::history::Happened;
use crate::http::Response;
use crate::limits::limits;
use crate::store::{Channel, Invitable, Invitation, Purpose, Saved};
use crate::token::AccountLink;
use crate::types::{AccountId, Email, Identifier, IntermediaryId, Name};

/// Somebody who is invited, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Invited<'a> {
    pub account: &'a Account,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub expires_at: i64,
}

impl App {
    /// Invites the owner of an e-mail address to open the record's account (contract §1.10). The account is pending until
    /// they do, the address free, and whether it is an account's already is not told.
    ///
    /// # Errors
    /// [`crate::error::Code::IntermediaryNotFound`]; [`crate::error::Code::AccountExists`] when somebody opened the
    /// record's account; [`crate::error::Code::TooManyRequests`] within 60 s of the last invitation to this address
    /// or for this record, after 5 in an hour or 10 in a day.
    pub async fn invite(
        &self,
        caller: &Caller,
        record: &IntermediaryId,
        (email, full_name): (Email, Option<Name>),
        memory: &Memory,
        respond: fn(&Invited<'_>) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let address = destination_digest(caller, &Identifier::email(&email));
        for _ in 0..READS {
            let found = self.store.invitable(tenant, record, &address, now).await?;
            let before = found.map_err(|obstacle| refused(&obstacle))?;
            may_send(&before.asked, now)?;
            may_send(&before.desk.sends, now)?;
            let account = self.pending(caller, record, &before, (email.clone(), full_name.clone()));
            let link = AccountLink::random(account.id, &self.random);
            let to = (Channel::Email, email.as_given().to_owned());
            let message = messages::link(&caller.tenant, to, Purpose::Invitation, self.invitation_link(caller, &link));
            let entry = caller.entry(Happened::AccountInvited, account.id);
            let expires_at = now.milliseconds() + limits().invitation_seconds * 1000;
            let answer = respond(&Invited { account: &account, expires_at });
            let remember = self.remember(caller, memory, &answer)?;
            let invitation = Invitation {
                record,
                before: &before,
                account: &account,
                digest: link.secret.digest(),
                address: &address,
                message: &message,
                entry: &entry,
                remember: remember.as_ref(),
            };
            match self.store.invite(tenant, invitation, &caller.ring, now).await? {
                Saved::Saved => {
                    self.log_entry(caller, &entry);
                    return Ok(answer);
                }
                Saved::AccountChanged | Saved::IntermediaryHasAccount => {}
                refusal => return Err(refused(&refusal)),
            }
        }
        Err(refused(&Saved::AccountChanged))
    }

    /// The account as it waits for whoever has the address.
    fn pending(
        &self,
        caller: &Caller,
        record: &IntermediaryId,
        before: &Invitable,
        (email, full_name): (Email, Option<Name>),
    ) -> Account {
        let account = before.account.clone().map_or_else(
            || {
                let owner = Owner::Intermediary { intermediary_id: record.clone() };
                Account::blank(AccountId::random(&self.random), owner, caller.now)
            },
            |account| account.with_new_identity(caller.now),
        );
        // Another address is another person.
        let is_same = account.email.as_ref().map(Email::canonical) == Some(email.canonical());
        let full_name = full_name.or(account.full_name.clone().filter(|_| is_same));
        Account { status: Status::Pending, email: Some(email), full_name, ..account }
    }

    fn invitation_link(&self, caller: &Caller, link: &AccountLink) -> String {
        let portal = caller.tenant.settings.portal_url.as_deref().unwrap_or(&self.issuer);
        let query = Serializer::new(String::new()).append_pair("token", link.secret.reveal()).finish();
        format!("{portal}/invitation?{query}")
    }
}
