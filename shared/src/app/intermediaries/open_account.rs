use std::collections::BTreeMap;

use super::{identified_by, refused};
use crate::account::{Account, Owner};
use crate::app::{App, Caller, Memory, READS, Respond};
use crate::error::Error;
use crate::history::Happened;
use crate::http::Response;
use crate::password::{NewPassword, Password};
use crate::session::{self, Session};
use crate::store::{NewAccount, Saved};
use crate::types::{AccountId, Email, Identifier, IntermediaryId, Name, Phone, RefreshLifetime, SessionId};

/// What somebody gives to get an account.
#[derive(Debug)]
pub struct AccountForm {
    pub intermediary_id: IntermediaryId,
    pub email: Email,
    /// Without one a strong password is made and never shown.
    pub password: Option<Password>,
    pub phone: Option<Phone>,
    pub full_name: Option<Name>,
    pub lifetime: RefreshLifetime,
}

impl App {
    /// Opens an account and signs it in.
    ///
    /// # Errors
    /// [`crate::error::Code::WeakPassword`], [`crate::error::Code::IntermediaryNotFound`],
    /// [`crate::error::Code::AccountExists`], [`crate::error::Code::EmailTaken`]; then nothing has changed.
    /// [`crate::error::Code::Unavailable`] when others opened it at the same time, time and again.
    pub async fn open_account(
        &self,
        caller: &Caller,
        form: AccountForm,
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let session_id = SessionId::random(&self.random);
        let identifier = Identifier::email(&form.email);
        let owner = Owner::Intermediary { intermediary_id: form.intermediary_id.clone() };
        let account = Account {
            identifiers: identified_by(&form.email),
            email: Some(form.email),
            phone: form.phone,
            full_name: form.full_name,
            sessions: BTreeMap::from([(session_id.to_string(), now.seconds())]),
            ..Account::blank(AccountId::random(&self.random), owner, now)
        };
        let password = match &form.password {
            Some(typed) => caller.new_password(&account, typed)?,
            None => NewPassword::generate(&self.random),
        };
        let mut pending = self.free_place(caller, &form.intermediary_id, &identifier).await?;
        let password_hash = Some(self.passwords.hash(password, &caller.ring, &self.random).await?);
        let account = Account { password_hash, ..account };
        for _ in 0..READS {
            let account = pending.iter().fold(account.clone(), Account::in_place_of);
            let (client, lifespan) = (caller.client_id.clone(), caller.lifespan(form.lifetime));
            let session = Session::open(session_id, account.id, client, lifespan, &[session::PASSWORD], now);
            let answer = respond(&self.signed_in(caller, &account, &session))?;
            let remember = self.remember(caller, memory, &answer)?;
            let entry = caller.entry(Happened::AccountOpened, account.id).in_session(session.id);
            let new = NewAccount {
                account: &account,
                session: Some(&session),
                replaces: pending.as_ref(),
                remember: remember.as_ref(),
                entry: entry.kept_of(account.kind()),
            };
            match self.store.open_account(tenant, new, now).await? {
                Saved::Saved => {
                    self.log_entry(caller, &entry);
                    return Ok(answer);
                }
                // Perhaps by somebody who is only invited.
                Saved::AccountChanged | Saved::IntermediaryHasAccount => {
                    pending = self.free_place(caller, &form.intermediary_id, &identifier).await?;
                }
                refusal => return Err(refused(&refusal)),
            }
        }
        Err(refused(&Saved::AccountChanged))
    }

    /// The account of nobody yet whose place another may take, if the record has one.
    ///
    /// # Errors
    /// [`crate::error::Code::IntermediaryNotFound`], [`crate::error::Code::AccountExists`],
    /// [`crate::error::Code::EmailTaken`].
    async fn free_place(
        &self,
        caller: &Caller,
        record: &IntermediaryId,
        identifier: &Identifier,
    ) -> Result<Option<Account>, Error> {
        let place = self.store.obstacle_to_account(caller.tenant_id(), record, identifier, caller.now).await?;
        place.map_err(|obstacle| refused(&obstacle))
    }
}
