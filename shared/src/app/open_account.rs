use std::collections::BTreeMap;

use super::memory::answered_by_twin;
use super::{App, Caller, Memory, Respond};
use crate::account::{Account, Owner};
use crate::error::{Code, Error};
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
    /// [`Code::WeakPassword`], [`Code::IntermediaryNotFound`], [`Code::AccountExists`], [`Code::EmailTaken`]; then
    /// nothing has changed.
    pub async fn open_account(
        &self,
        caller: &Caller,
        form: AccountForm,
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (account_id, session_id) = (AccountId::random(&self.random), SessionId::random(&self.random));
        let identifier = Identifier::email(&form.email);
        let owner = Owner::Intermediary { intermediary_id: form.intermediary_id.clone() };
        let mut account = Account {
            identifiers: BTreeMap::from([(identifier.field.clone(), identifier.canonical().to_owned())]),
            email: Some(form.email),
            phone: form.phone,
            full_name: form.full_name,
            sessions: BTreeMap::from([(session_id.to_string(), now.seconds())]),
            ..Account::blank(account_id, owner, now)
        };
        let password = match &form.password {
            Some(typed) => caller.new_password(&account, typed)?,
            None => NewPassword::generate(&self.random),
        };
        let obstacle = self.store.obstacle_to_account(tenant, &form.intermediary_id, &identifier, now).await?;
        let pending = obstacle.map_err(|obstacle| refusal(&obstacle))?;
        if let Some(pending) = &pending {
            account = account.in_place_of(pending);
        }
        account.password_hash = Some(self.passwords.hash(password, &caller.ring, &self.random).await?);
        let session = Session::open(
            session_id,
            account.id,
            caller.client_id.clone(),
            caller.lifespan(form.lifetime),
            &[session::PASSWORD],
            now,
        );
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
                Ok(answer)
            }
            Saved::Remembered => Err(answered_by_twin()),
            obstacle => Err(refusal(&obstacle)),
        }
    }
}

fn refusal(obstacle: &Saved) -> Error {
    match obstacle {
        Saved::IntermediaryMissing => Code::IntermediaryNotFound.because("no such record").at("intermediaryId"),
        Saved::IntermediaryHasAccount => Code::AccountExists.because("the record has an account").at("intermediaryId"),
        Saved::IdentifierTaken(..) => Code::EmailTaken.because("the e-mail is an account's").at("email"),
        Saved::Saved | Saved::Remembered | Saved::AccountChanged => {
            Code::Internal.because("nothing refuses a new account so")
        }
    }
}
