use std::collections::BTreeMap;

use super::memory::answered_by_twin;
use super::{App, Caller, Memory, SignedIn};
use crate::account::{Account, FailedSignIns, Status};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::password::{NewPassword, Password};
use crate::session::{self, Session};
use crate::store::{NewAccount, OpenAccount};
use crate::types::{AccountId, Email, FullName, IntermediaryId, Phone, RefreshLifetime, SessionId};

/// What somebody gives to get an account.
#[derive(Debug)]
pub struct AccountForm {
    pub intermediary_id: IntermediaryId,
    pub email: Email,
    /// Without one a strong password is made and never shown.
    pub password: Option<Password>,
    pub phone: Option<Phone>,
    pub full_name: Option<FullName>,
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
        respond: fn(&SignedIn) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let password = self.password_of(caller, &form)?;
        let obstacle =
            self.store.obstacle_to_account(tenant, caller.kind, &form.intermediary_id, &form.email, now).await?;
        if let Some(obstacle) = obstacle {
            return Err(refusal(obstacle));
        }
        let password_hash = self.passwords.hash(password, &caller.ring, &self.random).await?;

        let (account_id, session_id) = (AccountId::random(&self.random), SessionId::random(&self.random));
        let session = Session::open(
            session_id,
            account_id,
            caller.client_id.clone(),
            form.lifetime,
            caller.tenant.settings.session_absolute_seconds(),
            session::PASSWORD,
            now,
        );
        let account = Account {
            id: account_id,
            kind: caller.kind,
            status: Status::Active,
            intermediary_id: form.intermediary_id,
            email: form.email,
            is_email_verified: false,
            phone: form.phone,
            is_phone_verified: false,
            full_name: form.full_name,
            password_hash,
            password_version: 0,
            created_at: now.seconds(),
            last_active_at: now.seconds(),
            sessions: BTreeMap::from([(session_id.to_string(), now.seconds())]),
            failures: FailedSignIns::default(),
        };
        let answer = respond(&self.tokens(caller, &account, &session)?);
        let remember = self.remember(caller, memory, &answer)?;
        let new = NewAccount { account: &account, session: &session, remember: remember.as_ref() };
        match self.store.open_account(tenant, new, now).await? {
            OpenAccount::Opened => {
                let line = crate::log::Line { account: Some(account.id.to_string()), ..caller.line("account.opened") };
                self.log.info(&self.clock, &line);
                Ok(answer)
            }
            OpenAccount::Remembered => Err(answered_by_twin()),
            obstacle => Err(refusal(obstacle)),
        }
    }

    fn password_of(&self, caller: &Caller, form: &AccountForm) -> Result<NewPassword, Error> {
        let Some(typed) = &form.password else { return Ok(NewPassword::generate(&self.random)) };
        let mut about = vec![form.email.as_given(), form.email.canonical()];
        about.extend(form.full_name.as_ref().map(FullName::as_str));
        about.extend(form.phone.as_ref().map(Phone::as_str));
        NewPassword::parse(typed, &caller.tenant.settings.password_policy, &about)
    }
}

fn refusal(obstacle: OpenAccount) -> Error {
    match obstacle {
        OpenAccount::IntermediaryMissing => Code::IntermediaryNotFound.because("no such record").at("intermediaryId"),
        OpenAccount::IntermediaryHasAccount => {
            Code::AccountExists.because("the record has an account").at("intermediaryId")
        }
        OpenAccount::EmailTaken => Code::EmailTaken.because("the e-mail is an account's").at("email"),
        OpenAccount::Opened | OpenAccount::Remembered => Code::Internal.because("an opened account was refused"),
    }
}
