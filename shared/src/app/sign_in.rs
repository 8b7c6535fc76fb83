use super::memory::answered_by_twin;
use super::{App, Caller, Memory, SignedIn};
use crate::account::{Account, Status};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::key_ring::Mac;
use crate::log::Line;
use crate::password::{Password, Verdict};
use crate::session::{self, Session};
use crate::store::{Opened, Opening, Proof, SignInCode};
use crate::token::OneTimeCode;
use crate::types::{AccountId, Email, Phone, RefreshLifetime, SessionId};

/// What somebody gives to sign in by a code that was sent to their phone.
#[derive(Debug)]
pub struct PhoneCodeForm {
    pub code: OneTimeCode,
    /// Binds the try to one number, so that a wrong one costs only that number's code.
    pub phone: Option<Phone>,
    pub lifetime: RefreshLifetime,
}

/// How often a try at a phone's code meets another one before it gives up.
const DESK_READS: u32 = 4;

/// What codes of this purpose are bound to.
pub(super) const SIGN_IN_CODE: &str = "sign-in";

impl App {
    /// Signs in by e-mail and password. Unknown e-mail, wrong password, blocked and locked account: one answer,
    /// one cost (yardstick E1, E2).
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`].
    pub async fn sign_in_by_password(
        &self,
        caller: &Caller,
        (email, password): (&Email, Password),
        lifetime: RefreshLifetime,
        memory: &Memory,
        respond: fn(&SignedIn) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let kind = caller.kind;
        let digest =
            caller.ring.secrets().mac(Mac::Identifier, &[kind.as_str().as_bytes(), email.canonical().as_bytes()]);
        let found = self.store.account_by_email(tenant, kind, email, now).await?;
        // Nobody's e-mail leads to nobody's account, read all the same.
        let id = found.unwrap_or_else(|| AccountId::from_bytes(first_half(&digest)));
        let account = self.store.account(tenant, id, now).await?;
        let allowed =
            account.as_ref().filter(|account| account.status == Status::Active && account.failures.allow(now));
        let stored = allowed.map(|account| account.password_hash.clone());
        let verdict = self.passwords.verify(password, stored, &caller.ring, &self.random).await?;
        let (Some(account), Verdict::Right { rehashed }) = (allowed, verdict) else {
            return Err(self.refuse_password(caller, account.as_ref(), allowed.is_some(), &digest).await);
        };
        let proof = Proof::Password { rehashed: rehashed.as_ref() };
        let session = self.new_session(caller, account, session::PASSWORD, lifetime);
        self.open_session(caller, account, &session, proof, memory, respond).await
    }

    /// Counts the failure, in the account where it takes passwords now, and beside it where it does not.
    async fn refuse_password(
        &self,
        caller: &Caller,
        account: Option<&Account>,
        allowed: bool,
        digest: &[u8; 32],
    ) -> Error {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (counted, reason) = match account {
            Some(account) if allowed => {
                let attempt = self.random.uuid().to_string();
                let counted = self.store.count_wrong_password(tenant, account, &attempt, now).await;
                let reason = match &counted {
                    Ok(failures) if failures.disable_password() => "wrong password, which disables it",
                    Ok(failures) if !failures.allow(now) => "wrong password, which locks the account",
                    _ => "wrong password",
                };
                (counted.map(drop), reason)
            }
            account => {
                let digest = data_encoding::BASE64URL_NOPAD.encode(digest);
                let counted = self.store.count_stranger(tenant, &digest, now).await;
                (counted, if account.is_some() { "account blocked or locked" } else { "unknown e-mail" })
            }
        };
        if let Err(error) = counted {
            return error;
        }
        let line = Line {
            account: account.map(|account| account.id.to_string()),
            reason: Some(reason),
            ..caller.line("sign_in.refused")
        };
        self.log.warn(&self.clock, &line);
        Code::InvalidCredentials.because(reason)
    }

    /// Signs in by a phone code (contract §1.5, mode C). The session has proved a phone.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`]; [`Code::TooManyRequests`] when the tenant's budget of wrong codes is spent.
    pub async fn sign_in_by_phone_code(
        &self,
        caller: &Caller,
        form: &PhoneCodeForm,
        memory: &Memory,
        respond: fn(&SignedIn) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let digest = form.code.digest(&caller.ring, tenant, SIGN_IN_CODE);
        let (code, search) = if let Some(phone) = &form.phone {
            (self.code_at_desk(caller, phone, &digest).await?, None)
        } else {
            let search = self.store.search_code(tenant, &digest, now).await?;
            if let Some(wait) = search.wait(now) {
                return Err(over_budget(wait));
            }
            (search.found.clone(), Some(search))
        };
        let owner = code.as_ref().and_then(|code| code.account_id);
        let account = match owner {
            Some(owner) => self.store.account(tenant, owner, now).await?,
            None => None,
        };
        let active = account.filter(|account| account.status == Status::Active);
        let (Some(account), Some(code)) = (active, code) else {
            if let Some(search) = &search
                && !self.store.count_wrong_code(tenant, search, now).await?
            {
                return Err(over_budget(search.wait(now).unwrap_or(60)));
            }
            return Err(self.refuse(caller, "no such code"));
        };
        let session = self.new_session(caller, &account, session::PHONE_CODE, form.lifetime);
        let proof = Proof::PhoneCode { code: &code, search: search.as_ref() };
        self.open_session(caller, &account, &session, proof, memory, respond).await
    }

    /// The phone's code if it is this one; a wrong try destroys the one that it was held against.
    async fn code_at_desk(&self, caller: &Caller, phone: &Phone, digest: &str) -> Result<Option<SignInCode>, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        for _ in 0..DESK_READS {
            let desk = match self.store.code_at_desk(tenant, caller.kind, phone, digest, now).await? {
                Ok(code) => return Ok(Some(code)),
                Err(desk) => desk,
            };
            if self.store.destroy_code(tenant, caller.kind, phone, &desk).await? {
                if desk.is_last_straw() {
                    self.log.warn(&self.clock, &caller.line("code.disabled"));
                }
                return Ok(None);
            }
        }
        Err(Code::Unavailable.because("too many tries at one phone's codes at once"))
    }

    fn refuse(&self, caller: &Caller, reason: &'static str) -> Error {
        self.log.warn(&self.clock, &Line { reason: Some(reason), ..caller.line("sign_in.refused") });
        Code::InvalidCredentials.because(reason)
    }

    fn new_session(&self, caller: &Caller, account: &Account, method: &str, lifetime: RefreshLifetime) -> Session {
        let absolute = caller.tenant.settings.session_absolute_seconds();
        let (id, client) = (SessionId::random(&self.random), caller.client_id.clone());
        Session::open(id, account.id, client, lifetime, absolute, method, caller.now)
    }

    async fn open_session(
        &self,
        caller: &Caller,
        account: &Account,
        session: &Session,
        proof: Proof<'_>,
        memory: &Memory,
        respond: fn(&SignedIn) -> Response,
    ) -> Result<Response, Error> {
        let answer = respond(&self.tokens(caller, account, session)?);
        let remember = self.remember(caller, memory, &answer)?;
        let opening = Opening { account, session, proof, remember: remember.as_ref() };
        match self.store.open_session(caller.tenant_id(), opening, caller.now).await? {
            Opened::Opened => {
                let line = Line {
                    account: Some(account.id.to_string()),
                    session: Some(session.id.to_string()),
                    reason: session.methods.first().map(String::as_str),
                    ..caller.line("sign_in.ok")
                };
                self.log.info(&self.clock, &line);
                Ok(answer)
            }
            Opened::Remembered => Err(answered_by_twin()),
            Opened::CodeSpent => Err(self.refuse(caller, "the code was spent at the same time")),
            Opened::OverBudget => Err(over_budget(60)),
            Opened::AccountChanged => Err(self.refuse(caller, "the account changed at the same time")),
        }
    }
}

fn over_budget(wait: i64) -> Error {
    Code::TooManyRequests.because("too much guessing of codes in this tenant").retry_after(wait)
}

fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    half
}
